//! What a text says of the period that it reports on, as clerks write it.

use std::sync::LazyLock;

use jiff::ToSpan;
use jiff::civil::Date;
use regex::{Captures, Regex};

use crate::domain::period::{Closing, PeriodId};
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
    /// "4/2026": of a monthly report the month, of a quarterly one the quarter.
    Numbered(i16, i8),
    /// "15/3–14/4": from a day and month to another, of a year.
    Days(Option<i16>, (i8, i8), (i8, i8)),
    /// "tháng trước", "quý trước": so many months before the one of the day.
    MonthsAgo(i8),
    QuarterAgo,
}

impl Hint {
    /// Whether it is shorter than a year.
    pub(super) fn is_part_of_a_year(&self) -> bool {
        match self {
            Hint::Month(..)
            | Hint::Quarter(..)
            | Hint::Half(..)
            | Hint::NineMonths(_)
            | Hint::Numbered(..)
            | Hint::Days(..)
            | Hint::MonthsAgo(_)
            | Hint::QuarterAgo => true,
            Hint::Year(_) | Hint::SchoolYear(_) | Hint::Span(..) | Hint::Years => false,
        }
    }

    /// Whether it is a period of the kind on which a report is made.
    pub(super) fn is_of(&self, report: &Report) -> bool {
        matches!(
            (self, &report.frequency),
            (
                Hint::Month(..) | Hint::Numbered(..) | Hint::MonthsAgo(_),
                Frequency::Monthly
            ) | (
                Hint::Quarter(..) | Hint::Numbered(..) | Hint::QuarterAgo,
                Frequency::Quarterly
            ) | (Hint::Half(..), Frequency::SixMonths)
                | (Hint::NineMonths(_), Frequency::NineMonths)
                | (
                    Hint::Days(..),
                    Frequency::Monthly
                        | Frequency::Quarterly
                        | Frequency::SixMonths
                        | Frequency::NineMonths
                )
        )
    }

    /// Whether it gives a year to the period.
    pub(super) fn has_year(&self) -> bool {
        match self {
            Hint::Month(y, _)
            | Hint::Quarter(y, _)
            | Hint::Half(y, _)
            | Hint::NineMonths(y)
            | Hint::Days(y, ..) => y.is_some(),
            Hint::Year(_) | Hint::SchoolYear(_) | Hint::Span(..) | Hint::Numbered(..) => true,
            Hint::Years | Hint::MonthsAgo(_) | Hint::QuarterAgo => false,
        }
    }

    /// Whether it is a longer part of a year that ends with a period: "9 tháng" with the third quarter.
    pub(super) fn adds_up_to(&self, period: &PeriodId) -> bool {
        let (year, ends) = match period {
            PeriodId::Month(y, m) => (*y, *m),
            PeriodId::Quarter(y, q) => (*y, 3 * q),
            _ => return false,
        };
        match self {
            Hint::Quarter(y, q) => {
                same(*y, year) && 3 * q == ends && matches!(period, PeriodId::Month(..))
            }
            Hint::Half(y, h) => same(*y, year) && h.is_none_or(|h| 6 * h == ends) && ends % 6 == 0,
            Hint::NineMonths(y) => same(*y, year) && ends == 9,
            Hint::Year(y) => *y == year && ends == 12,
            _ => false,
        }
    }

    /// Whether it is longer than a year.
    pub(super) fn is_several_years(&self) -> bool {
        matches!(self, Hint::Span(..) | Hint::Years)
    }
}

/// What a text says of time and in numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Dated {
    /// The periods that it names.
    pub(super) periods: Vec<Hint>,
    /// The first number that is no part of a period, of a date, of the number of a document or of a version.
    pub(super) strange: Option<String>,
}

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("a valid pattern")
}

/// A year that belongs to the period before it: "2026", or "26" behind a bar.
const OF_YEAR: &str = r"(?:[\s/.,-]*(?:nam)?[\s/.-]*(20\d\d)\b|[/.-]([23]\d)\b)?";

/// "15/3–14/4", "từ ngày 15 tháng 3 đến ngày 14 tháng 4 năm 2026".
static DAYS: LazyLock<Regex> = LazyLock::new(|| {
    let day = |bar: &str| {
        format!(
            r"(?:ngay\s*)?(\d{{1,2}})\s*(?:[{bar}]|thang\s*)\s*(\d{{1,2}})(?:\s*(?:[{bar}]|nam\s*)\s*(20\d\d))?"
        )
    };
    let (one, other) = (day("/."), day("/.-"));
    pattern(&format!(
        r"\b(?:tu\s+)?(?:{one}\s*-\s*{one}|{other}\s*(?:-?\s*(?:den|toi))\s*(?:het\s*)?{other})\b"
    ))
});
/// "từ tháng 1 đến tháng 6/2026", "tháng 1-3/2026".
static MONTHS: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:thang|t)\s*(1[0-2]|0?[1-9])\s*(?:-|den|toi)\s*(?:het\s*)?(?:thang|t)?\s*(1[0-2]|0?[1-9])\b(?:[\s/.,]*(?:nam)?[\s/.]*(20\d\d)\b)?",
    )
});
/// "tháng 7 và 8", "T4, T5/2026".
static SEVERAL_MONTHS: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:thang|t)\s*((?:1[0-2]|0?[1-9])(?:\s*(?:,|va|&|\+)\s*(?:thang\s*|t)?(?:1[0-2]|0?[1-9])\b)+)(?:[\s/.,]*(?:nam)?[\s/.]*(20\d\d)\b)?",
    )
});
static DATES: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"ngay\s*\d{1,2}\s*(?:thang\s*\d{1,2}\s*(?:,?\s*nam\s*\d{4})?|[/.-]\s*\d{1,2}\s*(?:[/.-]\s*\d{2,4})?)|\b\d{1,2}[/.-]\d{1,2}[/.-](?:20)?\d{2}\b|\b20\d\d[/.-]\d{1,2}[/.-]\d{1,2}\b|\b20\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\b",
    )
});
/// `57/BC-LĐLĐ`, `05/2026/BC-CĐ`, "số 57/2026", "57 BC CĐCS": numbers of documents.
static DOCUMENTS: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^\s*\d{1,5}[a-d]?[\s-]+(?:bc|kh|cv|tb)[\s-]+(?:ldld|cd|bch|btv)[a-z]*\b|\bso[\s:.]*\d{1,5}[a-d]?(?:\s*/\s*20\d\d)?\b|\b\d{1,5}[a-d]?\s*/\s*(?:20\d\d\s*[/-]\s*)?[a-z]{2,}|\b\d{1,5}[a-d]?-(?:20\d\d-)?(?:bc|kh|cv|tb|qd|nq|ctr|ldld|cd)[a-z]*\b|\b(?:bc|kh|cv|tb|qd|nq|ctr)\s*-\s*\d{1,5}\b",
    )
});
static SCHOOL: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"nam hoc\s*(20\d\d)(?:\s*-\s*(20\d\d))?"));
static SPAN: LazyLock<Regex> = LazyLock::new(|| pattern(r"\b(20\d\d)\s*-\s*(20\d\d)\b"));
/// "2026-04", "202604".
static YEAR_FIRST: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"\b(20\d\d)(?:[/.-](0[1-9]|1[0-2])|(0[1-9]|1[0-2]))\b"));
static HALF: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:0?6|sau)[\s_-]*(?:thangs?|th|t)(?:[\s_-]*(dau|cuoi)(?:[\s_-]*nam)?)?[\s_/.-]*(?:nam)?[\s_/.-]*(20\d\d)?\b|\b(?:0?6|sau)t(d|c)n[\s_/.-]*(20\d\d)?\b",
    )
});
static HALF_SHORT: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"\bh([12])\b(?:[\s/.-]*(20\d\d)\b)?"));
/// "3 tháng đầu năm", "quý đầu năm": the first quarter, or the last one.
static THREE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:(?:0?3|ba)[\s_-]*(?:thangs?|t)[\s_-]*(dau|cuoi)|qu[yi][\s_-]*(dau|cuoi))[\s_-]*nam\b(?:[\s_/.-]*(?:nam)?[\s_/.-]*(20\d\d)\b)?",
    )
});
static NINE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:0?9|chin)[\s_-]*(?:thangs?|th|t)(?:[\s_-]*dau(?:[\s_-]*nam)?)?[\s_/.-]*(?:nam)?[\s_/.-]*(20\d\d)?\b",
    )
});
static QUARTER: LazyLock<Regex> = LazyLock::new(|| {
    pattern(&format!(
        r"\b(?:quy|qui|q)[\s_.-]*(iv|iii|ii|i|lll|ll|l|[1-4]|mot|nhat|hai|ba|bon|tu(?:\s*(?:nam\b|/|$)))\b{OF_YEAR}"
    ))
});
static MONTH: LazyLock<Regex> = LazyLock::new(|| {
    pattern(&format!(
        r"\b(?:(?:thangs?|thg)[\s_.-]*|t[\s.]?)(1[0-2o]|[0o]?[1-9])\b{OF_YEAR}"
    ))
});
/// The names of the months; what follows tells "tháng tư" from "từ ngày". "Tháng năm" is May where a year or nothing
/// follows, and else a month whose number was left out.
static NAMED_MONTH: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\bthang\s+(?:(gieng|mot|hai|ba|bon|tu|sau|bay|tam|chin|muoi mot|muoi hai|muoi|chap)\b|(nam)(?:\s*/|\s+nam\b|\s*$))(\s*(?:ngay|\d{1,2}\b))?(?:[\s,/]*(?:nam)?[\s/]*(20\d\d)\b)?",
    )
});
static AGO: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"\b(thang|qu[yi])\s+(?:truoc|vua qua|vua roi)\b|\b(thang|qu[yi])\s+(?:nay)\b")
});
/// "4/2026", "4/26": a month or a quarter, as the report has it.
static NUMBERED: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"\b(1[0-2]|0?[1-9])\s?(?:[/.-]\s?(20\d\d)|/([23]\d)|[.-](2\d))\b"));
static END: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"\b(dau|cuoi)[\s_-]*nam\b(?:[\s_/.-]*(20\d\d)\b)?"));
static YEARS: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"\b(?:0?[1-9]|10|mot|hai|ba|bon|muoi)\s+nam\b(\s*20\d\d)?"));
static YEAR: LazyLock<Regex> = LazyLock::new(|| pattern(r"\b(20\d\d)\b"));
/// Numbers that say nothing of time: versions, days of the year, clauses, what machines call files.
static OTHER: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\(\s*\d{1,3}\s*\)|\b(?:lan|ban|so|ver|v|phu luc|pl|bieu|mau|trang|ban sua|dot)\s*(?:thu\s*)?[.:]?\s*\d{1,3}\b|\b(?:[12]?\d|3[01])/(?:1[0-2]|0?[1-9])\b|\b\d{4,}\b|\b0\d{2,}\b|\b[a-z]+\d{4,}\b|\b\d{1,2}\s*(?:h|gio)\s*\d{0,2}\b",
    )
});
/// Numbers that `_` joins in the name of a file.
static JOINED: LazyLock<Regex> = LazyLock::new(|| pattern(r"(\d)_(\d)"));
static NUMBER: LazyLock<Regex> = LazyLock::new(|| pattern(r"[a-z]*\d+[a-z]*"));

/// What a text says of the periods that it reports on, and in other numbers: what follows "và phương hướng", "nhiệm vụ"
/// is yet to come.
pub(super) fn dated(text: &str) -> Dated {
    let folded = fold_marks(text);
    let to_come = [
        " phuong huong",
        " nhiem vu",
        " va ke hoach ",
        ", ke hoach ",
        " va chuong trinh cong tac",
        ", chuong trinh cong tac",
    ]
    .iter()
    .filter_map(|m| folded.find(m))
    .min();
    if let Some(end) = to_come {
        let past = all_of(&folded[..end]);
        if !past.periods.is_empty() {
            return past;
        }
    }
    all_of(&folded)
}

/// All that a text says of time, with the years that belong to the periods.
fn all_of(folded: &str) -> Dated {
    // `_` joins words in file names; to the patterns it must be a bound.
    let text = JOINED.replace_all(folded, "$1-$2").replace('_', " ");
    // Without marks "cơ sở 9/2026" has a number of a document: "số 9/2026".
    let mut text = text.replace(" co so ", " co_so ");
    let mut periods = Vec::new();
    for (pattern, meant) in IN_ORDER {
        let mut blanked = String::new();
        let mut at = 0;
        for c in pattern.captures_iter(&text) {
            let whole = c.get(0).expect("a match is its own first part");
            // What means nothing here is left for the patterns that follow.
            let Some(hints) = meant(&c) else { continue };
            periods.extend(hints);
            blanked += &text[at..whole.start()];
            blanked += " ; ";
            at = whole.end();
        }
        blanked += &text[at..];
        text = blanked;
    }
    if YEARS.captures_iter(&text).any(|c| c.get(1).is_none()) {
        periods.push(Hint::Years);
    }
    let text = YEARS.replace_all(&text, " ; $1");
    let years = YEAR.captures_iter(&text).filter_map(|c| number(&c, 1));
    periods.extend(years.map(Hint::Year));
    share_the_year(&mut periods);
    periods.dedup();
    let rest = OTHER.replace_all(&text, " ; ");
    let rest = YEAR.replace_all(&rest, " ; ");
    Dated {
        periods,
        strange: NUMBER.find(&rest).map(|m| m.as_str().to_owned()),
    }
}

/// What a place that a pattern found says; `None`: nothing, and it may say something else.
type Meant = fn(&Captures<'_>) -> Option<Vec<Hint>>;

/// The patterns in their order, with what each says: what one has found is blanked for those that follow.
static IN_ORDER: [(&LazyLock<Regex>, Meant); 18] = [
    (&DAYS, days),
    (&MONTHS, |c| {
        let (from, to) = (number(c, 1)? as i8, number(c, 2)? as i8);
        (from < to).then(|| vec![Hint::Days(number(c, 3), (1, from), (28, to))])
    }),
    (&SEVERAL_MONTHS, |c| {
        let months = c[1].split(|c: char| !c.is_ascii_digit());
        let months = months.filter_map(|m| m.parse::<i8>().ok());
        Some(months.map(|m| Hint::Month(number(c, 2), m)).collect())
    }),
    (&DATES, |_| Some(vec![])),
    (&DOCUMENTS, |_| Some(vec![])),
    (&SCHOOL, |c| Some(vec![Hint::SchoolYear(number(c, 1)?)])),
    (&SPAN, |c| {
        Some(vec![Hint::Span(number(c, 1)?, number(c, 2)?)])
    }),
    (&YEAR_FIRST, |c| {
        let month = number(c, 2).or(number(c, 3))?;
        Some(vec![Hint::Numbered(number(c, 1)?, month as i8)])
    }),
    (&HALF, half),
    (&HALF_SHORT, |c| {
        Some(vec![Hint::Half(number(c, 2), Some(number(c, 1)? as i8))])
    }),
    (&THREE, |c| {
        let quarter = if c.get(1).or(c.get(2))?.as_str() == "dau" {
            1
        } else {
            4
        };
        Some(vec![Hint::Quarter(number(c, 3), quarter)])
    }),
    (&NINE, |c| Some(vec![Hint::NineMonths(number(c, 1))])),
    (&QUARTER, quarter),
    (&MONTH, |c| {
        let month = c[1].replace('o', "0").parse().ok()?;
        Some(vec![Hint::Month(year(c, 2, 3), month)])
    }),
    (&NAMED_MONTH, named_month),
    (&AGO, |c| {
        Some(vec![match (c.get(1), c.get(2)) {
            (Some(what), _) if what.as_str() == "thang" => Hint::MonthsAgo(1),
            (Some(_), _) => Hint::QuarterAgo,
            (_, Some(what)) if what.as_str() == "thang" => Hint::MonthsAgo(0),
            _ => return Some(vec![]),
        }])
    }),
    (&NUMBERED, |c| {
        let year = year(c, 2, 3).or(year(c, 2, 4))?;
        Some(vec![Hint::Numbered(year, number(c, 1)? as i8)])
    }),
    // "đầu năm 2026" without a number of months.
    (&END, |c| {
        let half = if &c[1] == "dau" { 1 } else { 2 };
        Some(vec![Hint::Half(number(c, 2), Some(half))])
    }),
];

/// The number that a part of a pattern found.
fn number(c: &Captures<'_>, part: usize) -> Option<i16> {
    c.get(part).and_then(|m| m.as_str().parse().ok())
}

/// The year that one part found in full or another in two digits.
fn year(c: &Captures<'_>, full: usize, short: usize) -> Option<i16> {
    number(c, full).or(number(c, short).map(|y| 2000 + y))
}

fn days(c: &Captures<'_>) -> Option<Vec<Hint>> {
    // The six parts stand twice: joined by a dash, or by a word.
    let first = if c.get(1).is_some() { 1 } else { 7 };
    let part = |at: usize| number(c, first + at).map(|n| n as i8);
    let (from, to) = ((part(0)?, part(1)?), (part(3)?, part(4)?));
    let is_day = |(d, m): (i8, i8)| (1..=31).contains(&d) && (1..=12).contains(&m);
    let year = number(c, first + 5).or(number(c, first + 2));
    (is_day(from) && is_day(to)).then(|| vec![Hint::Days(year, from, to)])
}

fn half(c: &Captures<'_>) -> Option<Vec<Hint>> {
    let word = c.get(1).or(c.get(3));
    let which = word.map(|m| if m.as_str().starts_with('d') { 1 } else { 2 });
    Some(vec![Hint::Half(number(c, 2).or(number(c, 4)), which)])
}

fn quarter(c: &Captures<'_>) -> Option<Vec<Hint>> {
    let q = match &c[1] {
        "i" | "1" | "l" | "mot" | "nhat" => 1,
        "ii" | "2" | "ll" | "hai" => 2,
        "iii" | "3" | "lll" | "ba" => 3,
        _ => 4,
    };
    Some(vec![Hint::Quarter(year(c, 2, 3), q)])
}

fn named_month(c: &Captures<'_>) -> Option<Vec<Hint>> {
    let names = [
        "gieng", "hai", "ba", "tu", "nam", "sau", "bay", "tam", "chin", "muoi", "muoi mot",
        "muoi hai",
    ];
    let name = c.get(1).or(c.get(2))?;
    let month = match name.as_str() {
        "mot" => 1,
        "bon" => 4,
        "chap" => 12,
        name => names.iter().position(|n| *n == name)? as i8 + 1,
    };
    c.get(3)
        .is_none()
        .then(|| vec![Hint::Month(number(c, 4), month)])
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
            Hint::Month(y, _)
            | Hint::Quarter(y, _)
            | Hint::Half(y, _)
            | Hint::NineMonths(y)
            | Hint::Days(y, ..) => {
                *y = y.or(Some(year));
            }
            _ => {}
        }
    }
}

/// Whether a year is the one that is named, if one is.
fn same(named: Option<i16>, year: i16) -> bool {
    named.is_none_or(|named| named == year)
}

/// Whether a hint allows a period of a report; `None` where the hint says nothing of such periods.
pub(super) fn allows(hint: &Hint, period: &PeriodId, report: &Report) -> Option<bool> {
    Some(match (hint, period) {
        (Hint::Month(y, m), PeriodId::Month(py, pm)) => same(*y, *py) && m == pm,
        (Hint::Quarter(y, q), PeriodId::Quarter(py, pq)) => same(*y, *py) && q == pq,
        (Hint::Half(y, h), PeriodId::Half(py, ph)) => same(*y, *py) && h.is_none_or(|h| h == *ph),
        (Hint::NineMonths(y), PeriodId::NineMonths(py)) => same(*y, *py),
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
        (Hint::Numbered(y, n), PeriodId::Month(py, pm)) => y == py && n == pm,
        // Of a quarter or half its own number, or that of its last month.
        (Hint::Numbered(y, n), PeriodId::Quarter(py, pq)) => y == py && (n == pq || *n == 3 * pq),
        (Hint::Numbered(y, n), PeriodId::Half(py, ph)) => y == py && (n == ph || *n == 6 * ph),
        (Hint::Numbered(y, n), PeriodId::NineMonths(py)) => y == py && *n == 9,
        (_, PeriodId::Named(_)) => return None,
        (Hint::Numbered(y, _), PeriodId::Year(py))
            if matches!(report.frequency, Frequency::Event(_)) =>
        {
            y == py
        }
        // A report after an event is on its year; months and halves in it describe something else.
        (
            Hint::Month(..)
            | Hint::Quarter(..)
            | Hint::Half(..)
            | Hint::NineMonths(_)
            | Hint::Days(..)
            | Hint::Span(..)
            | Hint::Years
            | Hint::SchoolYear(_),
            PeriodId::Year(_),
        ) if matches!(report.frequency, Frequency::Event(_)) => {
            return None;
        }
        (Hint::Span(..) | Hint::Years, _) => return None,
        (Hint::Days(Some(y), from, to), period) => spans(*y, *from, *to, period),
        _ => false,
    })
}

/// Whether some days are those of a period, which closes by the custom of the place or with the month.
fn spans(year: i16, from: (i8, i8), to: (i8, i8), period: &PeriodId) -> bool {
    // A reporting month begins and ends a few days earlier here and there; what is longer, some weeks.
    let close = if matches!(period, PeriodId::Month(..)) {
        7
    } else {
        20
    };
    let day = |year: i16, (d, m): (i8, i8)| {
        let first = Date::new(year, m, 1).ok()?;
        Date::new(year, m, d.min(first.days_in_month())).ok()
    };
    let begins = if from.1 > to.1 { year - 1 } else { year };
    let (Some(from), Some(to)) = (day(begins, from), day(year, to)) else {
        return false;
    };
    let near = |a: Date, b: Date| (a - b).get_days().abs() <= close;
    [Closing::Day(14), Closing::EndOfMonth]
        .into_iter()
        .filter_map(|closing| closing.of(period))
        .any(|p| near(from, p.opens) && near(to, p.closes))
}

impl Hint {
    /// What it means on a day (Vietnam): "tháng trước" is a month of a year.
    pub(super) fn on(self, day: Date) -> Hint {
        let before = |months: i8| {
            day.first_of_month()
                .saturating_sub(i32::from(months).months())
        };
        match self {
            Hint::MonthsAgo(n) => Hint::Month(Some(before(n).year()), before(n).month()),
            Hint::QuarterAgo => {
                let then = before(3);
                Hint::Quarter(Some(then.year()), (then.month() - 1) / 3 + 1)
            }
            // "6 tháng" is the first half of the year until long after it.
            Hint::Half(year, None) if (4..=9).contains(&day.month()) => Hint::Half(year, Some(1)),
            Hint::Days(None, from, to) => {
                let ended = |year: &i16| {
                    let end = Date::new(*year, to.1, 1);
                    end.is_ok_and(|end| end <= day.saturating_add(20.days()))
                };
                let year = [day.year() + 1, day.year()].into_iter().find(ended);
                Hint::Days(Some(year.unwrap_or(day.year() - 1)), from, to)
            }
            hint => hint,
        }
    }
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

    fn hints(text: &str) -> Vec<Hint> {
        dated(text).periods
    }

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
            ("BC TNLĐ tháng bảy năm 2026", Hint::Month(Some(2026), 7)),
            ("QHLĐ 3 tháng đầu năm 2026", Hint::Quarter(Some(2026), 1)),
            ("QHLĐ quí III năm 2026", Hint::Quarter(Some(2026), 3)),
            ("BC PTDV 2-26.docx", Hint::Numbered(2026, 2)),
            ("TNLĐ 04/2026", Hint::Numbered(2026, 4)),
            ("TNLĐ 4/26", Hint::Numbered(2026, 4)),
            ("TNLD 04-2026.docx", Hint::Numbered(2026, 4)),
            ("BC_TNLD_04_2026.docx", Hint::Numbered(2026, 4)),
            ("BC_TNLD_202604.docx", Hint::Numbered(2026, 4)),
            ("BC TNLD 2026-04", Hint::Numbered(2026, 4)),
            ("BC TNLĐ tháng bốn", Hint::Month(None, 4)),
            ("BC TNLĐ tháng tư năm 2026", Hint::Month(Some(2026), 4)),
            ("BC TNLĐ tháng O4/2026", Hint::Month(Some(2026), 4)),
            ("BC TNLĐ tháng 6/26", Hint::Month(Some(2026), 6)),
            ("báo cáo tháng trước", Hint::MonthsAgo(1)),
            ("Quý một năm 2026", Hint::Quarter(Some(2026), 1)),
            ("qúy I/2026", Hint::Quarter(Some(2026), 1)),
            ("BC TNLĐ tháng năm/2026", Hint::Month(Some(2026), 5)),
            (
                "từ 15/3 đến 14/4/2026",
                Hint::Days(Some(2026), (15, 3), (14, 4)),
            ),
            ("(15/3–14/4)", Hint::Days(None, (15, 3), (14, 4))),
            (
                "từ ngày 15 tháng 3 đến hết ngày 14 tháng 4 năm 2026",
                Hint::Days(Some(2026), (15, 3), (14, 4)),
            ),
            (
                "từ_ngày_15-5-2026_đến_ngày_14-6-2026",
                Hint::Days(Some(2026), (15, 5), (14, 6)),
            ),
            (
                "từ tháng 1 đến tháng 6 năm 2026",
                Hint::Days(Some(2026), (1, 1), (28, 6)),
            ),
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
            "Kế hoạch số 05/2026/KH-LĐLĐ",
            "IMG_20260614_101112.jpg",
            "Ngày Quốc tế Thiếu nhi 1/6",
        ] {
            assert_eq!(hints(text), [], "{text}");
        }
    }

    #[test]
    fn a_number_that_is_not_understood_is_seen() {
        for (text, strange) in [
            ("Báo cáo tháng 13", Some("13")),
            ("BC TNLD 2.docx", Some("2")),
            ("Báo cáo 3 công khai", Some("3")),
            ("BC TNLĐ tháng 6/2026 (2).docx", None),
            ("57-BC-LDLD ngay 14-6-2026 (sua lan 2).docx", None),
            ("Báo cáo số 57/BC-LĐLĐ", None),
            ("z5551234567890.jpg", None),
            ("Scan_0001.pdf", None),
            ("Báo cáo 03 năm thực hiện", None),
        ] {
            assert_eq!(dated(text).strange.as_deref(), strange, "{text}");
        }
    }

    #[test]
    fn what_is_said_of_days_means_a_period() {
        let day = jiff::civil::date(2026, 4, 20);
        let report = crate::domain::report::tests::half_yearly("x");
        for (text, period, is) in [
            ("15/3-14/4", PeriodId::Month(2026, 4), true),
            ("15/3-14/4", PeriodId::Month(2026, 3), false),
            ("1/4-30/4", PeriodId::Month(2026, 4), true),
            ("tháng trước", PeriodId::Month(2026, 3), true),
            ("quý trước", PeriodId::Quarter(2026, 1), true),
            ("từ 15/12 đến 14/6/2026", PeriodId::Half(2026, 1), true),
            ("từ 15/12 đến 14/6/2026", PeriodId::Half(2026, 2), false),
            ("từ tháng 1 đến tháng 6/2026", PeriodId::Half(2026, 1), true),
            ("3/2026", PeriodId::Quarter(2026, 1), true),
            ("3/2026", PeriodId::Quarter(2026, 3), true),
            ("3/2026", PeriodId::Quarter(2026, 2), false),
        ] {
            let [hint] = &hints(text)[..] else {
                panic!("{text}: {:?}", hints(text))
            };
            let found = allows(&hint.clone().on(day), &period, &report);
            assert_eq!(found, Some(is), "{text} {period}");
        }
    }
}
