//! What can go wrong with a mailbox of whichever kind: told apart by those who act on it, with what to do in its words.

use std::path::PathBuf;

use crate::config::Veil;
use crate::ground::text::truncated;

/// More of what a server says of a failure is not kept, in bytes.
const LONGEST_SAYING: usize = 400;

/// What can go wrong with a mailbox.
#[derive(Debug, thiserror::Error)]
pub enum MailboxError {
    /// It cannot be reached.
    #[error("cannot reach {host}:{port}: {why}")]
    Unreachable {
        /// Host.
        host: String,
        /// Port.
        port: u16,
        /// Why.
        why: String,
    },
    /// Its certificate is not to be trusted.
    #[error(
        "the certificate of {host} is not to be trusted: {why}; check mailbox.host, or name a private authority in mailbox.ca_file"
    )]
    Certificate {
        /// Host.
        host: String,
        /// Why.
        why: String,
    },
    /// It refuses the login.
    #[error(
        "{host} refuses the login of {user}: {answer}; check user and password (Gmail needs an app password, and makes a new one necessary when the account's password changes)"
    )]
    Login {
        /// Host.
        host: String,
        /// Login name.
        user: String,
        /// What the server said.
        answer: String,
    },
    /// It takes no login at this moment, whatever the password.
    #[error(
        "{host} takes no login of {user} at the moment: {answer}; it is tried again; other programs that use this mailbox may have to be closed"
    )]
    Busy {
        /// Host.
        host: String,
        /// Login name.
        user: String,
        /// What the server said.
        answer: String,
    },
    /// A folder of the configuration is not there.
    #[error(
        "there is no folder {folder}; those that are there: {}; correct mailbox.folders, or name the folder by what it is for, such as '\\Junk'",
        there.join(", ")
    )]
    NoFolder {
        /// The folder, as the configuration names it.
        folder: String,
        /// The folders that can be opened.
        there: Vec<String>,
    },
    /// A Maildir that had mails has none.
    #[error(
        "{} had mails and now has none; is its disk mounted, and mailbox.path right? If it was emptied on purpose, deliver any mail into it",
        path.display()
    )]
    Emptied {
        /// The Maildir.
        path: PathBuf,
    },
    /// It refuses a command.
    #[error("the server refuses {command}: {answer}")]
    Refused {
        /// The command, without its arguments.
        command: String,
        /// What the server said.
        answer: String,
    },
    /// What it lists of a folder is not what it says is there.
    #[error(
        "the server does not list all mails of the folder {folder}; units are not reminded until it does"
    )]
    Incomplete {
        /// The folder.
        folder: String,
    },
    /// It answers what the parser cannot take.
    #[error("the server answers what cannot be understood")]
    Unparsable,
    /// The connection is lost.
    #[error("the connection is lost: {0}")]
    Lost(String),
    /// Anything else, said in full.
    #[error("{0:#}")]
    Other(anyhow::Error),
}

impl MailboxError {
    /// The same error, without the secrets that the server was told, and with no more of its words than are read.
    pub(super) fn under(self, veil: &Veil) -> MailboxError {
        let over = |text: String| truncated(&veil.over(&text), LONGEST_SAYING).to_owned();
        match self {
            MailboxError::Unreachable { host, port, why } => MailboxError::Unreachable {
                host,
                port,
                why: over(why),
            },
            MailboxError::Certificate { host, why } => MailboxError::Certificate {
                host,
                why: over(why),
            },
            MailboxError::Login { host, user, answer } => MailboxError::Login {
                host,
                user,
                answer: over(answer),
            },
            MailboxError::Busy { host, user, answer } => MailboxError::Busy {
                host,
                user,
                answer: over(answer),
            },
            MailboxError::NoFolder { folder, there } => MailboxError::NoFolder {
                folder,
                there: there.into_iter().map(over).collect(),
            },
            MailboxError::Refused { command, answer } => MailboxError::Refused {
                command,
                answer: over(answer),
            },
            MailboxError::Lost(why) => MailboxError::Lost(over(why)),
            // In these the server says nothing.
            same @ (MailboxError::Emptied { .. }
            | MailboxError::Incomplete { .. }
            | MailboxError::Unparsable
            | MailboxError::Other(_)) => same,
        }
    }
}
