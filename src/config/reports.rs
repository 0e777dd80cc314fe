//! `reports.toml`: what is due, from whom, until when, in which forms.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::civil::{Date, Time};

use super::settings::{Schedule, parse_date, parse_time, steps};
use super::source::{Document, Faults, Section};
use super::{figures, kinds};
use crate::domain::lunar;
use crate::domain::period::{Closing, PeriodId};
use crate::domain::reminder::Steps;
use crate::domain::report::{
    Audience, DueRule, EventDate, Forms, Frequency, OnDayOff, PlanSection, Report,
};
use crate::domain::unit::Kind;
use crate::ground::text::fold;
use crate::words::GAP;

/// What may go along with a letter, in bytes.
const MOST_ENCLOSED: u64 = 5_000_000;

/// Reads the reports; those with faults are named and left out.
pub(super) fn parse(
    file: &str,
    text: &str,
    folder: &Path,
    kinds: &[Arc<Kind>],
    schedule: Option<&Schedule>,
    faults: &Faults,
) -> Vec<Report> {
    let Some(document) = Document::parse(file, text, faults) else {
        return Vec::new();
    };
    let root = document.root(faults);
    let mut reports: Vec<Report> = Vec::new();
    let mut ids: Vec<String> = Vec::new(); // also of those with faults
    for section in root.sections("report") {
        let line = section.line();
        ids.extend(section.text("id"));
        if let Some(report) = report(section, folder, kinds, schedule) {
            if reports.iter().any(|r| r.id == report.id) {
                faults.add(
                    file,
                    Some(line),
                    format!("the report {} is given twice", report.id),
                );
            }
            reports.push(report);
        }
    }
    root.finish();
    for report in &reports {
        for other in &report.over {
            if !ids.contains(other) {
                let hint = super::source::suggestion(other, ids.iter().map(String::as_str));
                faults.add(
                    file,
                    None,
                    format!(
                        "`over` of {} names {other}, which is no report{hint}",
                        report.id
                    ),
                );
            }
        }
    }
    for report in &reports {
        for old in &report.renamed {
            let other = reports
                .iter()
                .find(|o| o.id == *old || o.id != report.id && o.renamed.contains(old));
            if let Some(other) = other {
                faults.add(
                    file,
                    None,
                    format!(
                        "{} was renamed from {old}, which {} {} too; a report goes on under one id",
                        report.id,
                        if other.id == *old {
                            "is the id of"
                        } else {
                            "became"
                        },
                        other.id
                    ),
                );
            }
        }
    }
    reports
}

/// The report of a section; `None` where a fault leaves none.
fn report(
    s: Section<'_>,
    folder: &Path,
    kinds: &[Arc<Kind>],
    schedule: Option<&Schedule>,
) -> Option<Report> {
    let id = s.required("id", "tre-em");
    let renamed = s.text_or_texts("renamed").unwrap_or_default();
    let ended = s.parsed("ended", parse_date);
    let applies_to_open = s.flag("applies_to_open");
    let title = s.required("title", "Báo cáo kết quả …");
    let short = s.text("short");
    let basis = s.required("basis", "Kế hoạch số 40/KH-LĐLĐ ngày 23/4/2024");
    let who = who(&s, kinds);
    let frequency = frequency(&s, schedule);
    let first_period = s.parsed("first_period", str::parse::<PeriodId>);
    let (due, strictly_before) = due(&s).unzip();
    let due_time = s
        .parsed("due_time", parse_time)
        .or(schedule.map(|x| x.due_time))
        .unwrap_or(Time::constant(17, 0, 0, 0));
    let on_day_off = on_day_off(&s);
    let forms = forms(&s);
    let nil_return = s.flag("nil_return").unwrap_or(false);
    let words = s.texts("words").unwrap_or_default();
    let words: Vec<String> = words.iter().chain(&title).map(|w| phrase(w)).collect();
    let words = words.into_iter().filter(|w| !w.is_empty()).collect();
    let except = s.texts("except").unwrap_or_default();
    let except = except.iter().map(|w| phrase(w)).collect();
    let over = s.texts("over").unwrap_or_default();
    let year_means_half = s.choice("year_means", &[("H1", 1), ("H2", 2)]);
    let sections = plan_sections(&s);
    let figures = figures::figures(&s);
    let basis_file = basis_file(&s, folder);
    let steps = reminders(&s, schedule);
    if matches!(frequency, Some(Frequency::Event(_)))
        != matches!(due, Some(DueRule::DaysAfterEvent(_)))
        && matches!(due, Some(DueRule::DaysAfterEvent(_)))
    {
        s.fault_at("due", "`days_after_event` needs frequency = \"event\"");
    }
    let report = Report {
        short: short.or_else(|| title.clone()).unwrap_or_default(),
        id: id?,
        renamed,
        ended,
        applies_to_open,
        title: title?,
        basis: basis?,
        who: who?,
        frequency: frequency?,
        first_period,
        due: due?,
        due_time,
        on_day_off,
        strictly_before: strictly_before?,
        forms: forms?,
        nil_return,
        words,
        except,
        over,
        year_means_half,
        steps,
        sections,
        figures,
        basis_file,
    };
    if let Some(first) = &report.first_period
        && report.period(first, Closing::Day(14)).is_none()
    {
        s.fault_at(
            "first_period",
            format!("`first_period` {first} is no period of this report's frequency"),
        );
    }
    s.finish();
    Some(report)
}

/// What becomes of a deadline on a day off.
fn on_day_off(s: &Section<'_>) -> OnDayOff {
    s.choice(
        "on_day_off",
        &[
            ("before", OnDayOff::Before),
            ("after", OnDayOff::After),
            ("same", OnDayOff::Same),
            ("keep", OnDayOff::Same), // its name before
        ],
    )
    .unwrap_or_default()
}

/// What has to be there: at least one form.
fn forms(s: &Section<'_>) -> Option<Forms> {
    let forms = s.texts("forms").and_then(|names| {
        let forms = Forms::from_names(&names).filter(|f| !f.is_empty());
        if forms.is_none() {
            s.fault_at(
                "forms",
                "`forms` must name \"signed_document\", \"soft_file\" or both",
            );
        }
        forms
    });
    if s.texts("forms").is_none() {
        s.fault(
            "`forms` is missing; add for example: forms = [\"signed_document\", \"soft_file\"]",
        );
    }
    forms
}

/// The parts under which what units write is consolidated; the title of one is among its words.
fn plan_sections(s: &Section<'_>) -> Vec<PlanSection> {
    let sections = s.sections("section").into_iter().filter_map(|section| {
        let title = section.required("title", "Công tác tuyên truyền");
        let words = section.texts("words").unwrap_or_default();
        section.finish();
        let title = title?;
        let words = words.iter().chain([&title]).map(|w| fold(w)).collect();
        Some(PlanSection { title, words })
    });
    sections.collect()
}

/// The document that goes along when a period opens: it has to be there, and small enough for a letter.
fn basis_file(s: &Section<'_>, folder: &Path) -> Option<PathBuf> {
    let path = folder.join(s.text("basis_file")?);
    match path.metadata() {
        Ok(meta) if meta.len() > MOST_ENCLOSED => s.fault_at(
            "basis_file",
            format!(
                "{} is larger than {} MB",
                path.display(),
                MOST_ENCLOSED / 1_000_000
            ),
        ),
        Ok(_) => {}
        Err(e) => s.fault_at(
            "basis_file",
            format!("{} cannot be read: {e}", path.display()),
        ),
    }
    Some(path)
}

/// When units are reminded: as usual, but for what the report says of its own.
fn reminders(s: &Section<'_>, schedule: Option<&Schedule>) -> Steps {
    let usual = schedule.map_or_else(Steps::default, |x| x.steps.clone());
    let Some(own) = s.section("reminders") else {
        return usual;
    };
    let given = steps(&own, &usual);
    own.finish();
    given
}

/// A phrase as it is looked for.
fn phrase(written: &str) -> String {
    let written = written.replace("...", "…");
    let parts: Vec<String> = written
        .split(GAP)
        .map(fold)
        .filter(|p| !p.is_empty())
        .collect();
    parts.join(&format!(" {GAP} "))
}

fn who(s: &Section<'_>, kinds: &[Arc<Kind>]) -> Option<Vec<Audience>> {
    let Some(given) = s.texts("who") else {
        s.fault("`who` is missing; add for example: who = [\"district\", \"sector\"]");
        return None;
    };
    let mut all = Vec::new();
    for name in &given {
        if name == "grassroots_direct" {
            all.push(Audience::GrassrootsDirect);
            continue;
        }
        match kinds::find(kinds, name) {
            Ok(kind) => all.push(Audience::Kind(kind.id.clone())),
            Err(known) => s.fault_at(
                "who",
                format!("{name:?} is no kind of unit; known are grassroots_direct, {known}"),
            ),
        }
    }
    Some(all)
}

fn frequency(s: &Section<'_>, schedule: Option<&Schedule>) -> Option<Frequency> {
    #[derive(Clone, Copy)]
    enum Word {
        Plain(fn() -> Frequency),
        Event,
        Once,
    }
    let word = s.choice(
        "frequency",
        &[
            ("monthly", Word::Plain(|| Frequency::Monthly)),
            ("quarterly", Word::Plain(|| Frequency::Quarterly)),
            ("six_months", Word::Plain(|| Frequency::SixMonths)),
            ("nine_months", Word::Plain(|| Frequency::NineMonths)),
            ("yearly", Word::Plain(|| Frequency::Yearly)),
            ("school_year", Word::Plain(|| Frequency::SchoolYear)),
            ("event", Word::Event),
            ("once", Word::Once),
        ],
    );
    if s.text("frequency").is_none() {
        s.fault("`frequency` is missing; add for example: frequency = \"six_months\"");
    }
    match word? {
        Word::Plain(make) => Some(make()),
        Word::Event => {
            let solar = s.parsed("solar", |text| {
                let (a, b) = text.split_once('-').unwrap_or((text, text));
                day_and_month(a)
                    .zip(day_and_month(b))
                    .filter(|(a, b)| ![*a, *b].contains(&(29, 2)))
                    .map(|(from, to)| EventDate::Solar { from, to })
                    .ok_or("write day/month or a span, such as \"1/6-30/6\", of days that every year has")
            });
            let lunar = s.parsed("lunar", lunar_day);
            if let (Some(_), Some(since)) = (lunar, schedule.map(|x| x.since))
                && !lunar::YEARS.contains(&since.year())
            {
                let (first, last) = lunar::YEARS.into_inner();
                s.fault_at(
                    "lunar",
                    format!("the lunar years from {first} to {last} are known, and `schedule.since` is {since}"),
                );
            }
            if s.text("solar").is_none() && s.text("lunar").is_none() {
                s.fault("an event needs its day: solar = \"1/6-30/6\" or lunar = \"15/8\"");
            }
            solar.or(lunar).map(Frequency::Event)
        }
        Word::Once => {
            let period = s
                .required("period", "2024")
                .and_then(|_| s.parsed("period", str::parse::<PeriodId>));
            let opens = s
                .required("opens", "2024-04-23")
                .and_then(|_| s.parsed("opens", parse_date));
            Some(Frequency::Once {
                period: period?,
                opens: opens?,
            })
        }
    }
}

/// The rule, and whether the day itself is too late already.
fn due(s: &Section<'_>) -> Option<(DueRule, bool)> {
    let Some(d) = s.section("due") else {
        s.fault(
            "`due` is missing; write due = { day = 15 }, { days_after_event = 10 }, { date = \"10/7\" } or { on = \"2024-05-31\" }",
        );
        return None;
    };
    let rules: Vec<DueRule> = [
        d.number("day", 1..=31)
            .map(|n| DueRule::DayOfLastMonth(n as i8)),
        d.number("days_after_event", 0..=366)
            .map(|n| DueRule::DaysAfterEvent(n as i16)),
        d.number("working_days_after", 0..=250)
            .map(|n| DueRule::WorkingDaysAfterClose(n as u16)),
        d.parsed("date", |text| {
            day_and_month(text).ok_or("write day/month, such as \"10/7\"")
        })
        .map(|(day, month)| DueRule::DayAndMonth(day, month)),
        d.parsed("on", parse_date).map(DueRule::On),
    ]
    .into_iter()
    .flatten()
    .collect();
    let one = match rules.as_slice() {
        [one] => Some(*one),
        _ => {
            d.fault("`due` must have exactly one of day, days_after_event, working_days_after, date and on");
            None
        }
    };
    let before = d.flag("before").unwrap_or(false);
    d.finish();
    one.map(|rule| (rule, before))
}

/// `15/8` of the lunar year.
fn lunar_day(text: &str) -> Result<EventDate, &'static str> {
    let day = text.trim().split_once('/');
    let day = day.and_then(|(d, m)| Some((d.trim().parse().ok()?, m.trim().parse().ok()?)));
    match day {
        Some((day, month))
            if (1..=lunar::DAYS_OF_EVERY_MONTH).contains(&day) && (1..=12).contains(&month) =>
        {
            Ok(EventDate::Lunar((day, month)))
        }
        _ => Err(
            "write day/month of the lunar year, such as \"15/8\"; the day up to 29, so that every year has it",
        ),
    }
}

/// `15/6` as (15, 6), if some year has that day.
pub(super) fn day_and_month(text: &str) -> Option<(i8, i8)> {
    let (d, m) = text.trim().split_once('/')?;
    let (d, m) = (d.trim().parse().ok()?, m.trim().parse().ok()?);
    Date::new(2024, m, d).ok()?; // a leap year, so that 29/2 passes
    Some((d, m))
}
