//! `demo`: the whole story with no account and no server.
//!
//! Three weeks of June 2026 go by: mails are delivered into a Maildir at their time, the real passes run over them
//! with the moment as argument, mails go out as files. A second run in the same folder finds everything done.

mod documents;
mod mails;

use std::cell::Cell;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use anyhow::{Context, Result};
use jiff::civil::{Date, Time, date};
use jiff::{Timestamp, ToSpan};

use super::say;
use crate::clock::Clock;
use crate::config::Config;
use crate::domain::owed::{Kind, Owed};
use crate::domain::{instant, zone};
use crate::standing::View;
use crate::store::{MessageState, Receipts, Store};
use crate::writing;
use crate::{app, daemon, letters};

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
    let store = Store::copy_of(&Store::path(&config.settings.data))?;
    tell(&dir, &config, &store)
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
    let lived_until: Option<Timestamp> = done
        .setting("demo_lived_until")?
        .map(|t| t.parse())
        .transpose()?;
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
        done.set_setting("demo_lived_until", &now.to_string())?;
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

// ---- the story ----

fn moment(at: Timestamp) -> String {
    at.to_zoned(zone()).strftime("%d/%m %H:%M").to_string()
}

fn tell(dir: &Path, config: &Config, store: &Store) -> Result<()> {
    let end = moments().last().context("the story has days")?;
    let start = instant(FIRST, Time::midnight()) - 1.second();
    say("Thubaocao demo: three weeks of June 2026 in the department's mailbox.\n")?;

    say("What came in, and what was made of it")?;
    let mut counts = [0; 3];
    for m in store.stored_between(start, end)? {
        let unit = m.unit.as_ref().map(|u| u.0.as_str());
        let who = unit.or(m.sender.as_deref()).unwrap_or("?");
        let submissions = store.submissions_of(m.id)?;
        let what = match m.state {
            MessageState::Logged => {
                counts[0] += 1;
                let parts: Vec<String> = submissions
                    .iter()
                    .map(|s| {
                        let version = match s.version {
                            1 => String::new(),
                            n => format!(", version {n}"),
                        };
                        let nil = if s.nil_return {
                            ", nothing to report"
                        } else {
                            ""
                        };
                        let late = if s.received_at > s.due {
                            ", after the deadline"
                        } else {
                            ""
                        };
                        let forms = s.forms.names().join(" + ");
                        format!("{} {} ({forms}{version}{nil}{late})", s.report, s.period)
                    })
                    .collect();
                format!("logged: {}", parts.join("; "))
            }
            MessageState::Waiting => {
                counts[1] += 1;
                format!(
                    "waits for staff: {}",
                    writing::whys_in_vietnamese(&m.why).join("; ")
                )
            }
            _ => {
                counts[2] += 1;
                let class = m.reading.as_ref().map_or("?", |r| r.class.word());
                format!("noted, not answered ({class})")
            }
        };
        say(format!(
            "  {}  {who:<26} “{}”\n{:15}{what}",
            moment(m.received_at),
            m.subject.as_deref().unwrap_or(""),
            ""
        ))?;
    }
    let sent = store.ended_between(start, end + 1.second())?;
    let count = |kind: Kind| sent.iter().filter(|m| m.owed.kind() == kind).count();
    say(format!(
        "  {} logged, {} wait for staff, {} noted; {} acknowledgements went out.\n",
        counts[0],
        counts[1],
        counts[2],
        count(Kind::Acknowledgement)
    ))?;

    say("Who was reminded")?;
    let obligations = store.obligations(Receipts::All)?;
    let mut lines: Vec<(String, u32)> = Vec::new();
    for mail in &sent {
        let Owed::Reminder { day, .. } = &mail.owed else {
            continue;
        };
        let steps = store.steps_of(mail.id)?;
        let of: Vec<String> = steps
            .iter()
            .filter_map(|(id, step)| {
                let o = obligations.iter().find(|o| o.id == *id)?;
                Some(format!("{} {} [{step}]", o.report, o.period))
            })
            .collect();
        let kind = mail.owed.kind().public_word();
        let line = format!("  {day}  {kind:<16} {}", of.join(", "));
        match lines.iter_mut().find(|(l, _)| *l == line) {
            Some((_, n)) => *n += 1,
            None => lines.push((line, 1)),
        }
    }
    for (line, n) in lines {
        say(format!(
            "{line}: {n} {}",
            if n == 1 { "unit" } else { "units" }
        ))?;
    }

    say("\nHow it stands on 23/6")?;
    let view = View::at(end, config, store)?;
    let mut seen: Vec<(&str, String)> = Vec::new();
    for o in &obligations {
        let key = (o.report.as_str(), o.period.to_string());
        if seen.contains(&key) || o.due > end || o.due < start {
            continue;
        }
        let group = obligations
            .iter()
            .filter(|x| x.report == o.report && x.period == o.period);
        let r = view.rates(group);
        say(format!(
            "  {:<17} {:<8} {:>2} expected, {:>2} complete ({} %), {:>2} on time ({} %), {:>2} with a form missing, {} waiting for staff, {:>2} with nothing",
            key.0,
            key.1,
            r.expected,
            r.complete,
            r.reporting_rate().unwrap_or(0),
            r.on_time,
            r.timeliness().unwrap_or(0),
            r.partial,
            r.waiting,
            r.overdue + r.closed
        ))?;
        seen.push(key);
    }

    let draft = letters::digest(
        config,
        store,
        LAST,
        config.settings.digest_to.first().map(String::as_str),
        instant(LAST, Time::constant(7, 0, 0, 0)),
    )?;
    let html = dir.join("digest.html");
    fs::write(&html, &draft.html)?;
    say(format!(
        "\n{} digests went out, one a day.",
        count(Kind::Digest)
    ))?;
    say(format!(
        "  The last one, as staff see it: {}",
        html.display()
    ))?;
    say(format!(
        "  Every mail that went out:      {}",
        dir.join("outbox").display()
    ))?;
    say(format!(
        "\nEvery command works here, for example:\n  thubaocao --config {} inbox --at 2026-06-23T18:00:00+07:00",
        dir.join("config").display()
    ))?;
    Ok(())
}
