//! A mail by which a unit says that its report was sent already: on which day, and what is known of that.

use anyhow::Result;
use jiff::ToSpan;
use jiff::civil::{Date, Time};

use super::more_time::first_words;
use super::words;
use crate::config::Config;
use crate::domain::row::MessageId;
use crate::domain::{date_of, instant};
use crate::ground::text::fold;
use crate::matching::forms_of;
use crate::reading::{Reading, Trust};
use crate::store::{Message, MessageState, Store};
use crate::words::vi;

/// A mail that says so brings news to one who looks back so far.
const LONG_AGO: i64 = 60;

/// What a unit says, and what is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Claim {
    /// The day that it names (Vietnam).
    pub(crate) day: Option<Date>,
    /// Its first words, for staff.
    pub(crate) says: String,
    /// The mails of the unit's addresses of that day, or of the last two months that wait, without this one.
    pub(crate) found: Vec<(MessageId, MessageState)>,
}

/// Whether somebody writes that something was sent before, and brings nothing himself.
pub(crate) fn is_said(reading: &Reading) -> bool {
    let brings = |a: &crate::reading::Attachment| !forms_of(a.role).is_empty();
    !reading.attachments.iter().any(brings) && vi().sent_before.stands_in(&fold(&reading.body))
}

/// What a mail that waits says of what was sent before, where it may be of one unit only and is not forged.
pub(crate) fn said_by(config: &Config, store: &Store, message: &Message) -> Result<Option<Claim>> {
    let reading = message.reading.as_ref().filter(|r| r.trust != Trust::Fail);
    let Some(reading) = reading.filter(|r| is_said(r)) else {
        return Ok(None);
    };
    let Some(unit) = message.only_unit() else {
        return Ok(None);
    };
    let written = date_of(message.received_at);
    let day = words::past_day(&reading.body, written);
    let (from, to) = match day {
        Some(day) => (day, day.saturating_add(1.day())),
        None => (
            written.saturating_sub(LONG_AGO.days()),
            written.saturating_add(1.day()),
        ),
    };
    let row = config.register.nearest(unit, written);
    let mut addresses = row.map_or(vec![], |u| u.emails.clone());
    addresses.extend(message.sender.clone());
    let span = [from, to].map(|day| instant(day, Time::midnight()));
    let mut found = store.mails_from(&addresses, span)?;
    found.retain(|(id, state)| {
        let waits = matches!(state, MessageState::Waiting | MessageState::Received);
        *id != message.id && (day.is_some() || waits)
    });
    Ok(Some(Claim {
        day,
        says: first_words(&reading.body),
        found,
    }))
}
