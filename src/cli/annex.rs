//! `annex`: the annex of figures of a report, to be filled in by a unit.

use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;

use super::{Session, Usage, known_report, say};
use crate::config::source::suggestion;
use crate::domain::date_of;
use crate::domain::figure::AnnexMark;
use crate::domain::period::PeriodId;
use crate::domain::unit::UnitId;
use crate::writing::annex;

#[derive(Debug, Args)]
pub(super) struct Annex {
    /// The report
    #[arg(long, value_name = "ID")]
    report: String,
    /// The period
    #[arg(long)]
    period: PeriodId,
    /// The unit
    #[arg(long, value_name = "ID")]
    unit: String,
    /// The Excel file
    file: PathBuf,
}

pub(super) fn run(session: &Session, arguments: &Annex) -> Result<()> {
    let Annex {
        report,
        period,
        unit,
        file,
    } = arguments;
    let config = session.config()?;
    let now = session.now();
    let known = known_report(&config, report)?;
    if known.figures.is_empty() {
        return Err(Usage(format!("{report} has no [[report.number]] in reports.toml")).into());
    }
    if known
        .period(period, config.settings.schedule.closing)
        .is_none()
    {
        return Err(Usage(format!("{period} is no period of {report}")).into());
    }
    let id = UnitId(unit.to_owned());
    let row = config.register.nearest(&id, date_of(now)).ok_or_else(|| {
        let units = config.register.units.iter();
        let hint = suggestion(unit, units.map(|u| u.id.0.as_str()));
        Usage(format!("there is no unit {unit} in units.csv{hint}"))
    })?;
    let mark = AnnexMark {
        report: report.to_owned(),
        period: period.clone(),
        unit: id.clone(),
    };
    let annex = annex::blank(known, &mark, row, now)?;
    std::fs::write(file, annex.content)
        .with_context(|| format!("cannot write {}", file.display()))?;
    say(format!("{}: the annex of {unit}", file.display()))?;
    Ok(())
}
