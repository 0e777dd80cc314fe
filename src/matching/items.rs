//! Which reports on which periods a mail brings: of each document which report it is ([`report`](super::report)) and on
//! which period ([`period`](super::period)), and what is left.

use std::collections::BTreeMap;

use super::genre::{Part, asks_for_time, part_of};
use super::topic::{Topics, calls_a_report};
use super::{Expectation, Item, Known, Match, Matcher, forms_of};
use crate::domain::period::PeriodId;
use crate::domain::report::{Forms, Report};
use crate::domain::unit::UnitId;
use crate::domain::why::Why;
use crate::ground::text::{fold, truncated};
use crate::reading::nil_return::says_nothing_happened;
use crate::reading::{Attachment, Class, Reading};
use crate::words::vi;

/// A mail whose reports are looked for: what of it speaks of them, in the order of its weight, and what is known besides.
pub(super) struct Matter<'m> {
    pub(super) subject: &'m str,
    pub(super) body: &'m str,
    /// Reports that the subject is about, and the text: the same for each document.
    pub(super) in_subject: Vec<&'m Report>,
    pub(super) in_body: Vec<&'m Report>,
    /// Reports that the documents name by themselves.
    pub(super) named: Vec<String>,
    pub(super) matcher: &'m Matcher,
    pub(super) known: &'m Known<'m>,
    /// Whose it is, where that is certain.
    pub(super) unit: Option<&'m UnitId>,
    pub(super) expected: &'m [Expectation],
}

/// A document of a mail.
struct Document<'m> {
    /// Its place among the attachments.
    index: usize,
    file: &'m Attachment,
    /// The reports that it names by itself.
    own: Vec<&'m Report>,
}

impl<'m> Document<'m> {
    /// Each document of a mail. `called`: whether the mail calls itself a report somewhere.
    fn all(reading: &'m Reading, subject: &str, called: bool, topics: &'m Topics) -> Vec<Self> {
        let files = reading.attachments.iter().enumerate();
        let documents = files.filter(|(_, file)| file.is_document());
        let all = documents.map(|(index, file)| Document {
            index,
            file,
            own: named_by(file, subject, called, topics),
        });
        all.collect()
    }
}

/// The reports that a document names: by its title, else by its name.
fn named_by<'r>(
    document: &Attachment,
    subject: &str,
    called: bool,
    topics: &'r Topics,
) -> Vec<&'r Report> {
    let title = document.title.as_ref().map(|title| {
        let genre = document.genre.as_deref().unwrap_or("");
        format!("{genre} {title}")
    });
    let texts = [title.as_deref(), Some(document.stem())];
    for text in texts.into_iter().flatten() {
        let mut named = topics.named(text, called);
        // Of reports with the same words, the one of the document's own type is meant.
        if named.len() > 1 {
            named.retain(|r| !matches!(part_of(document, subject, r), Part::Other(_)));
        }
        if !named.is_empty() {
            return named;
        }
    }
    Vec::new()
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
}

/// What a document turned out to be.
enum Seen<'m> {
    /// Of this report, on this period.
    Report(&'m Report, PeriodId, Part),
    /// No report, and why; where nothing else is one, a person looks at it.
    Left(Why),
    /// It is not clear what.
    Unclear,
}

impl Matcher {
    /// Which reports on which periods a mail brings. `unit`: whose it is, where that is certain; `expected`: what is
    /// expected of it, else of anybody.
    pub(super) fn items_of(
        &self,
        reading: &Reading,
        known: &Known<'_>,
        unit: Option<&UnitId>,
        expected: &[Expectation],
        found: &mut Match,
    ) {
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
        let documents = Document::all(reading, subject, called, &self.topics);
        let nothing_happened = says_nothing_happened(subject, body);
        if documents.is_empty() && !nothing_happened && reading.class != Class::LinkOnly {
            return;
        }
        let only = |d: &Document<'_>| match d.own.as_slice() {
            [one] => Some(one.id.clone()),
            _ => None,
        };
        let matter = Matter {
            subject,
            body,
            in_subject: self.topics.named(subject, called),
            in_body: self.topics.named(body, called),
            named: documents.iter().filter_map(only).collect(),
            matcher: self,
            known,
            unit,
            expected,
        };
        let mut items = Items::default();
        if documents.is_empty()
            && let Some(report) = matter.report_of(None, &[], found)
            && let Some(period) = matter.period_of(report, None, found)
        {
            if nothing_happened && report.nil_return {
                let why = "its own text says that there is nothing to report";
                found.reasons.push(why.into());
                items.add(report, period, report.forms, true, None);
            } else {
                items.add(report, period, Forms::NONE, false, None);
            }
        }
        let mut left: Vec<Why> = Vec::new();
        for document in &documents {
            match matter.seen(document, found) {
                Seen::Report(report, period, part) => {
                    let forms = match part {
                        Part::Supplement => Forms::NONE,
                        Part::Main | Part::Other(_) => forms_of(document.file.role),
                    };
                    let nil = nothing_happened && report.nil_return;
                    items.add(report, period, forms, nil, Some(document.index));
                }
                Seen::Left(why) => left.push(why),
                Seen::Unclear => found.unclear = true,
            }
        }
        found.items = items.0.into_values().collect();
        if found.items.iter().all(|i| i.forms.is_empty()) {
            found.open.extend(left);
        } else {
            found.passed_over = left;
        }
        found.open.dedup();
        found.reasons.dedup();
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
            in_subject: self.topics.named(&subject, true),
            in_body: Vec::new(),
            named: Vec::new(),
            matcher: self,
            known,
            unit: Some(unit),
            expected,
        };
        let mut found = Match::nothing();
        let report = matter.report_of(None, &[], &mut found)?;
        let period = matter.period_of(report, None, &mut found)?;
        Some((report.id.clone(), period))
    }
}

impl<'m> Matter<'m> {
    /// What a document is; why it is not clear is noted.
    fn seen(&self, document: &Document<'m>, found: &mut Match) -> Seen<'m> {
        let file = document.file;
        if self
            .unit
            .is_some_and(|unit| self.matcher.is_of_another(file, unit))
        {
            return Seen::Left(Why::OfAnother {
                file: file.name.clone(),
                issuer: file.issuer.clone().unwrap_or_default(),
            });
        }
        let before = found.open.len();
        let report = self.report_of(Some(file), &document.own, found);
        let open = found.open.split_off(before);
        let part = report.map(|r| part_of(file, self.subject, r));
        let other = match part {
            Some(Part::Other(genre)) => Some(genre),
            Some(Part::Main | Part::Supplement) => None,
            None => part_of_any(file, self.subject, self.matcher.reports()),
        };
        if let Some(genre) = other {
            return Seen::Left(Why::OtherGenre {
                file: file.name.clone(),
                genre: genre.to_owned(),
            });
        }
        let (Some(report), Some(part)) = (report, part) else {
            found.open.extend(open);
            return Seen::Unclear;
        };
        if document.own.is_empty() && asks_for_time(self.body) {
            return Seen::Left(Why::AsksForTime {
                file: file.name.clone(),
            });
        }
        match self.period_of(report, Some(file), found) {
            Some(period) => Seen::Report(report, period, part),
            None => Seen::Unclear,
        }
    }
}

/// The type of a document that fits no report at all.
fn part_of_any(document: &Attachment, subject: &str, reports: &[Report]) -> Option<&'static str> {
    let mut parts = reports.iter().map(|r| part_of(document, subject, r));
    let first = parts.next()?;
    let Part::Other(genre) = first else {
        return None;
    };
    parts.all(|p| matches!(p, Part::Other(_))).then_some(genre)
}
