//! `units`: the register as the spreadsheet that staff keep, and the addresses that staff taught.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::Subcommand;

use super::corrections::by;
use super::{Faulty, Session, say};
use crate::config::{Config, sheet};
use crate::domain::identity::{Change, Thing};
use crate::domain::unit::{Register, UnitId};
use crate::domain::zone;
use crate::store::Store;
use crate::writing::spreadsheet::{self, Cell, Sheet};
use crate::{correct, home, identity};

#[derive(Debug, Subcommand)]
pub(super) enum Units {
    /// Name every fault of a spreadsheet of units, by sheet row; nothing is changed
    Check {
        /// An xlsx, xls or ods file
        file: PathBuf,
    },
    /// Take a spreadsheet of units over as the register, wholly or not at all
    Import {
        /// An xlsx, xls or ods file
        file: PathBuf,
    },
    /// Write the register as a spreadsheet
    Export {
        /// The xlsx file
        file: PathBuf,
    },
    /// List the addresses that staff taught
    Learned,
    /// Forget that an address writes for a unit
    Forget {
        /// The address
        address: String,
        /// The unit
        unit: String,
    },
}

pub(super) fn run(session: &Session, command: &Units) -> Result<()> {
    let now = session.now();
    match command {
        Units::Check { file } => {
            let config = session.config()?;
            let register = read(&config, file)?;
            let changes = correct::difference(&config.register, &register);
            say(format!("{}: {changes}", file.display()))?;
            settled(&config, &register, file)?;
            say("ok")?;
        }
        Units::Import { file } => import(session, file)?,
        Units::Export { file } => {
            let config = session.config()?;
            let widths = [
                18.0, 42.0, 24.0, 20.0, 18.0, 36.0, 28.0, 36.0, 12.0, 12.0, 18.0, 18.0,
            ];
            let columns = sheet::HEADINGS.iter().map(ToString::to_string);
            let rows = sheet::rows(&config.register).into_iter();
            let sheet = Sheet {
                name: "Danh bạ đơn vị".into(),
                title: vec![],
                columns: columns.zip(widths).collect(),
                rows: Box::new(rows.map(|r| Ok(r.into_iter().map(Cell::from).collect()))),
                charts: vec![],
            };
            let content = spreadsheet::workbook([sheet], now)?;
            std::fs::write(file, content)
                .with_context(|| format!("cannot write {}", file.display()))?;
        }
        Units::Learned => {
            let config = session.config()?;
            for (address, unit, at) in session.snapshot(&config, now)?.learned()? {
                let day = at.to_zoned(zone()).date();
                say(format!("{address:<40} {unit:<24} since {day}"))?;
            }
        }
        Units::Forget { address, unit } => {
            let config = session.config()?;
            let store = home::open_store(&config, now)?;
            let unit = UnitId(unit.clone());
            say(correct::forget(&store, &address.to_lowercase(), &unit, &by(), now)?.said)?;
        }
    }
    Ok(())
}

/// The register of a spreadsheet without faults.
fn read(config: &Config, file: &Path) -> Result<Register> {
    let (register, warnings) = match sheet::read(file, &config.settings.kinds)? {
        Ok(read) => read,
        Err(faults) => return Err(Faulty(faults).into()),
    };
    for warning in warnings {
        say(format!("warning: {warning}"))?;
    }
    Ok(register)
}

/// Says which ids of a register the store knows under another one, and refuses one that says nothing of an id that
/// the store knows.
fn settled(config: &Config, register: &Register, file: &Path) -> Result<()> {
    let path = Store::path(&config.settings.data);
    if !path.exists() {
        return Ok(());
    }
    let store = Store::as_it_is(&path)?;
    let mut changes = identity::compare(register, &config.reports, &store)?;
    changes.retain(|(thing, _)| *thing == Thing::Unit);
    for (_, change) in &changes {
        if let Change::Renamed { from, to } = change {
            say(format!("{from} will be renamed to {to}"))?;
        }
    }
    let questions = identity::questions(&changes, &store)?;
    if !questions.is_empty() {
        bail!("{}: {}", file.display(), questions.join("\n"));
    }
    Ok(())
}

fn import(session: &Session, file: &Path) -> Result<()> {
    let config = session.config()?;
    let register = read(&config, file)?;
    settled(&config, &register, file)?;
    let target = config.folder.join("units.csv");
    let mut written = tempfile::NamedTempFile::new_in(&config.folder)?;
    written.write_all(&sheet::csv(&register)?)?;
    written.as_file().sync_all()?;
    let mode = std::fs::metadata(&target)?.permissions();
    written.as_file().set_permissions(mode)?;
    let before = config.folder.join("units.before-import.csv");
    std::fs::copy(&target, &before)
        .with_context(|| format!("cannot keep a copy in {}", before.display()))?;
    written.persist(&target)?;
    let store = home::open_store(&config, session.now())?;
    let after = correct::imported(&store, &config.register, &register, &by(), session.now())?;
    say(format!(
        "{} written: {after}; the former one is {}. A running service takes it over on `systemctl reload thubaocao`.",
        target.display(),
        before.display()
    ))?;
    Ok(())
}
