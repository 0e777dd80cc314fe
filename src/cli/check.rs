//! `check`: every fault of the configuration at once, then mailbox, transport and store tried for real.

use std::fmt::Display;
use std::path::Path;

use anyhow::{Context, Result, bail};
use jiff::Timestamp;

use super::{Session, say};
use crate::archive::Archive;
use crate::collect::folders;
use crate::config::{Config, MailboxKind, Settings, Show, Veil, exposed};
use crate::domain::identity::Change;
use crate::domain::report::{EventDate, Frequency, Report};
use crate::domain::{date_of, lunar, zone};
use crate::mailbox::{Known, Look, Mailbox, MailboxError};
use crate::reading::program;
use crate::store::Store;
use crate::transport::Transport;
use crate::verify::Verifier;
use crate::{app, audit, disk, home, identity, page, send};

/// The lines that are said one after the other, and whether one of them was a failure.
#[derive(Default)]
struct Findings {
    failed: bool,
}

impl Findings {
    /// Says that a part fails.
    fn fails(&mut self, what: &str, why: impl Display) -> std::io::Result<()> {
        self.failed = true;
        say(format!("{what}: FAILED: {why}"))
    }

    /// Says what came of trying a part.
    fn tell(&mut self, what: &str, result: Result<String>) -> std::io::Result<()> {
        match result {
            Ok(found) => say(format!("{what}: ok{found}")),
            Err(e) => self.fails(what, format!("{e:#}")),
        }
    }

    /// The end of the check.
    fn end(self) -> Result<()> {
        if self.failed {
            bail!("the check failed; see above");
        }
        Ok(())
    }
}

pub(super) async fn run(session: &Session, offline: bool, deep: bool) -> Result<()> {
    let config = session.config()?;
    let now = session.now();
    say(format!(
        "configuration: ok ({} units, {} reports)",
        config.register.all_on(date_of(now)).count(),
        config.reports.len()
    ))?;
    for warning in &config.warnings {
        say(format!("warning: {warning}"))?;
    }
    let mut findings = Findings::default();
    tell_years(&config, date_of(now).year(), &mut findings)?;
    tell_what_is_lacking(&config)?;
    let path = Store::path(&config.settings.data);
    let known = path.exists().then(|| Store::as_it_is(&path));
    if let Some(Ok(store)) = &known {
        tell_renamed(&config, store, now, &mut findings)?;
    }
    for exposed in exposed(&config.settings, &config.folder) {
        findings.fails("password", exposed)?;
    }
    if !offline {
        try_for_real(&config, deep, now, &mut findings).await?;
    } else if let Some(Err(e)) = &known {
        findings.fails("store", format!("{e:#}"))?;
    }
    findings.end()
}

/// Whether this year and the next have their days off, and their lunar days where a report needs them.
fn tell_years(config: &Config, year: i16, findings: &mut Findings) -> Result<()> {
    let years = [year, year + 1];
    for year in years {
        if !config.calendar.covers(year) {
            say(format!(
                "warning: {}: the year {year} is missing; deadlines and reminders may fall on days off",
                config.folder.join("holidays.toml").display()
            ))?;
        }
    }
    let is_lunar = |r: &&Report| matches!(r.frequency, Frequency::Event(EventDate::Lunar(_)));
    if let Some(unknown) = years.into_iter().find(|y| !lunar::YEARS.contains(y))
        && let Some(report) = config.reports.iter().find(is_lunar)
    {
        let (first, last) = lunar::YEARS.into_inner();
        let why = format!(
            "{}: the lunar years from {first} to {last} are known; in {unknown} nobody is asked for {}",
            config.folder.join("reports.toml").display(),
            report.id
        );
        findings.fails("configuration", why)?;
    }
    Ok(())
}

/// What works without, but less well: programs that read attachments, and a second way out.
fn tell_what_is_lacking(config: &Config) -> Result<()> {
    for (program, package) in program::missing(config.settings.limits.ocr) {
        say(format!(
            "warning: {program} is not installed, so some files are kept without being read; apt install {package}"
        ))?;
    }
    if config.settings.alarm.is_none() {
        say(
            "warning: there is no [alarm] in thubaocao.toml; when the mailbox fails nobody is told",
        )?;
    }
    Ok(())
}

/// What the configuration calls otherwise than the store, or no longer has.
fn tell_renamed(
    config: &Config,
    store: &Store,
    now: Timestamp,
    findings: &mut Findings,
) -> Result<()> {
    let changes = identity::compare(&config.register, &config.reports, store)?;
    for (thing, change) in &changes {
        if let Change::Renamed { from, to } = change {
            say(format!(
                "the {thing} {from} will be renamed to {to} at the next start or reload"
            ))?;
        }
    }
    for question in identity::deadline_questions(config, store, now)? {
        say(format!("warning: {question}"))?;
    }
    for question in identity::questions(&changes, store)? {
        findings.fails("configuration", question)?;
    }
    Ok(())
}

/// Tries store, reading, disk, mailbox, transport and domain names; with `deep` the whole archive, too.
async fn try_for_real(
    config: &Config,
    deep: bool,
    now: Timestamp,
    findings: &mut Findings,
) -> Result<()> {
    let settings = &config.settings;
    let store = home::open_store(config, now);
    let (known, paused) = match &store {
        Ok(store) => (
            Known::of(store, &settings.mailbox.address)?,
            paused(config, store, now)?,
        ),
        Err(_) => (Known::default(), None), // that is told in its own line
    };
    let sound = store.and_then(|store| sound(&store, &settings.data));
    findings.tell("store", sound)?;
    findings.tell("reading", reading(config).await)?;
    findings.tell("disk", disk(config))?;
    if let Some(path) = &settings.report_page {
        let tried = page::trial(path).map(|()| format!(" ({})", path.display()));
        findings.tell("page", tried)?;
    }
    if settings.archive.is_some() {
        findings.tell("archive", storage(settings).await)?;
    }
    if deep {
        findings.tell("archive", archive(settings).await)?;
    }
    let longest = settings.limits.message_bytes;
    let listed = mailbox(&settings.mailbox.kind, known, longest).await;
    findings.tell("mailbox", listed)?;
    let veil = Veil::of_places(settings.secrets());
    let transport = match Transport::new(&settings.transport, veil) {
        Ok(mut t) => t.check().await.map(|()| paused.unwrap_or_default()),
        Err(e) => Err(e),
    };
    findings.tell("transport", transport)?;
    say(dns(config).await)?;
    Ok(())
}

/// Asks the domain name system about the first address of staff. Nothing is lost without it, so it is no failure.
async fn dns(config: &Config) -> String {
    let lack = "commands that staff mail are put off for a day, then confirmed by a reply; set trust.resolver";
    let mut domains = config.settings.digest_to.iter();
    let Some((_, domain)) = domains.find_map(|a| a.rsplit_once('@')) else {
        return "dns: not asked, as there are no addresses of staff".to_owned();
    };
    match Verifier::new(config.settings.trust.resolver) {
        Ok(verifier) if verifier.answers(domain).await => format!("dns: ok ({domain})"),
        Ok(_) => format!("warning: dns: no answer about {domain}; {lack}"),
        Err(e) => format!("warning: dns: {e:#}; {lack}"),
    }
}

/// That nothing is sent for a while, though the server takes a login: what it refused was the mails.
fn paused(config: &Config, store: &Store, now: Timestamp) -> Result<Option<String>> {
    let Some(pause) = send::paused(config, store, now)? else {
        return Ok(None);
    };
    let minute = |at: Timestamp| at.to_zoned(zone()).strftime("%Y-%m-%d %H:%M").to_string();
    Ok(Some(format!(
        ", but nothing is sent until {} (since {}, {} times in a row: {}); sooner with another server, user or password",
        minute(pause.until),
        minute(pause.since),
        pause.times,
        pause.why
    )))
}

/// Looks through the pages of the store.
fn sound(store: &Store, data: &Path) -> Result<String> {
    match store.database_faults(false).first() {
        None => Ok(format!(" ({})", data.display())),
        Some(says) => bail!("{says}; restore a backup"),
    }
}

/// Whether there is room, and it may be written to.
fn disk(config: &Config) -> Result<String> {
    let data = &config.settings.data;
    if disk::is_read_only(data) {
        bail!("the file system of {} is mounted read-only", data.display());
    }
    match disk::room(data, disk::limit(config)).trouble() {
        None => Ok(String::new()),
        Some(trouble) => bail!(trouble),
    }
}

/// Puts a content on the storage of the archive, gets it, and deletes it.
async fn storage(settings: &Settings) -> Result<String> {
    let archive = Archive::open(settings)?;
    let Some(s3) = archive.s3() else {
        return Ok(String::new());
    };
    s3.trial().await?;
    Ok(format!(" ({})", s3.url()))
}

/// Looks through the archive and, thoroughly, the store.
async fn archive(settings: &Settings) -> Result<String> {
    let found = audit::whole(settings).await?;
    match found.faults.first() {
        None => Ok(format!(" ({} files)", found.sound)),
        Some(first) => bail!(
            "{first} ({} faults; `thubaocao verify` names them all)",
            found.faults.len()
        ),
    }
}

/// Logs in and opens every folder.
async fn mailbox(kind: &MailboxKind, known: Known, longest: u64) -> Result<String> {
    let mut mailbox = Mailbox::open(kind, known, longest).await?;
    let (mut found, mut refused) = (Vec::new(), Vec::new());
    for folder in folders(kind) {
        match mailbox.list(&folder, Look::All, Show::Nothing).await {
            Ok((_, listing)) => found.push(format!("{folder}: {} mails", listing.envelopes.len())),
            // The next one may be there.
            Err(e @ (MailboxError::NoFolder { .. } | MailboxError::Refused { .. })) => {
                refused.push(format!("{folder}: {e}"));
            }
            Err(e) => return Err(e.into()),
        }
    }
    mailbox.close().await;
    if !refused.is_empty() {
        bail!("{}", refused.join("; "));
    }
    Ok(format!(" ({})", found.join("; ")))
}

/// Reads a built-in mail by the process that reads all, and asks how that is confined.
async fn reading(config: &Config) -> Result<String> {
    let mut reader = app::reader(config, app::own_program()?, None);
    let pdf = reader.trial().await?;
    if !pdf {
        bail!("the PDF of a built-in mail was not understood, neither here nor by pdftotext");
    }
    let confinement = reader.confinement();
    let confinement = confinement.context("the reading process does not say how it is confined")?;
    Ok(format!(
        " (a Word file and a PDF of a built-in mail; {confinement})"
    ))
}
