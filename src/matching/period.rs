//! On which period a document reports.

use jiff::SignedDuration;

use super::hints::{Hint, allows, has_begun, hints, periods_of_year};
use super::items::Matter;
use super::{Expectation, Match};
use crate::domain::period::PeriodId;
use crate::domain::report::{Frequency, Report};
use crate::domain::why::Why;
use crate::reading::Attachment;

/// What is said of the periods of a report.
#[derive(Default)]
struct Named {
    /// Those against which nothing speaks.
    fitting: Vec<PeriodId>,
    /// Whether something speaks against one.
    contradicts: bool,
    /// Whether anything that is said is about such periods.
    said: bool,
}

impl Matter<'_> {
    /// On which period a document reports, by the rules in order: what its title, the subject, its name or the text
    /// say; where that leaves several, the only one within reach that is open.
    pub(super) fn period_of(
        &self,
        report: &Report,
        document: Option<&Attachment>,
        found: &mut Match,
    ) -> Option<PeriodId> {
        let title = document.and_then(|d| d.title.as_deref());
        let name = document.map(|d| d.name.as_str());
        if let Frequency::Once { period, .. } = &report.frequency {
            let named = [title, Some(self.subject), name].into_iter().flatten();
            if named.flat_map(hints).any(|h| h.is_part_of_a_year()) {
                found.open.push(not_its_period(report));
                return None;
            }
            found
                .reasons
                .push(format!("{} has one period only", report.id));
            return Some(period.clone());
        }
        let asked = self.asked(title, name);
        let named = self.named(report, &asked);
        let of_years = report.is_periodic()
            && !asked.is_empty()
            && asked.iter().all(|(h, _)| h.is_several_years())
            && !named.said;
        if of_years || (named.fitting.is_empty() && named.contradicts) {
            found.open.push(not_its_period(report));
            return None;
        }
        let place = asked.first().map_or("", |(_, p)| p);
        if let [one] = named.fitting.as_slice() {
            found
                .reasons
                .push(format!("{place} names the period {one}"));
            return Some(one.clone());
        }
        let Some(period) = self.only_expected(report, &named.fitting) else {
            found.open.push(Why::UnclearPeriod {
                report: report.short.clone(),
            });
            return None;
        };
        let how = if named.said {
            "with what is named, "
        } else {
            "no period is named; "
        };
        found
            .reasons
            .push(format!("{how}only {period} is within reach"));
        Some(period)
    }

    /// What title, subject, file name and text say of periods, the strongest first, each with its place.
    fn asked(&self, title: Option<&str>, name: Option<&str>) -> Vec<(Hint, &'static str)> {
        let sources = [
            ("its title", title),
            ("the subject", Some(self.subject)),
            ("the file name", name),
            ("the text", Some(self.body)),
        ];
        let mut asked: Vec<(Hint, &str)> = Vec::new();
        for (place, text) in sources {
            let Some(text) = text else { continue };
            // A year alone in a weaker place adds nothing to what a stronger place said.
            for h in hints(text) {
                let telling = !matches!(h, Hint::Year(_)) || asked.is_empty();
                if telling && place != "the text" || asked.is_empty() {
                    asked.push((h, place));
                }
            }
        }
        asked
    }

    /// What is said of the periods of a report that have begun, of the years around the day of the mail.
    fn named(&self, report: &Report, asked: &[(Hint, &str)]) -> Named {
        let day = self.matcher.day;
        let begun = (day.year() - 3..=day.year() + 1)
            .flat_map(|y| periods_of_year(report, y))
            .filter(|period| has_begun(period, day));
        let mut named = Named::default();
        for period in begun {
            let verdicts: Vec<bool> = asked
                .iter()
                .filter_map(|(h, _)| allows(h, &period, report))
                .collect();
            named.said |= !verdicts.is_empty();
            if verdicts.iter().all(|v| *v) {
                named.fitting.push(period);
            } else {
                named.contradicts = true;
            }
        }
        named
    }

    /// Where several periods fit, or nothing was said, what is expected decides: the only one within reach that is open,
    /// or the last one where none is.
    fn only_expected(&self, report: &Report, fitting: &[PeriodId]) -> Option<PeriodId> {
        let mut expected: Vec<&Expectation> = self
            .expected
            .iter()
            .filter(|e| e.report == report.id && fitting.contains(&e.period))
            .filter(|e| self.is_within_reach(e, report))
            .collect();
        expected.sort_by_key(|e| e.due);
        let mut open: Vec<&PeriodId> = expected
            .iter()
            .filter(|e| e.open)
            .map(|e| &e.period)
            .collect();
        open.dedup();
        match open.as_slice() {
            [one] => Some((*one).clone()),
            [] => expected.last().map(|e| e.period.clone()),
            _ => None,
        }
    }

    /// The hints of the strongest text that has any: title, subject, file name, body.
    pub(super) fn strongest_hints(&self, document: Option<&Attachment>) -> Vec<Hint> {
        let title = document.and_then(|d| d.title.as_deref());
        let name = document.map(|d| d.name.as_str());
        for text in [title, Some(self.subject), name, Some(self.body)]
            .into_iter()
            .flatten()
        {
            let h = hints(text);
            if !h.is_empty() {
                return h;
            }
        }
        Vec::new()
    }

    /// Whether a report that comes now can be meant for what nobody named.
    pub(super) fn is_within_reach(&self, expected: &Expectation, report: &Report) -> bool {
        // Without a history an older period may well have been reported on.
        let days = match report.frequency {
            _ if self.known.history_known => 150,
            Frequency::Monthly => 12,
            Frequency::Quarterly => 30,
            Frequency::SixMonths => 60,
            _ => 150,
        };
        let stale = SignedDuration::from_hours(24 * days);
        let now = self.known.received_at;
        expected.due - lead(report) <= now && now <= expected.due + stale
    }
}

/// How long before its deadline a report may come.
fn lead(report: &Report) -> SignedDuration {
    let days = match report.frequency {
        Frequency::Monthly => 20,
        Frequency::Quarterly => 45,
        Frequency::SixMonths => 60,
        Frequency::NineMonths | Frequency::Yearly | Frequency::SchoolYear => 75,
        Frequency::Event(_) | Frequency::Once { .. } => 400,
    };
    SignedDuration::from_hours(24 * days)
}

fn not_its_period(report: &Report) -> Why {
    Why::NotItsPeriod {
        report: report.short.clone(),
    }
}
