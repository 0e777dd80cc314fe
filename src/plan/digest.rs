//! The digest: one a day to each of staff.

use anyhow::Result;
use jiff::{SignedDuration, Timestamp};

use crate::config::Config;
use crate::domain::owed::Owed;
use crate::domain::zone;
use crate::store::{NewMail, Store};
use crate::waiting;

/// Queues the digest of a day for whoever of staff has none yet.
pub(super) fn owe(config: &Config, store: &Store, now: Timestamp) -> Result<()> {
    let z = now.to_zoned(zone());
    let day = z.date();
    if z.time() < config.settings.schedule.digest_at {
        return Ok(());
    }
    let owed = store.digest_addresses(day)?;
    let staff = &config.settings.digest_to;
    if owed.iter().any(String::is_empty) || staff.iter().all(|a| owed.contains(a)) {
        return Ok(());
    }
    if store.digest_span(day)?.is_none() {
        let since = match store.last_digest_before(day, None)? {
            Some(until) => until,
            None => store.first_opened()?.min(now) - SignedDuration::from_secs(1),
        };
        store.drop_waiting_digests(day, now)?;
        store.record_digest(day, since, now)?;
        waiting::list(config, store, day, now)?;
    }
    // Whoever becomes staff in the course of the day gets it, too.
    for address in staff.iter().filter(|a| !owed.contains(a)) {
        let mail = NewMail {
            owed: Owed::Digest {
                day,
                address: Some(address.clone()),
            },
            unit: None,
            message: None,
        };
        if let Some(outbox) = store.owe(&mail, now)? {
            store.record_digest_mail(day, address, outbox)?;
        }
    }
    Ok(())
}
