//! `clock`: whether the machine's clock is right, as a person sees it.

use anyhow::Result;
use clap::Subcommand;

use super::corrections::by;
use super::{Session, say};
use crate::correct;
use crate::domain::zone;
use crate::store::{Part, Store};

#[derive(Debug, Subcommand)]
pub(super) enum Clock {
    /// Say that the clock is right, whatever spoke against it: reminders and the digest go on
    Accept,
}

pub(super) fn run(session: &Session, command: &Clock) -> Result<()> {
    let config = session.config()?;
    let now = session.now();
    match command {
        Clock::Accept => {
            let store = Store::open(&config.settings.data, now)?;
            if let Some(why) = store.health(Part::Clock)?.failing() {
                say(why)?;
            }
            correct::accept_clock(&store, &by(), now)?;
            say(format!(
                "{} is taken for right; what is decided by date goes on with the next round",
                now.to_zoned(zone()).strftime("%Y-%m-%d %H:%M %z")
            ))?;
        }
    }
    Ok(())
}
