//! What a mail that is owed says at this moment, if it is still owed: gathers from the store, hands to `writing`.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, ToSpan};

use crate::config::Config;
use crate::domain::obligation::{Group, Obligation, Rates, groups};
use crate::domain::reminder::Step;
use crate::domain::unit::{Addressee, UnitId};
use crate::domain::{date_of, vietnamese_date, vietnamese_moment, zone};
use crate::reading::Class;
use crate::staff::Links;
use crate::staff::token::{Action, Item};
use crate::store::{Message, MessageState, Outgoing, OutgoingState, Store};
use crate::writing::{
    self, Contact, DigestData, Draft, Enclosure, Kind, LetterItem, News, Progress, Receipt,
    Reminded, Reply, Soon, Straggler, SystemLine, WaitingMail,
};
use crate::{overview, plan};

/// How many days ahead the digest looks.
const SOON_DAYS: i64 = 10;
/// How long a settled report stays in the digest's progress after its deadline.
const SHOWN_AFTER_DUE: SignedDuration = SignedDuration::from_hours(24 * 14);
/// After so long without a look into the mailbox, something is wrong.
const MAILBOX_STALE: SignedDuration = SignedDuration::from_hours(2);

/// Less than this on the disk is little: a month of large mails.
const DISK_LOW: u64 = 2_000_000_000;

/// Whether a mail is owed at the moment of sending, and what it says.
#[derive(Debug)]
pub enum Composed {
    /// It is.
    Ready(Draft),
    /// Not now: something waits for a person.
    Hold,
    /// No longer, and why.
    Dropped(String),
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
    match mail.kind {
        Kind::Acknowledgement => acknowledgement(config, store, mail, now),
        Kind::Notice => match mail.key.split_once(':') {
            Some(("command", _)) => command_answer(config, store, mail, now),
            Some(("parent", _)) => grassroots(config, store, mail),
            Some(("return", row)) => returned(config, store, mail, row.parse()?),
            _ => link_only(config, store, mail, now),
        },
        Kind::Digest => {
            let day = mail
                .key
                .strip_prefix("digest:")
                .and_then(|d| d.parse().ok())
                .with_context(|| format!("{} names no day", mail.key))?;
            Ok(Composed::Ready(digest(config, store, day, now)?))
        }
        Kind::Opening | Kind::ReminderBefore | Kind::ReminderLate | Kind::Escalation => {
            reminder(config, store, mail, now)
        }
    }
}

fn acknowledgement(
    config: &Config,
    store: &Store,
    mail: &Outgoing,
    now: Timestamp,
) -> Result<Composed> {
    let message = answered(store, mail)?;
    let submissions = store.submissions_of(message.id)?;
    let (Some(first), Some(reading)) = (submissions.first(), &message.reading) else {
        return Ok(Composed::Dropped(
            "nothing of the mail is logged any more".into(),
        ));
    };
    let Some(reply) = reply_to(&message) else {
        return Ok(Composed::Dropped("the mail has no sender".into()));
    };
    let unit = config
        .register
        .nearest(&first.unit, date_of(message.received_at))
        .with_context(|| format!("{} is not in the register", first.unit))?;
    let obligations = store.obligations(now)?;
    let receipts: Vec<Receipt<'_>> = submissions
        .iter()
        .filter_map(|submission| {
            let obligation = obligations.iter().find(|o| {
                o.unit == submission.unit
                    && o.report == submission.report
                    && o.period == submission.period
            })?;
            let document = reading
                .attachments
                .iter()
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
    let reversible = match command.correction {
        Some(row) => store
            .correction(row)?
            .is_some_and(|made| made.change.inverse.is_some() && made.undone_by.is_none()),
        None => false,
    };
    let address = &config.settings.mailbox.address;
    let links = Links::of(store, address, date_of(now))?.filter(|_| reversible);
    let undo = links
        .zip(command.correction)
        .map(|(links, row)| links.token(Item::Change(row), Action::Undo));
    Ok(Composed::Ready(writing::staff_answer(
        config,
        reply,
        &command.outcome,
        undo.as_deref(),
    )?))
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
    let unit = config
        .register
        .nearest(&submission.unit, date_of(submission.received_at))
        .with_context(|| format!("{} is not in the register", submission.unit))?;
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
    let unit = config
        .register
        .nearest(unit, date_of(message.received_at))
        .with_context(|| format!("{unit} is not in the register"))?;
    let draft = writing::link_only(config, unit, reply, host, message.received_at)?;
    Ok(Composed::Ready(draft))
}

fn reminder(config: &Config, store: &Store, mail: &Outgoing, now: Timestamp) -> Result<Composed> {
    let unit = mail.unit.as_ref().context("a reminder without a unit")?;
    if store.has_undecided_mail(unit)? {
        return Ok(Composed::Hold);
    }
    let steps: BTreeMap<i64, String> = store.steps_of(mail.id)?.into_iter().collect();
    let mut owed = Vec::new();
    for o in store.obligations_of(unit, now)? {
        let Some(step) = steps.get(&o.id).and_then(|s| s.parse::<Step>().ok()) else {
            continue;
        };
        let ahead = matches!(step, Step::Opening | Step::Before(_));
        if !o.settled() && ahead == (now <= o.due) {
            owed.push((o, step));
        }
    }
    if owed.is_empty() {
        return Ok(Composed::Dropped("nothing is missing any more".into()));
    }
    let dead = store.dead_contacts(now)?;
    let Some(to) = plan::addressee(config, &dead, unit, date_of(now)) else {
        return Ok(Composed::Dropped("the unit has no address any more".into()));
    };
    reminder_of(config, store, &to, &owed, now).map(Composed::Ready)
}

/// The reminder of what one unit owes.
///
/// # Errors
/// When the store or a template fails.
pub fn reminder_of(
    config: &Config,
    store: &Store,
    to: &Addressee<'_>,
    owed: &[(Obligation, Step)],
    now: Timestamp,
) -> Result<Draft> {
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
                    id: None,
                });
            }
        }
    }
    let mut draft = writing::reminder(config, to, &items, now)?;
    draft.enclosures = enclosures;
    Ok(draft)
}

// ---- the digest ----

/// The digest of a day as it stands at a moment.
///
/// # Errors
/// When the store or a template fails.
pub fn digest(config: &Config, store: &Store, day: Date, now: Timestamp) -> Result<Draft> {
    let (since, until) = match store.digest_span(day)? {
        Some(span) => span,
        None => {
            let since = store
                .last_digest_before(day)?
                .unwrap_or(now - SignedDuration::from_hours(24));
            (since.min(now), now)
        }
    };
    let obligations = store.obligations(until)?;
    let messages = store.stored_between(since, until)?;
    let links = Links::of(store, &config.settings.mailbox.address, day)?;
    let mut data = DigestData {
        soon_days: SOON_DAYS,
        ..DigestData::default()
    };
    for message in store
        .waiting()?
        .into_iter()
        .filter(|m| m.stored_at <= until)
    {
        data.waiting.push(waiting(config, &message, links.as_ref()));
    }
    news(
        config,
        store,
        &obligations,
        (since, until),
        links.as_ref(),
        &mut data,
    )?;
    data.others = others(&messages);
    progress(
        config,
        &obligations,
        store.first_opened()?,
        until,
        links.as_ref(),
        &mut data,
    );
    sent(config, store, &obligations, since, until, &mut data)?;
    bounced(config, store, &messages, &mut data)?;
    data.contacts = contacts(config, store, links.as_ref(), until)?;
    data.system = system(config, store, until)?;
    let recent = overview::recent(obligations, until);
    let mut enclosures = vec![Enclosure {
        name: format!("tinh-hinh-bao-cao-{day}.xlsx"),
        content: overview::workbook(config, store, &recent, until)?,
        id: None,
    }];
    let ended = |g: &Group<'_>| since < g.due && g.due <= until;
    data.edition = if groups(&recent).iter().any(ended) {
        "Bản tin cuối kỳ".into()
    } else if day.weekday() == config.settings.schedule.weekly_on {
        "Bản tin tuần".into()
    } else {
        String::new()
    };
    if !data.edition.is_empty() {
        let due = groups(&recent);
        let due = due.iter().filter(|g| g.due <= until);
        data.totals = due
            .filter_map(|g| overview::total(config, g, until))
            .collect();
        let rows = overview::chart_rows(config, &recent, until);
        if !rows.is_empty() {
            data.chart = true;
            enclosures.push(Enclosure {
                name: "ty-le-bao-cao.png".into(),
                content: writing::chart::png(&rows)?,
                id: Some("ty-le-bao-cao".into()),
            });
        }
    }
    writing::digest(config, day, &data, enclosures)
}

/// Addresses that our mails do not reach, with who is written to instead.
fn contacts(
    config: &Config,
    store: &Store,
    links: Option<&Links>,
    now: Timestamp,
) -> Result<Vec<Contact>> {
    let day = date_of(now);
    let dead = store.dead_contacts(now)?;
    let mut lines = Vec::new();
    for (address, contact) in &dead {
        let holders = config.register.bearers(address, day);
        let whose: Vec<String> = holders
            .iter()
            .map(|b| config.unit_name(&b.unit, day))
            .collect();
        let instead = holders.first().map(|b| {
            plan::addressee(config, &dead, &b.unit, day).map_or_else(
                || "đơn vị không còn địa chỉ nào để gửi".to_owned(),
                |to| format!("thư gửi đến {}", to.to),
            )
        });
        let mut text = address.clone();
        if !whose.is_empty() {
            text += &format!(" ({})", whose.join("; "));
        }
        text += &format!(
            " không nhận được thư từ {}",
            vietnamese_date(date_of(contact.since))
        );
        if let Some(status) = &contact.status {
            text += &format!(", mã {status}");
        }
        if let Some(instead) = instead {
            text += &format!("; {instead}");
        }
        lines.push(Contact {
            text,
            link: links.map(|l| l.for_contact(contact.id, address)),
        });
    }
    Ok(lines)
}

fn short_moment(at: Timestamp) -> String {
    let z = at.to_zoned(zone());
    format!(
        "{:02}:{:02} {}/{}",
        z.hour(),
        z.minute(),
        z.day(),
        z.month()
    )
}

fn waiting(config: &Config, message: &Message, links: Option<&Links>) -> WaitingMail {
    let day = date_of(message.received_at);
    let id = message.id;
    let unit = message.unit.as_ref().map(|u| config.unit_name(u, day));
    let candidates = message
        .candidates
        .iter()
        .map(|u| config.unit_name(u, day))
        .collect();
    let likely: Vec<(UnitId, String)> = message
        .unit
        .iter()
        .chain(&message.candidates)
        .map(|u| (u.clone(), config.unit_name(u, day)))
        .collect();
    let best = message.unit.as_ref().or(message.candidates.first());
    let suggestion = best.map_or("MÃ-ĐƠN-VỊ", |u| u.0.as_str());
    WaitingMail {
        id,
        received: short_moment(message.received_at),
        sender: message
            .sender
            .clone()
            .unwrap_or_else(|| "(không rõ người gửi)".into()),
        subject: message.subject.clone().unwrap_or_default(),
        why: message.why.clone(),
        unit,
        candidates,
        files: message
            .reading
            .iter()
            .flat_map(|r| &r.attachments)
            .filter(|a| a.role != crate::reading::Role::Ignored)
            .map(|a| a.name.clone())
            .collect(),
        links: links.map_or(vec![], |l| l.for_mail(id, &likely)),
        token: links.map(|l| l.token(Item::Mail(id), Action::Any)),
        how: format!(
            "đề nghị quản trị viên chạy lệnh: thubaocao assign {id} --unit {suggestion}; không phải báo cáo: thubaocao ignore {id}"
        ),
    }
}

fn news(
    config: &Config,
    store: &Store,
    obligations: &[Obligation],
    (since, until): (Timestamp, Timestamp),
    links: Option<&Links>,
    data: &mut DigestData,
) -> Result<()> {
    for s in store.logged_between(since, until)? {
        let Some(o) = obligations
            .iter()
            .find(|o| o.unit == s.unit && o.report == s.report && o.period == s.period)
        else {
            continue;
        };
        data.news.push(News {
            unit: config.unit_name(&s.unit, date_of(s.received_at)),
            report: config.report_name(&s.report),
            period: s.period.in_vietnamese(),
            version: s.version,
            received: short_moment(s.received_at),
            on_time: s.received_at <= s.due || o.on_time() == Some(true),
            missing: o.missing().in_vietnamese().to_owned(),
            code: s.code(),
            links: links.map_or(vec![], |l| l.for_submission(s.id, &s.code())),
        });
    }
    Ok(())
}

/// One line on the mails that brought no report.
fn others(messages: &[Message]) -> String {
    let count = |wanted: &dyn Fn(&Message) -> bool| messages.iter().filter(|m| wanted(m)).count();
    let class = |m: &Message| m.reading.as_ref().map(|r| r.class);
    let noted = |m: &Message| m.state == MessageState::Noted;
    let parts = [
        (
            count(&|m| noted(m) && class(m) == Some(Class::AutoReply)),
            "thư trả lời tự động",
        ),
        (
            count(&|m| noted(m) && matches!(class(m), Some(Class::Bulk | Class::MachineReport))),
            "thư quảng bá, thư hệ thống",
        ),
        (count(&|m| m.state == MessageState::Duplicate), "thư trùng"),
        (
            count(&|m| {
                noted(m)
                    && !matches!(
                        class(m),
                        Some(Class::AutoReply | Class::Bulk | Class::MachineReport | Class::Bounce)
                    )
            }),
            "thư khác không có báo cáo",
        ),
    ];
    let told: Vec<String> = parts
        .iter()
        .filter(|(n, _)| *n > 0)
        .map(|(n, what)| format!("{n} {what}"))
        .collect();
    if told.is_empty() {
        String::new()
    } else {
        format!("Ngoài ra: {}.", told.join(", "))
    }
}

/// How every report and period stands that is still of interest.
fn progress(
    config: &Config,
    obligations: &[Obligation],
    first_opened: Timestamp,
    now: Timestamp,
    links: Option<&Links>,
    data: &mut DigestData,
) {
    let soon = date_of(now).saturating_add(SOON_DAYS.days());
    for Group {
        report,
        period,
        due,
        members: group,
    } in groups(obligations)
    {
        let rates = Rates::of(group.iter().copied(), now);
        let open = group.iter().filter(|o| !o.settled()).count();
        if due > now && date_of(due) <= soon && open > 0 {
            data.soon.push(Soon {
                due: short_moment(due),
                report: config.report_name(report),
                period: period.in_vietnamese(),
                open,
                expected: rates.expected as usize,
            });
        }
        let begun =
            group.iter().any(|o| !o.receipts.is_empty()) || now >= plan::near(config, group[0]);
        let over = open == 0 && now > due + SHOWN_AFTER_DUE;
        if !begun || over || rates.expected == 0 {
            continue;
        }
        if due < first_opened {
            if open > 0 {
                data.backlog.push(format!(
                    "{}, {}: còn thiếu {open}/{}",
                    config.report_name(report),
                    period.in_vietnamese(),
                    rates.expected
                ));
            }
            continue;
        }
        let name = |o: &Obligation| config.unit_name(&o.unit, date_of(o.due));
        let straggler = |o: &Obligation, shown: String| {
            let what = format!(
                "{}, {}, {}",
                name(o),
                config.report_name(report),
                period.in_vietnamese()
            );
            Straggler {
                name: shown,
                link: links.map(|l| l.for_obligation(o.id, &what)),
            }
        };
        let late: Vec<Straggler> = group
            .iter()
            .filter(|o| !o.settled() && o.receipts.is_empty() && now > o.due)
            .map(|o| straggler(o, name(o)))
            .collect();
        data.late_count += late.len();
        let percent = |n: u32| n * 100 / rates.expected;
        let (complete, partial, overdue) = (
            percent(rates.complete),
            percent(rates.partial),
            percent(rates.overdue),
        );
        data.progress.push(Progress {
            report: config.report_name(report),
            period: period.in_vietnamese(),
            due: vietnamese_date(date_of(due)),
            expected: rates.expected,
            complete: rates.complete,
            on_time: rates.on_time,
            partial: rates.partial,
            overdue: rates.overdue,
            rate: complete,
            width_complete: complete,
            width_partial: partial,
            width_overdue: overdue,
            width_rest: 100 - complete - partial - overdue,
            late_units: late,
            partial_units: group
                .iter()
                .filter(|o| !o.settled() && !o.receipts.is_empty())
                .map(|o| straggler(o, format!("{} ({})", name(o), o.missing().in_vietnamese())))
                .collect(),
        });
    }
}

/// What was sent, and what could not be.
fn sent(
    config: &Config,
    store: &Store,
    obligations: &[Obligation],
    since: Timestamp,
    until: Timestamp,
    data: &mut DigestData,
) -> Result<()> {
    for mail in store.ended_between(since, until)? {
        let unit = mail
            .unit
            .as_ref()
            .map(|u| config.unit_name(u, date_of(until)))
            .unwrap_or_default();
        let failure = match mail.state {
            OutgoingState::Failed => Some("máy chủ từ chối"),
            OutgoingState::Unknown => Some("không rõ đã gửi được hay chưa"),
            _ => None,
        };
        if let Some(failure) = failure {
            data.failed.push(format!(
                "{} gửi {unit} ({}): {failure}. {}",
                kind_in_words(mail.kind),
                mail.recipients.join(", "),
                mail.error.as_deref().unwrap_or("")
            ));
        } else if mail.state == OutgoingState::Sent && mail.kind.is_reminder() {
            let steps = store.steps_of(mail.id)?;
            let what = steps
                .iter()
                .filter_map(|(id, _)| obligations.iter().find(|o| o.id == *id))
                .map(|o| {
                    format!(
                        "{}, {}",
                        config.report_name(&o.report),
                        o.period.in_vietnamese()
                    )
                })
                .collect();
            data.reminded.push(Reminded {
                kind: kind_in_words(mail.kind).into(),
                unit,
                what,
            });
        }
    }
    Ok(())
}

fn kind_in_words(kind: Kind) -> &'static str {
    match kind {
        Kind::Digest => "Bản tin",
        Kind::Acknowledgement => "Thư xác nhận",
        Kind::Notice => "Thư hướng dẫn, trả lại",
        Kind::Opening => "Thông báo mở kỳ báo cáo",
        Kind::ReminderBefore => "Nhắc trước hạn",
        Kind::ReminderLate => "Đôn đốc",
        Kind::Escalation => "Gửi lãnh đạo đơn vị",
    }
}

/// Mails that came back.
fn bounced(
    config: &Config,
    store: &Store,
    messages: &[Message],
    data: &mut DigestData,
) -> Result<()> {
    for message in messages {
        let Some(bounce) = message.reading.as_ref().and_then(|r| r.bounce.as_ref()) else {
            continue;
        };
        // Only mails of ours; what others forged or misdirected is noise.
        let Some(original) = bounce.original_message_id.as_deref() else {
            continue;
        };
        if let Some(mail) = store.sent_as(original)? {
            let unit = mail
                .unit
                .as_ref()
                .map(|u| config.unit_name(u, date_of(message.received_at)))
                .unwrap_or_default();
            data.failed.push(format!(
                "{} gửi {unit}: địa chỉ {} {}",
                kind_in_words(mail.kind),
                bounce.recipients.join(", "),
                bounce
                    .status
                    .as_deref()
                    .map_or(String::new(), |s| format!("(mã {s})"))
            ));
        }
    }
    Ok(())
}

/// How the service fares.
fn system(config: &Config, store: &Store, now: Timestamp) -> Result<Vec<SystemLine>> {
    let mut lines = Vec::new();
    let mut line = |bad, text: String| lines.push(SystemLine { bad, text });
    let mailbox = store.health(crate::collect::HEALTH)?;
    match mailbox.success_at {
        Some(at) => {
            let stale = now.duration_since(at) > MAILBOX_STALE;
            line(
                stale,
                format!("Lần kiểm tra hộp thư gần nhất: {}.", vietnamese_moment(at)),
            );
        }
        None => line(true, "Chưa kiểm tra được hộp thư lần nào.".into()),
    }
    if let Some(why) = mailbox.failing() {
        line(true, format!("Hộp thư đang có lỗi: {why}"));
    }
    if let Some(why) = store.health(crate::send::HEALTH)?.failing() {
        line(true, format!("Gửi thư đang có lỗi: {why}"));
    }
    let download = store.health("download")?;
    if download
        .failure_at
        .is_some_and(|at| date_of(at) == date_of(now))
    {
        line(
            true,
            format!("Hộp thư: {}.", download.failure.unwrap_or_default()),
        );
    }
    // The digest itself is one of the mails that wait.
    let queued = store.queue_length()?.saturating_sub(1);
    line(
        false,
        format!(
            "Thư chờ gửi: {queued}; thư chờ đọc: {}.",
            store.unread_count()?
        ),
    );
    let limits = &config.settings.limits;
    let sent = store.sent_since(now - SignedDuration::from_hours(24))?;
    let full = sent >= limits.daily_mails;
    line(
        full,
        format!(
            "Đã gửi trong 24 giờ qua: {sent}/{} thư.",
            limits.daily_mails
        ),
    );
    if let Some(free) = crate::archive::free_bytes(&config.settings.data) {
        let gigabytes = match free / 1_000_000_000 {
            n @ 0..10 => format!("{n} GB"),
            _ => "hơn 10 GB".into(), // nobody needs to watch it more closely
        };
        line(
            free < DISK_LOW,
            format!("Dung lượng đĩa còn trống: {gigabytes}."),
        );
    }
    let today = date_of(now);
    for year in [today.year(), today.saturating_add(60.days()).year()] {
        if !config.calendar.covers(year) {
            line(
                true,
                format!(
                    "Lịch nghỉ lễ năm {year} chưa có trong holidays.toml; hạn nộp và ngày nhắc có thể rơi vào ngày nghỉ."
                ),
            );
            break;
        }
    }
    Ok(lines)
}
