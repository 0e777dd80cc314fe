//! What staff decide of an obligation: paper received, excused, more time.

use anyhow::{Result, bail};
use jiff::Timestamp;
use jiff::civil::Date;

use super::{By, Clerk, Done, Inverse, Refusal, decision, in_words, log, mail, said};
use crate::domain::correction::Target;
use crate::domain::decision::{About, Decision};
use crate::domain::obligation::Obligation;
use crate::domain::owed::Owed;
use crate::domain::report::Forms;
use crate::domain::row::{ExtensionId, MessageId, ObligationId};
use crate::domain::{date_of, instant, vietnamese_moment};
use crate::expected;
use crate::store::{Decided, NewMail, NewSubmission, Store};

pub(super) fn target_id(clerk: Clerk<'_>, target: &Target) -> Result<ObligationId> {
    expected::expect(clerk.config, clerk.store, clerk.now)?;
    expected::obligation_for(
        clerk.config,
        clerk.store,
        &target.unit,
        &target.report,
        &target.period,
        clerk.now,
    )?
    .ok_or_else(|| Refusal::NotExpected {
        unit: target.unit.clone(),
        report: target.report.clone(),
        period: target.period.clone(),
    })
    .map_err(Into::into)
}

/// For staff.
pub(super) fn target_in_words(clerk: Clerk<'_>, target: &Target) -> String {
    let unit = clerk.config.unit_name(&target.unit, date_of(clerk.now));
    format!(
        "{unit}: {}",
        in_words(clerk.config, &target.report, &target.period)
    )
}

/// Marks the signed paper as received on a day (today where none is said).
///
/// # Errors
/// When nothing is expected, or the day lies ahead.
pub fn received_paper(
    clerk: Clerk<'_>,
    target: &Target,
    on: Option<Date>,
    number: Option<&str>,
) -> Result<Done> {
    let id = target_id(clerk, target)?;
    let received_at = match on {
        Some(day) if day > date_of(clerk.now) => {
            bail!(Refusal::Ahead(day))
        }
        // Paper that came on a day counts from the opening of the office.
        Some(day) if day < date_of(clerk.now) => {
            instant(day, clerk.config.settings.schedule.work_hours.0)
        }
        _ => clerk.now,
    };
    let day = date_of(received_at);
    let correction = clerk.store.transaction(|s| {
        let submission = s.log_submission(
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
            clerk.now,
        )?;
        let number = number.map_or(String::new(), |n| format!(" {n}"));
        let after = format!("paper{number} received on {day}");
        let change = (target.subject(), "", after.as_str());
        let inverse = Inverse::Paper {
            obligation: id,
            submission: Some(submission),
        };
        clerk.log(s, "received-paper", change, Some(&inverse))
    })?;
    Ok(Done {
        said: format!(
            "the signed paper of {} for {} {} is marked as received",
            target.unit, target.report, target.period
        ),
        in_vietnamese: said::paper(number, day, &target_in_words(clerk, target)),
        correction,
    })
}

/// Takes back that paper was received.
///
/// # Errors
/// When none was marked.
pub fn withdraw_paper(clerk: Clerk<'_>, target: &Target) -> Result<Done> {
    let id = target_id(clerk, target)?;
    let correction = clerk.store.transaction(|s| {
        if !s.withdraw_paper(id, clerk.now)? {
            bail!("no paper is marked as received for this");
        }
        let change = (target.subject(), "paper received", "no paper");
        clerk.log(s, "received-paper --undo", change, None)
    })?;
    Ok(Done {
        said: "no paper is marked as received any more".into(),
        in_vietnamese: said::no_paper(&target_in_words(clerk, target)),
        correction,
    })
}

/// Excuses a unit from a report.
///
/// # Errors
/// When nothing is expected or it is excused already.
pub fn excuse(clerk: Clerk<'_>, target: &Target, reason: &str) -> Result<Done> {
    let id = target_id(clerk, target)?;
    let correction = clerk.store.transaction(|s| {
        if !s.excuse(id, reason, clerk.now)? {
            bail!(Refusal::Excused(target.unit.clone()));
        }
        let after = format!("excused: {reason}");
        let change = (target.subject(), "expected", after.as_str());
        let inverse = Inverse::Excuse { obligation: id };
        let decided = Decided {
            what: Decision::Excused,
            of: About::Obligation(id),
            words: reason.to_owned(),
        };
        decision::tell(s, &decided, Some(&target.unit), None, clerk.now)?;
        clerk.log(s, "excuse", change, Some(&inverse))
    })?;
    Ok(Done {
        said: format!(
            "{} is excused from {} {}",
            target.unit, target.report, target.period
        ),
        in_vietnamese: said::excused(&target_in_words(clerk, target), reason),
        correction,
    })
}

/// Excuses a unit that ended within a period, whose successor reports on it; not again where that was taken back.
pub fn excuse_ended(
    store: &Store,
    o: &Obligation,
    reason: &str,
    by: &By,
    now: Timestamp,
) -> Result<()> {
    if store.was_excused(o.id)? {
        return Ok(());
    }
    store.transaction(|s| {
        s.excuse(o.id, reason, now)?;
        let after = format!("excused: {reason}");
        let change = (Target::of(o).subject(), "expected", after.as_str());
        let inverse = Inverse::Excuse { obligation: o.id };
        log(s, by, "excuse", change, Some(&inverse), now)
    })?;
    Ok(())
}

/// Gives an obligation the deadline that the configuration has now.
pub fn move_deadline(
    store: &Store,
    o: &Obligation,
    due: Timestamp,
    by: &By,
    now: Timestamp,
) -> Result<()> {
    store.transaction(|s| {
        s.set_deadline(o.id, due)?;
        let (before, after) = (vietnamese_moment(o.due), vietnamese_moment(due));
        let change = (Target::of(o).subject(), before.as_str(), after.as_str());
        log(s, by, "deadline", change, None, now)
    })?;
    Ok(())
}

/// Takes an excuse back.
///
/// # Errors
/// When there was none.
pub fn withdraw_excuse(clerk: Clerk<'_>, target: &Target) -> Result<Done> {
    let id = target_id(clerk, target)?;
    let correction = clerk.store.transaction(|s| {
        if !not_excused_any_more(s, id, clerk.now)? {
            bail!("{} is not excused from this", target.unit);
        }
        let change = (target.subject(), "excused", "expected again");
        clerk.log(s, "excuse --undo", change, None)
    })?;
    Ok(Done {
        said: format!(
            "{} has to send {} {} again",
            target.unit, target.report, target.period
        ),
        in_vietnamese: said::not_excused(&target_in_words(clerk, target)),
        correction,
    })
}

/// Takes an excuse back, and tells a unit that was told of it; `false` where there was none.
pub(super) fn not_excused_any_more(s: &Store, id: ObligationId, now: Timestamp) -> Result<bool> {
    let was_excused = s.withdraw_excuse(id, now)?;
    if was_excused {
        let (of, instead) = (About::Obligation(id), Decision::ExcuseWithdrawn);
        decision::take_back(s, Decision::Excused, of, instead, now)?;
    }
    Ok(was_excused)
}

/// The moment of a deadline on a day that has not passed.
pub(super) fn deadline(clerk: Clerk<'_>, due: Date) -> Result<Timestamp> {
    let moment = instant(due, clerk.config.settings.schedule.due_time);
    if moment < clerk.now {
        bail!(Refusal::Passed(due));
    }
    Ok(moment)
}

/// Takes more time back, to what was given `before`; `false` where there is none.
pub(super) fn take_time_back(
    s: &Store,
    obligation: ObligationId,
    before: Option<Timestamp>,
    now: Timestamp,
) -> Result<bool> {
    let Some(row) = s.withdraw_extension(obligation, now)? else {
        return Ok(false);
    };
    if let Some(due) = before {
        s.extend(obligation, due, now)?;
    }
    owe_withdrawal(s, row, now)?;
    Ok(true)
}

/// A unit that was told of more time is told that it does not hold any more.
fn owe_withdrawal(s: &Store, row: ExtensionId, now: Timestamp) -> Result<()> {
    let Some(told) = s.owed_as(&Owed::Extended(row))? else {
        return Ok(());
    };
    if s.left(told.id)?.is_some() {
        let letter = NewMail {
            owed: Owed::ExtensionWithdrawn(row),
            unit: told.unit,
            message: told.message,
        };
        s.owe(&letter, now)?;
    }
    Ok(())
}

/// Gives a unit until the end of a day (the hour of deadlines), and tells it so. `asked_by`: the mail that asks for it, on
/// which nothing more is to be decided.
///
/// # Errors
/// When nothing is expected, or the day has passed.
pub fn extend(
    clerk: Clerk<'_>,
    target: &Target,
    due: Date,
    asked_by: Option<MessageId>,
) -> Result<Done> {
    let id = target_id(clerk, target)?;
    let moment = deadline(clerk, due)?;
    let correction = clerk.store.transaction(|s| {
        let before = s.extension(id)?;
        let row = s.extend(id, moment, clerk.now)?;
        let letter = NewMail {
            owed: Owed::Extended(row),
            unit: Some(target.unit.clone()),
            message: asked_by,
        };
        s.owe(&letter, clerk.now)?;
        let aside = asked_by.map(|mail| mail::answered_by_time(clerk, s, mail));
        let was = before.map_or(String::new(), |due| format!("due on {}", date_of(due)));
        let after = format!("due on {due}");
        let inverse = Inverse::Extension {
            obligation: id,
            before,
            aside: aside.transpose()?,
        };
        let change = (target.subject(), was.as_str(), after.as_str());
        clerk.log(s, "extend", change, Some(&inverse))
    })?;
    Ok(Done {
        said: format!(
            "{} has until {due} to send {} {}",
            target.unit, target.report, target.period
        ),
        in_vietnamese: said::extended(due, &target_in_words(clerk, target)),
        correction,
    })
}
