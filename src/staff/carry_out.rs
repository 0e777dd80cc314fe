//! Does what was ordered.

use jiff::Timestamp;
use minijinja::context;

use crate::collect::Books;
use crate::commands::order::Order;
use crate::correct::{self, By, Clerk, Done, Refusal};
use crate::domain::date_of;
use crate::writing::say;

/// Carries an order out; the error says in Vietnamese why it was not.
pub(super) fn carry_out(
    books: Books<'_>,
    order: &Order,
    by: &By,
    now: Timestamp,
) -> Result<Done, String> {
    let Books { config, store, .. } = books;
    let clerk = Clerk {
        config,
        store,
        by,
        now,
    };
    let done = match order {
        Order::Assign { mail, assignment } => correct::assign(books, *mail, assignment, by, now),
        Order::Ignore(mail) => correct::ignore(store, *mail, by, now),
        Order::PutAside(day, kind) => correct::put_aside(clerk, *day, *kind),
        Order::Accept(submission) => correct::accept(clerk, submission.id),
        Order::AcceptAll(all) => {
            let ids: Vec<_> = all.iter().map(|s| s.id).collect();
            correct::accept_all(clerk, &ids)
        }
        Order::Return {
            submission,
            reason,
            due,
        } => correct::send_back(clerk, submission.id, reason, *due),
        Order::Excuse { of, reason } => correct::excuse(clerk, of, reason),
        Order::Extend {
            of,
            until,
            asked_by,
        } => correct::extend(clerk, of, *until, *asked_by),
        Order::Refuse { mail, reason } => correct::refuse_time(clerk, *mail, reason),
        Order::Paper { of, on, number } => {
            correct::received_paper(clerk, of, *on, number.as_deref())
        }
        Order::Leader(of, nod) => correct::escalate(clerk, of, *nod),
        Order::Close(of) => correct::close(clerk, &of.report, &of.period),
        Order::Reset(address) => correct::reset_contact(store, address, by, now),
        Order::Resend(mail, _) => correct::resend(store, *mail, by, now),
        Order::Undo(change) => correct::undo(store, *change, by, now),
    };
    done.map_err(|e| match e.downcast_ref::<Refusal>() {
        Some(refusal) => refusal.in_vietnamese(config, date_of(now)),
        None => {
            tracing::warn!(error = %format!("{e:#}"), "a command of staff cannot be carried out");
            say(books.config, "system_fault", context! {})
        }
    })
}
