//! The first pass: mailbox → store. Fetch and make durable, then read, match and log, then show.

use std::collections::BTreeSet;

mod arrival;
mod caution;
mod fetch;
mod files;
mod holding;
mod purse;
mod sender;
mod turn;

use anyhow::{Context, Result, bail};
use jiff::{SignedDuration, Timestamp};

use crate::app::App;
use crate::clock::Clock;
use crate::config::{MailboxKind, Show};
use crate::domain::calendar::Calendar;
use crate::domain::date_of;
use crate::domain::owed::Owed;
use crate::domain::unit::{self, Unit, UnitId};
use crate::mailbox::{Mailbox, MailboxError};
use crate::matching::{self, Expected, Known, Match, UnitMatch};
use crate::reading::courtesy::is_mere_courtesy;
use crate::reading::sandbox::Confinement;
use crate::reading::worker::{NotAsSaid, Outcome};
use crate::reading::{Class, Reading, Trust};
use crate::store::{
    Awaited, Imported, Message, MessageState, NewMail, NewSubmission, Part, Store, Verdict,
};
use crate::{expected, manager, staff};

use self::files::Keeping;

pub use files::{take_out_all_that_counts, take_out_what_counts};
pub use turn::Turn;

/// Older mails are logged but no longer acknowledged: the unit would wonder what it is about.
const ACKNOWLEDGED_WITHIN: SignedDuration = SignedDuration::from_hours(24 * 30);

/// After so many looks in a row that each found new mail, reminders do not wait for another one.
const MOST_LOOKS: u32 = 3;
/// More of a header is not looked at where nothing else of a mail can be read.
const LONGEST_HEAD: usize = 64_000;

/// The folders that a mailbox is looked through in.
pub fn folders(kind: &MailboxKind) -> Vec<String> {
    match kind {
        MailboxKind::Imap { folders, .. } => folders.clone(),
        MailboxKind::Maildir { .. } => vec!["INBOX".to_owned()],
    }
}

/// Looks through the mailbox and logs what came, as much as one turn takes. `full`: this is the first look over a
/// connection, and every UID is compared with the store instead of those after the cursor.
///
/// # Errors
/// When the mailbox fails (the connection is of no use then) or the disk does. What was stored stays stored, and is read.
pub async fn pass(
    app: &mut App,
    mailbox: &mut Mailbox,
    full: bool,
    turn: &mut Turn,
    clock: Clock,
) -> Result<()> {
    if let Some(verifier) = &app.verifier {
        verifier.begin_pass();
    }
    for look in 1..=MOST_LOOKS {
        let begun = clock.now();
        let before = app.store.unread_count()?;
        let looked = look_through(app, mailbox, full && look == 1, turn, begun).await;
        let came = app.store.unread_count()? > before;
        read_received(app, Answers::Yes, Some(&mut *turn), clock.now()).await?;
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
    full: bool,
    turn: &mut Turn,
    now: Timestamp,
) -> Result<bool> {
    if app.store.health(Part::Rewound)?.failing().is_some() {
        app.store.succeeded(Part::Rewound, now)?; // it was told, and nothing has to be mended
    }
    let mut whole = true;
    let mut closed = Vec::new();
    for folder in folders(&app.config.settings.mailbox.kind) {
        match fetch::folder(app, mailbox, &folder, full, turn, now).await {
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

// ---- read, match, log ----

/// Whether mails are answered and commands in them carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answers {
    /// They have just come.
    Yes,
    /// They are from before.
    No,
}

/// Reads and decides the mails that are stored and not read yet: those of registered senders first, and as many as a
/// turn takes, where there is one. Where the machine keeps a mail from being read, the mail stays unread for a later round
/// and the reading is noted as failing, which holds every reminder. One whose sender the domain name system did not tell
/// is put off to the next pass, and holds its own units only ([`sender`]).
///
/// # Errors
/// When the store fails.
pub async fn read_received(
    app: &mut App,
    answers: Answers,
    mut turn: Option<&mut Turn>,
    now: Timestamp,
) -> Result<()> {
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
    for mut message in unread {
        if turn.as_mut().is_some_and(|turn| !turn.may_read()) {
            tracing::info!("more came than one pass reads; the next one goes on");
            break;
        }
        manager::step();
        if message.sha256.is_none() {
            continue;
        }
        // Also where the import that brought it was ended before it was read.
        let imported = app.store.imported(message.id)?;
        let answers = match imported {
            Some(_) => Answers::No,
            None => answers,
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
            staff::classify(app, &message, &mut read.reading)?;
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
            staff::obey(app, &message, &read.reading, now)?;
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

/// A stored mail that was read.
struct Read {
    reading: Reading,
    /// Its bytes; `None` where the archive has lost them.
    raw: Option<Vec<u8>>,
    /// Whether it was read in another pass, so that its files are not where the reader puts them.
    before: bool,
}

/// Whether a stored mail could be read.
enum Readable {
    Yes(Box<Read>),
    /// It stays unread for a later round, and why.
    NotNow(String),
    /// No mail can be read now, and why.
    NoMail(String),
}

/// Reads a stored mail, unless that was done when it was put off.
async fn read(
    app: &mut App,
    message: &mut Message,
    imported: Option<Imported>,
    now: Timestamp,
) -> Result<Readable> {
    let sha256 = message.sha256.as_ref().context("it was not fetched")?;
    let raw = match app.archive.get(sha256) {
        Ok(raw) => raw,
        Err(e) => {
            // One mail that the disk has lost must not keep the others from being read.
            tracing::error!(message = message.id, error = %format!("{e:#}"), "a stored mail is damaged");
            app.store.fetch_again(message.id, now)?;
            return Ok(Readable::Yes(Box::new(Read {
                reading: Reading::unreadable("its file in the archive is damaged"),
                raw: None,
                before: false,
            })));
        }
    };
    let known = message.reading.take().filter(|_| message.put_off.is_some());
    let before = known.is_some();
    let outcome = match known {
        Some(known) => Outcome::Read(Box::new(known)),
        None => app.reader.read(&raw).await,
    };
    let mut reading = match outcome {
        Outcome::Read(reading) => *reading,
        Outcome::MailFails(why) => unreadable(app, &raw, &why).await?,
        Outcome::NoRoom(why) => {
            tracing::error!(message = message.id, why, "a mail stays unread");
            return Ok(Readable::NotNow(why));
        }
        Outcome::MachineFails(why) => {
            tracing::error!(why, "no mail can be read");
            return Ok(Readable::NoMail(why));
        }
    };
    if imported == Some(Imported::Parted) {
        trust_less(&mut reading);
    }
    Ok(Readable::Yes(Box::new(Read {
        reading,
        raw: Some(raw),
        before,
    })))
}

/// Decides on a mail that was read and stores all that follows, in one transaction; gives why it stays unread, where its
/// files cannot be stored.
fn settle(
    app: &mut App,
    message: &Message,
    read: Read,
    answers: Answers,
    now: Timestamp,
) -> Result<Option<String>> {
    let mut reading = read.reading;
    let mut decision = decide(app, message, &reading, now)?;
    let mut keeping = match files::of_mail(app, &reading, decision.verdict.state, now)? {
        Keeping::Now if read.before => Keeping::Later, // they are still in it
        keeping => keeping,
    };
    if keeping == Keeping::Now
        && let Err(e) = archive_files(app, &reading)
    {
        let why = format!("{e:#}");
        if !matches!(e.downcast_ref(), Some(NotAsSaid::Untrue(_))) {
            tracing::error!(message = message.id, why, "a mail stays unread");
            return Ok(Some(why));
        }
        // The files were there just now: somebody else stands behind the reading process.
        tracing::error!(
            message = message.id,
            why,
            "the files of a mail were replaced"
        );
        app.reader.distrust();
        reading = Reading {
            class: Class::Unreadable,
            no_answer: true,
            attachments: vec![],
            reasons: vec![why],
            ..reading
        };
        decision = decide(app, message, &reading, now)?;
        keeping = Keeping::InTheMail;
    } else if keeping != Keeping::Now {
        files::discard(app, &reading);
    }
    if decision.awaited.suspicious {
        app.reader.distrust();
    }
    let mut holds = vec![];
    if decision.verdict.state == MessageState::Waiting {
        let meant = units_meant(app, &reading, message.received_at)?;
        let found = decision.found.as_ref();
        holds = match read.raw {
            None => holding::of_nameless(app, now),
            Some(_) => holding::of(app, &reading, &meant, found, message.received_at, now)?,
        };
        let known = &mut decision.verdict.candidates;
        let others = meant.into_iter().filter(|u| !known.contains(u));
        let others: Vec<UnitId> = others.collect();
        known.extend(others);
    }
    tracing::info!(
        message = message.id,
        class = reading.class.word(),
        state = decision.verdict.state.word(),
        unit = decision.verdict.unit.as_ref().map(|u| u.0.as_str()),
        "read a mail"
    );
    app.store.transaction(|s| {
        s.set_reading(message.id, &reading)?;
        if keeping == Keeping::Now {
            s.set_kept(message.id)?;
            s.add_unpacked(date_of(now), files::bytes_of(&reading))?;
        }
        s.set_verdict(message.id, &decision.verdict)?;
        s.set_awaited(message.id, &decision.awaited)?;
        s.set_holds(message.id, &holds)?;
        record_bounce(s, &app.config.settings.digest_to, message, &reading)?;
        for submission in &decision.submissions {
            s.log_submission(submission, now)?;
        }
        if answers == Answers::Yes {
            let arrived = arrival::word(app, s, message, &reading, &decision, now)?;
            for answer in decision.answer.iter().chain(&arrived) {
                s.owe(answer, now)?;
            }
        }
        Ok(())
    })?;
    Ok(None)
}

/// Notes that a pass got on.
fn got_on(turn: &mut Option<&mut Turn>) {
    if let Some(turn) = turn {
        turn.got_on();
    }
}

/// Looks whether mails can be read here, and how that process is confined, before one has come. Done until the process
/// has said so.
///
/// # Errors
/// When the store fails.
pub async fn try_reader(app: &mut App, now: Timestamp) -> Result<()> {
    if app.reader.confinement().is_some() {
        return Ok(());
    }
    match app.reader.trial().await {
        Ok(_) => app.store.succeeded(Part::Reading, now)?,
        Err(e) => {
            let why = format!("{e:#}");
            tracing::error!(why, "no mail can be read");
            app.store.failed(Part::Reading, now, &reader_says(&why))?;
        }
    }
    note_confinement(app, now)
}

/// Why mails stay unread, for staff.
fn reader_says(why: &str) -> String {
    format!("tiến trình đọc thư báo lỗi: “{why}”; thư đã nhận vẫn được giữ và sẽ được đọc sau")
}

fn note_confinement(app: &App, now: Timestamp) -> Result<()> {
    match app.reader.confinement().map(Confinement::lack) {
        Some(Some(lack)) => {
            let told = format!(
                "tiến trình đọc thư thiếu lớp bảo vệ: “{lack}”; đề nghị quản trị viên đối chiếu tệp dịch vụ với deploy/thubaocao.service"
            );
            app.store.failed(Part::Confinement, now, &told)
        }
        Some(None) => app.store.succeeded(Part::Confinement, now),
        None => Ok(()),
    }
}

/// The moment at which a server received a mail, where its file in a Maildir is younger: it was copied since.
fn received_earlier(app: &App, message: &Message, reading: &Reading) -> Result<Option<Timestamp>> {
    let told = match app.config.settings.mailbox.kind {
        MailboxKind::Imap { .. } => app.store.is_dated(message.id)?, // INTERNALDATE is the server's own word
        MailboxKind::Maildir { .. } => false,
    };
    let earlier = reading.received.filter(|at| *at < message.received_at);
    Ok(earlier.filter(|_| !told))
}

/// A mail that cannot be read; its header says whose it is, as far as that can be read.
async fn unreadable(app: &mut App, raw: &[u8], why: &str) -> Result<Reading> {
    let unreadable = Reading::unreadable(why);
    let end = raw
        .windows(2)
        .enumerate()
        .position(|(n, two)| two == b"\n\n" || two == b"\n\r" && raw.get(n + 2) == Some(&b'\n'));
    let head = &raw[..end.map_or(raw.len(), |n| n + 1)];
    let Some(head) = head_of(app, head).await else {
        return Ok(Reading {
            sender: fetch::registered_sender(app, head)?,
            ..unreadable
        });
    };
    Ok(Reading {
        class: unreadable.class,
        reasons: unreadable.reasons,
        ..head
    })
}

/// What a header alone says, as the reading process understands it; `None` where it understands nothing.
async fn head_of(app: &mut App, head: &[u8]) -> Option<Reading> {
    let head = &head[..head.len().min(LONGEST_HEAD)];
    match app.reader.read(head).await {
        Outcome::Read(head) => Some(*head),
        Outcome::MailFails(why) | Outcome::NoRoom(why) | Outcome::MachineFails(why) => {
            tracing::warn!(why, "not even the header of a mail can be read");
            None
        }
    }
}

/// The units that the sender of a mail may write for, by his address alone.
fn units_of_sender(app: &App, reading: &Reading, received_at: Timestamp) -> Result<Vec<UnitId>> {
    match &reading.sender {
        Some(sender) => units_of_address(app, &sender.address, received_at),
        None => Ok(vec![]),
    }
}

/// The units that an address (lower case) may write for.
fn units_of_address(app: &App, address: &str, received_at: Timestamp) -> Result<Vec<UnitId>> {
    let mut units = app.store.learned_units(address)?;
    units.extend(app.store.former_units(address, received_at)?);
    let bearers = app.config.register.bearers(address, date_of(received_at));
    for bearer in bearers {
        if !units.contains(&bearer.unit) {
            units.push(bearer.unit);
        }
    }
    Ok(units)
}

/// The units whose report somebody passes on whom we know: staff, a unit, the mailbox's own account. A stranger who names
/// units holds nobody's reminder by that.
fn units_meant(app: &App, reading: &Reading, received_at: Timestamp) -> Result<Vec<UnitId>> {
    let from_staff = |address: &String| app.config.settings.digest_to.contains(address);
    let known = reading.class == Class::OwnMail
        || reading
            .sender
            .as_ref()
            .is_some_and(|s| from_staff(&s.address))
        || !units_of_sender(app, reading, received_at)?.is_empty();
    if !known || reading.trust == Trust::Fail {
        return Ok(vec![]);
    }
    let (register, day) = (&app.config.register, date_of(received_at));
    let mut meant: Vec<UnitId> = Vec::new();
    if let Some(address) = &reading.forwarded_from {
        meant.extend(register.bearers(address, day).into_iter().map(|b| b.unit));
    }
    for issuer in reading
        .attachments
        .iter()
        .filter_map(|a| a.issuer.as_deref())
    {
        meant.extend(matching::units_named(register, day, issuer));
    }
    // The province asks for the reports, and owes none.
    let asks = |id: &UnitId| {
        let unit = register.nearest(id, day);
        unit.is_some_and(|u| u.kind == unit::Kind::Provincial)
    };
    meant.retain(|id| !asks(id));
    Ok(meant)
}

/// Notes of a mail of ours that came back which of its addresses it did not reach. Others' mails are none of ours, and
/// what anybody may have written is not believed.
fn record_bounce(
    store: &Store,
    staff: &[String],
    message: &Message,
    reading: &Reading,
) -> Result<()> {
    let Some(bounce) = reading.believed_bounce() else {
        return Ok(());
    };
    let Some(original) = &bounce.original_message_id else {
        return Ok(());
    };
    let Some(mail) = store.sent_as(original)? else {
        return Ok(());
    };
    let status = bounce.status.as_deref();
    for address in mail.recipients.iter().map(|a| a.to_lowercase()) {
        let only = bounce.recipients.is_empty() && mail.recipients.len() == 1;
        let named = only || bounce.recipients.contains(&address);
        // The digest goes to staff in any case.
        if named && !staff.contains(&address) {
            store.record_bounce(&address, bounce.kind, status, mail.id, message.received_at)?;
        }
    }
    Ok(())
}

/// What says of itself in an mbox that it was verified may be the text of another mail.
fn trust_less(reading: &mut Reading) {
    if reading.trust == Trust::Pass {
        reading.trust = Trust::Unknown;
        for evidence in reading.chain.iter_mut().filter(|e| e.believed) {
            evidence.believed = false;
            evidence.why =
                "it stands in an mbox, where a mail may hold what looks like another".into();
        }
    }
}

/// The acknowledgement of what a mail brought.
pub fn acknowledgement(message: i64, unit: Option<&UnitId>) -> NewMail {
    NewMail {
        owed: Owed::Acknowledgement(message),
        unit: unit.cloned(),
        message: Some(message),
    }
}

/// Moves the files that the reader found from where it put them to their place. One that lies there already may be
/// damaged, which [`Archive::put`](crate::archive::Archive::put) sees.
fn archive_files(app: &App, reading: &Reading) -> Result<()> {
    let mut seen = BTreeSet::new();
    for file in &reading.attachments {
        if seen.insert(file.sha256)
            && let Some(content) = app.reader.file(file)?
        {
            app.archive.put(&content)?;
            app.reader.forget(file);
        }
    }
    Ok(())
}

/// Takes the files of a mail out of it again and puts them into the archive.
///
/// # Errors
/// When the archive does not hold the mail whole, or the disk fails.
pub async fn take_out_files(app: &mut App, message: i64) -> Result<()> {
    let message = app
        .store
        .message(message)?
        .context("there is no such mail")?;
    let raw = app
        .archive
        .get(&message.sha256.context("it was not fetched")?)?;
    match app.reader.read(&raw).await {
        Outcome::Read(reading) => {
            archive_files(app, &reading)?;
            app.store.set_kept(message.id)
        }
        Outcome::MailFails(why) | Outcome::NoRoom(why) | Outcome::MachineFails(why) => bail!(why),
    }
}

/// What is decided about a mail, with what follows from it.
struct Decision {
    verdict: Verdict,
    submissions: Vec<NewSubmission>,
    answer: Option<NewMail>,
    /// What it may be, where it waits.
    awaited: Awaited,
    /// What matching found.
    found: Option<Match>,
}

impl Decision {
    fn only(state: MessageState, found: Option<&Match>, why: Vec<String>) -> Decision {
        Decision {
            verdict: Verdict {
                state,
                unit: found.and_then(|m| m.unit.certain().cloned()),
                candidates: found.map_or(vec![], |m| m.unit.candidates().to_vec()),
                why,
            },
            submissions: vec![],
            answer: None,
            awaited: found.map_or_else(Awaited::default, awaited),
            found: found.cloned(),
        }
    }
}

/// What a mail may be that waits: the reports that it names, or any where one of its documents is not clear.
fn awaited(found: &Match) -> Awaited {
    let named = found
        .items
        .iter()
        .map(|i| (i.report.clone(), i.period.clone()));
    Awaited {
        reports: if found.unclear {
            vec![]
        } else {
            named.collect()
        },
        suspicious: !found.suspicious.is_empty(),
    }
}

/// Matches a mail against what is known now. `said`: whose staff say that it is.
///
/// # Errors
/// When the store cannot be read.
pub fn match_mail(
    app: &App,
    reading: &Reading,
    received_at: Timestamp,
    said: Option<&UnitId>,
) -> Result<Match> {
    let expected = |unit: Option<&UnitId>| expected::to_come(&app.store, unit);
    let known = known(app, reading, received_at, said, &expected)?;
    app.matcher(date_of(received_at)).decide(reading, &known)
}

/// What is known of a mail besides what stands in it.
///
/// # Errors
/// When the store cannot be read.
pub fn known<'a>(
    app: &App,
    reading: &Reading,
    received_at: Timestamp,
    said: Option<&'a UnitId>,
    expected: &'a Expected<'a>,
) -> Result<Known<'a>> {
    let sender = reading.sender.as_ref().map_or("", |s| s.address.as_str());
    Ok(Known {
        received_at,
        learned: app.store.learned_units(sender)?,
        former: app.store.former_units(sender, received_at)?,
        said,
        history_known: true,
        expected,
    })
}

fn decide(app: &App, message: &Message, reading: &Reading, now: Timestamp) -> Result<Decision> {
    use MessageState::{Duplicate, Noted, Waiting};
    if reading.class == Class::Unreadable {
        let mut why = vec!["không đọc được thư; đề nghị mở trong hộp thư".to_owned()];
        why.extend(reading.reasons.iter().cloned());
        let mut decision = Decision::only(Waiting, None, why);
        decision.verdict.candidates = units_of_sender(app, reading, message.received_at)?;
        return Ok(decision);
    }
    if let Some(first) = app.store.twin(message.id, reading)? {
        return Ok(Decision::only(
            Duplicate,
            None,
            vec![format!("cùng một thư với thư số {first}")],
        ));
    }
    let found = match_mail(app, reading, message.received_at, None)?;
    let from_staff = reading
        .sender
        .as_ref()
        .is_some_and(|s| app.config.settings.digest_to.contains(&s.address));
    let known = found.unit != UnitMatch::None;
    if !reading.class.is_personal() {
        let ours = match &reading.message_id {
            Some(id) => app.store.sent_as(id)?.is_some(),
            None => false,
        };
        return Ok(if is_meant_as_a_report(reading, &found) && !ours {
            let why = format!(
                "thư thuộc loại “{}” nhưng có tệp hoặc nội dung báo cáo",
                reading.class.word()
            );
            Decision::only(Waiting, Some(&found), vec![why])
        } else {
            Decision::only(Noted, None, reading.reasons.clone())
        });
    }
    if reading.trust == Trust::Fail {
        return Ok(if known || reading.has_document() || from_staff {
            let mut why = vec!["thư đáng ngờ: không xác thực được người gửi".to_owned()];
            why.extend(reading.doubt.iter().chain(&found.suspicious).cloned());
            Decision::only(Waiting, Some(&found), why)
        } else {
            Decision::only(Noted, None, reading.reasons.clone())
        });
    }
    if let Some((first, rest)) = found.suspicious.split_first() {
        let mut why = vec![format!("thư đáng ngờ: {first}")];
        why.extend(rest.iter().chain(&found.open).cloned());
        return Ok(Decision::only(Waiting, Some(&found), why));
    }
    // Who is staff and writes for a unit, too, reports like any other unit.
    if from_staff && units_of_sender(app, reading, message.received_at)?.is_empty() {
        // Staff pass on what reached them elsewhere: a report must not be lost for that.
        return Ok(
            if brings_something(reading, &found) || reading.forwarded_from.is_some() {
                let why = vec!["thư do cán bộ Ban chuyển đến, có tệp hoặc thư của đơn vị".into()];
                Decision::only(Waiting, Some(&found), why)
            } else {
                Decision::only(Noted, None, vec!["thư của cán bộ Ban".into()])
            },
        );
    }
    if !known {
        let names_a_report = !found.items.is_empty();
        let in_inbox = app
            .store
            .places(message.id)?
            .iter()
            .any(|p| p.folder.eq_ignore_ascii_case("INBOX"));
        let brings = reading.class != Class::NoAttachment && (in_inbox || names_a_report);
        return Ok(if brings || names_a_report {
            Decision::only(Waiting, Some(&found), found.open.clone())
        } else {
            Decision::only(
                Noted,
                None,
                vec!["thư của người ngoài danh bạ, không có báo cáo".into()],
            )
        });
    }
    let Some(unit) = found.unit.certain().cloned() else {
        return Ok(Decision::only(Waiting, Some(&found), found.open.clone()));
    };
    let mut why = found.open.clone();
    let mut submissions = Vec::new();
    for item in &found.items {
        if item.forms.is_empty() {
            continue;
        }
        match expected::obligation_for(
            &app.config,
            &app.store,
            &unit,
            &item.report,
            &item.period,
            now,
        )? {
            Some(obligation) => submissions.push(submission(message, reading, item, obligation)),
            None => why.push(not_expected(app, &unit, item, message.received_at)),
        }
    }
    // What is still in an archive, or a file that came broken, may be what would be said to be missing.
    if !submissions.is_empty() {
        why.extend(not_wholly_opened(reading));
        why.extend(came_broken(reading));
    }
    let doubts = caution::why(app, message, reading, &submissions)?;
    if !doubts.is_empty() {
        why.extend(doubts);
        return Ok(Decision::only(Waiting, Some(&found), why));
    }
    if submissions.is_empty() && why.is_empty() {
        let answers_us = !reading.references.is_empty();
        if reading.class == Class::NoAttachment && answers_us && is_mere_courtesy(&reading.body) {
            let why = vec!["thư cảm ơn, xác nhận".to_owned()];
            return Ok(Decision::only(Noted, Some(&found), why));
        }
        why.push(nothing_to_log(reading));
    }
    let answers = may_acknowledge(reading, message.received_at, now);
    if !why.is_empty() {
        let above = unit_above(app, &unit, message.received_at);
        if let Some(above) = above.filter(|_| submissions.is_empty()) {
            why.push(format!(
                "công đoàn cơ sở thuộc {}, gửi thẳng lên tỉnh",
                above.short_name
            ));
        }
        let mut decision = Decision::only(Waiting, Some(&found), why);
        // A grassroots union is told once where to report, whatever it sent.
        let owed = match (reading.class, above) {
            (_, Some(_)) if reading.has_document() => Some(Owed::Grassroots(unit.clone())),
            (Class::LinkOnly, None) => Some(Owed::LinkOnly(message.id)),
            _ => None,
        };
        decision.answer = owed.filter(|_| answers).map(|owed| NewMail {
            owed,
            unit: Some(unit),
            message: Some(message.id),
        });
        return Ok(decision);
    }
    Ok(Decision {
        answer: answers.then(|| acknowledgement(message.id, Some(&unit))),
        verdict: Verdict {
            state: MessageState::Logged,
            unit: Some(unit),
            candidates: vec![],
            why: found.reasons.clone(),
        },
        submissions,
        awaited: Awaited::default(),
        found: Some(found),
    })
}

/// Whether a mail has a document, a link to one, or says that nothing happened.
fn brings_something(reading: &Reading, found: &Match) -> bool {
    reading.has_document()
        || reading.link.is_some()
        || found.items.iter().any(|item| item.nil_return)
}

/// Whether a unit may mean a mail as a report although it looks like that of a machine: it may send through a list, from a
/// device that calls itself a machine, and staff put what reached them elsewhere into the mailbox under its own name.
fn is_meant_as_a_report(reading: &Reading, found: &Match) -> bool {
    let known = found.unit != UnitMatch::None;
    match reading.class {
        Class::AutoReply | Class::Bulk | Class::MachineReport => {
            known && brings_something(reading, found)
        }
        Class::OwnMail => brings_something(reading, found) || reading.forwarded_from.is_some(),
        // They carry mails of ours, and those that others sent.
        Class::Bounce
        | Class::DelayNotice
        | Class::DeliveryNotice
        | Class::FeedbackReport
        | Class::ReadReceipt => known && reading.has_document(),
        Class::Report
        | Class::NoAttachment
        | Class::LinkOnly
        | Class::StaffCommand
        | Class::Unreadable => true,
    }
}

/// The unit that a grassroots union reports to, where that is not the province itself.
fn unit_above<'a>(app: &'a App, unit: &UnitId, received_at: Timestamp) -> Option<&'a Unit> {
    let day = date_of(received_at);
    let register = &app.config.register;
    let unit = register.nearest(unit, day)?;
    let indirect =
        unit.kind == unit::Kind::Grassroots && !register.directly_under_province(unit, day);
    register
        .nearest(unit.parent.as_ref()?, day)
        .filter(|_| indirect)
}

/// Whether a mail may be answered by a machine.
pub fn may_acknowledge(reading: &Reading, received_at: Timestamp, now: Timestamp) -> bool {
    !reading.no_answer && now.duration_since(received_at) <= ACKNOWLEDGED_WITHIN
}

/// A submission out of what a mail brought.
pub fn submission(
    message: &Message,
    reading: &Reading,
    item: &matching::Item,
    obligation: i64,
) -> NewSubmission {
    NewSubmission {
        obligation,
        message: Some(message.id),
        // Nothing was received after it was stored here, whatever the server's clock says.
        received_at: message.received_at.min(message.stored_at),
        forms: item.forms,
        nil_return: item.nil_return,
        number: item
            .files
            .iter()
            .find_map(|i| reading.attachments.get(*i)?.number.clone()),
        files: item.files.clone(),
    }
}

fn not_expected(app: &App, unit: &UnitId, item: &matching::Item, at: Timestamp) -> String {
    format!(
        "{} không thuộc diện phải gửi “{}”, {}",
        app.config.unit_name(unit, date_of(at)),
        app.config.report_name(&item.report),
        item.period.in_vietnamese()
    )
}

/// That an archive was not opened wholly, in words for staff.
fn not_wholly_opened(reading: &Reading) -> Option<String> {
    let archive = |kind: &str| matches!(kind, "zip" | "rar" | "7z");
    let mut archives = reading.attachments.iter().filter(|a| archive(&a.kind));
    let closed = archives.find(|a| a.warning.is_some())?;
    Some(format!(
        "tệp “{}” chưa mở được hết (hỏng, thiếu phần hoặc đặt mật khẩu), đề nghị xem trong hộp thư",
        closed.name
    ))
}

/// That a document came broken, in words for staff.
fn came_broken(reading: &Reading) -> Option<String> {
    let mut files = reading.attachments.iter();
    let broken = files.find(|a| a.kind == "damaged")?;
    Some(format!(
        "tệp “{}” bị hỏng nên không mở được, đề nghị xem trong hộp thư",
        broken.name
    ))
}

fn nothing_to_log(reading: &Reading) -> String {
    let of_kinds = |kinds: &[&str]| {
        let mut files = reading.attachments.iter();
        files.find(|a| kinds.contains(&a.kind.as_str()))
    };
    if let Some(a) = of_kinds(&["encrypted"]) {
        return format!("tệp “{}” đặt mật khẩu nên không mở được", a.name);
    }
    if let Some(a) = of_kinds(&["macro", "program"]) {
        return format!(
            "tệp “{}” có chứa macro hoặc là chương trình nên không mở; đề nghị thận trọng",
            a.name
        );
    }
    if let Some(a) = of_kinds(&[
        "zip", "rar", "7z", "tnef", "partial", "damaged", "gz", "archive",
    ]) {
        return format!("tệp “{}” chưa mở được, đề nghị xem trong hộp thư", a.name);
    }
    if reading.class == Class::LinkOnly {
        return "thư chỉ có liên kết tải tệp, chưa có tệp đính kèm".into();
    }
    "thư của đơn vị, không có tệp báo cáo".into()
}

// ---- show ----

async fn show_outcomes(app: &App, mailbox: &mut Mailbox) -> Result<()> {
    let how = app.config.settings.mailbox.show;
    if how == Show::Nothing {
        return Ok(());
    }
    for (message, state) in app.store.unshown()? {
        if matches!(
            state,
            MessageState::Logged | MessageState::Waiting | MessageState::Ignored
        ) {
            for place in app.store.places(message)? {
                match mailbox.show(&place, state, how).await {
                    // A folder or keyword that the server does not allow must not stop anything.
                    Err(MailboxError::Refused { command, answer }) => {
                        tracing::warn!(
                            command,
                            answer,
                            "the mailbox does not show the outcome of a mail"
                        );
                    }
                    other => other?,
                }
            }
        }
        app.store.set_shown(message, state)?;
    }
    Ok(())
}
