//! The text of a bounce that people read, where servers say in many ways that a mail could not be delivered.

use std::sync::LazyLock;

use mail_parser::{Message, PartType};
use regex::Regex;

use crate::ground::text::{fold, truncated};
use crate::words::mail;

static ADDRESS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"(?i)[a-z0-9!#$%&'*+/=?^_`{|}~.-]+@[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*"#)
        .expect("a valid pattern")
});

/// A line that begins with an address, if need be after the code of an answer.
static LEADING: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^(?:5\d\d[ -](?:5\.\d+\.\d+ )?)?<?[^ <>@]+@[a-z0-9]").expect("a valid pattern")
});

/// What a server answered, with its codes (RFC 5321, 4.2; RFC 2034), or the command that it answered.
static ANSWER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)\b[45]\d\d[ -]+\(?#?[45]\.\d{1,3}\.\d{1,3}\b|\b[45]\d\d [a-z0-9 ,;:'-]{0,40}(?:user|mailbox|recipient|address|relay|account|quota)|\(#5\.\d\.\d\)|\brcpt to\b|<<< 5\d\d|\bsmtp;? ?5\d\d\b|\bsaid: 5\d\d|\bcode:? ?5\d\d\b")
        .expect("a valid pattern")
});

/// The readable text of a bounce, without the mail that it brings back.
#[derive(Debug)]
pub(super) struct Notice {
    pub text: String,
    pub folded: String,
}

/// The addresses in a text, lower case, each once.
pub(super) fn addresses(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for hit in ADDRESS.find_iter(text) {
        let address = hit
            .as_str()
            .trim_start_matches(['\'', '`', '=', '.', '-', '/'])
            .to_ascii_lowercase();
        if !address.starts_with('@') && !found.contains(&address) {
            found.push(address);
        }
    }
    found
}

/// A text without the addresses in it.
pub(super) fn without_addresses(text: &str) -> std::borrow::Cow<'_, str> {
    ADDRESS.replace_all(text, " ")
}

/// The headers of a mail that are pasted into a text, if there are any.
pub(super) fn pasted_headers(text: &str) -> Option<String> {
    let names = [
        "received:",
        "return-path:",
        "message-id:",
        "from:",
        "to:",
        "date:",
        "subject:",
    ];
    let is_header = |line: &str| {
        let lower = line.trim_start().to_ascii_lowercase();
        names.iter().any(|n| lower.starts_with(n))
    };
    let lines: Vec<&str> = text.lines().collect();
    let start = (0..lines.len()).find(|i| {
        is_header(lines[*i]) && lines[*i..].iter().take(8).filter(|l| is_header(l)).count() >= 3
    })?;
    let headers: Vec<&str> = lines[start..]
        .iter()
        .take_while(|l| !l.trim().is_empty())
        .copied()
        .collect();
    Some(headers.join("\n") + "\n\n")
}

impl Notice {
    pub(super) fn of(message: &Message<'_>) -> Notice {
        let body = first_text(message);
        let mut kept = Vec::new();
        for line in body.lines() {
            let folded = fold(line);
            let marks = line.trim_start().starts_with(['-', '|', '=', '*', '_']);
            let follows = &mail().original_follows;
            let marked = follows.begins(&folded) || marks && follows.is_part_of(&folded);
            // "The original message was received at …" opens a notice; it does not end it.
            let opens = folded.starts_with("the original message was received");
            let header = line.starts_with("Received: ") || line.starts_with("Return-Path: ");
            if (marked && !opens || header) && kept.iter().any(|l: &&str| !l.trim().is_empty()) {
                break;
            }
            kept.push(line);
        }
        let text = kept.join("\n");
        Notice {
            folded: fold(&text),
            text,
        }
    }

    /// Whether it quotes what a server answered.
    pub(super) fn quotes_an_answer(&self) -> bool {
        ANSWER.is_match(truncated(&self.text, 10_000))
    }

    /// Whether it says that a mail was refused or had no room.
    pub(super) fn is_of_refusal(&self) -> bool {
        mail().refusal.is_part_of(&self.folded)
    }

    /// Whether it says that delivery is late and will be tried again.
    pub(super) fn is_only_a_warning(&self, subject: &str) -> bool {
        let subject = fold(subject);
        let subject_says = mail().late_subjects.is_part_of(&subject);
        let text_says = mail().late.is_part_of(&self.folded);
        let gives_up = mail().gives_up.is_part_of(&self.folded);
        (text_says || (subject_says && self.folded.contains("delay"))) && !gives_up
    }

    /// The addresses that the text says have failed. `ours` are those of whom the bounce is for, and of who wrote it.
    pub(super) fn recipients(&self, ours: &[String]) -> Vec<String> {
        let passed_over = |line: &str| mail().not_failed.begins(&fold(line));
        let usable = |a: &String| {
            let local = a.split('@').next().unwrap_or("");
            !ours.contains(a)
                && !matches!(
                    local,
                    "postmaster" | "mailer-daemon" | "abuse" | "support" | "helpdesk"
                )
        };
        // Best, a line that is about one address: `<a@b>:`, `* a@b`, `RCPT TO:<a@b>`, `550 <a@b>... no`. A line
        // `To: a@b` may repeat the header of the mail that came back.
        let mut lists: [Vec<String>; 3] = Default::default();
        for line in self.text.lines().filter(|l| !passed_over(l)) {
            let found: Vec<String> = addresses(line).into_iter().filter(usable).collect();
            let lower = line.trim_start().to_ascii_lowercase();
            let leads = (lower.starts_with(['<', '*', '-', '"', '\''])
                && !lower.starts_with("<<<"))
                || lower.contains("rcpt to:")
                || lower.contains("address:")
                || LEADING.is_match(&lower);
            let list = &mut lists[if leads {
                0
            } else if lower.starts_with("to:") {
                1
            } else {
                2
            }];
            for address in found {
                if !list.contains(&address) {
                    list.push(address);
                }
            }
        }
        lists
            .into_iter()
            .find(|l| !l.is_empty())
            .unwrap_or_default()
    }
}

/// The first text of a mail that is not part of the mail it encloses.
fn first_text(message: &Message<'_>) -> String {
    let body = message.body_text(0).unwrap_or_default();
    if !body.trim().is_empty() {
        return truncated(&body, 40_000).to_owned();
    }
    // The notice of a broken report may lie in a part that is not declared as text.
    message
        .parts
        .iter()
        .find_map(|p| match &p.body {
            PartType::Text(t) if !t.trim().is_empty() => Some(t.to_string()),
            PartType::Binary(b) if !b.is_empty() => {
                Some(String::from_utf8_lossy(&b[..b.len().min(40_000)]).into_owned())
            }
            _ => None,
        })
        .unwrap_or_default()
}
