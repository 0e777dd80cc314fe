//! What came in.

use anyhow::Result;
use jiff::Timestamp;
use serde::Serialize;

use super::{DigestData, short_moment};
use crate::config::Config;
use crate::domain::date_of;
use crate::domain::obligation::Obligation;
use crate::links::{Link, Links};
use crate::reading::Class;
use crate::store::{Message, MessageState, Store};

/// A report that came in.
#[derive(Debug, Serialize)]
pub(super) struct News {
    /// Short name of the unit.
    pub(super) unit: String,
    /// Short name of the report.
    pub(super) report: String,
    /// The period in words.
    pub(super) period: String,
    /// Which version it is.
    pub(super) version: u32,
    /// When it was received.
    pub(super) received: String,
    /// Whether it was in time.
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
    obligations: &[Obligation],
    (since, until): (Timestamp, Timestamp),
    links: Option<&Links>,
    data: &mut DigestData,
) -> Result<()> {
    for s in store.logged_between(since, until)? {
        let Some(o) = obligations
            .iter()
            .find(|o| o.unit == s.unit && o.report == s.report && o.period == s.period)
        else {
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
    Ok(())
}

/// One line on the mails that brought no report.
pub(super) fn others(messages: &[Message]) -> String {
    let count = |wanted: &dyn Fn(&Message) -> bool| messages.iter().filter(|m| wanted(m)).count();
    let class = |m: &Message| m.reading.as_ref().map(|r| r.class);
    let noted = |m: &Message| m.state == MessageState::Noted;
    let parts = [
        (
            count(&|m| noted(m) && class(m) == Some(Class::AutoReply)),
            "thư trả lời tự động",
        ),
        (
            count(&|m| noted(m) && matches!(class(m), Some(Class::Bulk | Class::MachineReport))),
            "thư quảng bá, thư hệ thống",
        ),
        (count(&|m| m.state == MessageState::Duplicate), "thư trùng"),
        (
            count(&|m| {
                noted(m)
                    && !matches!(
                        class(m),
                        Some(Class::AutoReply | Class::Bulk | Class::MachineReport | Class::Bounce)
                    )
            }),
            "thư khác không có báo cáo",
        ),
    ];
    let told: Vec<String> = parts
        .iter()
        .filter(|(n, _)| *n > 0)
        .map(|(n, what)| format!("{n} {what}"))
        .collect();
    if told.is_empty() {
        String::new()
    } else {
        format!("Ngoài ra: {}.", told.join(", "))
    }
}
