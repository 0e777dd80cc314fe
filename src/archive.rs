//! The archive: raw mails and attached files under the SHA-256 of their content, each stored once, in a folder of this
//! machine or on S3-compatible storage.
//!
//! What `put` returned survives a power cut; on such storage, also the loss of this machine. Nothing else may move before
//! that.

mod folder;
mod s3;
mod said;

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use tempfile::NamedTempFile;

use crate::config::Settings;
use crate::ground::Sha256;

pub use self::folder::Folder;
pub(crate) use self::folder::within;
pub use self::s3::{S3, Unreachable};

/// What the service's look at a content over the network counts as beside those that it reads on the disk, in bytes.
const ASKED_BYTES: u64 = 2_000_000;

/// Files named by their content.
#[derive(Clone, Debug)]
pub enum Archive {
    /// In a folder of this machine.
    Folder(Folder),
    /// On S3-compatible storage. What comes in lies in a folder of this machine before it has its name, all the same.
    S3(Folder, S3),
}

/// A content that was written and has no name in the archive yet.
#[derive(Debug)]
pub(crate) struct Coming {
    name: Sha256,
    /// `None` where it lies there already.
    file: Option<NamedTempFile>,
}

/// What lies in the archive, whole or not.
#[derive(Debug, Default)]
pub(crate) struct Names {
    /// The names of contents, in order.
    pub named: Vec<Sha256>,
    /// What no content is named by.
    pub strays: Vec<PathBuf>,
}

/// How a content lies in the archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Soundness {
    /// Whole.
    Sound,
    /// Not at all.
    Missing,
    /// Under its name lies something else.
    Damaged,
}

/// A content that lay under a name, if that is its own. `place`: where it lay.
fn whole(content: Vec<u8>, name: Sha256, place: &Path) -> Result<Vec<u8>> {
    if Sha256::of(&content) != name {
        bail!(
            "{} is damaged: its content does not have the hash of its name",
            place.display()
        );
    }
    Ok(content)
}

impl Archive {
    /// The archive of an installation. Its folder is made where it is missing; nobody is asked over the network.
    ///
    /// # Errors
    /// When the folder cannot be made, or what is configured of the storage is of no use.
    pub fn open(settings: &Settings) -> Result<Archive> {
        let folder = Folder::open(&settings.data)?;
        Ok(match &settings.archive {
            None => Archive::Folder(folder),
            Some(s3) => {
                let s3 = S3::new(s3, folder.incoming())?;
                Archive::S3(folder, s3)
            }
        })
    }

    fn folder(&self) -> &Folder {
        let (Archive::Folder(folder) | Archive::S3(folder, _)) = self;
        folder
    }

    /// The storage that it lies on, if that is another machine's.
    pub(crate) fn s3(&self) -> Option<&S3> {
        match self {
            Archive::Folder(_) => None,
            Archive::S3(_, s3) => Some(s3),
        }
    }

    /// Removes what killed processes left in [`Archive::incoming`]; see [`Folder::clear_incoming`].
    ///
    /// # Errors
    /// When the disk does not let them go.
    pub(crate) fn clear_incoming(&self) -> Result<usize> {
        self.folder().clear_incoming()
    }

    /// Where files lie before they have their name.
    pub fn incoming(&self) -> PathBuf {
        self.folder().incoming()
    }

    /// Where a content lies, as it is told to people.
    pub(crate) fn place(&self, name: Sha256) -> PathBuf {
        match self {
            Archive::Folder(folder) => folder.path(name),
            Archive::S3(_, s3) => s3.place(&name.to_string()),
        }
    }

    /// All that lies in the archive but for what is still coming in.
    ///
    /// # Errors
    /// When it cannot be listed.
    pub(crate) async fn names(&self) -> Result<Names> {
        match self {
            Archive::Folder(folder) => folder.names(),
            Archive::S3(_, s3) => Ok(s3.names().await?),
        }
    }

    /// Stores a content and gives its name; see [`Archive::put_all`].
    ///
    /// # Errors
    /// When it is not taken.
    pub async fn put(&self, content: &[u8]) -> Result<Sha256> {
        let names = self.put_all(&[content]).await?;
        Ok(*names.first().expect("each content has a name"))
    }

    /// Stores contents and gives their names, in the same order. When this returns, they are on the disk or were
    /// acknowledged by the storage, each whole, whatever lay there before.
    ///
    /// # Errors
    /// When they are not taken; some may be there then.
    pub(crate) async fn put_all<C: AsRef<[u8]>>(&self, contents: &[C]) -> Result<Vec<Sha256>> {
        match self {
            Archive::Folder(folder) => folder.put_all(contents),
            Archive::S3(_, s3) => Ok(s3.put_all(contents).await?),
        }
    }

    /// Writes a content that has no name in the archive before [`Archive::keep`]; it goes when what is given goes.
    ///
    /// # Errors
    /// When the disk does not take it.
    pub(crate) fn write(&self, content: &[u8]) -> Result<Coming> {
        self.folder().write(content)
    }

    /// Gives contents that were written their names, as [`Archive::put_all`] does.
    ///
    /// # Errors
    /// See [`Archive::put_all`].
    pub(crate) async fn keep(&self, coming: Vec<Coming>) -> Result<()> {
        match self {
            Archive::Folder(folder) => folder.keep(coming),
            Archive::S3(folder, s3) => s3.keep(coming, folder).await,
        }
    }

    /// Removes a content; it is no error if it is gone already.
    ///
    /// # Errors
    /// When it cannot be removed.
    pub(crate) async fn remove(&self, name: Sha256) -> Result<()> {
        match self {
            Archive::Folder(folder) => folder.remove(name),
            Archive::S3(_, s3) => Ok(s3.remove(name).await?),
        }
    }

    /// How a content lies in the archive; the whole of it is read.
    ///
    /// # Errors
    /// When it cannot be read; [`Unreachable`] where that says nothing of it.
    pub(crate) async fn soundness(&self, name: Sha256) -> Result<Soundness> {
        match self {
            Archive::Folder(folder) => Ok(folder.soundness(name)?),
            Archive::S3(_, s3) => Ok(s3.soundness(name).await?),
        }
    }

    /// The same as the service looks again and again, with the bytes that it counts as. Storage is only asked whether the
    /// content is there: it looks after what it holds, and has every byte paid that leaves it.
    ///
    /// # Errors
    /// See [`Archive::soundness`].
    pub(crate) async fn glance(&self, name: Sha256) -> Result<(Soundness, u64)> {
        Ok(match self {
            Archive::Folder(folder) => {
                let bytes = folder.path(name).metadata().map_or(0, |m| m.len());
                (folder.soundness(name)?, bytes)
            }
            Archive::S3(_, s3) => (s3.glance(name).await?, ASKED_BYTES),
        })
    }

    /// A content by its name.
    ///
    /// # Errors
    /// When it is not there or is not what its name says; [`Unreachable`] where nobody knows.
    pub async fn get(&self, name: Sha256) -> Result<Vec<u8>> {
        match self {
            Archive::Folder(folder) => folder.get(name),
            Archive::S3(_, s3) => s3.get(name).await,
        }
    }
}
