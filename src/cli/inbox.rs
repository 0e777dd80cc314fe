//! `inbox`: what waits for a person.

use anyhow::Result;
use serde::Serialize;

use super::{Session, say};
use crate::domain::row::MessageId;
use crate::domain::unit::UnitId;
use crate::domain::zone;
use crate::reading::Role;
use crate::writing::whys_in_vietnamese;

/// One line of JSON.
#[derive(Serialize)]
struct Line<'a> {
    message: MessageId,
    received: String,
    sender: Option<&'a str>,
    subject: Option<&'a str>,
    class: &'static str,
    unit: Option<&'a UnitId>,
    candidates: &'a [UnitId],
    files: Vec<&'a str>,
    why: Vec<String>,
}

pub(super) fn run(session: &Session, json: bool) -> Result<()> {
    let config = session.config()?;
    let store = session.snapshot(&config, session.now())?;
    let waiting = store.waiting()?;
    if waiting.is_empty() && !json {
        say("nothing waits")?;
    }
    for m in &waiting {
        let received = m.received_at.to_zoned(zone());
        let files: Vec<&str> = m
            .reading
            .iter()
            .flat_map(|r| &r.attachments)
            .filter(|a| a.role != Role::Ignored)
            .map(|a| a.name.as_str())
            .collect();
        if json {
            say(serde_json::to_string(&Line {
                message: m.id,
                received: received.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string(),
                sender: m.sender.as_deref(),
                subject: m.subject.as_deref(),
                class: m.reading.as_ref().map_or("unreadable", |r| r.class.word()),
                unit: m.unit.as_ref(),
                candidates: &m.candidates,
                files,
                why: whys_in_vietnamese(&m.why),
            })?)?;
            continue;
        }
        say(format!(
            "{}  {}  {}  {}",
            m.id,
            received.strftime("%Y-%m-%d %H:%M"),
            m.sender.as_deref().unwrap_or("?"),
            m.subject.as_deref().unwrap_or("")
        ))?;
        for why in whys_in_vietnamese(&m.why) {
            say(format!("    {why}"))?;
        }
        let maybe: Vec<&str> = m
            .unit
            .iter()
            .chain(&m.candidates)
            .map(|u| u.0.as_str())
            .collect();
        if !maybe.is_empty() {
            say(format!("    perhaps: {}", maybe.join(", ")))?;
        }
        if !files.is_empty() {
            say(format!("    files: {}", files.join("; ")))?;
        }
    }
    Ok(())
}
