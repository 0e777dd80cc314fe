//! The short word to the sender of a report that waits for staff: that it has arrived and is looked at.

use anyhow::Result;
use jiff::Timestamp;
use jiff::civil::Time;

use super::Books;
use super::decide::Decision;
use super::record::may_acknowledge;
use crate::commands::sent_already;
use crate::domain::owed::Owed;
use crate::domain::{date_of, instant};
use crate::reading::{Class, Reading, Trust};
use crate::store::{Message, MessageState};

/// What decides whether a sender is told.
#[derive(Clone, Copy, Debug)]
struct Facts {
    /// Whether staff have to decide on the mail.
    waits: bool,
    /// Whether it brings a report, or may: a file, a link, that there is nothing to report, that it was sent before, an
    /// answer to what we asked for.
    brings: bool,
    /// Whether a machine may answer it: a person's mail, lately received, with a sender.
    answerable: bool,
    /// Whether its sender looks like somebody it is not.
    suspicious: bool,
    /// Whether its sender is one of staff.
    from_staff: bool,
    trust: Trust,
    /// Whether its address is registered for a unit, or was taught.
    known_address: bool,
    /// Whether the head of one of its documents is a unit's.
    head_names_a_unit: bool,
    /// Whether another letter answers it.
    answered: bool,
    /// Whether its address was told today of another one.
    told_today: bool,
}

/// Whether the sender is told that the mail has arrived.
fn may_tell_arrival(f: &Facts) -> bool {
    let known = match f.trust {
        Trust::Pass => f.known_address || f.head_names_a_unit,
        Trust::Unknown => f.known_address,
        Trust::Fail => false,
    };
    let welcome = f.waits && f.brings && f.answerable && known;
    welcome && !f.suspicious && !f.from_staff && !f.answered && !f.told_today
}

/// The word that is owed to the sender of a mail, if any.
pub(super) fn word(
    books: Books<'_>,
    message: &Message,
    reading: &Reading,
    decision: &Decision,
    now: Timestamp,
) -> Result<Option<Owed>> {
    let Some(sender) = reading.sender.as_ref().map(|s| s.address.as_str()) else {
        return Ok(None);
    };
    let waits = decision.verdict.state == MessageState::Waiting;
    if !waits {
        return Ok(None); // most mails: the rest need not be looked up
    }
    let day = date_of(message.received_at);
    let register = &books.config.register;
    let midnight = instant(date_of(now), Time::midnight());
    let facts = Facts {
        waits,
        brings: reading.class == Class::Report
            || reading.class == Class::LinkOnly
            || sent_already::is_said(reading)
            || !books.store.asked(reading)?.is_empty()
            || !decision.awaited.reports.is_empty(),
        answerable: reading.class.is_personal()
            && may_acknowledge(reading, message.received_at, now),
        suspicious: decision.awaited.suspicious,
        from_staff: books.config.settings.digest_to.iter().any(|a| a == sender),
        trust: reading.trust,
        known_address: !register.bearers(sender, day).is_empty()
            || !books.store.learned_units(sender)?.is_empty(),
        head_names_a_unit: !books.matcher(day).units_of_heads(reading).is_empty(),
        answered: decision.answer.is_some(),
        told_today: books.store.told_of_arrival_since(sender, midnight)?,
    };
    Ok(may_tell_arrival(&facts).then_some(Owed::Arrived(message.id)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_known_is_told_once_a_day_and_nobody_else() {
        let unit = Facts {
            waits: true,
            brings: true,
            answerable: true,
            suspicious: false,
            from_staff: false,
            trust: Trust::Unknown,
            known_address: true,
            head_names_a_unit: false,
            answered: false,
            told_today: false,
        };
        let stranger = Facts {
            known_address: false,
            head_names_a_unit: true,
            trust: Trust::Pass,
            ..unit
        };
        type Change = fn(&mut Facts);
        let cases: [(&str, Facts, Change, bool); 16] = [
            ("a unit", unit, |_| {}, true),
            ("a verified unit", unit, |f| f.trust = Trust::Pass, true),
            ("a forged unit", unit, |f| f.trust = Trust::Fail, false),
            (
                "a verified stranger with a unit's document",
                stranger,
                |_| {},
                true,
            ),
            ("a stranger", stranger, |f| f.trust = Trust::Unknown, false),
            (
                "a forged stranger",
                stranger,
                |f| f.trust = Trust::Fail,
                false,
            ),
            (
                "no unit's document",
                stranger,
                |f| f.head_names_a_unit = false,
                false,
            ),
            ("an imitation", unit, |f| f.suspicious = true, false),
            (
                "a verified imitation",
                stranger,
                |f| f.suspicious = true,
                false,
            ),
            ("a machine or list", unit, |f| f.answerable = false, false),
            ("a mere question", unit, |f| f.brings = false, false),
            ("staff", unit, |f| f.from_staff = true, false),
            ("told of a link", unit, |f| f.answered = true, false),
            ("told today", unit, |f| f.told_today = true, false),
            (
                "told today, a stranger",
                stranger,
                |f| f.told_today = true,
                false,
            ),
            ("logged", unit, |f| f.waits = false, false),
        ];
        for (what, mut facts, change, wanted) in cases {
            change(&mut facts);
            assert_eq!(may_tell_arrival(&facts), wanted, "{what}");
        }
    }
}
