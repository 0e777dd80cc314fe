//! To which unit a grassroots union reports.

use anyhow::Result;
use jiff::Timestamp;
use minijinja::context;

use super::answer::{Reply, UnitView, answer};
use super::{Composed, answered, reply_to};
use crate::config::Config;
use crate::domain::owed::Kind;
use crate::domain::unit::Unit;
use crate::domain::{date_of, vietnamese_moment};
use crate::store::{Outgoing, Store};
use crate::writing::{DepartmentView, Draft};

/// That a grassroots union reports to the unit above it.
pub(super) fn letter(config: &Config, store: &Store, mail: &Outgoing) -> Result<Composed> {
    let dropped = |why: &str| Ok(Composed::Dropped(why.into()));
    let message = answered(store, mail)?;
    let (Some(unit), Some(reply)) = (&mail.unit, reply_to(&message)) else {
        return dropped("the mail was not read");
    };
    let day = date_of(message.received_at);
    let register = &config.register;
    let Some(unit) = register.nearest(unit, day) else {
        return dropped("the unit is not in the register any more");
    };
    let parent = unit.parent.as_ref();
    let Some(parent) = parent.and_then(|p| register.nearest(p, day)) else {
        return dropped("the unit has no unit above it any more");
    };
    Ok(Composed::Ready(draft(
        config,
        unit,
        parent,
        reply,
        message.received_at,
    )?))
}

/// What a grassroots union is told that writes to the province instead of to the unit above it.
///
/// # Errors
/// When the template fails.
fn draft(
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
