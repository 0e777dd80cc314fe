//! What staff decide of a submission: sent back, accepted.

use anyhow::{Result, bail};
use jiff::Timestamp;
use jiff::civil::Date;

use super::obligation::{deadline, target_in_words};
use super::{Clerk, Done, Inverse, Refusal, decision, said};
use crate::domain::correction::{Target, submission_name};
use crate::domain::date_of;
use crate::domain::decision::{About, Decision};
use crate::domain::owed::Owed;
use crate::domain::row::{ChangeId, SubmissionId};
use crate::domain::submission::Submission;
use crate::store::{NewMail, Store};

fn known_submission(store: &Store, id: SubmissionId) -> Result<Submission> {
    let known = store.submission(id)?;
    Ok(known.ok_or(Refusal::NoSubmission(id))?)
}

/// Sends a submission back: it no longer counts, and the unit is asked to send it again until a day (five working days
/// from now where none is said).
///
/// # Errors
/// When there is no such submission, it is sent back already, or the day has passed.
pub fn send_back(
    clerk: Clerk<'_>,
    submission: SubmissionId,
    reason: &str,
    due: Option<Date>,
) -> Result<Done> {
    let submission = known_submission(clerk.store, submission)?;
    if reason.trim().is_empty() {
        bail!("a reason is needed: the unit is told why");
    }
    let calendar = &clerk.config.calendar;
    let due = due.unwrap_or_else(|| calendar.working_days_after(date_of(clerk.now), 5));
    let moment = deadline(clerk, due)?;
    let target = target_of(&submission);
    let correction = clerk.store.transaction(|s| {
        let Some(row) = s.send_back(submission.id, reason, moment, clerk.now)? else {
            bail!(Refusal::SentBack(submission.code()));
        };
        s.owe(
            &NewMail {
                owed: Owed::Returned(row),
                unit: Some(submission.unit.clone()),
                message: submission.message,
            },
            clerk.now,
        )?;
        let after = format!("sent back until {due}: {reason}");
        let change = (submission_name(submission.id), "received", after.as_str());
        let inverse = Inverse::SentBack {
            submission: submission.id,
        };
        clerk.log(s, "return", change, Some(&inverse))
    })?;
    Ok(Done {
        said: format!("{} is sent back; due again on {due}", submission.code()),
        in_vietnamese: said::sent_back(
            &submission.code(),
            &target_in_words(clerk, &target),
            due,
            reason,
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
pub fn accept(clerk: Clerk<'_>, submission: SubmissionId) -> Result<Done> {
    let submission = known_submission(clerk.store, submission)?;
    let correction = clerk.store.transaction(|s| {
        let was_back = counts_again(s, submission.id, clerk.now)?;
        if !s.accept(submission.id, clerk.now)? && was_back.is_none() {
            bail!(Refusal::Accepted(submission.code()));
        }
        accepted(clerk, s, submission.id, was_back)
    })?;
    Ok(Done {
        said: format!("{} is accepted", submission.code()),
        in_vietnamese: said::accepted(
            &submission.code(),
            &target_in_words(clerk, &target_of(&submission)),
        ),
        correction,
    })
}

/// Takes back that a submission was sent back, and tells whoever was told of it; gives why and until when it was.
pub(super) fn counts_again(
    s: &Store,
    submission: SubmissionId,
    now: Timestamp,
) -> Result<Option<(String, Timestamp)>> {
    let Some((row, reason, due)) = s.withdraw_sent_back(submission, now)? else {
        return Ok(None);
    };
    let (of, instead) = (About::Submission(submission), Decision::ReturnWithdrawn);
    decision::correct_what_left(s, &Owed::Returned(row), instead, of, now)?;
    Ok(Some((reason, due)))
}

/// Writes the acceptance of a submission into the log; `was_back`: why and until when it had been sent back.
fn accepted(
    clerk: Clerk<'_>,
    s: &Store,
    submission: SubmissionId,
    was_back: Option<(String, Timestamp)>,
) -> Result<ChangeId> {
    let before = match was_back {
        Some(_) => "sent back",
        None => "received",
    };
    let inverse = Inverse::Acceptance {
        submission,
        sent_back: was_back,
    };
    let change = (submission_name(submission), before, "accepted");
    clerk.log(s, "accept", change, Some(&inverse))
}

/// Accepts submissions together, as one change. What somebody decided on meanwhile stays as it is.
///
/// # Errors
/// When all of them were decided on.
pub fn accept_all(clerk: Clerk<'_>, submissions: &[SubmissionId]) -> Result<Done> {
    let (changes, correction) = clerk.store.transaction(|s| {
        let mut changes = Vec::new();
        for id in submissions {
            if s.stands(*id)? && s.accept(*id, clerk.now)? {
                changes.push(accepted(clerk, s, *id, None)?);
            }
        }
        let [first, ..] = changes.as_slice() else {
            bail!(Refusal::AllDecided);
        };
        let subject = format!("new reports, from change {first} on");
        let after = format!("{} accepted", changes.len());
        let inverse = Inverse::Aside {
            changes: changes.clone(),
        };
        let change = (subject, "received", after.as_str());
        let correction = clerk.log(s, "accept together", change, Some(&inverse))?;
        Ok((changes.len(), correction))
    })?;
    Ok(Done {
        said: format!("{changes} submissions are accepted"),
        in_vietnamese: said::accepted_together(changes, submissions.len()),
        correction,
    })
}
