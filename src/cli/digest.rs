//! `digest`: the digest of a day, sent to nobody.

use std::path::Path;

use anyhow::{Context, Result};
use jiff::civil::Date;

use super::{Session, Usage, say};
use crate::domain::{date_of, instant};
use crate::letters;

pub(super) fn run(
    session: &Session,
    on: Date,
    address: Option<&str>,
    html: Option<&Path>,
) -> Result<()> {
    let config = session.config()?;
    let staff = &config.settings.digest_to;
    let address = match address.map(str::to_lowercase) {
        Some(address) if !staff.contains(&address) => {
            let known = staff.join(", ");
            return Err(Usage(format!("{address} is none of staff.digest_to ({known})")).into());
        }
        Some(address) => Some(address),
        None => staff.first().cloned(),
    };
    let now = session.now();
    let moment = if date_of(now) == on {
        now
    } else {
        instant(on, config.settings.schedule.digest_at)
    };
    let store = session.snapshot(&config, moment)?;
    let draft = letters::digest(&config, &store, on, address.as_deref(), moment)?;
    say(format!("{}\n\n{}", draft.subject, draft.text.trim_end()))?;
    if let Some(path) = html {
        std::fs::write(path, &draft.html)
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}
