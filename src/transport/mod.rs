//! Ways for mails to leave. Each tells what became of a mail, and whether what stands in its way is the mail, an
//! address, or ourselves ([`answer`]).

mod answer;
mod file;
mod sendmail;
mod smtp;
mod trouble;

use anyhow::Result;

use crate::config::{TransportKind, Veil, trace};
use crate::ground::text::truncated;

pub use trouble::Trouble;

/// What became of a mail that was handed over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was taken, for those recipients that are not named.
    Taken(Vec<NotTaken>),
    /// It will never be taken as it is: why, and what was said of its recipients.
    Refused(Trouble, Vec<NotTaken>),
    /// It was not taken; later it may be.
    Deferred(Trouble, Vec<NotTaken>),
    /// It is not about this mail: none would leave now.
    Halted(Halt),
    /// It may have been taken: the connection broke after the last byte.
    Unknown(Trouble),
}

/// Why no mail would leave now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Halt {
    /// There is no connection, or it broke.
    Line(Trouble),
    /// We are refused: the login, the day's limit, the server's own trouble.
    Refusal(Trouble),
}

impl Halt {
    /// What there is to say.
    pub fn why(&self) -> &Trouble {
        match self {
            Halt::Line(why) | Halt::Refusal(why) => why,
        }
    }
}

/// A recipient for whom a mail was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotTaken {
    /// The address, as it was given.
    pub address: String,
    /// What that means for it.
    pub verdict: Verdict,
    /// The enhanced status code (RFC 3463), where one was said.
    pub status: Option<String>,
    /// What was said.
    pub why: String,
}

/// What a refusal means for an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It does not exist.
    Dead,
    /// It did not take this mail; others it may take.
    Doubtful,
    /// Later it may take this one.
    Later,
}

/// A mail as a transport takes it.
#[derive(Clone, Copy, Debug)]
pub struct Parcel<'a> {
    /// A name for a file.
    pub name: &'a str,
    /// Envelope sender.
    pub from: &'a str,
    /// Envelope recipients.
    pub to: &'a [String],
    /// The mail (RFC 5322).
    pub raw: &'a [u8],
}

/// Told immediately before the first byte of a mail leaves, with the recipients for whom it will not be taken. Before
/// that, whatever breaks, nothing has left.
pub type Begins<'a> = &'a mut dyn FnMut(&[NotTaken]) -> Result<()>;

/// A trace of how mails leave, by which it is seen that server, user or password are others than before. `key`: a secret
/// of the installation.
pub fn way(kind: &TransportKind, key: &[u8]) -> String {
    let password = match kind {
        TransportKind::Smtp(s) => s.login.as_ref().map(|(_, password)| password),
        TransportKind::Sendmail { .. } | TransportKind::File { .. } => None,
    };
    trace(&format!("{kind:?}"), password, key)
}

/// More of what a server or program says of a failure is not kept, in bytes.
const LONGEST_SAYING: usize = 400;

/// What a server or program says, without the secrets that it was told, and no more than is read.
fn saying(veil: &Veil, text: &str) -> String {
    truncated(&veil.over(text), LONGEST_SAYING).to_owned()
}

/// A way for mails to leave.
pub enum Transport {
    /// A server.
    Smtp(Box<smtp::Smtp>),
    /// A program.
    Sendmail(sendmail::Sendmail),
    /// A folder.
    File(file::Folder),
    /// A function, for trying years of mails.
    Function(Function),
}

/// What becomes of each mail that is handed over.
pub type Function = Box<dyn FnMut(Parcel<'_>, Begins<'_>) -> Result<Outcome>>;

impl Transport {
    /// A transport as configured. No connection is made, and no password read, before the first mail. `veil`: secrets
    /// that no text of a server or program may say again, beside the password that it is told.
    ///
    /// # Errors
    /// When a certificate cannot be read.
    pub fn new(kind: &TransportKind, veil: Veil) -> Result<Transport> {
        Ok(match kind {
            TransportKind::Smtp(settings) => {
                Transport::Smtp(Box::new(smtp::Smtp::new(settings, veil)?))
            }
            TransportKind::Sendmail { program } => {
                Transport::Sendmail(sendmail::Sendmail::new(program, veil))
            }
            TransportKind::File { folder } => Transport::File(file::Folder::new(folder)),
        })
    }

    /// Hands over one mail.
    ///
    /// # Errors
    /// Only those of `begins`; then nothing has left.
    pub async fn send(&mut self, parcel: Parcel<'_>, begins: Begins<'_>) -> Result<Outcome> {
        match self {
            Transport::Smtp(t) => t.send(parcel, begins).await,
            Transport::Sendmail(t) => t.send(parcel, begins).await,
            Transport::File(t) => t.send(parcel, begins),
            Transport::Function(t) => t(parcel, begins),
        }
    }

    /// Tries whether mails could leave, without sending one.
    ///
    /// # Errors
    /// What stands in the way.
    pub async fn check(&mut self) -> Result<()> {
        match self {
            Transport::Smtp(t) => t.check().await,
            Transport::Sendmail(t) => t.check(),
            Transport::File(t) => t.check(),
            Transport::Function(_) => Ok(()),
        }
    }

    /// Ends the connection in good order.
    pub async fn close(&mut self) {
        if let Transport::Smtp(t) = self {
            t.close().await;
        }
    }
}
