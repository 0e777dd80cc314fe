//! Reading mails through processes that are replaced when they fail.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result};
use tempfile::TempDir;

use super::super::document::Contents;
use super::super::sandbox::Confinement;
use super::super::{Attachment, FileKind, Reading, ReadingSettings, Unread};
use super::Answer;
use super::combined::{combined, is_suspicious};
use super::left::{self, NotAsSaid};
use super::process::NoAnswer;
use super::seat::{Failure, Frame, Seat, Who};
use super::thin::thinned;

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
    MailFails(Unread),
    /// The disk has no room for its files, though others are read: why. It can be read when there is room.
    NoRoom(String),
    /// No mail can be read on this machine now: why, for the administrator.
    MachineFails(String),
}

/// The parent's side: reads mails through two children.
pub struct Reader {
    frame: Frame,
    words: Seat,
    files: Seat,
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
            frame: Frame {
                program,
                settings,
                patience,
                memory_bytes,
                incoming,
                require_sandbox,
            },
            words: Seat::of(Who::Words),
            files: Seat::of(Who::Files),
        }
    }

    /// Another one like it, with processes of its own.
    pub(crate) fn another(&self) -> Reader {
        Reader {
            frame: self.frame.clone(),
            words: Seat::of(Who::Words),
            files: Seat::of(Who::Files),
        }
    }

    /// What held of the confinement of the last process that was started, if it said so.
    pub fn confinement(&self) -> Option<&Confinement> {
        self.files.confinement.as_ref()
    }

    /// The content of a file of the last mail; `None` where the files of mails go nowhere.
    ///
    /// # Errors
    /// When it is not what the reading process said, or the disk does not give it.
    pub fn file(&self, file: &Attachment) -> Result<Option<Vec<u8>>, NotAsSaid> {
        let content = |folder: &TempDir| left::content(folder.path(), file.sha256, file.size);
        self.files.folder.as_ref().map(content).transpose()
    }

    /// Removes a file of the last mail, when it has its place.
    pub fn forget(&self, file: &Attachment) {
        if let Some(folder) = &self.files.folder {
            left::remove(folder.path(), file.sha256);
        }
    }

    /// Ends the processes: the last mail may have changed what they say of others. Its files stay until the next one.
    pub fn distrust(&mut self) {
        self.words.process = None;
        self.files.process = None;
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
                Failure::Slow(patience) => Outcome::MailFails(Unread::TooSlow {
                    seconds: patience.as_secs(),
                }),
                Failure::NoAnswer(NoAnswer::Heavy(bytes)) => Outcome::MailFails(Unread::TooHeavy {
                    megabytes: bytes / 1_000_000,
                }),
                Failure::NotAsSaid(NotAsSaid::Untrue(_)) => Outcome::MailFails(Unread::NotAsSaid {
                    how: failure.to_string(),
                }),
                Failure::Start(_)
                | Failure::NoAnswer(NoAnswer::Died | NoAnswer::Endless)
                | Failure::Fault(_) => Outcome::MailFails(Unread::ReaderFailed {
                    how: failure.to_string(),
                }),
            },
        }
    }

    /// Reads a built-in mail with a Word file and a PDF by fresh children; gives whether the PDF was understood, too.
    ///
    /// # Errors
    /// Why this machine reads no mail at the moment.
    pub async fn trial(&mut self) -> Result<bool> {
        self.distrust();
        let reading = self.by_both(TRIAL).await;
        self.distrust();
        self.files.folder = None; // with the files of the trial
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
    pub async fn contents(&mut self, file: &[u8], kind: FileKind) -> Result<Contents> {
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

    async fn contents_once(&mut self, file: &[u8], kind: FileKind) -> Result<Contents, Failure> {
        match self.files.ask(&self.frame, file, Some(kind)).await? {
            Answer::Contents(contents) => Ok(contents),
            Answer::Hello(_) | Answer::Read(_) | Answer::NoRoom(_) | Answer::Fault(_) => {
                Err(self.files.unexpected())
            }
        }
    }

    /// What a mail says and what its files are.
    async fn by_both(&mut self, mail: &[u8]) -> Result<Reading, Failure> {
        let (frame, words, files) = (&self.frame, &mut self.words, &mut self.files);
        let thin = thinned(mail);
        let (words, files) = tokio::join!(words.read(frame, &thin), files.read(frame, mail));
        let mut words = words?;
        let may_order = words.may_be_a_command(&self.frame.settings.staff);
        if may_order && !self.words.is_fresh() {
            // Whoever wrote an earlier mail shall not have had a hand in this.
            self.words.end();
            words = self.words.read(&self.frame, &thin).await?;
        }
        let reading = combined(words, files?);
        if is_suspicious(&reading) {
            self.distrust();
        }
        Ok(reading)
    }
}
