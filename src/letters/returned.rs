//! That a report is sent back: why, and until when it is awaited again.

use anyhow::Result;
use jiff::Timestamp;
use minijinja::context;

use super::answer::{Reply, UnitView, answer};
use super::{Composed, registered, reply_or_own};
use crate::config::Config;
use crate::domain::owed::Kind;
use crate::domain::row::ReturnId;
use crate::domain::submission::Submission;
use crate::domain::unit::Unit;
use crate::domain::{date_of, vietnamese_moment};
use crate::store::{Outgoing, Store};
use crate::writing::{DepartmentView, Draft};

/// That a report is sent back; to whoever sent it, else to the unit.
pub(super) fn letter(
    config: &Config,
    store: &Store,
    mail: &Outgoing,
    row: ReturnId,
) -> Result<Composed> {
    let dropped = |why: &str| Ok(Composed::Dropped(why.into()));
    let Some((submission, reason, due)) = store.sent_back(row)? else {
        return dropped("it was taken back");
    };
    let Some(submission) = store.submission(submission)? else {
        return dropped("the submission is withdrawn");
    };
    let day = date_of(submission.received_at);
    let report = submission.report.as_str();
    let unit = match registered(config, &submission.unit, [report], day) {
        Ok(unit) => unit,
        Err(why) => return Ok(Composed::Blocked(why)),
    };
    let message = match mail.message {
        Some(id) => store.message(id)?,
        None => None,
    };
    let own = unit.emails.first().map(String::as_str);
    let Some(reply) = reply_or_own(message.as_ref(), own) else {
        return dropped("the unit has no address");
    };
    Ok(Composed::Ready(draft(
        config,
        unit,
        reply,
        &submission,
        &reason,
        due,
    )?))
}

/// What a unit is told of a report that is sent back: why, and until when (`due`).
///
/// # Errors
/// When the template fails.
fn draft(
    config: &Config,
    unit: &Unit,
    reply: Reply<'_>,
    submission: &Submission,
    reason: &str,
    due: Timestamp,
) -> Result<Draft> {
    let report = config.report(&submission.report);
    let values = context! {
        department => DepartmentView::from(&config.settings.department),
        unit => UnitView::from(unit),
        title => report.map_or(submission.report.as_str(), |r| r.title.as_str()),
        period => submission.period.in_vietnamese(),
        code => submission.code(),
        required => report.map_or("", |r| r.forms.in_vietnamese()),
        reason,
        due => vietnamese_moment(due),
    };
    answer(config, Kind::Returned, reply, values)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::obligation::tests::{at, obligation};
    use crate::domain::report::Forms;
    use crate::domain::submission::tests::submission;

    #[test]
    fn a_report_that_is_sent_back_is_asked_for_in_its_own_forms() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("config");
        let mut config = Config::load(&folder).unwrap();
        let submission = submission(&obligation("ldld-dong-hoa", "2026-06-15T10:00:00Z"));
        let report = config
            .reports
            .iter()
            .position(|r| r.id == submission.report);
        let report = report.unwrap();
        let mut text = |signed_document, soft_file| {
            config.reports[report].forms = Forms {
                signed_document,
                soft_file,
            };
            let reply = Reply {
                to: "a@b.example",
                subject: "",
                thread: vec![],
            };
            let unit = &config.register.units[1];
            let due = at("2026-06-25T10:00:00Z");
            draft(&config, unit, reply, &submission, "thiếu biểu", due)
                .unwrap()
                .text
        };
        for (signed, soft, asked) in [
            (
                true,
                true,
                "đã chỉnh sửa, bổ sung (bản ký, đóng dấu và file mềm).",
            ),
            (true, false, "đã chỉnh sửa, bổ sung (bản ký, đóng dấu)."),
            (false, true, "đã chỉnh sửa, bổ sung (file mềm)."),
        ] {
            let text = text(signed, soft);
            assert!(text.contains(asked), "{text}");
        }
    }
}
