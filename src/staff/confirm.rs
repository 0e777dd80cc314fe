//! A command of which nobody tells whether staff sent it: the registered address is asked, and the reply carries it out.
//!
//! Where the mailbox's server does not verify senders and the sender's server signs nothing, a command cannot be told from
//! a forgery. Who can read what comes to the address can: the letter goes there, with a token that was made for it.

use anyhow::Result;
use jiff::Timestamp;
use jiff::civil::Time;

use super::meaning::Meaning;
use super::token::{Action, Item, Token};
use super::verdict;
use crate::app::App;
use crate::domain::{date_of, instant};
use crate::ground::text::{fold, has_phrase};
use crate::reading::Reading;
use crate::store::{Message, MessageState, NewMail, Store};
use crate::writing::Kind;

/// So many letters go to one address a day: whoever forges its name must not bury it.
const MOST_A_DAY: u32 = 5;

/// What becomes of a command that staff did not send.
pub(super) const DENIED: &str = "Lệnh trong thư chưa xác thực được hủy bỏ theo trả lời của đồng chí; nếu có người mạo danh, đề nghị báo quản trị viên";

/// Asks the address in whose name a command came, if the command could be carried out at all. The mail waits meanwhile.
///
/// # Errors
/// When the store fails.
pub(super) fn ask(app: &App, message: &Message, reading: &Reading, now: Timestamp) -> Result<()> {
    let who = reading.sender.as_ref().map_or("", |s| s.address.as_str());
    let could = may_be_carried_out(app, message, reading)?;
    let midnight = instant(date_of(now), Time::midnight());
    app.store.transaction(|s| {
        let asks = could && s.confirmations_asked_since(who, midnight)? < MOST_A_DAY;
        let why = match (asks, could) {
            (true, _) => {
                "thư mang danh cán bộ, có mã lệnh nhưng chưa xác thực được người gửi; đã gửi thư “Xác nhận” đến địa chỉ của cán bộ, lệnh được thực hiện khi có trả lời"
            }
            (false, true) => {
                "thư mang danh cán bộ, có mã lệnh nhưng chưa xác thực được người gửi; lệnh không được thực hiện, và đã gửi đủ số thư “Xác nhận” trong ngày"
            }
            (false, false) => {
                "thư mang danh cán bộ, có mã lệnh nhưng chưa xác thực được người gửi; lệnh không được thực hiện"
            }
        };
        tracing::info!(
            message = message.id,
            asks,
            "a command whose sender is not verified"
        );
        s.set_reading(message.id, reading)?;
        s.set_verdict(message.id, &verdict(MessageState::Waiting, why))?;
        if asks {
            let letter = NewMail {
                key: format!("confirm:{}", message.id),
                kind: Kind::Notice,
                unit: None,
                message: Some(message.id),
            };
            s.owe(&letter, now)?;
        }
        Ok(())
    })
}

/// Whether a mail asks for something that could be done, by a token that is not used up.
fn may_be_carried_out(app: &App, message: &Message, reading: &Reading) -> Result<bool> {
    Ok(match super::meant(app, message, reading)? {
        Meaning::Command { code, .. } => !app.store.token_is_used(&code)?,
        Meaning::Refused(_) | Meaning::Nothing => false,
    })
}

/// A reply to such a letter.
pub(super) struct Confirmed {
    /// The token of the letter.
    pub token: String,
    /// The mail that holds the command, and what it says.
    pub command: Message,
    pub reading: Reading,
    /// Whether the reply says that staff did not send it.
    pub denied: bool,
}

/// The letter that a mail replies to, if it does: by its token, from the address that it went to, while the command waits.
///
/// # Errors
/// When the store cannot be read.
pub(super) fn confirmed(
    store: &Store,
    message: &Message,
    reading: &Reading,
) -> Result<Option<Confirmed>> {
    let (Some(key), Some(sender)) = (store.command_key()?, &reading.sender) else {
        return Ok(None);
    };
    let answered = answered_letters(store, reading)?;
    // A reply quotes the letter; what other mails quote is nobody's word.
    let quoted = reading.quoted_tokens.iter().map(|text| (text, true));
    for (text, quoted) in reading
        .tokens
        .iter()
        .map(|text| (text, false))
        .chain(quoted)
    {
        let Some(token) = Token::verified(text, &key, &sender.address) else {
            continue;
        };
        let (Item::Mail(id), Action::Confirm) = (token.item, token.action) else {
            continue;
        };
        if quoted && !answered.contains(&id)
            || date_of(message.received_at) > token.expires
            || store.token_is_used(text)?
        {
            continue;
        }
        let Some(mut command) = store.message(id)? else {
            continue;
        };
        let Some(asked) = command.reading.take() else {
            continue;
        };
        let same = asked.sender.as_ref().map(|s| &s.address)
            == reading.sender.as_ref().map(|s| &s.address);
        if same && command.state == MessageState::Waiting {
            return Ok(Some(Confirmed {
                token: text.clone(),
                command,
                reading: asked,
                denied: denies(&reading.body),
            }));
        }
    }
    Ok(None)
}

/// The mails about which the letters ask that a mail answers itself.
fn answered_letters(store: &Store, reading: &Reading) -> Result<Vec<i64>> {
    let mut about = Vec::new();
    for id in &reading.in_reply_to {
        let letter = store.sent_as(id)?.filter(|m| m.key.starts_with("confirm:"));
        about.extend(letter.and_then(|m| m.message));
    }
    Ok(about)
}

/// Whether the words above what is quoted say no. In doubt they do: the command can be sent again.
fn denies(own_words: &str) -> bool {
    has_phrase(&fold(own_words), "khong")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_writes_no_denies() {
        for (words, denied) in [
            ("", false),
            ("Đúng", false),
            ("Tôi xác nhận.", false),
            ("Không phải tôi gửi", true),
            ("KHÔNG", true),
            ("thư này tôi không gửi", true),
        ] {
            assert_eq!(denies(words), denied, "{words}");
        }
    }
}
