//! How reports stand: a table in the mail, and the Excel file of the same.

use anyhow::Result;
use jiff::{SignedDuration, Timestamp};
use minijinja::context;

use super::{Table, Told, said, there_are};
use crate::commands::inquiry::About;
use crate::config::Config;
use crate::domain::obligation::{Group, Obligation, groups};
use crate::domain::{date_of, vietnamese_date, vietnamese_moment};
use crate::overview::{self, year_before};
use crate::standing::View;
use crate::store::{KnownPeriod, Receipts, Store};
use crate::writing::spreadsheet::Cell;
use crate::writing::{Enclosure, say};

/// What is due in so long is told of.
const SOON: SignedDuration = SignedDuration::from_hours(24 * 31);

/// So many rows stand in the mail; all are in the file.
const MOST_ROWS: usize = 100;

pub(super) fn told(config: &Config, store: &Store, about: &About, now: Timestamp) -> Result<Told> {
    let today = date_of(now);
    let known = store.periods()?;
    let mut meant = about.periods(config, &known, today);
    let names_periods = about.names_periods(config, &known, today);
    if !names_periods {
        let year_ago = year_before(now);
        meant.retain(|k| k.due >= year_ago);
    }
    if meant.is_empty() {
        return Ok(there_are(config, known.iter().collect()));
    }
    let mut obligations = of_periods(store, &meant, now)?;
    obligations.retain(|o| about.units.is_empty() || about.units.contains(&o.unit));
    let view = View::at(now, config, store)?;
    let mut groups = groups(&obligations);
    if about.reports.is_empty() && !names_periods {
        // What is far ahead, or from before the installation, tells nothing.
        let soon = now + SOON;
        groups.retain(|g| {
            let tracked = view.rates(g.members.iter().copied()).expected > 0;
            g.due <= soon && tracked
        });
    }
    let mut table = match (groups.as_slice(), about.units.is_empty()) {
        ([one], true) => by_unit(&view, one),
        (_, true) => by_report(&view, &groups),
        (_, false) => of_units(&view, &obligations, about.units.len() > 1),
    };
    let more = table.rows.len().saturating_sub(MOST_ROWS);
    table.rows.truncate(MOST_ROWS);
    let named = !about.reports.is_empty() || groups.len() == 1;
    let name = |k: &&KnownPeriod| {
        let (report, period) = (config.report_name(&k.report), k.period.in_vietnamese());
        format!("{report}, {period}")
    };
    let units = about.units.iter().map(|u| config.unit_name(u, today));
    let units: Vec<String> = units.collect();
    let periods: Vec<String> = meant.iter().filter(|_| named).map(name).collect();
    let moment = vietnamese_moment(now);
    let mut content = Vec::new();
    overview::workbook(&view, store, &obligations, None, &mut content)?;
    Ok(Told {
        before: vec![say(
            config,
            "standing_of",
            context! { units, periods, moment },
        )],
        tables: vec![table],
        after: match more {
            0 => vec![],
            more => vec![say(config, "whole_in_the_file", context! { more })],
        },
        enclosures: vec![Enclosure {
            name: format!("{}-{today}.xlsx", said::FILE),
            content,
        }],
    })
}

/// What is expected for some reports and periods, with what has come by a moment.
fn of_periods(store: &Store, periods: &[&KnownPeriod], now: Timestamp) -> Result<Vec<Obligation>> {
    store.obligations_of_periods(periods.iter().copied(), Receipts::Until(now))
}

/// A report of a period, with how many units stand how.
fn by_report(view: &View<'_>, groups: &[Group<'_>]) -> Table {
    let row = |group: &Group<'_>| {
        let r = view.rates(group.members.iter().copied());
        let (report, period) = (
            view.config().report_name(group.report),
            group.period.in_vietnamese(),
        );
        let due = vietnamese_date(date_of(group.due));
        vec![
            format!("{report}, {period} ({due})"),
            (r.expected - r.ahead).to_string(),
            said::of_them(r.complete, said::LATE, r.complete - r.on_time),
            said::of_them(r.partial + r.waiting, said::WAITING, r.waiting),
            (r.overdue + r.closed).to_string(),
        ]
    };
    Table {
        title: said::BY_REPORT.into(),
        columns: said::OF_TOTALS.to_vec(),
        rows: groups.iter().map(row).collect(),
    }
}

/// A row each unit of one report and period.
fn by_unit(view: &View<'_>, group: &Group<'_>) -> Table {
    let row = |o: &&Obligation| {
        let day = date_of(o.due);
        let unit = view.config().unit_name(&o.unit, day);
        vec![unit, vietnamese_date(day), state(view, o)]
    };
    Table {
        title: said::BY_UNIT.into(),
        columns: said::OF_A_UNIT.to_vec(),
        rows: group.members.iter().map(row).collect(),
    }
}

/// A row each report and period of some units.
fn of_units(view: &View<'_>, obligations: &[Obligation], several: bool) -> Table {
    let row = |o: &Obligation| {
        let (config, day) = (view.config(), date_of(o.due));
        let (report, period) = (config.report_name(&o.report), o.period.in_vietnamese());
        let what = match several {
            true => format!("{}: {report}, {period}", config.unit_name(&o.unit, day)),
            false => format!("{report}, {period}"),
        };
        vec![what, vietnamese_date(day), state(view, o)]
    };
    Table {
        title: said::BY_REPORT.into(),
        columns: said::OF_REPORTS.to_vec(),
        rows: obligations.iter().map(row).collect(),
    }
}

fn state(view: &View<'_>, o: &Obligation) -> String {
    match overview::state_cell(view, o) {
        Cell::State(text, _) => text,
        _ => String::new(),
    }
}
