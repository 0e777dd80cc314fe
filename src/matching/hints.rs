//! What a text says of the period that it reports on, as clerks write it.

use std::sync::LazyLock;

use jiff::ToSpan;
use jiff::civil::Date;
use regex::{Captures, Regex};

use crate::domain::period::PeriodId;
use crate::domain::report::{Frequency, Report};
use crate::ground::text::fold_marks;

/// What a text says of the period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Hint {
    Month(Option<i16>, i8),
    Quarter(Option<i16>, i8),
    Half(Option<i16>, Option<i8>),
    NineMonths(Option<i16>),
    Year(i16),
    SchoolYear(i16),
    Span(i16, i16),
    /// "03 năm thực hiện": several years, nobody says which.
    Years,
}

impl Hint {
    /// Whether it is shorter than a year.
    pub(super) fn is_part_of_a_year(&self) -> bool {
        matches!(
            self,
            Hint::Month(..) | Hint::Quarter(..) | Hint::Half(..) | Hint::NineMonths(_)
        )
    }

    /// Whether it is a period of the kind on which a report is made.
    pub(super) fn is_of(&self, report: &Report) -> bool {
        matches!(
            (self, &report.frequency),
            (Hint::Month(..), Frequency::Monthly)
                | (Hint::Quarter(..), Frequency::Quarterly)
                | (Hint::Half(..), Frequency::SixMonths)
                | (Hint::NineMonths(_), Frequency::NineMonths)
        )
    }

    /// Whether it is longer than a year.
    pub(super) fn is_several_years(&self) -> bool {
        matches!(self, Hint::Span(..) | Hint::Years)
    }
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
        r"\b(?:thang|thg)[\s_.-]*(1[0-2]|0?[1-9])(?:[\s_/.,-]*(?:nam)?[\s_/.-]*(20\d\d))?\b|\bt[\s.]?(1[0-2]|0?[1-9])\b(?:[\s_/.,-]*(?:nam)?[\s_/.-]*(20\d\d)\b)?",
    )
});
/// The names of the months but "năm", which is also "year"; what follows tells "tháng tư" from "từ ngày".
static NAMED_MONTH: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\bthang\s+(gieng|mot|hai|ba|tu|sau|bay|tam|chin|muoi mot|muoi hai|muoi|chap)\b(\s*(?:ngay|\d{1,2}\b))?(?:[\s,/]*(?:nam)?[\s/]*(20\d\d)\b)?",
    )
});
static END: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"\b(dau|cuoi)[\s_-]*nam\b(?:[\s_/.-]*(20\d\d)\b)?"));
static YEARS: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"\b(?:0?[1-9]|10|mot|hai|ba|bon|muoi)\s+nam\b(\s*20\d\d)?"));
static YEAR: LazyLock<Regex> = LazyLock::new(|| pattern(r"\b(20\d\d)\b"));

/// The periods that a text names as those it reports on: what follows "và phương hướng", "nhiệm vụ" is yet to come.
pub(super) fn hints(text: &str) -> Vec<Hint> {
    let folded = fold_marks(text);
    let to_come = [
        " phuong huong",
        " nhiem vu",
        " va ke hoach ",
        ", ke hoach ",
        " va chuong trinh cong tac",
    ]
    .iter()
    .filter_map(|m| folded.find(m))
    .min();
    if let Some(end) = to_come {
        let past = all_hints(&folded[..end]);
        if !past.is_empty() {
            return past;
        }
    }
    all_hints(&folded)
}

/// All that a text says of periods, with the years that belong to them.
fn all_hints(folded: &str) -> Vec<Hint> {
    // `_` joins words in file names; to the patterns it must be a bound.
    let mut text = folded.replace('_', " ");
    let mut found = Vec::new();
    for (pattern, meant) in IN_ORDER {
        let before = std::mem::take(&mut text);
        found.extend(pattern.captures_iter(&before).filter_map(|c| meant(&c)));
        text = pattern.replace_all(&before, " ; ").into_owned();
    }
    if YEARS.captures_iter(&text).any(|c| c.get(1).is_none()) {
        found.push(Hint::Years);
    }
    let years = YEAR.captures_iter(&text).filter_map(|c| number(&c, 1));
    found.extend(years.map(Hint::Year));
    share_the_year(&mut found);
    found.dedup();
    found
}

/// What a place that a pattern found says, if it says something.
type Meant = fn(&Captures<'_>) -> Option<Hint>;

/// The patterns in their order, with what each says: what one has found is blanked for those that follow.
static IN_ORDER: [(&LazyLock<Regex>, Meant); 9] = [
    (&DATES, |_| None),
    (&SCHOOL, |c| Some(Hint::SchoolYear(number(c, 1)?))),
    (&SPAN, |c| Some(Hint::Span(number(c, 1)?, number(c, 2)?))),
    (&HALF, half),
    (&NINE, |c| Some(Hint::NineMonths(number(c, 1)))),
    (&QUARTER, quarter),
    (&MONTH, |c| {
        let month = number(c, 1).or(number(c, 3))?;
        Some(Hint::Month(number(c, 2).or(number(c, 4)), month as i8))
    }),
    (&NAMED_MONTH, named_month),
    // "đầu năm 2026" without a number of months.
    (&END, |c| {
        let half = if &c[1] == "dau" { 1 } else { 2 };
        Some(Hint::Half(number(c, 2), Some(half)))
    }),
];

/// The number that a part of a pattern found.
fn number(c: &Captures<'_>, part: usize) -> Option<i16> {
    c.get(part).and_then(|m| m.as_str().parse().ok())
}

fn half(c: &Captures<'_>) -> Option<Hint> {
    let word = c.get(1).or(c.get(3));
    let which = word.map(|m| if m.as_str().starts_with('d') { 1 } else { 2 });
    Some(Hint::Half(number(c, 2).or(number(c, 4)), which))
}

fn quarter(c: &Captures<'_>) -> Option<Hint> {
    let q = match &c[1] {
        "i" | "1" => 1,
        "ii" | "2" => 2,
        "iii" | "3" => 3,
        _ => 4,
    };
    Some(Hint::Quarter(number(c, 2), q))
}

fn named_month(c: &Captures<'_>) -> Option<Hint> {
    let names = [
        "gieng", "hai", "ba", "tu", "nam", "sau", "bay", "tam", "chin", "muoi", "muoi mot",
        "muoi hai",
    ];
    let month = match &c[1] {
        "mot" => 1,
        "chap" => 12,
        name => names.iter().position(|n| *n == name)? as i8 + 1,
    };
    c.get(2).is_none().then(|| Hint::Month(number(c, 3), month))
}

/// "6 tháng đầu năm" in one place and "2026" in another belong together, where one year alone is named.
fn share_the_year(found: &mut Vec<Hint>) {
    let mut years = found.iter().filter_map(|h| match h {
        Hint::Year(y) => Some(*y),
        _ => None,
    });
    let Some(year) = years.next().filter(|first| years.all(|y| y == *first)) else {
        return;
    };
    let finer = |h: &Hint| !matches!(h, Hint::Year(_));
    if !found.iter().any(finer) {
        return;
    }
    found.retain(finer);
    for hint in found {
        match hint {
            Hint::Month(y, _) | Hint::Quarter(y, _) | Hint::Half(y, _) | Hint::NineMonths(y) => {
                *y = y.or(Some(year));
            }
            _ => {}
        }
    }
}

/// Whether a hint allows a period of a report; `None` where the hint says nothing of such periods.
pub(super) fn allows(hint: &Hint, period: &PeriodId, report: &Report) -> Option<bool> {
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
        // A report after an event is on its year; months and halves in it describe something else.
        (
            Hint::Month(..)
            | Hint::Quarter(..)
            | Hint::Half(..)
            | Hint::NineMonths(_)
            | Hint::Span(..)
            | Hint::Years
            | Hint::SchoolYear(_),
            PeriodId::Year(_),
        ) if matches!(report.frequency, Frequency::Event(_)) => {
            return None;
        }
        (Hint::Span(..) | Hint::Years, _) => return None,
        _ => false,
    })
}

/// Whether a period has begun by a day: nobody reports on "năm 2027" in 2026. By custom periods begin up to half a month
/// before their own first day.
pub(super) fn has_begun(period: &PeriodId, day: Date) -> bool {
    let (year, month) = match period {
        PeriodId::Month(y, m) => (*y, *m),
        PeriodId::Quarter(y, q) => (*y, 3 * q - 2),
        PeriodId::Half(y, h) => (*y, 6 * h - 5),
        PeriodId::NineMonths(y) | PeriodId::Year(y) => (*y, 1),
        PeriodId::SchoolYear(y) => (*y, 8),
        PeriodId::Named(_) => return true,
    };
    Date::new(year, month, 1).is_ok_and(|first| first <= day.saturating_add(20.days()))
}

/// The periods of a report that carry the number of a year.
pub(super) fn periods_of_year(report: &Report, y: i16) -> Vec<PeriodId> {
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
            ("BC nữ công đầu năm 2026", Hint::Half(Some(2026), Some(1))),
            ("TNLĐ T.6-2026", Hint::Month(Some(2026), 6)),
            ("BC TNLĐ T6", Hint::Month(None, 6)),
            ("9 tháng đầu năm 2026", Hint::NineMonths(Some(2026))),
            ("năm học 2025-2026", Hint::SchoolYear(2025)),
            ("giai đoạn 2024–2026", Hint::Span(2024, 2026)),
            ("sơ kết 03 năm thực hiện Kế hoạch 40", Hint::Years),
            ("lần 2 năm 2026", Hint::Year(2026)),
            ("Báo cáo năm 2026", Hint::Year(2026)),
            (
                "6 tháng đầu năm và phương hướng, nhiệm vụ 6 tháng cuối năm 2026",
                Hint::Half(None, Some(1)),
            ),
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
            "tổng hợp trong tháng từ ngày 15",
        ] {
            assert_eq!(hints(text), [], "{text}");
        }
    }
}
