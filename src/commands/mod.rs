//! What a command that staff mailed asks for, understood: by which right ([`meaning`]), in which words ([`words`]), with
//! all that it needs ([`order`]), told as what it would do ([`effect`]), against what a colleague has decided
//! ([`decided`]), and what a reply says to the question whether it is meant ([`consent`], [`confirmed`]). Carried out it is by
//! [`crate::staff`].

pub(crate) mod confirmed;
pub(crate) mod consent;
pub(crate) mod decided;
pub(crate) mod effect;
pub(crate) mod inquiry;
pub(crate) mod meaning;
pub(crate) mod more_time;
pub(crate) mod named;
pub(crate) mod order;
mod plain;
mod said;
pub(crate) mod sent_already;
mod words;

use anyhow::Result;
use jiff::civil::Date;

use crate::config::Config;
use crate::domain::date_of;
use crate::domain::owed::{Kind, OURS, Subject};
use crate::reading::nil_return::says_nothing_happened;
use crate::reading::{Reading, Role};
use crate::store::{Message, Store};
use decided::Decided;
use meaning::{Answers, Codes, Digest, Facts, Meaning, UNCLEAR, meaning};
use named::Names;
use order::Order;

/// So many commands of one of staff are answered one by one in a day (Vietnam).
pub(crate) const ANSWERS_A_DAY: u32 = 50;

/// What a mail of staff asks for, by all that is known of it.
pub(crate) fn meant(
    config: &Config,
    store: &Store,
    message: &Message,
    reading: &Reading,
) -> Result<Meaning> {
    let Some(key) = store.command_key()? else {
        return Ok(Meaning::Nothing); // nothing was signed here
    };
    let sender = reading.sender.as_ref();
    let codes = Codes {
        key: &key,
        address: sender.map_or("", |s| s.address.as_str()),
        staff: &config.settings.digest_to,
    };
    let Thread {
        answers,
        digest,
        letter,
    } = thread(config, store, reading, &codes)?;
    let today = date_of(message.received_at);
    let names = Names::new(config, today);
    let said = names.said(&reading.body);
    // Who writes anew may say it all in the subject.
    let asking = match answers == Answers::Nothing && reading.body.trim().is_empty() {
        true => &reading.subject,
        false => &reading.body,
    };
    let inquiry = inquiry::of(&names, asking);
    let of_unit = match digest {
        Some(_) => order::of_unit(&names, store, &reading.body)?,
        None => None,
    };
    Ok(meaning(
        &Facts {
            words: &reading.body,
            said: &said,
            own: &reading.tokens,
            quoted: &reading.quoted_tokens,
            answers,
            digest,
            of_unit: of_unit.as_ref(),
            received: today,
            may_report: may_report(config, reading, codes.address, today),
            inquiry: inquiry.as_ref(),
            letter,
            to_us_alone: message.received_at >= store.first_opened()?
                && !reading.to_others
                && !says_nothing_happened(&reading.subject, &reading.body),
        },
        &codes,
    ))
}

/// What of ours a mail of staff answers.
struct Thread {
    answers: Answers,
    /// The last digest sent to this address that it names.
    digest: Option<Digest>,
    /// When (Vietnam) the letter to this address left that the mail answers itself, where that holds.
    letter: Option<Date>,
}

/// What of ours a mail of staff answers, by its thread.
fn thread(config: &Config, store: &Store, reading: &Reading, codes: &Codes<'_>) -> Result<Thread> {
    let since = store.command_key_since()?;
    let mut answers = match reading.in_reply_to.is_empty() && reading.references.is_empty() {
        true => Answers::Nothing,
        false => Answers::Another,
    };
    let mut digest = None;
    let mut letter = None;
    // Oldest first; what it answers itself is asked for last, as it counts most.
    for id in reading.references.iter().chain(&reading.in_reply_to) {
        let directly = reading.in_reply_to.contains(id);
        let Some(mail) = store.sent_as(id)? else {
            if directly && is_ours(config, id) && store.restored_at()?.is_some() {
                answers = Answers::Lost;
            }
            continue;
        };
        let Some(begun) = mail.begun_at else {
            continue;
        };
        let to = |address: &str| mail.recipients.iter().any(|a| a.to_lowercase() == address);
        if !to(codes.address) {
            if mail.owed.kind() == Kind::Digest && directly && codes.staff.iter().any(|a| to(a)) {
                answers = Answers::DigestOfAnother;
            }
            continue;
        }
        let holds = since.is_none_or(|since| begun >= since);
        let subject = mail.owed.subject();
        if directly && holds && subject.is_some() {
            letter = letter.max(Some(date_of(begun)));
        }
        match subject {
            Some(Subject::Digest(day)) => {
                digest = Some(Digest { day, holds });
                if directly {
                    answers = Answers::Digest;
                }
            }
            Some(Subject::Command(command)) if directly && holds => {
                let change = store.command_in(command)?.and_then(|c| c.correction);
                answers = Answers::Command(change, date_of(begun));
            }
            Some(Subject::Commands) if directly && holds => {
                answers = Answers::Commands;
            }
            Some(Subject::Question) if directly => answers = Answers::Question,
            Some(Subject::Inquiry) if directly => answers = Answers::Inquiry,
            Some(
                Subject::Command(_) | Subject::Commands | Subject::Question | Subject::Inquiry,
            )
            | None => {}
        }
    }
    Ok(Thread {
        answers,
        digest,
        letter,
    })
}

/// Whether a Message-ID is one of those that our mails have.
fn is_ours(config: &Config, message_id: &str) -> bool {
    let address = config.settings.mailbox.address.as_str();
    let domain = address.rsplit_once('@').map_or("", |(_, domain)| domain);
    let ours = message_id
        .strip_prefix(OURS)
        .and_then(|id| id.rsplit_once('@'));
    ours.is_some_and(|(_, of)| of.eq_ignore_ascii_case(domain))
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
pub(crate) struct Asked {
    /// The code that it means.
    pub code: Option<String>,
    /// What is to be done, or in Vietnamese why nothing is.
    pub order: Result<Order, String>,
    /// What a colleague has decided on the same thing.
    pub decided: Option<Decided>,
}

/// What the command in a mail asks for. `today`: in Vietnam.
pub(crate) fn asked(
    config: &Config,
    store: &Store,
    message: &Message,
    reading: &Reading,
    today: Date,
) -> Result<Asked> {
    let (token, code) = match meant(config, store, message, reading)? {
        Meaning::Command { token, code } => (token, code),
        // What means nothing was classed as a command by the same facts; what asks to be told something is told it.
        meaning @ (Meaning::Refused(_)
        | Meaning::Nothing
        | Meaning::Inquiry(_)
        | Meaning::Unclear(_)) => {
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
        order = Err(said::not_again(&same.said));
    }
    Ok(Asked {
        code: Some(code),
        order,
        decided,
    })
}

/// What whoever is in whose name a command came is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// What would be done.
    pub effect: String,
    /// What a colleague has decided on the same thing; a sentence without its stop.
    pub decided: Option<String>,
}

/// What is asked of the command in a mail; `None` where it would do nothing. `day`: today (Vietnam).
pub fn question(
    config: &Config,
    store: &Store,
    message: &Message,
    reading: &Reading,
    day: Date,
) -> Result<Option<Question>> {
    if let Meaning::Inquiry(inquiry) = meant(config, store, message, reading)? {
        return Ok(Some(Question {
            effect: effect::told(config, &inquiry, day),
            decided: None,
        }));
    }
    let asked = asked(config, store, message, reading, day)?;
    let Ok(order) = asked.order else {
        return Ok(None);
    };
    Ok(Some(Question {
        effect: effect::in_words(config, store, &order, day)?,
        decided: asked.decided.map(|d| d.said),
    }))
}
