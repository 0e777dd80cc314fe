//! Mails that have the words which one of staff asked for.

use anyhow::Result;
use jiff::Timestamp;
use minijinja::context;

use super::{Table, Told, said};
use crate::commands::inquiry::Sought;
use crate::config::Config;
use crate::domain::{date_of, vietnamese_date};
use crate::find::{Found, find};
use crate::store::Store;
use crate::writing::{of_a_stranger, say};

/// So many mails are listed.
const MOST: usize = 40;
/// So many letters of an excerpt are shown.
const SHOWN: usize = 300;

pub(super) fn told(
    config: &Config,
    store: &Store,
    sought: &Sought,
    now: Timestamp,
) -> Result<Told> {
    let search = find(store, &sought.words, sought.year, MOST)?;
    let words = of_a_stranger(&sought.words, SHOWN);
    let (year, mails) = (sought.year, search.found.len());
    let (more, other_marks) = (search.more, search.other_marks);
    let unsearched = store.unsearched()?.is_some();
    let rows = search.found.iter().map(|f| row(config, store, f, now));
    let rows: Vec<Vec<String>> = rows.collect::<Result<_>>()?;
    Ok(Told {
        before: vec![say(
            config,
            "found",
            context! { words, year, mails, more, other_marks, unsearched },
        )],
        tables: match rows.is_empty() {
            true => vec![],
            false => vec![Table {
                title: said::FOUND.into(),
                columns: said::OF_FOUND.to_vec(),
                rows,
            }],
        },
        ..Told::default()
    })
}

/// Of a mail when it came and whose it is, what it was logged as, and the words around those that were asked for.
fn row(config: &Config, store: &Store, found: &Found, now: Timestamp) -> Result<Vec<String>> {
    let message = store.message(found.message)?;
    let received = message.as_ref().map(|m| date_of(m.received_at));
    let unit = message.as_ref().and_then(|m| m.unit.as_ref());
    let unit = unit.map(|unit| config.unit_name(unit, date_of(now)));
    let sender = || message.as_ref().and_then(|m| m.sender.clone());
    let whose = unit.or_else(sender).unwrap_or_default();
    let logged = store.submissions_of(found.message)?;
    let reports = logged.iter().map(|s| {
        let report = config.report_name(&s.report);
        format!("{report} {}, {}", s.period.in_vietnamese(), s.code())
    });
    let what: Vec<String> = reports.collect();
    let number = said::mail_number(found.message);
    let of = match what.is_empty() {
        true => number,
        false => format!("{} ({number})", what.join("; ")),
    };
    let day = received.map(vietnamese_date).unwrap_or_default();
    Ok(vec![
        format!("{day}: {whose}"),
        of,
        of_a_stranger(&found.excerpt, SHOWN),
    ])
}
