//! Who is reminded now, and of what.

use anyhow::Result;
use jiff::Timestamp;
use jiff::civil::Time;

use crate::config::Config;
use crate::domain::owed::{Kind, Owed};
use crate::domain::reminder::in_working_hours;
use crate::domain::{date_of, instant};
use crate::standing::{self, Planned};
use crate::store::{NewMail, Store};

/// Queues one mail an address a day, whatever number of reports it speaks of.
pub fn owe_reminders(config: &Config, store: &Store, now: Timestamp) -> Result<()> {
    let schedule = &config.settings.schedule;
    if !in_working_hours(&config.calendar, schedule.work_hours, now) {
        return Ok(());
    }
    let today = date_of(now);
    for Planned { unit, items, asks } in standing::reminded_now(config, store, now)? {
        if asks {
            continue; // the digest does
        }
        let urgency = items.iter().map(|(_, step)| step.urgency()).min();
        let Some(urgency) = urgency else { continue };
        // What came back today goes out again tomorrow.
        let midnight = instant(today, Time::midnight());
        let mut told = store.reminded_since(&unit, midnight)?;
        for (o, _) in &items {
            told = told || o.unit != unit && store.reminded_since(&o.unit, midnight)?;
        }
        if told {
            continue; // it stays due
        }
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
            let steps: Vec<_> = items.iter().map(|(o, step)| (o.id, o.due, *step)).collect();
            store.carry(outbox, Kind::Reminder(urgency), &steps)?;
        }
    }
    Ok(())
}
