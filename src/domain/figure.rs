//! Figures (số liệu) that a report asks for in an annex of its own: what each has to be, and what is odd about those that
//! came.
//!
//! The annex is a courtesy on both sides: no report is refused, held or counted as missing for what stands in it.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::domain::period::PeriodId;
use crate::domain::unit::UnitId;
use crate::ground::table::CellName;
use crate::ground::text::fold;

/// No figure of a union is larger; sums of such numbers are exact.
const LARGEST: f64 = 1e13;

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

/// An annex, as it was read out of a file of a unit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Annex {
    /// The name of the file.
    pub file: String,
    /// The mark that stands in it: an [`AnnexMark`], where nobody has changed it.
    pub mark: Option<String>,
    /// What it says, of the figures that stand in it.
    pub entries: Vec<Entry>,
}

/// What an annex says of a figure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// The label of the figure, as configuration has it.
    pub label: String,
    /// Its cell (`D7`), of a spreadsheet.
    pub at: Option<String>,
    /// What stands there.
    pub told: Told,
}

/// What stands where a figure is asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Told {
    /// A number; a dash is a zero.
    Number(f64),
    /// Words.
    Text(String),
    /// Nothing.
    Empty,
}

impl Annex {
    /// What it says of a figure, if anything.
    pub fn entry(&self, figure: &Figure) -> Option<&Entry> {
        let label = fold(&figure.label);
        self.entries.iter().find(|e| fold(&e.label) == label)
    }

    /// The number that it has for a figure, if it can be one.
    pub fn number(&self, figure: &Figure) -> Option<f64> {
        match self.entry(figure)?.told {
            Told::Number(n) if n.abs() <= LARGEST => Some(n),
            Told::Number(_) | Told::Text(_) | Told::Empty => None,
        }
    }

    /// Whether it says that it is the annex of another unit, report or period.
    pub fn is_of_another(&self, mark: &AnnexMark) -> bool {
        let written = mark.to_string();
        self.mark
            .as_ref()
            .is_some_and(|m| fold(m) != fold(&written))
    }
}

/// What is odd about a figure.
#[derive(Clone, Debug, PartialEq)]
pub enum Remark {
    /// The annex does not have it.
    Missing,
    /// Nothing stands there.
    Empty,
    /// Words stand there.
    NotANumber(String),
    /// It is larger than any figure can be.
    TooLarge,
    /// It is less than it can be.
    Below(i64),
    /// Its parts make another sum.
    DoesNotAddUp(f64),
    /// It is many times what it was in the last period, or that is many times it.
    Jumped(f64),
}

impl Remark {
    /// Whether the figure is added up with those of others: one that only surprises is.
    pub fn is_sound(&self) -> bool {
        match self {
            Remark::Jumped(_) => true,
            Remark::Missing
            | Remark::Empty
            | Remark::NotANumber(_)
            | Remark::TooLarge
            | Remark::Below(_)
            | Remark::DoesNotAddUp(_) => false,
        }
    }
}

/// What is odd about each figure of an annex, in the order of the report's list. `before`: the annex of the last period.
pub fn remarks(figures: &[Figure], annex: &Annex, before: Option<&Annex>) -> Vec<Option<Remark>> {
    let remarks = figures.iter().map(|figure| {
        let number = match annex.entry(figure).map(|e| &e.told) {
            None => return Some(Remark::Missing),
            Some(Told::Empty) => return Some(Remark::Empty),
            Some(Told::Text(text)) => return Some(Remark::NotANumber(text.clone())),
            Some(Told::Number(_)) => annex.number(figure),
        };
        let Some(number) = number else {
            return Some(Remark::TooLarge);
        };
        if number < figure.at_least as f64 {
            return Some(Remark::Below(figure.at_least));
        }
        let parts = figure
            .sum_of
            .iter()
            .map(|part| annex.number(&figures[*part]));
        // Of parts that are no numbers it is said that they are none.
        let sum = parts.collect::<Option<Vec<f64>>>().map(|p| p.iter().sum());
        if let Some(sum) = sum.filter(|_| !figure.sum_of.is_empty())
            && differ(sum, number)
        {
            return Some(Remark::DoesNotAddUp(sum));
        }
        let before = before.and_then(|b| b.number(figure));
        before
            .zip(figure.factor)
            .filter(|(before, factor)| jumped(*before, number, *factor))
            .map(|(before, _)| Remark::Jumped(before))
    });
    remarks.collect()
}

/// Whether two numbers differ by more than what decimals lose in a computer.
fn differ(a: f64, b: f64) -> bool {
    (a - b).abs() > 1e-6 * a.abs().max(b.abs()).max(1.0)
}

/// Whether a number became more than so many times another, or less than that part of it. From nothing, and to nothing,
/// is no such jump.
fn jumped(before: f64, now: f64, factor: u32) -> bool {
    let factor = f64::from(factor);
    before > 0.0 && now > 0.0 && (now > before * factor || before > now * factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figure(label: &str) -> Figure {
        Figure {
            label: label.into(),
            unit: "người".into(),
            cell: None,
            at_least: 0,
            sum_of: vec![],
            factor: None,
        }
    }

    fn annex(told: &[(&str, Told)]) -> Annex {
        let entry = |(label, told): &(&str, Told)| Entry {
            label: (*label).to_owned(),
            at: None,
            told: told.clone(),
        };
        Annex {
            file: "a.xlsx".into(),
            mark: None,
            entries: told.iter().map(entry).collect(),
        }
    }

    #[test]
    fn what_is_odd_about_a_figure_is_told_and_nothing_else() {
        let figures = [
            Figure {
                sum_of: vec![1, 2],
                factor: Some(3),
                ..figure("Tổng số")
            },
            figure("Nữ"),
            Figure {
                at_least: -5,
                ..figure("Nam")
            },
        ];
        let told = |text: &str| match text.parse() {
            Ok(number) => Told::Number(number),
            Err(_) if text.is_empty() => Told::Empty,
            Err(_) => Told::Text(text.to_owned()),
        };
        // The total and its two parts, what the total was before, what is odd.
        for (came, before, odd) in [
            ("5|2|3", None, ""),
            ("0|0|0", Some(9.0), ""),
            ("0.3|0.1|0.2", None, ""),
            ("6|2|3", None, "0 DoesNotAddUp(5.0)"),
            // A sum of what is no number is not made.
            ("6||3", None, "1 Empty"),
            ("6|khoảng 20|3", None, "1 NotANumber(\"khoảng 20\")"),
            ("|2|3", None, "0 Empty"),
            ("-2|-2|0", None, "0 Below(0), 1 Below(0)"),
            ("0|5|-5", None, ""),
            ("0|6|-6", None, "2 Below(-5)"),
            (
                "1e308|1e308|inf",
                None,
                "0 TooLarge, 1 TooLarge, 2 TooLarge",
            ),
            ("NaN|0|0", None, "0 TooLarge"),
            ("30|30|0", Some(10.0), ""),
            ("31|31|0", Some(10.0), "0 Jumped(10.0)"),
            ("3|3|0", Some(10.0), "0 Jumped(10.0)"),
            // From nothing to something is no jump, nor is it one beside what is no figure.
            ("31|31|0", Some(0.0), ""),
            ("31|31|0", Some(1e300), ""),
            ("31|31|0", None, ""),
            // A wrong sum is told rather than that it jumped.
            ("40|31|0", Some(10.0), "0 DoesNotAddUp(31.0)"),
        ] {
            let labels = ["tổng số", "Nữ", "Nam"];
            let entries: Vec<_> = labels.into_iter().zip(came.split('|').map(told)).collect();
            let before = before.map(|n| annex(&[("Tổng số", Told::Number(n))]));
            let remarks = remarks(&figures, &annex(&entries), before.as_ref());
            let remarks = remarks.into_iter().enumerate();
            let said = remarks.filter_map(|(n, odd)| Some(format!("{n} {:?}", odd?)));
            assert_eq!(
                said.collect::<Vec<_>>().join(", "),
                odd,
                "{came} {before:?}"
            );
        }
        let missing = remarks(&figures, &annex(&[("Nữ", Told::Number(1.0))]), None);
        let wanted = [Some(Remark::Missing), None, Some(Remark::Missing)];
        assert_eq!(missing, wanted);
    }

    #[test]
    fn an_annex_says_of_which_unit_and_period_it_is_and_one_without_a_mark_is_believed() {
        let mark = AnnexMark {
            report: "nu-cong".into(),
            period: PeriodId::Half(2026, 1),
            unit: UnitId("ldld-tuy-an".into()),
        };
        for (written, of_another) in [
            (None, false),
            (Some("nu-cong / 2026-H1 / ldld-tuy-an"), false),
            (Some("NU-CONG/2026-h1/ldld-tuy-an "), false),
            (Some("nu-cong / 2025-H2 / ldld-tuy-an"), true),
            (Some("nu-cong / 2026-H1 / ldld-phu-hoa"), true),
            (Some(""), true),
        ] {
            let annex = Annex {
                mark: written.map(str::to_owned),
                ..annex(&[])
            };
            assert_eq!(annex.is_of_another(&mark), of_another, "{written:?}");
        }
    }
}
