//! `plan`: the mails that a day would bring, written nowhere.

use anyhow::Result;
use jiff::civil::Date;
use serde::Serialize;

use super::{Session, say};
use crate::config::Config;
use crate::domain::unit::UnitId;
use crate::domain::{date_of, instant};
use crate::letters::{self, Composed};
use crate::standing::{self, Holds};
use crate::store::{Receipts, Store};
use crate::writing::Draft;

/// One line of the JSON interface.
#[derive(Serialize)]
struct Line {
    kind: &'static str,
    unit: Option<UnitId>,
    report: Option<String>,
    period: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    items: Vec<ItemLine>,
    /// Whether it leaves only when staff say so.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    waits_for_staff: bool,
    to: Vec<String>,
    cc: Vec<String>,
    subject: String,
}

/// One of the reports that a mail speaks of.
#[derive(Serialize)]
struct ItemLine {
    report: String,
    period: String,
    step: String,
}

pub(super) fn run(session: &Session, on: Date, json: bool) -> Result<()> {
    let config = session.config()?;
    let now = session.now();
    let schedule = &config.settings.schedule;
    let morning = instant(on, schedule.work_hours.0);
    let store = session.snapshot(&config, now.max(morning))?;
    let mut lines = Vec::new();
    if date_of(now) == on {
        lines.extend(queued_answers(&config, &store, now)?);
    }
    let dead = store.dead_contacts(Receipts::All, now)?;
    let holds = Holds::at(morning, &config, &store)?;
    // Where nothing has run yet, it is shown what would have been from the first day on.
    let at_hand = match Store::path(&config.settings.data).exists() {
        true => now,
        false => store.first_opened()?,
    };
    for planned in standing::on_day(&config, &store, on, at_hand, now)? {
        let Some(to) = standing::addressee(&config, &dead, &planned.unit, on) else {
            continue;
        };
        let draft = letters::reminder_of(&config, &store, &holds, &to, &planned.items, morning)?;
        let items = planned.items.iter().map(|(o, step)| ItemLine {
            report: o.report.clone(),
            period: o.period.to_string(),
            step: step.to_string(),
        });
        let line = line(Some(planned.unit), draft, items.collect());
        lines.push(Line {
            waits_for_staff: planned.asks,
            ..line
        });
    }
    let digest_at = instant(on, schedule.digest_at);
    for address in &config.settings.digest_to {
        let digest = letters::digest(&config, &store, on, Some(address), digest_at)?;
        lines.push(line(None, digest, vec![]));
    }
    for line in &lines {
        if json {
            say(serde_json::to_string(line)?)?;
        } else {
            let unit = line.unit.as_ref().map_or("staff", |u| u.0.as_str());
            let waits = match line.waits_for_staff {
                true => " (waits for a word of staff: see `escalate`)",
                false => "",
            };
            say(format!(
                "{:<16} {:<26} {}{waits}",
                line.kind, unit, line.subject
            ))?;
        }
    }
    Ok(())
}

/// Answers that wait in the outbox.
fn queued_answers(config: &Config, store: &Store, now: jiff::Timestamp) -> Result<Vec<Line>> {
    let mut lines = Vec::new();
    for mail in store.queue(now)? {
        if mail.owed.kind().is_answer()
            && let Composed::Ready(draft) = letters::compose(config, store, &mail, now)?
        {
            lines.push(line(mail.unit, draft, vec![]));
        }
    }
    Ok(lines)
}

fn line(unit: Option<UnitId>, draft: Draft, items: Vec<ItemLine>) -> Line {
    Line {
        kind: draft.kind.public_word(),
        unit,
        report: items.first().map(|i| i.report.clone()),
        period: items.first().map(|i| i.period.clone()),
        items,
        waits_for_staff: false,
        to: draft.to,
        cc: draft.cc,
        subject: draft.subject,
    }
}
