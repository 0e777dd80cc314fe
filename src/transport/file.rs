//! One `.eml` a mail in a folder.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::{Fate, Parcel};

pub struct Folder {
    path: PathBuf,
}

impl Folder {
    pub(super) fn new(path: &Path) -> Folder {
        Folder {
            path: path.to_owned(),
        }
    }

    pub(super) fn send(&self, parcel: Parcel<'_>) -> Fate {
        let write = || -> Result<()> {
            self.check()?;
            let mut file = tempfile::NamedTempFile::new_in(&self.path)?;
            file.write_all(parcel.raw)?;
            file.as_file().sync_all()?;
            file.persist(self.path.join(format!("{}.eml", parcel.name)))?;
            std::fs::File::open(&self.path)?.sync_all()?;
            Ok(())
        };
        match write() {
            Ok(()) => Fate::Sent(None),
            Err(e) => Fate::Later(format!("{e:#}")),
        }
    }

    pub(super) fn check(&self) -> Result<()> {
        std::fs::create_dir_all(&self.path)
            .with_context(|| format!("cannot make the folder {}", self.path.display()))
    }
}
