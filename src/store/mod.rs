//! The store: SQLite, in WAL mode with `synchronous=FULL`, but for [`Store::unhurried`]; the only truth besides the archive.
//!
//! One file a table family; the SQL stands beside the function that runs it; `migrations/` holds the schema.
//! That it cannot be read or written is an error of all that asks it, here and above; only other errors are told.

mod annex;
mod asked;
mod awaited;
mod clock;
mod contact;
mod content;
mod correction;
mod database;
mod decision;
mod digest;
mod folder;
mod health;
mod hold;
mod instant;
mod listed;
mod location;
mod message;
mod nod;
mod obligation;
mod outbox;
mod queue_pause;
mod register;
mod rename;
mod rest;
mod restoration;
mod retention;
mod said;
mod searched;
mod sent_before;
mod submission;
mod taught;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use jiff::Timestamp;
use rusqlite::backup::Backup;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSqlOutput, ValueRef};
use rusqlite::{Connection, OpenFlags, OptionalExtension, Row, ToSql};

use crate::domain::owed::Kind;
use crate::domain::row::{
    ChangeId, DecisionId, ExtensionId, FailureId, MessageId, ObligationId, OutboxId, ReturnId,
    SubmissionId, TitleId,
};
use crate::ground::Sha256;
use crate::ground::files::{make_private_file, make_private_folder};
use crate::ground::hex::random_hex;

pub use annex::Looked;
pub use awaited::Awaited;
pub(crate) use awaited::Proposal;
pub use clock::{APART, ClockDoubt};
pub use contact::{DeadContacts, FailedContact, Standing};
pub use content::{Content, Owner};
pub use correction::{Correction, Made, StaffCommand, Told};
use database::Database;
pub(crate) use decision::Decided;
pub use digest::{DigestMail, LastDigest};
pub use health::{Health, Part};
pub use hold::{Claim, Ground, Hold, Stands};
use instant::instant;
pub use listed::Strangers;
pub use location::{Counted, Cursor, FetchFailure, Imported, Place};
pub use message::{Arrived, Message, MessageState, Verdict};
pub use obligation::{KnownPeriod, Open, Receipts};
pub use outbox::{DEFERRED_FOR_LONG, Left, NewMail, Outgoing, OutgoingState, StepLeft};
pub use queue_pause::QueuePause;
pub use rest::Rest;
pub use retention::{Expired, Expiring};
pub use searched::Hit;
pub use submission::{NewSubmission, StandingVersion, StoredFile};
pub use taught::LearnedTitle;

/// The schema, one file a version, forward only.
const MIGRATIONS: [&str; 35] = [
    include_str!("../../migrations/0001_initial.sql"),
    include_str!("../../migrations/0002_staff.sql"),
    include_str!("../../migrations/0003_retention.sql"),
    include_str!("../../migrations/0004_contact.sql"),
    include_str!("../../migrations/0005_reminder_by_deadline.sql"),
    include_str!("../../migrations/0006_special_use.sql"),
    include_str!("../../migrations/0007_health.sql"),
    include_str!("../../migrations/0008_damage.sql"),
    include_str!("../../migrations/0009_awaited.sql"),
    include_str!("../../migrations/0010_maildir_identity.sql"),
    include_str!("../../migrations/0011_fetching.sql"),
    include_str!("../../migrations/0012_queue.sql"),
    include_str!("../../migrations/0013_register_address.sql"),
    include_str!("../../migrations/0014_contact_source.sql"),
    include_str!("../../migrations/0015_hold.sql"),
    include_str!("../../migrations/0016_expiry_notice.sql"),
    include_str!("../../migrations/0017_put_off.sql"),
    include_str!("../../migrations/0018_budgets.sql"),
    include_str!("../../migrations/0019_listed.sql"),
    include_str!("../../migrations/0020_staff_mails.sql"),
    include_str!("../../migrations/0021_kinds.sql"),
    include_str!("../../migrations/0022_claimed.sql"),
    include_str!("../../migrations/0023_named.sql"),
    include_str!("../../migrations/0024_one_width.sql"),
    include_str!("../../migrations/0025_taught.sql"),
    include_str!("../../migrations/0026_proposed.sql"),
    include_str!("../../migrations/0027_growth.sql"),
    include_str!("../../migrations/0028_not_left.sql"),
    include_str!("../../migrations/0029_counted.sql"),
    include_str!("../../migrations/0030_looked_up.sql"),
    include_str!("../../migrations/0031_nod.sql"),
    include_str!("../../migrations/0032_decided.sql"),
    include_str!("../../migrations/0033_annex.sql"),
    include_str!("../../migrations/0034_searched.sql"),
    include_str!("../../migrations/0035_told.sql"),
];

/// What the name of a copy has in place of the ending, before the schema that was to come.
const COPY: &str = "before-schema-";

/// Marks the file as ours ("thub").
const APPLICATION_ID: i32 = 0x7468_7562;

/// The open store.
pub struct Store {
    conn: Database,
}

impl Store {
    /// Opens the store in a data folder, makes it where there is none, and brings an older one up to date after
    /// copying it beside itself.
    ///
    /// # Errors
    /// When the file is no store of ours, is newer than this program, or cannot be written.
    pub fn open(folder: &Path, now: Timestamp) -> Result<Store> {
        let path = Self::path(folder);
        make_private_folder(folder)?;
        let conn = Connection::open(&path)
            .with_context(|| format!("cannot open the store {}", path.display()))?;
        make_private_file(&path)?;
        let store = Store::prepare(conn, &path, &MIGRATIONS)
            .with_context(|| format!("the store {}", path.display()))?;
        store.setting_once("first_opened", &instant(now))?;
        if store.command_key()?.is_none() {
            store.renew_command_key(now)?;
        }
        Ok(store)
    }

    /// Where the store of a data folder lies.
    pub fn path(folder: &Path) -> PathBuf {
        folder.join("thubaocao.sqlite")
    }

    fn prepare(conn: impl Into<Database>, path: &Path, migrations: &[&str]) -> Result<Store> {
        let conn = conn.into();
        conn.busy_timeout(Duration::from_secs(15))?;
        let application: i32 = conn.query_row("PRAGMA application_id", [], |r| r.get(0))?;
        let version: i64 = conn.query_row("PRAGMA user_version", [], |r| r.get(0))?;
        let tables: i64 = conn.query_row("SELECT count(*) FROM sqlite_schema", [], |r| r.get(0))?;
        if application != APPLICATION_ID && tables > 0 {
            bail!(
                "this file is a database of another program; name another data folder in thubaocao.toml (data = …)"
            );
        }
        let known = migrations.len() as i64;
        if version > known {
            bail!(
                "it was written by a newer thubaocao (schema {version}; this program knows {known}); install that version again, or restore the copy that was made before the upgrade"
            );
        }
        conn.pragma_update(None, "journal_mode", "WAL")?;
        conn.pragma_update(None, "synchronous", "FULL")?;
        conn.pragma_update(None, "foreign_keys", true)?;
        // What is blanked must not lie on in free pages.
        conn.pragma_update(None, "secure_delete", true)?;
        if version > 0 && version < known && conn.path().is_some_and(|p| !p.is_empty()) {
            let copy = path.with_extension(format!("{COPY}{known}.sqlite"));
            conn.backup("main", &copy, None::<fn(rusqlite::backup::Progress)>)
                .with_context(|| {
                    format!(
                        "cannot copy the store to {} before changing it",
                        copy.display()
                    )
                })?;
            make_private_file(&copy)?;
            tracing::info!(copy = %copy.display(), "the store is brought up to date; the old one was copied");
        }
        let store = Store { conn };
        store.transaction(|s| {
            // Asked again inside: another process may have migrated in the meantime.
            let version: i64 = s.conn.query_row("PRAGMA user_version", [], |r| r.get(0))?;
            for (i, sql) in migrations.iter().enumerate().skip(version as usize) {
                s.conn
                    .execute_batch(sql)
                    .with_context(|| format!("migration {}", i + 1))?;
            }
            if version < known {
                s.conn.pragma_update(None, "user_version", known)?;
                s.conn
                    .pragma_update(None, "application_id", APPLICATION_ID)?;
            }
            Ok(())
        })?;
        Ok(store)
    }

    /// The copies of the store of a data folder that were made before it was brought up to date, with what SQLite may
    /// have written beside them.
    pub fn copies(folder: &Path) -> Vec<PathBuf> {
        let of = Self::path(folder).with_extension(COPY);
        let beginning = of.file_name().unwrap_or_default().to_string_lossy();
        let entries = std::fs::read_dir(folder).into_iter().flatten();
        let mut copies: Vec<PathBuf> = entries.filter_map(|e| Some(e.ok()?.path())).collect();
        let is_one = |path: &PathBuf| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            name.starts_with(&*beginning) && path.is_file()
        };
        copies.retain(is_one);
        copies.sort();
        copies
    }

    /// The store in a file as it is at this moment, for looking alone: what others write meanwhile is not seen. One of an
    /// older program is copied.
    ///
    /// # Errors
    /// When the file cannot be read or is no store of ours.
    pub fn as_it_is(path: &Path) -> Result<Store> {
        let store = Store::open_read_only(path)?;
        store.conn.execute_batch("BEGIN")?;
        // The first statement that reads fixes what is seen.
        let version: i64 = (store.conn).query_row("PRAGMA user_version", [], |r| r.get(0))?;
        match version < MIGRATIONS.len() as i64 {
            true => Store::copy_of(path),
            false => Ok(store),
        }
    }

    /// A copy of the store in a file, for looking at what would be. The file is only read. What memory has no room for
    /// lies in a file that nobody else can open, and that is gone with the copy.
    ///
    /// # Errors
    /// When the file cannot be read or is no store of ours.
    pub fn copy_of(path: &Path) -> Result<Store> {
        let file = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        file.busy_timeout(Duration::from_secs(15))?;
        // SQLite takes no name for a database of its own (https://sqlite.org/inmemorydb.html#temp_db).
        let mut copy = Connection::open("")?;
        Backup::new(&file, &mut copy)?.run_to_completion(10_000, Duration::ZERO, None)?;
        Store::prepare(copy, Path::new(":memory:"), &MIGRATIONS)
    }

    /// Copies the store in a file into another one, while it is in use. The copy says when it was made.
    ///
    /// # Errors
    /// When one cannot be read or the other not be written.
    pub(crate) fn copy_file(from: &Path, to: &Path, now: Timestamp) -> Result<()> {
        let source = Connection::open_with_flags(from, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        source.busy_timeout(Duration::from_secs(15))?;
        let mut copy = Connection::open(to)?;
        Backup::new(&source, &mut copy)?.run_to_completion(10_000, Duration::ZERO, None)?;
        // A copy of one file, without a log beside it.
        copy.pragma_update(None, "journal_mode", "DELETE")?;
        let copy = Store { conn: copy.into() };
        // A damaged store may not take it; the copy is told as damaged then.
        if let Err(e) = copy.set_moment(restoration::BACKUP_AT, now) {
            tracing::debug!(error = %e, "the copy does not say when it was made");
        }
        Ok(())
    }

    /// A store in memory, for looking at what would be.
    ///
    /// # Errors
    /// Only when SQLite itself fails.
    pub fn in_memory(now: Timestamp) -> Result<Store> {
        let store = Store::prepare(
            Connection::open_in_memory()?,
            Path::new(":memory:"),
            &MIGRATIONS,
        )?;
        store.setting_once("first_opened", &instant(now))?;
        Ok(store)
    }

    /// Runs a change that happens wholly or not at all. When this returns, it survives a power cut, with all before it.
    ///
    /// # Errors
    /// Whatever `change` fails with; nothing is changed then.
    pub fn transaction<T>(&self, change: impl FnOnce(&Store) -> Result<T>) -> Result<T> {
        // IMMEDIATE: wait for other writers at the start instead of failing in the middle.
        let (begin, keep, drop) = if self.conn.is_autocommit() {
            ("BEGIN IMMEDIATE", "COMMIT", "ROLLBACK")
        } else {
            let drop = "ROLLBACK TO part; RELEASE part";
            ("SAVEPOINT part", "RELEASE part", drop)
        };
        self.conn.execute_batch(begin)?;
        let changed = change(self).and_then(|value| {
            self.conn.execute_batch(keep)?;
            Ok(value)
        });
        // Some errors, as that the disk is full, end a transaction by themselves, and a COMMIT that fails may not.
        if changed.is_err() && !self.conn.is_autocommit() {
            self.conn.execute_batch(drop)?;
        }
        changed
    }

    /// As [`Store::transaction`], without waiting for the disk: a power cut may undo the last of these, until anything else
    /// is written. For what is done again from what lasted, such as reading a mail: nothing that leaves the machine says
    /// what may be undone, as each thing that leaves is written down first.
    ///
    /// # Errors
    /// Whatever `change` fails with; nothing is changed then.
    pub(crate) fn unhurried<T>(&self, change: impl FnOnce(&Store) -> Result<T>) -> Result<T> {
        if !self.conn.is_autocommit() {
            return self.transaction(change); // the outer one says how it lasts
        }
        self.conn.pragma_update(None, "synchronous", "NORMAL")?;
        let changed = self.transaction(change);
        self.conn.pragma_update(None, "synchronous", "FULL")?;
        changed
    }

    /// The key that signs the tokens of commands; `None` in a store that was never opened by the service.
    pub(crate) fn command_key(&self) -> Result<Option<Vec<u8>>> {
        Ok(self.setting("command_key")?.map(String::into_bytes))
    }

    /// Makes another key: no token that was sent so far holds any more.
    ///
    /// # Errors
    /// When the store cannot be written, or the system gives no random bytes.
    pub(crate) fn renew_command_key(&self, now: Timestamp) -> Result<()> {
        self.set_setting("command_key", &random_hex::<32>()?)?;
        self.set_moment("command_key_since", now)
    }

    /// Since when the key holds; `None` for one that is older than this was noted.
    pub(crate) fn command_key_since(&self) -> Result<Option<Timestamp>> {
        self.moment("command_key_since")
    }

    fn setting_once(&self, name: &str, value: &str) -> Result<()> {
        self.conn.execute(
            "INSERT INTO setting (name, value) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
            [name, value],
        )?;
        Ok(())
    }

    /// A remembered value.
    pub(crate) fn setting(&self, name: &str) -> Result<Option<String>> {
        Ok(self
            .conn
            .query_row("SELECT value FROM setting WHERE name = ?1", [name], |r| {
                r.get(0)
            })
            .optional()?)
    }

    /// Remembers a value.
    pub(crate) fn set_setting(&self, name: &str, value: &str) -> Result<()> {
        self.conn.execute(
            "INSERT INTO setting (name, value) VALUES (?1, ?2)
             ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            [name, value],
        )?;
        Ok(())
    }

    /// A remembered moment.
    ///
    /// # Errors
    /// When the store cannot be read, or it is none.
    pub fn moment(&self, name: &str) -> Result<Option<Timestamp>> {
        let text = self.setting(name)?;
        Ok(text.map(|at| at.parse()).transpose()?)
    }

    /// Remembers a moment.
    pub(crate) fn set_moment(&self, name: &str, moment: Timestamp) -> Result<()> {
        self.set_setting(name, &instant(moment))
    }

    /// When the store was first opened.
    pub(crate) fn first_opened(&self) -> Result<Timestamp> {
        self.moment("first_opened")?
            .context("the store does not say when it was first opened")
    }
}

/// A column that holds a text which is parsed.
fn parsed<T>(row: &Row<'_>, column: &str) -> rusqlite::Result<T>
where
    T: std::str::FromStr,
    T::Err: std::fmt::Display,
{
    let text: String = row.get(column)?;
    text.parse()
        .map_err(|e: T::Err| unreadable(format!("{column}: {e}")))
}

/// Like [`parsed`], of a moment in the column at a place: of many rows, names of columns are not looked for.
fn parsed_at(row: &Row<'_>, column: usize) -> rusqlite::Result<Timestamp> {
    let text = row.get_ref(column)?.as_str()?;
    text.parse().map_err(|e| unreadable(format!("{e}")))
}

/// Like [`parsed`], for a column that may be NULL.
fn parsed_option<T>(row: &Row<'_>, column: &str) -> rusqlite::Result<Option<T>>
where
    T: std::str::FromStr,
    T::Err: std::fmt::Display,
{
    let text: Option<String> = row.get(column)?;
    text.map(|t| {
        t.parse()
            .map_err(|e: T::Err| unreadable(format!("{column}: {e}")))
    })
    .transpose()
}

/// A column that holds JSON.
fn json<T: serde::de::DeserializeOwned>(row: &Row<'_>, column: &str) -> rusqlite::Result<T> {
    let text: String = row.get(column)?;
    serde_json::from_str(&text).map_err(|e| unreadable(format!("{column}: {e}")))
}

impl ToSql for Sha256 {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.to_string().into())
    }
}

impl FromSql for Sha256 {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        value.as_str()?.parse().map_err(FromSqlError::other)
    }
}

/// Implements the storage of rows as their numbers.
macro_rules! stored_as_numbers {
    ($($row:ident),+) => {$(
        impl ToSql for $row {
            fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
                Ok(self.0.into())
            }
        }
        impl FromSql for $row {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                i64::column_result(value).map($row)
            }
        }
    )+};
}
stored_as_numbers!(
    MessageId,
    ObligationId,
    SubmissionId,
    ReturnId,
    ExtensionId,
    DecisionId,
    OutboxId,
    ChangeId,
    TitleId,
    FailureId
);

fn unreadable(what: String) -> rusqlite::Error {
    FromSqlError::Other(what.into()).into()
}

/// The words of the kinds of mail for which something holds, as SQL takes a list of values: a text of JSON.
fn kinds_where(holds: fn(Kind) -> bool) -> String {
    let words = Kind::ALL.into_iter().filter(|k| holds(*k)).map(Kind::word);
    serde_json::json!(words.collect::<Vec<_>>()).to_string()
}

/// Implements the storage of an enum as one of several words.
macro_rules! stored_as_words {
    ($type:ty { $($variant:ident = $word:literal),+ $(,)? }) => {
        crate::ground::words_of!($type { $($variant = $word),+ });
        impl rusqlite::ToSql for $type {
            fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
                Ok(self.word().into())
            }
        }
        impl rusqlite::types::FromSql for $type {
            fn column_result(
                value: rusqlite::types::ValueRef<'_>,
            ) -> rusqlite::types::FromSqlResult<Self> {
                match value.as_str()? {
                    $($word => Ok(Self::$variant),)+
                    other => Err(FromSqlError::Other(format!("unknown word {other:?}").into())),
                }
            }
        }
    };
}
use stored_as_words;

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn now() -> Timestamp {
        "2026-06-01T00:00:00Z".parse().unwrap()
    }

    #[test]
    fn what_need_not_last_yet_waits_for_no_disk_and_lasts_with_what_comes_after_it() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path(), now()).unwrap();
        let level = |s: &Store| -> i64 {
            let level = s.conn.query_row("PRAGMA synchronous", [], |r| r.get(0));
            level.unwrap()
        };
        let (normal, full) = (1, 2);
        assert_eq!(store.unhurried(|s| Ok(level(s))).unwrap(), normal);
        assert_eq!(level(&store), full);
        assert!(store.unhurried::<()>(|_| bail!("no")).is_err());
        assert_eq!(level(&store), full);
        let within = store.transaction(|s| s.unhurried(|s| Ok(level(s))));
        assert_eq!(within.unwrap(), full);
    }

    #[test]
    fn a_transaction_that_ended_by_itself_says_why_and_the_next_one_is_whole() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path(), now()).unwrap();
        let fails = |s: &Store| -> Result<()> {
            s.conn.execute_batch("ROLLBACK")?; // as SQLite does where the disk is full
            bail!("the disk is full")
        };
        for nested in [false, true] {
            let failed = match nested {
                true => store.transaction(|s| s.transaction(fails)),
                false => store.transaction(fails),
            };
            assert_eq!(failed.unwrap_err().to_string(), "the disk is full");
            assert!(store.conn.is_autocommit());
            store.transaction(|s| s.set_setting("after", "x")).unwrap();
        }
    }

    #[test]
    fn the_store_is_durable_strict_and_private() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("data");
        let store = Store::open(&folder, now()).unwrap();
        let pragma = |name: &str| -> String {
            store
                .conn
                .query_row(&format!("PRAGMA {name}"), [], |r| {
                    r.get::<_, rusqlite::types::Value>(0)
                })
                .map(|v| format!("{v:?}"))
                .unwrap()
        };
        assert_eq!(pragma("journal_mode"), "Text(\"wal\")");
        assert_eq!(pragma("synchronous"), "Integer(2)");
        assert_eq!(pragma("foreign_keys"), "Integer(1)");
        let loose: i64 = store
            .conn
            .query_row(
                "SELECT count(*) FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND strict = 0 AND name NOT LIKE 'sqlite_%'",
                [],
                |r| r.get(0),
            )
            .unwrap();
        assert_eq!(loose, 0);
        let mode = |p: &Path| std::fs::metadata(p).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&folder), 0o700);
        assert_eq!(mode(&Store::path(&folder)), 0o600);
    }

    #[test]
    fn the_day_of_the_installation_is_remembered() {
        let dir = tempfile::tempdir().unwrap();
        Store::open(dir.path(), now()).unwrap();
        let again = Store::open(dir.path(), "2027-01-01T00:00:00Z".parse().unwrap()).unwrap();
        assert_eq!(again.first_opened().unwrap(), now());
    }

    #[test]
    fn a_newer_store_is_refused_and_stays_as_it_is() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path(), now()).unwrap();
        store.conn.pragma_update(None, "user_version", 99).unwrap();
        drop(store);
        let error = Store::open(dir.path(), now()).err().unwrap();
        assert!(
            format!("{error:#}").contains("newer thubaocao (schema 99"),
            "{error:#}"
        );
    }

    #[test]
    fn a_database_of_another_program_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let other = Connection::open(Store::path(dir.path())).unwrap();
        other.execute_batch("CREATE TABLE x (y)").unwrap();
        drop(other);
        let error = Store::open(dir.path(), now()).err().unwrap();
        assert!(
            format!("{error:#}").contains("another program"),
            "{error:#}"
        );
    }

    #[test]
    fn an_older_store_is_copied_before_it_is_changed() {
        let dir = tempfile::tempdir().unwrap();
        let path = Store::path(dir.path());
        drop(Store::open(dir.path(), now()).unwrap());
        let next = [
            MIGRATIONS.as_slice(),
            &["CREATE TABLE next (x TEXT) STRICT;"],
        ]
        .concat();
        let store = Store::prepare(Connection::open(&path).unwrap(), &path, &next).unwrap();
        assert_eq!(store.first_opened().unwrap(), now());
        store
            .conn
            .execute("INSERT INTO next VALUES ('x')", [])
            .unwrap();

        let copy = path.with_extension(format!("before-schema-{}.sqlite", next.len()));
        let mode = std::fs::metadata(&copy).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600);
        let old = Connection::open(&copy).unwrap();
        let version: i64 = old
            .query_row("PRAGMA user_version", [], |r| r.get(0))
            .unwrap();
        assert_eq!(version, MIGRATIONS.len() as i64);
        assert!(old.query_row("SELECT 1 FROM next", [], |_| Ok(())).is_err());
    }

    #[test]
    fn a_migration_that_fails_leaves_the_old_store() {
        let dir = tempfile::tempdir().unwrap();
        let path = Store::path(dir.path());
        drop(Store::open(dir.path(), now()).unwrap());
        let broken = [
            MIGRATIONS.as_slice(),
            &["CREATE TABLE next (x TEXT) STRICT; nonsense;"],
        ]
        .concat();
        assert!(Store::prepare(Connection::open(&path).unwrap(), &path, &broken).is_err());
        assert_eq!(
            Store::open(dir.path(), now())
                .unwrap()
                .first_opened()
                .unwrap(),
            now()
        );
    }

    #[test]
    fn files_of_a_maildir_are_still_known_when_they_are_known_by_more_than_their_names() {
        let dir = tempfile::tempdir().unwrap();
        let path = Store::path(dir.path());
        let by_name = MIGRATIONS
            .iter()
            .position(|m| m.contains("A file of a Maildir is known by its name, its size"))
            .unwrap();
        let old = Connection::open(&path).unwrap();
        let old = Store::prepare(old, &path, &MIGRATIONS[..by_name]).unwrap();
        old.conn
            .execute_batch(
                "INSERT INTO message (id, size, received_at, stored_at, state)
                     VALUES (1, 57, '2024-06-14T02:00:00Z', '2024-06-14T02:01:00Z', 'waiting');
                 INSERT INTO location VALUES ('ban@x.example', 'INBOX', 0, '1.M1.host', 1),
                                             ('ban@x.example', 'INBOX', 7, '12', 1),
                                             ('import', 'a.mbox', 0, '1-ab', 1);",
            )
            .unwrap();
        drop(old);
        let store = Store::open(dir.path(), now()).unwrap();
        let uids = |account, folder, validity| {
            let names = ["1.M1.host", "1.M1.host/57/1718330400", "12", "1-ab"].into_iter();
            let known = store.known_uids(account, folder, validity, names).unwrap();
            known.into_keys().collect::<Vec<_>>()
        };
        assert_eq!(
            uids("ban@x.example", "INBOX", 0),
            ["1.M1.host/57/1718330400"]
        );
        assert_eq!(uids("ban@x.example", "INBOX", 7), ["12"]);
        assert_eq!(uids("import", "a.mbox", 0), ["1-ab"]);
    }

    #[test]
    #[expect(
        clippy::too_many_lines,
        reason = "a table of rows as they stood, and what each holds then"
    )]
    fn mails_that_wait_since_before_holds_were_noted_hold_the_one_unit_that_they_may_be_of() {
        let old = Connection::open_in_memory().unwrap();
        let path = Path::new(":memory:");
        let without = MIGRATIONS
            .iter()
            .position(|m| m.contains("CREATE TABLE hold "))
            .unwrap();
        let old = Store::prepare(old, path, &MIGRATIONS[..without]).unwrap();
        let stored = "2024-06-14T02:01:00Z";
        let (in_a_week, at_once) = (Some("2024-06-21T02:01:00Z"), Some(stored));
        /// State, class, trust, whether it looks like another's, unit, candidates; and what it holds then.
        type Row<'a> = (
            [Option<&'a str>; 3],
            bool,
            Option<&'a str>,
            &'a str,
            Option<(Ground, Option<&'a str>)>,
        );
        let (waits, report) = (Some("waiting"), Some("report"));
        let (address, head) = (Ground::Address, Ground::Head);
        let rows: [Row<'_>; 10] = [
            (
                [waits, report, Some("pass")],
                false,
                Some("a"),
                "[]",
                Some((address, None)),
            ),
            (
                [waits, report, None],
                false,
                Some("a"),
                "[]",
                Some((address, in_a_week)),
            ),
            (
                [waits, report, Some("pass")],
                false,
                None,
                r#"["a"]"#,
                Some((head, in_a_week)),
            ),
            ([waits, report, None], false, None, r#"["a","b"]"#, None),
            ([waits, report, None], false, None, "[]", None),
            (
                [waits, report, Some("fail")],
                false,
                Some("a"),
                "[]",
                Some((Ground::Forged, at_once)),
            ),
            (
                [waits, report, None],
                true,
                None,
                r#"["a"]"#,
                Some((Ground::Forged, at_once)),
            ),
            (
                [waits, Some("unreadable"), None],
                false,
                Some("a"),
                "[]",
                Some((Ground::Unreadable, in_a_week)),
            ),
            (
                [Some("received"), None, None],
                false,
                Some("a"),
                "[]",
                Some((address, in_a_week)),
            ),
            (
                [Some("logged"), report, Some("pass")],
                false,
                Some("a"),
                "[]",
                None,
            ),
        ];
        for ([state, class, trust], suspicious, unit, candidates, _) in rows {
            let sql = "INSERT INTO message (size, received_at, stored_at, state, class, trust, suspicious, unit, candidates)
                       VALUES (57, ?1, ?1, ?2, ?3, ?4, ?5, ?6, ?7)";
            let row = rusqlite::params![stored, state, class, trust, suspicious, unit, candidates];
            old.conn.execute(sql, row).unwrap();
        }
        let new = Store::prepare(old.conn, path, &MIGRATIONS).unwrap();
        let claims = new.claims().unwrap();
        for (message, (what, .., wanted)) in (1..).zip(rows) {
            let of_mail: Vec<_> = claims
                .iter()
                .filter(|c| c.message == MessageId(message))
                .collect();
            let holds: Vec<_> = of_mail
                .iter()
                .map(|c| (c.hold.ground, c.hold.until))
                .collect();
            let wanted = wanted.map(|(ground, until)| (ground, until.map(|t| t.parse().unwrap())));
            assert_eq!(holds, Vec::from_iter(wanted), "{message}: {what:?}");
            let a = crate::domain::unit::UnitId("a".into());
            assert!(of_mail.iter().all(|c| c.hold.unit.as_ref() == Some(&a)));
        }
    }

    #[test]
    fn letters_whose_kind_was_hidden_in_their_keys_are_known_by_their_kind() {
        let old = Connection::open_in_memory().unwrap();
        let path = Path::new(":memory:");
        let by_key = MIGRATIONS
            .iter()
            .position(|m| m.contains("'staff_answers'"))
            .unwrap();
        let old = Store::prepare(old, path, &MIGRATIONS[..by_key]).unwrap();
        let letters = [
            ("digest", "digest:2026-06-01", "digest"),
            ("acknowledgement", "ack:1", "acknowledgement"),
            ("reminder_late", "remind:a:2026-06-01~7", "reminder_late"),
            ("notice", "arrived:1", "arrived"),
            ("notice", "link:1", "link_only"),
            ("notice", "parent:a", "grassroots"),
            ("notice", "return:1", "returned"),
            ("notice", "command:1", "staff_answer"),
            ("notice", "command:together:2026-06-01:a@b", "staff_answers"),
            ("notice", "confirm:1", "confirm"),
        ];
        for (kind, key, _) in letters {
            let sql = "INSERT INTO outbox (key, kind, priority, state, queued_at, next_try)
                       VALUES (?1, ?2, 1, 'queued', ?3, ?3)";
            let row = [key, kind, &now().to_string()];
            old.conn.execute(sql, row).unwrap();
        }
        let new = Store::prepare(old.conn, path, &MIGRATIONS).unwrap();
        let mut queue = new.queue(now()).unwrap();
        queue.sort_by_key(|m| m.id);
        let kinds: Vec<&str> = queue.iter().map(|m| m.owed.kind().word()).collect();
        assert_eq!(kinds, letters.map(|(.., kind)| kind));
    }

    #[test]
    fn a_change_that_fails_leaves_nothing_behind() {
        let store = Store::in_memory(now()).unwrap();
        let failed: Result<()> = store.transaction(|s| {
            s.set_setting("x", "1")?;
            bail!("no")
        });
        assert!(failed.is_err());
        assert_eq!(store.setting("x").unwrap(), None);
    }
}
