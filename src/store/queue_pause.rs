//! Pauses of the whole queue, which outlive a restart.

use anyhow::Result;
use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, params};

use super::{Store, instant, parsed, parsed_option};

/// A time in which nothing is sent, because what is in the way is not about one mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueuePause {
    /// When it began.
    pub since: Timestamp,
    /// When it was last made longer: the last try.
    pub began: Timestamp,
    /// Until when.
    pub until: Timestamp,
    /// How often in a row something was in the way.
    pub times: u32,
    /// What.
    pub why: String,
    /// A trace of server, user and password then.
    pub way: String,
    /// When a mail left again.
    pub ended_at: Option<Timestamp>,
}

fn queue_pause(row: &Row<'_>) -> rusqlite::Result<QueuePause> {
    Ok(QueuePause {
        since: parsed(row, "since")?,
        began: parsed(row, "began")?,
        until: parsed(row, "until")?,
        times: row.get("times")?,
        why: row.get("why")?,
        way: row.get("way")?,
        ended_at: parsed_option(row, "ended_at")?,
    })
}

impl Store {
    /// Lets the queue wait until a moment; what is in the way again makes the pause longer.
    pub(crate) fn pause_queue(
        &self,
        now: Timestamp,
        until: Timestamp,
        why: &str,
        way: &str,
    ) -> Result<()> {
        let values = params![instant(now), instant(until), why, way];
        let longer = self.conn.execute(
            "UPDATE queue_pause SET began = ?1, until = ?2, times = times + 1, why = ?3, way = ?4 WHERE ended_at IS NULL",
            values,
        )?;
        if longer == 0 {
            self.conn.execute(
                "INSERT INTO queue_pause (since, began, until, times, why, way) VALUES (?1, ?1, ?2, 1, ?3, ?4)",
                values,
            )?;
        }
        Ok(())
    }

    /// Notes that a mail left again.
    pub(crate) fn resume_queue(&self, now: Timestamp) -> Result<()> {
        self.conn.execute(
            "UPDATE queue_pause SET ended_at = ?1 WHERE ended_at IS NULL",
            [instant(now)],
        )?;
        Ok(())
    }

    /// The pause that has not ended. Past its `until` the next mail decides whether it has.
    pub fn queue_pause(&self) -> Result<Option<QueuePause>> {
        Ok(self
            .conn
            .query_row(
                "SELECT * FROM queue_pause WHERE ended_at IS NULL",
                [],
                queue_pause,
            )
            .optional()?)
    }

    /// The pauses of a span of time, oldest first.
    pub(crate) fn queue_pauses_between(
        &self,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Vec<QueuePause>> {
        let mut statement = self.conn.prepare_cached(
            "SELECT * FROM queue_pause WHERE since <= ?2 AND (ended_at IS NULL OR ended_at > ?1) ORDER BY id",
        )?;
        let rows = statement.query_map([instant(from), instant(to)], queue_pause)?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}
