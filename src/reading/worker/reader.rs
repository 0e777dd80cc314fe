//! Reading mails through processes that are replaced when they fail.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result};
use tempfile::TempDir;

use super::super::document::Contents;
use super::super::sandbox::{Confinement, Purpose};
use super::super::{Attachment, Reading, ReadingSettings};
use super::combined::{combined, is_suspicious};
use super::left::{self, NotAsSaid};
use super::process::{NoAnswer, Process};
use super::{Answer, MOST_MAILS, Request};

/// A mail with a Word file and a PDF that any sound machine can read.
const TRIAL: &[u8] = include_bytes!("trial.eml");

/// The number that stands in the Word file of [`TRIAL`].
const TRIAL_NUMBER: &str = "12/BC-LĐLĐ";

/// The number that stands in its PDF.
const TRIAL_PDF_NUMBER: &str = "34/BC-LDLD";

/// What came of reading a mail.
#[derive(Debug)]
pub enum Outcome {
    /// It was read.
    Read(Box<Reading>),
    /// It fails even in a fresh child, which reads another mail: why.
    MailFails(String),
    /// The disk has no room for its files, though others are read: why. It can be read when there is room.
    NoRoom(String),
    /// No mail can be read on this machine now: why, for the administrator.
    MachineFails(String),
}

/// Why a child gave no answer of use.
#[derive(Debug, thiserror::Error)]
enum Failure {
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

/// Which of the two processes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Who {
    /// The one that reads what a mail says.
    Words,
    /// The one that opens files.
    Files,
}

/// The parent's side: reads mails through two children.
pub struct Reader {
    program: PathBuf,
    settings: ReadingSettings,
    patience: Duration,
    memory_bytes: u64,
    incoming: Option<PathBuf>,
    require_sandbox: bool,
    words: Option<Process>,
    files: Option<Process>,
    /// Where the process that opens files leaves them. It stays until the next one starts.
    folder: Option<TempDir>,
    confinement: Option<Confinement>,
}

impl Reader {
    /// A reader whose children are `program`, this program's own binary. `patience` bounds the time of each for one mail,
    /// `memory_bytes` what each takes with all that it starts. The files of mails go into a folder within `incoming`;
    /// without it, nowhere. `require_sandbox`: nothing is read where less of the confinement holds than the kernel offers.
    pub fn new(
        program: PathBuf,
        settings: ReadingSettings,
        patience: Duration,
        memory_bytes: u64,
        incoming: Option<PathBuf>,
        require_sandbox: bool,
    ) -> Reader {
        Reader {
            program,
            settings,
            patience,
            memory_bytes,
            incoming,
            require_sandbox,
            words: None,
            files: None,
            folder: None,
            confinement: None,
        }
    }

    /// What held of the confinement of the last process that was started, if it said so.
    pub fn confinement(&self) -> Option<&Confinement> {
        self.confinement.as_ref()
    }

    /// The content of a file of the last mail; `None` where the files of mails go nowhere.
    ///
    /// # Errors
    /// When it is not what the reading process said, or the disk does not give it.
    pub fn file(&self, file: &Attachment) -> Result<Option<Vec<u8>>, NotAsSaid> {
        let content = |folder: &TempDir| left::content(folder.path(), file.sha256, file.size);
        self.folder.as_ref().map(content).transpose()
    }

    /// Removes a file of the last mail, when it has its place.
    pub fn forget(&self, file: &Attachment) {
        if let Some(folder) = &self.folder {
            left::remove(folder.path(), file.sha256);
        }
    }

    /// Ends the processes: the last mail may have changed what they say of others. Its files stay until the next one.
    pub fn distrust(&mut self) {
        self.words = None;
        self.files = None;
    }

    /// Reads a mail.
    pub async fn read(&mut self, mail: &[u8]) -> Outcome {
        let failure = match self.by_both(mail).await {
            Ok(reading) => return Outcome::Read(Box::new(reading)),
            Err(failure @ Failure::Start(_)) => return Outcome::MachineFails(failure.to_string()),
            Err(failure) => failure,
        };
        tracing::warn!(error = %failure, "a mail was not read; trying another one");
        match self.trial().await {
            Err(e) => Outcome::MachineFails(format!("{e:#}")),
            Ok(_) => match failure {
                Failure::NoRoom(_) | Failure::NotAsSaid(NotAsSaid::Disk(_)) => {
                    Outcome::NoRoom(failure.to_string())
                }
                Failure::Start(_)
                | Failure::NoAnswer(_)
                | Failure::Slow(_)
                | Failure::Fault(_)
                | Failure::NotAsSaid(NotAsSaid::Untrue(_)) => {
                    Outcome::MailFails(failure.to_string())
                }
            },
        }
    }

    /// Reads a built-in mail with a Word file and a PDF by fresh children; gives whether the PDF was understood, for which
    /// a program of the system is needed.
    ///
    /// # Errors
    /// Why this machine reads no mail at the moment.
    pub async fn trial(&mut self) -> Result<bool> {
        self.distrust();
        let reading = self.by_both(TRIAL).await;
        self.distrust();
        self.folder = None; // with the files of the trial
        let reading = reading.context("a built-in mail cannot be read")?;
        let number = |i: usize| reading.attachments.get(i)?.number.as_deref();
        anyhow::ensure!(
            number(0) == Some(TRIAL_NUMBER),
            "the Word file of a built-in mail was not understood"
        );
        Ok(number(1) == Some(TRIAL_PDF_NUMBER))
    }

    /// Reads what a soft file of a kind says.
    ///
    /// # Errors
    /// When no child can be started or the machine fails. A file that kills its reader or takes too long says so.
    pub async fn contents(&mut self, file: &[u8], kind: &str) -> Result<Contents> {
        let mut read = self.contents_once(file, kind).await;
        if let Err(failure) = &read {
            tracing::warn!(error = %failure, "reading failed; a fresh process is asked once more");
            read = self.contents_once(file, kind).await;
        }
        match read {
            Ok(contents) => Ok(contents),
            Err(Failure::NoAnswer(_) | Failure::Slow(_)) => Ok(Contents {
                fault: Some("không đọc được trong thời gian và bộ nhớ cho phép".into()),
                ..Contents::default()
            }),
            Err(
                e @ (Failure::Start(_)
                | Failure::NoRoom(_)
                | Failure::Fault(_)
                | Failure::NotAsSaid(_)),
            ) => Err(e.into()),
        }
    }

    async fn contents_once(&mut self, file: &[u8], kind: &str) -> Result<Contents, Failure> {
        match self.ask(Who::Files, file, Some(kind)).await? {
            Answer::Contents(contents) => Ok(contents),
            Answer::Hello(_) | Answer::Read(_) | Answer::NoRoom(_) | Answer::Fault(_) => {
                Err(self.unexpected(Who::Files))
            }
        }
    }

    /// What a mail says and what its files are.
    async fn by_both(&mut self, mail: &[u8]) -> Result<Reading, Failure> {
        let words = self.by(Who::Words, mail).await?;
        let files = self.by(Who::Files, mail).await?;
        let reading = combined(words, files);
        if is_suspicious(&reading) {
            self.distrust();
        }
        Ok(reading)
    }

    /// What one of the processes says of a mail; if it fails, a fresh one.
    async fn by(&mut self, who: Who, mail: &[u8]) -> Result<Reading, Failure> {
        match self.once_by(who, mail).await {
            Err(failure) => {
                tracing::warn!(error = %failure, "reading failed; a fresh process is asked once more");
                self.once_by(who, mail).await
            }
            read => read,
        }
    }

    async fn once_by(&mut self, who: Who, mail: &[u8]) -> Result<Reading, Failure> {
        let reading = match self.ask(who, mail, None).await? {
            Answer::Read(reading) => *reading,
            Answer::Hello(_) | Answer::Contents(_) | Answer::NoRoom(_) | Answer::Fault(_) => {
                return Err(self.unexpected(who));
            }
        };
        if who == Who::Files {
            let folder = self.folder.as_ref().map(TempDir::path);
            if let Err(e) = left::check(&reading, mail.len() as u64, folder) {
                self.end(who);
                return Err(e.into());
            }
        }
        Ok(reading)
    }

    /// Asks a process that is fit to be asked. One that fails is ended.
    async fn ask(&mut self, who: Who, bytes: &[u8], kind: Option<&str>) -> Result<Answer, Failure> {
        let request = serde_json::to_string(&Request {
            length: bytes.len() as u64,
            settings: self.settings.clone(),
            kind: kind.map(str::to_owned),
        });
        let request = request.map_err(|e| Failure::Fault(e.to_string()))?;
        let mut process = match self.fit(who) {
            Some(process) => process,
            None => self.start(who).await.map_err(Failure::Start)?,
        };
        let asked = tokio::time::timeout(self.patience, process.ask(&request, bytes)).await;
        let failure = match asked {
            Ok(Ok(Answer::NoRoom(why))) => Failure::NoRoom(why),
            Ok(Ok(Answer::Fault(why))) => Failure::Fault(why),
            Ok(Ok(answer @ (Answer::Hello(_) | Answer::Read(_) | Answer::Contents(_)))) => {
                *self.place(who) = Some(process);
                return Ok(answer);
            }
            Ok(Err(e)) => e.into(),
            Err(_) => Failure::Slow(self.patience),
        };
        drop(process); // it is dead or of no use already
        self.end(who);
        Err(failure)
    }

    /// The process that runs, if it may be asked once more.
    fn fit(&mut self, who: Who) -> Option<Process> {
        let process = self.place(who).take()?;
        let clear = match who {
            Who::Words => true,
            Who::Files => self.folder.as_ref().is_none_or(|f| left::clear(f.path())),
        };
        (clear && process.asked < MOST_MAILS).then_some(process)
    }

    fn place(&mut self, who: Who) -> &mut Option<Process> {
        match who {
            Who::Words => &mut self.words,
            Who::Files => &mut self.files,
        }
    }

    /// Ends a process, with what it left.
    fn end(&mut self, who: Who) {
        *self.place(who) = None;
        if who == Who::Files {
            self.folder = None;
        }
    }

    fn unexpected(&mut self, who: Who) -> Failure {
        self.end(who);
        Failure::Fault("it answered something else".to_owned())
    }

    async fn start(&mut self, who: Who) -> Result<Process> {
        let purpose = match who {
            Who::Words => Purpose::Words,
            Who::Files => {
                let make = |incoming: &PathBuf| {
                    TempDir::new_in(incoming).context("cannot make a folder for the files of mails")
                };
                self.folder = self.incoming.as_ref().map(make).transpose()?;
                Purpose::Files(self.folder.as_ref().map(TempDir::path))
            }
        };
        let (process, confinement) =
            Process::start(&self.program, purpose, self.memory_bytes, self.patience).await?;
        let lack = confinement.lack();
        if let Some(lack) = &lack {
            tracing::warn!(lack);
        }
        self.confinement = Some(confinement);
        match lack {
            Some(lack) if self.require_sandbox => {
                anyhow::bail!("{lack} (limits.require_sandbox = false reads mails all the same)")
            }
            _ => Ok(process),
        }
    }
}
