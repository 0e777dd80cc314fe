//! `status`: who has sent what, late, missing a form.

use std::path::Path;

use anyhow::Result;
use jiff::Timestamp;
use serde::Serialize;

use super::{Session, complain, known_report, rfc3339, say, to_file};
use crate::config::Config;
use crate::domain::obligation::{Group, Obligation, State, groups};
use crate::domain::period::PeriodId;
use crate::domain::row::MessageId;
use crate::domain::{date_of, zone};
use crate::health;
use crate::standing::{self, View};
use crate::store::{Receipts, Store};
use crate::{disk, overview};

/// One line of the JSON interface.
#[derive(Serialize)]
struct Line<'a> {
    unit: &'a str,
    report: &'a str,
    period: String,
    due: String,
    state: &'static str,
    /// The mail that waits for staff.
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<MessageId>,
    /// A mail that may be the unit's, of a sender who was not verified.
    #[serde(skip_serializing_if = "Option::is_none")]
    unverified: Option<MessageId>,
    /// Whether what is overdue counts as not sent at all.
    closed: bool,
    missing: Vec<&'static str>,
    first_received: Option<String>,
    complete_at: Option<String>,
    on_time: Option<bool>,
    versions: usize,
    reminders_sent: u32,
    /// Whether a letter to the leader waits for a word of staff.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    escalation_waits: bool,
}

pub(super) fn run(
    session: &Session,
    report: Option<&str>,
    period: Option<&PeriodId>,
    json: bool,
    xlsx: Option<&Path>,
) -> Result<()> {
    let config = session.config()?;
    if let Some(id) = report {
        known_report(&config, id)?;
    }
    let now = session.now();
    if let Some(trouble) = disk::room(&config.settings.data, disk::limit(&config)).trouble() {
        complain(format_args!("warning: {trouble}"));
    }
    let store = session.snapshot(&config, now)?;
    let view = View::at(now, &config, &store)?;
    let mut all = store.obligations(Receipts::Until(now))?;
    // A snapshot may hold what opened after the moment that is asked about.
    all.retain(|o| o.opens <= date_of(now) || !o.receipts.is_empty());
    all.retain(|o| report.is_none_or(|r| o.report == r) && period.is_none_or(|p| o.period == *p));
    if json {
        let planned = standing::reminded_now(&config, &store, now)?;
        let asked = planned.iter().filter(|p| p.asks);
        let asked: Vec<_> = asked.flat_map(|p| &p.items).map(|(o, _)| o.id).collect();
        for o in &all {
            let escalation_waits = asked.contains(&o.id);
            let line = line(o, view.state(o), escalation_waits);
            say(serde_json::to_string(&line)?)?;
        }
        return Ok(());
    }
    if let Some(path) = xlsx {
        return to_file(path, |to| overview::workbook(&view, &store, &all, None, to));
    }
    // How the service fares is known of now only.
    if session.at.is_none() {
        tell_health(&store, &config, !all.is_empty(), now)?;
    }
    if all.is_empty() {
        say("nothing is expected")?;
    }
    for group in groups(&all) {
        tell_group(&view, &group)?;
    }
    Ok(())
}

/// What fails, and whether the mailbox was not looked through for so long that what `is_expected` may have come.
fn tell_health(store: &Store, config: &Config, is_expected: bool, now: Timestamp) -> Result<()> {
    for look in health::look(store, config, now)? {
        if let Some(fault) = look.as_a_line() {
            say(fault)?;
        }
    }
    if let Some(unseen) = health::unseen(store, &config.settings, now)?
        && is_expected
    {
        say(unseen.in_vietnamese())?;
    }
    Ok(())
}

/// The rates of one report and period, then a line each unit.
fn tell_group(view: &View<'_>, group: &Group<'_>) -> Result<()> {
    let rates = view.rates(group.members.iter().copied());
    let percent = |rate: Option<u32>| rate.map_or("–".to_owned(), |r| format!("{r} %"));
    say(format!(
        "{} {}, due {}: {} expected, {} complete (reporting rate {}), {} on time (timeliness {})",
        group.report,
        group.period,
        moment(group.due),
        rates.expected,
        rates.complete,
        percent(rates.reporting_rate()),
        rates.on_time,
        percent(rates.timeliness())
    ))?;
    for o in &group.members {
        say(of_unit(o, view.state(o)).trim_end())?;
    }
    Ok(())
}

/// How one unit stands: its state, then what is to be known beyond it.
fn of_unit(o: &Obligation, state: State) -> String {
    let mut text = format!("  {:<28} {:<10}", o.unit.0, state.word());
    match state {
        State::Waiting(mail) => text += &format!(" mail {mail} waits for staff"),
        State::Closed => text += " closed",
        State::NotDue
        | State::Pending
        | State::Partial
        | State::Submitted
        | State::Late
        | State::Overdue
        | State::Returned
        | State::Excused
        | State::Untracked => {}
    }
    if let Some(mail) = o.unverified {
        text += &format!(" (mail {mail} is not verified)");
    }
    if let Some(at) = o.complete_at().or(o.first_received()) {
        text += &format!(" {}", moment(at));
    }
    if !o.settled() && !o.receipts.is_empty() {
        text += &format!(" missing {}", o.missing().names().join(", "));
    }
    if o.receipts.len() > 1 {
        text += &format!(" ({} versions)", o.receipts.len());
    }
    if o.reminders_sent > 0 {
        text += &format!(" (reminded {}×)", o.reminders_sent);
    }
    if let Some(reason) = &o.excused {
        text += &format!(" {reason}");
    }
    text
}

fn line(o: &Obligation, state: State, escalation_waits: bool) -> Line<'_> {
    Line {
        unit: &o.unit.0,
        report: &o.report,
        period: o.period.to_string(),
        due: rfc3339(o.due),
        state: state.word(),
        message: match state {
            State::Waiting(mail) => Some(mail),
            _ => None,
        },
        unverified: o.unverified,
        closed: state == State::Closed,
        missing: o.missing().names(),
        first_received: o.first_received().map(rfc3339),
        complete_at: o.complete_at().map(rfc3339),
        on_time: o.on_time(),
        versions: o.receipts.len(),
        reminders_sent: o.reminders_sent,
        escalation_waits,
    }
}

fn moment(at: Timestamp) -> String {
    at.to_zoned(zone()).strftime("%Y-%m-%d %H:%M").to_string()
}
