//! From the mailbox into archive and store: listed, fetched, durable, recorded as received; only then the cursor moves.

mod alone;
mod backlog;
mod batches;
mod by_sender;
mod listing;
mod unfetched;

use std::collections::{HashMap, HashSet};

use anyhow::Result;
use jiff::Timestamp;

use super::purse::Purse;
use super::turn::Turn;
use super::{Books, Tools};
use crate::archive::Archive;
use crate::domain::date_of;
use crate::domain::why::Why;
use crate::mailbox::{Continuity, Cursor, Envelope, Look, Mailbox, OpenFolder};
use crate::reading::worker::Reader;
use crate::store::{MessageState, Place};

pub use self::backlog::Backlog;
use self::backlog::Left;
pub(super) use self::by_sender::registered_sender;

/// A mail that is to be fetched.
struct Wanted<'l> {
    envelope: &'l Envelope,
    /// The registered address, of a unit or of staff, that it names as its sender; `None` where it names none, or where
    /// nobody was asked.
    registered: Option<String>,
    /// Whether it is of a registered sender of whom something new has come: nothing of others is fetched in the same pass
    /// after it, so that the answer leaves at once.
    hurries: bool,
}

/// A look into one folder.
struct Visit<'a, 't> {
    books: Books<'a>,
    archive: &'a Archive,
    reader: &'a mut Reader,
    open: OpenFolder<'a>,
    turn: &'a mut Turn<'t>,
    folder: &'a str,
    uidvalidity: u32,
    now: Timestamp,
    /// Addresses of units, registered or taught, and of staff, lower case.
    registered: HashSet<String>,
    /// UIDs that are to be asked for once more in a later round.
    unfinished: HashSet<String>,
    /// Which mails have come since others were left, by UID.
    new: HashSet<String>,
    /// The addresses that the From fields of mails name, by UID, of those that were asked.
    named: HashMap<String, Vec<String>>,
    /// Whether nothing is left in the folder that may be a report of a registered sender.
    whole: bool,
}

/// Takes what is new in a folder; gives whether everything was taken that may be a report of a unit.
///
/// # Errors
/// When the mailbox fails (the connection is of no use then) or the disk does. What was stored stays stored.
pub(super) async fn folder(
    tools: &mut Tools<'_>,
    mailbox: &mut Mailbox,
    folder: &str,
    turn: &mut Turn<'_>,
    now: Timestamp,
) -> Result<bool> {
    let Books { config, store, .. } = tools.books;
    let account = tools.books.config.settings.mailbox.address.clone();
    let kept = Cursor::of(store, &account, folder)?;
    let left = turn.backlog.take(folder);
    let fresh = left.is_none();
    let mut left = left.unwrap_or_default();
    let from = left.listed.filter(|_| !left.mails.is_empty()).or(kept);
    let look = match from {
        Some(from) if !alone::is_due(store, &account, folder, from, now)? => {
            Look::on_from(from, !fresh, now)
        }
        _ => Look::All,
    };
    let show = tools.books.config.settings.mailbox.show;
    let (open, listing) = mailbox.list(folder, look, show).await?;
    store.set_special_use(&account, folder, listing.special_use)?;
    let registered = by_sender::registered(config, store)?;
    let ended = listing.ended(from, now);
    if listing.continuity(from) != Continuity::GoesOn {
        left = Left::default(); // its UIDs mean other mails
    }
    let mut visit = Visit {
        books: tools.books,
        archive: tools.archive,
        reader: tools.reader,
        open,
        turn,
        folder,
        uidvalidity: listing.uidvalidity,
        now,
        registered,
        unfinished: HashSet::new(),
        new: HashSet::new(),
        named: HashMap::new(),
        whole: true,
    };
    let failures = store.fetch_failures(&account, folder, listing.uidvalidity)?;
    let new = visit.new_ones(&listing, kept)?;
    let new = visit.without_the_old(new).await?;
    let mut left = left.with(new.into_iter().cloned().collect(), listing.goes_on);
    visit.new = std::mem::take(&mut left.new);
    visit.named = std::mem::take(&mut left.named);
    let (wanted, too_large) = visit.small_enough(&left.mails);
    for envelope in too_large {
        let why = Why::TooLarge {
            megabytes: envelope.size / 1_000_000,
        };
        let head = visit.head(envelope).await?;
        visit.record_unfetched(envelope, MessageState::Waiting, why, head)?;
    }
    let (suspects, sound): (Vec<_>, Vec<_>) = wanted
        .into_iter()
        .partition(|e| failures.contains_key(&e.uid));
    let in_order = visit.by_sender(sound).await?;
    let fetched = visit.fetch_in_batches(in_order).await?;
    visit
        .fetch_alone(&listing, &suspects, &failures, fresh, fetched)
        .await?;
    visit.fetch_given_up(&listing, &failures).await?;
    visit.end(&listing, left, ended, kept)
}

impl Visit<'_, '_> {
    fn place(&self, uid: &str) -> Place {
        Place {
            account: self.books.config.settings.mailbox.address.clone(),
            folder: self.folder.to_owned(),
            uidvalidity: self.uidvalidity,
            uid: uid.to_owned(),
        }
    }

    /// What may still be fetched today, and of whom.
    fn purse(&self) -> Result<Purse> {
        let (limits, store) = (&self.books.config.settings.limits, self.books.store);
        let today = date_of(self.now);
        let of = store.fetched_of(today)?;
        let addresses = self.registered.len();
        Ok(Purse::of(limits, addresses, store.fetched(today)?, of))
    }

    /// The bytes that may still be fetched today, whoever sent them.
    fn budget_left(&self) -> Result<u64> {
        let day = self.books.config.settings.limits.daily_download_bytes;
        Ok(day.saturating_sub(self.books.store.fetched(date_of(self.now))?))
    }
}
