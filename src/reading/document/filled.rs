//! Whether a document is filled in, or a blank form: by its tables, and by what is left to be written into its text.
//!
//! Both are told by evidence only. A scan, or a text of headings, tells neither.

use crate::reading::nil_return::says_nothing_happened;
use std::sync::LazyLock;

use regex::Regex;

use crate::ground::text::fold;
use crate::words::vi;

/// A table as it is laid out, row by row from its left edge; of a spreadsheet, the first rows of its first sheet.
pub(super) type Grid = Vec<Vec<Cell>>;

/// A cell of a table.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) enum Cell {
    /// Nothing stands in it.
    #[default]
    Empty,
    /// What stands in it.
    Text(String),
    /// A formula, which nobody filled in.
    Computed,
}

impl Cell {
    /// A cell of a text; one of dots is to be filled in.
    pub(super) fn of(text: &str) -> Cell {
        let text = text.trim();
        if text.chars().any(char::is_alphanumeric) {
            Cell::Text(text.to_owned())
        } else {
            Cell::Empty
        }
    }

    fn text(&self) -> Option<&str> {
        match self {
            Cell::Text(text) => Some(text),
            Cell::Empty | Cell::Computed => None,
        }
    }

    fn number(&self) -> Option<f64> {
        let text = self.text()?.trim_end_matches('%');
        let plain: String = text
            .chars()
            .filter(|c| !matches!(c, '.' | ',' | ' '))
            .collect();
        let digits = plain.trim_start_matches('-');
        let is_one = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
        is_one.then(|| plain.parse().ok()).flatten()
    }
}

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("a valid pattern")
}

/// Dots or a line where something is to be written, with what touches it.
static BLANK: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"([\pL\d]?)(?:[._]{4,}|…{2,}|(?:\. ?){5,}|(?:… ?){2,})([\pL\d]?)"));
/// A number of its own in a table: `(1)`, `A`, `II`.
static NUMBERING: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?i)^\(?(?:\d{1,2}|\pL|[ivx]{1,4})(?:[.,]\d{1,2})*[.)]?$"));

/// Whether a document is filled in; `None` where its text and tables do not tell.
pub(super) fn is_filled(text: &str, grids: &[Grid]) -> Option<bool> {
    let tables: Vec<bool> = grids.iter().filter_map(table).collect();
    let (open, closed) = blanks(text);
    let sentences = sentences(text);
    if tables.contains(&true) {
        return Some(true);
    }
    if open >= 3 && open > closed + sentences {
        return Some(false);
    }
    if tables.contains(&false) && sentences < 2 && closed < 2 {
        return Some(false);
    }
    (sentences >= 2 || closed >= 2).then_some(true)
}

/// How many places are left to be written in, and in how many something was written.
fn blanks(text: &str) -> (usize, usize) {
    let (mut open, mut closed) = (0, 0);
    for found in BLANK.captures_iter(text) {
        match found[1].is_empty() && found[2].is_empty() {
            true => open += 1,
            false => closed += 1,
        }
    }
    (open, closed)
}

/// How many lines of a text are sentences of their own: long, and no instruction in brackets, nor with dots to be
/// filled in. What stands in the head of a document is short.
fn sentences(text: &str) -> usize {
    let is_one = |line: &&str| {
        let line = line.trim();
        line.chars().count() >= 70 && !line.starts_with('(') && !BLANK.is_match(line)
    };
    text.lines().filter(is_one).count()
}

/// Which cells of a row have text.
fn texts(row: &[Cell]) -> Vec<(usize, &str)> {
    let cells = row.iter().enumerate();
    cells.filter_map(|(i, c)| Some((i, c.text()?))).collect()
}

/// Whether a row names the columns of a table.
fn is_head(row: &[Cell]) -> bool {
    let texts = texts(row);
    let named = texts.iter().all(|(_, t)| !NUMBERING.is_match(t));
    let numbered = |t: &(usize, &str)| vi().numbered.contains(&fold(t.1));
    texts.len() >= 3 && named || texts.len() >= 2 && texts.first().is_some_and(numbered)
}

/// Whether a row numbers the columns of a table whose first is this: `(1) (2) (3)`.
fn numbers_columns(row: &[Cell], first: usize) -> bool {
    let texts = texts(row);
    let begins = matches!(texts.first(), Some((at, text))
        if *at == first && matches!(text.trim_matches(['(', ')']), "0" | "1" | "A" | "a"));
    begins
        && texts.len() >= 3
        && texts.iter().all(|(_, t)| NUMBERING.is_match(t))
        && texts.windows(2).all(|w| w[0].1 != w[1].1)
}

/// Whether a row stands under a table rather than in it.
fn is_foot(row: &[Cell]) -> bool {
    let all: Vec<&str> = row.iter().filter_map(Cell::text).collect();
    vi().under_a_table.stands_in(&fold(&all.join(" ")))
}

/// Whether a table is filled in: `None` for what is none, such as a head that was set in one, and where a part only is.
fn table(grid: &Grid) -> Option<bool> {
    let Some(top) = grid.iter().position(|row| is_head(row)) else {
        return pairs(grid);
    };
    let first = texts(&grid[top]).first()?.0;
    let at = |row: &[Cell], column: usize| row.get(column).cloned().unwrap_or_default();
    // A head of several rows goes on until something stands under its first column.
    let under = grid[top + 1..].iter();
    let more = under.take_while(|r| at(r, first) == Cell::Empty).count();
    let (head, rest) = grid[top..].split_at(1 + more);
    let named = |column: usize| {
        let cells = head.iter().take(3).filter_map(|r| r.get(column)?.text());
        fold(&cells.collect::<Vec<_>>().join(" "))
    };
    let rows = rest.iter().take_while(|row| !is_foot(row));
    let rows: Vec<&Vec<Cell>> = rows
        .filter(|row| !texts(row).is_empty() && !numbers_columns(row, first))
        .collect();
    let is_number = |c: Cell| c.text().is_none_or(|t| NUMBERING.is_match(t));
    let numbered = vi().numbered.contains(&named(first))
        || !rows.is_empty() && rows.iter().all(|r| is_number(at(r, first)));
    let label = first + usize::from(numbered);
    // A list that is still to be written has numbers only.
    let labelled = rows.iter().any(|r| at(r, label).text().is_some());
    let asks = |column: &usize| {
        let named = named(*column);
        !named.is_empty() && !vi().no_answer_column.stands_in(&named)
    };
    let width = head.iter().map(Vec::len).max()?;
    let columns: Vec<usize> = (label + usize::from(labelled)..width)
        .filter(asks)
        .collect();
    let has = |column: usize, is: fn(&Cell) -> bool| rows.iter().any(|r| is(&at(r, column)));
    if columns
        .iter()
        .any(|c| has(*c, |cell| cell.number().is_some()))
    {
        return Some(true);
    }
    // "Không phát sinh" is an answer to all of it.
    let nothing = |row: &&Vec<Cell>| texts(row).iter().any(|(_, t)| says_nothing_happened("", t));
    if rows.iter().any(nothing) {
        return Some(true);
    }
    let written = columns
        .iter()
        .filter(|c| has(**c, |cell| cell.text().is_some()));
    match written.count() {
        0 => (!columns.is_empty()).then_some(false),
        written => (written * 2 > columns.len()).then_some(true),
    }
}

/// The same of a sheet of labels with their values beside them. Texts may stand in its head: only numbers count.
fn pairs(grid: &Grid) -> Option<bool> {
    let mut empty = 0;
    for row in grid {
        let mut cells = row
            .iter()
            .skip_while(|c| c.text().is_none_or(|t| NUMBERING.is_match(t)));
        let Some(label) = cells.next().and_then(Cell::text) else {
            continue;
        };
        let rest: Vec<&Cell> = cells.collect();
        // Which year it is about is part of a form.
        let is_answer = |c: &&Cell| c.number().is_some_and(|n| !(2000.0..=2100.0).contains(&n));
        if rest.iter().any(is_answer) {
            return Some(true);
        }
        // What is written over a table stands in capitals or brackets.
        let is_label = label.chars().any(char::is_lowercase) && !label.starts_with('(');
        let is_open = rest.iter().all(|c| **c == Cell::Empty);
        empty += usize::from(is_label && is_open && (rest.len() == 1 || label.ends_with(':')));
    }
    (empty >= 3).then_some(false)
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;
    use std::time::Duration;

    use docx_rs::{Docx, Paragraph, Run, Table, TableCell, TableRow};
    use rust_xlsxwriter::{Format, FormatBorder, Formula, Workbook};

    use super::super::super::FileKind;
    use super::super::super::program::Budget;

    fn filled(kind: FileKind, content: &[u8]) -> Option<bool> {
        let mut budget = Budget::new(Duration::from_secs(5));
        let document = super::super::read(kind, content, "Mẫu báo cáo", None, &mut budget);
        document.unwrap().filled
    }

    /// A workbook of rows; "=" begins a formula, a number is one, and what is empty has a border.
    fn xlsx(rows: &[&[&str]]) -> Option<bool> {
        let mut book = Workbook::new();
        let sheet = book.add_worksheet();
        let border = Format::new().set_border(FormatBorder::Thin);
        let width = rows.iter().map(|r| r.len()).max().unwrap_or(0);
        for (r, row) in (0..).zip(rows) {
            for c in 0..width {
                let (at, text) = (u16::try_from(c).unwrap(), row.get(c).copied().unwrap_or(""));
                match (text, text.parse::<f64>()) {
                    ("", _) => sheet.write_blank(r, at, &border),
                    (_, Ok(number)) => sheet.write_number(r, at, number),
                    (formula, _) if formula.starts_with('=') => {
                        sheet.write_formula(r, at, Formula::new(formula).set_result("0"))
                    }
                    _ => sheet.write_string(r, at, text),
                }
                .unwrap();
            }
        }
        filled(FileKind::Xlsx, &book.save_to_buffer().unwrap())
    }

    /// A text of Word with a table, if it has rows, between what stands above and below.
    fn docx(above: &[&str], rows: &[&[&str]], below: &[&str]) -> Option<bool> {
        let line = |text: &str| Paragraph::new().add_run(Run::new().add_text(text));
        let mut docx = Docx::new();
        for text in above {
            docx = docx.add_paragraph(line(text));
        }
        if !rows.is_empty() {
            let row = |cells: &&[&str]| {
                let cells = cells
                    .iter()
                    .map(|text| TableCell::new().add_paragraph(line(text)));
                TableRow::new(cells.collect())
            };
            docx = docx.add_table(Table::new(rows.iter().map(row).collect()));
        }
        for text in below {
            docx = docx.add_paragraph(line(text));
        }
        let mut bytes = Cursor::new(Vec::new());
        docx.build().pack(&mut bytes).unwrap();
        filled(FileKind::Docx, &bytes.into_inner())
    }

    const HEAD: &[&str] = &[
        "LIÊN ĐOÀN LAO ĐỘNG TỈNH",
        "CÔNG ĐOÀN CƠ SỞ",
        "Số:      /BC-CĐCS",
        "……, ngày     tháng    năm 2026",
        "BÁO CÁO",
        "Tình hình tai nạn lao động",
    ];

    #[test]
    fn a_table_with_answers_is_filled_in_and_one_without_is_a_blank_form() {
        let head: &[&[&str]] = &[
            &["CÔNG ĐOÀN CƠ SỞ …………"],
            &["MẪU BÁO CÁO SỐ LIỆU"],
            &["STT", "Nội dung", "ĐVT", "Số liệu", "Ghi chú"],
            &["1", "2", "3", "4", "5"],
        ];
        let with = |rows: &[&[&str]]| xlsx(&[head, rows].concat());
        for (rows, is) in [
            // Nobody wrote anything: neither the numbers of rows nor sums are answers.
            (
                &[
                    &["1", "Tổng số vụ", "vụ"] as &[&str],
                    &["2", "Số người bị nạn", "người"],
                    &["", "Cộng", "", "=SUM(D5:D6)"],
                ] as &[&[&str]],
                Some(false),
            ),
            (
                &[
                    &["1", "Tổng số vụ", "vụ", "…"],
                    &["2", "Số người bị nạn", "người", "....."],
                ],
                Some(false),
            ),
            (
                &[
                    &["1", "Tổng số vụ", "vụ"],
                    &["2", "Số người bị nạn", "người"],
                    &["", "", "", "NGƯỜI LẬP"],
                    &["", "", "", "Nguyễn Văn A"],
                ],
                Some(false),
            ),
            // Answers, and be they zeros.
            (
                &[
                    &["1", "Tổng số vụ", "vụ", "0"],
                    &["2", "Số người bị nạn", "người", "0"],
                ],
                Some(true),
            ),
            (
                &[
                    &["1", "Tổng số vụ", "vụ", "3"],
                    &["2", "Số người bị nạn", "người"],
                ],
                Some(true),
            ),
            (&[&["1", "Tổng số vụ", "vụ", "12%"]], Some(true)),
            (
                &[
                    &["1", "Tổng số vụ", "vụ", "không", "đạt"],
                    &["2", "Đánh giá", "", "tốt"],
                ],
                Some(true),
            ),
        ] {
            assert_eq!(with(rows), is, "{rows:?}");
        }
    }

    #[test]
    fn a_list_with_names_is_filled_in_and_one_with_numbers_alone_is_not() {
        let head: &[&str] = &["TT", "Họ và tên", "Đơn vị công tác", "Thành tích"];
        let blank: &[&[&str]] = &[head, &["1"], &["2"], &["3"]];
        let full: &[&[&str]] = &[
            head,
            &["1", "Nguyễn Thị Hoa", "Trường MN A", "CSTĐ"],
            &["2", "Lê Văn B", "Trường MN A"],
        ];
        let in_part: &[&[&str]] = &[head, &["1", "Nguyễn Thị Hoa", "", ""]];
        assert_eq!(xlsx(blank), Some(false));
        assert_eq!(xlsx(&blank[..1]), Some(false));
        assert_eq!(xlsx(full), Some(true));
        assert_eq!(xlsx(in_part), Some(false));
        assert_eq!(docx(HEAD, blank, &[]), Some(false));
        assert_eq!(docx(HEAD, full, &[]), Some(true));
    }

    #[test]
    fn labels_with_values_beside_them_are_a_form() {
        let of = |value: &'static str| {
            [
                ["Tổng số CNVCLĐ", value],
                ["Số vụ tai nạn lao động", value],
                ["Số người bị nạn", value],
            ]
        };
        for (value, is) in [
            ("", Some(false)),
            ("……", Some(false)),
            ("0", Some(true)),
            ("không", None),
        ] {
            let rows = of(value);
            let rows: Vec<&[&str]> = rows.iter().map(<[&str; 2]>::as_slice).collect();
            assert_eq!(docx(HEAD, &rows, &[]), is, "{value}");
            assert_eq!(xlsx(&rows), is, "{value}");
        }
    }

    #[test]
    fn dots_are_to_be_filled_in_and_sentences_were_written() {
        let dots: &[&str] = &[
            "1. Tổng số lao động: ............ người, trong đó nữ: ……… người",
            "2. Số vụ tai nạn lao động: ________ vụ",
            "3. Kiến nghị, đề xuất: ....................................................................................",
            "(Đề nghị các đơn vị gửi báo cáo về Liên đoàn Lao động tỉnh trước ngày 20 hằng tháng, cả khi không phát sinh)",
        ];
        let answered: &[&str] = &[
            "1. Tổng số lao động: ....120.... người, trong đó nữ: …45… người",
            "2. Số vụ tai nạn lao động: ___0___ vụ",
            "3. Kiến nghị, đề xuất: ....................",
        ];
        let prose: &[&str] = &[
            "Thực hiện Công văn số 12/LĐLĐ của Liên đoàn Lao động tỉnh, công đoàn cơ sở báo cáo như sau:",
            "Trong tháng 6, đơn vị đã tổ chức 02 lớp tập huấn an toàn vệ sinh lao động cho 120 người lao động.",
            "Không có vụ tai nạn lao động nào xảy ra tại đơn vị trong thời gian từ ngày 15/5 đến ngày 14/6.",
        ];
        assert_eq!(docx(HEAD, &[], dots), Some(false));
        assert_eq!(docx(HEAD, &[], answered), Some(true));
        assert_eq!(docx(HEAD, &[], prose), Some(true));
        // Headings alone may be anything.
        assert_eq!(
            docx(
                HEAD,
                &[],
                &["I. Tình hình chung", "II. Kết quả", "III. Kiến nghị"]
            ),
            None
        );
        assert_eq!(docx(HEAD, &[], &[]), None);
        // A head that is set in a table is none.
        let head: &[&[&str]] = &[
            &["LĐLĐ TỈNH", "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"],
            &["Số:   /BC", ""],
        ];
        assert_eq!(docx(&[], head, prose), Some(true));
        assert_eq!(docx(&[], head, &[]), None);
    }
}
