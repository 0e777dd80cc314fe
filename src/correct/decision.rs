//! A unit is told what staff decided of it, and that it does not hold any more.

use anyhow::Result;
use jiff::Timestamp;

use crate::domain::decision::{About, Decision};
use crate::domain::owed::Owed;
use crate::domain::row::MessageId;
use crate::domain::unit::UnitId;
use crate::store::{Decided, NewMail, Store};

/// Writes a decision down, and owes the letter that tells a unit of it; `answers`: the mail that it answers.
pub(super) fn tell(
    s: &Store,
    decided: &Decided,
    unit: Option<&UnitId>,
    answers: Option<MessageId>,
    now: Timestamp,
) -> Result<()> {
    let row = s.decide(decided, now)?;
    let letter = NewMail {
        owed: Owed::Decided(row),
        unit: unit.cloned(),
        message: answers,
    };
    s.owe(&letter, now)?;
    Ok(())
}

/// Whoever was told of the last decision of a kind is told that it does not hold any more; a letter that has not left does
/// not leave (its own look at what holds tells).
pub(super) fn take_back(
    s: &Store,
    what: Decision,
    of: About,
    instead: Decision,
    now: Timestamp,
) -> Result<()> {
    let Some(row) = s.last_decision(what, of)? else {
        return Ok(());
    };
    correct_what_left(s, &Owed::Decided(row), instead, of, now)
}

/// Where a letter has left, another one says what holds instead.
pub(super) fn correct_what_left(
    s: &Store,
    told: &Owed,
    instead: Decision,
    of: About,
    now: Timestamp,
) -> Result<()> {
    let Some(told) = s.owed_as(told)? else {
        return Ok(());
    };
    if s.left(told.id)?.is_none() {
        return Ok(());
    }
    let decided = Decided {
        what: instead,
        of,
        words: String::new(),
    };
    tell(s, &decided, told.unit.as_ref(), told.message, now)
}
