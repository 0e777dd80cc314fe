//! What staff decide of a mail of ours that did not leave, or perhaps not.

use anyhow::{Result, bail};
use jiff::Timestamp;

use super::{By, Done, Refusal, log, said};
use crate::domain::row::OutboxId;
use crate::store::Store;

/// Owes a mail once more that failed, or of which nobody knows whether it left. It says then what holds then, and is
/// dropped if it is no longer owed. It cannot be taken back: it leaves at once.
///
/// # Errors
/// When it did not fail.
pub fn resend(store: &Store, id: OutboxId, by: &By, now: Timestamp) -> Result<Done> {
    let correction = store.transaction(|s| {
        let before = s.outgoing_mail(id)?;
        if !s.send_again(id, now)? {
            bail!(Refusal::NotFailed(id));
        }
        let before = before.and_then(|m| m.error).unwrap_or_default();
        let change = (format!("outgoing {id}"), before.as_str(), "queued");
        log(s, by, "resend", change, None, now)
    })?;
    Ok(Done {
        said: format!("mail {id} of the outbox is sent again"),
        in_vietnamese: said::SENT_AGAIN.into(),
        correction,
    })
}
