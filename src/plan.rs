//! The second pass: store and calendar → mails owed.

use std::collections::BTreeMap;

use anyhow::Result;
use jiff::civil::{Date, Time};
use jiff::{Timestamp, ToSpan};

use crate::app::App;
use crate::config::Config;
use crate::domain::obligation::Obligation;
use crate::domain::owed::{Kind, Owed};
use crate::domain::reminder::{Step, in_working_hours};
use crate::domain::unit::UnitId;
use crate::domain::{date_of, instant, zone};
use crate::expected;
use crate::standing::{self, Holds};
use crate::store::{NewMail, Part, Receipts, StepTaken, Store};
use crate::waiting;

/// Decides what is owed at a moment and queues it.
///
/// # Errors
/// When the store fails.
pub fn pass(app: &App, now: Timestamp) -> Result<()> {
    if app.store.clock_is_doubted()? {
        return Ok(());
    }
    expected::expect(&app.config, &app.store, now)?;
    app.store.transaction(|store| {
        owe_reminders(&app.config, store, now)?;
        note_holds(&app.config, store, now)?;
        owe_digest(&app.config, store, now)
    })
}

// ---- reminders ----

/// What tells which step of the ladder an obligation has reached.
struct Ladder<'a> {
    config: &'a Config,
    store: &'a Store,
    first_opened: Timestamp,
    /// The day on which the next reminders leave.
    at_hand: Date,
}

impl<'a> Ladder<'a> {
    fn at(at_hand: Timestamp, config: &'a Config, store: &'a Store) -> Result<Ladder<'a>> {
        Ok(Ladder {
            config,
            store,
            first_opened: store.first_opened()?,
            at_hand: date_of(at_hand),
        })
    }

    /// The step at a moment, if a reminder may be owed at all. The leader is written to of what the unit was told before.
    fn step(&self, o: &Obligation, now: Timestamp) -> Result<Option<Step>> {
        let step = step_by_date(self.config, o, self.first_opened, now);
        let (Some(Step::Escalation), Some(report)) = (step, self.config.report(&o.report)) else {
            return Ok(step);
        };
        let last = Step::Escalation;
        if self.store.step_taken(o.id, &last.to_string(), o.due)? != StepTaken::No {
            return Ok(Some(last));
        }
        let told = self.store.told_late(o.id, o.due)?;
        Ok(Some(report.steps.before_the_leader(
            &self.config.calendar,
            date_of(o.due),
            told.map(date_of),
            self.at_hand,
            date_of(now),
        )))
    }
}

/// The step by the days alone, whatever the unit was told before.
fn step_by_date(
    config: &Config,
    o: &Obligation,
    first_opened: Timestamp,
    now: Timestamp,
) -> Option<Step> {
    // Of a closed period nobody is asked any more.
    if o.settled() || o.closed {
        return None;
    }
    let report = config.report(&o.report)?;
    if !report.asks_on(o.opens) {
        return None;
    }
    let step = report.steps.due(&config.calendar, o.opens, o.due, now)?;
    let old = match step {
        // What opened or was due before the installation is no news.
        Step::Opening => o.opens < date_of(first_opened),
        Step::Before(_) => false,
        Step::Late(_) | Step::Escalation => o.due < standing::tracked_from(config, first_opened),
    };
    (!old).then_some(step)
}

/// Queues one mail a unit a day, whatever number of reports it speaks of.
///
/// # Errors
/// When the store fails.
pub fn owe_reminders(config: &Config, store: &Store, now: Timestamp) -> Result<()> {
    let schedule = &config.settings.schedule;
    if !in_working_hours(&config.calendar, schedule.work_hours, now) {
        return Ok(());
    }
    let ladder = Ladder::at(now, config, store)?;
    let unsettled = store.unsettled()?;
    let mut owed: BTreeMap<UnitId, Vec<(i64, Timestamp, Step)>> = BTreeMap::new();
    for o in store.obligations(Receipts::All)? {
        if !unsettled.holds(&o.unit, &o.report)
            && let Some(step) = ladder.step(&o, now)?
            && store.step_taken(o.id, &step.to_string(), o.due)? != StepTaken::Yes
        {
            owed.entry(o.unit).or_default().push((o.id, o.due, step));
        }
    }
    if owed.is_empty() {
        return Ok(());
    }
    let today = date_of(now);
    let dead = store.dead_contacts(Receipts::All, now)?;
    let holds = Holds::at(now, config, store)?;
    for (unit, steps) in owed {
        if holds.hold(&unit)
            || store.reminded_since(&unit, instant(today, Time::midnight()))?
            || standing::addressee(config, &dead, &unit, today).is_none()
        {
            continue; // it stays due; without an address the digest says so
        }
        let Some(urgency) = steps.iter().map(|(.., step)| step.urgency()).min() else {
            continue;
        };
        let outbox = match store.queued_reminder(&unit)? {
            Some(waiting) => Some(waiting),
            None => store.owe(
                &NewMail {
                    owed: Owed::Reminder {
                        unit: unit.clone(),
                        day: today,
                        urgency,
                    },
                    unit: Some(unit),
                    message: None,
                },
                now,
            )?,
        };
        if let Some(outbox) = outbox {
            // What waits since days says what holds today.
            store.carry(outbox, Kind::Reminder(urgency), &steps)?;
        }
    }
    Ok(())
}

/// Notes whether mails that wait keep so many units from being reminded that somebody should know at once.
fn note_holds(config: &Config, store: &Store, now: Timestamp) -> Result<()> {
    match standing::many_held(config, store, now)? {
        Some(many) => store.failed(Part::Holds, now, &many),
        None => store.succeeded(Part::Holds, now),
    }
}

// ---- the digest ----

fn owe_digest(config: &Config, store: &Store, now: Timestamp) -> Result<()> {
    let z = now.to_zoned(zone());
    let day = z.date();
    if z.time() < config.settings.schedule.digest_at {
        return Ok(());
    }
    let owed = store.digest_addresses(day)?;
    let staff = &config.settings.digest_to;
    if owed.iter().any(String::is_empty) || staff.iter().all(|a| owed.contains(a)) {
        return Ok(());
    }
    if store.digest_span(day)?.is_none() {
        let since = match store.last_digest_before(day, None)? {
            Some(until) => until,
            None => store.first_opened()?.min(now) - jiff::SignedDuration::from_secs(1),
        };
        store.drop_waiting_digests(day, now)?;
        store.record_digest(day, since, now)?;
        waiting::list(config, store, day, now)?;
    }
    // Whoever becomes staff in the course of the day gets it, too.
    for address in staff.iter().filter(|a| !owed.contains(a)) {
        let mail = NewMail {
            owed: Owed::Digest {
                day,
                address: Some(address.clone()),
            },
            unit: None,
            message: None,
        };
        if let Some(outbox) = store.owe(&mail, now)? {
            store.record_digest_mail(day, address, outbox)?;
        }
    }
    Ok(())
}

// ---- looking ahead ----

/// A reminder that a day would bring.
pub struct Planned {
    /// To which unit.
    pub unit: UnitId,
    /// Of what: obligations with the step they have reached.
    pub items: Vec<(Obligation, Step)>,
}

/// The reminders that a day would bring, if nothing more came in. Nothing is written. `at_hand`: from when on reminders
/// leave in time, be it that they lie ahead; what the store does not know to have left before has not.
///
/// # Errors
/// When the store cannot be read.
pub fn on_day(
    config: &Config,
    store: &Store,
    day: Date,
    at_hand: Timestamp,
    now: Timestamp,
) -> Result<Vec<Planned>> {
    let work_starts = config.settings.schedule.work_hours.0;
    let morning = instant(day, work_starts);
    if !config.calendar.is_working_day(day) {
        return Ok(vec![]);
    }
    let ladder = Ladder::at(at_hand, config, store)?;
    let before = instant(config.calendar.working_days_before(day, 1), work_starts);
    let today = date_of(now) == day;
    let dead = store.dead_contacts(Receipts::All, now)?;
    let unsettled = store.unsettled()?;
    let mut owed: BTreeMap<UnitId, Vec<(Obligation, Step)>> = BTreeMap::new();
    let moment = morning.max(now.min(end_of(day)));
    let holds = Holds::at(moment, config, store)?;
    for o in store.obligations(Receipts::Until(moment))? {
        if unsettled.holds(&o.unit, &o.report) {
            continue;
        }
        let Some(reached) = ladder.step(&o, morning)? else {
            continue;
        };
        // On an earlier day the same step would have gone out then; today it may have been missed, and what came back
        // goes out again to whom is next.
        let fresh = ladder.step(&o, before)? != Some(reached);
        let missed = match store.step_taken(o.id, &reached.to_string(), o.due)? {
            StepTaken::Yes => false,
            StepTaken::No => today,
            StepTaken::CameBack => true,
        };
        if (fresh || missed)
            && !holds.hold(&o.unit)
            && standing::addressee(config, &dead, &o.unit, day).is_some()
        {
            owed.entry(o.unit.clone()).or_default().push((o, reached));
        }
    }
    let planned = owed
        .into_iter()
        .map(|(unit, items)| Planned { unit, items });
    Ok(planned.collect())
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
