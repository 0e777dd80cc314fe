//! On which period a document reports.

use jiff::civil::Date;
use jiff::{SignedDuration, ToSpan};

use super::hints::{Dated, Hint, allows, dated, has_begun, periods_of_year};
use super::items::Matter;
use super::report::file_of;
use super::works::{Document, Work};
use super::{Expectation, Match};
use crate::domain::because::{Because, Source};
use crate::domain::date_of;
use crate::domain::period::{Closing, PeriodId};
use crate::domain::report::{Frequency, Report};
use crate::domain::why::Why;
use crate::ground::text::{fold, fold_marks, sentences};
use crate::reading::Warning;
use crate::reading::nil_return::says_nothing_happened;
use crate::words::vi;

/// A text of a mail that may name the period, the strongest kind first.
pub(super) struct Place {
    source: Source,
    /// What it says, as of the day of the mail.
    hints: Vec<Hint>,
}

/// What a place says of the periods of a report.
struct Said {
    source: Source,
    /// The periods that it allows.
    fits: Vec<PeriodId>,
    /// Whether it gives the period a year.
    has_year: bool,
    /// Whether it names one period of the report's kind, as against several or none.
    tells: bool,
}

impl Said {
    /// The latest of the periods that it allows: "tháng 6" is that of this year.
    fn latest(&self) -> PeriodId {
        self.fits[self.fits.len() - 1].clone()
    }
}

impl<'m> Matter<'m> {
    /// On which period a piece of writing reports, by the rules in order: what its title, the subject, its name or the
    /// text say; where that leaves several, the only one within reach that is open.
    pub(super) fn period_of(
        &self,
        report: &Report,
        work: Option<&Work<'m>>,
        found: &mut Match,
    ) -> Option<PeriodId> {
        let mut places = self.places(work);
        if let Some(hints) = self.said_of_it_in_the_subject(report) {
            let subject = places.iter_mut().filter(|p| p.source == Source::Subject);
            subject.for_each(|place| place.hints.clone_from(&hints));
        }
        if let Frequency::Once { period, .. } = &report.frequency {
            let strong = places.iter().filter(|p| p.source != Source::Text);
            if strong.flat_map(|p| &p.hints).any(Hint::is_part_of_a_year) {
                found.open.push(not_its_period(report));
                return None;
            }
            let id = report.id.clone();
            found.reasons.push(Because::OnePeriodOnly { report: id });
            return Some(period.clone());
        }
        let begun = self.begun(report);
        let said = self.said(&places, report, &begun);
        let several_years = |p: &Place| p.hints.iter().all(Hint::is_several_years);
        let mut dated = places.iter().filter(|p| !p.hints.is_empty()).peekable();
        if report.is_periodic()
            && dated.peek().is_some()
            && said.is_empty()
            && dated.all(several_years)
        {
            found.open.push(not_its_period(report));
            return None;
        }
        let fitting = match self.agreed(report, &said, work) {
            Ok(fitting) => fitting.unwrap_or(begun),
            Err(why) => {
                found.open.push(why);
                return None;
            }
        };
        let period = match fitting.as_slice() {
            [one] if !said.is_empty() => {
                found.reasons.push(Because::NamesPeriod {
                    source: said[0].source,
                    period: one.clone(),
                });
                one.clone()
            }
            // "tháng 4, tháng 5" in one place, and no other place says which: nothing that is expected may decide that.
            _ if !said.is_empty() && said.iter().all(|s| !s.tells) => {
                found.open.push(unclear(report));
                return None;
            }
            _ => self.only_expected(report, &fitting, !said.is_empty(), work, found)?,
        };
        // One stroke of "quý III" is easily lost in a picture.
        let in_a_picture = |d: &Document<'_>| d.file.warning == Some(Warning::FromAPicture);
        let files = work.iter().flat_map(|w| &w.documents);
        let mut titled = files.filter(|d| d.title.is_some()).peekable();
        if let [
            Said {
                source: Source::Title,
                ..
            },
        ] = said.as_slice()
            && titled.peek().is_some()
            && titled.all(in_a_picture)
        {
            found.open.push(unclear(report));
            return None;
        }
        if let Some(twin) = self.due_a_year_later(report, &period, &said, work) {
            found.open.push(Why::LastYears {
                report: report.short.clone(),
                named: period,
                due: twin,
            });
            return None;
        }
        Some(period)
    }

    /// The periods that a mail without documents names one by one: "tháng 7 và tháng 8 không phát sinh".
    ///
    /// # Errors
    /// When one of them is not expected, or the subject names another one than the text.
    pub(super) fn several_named_in_words(&self, report: &Report) -> Result<Vec<PeriodId>, Why> {
        let of_kind = |dated: &Dated| -> Vec<Hint> {
            self.as_of_the_day(dated.periods.iter().filter(|h| h.is_of(report)))
        };
        // "Tháng 7 đã gửi. Tháng 8 không phát sinh."
        let says = |s: &&str| says_nothing_happened("", s) && !vi().was_sent.stands_in(&fold(s));
        let mut in_text: Vec<Hint> = sentences(self.body)
            .filter(says)
            .flat_map(|s| of_kind(&dated(s)))
            .collect();
        if in_text.is_empty() {
            in_text = of_kind(&self.in_body.dated);
        }
        let in_subject = of_kind(&self.in_subject.dated);
        if in_text.len().max(in_subject.len()) < 2 {
            return Ok(vec![]);
        }
        let expected = |hint: &Hint| {
            let mut all = self.expected.iter().filter(|e| e.report == report.id);
            let is_it = |e: &&Expectation| allows(hint, &e.period, report) == Some(true);
            let one = all.rfind(|e| is_it(e) && self.is_within_reach(e, report));
            one.map(|e| e.period.clone()).ok_or_else(|| unclear(report))
        };
        let periods = |hints: &[Hint]| -> Result<Vec<PeriodId>, Why> {
            let mut periods: Vec<PeriodId> =
                hints.iter().map(expected).collect::<Result<_, _>>()?;
            periods.sort();
            periods.dedup();
            Ok(periods)
        };
        let (subject, text) = (periods(&in_subject)?, periods(&in_text)?);
        match text.is_empty() {
            true => Ok(subject),
            false if subject.iter().all(|p| text.contains(p)) => Ok(text),
            false => Err(unclear(report)),
        }
    }

    /// What the places say of the periods of a report that have begun.
    fn said(&self, places: &[Place], report: &Report, begun: &[PeriodId]) -> Vec<Said> {
        let mut said: Vec<Said> = Vec::new();
        let names_its_kind = |p: &Place| p.hints.iter().any(|h| h.is_of(report));
        let strong = |p: &&Place| p.source != Source::Text;
        let of_its_kind = places.iter().filter(strong).any(names_its_kind);
        let by_itself = places
            .iter()
            .any(|p| p.source == Source::Title && names_its_kind(p));
        for place in places {
            // The subject of an answer may be that of an older mail.
            if place.source == Source::Subject && by_itself && self.is_an_answer() {
                continue;
            }
            // The text speaks of many things: it counts where nothing else says anything.
            if place.source == Source::Text && !said.is_empty() {
                continue;
            }
            let year_only = place.hints.iter().all(|h| matches!(h, Hint::Year(_)));
            match year_only && !said.is_empty() {
                // A year alone adds nothing to what a stronger place says but the year.
                true => said.extend(says_the_year(place, begun)),
                false => said.extend(says(place, report, begun, of_its_kind)),
            }
        }
        said
    }

    /// The texts that may name the period of a piece of writing, the strongest first.
    fn places(&self, work: Option<&Work<'m>>) -> Vec<Place> {
        let place = |source, hints: &[Hint]| Place {
            source,
            hints: self.as_of_the_day(hints),
        };
        let documents = || work.iter().flat_map(|w| &w.documents);
        let titles = documents().filter_map(|d| d.title.as_ref());
        let names = documents().map(|d| &d.name);
        let titles = titles.map(|t| place(Source::Title, &t.dated.periods));
        let names = names.map(|n| place(Source::FileName, &n.dated.periods));
        let mut places: Vec<Place> = titles.collect();
        places.push(place(Source::Subject, &self.in_subject.dated.periods));
        places.extend(names);
        // "tháng trước" in a text may be said of anything.
        let text = self.in_body.dated.periods.iter();
        let text = text.filter(|h| !matches!(h, Hint::MonthsAgo(_) | Hint::QuarterAgo));
        places.push(place(Source::Text, &text.cloned().collect::<Vec<_>>()));
        places
    }

    /// What the subject says of the period of one of several reports, where each has a part of its own: "báo cáo QHLĐ quý
    /// II; TNLĐ tháng 6".
    fn said_of_it_in_the_subject(&self, report: &Report) -> Option<Vec<Hint>> {
        if self.in_subject.mentioned.iter().all(|r| r.id == report.id) {
            return None;
        }
        let subject = fold_marks(self.subject);
        let parts = subject.split([';', ',', '+', '&']);
        let parts = parts.flat_map(|part| part.split(" va "));
        let abouts = parts.map(|part| self.matcher.topics.about(part, true, self.unit));
        let mut own = abouts.filter(|about| about.mentions(report));
        let (one, None) = (own.next()?, own.next()) else {
            return None;
        };
        let alone = one.mentioned.len() == 1 && !one.dated.periods.is_empty();
        alone.then(|| self.as_of_the_day(&one.dated.periods))
    }

    /// What is said of periods, as of the day of the mail.
    fn as_of_the_day<'h>(&self, hints: impl IntoIterator<Item = &'h Hint>) -> Vec<Hint> {
        let hints = hints.into_iter();
        hints.map(|h| h.clone().on(self.matcher.day)).collect()
    }

    /// The periods of a report that have begun, of the years around the day of the mail.
    fn begun(&self, report: &Report) -> Vec<PeriodId> {
        let day = self.matcher.day;
        (day.year() - 3..=day.year() + 1)
            .flat_map(|y| periods_of_year(report, y))
            .filter(|period| has_begun(period, day))
            .collect()
    }

    /// The periods on which all agree that say anything; `None`: nobody does.
    fn agreed(
        &self,
        report: &Report,
        said: &[Said],
        work: Option<&Work<'m>>,
    ) -> Result<Option<Vec<PeriodId>>, Why> {
        // Of several pieces of writing each one's own title tells its period: the subject is that of one of them.
        let own = said
            .first()
            .filter(|s| s.source == Source::Title && s.fits.len() == 1);
        if let Some(own) = own.filter(|_| self.pieces > 1) {
            return Ok(Some(own.fits.clone()));
        }
        let mut agreed: Option<Vec<PeriodId>> = None;
        for place in said {
            if place.fits.is_empty() {
                return Err(not_its_period(report));
            }
            let fits = match &agreed {
                None => place.fits.clone(),
                Some(before) => {
                    let both = before.iter().filter(|p| place.fits.contains(p));
                    both.cloned().collect()
                }
            };
            if fits.is_empty() {
                let first = said
                    .iter()
                    .find(|s| s.fits.iter().all(|p| !place.fits.contains(p)));
                let first = first.unwrap_or(&said[0]);
                return Err(Why::PlacesContradict {
                    file: file_of(work),
                    places: [first.source, place.source],
                    periods: [first.latest(), place.latest()],
                });
            }
            agreed = Some(fits);
        }
        Ok(agreed)
    }

    /// The same period a year later, where that is due now: who types last year's number in a document of today means
    /// this one, and who sends last year's report once more does not. Nobody but a person can tell.
    fn due_a_year_later(
        &self,
        report: &Report,
        period: &PeriodId,
        said: &[Said],
        work: Option<&Work<'m>>,
    ) -> Option<PeriodId> {
        let later = period.a_year_later()?;
        let typed = said.iter().any(|s| s.has_year);
        let is_due = |e: &&Expectation| {
            e.report == report.id && e.open && e.period == later && self.is_within_reach(e, report)
        };
        let due = self.expected.iter().find(is_due).filter(|_| typed)?;
        // Who sends both knows what year it is.
        let is_later = |h: &Hint| {
            let allows = |p| allows(h, p, report);
            allows(&later) == Some(true) && allows(period) == Some(false)
        };
        if self.titles.iter().any(is_later) {
            return None;
        }
        // A document that was dated a year ago is what it says.
        let day = date_of(due.due);
        let files = work.iter().flat_map(|w| &w.documents);
        let mut dates = files.filter_map(|d| d.file.dated.as_deref()?.parse::<Date>().ok());
        let old = dates.any(|d| (day - d).get_days() > 250);
        (!old).then_some(later)
    }

    /// Where several periods fit, or nothing was said, what is expected decides: the only one within reach that is open; or
    /// the last one where none is and something is sent once more. Not where a number is not understood: it may be the
    /// period's.
    fn only_expected(
        &self,
        report: &Report,
        fitting: &[PeriodId],
        said: bool,
        work: Option<&Work<'m>>,
        found: &mut Match,
    ) -> Option<PeriodId> {
        let mut numbers = self
            .named_places(work)
            .filter_map(|a| a.dated.strange.clone());
        if let Some(word) = numbers.next().filter(|_| !said) {
            found.open.push(Why::NotUnderstood {
                file: file_of(work),
                word,
            });
            return None;
        }
        // Of two pieces on one report what is expected would give both the same period.
        let pieces = self.named.iter().filter(|id| **id == report.id);
        let of_one_year = |a: &PeriodId| fitting.iter().any(|b| a != b && a.years() == b.years());
        if said && fitting.iter().any(of_one_year) && pieces.count() > 1 {
            found.open.push(unclear(report));
            return None;
        }
        let mut expected: Vec<&Expectation> = self
            .expected
            .iter()
            .filter(|e| e.report == report.id && fitting.contains(&e.period))
            .filter(|e| self.is_within_reach(e, report))
            .collect();
        expected.sort_by_key(|e| e.due);
        let answers = |e: &&Expectation| self.known.asks_for(e);
        if expected.iter().copied().filter(answers).count() == 1 {
            expected.retain(answers);
        }
        let mut open: Vec<&PeriodId> = expected
            .iter()
            .filter(|e| e.open)
            .map(|e| &e.period)
            .collect();
        open.dedup();
        let once_more = said || self.is_sent_once_more(work);
        let only = match open.as_slice() {
            [one] => Some((*one).clone()),
            [] if once_more && !expected.is_empty() => expected.last().map(|e| e.period.clone()),
            // A month without a year is that of the last year that has had it, but for one that has begun: of a month of a
            // year ago few write without the year.
            [] if said => {
                newest(fitting, self.matcher.day).filter(|newest| fitting.last() == Some(newest))
            }
            _ => None,
        };
        match &only {
            Some(period) => found.reasons.push(Because::OnlyWithinReach {
                period: period.clone(),
                said,
            }),
            None => found.open.push(unclear(report)),
        }
        only
    }

    /// Whether the mail says that it sends something once more, or answers a letter of ours.
    pub(super) fn is_sent_once_more(&self, work: Option<&Work<'m>>) -> bool {
        let files = work.iter().flat_map(|w| &w.documents);
        let names = files.map(|d| d.file.stem());
        let mut texts = names.chain([self.subject, self.body]);
        !self.known.asked.is_empty() || texts.any(|t| vi().once_more.stands_in(&fold(t)))
    }

    /// What the strongest text says that says anything of periods: title, subject, file name, text.
    pub(super) fn strongest_hints(&self, work: Option<&Work<'m>>) -> Vec<Hint> {
        let places = self.places(work).into_iter();
        let mut dated = places.map(|p| p.hints).filter(|h| !h.is_empty());
        dated.next().unwrap_or_default()
    }

    /// Whether a place names a period of the kind on which a report is made.
    pub(super) fn names_its_kind(&self, report: &Report, work: &Work<'m>) -> bool {
        let places = self.places(Some(work));
        places
            .iter()
            .any(|p| p.hints.iter().any(|h| h.is_of(report)))
    }

    /// Whether a report that comes now can be meant for what nobody named.
    pub(super) fn is_within_reach(&self, expected: &Expectation, report: &Report) -> bool {
        // Without a history an older period may well have been reported on.
        let days = match report.frequency {
            _ if self.known.history_known => 150,
            Frequency::Monthly => 12,
            Frequency::Quarterly => 30,
            Frequency::SixMonths => 60,
            _ => 150,
        };
        let stale = SignedDuration::from_hours(24 * days);
        let now = self.known.received_at;
        expected.due - lead(report) <= now && now <= expected.due + stale
    }
}

/// How long before its deadline a report may come.
fn lead(report: &Report) -> SignedDuration {
    let days = match report.frequency {
        Frequency::Monthly => 20,
        Frequency::Quarterly => 45,
        Frequency::SixMonths => 60,
        Frequency::NineMonths | Frequency::Yearly | Frequency::SchoolYear => 75,
        Frequency::Event(_) | Frequency::Once { .. } => 400,
    };
    SignedDuration::from_hours(24 * days)
}

/// What a place says that names a year alone.
fn says_the_year(place: &Place, begun: &[PeriodId]) -> Option<Said> {
    let is_of = |p: &&PeriodId| {
        let mut years = place.hints.iter();
        years.any(|h| matches!(h, Hint::Year(y) if p.years().contains(y)))
    };
    (!place.hints.is_empty()).then(|| Said {
        source: place.source,
        fits: begun.iter().filter(is_of).cloned().collect(),
        has_year: true,
        tells: false,
    })
}

/// What a place says of the periods of a report that have begun, if anything: one of those of the report's own kind, and
/// nothing against what else it says.
fn says(place: &Place, report: &Report, begun: &[PeriodId], of_its_kind: bool) -> Option<Said> {
    let own = place.hints.iter().any(|h| h.is_of(report));
    let is_year = |h: &&Hint| matches!(h, Hint::Year(_));
    let hints: Vec<&Hint> = place
        .hints
        .iter()
        .filter(|h| !(own && is_year(h)))
        .collect();
    let mut said = false;
    let mut fits = Vec::new();
    for period in begun {
        let allows = |h: &&Hint| allows(h, period, report);
        let of_kind = hints.iter().filter(|h| h.is_of(report)).filter_map(allows);
        let mut others = hints
            .iter()
            // "Quý III và 9 tháng đầu năm": what has come together until then besides.
            .filter(|h| !(h.is_of(report) || of_its_kind && h.adds_up_to(period)))
            .filter_map(allows)
            .peekable();
        let one_of: Vec<bool> = of_kind.collect();
        said |= !one_of.is_empty() || others.peek().is_some();
        if (one_of.is_empty() || one_of.contains(&true)) && others.all(|v| v) {
            fits.push(period.clone());
        }
    }
    let has_year = hints.iter().any(|h| h.has_year());
    let of_kind: Vec<&&Hint> = hints.iter().filter(|h| h.is_of(report)).collect();
    let halves = |h: &&&Hint| matches!(h, Hint::Half(Some(_), None)) && fits.len() > 1;
    let tells = of_kind.windows(2).all(|two| two[0] == two[1]) && !of_kind.iter().any(halves);
    said.then_some(Said {
        source: place.source,
        fits,
        has_year,
        tells,
    })
}

/// Of periods that differ in the year alone, the newest that has come to its end by a day, or nearly.
fn newest(periods: &[PeriodId], day: Date) -> Option<PeriodId> {
    let follow = |two: &[PeriodId]| two[0].a_year_later().as_ref() == Some(&two[1]);
    let closes = |p: &PeriodId| Closing::Day(14).of(p).map(|p| p.closes);
    let is_over = |p: &&PeriodId| closes(p).is_none_or(|c| c <= day.saturating_add(20.days()));
    let last = periods.iter().rfind(is_over).cloned();
    last.filter(|_| periods.windows(2).all(follow))
}

fn unclear(report: &Report) -> Why {
    Why::UnclearPeriod {
        report: report.short.clone(),
    }
}

fn not_its_period(report: &Report) -> Why {
    Why::NotItsPeriod {
        report: report.short.clone(),
    }
}
