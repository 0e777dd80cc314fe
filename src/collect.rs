//! The first pass: mailbox → store. Fetch and make durable, then read, match and log, then show.

mod annex;
mod arrival;
mod books;
mod caution;
mod command;
mod decide;
mod facts;
mod fetch;
mod files;
mod filing;
mod holding;
mod purse;
mod read;
mod record;
mod said;
mod sender;
mod show;
mod turn;

use std::collections::{HashSet, VecDeque};

use anyhow::Result;
use jiff::Timestamp;

use crate::archive::Archive;
use crate::clock::Clock;
use crate::config::{Config, MailboxKind};
use crate::domain::calendar::Calendar;
use crate::domain::row::MessageId;
use crate::mailbox::Mailbox;
use crate::reading::worker::{Reader, most_readers, together};
use crate::reading::{Class, Reading};
use crate::store::{Message, Part, Store};
use crate::verify::Verifier;
use crate::{clock, expected, manager};

use self::filing::Filing;
use self::read::{Read, Readable, note_confinement, read, received_earlier};
use self::record::settle;
use self::said::{cannot_be_opened, reader_says};
use self::show::show_outcomes;

pub use annex::read_annex;
pub use books::Books;
pub use facts::{foreseen, known, match_mail};
pub use fetch::Backlog;
pub use files::{take_out_all_that_counts, take_out_what_counts};
pub use read::try_reader;
pub use record::{acknowledgement, may_acknowledge, submission, take_out_files};
pub use turn::Turn;

/// After so many looks in a row that each found new mail, reminders do not wait for another one.
const MOST_LOOKS: u32 = 3;
/// A mail of more bytes is read while no other is.
const LARGE: u64 = 4_000_000;
/// The folders that a mailbox is looked through in.
pub fn folders(kind: &MailboxKind) -> Vec<String> {
    match kind {
        MailboxKind::Imap { folders, .. } => folders.clone(),
        MailboxKind::Maildir { .. } => vec!["INBOX".to_owned()],
    }
}

/// What mails are taken in with.
pub struct Tools<'a> {
    /// Where it is looked up what a mail is.
    pub books: Books<'a>,
    /// Where the bytes of mails and of their files lie.
    pub archive: &'a Archive,
    /// The child process that reads them.
    pub reader: &'a mut Reader,
    /// Who asks for signatures of senders, if anybody.
    pub verifier: Option<&'a Verifier>,
}

/// Looks through the mailbox and logs what came, as much as one turn takes.
///
/// # Errors
/// When the mailbox fails (the connection is of no use then) or the disk does. What was stored stays stored, and is read.
pub async fn pass(
    tools: &mut Tools<'_>,
    mailbox: &mut Mailbox,
    obey: Obey,
    turn: &mut Turn<'_>,
    clock: Clock,
) -> Result<()> {
    let Books { config, store, .. } = tools.books;
    if let Some(verifier) = tools.verifier {
        verifier.begin_pass();
    }
    for look in 1..=MOST_LOOKS {
        let begun = clock.now();
        let before = store.unread_count()?;
        let looked = look_through(tools, mailbox, turn, begun).await;
        let came = store.unread_count()? > before;
        read_received(tools, obey, Some(&mut *turn), clock).await?;
        if !looked? || !nothing_stands_out(config, store, begun)? {
            break;
        }
        // More may have come while these were fetched and read: the look that counts is one that found nothing.
        if !came || look == MOST_LOOKS {
            store.succeeded(Part::Mailbox, begun)?;
            break;
        }
    }
    take_out_what_counts(config, store, tools.archive, tools.reader, clock.now()).await?;
    annex::read_lately(config, store, tools.archive, tools.reader, clock.now()).await?;
    show_outcomes(config, store, mailbox).await
}

/// Whether no mail that is stored keeps the mailbox from counting as looked through.
fn nothing_stands_out(config: &Config, store: &Store, now: Timestamp) -> Result<bool> {
    let unread = store.oldest_unread()?;
    let fails = store.health(Part::Reading)?.failing().is_some();
    let recent = unread.is_some_and(|since| is_recent(&config.calendar, since, now));
    Ok(!turn::hold_all(unread.is_some(), fails, recent))
}

/// Takes what is new in every folder; gives whether the mailbox was wholly looked through. A folder that cannot be opened
/// keeps no other from being read.
async fn look_through(
    tools: &mut Tools<'_>,
    mailbox: &mut Mailbox,
    turn: &mut Turn<'_>,
    now: Timestamp,
) -> Result<bool> {
    let Books { config, store, .. } = tools.books;
    if store.health(Part::Rewound)?.failing().is_some() {
        store.succeeded(Part::Rewound, now)?; // it was told, and nothing has to be mended
    }
    let mut whole = true;
    let mut closed = Vec::new();
    for folder in folders(&config.settings.mailbox.kind) {
        match fetch::folder(tools, mailbox, &folder, turn, now).await {
            Ok(taken) => whole &= taken,
            Err(e) => match e.downcast_ref().and_then(cannot_be_opened) {
                Some(why) => closed.push(format!("{folder}: {why}")),
                None => return Err(e.context(format!("folder {folder}"))),
            },
        }
    }
    if closed.is_empty() {
        store.succeeded(Part::Folder, now)?;
        return Ok(whole);
    }
    let closed = closed.join("; ");
    tracing::error!(closed, "a folder cannot be opened; the others are read");
    store.failed(Part::Folder, now, &closed)?;
    let since = store.health(Part::Folder)?.failing_since;
    Ok(whole && !is_recent(&config.calendar, since.unwrap_or(now), now))
}

/// For one working day a folder that is not read holds the reminders, as reports may lie in it; staff are told meanwhile.
fn is_recent(calendar: &Calendar, since: Timestamp, now: Timestamp) -> bool {
    now <= calendar.later(since, 1)
}

/// Carries out the command in a mail of staff, and answers it. It comes from the floor above, and is called in turn with
/// the other mails: staff's come first, and the mailbox counts as looked through only where all is seen to.
pub(crate) type Obey = fn(Books<'_>, &Message, &Reading, Timestamp) -> Result<()>;

/// Whether a mail is answered and a command in it carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answers {
    /// It has just come.
    Yes,
    /// It is from before.
    No,
}

/// Reads and decides the mails that are stored and not read yet: those of registered senders first, and as many as a
/// turn takes, where there is one. Where the machine keeps a mail from being read, the mail stays unread for a later round
/// and the reading is noted as failing, which holds every reminder. One whose sender the domain name system did not tell
/// is put off to the next pass, and holds its own units only ([`sender`]). One that a clock in doubt is behind stays unread
/// until that is mended or said to be right: its unit would be told a moment, and that it was in time, by that clock.
pub(crate) async fn read_received(
    tools: &mut Tools<'_>,
    obey: Obey,
    mut turn: Option<&mut Turn<'_>>,
    clock: Clock,
) -> Result<()> {
    let Books { config, store, .. } = tools.books;
    let now = clock.now();
    let most = turn.as_mut().map_or(u32::MAX, |turn| {
        turn.begin_reading();
        turn.left_to_read()
    });
    let nobody = HashSet::new();
    let first = turn.as_ref().filter(|turn| turn.may_hurry());
    let first = first.map_or(&nobody, |turn| &turn.backlog.lately);
    let mut unread = store.unread(&config.settings.digest_to, first, most.saturating_add(1))?;
    if unread.is_empty() {
        if let Some(turn) = turn {
            turn.backlog.lately.clear(); // nobody waits
        }
        return Ok(());
    }
    if let (0, Some(turn)) = (most, &mut turn) {
        turn.cut_short();
        return Ok(()); // nothing is known of the reader
    }
    if let Some(turn) = &mut turn {
        in_a_hurry(config, turn, &mut unread);
    } else {
        unread.sort_by_key(|message| sender::rank(config, message));
    }
    expected::expect(config, store, now)?;
    let may_be_behind = clock::may_be_behind(store, clock)?;
    let mut rest: VecDeque<Message> = unread.into();
    let mut others: Vec<Reader> = Vec::new();
    let mut filing = Filing::new(store, tools.archive);
    let mut fault = None;
    let mut ends = false;
    while !ends {
        let side_by_side = next_to_read(tools.books, &mut rest, &mut turn, may_be_behind, now)?;
        if side_by_side.is_empty() {
            break;
        }
        let went = decided_side_by_side(tools, &mut others, &mut filing, side_by_side, obey, now);
        for (id, after) in went.await? {
            match after {
                After::GotOn => got_on(&mut turn),
                After::PutOff => {}
                After::NotNow(why) => {
                    fault = Some(why);
                    if let Some(turn) = &mut turn {
                        turn.backlog.not_now.insert(id);
                    }
                }
                After::NoMail(why) => {
                    fault = Some(why);
                    ends = true;
                }
            }
        }
        if filing.is_full() {
            fault = filing.finish().await?.or(fault);
        }
    }
    fault = filing.finish().await?.or(fault);
    if let Some(turn) = turn
        && turn.may_hurry()
        && turn.left_to_read() > 0
    {
        turn.backlog.lately.clear(); // each of their mails had its turn
    }
    match fault {
        Some(why) => store.failed(Part::Reading, now, &reader_says(&why))?,
        None => store.succeeded(Part::Reading, now)?,
    }
    note_confinement(store, tools.reader, now)
}

/// Reads mails side by side, each by a reader of its own, and decides on them one after the other; gives how it went with
/// each.
async fn decided_side_by_side(
    tools: &mut Tools<'_>,
    others: &mut Vec<Reader>,
    filing: &mut Filing<'_>,
    mails: Vec<Message>,
    obey: Obey,
    now: Timestamp,
) -> Result<Vec<(MessageId, After)>> {
    while others.len() + 1 < mails.len() {
        others.push(tools.reader.another());
    }
    let alone = mails.len() == 1;
    let readers = std::iter::once(&mut *tools.reader).chain(others);
    let mut desks: Vec<Tools<'_>> = readers.map(|reader| Tools { reader, ..*tools }).collect();
    let reading = mails.into_iter().zip(&mut desks);
    let reading = reading.map(|(message, tools)| read_one(tools, message, now));
    let mails = together(reading).await;
    let mut went = Vec::new();
    for (mail, tools) in mails.into_iter().zip(&mut desks) {
        let mut mail = mail?;
        if !alone && mail.readable.fails() {
            // Another one may have taken the time or the memory.
            mail = read_one(tools, mail.message, now).await?;
        }
        let id = mail.message.id;
        went.push((id, decide_on(tools, filing, mail, obey, now).await?));
    }
    Ok(went)
}

/// Puts mails into the order in which a turn reads them: last those that could not be read before, whatever they take of
/// its time. Where some have come while others wait, it reads these alone, and the commands of staff, so that the answers
/// leave at once.
fn in_a_hurry(config: &Config, turn: &mut Turn<'_>, unread: &mut Vec<Message>) {
    let Backlog {
        lately, not_now, ..
    } = &*turn.backlog;
    let failed = |m: &Message| not_now.contains(&m.id);
    unread.sort_by_key(|m| (failed(m), sender::rank(config, m)));
    let hurries = |m: &Message| !failed(m) && m.sender.as_ref().is_some_and(|s| lately.contains(s));
    let many = unread.len();
    if turn.may_hurry() && unread.iter().any(hurries) {
        unread.retain(|m| hurries(m) || sender::rank(config, m) == sender::Rank::Staff);
    }
    if unread.len() < many {
        turn.cut_short();
        turn.hurry();
    }
}

/// Takes the mails off a list that are read side by side next: as many as there may be readers and the turn takes. A large
/// one, for the memory that it takes, and one of staff, who may order what changes the next, are read by themselves.
fn next_to_read(
    books: Books<'_>,
    rest: &mut VecDeque<Message>,
    turn: &mut Option<&mut Turn<'_>>,
    may_be_behind: bool,
    now: Timestamp,
) -> Result<Vec<Message>> {
    let Books { config, store, .. } = books;
    let is_alone = |m: &Message| m.size > LARGE || sender::rank(config, m) == sender::Rank::Staff;
    let mut taken: Vec<Message> = Vec::new();
    while taken.len() < most_readers()
        && !taken.last().is_some_and(is_alone)
        && let Some(mut message) = rest.pop_front_if(|m| taken.is_empty() || !is_alone(m))
    {
        if turn.as_mut().is_some_and(|turn| !turn.may_read()) {
            tracing::info!("more came than one pass reads; the next one goes on");
            rest.clear();
            break;
        }
        manager::step();
        if message.sha256.is_some() && !waits_for_clock(store, &mut message, may_be_behind, now)? {
            taken.push(message);
        }
    }
    Ok(taken)
}

/// A mail that was read, or not, and whether it is answered.
struct Looked {
    message: Message,
    readable: Readable,
    answers: Answers,
}

async fn read_one(tools: &mut Tools<'_>, mut message: Message, now: Timestamp) -> Result<Looked> {
    // Also where the import that brought it was ended before it was read.
    let imported = tools.books.store.imported(message.id)?;
    let answers = match imported {
        Some(_) => Answers::No,
        None => Answers::Yes,
    };
    let readable = read(tools, &mut message, imported, now).await?;
    Ok(Looked {
        message,
        readable,
        answers,
    })
}

/// What is to be known of a mail after it was its turn.
enum After {
    /// It was decided on, or its command was carried out.
    GotOn,
    /// It is read again in the next pass.
    PutOff,
    /// It stays unread, and why.
    NotNow(String),
    /// No mail can be read now, and why.
    NoMail(String),
}

/// Decides on a mail that was read.
async fn decide_on(
    tools: &mut Tools<'_>,
    filing: &mut Filing<'_>,
    looked: Looked,
    obey: Obey,
    now: Timestamp,
) -> Result<After> {
    let Books { config, store, .. } = tools.books;
    let (mut message, answers) = (looked.message, looked.answers);
    let mut read = match looked.readable {
        Readable::Yes(read) => *read,
        Readable::NotNow(why) => return Ok(After::NotNow(why)),
        Readable::NoMail(why) => return Ok(After::NoMail(why)),
    };
    // Domains change the keys of their signatures: of old mails they say nothing.
    let put_off = answers == Answers::Yes && identify(tools, &message, &mut read, now).await?;
    if let Some(earlier) = received_earlier(config, store, &message, &read.reading)? {
        store.set_received_at(message.id, earlier)?;
        message.received_at = earlier;
    }
    if put_off {
        files::discard(tools.reader, &read.reading);
        sender::put_off(tools.books, &message, &read.reading, now)?;
        return Ok(After::PutOff);
    }
    if read.reading.class == Class::StaffCommand && answers == Answers::Yes {
        files::discard(tools.reader, &read.reading);
        obey(tools.books, &message, &read.reading, now)?;
        return Ok(After::GotOn);
    }
    Ok(match settle(tools, filing, &message, read, answers, now)? {
        None => After::GotOn,
        Some(why) => After::NotNow(why),
    })
}

/// Looks whether a mail that has just come is a command, and asks who sent it; gives whether it is put off.
async fn identify(
    tools: &Tools<'_>,
    message: &Message,
    read: &mut Read,
    now: Timestamp,
) -> Result<bool> {
    let Books { config, store, .. } = tools.books;
    let (Some(raw), reading) = (&read.raw, &mut read.reading) else {
        return Ok(false);
    };
    command::classify(config, store, message, reading)?;
    Ok(sender::verify(config, tools.verifier, message, reading, raw, now).await)
}

/// Whether a mail waits until a clock that is behind it is mended; one that has waited was stored now.
fn waits_for_clock(
    store: &Store,
    message: &mut Message,
    may_be_behind: bool,
    now: Timestamp,
) -> Result<bool> {
    if may_be_behind && clock::is_behind(message.received_at, now) {
        store.hold_for_clock(message.id)?;
        return Ok(true);
    }
    if store.was_stored_by_a_clock_behind(message, now)? {
        store.set_stored_at(message.id, now)?;
        message.stored_at = now;
    }
    Ok(false)
}

/// Notes that a pass got on.
fn got_on(turn: &mut Option<&mut Turn<'_>>) {
    if let Some(turn) = turn {
        turn.got_on();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::unit::UnitId;
    use crate::matching::Matchers;
    use crate::store::Arrived;
    use std::path::Path;
    use std::sync::Arc;

    #[test]
    fn small_mails_are_read_side_by_side_and_large_ones_and_those_of_staff_by_themselves() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("config");
        let config = Arc::new(Config::load(&folder).unwrap());
        let now: Timestamp = "2026-06-18T00:00:00Z".parse().unwrap();
        let store = Store::in_memory(now).unwrap();
        let staff = config.settings.digest_to[0].as_str();
        let unit = "ldld.tuyhoa@phuyen.example";
        let sent = [
            (unit, 1),
            (staff, 2),
            (unit, LARGE + 1),
            (unit, 3),
            (unit, 4),
            (unit, LARGE),
            (staff, 5),
            (unit, 6),
        ];
        let mut rest = VecDeque::new();
        for (n, (sender, size)) in sent.iter().enumerate() {
            let mail = Arrived {
                size: *size,
                ..Arrived::example(n, now)
            };
            let id = store.record_arrival(&mail, now).unwrap();
            store.note_sender(id, Some(sender), &[]).unwrap();
            rest.push_back(store.message(id).unwrap().unwrap());
        }
        let books = Books {
            config: &config,
            store: &store,
            matchers: &Matchers::default(),
        };
        let mut groups: Vec<Vec<u64>> = Vec::new();
        while !rest.is_empty() {
            let group = next_to_read(books, &mut rest, &mut None, false, now).unwrap();
            groups.push(group.iter().map(|m| m.size).collect());
        }
        assert_eq!(groups.concat(), sent.map(|(_, size)| size));
        for alone in [2, 5, LARGE + 1] {
            assert!(groups.contains(&vec![alone]), "{groups:?}");
        }
        assert!(groups.iter().all(|g| g.len() <= most_readers()));
        let two = most_readers() == 1 || groups.contains(&vec![3, 4]) || most_readers() > 2;
        assert!(two, "{groups:?}");
    }

    #[test]
    fn those_who_write_now_are_read_alone_with_staff_and_what_could_not_be_read_last() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("config");
        let config = Config::load(&folder).unwrap();
        let now: Timestamp = "2026-06-18T00:00:00Z".parse().unwrap();
        let store = Store::in_memory(now).unwrap();
        let staff = config.settings.digest_to[0].clone();
        let sent = ["a@x.example", "b@x.example", &staff, "a@x.example"];
        let mut ids = Vec::new();
        for (n, sender) in sent.iter().enumerate() {
            let id = store
                .record_arrival(&Arrived::example(n, now), now)
                .unwrap();
            let units: &[UnitId] = match n {
                2 => &[],
                _ => &[UnitId("x".into())],
            };
            store.note_sender(id, Some(sender), units).unwrap();
            ids.push(id);
        }
        /// Who writes now, which mail could not be read, how many turns hurried before; which are read, and whether the
        /// others are left.
        type Case<'a> = (&'a [&'a str], Option<usize>, u32, &'a [usize], bool);
        let cases: [Case<'_>; 6] = [
            (&[], None, 0, &[2, 0, 1, 3], false),
            (&["a@x.example"], None, 0, &[2, 0, 3], true),
            (&["b@x.example"], None, 0, &[2, 1], true),
            (&["b@x.example"], None, 3, &[2, 0, 1, 3], false),
            (&["b@x.example"], Some(1), 0, &[2, 0, 3, 1], false),
            (&["c@x.example"], Some(0), 0, &[2, 1, 3, 0], false),
        ];
        for (lately, failed, hurried, wanted, left) in cases {
            let mut backlog = Backlog::default();
            backlog
                .lately
                .extend(lately.iter().map(|a| (*a).to_owned()));
            backlog.not_now.extend(failed.map(|n| ids[n]));
            backlog.hurried = hurried;
            let mut turn = Turn::begin(&config.settings.limits, &mut backlog);
            let mut unread: Vec<Message> = ids
                .iter()
                .map(|id| store.message(*id).unwrap().unwrap())
                .collect();
            in_a_hurry(&config, &mut turn, &mut unread);
            let read: Vec<MessageId> = unread.iter().map(|m| m.id).collect();
            let wanted: Vec<MessageId> = wanted.iter().map(|n| ids[*n]).collect();
            assert_eq!(read, wanted, "{lately:?} {failed:?} {hurried}");
            turn.got_on();
            assert_eq!(turn.goes_on(), left, "{lately:?} {failed:?} {hurried}");
        }
    }
}
