//! The Vietnamese lunar calendar (UTC+7): when an event of the lunar year falls in the solar one.
//!
//! The years are those of the table that Hồ Ngọc Đức published (`tests/lunar.tsv` has it in words, and a test compares
//! every day). A table needs no astronomy, and no new moon near midnight makes it differ from what people hang on the
//! wall. The Chinese calendar uses UTC+8 and differs on some dates; this is the Vietnamese one. Until 1967 Vietnam used
//! calendars made for Beijing, so that the dates of those years are those that people lived by.

use std::ops::RangeInclusive;

use jiff::ToSpan;
use jiff::civil::{Date, date};

/// The lunar years that are known.
pub(crate) const YEARS: RangeInclusive<i16> = 1900..=2100;

/// The shortest month has so many days: every year has the days up to this one.
pub(crate) const DAYS_OF_EVERY_MONTH: i8 = 29;

/// The solar date of a day of the (non-leap) lunar month of a lunar year, `None` when the month has no such day or the
/// year is none of [`YEARS`].
///
/// ```
/// use jiff::civil::date;
/// use thubaocao::domain::lunar::solar_date;
/// assert_eq!(solar_date(2026, 8, 15), Some(date(2026, 9, 25))); // Trung thu
/// assert_eq!(solar_date(2101, 8, 15), None);
/// ```
pub fn solar_date(year: i16, month: i8, day: i8) -> Option<Date> {
    let place = usize::try_from(year.checked_sub(*YEARS.start())?).ok()?;
    let packed = *PUBLISHED.get(place)?;
    if !(1..=12).contains(&month) {
        return None;
    }
    let leap = (packed >> 13 & 0xf) as i8;
    // The leap month has the number of the one before it.
    let before = if leap > 0 && month > leap {
        month
    } else {
        month - 1
    };
    let length = |month: i8| 29 + i64::from(packed >> month & 1);
    if day < 1 || i64::from(day) > length(before) {
        return None;
    }
    let since_new_year = (0..before).map(length).sum::<i64>() + i64::from(day) - 1;
    let since_january = i64::from(packed >> 17) + since_new_year;
    date(year, 1, 1).checked_add(since_january.days()).ok()
}

/// A year each, from 1900 on. Bits 0–12: which of its months, the leap one among them and the first one in bit 0, have 30
/// days, where the others have 29; bits 13–16: after which month the leap one stands, 0 for none; from bit 17 on: how
/// many days after 1 January its first day is.
#[rustfmt::skip]
const PUBLISHED: [u32; 201] = [
    0x3d16d2, 0x620752, 0x4c0ea5, 0x38b64a, 0x5c064b, 0x440a9b, 0x30955a, 0x56056a,
    0x400b59, 0x2a5752, 0x500752, 0x3adb25, 0x600b25, 0x480a4b, 0x32b4ab, 0x5802ad,
    0x42056b, 0x2c4b69, 0x520da9, 0x3efd92, 0x640e92, 0x4c0d25, 0x36ba4d, 0x5c0a56,
    0x460ab6, 0x3095b4, 0x5606d4, 0x400ea9, 0x2c5e92, 0x500e92, 0x3acd26, 0x5e052b,
    0x480a57, 0x32b2b6, 0x580b5a, 0x4406d4, 0x2e6ec9, 0x520749, 0x3cf693, 0x620a93,
    0x4c052b, 0x34ca5b, 0x5a0aad, 0x46056a, 0x309b55, 0x560ba4, 0x400b49, 0x2a5a93,
    0x500a95, 0x38f52d, 0x5e0536, 0x480aad, 0x34b5aa, 0x5805b2, 0x420da5, 0x2e7d4a,
    0x540d4a, 0x3d0a95, 0x600a97, 0x4c0556, 0x36cab5, 0x5a0ad5, 0x4606d2, 0x308ea5,
    0x560ea5, 0x40064a, 0x286c97, 0x4e029b, 0x38e55b, 0x5c056b, 0x480b69, 0x34b752,
    0x5a0b52, 0x420b25, 0x2c9a4b, 0x520a4d, 0x3d14ab, 0x6002ad, 0x4a05ad, 0x36cb6a,
    0x5c0da9, 0x460d92, 0x309d25, 0x560d25, 0x400a55, 0x2854ad, 0x4e04b6, 0x38e5b5,
    0x5e06d5, 0x480ec9, 0x34be92, 0x5a0e92, 0x440d26, 0x2c6a56, 0x500a57, 0x3d1556,
    0x62056a, 0x4a0b55, 0x36b6c9, 0x5c0749, 0x460693, 0x2e952b, 0x54052b, 0x3e0a5b,
    0x2a555a, 0x4e056a, 0x38eb65, 0x5e0ba5, 0x4a0d49, 0x32ba95, 0x580a95, 0x42052d,
    0x2c8aad, 0x500ab5, 0x3d35aa, 0x6205d2, 0x4c0da5, 0x36dd4a, 0x5c0e4a, 0x460c96,
    0x30992e, 0x540556, 0x3e0ab5, 0x2a55b2, 0x5006d2, 0x38cea5, 0x5e0725, 0x48064b,
    0x32ac97, 0x5604ab, 0x40055b, 0x2c6ada, 0x520b6a, 0x3d7752, 0x620b92, 0x4c0b25,
    0x36da4b, 0x5a0a4d, 0x4404ad, 0x2ea95b, 0x5405ad, 0x3e0baa, 0x2a5b52, 0x500d92,
    0x3afd25, 0x5e0d25, 0x480a55, 0x32b4ad, 0x5804b6, 0x4006b5, 0x2c6daa, 0x520eca,
    0x3f0e92, 0x600e93, 0x4c0d2a, 0x36ca56, 0x5a0a5b, 0x44055a, 0x2e8ad5, 0x540b55,
    0x40074a, 0x286e93, 0x4e0a93, 0x38f52b, 0x5e052b, 0x460a9b, 0x32b55a, 0x58056a,
    0x420b65, 0x2c974a, 0x520d4a, 0x3d1a95, 0x620c95, 0x4a092d, 0x34caad, 0x5a0ab5,
    0x4605aa, 0x2e8da5, 0x540ea5, 0x400d4a, 0x2a7d15, 0x4e0c96, 0x38f956, 0x5e0556,
    0x480ab5, 0x32b6b4, 0x5806d4, 0x420ea5, 0x2e8e8a, 0x50068b, 0x3b1497, 0x6004ab,
    0x4a095b, 0x34cada, 0x5a0b6a, 0x460754, 0x309725, 0x540b45, 0x3e0a8b, 0x28552b,
    0x4e04ad,
];

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
        assert_eq!(solar_date(2026, 0, 1), None);
    }

    #[test]
    fn a_year_that_was_not_published_is_none() {
        for year in [i16::MIN, 0, 1899, 2101, i16::MAX] {
            assert_eq!(solar_date(year, 1, 1), None, "{year}");
        }
        for year in YEARS {
            assert!(
                solar_date(year, 12, DAYS_OF_EVERY_MONTH).is_some(),
                "{year}"
            );
        }
    }
}
