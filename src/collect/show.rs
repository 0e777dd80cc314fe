//! Shows staff what became of their mails where they look anyway: in the mailbox.

use anyhow::Result;

use crate::config::{Config, Show};
use crate::mailbox::{Mailbox, MailboxError};
use crate::store::{MessageState, Place, Store};

/// Shows the outcomes that are not shown yet, wherever the mailbox has the mails: of one that was imported, or seen in
/// another mailbox, it has nothing.
pub(super) async fn show_outcomes(
    config: &Config,
    store: &Store,
    mailbox: &mut Mailbox,
) -> Result<()> {
    let how = config.settings.mailbox.show;
    if how == Show::Nothing {
        return Ok(());
    }
    let account = &config.settings.mailbox.address;
    for (message, state) in store.unshown()? {
        if matches!(
            state,
            MessageState::Logged | MessageState::Waiting | MessageState::Ignored
        ) {
            let places = store.places(message)?.into_iter();
            for place in places.filter(|p| p.account == *account) {
                match show(mailbox, &place, state, how).await {
                    // A folder that is gone, or what the server does not allow, must not stop anything.
                    Err(why @ (MailboxError::Refused { .. } | MailboxError::NoFolder { .. })) => {
                        tracing::warn!(%why, "the mailbox does not show the outcome of a mail");
                    }
                    other => other?,
                }
            }
        }
        store.set_shown(message, state)?;
    }
    Ok(())
}

async fn show(
    mailbox: &mut Mailbox,
    place: &Place,
    outcome: MessageState,
    how: Show,
) -> Result<(), MailboxError> {
    match mailbox.open_at(place, how).await? {
        Some(mut folder) => folder.show(&place.uid, outcome).await,
        None => Ok(()), // the UID means another mail now
    }
}
