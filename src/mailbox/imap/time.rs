//! What time the server says it is.

use jiff::Timestamp;

use super::session::{permitted, quoted};
use super::{Connection, MailboxError, Result, Selected};

/// The folder that is made, and removed at once, to learn what time the server says it is.
const OWN_FOLDER: &str = "Thubaocao-gio";

impl Connection {
    /// What time the server says it is: the INTERNALDATE that it gives to a mail which comes without one (RFC 3501, 6.3.11).
    /// The mail is put where nobody looks, and removed at once: into the trash of Gmail, where deleting a folder keeps
    /// its mails, else into a folder of its own. `None` where the server does not let us.
    pub(in crate::mailbox) async fn time(&mut self, mail: &[u8]) -> Result<Option<Timestamp>> {
        let own = quoted(OWN_FOLDER);
        let folder = if self.able.gmail {
            self.ask_folders().await?;
            let mut folders = self.folders.iter().flatten();
            folders.find(|f| f.trash).map(|f| f.wire.clone())
        } else {
            // One that a broken connection left behind will do.
            permitted(self.session.command(&format!("CREATE {own}"), |_| {}).await)?;
            Some(OWN_FOLDER.to_owned())
        };
        let Some(folder) = folder else {
            return Ok(None);
        };
        let dated = self.dated_on_arrival(&folder, mail).await;
        self.opened = None;
        let at = match dated {
            Err(MailboxError::Refused { .. }) => None,
            other => other?,
        };
        if !self.able.gmail {
            permitted(self.session.command(&format!("DELETE {own}"), |_| {}).await)?;
        }
        Ok(at)
    }

    /// Puts a mail into a folder, and gives the date that it got; removes it where it lies in the trash.
    async fn dated_on_arrival(&mut self, folder: &str, mail: &[u8]) -> Result<Option<Timestamp>> {
        let append = format!("APPEND {} (\\Seen) {{{}}}", quoted(folder), mail.len());
        let own_tag = self.session.send_first_part(&append).await?;
        self.session.send_rest(&own_tag, "APPEND", mail).await?;
        let gmail = self.able.gmail;
        let key = match gmail {
            true => format!("HEADER Message-ID {}", quoted(message_id(mail))),
            false => "ALL".to_owned(),
        };
        let mut open = self.select_by_wire_name(folder, gmail).await?;
        let Some(uid) = open.search(&key).await?.into_iter().max() else {
            return Ok(None);
        };
        let at = open.date_of(uid).await?;
        if gmail {
            open.remove(uid).await?;
        }
        // Lets go of the folder: a read-only one is not expunged by that.
        self.session.command("EXAMINE INBOX", |_| {}).await?;
        Ok(at)
    }
}

impl Selected<'_> {
    /// Removes a mail of ours for good, and no other (RFC 4315).
    async fn remove(&mut self, uid: u32) -> Result<()> {
        let session = &mut self.connection.session;
        let flag = format!("UID STORE {uid} +FLAGS.SILENT (\\Deleted)");
        session.command(&flag, |_| {}).await?;
        session.command(&format!("UID EXPUNGE {uid}"), |_| {}).await
    }
}

/// The Message-ID of a mail of ours, without its brackets.
fn message_id(mail: &[u8]) -> &str {
    let text = std::str::from_utf8(mail).unwrap_or_default();
    let line = text.lines().find_map(|l| l.strip_prefix("Message-ID: <"));
    line.map_or("", |id| id.trim_end_matches('>'))
}
