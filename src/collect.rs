//! The first pass: mailbox → store. Fetch and make durable, then read, match and log, then show.

mod arrival;
mod caution;
mod decide;
mod facts;
mod fetch;
mod files;
mod holding;
mod purse;
mod read;
mod record;
mod sender;
mod show;
mod turn;

use anyhow::Result;
use jiff::Timestamp;

use crate::app::App;
use crate::clock::Clock;
use crate::config::MailboxKind;
use crate::domain::calendar::Calendar;
use crate::mailbox::{Mailbox, MailboxError};
use crate::reading::{Class, Reading};
use crate::store::{Message, Part};
use crate::{clock, expected, manager};

use self::read::{Readable, note_confinement, read, reader_says, received_earlier};
use self::record::settle;
use self::show::show_outcomes;

pub use facts::{known, match_mail};
pub use files::{take_out_all_that_counts, take_out_what_counts};
pub use read::try_reader;
pub use record::{acknowledgement, may_acknowledge, submission, take_out_files};
pub use turn::Turn;

/// After so many looks in a row that each found new mail, reminders do not wait for another one.
const MOST_LOOKS: u32 = 3;
/// The folders that a mailbox is looked through in.
pub fn folders(kind: &MailboxKind) -> Vec<String> {
    match kind {
        MailboxKind::Imap { folders, .. } => folders.clone(),
        MailboxKind::Maildir { .. } => vec!["INBOX".to_owned()],
    }
}

/// How much of the mailbox a pass compares with the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Every mail: this is the first look over a connection.
    All,
    /// What came after the cursor of each folder.
    New,
}

/// Looks through the mailbox and logs what came, as much as one turn takes.
///
/// # Errors
/// When the mailbox fails (the connection is of no use then) or the disk does. What was stored stays stored, and is read.
pub async fn pass(
    app: &mut App,
    mailbox: &mut Mailbox,
    reach: Reach,
    commands: Commands,
    turn: &mut Turn,
    clock: Clock,
) -> Result<()> {
    if let Some(verifier) = &app.verifier {
        verifier.begin_pass();
    }
    for look in 1..=MOST_LOOKS {
        let begun = clock.now();
        let before = app.store.unread_count()?;
        let reach = if look == 1 { reach } else { Reach::New };
        let looked = look_through(app, mailbox, reach, turn, begun).await;
        let came = app.store.unread_count()? > before;
        read_received(app, commands, Some(&mut *turn), clock).await?;
        if !looked? || !nothing_stands_out(app, begun)? {
            break;
        }
        // More may have come while these were fetched and read: the look that counts is one that found nothing.
        if !came || look == MOST_LOOKS {
            app.store.succeeded(Part::Mailbox, begun)?;
            break;
        }
    }
    take_out_what_counts(app, clock.now()).await?;
    show_outcomes(app, mailbox).await
}

/// Whether no mail that is stored keeps the mailbox from counting as looked through.
fn nothing_stands_out(app: &App, now: Timestamp) -> Result<bool> {
    let unread = app.store.oldest_unread()?;
    let fails = app.store.health(Part::Reading)?.failing().is_some();
    let recent = unread.is_some_and(|since| is_recent(&app.config.calendar, since, now));
    Ok(!turn::hold_all(unread.is_some(), fails, recent))
}

/// Takes what is new in every folder; gives whether the mailbox was wholly looked through. A folder that cannot be opened
/// keeps no other from being read.
async fn look_through(
    app: &mut App,
    mailbox: &mut Mailbox,
    reach: Reach,
    turn: &mut Turn,
    now: Timestamp,
) -> Result<bool> {
    if app.store.health(Part::Rewound)?.failing().is_some() {
        app.store.succeeded(Part::Rewound, now)?; // it was told, and nothing has to be mended
    }
    let mut whole = true;
    let mut closed = Vec::new();
    for folder in folders(&app.config.settings.mailbox.kind) {
        match fetch::folder(app, mailbox, &folder, reach, turn, now).await {
            Ok(taken) => whole &= taken,
            Err(e) => match e.downcast_ref().and_then(cannot_be_opened) {
                Some(why) => closed.push(format!("{folder}: {why}")),
                None => return Err(e.context(format!("folder {folder}"))),
            },
        }
    }
    if closed.is_empty() {
        app.store.succeeded(Part::Folder, now)?;
        return Ok(whole);
    }
    let closed = closed.join("; ");
    tracing::error!(closed, "a folder cannot be opened; the others are read");
    app.store.failed(Part::Folder, now, &closed)?;
    let since = app.store.health(Part::Folder)?.failing_since;
    Ok(whole && !is_recent(&app.config.calendar, since.unwrap_or(now), now))
}

/// Why a folder cannot be opened, in words for staff, where that is no fault of the mailbox as a whole.
fn cannot_be_opened(e: &MailboxError) -> Option<String> {
    match e {
        MailboxError::NoFolder { there, .. } => Some(format!(
            "hộp thư không có thư mục này; các thư mục hiện có: {}",
            there.join(", ")
        )),
        MailboxError::Refused { command, answer }
            if ["SELECT", "EXAMINE"].contains(&command.as_str()) =>
        {
            Some(format!("máy chủ không cho mở thư mục: “{answer}”"))
        }
        _ => None,
    }
}

/// For one working day a folder that is not read holds the reminders, as reports may lie in it; staff are told meanwhile.
fn is_recent(calendar: &Calendar, since: Timestamp, now: Timestamp) -> bool {
    now <= calendar.later(since, 1)
}

/// What sees to the commands of staff, from the floor above: they are carried out in turn with the other mails, as the
/// mailbox counts as looked through only where all is seen to.
#[derive(Clone, Copy)]
pub struct Commands {
    /// Looks whether a mail of staff is a command, and classes it so.
    pub classify: fn(&App, &Message, &mut Reading) -> Result<()>,
    /// Carries out the command in a mail, and answers it.
    pub obey: fn(&App, &Message, &Reading, Timestamp) -> Result<()>,
}

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
///
/// # Errors
/// When the store fails.
pub async fn read_received(
    app: &mut App,
    commands: Commands,
    mut turn: Option<&mut Turn>,
    clock: Clock,
) -> Result<()> {
    let now = clock.now();
    let most = turn.as_ref().map_or(u32::MAX, |t| t.left_to_read());
    let mut unread = app
        .store
        .unread(&app.config.settings.digest_to, most.saturating_add(1))?;
    if unread.is_empty() {
        return Ok(());
    }
    if let (0, Some(turn)) = (most, &mut turn) {
        turn.cut_short();
        return Ok(()); // nothing is known of the reader
    }
    unread.sort_by_key(|message| sender::rank(app, message));
    expected::expect(&app.config, &app.store, now)?;
    let mut fault = None;
    let may_be_behind = clock::may_be_behind(&app.store, clock)?;
    for mut message in unread {
        if turn.as_mut().is_some_and(|turn| !turn.may_read()) {
            tracing::info!("more came than one pass reads; the next one goes on");
            break;
        }
        manager::step();
        if message.sha256.is_none() {
            continue;
        }
        if waits_for_clock(app, &mut message, may_be_behind, now)? {
            continue;
        }
        // Also where the import that brought it was ended before it was read.
        let imported = app.store.imported(message.id)?;
        let answers = match imported {
            Some(_) => Answers::No,
            None => Answers::Yes,
        };
        let mut read = match read(app, &mut message, imported, now).await? {
            Readable::Yes(read) => *read,
            Readable::NotNow(why) => {
                fault = Some(why);
                continue;
            }
            Readable::NoMail(why) => {
                fault = Some(why);
                break;
            }
        };
        let mut put_off = false;
        // Domains change the keys of their signatures: of old mails they say nothing.
        if let Some(raw) = read.raw.as_ref().filter(|_| answers == Answers::Yes) {
            (commands.classify)(app, &message, &mut read.reading)?;
            put_off = sender::verify(app, &message, &mut read.reading, raw, now).await;
        }
        if let Some(earlier) = received_earlier(app, &message, &read.reading)? {
            app.store.set_received_at(message.id, earlier)?;
            message.received_at = earlier;
        }
        if put_off {
            files::discard(app, &read.reading);
            sender::put_off(app, &message, &read.reading, now)?;
            continue;
        }
        if read.reading.class == Class::StaffCommand && answers == Answers::Yes {
            files::discard(app, &read.reading);
            (commands.obey)(app, &message, &read.reading, now)?;
            got_on(&mut turn);
            continue;
        }
        match settle(app, &message, read, answers, now)? {
            None => got_on(&mut turn),
            Some(why) => fault = Some(why),
        }
    }
    match fault {
        Some(why) => app.store.failed(Part::Reading, now, &reader_says(&why))?,
        None => app.store.succeeded(Part::Reading, now)?,
    }
    note_confinement(app, now)
}

/// Whether a mail waits until a clock that is behind it is mended; one that has waited was stored now.
fn waits_for_clock(
    app: &App,
    message: &mut Message,
    may_be_behind: bool,
    now: Timestamp,
) -> Result<bool> {
    if may_be_behind && clock::is_behind(message.received_at, now) {
        app.store.hold_for_clock(message.id)?;
        return Ok(true);
    }
    if app.store.was_stored_by_a_clock_behind(message, now)? {
        app.store.set_stored_at(message.id, now)?;
        message.stored_at = now;
    }
    Ok(false)
}

/// Notes that a pass got on.
fn got_on(turn: &mut Option<&mut Turn>) {
    if let Some(turn) = turn {
        turn.got_on();
    }
}
