//! Whether a unit is reminded of what it owes, and by which step of the ladder. Pure; its table of cases is `tests/plan.jsonl`.

use jiff::Timestamp;
use jiff::civil::Date;

use crate::domain::calendar::Calendar;
use crate::domain::date_of;
use crate::domain::obligation::Obligation;
use crate::domain::reminder::{NOTICE_DAYS, Nod, Step, Steps};
use crate::store::StepLeft;

/// What is the same for all obligations of a period.
#[derive(Clone, Copy, Debug)]
pub(super) struct OfDays<'f> {
    pub(super) calendar: &'f Calendar,
    /// The moment of the installation.
    pub(super) first_opened: Timestamp,
    /// What was due before is not asked for after its deadline.
    pub(super) tracked_from: Timestamp,
}

impl OfDays<'_> {
    /// The step that a moment has reached by the days alone.
    pub(super) fn step(
        &self,
        steps: &Steps,
        opens: Date,
        due: Timestamp,
        now: Timestamp,
    ) -> Option<Step> {
        let step = steps.due(self.calendar, opens, due, now)?;
        let old = match step {
            // What opened or was due before the installation is no news.
            Step::Opening => opens < date_of(self.first_opened),
            Step::Before(_) => false,
            Step::Late(_) | Step::Escalation => due < self.tracked_from,
        };
        (!old).then_some(step)
    }
}

/// What is known of an obligation when it is asked whether its unit is reminded of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Facts<'f> {
    pub(super) obligation: &'f Obligation,
    /// The ladder of its report; `None` where that is no longer asked for.
    pub(super) steps: Option<&'f Steps>,
    pub(super) of_days: OfDays<'f>,
    /// The day on which the next reminders leave.
    pub(super) at_hand: Date,
    /// What left towards this deadline.
    pub(super) left: &'f [StepLeft],
    /// What staff say of the letter to the leader.
    pub(super) nod: Option<Nod>,
    /// The digests that reached staff lately: the day of each, and the moment of which it tells; oldest first.
    pub(super) digests: &'f [(Date, Timestamp)],
    /// Whether staff decided something of the unit on the day for which it is asked: nobody is asked for a report on the day
    /// on which he got more time, or was told what became of his mail.
    pub(super) decided: bool,
}

/// Whether a step was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Taken {
    /// No mail left.
    No,
    /// One did, and came back from every address.
    CameBack,
    Yes,
}

impl Facts<'_> {
    /// The step by the days alone, whatever the unit was told before.
    pub(super) fn by_date(&self, now: Timestamp) -> Option<Step> {
        let o = self.obligation;
        // Of a closed period nobody is asked any more.
        if o.settled() || o.closed {
            return None;
        }
        self.of_days.step(self.steps?, o.opens, o.due, now)
    }

    /// The step that a moment has reached. The leader is written to of what the unit was told before.
    fn reached(&self, now: Timestamp) -> Option<Step> {
        let step = self.by_date(now)?;
        if step != Step::Escalation || self.taken(step) != Taken::No {
            return Some(step);
        }
        let late = |s: &&StepLeft| matches!(s.step, Step::Late(_));
        let told = self.left.iter().filter(late).map(|s| s.at).min();
        Some(self.steps?.before_the_leader(
            self.of_days.calendar,
            date_of(self.obligation.due),
            told.map(date_of),
            self.at_hand,
            date_of(now),
        ))
    }

    fn taken(&self, step: Step) -> Taken {
        match self.left.iter().find(|s| s.step == step) {
            None => Taken::No,
            Some(StepLeft { came_back, .. }) if *came_back => Taken::CameBack,
            Some(_) => Taken::Yes,
        }
    }

    /// The step by which the unit is reminded at a moment, if it is, and whether staff have to be asked first.
    pub(super) fn owed(&self, now: Timestamp) -> Option<(Step, bool)> {
        let step = self.reached(now);
        self.with_nod(step.filter(|step| self.taken(*step) != Taken::Yes)?, now)
    }

    /// Whether staff were told of the letter to the leader long enough ago: a digest that did not reach them told nobody.
    fn was_announced(&self, now: Timestamp) -> bool {
        let tells = |at: Timestamp| at < now && self.reached(at) == Some(Step::Escalation);
        let told = self.digests.iter().find(|(_, at)| tells(*at));
        let calendar = self.of_days.calendar;
        told.is_some_and(|(day, _)| calendar.working_days_after(*day, NOTICE_DAYS) <= date_of(now))
    }

    /// A step with whether staff have to be asked first; `None` where they said no, or decided something that day: what they
    /// have to be asked does not wait for that.
    fn with_nod(&self, step: Step, now: Timestamp) -> Option<(Step, bool)> {
        match self
            .steps?
            .may_take(step, self.nod, self.was_announced(now))
        {
            Some(may) => (may && !self.decided).then_some((step, false)),
            None => Some((step, true)),
        }
    }

    /// The step by which a day reminds the unit, be it long over or still to come: on an earlier day the same step would
    /// have gone out then; today it may have been missed, and what came back goes out again to whom is next. `morning`:
    /// when work starts on that day; `before`: on the working day before it.
    pub(super) fn owed_on(
        &self,
        morning: Timestamp,
        before: Timestamp,
        is_today: bool,
    ) -> Option<(Step, bool)> {
        let step = self.reached(morning)?;
        let missed = match self.taken(step) {
            Taken::Yes => false,
            Taken::No => is_today,
            Taken::CameBack => true,
        };
        let is_due = missed || self.reached(before) != Some(step);
        self.with_nod(is_due.then_some(step)?, morning)
    }
}

#[cfg(test)]
mod tests {
    use crate::domain::row::ObligationId;
    use serde::Deserialize;

    use super::*;
    use crate::domain::obligation::Receipt;
    use crate::domain::obligation::tests::at;
    use crate::domain::owed::Kind;
    use crate::domain::period::PeriodId;
    use crate::domain::reminder::Escalation;
    use crate::domain::report::Forms;
    use crate::domain::unit::UnitId;

    /// What a unit owes, a day, and what leaves on it. What is not said is that of a report that was installed long ago and
    /// for which nothing has come. Days are those of Vietnam; the ladder is the usual one: 5 and 1 working days before the
    /// deadline, 1 after it and then every 5, the leader after 12.
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Case {
        case: String,
        /// The deadline, at 17:00.
        due: Date,
        #[serde(default)]
        opens: Option<Date>,
        /// The day on which it is asked, and the hour.
        day: Date,
        #[serde(default = "eight")]
        hour: u8,
        /// What has come: `nothing`, `file`, `signed`, `all`.
        #[serde(default = "nothing")]
        came: String,
        #[serde(default)]
        excused: bool,
        /// Whether staff closed the period.
        #[serde(default)]
        closed: bool,
        /// Whether the report is no longer asked for.
        #[serde(default)]
        ended: bool,
        /// Whether units are told when a period opens.
        #[serde(default)]
        opening: bool,
        #[serde(default)]
        installed: Option<Date>,
        /// Whether what was due before the installation is asked for, too.
        #[serde(default)]
        backlog: bool,
        /// What left: a step and its day; `!`: it came back from every address.
        #[serde(default)]
        left: Vec<(String, Date)>,
        /// Whether staff decided something of the unit on that day.
        #[serde(default)]
        decided: bool,
        /// Whether letters to leaders leave: `ask`, `announce`, `automatic` or `never`.
        #[serde(default = "automatic")]
        escalation: String,
        /// The days of the digests that reached staff, each in the morning.
        #[serde(default)]
        digests: Vec<Date>,
        /// What staff say of this one: `send` or `stop`.
        #[serde(default)]
        nod: Option<String>,

        /// What is owed now.
        step: Option<String>,
        /// Whether staff have to be asked first.
        #[serde(default)]
        asks: bool,
        /// The letter that says it.
        letter: Option<String>,
    }

    fn eight() -> u8 {
        8
    }
    fn automatic() -> String {
        "automatic".into()
    }
    fn nothing() -> String {
        "nothing".into()
    }
    fn moment(day: Date, hour: u8) -> Timestamp {
        at(&format!("{day}T{hour:02}:00:00+07:00"))
    }

    #[test]
    #[expect(
        clippy::too_many_lines,
        reason = "a row of the table is made into facts"
    )]
    fn each_obligation_is_reminded_of_as_the_table_says() {
        let rows = include_str!("../../tests/plan.jsonl");
        let calendar = Calendar::default();
        let mut wrong = Vec::new();
        let mut count = 0;
        for row in rows.lines() {
            let case: Case = serde_json::from_str(row).unwrap_or_else(|e| panic!("{row}: {e}"));
            let due = moment(case.due, 17);
            let forms = |soft_file, signed_document| Forms {
                soft_file,
                signed_document,
            };
            let came = match case.came.as_str() {
                "nothing" => None,
                "file" => Some(forms(true, false)),
                "signed" => Some(forms(false, true)),
                "all" => Some(forms(true, true)),
                other => panic!("{other}: nothing that comes"),
            };
            let opens = case.opens.unwrap_or("2026-01-01".parse().unwrap());
            let obligation = Obligation {
                id: ObligationId(1),
                unit: UnitId("a".into()),
                report: "r".into(),
                period: "2026-H1".parse::<PeriodId>().unwrap(),
                opens,
                due,
                forms: forms(true, true),
                returned: None,
                excused: case.excused.then(|| "x".into()),
                receipts: came
                    .map(|forms| Receipt { at: due, forms })
                    .into_iter()
                    .collect(),
                waiting: None,
                unverified: None,
                closed: case.closed,
                reminders_sent: 0,
            };
            let left: Vec<StepLeft> = case
                .left
                .iter()
                .map(|(step, day)| StepLeft {
                    step: step.trim_end_matches('!').parse().unwrap(),
                    at: moment(*day, 8),
                    came_back: step.ends_with('!'),
                })
                .collect();
            let steps = Steps {
                opening: case.opening,
                escalation: match case.escalation.as_str() {
                    "ask" => Escalation::Ask,
                    "announce" => Escalation::Announce,
                    "automatic" => Escalation::Automatic,
                    "never" => Escalation::Never,
                    other => panic!("{other}: no such rule"),
                },
                ..Steps::default()
            };
            let digests: Vec<_> = case.digests.iter().map(|d| (*d, moment(*d, 7))).collect();
            let installed = case.installed.unwrap_or("2025-01-01".parse().unwrap());
            let first_opened = moment(installed, 0);
            let facts = Facts {
                obligation: &obligation,
                steps: (!case.ended).then_some(&steps),
                of_days: OfDays {
                    calendar: &calendar,
                    first_opened,
                    tracked_from: match case.backlog {
                        true => Timestamp::MIN,
                        false => first_opened,
                    },
                },
                at_hand: case.day,
                left: &left,
                decided: case.decided,
                digests: &digests,
                nod: case.nod.as_deref().map(|nod| match nod {
                    "send" => Nod::Send,
                    "stop" => Nod::Stop,
                    other => panic!("{other}: nothing that staff say"),
                }),
            };
            let owed = facts.owed(moment(case.day, case.hour));
            let asks = owed.is_some_and(|(_, asks)| asks);
            let step = owed.map(|(step, _)| step);
            let letter = step.map(|s| Kind::Reminder(s.urgency()).word());
            let step = step.map(|s| s.to_string());
            if step != case.step || letter != case.letter.as_deref() || asks != case.asks {
                wrong.push(format!("{}: {step:?} by {letter:?}, {asks}", case.case));
            }
            count += 1;
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        assert!(count >= 40, "only {count} cases");
    }
}
