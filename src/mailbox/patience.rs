//! After a refused login no other is tried for a while, not after a restart either: servers lock accounts that insist.
//! Another server, user or password is tried at once.

use anyhow::Result;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::config::{MailboxKind, trace};
use crate::store::Store;

/// For how long.
const PAUSE: SignedDuration = SignedDuration::from_mins(15);
/// The name under which the store remembers it.
const SETTING: &str = "login_refused";

/// A login that was refused.
#[derive(Debug, Serialize, Deserialize)]
struct Refused {
    at: Timestamp,
    /// A trace of server, user and password.
    way: String,
}

impl Refused {
    /// How long no other login is tried, at a moment and by a way.
    fn pause(&self, way: &str, now: Timestamp) -> Option<SignedDuration> {
        let left = self.at + PAUSE - now;
        let left = SignedDuration::try_from(left).ok()?;
        // A refusal that lies ahead was dated by a clock that was wrong.
        (self.way == way && self.at <= now && left.is_positive()).then_some(left)
    }
}

/// A trace of how the mailbox is reached, by which it is seen that server, user or password are others than before.
pub fn way(store: &Store, kind: &MailboxKind) -> Result<String> {
    let password = match kind {
        MailboxKind::Imap { password, .. } => Some(password),
        MailboxKind::Maildir { .. } => None,
    };
    let key = store.command_key()?.unwrap_or_default();
    Ok(trace(&format!("{kind:?}"), password, &key))
}

/// Remembers that the login was refused; gives how long no other is tried.
pub fn refused(store: &Store, kind: &MailboxKind, now: Timestamp) -> Result<SignedDuration> {
    let refused = Refused {
        at: now,
        way: way(store, kind)?,
    };
    store.set_setting(SETTING, &serde_json::to_string(&refused)?)?;
    Ok(PAUSE)
}

/// How long no login is to be tried at a moment; `None`: it may be.
pub fn pause(store: &Store, kind: &MailboxKind, now: Timestamp) -> Result<Option<SignedDuration>> {
    let Some(text) = store.setting(SETTING)? else {
        return Ok(None);
    };
    let refused: Refused = serde_json::from_str(&text)?;
    Ok(refused.pause(&way(store, kind)?, now))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_login_is_tried_again_after_a_while_or_by_another_way() {
        let at = |t: &str| format!("2026-06-16T{t}Z").parse::<Timestamp>().unwrap();
        let refused = Refused {
            at: at("02:00:00"),
            way: "a".into(),
        };
        let minutes = |n| Some(SignedDuration::from_mins(n));
        for (way, now, pause) in [
            ("a", "02:00:00", minutes(15)),
            ("a", "02:14:00", minutes(1)),
            ("a", "02:15:00", None),
            ("a", "01:59:59", None),
            ("b", "02:01:00", None),
        ] {
            assert_eq!(refused.pause(way, at(now)), pause, "{way} {now}");
        }
    }
}
