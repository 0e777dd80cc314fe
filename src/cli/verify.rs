//! `verify`: the archive against the store, both ways, and the database itself.

use anyhow::{Result, bail};

use super::{Session, say};
use crate::audit::{self, Fault};
use crate::domain::row::MessageId;
use crate::store::{Owner, Store};

pub(super) async fn run(session: &Session, json: bool) -> Result<()> {
    let config = session.config()?;
    let data = &config.settings.data;
    let found = audit::whole(&config.settings).await?;
    for fault in &found.faults {
        match json {
            true => say(serde_json::to_string(fault)?)?,
            false => say(fault)?,
        }
    }
    if !json {
        for leftover in &found.leftovers {
            say(format!("nothing needs {}", leftover.display()))?;
        }
    }
    let faults = found.faults.len();
    if faults == 0 {
        if !json {
            say(format!("sound: the database and {} files", found.sound))?;
        }
        return Ok(());
    }
    let fetched = fetch_again(session, data, &found.faults)?;
    let again = match fetched {
        0 => String::new(),
        n => format!("; {n} mails are fetched again when the service next connects to the mailbox"),
    };
    bail!("{faults} faults{again}")
}

/// Notes the mails that are to be fetched again; how many.
fn fetch_again(session: &Session, data: &std::path::Path, faults: &[Fault]) -> Result<usize> {
    let mails: Vec<MessageId> = faults
        .iter()
        .flat_map(Fault::owners)
        .filter_map(|owner| match owner {
            Owner::Mail(id) => Some(*id),
            Owner::File(_) | Owner::Sent(_) => None,
        })
        .collect();
    if mails.is_empty() {
        return Ok(0);
    }
    let now = session.now();
    let store = Store::open(data, now)?;
    for mail in &mails {
        store.fetch_again(*mail, now)?;
    }
    Ok(mails.len())
}
