//! Which report a piece of writing is.
//!
//! Each text speaks for a report, against it, or is not understood ([`About`](super::topic::About)). What is named counts by itself; what is only
//! likely, where something else speaks for it; and where nothing is named, the only report that is open counts where all
//! that is said is understood.

use super::hints::allows;
use super::items::Matter;
use super::topic::{About, narrowed, once};
use super::works::Work;
use super::{Expectation, Match};
use crate::domain::because::{Because, Source, Support};
use crate::domain::period::PeriodId;
use crate::domain::report::Report;
use crate::domain::row::MessageId;
use crate::domain::why::Why;
use crate::ground::text::fold;
use crate::words::{has_phrase, mail};

impl<'m> Matter<'m> {
    /// Which report a piece of writing is, or the mail itself, by the rules in order: its own words; the subject's; the
    /// text's; what is likely and supported; the only one that is open.
    pub(super) fn report_of(
        &self,
        work: Option<&Work<'m>>,
        own: &[&'m Report],
        found: &mut Match,
    ) -> Option<&'m Report> {
        let subject = self.in_subject.named.as_slice();
        match (own, subject) {
            ([one], []) => Some(self.named(one, work, &[self.own_source(work)], found)),
            ([one], subject) if subject.iter().any(|s| s.id == one.id) => {
                let sources = [self.own_source(work), Source::Subject];
                Some(self.named(one, work, &sources, found))
            }
            // The subject of an answer was written by somebody else, of something else perhaps.
            ([one], _) if self.is_an_answer() => {
                Some(self.named(one, work, &[self.own_source(work)], found))
            }
            ([one], [other]) => {
                // The wider report in one place and the narrower in the other is no contradiction; but where another
                // document of the mail is the one that the subject names, this one is not.
                if one.over.contains(&other.id) || self.named.contains(&other.id) {
                    return Some(self.named(one, work, &[self.own_source(work)], found));
                }
                if other.over.contains(&one.id) && !self.has_its_own_period(one, work) {
                    return Some(self.named(other, work, &[Source::Subject], found));
                }
                found.open.push(Why::SubjectContradicts {
                    file: file_of(work).unwrap_or_default(),
                    document: one.short.clone(),
                    subject: other.short.clone(),
                });
                None
            }
            ([], [one]) => self.if_nothing_speaks_against(one, work, Source::Subject, found),
            ([], []) => self.likely_or_only_open(work, found),
            (own, subject) => {
                // Of several that the subject names, the one that is likely.
                if own.is_empty()
                    && let Some(one) = self.likely_among(subject, work)
                {
                    return self.if_nothing_speaks_against(one, work, Source::Subject, found);
                }
                several(if own.len() > 1 { own } else { subject }, found);
                None
            }
        }
    }

    /// The only report of several whose words stand in a piece of writing, if beside some that are not understood.
    fn likely_among(&self, reports: &[&'m Report], work: Option<&Work<'m>>) -> Option<&'m Report> {
        let likely = work.map_or(vec![], Work::likely);
        let mut among = likely
            .into_iter()
            .filter(|l| reports.iter().any(|r| r.id == l.id));
        among.next().filter(|_| among.next().is_none())
    }

    /// Which report a mail without documents is. That nothing happened is said of the only report of its kind whose words
    /// stand beside it.
    pub(super) fn report_in_words(
        &self,
        nothing_happened: bool,
        found: &mut Match,
    ) -> Option<&'m Report> {
        let abouts = [&self.in_subject, &self.in_body];
        let named = abouts.iter().any(|a| !a.named.is_empty());
        // "Đề nghị khen thưởng vì không có tai nạn" is no report.
        if let Some(matter) = abouts.iter().find_map(|a| a.against.clone()) {
            found.open.push(Why::NotUnderstood {
                file: None,
                word: matter,
            });
            return None;
        }
        if nothing_happened && !named {
            let mentioned = abouts.iter().flat_map(|a| a.mentioned.iter().copied());
            let mut mentioned: Vec<&Report> = mentioned.collect();
            mentioned.dedup_by_key(|r| r.id.clone());
            if let [one] = mentioned.as_slice()
                && one.nil_return
            {
                return Some(self.named(one, None, &[Source::Text], found));
            }
        }
        self.report_of(None, &[], found)
    }

    /// What the subject says that a piece is, or may be besides, which nobody read and which does not name a report itself.
    fn said_to_be(&self, work: &Work<'m>, report: &Report) -> Option<String> {
        let names_it = work.is_read() || work.abouts().any(|a| a.mentions(report));
        let subject = &self.in_subject;
        let said = subject.before.as_ref().or(subject.further.as_ref());
        said.cloned().filter(|_| !names_it)
    }

    /// Whether the subject is that of a mail which is answered.
    pub(super) fn is_an_answer(&self) -> bool {
        mail().reply.begins(&fold(self.subject))
    }

    /// Notes that something names a report.
    fn named(
        &self,
        report: &'m Report,
        work: Option<&Work<'m>>,
        sources: &[Source],
        found: &mut Match,
    ) -> &'m Report {
        let grounds = sources.iter().map(|source| {
            let (source, report) = (*source, report.id.clone());
            match self.taught_by(source, work) {
                Some(mail) => Because::TaughtTitle {
                    source,
                    report,
                    mail,
                },
                None => Because::NamesReport {
                    source,
                    file: file_of(work)
                        .filter(|_| matches!(source, Source::Title | Source::FileName)),
                    report,
                },
            }
        });
        found.reasons.extend(grounds);
        report
    }

    /// The mail by which staff taught what a title or the subject names; `None` where its own words do.
    fn taught_by(&self, source: Source, work: Option<&Work<'m>>) -> Option<MessageId> {
        match source {
            Source::Title => naming_title(work)?.taught_by,
            Source::Subject => self.in_subject.taught_by,
            _ => None,
        }
    }

    /// Where the words of a piece of writing stand that name its report.
    fn own_source(&self, work: Option<&Work<'m>>) -> Source {
        naming_title(work).map_or(Source::FileName, |_| Source::Title)
    }

    /// Whether a piece of writing names a period of a kind of which a report is made.
    fn has_its_own_period(&self, report: &Report, work: Option<&Work<'m>>) -> bool {
        let mut abouts = work.iter().flat_map(|w| w.abouts());
        abouts.any(|a| a.dated.periods.iter().any(|h| h.is_of(report)))
    }

    /// A report that subject or text names, for a piece of writing that names none itself: meant, unless its own words
    /// speak of something else, or are not understood and nothing else speaks for it.
    fn if_nothing_speaks_against(
        &self,
        report: &'m Report,
        work: Option<&Work<'m>>,
        source: Source,
        found: &mut Match,
    ) -> Option<&'m Report> {
        let Some(work) = work else {
            return Some(self.named(report, None, &[source], found));
        };
        // "Hội nghị người lao động và thực hiện dân chủ" is what the subject says if it is owed, too.
        let is_owed = work.lead().file.genre.as_deref() == Some("báo cáo")
            && work.abouts().any(|a| a.mentions(report))
            && (self.supports(report, work).is_some()
                || self.is_expected_on_its_period(report, work, true));
        let mut abouts = work.abouts();
        if let Some(matter) = abouts.find_map(|a| a.against.clone()).filter(|_| !is_owed) {
            found.open.push(Why::SpeaksOf {
                file: file_of(Some(work)).unwrap_or_default(),
                matter,
            });
            return None;
        }
        // What nobody read is what the subject says that it is: "bản giải trình về việc chậm báo cáo".
        let said_to_be = self.said_to_be(work, report);
        if let Some(word) = said_to_be.filter(|_| source == Source::Subject) {
            found.open.push(Why::NotUnderstood { file: None, word });
            return None;
        }
        let title = work.documents.iter().find_map(|d| d.title.as_ref());
        let strange = match title {
            // A title that speaks of nothing of the report is that of something else, unless it cites what asks for it.
            Some(title) if !title.mentions(report) => title
                .strange
                .clone()
                .filter(|_| self.supports(report, work) != Some(Support::Basis)),
            Some(_) => None,
            None => {
                let mut names = work.documents.iter().filter(|d| !d.name.mentions(report));
                let strange = names.find_map(|d| d.name.strange.clone());
                strange.filter(|_| self.supports(report, work).is_none())
            }
        };
        if let Some(word) = strange {
            found.open.push(Why::NotUnderstood {
                file: file_of(Some(work)),
                word,
            });
            return None;
        }
        Some(self.named(report, Some(work), &[source], found))
    }

    /// Where neither the piece of writing nor the subject names a report: the one of the text; the one that is likely and
    /// supported; the only one that is open.
    fn likely_or_only_open(
        &self,
        work: Option<&Work<'m>>,
        found: &mut Match,
    ) -> Option<&'m Report> {
        let mut likely = work.map_or(vec![], Work::likely);
        let in_subject = self.in_subject.likely.iter();
        in_subject.for_each(|report| once(&mut likely, report));
        narrowed(&mut likely, self.matcher.reports(), &[]);
        if let ([one], Some(work)) = (likely.as_slice(), work)
            && let Some(by) = self.supports(one, work)
            && (by != Support::OwedPeriod || self.is_told_apart(one, work))
            && self.said_to_be(work, one).is_none()
        {
            found.reasons.push(Because::Supported {
                report: one.id.clone(),
                by,
            });
            return Some(one);
        }
        match self.in_body.named.as_slice() {
            [one] if likely.is_empty() => {
                self.if_nothing_speaks_against(one, work, Source::Text, found)
            }
            [] => self.the_only_open(work, found),
            named => {
                several(named, found);
                None
            }
        }
    }

    /// Whether no narrower report is mentioned beside one, and one that comes again and again is mentioned in two places: on
    /// the period on which a union reports on everything, "tiêm vắc-xin cho trẻ em" is told by its period from nothing.
    fn is_told_apart(&self, report: &Report, work: &Work<'m>) -> bool {
        let abouts = || work.abouts().chain([&self.in_subject, &self.in_body]);
        let mut mentioned = abouts().flat_map(|a| &a.mentioned);
        let narrower = mentioned.any(|m| m.over.contains(&report.id));
        !narrower && (!report.is_periodic() || abouts().filter(|a| a.mentions(report)).count() > 1)
    }

    /// What speaks for a report besides the words of a piece of writing.
    fn supports(&self, report: &Report, work: &Work<'m>) -> Option<Support> {
        let mut files = work.documents.iter().map(|d| d.file);
        if files.any(|f| asked_by(&f.cites, self.matcher.reports()).contains(&report.id.as_str())) {
            return Some(Support::Basis);
        }
        if self
            .known
            .asked
            .iter()
            .any(|(asked, _)| *asked == report.id)
        {
            return Some(Support::Asked);
        }
        if self.is_open(report) && self.habit(Some(work)).is_some_and(|h| h.id == report.id) {
            return Some(Support::Habit);
        }
        let again = self.is_sent_once_more(Some(work));
        let owed = self.is_expected_on_its_period(report, work, again);
        (owed && self.is_called_a_report(Some(work))).then_some(Support::OwedPeriod)
    }

    /// The only report that the unit called so before: by the name of a file or, of a mail of its own, the subject.
    fn habit(&self, work: Option<&Work<'m>>) -> Option<&'m Report> {
        if self.sent.is_empty() {
            return None;
        }
        let files = work.into_iter().flat_map(|w| &w.documents);
        let subject = Some(self.subject).filter(|_| !self.is_an_answer());
        let names = files.map(|d| d.file.stem()).chain(subject);
        let topics = &self.matcher.topics;
        let report = topics.habit(names, self.unit, self.sent)?;
        self.matcher.config.report(&report)
    }

    /// Whether a report may be meant that comes now, on any period.
    fn is_open(&self, report: &Report) -> bool {
        let mut expected = self.expected.iter().filter(|e| e.report == report.id);
        expected.any(|e| e.open && self.is_within_reach(e, report))
    }

    /// Whether the unit is asked for a report on the period that is named; where `again`, whatever came of it.
    fn is_expected_on_its_period(&self, report: &Report, work: &Work<'m>, again: bool) -> bool {
        let hints = self.strongest_hints(Some(work));
        let named = match report.is_periodic() {
            // A year alone names no month.
            true if !self.names_its_kind(report, work) => return false,
            true => self.period_of(report, Some(work), &mut Match::nothing()),
            false => None,
        };
        let fits = |period: &PeriodId| match report.is_periodic() {
            true => named.as_ref() == Some(period),
            false => {
                let mut verdicts = hints.iter().map(|h| allows(h, period, report));
                verdicts.all(|v| v != Some(false))
            }
        };
        let is_its = |e: &&Expectation| (e.open || again) && e.report == report.id;
        let mut expected = self.expected.iter().filter(is_its);
        self.unit.is_some() && expected.any(|e| self.is_within_reach(e, report) && fits(&e.period))
    }

    /// What a mail most likely brings: the one thing that is clear, or where none is the only report that its places speak
    /// of, if nothing speaks of something else, on the period that would be taken for it.
    pub(super) fn likely(&self, works: &[Work<'m>], found: &Match) -> Option<(String, PeriodId)> {
        match found.items.as_slice() {
            [one] if !found.unclear => return Some((one.report.clone(), one.period.clone())),
            [] if found.unclear => {}
            _ => return None,
        }
        let own = works.iter().flat_map(Work::abouts);
        let abouts: Vec<&About<'m>> = own.chain([&self.in_subject]).collect();
        if abouts.iter().any(|a| a.against.is_some()) {
            return None;
        }
        let mut spoken_of: Vec<&Report> = Vec::new();
        for about in abouts {
            spoken_of.extend(&about.mentioned);
        }
        if spoken_of.is_empty() {
            spoken_of.extend(&self.in_body.mentioned);
        }
        if spoken_of.is_empty() {
            spoken_of.extend(self.habit(works.first()));
        }
        narrowed(&mut spoken_of, self.matcher.reports(), &[]);
        spoken_of.sort_by_key(|r| &r.id);
        spoken_of.dedup_by_key(|r| &r.id);
        let [one] = spoken_of.as_slice() else {
            return None;
        };
        let period = self.period_of(one, works.first(), &mut Match::nothing())?;
        Some((one.id.clone(), period))
    }

    /// Whether a piece of writing, or its mail, is called a report.
    pub(super) fn is_called_a_report(&self, work: Option<&Work<'m>>) -> bool {
        let of_file = |w: &Work<'_>| {
            let mut files = w.documents.iter().map(|d| d.file);
            let by_head = files.any(|f| {
                let symbol = f.number.as_deref().and_then(|n| n.split_once('/'));
                let symbol = symbol.map_or("", |(_, symbol)| symbol);
                let mut parts = symbol.split(|c: char| !c.is_alphanumeric());
                f.genre.as_deref() == Some("báo cáo") || parts.any(|p| p == "BC")
            });
            by_head || w.abouts().any(|a| a.calls)
        };
        self.in_subject.calls || work.is_some_and(of_file)
    }

    /// Where no report is named: the only one open to the unit that fits the period and the basis named, if it is called a
    /// report at all and nothing is said that is not understood.
    fn the_only_open(&self, work: Option<&Work<'m>>, found: &mut Match) -> Option<&'m Report> {
        let asked = self.strongest_hints(work);
        let files = work.iter().flat_map(|w| &w.documents);
        let cites: Vec<String> = files.flat_map(|d| d.file.cites.iter().cloned()).collect();
        let cited = asked_by(&cites, self.matcher.reports());
        let strange = self.not_understood(work);
        let mut fitting: Vec<&Report> = Vec::new();
        if self.unit.is_some()
            && self.is_called_a_report(work)
            && !(asked.is_empty() && self.known.asked.is_empty())
            && (!cited.is_empty() || strange.is_none())
        {
            for expected in self.expected.iter().filter(|e| e.open) {
                let Some(report) = self.matcher.config.report(&expected.report) else {
                    continue;
                };
                let fits = asked
                    .iter()
                    .all(|h| allows(h, &expected.period, report) == Some(true));
                let meant = cited.is_empty() || cited.contains(&report.id.as_str());
                let answers = self.known.asked.is_empty() || self.known.asks_for(expected);
                if fits
                    && meant
                    && answers
                    && self.is_within_reach(expected, report)
                    && !fitting.iter().any(|r| r.id == report.id)
                {
                    fitting.push(report);
                }
            }
        }
        if let [one] = fitting.as_slice() {
            let report = one.id.clone();
            found.reasons.push(Because::OnlyOpen { report });
            return Some(*one);
        }
        let file = file_of(work);
        let mut mentioned = self.named_places(work).flat_map(|a| &a.mentioned);
        found.open.push(match (mentioned.next(), strange) {
            (Some(report), _) => Why::MentionsReport {
                file,
                report: report.short.clone(),
            },
            (None, Some(word)) => Why::NotUnderstood { file, word },
            (None, None) => Why::UnclearReport { file },
        });
        None
    }

    /// What titles, names and subject say: the places that are written to tell what a piece is.
    pub(super) fn named_places<'a>(
        &'a self,
        work: Option<&'a Work<'m>>,
    ) -> impl Iterator<Item = &'a About<'m>> {
        let own = work.into_iter().flat_map(Work::abouts);
        own.chain([&self.in_subject])
    }

    /// The first word or number of titles, names and subject that may be the subject of something else.
    fn not_understood(&self, work: Option<&Work<'m>>) -> Option<String> {
        // In the subject of an answer stand somebody else's words.
        let words = |a: &About<'_>| a.content.as_ref().or(a.dated.strange.as_ref()).cloned();
        let of_another = |a: &About<'_>| self.is_an_answer() && std::ptr::eq(a, &self.in_subject);
        self.named_places(work).find_map(|a| {
            let own = (!of_another(a)).then(|| words(a)).flatten();
            a.against.clone().or(own)
        })
    }
}

/// The first title of a piece of writing that names a report.
fn naming_title<'w, 'm>(work: Option<&'w Work<'m>>) -> Option<&'w About<'m>> {
    let documents = work.into_iter().flat_map(|w| &w.documents);
    let mut titles = documents.filter_map(|d| d.title.as_ref());
    titles.find(|t| !t.named.is_empty())
}

/// The file that speaks for a piece of writing; none: the mail itself.
pub(super) fn file_of(work: Option<&Work<'_>>) -> Option<String> {
    work.map(|w| w.lead().file.name.clone())
}

fn several(reports: &[&Report], found: &mut Match) {
    let reports = reports.iter().map(|r| r.short.clone()).collect();
    found.open.push(Why::SeveralReports { reports });
}

/// The reports that one of the documents asks for whose numbers are cited.
fn asked_by<'c>(cites: &[String], reports: &'c [Report]) -> Vec<&'c str> {
    let bases = reports.iter().filter(|r| {
        let basis = fold(&r.basis);
        cites.iter().any(|c| has_phrase(&basis, &fold(c)))
    });
    bases.map(|r| r.id.as_str()).collect()
}
