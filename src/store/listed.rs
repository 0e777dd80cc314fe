//! Which mails of strangers the digest of a day shows.

use std::collections::HashMap;

use anyhow::Result;
use jiff::civil::Date;
use rusqlite::params;
use rusqlite::types::FromSqlError;

use super::{Store, stored_as_words};
use crate::domain::row::MessageId;

/// A kind of mails of strangers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Strangers {
    /// With a document that has the head of a unit.
    WithDocument,
    /// All others.
    Others,
}

stored_as_words!(Strangers {
    WithDocument = "with_document",
    Others = "others",
});

impl Store {
    /// Remembers that the digest of a day shows mails.
    pub fn list(
        &self,
        day: Date,
        kind: Strangers,
        mails: impl IntoIterator<Item = MessageId>,
    ) -> Result<()> {
        let mut insert = self.conn.prepare_cached(
            "INSERT INTO listed (day, message, kind) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
        )?;
        for mail in mails {
            insert.execute(params![day.to_string(), mail, kind])?;
        }
        Ok(())
    }

    /// The mails of a kind that the digest of a day shows, by their numbers.
    pub fn listed(&self, day: Date, kind: Strangers) -> Result<Vec<MessageId>> {
        let mut statement = self.conn.prepare_cached(
            "SELECT message FROM listed WHERE day = ?1 AND kind = ?2 ORDER BY message",
        )?;
        let rows = statement.query_map(params![day.to_string(), kind], |r| r.get(0))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// How often mails that wait were shown, those that were.
    pub(crate) fn times_listed(&self) -> Result<HashMap<MessageId, u32>> {
        let mut statement = self.conn.prepare_cached(
            "SELECT l.message, count(*) FROM message m CROSS JOIN listed l ON l.message = m.id
             WHERE m.state = 'waiting' GROUP BY l.message",
        )?;
        let rows = statement.query_map([], |r| Ok((r.get(0)?, r.get(1)?)))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}
