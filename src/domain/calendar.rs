//! Working days in Vietnam: weekends, the days off that the government sets each year, and worked Saturdays.

use std::collections::BTreeSet;

use jiff::civil::{Date, Weekday};
use jiff::{Timestamp, ToSpan};

use super::{instant, zone};

/// The working days of an office, from `holidays.toml`.
///
/// The government decides holidays and swapped days year by year (Labour Code, article 112), so a year
/// that the table does not cover knows weekends only and [`Calendar::covers`] says so.
#[derive(Clone, Debug, Default, Hash)]
pub struct Calendar {
    /// Weekdays on which offices are closed.
    pub days_off: BTreeSet<Date>,
    /// Saturdays or Sundays that are worked in exchange.
    pub worked: BTreeSet<Date>,
    /// The years the table speaks of.
    pub years: BTreeSet<i16>,
}

impl Calendar {
    /// Whether the table speaks of a year.
    pub(crate) fn covers(&self, year: i16) -> bool {
        self.years.contains(&year)
    }

    /// Whether offices work on a day.
    pub fn is_working_day(&self, day: Date) -> bool {
        let weekend = matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday);
        if weekend {
            self.worked.contains(&day)
        } else {
            !self.days_off.contains(&day)
        }
    }

    /// The day itself if it is a working day, else the last working day before it.
    pub(crate) fn on_or_before(&self, day: Date) -> Date {
        self.walk(day, -1, 0)
    }

    /// The day itself if it is a working day, else the first working day after it.
    pub(crate) fn on_or_after(&self, day: Date) -> Date {
        self.walk(day, 1, 0)
    }

    /// The `n`-th working day after a day (`n` = 0: the day itself or the next working day).
    pub fn working_days_after(&self, day: Date, n: u16) -> Date {
        self.walk(day, 1, n)
    }

    /// The `n`-th working day before a day (`n` = 0: the day itself or the working day before it).
    pub(crate) fn working_days_before(&self, day: Date, n: u16) -> Date {
        self.walk(day, -1, n)
    }

    /// The same time of day (Vietnam), so many working days later.
    pub fn later(&self, at: Timestamp, working_days: u16) -> Timestamp {
        let at = at.to_zoned(zone());
        instant(self.working_days_after(at.date(), working_days), at.time())
    }

    fn walk(&self, from: Date, direction: i64, n: u16) -> Date {
        let step = direction.days();
        let mut day = from;
        let mut left = n;
        if left == 0 {
            while !self.is_working_day(day) {
                day = day.saturating_add(step);
            }
            return day;
        }
        while left > 0 {
            day = day.saturating_add(step);
            if self.is_working_day(day) {
                left -= 1;
            }
        }
        day
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn calendar() -> Calendar {
        Calendar {
            days_off: [date(2026, 8, 31), date(2026, 9, 1), date(2026, 9, 2)].into(),
            worked: [date(2026, 8, 22)].into(),
            years: [2026].into(),
        }
    }

    #[test]
    fn a_long_weekend_is_stepped_over_in_both_directions() {
        let c = calendar();
        assert_eq!(c.on_or_before(date(2026, 9, 2)), date(2026, 8, 28));
        assert_eq!(c.on_or_after(date(2026, 8, 29)), date(2026, 9, 3));
        assert_eq!(c.working_days_after(date(2026, 8, 28), 1), date(2026, 9, 3));
        assert_eq!(
            c.working_days_before(date(2026, 9, 3), 2),
            date(2026, 8, 27)
        );
    }

    #[test]
    fn a_worked_saturday_counts() {
        let c = calendar();
        assert!(c.is_working_day(date(2026, 8, 22)));
        assert!(!c.is_working_day(date(2026, 8, 15)));
        assert_eq!(
            c.working_days_after(date(2026, 8, 21), 1),
            date(2026, 8, 22)
        );
    }
}
