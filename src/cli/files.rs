//! `files`: the files that stand for a report of a unit.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;

use super::{Session, Usage, say};
use crate::app::{self, App};
use crate::domain::obligation::Obligation;
use crate::domain::period::PeriodId;
use crate::domain::unit::UnitId;
use crate::store::Receipts;
use crate::{collect, expected, export};

/// Which files.
#[derive(Args, Debug)]
pub(super) struct Files {
    /// The unit
    #[arg(long, value_name = "ID")]
    unit: String,
    /// The report
    #[arg(long, value_name = "ID")]
    report: String,
    /// The period
    #[arg(long)]
    period: PeriodId,
    /// A new folder
    dir: PathBuf,
    /// One line of JSON a file
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(session: &Session, a: &Files) -> Result<()> {
    let (report, period, folder) = (&a.report, &a.period, &a.dir);
    let now = session.now();
    let mut app = App::open(session.config()?, app::own_program()?, now)?;
    expected::expect(&app.config, &app.store, now)?;
    let unit = UnitId(a.unit.clone());
    let all = app.store.obligations_of(&unit, Receipts::Until(now))?;
    let is_it = |o: &&Obligation| o.report == *report && o.period == *period;
    let Some(o) = all.iter().find(is_it) else {
        return Err(Usage(format!(
            "nothing is expected of {unit} for {report} {period}; `thubaocao status` lists what is"
        ))
        .into());
    };
    export::make_empty(folder)?;
    collect::take_out_all_that_counts(&app.store, &app.archive, &mut app.reader).await?;
    for name in export::of_unit(&app.store, &app.archive, o, folder).await? {
        match a.json {
            true => say(serde_json::json!({ "file": folder.join(name) }))?,
            false => say(folder.join(name).display())?,
        }
    }
    Ok(())
}
