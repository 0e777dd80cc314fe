//! Whose mail it is, and which report on which period: evidence first, then a decision by few rules. Never a guess.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use jiff::{SignedDuration, Timestamp};
use regex::Regex;

use super::attachment::forms_of;
use super::class::says_nothing_happened;
use super::text::{find_phrase, fold, fold_marks, truncated};
use super::{Attachment, Class, Reading};
use crate::domain::date_of;
use crate::domain::obligation::Obligation;
use crate::domain::period::PeriodId;
use crate::domain::report::{Forms, Frequency, Report};
use crate::domain::unit::{Register, UnitId};

/// What a mail is matched against.
pub struct Context<'a> {
    /// The register of units.
    pub register: &'a Register,
    /// The reports that are asked for.
    pub reports: &'a [Report],
    /// What is expected, of all units.
    pub obligations: &'a [Obligation],
    /// Whether the obligations know what has come so far.
    pub history_known: bool,
    /// Units that staff taught for the sender's address.
    pub learned: &'a [UnitId],
    /// When the server received the mail.
    pub received_at: Timestamp,
}

/// How sure the unit is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UnitMatch {
    /// It is this one.
    Certain(UnitId),
    /// It may be one of these, best first; a person decides.
    Ambiguous(Vec<UnitId>),
    /// Nothing tells.
    None,
}

impl UnitMatch {
    /// The word of the JSON interface.
    pub fn word(&self) -> &'static str {
        match self {
            UnitMatch::Certain(_) => "certain",
            UnitMatch::Ambiguous(_) => "ambiguous",
            UnitMatch::None => "none",
        }
    }

    /// The unit, where it is certain.
    pub fn certain(&self) -> Option<&UnitId> {
        match self {
            UnitMatch::Certain(unit) => Some(unit),
            _ => None,
        }
    }

    /// The units that it may be, best first, where it is not certain.
    pub fn candidates(&self) -> &[UnitId] {
        match self {
            UnitMatch::Ambiguous(list) => list,
            _ => &[],
        }
    }
}

/// One report that a mail brings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Which report.
    pub report: String,
    /// On which period.
    pub period: PeriodId,
    /// In which forms.
    pub forms: Forms,
    /// Whether it says that there is nothing to report.
    pub nil_return: bool,
    /// Positions of its files among the mail's attachments.
    pub files: Vec<usize>,
}

/// What matching found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Match {
    /// Whose mail it is.
    pub unit: UnitMatch,
    /// What it brings, where that is certain.
    pub items: Vec<Item>,
    /// Why something is left for a person to decide, in words for staff.
    pub open: Vec<String>,
    /// Why what was decided was decided, in words for operators.
    pub reasons: Vec<String>,
}

/// Matches a mail.
pub fn decide(reading: &Reading, context: &Context<'_>) -> Match {
    let mut found = Match {
        unit: UnitMatch::None,
        items: Vec::new(),
        open: Vec::new(),
        reasons: Vec::new(),
    };
    found.unit = unit_of(reading, context, &mut found);
    let unit = found.unit.certain().cloned();
    items_of(reading, context, unit.as_ref(), &mut found);
    found
}

// ---- whose ----

fn unit_of(reading: &Reading, context: &Context<'_>, found: &mut Match) -> UnitMatch {
    let day = date_of(context.received_at);
    let Some(sender) = &reading.sender else {
        return UnitMatch::None;
    };
    let mut holders: Vec<UnitId> = Vec::new();
    for bearer in context.register.bearers(&sender.address, day) {
        found.reasons.push(match &bearer.inherited_from {
            None => format!(
                "the sender {} is registered for {}",
                sender.address, bearer.unit
            ),
            Some(old) => format!(
                "the sender {} was registered for {old}, which {} has taken over from",
                sender.address, bearer.unit
            ),
        });
        holders.push(bearer.unit);
    }
    if holders.is_empty() {
        for unit in context.learned {
            for heir in context.register.heirs(unit, day) {
                found.reasons.push(format!(
                    "staff said that {} writes for {heir}",
                    sender.address
                ));
                holders.push(heir);
            }
        }
    }
    holders.dedup();
    let names = Names::new(context.register, day);
    let subject = names.named_in(&reading.subject);
    let mut files: Vec<UnitId> = Vec::new();
    for a in reading.attachments.iter().filter(|a| a.is_document()) {
        files.extend(names.named_in(&a.name));
    }
    let mut named: Vec<UnitId> = subject.clone();
    named.extend(files);
    named.dedup();
    let provincial = |u: &UnitId| {
        context
            .register
            .nearest(u, day)
            .is_some_and(|u| u.kind == crate::domain::unit::Kind::Provincial)
    };
    named.retain(|u| !provincial(u)); // whom the report goes to, not who sends it

    match holders.as_slice() {
        [] => {
            let mut candidates = named;
            candidates.extend(names.named_in(&sender.name));
            candidates.extend(names.named_in(truncated(&reading.body, 4_000)));
            candidates.retain(|u| !provincial(u));
            let mut distinct: Vec<UnitId> = Vec::new();
            for c in candidates {
                if !distinct.contains(&c) {
                    distinct.push(c);
                }
            }
            if distinct.is_empty() {
                found
                    .open
                    .push(format!("địa chỉ {} chưa có trong danh bạ", sender.address));
                UnitMatch::None
            } else {
                found.reasons.push(format!(
                    "the sender {} is not registered, but the mail names {}",
                    sender.address,
                    list(&distinct)
                ));
                found.open.push(format!(
                    "địa chỉ {} chưa có trong danh bạ; thư nêu tên đơn vị",
                    sender.address
                ));
                UnitMatch::Ambiguous(distinct)
            }
        }
        [one] => {
            let other = subject
                .iter()
                .find(|u| *u != one && !provincial(u) && !related(context.register, one, u, day));
            match other {
                Some(other) if !subject.contains(one) => {
                    found.reasons.push(format!("but the subject names {other}"));
                    found.open.push(
                        "địa chỉ gửi và tên đơn vị nêu trong tiêu đề thư không khớp nhau".into(),
                    );
                    UnitMatch::Ambiguous(vec![one.clone(), other.clone()])
                }
                _ => UnitMatch::Certain(one.clone()),
            }
        }
        several => {
            let meant: Vec<&UnitId> = several.iter().filter(|u| named.contains(u)).collect();
            if let [one] = meant.as_slice() {
                found.reasons.push(format!(
                    "of the units with this address, the mail names {one}"
                ));
                UnitMatch::Certain((*one).clone())
            } else {
                found.open.push(
                    "địa chỉ gửi dùng chung cho nhiều đơn vị, thư chưa nêu rõ đơn vị nào".into(),
                );
                UnitMatch::Ambiguous(several.to_vec())
            }
        }
    }
}

/// Whether one unit stands under the other: a district may well name its own unions, and they it.
fn related(register: &Register, a: &UnitId, b: &UnitId, day: jiff::civil::Date) -> bool {
    let parent = |u: &UnitId| register.nearest(u, day).and_then(|u| u.parent.clone());
    parent(a).as_ref() == Some(b) || parent(b).as_ref() == Some(a)
}

fn list(units: &[UnitId]) -> String {
    let names: Vec<&str> = units.iter().map(|u| u.0.as_str()).collect();
    names.join(", ")
}

/// The names of all units of a day, folded and brought to one way of abbreviating.
struct Names {
    names: Vec<(String, UnitId)>,
}

impl Names {
    fn new(register: &Register, day: jiff::civil::Date) -> Names {
        let mut names = Vec::new();
        for unit in register.all_on(day) {
            let all = [&unit.name, &unit.short_name]
                .into_iter()
                .chain(&unit.aliases);
            for name in all {
                let name = shorten(name);
                // One word alone ("tuy an") identifies nothing.
                if name.contains(' ') && !names.contains(&(name.clone(), unit.id.clone())) {
                    names.push((name, unit.id.clone()));
                }
            }
        }
        Names { names }
    }

    /// The units whose names stand in a text, in the order of their place; a name within a longer name does not count.
    fn named_in(&self, text: &str) -> Vec<UnitId> {
        let text = shorten(text);
        let mut hits: Vec<(usize, usize, &UnitId)> = Vec::new();
        for (name, unit) in &self.names {
            let mut from = 0;
            while let Some(at) = find_phrase(&text, name, from) {
                hits.push((at, at + name.len(), unit));
                from = at + name.len();
            }
        }
        let mut outer: Vec<(usize, &UnitId)> = hits
            .iter()
            .filter(|(a, b, _)| {
                !hits
                    .iter()
                    .any(|(c, d, _)| c <= a && b <= d && d - c > b - a)
            })
            .map(|(a, _, u)| (*a, *u))
            .collect();
        outer.sort();
        let mut units: Vec<UnitId> = Vec::new();
        for (_, unit) in outer {
            if !units.contains(unit) {
                units.push(unit.clone());
            }
        }
        units
    }
}

/// Folded, with the long forms of common words brought to their abbreviations.
fn shorten(text: &str) -> String {
    const FORMS: [(&str, &str); 14] = [
        ("lien doan lao dong", "ldld"),
        ("cong doan co so", "cdcs"),
        ("cong doan nganh", "cd"),
        ("cd nganh", "cd"),
        ("cong doan", "cd"),
        ("khu kinh te", "kkt"),
        ("khu cong nghiep", "kcn"),
        ("thanh pho", ""),
        ("thi xa", ""),
        ("huyen", ""),
        ("tp", ""),
        ("tx", ""),
        ("tinh phu yen", "phu yen"),
        ("cdgd", "cd giao duc"),
    ];
    let mut text = format!(" {} ", fold(text));
    for (long, short) in FORMS {
        let to = if short.is_empty() {
            " ".to_owned()
        } else {
            format!(" {short} ")
        };
        text = text.replace(&format!(" {long} "), &to);
    }
    text.trim().to_owned()
}

// ---- what ----

/// What a text says of the period.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Hint {
    Month(Option<i16>, i8),
    Quarter(Option<i16>, i8),
    Half(Option<i16>, Option<i8>),
    NineMonths(Option<i16>),
    Year(i16),
    SchoolYear(i16),
    Span(i16, i16),
}

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("a valid pattern")
}

static DATES: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"ngay\s*\d{1,2}\s*(?:thang\s*\d{1,2}\s*(?:,?\s*nam\s*\d{4})?|[/.-]\s*\d{1,2}\s*(?:[/.-]\s*\d{2,4})?)|\b\d{1,2}[/.-]\d{1,2}[/.-](?:20)?\d{2}\b",
    )
});
static SCHOOL: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"nam hoc\s*(20\d\d)(?:\s*-\s*(20\d\d))?"));
static SPAN: LazyLock<Regex> = LazyLock::new(|| pattern(r"\b(20\d\d)\s*-\s*(20\d\d)\b"));
static HALF: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:0?6|sau)[\s_-]*(?:thang|t)(?:[\s_-]*(dau|cuoi)(?:[\s_-]*nam)?)?[\s_/.-]*(?:nam)?[\s_/.-]*(20\d\d)?\b|\b(?:0?6|sau)t(d|c)n[\s_/.-]*(20\d\d)?\b",
    )
});
static NINE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:0?9|chin)[\s_-]*(?:thang|t)(?:[\s_-]*dau(?:[\s_-]*nam)?)?[\s_/.-]*(?:nam)?[\s_/.-]*(20\d\d)?\b",
    )
});
static QUARTER: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"\b(?:quy|q)[\s_.-]*(iv|iii|ii|i|[1-4])\b[\s_/.,-]*(?:nam)?[\s_/.-]*(20\d\d)?\b")
});
static MONTH: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\bthang[\s_-]*(1[0-2]|0?[1-9])(?:[\s_/.,-]*(?:nam)?[\s_/.-]*(20\d\d))?\b|\bt(1[0-2]|0?[1-9])[\s_/.-]+(20\d\d)\b",
    )
});
static YEAR: LazyLock<Regex> = LazyLock::new(|| pattern(r"\b(20\d\d)\b"));

/// The periods that a text names.
fn hints(text: &str) -> Vec<Hint> {
    // `_` joins words in file names; to the patterns it must be a bound.
    let mut text = fold_marks(text).replace('_', " ");
    let mut found = Vec::new();
    let blank = |text: &mut String, regex: &Regex, take: &mut dyn FnMut(&regex::Captures<'_>)| {
        let copy = text.clone();
        for c in regex.captures_iter(&copy) {
            take(&c);
        }
        *text = regex.replace_all(&copy, " ; ").into_owned();
    };
    let number =
        |c: &regex::Captures<'_>, i: usize| c.get(i).and_then(|m| m.as_str().parse::<i16>().ok());
    blank(&mut text, &DATES, &mut |_| {});
    blank(&mut text, &SCHOOL, &mut |c| {
        if let Some(y) = number(c, 1) {
            found.push(Hint::SchoolYear(y));
        }
    });
    blank(&mut text, &SPAN, &mut |c| {
        if let (Some(a), Some(b)) = (number(c, 1), number(c, 2)) {
            found.push(Hint::Span(a, b));
        }
    });
    blank(&mut text, &HALF, &mut |c| {
        let which = c
            .get(1)
            .or(c.get(3))
            .map(|m| if m.as_str().starts_with('d') { 1 } else { 2 });
        found.push(Hint::Half(number(c, 2).or(number(c, 4)), which));
    });
    blank(&mut text, &NINE, &mut |c| {
        found.push(Hint::NineMonths(number(c, 1)))
    });
    blank(&mut text, &QUARTER, &mut |c| {
        let q = match &c[1] {
            "i" | "1" => 1,
            "ii" | "2" => 2,
            "iii" | "3" => 3,
            _ => 4,
        };
        found.push(Hint::Quarter(number(c, 2), q));
    });
    blank(&mut text, &MONTH, &mut |c| {
        let month = number(c, 1).or(number(c, 3));
        if let Some(m) = month {
            found.push(Hint::Month(number(c, 2).or(number(c, 4)), m as i8));
        }
    });
    for c in YEAR.captures_iter(&text) {
        if let Some(y) = number(&c, 1) {
            found.push(Hint::Year(y));
        }
    }
    // "6 tháng đầu năm" in one place and "2026" in another belong together.
    let years: Vec<i16> = found
        .iter()
        .filter_map(|h| match h {
            Hint::Year(y) => Some(*y),
            _ => None,
        })
        .collect();
    let first = years
        .first()
        .copied()
        .filter(|y| years.iter().all(|o| o == y));
    let finer = |h: &Hint| !matches!(h, Hint::Year(_));
    if let Some(year) = first
        && found.iter().any(finer)
    {
        found.retain(finer);
        for hint in &mut found {
            match hint {
                Hint::Month(y, _)
                | Hint::Quarter(y, _)
                | Hint::Half(y, _)
                | Hint::NineMonths(y) => {
                    *y = y.or(Some(year));
                }
                _ => {}
            }
        }
    }
    found.dedup();
    found
}

/// Whether a hint allows a period of a report; `None` where the hint says nothing of such periods.
fn allows(hint: &Hint, period: &PeriodId, report: &Report) -> Option<bool> {
    let same = |asked: &Option<i16>, year: i16| asked.is_none_or(|y| y == year);
    Some(match (hint, period) {
        (Hint::Month(y, m), PeriodId::Month(py, pm)) => same(y, *py) && m == pm,
        (Hint::Quarter(y, q), PeriodId::Quarter(py, pq)) => same(y, *py) && q == pq,
        (Hint::Half(y, h), PeriodId::Half(py, ph)) => same(y, *py) && h.is_none_or(|h| h == *ph),
        (Hint::NineMonths(y), PeriodId::NineMonths(py)) => same(y, *py),
        (Hint::SchoolYear(y), PeriodId::SchoolYear(py)) => y == py,
        (Hint::Span(a, b), PeriodId::SchoolYear(py)) => a == py && *b == py + 1,
        (Hint::Year(y), PeriodId::Year(py)) => y == py,
        (Hint::Year(y), PeriodId::Half(py, ph)) => {
            y == py && report.year_means_half.is_none_or(|h| h == *ph)
        }
        (
            Hint::Year(y),
            PeriodId::Month(py, _) | PeriodId::Quarter(py, _) | PeriodId::NineMonths(py),
        ) => y == py,
        (Hint::Year(y), PeriodId::SchoolYear(py)) => *y == *py || *y == py + 1,
        (_, PeriodId::Named(_)) => return None,
        // A report after an event is on its year; months and quarters in it describe something else.
        (Hint::Month(..) | Hint::Span(..) | Hint::SchoolYear(_), PeriodId::Year(_))
            if matches!(report.frequency, Frequency::Event(_)) =>
        {
            return None;
        }
        (Hint::Span(..), _) => return None,
        _ => false,
    })
}

/// The reports that a text names; one whose words lie within another's, or that another stands over, does not count.
fn reports_in<'r>(text: &str, reports: &'r [Report]) -> Vec<&'r Report> {
    let text = fold(text);
    let mut hits: Vec<(usize, usize, &Report)> = Vec::new();
    for report in reports {
        for phrase in &report.words {
            let mut from = 0;
            while let Some(at) = find_phrase(&text, phrase, from) {
                hits.push((at, at + phrase.len(), report));
                from = at + phrase.len();
            }
        }
    }
    let mut named: Vec<&Report> = Vec::new();
    for (a, b, report) in &hits {
        let inside = hits
            .iter()
            .any(|(c, d, other)| c <= a && b <= d && d - c > b - a && other.id != report.id);
        if !inside && !named.iter().any(|r| r.id == report.id) {
            named.push(report);
        }
    }
    let over: Vec<&str> = named
        .iter()
        .flat_map(|r| r.over.iter().map(String::as_str))
        .collect();
    named.retain(|r| !over.contains(&r.id.as_str()));
    named
}

/// What of a mail speaks of reports, in the order of its weight.
struct Texts<'t> {
    subject: &'t str,
    body: &'t str,
}

fn items_of(reading: &Reading, context: &Context<'_>, unit: Option<&UnitId>, found: &mut Match) {
    let texts = Texts {
        subject: &reading.subject,
        body: truncated(&reading.body, 1_200),
    };
    let documents: Vec<(usize, &Attachment)> = reading
        .attachments
        .iter()
        .enumerate()
        .filter(|(_, a)| a.is_document())
        .collect();
    let said = fold(&format!("{} {}", texts.subject, texts.body));
    let nothing_happened = says_nothing_happened(&said);
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
        && let Some(report) = report_of(None, &texts, context, unit, found)
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
    for (index, document) in &documents {
        let Some(report) = report_of(Some(document), &texts, context, unit, found) else {
            continue;
        };
        let Some(period) = period_of(report, Some(document), &texts, context, unit, found) else {
            continue;
        };
        let nil = nothing_happened && report.nil_return;
        add(report, period, forms_of(document.role), nil, Some(*index));
    }
    found.items = groups.into_values().collect();
    found.open.dedup();
    found.reasons.dedup();
}

/// Which report a document is, by the rules in order: its own words; the subject's; the text's; the only one that is open.
fn report_of<'c>(
    document: Option<&Attachment>,
    texts: &Texts<'_>,
    context: &Context<'c>,
    unit: Option<&UnitId>,
    found: &mut Match,
) -> Option<&'c Report> {
    let reports = context.reports;
    let mut own = Vec::new();
    if let Some(d) = document {
        for text in [d.title.as_deref(), Some(d.name.as_str())]
            .into_iter()
            .flatten()
        {
            own = reports_in(text, reports);
            if !own.is_empty() {
                break;
            }
        }
    }
    let subject = reports_in(texts.subject, reports);
    let label = document.map_or("the mail", |d| d.name.as_str());
    match (own.as_slice(), subject.as_slice()) {
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
            // The wider report in one place and the narrower in the other is no contradiction.
            if one.over.contains(&other.id) {
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
            let body = reports_in(texts.body, reports);
            if let [one] = body.as_slice() {
                found
                    .reasons
                    .push(format!("the text names the report {}", one.id));
                return Some(*one);
            }
            if body.is_empty() {
                return the_only_open(document, texts, context, unit, found);
            }
            several(&body, found);
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

/// Where no report is named: the only one open to the unit that fits the period named, if it is called a report at all.
fn the_only_open<'c>(
    document: Option<&Attachment>,
    texts: &Texts<'_>,
    context: &Context<'c>,
    unit: Option<&UnitId>,
    found: &mut Match,
) -> Option<&'c Report> {
    let name = document.map_or("", |d| d.name.as_str());
    let said = fold(&format!("{} {}", texts.subject, name));
    let called_report =
        said.split(' ').any(|w| w == "bc") || find_phrase(&said, "bao cao", 0).is_some();
    let asked = document_hints(document, texts);
    let mut fitting: Vec<&Report> = Vec::new();
    if let Some(unit) = unit
        && called_report
        && !asked.is_empty()
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
            if fits && within_reach(o, context) && !fitting.iter().any(|r| r.id == report.id) {
                fitting.push(report);
            }
        }
    }
    if let [one] = fitting.as_slice() {
        found.reasons.push(format!(
            "of what is open to the unit, only {} has the period named",
            one.id
        ));
        return Some(*one);
    }
    let what = document.map_or("thư".to_owned(), |d| format!("tệp “{}”", d.name));
    found.open.push(format!("{what} chưa rõ thuộc báo cáo nào"));
    None
}

/// The hints of the strongest text that has any: title, subject, file name, body.
fn document_hints(document: Option<&Attachment>, texts: &Texts<'_>) -> Vec<Hint> {
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
    let stale = SignedDuration::from_hours(24 * if context.history_known { 150 } else { 12 });
    let now = context.received_at;
    o.due - lead(report) <= now && now <= o.due + stale
}

/// On which period a document reports, by the rules in order: what its title, the subject, its name or the text
/// say; where that leaves several, the only one within reach that is open.
fn period_of(
    report: &Report,
    document: Option<&Attachment>,
    texts: &Texts<'_>,
    context: &Context<'_>,
    unit: Option<&UnitId>,
    found: &mut Match,
) -> Option<PeriodId> {
    if let Frequency::Once { period, .. } = &report.frequency {
        found
            .reasons
            .push(format!("{} has one period only", report.id));
        return Some(period.clone());
    }
    let title = document.and_then(|d| d.title.as_deref());
    let name = document.map(|d| d.name.as_str());
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
    let named = (day.year() - 3..=day.year() + 1).flat_map(|y| periods_of_year(report, y));
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
    if fitting.is_empty() && contradicts {
        found.open.push(format!(
            "kỳ nêu trong thư không phải là kỳ của “{}”",
            report.short
        ));
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

fn periods_of_year(report: &Report, y: i16) -> Vec<PeriodId> {
    match report.frequency {
        Frequency::Monthly => (1..=12).map(|m| PeriodId::Month(y, m)).collect(),
        Frequency::Quarterly => (1..=4).map(|q| PeriodId::Quarter(y, q)).collect(),
        Frequency::SixMonths => (1..=2).map(|h| PeriodId::Half(y, h)).collect(),
        Frequency::NineMonths => vec![PeriodId::NineMonths(y)],
        Frequency::Yearly | Frequency::Event(_) => vec![PeriodId::Year(y)],
        Frequency::SchoolYear => vec![PeriodId::SchoolYear(y)],
        Frequency::Once { .. } => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_are_read_as_clerks_write_them() {
        let cases: &[(&str, Hint)] = &[
            (
                "Báo cáo 6 tháng đầu năm 2026",
                Hint::Half(Some(2026), Some(1)),
            ),
            (
                "BC sáu tháng cuối năm 2025",
                Hint::Half(Some(2025), Some(2)),
            ),
            ("BC 6 thang.doc", Hint::Half(None, None)),
            ("BC_6T_dau_nam_2026.docx", Hint::Half(Some(2026), Some(1))),
            ("quý I/2026", Hint::Quarter(Some(2026), 1)),
            ("Quy II nam 2026", Hint::Quarter(Some(2026), 2)),
            ("Q3-2026", Hint::Quarter(Some(2026), 3)),
            ("quý IV", Hint::Quarter(None, 4)),
            ("tháng 5/2026", Hint::Month(Some(2026), 5)),
            ("T05.2026", Hint::Month(Some(2026), 5)),
            ("tháng 12 năm 2026", Hint::Month(Some(2026), 12)),
            ("9 tháng đầu năm 2026", Hint::NineMonths(Some(2026))),
            ("năm học 2025-2026", Hint::SchoolYear(2025)),
            ("giai đoạn 2024–2026", Hint::Span(2024, 2026)),
            ("Báo cáo năm 2026", Hint::Year(2026)),
        ];
        for (text, hint) in cases {
            assert_eq!(hints(text), std::slice::from_ref(hint), "{text}");
        }
    }

    #[test]
    fn dates_and_other_numbers_are_no_periods() {
        for text in [
            "57-BC-LDLD ngay 14-6-2026 (sua lan 2).docx",
            "Đông Hòa, ngày 14 tháng 6 năm 2026",
            "2728.QD.UBND.23.06.2026.signed.pdf",
            "Tháng hành động vì trẻ em",
        ] {
            assert_eq!(hints(text), [], "{text}");
        }
    }
}
