//! An open folder: what alone gives the mails in it and shows their outcomes.

use super::imap::Selected;
use super::{MailboxError, Maildir};
use crate::config::{Show, Veil};
use crate::store::MessageState;

/// A folder that is open. While it is there its mailbox opens no other, so that a UID means a mail of this one.
pub struct OpenFolder<'m>(Kind<'m>);

enum Kind<'m> {
    Imap {
        open: Selected<'m>,
        veil: &'m Veil,
        show: Show,
    },
    Maildir(&'m Maildir),
}

impl<'m> OpenFolder<'m> {
    pub(super) fn of_server(open: Selected<'m>, veil: &'m Veil, show: Show) -> OpenFolder<'m> {
        OpenFolder(Kind::Imap { open, veil, show })
    }

    pub(super) fn of_maildir(maildir: &'m Maildir) -> OpenFolder<'m> {
        OpenFolder(Kind::Maildir(maildir))
    }

    /// The raw bytes of mails; those that are gone are left out.
    ///
    /// # Errors
    /// When the mailbox fails. Nothing of a failed answer is given.
    pub async fn fetch(&mut self, uids: &[String]) -> Result<Vec<(String, Vec<u8>)>, MailboxError> {
        match &mut self.0 {
            Kind::Imap { open, veil, .. } => open.fetch(uids).await.map_err(|e| e.under(veil)),
            Kind::Maildir(m) => m.fetch(uids),
        }
    }

    /// The headers of mails, for those that are not fetched.
    ///
    /// # Errors
    /// When the mailbox fails.
    pub async fn heads(&mut self, uids: &[String]) -> Result<Vec<(String, Vec<u8>)>, MailboxError> {
        match &mut self.0 {
            Kind::Imap { open, veil, .. } => open.heads(uids).await.map_err(|e| e.under(veil)),
            Kind::Maildir(m) => m.beginnings(uids),
        }
    }

    /// The From fields of mails, or a beginning of the mails that has them.
    ///
    /// # Errors
    /// When the mailbox fails.
    pub async fn senders(
        &mut self,
        uids: &[String],
    ) -> Result<Vec<(String, Vec<u8>)>, MailboxError> {
        match &mut self.0 {
            Kind::Imap { open, veil, .. } => open.senders(uids).await.map_err(|e| e.under(veil)),
            Kind::Maildir(m) => m.beginnings(uids),
        }
    }

    /// Shows the outcome of a mail to people who look into the mailbox, in the way for which the folder was opened.
    ///
    /// # Errors
    /// When the mailbox fails or refuses.
    pub async fn show(&mut self, uid: &str, outcome: MessageState) -> Result<(), MailboxError> {
        match &mut self.0 {
            Kind::Imap { open, veil, show } => {
                let shown = open.show(uid, outcome, *show).await;
                shown.map_err(|e| e.under(veil))
            }
            Kind::Maildir(_) => Ok(()),
        }
    }
}
