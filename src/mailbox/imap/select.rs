//! Opening folders: which one the configuration means, and the type without which no mail can be named.

use async_imap::imap_proto::{MailboxDatum, Response, ResponseCode};

use super::folders::{self, Folder};
use super::session::{lost, quoted};
use super::{Connection, MailboxError, Result};
use crate::config::SpecialUse;

/// What the server said of a folder when it opened it.
#[derive(Clone, Debug)]
pub(in crate::mailbox) struct Opened {
    /// As the configuration names it.
    pub(in crate::mailbox) folder: String,
    /// Whether it may be changed.
    pub(in crate::mailbox) writable: bool,
    /// UIDVALIDITY.
    pub(in crate::mailbox) validity: u32,
    /// How many mails there are.
    pub(in crate::mailbox) exists: u32,
    /// UIDNEXT; 0 where the server does not tell.
    pub(in crate::mailbox) uid_next: u32,
    /// HIGHESTMODSEQ (RFC 7162, 3.1.2.1), where the server tells.
    pub(in crate::mailbox) modseq: Option<u64>,
}

/// An open folder of a server. Nothing but opening it gives one, and while it is there no other is opened.
pub(in crate::mailbox) struct Selected<'c> {
    pub(super) connection: &'c mut Connection,
    pub(super) opened: Opened,
}

impl<'c> Selected<'c> {
    /// The same folder, opened anew.
    pub(super) async fn again(self) -> Result<Selected<'c>> {
        let Opened {
            folder, writable, ..
        } = self.opened;
        self.connection.select(&folder, writable).await
    }

    /// UIDNEXT and EXISTS: they change when mails come or go.
    pub(super) fn state(&self) -> (u32, u32) {
        (self.opened.uid_next, self.opened.exists)
    }

    /// UIDVALIDITY.
    pub(in crate::mailbox) fn validity(&self) -> u32 {
        self.opened.validity
    }

    /// The UIDs of the mails that a key of SEARCH means (RFC 3501, 6.4.4).
    pub(super) async fn search(&mut self, key: &str) -> Result<Vec<u32>> {
        let mut found = Vec::new();
        let search = format!("UID SEARCH {key}");
        let take = |answer: &Response<'_>| {
            if let Response::MailboxData(MailboxDatum::Search(uids)) = answer {
                found.extend_from_slice(uids);
            }
        };
        self.connection.session.command(&search, take).await?;
        Ok(found)
    }
}

impl Connection {
    /// Opens a folder of the configuration. One that was renamed meanwhile is looked for once more.
    pub(super) async fn select(&mut self, folder: &str, writable: bool) -> Result<Selected<'_>> {
        let asked_before = self.folders.is_some();
        let wire = match self.wire_name(folder).await {
            Err(MailboxError::NoFolder { .. }) if asked_before => {
                self.folders = None;
                self.wire_name(folder).await?
            }
            other => other?,
        };
        let opened = match self.open_folder(folder, &wire, writable).await {
            Err(refused @ MailboxError::Refused { .. }) if asked_before => {
                self.folders = None;
                let now = self.wire_name(folder).await?;
                if now == wire {
                    return Err(refused);
                }
                self.open_folder(folder, &now, writable).await?
            }
            other => other?,
        };
        Ok(Selected {
            connection: self,
            opened,
        })
    }

    /// A folder of the configuration, which is opened unless it is open in that way.
    pub(super) async fn enter(&mut self, folder: &str, writable: bool) -> Result<Selected<'_>> {
        let is_open = |o: &Opened| o.folder == folder && o.writable == writable;
        match self.opened.take_if(|o| is_open(o)) {
            Some(opened) => {
                self.opened = Some(opened.clone());
                Ok(Selected {
                    connection: self,
                    opened,
                })
            }
            None => self.select(folder, writable).await,
        }
    }

    /// A folder by the name that the server calls it.
    pub(super) async fn select_by_wire_name(
        &mut self,
        wire: &str,
        writable: bool,
    ) -> Result<Selected<'_>> {
        let opened = self.open_folder(wire, wire, writable).await?;
        Ok(Selected {
            connection: self,
            opened,
        })
    }

    /// What the server calls a folder of the configuration.
    async fn wire_name(&mut self, folder: &str) -> Result<String> {
        if folder.eq_ignore_ascii_case("INBOX") {
            return Ok("INBOX".to_owned()); // always there (RFC 3501, 5.1)
        }
        self.ask_folders().await?;
        let folders = self.folders.as_deref().unwrap_or_default();
        match folders::meant(folder, folders, &self.known) {
            Some(found) => Ok(found.wire.clone()),
            None => Err(MailboxError::NoFolder {
                folder: folder.to_owned(),
                there: folders
                    .iter()
                    .filter(|f| f.selectable)
                    .map(|f| f.name.clone())
                    .collect(),
            }),
        }
    }

    /// Asks for the folders that are there, unless that was done.
    pub(super) async fn ask_folders(&mut self) -> Result<()> {
        if self.folders.is_some() {
            return Ok(());
        }
        let plain = "LIST \"\" \"*\"";
        let mut folders = Vec::new();
        // Some servers that know special uses tell them to a client that does not ask, too, some do not (RFC 6154, 2).
        if self.able.special_use {
            match self
                .list_folders(&format!("{plain} RETURN (SPECIAL-USE)"))
                .await
            {
                // It says that it can, and cannot.
                Err(MailboxError::Refused { .. }) => self.able.special_use = false,
                other => folders = other?,
            }
        }
        if !self.able.special_use {
            folders = self.list_folders(plain).await?;
        }
        self.folders = Some(folders);
        Ok(())
    }

    async fn list_folders(&mut self, command: &str) -> Result<Vec<Folder>> {
        let mut folders = Vec::new();
        self.session
            .command(command, |answer| {
                if let Response::MailboxData(MailboxDatum::List(list)) = answer {
                    folders.push(Folder::new(&list.name, &list.name_attributes));
                }
            })
            .await?;
        Ok(folders)
    }

    async fn open_folder(&mut self, folder: &str, wire: &str, writable: bool) -> Result<Opened> {
        let verb = if writable { "SELECT" } else { "EXAMINE" };
        let plain = format!("{verb} {}", quoted(wire));
        if self.able.condstore {
            match self
                .opened_by(&format!("{plain} (CONDSTORE)"), folder, writable)
                .await
            {
                // It says that it can, and cannot; or there is no such folder.
                Err(MailboxError::Refused { .. }) => {
                    let opened = self.opened_by(&plain, folder, writable).await?;
                    self.able.condstore = false;
                    return Ok(opened);
                }
                other => return other,
            }
        }
        self.opened_by(&plain, folder, writable).await
    }

    /// Opens a folder by a command.
    async fn opened_by(&mut self, command: &str, folder: &str, writable: bool) -> Result<Opened> {
        self.opened = None;
        let (mut validity, mut exists, mut uid_next, mut modseq) = (None, None, 0, None);
        self.session
            .command(command, |answer| match answer {
                Response::Data { outcome, .. } => match outcome.code {
                    Some(ResponseCode::UidValidity(v)) => validity = Some(v),
                    Some(ResponseCode::UidNext(n)) => uid_next = n,
                    Some(ResponseCode::HighestModSeq(n @ 1..)) => modseq = Some(n),
                    _ => {}
                },
                Response::MailboxData(MailboxDatum::Exists(n)) => exists = Some(*n),
                _ => {}
            })
            .await?;
        let (Some(validity), Some(exists)) = (validity, exists) else {
            return Err(lost(
                "the server opened the folder without UIDVALIDITY or EXISTS",
            ));
        };
        self.session.news = false; // the EXISTS was that of the selection itself
        let opened = Opened {
            folder: folder.to_owned(),
            writable,
            validity,
            exists,
            uid_next,
            modseq,
        };
        self.opened = Some(opened.clone());
        Ok(opened)
    }

    /// What a folder is for, where the server says.
    pub(super) fn special_use_of(&self, folder: &str) -> Option<SpecialUse> {
        let folders = self.folders.as_deref().unwrap_or_default();
        folders::meant(folder, folders, &self.known)?.special_use
    }
}
