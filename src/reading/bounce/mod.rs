//! Mails that could not be delivered: RFC 3464 reports and what other servers write instead.
//!
//! [`fields`] reads the machine-readable part, [`notice`] the text that people read, [`reason`] tells whether the
//! address is at fault.

mod fields;
mod notice;
mod reason;

use mail_parser::{Message, MimeHeaders, PartType};
use serde::{Deserialize, Serialize};

use super::Class;
use fields::Action;
use notice::Notice;

/// Whether the address is at fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BounceKind {
    /// The address does not work: there is no such user or host, or it takes no mail.
    Hard,
    /// The address may be right: the mailbox is full, the server was away, the mail was not liked.
    Soft,
}

/// What could not be delivered to whom.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bounce {
    /// Hard if at least one of the addresses is at fault.
    pub kind: BounceKind,
    /// The status code (RFC 3463), `5.1.1`.
    pub status: Option<String>,
    /// The addresses that failed, lower case.
    pub recipients: Vec<String>,
    /// The Message-ID of the mail that failed, without brackets.
    pub original_message_id: Option<String>,
}

/// Who the bounce came from and to, which are not the addresses that failed.
pub(super) struct Headers<'h> {
    /// From, lower case; empty where there is none.
    pub sender: &'h str,
    /// The display name of From.
    pub name: &'h str,
    /// Subject.
    pub subject: &'h str,
}

/// Decides whether a mail tells of a delivery, and reads it.
pub(super) fn detect(
    message: &Message<'_>,
    headers: &Headers<'_>,
) -> Option<(Class, Option<Bounce>)> {
    if is_report(message, "disposition-notification") {
        return Some((Class::ReadReceipt, None));
    }
    if is_report(message, "feedback-report") {
        return Some((Class::FeedbackReport, None));
    }
    let blocks = fields::read(message);
    let notice = Notice::of(message);
    let x_failed = notice::addresses(message.header_raw("X-Failed-Recipients").unwrap_or(""));
    let told = blocks.iter().filter_map(|b| b.action).collect::<Vec<_>>();
    let failed = told.contains(&Action::Failed);
    if !failed && !told.is_empty() {
        let class = if told.contains(&Action::Delayed) {
            Class::DelayNotice
        } else {
            Class::DeliveryNotice
        };
        return Some((class, None));
    }
    let evidence = failed
        || !blocks.is_empty()
        || !x_failed.is_empty()
        || notice.is_of_failure(message, headers);
    if !evidence {
        return None;
    }
    if !failed && notice.is_only_a_warning(headers.subject) {
        return Some((Class::DelayNotice, None));
    }
    let ours = own_addresses(message, headers);
    let mut recipients: Vec<String> = Vec::new();
    let mut add = |found: Vec<String>| {
        for address in found {
            if !recipients.contains(&address) {
                recipients.push(address);
            }
        }
    };
    for block in blocks
        .iter()
        .filter(|b| b.action == Some(Action::Failed) || !failed)
    {
        add(block.recipient.clone().into_iter().collect());
    }
    add(x_failed);
    if recipients.is_empty() {
        recipients = notice.recipients(&ours);
    }
    if recipients.is_empty() {
        recipients = original(message).map(|o| o.to).unwrap_or_default();
    }
    let diagnoses: Vec<(String, Option<String>)> = if blocks.iter().any(|b| !b.diagnosis.is_empty())
    {
        blocks
            .iter()
            .map(|b| (b.diagnosis.clone(), b.status.clone()))
            .collect()
    } else {
        let status = blocks.iter().find_map(|b| b.status.clone());
        vec![(notice.text.clone(), status)]
    };
    let at_fault = diagnoses
        .iter()
        .any(|(text, status)| reason::address_is_at_fault(text, status.as_deref(), &notice.text));
    let status = blocks
        .iter()
        .find_map(|b| b.status.clone())
        .or_else(|| reason::status_in(&notice.text));
    Some((
        Class::Bounce,
        Some(Bounce {
            kind: if at_fault {
                BounceKind::Hard
            } else {
                BounceKind::Soft
            },
            status,
            recipients,
            original_message_id: original(message).and_then(|o| o.message_id),
        }),
    ))
}

/// Whether a mail is a multipart/report of a type, or has the part that such a report is made of.
fn is_report(message: &Message<'_>, kind: &str) -> bool {
    let declared = message
        .root_part()
        .content_type()
        .filter(|t| t.ctype().eq_ignore_ascii_case("multipart"))
        .filter(|t| {
            t.subtype()
                .is_some_and(|s| s.eq_ignore_ascii_case("report"))
        })
        .and_then(|t| t.attribute("report-type"))
        .is_some_and(|t| t.eq_ignore_ascii_case(kind));
    declared || message.parts.iter().any(|p| subtype_is(p, kind))
}

/// Whether a part is `message/KIND` (or `message/global-KIND`, RFC 6533).
fn subtype_is(part: &mail_parser::MessagePart<'_>, kind: &str) -> bool {
    part.content_type().is_some_and(|t| {
        let subtype = t.subtype().unwrap_or("").to_ascii_lowercase();
        t.ctype().eq_ignore_ascii_case("message")
            && (subtype == kind || subtype.strip_prefix("global-") == Some(kind))
    })
}

/// Addresses that a bounce names without meaning that they failed: whom it is for, and who wrote it.
fn own_addresses(message: &Message<'_>, headers: &Headers<'_>) -> Vec<String> {
    let mut ours = vec![headers.sender.to_owned()];
    for list in [message.to(), message.cc()].into_iter().flatten() {
        ours.extend(
            list.iter()
                .filter_map(|a| a.address())
                .map(str::to_lowercase),
        );
    }
    ours.extend(original(message).into_iter().flat_map(|o| o.from));
    ours
}

/// What is known of the mail that came back.
struct Original {
    message_id: Option<String>,
    from: Vec<String>,
    to: Vec<String>,
}

/// The mail that a bounce brings back, whole, as headers only, or pasted into the text.
fn original(message: &Message<'_>) -> Option<Original> {
    let addresses = |list: Option<&mail_parser::Address<'_>>| -> Vec<String> {
        list.into_iter()
            .flat_map(|l| l.iter())
            .filter_map(|a| a.address())
            .map(str::to_lowercase)
            .collect()
    };
    let known = |inner: &Message<'_>| Original {
        message_id: inner.message_id().map(str::to_owned),
        from: addresses(inner.from()),
        to: addresses(inner.to()),
    };
    for part in &message.parts {
        if let PartType::Message(inner) = &part.body
            && !inner.headers().is_empty()
        {
            return Some(known(inner));
        }
    }
    // Headers alone, or pasted at the end of the text.
    for part in &message.parts {
        let text = match &part.body {
            PartType::Text(text) => text.as_ref().to_owned(),
            PartType::Binary(bytes) | PartType::InlineBinary(bytes) => {
                String::from_utf8_lossy(&bytes[..bytes.len().min(50_000)]).into_owned()
            }
            _ => continue,
        };
        let pasted = notice::pasted_headers(&text);
        if let Some(inner) = pasted.and_then(|p| {
            mail_parser::MessageParser::default()
                .parse(p.as_bytes())
                .map(mail_parser::Message::into_owned)
        }) && (inner.message_id().is_some() || inner.to().is_some())
        {
            return Some(known(&inner));
        }
    }
    None
}
