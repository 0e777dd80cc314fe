//! The text of a document's first page, line by line: docx, odt and ods out of their XML, xlsx by calamine, doc and rtf
//! by catdoc, xls by xls2csv, PDF by [`pdf`].
//!
//! Cells of tables are parted by tabs, in a PDF by spaces.

use std::io::{Cursor, Read};

use calamine::Reader as _;
use quick_xml::escape::resolve_xml_entity;
use quick_xml::events::Event;

use super::super::program::{Budget, Failure};
use super::super::{FileKind, Warning};
use super::filled::{Cell, Grid};
use super::head;
use super::{pdf, table};

/// How much text of the first page is kept, in bytes.
const KEPT: usize = 20_000;
/// How much of a whole document.
const WHOLE: usize = 2_000_000;
/// How many bytes one part of an Office file may unpack to.
const LARGEST_PART: u64 = 40_000_000;
/// How many rows of a table are looked at, where the first page is asked for.
const ROWS: u32 = 60;
/// How many columns of it.
const COLUMNS: usize = 100;

/// The cells of a table within a text, row by row, each as it is written.
pub(super) type Rows = Vec<Vec<String>>;

/// What could be got out of a file.
#[derive(Debug, Default)]
pub(super) struct Extracted {
    pub text: String,
    /// The tables, where the format shows them.
    pub grids: Vec<Grid>,
    /// Those within a text, as they are written.
    pub tables: Vec<Rows>,
    pub note: Option<Warning>,
    /// Whether it needs a password.
    pub locked: bool,
}

/// The text of the first page.
pub(super) fn extract(
    kind: FileKind,
    content: &[u8],
    budget: &mut Budget,
) -> std::io::Result<Extracted> {
    up_to(KEPT, kind, content, budget)
}

/// The text of a whole document.
pub(super) fn whole(
    kind: FileKind,
    content: &[u8],
    budget: &mut Budget,
) -> std::io::Result<Extracted> {
    up_to(WHOLE, kind, content, budget)
}

/// The text of a document up to so many bytes.
fn up_to(
    kept: usize,
    kind: FileKind,
    content: &[u8],
    budget: &mut Budget,
) -> std::io::Result<Extracted> {
    let mut by = |program: &str, arguments: &[&str], content: &[u8]| {
        by(budget, program, arguments, content, kept)
    };
    let of = |found: Option<(String, Vec<Grid>, Vec<Rows>)>| {
        let note = found.is_none().then_some(Warning::NoText { locked: true });
        let (text, grids, tables) = found.unwrap_or_default();
        Extracted {
            text,
            grids,
            tables,
            note,
            locked: false,
        }
    };
    let laid_out = |xml: Vec<u8>| {
        let (text, tables) = paragraphs(&xml, kept);
        let row = |cells: &Vec<String>| cells.iter().map(|text| Cell::of(text)).collect();
        let grids = tables.iter().map(|rows| rows.iter().map(row).collect());
        (text, grids.collect(), tables)
    };
    Ok(match kind {
        FileKind::Docx => of(part(content, "word/document.xml").map(laid_out)),
        FileKind::Odt | FileKind::Ods => of(part(content, "content.xml").map(laid_out)),
        FileKind::Xlsx => of(sheet(content).map(|(text, grids)| (text, grids, vec![]))),
        FileKind::Doc => by("catdoc", &["-w", "-d", "utf-8"], content)?,
        FileKind::Rtf => by("catdoc", &["-w", "-d", "utf-8"], &with_lines(content))?,
        FileKind::Xls => {
            let mut csv = by("xls2csv", &["-d", "utf-8", "/proc/self/fd/0"], content)?;
            let (text, grid) = rows_of_csv(&csv.text);
            csv.text = text;
            csv.grids = vec![grid];
            csv
        }
        FileKind::Pdf => pdf(budget, content, kept)?,
        _ => Extracted::default(),
    })
}

/// The text of a PDF, by our own reader, else by pdftotext.
fn pdf(budget: &mut Budget, content: &[u8], kept: usize) -> std::io::Result<Extracted> {
    let own = budget.apart(pdf::TIME, content, pdf::text, kept as u64)?;
    if let None | Some(Failure::TooMuch) = own.failure {
        return Ok(Extracted {
            text: String::from_utf8_lossy(&own.bytes).into_owned(),
            ..Extracted::default()
        });
    }
    let pages = pdf::PAGES.to_string();
    let arguments = ["-layout", "-l", &pages, "-", "-"];
    by(budget, "pdftotext", &arguments, content, kept)
}

/// The output of a program, with what kept it from being whole.
fn by(
    budget: &mut Budget,
    program: &str,
    arguments: &[&str],
    content: &[u8],
    kept: usize,
) -> std::io::Result<Extracted> {
    let output = budget.run(program, arguments, content, kept as u64)?;
    let text = String::from_utf8_lossy(&output.bytes).into_owned();
    let note = match output.failure {
        None | Some(Failure::TooMuch) => None,
        Some(Failure::Missing) => Some(Warning::NotRead {
            program: program.to_owned(),
        }),
        Some(Failure::Slow) => Some(Warning::SlowToRead),
        Some(Failure::Failed(_)) if !text.trim().is_empty() => None,
        Some(Failure::Failed(why)) if why.to_lowercase().contains("password") => {
            return Ok(Extracted {
                locked: true,
                ..Extracted::default()
            });
        }
        Some(Failure::Failed(_)) => Some(Warning::NoText { locked: false }),
    };
    Ok(Extracted {
        text,
        note,
        ..Extracted::default()
    })
}

/// A part of an Office file.
fn part(content: &[u8], name: &str) -> Option<Vec<u8>> {
    let mut archive = zip::ZipArchive::new(Cursor::new(content)).ok()?;
    let entry = archive.by_name(name).ok()?;
    let mut bytes = Vec::new();
    entry.take(LARGEST_PART).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

/// The paragraphs of WordprocessingML or OpenDocument text, and its tables.
fn paragraphs(xml: &[u8], kept: usize) -> (String, Vec<Rows>) {
    let mut reader = quick_xml::Reader::from_reader(xml);
    reader.config_mut().check_end_names = false;
    let mut out = String::new();
    let most_rows = if kept > KEPT { table::ROWS } else { ROWS } as usize;
    let mut tables = Tables::default();
    let mut in_word_text = false;
    let mut in_paragraph = 0_usize;
    let mut centred = false;
    // Within what is drawn a second time for old programs, deleted, or a remark.
    let mut hidden = 0_usize;
    let is_hidden = |name: &str| {
        matches!(
            name,
            "mc:Fallback" | "text:tracked-changes" | "office:annotation" | "w:del"
        )
    };
    while out.len() < kept {
        match reader.read_event() {
            Ok(Event::Start(e)) => match e.name().as_ref() {
                name if is_hidden(name) => hidden += 1,
                "w:t" => in_word_text = true,
                "w:tbl" | "table:table" => tables.begins(),
                "w:tr" | "table:table-row" => tables.row(most_rows),
                "w:tc" | "table:table-cell" => tables.cell(out.len()),
                "text:p" | "text:h" => in_paragraph += 1,
                _ => {}
            },
            Ok(Event::Empty(e)) if hidden == 0 => match e.name().as_ref() {
                "w:tab" | "text:tab" => out.push('\t'),
                "w:br" | "w:cr" | "text:line-break" => {
                    out.push('\n');
                    out.push_str(if centred { head::CENTRED } else { "" });
                }
                "text:s" => out.push(' '),
                "table:table-cell" | "table:covered-table-cell" => tables.empty(),
                "w:gridSpan" => tables.wide(&e),
                "w:jc" if tables.depth == 0 && is_centred(&e) => {
                    centred = true;
                    out.push_str(head::CENTRED);
                }
                _ => {}
            },
            Ok(Event::End(e)) => match e.name().as_ref() {
                name if is_hidden(name) => hidden = hidden.saturating_sub(1),
                "w:t" => in_word_text = false,
                "w:tbl" | "table:table" => tables.ends(),
                "w:tc" | "table:table-cell" => tables.cell_ends(&out),
                "w:p" if hidden == 0 => {
                    centred = false;
                    out.push('\n');
                }
                "text:p" | "text:h" => {
                    in_paragraph = in_paragraph.saturating_sub(1);
                    if hidden == 0 {
                        out.push('\n');
                    }
                }
                _ => {}
            },
            Ok(Event::Text(t)) if hidden == 0 && (in_word_text || in_paragraph > 0) => {
                out.push_str(&t);
            }
            Ok(Event::GeneralRef(r)) if hidden == 0 && (in_word_text || in_paragraph > 0) => {
                match r.resolve_char_ref() {
                    Ok(Some(letter)) => out.push(letter),
                    _ => out.push_str(resolve_xml_entity(&r).unwrap_or("")),
                }
            }
            Ok(Event::Eof) | Err(_) => break, // what stands before the damage is of use
            Ok(_) => {}
        }
    }
    tables.depth = tables.depth.min(1);
    tables.ends();
    (out, tables.found)
}

/// Whether a paragraph stands in the middle (ECMA-376, part 1, section 17.18.44).
fn is_centred(alignment: &quick_xml::events::BytesStart<'_>) -> bool {
    let mut attributes = alignment.attributes().flatten();
    attributes.any(|a| &*a.value == "center")
}

/// The tables of a text as they are met. One within a cell of another is part of its text.
#[derive(Default)]
struct Tables {
    found: Vec<Rows>,
    open: Rows,
    depth: usize,
    /// Where the text of the open cell begins.
    from: usize,
    /// How many columns it takes.
    columns: usize,
}

impl Tables {
    fn begins(&mut self) {
        self.depth += 1;
    }

    fn ends(&mut self) {
        self.depth = self.depth.saturating_sub(1);
        if self.depth == 0 && !self.open.is_empty() {
            self.found.push(std::mem::take(&mut self.open));
        }
    }

    fn row(&mut self, most: usize) {
        if self.depth == 1 && self.open.len() < most {
            self.open.push(Vec::new());
        }
    }

    fn cell(&mut self, from: usize) {
        if self.depth == 1 {
            (self.from, self.columns) = (from, 1);
        }
    }

    /// The open cell reaches over several columns.
    fn wide(&mut self, element: &quick_xml::events::BytesStart<'_>) {
        let attributes = element.attributes().flatten();
        let value = attributes
            .filter_map(|a| a.value.trim().parse().ok())
            .next();
        if self.depth == 1 {
            self.columns = value.unwrap_or(1).clamp(1, COLUMNS);
        }
    }

    fn empty(&mut self) {
        if self.depth == 1 {
            self.put("");
        }
    }

    fn cell_ends(&mut self, out: &str) {
        if self.depth == 1 {
            self.put(out.get(self.from..).unwrap_or(""));
            for _ in 1..self.columns {
                self.put("");
            }
        }
    }

    fn put(&mut self, text: &str) {
        if let Some(row) = self.open.last_mut().filter(|row| row.len() < COLUMNS) {
            row.push(text.trim().to_owned());
        }
    }
}

/// Whether an Office file is none or unpacks to too much: calamine reads the shared texts whole.
pub(super) fn is_bomb(content: &[u8]) -> bool {
    let Ok(mut archive) = zip::ZipArchive::new(Cursor::new(content)) else {
        return true;
    };
    (0..archive.len()).any(|i| {
        let Ok(entry) = archive.by_index(i) else {
            return true;
        };
        let mut part = entry.take(LARGEST_PART + 1);
        !std::io::copy(&mut part, &mut std::io::sink()).is_ok_and(|n| n <= LARGEST_PART)
    })
}

/// The first rows of the first sheet of a workbook, read cell by cell: a sheet may claim a billion empty ones.
fn sheet(content: &[u8]) -> Option<(String, Vec<Grid>)> {
    if is_bomb(content) {
        return None;
    }
    let mut book: calamine::Xlsx<_> = calamine::open_workbook_from_rs(Cursor::new(content)).ok()?;
    let first = book.sheet_names().first()?.clone();
    let mut grid: Grid = Vec::new();
    let mut put = |(row, column): (u32, u32), cell: Cell| {
        let (row, column) = (row as usize, column as usize);
        if row <= ROWS as usize && column < COLUMNS {
            grid.resize_with(grid.len().max(row + 1), Vec::new);
            let cells = &mut grid[row];
            cells.resize_with(cells.len().max(column + 1), Cell::default);
            cells[column] = cell;
        }
    };
    let mut cells = book.worksheet_cells_reader(&first).ok()?;
    let mut out = String::new();
    let mut row = 0;
    while let Ok(Some(cell)) = cells.next_cell() {
        let (r, _) = cell.get_position();
        if r > ROWS || out.len() > KEPT {
            break;
        }
        if r != row {
            out.push('\n');
            row = r;
        } else if !out.is_empty() && !out.ends_with('\n') {
            out.push('\t');
        }
        let begun = out.len();
        match cell.get_value() {
            calamine::DataRef::String(text) => out.push_str(text),
            calamine::DataRef::SharedString(text) => out.push_str(text),
            calamine::DataRef::Float(number) => out.push_str(&number.to_string()),
            calamine::DataRef::Int(number) => out.push_str(&number.to_string()),
            _ => {}
        }
        put(cell.get_position(), Cell::of(&out[begun..]));
    }
    drop(cells);
    let mut cells = book.worksheet_cells_reader(&first).ok()?;
    while let Ok(Some(cell)) = cells.next_formula() {
        if cell.get_position().0 > ROWS {
            break;
        }
        if !cell.get_value().is_empty() {
            put(cell.get_position(), Cell::Computed);
        }
    }
    Some((out, vec![grid]))
}

/// Comma-separated rows as lines of cells parted by tabs.
fn rows_of_csv(csv: &str) -> (String, Grid) {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .from_reader(csv.as_bytes());
    let mut out = String::new();
    let mut grid = Vec::new();
    for row in reader.records().map_while(Result::ok).take(ROWS as usize) {
        let cells: Vec<&str> = row.iter().filter(|c| !c.trim().is_empty()).collect();
        out.push_str(&cells.join("\t"));
        out.push('\n');
        grid.push(row.iter().take(COLUMNS).map(Cell::of).collect());
    }
    (out, grid)
}

/// RTF whose line breaks and cells are paragraphs, because catdoc passes over those.
fn with_lines(rtf: &[u8]) -> Vec<u8> {
    use std::sync::LazyLock;
    static BREAKS: LazyLock<regex::bytes::Regex> = LazyLock::new(|| {
        regex::bytes::Regex::new(r"(?-u)\\(?:line|cell|row|nestcell)\b").expect("a valid pattern")
    });
    BREAKS.replace_all(rtf, &br"\par"[..]).into_owned()
}
