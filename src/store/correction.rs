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

    /// All changes, newest first.
    pub fn corrections(&self) -> Result<Vec<(String, Correction)>> {
        let mut statement = self.conn.prepare_cached(
            "SELECT at, who, command, subject, before, after FROM correction ORDER BY id DESC",
        )?;
        let rows = statement.query_map([], |r| {
            Ok((
                r.get(0)?,
                Correction {
                    who: r.get(1)?,
                    command: r.get(2)?,
                    subject: r.get(3)?,
                    before: r.get(4)?,
                    after: r.get(5)?,
                },
            ))
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}
