//! Mails owed to the world: queued → sending → sent, each under a key that makes it owed once.

use anyhow::Result;
use jiff::Timestamp;
use rusqlite::types::FromSqlError;
use rusqlite::{OptionalExtension, Row, params};

use super::{Store, json, parsed, stored_as_words};
use crate::domain::unit::UnitId;
use crate::writing::{Draft, Kind};

/// How a mail stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutgoingState {
    /// Waits to be sent.
    Queued,
    /// Was being handed over when last heard of: its fate is unknown until it is looked up.
    Sending,
    /// The server took it.
    Sent,
    /// The server refused it for good.
    Failed,
    /// No longer owed when its turn came.
    Dropped,
    /// Perhaps sent, and nowhere to look it up: not sent again.
    Unknown,
}

stored_as_words!(OutgoingState {
    Queued = "queued",
    Sending = "sending",
    Sent = "sent",
    Failed = "failed",
    Dropped = "dropped",
    Unknown = "unknown",
});

/// Whether a unit was reminded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepTaken {
    /// No mail left.
    No,
    /// One did, and came back from every address.
    CameBack,
    /// Yes.
    Yes,
}

/// A mail that is owed.
#[derive(Clone, Debug)]
pub struct NewMail {
    /// What makes it owed once: `ack:17`, `digest:2026-06-15` …
    pub key: String,
    /// What it is.
    pub kind: Kind,
    /// To which unit.
    pub unit: Option<UnitId>,
    /// The mail that it answers.
    pub message: Option<i64>,
}

impl NewMail {
    /// Whether it answers what a unit sent, as against what a person asks for.
    fn answers_what_came(&self) -> bool {
        match self.kind {
            Kind::Acknowledgement => true,
            Kind::Notice => self.key.starts_with("link:") || self.key.starts_with("parent:"),
            Kind::Digest
            | Kind::Opening
            | Kind::ReminderBefore
            | Kind::ReminderLate
            | Kind::Escalation => false,
        }
    }
}

/// A mail in the outbox.
#[derive(Clone, Debug)]
pub struct Outgoing {
    /// Row.
    pub id: i64,
    /// What makes it owed once.
    pub key: String,
    /// What it is.
    pub kind: Kind,
    /// To which unit.
    pub unit: Option<UnitId>,
    /// The mail that it answers.
    pub message: Option<i64>,
    /// How it stands.
    pub state: OutgoingState,
    /// How often it was tried.
    pub tries: u32,
    /// Its Message-ID, known from the moment it is being sent.
    pub message_id: Option<String>,
    /// To whom it went.
    pub recipients: Vec<String>,
    /// Its subject, known from the moment it is being sent.
    pub subject: Option<String>,
    /// The mail as it left, in the archive.
    pub raw: Option<String>,
    /// What went wrong.
    pub error: Option<String>,
}

const COLUMNS: &str =
    "id, key, kind, unit, message, state, tries, message_id, recipients, subject, raw, error";

fn outgoing(row: &Row<'_>) -> rusqlite::Result<Outgoing> {
    Ok(Outgoing {
        id: row.get("id")?,
        key: row.get("key")?,
        kind: parsed(row, "kind")?,
        unit: row.get::<_, Option<String>>("unit")?.map(UnitId),
        message: row.get("message")?,
        state: row.get("state")?,
        tries: row.get("tries")?,
        message_id: row.get("message_id")?,
        recipients: json(row, "recipients")?,
        subject: row.get("subject")?,
        raw: row.get("raw")?,
        error: row.get("error")?,
    })
}

impl Store {
    /// Queues a mail unless its key is taken; gives its row if it is new. An answer that may have been given before the
    /// store was laid out from a backup is left to staff instead.
    pub fn owe(&self, mail: &NewMail, now: Timestamp) -> Result<Option<i64>> {
        let n = self.conn.execute(
            "INSERT INTO outbox (key, kind, unit, message, priority, state, queued_at, next_try)
             VALUES (?1, ?2, ?3, ?4, ?5, 'queued', ?6, ?6) ON CONFLICT DO NOTHING",
            params![
                mail.key,
                mail.kind.word(),
                mail.unit.as_ref().map(|u| &u.0),
                mail.message,
                mail.kind.priority(),
                now.to_string()
            ],
        )?;
        let row = (n > 0).then(|| self.conn.last_insert_rowid());
        // What a person asks for now, such as a return, is none of this.
        if let (Some(row), Some(message)) = (row, mail.message)
            && mail.answers_what_came()
            && self.perhaps_answered_mail(message)?
        {
            self.leave_to_staff(row - 1, now)?;
        }
        Ok(row)
    }

    /// Whether a key is taken.
    pub fn is_owed(&self, key: &str) -> Result<bool> {
        Ok(self.conn.query_row(
            "SELECT EXISTS (SELECT 1 FROM outbox WHERE key = ?1)",
            [key],
            |r| r.get(0),
        )?)
    }

    /// Queued mails whose time has come, the most important first.
    pub fn queue(&self, now: Timestamp) -> Result<Vec<Outgoing>> {
        self.outgoing(
            "state = 'queued' AND next_try <= ?1 ORDER BY priority, id",
            [now.to_string()],
        )
    }

    /// Mails whose fate is unknown.
    pub fn in_doubt(&self) -> Result<Vec<Outgoing>> {
        self.outgoing("state = 'sending' ORDER BY id", [])
    }

    /// Mails that ended from one moment up to, not including, another: what leaves in the same round as a digest
    /// leaves after it was composed, and belongs into the next one.
    pub fn ended_between(&self, from: Timestamp, before: Timestamp) -> Result<Vec<Outgoing>> {
        self.outgoing(
            "ended_at >= ?1 AND ended_at < ?2 ORDER BY id",
            [from.to_string(), before.to_string()],
        )
    }

    /// A mail of ours by its Message-ID.
    pub fn sent_as(&self, message_id: &str) -> Result<Option<Outgoing>> {
        Ok(self.outgoing("message_id = ?1", [message_id])?.pop())
    }

    fn outgoing(&self, condition: &str, values: impl rusqlite::Params) -> Result<Vec<Outgoing>> {
        let sql = format!("SELECT {COLUMNS} FROM outbox WHERE {condition}");
        let mut statement = self.conn.prepare_cached(&sql)?;
        let rows = statement.query_map(values, outgoing)?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Notes that a mail is about to be handed over, with all that is needed to look it up afterwards. `raw`: its copy in
    /// the archive, if there is one.
    pub fn start_sending(
        &self,
        id: i64,
        draft: &Draft,
        message_id: &str,
        raw: Option<&str>,
    ) -> Result<()> {
        self.conn.execute(
            "UPDATE outbox SET state = 'sending', kind = ?2, message_id = ?3, recipients = ?4,
                               subject = ?5, raw = ?6
             WHERE id = ?1",
            params![
                id,
                draft.kind.word(),
                message_id,
                serde_json::to_string(&draft.recipients())?,
                draft.subject,
                raw
            ],
        )?;
        Ok(())
    }

    /// The reminder of a unit that waits to be sent.
    pub fn queued_reminder(&self, unit: &UnitId) -> Result<Option<i64>> {
        Ok(self
            .conn
            .query_row(
                "SELECT id FROM outbox WHERE unit = ?1 AND state = 'queued' AND key LIKE 'remind:%'",
                [&unit.0],
                |r| r.get(0),
            )
            .optional()?)
    }

    /// Whether a unit was sent a reminder at a moment or after it.
    pub fn reminded_since(&self, unit: &UnitId, from: Timestamp) -> Result<bool> {
        Ok(self.conn.query_row(
            "SELECT EXISTS (
                 SELECT 1 FROM outbox
                 WHERE unit = ?1 AND key LIKE 'remind:%'
                   AND (state = 'sending' OR state IN ('sent', 'unknown') AND ended_at >= ?2))",
            params![unit.0, from.to_string()],
            |r| r.get(0),
        )?)
    }

    /// Notes how sending a mail ended.
    pub fn end_sending(
        &self,
        id: i64,
        state: OutgoingState,
        error: Option<&str>,
        now: Timestamp,
    ) -> Result<()> {
        self.conn.execute(
            "UPDATE outbox SET state = ?2, error = ?3, ended_at = ?4 WHERE id = ?1",
            params![id, state, error, now.to_string()],
        )?;
        Ok(())
    }

    /// Puts a mail that was tried in vain back into the queue, to be tried again at a moment.
    pub fn defer(&self, id: i64, at: Timestamp, why: &str) -> Result<()> {
        self.conn.execute(
            "UPDATE outbox SET state = 'queued', tries = tries + 1, next_try = ?2, error = ?3 WHERE id = ?1",
            params![id, at.to_string(), why],
        )?;
        Ok(())
    }

    /// Puts a mail back into the queue, to be looked at again at a moment.
    pub fn try_again(&self, id: i64, at: Timestamp, error: &str) -> Result<()> {
        self.conn.execute(
            "UPDATE outbox SET state = 'queued', next_try = ?2, error = ?3 WHERE id = ?1",
            params![id, at.to_string(), error],
        )?;
        Ok(())
    }

    /// How many mails left (or may have left) after a moment.
    pub fn sent_since(&self, after: Timestamp) -> Result<u32> {
        Ok(self.conn.query_row(
            "SELECT count(*) FROM outbox WHERE state IN ('sent', 'unknown', 'sending')
             AND coalesce(ended_at, queued_at) > ?1",
            [after.to_string()],
            |r| r.get(0),
        )?)
    }

    /// How many mails of any kind an address was sent after a moment.
    pub fn sent_to_since(&self, address: &str, after: Timestamp) -> Result<u32> {
        Ok(self.conn.query_row(
            "SELECT count(*) FROM outbox
             WHERE state IN ('sent', 'unknown', 'sending') AND coalesce(ended_at, queued_at) > ?1
               AND EXISTS (SELECT 1 FROM json_each(recipients) WHERE value = ?2)",
            [after.to_string(), address.to_owned()],
            |r| r.get(0),
        )?)
    }

    /// Whether an address (lower case) was told since a moment that a mail of it has arrived, or is to be.
    pub fn told_of_arrival_since(&self, address: &str, since: Timestamp) -> Result<bool> {
        Ok(self.conn.query_row(
            "SELECT EXISTS (
                 SELECT 1 FROM message m JOIN outbox o ON o.message = m.id
                 WHERE m.sender = ?1 AND o.key LIKE 'arrived:%' AND o.queued_at >= ?2
                   AND o.state NOT IN ('dropped', 'failed'))",
            [address, &since.to_string()],
            |r| r.get(0),
        )?)
    }

    /// How many mails wait.
    pub fn queue_length(&self) -> Result<u32> {
        Ok(self.conn.query_row(
            "SELECT count(*) FROM outbox WHERE state IN ('queued', 'sending')",
            [],
            |r| r.get(0),
        )?)
    }

    /// Notes which step towards which deadline of an obligation a mail carries, in place of one that did not leave or
    /// came back.
    pub fn take_step(
        &self,
        obligation: i64,
        step: &str,
        due: Timestamp,
        outbox: i64,
    ) -> Result<()> {
        self.conn.execute(
            "INSERT INTO reminder (obligation, step, due, outbox) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT DO UPDATE SET outbox = excluded.outbox",
            params![obligation, step, due.to_string(), outbox],
        )?;
        Ok(())
    }

    /// Whether a step towards a deadline of an obligation was taken: by a mail that left and did not come back for good
    /// from all that it was for. What waits, was dropped or refused reminded nobody.
    pub fn step_taken(&self, obligation: i64, step: &str, due: Timestamp) -> Result<StepTaken> {
        let came_back = self
            .conn
            .prepare_cached(
                "SELECT m.recipients <> '[]' AND NOT EXISTS (
                     SELECT 1 FROM json_each(m.recipients) a WHERE NOT EXISTS (
                         SELECT 1 FROM contact_bounce b
                         WHERE b.outbox = m.id AND b.address = lower(a.value)
                           AND b.kind = 'hard' AND b.reset_at IS NULL))
                 FROM reminder r JOIN outbox m ON m.id = r.outbox
                 WHERE r.obligation = ?1 AND r.step = ?2 AND r.due = ?3
                   AND m.state IN ('sending', 'sent', 'unknown')",
            )?
            .query_row(params![obligation, step, due.to_string()], |r| r.get(0))
            .optional()?;
        Ok(match came_back {
            None => StepTaken::No,
            Some(true) => StepTaken::CameBack,
            Some(false) => StepTaken::Yes,
        })
    }

    /// The obligations and steps that a mail carries.
    pub fn steps_of(&self, outbox: i64) -> Result<Vec<(i64, String)>> {
        let mut statement = self.conn.prepare_cached(
            "SELECT obligation, step FROM reminder WHERE outbox = ?1 ORDER BY obligation",
        )?;
        let rows = statement.query_map([outbox], |r| Ok((r.get(0)?, r.get(1)?)))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// When reminders of an obligation went out, oldest first.
    pub fn reminders_of(&self, obligation: i64) -> Result<Vec<(Timestamp, String)>> {
        let mut statement = self.conn.prepare_cached(
            "SELECT m.ended_at, r.step FROM reminder r JOIN outbox m ON m.id = r.outbox
             WHERE r.obligation = ?1 AND m.state IN ('sent', 'unknown') ORDER BY m.ended_at",
        )?;
        let rows =
            statement.query_map([obligation], |r| Ok((parsed(r, "ended_at")?, r.get(1)?)))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}
