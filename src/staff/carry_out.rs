//! Does what was ordered.

use jiff::Timestamp;

use crate::app::App;
use crate::commands::order::Order;
use crate::correct::{self, By, Done, Refusal};
use crate::domain::correction::Assignment;
use crate::domain::date_of;

/// Carries an order out; the error says in Vietnamese why it was not.
pub(super) fn carry_out(app: &App, order: &Order, by: &By, now: Timestamp) -> Result<Done, String> {
    let done = match order {
        Order::Assign {
            mail,
            assignment,
            perhaps,
        } => assign(app, *mail, assignment, perhaps.as_deref(), by, now),
        Order::Ignore(mail) => correct::ignore(app, *mail, by, now),
        Order::PutAside(day, kind) => correct::put_aside(app, *day, *kind, by, now),
        Order::Accept(submission) => correct::accept(app, submission.id, by, now),
        Order::Return {
            submission,
            reason,
            due,
        } => correct::send_back(app, submission.id, reason, *due, by, now),
        Order::Excuse { of, reason } => correct::excuse(app, of, reason, by, now),
        Order::Extend { of, until } => correct::extend(app, of, *until, by, now),
        Order::Paper { of, on, number } => {
            correct::received_paper(app, of, *on, number.as_deref(), by, now)
        }
        Order::Close(of) => correct::close(app, &of.report, &of.period, by, now),
        Order::Reset(address) => correct::reset_contact(app, address, by, now),
        Order::Resend(mail, _) => correct::resend(app, *mail, by, now),
        Order::Undo(change) => correct::undo(app, *change, by, now),
    };
    done.map_err(|e| match e.downcast_ref::<Refusal>() {
        Some(refusal) => refusal.in_vietnamese(&app.config, date_of(now)),
        None => {
            tracing::warn!(error = %format!("{e:#}"), "a command of staff cannot be carried out");
            "Chưa thực hiện được lệnh này vì lỗi của hệ thống. Đề nghị liên hệ quản trị viên"
                .to_owned()
        }
    })
}

/// With the free words of the mail in the place of what it says of report and period, else without.
fn assign(
    app: &App,
    mail: i64,
    assignment: &Assignment,
    perhaps: Option<&str>,
    by: &By,
    now: Timestamp,
) -> anyhow::Result<Done> {
    if let Some(words) = perhaps {
        let named = Assignment {
            hint: Some(words.to_owned()),
            ..assignment.clone()
        };
        let done = correct::assign(app, mail, &named, by, now);
        if done.is_ok() {
            return done;
        }
    }
    correct::assign(app, mail, assignment, by, now)
}
