//! What may no longer be kept: the content of old mails, to whom ours went, what people wrote as reasons. What was logged
//! of them stays.

use anyhow::Result;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, ToSpan};
use rusqlite::params;
use rusqlite::types::FromSql;

use super::said;
use super::{MessageState, Store, instant, parsed};
use crate::domain::row::{MessageId, OutboxId};
use crate::domain::{date_of, zone};
use crate::ground::Sha256;

/// What is past its time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expired {
    /// Mails that came in, by their rows.
    pub received: Vec<MessageId>,
    /// Those of them on which nobody has decided.
    pub undecided: Vec<MessageId>,
    /// Mails that went out, by their rows.
    pub sent: Vec<OutboxId>,
    /// Files of the archive that nothing else needs.
    pub files: Vec<Sha256>,
    /// What was given or made before this moment loses what people wrote of it.
    pub texts_before: Option<Timestamp>,
}

/// A mail that waits for a person, and will not be kept much longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expiring {
    /// Its row.
    pub message: MessageId,
    /// When the server received it.
    pub received_at: Timestamp,
    /// Since when the digest says so.
    pub told_at: Timestamp,
}

impl Expiring {
    /// For so long the digest says that a mail on which nobody has decided will go.
    pub(crate) const NOTICE: SignedDuration = SignedDuration::from_hours(24 * 30);

    /// The day (Vietnam) on which it goes, if it is kept for so many years: when that time is over, and the notice too.
    ///
    /// # Errors
    /// When that lies beyond all calendars.
    pub(crate) fn ends_on(&self, years: u16) -> Result<Date> {
        let received = self.received_at.to_zoned(zone());
        let over = received.checked_add(i64::from(years).years())?.timestamp();
        // What is past its time is looked for once a day: it has gone on the day after, at the latest.
        Ok(date_of(over.max(self.told_at + Expiring::NOTICE)).tomorrow()?)
    }
}

/// Mails of both directions that are old and settled, as `old_received` and `old_sent`. One that waits for a person is
/// settled when the digest had told of its end before another moment, and one has left since.
const OLD: &str = "WITH old_received AS (
         SELECT id, sha256, state FROM message INDEXED BY message_kept
         WHERE expired_at IS NULL AND received_at < ?1 AND state <> 'received'
           AND (state <> 'waiting' OR expiry_told_at < ?2 AND EXISTS (
               SELECT 1 FROM digest_mail d JOIN outbox o ON o.id = d.outbox
               WHERE o.state = 'sent' AND o.ended_at > expiry_told_at))),
     old_sent AS (
         SELECT id, raw FROM outbox INDEXED BY outbox_kept
         WHERE expired_at IS NULL AND ended_at < ?1 AND state IN ('sent', 'failed', 'dropped', 'unknown'))";

impl Store {
    /// What was received or sent before a moment and is settled: also mails that wait for a person, where the digest has
    /// told since before `told_before` that they will not be kept.
    pub fn expired(&self, before: Timestamp, told_before: Timestamp) -> Result<Expired> {
        let (before_text, told_text) = (instant(before), instant(told_before));
        let moments = [&before_text, &told_text];
        // One content may have come in several mails; it goes with the last of them.
        let sql = format!(
            "{OLD},
             old_files AS (
                 SELECT sha256 FROM old_received WHERE sha256 IS NOT NULL
                 UNION SELECT a.sha256 FROM old_received m CROSS JOIN attachment a ON a.message = m.id WHERE a.kept
                 UNION SELECT raw FROM old_sent WHERE raw IS NOT NULL)
             SELECT sha256 FROM old_files f
             WHERE NOT EXISTS (
                     SELECT 1 FROM message m
                     WHERE m.sha256 = f.sha256 AND m.expired_at IS NULL AND m.id NOT IN (SELECT id FROM old_received))
                 AND NOT EXISTS (
                     SELECT 1 FROM attachment a CROSS JOIN message m ON m.id = a.message
                     WHERE a.sha256 = f.sha256 AND a.kept AND m.expired_at IS NULL
                       AND m.id NOT IN (SELECT id FROM old_received))
                 AND NOT EXISTS (
                     SELECT 1 FROM outbox o
                     WHERE o.raw = f.sha256 AND o.expired_at IS NULL AND o.id NOT IN (SELECT id FROM old_sent))
             ORDER BY 1"
        );
        let mut statement = self.conn.prepare(&sql)?;
        let files = statement.query_map(moments, |r| r.get(0))?;
        Ok(Expired {
            received: self.old("old_received WHERE true", moments)?,
            undecided: self.old("old_received WHERE state = 'waiting'", moments)?,
            sent: self.old("old_sent WHERE true", moments)?,
            files: files.collect::<rusqlite::Result<_>>()?,
            texts_before: Some(before),
        })
    }

    fn old<T: FromSql>(&self, of: &str, moments: [&String; 2]) -> Result<Vec<T>> {
        let sql = format!("{OLD} SELECT id FROM {of} AND ?2 IS NOT NULL ORDER BY id");
        let mut statement = self.conn.prepare(&sql)?;
        let rows = statement.query_map(moments, |r| r.get(0))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Notes that from now on the digest tells of mails that wait for a person and were received before a moment: they
    /// will not be kept.
    pub(crate) fn tell_expiry(&self, received_before: Timestamp, now: Timestamp) -> Result<()> {
        self.conn.execute(
            "UPDATE message SET expiry_told_at = ?2
             WHERE state = 'waiting' AND expired_at IS NULL AND expiry_told_at IS NULL AND received_at < ?1",
            [instant(received_before), instant(now)],
        )?;
        Ok(())
    }

    /// The mails of which it is to be told, the oldest first.
    pub(crate) fn expiring(&self) -> Result<Vec<Expiring>> {
        let mut statement = self.conn.prepare_cached(
            "SELECT id, received_at, expiry_told_at FROM message INDEXED BY message_waiting
             WHERE state = 'waiting' AND expired_at IS NULL AND expiry_told_at IS NOT NULL
             ORDER BY received_at, id",
        )?;
        let rows = statement.query_map([], |r| {
            Ok(Expiring {
                message: r.get("id")?,
                received_at: parsed(r, "received_at")?,
                told_at: parsed(r, "expiry_told_at")?,
            })
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Forgets what the rows say of the content of mails (senders, subjects, texts, names of files, words of documents), to whom ours went,
    /// and what people wrote as reasons. Hashes stay, so that a mail that is met again is known. A mail on which nobody
    /// had decided waits no more.
    pub(crate) fn forget_content(&self, expired: &Expired, now: Timestamp) -> Result<()> {
        let now = instant(now);
        let ids = serde_json::to_string(&expired.received)?;
        self.conn.execute(
            "UPDATE attachment SET name = '' WHERE message IN (SELECT value FROM json_each(?1))",
            [&ids],
        )?;
        self.conn.execute(
            "UPDATE annex SET figures = NULL WHERE submission IN (
                 SELECT s.id FROM submission s WHERE s.message IN (SELECT value FROM json_each(?1)))",
            [&ids],
        )?;
        self.conn.execute(
            "UPDATE message SET expired_at = ?2, subject = NULL, sender = NULL, reply_to = NULL, reading = NULL,
                                why = '[]'
             WHERE id IN (SELECT value FROM json_each(?1))",
            params![ids, now],
        )?;
        self.forget_words(&ids)?;
        self.conn.execute(
            "UPDATE message SET state = ?2, candidates = '[]' WHERE id IN (SELECT value FROM json_each(?1))",
            params![serde_json::to_string(&expired.undecided)?, MessageState::Ignored],
        )?;
        let sent = serde_json::to_string(&expired.sent)?;
        self.conn.execute(
            "UPDATE outbox SET expired_at = ?2, subject = NULL, recipients = '[]', error = NULL
             WHERE id IN (SELECT value FROM json_each(?1))",
            params![sent, now],
        )?;
        // The address is part of the key: what takes its place is of no meaning.
        self.conn.execute(
            "UPDATE outbox_rest SET address = lower(hex(randomblob(8))), error = ''
             WHERE outbox IN (SELECT value FROM json_each(?1))",
            [sent],
        )?;
        if let Some(before) = expired.texts_before {
            self.forget_texts(before)?;
        }
        Ok(())
    }

    /// Forgets what people wrote of what they decided before a moment, and what servers said then. That they decided, who,
    /// when and what about stays; it can no longer be taken back.
    fn forget_texts(&self, before: Timestamp) -> Result<()> {
        for sql in [
            "UPDATE excuse SET reason = ?2 WHERE at < ?1 AND reason <> ?2",
            "UPDATE sent_back SET reason = ?2 WHERE at < ?1 AND reason <> ?2",
            "UPDATE correction SET before = ?2, after = ?2, inverse = NULL WHERE at < ?1 AND after <> ?2",
            "UPDATE staff_command SET outcome = ?2 WHERE at < ?1 AND outcome <> ?2",
            "UPDATE queue_pause SET why = ?2 WHERE ended_at < ?1 AND why <> ?2",
        ] {
            self.conn
                .execute(sql, params![instant(before), said::REMOVED])?;
        }
        Ok(())
    }

    /// Writes what is still in the log into the database: what was forgotten lies on in neither.
    pub(crate) fn empty_log(&self) -> Result<()> {
        let done = |_: &rusqlite::Row<'_>| Ok(());
        Ok(self
            .conn
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], done)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::row::{ObligationId, SubmissionId};
    use crate::store::{Correction, Receipts, StaffCommand, Told};

    #[test]
    fn a_mail_on_which_nobody_has_decided_is_kept_through_its_time_and_the_notice() {
        let at = |text: &str| format!("{text}T03:00:00Z").parse::<Timestamp>().unwrap();
        for (received, told, years, day) in [
            ("2024-06-15", "2026-05-16", 2, "2026-06-16"),
            // The time was set when it was over.
            ("2024-06-15", "2030-01-01", 2, "2030-02-01"),
            ("2024-02-29", "2025-01-30", 1, "2025-03-02"),
        ] {
            let mail = Expiring {
                message: MessageId(1),
                received_at: at(received),
                told_at: at(told),
            };
            assert_eq!(mail.ends_on(years).unwrap().to_string(), day, "{received}");
        }
    }

    #[test]
    fn what_people_wrote_of_a_decision_is_forgotten_and_the_decision_holds() {
        let at = |day: i8| {
            jiff::civil::date(2026, 6, day)
                .to_zoned(zone())
                .unwrap()
                .timestamp()
        };
        let store = Store::in_memory(at(1)).unwrap();
        let sql = "INSERT INTO obligation (id, unit, report, period, opens, due, signed, soft)
                 VALUES (1, 'a', 'tre-em', '2026-H1', '2025-12-15', '2026-06-15T10:00:00Z', 1, 1);
             INSERT INTO submission (id, obligation, version, received_at, signed, soft, nil_return, logged_at)
                 VALUES (1, 1, 1, '2026-06-02T00:00:00Z', 1, 0, 0, '2026-06-02T00:00:00Z');
             INSERT INTO message (id, size, received_at, stored_at, state)
                 VALUES (1, 1, '2026-06-02T00:00:00Z', '2026-06-02T00:00:00Z', 'noted');";
        store.conn.execute_batch(sql).unwrap();
        let secret = "bà Nguyễn Thị A ốm";
        store.excuse(ObligationId(1), secret, at(2)).unwrap();
        store
            .send_back(SubmissionId(1), secret, at(20), at(2))
            .unwrap();
        let change = Correction {
            who: "chi.ba".into(),
            way: "command".into(),
            command: "excuse".into(),
            subject: "a tre-em 2026-H1".into(),
            before: secret.into(),
            after: secret.into(),
            inverse: Some(secret.into()),
        };
        let change = store.log_correction(&change, at(2)).unwrap();
        let command = StaffCommand {
            who: String::new(),
            meant: None,
            told: Told::Alone,
            message: MessageId(1),
            token: None,
            outcome: secret.into(),
            correction: None,
        };
        store.record_command(&command, at(2)).unwrap();
        store.pause_queue(at(2), at(3), secret, "way").unwrap();
        store.resume_queue(at(2)).unwrap();

        let texts = || -> Vec<String> {
            let sql = "SELECT reason FROM excuse UNION ALL SELECT reason FROM sent_back
                 UNION ALL SELECT before FROM correction UNION ALL SELECT after FROM correction
                 UNION ALL SELECT ifnull(inverse, '') FROM correction
                 UNION ALL SELECT outcome FROM staff_command UNION ALL SELECT why FROM queue_pause";
            let mut statement = store.conn.prepare(sql).unwrap();
            let rows = statement.query_map([], |r| r.get(0)).unwrap();
            rows.map(Result::unwrap).collect()
        };
        let forget = |before| {
            let expired = store.expired(before, before).unwrap();
            store.forget_content(&expired, at(30)).unwrap();
        };
        forget(at(2));
        assert_eq!(texts(), [secret; 7]);
        forget(at(3));
        let (inverse, others): (Vec<String>, _) = texts().into_iter().partition(String::is_empty);
        assert_eq!(
            (inverse.len(), others),
            (1, vec![said::REMOVED.to_owned(); 6])
        );
        let made = store.correction(change).unwrap().unwrap();
        assert_eq!((made.change.who.as_str(), made.at), ("chi.ba", at(2)));
        let stands = store.obligations(Receipts::Until(at(30))).unwrap();
        assert!(stands[0].excused.is_some(), "it is excused as before");
    }
}
