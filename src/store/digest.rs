//! Which digests were made, so that there is exactly one a day.

use anyhow::Result;
use jiff::Timestamp;
use jiff::civil::Date;
use rusqlite::{OptionalExtension, params};

use super::{Store, parsed};

impl Store {
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
