//! `export`: the files of one period, with an index and the consolidation draft.

use std::path::Path;

use anyhow::Result;

use super::{Session, known_report, say};
use crate::app::{self, App};
use crate::domain::period::PeriodId;
use crate::{collect, expected, export};

pub(super) async fn run(
    session: &Session,
    report: &str,
    period: &PeriodId,
    folder: &Path,
) -> Result<()> {
    let config = session.config()?;
    known_report(&config, report)?;
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
