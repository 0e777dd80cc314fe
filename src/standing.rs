//! How what is expected stands at a moment, by the schedule, the calendar and the day of the installation.

mod due;
mod reminded;
mod rhythm;
mod said;

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};

use anyhow::Result;
use jiff::civil::{Date, Time};
use jiff::{Timestamp, ToSpan};

use crate::config::Config;
use crate::domain::obligation::{Moments, Obligation, Rates, State};
use crate::domain::unit::{Addressee, UnitId};
use crate::domain::{date_of, instant};
use crate::store::{Claim, DeadContacts, Stands, Store};

pub(crate) use reminded::now as reminded_now;
pub use reminded::{Planned, on_day};

/// What was due before this moment is not tracked: that of the installation, unless `remind_backlog` is set.
pub(crate) fn tracked_from(config: &Config, first_opened: Timestamp) -> Timestamp {
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
    /// By deadline and report, as they were asked for: they are the same for all units.
    moments: RefCell<HashMap<Timestamp, Vec<(String, Moments)>>>,
}

impl<'c> View<'c> {
    /// The view at a moment.
    pub fn at(now: Timestamp, config: &'c Config, store: &Store) -> Result<View<'c>> {
        Ok(View {
            config,
            now,
            tracked_from: tracked_from(config, store.first_opened()?),
            moments: RefCell::default(),
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
        o.state(&self.moments(o))
    }

    /// The moments by which it is decided how an obligation stands.
    fn moments(&self, o: &Obligation) -> Moments {
        let mut known = self.moments.borrow_mut();
        let of_due = known.entry(o.due).or_default();
        if let Some((_, moments)) = of_due.iter().find(|(report, _)| *report == o.report) {
            return *moments;
        }
        let moments = Moments {
            now: self.now,
            near: self.found_near(o),
            closes: self.closes(o),
            tracked_from: self.tracked_from,
        };
        of_due.push((o.report.clone(), moments));
        moments
    }

    /// Counts how obligations stand.
    pub(crate) fn rates<'o>(&self, obligations: impl IntoIterator<Item = &'o Obligation>) -> Rates {
        Rates::of(obligations.into_iter().map(|o| self.state(o)))
    }

    /// From when the deadline of an obligation counts as near.
    pub fn near(&self, o: &Obligation) -> Timestamp {
        self.moments(o).near
    }

    fn found_near(&self, o: &Obligation) -> Timestamp {
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

/// Who is written to for a unit on a day; `None` where no address works.
pub(crate) fn addressee<'c>(
    config: &'c Config,
    dead: &DeadContacts,
    unit: &UnitId,
    day: Date,
) -> Option<Addressee<'c>> {
    let works = |address: &str| !dead.contains_key(address);
    config.register.addressee(unit, day, &works)
}

/// Whose reminders the mails that wait hold at a moment.
pub struct Holds<'c> {
    config: &'c Config,
    now: Timestamp,
    /// What they say for every unit, the oldest first.
    claims: Vec<Claim>,
}

/// A unit whose reminders are held, and why.
pub struct Held {
    /// Which.
    pub unit: UnitId,
    /// The mails that hold them, each with why and until when; the oldest first.
    pub by: Vec<Claim>,
}

impl<'c> Holds<'c> {
    /// The holds at a moment.
    pub fn at(now: Timestamp, config: &'c Config, store: &Store) -> Result<Holds<'c>> {
        Ok(Holds {
            config,
            now,
            claims: store.claims()?,
        })
    }

    /// Whether no mail waits.
    pub(crate) fn are_none(&self) -> bool {
        self.claims.is_empty()
    }

    /// The claims for a unit, for any unit, and for those that are written to in its place.
    fn on<'h>(&'h self, unit: &UnitId) -> impl Iterator<Item = &'h Claim> {
        let heirs = self.config.register.heirs(unit, date_of(self.now));
        let unit = unit.clone();
        self.claims
            .iter()
            .filter(move |claim| match &claim.hold.unit {
                Some(of) => *of == unit || heirs.contains(of),
                None => true,
            })
    }

    /// Whether a unit is not reminded.
    pub fn hold(&self, unit: &UnitId) -> bool {
        self.on(unit).any(|c| c.at(self.now) == Stands::Holds)
    }

    /// Whether a unit that is reminded is told that a mail in its name is being looked into.
    pub fn tell(&self, unit: &UnitId) -> bool {
        self.on(unit).any(|c| c.at(self.now) == Stands::Told)
    }

    /// No more units than so many are not reminded, whatever they owe.
    fn most(&self) -> usize {
        let holding = self
            .claims
            .iter()
            .filter(|c| c.at(self.now) == Stands::Holds);
        let named: Option<BTreeSet<&UnitId>> = holding.map(|c| c.hold.unit.as_ref()).collect();
        let Some(named) = named else {
            return usize::MAX; // one may be of anybody
        };
        if named.len() > FEW {
            return named.len();
        }
        // Those, and whom they stand for.
        let units = self.config.register.units.iter().map(|u| &u.id);
        let all: BTreeSet<&UnitId> = units.filter(|id| self.hold(id)).chain(named).collect();
        all.len()
    }

    /// The units that owe something, and are not reminded of it while mails wait, as it looked at that moment: what came
    /// later was not there.
    pub fn held(&self, obligations: &[Obligation], tracked_from: Timestamp) -> Vec<Held> {
        let today = date_of(self.now);
        let owing = obligations
            .iter()
            .filter(|o| !o.settled() && o.opens <= today && o.due >= tracked_from);
        self.held_of(owing.map(|o| &o.unit).collect())
    }

    fn held_of(&self, owing: BTreeSet<&UnitId>) -> Vec<Held> {
        let held = owing.into_iter().map(|unit| Held {
            unit: unit.clone(),
            by: self
                .on(unit)
                .filter(|c| c.stored_at <= self.now && c.at(self.now) == Stands::Holds)
                .cloned()
                .collect(),
        });
        held.filter(|held| !held.by.is_empty()).collect()
    }
}

/// What there is to say, for staff, where mails that wait keep more units from being reminded than a few mails would: more
/// than a tenth of those that report, and more than two.
pub(crate) fn many_held(config: &Config, store: &Store, now: Timestamp) -> Result<Option<String>> {
    let holds = Holds::at(now, config, store)?;
    if holds.most() <= FEW {
        return Ok(None); // as a rule: what is owed is not looked up
    }
    let today = date_of(now);
    let owing = store.owing(today, tracked_from(config, store.first_opened()?))?;
    let held = holds.held_of(owing.iter().collect()).len();
    let units: BTreeSet<&UnitId> = config.register.all_on(today).map(|u| &u.id).collect();
    let mut reporting = 0;
    for unit in units {
        reporting += usize::from(store.is_asked(unit)?);
    }
    Ok(are_many(held, reporting).then(|| said::many_are_held(held, reporting)))
}

/// So many units are never many.
const FEW: usize = 2;

fn are_many(held: usize, units: usize) -> bool {
    held > FEW && held * 10 > units
}

#[cfg(test)]
mod tests {
    use crate::domain::row::MessageId;
    use std::path::Path;

    use super::*;
    use crate::domain::obligation::tests::{at, obligation};
    use crate::store::{Ground, Hold};

    #[test]
    fn whom_mails_hold_is_told_of_a_moment_without_what_came_after_it() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("config");
        let config = Config::load(&folder).unwrap();
        let unit = UnitId("ldld-tuy-an".into());
        let claim = Claim {
            message: MessageId(1),
            stored_at: at("2026-06-17T07:00:00Z"),
            read: true,
            forged: false,
            hold: Hold {
                unit: Some(unit.clone()),
                ground: Ground::Address,
                until: None,
            },
        };
        let owed = [obligation(&unit.0, "2026-06-15T10:00:00Z")];
        let held = |now: &str| {
            let holds = Holds {
                config: &config,
                now: at(now),
                claims: vec![claim.clone()],
            };
            assert!(holds.hold(&unit), "who decides knows all that came");
            holds.held(&owed, Timestamp::MIN).len()
        };
        assert_eq!(held("2026-06-16T00:00:00Z"), 0);
        assert_eq!(held("2026-06-18T00:00:00Z"), 1);
    }

    #[test]
    fn no_more_units_are_held_than_are_named_and_than_those_stand_for() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("config");
        let mut config = Config::load(&folder).unwrap();
        let units = &mut config.register.units;
        let at_row = units.iter().position(|u| u.id.0 == "ldld-tuy-an").unwrap();
        let mut ended = units[at_row].clone();
        ended.id = UnitId("truoc-day".into());
        ended.valid_to = Some(jiff::civil::date(2026, 1, 31));
        ended.successors = vec![UnitId("ldld-tuy-an".into())];
        units.push(ended);
        let most = |of: &[Option<&str>], until: Option<Timestamp>| {
            let claim = |unit: &Option<&str>| Claim {
                message: MessageId(1),
                stored_at: at("2026-06-01T00:00:00Z"),
                read: true,
                forged: false,
                hold: Hold {
                    unit: unit.map(|u| UnitId(u.into())),
                    ground: Ground::Address,
                    until,
                },
            };
            let claims = of.iter().map(claim).collect();
            let now = at("2026-06-16T00:00:00Z");
            let config = &config;
            Holds {
                config,
                now,
                claims,
            }
            .most()
        };
        assert_eq!(most(&[], None), 0);
        assert_eq!(
            most(&[Some("ldld-dong-hoa"), Some("ldld-dong-hoa")], None),
            1
        );
        assert_eq!(
            most(&[Some("ldld-tuy-an")], None),
            2,
            "and whom it stands for"
        );
        assert_eq!(most(&[Some("khong-con")], None), 1, "not in the register");
        assert_eq!(most(&[Some("ldld-tuy-an"), None], None), usize::MAX);
        let over = Some(at("2026-06-10T00:00:00Z"));
        assert_eq!(most(&[Some("ldld-tuy-an"), None], over), 0, "it is over");
    }

    #[test]
    fn more_than_a_tenth_of_the_units_and_more_than_two_are_many() {
        for (held, units, many) in [
            (0, 0, false),
            (2, 2, false),
            (3, 3, true),
            (3, 30, false),
            (4, 31, true),
            (31, 31, true),
        ] {
            assert_eq!(are_many(held, units), many, "{held} of {units}");
        }
    }

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
