//! The first pass: mailbox → store. Fetch and make durable, then read, match and log, then show.

use std::collections::BTreeSet;

use anyhow::{Context, Result, bail};
use jiff::{SignedDuration, Timestamp};

use crate::app::App;
use crate::clock::Clock;
use crate::config::{MailboxKind, Show};
use crate::domain::date_of;
use crate::domain::unit::{self, Unit, UnitId};
use crate::mailbox::{Envelope, Mailbox, MailboxError};
use crate::reading::courtesy::is_mere_courtesy;
use crate::reading::matching::{self, Match, UnitMatch};
use crate::reading::worker::Outcome;
use crate::reading::{Class, Reading, Trust};
use crate::store::{
    Arrived, Awaited, Cursor, Message, MessageState, NewMail, NewSubmission, Part, Place, Receipts,
    Store, Verdict,
};
use crate::writing::Kind;
use crate::{plan, staff};

/// How many mails one FETCH asks for.
const BATCH: usize = 50;
/// How many bytes one FETCH asks for, if more than one mail.
const BATCH_BYTES: u64 = 16_000_000;
/// After so many failures to fetch a mail, staff are told to look at it themselves.
const MOST_FAILURES: u32 = 5;
/// Older mails are logged but no longer acknowledged: the unit would wonder what it is about.
const ACKNOWLEDGED_WITHIN: SignedDuration = SignedDuration::from_hours(24 * 30);

/// The folders that a mailbox is looked through in.
pub fn folders(kind: &MailboxKind) -> Vec<String> {
    match kind {
        MailboxKind::Imap { folders, .. } => folders.clone(),
        MailboxKind::Maildir { .. } => vec!["INBOX".to_owned()],
    }
}

/// Looks through the mailbox and logs what came. `full`: compare every UID with the store instead of those after
/// the cursor; done on every new connection.
///
/// # Errors
/// When the mailbox fails (the connection is of no use then) or the disk does. What was stored stays stored.
pub async fn pass(app: &mut App, mailbox: &mut Mailbox, full: bool, clock: Clock) -> Result<()> {
    let now = clock.now();
    for folder in folders(&app.config.settings.mailbox.kind) {
        fetch_folder(app, mailbox, &folder, full, now)
            .await
            .with_context(|| format!("folder {folder}"))?;
    }
    read_received(app, Answers::Yes, clock.now()).await?;
    // What came and is not read yet may be the report that somebody would be reminded of.
    if app.store.unread_count()? == 0 {
        app.store.succeeded(Part::Mailbox, now)?;
    }
    show_outcomes(app, mailbox).await
}

// ---- fetch ----

async fn fetch_folder(
    app: &App,
    mailbox: &mut Mailbox,
    folder: &str,
    full: bool,
    now: Timestamp,
) -> Result<()> {
    let account = app.config.settings.mailbox.address.as_str();
    let store = &app.store;
    let cursor = store.cursor(account, folder)?;
    let after = cursor
        .filter(|_| !full)
        .map(|c| (c.uidvalidity, c.last_uid));
    let writable = matches!(
        app.config.settings.mailbox.show,
        Show::Keyword | Show::Label
    );
    let listing = mailbox.list(folder, after, writable).await?;
    store.set_special_use(account, folder, listing.special_use)?;
    if let Some(c) = cursor
        && c.uidvalidity != listing.uidvalidity
    {
        tracing::warn!(
            folder,
            old = c.uidvalidity,
            new = listing.uidvalidity,
            "UIDVALIDITY changed; every mail is looked at again, known content is recognised"
        );
    }
    let place = |uid: &str| Place {
        account: account.to_owned(),
        folder: folder.to_owned(),
        uidvalidity: listing.uidvalidity,
        uid: uid.to_owned(),
    };
    let known = if listing.envelopes.is_empty() {
        Default::default()
    } else {
        store.known_uids(account, folder, listing.uidvalidity)?
    };
    let mut wanted: Vec<&Envelope> = Vec::new();
    for envelope in listing.envelopes.iter().filter(|e| !known.contains(&e.uid)) {
        if let Some(gm) = envelope.gm_msgid
            && let Some(message) = store.message_of_gmail(gm)?
        {
            store.add_location(&place(&envelope.uid), message)?;
        } else if let Some((state, why)) = not_fetched(app, envelope) {
            record_unfetched(app, &place(&envelope.uid), envelope, state, &why, now)?;
        } else {
            wanted.push(envelope);
        }
    }
    let suspects = store.failed_uids(account, folder, listing.uidvalidity)?;
    let mut unfinished: Vec<&str> = Vec::new();
    let mut rest = wanted.as_slice();
    while !rest.is_empty() {
        let batch = next_batch(rest, &suspects);
        rest = &rest[batch.len()..];
        let bytes: u64 = batch.iter().map(|e| e.size).sum();
        let limit = app.config.settings.limits.daily_download_bytes;
        if store.fetched(date_of(now))? + bytes > limit {
            tracing::warn!(
                folder,
                "today's download budget is used up; the rest is fetched tomorrow"
            );
            let left = format!(
                "đã tải hết hạn mức trong ngày ({} MB); phần còn lại sẽ tải ngày mai",
                limit / 1_000_000
            );
            store.failed(Part::Download, now, &left)?;
            unfinished.extend(batch.iter().chain(rest).map(|e| e.uid.as_str()));
            break;
        }
        let uids: Vec<String> = batch.iter().map(|e| e.uid.clone()).collect();
        let bodies = match mailbox.fetch(&uids).await {
            Ok(bodies) => bodies,
            Err(e) => {
                for envelope in batch {
                    give_up_on_repeated_failure(app, &place(&envelope.uid), envelope, now)?;
                }
                return Err(e.into());
            }
        };
        let mut arrived = Vec::new();
        for envelope in batch {
            match bodies.iter().find(|(uid, _)| *uid == envelope.uid) {
                Some((_, raw)) => arrived.push(Arrived {
                    place: place(&envelope.uid),
                    sha256: Some(app.archive.put(raw)?),
                    size: raw.len() as u64,
                    received_at: envelope.received_at,
                    gm_msgid: envelope.gm_msgid,
                }),
                // Deleted since it was listed, or a server that says OK and gives nothing: asked again.
                None => {
                    if !give_up_on_repeated_failure(app, &place(&envelope.uid), envelope, now)? {
                        unfinished.push(&envelope.uid);
                    }
                }
            }
        }
        store.transaction(|s| {
            for mail in &arrived {
                s.record_arrival(mail, now)?;
            }
            s.add_fetched(date_of(now), bytes)
        })?;
    }
    let number = |uid: &str| uid.parse::<u32>().unwrap_or(0);
    let last_listed = listing.envelopes.iter().map(|e| number(&e.uid)).max();
    let first_missing = unfinished.iter().map(|uid| number(uid)).min();
    let before = cursor
        .filter(|c| c.uidvalidity == listing.uidvalidity)
        .map_or(0, |c| c.last_uid);
    let last_uid = match (first_missing, last_listed) {
        (Some(missing), _) => before.min(missing.saturating_sub(1)),
        (None, Some(last)) => before.max(last),
        (None, None) => before,
    };
    store.set_cursor(
        account,
        folder,
        Cursor {
            uidvalidity: listing.uidvalidity,
            last_uid,
        },
    )
}

/// The first mails of a list that one FETCH asks for; one that failed before is asked for alone.
fn next_batch<'e>(
    rest: &'e [&'e Envelope],
    suspects: &std::collections::HashSet<String>,
) -> &'e [&'e Envelope] {
    let mut bytes = 0;
    let mut n = 0;
    for envelope in rest.iter().take(BATCH) {
        let alone = suspects.contains(&envelope.uid);
        if n > 0 && (alone || bytes + envelope.size > BATCH_BYTES) {
            break;
        }
        bytes += envelope.size;
        n += 1;
        if alone {
            break;
        }
    }
    &rest[..n]
}

/// Why a mail is not fetched at all, with the state of its row.
fn not_fetched(app: &App, envelope: &Envelope) -> Option<(MessageState, String)> {
    let settings = &app.config.settings;
    if let Some(since) = settings.mailbox.since
        && date_of(envelope.received_at) < since
    {
        return Some((
            MessageState::Noted,
            "thư nhận trước ngày bắt đầu theo dõi".into(),
        ));
    }
    let limit = settings.limits.message_bytes;
    (envelope.size > limit).then(|| {
        let why = format!(
            "thư quá lớn ({} MB) nên chưa tải về; đề nghị mở trong hộp thư",
            envelope.size / 1_000_000
        );
        (MessageState::Waiting, why)
    })
}

fn record_unfetched(
    app: &App,
    place: &Place,
    envelope: &Envelope,
    state: MessageState,
    why: &str,
    now: Timestamp,
) -> Result<()> {
    app.store.transaction(|s| {
        let id = s.record_arrival(
            &Arrived {
                place: place.clone(),
                sha256: None,
                size: envelope.size,
                received_at: envelope.received_at,
                gm_msgid: envelope.gm_msgid,
            },
            now,
        )?;
        s.set_verdict(
            id,
            &Verdict {
                state,
                unit: None,
                candidates: vec![],
                why: vec![why.to_owned()],
            },
        )
    })
}

/// Counts a failure to fetch a mail; after several, gives it a row that staff see. Whether it did.
fn give_up_on_repeated_failure(
    app: &App,
    place: &Place,
    envelope: &Envelope,
    now: Timestamp,
) -> Result<bool> {
    let times = app.store.count_fetch_failure(place)?;
    if times < MOST_FAILURES {
        return Ok(false);
    }
    tracing::error!(
        folder = place.folder,
        uid = place.uid,
        "the server does not give this mail; staff are told"
    );
    let why = format!(
        "máy chủ không trả được thư này ({times} lần); đề nghị mở trong hộp thư, thư mục {}",
        place.folder
    );
    record_unfetched(app, place, envelope, MessageState::Waiting, &why, now)?;
    Ok(true)
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

/// Reads and decides every mail that is stored and not read yet. Where the machine keeps a mail from being read, the
/// mail stays unread for a later round and the reading is noted as failing, which holds every reminder.
///
/// # Errors
/// When the store fails.
pub async fn read_received(app: &mut App, answers: Answers, now: Timestamp) -> Result<()> {
    let unread = app.store.unread()?;
    if unread.is_empty() {
        return Ok(());
    }
    plan::expect(app, now)?;
    let mut fault = None;
    for mut message in unread {
        let Some(sha256) = &message.sha256 else {
            continue;
        };
        let reading = match app.archive.get(sha256) {
            Ok(raw) => {
                let mut reading = match app.reader.read(&raw).await {
                    Outcome::Read(reading) => *reading,
                    Outcome::MailFails(why) => Reading::unreadable(&why),
                    Outcome::NoRoom(why) => {
                        tracing::error!(message = message.id, why, "a mail stays unread");
                        fault = Some(why);
                        continue;
                    }
                    Outcome::MachineFails(why) => {
                        tracing::error!(why, "no mail can be read");
                        fault = Some(why);
                        break;
                    }
                };
                // Domains change the keys of their signatures: of old mails they say nothing.
                if answers == Answers::Yes {
                    verify(app, &mut reading, &raw).await;
                }
                reading
            }
            Err(e) => {
                // One mail that the disk has lost must not keep the others from being read.
                tracing::error!(message = message.id, error = %format!("{e:#}"), "a stored mail is damaged");
                app.store.fetch_again(message.id, now)?;
                Reading::unreadable("its file in the archive is damaged")
            }
        };
        if let Err(e) = archive_files(app, &reading) {
            let why = format!("{e:#}");
            tracing::error!(message = message.id, why, "a mail stays unread");
            fault = Some(why);
            continue;
        }
        if let Some(earlier) = received_earlier(app, &message, &reading) {
            app.store.set_received_at(message.id, earlier)?;
            message.received_at = earlier;
        }
        if reading.class == Class::StaffCommand && answers == Answers::Yes {
            staff::obey(app, &message, &reading, now)?;
            continue;
        }
        let decision = decide(app, &message, &reading, now)?;
        tracing::info!(
            message = message.id,
            class = reading.class.word(),
            state = decision.verdict.state.word(),
            unit = decision.verdict.unit.as_ref().map(|u| u.0.as_str()),
            "read a mail"
        );
        app.store.transaction(|s| {
            s.set_reading(message.id, &reading)?;
            s.set_verdict(message.id, &decision.verdict)?;
            s.set_awaited(message.id, &decision.awaited)?;
            record_bounce(s, &message, &reading)?;
            for submission in &decision.submissions {
                s.log_submission(submission, now)?;
            }
            if let (Some(answer), Answers::Yes) = (&decision.answer, answers) {
                s.owe(answer, now)?;
            }
            Ok(())
        })?;
    }
    match fault {
        Some(why) => app.store.failed(Part::Reading, now, &why),
        None => app.store.succeeded(Part::Reading, now),
    }
}

/// The moment at which a server received a mail, where its file in a Maildir is younger: it was copied since.
fn received_earlier(app: &App, message: &Message, reading: &Reading) -> Option<Timestamp> {
    match app.config.settings.mailbox.kind {
        MailboxKind::Imap { .. } => None, // INTERNALDATE is the server's own word
        MailboxKind::Maildir { .. } => reading.received.filter(|at| *at < message.received_at),
    }
}

/// Notes of a mail of ours that came back which of its addresses it did not reach. Others' mails are none of ours.
fn record_bounce(store: &Store, message: &Message, reading: &Reading) -> Result<()> {
    let Some(bounce) = &reading.bounce else {
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
        if only || bounce.recipients.contains(&address) {
            store.record_bounce(&address, bounce.kind, status, mail.id, message.received_at)?;
        }
    }
    Ok(())
}

/// Asks who sent a mail that somebody may act on, where the mailbox's server did not tell.
async fn verify(app: &App, reading: &mut Reading, raw: &[u8]) {
    let acted_on = reading.class.is_personal() || reading.class == Class::StaffCommand;
    let Some(verifier) = &app.verifier else {
        return;
    };
    if acted_on && reading.trust == Trust::Unknown {
        let (trust, why) = verifier.judge(raw).await;
        reading.trust = trust;
        reading.no_answer |= trust == Trust::Fail;
        reading.doubt = why;
    }
}

/// The acknowledgement of what a mail brought.
pub fn acknowledgement(message: i64, unit: Option<&UnitId>) -> NewMail {
    NewMail {
        key: format!("ack:{message}"),
        kind: Kind::Acknowledgement,
        unit: unit.cloned(),
        message: Some(message),
    }
}

/// Moves the files that the reader found from where it put them to their place. One that lies there already may be
/// damaged, which [`Archive::put`](crate::archive::Archive::put) sees.
fn archive_files(app: &App, reading: &Reading) -> Result<()> {
    let Some(folder) = app.reader.files() else {
        return Ok(());
    };
    let names: BTreeSet<&str> = reading
        .attachments
        .iter()
        .map(|a| a.sha256.as_str())
        .collect();
    for name in names {
        let staged = folder.join(name);
        let content = std::fs::read(&staged)
            .with_context(|| format!("the reader did not leave {}", staged.display()))?;
        app.archive.put(&content)?;
        let _ = std::fs::remove_file(&staged); // the folder goes with the reader at the latest
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
        Outcome::Read(reading) => archive_files(app, &reading),
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

/// Matches a mail against what is known now.
///
/// # Errors
/// When the store cannot be read.
pub fn match_mail(app: &App, reading: &Reading, received_at: Timestamp) -> Result<Match> {
    let learned = match &reading.sender {
        Some(sender) => app.store.learned_units(&sender.address)?,
        None => vec![],
    };
    let obligations = app.store.obligations(Receipts::All)?;
    Ok(matching::decide(
        reading,
        &matching::Context {
            staff: &app.config.settings.digest_to,
            department: crate::app::asking(&app.config),
            register: &app.config.register,
            reports: &app.config.reports,
            obligations: &obligations,
            history_known: true,
            learned: &learned,
            received_at,
        },
    ))
}

fn decide(app: &App, message: &Message, reading: &Reading, now: Timestamp) -> Result<Decision> {
    use MessageState::{Duplicate, Noted, Waiting};
    if reading.class == Class::Unreadable {
        let mut why = vec!["không đọc được thư; đề nghị mở trong hộp thư".to_owned()];
        why.extend(reading.reasons.iter().cloned());
        return Ok(Decision::only(Waiting, None, why));
    }
    if let Some(first) = app.store.twin(message.id, reading)? {
        return Ok(Decision::only(
            Duplicate,
            None,
            vec![format!("cùng một thư với thư số {first}")],
        ));
    }
    let found = match_mail(app, reading, message.received_at)?;
    let from_staff = reading
        .sender
        .as_ref()
        .is_some_and(|s| app.config.settings.digest_to.contains(&s.address));
    let known = found.unit != UnitMatch::None;
    if !reading.class.is_personal() {
        // A unit may send through a list or from a device that calls itself a machine.
        return Ok(
            if reading.has_document() && known && reading.class != Class::OwnMail {
                let why = format!(
                    "thư thuộc loại “{}” nhưng có tệp báo cáo",
                    reading.class.word()
                );
                Decision::only(Waiting, Some(&found), vec![why])
            } else {
                Decision::only(Noted, None, reading.reasons.clone())
            },
        );
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
    if from_staff {
        // Staff pass on what reached them elsewhere: a report must not be lost for that.
        return Ok(
            if reading.has_document() || reading.forwarded_from.is_some() {
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
        match plan::obligation_for(app, &unit, &item.report, &item.period, now)? {
            Some(obligation) => submissions.push(submission(message, reading, item, obligation)),
            None => why.push(not_expected(app, &unit, item, message.received_at)),
        }
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
        let key = match (reading.class, above) {
            (_, Some(_)) if reading.has_document() => Some(format!("parent:{unit}")),
            (Class::LinkOnly, None) => Some(format!("link:{}", message.id)),
            _ => None,
        };
        decision.answer = key.filter(|_| answers).map(|key| NewMail {
            key,
            kind: Kind::Notice,
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
    })
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
        received_at: message.received_at,
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
    if let Some(a) = of_kinds(&["zip", "rar", "7z", "tnef", "partial", "damaged", "gz"]) {
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
