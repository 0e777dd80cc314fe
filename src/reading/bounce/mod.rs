//! Mails that could not be delivered: RFC 3464 reports and what other servers write instead.
//!
//! [`evidence`] tells whether a mail is one, [`fields`] reads the machine-readable part, [`notice`] the text that people
//! read, [`reason`] tells whether the address is at fault.

mod evidence;
mod fields;
mod notice;
mod reason;

use mail_parser::{Message, MimeHeaders, PartType};
use serde::{Deserialize, Serialize};

use super::Class;
use evidence::Sign;
use fields::{Action, Block};
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
    pub subject: &'h str,
    /// The mailbox's own addresses, lower case.
    pub own: &'h [String],
}

/// Decides whether a mail tells of a delivery, and reads it.
pub(super) fn detect(
    message: &Message<'_>,
    headers: &Headers<'_>,
) -> Option<(Class, Option<Bounce>)> {
    let blocks = fields::declared(message);
    let x_failed = notice::addresses(message.header_raw("X-Failed-Recipients").unwrap_or(""));
    let notice = Notice::of(message);
    let mut signs = evidence::signs(message, headers, &notice);
    let is = |kind: &str| is_report(message, kind) && !signs.contains(&Sign::PersonsDocument);
    if is("feedback-report") {
        return Some((Class::FeedbackReport, None));
    }
    let receipt = is("disposition-notification");
    // Of a mail that was refused or had no room, some servers say that it was deleted unread.
    if receipt && !notice.is_of_refusal() {
        return Some((Class::ReadReceipt, None));
    }
    if receipt || !blocks.is_empty() {
        signs.push(Sign::Fields);
    }
    if !x_failed.is_empty() {
        signs.push(Sign::FailedHeader);
    }
    if !evidence::speak_for(&signs) {
        return None;
    }
    let original = original(message);
    if let Some(original) = &original {
        signs.extend(evidence::of_original(original, headers.own));
    }
    let named = notice.recipients(&own_addresses(message, headers, original.as_ref()));
    if !named.is_empty() {
        signs.push(Sign::NamesAddress);
    }
    if !evidence::suffices(&signs) {
        return receipt.then_some((Class::ReadReceipt, None));
    }
    let told: Vec<Action> = blocks.iter().filter_map(|b| b.action).collect();
    let failed = told.contains(&Action::Failed);
    if !failed && !told.is_empty() {
        let class = if told.contains(&Action::Delayed) {
            Class::DelayNotice
        } else {
            Class::DeliveryNotice
        };
        return Some((class, None));
    }
    if !failed && notice.is_only_a_warning(headers.subject) {
        return Some((Class::DelayNotice, None));
    }
    let blocks = match blocks.is_empty() {
        true => fields::pasted(message),
        false => blocks,
    };
    let mut failures: Vec<Block> = blocks
        .into_iter()
        .filter(|b| b.action == Some(Action::Failed) || !failed)
        .collect();
    add(&mut failures, x_failed);
    let addressed = original.as_ref().map(|o| o.to.clone());
    for addresses in [named, addressed.unwrap_or_default()] {
        if failures.iter().all(|f| f.recipient.is_none()) {
            add(&mut failures, addresses);
        }
    }
    let original = original.and_then(|o| o.message_id);
    Some((Class::Bounce, Some(judged(&failures, &notice, original))))
}

/// What failed for whom, and whether the addresses are at fault.
fn judged(failures: &[Block], notice: &Notice, original_message_id: Option<String>) -> Bounce {
    let mut recipients: Vec<String> = Vec::new();
    for recipient in failures.iter().filter_map(|f| f.recipient.as_ref()) {
        if !recipients.contains(recipient) {
            recipients.push(recipient.clone());
        }
    }
    let said = reason::Said {
        notice: &notice.text,
        alone: recipients.len() <= 1,
    };
    let at_fault = match failures {
        [] => said.blames_the_address(&Block::default()),
        some => some.iter().any(|f| said.blames_the_address(f)),
    };
    let status = failures
        .iter()
        .find_map(|f| f.status.clone())
        .or_else(|| reason::status_in(&notice.text));
    Bounce {
        kind: if at_fault {
            BounceKind::Hard
        } else {
            BounceKind::Soft
        },
        status,
        recipients,
        original_message_id,
    }
}

/// Adds addresses that are not yet among the failures; the first gives a failure without a recipient its name.
fn add(failures: &mut Vec<Block>, addresses: Vec<String>) {
    for address in addresses {
        if failures
            .iter()
            .any(|f| f.recipient.as_ref() == Some(&address))
        {
            continue;
        }
        match failures.iter_mut().find(|f| f.recipient.is_none()) {
            Some(nameless) => nameless.recipient = Some(address),
            None => failures.push(Block {
                recipient: Some(address),
                ..Block::default()
            }),
        }
    }
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
fn own_addresses(
    message: &Message<'_>,
    headers: &Headers<'_>,
    original: Option<&Original>,
) -> Vec<String> {
    let mut ours = headers.own.to_vec();
    ours.push(headers.sender.to_owned());
    for list in [message.to(), message.cc()].into_iter().flatten() {
        ours.extend(
            list.iter()
                .filter_map(|a| a.address())
                .map(str::to_lowercase),
        );
    }
    ours.extend(original.into_iter().flat_map(|o| o.from.clone()));
    ours
}

/// How a mail that came back stands in another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum How {
    /// As a part, whole or its head.
    Enclosed,
    /// Its raw head in the text, as servers repeat it.
    RawHead,
    /// Who wrote when to whom about what, as people's programs quote it, too.
    Quoted,
}

/// What is known of the mail that came back.
struct Original {
    how: How,
    message_id: Option<String>,
    from: Vec<String>,
    to: Vec<String>,
}

impl Original {
    fn of(inner: &Message<'_>, how: How) -> Original {
        let addresses = |list: Option<&mail_parser::Address<'_>>| -> Vec<String> {
            list.into_iter()
                .flat_map(|l| l.iter())
                .filter_map(|a| a.address())
                .map(str::to_lowercase)
                .collect()
        };
        Original {
            how,
            message_id: inner.message_id().map(str::to_owned),
            from: addresses(inner.from()),
            to: addresses(inner.to()),
        }
    }
}

/// The mail that a bounce brings back, whole, as headers only, or pasted into the text.
fn original(message: &Message<'_>) -> Option<Original> {
    for part in &message.parts {
        if let PartType::Message(inner) = &part.body
            && !inner.headers().is_empty()
            && !subtype_is(part, "delivery-status")
        {
            return Some(Original::of(inner, How::Enclosed));
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
        let Some(pasted) = notice::pasted_headers(&text) else {
            continue;
        };
        let headers_only = part
            .content_type()
            .and_then(|t| t.subtype())
            .is_some_and(|s| s.eq_ignore_ascii_case("rfc822-headers"));
        let inner = mail_parser::MessageParser::default().parse(pasted.as_bytes());
        if let Some(inner) = inner
            && (inner.message_id().is_some() || inner.to().is_some())
        {
            let raw = inner.message_id().is_some() || inner.received().is_some();
            let how = match (headers_only, raw) {
                (true, _) => How::Enclosed,
                (false, true) => How::RawHead,
                (false, false) => How::Quoted,
            };
            return Some(Original::of(&inner, how));
        }
    }
    None
}
