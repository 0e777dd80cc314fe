//! Stores what was decided about a mail with all that follows from it, in one transaction.

use anyhow::{Context, Result, bail};
use jiff::{SignedDuration, Timestamp};

use super::decide::{Decision, decide};
use super::facts::{self, units_meant};
use super::files::{self, Keeping};
use super::filing::{Filing, written};
use super::read::Read;
use super::{Answers, Books, Tools, arrival, holding};
use crate::archive::Archive;
use crate::domain::date_of;
use crate::domain::owed::Owed;
use crate::domain::row::{MessageId, ObligationId};
use crate::domain::unit::UnitId;
use crate::matching::Item;
use crate::reading::worker::{NotAsSaid, Outcome, Reader};
use crate::reading::{Class, Reading, Reason, Unread};
use crate::store::{Hold, Message, MessageState, NewMail, NewSubmission, Store};

/// Older mails are logged but no longer acknowledged: the unit would wonder what it is about.
const ACKNOWLEDGED_WITHIN: SignedDuration = SignedDuration::from_hours(24 * 30);

/// Decides on a mail that was read and stores all that follows, in one transaction; gives why it stays unread, where its
/// files cannot be stored. What a power cut undoes of it is decided anew: the mail lies in the archive, unread.
pub(super) fn settle(
    tools: &mut Tools<'_>,
    filing: &mut Filing<'_>,
    message: &Message,
    read: Read,
    answers: Answers,
    now: Timestamp,
) -> Result<Option<String>> {
    let mut reading = read.reading;
    let mut decision = decide(&facts::of(tools.books, message, &reading, now)?);
    let mut keeping = match files::of_mail(
        tools.books.config,
        tools.books.store,
        &reading,
        decision.verdict.state,
        now,
    )? {
        Keeping::Now if read.before => Keeping::Later, // they are still in it
        keeping => keeping,
    };
    let mut kept = Vec::new();
    if keeping != Keeping::Now {
        files::discard(tools.reader, &reading);
    } else if let Err(e) = written(tools.archive, tools.reader, &reading).map(|files| kept = files)
    {
        let why = format!("{e:#}");
        if !matches!(e.downcast_ref(), Some(NotAsSaid::Untrue(_))) {
            tracing::error!(message = %message.id, why, "a mail stays unread");
            return Ok(Some(why));
        }
        // The files were there just now: somebody else stands behind the reading process.
        tracing::error!(
            message = %message.id,
            why,
            "the files of a mail were replaced"
        );
        tools.reader.distrust();
        reading = without_files(reading, why);
        decision = decide(&facts::of(tools.books, message, &reading, now)?);
        keeping = Keeping::InTheMail;
    }
    if decision.awaited.suspicious {
        tools.reader.distrust();
    }
    let holds = holds(
        tools.books,
        message,
        &reading,
        read.raw.is_some(),
        &mut decision,
        now,
    )?;
    tracing::info!(
        message = %message.id,
        class = reading.class.word(),
        state = decision.verdict.state.word(),
        unit = decision.verdict.unit.as_ref().map(|u| u.0.as_str()),
        "read a mail"
    );
    tools.books.store.unhurried(|s| {
        s.set_reading(message.id, &reading)?;
        if keeping == Keeping::Now {
            s.add_unpacked(date_of(now), files::bytes_of(&reading))?;
        }
        s.set_verdict(message.id, &decision.verdict)?;
        s.set_awaited(message.id, &decision.awaited)?;
        s.set_holds(message.id, &holds)?;
        record_bounce(s, &tools.books.config.settings.digest_to, message, &reading)?;
        for brought in &decision.logged {
            if let Some(obligation) = brought.place.taken(s)? {
                let submission = submission(message, &reading, &brought.item, obligation);
                s.log_submission(&submission, now)?;
            }
        }
        if answers == Answers::Yes {
            let arrived = arrival::word(tools.books, message, &reading, &decision, now)?;
            for owed in decision.answer.iter().chain(&arrived) {
                let letter = NewMail {
                    owed: owed.clone(),
                    unit: decision.verdict.unit.clone(),
                    message: Some(message.id),
                };
                s.owe(&letter, now)?;
            }
        }
        Ok(())
    })?;
    filing.add(message.id, kept);
    Ok(None)
}

/// What is left of a reading whose files are not what it said of them.
fn without_files(reading: Reading, how: String) -> Reading {
    let why = Unread::NotAsSaid { how };
    Reading {
        class: Class::Unreadable,
        no_answer: true,
        attachments: vec![],
        reasons: vec![Reason::Unread(why.clone())],
        unread: Some(why),
        ..reading
    }
}

/// What a mail that waits holds until it is decided on. Units that its own words mean are added to those whose it may be.
fn holds(
    books: Books<'_>,
    message: &Message,
    reading: &Reading,
    is_there: bool,
    decision: &mut Decision,
    now: Timestamp,
) -> Result<Vec<Hold>> {
    if decision.verdict.state != MessageState::Waiting {
        return Ok(vec![]);
    }
    let meant = units_meant(books, reading, message.received_at)?;
    let found = decision.found.as_ref();
    let holds = match is_there {
        false => holding::of_nameless(books.config, now),
        true => holding::of(books, reading, &meant, found, message.received_at, now)?,
    };
    let known = &mut decision.verdict.candidates;
    // Two documents with the same head mean one unit.
    for unit in meant {
        if !known.contains(&unit) {
            known.push(unit);
        }
    }
    Ok(holds)
}

/// Notes of a mail of ours that came back which of its addresses it did not reach. Others' mails are none of ours, and
/// what anybody may have written is not believed.
fn record_bounce(
    store: &Store,
    staff: &[String],
    message: &Message,
    reading: &Reading,
) -> Result<()> {
    let Some(bounce) = reading.believed_bounce() else {
        return Ok(());
    };
    let Some(original) = &bounce.original_message_id else {
        return Ok(());
    };
    let Some(mail) = store.sent_as(original)? else {
        return Ok(());
    };
    let status = bounce.status.as_deref();
    for address in mail.recipients.iter().map(|a| a.to_lowercase()) {
        let only = bounce.recipients.is_empty() && mail.recipients.len() == 1;
        let named = only || bounce.recipients.contains(&address);
        // The digest goes to staff in any case.
        if named && !staff.contains(&address) {
            store.record_bounce(&address, bounce.kind, status, mail.id, message.received_at)?;
        }
    }
    Ok(())
}

/// Whether a mail may be answered by a machine.
pub fn may_acknowledge(reading: &Reading, received_at: Timestamp, now: Timestamp) -> bool {
    !reading.no_answer && now.duration_since(received_at) <= ACKNOWLEDGED_WITHIN
}

/// A submission out of what a mail brought.
pub fn submission(
    message: &Message,
    reading: &Reading,
    item: &Item,
    obligation: ObligationId,
) -> NewSubmission {
    NewSubmission {
        obligation,
        message: Some(message.id),
        // Nothing was received after it was stored here, whatever the server's clock says.
        received_at: message.received_at.min(message.stored_at),
        forms: item.forms,
        nil_return: item.nil_return,
        number: item
            .files
            .iter()
            .find_map(|i| reading.attachments.get(*i)?.number.clone()),
        files: item.files.clone(),
    }
}

/// The acknowledgement of what a mail brought.
pub fn acknowledgement(message: MessageId, unit: Option<&UnitId>) -> NewMail {
    NewMail {
        owed: Owed::Acknowledgement(message),
        unit: unit.cloned(),
        message: Some(message),
    }
}

/// Takes the files of a mail out of it again and puts them into the archive.
///
/// # Errors
/// When the archive does not hold the mail whole, or the disk fails.
pub async fn take_out_files(
    store: &Store,
    archive: &Archive,
    reader: &mut Reader,
    message: MessageId,
) -> Result<()> {
    let message = store.message(message)?.context("there is no such mail")?;
    let sha256 = message.sha256.context("it was not fetched")?;
    let raw = archive.get(sha256).await?;
    match reader.read(&raw).await {
        Outcome::Read(reading) => {
            archive.keep(written(archive, reader, &reading)?).await?;
            store.set_kept(message.id)
        }
        Outcome::MailFails(why) => bail!(why),
        Outcome::NoRoom(why) | Outcome::MachineFails(why) => bail!(why),
    }
}
