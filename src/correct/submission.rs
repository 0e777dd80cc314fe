//! What staff decide of a submission: sent back, accepted.

use anyhow::{Result, bail};
use jiff::Timestamp;
use jiff::civil::Date;

use super::obligation::{deadline, target_in_words};
use super::{By, Done, Inverse, Refusal, log};
use crate::config::Config;
use crate::domain::correction::{Target, submission_name};
use crate::domain::owed::Owed;
use crate::domain::submission::Submission;
use crate::domain::{date_of, vietnamese_date};
use crate::store::{NewMail, Store};

fn known_submission(store: &Store, id: i64) -> Result<Submission> {
    let known = store.submission(id)?;
    Ok(known.ok_or(Refusal::NoSubmission(id))?)
}

/// Sends a submission back: it no longer counts, and the unit is asked to send it again until a day (five working days
/// from now where none is said).
///
/// # Errors
/// When there is no such submission, it is sent back already, or the day has passed.
pub fn send_back(
    config: &Config,
    store: &Store,
    submission: i64,
    reason: &str,
    due: Option<Date>,
    by: &By,
    now: Timestamp,
) -> Result<Done> {
    let submission = known_submission(store, submission)?;
    if reason.trim().is_empty() {
        bail!("a reason is needed: the unit is told why");
    }
    let calendar = &config.calendar;
    let due = due.unwrap_or_else(|| calendar.working_days_after(date_of(now), 5));
    let moment = deadline(config, due, now)?;
    let target = target_of(&submission);
    let correction = store.transaction(|s| {
        let Some(row) = s.send_back(submission.id, reason, moment, now)? else {
            bail!(Refusal::SentBack(submission.code()));
        };
        s.owe(
            &NewMail {
                owed: Owed::Returned(row),
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
            target_in_words(config, &target, now),
            vietnamese_date(due)
        ),
        correction,
    })
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
pub fn accept(
    config: &Config,
    store: &Store,
    submission: i64,
    by: &By,
    now: Timestamp,
) -> Result<Done> {
    let submission = known_submission(store, submission)?;
    let correction = store.transaction(|s| {
        let was_back = s.withdraw_sent_back(submission.id, now)?;
        if !s.accept(submission.id, now)? && was_back.is_none() {
            bail!(Refusal::Accepted(submission.code()));
        }
        let before = if was_back.is_some() {
            "sent back"
        } else {
            "received"
        };
        let inverse = Inverse::Acceptance {
            submission: submission.id,
            sent_back: was_back,
        };
        let change = (submission_name(submission.id), before, "accepted");
        log(s, by, "accept", change, Some(&inverse), now)
    })?;
    Ok(Done {
        said: format!("{} is accepted", submission.code()),
        in_vietnamese: format!(
            "Đã duyệt báo cáo {} của {}",
            submission.code(),
            target_in_words(config, &target_of(&submission), now)
        ),
        correction,
    })
}
