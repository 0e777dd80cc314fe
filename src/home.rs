//! The data folder that a configuration belongs to: an empty store never takes the place of another in silence.
//!
//! A store that begins anew answers every mail of the last weeks again. So the first one that a configuration begins is
//! remembered beside it, in a file that goes with the folder wherever it is copied. Where the configuration folder cannot
//! be written, nothing is remembered; an archive that has lost its store is seen in any case.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use jiff::Timestamp;

use crate::archive::{Folder, S3};
use crate::config::Config;
use crate::store::Store;

/// The file in the configuration folder that names the data folder.
const MARKER: &str = ".data-folder";

/// Opens the store of a configuration, and begins one where there was none before.
///
/// # Errors
/// When the store lay elsewhere or is gone, or the storage of the archive does not tell; and see [`Store::open`].
pub(crate) fn open_store(config: &Config, now: Timestamp) -> Result<Store> {
    let data = &config.settings.data;
    let marker = config.folder.join(MARKER);
    let before = fs::read_to_string(&marker).ok();
    if !Store::path(data).exists() {
        if let Some(settings) = &config.settings.archive {
            let s3 = S3::new(settings, Folder::of(data))?;
            if s3.is_in_use()? {
                bail!(
                    "{} holds an archive, but its store {} is not on this machine. Put its last copy there by `thubaocao restore FILE`. Only to begin anew, when mails of the last weeks may be answered again: name another prefix in `archive`",
                    s3.url(),
                    Store::path(data).display()
                );
            }
        } else if archive_is_in_use(data) {
            bail!(
                "{0} holds an archive, but its store {1} is gone. Put it back, or move {0} away and restore a backup",
                data.display(),
                Store::path(data).display()
            );
        }
        if let Some(before) = &before {
            bail!(
                "{} holds no store, though this configuration was used before, with {}. Name that folder (data = … in thubaocao.toml), move it back, or restore a backup. Only to begin anew, when mails of the last weeks may be answered again: remove {}",
                data.display(),
                before.trim(),
                marker.display()
            );
        }
    }
    let store = Store::open(data, now)?;
    let here = data.canonicalize().unwrap_or_else(|_| data.clone());
    if before.as_deref().map(str::trim) != here.to_str()
        && let Err(e) = fs::write(&marker, format!("{}\n", here.display()))
    {
        tracing::debug!(error = %e, "the data folder is not remembered beside the configuration");
    }
    Ok(store)
}

/// Whether the archive of a data folder holds any file.
fn archive_is_in_use(data: &Path) -> bool {
    let entries = |folder: &Path| -> Vec<PathBuf> {
        let read = fs::read_dir(folder).into_iter().flatten();
        read.filter_map(|e| Some(e.ok()?.path())).collect()
    };
    let parts = entries(&Folder::of(data));
    parts.iter().any(|part| !entries(part).is_empty())
}
