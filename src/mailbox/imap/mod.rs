//! An IMAP server (RFC 3501 and extensions) over TLS.
//!
//! async-imap frames the protocol. Its commands are not used: they take a refusal or a lost connection for an empty
//! answer. [`session`] gives an answer only after the tagged OK.
//!
//! A connection on which anything failed is thrown away by its owner: what was half read would answer the next command.
//!
//! What names mails by UIDs is a method of [`Selected`], which only opening their folder gives: a FETCH or STORE that
//! meant the mails of another folder cannot be written.

mod bounds;
mod connect;
mod fetch;
mod folders;
mod idle;
mod listing;
mod select;
mod sent;
mod session;
mod show;
mod time;
mod tls;

use std::collections::HashMap;
use std::time::Duration;

use tokio::time::timeout;

use self::bounds::Bounds;
use self::folders::Folder;
use self::session::Session;
use super::MailboxError;
use crate::config::SpecialUse;

pub(super) use self::connect::Server;
pub(super) use self::select::{Opened, Selected};
pub(super) use self::show::changes_the_folder;

/// How long ending a session may take.
const FAREWELL: Duration = Duration::from_secs(2);

type Result<T> = std::result::Result<T, MailboxError>;

/// A session with a server.
pub struct Connection {
    session: Session,
    able: Able,
    /// The folder that is open.
    opened: Option<Opened>,
    /// The folders that are there, once they were asked for.
    folders: Option<Vec<Folder>>,
    /// What configured folders were for when they were last seen.
    known: HashMap<String, SpecialUse>,
    /// UIDNEXT and EXISTS of each folder when it was last listed.
    listed: HashMap<String, (u32, u32)>,
    /// Whether the server is not asked for INTERNALDATE, as it answers what the parser cannot take.
    without_dates: bool,
    /// How much of the texts of mails is taken.
    of_mails: Bounds,
    /// How often in a row the server told of news and there were none.
    in_vain: u32,
}

/// What a server says it can.
#[derive(Clone, Copy, Debug, Default)]
struct Able {
    gmail: bool,
    idle: bool,
    /// Whether it tells how far changes of a folder have gone, where that is asked for (RFC 7162).
    condstore: bool,
    /// Whether it is to be asked what its folders are for (RFC 6154, by LIST-EXTENDED).
    special_use: bool,
}

impl Connection {
    /// Connects, verifies the certificate and logs in. `known`: what configured folders were for when they were last
    /// seen; `longest`: the most bytes of a mail that is asked for.
    pub(super) async fn open(
        server: &Server<'_>,
        known: HashMap<String, SpecialUse>,
        longest: u64,
    ) -> Result<Connection> {
        let (session, able) = server.session().await?;
        Ok(Connection {
            session,
            able,
            opened: None,
            folders: None,
            known,
            listed: HashMap::new(),
            without_dates: false,
            of_mails: Bounds::of_mails(longest, super::BATCH_BYTES),
            in_vain: 0,
        })
    }

    pub(super) fn is_gmail(&self) -> bool {
        self.able.gmail
    }

    /// Goes on without INTERNALDATE.
    pub(super) fn ask_for_no_dates(&mut self) {
        self.without_dates = true;
    }

    /// Ends the session; whether the server hears it or not, we go.
    pub(super) async fn close(mut self) {
        let _ = timeout(FAREWELL, self.session.command("LOGOUT", |_| {})).await;
    }
}
