//! Units of the union, their register, and how it changes over time.

use std::collections::HashMap;
use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, OnceLock};

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// The short name of a unit in the register (`ldld-dong-hoa`), stable for the life of the unit.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UnitId(pub String);

impl fmt::Display for UnitId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a unit is on the way of reports, whatever it is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Level {
    /// Who asks for the reports.
    Province,
    /// An upper union of a place, which is called by it: of a district, a commune, a ward.
    Area,
    /// An upper union of a trade or a zone: often called without the province's place.
    Branch,
    /// Công đoàn cơ sở.
    Grassroots,
}

/// A kind of unit, as the configuration tells it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Kind {
    /// Its word in `units.csv` and `reports.toml`.
    pub id: String,
    /// In Vietnamese; of an area with short forms also that with which the names of its units begin.
    pub name: String,
    /// What such units are.
    pub level: Level,
    /// How people also write the name at the beginning of a unit's.
    pub short: Vec<String>,
}

/// One row of the register: a unit as it was between two dates.
///
/// A unit that changes its name, parent or addresses has several rows with one id and dates that do not overlap.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Unit {
    /// The id; the same in all rows of one unit.
    pub id: UnitId,
    /// The full name, as letters carry it.
    pub name: String,
    /// The name in tables and digests.
    pub short_name: String,
    /// What it is.
    pub kind: Arc<Kind>,
    /// The unit that this one reports to.
    pub parent: Option<UnitId>,
    /// The addresses it writes from, lower case; the first is the one that is written to.
    pub emails: Vec<String>,
    /// Where an escalation goes (the leader), lower case.
    pub escalate_to: Option<String>,
    /// Other names by which people call it.
    pub aliases: Vec<String>,
    /// First day of this row.
    pub valid_from: Date,
    /// Last day of this row.
    pub valid_to: Option<Date>,
    /// Who took over after `valid_to`.
    pub successors: Vec<UnitId>,
    /// The ids that this unit had before, in the register or in the store.
    pub renamed: Vec<UnitId>,
}

impl Unit {
    /// Whether this row holds on a day.
    pub(crate) fn valid_on(&self, day: Date) -> bool {
        self.valid_from <= day && self.valid_to.is_none_or(|last| day <= last)
    }
}

/// Who is written to for a unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Addressee<'r> {
    /// The unit, or the one that took over from it.
    pub unit: &'r Unit,
    /// The first of its addresses that works.
    pub to: &'r str,
    /// Its leader's address, if that works.
    pub leader: Option<&'r str>,
}

/// All units, past and present.
#[derive(Clone, Debug, Default)]
pub struct Register {
    /// The rows in the order of the file.
    pub units: Rows,
}

/// The rows of a register, which know where those of one unit or address stand.
#[derive(Clone, Debug, Default)]
pub struct Rows {
    rows: Vec<Unit>,
    /// Found out when it is first asked for, and anew after a change.
    places: OnceLock<Places>,
}

/// Where the rows of each unit and of each address stand.
#[derive(Clone, Debug, Default)]
struct Places {
    of_unit: HashMap<UnitId, Vec<usize>>,
    of_address: HashMap<String, Vec<usize>>,
}

impl From<Vec<Unit>> for Rows {
    fn from(rows: Vec<Unit>) -> Rows {
        Rows {
            rows,
            places: OnceLock::new(),
        }
    }
}

impl Deref for Rows {
    type Target = Vec<Unit>;

    fn deref(&self) -> &Vec<Unit> {
        &self.rows
    }
}

impl DerefMut for Rows {
    fn deref_mut(&mut self) -> &mut Vec<Unit> {
        self.places = OnceLock::new();
        &mut self.rows
    }
}

impl<'r> IntoIterator for &'r Rows {
    type Item = &'r Unit;
    type IntoIter = std::slice::Iter<'r, Unit>;

    fn into_iter(self) -> Self::IntoIter {
        self.rows.iter()
    }
}

impl Rows {
    fn places(&self) -> &Places {
        self.places.get_or_init(|| {
            let mut places = Places::default();
            for (place, unit) in self.rows.iter().enumerate() {
                let of_unit = places.of_unit.entry(unit.id.clone()).or_default();
                of_unit.push(place);
                for address in &unit.emails {
                    let of_address = places.of_address.entry(address.clone()).or_default();
                    if of_address.last() != Some(&place) {
                        of_address.push(place);
                    }
                }
            }
            places
        })
    }

    fn at(&self, places: Option<&Vec<usize>>) -> impl Iterator<Item = &Unit> + Clone {
        let places = places.map_or(&[][..], Vec::as_slice);
        places.iter().map(|place| &self.rows[*place])
    }

    /// The rows of a unit, in the order of the file.
    fn of(&self, id: &UnitId) -> impl Iterator<Item = &Unit> + Clone {
        self.at(self.places().of_unit.get(id))
    }

    /// The rows that list an address (lower case), in the order of the file.
    fn listing(&self, address: &str) -> impl Iterator<Item = &Unit> + Clone {
        self.at(self.places().of_address.get(address))
    }
}

/// Whom an address stands for on a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Bearer {
    pub unit: UnitId,
    /// Set when the address belonged to this unit, which has ended, and `unit` took over from it.
    pub inherited_from: Option<UnitId>,
}

impl Register {
    /// The row of a unit that holds on a day.
    pub fn on(&self, id: &UnitId, day: Date) -> Option<&Unit> {
        self.units.of(id).find(|u| u.valid_on(day))
    }

    /// The row of a unit that holds on a day or, where none does, its latest row.
    pub(crate) fn nearest(&self, id: &UnitId, day: Date) -> Option<&Unit> {
        self.on(id, day)
            .or_else(|| self.units.of(id).max_by_key(|u| u.valid_from))
    }

    /// Every unit that is there on a day.
    pub(crate) fn all_on(&self, day: Date) -> impl Iterator<Item = &Unit> {
        self.units.iter().filter(move |u| u.valid_on(day))
    }

    /// Whether a unit reports to the province itself.
    pub(crate) fn directly_under_province(&self, unit: &Unit, day: Date) -> bool {
        unit.parent
            .as_ref()
            .and_then(|p| self.nearest(p, day))
            .is_some_and(|p| p.kind.level == Level::Province)
    }

    /// The units that an address (any case) stands for on a day: those that list it then, else the successors of the one that listed it last.
    pub(crate) fn bearers(&self, address: &str, day: Date) -> Vec<Bearer> {
        let address = address.to_lowercase();
        let listing = self.units.listing(&address);
        let present: Vec<Bearer> = listing
            .clone()
            .filter(|u| u.valid_on(day))
            .map(|u| Bearer {
                unit: u.id.clone(),
                inherited_from: None,
            })
            .collect();
        if !present.is_empty() {
            return present;
        }
        let Some(ended) = listing
            .filter(|u| u.valid_to.is_some_and(|last| last < day))
            .max_by_key(|u| u.valid_to)
        else {
            return Vec::new();
        };
        self.heirs(&ended.id, day)
            .into_iter()
            .map(|unit| Bearer {
                inherited_from: (unit != ended.id).then(|| ended.id.clone()),
                unit,
            })
            .collect()
    }

    /// Who is written to for a unit on a day; `None` where no address of it works.
    pub(crate) fn addressee(
        &self,
        unit: &UnitId,
        day: Date,
        works: &dyn Fn(&str) -> bool,
    ) -> Option<Addressee<'_>> {
        let heirs = self.heirs(unit, day);
        let rows = heirs.iter().filter_map(|u| self.on(u, day));
        rows.into_iter().find_map(|unit| {
            let leader = unit.escalate_to.as_deref().filter(|a| works(a));
            let own = unit.emails.iter().map(String::as_str).find(|a| works(a));
            Some(Addressee {
                unit,
                to: own.or(leader)?,
                leader,
            })
        })
    }

    /// The units that stand for a unit on a day: itself while it is there, else its successors, followed to the living ones.
    pub(crate) fn heirs(&self, id: &UnitId, day: Date) -> Vec<UnitId> {
        let mut found = Vec::new();
        let mut seen = Vec::new();
        let mut open = vec![id.clone()];
        while let Some(next) = open.pop() {
            if seen.contains(&next) {
                continue; // a circle in the register must not hang us
            }
            seen.push(next.clone());
            if self.on(&next, day).is_some() {
                found.push(next);
            } else if let Some(last) = self.nearest(&next, day) {
                open.extend(last.successors.iter().rev().cloned());
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn unit(id: &str, email: &str, from: Date, to: Option<Date>, heirs: &[&str]) -> Unit {
        Unit {
            id: UnitId(id.into()),
            name: id.into(),
            short_name: id.into(),
            kind: Arc::new(Kind {
                id: "district".into(),
                name: String::new(),
                level: Level::Area,
                short: vec![],
            }),
            parent: None,
            emails: vec![email.into()],
            escalate_to: None,
            aliases: vec![],
            valid_from: from,
            valid_to: to,
            successors: heirs.iter().map(|h| UnitId((*h).into())).collect(),
            renamed: vec![],
        }
    }

    fn ids(bearers: Vec<Bearer>) -> Vec<String> {
        bearers.into_iter().map(|b| b.unit.0).collect()
    }

    #[test]
    fn an_address_belongs_to_whoever_held_it_on_that_day() {
        let end = date(2024, 12, 31);
        let register = Register {
            units: vec![
                unit(
                    "old",
                    "x@y.example",
                    date(2020, 1, 1),
                    Some(end),
                    &["a", "b"],
                ),
                unit("a", "a@y.example", date(2020, 1, 1), None, &[]),
                unit(
                    "b",
                    "b@y.example",
                    date(2020, 1, 1),
                    Some(date(2025, 6, 30)),
                    &["c"],
                ),
                unit("c", "c@y.example", date(2025, 7, 1), None, &["old"]),
            ]
            .into(),
        };
        assert_eq!(
            ids(register.bearers("X@y.example", date(2024, 6, 1))),
            ["old"]
        );
        assert_eq!(
            ids(register.bearers("x@y.example", date(2025, 1, 1))),
            ["a", "b"]
        );
        let later = register.bearers("x@y.example", date(2026, 1, 1));
        assert_eq!(later[0].inherited_from, Some(UnitId("old".into())));
        assert_eq!(ids(later), ["a", "c"]);
        assert!(
            register
                .bearers("nobody@y.example", date(2026, 1, 1))
                .is_empty()
        );
        assert!(register.bearers("c@y.example", date(2025, 1, 1)).is_empty());
    }

    #[test]
    fn a_unit_is_found_by_its_rows_also_after_these_changed() {
        let (old, new) = (date(2020, 1, 1), date(2025, 1, 1));
        let mut register = Register {
            units: vec![
                unit("a", "old@y.example", old, Some(date(2024, 12, 31)), &[]),
                unit("a", "new@y.example", new, None, &[]),
            ]
            .into(),
        };
        let (a, b) = (UnitId("a".into()), UnitId("b".into()));
        let on = |register: &Register, id: &UnitId, day| {
            register.on(id, day).map(|u| u.emails[0].clone())
        };
        assert_eq!(on(&register, &a, old).unwrap(), "old@y.example");
        assert_eq!(on(&register, &a, new).unwrap(), "new@y.example");
        assert_eq!(on(&register, &b, new), None);
        register.units[1].id = b.clone();
        assert_eq!(on(&register, &a, new), None);
        assert_eq!(on(&register, &b, new).unwrap(), "new@y.example");
        register.units.remove(0);
        assert!(register.nearest(&a, new).is_none());
    }
}
