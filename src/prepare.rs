//! Files that staff asked for by mail, packed before the answer leaves: letters are composed out of the store alone.
//!
//! What is packed lies in a folder of the data folder, complete or not at all, until each mail that brings a part of it
//! has left. A mail of more than some 20 MB is refused by many servers, so that there may be several.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use jiff::{SignedDuration, Timestamp};
use minijinja::context;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::archive::{Archive, Unreachable};
use crate::collect;
use crate::config::Config;
use crate::domain::date_of;
use crate::domain::owed::Owed;
use crate::domain::period::PeriodId;
use crate::domain::row::MessageId;
use crate::export::{self, safe};
use crate::letters::inquiry::files::{Packed, Wanted, folder, folder_of_all, of_part};
use crate::letters::inquiry::wanted;
use crate::manager;
use crate::reading::worker::Reader;
use crate::store::{NewMail, OutgoingState, Store};
use crate::writing::say;

/// So many bytes of files go along with one mail: it has a third more as text, and servers take some 20 MB.
const MOST_BYTES: u64 = 14_000_000;
/// So many mails one answer is at most; what is more is for the administrator to export.
const MOST_PARTS: usize = 8;
/// What an entry of a zip takes besides its content, at most: its name twice, and its heads.
const OF_AN_ENTRY: u64 = 2_000;
/// When it is tried again to pack what could not be.
const PAUSE: SignedDuration = SignedDuration::from_hours(1);

/// Packs what goes along with the answers that are to leave, and removes what has left.
///
/// # Errors
/// When the store fails, or the folder. What cannot be packed is noted with its mail, and stops no other.
pub async fn pass(
    config: &Config,
    store: &Store,
    archive: &Archive,
    reader: &mut Reader,
    now: Timestamp,
) -> Result<()> {
    remove_what_left(config, store)?;
    for mail in store.queue(now)? {
        let Owed::InquiryAnswer { message, .. } = mail.owed else {
            continue;
        };
        let folder = folder(config, message);
        if folder.exists() {
            continue;
        }
        let Some(wanted) = wanted(config, store, &mail, now)? else {
            continue;
        };
        match packed(config, store, archive, reader, &wanted, &folder, now).await {
            Ok(packed) => owe_parts(store, message, &packed, now)?,
            Err(e) if e.is::<Unreachable>() => return Ok(()), // the answer waits for the archive
            Err(e) => {
                let error = format!("{e:#}");
                tracing::error!(mail = mail.owed.key(), error, "its files cannot be packed");
                let why = say(config, "not_packed", context! { error });
                store.block(mail.id, now + PAUSE, &why, now)?;
            }
        }
    }
    Ok(())
}

/// Owes a mail for each part beside the first.
fn owe_parts(store: &Store, message: MessageId, packed: &Packed, now: Timestamp) -> Result<()> {
    store.transaction(|s| {
        (2..=packed.parts).try_for_each(|part| {
            let owed = Owed::InquiryAnswer { message, part };
            let mail = NewMail {
                owed,
                unit: None,
                message: Some(message),
            };
            s.owe(&mail, now).map(|_| ())
        })
    })
}

/// Removes what was packed for answers of which no part is still to leave, and what was not packed to its end.
fn remove_what_left(config: &Config, store: &Store) -> Result<()> {
    for entry in fs::read_dir(folder_of_all(config)).into_iter().flatten() {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let message = name.parse::<MessageId>();
        let parts = Packed::read(&path)?.map_or(0, |packed| packed.parts);
        let mut waits = false;
        if let Ok(message) = message {
            for part in 1..=parts {
                let mail = store.owed_as(&Owed::InquiryAnswer { message, part })?;
                let state = mail.map(|m| m.state);
                waits |= matches!(state, Some(OutgoingState::Queued | OutgoingState::Sending));
            }
        }
        if !waits {
            fs::remove_dir_all(&path)
                .with_context(|| format!("cannot remove {}", path.display()))?;
        }
    }
    Ok(())
}

/// Packs what is wanted into a folder that is not there yet.
async fn packed(
    config: &Config,
    store: &Store,
    archive: &Archive,
    reader: &mut Reader,
    wanted: &Wanted,
    folder: &Path,
    now: Timestamp,
) -> Result<Packed> {
    manager::step();
    let begun = folder.with_extension("begun");
    let files = begun.join("files");
    fs::create_dir_all(&files)?;
    collect::take_out_all_that_counts(store, archive, reader).await?;
    let (title, beside, units) = match wanted {
        Wanted::OfUnit(o) => {
            export::of_unit(store, archive, o, &files).await?;
            let unit = config.unit_name(&o.unit, date_of(now));
            let title = format!("{unit} - {}", title_of(config, &o.report, &o.period));
            (title, vec![], 1)
        }
        Wanted::OfPeriod(report, period) => {
            let books = (config, store);
            let done = export::period(books, archive, reader, report, period, &files, now).await?;
            (
                title_of(config, report, period),
                files_in(&files)?,
                done.units,
            )
        }
    };
    let all = below(&files)?;
    let inside: Vec<&PathBuf> = all.iter().filter(|p| !beside.contains(p)).collect();
    let size = |path: &&PathBuf| Ok(fs::metadata(path)?.len());
    let sizes: Vec<u64> = inside.iter().map(size).collect::<Result<_>>()?;
    let of_beside: u64 = beside.iter().map(|p| size(&p)).sum::<Result<u64>>()?;
    let mut parts = parts_of(&sizes, of_beside);
    let most = parts.len().min(MOST_PARTS);
    parts.truncate(most);
    let is_in = |n: usize| parts.iter().flatten().any(|m| *m == n);
    let named = |path: &Path| {
        let path = path.strip_prefix(&files).unwrap_or(path);
        path.to_string_lossy().into_owned()
    };
    let left_out = (0..inside.len()).filter(|n| !is_in(*n));
    let packed = Packed {
        parts: parts.len().max(1) as u32,
        units,
        files: parts.iter().flatten().count(),
        draft: !beside.is_empty(),
        names: match wanted {
            Wanted::OfUnit(_) => inside.iter().map(|path| named(path)).collect(),
            Wanted::OfPeriod(..) => vec![],
        },
        left_out: left_out.map(|n| named(inside[n])).collect(),
        title,
    };
    for part in 1..=packed.parts {
        let to = of_part(&begun, part);
        fs::create_dir(&to)?;
        let Some(of_it) = parts.get(part as usize - 1).filter(|p| !p.is_empty()) else {
            continue;
        };
        let number = match packed.parts {
            1 => String::new(),
            parts => format!(" ({part}-{parts})"),
        };
        let name = format!("{}{number}.zip", safe(&packed.title));
        let entries = of_it.iter().map(|n| (named(inside[*n]), inside[*n]));
        zip_into(&to.join(name), entries)?;
    }
    for path in &beside {
        let name = path.file_name().unwrap_or_default();
        fs::rename(path, of_part(&begun, 1).join(name))?;
    }
    fs::remove_dir_all(&files)?;
    packed.write(&begun)?;
    fs::rename(&begun, folder)?;
    Ok(packed)
}

fn title_of(config: &Config, report: &str, period: &PeriodId) -> String {
    format!(
        "{} - {}",
        config.report_name(report),
        period.in_vietnamese()
    )
}

/// The files of a folder, without those of folders within.
fn files_in(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder)?.collect::<io::Result<Vec<_>>>()?;
    let paths = entries.into_iter().map(|e| e.path());
    Ok(paths.filter(|p| p.is_file()).collect())
}

/// The files of a folder and of those within, in the order of their names.
fn below(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = files_in(folder)?;
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(below(&path)?);
        }
    }
    found.sort();
    Ok(found)
}

/// Writes a zip with some files, each under a name.
fn zip_into<'f>(to: &Path, files: impl Iterator<Item = (String, &'f PathBuf)>) -> Result<()> {
    let mut zip = ZipWriter::new(File::create(to)?);
    for (name, path) in files {
        zip.start_file(name, SimpleFileOptions::default())?;
        io::copy(&mut File::open(path)?, &mut zip)?;
        manager::step();
    }
    zip.finish()?;
    Ok(())
}

/// Which files go along with which mail, by their places, in their order; one that is too large for any is in none.
/// `beside`: what the first mail brings besides, in bytes.
fn parts_of(sizes: &[u64], beside: u64) -> Vec<Vec<usize>> {
    let mut parts = vec![vec![]];
    let mut room = MOST_BYTES.saturating_sub(beside);
    for (n, size) in sizes.iter().enumerate() {
        let size = size + OF_AN_ENTRY;
        if size > MOST_BYTES {
            continue;
        }
        if size > room {
            parts.push(vec![]);
            room = MOST_BYTES;
        }
        room -= size;
        if let Some(last) = parts.last_mut() {
            last.push(n);
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_go_along_in_their_order_in_as_few_mails_as_servers_take() {
        const MB: u64 = 1_000_000;
        for (sizes, beside, expected) in [
            (&[][..], 0, vec![vec![]]),
            (&[MB, MB], MB, vec![vec![0, 1]]),
            (&[8 * MB, 8 * MB, MB], 0, vec![vec![0], vec![1, 2]]),
            (&[8 * MB, 15 * MB, MB], 0, vec![vec![0, 2]]),
            (&[MB, MB], 13 * MB, vec![vec![], vec![0, 1]]),
            (&[MB], 20 * MB, vec![vec![], vec![0]]),
        ] {
            assert_eq!(parts_of(sizes, beside), expected, "{sizes:?} {beside}");
        }
    }
}
