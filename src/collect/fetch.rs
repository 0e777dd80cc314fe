//! From the mailbox into archive and store: listed, fetched, durable, recorded as received; only then the cursor moves.

use std::collections::{HashMap, HashSet, VecDeque};

use anyhow::Result;
use jiff::{SignedDuration, Timestamp};

use super::Reach;
use super::facts::units_of_address;
use super::purse::Purse;
use super::read::{LONGEST_HEAD, head_of};
use super::turn::Turn;
use crate::app::App;
use crate::domain::date_of;
use crate::domain::unit::UnitId;
use crate::domain::why::Why;
use crate::ground::turns::numbered;
use crate::mailbox::{
    BATCH_BYTES, Continuity, Cursor, Envelope, Listing, Look, Mailbox, OpenFolder,
};
use crate::manager;
use crate::reading::{Class, Person, Reading};
use crate::store::{Arrived, FetchFailure, MessageState, Part, Place, Verdict};

/// How many mails one FETCH asks for.
const BATCH: usize = 50;
/// How many addresses in the From fields of one mail are looked up.
const MOST_SENDERS: usize = 20;
/// How many From fields one FETCH asks for.
const SENDERS: usize = 500;
/// So many addresses are named to staff whose mails are fetched tomorrow.
const MOST_TOLD: usize = 3;
/// After so many failures to fetch a mail by itself, staff are told to look at it themselves.
const MOST_FAILURES: u32 = 5;
/// What was given up is asked for again so often …
const AGAIN_EVERY: SignedDuration = SignedDuration::from_hours(24);
/// … for so long.
const AGAIN_FOR: SignedDuration = SignedDuration::from_hours(24 * 7);

/// A mail that is to be fetched.
struct Wanted<'l> {
    envelope: &'l Envelope,
    /// The registered address, of a unit or of staff, that it names as its sender; `None` where it names none, or where
    /// nobody was asked.
    registered: Option<String>,
}

/// A look into one folder.
struct Visit<'a> {
    app: &'a mut App,
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
    app: &mut App,
    mailbox: &mut Mailbox,
    folder: &str,
    reach: Reach,
    turn: &mut Turn,
    now: Timestamp,
) -> Result<bool> {
    let account = app.config.settings.mailbox.address.clone();
    let cursor = Cursor::of(&app.store, &account, folder)?;
    let look = match (reach, cursor) {
        (Reach::New, Some(cursor)) => Look::Since(cursor),
        (Reach::New | Reach::All, _) => Look::All,
    };
    let show = app.config.settings.mailbox.show;
    let (open, listing) = mailbox.list(folder, look, show).await?;
    app.store
        .set_special_use(&account, folder, listing.special_use)?;
    let registered = registered(app)?;
    let mut visit = Visit {
        app,
        open,
        turn,
        folder,
        uidvalidity: listing.uidvalidity,
        now,
        registered,
        unfinished: Vec::new(),
        whole: true,
    };
    let failures = {
        let store = &visit.app.store;
        store.fetch_failures(&account, folder, listing.uidvalidity)?
    };
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

/// The addresses of units, registered or taught, and of staff.
fn registered(app: &App) -> Result<HashSet<String>> {
    let units = app.config.register.units.iter();
    let mut all: HashSet<String> = units
        .flat_map(|u| &u.emails)
        .map(|a| a.to_lowercase())
        .collect();
    all.extend(app.config.settings.digest_to.iter().cloned());
    all.extend(
        app.store
            .learned()?
            .into_iter()
            .map(|(address, ..)| address),
    );
    Ok(all)
}

/// The one registered or taught address that the From fields of a header name which cannot be read otherwise.
///
/// # Errors
/// When the store cannot be read.
pub(super) fn registered_sender(app: &App, head: &[u8]) -> Result<Option<Person>> {
    Ok(the_one_named(head, &registered(app)?))
}

fn the_one_named(head: &[u8], addresses: &HashSet<String>) -> Option<Person> {
    let mut named = senders_in(head);
    named.retain(|address| addresses.contains(address));
    named.dedup();
    match <[String; 1]>::try_from(named) {
        Ok([address]) => Some(Person {
            name: String::new(),
            address,
        }),
        Err(_) => None, // nobody, or who knows which
    }
}

/// The words of the From fields of a mail, or of a beginning of it, that may be addresses, lower case.
fn senders_in(beginning: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(&beginning[..beginning.len().min(LONGEST_HEAD)]);
    let mut words = Vec::new();
    let mut within = false;
    for line in text.lines().take_while(|l| !l.is_empty()) {
        let continues = line.starts_with([' ', '\t']);
        let named = line
            .get(..5)
            .is_some_and(|n| n.eq_ignore_ascii_case("from:"));
        within = named || within && continues;
        if within {
            let parts = line.split(|c: char| c.is_whitespace() || "<>,;:\"'()[]".contains(c));
            words.extend(parts.filter(|w| w.contains('@')).map(str::to_lowercase));
        }
    }
    words
}

impl Visit<'_> {
    fn place(&self, uid: &str) -> Place {
        Place {
            account: self.app.config.settings.mailbox.address.clone(),
            folder: self.folder.to_owned(),
            uidvalidity: self.uidvalidity,
            uid: uid.to_owned(),
        }
    }

    /// The mails of a listing that have no row yet. A UID that had another mail before means a new one.
    fn new_ones<'l>(
        &self,
        listing: &'l Listing,
        cursor: Option<Cursor>,
    ) -> Result<Vec<&'l Envelope>> {
        let store = &self.app.store;
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
            let account = &self.app.config.settings.mailbox.address;
            store.known_uids(account, self.folder, listing.uidvalidity)?
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
            let what = format!(
                "hộp thư (thư mục {}) đã được khôi phục về trạng thái trước đó; các thư được đối chiếu lại theo nội dung",
                self.folder
            );
            store.failed(Part::Rewound, self.now, &what)?;
        }
        Ok(new)
    }

    fn known_by_gmail(&self, envelope: &Envelope) -> Result<Option<i64>> {
        let (Some(gm), Some(date)) = (envelope.gm_msgid, envelope.received_at) else {
            return Ok(None);
        };
        self.app.store.message_of_gmail(gm, envelope.size, date)
    }

    /// Leaves alone what was received before the first day of the installation and says so itself: a copy that somebody
    /// put into the mailbox carries the date of the copying, or that of the mail. Only of registered senders is it asked.
    async fn without_the_old<'l>(&mut self, new: Vec<&'l Envelope>) -> Result<Vec<&'l Envelope>> {
        let Some(since) = self.app.config.settings.mailbox.since else {
            return Ok(new);
        };
        let is_old = |at: Option<Timestamp>| at.is_some_and(|at| date_of(at) < since);
        let (old, mut wanted): (Vec<_>, Vec<_>) =
            new.into_iter().partition(|e| is_old(e.received_at));
        for envelopes in old.chunks(SENDERS) {
            let registered = self.of_registered(envelopes).await?;
            for envelope in envelopes {
                if registered.contains(&envelope.uid) {
                    let says = self.head(envelope).await?.and_then(|head| head.received);
                    if !is_old(says) {
                        wanted.push(envelope);
                        continue;
                    }
                }
                let why = Why::BeforeOurTime;
                self.record_unfetched(envelope, MessageState::Noted, why, None)?;
            }
        }
        Ok(wanted)
    }

    /// Mails of registered senders before the others; among each kind the senders take turns. Where there is room for all,
    /// the order is that of their arrival and nobody is asked.
    async fn by_sender<'l>(&mut self, wanted: Vec<&'l Envelope>) -> Result<VecDeque<Wanted<'l>>> {
        let bytes: u64 = wanted.iter().map(|e| e.size).sum();
        let room = self.purse()?.pays(None, bytes);
        if room && wanted.len() <= self.turn.left_to_fetch() {
            let anybody = |envelope| Wanted {
                envelope,
                registered: None,
            };
            return Ok(wanted.into_iter().map(anybody).collect());
        }
        let named = self.named(&wanted).await?;
        let (mut registered, mut strangers) = (Vec::new(), Vec::new());
        for envelope in wanted {
            let named = named.get(&envelope.uid).map_or(&[][..], Vec::as_slice);
            match self.registered_of(named) {
                Some(address) => registered.push((envelope, address)),
                None => strangers.push((envelope, named.first().map_or("", String::as_str))),
            }
        }
        let registered = in_turns(registered)
            .into_iter()
            .map(|(e, of)| (e, Some(of)));
        let strangers = in_turns(strangers).into_iter().map(|(e, _)| (e, None));
        let in_order = registered.chain(strangers).map(|(envelope, of)| Wanted {
            envelope,
            registered: of.map(str::to_owned),
        });
        Ok(in_order.collect())
    }

    /// The addresses that the From fields of mails name, by UID.
    async fn named(&mut self, envelopes: &[&Envelope]) -> Result<HashMap<String, Vec<String>>> {
        let uids: Vec<String> = envelopes.iter().map(|e| e.uid.clone()).collect();
        let mut found = HashMap::new();
        for uids in uids.chunks(SENDERS) {
            let senders = self.open.senders(uids).await?;
            let named = senders.into_iter();
            found.extend(named.map(|(uid, from)| (uid, senders_in(&from))));
        }
        Ok(found)
    }

    /// The UIDs of those whose sender is registered.
    async fn of_registered(&mut self, envelopes: &[&Envelope]) -> Result<HashSet<String>> {
        let named = self.named(envelopes).await?.into_iter();
        Ok(named
            .filter(|(_, addresses)| self.registered_of(addresses).is_some())
            .map(|(uid, _)| uid)
            .collect())
    }

    /// The first registered one of the addresses that a mail names as its senders.
    fn registered_of<'a>(&self, named: &'a [String]) -> Option<&'a str> {
        let mut named = named.iter().map(String::as_str);
        named.find(|address| self.registered.contains(*address))
    }

    /// The units that the senders of a mail may write for.
    fn units_of(&self, senders: &[String], received_at: Timestamp) -> Result<Vec<UnitId>> {
        let mut units = Vec::new();
        // Who names more senders than that means nobody.
        for address in senders.iter().take(MOST_SENDERS) {
            units.extend(units_of_address(self.app, address, received_at)?);
        }
        Ok(units)
    }

    fn small_enough<'l>(
        &self,
        wanted: Vec<&'l Envelope>,
    ) -> (Vec<&'l Envelope>, Vec<&'l Envelope>) {
        let limit = self.app.config.settings.limits.message_bytes;
        wanted.into_iter().partition(|e| e.size <= limit)
    }

    /// What the header of a mail says that is not fetched, as the reading process understands it, or its From field
    /// alone. `None` where the server gives neither.
    async fn head(&mut self, envelope: &Envelope) -> Result<Option<Reading>> {
        let uid = std::slice::from_ref(&envelope.uid);
        let mut heads = self.open.heads(uid).await?;
        if heads.is_empty() {
            heads = self.open.senders(uid).await?;
        }
        let Some((_, head)) = heads.first() else {
            return Ok(None);
        };
        if let Some(read) = head_of(self.app, head).await {
            return Ok(Some(read));
        }
        let sender = the_one_named(head, &self.registered);
        Ok(Some(Reading {
            sender,
            ..Reading::unreadable("not even its header can be read")
        }))
    }

    /// Fetches mails in batches, in their order, within the day's budget and the turn; gives whether any FETCH succeeded.
    async fn fetch_in_batches(&mut self, mut rest: VecDeque<Wanted<'_>>) -> Result<bool> {
        let mut unpaid = Vec::new();
        let mut fetched = false;
        while !rest.is_empty() {
            manager::step();
            let most = self.turn.left_to_fetch();
            if most == 0 {
                self.leave_for_next_pass(&rest);
                break;
            }
            let mut purse = self.purse()?;
            // Within a batch in the order of arrival, whichever order it was chosen in.
            let mut batch = next_batch(&mut rest, most, &mut purse, &mut unpaid);
            batch.sort_by_key(|e| e.number());
            if batch.is_empty() {
                continue; // nothing of what was left is paid
            }
            self.turn.fetched(batch.len());
            let uids: Vec<String> = batch.iter().map(|e| e.uid.clone()).collect();
            let bodies = match self.open.fetch(&uids).await {
                Ok(bodies) => bodies,
                Err(e) => {
                    // Which of them it was is found out by asking for each alone.
                    for uid in &uids {
                        let place = self.place(uid);
                        self.app.store.fetch_failed(&place, false, self.now)?;
                    }
                    return Err(e.into());
                }
            };
            fetched = true;
            self.take(&batch, bodies, false).await?;
        }
        self.leave_for_tomorrow(&unpaid)?;
        Ok(fetched)
    }

    /// What may still be fetched today, and of whom.
    fn purse(&self) -> Result<Purse> {
        let (limits, store) = (&self.app.config.settings.limits, &self.app.store);
        let today = date_of(self.now);
        let of = store.fetched_of(today)?;
        let addresses = self.registered.len();
        Ok(Purse::of(limits, addresses, store.fetched(today)?, of))
    }

    /// The bytes that may still be fetched today, whoever sent them.
    fn budget_left(&self) -> Result<u64> {
        let day = self.app.config.settings.limits.daily_download_bytes;
        Ok(day.saturating_sub(self.app.store.fetched(date_of(self.now))?))
    }

    /// What the next pass fetches may be anybody's report.
    fn leave_for_next_pass(&mut self, rest: &VecDeque<Wanted<'_>>) {
        tracing::info!(
            folder = self.folder,
            left = rest.len(),
            "more is there than one pass fetches; the next one goes on"
        );
        self.turn.cut_short();
        let uids = rest.iter().map(|mail| mail.envelope.uid.clone());
        self.unfinished.extend(uids);
        self.whole = false;
    }

    /// What the day does not pay is fetched on the next one.
    fn leave_for_tomorrow(&mut self, unpaid: &[Wanted<'_>]) -> Result<()> {
        if unpaid.is_empty() {
            return Ok(());
        }
        let mut of: Vec<&str> = unpaid
            .iter()
            .filter_map(|mail| mail.registered.as_deref())
            .collect();
        of.sort_unstable();
        of.dedup();
        tracing::warn!(
            folder = self.folder,
            mails = unpaid.len(),
            registered = ?of,
            "today's download budget is used up for these; they are fetched tomorrow"
        );
        let limits = &self.app.config.settings.limits;
        let (of_whom, bytes) = match of.len() {
            0 => {
                let bytes = limits.strangers_download_bytes();
                ("người gửi ngoài danh bạ".to_owned(), bytes)
            }
            n => {
                let of = of[..n.min(MOST_TOLD)].join(", ");
                let more = if n > MOST_TOLD { ", …" } else { "" };
                let of_whom = format!("{n} địa chỉ trong danh bạ ({of}{more})");
                (of_whom, limits.daily_download_bytes)
            }
        };
        let left = format!(
            "đã tải hết hạn mức trong ngày dành cho {of_whom} ({} MB); phần còn lại sẽ tải ngày mai",
            bytes / 1_000_000
        );
        self.app.store.failed(Part::Download, self.now, &left)?;
        let uids = unpaid.iter().map(|mail| mail.envelope.uid.clone());
        self.unfinished.extend(uids);
        // Mails of strangers that are left hold nobody's reminder.
        self.whole &= of.is_empty();
        Ok(())
    }

    /// Makes the bodies of a batch durable and records them. `again`: they were asked for in a round before.
    async fn take(
        &mut self,
        batch: &[&Envelope],
        mut bodies: Vec<(String, Vec<u8>)>,
        again: bool,
    ) -> Result<()> {
        let mut arrived = Vec::new();
        let mut of_registered = Vec::new();
        // UIDs ascend in the order of arrival: where the server does not tell a date, that of the mail before holds, and
        // no unit counts as late for the server's fault.
        let mut last = None;
        for envelope in batch {
            last = envelope.received_at.or(last);
            let found = bodies.iter().position(|(uid, _)| *uid == envelope.uid);
            let mut raw = found.map(|at| bodies.swap_remove(at).1);
            if let Some(short) = raw.take_if(|raw| (raw.len() as u64) < envelope.size) {
                raw = self.whole_body(envelope, short, again).await?;
            }
            let Some(raw) = raw else {
                // Deleted since it was listed, or a server that says OK and gives nothing, or not all.
                self.missed(envelope, false)?;
                continue;
            };
            let received_at = last.unwrap_or(self.now);
            let mail = Arrived {
                place: self.place(&envelope.uid),
                sha256: Some(self.app.archive.put(&raw)?),
                size: raw.len() as u64,
                received_at,
                gm_msgid: envelope.gm_msgid,
            };
            let senders = senders_in(&raw);
            let units = self.units_of(&senders, received_at)?;
            if let Some(address) = self.registered_of(&senders) {
                of_registered.push((address.to_owned(), envelope.size));
            }
            let sender = senders.into_iter().next();
            arrived.push((mail, envelope.received_at, sender, units));
        }
        if !arrived.is_empty() {
            self.turn.got_on();
        }
        let bytes: u64 = batch.iter().map(|e| e.size).sum();
        let now = self.now;
        self.app.store.transaction(|s| {
            for (mail, told, sender, units) in &arrived {
                let id = s.record_arrival(mail, now)?;
                s.add_location(&mail.place, id, *told)?;
                s.note_sender(id, sender.as_deref(), units)?;
            }
            for (address, bytes) in &of_registered {
                s.add_fetched_of(date_of(now), address, *bytes)?;
            }
            s.add_fetched(date_of(now), bytes)
        })
    }

    /// A body that was shorter than announced, fetched once more. The same in two rounds is taken: some servers announce
    /// the room that a mail takes in their storage.
    async fn whole_body(
        &mut self,
        envelope: &Envelope,
        short: Vec<u8>,
        again: bool,
    ) -> Result<Option<Vec<u8>>> {
        let uid = std::slice::from_ref(&envelope.uid);
        let once_more = self.open.fetch(uid).await?.pop().map(|(_, raw)| raw);
        let sound =
            once_more.filter(|raw| again && *raw == short || raw.len() as u64 >= envelope.size);
        if sound.as_ref() == Some(&short) {
            tracing::warn!(
                uid = envelope.uid,
                announced = envelope.size,
                bytes = short.len(),
                "the server announces another size than it gives"
            );
        }
        Ok(sound)
    }

    /// A mail that did not come is asked for alone in the next round; until then it may be anybody's report.
    fn missed(&mut self, envelope: &Envelope, counts: bool) -> Result<()> {
        let place = self.place(&envelope.uid);
        self.app.store.fetch_failed(&place, counts, self.now)?;
        self.unfinished.push(envelope.uid.clone());
        self.whole = false;
        Ok(())
    }

    /// Asks for each of those that failed before by itself. A failure is the mail's own only where the connection is
    /// fresh and another FETCH succeeded over it just before.
    async fn fetch_alone(
        &mut self,
        listing: &Listing,
        suspects: &[&Envelope],
        failures: &HashMap<String, FetchFailure>,
        reach: Reach,
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
                Ok(bodies) if bodies.is_empty() => self.missed(envelope, reach == Reach::All)?,
                Ok(bodies) => {
                    fetched = true;
                    self.take(&[envelope], bodies, true).await?;
                }
                Err(e) => {
                    self.missed(envelope, reach == Reach::All)?;
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
        self.app.store.gave_up_fetching(&place, self.now)
    }

    /// Asks once a day, for a week, for what was given up.
    async fn fetch_given_up(
        &mut self,
        listing: &Listing,
        failures: &HashMap<String, FetchFailure>,
    ) -> Result<()> {
        for envelope in &listing.envelopes {
            let due = failures
                .get(&envelope.uid)
                .is_some_and(|f| is_asked_again(f, self.now));
            if !due || envelope.size > self.budget_left()? {
                continue;
            }
            let place = self.place(&envelope.uid);
            // Noted before: what breaks the line is not asked for in each round.
            self.app.store.gave_up_fetching(&place, self.now)?;
            let uid = std::slice::from_ref(&envelope.uid);
            let body = self.open.fetch(uid).await?.pop();
            let (Some((_, raw)), Some(row)) = (body, self.app.store.message_at(&place)?) else {
                continue;
            };
            let sha256 = self.app.archive.put(&raw)?;
            let size = raw.len() as u64;
            let now = self.now;
            self.app.store.transaction(|s| {
                let message = s.fetched_at_last(row, &sha256, size)?;
                s.add_location(&place, message, envelope.received_at)?;
                s.add_fetched(date_of(now), size)
            })?;
        }
        Ok(())
    }

    /// Gives a mail that is not fetched a row of its own, with what its header says.
    fn record_unfetched(
        &self,
        envelope: &Envelope,
        state: MessageState,
        why: Why,
        head: Option<Reading>,
    ) -> Result<()> {
        let received_at = envelope.received_at.unwrap_or(self.now);
        let arrived = Arrived {
            place: self.place(&envelope.uid),
            sha256: None,
            size: envelope.size,
            received_at,
            gm_msgid: envelope.gm_msgid,
        };
        let head = head.map(|head| Reading {
            class: Class::Unreadable,
            ..head
        });
        let now = self.now;
        let (candidates, holds) = match &head {
            Some(head) => {
                let meant = super::facts::units_meant(self.app, head, received_at)?;
                (
                    super::facts::units_of_sender(self.app, head, received_at)?,
                    super::holding::of(self.app, head, &meant, None, received_at, now)?,
                )
            }
            None => (vec![], super::holding::of_nameless(self.app, now)),
        };
        let verdict = Verdict {
            state,
            unit: None,
            candidates,
            why: vec![why],
        };
        self.app.store.transaction(|s| {
            let id = s.record_arrival(&arrived, now)?;
            if let Some(head) = &head {
                s.set_reading(id, head)?;
            }
            s.set_holds(id, &holds)?;
            s.set_verdict(id, &verdict)
        })
    }

    /// Moves the cursor up to the first mail that is to be asked for again.
    fn move_cursor(&self, listing: &Listing, cursor: Option<Cursor>) -> Result<()> {
        let account = &self.app.config.settings.mailbox.address;
        let after = listing.cursor(cursor, &self.unfinished);
        after.keep(&self.app.store, account, self.folder)
    }
}

/// Mails with their senders, in the order of their arrival, so that the senders take turns: the oldest mail of each
/// before anybody's second, and the smaller ones first in each turn. Who sends much, or in whose name much is sent, uses
/// up the day's budget for nobody else.
fn in_turns<'e, 's>(mails: Vec<(&'e Envelope, &'s str)>) -> Vec<(&'e Envelope, &'s str)> {
    let by_sender = mails.into_iter().map(|mail| (mail.1, mail));
    let mut ordered = numbered(by_sender);
    ordered.sort_by_key(|(turn, (envelope, _))| (*turn, envelope.size));
    ordered.into_iter().map(|(_, mail)| mail).collect()
}

/// Takes the first mails that one FETCH asks for off a list: so many at most, one at least, and more within
/// [`BATCH_BYTES`]. What the day does not pay goes to `unpaid`, and stands in nobody's way.
fn next_batch<'l>(
    rest: &mut VecDeque<Wanted<'l>>,
    most: usize,
    purse: &mut Purse,
    unpaid: &mut Vec<Wanted<'l>>,
) -> Vec<&'l Envelope> {
    let mut batch: Vec<&Envelope> = Vec::new();
    let mut bytes = 0;
    while let Some(mail) = rest.pop_front() {
        let size = mail.envelope.size;
        let full = batch.len() == most.min(BATCH) || bytes + size > BATCH_BYTES;
        if full && !batch.is_empty() {
            rest.push_front(mail);
            break;
        }
        if purse.pays(mail.registered.as_deref(), size) {
            bytes += size;
            batch.push(mail.envelope);
        } else {
            unpaid.push(mail);
        }
    }
    batch
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
    fn a_sender_is_found_in_whatever_way_the_field_names_it() {
        let addresses = HashSet::from(["ldld@a.example".to_owned()]);
        for (from, found) in [
            ("From: ldld@a.example", true),
            ("From: =?UTF-8?Q?L=C4=90?= <LDLD@A.example>", true),
            ("From: \"a, b\"\r\n <ldld@a.example>", true),
            ("From: group: ldld@a.example;", true),
            (
                "To: b@a.example\r\nfrom:\r\n\tldld@a.example\r\n\r\nx",
                true,
            ),
            ("From: b@a.example\r\nTo: ldld@a.example\r\n\r\nx", false),
            ("Subject: a\r\n\r\nFrom: ldld@a.example", false),
            ("From: xldld@a.example", false),
            ("From: ldld@a.example.evil.example", false),
            ("", false),
        ] {
            let named = senders_in(from.as_bytes());
            let registered = named.iter().any(|a| addresses.contains(a));
            assert_eq!(registered, found, "{from}");
        }
    }

    #[test]
    fn of_a_header_that_cannot_be_read_the_one_registered_address_in_its_from_field_is_the_sender()
    {
        let addresses = HashSet::from(["ldld@a.example".to_owned(), "cd@b.example".to_owned()]);
        for (head, found) in [
            (
                "To: x\r\nFROM: LĐLĐ\r\n <ldld@a.example>\r\nSubject: y\r\n",
                Some("ldld@a.example"),
            ),
            ("From: x@evil.example\r\nSubject: ldld@a.example\r\n", None),
            ("From: ldld@a.example, cd@b.example\r\n", None),
            (
                "From: \"cd@b.example\" <cd@b.example>\r\n",
                Some("cd@b.example"),
            ),
            ("Reply-To: ldld@a.example\r\n", None),
            ("", None),
        ] {
            let sender = the_one_named(head.as_bytes(), &addresses);
            assert_eq!(sender.as_ref().map(|s| &*s.address), found, "{head}");
        }
    }

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

    #[test]
    fn senders_take_turns_and_small_mails_come_first_in_each() {
        /// Sender and size of mails in the order of arrival; and which of them are fetched one after another.
        type Case = (&'static [(&'static str, u64)], &'static [usize]);
        let cases: [Case; 5] = [
            (&[], &[]),
            (&[("a", 9), ("a", 1), ("a", 5)], &[0, 1, 2]),
            (&[("a", 2), ("a", 2), ("a", 2), ("b", 3)], &[0, 3, 1, 2]),
            (&[("a", 9), ("a", 9), ("b", 3), ("c", 2)], &[3, 2, 0, 1]),
            (&[("a", 1), ("b", 1), ("a", 2), ("b", 1)], &[0, 1, 3, 2]),
        ];
        for (mails, wanted) in cases {
            let envelopes: Vec<Envelope> = mails
                .iter()
                .enumerate()
                .map(|(n, (_, size))| Envelope {
                    uid: n.to_string(),
                    size: *size,
                    received_at: None,
                    gm_msgid: None,
                })
                .collect();
            let senders = mails.iter().map(|(sender, _)| *sender);
            let ordered = in_turns(envelopes.iter().zip(senders).collect());
            let order: Vec<u32> = ordered.iter().map(|(e, _)| e.number()).collect();
            let wanted: Vec<u32> = wanted.iter().map(|n| *n as u32).collect();
            assert_eq!(order, wanted, "{mails:?}");
        }
    }

    #[test]
    fn a_batch_is_bounded_in_number_and_bytes_and_what_is_not_paid_stops_nothing() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("config");
        let limits = crate::config::Config::load(&folder).unwrap();
        let limits = limits.settings.limits;
        let common = limits.strangers_download_bytes();
        /// Sizes, what is left of the common part of the day, how many may be fetched; how many are in the batch, unpaid,
        /// and left.
        type Case<'a> = (&'a [u64], u64, usize, [usize; 3]);
        let cases: [Case<'_>; 7] = [
            (&[20_000_000, 1], common, 500, [1, 0, 1]),
            (&[8_000_000, 8_000_000, 1], common, 500, [2, 0, 1]),
            (&[1_900_000; 5], 5_000_000, 500, [2, 3, 0]),
            (&[1_900_000, 9_000_000, 1], 5_000_000, 500, [2, 1, 0]),
            (&[1_900_000; 5], 0, 500, [0, 5, 0]),
            (&[1; 80], common, 500, [BATCH, 0, 30]),
            (&[1; 80], common, 3, [3, 0, 77]),
        ];
        for (sizes, left, most, wanted) in cases {
            let envelopes: Vec<Envelope> = sizes
                .iter()
                .map(|size| Envelope {
                    uid: "1".into(),
                    size: *size,
                    received_at: None,
                    gm_msgid: None,
                })
                .collect();
            let mut rest: VecDeque<Wanted<'_>> = envelopes
                .iter()
                .map(|envelope| Wanted {
                    envelope,
                    registered: None,
                })
                .collect();
            let mut purse = Purse::of(&limits, 0, common - left, HashMap::new());
            let mut unpaid = Vec::new();
            let batch = next_batch(&mut rest, most, &mut purse, &mut unpaid);
            assert_eq!([batch.len(), unpaid.len(), rest.len()], wanted, "{left}");
        }
    }
}
