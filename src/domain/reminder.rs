//! When a unit is reminded: which step of the ladder is due on a day.

use std::fmt;
use std::str::FromStr;

use jiff::civil::{Date, Time};
use jiff::{Timestamp, ToSpan};

use super::calendar::Calendar;
use super::{date_of, instant, zone};

/// The ladder of reminders of a report, in working days.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Steps {
    /// Whether units are told when a period opens.
    pub opening: bool,
    /// So many working days before the deadline, each once.
    pub before: Vec<u16>,
    /// The first reminder after the deadline: so many working days after it.
    pub late_after: u16,
    /// Then every so many working days.
    pub late_every: u16,
    /// The letter to the leader: so many working days after the deadline; nothing goes out after it.
    pub escalate_after: u16,
    /// Whether that letter leaves by itself.
    pub escalation: Escalation,
}

/// Whether letters to leaders leave by themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Escalation {
    /// Only when staff say so.
    Ask,
    /// Two working days after staff were told of it in a digest, unless they say no.
    Announce,
    /// Unless staff say no.
    Automatic,
    /// No such letter is written: the last reminder is the one before it.
    Never,
}

/// What staff say of the letter to a leader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nod {
    /// It may leave.
    Send,
    /// It must not.
    Stop,
}

/// So many working days after staff were told of a letter to a leader it leaves, where it leaves by itself then.
pub(crate) const NOTICE_DAYS: u16 = 2;

/// For so many working days the opening of a period is news.
const OPENING_DAYS: u16 = 10;

impl Default for Steps {
    fn default() -> Steps {
        Steps {
            opening: false,
            before: vec![5, 1],
            late_after: 1,
            late_every: 5,
            escalate_after: 12,
            escalation: Escalation::Ask,
        }
    }
}

/// One rung of the ladder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The period has opened.
    Opening,
    /// So many working days before the deadline.
    Before(u16),
    /// The n-th reminder (from 1) after the deadline.
    Late(u16),
    /// The letter to the leader.
    Escalation,
}

/// What sort of letter a rung asks for, the most urgent one first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Urgency {
    /// To the leader of a unit that is late.
    Escalation,
    /// After the deadline.
    Late,
    /// Before the deadline.
    Before,
    /// A period has opened.
    Opening,
}

impl Step {
    /// What sort of letter it asks for.
    pub(crate) fn urgency(self) -> Urgency {
        match self {
            Step::Opening => Urgency::Opening,
            Step::Before(_) => Urgency::Before,
            Step::Late(_) => Urgency::Late,
            Step::Escalation => Urgency::Escalation,
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Step::Opening => f.write_str("opening"),
            Step::Before(n) => write!(f, "before-{n}"),
            Step::Late(n) => write!(f, "late-{n}"),
            Step::Escalation => f.write_str("escalation"),
        }
    }
}

impl FromStr for Step {
    type Err = String;
    fn from_str(text: &str) -> Result<Step, String> {
        let number = |prefix: &str| text.strip_prefix(prefix).and_then(|n| n.parse().ok());
        if text == "opening" {
            Ok(Step::Opening)
        } else if text == "escalation" {
            Ok(Step::Escalation)
        } else if let Some(n) = number("before-") {
            Ok(Step::Before(n))
        } else if let Some(n) = number("late-") {
            Ok(Step::Late(n))
        } else {
            Err(format!("{text:?} is no step of a reminder"))
        }
    }
}

impl Steps {
    /// The rungs around a deadline with the days on which they fall, in order of time.
    fn ladder(&self, calendar: &Calendar, due: Date) -> Vec<(Date, Step)> {
        let mut before = self.before.clone();
        before.sort_unstable_by(|a, b| b.cmp(a));
        before.dedup();
        let mut rungs: Vec<(Date, Step)> = before
            .into_iter()
            .map(|n| (calendar.working_days_before(due, n), Step::Before(n)))
            .collect();
        let mut after = self.late_after.max(1);
        let mut n = 1;
        while after < self.escalate_after {
            rungs.push((calendar.working_days_after(due, after), Step::Late(n)));
            n += 1;
            after = after.saturating_add(self.late_every.max(1));
        }
        if self.escalation != Escalation::Never {
            let day = calendar.working_days_after(due, self.escalate_after.max(1));
            rungs.push((day, Step::Escalation));
        }
        rungs
    }

    /// Whether a step that is reached may be taken, by what staff say of the letter to the leader, and whether they were told
    /// of it long enough ago; `None`: they have to be asked or told.
    pub(crate) fn may_take(
        &self,
        step: Step,
        nod: Option<Nod>,
        was_announced: bool,
    ) -> Option<bool> {
        match (step, self.escalation, nod) {
            (Step::Opening | Step::Before(_) | Step::Late(_), ..) => Some(true),
            (Step::Escalation, _, Some(nod)) => Some(nod == Nod::Send),
            (Step::Escalation, Escalation::Ask, None) => None,
            (Step::Escalation, Escalation::Announce, None) => was_announced.then_some(true),
            (Step::Escalation, Escalation::Automatic, None) => Some(true),
            (Step::Escalation, Escalation::Never, None) => Some(false),
        }
    }

    /// The step in place of the letter to the leader, where the unit has hardly been told that it is late: the service
    /// stood still, began only now, or went by a clock that was wrong. The letter to the leader follows the first reminder
    /// after the deadline by as many working days as one reminder another, or by fewer where the ladder has it so.
    ///
    /// `due`, `today`: days; `told`: the day on which the first reminder after the deadline left. Where none has left, it
    /// is taken for leaving on its day, but not before `at_hand`: the day on which the next reminders leave.
    pub(crate) fn before_the_leader(
        &self,
        calendar: &Calendar,
        due: Date,
        told: Option<Date>,
        at_hand: Date,
        today: Date,
    ) -> Step {
        let first = calendar.working_days_after(due, self.late_after.max(1));
        let told = told.unwrap_or_else(|| first.max(at_hand));
        let between = self.escalate_after.saturating_sub(self.late_after);
        let patience = self.late_every.min(between).max(1);
        if calendar.working_days_after(told, patience) <= today {
            return Step::Escalation;
        }
        let late = self.ladder(calendar, due).into_iter().rev();
        let mut late = late.map(|(_, step)| step);
        late.find(|step| matches!(step, Step::Late(_)))
            .unwrap_or(Step::Late(1))
    }

    /// From when the deadline counts as near: the start of work on the day of the first rung.
    pub fn near(&self, calendar: &Calendar, due: Timestamp, work_starts: Time) -> Timestamp {
        let first = self.ladder(calendar, date_of(due))[0].0;
        instant(first, work_starts).min(due)
    }

    /// The rung that is due at a moment: the latest one reached. Earlier ones that were missed are not made up for.
    /// `opens` is the first day of the period.
    ///
    /// ```
    /// use jiff::civil::date;
    /// use thubaocao::domain::{calendar::Calendar, reminder::{Step, Steps}};
    /// let opens = date(2026, 5, 15);
    /// let due = "2026-06-15T17:00:00+07:00".parse().unwrap();
    /// let steps = Steps { opening: true, ..Steps::default() };
    /// let on = |day: &str| {
    ///     let now = format!("{day}T08:00:00+07:00").parse().unwrap();
    ///     steps.due(&Calendar::default(), opens, due, now)
    /// };
    /// assert_eq!(on("2026-05-15"), Some(Step::Opening));
    /// assert_eq!(on("2026-06-05"), None);
    /// assert_eq!(on("2026-06-08"), Some(Step::Before(5)));
    /// assert_eq!(on("2026-06-15"), Some(Step::Before(1)));
    /// assert_eq!(on("2026-06-16"), Some(Step::Late(1)));
    /// assert_eq!(on("2026-07-30"), Some(Step::Escalation));
    /// ```
    pub fn due(
        &self,
        calendar: &Calendar,
        opens: Date,
        due: Timestamp,
        now: Timestamp,
    ) -> Option<Step> {
        let today = date_of(now);
        let first_before = self.before.iter().max().map_or(0, |n| i64::from(*n));
        // Far ahead no rung is reached; five working days take no more than nineteen days, at Tết.
        let far = today < date_of(due).saturating_sub((first_before * 3 + 14).days());
        let ladder = if far {
            vec![]
        } else {
            self.ladder(calendar, date_of(due))
        };
        let reached = ladder
            .into_iter()
            .filter(|(day, step)| match step {
                Step::Opening | Step::Before(_) => *day <= today && now <= due,
                Step::Late(_) | Step::Escalation => *day <= today && now > due,
            })
            .map(|(_, step)| step)
            .next_back();
        let first = calendar.on_or_after(opens);
        let news = first <= today && today < calendar.working_days_after(first, OPENING_DAYS);
        reached.or((self.opening && news && now <= due).then_some(Step::Opening))
    }
}

/// Whether mails that remind may go out: a working day, within working hours.
pub fn in_working_hours(calendar: &Calendar, hours: (Time, Time), now: Timestamp) -> bool {
    let z = now.to_zoned(zone());
    calendar.is_working_day(z.date()) && hours.0 <= z.time() && z.time() <= hours.1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::obligation::tests::at;
    use jiff::civil::date;

    #[test]
    fn the_latest_rung_counts_and_missed_ones_are_skipped() {
        let steps = Steps::default();
        let due = at("2026-06-15T10:00:00Z");
        let on = |day: &str| {
            let now = at(&format!("{day}T02:00:00Z"));
            steps.due(&Calendar::default(), date(2026, 1, 1), due, now)
        };
        assert_eq!(on("2026-06-12"), Some(Step::Before(1)));
        assert_eq!(on("2026-06-14"), Some(Step::Before(1)));
        assert_eq!(on("2026-06-16"), Some(Step::Late(1)));
        assert_eq!(on("2026-06-22"), Some(Step::Late(1)));
        assert_eq!(on("2026-06-23"), Some(Step::Late(2)));
        assert_eq!(on("2026-07-01"), Some(Step::Escalation));
    }

    #[test]
    fn the_leader_is_written_to_when_the_unit_was_told_some_days_before() {
        let usual = Steps::default();
        let close = Steps {
            late_after: 11,
            ..Steps::default()
        };
        let one = Steps {
            late_every: 100,
            ..Steps::default()
        };
        let due = date(2026, 6, 15);
        let june = |day: i8| date(2026, 6, day);
        let july = |day: i8| date(2026, 7, day);
        /// Ladder, when the unit was told, when the next reminders leave, the day; and the step.
        type Case<'s> = (&'s Steps, Option<Date>, Date, Date, Step);
        let cases: [Case<'_>; 10] = [
            // It was followed from its beginning.
            (&usual, Some(june(16)), july(1), july(1), Step::Escalation),
            // Nobody was told: it begins with the last reminder before that letter.
            (&usual, None, july(1), july(1), Step::Late(3)),
            (&usual, None, july(31), july(31), Step::Late(3)),
            // Five working days after Wednesday the first are Wednesday the eighth.
            (&usual, Some(july(1)), july(7), july(7), Step::Late(3)),
            (&usual, Some(july(1)), july(8), july(8), Step::Escalation),
            // Looking ahead, what lies ahead will have left on its day …
            (&usual, None, june(1), july(1), Step::Escalation),
            // … or with the next ones, where its day is over.
            (&usual, None, june(29), july(1), Step::Late(3)),
            (&usual, None, june(29), july(6), Step::Escalation),
            // A ladder that leaves one day between them.
            (&close, Some(june(30)), july(1), july(1), Step::Escalation),
            (&one, Some(july(1)), july(2), july(2), Step::Late(1)),
        ];
        for (steps, told, at_hand, today, wanted) in cases {
            let step = steps.before_the_leader(&Calendar::default(), due, told, at_hand, today);
            assert_eq!(step, wanted, "{told:?} {at_hand} {today}");
        }
    }

    #[test]
    fn nothing_late_is_said_before_the_hour_of_the_deadline() {
        let steps = Steps::default();
        let due = at("2026-06-15T10:00:00Z");
        let opens = date(2026, 1, 1);
        assert_eq!(
            steps.due(&Calendar::default(), opens, due, at("2026-06-15T10:00:00Z")),
            Some(Step::Before(1))
        );
        assert_eq!(
            steps.due(&Calendar::default(), opens, due, at("2026-06-15T10:00:01Z")),
            None
        );
    }

    #[test]
    fn working_hours_end_on_days_off() {
        let hours = (Time::constant(7, 30, 0, 0), Time::constant(17, 0, 0, 0));
        let c = Calendar::default();
        assert!(in_working_hours(&c, hours, at("2026-06-15T01:00:00Z")));
        assert!(!in_working_hours(&c, hours, at("2026-06-15T11:00:00Z")));
        assert!(!in_working_hours(&c, hours, at("2026-06-14T01:00:00Z")));
    }
}
