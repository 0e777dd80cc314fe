//! Mails that could not be delivered: RFC 3464 reports and what other servers write instead.

use std::sync::LazyLock;

use mail_parser::{Message, MimeHeaders, PartType};
use regex::Regex;
use serde::{Deserialize, Serialize};

use super::Class;
use super::text::fold;

/// Whether trying again can help.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BounceKind {
    /// The address does not work (5.x.x).
    Hard,
    /// The mailbox is full, the server was away (4.x.x).
    Soft,
}

/// What could not be delivered to whom.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bounce {
    /// Whether trying again can help.
    pub kind: BounceKind,
    /// The status code (RFC 3463), `5.1.1`.
    pub status: Option<String>,
    /// The addresses that failed, lower case.
    pub recipients: Vec<String>,
    /// The Message-ID of the mail that failed, without brackets.
    pub original_message_id: Option<String>,
}

static ADDRESS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)[a-z0-9._%+='/&-]+@[a-z0-9-]+(?:\.[a-z0-9-]+)+").expect("a valid pattern")
});
static STATUS: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\b([245]\.\d{1,3}\.\d{1,3})\b").expect("a valid pattern"));
static MESSAGE_ID: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?im)^message-id:\s*<([^<>\s]{1,300})>").expect("a valid pattern")
});

/// Decides whether a mail is a report of delivery, and reads it.
pub(super) fn detect(
    message: &Message<'_>,
    sender: &str,
    subject: &str,
) -> Option<(Class, Option<Bounce>)> {
    let report_type = message
        .root_part()
        .content_type()
        .filter(|t| t.ctype().eq_ignore_ascii_case("multipart"))
        .filter(|t| {
            t.subtype()
                .is_some_and(|s| s.eq_ignore_ascii_case("report"))
        })
        .and_then(|t| t.attribute("report-type"))
        .map(str::to_ascii_lowercase);
    match report_type.as_deref() {
        Some("disposition-notification") => return Some((Class::ReadReceipt, None)),
        Some("feedback-report") => return Some((Class::FeedbackReport, None)),
        _ => {}
    }
    if let Some(status) = part_text(message, "delivery-status") {
        return Some(delivery_status(message, &status));
    }
    let local = sender.split('@').next().unwrap_or("");
    let from_mailer = matches!(
        local,
        "mailer-daemon" | "postmaster" | "mail-daemon" | "mdaemon"
    );
    let failed: Vec<String> = message
        .header_raw("X-Failed-Recipients")
        .map(addresses)
        .unwrap_or_default();
    let folded = fold(subject);
    let subject_says = [
        "undeliverable",
        "undelivered mail",
        "delivery status notification failure",
        "mail delivery failed",
        "returned mail",
        "failure notice",
        "delivery failure",
        "khong the gui",
        "thu khong gui duoc",
    ]
    .iter()
    .any(|s| folded.contains(s));
    if !failed.is_empty() || (from_mailer && subject_says) {
        let body = message.body_text(0).unwrap_or_default();
        let status = STATUS.captures(&body).map(|c| c[1].to_owned());
        let recipients = if failed.is_empty() {
            body.lines()
                .find_map(|l| Some(addresses(l)).filter(|a| !a.is_empty()))
                .unwrap_or_default()
        } else {
            failed
        };
        return Some((
            Class::Bounce,
            Some(Bounce {
                kind: kind_of(status.as_deref()),
                status,
                recipients,
                original_message_id: original_id(message),
            }),
        ));
    }
    None
}

/// Reads the machine-readable part (RFC 3464, section 2).
fn delivery_status(message: &Message<'_>, status: &str) -> (Class, Option<Bounce>) {
    let mut failed = Vec::new();
    let mut code = None;
    let mut actions = Vec::new();
    for block in status.split("\n\n") {
        let field = |name: &str| {
            block.lines().find_map(|l| {
                let (k, v) = l.split_once(':')?;
                k.trim()
                    .eq_ignore_ascii_case(name)
                    .then(|| v.trim().to_owned())
            })
        };
        let Some(action) = field("Action").map(|a| a.to_ascii_lowercase()) else {
            continue;
        };
        let recipient = field("Final-Recipient").or_else(|| field("Original-Recipient"));
        if action.starts_with("failed") {
            failed.extend(recipient.map(|r| addresses(&r)).unwrap_or_default());
            code = code.or_else(|| {
                field("Status").and_then(|s| STATUS.captures(&s).map(|c| c[1].to_owned()))
            });
        }
        actions.push(action);
    }
    if actions.iter().any(|a| a.starts_with("failed")) {
        return (
            Class::Bounce,
            Some(Bounce {
                kind: kind_of(code.as_deref()),
                status: code,
                recipients: failed,
                original_message_id: original_id(message),
            }),
        );
    }
    if actions.iter().any(|a| a.starts_with("delayed")) {
        (Class::DelayNotice, None)
    } else {
        (Class::DeliveryNotice, None)
    }
}

fn kind_of(status: Option<&str>) -> BounceKind {
    match status {
        Some(s) if s.starts_with('4') => BounceKind::Soft,
        _ => BounceKind::Hard,
    }
}

fn addresses(text: &str) -> Vec<String> {
    ADDRESS
        .find_iter(text)
        .map(|m| m.as_str().to_ascii_lowercase())
        .collect()
}

/// The text of the first part of a subtype.
fn part_text(message: &Message<'_>, subtype: &str) -> Option<String> {
    message
        .parts
        .iter()
        .find(|p| {
            p.content_type()
                .and_then(|t| t.subtype())
                .is_some_and(|s| s.to_ascii_lowercase().ends_with(subtype))
        })
        .map(|p| String::from_utf8_lossy(p.contents()).replace("\r\n", "\n"))
}

/// The Message-ID of the mail that a bounce brings back.
fn original_id(message: &Message<'_>) -> Option<String> {
    for part in &message.parts {
        match &part.body {
            PartType::Message(inner) => {
                if let Some(id) = inner.message_id() {
                    return Some(id.to_owned());
                }
            }
            PartType::Text(text) => {
                if let Some(found) = MESSAGE_ID.captures(text) {
                    return Some(found[1].to_owned());
                }
            }
            PartType::Binary(bytes) | PartType::InlineBinary(bytes) => {
                let text = String::from_utf8_lossy(&bytes[..bytes.len().min(20_000)]);
                if let Some(found) = MESSAGE_ID.captures(&text) {
                    return Some(found[1].to_owned());
                }
            }
            _ => {}
        }
    }
    None
}
