//! A copy of everything that an installation knows, made while it runs, and back.
//!
//! What goes in is compared with its name, and so is what comes out: one damaged file costs that file alone. A damaged
//! store is another matter: a copy of it cannot be restored, so it never takes the place of an earlier backup.

use std::cell::Cell;
use std::collections::{BTreeMap, HashMap};
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{BufReader, ErrorKind, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use anyhow::{Context, Result, bail};
use jiff::Timestamp;
use tempfile::NamedTempFile;

use crate::archive::{Archive, Folder, Soundness, within};
use crate::audit::Fault;
use crate::config::Settings;
use crate::ground::Sha256;
use crate::ground::files::{free_bytes, make_private_folder};
use crate::store::{Content, Owner, Store};

/// How a file of SQLite begins.
const SQLITE: &[u8; 16] = b"SQLite format 3\0";
const STORE: &str = "thubaocao.sqlite";
/// How the names of files end that a backup is still writing.
const PARTIAL: &str = ".thubaocao-partial";
/// The beginning of the name of a folder that a restore is still laying out.
const RESTORING: &str = "restore-";

/// What a backup or a restore brought over.
#[derive(Debug, Default)]
pub struct Copied {
    /// How many files of the archive.
    pub files: u64,
    /// What is not sound and was left out.
    pub faults: Vec<Fault>,
    /// Where the backup lies.
    pub written: PathBuf,
    /// Where the earlier backup of this name lies, if it was kept because it may hold what was left out.
    pub kept: Option<PathBuf>,
}

/// Writes a tar file with the store and the archive of a data folder. An archive on S3-compatible storage stays there; it
/// is looked whether it lists all that the store names. The store is copied first: what it names is in the
/// archive by then, and stays as it is.
///
/// What is not sound is left out and told. An earlier backup under the same name is kept beside then
/// (`FILE.earlier`), for it may hold what was left out. Of a damaged store the copy is written as `FILE.damaged`, for
/// tools that save what can be saved; an earlier backup stays as it is.
///
/// # Errors
/// When there is no store, the disk does not take the file, or the storage of the archive does not answer.
pub async fn write(settings: &Settings, target: &Path, now: Timestamp) -> Result<Copied> {
    let data = &settings.data;
    let path = Store::path(data);
    if !path.exists() {
        bail!(
            "{} does not exist: nothing was collected yet",
            path.display()
        );
    }
    let folder = match target.parent() {
        Some(p) if !p.as_os_str().is_empty() => p,
        _ => Path::new("."),
    };
    remove_stale(folder)?;
    let copy = partial(folder)?;
    Store::copy_file(&path, copy.path(), now)?;
    let store = Store::open_read_only(copy.path())?;
    let mut copied = Copied::default();
    let says = store.database_faults(true);
    copied.faults = says
        .into_iter()
        .map(|says| Fault::Database { says })
        .collect();
    let broken = !copied.faults.is_empty();
    let mut expected = match store.contents(None, usize::MAX) {
        Err(_) if broken => HashMap::new(),
        found => by_name(found?),
    };
    let mut written = partial(folder)?; // 0600
    let mut tar = tar::Builder::new(&mut written);
    tar.sparse(false); // it is as large as what it holds
    tar.append_path_with_name(copy.path(), STORE)?;
    match Archive::open(settings)? {
        Archive::Folder(folder) => add_archive(&folder, &mut tar, &mut expected, &mut copied)?,
        // They stay where they are, which is not on this machine.
        archive @ Archive::S3(..) => {
            let there = archive.names().await?.named;
            let there = there.iter().filter(|name| expected.remove(name).is_some());
            copied.files = there.count() as u64;
        }
    }
    if !expected.is_empty() {
        // What was past its time was removed after the store was copied.
        let still = by_name(Store::open_read_only(&path)?.contents(None, usize::MAX)?);
        expected.retain(|name, _| still.contains_key(name));
    }
    copied.faults.extend(missing(expected));
    tar.into_inner()?.flush()?;
    written.as_file().sync_all()?;
    copied.written = match broken {
        true => with_ending(target, ".damaged"),
        false => target.to_owned(),
    };
    if !broken && !copied.faults.is_empty() && target.exists() {
        copied.kept = Some(keep_earlier(target)?);
    }
    written
        .persist(&copied.written)
        .with_context(|| format!("cannot write {}", copied.written.display()))?;
    File::open(folder)?.sync_all()?;
    Ok(copied)
}

/// Adds every sound file of the archive; what is not sound is a fault, with whose it is by what was `expected`. What is
/// left there afterwards was not found.
fn add_archive(
    archive: &Folder,
    tar: &mut tar::Builder<impl Write>,
    expected: &mut HashMap<Sha256, Vec<Owner>>,
    copied: &mut Copied,
) -> Result<()> {
    for name in archive.names()?.named {
        let of = expected.remove(&name).unwrap_or_default();
        let fault = match archive.soundness(name) {
            Ok(Soundness::Sound) => {
                let Ok(mut content) = File::open(archive.path(name)) else {
                    continue; // past its time, and removed in this moment
                };
                tar.append_file(inside(name), &mut content)?;
                copied.files += 1;
                continue;
            }
            Ok(Soundness::Missing) => continue, // the same
            Ok(Soundness::Damaged) => Fault::Damaged { sha256: name, of },
            Err(e) => Fault::Unreadable {
                sha256: name,
                of,
                says: e.to_string(),
            },
        };
        copied.faults.push(fault);
    }
    Ok(())
}

/// Keeps the backup of this name beside the one that takes its place. The first one that was kept is the one that was
/// whole.
fn keep_earlier(target: &Path) -> Result<PathBuf> {
    let earlier = with_ending(target, ".earlier");
    if !earlier.exists() {
        fs::hard_link(target, &earlier)
            .or_else(|_| fs::copy(target, &earlier).map(|_| ()))
            .with_context(|| format!("cannot keep {} beside it", target.display()))?;
    }
    Ok(earlier)
}

fn by_name(contents: Vec<Content>) -> HashMap<Sha256, Vec<Owner>> {
    contents.into_iter().map(|c| (c.sha256, c.owners)).collect()
}

fn missing(expected: HashMap<Sha256, Vec<Owner>>) -> Vec<Fault> {
    let expected = BTreeMap::from_iter(expected);
    let fault = |(sha256, of)| Fault::Missing { sha256, of };
    expected.into_iter().map(fault).collect()
}

/// Where a content lies within the tar file.
fn inside(name: Sha256) -> PathBuf {
    Folder::of(Path::new("")).join(within(name))
}

fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(ending);
    name.into()
}

/// A file that is still being written, locked so that another backup knows it from one that was left behind.
fn partial(folder: &Path) -> Result<NamedTempFile> {
    let make = || -> Result<NamedTempFile> {
        let file = tempfile::Builder::new()
            .suffix(PARTIAL)
            .tempfile_in(folder)?;
        file.as_file().lock()?;
        Ok(file)
    };
    make().with_context(|| format!("cannot write into {}", folder.display()))
}

/// Removes what killed backups left in a folder.
fn remove_stale(folder: &Path) -> Result<()> {
    let entries =
        fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        let ours = path.to_string_lossy().ends_with(PARTIAL);
        if ours && File::open(&path).is_ok_and(|f| f.try_lock().is_ok()) {
            fs::remove_file(&path).with_context(|| format!("cannot remove {}", path.display()))?;
        }
    }
    Ok(())
}

/// Lays out a data folder from a backup, wholly or not at all. Every file is compared with its name. `keep_going`: what
/// is sound is taken, the rest told; a mail that is missing then is fetched again from the mailbox. Without a sound
/// store nothing is. Where the archive lies on S3-compatible storage, what is there is not needed in the backup, and what
/// the backup holds goes there. A copy of the store alone is a backup, too.
///
/// # Errors
/// When the folder has a store already, the backup is damaged or none, or the storage of the archive fails.
pub async fn restore(
    backup: &Path,
    settings: &Settings,
    keep_going: bool,
    now: Timestamp,
) -> Result<Copied> {
    let data = &settings.data;
    if Store::path(data).exists() {
        bail!(
            "{} holds a store already; move that folder away first",
            data.display()
        );
    }
    let archive = Folder::of(data);
    if archive.exists() && settings.archive.is_none() {
        bail!("{} exists already; move it away first", archive.display());
    }
    make_private_folder(data)?;
    clear_restoring(data)?;
    let fresh = tempfile::Builder::new()
        .prefix(RESTORING)
        .tempdir_in(data)?;
    let damaged = || format!("{} is no backup, or damaged", backup.display());
    let mut copied = Copied {
        written: data.to_owned(),
        ..Copied::default()
    };
    let mut found = Found::default();
    let unpacked = unpack(backup, fresh.path(), &mut found);
    if let Err(e) = unpacked {
        if e.is::<NoRoom>() {
            return Err(e).with_context(|| backup.display().to_string());
        }
        if !keep_going {
            return Err(e.context(KEEP_GOING)).with_context(damaged);
        }
        tracing::warn!(error = %format!("{e:#}"), "the backup ends before its time");
    }
    copied.files = found.files;
    let store = fresh.path().join(STORE);
    if !store.exists() {
        bail!("{}: it holds no store", damaged());
    }
    let mut expected = by_name(contents(&store).with_context(damaged)?);
    let needed = expected.len();
    expected.retain(|name, _| !fresh.path().join(inside(*name)).exists());
    let remote = settings.archive.as_ref();
    let storage = remote.map(|_| Archive::open(settings)).transpose()?;
    if let Some(storage) = &storage {
        let there = storage.names().await?.named;
        there.iter().for_each(|name| drop(expected.remove(name)));
        let is_there = |name: &Sha256| there.binary_search(name).is_ok();
        found.damaged.retain(|name| !is_there(name));
        copied.files = (needed - expected.len()) as u64;
    }
    copied.faults = found
        .damaged
        .into_iter()
        .map(|sha256| Fault::Damaged {
            of: expected.remove(&sha256).unwrap_or_default(),
            sha256,
        })
        .collect();
    copied.faults.extend(missing(expected));
    if let Some(fault) = copied.faults.first()
        && !keep_going
    {
        bail!("{}: {fault}; {KEEP_GOING}", damaged());
    }
    mark_restored(fresh.path(), &copied.faults, now)?;
    match &storage {
        None => {
            let unpacked = Folder::of(fresh.path());
            make_private_folder(&unpacked)?;
            fs::rename(unpacked, &archive)?;
        }
        Some(storage) => put_unpacked(fresh.path(), storage).await?,
    }
    // The store comes last: without it the folder counts as empty.
    fs::rename(store, Store::path(data))?;
    File::open(data)?.sync_all()?;
    Ok(copied)
}

/// What a store that was unpacked names in the archive.
fn contents(store: &Path) -> Result<Vec<Content>> {
    let store = Store::open_read_only(store)?;
    if let Some(says) = store.database_faults(true).first() {
        bail!("the store in it is damaged ({says}); take an earlier backup");
    }
    store.contents(None, usize::MAX)
}

/// Notes in an unpacked store that it was restored, and which mails are to be fetched again.
fn mark_restored(unpacked: &Path, faults: &[Fault], now: Timestamp) -> Result<()> {
    let store = Store::open(unpacked, now)?; // closed again, so that what SQLite writes beside it goes into it
    store.transaction(|s| {
        s.mark_restored(now)?;
        for owner in faults.iter().flat_map(Fault::owners) {
            if let Owner::Mail(message) = owner {
                s.fetch_again(*message, now)?;
            }
        }
        Ok(())
    })
}

/// Puts the files that a backup held where the archive lies.
async fn put_unpacked(unpacked: &Path, archive: &Archive) -> Result<()> {
    let held = Folder::open(unpacked)?;
    for name in held.names()?.named {
        archive.put(&held.get(name)?).await?;
    }
    Ok(())
}

const KEEP_GOING: &str = "`restore --keep-going` brings back what is sound";

/// Removes what killed restores left in a data folder.
///
/// # Errors
/// When the disk does not let it go.
pub(crate) fn clear_restoring(data: &Path) -> Result<()> {
    for entry in fs::read_dir(data)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(RESTORING) && entry.path().is_dir() {
            fs::remove_dir_all(entry.path())
                .with_context(|| format!("cannot remove {}", entry.path().display()))?;
        }
    }
    Ok(())
}

/// What lay in a tar file.
#[derive(Default)]
struct Found {
    files: u64,
    /// The names of files whose content is another one.
    damaged: Vec<Sha256>,
}

/// So much of a backup may be about one file without being its content: its header, and a longer name. A reader of tar
/// files keeps that in memory.
const LONGEST_HEADER: u64 = 1 << 16;
/// So much stays free on the disk, whatever a backup holds.
const LEFT_FREE: u64 = 100_000_000;

/// A backup claims more than there is room for, or than a backup is.
#[derive(Debug, thiserror::Error)]
#[error(
    "it unpacks to more than the {} MB that are free in {}; make room there, or it is no backup of ours",
    room / 1_000_000,
    folder.display()
)]
struct NoRoom {
    room: u64,
    folder: PathBuf,
}

/// Reads so many bytes, then fails.
struct Bounded<R> {
    inner: R,
    left: Rc<Cell<u64>>,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let n = self.inner.read(buffer)?;
        match self.left.get().checked_sub(n as u64) {
            Some(left) => self.left.set(left),
            None => return Err(std::io::Error::other("a header in it has no end")),
        }
        Ok(n)
    }
}

/// Unpacks the sound files of a backup, a piece at a time. What was unpacked before an error stays. A small backup may
/// stand for much: zeros that it does not hold (sparse files), names without end.
fn unpack(backup: &Path, into: &Path, found: &mut Found) -> Result<()> {
    let mut file = File::open(backup).context("it cannot be read")?;
    let mut begin = [0; SQLITE.len()];
    if file.read_exact(&mut begin).is_ok() && begin == *SQLITE {
        let log = with_ending(backup, "-wal");
        if log.exists() {
            bail!(
                "what was written last stands in {}, beside this copy of the store: `thubaocao backup` makes a whole one",
                log.display()
            );
        }
        fs::copy(backup, into.join(STORE))?;
        return Ok(File::open(into.join(STORE))?.sync_all()?);
    }
    file.rewind()?;
    let left = Rc::new(Cell::new(LONGEST_HEADER));
    let mut room = free_bytes(into).map_or(u64::MAX, |free| free.saturating_sub(LEFT_FREE));
    let no_room = NoRoom {
        room,
        folder: into.parent().unwrap_or(into).to_owned(),
    };
    let mut tar = tar::Archive::new(Bounded {
        inner: BufReader::new(file),
        left: Rc::clone(&left),
    });
    let mut entries = tar.entries()?;
    loop {
        left.set(LONGEST_HEADER);
        let Some(entry) = entries.next() else {
            return Ok(());
        };
        let mut entry = entry?;
        left.set(u64::MAX);
        let path = entry.path()?.into_owned();
        let parts: Vec<&str> = path.iter().filter_map(|p| p.to_str()).collect();
        let name = match parts[..] {
            ["archive", _, name] => name.parse().ok().filter(|n| inside(*n) == path),
            _ => None,
        };
        if name.is_none() && path != Path::new(STORE) {
            bail!("it holds {}, which no backup does", path.display());
        }
        // Also of what is not there, by its header.
        if entry.size() > room {
            return Err(no_room.into());
        }
        let target = into.join(&path);
        make_private_folder(target.parent().unwrap_or(into))?;
        let mut file = match File::create_new(&target) {
            Err(e) if e.kind() == ErrorKind::AlreadyExists => {
                bail!("it holds {} twice", path.display())
            }
            other => other?,
        };
        let (content, written) = Sha256::of_copy(&mut entry, &mut file)?;
        if let Some(name) = name {
            if content != name {
                drop(file);
                fs::remove_file(&target)?;
                found.damaged.push(name);
                continue;
            }
            found.files += 1;
        }
        file.sync_all()?;
        room = room.saturating_sub(written);
    }
}
