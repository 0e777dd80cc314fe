//! A program that takes a mail on standard input, as sendmail and its many substitutes do.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Result, bail};
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

use super::{Begins, Halt, NotTaken, Outcome, Parcel, Trouble, Verdict, saying};
use crate::config::Veil;

const PATIENCE: Duration = Duration::from_secs(60);

pub struct Sendmail {
    program: PathBuf,
    veil: Veil,
}

impl Sendmail {
    pub(super) fn new(program: &Path, veil: Veil) -> Sendmail {
        Sendmail {
            program: program.to_owned(),
            veil,
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

    pub(super) async fn send(&self, parcel: Parcel<'_>, begins: Begins<'_>) -> Result<Outcome> {
        let program = || self.program.display().to_string();
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
            Err(e) => {
                let (program, why) = (program(), format!("it cannot be started: {e}"));
                let trouble = Trouble::Program { program, why };
                return Ok(Outcome::Halted(Halt::Refusal(trouble)));
            }
        };
        begins(&[])?;
        let hand_over = async {
            if let Some(mut input) = child.stdin.take() {
                // Programs of this kind take line feeds.
                let text: Vec<u8> = parcel.raw.iter().copied().filter(|b| *b != b'\r').collect();
                // One that refuses at once does not read: what it says then counts.
                if let Err(e) = input.write_all(&text).await
                    && e.kind() != ErrorKind::BrokenPipe
                {
                    return Err(e);
                }
            }
            child.wait_with_output().await
        };
        Ok(match tokio::time::timeout(PATIENCE, hand_over).await {
            Err(_) => Outcome::Unknown(Trouble::Endless { program: program() }),
            Ok(Err(e)) => Outcome::Unknown(Trouble::Program {
                program: program(),
                why: e.to_string(),
            }),
            Ok(Ok(output)) => {
                let said = saying(&self.veil, String::from_utf8_lossy(&output.stderr).trim());
                match output.status.code() {
                    Some(code) => ended(code, parcel.to, said),
                    None => Outcome::Unknown(Trouble::Killed {
                        program: program(),
                        said,
                    }),
                }
            }
        })
    }
}

/// What an exit code means, by sysexits.h.
fn ended(code: i32, to: &[String], said: String) -> Outcome {
    let why = Trouble::Exit { code, said };
    // Of several recipients it is not known which.
    let the_address = |verdict, why: Trouble| {
        let not_taken = match to {
            [only] => vec![NotTaken {
                address: only.clone(),
                verdict,
                status: None,
                why: why.to_string(),
            }],
            _ => vec![],
        };
        Outcome::Refused(why, not_taken)
    };
    match code {
        0 => Outcome::Taken(vec![]),
        // EX_DATAERR, EX_NOINPUT: the mail is not one that it understands.
        65 | 66 => Outcome::Refused(why, vec![]),
        // EX_NOUSER
        67 => the_address(Verdict::Dead, why),
        // EX_NOHOST: perhaps its names do not resolve today.
        68 => the_address(Verdict::Doubtful, why),
        // EX_USAGE, EX_SOFTWARE, EX_OSERR, EX_OSFILE, EX_CANTCREAT, EX_IOERR, EX_NOPERM (a login refused), EX_CONFIG:
        // no other mail would fare better.
        64 | 70..=74 | 77 | 78 => Outcome::Halted(Halt::Refusal(why)),
        // EX_UNAVAILABLE, EX_TEMPFAIL, EX_PROTOCOL, and what the programs agree on nothing about: if it goes on, the
        // queue waits.
        _ => Outcome::Deferred(why, vec![]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exit_codes_are_read_by_sysexits_h() {
        let one = ["a@b.example".to_owned()];
        let said = |code| ended(code, &one, String::new());
        let trouble = |code| Trouble::Exit {
            code,
            said: String::new(),
        };
        assert_eq!(said(0), Outcome::Taken(vec![]));
        for code in [65, 66] {
            assert_eq!(said(code), Outcome::Refused(trouble(code), vec![]));
        }
        for (code, verdict) in [(67, Verdict::Dead), (68, Verdict::Doubtful)] {
            let Outcome::Refused(_, not_taken) = said(code) else {
                panic!("{code}");
            };
            assert_eq!(not_taken[0].verdict, verdict, "{code}");
        }
        for code in [64, 70, 71, 72, 73, 74, 77, 78] {
            let halt = Outcome::Halted(Halt::Refusal(trouble(code)));
            assert_eq!(said(code), halt, "{code}");
        }
        for code in [1, 69, 75, 76, 127] {
            let later = Outcome::Deferred(trouble(code), vec![]);
            assert_eq!(said(code), later, "{code}");
        }
        let several = [one[0].clone(), "c@d.example".into()];
        let refused = Outcome::Refused(trouble(67), vec![]);
        assert_eq!(ended(67, &several, String::new()), refused);
    }
}
