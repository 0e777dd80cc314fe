//! The child process that reads mails, with limits on memory, time and files.
//!
//! Parent and child speak lines of JSON over pipes. The child is kept alive over many mails; whatever a mail does
//! to it, the parent records *unreadable* for that one, starts a new child and goes on.

use std::io::{BufRead, Write};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use super::{Reading, ReadingSettings};

/// The hidden command under which the program runs as a child.
pub const COMMAND: &str = "read-mails";

/// What the parent asks.
#[derive(Debug, Serialize, Deserialize)]
struct Request {
    /// The raw mail.
    mail: PathBuf,
    /// Where files go, each under its SHA-256; `None`: nowhere.
    files: Option<PathBuf>,
    settings: ReadingSettings,
}

/// Runs as the child: answers requests until standard input ends.
///
/// # Errors
/// When the pipes break or the disk does not take a file; the parent starts another child then.
pub fn serve(memory_bytes: u64) -> Result<()> {
    limit(memory_bytes)?;
    let mut answers = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let request: Request = serde_json::from_str(&line?)?;
        let raw = std::fs::read(&request.mail)
            .with_context(|| format!("cannot read {}", request.mail.display()))?;
        let mut keep = |content: &[u8]| match &request.files {
            Some(folder) => std::fs::write(folder.join(crate::archive::sha256(content)), content),
            None => Ok(()),
        };
        let reading = super::read(&raw, &request.settings, &mut keep)?;
        serde_json::to_writer(&mut answers, &reading)?;
        answers.write_all(b"\n")?;
        answers.flush()?;
    }
    Ok(())
}

/// Bounds what this process may use.
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

/// The parent's side: reads mails through a child.
pub struct Reader {
    program: PathBuf,
    settings: ReadingSettings,
    patience: Duration,
    memory_bytes: u64,
    running: Option<Running>,
}

struct Running {
    child: Child,
    requests: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Reader {
    /// A reader whose child is `program`, this program's own binary. `patience` bounds the time for one mail.
    pub fn new(
        program: PathBuf,
        settings: ReadingSettings,
        patience: Duration,
        memory_bytes: u64,
    ) -> Reader {
        Reader {
            program,
            settings,
            patience,
            memory_bytes,
            running: None,
        }
    }

    /// Reads the mail in a file; its files go into `files` under their SHA-256.
    ///
    /// # Errors
    /// Only when no child can be started. A mail that kills its reader or takes too long is *unreadable*.
    pub async fn read(&mut self, mail: &Path, files: Option<&Path>) -> Result<Reading> {
        let request = serde_json::to_string(&Request {
            mail: mail.to_owned(),
            files: files.map(Path::to_owned),
            settings: self.settings.clone(),
        })?;
        let mut running = match self.running.take() {
            Some(r) => r,
            None => self.start()?,
        };
        match tokio::time::timeout(self.patience, ask(&mut running, &request)).await {
            Ok(Ok(reading)) => {
                self.running = Some(running);
                Ok(reading)
            }
            Ok(Err(e)) => {
                let _ = running.child.kill().await; // it is dead or of no use already
                tracing::warn!(mail = %mail.display(), error = %format!("{e:#}"), "reading a mail failed");
                Ok(Reading::unreadable("the reading process failed on it"))
            }
            Err(_) => {
                let _ = running.child.kill().await; // it is dead or of no use already
                tracing::warn!(mail = %mail.display(), "reading a mail took too long");
                Ok(Reading::unreadable(&format!(
                    "reading it took longer than {} s",
                    self.patience.as_secs()
                )))
            }
        }
    }

    fn start(&self) -> Result<Running> {
        let mut child = Command::new(&self.program)
            .args([COMMAND, "--memory", &self.memory_bytes.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .env_clear()
            .kill_on_drop(true)
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
        })
    }
}

async fn ask(running: &mut Running, request: &str) -> Result<Reading> {
    running.requests.write_all(request.as_bytes()).await?;
    running.requests.write_all(b"\n").await?;
    running.requests.flush().await?;
    let mut line = String::new();
    let n = running.answers.read_line(&mut line).await?;
    anyhow::ensure!(n > 0, "the reading process ended without an answer");
    Ok(serde_json::from_str(&line)?)
}
