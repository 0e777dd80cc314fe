//! The Vietnamese lunar calendar (UTC+7): when an event of the lunar year falls in the solar one.
//!
//! Method: mean new moons with the periodic terms of Meeus, *Astronomical Algorithms*, chapter 47 (first
//! edition), months numbered by the sun's longitude, as Hồ Ngọc Đức describes for Vietnam's meridian.
//! The Chinese calendar uses UTC+8 and differs on some dates; this is the Vietnamese one. Until 1967 Vietnam used
//! calendars made for Beijing, so that the dates of those years are those that people lived by.

use std::f64::consts::PI;

use jiff::ToSpan;
use jiff::civil::{Date, date};

/// New moons (counted from 1/1/1900) that the published calendar has on another day than this method, with the days to
/// add: three fall within two minutes of midnight, the first one is the calendar's own.
const PUBLISHED_OTHERWISE: [(i64, i64); 4] = [(310, 1), (1909, -1), (2139, -1), (2200, -1)];

/// The new moons of 21/4/1917 and 24/7/1922 (Julian days): within two minutes of midnight, the sun enters the next
/// twelfth before it by this method and after it by the published calendar.
const TERM_AFTER_MIDNIGHT: [i64; 2] = [2421340, 2423260];

/// By how much of a day the calendar's days are ahead of Universal Time on a Julian day: the local time of Beijing, then
/// UTC+8, since 1968 UTC+7.
fn offset(julian_day: f64) -> f64 {
    const Y1929: f64 = 2_425_612.5;
    const Y1968: f64 = 2_439_856.5;
    if julian_day < Y1929 {
        (7.0 + 45.0 / 60.0 + 40.0 / 3600.0) / 24.0
    } else if julian_day < Y1968 {
        8.0 / 24.0
    } else {
        7.0 / 24.0
    }
}
/// Mean length of a lunar month in days.
const MONTH: f64 = 29.530588853;

/// The solar date of a day of the (non-leap) lunar month of a lunar year, `None` when the month has no such day.
///
/// ```
/// use jiff::civil::date;
/// use thubaocao::domain::lunar::solar_date;
/// assert_eq!(solar_date(2026, 8, 15), Some(date(2026, 9, 25))); // Trung thu
/// ```
pub fn solar_date(year: i16, month: i8, day: i8) -> Option<Date> {
    let first = month_start(year, month)?;
    let next = new_moon_day(moon_number(first) + 1);
    let wanted = first + i64::from(day) - 1;
    (day >= 1 && wanted < next).then(|| date_of_julian_day(wanted))
}

/// Julian day (at noon) of the first day of a lunar month.
fn month_start(year: i16, month: i8) -> Option<i64> {
    if !(1..=12).contains(&month) {
        return None;
    }
    // Months are counted from the 11th one, which holds the winter solstice.
    let (a11, b11) = if month < 11 {
        (eleventh_month(year - 1), eleventh_month(year))
    } else {
        (eleventh_month(year), eleventh_month(year + 1))
    };
    let k = moon_number(a11);
    let mut offset = i64::from(month) - 11;
    if offset < 0 {
        offset += 12;
    }
    if b11 - a11 > 365 {
        let leap = leap_month_offset(k);
        if offset >= leap {
            offset += 1;
        }
    }
    Some(new_moon_day(k + offset))
}

/// The number of the new moon on a Julian day, counted from 1/1/1900.
fn moon_number(julian_day: i64) -> i64 {
    ((julian_day as f64 - 2415021.076998695) / MONTH + 0.5).floor() as i64
}

/// The Julian day of the first day of the 11th month of a lunar year.
fn eleventh_month(year: i16) -> i64 {
    let end = julian_day(date(year, 12, 31)) - 2415021;
    let k = (end as f64 / MONTH).floor() as i64;
    let start = new_moon_day(k);
    if sun_sector(start) >= 9 {
        new_moon_day(k - 1)
    } else {
        start
    }
}

/// In a year of thirteen months: which month after the 11th is the leap one, the first without a principal term.
fn leap_month_offset(k: i64) -> i64 {
    let mut last;
    let mut i = 1;
    let mut sector = sun_sector(new_moon_day(k + i));
    loop {
        last = sector;
        i += 1;
        sector = sun_sector(new_moon_day(k + i));
        if sector == last || i >= 14 {
            return i - 1;
        }
    }
}

/// The Julian day, in Vietnam, on which the k-th new moon after 1/1/1900 falls.
fn new_moon_day(number: i64) -> i64 {
    let k = number as f64;
    let t = k / 1236.85;
    let t2 = t * t;
    let t3 = t2 * t;
    let rad = PI / 180.0;
    let mean = 2415020.75933 + 29.53058868 * k + 0.0001178 * t2 - 0.000000155 * t3
        + 0.00033 * ((166.56 + 132.87 * t - 0.009173 * t2) * rad).sin();
    let m = (359.2242 + 29.10535608 * k - 0.0000333 * t2 - 0.00000347 * t3) * rad;
    let mp = (306.0253 + 385.81691806 * k + 0.0107306 * t2 + 0.00001236 * t3) * rad;
    let f = (21.2964 + 390.67050646 * k - 0.0016528 * t2 - 0.00000239 * t3) * rad;
    let mut c = (0.1734 - 0.000393 * t) * m.sin() + 0.0021 * (2.0 * m).sin();
    c -= 0.4068 * mp.sin() - 0.0161 * (2.0 * mp).sin();
    c -= 0.0004 * (3.0 * mp).sin();
    c += 0.0104 * (2.0 * f).sin() - 0.0051 * (m + mp).sin();
    c -= 0.0074 * (m - mp).sin() - 0.0004 * (2.0 * f + m).sin();
    c -= 0.0004 * (2.0 * f - m).sin() + 0.0006 * (2.0 * f + mp).sin();
    c += 0.0010 * (2.0 * f - mp).sin() + 0.0005 * (2.0 * mp + m).sin();
    // Ephemeris time runs ahead of Universal Time by this much.
    let delta = if t < -11.0 {
        0.001 + 0.000839 * t + 0.0002261 * t2 - 0.00000845 * t3 - 0.000000081 * t * t3
    } else {
        -0.000278 + 0.000265 * t + 0.000262 * t2
    };
    let at = mean + c - delta;
    let published = PUBLISHED_OTHERWISE.iter().find(|(n, _)| *n == number);
    (at + 0.5 + offset(at)).floor() as i64 + published.map_or(0, |(_, days)| *days)
}

/// Which twelfth of the zodiac (0 = from the spring equinox) the sun is in at midnight, Vietnam, of a Julian day.
fn sun_sector(julian_day: i64) -> i64 {
    let late = TERM_AFTER_MIDNIGHT.contains(&julian_day);
    let julian_day = julian_day as f64;
    let t = (julian_day - 2451545.5 - offset(julian_day)) / 36525.0;
    let t2 = t * t;
    let rad = PI / 180.0;
    let m = (357.52910 + 35999.05030 * t - 0.0001559 * t2 - 0.00000048 * t * t2) * rad;
    let l0 = 280.46645 + 36000.76983 * t + 0.0003032 * t2;
    let dl = (1.914600 - 0.004817 * t - 0.000014 * t2) * m.sin()
        + (0.019993 - 0.000101 * t) * (2.0 * m).sin()
        + 0.000290 * (3.0 * m).sin();
    // As the sun is seen: aberration and nutation (chapter 24).
    let seen = -0.00569 - 0.00478 * ((125.04 - 1934.136 * t) * rad).sin();
    let longitude = (l0 + dl + seen).rem_euclid(360.0);
    (longitude / 30.0).floor() as i64 - i64::from(late)
}

/// Julian day number of a Gregorian date; 1/1/2000 is 2,451,545.
fn julian_day(day: Date) -> i64 {
    let days = day
        .since((jiff::Unit::Day, date(2000, 1, 1)))
        .expect("dates of years 1–9999 are a span of days apart")
        .get_days();
    2451545 + i64::from(days)
}

fn date_of_julian_day(julian_day: i64) -> Date {
    date(2000, 1, 1).saturating_add((julian_day - 2451545).days())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_dates_of_tet_gio_to_and_trung_thu_come_out() {
        let known = [
            (
                2024,
                date(2024, 2, 10),
                date(2024, 4, 18),
                date(2024, 9, 17),
            ),
            (2025, date(2025, 1, 29), date(2025, 4, 7), date(2025, 10, 6)),
            (
                2026,
                date(2026, 2, 17),
                date(2026, 4, 26),
                date(2026, 9, 25),
            ),
            (2027, date(2027, 2, 6), date(2027, 4, 16), date(2027, 9, 15)),
            (2028, date(2028, 1, 26), date(2028, 4, 4), date(2028, 10, 3)),
        ];
        for (year, tet, gio_to, trung_thu) in known {
            assert_eq!(solar_date(year, 1, 1), Some(tet));
            assert_eq!(solar_date(year, 3, 10), Some(gio_to));
            assert_eq!(solar_date(year, 8, 15), Some(trung_thu));
        }
    }

    #[test]
    fn new_year_is_the_vietnamese_one_where_china_differs() {
        for first in [
            date(1968, 1, 29),
            date(1985, 1, 21),
            date(2007, 2, 17),
            date(2030, 2, 2),
        ] {
            assert_eq!(solar_date(first.year(), 1, 1), Some(first));
        }
    }

    #[test]
    fn a_day_that_the_month_lacks_is_none() {
        assert_eq!(solar_date(2026, 13, 1), None);
        assert_eq!(solar_date(2026, 1, 31), None);
        assert_eq!(solar_date(2026, 1, 0), None);
    }
}
