//! A Maildir on this machine, read and never changed.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use anyhow::{Context, Result, bail};
use jiff::Timestamp;

use super::{Envelope, Listing, MailboxError};

/// An open Maildir.
pub struct Maildir {
    path: PathBuf,
}

impl Maildir {
    /// Opens a Maildir, or makes it where that is allowed.
    ///
    /// # Errors
    /// When it is not there: a name that was mistyped must not look like an empty mailbox.
    pub fn open(path: &Path, create: bool) -> Result<Maildir, MailboxError> {
        let open = || -> Result<Maildir> {
            for part in ["cur", "new", "tmp"] {
                let folder = path.join(part);
                if create {
                    fs::create_dir_all(&folder)
                        .with_context(|| format!("cannot make the folder {}", folder.display()))?;
                } else if !folder.is_dir() {
                    bail!(
                        "{} is no Maildir: it has no folder {part}; correct mailbox.path, or set mailbox.create = true",
                        path.display()
                    );
                }
            }
            Ok(Maildir {
                path: path.to_owned(),
            })
        };
        open().map_err(MailboxError::Other)
    }

    /// The files of `new` and `cur` by the unique part of their names.
    fn files(&self) -> Result<HashMap<String, PathBuf>> {
        let mut files = HashMap::new();
        for part in ["new", "cur"] {
            let folder = self.path.join(part);
            let entries = fs::read_dir(&folder)
                .with_context(|| format!("cannot read the folder {}", folder.display()))?;
            for entry in entries {
                let entry = entry?;
                let name = entry.file_name().to_string_lossy().into_owned();
                if !name.starts_with('.') && entry.file_type()?.is_file() {
                    let unique = name.split(":2,").next().unwrap_or(&name).to_owned();
                    files.insert(unique, entry.path());
                }
            }
        }
        Ok(files)
    }

    pub(super) fn list(&self) -> Result<Listing, MailboxError> {
        let list = || -> Result<Listing> {
            let mut envelopes = Vec::new();
            for (uid, path) in self.files()? {
                let Ok(meta) = fs::metadata(&path) else {
                    continue; // moved from new to cur in this moment; the next look finds it
                };
                let seconds = meta
                    .modified()?
                    .duration_since(UNIX_EPOCH)
                    .map_or(0, |d| d.as_secs() as i64);
                envelopes.push(Envelope {
                    uid,
                    size: meta.len(),
                    received_at: Timestamp::from_second(seconds)?,
                    gm_msgid: None,
                });
            }
            envelopes.sort_by(|a, b| (a.received_at, &a.uid).cmp(&(b.received_at, &b.uid)));
            Ok(Listing {
                uidvalidity: 0,
                special_use: None,
                envelopes,
            })
        };
        list().map_err(MailboxError::Other)
    }

    pub(super) fn fetch(&self, uids: &[String]) -> Result<Vec<(String, Vec<u8>)>, MailboxError> {
        let fetch = || -> Result<Vec<(String, Vec<u8>)>> {
            let files = self.files()?;
            let mut found = Vec::new();
            for uid in uids {
                if let Some(path) = files.get(uid)
                    && let Ok(bytes) = fs::read(path)
                {
                    found.push((uid.clone(), bytes));
                }
            }
            Ok(found)
        };
        fetch().map_err(MailboxError::Other)
    }
}
