//! How what is expected stands at a moment, by the schedule, the calendar and the day of the installation.

use anyhow::Result;
use jiff::civil::Time;
use jiff::{Timestamp, ToSpan};

use crate::config::Config;
use crate::domain::obligation::{Moments, Obligation, Rates, State};
use crate::domain::{date_of, instant};
use crate::store::Store;

/// What was due before this moment is not tracked: that of the installation, unless `remind_backlog` is set.
pub fn tracked_from(config: &Config, first_opened: Timestamp) -> Timestamp {
    match config.settings.schedule.remind_backlog {
        true => Timestamp::MIN,
        false => first_opened,
    }
}

/// How obligations look at one moment.
pub struct View<'c> {
    config: &'c Config,
    now: Timestamp,
    tracked_from: Timestamp,
}

impl<'c> View<'c> {
    /// The view at a moment.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn at(now: Timestamp, config: &'c Config, store: &Store) -> Result<View<'c>> {
        Ok(View {
            config,
            now,
            tracked_from: tracked_from(config, store.first_opened()?),
        })
    }

    /// The configuration by which it is looked.
    pub fn config(&self) -> &'c Config {
        self.config
    }

    /// The moment at which it is looked.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// How an obligation stands.
    pub fn state(&self, o: &Obligation) -> State {
        o.state(&Moments {
            now: self.now,
            near: self.near(o),
            closes: self.closes(o),
            tracked_from: self.tracked_from,
        })
    }

    /// Counts how obligations stand.
    pub fn rates<'o>(&self, obligations: impl IntoIterator<Item = &'o Obligation>) -> Rates {
        Rates::of(obligations.into_iter().map(|o| self.state(o)))
    }

    /// From when the deadline of an obligation counts as near.
    pub fn near(&self, o: &Obligation) -> Timestamp {
        let schedule = &self.config.settings.schedule;
        let report = self.config.report(&o.report);
        let steps = report.map_or(&schedule.steps, |r| &r.steps);
        steps.near(&self.config.calendar, o.due, schedule.work_hours.0)
    }

    /// From when what has not come counts as not sent at all: the end of the last working day of `closed_after`.
    fn closes(&self, o: &Obligation) -> Timestamp {
        let after = self.config.settings.schedule.closed_after;
        let calendar = &self.config.calendar;
        let last = calendar.working_days_after(date_of(o.due), after);
        instant(last.saturating_add(1.day()), Time::midnight())
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::domain::obligation::tests::{at, obligation};

    #[test]
    fn a_period_closes_after_the_days_of_the_schedule_and_what_was_due_before_the_installation_is_not_tracked()
     {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("config");
        let mut config = Config::load(&folder).unwrap();
        let store = Store::in_memory(at("2026-06-01T00:00:00Z")).unwrap();
        let state = |config: &Config, due: &str, now: &str| {
            let view = View::at(at(now), config, &store).unwrap();
            view.state(&obligation("a", due))
        };
        let due = "2026-06-15T10:00:00Z";
        // Twenty working days after Monday 15/6 is Monday 13/7.
        assert_eq!(state(&config, due, "2026-07-13T16:59:59Z"), State::Overdue);
        assert_eq!(state(&config, due, "2026-07-13T17:00:00Z"), State::Closed);
        config.settings.schedule.closed_after = 1;
        assert_eq!(state(&config, due, "2026-06-16T17:00:00Z"), State::Closed);
        let before = "2026-05-15T10:00:00Z";
        assert_eq!(
            state(&config, before, "2026-06-02T00:00:00Z"),
            State::Untracked
        );
        config.settings.schedule.remind_backlog = true;
        assert_eq!(
            state(&config, before, "2026-06-02T00:00:00Z"),
            State::Closed
        );
    }
}
