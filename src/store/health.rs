//! The last success and failure of each thing that can fail, and what was fetched today.

use std::collections::HashMap;

use anyhow::Result;
use jiff::Timestamp;
use jiff::civil::Date;
use rusqlite::{OptionalExtension, params};

use super::{Store, instant, parsed_option};
use crate::ground::words_of;

/// A part of the service that can fail on its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Part {
    /// Looking through the mailbox.
    Mailbox,
    /// Whether the mailbox went on from where it was; a failure is told, and nothing has to be mended.
    Rewound,
    /// Logging in to the mailbox: the server refuses user or password.
    Login,
    /// A folder that is configured and cannot be read; the others are.
    Folder,
    /// Fetching within the day's budget; a failure is of its day.
    Download,
    /// The child process that reads mails.
    Reading,
    /// The files that hold passwords: whether others can read them.
    Password,
    /// What keeps that child from everything but its mail: less of it than the kernel offers.
    Confinement,
    /// Handing mails over.
    Transport,
    /// The daily digest.
    Digest,
    /// Room on the disk, and whether it can be written.
    Disk,
    /// The storage that the archive lies on, where that is another machine's.
    Archive,
    /// The machine's clock.
    Clock,
    /// Store and archive are what they were.
    Damage,
    /// The configuration names the units and reports that the store knows.
    Register,
    /// Units are reminded, but for the few whose mails wait.
    Holds,
    /// The page for a browser.
    Page,
    /// The second way out.
    Alarm,
}

words_of!(Part {
    Mailbox = "mailbox",
    Login = "login",
    Folder = "folder",
    Rewound = "rewound",
    Download = "download",
    Reading = "reading",
    Confinement = "confinement",
    Password = "password",
    Transport = "transport",
    Digest = "digest",
    Disk = "disk",
    Archive = "archive",
    Clock = "clock",
    Damage = "damage",
    Register = "register",
    Holds = "holds",
    Page = "page",
    Alarm = "alarm",
});

/// How a part of the service fared last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Health {
    /// The last time it worked.
    pub success_at: Option<Timestamp>,
    /// The last time it failed.
    pub failure_at: Option<Timestamp>,
    /// Why.
    pub failure: Option<String>,
    /// Since when it has been failing; `None` if it worked since.
    pub failing_since: Option<Timestamp>,
}

impl Health {
    /// The last failure, if nothing succeeded after it.
    pub fn failing(&self) -> Option<&str> {
        self.failing_since?;
        self.failure.as_deref()
    }
}

impl Store {
    /// Notes that a part worked.
    pub fn succeeded(&self, part: Part, at: Timestamp) -> Result<()> {
        self.conn.execute(
            "INSERT INTO health (part, success_at) VALUES (?1, ?2)
             ON CONFLICT (part) DO UPDATE SET success_at = excluded.success_at, failing_since = NULL",
            params![part.word(), instant(at)],
        )?;
        Ok(())
    }

    /// Notes that a part failed, and why.
    pub fn failed(&self, part: Part, at: Timestamp, why: &str) -> Result<()> {
        self.conn.execute(
            "INSERT INTO health (part, failure_at, failure, failing_since) VALUES (?1, ?2, ?3, ?2)
             ON CONFLICT (part) DO UPDATE SET failure_at = excluded.failure_at, failure = excluded.failure,
                 failing_since = coalesce(failing_since, excluded.failing_since)",
            params![part.word(), instant(at), why],
        )?;
        Ok(())
    }

    /// How a part fared last.
    pub fn health(&self, part: Part) -> Result<Health> {
        Ok(self
            .conn
            .query_row(
                "SELECT success_at, failure_at, failure, failing_since FROM health WHERE part = ?1",
                [part.word()],
                |r| {
                    Ok(Health {
                        success_at: parsed_option(r, "success_at")?,
                        failure_at: parsed_option(r, "failure_at")?,
                        failure: r.get("failure")?,
                        failing_since: parsed_option(r, "failing_since")?,
                    })
                },
            )
            .optional()?
            .unwrap_or_default())
    }

    /// Adds to the bytes fetched on a day (Vietnam).
    pub(crate) fn add_fetched(&self, day: Date, bytes: u64) -> Result<()> {
        self.add_traffic("fetched", day, bytes)
    }

    /// The bytes fetched on a day (Vietnam).
    pub fn fetched(&self, day: Date) -> Result<u64> {
        self.traffic("fetched", day)
    }

    /// Adds to the bytes fetched on a day (Vietnam) of mails that name a registered address (lower case) as their sender.
    pub(crate) fn add_fetched_of(&self, day: Date, address: &str, bytes: u64) -> Result<()> {
        self.conn
            .prepare_cached(
                "INSERT INTO fetched_of (day, address, bytes) VALUES (?1, ?2, ?3)
                 ON CONFLICT (day, address) DO UPDATE SET bytes = bytes + excluded.bytes",
            )?
            .execute(params![day.to_string(), address, bytes as i64])?;
        Ok(())
    }

    /// The bytes fetched on a day (Vietnam) of each registered address that mails named as their sender.
    pub(crate) fn fetched_of(&self, day: Date) -> Result<HashMap<String, u64>> {
        let sql = "SELECT address, bytes FROM fetched_of WHERE day = ?1";
        let mut statement = self.conn.prepare_cached(sql)?;
        let rows = statement.query_map([day.to_string()], |r| {
            Ok((r.get(0)?, r.get::<_, i64>(1)?.max(0) as u64))
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Adds to the bytes of files that were taken out of mails and stored on a day (Vietnam).
    pub(crate) fn add_unpacked(&self, day: Date, bytes: u64) -> Result<()> {
        self.add_traffic("unpacked", day, bytes)
    }

    /// The bytes of files that were taken out of mails and stored on a day (Vietnam).
    pub fn unpacked(&self, day: Date) -> Result<u64> {
        self.traffic("unpacked", day)
    }

    fn add_traffic(&self, column: &str, day: Date, bytes: u64) -> Result<()> {
        let sql = format!(
            "INSERT INTO traffic (day, {column}) VALUES (?1, ?2)
             ON CONFLICT (day) DO UPDATE SET {column} = {column} + excluded.{column}"
        );
        self.conn
            .execute(&sql, params![day.to_string(), bytes as i64])?;
        Ok(())
    }

    fn traffic(&self, column: &str, day: Date) -> Result<u64> {
        let sql = format!("SELECT {column} FROM traffic WHERE day = ?1");
        let bytes: Option<i64> = self
            .conn
            .query_row(&sql, [day.to_string()], |r| r.get(0))
            .optional()?;
        Ok(bytes.unwrap_or(0) as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_guide_names_every_part_that_monitoring_may_hear_of() {
        let guide = include_str!("../../deploy/INSTALL.md");
        let row = guide
            .lines()
            .find(|l| l.starts_with("| `thubaocao_part_failing"));
        for part in Part::ALL {
            let word = format!("`{}`", part.word());
            assert!(row.unwrap().contains(&word), "{word} is missing");
        }
    }

    #[test]
    fn a_failure_lasts_from_its_beginning_until_something_worked() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let store = Store::in_memory(at(0)).unwrap();
        for part in Part::ALL {
            let health = || store.health(part).unwrap();
            assert_eq!(health(), Health::default());
            store.failed(part, at(10), "a").unwrap();
            store.failed(part, at(20), "b").unwrap();
            assert_eq!(health().failing(), Some("b"));
            assert_eq!(health().failing_since, Some(at(10)));
            // The clock was set back: what came later counts.
            store.succeeded(part, at(5)).unwrap();
            assert_eq!((health().failing(), health().failing_since), (None, None));
            store.failed(part, at(5), "c").unwrap();
            assert_eq!(health().failing_since, Some(at(5)));
        }
    }
}
