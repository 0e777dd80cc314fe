//! What became of a command of staff, with the way back.

use anyhow::{Context, Result};
use jiff::Timestamp;
use minijinja::context;

use super::answer::{Reply, answer};
use super::{Composed, answered, reply_to};
use crate::config::Config;
use crate::domain::date_of;
use crate::domain::owed::Kind;
use crate::links::Links;
use crate::links::token::{Action, Item};
use crate::reading::Trust;
use crate::store::{Outgoing, StaffCommand, Store};
use crate::writing::Draft;

/// What became of a command of staff, with the way back.
pub(super) fn letter(
    config: &Config,
    store: &Store,
    mail: &Outgoing,
    now: Timestamp,
) -> Result<Composed> {
    let message = answered(store, mail)?;
    let command = store
        .command_in(message.id)?
        .context("the command is gone")?;
    let Some(reply) = reply_to(&message) else {
        return Ok(Composed::Dropped("the mail has no sender".into()));
    };
    let undo = undo(config, store, &command, reply.to, now)?;
    let nobody_vouches = message
        .reading
        .as_ref()
        .is_some_and(|r| r.trust != Trust::Pass);
    // Anybody may have written its subject.
    let reply = match nobody_vouches && command.token.is_none() {
        true => Reply {
            subject: "",
            ..reply
        },
        false => reply,
    };
    Ok(Composed::Ready(draft(
        config,
        reply,
        &command.outcome,
        undo.as_deref(),
    )?))
}

/// The token by which one of staff takes back what a command did, where that can be.
pub(super) fn undo(
    config: &Config,
    store: &Store,
    command: &StaffCommand,
    address: &str,
    now: Timestamp,
) -> Result<Option<String>> {
    let Some(row) = command.correction else {
        return Ok(None);
    };
    let made = store.correction(row)?;
    let reversible =
        made.is_some_and(|made| made.change.inverse.is_some() && made.undone_by.is_none());
    let mailbox = &config.settings.mailbox.address;
    let links = Links::of(store, mailbox, date_of(now), address)?.filter(|_| reversible);
    Ok(links.map(|links| links.token(Item::Change(row), Action::Undo)))
}

/// What staff are told of their command; `undo`: the token that takes it back.
///
/// # Errors
/// When the template fails.
fn draft(config: &Config, reply: Reply<'_>, outcome: &str, undo: Option<&str>) -> Result<Draft> {
    let values = context! {
        outcome,
        undo,
    };
    answer(config, Kind::StaffAnswer, reply, values)
}
