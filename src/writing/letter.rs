//! Mails to units: the acknowledgement, the reminders, the escalation.

use anyhow::{Context, Result};
use jiff::Timestamp;
use jiff::civil::Date;
use minijinja::{Value, context};
use serde::Serialize;

use super::{DepartmentView, Draft, render, render_text};
use crate::config::Config;
use crate::domain::obligation::Obligation;
use crate::domain::owed::Kind;
use crate::domain::reminder::{Step, Urgency};
use crate::domain::submission::Submission;
use crate::domain::unit::{Addressee, Unit};
use crate::domain::{date_of, vietnamese_date, vietnamese_moment};

#[derive(Serialize)]
struct UnitView<'a> {
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

/// A submission as the acknowledgement tells of it.
pub struct Receipt<'a> {
    /// What was logged.
    pub submission: &'a Submission,
    /// How its obligation stands now.
    pub obligation: &'a Obligation,
    /// The date of the document that has its number.
    pub dated: Option<Date>,
}

/// Which mail is answered.
pub struct Reply<'a> {
    /// To whom the answer goes.
    pub to: &'a str,
    /// The subject of the mail.
    pub subject: &'a str,
    /// Its thread, ending with its own Message-ID.
    pub thread: Vec<String>,
}

/// The answer to a mail that brought a link to `host` instead of a file.
///
/// # Errors
/// When the template fails.
pub fn link_only(
    config: &Config,
    unit: &Unit,
    reply: Reply<'_>,
    host: &str,
    received_at: Timestamp,
) -> Result<Draft> {
    let values = context! {
        department => DepartmentView::from(&config.settings.department),
        unit => UnitView::from(unit),
        host,
        received => vietnamese_moment(received_at),
    };
    answer(config, Kind::LinkOnly, reply, values)
}

/// The word that a mail has arrived and is looked at; `unit`: whose it is, where that is certain.
///
/// # Errors
/// When the template fails.
pub fn arrived(
    config: &Config,
    unit: Option<&Unit>,
    reply: Reply<'_>,
    received_at: Timestamp,
) -> Result<Draft> {
    let values = context! {
        department => DepartmentView::from(&config.settings.department),
        unit => unit.map(UnitView::from),
        received => vietnamese_moment(received_at),
    };
    answer(config, Kind::Arrived, reply, values)
}

/// What a grassroots union is told that writes to the province instead of to the unit above it.
///
/// # Errors
/// When the template fails.
pub fn grassroots(
    config: &Config,
    unit: &Unit,
    parent: &Unit,
    reply: Reply<'_>,
    received_at: Timestamp,
) -> Result<Draft> {
    let values = context! {
        department => DepartmentView::from(&config.settings.department),
        unit => UnitView::from(unit),
        parent => context! { name => parent.name, email => parent.emails.first() },
        received => vietnamese_moment(received_at),
    };
    answer(config, Kind::Grassroots, reply, values)
}

/// What staff are told of their command; `undo`: the token that takes it back.
///
/// # Errors
/// When the template fails.
pub fn staff_answer(
    config: &Config,
    reply: Reply<'_>,
    outcome: &str,
    undo: Option<&str>,
) -> Result<Draft> {
    let values = context! {
        outcome,
        undo,
    };
    answer(config, Kind::StaffAnswer, reply, values)
}

/// The question to staff whether they sent a command: what it would do, and the token that a reply carries it out by.
///
/// # Errors
/// When the template fails.
pub fn confirmation(config: &Config, reply: Reply<'_>, asks: Confirmation) -> Result<Draft> {
    let values = context! {
        mailbox => config.settings.mailbox.address,
        address => reply.to,
        ..Value::from_serialize(asks)
    };
    answer(config, Kind::Confirmation, reply, values)
}

/// What staff are asked to confirm.
#[derive(Debug, Serialize)]
pub struct Confirmation {
    /// What the command would do.
    pub effect: String,
    /// What a colleague has decided on the same thing; a sentence without its stop.
    pub decided: Option<String>,
    /// Whether it is known who sent the command.
    pub verified: bool,
    /// When it came, in words.
    pub received: String,
    /// By which a reply carries it out.
    pub token: String,
}

/// The word to one of staff that a colleague has changed what he had decided. `who`: the colleague; `outcome`: what became
/// of his command.
///
/// # Errors
/// When the template fails.
pub fn decided_anew(config: &Config, reply: Reply<'_>, who: &str, outcome: &str) -> Result<Draft> {
    let values = context! { who, outcome };
    answer(config, Kind::DecidedAnew, reply, values)
}

/// What became of a command, told together with others.
#[derive(Debug, Serialize)]
pub struct CommandTold {
    /// The subject of the mail that carried it.
    pub subject: String,
    /// In words for staff.
    pub outcome: String,
    /// The token that takes it back.
    pub undo: Option<String>,
}

/// More commands are not listed in one mail.
const MOST_COMMANDS: usize = 300;

/// What one of staff is told of all commands of a day that came after `cap` of them had been answered one by one.
///
/// # Errors
/// When the template fails.
pub fn staff_answers(
    config: &Config,
    to: &str,
    day: Date,
    cap: u32,
    mut commands: Vec<CommandTold>,
) -> Result<Draft> {
    let more = commands.len().saturating_sub(MOST_COMMANDS);
    commands.truncate(MOST_COMMANDS);
    let values = context! {
        day => format!("Ngày {}", vietnamese_date(day)),
        cap,
        commands,
        more,
    };
    let (subject, text) = render_text(config, Kind::StaffAnswers, values)?;
    let to = vec![to.to_owned()];
    draft(
        config,
        Kind::StaffAnswers,
        to,
        vec![],
        subject,
        text,
        vec![],
    )
}

/// What a unit is told of a report that is sent back: why, and until when (`due`).
///
/// # Errors
/// When the template fails.
pub fn returned(
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

/// So many submissions are told one by one in an acknowledgement; of more it says how many they are.
const MOST_TOLD: usize = 30;

/// The acknowledgement of what one mail brought, in reply to that mail; or of what several brought, in reply to none.
///
/// # Errors
/// When the template fails.
pub fn acknowledgement(
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
        waiting: Option<i64>,
        required: &'static str,
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

/// The answer to a mail out of the template of its kind, which knows its bare subject as `reply`.
fn answer(config: &Config, kind: Kind, reply: Reply<'_>, values: Value) -> Result<Draft> {
    let values = context! { reply => strip_reply_marks(reply.subject), ..values };
    let (subject, text) = render_text(config, kind, values)?;
    let to = vec![reply.to.to_owned()];
    draft(config, kind, to, vec![], subject, text, reply.thread)
}

/// `Re: RE: Trả lời: x` → `x`.
fn strip_reply_marks(subject: &str) -> &str {
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

/// An obligation as a reminder tells of it.
pub struct LetterItem<'a> {
    /// What is owed.
    pub obligation: &'a Obligation,
    /// Which step it has reached.
    pub step: Step,
    /// When reminders of it went out before.
    pub reminded: Vec<Timestamp>,
}

/// A reminder of everything that one unit owes; the most urgent of it says what letter it is, and to whom. `verifying`: a
/// mail in its name is being looked into, so that nothing is said of what has not come.
///
/// # Errors
/// When the template fails, or there is nothing to remind of.
pub fn reminder(
    config: &Config,
    to: &Addressee<'_>,
    items: &[LetterItem<'_>],
    verifying: bool,
    now: Timestamp,
) -> Result<Draft> {
    #[derive(Serialize)]
    struct View<'a> {
        #[serde(skip)]
        urgency: Urgency,
        title: &'a str,
        short: &'a str,
        basis: &'a str,
        period: String,
        due: String,
        received: &'static str,
        missing: &'static str,
        returned: Option<&'a str>,
        reminded: Vec<String>,
    }
    let views: Vec<View<'_>> = items
        .iter()
        .map(|i| {
            let o = i.obligation;
            let report = config.report(&o.report);
            View {
                urgency: i.step.urgency(),
                title: report.map_or(o.report.as_str(), |r| r.title.as_str()),
                short: report.map_or(o.report.as_str(), |r| r.short.as_str()),
                basis: report.map_or("", |r| r.basis.as_str()),
                period: o.period.in_vietnamese(),
                due: vietnamese_moment(o.due),
                received: o.received().in_vietnamese(),
                missing: o.missing().in_vietnamese(),
                returned: o.returned.as_deref(),
                reminded: i
                    .reminded
                    .iter()
                    .map(|at| format!("ngày {}", vietnamese_date(date_of(*at))))
                    .collect(),
            }
        })
        .collect();
    let urgency = items.iter().map(|i| i.step.urgency()).min();
    let urgency = urgency.context("a reminder of nothing")?;
    let kind = Kind::Reminder(urgency);
    let new_due = config.calendar.working_days_after(date_of(now), 3);
    // Who took over is written to in the name of the unit that was asked.
    let day = date_of(now);
    let meant = items.first().map(|i| &i.obligation.unit);
    let heir_of = meant
        .filter(|unit| **unit != to.unit.id)
        .and_then(|unit| config.register.nearest(unit, day));
    let (own, others): (Vec<&View<'_>>, Vec<&View<'_>>) =
        views.iter().partition(|v| v.urgency == urgency);
    let of = |urgency: Urgency| -> Vec<&View<'_>> {
        let same = others.iter().copied().filter(|v| v.urgency == urgency);
        same.collect()
    };
    let (subject, text) = render_text(
        config,
        kind,
        context! {
            department => DepartmentView::from(&config.settings.department),
            unit => UnitView::from(to.unit),
            heir_of => heir_of.map(UnitView::from),
            items => own,
            late => of(Urgency::Late),
            soon => of(Urgency::Before),
            opened => of(Urgency::Opening),
            more => views.len() - 1,
            verifying,
            now => format!("ngày {}", vietnamese_date(date_of(now))),
            new_due => format!("ngày {}", vietnamese_date(new_due)),
            address => config.settings.mailbox.address,
        },
    )?;
    let own = vec![to.to.to_owned()];
    let (to, cc) = match (to.leader, urgency) {
        (Some(leader), Urgency::Escalation) if leader != to.to => (vec![leader.to_owned()], own),
        _ => (own, vec![]),
    };
    draft(config, kind, to, cc, subject, text, vec![])
}

fn draft(
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
    let html = render(config, "letter.html", context! { blocks })?;
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
    use crate::domain::obligation::tests::{at, obligation};
    use crate::domain::report::Forms;

    fn addressee(unit: &Unit) -> Addressee<'_> {
        Addressee {
            unit,
            to: &unit.emails[0],
            leader: unit.escalate_to.as_deref(),
        }
    }

    #[test]
    fn the_letter_to_a_leader_names_the_basis_the_dates_of_the_reminders_and_what_is_missing() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("config");
        let config = Config::load(&folder).unwrap();
        let obligation = obligation("ldld-dong-hoa", "2026-06-15T10:00:00Z");
        let unit = config
            .register
            .on(&obligation.unit, jiff::civil::date(2026, 7, 1))
            .unwrap();
        let items = [LetterItem {
            step: Step::Escalation,
            obligation: &obligation,
            reminded: vec![at("2026-06-16T01:00:00Z"), at("2026-06-23T01:00:00Z")],
        }];
        let draft = reminder(
            &config,
            &addressee(unit),
            &items,
            false,
            at("2026-07-01T01:00:00Z"),
        )
        .unwrap();
        insta::assert_snapshot!(format!(
            "To: {:?}\nCc: {:?}\n{}\n\n{}",
            draft.to, draft.cc, draft.subject, draft.text
        ));
    }

    #[test]
    fn names_cannot_bring_markup_or_headers_into_a_mail() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("config");
        let config = Config::load(&folder).unwrap();
        let obligation = obligation("x", "2026-06-15T10:00:00Z");
        let unit = Unit {
            name: "<script>alert(1)</script>".into(),
            short_name: "A\r\nBcc: x@y.example".into(),
            ..config.register.units[1].clone()
        };
        let items = [LetterItem {
            step: Step::Escalation,
            obligation: &obligation,
            reminded: vec![],
        }];
        let draft = reminder(
            &config,
            &addressee(&unit),
            &items,
            false,
            at("2026-07-01T01:00:00Z"),
        )
        .unwrap();
        assert!(!draft.html.contains("<script>"));
        let department = &config.settings.department;
        let raw = draft.to_bytes(
            department,
            "a@b.example",
            "id@b.example",
            at("2026-07-01T01:00:00Z"),
        );
        let raw = String::from_utf8(raw.unwrap()).unwrap();
        assert!(!raw.lines().any(|l| l.starts_with("Bcc:")), "{raw}");
    }

    fn submission(obligation: &Obligation) -> Submission {
        Submission {
            id: 1,
            unit: obligation.unit.clone(),
            report: obligation.report.clone(),
            period: obligation.period.clone(),
            due: obligation.due,
            version: 1,
            message: Some(1),
            received_at: at("2026-06-12T02:00:00Z"),
            forms: Forms::NONE,
            nil_return: false,
            number: None,
            files: vec![],
        }
    }

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
            returned(&config, unit, reply, &submission, "thiếu biểu", due)
                .unwrap()
                .text
        };
        for (signed, soft, asked) in [
            (true, true, "đã hoàn chỉnh (bản ký, đóng dấu và file mềm)."),
            (true, false, "đã hoàn chỉnh (bản ký, đóng dấu)."),
            (false, true, "đã hoàn chỉnh (file mềm)."),
        ] {
            let text = text(signed, soft);
            assert!(text.contains(asked), "{text}");
        }
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
                obligation,
                dated: None,
            };
            let reply = Reply {
                to: "a@b.example",
                subject: "Báo cáo",
                thread: vec![],
            };
            let unit = &config.register.units[1];
            acknowledgement(&config, unit, reply, &[receipt])
                .unwrap()
                .text
        };
        assert!(text(&obligation).contains("gửi bổ sung"));
        obligation.waiting = Some(9);
        let told = text(&obligation);
        assert!(
            told.contains("(thư số 9)") && !told.contains("gửi bổ sung"),
            "{told}"
        );
    }

    #[test]
    fn marks_of_replies_do_not_pile_up() {
        assert_eq!(strip_reply_marks("Re: RE: Trả lời: Báo cáo"), "Báo cáo");
        assert_eq!(strip_reply_marks("Báo cáo"), "Báo cáo");
        assert_eq!(strip_reply_marks("re:"), "");
    }
}
