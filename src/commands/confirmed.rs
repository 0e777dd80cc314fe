//! Which letter a mail answers that asks whether a command is meant.

use anyhow::Result;

use super::consent::{self, Consent};
use crate::domain::date_of;
use crate::domain::owed::Kind;
use crate::domain::row::MessageId;
use crate::links::token::{Action, Item, Token};
use crate::reading::Reading;
use crate::store::{Message, MessageState, Store};

/// A reply to a letter that asks whether a command is meant.
pub(crate) struct Confirmed {
    /// The token of the letter.
    pub(crate) token: String,
    /// The mail that holds the command, and what it says.
    pub(crate) command: Message,
    pub(crate) reading: Reading,
    /// What the reply says.
    pub(crate) answer: Consent,
}

/// The letter that a mail replies to, if it does: by its token, from the address that it went to, while the command waits.
pub(crate) fn confirmed(
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
                answer: consent::of(&reading.body),
            }));
        }
    }
    Ok(None)
}

/// The mails about which the letters ask that a mail answers itself.
fn answered_letters(store: &Store, reading: &Reading) -> Result<Vec<MessageId>> {
    let mut about = Vec::new();
    for id in &reading.in_reply_to {
        let letter = store
            .sent_as(id)?
            .filter(|m| m.owed.kind() == Kind::Confirmation);
        about.extend(letter.and_then(|m| m.message));
    }
    Ok(about)
}
