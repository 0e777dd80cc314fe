//! How far a folder has been looked through: made and read here, kept by the store, and understood by nobody else.

use anyhow::Result;
use jiff::{SignedDuration, Timestamp};

use super::imap::Opened;
use super::{Listing, number};
use crate::store::{self, Counted, Store};

/// After so long the whole folder is listed in any case.
const ANEW_AFTER: SignedDuration = SignedDuration::from_hours(24);

/// How far a folder has been looked through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor(store::Cursor);

/// Which mails of a folder are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// Every one that is there: what the mailbox did meanwhile is not known.
    All,
    /// Those that came since the look that ended there, over the same connection. Where that cannot be told, all.
    Since(Cursor),
    /// The same where that look was over an earlier connection: the server has to tell that it went on since (RFC 7162).
    Anew(Cursor),
}

/// What needs not be listed again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Before {
    /// The UID of its last mail.
    pub(super) last_uid: u32,
    /// How many mails it is.
    pub(super) exist: u32,
    /// Whether the server says that nothing has come or changed since.
    pub(super) nothing_new: bool,
}

/// How what is in a folder relates to what a cursor says of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Continuity {
    /// Nobody looked before.
    First,
    /// It goes on from there.
    GoesOn,
    /// UIDVALIDITY changed, from which to which: every UID means another mail.
    Renumbered {
        /// The one before.
        old: u32,
        /// That of now.
        new: u32,
    },
    /// UIDs that mails had are free again: the folder was put back to an earlier state.
    SetBack,
}

impl Cursor {
    /// That of a folder of the mailbox of an address, if it was ever looked through.
    pub fn of(store: &Store, account: &str, folder: &str) -> Result<Option<Cursor>> {
        Ok(store.cursor(account, folder)?.map(Cursor))
    }

    /// The UIDVALIDITY under which it holds.
    pub(crate) fn uidvalidity(self) -> u32 {
        self.0.uidvalidity
    }

    /// Keeps it for the next look. Call it only when every mail up to it has a row.
    pub fn keep(self, store: &Store, account: &str, folder: &str) -> Result<()> {
        store.set_cursor(account, folder, self.0)
    }
}

impl Look {
    /// A look that goes on from a cursor, unless the whole folder was last listed too long ago, or by a clock that was
    /// ahead.
    pub(crate) fn on_from(cursor: Cursor, same_connection: bool, now: Timestamp) -> Look {
        let listed_at = cursor.0.counted.map(|c| c.listed_at);
        let lately = |at| at <= now && now.duration_since(at) < ANEW_AFTER;
        match (listed_at.is_some_and(lately), same_connection) {
            (false, _) => Look::All,
            (true, true) => Look::Since(cursor),
            (true, false) => Look::Anew(cursor),
        }
    }

    /// What of a folder, of which the server says this, needs not be listed; `None`: all is. A number that went down says
    /// that the folder is another one, or an earlier one, than it was.
    pub(super) fn goes_on_from(self, now: &Opened) -> Option<Before> {
        let (Cursor(cursor), same_connection) = match self {
            Look::All => return None,
            Look::Since(cursor) => (cursor, true),
            Look::Anew(cursor) => (cursor, false),
        };
        let before = cursor.counted?;
        let told = match (before.modseq, now.modseq) {
            (Some(before), Some(now)) => before <= now,
            (None, _) | (_, None) => same_connection,
        };
        let goes_on = cursor.uidvalidity == now.validity
            && before.uid_next <= now.uid_next
            && cursor.last_uid < now.uid_next
            && before.exist <= now.exists;
        let agrees = (before.uid_next, before.exist) == (now.uid_next, now.exists);
        (told && goes_on).then_some(Before {
            last_uid: cursor.last_uid,
            exist: before.exist,
            nothing_new: agrees && before.modseq.is_some() && before.modseq == now.modseq,
        })
    }
}

impl Listing {
    /// How it relates to what the last look left.
    pub(crate) fn continuity(&self, last: Option<Cursor>) -> Continuity {
        let (new, next) = (self.uidvalidity, self.uid_next);
        match last.map(|Cursor(last)| last) {
            None => Continuity::First,
            Some(last) if last.uidvalidity != new => Continuity::Renumbered {
                old: last.uidvalidity,
                new,
            },
            Some(last) if next > 0 && next <= last.last_uid => Continuity::SetBack,
            Some(_) => Continuity::GoesOn,
        }
    }

    /// Where this look ended, which went on from a cursor unless it looked at all.
    pub(crate) fn ended(&self, from: Option<Cursor>, now: Timestamp) -> Cursor {
        let before = match (self.continuity(from), from) {
            (Continuity::GoesOn, Some(Cursor(from))) => Some(from),
            _ => None,
        };
        let last_listed = self.envelopes.iter().map(|e| number(&e.uid)).max();
        let listed_at = before.and_then(|b| b.counted).filter(|_| self.goes_on);
        Cursor(store::Cursor {
            uidvalidity: self.uidvalidity,
            last_uid: before
                .map_or(0, |b| b.last_uid)
                .max(last_listed.unwrap_or(0)),
            counted: self.counted.map(|(exist, modseq)| Counted {
                exist,
                uid_next: self.uid_next,
                modseq,
                listed_at: listed_at.map_or(now, |c| c.listed_at),
            }),
        })
    }

    /// The cursor that is kept after this look: where it ended, or before the first of those that are to be asked for
    /// again. `last`: the one that was kept.
    pub(crate) fn cursor<'u>(
        &self,
        ended: Cursor,
        last: Option<Cursor>,
        unfinished: impl Iterator<Item = &'u str>,
    ) -> Cursor {
        let Some(missing) = unfinished.map(number).min() else {
            return ended;
        };
        let before = match (self.continuity(last), last) {
            (Continuity::GoesOn, Some(Cursor(last))) => last.last_uid,
            _ => 0, // nothing tells what was before
        };
        Cursor(store::Cursor {
            last_uid: before.min(missing.saturating_sub(1)),
            counted: None,
            ..ended.0
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mailbox::Envelope;

    fn cursor(uidvalidity: u32, last_uid: u32) -> Cursor {
        Cursor(store::Cursor {
            uidvalidity,
            last_uid,
            counted: None,
        })
    }

    /// Where every mail was accounted for: EXISTS, UIDNEXT and HIGHESTMODSEQ, by a listing of the whole folder at a moment.
    fn counted((exist, uid_next, modseq): (u32, u32, Option<u64>), listed_at: &str) -> Counted {
        Counted {
            exist,
            uid_next,
            modseq,
            listed_at: listed_at.parse().unwrap(),
        }
    }

    fn listing(uidvalidity: u32, uid_next: u32, uids: &[&str]) -> Listing {
        let envelopes = uids.iter().map(|uid| Envelope {
            uid: (*uid).to_owned(),
            size: 1,
            received_at: None,
            gm_msgid: None,
        });
        Listing {
            uidvalidity,
            uid_next,
            counted: None,
            goes_on: false,
            special_use: None,
            envelopes: envelopes.collect(),
        }
    }

    const NOON: &str = "2026-06-16T05:00:00Z";

    #[test]
    fn a_folder_goes_on_was_numbered_anew_or_was_set_back() {
        for (last, next, continuity) in [
            (None, 9, Continuity::First),
            (Some(cursor(7, 8)), 9, Continuity::GoesOn),
            (Some(cursor(7, 8)), 0, Continuity::GoesOn), // the mailbox does not tell
            (Some(cursor(7, 9)), 9, Continuity::SetBack),
            (
                Some(cursor(6, 2)),
                9,
                Continuity::Renumbered { old: 6, new: 7 },
            ),
        ] {
            let found = listing(7, next, &[]).continuity(last);
            assert_eq!(found, continuity, "{last:?} {next}");
        }
    }

    #[test]
    fn a_look_goes_on_from_a_cursor_for_a_day_after_the_whole_folder_was_listed() {
        let kept = Cursor(store::Cursor {
            counted: Some(counted((5, 9, Some(40)), NOON)),
            ..cursor(7, 8).0
        });
        for (from, same_connection, now, wanted) in [
            (kept, true, NOON, Look::Since(kept)),
            (kept, false, NOON, Look::Anew(kept)),
            (kept, true, "2026-06-17T04:59:59Z", Look::Since(kept)),
            (kept, true, "2026-06-17T05:00:00Z", Look::All),
            (kept, false, "2026-06-16T04:59:59Z", Look::All), // the clock was ahead
            (cursor(7, 8), true, NOON, Look::All),
        ] {
            let look = Look::on_from(from, same_connection, now.parse().unwrap());
            assert_eq!(look, wanted, "{same_connection} {now}");
        }
    }

    #[test]
    fn what_was_listed_is_not_listed_again_only_where_every_number_of_the_server_goes_on() {
        /// EXISTS, UIDNEXT and HIGHESTMODSEQ then and now, UIDVALIDITY now, whether it is the same connection; and from where
        /// mails are listed: from the cursor, not at all, or all.
        type Case = (
            (u32, u32, Option<u64>),
            (u32, u32, Option<u64>),
            u32,
            bool,
            Option<bool>,
        );
        let (same, other) = (true, false);
        let (all, later, nothing) = (None, Some(false), Some(true));
        let then = (5, 9, Some(40));
        let cases: [Case; 15] = [
            (then, then, 7, other, nothing),
            (then, then, 7, same, nothing),
            (then, (5, 9, Some(41)), 7, other, later), // somebody has read a mail
            (then, (6, 10, Some(41)), 7, other, later),
            (then, (5, 10, Some(41)), 7, other, later), // one came and one went: that is seen when they are counted
            (then, (4, 9, Some(41)), 7, other, all),
            (then, (4, 9, Some(41)), 7, same, all),
            (then, (5, 8, Some(41)), 7, other, all),
            (then, (6, 10, Some(39)), 7, other, all),
            (then, (6, 10, Some(39)), 7, same, all),
            (then, then, 8, other, all),
            // Without HIGHESTMODSEQ it is known over one connection alone.
            ((5, 9, None), (5, 9, None), 7, same, later),
            ((5, 9, None), (5, 9, None), 7, other, all),
            (then, (5, 9, None), 7, other, all),
            ((5, 9, None), then, 7, other, all),
        ];
        for (before, (exists, uid_next, modseq), validity, same_connection, wanted) in cases {
            let from = Cursor(store::Cursor {
                counted: Some(counted(before, NOON)),
                ..cursor(7, 8).0
            });
            let look = Look::on_from(from, same_connection, NOON.parse().unwrap());
            let now = Opened {
                folder: "INBOX".into(),
                writable: false,
                validity,
                exists,
                uid_next,
                modseq,
            };
            let found = look.goes_on_from(&now);
            let wanted = wanted.map(|nothing_new| Before {
                last_uid: 8,
                exist: 5,
                nothing_new,
            });
            assert_eq!(found, wanted, "{before:?} {now:?} {same_connection}");
        }
        let set_back = Cursor(store::Cursor {
            counted: Some(counted((5, 8, Some(40)), NOON)),
            ..cursor(7, 8).0
        });
        let now = Opened {
            folder: "INBOX".into(),
            writable: false,
            validity: 7,
            exists: 5,
            uid_next: 8,
            modseq: Some(40),
        };
        assert_eq!(Look::Since(set_back).goes_on_from(&now), None);
        assert_eq!(Look::All.goes_on_from(&now), None);
    }

    #[test]
    fn the_cursor_passes_no_mail_that_is_to_be_asked_for_again() {
        /// The last cursor, UIDNEXT, what was listed, what is unfinished; the UID up to which every mail has a row.
        type Case<'a> = (Option<Cursor>, u32, &'a [&'a str], &'a [&'a str], u32);
        let cases: [Case<'_>; 9] = [
            (None, 1, &[], &[], 0),
            (None, 9, &["3", "8"], &[], 8),
            (None, 9, &["3", "8"], &["8"], 0), // nothing tells that 3 was before
            (Some(cursor(7, 5)), 9, &["8"], &[], 8),
            (Some(cursor(7, 5)), 9, &["6", "8"], &["8"], 5),
            (Some(cursor(7, 5)), 9, &["3", "8"], &["8", "3"], 2),
            (Some(cursor(7, 5)), 6, &[], &[], 5),
            (Some(cursor(7, 9)), 4, &["3"], &[], 3), // set back
            (Some(cursor(6, 9)), 4, &["3"], &[], 3), // numbered anew
        ];
        let now = NOON.parse().unwrap();
        for (last, next, listed, unfinished, last_uid) in cases {
            let listing = Listing {
                counted: Some((2, Some(40))),
                ..listing(7, next, listed)
            };
            let ended = listing.ended(last, now);
            let after = listing.cursor(ended, last, unfinished.iter().copied());
            let whole = counted((2, next, Some(40)), NOON);
            let wanted = Cursor(store::Cursor {
                counted: unfinished.is_empty().then_some(whole),
                ..cursor(7, last_uid).0
            });
            assert_eq!(after, wanted, "{last:?} {listed:?}");
        }
    }

    #[test]
    fn a_look_that_went_on_leaves_the_moment_at_which_the_whole_folder_was_listed() {
        let from = Cursor(store::Cursor {
            counted: Some(counted((5, 9, Some(40)), "2026-06-16T01:00:00Z")),
            ..cursor(7, 8).0
        });
        for (goes_on, listed_at) in [(true, "2026-06-16T01:00:00Z"), (false, NOON)] {
            let listing = Listing {
                counted: Some((6, Some(41))),
                goes_on,
                ..listing(7, 10, &["9"])
            };
            let ended = listing.ended(Some(from), NOON.parse().unwrap());
            let wanted = Cursor(store::Cursor {
                counted: Some(counted((6, 10, Some(41)), listed_at)),
                ..cursor(7, 9).0
            });
            assert_eq!(ended, wanted);
        }
    }

    #[test]
    fn names_of_files_move_no_cursor() {
        let listing = listing(0, 0, &["1718330400.M1P2.host/9/1718330401"]);
        let ended = listing.ended(None, NOON.parse().unwrap());
        assert_eq!(listing.cursor(ended, None, [].into_iter()), cursor(0, 0));
    }
}
