//! Which reports on which periods a mail brings: of each piece of writing ([`works`](super::works)) which report it is
//! ([`report`](super::report)) and on which period ([`period`](super::period)), and what is left.

use std::collections::BTreeMap;

use super::genre::{
    Part, asks_for_time, is_called_otherwise, is_surely_none, part_of, says_surely_none,
};
use super::hints::Hint;
use super::topic::{About, calls_a_report};
use super::works::{Document, Work, works};
use super::{Expectation, Item, Known, Match, Matcher, forms_of};
use crate::domain::because::Because;
use crate::domain::period::PeriodId;
use crate::domain::report::{Forms, Report};
use crate::domain::submission::SentBefore;
use crate::domain::unit::UnitId;
use crate::domain::why::Why;
use crate::ground::text::{fold, sentences, truncated};
use crate::reading::nil_return::{may_say_what_happened, says_nothing_happened};
use crate::reading::{Attachment, Class, Reading};
use crate::words::vi;

/// A mail whose reports are looked for: what of it speaks of them, and what is known besides.
pub(super) struct Matter<'m> {
    pub(super) subject: &'m str,
    pub(super) body: &'m str,
    /// What subject and text say: the same for each piece of writing.
    pub(super) in_subject: About<'m>,
    pub(super) in_body: About<'m>,
    /// Reports that pieces of writing name by themselves.
    pub(super) named: Vec<String>,
    /// What the titles of all pieces say of periods.
    pub(super) titles: Vec<Hint>,
    /// How many pieces of writing name a report.
    pub(super) pieces: usize,
    pub(super) matcher: &'m Matcher,
    pub(super) known: &'m Known<'m>,
    /// Whose it is, where that is certain.
    pub(super) unit: Option<&'m UnitId>,
    pub(super) expected: &'m [Expectation],
    /// What it called its reports so far.
    pub(super) sent: &'m [SentBefore],
}

/// Whose a mail is, as far as that is certain.
pub(super) struct Owner<'o> {
    pub(super) unit: Option<&'o UnitId>,
    /// What is expected of it, else of anybody.
    pub(super) expected: &'o [Expectation],
    /// What it called its reports so far.
    pub(super) sent: &'o [SentBefore],
}

/// The items of a mail as they are found, one a report and period.
#[derive(Default)]
struct Items(BTreeMap<(String, PeriodId), Item>);

impl Items {
    /// Adds a file, or the mail itself, to the item of its report and period.
    fn add(
        &mut self,
        report: &Report,
        period: PeriodId,
        forms: Forms,
        nil: bool,
        file: Option<usize>,
    ) {
        let key = (report.id.clone(), period.clone());
        let item = self.0.entry(key).or_insert_with(|| Item {
            report: report.id.clone(),
            period,
            forms: Forms::NONE,
            nil_return: false,
            files: Vec::new(),
        });
        item.forms = item.forms.and(forms);
        item.nil_return |= nil;
        item.files.extend(file);
    }

    /// Adds that there is nothing to report, which the mail says itself.
    fn add_nil(&mut self, report: &Report, period: PeriodId, found: &mut Match) {
        found.reasons.push(Because::NothingToReport);
        self.add(report, period, report.forms, true, None);
    }
}

/// What a document turned out to be.
enum Seen<'m> {
    /// Of this report, on this period.
    Report(&'m Report, PeriodId),
    /// No report, and why; where nothing else is one, a person looks at it.
    Left(Why),
    /// Surely none, by what it says itself.
    Other(Why),
    /// It is not clear what.
    Unclear,
}

impl Matcher {
    /// Which reports on which periods a mail brings.
    pub(super) fn items_of(
        &self,
        reading: &Reading,
        known: &Known<'_>,
        owner: Owner<'_>,
        found: &mut Match,
    ) {
        let unit = owner.unit;
        // The subject of our reminder of several reports, in an answer, tells nothing: it names the first only.
        let subject = match vi().of_several.stands_in(&fold(&reading.subject)) {
            true => "",
            false => reading.subject.as_str(),
        };
        let body = truncated(&reading.body, 1_200);
        let files = reading.attachments.iter().filter(|a| a.is_document());
        let names = files.flat_map(|a| [Some(a.name.as_str()), a.genre.as_deref()]);
        let mut texts = [subject, body].into_iter().chain(names.flatten());
        let called = texts.any(calls_a_report);
        let (taught, tables) = (&known.taught, (&self.topics, &self.names));
        let documents = Document::all(reading, called, unit, taught, tables);
        let nothing_happened = says_nothing_happened(subject, body);
        if documents.is_empty() && !nothing_happened && reading.class != Class::LinkOnly {
            found
                .open
                .extend(self.may_be_one_in_words(subject, body, unit));
            return;
        }
        let works: Vec<Work<'_>> = works(documents, subject, self.reports(), &self.office);
        let own: Vec<Vec<&Report>> = works
            .iter()
            .map(|w| w.named(subject, self.reports(), &self.office))
            .collect();
        let matter = Matter {
            subject,
            body,
            in_subject: self.topics.about_title(subject, called, unit, taught),
            in_body: self.topics.about(body, called, unit),
            named: own
                .iter()
                .filter_map(|own| match own.as_slice() {
                    [one] => Some(one.id.clone()),
                    _ => None,
                })
                .collect(),
            titles: works
                .iter()
                .flat_map(|w| w.documents.iter().filter_map(|d| d.title.as_ref()))
                .flat_map(|t| t.dated.periods.iter().cloned())
                .collect(),
            pieces: own.iter().filter(|own| !own.is_empty()).count(),
            matcher: self,
            known,
            unit,
            expected: owner.expected,
            sent: owner.sent,
        };
        let mut items = Items::default();
        if works.is_empty() {
            matter.said_alone(nothing_happened, &mut items, found);
        }
        let mut left: Vec<Why> = Vec::new();
        let mut others = 0;
        for (work, own) in works.iter().zip(&own) {
            match matter.seen(work, own, found) {
                Seen::Report(report, period) => {
                    matter.add(work, report, &period, nothing_happened, &mut items, found);
                }
                Seen::Left(why) => left.push(why),
                Seen::Other(why) => {
                    left.push(why);
                    others += 1;
                }
                Seen::Unclear => found.unclear = true,
            }
        }
        if nothing_happened && !works.is_empty() {
            matter.said_beside(&mut items, found);
        }
        found.surely_none = others > 0 && others == works.len() && !matter.promises_a_report();
        found.items = items.0.into_values().collect();
        found.likely = matter.likely(&works, found);
        if found.items.iter().all(|i| i.forms.is_empty()) {
            found.open.extend(left);
        } else {
            found.passed_over = left;
        }
        once(&mut found.open);
        once(&mut found.reasons);
    }

    /// Why a mail without documents may be a report that can be one in words, though what it says is not understood.
    fn may_be_one_in_words(&self, subject: &str, body: &str, unit: Option<&UnitId>) -> Option<Why> {
        let texts = [subject, body].into_iter();
        let mentioned = texts.flat_map(|text| self.topics.about(text, true, unit).mentioned);
        let mut reports = mentioned.filter(|report| report.nil_return);
        let report = reports
            .next()
            .filter(|_| may_say_what_happened(subject, body))?;
        Some(Why::MentionsReport {
            file: None,
            report: report.short.clone(),
        })
    }

    /// The report and the period that words of staff name of a mail of a unit.
    pub(super) fn named_in_words(
        &self,
        words: &str,
        unit: &UnitId,
        expected: &[Expectation],
        known: &Known<'_>,
    ) -> Option<(String, PeriodId)> {
        let subject = format!("Báo cáo {words}");
        let matter = Matter {
            subject: &subject,
            body: "",
            in_subject: self.topics.about(&subject, true, Some(unit)),
            in_body: self.topics.about("", true, Some(unit)),
            named: Vec::new(),
            titles: Vec::new(),
            pieces: 0,
            matcher: self,
            known,
            unit: Some(unit),
            expected,
            sent: &[],
        };
        let mut found = Match::nothing();
        let report = matter.report_of(None, &[], &mut found)?;
        let period = matter.period_of(report, None, &mut found)?;
        Some((report.id.clone(), period))
    }
}

/// Leaves each thing once.
fn once<T: PartialEq>(list: &mut Vec<T>) {
    let mut kept: Vec<T> = Vec::with_capacity(list.len());
    for one in list.drain(..) {
        if !kept.contains(&one) {
            kept.push(one);
        }
    }
    *list = kept;
}

impl<'m> Matter<'m> {
    /// Adds a piece of writing that is a report to the items of its mail.
    fn add(
        &self,
        work: &Work<'m>,
        report: &Report,
        period: &PeriodId,
        nothing_happened: bool,
        items: &mut Items,
        found: &mut Match,
    ) {
        let nil = nothing_happened && report.nil_return;
        for document in &work.documents {
            let forms = match part_of(document.file, self.subject, report, &self.matcher.office) {
                Part::Supplement => Forms::NONE,
                Part::Main | Part::Other(_) => forms_of(document.file.role),
            };
            items.add(report, period.clone(), forms, nil, Some(document.index));
        }
        let lead = &work.lead().file.name;
        let others = work.documents.iter().skip(1);
        found.reasons.extend(others.map(|d| Because::BelongsTo {
            file: d.file.name.clone(),
            to: lead.clone(),
        }));
    }

    /// What a mail without documents says.
    fn said_alone(&self, nothing_happened: bool, items: &mut Items, found: &mut Match) {
        let Some(report) = self.report_in_words(nothing_happened, found) else {
            return;
        };
        let nil = nothing_happened && report.nil_return;
        if nil {
            match self.several_named_in_words(report) {
                Ok(several) if several.len() > 1 => {
                    let several = several.into_iter();
                    return several.for_each(|period| items.add_nil(report, period, found));
                }
                Ok(_) => {}
                Err(why) => return found.open.push(why),
            }
        }
        match self.period_of(report, None, found) {
            Some(period) if nil => items.add_nil(report, period, found),
            Some(period) => items.add(report, period, Forms::NONE, false, None),
            None => {}
        }
    }

    /// That nothing happened, said beside documents of other reports, is a report of its own: "TNLĐ tháng 5 không phát sinh,
    /// báo cáo trẻ em kèm theo".
    fn said_beside(&self, items: &mut Items, found: &mut Match) {
        let matcher = self.matcher;
        let texts = [self.subject, self.body].into_iter();
        let sentences = texts.flat_map(sentences);
        let several = |s: &str| matcher.topics.about(s, true, self.unit).mentioned.len() > 1;
        let parts = sentences.flat_map(|s| match several(s) {
            true => s.split(',').collect(),
            false => vec![s],
        });
        for sentence in parts.filter(|s| says_nothing_happened("", s)) {
            let about = matcher.topics.about(sentence, true, self.unit);
            let [report] = about.mentioned.as_slice() else {
                continue;
            };
            let is_there = items.0.keys().any(|(id, _)| *id == report.id);
            if is_there || !report.nil_return {
                continue;
            }
            let report = *report;
            let alone = Matter {
                subject: sentence,
                body: "",
                in_body: matcher.topics.about("", true, self.unit),
                in_subject: about,
                named: Vec::new(),
                titles: Vec::new(),
                pieces: 0,
                ..*self
            };
            if let Some(period) = alone.period_of(report, None, found) {
                items.add_nil(report, period, found);
            }
        }
    }

    /// Whether of a piece that nobody read subject and names both say that it is something else, and nothing says that the
    /// mail brings a report that is asked for.
    fn is_called_otherwise_twice(&self, work: &Work<'m>) -> bool {
        let otherwise = |text: &str, about: &About<'_>| {
            let is_asked_for = about.calls && !about.mentioned.is_empty();
            let against = about.against.as_deref().map(fold);
            let speaks = against.is_some_and(|word| !vi().of_anything.contains(&word));
            !is_asked_for && (speaks || is_called_otherwise(text))
        };
        let mut documents = work.documents.iter();
        !self.in_body.calls
            && otherwise(self.subject, &self.in_subject)
            && documents.all(|d| d.is_without_text() && otherwise(d.file.stem(), &d.name))
    }

    /// Of what else a piece of writing speaks, where that is sure: its title speaks of it and names no report, or nothing of
    /// the mail calls it one. `called_otherwise`: whether subject and names do, of pages that nobody read.
    fn another_matter(&self, work: &Work<'m>, called_otherwise: bool) -> Option<String> {
        let is_none = |a: &About<'_>| a.named.is_empty() && a.likely.is_empty();
        let titles = || work.documents.iter().filter_map(|d| d.title.as_ref());
        let of_title = titles().find_map(|t| t.against.clone());
        // "Tổ chức hội nghị …" may well be the report whose words stand behind it.
        let calls = self.calls_itself_a_report(work);
        let is_sure = !calls || titles().all(|t| t.mentioned.is_empty());
        if is_sure && work.abouts().all(is_none) && of_title.is_some() {
            return of_title;
        }
        if calls && !called_otherwise {
            return None;
        }
        let mut names = work.documents.iter().map(|d| &d.name);
        let of_name = names.find_map(|name| name.against.clone());
        let of_subject = self.in_subject.against.clone();
        let silent = |a: &About<'_>| a.named.is_empty() && a.dated.periods.is_empty();
        of_name.filter(|_| work.abouts().all(is_none)).or_else(|| {
            of_subject.filter(|_| is_none(&self.in_subject) && work.abouts().all(silent))
        })
    }

    /// Whether a piece of writing, its mail or the text calls it a report.
    fn calls_itself_a_report(&self, work: &Work<'m>) -> bool {
        self.is_called_a_report(Some(work)) || self.in_body.calls
    }

    /// Whether a letter of ours is answered that asks for a report, or the subject says that one is sent which is asked for:
    /// whatever comes instead, a person tells the unit.
    fn promises_a_report(&self) -> bool {
        let subject = &self.in_subject;
        let says = subject.calls && !subject.named.is_empty() && subject.before.is_none();
        let says = says && !self.is_an_answer() && !says_surely_none(self.subject);
        says || !self.known.asked.is_empty()
    }

    /// What a piece of writing is that is another one's, or was written to others.
    fn of_others(&self, work: &Work<'m>, found: &mut Match) -> Option<Seen<'m>> {
        let matcher = self.matcher;
        let mut files = work.documents.iter().map(|d| d.file);
        let others = |file: &&Attachment| {
            self.unit
                .is_some_and(|unit| matcher.is_of_another(file, unit))
        };
        // Whoever issued the document issued what goes with it.
        let lead = work.lead().file;
        let is_own = lead.issuer.is_some() && !others(&lead);
        if let Some(file) = files.clone().find(others).filter(|_| !is_own) {
            let (name, issuer) = (file.name.clone(), file.issuer.clone().unwrap_or_default());
            if self
                .unit
                .is_some_and(|unit| matcher.is_of_another_unit(file, unit))
            {
                // What it reports on may be asked for, whatever else the mail brings.
                found.open.push(Why::OfAnotherUnit { file: name, issuer });
                return Some(Seen::Unclear);
            }
            let why = Why::OfAnother { file: name, issuer };
            return Some(match work.is_read() && matcher.is_of_a_body_above(file) {
                true => Seen::Other(why),
                false => Seen::Left(why),
            });
        }
        let (file, to) = files.find_map(|file| {
            let to = matcher.written_to_others(file.addressee.as_deref())?;
            Some((file, to))
        })?;
        let calls = file.genre.as_deref() == Some("báo cáo");
        let file = Some(file.name.clone());
        let why = Why::WrittenToOthers { file, to };
        Some(match work.is_read() && !calls {
            true => Seen::Other(why),
            false => Seen::Left(why),
        })
    }

    /// What a piece of writing is; why it is not clear is noted.
    fn seen(&self, work: &Work<'m>, own: &[&'m Report], found: &mut Match) -> Seen<'m> {
        if let Some(seen) = self.of_others(work, found) {
            return seen;
        }
        let file = work.lead().file;
        let before = found.open.len();
        let report = self.report_of(Some(work), own, found);
        let open = found.open.split_off(before);
        let office = &self.matcher.office;
        let part = report.map(|r| part_of(file, self.subject, r, office));
        let other = match part {
            Some(Part::Other(genre)) => Some(genre),
            Some(Part::Main | Part::Supplement) => None,
            None => {
                let said = &self.in_subject.mentioned;
                work.other_genre(self.subject, said, self.matcher.reports(), office)
            }
        };
        // Pages that nobody read may be the report beside a plan, unless subject and name both say what they are.
        let called_otherwise = self.is_called_otherwise_twice(work);
        let all_read = work.is_read() || called_otherwise;
        let other_genre = |genre: &str| Why::OtherGenre {
            file: file.name.clone(),
            genre: genre.to_owned(),
        };
        if let Some(genre) = other {
            let by_head = file.genre.as_deref() == Some(genre) || is_surely_none(file);
            let is_blank = file.filled == Some(false);
            let by_subject = says_surely_none(self.subject) && !self.calls_itself_a_report(work);
            return match (by_head || is_blank || by_subject) && all_read || called_otherwise {
                true => Seen::Other(other_genre(genre)),
                false => Seen::Left(other_genre(genre)),
            };
        }
        let is_supplement = |r: &Report| part_of(file, "", r, office) == Part::Supplement;
        if report.is_none() && self.matcher.reports().iter().all(is_supplement) {
            if self.pieces > 0 {
                let genre = file.genre.as_deref().unwrap_or("phụ lục");
                return Seen::Left(other_genre(genre));
            }
            if let Some(genre) = file.genre.as_deref().filter(|_| all_read) {
                return Seen::Other(other_genre(genre));
            }
        }
        let Some(report) = report else {
            if let Some(matter) = self
                .another_matter(work, called_otherwise)
                .filter(|_| all_read)
            {
                let file = file.name.clone();
                return Seen::Other(Why::SpeaksOf { file, matter });
            }
            found.open.extend(open);
            return Seen::Unclear;
        };
        let said = fold(&format!("{} {}", self.subject, self.body));
        if vi().drafts.stands_in(&said) {
            return Seen::Left(other_genre("dự thảo"));
        }
        if own.is_empty() && asks_for_time(self.body, office) {
            return Seen::Left(Why::AsksForTime {
                file: file.name.clone(),
            });
        }
        match self.period_of(report, Some(work), found) {
            Some(period) => Seen::Report(report, period),
            None => Seen::Unclear,
        }
    }
}
