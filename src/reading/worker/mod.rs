//! The child processes that read mails, with limits on memory, time, files, calls and network.
//!
//! Parent and child speak over pipes: a line of JSON with the length of a mail and the mail itself, answered by a line
//! of JSON. So the child needs no way to the mails. It is kept alive over some mails. One that dies or takes too long is
//! replaced and asked once more: it may have been killed for want of memory, or the machine stood still. If that fails
//! too, a built-in mail tells whose fault it is, the mail's or the machine's: otherwise a stranger's mail could stop the
//! reading, or a sick machine declare good reports unreadable.
//!
//! What a child says is not believed: a mail may have made it say so.
//!
//! - There are two. One reads what a mail says and opens none of its files; who wrote it, whether that is trusted and what
//!   it orders comes from that one alone. The other opens the files, with programs of the system, and is asked about
//!   nothing else ([`combined`]).
//! - What it names is a [`Sha256`](crate::ground::Sha256) by type; a file that it leaves is opened as [`left`] says.
//! - Its answer is bounded, and so is the memory of all that it has started ([`weight`]), which ends with it.
//! - It is replaced after each mail that failed or is suspicious, and after [`MOST_MAILS`].
//!
//! Where several mails wait, several readers work side by side ([`together`](together::together)), each with processes of
//! its own: what a mail does to its reader concerns no other. What fails beside others is read once more by itself.

mod combined;
mod left;
mod process;
mod reader;
mod seat;
mod thin;
mod together;
mod weight;

use std::fs::OpenOptions;
use std::io::{BufRead, ErrorKind, Read, Write};
use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use serde::{Deserialize, Serialize};

pub use left::NotAsSaid;
pub use reader::{Outcome, Reader};
pub(crate) use together::{most_readers, together};

use super::document::{self, Contents};
use super::program::Budget;
use super::sandbox::{self, Confinement, Purpose};
use super::{FileKind, Reading, ReadingSettings};
use crate::ground::Sha256;

/// The hidden command under which the program runs as a child.
pub(crate) const COMMAND: &str = "read-mails";

/// The option by which a child reads what mails say, and opens no file.
const WORDS: &str = "--words";

/// How long the programs may take together that help to read one file.
const HELPERS: Duration = Duration::from_secs(6);

/// How many mails one process reads.
const MOST_MAILS: u32 = 50;

/// What the parent asks; the mail or file follows.
#[derive(Debug, Serialize, Deserialize)]
struct Request {
    /// Bytes of the mail or file.
    length: u64,
    settings: ReadingSettings,
    /// Of which kind the file is; a mail has none.
    kind: Option<FileKind>,
}

/// What the child answers.
#[derive(Debug, Serialize, Deserialize)]
enum Answer {
    /// The first one, before any request: what holds of the confinement.
    Hello(Confinement),
    Read(Box<Reading>),
    Contents(Contents),
    /// The disk does not take the files of the mail.
    NoRoom(String),
    /// The machine denied something else that reading needs.
    Fault(String),
}

/// Runs as the child: answers requests until standard input ends. Files go into the folder of the purpose, each under
/// its SHA-256; without one, nowhere.
///
/// # Errors
/// When the pipes break; the parent starts another child then.
pub fn serve(memory_bytes: u64, purpose: Purpose<'_>) -> Result<()> {
    let hello = Answer::Hello(sandbox::confine(memory_bytes, purpose)?);
    let mut requests = std::io::stdin().lock();
    let mut answers = std::io::stdout().lock();
    write_line(&mut answers, &hello)?;
    let mut line = String::new();
    loop {
        line.clear();
        if requests.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let request: Request = serde_json::from_str(&line)?;
        let mut raw = Vec::new();
        requests
            .by_ref()
            .take(request.length)
            .read_to_end(&mut raw)?;
        let answer = answer(purpose, request, &raw).unwrap_or_else(|e| match e.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::ReadOnlyFilesystem => {
                Answer::NoRoom(e.to_string())
            }
            _ => Answer::Fault(e.to_string()),
        });
        write_line(&mut answers, &answer)?;
    }
}

fn answer(purpose: Purpose<'_>, request: Request, raw: &[u8]) -> std::io::Result<Answer> {
    let (without_files, folder) = match purpose {
        Purpose::Words => (true, None),
        Purpose::Files(folder) => (false, folder),
    };
    Ok(match request.kind {
        None => {
            let settings = ReadingSettings {
                without_files,
                ..request.settings
            };
            let mut keep = |content: &[u8]| folder.map_or(Ok(()), |f| keep(f, content));
            Answer::Read(Box::new(super::read(raw, &settings, &mut keep)?))
        }
        Some(kind) => {
            let mut budget = Budget::new(HELPERS);
            Answer::Contents(document::contents(kind, raw, &mut budget)?)
        }
    })
}

/// Leaves a content in a folder. A mail may bring the same one twice.
fn keep(folder: &Path, content: &[u8]) -> std::io::Result<()> {
    let path = folder.join(Sha256::of(content).to_string());
    let opened = OpenOptions::new().write(true).create_new(true).open(path); // it may not be read again
    match opened {
        Ok(mut file) => file.write_all(content),
        Err(e) if e.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(e) => Err(e),
    }
}

fn write_line(answers: &mut impl Write, answer: &Answer) -> Result<()> {
    serde_json::to_writer(&mut *answers, answer)?;
    answers.write_all(b"\n")?;
    Ok(answers.flush()?)
}
