//! A program that takes a mail on standard input, as sendmail and its many substitutes do.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Result, bail};
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

use super::{Fate, Parcel};

const PATIENCE: Duration = Duration::from_secs(60);
/// "Try again later" in sysexits.h.
const EX_TEMPFAIL: i32 = 75;

pub struct Sendmail {
    program: PathBuf,
}

impl Sendmail {
    pub(super) fn new(program: &Path) -> Sendmail {
        Sendmail {
            program: program.to_owned(),
        }
    }

    pub(super) fn check(&self) -> Result<()> {
        if !self.program.is_file() {
            bail!(
                "there is no program {}; correct transport.program",
                self.program.display()
            );
        }
        Ok(())
    }

    pub(super) async fn send(&self, parcel: Parcel<'_>) -> Fate {
        let child = Command::new(&self.program)
            .args(["-i", "-f", parcel.from, "--"])
            .args(parcel.to)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn();
        let mut child = match child {
            Ok(c) => c,
            Err(e) => return Fate::Later(format!("cannot start {}: {e}", self.program.display())),
        };
        let hand_over = async {
            if let Some(mut input) = child.stdin.take() {
                // Programs of this kind take line feeds.
                let text: Vec<u8> = parcel.raw.iter().copied().filter(|b| *b != b'\r').collect();
                input.write_all(&text).await?;
            }
            child.wait_with_output().await
        };
        match tokio::time::timeout(PATIENCE, hand_over).await {
            Err(_) => Fate::Unknown(format!("{} did not end", self.program.display())),
            Ok(Err(e)) => Fate::Unknown(format!("{}: {e}", self.program.display())),
            Ok(Ok(output)) => {
                let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
                match output.status.code() {
                    Some(0) => Fate::Sent(None),
                    Some(EX_TEMPFAIL) => Fate::Later(said),
                    code => Fate::Refused(format!("exit code {code:?}: {said}")),
                }
            }
        }
    }
}
