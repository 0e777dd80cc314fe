//! `units learned`, `units forget`: the addresses that staff taught.

use anyhow::{Result, bail};
use clap::Subcommand;

use super::{Session, say};
use crate::domain::unit::UnitId;
use crate::domain::zone;
use crate::store::Store;

#[derive(Debug, Subcommand)]
pub(super) enum Units {
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
    let config = session.config()?;
    let now = session.now();
    match command {
        Units::Learned => {
            for (address, unit, at) in session.snapshot(&config, now)?.learned()? {
                let day = at.to_zoned(zone()).date();
                say(format!("{address:<40} {unit:<24} since {day}"))?;
            }
        }
        Units::Forget { address, unit } => {
            let store = Store::open(&config.settings.data, now)?;
            if !store.unlearn(&address.to_lowercase(), &UnitId(unit.clone()), now)? {
                bail!("{address} is not known to write for {unit}; see `thubaocao units learned`");
            }
            say(format!(
                "{address} is not known to write for {unit} any more"
            ))?;
        }
    }
    Ok(())
}
