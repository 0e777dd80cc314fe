//! How the units stand on one report and period, as the annex (phụ lục) of a letter tells it: with official names, and
//! without a word of missing where a mail that may bring it waits.

use std::collections::HashMap;

use anyhow::Result;
use jiff::Timestamp;
use jiff::civil::Date;

use super::{each_once, state_words};
use crate::config::Config;
use crate::domain::obligation::{Group, Obligation, State};
use crate::domain::row::MessageId;
use crate::domain::unit::UnitId;
use crate::domain::{date_of, vietnamese_date, vietnamese_moment};
use crate::ground::text::capital;
use crate::standing::View;
use crate::store::Store;
use crate::writing::spreadsheet::Tone;

/// The heads of its columns.
pub(crate) const COLUMNS: [&str; 7] = [
    "STT",
    "Đơn vị",
    "Hạn",
    "Tình trạng",
    "Ngày gửi",
    "Số văn bản",
    "Ghi chú",
];

/// The word above it.
pub(crate) const TITLE: &str = "PHỤ LỤC";

/// A row of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    /// The official name of the unit.
    pub unit: String,
    /// Until when it had time.
    pub due: Date,
    /// How it stands.
    pub state: String,
    /// The ground of that.
    pub tone: Tone,
    /// When all had come or, where something is missing, the first of it.
    pub sent: Option<Date>,
    /// Number and symbol of what has come.
    pub numbers: String,
    /// What else is to be known.
    pub note: String,
}

/// The row of an obligation; `usual`: the deadline of most.
///
/// # Errors
/// When the store cannot be read.
pub(crate) fn line(
    view: &View<'_>,
    store: &Store,
    o: &Obligation,
    usual: Timestamp,
) -> Result<Line> {
    let (mut state, mut tone) = state_words(view, o);
    let mut notes: Vec<String> = Vec::new();
    if o.due > usual && o.returned.is_none() {
        notes.push("được gia hạn".into());
    }
    if let Some(mail) = o.waiting.filter(|_| !o.settled()) {
        notes.push(format!("{} đang chờ xử lý", of_mail(store, mail)?));
    } else if let Some(mail) = o.unverified.filter(|_| !o.settled()) {
        notes.push(format!("{} chưa xác minh", of_mail(store, mail)?));
        if matches!(view.state(o), State::Overdue | State::Closed) {
            (state, tone) = ("Đang xác minh".into(), Tone::Part);
        }
    }
    Ok(Line {
        unit: view.config().official_name(&o.unit, date_of(o.due)),
        due: date_of(o.due),
        state,
        tone,
        sent: o.complete_at().or_else(|| o.first_received()).map(date_of),
        numbers: each_once(&store.numbers_of(o.id, view.now())?),
        note: capital(&notes.join("; ")),
    })
}

/// A mail by its number and day.
fn of_mail(store: &Store, mail: MessageId) -> Result<String> {
    let day = store.message(mail)?.map(|m| date_of(m.received_at));
    let day = day.map_or_else(String::new, |day| format!(" ngày {}", vietnamese_date(day)));
    Ok(format!("thư số {mail}{day}"))
}

/// Where each unit stands in the register.
pub(crate) type Places<'c> = HashMap<&'c UnitId, usize>;

/// The order of the register, as staff know it.
pub(crate) fn places(config: &Config) -> Places<'_> {
    let mut places = Places::new();
    for (place, unit) in config.register.units.iter().enumerate() {
        places.entry(&unit.id).or_insert(place);
    }
    places
}

/// Puts obligations in the order of the register; units that it does not have come last.
pub(crate) fn in_order(obligations: &mut [&Obligation], places: &Places<'_>) {
    obligations.sort_by_key(|o| (places.get(&o.unit).copied().unwrap_or(usize::MAX), &o.unit));
}

/// What the annex of a report and period is on.
pub(crate) fn of_group(config: &Config, group: &Group<'_>) -> String {
    let title = config.report_title(group.report);
    format!("Tình hình gửi {title}, {}", group.period.in_vietnamese())
}

/// The line that says which letter the annex belongs to; number and date are filled in by hand.
pub(crate) fn goes_with(issuer: &str) -> String {
    format!("(Kèm theo Công văn số ……/…… ngày … tháng … năm …… của {issuer})")
}

/// The deadline of most, and the moment of which the annex speaks.
pub(crate) fn due_and_now(view: &View<'_>, group: &Group<'_>) -> String {
    let (due, now) = (vietnamese_moment(group.due), vietnamese_moment(view.now()));
    format!("Hạn gửi: {due}. Tính đến {now}.")
}
