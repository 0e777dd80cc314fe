//! The annex of figures of a report (biểu số liệu), as an Excel file to be filled in.

use anyhow::Result;
use jiff::Timestamp;
use rust_xlsxwriter::{
    Color, DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, Formula, Workbook,
    Worksheet,
};

use super::Enclosure;
use crate::domain::figure::{AnnexMark, Figure};
use crate::domain::report::Report;
use crate::domain::unit::Unit;
use crate::ground::table::CellName;
use crate::reading::attachment::safe_name;

const FONT: &str = "Times New Roman";
/// Points.
const LINE_HEIGHT: f64 = 19.0;
/// So many letters stand beside each other in a line across the table, in the column of the labels,
/// and in that of the notes.
const ACROSS: usize = 88;
const LABEL: usize = 38;
const NOTE: usize = 20;
/// Heading and width (in characters) of each column.
const COLUMNS: [(&str, f64); 5] = [
    ("STT", 6.0),
    ("Chỉ tiêu", 44.0),
    ("Đơn vị tính", 14.0),
    ("Số liệu", 14.0),
    ("Ghi chú", 24.0),
];
/// The column of the figures.
const FIGURES: u16 = 3;
/// The row of the headings; the figures follow it.
const HEAD: u32 = 6;

/// What is written into an annex beside one of its figures.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Filled {
    /// The number that came.
    pub number: Option<f64>,
    /// What is odd about it, in words for the unit.
    pub note: Option<String>,
}

/// The annex that a unit is to fill in, for a report on a period.
///
/// # Errors
/// When it is larger than Excel allows.
pub fn blank(report: &Report, mark: &AnnexMark, unit: &Unit, now: Timestamp) -> Result<Enclosure> {
    filled(report, mark, unit, &[], now)
}

/// The annex with what came of a unit, and what is odd about it; figures of which nothing is given stay blank.
///
/// # Errors
/// When it is larger than Excel allows.
pub fn filled(
    report: &Report,
    mark: &AnnexMark,
    unit: &Unit,
    came: &[Filled],
    now: Timestamp,
) -> Result<Enclosure> {
    let period = &mark.period;
    let period = period.in_vietnamese();
    let mut book = Workbook::new();
    let made = ExcelDateTime::from_timestamp(now.as_second())?;
    book.set_properties(&DocProperties::new().set_creation_datetime(&made));
    let page = book.add_worksheet();
    page.set_name("Số liệu")?;
    page.set_paper_size(9); // A4
    page.set_print_fit_to_pages(1, 0);
    page.set_margins(0.8, 0.6, 0.8, 0.8, 0.3, 0.3);
    for (column, (_, width)) in (0..).zip(COLUMNS) {
        page.set_column_width(column, width)?;
    }
    let text = Format::new()
        .set_font_name(FONT)
        .set_font_size(13)
        .set_text_wrap()
        .set_align(FormatAlign::VerticalCenter);
    let centred = text.clone().set_align(FormatAlign::Center);
    let bold = centred.clone().set_bold();
    let headed = format!("(Kèm theo {})", report.title);
    let reported = format!("Kỳ báo cáo: {period}");
    across(page, 0, &unit.name, &text.clone().set_bold())?;
    across(page, 2, "BIỂU SỐ LIỆU", &bold.clone().set_font_size(14))?;
    across(page, 3, &headed, &centred.clone().set_italic())?;
    across(page, 4, &reported, &centred)?;
    for (column, (heading, _)) in (0..).zip(COLUMNS) {
        let format = bold.clone().set_border(FormatBorder::Thin);
        let format = format.set_background_color(Color::RGB(0xDDE7F3));
        page.write_string_with_format(HEAD, column, heading, &format)?;
    }
    for (place, figure) in report.figures.iter().enumerate() {
        let came = came.get(place).cloned().unwrap_or_default();
        row(page, place, figure, &came, &text)?;
    }
    let below = HEAD + 2 + report.figures.len() as u32;
    let small = text.clone().set_font_size(11).set_italic();
    let how = "Đề nghị chỉ ghi số vào cột “Số liệu”, không có thì ghi 0, điều cần nói thêm ghi ở cột “Ghi chú”; \
        giữ nguyên tên chỉ tiêu. Gửi biểu này kèm theo báo cáo.";
    across(page, below, how, &small)?;
    let grey = small.set_font_color(Color::RGB(0x595959));
    across(page, below + 1, &format!("Mã biểu: {mark}"), &grey)?;
    let name = format!("Biểu số liệu - {} - {period}.xlsx", report.short);
    Ok(Enclosure {
        name: safe_name(&name.replace('/', "-"), "xlsx"),
        content: book.save_to_buffer()?,
    })
}

/// The height of a row, in points, for a text of which so many letters stand beside each other.
fn height(text: &str, letters: usize) -> f64 {
    LINE_HEIGHT * text.chars().count().div_ceil(letters).max(1) as f64
}

/// Writes a line that reaches across all columns, as high as it needs to be.
fn across(page: &mut Worksheet, row: u32, line: &str, format: &Format) -> Result<()> {
    page.set_row_height(row, height(line, ACROSS))?;
    page.merge_range(row, 0, row, COLUMNS.len() as u16 - 1, line, format)?;
    Ok(())
}

/// Writes the row of a figure; a sum of which nothing came adds itself up as soon as anything of it is there.
fn row(
    page: &mut Worksheet,
    place: usize,
    figure: &Figure,
    came: &Filled,
    text: &Format,
) -> Result<()> {
    let cell = text.clone().set_border(FormatBorder::Thin);
    let centred = cell.clone().set_align(FormatAlign::Center);
    let ground = match came.note {
        Some(_) => cell.clone().set_background_color(Color::RGB(0xFFF2CC)),
        None => cell.clone(),
    };
    let note = came.note.as_deref().unwrap_or_default();
    let at = row_of(place);
    page.set_row_height(at, height(&figure.label, LABEL).max(height(note, NOTE)))?;
    page.write_number_with_format(at, 0, place as f64 + 1.0, &centred)?;
    page.write_string_with_format(at, 1, &figure.label, &cell)?;
    page.write_string_with_format(at, 2, &figure.unit, &centred)?;
    page.write_string_with_format(at, 4, note, &ground)?;
    let number = ground.set_align(FormatAlign::Right);
    match came.number {
        Some(came) => page.write_number_with_format(at, FIGURES, came, &number)?,
        None if figure.sum_of.is_empty() => page.write_blank(at, FIGURES, &number)?,
        None => {
            let parts = figure.sum_of.iter().map(|part| cell_of(*part).to_string());
            let parts = parts.collect::<Vec<_>>().join(",");
            // Where the empty text is given as its result, a zero is written.
            let sum = Formula::new(format!("=IF(COUNT({parts})=0,\"\",SUM({parts}))"));
            page.write_formula_with_format(at, FIGURES, sum.set_result(" "), &number.set_bold())?
        }
    };
    Ok(())
}

fn row_of(place: usize) -> u32 {
    HEAD + 1 + place as u32
}

/// The cell in which a figure stands, by its place in the report's list.
fn cell_of(place: usize) -> CellName {
    CellName {
        row: row_of(place),
        column: FIGURES.into(),
    }
}
