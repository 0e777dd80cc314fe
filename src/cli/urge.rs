//! `urge`: the letter to units that are late, as a document to be signed.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use clap::Args;

use super::{Session, Usage, say};
use crate::config::source::suggestion;
use crate::domain::period::PeriodId;
use crate::{health, urge};

#[derive(Debug, Args)]
pub(super) struct Urge {
    /// The report; without it, all that is late and not closed
    #[arg(long, value_name = "ID", requires = "period")]
    report: Option<String>,
    /// The period
    #[arg(long, requires = "report")]
    period: Option<PeriodId>,
    /// The docx file
    file: PathBuf,
}

pub(super) fn run(session: &Session, a: &Urge) -> Result<()> {
    let config = session.config()?;
    let report = a.report.as_deref();
    if let Some(id) = report
        && config.report(id).is_none()
    {
        let hint = suggestion(id, config.reports.iter().map(|r| r.id.as_str()));
        return Err(Usage(format!("there is no report {id} in reports.toml{hint}")).into());
    }
    let now = session.now();
    let store = session.snapshot(&config, now)?;
    // How the service fares is known of now only.
    if session.at.is_none()
        && let Some(unseen) = health::unseen(&store, &config.settings, now)?
    {
        bail!("no letter was written: {}", unseen.in_vietnamese());
    }
    let Some(letter) = urge::letter(&config, &store, report.zip(a.period.as_ref()), now)? else {
        say("no unit is to be asked: nothing was written")?;
        return Ok(());
    };
    std::fs::write(&a.file, letter.content)
        .with_context(|| format!("cannot write {}", a.file.display()))
}
