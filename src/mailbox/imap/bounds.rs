//! How much a server may say. The parser makes room for a literal as soon as it is announced, up to half a gigabyte: what
//! a line announces is looked at before it gets there.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// How much of an answer is taken, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bounds {
    /// Of one response, with its literals.
    pub(super) response: u64,
    /// Of all responses to a command.
    pub(super) command: u64,
}

impl Bounds {
    /// For what is no text of mails.
    pub(super) const USUAL: Bounds = Bounds {
        response: 8_000_000,
        command: u64::MAX,
    };

    /// For the texts of mails, of which the largest has so many bytes. What a server announces of a mail may be the room
    /// that the mail takes in its storage, so that the mail itself is larger by some.
    pub(super) fn of_mails(longest: u64, batch: u64) -> Bounds {
        let response = longest
            .saturating_add(longest / 4)
            .saturating_add(1_000_000);
        Bounds {
            response,
            command: response.saturating_add(batch),
        }
    }
}

/// More of the beginning of a response is not kept: it tells what kind it is.
const BEGINNING: usize = 8;
/// More of the end of a line is not kept: it tells whether a literal follows.
const ENDING: usize = 32;

/// Follows what a server says, a piece at a time, as far as it tells where literals stand (RFC 3501, 4.3).
#[derive(Debug)]
struct Scan {
    bounds: Bounds,
    /// What is left of them.
    left: Bounds,
    /// The beginning of the response.
    beginning: Vec<u8>,
    /// The last bytes of the line.
    ending: Vec<u8>,
    /// Whether the line is within a string in quotes, and whether the next byte stands for itself there.
    quoted: bool,
    escaped: bool,
    /// So many bytes of a literal follow.
    literal: u64,
}

impl Scan {
    fn new(bounds: Bounds) -> Scan {
        Scan {
            bounds,
            left: bounds,
            beginning: Vec::new(),
            ending: Vec::new(),
            quoted: false,
            escaped: false,
            literal: 0,
        }
    }

    /// Begins with the answers to another command.
    fn bound(&mut self, bounds: Bounds) {
        self.bounds = bounds;
        self.left = bounds;
    }

    /// Whether all that has been said so far, with the next bytes, is within the bounds.
    fn takes(&mut self, mut bytes: &[u8]) -> bool {
        let many = bytes.len() as u64;
        if many > self.left.command {
            return false;
        }
        self.left.command -= many;
        while let Some(first) = bytes.first().copied() {
            let step = match self.literal {
                0 => 1,
                literal => literal.min(bytes.len() as u64),
            };
            if step > self.left.response {
                return false;
            }
            self.left.response -= step;
            if self.literal > 0 {
                self.literal -= step;
            } else if !self.takes_of_line(first) {
                return false;
            }
            bytes = &bytes[step as usize..];
        }
        true
    }

    fn takes_of_line(&mut self, byte: u8) -> bool {
        if self.beginning.len() < BEGINNING {
            self.beginning.push(byte);
        }
        if byte != b'\n' {
            if self.ending.len() == ENDING {
                self.ending.remove(0);
            }
            self.ending.push(byte);
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' if self.quoted => self.escaped = true,
                b'"' => self.quoted = !self.quoted,
                _ => {}
            }
            return true;
        }
        let announced = announced(&self.ending);
        let open = std::mem::take(&mut self.quoted);
        self.ending.clear();
        self.escaped = false;
        if announced > self.left.response {
            return false;
        }
        let data = is_data(&self.beginning);
        // A string in quotes ends in its line; a parser that reads on sees other literals than are counted here.
        if data && open {
            return false;
        }
        if data && announced > 0 {
            self.literal = announced;
        } else {
            // In words for people a number in braces announces nothing, and what follows is looked at as lines are.
            self.beginning.clear();
            self.left.response = self.bounds.response;
        }
        true
    }
}

/// Whether a response is one in which literals stand: of a mail, or of a folder.
fn is_data(beginning: &[u8]) -> bool {
    let Some(what) = beginning.strip_prefix(b"* ") else {
        return false;
    };
    let named = |name: &[u8]| what.len() >= 4 && what[..4].eq_ignore_ascii_case(name);
    what.first().is_some_and(u8::is_ascii_digit) || named(b"LIST") || named(b"LSUB")
}

/// The length of the literal that a line announces at its end, without the line feed; 0 where it announces none.
fn announced(ending: &[u8]) -> u64 {
    let line = ending.strip_suffix(b"\r").unwrap_or(ending);
    let Some(line) = line.strip_suffix(b"}") else {
        return 0;
    };
    let line = line.strip_suffix(b"+").unwrap_or(line);
    let digits = line.iter().rev().take_while(|b| b.is_ascii_digit()).count();
    let (before, digits) = line.split_at(line.len() - digits);
    match (before.last(), digits) {
        (_, []) => 0,
        (Some(b'{'), digits) => {
            let digits = std::str::from_utf8(digits).unwrap_or_default();
            digits.parse().unwrap_or(u64::MAX) // more than that
        }
        // So many digits that their beginning is not kept.
        (None, _) => u64::MAX,
        (Some(_), _) => 0,
    }
}

/// A line to a server that gives no more than it may.
#[derive(Debug)]
pub(super) struct Bounded<S> {
    line: S,
    scan: Scan,
}

impl<S> Bounded<S> {
    /// The line, of which the usual is taken until it is said otherwise.
    pub(super) fn new(line: S) -> Bounded<S> {
        Bounded {
            line,
            scan: Scan::new(Bounds::USUAL),
        }
    }

    /// Begins with the answers to another command.
    pub(super) fn bound(&mut self, bounds: Bounds) {
        self.scan.bound(bounds);
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Bounded<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.line).poll_read(context, buffer);
        if let Poll::Ready(Ok(())) = read
            && !self.scan.takes(&buffer.filled()[before..])
        {
            buffer.set_filled(before);
            return Poll::Ready(Err(io::Error::other(
                "the server says more than it may in one answer",
            )));
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Bounded<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.line).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.line).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.line).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_server_announces_is_counted_where_the_parser_counts_it() {
        let mail = |n: usize| format!("* 1 FETCH (UID 1 BODY[] {{{n}}}\r\n{})\r\n", "x".repeat(n));
        let two = "* 1 FETCH (BODY[1] {40}\r\n".to_owned() + &"x".repeat(40) + " BODY[2] {40}\r\n";
        let braces = format!(
            "* 1 FETCH (BODY[] {{13}}\r\n{{999999999}}\r\n)\r\n{}",
            mail(50)
        );
        let quoted = "* 1 FETCH (X \"a {60}\r\n\" BODY[] {999}\r\n";
        let cases: [(&str, String, bool); 16] = [
            ("a mail", mail(60), true),
            ("a larger one", mail(75), false),
            ("one after another", mail(60).repeat(3), true),
            ("all too much together", mail(60).repeat(4), false),
            ("two literals in a response", two, false),
            (
                "announced, and not sent",
                "* 1 FETCH (BODY[] {335544320}\r\n".into(),
                false,
            ),
            (
                "more than a number holds",
                format!("* 1 FETCH (BODY[] {{{}}}\r\n", "9".repeat(40)),
                false,
            ),
            (
                "without a carriage return",
                "* 1 FETCH (BODY[] {500}\n".into(),
                false,
            ),
            (
                "one that is not waited for",
                "* 1 FETCH (BODY[] {500+}\r\n".into(),
                false,
            ),
            ("in a mail it is text", braces, true),
            ("a string in quotes over two lines", quoted.into(), false),
            (
                "in quotes",
                "* LIST () \"/\" \"a \\\" {999}\"\r\n".into(),
                true,
            ),
            // Where the parser sees words, the lines that follow are looked at one by one.
            (
                "behind words",
                "* OK {60}\r\n* 1 FETCH (BODY[] {999}\r\n".into(),
                false,
            ),
            (
                "words with a quotation mark",
                "* OK 5\" {1}\r\n* 1 EXISTS\r\n".into(),
                true,
            ),
            ("in words", "T1 NO {999}\r\n".into(), false),
            (
                "a line without an end",
                "* OK ".to_owned() + &"x".repeat(120),
                false,
            ),
        ];
        let bounds = Bounds {
            response: 100,
            command: 300,
        };
        for (what, said, taken) in cases {
            for piece in [1, 7, said.len()] {
                let mut scan = Scan::new(bounds);
                let takes = said.as_bytes().chunks(piece).all(|bytes| scan.takes(bytes));
                assert_eq!(takes, taken, "{what}, by {piece}");
            }
        }
    }

    #[test]
    fn a_mail_may_be_larger_than_announced_by_a_quarter() {
        let bounds = Bounds::of_mails(60_000_000, 16_000_000);
        assert_eq!((bounds.response, bounds.command), (76_000_000, 92_000_000));
    }
}
