//! Has a stored mail read by the reading process, or finds out why it cannot be read now.

use anyhow::{Context, Result};
use jiff::Timestamp;

use super::said;
use super::{Tools, fetch};
use crate::archive::Unreachable;
use crate::config::{Config, MailboxKind};
use crate::reading::sandbox::Confinement;
use crate::reading::worker::{Outcome, Reader};
use crate::reading::{Reading, Trust, Unread};
use crate::store::{Imported, Message, Part, Store};

/// More of a header is not looked at where nothing else of a mail can be read.
pub(super) const LONGEST_HEAD: usize = 64_000;

/// A stored mail that was read.
pub(super) struct Read {
    pub(super) reading: Reading,
    /// Its bytes; `None` where the archive has lost them.
    pub(super) raw: Option<Vec<u8>>,
    /// Whether it was read in another pass, so that its files are not where the reader puts them.
    pub(super) before: bool,
}

/// Whether a stored mail could be read.
pub(super) enum Readable {
    Yes(Box<Read>),
    /// It stays unread for a later round, and why.
    NotNow(String),
    /// No mail can be read now, and why.
    NoMail(String),
}

impl Readable {
    /// Whether it is there and cannot be read, and why may lie in what went on beside it.
    pub(super) fn fails(&self) -> bool {
        match self {
            Readable::Yes(read) => read.reading.unread.is_some() && read.raw.is_some(),
            Readable::NotNow(_) | Readable::NoMail(_) => true,
        }
    }
}

/// Reads a stored mail, unless that was done when it was put off.
pub(super) async fn read(
    tools: &mut Tools<'_>,
    message: &mut Message,
    imported: Option<Imported>,
    now: Timestamp,
) -> Result<Readable> {
    let sha256 = message.sha256.context("it was not fetched")?;
    let raw = match tools.archive.get(sha256).await {
        Ok(raw) => raw,
        Err(e) if e.is::<Unreachable>() => return Err(e), // nobody knows whether it is lost
        Err(e) => {
            // One mail that the disk has lost must not keep the others from being read.
            tracing::error!(message = %message.id, error = %format!("{e:#}"), "a stored mail is damaged");
            tools.books.store.fetch_again(message.id, now)?;
            return Ok(Readable::Yes(Box::new(Read {
                reading: Reading::unreadable(Unread::LostInTheArchive),
                raw: None,
                before: false,
            })));
        }
    };
    let known = message.reading.take().filter(|_| message.put_off.is_some());
    let before = known.is_some();
    let outcome = match known {
        Some(known) => Outcome::Read(Box::new(known)),
        None => tools.reader.read(&raw).await,
    };
    let mut reading = match outcome {
        Outcome::Read(reading) => *reading,
        Outcome::MailFails(why) => {
            unreadable(
                tools.books.config,
                tools.books.store,
                tools.reader,
                &raw,
                why,
            )
            .await?
        }
        Outcome::NoRoom(why) => {
            tracing::error!(message = %message.id, why, "a mail stays unread");
            return Ok(Readable::NotNow(why));
        }
        Outcome::MachineFails(why) => {
            tracing::error!(why, "no mail can be read");
            return Ok(Readable::NoMail(why));
        }
    };
    if imported == Some(Imported::Parted) {
        trust_less(&mut reading);
    }
    Ok(Readable::Yes(Box::new(Read {
        reading,
        raw: Some(raw),
        before,
    })))
}

/// The moment at which a server received a mail, where its file in a Maildir is younger: it was copied since.
pub(super) fn received_earlier(
    config: &Config,
    store: &Store,
    message: &Message,
    reading: &Reading,
) -> Result<Option<Timestamp>> {
    let told = match config.settings.mailbox.kind {
        MailboxKind::Imap { .. } => store.is_dated(message.id)?, // INTERNALDATE is the server's own word
        MailboxKind::Maildir { .. } => false,
    };
    let earlier = reading.received.filter(|at| *at < message.received_at);
    Ok(earlier.filter(|_| !told))
}

/// A mail that cannot be read; its header says whose it is, as far as that can be read.
async fn unreadable(
    config: &Config,
    store: &Store,
    reader: &mut Reader,
    raw: &[u8],
    why: Unread,
) -> Result<Reading> {
    let unreadable = Reading::unreadable(why);
    let end = raw
        .windows(2)
        .enumerate()
        .position(|(n, two)| two == b"\n\n" || two == b"\n\r" && raw.get(n + 2) == Some(&b'\n'));
    let head = &raw[..end.map_or(raw.len(), |n| n + 1)];
    let Some(head) = head_of(reader, head).await else {
        return Ok(Reading {
            sender: fetch::registered_sender(config, store, head)?,
            ..unreadable
        });
    };
    Ok(Reading {
        class: unreadable.class,
        reasons: unreadable.reasons,
        unread: unreadable.unread,
        ..head
    })
}

/// What a header alone says, as the reading process understands it; `None` where it understands nothing.
pub(super) async fn head_of(reader: &mut Reader, head: &[u8]) -> Option<Reading> {
    let head = &head[..head.len().min(LONGEST_HEAD)];
    match reader.read(head).await {
        Outcome::Read(head) => Some(*head),
        Outcome::MailFails(why) => {
            tracing::warn!(%why, "not even the header of a mail can be read");
            None
        }
        Outcome::NoRoom(why) | Outcome::MachineFails(why) => {
            tracing::warn!(why, "not even the header of a mail can be read");
            None
        }
    }
}

/// What says of itself in an mbox that it was verified may be the text of another mail.
fn trust_less(reading: &mut Reading) {
    if reading.trust == Trust::Pass {
        reading.trust = Trust::Unknown;
        for evidence in reading.chain.iter_mut().filter(|e| e.believed) {
            evidence.believed = false;
            evidence.why =
                "it stands in an mbox, where a mail may hold what looks like another".into();
        }
    }
}

/// Looks whether mails can be read here, and how that process is confined, before one has come. Done until the process
/// has said so.
pub async fn try_reader(store: &Store, reader: &mut Reader, now: Timestamp) -> Result<()> {
    if reader.confinement().is_some() {
        return Ok(());
    }
    match reader.trial().await {
        Ok(_) => store.succeeded(Part::Reading, now)?,
        Err(e) => {
            let why = format!("{e:#}");
            tracing::error!(why, "no mail can be read");
            store.failed(Part::Reading, now, &said::reader_says(&why))?;
        }
    }
    note_confinement(store, reader, now)
}

pub(super) fn note_confinement(store: &Store, reader: &Reader, now: Timestamp) -> Result<()> {
    match reader.confinement().map(Confinement::lack) {
        Some(Some(lack)) => store.failed(Part::Confinement, now, &said::not_confined(&lack)),
        Some(None) => store.succeeded(Part::Confinement, now),
        None => Ok(()),
    }
}
