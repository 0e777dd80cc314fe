//! What came in.

use std::collections::{HashMap, HashSet};

use anyhow::Result;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;

use super::tasks::Names;
use super::{DigestData, short_moment};
use crate::config::Config;
use crate::domain::date_of;
use crate::domain::submission::Submission;
use crate::domain::why::Why;
use crate::ground::text::truncated;
use crate::links::{Link, Links};
use crate::reading::{Class, Trust};
use crate::store::{Message, MessageState, Receipts, Store};

/// So many reports are accepted by one mail: it still opens in every program.
const MOST_TOGETHER: usize = 60;

/// A report that came in.
#[derive(Debug, Serialize)]
pub(super) struct News {
    /// Short name of the unit.
    pub(super) unit: String,
    /// Short name of the report.
    pub(super) report: String,
    /// The period in words.
    pub(super) period: String,
    pub(super) version: u32,
    /// When it was received.
    pub(super) received: String,
    pub(super) on_time: bool,
    /// What is still missing.
    pub(super) missing: String,
    /// The receipt code.
    pub(super) code: String,
    /// What may be done, each a prepared mail.
    pub(super) links: Vec<Link>,
}

/// The reports that came in.
pub(super) fn news(
    config: &Config,
    store: &Store,
    (since, until): (Timestamp, Timestamp),
    messages: &[Message],
    (day, links): (Date, Option<&Links>),
    data: &mut DigestData,
) -> Result<()> {
    let logged = store.logged_between(since, until)?;
    let mut rows = Vec::new();
    for s in &logged {
        rows.extend(store.obligation_id(&s.unit, &s.report, &s.period)?);
    }
    let served = store.obligations_in(&rows, Receipts::Until(until))?;
    let served = served.iter().map(|o| ((&o.unit, &o.report, &o.period), o));
    let found: HashMap<_, _> = served.collect();
    for s in &logged {
        let Some(o) = found.get(&(&s.unit, &s.report, &s.period)) else {
            continue;
        };
        data.news.push(News {
            unit: config.unit_name(&s.unit, date_of(s.received_at)),
            report: config.report_name(&s.report),
            period: s.period.in_vietnamese(),
            version: s.version,
            received: short_moment(s.received_at),
            on_time: s.received_at <= s.due || o.on_time() == Some(true),
            missing: o.missing().in_vietnamese().to_owned(),
            code: s.code(),
            links: links.map_or(vec![], |l| l.for_submission(s.id, &s.code())),
        });
    }
    let verified = messages.iter().filter(|m| {
        let reading = m.reading.as_ref();
        reading.is_some_and(|r| r.trust == Trust::Pass)
    });
    let verified: HashSet<_> = verified.map(|m| m.id).collect();
    let of_verified = |s: &&Submission| s.message.is_some_and(|m| verified.contains(&m));
    let codes: Vec<String> = logged
        .iter()
        .filter(of_verified)
        .map(Submission::code)
        .collect();
    // One by itself has its own link.
    if codes.len() > 1 {
        let codes = &codes[..codes.len().min(MOST_TOGETHER)];
        data.accept_all = links.map(|l| l.for_news(day, codes));
    }
    Ok(())
}

/// How many mails brought no report, by what they are.
#[derive(Debug, Default, Serialize)]
pub(super) struct Others {
    /// Of machines that answer.
    automatic: u32,
    /// Of lists and machines.
    bulk: u32,
    /// What had come before.
    duplicate: u32,
    /// All others.
    without_report: u32,
    /// Of those the units' that are no mere thanks: staff may want to answer.
    of_units: Option<Names>,
}

/// The mails that brought no report. Others tell of reports, of what waits, and of bounces.
pub(super) fn others(config: &Config, messages: &[Message]) -> Others {
    let mut others = Others::default();
    let talks = |m: &&Message| m.state == MessageState::Noted && m.why != [Why::Courtesy];
    let named = messages.iter().filter(talks).filter_map(|m| {
        let unit = config.unit_name(m.unit.as_ref()?, date_of(m.received_at));
        let subject = truncated(m.subject.as_deref().unwrap_or_default().trim(), 90);
        Some(format!("{unit}: “{subject}”"))
    });
    others.of_units = Names::of(named.collect());
    for message in messages {
        let class = message.reading.as_ref().map(|r| r.class);
        *match (message.state, class) {
            (MessageState::Duplicate, _) => &mut others.duplicate,
            (MessageState::Noted, Some(Class::AutoReply)) => &mut others.automatic,
            (MessageState::Noted, Some(Class::Bulk | Class::MachineReport)) => &mut others.bulk,
            (MessageState::Noted, Some(Class::Bounce)) => continue,
            (MessageState::Noted, _) => &mut others.without_report,
            _ => continue,
        } += 1;
    }
    others
}
