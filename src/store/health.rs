//! The last success and failure of each thing that can fail, and what was fetched today.

use anyhow::Result;
use jiff::Timestamp;
use jiff::civil::Date;
use rusqlite::{OptionalExtension, params};

use super::{Store, parsed_option};

/// A part of the service that can fail on its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Part {
    /// Looking through the mailbox.
    Mailbox,
    /// Fetching within the day's budget.
    Download,
    /// The child process that reads mails.
    Reading,
    /// Handing mails over.
    Transport,
}

impl Part {
    /// The word in the store.
    pub fn word(self) -> &'static str {
        match self {
            Part::Mailbox => "mailbox",
            Part::Download => "download",
            Part::Reading => "reading",
            Part::Transport => "transport",
        }
    }
}

/// How a part of the service fared last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Health {
    /// The last time it worked.
    pub success_at: Option<Timestamp>,
    /// The last time it failed.
    pub failure_at: Option<Timestamp>,
    /// Why.
    pub failure: Option<String>,
}

impl Health {
    /// The last failure, if nothing succeeded after it.
    pub fn failing(&self) -> Option<&str> {
        (self.failure_at > self.success_at)
            .then_some(self.failure.as_deref())
            .flatten()
    }
}

impl Store {
    /// Notes that a part worked.
    pub fn succeeded(&self, part: Part, at: Timestamp) -> Result<()> {
        self.conn.execute(
            "INSERT INTO health (part, success_at) VALUES (?1, ?2)
             ON CONFLICT (part) DO UPDATE SET success_at = excluded.success_at",
            params![part.word(), at.to_string()],
        )?;
        Ok(())
    }

    /// Notes that a part failed, and why.
    pub fn failed(&self, part: Part, at: Timestamp, why: &str) -> Result<()> {
        self.conn.execute(
            "INSERT INTO health (part, failure_at, failure) VALUES (?1, ?2, ?3)
             ON CONFLICT (part) DO UPDATE SET failure_at = excluded.failure_at, failure = excluded.failure",
            params![part.word(), at.to_string(), why],
        )?;
        Ok(())
    }

    /// How a part fared last.
    pub fn health(&self, part: Part) -> Result<Health> {
        Ok(self
            .conn
            .query_row(
                "SELECT success_at, failure_at, failure FROM health WHERE part = ?1",
                [part.word()],
                |r| {
                    Ok(Health {
                        success_at: parsed_option(r, "success_at")?,
                        failure_at: parsed_option(r, "failure_at")?,
                        failure: r.get("failure")?,
                    })
                },
            )
            .optional()?
            .unwrap_or_default())
    }

    /// Adds to the bytes fetched on a day (Vietnam).
    pub fn add_fetched(&self, day: Date, bytes: u64) -> Result<()> {
        self.conn.execute(
            "INSERT INTO traffic (day, fetched) VALUES (?1, ?2)
             ON CONFLICT (day) DO UPDATE SET fetched = fetched + excluded.fetched",
            params![day.to_string(), bytes as i64],
        )?;
        Ok(())
    }

    /// The bytes fetched on a day (Vietnam).
    pub fn fetched(&self, day: Date) -> Result<u64> {
        let bytes: Option<i64> = self
            .conn
            .query_row(
                "SELECT fetched FROM traffic WHERE day = ?1",
                [day.to_string()],
                |r| r.get(0),
            )
            .optional()?;
        Ok(bytes.unwrap_or(0) as u64)
    }
}
