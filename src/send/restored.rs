//! Answers that may have left before the store was laid out from a backup: an answer among the sent mails of the mailbox
//! is certain, whoever filed it there. That there is none proves nothing; staff decide then.

use anyhow::Result;
use jiff::Timestamp;

use super::said;
use crate::mailbox::{Mailbox, MailboxError};
use crate::store::{OutgoingState, Store};

/// Looks for each answer once. A mailbox that fails is dropped; the rest waits for it.
pub(super) async fn settle(
    store: &Store,
    mailbox: &mut Option<Mailbox>,
    now: Timestamp,
) -> Result<()> {
    for (mail, answered) in store.perhaps_sent()? {
        let Some(open) = mailbox else {
            return Ok(()); // when the mailbox is back
        };
        // What is no Message-ID cannot be searched for.
        let plain = !answered.is_empty() && answered.bytes().all(|b| b.is_ascii_graphic());
        let found = match plain {
            true => open.was_answered(&answered).await,
            false => Ok(None),
        };
        match found {
            Ok(Some(true)) => {
                let why = Some(said::ANSWERED_BEFORE);
                store.end_sending(mail, OutgoingState::Dropped, why, now)?;
            }
            Ok(Some(false) | None) => store.looked(mail)?,
            Err(e) => {
                tracing::warn!(error = %e, "the sent mails cannot be looked through");
                *mailbox = None; // it may have failed in the middle of an answer
                if matches!(e, MailboxError::Refused { .. }) {
                    store.looked(mail)?;
                }
                return Ok(());
            }
        }
    }
    Ok(())
}
