//! How long the content of mails is kept: they name children and workers. What was logged of them stays.

use anyhow::{Context, Result};
use jiff::{Timestamp, ToSpan};

use crate::app::App;
use crate::config::Config;
use crate::domain::{date_of, zone};
use crate::store::{Expired, Store};

/// The day on which the store was last looked through.
const LOOKED_ON: &str = "retention_looked_on";

/// What is past its time at a moment; `None` where everything is kept.
///
/// # Errors
/// When the store cannot be read.
pub fn due(config: &Config, store: &Store, now: Timestamp) -> Result<Option<Expired>> {
    let Some(years) = config.settings.retention_years else {
        return Ok(None);
    };
    let before = now.to_zoned(zone()).checked_sub(i64::from(years).years())?;
    store.expired(before.timestamp()).map(Some)
}

/// Removes what is past its time, once a day. Files go first: what a crash leaves undone is found again.
///
/// # Errors
/// When the archive or the store cannot be changed.
pub fn pass(app: &App, now: Timestamp) -> Result<()> {
    let today = date_of(now).to_string();
    if app.store.setting(LOOKED_ON)?.as_deref() == Some(&today) {
        return Ok(());
    }
    if let Some(expired) = due(&app.config, &app.store, now)? {
        remove(app, &expired, now)?;
    }
    app.store.set_setting(LOOKED_ON, &today)
}

/// Removes what is past its time.
///
/// # Errors
/// When the archive or the store cannot be changed.
pub fn remove(app: &App, expired: &Expired, now: Timestamp) -> Result<()> {
    for file in &expired.files {
        app.archive.remove(file).context("a file past its time")?;
    }
    app.store.transaction(|s| s.forget_content(expired, now))?;
    let (received, sent) = (expired.received.len(), expired.sent.len());
    if received + sent > 0 {
        tracing::info!(
            received,
            sent,
            files = expired.files.len(),
            "removed what is past its time"
        );
    }
    Ok(())
}
