//! How each part of the service fares, for all who tell it: digest, `status`, `health` and the alarm.

use anyhow::Result;
use jiff::{SignedDuration, Timestamp, ToSpan};

use crate::config::{HOURS, Settings};
use crate::domain::{date_of, instant, vietnamese_moment};
use crate::store::{Health, LastDigest, OutgoingState, Part, Store};

/// So long a fault may last that mends itself, as a network or a locked database does.
pub const GRACE: SignedDuration = SignedDuration::from_mins(15);

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

    /// The part's state as a clause: "hộp thư không kiểm tra được từ 2 giờ 10, ngày 15/6/2026"; `None` if it is well.
    pub fn in_vietnamese(&self) -> Option<String> {
        let ill = self.ill.as_ref()?;
        Some(format!(
            "{} từ {}",
            fault_in_vietnamese(self.part),
            vietnamese_moment(ill.since)
        ))
    }
}

/// How long a part may be ill before anybody is told; `None`: the digest says it far below, nobody has to act.
fn patience(part: Part, hours: u16) -> Option<SignedDuration> {
    match part {
        Part::Mailbox => Some(SignedDuration::from_hours(i64::from(hours))),
        Part::Reading | Part::Transport => Some(GRACE),
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
        Part::Download | Part::Rewound | Part::Alarm => None,
    }
}

/// Whether a part fails only because another one does: who is not let in looks at nothing.
pub fn follows(part: Part, fails: impl Fn(Part) -> bool) -> bool {
    part == Part::Mailbox && fails(Part::Login)
}

/// What a part's failure is called.
pub fn fault_in_vietnamese(part: Part) -> &'static str {
    match part {
        Part::Mailbox => "hộp thư không kiểm tra được",
        Part::Login => "hộp thư từ chối đăng nhập",
        Part::Folder => "có thư mục của hộp thư không đọc được",
        Part::Download => "đã tải hết hạn mức thư trong ngày",
        Part::Rewound => "hộp thư đã bị đưa về trạng thái cũ",
        Part::Reading => "thư đến không đọc được",
        Part::Password => "tệp chứa mật khẩu không được bảo vệ",
        Part::Confinement => "tiến trình đọc thư không được cách ly đầy đủ",
        Part::Transport => "thư không gửi đi được",
        Part::Digest => "bản tin hằng ngày không gửi được",
        Part::Disk => "đĩa gần đầy hoặc không ghi được",
        Part::Clock => "đồng hồ máy chủ có thể sai",
        Part::Damage => "dữ liệu lưu trữ bị hỏng",
        Part::Register => "danh mục đơn vị, báo cáo không khớp với dữ liệu đã lưu",
        Part::Holds => "nhiều đơn vị tạm chưa được nhắc vì có thư chờ xử lý",
        Part::Alarm => "cảnh báo không gửi đi được",
    }
}

/// How every part fares, in the order of [`Part::ALL`].
///
/// # Errors
/// When the store cannot be read.
pub fn look(store: &Store, settings: &Settings, now: Timestamp) -> Result<Vec<Look>> {
    let hours = settings.alarm.as_ref().map_or(HOURS, |a| a.hours);
    let patience = SignedDuration::from_hours(i64::from(hours));
    let mut looks = Vec::new();
    for part in Part::ALL {
        let health = store.health(part)?;
        let ill = match part {
            Part::Digest => digest_ill(
                store.last_digest()?,
                settings.schedule.digest_at,
                patience,
                now,
            ),
            _ => ill(part, &health, patience, now),
        };
        looks.push(Look {
            part,
            success_at: health.success_at,
            ill,
        });
    }
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
                why: "nobody has looked since; does the service run?".to_owned(),
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
        | Part::Clock
        | Part::Damage
        | Part::Register
        | Part::Holds
        | Part::Alarm => lasting,
    }
}

/// What is wrong with the digest: the one that should have left `patience` ago has not. One of staff who gets it is told
/// of those whom it does not reach, so it is well then.
fn digest_ill(
    last: Option<LastDigest>,
    digest_at: jiff::civil::Time,
    patience: SignedDuration,
    now: Timestamp,
) -> Option<Ill> {
    let last = last?;
    let today = date_of(now);
    let expected = if now.duration_since(instant(today, digest_at)) >= patience {
        today
    } else {
        today.saturating_sub(1.days())
    };
    if last.day < expected {
        return Some(Ill {
            since: instant(expected, digest_at),
            why: "it was not made".to_owned(),
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
        why: why.unwrap_or_else(|| "it still waits".to_owned()),
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
            digest_ill(Some(last), time(7, 0, 0, 0), PATIENCE, now).is_some()
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
        assert_eq!(digest_ill(None, time(7, 0, 0, 0), PATIENCE, at(9, 0)), None);
    }
}
