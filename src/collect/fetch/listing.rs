//! What of a listing is new to the store, and how far the folder has been looked through after it.

use std::collections::{HashMap, HashSet};

use anyhow::Result;
use jiff::Timestamp;
use jiff::civil::Date;

use super::Visit;
use super::backlog::Left;
use super::by_sender::SENDERS;
use crate::collect::read::head_of;
use crate::collect::said;
use crate::domain::date_of;
use crate::domain::row::MessageId;
use crate::mailbox::{Continuity, Cursor, Envelope, Listing};
use crate::manager;
use crate::store::Part;

/// How many old mails are noted at once, for one write to the disk.
const NOTED: usize = 10_000;
/// How many headers one FETCH asks for.
const HEADS: usize = 200;
/// No mail was sent before, nor so many years after another day: other numbers in a header count something else.
const YEARS: (i32, i32) = (1980, 100);

/// Whether a header names years, and none from a year on: whatever its dates are, they are before. What cannot be told by
/// that has to be read, which takes longer.
fn names_years_before_alone(head: &[u8], year: i16) -> bool {
    let (first, span) = YEARS;
    let year = i32::from(year);
    let words = head.split(|b| !b.is_ascii_alphanumeric());
    let numbers = words.filter_map(|w| {
        std::str::from_utf8(w)
            .ok()?
            .parse::<i32>()
            .ok()
            .filter(|_| w.len() == 4)
    });
    let (mut before, mut later) = (false, false);
    for number in numbers {
        before |= (first..year).contains(&number);
        later |= (year..year + span).contains(&number);
    }
    before && !later
}

impl Visit<'_, '_> {
    /// The mails of a listing that have no row yet. A UID that had another mail before means a new one.
    pub(super) fn new_ones<'l>(
        &self,
        listing: &'l Listing,
        cursor: Option<Cursor>,
    ) -> Result<Vec<&'l Envelope>> {
        let store = self.books.store;
        let continuity = listing.continuity(cursor);
        if let Continuity::Renumbered { old, new } = continuity {
            tracing::warn!(
                folder = self.folder,
                old,
                new,
                "UIDVALIDITY changed; every mail is looked at again, known content is recognised"
            );
        }
        let mut rewound = continuity == Continuity::SetBack;
        let known = if listing.envelopes.is_empty() {
            HashMap::new()
        } else {
            let account = &self.books.config.settings.mailbox.address;
            let uids = listing.envelopes.iter().map(|e| e.uid.as_str());
            store.known_uids(account, self.folder, listing.uidvalidity, uids)?
        };
        let mut new = Vec::new();
        for envelope in &listing.envelopes {
            let place = self.place(&envelope.uid);
            match (known.get(&envelope.uid), envelope.received_at) {
                (Some(Some(before)), Some(date)) if *before == date => {}
                (Some(_), None) => {}
                (Some(None), Some(date)) if !rewound => store.date_location(&place, date)?,
                (Some(_), Some(_)) => {
                    rewound = true;
                    new.push(envelope);
                }
                (None, date) => match self.known_by_gmail(envelope)? {
                    Some(message) => store.add_location(&place, message, date)?,
                    None => new.push(envelope),
                },
            }
        }
        if rewound {
            tracing::warn!(
                folder = self.folder,
                "the mailbox was set back; mails under UIDs that were used before are fetched"
            );
            store.failed(Part::Rewound, self.now, &said::rewound(self.folder))?;
        }
        Ok(new)
    }

    fn known_by_gmail(&self, envelope: &Envelope) -> Result<Option<MessageId>> {
        let (Some(gm), Some(date)) = (envelope.gm_msgid, envelope.received_at) else {
            return Ok(None);
        };
        self.books.store.message_of_gmail(gm, envelope.size, date)
    }

    /// Leaves alone what was received before the first day of the installation and says so itself: a copy that somebody
    /// put into the mailbox carries the date of the copying, or that of the mail. Only of registered senders is it asked.
    pub(super) async fn without_the_old<'l>(
        &mut self,
        new: Vec<&'l Envelope>,
    ) -> Result<Vec<&'l Envelope>> {
        let Some(since) = self.books.config.settings.mailbox.since else {
            return Ok(new);
        };
        let is_old = |at: Option<Timestamp>| at.is_some_and(|at| date_of(at) < since);
        let (old, mut wanted): (Vec<_>, Vec<_>) =
            new.into_iter().partition(|e| is_old(e.received_at));
        for old in old.chunks(NOTED) {
            let mut noted = Vec::new();
            for envelopes in old.chunks(SENDERS) {
                manager::step();
                let registered = self.of_registered(envelopes).await?;
                let (registered, others): (Vec<&Envelope>, Vec<_>) =
                    envelopes.iter().partition(|e| registered.contains(&e.uid));
                noted.extend(others);
                for envelopes in registered.chunks(HEADS) {
                    let old_too = self.say_old(envelopes, since).await?;
                    let (too, new): (Vec<&Envelope>, Vec<_>) =
                        envelopes.iter().partition(|e| old_too.contains(&e.uid));
                    noted.extend(too);
                    wanted.extend(new);
                }
            }
            self.record_old(&noted)?;
        }
        Ok(wanted)
    }

    /// Which mails, by UID, were received before a day, as their headers say it.
    async fn say_old(&mut self, envelopes: &[&Envelope], day: Date) -> Result<HashSet<String>> {
        let uids: Vec<String> = envelopes.iter().map(|e| e.uid.clone()).collect();
        let mut old = HashSet::new();
        for (uid, head) in self.open.heads(&uids).await? {
            let says = match names_years_before_alone(&head, day.year()) {
                true => true,
                false => {
                    let received = head_of(self.reader, &head).await.and_then(|h| h.received);
                    received.is_some_and(|at| date_of(at) < day)
                }
            };
            if says {
                old.insert(uid);
            }
        }
        Ok(old)
    }

    pub(super) fn small_enough<'l>(
        &self,
        wanted: &'l [Envelope],
    ) -> (Vec<&'l Envelope>, Vec<&'l Envelope>) {
        let limit = self.books.config.settings.limits.message_bytes;
        wanted.iter().partition(|e| e.size <= limit)
    }

    /// Moves the cursor up to the first mail that is to be asked for again, and leaves what is to be taken later.
    pub(super) fn end(
        self,
        listing: &Listing,
        mut left: Left,
        ended: Cursor,
        kept: Option<Cursor>,
    ) -> Result<bool> {
        let account = &self.books.config.settings.mailbox.address;
        let unfinished = self.unfinished.iter().map(String::as_str);
        let after = listing.cursor(ended, kept, unfinished);
        if kept != Some(after) {
            after.keep(self.books.store, account, self.folder)?;
        }
        left.listed = Some(ended);
        left.new = self.new;
        left.named = self.named;
        left.keep(&self.unfinished);
        self.turn.backlog.leave(self.folder, left);
        Ok(self.whole)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_that_names_earlier_years_alone_is_from_before() {
        for (head, before) in [
            ("Date: Mon, 5 Jan 2025 08:00:00 +0700", true),
            ("Date: Mon, 5 Jan 2026 08:00:00 +0700", false),
            ("Date: Mon, 5 Jan 2027 08:00:00 +0700", false),
            (
                "Received: from a by b; 5 Jun 2026 08:00:00 +0000\r\nDate: Mon, 5 Jan 2025 08:00:00 +0700",
                false,
            ),
            ("Date: 5 Jan 25 08:00:00 +0700", false),
            ("Subject: x", false),
            // What no year is decides nothing.
            (
                "Message-ID: <9999.12026.2026x@b>\r\nDate: 5 Jan 2025 08:00:00 +0700",
                true,
            ),
            ("", false),
        ] {
            assert_eq!(
                names_years_before_alone(head.as_bytes(), 2026),
                before,
                "{head}"
            );
        }
    }
}
