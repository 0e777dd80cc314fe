//! Which digests were made, so that there is exactly one a day.

use anyhow::Result;
use jiff::Timestamp;
use jiff::civil::Date;
use rusqlite::{OptionalExtension, params};

use super::{OutgoingState, Store, parsed};
use crate::domain::vietnamese_date;

/// The digest that was made last, and what became of its mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastDigest {
    /// Its day (Vietnam).
    pub day: Date,
    /// When the first one was made of those that staff have not got since they got one; itself, where they got it.
    pub waits_since: Timestamp,
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
                "SELECT d.day, m.state, m.error, coalesce(
                     (SELECT min(until) FROM digest WHERE day > coalesce(
                         (SELECT max(e.day) FROM digest e JOIN outbox n ON n.id = e.outbox WHERE n.state = 'sent'), '')),
                     d.until) AS waits_since
                 FROM digest d JOIN outbox m ON m.id = d.outbox ORDER BY d.day DESC LIMIT 1",
                [],
                |r| {
                    Ok(LastDigest {
                        day: parsed(r, "day")?,
                        waits_since: parsed(r, "waits_since")?,
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

    /// Up to when the last digest before a day told that staff got, or may have got.
    pub fn last_digest_before(&self, day: Date) -> Result<Option<Timestamp>> {
        Ok(self
            .conn
            .query_row(
                "SELECT d.until FROM digest d JOIN outbox m ON m.id = d.outbox
                 WHERE d.day < ?1 AND m.state IN ('sending', 'sent', 'unknown') ORDER BY d.day DESC LIMIT 1",
                [day.to_string()],
                |r| parsed(r, "until"),
            )
            .optional()?)
    }

    /// Drops the digests of the days before one that wait still: what they have to tell is told by the one of that day.
    pub fn drop_waiting_digests(&self, before: Date, now: Timestamp) -> Result<()> {
        let why = format!(
            "bản tin ngày {} nói cả những việc này",
            vietnamese_date(before)
        );
        self.conn.execute(
            "UPDATE outbox SET state = 'dropped', error = ?2, ended_at = ?3
             WHERE state = 'queued' AND id IN (SELECT outbox FROM digest WHERE day < ?1)",
            params![before.to_string(), why, now.to_string()],
        )?;
        Ok(())
    }
}
