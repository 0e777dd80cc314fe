//! One reading process, as its parent sees it: started, asked, watched, ended.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use super::super::sandbox::{Confinement, Purpose};
use super::weight::{self, Judgement};
use super::{Answer, COMMAND, WORDS};

/// The longest answer, in bytes. What a spreadsheet says may be long.
const LONGEST_ANSWER: u64 = 50_000_000;

/// How often the memory of a process that reads is looked at.
const LOOK: Duration = Duration::from_millis(100);

/// Why a process gave no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoAnswer {
    #[error("the reading process failed on it")]
    Died,
    #[error("reading it took more than {} MB of memory", .0 / 1_000_000)]
    Heavy(u64),
    #[error("the answer of the reading process has no end")]
    Endless,
}

/// A reading process and all that it starts, which end when this is dropped.
pub(super) struct Process {
    child: Child,
    requests: ChildStdin,
    answers: BufReader<ChildStdout>,
    /// The group of processes that it leads and that none of them can leave; its number is that of the child.
    group: i32,
    memory_bytes: u64,
    /// How many requests it has had.
    pub(super) asked: u32,
}

impl Process {
    /// Starts one, and gives what it says of its confinement. `patience` bounds the time for that.
    ///
    /// # Errors
    /// When it does not start, in words for the administrator.
    pub(super) async fn start(
        program: &Path,
        purpose: Purpose<'_>,
        memory_bytes: u64,
        patience: Duration,
    ) -> Result<(Process, Confinement)> {
        let mut command = Command::new(program);
        command
            .args([COMMAND, "--memory", &memory_bytes.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .env_clear()
            // Each further arena of the allocator would reserve 64 MB of what may be used.
            .env("MALLOC_ARENA_MAX", "1")
            .process_group(0)
            .kill_on_drop(true);
        match purpose {
            Purpose::Words => command.arg(WORDS),
            Purpose::Files(Some(folder)) => command.arg("--files").arg(folder),
            Purpose::Files(None) => &mut command,
        };
        let mut child = command
            .spawn()
            .with_context(|| format!("cannot start {} to read mails", program.display()))?;
        let group = child.id().and_then(|id| i32::try_from(id).ok());
        let mut process = Process {
            requests: child
                .stdin
                .take()
                .context("the reading process has no input")?,
            answers: BufReader::new(
                child
                    .stdout
                    .take()
                    .context("the reading process has no output")?,
            ),
            group: group.context("the reading process ended at once")?,
            child,
            memory_bytes,
            asked: 0,
        };
        let hello = tokio::time::timeout(patience, process.watched(None)).await;
        match hello {
            Ok(Ok(Answer::Hello(confinement))) => Ok((process, confinement)),
            Ok(Ok(_)) => bail!("the reading process does not say how it is confined"),
            Ok(Err(e)) => Err(anyhow::Error::from(e).context(
                "the reading process ended at its start; a call that it needs may be forbidden, or limits.reading_mb too small",
            )),
            Err(_) => bail!("the reading process did not start within {} s", patience.as_secs()),
        }
    }

    /// Asks it; a line and what follows.
    ///
    /// # Errors
    /// When it gives no answer; it is of no use then.
    pub(super) async fn ask(&mut self, request: &str, content: &[u8]) -> Result<Answer, NoAnswer> {
        self.asked += 1;
        self.watched(Some((request, content))).await
    }

    /// Awaits an answer, and looks meanwhile how much memory it takes.
    async fn watched(&mut self, ask: Option<(&str, &[u8])>) -> Result<Answer, NoAnswer> {
        let (group, most) = (self.group, self.memory_bytes);
        let exchange = exchange(&mut self.requests, &mut self.answers, ask);
        tokio::pin!(exchange);
        loop {
            if let Ok(answer) = tokio::time::timeout(LOOK, &mut exchange).await {
                return answer;
            }
            match weight::judge(&weight::of_group(group), group, most) {
                Judgement::Fine => {}
                Judgement::Helpers(pids) => {
                    tracing::warn!("programs that help to read a mail took too much memory");
                    for pid in pids {
                        // SAFETY: kill has no preconditions. The id was that of a process of this group just now.
                        unsafe { libc::kill(pid, libc::SIGKILL) };
                    }
                }
                Judgement::All => return Err(NoAnswer::Heavy(most)),
            }
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Only where the child was not waited for, as its number belongs to nobody else then.
        if self.child.id().is_some() {
            // SAFETY: kill has no preconditions.
            unsafe { libc::kill(-self.group, libc::SIGKILL) };
        }
    }
}

async fn exchange(
    requests: &mut ChildStdin,
    answers: &mut BufReader<ChildStdout>,
    ask: Option<(&str, &[u8])>,
) -> Result<Answer, NoAnswer> {
    let exchange = async {
        if let Some((request, content)) = ask {
            requests.write_all(request.as_bytes()).await?;
            requests.write_all(b"\n").await?;
            requests.write_all(content).await?;
            requests.flush().await?;
        }
        let mut line = Vec::new();
        let mut bounded = answers.take(LONGEST_ANSWER);
        bounded.read_until(b'\n', &mut line).await?;
        Ok::<_, std::io::Error>(line)
    };
    let line = exchange.await.map_err(|e| {
        tracing::debug!(error = %e, "the reading process gave no answer");
        NoAnswer::Died
    })?;
    if line.len() as u64 == LONGEST_ANSWER {
        return Err(NoAnswer::Endless);
    }
    serde_json::from_slice(&line).map_err(|e| {
        tracing::debug!(error = %e, "the reading process gave no answer that can be read");
        NoAnswer::Died
    })
}
