//! Excel files for staff: plain tables that can be filtered and printed.

use std::io::Write;

use anyhow::Result;
use jiff::Timestamp;
use jiff::civil::Date;
use rust_xlsxwriter::{
    Color, DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, FormatUnderline, Url,
    Workbook, Worksheet, XlsxError,
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

/// The rows of a table, one after the other: none has to be held longer than until it is written.
pub type Rows<'r> = Box<dyn Iterator<Item = Result<Vec<Cell>>> + 'r>;

/// A sheet with a table.
pub struct Sheet<'r> {
    /// The name of its tab, at most 31 characters.
    pub name: String,
    /// Lines above the table.
    pub title: Vec<String>,
    /// Heading and width (in characters) of each column.
    pub columns: Vec<(String, f64)>,
    /// Its rows.
    pub rows: Rows<'r>,
}

/// Points: three lines.
const HEADING_HEIGHT: f64 = 48.0;

/// How hard the file is compressed: a fourteenth larger than by the usual 6, in two thirds of the time.
const COMPRESSION: u8 = 3;

/// Writes a workbook of sheets, ready to be printed across a page; `now` is noted in it as the moment of its making. What
/// is written lies in a file of its own until then (in the folder for such files), not in memory.
///
/// # Errors
/// When a sheet has no lawful name or is larger than Excel allows, a row fails, or nothing can be written.
pub fn write<'r>(
    sheets: impl IntoIterator<Item = Sheet<'r>>,
    now: Timestamp,
    to: impl Write + Send,
) -> Result<()> {
    let mut workbook = Workbook::new();
    workbook.set_zip_compression_level(COMPRESSION);
    let made = ExcelDateTime::from_timestamp(now.as_second())?;
    workbook.set_properties(&DocProperties::new().set_creation_datetime(&made));
    let formats = Formats::new();
    for sheet in sheets {
        let page = workbook.add_worksheet_with_low_memory()?;
        page.set_name(&sheet.name)?;
        fill(page, sheet, &formats)?;
    }
    Ok(workbook.save_to_writer(to)?)
}

/// [`write`] into memory.
///
/// # Errors
/// As that.
pub fn workbook<'r>(
    sheets: impl IntoIterator<Item = Sheet<'r>>,
    now: Timestamp,
) -> Result<Vec<u8>> {
    let mut content = Vec::new();
    write(sheets, now, &mut content)?;
    Ok(content)
}

/// How cells look.
struct Formats {
    plain: Format,
    share: Format,
    day: Format,
    file: Format,
    good: Format,
    part: Format,
    bad: Format,
}

impl Formats {
    fn new() -> Formats {
        let plain = Format::new()
            .set_border(FormatBorder::Thin)
            .set_align(FormatAlign::Top)
            .set_text_wrap();
        let on = |ground: u32| plain.clone().set_background_color(Color::RGB(ground));
        Formats {
            share: plain.clone().set_num_format("0%"),
            day: plain.clone().set_num_format("dd/mm/yyyy"),
            file: plain
                .clone()
                .set_underline(FormatUnderline::Single)
                .set_font_color(Color::RGB(0x1F4E9E)),
            good: on(0xD9EAD3),
            part: on(0xFFF2CC),
            bad: on(0xF8D7DA),
            plain,
        }
    }

    fn of(&self, tone: Tone) -> &Format {
        match tone {
            Tone::Good => &self.good,
            Tone::Part => &self.part,
            Tone::Bad => &self.bad,
            Tone::Plain => &self.plain,
        }
    }
}

fn fill(page: &mut Worksheet, sheet: Sheet<'_>, formats: &Formats) -> Result<()> {
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
    for cells in sheet.rows {
        row += 1;
        for (i, cell) in cells?.iter().enumerate() {
            put(page, row, i as u16, cell, formats)?;
        }
    }
    page.set_freeze_panes(head + 1, 0)?;
    page.set_repeat_rows(head, head)?;
    if let (Some(last), true) = (sheet.columns.len().checked_sub(1), row > head) {
        page.autofilter(head, 0, row, last as u16)?;
    }
    page.set_landscape();
    page.set_paper_size(9); // A4
    page.set_print_fit_to_pages(1, 0);
    Ok(())
}

fn put(page: &mut Worksheet, row: u32, column: u16, cell: &Cell, formats: &Formats) -> Result<()> {
    match cell {
        Cell::Text(text) => put_text(page, row, column, text, &formats.plain),
        Cell::Number(n) => page.write_number_with_format(row, column, *n as f64, &formats.plain),
        Cell::Share(share) => page.write_number_with_format(row, column, *share, &formats.share),
        Cell::Day(day) => {
            let (year, month, day) = (day.year() as u16, day.month() as u8, day.day() as u8);
            let at = ExcelDateTime::from_ymd(year, month, day)?;
            page.write_datetime_with_format(row, column, &at, &formats.day)
        }
        Cell::File { text, path } => {
            // The target is a URI reference (ECMA-376, part 2, 9.2).
            let target = path
                .replace('%', "%25")
                .replace('#', "%23")
                .replace(' ', "%20");
            let url = Url::new(format!("file:///{target}")).set_text(text);
            page.write_url_with_format(row, column, url, &formats.file)
        }
        Cell::State(text, tone) => put_text(page, row, column, text, formats.of(*tone)),
        Cell::Empty => page.write_blank(row, column, &formats.plain),
    }?;
    Ok(())
}

/// A text that would be a formula where the sheet is saved as CSV and opened again is marked as text.
fn put_text<'p>(
    page: &'p mut Worksheet,
    row: u32,
    column: u16,
    text: &str,
    format: &Format,
) -> Result<&'p mut Worksheet, XlsxError> {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        let marked = format.clone().set_quote_prefix();
        return page.write_string_with_format(row, column, text, &marked);
    }
    page.write_string_with_format(row, column, text, format)
}
