//! `assign`, `ignore`, `excuse`, `received-paper`, `extend`, `escalate`, `close`, `return`, `accept`, `undo`: corrections by staff.

use anyhow::{Context, Result};
use clap::Args;
use jiff::civil::Date;

use super::{Session, say};
use crate::app::{self, App};
use crate::collect;
use crate::correct::{self, By, Clerk, Done};
use crate::domain::correction::{Assignment, Target};
use crate::domain::period::PeriodId;
use crate::domain::reminder::Nod;
use crate::domain::row::{ChangeId, MessageId, SubmissionId};
use crate::domain::submission::Submission;
use crate::domain::unit::UnitId;

/// Who makes a correction.
#[derive(Debug, Args)]
struct Author {
    /// Who decides this (default: the login name)
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
}

impl Author {
    fn by(&self) -> By {
        self.by.clone().map_or_else(by, |who| By {
            who,
            way: "command",
        })
    }
}

/// Whoever is logged in.
pub(super) fn by() -> By {
    let names = ["SUDO_USER", "USER", "LOGNAME"];
    let who = names.iter().find_map(|name| std::env::var(name).ok());
    By {
        who: who.unwrap_or_else(|| "command line".into()),
        way: "command",
    }
}

#[derive(Debug, Args)]
pub(super) struct Assign {
    /// The number of the mail, as `inbox` shows it
    message: MessageId,
    /// The unit it comes from
    #[arg(long)]
    unit: String,
    /// The report it is, where that is not clear
    #[arg(long, requires = "period")]
    report: Option<String>,
    /// The period it is on
    #[arg(long, requires = "report")]
    period: Option<PeriodId>,
    /// From now on, the address writes for this unit
    #[arg(long)]
    remember: bool,
    #[command(flatten)]
    by: Author,
}

#[derive(Debug, Args)]
pub(super) struct Ignore {
    /// The number of the mail, as `inbox` shows it
    message: MessageId,
    #[command(flatten)]
    by: Author,
}

/// What is expected of whom.
#[derive(Debug, Args)]
struct Expected {
    /// The unit
    unit: String,
    /// The report
    report: String,
    /// The period, such as 2026-H1
    period: PeriodId,
}

impl Expected {
    fn target(&self) -> Target {
        Target {
            unit: UnitId(self.unit.clone()),
            report: self.report.clone(),
            period: self.period.clone(),
        }
    }
}

#[derive(Debug, Args)]
pub(super) struct Excuse {
    #[command(flatten)]
    expected: Expected,
    /// Why
    #[arg(long, required_unless_present = "undo")]
    reason: Option<String>,
    /// Take it back
    #[arg(long)]
    undo: bool,
    #[command(flatten)]
    by: Author,
}

#[derive(Debug, Args)]
pub(super) struct ReceivedPaper {
    #[command(flatten)]
    expected: Expected,
    /// The day on which it came (default: today)
    #[arg(long, value_name = "DATE")]
    on: Option<Date>,
    /// Number and symbol of the document
    #[arg(long)]
    number: Option<String>,
    /// Take it back
    #[arg(long)]
    undo: bool,
    #[command(flatten)]
    by: Author,
}

fn open(session: &Session) -> Result<App> {
    App::open(session.config()?, app::own_program()?, session.now())
}

#[derive(Debug, Args)]
pub(super) struct Extend {
    #[command(flatten)]
    expected: Expected,
    /// The last day
    #[arg(long, value_name = "DATE")]
    due: Date,
    #[command(flatten)]
    by: Author,
}

#[derive(Debug, Args)]
pub(super) struct Refuse {
    /// The number of the mail that asks for more time, as `inbox` shows it
    message: MessageId,
    /// Why; the unit is told
    #[arg(long)]
    reason: String,
    #[command(flatten)]
    by: Author,
}

#[derive(Debug, Args)]
pub(super) struct Close {
    /// The report
    report: String,
    /// The period, such as 2026-H1
    period: PeriodId,
    /// Open it again
    #[arg(long)]
    undo: bool,
    #[command(flatten)]
    by: Author,
}

#[derive(Debug, Args)]
pub(super) struct Escalate {
    #[command(flatten)]
    expected: Expected,
    /// The letter must not leave
    #[arg(long)]
    stop: bool,
    #[command(flatten)]
    by: Author,
}

#[derive(Debug, Args)]
pub(super) struct Return {
    /// The receipt code of the submission, such as BC-2026-00017
    submission: String,
    /// Why; the unit is told
    #[arg(long)]
    reason: String,
    /// The last day for sending it again (default: in five working days)
    #[arg(long, value_name = "DATE")]
    due: Option<Date>,
    #[command(flatten)]
    by: Author,
}

#[derive(Debug, Args)]
pub(super) struct Accept {
    /// The receipt codes of the submissions, such as BC-2026-00017; several are one change
    #[arg(required = true)]
    submissions: Vec<String>,
    #[command(flatten)]
    by: Author,
}

#[derive(Debug, Args)]
pub(super) struct Undo {
    /// The number of the change, as `history` shows it
    change: ChangeId,
    #[command(flatten)]
    by: Author,
}

fn row_of(code: &str) -> Result<SubmissionId> {
    Submission::row_of(code).with_context(|| {
        format!("there is no submission {code}; acknowledgements and the digest show the codes")
    })
}

fn tell(done: Done) -> Result<()> {
    Ok(say(format!("{} (change {})", done.said, done.correction))?)
}

pub(super) async fn assign(session: &Session, a: &Assign) -> Result<()> {
    let assignment = Assignment {
        unit: UnitId(a.unit.clone()),
        report: a.report.clone().zip(a.period.clone()),
        hint: None,
        words: None,
        remember: a.remember,
    };
    let (mut app, now) = (open(session)?, session.now());
    let done = correct::assign(app.books(), a.message, &assignment, &a.by.by(), now)?;
    collect::take_out_what_counts(&app.config, &app.store, &app.archive, &mut app.reader, now)
        .await?;
    tell(done)
}

/// Makes a correction of what the store holds.
fn correct(
    session: &Session,
    author: &Author,
    how: impl FnOnce(Clerk<'_>) -> Result<Done>,
) -> Result<()> {
    let app = open(session)?;
    tell(how(Clerk {
        config: &app.config,
        store: &app.store,
        by: &author.by(),
        now: session.now(),
    })?)
}

pub(super) fn ignore(session: &Session, a: &Ignore) -> Result<()> {
    correct(session, &a.by, |clerk| {
        correct::ignore(clerk.store, a.message, clerk.by, clerk.now)
    })
}

pub(super) fn excuse(session: &Session, a: &Excuse) -> Result<()> {
    let target = a.expected.target();
    correct(session, &a.by, |clerk| match a.undo {
        true => correct::withdraw_excuse(clerk, &target),
        false => correct::excuse(clerk, &target, a.reason.as_deref().unwrap_or("")),
    })
}

pub(super) fn received_paper(session: &Session, a: &ReceivedPaper) -> Result<()> {
    let target = a.expected.target();
    correct(session, &a.by, |clerk| match a.undo {
        true => correct::withdraw_paper(clerk, &target),
        false => correct::received_paper(clerk, &target, a.on, a.number.as_deref()),
    })
}

pub(super) fn extend(session: &Session, a: &Extend) -> Result<()> {
    let target = a.expected.target();
    correct(session, &a.by, |clerk| {
        correct::extend(clerk, &target, a.due, None)
    })
}

pub(super) fn refuse(session: &Session, a: &Refuse) -> Result<()> {
    correct(session, &a.by, |clerk| {
        correct::refuse_time(clerk, a.message, &a.reason)
    })
}

pub(super) fn close(session: &Session, a: &Close) -> Result<()> {
    correct(session, &a.by, |clerk| match a.undo {
        true => correct::reopen(clerk, &a.report, &a.period),
        false => correct::close(clerk, &a.report, &a.period),
    })
}

pub(super) fn escalate(session: &Session, a: &Escalate) -> Result<()> {
    let nod = if a.stop { Nod::Stop } else { Nod::Send };
    correct(session, &a.by, |clerk| {
        correct::escalate(clerk, &a.expected.target(), nod)
    })
}

pub(super) fn send_back(session: &Session, a: &Return) -> Result<()> {
    let row = row_of(&a.submission);
    correct(session, &a.by, |clerk| {
        correct::send_back(clerk, row?, &a.reason, a.due)
    })
}

pub(super) fn accept(session: &Session, a: &Accept) -> Result<()> {
    let rows: Result<Vec<SubmissionId>> = a.submissions.iter().map(|code| row_of(code)).collect();
    correct(session, &a.by, |clerk| match rows?.as_slice() {
        [one] => correct::accept(clerk, *one),
        several => correct::accept_all(clerk, several),
    })
}

pub(super) fn undo(session: &Session, a: &Undo) -> Result<()> {
    correct(session, &a.by, |clerk| {
        correct::undo(clerk.store, a.change, clerk.by, clerk.now)
    })
}
