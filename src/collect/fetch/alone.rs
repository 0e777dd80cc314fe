//! Mails that did not come: each is asked for by itself, then given up, and asked for again for a week.

use std::collections::HashMap;

use anyhow::Result;
use jiff::{SignedDuration, Timestamp};

use super::{Visit, Wanted};
use crate::domain::date_of;
use crate::domain::why::Why;
use crate::mailbox::{Cursor, Envelope, Listing};
use crate::store::{FetchFailure, MessageState, Store};

/// After so many failures to fetch a mail by itself, staff are told to look at it themselves.
const MOST_FAILURES: u32 = 5;
/// What was given up is asked for again so often …
const AGAIN_EVERY: SignedDuration = SignedDuration::from_hours(24);
/// … for so long.
const AGAIN_FOR: SignedDuration = SignedDuration::from_hours(24 * 7);

impl Visit<'_, '_> {
    /// Asks for each of those that failed before by itself. A failure is the mail's own only where the connection is
    /// `fresh` and another FETCH succeeded over it just before.
    pub(super) async fn fetch_alone(
        &mut self,
        listing: &Listing,
        suspects: &[&Envelope],
        failures: &HashMap<String, FetchFailure>,
        fresh: bool,
        mut fetched: bool,
    ) -> Result<()> {
        for (n, envelope) in suspects.iter().enumerate() {
            if envelope.size > self.budget_left()? {
                let named = self.named(&suspects[n..]).await?;
                let left = suspects[n..].iter().map(|envelope| {
                    let named = named.get(&envelope.uid).map_or(&[][..], Vec::as_slice);
                    let registered = self.registered_of(named).map(str::to_owned);
                    Wanted {
                        envelope,
                        registered,
                        hurries: false,
                    }
                });
                let left: Vec<_> = left.collect();
                return self.leave_for_tomorrow(&left);
            }
            if !fetched {
                let other = listing.envelopes.iter().find(|e| e.uid != envelope.uid);
                let uid = other.unwrap_or(envelope).uid.clone();
                self.open.heads(&[uid]).await?;
            }
            let times = failures.get(&envelope.uid).map_or(0, |f| f.times);
            if times >= MOST_FAILURES {
                self.give_up(envelope, times).await?;
                continue;
            }
            let uid = std::slice::from_ref(&envelope.uid);
            match self.open.fetch(uid).await {
                Ok(bodies) if bodies.is_empty() => self.missed(envelope, fresh)?,
                Ok(bodies) => {
                    fetched = true;
                    self.take(&[envelope], bodies, true).await?;
                }
                Err(e) => {
                    self.missed(envelope, fresh)?;
                    return Err(e.into());
                }
            }
        }
        Ok(())
    }

    /// Gives a mail a row that staff see; its header says whose it is.
    async fn give_up(&mut self, envelope: &Envelope, times: u32) -> Result<()> {
        tracing::error!(
            folder = self.folder,
            uid = envelope.uid,
            "the server does not give this mail; staff are told"
        );
        let place = self.place(&envelope.uid);
        let head = match self.head(envelope).await {
            Ok(head) => head,
            // Neither the mail nor its header: without a sender it is nobody's.
            Err(e) if times < 2 * MOST_FAILURES => {
                self.missed(envelope, true)?;
                return Err(e);
            }
            Err(e) => {
                tracing::error!(error = %format!("{e:#}"), "not even the header");
                None
            }
        };
        let why = Why::NotGiven {
            times,
            folder: self.folder.to_owned(),
        };
        self.record_unfetched(envelope, MessageState::Waiting, why, head)?;
        self.books.store.gave_up_fetching(&place, self.now)
    }

    /// Asks once a day, for a week, for what was given up.
    pub(super) async fn fetch_given_up(
        &mut self,
        listing: &Listing,
        failures: &HashMap<String, FetchFailure>,
    ) -> Result<()> {
        for (uid, _) in failures.iter().filter(|(_, f)| is_asked_again(f, self.now)) {
            let place = self.place(uid);
            // Noted before, be it gone or too large for today: what breaks the line is not asked for in each round.
            self.books.store.gave_up_fetching(&place, self.now)?;
            let room = self.budget_left()?;
            let mut there = listing.envelopes.iter();
            let Some(envelope) = there.find(|e| e.uid == *uid && e.size <= room) else {
                continue;
            };
            let uid = std::slice::from_ref(&envelope.uid);
            let body = self.open.fetch(uid).await?.pop();
            let (Some((_, raw)), Some(row)) = (body, self.books.store.message_at(&place)?) else {
                continue;
            };
            let sha256 = self.archive.put(&raw).await?;
            let size = raw.len() as u64;
            let now = self.now;
            self.books.store.transaction(|s| {
                let message = s.fetched_at_last(row, sha256, size)?;
                s.add_location(&place, message, envelope.received_at)?;
                s.add_fetched(date_of(now), size)
            })?;
        }
        Ok(())
    }
}

/// Whether a mail of a folder that was given up is to be asked for: then all is listed.
pub(super) fn is_due(
    store: &Store,
    account: &str,
    folder: &str,
    last: Cursor,
    now: Timestamp,
) -> Result<bool> {
    let failures = store.fetch_failures(account, folder, last.uidvalidity())?;
    Ok(failures.values().any(|f| is_asked_again(f, now)))
}

/// Whether a mail that was given up is asked for once more at a moment.
fn is_asked_again(failure: &FetchFailure, now: Timestamp) -> bool {
    let (Some(given_up), Some(tried)) = (failure.given_up_at, failure.tried_at) else {
        return false;
    };
    now.duration_since(given_up) <= AGAIN_FOR && now.duration_since(tried) >= AGAIN_EVERY
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_given_up_is_asked_for_once_a_day_for_a_week() {
        let at = |t: &str| Some(t.parse::<Timestamp>().unwrap());
        let failure = |given_up_at, tried_at| FetchFailure {
            times: 5,
            tried_at,
            given_up_at,
        };
        let now = at("2026-06-10T00:00:00Z").unwrap();
        for (given_up, tried, again) in [
            (None, at("2026-06-01T00:00:00Z"), false),
            (at("2026-06-09T00:00:00Z"), at("2026-06-09T00:00:00Z"), true),
            (
                at("2026-06-09T12:00:00Z"),
                at("2026-06-09T12:00:00Z"),
                false,
            ),
            (at("2026-06-04T00:00:00Z"), at("2026-06-08T00:00:00Z"), true),
            (
                at("2026-06-02T00:00:00Z"),
                at("2026-06-08T00:00:00Z"),
                false,
            ),
        ] {
            assert_eq!(is_asked_again(&failure(given_up, tried), now), again);
        }
    }
}
