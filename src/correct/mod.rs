//! Corrections by staff: each is a new entry with who and when; nothing is deleted.

mod clock;
mod contact;
mod decision;
mod leader;
mod mail;
mod obligation;
mod outgoing;
mod period;
mod refusal;
mod register;
mod said;
mod submission;
mod title;
mod tokens;

use anyhow::{Context, Result, bail};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::config::Config;
use crate::domain::period::PeriodId;
use crate::domain::row::{ChangeId, MessageId, ObligationId, SubmissionId, TitleId};
use crate::domain::unit::UnitId;
use crate::domain::why::Why;
use crate::store::{Correction, Message, MessageState, Store, Verdict};

pub use clock::{accept_clock, undo_moments_ahead};
pub use contact::reset_contact;
pub use leader::escalate;
pub use mail::{assign, ignore, put_aside, refuse_time};
pub use obligation::{
    excuse, excuse_ended, extend, move_deadline, received_paper, withdraw_excuse, withdraw_paper,
};
pub use outgoing::resend;
pub use period::{close, reopen};
pub use refusal::Refusal;
pub use register::{difference, forget, imported, rename};
pub use submission::{accept, accept_all, send_back};
pub use title::forget_title;
pub use tokens::renew_tokens;

/// Who makes a correction, and by which way.
#[derive(Clone, Debug)]
pub struct By {
    /// A login name or a mail address.
    pub who: String,
    /// `command`, `mail` or `configuration`.
    pub way: &'static str,
}

/// Who corrects something, where, and when.
#[derive(Clone, Copy)]
pub struct Clerk<'a> {
    /// What the units are called, and until when they have time.
    pub config: &'a Config,
    /// Where it is written down.
    pub store: &'a Store,
    /// Who does it.
    pub by: &'a By,
    /// When.
    pub now: Timestamp,
}

impl Clerk<'_> {
    /// Writes a change into the log, in the transaction that makes it.
    fn log(
        self,
        store: &Store,
        command: &str,
        change: (String, &str, &str),
        inverse: Option<&Inverse>,
    ) -> Result<ChangeId> {
        log(store, self.by, command, change, inverse, self.now)
    }
}

/// A correction that was made.
#[derive(Clone, Debug)]
pub struct Done {
    /// What was done, for the command line.
    pub said: String,
    /// What was done, for staff.
    pub in_vietnamese: String,
    /// Its row in the log, by which it can be taken back.
    pub correction: ChangeId,
}

/// How a correction is taken back.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Inverse {
    /// A mail stands as before: its state, and what it was logged as.
    Mail {
        message: MessageId,
        state: MessageState,
        unit: Option<UnitId>,
        candidates: Vec<UnitId>,
        #[serde(deserialize_with = "crate::domain::why::kept")]
        why: Vec<Why>,
        submissions: Vec<SubmissionId>,
        taught: Option<(String, UnitId)>,
        /// What decisions on it taught of titles.
        #[serde(default)]
        titles: Vec<TitleId>,
    },
    /// What was decided together stands as before, by the change of each.
    Aside {
        changes: Vec<ChangeId>,
    },
    Excuse {
        obligation: ObligationId,
    },
    Paper {
        obligation: ObligationId,
        /// What it was logged as; without it all paper of the obligation.
        #[serde(default)]
        submission: Option<SubmissionId>,
    },
    Extension {
        obligation: ObligationId,
        /// Until when more time was given before.
        #[serde(default)]
        before: Option<Timestamp>,
        /// That the mail was put aside which asked for it.
        #[serde(default)]
        aside: Option<ChangeId>,
    },
    /// A mail asks for more time again, by the change that put it aside.
    Refusal {
        aside: ChangeId,
    },
    Nod {
        obligation: ObligationId,
        /// Whether the letter might leave by what was said before.
        #[serde(default)]
        sends_before: Option<bool>,
    },
    Closing {
        report: String,
        period: PeriodId,
    },
    Forgotten {
        address: String,
        unit: UnitId,
    },
    /// A title is learned again, by its number.
    Title {
        title: TitleId,
    },
    Contact {
        address: String,
        at: Timestamp,
    },
    SentBack {
        submission: SubmissionId,
    },
    Acceptance {
        submission: SubmissionId,
        /// Why and until when it was sent back before.
        #[serde(default)]
        sent_back: Option<(String, Timestamp)>,
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
            titles: store.taught_by(message.id)?,
        })
    }
}

impl Inverse {
    /// Takes the change back, in a transaction that is open; `false` where there is nothing left to take back.
    fn carry_out(&self, s: &Store, by: &By, now: Timestamp) -> Result<bool> {
        Ok(match self {
            Inverse::Mail {
                message,
                state,
                unit,
                candidates,
                why,
                submissions,
                taught,
                titles,
            } => {
                mail::tell_what_holds_no_more(s, *message, *state, now)?;
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
                s.unteach(*message, now)?;
                for row in titles {
                    s.teach_again(*row)?;
                }
                true
            }
            Inverse::Aside { changes } => undo_those_that_stand(s, changes, by, now)?,
            Inverse::Excuse { obligation } => {
                obligation::not_excused_any_more(s, *obligation, now)?
            }
            Inverse::Paper {
                obligation,
                submission,
            } => match submission {
                Some(submission) => s.withdraw_submission(*submission, now)?,
                None => s.withdraw_paper(*obligation, now)?,
            },
            Inverse::Extension {
                obligation,
                before,
                aside,
            } => {
                let any = obligation::take_time_back(s, *obligation, *before, now)?;
                if any {
                    undo_those_that_stand(s, aside.as_slice(), by, now)?;
                }
                any
            }
            Inverse::Refusal { aside } => undo_those_that_stand(s, &[*aside], by, now)?,
            Inverse::Nod {
                obligation,
                sends_before,
            } => leader::take_back(s, *obligation, *sends_before, now)?,
            Inverse::Closing { report, period } => s.open_period(report, period, now)?,
            Inverse::Forgotten { address, unit } => {
                s.learn(address, unit, now)?;
                true
            }
            Inverse::Title { title } => s.remember_title(*title)?,
            Inverse::Contact { address, at } => s.unreset_contact(address, *at)?,
            Inverse::SentBack { submission } => {
                submission::counts_again(s, *submission, now)?.is_some()
            }
            Inverse::Acceptance {
                submission,
                sent_back,
            } => {
                if let Some((reason, due)) = sent_back {
                    s.send_back(*submission, reason, *due, now)?;
                }
                s.withdraw_acceptance(*submission, now)?
            }
        })
    }
}

/// Takes back those of several changes on whose subject nobody has decided since; `false` where there is none.
fn undo_those_that_stand(s: &Store, changes: &[ChangeId], by: &By, now: Timestamp) -> Result<bool> {
    let mut any = false;
    for change in changes {
        let of_one = s.correction(*change)?.context("a change without a row")?;
        let later = s.later_change(*change, &of_one.change.subject)?;
        if of_one.undone_by.is_none() && later.is_none() {
            undo(s, *change, by, now)?;
            any = true;
        }
    }
    Ok(any)
}

/// Writes a change into the log, in the transaction that makes it.
fn log(
    store: &Store,
    by: &By,
    command: &str,
    (subject, before, after): (String, &str, &str),
    inverse: Option<&Inverse>,
    now: Timestamp,
) -> Result<ChangeId> {
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

/// A report and its period, for staff.
fn in_words(config: &Config, report: &str, period: &PeriodId) -> String {
    format!("{}, {}", config.report_name(report), period.in_vietnamese())
}

/// Takes a correction back, by a new entry.
///
/// # Errors
/// When there is no such correction, it was taken back before, or cannot be.
pub fn undo(store: &Store, correction: ChangeId, by: &By, now: Timestamp) -> Result<Done> {
    let made = store
        .correction(correction)?
        .ok_or(Refusal::NoChange(correction))?;
    if made.undone_by.is_some() {
        bail!(Refusal::TakenBack(correction));
    }
    let Some(inverse) = &made.change.inverse else {
        bail!(Refusal::Irreversible {
            id: correction,
            command: made.change.command,
        });
    };
    if let Some(later) = store.later_change(correction, &made.change.subject)? {
        let who = store.correction(later)?.map(|m| m.change.who);
        bail!(Refusal::ChangedSince {
            later,
            subject: made.change.subject,
            who: who.unwrap_or_default(),
        });
    }
    let inverse: Inverse = serde_json::from_str(inverse)?;
    let row = store.transaction(|s| {
        let there = inverse.carry_out(s, by, now)?;
        if !there {
            bail!(Refusal::NoLongerHolds(correction));
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
        in_vietnamese: said::undone(correction, &made.change.command),
        correction: row,
    })
}
