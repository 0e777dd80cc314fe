//! Mailboxes: raw mails in, outcomes out. Nothing is ever deleted or marked as read.

mod cursor;
mod error;
mod imap;
mod maildir;
mod open_folder;
pub mod patience;
mod told;

use std::collections::HashMap;
use std::time::Duration;

use anyhow::Result;
use jiff::Timestamp;

pub use cursor::{Continuity, Cursor, Look};
pub use error::MailboxError;
pub use imap::Connection;
pub use maildir::Maildir;
pub use open_folder::OpenFolder;

pub use self::told::told;

use self::imap::Server;
use crate::config::{MailboxKind, Show, SpecialUse, Veil};
use crate::store::{Place, Store};

/// What is known of a mail before it is fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// UID, or what a Maildir file is known by.
    pub uid: String,
    /// Bytes.
    pub size: u64,
    /// INTERNALDATE, or when a Maildir file was delivered, by its name and its moment of writing; `None` where the server
    /// does not tell.
    pub received_at: Option<Timestamp>,
    /// X-GM-MSGID.
    pub gm_msgid: Option<u64>,
}

/// The mails of a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    /// UIDVALIDITY; 0 for a Maildir.
    pub uidvalidity: u32,
    /// What the folder is for, where the server says.
    pub special_use: Option<SpecialUse>,
    /// The lowest UID that a mail to come may get; 0 where the mailbox does not tell.
    uid_next: u32,
    /// How many mails are in the folder, and HIGHESTMODSEQ, where mails are counted.
    counted: Option<(u32, Option<u64>)>,
    /// Whether what was there before the cursor of the look was not listed again.
    pub(crate) goes_on: bool,
    /// In the order of UIDs, or of delivery.
    pub envelopes: Vec<Envelope>,
}

impl Envelope {
    /// The UID as the number that tells the order of arrival; 0 for the files of a Maildir, which are in no order.
    pub fn number(&self) -> u32 {
        number(&self.uid)
    }
}

fn number(uid: &str) -> u32 {
    uid.parse().unwrap_or(0)
}

/// What was seen of a mailbox before.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// What folders were for, by their names in the configuration.
    pub special_uses: HashMap<String, SpecialUse>,
    /// Whether a Maildir had mails.
    pub had_mails: bool,
}

impl Known {
    /// What the store knows of the mailbox of an address.
    pub fn of(store: &Store, account: &str) -> Result<Known> {
        Ok(Known {
            special_uses: store.special_uses(account)?,
            had_mails: store.maildir_had_mails(account)?,
        })
    }
}

/// How many bytes of mails are asked for at once, if more than one mail is.
pub(crate) const BATCH_BYTES: u64 = 16_000_000;

/// A mailbox that is open.
pub enum Mailbox {
    /// A server, and what it has been told that no text of it may say again.
    Imap(Box<Connection>, Veil),
    /// A folder on this machine.
    Maildir(Maildir),
}

impl Mailbox {
    /// Opens a mailbox. `known`: what was seen of it before, so that what has changed since is noticed; `longest`: of no
    /// mail more bytes are asked for, and of a server not many more are taken.
    ///
    /// # Errors
    /// When its password cannot be read, or it cannot be reached or refuses the login; the message says what to do.
    pub async fn open(
        kind: &MailboxKind,
        known: Known,
        longest: u64,
    ) -> Result<Mailbox, MailboxError> {
        match kind {
            MailboxKind::Imap {
                host,
                port,
                user,
                password,
                ca_file,
                ..
            } => {
                let password = password.read().map_err(MailboxError::Other)?;
                let mut veil = Veil::default();
                veil.add(&password);
                let server = Server {
                    host,
                    port: *port,
                    ca_file: ca_file.as_deref(),
                    user,
                    password: &password.0,
                };
                let connection = Connection::open(&server, known.special_uses, longest)
                    .await
                    .map_err(|e| e.under(&veil))?;
                Ok(Mailbox::Imap(Box::new(connection), veil))
            }
            MailboxKind::Maildir { path, create } => {
                let maildir = Maildir::open(path, *create, known.had_mails)?;
                Ok(Mailbox::Maildir(maildir))
            }
        }
    }

    /// Opens a folder, so that it can be shown there what became of mails, and gives those that are in it: all, or those
    /// after a cursor where that is a sound way to find what is new.
    ///
    /// # Errors
    /// When the mailbox fails; an empty answer is one that the mailbox confirmed.
    pub async fn list(
        &mut self,
        folder: &str,
        look: Look,
        show: Show,
    ) -> Result<(OpenFolder<'_>, Listing), MailboxError> {
        match self {
            Mailbox::Imap(c, veil) => {
                let listed = c.list(folder, look, imap::changes_the_folder(show)).await;
                let (open, listing) = listed.map_err(|e| e.under(veil))?;
                Ok((OpenFolder::of_server(open, veil, show), listing))
            }
            Mailbox::Maildir(m) => {
                let listing = m.list().await?;
                Ok((OpenFolder::of_maildir(m), listing))
            }
        }
    }

    /// The folder of a place, opened to show there what became of mails; `None` where the place means another mail by now.
    ///
    /// # Errors
    /// When the mailbox fails, refuses, or has no such folder.
    pub(crate) async fn open_at(
        &mut self,
        place: &Place,
        show: Show,
    ) -> Result<Option<OpenFolder<'_>>, MailboxError> {
        match self {
            Mailbox::Imap(c, veil) => {
                let open = c.at(place, show).await.map_err(|e| e.under(veil))?;
                Ok(open.map(|open| OpenFolder::of_server(open, veil, show)))
            }
            Mailbox::Maildir(m) => Ok(Some(OpenFolder::of_maildir(m))),
        }
    }

    /// Waits until there may be new mail in a folder, at most so long. Safe to drop at any moment if the mailbox
    /// is dropped with it.
    ///
    /// # Errors
    /// When the connection is lost.
    pub async fn wait(&mut self, folder: &str, at_most: Duration) -> Result<(), MailboxError> {
        match self {
            Mailbox::Imap(c, veil) => c.wait(folder, at_most).await.map_err(|e| e.under(veil)),
            Mailbox::Maildir(_) => {
                tokio::time::sleep(at_most).await;
                Ok(())
            }
        }
    }

    /// Whether it is Gmail, which files by itself what is sent through it.
    pub(crate) fn is_gmail(&self) -> bool {
        match self {
            Mailbox::Imap(c, _) => c.is_gmail(),
            Mailbox::Maildir(_) => false,
        }
    }

    /// Whether a mail of ours is among the sent ones; `None` where there is no folder of them (`\\Sent`). That it is not
    /// says nothing where people or programs file there, not the server.
    ///
    /// # Errors
    /// When the mailbox fails; then nothing is known.
    pub(crate) async fn was_sent(
        &mut self,
        message_id: &str,
    ) -> Result<Option<bool>, MailboxError> {
        match self {
            Mailbox::Imap(c, veil) => c.was_sent(message_id).await.map_err(|e| e.under(veil)),
            Mailbox::Maildir(_) => Ok(None),
        }
    }

    /// Whether an answer to a mail is among the sent ones; `None` where there is no folder of them.
    ///
    /// # Errors
    /// When the mailbox fails; then nothing is known.
    pub(crate) async fn was_answered(
        &mut self,
        message_id: &str,
    ) -> Result<Option<bool>, MailboxError> {
        match self {
            Mailbox::Imap(c, veil) => c.was_answered(message_id).await.map_err(|e| e.under(veil)),
            Mailbox::Maildir(_) => Ok(None),
        }
    }

    /// What time the mailbox says it is, by a mail of ours that it takes and loses again; `None` where it does not tell.
    ///
    /// # Errors
    /// When the mailbox fails.
    pub async fn time(&mut self, mail: &[u8]) -> Result<Option<Timestamp>, MailboxError> {
        match self {
            Mailbox::Imap(c, veil) => c.time(mail).await.map_err(|e| e.under(veil)),
            Mailbox::Maildir(_) => Ok(None), // it goes by the clock of this machine
        }
    }

    /// Goes on without the dates of mails, which this server tells in a way that cannot be understood; the mails tell them.
    pub(crate) fn ask_for_no_dates(&mut self) {
        if let Mailbox::Imap(c, _) = self {
            c.ask_for_no_dates();
        }
    }

    /// Ends the session in good order.
    pub async fn close(self) {
        if let Mailbox::Imap(c, _) = self {
            c.close().await;
        }
    }
}
