//! The ways by which an alarm leaves. A URL is called by curl, a program that every Debian has a package of: one more
//! HTTP client within this program would be code that runs, and needs its updates, for a letter a year.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use jiff::Timestamp;
use lettre::message::SinglePart;
use lettre::message::header::{HeaderName, HeaderValue};
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

use crate::config::{Letter, TransportKind, Veil, Way};
use crate::ground::text::truncated;
use crate::transport::{Outcome, Parcel, Transport};

/// How long one way may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// More of what a program says of a failure is not kept, in bytes.
const LONGEST_SAYING: usize = 400;

/// What a way is called in the configuration.
pub(super) fn name(way: &Way) -> &'static str {
    match way {
        Way::Smtp { .. } => "smtp",
        Way::Sendmail { .. } => "sendmail",
        Way::Command(_) => "command",
        Way::Url(_) => "url",
    }
}

/// Sends a text by one way.
///
/// # Errors
/// When it did not leave, or nobody knows.
pub(super) async fn tell(way: &Way, subject: &str, text: &str, now: Timestamp) -> Result<()> {
    let told = async {
        match way {
            Way::Smtp { server, letter } => {
                mail(
                    &TransportKind::Smtp(server.clone()),
                    letter,
                    subject,
                    text,
                    now,
                )
                .await
            }
            Way::Sendmail { program, letter } => {
                let kind = TransportKind::Sendmail {
                    program: program.clone(),
                };
                mail(&kind, letter, subject, text, now).await
            }
            Way::Command(command) => match command.split_first() {
                Some((program, arguments)) => {
                    let input = format!("{subject}\n\n{text}");
                    let veil = Veil::of_arguments(arguments);
                    run(Path::new(program), arguments, &input, &veil).await
                }
                None => bail!("no program is named"),
            },
            Way::Url(url) => {
                // All of it on standard input: a URL may carry a token, and everybody may list the arguments of programs.
                let input = format!(
                    "url = {}\ndata-raw = {}\nheader = \"Content-Type: text/plain; charset=utf-8\"\nmax-time = {}\nfail\nsilent\nshow-error\n",
                    quoted(url),
                    quoted(&format!("{subject}\n\n{text}")),
                    PATIENCE.as_secs() - 2
                );
                let arguments = ["-q", "--config", "-"].map(str::to_owned);
                run(Path::new("curl"), &arguments, &input, &Veil::of_url(url)).await
            }
        }
    };
    match tokio::time::timeout(PATIENCE, told).await {
        Ok(result) => result,
        Err(_) => bail!("it took longer than {} s", PATIENCE.as_secs()),
    }
}

/// A value in a configuration file of curl.
fn quoted(text: &str) -> String {
    let escaped = text
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\r', "\\r")
        .replace('\n', "\\n");
    format!("\"{escaped}\"")
}

/// `veil`: what the program was told and may not say again.
async fn run(program: &Path, arguments: &[String], input: &str, veil: &Veil) -> Result<()> {
    let mut child = Command::new(program)
        .args(arguments)
        .env_remove("NOTIFY_SOCKET")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .with_context(|| format!("cannot start {}", program.display()))?;
    if let Some(mut pipe) = child.stdin.take() {
        // A program that does not read its input may be done with it all the same.
        let _ = pipe.write_all(input.as_bytes()).await;
    }
    let output = child.wait_with_output().await?;
    if !output.status.success() {
        let said = veil.over(&String::from_utf8_lossy(&output.stderr));
        bail!(
            "{} ended with {}: {}",
            program.display(),
            output.status,
            truncated(said.trim(), LONGEST_SAYING)
        );
    }
    Ok(())
}

async fn mail(
    kind: &TransportKind,
    letter: &Letter,
    subject: &str,
    text: &str,
    now: Timestamp,
) -> Result<()> {
    let mut message = lettre::Message::builder()
        .from(letter.from.parse()?)
        .subject(subject)
        .date(now.into())
        .message_id(None)
        .raw_header(HeaderValue::new(
            HeaderName::new_from_ascii_str("Auto-Submitted"),
            "auto-generated".to_owned(),
        ));
    for to in &letter.to {
        message = message.to(to.parse()?);
    }
    let raw = message
        .singlepart(SinglePart::plain(text.to_owned()))?
        .formatted();
    let mut transport = Transport::new(kind, Veil::default())?;
    let parcel = Parcel {
        name: "alarm",
        from: &letter.from,
        to: &letter.to,
        raw: &raw,
    };
    let outcome = transport.send(parcel, &mut |_| Ok(())).await?;
    transport.close().await;
    match outcome {
        // Who did not get it is not told: somebody did.
        Outcome::Taken(_) => Ok(()),
        Outcome::Refused(why, _) | Outcome::Deferred(why, _) | Outcome::Unknown(why) => {
            bail!("{why}")
        }
        Outcome::Halted(halt) => bail!("{}", halt.why()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_curl_reads_is_one_value_whatever_stands_in_it() {
        assert_eq!(quoted("a \"b\" \\\nc"), r#""a \"b\" \\\nc""#);
    }
}
