//! `[[report.number]]`: the figures that a report asks for in an annex.

use super::source::{Section, suggestion};
use crate::domain::figure::Figure;
use crate::ground::table::CellName;
use crate::ground::text::fold;

/// More figures are no annex that anybody fills in beside a report.
const MOST: usize = 100;

/// The figures of a report, in the order of the file.
pub(super) fn figures(s: &Section<'_>) -> Vec<Figure> {
    let sections = s.sections("number");
    if sections.len() > MOST {
        s.fault(format!("a report has {MOST} [[report.number]] at most"));
    }
    // A figure with a fault keeps its place, so that sums of others are still checked.
    let labels: Vec<String> = sections
        .iter()
        .map(|section| section.required("label", "Số trẻ em được tặng quà"))
        .map(Option::unwrap_or_default)
        .collect();
    let folded: Vec<String> = labels.iter().map(|label| fold(label)).collect();
    let mut figures: Vec<Figure> = Vec::new();
    for (place, section) in sections.iter().enumerate() {
        let label = &folded[place];
        if !labels[place].is_empty() && label.is_empty() {
            section.fault_at("label", "`report.number.label` must have letters");
        }
        if !label.is_empty() && folded[..place].contains(label) {
            section.fault_at(
                "label",
                format!("the number {:?} is given twice", labels[place]),
            );
        }
        figures.push(Figure {
            label: labels[place].clone(),
            unit: section.text("unit").unwrap_or_default(),
            cell: cell(section),
            at_least: section
                .number("at_least", -1_000_000_000..=1_000_000_000)
                .unwrap_or(0),
            sum_of: sum_of(section, &labels, &folded),
            factor: section
                .number("times_last_period", 2..=1_000)
                .map(|n| n as u32),
        });
    }
    for (place, section) in sections.iter().enumerate() {
        if contains_itself(&figures, place) {
            section.fault_at(
                "sum_of",
                format!("{:?} is a sum of which it is a part itself", labels[place]),
            );
        }
    }
    sections.into_iter().for_each(Section::finish);
    figures
}

/// Where a figure stands; `None`: beside its label.
fn cell(section: &Section<'_>) -> Option<CellName> {
    const BESIDE: &str = "beside the label";
    let place = section.parsed("where", |text| match text {
        BESIDE => Ok(None),
        cell => cell.parse().map(Some).map_err(|_| {
            let hint = suggestion(cell, [BESIDE].into_iter());
            format!("{cell:?} is no cell such as \"D7\", nor {BESIDE:?}{hint}")
        }),
    });
    place.flatten()
}

/// The places of the figures of which one is the sum.
fn sum_of(section: &Section<'_>, labels: &[String], folded: &[String]) -> Vec<usize> {
    let parts = section.texts_of_lines("sum_of").unwrap_or_default();
    let places = parts.into_iter().filter_map(|(line, part)| {
        let place = folded.iter().position(|label| *label == fold(&part));
        if place.is_none() {
            let hint = suggestion(&part, labels.iter().map(String::as_str));
            let what = format!("`sum_of` names {part:?}, which is no number of this report{hint}");
            section.fault_on(line, what);
        }
        place
    });
    places.collect()
}

/// Whether a figure is a sum of which it is a part, directly or by other sums.
fn contains_itself(figures: &[Figure], place: usize) -> bool {
    let mut reached = figures[place].sum_of.clone();
    let mut at = 0;
    while let Some(part) = reached.get(at).copied() {
        for next in &figures[part].sum_of {
            if !reached.contains(next) {
                reached.push(*next);
            }
        }
        at += 1;
    }
    reached.contains(&place)
}

#[cfg(test)]
mod tests {
    use super::super::source::{Document, Faults};
    use super::*;

    /// The figures of a report, and the faults with their lines.
    fn read(text: &str) -> (Vec<Figure>, Vec<String>) {
        let faults = Faults::default();
        let document = Document::parse("reports.toml", text, &faults).unwrap();
        let root = document.root(&faults);
        let report = root.sections("report").remove(0);
        let figures = figures(&report);
        let said = faults.into_vec().into_iter().map(|f| f.to_string());
        (figures, said.collect())
    }

    #[test]
    fn figures_are_read_with_what_they_have_to_be() {
        let (figures, faults) = read(
            r#"[[report]]
[[report.number]]
label = "Số trẻ em được tặng quà"
unit = "trẻ em"
sum_of = ["Trong đó: nữ", "trong đó: nam"]
[[report.number]]
label = "Trong đó: nữ"
where = "c12"
times_last_period = 3
[[report.number]]
label = "Trong đó: nam"
where = "beside the label"
at_least = 1
"#,
        );
        assert!(faults.is_empty(), "{faults:?}");
        assert_eq!(figures[0].sum_of, [1, 2]);
        assert_eq!(
            (figures[0].unit.as_str(), figures[0].at_least),
            ("trẻ em", 0)
        );
        assert_eq!(figures[1].cell.unwrap().to_string(), "C12");
        assert_eq!(figures[1].factor, Some(3));
        assert_eq!((figures[2].cell, figures[2].at_least), (None, 1));
    }

    #[test]
    fn each_fault_is_named_on_its_line_with_what_was_probably_meant() {
        let (_, faults) = read(
            r#"[[report]]
[[report.number]]
label = "Tổng số"
sum_of = ["Nữ", "Nan", "Nam"]
units = "người"
[[report.number]]
label = "Nữ"
where = "beside label"
at_least = "0"
[[report.number]]
label = "Nam"
where = "12"
sum_of = ["Tổng số"]
times_last_period = 1
[[report.number]]
label = "nam"
[[report.number]]
unit = "người"
[[report.number]]
label = "…"
"#,
        );
        insta::assert_snapshot!(faults.join("\n"));
    }
}
