//! `units.csv`: the register of units, as spreadsheets write it.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::civil::Date;

use super::kinds;
use super::settings::parse_date;
use super::source::{Faults, suggestion};
use crate::domain::unit::{Kind, Level, Register, Unit, UnitId};

/// The first day of a unit whose row names none.
const ALWAYS: Date = Date::constant(1900, 1, 1);

/// The columns in their order; all but the last one have to be there.
pub(super) const COLUMNS: [&str; 12] = [
    "id",
    "name",
    "short_name",
    "kind",
    "parent",
    "emails",
    "escalate_to",
    "aliases",
    "valid_from",
    "valid_to",
    "successor",
    RENAMED,
];
/// The ids that a unit had before.
const RENAMED: &str = "renamed";

/// A table of units, as a file or a sheet holds it.
pub(super) struct Table {
    /// Which line or sheet row the names of the columns stand in.
    pub head: usize,
    /// The names of the columns.
    pub columns: Vec<String>,
    /// Each row with its line.
    pub rows: Vec<(usize, Vec<String>)>,
}

/// Reads `units.csv`; rows with faults are named and left out.
pub(super) fn parse(
    file: &str,
    text: &str,
    kinds: &[Arc<Kind>],
    faults: &Faults,
    warnings: &Faults,
) -> Register {
    let first = text.lines().next().unwrap_or("");
    // A Vietnamese Excel separates by semicolons and then quotes the lists of addresses.
    let delimiter = if first.contains(',') { b',' } else { b';' };
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .trim(csv::Trim::All)
        .flexible(true)
        .from_reader(text.as_bytes());
    let columns: Vec<String> = match reader.headers() {
        Ok(h) => h.iter().map(str::to_lowercase).collect(),
        Err(e) => {
            faults.add(file, Some(1), format!("the first line cannot be read: {e}"));
            return Register::default();
        }
    };
    let mut rows = Vec::new();
    for record in reader.records() {
        match record {
            Ok(record) => {
                let line = record.position().map_or(0, |p| p.line() as usize);
                rows.push((line, record.iter().map(str::to_owned).collect()));
            }
            Err(e) => {
                let line = e.position().map(|p| p.line() as usize);
                faults.add(file, line, format!("the row cannot be read: {e}"));
            }
        }
    }
    let table = Table {
        head: 1,
        columns,
        rows,
    };
    register_of(file, &table, kinds, faults, warnings)
}

/// The register in a table; rows with faults are named and left out.
pub(super) fn register_of(
    file: &str,
    table: &Table,
    kinds: &[Arc<Kind>],
    faults: &Faults,
    warnings: &Faults,
) -> Register {
    let header = &table.columns;
    let required = &COLUMNS[..COLUMNS.len() - 1];
    for name in required.iter().filter(|c| !header.iter().any(|h| h == *c)) {
        faults.add(
            file,
            Some(table.head),
            format!(
                "the column `{name}` is missing; the first line must be: {}",
                required.join(",")
            ),
        );
    }
    for name in header.iter().filter(|h| !COLUMNS.contains(&h.as_str())) {
        faults.add(
            file,
            Some(table.head),
            format!(
                "unknown column `{name}`{}",
                suggestion(name, COLUMNS.into_iter())
            ),
        );
    }
    let mut rows: Vec<(usize, Unit)> = Vec::new();
    for (line, record) in &table.rows {
        if record.iter().all(String::is_empty) {
            continue;
        }
        let cell = |name: &str| {
            header
                .iter()
                .position(|h| h == name)
                .and_then(|i| record.get(i))
                .map_or("", String::as_str)
        };
        let fault = |what: String| faults.add(file, Some(*line), what);
        if let Some(unit) = row(cell, kinds, &fault) {
            rows.push((*line, unit));
        }
    }
    relations(file, &rows, faults, warnings);
    Register {
        units: rows.into_iter().map(|(_, u)| u).collect::<Vec<_>>().into(),
    }
}

/// The cells of a unit's row, in the order of [`COLUMNS`].
pub(super) fn cells(unit: &Unit) -> [String; 12] {
    let text = |id: &Option<UnitId>| id.as_ref().map_or(String::new(), |u| u.0.clone());
    let from = unit.valid_from;
    let ids = |units: &[UnitId]| {
        let ids: Vec<&str> = units.iter().map(|u| u.0.as_str()).collect();
        ids.join(";")
    };
    [
        unit.id.0.clone(),
        unit.name.clone(),
        unit.short_name.clone(),
        unit.kind.id.clone(),
        text(&unit.parent),
        unit.emails.join(";"),
        unit.escalate_to.clone().unwrap_or_default(),
        unit.aliases.join(";"),
        if from == ALWAYS {
            String::new()
        } else {
            from.to_string()
        },
        unit.valid_to.map_or(String::new(), |d| d.to_string()),
        ids(&unit.successors),
        ids(&unit.renamed),
    ]
}

/// The unit of a row; `None` where a fault leaves none.
fn row<'r>(
    cell: impl Fn(&str) -> &'r str,
    kinds: &[Arc<Kind>],
    fault: &dyn Fn(String),
) -> Option<Unit> {
    let list = |name: &str| -> Vec<String> {
        cell(name)
            .split(';')
            .map(str::trim)
            .filter(|s| !s.is_empty())
            .map(str::to_owned)
            .collect()
    };
    let id = cell("id");
    let id_good = is_id(id);
    if !id_good {
        fault(format!(
            "the id {id:?} must be made of small letters without marks, digits and hyphens, such as ldld-dong-hoa"
        ));
    }
    let name = cell("name");
    if name.is_empty() {
        fault(format!("the unit {id} has no name"));
    }
    let word = cell("kind");
    let kind = kinds::find(kinds, word)
        .map_err(|known| fault(format!("the kind {word:?} of {id} must be one of {known}")))
        .ok();
    let address = |a: &str| address(a, id, fault);
    let emails: Vec<String> = list("emails").iter().filter_map(|a| address(a)).collect();
    let escalate_to = Some(cell("escalate_to"))
        .filter(|a| !a.is_empty())
        .and_then(address);
    let validity = validity(&cell, id, fault);
    if !id_good || name.is_empty() {
        return None;
    }
    let (valid_from, valid_to) = validity?;
    Some(Unit {
        id: UnitId(id.to_owned()),
        name: name.to_owned(),
        short_name: match cell("short_name") {
            "" => name.to_owned(),
            short => short.to_owned(),
        },
        kind: kind?,
        parent: Some(cell("parent"))
            .filter(|p| !p.is_empty())
            .map(|p| UnitId(p.to_owned())),
        emails,
        escalate_to,
        aliases: list("aliases"),
        valid_from,
        valid_to,
        successors: list("successor").into_iter().map(UnitId).collect(),
        renamed: list(RENAMED).into_iter().map(UnitId).collect(),
    })
}

/// Whether an id can stand in file names, keys and commands.
fn is_id(id: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    !id.is_empty() && id.bytes().all(allowed)
}

/// An address in small letters, as it is looked for.
fn address(written: &str, id: &str, fault: &dyn Fn(String)) -> Option<String> {
    let good = super::plausible_address(written);
    if !good {
        fault(format!(
            "{written:?} of {id} is no mail address; separate several by ;"
        ));
    }
    good.then(|| written.to_lowercase())
}

/// From when to when a row holds.
fn validity<'r>(
    cell: impl Fn(&str) -> &'r str,
    id: &str,
    fault: &dyn Fn(String),
) -> Option<(Date, Option<Date>)> {
    let day = |name: &str| -> Result<Option<Date>, ()> {
        match cell(name) {
            "" => Ok(None),
            text => parse_date(text)
                .map(Some)
                .map_err(|e| fault(format!("{name} of {id}: {e}"))),
        }
    };
    let (from, to) = (day("valid_from"), day("valid_to")); // both are looked at, so that both faults are named
    let (from, to) = (from.ok()?, to.ok()?);
    if let (Some(from), Some(to)) = (from, to)
        && from > to
    {
        fault(format!("{id} ends ({to}) before it begins ({from})"));
    }
    Some((from.unwrap_or(ALWAYS), to))
}

/// What only shows when the rows are seen together.
fn relations(file: &str, rows: &[(usize, Unit)], faults: &Faults, warnings: &Faults) {
    let mut known: BTreeMap<&UnitId, Vec<(usize, &Unit)>> = BTreeMap::new();
    for (line, unit) in rows {
        known.entry(&unit.id).or_default().push((*line, unit));
    }
    for (line, unit) in rows {
        let fault = |what: String| faults.add(file, Some(*line), what);
        let ids = || known.keys().map(|id| id.0.as_str());
        let parent = unit.parent.iter().map(|id| ("parent", id));
        let heirs = unit.successors.iter().map(|id| ("successor", id));
        for (what, id) in parent
            .chain(heirs)
            .filter(|(_, id)| !known.contains_key(id))
        {
            fault(format!(
                "the {what} {id} of {} is not in the register{}",
                unit.id,
                suggestion(&id.0, ids())
            ));
        }
        earlier_ids(unit, rows, &fault);
        if unit.emails.is_empty() && unit.valid_to.is_none() && unit.kind.level != Level::Province {
            warnings.add(
                file,
                Some(*line),
                format!(
                    "{} has no address: its mails will wait for staff and it cannot be reminded",
                    unit.id
                ),
            );
        }
    }
    for rows in known.values() {
        one_row_at_a_time(file, rows, faults);
    }
    shared_addresses(file, rows, warnings);
}

/// An id that a unit had before is nobody's now, and was no other's.
fn earlier_ids(unit: &Unit, rows: &[(usize, Unit)], fault: &dyn Fn(String)) {
    for old in &unit.renamed {
        let other = rows
            .iter()
            .find(|(_, o)| o.id == *old || o.id != unit.id && o.renamed.contains(old));
        if let Some((at, other)) = other {
            let what = if other.id == *old {
                format!(
                    "still stands in line {at}; a unit that goes on under its id was not renamed"
                )
            } else {
                format!("was taken over by {} in line {at} already", other.id)
            };
            fault(format!("{} was renamed from {old}, which {what}", unit.id));
        }
    }
}

/// Whether two rows hold on the same day.
fn overlap(a: &Unit, b: &Unit) -> bool {
    a.valid_from <= b.valid_to.unwrap_or(Date::MAX)
        && b.valid_from <= a.valid_to.unwrap_or(Date::MAX)
}

/// Of the rows of one unit no two hold on the same day.
fn one_row_at_a_time(file: &str, rows: &[(usize, &Unit)], faults: &Faults) {
    for (i, (line, unit)) in rows.iter().enumerate() {
        if let Some((other, _)) = rows[..i].iter().find(|(_, o)| overlap(o, unit)) {
            faults.add(
                file,
                Some(*line),
                format!(
                    "{} stands in line {other} already; several rows of one unit need dates (valid_from, valid_to) that do not overlap",
                    unit.id
                ),
            );
        }
    }
}

/// Warns of addresses that several units have at the same time.
fn shared_addresses(file: &str, rows: &[(usize, Unit)], warnings: &Faults) {
    let mut holders: BTreeMap<&str, Vec<(usize, &Unit)>> = BTreeMap::new();
    for (line, unit) in rows {
        for email in &unit.emails {
            holders.entry(email).or_default().push((*line, unit));
        }
    }
    for (email, list) in holders {
        for (i, (line, unit)) in list.iter().enumerate() {
            if let Some((_, other)) = list[..i]
                .iter()
                .find(|(_, o)| o.id != unit.id && overlap(o, unit))
            {
                warnings.add(
                    file,
                    Some(*line),
                    format!(
                        "{email} belongs to {} and {}: its mails are told apart by the document they carry or wait for staff",
                        other.id, unit.id
                    ),
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(rows: &str) -> (usize, String, String) {
        let faults = Faults::default();
        let warnings = Faults::default();
        let text = format!("{}\n{rows}", COLUMNS.join(","));
        let n = parse("units.csv", &text, &kinds::built_in(), &faults, &warnings)
            .units
            .len();
        let show = |f: Faults| {
            let lines: Vec<String> = f.into_vec().iter().map(ToString::to_string).collect();
            lines.join("\n")
        };
        (n, show(faults), show(warnings))
    }

    #[test]
    fn every_wrong_row_is_named_with_its_line() {
        let (n, wrong, _) = faults(concat!(
            "tinh,LĐLĐ tỉnh,,provincial,,a@b.example,,,,,\n",
            "A,,,distrct,tinh,a@@b,,,2026-13-01,,\n",
            "b,B,,district,tin,b@b.example,,,2026-01-01,2025-01-01,c\n",
            "tinh,LĐLĐ tỉnh,,provincial,,a@b.example,,,,,\n",
        ));
        assert_eq!(n, 3);
        insta::assert_snapshot!(wrong);
    }

    #[test]
    fn one_unit_may_have_several_rows_after_one_another() {
        let (n, wrong, warned) = faults(concat!(
            "a,Cũ,,district,,a@b.example,,,2020-01-01,2024-12-31,\n",
            "a,Mới,,district,,a@b.example,,,2025-01-01,,\n",
            "b,B,,district,,A@b.example,,,2025-01-01,,\n",
        ));
        assert_eq!((n, wrong.as_str()), (3, ""));
        assert!(
            warned.contains("a@b.example belongs to a and b"),
            "{warned}"
        );
    }

    #[test]
    fn an_id_that_is_still_there_or_was_given_to_another_was_not_renamed() {
        let (_, wrong, _) = faults(concat!(
            "a,A,,district,,a@b.example,,,,,,x;y\n",
            "b,B,,district,,b@b.example,,,,,,a\n",
            "c,C,,district,,c@b.example,,,,,,y\n",
        ));
        insta::assert_snapshot!(wrong, @r"
        units.csv:2: a was renamed from y, which was taken over by c in line 4 already
        units.csv:3: b was renamed from a, which still stands in line 2; a unit that goes on under its id was not renamed
        units.csv:4: c was renamed from y, which was taken over by a in line 2 already
        ");
    }

    #[test]
    fn semicolons_of_a_vietnamese_excel_are_read() {
        let faults = Faults::default();
        let text = format!(
            "{}\na;Tên;Tên;district;;\"x@y.example;z@y.example\";;;2020-01-01;;\n",
            COLUMNS.join(";")
        );
        let register = parse(
            "units.csv",
            &text,
            &kinds::built_in(),
            &faults,
            &Faults::default(),
        );
        assert!(faults.is_empty());
        assert_eq!(register.units[0].emails, ["x@y.example", "z@y.example"]);
    }
}
