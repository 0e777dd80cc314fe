//! Where mails were seen, and how far each folder has been looked through.

use std::collections::HashSet;

use anyhow::Result;
use rusqlite::{OptionalExtension, params};

use super::Store;

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
}

impl Store {
    /// How far a folder has been looked through, if ever.
    pub fn cursor(&self, account: &str, folder: &str) -> Result<Option<Cursor>> {
        Ok(self
            .conn
            .query_row(
                "SELECT uidvalidity, last_uid FROM cursor WHERE account = ?1 AND folder = ?2",
                [account, folder],
                |r| {
                    Ok(Cursor {
                        uidvalidity: r.get(0)?,
                        last_uid: r.get(1)?,
                    })
                },
            )
            .optional()?)
    }

    /// Moves the cursor of a folder. Call it only when every mail up to it has a row.
    pub fn set_cursor(&self, account: &str, folder: &str, cursor: Cursor) -> Result<()> {
        self.conn.execute(
            "INSERT INTO cursor (account, folder, uidvalidity, last_uid) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (account, folder) DO UPDATE
             SET uidvalidity = excluded.uidvalidity, last_uid = excluded.last_uid",
            params![account, folder, cursor.uidvalidity, cursor.last_uid],
        )?;
        Ok(())
    }

    /// Every UID of a folder that has a row, but for those of damaged mails, which are fetched again.
    pub fn known_uids(
        &self,
        account: &str,
        folder: &str,
        uidvalidity: u32,
    ) -> Result<HashSet<String>> {
        let mut statement = self.conn.prepare_cached(
            "SELECT l.uid FROM location l JOIN message m ON m.id = l.message
             WHERE l.account = ?1 AND l.folder = ?2 AND l.uidvalidity = ?3 AND m.damaged_at IS NULL",
        )?;
        let rows = statement.query_map(params![account, folder, uidvalidity], |r| r.get(0))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Notes that a mail was seen at a place.
    pub fn add_location(&self, place: &Place, message: i64) -> Result<()> {
        self.conn.execute(
            "INSERT INTO location (account, folder, uidvalidity, uid, message) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT DO NOTHING",
            params![place.account, place.folder, place.uidvalidity, place.uid, message],
        )?;
        Ok(())
    }

    /// The places where a mail was seen.
    pub fn places(&self, message: i64) -> Result<Vec<Place>> {
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

    /// Counts one more failure to fetch a mail and says how many there were.
    pub fn count_fetch_failure(&self, place: &Place) -> Result<u32> {
        Ok(self.conn.query_row(
            "INSERT INTO fetch_failure (account, folder, uidvalidity, uid, times) VALUES (?1, ?2, ?3, ?4, 1)
             ON CONFLICT (account, folder, uidvalidity, uid) DO UPDATE SET times = times + 1
             RETURNING times",
            params![place.account, place.folder, place.uidvalidity, place.uid],
            |r| r.get(0),
        )?)
    }

    /// The UIDs of a folder that could not be fetched at least once.
    pub fn failed_uids(
        &self,
        account: &str,
        folder: &str,
        uidvalidity: u32,
    ) -> Result<HashSet<String>> {
        let mut statement = self.conn.prepare_cached(
            "SELECT uid FROM fetch_failure WHERE account = ?1 AND folder = ?2 AND uidvalidity = ?3",
        )?;
        let rows = statement.query_map(params![account, folder, uidvalidity], |r| r.get(0))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}
