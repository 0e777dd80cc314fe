//! What a store that was laid out from a backup does not know: what was sent after the backup was made.

use anyhow::Result;
use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};

use super::said;
use super::{Part, Store, instant, kinds_where, parsed};
use crate::domain::date_of;
use crate::domain::row::{MessageId, OutboxId};

/// When the store was last laid out from a backup.
const RESTORED_AT: &str = "restored_at";
/// When the backup was made that the store was laid out from.
pub(super) const BACKUP_AT: &str = "backup_at";

impl Store {
    /// When the store was last laid out from a backup, if ever.
    pub(crate) fn restored_at(&self) -> Result<Option<Timestamp>> {
        self.moment(RESTORED_AT)
    }

    /// Notes that the store was laid out from a backup. What was queued then may have left since:
    ///
    /// - answers to units are not sent blindly: their fate is unknown, and staff are told;
    /// - digests of earlier days are dropped; the one of the day itself is sent, be it for the second time, for it says
    ///   how everything stands;
    /// - tokens that were sent before hold no more;
    /// - reminders and answers to staff stay: a reminder is looked at once more when it is sent, and leaves only after
    ///   the mailbox was looked through anew.
    pub(crate) fn mark_restored(&self, now: Timestamp) -> Result<()> {
        self.set_moment(RESTORED_AT, now)?;
        self.list_all_anew()?;
        // Whoever got hold of the backup has the key in it.
        self.renew_command_key(now)?;
        self.conn.execute(
            "UPDATE outbox SET state = 'unknown', error = ?1, ended_at = ?2
             WHERE state = 'queued' AND kind IN (SELECT value FROM json_each(?3))",
            params![
                said::PERHAPS_SENT,
                instant(now),
                kinds_where(|k| k.answers_what_came() || k.tells_a_decision())
            ],
        )?;
        self.conn.execute(
            "UPDATE outbox SET state = 'dropped', error = ?1, ended_at = ?2
             WHERE state = 'queued' AND id IN (SELECT outbox FROM digest_mail WHERE day < ?3)",
            params![
                said::BEFORE_THE_BACKUP,
                instant(now),
                date_of(now).to_string()
            ],
        )?;
        self.conn.execute(
            "UPDATE health SET success_at = NULL WHERE part = ?1",
            [Part::Mailbox.word()],
        )?;
        Ok(())
    }

    /// Whether a mail came before the store was laid out from a backup: it may have been answered then. Mailboxes tell
    /// the second only; what came in the same one is taken as later.
    pub(crate) fn perhaps_answered(&self, received_at: Timestamp) -> Result<bool> {
        let restored = self.restored_at()?;
        Ok(restored.is_some_and(|at| received_at.as_second() < at.as_second()))
    }

    /// The same of a mail by its row.
    pub(super) fn perhaps_answered_mail(&self, message: MessageId) -> Result<bool> {
        let received = self
            .conn
            .query_row(
                "SELECT received_at FROM message WHERE id = ?1",
                [message],
                |r| parsed(r, "received_at"),
            )
            .optional()?;
        received.map_or(Ok(false), |at| self.perhaps_answered(at))
    }

    /// Answers that may have been sent before the store was laid out from a backup and were not looked for yet, each with
    /// the Message-ID of what it answers.
    pub(crate) fn perhaps_sent(&self) -> Result<Vec<(OutboxId, String)>> {
        let mut statement = self.conn.prepare_cached(
            "SELECT o.id, m.message_id FROM outbox o JOIN message m ON m.id = o.message
             WHERE o.state = 'unknown' AND o.error = ?1 AND o.looks = 0 AND m.message_id IS NOT NULL
             ORDER BY o.id LIMIT 50",
        )?;
        let rows = statement.query_map([said::PERHAPS_SENT], |r| Ok((r.get(0)?, r.get(1)?)))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// The row of the mail that was queued last.
    pub(crate) fn last_owed(&self) -> Result<OutboxId> {
        let last: Option<OutboxId> =
            self.conn
                .query_row("SELECT max(id) FROM outbox", [], |r| r.get(0))?;
        Ok(last.unwrap_or(OutboxId(0)))
    }

    /// Leaves to staff what was queued after a row: it may have been sent before the store was laid out from a backup.
    pub(crate) fn leave_to_staff(&self, after: OutboxId, now: Timestamp) -> Result<()> {
        self.conn.execute(
            "UPDATE outbox SET state = 'unknown', error = ?2, ended_at = ?3
             WHERE id > ?1 AND state = 'queued'",
            params![after, said::PERHAPS_SENT, instant(now)],
        )?;
        Ok(())
    }
}
