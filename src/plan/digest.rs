//! The digest: one a day to each of staff; on days off, where the configuration says so, only if something needs a person.

use anyhow::Result;
use jiff::{SignedDuration, Timestamp};

use crate::config::Config;
use crate::domain::owed::Owed;
use crate::domain::zone;
use crate::health;
use crate::store::{NewMail, Store};
use crate::waiting::{self, Waiting};

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
        let schedule = &config.settings.schedule;
        if !schedule.has_digest(&config.calendar, day) && !needs_a_person(config, store, now)? {
            return Ok(());
        }
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

/// Whether a mail of somebody whom we know waits for a decision, or the service fails.
fn needs_a_person(config: &Config, store: &Store, now: Timestamp) -> Result<bool> {
    let fails = health::look(store, config, now)?
        .iter()
        .any(|l| l.ill.is_some());
    Ok(fails || !Waiting::at(now, config, store)?.known.is_empty())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::DigestDays;
    use crate::domain::date_of;
    use crate::domain::row::OutboxId;
    use crate::store::{Arrived, MessageState, OutgoingState, Verdict};

    #[test]
    fn on_days_off_there_is_a_digest_where_something_needs_a_person_or_every_day_is_wanted() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("config");
        let mut config = Config::load(&folder).unwrap();
        // 12/6/2026 is a Friday.
        let at = |day: i8| -> Timestamp {
            let text = format!("2026-06-{day}T08:00:00+07:00");
            text.parse().unwrap()
        };
        for (days, waits, wanted) in [
            (DigestDays::Every, false, [12, 13, 14, 15].as_slice()),
            (DigestDays::Working, false, &[12, 15]),
            (DigestDays::Working, true, &[12, 13, 14, 15]),
        ] {
            config.settings.schedule.digest_days = days;
            let store = Store::in_memory(at(11)).unwrap();
            if waits {
                let mail = store.record_arrival(&Arrived::example(1, at(11)), at(11));
                let mail = mail.unwrap();
                let unit = config.register.units[1].id.clone();
                store
                    .note_sender(mail, None, std::slice::from_ref(&unit))
                    .unwrap();
                let waiting = Verdict {
                    state: MessageState::Waiting,
                    unit: Some(unit),
                    candidates: vec![],
                    why: vec![],
                };
                store.set_verdict(mail, &waiting).unwrap();
            }
            let mut made = Vec::new();
            for day in 12..=15 {
                owe(&config, &store, at(day)).unwrap();
                if let Some((since, until)) = store.digest_span(date_of(at(day))).unwrap() {
                    made.push(day);
                    // What happened on days without one is told in the next.
                    assert!(
                        since <= at(*made.iter().rev().nth(1).unwrap_or(&11)),
                        "{since}"
                    );
                    assert_eq!(until, at(day));
                    let mails = (1..).map_while(|n| store.outgoing_mail(OutboxId(n)).unwrap());
                    for mail in mails.filter(|m| m.state == OutgoingState::Queued) {
                        let id = format!("{}@x.example", mail.id);
                        store.start_sending(mail.id, &id, None, at(day)).unwrap();
                        let sent = OutgoingState::Sent;
                        store.end_sending(mail.id, sent, None, at(day)).unwrap();
                    }
                }
            }
            assert_eq!(made, wanted, "{days:?} {waits}");
        }
    }
}
