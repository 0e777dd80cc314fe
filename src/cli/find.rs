//! `find`: mails by their words.

use anyhow::Result;
use clap::Args;
use serde::Serialize;

use super::{Session, complain, say};
use crate::domain::row::MessageId;
use crate::domain::submission::Submission;
use crate::domain::unit::UnitId;
use crate::domain::zone;
use crate::find;

/// So many mails are listed.
const MOST: usize = 200;

/// One line of JSON.
#[derive(Serialize)]
struct Line<'a> {
    message: MessageId,
    received: String,
    sender: Option<&'a str>,
    unit: Option<&'a UnitId>,
    subject: Option<&'a str>,
    /// The receipt codes of what it was logged as.
    codes: Vec<String>,
    excerpt: &'a str,
}

/// What is looked for.
#[derive(Args, Debug)]
pub(super) struct Find {
    /// The words, in the order in which they stand beside each other
    words: String,
    /// Only those received in this year
    #[arg(long)]
    year: Option<i16>,
    /// One line of JSON a mail
    #[arg(long)]
    json: bool,
}

pub(super) fn run(session: &Session, a: &Find) -> Result<()> {
    let config = session.config()?;
    let store = session.snapshot(&config, session.now())?;
    let search = find::find(&store, &a.words, a.year, MOST)?;
    if store.unsearched()?.is_some() {
        complain(
            "warning: mails from before an upgrade are not all searched yet; the service takes them in",
        );
    }
    if search.found.is_empty() && !a.json {
        say("no mail has these words")?;
    }
    for found in &search.found {
        let Some(m) = store.message(found.message)? else {
            continue;
        };
        let received = m.received_at.to_zoned(zone());
        let logged = store.submissions_of(m.id)?;
        let codes: Vec<String> = logged.iter().map(Submission::code).collect();
        if a.json {
            say(serde_json::to_string(&Line {
                message: m.id,
                received: received.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string(),
                sender: m.sender.as_deref(),
                unit: m.unit.as_ref(),
                subject: m.subject.as_deref(),
                codes,
                excerpt: &found.excerpt,
            })?)?;
            continue;
        }
        let whose = m.unit.as_ref().map(|u| u.0.as_str());
        say(format!(
            "{}  {}  {}  {}\n    {}",
            m.id,
            received.strftime("%Y-%m-%d"),
            whose.or(m.sender.as_deref()).unwrap_or("?"),
            codes.join(", "),
            found.excerpt
        ))?;
    }
    if search.more {
        complain(format_args!(
            "only the last {MOST} are listed; name a year or more words"
        ));
    }
    Ok(())
}
