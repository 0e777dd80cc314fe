//! What is lived through, in words that bring it back; and how a failing one is made smaller.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use anyhow::{Context, Result, bail};
use jiff::civil::{Date, date};

use super::year::UNITS;

/// A kind of thing that goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// A mail cannot be read, and is read days later.
    Unreadable,
    /// A mail waits for staff, and names reports or none.
    Waiting,
    /// No mail can be read for hours or days.
    ReadingFails,
    /// The mailbox is restored from a copy.
    Rewound,
    /// The login is refused, or there is no line.
    Unreachable,
    /// Sending takes longer than a look into the mailbox holds.
    LongRound,
    /// Nothing is taken for hours or days.
    Paused,
    /// Single letters are refused, deferred, or in doubt.
    Refused,
    /// Letters come back.
    Bounced,
    /// The clock is ahead or behind.
    Clock,
    /// A unit or a report has another id, and it is said at once or days later.
    Renamed,
    /// A unit or a report is taken out of the configuration, and comes back.
    Removed,
}

impl Fault {
    const ALL: [Fault; 12] = [
        Fault::Unreadable,
        Fault::Waiting,
        Fault::ReadingFails,
        Fault::Rewound,
        Fault::Unreachable,
        Fault::LongRound,
        Fault::Paused,
        Fault::Refused,
        Fault::Bounced,
        Fault::Clock,
        Fault::Renamed,
        Fault::Removed,
    ];
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trial {
    pub seed: u64,
    pub units: BTreeSet<usize>,
    pub until: Date,
    pub faults: BTreeSet<Fault>,
}

impl Trial {
    /// Everything that a seed brings.
    pub fn whole(seed: u64) -> Trial {
        Trial {
            seed,
            units: (0..UNITS).collect(),
            until: date(2026, 12, 31),
            faults: Fault::ALL.into(),
        }
    }

    /// The smallest trial that fails still, leaving out kinds of faults, units and days.
    pub fn shrunk(self, fails: &dyn Fn(&Trial) -> bool) -> Trial {
        let mut smallest = self;
        loop {
            let before = smallest.clone();
            smallest = smallest.with_fewer_days(fails).with_fewer_units(fails);
            for fault in &before.faults {
                let mut without = smallest.clone();
                without.faults.remove(fault);
                smallest = if fails(&without) { without } else { smallest };
            }
            if smallest == before {
                return smallest;
            }
        }
    }

    fn with_fewer_units(mut self, fails: &dyn Fn(&Trial) -> bool) -> Trial {
        let mut size = self.units.len().div_ceil(2);
        while size > 0 {
            let units: Vec<usize> = self.units.iter().copied().collect();
            for part in units.chunks(size) {
                let mut fewer = self.clone();
                fewer.units.retain(|u| !part.contains(u));
                self = if fails(&fewer) { fewer } else { self };
            }
            size /= 2;
        }
        self
    }

    fn with_fewer_days(mut self, fails: &dyn Fn(&Trial) -> bool) -> Trial {
        let (mut holds, mut fails_by) = (1, i64::from(self.until.day_of_year()));
        while holds < fails_by {
            let middle = (holds + fails_by) / 2;
            let until = date(2026, 1, 1).saturating_add(jiff::Span::new().days(middle - 1));
            let shorter = Trial {
                until,
                ..self.clone()
            };
            if fails(&shorter) {
                fails_by = middle;
                self = shorter;
            } else {
                holds = middle + 1;
            }
        }
        self
    }
}

impl fmt::Display for Trial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = Trial::whole(self.seed);
        write!(f, "{}", self.seed)?;
        if self.units != whole.units {
            let units: Vec<String> = self.units.iter().map(usize::to_string).collect();
            write!(f, " units={}", units.join(","))?;
        }
        if self.until != whole.until {
            write!(f, " until={}", self.until)?;
        }
        if self.faults != whole.faults {
            let faults: Vec<String> = self.faults.iter().map(|f| format!("{f:?}")).collect();
            write!(f, " faults={}", faults.join(","))?;
        }
        Ok(())
    }
}

impl FromStr for Trial {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Trial> {
        let mut words = text.split_whitespace();
        let mut trial = Trial::whole(words.next().context("no seed")?.parse()?);
        let list = |text: &str| -> Vec<String> {
            text.split(',')
                .filter(|w| !w.is_empty())
                .map(str::to_owned)
                .collect()
        };
        for word in words {
            match word.split_once('=') {
                Some(("until", day)) => trial.until = day.parse()?,
                Some(("units", units)) => {
                    trial.units = list(units)
                        .iter()
                        .map(|u| u.parse())
                        .collect::<Result<_, _>>()?;
                }
                Some(("faults", faults)) => {
                    let named = list(faults);
                    trial.faults.retain(|f| named.contains(&format!("{f:?}")));
                }
                _ => bail!("{word} is neither units=, until= nor faults="),
            }
        }
        Ok(trial)
    }
}
