//! Excel files for staff: plain tables that can be filtered and printed.

use anyhow::Result;
use jiff::Timestamp;
use jiff::civil::Date;
use rust_xlsxwriter::{
    Color, DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, Url, Workbook,
    Worksheet,
};

/// A cell.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// Text; never a formula, whatever it begins with.
    Text(String),
    /// A whole number.
    Number(i64),
    /// A share between 0 and 1, shown in percent.
    Share(f64),
    /// A day.
    Day(Date),
    /// A link to a file beside the workbook.
    File {
        /// What is shown.
        text: String,
        /// Where it lies, from the folder of the workbook.
        path: String,
    },
    /// Text on a coloured ground: a state.
    State(String, Tone),
    /// Nothing.
    Empty,
}

/// The ground of a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// In order.
    Good,
    /// Something is missing.
    Part,
    /// Late.
    Bad,
    /// Neither.
    Plain,
}

impl From<&str> for Cell {
    fn from(text: &str) -> Cell {
        Cell::Text(text.to_owned())
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Cell {
        Cell::Text(text)
    }
}

/// A sheet with a table.
pub struct Sheet {
    /// The name of its tab, at most 31 characters.
    pub name: String,
    /// Lines above the table.
    pub title: Vec<String>,
    /// Heading and width (in characters) of each column.
    pub columns: Vec<(String, f64)>,
    /// Its rows.
    pub rows: Vec<Vec<Cell>>,
}

/// Points: three lines.
const HEADING_HEIGHT: f64 = 48.0;

/// A workbook of sheets, ready to be printed across a page; `now` is noted in it as the moment of its making.
///
/// # Errors
/// When a sheet has no lawful name or is larger than Excel allows.
pub fn workbook(sheets: &[Sheet], now: Timestamp) -> Result<Vec<u8>> {
    let mut workbook = Workbook::new();
    let made = ExcelDateTime::from_timestamp(now.as_second())?;
    workbook.set_properties(&DocProperties::new().set_creation_datetime(&made));
    for sheet in sheets {
        let page = workbook.add_worksheet();
        page.set_name(&sheet.name)?;
        write(page, sheet)?;
    }
    Ok(workbook.save_to_buffer()?)
}

fn write(page: &mut Worksheet, sheet: &Sheet) -> Result<()> {
    let plain = Format::new()
        .set_border(FormatBorder::Thin)
        .set_align(FormatAlign::Top)
        .set_text_wrap();
    let heading = Format::new()
        .set_bold()
        .set_border(FormatBorder::Thin)
        .set_background_color(Color::RGB(0xDDE7F3))
        .set_align(FormatAlign::Center)
        .set_align(FormatAlign::VerticalCenter)
        .set_text_wrap();
    let title = Format::new().set_bold().set_font_size(13);
    let mut row = 0;
    for line in &sheet.title {
        page.write_string_with_format(row, 0, line, &title)?;
        row += 1;
    }
    if !sheet.title.is_empty() {
        row += 1;
    }
    let head = row;
    page.set_row_height(head, HEADING_HEIGHT)?;
    for (i, (name, width)) in sheet.columns.iter().enumerate() {
        let i = i as u16;
        page.set_column_width(i, *width)?;
        page.write_string_with_format(row, i, name, &heading)?;
    }
    for cells in &sheet.rows {
        row += 1;
        for (i, cell) in cells.iter().enumerate() {
            put(page, row, i as u16, cell, &plain)?;
        }
    }
    page.set_freeze_panes(head + 1, 0)?;
    page.set_repeat_rows(head, head)?;
    if let (Some(last), false) = (sheet.columns.len().checked_sub(1), sheet.rows.is_empty()) {
        page.autofilter(head, 0, row, last as u16)?;
    }
    page.set_landscape();
    page.set_paper_size(9); // A4
    page.set_print_fit_to_pages(1, 0);
    Ok(())
}

fn put(page: &mut Worksheet, row: u32, column: u16, cell: &Cell, plain: &Format) -> Result<()> {
    match cell {
        Cell::Text(text) => page.write_string_with_format(row, column, text, &inert(text, plain)),
        Cell::Number(n) => page.write_number_with_format(row, column, *n as f64, plain),
        Cell::Share(share) => {
            let percent = plain.clone().set_num_format("0%");
            page.write_number_with_format(row, column, *share, &percent)
        }
        Cell::Day(day) => {
            let format = plain.clone().set_num_format("dd/mm/yyyy");
            let (year, month, day) = (day.year() as u16, day.month() as u8, day.day() as u8);
            let at = ExcelDateTime::from_ymd(year, month, day)?;
            page.write_datetime_with_format(row, column, &at, &format)
        }
        Cell::File { text, path } => {
            // The target is a URI reference (ECMA-376, part 2, 9.2).
            let target = path
                .replace('%', "%25")
                .replace('#', "%23")
                .replace(' ', "%20");
            let url = Url::new(format!("file:///{target}")).set_text(text);
            page.write_url_with_format(
                row,
                column,
                url,
                &plain
                    .clone()
                    .set_underline(rust_xlsxwriter::FormatUnderline::Single)
                    .set_font_color(Color::RGB(0x1F4E9E)),
            )
        }
        Cell::State(text, tone) => {
            let ground = match tone {
                Tone::Good => Some(0xD9EAD3),
                Tone::Part => Some(0xFFF2CC),
                Tone::Bad => Some(0xF8D7DA),
                Tone::Plain => None,
            };
            let format = ground.map_or_else(
                || plain.clone(),
                |g| plain.clone().set_background_color(Color::RGB(g)),
            );
            page.write_string_with_format(row, column, text, &inert(text, &format))
        }
        Cell::Empty => page.write_blank(row, column, plain),
    }?;
    Ok(())
}

/// A text that would be a formula where the sheet is saved as CSV and opened again is marked as text.
fn inert(text: &str, format: &Format) -> Format {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        format.clone().set_quote_prefix()
    } else {
        format.clone()
    }
}
