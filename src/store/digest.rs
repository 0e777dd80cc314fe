//! Which digests were made, so that there is exactly one a day.

use anyhow::Result;
use jiff::Timestamp;
use jiff::civil::Date;
use rusqlite::{OptionalExtension, params};

use super::{OutgoingState, Store, parsed};

/// The digest that was made last, and what became of its mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastDigest {
    /// Its day (Vietnam).
    pub day: Date,
    /// When it was made.
    pub made_at: Timestamp,
    /// What became of its mail.
    pub state: OutgoingState,
    /// Why it was not sent.
    pub error: Option<String>,
}

impl Store {
    /// The digest that was made last.
    pub fn last_digest(&self) -> Result<Option<LastDigest>> {
        Ok(self
            .conn
            .query_row(
                "SELECT d.day, d.until, m.state, m.error FROM digest d JOIN outbox m ON m.id = d.outbox
                 ORDER BY d.day DESC LIMIT 1",
                [],
                |r| {
                    Ok(LastDigest {
                        day: parsed(r, "day")?,
                        made_at: parsed(r, "until")?,
                        state: r.get("state")?,
                        error: r.get("error")?,
                    })
                },
            )
            .optional()?)
    }

    /// Notes the digest of a day (Vietnam) with the span of time it tells of.
    pub fn record_digest(
        &self,
        day: Date,
        since: Timestamp,
        until: Timestamp,
        outbox: i64,
    ) -> Result<()> {
        self.conn.execute(
            "INSERT INTO digest (day, since, until, outbox) VALUES (?1, ?2, ?3, ?4)",
            params![
                day.to_string(),
                since.to_string(),
                until.to_string(),
                outbox
            ],
        )?;
        Ok(())
    }

    /// The span of time that the digest of a day tells of, if it was made.
    pub fn digest_span(&self, day: Date) -> Result<Option<(Timestamp, Timestamp)>> {
        Ok(self
            .conn
            .query_row(
                "SELECT since, until FROM digest WHERE day = ?1",
                [day.to_string()],
                |r| Ok((parsed(r, "since")?, parsed(r, "until")?)),
            )
            .optional()?)
    }

    /// Up to when the last digest before a day told.
    pub fn last_digest_before(&self, day: Date) -> Result<Option<Timestamp>> {
        Ok(self
            .conn
            .query_row(
                "SELECT until FROM digest WHERE day < ?1 ORDER BY day DESC LIMIT 1",
                [day.to_string()],
                |r| parsed(r, "until"),
            )
            .optional()?)
    }
}
