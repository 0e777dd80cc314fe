//! One `.eml` a mail in a folder.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::{Begins, Halt, Outcome, Parcel, Trouble};

pub struct Folder {
    path: PathBuf,
}

impl Folder {
    pub(super) fn new(path: &Path) -> Folder {
        Folder {
            path: path.to_owned(),
        }
    }

    pub(super) fn send(&self, parcel: Parcel<'_>, begins: Begins<'_>) -> Result<Outcome> {
        let written = || -> Result<tempfile::NamedTempFile> {
            self.check()?;
            let mut file = tempfile::NamedTempFile::new_in(&self.path)?;
            file.write_all(parcel.raw)?;
            file.as_file().sync_all()?;
            Ok(file)
        };
        let halted = |e: anyhow::Error| {
            let why = Trouble::Folder(format!("{e:#}"));
            Ok(Outcome::Halted(Halt::Line(why)))
        };
        let file = match written() {
            Ok(file) => file,
            Err(e) => return halted(e.context(format!("cannot write in {}", self.path.display()))),
        };
        begins(&[])?;
        let shown = || -> Result<()> {
            file.persist(self.path.join(format!("{}.eml", parcel.name)))?;
            std::fs::File::open(&self.path)?.sync_all()?;
            Ok(())
        };
        match shown() {
            Ok(()) => Ok(Outcome::Taken(vec![])),
            Err(e) => halted(e), // written again under the same name, it is there once
        }
    }

    pub(super) fn check(&self) -> Result<()> {
        std::fs::create_dir_all(&self.path)
            .with_context(|| format!("cannot make the folder {}", self.path.display()))
    }
}
