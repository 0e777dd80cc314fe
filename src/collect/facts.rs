//! What is known of a mail when it is decided on, gathered from configuration and store. Nothing is written.

use anyhow::Result;
use jiff::Timestamp;

use super::decide::{Brought, Facts};
use super::record::may_acknowledge;
use crate::app::App;
use crate::domain::date_of;
use crate::domain::unit::{self, Unit, UnitId};
use crate::domain::why::Why;
use crate::expected::{self, Place};
use crate::matching::{Expected, Item, Known, Match};
use crate::reading::{Class, Reading, Trust};
use crate::store::Message;

/// What is known of a mail that was read.
///
/// # Errors
/// When the store cannot be read.
pub(super) fn of<'f>(
    app: &App,
    message: &Message,
    reading: &'f Reading,
    now: Timestamp,
) -> Result<Facts<'f>> {
    let found = match_mail(app, reading, message.received_at, None)?;
    let unit = found.unit.certain();
    let brought = match unit {
        Some(unit) => {
            let items = found.items.iter().filter(|item| !item.forms.is_empty());
            let brought = items.map(|item| brought(app, unit, item, message, now));
            brought.collect::<Result<_>>()?
        }
        None => vec![],
    };
    let sender = reading.sender.as_ref().map(|s| s.address.as_str());
    let domain = sender.and_then(|s| s.rsplit_once('@'));
    let store = &app.store;
    Ok(Facts {
        reading,
        message: message.id,
        twin: store.twin(message.id, reading)?,
        ours: match &reading.message_id {
            Some(id) => store.sent_as(id)?.is_some(),
            None => false,
        },
        from_staff: sender.is_some_and(|s| app.config.settings.digest_to.iter().any(|a| a == s)),
        units_of_sender: units_of_sender(app, reading, message.received_at)?,
        in_inbox: store
            .places(message.id)?
            .iter()
            .any(|p| p.folder.eq_ignore_ascii_case("INBOX")),
        above: unit
            .and_then(|unit| unit_above(app, unit, message.received_at))
            .map(|above| above.short_name.clone()),
        trust_of_domain: match domain {
            Some((_, domain)) if !brought.is_empty() => {
                store.trust_of_domain(domain, message.id)?
            }
            Some(_) | None => vec![],
        },
        may_answer: may_acknowledge(reading, message.received_at, now),
        brought,
        found,
    })
}

/// What a mail brings of one report on one period, and where that belongs.
fn brought(
    app: &App,
    unit: &UnitId,
    item: &Item,
    message: &Message,
    now: Timestamp,
) -> Result<Brought> {
    let (report, period) = (&item.report, &item.period);
    let place = Place::of(&app.config, &app.store, unit, report, period, now)?;
    Ok(Brought {
        standing: match &place {
            Place::Open(obligation) => app.store.standing_versions(*obligation)?,
            Place::Early(_) | Place::Nowhere => vec![],
        },
        not_expected: Why::NotExpected {
            unit: app.config.unit_name(unit, date_of(message.received_at)),
            report: app.config.report_name(report),
            period: period.clone(),
        },
        item: item.clone(),
        place,
    })
}

/// Matches a mail against what is known now. `said`: whose staff say that it is.
///
/// # Errors
/// When the store cannot be read.
pub fn match_mail(
    app: &App,
    reading: &Reading,
    received_at: Timestamp,
    said: Option<&UnitId>,
) -> Result<Match> {
    let expected = |unit: Option<&UnitId>| expected::to_come(&app.store, unit);
    let known = known(app, reading, received_at, said, &expected)?;
    app.matcher(date_of(received_at)).decide(reading, &known)
}

/// What is known of a mail besides what stands in it.
///
/// # Errors
/// When the store cannot be read.
pub fn known<'a>(
    app: &App,
    reading: &Reading,
    received_at: Timestamp,
    said: Option<&'a UnitId>,
    expected: &'a Expected<'a>,
) -> Result<Known<'a>> {
    let sender = reading.sender.as_ref().map_or("", |s| s.address.as_str());
    Ok(Known {
        received_at,
        learned: app.store.learned_units(sender)?,
        former: app.store.former_units(sender, received_at)?,
        said,
        history_known: true,
        expected,
    })
}

/// The units that the sender of a mail may write for, by his address alone.
pub(super) fn units_of_sender(
    app: &App,
    reading: &Reading,
    received_at: Timestamp,
) -> Result<Vec<UnitId>> {
    match &reading.sender {
        Some(sender) => units_of_address(app, &sender.address, received_at),
        None => Ok(vec![]),
    }
}

/// The units that an address (lower case) may write for.
pub(super) fn units_of_address(
    app: &App,
    address: &str,
    received_at: Timestamp,
) -> Result<Vec<UnitId>> {
    let mut units = app.store.learned_units(address)?;
    units.extend(app.store.former_units(address, received_at)?);
    let bearers = app.config.register.bearers(address, date_of(received_at));
    for bearer in bearers {
        if !units.contains(&bearer.unit) {
            units.push(bearer.unit);
        }
    }
    Ok(units)
}

/// The units whose report somebody passes on whom we know: staff, a unit, the mailbox's own account. A stranger who names
/// units holds nobody's reminder by that.
pub(super) fn units_meant(
    app: &App,
    reading: &Reading,
    received_at: Timestamp,
) -> Result<Vec<UnitId>> {
    let from_staff = |address: &String| app.config.settings.digest_to.contains(address);
    let known = reading.class == Class::OwnMail
        || reading
            .sender
            .as_ref()
            .is_some_and(|s| from_staff(&s.address))
        || !units_of_sender(app, reading, received_at)?.is_empty();
    if !known || reading.trust == Trust::Fail {
        return Ok(vec![]);
    }
    let (register, day) = (&app.config.register, date_of(received_at));
    let mut meant: Vec<UnitId> = Vec::new();
    if let Some(address) = &reading.forwarded_from {
        meant.extend(register.bearers(address, day).into_iter().map(|b| b.unit));
    }
    for issuer in reading
        .attachments
        .iter()
        .filter_map(|a| a.issuer.as_deref())
    {
        meant.extend(app.matcher(day).units_named(issuer));
    }
    // The province asks for the reports, and owes none.
    let asks = |id: &UnitId| {
        let unit = register.nearest(id, day);
        unit.is_some_and(|u| u.kind == unit::Kind::Provincial)
    };
    meant.retain(|id| !asks(id));
    Ok(meant)
}

/// The unit that a grassroots union reports to, where that is not the province itself.
fn unit_above<'a>(app: &'a App, unit: &UnitId, received_at: Timestamp) -> Option<&'a Unit> {
    let day = date_of(received_at);
    let register = &app.config.register;
    let unit = register.nearest(unit, day)?;
    let indirect =
        unit.kind == unit::Kind::Grassroots && !register.directly_under_province(unit, day);
    register
        .nearest(unit.parent.as_ref()?, day)
        .filter(|_| indirect)
}
