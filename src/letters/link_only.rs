//! That a link came where the file should be; nothing once staff have decided, or the files have come.

use anyhow::Result;
use jiff::Timestamp;
use minijinja::context;

use super::answer::{Reply, UnitView, answer};
use super::{Composed, answered, registered, reply_to};
use crate::config::Config;
use crate::domain::owed::Kind;
use crate::domain::unit::Unit;
use crate::domain::{date_of, vietnamese_moment};
use crate::store::{MessageState, Outgoing, Store};
use crate::writing::{DepartmentView, Draft};

/// The answer to a mail with a link alone.
pub(super) fn letter(
    config: &Config,
    store: &Store,
    mail: &Outgoing,
    now: Timestamp,
) -> Result<Composed> {
    let message = answered(store, mail)?;
    let dropped = |why: &str| Ok(Composed::Dropped(why.into()));
    if message.state != MessageState::Waiting {
        return dropped("staff have decided on the mail");
    }
    let (Some(reading), Some(unit)) = (&message.reading, &mail.unit) else {
        return dropped("the mail was not read");
    };
    let (Some(reply), Some(host)) = (reply_to(&message), &reading.link) else {
        return dropped("the mail has no sender or no link");
    };
    let since = store.logged_between(message.stored_at, now)?;
    if since.iter().any(|s| s.unit == *unit) {
        return dropped("the files have come since");
    }
    let day = date_of(message.received_at);
    let unit = match registered(config, unit, [], day) {
        Ok(unit) => unit,
        Err(why) => return Ok(Composed::Blocked(why)),
    };
    let draft = draft(config, unit, reply, host, message.received_at)?;
    Ok(Composed::Ready(draft))
}

/// The answer to a mail that brought a link to `host` instead of a file.
///
/// # Errors
/// When the template fails.
fn draft(
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
