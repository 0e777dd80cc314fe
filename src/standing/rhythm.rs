//! How often an address is reminded: the ladder of each report has its own days, and whoever reads the letters is one. Pure.

use jiff::ToSpan;
use jiff::civil::Date;

use crate::domain::calendar::Calendar;
use crate::domain::date_of;
use crate::domain::obligation::Obligation;
use crate::domain::reminder::Step;

/// So many letters that remind leave to an address within seven days; the last one before a deadline is one more.
const MOST_A_WEEK: usize = 2;

/// What left to an address lately, as it is asked on a day whether one more letter may.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rhythm<'f> {
    pub(super) calendar: &'f Calendar,
    /// The days (Vietnam) on which letters that remind left to the address and did not come back.
    pub(super) left: &'f [Date],
    pub(super) today: Date,
}

impl Rhythm<'_> {
    /// From which day on letters are looked at that left before a day.
    pub(super) fn looks_back_to(calendar: &Calendar, today: Date) -> Date {
        let week = today.saturating_sub(6.days());
        week.min(calendar.working_days_before(today, 1))
    }

    /// Whether a letter may leave today; if not, all of it stays due. There is one letter in two working days at most. What
    /// goes to the leader leaves by a word of staff, or after a time that is long enough.
    pub(super) fn may_leave(&self, items: &[(Obligation, Step)]) -> bool {
        if items.iter().any(|(_, step)| *step == Step::Escalation) {
            return true;
        }
        let yesterday = self.calendar.working_days_before(self.today, 1);
        let before_today = || self.left.iter().filter(|day| **day <= self.today);
        if before_today().any(|day| *day >= yesterday) {
            return false;
        }
        let week = self.today.saturating_sub(6.days());
        let is_last_call = |(o, step): &(Obligation, Step)| {
            let last = self.calendar.working_days_before(date_of(o.due), 1);
            matches!(step, Step::Before(_)) && self.today >= last
        };
        before_today().filter(|day| **day >= week).count() < MOST_A_WEEK
            || items.iter().any(is_last_call)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::obligation::tests::obligation;

    #[test]
    #[expect(clippy::too_many_lines, reason = "a table of cases")]
    fn an_address_is_left_in_peace_between_letters() {
        let calendar = Calendar::default();
        let day = |text: &str| -> Date { format!("2026-06-{text}").parse().unwrap() };
        // 15/6 is a Monday.
        for (case, left, today, step, due, may) in [
            (
                "nothing left before",
                &[][..],
                "15",
                Step::Late(1),
                "12",
                true,
            ),
            ("the day before", &["15"], "16", Step::Late(1), "15", false),
            ("two days before", &["15"], "17", Step::Late(1), "15", true),
            (
                "Friday, and it is Monday",
                &["12"],
                "15",
                Step::Late(1),
                "12",
                false,
            ),
            (
                "Friday, and it is Tuesday",
                &["12"],
                "16",
                Step::Late(1),
                "15",
                true,
            ),
            ("the same day", &["16"], "16", Step::Late(1), "15", false),
            (
                "a later day than the one asked about",
                &["18"],
                "16",
                Step::Late(1),
                "15",
                true,
            ),
            (
                "two in a week",
                &["10", "12"],
                "16",
                Step::Late(1),
                "15",
                false,
            ),
            (
                "two in more than a week",
                &["09", "12"],
                "16",
                Step::Late(1),
                "15",
                true,
            ),
            (
                "long before a deadline is no last call",
                &["10", "12"],
                "16",
                Step::Before(5),
                "23",
                false,
            ),
            (
                "the day before a deadline",
                &["15", "17"],
                "19",
                Step::Before(1),
                "22",
                true,
            ),
            (
                "the day of a deadline",
                &["15", "17"],
                "19",
                Step::Before(1),
                "19",
                true,
            ),
            (
                "no last call the day after a letter",
                &["18"],
                "19",
                Step::Before(1),
                "22",
                false,
            ),
            (
                "a leader is written to when it is time",
                &["15"],
                "16",
                Step::Escalation,
                "01",
                true,
            ),
        ] {
            let left: Vec<Date> = left.iter().map(|d| day(d)).collect();
            let due = obligation("a", &format!("2026-06-{due}T10:00:00Z"));
            let rhythm = Rhythm {
                calendar: &calendar,
                left: &left,
                today: day(today),
            };
            assert_eq!(rhythm.may_leave(&[(due, step)]), may, "{case}");
        }
    }
}
