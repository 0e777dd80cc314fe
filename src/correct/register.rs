//! What staff decide of the register: an address forgotten, a spreadsheet taken over.

use std::collections::BTreeMap;

use anyhow::{Result, bail};
use jiff::Timestamp;

use super::{By, Done, Inverse, log, said};
use crate::domain::identity::Thing;
use crate::domain::unit::{Register, Unit, UnitId};
use crate::store::Store;

/// Forgets that an address (lower case) writes for a unit.
///
/// # Errors
/// When it is not known to.
pub fn forget(
    store: &Store,
    address: &str,
    unit: &UnitId,
    by: &By,
    now: Timestamp,
) -> Result<Done> {
    let correction = store.transaction(|s| {
        if !s.unlearn(address, unit, now)? {
            bail!("{address} is not known to write for {unit}; see `thubaocao units learned`");
        }
        let inverse = Inverse::Forgotten {
            address: address.to_owned(),
            unit: unit.clone(),
        };
        let change = (format!("{unit} {address}"), "learned", "forgotten");
        log(s, by, "units forget", change, Some(&inverse), now)
    })?;
    Ok(Done {
        said: format!("{address} is not known to write for {unit} any more"),
        in_vietnamese: said::forgotten(address, unit),
        correction,
    })
}

/// Moves everything that is known of one id, of a unit or of a report, to another one.
///
/// # Errors
/// When the store fails; nothing has changed then.
pub fn rename(
    store: &Store,
    (thing, from, to): (Thing, &str, &str),
    by: &By,
    now: Timestamp,
) -> Result<()> {
    store.transaction(|s| {
        s.rename(thing, from, to, now)?;
        let change = (to.to_owned(), from, to);
        log(s, by, &format!("{thing} renamed"), change, None, now)
    })?;
    Ok(())
}

/// Notes that the register was replaced; gives what changed.
pub fn imported(
    store: &Store,
    before: &Register,
    after: &Register,
    by: &By,
    now: Timestamp,
) -> Result<String> {
    let changed = difference(before, after);
    let rows = format!("{} rows", before.units.len());
    let change = ("units".to_owned(), rows.as_str(), changed.as_str());
    log(store, by, "units import", change, None, now)?;
    Ok(changed)
}

/// In what a register differs from another one: rows, and the ids that are new, gone and changed.
pub fn difference(before: &Register, after: &Register) -> String {
    fn rows(register: &Register) -> BTreeMap<&UnitId, Vec<&Unit>> {
        let mut rows: BTreeMap<&UnitId, Vec<&Unit>> = BTreeMap::new();
        for unit in &register.units {
            rows.entry(&unit.id).or_default().push(unit);
        }
        rows
    }
    let (old, new) = (rows(before), rows(after));
    let mut told = vec![format!("{} rows", after.units.len())];
    let mut tell = |what: &str, ids: Vec<&UnitId>| {
        if !ids.is_empty() {
            let ids: Vec<&str> = ids.iter().map(|u| u.0.as_str()).collect();
            told.push(format!("{what} {}", ids.join(", ")));
        }
    };
    let missing_in = |there: &BTreeMap<&UnitId, Vec<&Unit>>,
                      here: &BTreeMap<&UnitId, Vec<&Unit>>| {
        let mut ids: Vec<UnitId> = Vec::new();
        ids.extend(
            here.keys()
                .filter(|id| !there.contains_key(*id))
                .map(|id| (*id).clone()),
        );
        ids
    };
    let (added, gone) = (missing_in(&old, &new), missing_in(&new, &old));
    tell("new", added.iter().collect());
    tell("gone", gone.iter().collect());
    let changed = new
        .iter()
        .filter(|(id, rows)| old.get(*id).is_some_and(|o| o != *rows));
    tell("changed", changed.map(|(id, _)| *id).collect());
    told.join("; ")
}
