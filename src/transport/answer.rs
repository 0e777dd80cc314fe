//! What an answer of an SMTP server speaks of: of us, of one address, or of this mail.

use std::fmt;

/// A step of handing over a mail (RFC 5321). What is refused before them, a connection or a login, is always about us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Mail,
    Rcpt,
    /// The command DATA, before the mail itself.
    Data,
    /// The answer to the mail's last byte.
    Dot,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Step::Mail => "MAIL FROM",
            Step::Rcpt => "RCPT TO",
            Step::Data => "DATA",
            Step::Dot => "the last byte",
        })
    }
}

/// An enhanced status code (RFC 3463): class, subject, detail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Status(pub u16, pub u16, pub u16);

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.0, self.1, self.2)
    }
}

/// A refusal: code and text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Answer {
    /// The three digits (RFC 5321, 4.2).
    pub code: u16,
    /// What stands at the head of the text.
    pub status: Option<Status>,
    pub text: String,
}

impl Answer {
    /// An answer with its enhanced status code, where the text begins with one of the code's class.
    pub(super) fn new(code: u16, text: &str) -> Answer {
        Answer {
            code,
            status: status(text).filter(|s| s.0 == code / 100),
            text: text.to_owned(),
        }
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.code, self.text)
    }
}

/// The code at the head of a text; some servers put `#` before it.
fn status(text: &str) -> Option<Status> {
    let word = text.split_whitespace().next()?;
    let mut numbers = word.strip_prefix('#').unwrap_or(word).split('.');
    let mut next = || numbers.next()?.parse().ok();
    let found = Status(next()?, next()?, next()?);
    numbers.next().is_none().then_some(found)
}

/// What a refusal speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum About {
    /// Us: no other mail would fare better now.
    Us,
    /// This mail (after RCPT TO: this recipient of it), for now.
    ThisForNow,
    /// This mail, for good.
    ThisMail,
    /// The address does not exist.
    DeadAddress,
    /// The address did not take this mail, and may take others.
    DoubtfulAddress,
}

/// What a refusal (4xx, 5xx) in a step speaks of, by RFC 5321 and RFC 3463 and by what large providers say.
pub(super) fn classify(step: Step, answer: &Answer) -> About {
    let for_now = answer.code < 500;
    let status = answer.status.map(|s| (s.0, s.1, s.2));
    match (step, answer.code, status) {
        (_, 421, _) | (_, _, Some((5, 4, 5))) => About::Us,
        // Gmail says it of a file that it takes for dangerous.
        (Step::Dot, 552, Some((5, 7, 0))) => About::ThisMail,
        (_, _, Some((5, 7, 0))) => About::Us,
        (Step::Mail, _, Some((4, 3 | 7, _))) => About::Us,
        _ if for_now => About::ThisForNow,
        // The mail is too large, or of a kind that is not taken.
        (Step::Mail, _, Some((5, 3, 4) | (5, 6, _))) => About::ThisMail,
        (Step::Mail, ..) => About::Us,
        (Step::Rcpt, _, Some((5, 1, 1 | 2 | 3 | 6 | 10) | (5, 2, 1))) => About::DeadAddress,
        (Step::Rcpt, ..) => About::DoubtfulAddress,
        (Step::Data | Step::Dot, ..) => About::ThisMail,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(
        clippy::too_many_lines,
        reason = "a table of answers of servers, and whom each is about"
    )]
    fn an_answer_speaks_of_us_of_an_address_or_of_this_mail() {
        use About::*;
        for (step, code, text, about) in [
            (Step::Mail, 421, "too many connections", Us),
            (Step::Mail, 451, "4.3.0 queue file write error", Us),
            (Step::Mail, 452, "4.3.1 insufficient storage", Us),
            (Step::Mail, 450, "4.7.1 too much mail", Us),
            (
                Step::Mail,
                451,
                "4.1.8 sender's domain not found",
                ThisForNow,
            ),
            (Step::Mail, 451, "try again", ThisForNow),
            (
                Step::Mail,
                550,
                "5.4.5 Daily user sending limit exceeded",
                Us,
            ),
            (Step::Mail, 530, "5.7.0 Authentication required", Us),
            (Step::Mail, 550, "5.1.8 sender rejected", Us),
            (Step::Mail, 553, "sender rejected", Us),
            (Step::Mail, 552, "5.3.4 too large", ThisMail),
            (Step::Mail, 555, "5.6.7 SMTPUTF8 is not offered", ThisMail),
            (Step::Rcpt, 421, "4.7.0 try later", Us),
            (
                Step::Rcpt,
                550,
                "5.4.5 Daily user sending limit exceeded",
                Us,
            ),
            (
                Step::Rcpt,
                530,
                "5.7.0 Must issue a STARTTLS command first",
                Us,
            ),
            (Step::Rcpt, 451, "4.3.0 lookup failed", ThisForNow),
            (Step::Rcpt, 450, "4.7.1 greylisted", ThisForNow),
            (Step::Rcpt, 452, "4.2.2 over quota", ThisForNow),
            (Step::Rcpt, 550, "5.1.1 no such user", DeadAddress),
            (Step::Rcpt, 550, "5.1.2 no such domain", DeadAddress),
            (Step::Rcpt, 501, "5.1.3 bad address", DeadAddress),
            (Step::Rcpt, 551, "5.1.6 moved", DeadAddress),
            (Step::Rcpt, 556, "5.1.10 null MX", DeadAddress),
            (Step::Rcpt, 550, "5.2.1 account disabled", DeadAddress),
            (Step::Rcpt, 550, "#5.1.1 no such user", DeadAddress),
            (Step::Rcpt, 552, "5.2.2 mailbox full", DoubtfulAddress),
            (Step::Rcpt, 550, "5.7.1 not liked", DoubtfulAddress),
            (Step::Rcpt, 550, "5.1.8 bad sender", DoubtfulAddress),
            (Step::Rcpt, 550, "no such user", DoubtfulAddress),
            (Step::Rcpt, 550, "4.1.1 of another class", DoubtfulAddress),
            (Step::Data, 451, "4.3.0 try later", ThisForNow),
            (
                Step::Data,
                550,
                "5.4.5 Daily user sending limit exceeded",
                Us,
            ),
            (Step::Data, 554, "5.5.1 no valid recipients", ThisMail),
            (Step::Dot, 421, "4.3.0 closing", Us),
            (Step::Dot, 451, "4.3.0 try later", ThisForNow),
            (
                Step::Dot,
                550,
                "5.4.5 Daily user sending limit exceeded",
                Us,
            ),
            (Step::Dot, 550, "5.7.1 looks like spam", ThisMail),
            (Step::Dot, 554, "no", ThisMail),
            (Step::Dot, 530, "5.7.0 Authentication required", Us),
            (
                Step::Dot,
                552,
                "5.7.0 blocked: a potential security issue",
                ThisMail,
            ),
        ] {
            let answer = Answer::new(code, text);
            assert_eq!(classify(step, &answer), about, "{step}: {answer}");
        }
    }

    #[test]
    fn a_status_stands_at_the_head_of_the_text() {
        assert_eq!(status("5.1.10 null MX"), Some(Status(5, 1, 10)));
        assert_eq!(status("#5.1.0 rejected"), Some(Status(5, 1, 0)));
        for none in ["", "no 5.1.1", "5.1", "5.1.1.1 x", "5.1.x", "1.2.3.4"] {
            assert_eq!(status(none), None, "{none}");
        }
    }
}
