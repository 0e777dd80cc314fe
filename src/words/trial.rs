//! What units write in ordinary reports: no word of an office may make these wait.

use std::sync::LazyLock;

use serde::Deserialize;

use super::{Finder, OpenSet};
use crate::ground::text::fold;

/// The cases that are built in.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Cases {
    texts: Vec<String>,
    issuers: Vec<String>,
}

/// Cases on which the words of an office are tried.
pub struct Trial(Vec<Case>);

struct Case {
    text: String,
    /// Whether it is the name of a body.
    names: bool,
}

impl Trial {
    /// The built-in cases, with the titles of an office's reports in them, and the names of its units.
    pub fn new<'a>(titles: &[&str], units: impl Iterator<Item = &'a str>) -> Trial {
        static CASES: LazyLock<Cases> = LazyLock::new(|| {
            toml::from_str(include_str!("trial.toml")).expect("what is built in was tested")
        });
        let text = |text: String| Case { text, names: false };
        let name = |name: &str| Case {
            text: name.to_owned(),
            names: true,
        };
        let mut cases = Vec::new();
        for case in &CASES.texts {
            match case.contains("{report}") {
                true => cases.extend(titles.iter().map(|t| text(case.replace("{report}", t)))),
                false => cases.push(text(case.clone())),
            }
        }
        cases.extend(CASES.issuers.iter().map(|i| name(i)));
        cases.extend(units.map(name));
        Trial(cases)
    }

    /// The first case that a word (folded) of a set would make wait.
    pub(crate) fn made_wrong(&self, set: OpenSet, word: &str) -> Option<&str> {
        let finder = Finder::new([word]);
        let mut cases = self.0.iter();
        let wrong = cases.find(|case| {
            let found = finder.find(&fold(&case.text));
            match (set, case.names) {
                (OpenSet::UpperBodies, true) => found.first().is_some_and(|f| f.from == 0),
                (OpenSet::UpperBodies, false) => false,
                _ => !found.is_empty(),
            }
        });
        wrong.map(|case| case.text.as_str())
    }
}
