//! The text of a bounce that people read, where servers say in many ways that a mail could not be delivered.

use std::sync::LazyLock;

use mail_parser::{Message, MimeHeaders, PartType};
use regex::Regex;

use super::Headers;
use crate::ground::text::{fold, truncated};

static ADDRESS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"(?i)[a-z0-9!#$%&'*+/=?^_`{|}~.-]+@[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*"#)
        .expect("a valid pattern")
});

/// A line that begins with an address, if need be after the code of an answer.
static LEADING: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^(?:5\d\d[ -](?:5\.\d+\.\d+ )?)?<?[^ <>@]+@[a-z0-9]").expect("a valid pattern")
});

/// Lines (folded) after which a bounce repeats the mail that came back.
const ORIGINAL_FOLLOWS: [&str; 20] = [
    "original message",
    "message headers follow",
    "message header follows",
    "message text follows",
    "this is a copy of the message",
    "below this line is a copy of the message",
    "below the next line is a copy of the message",
    "below is a copy of the original message",
    "unsent message below",
    "unsent message follows",
    "unsent message",
    "original mail info",
    "returned message follows",
    "message header",
    "the original message was",
    "copy of your message",
    "message contents follow",
    "original headers",
    "undelivered message",
    "content of your message",
];

/// What bounces say (folded), whoever writes them.
const FAILURE_PHRASES: [&str; 62] = [
    "could not be delivered",
    "couldn t be delivered",
    "cannot be delivered",
    "can not be delivered",
    "was not delivered",
    "not be delivered to",
    "has not been delivered",
    "undeliverable",
    "undelivered",
    "unable to deliver",
    "wasn t able to deliver",
    "not able to deliver",
    "unable to be delivered",
    "could not deliver",
    "couldn t deliver",
    "did not reach the following recipient",
    "didn t reach the following recipient",
    "delivery to the following recipient",
    "delivery to these recipients",
    "delivery failed",
    "delivery failure",
    "delivery has failed",
    "delivery error",
    "failed to deliver",
    "failed delivery",
    "failed permanently",
    "permanent error",
    "permanent fatal errors",
    "permanent failure",
    "fatal errors",
    "error delivering your mail",
    "error delivering",
    "trouble delivering your message",
    "following address failed",
    "following addresses failed",
    "following address es failed",
    "following recipients failed",
    "addresses had delivery problems",
    "failed addresses follow",
    "rejected your message",
    "message was rejected",
    "message has been rejected",
    "mail was rejected",
    "returned to sender",
    "returning to sender",
    "sorry to have to inform you",
    "this is a permanent error",
    "transcript of session follows",
    "no valid recipients",
    "user unknown",
    "unknown user",
    "no such user",
    "invalid user address",
    "invalid recipient",
    "recipient address rejected",
    "mailbox unavailable",
    "mailbox is full",
    "mailbox full",
    "thu khong the gui",
    "khong the gui thu",
    "khong gui duoc",
    "khong tim thay dia chi",
];

/// What subjects of bounces say (folded).
const SUBJECTS: [&str; 36] = [
    "undeliver",
    "delivery status",
    "delivery failure",
    "delivery failed",
    "delivery has failed",
    "delivery error",
    "delivery notification",
    "delivery report",
    "delivery problem",
    "failure delivery",
    "failure notice",
    "failed delivery",
    "failed mail",
    "mail failed",
    "mail failure",
    "mail error",
    "mail could not be delivered",
    "mail delivery",
    "message delivery",
    "message undeliverable",
    "message you sent blocked",
    "non remis",
    "notification d etat",
    "returned mail",
    "returned to sender",
    "returned message",
    "return receipt error",
    "error sending your mail",
    "unzustellbar",
    "permanent delivery failure",
    "dsn",
    "rejected mail",
    "user unknown",
    "khong the gui",
    "khong gui duoc",
    "errors from",
];

/// The readable text of a bounce, without the mail that it brings back.
#[derive(Debug)]
pub(super) struct Notice {
    pub text: String,
    folded: String,
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
            let marked = ORIGINAL_FOLLOWS.iter().any(|p| {
                folded.starts_with(p)
                    || (folded.contains(p)
                        && line.trim_start().starts_with(['-', '|', '=', '*', '_']))
            });
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

    /// Whether the whole has the air of a bounce: two independent signs out of who wrote it, what the subject says,
    /// what the text says, and what it encloses.
    pub(super) fn is_of_failure(&self, message: &Message<'_>, headers: &Headers<'_>) -> bool {
        let by_mailer = is_mailer(headers);
        let null_path = ["Return-Path", "Return-path"].iter().any(|h| {
            message
                .header_raw(*h)
                .is_some_and(|p| p.trim() == "<>" || fold(p).starts_with("mailer daemon"))
        });
        let subject = fold(headers.subject);
        let says = SUBJECTS.iter().any(|s| subject.contains(s));
        let begins = truncated(&self.folded, 3_000);
        let tells = FAILURE_PHRASES.iter().any(|p| begins.contains(p));
        let encloses = message.parts.iter().skip(1).any(|p| {
            matches!(p.body, PartType::Message(_))
                || p.content_type().is_some_and(|t| {
                    t.subtype()
                        .is_some_and(|s| s.eq_ignore_ascii_case("rfc822-headers"))
                })
        });
        let declared = message.root_part().content_type().is_some_and(|t| {
            t.subtype()
                .is_some_and(|s| s.eq_ignore_ascii_case("report"))
                && t.attribute("report-type")
                    .is_none_or(|r| r.eq_ignore_ascii_case("delivery-status"))
        });
        let automatic =
            headers.sender.starts_with("no-reply") || headers.sender.starts_with("noreply");
        ((by_mailer || null_path || declared) && (says || tells))
            || (automatic && tells && encloses)
    }

    /// Whether it says that delivery is late and will be tried again.
    pub(super) fn is_only_a_warning(&self, subject: &str) -> bool {
        let subject = fold(subject);
        let subject_says = [
            "delay",
            "could not send message for past",
            "still being retried",
            "warning",
        ]
        .iter()
        .any(|p| subject.contains(p));
        let text_says = [
            "this is a warning message only",
            "this is a warning only",
            "you do not need to resend",
            "will be retried",
            "will keep trying",
            "has not yet been delivered",
            "will continue to try",
            "delivery attempts will continue",
            "no action is required on your part",
            "will retry for",
        ]
        .iter()
        .any(|p| self.folded.contains(p));
        let gives_up = [
            "giving up",
            "not going to try again",
            "failed permanently",
            "permanent error",
            "no further",
        ]
        .iter()
        .any(|p| self.folded.contains(p));
        (text_says || (subject_says && self.folded.contains("delay"))) && !gives_up
    }

    /// The addresses that the text says have failed. `ours` are those of whom the bounce is for, and of who wrote it.
    pub(super) fn recipients(&self, ours: &[String]) -> Vec<String> {
        let passed_over = |line: &str| {
            let folded = fold(line);
            [
                "from ",
                "reply to ",
                "mail from",
                "sender ",
                "return path",
                "please contact",
                "contact ",
                "postmaster",
                "if you",
                "message id",
                "http",
                "envelope from",
            ]
            .iter()
            .any(|p| folded.starts_with(p))
        };
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

/// Whether the sender is a server.
fn is_mailer(headers: &Headers<'_>) -> bool {
    let local = headers.sender.split('@').next().unwrap_or("");
    let local_says = local.is_empty()
        || [
            "mailer-daemon",
            "mailerdaemon",
            "postmaster",
            "post_master",
            "poostmaster",
            "mail-daemon",
            "maildaemon",
            "mdaemon",
            "mail.delivery.system",
            "mail-delivery-system",
            "bounce",
            "bounces",
        ]
        .contains(&local)
        || local.starts_with("mailer-daemon");
    let name = fold(headers.name);
    let name_says = [
        "mail delivery",
        "delivery subsystem",
        "delivery system",
        "mailer daemon",
        "mail system",
        "system administrator",
        "postmaster",
        "mail administrator",
        "internet mail",
    ]
    .iter()
    .any(|n| name.contains(n));
    local_says || name_says
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
