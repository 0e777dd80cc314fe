//! `holidays.toml`: days off and worked Saturdays, year by year.

use jiff::ToSpan;
use jiff::civil::Date;

use super::source::{Document, Faults};
use crate::domain::calendar::Calendar;

/// Reads the table of days off.
pub(super) fn parse(file: &str, text: &str, faults: &Faults) -> Calendar {
    let mut calendar = Calendar::default();
    let Some(document) = Document::parse(file, text, faults) else {
        return calendar;
    };
    let root = document.root(faults);
    for section in root.sections("year") {
        let Some(year) = section.number("year", 2000..=2100).map(|y| y as i16) else {
            section.fault("a [[year]] needs its number, such as: year = 2026");
            section.finish();
            continue;
        };
        if !calendar.years.insert(year) {
            section.fault(format!("the year {year} is given twice"));
        }
        let days = |key| {
            let mut days = Vec::new();
            for text in section.texts(key).unwrap_or_default() {
                match span(&text, year) {
                    Some(mut span) => days.append(&mut span),
                    None => section.fault_at(
                        key,
                        format!("{text:?} is neither a day such as \"30/4\" nor days such as \"16/2-20/2\" of {year}"),
                    ),
                }
            }
            days
        };
        calendar.days_off.extend(days("days_off"));
        calendar.worked.extend(days("worked"));
        section.finish();
    }
    root.finish();
    calendar
}

/// The days of `30/4` or `16/2-20/2`.
fn span(text: &str, year: i16) -> Option<Vec<Date>> {
    let day =
        |t: &str| super::reports::day_and_month(t).and_then(|(d, m)| Date::new(year, m, d).ok());
    let (first, last) = match text.split_once('-') {
        Some((a, b)) => (day(a)?, day(b)?),
        None => (day(text)?, day(text)?),
    };
    (first <= last).then(|| {
        std::iter::successors(Some(first), |d| d.checked_add(1.day()).ok())
            .take_while(|d| *d <= last)
            .collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn days_and_spans_are_read_and_nonsense_is_named() {
        let faults = Faults::default();
        let c = parse(
            "holidays.toml",
            "[[year]]\nyear = 2026\ndays_off = [\"16/2-20/2\", \"30/4\"]\nworked = [\"31/2\"]\n",
            &faults,
        );
        assert_eq!(c.days_off.len(), 6);
        assert!(c.days_off.contains(&date(2026, 2, 18)));
        assert!(c.covers(2026) && !c.covers(2027));
        let all = faults.into_vec();
        assert_eq!(all.len(), 1);
        assert_eq!(all[0].line, Some(4));
    }
}
