//! Reporting periods: their ids and the days they span.

use std::fmt;
use std::str::FromStr;

use jiff::ToSpan;
use jiff::civil::{Date, date};
use serde::{Deserialize, Serialize};

/// The id of a period, as in the JSON interface: `2026-05`, `2026-Q1`, `2026-H1`, `2026-9M`, `2026`, `2025-2026`, or an event's own name.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum PeriodId {
    /// A month (1–12) of a year.
    Month(i16, i8),
    /// A quarter (1–4) of a year.
    Quarter(i16, i8),
    /// The first (1) or second (2) half of a year.
    Half(i16, i8),
    /// The first nine months of a year.
    NineMonths(i16),
    /// A year; also the id of a yearly event.
    Year(i16),
    /// The school year that begins in this year.
    SchoolYear(i16),
    /// Anything else: a report that is due once.
    Named(String),
}

impl fmt::Display for PeriodId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PeriodId::Month(y, m) => write!(f, "{y}-{m:02}"),
            PeriodId::Quarter(y, q) => write!(f, "{y}-Q{q}"),
            PeriodId::Half(y, h) => write!(f, "{y}-H{h}"),
            PeriodId::NineMonths(y) => write!(f, "{y}-9M"),
            PeriodId::Year(y) => write!(f, "{y}"),
            PeriodId::SchoolYear(y) => write!(f, "{y}-{}", y + 1),
            PeriodId::Named(name) => f.write_str(name),
        }
    }
}

/// Said when a text cannot be the id of a period.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error(
    "{0:?} is no period; write for example 2026-05, 2026-Q1, 2026-H1, 2026-9M, 2026, 2025-2026 or the name of an event"
)]
pub struct NoPeriod(pub String);

impl FromStr for PeriodId {
    type Err = NoPeriod;

    fn from_str(text: &str) -> Result<PeriodId, NoPeriod> {
        let bad = || NoPeriod(text.to_owned());
        let year = |t: &str| {
            (t.len() == 4 && t.bytes().all(|b| b.is_ascii_digit()))
                .then(|| t.parse::<i16>().ok())
                .flatten()
        };
        if let Some(y) = year(text) {
            return Ok(PeriodId::Year(y));
        }
        if let Some((y, rest)) = text.split_once('-')
            && let Some(y) = year(y)
        {
            let numbered = |prefix: char, last: i8| {
                rest.strip_prefix(prefix)
                    .and_then(|n| n.parse::<i8>().ok())
                    .filter(|n| (1..=last).contains(n))
            };
            if rest == "9M" {
                return Ok(PeriodId::NineMonths(y));
            }
            if let Some(q) = numbered('Q', 4) {
                return Ok(PeriodId::Quarter(y, q));
            }
            if let Some(h) = numbered('H', 2) {
                return Ok(PeriodId::Half(y, h));
            }
            if rest.len() == 2
                && let Ok(m) = rest.parse::<i8>()
            {
                return (1..=12)
                    .contains(&m)
                    .then_some(PeriodId::Month(y, m))
                    .ok_or_else(bad);
            }
            if year(rest) == Some(y + 1) {
                return Ok(PeriodId::SchoolYear(y));
            }
        }
        let name_like = !text.is_empty()
            && text.len() <= 64
            && text
                .chars()
                .all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.'));
        if name_like {
            Ok(PeriodId::Named(text.to_owned()))
        } else {
            Err(bad())
        }
    }
}

impl From<PeriodId> for String {
    fn from(id: PeriodId) -> String {
        id.to_string()
    }
}

impl TryFrom<String> for PeriodId {
    type Error = NoPeriod;
    fn try_from(text: String) -> Result<PeriodId, NoPeriod> {
        text.parse()
    }
}

impl PeriodId {
    /// Whether it is of the same length as another one: both months, both quarters …
    pub(crate) fn is_like(&self, other: &PeriodId) -> bool {
        std::mem::discriminant(self) == std::mem::discriminant(other)
    }

    /// The years whose number it may carry: of a school year either.
    pub fn years(&self) -> Vec<i16> {
        match *self {
            PeriodId::Month(y, _)
            | PeriodId::Quarter(y, _)
            | PeriodId::Half(y, _)
            | PeriodId::NineMonths(y)
            | PeriodId::Year(y) => vec![y],
            PeriodId::SchoolYear(y) => vec![y, y + 1],
            PeriodId::Named(_) => vec![],
        }
    }

    /// The year to whose work it belongs: of a school year that in which it ends; `None` for what has a name of its own.
    pub(crate) fn year(&self) -> Option<i16> {
        self.years().last().copied()
    }

    /// The same part of the next year; `None` for what has a name of its own.
    pub(crate) fn a_year_later(&self) -> Option<PeriodId> {
        Some(match *self {
            PeriodId::Month(y, m) => PeriodId::Month(y + 1, m),
            PeriodId::Quarter(y, q) => PeriodId::Quarter(y + 1, q),
            PeriodId::Half(y, h) => PeriodId::Half(y + 1, h),
            PeriodId::NineMonths(y) => PeriodId::NineMonths(y + 1),
            PeriodId::Year(y) => PeriodId::Year(y + 1),
            PeriodId::SchoolYear(y) => PeriodId::SchoolYear(y + 1),
            PeriodId::Named(_) => return None,
        })
    }

    /// The period in words, as mails and tables for Vietnamese readers carry it.
    pub fn in_vietnamese(&self) -> String {
        const ROMAN: [&str; 4] = ["I", "II", "III", "IV"];
        match self {
            PeriodId::Month(y, m) => format!("tháng {m}/{y}"),
            PeriodId::Quarter(y, q) => format!("quý {}/{y}", ROMAN[*q as usize - 1]),
            PeriodId::Half(y, 1) => format!("6 tháng đầu năm {y}"),
            PeriodId::Half(y, _) => format!("6 tháng cuối năm {y}"),
            PeriodId::NineMonths(y) => format!("9 tháng năm {y}"),
            PeriodId::Year(y) => format!("năm {y}"),
            PeriodId::SchoolYear(y) => format!("năm học {y}-{}", y + 1),
            PeriodId::Named(name) => {
                let two_years = name
                    .split_once('-')
                    .is_some_and(|(a, b)| a.parse::<i16>().is_ok() && b.parse::<i16>().is_ok());
                if two_years {
                    format!("giai đoạn {name}")
                } else {
                    name.clone()
                }
            }
        }
    }
}

/// A period with its days.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Period {
    /// Its id.
    pub id: PeriodId,
    /// First day that belongs to it; from then on the report is expected some day.
    pub opens: Date,
    /// Last day that belongs to it.
    pub closes: Date,
}

/// On which day of a month periods close by the custom of the place (14: a period runs from the 15th of the
/// month before to the 14th of its last month, as in NĐ 09/2019), or at the end of the month.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Closing {
    /// Calendar periods.
    EndOfMonth,
    /// The day (1–28) of its last month.
    Day(i8),
}

impl Closing {
    /// A period of `length` months whose last month is `month` of `year`.
    fn period(self, id: PeriodId, year: i16, month: i8, length: i32) -> Period {
        let last = date(year, month, 1);
        let first = last.saturating_sub((length - 1).months());
        match self {
            Closing::EndOfMonth => Period {
                id,
                opens: first,
                closes: last.last_of_month(),
            },
            Closing::Day(day) => {
                let before = first.saturating_sub(1.month());
                Period {
                    id,
                    opens: date(before.year(), before.month(), day).saturating_add(1.day()),
                    closes: date(year, month, day),
                }
            }
        }
    }

    /// The period of an id that follows the calendar, `None` for [`PeriodId::Named`].
    pub fn of(self, id: &PeriodId) -> Option<Period> {
        let (year, month, length) = match *id {
            PeriodId::Month(y, m) => (y, m, 1),
            PeriodId::Quarter(y, q) => (y, q * 3, 3),
            PeriodId::Half(y, h) => (y, h * 6, 6),
            PeriodId::NineMonths(y) => (y, 9, 9),
            PeriodId::Year(y) => (y, 12, 12),
            // September to May, by the order of the Ministry of Education; the report is made in summer.
            PeriodId::SchoolYear(y) => (y + 1, 5, 9),
            PeriodId::Named(_) => return None,
        };
        Some(self.period(id.clone(), year, month, length))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_id_reads_back_as_it_is_written() {
        for text in [
            "2026-05",
            "2026-Q1",
            "2026-H1",
            "2026-9M",
            "2026",
            "2025-2026",
            "2024-2026",
            "dai-hoi",
        ] {
            let id: PeriodId = text.parse().unwrap();
            assert_eq!(id.to_string(), text);
        }
        assert_eq!("2025-2026".parse(), Ok(PeriodId::SchoolYear(2025)));
        assert_eq!("2024-2026".parse(), Ok(PeriodId::Named("2024-2026".into())));
        assert!("2026-13".parse::<PeriodId>().is_err());
        assert!("../x".parse::<PeriodId>().is_err());
        assert!("".parse::<PeriodId>().is_err());
    }

    #[test]
    fn customary_closing_dates_are_those_of_decree_09_2019() {
        let of = |id: &str| {
            let p = Closing::Day(14).of(&id.parse().unwrap()).unwrap();
            (p.opens, p.closes)
        };
        assert_eq!(of("2026-05"), (date(2026, 4, 15), date(2026, 5, 14)));
        assert_eq!(of("2026-Q1"), (date(2025, 12, 15), date(2026, 3, 14)));
        assert_eq!(of("2026-H1"), (date(2025, 12, 15), date(2026, 6, 14)));
        assert_eq!(of("2026-H2"), (date(2026, 6, 15), date(2026, 12, 14)));
        assert_eq!(of("2026-9M"), (date(2025, 12, 15), date(2026, 9, 14)));
        assert_eq!(of("2026"), (date(2025, 12, 15), date(2026, 12, 14)));
    }

    #[test]
    fn calendar_periods_end_with_their_month() {
        let p = Closing::EndOfMonth.of(&PeriodId::Quarter(2024, 1)).unwrap();
        assert_eq!((p.opens, p.closes), (date(2024, 1, 1), date(2024, 3, 31)));
    }
}
