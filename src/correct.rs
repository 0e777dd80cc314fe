//! Corrections by staff: each is a new entry with who and when; nothing is deleted.

use anyhow::{Context, Result, bail};
use jiff::Timestamp;
use jiff::civil::Date;

use crate::app::App;
use crate::collect;
use crate::domain::period::PeriodId;
use crate::domain::report::Forms;
use crate::domain::unit::UnitId;
use crate::domain::{date_of, instant};
use crate::plan;
use crate::reading::matching::{Item, UnitMatch};
use crate::reading::{Class, Reading};
use crate::store::{Correction, Message, MessageState, NewSubmission, Verdict};

/// What staff say of a mail.
#[derive(Clone, Debug)]
pub struct Assignment {
    /// Whose it is.
    pub unit: UnitId,
    /// Which report it is and on which period, where matching did not find it.
    pub report: Option<(String, PeriodId)>,
    /// Whether the address writes for this unit from now on.
    pub remember: bool,
}

/// Logs a mail as staff say. What it was logged as before is withdrawn.
///
/// # Errors
/// When the mail, unit, report or period is not known, or the unit is not expected to send it; says what to do.
pub fn assign(
    app: &App,
    message: i64,
    as_said: &Assignment,
    who: &str,
    now: Timestamp,
) -> Result<String> {
    let (message, reading) = known_mail(app, message)?;
    let day = date_of(message.received_at);
    let unit = &as_said.unit;
    let row = app.config.register.nearest(unit, day).with_context(|| {
        let hint = crate::config::source::suggestion(
            &unit.0,
            app.config.register.units.iter().map(|u| u.id.0.as_str()),
        );
        format!("there is no unit {unit} in units.csv{hint}")
    })?;
    plan::expect(app, now)?;
    let items = match &as_said.report {
        Some((report, period)) => vec![whole_mail(app, &reading, report, period)?],
        None => {
            let mut again = reading.clone();
            // Matched once more as if the address were registered for this unit.
            if let Some(sender) = &mut again.sender {
                sender.address = row.emails.first().cloned().unwrap_or_default();
            }
            let found = collect::match_mail(app, &again, message.received_at, now)?;
            let trusted = matches!(&found.unit, UnitMatch::Certain(u) if u == unit);
            if found.items.is_empty() || !trusted {
                bail!(
                    "it is not certain which report mail {} is; add --report R --period P (reports: {})",
                    message.id,
                    report_ids(app)
                );
            }
            found.items
        }
    };
    let mut submissions: Vec<NewSubmission> = Vec::new();
    for item in &items {
        let obligation = plan::obligation_for(app, unit, &item.report, &item.period, now)?
            .with_context(|| {
                format!(
                    "{unit} is not expected to send {} on {}; see `thubaocao status`",
                    item.report, item.period
                )
            })?;
        submissions.push(collect::submission(&message, &reading, item, obligation));
    }
    let what: Vec<String> = items
        .iter()
        .map(|i| format!("{} {}", i.report, i.period))
        .collect();
    let after = format!("logged for {unit}: {}", what.join(", "));
    app.store.transaction(|s| {
        s.withdraw_submissions(message.id, now)?;
        for submission in &submissions {
            s.log_submission(submission, now)?;
        }
        s.set_verdict(
            message.id,
            &Verdict {
                state: MessageState::Logged,
                unit: Some(unit.clone()),
                candidates: vec![],
                why: vec![format!("{who} đã ghi nhận")],
            },
        )?;
        if let (true, Some(sender)) = (as_said.remember, &reading.sender) {
            s.learn(&sender.address, unit, now)?;
        }
        if collect::may_acknowledge(&reading, message.received_at, now) {
            s.owe(&collect::acknowledgement(message.id, Some(unit)), now)?;
        }
        s.log_correction(&correction(who, "assign", &message, &after), now)
    })?;
    Ok(format!("mail {} is {after}", message.id))
}

/// All documents of a mail as one report.
fn whole_mail(app: &App, reading: &Reading, report: &str, period: &PeriodId) -> Result<Item> {
    let known = app.config.report(report).with_context(|| {
        let ids = app.config.reports.iter().map(|r| r.id.as_str());
        let hint = crate::config::source::suggestion(report, ids);
        format!("there is no report {report} in reports.toml{hint}")
    })?;
    let files: Vec<usize> = (0..reading.attachments.len())
        .filter(|i| reading.attachments[*i].is_document())
        .collect();
    let mut forms = files.iter().fold(Forms::NONE, |all, i| {
        let role = reading.attachments[*i].role;
        all.and(Forms {
            signed_document: role == crate::reading::Role::SignedDocument,
            soft_file: role == crate::reading::Role::SoftFile,
        })
    });
    if forms.is_empty() {
        // Staff looked into what we could not open.
        forms = known.forms;
    }
    Ok(Item {
        report: known.id.clone(),
        period: period.clone(),
        forms,
        nil_return: known.nil_return && reading.class == Class::NoAttachment,
        files,
    })
}

fn report_ids(app: &App) -> String {
    let ids: Vec<&str> = app.config.reports.iter().map(|r| r.id.as_str()).collect();
    ids.join(", ")
}

fn known_mail(app: &App, id: i64) -> Result<(Message, Reading)> {
    let message = app
        .store
        .message(id)?
        .with_context(|| format!("there is no mail {id}; `thubaocao inbox` lists what waits"))?;
    if message.state == MessageState::Received {
        bail!("mail {id} has not been read yet; run `thubaocao run --once` first");
    }
    // A mail that could not be fetched or read can still be assigned: staff saw it in the mailbox.
    let reading = message
        .reading
        .clone()
        .unwrap_or_else(|| Reading::unreadable("it was not fetched"));
    Ok((message, reading))
}

fn correction(who: &str, command: &str, message: &Message, after: &str) -> Correction {
    Correction {
        who: who.to_owned(),
        command: command.to_owned(),
        subject: format!("mail {}", message.id),
        before: message.state.word().to_owned(),
        after: after.to_owned(),
    }
}

/// Marks a mail as no report. What it was logged as is withdrawn.
///
/// # Errors
/// When there is no such mail.
pub fn ignore(app: &App, message: i64, who: &str, now: Timestamp) -> Result<String> {
    let (message, _) = known_mail(app, message)?;
    let withdrawn = app.store.transaction(|s| {
        let withdrawn = s.withdraw_submissions(message.id, now)?;
        s.set_verdict(
            message.id,
            &Verdict {
                state: MessageState::Ignored,
                unit: message.unit.clone(),
                candidates: vec![],
                why: vec![format!("{who}: không phải báo cáo")],
            },
        )?;
        s.log_correction(&correction(who, "ignore", &message, "ignored"), now)?;
        Ok(withdrawn)
    })?;
    Ok(match withdrawn {
        0 => format!("mail {} is no report", message.id),
        n => format!(
            "mail {} is no report; {n} submissions were withdrawn",
            message.id
        ),
    })
}

/// What a correction is made to.
#[derive(Clone, Debug)]
pub struct Target {
    /// Whose.
    pub unit: UnitId,
    /// Which report.
    pub report: String,
    /// On which period.
    pub period: PeriodId,
}

fn target_id(app: &App, target: &Target, now: Timestamp) -> Result<i64> {
    plan::expect(app, now)?;
    plan::obligation_for(app, &target.unit, &target.report, &target.period, now)?.with_context(
        || {
            format!(
                "{} is not expected to send {} on {}; `thubaocao status` lists what is expected",
                target.unit, target.report, target.period
            )
        },
    )
}

fn log(
    app: &App,
    target: &Target,
    who: &str,
    command: &str,
    after: &str,
    now: Timestamp,
) -> Result<()> {
    app.store.log_correction(
        &Correction {
            who: who.to_owned(),
            command: command.to_owned(),
            subject: format!("{} {} {}", target.unit, target.report, target.period),
            before: String::new(),
            after: after.to_owned(),
        },
        now,
    )
}

/// Marks the signed paper as received on a day (today where none is said).
///
/// # Errors
/// When nothing is expected, or the day lies ahead.
pub fn received_paper(
    app: &App,
    target: &Target,
    on: Option<Date>,
    number: Option<&str>,
    who: &str,
    now: Timestamp,
) -> Result<String> {
    let id = target_id(app, target, now)?;
    let received_at = match on {
        Some(day) if day > date_of(now) => {
            bail!("{day} lies ahead; paper is marked when it is there")
        }
        // Paper that came on a day counts from the opening of the office.
        Some(day) if day < date_of(now) => instant(day, app.config.settings.schedule.work_hours.0),
        _ => now,
    };
    app.store.transaction(|s| {
        s.log_submission(
            &NewSubmission {
                obligation: id,
                message: None,
                received_at,
                forms: Forms {
                    signed_document: true,
                    soft_file: false,
                },
                nil_return: false,
                number: number.map(str::to_owned),
                files: vec![],
            },
            now,
        )?;
        let day = date_of(received_at);
        log(
            app,
            target,
            who,
            "received-paper",
            &format!("paper received on {day}"),
            now,
        )
    })?;
    Ok(format!(
        "the signed paper of {} for {} {} is marked as received",
        target.unit, target.report, target.period
    ))
}

/// Takes back that paper was received.
///
/// # Errors
/// When none was marked.
pub fn withdraw_paper(app: &App, target: &Target, who: &str, now: Timestamp) -> Result<String> {
    let id = target_id(app, target, now)?;
    app.store.transaction(|s| {
        if !s.withdraw_paper(id, now)? {
            bail!("no paper is marked as received for this");
        }
        log(app, target, who, "received-paper --undo", "no paper", now)
    })?;
    Ok("no paper is marked as received any more".into())
}

/// Excuses a unit from a report.
///
/// # Errors
/// When nothing is expected or it is excused already.
pub fn excuse(
    app: &App,
    target: &Target,
    reason: &str,
    who: &str,
    now: Timestamp,
) -> Result<String> {
    let id = target_id(app, target, now)?;
    app.store.transaction(|s| {
        if !s.excuse(id, reason, now)? {
            bail!("{} is excused already", target.unit);
        }
        log(
            app,
            target,
            who,
            "excuse",
            &format!("excused: {reason}"),
            now,
        )
    })?;
    Ok(format!(
        "{} is excused from {} {}",
        target.unit, target.report, target.period
    ))
}

/// Takes an excuse back.
///
/// # Errors
/// When there was none.
pub fn withdraw_excuse(app: &App, target: &Target, who: &str, now: Timestamp) -> Result<String> {
    let id = target_id(app, target, now)?;
    app.store.transaction(|s| {
        if !s.withdraw_excuse(id, now)? {
            bail!("{} is not excused from this", target.unit);
        }
        log(app, target, who, "excuse --undo", "expected again", now)
    })?;
    Ok(format!(
        "{} has to send {} {} again",
        target.unit, target.report, target.period
    ))
}
