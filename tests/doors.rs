//! The page that says who can do what, and what stops them (deploy/DOORS.md), names tests that are there.

use crate::holding::document;
use crate::lab::installation::{Installation, REPORTING, succeed};
use crate::lab::written;
use crate::promises::is_there;

/// The tables of the page: the heading of each, and its rows, cell by cell.
fn tables() -> Vec<(&'static str, Vec<Vec<&'static str>>)> {
    let mut tables: Vec<(&str, Vec<Vec<&str>>)> = Vec::new();
    for line in include_str!("../deploy/DOORS.md").lines() {
        if let Some(heading) = line.strip_prefix("## ") {
            tables.push((heading, Vec::new()));
        } else if let (Some(row), Some((_, rows))) = (line.strip_prefix("| "), tables.last_mut()) {
            rows.push(
                row.trim_end_matches('|')
                    .split(" | ")
                    .map(str::trim)
                    .collect(),
            );
        }
    }
    tables.iter_mut().for_each(|(_, rows)| {
        if !rows.is_empty() {
            rows.remove(0); // the names of the columns
        }
    });
    tables
}

/// The tests that the last cell of a row names: file, and name.
fn tests(row: &[&'static str]) -> Vec<(String, &'static str)> {
    let cell = row.last().copied().unwrap_or_default();
    let named = cell.split('`').skip(1).step_by(2);
    let parted = named.filter_map(|test| test.rsplit_once("::"));
    parted
        .map(|(place, name)| match place.ends_with(".rs") {
            true => (place.to_owned(), name),
            false => (format!("tests/{place}.rs"), name),
        })
        .collect()
}

#[test]
fn every_door_of_the_page_has_a_test_that_is_there() {
    let tables = tables();
    for who in [
        "stranger",
        "unit",
        "Staff",
        "administrator",
        "other users",
        "child",
    ] {
        let told = |(heading, rows): &(&str, Vec<_>)| heading.contains(who) && rows.len() > 2;
        assert!(tables.iter().any(told), "the page has no table on {who}");
    }
    let rows: Vec<_> = tables.iter().flat_map(|(_, rows)| rows).collect();
    let without = |row: &&&Vec<&'static str>| row.len() != 3 || tests(row).is_empty();
    let without: Vec<_> = rows.iter().filter(without).collect();
    assert!(without.is_empty(), "no test: {without:#?}");
    let missing: Vec<_> = rows
        .iter()
        .flat_map(|row| tests(row))
        .filter(|(file, name)| !is_there(file, name))
        .collect();
    assert!(missing.is_empty(), "no such tests: {missing:#?}");
}

#[test]
fn a_unit_that_sends_the_document_of_another_reports_for_neither() {
    let installation = Installation::on_maildir();
    let file = ("bao cao.docx", document("LIÊN ĐOÀN LAO ĐỘNG HUYỆN TUY AN"));
    let mail = written(REPORTING, "Báo cáo trẻ em", "Gửi Ban", &[file]);
    std::fs::write(installation.maildir().join("new/1.a"), mail).unwrap();
    succeed(installation.run(&["run", "--once"]));
    let inbox = installation.json(&["inbox", "--json"]);
    assert_eq!(inbox.len(), 1, "{inbox:?}");
    let status = installation.json(&["status", "--json"]);
    let versions: Vec<_> = status.iter().map(|l| l["versions"].as_u64()).collect();
    assert_eq!(versions, [Some(0), Some(0)], "{status:?}");
}
