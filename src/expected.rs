//! What is expected of whom: the obligations of the periods that have opened, as configuration and calendar have them.

use std::hash::{DefaultHasher, Hash, Hasher};

use anyhow::Result;
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};

use crate::config::Config;
use crate::domain::date_of;
use crate::domain::obligation::Obligation;
use crate::domain::period::{Period, PeriodId};
use crate::domain::report::Report;
use crate::domain::row::ObligationId;
use crate::domain::unit::{Unit, UnitId};
use crate::matching::Expectation;
use crate::store::{KnownPeriod, Store};

/// The obligations of every period that has opened by a moment, as the configuration has them.
pub fn obligations(config: &Config, now: Timestamp) -> Vec<Obligation> {
    // A period that is due after `since` opened at most two years before.
    let from = config.settings.schedule.since.saturating_sub(2.years());
    opening(config, from, date_of(now))
}

/// The obligations of every period that opens from one day to another, both included.
fn opening(config: &Config, from: Date, to: Date) -> Vec<Obligation> {
    let schedule = &config.settings.schedule;
    let mut all = Vec::new();
    for report in &config.reports {
        for period in report.periods_opening(from, to, schedule.closing) {
            let due = report.deadline(&period, &config.calendar);
            if date_of(due) < schedule.since {
                continue;
            }
            for unit in config.register.all_on(period.opens) {
                if expected_of(config, report, unit, period.opens)
                    && (unit.valid_on(period.closes)
                        || heir_of(config, report, &unit.id, &period).is_none())
                {
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

/// The report and the period of an obligation, as the configuration has them.
pub fn period_of<'c>(config: &'c Config, o: &Obligation) -> Option<(&'c Report, Period)> {
    let report = config.report(&o.report)?;
    let period = report.period(&o.period, config.settings.schedule.closing)?;
    Some((report, period))
}

/// The unit that owes a report of its own on a period in place of one that ends before the period closes, if one took
/// over that does.
pub(crate) fn heir_of<'c>(
    config: &'c Config,
    report: &Report,
    unit: &UnitId,
    period: &Period,
) -> Option<&'c Unit> {
    let register = &config.register;
    if register.on(unit, period.closes).is_some() {
        return None;
    }
    let heirs = register.heirs(unit, period.closes);
    let mut owing = heirs
        .iter()
        .filter_map(|heir| register.on(heir, period.opens));
    owing.find(|heir| expected_of(config, report, heir, period.opens))
}

fn obligation(report: &Report, unit: &Unit, period: &Period, due: Timestamp) -> Obligation {
    Obligation {
        id: ObligationId(0),
        unit: unit.id.clone(),
        report: report.id.clone(),
        period: period.id.clone(),
        opens: period.opens,
        due,
        forms: report.forms,
        returned: None,
        excused: None,
        receipts: vec![],
        waiting: None,
        unverified: None,
        closed: false,
        reminders_sent: 0,
    }
}

/// Stores the obligations of every period that has opened; those that are there stay as they were frozen. By a clock
/// that is doubted none has opened.
pub fn expect(config: &Config, store: &Store, now: Timestamp) -> Result<()> {
    if store.clock_is_doubted()? {
        return Ok(());
    }
    store_expected(config, store, now)
}

/// See [`expect`]; whatever is said of the clock.
pub fn store_expected(config: &Config, store: &Store, now: Timestamp) -> Result<()> {
    let (trace, today) = (trace(config), date_of(now));
    let mut wanted = match store.expected_until(&trace)? {
        Some(day) if day >= today => return Ok(()),
        Some(day) => opening(config, day.tomorrow()?, today),
        None => obligations(config, now),
    };
    store.transaction(|s| {
        if !wanted.is_empty() {
            let known = s.periods()?;
            wanted.retain(|o| !was_asked_for_otherwise(o, &known, now));
        }
        wanted.iter().try_for_each(|o| s.expect(o))?;
        s.set_expected_until(&trace, today)
    })
}

/// Whether what a configuration expects at a moment is in the store, as far as that can be told without looking at it.
///
/// # Errors
/// When the store cannot be read.
pub(crate) fn is_stored(config: &Config, store: &Store, now: Timestamp) -> Result<bool> {
    let until = store.expected_until(&trace(config))?;
    let today = date_of(now);
    Ok(until.is_some_and(|day| {
        let tomorrow = day.saturating_add(1.day());
        day >= today || opening(config, tomorrow, today).is_empty()
    }))
}

/// A trace of all by which it is decided what is expected: another one may expect other things. That of a program built
/// by another compiler may differ; then all is looked at once more.
fn trace(config: &Config) -> String {
    let schedule = &config.settings.schedule;
    let mut trace = DefaultHasher::new();
    config.register.units.hash(&mut trace);
    config.reports.hash(&mut trace);
    config.calendar.hash(&mut trace);
    (schedule.since, schedule.closing).hash(&mut trace);
    format!("{:016x}", trace.finish())
}

/// Whether a period is long over, and its report was asked for in periods of another length then: whoever sent every
/// month owes no quarter that nobody knew of before its deadline had passed.
fn was_asked_for_otherwise(o: &Obligation, known: &[KnownPeriod], now: Timestamp) -> bool {
    let of_report = || known.iter().filter(|k| k.report == o.report);
    o.due <= now
        && !of_report().any(|k| k.period == o.period)
        && of_report().any(|k| !k.period.is_like(&o.period) && k.due >= o.due)
}

/// What is expected of a unit, for matching; of anybody, where none is named: then each period that somebody was asked for
/// is one that may still come.
pub(crate) fn to_come(store: &Store, unit: Option<&UnitId>) -> Result<Vec<Expectation>> {
    let Some(unit) = unit else {
        let periods = store.periods()?.into_iter();
        let of_anybody = periods.map(|known| Expectation {
            report: known.report,
            period: known.period,
            due: known.due,
            open: true,
        });
        return Ok(of_anybody.collect());
    };
    let obligations = store.settled_or_to_come(unit)?;
    Ok(obligations.iter().map(Expectation::from).collect())
}

/// Where a report on a period belongs.
#[derive(Clone, Debug)]
pub enum Place {
    /// To an obligation that is there: its row.
    Open(ObligationId),
    /// To one that opens with it, as it comes before its period opens.
    Early(Box<Obligation>),
    /// It is open already and not expected of the unit, or from before our time.
    Nowhere,
}

impl Place {
    /// Where a report of a unit on a period belongs. Nothing is written.
    pub fn of(
        config: &Config,
        store: &Store,
        unit: &UnitId,
        report: &str,
        period: &PeriodId,
        now: Timestamp,
    ) -> Result<Place> {
        if let Some(id) = store.obligation_id(unit, report, period)? {
            return Ok(Place::Open(id));
        }
        let early = early(config, unit, report, period, now);
        Ok(early.map_or(Place::Nowhere, |o| Place::Early(Box::new(o))))
    }

    /// Whether it belongs anywhere.
    pub(crate) fn is_somewhere(&self) -> bool {
        match self {
            Place::Open(_) | Place::Early(_) => true,
            Place::Nowhere => false,
        }
    }

    /// The obligation at this place, which is made where it is early; within a transaction.
    pub fn taken(&self, store: &Store) -> Result<Option<ObligationId>> {
        match self {
            Place::Open(id) => Ok(Some(*id)),
            Place::Early(o) => {
                store.expect(o)?;
                store.obligation_id(&o.unit, &o.report, &o.period)
            }
            Place::Nowhere => Ok(None),
        }
    }
}

/// What will be expected of a unit when the period opens, where it has not opened yet, or opened before the unit was there.
fn early(
    config: &Config,
    unit: &UnitId,
    report: &str,
    period: &PeriodId,
    now: Timestamp,
) -> Option<Obligation> {
    let schedule = &config.settings.schedule;
    let today = date_of(now);
    let (report, row) = (config.report(report)?, config.register.on(unit, today)?);
    let span = report.period(period, schedule.closing)?;
    let due = report.deadline(&span, &config.calendar);
    // A unit that was founded within the period is not asked for it, and reports on it all the same.
    let founded_since = config.register.on(unit, span.opens).is_none()
        && config.register.on(unit, span.closes).is_some();
    let will_be = (span.opens > today || founded_since)
        && report.asks_on(span.opens)
        && date_of(due) >= schedule.since
        && expected_of(config, report, row, today);
    will_be.then(|| obligation(report, row, &span, due))
}

/// Whether a report on a period was due before the day from which reports are followed: nobody is asked for it here.
pub(crate) fn was_due_before_since(config: &Config, report: &str, period: &PeriodId) -> bool {
    let schedule = &config.settings.schedule;
    let due = config.report(report).and_then(|report| {
        let span = report.period(period, schedule.closing)?;
        Some(report.deadline(&span, &config.calendar))
    });
    due.is_some_and(|due| date_of(due) < schedule.since)
}

/// The obligation that a submission serves. A report that comes before its period opens makes it open early.
pub fn obligation_for(
    config: &Config,
    store: &Store,
    unit: &UnitId,
    report: &str,
    period: &PeriodId,
    now: Timestamp,
) -> Result<Option<ObligationId>> {
    Place::of(config, store, unit, report, period, now)?.taken(store)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn what_a_unit_reports_on_within_which_it_was_founded_belongs_though_it_is_not_asked_for() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("config");
        let mut config = Config::load(&folder).unwrap();
        let unit = UnitId("ldld-tuy-an".into());
        let now = "2026-06-12T09:00:00+07:00".parse().unwrap();
        for (founded, belongs) in [
            (date(2026, 5, 1), true),
            // After its end, or later than today: what it sends is of others.
            (date(2026, 6, 20), false),
        ] {
            for row in config.register.units.iter_mut().filter(|u| u.id == unit) {
                row.valid_from = founded;
            }
            let period = PeriodId::Half(2026, 1);
            let asked = obligations(&config, now);
            let is_it =
                |o: &Obligation| o.unit == unit && o.report == "tre-em" && o.period == period;
            assert!(!asked.iter().any(is_it), "{founded}");
            let store = Store::in_memory(now).unwrap();
            let place = Place::of(&config, &store, &unit, "tre-em", &period, now).unwrap();
            assert_eq!(place.is_somewhere(), belongs, "{founded}");
        }
    }
}
