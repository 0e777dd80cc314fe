//! Shows staff what became of their mails where they look anyway: in the mailbox.

use anyhow::Result;

use crate::app::App;
use crate::config::Show;
use crate::mailbox::{Mailbox, MailboxError};
use crate::store::{MessageState, Place};

/// Shows the outcomes that are not shown yet.
pub(super) async fn show_outcomes(app: &App, mailbox: &mut Mailbox) -> Result<()> {
    let how = app.config.settings.mailbox.show;
    if how == Show::Nothing {
        return Ok(());
    }
    for (message, state) in app.store.unshown()? {
        if matches!(
            state,
            MessageState::Logged | MessageState::Waiting | MessageState::Ignored
        ) {
            for place in app.store.places(message)? {
                match show(mailbox, &place, state, how).await {
                    // A folder or keyword that the server does not allow must not stop anything.
                    Err(MailboxError::Refused { command, answer }) => {
                        tracing::warn!(
                            command,
                            answer,
                            "the mailbox does not show the outcome of a mail"
                        );
                    }
                    other => other?,
                }
            }
        }
        app.store.set_shown(message, state)?;
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
