//! Where mails were seen, and how far each folder has been looked through.

use std::collections::HashMap;
use std::path::Path;

use anyhow::Result;
use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};

use super::{Store, instant, parsed_option};
use crate::domain::row::MessageId;
use crate::ground::Sha256;

/// A place in a mailbox where a mail was seen.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Place {
    /// The mailbox.
    pub account: String,
    /// The folder, as the server names it.
    pub folder: String,
    /// UIDVALIDITY (RFC 9051, 2.3.1.1), 0 for a Maildir.
    pub uidvalidity: u32,
    /// UID, or what a Maildir file is known by: the unique part of its name, its size, when it was written.
    pub uid: String,
}

/// How far a folder has been looked through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// The UIDVALIDITY under which the UIDs hold.
    pub uidvalidity: u32,
    /// Every mail up to this UID has a row.
    pub last_uid: u32,
    /// What is in the folder up to there; `None` where nothing was counted, or something is left to be asked for.
    pub counted: Option<Counted>,
}

/// What a server said of a folder of which every mail was accounted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counted {
    /// EXISTS.
    pub exist: u32,
    /// UIDNEXT.
    pub uid_next: u32,
    /// HIGHESTMODSEQ (RFC 7162, 3.1.2.1), where the server tells.
    pub modseq: Option<u64>,
    /// When the whole folder was last listed.
    pub listed_at: Timestamp,
}

/// A mail that the server did not give.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FetchFailure {
    /// How often it failed when it was asked for alone.
    pub times: u32,
    /// When it was last asked for.
    pub tried_at: Option<Timestamp>,
    /// Since when staff have a row in its place.
    pub given_up_at: Option<Timestamp>,
}

/// The account under which the places of imported mails are kept.
const IMPORT: &str = "import";

/// How a mail came in that was seen in no mailbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Imported {
    /// As a file of its own, or at the beginning of one.
    Whole,
    /// After a line within an mbox that parts its mails. Anybody can write one into a mail, and after it another mail.
    Parted,
}

impl Place {
    /// The place of the mail with a number, from 1, in a file that is imported.
    pub fn imported(file: &Path, number: u32, sha256: Sha256) -> Place {
        Place {
            account: IMPORT.into(),
            folder: file.display().to_string(),
            uidvalidity: 0,
            uid: format!("{number}-{sha256}"),
        }
    }

    /// Whether it is one, and how the mail stands there.
    fn import(&self) -> Option<Imported> {
        let (number, _) = self.uid.split_once('-').unwrap_or_default();
        (self.account == IMPORT).then_some(match number {
            "1" => Imported::Whole,
            _ => Imported::Parted,
        })
    }
}

impl Store {
    /// How a mail came in, if it was seen in no mailbox.
    pub fn imported(&self, message: MessageId) -> Result<Option<Imported>> {
        let places = self.places(message)?;
        let imports: Option<Vec<Imported>> = places.iter().map(Place::import).collect();
        Ok(imports.filter(|i| !i.is_empty()).map(|imports| {
            match imports.contains(&Imported::Whole) {
                true => Imported::Whole,
                false => Imported::Parted,
            }
        }))
    }

    /// How far a folder has been looked through, if ever.
    pub(crate) fn cursor(&self, account: &str, folder: &str) -> Result<Option<Cursor>> {
        Ok(self
            .conn
            .query_row(
                "SELECT uidvalidity, last_uid, exist, uid_next, modseq, listed_at FROM cursor
                 WHERE account = ?1 AND folder = ?2",
                [account, folder],
                |r| {
                    let counted = match parsed_option(r, "listed_at")? {
                        Some(listed_at) => Some(Counted {
                            exist: r.get("exist")?,
                            uid_next: r.get("uid_next")?,
                            modseq: r.get::<_, Option<i64>>("modseq")?.map(i64::unsigned_abs),
                            listed_at,
                        }),
                        None => None,
                    };
                    Ok(Cursor {
                        uidvalidity: r.get("uidvalidity")?,
                        last_uid: r.get("last_uid")?,
                        counted,
                    })
                },
            )
            .optional()?)
    }

    /// Moves the cursor of a folder. Call it only when every mail up to it has a row.
    pub(crate) fn set_cursor(&self, account: &str, folder: &str, cursor: Cursor) -> Result<()> {
        let counted = cursor.counted;
        self.conn.execute(
            "INSERT INTO cursor (account, folder, uidvalidity, last_uid, exist, uid_next, modseq, listed_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
             ON CONFLICT (account, folder) DO UPDATE
             SET uidvalidity = excluded.uidvalidity, last_uid = excluded.last_uid, exist = excluded.exist,
                 uid_next = excluded.uid_next, modseq = excluded.modseq, listed_at = excluded.listed_at",
            params![
                account,
                folder,
                cursor.uidvalidity,
                cursor.last_uid,
                counted.map(|c| c.exist),
                counted.map(|c| c.uid_next),
                counted.and_then(|c| c.modseq).map(|m| m as i64),
                counted.map(|c| instant(c.listed_at))
            ],
        )?;
        Ok(())
    }

    /// Has every folder listed as a whole at the next look.
    pub(super) fn list_all_anew(&self) -> Result<()> {
        self.conn
            .execute("UPDATE cursor SET listed_at = NULL", [])?;
        Ok(())
    }

    /// Those of the UIDs of a folder that have a row, with the INTERNALDATE of the mail that each meant, where that was
    /// noted. Those of damaged mails are left out: they are fetched again.
    pub(crate) fn known_uids<'u>(
        &self,
        account: &str,
        folder: &str,
        uidvalidity: u32,
        uids: impl Iterator<Item = &'u str>,
    ) -> Result<HashMap<String, Option<Timestamp>>> {
        let mut statement = self.conn.prepare_cached(
            "SELECT l.uid, l.received_at FROM json_each(?4) u
             CROSS JOIN location l ON l.account = ?1 AND l.folder = ?2 AND l.uidvalidity = ?3 AND l.uid = u.value
             JOIN message m ON m.id = l.message WHERE m.damaged_at IS NULL",
        )?;
        let uids = serde_json::to_string(&uids.collect::<Vec<_>>())?;
        let rows = statement.query_map(params![account, folder, uidvalidity, uids], |r| {
            Ok((r.get(0)?, parsed_option(r, "received_at")?))
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Notes that a mail was seen at a place, with its INTERNALDATE; what was there before is there no more.
    pub fn add_location(
        &self,
        place: &Place,
        message: MessageId,
        received_at: Option<Timestamp>,
    ) -> Result<()> {
        self.conn.execute(
            "INSERT INTO location (account, folder, uidvalidity, uid, message, received_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT DO UPDATE SET message = excluded.message, received_at = excluded.received_at",
            params![
                place.account,
                place.folder,
                place.uidvalidity,
                place.uid,
                message,
                received_at.map(instant)
            ],
        )?;
        Ok(())
    }

    /// Notes the INTERNALDATE of the mail at a place where that was not noted yet.
    pub(crate) fn date_location(&self, place: &Place, received_at: Timestamp) -> Result<()> {
        self.conn.execute(
            "UPDATE location SET received_at = ?5
             WHERE account = ?1 AND folder = ?2 AND uidvalidity = ?3 AND uid = ?4 AND received_at IS NULL",
            params![
                place.account,
                place.folder,
                place.uidvalidity,
                place.uid,
                instant(received_at)
            ],
        )?;
        Ok(())
    }

    /// Whether a server told the INTERNALDATE of a mail, at one of its places.
    pub(crate) fn is_dated(&self, message: MessageId) -> Result<bool> {
        Ok(self.conn.query_row(
            "SELECT EXISTS (SELECT 1 FROM location WHERE message = ?1 AND received_at IS NOT NULL)",
            [message],
            |r| r.get(0),
        )?)
    }

    /// The mail that was seen at a place.
    pub(crate) fn message_at(&self, place: &Place) -> Result<Option<MessageId>> {
        Ok(self
            .conn
            .query_row(
                "SELECT message FROM location WHERE account = ?1 AND folder = ?2 AND uidvalidity = ?3 AND uid = ?4",
                params![place.account, place.folder, place.uidvalidity, place.uid],
                |r| r.get(0),
            )
            .optional()?)
    }

    /// The places where a mail was seen.
    pub fn places(&self, message: MessageId) -> Result<Vec<Place>> {
        let mut statement = self.conn.prepare_cached(
            "SELECT account, folder, uidvalidity, uid FROM location WHERE message = ?1",
        )?;
        let rows = statement.query_map([message], |r| {
            Ok(Place {
                account: r.get(0)?,
                folder: r.get(1)?,
                uidvalidity: r.get(2)?,
                uid: r.get(3)?,
            })
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Notes that a mail was among those that the server did not give, so that it is asked for alone. `again`: it was
    /// asked for alone, and counts.
    pub(crate) fn fetch_failed(&self, place: &Place, again: bool, now: Timestamp) -> Result<()> {
        self.conn.execute(
            "INSERT INTO fetch_failure (account, folder, uidvalidity, uid, times, tried_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT DO UPDATE SET times = times + excluded.times, tried_at = excluded.tried_at",
            params![
                place.account,
                place.folder,
                place.uidvalidity,
                place.uid,
                again,
                instant(now)
            ],
        )?;
        Ok(())
    }

    /// Notes that staff have a row in place of a mail that the server does not give.
    pub(crate) fn gave_up_fetching(&self, place: &Place, now: Timestamp) -> Result<()> {
        self.conn.execute(
            "UPDATE fetch_failure SET given_up_at = coalesce(given_up_at, ?5), tried_at = ?5
             WHERE account = ?1 AND folder = ?2 AND uidvalidity = ?3 AND uid = ?4",
            params![
                place.account,
                place.folder,
                place.uidvalidity,
                place.uid,
                instant(now)
            ],
        )?;
        Ok(())
    }

    /// The mails of a folder that the server did not give at least once, by UID; those that it gave since are left out.
    pub(crate) fn fetch_failures(
        &self,
        account: &str,
        folder: &str,
        uidvalidity: u32,
    ) -> Result<HashMap<String, FetchFailure>> {
        let mut statement = self.conn.prepare_cached(
            "SELECT f.uid, f.times, f.tried_at, f.given_up_at FROM fetch_failure f
             WHERE f.account = ?1 AND f.folder = ?2 AND f.uidvalidity = ?3 AND NOT EXISTS (
                 SELECT 1 FROM location l JOIN message m ON m.id = l.message
                 WHERE l.account = f.account AND l.folder = f.folder AND l.uidvalidity = f.uidvalidity
                   AND l.uid = f.uid AND m.sha256 IS NOT NULL)",
        )?;
        let rows = statement.query_map(params![account, folder, uidvalidity], |r| {
            let failure = FetchFailure {
                times: r.get("times")?,
                tried_at: parsed_option(r, "tried_at")?,
                given_up_at: parsed_option(r, "given_up_at")?,
            };
            Ok((r.get("uid")?, failure))
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}
