//! How every report and period stands, and what is due soon.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp, ToSpan};
use serde::Serialize;

use super::{DigestData, short_moment};
use crate::domain::obligation::{Group, Obligation, Rates, State, percent};
use crate::domain::row::MessageId;
use crate::domain::{date_of, vietnamese_date};
use crate::links::{Link, Links};
use crate::standing::View;

/// How many days ahead the digest looks.
pub(super) const SOON_DAYS: i64 = 10;

/// How long a settled report stays in the digest's progress after its deadline.
const SHOWN_AFTER_DUE: SignedDuration = SignedDuration::from_hours(24 * 14);

/// So many units of a kind are named at most: with the link of each, more are no page.
const MOST_NAMED: usize = 150;

/// How one report and period stands. Of units so many are named as a page may hold, and all are counted.
#[derive(Debug, Default, Serialize)]
pub(super) struct Progress {
    /// Short name of the report.
    pub(super) report: String,
    /// The period in words.
    pub(super) period: String,
    /// The deadline.
    pub(super) due: String,
    /// How many units have to report.
    pub(super) expected: u32,
    pub(super) complete: u32,
    /// Complete in time.
    pub(super) on_time: u32,
    /// With a form missing.
    pub(super) partial: u32,
    /// With a mail on which staff have to decide.
    pub(super) waiting: u32,
    /// With nothing, after the deadline.
    pub(super) overdue: u32,
    /// With nothing, and the period is closed.
    pub(super) closed: u32,
    /// Complete in percent of expected.
    pub(super) rate: u32,
    /// Widths of the bar in percent.
    pub(super) width_complete: u32,
    /// A form missing, or a mail that waits; see `width_complete`.
    pub(super) width_partial: u32,
    /// Nothing after the deadline; see `width_complete`.
    pub(super) width_overdue: u32,
    /// See `width_complete`.
    pub(super) width_rest: u32,
    /// That the period is to be closed, where something is overdue.
    pub(super) close: Option<Link>,
    /// Units with nothing after the deadline, by for how long.
    pub(super) late: Vec<Late>,
    /// Short names of units with nothing when the period was closed.
    pub(super) closed_units: Vec<Straggler>,
    /// Short names of units with a mail on which staff have to decide, with its number.
    pub(super) waiting_units: Vec<Straggler>,
    /// Short names of units with a form missing, with what is missing.
    pub(super) partial_units: Vec<Straggler>,
}

impl Progress {
    /// The units of which something can be done.
    pub(super) fn with_links(&self) -> impl Iterator<Item = &Straggler> {
        let late = self.late.iter().flat_map(|l| &l.units);
        late.chain(&self.partial_units)
            .filter(|u| !u.links.is_empty())
    }
}

/// The units of a report that are late for about as long.
#[derive(Debug, Serialize)]
pub(super) struct Late {
    /// For how long.
    since: Since,
    /// How many they are.
    all: usize,
    /// The longest first.
    units: Vec<Straggler>,
}

/// For how long units are late, in days of the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Since {
    /// For more than ten.
    Long,
    /// For four to ten.
    Days,
    /// For three at most.
    Now,
}

impl Since {
    /// How a number of days counts.
    fn of(days: i32) -> Since {
        match days {
            ..=3 => Since::Now,
            4..=10 => Since::Days,
            _ => Since::Long,
        }
    }
}

/// A unit that is late, or has sent not everything.
#[derive(Debug, Serialize)]
pub(super) struct Straggler {
    /// Its short name.
    pub(super) name: String,
    /// The mail on which staff have to decide first.
    pub(super) mail: Option<MessageId>,
    /// What is missing, where something has come.
    pub(super) missing: Option<&'static str>,
    /// Whether it was sent back.
    pub(super) returned: bool,
    /// A mail that may be the unit's, and of which nobody knows who sent it.
    pub(super) unverified: Option<MessageId>,
    /// For how many days it is late.
    pub(super) days: i32,
    /// What may be done, each a prepared mail.
    pub(super) links: Vec<Link>,
    /// In which place its links are among those of all units, as the page has no room for all; behind all without any.
    pub(super) place: u32,
}

/// A report that is due soon.
#[derive(Debug, Serialize)]
pub(super) struct Soon {
    /// The deadline.
    pub(super) due: String,
    /// Short name of the report.
    pub(super) report: String,
    /// The period in words.
    pub(super) period: String,
    /// How many units have not completed it.
    pub(super) open: usize,
    /// How many have to.
    pub(super) expected: usize,
}

/// How every report and period stands that is still of interest.
pub(super) fn progress(
    view: &View<'_>,
    groups: &[Group<'_>],
    links: Option<&Links>,
    data: &mut DigestData,
) {
    let (config, now) = (view.config(), view.now());
    let soon = date_of(now).saturating_add(SOON_DAYS.days());
    for Group {
        report,
        period,
        due,
        members: group,
    } in groups
    {
        let due = *due;
        let mut states: Vec<_> = group.iter().map(|o| (*o, view.state(o))).collect();
        states.sort_by_key(|(o, _)| o.due);
        let rates = Rates::of(states.iter().map(|(_, state)| *state));
        let open = rates.expected - rates.complete;
        if due > now && date_of(due) <= soon && open > rates.waiting {
            data.soon.push(Soon {
                due: short_moment(due),
                report: config.report_name(report),
                period: period.in_vietnamese(),
                open: (open - rates.waiting) as usize,
                expected: rates.expected as usize,
            });
        }
        let begun = group.iter().any(|o| !o.receipts.is_empty()) || now >= view.near(group[0]);
        let over = open == 0 && now > due + SHOWN_AFTER_DUE;
        if !begun || over || rates.expected == 0 {
            continue;
        }
        let those = |meant: &dyn Fn(State) -> bool| -> Vec<Straggler> {
            let told = states.iter().filter(|(_, state)| meant(*state));
            told.take(MOST_NAMED)
                .map(|(o, state)| straggler(view, links, o, *state))
                .collect()
        };
        data.late_count += (rates.overdue + rates.closed) as usize;
        // Shares of the whole so far: what is rounded neither leaves a sliver nor runs over.
        let mut so_far = 0;
        let mut width = |n: u32| {
            let before = percent(so_far, rates.expected);
            so_far += n;
            percent(so_far, rates.expected) - before
        };
        data.progress.push(Progress {
            report: config.report_name(report),
            period: period.in_vietnamese(),
            due: vietnamese_date(date_of(due)),
            expected: rates.expected,
            complete: rates.complete,
            on_time: rates.on_time,
            partial: rates.partial,
            waiting: rates.waiting,
            overdue: rates.overdue,
            closed: rates.closed,
            rate: percent(rates.complete, rates.expected),
            width_complete: width(rates.complete),
            width_partial: width(rates.partial + rates.waiting),
            width_overdue: width(rates.overdue + rates.closed),
            width_rest: width(rates.ahead),
            close: links.filter(|_| rates.overdue > 0).map(|l| {
                let what = format!("{}, {}", config.report_name(report), period.in_vietnamese());
                l.for_period(group[0].id, &what)
            }),
            late: late(those(&|state| state == State::Overdue), &states, now),
            closed_units: those(&|state| state == State::Closed),
            waiting_units: those(&|state| matches!(state, State::Waiting(_))),
            partial_units: those(&|state| state == State::Partial),
        });
    }
    place(&mut data.progress);
}

/// A unit in some state, with what else is to be said of it.
fn straggler(view: &View<'_>, links: Option<&Links>, o: &Obligation, state: State) -> Straggler {
    let config = view.config();
    let name = config.unit_name(&o.unit, date_of(o.due));
    let (report, period) = (config.report_name(&o.report), o.period.in_vietnamese());
    let what = format!("{report}, {period}");
    let open = matches!(state, State::Overdue | State::Partial);
    let links = links.filter(|_| open);
    Straggler {
        links: links.map_or(vec![], |l| l.for_obligation(o.id, &name, &what)),
        name,
        mail: match state {
            State::Waiting(mail) => Some(mail),
            _ => None,
        },
        missing: (state == State::Partial).then(|| o.missing().in_vietnamese()),
        returned: o.returned.is_some(),
        unverified: o.unverified,
        days: days_late(o, view.now()),
        place: u32::MAX,
    }
}

/// For how many days of the calendar (Vietnam) something has been due; less than none where it is not yet.
fn days_late(o: &Obligation, now: Timestamp) -> i32 {
    (date_of(now) - date_of(o.due)).get_days()
}

/// Units that are late, by for how long; `states`: of all of the report and period.
fn late(units: Vec<Straggler>, states: &[(&Obligation, State)], now: Timestamp) -> Vec<Late> {
    let overdue = states.iter().filter(|(_, state)| *state == State::Overdue);
    let mut all: BTreeMap<Since, Late> = BTreeMap::new();
    let of = |since| Late {
        since,
        all: 0,
        units: vec![],
    };
    for (o, _) in overdue {
        let since = Since::of(days_late(o, now));
        all.entry(since).or_insert_with(|| of(since)).all += 1;
    }
    for unit in units {
        let since = Since::of(unit.days);
        all.entry(since)
            .or_insert_with(|| of(since))
            .units
            .push(unit);
    }
    all.into_values().collect()
}

/// Gives each unit that something can be done for its place: who has been late longest comes first.
fn place(progress: &mut [Progress]) {
    let mut all: Vec<&mut Straggler> = Vec::new();
    for p in progress {
        all.extend(p.late.iter_mut().flat_map(|l| &mut l.units));
        all.extend(&mut p.partial_units);
    }
    all.retain(|u| !u.links.is_empty());
    all.sort_by_key(|u| std::cmp::Reverse(u.days));
    for (place, unit) in (0..).zip(all) {
        unit.place = place;
    }
}
