//! The second pass: store and calendar → mails owed.

use std::collections::BTreeMap;

use anyhow::Result;
use jiff::civil::{Date, Time};
use jiff::{Timestamp, ToSpan};

use crate::app::App;
use crate::config::Config;
use crate::domain::obligation::Obligation;
use crate::domain::period::{Period, PeriodId};
use crate::domain::reminder::{Step, in_working_hours};
use crate::domain::report::Report;
use crate::domain::unit::{Unit, UnitId};
use crate::domain::{date_of, instant, zone};
use crate::store::{NewMail, Store};
use crate::writing::Kind;

/// Decides what is owed at a moment and queues it.
///
/// # Errors
/// When the store fails.
pub fn pass(app: &App, now: Timestamp) -> Result<()> {
    expect(app, now)?;
    app.store.transaction(|store| {
        owe_reminders(&app.config, store, now)?;
        owe_digest(&app.config, store, now)
    })
}

// ---- what is expected ----

/// The obligations of every period that has opened by a moment, as the configuration has them.
pub fn obligations(config: &Config, now: Timestamp) -> Vec<Obligation> {
    let schedule = &config.settings.schedule;
    let today = date_of(now);
    // A period that is due after `since` opened at most two years before.
    let from = schedule.since.saturating_sub(2.years());
    let mut all = Vec::new();
    for report in &config.reports {
        for period in report.periods_opening(from, today, schedule.closing) {
            let due = report.deadline(&period, &config.calendar);
            if date_of(due) < schedule.since {
                continue;
            }
            for unit in config.register.all_on(period.opens) {
                if expected_of(config, report, unit, period.opens) {
                    all.push(obligation(report, unit, &period, due));
                }
            }
        }
    }
    all.sort_by(|a, b| (a.due, &a.report).cmp(&(b.due, &b.report)));
    all
}

fn expected_of(config: &Config, report: &Report, unit: &Unit, day: Date) -> bool {
    report
        .who
        .iter()
        .any(|a| a.includes(unit, &config.register, day))
}

fn obligation(report: &Report, unit: &Unit, period: &Period, due: Timestamp) -> Obligation {
    Obligation {
        id: 0,
        unit: unit.id.clone(),
        report: report.id.clone(),
        period: period.id.clone(),
        opens: period.opens,
        due,
        forms: report.forms,
        returned: None,
        excused: None,
        receipts: vec![],
        reminders_sent: 0,
    }
}

/// Stores the obligations of every period that has opened; those that are there stay as they were frozen.
///
/// # Errors
/// When the store fails.
pub fn expect(app: &App, now: Timestamp) -> Result<()> {
    store_expected(&app.config, &app.store, now)
}

/// See [`expect`].
pub fn store_expected(config: &Config, store: &Store, now: Timestamp) -> Result<()> {
    let wanted = obligations(config, now);
    store.transaction(|s| wanted.iter().try_for_each(|o| s.expect(o)))
}

/// The obligation that a submission serves. A report that comes before its period opens makes it open early.
///
/// # Errors
/// When the store fails.
pub fn obligation_for(
    app: &App,
    unit: &UnitId,
    report: &str,
    period: &PeriodId,
    now: Timestamp,
) -> Result<Option<i64>> {
    if let Some(id) = app.store.obligation_id(unit, report, period)? {
        return Ok(Some(id));
    }
    let config = &app.config;
    let schedule = &config.settings.schedule;
    let today = date_of(now);
    let (Some(report), Some(row)) = (config.report(report), config.register.on(unit, today)) else {
        return Ok(None);
    };
    let Some(span) = report.period(period, schedule.closing) else {
        return Ok(None);
    };
    let due = report.deadline(&span, &config.calendar);
    if span.opens <= today
        || date_of(due) < schedule.since
        || !expected_of(config, report, row, today)
    {
        return Ok(None); // open already and not expected, or from before our time
    }
    app.store.expect(&obligation(report, row, &span, due))?;
    app.store.obligation_id(unit, &report.id, period)
}

// ---- reminders ----

/// From when the deadline of an obligation counts as near.
pub fn near(config: &Config, o: &Obligation) -> Timestamp {
    let work_starts = config.settings.schedule.work_hours.0;
    let steps = config
        .report(&o.report)
        .map_or(&config.settings.schedule.steps, |r| &r.steps);
    steps.near(&config.calendar, o.due, work_starts)
}

/// The step of the ladder that an obligation has reached at a moment, if a reminder may be owed at all.
fn step(config: &Config, o: &Obligation, first_opened: Timestamp, now: Timestamp) -> Option<Step> {
    if o.settled() {
        return None;
    }
    let report = config.report(&o.report)?;
    let step = report.steps.due(&config.calendar, o.due, now)?;
    let backlog = o.due < first_opened && !config.settings.schedule.remind_backlog;
    (step_kind(step) == Kind::ReminderBefore || !backlog).then_some(step)
}

/// The kind of mail that carries a step.
pub fn step_kind(step: Step) -> Kind {
    match step {
        Step::Before(_) => Kind::ReminderBefore,
        Step::Late(_) => Kind::ReminderLate,
        Step::Escalation => Kind::Escalation,
    }
}

fn owe_reminders(config: &Config, store: &Store, now: Timestamp) -> Result<()> {
    let schedule = &config.settings.schedule;
    if !in_working_hours(&config.calendar, schedule.work_hours, now) {
        return Ok(());
    }
    let first_opened = store.first_opened()?;
    let mut owed: BTreeMap<(UnitId, Kind), Vec<(i64, Step)>> = BTreeMap::new();
    for o in store.obligations(now)? {
        let Some(step) = step(config, &o, first_opened, now) else {
            continue;
        };
        if !store.step_taken(o.id, &step.to_string())? && !store.has_undecided_mail(&o.unit)? {
            owed.entry((o.unit.clone(), step_kind(step)))
                .or_default()
                .push((o.id, step));
        }
    }
    let today = date_of(now);
    for ((unit, kind), steps) in owed {
        if reachable(config, &unit, today).is_none() {
            continue; // no address: `check` and the digest say so
        }
        let mail = NewMail {
            key: format!("{}:{unit}:{today}", kind.word()),
            kind,
            unit: Some(unit.clone()),
            message: None,
        };
        if let Some(outbox) = store.owe(&mail, now)? {
            for (obligation, step) in steps {
                store.take_step(obligation, &step.to_string(), outbox)?;
            }
        }
    }
    Ok(())
}

/// The row of a unit, or of the one that took over from it, if it has an address to write to.
pub fn reachable<'c>(config: &'c Config, unit: &UnitId, day: Date) -> Option<&'c Unit> {
    config
        .register
        .heirs(unit, day)
        .iter()
        .filter_map(|u| config.register.on(u, day))
        .find(|u| !u.emails.is_empty())
}

// ---- the digest ----

/// The key of the digest of a day.
pub fn digest_key(day: Date) -> String {
    format!("digest:{day}")
}

fn owe_digest(config: &Config, store: &Store, now: Timestamp) -> Result<()> {
    let z = now.to_zoned(zone());
    let day = z.date();
    if z.time() < config.settings.schedule.digest_at || store.is_owed(&digest_key(day))? {
        return Ok(());
    }
    let since = match store.last_digest_before(day)? {
        Some(until) => until,
        None => store.first_opened()?.min(now) - jiff::SignedDuration::from_secs(1),
    };
    let mail = NewMail {
        key: digest_key(day),
        kind: Kind::Digest,
        unit: None,
        message: None,
    };
    if let Some(outbox) = store.owe(&mail, now)? {
        store.record_digest(day, since, now, outbox)?;
    }
    Ok(())
}

// ---- looking ahead ----

/// A mail that a day would bring.
pub struct Planned {
    /// What it is.
    pub kind: Kind,
    /// To which unit.
    pub unit: Option<UnitId>,
    /// Of what: obligations with the step they have reached.
    pub items: Vec<(Obligation, Step)>,
}

/// The mails that a day would bring, if nothing more came in. Nothing is written.
///
/// # Errors
/// When the store cannot be read.
pub fn on_day(config: &Config, store: &Store, day: Date, now: Timestamp) -> Result<Vec<Planned>> {
    let work_starts = config.settings.schedule.work_hours.0;
    let morning = instant(day, work_starts);
    let mut planned = Vec::new();
    if config.calendar.is_working_day(day) {
        let first_opened = store.first_opened()?;
        let before = instant(config.calendar.working_days_before(day, 1), work_starts);
        let today = date_of(now) == day;
        let mut owed: BTreeMap<(UnitId, Kind), Vec<(Obligation, Step)>> = BTreeMap::new();
        for o in store.obligations(morning.max(now.min(end_of(day))))? {
            let Some(reached) = step(config, &o, first_opened, morning) else {
                continue;
            };
            // On an earlier day the same step would have gone out then; today it may have been missed.
            let fresh = step(config, &o, first_opened, before) != Some(reached);
            let missed = today && !store.step_taken(o.id, &reached.to_string())?;
            let held = store.has_undecided_mail(&o.unit)?;
            if (fresh || missed) && !held && reachable(config, &o.unit, day).is_some() {
                owed.entry((o.unit.clone(), step_kind(reached)))
                    .or_default()
                    .push((o, reached));
            }
        }
        planned.extend(owed.into_iter().map(|((unit, kind), items)| Planned {
            kind,
            unit: Some(unit),
            items,
        }));
    }
    planned.push(Planned {
        kind: Kind::Digest,
        unit: None,
        items: vec![],
    });
    Ok(planned)
}

fn end_of(day: Date) -> Timestamp {
    instant(day, Time::constant(23, 59, 59, 0))
}

/// The next moment at which this pass may owe something, for the daemon's timer.
pub fn next_moment(config: &Config, now: Timestamp) -> Timestamp {
    let schedule = &config.settings.schedule;
    let today = date_of(now);
    let tomorrow = today.saturating_add(1.day());
    [today, tomorrow]
        .into_iter()
        .flat_map(|d| {
            [
                instant(d, schedule.digest_at),
                instant(d, schedule.work_hours.0),
            ]
        })
        .filter(|t| *t > now)
        .min()
        .unwrap_or_else(|| instant(tomorrow, Time::midnight()))
}
