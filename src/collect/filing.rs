//! The files of logged mails on their way into the archive: written when their mail is decided on, and waited for together.
//! Until then the store says of them that they are still in their mail, which is true whatever happens.

use std::collections::BTreeSet;

use anyhow::Result;

use crate::archive::{Archive, Coming, Unreachable};
use crate::domain::row::MessageId;
use crate::reading::Reading;
use crate::reading::worker::Reader;
use crate::store::Store;

/// So many files are waited for together, or one mail's more: each is open meanwhile.
const MANY: usize = 64;

/// Files that are written and not yet safe from a power cut, with the mails that they are of.
pub(super) struct Filing<'a> {
    store: &'a Store,
    archive: &'a Archive,
    mails: Vec<MessageId>,
    files: Vec<Coming>,
}

impl<'a> Filing<'a> {
    /// With nothing in it.
    pub(super) fn new(store: &'a Store, archive: &'a Archive) -> Filing<'a> {
        Filing {
            store,
            archive,
            mails: vec![],
            files: vec![],
        }
    }

    /// Takes the files of a mail into it that is decided on, if any are to be kept.
    pub(super) fn add(&mut self, message: MessageId, files: Vec<Coming>) {
        if !files.is_empty() {
            self.mails.push(message);
            self.files.extend(files);
        }
    }

    /// Whether it is time to finish.
    pub(super) fn is_full(&self) -> bool {
        self.files.len() >= MANY
    }

    /// Waits until the archive has all of them, and has the store say so. Gives why it does not take them, if so: they are
    /// taken out of their mails again then.
    ///
    /// # Errors
    /// When the store fails, or the storage of the archive does not answer; the files are still in their mails then.
    pub(super) async fn finish(&mut self) -> Result<Option<String>> {
        let mails = std::mem::take(&mut self.mails);
        let kept = self.archive.keep(std::mem::take(&mut self.files)).await;
        if let Err(e) = kept {
            if e.is::<Unreachable>() {
                return Err(e); // those of the next mails would not be taken, either
            }
            let why = format!("{e:#}");
            tracing::error!(why, "files stay in their mails");
            return Ok(Some(why));
        }
        self.store
            .transaction(|s| mails.iter().try_for_each(|mail| s.set_kept(*mail)))?;
        Ok(None)
    }
}

/// Writes the files that a reader found in a mail, without a name yet, and removes them from where it put them.
///
/// # Errors
/// [`NotAsSaid`](crate::reading::worker::NotAsSaid) where they are not what it said of them, and when the disk does not take
/// them.
pub(super) fn written(
    archive: &Archive,
    reader: &Reader,
    reading: &Reading,
) -> Result<Vec<Coming>> {
    let mut seen = BTreeSet::new();
    let mut coming = Vec::new();
    for file in &reading.attachments {
        if seen.insert(file.sha256)
            && let Some(content) = reader.file(file)?
        {
            coming.push(archive.write(&content)?);
        }
    }
    super::files::discard(reader, reading);
    Ok(coming)
}
