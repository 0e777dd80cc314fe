//! How each part of the service fares, for all who tell it: digest, `status`, `health` and the alarm.

mod said;

use anyhow::Result;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, ToSpan};

use crate::archive::Unreachable;
use crate::config::{Config, HOURS, Settings};
use crate::domain::{date_of, instant};
pub use said::fault_in_vietnamese;

use crate::store::{Health, LastDigest, OutgoingState, Part, Store};

/// So long a fault may last that mends itself, as a network or a locked database does.
pub(crate) const GRACE: SignedDuration = SignedDuration::from_mins(15);

/// A part, and what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Look {
    /// Which part.
    pub part: Part,
    /// The last time it worked, if ever.
    pub success_at: Option<Timestamp>,
    /// What is wrong with it now.
    pub ill: Option<Ill>,
}

/// What is wrong with a part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ill {
    /// Since when.
    pub since: Timestamp,
    /// What was said of it.
    pub why: String,
}

impl Look {
    /// What is wrong with it, if that lasts so long that somebody should act. `hours`: those of `[alarm]`.
    pub fn lasting(&self, hours: u16, now: Timestamp) -> Option<&Ill> {
        let ill = self.ill.as_ref()?;
        let patience = patience(self.part, hours)?;
        (now.duration_since(ill.since).abs() >= patience).then_some(ill)
    }
}

/// Notes that the storage of the archive cannot be used, where that is what an error is about; gives whether it is.
///
/// # Errors
/// When the store fails.
pub(crate) fn note_unreachable(store: &Store, e: &anyhow::Error, now: Timestamp) -> Result<bool> {
    let Some(unreachable) = e.downcast_ref::<Unreachable>() else {
        return Ok(false);
    };
    tracing::error!(%unreachable, "nothing is fetched and nobody is reminded until it can be used again");
    store.failed(Part::Archive, now, &unreachable.in_vietnamese())?;
    Ok(true)
}

/// How long a part may be ill before anybody is told; `None`: the digest says it far below, nobody has to act.
fn patience(part: Part, hours: u16) -> Option<SignedDuration> {
    match part {
        Part::Mailbox => Some(SignedDuration::from_hours(i64::from(hours))),
        Part::Reading | Part::Transport | Part::Archive => Some(GRACE),
        Part::Login
        | Part::Folder
        | Part::Confinement
        | Part::Password
        | Part::Digest // its own look waits for `hours`
        | Part::Disk
        | Part::Clock
        | Part::Damage
        | Part::Register
        | Part::Holds => Some(SignedDuration::ZERO),
        Part::Download | Part::Rewound | Part::Page | Part::Alarm => None,
    }
}

/// Whether a part fails only because another one does: who is not let in, or has no room, looks at nothing.
pub fn follows(part: Part, fails: impl Fn(Part) -> bool) -> bool {
    let before = [Part::Login, Part::Disk, Part::Archive];
    part == Part::Mailbox && before.into_iter().any(fails)
}

/// What is in the way where the mailbox is not looked through to its end: the first of these that fails.
const IN_THE_WAY: [Part; 6] = [
    Part::Disk,
    Part::Archive,
    Part::Login,
    Part::Reading,
    Part::Folder,
    Part::Download,
];

/// That the mailbox was not looked through to its end lately: what has not come may lie there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unseen {
    /// Since when; `None`: it never was.
    pub since: Option<Timestamp>,
    /// What is in the way, a clause in Vietnamese.
    pub why: String,
}

/// Since when the mailbox has not been looked through to its end, if it has not been at a moment.
pub fn unseen(store: &Store, settings: &Settings, now: Timestamp) -> Result<Option<Unseen>> {
    let mut faults = Vec::new();
    for part in [Part::Mailbox].into_iter().chain(IN_THE_WAY) {
        faults.push((part, store.health(part)?));
    }
    let poll = SignedDuration::from_mins(settings.mailbox.poll_minutes.try_into()?);
    Ok(unseen_by(&faults, poll + GRACE, now))
}

/// `faults`: the mailbox and then what may be in its way, each as the store notes it. `patience`: so long after a look
/// there may be none.
fn unseen_by(
    faults: &[(Part, Health)],
    patience: SignedDuration,
    now: Timestamp,
) -> Option<Unseen> {
    let (_, mailbox) = faults.first()?;
    let seen = mailbox.success_at;
    // A fault that was noted after the last whole look kept the next one from being whole.
    let stands = |part: Part, health: &Health| match part {
        // Such a folder is left out of a look that counts as whole after a day.
        Part::Folder => health.failing_since.is_some(),
        Part::Download => ill(part, health, patience, now).is_some() && health.failure_at > seen,
        _ => health.failing_since.is_some() && health.failure_at > seen,
    };
    let mut standing = faults[1..].iter().chain(&faults[..1]);
    let standing = standing.find(|(part, health)| stands(*part, health));
    let (since, why) = match standing {
        Some((Part::Folder, health)) => (
            seen.min(health.failing_since),
            fault_in_vietnamese(Part::Folder),
        ),
        Some((part, _)) => (seen, fault_in_vietnamese(*part)),
        None if seen.is_none() => (seen, said::NEVER_RAN),
        None if seen.is_some_and(|at| now.duration_since(at) > patience) => {
            (seen, said::PERHAPS_STOPPED)
        }
        None => return None,
    };
    Some(Unseen {
        since,
        why: why.to_owned(),
    })
}

/// How every part fares, in the order of [`Part::ALL`], but for what follows from another part: it comes last.
pub fn look(store: &Store, config: &Config, now: Timestamp) -> Result<Vec<Look>> {
    let Settings {
        alarm, schedule, ..
    } = &config.settings;
    let has_digest = |day| schedule.has_digest(&config.calendar, day);
    let hours = alarm.as_ref().map_or(HOURS, |a| a.hours);
    let patience = SignedDuration::from_hours(i64::from(hours));
    let mut looks = Vec::new();
    let mut in_the_way = None;
    for part in IN_THE_WAY {
        let fails = ill(part, &store.health(part)?, patience, now).is_some();
        in_the_way = in_the_way.or(fails.then_some(part));
    }
    for part in Part::ALL {
        let health = store.health(part)?;
        let ill = match part {
            Part::Digest => digest_ill(
                store.last_digest()?,
                schedule.digest_at,
                has_digest,
                patience,
                now,
            ),
            _ => ill(part, &health, patience, now).map(|ill| match in_the_way {
                Some(cause) if part == Part::Mailbox && health.failing_since.is_none() => Ill {
                    why: said::not_looked_through(cause),
                    ..ill
                },
                _ => ill,
            }),
        };
        looks.push(Look {
            part,
            success_at: health.success_at,
            ill,
        });
    }
    // What is the cause comes before what follows from it.
    let fails: Vec<Part> = looks
        .iter()
        .filter(|l| l.ill.is_some())
        .map(|l| l.part)
        .collect();
    looks.sort_by_key(|l| follows(l.part, |part| fails.contains(&part)));
    Ok(looks)
}

/// What is wrong with a part by what the store notes of it.
fn ill(part: Part, health: &Health, patience: SignedDuration, now: Timestamp) -> Option<Ill> {
    let why = || health.failure.clone().unwrap_or_default();
    let lasting = health.failing_since.map(|since| Ill { since, why: why() });
    match part {
        // What counts for staff is up to when mails were seen; and a service that is dead notes no failure.
        Part::Mailbox => match (lasting, health.success_at) {
            (Some(ill), at) => Some(Ill {
                since: at.unwrap_or(ill.since).min(ill.since),
                ..ill
            }),
            (None, Some(at)) if now.duration_since(at) > patience => Some(Ill {
                since: at,
                why: said::NOT_LOOKED_SINCE.to_owned(),
            }),
            (None, _) => None,
        },
        Part::Download | Part::Rewound => {
            // The digest of the next morning still tells of the latter.
            let days = if part == Part::Rewound { 1 } else { 0 };
            let told = |at: &Timestamp| date_of(*at).saturating_add(days.days()) >= date_of(now);
            let since = health.failure_at.filter(told);
            since.map(|since| Ill { since, why: why() })
        }
        Part::Login
        | Part::Folder
        | Part::Reading
        | Part::Confinement
        | Part::Password
        | Part::Transport
        | Part::Digest
        | Part::Disk
        | Part::Archive
        | Part::Clock
        | Part::Damage
        | Part::Register
        | Part::Holds
        | Part::Page
        | Part::Alarm => lasting,
    }
}

/// What is wrong with the digest: the one that should have left `patience` ago has not. One of staff who gets it is told
/// of those whom it does not reach, so it is well then.
fn digest_ill(
    last: Option<LastDigest>,
    digest_at: jiff::civil::Time,
    has_digest: impl Fn(Date) -> bool,
    patience: SignedDuration,
    now: Timestamp,
) -> Option<Ill> {
    let last = last?;
    let today = date_of(now);
    let mut expected = if now.duration_since(instant(today, digest_at)) >= patience {
        today
    } else {
        today.saturating_sub(1.days())
    };
    while last.day < expected && !has_digest(expected) {
        expected = expected.saturating_sub(1.days());
    }
    if last.day < expected {
        return Some(Ill {
            since: instant(expected, digest_at),
            why: said::NO_DIGEST.to_owned(),
        });
    }
    let late = now.duration_since(last.waits_since) >= patience;
    let (mut left, mut waits, mut missed) = (false, false, false);
    for mail in &last.mails {
        match mail.state {
            OutgoingState::Queued | OutgoingState::Sending => waits = true,
            OutgoingState::Failed | OutgoingState::Unknown => missed = true,
            OutgoingState::Sent => left = true,
            OutgoingState::Dropped => {} // for somebody who is no longer staff
        }
    }
    let wrong = !left && (waits && late || missed && !waits);
    let why = last.mails.into_iter().find_map(|mail| mail.error);
    wrong.then(|| Ill {
        since: last.waits_since,
        why: why.unwrap_or_else(|| said::DIGEST_WAITS.to_owned()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::DigestMail;
    use jiff::civil::{date, time};

    fn at(hour: i8, minute: i8) -> Timestamp {
        instant(date(2026, 6, 15), time(hour, minute, 0, 0))
    }

    const PATIENCE: SignedDuration = SignedDuration::from_hours(2);

    #[test]
    fn a_mailbox_is_ill_since_it_was_last_seen_through_also_where_the_service_is_dead() {
        let now = at(12, 0);
        let since = |health: Health| ill(Part::Mailbox, &health, PATIENCE, now).map(|i| i.since);
        let seen = |at| Health {
            success_at: Some(at),
            ..Health::default()
        };
        assert_eq!(since(Health::default()), None);
        assert_eq!(since(seen(at(10, 0))), None);
        assert_eq!(since(seen(at(9, 59))), Some(at(9, 59)));
        let failing = Health {
            failing_since: Some(at(11, 5)),
            ..seen(at(11, 0))
        };
        assert_eq!(since(failing), Some(at(11, 0)));
    }

    #[test]
    fn the_mailbox_counts_as_unseen_since_it_was_last_seen_through_where_something_kept_it_from_that()
     {
        let now = at(12, 0);
        let seen = |at| Health {
            success_at: Some(at),
            ..Health::default()
        };
        let fails = |at| Health {
            failure_at: Some(at),
            failing_since: Some(at),
            ..Health::default()
        };
        let ill = |mailbox: Health, faults: &[(Part, Health)]| {
            let mut all = vec![(Part::Mailbox, mailbox)];
            all.extend(faults.iter().cloned());
            let unseen = unseen_by(&all, SignedDuration::from_mins(20), now)?;
            Some((unseen.since, unseen.why))
        };
        let because = |since, part| Some((Some(since), fault_in_vietnamese(part).to_owned()));
        let recent = seen(at(11, 55));
        assert_eq!(ill(recent.clone(), &[]), None);
        let dead = Some((Some(at(11, 0)), "dịch vụ có thể không chạy".to_owned()));
        assert_eq!(ill(seen(at(11, 0)), &[]), dead);
        assert_eq!(
            ill(Health::default(), &[]).map(|(since, _)| since),
            Some(None)
        );
        let broken = Health {
            success_at: Some(at(11, 55)),
            ..fails(at(11, 56))
        };
        assert_eq!(ill(broken.clone(), &[]), because(at(11, 55), Part::Mailbox));
        // What keeps it from being looked into is told in its stead.
        let login = (Part::Login, fails(at(11, 56)));
        assert_eq!(ill(broken, &[login]), because(at(11, 55), Part::Login));
        for part in [Part::Disk, Part::Reading, Part::Download] {
            let later = [(part, fails(at(11, 56)))];
            assert_eq!(
                ill(recent.clone(), &later),
                because(at(11, 55), part),
                "{part:?}"
            );
            // It was looked through since: what is left is of strangers, or it is mended.
            let before = [(part, fails(at(11, 55)))];
            assert_eq!(ill(recent.clone(), &before), None, "{part:?}");
        }
        // A folder that is left out, though the rest counts.
        let folder = [(Part::Folder, fails(at(9, 0)))];
        assert_eq!(ill(recent, &folder), because(at(9, 0), Part::Folder));
    }

    #[test]
    fn what_is_the_cause_is_told_before_what_follows_from_it() {
        let config = Config::load(&std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("config"));
        let config = config.unwrap();
        let store = Store::in_memory(at(6, 0)).unwrap();
        let ill = |now| -> Vec<(Part, String)> {
            let looks = look(&store, &config, now).unwrap();
            let ill = looks.into_iter().filter_map(|l| Some((l.part, l.ill?.why)));
            ill.collect()
        };
        store.succeeded(Part::Mailbox, at(6, 0)).unwrap();
        store
            .failed(Part::Disk, at(6, 10), "ổ đĩa gần đầy")
            .unwrap();
        let told = ill(at(12, 0));
        assert_eq!(told[0], (Part::Disk, "ổ đĩa gần đầy".to_owned()));
        let (last, why) = &told[told.len() - 1];
        assert_eq!(*last, Part::Mailbox);
        assert_eq!(
            why,
            "không kiểm tra được vì đĩa gần đầy hoặc không ghi được"
        );
        store.succeeded(Part::Disk, at(12, 0)).unwrap();
        assert_eq!(ill(at(12, 0))[0].0, Part::Mailbox);
        assert!(ill(at(12, 0))[0].1.contains("dịch vụ có đang chạy không"));
    }

    #[test]
    fn the_download_budget_is_of_its_day() {
        let health = Health {
            failure_at: Some(at(9, 0)),
            failing_since: Some(at(9, 0)),
            ..Health::default()
        };
        let is_ill = |now| ill(Part::Download, &health, PATIENCE, now).is_some();
        assert!(is_ill(at(23, 0)));
        assert!(!is_ill(at(23, 0) + SignedDuration::from_hours(2)));
    }

    #[test]
    fn a_digest_is_missed_after_so_many_hours_and_at_once_where_it_was_refused() {
        use OutgoingState::{Dropped, Failed, Queued, Sending, Sent, Unknown};
        let is_ill = |day: i8, states: &[OutgoingState], now| {
            let mail = |state: &OutgoingState| DigestMail {
                state: *state,
                error: None,
            };
            let last = LastDigest {
                day: date(2026, 6, day),
                waits_since: instant(date(2026, 6, day), time(7, 0, 0, 0)),
                mails: states.iter().map(mail).collect(),
            };
            digest_ill(Some(last), time(7, 0, 0, 0), |_| true, PATIENCE, now).is_some()
        };
        for (day, state, now, expected) in [
            (15, Queued, at(8, 59), false),
            (15, Queued, at(9, 0), true),
            (15, Sending, at(9, 0), true),
            (15, Sent, at(9, 0), false),
            (15, Dropped, at(9, 0), false),
            (15, Failed, at(7, 1), true),
            (15, Unknown, at(7, 1), true),
            // Today's was not made at all.
            (14, Sent, at(8, 59), false),
            (14, Sent, at(9, 0), true),
            (13, Sent, at(6, 0), true),
        ] {
            assert_eq!(
                is_ill(day, &[state], now),
                expected,
                "{day} {state:?} {now}"
            );
        }
        // Of several it is well as soon as one of staff has got it.
        for (states, now, expected) in [
            ([Failed, Sent], at(9, 0), false),
            ([Queued, Sent], at(9, 0), false),
            ([Failed, Queued], at(8, 59), false),
            ([Failed, Queued], at(9, 0), true),
            ([Failed, Unknown], at(7, 1), true),
            ([Failed, Dropped], at(7, 1), true),
            ([Dropped, Queued], at(8, 59), false),
            ([Dropped, Dropped], at(9, 0), false),
        ] {
            assert_eq!(is_ill(15, &states, now), expected, "{states:?} {now}");
        }
        let none = digest_ill(None, time(7, 0, 0, 0), |_| true, PATIENCE, at(9, 0));
        assert_eq!(none, None);
        // Where Sunday, the 14th, has none the one of Saturday is the last, and Monday's is missed as any.
        for (day, now, expected) in [
            (13, at(8, 59), false),
            (13, at(9, 0), true),
            (12, at(8, 59), true),
        ] {
            let last = LastDigest {
                day: date(2026, 6, day),
                waits_since: instant(date(2026, 6, day), time(7, 0, 0, 0)),
                mails: vec![DigestMail {
                    state: Sent,
                    error: None,
                }],
            };
            let has_digest = |day| day != date(2026, 6, 14);
            let ill = digest_ill(Some(last), time(7, 0, 0, 0), has_digest, PATIENCE, now);
            assert_eq!(ill.is_some(), expected, "{day} {now}");
        }
    }
}
