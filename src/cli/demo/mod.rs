//! `demo`: the whole story with no account and no server.
//!
//! Three weeks of June 2026 go by: mails are delivered into a Maildir at their time, the real passes run over them
//! with the moment as argument, mails go out as files. A second run in the same folder finds everything done.

mod documents;
mod mails;
mod story;

use std::cell::Cell;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use anyhow::{Context, Result};
use jiff::civil::{Date, Time, date};
use jiff::{Timestamp, ToSpan};

use crate::clock::Clock;
use crate::config::Config;
use crate::domain::instant;
use crate::store::Store;
use crate::writing;
use crate::{app, daemon};

/// The days of the story.
const FIRST: Date = date(2026, 6, 1);
const LAST: Date = date(2026, 6, 23);

/// The configuration of the demo: the sample's, with folders of its own and one shared private mailbox.
const SETTINGS: &str = include_str!("../../../config/thubaocao.toml");
const UNITS: &str = include_str!("../../../config/units.csv");
const REPORTS: &str = include_str!("../../../config/reports.toml");
const HOLIDAYS: &str = include_str!("../../../config/holidays.toml");

pub(super) async fn run(dir: Option<PathBuf>) -> Result<()> {
    let dir = match dir {
        Some(dir) => dir,
        None => tempfile::Builder::new()
            .prefix("thubaocao-demo-")
            .tempdir()?
            .keep(),
    };
    lay_out(&dir).with_context(|| format!("cannot lay out the demo in {}", dir.display()))?;
    let folder = dir.join("config");
    let load = || writing::load(&folder).map_err(super::Faulty);
    let config = load()?;
    live_through(&dir, &config, load).await?;
    let store = Store::as_it_is(&Store::path(&config.settings.data))?;
    let end = moments().last().context("the story has days")?;
    story::tell(&dir, &config, &store, end)
}

/// Writes the configuration where there is none yet, and an empty Maildir.
fn lay_out(dir: &Path) -> Result<()> {
    let settings = SETTINGS
        .replace("path = \"data/maildir\"", "path = \"maildir\"")
        .replace("folder = \"data/outbox\"", "folder = \"outbox\"");
    let shared = mails::SHARED_MAILBOX;
    let units = UNITS
        .replace(
            "congdoan@baophuyen.example",
            &format!("congdoan@baophuyen.example;{shared}"),
        )
        .replace(
            "congdoan@ptp.example",
            &format!("congdoan@ptp.example;{shared}"),
        );
    let config = dir.join("config");
    fs::create_dir_all(&config)?;
    for (name, text) in [
        ("thubaocao.toml", settings.as_str()),
        ("units.csv", units.as_str()),
        ("reports.toml", REPORTS),
        ("holidays.toml", HOLIDAYS),
    ] {
        let path = config.join(name);
        if !path.exists() {
            fs::write(path, text)?;
        }
    }
    for part in ["cur", "new", "tmp"] {
        fs::create_dir_all(dir.join("maildir").join(part))?;
    }
    fs::create_dir_all(dir.join("outbox"))?;
    Ok(())
}

/// The moments at which the passes run: the digest, the start of work, noon, before and after the deadline.
fn moments() -> impl Iterator<Item = Timestamp> {
    let days = std::iter::successors(Some(FIRST), |d| d.checked_add(1.day()).ok());
    days.take_while(|d| *d <= LAST).flat_map(|day| {
        [(7, 0), (8, 0), (11, 45), (16, 59), (18, 0)]
            .map(|(h, m)| instant(day, Time::constant(h, m, 0, 0)))
    })
}

/// Delivers the mails and runs the passes, moment by moment; what an earlier run did is left alone.
async fn live_through(
    dir: &Path,
    config: &Config,
    load: impl Fn() -> Result<Config, super::Faulty>,
) -> Result<()> {
    let done = Store::open(&config.settings.data, instant(FIRST, Time::midnight()))?;
    let lived_until = done.moment("demo_lived_until")?;
    let mails = mails::all();
    let mut service = None;
    for now in moments().filter(|m| lived_until.is_none_or(|done| *m > done)) {
        for mail in mails.iter().filter(|m| m.at <= now) {
            deliver(&dir.join("maildir"), mail)?;
        }
        let service = match &mut service {
            Some(s) => s,
            None => service.insert(daemon::Service::open(load()?, app::own_program()?, now)?),
        };
        if let Some(failure) = service.round(Clock::Fixed(now), &Cell::new(false)).await? {
            return Err(failure);
        }
        done.set_moment("demo_lived_until", now)?;
    }
    Ok(())
}

/// Puts a mail into the Maildir as a server would, with the time of delivery.
fn deliver(maildir: &Path, mail: &mails::Mail) -> Result<()> {
    let name = format!("{}.{}.demo", mail.at.as_second(), mail.id);
    let path = maildir.join("new").join(&name);
    if path.exists() {
        return Ok(());
    }
    let temporary = maildir.join("tmp").join(&name);
    fs::write(&temporary, mail.bytes()?)?;
    let at = UNIX_EPOCH + Duration::from_secs(mail.at.as_second() as u64);
    fs::File::options()
        .write(true)
        .open(&temporary)?
        .set_modified(at)?;
    fs::rename(&temporary, &path)?;
    Ok(())
}
