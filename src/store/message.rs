//! Mails that were seen, and what became of them.

use std::collections::HashSet;

use anyhow::{Context, Result};
use jiff::Timestamp;
use rusqlite::types::FromSqlError;
use rusqlite::{OptionalExtension, Row, params};
use serde::{Deserialize, Serialize};

use super::{Ground, Hold, Place, Store, instant, json, parsed, parsed_option, stored_as_words};
use crate::domain::row::MessageId;
use crate::domain::unit::UnitId;
use crate::domain::why::{Kept, Why};
use crate::ground::Sha256;
use crate::reading::{Reading, Trust};

/// What became of a mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MessageState {
    /// Stored, not read yet.
    Received,
    /// Logged as a submission.
    Logged,
    /// A person has to decide.
    Waiting,
    /// Nothing to do: a bounce, an automatic answer, bulk mail …
    Noted,
    /// Staff said that it is no report.
    Ignored,
    /// The same mail as another one, delivered twice.
    Duplicate,
}

stored_as_words!(MessageState {
    Received = "received",
    Logged = "logged",
    Waiting = "waiting",
    Noted = "noted",
    Ignored = "ignored",
    Duplicate = "duplicate",
});

/// A mail that was seen in a mailbox.
#[derive(Clone, Debug)]
pub struct Arrived {
    /// Where.
    pub place: Place,
    /// SHA-256 of the raw mail, which the archive holds; `None` where it was not fetched.
    pub sha256: Option<Sha256>,
    /// Bytes.
    pub size: u64,
    /// INTERNALDATE.
    pub received_at: Timestamp,
    /// X-GM-MSGID.
    pub gm_msgid: Option<u64>,
}

#[cfg(test)]
impl Arrived {
    /// A small mail of its own in the inbox.
    pub(crate) fn example(uid: impl ToString, received_at: Timestamp) -> Arrived {
        let uid = uid.to_string();
        Arrived {
            sha256: Some(Sha256::of(uid.as_bytes())),
            place: Place {
                account: "a".into(),
                folder: "INBOX".into(),
                uidvalidity: 1,
                uid,
            },
            size: 1,
            received_at,
            gm_msgid: None,
        }
    }
}

/// A mail in the store.
#[derive(Clone, Debug)]
pub struct Message {
    /// Row.
    pub id: MessageId,
    /// SHA-256 of the raw mail in the archive.
    pub sha256: Option<Sha256>,
    /// Its bytes; of one that was not fetched, those that were announced.
    pub size: u64,
    /// When the server received it.
    pub received_at: Timestamp,
    /// When it was stored here.
    pub stored_at: Timestamp,
    /// Who sent it, as an address.
    pub sender: Option<String>,
    /// Its subject.
    pub subject: Option<String>,
    /// The unit it comes from, where that is certain.
    pub unit: Option<UnitId>,
    /// What became of it.
    pub state: MessageState,
    /// Why.
    pub why: Vec<Why>,
    /// Units that it may come from, best first.
    pub candidates: Vec<UnitId>,
    /// What reading it gave; `None` while unread or where reading failed.
    pub reading: Option<Reading>,
    /// Since when it is put off: it was read, and is unread all the same until it is known who sent it.
    pub put_off: Option<Timestamp>,
}

/// What is decided about a mail.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// What becomes of it.
    pub state: MessageState,
    /// The unit it comes from, where that is certain.
    pub unit: Option<UnitId>,
    /// Units that it may come from, best first.
    pub candidates: Vec<UnitId>,
    /// Why.
    pub why: Vec<Why>,
}

impl Message {
    /// The unit that it is of, or the only one that it may be of.
    pub(crate) fn only_unit(&self) -> Option<&UnitId> {
        let only = match self.candidates.as_slice() {
            [one] => Some(one),
            _ => None,
        };
        self.unit.as_ref().or(only)
    }
}

const COLUMNS: &str = "id, sha256, size, received_at, stored_at, sender, subject, unit, state, why, candidates, reading, put_off";

fn message(row: &Row<'_>) -> rusqlite::Result<Message> {
    Ok(Message {
        id: row.get("id")?,
        sha256: row.get("sha256")?,
        size: row.get::<_, i64>("size")?.unsigned_abs(),
        received_at: parsed(row, "received_at")?,
        stored_at: parsed(row, "stored_at")?,
        sender: row.get("sender")?,
        subject: row.get("subject")?,
        unit: row.get::<_, Option<String>>("unit")?.map(UnitId),
        state: row.get("state")?,
        why: json::<Kept>(row, "why")?.0,
        candidates: json(row, "candidates")?,
        reading: match row.get::<_, Option<String>>("reading")? {
            Some(_) => Some(json(row, "reading")?),
            None => None,
        },
        put_off: parsed_option(row, "put_off")?,
    })
}

impl Store {
    /// Records a mail that was seen: a row for new content, else one more place for the content that is known.
    pub fn record_arrival(&self, mail: &Arrived, now: Timestamp) -> Result<MessageId> {
        let known: Option<MessageId> = match (&mail.sha256, mail.gm_msgid) {
            (Some(sha), _) => self
                .conn
                .query_row("SELECT id FROM message WHERE sha256 = ?1", [sha], |r| {
                    r.get(0)
                })
                .optional()?,
            (None, _) => None,
        };
        let id = match known {
            Some(id) => id,
            None => {
                self.conn.execute(
                    "INSERT INTO message (sha256, size, received_at, stored_at, gm_msgid, state)
                     VALUES (?1, ?2, ?3, ?4, ?5, 'received')",
                    params![
                        mail.sha256,
                        mail.size as i64,
                        instant(mail.received_at),
                        instant(now),
                        mail.gm_msgid.map(|g| g as i64)
                    ],
                )?;
                MessageId(self.conn.last_insert_rowid())
            }
        };
        if known.is_some() {
            // The same bytes, received anew after staff had ignored them or sent them back, are sent again.
            self.conn.execute(
                "UPDATE message SET state = 'received' WHERE id = ?1 AND received_at < ?2
                     AND (state = 'ignored' OR state = 'logged' AND EXISTS (
                         SELECT 1 FROM submission s JOIN sent_back b ON b.submission = s.id
                         WHERE s.message = message.id AND s.withdrawn_at IS NULL AND b.withdrawn_at IS NULL))",
                params![id, instant(mail.received_at)],
            )?;
        }
        self.add_location(&mail.place, id, Some(mail.received_at))?;
        if mail.sha256.is_some() {
            // Whatever came this time, it is not asked for again and again. What could not be read for it is read now.
            self.conn.execute(
                "UPDATE message SET damaged_at = NULL,
                     state = CASE WHEN state = 'waiting' AND class = 'unreadable' THEN 'received' ELSE state END
                 WHERE damaged_at IS NOT NULL AND id IN (
                     SELECT message FROM location
                     WHERE account = ?1 AND folder = ?2 AND uidvalidity = ?3 AND uid = ?4)",
                params![
                    mail.place.account,
                    mail.place.folder,
                    mail.place.uidvalidity,
                    mail.place.uid
                ],
            )?;
        }
        Ok(id)
    }

    /// Whether a mail of this content (SHA-256) has a row.
    pub(crate) fn knows_content(&self, sha256: Sha256) -> Result<bool> {
        Ok(self.conn.query_row(
            "SELECT EXISTS (SELECT 1 FROM message WHERE sha256 = ?1)",
            [sha256],
            |r| r.get(0),
        )?)
    }

    /// The mail of a Gmail message id, whose folders and labels all show the same one. The id alone proves nothing:
    /// size and INTERNALDATE have to be those of the mail too. A damaged one is
    /// not known: it is fetched again.
    pub fn message_of_gmail(
        &self,
        gm_msgid: u64,
        size: u64,
        received_at: Timestamp,
    ) -> Result<Option<MessageId>> {
        Ok(self
            .conn
            .query_row(
                "SELECT id FROM message WHERE gm_msgid = ?1 AND size = ?2 AND received_at = ?3
                 AND damaged_at IS NULL",
                params![gm_msgid as i64, size as i64, instant(received_at)],
                |r| r.get(0),
            )
            .optional()?)
    }

    /// Gives a mail that could not be fetched its content: it is read as one that has come now. Where the content is
    /// known as another mail, that one is meant. What staff decided meanwhile stays.
    pub(crate) fn fetched_at_last(
        &self,
        id: MessageId,
        sha256: Sha256,
        size: u64,
    ) -> Result<MessageId> {
        let same = "SELECT id FROM message WHERE sha256 = ?1";
        let known: Option<MessageId> = self
            .conn
            .query_row(same, [sha256], |r| r.get(0))
            .optional()?;
        if let Some(known) = known {
            self.conn.execute(
                "UPDATE message SET state = 'duplicate' WHERE id = ?1 AND sha256 IS NULL AND state = 'waiting'",
                [id],
            )?;
            return Ok(known);
        }
        self.conn.execute(
            "UPDATE message SET sha256 = ?2, size = ?3,
                                state = CASE state WHEN 'waiting' THEN 'received' ELSE state END
             WHERE id = ?1 AND sha256 IS NULL",
            params![id, sha256, size as i64],
        )?;
        Ok(id)
    }

    /// Mails that are stored and not read yet, or put off, so many at most: first those of units and of some addresses, by
    /// what their headers say; of each those that are put off last, else those of the senders that come `first`, the oldest
    /// first.
    pub fn unread(
        &self,
        addresses: &[String],
        first: &HashSet<String>,
        most: u32,
    ) -> Result<Vec<Message>> {
        self.messages(
            "state = 'received'
             ORDER BY unit IS NULL AND candidates = '[]'
                  AND NOT EXISTS (SELECT 1 FROM json_each(?1) WHERE value = sender),
                  put_off IS NOT NULL,
                  NOT EXISTS (SELECT 1 FROM json_each(?2) WHERE value = sender), received_at, id
             LIMIT ?3",
            params![
                serde_json::to_string(addresses)?,
                serde_json::to_string(first)?,
                most
            ],
        )
    }

    /// When the oldest mail was stored that is not read yet.
    pub(crate) fn oldest_unread(&self) -> Result<Option<Timestamp>> {
        Ok(self.conn.query_row(
            // By its moments it would be looked for among all mails, the oldest first.
            "SELECT min(stored_at) AS oldest FROM message INDEXED BY message_received
             WHERE state = 'received' AND put_off IS NULL",
            [],
            |r| parsed_option(r, "oldest"),
        )?)
    }

    /// Notes of a mail that has come who sent it, by its header alone (an address, lower case), and which units may have:
    /// until it is read, they are not reminded.
    pub(crate) fn note_sender(
        &self,
        id: MessageId,
        sender: Option<&str>,
        units: &[UnitId],
    ) -> Result<()> {
        let changed = self.conn.execute(
            "UPDATE message SET sender = ?2, candidates = ?3 WHERE id = ?1 AND state = 'received' AND put_off IS NULL",
            params![id, sender, serde_json::to_string(units)?],
        )?;
        let holds = units.iter().map(|unit| Hold {
            unit: Some(unit.clone()),
            ground: Ground::Address,
            until: None,
        });
        match changed {
            0 => Ok(()), // it is known and was read
            _ => self.set_holds(id, &holds.collect::<Vec<_>>()),
        }
    }

    /// Mails on which a person has to decide, oldest first.
    pub fn waiting(&self) -> Result<Vec<Message>> {
        self.messages("state = 'waiting' ORDER BY received_at, id", [])
    }

    /// Mails that were stored in a span of time, oldest first.
    pub fn stored_between(&self, after: Timestamp, until: Timestamp) -> Result<Vec<Message>> {
        self.messages(
            "stored_at > ?1 AND stored_at <= ?2 ORDER BY received_at, id",
            [instant(after), instant(until)],
        )
    }

    /// The mails that addresses (lower case) sent and the server received in a span of time, oldest first.
    pub(crate) fn mails_from(
        &self,
        addresses: &[String],
        [from, to]: [Timestamp; 2],
    ) -> Result<Vec<(MessageId, MessageState)>> {
        let mut statement = self.conn.prepare_cached(
            "SELECT id, state FROM message
             WHERE sender IN (SELECT value FROM json_each(?1)) AND received_at >= ?2 AND received_at < ?3
             ORDER BY received_at, id",
        )?;
        let addresses = serde_json::to_string(addresses)?;
        let rows = statement.query_map(params![addresses, instant(from), instant(to)], |r| {
            Ok((r.get("id")?, r.get("state")?))
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    fn messages(&self, condition: &str, values: impl rusqlite::Params) -> Result<Vec<Message>> {
        let sql = format!("SELECT {COLUMNS} FROM message WHERE {condition}");
        let mut statement = self.conn.prepare_cached(&sql)?;
        let rows = statement.query_map(values, message)?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// A mail by its number.
    pub fn message(&self, id: MessageId) -> Result<Option<Message>> {
        Ok(self.messages("id = ?1", [id])?.pop())
    }

    /// Stores what reading a mail gave, with the names of its files, and the words by which it is found; whether the archive holds these is noted apart.
    pub fn set_reading(&self, id: MessageId, reading: &Reading) -> Result<()> {
        self.conn.execute(
            "UPDATE message SET message_id = ?2, reply_to = ?3, sender = ?4, subject = ?5, class = ?6,
                                trust = ?7, reading = ?8
             WHERE id = ?1",
            params![
                id,
                reading.message_id,
                reading.reply_to,
                reading.sender.as_ref().map(|s| &s.address),
                reading.subject,
                reading.class.word(),
                reading.trust.word(),
                serde_json::to_string(reading)?
            ],
        )?;
        let mut insert = self.conn.prepare_cached(
            "INSERT INTO attachment (message, position, name, size, sha256, kind, role, kept)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 0) ON CONFLICT DO NOTHING",
        )?;
        for (position, a) in reading.attachments.iter().enumerate() {
            insert.execute(params![
                id,
                position as i64,
                a.name,
                a.size as i64,
                a.sha256,
                a.kind.word(),
                a.role.word()
            ])?;
        }
        self.set_words(id, reading)
    }

    /// Notes that the archive holds the files of a mail.
    pub fn set_kept(&self, id: MessageId) -> Result<()> {
        let sql = "UPDATE attachment SET kept = 1 WHERE message = ?1 AND kept = 0";
        self.conn.execute(sql, [id])?;
        Ok(())
    }

    /// Mails whose files count and are not in the archive, oldest first, with the bytes of those.
    pub(crate) fn not_taken_out(&self) -> Result<Vec<(MessageId, u64)>> {
        let mut statement = self.conn.prepare_cached(
            "SELECT m.id, (SELECT coalesce(sum(size), 0) FROM (
                 SELECT DISTINCT sha256, size FROM attachment WHERE message = m.id AND kept = 0)) AS bytes
             FROM message m
             WHERE m.id IN (SELECT message FROM attachment WHERE kept = 0)
               AND EXISTS (SELECT 1 FROM submission s WHERE s.message = m.id AND s.withdrawn_at IS NULL)
               AND m.sha256 IS NOT NULL AND m.expired_at IS NULL
             ORDER BY m.id",
        )?;
        let rows =
            statement.query_map([], |r| Ok((r.get("id")?, r.get::<_, i64>("bytes")? as u64)))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Notes that a mail was received earlier than it seemed.
    pub(crate) fn set_received_at(&self, id: MessageId, received_at: Timestamp) -> Result<()> {
        self.conn.execute(
            "UPDATE message SET received_at = ?2 WHERE id = ?1",
            params![id, instant(received_at)],
        )?;
        Ok(())
    }

    /// Notes that a mail was stored at another moment than a clock that was wrong had said.
    pub(crate) fn set_stored_at(&self, id: MessageId, stored_at: Timestamp) -> Result<()> {
        self.conn.execute(
            "UPDATE message SET stored_at = ?2 WHERE id = ?1",
            params![id, instant(stored_at)],
        )?;
        Ok(())
    }

    /// Notes that a mail is put off until it is known who sent it, and since when.
    pub(crate) fn set_put_off(&self, id: MessageId, since: Timestamp) -> Result<()> {
        self.conn.execute(
            "UPDATE message SET put_off = ?2 WHERE id = ?1",
            params![id, instant(since)],
        )?;
        Ok(())
    }

    /// Stores what is decided about a mail, which is not put off then.
    pub fn set_verdict(&self, id: MessageId, verdict: &Verdict) -> Result<()> {
        let changed = self.conn.execute(
            "UPDATE message SET state = ?2, unit = ?3, candidates = ?4, why = ?5, put_off = NULL WHERE id = ?1",
            params![
                id,
                verdict.state,
                verdict.unit.as_ref().map(|u| &u.0),
                serde_json::to_string(&verdict.candidates)?,
                serde_json::to_string(&verdict.why)?
            ],
        )?;
        (changed == 1)
            .then_some(())
            .with_context(|| format!("there is no mail {id}"))
    }

    /// An earlier mail that says the same, with the same Message-ID, from the same sender: the same mail, delivered twice.
    /// Only one that counts: sent again after staff ignored it or sent it back, it is a new one.
    pub fn twin(&self, id: MessageId, reading: &Reading) -> Result<Option<MessageId>> {
        let Some(message_id) = &reading.message_id else {
            return Ok(None);
        };
        let says = |r: &Reading| {
            let files: Vec<Sha256> = r.attachments.iter().map(|a| a.sha256).collect();
            let sender = r.sender.as_ref().map(|s| s.address.clone());
            (sender, r.subject.clone(), r.body.clone(), files)
        };
        let earlier = self.messages(
            "message_id = ?1 AND id < ?2 AND (state = 'waiting' OR state = 'logged'
                 AND EXISTS (SELECT 1 FROM submission s WHERE s.message = message.id AND s.withdrawn_at IS NULL)
                 AND NOT EXISTS (
                     SELECT 1 FROM submission s JOIN sent_back b ON b.submission = s.id
                     WHERE s.message = message.id AND s.withdrawn_at IS NULL AND b.withdrawn_at IS NULL))
             ORDER BY id",
            params![message_id, id],
        )?;
        let same = |m: &&Message| m.reading.as_ref().is_some_and(|r| says(r) == says(reading));
        Ok(earlier.iter().find(same).map(|m| m.id))
    }

    /// Whether the last ten mails of a domain that are logged, but for one, came from where they said; newest first.
    pub fn trust_of_domain(&self, domain: &str, but: MessageId) -> Result<Vec<Trust>> {
        let mut statement = self.conn.prepare_cached(
            "SELECT trust FROM message
             WHERE state = 'logged' AND id <> ?2 AND substr(sender, instr(sender, '@') + 1) = ?1
             ORDER BY received_at DESC, id DESC LIMIT 10",
        )?;
        let rows = statement.query_map(params![domain, but], |r| {
            Ok(Trust::from_word(r.get::<_, Option<String>>(0)?.as_deref()))
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// How many mails wait to be read. Those that are put off were read; they hold the reminders of their own units only.
    pub fn unread_count(&self) -> Result<u32> {
        Ok(self.conn.query_row(
            "SELECT count(*) FROM message WHERE state = 'received' AND put_off IS NULL",
            [],
            |r| r.get(0),
        )?)
    }

    /// How many mails are put off until it is known who sent them.
    pub(crate) fn put_off_count(&self) -> Result<u32> {
        Ok(self.conn.query_row(
            "SELECT count(*) FROM message WHERE state = 'received' AND put_off IS NOT NULL",
            [],
            |r| r.get(0),
        )?)
    }

    /// Mails whose outcome the mailbox does not show yet, with the outcome.
    pub(crate) fn unshown(&self) -> Result<Vec<(MessageId, MessageState)>> {
        let mut statement = self.conn.prepare_cached(
            "SELECT id, state FROM message
             WHERE state <> 'received' AND shown IS NOT state ORDER BY id LIMIT 500",
        )?;
        let rows = statement.query_map([], |r| Ok((r.get(0)?, r.get(1)?)))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Notes that the mailbox shows the outcome of a mail.
    pub(crate) fn set_shown(&self, id: MessageId, state: MessageState) -> Result<()> {
        self.conn.execute(
            "UPDATE message SET shown = ?2 WHERE id = ?1",
            params![id, state],
        )?;
        Ok(())
    }

    /// The units that staff taught for an address (lower case).
    pub(crate) fn learned_units(&self, address: &str) -> Result<Vec<UnitId>> {
        let mut statement = self.conn.prepare_cached(
            "SELECT unit FROM learned WHERE address = ?1 AND revoked_at IS NULL ORDER BY id",
        )?;
        let rows = statement.query_map([address], |r| r.get(0).map(UnitId))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Forgets that an address (lower case) writes for a unit; `false` if it was not known to.
    pub(crate) fn unlearn(&self, address: &str, unit: &UnitId, now: Timestamp) -> Result<bool> {
        let n = self.conn.execute(
            "UPDATE learned SET revoked_at = ?3 WHERE address = ?1 AND unit = ?2 AND revoked_at IS NULL",
            params![address, unit.0, instant(now)],
        )?;
        Ok(n > 0)
    }

    /// Every address that staff taught and did not revoke, with its unit and since when.
    pub fn learned(&self) -> Result<Vec<(String, UnitId, Timestamp)>> {
        let mut statement = self.conn.prepare_cached(
            "SELECT address, unit, at FROM learned WHERE revoked_at IS NULL ORDER BY id",
        )?;
        let rows =
            statement.query_map([], |r| Ok((r.get(0)?, UnitId(r.get(1)?), parsed(r, "at")?)))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Remembers that an address (lower case) writes for a unit.
    pub fn learn(&self, address: &str, unit: &UnitId, now: Timestamp) -> Result<()> {
        self.conn.execute(
            "INSERT INTO learned (address, unit, at) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
            params![address, unit.0, instant(now)],
        )?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::obligation::tests::{at, obligation};
    use crate::store::Receipts;

    #[test]
    fn a_mail_that_is_not_read_yet_protects_the_units_that_its_header_names() {
        let now = at("2026-06-18T00:00:00Z");
        let store = Store::in_memory(now).unwrap();
        for unit in ["a", "b"] {
            let due = "2026-06-15T10:00:00Z";
            store.expect(&obligation(unit, due)).unwrap();
        }
        let mail = Arrived::example(1, now);
        let id = store.record_arrival(&mail, now).unwrap();
        let sender = "ldld@a.example";
        store
            .note_sender(id, Some(sender), &[UnitId("a".into())])
            .unwrap();
        let waiting: Vec<Option<MessageId>> = store
            .obligations(Receipts::All)
            .unwrap()
            .iter()
            .map(|o| o.waiting)
            .collect();
        assert_eq!(waiting, [Some(id), None]);
        // Staff's are read first, as those of units are.
        let unread = store.unread(&[sender.into()], &HashSet::new(), 10).unwrap();
        assert_eq!(unread[0].sender.as_deref(), Some(sender));
        assert_eq!(store.oldest_unread().unwrap(), Some(now));
    }
}
