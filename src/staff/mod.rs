//! What staff decide from the digest: links with prepared mails, and the commands that come back in them.
//!
//! A command counts only from a registered staff address, verified by the signature of its mail, with a token that was
//! signed here for that address ([`token`]), has not expired and was not used before, or in answer to a digest that was
//! sent there; [`meaning`] tells which, and [`order`] what it asks for. [`words`] understands free replies. Where nobody
//! tells who sent it, or a colleague has decided otherwise ([`decided`]), the address is asked ([`confirm`]). Then
//! [`carry_out`] does it, and [`answer`] tells what became of it.

mod answer;
mod carry_out;
mod confirm;
mod decided;
mod effect;
mod links;
mod meaning;
mod order;
pub mod token;
mod words;

use anyhow::Result;
use jiff::Timestamp;
use jiff::civil::Date;

use crate::app::App;
use crate::collect::Commands;
use crate::config::Config;
use crate::correct::By;
use crate::domain::date_of;
use crate::domain::owed::{Kind, Owed};
use crate::reading::{Class, Reading, Role, Trust};
use crate::store;
use crate::store::{Message, MessageState, Store};
pub use answer::ANSWERS_A_DAY;
use answer::Outcome;
use confirm::{Answer, Confirmed};
pub use confirm::{Question, question};
use decided::Decided;
pub use links::{Link, Links};
use links::{listed_in_words, prepared_line};
use meaning::{Answers, Codes, Digest, Facts, Meaning, UNCLEAR, meaning};
use order::Order;

/// How many days a link in a digest holds, and the right of whoever answers it.
const DAYS: i64 = 30;

/// What sees to commands when mails are collected.
pub const COMMANDS: Commands = Commands { classify, obey };

/// Looks whether a mail of staff is a command, by its codes and by the mail of ours that it answers, and classes it so.
///
/// # Errors
/// When the store cannot be read.
pub fn classify(app: &App, message: &Message, reading: &mut Reading) -> Result<()> {
    if !reading.class.is_personal() && reading.class != Class::StaffCommand {
        return Ok(());
    }
    let staff = &app.config.settings.digest_to;
    let of_staff = reading
        .sender
        .as_ref()
        .is_some_and(|s| staff.contains(&s.address));
    let is_command = of_staff
        && (meant(&app.config, &app.store, message, reading)? != Meaning::Nothing
            || confirm::confirmed(&app.store, message, reading)?.is_some());
    match (is_command, reading.class == Class::StaffCommand) {
        (true, false) => {
            reading.class = Class::StaffCommand;
            reading.no_answer = true;
            let why = "it answers a mail that staff were sent, with the words of a command";
            reading.reasons.push(why.to_owned());
        }
        (false, true) => {
            reading.is_no_command();
            let why = "its codes stand in a mail that it quotes, or answers, and that is not ours: it is no command";
            reading.reasons.push(why.to_owned());
        }
        (true, true) | (false, false) => {}
    }
    Ok(())
}

/// What a mail of staff asks for, by all that is known of it.
///
/// # Errors
/// When the store cannot be read.
fn meant(config: &Config, store: &Store, message: &Message, reading: &Reading) -> Result<Meaning> {
    let Some(key) = store.command_key()? else {
        return Ok(Meaning::Nothing); // nothing was signed here
    };
    let sender = reading.sender.as_ref();
    let codes = Codes {
        key: &key,
        address: sender.map_or("", |s| s.address.as_str()),
        staff: &config.settings.digest_to,
    };
    let since = store.command_key_since()?;
    let mut answers = match reading.in_reply_to.is_empty() && reading.references.is_empty() {
        true => Answers::Nothing,
        false => Answers::Another,
    };
    let mut digest = None;
    // Oldest first; what it answers itself is asked for last, as it counts most.
    for id in reading.references.iter().chain(&reading.in_reply_to) {
        let Some(mail) = store.sent_as(id)? else {
            continue;
        };
        let Some(begun) = mail.begun_at else {
            continue;
        };
        let directly = reading.in_reply_to.contains(id);
        let to = |address: &str| mail.recipients.iter().any(|a| a.to_lowercase() == address);
        if !to(codes.address) {
            if mail.owed.kind() == Kind::Digest && directly && codes.staff.iter().any(|a| to(a)) {
                answers = Answers::DigestOfAnother;
            }
            continue;
        }
        let holds = since.is_none_or(|since| begun >= since);
        match mail.owed {
            Owed::Digest { day, .. } => {
                digest = Some(Digest { day, holds });
                if directly {
                    answers = Answers::Digest;
                }
            }
            // Also that a colleague's command changed his own decision: he may take that back.
            Owed::StaffAnswer(command)
            | Owed::DecidedAnew {
                message: command, ..
            } if directly && holds => {
                let change = store.command_in(command)?.and_then(|c| c.correction);
                answers = Answers::Command(change, date_of(begun));
            }
            Owed::StaffAnswers { .. } if directly && holds => {
                answers = Answers::Command(None, date_of(begun));
            }
            Owed::Confirmation(_) if directly => answers = Answers::Question,
            Owed::StaffAnswer(_)
            | Owed::StaffAnswers { .. }
            | Owed::DecidedAnew { .. }
            | Owed::Confirmation(_)
            | Owed::Acknowledgement(_)
            | Owed::Arrived(_)
            | Owed::LinkOnly(_)
            | Owed::Grassroots(_)
            | Owed::Returned(_)
            | Owed::Reminder { .. } => {}
        }
    }
    Ok(meaning(
        &Facts {
            words: &reading.body,
            own: &reading.tokens,
            quoted: &reading.quoted_tokens,
            answers,
            digest,
            received: date_of(message.received_at),
            may_report: may_report(config, reading, codes.address, date_of(message.received_at)),
        },
        &codes,
    ))
}

/// Whether a mail may be a report or a request of a unit: it brings something, or its address is a unit's, too.
fn may_report(config: &Config, reading: &Reading, address: &str, day: Date) -> bool {
    let mut files = reading.attachments.iter();
    files.any(|a| a.role != Role::Ignored)
        || reading.link.is_some()
        || reading.forwarded_from.is_some()
        || !config.register.bearers(address, day).is_empty()
}

/// What the command in a mail asks for.
struct Asked {
    /// The code that it means.
    code: Option<String>,
    /// What is to be done, or in Vietnamese why nothing is.
    order: Result<Order, String>,
    /// What a colleague has decided on the same thing.
    decided: Option<Decided>,
}

/// What the command in a mail asks for. `today`: in Vietnam.
///
/// # Errors
/// When the store cannot be read.
fn asked(
    config: &Config,
    store: &Store,
    message: &Message,
    reading: &Reading,
    today: Date,
) -> Result<Asked> {
    let (token, code) = match meant(config, store, message, reading)? {
        Meaning::Command { token, code } => (token, code),
        // What means nothing was classed as a command by the same facts.
        meaning @ (Meaning::Refused(_) | Meaning::Nothing) => {
            let why = match meaning {
                Meaning::Refused(why) => why,
                _ => UNCLEAR.to_owned(),
            };
            return Ok(Asked {
                code: None,
                order: Err(why),
                decided: None,
            });
        }
    };
    let mut order = order::order(config, store, &token, &code, reading, today)?;
    let who = reading.sender.as_ref().map_or("", |s| s.address.as_str());
    let mut decided = match &order {
        Ok(order) => decided::by_a_colleague(config, store, order, who, today)?,
        Err(_) => None,
    };
    if let Some(same) = decided.take_if(|d| d.same) {
        order = Err(format!("{}; không cần thực hiện lại", same.said));
    }
    Ok(Asked {
        code: Some(code),
        order,
        decided,
    })
}

/// Carries out the command in a mail of staff, or says why not; all in one transaction with the mail's verdict. A mail
/// that comes again is not answered again.
///
/// # Errors
/// When the store fails; a command that cannot be carried out is answered.
pub fn obey(app: &App, message: &Message, reading: &Reading, now: Timestamp) -> Result<()> {
    app.store.transaction(|s| {
        s.set_reading(message.id, reading)?;
        if reading.trust == Trust::Fail {
            // Not answered, either: it is a forgery.
            let doubt = reading.doubt.as_ref();
            let doubt = doubt.map_or(String::new(), |doubt| format!(": {doubt}"));
            let code = match reading.tokens.is_empty() && reading.quoted_tokens.is_empty() {
                true => "",
                false => ", có mã lệnh",
            };
            let why = format!(
                "thư mang danh cán bộ{code} nhưng không xác thực được người gửi; lệnh không được thực hiện{doubt}"
            );
            return answer::leave(s, message, MessageState::Waiting, &why);
        }
        if let Some(first) = s.same_command(message.id, reading)? {
            let why = format!("cùng một thư với thư số {first}");
            return answer::leave(s, message, MessageState::Duplicate, &why);
        }
        match confirm::confirmed(s, message, reading)? {
            Some(confirmed) => settle(app, message, reading, &confirmed, now),
            None => consider(app, message, reading, now),
        }
    })
}

/// A command of which nobody has been asked yet.
fn consider(app: &App, message: &Message, reading: &Reading, now: Timestamp) -> Result<()> {
    let asked = asked(&app.config, &app.store, message, reading, date_of(now))?;
    match (&asked.order, &asked.decided, reading.trust) {
        (_, _, Trust::Unknown) => confirm::unverified(app, message, reading, &asked, now),
        (Ok(_), Some(decided), _) => {
            confirm::ask_again(app, message, reading, &asked, decided, now)
        }
        (Ok(_), None, _) | (Err(_), _, _) => {
            let outcome = done(app, message, reading, &asked, now)?;
            answer::answer(app, message, reading, outcome, now)
        }
    }
}

/// A command of which the one who sent it was asked, and the answer.
fn settle(
    app: &App,
    message: &Message,
    reading: &Reading,
    confirmed: &Confirmed,
    now: Timestamp,
) -> Result<()> {
    let s = &app.store;
    let (command, words) = (&confirmed.command, &confirmed.reading);
    let outcome = match confirmed.answer {
        // The letter says what to answer.
        Answer::Unclear => return confirm::unclear(app, message, reading, &confirmed.token, now),
        Answer::No => Outcome::refused(confirm::denied(words.trust).to_owned()),
        Answer::Yes => {
            let asked = asked(&app.config, s, command, words, date_of(now))?;
            match &asked.decided {
                Some(decided) if !confirm::was_told(s, command, decided)? => {
                    Outcome::refused(confirm::decided_since(decided))
                }
                _ => done(app, command, words, &asked, now)?,
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
    answer::answer(app, message, reading, outcome, now)
}

/// Does what a mail asks for; whoever had decided otherwise is told.
fn done(
    app: &App,
    message: &Message,
    reading: &Reading,
    asked: &Asked,
    now: Timestamp,
) -> Result<Outcome> {
    let s = &app.store;
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
    let outcome = match carry_out::carry_out(app, order, &by, now) {
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
        answer::tell_the_first(app, message, decided, now)?;
    }
    Ok(outcome)
}
