//! A page for a browser: who has sent what, period by period, as the digest has it. One file without scripts, links and
//! parts from elsewhere: whoever has it can read it and nothing more.

mod said;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Error, ErrorKind, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use anyhow::{Context, Result};
use jiff::Timestamp;
use minijinja::context;
use serde::Serialize;

use crate::config::Config;
use crate::domain::obligation::{Group, Obligation, State, groups, percent};
use crate::domain::unit::UnitId;
use crate::domain::{date_of, vietnamese_moment};
use crate::health;
use crate::overview::{self, Total};
use crate::standing::View;
use crate::store::{Part, Receipts, Store};
use crate::writing::spreadsheet::{Cell, Tone};
use crate::writing::{DepartmentView, render};

/// So many periods of a report are shown at most, the last ones.
const PERIODS: usize = 6;

/// Everybody may read it: the page is there for a web server, which is another user. Everything else that this program
/// writes is for its own user alone.
const MODE: u32 = 0o644;

/// A report with the last of its periods, the newest first.
#[derive(Serialize)]
struct OfReport {
    /// Its title.
    name: String,
    /// Whether anything is still to come, or to be decided, of a period.
    open: bool,
    periods: Vec<OfPeriod>,
    /// Units that owe nothing of the newest period come last.
    units: Vec<OfUnit>,
}

/// How a period of a report stands.
#[derive(Serialize)]
struct OfPeriod {
    total: Total,
    /// Widths of the bar in percent: complete, incomplete or waiting, nothing after the deadline.
    widths: [u32; 3],
}

/// A unit with how it stands in each of the periods.
#[derive(Serialize)]
struct OfUnit {
    /// Its short name.
    name: String,
    stands: Vec<Option<Standing>>,
}

/// How a unit stands in a period, as the Excel file has it.
#[derive(Serialize)]
struct Standing {
    says: String,
    tone: &'static str,
}

/// The page at the moment of a view.
///
/// # Errors
/// When the store or the template fails.
pub(crate) fn html(view: &View<'_>, store: &Store) -> Result<String> {
    let config = view.config();
    let mut latest: BTreeMap<&str, Vec<_>> = BTreeMap::new();
    let periods = store.periods()?;
    for period in &periods {
        latest.entry(&period.report).or_default().push(period);
    }
    // One more, as the newest may have opened without being of interest yet.
    let shown = latest.values_mut().flat_map(|of| {
        of.sort_by_key(|p| std::cmp::Reverse(p.due));
        of.iter().copied().take(PERIODS + 1)
    });
    let obligations = store.obligations_of_periods(shown, Receipts::Until(view.now()))?;
    let groups = groups(&obligations);
    let unseen = health::unseen(store, &config.settings, view.now())?;
    let reports = config.reports.iter().map(|r| (&*r.id, &*r.title));
    let reports = reports.filter_map(|(id, title)| of_report(view, id, title, &groups));
    let values = context! {
        department => DepartmentView::from(&config.settings.department),
        moment => vietnamese_moment(view.now()),
        unseen => unseen.map(|u| u.in_vietnamese()),
        reports => reports.collect::<Vec<_>>(),
    };
    render(config, "page.html", values)
}

/// A report, if any of its periods has begun.
fn of_report(view: &View<'_>, id: &str, title: &str, groups: &[Group<'_>]) -> Option<OfReport> {
    let begun = |g: &&Group<'_>| {
        let came = g.members.iter().any(|o| !o.receipts.is_empty());
        g.report == id && (came || view.now() >= view.near(g.members[0]))
    };
    let own = groups.iter().rev().filter(begun);
    let own = own.filter_map(|g| Some((g, of_period(view, g)?)));
    let (groups, periods): (Vec<&Group<'_>>, Vec<OfPeriod>) = own.take(PERIODS).unzip();
    let lacks = |p: &OfPeriod| p.total.not_yet + p.total.partial + p.total.waiting > 0;
    (!periods.is_empty()).then(|| OfReport {
        name: title.to_owned(),
        open: periods.iter().any(lacks),
        units: units(view, &groups),
        periods,
    })
}

fn of_period(view: &View<'_>, group: &Group<'_>) -> Option<OfPeriod> {
    let total = overview::total(view, group)?;
    let t = &total;
    // Shares of the whole so far: what is rounded neither leaves a sliver nor runs over.
    let mut so_far = 0;
    let widths = [
        t.on_time + t.late,
        t.partial + t.waiting,
        t.not_yet + t.not_at_all,
    ]
    .map(|n| {
        let before = percent(so_far, t.expected);
        so_far += n;
        percent(so_far, t.expected) - before
    });
    Some(OfPeriod { widths, total })
}

/// The units of whom anything is expected in these periods, the newest first: who owes something of that one comes first,
/// then in the order of the register.
fn units(view: &View<'_>, groups: &[&Group<'_>]) -> Vec<OfUnit> {
    let config = view.config();
    let members: Vec<BTreeMap<&UnitId, &Obligation>> = groups
        .iter()
        .map(|g| g.members.iter().map(|o| (&o.unit, *o)).collect())
        .collect();
    let mut rest: BTreeSet<&UnitId> = members.iter().flat_map(|of| of.keys().copied()).collect();
    let all = rest.clone();
    let listed = config.register.units.iter().map(|u| &u.id);
    let mut order: Vec<&UnitId> = listed.chain(all).filter(|u| rest.remove(u)).collect();
    order.sort_by_key(|unit| rank(members.first().and_then(|of| of.get(unit)), view));
    let unit = |unit: &UnitId| OfUnit {
        name: config.unit_name(unit, date_of(view.now())),
        stands: members
            .iter()
            .map(|of| of.get(unit).and_then(|o| standing(view, o)))
            .collect(),
    };
    order.into_iter().map(unit).collect()
}

/// In which order units are named by how they stand.
fn rank(o: Option<&&Obligation>, view: &View<'_>) -> u8 {
    match o.map(|o| view.state(o)) {
        Some(State::Closed) => 0,
        Some(State::Overdue) => 1,
        Some(State::Partial | State::Returned) => 2,
        Some(State::Waiting(_)) => 3,
        Some(State::NotDue | State::Pending) => 4,
        Some(State::Late) => 5,
        Some(State::Submitted) => 6,
        Some(State::Excused | State::Untracked) | None => 7,
    }
}

fn standing(view: &View<'_>, o: &Obligation) -> Option<Standing> {
    let Cell::State(says, tone) = overview::state_cell(view, o) else {
        return None;
    };
    let tone = match tone {
        Tone::Good => "good",
        Tone::Part => "part",
        Tone::Bad => "bad",
        Tone::Plain => "plain",
    };
    Some(Standing { says, tone })
}

/// Writes the page to the place of the configuration, if there is one and a digest was made since it was last written.
/// That it cannot be made or written is noted and told; nothing waits for it.
///
/// # Errors
/// When the store fails.
pub(crate) fn publish(config: &Config, store: &Store, now: Timestamp) -> Result<()> {
    let Some(path) = &config.settings.report_page else {
        return Ok(());
    };
    if !is_due(store, now)? {
        return Ok(());
    }
    let made = page_file(path).and_then(|file| {
        let view = View::at(now, config, store)?;
        put(file, path, &html(&view, store)?)
    });
    match made {
        Ok(()) => store.succeeded(Part::Page, now),
        Err(e) => fails(store, path, now, &e),
    }
}

/// Whether a digest was made since the page was last written, or the clock was ahead then.
fn is_due(store: &Store, now: Timestamp) -> Result<bool> {
    let Some(last) = store.last_digest()? else {
        return Ok(false);
    };
    let span = store.digest_span(last.day)?;
    let written = store.health(Part::Page)?.success_at;
    Ok(span.is_some_and(|(_, until)| written.is_none_or(|at| at < until || at > now)))
}

fn fails(store: &Store, path: &Path, now: Timestamp, e: &anyhow::Error) -> Result<()> {
    // It is tried again in each round; the log has it once.
    if store.health(Part::Page)?.failing().is_none() {
        tracing::error!(error = %format!("{e:#}"), "the page cannot be written");
    }
    store.failed(Part::Page, now, &said::not_written(path, e))
}

/// Writes a page in place of an earlier one: whoever reads it meanwhile sees the one or the other, whole.
///
/// # Errors
/// When the folder is not there or may not be written to.
pub(crate) fn write(path: &Path, page: &str) -> Result<()> {
    put(page_file(path)?, path, page)
}

/// Whether a page can be written to a place; nothing is left there.
///
/// # Errors
/// When it cannot.
pub(crate) fn trial(path: &Path) -> Result<()> {
    page_file(path).map(drop)
}

/// A file beside the page that is to take its place.
fn page_file(path: &Path) -> Result<tempfile::NamedTempFile> {
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    let told = || format!("cannot write into the folder {}", folder.display());
    let mut named = tempfile::Builder::new();
    let file = named.prefix(".thubaocao-").tempfile_in(folder);
    // Its own words have the name of a file that is not there.
    let why = |e: Error| match e.kind() {
        ErrorKind::NotFound => Error::new(ErrorKind::NotFound, "it is not there"),
        kind => Error::from(kind),
    };
    file.map_err(why).with_context(told)
}

fn put(mut file: tempfile::NamedTempFile, path: &Path, page: &str) -> Result<()> {
    let told = || format!("cannot write {}", path.display());
    file.write_all(page.as_bytes()).with_context(told)?;
    let permissions = std::fs::Permissions::from_mode(MODE);
    file.as_file()
        .set_permissions(permissions)
        .with_context(told)?;
    file.as_file().sync_all().with_context(told)?;
    file.persist(path).with_context(told)?;
    Ok(())
}
