//! What is known of a mail when it is decided on, gathered from configuration and store. Nothing is written.

use anyhow::Result;
use jiff::Timestamp;

use super::Books;
use super::decide::{Brought, Facts, decide};
use super::record::may_acknowledge;
use crate::config::Config;
use crate::domain::date_of;
use crate::domain::row::{MessageId, ObligationId};
use crate::domain::unit::{Level, Unit, UnitId};
use crate::domain::why::Why;
use crate::expected::{self, Place};
use crate::matching::{Expected, Item, Known, Match, Sent};
use crate::reading::{Class, Reading, Trust};
use crate::store::{Message, Store, Verdict};

/// What is known of a mail that was read.
pub(super) fn of<'f>(
    books: Books<'_>,
    message: &Message,
    reading: &'f Reading,
    now: Timestamp,
) -> Result<Facts<'f>> {
    let found = match_mail(books, reading, message.received_at, None)?;
    let unit = found.unit.certain();
    let (config, store) = (books.config, books.store);
    let place = |unit: &UnitId, item: &Item| {
        Place::of(config, store, unit, &item.report, &item.period, now)
    };
    let brought = all_brought(config, store, &found, message.received_at, &place)?;
    let sender = reading.sender.as_ref().map(|s| s.address.as_str());
    let domain = sender.and_then(|s| s.rsplit_once('@'));
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
        answers_a_request: !store.asked(reading)?.is_empty(),
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

/// Where something that a unit brings belongs.
type PlaceOf<'a> = dyn Fn(&UnitId, &Item) -> Result<Place> + 'a;

/// What a mail brings of each report on a period, and where that belongs.
fn all_brought(
    config: &Config,
    store: &Store,
    found: &Match,
    received_at: Timestamp,
    place: &PlaceOf<'_>,
) -> Result<Vec<Brought>> {
    let Some(unit) = found.unit.certain() else {
        return Ok(vec![]);
    };
    let brought = |item: &Item| {
        let place = place(unit, item)?;
        Ok(Brought {
            standing: match &place {
                Place::Open(obligation) => store.standing_versions(*obligation)?,
                Place::Early(_) | Place::Nowhere => vec![],
            },
            not_expected: match expected::was_due_before_since(config, &item.report, &item.period) {
                true => Why::BeforeSince {
                    report: config.report_name(&item.report),
                    period: item.period.clone(),
                    since: config.settings.schedule.since,
                },
                false => Why::NotExpected {
                    unit: config.unit_name(unit, date_of(received_at)),
                    report: config.report_name(&item.report),
                    period: item.period.clone(),
                },
            },
            item: item.clone(),
            place,
        })
    };
    let items = found.items.iter().filter(|item| !item.forms.is_empty());
    items.map(brought).collect()
}

/// What would become of a mail that is in no store, if it lay in the inbox. `expected`: whether what a unit brings is
/// expected of it by then, whatever the store says.
///
/// # Errors
/// When the store cannot be read.
pub fn foreseen(
    config: &Config,
    store: &Store,
    (reading, received_at): (&Reading, Timestamp),
    found: &Match,
    expected: &dyn Fn(&UnitId, &Item) -> bool,
) -> Result<Verdict> {
    let place = |unit: &UnitId, item: &Item| match expected(unit, item) {
        true => Ok(Place::Open(ObligationId(0))),
        false => Place::of(config, store, unit, &item.report, &item.period, received_at),
    };
    let unit = found.unit.certain();
    let above = unit.and_then(|unit| unit_above(config, unit, received_at));
    let staff = &config.settings.digest_to;
    let sender = reading.sender.as_ref();
    Ok(decide(&Facts {
        reading,
        message: MessageId(0),
        twin: None,
        ours: false,
        from_staff: sender.is_some_and(|s| staff.contains(&s.address)),
        units_of_sender: units_of_sender(config, store, reading, received_at)?,
        answers_a_request: !store.asked(reading)?.is_empty(),
        in_inbox: true,
        above: above.map(|above| above.short_name.clone()),
        trust_of_domain: vec![],
        may_answer: false,
        brought: all_brought(config, store, found, received_at, &place)?,
        found: found.clone(),
    })
    .verdict)
}

/// Matches a mail against what is known now. `said`: whose staff say that it is.
pub fn match_mail(
    books: Books<'_>,
    reading: &Reading,
    received_at: Timestamp,
    said: Option<&UnitId>,
) -> Result<Match> {
    let expected = |unit: Option<&UnitId>| expected::to_come(books.store, unit);
    let sent = |unit: &UnitId| books.store.sent_before(unit);
    let known = known(books.store, reading, received_at, said, (&expected, &sent))?;
    books.matcher(date_of(received_at)).decide(reading, &known)
}

/// What is known of a mail besides what stands in it.
pub fn known<'a>(
    store: &Store,
    reading: &Reading,
    received_at: Timestamp,
    said: Option<&'a UnitId>,
    (expected, sent_before): (&'a Expected<'a>, &'a Sent<'a>),
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
        sent_before,
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
