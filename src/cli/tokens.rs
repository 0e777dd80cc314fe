//! `tokens`: the codes by which staff command.

use anyhow::Result;
use clap::Subcommand;

use super::corrections::by;
use super::{Session, say};
use crate::correct;
use crate::store::Store;

#[derive(Debug, Subcommand)]
pub(super) enum Tokens {
    /// Make another key: no link or code that was sent so far holds any more, as after a digest got into wrong hands
    Renew,
}

pub(super) fn run(session: &Session, command: &Tokens) -> Result<()> {
    let config = session.config()?;
    let now = session.now();
    match command {
        Tokens::Renew => {
            let store = Store::open(&config.settings.data, now)?;
            correct::renew_tokens(&store, &by(), now)?;
            say(
                "the links and codes of all mails so far hold no more; the next digest has new ones",
            )?;
        }
    }
    Ok(())
}
