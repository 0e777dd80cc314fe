//! The archive in a folder of this machine. What `put` returned is on the disk, name and all.

use std::collections::BTreeSet;
use std::fs::{self, File, TryLockError};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result};
use tempfile::NamedTempFile;

use super::{Coming, Names, Soundness, whole};
use crate::ground::Sha256;
use crate::ground::files::make_private_folder;

/// Where files lie before they have their name.
pub(crate) const INCOMING: &str = "incoming";

/// A folder of files named by their content.
#[derive(Clone, Debug)]
pub struct Folder {
    root: PathBuf,
    /// `incoming`, locked together with all other processes that may put something there. The lock goes with the
    /// process, however it ends.
    incoming: Arc<File>,
}

/// Where a content lies within the archive.
pub(crate) fn within(name: Sha256) -> PathBuf {
    let name = name.to_string();
    Path::new(&name[..2]).join(&name)
}

impl Folder {
    /// The archive of a data folder, made where it is missing.
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub fn open(data: &Path) -> Result<Folder> {
        let root = Folder::of(data);
        let path = root.join(INCOMING);
        make_private_folder(&root)?;
        make_private_folder(&path)?;
        let open = || -> std::io::Result<File> {
            let incoming = File::open(&path)?;
            incoming.lock_shared()?;
            Ok(incoming)
        };
        let incoming = open().with_context(|| format!("cannot use {}", path.display()))?;
        Ok(Folder {
            root,
            incoming: Arc::new(incoming),
        })
    }

    /// Where the archive of a data folder lies.
    pub fn of(data: &Path) -> PathBuf {
        data.join("archive")
    }

    /// Removes what killed processes left in [`Folder::incoming`]: files of mails, which must not outlive their time.
    /// Nothing is removed while another process works there. Call it before this process has put anything there. Gives
    /// how many entries went.
    ///
    /// # Errors
    /// When the disk does not let them go.
    pub(super) fn clear_incoming(&self) -> Result<usize> {
        match self.incoming.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                self.incoming.lock_shared()?; // a lock that could not be changed may be lost
                return Ok(0);
            }
            Err(TryLockError::Error(e)) => {
                // Network file systems lock no folder.
                tracing::warn!(error = %e, "what killed processes left in archive/incoming stays");
                return Ok(0);
            }
        }
        let mut gone = 0;
        for entry in fs::read_dir(self.incoming())? {
            let entry = entry?;
            let path = entry.path();
            let removed = if entry.file_type()?.is_dir() {
                fs::remove_dir_all(&path)
            } else {
                fs::remove_file(&path)
            };
            removed.with_context(|| format!("cannot remove {}", path.display()))?;
            gone += 1;
        }
        self.incoming.lock_shared()?;
        Ok(gone)
    }

    /// Where files lie before they have their name. Same file system, so that they can be renamed.
    pub fn incoming(&self) -> PathBuf {
        self.root.join(INCOMING)
    }

    /// Where a content lies.
    pub fn path(&self, name: Sha256) -> PathBuf {
        self.root.join(within(name))
    }

    /// All that lies in the archive but for what is still coming in.
    ///
    /// # Errors
    /// When a folder cannot be read.
    pub(crate) fn names(&self) -> Result<Names> {
        let entries = |folder: &Path| -> Result<Vec<PathBuf>> {
            let read = || fs::read_dir(folder)?.map(|e| Ok(e?.path())).collect();
            let read: std::io::Result<_> = read();
            read.with_context(|| format!("cannot read {}", folder.display()))
        };
        let mut names = Names::default();
        for folder in entries(&self.root)? {
            if !folder.is_dir() {
                names.strays.push(folder);
                continue;
            }
            if folder.ends_with(INCOMING) {
                continue;
            }
            for path in entries(&folder)? {
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                match name.parse() {
                    Ok(name) if self.path(name) == path => names.named.push(name),
                    _ => names.strays.push(path),
                }
            }
        }
        names.named.sort_unstable();
        Ok(names)
    }

    /// Stores a content and gives its name; see [`Folder::put_all`].
    ///
    /// # Errors
    /// When the disk does not take it.
    pub fn put(&self, content: &[u8]) -> Result<Sha256> {
        let names = self.put_all(&[content])?;
        Ok(*names.first().expect("each content has a name"))
    }

    /// Stores contents and gives their names, in the same order. When this returns, they survive a power cut.
    ///
    /// # Errors
    /// When the disk does not take them; some may be there then.
    pub(super) fn put_all<C: AsRef<[u8]>>(&self, contents: &[C]) -> Result<Vec<Sha256>> {
        let coming = contents.iter().map(|c| self.write(c.as_ref()));
        let coming: Vec<Coming> = coming.collect::<Result<_>>()?;
        let names = coming.iter().map(|c| c.name).collect();
        self.keep(coming)?;
        Ok(names)
    }

    /// Writes a content that has no name in the archive before [`Folder::keep`]; it goes when what is given goes. One that
    /// is there already counts only if it holds the same.
    ///
    /// # Errors
    /// When the disk does not take it.
    pub(super) fn write(&self, content: &[u8]) -> Result<Coming> {
        let name = Sha256::of(content);
        let path = self.path(name);
        let same_length = |m: fs::Metadata| m.len() == content.len() as u64;
        let is_there =
            path.metadata().is_ok_and(same_length) && fs::read(&path).is_ok_and(|c| c == content);
        let write = || -> std::io::Result<NamedTempFile> {
            let mut file = NamedTempFile::new_in(self.incoming())?;
            file.write_all(content)?;
            begin_to_write_out(file.as_file(), false);
            Ok(file)
        };
        let file = match is_there {
            true => None,
            false => Some(write().with_context(|| failed(&path))?),
        };
        Ok(Coming { name, file })
    }

    /// Gives contents that were written their names. When this returns, they survive a power cut. All of them are on their
    /// way to the disk before any is waited for, so that many take hardly longer than one.
    ///
    /// # Errors
    /// When the disk does not take them; some may be there then.
    pub(super) fn keep(&self, coming: Vec<Coming>) -> Result<()> {
        let path = |coming: &Coming| self.path(coming.name);
        let files = || coming.iter().filter_map(|c| Some((c, c.file.as_ref()?)));
        for (_, file) in files() {
            begin_to_write_out(file.as_file(), true);
        }
        for (content, file) in files() {
            let synced = file.as_file().sync_all();
            synced.with_context(|| failed(&path(content)))?;
        }
        // Whoever put one there may have been killed before the folder was on the disk.
        let folders: BTreeSet<PathBuf> = coming
            .iter()
            .filter_map(|c| Some(path(c).parent()?.to_owned()))
            .collect();
        for folder in &folders {
            make_private_folder(folder)?;
        }
        for content in coming {
            let path = path(&content);
            if let Some(file) = content.file {
                file.persist(&path).with_context(|| failed(&path))?;
            }
        }
        for folder in folders.iter().chain([&self.root]) {
            let sync = || File::open(folder)?.sync_all();
            sync().with_context(|| failed(folder))?;
        }
        Ok(())
    }

    /// Removes a content; it is no error if it is gone already.
    ///
    /// # Errors
    /// When the disk does not let it go.
    pub fn remove(&self, name: Sha256) -> Result<()> {
        let path = self.path(name);
        match fs::remove_file(&path) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
                Err(e).with_context(|| format!("cannot remove {}", path.display()))
            }
            _ => Ok(()),
        }
    }

    /// How a content lies in the archive; the whole file is read, a piece at a time.
    ///
    /// # Errors
    /// When the disk does not give it.
    pub(crate) fn soundness(&self, name: Sha256) -> std::io::Result<Soundness> {
        let mut file = match File::open(self.path(name)) {
            Ok(file) => file,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Soundness::Missing),
            Err(e) => return Err(e),
        };
        let (found, _) = Sha256::of_all(&mut file)?;
        Ok(match found == name {
            true => Soundness::Sound,
            false => Soundness::Damaged,
        })
    }

    /// A content by its name.
    ///
    /// # Errors
    /// When it is not there or is not what its name says.
    pub fn get(&self, name: Sha256) -> Result<Vec<u8>> {
        let path = self.path(name);
        let content = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        whole(content, name, &path)
    }
}

/// What is said where the disk does not take a content.
fn failed(path: &Path) -> String {
    format!("cannot store {} in the archive", path.display())
}

/// Has the system write out what a file holds now, and waits for that where `whole`. No more than a hint, which makes the
/// fsync that must follow cheap: it promises nothing, and where the file system has no such call nothing is lost.
fn begin_to_write_out(file: &File, whole: bool) {
    use std::os::fd::AsRawFd;
    let how = libc::SYNC_FILE_RANGE_WRITE
        | if whole {
            libc::SYNC_FILE_RANGE_WAIT_BEFORE | libc::SYNC_FILE_RANGE_WAIT_AFTER
        } else {
            0
        };
    // SAFETY: it takes numbers only, and the file is open.
    let _ = unsafe { libc::sync_file_range(file.as_raw_fd(), 0, 0, how) };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_is_stored_once_under_its_hash_and_read_back() {
        let dir = tempfile::tempdir().unwrap();
        let archive = Folder::open(dir.path()).unwrap();
        let name = archive.put(b"abc").unwrap();
        assert_eq!(name, Sha256::of(b"abc"));
        assert_eq!(archive.put(b"abc").unwrap(), name);
        assert_eq!(archive.get(name).unwrap(), b"abc");
        assert_eq!(fs::read_dir(archive.incoming()).unwrap().count(), 0);
    }

    #[test]
    fn a_damaged_file_is_named_and_is_replaced_when_its_content_comes_again() {
        let dir = tempfile::tempdir().unwrap();
        let archive = Folder::open(dir.path()).unwrap();
        let name = archive.put(b"abc").unwrap();
        for damaged in [b"ab".as_slice(), b"abd"] {
            fs::write(archive.path(name), damaged).unwrap();
            let error = archive.get(name).unwrap_err().to_string();
            assert!(error.contains("damaged"), "{error}");
            archive.put(b"abc").unwrap();
            assert_eq!(archive.get(name).unwrap(), b"abc");
        }
    }

    #[test]
    fn what_lies_under_no_name_of_a_content_is_told_apart() {
        let dir = tempfile::tempdir().unwrap();
        let archive = Folder::open(dir.path()).unwrap();
        let mut named = [b"abc", b"abd"].map(|c| archive.put(c).unwrap());
        named.sort_unstable();
        let root = Folder::of(dir.path());
        let beside = archive.path(named[0]).with_extension("part");
        let elsewhere = root.join("zz").join(named[1].to_string());
        let strays = [root.join("notes"), beside, elsewhere];
        fs::create_dir(root.join("zz")).unwrap();
        strays.iter().for_each(|s| fs::write(s, "x").unwrap());
        fs::write(archive.incoming().join("half"), "x").unwrap();
        let mut found = archive.names().unwrap();
        found.strays.sort();
        let mut strays = strays.to_vec();
        strays.sort();
        assert_eq!((found.named, found.strays), (named.to_vec(), strays));
    }

    #[test]
    fn many_are_stored_as_each_would_be_by_itself() {
        let dir = tempfile::tempdir().unwrap();
        let archive = Folder::open(dir.path()).unwrap();
        let there = archive.put(b"there").unwrap();
        let damaged = archive.put(b"damaged").unwrap();
        fs::write(archive.path(damaged), b"damagex").unwrap();
        let contents: [&[u8]; 5] = [b"a", b"there", b"a", b"damaged", b""];
        let names = archive.put_all(&contents).unwrap();
        assert_eq!((&names[1], &names[3]), (&there, &damaged));
        for (name, content) in names.iter().zip(contents) {
            assert_eq!(archive.get(*name).unwrap(), content);
        }
        assert_eq!(fs::read_dir(archive.incoming()).unwrap().count(), 0);
        assert_eq!(archive.put_all::<&[u8]>(&[]).unwrap(), Vec::<Sha256>::new());
    }

    #[test]
    fn what_a_killed_process_left_goes_and_what_a_living_one_needs_stays() {
        let dir = tempfile::tempdir().unwrap();
        let archive = Folder::open(dir.path()).unwrap();
        let left = archive.incoming().join("left");
        fs::create_dir(&left).unwrap();
        fs::write(left.join("file"), "x").unwrap();
        fs::write(archive.incoming().join("half"), "x").unwrap();
        let living = Folder::open(dir.path()).unwrap();
        assert_eq!(archive.clear_incoming().unwrap(), 0);
        assert!(left.exists());
        drop(living);
        assert_eq!(archive.clear_incoming().unwrap(), 2);
        assert!(!left.exists());
        // It is held as before: what comes now is safe from others.
        let other = Folder::open(dir.path()).unwrap();
        assert_eq!(other.clear_incoming().unwrap(), 0);
    }
}
