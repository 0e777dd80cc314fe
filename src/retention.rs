//! How long the content of mails is kept: they name children and workers. What was logged of them stays.
//!
//! Also a mail on which nobody has decided is not kept for ever: the digest says for a month that it will go.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context, Result};
use jiff::{SignedDuration, Timestamp, ToSpan};

use crate::archive::Archive;
use crate::config::Config;
use crate::domain::row::MessageId;
use crate::domain::{date_of, zone};
use crate::store::{Correction, Expired, Expiring, Store};

/// The day on which the store was last looked through.
const LOOKED_ON: &str = "retention_looked_on";
/// For so long a copy of the store from before an upgrade is kept: it holds what was to be forgotten.
const COPIES: SignedDuration = SignedDuration::from_hours(24 * 30);

/// What is past its time at a moment; `None` where everything is kept.
pub fn due(config: &Config, store: &Store, now: Timestamp) -> Result<Option<Expired>> {
    let Some(years) = config.settings.retention_years else {
        return Ok(None);
    };
    store
        .expired(cutoff(years, now)?, now - Expiring::NOTICE)
        .map(Some)
}

/// What was received before this is past its time at a moment.
fn cutoff(years: u16, now: Timestamp) -> Result<Timestamp> {
    let before = now.to_zoned(zone()).checked_sub(i64::from(years).years())?;
    Ok(before.timestamp())
}

/// Removes what is past its time, once a day. Files go first: what a crash leaves undone is found again.
///
/// # Errors
/// When the archive or the store cannot be changed.
pub async fn pass(config: &Config, store: &Store, archive: &Archive, now: Timestamp) -> Result<()> {
    let today = date_of(now).to_string();
    if store.setting(LOOKED_ON)?.as_deref() == Some(&today) {
        return Ok(());
    }
    if let Some(years) = config.settings.retention_years {
        store.tell_expiry(cutoff(years, now + Expiring::NOTICE)?, now)?;
    }
    if let Some(expired) = due(config, store, now)? {
        remove(config, store, archive, &expired, now).await?;
    }
    store.set_setting(LOOKED_ON, &today)
}

/// Removes what is past its time.
///
/// # Errors
/// When the archive or the store cannot be changed.
pub async fn remove(
    config: &Config,
    store: &Store,
    archive: &Archive,
    expired: &Expired,
    now: Timestamp,
) -> Result<()> {
    for file in expired.files.iter().copied() {
        let removed = archive.remove(file).await;
        removed.context("a file past its time")?;
    }
    store.transaction(|s| {
        for mail in &expired.undecided {
            s.log_correction(&undecided(*mail), now)?;
        }
        s.forget_content(expired, now)
    })?;
    let (received, sent) = (expired.received.len(), expired.sent.len());
    if received + sent > 0 {
        tracing::info!(
            received,
            undecided = expired.undecided.len(),
            sent,
            files = expired.files.len(),
            "removed what is past its time"
        );
    }
    for copy in old_copies(&config.settings.data, now) {
        fs::remove_file(&copy).with_context(|| format!("cannot remove {}", copy.display()))?;
        tracing::info!(copy = %copy.display(), "removed a copy of the store from before an upgrade");
    }
    store.empty_log()
}

/// That a mail waits no more because its time was over, in the log of what was changed.
fn undecided(mail: MessageId) -> Correction {
    Correction {
        who: "[retention]".to_owned(),
        way: "configuration".to_owned(),
        command: "retention".to_owned(),
        subject: format!("mail {mail}"),
        before: "waiting".to_owned(),
        after: "past its time, nobody had decided".to_owned(),
        inverse: None,
    }
}

/// The copies of the store that were made before an upgrade and are past their time.
pub(crate) fn old_copies(data: &Path, now: Timestamp) -> Vec<PathBuf> {
    let before = SystemTime::from(now - COPIES);
    let is_old = |path: &PathBuf| {
        let written = path.symlink_metadata().and_then(|m| m.modified());
        written.is_ok_and(|at| at < before)
    };
    let mut copies = Store::copies(data);
    copies.retain(is_old);
    copies
}
