//! Mails owed to the world: queued → sending → sent, each under a key that makes it owed once.

use anyhow::Result;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use rusqlite::types::FromSqlError;
use rusqlite::{OptionalExtension, Row, params};

use super::{Store, instant, json, kinds_where, parsed, parsed_option, stored_as_words};
use crate::domain::owed::{Kind, Owed};
use crate::domain::reminder::Step;
use crate::domain::row::{MessageId, ObligationId, OutboxId};
use crate::domain::unit::UnitId;
use crate::ground::Sha256;
use crate::writing::Draft;

/// For how long a mail may be tried in vain before staff are told of it; relays give up then.
pub const DEFERRED_FOR_LONG: SignedDuration = SignedDuration::from_hours(5 * 24);

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

/// A step towards a deadline that was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StepLeft {
    /// Which.
    pub step: Step,
    /// When its mail left, or may have.
    pub at: Timestamp,
    /// Whether that came back from every address.
    pub came_back: bool,
}

/// A mail that is owed.
#[derive(Clone, Debug)]
pub struct NewMail {
    /// What is owed, once.
    pub owed: Owed,
    /// To which unit.
    pub unit: Option<UnitId>,
    /// The mail that it answers.
    pub message: Option<MessageId>,
}

/// A mail that left, or may have left.
#[derive(Clone, Debug)]
pub struct Left {
    /// When.
    pub at: Timestamp,
    /// What it was.
    pub kind: Kind,
    /// To whom it went.
    pub recipients: Vec<String>,
}

/// A mail in the outbox.
#[derive(Clone, Debug)]
pub struct Outgoing {
    /// Row.
    pub id: OutboxId,
    /// What is owed.
    pub owed: Owed,
    /// To which unit.
    pub unit: Option<UnitId>,
    /// The mail that it answers.
    pub message: Option<MessageId>,
    /// How it stands.
    pub state: OutgoingState,
    /// How often it was tried.
    pub tries: u32,
    /// Its Message-ID, known from the moment it is being sent.
    pub message_id: Option<String>,
    /// To whom it goes, known from the moment it is tried.
    pub recipients: Vec<String>,
    /// Its subject, known from the moment it is tried.
    pub subject: Option<String>,
    /// The mail as it left, in the archive.
    pub raw: Option<Sha256>,
    /// What went wrong.
    pub error: Option<String>,
    /// Since when it is tried in vain.
    pub deferred_since: Option<Timestamp>,
    /// Since when it cannot be written.
    pub blocked_since: Option<Timestamp>,
    /// When its first byte left.
    pub begun_at: Option<Timestamp>,
    /// How often it was looked for among the sent mails.
    pub looks: u32,
    /// The day from which on it is told together with others of its unit.
    pub put_off: Option<Date>,
}

const COLUMNS: &str =
    "id, key, kind, unit, message, state, tries, message_id, recipients, subject, raw, error, deferred_since, blocked_since,
     begun_at, looks, put_off";

const REFUSED_IN_A_ROW: &str = "state = 'failed' AND unit IS NOT NULL AND ended_at > max(
     coalesce((SELECT max(ended_at) FROM outbox WHERE state = 'sent'), ''),
     coalesce((SELECT max(began) FROM queue_pause), ''))";

fn outgoing(row: &Row<'_>) -> rusqlite::Result<Outgoing> {
    let key: String = row.get("key")?;
    let owed = Owed::parse(parsed(row, "kind")?, &key);
    Ok(Outgoing {
        id: row.get("id")?,
        owed: owed.map_err(|e| FromSqlError::Other(e.into()))?,
        unit: row.get::<_, Option<String>>("unit")?.map(UnitId),
        message: row.get("message")?,
        state: row.get("state")?,
        tries: row.get("tries")?,
        message_id: row.get("message_id")?,
        recipients: json(row, "recipients")?,
        subject: row.get("subject")?,
        raw: row.get("raw")?,
        error: row.get("error")?,
        deferred_since: parsed_option(row, "deferred_since")?,
        blocked_since: parsed_option(row, "blocked_since")?,
        begun_at: parsed_option(row, "begun_at")?,
        looks: row.get("looks")?,
        put_off: parsed_option(row, "put_off")?,
    })
}

/// Whether a mail `m` came back for good from all that it was for.
const CAME_BACK: &str = "(m.recipients <> '[]' AND NOT EXISTS (
    SELECT 1 FROM json_each(m.recipients) a WHERE NOT EXISTS (
        SELECT 1 FROM contact_bounce b
        WHERE b.outbox = m.id AND b.address = lower(a.value) AND b.kind = 'hard' AND b.reset_at IS NULL)))";

impl Store {
    /// Queues a mail unless its key is taken; gives its row if it is new. An answer that may have been given before the
    /// store was laid out from a backup is left to staff instead.
    pub fn owe(&self, mail: &NewMail, now: Timestamp) -> Result<Option<OutboxId>> {
        let kind = mail.owed.kind();
        let n = self.conn.execute(
            "INSERT INTO outbox (key, kind, unit, message, priority, state, queued_at, next_try)
             VALUES (?1, ?2, ?3, ?4, ?5, 'queued', ?6, ?6) ON CONFLICT DO NOTHING",
            params![
                mail.owed.key(),
                kind.word(),
                mail.unit.as_ref().map(|u| &u.0),
                mail.message,
                kind.priority(),
                instant(now)
            ],
        )?;
        let row = (n > 0).then(|| OutboxId(self.conn.last_insert_rowid()));
        // What a person asks for now, such as a return, is none of this.
        if let (Some(row), Some(message)) = (row, mail.message)
            && kind.answers_what_came()
            && self.perhaps_answered_mail(message)?
        {
            self.leave_to_staff(OutboxId(row.0 - 1), now)?;
        }
        Ok(row)
    }

    /// The mail of ours that is owed as this.
    pub(crate) fn owed_as(&self, owed: &Owed) -> Result<Option<Outgoing>> {
        Ok(self.outgoing("key = ?1", [owed.key()])?.pop())
    }

    /// Frees the key of a mail that is owed no more, so that another one may be.
    pub(crate) fn free_key(&self, owed: &Owed) -> Result<()> {
        self.conn.execute(
            "UPDATE outbox SET key = key || '~' || id WHERE key = ?1",
            [owed.key()],
        )?;
        Ok(())
    }

    /// Queued mails whose time has come: those that were not tried before those that were, so that none stands in the way
    /// of the others; of each, the most important first.
    pub fn queue(&self, now: Timestamp) -> Result<Vec<Outgoing>> {
        self.outgoing(
            "state = 'queued' AND next_try <= ?1 ORDER BY tries > 0, priority, id",
            [instant(now)],
        )
    }

    /// All mails to a unit.
    pub(super) fn outgoing_to(&self, unit: &str) -> Result<Vec<Outgoing>> {
        self.outgoing("unit = ?1 ORDER BY id", [unit])
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
            [instant(from), instant(before)],
        )
    }

    /// A mail of ours by its Message-ID.
    pub(crate) fn sent_as(&self, message_id: &str) -> Result<Option<Outgoing>> {
        Ok(self.outgoing("message_id = ?1", [message_id])?.pop())
    }

    fn outgoing(&self, condition: &str, values: impl rusqlite::Params) -> Result<Vec<Outgoing>> {
        let sql = format!("SELECT {COLUMNS} FROM outbox WHERE {condition}");
        let mut statement = self.conn.prepare_cached(&sql)?;
        let rows = statement.query_map(values, outgoing)?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Notes what a mail that is tried says, and to whom.
    pub fn address(&self, id: OutboxId, draft: &Draft) -> Result<()> {
        self.conn.execute(
            "UPDATE outbox SET kind = ?2, recipients = ?3, subject = ?4 WHERE id = ?1",
            params![
                id,
                draft.kind.word(),
                serde_json::to_string(&draft.recipients())?,
                draft.subject
            ],
        )?;
        Ok(())
    }

    /// Notes that a mail is about to be handed over, with all that is needed to look it up afterwards. `raw`: its copy in
    /// the archive, if there is one.
    pub fn start_sending(
        &self,
        id: OutboxId,
        message_id: &str,
        raw: Option<Sha256>,
        now: Timestamp,
    ) -> Result<()> {
        self.conn.execute(
            "UPDATE outbox SET state = 'sending', message_id = ?2, raw = ?3, begun_at = ?4, looks = 0, blocked_since = NULL
             WHERE id = ?1",
            params![id, message_id, raw, instant(now)],
        )?;
        Ok(())
    }

    /// The reminder of a unit that waits to be sent.
    pub(crate) fn queued_reminder(&self, unit: &UnitId) -> Result<Option<OutboxId>> {
        Ok(self
            .conn
            .query_row(
                "SELECT id FROM outbox WHERE unit = ?1 AND state = 'queued'
                     AND kind IN (SELECT value FROM json_each(?2))",
                [&unit.0, &kinds_where(Kind::is_reminder)],
                |r| r.get(0),
            )
            .optional()?)
    }

    /// Whether a reminder left for a unit at a moment or after it, or may be leaving. That it left is sometimes known only
    /// days later.
    pub(crate) fn reminded_since(&self, unit: &UnitId, from: Timestamp) -> Result<bool> {
        Ok(self.conn.query_row(
            "SELECT EXISTS (
                 SELECT 1 FROM outbox
                 WHERE unit = ?1 AND kind IN (SELECT value FROM json_each(?3))
                   AND (state = 'sending' OR state IN ('sent', 'unknown') AND coalesce(begun_at, ended_at) >= ?2))",
            params![unit.0, instant(from), kinds_where(Kind::is_reminder)],
            |r| r.get(0),
        )?)
    }

    /// When letters that remind left after a moment, or may have left, and to whom; without those that came back for good
    /// from all that they were for.
    pub(crate) fn reminders_left_since(
        &self,
        after: Timestamp,
    ) -> Result<Vec<(Timestamp, Vec<String>)>> {
        let mut statement = self.conn.prepare_cached(&format!(
            "SELECT coalesce(m.begun_at, m.ended_at, m.queued_at) AS left_at, m.recipients FROM outbox m
             WHERE m.state IN ('sent', 'unknown', 'sending') AND coalesce(m.ended_at, m.queued_at) > ?1
               AND m.kind IN (SELECT value FROM json_each(?2)) AND NOT {CAME_BACK}",
        ))?;
        let values = params![instant(after), kinds_where(Kind::is_reminder)];
        let rows = statement.query_map(values, |r| {
            Ok((parsed(r, "left_at")?, json(r, "recipients")?))
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Notes how sending a mail ended.
    pub fn end_sending(
        &self,
        id: OutboxId,
        state: OutgoingState,
        error: Option<&str>,
        now: Timestamp,
    ) -> Result<()> {
        self.conn.execute(
            "UPDATE outbox SET state = ?2, error = ?3, ended_at = ?4 WHERE id = ?1",
            params![id, state, error, instant(now)],
        )?;
        Ok(())
    }

    /// Puts a mail that was not taken back into the queue, to be tried again at a moment.
    pub fn defer(&self, id: OutboxId, at: Timestamp, why: &str, now: Timestamp) -> Result<()> {
        self.conn.execute(
            "UPDATE outbox SET state = 'queued', tries = tries + 1, next_try = ?2, error = ?3,
                               deferred_since = coalesce(deferred_since, ?4)
             WHERE id = ?1",
            params![id, instant(at), why, instant(now)],
        )?;
        Ok(())
    }

    /// Notes that a mail cannot be written as things stand; at a moment it is looked at again.
    pub fn block(&self, id: OutboxId, at: Timestamp, why: &str, now: Timestamp) -> Result<()> {
        self.conn.execute(
            "UPDATE outbox SET state = 'queued', tries = tries + 1, next_try = ?2, error = ?3,
                               blocked_since = coalesce(blocked_since, ?4)
             WHERE id = ?1",
            params![id, instant(at), why, instant(now)],
        )?;
        Ok(())
    }

    /// Puts a mail that met what is in the way of all back into the queue: nothing was said of it.
    pub(crate) fn put_back(&self, id: OutboxId, at: Timestamp) -> Result<()> {
        self.conn.execute(
            "UPDATE outbox SET state = 'queued', tries = tries + 1, next_try = ?2 WHERE id = ?1",
            params![id, instant(at)],
        )?;
        Ok(())
    }

    /// How many mails were not taken for the first time since a mail was, and since the queue was last paused.
    pub(crate) fn deferred_in_a_row(&self) -> Result<u32> {
        Ok(self.conn.query_row(
            "SELECT count(*) FROM outbox WHERE state = 'queued' AND deferred_since > max(
                 coalesce((SELECT max(ended_at) FROM outbox WHERE state = 'sent'), ''),
                 coalesce((SELECT max(began) FROM queue_pause), ''))",
            [],
            |r| r.get(0),
        )?)
    }

    /// How many mails to units were refused for good since a mail was taken, and since the queue was last paused.
    pub(crate) fn refused_in_a_row(&self) -> Result<u32> {
        let sql = format!("SELECT count(*) FROM outbox WHERE {REFUSED_IN_A_ROW}");
        Ok(self.conn.query_row(&sql, [], |r| r.get(0))?)
    }

    /// Holds these refusals less against the addresses: as failures for a time.
    pub(crate) fn doubt_refusals_in_a_row(&self) -> Result<()> {
        let sql = format!(
            "UPDATE contact_bounce SET kind = 'soft'
             WHERE told_by = 'refusal' AND outbox IN (SELECT id FROM outbox WHERE {REFUSED_IN_A_ROW})"
        );
        self.conn.execute(&sql, [])?;
        Ok(())
    }

    /// Queued mails that cannot be written, and those that have been tried in vain since a moment or longer.
    pub(crate) fn stuck(&self, deferred_since: Timestamp) -> Result<Vec<Outgoing>> {
        self.outgoing(
            "state = 'queued' AND (blocked_since IS NOT NULL OR deferred_since <= ?1) ORDER BY id",
            [instant(deferred_since)],
        )
    }

    /// Puts a mail back into the queue, to be looked at again at a moment.
    pub fn try_again(&self, id: OutboxId, at: Timestamp, error: &str) -> Result<()> {
        self.conn.execute(
            "UPDATE outbox SET state = 'queued', next_try = ?2, error = ?3 WHERE id = ?1",
            params![id, instant(at), error],
        )?;
        Ok(())
    }

    /// Notes that a mail was looked for among the sent mails.
    pub fn looked(&self, id: OutboxId) -> Result<()> {
        self.conn
            .execute("UPDATE outbox SET looks = looks + 1 WHERE id = ?1", [id])?;
        Ok(())
    }

    /// The last mail that left in a span of time and was not looked for among the sent mails.
    pub(crate) fn left_between(&self, from: Timestamp, to: Timestamp) -> Result<Option<Outgoing>> {
        let found = self.outgoing(
            "state = 'sent' AND looks = 0 AND begun_at >= ?1 AND ended_at BETWEEN ?1 AND ?2
             ORDER BY ended_at DESC LIMIT 1",
            [instant(from), instant(to)],
        )?;
        Ok(found.into_iter().next())
    }

    /// How many mails that left after a moment were looked for among the sent mails.
    pub(crate) fn looked_for_since(&self, after: Timestamp) -> Result<u32> {
        Ok(self.conn.query_row(
            "SELECT count(*) FROM outbox WHERE state = 'sent' AND looks > 0 AND ended_at > ?1",
            [instant(after)],
            |r| r.get(0),
        )?)
    }

    /// A mail by its row.
    pub fn outgoing_mail(&self, id: OutboxId) -> Result<Option<Outgoing>> {
        Ok(self.outgoing("id = ?1", [id])?.pop())
    }

    /// Owes a mail once more that failed or may have failed; `false` if it did not.
    pub(crate) fn send_again(&self, id: OutboxId, now: Timestamp) -> Result<bool> {
        let n = self.conn.execute(
            "UPDATE outbox SET state = 'queued', tries = 0, next_try = ?2, error = NULL, ended_at = NULL, looks = 0,
                               deferred_since = NULL, blocked_since = NULL
             WHERE id = ?1 AND state IN ('failed', 'unknown')",
            params![id, instant(now)],
        )?;
        Ok(n > 0)
    }

    /// How many mails left (or may have left) after a moment, by kind.
    pub(crate) fn sent_since(&self, after: Timestamp) -> Result<Vec<(Kind, u32)>> {
        let mut statement = self.conn.prepare_cached(
            "SELECT kind, count(*) AS n FROM outbox
             WHERE state IN ('sent', 'unknown', 'sending') AND coalesce(ended_at, queued_at) > ?1
             GROUP BY kind",
        )?;
        let rows =
            statement.query_map([instant(after)], |r| Ok((parsed(r, "kind")?, r.get("n")?)))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// The mails that left (or may have left) after a moment, the oldest first.
    pub fn left_since(&self, after: Timestamp) -> Result<Vec<Left>> {
        self.left_where(
            "coalesce(ended_at, queued_at) > ?1 ORDER BY coalesce(ended_at, queued_at), id",
            params![instant(after)],
        )
    }

    /// A mail, if it left or may have left.
    pub(crate) fn left(&self, id: OutboxId) -> Result<Option<Left>> {
        Ok(self.left_where("id = ?1", [id])?.pop())
    }

    fn left_where(&self, condition: &str, values: impl rusqlite::Params) -> Result<Vec<Left>> {
        let sql = format!(
            "SELECT coalesce(ended_at, queued_at) AS at, kind, recipients FROM outbox
             WHERE state IN ('sent', 'unknown', 'sending') AND {condition}"
        );
        let mut statement = self.conn.prepare_cached(&sql)?;
        let rows = statement.query_map(values, |r| {
            Ok(Left {
                at: parsed(r, "at")?,
                kind: parsed(r, "kind")?,
                recipients: json(r, "recipients")?,
            })
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// How many mails of a kind left (or may have left) to a unit at a moment or after it.
    pub(crate) fn told_since(&self, unit: &UnitId, kind: Kind, from: Timestamp) -> Result<u32> {
        Ok(self.conn.query_row(
            "SELECT count(*) FROM outbox
             WHERE unit = ?1 AND kind = ?2 AND state IN ('sent', 'unknown', 'sending')
               AND coalesce(ended_at, begun_at) >= ?3",
            params![unit.0, kind.word(), instant(from)],
            |r| r.get(0),
        )?)
    }

    /// Puts an acknowledgement off to a moment of a day, to be told together with others.
    pub fn put_off(&self, id: OutboxId, day: Date, at: Timestamp, why: &str) -> Result<()> {
        self.conn.execute(
            "UPDATE outbox SET put_off = ?2, next_try = ?3, error = ?4 WHERE id = ?1",
            params![id, day.to_string(), instant(at), why],
        )?;
        Ok(())
    }

    /// Has an acknowledgement tell all that were put off up to a day, of the same unit and to the same address.
    pub(crate) fn tell_together(
        &self,
        id: OutboxId,
        day: Date,
        why: &str,
        now: Timestamp,
    ) -> Result<()> {
        self.conn.execute(
            "UPDATE outbox SET told_in = ?1, state = 'dropped', error = ?3, ended_at = ?4
             WHERE id <> ?1 AND state = 'queued' AND put_off <= ?2 AND id IN (
                 SELECT o.id FROM outbox o JOIN message m ON m.id = o.message, outbox b JOIN message bm ON bm.id = b.message
                 WHERE b.id = ?1 AND o.unit = b.unit AND o.kind = 'acknowledgement' AND m.sender IS bm.sender)",
            params![id, day.to_string(), why, instant(now)],
        )?;
        Ok(())
    }

    /// The mails whose acknowledgements one of the outbox tells in their stead, oldest first.
    pub(crate) fn told_in(&self, id: OutboxId) -> Result<Vec<MessageId>> {
        let mut statement = self.conn.prepare_cached(
            "SELECT message FROM outbox WHERE told_in = ?1 AND message IS NOT NULL ORDER BY id",
        )?;
        let rows = statement.query_map([id], |r| r.get(0))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Whether an address (lower case) was told since a moment that a mail of it has arrived, or is to be.
    pub(crate) fn told_of_arrival_since(&self, address: &str, since: Timestamp) -> Result<bool> {
        Ok(self.conn.query_row(
            "SELECT EXISTS (
                 SELECT 1 FROM message m JOIN outbox o ON o.message = m.id
                 WHERE m.sender = ?1 AND o.kind = 'arrived' AND o.queued_at >= ?2
                   AND o.state NOT IN ('dropped', 'failed'))",
            [address, &instant(since)],
            |r| r.get(0),
        )?)
    }

    /// How many letters were owed since a moment that ask an address (lower case) whether it sent a command.
    pub(crate) fn confirmations_asked_since(&self, address: &str, since: Timestamp) -> Result<u32> {
        Ok(self.conn.query_row(
            "SELECT count(*) FROM message m JOIN outbox o ON o.message = m.id
             WHERE m.sender = ?1 AND o.kind = 'confirm' AND o.queued_at >= ?2",
            [address, &instant(since)],
            |r| r.get(0),
        )?)
    }

    /// The mails that wait for a letter, owed since a moment, to be answered that asks an address (lower case) whether it
    /// sent them.
    pub(crate) fn asked_to_confirm_since(
        &self,
        address: &str,
        since: Timestamp,
    ) -> Result<Vec<MessageId>> {
        let mut statement = self.conn.prepare_cached(
            "SELECT m.id FROM message m JOIN outbox o ON o.message = m.id
             WHERE m.sender = ?1 AND o.kind = 'confirm' AND o.queued_at >= ?2
               AND o.state NOT IN ('dropped', 'failed') AND m.state = 'waiting' ORDER BY m.id",
        )?;
        let rows = statement.query_map([address, &instant(since)], |r| r.get(0))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// How many mails wait, those of a kind left out.
    pub fn queue_length(&self, but: Option<Kind>) -> Result<u32> {
        Ok(self.conn.query_row(
            "SELECT (SELECT count(*) FROM outbox WHERE state = 'queued' AND kind <> ?1)
                  + (SELECT count(*) FROM outbox WHERE state = 'sending' AND kind <> ?1)",
            [but.map_or("", Kind::word)],
            |r| r.get(0),
        )?)
    }

    /// Notes what a reminder that is queued is and carries: for each obligation the step towards a deadline, in place of
    /// what it carried before and of mails that did not leave or came back.
    pub fn carry(
        &self,
        outbox: OutboxId,
        kind: Kind,
        steps: &[(ObligationId, Timestamp, Step)],
    ) -> Result<()> {
        self.conn.execute(
            "UPDATE outbox SET kind = ?2, priority = ?3 WHERE id = ?1",
            params![outbox, kind.word(), kind.priority()],
        )?;
        self.conn
            .execute("DELETE FROM reminder WHERE outbox = ?1", [outbox])?;
        let mut statement = self.conn.prepare_cached(
            "INSERT INTO reminder (obligation, step, due, outbox) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT DO UPDATE SET outbox = excluded.outbox",
        )?;
        for (obligation, due, step) in steps {
            statement.execute(params![obligation, step.to_string(), instant(*due), outbox])?;
        }
        Ok(())
    }

    /// The steps towards a deadline of an obligation that were taken, each by a mail that left. What waits, was dropped or
    /// refused reminded nobody; what left may have come back for good from all that it was for.
    pub(crate) fn steps_left(
        &self,
        obligation: ObligationId,
        due: Timestamp,
    ) -> Result<Vec<StepLeft>> {
        let mut statement = self.conn.prepare_cached(&format!(
            "SELECT r.step, coalesce(m.begun_at, m.ended_at, m.queued_at) AS left_at, {CAME_BACK} AS came_back
             FROM reminder r JOIN outbox m ON m.id = r.outbox
             WHERE r.obligation = ?1 AND r.due = ?2 AND m.state IN ('sending', 'sent', 'unknown')",
        ))?;
        let rows = statement.query_map(params![obligation, instant(due)], |r| {
            Ok(StepLeft {
                step: parsed(r, "step")?,
                at: parsed(r, "left_at")?,
                came_back: r.get("came_back")?,
            })
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// The obligations and steps that a mail carries.
    pub fn steps_of(&self, outbox: OutboxId) -> Result<Vec<(ObligationId, Step)>> {
        let mut statement = self.conn.prepare_cached(
            "SELECT obligation, step FROM reminder WHERE outbox = ?1 ORDER BY obligation",
        )?;
        let rows =
            statement.query_map([outbox], |r| Ok((r.get("obligation")?, parsed(r, "step")?)))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// When reminders of an obligation went out, oldest first.
    pub fn reminders_of(&self, obligation: ObligationId) -> Result<Vec<(Timestamp, Step)>> {
        let mut statement = self.conn.prepare_cached(
            "SELECT coalesce(m.begun_at, m.ended_at) AS left_at, r.step
             FROM reminder r JOIN outbox m ON m.id = r.outbox
             WHERE r.obligation = ?1 AND m.state IN ('sent', 'unknown') ORDER BY left_at",
        )?;
        let rows = statement.query_map([obligation], |r| {
            Ok((parsed(r, "left_at")?, parsed(r, "step")?))
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}
