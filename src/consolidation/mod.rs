//! The consolidation draft (tổng hợp): what units wrote, put under the sections of the plan, what several wrote alike once, and their tables added up.
//! Pure: contents of files in, an arrangement out; `writing::consolidation` makes a document of it.

mod alike;
mod figures;
mod sections;
mod tables;

use crate::domain::report::PlanSection;
use crate::reading::document::Contents;

pub use figures::{Total, UnitFigures, totals};
pub use tables::{Sum, SumCell};

/// A soft file of a unit.
#[derive(Clone, Debug)]
pub struct Source {
    /// The unit and, where it is known, the number of its document: `LĐLĐ huyện Tuy An (57/BC-LĐLĐ)`.
    pub name: String,
    /// The name of the file.
    pub file: String,
    /// What it says.
    pub contents: Contents,
}

/// A paragraph with those who wrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paragraph {
    /// The units, at least one.
    pub sources: Vec<String>,
    /// What they wrote.
    pub text: String,
}

/// What units wrote, put in order.
#[derive(Clone, Debug, Default)]
pub struct Arranged {
    /// Each section of the plan with its paragraphs, in the order of units; what fits none comes last.
    pub sections: Vec<(String, Vec<Paragraph>)>,
    /// Tables of one template, added up.
    pub sums: Vec<Sum>,
    /// What could not be taken over, a line each.
    pub left: Vec<String>,
}

/// The heading of what fits no section.
const OTHER: &str = "Nội dung khác";

/// Puts what units wrote in order.
pub(crate) fn arrange(sections: &[PlanSection], sources: &[Source]) -> Arranged {
    let mut arranged = Arranged::default();
    let mut parts: Vec<Vec<(String, String)>> = vec![Vec::new(); sections.len() + 1];
    for source in sources {
        if let Some(fault) = &source.contents.fault {
            arranged
                .left
                .push(format!("{}, tệp “{}”: {fault}", source.name, source.file));
            continue;
        }
        for (place, text) in sections::paragraphs(sections, &source.contents.text) {
            parts[place.unwrap_or(sections.len())].push((source.name.clone(), text));
        }
    }
    let titles = sections.iter().map(|s| s.title.clone());
    let parts = parts.into_iter().map(alike::merged);
    arranged.sections = titles.chain([OTHER.to_owned()]).zip(parts).collect();
    let (sums, left) = tables::add_up(sources);
    arranged.sums = sums;
    arranged.left.extend(left);
    arranged
}
