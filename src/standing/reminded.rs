//! Who is reminded of what, and of which letters staff are asked first: now, and on a day that lies ahead.

use std::collections::{BTreeMap, HashMap};

use anyhow::Result;
use jiff::civil::{Date, Time};
use jiff::{Timestamp, ToSpan};

use super::Holds;
use super::due::{Facts, OfDays};
use super::rhythm::Rhythm;
use crate::config::Config;
use crate::domain::obligation::Obligation;
use crate::domain::reminder::{Escalation, Step};
use crate::domain::report::Report;
use crate::domain::unit::UnitId;
use crate::domain::{date_of, instant};
use crate::store::{DeadContacts, Receipts, Store};

/// A reminder that leaves, or that a day would bring.
pub struct Planned {
    /// To which unit.
    pub unit: UnitId,
    /// Of what: obligations with the step they have reached; also of other units whose letters reach the same address.
    pub items: Vec<(Obligation, Step)>,
    /// Whether it is a letter to a leader that waits for a word of staff.
    pub asks: bool,
}

/// For which moment it is asked who is reminded.
#[derive(Clone, Copy)]
enum When {
    /// This one.
    Now(Timestamp),
    /// A working day, be it over or still to come: as if nothing more came in.
    On {
        day: Date,
        /// From when on reminders leave in time; what the store does not know to have left before has not.
        at_hand: Timestamp,
        now: Timestamp,
    },
}

/// A letter that was announced so long ago has left, or waits for something else.
const LONG_ANNOUNCED: i64 = 30;

/// Who would be reminded, and of what. Nothing is written.
fn reminded(config: &Config, store: &Store, when: When) -> Result<Vec<Planned>> {
    let work_starts = config.settings.schedule.work_hours.0;
    // For which moment and day it is asked, and by when mails count and hold.
    let (now, asked, day, seen, at_hand) = match when {
        When::Now(now) => (now, now, date_of(now), now, now),
        When::On { day, at_hand, now } => {
            let morning = instant(day, work_starts);
            let seen = morning.max(now.min(end_of(day)));
            (now, morning, day, seen, at_hand)
        }
    };
    let first_opened = store.first_opened()?;
    let of_days = OfDays {
        calendar: &config.calendar,
        first_opened,
        tracked_from: super::tracked_from(config, first_opened),
    };
    let obligations = match when {
        When::Now(now) => in_question(config, store, of_days, now)?,
        When::On { .. } => store.obligations_unsettled(Receipts::Until(seen))?,
    };
    let unsettled = store.unsettled()?;
    let decided = store.decided_on(day)?;
    let announces = |r: &Report| r.steps.escalation == Escalation::Announce;
    let digests = match config.reports.iter().any(announces) {
        true => store.digests_that_reached_staff(day.saturating_sub(LONG_ANNOUNCED.days()))?,
        false => vec![],
    };
    let mut owed: BTreeMap<(UnitId, bool), Vec<(Obligation, Step)>> = BTreeMap::new();
    for obligation in obligations {
        let mut facts = Facts {
            obligation: &obligation,
            steps: asked_for(config, &obligation.report, obligation.opens).map(|r| &r.steps),
            of_days,
            at_hand: date_of(at_hand),
            left: &[],
            nod: None,
            digests: &digests,
            decided: decided.contains(&obligation.unit),
        };
        // Of most nothing is owed by the days alone: what left need not be looked up.
        if unsettled.holds(&obligation.unit, &obligation.report) || facts.by_date(asked).is_none() {
            continue;
        }
        let left = store.steps_left(obligation.id, obligation.due)?;
        facts.left = &left;
        facts.nod = store.nod(obligation.id, obligation.due)?;
        let step = match when {
            When::Now(_) => facts.owed(asked),
            When::On { .. } => {
                let before = config.calendar.working_days_before(day, 1);
                facts.owed_on(asked, instant(before, work_starts), date_of(now) == day)
            }
        };
        if let Some((step, asks)) = step {
            let of_unit = owed.entry((obligation.unit.clone(), asks)).or_default();
            of_unit.push((obligation, step));
        }
    }
    if owed.is_empty() {
        return Ok(vec![]);
    }
    let dead = store.dead_contacts(Receipts::All, now)?;
    let holds = Holds::at(seen, config, store)?;
    // What is held stays due.
    owed.retain(|(unit, _), _| !holds.hold(unit));
    let lately = Lately::before(config, store, when, day)?;
    let letters = in_letters(config, &dead, owed, day).into_iter();
    let leave = letters.filter(|(to, p)| p.asks || lately.may_leave(to, &p.items));
    Ok(leave.map(|(_, planned)| planned).collect())
}

/// What is owed, a letter an address (lower case): whoever stands for several units gets one of all. What goes to leaders, or
/// waits for a word of staff, is of each unit by itself. Of a unit without an address the digest says so.
fn in_letters(
    config: &Config,
    dead: &DeadContacts,
    owed: BTreeMap<(UnitId, bool), Vec<(Obligation, Step)>>,
    day: Date,
) -> Vec<(String, Planned)> {
    let mut letters: Vec<(String, Planned)> = Vec::new();
    let mut of_address: HashMap<String, usize> = HashMap::new();
    for ((unit, asks), items) in owed {
        let Some(to) = super::addressee(config, dead, &unit, day) else {
            continue;
        };
        let address = to.to.to_lowercase();
        let alone = asks || items.iter().any(|(_, step)| *step == Step::Escalation);
        if let Some(at) = of_address.get(&address).filter(|_| !alone) {
            let letter = &mut letters[*at].1;
            // Who is there is written to, not whom he stands for.
            if to.unit.id == unit && config.register.on(&letter.unit, day).is_none() {
                letter.unit = unit;
            }
            letter.items.extend(items);
            continue;
        }
        if !alone {
            of_address.insert(address.clone(), letters.len());
        }
        letters.push((address, Planned { unit, items, asks }));
    }
    letters
}

/// The letters that left lately, by address.
struct Lately<'c> {
    config: &'c Config,
    left: HashMap<String, Vec<Date>>,
    today: Date,
}

impl Lately<'_> {
    /// Those that left before a day, or by now.
    fn before<'c>(config: &'c Config, store: &Store, when: When, day: Date) -> Result<Lately<'c>> {
        let since = Rhythm::looks_back_to(&config.calendar, day);
        let mut left: HashMap<String, Vec<Date>> = HashMap::new();
        for (at, recipients) in store.reminders_left_since(instant(since, Time::midnight()))? {
            let of_day = date_of(at);
            // A day that is looked at would bring what it brought.
            if of_day > day || of_day == day && matches!(when, When::On { .. }) {
                continue;
            }
            for address in recipients {
                left.entry(address.to_lowercase()).or_default().push(of_day);
            }
        }
        Ok(Lately {
            config,
            left,
            today: day,
        })
    }

    /// Whether a letter may leave to an address (lower case).
    fn may_leave(&self, address: &str, items: &[(Obligation, Step)]) -> bool {
        let left = self.left.get(address);
        let rhythm = Rhythm {
            calendar: &self.config.calendar,
            left: left.map_or(&[], Vec::as_slice),
            today: self.today,
        };
        rhythm.may_leave(items)
    }
}

/// A report, if it is asked for in a period that opens on a day.
fn asked_for<'c>(config: &'c Config, report: &str, opens: Date) -> Option<&'c Report> {
    config.report(report).filter(|r| r.asks_on(opens))
}

/// The obligations of which something may be owed now: those of periods by whose days a step is reached, but for the ones
/// whose unit got the letter of that step and did not fail to.
fn in_question(
    config: &Config,
    store: &Store,
    of_days: OfDays<'_>,
    now: Timestamp,
) -> Result<Vec<Obligation>> {
    let mut rows = Vec::new();
    for open in store.open_periods()? {
        let report = asked_for(config, &open.report, open.opens);
        let step = report.and_then(|r| of_days.step(&r.steps, open.opens, open.until, now));
        if let Some(step) = step {
            rows.extend(store.open_untold(&open, step)?);
        }
    }
    store.obligations_in(&rows, Receipts::All)
}

fn end_of(day: Date) -> Timestamp {
    instant(day, Time::constant(23, 59, 59, 0))
}

/// The reminders that are owed at a moment, whatever the hour.
pub(crate) fn now(config: &Config, store: &Store, now: Timestamp) -> Result<Vec<Planned>> {
    reminded(config, store, When::Now(now))
}

/// The reminders that a day would bring, if nothing more came in. Nothing is written. `at_hand`: from when on reminders
/// leave in time, be it that they lie ahead; what the store does not know to have left before has not.
pub fn on_day(
    config: &Config,
    store: &Store,
    day: Date,
    at_hand: Timestamp,
    now: Timestamp,
) -> Result<Vec<Planned>> {
    if !config.calendar.is_working_day(day) {
        return Ok(vec![]);
    }
    reminded(config, store, When::On { day, at_hand, now })
}
