//! Reads the figures out of the files of reports that ask for some. Nothing waits for it: a version whose figures were not
//! read is logged, thanked for and complete like any other.

use std::time::{Duration, Instant};

use anyhow::Result;
use jiff::{SignedDuration, Timestamp};

use crate::archive::{Archive, Unreachable};
use crate::config::Config;
use crate::domain::figure::Annex;
use crate::domain::report::Report;
use crate::domain::row::SubmissionId;
use crate::reading::Role;
use crate::reading::worker::Reader;
use crate::store::Store;
use crate::{manager, matching};

/// For so long after a version was logged its figures are looked for, where its files were not there at once.
const LOOKED_FOR: SignedDuration = SignedDuration::from_hours(48);
/// So long one pass begins to read figures: what is owed leaves after it.
const PATIENCE: Duration = Duration::from_secs(20);

/// Reads the figures of what was logged lately.
///
/// # Errors
/// When the store or the storage of the archive fails. Where files of one cannot be read, they are tried again in the next
/// pass.
pub(super) async fn read_lately(
    config: &Config,
    store: &Store,
    archive: &Archive,
    reader: &mut Reader,
    now: Timestamp,
) -> Result<()> {
    let asked = || config.reports.iter().filter(|r| !r.figures.is_empty());
    if asked().next().is_none() {
        return Ok(());
    }
    let ids = asked().map(|r| r.id.as_str());
    let lately = store.without_annex(ids, now - LOOKED_FOR)?;
    let begun = Instant::now();
    for (submission, report) in lately {
        if begun.elapsed() > PATIENCE {
            break;
        }
        manager::step();
        if let Some(report) = config.report(&report) {
            match read_annex((store, archive, reader), report, submission, now).await {
                Err(e) if e.is::<Unreachable>() => return Err(e),
                Err(e) => {
                    let error = format!("{e:#}");
                    tracing::warn!(%submission, error, "the figures of a report cannot be read now");
                }
                Ok(()) => {}
            }
        }
    }
    Ok(())
}

/// Looks for the figures of a version in its files, and keeps the annex of the file that has most of them.
///
/// # Errors
/// When the store or the storage of the archive fails, or no process can read.
pub async fn read_annex(
    (store, archive, reader): (&Store, &Archive, &mut Reader),
    report: &Report,
    submission: SubmissionId,
    now: Timestamp,
) -> Result<()> {
    let mut best: Option<Annex> = None;
    for file in store.files_of(submission)? {
        if file.role != Role::SoftFile || !file.kind.has_tables() {
            continue;
        }
        let content = match archive.get(file.sha256).await {
            Ok(content) => content,
            Err(e) if e.is::<Unreachable>() => return Err(e),
            Err(_) => continue, // lost or damaged: `verify` tells of it
        };
        let contents = reader.contents(&content, file.kind).await?;
        let found = matching::figures::annex(&report.figures, &file.name, &contents);
        let entries = |annex: &Annex| annex.entries.len();
        if found.as_ref().map_or(0, entries) > best.as_ref().map_or(0, entries) {
            best = found;
        }
    }
    store.keep_annex(submission, best.as_ref(), now)
}
