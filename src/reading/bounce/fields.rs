//! The machine-readable part of a report of delivery (RFC 3464, section 2), also as careless servers write it.

use mail_parser::{Message, MessagePart, PartType};

use super::notice::addresses;
use super::subtype_is;
use crate::ground::text::fold;

/// What became of the mail for one recipient (RFC 3464, 2.3.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    Failed,
    Delayed,
    /// Delivered, relayed or expanded.
    Delivered,
}

/// The fields of one recipient.
#[derive(Debug, Default)]
pub(super) struct Block {
    pub action: Option<Action>,
    pub recipient: Option<String>,
    pub status: Option<String>,
    /// Diagnostic-Code and what PowerMTA makes of it, as one line.
    pub diagnosis: String,
}

/// The recipients that a report declares. Empty where there is no such part.
pub(super) fn declared(message: &Message<'_>) -> Vec<Block> {
    of_parts(message, &|p| subtype_is(p, "delivery-status"))
}

/// The recipients in a report that a gateway wrapped in another mail or pasted into the text.
pub(super) fn pasted(message: &Message<'_>) -> Vec<Block> {
    let enclosed = message.parts.iter().filter_map(|p| match &p.body {
        PartType::Message(inner) => Some(declared(inner)),
        _ => None,
    });
    let mut blocks: Vec<Block> = enclosed.flatten().collect();
    if blocks.is_empty() {
        blocks = of_parts(message, &|p| matches!(p.body, PartType::Text(_)));
    }
    blocks.retain(|b| b.action == Some(Action::Failed) && b.recipient.is_some());
    blocks
}

/// The recipients in the parts that are wanted.
fn of_parts(message: &Message<'_>, wanted: &dyn Fn(&MessagePart<'_>) -> bool) -> Vec<Block> {
    let mut blocks = Vec::new();
    for part in message.parts.iter().filter(|p| wanted(p)) {
        let text = match &part.body {
            PartType::Text(t) => t.to_string(),
            PartType::Binary(b) | PartType::InlineBinary(b) => {
                String::from_utf8_lossy(b).into_owned()
            }
            // Some parsers, and some servers, take the fields for headers of an enclosed mail.
            PartType::Message(m) => String::from_utf8_lossy(m.raw_message()).into_owned(),
            _ => continue,
        };
        blocks.extend(recipients(&text.replace("\r\n", "\n")));
    }
    blocks
}

/// Splits the fields at empty lines and at each further Final-Recipient.
fn recipients(text: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut current = Block::default();
    let flush = |current: &mut Block, blocks: &mut Vec<Block>| {
        let block = std::mem::take(current);
        if block.recipient.is_some() || block.action.is_some() {
            blocks.push(block);
        }
    };
    for (name, value) in unfolded(text) {
        match name.as_str() {
            "" => flush(&mut current, &mut blocks),
            "final-recipient" | "original-recipient" | "x-actual-recipient" => {
                if name == "final-recipient"
                    && current.action.is_some()
                    && current.recipient.is_some()
                {
                    flush(&mut current, &mut blocks);
                }
                let found = addresses(&value).into_iter().next();
                let better = name == "final-recipient" || current.recipient.is_none();
                if better && found.is_some() {
                    current.recipient = found;
                }
            }
            "action" => current.action = action(&value),
            "status" => current.status = super::reason::status_in(&value).or(current.status.take()),
            "diagnostic-code" | "x-powermta-bouncecategory" => {
                current.diagnosis += " ";
                current.diagnosis += &value;
            }
            _ => {}
        }
    }
    flush(&mut current, &mut blocks);
    // A field that is misspelt in one place must not hide a failure: a 5.x.x without an action is one.
    for block in &mut blocks {
        if block.action.is_none() && block.status.as_deref().is_some_and(|s| s.starts_with('5')) {
            block.action = Some(Action::Failed);
        }
    }
    blocks
}

fn action(value: &str) -> Option<Action> {
    match fold(value).split(' ').next().unwrap_or("") {
        "failed" | "failure" | "fail" | "expired" => Some(Action::Failed),
        "delayed" => Some(Action::Delayed),
        "delivered" | "relayed" | "expanded" | "deliverable" => Some(Action::Delivered),
        _ => None,
    }
}

/// Fields with their continuation lines joined, lower-case names; an empty name is an empty line.
fn unfolded(text: &str) -> Vec<(String, String)> {
    let mut fields: Vec<(String, String)> = Vec::new();
    for line in text.lines() {
        if line.trim().is_empty() {
            fields.push((String::new(), String::new()));
        } else if line.starts_with([' ', '\t']) && fields.last().is_some_and(|(n, _)| !n.is_empty())
        {
            if let Some((_, value)) = fields.last_mut() {
                value.push(' ');
                value.push_str(line.trim());
            }
        } else if let Some((name, value)) = line.split_once(':') {
            fields.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
        }
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_read_without_empty_lines_between_recipients_and_with_misspelt_actions() {
        let blocks = recipients(concat!(
            "Reporting-MTA: dns; x.example\n\n",
            "Final-Recipient: rfc822; A@x.example\nAction: failed\nStatus: 5.1.1\n",
            "Final-Recipient: RFC822; <b@x.example>\nction: failed\nStatus: 5.2.2 (mailbox\n full)\n",
            "Diagnostic-Code: smtp; 552\n 5.2.2 full\n",
        ));
        assert_eq!(blocks.len(), 2);
        assert_eq!(blocks[0].recipient.as_deref(), Some("a@x.example"));
        assert_eq!(blocks[1].action, Some(Action::Failed));
        assert_eq!(blocks[1].diagnosis, " smtp; 552 5.2.2 full");
    }
}
