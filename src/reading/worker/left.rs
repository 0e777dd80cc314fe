//! The files that a reading process leaves in its folder. Somebody else may stand behind it by now, so nothing of them is
//! taken as said: no link is followed, nothing that is no ordinary file is opened for long, and size and hash are looked
//! at.

use std::collections::HashSet;
use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use super::super::attachment::{MOST_FILES, MOST_UNPACKED, safe_name};
use super::super::{Attachment, Reading};
use crate::ground::Sha256;

/// Why a file that was left is not taken.
#[derive(Debug, thiserror::Error)]
pub enum NotAsSaid {
    /// It is not what the reading process said.
    #[error("the reading process did not leave what it said: {0}")]
    Untrue(String),
    /// The disk does not give it.
    #[error("cannot read what the reading process left: {0}")]
    Disk(#[from] io::Error),
}

/// Opens a file of a name and a length in bytes.
///
/// # Errors
/// When it is something else, or the disk does not give it.
fn open(folder: &Path, name: Sha256, size: u64) -> Result<File, NotAsSaid> {
    let untrue = |what: &str| NotAsSaid::Untrue(format!("{name} {what}"));
    let opened = OpenOptions::new()
        .read(true)
        // A fifo that nobody writes to would be waited for, a link followed.
        .custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK)
        .open(folder.join(name.to_string()));
    let file = match opened {
        Ok(file) => file,
        Err(e) if e.kind() == ErrorKind::NotFound => return Err(untrue("is missing")),
        Err(e) => match e.raw_os_error() {
            Some(libc::ELOOP) => return Err(untrue("is a link")),
            Some(libc::ENXIO | libc::EACCES | libc::EPERM) => {
                return Err(untrue("cannot be opened"));
            }
            _ => return Err(e.into()),
        },
    };
    let found = file.metadata()?;
    if !found.is_file() {
        Err(untrue("is no ordinary file"))
    } else if found.len() == size {
        Ok(file)
    } else {
        Err(untrue(&format!(
            "has {} bytes instead of {size}",
            found.len()
        )))
    }
}

/// The content of a file.
///
/// # Errors
/// When it is not as announced, or the disk does not give it.
pub(super) fn content(folder: &Path, name: Sha256, size: u64) -> Result<Vec<u8>, NotAsSaid> {
    let file = open(folder, name, size)?;
    let mut content = Vec::new();
    file.take(size).read_to_end(&mut content)?; // it may grow meanwhile
    if content.len() as u64 == size && Sha256::of(&content) == name {
        Ok(content)
    } else {
        Err(NotAsSaid::Untrue(format!("{name} holds something else")))
    }
}

/// Removes a file; the folder itself goes with its process at the latest.
pub(super) fn remove(folder: &Path, name: Sha256) {
    let _ = std::fs::remove_file(folder.join(name.to_string()));
}

/// Whether a folder is empty afterwards: what was left of an earlier mail is nobody's any more.
pub(super) fn clear(folder: &Path) -> bool {
    let clear = || -> io::Result<()> {
        for entry in std::fs::read_dir(folder)? {
            std::fs::remove_file(entry?.path())?;
        }
        Ok(())
    };
    clear().is_ok()
}

/// Looks whether a mail of so many bytes can bring the files that were announced, and whether they lie in the folder, if
/// there is one.
///
/// # Errors
/// When not, or the disk does not give them.
pub(super) fn check(reading: &Reading, mail: u64, folder: Option<&Path>) -> Result<(), NotAsSaid> {
    let files = &reading.attachments;
    possible(files, mail).map_err(NotAsSaid::Untrue)?;
    let Some(folder) = folder else {
        return Ok(());
    };
    let mut seen = HashSet::new();
    for a in files.iter().filter(|a| seen.insert((a.sha256, a.size))) {
        let file = open(folder, a.sha256, a.size)?;
        if Sha256::of_all(&mut file.take(a.size))? != (a.sha256, a.size) {
            let name = a.sha256;
            return Err(NotAsSaid::Untrue(format!("{name} holds something else")));
        }
    }
    Ok(())
}

/// Whether a mail of so many bytes may bring such files. What lies in an archive within an archive is counted twice.
fn possible(files: &[Attachment], mail: u64) -> Result<(), String> {
    if files.len() > MOST_FILES {
        return Err(format!("{} files", files.len()));
    }
    let sizes = files.iter().map(|a| a.size);
    let bytes = sizes.fold(0_u64, u64::saturating_add);
    if bytes > mail.saturating_mul(4).saturating_add(2 * MOST_UNPACKED) {
        return Err(format!("{bytes} bytes of files"));
    }
    match files
        .iter()
        .find(|a| safe_name(&a.name, a.kind.word()) != a.name)
    {
        Some(a) => Err(format!("{:?} is no safe name", a.name)),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::attachment;
    use super::*;
    use std::os::unix::net::UnixListener;

    fn outcome(prepare: impl Fn(&Path, Sha256)) -> Result<Vec<u8>, String> {
        let folder = tempfile::tempdir().unwrap();
        let name = Sha256::of(b"abc");
        prepare(folder.path(), name);
        content(folder.path(), name, 3).map_err(|e| match e {
            NotAsSaid::Untrue(why) => why.replace(&name.to_string(), "it"),
            NotAsSaid::Disk(e) => panic!("{e}"),
        })
    }

    #[test]
    fn only_an_ordinary_file_with_the_content_that_was_named_is_taken() {
        let path = |folder: &Path, name: Sha256| folder.join(name.to_string());
        let write = |content: &'static str| {
            move |f: &Path, n: Sha256| std::fs::write(path(f, n), content).unwrap()
        };
        assert_eq!(outcome(write("abc")).unwrap(), b"abc");
        let secret = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(secret.path(), "abc").unwrap();
        let link = outcome(|f, n| std::os::unix::fs::symlink(secret.path(), path(f, n)).unwrap());
        assert_eq!(link.unwrap_err(), "it is a link");
        let fifo = outcome(|f, n| {
            let path = std::ffi::CString::new(path(f, n).to_str().unwrap()).unwrap();
            // SAFETY: the path ends by NUL and lives as long as the call.
            assert_eq!(unsafe { libc::mkfifo(path.as_ptr(), 0o600) }, 0);
        });
        assert_eq!(fifo.unwrap_err(), "it is no ordinary file");
        let folder = outcome(|f, n| std::fs::create_dir(path(f, n)).unwrap());
        assert_eq!(folder.unwrap_err(), "it is no ordinary file");
        // The path of a socket has a hundred letters at most.
        let socket = outcome(|f, n| {
            let short = tempfile::tempdir_in("/tmp").unwrap();
            UnixListener::bind(short.path().join("s")).unwrap();
            std::fs::rename(short.path().join("s"), path(f, n)).unwrap();
        });
        assert_eq!(socket.unwrap_err(), "it cannot be opened");
        assert_eq!(outcome(|_, _| ()).unwrap_err(), "it is missing");
        assert_eq!(
            outcome(write("abd")).unwrap_err(),
            "it holds something else"
        );
        let long = outcome(write("abcd")).unwrap_err();
        assert_eq!(long, "it has 4 bytes instead of 3");
    }

    #[test]
    fn a_mail_brings_no_more_than_it_can_and_no_name_leads_out() {
        let file = |name: &str, size: u64| attachment(name, crate::reading::FileKind::Docx, size);
        assert_eq!(possible(&[file("57.docx", 40_000)], 60_000), Ok(()));
        // Out of archives comes more than the mail has.
        assert_eq!(possible(&[file("a.docx", MOST_UNPACKED)], 60_000), Ok(()));
        for impossible in [
            vec![file("a.docx", u64::MAX), file("b.docx", u64::MAX)],
            vec![file("a.docx", 1); MOST_FILES + 1],
            vec![file("../../a.docx", 1)],
            vec![file("a\n.docx", 1)],
            vec![file("", 1)],
        ] {
            assert!(possible(&impossible, 60_000).is_err());
        }
    }
}
