//! Letters, one file each: whether a mail that is owed is still owed at the moment of sending, and what it says then.
//! Each gathers from the store, and hands values to its template.

mod acknowledgement;
mod answer;
mod arrived;
mod confirmation;
mod decided;
mod decided_anew;
mod digest;
mod extended;
pub(crate) mod figures;
mod grassroots;
pub(crate) mod inquiry;
mod link_only;
mod reminder;
mod returned;
mod staff_answer;
mod staff_answers;

use anyhow::{Context, Result};
use jiff::Timestamp;
use jiff::civil::Date;
use minijinja::context;

use crate::config::Config;
use crate::domain::obligation::Obligation;
use crate::domain::owed::Owed;
use crate::domain::unit::{Unit, UnitId};
use crate::domain::{date_of, vietnamese_date};
use crate::store::{Message, Outgoing, Store};
use crate::writing::{Draft, say};
use answer::Reply;

pub use digest::digest;
pub use reminder::reminder_of;

/// Whether a mail is owed at the moment of sending, and what it says.
#[derive(Debug)]
pub enum Composed {
    /// It is.
    Ready(Draft),
    /// Not now: something waits for a person.
    Hold,
    /// No longer, and why.
    Dropped(String),
    /// It is, and cannot be written as things stand: why, in words for staff.
    Blocked(String),
}

/// Composes a mail of the outbox.
///
/// # Errors
/// When the store or a template fails.
pub fn compose(
    config: &Config,
    store: &Store,
    mail: &Outgoing,
    now: Timestamp,
) -> Result<Composed> {
    match &mail.owed {
        Owed::Acknowledgement(_) => acknowledgement::letter(config, store, mail, now),
        Owed::Arrived(_) => arrived::letter(config, store, mail),
        Owed::LinkOnly(_) => link_only::letter(config, store, mail, now),
        Owed::Grassroots(_) => grassroots::letter(config, store, mail),
        Owed::Returned(row) => returned::letter(config, store, mail, *row),
        Owed::Extended(row) | Owed::ExtensionWithdrawn(row) => {
            extended::letter(config, store, mail, *row, now)
        }
        Owed::Decided(row) => decided::letter(config, store, mail, *row, now),
        Owed::StaffAnswer(_) => staff_answer::letter(config, store, mail, now),
        Owed::StaffAnswers { day, address } => {
            staff_answers::letter(config, store, *day, address, now)
        }
        Owed::DecidedAnew { message, address } => {
            decided_anew::letter(config, store, *message, address)
        }
        Owed::Confirmation(_) => confirmation::letter(config, store, mail, now),
        Owed::InquiryAnswer { .. } => inquiry::letter(config, store, mail, now),
        Owed::Reminder { .. } => reminder::letter(config, store, mail, now),
        Owed::Digest { day, address } => {
            digest::letter(config, store, *day, address.as_deref(), now)
        }
    }
}

/// The unit of a mail as the register has it; else what keeps the mail from being written, until the administrator has
/// said what became of the unit or of a report.
fn registered<'c, 'r>(
    config: &'c Config,
    unit: &UnitId,
    reports: impl IntoIterator<Item = &'r str>,
    day: Date,
) -> Result<&'c Unit, String> {
    for report in reports {
        if config.report(report).is_none() {
            return Err(say(config, "report_unknown", context! { report }));
        }
    }
    let unit_row = config.register.nearest(unit, day);
    unit_row.ok_or_else(|| say(config, "unit_unknown", context! { unit }))
}

/// The mail that one of ours answers.
fn answered(store: &Store, mail: &Outgoing) -> Result<Message> {
    let id = mail.message.context("an answer without a mail")?;
    store.message(id)?.context("the answered mail is gone")
}

/// In so many working days a unit is asked to send what is late.
const TO_SEND: u16 = 3;

/// Until which day a unit is asked to send what was due before; `None` where its time is not over.
fn new_due(config: &Config, o: &Obligation, now: Timestamp) -> Option<String> {
    let day = || config.calendar.working_days_after(date_of(now), TO_SEND);
    (o.due < now).then(|| vietnamese_date(day()))
}

/// The mail that one of ours answers, where it is certainly a unit's.
fn answered_of(store: &Store, mail: &Outgoing, unit: &UnitId) -> Result<Option<Message>> {
    let message = match mail.message {
        Some(id) => store.message(id)?,
        None => None,
    };
    Ok(message.filter(|m| m.unit.as_ref() == Some(unit)))
}

/// An answer to whoever wrote, or else to an address of the unit; `None` where there is neither.
fn reply_or_own<'a>(message: Option<&'a Message>, own: Option<&'a str>) -> Option<Reply<'a>> {
    let to_its_own = own.map(|to| Reply {
        to,
        subject: "",
        thread: vec![],
    });
    message.and_then(reply_to).or(to_its_own)
}

/// An answer to the sender himself: a Reply-To may point anywhere. `None` where the mail was not read or has no sender.
fn reply_to(message: &Message) -> Option<Reply<'_>> {
    let reading = message.reading.as_ref()?;
    let sender = reading.sender.as_ref()?;
    let mut thread = reading.references.clone();
    thread.extend(reading.message_id.clone());
    Some(Reply {
        to: &sender.address,
        subject: &reading.subject,
        thread,
    })
}
