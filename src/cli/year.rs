//! `year`: how each unit did in a year, in figures, points and places, and what they are made of.

use std::path::Path;

use anyhow::Result;
use serde::Serialize;

use super::{Session, rfc3339, say, to_file};
use crate::domain::year::Outcome;
use crate::overview::year::{self, OfReport, OfUnit, Year};
use crate::standing::View;

/// One line of the JSON interface: a unit.
#[derive(Serialize)]
struct Line<'a> {
    year: i16,
    unit: &'a str,
    kind: &'a str,
    expected: u32,
    on_time: u32,
    late: u32,
    /// With a form missing after the deadline.
    partial: u32,
    /// With nothing after the deadline, while the period is not closed.
    not_yet: u32,
    not_sent: u32,
    returned: u32,
    waiting: u32,
    excused: u32,
    untracked: u32,
    median_days_late: Option<f64>,
    points: i32,
    attainable: i32,
    /// The place within the kind, and among how many.
    rank: Option<u32>,
    ranked: Option<u32>,
    reports: Vec<Report<'a>>,
}

/// What a figure of a unit is made of.
#[derive(Serialize)]
struct Report<'a> {
    report: &'a str,
    period: String,
    due: String,
    outcome: &'static str,
    days_late: Option<u32>,
    received: Option<String>,
    codes: Vec<&'a str>,
    /// Those of `codes` that are sent back.
    returned: Vec<&'a str>,
    points: Option<i32>,
}

pub(super) fn run(session: &Session, year: i16, json: bool, xlsx: Option<&Path>) -> Result<()> {
    let config = session.config()?;
    let now = session.now();
    let store = session.snapshot(&config, now)?;
    let view = View::at(now, &config, &store)?;
    let of_year = Year::of(&view, &store, year)?;
    if let Some(path) = xlsx {
        return to_file(path, |to| year::workbook(&view, &store, &of_year, to));
    }
    if json {
        for unit in &of_year.units {
            say(serde_json::to_string(&line(year, unit))?)?;
        }
        return Ok(());
    }
    if of_year.units.is_empty() {
        say(format!("nothing is expected of {year}"))?;
    }
    let mut kind = None;
    for unit in &of_year.units {
        if kind != Some(&unit.kind) {
            let name = match unit.kind.as_str() {
                "" => "not in the register",
                known => known,
            };
            say(format!("{year}, {name}"))?;
            kind = Some(&unit.kind);
        }
        say(of_unit(unit))?;
    }
    Ok(())
}

/// The year of a unit in a line: its place and points, then what they are made of.
fn of_unit(unit: &OfUnit) -> String {
    let t = &unit.tally;
    let place = unit
        .place
        .map_or("–".to_owned(), |p| format!("{}/{}", p.place, p.of));
    let mut text = format!(
        "  {place:>7} {:<28} {:>4}/{:<4} points: {} expected, {} on time, {} late",
        unit.unit.0, t.points, t.attainable, t.expected, t.on_time, t.late
    );
    if let Some(median) = t.median_days_late() {
        text += &format!(" (median {median} days)");
    }
    for (n, what) in [
        (t.partial, "incomplete"),
        (t.not_yet, "not yet sent"),
        (t.not_sent, "not sent"),
        (t.returned, "returned"),
        (t.waiting, "waiting"),
        (t.excused, "excused"),
        (t.untracked, "untracked"),
    ] {
        if n > 0 {
            text += &format!(", {n} {what}");
        }
    }
    text
}

fn line(year: i16, unit: &OfUnit) -> Line<'_> {
    let t = &unit.tally;
    Line {
        year,
        unit: &unit.unit.0,
        kind: &unit.kind,
        expected: t.expected,
        on_time: t.on_time,
        late: t.late,
        partial: t.partial,
        not_yet: t.not_yet,
        not_sent: t.not_sent,
        returned: t.returned,
        waiting: t.waiting,
        excused: t.excused,
        untracked: t.untracked,
        median_days_late: t.median_days_late(),
        points: t.points,
        attainable: t.attainable,
        rank: unit.place.map(|p| p.place),
        ranked: unit.place.map(|p| p.of),
        reports: unit.reports.iter().map(of_report).collect(),
    }
}

fn of_report(r: &OfReport) -> Report<'_> {
    let back = r.codes.iter().filter(|(_, back)| *back);
    Report {
        report: &r.report,
        period: r.period.to_string(),
        due: rfc3339(r.due),
        outcome: r.outcome.word(),
        days_late: match r.outcome {
            Outcome::Late(days) => Some(days),
            _ => None,
        },
        received: r.received.map(rfc3339),
        codes: r.codes.iter().map(|(code, _)| code.as_str()).collect(),
        returned: back.map(|(code, _)| code.as_str()).collect(),
        points: r.points,
    }
}
