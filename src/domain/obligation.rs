//! What is expected of one unit for one report and period, and how it stands.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;

use super::figure::AnnexMark;
use super::period::PeriodId;
use super::report::Forms;
use super::unit::UnitId;
use crate::domain::row::{MessageId, ObligationId};

/// How an obligation stands at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// Nothing is there and nobody would worry yet.
    NotDue,
    /// Nothing is there and the deadline is near.
    Pending,
    /// Something is there, but a required form is missing, before or after the deadline.
    Partial,
    /// Everything was there in time.
    Submitted,
    /// Everything is there, but came after the deadline.
    Late,
    /// Nothing is there and the deadline has passed; the period is not closed ("chưa nộp").
    Overdue,
    /// Nothing is there and the period is closed ("không nộp").
    Closed,
    /// Staff sent it back, and the time for sending it again has not passed.
    Returned,
    /// Staff excused the unit.
    Excused,
    /// What is missing may be in a mail, of this number, on which staff have to decide.
    Waiting(MessageId),
    /// It was due before the installation: what came is known, what did not is not.
    Untracked,
}

impl State {
    /// The word of the JSON interface, which tells by a field of its own that a period is closed.
    pub fn word(self) -> &'static str {
        match self {
            State::NotDue => "not_due",
            State::Pending => "pending",
            State::Partial => "partial",
            State::Submitted => "submitted",
            State::Late => "late",
            State::Overdue | State::Closed => "overdue",
            State::Returned => "returned",
            State::Excused => "excused",
            State::Waiting(_) => "waiting",
            State::Untracked => "untracked",
        }
    }
}

/// The moments by which it is decided how an obligation stands.
#[derive(Clone, Copy, Debug)]
pub struct Moments {
    /// At which moment.
    pub now: Timestamp,
    /// From when the deadline counts as near.
    pub near: Timestamp,
    /// From when what has not come counts as not sent at all.
    pub closes: Timestamp,
    /// What was due before is not tracked.
    pub tracked_from: Timestamp,
}

/// One receipt: a mail, or paper that staff marked as received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// When the server (or the office) received it.
    pub at: Timestamp,
    /// Which forms it brought; a nil return counts as every form.
    pub forms: Forms,
}

/// What is expected of one unit for one report and period.
///
/// Deadline and forms are those of the day on which the period opened: a later change of the configuration does not rewrite them.
#[derive(Clone, Debug)]
pub struct Obligation {
    /// Row in the store, 0 where it is not stored.
    pub id: ObligationId,
    /// Who.
    pub unit: UnitId,
    /// Which report.
    pub report: String,
    /// On which period.
    pub period: PeriodId,
    /// From which day it was expected at all.
    pub opens: Date,
    /// The last moment at which it is on time; with more time given by staff, or for sending it again, that.
    pub due: Timestamp,
    /// What has to be there.
    pub forms: Forms,
    /// Why staff sent it back, if they did. What was sent back is not among the receipts.
    pub returned: Option<String>,
    /// Why the unit is excused, if it is.
    pub excused: Option<String>,
    /// What has come, in order of time.
    pub receipts: Vec<Receipt>,
    /// The mail, by its number, on which staff have to decide and that may bring it.
    pub waiting: Option<MessageId>,
    /// The same, of a sender who was not verified: it changes nothing, and staff should know of it.
    pub unverified: Option<MessageId>,
    /// Whether staff have closed the period.
    pub closed: bool,
    /// How many reminders went out.
    pub reminders_sent: u32,
}

impl Obligation {
    /// The mark of the annex of figures for it.
    pub(crate) fn annex_mark(&self) -> AnnexMark {
        AnnexMark {
            report: self.report.clone(),
            period: self.period.clone(),
            unit: self.unit.clone(),
        }
    }

    /// The forms that have come.
    pub fn received(&self) -> Forms {
        self.receipts
            .iter()
            .fold(Forms::NONE, |all, r| all.and(r.forms))
    }

    /// The forms that are missing.
    pub fn missing(&self) -> Forms {
        self.forms.without(self.received())
    }

    /// When the first mail or paper came.
    pub fn first_received(&self) -> Option<Timestamp> {
        self.receipts.iter().map(|r| r.at).min()
    }

    /// When everything was there for the first time. A later version does not change it.
    pub fn complete_at(&self) -> Option<Timestamp> {
        if let [one] = &self.receipts[..] {
            return self.forms.without(one.forms).is_empty().then_some(one.at);
        }
        let mut receipts: Vec<&Receipt> = self.receipts.iter().collect();
        receipts.sort_by_key(|r| r.at);
        let mut so_far = Forms::NONE;
        receipts.into_iter().find_map(|r| {
            so_far = so_far.and(r.forms);
            self.forms.without(so_far).is_empty().then_some(r.at)
        })
    }

    /// Whether everything was there in time; `None` while something is missing.
    pub fn on_time(&self) -> Option<bool> {
        self.complete_at().map(|at| at <= self.due)
    }

    /// Whether nothing more is expected of the unit.
    pub fn settled(&self) -> bool {
        self.excused.is_some() || self.complete_at().is_some()
    }

    /// How it stands at a moment.
    pub fn state(&self, at: &Moments) -> State {
        if self.excused.is_some() {
            return State::Excused;
        }
        if self.due < at.tracked_from {
            return State::Untracked;
        }
        match (self.on_time(), self.waiting) {
            (Some(true), _) => State::Submitted,
            (Some(false), _) => State::Late,
            (None, Some(mail)) => State::Waiting(mail),
            (None, None) if self.returned.is_some() && at.now <= self.due => State::Returned,
            (None, None) if !self.receipts.is_empty() => State::Partial,
            (None, None) if at.now > self.due => match self.closed || at.now >= at.closes {
                true => State::Closed,
                false => State::Overdue,
            },
            (None, None) if at.now >= at.near => State::Pending,
            (None, None) => State::NotDue,
        }
    }
}

/// What is expected of several units for one report and period.
#[derive(Clone, Debug)]
pub struct Group<'o> {
    /// Which report.
    pub report: &'o str,
    /// On which period.
    pub period: &'o PeriodId,
    /// The deadline of most; single units may have been given more time.
    pub due: Timestamp,
    /// One each unit.
    pub members: Vec<&'o Obligation>,
}

/// Obligations by report and period, in the order of deadlines.
pub fn groups<'o>(obligations: impl IntoIterator<Item = &'o Obligation>) -> Vec<Group<'o>> {
    let mut by: BTreeMap<(&str, &PeriodId), Vec<&Obligation>> = BTreeMap::new();
    for o in obligations {
        by.entry((&o.report, &o.period)).or_default().push(o);
    }
    let mut groups: Vec<Group<'o>> = by
        .into_iter()
        .map(|((report, period), members)| {
            let mut dues: BTreeMap<Timestamp, usize> = BTreeMap::new();
            for o in &members {
                *dues.entry(o.due).or_default() += 1;
            }
            let usual = dues.iter().rev().max_by_key(|(_, n)| **n);
            Group {
                report,
                period,
                due: usual.map_or(Timestamp::MIN, |(due, _)| *due),
                members,
            }
        })
        .collect();
    groups.sort_by_key(|g| (g.due, g.report));
    groups
}

/// A part of a whole in whole percent, halves rounded up as Excel does; 0 where there is no whole.
pub fn percent(part: u32, whole: u32) -> u32 {
    match u64::from(whole) {
        0 => 0,
        whole => ((u64::from(part) * 200 + whole) / (2 * whole)) as u32,
    }
}

/// Counts over obligations, with the field's two rates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Rates {
    /// Obligations that nobody excused.
    pub expected: u32,
    /// Of these, complete.
    pub complete: u32,
    /// Of these, complete on time.
    pub on_time: u32,
    /// Something is there, not everything.
    pub partial: u32,
    /// What is missing may be in a mail on which staff have to decide.
    pub waiting: u32,
    /// Nothing is there after the deadline; the period is not closed.
    pub overdue: u32,
    /// Nothing is there and the period is closed.
    pub closed: u32,
    /// The deadline is ahead.
    pub ahead: u32,
    /// Excused by staff; not among the expected.
    pub excused: u32,
    /// Due before the installation; not among the expected.
    pub untracked: u32,
}

impl Rates {
    /// Counts how obligations stand.
    pub(crate) fn of(states: impl IntoIterator<Item = State>) -> Rates {
        let mut r = Rates::default();
        for state in states {
            match state {
                State::Excused => r.excused += 1,
                State::Untracked => r.untracked += 1,
                State::Submitted => {
                    r.complete += 1;
                    r.on_time += 1;
                }
                State::Late => r.complete += 1,
                State::Partial => r.partial += 1,
                State::Waiting(_) => r.waiting += 1,
                State::Overdue => r.overdue += 1,
                State::Closed => r.closed += 1,
                State::NotDue | State::Pending | State::Returned => r.ahead += 1,
            }
        }
        r.expected = r.complete + r.partial + r.waiting + r.overdue + r.closed + r.ahead;
        r
    }

    /// Complete ÷ expected, in whole percent; `None` where nothing is expected.
    pub(crate) fn reporting_rate(&self) -> Option<u32> {
        (self.expected > 0).then(|| percent(self.complete, self.expected))
    }

    /// Complete on time ÷ expected, in whole percent; `None` where nothing is expected.
    pub(crate) fn timeliness(&self) -> Option<u32> {
        (self.expected > 0).then(|| percent(self.on_time, self.expected))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    const SIGNED: Forms = Forms {
        signed_document: true,
        soft_file: false,
    };
    const SOFT: Forms = Forms {
        signed_document: false,
        soft_file: true,
    };

    pub(crate) fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    pub(crate) fn obligation(unit: &str, due: &str) -> Obligation {
        Obligation {
            id: ObligationId(1),
            unit: UnitId(unit.into()),
            report: "tre-em".into(),
            period: "2026-H1".parse().unwrap(),
            opens: "2025-12-15".parse().unwrap(),
            due: at(due),
            forms: SIGNED.and(SOFT),
            returned: None,
            excused: None,
            receipts: vec![],
            waiting: None,
            unverified: None,
            closed: false,
            reminders_sent: 0,
        }
    }

    fn with(receipts: &[(&str, Forms)]) -> Obligation {
        Obligation {
            receipts: receipts
                .iter()
                .map(|(t, forms)| Receipt {
                    at: at(t),
                    forms: *forms,
                })
                .collect(),
            ..obligation("a", "2026-06-15T10:00:00Z")
        }
    }

    fn state(o: &Obligation, now: &str) -> State {
        o.state(&Moments {
            now: at(now),
            near: at("2026-06-08T01:00:00Z"),
            closes: at("2026-07-13T17:00:00Z"),
            tracked_from: at("2026-06-01T00:00:00Z"),
        })
    }

    #[test]
    fn nothing_received_goes_from_not_due_through_pending_to_overdue() {
        let o = with(&[]);
        assert_eq!(state(&o, "2026-06-01T00:00:00Z"), State::NotDue);
        assert_eq!(state(&o, "2026-06-10T00:00:00Z"), State::Pending);
        assert_eq!(state(&o, "2026-06-15T10:00:00Z"), State::Pending);
        assert_eq!(state(&o, "2026-06-15T10:00:01Z"), State::Overdue);
    }

    #[test]
    fn two_mails_with_one_form_each_complete_the_report_when_the_second_comes() {
        let o = with(&[("2026-06-12T00:00:00Z", SOFT)]);
        assert_eq!(state(&o, "2026-06-20T00:00:00Z"), State::Partial);
        assert_eq!(o.missing(), SIGNED);
        let o = with(&[
            ("2026-06-12T00:00:00Z", SOFT),
            ("2026-06-16T00:00:00Z", SIGNED),
        ]);
        assert_eq!(state(&o, "2026-06-20T00:00:00Z"), State::Late);
        assert_eq!(o.complete_at(), Some(at("2026-06-16T00:00:00Z")));
    }

    #[test]
    fn a_later_version_does_not_make_a_timely_report_late() {
        let o = with(&[
            ("2026-06-12T00:00:00Z", SIGNED.and(SOFT)),
            ("2026-06-20T00:00:00Z", SIGNED.and(SOFT)),
        ]);
        assert_eq!(state(&o, "2026-06-21T00:00:00Z"), State::Submitted);
        assert_eq!(o.on_time(), Some(true));
    }

    #[test]
    fn the_moment_of_the_deadline_itself_is_on_time() {
        let o = with(&[("2026-06-15T10:00:00Z", SIGNED.and(SOFT))]);
        assert_eq!(o.on_time(), Some(true));
    }

    #[test]
    fn rates_divide_by_what_was_expected_and_leave_out_the_excused_and_what_was_due_before_the_installation()
     {
        let on_time = with(&[("2026-06-12T00:00:00Z", SIGNED.and(SOFT))]);
        let late = with(&[("2026-06-16T00:00:00Z", SIGNED.and(SOFT))]);
        let partial = with(&[("2026-06-12T00:00:00Z", SOFT)]);
        let nothing = with(&[]);
        let excused = Obligation {
            excused: Some("giải thể".into()),
            ..with(&[])
        };
        let untracked = Obligation {
            due: at("2026-05-15T10:00:00Z"),
            ..with(&[("2026-05-12T00:00:00Z", SIGNED.and(SOFT))])
        };
        let r = Rates::of(
            [&on_time, &late, &partial, &nothing, &excused, &untracked]
                .map(|o| state(o, "2026-06-20T00:00:00Z")),
        );
        assert_eq!((r.expected, r.complete, r.on_time), (4, 2, 1));
        assert_eq!((r.partial, r.overdue), (1, 1));
        assert_eq!((r.excused, r.untracked), (1, 1));
        assert_eq!(r.reporting_rate(), Some(50));
        assert_eq!(r.timeliness(), Some(25));
    }

    #[test]
    fn what_waits_for_staff_is_neither_missing_nor_there() {
        let waits = |o: Obligation| Obligation {
            waiting: Some(MessageId(9)),
            ..o
        };
        for now in [
            "2026-06-01T00:00:00Z",
            "2026-06-20T00:00:00Z",
            "2027-01-01T00:00:00Z",
        ] {
            assert_eq!(
                state(&waits(with(&[])), now),
                State::Waiting(MessageId(9)),
                "{now}"
            );
        }
        let partial = with(&[("2026-06-12T00:00:00Z", SOFT)]);
        assert_eq!(
            state(&waits(partial), "2026-06-20T00:00:00Z"),
            State::Waiting(MessageId(9))
        );
        let whole = with(&[("2026-06-12T00:00:00Z", SIGNED.and(SOFT))]);
        assert_eq!(
            state(&waits(whole), "2026-06-20T00:00:00Z"),
            State::Submitted
        );
        let doubtful = Obligation {
            unverified: Some(MessageId(9)),
            ..with(&[])
        };
        assert_eq!(state(&doubtful, "2026-06-20T00:00:00Z"), State::Overdue);
        let r = Rates::of([State::Waiting(MessageId(9)), State::Overdue]);
        assert_eq!((r.expected, r.waiting, r.overdue), (2, 1, 1));
    }

    #[test]
    fn a_unit_has_not_sent_at_all_only_when_the_period_is_closed_and_what_comes_later_is_late() {
        let o = with(&[]);
        assert_eq!(state(&o, "2026-07-13T16:59:59Z"), State::Overdue);
        assert_eq!(state(&o, "2026-07-13T17:00:00Z"), State::Closed);
        let by_staff = |o: Obligation| Obligation { closed: true, ..o };
        assert_eq!(
            state(&by_staff(with(&[])), "2026-06-16T00:00:00Z"),
            State::Closed
        );
        // Whoever was given more time has it.
        assert_eq!(
            state(&by_staff(with(&[])), "2026-06-15T00:00:00Z"),
            State::Pending
        );
        let later = with(&[("2026-08-01T00:00:00Z", SIGNED.and(SOFT))]);
        assert_eq!(state(&by_staff(later), "2026-08-02T00:00:00Z"), State::Late);
    }

    #[test]
    fn percentages_are_rounded_and_not_cut() {
        for (part, whole, wanted) in [
            (12, 28, 43),
            (10, 28, 36),
            (1, 8, 13),
            (1, 3, 33),
            (2, 3, 67),
            (0, 7, 0),
            (7, 7, 100),
            (0, 0, 0),
            (u32::MAX, u32::MAX, 100),
        ] {
            assert_eq!(percent(part, whole), wanted, "{part} of {whole}");
        }
    }
}
