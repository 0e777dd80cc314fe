//! That the command in a mail has changed what one of staff had decided.

use anyhow::{Context, Result};
use minijinja::context;

use super::Composed;
use super::answer::{Reply, answer};
use crate::config::Config;
use crate::domain::owed::Kind;
use crate::domain::row::MessageId;
use crate::store::Store;
use crate::writing::Draft;

/// That the command in a mail has changed what one of staff had decided.
pub(super) fn letter(
    config: &Config,
    store: &Store,
    message: MessageId,
    address: &str,
) -> Result<Composed> {
    let command = store.command_in(message)?;
    let command = command.context("the command is gone")?;
    if !config.settings.digest_to.iter().any(|s| s == address) {
        let why = "it is no longer the address of staff";
        return Ok(Composed::Dropped(why.into()));
    }
    let undone = match command.correction {
        Some(row) => store.correction(row)?.is_none_or(|c| c.undone_by.is_some()),
        None => true,
    };
    if undone {
        return Ok(Composed::Dropped("it was taken back".into()));
    }
    let reply = Reply {
        to: address,
        subject: "",
        thread: vec![],
    };
    let draft = draft(config, reply, &command.who, &command.outcome)?;
    Ok(Composed::Ready(draft))
}

/// The word to one of staff that a colleague has changed what he had decided. `who`: the colleague; `outcome`: what became
/// of his command.
///
/// # Errors
/// When the template fails.
fn draft(config: &Config, reply: Reply<'_>, who: &str, outcome: &str) -> Result<Draft> {
    let values = context! { who, outcome };
    answer(config, Kind::DecidedAnew, reply, values)
}
