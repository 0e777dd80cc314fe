//! What a mail that is owed says at this moment, if it is still owed: gathers from the store, hands to `writing`.

mod digest;

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use jiff::civil::{Date, Time};
use jiff::{Timestamp, ToSpan};

use crate::commands;
use crate::config::Config;
use crate::domain::obligation::Obligation;
use crate::domain::owed::Owed;
use crate::domain::reminder::Step;
use crate::domain::submission::Submission;
use crate::domain::unit::{Addressee, Unit, UnitId};
use crate::domain::{date_of, instant, vietnamese_moment};
use crate::links::Links;
use crate::links::token::{Action, Item};
use crate::reading::Trust;
use crate::standing;
use crate::standing::Holds;
use crate::store::{Message, MessageState, Outgoing, Receipts, StaffCommand, Store};
use crate::writing::{self, Draft, Enclosure, LetterItem, Receipt, Reply};

pub use digest::digest;

/// Whether a mail is owed at the moment of sending, and what it says.
#[derive(Debug)]
pub enum Composed {
    /// It is.
    Ready(Draft),
    /// Not now: something waits for a person.
    Hold,
    /// No longer, and why.
    Dropped(String),
    /// It is, and cannot be written as things stand: why, in words for staff.
    Blocked(String),
}

/// The unit of a mail as the register has it; else what keeps the mail from being written, until the administrator has
/// said what became of the unit or of a report.
fn registered<'c, 'r>(
    config: &'c Config,
    unit: &UnitId,
    reports: impl IntoIterator<Item = &'r str>,
    day: Date,
) -> Result<&'c Unit, String> {
    for report in reports {
        if config.report(report).is_none() {
            return Err(format!("báo cáo {report} không có trong reports.toml"));
        }
    }
    let unit_row = config.register.nearest(unit, day);
    unit_row.ok_or_else(|| format!("đơn vị {unit} không có trong danh bạ đơn vị (units.csv)"))
}

/// Composes a mail of the outbox.
///
/// # Errors
/// When the store or a template fails.
pub fn compose(
    config: &Config,
    store: &Store,
    mail: &Outgoing,
    now: Timestamp,
) -> Result<Composed> {
    match &mail.owed {
        Owed::Acknowledgement(_) => acknowledgement(config, store, mail),
        Owed::Arrived(_) => arrived(config, store, mail),
        Owed::LinkOnly(_) => link_only(config, store, mail, now),
        Owed::Grassroots(_) => grassroots(config, store, mail),
        Owed::Returned(row) => returned(config, store, mail, *row),
        Owed::StaffAnswer(_) => command_answer(config, store, mail, now),
        Owed::StaffAnswers { day, address } => together(config, store, *day, address, now),
        Owed::DecidedAnew { message, address } => decided_anew(config, store, *message, address),
        Owed::Confirmation(_) => confirmation(config, store, mail, now),
        Owed::Reminder { .. } => reminder(config, store, mail, now),
        Owed::Digest { day, address } => {
            let address = address.as_deref();
            if address.is_some_and(|a| !config.settings.digest_to.iter().any(|s| s == a)) {
                let why = "địa chỉ này không còn trong danh sách cán bộ (staff.digest_to)";
                return Ok(Composed::Dropped(why.into()));
            }
            Ok(Composed::Ready(digest(config, store, *day, address, now)?))
        }
    }
}

/// The acknowledgement of what a mail brought; of what several brought, where it tells them in the stead of others.
fn acknowledgement(config: &Config, store: &Store, mail: &Outgoing) -> Result<Composed> {
    let message = answered(store, mail)?;
    let Some(reply) = reply_to(&message) else {
        return Ok(Composed::Dropped("the mail has no sender".into()));
    };
    let others = store.told_in(mail.id)?;
    let reply = match others.is_empty() {
        true => reply,
        // It answers none of them in particular.
        false => Reply {
            subject: "",
            thread: vec![],
            ..reply
        },
    };
    let mut messages = vec![message.clone()];
    for other in others {
        messages.extend(store.message(other)?);
    }
    let mut submissions: Vec<(&Message, Submission)> = Vec::new();
    for message in &messages {
        let logged = store.submissions_of(message.id)?;
        submissions.extend(logged.into_iter().map(|s| (message, s)));
    }
    let Some((_, first)) = submissions.first() else {
        return Ok(Composed::Dropped(
            "nothing of the mail is logged any more".into(),
        ));
    };
    let day = date_of(message.received_at);
    let reports = submissions.iter().map(|(_, s)| s.report.as_str());
    let unit = match registered(config, &first.unit, reports, day) {
        Ok(unit) => unit,
        Err(why) => return Ok(Composed::Blocked(why)),
    };
    let obligations = store.obligations(Receipts::All)?;
    let receipts: Vec<Receipt<'_>> = submissions
        .iter()
        .filter_map(|(message, submission)| {
            let obligation = obligations.iter().find(|o| {
                o.unit == submission.unit
                    && o.report == submission.report
                    && o.period == submission.period
            })?;
            let files = message.reading.iter().flat_map(|r| &r.attachments);
            let document = files
                .into_iter()
                .find(|a| a.number.is_some() && a.number == submission.number);
            Some(Receipt {
                dated: document.and_then(|a| a.dated.as_ref()?.parse().ok()),
                submission,
                obligation,
            })
        })
        .collect();
    let draft = writing::acknowledgement(config, unit, reply, &receipts)?;
    Ok(Composed::Ready(draft))
}

/// The mail that one of ours answers.
fn answered(store: &Store, mail: &Outgoing) -> Result<Message> {
    let id = mail.message.context("an answer without a mail")?;
    store.message(id)?.context("the answered mail is gone")
}

/// An answer to the sender himself: a Reply-To may point anywhere. `None` where the mail was not read or has no sender.
fn reply_to(message: &Message) -> Option<Reply<'_>> {
    let reading = message.reading.as_ref()?;
    let sender = reading.sender.as_ref()?;
    let mut thread = reading.references.clone();
    thread.extend(reading.message_id.clone());
    Some(Reply {
        to: &sender.address,
        subject: &reading.subject,
        thread,
    })
}

/// That a mail has arrived and is looked at; nothing once staff have decided.
fn arrived(config: &Config, store: &Store, mail: &Outgoing) -> Result<Composed> {
    let dropped = |why: &str| Ok(Composed::Dropped(why.into()));
    let message = answered(store, mail)?;
    if message.state != MessageState::Waiting {
        return dropped("staff have decided on the mail");
    }
    let Some(reply) = reply_to(&message) else {
        return dropped("the mail has no sender");
    };
    let day = date_of(message.received_at);
    let unit = mail.unit.as_ref();
    let unit = unit.and_then(|u| config.register.nearest(u, day));
    let draft = writing::arrived(config, unit, reply, message.received_at)?;
    Ok(Composed::Ready(draft))
}

/// That a grassroots union reports to the unit above it.
fn grassroots(config: &Config, store: &Store, mail: &Outgoing) -> Result<Composed> {
    let dropped = |why: &str| Ok(Composed::Dropped(why.into()));
    let message = answered(store, mail)?;
    let (Some(unit), Some(reply)) = (&mail.unit, reply_to(&message)) else {
        return dropped("the mail was not read");
    };
    let day = date_of(message.received_at);
    let register = &config.register;
    let Some(unit) = register.nearest(unit, day) else {
        return dropped("the unit is not in the register any more");
    };
    let parent = unit.parent.as_ref();
    let Some(parent) = parent.and_then(|p| register.nearest(p, day)) else {
        return dropped("the unit has no unit above it any more");
    };
    Ok(Composed::Ready(writing::grassroots(
        config,
        unit,
        parent,
        reply,
        message.received_at,
    )?))
}

/// What became of a command of staff, with the way back.
fn command_answer(
    config: &Config,
    store: &Store,
    mail: &Outgoing,
    now: Timestamp,
) -> Result<Composed> {
    let message = answered(store, mail)?;
    let command = store
        .command_in(message.id)?
        .context("the command is gone")?;
    let Some(reply) = reply_to(&message) else {
        return Ok(Composed::Dropped("the mail has no sender".into()));
    };
    let undo = undo(config, store, &command, reply.to, now)?;
    let nobody_vouches = message
        .reading
        .as_ref()
        .is_some_and(|r| r.trust != Trust::Pass);
    // Anybody may have written its subject.
    let reply = match nobody_vouches && command.token.is_none() {
        true => Reply {
            subject: "",
            ..reply
        },
        false => reply,
    };
    Ok(Composed::Ready(writing::staff_answer(
        config,
        reply,
        &command.outcome,
        undo.as_deref(),
    )?))
}

/// That the command in a mail has changed what one of staff had decided.
fn decided_anew(config: &Config, store: &Store, message: i64, address: &str) -> Result<Composed> {
    let command = store.command_in(message)?;
    let command = command.context("the command is gone")?;
    if !config.settings.digest_to.iter().any(|s| s == address) {
        let why = "it is no longer the address of staff";
        return Ok(Composed::Dropped(why.into()));
    }
    let undone = match command.correction {
        Some(row) => store.correction(row)?.is_none_or(|c| c.undone_by.is_some()),
        None => true,
    };
    if undone {
        return Ok(Composed::Dropped("it was taken back".into()));
    }
    let reply = Reply {
        to: address,
        subject: "",
        thread: vec![],
    };
    let draft = writing::decided_anew(config, reply, &command.who, &command.outcome)?;
    Ok(Composed::Ready(draft))
}

/// Whether staff sent a command; nothing once that is settled.
fn confirmation(
    config: &Config,
    store: &Store,
    mail: &Outgoing,
    now: Timestamp,
) -> Result<Composed> {
    let dropped = |why: &str| Ok(Composed::Dropped(why.into()));
    let message = answered(store, mail)?;
    if message.state != MessageState::Waiting {
        return dropped("the command is settled");
    }
    let (Some(reading), Some(reply)) = (&message.reading, reply_to(&message)) else {
        return dropped("the mail was not read");
    };
    if !config.settings.digest_to.iter().any(|a| a == reply.to) {
        return dropped("the address is no longer one of staff");
    }
    let address = &config.settings.mailbox.address;
    let Some(links) = Links::of(store, address, date_of(now), reply.to)? else {
        return dropped("the store has no key of commands");
    };
    // Anybody may have written the mail: what would be done is told, not what it says.
    let question = commands::question(config, store, &message, reading, date_of(now))?;
    let Some(question) = question else {
        return dropped("the command can no longer be carried out");
    };
    let asks = writing::Confirmation {
        effect: question.effect,
        decided: question.decided,
        verified: reading.trust == Trust::Pass,
        received: vietnamese_moment(message.received_at),
        token: links.confirmation(message.id),
    };
    Ok(Composed::Ready(writing::confirmation(config, reply, asks)?))
}

/// The token by which one of staff takes back what a command did, where that can be.
fn undo(
    config: &Config,
    store: &Store,
    command: &StaffCommand,
    address: &str,
    now: Timestamp,
) -> Result<Option<String>> {
    let Some(row) = command.correction else {
        return Ok(None);
    };
    let made = store.correction(row)?;
    let reversible =
        made.is_some_and(|made| made.change.inverse.is_some() && made.undone_by.is_none());
    let mailbox = &config.settings.mailbox.address;
    let links = Links::of(store, mailbox, date_of(now), address)?.filter(|_| reversible);
    Ok(links.map(|links| links.token(Item::Change(row), Action::Undo)))
}

/// What became of the commands of a day that were above the cap of answers; when that day is over.
fn together(
    config: &Config,
    store: &Store,
    day: Date,
    address: &str,
    now: Timestamp,
) -> Result<Composed> {
    // A day that lies ahead is one of a clock that was wrong.
    if date_of(now) == day {
        return Ok(Composed::Hold);
    }
    if !config.settings.digest_to.iter().any(|s| s == address) {
        return Ok(Composed::Dropped(
            "it is no longer the address of staff".into(),
        ));
    }
    let midnight = |day: Date| instant(day, Time::midnight());
    let span = (midnight(day), midnight(day.saturating_add(1.day())));
    let mut told = Vec::new();
    for command in store.told_together(address, span)? {
        let mail = store.message(command.message)?;
        told.push(writing::CommandTold {
            subject: mail.and_then(|m| m.subject).unwrap_or_default(),
            undo: undo(config, store, &command, address, now)?,
            outcome: command.outcome,
        });
    }
    if told.is_empty() {
        return Ok(Composed::Dropped("no command of that day is left".into()));
    }
    let draft = writing::staff_answers(config, address, day, commands::ANSWERS_A_DAY, told)?;
    Ok(Composed::Ready(draft))
}

/// That a report is sent back; to whoever sent it, else to the unit.
fn returned(config: &Config, store: &Store, mail: &Outgoing, row: i64) -> Result<Composed> {
    let dropped = |why: &str| Ok(Composed::Dropped(why.into()));
    let Some((submission, reason, due)) = store.sent_back(row)? else {
        return dropped("it was taken back");
    };
    let Some(submission) = store.submission(submission)? else {
        return dropped("the submission is withdrawn");
    };
    let day = date_of(submission.received_at);
    let report = submission.report.as_str();
    let unit = match registered(config, &submission.unit, [report], day) {
        Ok(unit) => unit,
        Err(why) => return Ok(Composed::Blocked(why)),
    };
    let message = match mail.message {
        Some(id) => store.message(id)?,
        None => None,
    };
    let to_the_sender = message.as_ref().and_then(reply_to);
    let Some(reply) = to_the_sender.or_else(|| {
        Some(Reply {
            to: unit.emails.first()?,
            subject: "",
            thread: vec![],
        })
    }) else {
        return dropped("the unit has no address");
    };
    Ok(Composed::Ready(writing::returned(
        config,
        unit,
        reply,
        &submission,
        &reason,
        due,
    )?))
}

fn link_only(config: &Config, store: &Store, mail: &Outgoing, now: Timestamp) -> Result<Composed> {
    let message = answered(store, mail)?;
    let dropped = |why: &str| Ok(Composed::Dropped(why.into()));
    if message.state != MessageState::Waiting {
        return dropped("staff have decided on the mail");
    }
    let (Some(reading), Some(unit)) = (&message.reading, &mail.unit) else {
        return dropped("the mail was not read");
    };
    let (Some(reply), Some(host)) = (reply_to(&message), &reading.link) else {
        return dropped("the mail has no sender or no link");
    };
    let since = store.logged_between(message.stored_at, now)?;
    if since.iter().any(|s| s.unit == *unit) {
        return dropped("the files have come since");
    }
    let day = date_of(message.received_at);
    let unit = match registered(config, unit, [], day) {
        Ok(unit) => unit,
        Err(why) => return Ok(Composed::Blocked(why)),
    };
    let draft = writing::link_only(config, unit, reply, host, message.received_at)?;
    Ok(Composed::Ready(draft))
}

fn reminder(config: &Config, store: &Store, mail: &Outgoing, now: Timestamp) -> Result<Composed> {
    let unit = mail.unit.as_ref().context("a reminder without a unit")?;
    let steps: BTreeMap<i64, String> = store.steps_of(mail.id)?.into_iter().collect();
    let unsettled = store.unsettled()?;
    let (mut owed, mut held, mut removed) = (Vec::new(), false, Vec::new());
    for o in store.obligations_of(unit, Receipts::All)? {
        let Some(step) = steps.get(&o.id).and_then(|s| s.parse::<Step>().ok()) else {
            continue;
        };
        if unsettled.holds(unit, &o.report) {
            held = true;
            continue;
        }
        let report = config.report(&o.report);
        if report.is_none_or(|r| !r.asks_on(o.opens)) {
            removed.push(o.report);
            continue;
        }
        let ahead = matches!(step, Step::Opening | Step::Before(_));
        if !o.settled() && !o.closed && ahead == (now <= o.due) {
            owed.push((o, step));
        }
    }
    if owed.is_empty() && held {
        return Ok(Composed::Hold);
    }
    if owed.is_empty() {
        return Ok(Composed::Dropped(if removed.is_empty() {
            "nothing is missing any more".into()
        } else {
            format!(
                "báo cáo không còn được yêu cầu trong cấu hình: {}",
                removed.join(", ")
            )
        }));
    }
    if config.register.nearest(unit, date_of(now)).is_none() {
        let why = "đơn vị không còn trong danh bạ".to_owned();
        return Ok(Composed::Dropped(why));
    }
    let holds = Holds::at(now, config, store)?;
    if holds.hold(unit) {
        return Ok(Composed::Hold);
    }
    let dead = store.dead_contacts(Receipts::All, now)?;
    let Some(to) = standing::addressee(config, &dead, unit, date_of(now)) else {
        return Ok(Composed::Dropped("the unit has no address any more".into()));
    };
    reminder_of(config, store, &holds, &to, &owed, now).map(Composed::Ready)
}

/// The reminder of what one unit owes.
///
/// # Errors
/// When the store or a template fails.
pub fn reminder_of(
    config: &Config,
    store: &Store,
    holds: &Holds<'_>,
    to: &Addressee<'_>,
    owed: &[(Obligation, Step)],
    now: Timestamp,
) -> Result<Draft> {
    let verifying = owed.iter().any(|(o, _)| holds.tell(&o.unit));
    let mut items = Vec::new();
    let mut enclosures: Vec<Enclosure> = Vec::new();
    for (obligation, step) in owed {
        let reminded = store.reminders_of(obligation.id)?;
        let reminded = reminded.into_iter().filter(|(_, step)| step != "opening");
        items.push(LetterItem {
            obligation,
            step: *step,
            reminded: reminded.map(|(at, _)| at).collect(),
        });
        let basis = config
            .report(&obligation.report)
            .and_then(|r| r.basis_file.as_ref());
        if let (Step::Opening, Some(path)) = (step, basis) {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            // The same plan asks for several reports.
            if !enclosures.iter().any(|e| e.name == name) {
                enclosures.push(Enclosure {
                    name: name.into_owned(),
                    content: std::fs::read(path)
                        .with_context(|| format!("cannot read {}", path.display()))?,
                });
            }
        }
    }
    let mut draft = writing::reminder(config, to, &items, verifying, now)?;
    draft.enclosures = enclosures;
    Ok(draft)
}
