//! `export`: the files of one period, with an index and the consolidation draft.

use std::path::Path;

use anyhow::Result;

use super::{Session, Usage, say};
use crate::app::{self, App};
use crate::config::source::suggestion;
use crate::domain::period::PeriodId;
use crate::{collect, expected, export};

pub(super) async fn run(
    session: &Session,
    report: &str,
    period: &PeriodId,
    folder: &Path,
) -> Result<()> {
    let config = session.config()?;
    if config.report(report).is_none() {
        let hint = suggestion(report, config.reports.iter().map(|r| r.id.as_str()));
        return Err(Usage(format!("there is no report {report} in reports.toml{hint}")).into());
    }
    let now = session.now();
    let mut app = App::open(config, app::own_program()?, now)?;
    expected::expect(&app.config, &app.store, now)?;
    collect::take_out_all_that_counts(&app.store, &app.archive, &mut app.reader).await?;
    let done = export::period(
        (&app.config, &app.store),
        &app.archive,
        &mut app.reader,
        report,
        period,
        folder,
        now,
    )
    .await?;
    say(format!(
        "{}: {} files of {} units, an index and the consolidation draft",
        folder.display(),
        done.files,
        done.units
    ))?;
    Ok(())
}
