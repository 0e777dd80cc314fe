//! One command and its answer: what is sent, how much and how long is listened, and what counts as an answer.

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use async_imap::Client;
use async_imap::imap_proto::{MailboxDatum, Response, Status};
use tokio::io::{AsyncWriteExt, BufWriter};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_io_timeout::TimeoutStream;
use tokio_rustls::client::TlsStream;

use super::bounds::{Bounded, Bounds};
use super::{MailboxError, Result};

/// How long the server may be silent within an answer.
pub(super) const SILENCE: Duration = Duration::from_secs(60);

type Stream = Pin<Box<TimeoutStream<BufWriter<Bounded<TlsStream<TcpStream>>>>>>;

/// A line to a server: commands go out with tags that are counted, answers come back.
pub(super) struct Session {
    client: Client<Stream>,
    commands: u32,
    /// Whether the server told of mails since this was last taken back.
    pub(super) news: bool,
}

/// What came while a command waited for the word to go on.
enum Step {
    GoOn,
    Refused(String),
    Else,
}

impl Session {
    /// A line over which nothing was said yet.
    pub(super) fn new(tls: TlsStream<TcpStream>) -> Session {
        let mut stream = TimeoutStream::new(BufWriter::new(Bounded::new(tls)));
        stream.set_read_timeout(Some(SILENCE));
        stream.set_write_timeout(Some(SILENCE));
        Session {
            client: Client::new(Box::pin(stream)),
            commands: 0,
            news: false,
        }
    }

    /// Takes the greeting; gives why the server turns us away, where it does.
    pub(super) async fn turned_away(&mut self) -> Result<Option<String>> {
        let greeting = parsed(self.client.read_response()).await?;
        let why = match greeting.as_ref().map(|greeting| greeting.parsed()) {
            None => "the server hung up".to_owned(),
            Some(Response::Data {
                status: Status::Bye,
                outcome,
            }) => {
                let why = outcome.information.as_deref().unwrap_or("");
                format!("the server turns us away: {why}")
            }
            Some(_) => return Ok(None),
        };
        Ok(Some(why))
    }

    /// Sends a command and shows `take` the untagged answers. They count only if this succeeds: the server said OK.
    pub(super) async fn command(
        &mut self,
        text: &str,
        take: impl FnMut(&Response<'_>),
    ) -> Result<()> {
        self.command_within(Bounds::USUAL, text, take).await
    }

    /// The same, where more or less is taken of the answers.
    pub(super) async fn command_within(
        &mut self,
        bounds: Bounds,
        text: &str,
        take: impl FnMut(&Response<'_>),
    ) -> Result<()> {
        let tag = self.send(text).await?;
        self.bound(bounds);
        self.answers(&tag, text, take).await
    }

    /// Sends a command, and gives its tag.
    async fn send(&mut self, command: &str) -> Result<String> {
        self.commands += 1;
        self.bound(Bounds::USUAL);
        let tag = format!("T{}", self.commands);
        self.send_line(&format!("{tag} {command}")).await?;
        Ok(tag)
    }

    /// Sends a command of which the server wants to hear more (RFC 3501, 7.5), and gives its tag when it does.
    ///
    /// # Errors
    /// With [`MailboxError::Refused`] where it does not.
    pub(super) async fn send_first_part(&mut self, command: &str) -> Result<String> {
        let own_tag = self.send(command).await?;
        loop {
            let step = self.next(|answer| match answer {
                Response::Continue(_) => Step::GoOn,
                Response::Done { tag, outcome, .. } if tag.0 == own_tag => {
                    Step::Refused(outcome.information.as_deref().unwrap_or("").to_owned())
                }
                _ => Step::Else,
            });
            match step.await? {
                Step::GoOn => return Ok(own_tag),
                Step::Refused(answer) => return Err(refused(command, answer)),
                Step::Else => {}
            }
        }
    }

    /// Sends the rest of a command, its line's end after it, and waits for its end.
    pub(super) async fn send_rest(
        &mut self,
        own_tag: &str,
        command: &str,
        rest: &[u8],
    ) -> Result<()> {
        let stream = self.client.get_mut();
        stream.write_all(rest).await.map_err(lost)?;
        self.send_line("").await?;
        self.answers(own_tag, command, |_| {}).await
    }

    async fn send_line(&mut self, line: &str) -> Result<()> {
        let stream = self.client.get_mut();
        stream
            .write_all(format!("{line}\r\n").as_bytes())
            .await
            .map_err(lost)?;
        stream.flush().await.map_err(lost)
    }

    /// Sets how much of the next answers is taken.
    fn bound(&mut self, bounds: Bounds) {
        let line = self.client.get_mut().as_mut().get_pin_mut();
        line.get_pin_mut().get_mut().bound(bounds);
    }

    /// Listens for so long, however silent the server is, until it tells of mails.
    pub(super) async fn listen(&mut self, at_most: Duration) -> Result<()> {
        if self.news {
            return Ok(());
        }
        self.allow_silence(None);
        let heard = timeout(at_most, self.until_news()).await;
        self.allow_silence(Some(SILENCE));
        heard.unwrap_or(Ok(())) // nothing was heard
    }

    fn allow_silence(&mut self, longest: Option<Duration>) {
        let stream = self.client.get_mut().as_mut();
        stream.set_read_timeout_pinned(longest);
    }

    /// Keep-alives and changes of flags are passed over.
    async fn until_news(&mut self) -> Result<()> {
        while !self.news {
            self.next(|_| ()).await?;
        }
        Ok(())
    }

    /// The next answer, whatever it is but a farewell.
    async fn next<T>(&mut self, take: impl FnOnce(&Response<'_>) -> T) -> Result<T> {
        let answer = parsed(self.client.read_response())
            .await?
            .ok_or_else(|| lost("the server hung up"))?;
        let answer = answer.parsed();
        if let Response::Data {
            status: Status::Bye,
            outcome,
        } = answer
        {
            let why = outcome.information.as_deref();
            return Err(lost(why.unwrap_or("the server said goodbye")));
        }
        self.news |= matches!(answer, Response::MailboxData(MailboxDatum::Exists(_)));
        Ok(take(answer))
    }

    /// Takes answers until the tagged one.
    async fn answers(
        &mut self,
        own_tag: &str,
        command: &str,
        mut take: impl FnMut(&Response<'_>),
    ) -> Result<()> {
        loop {
            let end = self.next(|answer| match answer {
                Response::Done {
                    tag,
                    status,
                    outcome,
                } if tag.0 == own_tag => Some(match status {
                    Status::Ok => Ok(()),
                    _ => Err(outcome.information.as_deref().unwrap_or("").to_owned()),
                }),
                other => {
                    take(other);
                    None
                }
            });
            if let Some(end) = end.await? {
                return end.map_err(|answer| refused(command, answer));
            }
        }
    }
}

/// An answer of the server. The parser panics on some of what servers write, such as a date that is NIL.
async fn parsed<T>(read: impl Future<Output = std::io::Result<Option<T>>>) -> Result<Option<T>> {
    let mut read = Box::pin(read);
    let answer = poll_fn(|context| {
        let poll = catch_unwind(AssertUnwindSafe(|| read.as_mut().poll(context)));
        poll.map_or(Poll::Ready(None), |poll| poll.map(Some))
    });
    match answer.await {
        Some(answer) => answer.map_err(lost),
        None => Err(MailboxError::Unparsable),
    }
}

/// The error for a line that broke.
pub(super) fn lost(e: impl std::fmt::Display) -> MailboxError {
    let text = e.to_string();
    // Errors of the parser are its own notes and carry the whole buffer, with what people wrote.
    if text.contains(" during parsing of ") {
        return MailboxError::Lost("the server sent what is no answer of IMAP".into());
    }
    MailboxError::Lost(text)
}

/// The error for a command that is refused. Its arguments may be secrets.
fn refused(command: &str, answer: String) -> MailboxError {
    let command = match command.split_whitespace().collect::<Vec<_>>().as_slice() {
        ["UID", verb, ..] => format!("UID {verb}"),
        [verb, ..] => (*verb).to_owned(),
        [] => String::new(),
    };
    MailboxError::Refused { command, answer }
}

/// What comes of a command of which nothing depends: refused is as good as done.
pub(super) fn permitted(result: Result<()>) -> Result<()> {
    match result {
        Err(MailboxError::Refused { .. }) => Ok(()),
        other => other,
    }
}

/// A text in quotes, without what cannot stand in them.
pub(super) fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars().filter(|c| !c.is_control()) {
        if matches!(c, '"' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_in_quotes_hold_nothing_that_ends_them() {
        assert_eq!(quoted("INBOX"), "\"INBOX\"");
        assert_eq!(quoted("a\"b\\c\r\n"), "\"a\\\"b\\\\c\"");
    }

    #[test]
    fn of_a_refused_command_its_verb_alone_is_told() {
        for (command, told) in [
            ("LOGIN \"a\" \"secret\"", "LOGIN"),
            ("UID STORE 7 +FLAGS.SILENT (x)", "UID STORE"),
            ("IDLE", "IDLE"),
        ] {
            let error = refused(command, "no".to_owned());
            let said = error.to_string();
            assert_eq!(said, format!("the server refuses {told}: no"));
        }
    }
}
