//! Whether staff sent a command; nothing once that is settled.

use anyhow::Result;
use jiff::Timestamp;
use minijinja::{Value, context};
use serde::Serialize;

use super::answer::{Reply, answer};
use super::{Composed, answered, reply_to};
use crate::commands;
use crate::config::Config;
use crate::domain::owed::Kind;
use crate::domain::{date_of, vietnamese_moment};
use crate::links::Links;
use crate::reading::Trust;
use crate::store::{MessageState, Outgoing, Store};
use crate::writing::Draft;

/// Whether staff sent a command; nothing once that is settled.
pub(super) fn letter(
    config: &Config,
    store: &Store,
    mail: &Outgoing,
    now: Timestamp,
) -> Result<Composed> {
    let dropped = |why: &str| Ok(Composed::Dropped(why.into()));
    let message = answered(store, mail)?;
    if message.state != MessageState::Waiting {
        return dropped("the command is settled");
    }
    let (Some(reading), Some(reply)) = (&message.reading, reply_to(&message)) else {
        return dropped("the mail was not read");
    };
    if !config.settings.digest_to.iter().any(|a| a == reply.to) {
        return dropped("the address is no longer one of staff");
    }
    let address = &config.settings.mailbox.address;
    let Some(links) = Links::of(store, address, date_of(now), reply.to)? else {
        return dropped("the store has no key of commands");
    };
    // Anybody may have written the mail: what would be done is told, not what it says.
    let question = commands::question(config, store, &message, reading, date_of(now))?;
    let Some(question) = question else {
        return dropped("the command can no longer be carried out");
    };
    let asks = Confirmation {
        effect: question.effect,
        decided: question.decided,
        verified: reading.trust == Trust::Pass,
        received: vietnamese_moment(message.received_at),
        token: links.confirmation(message.id),
    };
    Ok(Composed::Ready(draft(config, reply, asks)?))
}

/// What staff are asked to confirm.
#[derive(Debug, Serialize)]
struct Confirmation {
    /// What the command would do.
    effect: String,
    /// What a colleague has decided on the same thing; a sentence without its stop.
    decided: Option<String>,
    /// Whether it is known who sent the command.
    verified: bool,
    /// When it came, in words.
    received: String,
    /// By which a reply carries it out.
    token: String,
}

/// The question to staff whether they sent a command: what it would do, and the token that a reply carries it out by.
///
/// # Errors
/// When the template fails.
fn draft(config: &Config, reply: Reply<'_>, asks: Confirmation) -> Result<Draft> {
    let values = context! {
        mailbox => config.settings.mailbox.address,
        address => reply.to,
        ..Value::from_serialize(asks)
    };
    answer(config, Kind::Confirmation, reply, values)
}
