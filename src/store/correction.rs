//! Changes by people: who, when, what, before and after.

use anyhow::Result;
use jiff::Timestamp;
use rusqlite::params;

use super::Store;

/// A change by a person.
#[derive(Clone, Debug)]
pub struct Correction {
    /// Who made it.
    pub who: String,
    /// The command.
    pub command: String,
    /// What it was made to.
    pub subject: String,
    /// How it stood before.
    pub before: String,
    /// How it stands after.
    pub after: String,
}

impl Store {
    /// Writes a change into the log.
    pub fn log_correction(&self, c: &Correction, now: Timestamp) -> Result<()> {
        self.conn.execute(
            "INSERT INTO correction (at, who, command, subject, before, after) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![now.to_string(), c.who, c.command, c.subject, c.before, c.after],
        )?;
        Ok(())
    }
}
