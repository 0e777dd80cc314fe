//! The archive: raw mails and attached files under the SHA-256 of their content, each stored once.
//!
//! What `put` returned is on the disk, name and all: nothing else may move before that.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};

use crate::store::make_private_folder;

/// A folder of files named by their content.
#[derive(Clone, Debug)]
pub struct Archive {
    root: PathBuf,
}

/// The SHA-256 of a content in hex.
pub fn sha256(content: &[u8]) -> String {
    hex(&Sha256::digest(content))
}

/// Bytes in hex, lower case.
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(64), |mut s, b| {
        let _ = write!(s, "{b:02x}"); // writing to a String cannot fail
        s
    })
}

/// Bytes that are free for us on the disk that holds a folder; `None` where the system does not tell.
pub fn free_bytes(folder: &Path) -> Option<u64> {
    use std::os::unix::ffi::OsStrExt;
    let path = std::ffi::CString::new(folder.as_os_str().as_bytes()).ok()?;
    let mut found = std::mem::MaybeUninit::<libc::statvfs>::uninit();
    // SAFETY: the path ends by NUL and lives as long as the call, which fills the struct where it gives 0.
    let found = unsafe {
        (libc::statvfs(path.as_ptr(), found.as_mut_ptr()) == 0).then(|| found.assume_init())?
    };
    Some(found.f_bavail * found.f_frsize)
}

impl Archive {
    /// The archive of a data folder, made where it is missing.
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub fn open(data: &Path) -> Result<Archive> {
        let root = data.join("archive");
        make_private_folder(&root)?;
        make_private_folder(&root.join("incoming"))?;
        Ok(Archive { root })
    }

    /// Where files lie before they have their name. Same file system, so that they can be renamed.
    pub fn incoming(&self) -> PathBuf {
        self.root.join("incoming")
    }

    /// Where a content lies.
    pub fn path(&self, sha256: &str) -> PathBuf {
        self.root.join(&sha256[..2]).join(sha256)
    }

    /// Stores a content and gives its name. When this returns, the content survives a power cut.
    ///
    /// # Errors
    /// When the disk does not take it.
    pub fn put(&self, content: &[u8]) -> Result<String> {
        let name = sha256(content);
        let path = self.path(&name);
        if path
            .metadata()
            .is_ok_and(|m| m.len() == content.len() as u64)
        {
            return Ok(name);
        }
        let folder = path.parent().expect("every name lies in a folder");
        let write = || -> Result<()> {
            let fresh = !folder.is_dir();
            make_private_folder(folder)?;
            let mut file = tempfile::NamedTempFile::new_in(self.incoming())?;
            file.write_all(content)?;
            file.as_file().sync_all()?;
            file.persist(&path)?;
            File::open(folder)?.sync_all()?;
            if fresh {
                File::open(&self.root)?.sync_all()?;
            }
            Ok(())
        };
        write().with_context(|| format!("cannot store {} in the archive", path.display()))?;
        Ok(name)
    }

    /// Removes a content; it is no error if it is gone already.
    ///
    /// # Errors
    /// When the disk does not let it go.
    pub fn remove(&self, name: &str) -> Result<()> {
        let path = self.path(name);
        match std::fs::remove_file(&path) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
                Err(e).with_context(|| format!("cannot remove {}", path.display()))
            }
            _ => Ok(()),
        }
    }

    /// A content by its name.
    ///
    /// # Errors
    /// When it is not there or is not what its name says.
    pub fn get(&self, name: &str) -> Result<Vec<u8>> {
        let path = self.path(name);
        let content =
            std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        if sha256(&content) != name {
            bail!(
                "{} is damaged: its content does not have the hash of its name",
                path.display()
            );
        }
        Ok(content)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_is_stored_once_under_its_hash_and_read_back() {
        let dir = tempfile::tempdir().unwrap();
        let archive = Archive::open(dir.path()).unwrap();
        let name = archive.put(b"abc").unwrap();
        assert_eq!(
            name,
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        assert_eq!(archive.put(b"abc").unwrap(), name);
        assert_eq!(archive.get(&name).unwrap(), b"abc");
        assert_eq!(std::fs::read_dir(archive.incoming()).unwrap().count(), 0);
    }

    #[test]
    fn a_half_written_file_is_replaced_and_a_damaged_one_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let archive = Archive::open(dir.path()).unwrap();
        let name = archive.put(b"abc").unwrap();
        std::fs::write(archive.path(&name), b"ab").unwrap();
        assert!(
            archive
                .get(&name)
                .unwrap_err()
                .to_string()
                .contains("damaged")
        );
        archive.put(b"abc").unwrap();
        assert_eq!(archive.get(&name).unwrap(), b"abc");
    }
}
