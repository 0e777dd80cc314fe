//! What staff decide from the digest, carried out: the commands that come back in the mails behind its links.
//!
//! A command counts only from a registered staff address, verified by the signature of its mail, with a token that was
//! signed here for that address ([`crate::links`]), has not expired and was not used before, or in answer to a digest that
//! was sent there; [`crate::commands`] tells what it asks for. Where nobody tells who sent it, or a colleague has decided
//! otherwise, the address is asked ([`confirm`]). Then [`carry_out`] does it, and [`answer`] tells what became of it. Who only
//! asks to be told something is told it ([`inquire`]), by the same right.

mod answer;
mod carry_out;
mod confirm;
mod inquire;

use anyhow::Result;
use jiff::Timestamp;
use minijinja::context;

use crate::collect::Books;
use crate::commands::confirmed::{Confirmed, confirmed};
use crate::commands::consent::Consent;
use crate::commands::inquiry::Inquiry;
use crate::commands::meaning::Meaning;
use crate::commands::{Asked, asked, meant};
use crate::correct::By;
use crate::domain::date_of;
use crate::domain::why::Why;
use crate::reading::{Reading, Trust};
use crate::store;
use crate::store::{Message, MessageState};
use crate::writing::{doubt_in_vietnamese, say, why_in_vietnamese};
use answer::Outcome;

/// Carries out the command in a mail of staff, or says why not; all in one transaction with the mail's verdict. A mail
/// that comes again is not answered again.
///
/// # Errors
/// When the store fails; a command that cannot be carried out is answered.
pub(crate) fn obey(
    books: Books<'_>,
    message: &Message,
    reading: &Reading,
    now: Timestamp,
) -> Result<()> {
    books.store.transaction(|s| {
        s.set_reading(message.id, reading)?;
        if reading.trust == Trust::Fail {
            // Not answered, either: it is a forgery.
            let code = !reading.tokens.is_empty() || !reading.quoted_tokens.is_empty();
            let doubt = reading.doubt.as_ref().map(doubt_in_vietnamese);
            let why = say(books.config, "forged_command", context! { code, doubt });
            return answer::leave(s, message, MessageState::Waiting, &why);
        }
        if let Some(first) = s.same_command(message.id, reading)? {
            let why = why_in_vietnamese(&Why::Twin { mail: first });
            return answer::leave(s, message, MessageState::Duplicate, &why);
        }
        match confirmed(s, message, reading)? {
            Some(confirmed) => settle(books, message, reading, &confirmed, now),
            None => match meant(books.config, s, message, reading)? {
                Meaning::Inquiry(inquiry) => inquired(books, message, reading, &inquiry, now),
                // Where nobody tells who wrote it, it is a mail like any other.
                Meaning::Unclear(why) if reading.trust == Trust::Unknown => {
                    answer::leave(s, message, MessageState::Noted, why)
                }
                Meaning::Unclear(why) => {
                    let outcome = Outcome::refused(why.to_owned());
                    answer::answer(books, message, reading, outcome, now)
                }
                Meaning::Nothing | Meaning::Refused(_) | Meaning::Command { .. } => {
                    consider(books, message, reading, now)
                }
            },
        }
    })
}

/// What asks to be told something; where nobody tells who sent it, the address is asked.
fn inquired(
    books: Books<'_>,
    message: &Message,
    reading: &Reading,
    inquiry: &Inquiry,
    now: Timestamp,
) -> Result<()> {
    match reading.trust {
        Trust::Pass => inquire::owe(books, message, reading, inquiry, now),
        Trust::Unknown | Trust::Fail => confirm::unverified_inquiry(books, message, reading, now),
    }
}

/// A command of which nobody has been asked yet.
fn consider(books: Books<'_>, message: &Message, reading: &Reading, now: Timestamp) -> Result<()> {
    let asked = asked(books.config, books.store, message, reading, date_of(now))?;
    match (&asked.order, &asked.decided, reading.trust) {
        (_, _, Trust::Unknown) => confirm::unverified(books, message, reading, &asked, now),
        (Ok(_), Some(decided), _) => {
            confirm::ask_again(books, message, reading, &asked, decided, now)
        }
        (Ok(_), None, _) | (Err(_), _, _) => {
            let outcome = done(books, message, reading, &asked, now)?;
            answer::answer(books, message, reading, outcome, now)
        }
    }
}

/// A command of which the one who sent it was asked, and the answer.
fn settle(
    books: Books<'_>,
    message: &Message,
    reading: &Reading,
    confirmed: &Confirmed,
    now: Timestamp,
) -> Result<()> {
    let s = books.store;
    let (command, words) = (&confirmed.command, &confirmed.reading);
    if let (Consent::Yes, Meaning::Inquiry(inquiry)) =
        (confirmed.answer, meant(books.config, s, command, words)?)
    {
        inquire::owe(books, command, words, &inquiry, now)?;
        let who = reading.sender.as_ref().map_or("", |s| s.address.as_str());
        let settled = Outcome {
            meant: Some(confirmed.token.clone()),
            token: Some(confirmed.token.clone()),
            ..Outcome::refused(say(books.config, "inquiry_confirmed", context! {}))
        };
        return settled.record(s, message, who, store::Told::Not, now);
    }
    let outcome = match confirmed.answer {
        // The letter says what to answer.
        Consent::Unclear => {
            return confirm::unclear(books, message, reading, &confirmed.token, now);
        }
        Consent::No => Outcome::refused(confirm::denied(books.config, words.trust)),
        Consent::Yes => {
            let asked = asked(books.config, s, command, words, date_of(now))?;
            match &asked.decided {
                Some(decided) if !confirm::was_told(s, command, decided)? => {
                    Outcome::refused(confirm::decided_since(books.config, decided))
                }
                _ => done(books, command, words, &asked, now)?,
            }
        }
    };
    let who = reading.sender.as_ref().map_or("", |s| s.address.as_str());
    outcome.record(s, command, who, store::Told::Not, now)?;
    let outcome = Outcome {
        meant: Some(confirmed.token.clone()),
        token: Some(confirmed.token.clone()),
        ..outcome
    };
    answer::answer(books, message, reading, outcome, now)
}

/// Does what a mail asks for; whoever had decided otherwise is told.
fn done(
    books: Books<'_>,
    message: &Message,
    reading: &Reading,
    asked: &Asked,
    now: Timestamp,
) -> Result<Outcome> {
    let s = books.store;
    let refused = |why: &str| Outcome {
        meant: asked.code.clone(),
        ..Outcome::refused(why.to_owned())
    };
    let order = match &asked.order {
        Ok(order) => order,
        Err(why) => return Ok(refused(why)),
    };
    let by = By {
        who: reading
            .sender
            .as_ref()
            .map_or("", |s| &s.address)
            .to_owned(),
        way: "mail",
    };
    let before = s.last_owed()?;
    let outcome = match carry_out::carry_out(books, order, &by, now) {
        Ok(done) => Outcome {
            said: done.in_vietnamese,
            meant: asked.code.clone(),
            token: asked.code.clone(),
            correction: Some(done.correction),
        },
        Err(why) => refused(&why),
    };
    if s.perhaps_answered(message.received_at)? {
        s.leave_to_staff(before, now)?;
    }
    if let (Some(decided), Some(_)) = (&asked.decided, outcome.correction) {
        answer::tell_the_first(books.config, books.store, message, decided, now)?;
    }
    Ok(outcome)
}
