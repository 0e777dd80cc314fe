//! What can be asked and ordered, with examples of this office: its own units, reports, and mails that wait.

use anyhow::Result;
use jiff::{Timestamp, ToSpan};
use minijinja::context;

use super::{Table, Told, said};
use crate::config::Config;
use crate::domain::obligation::Obligation;
use crate::domain::submission::Submission;
use crate::domain::{date_of, vietnamese_date};
use crate::overview::year_before;
use crate::store::{Receipts, Store};
use crate::writing::say;

/// In so many days what the examples put off is to come.
const DAYS: i64 = 10;

pub(super) fn told(config: &Config, store: &Store, now: Timestamp) -> Result<Told> {
    let today = date_of(now);
    let expected = store.obligations_due_since(year_before(now), Receipts::Until(now))?;
    // What is due nearest to now is on everybody's mind.
    let far = |o: &&Obligation| (o.due.duration_since(now)).abs();
    let open = expected.iter().filter(|o| !o.settled() && o.opens <= today);
    let Some(o) = open.min_by_key(far).or(expected.last()) else {
        return Ok(Told {
            before: vec![say(config, "help_begins", context! {})],
            ..Told::default()
        });
    };
    let (unit, report) = (
        config.unit_name(&o.unit, today),
        config.report_name(&o.report),
    );
    let period = o.period.in_vietnamese();
    let mail = store.waiting()?.first().map(|m| m.id);
    let brought = expected.iter().rev().find(|o| !o.receipts.is_empty());
    let submission = match brought {
        Some(o) => store
            .standing_submissions(o.id)?
            .first()
            .map(Submission::code),
        None => None,
    };
    let brought = brought.map(|o| {
        let unit = config.unit_name(&o.unit, today);
        let report = config.report_name(&o.report);
        format!("{unit} {report} {}", o.period.in_vietnamese())
    });
    let (day, year) = (
        vietnamese_date(today.saturating_add(DAYS.days())),
        today.year(),
    );
    let questions = say(
        config,
        "questions_to_ask",
        context! { unit, report, period, brought, year },
    );
    let orders = say(
        config,
        "orders_to_give",
        context! { unit, report, period, mail, submission, day },
    );
    let table = |title: &str, lines: &str| Table {
        title: title.to_owned(),
        columns: said::OF_AN_EXAMPLE.to_vec(),
        rows: lines
            .lines()
            .filter_map(|l| l.split_once(" | "))
            .map(|(example, what)| vec![example.to_owned(), what.to_owned()])
            .collect(),
    };
    Ok(Told {
        before: vec![say(config, "help_begins", context! {})],
        tables: vec![
            table(said::QUESTIONS, &questions),
            table(said::ORDERS, &orders),
        ],
        after: vec![say(config, "help_ends", context! {})],
        ..Told::default()
    })
}
