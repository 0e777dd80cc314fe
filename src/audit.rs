//! Whether the archive holds what the store names, whole, and what else lies there.
//!
//! The service looks through everything once a week, a part in each round, and mends what it can: a damaged mail is
//! fetched again from the mailbox, a damaged file is taken out of its mail again.

mod said;

use std::collections::HashSet;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::archive::{Archive, Soundness, Unreachable};
use crate::collect;
use crate::config::Settings;
use crate::ground::Sha256;
use crate::reading::worker::Reader;
use crate::store::{Content, Health, Owner, Part, Store};

/// How far an audit of the service has come.
const PROGRESS: &str = "audit";
/// From one audit of the service to the next.
const USUALLY_AFTER: SignedDuration = SignedDuration::from_hours(7 * 24);
/// The same while something is damaged.
const DAMAGED_AFTER: SignedDuration = SignedDuration::from_hours(24);
/// How many bytes one round looks at: less than a second of work.
const PART_BYTES: u64 = 64_000_000;
/// How many files one round looks at.
const PART_FILES: usize = 2_000;
/// How many damaged files are named.
const MOST_NAMED: usize = 5;

/// Something that is not as it has to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "fault", rename_all = "snake_case")]
pub enum Fault {
    /// The database itself.
    Database {
        /// What SQLite says.
        says: String,
    },
    /// A content that the archive does not hold.
    Missing {
        /// Its name.
        sha256: Sha256,
        /// Who needs it.
        of: Vec<Owner>,
    },
    /// A file whose content is not what its name says.
    Damaged {
        /// Its name.
        sha256: Sha256,
        /// Who needs it.
        of: Vec<Owner>,
    },
    /// A file that the disk does not give.
    Unreadable {
        /// Its name.
        sha256: Sha256,
        /// Who needs it.
        of: Vec<Owner>,
        /// What the system says.
        says: String,
    },
}

impl Fault {
    /// Who needs what is not there.
    pub fn owners(&self) -> &[Owner] {
        match self {
            Fault::Database { .. } => &[],
            Fault::Missing { of, .. }
            | Fault::Damaged { of, .. }
            | Fault::Unreadable { of, .. } => of,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whose = |of: &[Owner]| {
            of.iter()
                .map(Owner::to_string)
                .collect::<Vec<_>>()
                .join(", ")
        };
        match self {
            Fault::Database { says } => write!(f, "the database is damaged: {says}"),
            Fault::Missing { sha256, of } => write!(f, "{}: {sha256} is missing", whose(of)),
            Fault::Damaged { sha256, of } => write!(f, "{}: {sha256} is damaged", whose(of)),
            Fault::Unreadable { sha256, of, says } => {
                write!(f, "{}: {sha256} cannot be read: {says}", whose(of))
            }
        }
    }
}

/// What an audit found.
#[derive(Clone, Debug, Default)]
pub struct Audit {
    /// How many contents are there and whole.
    pub sound: u64,
    /// What is not as it has to be.
    pub faults: Vec<Fault>,
    /// What nothing needs: files that the store does not name, and what killed processes left.
    pub leftovers: Vec<PathBuf>,
}

/// Looks through everything in a data folder.
///
/// # Errors
/// When there is no store, or a folder or the storage of the archive cannot be read.
pub async fn whole(settings: &Settings) -> Result<Audit> {
    let data = &settings.data;
    let path = Store::path(data);
    let store =
        Store::open_read_only(&path).with_context(|| format!("the store {}", path.display()))?;
    let archive = Archive::open(settings)?;
    let mut audit = Audit {
        faults: database(&store),
        ..Audit::default()
    };
    let contents = match store.contents(None, usize::MAX) {
        Ok(contents) => contents,
        // What is in the archive cannot be judged then.
        Err(_) if !audit.faults.is_empty() => return Ok(audit),
        Err(e) => return Err(e),
    };
    for content in &contents {
        match judge(archive.soundness(content.sha256).await, content)? {
            None => audit.sound += 1,
            Some(fault) => audit.faults.push(fault),
        }
    }
    let needed = contents.iter().map(|c| c.sha256).collect();
    audit.leftovers = leftovers(data, &archive, &needed).await?;
    Ok(audit)
}

fn database(store: &Store) -> Vec<Fault> {
    let faults = store.database_faults(true);
    faults
        .into_iter()
        .map(|says| Fault::Database { says })
        .collect()
}

/// What is wrong with a content in the archive, by what came of looking at it.
fn judge(found: Result<Soundness>, content: &Content) -> Result<Option<Fault>> {
    let (sha256, of) = (content.sha256, content.owners.clone());
    Ok(match found {
        Ok(Soundness::Sound) => None,
        Ok(Soundness::Missing) => Some(Fault::Missing { sha256, of }),
        Ok(Soundness::Damaged) => Some(Fault::Damaged { sha256, of }),
        Err(e) if e.is::<Unreachable>() => return Err(e),
        Err(e) => Some(Fault::Unreadable {
            sha256,
            of,
            says: e.to_string(),
        }),
    })
}

async fn leftovers(
    data: &Path,
    archive: &Archive,
    needed: &HashSet<Sha256>,
) -> Result<Vec<PathBuf>> {
    let entries = |folder: &Path| -> Result<Vec<PathBuf>> {
        let read = || fs::read_dir(folder)?.map(|e| Ok(e?.path())).collect();
        let read: std::io::Result<Vec<PathBuf>> = read();
        read.with_context(|| format!("cannot read {}", folder.display()))
    };
    let mut found = entries(data)?;
    found.retain(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.contains(".before-schema-") || name.starts_with("restore-")
    });
    let coming = entries(&archive.incoming())?;
    let is_content = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.parse::<Sha256>().is_ok() // what was put last, at hand for a service that runs
    };
    found.extend(coming.into_iter().filter(|path| !is_content(path)));
    let names = archive.names().await?;
    found.extend(names.strays);
    let unneeded = names.named.into_iter().filter(|n| !needed.contains(n));
    found.extend(unneeded.map(|n| archive.place(n)));
    found.sort();
    Ok(found)
}

/// How far an audit of the service has come.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Progress {
    /// The last content that was looked at.
    after: Option<Sha256>,
    /// What was found and could not be mended at once, in words for staff: the first, and how many.
    named: Vec<String>,
    count: usize,
}

/// Looks at the next part of an audit, if one is due, and mends what it can.
pub async fn pass(
    store: &Store,
    archive: &Archive,
    reader: &mut Reader,
    now: Timestamp,
) -> Result<()> {
    let mut progress = match store.setting(PROGRESS)? {
        Some(text) if !text.is_empty() => serde_json::from_str(&text)?,
        _ if !due(&store.health(Part::Damage)?, now) => return Ok(()),
        _ => {
            let mut begun = Progress::default();
            for fault in database(store) {
                found(&mut begun, &fault, now, store)?;
            }
            begun
        }
    };
    let contents = store.contents(progress.after, PART_FILES)?;
    let mut bytes = 0;
    for content in &contents {
        let (found_so, counts) = match archive.glance(content.sha256).await {
            Ok((soundness, counts)) => (Ok(soundness), counts),
            Err(e) => (Err(e), 0),
        };
        if let Some(fault) = judge(found_so, content)?
            && !mended(store, archive, reader, &fault).await
        {
            found(&mut progress, &fault, now, store)?;
        }
        progress.after = Some(content.sha256);
        bytes += counts;
        if bytes >= PART_BYTES {
            break;
        }
    }
    let ended = contents
        .last()
        .is_none_or(|last| progress.after == Some(last.sha256))
        && contents.len() < PART_FILES;
    if ended && progress.count == 0 {
        store.succeeded(Part::Damage, now)?;
    }
    let text = match ended {
        true => String::new(),
        false => serde_json::to_string(&progress)?,
    };
    store.set_setting(PROGRESS, &text)
}

/// Whether an audit is to begin.
fn due(health: &Health, now: Timestamp) -> bool {
    let pause = match health.failing() {
        Some(_) => DAMAGED_AFTER,
        None => USUALLY_AFTER,
    };
    let last = health.success_at.max(health.failure_at);
    // A clock that was ahead must not put it off for ever.
    last.is_none_or(|at| now.duration_since(at).abs() >= pause)
}

/// Takes the files of a mail out of it again, where its raw form is whole.
async fn mended(store: &Store, archive: &Archive, reader: &mut Reader, fault: &Fault) -> bool {
    let file = fault.owners().iter().find_map(|o| match o {
        Owner::File(message) => Some(*message),
        Owner::Mail(_) | Owner::Sent(_) => None,
    });
    let (Some(message), Fault::Missing { sha256, .. } | Fault::Damaged { sha256, .. }) =
        (file, fault)
    else {
        return false;
    };
    if let Err(e) = collect::take_out_files(store, archive, reader, message).await {
        tracing::warn!(%message, error = %format!("{e:#}"), "the files of a mail cannot be taken out of it again");
    }
    let mended = matches!(archive.glance(*sha256).await, Ok((Soundness::Sound, _)));
    if mended {
        tracing::warn!(%fault, "mended: taken out of its mail again");
    }
    mended
}

/// Notes a fault, and that what can be fetched again is fetched again.
fn found(progress: &mut Progress, fault: &Fault, now: Timestamp, store: &Store) -> Result<()> {
    tracing::error!(%fault, "store and archive are damaged");
    for owner in fault.owners() {
        if let Owner::Mail(message) = owner {
            store.fetch_again(*message, now)?;
        }
    }
    progress.count += 1;
    if progress.named.len() < MOST_NAMED {
        progress.named.push(said::damage(fault));
    }
    let more = progress.count - progress.named.len();
    let text = said::damages(&progress.named, more);
    store.failed(Part::Damage, now, &text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_audit_is_due_once_a_week_and_once_a_day_while_something_is_damaged() {
        let at = |text: &str| Some(text.parse::<Timestamp>().unwrap());
        let sound = Health {
            success_at: at("2026-06-01T00:00:00Z"),
            ..Health::default()
        };
        let damaged = Health {
            failure_at: at("2026-06-02T00:00:00Z"),
            failure: Some("x".into()),
            failing_since: at("2026-06-02T00:00:00Z"),
            ..sound.clone()
        };
        for (health, now, expected) in [
            (&Health::default(), "2026-06-01T00:00:00Z", true),
            (&sound, "2026-06-07T23:00:00Z", false),
            (&sound, "2026-06-08T00:00:00Z", true),
            (&damaged, "2026-06-02T23:00:00Z", false),
            (&damaged, "2026-06-03T00:00:00Z", true),
            (&sound, "2026-05-01T00:00:00Z", true),
        ] {
            assert_eq!(
                due(health, now.parse().unwrap()),
                expected,
                "{health:?} {now}"
            );
        }
    }
}
