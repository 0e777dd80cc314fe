//! `contacts`: addresses that our mails do not reach, or perhaps not.

use anyhow::Result;
use clap::Subcommand;

use super::corrections::by;
use super::{Session, say};
use crate::app::{self, App};
use crate::correct;
use crate::domain::date_of;
use crate::store::Standing;

#[derive(Debug, Subcommand)]
pub(super) enum Contacts {
    /// List the addresses that do not work or may not, and since when
    List,
    /// Write to an address again
    Reset {
        /// The address
        address: String,
    },
}

pub(super) fn run(session: &Session, command: &Contacts) -> Result<()> {
    let config = session.config()?;
    let now = session.now();
    match command {
        Contacts::List => {
            for (address, failed) in session.snapshot(&config, now)?.failed_contacts(now)? {
                let holders = config.register.bearers(&address, date_of(now));
                let units: Vec<String> = holders.into_iter().map(|b| b.unit.0).collect();
                say(format!(
                    "{address:<40} {:<24} {} since {} {}",
                    units.join(","),
                    match failed.standing {
                        Standing::Dead => "out of use",
                        Standing::Doubtful => "in doubt",
                    },
                    date_of(failed.since),
                    failed.status.as_deref().unwrap_or("")
                ))?;
            }
        }
        Contacts::Reset { address } => {
            let app = App::open(config, app::own_program()?, now)?;
            say(correct::reset_contact(&app.store, &address.to_lowercase(), &by(), now)?.said)?;
        }
    }
    Ok(())
}
