//! Who of staff asks to be told something is told it, by a letter to his own address.

use anyhow::Result;
use jiff::Timestamp;
use jiff::civil::Time;
use minijinja::context;

use super::answer::{self, Outcome};
use crate::collect::Books;
use crate::commands::inquiry::Inquiry;
use crate::commands::{ANSWERS_A_DAY, effect};
use crate::domain::owed::Owed;
use crate::domain::{date_of, instant};
use crate::reading::Reading;
use crate::store::{Message, Told};
use crate::writing::say;

/// Owes the answer to what a mail asks, within the cap of a day; the letter is composed when it leaves.
pub(super) fn owe(
    books: Books<'_>,
    message: &Message,
    reading: &Reading,
    inquiry: &Inquiry,
    now: Timestamp,
) -> Result<()> {
    let who = reading.sender.as_ref().map_or("", |s| s.address.as_str());
    let today = date_of(now);
    let midnight = instant(today, Time::midnight());
    if books.store.told_alone_since(who, midnight)? >= ANSWERS_A_DAY {
        let most = ANSWERS_A_DAY;
        let why = say(books.config, "too_many_inquiries", context! { most });
        return answer::answer(books, message, reading, Outcome::refused(why), now);
    }
    tracing::info!(message = %message.id, "staff ask to be told something");
    let said = effect::told(books.config, inquiry, today);
    Outcome::refused(said).record(books.store, message, who, Told::Alone, now)?;
    let (message, part) = (message.id, 1);
    let owed = Owed::InquiryAnswer { message, part };
    answer::owe(books.store, owed, Some(message), now)
}
