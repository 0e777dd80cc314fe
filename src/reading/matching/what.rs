//! Which reports on which periods a mail brings.

use std::collections::BTreeMap;

use jiff::SignedDuration;

use super::super::attachment::forms_of;
use super::super::nil_return::says_nothing_happened;
use super::super::{Attachment, Class, Reading};
use super::genre::{Part, asks_for_time, part_of};
use super::hints::{Hint, allows, has_begun, hints, periods_of_year};
use super::names::Names;
use super::topic::{Topics, calls_a_report};
use super::{Context, Item, Match, whose};
use crate::domain::date_of;
use crate::domain::obligation::Obligation;
use crate::domain::period::PeriodId;
use crate::domain::report::{Forms, Frequency, Report};
use crate::domain::unit::UnitId;
use crate::ground::text::{fold, has_phrase, truncated};

/// The reports that a document names: by its title, else by its name.
fn named_by<'r>(
    document: &Attachment,
    subject: &str,
    called: bool,
    topics: &Topics<'r>,
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

/// What of a mail speaks of reports, in the order of its weight.
struct Texts<'t, 'c> {
    subject: &'t str,
    body: &'t str,
    topics: Topics<'c>,
    /// Reports that the subject is about, and the text: the same for each document.
    in_subject: Vec<&'c Report>,
    in_body: Vec<&'c Report>,
    /// Reports that the documents name by themselves.
    named: Vec<String>,
}

pub(super) fn items_of(
    reading: &Reading,
    context: &Context<'_>,
    names: &Names,
    unit: Option<&UnitId>,
    found: &mut Match,
) {
    let topics = Topics::new(context);
    // The subject of our reminder of several reports, in an answer, tells nothing: it names the first only.
    let subject = match has_phrase(&fold(&reading.subject), "bao cao khac") {
        true => "",
        false => reading.subject.as_str(),
    };
    let body = truncated(&reading.body, 1_200);
    let documents = || reading.attachments.iter().filter(|a| a.is_document());
    let called = [subject, body]
        .into_iter()
        .chain(documents().flat_map(|a| {
            [Some(a.name.as_str()), a.genre.as_deref()]
                .into_iter()
                .flatten()
        }))
        .any(calls_a_report);
    // Each document with its place among the attachments and the reports that it names by itself.
    let documents: Vec<(usize, &Attachment, Vec<&Report>)> = reading
        .attachments
        .iter()
        .enumerate()
        .filter(|(_, a)| a.is_document())
        .map(|(i, a)| (i, a, named_by(a, subject, called, &topics)))
        .collect();
    let only = |named: &[&Report]| match named {
        [one] => Some(one.id.clone()),
        _ => None,
    };
    let texts = Texts {
        subject,
        body,
        in_subject: topics.named(subject, called),
        in_body: topics.named(body, called),
        topics,
        named: documents.iter().filter_map(|(_, _, n)| only(n)).collect(),
    };
    let nothing_happened = says_nothing_happened(texts.subject, texts.body);
    if documents.is_empty() && !nothing_happened && reading.class != Class::LinkOnly {
        return;
    }
    let mut groups: BTreeMap<(String, PeriodId), Item> = BTreeMap::new();
    let mut add =
        |report: &Report, period: PeriodId, forms: Forms, nil: bool, file: Option<usize>| {
            let item = groups
                .entry((report.id.clone(), period.clone()))
                .or_insert_with(|| Item {
                    report: report.id.clone(),
                    period,
                    forms: Forms::NONE,
                    nil_return: false,
                    files: Vec::new(),
                });
            item.forms = item.forms.and(forms);
            item.nil_return |= nil;
            item.files.extend(file);
        };
    if documents.is_empty()
        && let Some(report) = report_of(None, &[], &texts, context, unit, found)
        && let Some(period) = period_of(report, None, &texts, context, unit, found)
    {
        if nothing_happened && report.nil_return {
            found
                .reasons
                .push("its own text says that there is nothing to report".into());
            add(report, period, report.forms, true, None);
        } else {
            add(report, period, Forms::NONE, false, None);
        }
    }
    // Documents that are not the report; where nothing else is, a person looks at them.
    let mut left: Vec<String> = Vec::new();
    for (index, document, own) in &documents {
        let day = date_of(context.received_at);
        if unit.is_some_and(|u| whose::is_of_another(document, u, context.register, names, day)) {
            left.push(format!(
                "tệp “{}” là văn bản do “{}” ban hành",
                document.name,
                document.issuer.as_deref().unwrap_or("")
            ));
            continue;
        }
        let before = found.open.len();
        let report = report_of(Some(document), own, &texts, context, unit, found);
        let open = found.open.split_off(before);
        let part = report.map(|r| part_of(document, texts.subject, r));
        let other = match part {
            Some(Part::Other(genre)) => Some(genre),
            Some(_) => None,
            None => part_of_any(document, texts.subject, context.reports),
        };
        if let Some(genre) = other {
            left.push(format!(
                "tệp “{}” là {genre}, không phải báo cáo",
                document.name
            ));
            continue;
        }
        let (Some(report), Some(part)) = (report, part) else {
            found.open.extend(open);
            found.unclear = true;
            continue;
        };
        if own.is_empty() && asks_for_time(texts.body) {
            left.push(format!(
                "thư xin thêm thời gian; tệp “{}” không tự nêu là báo cáo",
                document.name
            ));
            continue;
        }
        let Some(period) = period_of(report, Some(document), &texts, context, unit, found) else {
            found.unclear = true;
            continue;
        };
        let nil = nothing_happened && report.nil_return;
        let forms = if part == Part::Supplement {
            Forms::NONE
        } else {
            forms_of(document.role)
        };
        add(report, period, forms, nil, Some(*index));
    }
    found.items = groups.into_values().collect();
    if found.items.iter().all(|i| i.forms.is_empty()) {
        found.open.extend(left);
    } else {
        found.reasons.extend(left);
    }
    found.open.dedup();
    found.reasons.dedup();
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

/// Which report a document is, by the rules in order: its own words; the subject's; the text's; the only one that is open.
fn report_of<'c>(
    document: Option<&Attachment>,
    own: &[&'c Report],
    texts: &Texts<'_, 'c>,
    context: &Context<'c>,
    unit: Option<&UnitId>,
    found: &mut Match,
) -> Option<&'c Report> {
    let label = document.map_or("the mail", |d| d.name.as_str());
    match (own, texts.in_subject.as_slice()) {
        ([one], []) => {
            found
                .reasons
                .push(format!("{label} names the report {}", one.id));
            Some(*one)
        }
        ([one], subject) if subject.iter().any(|s| s.id == one.id) => {
            found.reasons.push(format!(
                "{label} and the subject name the report {}",
                one.id
            ));
            Some(*one)
        }
        ([one], [other]) => {
            // The wider report in one place and the narrower in the other is no contradiction; but where another
            // document of the mail is the one that the subject names, this one is not.
            if one.over.contains(&other.id) || texts.named.contains(&other.id) {
                found
                    .reasons
                    .push(format!("{label} names the report {}", one.id));
                return Some(*one);
            }
            if other.over.contains(&one.id) {
                found
                    .reasons
                    .push(format!("the subject names the report {}", other.id));
                return Some(*other);
            }
            found.open.push(format!(
                "tệp “{label}” nói về “{}”, còn tiêu đề thư nói về “{}”",
                one.short, other.short
            ));
            None
        }
        ([], [one]) => {
            found
                .reasons
                .push(format!("the subject names the report {}", one.id));
            Some(*one)
        }
        ([], []) => {
            if let [one] = texts.in_body.as_slice() {
                found
                    .reasons
                    .push(format!("the text names the report {}", one.id));
                return Some(*one);
            }
            if texts.in_body.is_empty() {
                return the_only_open(document, texts, context, unit, found);
            }
            several(&texts.in_body, found);
            None
        }
        (own, subject) => {
            several(if own.len() > 1 { own } else { subject }, found);
            None
        }
    }
}

fn several(reports: &[&Report], found: &mut Match) {
    let names: Vec<String> = reports.iter().map(|r| format!("“{}”", r.short)).collect();
    found
        .open
        .push(format!("thư nhắc đến nhiều báo cáo: {}", names.join(", ")));
}

/// The reports that one of the documents asks for whose numbers are cited.
fn asked_by<'c>(cites: &[String], reports: &'c [Report]) -> Vec<&'c str> {
    let bases = reports.iter().filter(|r| {
        let basis = fold(&r.basis);
        cites.iter().any(|c| has_phrase(&basis, &fold(c)))
    });
    bases.map(|r| r.id.as_str()).collect()
}

/// Where no report is named: the only one open to the unit that fits the period and the basis named, if it is called a
/// report at all.
fn the_only_open<'c>(
    document: Option<&Attachment>,
    texts: &Texts<'_, 'c>,
    context: &Context<'c>,
    unit: Option<&UnitId>,
    found: &mut Match,
) -> Option<&'c Report> {
    let stem = document.map_or("", |d| d.stem());
    let title = document.and_then(|d| d.title.as_deref()).unwrap_or("");
    let spoken = [title, texts.subject, stem];
    let called_report = calls_a_report(&format!("{} {stem}", texts.subject));
    let asked = document_hints(document, texts);
    let cited = document.map_or(vec![], |d| asked_by(&d.cites, context.reports));
    let mut fitting: Vec<&Report> = Vec::new();
    if let Some(unit) = unit
        && called_report
        && !asked.is_empty()
        && (!cited.is_empty() || spoken.iter().all(|t| texts.topics.is_plain(t, unit)))
    {
        for o in context
            .obligations
            .iter()
            .filter(|o| o.unit == *unit && !o.settled())
        {
            let Some(report) = context.reports.iter().find(|r| r.id == o.report) else {
                continue;
            };
            let fits = asked
                .iter()
                .all(|h| allows(h, &o.period, report) == Some(true));
            let meant = cited.is_empty() || cited.contains(&report.id.as_str());
            if fits
                && meant
                && within_reach(o, context)
                && !fitting.iter().any(|r| r.id == report.id)
            {
                fitting.push(report);
            }
        }
    }
    if let [one] = fitting.as_slice() {
        found.reasons.push(format!(
            "of what is open to the unit, only {} has the period or the basis named",
            one.id
        ));
        return Some(*one);
    }
    let what = document.map_or("thư".to_owned(), |d| format!("tệp “{}”", d.name));
    let mentioned = spoken.iter().flat_map(|t| texts.topics.mentioned(t));
    found
        .open
        .push(match mentioned.map(|r| r.short.as_str()).next() {
            Some(report) => {
                format!("{what} nhắc đến “{report}” nhưng chưa rõ có phải là báo cáo đó không")
            }
            None => format!("{what} chưa rõ thuộc báo cáo nào"),
        });
    None
}

/// The hints of the strongest text that has any: title, subject, file name, body.
fn document_hints(document: Option<&Attachment>, texts: &Texts<'_, '_>) -> Vec<Hint> {
    let title = document.and_then(|d| d.title.as_deref());
    let name = document.map(|d| d.name.as_str());
    for text in [title, Some(texts.subject), name, Some(texts.body)]
        .into_iter()
        .flatten()
    {
        let h = hints(text);
        if !h.is_empty() {
            return h;
        }
    }
    Vec::new()
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

/// Whether a report that comes now can be meant for an obligation that nobody named.
fn within_reach(o: &Obligation, context: &Context<'_>) -> bool {
    let Some(report) = context.reports.iter().find(|r| r.id == o.report) else {
        return false;
    };
    // Without a history an older period may well have been reported on.
    let days = match report.frequency {
        _ if context.history_known => 150,
        Frequency::Monthly => 12,
        Frequency::Quarterly => 30,
        Frequency::SixMonths => 60,
        _ => 150,
    };
    let stale = SignedDuration::from_hours(24 * days);
    let now = context.received_at;
    o.due - lead(report) <= now && now <= o.due + stale
}

fn not_its_period(report: &Report) -> String {
    format!("kỳ nêu trong thư không phải là kỳ của “{}”", report.short)
}

/// On which period a document reports, by the rules in order: what its title, the subject, its name or the text
/// say; where that leaves several, the only one within reach that is open.
fn period_of(
    report: &Report,
    document: Option<&Attachment>,
    texts: &Texts<'_, '_>,
    context: &Context<'_>,
    unit: Option<&UnitId>,
    found: &mut Match,
) -> Option<PeriodId> {
    let title = document.and_then(|d| d.title.as_deref());
    let name = document.map(|d| d.name.as_str());
    if let Frequency::Once { period, .. } = &report.frequency {
        let named = [title, Some(texts.subject), name].into_iter().flatten();
        if named.flat_map(hints).any(|h| h.is_part_of_a_year()) {
            found.open.push(not_its_period(report));
            return None;
        }
        found
            .reasons
            .push(format!("{} has one period only", report.id));
        return Some(period.clone());
    }
    let sources = [
        ("its title", title),
        ("the subject", Some(texts.subject)),
        ("the file name", name),
        ("the text", Some(texts.body)),
    ];
    let mut asked: Vec<(Hint, &str)> = Vec::new();
    for (place, text) in sources {
        let Some(text) = text else { continue };
        // A year alone in a weaker place adds nothing to what a stronger place said.
        for h in hints(text) {
            let telling = !matches!(h, Hint::Year(_)) || asked.is_empty();
            if telling && place != "the text" || asked.is_empty() {
                asked.push((h, place));
            }
        }
    }
    let day = date_of(context.received_at);
    let named = (day.year() - 3..=day.year() + 1)
        .flat_map(|y| periods_of_year(report, y))
        .filter(|period| has_begun(period, day));
    let mut fitting: Vec<PeriodId> = Vec::new();
    let mut contradicts = false;
    let mut said = false;
    for period in named {
        let verdicts: Vec<bool> = asked
            .iter()
            .filter_map(|(h, _)| allows(h, &period, report))
            .collect();
        said |= !verdicts.is_empty();
        if verdicts.iter().all(|v| *v) {
            fitting.push(period);
        } else {
            contradicts = true;
        }
    }
    let of_years = report.is_periodic()
        && !asked.is_empty()
        && asked.iter().all(|(h, _)| h.is_several_years())
        && !said;
    if of_years || (fitting.is_empty() && contradicts) {
        found.open.push(not_its_period(report));
        return None;
    }
    let place = asked.first().map_or("", |(_, p)| p);
    if let [one] = fitting.as_slice() {
        found
            .reasons
            .push(format!("{place} names the period {one}"));
        return Some(one.clone());
    }
    // Several fit, or nothing was said: what is expected decides.
    let mut expected: Vec<&Obligation> = context
        .obligations
        .iter()
        .filter(|o| o.report == report.id && fitting.contains(&o.period))
        .filter(|o| unit.is_none_or(|u| o.unit == *u))
        .filter(|o| within_reach(o, context))
        .collect();
    expected.sort_by_key(|o| o.due);
    let mut open: Vec<&PeriodId> = expected
        .iter()
        .filter(|o| !o.settled())
        .map(|o| &o.period)
        .collect();
    open.dedup();
    let chosen = match open.as_slice() {
        [one] => Some((*one).clone()),
        [] => expected.last().map(|o| o.period.clone()),
        _ => None,
    };
    match chosen {
        Some(period) => {
            let how = if said {
                "with what is named, "
            } else {
                "no period is named; "
            };
            found
                .reasons
                .push(format!("{how}only {period} is within reach"));
            Some(period)
        }
        None => {
            found
                .open
                .push(format!("chưa rõ kỳ của “{}”", report.short));
            None
        }
    }
}
