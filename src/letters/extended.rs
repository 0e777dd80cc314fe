//! That a unit has more time, or has it no longer.

use anyhow::Result;
use jiff::Timestamp;
use minijinja::context;

use super::answer::{UnitView, also_told, answer};
use super::{Composed, answered_of, new_due, registered, reply_or_own};
use crate::config::Config;
use crate::domain::owed::Owed;
use crate::domain::row::ExtensionId;
use crate::domain::{date_of, vietnamese_moment};
use crate::standing;
use crate::store::{Outgoing, Receipts, Store};
use crate::writing::DepartmentView;

/// Until when a unit has time now: to whoever asked in its name, where that is certain, and to its own address.
pub(super) fn letter(
    config: &Config,
    store: &Store,
    mail: &Outgoing,
    row: ExtensionId,
    now: Timestamp,
) -> Result<Composed> {
    let dropped = |why: &str| Ok(Composed::Dropped(why.into()));
    let kind = mail.owed.kind();
    let Some((obligation, holds)) = store.extended(row)? else {
        return dropped("it was taken back");
    };
    if holds != (mail.owed == Owed::Extended(row)) {
        return dropped("it was decided anew");
    }
    let o = store.obligation_of_row(obligation)?;
    let Some(o) = o.filter(|o| !o.settled() && !o.closed) else {
        return dropped("nothing is missing any more");
    };
    let day = date_of(now);
    let unit = match registered(config, &o.unit, [o.report.as_str()], day) {
        Ok(unit) => unit,
        Err(why) => return Ok(Composed::Blocked(why)),
    };
    let message = answered_of(store, mail, &o.unit)?;
    let dead = store.dead_contacts(Receipts::All, now)?;
    let own = standing::addressee(config, &dead, &o.unit, day);
    let Some(reply) = reply_or_own(message.as_ref(), own.map(|own| own.to)) else {
        return dropped("the unit has no address");
    };
    let report = config.report(&o.report);
    let values = context! {
        department => DepartmentView::from(&config.settings.department),
        unit => UnitView::from(unit),
        title => report.map_or(o.report.as_str(), |r| r.title.as_str()),
        period => o.period.in_vietnamese(),
        required => o.missing().in_vietnamese(),
        due => vietnamese_moment(o.due),
        new_due => new_due(config, &o, now),
    };
    let mut draft = answer(config, kind, reply, values)?;
    draft.cc = also_told(config, store, unit, &draft.to, now)?;
    Ok(Composed::Ready(draft))
}
