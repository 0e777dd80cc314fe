//! That a mail has arrived and is looked at; nothing once staff have decided.

use anyhow::Result;
use jiff::Timestamp;
use minijinja::context;

use super::answer::{Reply, UnitView, answer};
use super::{Composed, answered, reply_to};
use crate::config::Config;
use crate::domain::owed::Kind;
use crate::domain::unit::Unit;
use crate::domain::{date_of, vietnamese_moment};
use crate::store::{MessageState, Outgoing, Store};
use crate::writing::{DepartmentView, Draft};

/// That a mail has arrived and is looked at; nothing once staff have decided.
pub(super) fn letter(config: &Config, store: &Store, mail: &Outgoing) -> Result<Composed> {
    let dropped = |why: &str| Ok(Composed::Dropped(why.into()));
    let message = answered(store, mail)?;
    if message.state != MessageState::Waiting {
        return dropped("staff have decided on the mail");
    }
    let Some(reply) = reply_to(&message) else {
        return dropped("the mail has no sender");
    };
    let day = date_of(message.received_at);
    let unit = mail.unit.as_ref();
    let unit = unit.and_then(|u| config.register.nearest(u, day));
    let draft = draft(config, unit, reply, message.received_at)?;
    Ok(Composed::Ready(draft))
}

/// The word that a mail has arrived and is looked at; `unit`: whose it is, where that is certain.
///
/// # Errors
/// When the template fails.
fn draft(
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
