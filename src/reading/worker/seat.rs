//! The place of one reading process: who sits there is replaced when it fails or has read enough.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result};
use tempfile::TempDir;

use super::super::sandbox::{Confinement, Purpose};
use super::super::{FileKind, Reading, ReadingSettings};
use super::left::{self, NotAsSaid};
use super::process::{NoAnswer, Process};
use super::{Answer, MOST_MAILS, Request};

/// Why a child gave no answer of use.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    #[error("no reading process can be started: {0:#}")]
    Start(anyhow::Error),
    #[error(transparent)]
    NoAnswer(#[from] NoAnswer),
    #[error("reading it took longer than {} s", .0.as_secs())]
    Slow(Duration),
    #[error("its files cannot be stored: {0}")]
    NoRoom(String),
    #[error("the reading process cannot work: {0}")]
    Fault(String),
    #[error(transparent)]
    NotAsSaid(#[from] NotAsSaid),
}

/// What a reading process is started and asked with.
#[derive(Clone)]
pub(super) struct Frame {
    pub(super) program: PathBuf,
    pub(super) settings: ReadingSettings,
    pub(super) patience: Duration,
    pub(super) memory_bytes: u64,
    pub(super) incoming: Option<PathBuf>,
    pub(super) require_sandbox: bool,
}

/// Which of the two processes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Who {
    /// The one that reads what a mail says.
    Words,
    /// The one that opens files.
    Files,
}

/// The place of a reading process.
pub(super) struct Seat {
    who: Who,
    pub(super) process: Option<Process>,
    /// Where the process leaves files. It stays until the next one starts.
    pub(super) folder: Option<TempDir>,
    /// What held of the confinement of the last process, if it said so.
    pub(super) confinement: Option<Confinement>,
}

impl Seat {
    /// An empty one.
    pub(super) fn of(who: Who) -> Seat {
        Seat {
            who,
            process: None,
            folder: None,
            confinement: None,
        }
    }

    /// Whether the process has been asked no more than once.
    pub(super) fn is_fresh(&self) -> bool {
        self.process.as_ref().is_some_and(|p| p.asked == 1)
    }

    /// Ends the process, with what it left.
    pub(super) fn end(&mut self) {
        self.process = None;
        self.folder = None;
    }

    /// What the process says of a mail; if it fails, a fresh one.
    ///
    /// # Errors
    /// When that fails, too.
    pub(super) async fn read(&mut self, frame: &Frame, mail: &[u8]) -> Result<Reading, Failure> {
        match self.read_once(frame, mail).await {
            Err(failure) => {
                tracing::warn!(error = %failure, "reading failed; a fresh process is asked once more");
                self.read_once(frame, mail).await
            }
            read => read,
        }
    }

    async fn read_once(&mut self, frame: &Frame, mail: &[u8]) -> Result<Reading, Failure> {
        let reading = match self.ask(frame, mail, None).await? {
            Answer::Read(reading) => *reading,
            Answer::Hello(_) | Answer::Contents(_) | Answer::NoRoom(_) | Answer::Fault(_) => {
                return Err(self.unexpected());
            }
        };
        if self.who == Who::Files {
            let folder = self.folder.as_ref().map(TempDir::path);
            if let Err(e) = left::check(&reading, mail.len() as u64, folder) {
                self.end();
                return Err(e.into());
            }
        }
        Ok(reading)
    }

    /// Asks a process that is fit to be asked. One that fails is ended.
    ///
    /// # Errors
    /// When it gives no answer of use.
    pub(super) async fn ask(
        &mut self,
        frame: &Frame,
        bytes: &[u8],
        kind: Option<FileKind>,
    ) -> Result<Answer, Failure> {
        let request = serde_json::to_string(&Request {
            length: bytes.len() as u64,
            settings: frame.settings.clone(),
            kind,
        });
        let request = request.map_err(|e| Failure::Fault(e.to_string()))?;
        let mut process = match self.fit() {
            Some(process) => process,
            None => self.start(frame).await.map_err(Failure::Start)?,
        };
        let asked = tokio::time::timeout(frame.patience, process.ask(&request, bytes)).await;
        let failure = match asked {
            Ok(Ok(Answer::NoRoom(why))) => Failure::NoRoom(why),
            Ok(Ok(Answer::Fault(why))) => Failure::Fault(why),
            Ok(Ok(answer @ (Answer::Hello(_) | Answer::Read(_) | Answer::Contents(_)))) => {
                self.process = Some(process);
                return Ok(answer);
            }
            Ok(Err(e)) => e.into(),
            Err(_) => Failure::Slow(frame.patience),
        };
        drop(process); // it is dead or of no use already
        self.end();
        Err(failure)
    }

    /// That it gave an answer of another kind.
    pub(super) fn unexpected(&mut self) -> Failure {
        self.end();
        Failure::Fault("it answered something else".to_owned())
    }

    /// The process that runs, if it may be asked once more.
    fn fit(&mut self) -> Option<Process> {
        let process = self.process.take()?;
        let clear = self.folder.as_ref().is_none_or(|f| left::clear(f.path()));
        (clear && process.asked < MOST_MAILS).then_some(process)
    }

    async fn start(&mut self, frame: &Frame) -> Result<Process> {
        let purpose = match self.who {
            Who::Words => Purpose::Words,
            Who::Files => {
                let make = |incoming: &PathBuf| {
                    TempDir::new_in(incoming).context("cannot make a folder for the files of mails")
                };
                self.folder = frame.incoming.as_ref().map(make).transpose()?;
                Purpose::Files(self.folder.as_ref().map(TempDir::path))
            }
        };
        let (process, confinement) =
            Process::start(&frame.program, purpose, frame.memory_bytes, frame.patience).await?;
        let lack = confinement.lack();
        if let Some(lack) = &lack {
            tracing::warn!(lack);
        }
        self.confinement = Some(confinement);
        match lack {
            Some(lack) if frame.require_sandbox => {
                anyhow::bail!("{lack} (limits.require_sandbox = false reads mails all the same)")
            }
            _ => Ok(process),
        }
    }
}
