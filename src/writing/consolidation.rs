//! The consolidation draft as a Word document in the frame of an official report: each paragraph with its source at the foot of
//! the page.

use anyhow::Result;

use super::paper::{self, Kind};
use super::word::{self, Cell, Paragraph, Section, Table, WIDTH};
use crate::config::official::Official;
use crate::consolidation::{Arranged, Sum, SumCell};

/// What stands around what units wrote.
pub(crate) struct Frame {
    /// What the report is on, a line each.
    pub about: Vec<String>,
    /// The sentence before its parts.
    pub opening: String,
    /// Who gets it, beside.
    pub copies: Vec<String>,
}

/// The size of letters in tables, in points.
const TABLE_SIZE: f64 = 12.0;

/// The draft.
///
/// # Errors
/// When it cannot be packed.
pub(crate) fn docx(official: &Official, frame: &Frame, arranged: &Arranged) -> Result<Vec<u8>> {
    let mut blocks = paper::head(official, &Kind::DraftReport(&frame.about));
    blocks.push(paper::text(&frame.opening).into());
    let mut parts = 0;
    let mut part = |title: &str| {
        parts += 1;
        let heading = format!("{}. {title}", roman(parts));
        paper::text(heading).bold().kept().spaced(6.0, 6.0).into()
    };
    for (title, paragraphs) in &arranged.sections {
        blocks.push(part(title));
        if paragraphs.is_empty() {
            blocks.push(paper::text("(Không có nội dung.)").italic().into());
        }
        for paragraph in paragraphs {
            let sources = paragraph.sources.join("; ");
            let shown = paper::text(&paragraph.text);
            blocks.push(match paragraph.sources.len() {
                1 => shown.note(sources).into(),
                several => {
                    let shown = shown.and(format!(" ({several}\u{a0}đơn\u{a0}vị)")).italic();
                    shown.note(sources).into()
                }
            });
        }
    }
    if !arranged.sums.is_empty() {
        blocks.push(part("Số liệu cộng từ các bảng cùng mẫu"));
        for sum in &arranged.sums {
            let name = paper::text(format!("Bảng “{}”", sum.name)).kept();
            blocks.push(
                name.note(format!("Cộng từ: {}", sum.sources.join("; ")))
                    .into(),
            );
            blocks.push(table(sum).into());
            blocks.push(Paragraph::default().into());
        }
    }
    if !arranged.left.is_empty() {
        blocks.push(part("Chưa đưa được vào bản dự thảo"));
        blocks.extend(
            arranged
                .left
                .iter()
                .map(|line| paper::text(format!("- {line}")).into()),
        );
    }
    blocks.extend(paper::foot(official, &frame.copies));
    word::docx(&[Section {
        is_across: false,
        blocks,
    }])
}

/// A number of a part.
fn roman(mut n: usize) -> String {
    let mut written = String::new();
    for (value, letters) in [
        (50, "L"),
        (40, "XL"),
        (10, "X"),
        (9, "IX"),
        (5, "V"),
        (4, "IV"),
        (1, "I"),
    ] {
        while n >= value {
            written += letters;
            n -= value;
        }
    }
    written
}

fn table(sum: &Sum) -> Table {
    let columns = sum.rows.iter().map(Vec::len).max().unwrap_or(1).max(1);
    let rows = sum
        .rows
        .iter()
        .filter(|r| r.iter().any(|c| *c != SumCell::Empty));
    let rows = rows.map(|row| {
        let cells = row.iter().map(|c| {
            let shown = match c {
                SumCell::Empty => Paragraph::default(),
                SumCell::Label(label) => Paragraph::new(label),
                SumCell::Number(n) => Paragraph::new(vietnamese_number(*n)).right(),
            };
            Cell::from(shown.size(TABLE_SIZE))
        });
        cells.collect()
    });
    Table {
        widths: vec![WIDTH / columns as f64; columns],
        head: 0,
        rows: rows.collect(),
        ruled: true,
    }
}

/// `1.234.567,5`, as Vietnamese documents write numbers.
fn vietnamese_number(n: f64) -> String {
    let plain = format!("{:.2}", n.abs());
    let (whole, part) = plain.split_once('.').unwrap_or((&plain, ""));
    let mut grouped = String::new();
    for (i, digit) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i) % 3 == 0 {
            grouped.push('.');
        }
        grouped.push(digit);
    }
    let part = part.trim_end_matches('0');
    let sign = if n < 0.0 { "-" } else { "" };
    if part.is_empty() {
        format!("{sign}{grouped}")
    } else {
        format!("{sign}{grouped},{part}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_have_roman_numbers() {
        let numbers = [1, 4, 9, 14, 40, 59].map(roman);
        assert_eq!(numbers, ["I", "IV", "IX", "XIV", "XL", "LIX"]);
    }

    #[test]
    fn numbers_are_written_as_in_vietnamese_documents() {
        assert_eq!(vietnamese_number(1_234_567.5), "1.234.567,5");
        assert_eq!(vietnamese_number(-13.0), "-13");
        assert_eq!(vietnamese_number(0.0), "0");
    }
}
