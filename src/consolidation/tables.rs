//! Tables that several units filled in from one template, added up cell by cell.
//!
//! Two tables are of one template if nearly all of the words in them stand in the same cells. Where units may write
//! freely (their own name above the table, remarks) they differ; numbers are what is added, also those that were typed
//! as text. A row whose words differ from the template's, and words where the others have numbers, are not added but
//! named: a sum must not be short without a word.

use std::collections::{BTreeMap, BTreeSet};

use super::Source;
use crate::ground::table::{column_name, number_in};
use crate::ground::text::fold;
use crate::reading::document::{Table, Value};

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
    /// Rows whose words are not those of the template.
    strange: BTreeSet<u32>,
}

impl Sheet<'_> {
    /// Where it is, in words for staff.
    fn place(&self) -> String {
        format!(
            "{}, tệp “{}”, bảng “{}”",
            self.source.name, self.source.file, self.name
        )
    }

    fn text(&self, place: (u32, u32)) -> Option<&str> {
        match self.cells.get(&place) {
            Some(Value::Text(text)) if number_in(text).is_none() => Some(text),
            _ => None,
        }
    }
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
                strange: BTreeSet::new(),
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
    let alone = single.iter().map(|family| {
        let place = family[0].place();
        format!("{place}: không cùng mẫu với đơn vị khác nên chưa cộng")
    });
    let mut left: Vec<String> = alone.collect();
    let sums = several.into_iter().map(|mut family| {
        mark_strange_rows(&mut family);
        sum(&family, &mut left)
    });
    let sums = sums.collect();
    (sums, left)
}

/// Marks the rows of a sheet whose words differ from those of the first in a column of words: a row put in between
/// would otherwise be added to its neighbours.
fn mark_strange_rows(family: &mut [Sheet<'_>]) {
    let (first, others) = family.split_first_mut().expect("a family has a sheet");
    for sheet in others {
        let mut columns: BTreeMap<u32, (u32, u32)> = BTreeMap::new();
        let mut differing: Vec<(u32, u32)> = Vec::new();
        for place in first.cells.keys() {
            let (Some(wanted), Some(found)) = (first.text(*place), sheet.text(*place)) else {
                continue;
            };
            let column = columns.entry(place.1).or_default();
            column.0 += 1;
            if fold(wanted) == fold(found) {
                column.1 += 1;
            } else {
                differing.push(*place);
            }
        }
        // In a column of remarks nearly everything differs.
        let of_words = |column: u32| {
            columns
                .get(&column)
                .is_some_and(|(all, same)| same * 2 > *all)
        };
        let differing = differing.into_iter().filter(|(_, c)| of_words(*c));
        let strange: BTreeSet<u32> = differing.map(|(row, _)| row).collect();
        let counts = |row: &u32| {
            let mut cells = sheet.cells.range((*row, 0)..(*row + 1, 0));
            cells.any(|(_, v)| number(v).is_some())
        };
        sheet.strange = strange.into_iter().filter(counts).collect();
    }
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(n) => Some(*n),
        Value::Text(text) => number_in(text),
    }
}

fn cells(table: &Table) -> Cells<'_> {
    table.cells.iter().map(|(r, c, v)| ((*r, *c), v)).collect()
}

fn words(cells: &Cells<'_>) -> BTreeMap<(u32, u32), String> {
    cells
        .iter()
        .filter_map(|(place, value)| match value {
            Value::Text(text) if number_in(text).is_none() => Some((*place, fold(text))),
            _ => None,
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

fn sum(family: &[Sheet<'_>], left: &mut Vec<String>) -> Sum {
    let first = &family[0];
    let places = family.iter().flat_map(|s| s.cells.keys());
    let (rows, columns) = places.fold((0, 0), |(r, c), place| (r.max(place.0), c.max(place.1)));
    let rows = (0..=rows).map(|row| {
        (0..=columns)
            .map(|column| cell(family, (row, column), left))
            .collect()
    });
    let rows = rows.collect();
    for sheet in family {
        for row in &sheet.strange {
            let place = sheet.place();
            left.push(format!(
                "{place}, dòng {}: nội dung khác mẫu nên chưa cộng",
                row + 1
            ));
        }
    }
    Sum {
        name: first.name.to_owned(),
        sources: family.iter().map(|s| s.source.name.clone()).collect(),
        rows,
    }
}

fn cell(family: &[Sheet<'_>], place: (u32, u32), left: &mut Vec<String>) -> SumCell {
    let filled: Vec<(&Sheet<'_>, &Value)> = family
        .iter()
        .filter(|s| !s.strange.contains(&place.0))
        .filter_map(|s| Some((s, *s.cells.get(&place)?)))
        .collect();
    let numbers: Vec<f64> = filled.iter().filter_map(|(_, v)| number(v)).collect();
    let Some(first) = numbers.first() else {
        // Their own names and remarks differ.
        let mut texts = filled.iter().filter_map(|(s, _)| s.text(place));
        return match texts.next() {
            Some(label) if texts.all(|t| fold(t) == fold(label)) => {
                SumCell::Label(label.to_owned())
            }
            _ => SumCell::Empty,
        };
    };
    let as_written = match filled[0].1 {
        Value::Text(text) => text.clone(),
        Value::Number(n) => n.to_string(),
    };
    match heading(family, place) {
        // Running numbers and years are no amounts; shares cannot be added.
        Some(h) if ["stt", "tt", "so tt"].contains(&h.as_str()) => {
            return SumCell::Label(as_written);
        }
        Some(h) if h.contains('%') || h.contains("ty le") || h.contains("ghi chu") => {
            return SumCell::Empty;
        }
        None if filled.len() == family.len() && numbers.iter().all(|n| n == first) => {
            return SumCell::Label(as_written);
        }
        _ => {}
    }
    for (sheet, text) in filled.iter().filter_map(|(s, _)| Some((s, s.text(place)?))) {
        // A dash or "không" is how people write nothing.
        if !matches!(fold(text).as_str(), "" | "khong" | "khong co" | "x") {
            let at = sheet.place();
            left.push(format!(
                "{at}, dòng {}, cột {}: “{text}” không phải là số nên chưa cộng",
                place.0 + 1,
                column_name(place.1)
            ));
        }
    }
    SumCell::Number(numbers.iter().sum())
}

/// The words that stand nearest above a number, which say what it counts; with a percent sign kept.
fn heading(family: &[Sheet<'_>], (row, column): (u32, u32)) -> Option<String> {
    let text = (0..row).rev().find_map(|r| family[0].text((r, column)))?;
    let percent = if text.contains('%') { " %" } else { "" };
    Some(fold(text) + percent)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reading::document::Contents;

    fn source(name: &str, rows: &[&[&str]]) -> Source {
        let mut cells = Vec::new();
        for (r, row) in rows.iter().enumerate() {
            for (c, text) in row.iter().enumerate().filter(|(_, t)| !t.is_empty()) {
                let value = text.parse::<i32>().map_or_else(
                    |_| Value::Text((*text).to_owned()),
                    |n| Value::Number(n.into()),
                );
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

    #[test]
    fn numbers_typed_as_text_count_and_what_cannot_be_added_is_named() {
        let filled = |unit: &str, money: &str, gifts: &str, extra: bool| {
            let mut rows: Vec<Vec<&str>> = vec![
                vec!["STT", "Chỉ tiêu", "Đơn vị tính", "Số liệu"],
                vec!["1.1", "Kinh phí", "triệu đồng", money],
                vec!["1.2", "Quà tặng", "suất", gifts],
                vec!["1.3", "Lớp học", "lớp", "2"],
                vec!["1.4", "Tin bài", "tin", "-"],
                vec!["1.5", "Học bổng", "suất", "1"],
                vec!["1.6", "Sân chơi", "sân", "1"],
            ];
            if extra {
                rows.insert(6, vec!["1.6", "Hội thi", "cuộc", "7"]);
            }
            let rows: Vec<&[&str]> = rows.iter().map(Vec::as_slice).collect();
            source(unit, &rows)
        };
        let sources = [
            filled("Tuy An", "36", "1.500", false),
            filled("Phú Hòa", "450,5", "khoảng 20", false),
            filled("Sơn Hòa", "10", "3", true),
        ];
        let (sums, left) = add_up(&sources);
        let row = |n: usize| &sums[0].rows[n];
        assert_eq!(row(1)[3], SumCell::Number(496.5));
        assert_eq!(row(2)[3], SumCell::Number(1503.0));
        assert_eq!(row(2)[0], SumCell::Label("1.2".into()));
        assert_eq!(row(4)[3], SumCell::Label("-".into()));
        assert_eq!(
            row(6)[3],
            SumCell::Number(2.0),
            "not the seven of another row"
        );
        assert_eq!(left.len(), 2, "{left:?}");
        assert!(left[0].contains("Phú Hòa") && left[0].contains("dòng 3, cột D"));
        assert!(left[1].contains("Sơn Hòa") && left[1].contains("dòng 7"));
    }
}
