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

/// Runs as the child: answers requests until standard input ends. Files go into `files`, each under its SHA-256;
/// without it, nowhere.
///
/// # Errors
/// When the pipes break; the parent starts another child then.
pub fn serve(memory_bytes: u64, files: Option<&Path>) -> Result<()> {
    limit(memory_bytes)?;
    // A kernel or a service manager that refuses Landlock leaves the other limits; no mail may stay unread for that.
    let _ = confine(files);
    let mut requests = std::io::stdin().lock();
    let mut answers = std::io::stdout().lock();
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
        serde_json::to_writer(&mut answers, &answer)?;
        answers.write_all(b"\n")?;
        answers.flush()?;
    }
}

/// Bounds what this process, and each program that it starts, may use.
fn limit(memory_bytes: u64) -> Result<()> {
    let set = |what, bytes: u64| {
        let limit = libc::rlimit {
            rlim_cur: bytes,
            rlim_max: bytes,
        };
        // SAFETY: setrlimit only reads the struct, which lives until it returns.
        let result = unsafe { libc::setrlimit(what, &limit) };
        if result == 0 {
            Ok(())
        } else {
            Err(std::io::Error::last_os_error()).context("cannot limit the reading process")
        }
    };
    set(libc::RLIMIT_AS, memory_bytes)?;
    set(libc::RLIMIT_FSIZE, 1_000_000_000)?;
    set(libc::RLIMIT_CORE, 0)
}

/// Leaves to this process the programs of the system to run, the folder of its files to write, and no network, where
/// the kernel has Landlock; older kernels leave more.
fn confine(files: Option<&Path>) -> Result<()> {
    use landlock::{
        ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, Ruleset, RulesetAttr,
        RulesetCreatedAttr, path_beneath_rules,
    };
    let abi = ABI::V4;
    let system = ["/usr", "/bin", "/lib", "/lib64", "/etc", "/dev/null"];
    Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(abi))?
        .handle_access(AccessNet::from_all(abi))?
        .create()?
        .add_rules(path_beneath_rules(system, AccessFs::from_read(abi)))?
        .add_rules(path_beneath_rules(files, AccessFs::from_all(abi)))?
        .restrict_self()
        .context("cannot confine the reading process")?;
    Ok(())
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
    running: Option<Running>,
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
    /// of mails go into a folder within `incoming`; without it, nowhere.
    pub fn new(
        program: PathBuf,
        settings: ReadingSettings,
        patience: Duration,
        memory_bytes: u64,
        incoming: Option<PathBuf>,
    ) -> Reader {
        Reader {
            program,
            settings,
            patience,
            memory_bytes,
            incoming,
            running: None,
        }
    }

    /// The folder in which the files of the last mail lie, each under its SHA-256.
    pub fn files(&self) -> Option<&Path> {
        self.running.as_ref()?.files.as_ref().map(TempDir::path)
    }

    /// Reads a mail.
    pub async fn read(&mut self, mail: &[u8]) -> Outcome {
        let failure = match self.ask(mail, None).await {
            Ok(Answer::Read(reading)) => return Outcome::Read(reading),
            Ok(Answer::Contents(_) | Answer::NoRoom(_) | Answer::Fault(_)) => unexpected(),
            Err(failure @ Failure::Start(_)) => return Outcome::MachineFails(failure.to_string()),
            Err(failure) => failure,
        };
        tracing::warn!(error = %failure, "a mail was not read; trying another one");
        match self.trial().await {
            Err(why) => Outcome::MachineFails(format!("{why:#}")),
            Ok(()) if matches!(failure, Failure::NoRoom(_)) => Outcome::NoRoom(failure.to_string()),
            Ok(()) => Outcome::MailFails(failure.to_string()),
        }
    }

    /// Reads a built-in mail with a Word file by a fresh child.
    ///
    /// # Errors
    /// Why this machine reads no mail at the moment.
    pub async fn trial(&mut self) -> Result<()> {
        self.running = None;
        let answer = self.ask(TRIAL, None).await;
        self.running = None; // with the files of the trial
        match answer.context("a built-in mail cannot be read")? {
            Answer::Read(reading) => {
                let word = reading.attachments.first();
                let number = word.and_then(|a| a.number.as_deref());
                anyhow::ensure!(
                    number == Some(TRIAL_NUMBER),
                    "the Word file of a built-in mail was not understood"
                );
                Ok(())
            }
            Answer::Contents(_) | Answer::NoRoom(_) | Answer::Fault(_) => Err(unexpected().into()),
        }
    }

    /// Reads what a soft file of a kind says.
    ///
    /// # Errors
    /// When no child can be started or the machine fails. A file that kills its reader or takes too long says so.
    pub async fn contents(&mut self, file: &[u8], kind: &str) -> Result<Contents> {
        match self.ask(file, Some(kind)).await {
            Ok(Answer::Contents(contents)) => Ok(contents),
            Ok(Answer::Read(_) | Answer::NoRoom(_) | Answer::Fault(_)) => Err(unexpected().into()),
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
            None => self.start().map_err(Failure::Start)?,
        };
        let asked = tokio::time::timeout(self.patience, ask(&mut running, &request, bytes)).await;
        let failure = match asked {
            Ok(Ok(Answer::NoRoom(why))) => Failure::NoRoom(why),
            Ok(Ok(Answer::Fault(why))) => Failure::Fault(why),
            Ok(Ok(answer @ (Answer::Read(_) | Answer::Contents(_)))) => {
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

    fn start(&self) -> Result<Running> {
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
        Ok(Running {
            child,
            requests,
            answers: BufReader::new(answers),
            files,
        })
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
    let mut line = String::new();
    let n = running.answers.read_line(&mut line).await?;
    anyhow::ensure!(n > 0, "the reading process ended without an answer");
    Ok(serde_json::from_str(&line)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_confined_reader_opens_no_other_file_and_no_connection() {
        let folder = tempfile::tempdir().unwrap();
        let secret = folder.path().join("secret");
        std::fs::write(&secret, "x").unwrap();
        let files = folder.path().join("files");
        std::fs::create_dir(&files).unwrap();
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        // Landlock holds for the thread that asks for it.
        let (read, written, connected, program) = std::thread::spawn(move || {
            confine(Some(&files)).unwrap();
            (
                std::fs::read(&secret).is_ok(),
                std::fs::write(files.join("a"), "x").is_ok(),
                std::net::TcpStream::connect(address).is_ok(),
                std::process::Command::new("true").status().is_ok(),
            )
        })
        .join()
        .unwrap();
        assert!(written, "its own folder is closed");
        assert!(program, "programs of the system cannot run");
        if read && connected {
            eprintln!("skipped: this kernel has no Landlock");
            return;
        }
        assert!(!read, "another file is open");
        assert!(!connected, "the network is open");
    }
}
