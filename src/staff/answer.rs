//! What staff are told of a command, and how.

use anyhow::Result;
use jiff::Timestamp;
use jiff::civil::Time;
use minijinja::context;

use crate::collect::Books;
use crate::commands::ANSWERS_A_DAY;
use crate::commands::decided::Decided;
use crate::config::Config;
use crate::domain::owed::Owed;
use crate::domain::row::{ChangeId, MessageId};
use crate::domain::why::Why;
use crate::domain::{date_of, instant};
use crate::reading::Reading;
use crate::store::{Message, MessageState, NewMail, StaffCommand, Store, Told, Verdict};
use crate::writing::say;

/// What became of a command.
pub(super) struct Outcome {
    /// In words for staff.
    pub said: String,
    /// The token that it meant.
    pub meant: Option<String>,
    /// The token that it used up.
    pub token: Option<String>,
    /// What it changed.
    pub correction: Option<ChangeId>,
}

impl Outcome {
    pub(super) fn refused(why: String) -> Outcome {
        Outcome {
            said: why,
            meant: None,
            token: None,
            correction: None,
        }
    }

    /// Notes it as that of the command in a mail.
    pub(super) fn record(
        &self,
        store: &Store,
        message: &Message,
        who: &str,
        told: Told,
        now: Timestamp,
    ) -> Result<()> {
        store.set_verdict(message.id, &verdict(MessageState::Noted, &self.said))?;
        let command = StaffCommand {
            message: message.id,
            who: who.to_owned(),
            meant: self.meant.clone(),
            told,
            token: self.token.clone(),
            outcome: self.said.clone(),
            correction: self.correction,
        };
        store.record_command(&command, now)
    }
}

/// Tells whoever sent a command what became of it, within the cap of a day.
pub(super) fn answer(
    books: Books<'_>,
    message: &Message,
    reading: &Reading,
    mut outcome: Outcome,
    now: Timestamp,
) -> Result<()> {
    let who = reading.sender.as_ref().map_or("", |s| s.address.as_str());
    if reading.has_document() {
        let said = outcome.said;
        outcome.said = say(books.config, "document_not_logged", context! { said });
    }
    let told = how_told(books, who, &reading.body, &mut outcome, now)?;
    tracing::info!(
        message = %message.id,
        done = outcome.correction.is_some(),
        "a command of staff"
    );
    outcome.record(books.store, message, who, told, now)?;
    let (owed, answered) = match told {
        Told::Alone => (Owed::StaffAnswer(message.id), Some(message.id)),
        Told::Together => {
            let (day, address) = (date_of(now), who.to_owned());
            (Owed::StaffAnswers { day, address }, None)
        }
        Told::Not => return Ok(()),
    };
    owe(books.store, owed, answered, now)
}

/// Tells an address what became of a command in its name, beside the cap: whoever calls it has one of his own.
pub(super) fn answer_alone(
    store: &Store,
    message: &Message,
    who: &str,
    outcome: &Outcome,
    now: Timestamp,
) -> Result<()> {
    outcome.record(store, message, who, Told::Alone, now)?;
    let owed = Owed::StaffAnswer(message.id);
    owe(store, owed, Some(message.id), now)
}

/// Tells a colleague that somebody has changed what he had decided. Who decided by a command on the machine has no address.
pub(super) fn tell_the_first(
    config: &Config,
    store: &Store,
    message: &Message,
    decided: &Decided,
    now: Timestamp,
) -> Result<()> {
    if !config.settings.digest_to.contains(&decided.who) {
        return Ok(());
    }
    let owed = Owed::DecidedAnew {
        message: message.id,
        address: decided.who.clone(),
    };
    owe(store, owed, Some(message.id), now)
}

/// Owes a letter to staff, once.
pub(super) fn owe(
    store: &Store,
    owed: Owed,
    message: Option<MessageId>,
    now: Timestamp,
) -> Result<()> {
    let mail = NewMail {
        owed,
        unit: None,
        message,
    };
    store.owe(&mail, now)?;
    Ok(())
}

/// Leaves a mail of staff as it is, without an answer.
pub(super) fn leave(
    store: &Store,
    message: &Message,
    state: MessageState,
    why: &str,
) -> Result<()> {
    store.set_verdict(message.id, &verdict(state, why))
}

/// How one of staff is told what became of a command; the last one that is answered alone says that it is.
fn how_told(
    books: Books<'_>,
    who: &str,
    text: &str,
    outcome: &mut Outcome,
    now: Timestamp,
) -> Result<Told> {
    if let (Some(code), None) = (&outcome.meant, &outcome.token)
        && books.store.told_that_it_is_used(code, text)?
    {
        return Ok(Told::Not);
    }
    let midnight = instant(date_of(now), Time::midnight());
    let before = books.store.told_alone_since(who, midnight)?;
    if before + 1 == ANSWERS_A_DAY {
        let (said, most) = (&outcome.said, ANSWERS_A_DAY);
        outcome.said = say(books.config, "last_told_alone", context! { said, most });
    }
    Ok(match before < ANSWERS_A_DAY {
        true => Told::Alone,
        false => Told::Together,
    })
}

fn verdict(state: MessageState, why: &str) -> Verdict {
    Verdict {
        state,
        unit: None,
        candidates: vec![],
        why: vec![Why::said(why)],
    }
}
