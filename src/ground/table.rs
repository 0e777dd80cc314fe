//! What stands in tables, as people write it: numbers, and the names of cells.

use std::fmt;
use std::str::FromStr;

/// A number typed as text, as Vietnamese write it: `1.500`, `450,5`; also `450.5`.
///
/// ```
/// use thubaocao::ground::table::number_in;
/// assert_eq!(number_in("1.234.567,25"), Some(1_234_567.25));
/// assert_eq!(number_in("1,500"), None, "one and a half to some and fifteen hundred to others");
/// ```
pub fn number_in(text: &str) -> Option<f64> {
    let text = text.trim();
    let digits = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit());
    let bare = text.strip_prefix('-').unwrap_or(text);
    let (whole, part) = match bare.split_once(',') {
        // "1,500" is one and a half to some and fifteen hundred to others.
        Some((_, part)) if !digits(part) || part.len() == 3 => return None,
        Some((whole, part)) => (whole, part),
        None => (bare, "0"),
    };
    let mut groups = whole.split('.');
    let first = groups.next().filter(|g| digits(g))?;
    let groups: Vec<&str> = groups.collect();
    let joined = match groups.as_slice() {
        [] => first.to_owned(),
        [decimals] if digits(decimals) && decimals.len() < 3 && part == "0" => {
            return text.parse().ok();
        }
        groups if first.len() <= 3 && groups.iter().all(|g| digits(g) && g.len() == 3) => {
            format!("{first}{}", groups.concat())
        }
        _ => return None,
    };
    let sign = if bare.len() < text.len() { "-" } else { "" };
    format!("{sign}{joined}.{part}").parse().ok()
}

/// A number as Vietnamese write it, with two decimals at most: `1.234,5`.
///
/// ```
/// use thubaocao::ground::table::number_in_vietnamese;
/// assert_eq!(number_in_vietnamese(-1234.5), "-1.234,5");
/// assert_eq!(number_in_vietnamese(12.0), "12");
/// ```
pub fn number_in_vietnamese(number: f64) -> String {
    let written = format!("{:.2}", number.abs());
    let (whole, part) = written.split_once('.').unwrap_or((&written, ""));
    let part = part.trim_end_matches('0');
    let mut out = String::new();
    if number < 0.0 && written != "0.00" {
        out.push('-');
    }
    for (i, digit) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i).is_multiple_of(3) {
            out.push('.');
        }
        out.push(digit);
    }
    if !part.is_empty() {
        out.push(',');
        out.push_str(part);
    }
    out
}

/// `A`, `B`, … `AA`, as spreadsheets name columns, counted from 0.
pub(crate) fn column_name(column: u32) -> String {
    let letter = char::from(b'A' + (column % 26) as u8);
    match column / 26 {
        0 => letter.to_string(),
        n => format!("{}{letter}", column_name(n - 1)),
    }
}

/// The place of a cell of a spreadsheet; rows and columns are counted from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CellName {
    /// Its row.
    pub row: u32,
    /// Its column.
    pub column: u32,
}

impl fmt::Display for CellName {
    /// `D7`, as spreadsheets name it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", column_name(self.column), self.row + 1)
    }
}

impl FromStr for CellName {
    type Err = &'static str;

    /// Reads `D7`, in capitals or not.
    fn from_str(text: &str) -> Result<CellName, &'static str> {
        let text = text.trim();
        let end = text.find(|c: char| !c.is_ascii_alphabetic());
        let (letters, digits) = text.split_at(end.unwrap_or(text.len()));
        let column = letters.bytes().fold(0, |n, letter| {
            n * 26 + u32::from(letter.to_ascii_uppercase() - b'A') + 1
        });
        match digits.parse::<u32>() {
            // What reading looks at, at least.
            Ok(row) if (1..=2_000).contains(&row) && (1..=2).contains(&letters.len()) => {
                Ok(CellName {
                    row: row - 1,
                    column: column - 1,
                })
            }
            _ => Err("write the name of a cell, such as \"D7\""),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_vietnamese_write_them() {
        for (text, number) in [
            ("450,5", Some(450.5)),
            ("1.500", Some(1500.0)),
            ("1.234.567,25", Some(1_234_567.25)),
            ("450.5", Some(450.5)),
            ("-12", Some(-12.0)),
            ("1,500", None),
            ("1.50.000", None),
            ("36 triệu", None),
            ("", None),
            ("-", None),
        ] {
            assert_eq!(number_in(text), number, "{text}");
        }
    }

    #[test]
    fn numbers_are_written_so_that_they_are_read_again() {
        for (number, text) in [
            (0.0, "0"),
            (-0.001, "0"),
            (999.0, "999"),
            (1000.0, "1.000"),
            (1_234_567.25, "1.234.567,25"),
            (-36.5, "-36,5"),
        ] {
            assert_eq!(number_in_vietnamese(number), text);
            assert_eq!(number_in(text), Some((number * 100.0).round() / 100.0));
        }
    }

    #[test]
    fn cells_have_the_names_that_spreadsheets_give_them() {
        for (name, row, column) in [
            ("A1", 0, 0),
            ("D7", 6, 3),
            ("Z60", 59, 25),
            ("AB12", 11, 27),
        ] {
            let cell = CellName { row, column };
            assert_eq!(name.to_lowercase().parse(), Ok(cell), "{name}");
            assert_eq!(cell.to_string(), name);
        }
        for none in [
            "", "7", "D", "D0", "7D", "ABC1", "D7:D9", "D2001", "$D$7", "Đ7",
        ] {
            assert!(none.parse::<CellName>().is_err(), "{none}");
        }
    }
}
