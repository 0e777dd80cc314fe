//! How far a folder has been looked through: made and read here, kept by the store, and understood by nobody else.

use anyhow::Result;

use super::{Listing, number};
use crate::store::{self, Store};

/// How far a folder has been looked through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor(store::Cursor);

/// Which mails of a folder are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// Every one that is there: what the mailbox did meanwhile is not known.
    All,
    /// Those that came since the look that ended there. Where that cannot be told, all.
    Since(Cursor),
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

    /// Keeps it for the next look. Call it only when every mail up to it has a row.
    pub fn keep(self, store: &Store, account: &str, folder: &str) -> Result<()> {
        store.set_cursor(account, folder, self.0)
    }
}

impl Look {
    /// The UID after which mails are to be listed, in a folder of which the server says this; `None`: all are.
    pub(super) fn goes_on_after(self, uidvalidity: u32, uid_next: u32) -> Option<u32> {
        match self {
            Look::Since(Cursor(c)) if c.uidvalidity == uidvalidity && uid_next > c.last_uid => {
                Some(c.last_uid)
            }
            Look::Since(_) | Look::All => None,
        }
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

    /// The cursor after this look: at the last mail, or before the first of those that are to be asked for again.
    pub(crate) fn cursor(&self, last: Option<Cursor>, unfinished: &[String]) -> Cursor {
        let before = match (self.continuity(last), last) {
            (Continuity::GoesOn, Some(Cursor(last))) => last.last_uid,
            _ => 0,
        };
        let last_listed = self.envelopes.iter().map(|e| number(&e.uid)).max();
        let first_missing = unfinished.iter().map(|uid| number(uid)).min();
        let last_uid = match (first_missing, last_listed) {
            (Some(missing), _) => before.min(missing.saturating_sub(1)),
            (None, Some(last)) => before.max(last),
            (None, None) => before,
        };
        Cursor(store::Cursor {
            uidvalidity: self.uidvalidity,
            last_uid,
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
        })
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
            special_use: None,
            envelopes: envelopes.collect(),
        }
    }

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
    fn mails_after_a_cursor_are_listed_only_where_it_holds_for_what_is_there() {
        for (look, after) in [
            (Look::All, None),
            (Look::Since(cursor(7, 8)), Some(8)),
            (Look::Since(cursor(6, 8)), None),
            (Look::Since(cursor(7, 9)), None),
        ] {
            assert_eq!(look.goes_on_after(7, 9), after, "{look:?}");
        }
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
        for (last, next, listed, unfinished, last_uid) in cases {
            let unfinished: Vec<String> = unfinished.iter().map(|uid| (*uid).into()).collect();
            let after = listing(7, next, listed).cursor(last, &unfinished);
            assert_eq!(after, cursor(7, last_uid), "{last:?} {listed:?}");
        }
    }

    #[test]
    fn names_of_files_move_no_cursor() {
        let listing = listing(0, 0, &["1718330400.M1P2.host/9/1718330401"]);
        assert_eq!(listing.cursor(None, &[]), cursor(0, 0));
    }
}
