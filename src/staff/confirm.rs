//! A command of which nobody tells whether staff sent it: the registered address is asked, and the reply carries it out.
//!
//! Where the mailbox's server does not verify senders and the sender's server signs nothing, a command cannot be told from
//! a forgery. Who can read what comes to the address can: the letter goes there, with a token that was made for it. It
//! tells in words of this program what would be done; only an explicit yes does it.

use anyhow::Result;
use jiff::civil::Time;
use jiff::{Timestamp, ToSpan};
use minijinja::context;

use super::answer;
use super::answer::Outcome;
use crate::collect::Books;
use crate::commands::decided::Decided;
use crate::commands::meaning::{Meaning, ONE_AT_A_TIME, UNCLEAR as WHAT_IS_UNCLEAR};
use crate::commands::{Asked, effect, meant};
use crate::config::Config;
use crate::domain::owed::Owed;
use crate::domain::{date_of, instant};
use crate::links::DAYS;
use crate::reading::{Reading, Trust};
use crate::store::{Message, MessageState, NewMail, Store};
use crate::writing::say;

/// So many letters go to one address a day: whoever forges its name must not bury it.
const MOST_A_DAY: u32 = 5;

/// What becomes of a command of which the one who sent it is not known: the address is asked, if it could be carried out
/// at all, and the mail waits meanwhile; else the address is told why not.
pub(super) fn unverified(
    books: Books<'_>,
    message: &Message,
    reading: &Reading,
    asked: &Asked,
    now: Timestamp,
) -> Result<()> {
    let (config, store) = (books.config, books.store);
    let who = reading.sender.as_ref().map_or("", |s| s.address.as_str());
    let code = match may_be_asked(config, reading, asked) {
        Ok(code) => code,
        Err(why) => return refuse(books, message, reading, asked, &why, now),
    };
    let midnight = instant(date_of(now), Time::midnight());
    let asks = !is_open(config, store, message, code, who, now)?;
    let room = store.confirmations_asked_since(who, midnight)? < MOST_A_DAY;
    tracing::info!(
        message = %message.id,
        asks = asks && room,
        "a command whose sender is not verified"
    );
    let why = say(config, "not_verified", context! { asks, room });
    answer::leave(store, message, MessageState::Waiting, &why)?;
    match asks && room {
        true => owe(store, message, now),
        false => Ok(()),
    }
}

fn owe(store: &Store, message: &Message, now: Timestamp) -> Result<()> {
    let letter = NewMail {
        owed: Owed::Confirmation(message.id),
        unit: None,
        message: Some(message.id),
    };
    store.owe(&letter, now)?;
    Ok(())
}

/// What becomes of what asks to be told something in the name of staff: the address is asked, within the day's cap.
pub(super) fn unverified_inquiry(
    books: Books<'_>,
    message: &Message,
    reading: &Reading,
    now: Timestamp,
) -> Result<()> {
    let (config, store) = (books.config, books.store);
    let who = reading.sender.as_ref().map_or("", |s| s.address.as_str());
    let midnight = instant(date_of(now), Time::midnight());
    let asks = store.confirmations_asked_since(who, midnight)? < MOST_A_DAY;
    let why = say(config, "not_verified", context! { asks, room => asks });
    answer::leave(store, message, MessageState::Waiting, &why)?;
    match asks {
        true => owe(store, message, now),
        false => Ok(()),
    }
}

/// The code of what a mail asks for, where whoever may have sent it can be asked; else why not.
fn may_be_asked<'a>(
    config: &Config,
    reading: &Reading,
    asked: &'a Asked,
) -> Result<&'a str, String> {
    let (order, code) = match (&asked.order, &asked.code) {
        (Ok(order), Some(code)) => (order, code),
        (Ok(_), None) => return Err(WHAT_IS_UNCLEAR.to_owned()),
        (Err(why), _) => return Err(why.clone()),
    };
    if reading.tokens.iter().any(|other| other != code) {
        return Err(ONE_AT_A_TIME.to_owned());
    }
    // What is not shown whole nobody could confirm.
    match effect::is_shown_whole(order) {
        true => Ok(code),
        false => Err(say(config, "reason_too_long", context! {})),
    }
}

/// Tells the address why nothing is done. Anybody may send such mails: no more than a few a day are answered, and those do
/// not count against the letters that ask.
fn refuse(
    books: Books<'_>,
    message: &Message,
    reading: &Reading,
    asked: &Asked,
    why: &str,
    now: Timestamp,
) -> Result<()> {
    let (config, store) = (books.config, books.store);
    let who = reading.sender.as_ref().map_or("", |s| s.address.as_str());
    let midnight = instant(date_of(now), Time::midnight());
    let told_before = match &asked.code {
        Some(code) => store.told_that_it_is_used(code, &reading.body)?,
        None => false,
    };
    if told_before || store.refused_unverified_since(who, midnight)? >= MOST_A_DAY {
        let why = say(config, "not_verified_and_refused", context! { why });
        return answer::leave(store, message, MessageState::Waiting, &why);
    }
    let outcome = Outcome {
        meant: asked.code.clone(),
        ..Outcome::refused(say(config, "told_of_a_refusal", context! { why }))
    };
    answer::answer_alone(store, message, who, &outcome, now)
}

/// Asks one of staff whether an order is to replace what a colleague has decided. The mail waits meanwhile.
pub(super) fn ask_again(
    books: Books<'_>,
    message: &Message,
    reading: &Reading,
    asked: &Asked,
    decided: &Decided,
    now: Timestamp,
) -> Result<()> {
    let (config, store) = (books.config, books.store);
    let who = reading.sender.as_ref().map_or("", |s| s.address.as_str());
    let open = match &asked.code {
        Some(code) => is_open(config, store, message, code, who, now)?,
        None => false,
    };
    if open {
        let why = say(
            config,
            "asked_already",
            context! { decided => decided.said },
        );
        let outcome = Outcome {
            meant: asked.code.clone(),
            ..Outcome::refused(why)
        };
        return answer::answer(books, message, reading, outcome, now);
    }
    let decided = &decided.said;
    let why = say(config, "asked_again", context! { decided, who });
    answer::leave(store, message, MessageState::Waiting, &why)?;
    owe(store, message, now)
}

/// Whether the letter about a command told of a decision: it left after that was made.
pub(super) fn was_told(store: &Store, command: &Message, decided: &Decided) -> Result<bool> {
    let letter = store.owed_as(&Owed::Confirmation(command.id))?;
    let begun = letter.and_then(|l| l.begun_at);
    Ok(begun.is_some_and(|begun| decided.at <= begun))
}

/// What is said where a colleague decided after the letter that a yes answers.
pub(super) fn decided_since(config: &Config, decided: &Decided) -> String {
    say(
        config,
        "decided_since",
        context! { decided => decided.said },
    )
}

/// What becomes of a command that is denied; `trust`: that its sender was who he said.
pub(super) fn denied(config: &Config, trust: Trust) -> String {
    match trust {
        Trust::Pass => say(config, "denied", context! {}),
        Trust::Unknown | Trust::Fail => say(config, "denied_of_others", context! {}),
    }
}

/// A reply to such a letter that is neither yes nor no. The first one is told so; an absence note would be told for ever.
pub(super) fn unclear(
    books: Books<'_>,
    message: &Message,
    reading: &Reading,
    token: &str,
    now: Timestamp,
) -> Result<()> {
    let (config, store) = (books.config, books.store);
    let why = say(config, "unclear_answer", context! {});
    if store.was_answered(token)? {
        return answer::leave(store, message, MessageState::Waiting, &why);
    }
    let who = reading.sender.as_ref().map_or("", |s| s.address.as_str());
    let outcome = Outcome {
        meant: Some(token.to_owned()),
        ..Outcome::refused(say(config, "what_to_answer", context! {}))
    };
    answer::answer_alone(store, message, who, &outcome, now)?;
    // "Ai gửi thế này?" is for others to see, too.
    answer::leave(store, message, MessageState::Waiting, &why)
}

/// Whether a letter about a command by the same code is not answered yet: whoever got hold of one code must not use up the
/// letters of a day with it.
fn is_open(
    config: &Config,
    store: &Store,
    message: &Message,
    code: &str,
    who: &str,
    now: Timestamp,
) -> Result<bool> {
    let since = instant(date_of(now).saturating_sub(DAYS.days()), Time::midnight());
    for id in store.asked_to_confirm_since(who, since)? {
        let Some(mut other) = store.message(id)?.filter(|m| m.id != message.id) else {
            continue;
        };
        let Some(reading) = other.reading.take() else {
            continue;
        };
        if let Meaning::Command { code: same, .. } = meant(config, store, &other, &reading)?
            && same == code
        {
            return Ok(true);
        }
    }
    Ok(false)
}
