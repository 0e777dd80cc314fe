//! Recipients for whom a mail that left was not taken at once: it goes to them alone.

use anyhow::Result;
use jiff::Timestamp;
use rusqlite::params;

use super::{OutgoingState, Store, instant, parsed};
use crate::domain::row::OutboxId;

/// A recipient who still waits for a mail that left.
#[derive(Clone, Debug)]
pub struct Rest {
    /// The mail.
    pub outbox: OutboxId,
    /// To whom.
    pub address: String,
    /// How it stands.
    pub state: OutgoingState,
    /// Since when it waits.
    pub since: Timestamp,
    /// How often it was tried.
    pub tries: u32,
    /// What was said last.
    pub error: String,
}

impl Store {
    /// Notes for whom a mail that is being handed over was not taken for now.
    pub(crate) fn owe_rest(
        &self,
        outbox: OutboxId,
        address: &str,
        at: Timestamp,
        why: &str,
        now: Timestamp,
    ) -> Result<()> {
        self.conn.execute(
            "INSERT INTO outbox_rest (outbox, address, state, since, next_try, error) VALUES (?1, ?2, 'queued', ?3, ?4, ?5)
             ON CONFLICT DO UPDATE SET state = 'queued', next_try = excluded.next_try, error = excluded.error, ended_at = NULL",
            params![outbox, address, instant(now), instant(at), why],
        )?;
        Ok(())
    }

    /// Forgets for whom it was not taken before: it is handed over anew, to all.
    pub(crate) fn drop_rests(&self, outbox: OutboxId, now: Timestamp) -> Result<()> {
        self.conn.execute(
            "UPDATE outbox_rest SET state = 'dropped', ended_at = ?2 WHERE outbox = ?1 AND state = 'queued'",
            params![outbox, instant(now)],
        )?;
        Ok(())
    }

    /// Whose turn has come.
    pub fn rests(&self, now: Timestamp) -> Result<Vec<Rest>> {
        self.rests_where(
            "r.state = 'queued' AND m.state = 'sent' AND r.next_try <= ?1",
            [instant(now)],
        )
    }

    /// Those that ended in a span of time other than well, and those that have waited since before a moment.
    pub(crate) fn rests_to_tell(
        &self,
        (from, before): (Timestamp, Timestamp),
        waiting_since: Timestamp,
    ) -> Result<Vec<Rest>> {
        self.rests_where(
            "r.state IN ('failed', 'unknown') AND r.ended_at >= ?1 AND r.ended_at < ?2
             OR r.state = 'queued' AND m.state = 'sent' AND r.since <= ?3",
            [from, before, waiting_since].map(instant),
        )
    }

    fn rests_where(&self, condition: &str, values: impl rusqlite::Params) -> Result<Vec<Rest>> {
        let sql = format!(
            "SELECT r.outbox, r.address, r.state, r.since, r.tries, r.error
             FROM outbox_rest r JOIN outbox m ON m.id = r.outbox WHERE {condition} ORDER BY r.outbox, r.address"
        );
        let mut statement = self.conn.prepare_cached(&sql)?;
        let rows = statement.query_map(values, |row| {
            Ok(Rest {
                outbox: row.get("outbox")?,
                address: row.get("address")?,
                state: row.get("state")?,
                since: parsed(row, "since")?,
                tries: row.get("tries")?,
                error: row.get("error")?,
            })
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Notes that the mail is about to be handed over for one recipient.
    pub(crate) fn start_rest(&self, rest: &Rest) -> Result<()> {
        self.conn.execute(
            "UPDATE outbox_rest SET state = 'sending' WHERE outbox = ?1 AND address = ?2",
            params![rest.outbox, rest.address],
        )?;
        Ok(())
    }

    /// Notes that it was tried in vain.
    pub(crate) fn defer_rest(&self, rest: &Rest, at: Timestamp, why: &str) -> Result<()> {
        self.conn.execute(
            "UPDATE outbox_rest SET state = 'queued', tries = tries + 1, next_try = ?3, error = ?4
             WHERE outbox = ?1 AND address = ?2",
            params![rest.outbox, rest.address, instant(at), why],
        )?;
        Ok(())
    }

    /// Notes how it ended.
    pub(crate) fn end_rest(
        &self,
        rest: &Rest,
        state: OutgoingState,
        why: &str,
        now: Timestamp,
    ) -> Result<()> {
        self.conn.execute(
            "UPDATE outbox_rest SET state = ?3, error = ?4, ended_at = ?5 WHERE outbox = ?1 AND address = ?2",
            params![rest.outbox, rest.address, state, why, instant(now)],
        )?;
        Ok(())
    }

    /// Those that were being handed over when something broke are not tried again blindly.
    pub(crate) fn end_broken_rests(&self, why: &str, now: Timestamp) -> Result<()> {
        self.conn.execute(
            "UPDATE outbox_rest SET state = 'unknown', error = ?1, ended_at = ?2 WHERE state = 'sending'",
            [why, &instant(now)],
        )?;
        Ok(())
    }
}
