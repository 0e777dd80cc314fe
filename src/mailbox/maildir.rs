//! A Maildir on this machine, read and never changed.
//!
//! Others write it, and not all of them as the rules of Maildir want it. So:
//!
//! - A folder that is gone, or empty where mails were seen before, is a disk that is not mounted, not an empty mailbox.
//! - A name alone is no identity, since some programs number their files anew. A file of another size or with another
//!   moment of writing is read again, and its content tells whether it is another mail.
//! - A file that is empty, or grows while it is looked at, is not delivered yet. If a writer rested and half of a mail
//!   was taken, the whole one is taken when it is there: it has another size.
//! - A mail was received at the earliest moment that there is a sign of: the file's moment of writing, the moment in
//!   its name (`1718330400.M1P2.host`, as servers name files) and, once it was read, the topmost Received field.
//!   Programs that copy a Maildir or put a backup back give every file the moment of copying, and names and fields stay
//!   as they were. None of them lies in the hands of the sender, and no unit shall count as late for a copy.

use std::collections::{BTreeMap, HashSet};
use std::fs::{self, File, Metadata};
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result, bail};
use jiff::Timestamp;

use super::{Envelope, Listing, MailboxError};

/// A file that was written so shortly before may be written on.
const FRESH: Duration = Duration::from_secs(2);
/// How long a fresh file is watched for growth.
const WATCHED: Duration = Duration::from_secs(1);
/// No mail was received before (2001-09-09): smaller numbers in names count something else.
const FIRST_MOMENT: i64 = 1_000_000_000;

/// So much of a mail is read where only its header is asked for, in bytes.
const BEGINNING: u64 = 64_000;

/// An open Maildir.
pub struct Maildir {
    path: PathBuf,
    /// Whether mails were seen in it.
    had_mails: bool,
    /// Empty files that were told of.
    told: HashSet<PathBuf>,
}

impl Maildir {
    /// Opens a Maildir, or makes it where that is allowed. `had_mails`: whether mails were seen in it before.
    ///
    /// # Errors
    /// When it is not there: a name that was mistyped must not look like an empty mailbox.
    pub fn open(path: &Path, create: bool, had_mails: bool) -> Result<Maildir, MailboxError> {
        let open = || -> Result<Maildir> {
            for part in ["cur", "new", "tmp"] {
                let folder = path.join(part);
                if folder.is_dir() {
                    continue;
                }
                if had_mails {
                    bail!(
                        "{} had mails and now has no folder {part}; is its disk mounted, and mailbox.path right?",
                        path.display()
                    );
                }
                if !create {
                    bail!(
                        "{} is no Maildir: it has no folder {part}; correct mailbox.path, or set mailbox.create = true",
                        path.display()
                    );
                }
                fs::create_dir_all(&folder)
                    .with_context(|| format!("cannot make the folder {}", folder.display()))?;
            }
            Ok(Maildir {
                path: path.to_owned(),
                had_mails,
                told: HashSet::new(),
            })
        };
        open().map_err(MailboxError::Other)
    }

    /// The files of `new` and `cur` by their identity, in no order that matters.
    fn files(&self) -> Result<BTreeMap<String, Found>> {
        let mut files = BTreeMap::new();
        for part in ["new", "cur"] {
            let folder = self.path.join(part);
            let entries = fs::read_dir(&folder)
                .with_context(|| format!("cannot read the folder {}", folder.display()))?;
            for entry in entries {
                let entry = entry?;
                let name = entry.file_name().to_string_lossy().into_owned();
                let Ok(meta) = entry.metadata() else {
                    continue; // moved from new to cur in this moment; the next look finds it
                };
                if !name.starts_with('.') && meta.is_file() {
                    let unique = name.split(":2,").next().unwrap_or(&name);
                    let path = entry.path();
                    files.insert(identity(unique, &meta), Found { path, meta });
                }
            }
        }
        Ok(files)
    }

    pub(super) async fn list(&mut self) -> Result<Listing, MailboxError> {
        let files = self.files().map_err(MailboxError::Other)?;
        if files.is_empty() && self.had_mails {
            return Err(MailboxError::Emptied {
                path: self.path.clone(),
            });
        }
        self.had_mails |= !files.is_empty();
        let now = SystemTime::now();
        let fresh = |found: &Found| {
            // A file that was moved here since it was written is complete: that is how mails are delivered.
            let meta = &found.meta;
            let moved = (meta.ctime(), meta.ctime_nsec()) != (meta.mtime(), meta.mtime_nsec());
            let written = meta.modified().unwrap_or(now);
            !moved && now.duration_since(written).unwrap_or_default() < FRESH
        };
        if files.values().any(fresh) {
            tokio::time::sleep(WATCHED).await;
        }
        let mut envelopes = Vec::new();
        for (uid, found) in &files {
            if found.meta.len() == 0 {
                if !fresh(found) && self.told.insert(found.path.clone()) {
                    tracing::warn!(file = %found.path.display(), "an empty file is no mail; it is looked at again");
                }
                continue;
            }
            if fresh(found) && fs::metadata(&found.path).is_ok_and(|m| m.len() != found.meta.len())
            {
                continue; // it is still being written
            }
            envelopes.push(Envelope {
                uid: uid.clone(),
                size: found.meta.len(),
                received_at: Some(
                    received_at(uid, found.meta.mtime()).map_err(MailboxError::Other)?,
                ),
                gm_msgid: None,
            });
        }
        envelopes.sort_by(|a, b| (a.received_at, &a.uid).cmp(&(b.received_at, &b.uid)));
        Ok(Listing {
            uidvalidity: 0,
            uid_next: 0,
            counted: None,
            goes_on: false,
            special_use: None,
            envelopes,
        })
    }

    pub(super) fn fetch(&self, uids: &[String]) -> Result<Vec<(String, Vec<u8>)>, MailboxError> {
        let files = self.files().map_err(MailboxError::Other)?;
        let mut mails = Vec::new();
        for uid in uids {
            if let Some(found) = files.get(uid)
                && let Ok(bytes) = fs::read(&found.path)
                && bytes.len() as u64 == found.meta.len()
            {
                mails.push((uid.clone(), bytes));
            }
        }
        Ok(mails)
    }

    /// The beginnings of mails, with their headers as a rule.
    pub(super) fn beginnings(
        &self,
        uids: &[String],
    ) -> Result<Vec<(String, Vec<u8>)>, MailboxError> {
        let files = self.files().map_err(MailboxError::Other)?;
        let mut mails = Vec::new();
        for uid in uids {
            let opened = files.get(uid).and_then(|f| File::open(&f.path).ok());
            let mut bytes = Vec::new();
            if let Some(file) = opened
                && file.take(BEGINNING).read_to_end(&mut bytes).is_ok()
            {
                mails.push((uid.clone(), bytes));
            }
        }
        Ok(mails)
    }
}

/// A file of the Maildir.
struct Found {
    path: PathBuf,
    meta: Metadata,
}

/// What a file is known by: the unique part of its name, its size, and when it was written. Slashes are in no name.
fn identity(unique: &str, meta: &Metadata) -> String {
    format!("{unique}/{}/{}", meta.len(), meta.mtime())
}

/// When a file was received: the moment of writing, or an earlier one that its name tells.
fn received_at(name: &str, written: i64) -> Result<Timestamp> {
    let digits = name.split('.').next().unwrap_or("");
    let named = digits.parse().ok().filter(|n| *n >= FIRST_MOMENT);
    Ok(Timestamp::from_second(
        named.map_or(written, |n: i64| n.min(written)),
    )?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_was_received_when_its_file_was_written_or_at_an_earlier_moment_in_its_name() {
        for (name, written, received) in [
            ("1718330400.M1P2.host", 1_718_330_401, 1_718_330_400),
            ("1718330400.M1P2.host", 1_900_000_000, 1_718_330_400), // copied
            ("1718330400.M1P2.host", 1_600_000_000, 1_600_000_000), // delivered anew, written with its old moment
            ("5.x", 1_718_330_400, 1_718_330_400),
            ("bao-cao.eml", 1_718_330_400, 1_718_330_400),
            ("99999999999999999999.x", 1_718_330_400, 1_718_330_400),
        ] {
            let at = received_at(name, written).unwrap().as_second();
            assert_eq!(at, received, "{name} {written}");
        }
    }
}
