//! The words of mails and of their documents, by which they are found. They are stored with what they are of, and go with
//! it.

use anyhow::Result;
use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};

use super::{Store, instant};
use crate::domain::row::MessageId;
use crate::ground::Sha256;
use crate::ground::text::nfc;
use crate::reading::{Class, FileKind, Reading, Role};

/// Up to which mail the words of those that were there before the index are still to come.
const UNSEARCHED: &str = "unsearched";

/// A mail that has words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    /// Which.
    pub message: MessageId,
    /// Its own words, a line each: subject, sender, text, and of each file its name and head.
    pub words: String,
    /// Those of its documents.
    pub files: String,
}

/// A document whose words are still to come.
#[derive(Clone, Debug)]
pub(crate) struct Unsearched {
    /// The mail that brought it.
    pub(crate) message: MessageId,
    /// Its place among the files of the mail.
    pub(crate) position: i64,
    /// Under which it lies in the archive.
    pub(crate) sha256: Sha256,
    /// What its bytes are.
    pub(crate) kind: FileKind,
}

impl Store {
    /// Stores the words of a mail that a person wrote; what machines send has none.
    pub(super) fn set_words(&self, id: MessageId, reading: &Reading) -> Result<()> {
        if !reading.class.is_personal() && reading.class != Class::Unreadable {
            return Ok(());
        }
        // What was taken out of its files before is taken in anew.
        self.conn.execute(
            "UPDATE attachment SET searched = 0 WHERE message = ?1 AND searched = 1",
            [id],
        )?;
        self.conn.execute(
            "INSERT OR REPLACE INTO searched (rowid, words, files) VALUES (?1, ?2, '')",
            params![id, words(reading)],
        )?;
        Ok(())
    }

    /// Stores the words of mails that were there before the index, so many at most, the last first.
    pub(crate) fn set_words_of_before(&self, most: u32) -> Result<()> {
        let Some(last) = self.unsearched()? else {
            return Ok(());
        };
        self.transaction(|s| {
            let mut statement = s.conn.prepare(
                "SELECT id, reading FROM message WHERE id <= ?1 AND reading IS NOT NULL ORDER BY id DESC LIMIT ?2",
            )?;
            let rows = statement.query_map(params![last, most], |r| {
                Ok((r.get("id")?, super::json::<Reading>(r, "reading")?))
            })?;
            let mut next = 0;
            let mut count = 0;
            for row in rows {
                let (id, reading): (MessageId, Reading) = row?;
                s.set_words(id, &reading)?;
                (next, count) = (id.0 - 1, count + 1);
            }
            let next = if count < most { 0 } else { next };
            s.set_setting(UNSEARCHED, &next.to_string())
        })
    }

    /// Up to which mail words are still to come.
    pub(crate) fn unsearched(&self) -> Result<Option<i64>> {
        let last = self.setting(UNSEARCHED)?.map(|last| last.parse());
        Ok(last.transpose()?.filter(|last| *last > 0))
    }

    /// Documents whose words are still to come, so many at most.
    pub(crate) fn documents_unsearched(&self, most: u32) -> Result<Vec<Unsearched>> {
        let mut statement = self.conn.prepare_cached(
            "SELECT message, position, sha256, kind FROM attachment INDEXED BY attachment_not_searched
             WHERE searched = 0 AND kept = 1 AND role = 'soft_file' ORDER BY message DESC LIMIT ?1",
        )?;
        let rows = statement.query_map([most], |r| {
            Ok(Unsearched {
                message: r.get("message")?,
                position: r.get("position")?,
                sha256: r.get("sha256")?,
                kind: FileKind::of_word(&r.get::<_, String>("kind")?),
            })
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Adds the words of a document to those of its mail.
    pub(crate) fn add_words(&self, of: &Unsearched, words: &str) -> Result<()> {
        self.transaction(|s| {
            s.conn.execute(
                "UPDATE attachment SET searched = 1 WHERE message = ?1 AND position = ?2",
                params![of.message, of.position],
            )?;
            let known: Option<(String, String)> = s
                .conn
                .query_row(
                    "SELECT words, files FROM searched WHERE rowid = ?1",
                    [of.message],
                    |r| Ok((r.get(0)?, r.get(1)?)),
                )
                .optional()?;
            let (own, files) = known.unwrap_or_default();
            s.conn.execute(
                "INSERT OR REPLACE INTO searched (rowid, words, files) VALUES (?1, ?2, ?3)",
                params![of.message, own, format!("{files}\n{}", nfc(words))],
            )?;
            Ok(())
        })
    }

    /// Forgets the words of mails, a list of rows as JSON.
    pub(super) fn forget_words(&self, messages: &str) -> Result<()> {
        self.conn.execute(
            "DELETE FROM searched WHERE rowid IN (SELECT value FROM json_each(?1))",
            [messages],
        )?;
        Ok(())
    }

    /// The mails, so many at most, the last first, whose words fit an expression of FTS5 and that were received from one
    /// moment on and before another.
    ///
    /// # Errors
    /// Also when the expression is none.
    pub fn with_words(
        &self,
        expression: &str,
        (from, to): (Timestamp, Timestamp),
        most: usize,
    ) -> Result<Vec<Hit>> {
        let mut statement = self.conn.prepare(
            "SELECT s.rowid AS id, s.words, s.files FROM searched s CROSS JOIN message m ON m.id = s.rowid
             WHERE searched MATCH ?1 AND m.received_at >= ?2 AND m.received_at < ?3 AND m.state <> 'duplicate'
             ORDER BY m.received_at DESC, m.id DESC LIMIT ?4",
        )?;
        let values = params![expression, instant(from), instant(to), most as i64];
        let rows = statement.query_map(values, |r| {
            Ok(Hit {
                message: r.get("id")?,
                words: r.get("words")?,
                files: r.get("files")?,
            })
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}

/// The words of a mail itself, a line each: subject, sender, text, and of each file its name and head.
fn words(reading: &Reading) -> String {
    let sender = reading.sender.iter().flat_map(|s| [&s.name, &s.address]);
    let files = reading.attachments.iter();
    let files = files.filter(|a| a.role != Role::Ignored).flat_map(|a| {
        let head = [&a.number, &a.title, &a.issuer];
        [&a.name].into_iter().chain(head.into_iter().flatten())
    });
    let lines = [&reading.subject].into_iter().chain(sender);
    let lines = lines.chain([&reading.body]).chain(files);
    let lines: Vec<&str> = lines.map(String::as_str).collect();
    nfc(&lines.join("\n")).into_owned()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use rusqlite::Connection;

    use super::super::MIGRATIONS;
    use super::*;
    use crate::reading::Unread;

    #[test]
    fn mails_from_before_the_index_are_taken_in_some_at_a_time() {
        let path = Path::new(":memory:");
        let without = MIGRATIONS.iter().position(|m| m.contains("TABLE searched"));
        let before = &MIGRATIONS[..without.unwrap()];
        let old = Store::prepare(Connection::open_in_memory().unwrap(), path, before).unwrap();
        let at = "2026-06-01T00:00:00Z";
        for subject in ["Báo cáo một", "Báo cáo hai", "Báo cáo ba"] {
            let reading = Reading {
                class: Class::NoAttachment,
                subject: subject.into(),
                ..Reading::unreadable(Unread::NotFetched)
            };
            let reading = serde_json::to_string(&reading).unwrap();
            let sql = "INSERT INTO message (size, received_at, stored_at, state, reading)
                       VALUES (1, ?1, ?1, 'noted', ?2)";
            old.conn.execute(sql, [at, &reading]).unwrap();
        }
        let new = Store::prepare(old.conn, path, &MIGRATIONS).unwrap();
        let found = || {
            let all = (Timestamp::MIN, Timestamp::MAX);
            let hits = new.with_words("\"bao cao\"", all, 10).unwrap();
            hits.into_iter().map(|h| h.message.0).collect::<Vec<_>>()
        };
        for (expected, left) in [(&[][..], true), (&[3, 2], true), (&[3, 2, 1], false)] {
            let unsearched = new.unsearched().unwrap();
            assert_eq!((found().as_slice(), unsearched.is_some()), (expected, left));
            new.set_words_of_before(2).unwrap();
        }
        // What is forgotten is not found any more.
        new.forget_words("[2]").unwrap();
        assert_eq!(found(), [3, 1]);
    }
}
