//! A copy of everything that an installation knows, made while it runs, and back.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::archive::sha256;
use crate::store::{Store, make_private_folder};

const STORE: &str = "thubaocao.sqlite";

/// Writes a tar file with the store and the archive of a data folder. The store is copied first: what it names is in the
/// archive by then, and stays as it is.
///
/// # Errors
/// When there is no store, or the disk does not take the file.
pub fn write(data: &Path, target: &Path) -> Result<u64> {
    let store = Store::path(data);
    if !store.exists() {
        bail!(
            "{} does not exist: nothing was collected yet",
            store.display()
        );
    }
    let folder = match target.parent() {
        Some(p) if !p.as_os_str().is_empty() => p,
        _ => Path::new("."),
    };
    let copy = tempfile::NamedTempFile::new_in(folder)
        .with_context(|| format!("cannot write into {}", folder.display()))?;
    Store::copy_file(&store, copy.path())?;
    let mut written = tempfile::NamedTempFile::new_in(folder)?; // 0600
    let mut tar = tar::Builder::new(&mut written);
    tar.append_path_with_name(copy.path(), STORE)?;
    let mut files = 0;
    for part in entries(&data.join("archive"))? {
        let name = part.file_name().unwrap_or_default().to_owned();
        if name == "incoming" || !part.is_dir() {
            continue;
        }
        for file in entries(&part)? {
            let inside = Path::new("archive")
                .join(&name)
                .join(file.file_name().unwrap_or_default());
            let Ok(mut content) = File::open(&file) else {
                continue; // past its time, and removed in this moment
            };
            tar.append_file(inside, &mut content)?;
            files += 1;
        }
    }
    tar.into_inner()?.flush()?;
    written.as_file().sync_all()?;
    written
        .persist(target)
        .with_context(|| format!("cannot write {}", target.display()))?;
    Ok(files)
}

fn entries(folder: &Path) -> Result<Vec<std::path::PathBuf>> {
    let mut found = fs::read_dir(folder)
        .with_context(|| format!("cannot read {}", folder.display()))?
        .map(|e| Ok(e?.path()))
        .collect::<Result<Vec<_>>>()?;
    found.sort();
    Ok(found)
}

/// Lays out a data folder from a backup, wholly or not at all. Every file is compared with its name.
///
/// # Errors
/// When the folder has a store already, or the backup is damaged or none.
pub fn restore(backup: &Path, data: &Path) -> Result<u64> {
    if Store::path(data).exists() {
        bail!(
            "{} holds a store already; move that folder away first",
            data.display()
        );
    }
    make_private_folder(data)?;
    let fresh = tempfile::Builder::new()
        .prefix("restore-")
        .tempdir_in(data)?;
    let file = File::open(backup).with_context(|| format!("cannot read {}", backup.display()))?;
    let mut files = 0;
    let mut tar = tar::Archive::new(file);
    let damaged = || format!("{} is no backup, or damaged", backup.display());
    for entry in tar.entries().with_context(damaged)? {
        let mut entry = entry.with_context(damaged)?;
        let path = entry.path()?.into_owned();
        let parts: Vec<&str> = path.iter().filter_map(|p| p.to_str()).collect();
        let hash = match parts[..] {
            [STORE] => None,
            ["archive", folder, name] if name.starts_with(folder) && folder.len() == 2 => {
                Some(name)
            }
            _ => bail!(
                "{}: it holds {}, which no backup does",
                damaged(),
                path.display()
            ),
        };
        let mut content = Vec::new();
        entry.read_to_end(&mut content).with_context(damaged)?;
        if let Some(name) = hash {
            if sha256(&content) != name {
                bail!(
                    "{}: {} is not what its name says",
                    damaged(),
                    path.display()
                );
            }
            files += 1;
        }
        let target = fresh.path().join(&path);
        make_private_folder(target.parent().unwrap_or(fresh.path()))?;
        let mut file = File::create(&target)?;
        file.write_all(&content)?;
        file.sync_all()?;
    }
    let store = fresh.path().join(STORE);
    if !store.exists() {
        bail!("{}: it holds no store", damaged());
    }
    Store::check_file(&store).with_context(damaged)?;
    make_private_folder(&fresh.path().join("archive"))?;
    let archive = data.join("archive");
    if archive.exists() {
        bail!("{} exists already; move it away first", archive.display());
    }
    fs::rename(fresh.path().join("archive"), &archive)?;
    // The store comes last: without it the folder counts as empty.
    fs::rename(store, Store::path(data))?;
    File::open(data)?.sync_all()?;
    Ok(files)
}
