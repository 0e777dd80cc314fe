//! What may no longer be kept: the content of old mails. What was logged of them stays.

use anyhow::Result;
use jiff::Timestamp;
use rusqlite::params;

use super::Store;

/// What is past its time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expired {
    /// Mails that came in, by their rows.
    pub received: Vec<i64>,
    /// Mails that went out, by their rows.
    pub sent: Vec<i64>,
    /// Files of the archive that nothing else needs.
    pub files: Vec<String>,
}

/// Mails of both directions that are old and settled, as `old_received` and `old_sent`.
const OLD: &str = "WITH old_received AS (
         SELECT id, sha256 FROM message
         WHERE expired_at IS NULL AND received_at < ?1 AND state NOT IN ('received', 'waiting')),
     old_sent AS (
         SELECT id, raw FROM outbox
         WHERE expired_at IS NULL AND ended_at < ?1 AND state IN ('sent', 'failed', 'dropped', 'unknown'))";

impl Store {
    /// What was received or sent before a moment and is settled. A mail that waits for a person never is.
    pub fn expired(&self, before: Timestamp) -> Result<Expired> {
        let before = before.to_string();
        let rows = |table: &str| -> Result<Vec<i64>> {
            let sql = format!("{OLD} SELECT id FROM {table} ORDER BY id");
            let mut statement = self.conn.prepare(&sql)?;
            let rows = statement.query_map([&before], |r| r.get(0))?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        };
        // One content may have come in several mails; it goes with the last of them.
        let sql = format!(
            "{OLD},
             old_files AS (
                 SELECT sha256 FROM old_received WHERE sha256 IS NOT NULL
                 UNION SELECT a.sha256 FROM attachment a JOIN old_received m ON m.id = a.message
                 UNION SELECT raw FROM old_sent WHERE raw IS NOT NULL),
             needed AS (
                 SELECT sha256 FROM message
                 WHERE sha256 IS NOT NULL AND expired_at IS NULL AND id NOT IN (SELECT id FROM old_received)
                 UNION SELECT a.sha256 FROM attachment a JOIN message m ON m.id = a.message
                     WHERE m.expired_at IS NULL AND m.id NOT IN (SELECT id FROM old_received)
                 UNION SELECT raw FROM outbox
                     WHERE raw IS NOT NULL AND expired_at IS NULL AND id NOT IN (SELECT id FROM old_sent))
             SELECT sha256 FROM old_files EXCEPT SELECT sha256 FROM needed ORDER BY 1"
        );
        let mut statement = self.conn.prepare(&sql)?;
        let files = statement.query_map([&before], |r| r.get(0))?;
        Ok(Expired {
            received: rows("old_received")?,
            sent: rows("old_sent")?,
            files: files.collect::<rusqlite::Result<_>>()?,
        })
    }

    /// Forgets what the rows say of the content of mails: senders, subjects, texts, names of files. Hashes stay, so that
    /// a mail that is met again is known.
    pub fn forget_content(&self, expired: &Expired, now: Timestamp) -> Result<()> {
        let now = now.to_string();
        let ids = serde_json::to_string(&expired.received)?;
        self.conn.execute(
            "UPDATE attachment SET name = '' WHERE message IN (SELECT value FROM json_each(?1))",
            [&ids],
        )?;
        self.conn.execute(
            "UPDATE message SET expired_at = ?2, subject = NULL, sender = NULL, reply_to = NULL, reading = NULL,
                                why = '[]'
             WHERE id IN (SELECT value FROM json_each(?1))",
            params![ids, now],
        )?;
        self.conn.execute(
            "UPDATE outbox SET expired_at = ?2, subject = NULL
             WHERE id IN (SELECT value FROM json_each(?1))",
            params![serde_json::to_string(&expired.sent)?, now],
        )?;
        Ok(())
    }
}
