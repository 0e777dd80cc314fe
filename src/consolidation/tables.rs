//! Tables that several units filled in from one template, added up cell by cell.
//!
//! Two tables are of one template if nearly all of the words in them stand in the same cells. Where units may write
//! freely (their own name above the table, remarks) they differ; numbers are what is added.

use std::collections::BTreeMap;

use super::Source;
use crate::reading::document::{Table, Value};
use crate::reading::text::fold;

/// Of the words of a template, so many percent have to stand in the same cells.
const ALIKE: usize = 80;

/// A table of the sums of several units.
#[derive(Clone, Debug, PartialEq)]
pub struct Sum {
    /// The name of the sheet.
    pub name: String,
    /// The units that went into it.
    pub sources: Vec<String>,
    /// Its rows.
    pub rows: Vec<Vec<SumCell>>,
}

/// A cell of a sum.
#[derive(Clone, Debug, PartialEq)]
pub enum SumCell {
    /// Nothing.
    Empty,
    /// A word of the template.
    Label(String),
    /// The sum of the units.
    Number(f64),
}

type Cells<'t> = BTreeMap<(u32, u32), &'t Value>;

struct Sheet<'s> {
    source: &'s Source,
    name: &'s str,
    cells: Cells<'s>,
}

/// The sums of the templates that at least two units filled in, and what could not be added.
pub(super) fn add_up(sources: &[Source]) -> (Vec<Sum>, Vec<String>) {
    let mut families: Vec<Vec<Sheet<'_>>> = Vec::new();
    for source in sources {
        for table in &source.contents.tables {
            let sheet = Sheet {
                source,
                name: &table.name,
                cells: cells(table),
            };
            let family = families
                .iter_mut()
                .find(|f| alike(&f[0].cells, &sheet.cells));
            match family {
                // A unit counts once, with the sheet that came first.
                Some(family) if family.iter().any(|s| s.source.name == source.name) => {}
                Some(family) => family.push(sheet),
                None => families.push(vec![sheet]),
            }
        }
    }
    let (several, single): (Vec<_>, Vec<_>) = families.into_iter().partition(|f| f.len() > 1);
    let left = single.iter().map(|family| {
        let sheet = &family[0];
        format!(
            "{}, tệp “{}”, bảng “{}”: không cùng mẫu với đơn vị khác nên chưa cộng",
            sheet.source.name, sheet.source.file, sheet.name
        )
    });
    (several.iter().map(|f| sum(f)).collect(), left.collect())
}

fn cells(table: &Table) -> Cells<'_> {
    table.cells.iter().map(|(r, c, v)| ((*r, *c), v)).collect()
}

fn words(cells: &Cells<'_>) -> BTreeMap<(u32, u32), String> {
    cells
        .iter()
        .filter_map(|(place, value)| match value {
            Value::Text(text) => Some((*place, fold(text))),
            Value::Number(_) => None,
        })
        .collect()
}

fn alike(a: &Cells<'_>, b: &Cells<'_>) -> bool {
    let (a, b) = (words(a), words(b));
    let same = a
        .iter()
        .filter(|(place, word)| b.get(place) == Some(word))
        .count();
    // Remarks that only one of them has say nothing of the template.
    let all = a.len().min(b.len());
    all > 2 && same * 100 >= all * ALIKE
}

fn sum(family: &[Sheet<'_>]) -> Sum {
    let first = &family[0];
    let places = family.iter().flat_map(|s| s.cells.keys());
    let (rows, columns) = places.fold((0, 0), |(r, c), place| (r.max(place.0), c.max(place.1)));
    let rows = (0..=rows).map(|row| {
        (0..=columns)
            .map(|column| cell(family, (row, column)))
            .collect()
    });
    Sum {
        name: first.name.to_owned(),
        sources: family.iter().map(|s| s.source.name.clone()).collect(),
        rows: rows.collect(),
    }
}

fn cell(family: &[Sheet<'_>], place: (u32, u32)) -> SumCell {
    let values: Vec<&Value> = family
        .iter()
        .filter_map(|s| s.cells.get(&place).copied())
        .collect();
    let numbers = || {
        values.iter().filter_map(|v| match v {
            Value::Number(n) => Some(*n),
            Value::Text(_) => None,
        })
    };
    let label = values.iter().find_map(|v| match v {
        Value::Text(text) => Some(text.clone()),
        Value::Number(_) => None,
    });
    match (numbers().next(), label) {
        (None, None) => SumCell::Empty,
        (None, Some(label)) => {
            let same = values
                .iter()
                .all(|v| matches!(v, Value::Text(t) if fold(t) == fold(&label)));
            if same {
                SumCell::Label(label)
            } else {
                SumCell::Empty
            } // their own names and remarks
        }
        (Some(first), _) => match heading(family, place) {
            // Running numbers and years are no amounts; shares cannot be added.
            Some(h) if ["stt", "tt", "so tt"].contains(&h.as_str()) => {
                SumCell::Label(first.to_string())
            }
            Some(h) if h.contains('%') || h.contains("ty le") => SumCell::Empty,
            None if values.len() == family.len() && numbers().all(|n| n == first) => {
                SumCell::Label(first.to_string())
            }
            _ => SumCell::Number(numbers().sum()),
        },
    }
}

/// The words that stand nearest above a number, which say what it counts; with a percent sign kept.
fn heading(family: &[Sheet<'_>], (row, column): (u32, u32)) -> Option<String> {
    (0..row)
        .rev()
        .find_map(|r| match family[0].cells.get(&(r, column)) {
            Some(Value::Text(text)) if text.contains('%') => Some(format!("{} %", fold(text))),
            Some(Value::Text(text)) => Some(fold(text)),
            _ => None,
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reading::document::Contents;

    fn source(name: &str, rows: &[&[&str]]) -> Source {
        let mut cells = Vec::new();
        for (r, row) in rows.iter().enumerate() {
            for (c, text) in row.iter().enumerate().filter(|(_, t)| !t.is_empty()) {
                let value = text
                    .parse()
                    .map_or_else(|_| Value::Text((*text).to_owned()), Value::Number);
                cells.push((r as u32, c as u32, value));
            }
        }
        Source {
            name: name.into(),
            file: format!("{name}.xlsx"),
            contents: Contents {
                tables: vec![Table {
                    name: "Sheet1".into(),
                    cells,
                }],
                ..Contents::default()
            },
        }
    }

    #[test]
    fn numbers_of_one_template_are_added_and_words_running_numbers_and_shares_are_not() {
        let filled = |unit: &str, a: &str, b: &str, share: &str| {
            source(
                unit,
                &[
                    &["", unit],
                    &[
                        "STT",
                        "Nội dung",
                        "Số trẻ em",
                        "Kinh phí (triệu đồng)",
                        "Tỷ lệ %",
                        "Ghi chú",
                    ],
                    &["1", "Tặng quà 1/6", a, "10", share],
                    &[
                        "2",
                        "Học bổng",
                        b,
                        "",
                        share,
                        if a == "3" { "đã trao" } else { "" },
                    ],
                    &["", "Cộng"],
                ],
            )
        };
        let other = source(
            "CĐ KKT",
            &[&["Họ tên", "Ngày sinh", "Địa chỉ"], &["A", "1", "B"]],
        );
        let sources = [
            filled("Tuy An", "3", "4", "50"),
            filled("Phú Hòa", "10", "", "70"),
            other,
        ];
        let (sums, left) = add_up(&sources);
        assert_eq!(sums.len(), 1);
        assert_eq!(sums[0].sources, ["Tuy An", "Phú Hòa"]);
        let row = |n: usize| &sums[0].rows[n];
        assert_eq!(row(0)[1], SumCell::Empty, "their names differ");
        assert_eq!(row(2)[0], SumCell::Label("1".into()));
        assert_eq!(row(2)[1], SumCell::Label("Tặng quà 1/6".into()));
        assert_eq!(row(2)[2], SumCell::Number(13.0));
        assert_eq!(row(2)[3], SumCell::Number(20.0));
        assert_eq!(row(2)[4], SumCell::Empty);
        assert_eq!(row(3)[2], SumCell::Number(4.0));
        assert_eq!(left.len(), 1);
        assert!(left[0].contains("CĐ KKT"), "{left:?}");
    }
}
