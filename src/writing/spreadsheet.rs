//! Excel files for staff: plain tables that can be filtered, and printed as the annex of an official document.

mod chart;

use std::io::Write;

pub use chart::Chart;

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
    /// A number with one decimal place.
    Decimal(f64),
    /// A number with the decimal places that it has.
    Figure(f64),
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

impl Cell {
    /// Its text, where it has one that may need several lines.
    fn text(&self) -> Option<&str> {
        match self {
            Cell::Text(text) | Cell::File { text, .. } | Cell::State(text, _) => Some(text),
            Cell::Number(_)
            | Cell::Decimal(_)
            | Cell::Figure(_)
            | Cell::Share(_)
            | Cell::Day(_)
            | Cell::Empty => None,
        }
    }
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
    /// Lines above the table, in its middle: in bold letters what is all in capitals, the others in italics.
    pub title: Vec<String>,
    /// Heading and width (in characters) of each column.
    pub columns: Vec<(String, f64)>,
    /// Its rows.
    pub rows: Rows<'r>,
    /// Charts below the table; a sheet that has some is held in memory until it is written.
    pub charts: Vec<Chart>,
}

/// The font of official documents (NĐ 30/2020, annex I), and its size in a table, in points.
const FONT: &str = "Times New Roman";
const SIZE: f64 = 12.0;
/// The size of the lines above a table, in points.
const TITLE_SIZE: f64 = 13.0;
/// How high a line of such letters is, in points.
const LINE: f64 = 16.5;
/// In the room of a digit, by which the width of a column is told, so much of a letter of the mean width finds room.
const LETTERS: f64 = 1.05;
/// Of a bold one.
const BOLD_LETTERS: f64 = 0.9;
/// Of a bold capital.
const BOLD_CAPITALS: f64 = 0.7;
/// A table with more than so many characters in a row would be printed in letters too small to read: it goes over several
/// pages side by side, each with the first two columns.
const WIDEST: f64 = 190.0;
/// Of so many rows of a sheet the height is told; each is kept in memory until the end, and nobody prints so many.
const MOST_HEIGHTS: u32 = 20_000;
/// The margins of a page in inches: 30 mm on the left, 15 on the right, 20 above and below; 10 to the page number.
const MARGINS: [f64; 6] = [1.18, 0.59, 0.79, 0.79, 0.39, 0.39];

/// How hard the file is compressed: a fourteenth larger than by the usual 6, in two thirds of the time.
const COMPRESSION: u8 = 3;

/// Writes a workbook of sheets, ready to be printed on A4, one page wide, with the heads of the columns on each; `now` is noted in it as the moment of its making. What
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
    // Heights and widths in pixels are those that Excel itself has for this font.
    workbook.set_default_format(&letters(), 21, 72)?;
    let made = ExcelDateTime::from_timestamp(now.as_second())?;
    workbook.set_properties(&DocProperties::new().set_creation_datetime(&made));
    let formats = Formats::new();
    for sheet in sheets {
        // A chart carries what it draws, too: of rows that were written already it would have none.
        let page = match sheet.charts.is_empty() {
            true => workbook.add_worksheet_with_low_memory()?,
            false => workbook.add_worksheet(),
        };
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

/// The letters of every cell.
fn letters() -> Format {
    Format::new().set_font_name(FONT).set_font_size(SIZE)
}

/// How cells look.
struct Formats {
    plain: Format,
    number: Format,
    decimal: Format,
    share: Format,
    day: Format,
    file: Format,
    good: Format,
    part: Format,
    bad: Format,
}

impl Formats {
    fn new() -> Formats {
        let plain = letters()
            .set_border(FormatBorder::Thin)
            .set_align(FormatAlign::Top)
            .set_text_wrap();
        let on = |ground: u32| plain.clone().set_background_color(Color::RGB(ground));
        let centred = plain.clone().set_align(FormatAlign::Center);
        Formats {
            number: centred.clone(),
            decimal: centred.clone().set_num_format("0.0"),
            share: centred.clone().set_num_format("0%"),
            day: centred.set_num_format("dd/mm/yyyy"),
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
    let heading = letters()
        .set_bold()
        .set_border(FormatBorder::Thin)
        .set_background_color(Color::RGB(0xDDE7F3))
        .set_align(FormatAlign::Center)
        .set_align(FormatAlign::VerticalCenter)
        .set_text_wrap();
    let all: f64 = sheet.columns.iter().map(|(_, width)| width).sum();
    // Of a very wide table the middle would be far from what is seen first.
    let mut room = WIDEST;
    let under_title = sheet.columns.iter().take_while(|(_, width)| {
        room -= width;
        room >= 0.0
    });
    let under_title = under_title.count();
    let mut row = 0;
    for line in &sheet.title {
        put_title(page, row, line, under_title, all.min(WIDEST))?;
        row += 1;
    }
    if !sheet.title.is_empty() {
        row += 1;
    }
    let head = row;
    let mut most = 1;
    for (i, (name, width)) in sheet.columns.iter().enumerate() {
        let i = i as u16;
        page.set_column_width(i, *width)?;
        page.write_string_with_format(row, i, name, &heading)?;
        most = most.max(lines(name, width * BOLD_LETTERS));
    }
    page.set_row_height(head, f64::from(most) * LINE + 6.0)?;
    for cells in sheet.rows {
        row += 1;
        let cells = cells?;
        let widths = sheet.columns.iter().map(|(_, width)| width * LETTERS);
        let shown = cells.iter().zip(widths);
        let most = shown.map(|(cell, room)| cell.text().map_or(1, |text| lines(text, room)));
        // Not every program finds out by itself how high a row has to be.
        let tells = row < MOST_HEIGHTS;
        if let Some(most) = most.max().filter(|most| tells && *most > 1) {
            page.set_row_height(row, f64::from(most) * LINE)?;
        }
        for (i, cell) in cells.iter().enumerate() {
            put(page, row, i as u16, cell, formats)?;
        }
    }
    page.set_freeze_panes(head + 1, 0)?;
    page.set_repeat_rows(head, head)?;
    chart::put(page, &sheet.charts, head, row)?;
    if let (Some(last), true) = (sheet.columns.len().checked_sub(1), row > head) {
        page.autofilter(head, 0, row, last as u16)?;
    }
    page.set_landscape();
    page.set_paper_size(9); // A4
    if all > WIDEST {
        page.set_repeat_columns(0, 1)?;
        page.set_print_scale(80);
    } else {
        page.set_print_fit_to_pages(1, 0);
    }
    page.set_print_center_horizontally(true);
    let [left, right, top, bottom, header, footer] = MARGINS;
    page.set_margins(left, right, top, bottom, header, footer);
    page.set_header(format!("&C&\"{FONT}\"&13&P"));
    Ok(())
}

/// A line above the table, in the middle of so many columns that are so wide, as high as it needs.
fn put_title(page: &mut Worksheet, row: u32, line: &str, columns: usize, width: f64) -> Result<()> {
    let is_name = !line.contains(char::is_lowercase);
    let format = letters()
        .set_font_size(TITLE_SIZE)
        .set_align(FormatAlign::Center)
        .set_align(FormatAlign::VerticalCenter)
        .set_text_wrap();
    let format = if is_name {
        format.set_bold()
    } else {
        format.set_italic()
    };
    page.set_row_height(
        row,
        f64::from(lines(line, width * BOLD_CAPITALS)) * (LINE + 2.0),
    )?;
    match columns.checked_sub(1) {
        Some(last) if last > 0 => {
            page.merge_range(row, 0, row, last as u16, line, &format)?;
        }
        _ => {
            page.write_string_with_format(row, 0, line, &format)?;
        }
    }
    Ok(())
}

/// How many lines a text takes where so many letters find room in one: no line of it is cut.
fn lines(text: &str, room: f64) -> u32 {
    if text.len() as f64 <= room && !text.contains('\n') {
        return 1; // as most are
    }
    let mut lines = 0;
    for part in text.split('\n') {
        let mut taken = 0.0;
        lines += 1;
        for word in part.split(' ') {
            let letters = word.chars().count() as f64;
            let mut gap = if taken > 0.0 { 1.0 } else { 0.0 };
            if taken + gap + letters > room && taken > 0.0 {
                lines += 1;
                (taken, gap) = (0.0, 0.0);
            }
            let broken = (letters / room).ceil().max(1.0) - 1.0;
            lines += broken as u32;
            taken += gap + letters - broken * room;
        }
    }
    lines
}

fn put(page: &mut Worksheet, row: u32, column: u16, cell: &Cell, formats: &Formats) -> Result<()> {
    match cell {
        Cell::Text(text) => put_text(page, row, column, text, &formats.plain),
        Cell::Number(n) => page.write_number_with_format(row, column, *n as f64, &formats.number),
        Cell::Decimal(n) => page.write_number_with_format(row, column, *n, &formats.decimal),
        Cell::Figure(n) => page.write_number_with_format(row, column, *n, &formats.plain),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_heading_has_as_many_lines_as_its_words_need() {
        for (text, room, wanted) in [
            ("STT", 5.0, 1),
            ("", 5.0, 1),
            ("Tỷ lệ đúng hạn", 8.0, 2),
            (
                "Công tác trẻ em\n6 tháng đầu năm 2026\n(hạn 15/6/2026)",
                15.0,
                4,
            ),
            ("Nguyễn", 3.0, 2),
        ] {
            assert_eq!(lines(text, room), wanted, "{text:?} in {room}");
        }
    }
}
