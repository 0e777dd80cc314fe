//! What the configuration calls things, beside what the store knows: renames are carried out, and of what has vanished
//! nobody is reminded until the administrator has said what became of it.

mod said;

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use jiff::Timestamp;

use crate::config::Config;
use crate::config::source::suggestion;
use crate::correct::{self, By};
use crate::domain::identity::{self, Change, Configured, Thing};
use crate::domain::obligation::Obligation;
use crate::domain::period::PeriodId;
use crate::domain::report::Report;
use crate::domain::unit::{Register, UnitId};
use crate::domain::zone;
use crate::expected;
use crate::store::{Part, Receipts, Store};

/// Compares a register and reports with what a store knows.
pub(crate) fn compare(
    register: &Register,
    reports: &[Report],
    store: &Store,
) -> Result<Vec<(Thing, Change)>> {
    let mut units = Configured::new();
    for unit in &register.units {
        let before = units.entry(unit.id.0.clone()).or_default();
        before.extend(unit.renamed.iter().map(|old| old.0.clone()));
    }
    let reports = reports.iter().map(|r| (r.id.clone(), r.renamed.clone()));
    let mut changes = Vec::new();
    for (thing, configured) in [(Thing::Unit, units), (Thing::Report, reports.collect())] {
        let found = identity::compare(&configured, &store.known_ids(thing)?);
        changes.extend(found.into_iter().map(|change| (thing, change)));
    }
    Ok(changes)
}

/// What has vanished and what to do about it, for operators; one text each.
pub fn questions(changes: &[(Thing, Change)], store: &Store) -> Result<Vec<String>> {
    let mut told = Vec::new();
    for (thing, change) in changes {
        let Change::Vanished(id) = change else {
            continue;
        };
        let (obligations, submissions) = store.weight_of(*thing, id)?;
        let new = changes.iter().filter_map(|(of, change)| match change {
            Change::New(id) if of == thing => Some(id.as_str()),
            Change::New(_) | Change::Vanished(_) | Change::Renamed { .. } => None,
        });
        let perhaps = suggestion(id, new);
        let what_to_do = match thing {
            Thing::Unit => format!(
                "units.csv: if it was renamed, write {id} into the column `renamed` (“{old_id}”) of its row{perhaps}; if it has ended, give it its row back with the last day in `valid_to`",
                old_id = said::OLD_ID
            ),
            Thing::Report => format!(
                "reports.toml: if it was renamed, add renamed = {id:?} to the report that it is now{perhaps}; if it is not asked for any more, give it its [[report]] back with ended = \"YYYY-MM-DD\", the day after which no period opens"
            ),
        };
        told.push(format!(
            "the {thing} {id} is in the store ({obligations} obligations, {submissions} submissions) and not in the configuration; {what_to_do}"
        ));
    }
    Ok(told)
}

/// What is open and has another deadline in the configuration than when its period opened.
pub(crate) fn moved_deadlines(
    config: &Config,
    store: &Store,
    now: Timestamp,
) -> Result<Vec<(Obligation, Timestamp)>> {
    let frozen = store.frozen_deadlines()?;
    let mut deadlines: BTreeMap<(String, PeriodId), Option<Timestamp>> = BTreeMap::new();
    let mut moved = Vec::new();
    for o in store.obligations_unsettled(Receipts::All)? {
        if o.settled() || frozen.get(&o.id) != Some(&o.due) {
            continue;
        }
        let due = deadlines
            .entry((o.report.clone(), o.period.clone()))
            .or_insert_with(|| {
                let (report, period) = expected::period_of(config, &o)?;
                Some(report.deadline(&period, &config.calendar))
            });
        if let Some(due) = due.filter(|due| *due != o.due && now <= o.due.max(*due)) {
            moved.push((o, due));
        }
    }
    Ok(moved)
}

/// Whether deadlines that were changed are meant for open periods too, where nobody has said; one text a report and
/// period, for operators.
pub fn deadline_questions(config: &Config, store: &Store, now: Timestamp) -> Result<Vec<String>> {
    let mut groups: BTreeMap<(String, String), (usize, Timestamp, Timestamp)> = BTreeMap::new();
    for (o, due) in moved_deadlines(config, store, now)? {
        if config
            .report(&o.report)
            .is_some_and(|r| r.applies_to_open.is_none())
        {
            let group = (o.report, o.period.to_string());
            groups.entry(group).or_insert((0, o.due, due)).0 += 1;
        }
    }
    let moment = |at: Timestamp| at.to_zoned(zone()).strftime("%Y-%m-%d %H:%M").to_string();
    let told = groups.into_iter().map(|((report, period), (n, old, new))| {
        format!(
            "the deadline of {report} {period} is {} now, that of {n} open obligations is {}; reports.toml: applies_to_open = true gives them the new one, applies_to_open = false leaves them (as happens until then)",
            moment(new),
            moment(old)
        )
    });
    Ok(told.collect())
}

/// Carries out the renames of a configuration and remembers what it leaves open.
pub fn settle(config: &Config, store: &Store, now: Timestamp) -> Result<()> {
    let by = By {
        who: "configuration".into(),
        way: "configuration",
    };
    let changes = compare(&config.register, &config.reports, store)?;
    for (thing, change) in &changes {
        if let Change::Renamed { from, to } = change {
            correct::rename(store, (*thing, from, to), &by, now)?;
            tracing::info!(%thing, from, to, "renamed");
        }
    }
    for question in questions(&changes, store)? {
        tracing::error!("{question}; until then nobody is reminded of it");
    }
    for (o, due) in moved_deadlines(config, store, now)? {
        if config.report(&o.report).and_then(|r| r.applies_to_open) == Some(true) {
            correct::move_deadline(store, &o, due, &by, now)?;
        }
    }
    for question in deadline_questions(config, store, now)? {
        tracing::warn!("{question}");
    }
    excuse_ended(config, store, &by, now)?;
    let units = config.register.units.iter();
    let addresses = units.flat_map(|u| u.emails.iter().map(|a| (a.clone(), u.id.clone())));
    store.remember_addresses(&addresses.collect(), now)?;
    let unsettled = store.unsettled()?.after(&changes);
    store.set_unsettled(&unsettled)?;
    if unsettled.vanished.is_empty() {
        store.succeeded(Part::Register, now)
    } else {
        store.failed(Part::Register, now, &said::unsettled(&unsettled))
    }
}

/// Excuses units that ended within a period from what their successors report on.
fn excuse_ended(config: &Config, store: &Store, by: &By, now: Timestamp) -> Result<()> {
    let units = config.register.units.iter();
    let ended: BTreeSet<&UnitId> = units
        .filter(|u| u.valid_to.is_some())
        .map(|u| &u.id)
        .collect();
    for o in store.obligations_unsettled(Receipts::All)? {
        if !ended.contains(&o.unit) || o.settled() || !o.receipts.is_empty() {
            continue;
        }
        let Some((report, period)) = expected::period_of(config, &o) else {
            continue;
        };
        let Some(heir) = expected::heir_of(config, report, &o.unit, &period) else {
            continue;
        };
        let last = config.register.nearest(&o.unit, period.closes);
        let reason = said::inherits(last.and_then(|u| u.valid_to), heir);
        correct::excuse_ended(store, &o, &reason, by, now)?;
    }
    Ok(())
}
