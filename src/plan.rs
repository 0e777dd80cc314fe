//! The second pass: store and calendar → mails owed.

mod digest;
mod reminders;

use anyhow::Result;
use jiff::civil::Time;
use jiff::{Timestamp, ToSpan};

use crate::config::Config;
use crate::domain::{date_of, instant};
use crate::expected;
use crate::page;
use crate::standing;
use crate::store::{Part, Store};

pub use reminders::owe_reminders;

/// Decides what is owed at a moment and queues it; with a digest the page for a browser is written anew.
pub fn pass(config: &Config, store: &Store, now: Timestamp) -> Result<()> {
    if store.clock_is_doubted()? {
        return Ok(());
    }
    expected::expect(config, store, now)?;
    store.transaction(|store| {
        owe_reminders(config, store, now)?;
        note_holds(config, store, now)?;
        digest::owe(config, store, now)
    })?;
    page::publish(config, store, now)
}

/// Notes whether mails that wait keep so many units from being reminded that somebody should know at once.
fn note_holds(config: &Config, store: &Store, now: Timestamp) -> Result<()> {
    match standing::many_held(config, store, now)? {
        Some(many) => store.failed(Part::Holds, now, &many),
        None => store.succeeded(Part::Holds, now),
    }
}

/// The next moment at which this pass may owe something, for the daemon's timer.
pub(crate) fn next_moment(config: &Config, now: Timestamp) -> Timestamp {
    let schedule = &config.settings.schedule;
    let today = date_of(now);
    let tomorrow = today.saturating_add(1.day());
    [today, tomorrow]
        .into_iter()
        .flat_map(|d| {
            [
                instant(d, schedule.digest_at),
                instant(d, schedule.work_hours.0),
            ]
        })
        .filter(|t| *t > now)
        .min()
        .unwrap_or_else(|| instant(tomorrow, Time::midnight()))
}
