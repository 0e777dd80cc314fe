//! The tables of spreadsheets, cell by cell.

use super::super::FileKind;
use std::io::Cursor;

use calamine::{Data, Reader};
use serde::{Deserialize, Serialize};

use super::text::{Rows, is_bomb};

/// How far a table is read.
pub(super) const ROWS: u32 = 2_000;
const COLUMNS: u32 = 100;

/// What stands in a cell.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Value {
    /// A number.
    Number(f64),
    /// Text.
    Text(String),
}

/// A sheet.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Table {
    /// Its name.
    pub name: String,
    /// Its filled cells: row, column, value; in order of rows.
    pub cells: Vec<(u32, u32, Value)>,
}

/// The sheets of a workbook; `None` where it cannot be read.
pub(super) fn read(kind: FileKind, content: &[u8]) -> Option<Vec<Table>> {
    if kind != FileKind::Xls && is_bomb(content) {
        return None;
    }
    let bytes = Cursor::new(content);
    match kind {
        FileKind::Xlsx => xlsx(calamine::open_workbook_from_rs(bytes).ok()?),
        FileKind::Xls => {
            all(&mut calamine::open_workbook_from_rs::<calamine::Xls<_>, _>(bytes).ok()?)
        }
        FileKind::Ods => {
            all(&mut calamine::open_workbook_from_rs::<calamine::Ods<_>, _>(bytes).ok()?)
        }
        _ => None,
    }
}

/// A table within a text.
pub(super) fn of_text(rows: &Rows) -> Table {
    let filled = (0..).zip(rows).flat_map(|(row, cells)| {
        let cells = (0..).zip(cells).filter(|(_, text)| !text.is_empty());
        cells.map(move |(column, text)| (row, column, Value::Text(text.clone())))
    });
    Table {
        name: String::new(),
        cells: filled.collect(),
    }
}

/// Cell by cell: a sheet is as large as its last cell says, and that costs nothing to write.
fn xlsx(mut book: calamine::Xlsx<Cursor<&[u8]>>) -> Option<Vec<Table>> {
    let mut tables = Vec::new();
    for name in book.sheet_names() {
        let mut reader = book.worksheet_cells_reader(&name).ok()?;
        let mut cells = Vec::new();
        while let Some(cell) = reader.next_cell().ok()? {
            let place = cell.get_position();
            cells.extend(value(place, &Data::from(cell.get_value().clone())));
        }
        if !cells.is_empty() {
            tables.push(Table { name, cells });
        }
    }
    Some(tables)
}

/// What stands in a cell that is looked at.
fn value((row, column): (u32, u32), cell: &Data) -> Option<(u32, u32, Value)> {
    let value = match cell {
        Data::Float(n) if n.is_finite() => Value::Number(*n), // JSON has no other
        Data::Float(n) => Value::Text(n.to_string()),
        Data::Int(n) => Value::Number(*n as f64),
        Data::String(text) if !text.trim().is_empty() => Value::Text(text.trim().to_owned()),
        _ => return None,
    };
    (row < ROWS && column < COLUMNS).then_some((row, column, value))
}

fn all<'c, B: Reader<Cursor<&'c [u8]>>>(book: &mut B) -> Option<Vec<Table>> {
    let mut tables = Vec::new();
    for name in book.sheet_names() {
        let range = book.worksheet_range(&name).ok()?;
        let (above, left) = range.start().unwrap_or_default();
        let cells = range.used_cells().filter_map(|(row, column, cell)| {
            value((above + row as u32, left + column as u32), cell)
        });
        let cells: Vec<_> = cells.collect();
        if !cells.is_empty() {
            tables.push(Table { name, cells });
        }
    }
    Some(tables)
}
