//! Which digests were made, so that each of staff gets exactly one a day.

use anyhow::Result;
use jiff::Timestamp;
use jiff::civil::Date;
use rusqlite::{OptionalExtension, params};

use super::said;
use super::{OutgoingState, Store, instant, parsed};
use crate::domain::row::OutboxId;

/// The digest that was made last, and what became of its mails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastDigest {
    /// Its day (Vietnam).
    pub day: Date,
    /// When the first one was made of those that staff have not got since they got one; itself, where they got it.
    pub waits_since: Timestamp,
    /// The mail of each of staff.
    pub mails: Vec<DigestMail>,
}

/// What became of the digest for one of staff.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DigestMail {
    /// How it stands.
    pub state: OutgoingState,
    /// Why it was not sent.
    pub error: Option<String>,
}

impl Store {
    /// The digest that was made last.
    pub fn last_digest(&self) -> Result<Option<LastDigest>> {
        let last = self
            .conn
            .query_row(
                "SELECT day, coalesce(
                     (SELECT min(until) FROM digest_day WHERE day > coalesce(
                         (SELECT m.day FROM digest_mail m CROSS JOIN outbox o ON o.id = m.outbox WHERE o.state = 'sent'
                          ORDER BY m.day DESC LIMIT 1), '')),
                     until) AS waits_since
                 FROM digest_day ORDER BY day DESC LIMIT 1",
                [],
                |r| Ok((parsed::<Date>(r, "day")?, parsed(r, "waits_since")?)),
            )
            .optional()?;
        let Some((day, waits_since)) = last else {
            return Ok(None);
        };
        let mut statement = self.conn.prepare_cached(
            "SELECT o.state, o.error FROM digest_mail m JOIN outbox o ON o.id = m.outbox
             WHERE m.day = ?1 ORDER BY m.address",
        )?;
        let mails = statement.query_map([day.to_string()], |r| {
            Ok(DigestMail {
                state: r.get("state")?,
                error: r.get("error")?,
            })
        })?;
        Ok(Some(LastDigest {
            day,
            waits_since,
            mails: mails.collect::<rusqlite::Result<_>>()?,
        }))
    }

    /// Notes the digest of a day (Vietnam) with the span of time it tells of.
    pub fn record_digest(&self, day: Date, since: Timestamp, until: Timestamp) -> Result<()> {
        self.conn.execute(
            "INSERT INTO digest_day (day, since, until) VALUES (?1, ?2, ?3)",
            params![day.to_string(), instant(since), instant(until)],
        )?;
        Ok(())
    }

    /// Notes the mail that brings the digest of a day to one of staff.
    pub(crate) fn record_digest_mail(
        &self,
        day: Date,
        address: &str,
        outbox: OutboxId,
    ) -> Result<()> {
        self.conn.execute(
            "INSERT INTO digest_mail (day, address, outbox) VALUES (?1, ?2, ?3)",
            params![day.to_string(), address, outbox],
        )?;
        Ok(())
    }

    /// The addresses for which there is a mail with the digest of a day; an empty one stands for all of staff.
    pub(crate) fn digest_addresses(&self, day: Date) -> Result<Vec<String>> {
        let sql = "SELECT address FROM digest_mail WHERE day = ?1";
        let mut statement = self.conn.prepare_cached(sql)?;
        let rows = statement.query_map([day.to_string()], |r| r.get(0))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// The digests from a day on that reached somebody of staff, oldest first: the day of each, and the moment of which it
    /// tells.
    pub(crate) fn digests_that_reached_staff(&self, since: Date) -> Result<Vec<(Date, Timestamp)>> {
        let mut statement = self.conn.prepare_cached(
            "SELECT d.day, d.until FROM digest_day d WHERE d.day >= ?1 AND EXISTS (
                 SELECT 1 FROM digest_mail m JOIN outbox o ON o.id = m.outbox
                 WHERE m.day = d.day AND o.state = 'sent')
             ORDER BY d.day",
        )?;
        let rows = statement.query_map([since.to_string()], |r| {
            Ok((parsed(r, "day")?, parsed(r, "until")?))
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// The span of time that the digest of a day tells of, if it was made.
    pub(crate) fn digest_span(&self, day: Date) -> Result<Option<(Timestamp, Timestamp)>> {
        Ok(self
            .conn
            .query_row(
                "SELECT since, until FROM digest_day WHERE day = ?1",
                [day.to_string()],
                |r| Ok((parsed(r, "since")?, parsed(r, "until")?)),
            )
            .optional()?)
    }

    /// Up to when the last digest before a day told that an address got, or may have got; that anybody of staff did, where
    /// none is named.
    pub(crate) fn last_digest_before(
        &self,
        day: Date,
        address: Option<&str>,
    ) -> Result<Option<Timestamp>> {
        Ok(self
            .conn
            .query_row(
                "SELECT d.until FROM digest_day d
                     JOIN digest_mail m ON m.day = d.day JOIN outbox o ON o.id = m.outbox
                 WHERE d.day < ?1 AND o.state IN ('sending', 'sent', 'unknown') AND (?2 IS NULL OR m.address IN (?2, ''))
                 ORDER BY d.day DESC LIMIT 1",
                params![day.to_string(), address],
                |r| parsed(r, "until"),
            )
            .optional()?)
    }

    /// Drops the digests of the days before one that wait still: what they have to tell is told by the one of that day.
    pub(crate) fn drop_waiting_digests(&self, before: Date, now: Timestamp) -> Result<()> {
        let why = said::told_by_the_digest_of(before);
        self.conn.execute(
            "UPDATE outbox SET state = 'dropped', error = ?2, ended_at = ?3
             WHERE state = 'queued' AND id IN (SELECT outbox FROM digest_mail WHERE day < ?1)",
            params![before.to_string(), why, instant(now)],
        )?;
        Ok(())
    }
}
