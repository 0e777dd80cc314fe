//! How units did in a year, in points by a rule of the configuration, and who comes where among those of a kind. Its table of
//! cases is `tests/year.jsonl`.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::hash::Hash;

use jiff::Timestamp;

use super::date_of;
use super::obligation::{Obligation, State};

/// What a report earns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Points {
    /// For one that was complete in time; the most.
    pub on_time: i32,
    /// So many less for each day that it was late, …
    pub late_per_day: i32,
    /// … but no less than so many.
    pub late_least: i32,
    /// For one that had not come when its period was closed; below 0 it costs.
    pub not_sent: i32,
}

impl Default for Points {
    fn default() -> Points {
        Points {
            on_time: 10,
            late_per_day: 1,
            late_least: 3,
            not_sent: 0,
        }
    }
}

impl Points {
    /// What an outcome earns; `None` where it does not count.
    pub fn of(&self, outcome: Outcome) -> Option<i32> {
        match outcome {
            Outcome::OnTime => Some(self.on_time),
            Outcome::Late(days) => {
                let days = i32::try_from(days).unwrap_or(i32::MAX);
                let left = self
                    .on_time
                    .saturating_sub(self.late_per_day.saturating_mul(days));
                Some(left.max(self.late_least))
            }
            // So far: what comes yet is late and earns what that does.
            Outcome::Partial | Outcome::NotYet => Some(0),
            Outcome::NotSent => Some(self.not_sent),
            Outcome::Ahead | Outcome::Waiting | Outcome::Excused | Outcome::Untracked => None,
        }
    }
}

/// How what is expected of a unit counts in its year.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Complete in time.
    OnTime,
    /// Complete after the deadline, by so many days of the calendar; on the day itself, 1.
    Late(u32),
    /// The deadline has passed, and a form is missing.
    Partial,
    /// The deadline has passed, nothing is there, and the period is not closed.
    NotYet,
    /// Nothing was there when the period was closed.
    NotSent,
    /// The deadline is ahead, or that for sending it again.
    Ahead,
    /// What is missing may be in a mail on which staff have to decide.
    Waiting,
    /// Staff excused the unit.
    Excused,
    /// It was due before the installation.
    Untracked,
}

impl Outcome {
    /// That of an obligation in a state at a moment.
    pub fn of(o: &Obligation, state: State, now: Timestamp) -> Outcome {
        match state {
            State::Submitted => Outcome::OnTime,
            State::Late => {
                let came = o.complete_at().unwrap_or(o.due);
                let days = date_of(came) - date_of(o.due);
                Outcome::Late(days.get_days().max(1).unsigned_abs())
            }
            State::Partial if now > o.due => Outcome::Partial,
            State::Partial | State::NotDue | State::Pending | State::Returned => Outcome::Ahead,
            State::Overdue => Outcome::NotYet,
            State::Closed => Outcome::NotSent,
            State::Waiting(_) => Outcome::Waiting,
            State::Excused => Outcome::Excused,
            State::Untracked => Outcome::Untracked,
        }
    }

    /// The word of the JSON interface.
    pub fn word(self) -> &'static str {
        match self {
            Outcome::OnTime => "on_time",
            Outcome::Late(_) => "late",
            Outcome::Partial => "partial",
            Outcome::NotYet => "not_yet",
            Outcome::NotSent => "not_sent",
            Outcome::Ahead => "ahead",
            Outcome::Waiting => "waiting",
            Outcome::Excused => "excused",
            Outcome::Untracked => "untracked",
        }
    }
}

/// The year of a unit in numbers. `expected` = `on_time` + `late` + `partial` + `not_yet` + `not_sent`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// What counts: its deadline has passed or it is complete, and it is not among the ones below that do not count.
    pub expected: u32,
    /// Complete in time.
    pub on_time: u32,
    /// Complete after the deadline.
    pub late: u32,
    /// With a form missing after the deadline.
    pub partial: u32,
    /// With nothing after the deadline; the period is not closed.
    pub not_yet: u32,
    /// With nothing when the period was closed.
    pub not_sent: u32,
    /// Sent back by staff, whatever came of it.
    pub returned: u32,
    /// Waiting for staff; does not count.
    pub waiting: u32,
    /// Excused; does not count.
    pub excused: u32,
    /// Due before the installation; does not count.
    pub untracked: u32,
    /// What was earned.
    pub points: i32,
    /// What would have been, had all that counts been in time.
    pub attainable: i32,
    /// By how many days each that was late was late.
    days_late: Vec<u32>,
}

impl Tally {
    /// Counts an outcome, of what was `returned` for correction or not, and gives what it earned.
    pub fn add(&mut self, outcome: Outcome, returned: bool, rule: &Points) -> Option<i32> {
        match outcome {
            Outcome::OnTime => self.on_time += 1,
            Outcome::Late(days) => {
                self.late += 1;
                self.days_late.push(days);
            }
            Outcome::Partial => self.partial += 1,
            Outcome::NotYet => self.not_yet += 1,
            Outcome::NotSent => self.not_sent += 1,
            Outcome::Ahead => {}
            Outcome::Waiting => self.waiting += 1,
            Outcome::Excused => self.excused += 1,
            Outcome::Untracked => self.untracked += 1,
        }
        let left_out = matches!(outcome, Outcome::Excused | Outcome::Untracked);
        self.returned += u32::from(returned && !left_out);
        let earned = rule.of(outcome)?;
        self.expected += 1;
        self.points += earned;
        self.attainable += rule.on_time;
        Some(earned)
    }

    /// The median of the days by which what was late was late.
    pub fn median_days_late(&self) -> Option<f64> {
        let mut days = self.days_late.clone();
        days.sort_unstable();
        let (low, high) = (days.len().checked_sub(1)? / 2, days.len() / 2);
        Some(f64::from(days[low] + days[high]) / 2.0)
    }

    /// What was earned of what could have been; `None` where nothing counts.
    pub fn share(&self) -> Option<f64> {
        (self.attainable > 0).then(|| f64::from(self.points) / f64::from(self.attainable))
    }

    /// Who earned the greater part of what he could comes first.
    fn compare(&self, other: &Tally) -> Ordering {
        let of = |a: &Tally, b: &Tally| i64::from(a.points) * i64::from(b.attainable);
        of(other, self).cmp(&of(self, other))
    }
}

/// A place among those of a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// 1 for the best; who earned the same part shares a place, and the next ones are left out.
    pub place: u32,
    /// Among how many.
    pub of: u32,
}

/// The place of each among those of its kind; `None` for one of whom nothing counts.
pub fn places<K: Eq + Hash>(tallies: &[(K, &Tally)]) -> Vec<Option<Place>> {
    let mut kinds: HashMap<&K, Vec<&Tally>> = HashMap::new();
    for (kind, tally) in tallies.iter().filter(|(_, t)| t.expected > 0) {
        kinds.entry(kind).or_default().push(tally);
    }
    let place = |(kind, tally): &(K, &Tally)| {
        let all = kinds.get(kind).filter(|_| tally.expected > 0)?;
        let better = all.iter().filter(|t| t.compare(tally).is_lt()).count();
        Some(Place {
            place: better as u32 + 1,
            of: all.len() as u32,
        })
    };
    tallies.iter().map(place).collect()
}

#[cfg(test)]
mod tests {
    use jiff::civil::{Date, DateTime, date};
    use serde::Deserialize;

    use super::*;
    use crate::domain::instant;
    use crate::domain::obligation::tests::{at, obligation};
    use crate::domain::obligation::{Moments, Receipt};
    use crate::domain::report::Forms;
    use crate::domain::row::MessageId;

    /// A report that is due on 15/6/2026 at 17:00, and the noon of a day on which it is asked how it counts. What is not said
    /// is that of one that was installed long ago and for which nothing has come. Times are those of Vietnam.
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Case {
        case: String,
        day: Date,
        /// With more time that was given, or for sending it again.
        #[serde(default)]
        due: Option<Date>,
        /// What came: when, and `file`, `signed` or `all`.
        #[serde(default)]
        came: Vec<(DateTime, String)>,
        /// Whether staff closed the period.
        #[serde(default)]
        closed: bool,
        #[serde(default)]
        excused: bool,
        #[serde(default)]
        returned: bool,
        /// Whether a mail of the unit waits for staff.
        #[serde(default)]
        waits: bool,
        /// Whether a mail does of which nobody knows whose it is.
        #[serde(default)]
        unverified: bool,
        #[serde(default)]
        installed: Option<Date>,

        outcome: String,
        /// By how many days it was late.
        days: Option<u32>,
        /// What it earns by the usual rule.
        points: Option<i32>,
    }

    #[test]
    fn each_report_earns_as_the_table_says() {
        let moment = |at: DateTime| instant(at.date(), at.time());
        let mut count = 0;
        for row in include_str!("../../tests/year.jsonl").lines() {
            let case: Case = serde_json::from_str(row).unwrap_or_else(|e| panic!("{row}: {e}"));
            let received = case.came.iter().map(|(at, forms)| Receipt {
                at: moment(*at),
                forms: Forms {
                    signed_document: forms != "file",
                    soft_file: forms != "signed",
                },
            });
            let o = Obligation {
                due: moment(case.due.unwrap_or(date(2026, 6, 15)).at(17, 0, 0, 0)),
                receipts: received.collect(),
                closed: case.closed,
                excused: case.excused.then(|| "giải thể".into()),
                returned: case.returned.then(|| "thiếu số liệu".into()),
                waiting: case.waits.then_some(MessageId(9)),
                unverified: case.unverified.then_some(MessageId(9)),
                ..obligation("a", "2026-06-15T10:00:00Z")
            };
            let installed = case.installed.unwrap_or(date(2025, 1, 1));
            let now = moment(case.day.at(12, 0, 0, 0));
            let state = o.state(&Moments {
                now,
                near: now,
                closes: at("2026-07-24T17:00:00Z"),
                tracked_from: moment(installed.at(0, 0, 0, 0)),
            });
            let outcome = Outcome::of(&o, state, now);
            let days = match outcome {
                Outcome::Late(days) => Some(days),
                _ => None,
            };
            let found = (outcome.word(), days, Points::default().of(outcome));
            assert_eq!(
                found,
                (&*case.outcome, case.days, case.points),
                "{}",
                case.case
            );
            count += 1;
        }
        assert!(count >= 30, "only {count} cases");
    }

    #[test]
    fn an_office_has_a_rule_of_its_own() {
        let rule = Points {
            on_time: 5,
            late_per_day: 2,
            late_least: 1,
            not_sent: -5,
        };
        for (outcome, points) in [
            (Outcome::OnTime, Some(5)),
            (Outcome::Late(1), Some(3)),
            (Outcome::Late(2), Some(1)),
            (Outcome::Late(u32::MAX), Some(1)),
            (Outcome::NotSent, Some(-5)),
            (Outcome::NotYet, Some(0)),
            (Outcome::Partial, Some(0)),
            (Outcome::Waiting, None),
        ] {
            assert_eq!(rule.of(outcome), points, "{outcome:?}");
        }
    }

    fn tally(outcomes: &[Outcome]) -> Tally {
        let mut tally = Tally::default();
        for outcome in outcomes {
            tally.add(*outcome, false, &Points::default());
        }
        tally
    }

    #[test]
    fn the_numbers_of_a_year_add_up_and_what_does_not_count_is_in_no_denominator() {
        use Outcome::*;
        let mut year = tally(&[
            OnTime,
            Late(2),
            Late(9),
            Partial,
            NotYet,
            NotSent,
            Ahead,
            Waiting,
            Excused,
            Untracked,
        ]);
        assert_eq!((year.expected, year.on_time, year.late), (6, 1, 2));
        assert_eq!((year.partial, year.not_yet, year.not_sent), (1, 1, 1));
        assert_eq!((year.waiting, year.excused, year.untracked), (1, 1, 1));
        assert_eq!((year.points, year.attainable), (10 + 8 + 3, 60));
        assert_eq!(year.share(), Some(0.35));
        assert_eq!(tally(&[Waiting, Excused, Untracked, Ahead]).share(), None);
        for (outcome, counted) in [(Ahead, 1), (OnTime, 2), (Excused, 2), (Untracked, 2)] {
            year.add(outcome, true, &Points::default());
            assert_eq!(year.returned, counted, "{outcome:?}");
        }
    }

    #[test]
    fn the_median_is_of_what_was_late_alone() {
        use Outcome::*;
        for (outcomes, median) in [
            (&[OnTime, NotSent][..], None),
            (&[OnTime, Late(4)], Some(4.0)),
            (&[Late(1), Late(4)], Some(2.5)),
            (&[Late(40), Late(1), OnTime, Late(3)], Some(3.0)),
        ] {
            assert_eq!(tally(outcomes).median_days_late(), median, "{outcomes:?}");
        }
    }

    #[test]
    fn places_are_by_the_part_that_was_earned_within_a_kind_and_equal_ones_share_a_place() {
        use Outcome::*;
        let place = |place, of| Some(Place { place, of });
        let all = [
            ("district", tally(&[OnTime, OnTime, NotSent])),
            ("district", tally(&[OnTime])),
            ("district", tally(&[OnTime, Late(1), OnTime])),
            ("sector", tally(&[NotSent])),
            ("district", tally(&[OnTime, OnTime])),
            ("district", tally(&[Waiting, Excused])),
            // Excused from one, and so with fewer points: the part counts.
            ("sector", tally(&[OnTime, Excused])),
        ];
        let all: Vec<(&str, &Tally)> = all.iter().map(|(kind, t)| (*kind, t)).collect();
        let wanted = [
            place(4, 4),
            place(1, 4),
            place(3, 4),
            place(2, 2),
            place(1, 4),
            None,
            place(1, 2),
        ];
        assert_eq!(places(&all), wanted);
    }
}
