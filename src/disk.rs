//! Room on the disk that holds the data folder, and what is done where it runs out.
//!
//! Below a limit nothing is fetched and nobody is reminded: what cannot be stored must not be answered, and of what lies
//! unread in the mailbox nothing is known. A reserve is freed then, so that the store can still note what is sent: the
//! digest and the answers to staff, who have to hear of it. They leave without a copy in the archive.

mod said;

use std::ffi::CString;
use std::fmt;
use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::Result;
use jiff::{SignedDuration, Timestamp};

use crate::config::Config;
use crate::store::{Part, Store};

/// What is kept for the day on which there is nothing left: some thousand pages of the store and its log.
const RESERVE_BYTES: u64 = 64_000_000;
/// What the store, its log and a batch of mails need at least.
const LEAST_BYTES: u64 = 100_000_000;
/// How often it is noted that there is room.
const NOTED_EVERY: SignedDuration = SignedDuration::from_hours(1);

/// Whether there is room to go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Room {
    /// There is.
    Enough,
    /// There is not: so many bytes are free, and so many are needed.
    Low {
        /// Bytes that are free for us.
        free: u64,
        /// Below this nothing is fetched.
        limit: u64,
    },
    /// The system says that there is, and gives none: a quota.
    Refused {
        /// What it says.
        says: String,
    },
}

impl Room {
    /// What is wrong, for the administrator.
    pub fn trouble(&self) -> Option<String> {
        match self {
            Room::Enough => None,
            Room::Low { free, limit } => Some(format!(
                "{} MB are free on the disk of the data folder, {} MB are needed; nothing is fetched and nobody is reminded until there is room",
                free / 1_000_000,
                limit / 1_000_000
            )),
            Room::Refused { says } => Some(format!(
                "the disk of the data folder takes no more ({says}); is a quota used up? nothing is fetched and nobody is reminded until there is room"
            )),
        }
    }
}

/// How much has to be free to fetch anything: the largest mail and its files come on top of what is always needed.
pub fn limit(config: &Config) -> u64 {
    LEAST_BYTES + 2 * config.settings.limits.message_bytes
}

/// `held`: whether the reserve is there. Without it, it has to fit in as well: so what freeing it gains does not count.
fn judge(free: u64, limit: u64, held: bool) -> Room {
    let needed = if held { limit } else { limit + RESERVE_BYTES };
    match free >= needed {
        true => Room::Enough,
        false => Room::Low {
            free,
            limit: needed,
        },
    }
}

fn reserve(data: &Path) -> PathBuf {
    data.join("reserve")
}

fn held(data: &Path) -> bool {
    reserve(data)
        .metadata()
        .is_ok_and(|m| m.len() == RESERVE_BYTES)
}

/// Whether there is room; nothing is changed.
pub fn room(data: &Path, limit: u64) -> Room {
    match crate::ground::files::free_bytes(data) {
        Some(free) => judge(free, limit, held(data)),
        None => Room::Enough, // who does not tell is asked by writing
    }
}

/// Makes the reserve where there is room, frees it where there is not, and notes how it stands.
pub fn look(config: &Config, store: &Store, now: Timestamp) -> Result<Room> {
    let data = &config.settings.data;
    let mut room = room(data, limit(config));
    if room == Room::Enough
        && !held(data)
        && let Err(e) = make_reserve(data)
    {
        room = Room::Refused {
            says: e.to_string(),
        };
    }
    if room != Room::Enough {
        free_reserve(data);
    }
    let health = store.health(Part::Disk)?;
    match room.in_vietnamese() {
        Some(why) => store.failed(Part::Disk, now, &why)?,
        None => {
            let noted = |at: Timestamp| now.duration_since(at).abs() < NOTED_EVERY;
            if health.failing().is_some() || !health.success_at.is_some_and(noted) {
                store.succeeded(Part::Disk, now)?;
            }
        }
    }
    if let Some(trouble) = room.trouble() {
        tracing::error!(trouble, "the disk is full");
    }
    Ok(room)
}

/// Frees the reserve where there is no room, before anything is opened: on a full disk not even the store can be.
pub(crate) fn make_way(config: &Config) {
    let data = &config.settings.data;
    if room(data, limit(config)) != Room::Enough {
        free_reserve(data);
    }
}

fn make_reserve(data: &Path) -> io::Result<()> {
    let path = reserve(data);
    let make = || {
        let mut options = File::options();
        let file = options
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&path)?;
        // SAFETY: the descriptor is open for writing and lives until the call returns, which touches no memory of ours.
        match unsafe { libc::posix_fallocate(file.as_raw_fd(), 0, RESERVE_BYTES as libc::off_t) } {
            0 => Ok(()),
            code => Err(io::Error::from_raw_os_error(code)),
        }
    };
    make().inspect_err(|_| free_reserve(data))
}

fn free_reserve(data: &Path) {
    match fs::remove_file(reserve(data)) {
        Ok(()) => tracing::warn!("the reserve on the disk was freed"),
        Err(e) if e.kind() == ErrorKind::NotFound => {}
        Err(e) => tracing::error!(error = %e, "the reserve on the disk cannot be freed"),
    }
}

/// What the disk did not do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trouble {
    Full,
    Quota,
    ReadOnly,
    Fails,
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Trouble::Full => "its disk is full; make room there",
            Trouble::Quota => "the disk quota of this user is used up; make room, or have it raised",
            Trouble::ReadOnly => {
                "its file system is read-only; see `dmesg` for the reason, mend it and mount it for writing"
            }
            Trouble::Fails => "its disk fails or is full; see `df` and `dmesg`",
        })
    }
}

/// Whether an error comes from the disk.
fn trouble(e: &anyhow::Error) -> Option<Trouble> {
    e.chain().find_map(|cause| {
        if let Some(io) = cause.downcast_ref::<io::Error>() {
            return match io.kind() {
                ErrorKind::StorageFull => Some(Trouble::Full),
                ErrorKind::QuotaExceeded => Some(Trouble::Quota),
                ErrorKind::ReadOnlyFilesystem => Some(Trouble::ReadOnly),
                _ => None,
            };
        }
        match cause
            .downcast_ref::<rusqlite::Error>()?
            .sqlite_error_code()?
        {
            rusqlite::ErrorCode::DiskFull => Some(Trouble::Full),
            rusqlite::ErrorCode::ReadOnly => Some(Trouble::ReadOnly),
            rusqlite::ErrorCode::SystemIoFailure => Some(Trouble::Fails),
            _ => None,
        }
    })
}

/// Says of an error from the disk what to do. What is full gets the reserve.
pub fn explained(data: &Path, e: anyhow::Error) -> anyhow::Error {
    let Some(trouble) = trouble(&e) else {
        return e;
    };
    match trouble {
        Trouble::Full | Trouble::Quota | Trouble::Fails => free_reserve(data),
        Trouble::ReadOnly => {}
    }
    e.context(format!("{} cannot be written: {trouble}", data.display()))
}

/// Whether the file system of a folder is mounted for reading alone.
pub(crate) fn is_read_only(folder: &Path) -> bool {
    let Ok(path) = CString::new(folder.as_os_str().as_bytes()) else {
        return false;
    };
    let mut found = std::mem::MaybeUninit::<libc::statvfs>::uninit();
    // SAFETY: the path ends by NUL and lives as long as the call, which fills the struct where it gives 0.
    unsafe {
        libc::statvfs(path.as_ptr(), found.as_mut_ptr()) == 0
            && found.assume_init().f_flag & libc::ST_RDONLY != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_room_only_if_the_reserve_fits_in_too() {
        let low = |free, limit| Room::Low { free, limit };
        let (all, reserve) = (1_000, RESERVE_BYTES);
        for (free, held, expected) in [
            (all, true, Room::Enough),
            (all - 1, true, low(all - 1, all)),
            // What was freed does not make room.
            (
                all - 1 + reserve,
                false,
                low(all - 1 + reserve, all + reserve),
            ),
            (all + reserve, false, Room::Enough),
        ] {
            assert_eq!(judge(free, all, held), expected, "{free} {held}");
        }
    }

    #[test]
    fn errors_of_the_disk_say_what_to_do_and_others_stay_as_they_are() {
        let dir = tempfile::tempdir().unwrap();
        let of = |code| anyhow::Error::from(io::Error::from_raw_os_error(code)).context("x");
        for (code, says) in [
            (libc::ENOSPC, "its disk is full"),
            (libc::EDQUOT, "the disk quota"),
            (libc::EROFS, "read-only"),
        ] {
            let said = format!("{:#}", explained(dir.path(), of(code)));
            assert!(said.contains(says), "{said}");
        }
        assert_eq!(explained(dir.path(), of(libc::ENOENT)).to_string(), "x");
    }

    #[test]
    fn the_reserve_takes_its_room_and_gives_it_back() {
        use std::os::unix::fs::MetadataExt;
        let dir = tempfile::tempdir().unwrap();
        make_reserve(dir.path()).unwrap();
        assert!(held(dir.path()));
        let blocks = reserve(dir.path()).metadata().unwrap().blocks();
        assert!(blocks * 512 >= RESERVE_BYTES);
        free_reserve(dir.path());
        assert!(!held(dir.path()));
    }
}
