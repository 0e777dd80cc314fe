//! The figures that a report asks for, added up over units: what is sound, and by name what is not.

use crate::domain::figure::{Annex, Figure, Remark};
use crate::ground::text::fold;

/// The figures of a unit.
#[derive(Clone, Debug)]
pub struct UnitFigures {
    /// Whose.
    pub unit: String,
    /// What it sent.
    pub annex: Annex,
    /// What is odd about each figure, with the words for it.
    pub odd: Vec<Option<(Remark, String)>>,
}

impl UnitFigures {
    /// The number of a figure, by its place in the report's list; else why it is not added up.
    pub fn sound(&self, place: usize, figure: &Figure) -> Result<f64, &str> {
        match &self.odd[place] {
            Some((remark, said)) if !remark.is_sound() => Err(said),
            _ => self.annex.number(figure).ok_or(""),
        }
    }
}

/// A figure over all units.
#[derive(Clone, Debug, PartialEq)]
pub struct Total {
    /// The sum of what is sound, if anything is; none of shares, which cannot be added.
    pub sum: Option<f64>,
    /// How many units are in it.
    pub units: usize,
    /// The units that are not, each with why.
    pub left: Vec<String>,
}

/// Adds up each figure of a report.
pub fn totals(figures: &[Figure], units: &[UnitFigures]) -> Vec<Total> {
    let total = |(place, figure): (usize, &Figure)| {
        let (mut numbers, mut left) = (Vec::new(), Vec::new());
        for unit in units {
            match unit.sound(place, figure) {
                Ok(number) => numbers.push(number),
                Err(why) => left.push(format!("{}: {why}", unit.unit)),
            }
        }
        let is_share = figure.unit.contains('%') || fold(&figure.label).starts_with("ty le");
        Total {
            sum: (!is_share && !numbers.is_empty()).then(|| numbers.iter().sum()),
            units: numbers.len(),
            left,
        }
    };
    figures.iter().enumerate().map(total).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::figure::{Entry, Told, remarks};

    #[test]
    fn what_is_sound_is_added_up_and_the_rest_is_named() {
        let figure = |label: &str, unit: &str| Figure {
            label: label.into(),
            unit: unit.into(),
            cell: None,
            at_least: 0,
            sum_of: vec![],
            factor: Some(3),
        };
        let figures = [
            figure("Nữ", "người"),
            figure("Tỷ lệ nữ", ""),
            figure("Nam", "%"),
        ];
        let annex = |numbers: [&str; 3]| Annex {
            file: "a.xlsx".into(),
            mark: None,
            entries: figures
                .iter()
                .zip(numbers)
                .map(|(figure, number)| Entry {
                    label: figure.label.clone(),
                    at: None,
                    told: number.parse().map_or(Told::Empty, Told::Number),
                })
                .collect(),
        };
        let unit = |name: &str, numbers: [&str; 3], before: [&str; 3]| {
            let came = annex(numbers);
            let odd = remarks(&figures, &came, Some(&annex(before)));
            let said = |r: Remark| (r.clone(), format!("{r:?}"));
            UnitFigures {
                unit: name.into(),
                odd: odd.into_iter().map(|odd| odd.map(said)).collect(),
                annex: came,
            }
        };
        let units = [
            unit("Tuy An", ["1200", "50", "50"], ["1000", "50", "50"]),
            // It surprises, and counts.
            unit("Phú Hòa", ["0.5", "1", "1"], ["50", "1", "1"]),
            unit("Sơn Hòa", ["-3", "", "2"], ["", "", ""]),
        ];
        let totals = totals(&figures, &units);
        assert_eq!(totals[0].sum, Some(1200.5));
        assert_eq!(totals[0].units, 2);
        assert_eq!(totals[0].left, ["Sơn Hòa: Below(0)"]);
        assert_eq!((totals[1].sum, totals[1].units), (None, 2));
        assert_eq!(totals[1].left, ["Sơn Hòa: Empty"]);
        assert_eq!((totals[2].sum, totals[2].units), (None, 3));
        assert_eq!(super::totals(&figures, &units[2..])[0].sum, None);
    }
}
