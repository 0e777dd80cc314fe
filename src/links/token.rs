//! The tokens of prepared mails: what may be done to what, until when and by whom, signed with a key that only the store
//! has. To whom a token was sent is signed with it and does not stand in it.

use std::fmt;
use std::str::FromStr;

use hmac::{Hmac, KeyInit, Mac};
use jiff::civil::Date;
use sha2::Sha256;

use crate::domain::row::{ChangeId, FailureId, MessageId, ObligationId, OutboxId, SubmissionId};
use crate::ground::hex::hex;
use crate::store::Strangers;

/// What a command is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Item {
    /// A mail that came in.
    Mail(MessageId),
    /// A logged submission.
    Submission(SubmissionId),
    /// What is expected of a unit.
    Obligation(ObligationId),
    /// A change that was made.
    Change(ChangeId),
    /// An address that a mail did not reach, by that failure.
    Contact(FailureId),
    /// A mail of ours.
    Outgoing(OutboxId),
    /// The mails of strangers of a kind that the digest of a day shows.
    Listed(Date, Strangers),
    /// The reports that the digest of a day tells of as new.
    News(Date),
}

/// What may be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// Log the mail for this unit.
    Assign(String),
    /// The mail is no report.
    Ignore,
    /// The submission is accepted.
    Accept,
    /// The submission is sent back.
    Return,
    /// More time is given.
    Extend,
    /// It is not, for which a mail asks.
    Refuse,
    /// The unit need not report.
    Excuse,
    /// The signed paper has come.
    Paper,
    /// The period of the report is closed.
    Close,
    /// The leader of the unit is written to.
    Escalate,
    /// He is not.
    Spare,
    /// The change is taken back.
    Undo,
    /// The address is written to again.
    Reset,
    /// The mail is sent again.
    Resend,
    /// Staff sent the command in the mail.
    Confirm,
    /// Whatever the text of the mail says.
    Any,
}

/// Item, action and last day of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    /// About what.
    pub item: Item,
    /// What may be done.
    pub action: Action,
    /// The last day on which it holds (Vietnam).
    pub expires: Date,
}

/// The words of all actions but `assign:UNIT`.
static WORDS: [(&str, Action); 15] = [
    ("ignore", Action::Ignore),
    ("accept", Action::Accept),
    ("return", Action::Return),
    ("extend", Action::Extend),
    ("refuse", Action::Refuse),
    ("excuse", Action::Excuse),
    ("paper", Action::Paper),
    ("close", Action::Close),
    ("escalate", Action::Escalate),
    ("spare", Action::Spare),
    ("undo", Action::Undo),
    ("reset", Action::Reset),
    ("resend", Action::Resend),
    ("confirm", Action::Confirm),
    ("any", Action::Any),
];

impl Action {
    /// The action of a word; `assign` is one of no unit yet.
    pub(crate) fn called(word: &str) -> Option<Action> {
        let known = WORDS.iter().find(|(known, _)| *known == word);
        known.map(|(_, action)| action.clone())
    }
}

/// How many bytes of the HMAC a token carries.
const MAC_BYTES: usize = 16;

impl Token {
    /// The text that goes into a mail to an address (lower case): `TBC.m17.ignore.20260714.<32 hex digits>`.
    pub(crate) fn signed(&self, key: &[u8], address: &str) -> String {
        let content = self.to_string();
        let mac = mac(key, &content, address).finalize().into_bytes();
        format!("TBC.{content}.{}", hex(&mac[..MAC_BYTES]))
    }

    /// Reads a text; `None` where it was not signed with this key for this address (lower case).
    pub(crate) fn verified(text: &str, key: &[u8], address: &str) -> Option<Token> {
        let (content, signature) = text.strip_prefix("TBC.")?.rsplit_once('.')?;
        let bytes: Option<Vec<u8>> = (0..signature.len())
            .step_by(2)
            .map(|i| u8::from_str_radix(signature.get(i..i + 2)?, 16).ok())
            .collect();
        let bytes = bytes.filter(|b| b.len() == MAC_BYTES)?;
        mac(key, content, address)
            .verify_truncated_left(&bytes)
            .ok()?;
        content.parse().ok()
    }
}

fn mac(key: &[u8], content: &str, address: &str) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    // No content has a line end: the two cannot be confused.
    for part in [content, "\n", address] {
        mac.update(part.as_bytes());
    }
    mac
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (letter, id) = match self.item {
            Item::Listed(day, kind) => {
                let letter = match kind {
                    Strangers::WithDocument => 'd',
                    Strangers::Others => 'x',
                };
                (letter, number_of(day))
            }
            Item::News(day) => ('n', number_of(day)),
            Item::Mail(id) => ('m', id.0),
            Item::Submission(id) => ('s', id.0),
            Item::Obligation(id) => ('o', id.0),
            Item::Change(id) => ('c', id.0),
            Item::Contact(id) => ('a', id.0),
            Item::Outgoing(id) => ('g', id.0),
        };
        let word = WORDS.iter().find(|(_, a)| *a == self.action);
        let action = match (&self.action, word) {
            (Action::Assign(unit), _) => format!("assign:{unit}"),
            (_, Some((word, _))) => (*word).to_owned(),
            (_, None) => return Err(fmt::Error),
        };
        write!(
            f,
            "{letter}{id}.{action}.{}",
            self.expires.strftime("%Y%m%d")
        )
    }
}

impl FromStr for Token {
    type Err = ();
    fn from_str(text: &str) -> Result<Token, ()> {
        let parts: Vec<&str> = text.split('.').collect();
        let [item, action, day] = parts[..] else {
            return Err(());
        };
        let id = item.get(1..).and_then(|n| n.parse().ok()).ok_or(())?;
        Ok(Token {
            item: match &item[..1] {
                "m" => Item::Mail(MessageId(id)),
                "s" => Item::Submission(SubmissionId(id)),
                "o" => Item::Obligation(ObligationId(id)),
                "c" => Item::Change(ChangeId(id)),
                "a" => Item::Contact(FailureId(id)),
                "g" => Item::Outgoing(OutboxId(id)),
                "n" => Item::News(day_of(id)?),
                "d" => Item::Listed(day_of(id)?, Strangers::WithDocument),
                "x" => Item::Listed(day_of(id)?, Strangers::Others),
                _ => return Err(()),
            },
            action: match action.strip_prefix("assign:") {
                Some(unit) => Action::Assign(unit.to_owned()),
                None => Action::called(action).ok_or(())?,
            },
            expires: Date::strptime("%Y%m%d", day).map_err(|_| ())?,
        })
    }
}

/// The number of a day, such as 20260616.
fn number_of(day: Date) -> i64 {
    i64::from(day.year()) * 10_000 + i64::from(day.month()) * 100 + i64::from(day.day())
}

/// The day of a number such as 20260616.
fn day_of(number: i64) -> Result<Date, ()> {
    Date::strptime("%Y%m%d", number.to_string()).map_err(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mails_that_a_digest_lists_are_named_by_its_day_and_their_kind() {
        let day = jiff::civil::date(2026, 6, 16);
        for (kind, begins) in [
            (Strangers::WithDocument, "TBC.d20260616.ignore.20260716."),
            (Strangers::Others, "TBC.x20260616.ignore.20260716."),
        ] {
            let token = Token {
                item: Item::Listed(day, kind),
                action: Action::Ignore,
                expires: jiff::civil::date(2026, 7, 16),
            };
            let text = token.signed(b"key", "a@x.example");
            assert!(text.starts_with(begins), "{text}");
            assert_eq!(Token::verified(&text, b"key", "a@x.example"), Some(token));
        }
    }

    #[test]
    fn a_token_holds_for_what_it_was_signed_for_and_nothing_else() {
        let token = Token {
            item: Item::Mail(MessageId(17)),
            action: Action::Assign("ldld-tuy-an".into()),
            expires: jiff::civil::date(2026, 7, 14),
        };
        let a = "a@x.example";
        let text = token.signed(b"key", a);
        assert!(
            text.starts_with("TBC.m17.assign:ldld-tuy-an.20260714."),
            "{text}"
        );
        assert_eq!(Token::verified(&text, b"key", a), Some(token));
        assert_eq!(Token::verified(&text, b"another key", a), None);
        assert_eq!(Token::verified(&text, b"key", "b@x.example"), None);
        for (from, to) in [
            ("m17", "m18"),
            ("tuy-an", "tuy-hoa"),
            ("20260714", "20270714"),
            ("assign", "ignore"),
        ] {
            assert_eq!(
                Token::verified(&text.replace(from, to), b"key", a),
                None,
                "{to}"
            );
        }
        let cut = &text[..text.len() - 2];
        for broken in [cut, "", "TBC.", "TBC.m.x.1.00", "TBC.m17.any.20260714.zz"] {
            assert_eq!(Token::verified(broken, b"key", a), None, "{broken}");
        }
    }
}
