//! What the demo tells at its end: what came in, who was reminded, how it stands, and where all that is to be seen.

use std::fs;
use std::path::Path;

use anyhow::Result;
use jiff::civil::Time;
use jiff::{Timestamp, ToSpan};

use super::{FIRST, LAST};
use crate::cli::say;
use crate::config::Config;
use crate::domain::obligation::Obligation;
use crate::domain::owed::{Kind, Owed};
use crate::domain::submission::Submission;
use crate::domain::{instant, zone};
use crate::letters;
use crate::standing::View;
use crate::store::{Message, MessageState, Outgoing, Receipts, Store};
use crate::writing;

/// Tells the whole story up to its last moment.
pub(super) fn tell(dir: &Path, config: &Config, store: &Store, end: Timestamp) -> Result<()> {
    let start = instant(FIRST, Time::midnight()) - 1.second();
    say("Thubaocao demo: three weeks of June 2026 in the department's mailbox.\n")?;
    let sent = store.ended_between(start, end + 1.second())?;
    let obligations = store.obligations(Receipts::All)?;
    what_came(store, start, end, &sent)?;
    who_was_reminded(store, &sent, &obligations)?;
    how_it_stands(&View::at(end, config, store)?, &obligations, start)?;
    where_to_look(dir, config, store, &sent)
}

/// Every mail that came, what was made of it, and how many there were of each.
fn what_came(store: &Store, start: Timestamp, end: Timestamp, sent: &[Outgoing]) -> Result<()> {
    say("What came in, and what was made of it")?;
    let (mut logged, mut waiting, mut noted) = (0, 0, 0);
    for m in store.stored_between(start, end)? {
        let unit = m.unit.as_ref().map(|u| u.0.as_str());
        let who = unit.or(m.sender.as_deref()).unwrap_or("?");
        *match m.state {
            MessageState::Logged => &mut logged,
            MessageState::Waiting => &mut waiting,
            _ => &mut noted,
        } += 1;
        say(format!(
            "  {}  {who:<26} “{}”\n{:15}{}",
            moment(m.received_at),
            m.subject.as_deref().unwrap_or(""),
            "",
            what_became(&m, &store.submissions_of(m.id)?)
        ))?;
    }
    say(format!(
        "  {logged} logged, {waiting} wait for staff, {noted} noted; {} acknowledgements went out.\n",
        count(sent, Kind::Acknowledgement)
    ))?;
    Ok(())
}

/// What was made of one mail.
fn what_became(mail: &Message, submissions: &[Submission]) -> String {
    match mail.state {
        MessageState::Logged => {
            let parts: Vec<String> = submissions.iter().map(in_short).collect();
            format!("logged: {}", parts.join("; "))
        }
        MessageState::Waiting => format!(
            "waits for staff: {}",
            writing::whys_in_vietnamese(&mail.why).join("; ")
        ),
        _ => {
            let class = mail.reading.as_ref().map_or("?", |r| r.class.word());
            format!("noted, not answered ({class})")
        }
    }
}

/// A submission with what is out of the ordinary about it.
fn in_short(s: &Submission) -> String {
    let version = match s.version {
        1 => String::new(),
        n => format!(", version {n}"),
    };
    let nil = if s.nil_return {
        ", nothing to report"
    } else {
        ""
    };
    let late = if s.received_at > s.due {
        ", after the deadline"
    } else {
        ""
    };
    let forms = s.forms.names().join(" + ");
    format!("{} {} ({forms}{version}{nil}{late})", s.report, s.period)
}

/// The reminders that left: those that say the same in one line, with the number of units.
fn who_was_reminded(store: &Store, sent: &[Outgoing], obligations: &[Obligation]) -> Result<()> {
    say("Who was reminded")?;
    let mut lines: Vec<(String, u32)> = Vec::new();
    for mail in sent {
        let Owed::Reminder { day, .. } = &mail.owed else {
            continue;
        };
        let steps = store.steps_of(mail.id)?;
        let of: Vec<String> = steps
            .iter()
            .filter_map(|(id, step)| {
                let o = obligations.iter().find(|o| o.id == *id)?;
                Some(format!("{} {} [{step}]", o.report, o.period))
            })
            .collect();
        let kind = mail.owed.kind().public_word();
        let line = format!("  {day}  {kind:<16} {}", of.join(", "));
        match lines.iter_mut().find(|(l, _)| *l == line) {
            Some((_, n)) => *n += 1,
            None => lines.push((line, 1)),
        }
    }
    for (line, n) in lines {
        say(format!(
            "{line}: {n} {}",
            if n == 1 { "unit" } else { "units" }
        ))?;
    }
    Ok(())
}

/// The rates of each report whose deadline fell into the story.
fn how_it_stands(view: &View<'_>, obligations: &[Obligation], start: Timestamp) -> Result<()> {
    say("\nHow it stands on 23/6")?;
    let mut seen: Vec<(&str, String)> = Vec::new();
    for o in obligations {
        let key = (o.report.as_str(), o.period.to_string());
        if seen.contains(&key) || o.due > view.now() || o.due < start {
            continue;
        }
        let group = obligations
            .iter()
            .filter(|x| x.report == o.report && x.period == o.period);
        let r = view.rates(group);
        say(format!(
            "  {:<17} {:<8} {:>2} expected, {:>2} complete ({} %), {:>2} on time ({} %), {:>2} with a form missing, {} waiting for staff, {:>2} with nothing",
            key.0,
            key.1,
            r.expected,
            r.complete,
            r.reporting_rate().unwrap_or(0),
            r.on_time,
            r.timeliness().unwrap_or(0),
            r.partial,
            r.waiting,
            r.overdue + r.closed
        ))?;
        seen.push(key);
    }
    Ok(())
}

/// Lays the last digest down as a page, and says where that and all mails are, and how to go on.
fn where_to_look(dir: &Path, config: &Config, store: &Store, sent: &[Outgoing]) -> Result<()> {
    let draft = letters::digest(
        config,
        store,
        LAST,
        config.settings.digest_to.first().map(String::as_str),
        instant(LAST, Time::constant(7, 0, 0, 0)),
    )?;
    let html = dir.join("digest.html");
    fs::write(&html, &draft.html)?;
    say(format!(
        "\n{} digests went out, one a day.",
        count(sent, Kind::Digest)
    ))?;
    say(format!(
        "  The last one, as staff see it: {}",
        html.display()
    ))?;
    say(format!(
        "  Every mail that went out:      {}",
        dir.join("outbox").display()
    ))?;
    say(format!(
        "\nEvery command works here, for example:\n  thubaocao --config {} inbox --at 2026-06-23T18:00:00+07:00",
        dir.join("config").display()
    ))?;
    Ok(())
}

fn count(sent: &[Outgoing], kind: Kind) -> usize {
    sent.iter().filter(|m| m.owed.kind() == kind).count()
}

fn moment(at: Timestamp) -> String {
    at.to_zoned(zone()).strftime("%d/%m %H:%M").to_string()
}
