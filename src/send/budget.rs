//! How many mails a day may leave, and for what: who makes us answer much keeps no unit from being reminded, and no
//! command of staff from being answered. Pure.

use std::collections::{HashMap, VecDeque};

use jiff::{SignedDuration, Timestamp};

use crate::domain::owed::Kind;

/// What a mail is counted against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pot {
    /// The digest, which always leaves.
    Digest,
    /// Answers to staff, and what they are asked to confirm.
    Staff,
    /// Letters that the calendar or a decision of staff asks for: openings, reminders, escalations, returns.
    Calendar,
    /// Answers to what units and others send: how many there are is up to whoever sends.
    Answers,
}

impl Pot {
    /// The pot of a kind of mail.
    pub(super) fn of(kind: Kind) -> Pot {
        match kind {
            Kind::Digest => Pot::Digest,
            Kind::StaffAnswer
            | Kind::StaffAnswers
            | Kind::DecidedAnew
            | Kind::Confirmation
            | Kind::InquiryAnswer => Pot::Staff,
            Kind::Returned
            | Kind::Extended
            | Kind::ExtensionWithdrawn
            | Kind::Decided
            | Kind::Reminder(_) => Pot::Calendar,
            Kind::Acknowledgement | Kind::Arrived | Kind::LinkOnly | Kind::Grassroots => {
                Pot::Answers
            }
        }
    }
}

/// How many mails left in the last 24 hours, by pot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Spent {
    staff: u32,
    calendar: u32,
    answers: u32,
}

impl Spent {
    /// Where mails of a pot are counted.
    fn of(&mut self, pot: Pot) -> Option<&mut u32> {
        match pot {
            Pot::Digest => None,
            Pot::Staff => Some(&mut self.staff),
            Pot::Calendar => Some(&mut self.calendar),
            Pot::Answers => Some(&mut self.answers),
        }
    }

    /// Counts mails that left.
    fn add(&mut self, pot: Pot, mails: u32) {
        self.of(pot).into_iter().for_each(|n| *n += mails);
    }

    /// Counts one no more.
    fn take_away(&mut self, pot: Pot) {
        self.of(pot).into_iter().for_each(|n| *n -= 1);
    }

    /// Whether one more mail may leave within a day's limit of mails to units. Answers leave half of it to the
    /// calendar; the calendar may take what answers leave. Staff's answers are a fifth of it, beside it.
    pub(super) fn has_room(&self, pot: Pot, limit: u32) -> bool {
        let to_units = self.calendar + self.answers;
        match pot {
            Pot::Digest => true,
            Pot::Staff => self.staff < limit.div_ceil(5),
            Pot::Calendar => to_units < limit,
            Pot::Answers => to_units < limit && self.answers < limit - limit.div_ceil(2),
        }
    }
}

/// What left in the last 24 hours, as far as budgets go.
#[derive(Clone, Debug, Default)]
pub(super) struct Lately {
    /// The oldest first.
    left: VecDeque<(Timestamp, Pot, Vec<String>)>,
    spent: Spent,
    to: HashMap<String, u32>,
}

impl Lately {
    /// Counts a mail that left at a moment, after those before.
    pub(super) fn add(&mut self, at: Timestamp, pot: Pot, recipients: Vec<String>) {
        self.spent.add(pot, 1);
        for address in &recipients {
            *self.to.entry(address.clone()).or_default() += 1;
        }
        self.left.push_back((at, pot, recipients));
    }

    /// Counts no more what left a day and longer before a moment.
    pub(super) fn forget(&mut self, now: Timestamp) {
        let day_ago = now - SignedDuration::from_hours(24);
        while self.left.front().is_some_and(|(at, ..)| *at <= day_ago) {
            let Some((_, pot, recipients)) = self.left.pop_front() else {
                return;
            };
            self.spent.take_away(pot);
            for address in recipients {
                self.to.entry(address).and_modify(|n| *n -= 1);
            }
        }
    }

    /// How many mails left.
    pub(super) fn spent(&self) -> Spent {
        self.spent
    }

    /// How many mails of any kind an address was sent.
    pub(super) fn to(&self, address: &str) -> u32 {
        self.to.get(address).copied().unwrap_or_default()
    }
}

/// How many answers of one kind a unit gets by themselves on one day.
const MOST_ANSWERS: u32 = 3;

/// What becomes of an answer to what a unit sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// It leaves.
    Now,
    /// It is told together with others the next morning.
    Together,
    /// The unit was told the same often enough today.
    ToldAlready,
}

/// What becomes of an answer. `told`: how many of its kind the unit got today; `put_off`: whether it was put off before,
/// and its morning has come.
pub(super) fn turn_of(kind: Kind, told: u32, put_off: bool) -> Turn {
    match kind {
        _ if put_off || told < MOST_ANSWERS => Turn::Now,
        Kind::Acknowledgement => Turn::Together,
        Kind::LinkOnly => Turn::ToldAlready,
        // At most once a unit or a day by itself, or what staff or the calendar say.
        Kind::Arrived
        | Kind::Grassroots
        | Kind::Returned
        | Kind::Extended
        | Kind::ExtensionWithdrawn
        | Kind::Decided
        | Kind::StaffAnswer
        | Kind::StaffAnswers
        | Kind::DecidedAnew
        | Kind::Confirmation
        | Kind::InquiryAnswer
        | Kind::Digest
        | Kind::Reminder(_) => Turn::Now,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::reminder::Urgency;

    #[test]
    fn what_left_a_day_ago_counts_no_more() {
        let at = |hour: i64| Timestamp::UNIX_EPOCH + SignedDuration::from_hours(hour);
        let mut lately = Lately::default();
        for (hour, pot, to) in [
            (0, Pot::Answers, "a"),
            (1, Pot::Digest, "s"),
            (2, Pot::Calendar, "a"),
        ] {
            lately.add(at(hour), pot, vec![to.to_owned(), "leader".to_owned()]);
        }
        let told = |l: &Lately| {
            (
                l.spent().answers,
                l.spent().calendar,
                l.to("a"),
                l.to("leader"),
            )
        };
        assert_eq!(told(&lately), (1, 1, 2, 3));
        lately.forget(at(24));
        assert_eq!(told(&lately), (0, 1, 1, 2), "a whole day is over");
        lately.forget(at(25));
        lately.forget(at(25));
        assert_eq!(told(&lately), (0, 1, 1, 1));
        lately.forget(at(26));
        assert_eq!(told(&lately), (0, 0, 0, 0));
        assert_eq!(lately.to("s"), 0);
    }

    #[test]
    fn answers_leave_half_of_the_day_to_the_calendar_and_staff_have_their_own() {
        let all = [Pot::Digest, Pot::Staff, Pot::Calendar, Pot::Answers];
        //                     staff, calendar, answers      who may still send, of 300
        let cases: [(u32, u32, u32, &[Pot]); 8] = [
            (0, 0, 0, &all),
            (0, 0, 149, &all),
            (0, 0, 150, &[Pot::Digest, Pot::Staff, Pot::Calendar]),
            (0, 149, 150, &[Pot::Digest, Pot::Staff, Pot::Calendar]),
            (0, 150, 150, &[Pot::Digest, Pot::Staff]),
            (0, 299, 0, &all),
            (0, 300, 0, &[Pot::Digest, Pot::Staff]),
            (60, 0, 0, &[Pot::Digest, Pot::Calendar, Pot::Answers]),
        ];
        for (staff, calendar, answers, may) in cases {
            let spent = Spent {
                staff,
                calendar,
                answers,
            };
            for pot in all {
                let wanted = may.contains(&pot);
                assert_eq!(spent.has_room(pot, 300), wanted, "{pot:?} after {spent:?}");
            }
        }
        // The smallest limit is for the calendar.
        let none = Spent::default();
        assert!(none.has_room(Pot::Calendar, 1) && none.has_room(Pot::Staff, 1));
        assert!(!none.has_room(Pot::Answers, 1));
    }

    #[test]
    fn a_unit_gets_three_answers_of_a_kind_a_day_and_what_was_put_off_leaves_on_its_morning() {
        for (kind, told, put_off, turn) in [
            (Kind::Acknowledgement, 0, false, Turn::Now),
            (Kind::Acknowledgement, 2, false, Turn::Now),
            (Kind::Acknowledgement, 3, false, Turn::Together),
            (Kind::Acknowledgement, 30, false, Turn::Together),
            (Kind::Acknowledgement, 30, true, Turn::Now),
            (Kind::LinkOnly, 2, false, Turn::Now),
            (Kind::LinkOnly, 3, false, Turn::ToldAlready),
            (Kind::Returned, 30, false, Turn::Now),
            (Kind::Reminder(Urgency::Late), 30, false, Turn::Now),
        ] {
            let got = turn_of(kind, told, put_off);
            assert_eq!(got, turn, "{kind:?} {told} {put_off}");
        }
    }
}
