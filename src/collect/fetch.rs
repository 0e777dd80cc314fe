//! From the mailbox into archive and store: listed, fetched, durable, recorded as received; only then the cursor moves.

mod alone;
mod batches;
mod by_sender;
mod listing;
mod unfetched;

use std::collections::HashSet;

use anyhow::Result;
use jiff::Timestamp;

use super::purse::Purse;
use super::turn::Turn;
use super::{Books, Reach, Tools};
use crate::archive::Archive;
use crate::domain::date_of;
use crate::domain::why::Why;
use crate::mailbox::{Cursor, Envelope, Look, Mailbox, OpenFolder};
use crate::reading::worker::Reader;
use crate::store::{MessageState, Place};

pub(super) use self::by_sender::registered_sender;

/// A mail that is to be fetched.
struct Wanted<'l> {
    envelope: &'l Envelope,
    /// The registered address, of a unit or of staff, that it names as its sender; `None` where it names none, or where
    /// nobody was asked.
    registered: Option<String>,
}

/// A look into one folder.
struct Visit<'a> {
    books: Books<'a>,
    archive: &'a Archive,
    reader: &'a mut Reader,
    open: OpenFolder<'a>,
    turn: &'a mut Turn,
    folder: &'a str,
    uidvalidity: u32,
    now: Timestamp,
    /// Addresses of units, registered or taught, and of staff, lower case.
    registered: HashSet<String>,
    /// UIDs that are to be asked for once more in a later round.
    unfinished: Vec<String>,
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
    reach: Reach,
    turn: &mut Turn,
    now: Timestamp,
) -> Result<bool> {
    let Books { config, store, .. } = tools.books;
    let account = tools.books.config.settings.mailbox.address.clone();
    let cursor = Cursor::of(store, &account, folder)?;
    let look = match (reach, cursor) {
        (Reach::New, Some(cursor)) => Look::Since(cursor),
        (Reach::New | Reach::All, _) => Look::All,
    };
    let show = tools.books.config.settings.mailbox.show;
    let (open, listing) = mailbox.list(folder, look, show).await?;
    store.set_special_use(&account, folder, listing.special_use)?;
    let registered = by_sender::registered(config, store)?;
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
        unfinished: Vec::new(),
        whole: true,
    };
    let failures = store.fetch_failures(&account, folder, listing.uidvalidity)?;
    let new = visit.new_ones(&listing, cursor)?;
    let wanted = visit.without_the_old(new).await?;
    let (wanted, too_large) = visit.small_enough(wanted);
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
        .fetch_alone(&listing, &suspects, &failures, reach, fetched)
        .await?;
    visit.fetch_given_up(&listing, &failures).await?;
    visit.move_cursor(&listing, cursor)?;
    Ok(visit.whole)
}

impl Visit<'_> {
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
