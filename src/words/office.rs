//! Words that an office adds to sets that are open to it: those in which a word more makes a mail wait for a person, never
//! be logged.

use super::{Set, vi};

/// A set of `vi.toml` that an office may add to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpenSet {
    /// Things that are no report that is asked for.
    OtherMatters,
    /// A report is still to come.
    AsksForTime,
    /// Bodies above all units.
    UpperBodies,
    /// What is about a report and none itself, by the words of an entry of that name.
    NotYet(&'static str),
}

impl OpenSet {
    /// Those that are lists, with their names.
    pub(crate) const LISTS: [(&'static str, OpenSet); 3] = [
        ("other_matters", OpenSet::OtherMatters),
        ("asks_for_time", OpenSet::AsksForTime),
        ("upper_bodies", OpenSet::UpperBodies),
    ];

    pub(crate) fn built_in(self) -> &'static Set {
        match self {
            OpenSet::OtherMatters => &vi().other_matters,
            OpenSet::AsksForTime => &vi().asks_for_time,
            OpenSet::UpperBodies => &vi().upper_bodies,
            OpenSet::NotYet(what) => {
                let mut entries = vi().not_yet.iter();
                let entry = entries.find(|e| e.what == what);
                &entry.expect("it is one of vi.toml").words
            }
        }
    }
}

/// A word (folded) of an office.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Added {
    /// To which set.
    pub set: OpenSet,
    /// The word or phrase.
    pub word: String,
}

/// The words of an office, as they are looked for.
#[derive(Debug, Default)]
pub struct Additions(Vec<(OpenSet, Set)>);

impl Additions {
    /// Of words in any order.
    pub fn new(added: &[Added]) -> Additions {
        let mut sets: Vec<(OpenSet, Vec<String>)> = Vec::new();
        for one in added {
            match sets.iter_mut().find(|(set, _)| *set == one.set) {
                Some((_, words)) => words.push(one.word.clone()),
                None => sets.push((one.set, vec![one.word.clone()])),
            }
        }
        let sets = sets.into_iter();
        Additions(sets.map(|(set, words)| (set, Set::from(words))).collect())
    }

    /// A set as it is built in, and what was added to it.
    pub fn both(&self, set: OpenSet) -> impl Iterator<Item = &Set> {
        let added = self.0.iter().filter(move |(s, _)| *s == set);
        [set.built_in()]
            .into_iter()
            .chain(added.map(|(_, words)| words))
    }
}
