//! Who sent a mail, as far as the domain name system has to tell it: who is asked about first, and what becomes of a mail
//! about which nobody answered.
//!
//! Such a mail is put off: it stays unread, with what was read of it, and the next pass asks again, for a day. Until then
//! it holds the reminders of the units that it may be of, and nobody else's: else anybody with a silent server could stop
//! them all.

use anyhow::Result;
use jiff::Timestamp;

use super::decide::decide;
use super::facts::{self, units_meant};
use super::{Books, holding};
use crate::config::Config;
use crate::domain::why::Why;
use crate::reading::{Class, Reading, Trust};
use crate::store::{Message, MessageState, Verdict};
use crate::verify::{Belief, Finding, Verifier, belief};

/// Whose mails are read and asked about first; lower is earlier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rank {
    Staff,
    Unit,
    Stranger,
}

/// The turn of a mail, by what is known of it before it is read.
pub(super) fn rank(config: &Config, message: &Message) -> Rank {
    let staff = &config.settings.digest_to;
    if message.sender.as_ref().is_some_and(|s| staff.contains(s)) {
        Rank::Staff
    } else if message.unit.is_some() || !message.candidates.is_empty() {
        Rank::Unit
    } else {
        Rank::Stranger
    }
}

/// Whether the domain name system is asked about a mail. `reports`: about reports too, where the mailbox's server does not
/// tell who sent them.
///
/// About a command it is always asked: the head of a mail proves nothing where that server wrote nothing.
fn is_asked(class: Class, server: Trust, reports: bool) -> bool {
    match server {
        Trust::Fail => false,
        Trust::Pass => class == Class::StaffCommand,
        Trust::Unknown => class == Class::StaffCommand || class.is_personal() && reports,
    }
}

/// Asks who sent a mail, where that has to be asked, and notes the answer; gives whether the mail is put off.
pub(super) async fn verify(
    config: &Config,
    verifier: Option<&Verifier>,
    message: &Message,
    reading: &mut Reading,
    raw: &[u8],
    now: Timestamp,
) -> bool {
    let Some(sender) = reading.sender.as_ref().map(|s| s.address.clone()) else {
        return false;
    };
    let reports = config.settings.trust.dkim;
    if !is_asked(reading.class, reading.trust, reports) {
        return false;
    }
    let command = reading.class == Class::StaffCommand;
    let finding = match verifier {
        Some(verifier) => {
            let found = verifier.judge(raw, &sender, command).await;
            reading.chain.retain(|e| !e.of_dns);
            reading.chain.extend(found.chain);
            found.finding
        }
        None => Finding::Nothing,
    };
    match belief(finding, reading.trust, message.stored_at, now) {
        Belief::Judged(trust, why) => {
            if reading.trust != trust {
                // What was believed before is so no longer.
                for evidence in reading.chain.iter_mut().filter(|e| !e.of_dns) {
                    evidence.believed &= trust == Trust::Fail;
                }
            }
            reading.trust = trust;
            reading.no_answer |= trust == Trust::Fail;
            reading.doubt = why;
            false
        }
        Belief::PutOff => true,
    }
}

/// Keeps a mail for the next pass, with what was read of it. Its units are those that it would be of, and hold by it.
pub(super) fn put_off(
    books: Books<'_>,
    message: &Message,
    reading: &Reading,
    now: Timestamp,
) -> Result<()> {
    tracing::info!(
        message = %message.id,
        class = reading.class.word(),
        "a mail is put off: who sent it is not known yet"
    );
    let since = message.put_off.unwrap_or(now);
    if reading.class == Class::StaffCommand {
        return books.store.transaction(|s| {
            s.set_reading(message.id, reading)?;
            s.set_put_off(message.id, since)
        });
    }
    // The word of the server, if it gave one, is not the last one.
    let unverified = Reading {
        trust: Trust::Unknown,
        ..reading.clone()
    };
    let decision = decide(&facts::of(books, message, &unverified, now)?);
    let found = decision.found.as_ref();
    let holds = match decision.verdict.state {
        MessageState::Noted | MessageState::Duplicate | MessageState::Ignored => vec![],
        MessageState::Received | MessageState::Logged | MessageState::Waiting => {
            let meant = units_meant(books, &unverified, message.received_at)?;
            holding::of(books, &unverified, &meant, found, message.received_at, now)?
        }
    };
    let verdict = Verdict {
        state: MessageState::Received,
        unit: decision.verdict.unit,
        candidates: decision.verdict.candidates,
        why: vec![Why::NotVerifiedYet],
    };
    books.store.transaction(|s| {
        s.set_reading(message.id, reading)?;
        s.set_verdict(message.id, &verdict)?;
        s.set_awaited(message.id, &decision.awaited)?;
        s.set_holds(message.id, &holds)?;
        s.set_put_off(message.id, since)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_always_asked_about_and_a_report_where_nobody_told() {
        use Trust::{Fail, Pass, Unknown};
        for (class, server, reports, asked) in [
            (Class::StaffCommand, Pass, false, true),
            (Class::StaffCommand, Unknown, false, true),
            (Class::StaffCommand, Fail, true, false),
            (Class::Report, Unknown, true, true),
            (Class::Report, Unknown, false, false),
            (Class::Report, Pass, true, false),
            (Class::Report, Fail, true, false),
            (Class::NoAttachment, Unknown, true, true),
            (Class::Bulk, Unknown, true, false),
            (Class::Bounce, Unknown, true, false),
        ] {
            let said = is_asked(class, server, reports);
            assert_eq!(said, asked, "{class:?} {server:?} {reports}");
        }
    }
}
