//! Figures (số liệu) that a report asks for in an annex of its own: what each has to be.
//!
//! The annex is a courtesy on both sides: no report is refused, held or counted as missing for what stands in it.

use std::fmt;

use crate::domain::period::PeriodId;
use crate::domain::unit::UnitId;
use crate::ground::table::CellName;

/// A figure that a report asks for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Figure {
    /// What it counts, as it stands in the annex.
    pub label: String,
    /// Its unit of measure: `trẻ em`, `triệu đồng`.
    pub unit: String,
    /// Where it stands in a spreadsheet of the office's own; `None`: beside its label.
    pub cell: Option<CellName>,
    /// The least that it can be.
    pub at_least: i64,
    /// The figures, by their places in the report's list, of which it is the sum; none: it is no sum.
    pub sum_of: Vec<usize>,
    /// How many times that of the last period it may be, and the last period's it, before it is asked about.
    pub factor: Option<u32>,
}

/// Whose annex a form is, on which report and period: the mark by which it is known again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnnexMark {
    /// The id of the report.
    pub report: String,
    /// The period.
    pub period: PeriodId,
    /// Whose.
    pub unit: UnitId,
}

impl fmt::Display for AnnexMark {
    /// `tre-em / 2026-H1 / ldld-dong-hoa`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} / {} / {}", self.report, self.period, self.unit)
    }
}
