//! What became of a mail, shown where staff look: by a keyword, a label of Gmail, or a copy in a folder.

use super::folders::encoded;
use super::session::quoted;
use super::{Connection, MailboxError, Result, Selected};
use crate::config::Show;
use crate::store::{MessageState, Place};

/// The keyword that shows an outcome.
const KEYWORDS: [(MessageState, &str); 2] = [
    (MessageState::Logged, "Thubaocao-Logged"),
    (MessageState::Waiting, "Thubaocao-Waiting"),
];

/// The folder or label that shows an outcome.
const FOLDERS: [(MessageState, &str); 2] = [
    (MessageState::Logged, "Báo cáo đã ghi nhận"),
    (MessageState::Waiting, "Báo cáo chờ xử lý"),
];

/// Whether a folder has to be open for changes to show outcomes in that way.
pub(in crate::mailbox) fn changes_the_folder(how: Show) -> bool {
    match how {
        Show::Keyword | Show::Label => true,
        Show::Nothing | Show::Folder => false,
    }
}

impl Connection {
    /// The folder of a place, open to show outcomes; `None` where its UIDs mean other mails by now.
    pub(in crate::mailbox) async fn at(
        &mut self,
        place: &Place,
        how: Show,
    ) -> Result<Option<Selected<'_>>> {
        let open = self.enter(&place.folder, changes_the_folder(how)).await?;
        Ok((open.validity() == place.uidvalidity).then_some(open))
    }
}

impl Selected<'_> {
    /// Shows the outcome of a mail.
    pub(in crate::mailbox) async fn show(
        &mut self,
        uid: &str,
        outcome: MessageState,
        how: Show,
    ) -> Result<()> {
        match how {
            Show::Nothing => Ok(()),
            Show::Keyword => {
                let words = KEYWORDS.map(|(state, word)| (state, format!("FLAGS.SILENT ({word})")));
                self.mark(uid, outcome, &words).await
            }
            Show::Label => {
                let label = |name| quoted(&encoded(name));
                let labels = FOLDERS
                    .map(|(state, name)| (state, format!("X-GM-LABELS.SILENT ({})", label(name))));
                self.mark(uid, outcome, &labels).await
            }
            Show::Folder => self.copy(uid, outcome).await,
        }
    }

    /// Sets the mark of an outcome and takes those of the others away.
    async fn mark(
        &mut self,
        uid: &str,
        outcome: MessageState,
        marks: &[(MessageState, String)],
    ) -> Result<()> {
        for (state, mark) in marks {
            let sign = if *state == outcome { '+' } else { '-' };
            let store = format!("UID STORE {uid} {sign}{mark}");
            self.connection.session.command(&store, |_| {}).await?;
        }
        Ok(())
    }

    /// Copies a mail into the folder of an outcome, which is made where it is not there.
    async fn copy(&mut self, uid: &str, outcome: MessageState) -> Result<()> {
        let Some((_, name)) = FOLDERS.iter().find(|(state, _)| *state == outcome) else {
            return Ok(());
        };
        let name = quoted(&encoded(name));
        let copy = format!("UID COPY {uid} {name}");
        let session = &mut self.connection.session;
        if let Err(MailboxError::Refused { .. }) = session.command(&copy, |_| {}).await {
            let create = format!("CREATE {name}");
            session.command(&create, |_| {}).await?;
            session.command(&copy, |_| {}).await?;
        }
        Ok(())
    }
}
