//! How many mails a day may leave, and for what: who makes us answer much keeps no unit from being reminded, and no
//! command of staff from being answered. Pure.

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
            Kind::StaffAnswer | Kind::StaffAnswers | Kind::DecidedAnew | Kind::Confirmation => {
                Pot::Staff
            }
            Kind::Returned | Kind::Reminder(_) => Pot::Calendar,
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
    /// Counts mails that left.
    pub(super) fn add(&mut self, pot: Pot, mails: u32) {
        match pot {
            Pot::Digest => {}
            Pot::Staff => self.staff += mails,
            Pot::Calendar => self.calendar += mails,
            Pot::Answers => self.answers += mails,
        }
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
        | Kind::StaffAnswer
        | Kind::StaffAnswers
        | Kind::DecidedAnew
        | Kind::Confirmation
        | Kind::Digest
        | Kind::Reminder(_) => Turn::Now,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::reminder::Urgency;

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
