//! The consolidation draft as a Word document: each paragraph with its source beside it.

use std::io::Cursor;

use anyhow::Result;
use docx_rs::{
    AlignmentType, Docx, Paragraph, Run, RunFonts, Table, TableCell, TableRow, WidthType,
};

use crate::consolidation::{Arranged, Sum, SumCell};

/// Twentieths of a point: the width of a page of A4 between its margins.
const PAGE: usize = 9_400;
const SOURCE: usize = 2_200;

/// The draft.
///
/// # Errors
/// When it cannot be packed.
pub fn docx(title: &str, lines: &[String], arranged: &Arranged) -> Result<Vec<u8>> {
    let fonts = RunFonts::new()
        .ascii("Times New Roman")
        .hi_ansi("Times New Roman")
        .cs("Times New Roman");
    let mut document = Docx::new()
        .default_fonts(fonts)
        .default_size(26)
        .add_paragraph(bold(title).align(AlignmentType::Center));
    for line in lines {
        document = document.add_paragraph(text(line).align(AlignmentType::Center));
    }
    for (n, (heading, paragraphs)) in arranged.sections.iter().enumerate() {
        document = document.add_paragraph(bold(&format!("{}. {heading}", n + 1)));
        if paragraphs.is_empty() {
            document = document.add_paragraph(text("(Không có nội dung.)"));
            continue;
        }
        let rows = paragraphs.iter().map(|p| {
            TableRow::new(vec![
                cell(SOURCE, small(&p.source)),
                cell(PAGE - SOURCE, text(&p.text)),
            ])
        });
        document = document
            .add_table(Table::new(rows.collect()))
            .add_paragraph(text(""));
    }
    if !arranged.sums.is_empty() {
        document = document.add_paragraph(bold("Số liệu cộng từ các bảng cùng mẫu"));
        for sum in &arranged.sums {
            document = document
                .add_paragraph(text(&format!(
                    "Bảng “{}”, cộng từ: {}",
                    sum.name,
                    sum.sources.join("; ")
                )))
                .add_table(table(sum))
                .add_paragraph(text(""));
        }
    }
    if !arranged.left.is_empty() {
        document = document.add_paragraph(bold("Chưa đưa được vào bản dự thảo"));
        for line in &arranged.left {
            document = document.add_paragraph(text(&format!("- {line}")));
        }
    }
    let mut out = Cursor::new(Vec::new());
    document.build().pack(&mut out)?;
    Ok(out.into_inner())
}

fn text(line: &str) -> Paragraph {
    Paragraph::new().add_run(Run::new().add_text(line))
}

fn bold(line: &str) -> Paragraph {
    Paragraph::new().add_run(Run::new().add_text(line).bold())
}

fn small(line: &str) -> Paragraph {
    Paragraph::new().add_run(Run::new().add_text(line).size(20).italic())
}

fn cell(width: usize, paragraph: Paragraph) -> TableCell {
    TableCell::new()
        .width(width, WidthType::Dxa)
        .add_paragraph(paragraph)
}

fn table(sum: &Sum) -> Table {
    let columns = sum.rows.iter().map(Vec::len).max().unwrap_or(1).max(1);
    let rows = sum
        .rows
        .iter()
        .filter(|r| r.iter().any(|c| *c != SumCell::Empty))
        .map(|row| {
            let cells = row.iter().map(|c| {
                let shown = match c {
                    SumCell::Empty => text(""),
                    SumCell::Label(label) => small(label),
                    SumCell::Number(n) => text(&vietnamese_number(*n)).align(AlignmentType::Right),
                };
                cell(PAGE / columns, shown)
            });
            TableRow::new(cells.collect())
        });
    Table::new(rows.collect())
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
    fn numbers_are_written_as_in_vietnamese_documents() {
        assert_eq!(vietnamese_number(1_234_567.5), "1.234.567,5");
        assert_eq!(vietnamese_number(-13.0), "-13");
        assert_eq!(vietnamese_number(0.0), "0");
    }
}
