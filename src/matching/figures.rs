//! The figures that a report asks for, in the tables of a file: by their labels, wherever the table stands.

use std::collections::BTreeMap;

use crate::domain::figure::{Annex, Entry, Figure, Told};
use crate::ground::table::{CellName, number_in};
use crate::ground::text::{fold, truncated};
use crate::reading::document::{Contents, Table, Value};
use crate::words::vi;

/// What stands before the mark of an annex, folded.
const BEFORE_A_MARK: &str = "ma bieu ";
/// How people write that there is none, folded.
const NONE: [&str; 3] = ["khong", "khong co", "khong phat sinh"];
/// So much is kept of words where a number should be, and of a mark, in bytes.
const KEPT: usize = 120;

/// A table of a file, by the places of its cells.
struct Sheet<'c> {
    cells: BTreeMap<(u32, u32), &'c Value>,
    /// Where each figure of the report has its label, if it has.
    labels: Vec<Option<(u32, u32)>>,
    /// Whether its cells have names.
    of_a_spreadsheet: bool,
}

impl<'c> Sheet<'c> {
    fn of(figures: &[Figure], table: &'c Table, of_a_spreadsheet: bool) -> Sheet<'c> {
        let cells: BTreeMap<_, _> = table
            .cells
            .iter()
            .map(|(r, c, value)| ((*r, *c), value))
            .collect();
        let mut words: BTreeMap<String, (u32, u32)> = BTreeMap::new();
        for (place, value) in &cells {
            if let Value::Text(text) = value {
                words.entry(fold(text)).or_insert(*place);
            }
        }
        // Numbered otherwise than in the configuration, a label is the same.
        let mut bare: BTreeMap<&str, (u32, u32)> = BTreeMap::new();
        for (text, place) in &words {
            let earlier = bare.entry(unnumbered(text)).or_insert(*place);
            *earlier = (*earlier).min(*place);
        }
        let labels = figures.iter().map(|figure| {
            let label = fold(&figure.label);
            let with_unit = format!("{label} {}", fold(&figure.unit));
            let exact = words.get(&label).or_else(|| words.get(&with_unit));
            let alike = |text: &str| bare.get(unnumbered(text));
            let found = exact
                .or_else(|| alike(&label))
                .or_else(|| alike(&with_unit));
            found.copied()
        });
        Sheet {
            labels: labels.collect(),
            cells,
            of_a_spreadsheet,
        }
    }

    /// What it says of a figure.
    fn entry(&self, place: usize, figure: &Figure) -> Option<Entry> {
        let label = self.labels[place]?;
        let named = figure.cell.filter(|_| self.of_a_spreadsheet);
        let at = named
            .map(|cell| (cell.row, cell.column))
            .or_else(|| self.beside(label, figure));
        let value = at.and_then(|at| self.cells.get(&at));
        let name = |(row, column)| CellName { row, column }.to_string();
        Some(Entry {
            label: figure.label.clone(),
            at: at.filter(|_| self.of_a_spreadsheet).map(name),
            told: value.map_or(Told::Empty, |value| told(value, figure)),
        })
    }

    /// The cell to the right of a label: in the column of figures, where one is named; else the first that has a number,
    /// else the first that has anything but the unit of measure.
    fn beside(&self, (row, column): (u32, u32), figure: &Figure) -> Option<(u32, u32)> {
        let heads = self.cells.iter().rev().filter(|((r, c), value)| {
            *r < row
                && *c > column
                && matches!(value, Value::Text(text) if vi().figure_column.contains(&fold(text)))
        });
        if let Some(((_, of_figures), _)) = heads.into_iter().next() {
            return Some((row, *of_figures));
        }
        let unit = fold(&figure.unit);
        let right = || {
            let cells = self.cells.range((row, column + 1)..(row + 1, 0));
            cells.filter(|(_, value)| !matches!(value, Value::Text(text) if fold(text) == unit))
        };
        let mut numbers = right().filter(|(_, v)| matches!(told(v, figure), Told::Number(_)));
        let found = numbers.next().or_else(|| right().next());
        found.map(|(at, _)| *at)
    }
}

/// The annex in what a file says; `None` where less than half of the figures stand there.
pub(crate) fn annex(figures: &[Figure], file: &str, contents: &Contents) -> Option<Annex> {
    let sheets = contents.tables.iter().map(|table| (table, true));
    let in_text = contents.in_text.iter().map(|table| (table, false));
    let tables = || sheets.clone().chain(in_text.clone());
    let mut sheets: Vec<Sheet<'_>> = tables()
        .map(|(table, named)| Sheet::of(figures, table, named))
        .collect();
    // The table that has most of them is meant where several have the same label.
    sheets.sort_by_key(|sheet| sheet.labels.iter().filter(|l| l.is_none()).count());
    let entries = figures.iter().enumerate().filter_map(|(place, figure)| {
        let mut sheets = sheets.iter();
        sheets.find_map(|sheet| sheet.entry(place, figure))
    });
    let entries: Vec<Entry> = entries.collect();
    let mark = tables().find_map(|(table, _)| mark(table));
    (!entries.is_empty() && entries.len() * 2 >= figures.len()).then(|| Annex {
        file: file.to_owned(),
        mark,
        entries,
    })
}

/// Whether a table of a spreadsheet has at least half of the figures: it is an annex.
pub(crate) fn is_annex(figures: &[Figure], table: &Table) -> bool {
    let found = Sheet::of(figures, table, true);
    let found = found.labels.iter().flatten().count();
    found > 0 && found * 2 >= figures.len()
}

/// The mark that stands in a table.
fn mark(table: &Table) -> Option<String> {
    table.cells.iter().find_map(|(.., value)| match value {
        Value::Text(text) if fold(text).starts_with(BEFORE_A_MARK) => {
            let (_, mark) = text.split_once(':')?;
            Some(truncated(mark.trim(), KEPT).to_owned())
        }
        _ => None,
    })
}

/// What stands in a cell of figures, typed as people do: `1.234,5`, `12 %`, `36 triệu đồng`, `-`.
fn told(value: &Value, figure: &Figure) -> Told {
    let text = match value {
        Value::Number(n) => return Told::Number(*n),
        Value::Text(text) => text.trim(),
    };
    let folded = fold(text);
    if NONE.contains(&folded.as_str()) || text.contains(['-', '–', '—']) && folded.is_empty() {
        return Told::Number(0.0);
    }
    if folded.is_empty() {
        return Told::Empty; // dots, to be filled in
    }
    let lower = text.to_lowercase();
    let bare = lower.strip_suffix(&figure.unit.to_lowercase());
    let bare = bare.unwrap_or(&lower).trim_end_matches('%').trim();
    let number = number_in(bare).or_else(|| {
        let groups: Vec<&str> = bare.split_whitespace().collect();
        let thousands = groups.len() > 1 && groups[1..].iter().all(|g| g.len() == 3);
        thousands.then(|| number_in(&groups.join("."))).flatten()
    });
    number.map_or_else(
        || Told::Text(truncated(text, KEPT).to_owned()),
        Told::Number,
    )
}

/// A folded label without what numbers it: `1 2 a so tre em` → `so tre em`.
fn unnumbered(label: &str) -> &str {
    let mut rest = label;
    while let Some((first, others)) = rest.split_once(' ') {
        let is_number = first.len() == 1
            || first.bytes().all(|b| b.is_ascii_digit())
            || first.bytes().all(|b| b"ivx".contains(&b));
        if !is_number {
            break;
        }
        rest = others;
    }
    rest
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::reading::FileKind;
    use crate::reading::document;
    use crate::reading::program::Budget;

    fn figure(label: &str, unit: &str, cell: Option<&str>) -> Figure {
        Figure {
            label: label.into(),
            unit: unit.into(),
            cell: cell.map(|c| c.parse().unwrap()),
            at_least: 0,
            sum_of: vec![],
            factor: None,
        }
    }

    /// A table of rows; what Rust reads as a number is one in a spreadsheet.
    fn table(rows: &[&[&str]]) -> Table {
        let mut cells = Vec::new();
        for (r, row) in (0..).zip(rows) {
            for (c, text) in (0..).zip(*row).filter(|(_, t)| !t.is_empty()) {
                let value = text
                    .parse()
                    .map_or_else(|_| Value::Text((*text).to_owned()), Value::Number);
                cells.push((r, c, value));
            }
        }
        Table {
            name: "Sheet1".into(),
            cells,
        }
    }

    fn spreadsheet(rows: &[&[&str]]) -> Contents {
        Contents {
            tables: vec![table(rows)],
            ..Contents::default()
        }
    }

    /// What is found of each figure: its cell and what stands there.
    fn found(figures: &[Figure], contents: &Contents) -> Vec<String> {
        let annex = annex(figures, "a.xlsx", contents);
        let entries = annex.into_iter().flat_map(|a| a.entries);
        entries
            .map(|e| match e.told {
                Told::Number(n) => format!("{} {n}", e.at.unwrap_or_default()),
                Told::Text(text) => format!("{} “{text}”", e.at.unwrap_or_default()),
                Told::Empty => format!("{} -", e.at.unwrap_or_default()),
            })
            .collect()
    }

    #[test]
    fn figures_are_found_by_their_labels_in_tables_of_many_makes() {
        let figures = [
            figure("Tổng số lao động", "người", None),
            figure("Trong đó: nữ", "người", None),
        ];
        for (rows, wanted) in [
            // As it went out, moved, renumbered, in capitals, and with a remark.
            (
                &[
                    &["Tuy An"] as &[&str],
                    &["STT", "Chỉ tiêu", "Đơn vị tính", "Số liệu", "Ghi chú"],
                    &["1", "TỔNG SỐ LAO ĐỘNG", "người", "12", "tăng 5"],
                    &["1.1", "a) Trong đó: nữ", "người", "", "chưa thống kê"],
                ] as &[&[&str]],
                vec!["D3 12", "D4 -"],
            ),
            // A table without a head: what is beside the label, not its unit of measure.
            (
                &[
                    &["", "1. Tổng số lao động (người)", "", "người", "12"],
                    &["", "2. Trong đó: nữ", "người", "khoảng 5"],
                ],
                vec!["E1 12", "D2 “khoảng 5”"],
            ),
            // Two columns of numbers: that of figures is meant.
            (
                &[
                    &["Nội dung", "Kỳ trước", "Kỳ này"],
                    &["Tổng số lao động", "10", "12"],
                    &["Trong đó: nữ", "4", "5"],
                ],
                vec!["C2 12", "C3 5"],
            ),
            // Half of the labels is enough, fewer is another table.
            (
                &[&["Tổng số lao động", "12"], &["Lao động nữ", "5"]],
                vec!["B1 12"],
            ),
            (
                &[&["Tổng số đoàn viên", "12"], &["Lao động nữ", "5"]],
                vec![],
            ),
            (&[], vec![]),
        ] {
            assert_eq!(found(&figures, &spreadsheet(rows)), wanted, "{rows:?}");
        }
        // Within a text cells have no names.
        let text = Contents {
            in_text: vec![
                table(&[&["LIÊN ĐOÀN LAO ĐỘNG", "CỘNG HÒA"]]),
                table(&[&["Tổng số lao động", "1.234,0"], &["Trong đó: nữ", "–"]]),
            ],
            ..Contents::default()
        };
        assert_eq!(found(&figures, &text), [" 1234", " 0"]);
    }

    #[test]
    fn a_cell_that_is_named_counts_in_spreadsheets_that_have_the_labels() {
        let figures = [
            figure("Nam", "người", Some("C2")),
            figure("Nữ", "người", Some("C3")),
        ];
        let rows: &[&[&str]] = &[&["", "Trước", "Nay"], &["Nam", "1", "2"], &["Nữ", "3", "4"]];
        assert_eq!(found(&figures, &spreadsheet(rows)), ["C2 2", "C3 4"]);
        assert!(found(&figures, &spreadsheet(&rows[..1])).is_empty());
    }

    #[test]
    fn numbers_are_taken_as_people_type_them_and_words_stay_words() {
        let figure = figure("Kinh phí", "triệu đồng", None);
        let text = |t: &str| Told::Text(t.to_owned());
        for (written, wanted) in [
            ("1.234", Told::Number(1234.0)),
            ("1.234,5", Told::Number(1234.5)),
            ("1 234 567", Told::Number(1_234_567.0)),
            ("12 %", Told::Number(12.0)),
            ("36 triệu đồng", Told::Number(36.0)),
            ("36,5 Triệu Đồng", Told::Number(36.5)),
            ("-", Told::Number(0.0)),
            ("—", Told::Number(0.0)),
            ("Không", Told::Number(0.0)),
            ("không phát sinh", Told::Number(0.0)),
            ("-5", Told::Number(-5.0)),
            ("…", Told::Empty),
            ("......", Told::Empty),
            ("", Told::Empty),
            ("12 34", text("12 34")),
            ("1,500", text("1,500")),
            ("khoảng 20", text("khoảng 20")),
            ("=SUM(A1:A2)", text("=SUM(A1:A2)")),
            ("inf", text("inf")),
            ("1e308", text("1e308")),
        ] {
            let value = Value::Text(written.to_owned());
            assert_eq!(told(&value, &figure), wanted, "{written:?}");
        }
        let long = "à".repeat(1_000);
        let Told::Text(kept) = told(&Value::Text(long), &figure) else {
            panic!("it is no number");
        };
        assert!(kept.len() <= KEPT);
    }

    /// Filled in and saved by LibreOffice 7.4: the annex as it went out, and a table within a report.
    #[test]
    fn an_annex_that_an_office_program_saved_is_read_in_every_format() {
        let figures = [
            figure("Tổng số lao động", "người", None),
            figure("Trong đó: nữ", "người", None),
            figure("Trong đó: nam", "người", None),
            figure("Kinh phí chăm lo nữ đoàn viên", "triệu đồng", None),
        ];
        let wanted = ["1300", "1234", "66", "36.5"];
        for kind in ["xlsx", "xls", "ods", "docx", "odt"] {
            let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
            let file = root.join(format!("tests/figures/filled.{kind}"));
            let content = std::fs::read(file).unwrap();
            let mut budget = Budget::new(Duration::from_secs(5));
            let contents = document::contents(FileKind::of_word(kind), &content, &mut budget);
            let contents = contents.unwrap();
            let found = found(&figures, &contents);
            let numbers: Vec<&str> = found
                .iter()
                .map(|f| f.rsplit(' ').next().unwrap())
                .collect();
            assert_eq!(numbers, wanted, "{kind}: {found:?}");
            let mark = annex(&figures, "a", &contents).unwrap().mark;
            let has_mark = mark.as_deref() == Some("nu-cong / 2026-H2 / ldld-tuy-an");
            assert_eq!(has_mark, kind.starts_with(['x']) || kind == "ods", "{kind}");
        }
    }

    #[test]
    fn what_is_strange_in_a_workbook_stays_with_its_own_figure() {
        let labels = ["Lớn", "Công thức", "Lỗi", "Gộp ô", "Thường"];
        let figures = labels.map(|label| figure(label, "người", None));
        let mut book = rust_xlsxwriter::Workbook::new();
        let sheet = book.add_worksheet();
        for (row, label) in (0..).zip(labels) {
            sheet.write_string(row, 0, label).unwrap();
        }
        let formula =
            |text: &str, result: &str| rust_xlsxwriter::Formula::new(text).set_result(result);
        let plain = rust_xlsxwriter::Format::new();
        sheet.write_number(0, 1, 1e308).unwrap();
        sheet.write_formula(1, 1, formula("=B5+1", " ")).unwrap();
        sheet
            .write_formula(2, 1, formula("=1/0", "#DIV/0!"))
            .unwrap();
        sheet.merge_range(3, 1, 3, 3, "1.234", &plain).unwrap();
        sheet.write_number(4, 3, 5).unwrap();
        // The last cell that a sheet can have: read as a whole it takes more than all memory.
        sheet.write_number(1_048_575, 16_383, 1).unwrap();
        let content = book.save_to_buffer().unwrap();
        let mut budget = Budget::new(Duration::from_secs(5));
        let contents = document::contents(FileKind::Xlsx, &content, &mut budget).unwrap();
        let large = format!("B1 {}", 1e308);
        let wanted = [large.as_str(), " -", " -", "B4 1234", "D5 5"];
        assert_eq!(found(&figures, &contents), wanted);
    }

    #[test]
    fn the_mark_of_an_annex_is_read_and_others_lines_are_none() {
        let with = |line: &str| spreadsheet(&[&["Nam", "1"], &[line]]);
        let figures = [figure("Nam", "người", None)];
        for (line, mark) in [
            (
                "Mã biểu: nu-cong / 2026-H1 / ldld-tuy-an",
                Some("nu-cong / 2026-H1 / ldld-tuy-an"),
            ),
            ("Mã biểu", None),
            ("Biểu mã: x", None),
        ] {
            let annex = annex(&figures, "a.xlsx", &with(line)).unwrap();
            assert_eq!(annex.mark.as_deref(), mark, "{line}");
        }
    }
}
