//! Corrections by staff: each is a new entry with who and when; nothing is deleted.

use anyhow::{Context, Result, bail};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::collect;
use crate::domain::period::PeriodId;
use crate::domain::report::Forms;
use crate::domain::unit::UnitId;
use crate::domain::{date_of, instant, vietnamese_date};
use crate::plan;
use crate::reading::matching::{Item, UnitMatch};
use crate::reading::{Class, Reading};
use crate::store::{
    Correction, Message, MessageState, NewMail, NewSubmission, Store, Submission, Verdict,
};
use crate::writing::Kind;

/// Who makes a correction, and by which way.
#[derive(Clone, Debug)]
pub struct By {
    /// A login name or a mail address.
    pub who: String,
    /// `command` or `mail`.
    pub way: &'static str,
}

/// A correction that was made.
#[derive(Clone, Debug)]
pub struct Done {
    /// What was done, for the command line.
    pub said: String,
    /// What was done, for staff.
    pub in_vietnamese: String,
    /// Its row in the log, by which it can be taken back.
    pub correction: i64,
}

/// How a correction is taken back.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Inverse {
    /// A mail stands as before: its state, and what it was logged as.
    Mail {
        message: i64,
        state: MessageState,
        unit: Option<UnitId>,
        candidates: Vec<UnitId>,
        why: Vec<String>,
        submissions: Vec<i64>,
        taught: Option<(String, UnitId)>,
    },
    Excuse {
        obligation: i64,
    },
    Paper {
        obligation: i64,
    },
    Extension {
        obligation: i64,
    },
    SentBack {
        submission: i64,
    },
    Acceptance {
        submission: i64,
    },
}

impl Inverse {
    /// Back to how a mail stands now.
    fn of_mail(
        store: &Store,
        message: &Message,
        taught: Option<(String, UnitId)>,
    ) -> Result<Inverse> {
        Ok(Inverse::Mail {
            message: message.id,
            state: message.state,
            unit: message.unit.clone(),
            candidates: message.candidates.clone(),
            why: message.why.clone(),
            submissions: store
                .submissions_of(message.id)?
                .iter()
                .map(|s| s.id)
                .collect(),
            taught,
        })
    }
}

/// Writes a change into the log, in the transaction that makes it.
fn log(
    store: &Store,
    by: &By,
    command: &str,
    (subject, before, after): (String, &str, &str),
    inverse: Option<&Inverse>,
    now: Timestamp,
) -> Result<i64> {
    store.log_correction(
        &Correction {
            who: by.who.clone(),
            way: by.way.to_owned(),
            command: command.to_owned(),
            subject,
            before: before.to_owned(),
            after: after.to_owned(),
            inverse: inverse.map(serde_json::to_string).transpose()?,
        },
        now,
    )
}

/// What staff say of a mail.
#[derive(Clone, Debug)]
pub struct Assignment {
    /// Whose it is.
    pub unit: UnitId,
    /// Which report it is and on which period, where matching did not find it.
    pub report: Option<(String, PeriodId)>,
    /// What staff say of report and period in their own words, in place of what the mail says.
    pub hint: Option<String>,
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
    by: &By,
    now: Timestamp,
) -> Result<Done> {
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
            if let Some(hint) = &as_said.hint {
                again.subject.clone_from(hint);
                again.body.clear();
                for file in &mut again.attachments {
                    file.name.clear();
                    (file.title, file.genre, file.issuer) = (None, None, None);
                }
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
    let sender = reading.sender.as_ref().filter(|_| as_said.remember);
    let taught = sender.map(|s| (s.address.clone(), unit.clone()));
    let correction = app.store.transaction(|s| {
        let inverse = Inverse::of_mail(s, &message, taught.clone())?;
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
                why: vec![format!("{} đã ghi nhận", by.who)],
            },
        )?;
        if let Some((address, unit)) = &taught {
            s.learn(address, unit, now)?;
        }
        if collect::may_acknowledge(&reading, message.received_at, now) {
            s.owe(&collect::acknowledgement(message.id, Some(unit)), now)?;
        }
        let change = (mail_name(message.id), message.state.word(), after.as_str());
        log(s, by, "assign", change, Some(&inverse), now)
    })?;
    let reports: Vec<String> = items
        .iter()
        .map(|i| in_words(app, &i.report, &i.period))
        .collect();
    let remembered = match &taught {
        Some((address, _)) => format!("; từ nay địa chỉ {address} được hiểu là của đơn vị này"),
        None => String::new(),
    };
    Ok(Done {
        said: format!("mail {} is {after}", message.id),
        in_vietnamese: format!(
            "Đã ghi nhận thư số {} cho {}: {}{remembered}",
            message.id,
            row.short_name,
            reports.join("; ")
        ),
        correction,
    })
}

fn mail_name(id: i64) -> String {
    format!("mail {id}")
}

/// A report and its period, for staff.
fn in_words(app: &App, report: &str, period: &PeriodId) -> String {
    format!(
        "{}, {}",
        app.config.report_name(report),
        period.in_vietnamese()
    )
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

/// Marks a mail as no report. What it was logged as is withdrawn.
///
/// # Errors
/// When there is no such mail.
pub fn ignore(app: &App, message: i64, by: &By, now: Timestamp) -> Result<Done> {
    let (message, _) = known_mail(app, message)?;
    let (withdrawn, correction) = app.store.transaction(|s| {
        let inverse = Inverse::of_mail(s, &message, None)?;
        let withdrawn = s.withdraw_submissions(message.id, now)?;
        s.set_verdict(
            message.id,
            &Verdict {
                state: MessageState::Ignored,
                unit: message.unit.clone(),
                candidates: vec![],
                why: vec![format!("{}: không phải báo cáo", by.who)],
            },
        )?;
        let change = (mail_name(message.id), message.state.word(), "ignored");
        let correction = log(s, by, "ignore", change, Some(&inverse), now)?;
        Ok((withdrawn, correction))
    })?;
    let (also, cung) = match withdrawn {
        0 => (String::new(), ""),
        n => (
            format!("; {n} submissions were withdrawn"),
            "; các ghi nhận trước đó của thư này đã được rút",
        ),
    };
    Ok(Done {
        said: format!("mail {} is no report{also}", message.id),
        in_vietnamese: format!("Thư số {} không phải báo cáo{cung}", message.id),
        correction,
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

impl Target {
    fn subject(&self) -> String {
        format!("{} {} {}", self.unit, self.report, self.period)
    }

    /// For staff.
    fn in_words(&self, app: &App, now: Timestamp) -> String {
        let unit = app.config.unit_name(&self.unit, date_of(now));
        format!("{unit}: {}", in_words(app, &self.report, &self.period))
    }
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
    by: &By,
    now: Timestamp,
) -> Result<Done> {
    let id = target_id(app, target, now)?;
    let received_at = match on {
        Some(day) if day > date_of(now) => {
            bail!("{day} lies ahead; paper is marked when it is there")
        }
        // Paper that came on a day counts from the opening of the office.
        Some(day) if day < date_of(now) => instant(day, app.config.settings.schedule.work_hours.0),
        _ => now,
    };
    let day = date_of(received_at);
    let correction = app.store.transaction(|s| {
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
        let after = format!("paper received on {day}");
        let change = (target.subject(), "", after.as_str());
        let inverse = Inverse::Paper { obligation: id };
        log(s, by, "received-paper", change, Some(&inverse), now)
    })?;
    Ok(Done {
        said: format!(
            "the signed paper of {} for {} {} is marked as received",
            target.unit, target.report, target.period
        ),
        in_vietnamese: format!(
            "Đã ghi nhận bản giấy ngày {} của {}",
            vietnamese_date(day),
            target.in_words(app, now)
        ),
        correction,
    })
}

/// Takes back that paper was received.
///
/// # Errors
/// When none was marked.
pub fn withdraw_paper(app: &App, target: &Target, by: &By, now: Timestamp) -> Result<Done> {
    let id = target_id(app, target, now)?;
    let correction = app.store.transaction(|s| {
        if !s.withdraw_paper(id, now)? {
            bail!("no paper is marked as received for this");
        }
        let change = (target.subject(), "paper received", "no paper");
        log(s, by, "received-paper --undo", change, None, now)
    })?;
    Ok(Done {
        said: "no paper is marked as received any more".into(),
        in_vietnamese: format!("Đã bỏ ghi nhận bản giấy của {}", target.in_words(app, now)),
        correction,
    })
}

/// Excuses a unit from a report.
///
/// # Errors
/// When nothing is expected or it is excused already.
pub fn excuse(app: &App, target: &Target, reason: &str, by: &By, now: Timestamp) -> Result<Done> {
    let id = target_id(app, target, now)?;
    let correction = app.store.transaction(|s| {
        if !s.excuse(id, reason, now)? {
            bail!("{} is excused already", target.unit);
        }
        let after = format!("excused: {reason}");
        let change = (target.subject(), "expected", after.as_str());
        let inverse = Inverse::Excuse { obligation: id };
        log(s, by, "excuse", change, Some(&inverse), now)
    })?;
    Ok(Done {
        said: format!(
            "{} is excused from {} {}",
            target.unit, target.report, target.period
        ),
        in_vietnamese: format!(
            "Đã miễn báo cáo cho {} ({reason})",
            target.in_words(app, now)
        ),
        correction,
    })
}

/// Takes an excuse back.
///
/// # Errors
/// When there was none.
pub fn withdraw_excuse(app: &App, target: &Target, by: &By, now: Timestamp) -> Result<Done> {
    let id = target_id(app, target, now)?;
    let correction = app.store.transaction(|s| {
        if !s.withdraw_excuse(id, now)? {
            bail!("{} is not excused from this", target.unit);
        }
        let change = (target.subject(), "excused", "expected again");
        log(s, by, "excuse --undo", change, None, now)
    })?;
    Ok(Done {
        said: format!(
            "{} has to send {} {} again",
            target.unit, target.report, target.period
        ),
        in_vietnamese: format!("Đã bỏ miễn báo cáo của {}", target.in_words(app, now)),
        correction,
    })
}

/// The moment of a deadline on a day that has not passed.
fn deadline(app: &App, due: Date, now: Timestamp) -> Result<Timestamp> {
    let moment = instant(due, app.config.settings.schedule.due_time);
    if moment < now {
        bail!("{due} has passed");
    }
    Ok(moment)
}

/// Gives a unit until the end of a day (the hour of deadlines).
///
/// # Errors
/// When nothing is expected, or the day has passed.
pub fn extend(app: &App, target: &Target, due: Date, by: &By, now: Timestamp) -> Result<Done> {
    let id = target_id(app, target, now)?;
    let moment = deadline(app, due, now)?;
    let correction = app.store.transaction(|s| {
        s.extend(id, moment, now)?;
        let after = format!("due on {due}");
        let inverse = Inverse::Extension { obligation: id };
        log(
            s,
            by,
            "extend",
            (target.subject(), "", &after),
            Some(&inverse),
            now,
        )
    })?;
    Ok(Done {
        said: format!(
            "{} has until {due} to send {} {}",
            target.unit, target.report, target.period
        ),
        in_vietnamese: format!(
            "Đã gia hạn đến hết ngày {} cho {}",
            vietnamese_date(due),
            target.in_words(app, now)
        ),
        correction,
    })
}

fn known_submission(app: &App, id: i64) -> Result<Submission> {
    app.store.submission(id)?.with_context(|| {
        format!("there is no submission {id}; acknowledgements and the digest show the codes")
    })
}

/// Sends a submission back: it no longer counts, and the unit is asked to send it again until a day (five working days
/// from now where none is said).
///
/// # Errors
/// When there is no such submission, it is sent back already, or the day has passed.
pub fn send_back(
    app: &App,
    submission: i64,
    reason: &str,
    due: Option<Date>,
    by: &By,
    now: Timestamp,
) -> Result<Done> {
    let submission = known_submission(app, submission)?;
    if reason.trim().is_empty() {
        bail!("a reason is needed: the unit is told why");
    }
    let calendar = &app.config.calendar;
    let due = due.unwrap_or_else(|| calendar.working_days_after(date_of(now), 5));
    let moment = deadline(app, due, now)?;
    let target = target_of(&submission);
    let correction = app.store.transaction(|s| {
        let Some(row) = s.send_back(submission.id, reason, moment, now)? else {
            bail!("{} is sent back already", submission.code());
        };
        s.owe(
            &NewMail {
                key: format!("return:{row}"),
                kind: Kind::Notice,
                unit: Some(submission.unit.clone()),
                message: submission.message,
            },
            now,
        )?;
        let after = format!("sent back until {due}: {reason}");
        let change = (submission_name(submission.id), "received", after.as_str());
        let inverse = Inverse::SentBack {
            submission: submission.id,
        };
        log(s, by, "return", change, Some(&inverse), now)
    })?;
    Ok(Done {
        said: format!("{} is sent back; due again on {due}", submission.code()),
        in_vietnamese: format!(
            "Đã trả lại báo cáo {} của {}; hạn gửi lại ngày {}. Lý do: {reason}",
            submission.code(),
            target.in_words(app, now),
            vietnamese_date(due)
        ),
        correction,
    })
}

fn submission_name(id: i64) -> String {
    format!("submission {id}")
}

fn target_of(submission: &Submission) -> Target {
    Target {
        unit: submission.unit.clone(),
        report: submission.report.clone(),
        period: submission.period.clone(),
    }
}

/// Accepts a submission. One that was sent back counts again.
///
/// # Errors
/// When there is no such submission, or it is accepted already.
pub fn accept(app: &App, submission: i64, by: &By, now: Timestamp) -> Result<Done> {
    let submission = known_submission(app, submission)?;
    let correction = app.store.transaction(|s| {
        let was_back = s.withdraw_sent_back(submission.id, now)?;
        if !s.accept(submission.id, now)? && !was_back {
            bail!("{} is accepted already", submission.code());
        }
        let before = if was_back { "sent back" } else { "received" };
        let inverse = Inverse::Acceptance {
            submission: submission.id,
        };
        let change = (submission_name(submission.id), before, "accepted");
        log(s, by, "accept", change, Some(&inverse), now)
    })?;
    Ok(Done {
        said: format!("{} is accepted", submission.code()),
        in_vietnamese: format!(
            "Đã duyệt báo cáo {} của {}",
            submission.code(),
            target_of(&submission).in_words(app, now)
        ),
        correction,
    })
}

/// Takes a correction back, by a new entry.
///
/// # Errors
/// When there is no such correction, it was taken back before, or cannot be.
pub fn undo(app: &App, correction: i64, by: &By, now: Timestamp) -> Result<Done> {
    let made = app
        .store
        .correction(correction)?
        .with_context(|| format!("there is no change {correction}; see `thubaocao history`"))?;
    if made.undone_by.is_some() {
        bail!("change {correction} was taken back already");
    }
    let Some(inverse) = &made.change.inverse else {
        bail!(
            "change {correction} ({}) cannot be taken back",
            made.change.command
        );
    };
    let inverse: Inverse = serde_json::from_str(inverse)?;
    let row = app.store.transaction(|s| {
        let there = match &inverse {
            Inverse::Mail {
                message,
                state,
                unit,
                candidates,
                why,
                submissions,
                taught,
            } => {
                s.withdraw_submissions(*message, now)?;
                for submission in submissions {
                    s.log_again(*submission, now)?;
                }
                let verdict = Verdict {
                    state: *state,
                    unit: unit.clone(),
                    candidates: candidates.clone(),
                    why: why.clone(),
                };
                s.set_verdict(*message, &verdict)?;
                if let Some((address, unit)) = taught {
                    s.unlearn(address, unit, now)?;
                }
                true
            }
            Inverse::Excuse { obligation } => s.withdraw_excuse(*obligation, now)?,
            Inverse::Paper { obligation } => s.withdraw_paper(*obligation, now)?,
            Inverse::Extension { obligation } => s.withdraw_extension(*obligation, now)?,
            Inverse::SentBack { submission } => s.withdraw_sent_back(*submission, now)?,
            Inverse::Acceptance { submission } => s.withdraw_acceptance(*submission, now)?,
        };
        if !there {
            bail!("change {correction} no longer holds");
        }
        let (before, after) = (made.change.after.as_str(), made.change.before.as_str());
        let command = format!("undo {correction}");
        let change = (made.change.subject.clone(), before, after);
        let row = log(s, by, &command, change, None, now)?;
        s.set_undone(correction, row)?;
        Ok(row)
    })?;
    Ok(Done {
        said: format!(
            "change {correction} ({} of {}) is taken back",
            made.change.command, made.change.subject
        ),
        in_vietnamese: format!(
            "Đã hoàn tác thay đổi số {correction} ({})",
            action_in_words(&made.change.command)
        ),
        correction: row,
    })
}

/// What a change was, for staff.
fn action_in_words(command: &str) -> &str {
    match command {
        "assign" => "gán thư cho đơn vị",
        "ignore" => "đánh dấu không phải báo cáo",
        "received-paper" => "ghi nhận bản giấy",
        "excuse" => "miễn báo cáo",
        "extend" => "gia hạn",
        "return" => "trả lại báo cáo",
        "accept" => "duyệt báo cáo",
        other => other,
    }
}
