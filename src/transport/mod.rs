//! Ways for mails to leave. Each tells what became of a mail: taken, refused, to be tried later, or unknown.

mod file;
mod sendmail;
mod smtp;

use anyhow::Result;

use crate::config::TransportKind;

/// What became of a mail that was handed over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It was taken; what is said of single recipients that were not.
    Sent(Option<String>),
    /// It will never be taken.
    Refused(String),
    /// It was not taken; later it may be.
    Later(String),
    /// It may have been taken: the connection broke after the last byte.
    Unknown(String),
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

/// A way for mails to leave.
pub enum Transport {
    /// A server.
    Smtp(Box<smtp::Smtp>),
    /// A program.
    Sendmail(sendmail::Sendmail),
    /// A folder.
    File(file::Folder),
}

impl Transport {
    /// A transport as configured. No connection is made before the first mail.
    ///
    /// # Errors
    /// When a password or certificate cannot be read.
    pub fn new(kind: &TransportKind) -> Result<Transport> {
        Ok(match kind {
            TransportKind::Smtp(settings) => Transport::Smtp(Box::new(smtp::Smtp::new(settings)?)),
            TransportKind::Sendmail { program } => {
                Transport::Sendmail(sendmail::Sendmail::new(program))
            }
            TransportKind::File { folder } => Transport::File(file::Folder::new(folder)),
        })
    }

    /// Hands over one mail.
    pub async fn send(&mut self, parcel: Parcel<'_>) -> Fate {
        match self {
            Transport::Smtp(t) => t.send(parcel).await,
            Transport::Sendmail(t) => t.send(parcel).await,
            Transport::File(t) => t.send(parcel),
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
        }
    }

    /// Ends the connection in good order.
    pub async fn close(&mut self) {
        if let Transport::Smtp(t) = self {
            t.close().await;
        }
    }
}
