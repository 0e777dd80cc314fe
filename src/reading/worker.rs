//! The child process that reads mails, with limits on memory, time, files and network.
//!
//! Parent and child speak over pipes: a line of JSON with the length of a mail and the mail itself, answered by a line
//! of JSON. So the child needs no way to the mails. It is kept alive over many mails. One that dies or takes too long is
//! replaced and asked once more: it may have been killed for want of memory, or the machine stood still. If that fails
//! too, a built-in mail tells whose fault it is, the mail's or the machine's: otherwise a stranger's mail could stop the
//! reading, or a sick machine declare good reports unreadable.

use std::io::{BufRead, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use super::document::{self, Contents};
use super::program::Budget;
use super::sandbox::{self, Confinement};
use super::{Reading, ReadingSettings};

/// The hidden command under which the program runs as a child.
pub const COMMAND: &str = "read-mails";

/// How long the programs may take together that help to read one file.
const HELPERS: Duration = Duration::from_secs(6);

/// What the parent asks; the mail or file follows.
#[derive(Debug, Serialize, Deserialize)]
struct Request {
    /// Bytes of the mail or file.
    length: u64,
    settings: ReadingSettings,
    /// Of which kind the file is; a mail has none.
    kind: Option<String>,
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

/// A mail with a Word file and a PDF that any sound machine can read.
const TRIAL: &[u8] = include_bytes!("trial.eml");

/// The number that stands in the Word file of [`TRIAL`].
const TRIAL_NUMBER: &str = "12/BC-LĐLĐ";

/// The number that stands in its PDF.
const TRIAL_PDF_NUMBER: &str = "34/BC-LDLD";

/// Runs as the child: answers requests until standard input ends. Files go into `files`, each under its SHA-256;
/// without it, nowhere.
///
/// # Errors
/// When the pipes break; the parent starts another child then.
pub fn serve(memory_bytes: u64, files: Option<&Path>) -> Result<()> {
    let hello = Answer::Hello(sandbox::confine(memory_bytes, files)?);
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
        let mut keep = |content: &[u8]| match files {
            Some(folder) => std::fs::write(folder.join(crate::archive::sha256(content)), content),
            None => Ok(()),
        };
        let answer = match &request.kind {
            None => super::read(&raw, &request.settings, &mut keep)
                .map(|reading| Answer::Read(Box::new(reading))),
            Some(kind) => {
                let mut budget = Budget::new(HELPERS);
                document::contents(kind, &raw, &mut budget).map(Answer::Contents)
            }
        };
        let answer = answer.unwrap_or_else(|e| match e.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::ReadOnlyFilesystem => {
                Answer::NoRoom(e.to_string())
            }
            _ => Answer::Fault(e.to_string()),
        });
        write_line(&mut answers, &answer)?;
    }
}

fn write_line(answers: &mut impl Write, answer: &Answer) -> Result<()> {
    serde_json::to_writer(&mut *answers, answer)?;
    answers.write_all(b"\n")?;
    Ok(answers.flush()?)
}

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
    #[error("the reading process failed on it")]
    Died,
    #[error("reading it took longer than {} s", .0.as_secs())]
    Slow(Duration),
    #[error("its files cannot be stored: {0}")]
    NoRoom(String),
    #[error("the reading process cannot work: {0}")]
    Fault(String),
}

/// The parent's side: reads mails through a child.
pub struct Reader {
    program: PathBuf,
    settings: ReadingSettings,
    patience: Duration,
    memory_bytes: u64,
    incoming: Option<PathBuf>,
    require_sandbox: bool,
    running: Option<Running>,
    confinement: Option<Confinement>,
}

struct Running {
    child: Child,
    requests: ChildStdin,
    answers: BufReader<ChildStdout>,
    /// Where this child leaves files; it goes when the child does.
    files: Option<TempDir>,
}

impl Reader {
    /// A reader whose child is `program`, this program's own binary. `patience` bounds the time for one mail. The files
    /// of mails go into a folder within `incoming`; without it, nowhere. `require_sandbox`: nothing is read where less
    /// of the confinement holds than the kernel offers.
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
            running: None,
            confinement: None,
        }
    }

    /// What held of the confinement of the last process that was started, if it said so.
    pub fn confinement(&self) -> Option<&Confinement> {
        self.confinement.as_ref()
    }

    /// The folder in which the files of the last mail lie, each under its SHA-256.
    pub fn files(&self) -> Option<&Path> {
        self.running.as_ref()?.files.as_ref().map(TempDir::path)
    }

    /// Reads a mail.
    pub async fn read(&mut self, mail: &[u8]) -> Outcome {
        let failure = match self.ask(mail, None).await {
            Ok(Answer::Read(reading)) => return Outcome::Read(reading),
            Ok(Answer::Hello(_) | Answer::Contents(_) | Answer::NoRoom(_) | Answer::Fault(_)) => {
                unexpected()
            }
            Err(failure @ Failure::Start(_)) => return Outcome::MachineFails(failure.to_string()),
            Err(failure) => failure,
        };
        tracing::warn!(error = %failure, "a mail was not read; trying another one");
        match self.trial().await {
            Err(why) => Outcome::MachineFails(format!("{why:#}")),
            Ok(_) if matches!(failure, Failure::NoRoom(_)) => Outcome::NoRoom(failure.to_string()),
            Ok(_) => Outcome::MailFails(failure.to_string()),
        }
    }

    /// Reads a built-in mail with a Word file and a PDF by a fresh child; gives whether the PDF was understood, for which
    /// a program of the system is needed.
    ///
    /// # Errors
    /// Why this machine reads no mail at the moment.
    pub async fn trial(&mut self) -> Result<bool> {
        self.running = None;
        let answer = self.ask(TRIAL, None).await;
        self.running = None; // with the files of the trial
        match answer.context("a built-in mail cannot be read")? {
            Answer::Read(reading) => {
                let number = |i: usize| reading.attachments.get(i)?.number.as_deref();
                anyhow::ensure!(
                    number(0) == Some(TRIAL_NUMBER),
                    "the Word file of a built-in mail was not understood"
                );
                Ok(number(1) == Some(TRIAL_PDF_NUMBER))
            }
            Answer::Hello(_) | Answer::Contents(_) | Answer::NoRoom(_) | Answer::Fault(_) => {
                Err(unexpected().into())
            }
        }
    }

    /// Reads what a soft file of a kind says.
    ///
    /// # Errors
    /// When no child can be started or the machine fails. A file that kills its reader or takes too long says so.
    pub async fn contents(&mut self, file: &[u8], kind: &str) -> Result<Contents> {
        match self.ask(file, Some(kind)).await {
            Ok(Answer::Contents(contents)) => Ok(contents),
            Ok(Answer::Hello(_) | Answer::Read(_) | Answer::NoRoom(_) | Answer::Fault(_)) => {
                Err(unexpected().into())
            }
            Err(Failure::Died | Failure::Slow(_)) => Ok(Contents {
                fault: Some("không đọc được trong thời gian và bộ nhớ cho phép".into()),
                ..Contents::default()
            }),
            Err(e @ (Failure::Start(_) | Failure::NoRoom(_) | Failure::Fault(_))) => Err(e.into()),
        }
    }

    /// The child's answer; if it fails, that of a fresh one.
    async fn ask(&mut self, bytes: &[u8], kind: Option<&str>) -> Result<Answer, Failure> {
        match self.ask_once(bytes, kind).await {
            Err(failure) => {
                tracing::warn!(error = %failure, "reading failed; a fresh process is asked once more");
                self.ask_once(bytes, kind).await
            }
            answer => answer,
        }
    }

    async fn ask_once(&mut self, bytes: &[u8], kind: Option<&str>) -> Result<Answer, Failure> {
        let request = serde_json::to_string(&Request {
            length: bytes.len() as u64,
            settings: self.settings.clone(),
            kind: kind.map(str::to_owned),
        });
        let request = request.map_err(|e| Failure::Fault(e.to_string()))?;
        let mut running = match self.running.take() {
            Some(r) => r,
            None => self.start().await.map_err(Failure::Start)?,
        };
        let asked = tokio::time::timeout(self.patience, ask(&mut running, &request, bytes)).await;
        let failure = match asked {
            Ok(Ok(Answer::NoRoom(why))) => Failure::NoRoom(why),
            Ok(Ok(Answer::Fault(why))) => Failure::Fault(why),
            Ok(Ok(answer @ (Answer::Hello(_) | Answer::Read(_) | Answer::Contents(_)))) => {
                self.running = Some(running);
                return Ok(answer);
            }
            Ok(Err(e)) => {
                tracing::debug!(error = %format!("{e:#}"), "the reading process gave no answer");
                Failure::Died
            }
            Err(_) => Failure::Slow(self.patience),
        };
        let _ = running.child.kill().await; // it is dead or of no use already; its files go with it
        Err(failure)
    }

    async fn start(&mut self) -> Result<Running> {
        let files = match &self.incoming {
            Some(folder) => Some(
                TempDir::new_in(folder).context("cannot make a folder for the files of mails")?,
            ),
            None => None,
        };
        let mut command = Command::new(&self.program);
        command
            .args([COMMAND, "--memory", &self.memory_bytes.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .env_clear()
            // Each further arena of the allocator would reserve 64 MB of what may be used.
            .env("MALLOC_ARENA_MAX", "1")
            .kill_on_drop(true);
        if let Some(folder) = &files {
            command.arg("--files").arg(folder.path());
        }
        let mut child = command
            .spawn()
            .with_context(|| format!("cannot start {} to read mails", self.program.display()))?;
        let requests = child
            .stdin
            .take()
            .context("the reading process has no input")?;
        let answers = child
            .stdout
            .take()
            .context("the reading process has no output")?;
        let mut running = Running {
            child,
            requests,
            answers: BufReader::new(answers),
            files,
        };
        let hello = tokio::time::timeout(self.patience, answer(&mut running)).await;
        let confinement = match hello {
            Ok(Ok(Answer::Hello(confinement))) => confinement,
            Ok(Ok(_)) => anyhow::bail!("the reading process does not say how it is confined"),
            Ok(Err(e)) => return Err(e.context(
                "the reading process ended at its start; a call that it needs may be forbidden, or limits.reading_mb too small",
            )),
            Err(_) => anyhow::bail!("the reading process did not start within {} s", self.patience.as_secs()),
        };
        let lack = confinement.lack();
        if let Some(lack) = &lack {
            tracing::warn!(lack);
        }
        self.confinement = Some(confinement);
        match lack {
            Some(lack) if self.require_sandbox => {
                anyhow::bail!("{lack} (limits.require_sandbox = false reads mails all the same)")
            }
            _ => Ok(running),
        }
    }
}

fn unexpected() -> Failure {
    Failure::Fault("it answered something else".to_owned())
}

async fn ask(running: &mut Running, request: &str, mail: &[u8]) -> Result<Answer> {
    running.requests.write_all(request.as_bytes()).await?;
    running.requests.write_all(b"\n").await?;
    running.requests.write_all(mail).await?;
    running.requests.flush().await?;
    answer(running).await
}

async fn answer(running: &mut Running) -> Result<Answer> {
    let mut line = String::new();
    let n = running.answers.read_line(&mut line).await?;
    anyhow::ensure!(n > 0, "the reading process ended without an answer");
    Ok(serde_json::from_str(&line)?)
}
