//! The rules of the users' world, as pure functions over plain values.
//!
//! Nothing here reads a clock, a file or a database: the moment is an argument.

pub mod because;
pub mod calendar;
pub mod correction;
pub mod decision;
pub mod figure;
pub mod identity;
pub mod lunar;
pub mod obligation;
pub mod owed;
pub mod period;
pub mod reminder;
pub mod report;
pub mod row;
pub mod submission;
pub mod unit;
pub mod why;
pub mod year;

use std::sync::OnceLock;

use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;

/// The zone of every civil date and time in this program: `Asia/Ho_Chi_Minh` (UTC+7, no summer time).
pub fn zone() -> TimeZone {
    static ZONE: OnceLock<TimeZone> = OnceLock::new();
    ZONE.get_or_init(|| {
        TimeZone::get("Asia/Ho_Chi_Minh").expect("the time zone database is compiled in")
    })
    .clone()
}

/// The civil date in Vietnam at an instant.
pub fn date_of(at: Timestamp) -> Date {
    at.to_zoned(zone()).date()
}

/// The instant of a civil date and time in Vietnam.
pub fn instant(date: Date, time: Time) -> Timestamp {
    zone()
        .to_timestamp(date.to_datetime(time))
        .expect("the offset of +7 hours never leaves the range of instants for dates 1900–2100")
}

/// A text for comparing headings and words: small letters, one space between words.
pub(crate) fn fold_case(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").to_lowercase()
}

/// A date as Vietnamese documents write it: `15/6/2026`.
pub fn vietnamese_date(date: Date) -> String {
    format!("{}/{}/{}", date.day(), date.month(), date.year())
}

/// An instant as mails to units write it: `17 giờ 00 ngày 15/6/2026`.
pub(crate) fn vietnamese_moment(at: Timestamp) -> String {
    let z = at.to_zoned(zone());
    format!(
        "{} giờ {:02} ngày {}",
        z.hour(),
        z.minute(),
        vietnamese_date(z.date())
    )
}
