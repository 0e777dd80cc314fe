//! The receipt for reports.

use std::collections::BTreeSet;

use anyhow::Result;
use jiff::Timestamp;
use jiff::civil::Date;
use minijinja::context;
use serde::Serialize;

use super::answer::{Reply, UnitView, also_told, answer};
use super::figures::{self, FiguresTold};
use super::{Composed, answered, registered, reply_to};
use crate::config::Config;
use crate::domain::obligation::Obligation;
use crate::domain::owed::Kind;
use crate::domain::row::MessageId;
use crate::domain::submission::Submission;
use crate::domain::unit::{Unit, UnitId};
use crate::domain::{date_of, vietnamese_date, vietnamese_moment};
use crate::store::{Message, Outgoing, Receipts, Store};
use crate::writing::{DepartmentView, Draft};

/// So many submissions are told one by one in an acknowledgement; of more it says how many they are.
const MOST_TOLD: usize = 30;

/// The acknowledgement of what a mail brought; of what several brought, where it tells them in the stead of others.
pub(super) fn letter(
    config: &Config,
    store: &Store,
    mail: &Outgoing,
    now: Timestamp,
) -> Result<Composed> {
    let message = answered(store, mail)?;
    let Some(reply) = reply_to(&message) else {
        return Ok(Composed::Dropped("the mail has no sender".into()));
    };
    let others = store.told_in(mail.id)?;
    let reply = match others.is_empty() {
        true => reply,
        // It answers none of them in particular.
        false => Reply {
            subject: "",
            thread: vec![],
            ..reply
        },
    };
    let mut messages = vec![message.clone()];
    for other in others {
        messages.extend(store.message(other)?);
    }
    let mut submissions: Vec<(&Message, Submission)> = Vec::new();
    for message in &messages {
        let logged = store.submissions_of(message.id)?;
        submissions.extend(logged.into_iter().map(|s| (message, s)));
    }
    let Some((_, first)) = submissions.first() else {
        return Ok(Composed::Dropped(
            "nothing of the mail is logged any more".into(),
        ));
    };
    let day = date_of(message.received_at);
    let reports = submissions.iter().map(|(_, s)| s.report.as_str());
    let unit = match registered(config, &first.unit, reports, day) {
        Ok(unit) => unit,
        Err(why) => return Ok(Composed::Blocked(why)),
    };
    let units: BTreeSet<&UnitId> = submissions.iter().map(|(_, s)| &s.unit).collect();
    let mut obligations = Vec::new();
    for unit in units {
        obligations.extend(store.obligations_of(unit, Receipts::All)?);
    }
    let mut receipts: Vec<Receipt<'_>> = submissions
        .iter()
        .filter_map(|(message, submission)| {
            let obligation = obligations.iter().find(|o| {
                o.unit == submission.unit
                    && o.report == submission.report
                    && o.period == submission.period
            })?;
            let files = message.reading.iter().flat_map(|r| &r.attachments);
            let document = files
                .into_iter()
                .find(|a| a.number.is_some() && a.number == submission.number);
            Some(Receipt {
                dated: document.and_then(|a| a.dated.as_ref()?.parse().ok()),
                figures: None,
                submission,
                obligation,
            })
        })
        .collect();
    for receipt in &mut receipts {
        let (submission, obligation) = (receipt.submission, receipt.obligation);
        receipt.figures = figures::told(config, store, submission, obligation, &obligations, now)?;
    }
    let mut draft = draft(config, unit, reply, &receipts)?;
    draft.cc = also_told(config, store, unit, &draft.to, now)?;
    let told = receipts
        .into_iter()
        .take(MOST_TOLD)
        .filter_map(|r| r.figures);
    draft.enclosures = told.filter_map(|f| f.enclosure).collect();
    Ok(Composed::Ready(draft))
}

/// A submission as the acknowledgement tells of it.
struct Receipt<'a> {
    /// What was logged.
    submission: &'a Submission,
    /// What is said of its figures.
    figures: Option<FiguresTold>,
    /// How its obligation stands now.
    obligation: &'a Obligation,
    /// The date of the document that has its number.
    dated: Option<Date>,
}

/// The acknowledgement of what one mail brought, in reply to that mail; or of what several brought, in reply to none.
///
/// # Errors
/// When the template fails.
fn draft(
    config: &Config,
    unit: &Unit,
    reply: Reply<'_>,
    receipts: &[Receipt<'_>],
) -> Result<Draft> {
    #[derive(Serialize)]
    struct View<'a> {
        title: &'a str,
        period: String,
        code: String,
        version: u32,
        received: String,
        due: String,
        on_time: bool,
        nil_return: bool,
        number: Option<&'a str>,
        dated: Option<String>,
        files: &'a [String],
        missing: &'static str,
        waiting: Option<MessageId>,
        required: &'static str,
        figures: Option<&'a FiguresTold>,
    }
    let submissions: Vec<View<'_>> = receipts
        .iter()
        .take(MOST_TOLD)
        .map(|r| View {
            title: config
                .report(&r.submission.report)
                .map_or(r.submission.report.as_str(), |x| x.title.as_str()),
            period: r.submission.period.in_vietnamese(),
            code: r.submission.code(),
            version: r.submission.version,
            received: vietnamese_moment(r.submission.received_at),
            due: vietnamese_moment(r.obligation.due),
            // A later version of a report that was complete in time stays in time.
            on_time: r.submission.received_at <= r.obligation.due
                || r.obligation.on_time() == Some(true),
            nil_return: r.submission.nil_return,
            number: r.submission.number.as_deref(),
            dated: r.dated.map(vietnamese_date),
            files: &r.submission.files,
            missing: r.obligation.missing().in_vietnamese(),
            waiting: r.obligation.waiting,
            required: r.obligation.forms.in_vietnamese(),
            figures: r.figures.as_ref(),
        })
        .collect();
    let values = context! {
        department => DepartmentView::from(&config.settings.department),
        unit => UnitView::from(unit),
        submissions,
        more => receipts.len().saturating_sub(MOST_TOLD),
    };
    answer(config, Kind::Acknowledgement, reply, values)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::obligation::tests::{at, obligation};
    use crate::domain::submission::tests::submission;

    #[test]
    fn what_another_address_sent_is_told_to_the_units_own_too_while_that_works() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("config");
        let config = Config::load(&folder).unwrap();
        let unit = config.register.units.iter().find(|u| u.emails.len() == 1);
        let unit = unit.unwrap();
        let own = unit.emails[0].clone();
        let now = at("2026-06-01T00:00:00Z");
        let store = Store::in_memory(now).unwrap();
        let told = |to: &str| also_told(&config, &store, unit, &[to.to_owned()], now).unwrap();
        assert_eq!(told("ca.nhan@x.example"), std::slice::from_ref(&own));
        assert!(told(&own.to_uppercase()).is_empty());
    }

    #[test]
    fn an_acknowledgement_does_not_ask_for_what_may_wait_in_another_mail() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("config");
        let config = Config::load(&folder).unwrap();
        let mut obligation = obligation("ldld-dong-hoa", "2026-06-15T10:00:00Z");
        let submission = submission(&obligation);
        let text = |obligation: &Obligation| {
            let receipt = Receipt {
                submission: &submission,
                figures: None,
                obligation,
                dated: None,
            };
            let reply = Reply {
                to: "a@b.example",
                subject: "Báo cáo",
                thread: vec![],
            };
            let unit = &config.register.units[1];
            draft(&config, unit, reply, &[receipt]).unwrap().text
        };
        assert!(text(&obligation).contains("gửi bổ sung"));
        obligation.waiting = Some(MessageId(9));
        let told = text(&obligation);
        assert!(
            told.contains("(thư số 9)") && !told.contains("gửi bổ sung"),
            "{told}"
        );
    }
}
