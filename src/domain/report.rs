//! Reports that are asked for: of whom, how often, until when, in which forms.

use std::path::PathBuf;

use jiff::civil::{Date, Time, date};
use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};

use super::calendar::Calendar;
use super::figure::Figure;
use super::period::{Closing, Period, PeriodId};
use super::reminder::Steps;
use super::unit::{Level, Register, Unit};
use super::{instant, lunar};

/// The two forms of a report: the signed document (văn bản) and the editable file (file mềm).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Forms {
    /// A scan, a digitally signed PDF, or paper that staff marked as received.
    pub signed_document: bool,
    /// Word or Excel.
    pub soft_file: bool,
}

impl Forms {
    /// Neither form.
    pub const NONE: Forms = Forms {
        signed_document: false,
        soft_file: false,
    };

    /// Both sets together.
    pub fn and(self, other: Forms) -> Forms {
        Forms {
            signed_document: self.signed_document || other.signed_document,
            soft_file: self.soft_file || other.soft_file,
        }
    }

    /// What of `self` is not in `other`.
    pub fn without(self, other: Forms) -> Forms {
        Forms {
            signed_document: self.signed_document && !other.signed_document,
            soft_file: self.soft_file && !other.soft_file,
        }
    }

    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        self == Forms::NONE
    }

    /// The words of the JSON interface.
    pub fn names(self) -> Vec<&'static str> {
        let mut names = Vec::new();
        if self.signed_document {
            names.push("signed_document");
        }
        if self.soft_file {
            names.push("soft_file");
        }
        names
    }

    /// From the words of the JSON interface; `None` if one is unknown.
    pub(crate) fn from_names<S: AsRef<str>>(names: impl IntoIterator<Item = S>) -> Option<Forms> {
        let mut forms = Forms::NONE;
        for name in names {
            match name.as_ref() {
                "signed_document" => forms.signed_document = true,
                "soft_file" => forms.soft_file = true,
                _ => return None,
            }
        }
        Some(forms)
    }

    /// In words for Vietnamese readers: `bản ký, đóng dấu và file mềm`.
    pub fn in_vietnamese(self) -> &'static str {
        match (self.signed_document, self.soft_file) {
            (true, true) => "bản ký, đóng dấu và file mềm",
            (true, false) => "bản ký, đóng dấu",
            (false, true) => "file mềm",
            (false, false) => "",
        }
    }
}

/// Who has to send a report.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Audience {
    /// Every unit of the kind of this id.
    Kind(String),
    /// Công đoàn cơ sở trực thuộc: grassroots unions directly under the province.
    GrassrootsDirect,
}

impl Audience {
    /// Whether a unit is meant.
    pub(crate) fn includes(&self, unit: &Unit, register: &Register, day: Date) -> bool {
        match self {
            Audience::Kind(kind) => unit.kind.id == *kind,
            Audience::GrassrootsDirect => {
                unit.kind.level == Level::Grassroots && register.directly_under_province(unit, day)
            }
        }
    }
}

/// When an event of the year takes place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EventDate {
    /// From one day and month to another of the solar year.
    Solar {
        /// First (day, month).
        from: (i8, i8),
        /// Last (day, month).
        to: (i8, i8),
    },
    /// A (day, month) of the Vietnamese lunar year.
    Lunar((i8, i8)),
}

impl EventDate {
    /// First and last day in a year; `None` where the year has no such day.
    pub(crate) fn in_year(self, year: i16) -> Option<(Date, Date)> {
        match self {
            EventDate::Solar { from, to } => Some((
                Date::new(year, from.1, from.0).ok()?,
                Date::new(year, to.1, to.0).ok()?,
            )),
            EventDate::Lunar((day, month)) => {
                let d = lunar::solar_date(year, month, day)?;
                Some((d, d))
            }
        }
    }
}

/// A part of a consolidated report.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PlanSection {
    /// Its heading.
    pub title: String,
    /// Phrases by which units' headings and paragraphs are known to belong to it, folded.
    pub words: Vec<String>,
}

/// How often a report is due.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Frequency {
    /// Every month.
    Monthly,
    /// Every quarter.
    Quarterly,
    /// Twice a year.
    SixMonths,
    /// Once a year, on the first nine months.
    NineMonths,
    /// Every year.
    Yearly,
    /// Every school year.
    SchoolYear,
    /// Every year, after an event.
    Event(EventDate),
    /// Once.
    Once {
        /// The id of its only period.
        period: PeriodId,
        /// When it was asked for.
        opens: Date,
    },
}

/// The rule that gives the last day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DueRule {
    /// This day of the last month of the period.
    DayOfLastMonth(i8),
    /// This many days after the event ended.
    DaysAfterEvent(i16),
    /// This many working days after the period closed.
    WorkingDaysAfterClose(u16),
    /// This (day, month) of the period's year.
    DayAndMonth(i8, i8),
    /// This date.
    On(Date),
}

/// What happens to a last day on which offices are closed. Where nothing is said it is the working day after (Bộ luật Dân
/// sự 2015, điều 148 khoản 5).
#[derive(Default, Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OnDayOff {
    /// The working day before.
    Before,
    /// The working day after.
    #[default]
    After,
    /// It stays.
    Same,
}

/// A report that is asked for.
#[derive(Clone, Debug, Hash)]
pub struct Report {
    /// Its id (`tre-em`).
    pub id: String,
    /// The ids that it had before.
    pub renamed: Vec<String>,
    /// No period that opens after this day is asked for.
    pub ended: Option<Date>,
    /// Whether a deadline that was changed holds for what is expected already; `None`: nobody has said.
    pub applies_to_open: Option<bool>,
    /// Its title, as letters carry it.
    pub title: String,
    /// A short name for tables.
    pub short: String,
    /// The document that asks for it.
    pub basis: String,
    /// Who sends it.
    pub who: Vec<Audience>,
    /// How often.
    pub frequency: Frequency,
    /// The first period that was asked for.
    pub first_period: Option<PeriodId>,
    /// The rule for the last day.
    pub due: DueRule,
    /// The hour of the last day, in Vietnam.
    pub due_time: Time,
    /// What happens on a day off.
    pub on_day_off: OnDayOff,
    /// Whether the request says "trước ngày …" and means it: the day before is the last one.
    pub strictly_before: bool,
    /// What has to be there.
    pub forms: Forms,
    /// Whether "không phát sinh" in the mail's own text is a report.
    pub nil_return: bool,
    /// Phrases that name this report, folded (lower case, no diacritics), with [`crate::words::GAP`] for a few words between.
    pub words: Vec<String>,
    /// Phrases of the same kind in which those words mean something else.
    pub except: Vec<String>,
    /// Reports that are not meant where this one is named too.
    pub over: Vec<String>,
    /// A report "năm 2026" is taken for this half of the year (1 or 2).
    pub year_means_half: Option<i8>,
    /// When units are reminded.
    pub steps: Steps,
    /// The parts under which the province consolidates what units write.
    pub sections: Vec<PlanSection>,
    /// The figures that it asks for in an annex; none: it has no annex.
    pub figures: Vec<Figure>,
    /// The document that asks for it, which goes along when a period opens.
    pub basis_file: Option<PathBuf>,
}

impl Report {
    /// Whether it is made again and again on periods that follow each other.
    pub(crate) fn is_periodic(&self) -> bool {
        !matches!(self.frequency, Frequency::Event(_) | Frequency::Once { .. })
    }

    /// Whether it is asked for on a period that opens on a day.
    pub(crate) fn asks_on(&self, opens: Date) -> bool {
        self.ended.is_none_or(|last| opens <= last)
    }

    /// The period of an id, if this report has such a period.
    pub fn period(&self, id: &PeriodId, closing: Closing) -> Option<Period> {
        match (&self.frequency, id) {
            (Frequency::Monthly, PeriodId::Month(..))
            | (Frequency::Quarterly, PeriodId::Quarter(..))
            | (Frequency::SixMonths, PeriodId::Half(..))
            | (Frequency::NineMonths, PeriodId::NineMonths(_))
            | (Frequency::Yearly, PeriodId::Year(_))
            | (Frequency::SchoolYear, PeriodId::SchoolYear(_)) => closing.of(id),
            (Frequency::Event(event), PeriodId::Year(year)) => {
                let (opens, closes) = event.in_year(*year)?;
                Some(Period {
                    id: id.clone(),
                    opens,
                    closes,
                })
            }
            (Frequency::Once { period, opens }, id) if period == id => {
                let closes = match self.due {
                    DueRule::On(day) => day,
                    _ => *opens,
                };
                Some(Period {
                    id: id.clone(),
                    opens: *opens,
                    closes,
                })
            }
            _ => None,
        }
    }

    /// The periods that open between two days, both included, in order.
    pub fn periods_opening(&self, from: Date, to: Date, closing: Closing) -> Vec<Period> {
        let mut ids = Vec::new();
        // A period opens in its own year or in the last weeks of the year before.
        for y in from.year() - 1..=to.year() + 1 {
            match &self.frequency {
                Frequency::Monthly => ids.extend((1..=12).map(|m| PeriodId::Month(y, m))),
                Frequency::Quarterly => ids.extend((1..=4).map(|q| PeriodId::Quarter(y, q))),
                Frequency::SixMonths => ids.extend((1..=2).map(|h| PeriodId::Half(y, h))),
                Frequency::NineMonths => ids.push(PeriodId::NineMonths(y)),
                Frequency::Yearly | Frequency::Event(_) => ids.push(PeriodId::Year(y)),
                Frequency::SchoolYear => ids.push(PeriodId::SchoolYear(y)),
                Frequency::Once { .. } => {}
            }
        }
        if let Frequency::Once { period, .. } = &self.frequency {
            ids.push(period.clone());
        }
        let earliest = self
            .first_period
            .as_ref()
            .and_then(|id| self.period(id, closing))
            .map(|p| p.opens);
        ids.iter()
            .filter_map(|id| self.period(id, closing))
            .filter(|p| (from..=to).contains(&p.opens))
            .filter(|p| earliest.is_none_or(|e| e <= p.opens) && self.asks_on(p.opens))
            .collect()
    }

    /// The last moment at which a report on this period is on time.
    pub fn deadline(&self, period: &Period, calendar: &Calendar) -> Timestamp {
        let last_month = |day: i8| {
            let first = period.closes.first_of_month();
            let day = day.min(first.days_in_month());
            date(first.year(), first.month(), day)
        };
        let day = match self.due {
            DueRule::DayOfLastMonth(day) => last_month(day),
            DueRule::DaysAfterEvent(n) => period.closes.saturating_add(i64::from(n).days()),
            DueRule::WorkingDaysAfterClose(n) => calendar.working_days_after(period.closes, n),
            DueRule::DayAndMonth(d, m) => {
                let year = period.closes.year();
                Date::new(year, m, d).unwrap_or(period.closes)
            }
            DueRule::On(day) => day,
        };
        let day = if self.strictly_before {
            day.saturating_sub(1.day())
        } else {
            day
        };
        let day = match self.on_day_off {
            OnDayOff::Before => calendar.on_or_before(day),
            OnDayOff::After => calendar.on_or_after(day),
            OnDayOff::Same => day,
        };
        instant(day, self.due_time)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::domain::vietnamese_moment;

    /// A plain half-yearly report, for the tests of this and other modules.
    pub(crate) fn half_yearly(id: &str) -> Report {
        Report {
            id: id.into(),
            title: format!("Báo cáo {id}"),
            short: id.into(),
            basis: "40/KH-LĐLĐ".into(),
            who: vec![Audience::Kind("district".into())],
            frequency: Frequency::SixMonths,
            first_period: None,
            due: DueRule::DayOfLastMonth(15),
            due_time: Time::constant(17, 0, 0, 0),
            on_day_off: OnDayOff::default(),
            strictly_before: false,
            forms: Forms {
                signed_document: true,
                soft_file: true,
            },
            nil_return: false,
            words: vec![id.into()],
            except: vec![],
            over: vec![],
            year_means_half: None,
            steps: Steps::default(),
            basis_file: None,
            renamed: vec![],
            ended: None,
            applies_to_open: None,
            sections: vec![],
            figures: vec![],
        }
    }

    #[test]
    fn a_deadline_on_a_day_off_moves_to_the_working_day_after_unless_the_report_says_otherwise() {
        let closing = Closing::Day(14);
        let due = |on_day_off: OnDayOff, id: &str| {
            let report = Report {
                on_day_off,
                ..half_yearly("x")
            };
            let p = report.period(&id.parse().unwrap(), closing).unwrap();
            vietnamese_moment(report.deadline(&p, &Calendar::default()))
        };
        // 15/6/2025 is a Sunday.
        for (on_day_off, day) in [
            (OnDayOff::default(), "16"),
            (OnDayOff::After, "16"),
            (OnDayOff::Before, "13"),
            (OnDayOff::Same, "15"),
        ] {
            let moved = format!("17 giờ 00 ngày {day}/6/2025");
            assert_eq!(due(on_day_off, "2025-H1"), moved);
            assert_eq!(due(on_day_off, "2026-H1"), "17 giờ 00 ngày 15/6/2026");
        }
    }

    #[test]
    fn an_event_of_the_lunar_year_is_due_after_it_took_place() {
        let report = Report {
            frequency: Frequency::Event(EventDate::Lunar((15, 8))),
            due: DueRule::DaysAfterEvent(10),
            ..half_yearly("trung-thu")
        };
        let p = report
            .period(&PeriodId::Year(2026), Closing::Day(14))
            .unwrap();
        assert_eq!(p.opens, date(2026, 9, 25));
        assert_eq!(
            vietnamese_moment(report.deadline(&p, &Calendar::default())),
            "17 giờ 00 ngày 5/10/2026"
        );
    }

    #[test]
    fn periods_before_the_first_one_asked_for_are_not_expected() {
        let report = Report {
            first_period: Some(PeriodId::Half(2024, 1)),
            ..half_yearly("x")
        };
        let ids: Vec<String> = report
            .periods_opening(date(2022, 1, 1), date(2025, 1, 1), Closing::Day(14))
            .into_iter()
            .map(|p| p.id.to_string())
            .collect();
        assert_eq!(ids, ["2024-H1", "2024-H2", "2025-H1"]);
    }
}
