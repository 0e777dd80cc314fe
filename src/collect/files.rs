//! Which files of a mail the archive takes. What can be taken out of the mail again is kept only where it counts: a
//! stranger's mail of 0.2 MB may unpack to a hundred.

use std::collections::HashMap;

use anyhow::Result;
use jiff::Timestamp;

use super::take_out_files;
use crate::archive::{Archive, Unreachable};
use crate::config::Config;
use crate::domain::date_of;
use crate::ground::Sha256;
use crate::reading::Reading;
use crate::reading::worker::Reader;
use crate::store::{MessageState, Store};

/// What becomes of the files of a mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keeping {
    /// The archive takes them.
    Now,
    /// They count, and today's budget is used up: they are taken out of the mail another day, or when they are exported.
    Later,
    /// They stay in the mail. If staff say that it is a report, they are taken out of it then.
    InTheMail,
}

/// What becomes of files of so many bytes. `left`: what may still be stored of such files today.
fn keeping(state: MessageState, bytes: u64, left: u64) -> Keeping {
    match state {
        MessageState::Logged if bytes <= left => Keeping::Now,
        MessageState::Logged => Keeping::Later,
        MessageState::Received
        | MessageState::Waiting
        | MessageState::Noted
        | MessageState::Ignored
        | MessageState::Duplicate => Keeping::InTheMail,
    }
}

/// The bytes of the files of a mail, equal ones once.
pub(super) fn bytes_of(reading: &Reading) -> u64 {
    let files = reading.attachments.iter();
    let each: HashMap<Sha256, u64> = files.map(|a| (a.sha256, a.size)).collect();
    each.values().sum()
}

/// What may still be stored today of files out of mails: as much a day as may be fetched.
fn left_today(config: &Config, store: &Store, now: Timestamp) -> Result<u64> {
    let limit = config.settings.limits.daily_download_bytes;
    Ok(limit.saturating_sub(store.unpacked(date_of(now))?))
}

/// What becomes of the files of a mail whose state is decided.
pub(super) fn of_mail(
    config: &Config,
    store: &Store,
    reading: &Reading,
    state: MessageState,
    now: Timestamp,
) -> Result<Keeping> {
    Ok(keeping(
        state,
        bytes_of(reading),
        left_today(config, store, now)?,
    ))
}

/// Removes the files of a mail that stay in it from where the reader put them.
pub(super) fn discard(reader: &Reader, reading: &Reading) {
    for file in &reading.attachments {
        reader.forget(file);
    }
}

/// Takes the files that count and are not in the archive yet out of their mails, as many as today's budget allows.
///
/// # Errors
/// When the store or the storage of the archive fails. A mail whose files cannot be taken out is told, and stops no other.
pub async fn take_out_what_counts(
    config: &Config,
    store: &Store,
    archive: &Archive,
    reader: &mut Reader,
    now: Timestamp,
) -> Result<()> {
    for (message, bytes) in store.not_taken_out()? {
        if bytes > left_today(config, store, now)? {
            continue;
        }
        match take_out_files(store, archive, reader, message).await {
            Ok(()) => store.add_unpacked(date_of(now), bytes)?,
            Err(e) if e.is::<Unreachable>() => return Err(e),
            Err(e) => {
                tracing::error!(%message, error = %format!("{e:#}"), "the files of a mail cannot be taken out of it");
            }
        }
    }
    Ok(())
}

/// Takes the files that count and are not in the archive yet out of their mails, whatever the day's budget: somebody asks
/// for them.
///
/// # Errors
/// When the files of a mail cannot be taken out.
pub async fn take_out_all_that_counts(
    store: &Store,
    archive: &Archive,
    reader: &mut Reader,
) -> Result<()> {
    for (message, _) in store.not_taken_out()? {
        take_out_files(store, archive, reader, message).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_that_count_are_stored_and_so_many_a_day() {
        for (state, bytes, left, wanted) in [
            (MessageState::Logged, 10, 10, Keeping::Now),
            (MessageState::Logged, 11, 10, Keeping::Later),
            (MessageState::Logged, 0, 0, Keeping::Now),
            (MessageState::Waiting, 0, 10, Keeping::InTheMail),
            (MessageState::Waiting, 11, 10, Keeping::InTheMail),
            (MessageState::Noted, 1, 10, Keeping::InTheMail),
            (MessageState::Ignored, 1, 10, Keeping::InTheMail),
            (MessageState::Duplicate, 1, 10, Keeping::InTheMail),
            (MessageState::Received, 1, 10, Keeping::InTheMail),
        ] {
            assert_eq!(keeping(state, bytes, left), wanted, "{state:?} {bytes}");
        }
    }
}
