//! The register as the spreadsheet that staff keep: columns by Vietnamese or English names, dates as Excel writes them.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use calamine::{Data, Reader, open_workbook_auto};
use jiff::civil::Date;

use super::Fault;
use super::source::Faults;
use super::units::{COLUMNS, Table, cells, register_of};
use crate::domain::unit::{Kind, Register, Unit};
use crate::domain::vietnamese_date;

/// The headings of the columns, in their order.
pub const HEADINGS: [&str; 12] = [
    "Mã đơn vị",
    "Tên đầy đủ",
    "Tên gọi tắt",
    "Loại",
    "Mã đơn vị cấp trên",
    "Thư điện tử",
    "Thư điện tử lãnh đạo",
    "Tên gọi khác",
    "Từ ngày",
    "Đến ngày",
    "Mã đơn vị tiếp nhận",
    "Mã cũ",
];
/// How far down the headings may stand, below titles.
const HEADINGS_WITHIN: usize = 20;

/// A register that was read out of a sheet: with its warnings, or all its faults.
pub type Read = Result<(Register, Vec<Fault>), Vec<Fault>>;

/// Reads a register out of the first sheet of a workbook (xlsx, xls or ods), with units of some kinds.
///
/// # Errors
/// When the file is no workbook, or no row of it has the headings.
pub fn read(path: &Path, kinds: &[Arc<Kind>]) -> Result<Read> {
    let shown = path.display().to_string();
    let mut workbook = open_workbook_auto(path)
        .with_context(|| format!("{shown} cannot be read as a spreadsheet (xlsx, xls, ods)"))?;
    let range = workbook
        .worksheet_range_at(0)
        .with_context(|| format!("{shown} has no sheet"))??;
    let above = range.start().map_or(0, |(row, _)| row as usize);
    let rows: Vec<(usize, Vec<String>)> = range
        .rows()
        .enumerate()
        .map(|(i, row)| (above + i + 1, row.iter().map(text).collect()))
        .collect();
    let heads = rows.iter().take(HEADINGS_WITHIN);
    let Some((head, names)) = heads.clone().find(|(_, cells)| {
        let known = cells.iter().filter(|c| column(c).is_some()).count();
        known >= 3
    }) else {
        bail!(
            "{shown}: none of the first {HEADINGS_WITHIN} rows has the headings; they are: {}",
            HEADINGS.join(", ")
        );
    };
    let filled = names.iter().rposition(|n| !n.is_empty()).unwrap_or(0) + 1;
    let columns: Vec<String> = names[..filled]
        .iter()
        .map(|n| column(n).map_or_else(|| n.clone(), str::to_owned))
        .collect();
    let below = rows.iter().filter(|(row, _)| row > head);
    let table = Table {
        head: *head,
        rows: below
            .map(|(row, cells)| (*row, translated(&columns, cells, kinds)))
            .collect(),
        columns,
    };
    let (faults, warnings) = (Faults::default(), Faults::default());
    let register = register_of(&shown, &table, kinds, &faults, &warnings);
    let faults = faults.into_vec();
    Ok(if faults.is_empty() {
        Ok((register, warnings.into_vec()))
    } else {
        Err(faults)
    })
}

/// A cell as text; lists may stand below one another in it.
fn text(cell: &Data) -> String {
    match cell {
        Data::DateTime(at) => {
            let (year, month, day, ..) = at.to_ymd_hms_milli();
            Date::new(year as i16, month as i8, day as i8)
                .map_or_else(|_| cell.to_string(), |d| d.to_string())
        }
        other => {
            let text = other.to_string();
            let parts: Vec<&str> = text.lines().map(str::trim).collect();
            parts.join(";")
        }
    }
}

/// The column of a heading.
fn column(heading: &str) -> Option<&'static str> {
    let heading = crate::domain::fold_case(heading);
    let by = |names: &[&'static str]| {
        let at = names
            .iter()
            .position(|n| crate::domain::fold_case(n) == heading)?;
        Some(COLUMNS[at])
    };
    by(&COLUMNS).or_else(|| by(&HEADINGS))
}

/// The cells of a row as `units.csv` would have them.
fn translated(columns: &[String], cells: &[String], kinds: &[Arc<Kind>]) -> Vec<String> {
    let translate = |(column, cell): (&String, &String)| match column.as_str() {
        "kind" => {
            let given = cell.clone();
            let cell = crate::domain::fold_case(cell);
            let known = kinds
                .iter()
                .find(|k| crate::domain::fold_case(&k.name) == cell);
            known.map_or(given, |k| k.id.clone())
        }
        "valid_from" | "valid_to" => {
            day_first(cell).map_or_else(|| cell.clone(), |d| d.to_string())
        }
        _ => cell.clone(),
    };
    columns.iter().zip(cells).map(translate).collect()
}

/// `1/7/2025`, as Vietnamese write a date.
fn day_first(text: &str) -> Option<Date> {
    let mut parts = text.split(['/', '-', '.']);
    let (day, month, year) = (parts.next()?, parts.next()?, parts.next()?);
    Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()
}

/// The rows of a register as staff read them, under [`HEADINGS`].
pub fn rows(register: &Register) -> Vec<Vec<String>> {
    let row = |unit: &Unit| {
        let mut row = cells(unit);
        row[3].clone_from(&unit.kind.name);
        for at in [8, 9] {
            if let Ok(day) = row[at].parse::<Date>() {
                row[at] = vietnamese_date(day);
            }
        }
        row.to_vec()
    };
    register.units.iter().map(row).collect()
}

/// The text of `units.csv` for a register, with the ends of lines that Excel writes.
///
/// # Errors
/// Never for a register that was read.
pub fn csv(register: &Register) -> Result<Vec<u8>> {
    let mut writer = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer(Vec::new());
    // The column of former ids only where there are some: most registers have none.
    let renamed = register.units.iter().any(|u| !u.renamed.is_empty());
    let columns = if renamed {
        COLUMNS.len()
    } else {
        COLUMNS.len() - 1
    };
    writer.write_record(&COLUMNS[..columns])?;
    for unit in &register.units {
        writer.write_record(&cells(unit)[..columns])?;
    }
    Ok(writer.into_inner()?)
}
