//! `assign`, `ignore`, `excuse`, `received-paper`: corrections by staff.

use anyhow::Result;
use clap::Args;
use jiff::civil::Date;

use super::{Session, say};
use crate::app::{self, App};
use crate::correct::{self, Assignment, Target};
use crate::domain::period::PeriodId;
use crate::domain::unit::UnitId;

/// Who makes a correction.
#[derive(Debug, Args)]
struct By {
    /// Who decides this (default: the login name)
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
}

impl By {
    fn name(&self) -> String {
        self.by.clone().unwrap_or_else(|| {
            ["SUDO_USER", "USER", "LOGNAME"]
                .iter()
                .find_map(|name| std::env::var(name).ok())
                .unwrap_or_else(|| "command line".into())
        })
    }
}

#[derive(Debug, Args)]
pub(super) struct Assign {
    /// The number of the mail, as `inbox` shows it
    message: i64,
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
    by: By,
}

#[derive(Debug, Args)]
pub(super) struct Ignore {
    /// The number of the mail, as `inbox` shows it
    message: i64,
    #[command(flatten)]
    by: By,
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
    by: By,
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
    by: By,
}

fn open(session: &Session) -> Result<App> {
    App::open(session.config()?, app::own_program()?, session.now())
}

pub(super) fn assign(session: &Session, a: &Assign) -> Result<()> {
    let app = open(session)?;
    let assignment = Assignment {
        unit: UnitId(a.unit.clone()),
        report: a.report.clone().zip(a.period.clone()),
        remember: a.remember,
    };
    let done = correct::assign(&app, a.message, &assignment, &a.by.name(), session.now())?;
    Ok(say(done)?)
}

pub(super) fn ignore(session: &Session, a: &Ignore) -> Result<()> {
    let app = open(session)?;
    let done = correct::ignore(&app, a.message, &a.by.name(), session.now())?;
    Ok(say(done)?)
}

pub(super) fn excuse(session: &Session, a: &Excuse) -> Result<()> {
    let app = open(session)?;
    let (target, who, now) = (a.expected.target(), a.by.name(), session.now());
    let done = if a.undo {
        correct::withdraw_excuse(&app, &target, &who, now)?
    } else {
        let reason = a.reason.as_deref().unwrap_or("");
        correct::excuse(&app, &target, reason, &who, now)?
    };
    Ok(say(done)?)
}

pub(super) fn received_paper(session: &Session, a: &ReceivedPaper) -> Result<()> {
    let app = open(session)?;
    let (target, who, now) = (a.expected.target(), a.by.name(), session.now());
    let done = if a.undo {
        correct::withdraw_paper(&app, &target, &who, now)?
    } else {
        correct::received_paper(&app, &target, a.on, a.number.as_deref(), &who, now)?
    };
    Ok(say(done)?)
}
