//! What the store names in the archive, and whether the database itself is sound.

use std::fmt;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use jiff::Timestamp;
use rusqlite::{Connection, OpenFlags, params};
use serde::Serialize;

use super::{APPLICATION_ID, MIGRATIONS, Store, instant};
use crate::domain::row::{MessageId, OutboxId};
use crate::ground::Sha256;

/// Whose content a file of the archive is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Owner {
    /// A mail as it came, by its row.
    Mail(MessageId),
    /// A file within a mail, by the row of the mail.
    File(MessageId),
    /// A mail as it left, by its row in the outbox.
    Sent(OutboxId),
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Owner::Mail(id) => write!(f, "mail {id}"),
            Owner::File(id) => write!(f, "a file of mail {id}"),
            Owner::Sent(id) => write!(f, "the sent mail {id}"),
        }
    }
}

/// A content that the archive has to hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content {
    /// Its SHA-256, by which the archive names it.
    pub sha256: Sha256,
    /// Who needs it.
    pub owners: Vec<Owner>,
}

impl Store {
    /// Opens the store in a file for reading alone. Nothing is made, migrated or written.
    ///
    /// # Errors
    /// When the file cannot be read, is no store of ours, or is newer than this program.
    pub fn open_read_only(path: &Path) -> Result<Store> {
        let conn = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        conn.busy_timeout(Duration::from_secs(15))?;
        let application: i32 = conn.query_row("PRAGMA application_id", [], |r| r.get(0))?;
        let version: i64 = conn.query_row("PRAGMA user_version", [], |r| r.get(0))?;
        if application != APPLICATION_ID {
            bail!("{} is no store of thubaocao", path.display());
        }
        if version > MIGRATIONS.len() as i64 {
            bail!("{} was written by a newer thubaocao", path.display());
        }
        Ok(Store { conn: conn.into() })
    }

    /// What the archive has to hold, ordered by hash: up to `most` contents after one. What was past its time is not
    /// among it.
    pub fn contents(&self, after: Option<Sha256>, most: usize) -> Result<Vec<Content>> {
        let mut statement = self.conn.prepare_cached(
            "SELECT sha256, 0, id FROM message WHERE sha256 > ?1 AND expired_at IS NULL
             UNION ALL
             SELECT a.sha256, 1, a.message FROM attachment a JOIN message m ON m.id = a.message
                 WHERE a.sha256 > ?1 AND a.kept AND m.expired_at IS NULL
             UNION ALL
             SELECT raw, 2, id FROM outbox WHERE raw > ?1 AND expired_at IS NULL
             ORDER BY 1, 2, 3",
        )?;
        let mut rows = statement.query([after.map_or(String::new(), Into::into)])?;
        let mut found: Vec<Content> = Vec::new();
        while let Some(row) = rows.next()? {
            let sha256 = row.get(0)?;
            let owner = match (row.get::<_, i64>(1)?, row.get(2)?) {
                (0, id) => Owner::Mail(MessageId(id)),
                (1, id) => Owner::File(MessageId(id)),
                (_, id) => Owner::Sent(OutboxId(id)),
            };
            if let Some(last) = found.last_mut()
                && last.sha256 == sha256
            {
                last.owners.push(owner);
                continue;
            }
            if found.len() == most {
                break;
            }
            found.push(Content {
                sha256,
                owners: vec![owner],
            });
        }
        Ok(found)
    }

    /// What is wrong with the database, a line a fault; nothing where it is sound. `thorough` compares indices and
    /// references too, which takes longer.
    pub(crate) fn database_faults(&self, thorough: bool) -> Vec<String> {
        let look = || -> Result<Vec<String>> {
            let check = match thorough {
                true => "PRAGMA integrity_check",
                false => "PRAGMA quick_check",
            };
            let mut statement = self.conn.prepare(check)?;
            let rows = statement.query_map([], |r| r.get::<_, String>(0))?;
            let mut faults = rows.collect::<rusqlite::Result<Vec<_>>>()?;
            faults.retain(|f| f != "ok");
            if thorough && faults.is_empty() {
                let mut statement = self.conn.prepare("PRAGMA foreign_key_check")?;
                let mut rows = statement.query([])?;
                while let Some(row) = rows.next()? {
                    let (table, parent): (String, String) = (row.get(0)?, row.get(2)?);
                    faults.push(format!("a row of {table} refers to none of {parent}"));
                }
            }
            Ok(faults)
        };
        // A database that is damaged badly enough cannot even be looked through.
        look().unwrap_or_else(|e| vec![format!("{e:#}")])
    }

    /// Notes that the archive does not hold a mail as it came: it is fetched again at the next full look at the mailbox.
    pub(crate) fn fetch_again(&self, message: MessageId, now: Timestamp) -> Result<()> {
        self.conn
            .execute(
                "UPDATE message SET damaged_at = ?2 WHERE id = ?1 AND damaged_at IS NULL",
                params![message, instant(now)],
            )
            .context("a damaged mail cannot be noted")?;
        self.list_all_anew()
    }
}
