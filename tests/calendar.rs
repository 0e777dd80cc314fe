//! The calendar: the lunar years against a published table, periods without gaps, deadlines on working days.

use std::path::Path;

use jiff::ToSpan;
use jiff::civil::{Date, Time, date};
use proptest::prelude::*;
use thubaocao::config::Config;
use thubaocao::domain::calendar::Calendar;
use thubaocao::domain::period::{Closing, PeriodId};
use thubaocao::domain::report::{DueRule, Frequency, OnDayOff, Report};
use thubaocao::domain::{date_of, instant, lunar};

#[test]
fn every_day_of_the_lunar_years_1900_to_2100_is_the_published_one() {
    let table = include_str!("lunar.tsv");
    let mut days = 0;
    for line in table.lines().filter(|l| !l.starts_with('#')) {
        let cells: Vec<&str> = line.split('\t').collect();
        let (year, leap): (i16, i8) = (cells[0].parse().unwrap(), cells[2].parse().unwrap());
        let mut first: Date = cells[1].parse().unwrap();
        let mut month = 0;
        let mut after_leap = false;
        for length in cells[3].chars() {
            let length = if length == 'L' { 30 } else { 29 };
            let is_leap = month == leap && leap > 0 && !after_leap;
            if is_leap {
                after_leap = true;
            } else {
                month += 1;
                for day in 1..=length {
                    let expected = first.checked_add((i64::from(day) - 1).days()).unwrap();
                    assert_eq!(
                        lunar::solar_date(year, month, day),
                        Some(expected),
                        "{day}/{month}/{year}"
                    );
                    days += 1;
                }
                assert_eq!(lunar::solar_date(year, month, length + 1), None);
            }
            first = first.checked_add(i64::from(length).days()).unwrap();
        }
        assert_eq!(month, 12, "{line}");
    }
    assert!(days > 201 * 353, "{days}");
}

fn report(frequency: Frequency) -> Report {
    let config = Config::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("config")).unwrap();
    Report {
        frequency,
        first_period: None,
        ..config.reports[0].clone()
    }
}

fn calendar() -> Calendar {
    let config = Config::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("config")).unwrap();
    config.calendar
}

proptest! {
    #[test]
    fn every_instant_belongs_to_exactly_one_period(
        seconds in 946_684_800_i64..4_102_444_800,
        closing in prop_oneof![Just(Closing::EndOfMonth), (1_i8..=28).prop_map(Closing::Day)],
    ) {
        let at = jiff::Timestamp::from_second(seconds).unwrap();
        let day = date_of(at);
        for frequency in [Frequency::Monthly, Frequency::Quarterly, Frequency::SixMonths, Frequency::Yearly] {
            let report = report(frequency);
            let from = day.checked_sub(2.years()).unwrap();
            let periods = report.periods_opening(from, day, closing);
            let holding = periods.iter().filter(|p| p.opens <= day && day <= p.closes).count();
            prop_assert_eq!(holding, 1, "{} {:?}", day, closing);
            for pair in periods.windows(2) {
                prop_assert_eq!(pair[0].closes.tomorrow().unwrap(), pair[1].opens);
            }
        }
    }

    #[test]
    fn a_deadline_never_falls_on_a_day_off_unless_the_report_says_so(
        year in 2024_i16..2030, month in 1_i8..=12, day in 1_i8..=31, after in 0_i16..40,
        rule in 0_usize..5, moved in prop_oneof![Just(OnDayOff::Before), Just(OnDayOff::After)],
    ) {
        let calendar = calendar();
        let fixed = Date::new(year, month, day.min(28)).unwrap();
        let mut report = report(Frequency::Monthly);
        report.due = [
            DueRule::DayOfLastMonth(day),
            DueRule::WorkingDaysAfterClose(after as u16),
            DueRule::DayAndMonth(day.min(28), month),
            DueRule::On(fixed),
            DueRule::DaysAfterEvent(after),
        ][rule];
        report.on_day_off = moved;
        let period = report.period(&PeriodId::Month(year, month), Closing::Day(14)).unwrap();
        let due = report.deadline(&period, &calendar);
        prop_assert!(calendar.is_working_day(date_of(due)), "{due}");
        report.on_day_off = OnDayOff::Same;
        let kept = date_of(report.deadline(&period, &calendar));
        let moved_by = (date_of(due) - kept).get_days().abs();
        prop_assert!(moved_by <= 12, "moved from {kept} to {}", date_of(due));
    }

    #[test]
    fn n_working_days_after_are_n_working_days(
        seconds in 1_704_067_200_i64..1_830_297_600, n in 1_u16..60,
    ) {
        let calendar = calendar();
        let from = date_of(jiff::Timestamp::from_second(seconds).unwrap());
        let to = calendar.working_days_after(from, n);
        let mut worked = 0;
        let mut day = from;
        while day < to {
            day = day.tomorrow().unwrap();
            worked += u16::from(calendar.is_working_day(day));
        }
        prop_assert_eq!(worked, n);
        prop_assert!(calendar.is_working_day(to));
    }
}

#[test]
fn a_deadline_of_five_working_days_after_the_period_steps_over_tet() {
    let mut report = report(Frequency::Monthly);
    report.due = DueRule::WorkingDaysAfterClose(5);
    // 14/2/2026 is the Saturday before Tết; offices are closed from 16 to 20/2.
    let period = report
        .period(&PeriodId::Month(2026, 2), Closing::Day(14))
        .unwrap();
    assert_eq!(
        date_of(report.deadline(&period, &calendar())),
        date(2026, 2, 27)
    );
}

#[test]
fn before_a_day_means_through_the_day_before_it() {
    let mut report = report(Frequency::SixMonths);
    report.due = DueRule::DayOfLastMonth(17);
    report.strictly_before = true;
    let period = report
        .period(&PeriodId::Half(2026, 1), Closing::Day(14))
        .unwrap();
    let due = report.deadline(&period, &calendar());
    assert_eq!(due, instant(date(2026, 6, 16), Time::constant(17, 0, 0, 0)));
}
