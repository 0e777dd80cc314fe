//! What letters have in common: to whom an answer goes, and text and HTML out of a template.

use anyhow::Result;
use jiff::Timestamp;
use minijinja::{Value, context};
use serde::Serialize;

use crate::config::Config;
use crate::domain::date_of;
use crate::domain::owed::Kind;
use crate::domain::unit::Unit;
use crate::links;
use crate::standing;
use crate::store::{Receipts, Store};
use crate::writing::{Draft, render, render_text};

#[derive(Serialize)]
pub(super) struct UnitView<'a> {
    name: &'a str,
    short_name: &'a str,
}

impl<'a> From<&'a Unit> for UnitView<'a> {
    fn from(u: &'a Unit) -> Self {
        UnitView {
            name: &u.name,
            short_name: &u.short_name,
        }
    }
}

/// Which mail is answered.
pub(super) struct Reply<'a> {
    /// To whom the answer goes.
    pub(super) to: &'a str,
    /// The subject of the mail.
    pub(super) subject: &'a str,
    /// Its thread, ending with its own Message-ID.
    pub(super) thread: Vec<String>,
}

/// The answer to a mail out of the template of its kind, which knows its bare subject as `reply`.
pub(super) fn answer(
    config: &Config,
    kind: Kind,
    reply: Reply<'_>,
    values: Value,
) -> Result<Draft> {
    let values = context! { reply => strip_reply_marks(reply.subject), ..values };
    let (subject, text) = render_text(config, kind, values)?;
    let to = vec![reply.to.to_owned()];
    draft(config, kind, to, vec![], subject, text, reply.thread)
}

/// The unit's own address, where another one sent: whoever keeps that one knows what went in the unit's name.
pub(super) fn also_told(
    config: &Config,
    store: &Store,
    unit: &Unit,
    to: &[String],
    now: Timestamp,
) -> Result<Vec<String>> {
    let is_its_own = |to: &String| unit.emails.iter().any(|e| e.eq_ignore_ascii_case(to));
    if to.iter().any(is_its_own) {
        return Ok(vec![]); // mostly: nothing need be looked up
    }
    let dead = store.dead_contacts(Receipts::All, now)?;
    let own = standing::addressee(config, &dead, &unit.id, date_of(now));
    Ok(own.map(|own| own.to.to_owned()).into_iter().collect())
}

/// `Re: RE: Trả lời: x` → `x`.
pub(super) fn strip_reply_marks(subject: &str) -> &str {
    let mut rest = subject.trim();
    loop {
        let lower = rest.to_lowercase();
        let Some(mark) = ["re:", "trả lời:", "aw:"]
            .iter()
            .find(|m| lower.starts_with(**m))
        else {
            return rest;
        };
        // The marks have the same length in lower and upper case.
        rest = rest.get(mark.len()..).unwrap_or("").trim_start();
    }
}

/// A letter: its text, and the same as HTML.
pub(super) fn draft(
    config: &Config,
    kind: Kind,
    to: Vec<String>,
    cc: Vec<String>,
    subject: String,
    text: String,
    thread: Vec<String>,
) -> Result<Draft> {
    #[derive(Serialize)]
    struct Block<'a> {
        item: bool,
        lines: Vec<&'a str>,
    }
    let blocks: Vec<Block<'_>> = text
        .split("\n\n")
        .map(|b| {
            let lines: Vec<&str> = b.lines().map(str::trim).filter(|l| !l.is_empty()).collect();
            Block {
                item: lines.first().is_some_and(|l| l.starts_with("- ")),
                lines: lines
                    .into_iter()
                    .map(|l| l.trim_start_matches("- "))
                    .collect(),
            }
        })
        .filter(|b| !b.lines.is_empty())
        .collect();
    let reply = match kind.is_for_staff() {
        true => None,
        false => Some(links::reply(&config.settings.mailbox.address, &subject)),
    };
    let html = render(config, "letter.html", context! { blocks, subject, reply })?;
    Ok(Draft {
        kind,
        to,
        cc,
        subject,
        text,
        html,
        thread,
        enclosures: vec![],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_of_replies_do_not_pile_up() {
        assert_eq!(strip_reply_marks("Re: RE: Trả lời: Báo cáo"), "Báo cáo");
        assert_eq!(strip_reply_marks("Báo cáo"), "Báo cáo");
        assert_eq!(strip_reply_marks("re:"), "");
    }
}
