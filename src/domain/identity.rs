//! What the ids of the configuration mean to a store that remembers them: which were renamed, which have vanished,
//! which are new. A vanished id and a new one may be one unit under two names; only the administrator knows.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};

use super::unit::UnitId;

/// What has an id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Thing {
    /// A unit of the register.
    Unit,
    /// A report that is asked for.
    Report,
}

impl fmt::Display for Thing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Thing::Unit => "unit",
            Thing::Report => "report",
        })
    }
}

/// The ids of a configuration, each with those that it had before.
pub(crate) type Configured = BTreeMap<String, Vec<String>>;

/// How an id of the configuration or of the store stands to the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// The store knows it, the configuration does not say what became of it.
    Vanished(String),
    /// What the store knows under one id is meant by another one now.
    Renamed {
        /// As the store knows it.
        from: String,
        /// As it is called now.
        to: String,
    },
    /// The store does not know it yet.
    New(String),
}

/// Compares the ids of a configuration with those that a store knows.
pub(crate) fn compare(configured: &Configured, known: &BTreeSet<String>) -> Vec<Change> {
    let mut changes = Vec::new();
    let mut explained: BTreeSet<&String> = configured.keys().collect();
    for (to, before) in configured {
        let mut renamed = false;
        for from in before.iter().filter(|b| known.contains(*b)) {
            if explained.insert(from) {
                let (from, to) = (from.clone(), to.clone());
                changes.push(Change::Renamed { from, to });
                renamed = true;
            }
        }
        if !renamed && !known.contains(to) {
            changes.push(Change::New(to.clone()));
        }
    }
    let vanished = known.iter().filter(|id| !explained.contains(id));
    changes.extend(vanished.map(|id| Change::Vanished(id.clone())));
    changes
}

/// Ids of which nobody has said yet what became of them, and those that may be the same things under new names.
/// Nobody is reminded of either.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unsettled {
    /// In the store, not in the configuration.
    pub vanished: BTreeSet<(Thing, String)>,
    /// New in the configuration since then.
    pub held: BTreeSet<(Thing, String)>,
}

impl Unsettled {
    /// What is unsettled after a comparison; an id that was held stays so while something of its kind has vanished.
    pub fn after(self, changes: &[(Thing, Change)]) -> Unsettled {
        let mut now = Unsettled::default();
        for (thing, change) in changes {
            match change {
                Change::Vanished(id) => now.vanished.insert((*thing, id.clone())),
                Change::New(id) => now.held.insert((*thing, id.clone())),
                Change::Renamed { .. } => false,
            };
        }
        now.held.extend(self.held);
        let of_a_kind = |thing: &Thing| now.vanished.iter().any(|(t, _)| t == thing);
        now.held.retain(|(thing, _)| of_a_kind(thing));
        now
    }

    /// Whether nobody may be reminded of a report of a unit for now.
    pub fn holds(&self, unit: &UnitId, report: &str) -> bool {
        let names = |set: &BTreeSet<(Thing, String)>| {
            set.iter().any(|(thing, id)| match thing {
                Thing::Unit => *id == unit.0,
                Thing::Report => id == report,
            })
        };
        names(&self.vanished) || names(&self.held)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vanished(id: &str) -> Change {
        Change::Vanished(id.into())
    }
    fn new(id: &str) -> Change {
        Change::New(id.into())
    }
    fn renamed(from: &str, to: &str) -> Change {
        let (from, to) = (from.into(), to.into());
        Change::Renamed { from, to }
    }

    #[test]
    fn what_vanished_what_was_renamed_and_what_is_new_is_told_apart() {
        type Case<'a> = (&'a [(&'a str, &'a [&'a str])], &'a [&'a str], Vec<Change>);
        let cases: [Case<'_>; 9] = [
            (&[("a", &[])], &["a"], vec![]),
            (&[("a", &[])], &[], vec![new("a")]),
            (&[], &["a"], vec![vanished("a")]),
            (&[("b", &[])], &["a"], vec![new("b"), vanished("a")]),
            (&[("b", &["a"])], &["a"], vec![renamed("a", "b")]),
            // Both are known: it ran for a while before somebody said so.
            (&[("b", &["a"])], &["a", "b"], vec![renamed("a", "b")]),
            // Said and done: nothing is left to do.
            (&[("b", &["a"])], &["b"], vec![]),
            // Two former units became one.
            (
                &[("c", &["a", "b"])],
                &["a", "b"],
                vec![renamed("a", "c"), renamed("b", "c")],
            ),
            // Something new was given the old id: it is what the store knows.
            (&[("a", &[]), ("b", &["a"])], &["a"], vec![new("b")]),
        ];
        for (configured, known, wanted) in cases {
            let configured = configured.iter().map(|(id, before)| {
                let before = before.iter().map(ToString::to_string).collect();
                ((*id).to_owned(), before)
            });
            let configured: Configured = configured.collect();
            let known = known.iter().map(ToString::to_string).collect();
            assert_eq!(
                compare(&configured, &known),
                wanted,
                "{configured:?} {known:?}"
            );
        }
    }

    #[test]
    fn new_ids_are_held_while_something_of_their_kind_has_vanished() {
        use Thing::{Report, Unit};
        let unit = |id: &str| UnitId(id.into());
        let first = Unsettled::default().after(&[
            (Unit, vanished("a")),
            (Unit, new("b")),
            (Report, new("r")),
        ]);
        assert!(first.holds(&unit("a"), "x") && first.holds(&unit("b"), "x"));
        assert!(!first.holds(&unit("c"), "r"), "no report has vanished");
        // At the next start the new one is known.
        let again = first.clone().after(&[(Unit, vanished("a"))]);
        assert!(again.holds(&unit("b"), "x"));
        assert_eq!(again.after(&[]), Unsettled::default());
    }
}
