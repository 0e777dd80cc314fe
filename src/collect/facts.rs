//! What is known of a mail when it is decided on, gathered from configuration and store. Nothing is written.

use anyhow::Result;
use jiff::Timestamp;

use super::Books;
use super::decide::{Brought, Facts};
use super::record::may_acknowledge;
use crate::config::Config;
use crate::domain::date_of;
use crate::domain::unit::{Level, Unit, UnitId};
use crate::domain::why::Why;
use crate::expected::{self, Place};
use crate::matching::{Expected, Item, Known, Match};
use crate::reading::{Class, Reading, Trust};
use crate::store::{Message, Store};

/// What is known of a mail that was read.
pub(super) fn of<'f>(
    books: Books<'_>,
    message: &Message,
    reading: &'f Reading,
    now: Timestamp,
) -> Result<Facts<'f>> {
    let found = match_mail(books, reading, message.received_at, None)?;
    let unit = found.unit.certain();
    let brought = match unit {
        Some(unit) => {
            let items = found.items.iter().filter(|item| !item.forms.is_empty());
            let brought =
                items.map(|item| brought(books.config, books.store, unit, item, message, now));
            brought.collect::<Result<_>>()?
        }
        None => vec![],
    };
    let sender = reading.sender.as_ref().map(|s| s.address.as_str());
    let domain = sender.and_then(|s| s.rsplit_once('@'));
    let store = books.store;
    Ok(Facts {
        reading,
        message: message.id,
        twin: store.twin(message.id, reading)?,
        ours: match &reading.message_id {
            Some(id) => store.sent_as(id)?.is_some(),
            None => false,
        },
        from_staff: sender.is_some_and(|s| books.config.settings.digest_to.iter().any(|a| a == s)),
        units_of_sender: units_of_sender(books.config, books.store, reading, message.received_at)?,
        in_inbox: store
            .places(message.id)?
            .iter()
            .any(|p| p.folder.eq_ignore_ascii_case("INBOX")),
        above: unit
            .and_then(|unit| unit_above(books.config, unit, message.received_at))
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
    config: &Config,
    store: &Store,
    unit: &UnitId,
    item: &Item,
    message: &Message,
    now: Timestamp,
) -> Result<Brought> {
    let (report, period) = (&item.report, &item.period);
    let place = Place::of(config, store, unit, report, period, now)?;
    Ok(Brought {
        standing: match &place {
            Place::Open(obligation) => store.standing_versions(*obligation)?,
            Place::Early(_) | Place::Nowhere => vec![],
        },
        not_expected: Why::NotExpected {
            unit: config.unit_name(unit, date_of(message.received_at)),
            report: config.report_name(report),
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
    books: Books<'_>,
    reading: &Reading,
    received_at: Timestamp,
    said: Option<&UnitId>,
) -> Result<Match> {
    let expected = |unit: Option<&UnitId>| expected::to_come(books.store, unit);
    let known = known(books.store, reading, received_at, said, &expected)?;
    books.matcher(date_of(received_at)).decide(reading, &known)
}

/// What is known of a mail besides what stands in it.
///
/// # Errors
/// When the store cannot be read.
pub fn known<'a>(
    store: &Store,
    reading: &Reading,
    received_at: Timestamp,
    said: Option<&'a UnitId>,
    expected: &'a Expected<'a>,
) -> Result<Known<'a>> {
    let sender = reading.sender.as_ref().map_or("", |s| s.address.as_str());
    Ok(Known {
        received_at,
        learned: store.learned_units(sender)?,
        taught: store.taught_titles()?,
        former: store.former_units(sender, received_at)?,
        asked: store.asked(reading)?,
        said,
        history_known: true,
        expected,
    })
}

/// The units that the sender of a mail may write for, by his address alone.
pub(super) fn units_of_sender(
    config: &Config,
    store: &Store,
    reading: &Reading,
    received_at: Timestamp,
) -> Result<Vec<UnitId>> {
    match &reading.sender {
        Some(sender) => units_of_address(config, store, &sender.address, received_at),
        None => Ok(vec![]),
    }
}

/// The units that an address (lower case) may write for.
pub(super) fn units_of_address(
    config: &Config,
    store: &Store,
    address: &str,
    received_at: Timestamp,
) -> Result<Vec<UnitId>> {
    let mut units = store.learned_units(address)?;
    units.extend(store.former_units(address, received_at)?);
    let bearers = config.register.bearers(address, date_of(received_at));
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
    books: Books<'_>,
    reading: &Reading,
    received_at: Timestamp,
) -> Result<Vec<UnitId>> {
    let from_staff = |address: &String| books.config.settings.digest_to.contains(address);
    let known = reading.class == Class::OwnMail
        || reading
            .sender
            .as_ref()
            .is_some_and(|s| from_staff(&s.address))
        || !units_of_sender(books.config, books.store, reading, received_at)?.is_empty();
    if !known || reading.trust == Trust::Fail {
        return Ok(vec![]);
    }
    let (register, day) = (&books.config.register, date_of(received_at));
    let mut meant: Vec<UnitId> = Vec::new();
    if let Some(address) = &reading.forwarded_from {
        meant.extend(register.bearers(address, day).into_iter().map(|b| b.unit));
    }
    for issuer in reading
        .attachments
        .iter()
        .filter_map(|a| a.issuer.as_deref())
    {
        meant.extend(books.matcher(day).units_named(issuer));
    }
    // The province asks for the reports, and owes none.
    let asks = |id: &UnitId| {
        let unit = register.nearest(id, day);
        unit.is_some_and(|u| u.kind.level == Level::Province)
    };
    meant.retain(|id| !asks(id));
    Ok(meant)
}

/// The unit that a grassroots union reports to, where that is not the province itself.
fn unit_above<'a>(config: &'a Config, unit: &UnitId, received_at: Timestamp) -> Option<&'a Unit> {
    let day = date_of(received_at);
    let register = &config.register;
    let unit = register.nearest(unit, day)?;
    let indirect =
        unit.kind.level == Level::Grassroots && !register.directly_under_province(unit, day);
    register
        .nearest(unit.parent.as_ref()?, day)
        .filter(|_| indirect)
}
