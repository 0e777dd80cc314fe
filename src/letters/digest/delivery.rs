//! What was sent, what could not be, and the addresses that our mails do not reach.

use anyhow::Result;
use jiff::Timestamp;
use jiff::civil::Date;
use minijinja::context;
use serde::Serialize;

use super::DigestData;
use crate::config::Config;
use crate::domain::obligation::Obligation;
use crate::domain::{date_of, vietnamese_date, vietnamese_moment};
use crate::links::{Link, Links};
use crate::standing;
use crate::store::{
    DEFERRED_FOR_LONG, Message, Outgoing, OutgoingState, Receipts, Standing, Store,
};
use crate::writing::{Sentence, say, sentence, unlinked};

/// The units that were reminded of one report and period by one kind of mail.
#[derive(Debug, Serialize)]
pub(super) struct Reminded {
    /// What kind of mail it was, in words.
    kind: &'static str,
    /// Of what; empty where the mail says no such thing.
    what: String,
    /// Their short names.
    units: Vec<String>,
}

/// A mail that could not be delivered.
#[derive(Debug, Serialize)]
pub(super) struct Undelivered {
    /// Which, to whom, and why.
    pub(super) says: Sentence,
    /// By which it is sent again.
    pub(super) link: Option<Link>,
}

/// An address that our mails do not reach.
#[derive(Debug, Serialize)]
pub(super) struct Contact {
    /// Whether it is still written to.
    pub(super) doubtful: bool,
    pub(super) address: String,
    /// The units that it is of.
    pub(super) whose: Vec<String>,
    /// Since which day.
    pub(super) since: String,
    /// What the server said (RFC 3463), where that is known.
    pub(super) status: Option<String>,
    /// Which address the first of them is written to instead.
    pub(super) instead: Option<String>,
    /// By which it is written to again.
    pub(super) link: Option<Link>,
}

/// A mail of ours and its unit, for staff.
fn mail_in_words(config: &Config, mail: &Outgoing, day: Date) -> String {
    let unit = mail.unit.as_ref().map(|u| config.unit_name(u, day));
    let kind = mail.owed.kind().in_vietnamese();
    say(config, "mail_of_ours", context! { kind, unit })
}

/// What was sent, and what could not be.
pub(super) fn sent(
    config: &Config,
    store: &Store,
    (since, until): (Timestamp, Timestamp),
    links: Option<&Links>,
    data: &mut DigestData,
) -> Result<()> {
    let day = date_of(until);
    for mail in store.ended_between(since, until)? {
        let none = context! {};
        let how = match (mail.state, &mail.error) {
            (OutgoingState::Failed, _) => Some(sentence("refused", none)),
            (OutgoingState::Unknown, _) => Some(sentence("fate_unknown", none)),
            (OutgoingState::Sent, Some(_)) => Some(sentence("refused_for_some", none)),
            (OutgoingState::Dropped, _) if no_longer_configured(config, store, &mail, until)? => {
                Some(sentence("not_sent", none))
            }
            (OutgoingState::Sent, None)
            | (OutgoingState::Queued | OutgoingState::Sending | OutgoingState::Dropped, _) => None,
        };
        if let Some(how) = how {
            let what = mail_in_words(config, &mail, day);
            let again = links.filter(|_| mail.state != OutgoingState::Sent);
            let link = again.map(|l| l.for_outgoing(mail.id, &what));
            let (recipients, error) = (&mail.recipients, &mail.error);
            data.failed.push(Undelivered {
                says: sentence("undelivered", context! { what, recipients, how, error }),
                link,
            });
        }
        if mail.state == OutgoingState::Sent && mail.owed.kind().is_reminder() {
            for (unit, what) in reminded_of(config, store, &mail, day)? {
                let kind = mail.owed.kind().in_vietnamese();
                let same = |r: &&mut Reminded| r.kind == kind && r.what == what;
                match data.reminded.iter_mut().find(same) {
                    Some(group) => group.units.push(unit),
                    None => data.reminded.push(Reminded {
                        kind,
                        what,
                        units: vec![unit],
                    }),
                }
            }
        }
    }
    Ok(())
}

/// What a reminder was of: each unit with a report and its period.
fn reminded_of(
    config: &Config,
    store: &Store,
    mail: &Outgoing,
    day: Date,
) -> Result<Vec<(String, String)>> {
    let mut what = Vec::new();
    for (id, _) in store.steps_of(mail.id)? {
        if let Some((unit, report, period)) = store.obligation(id)? {
            let report = config.report_name(&report);
            let unit = config.unit_name(&unit, day);
            what.push((unit, format!("{report}, {}", period.in_vietnamese())));
        }
    }
    if what.is_empty() {
        let unit = mail.unit.as_ref().map(|u| config.unit_name(u, day));
        what.push((unit.unwrap_or_default(), String::new()));
    }
    Ok(what)
}

/// Whether a mail was a reminder of what the configuration does not ask for any more, or to a unit that it does not have.
fn no_longer_configured(
    config: &Config,
    store: &Store,
    mail: &Outgoing,
    day: Timestamp,
) -> Result<bool> {
    let Some(unit) = mail
        .unit
        .as_ref()
        .filter(|_| mail.owed.kind().is_reminder())
    else {
        return Ok(false);
    };
    if config.register.nearest(unit, date_of(day)).is_none() {
        return Ok(true);
    }
    let steps = store.steps_of(mail.id)?;
    let obligations = store.obligations_of(unit, Receipts::All)?;
    let meant = obligations
        .iter()
        .filter(|o| steps.iter().any(|(id, _)| *id == o.id));
    let asked = |o: &Obligation| config.report(&o.report).is_some_and(|r| r.asks_on(o.opens));
    Ok(meant.into_iter().any(|o| !asked(o)))
}

/// Mails that still wait, and why, where somebody should know.
pub(super) fn stuck(
    config: &Config,
    store: &Store,
    (since, until): (Timestamp, Timestamp),
    data: &mut DigestData,
) -> Result<()> {
    let day = date_of(until);
    let long_ago = until - DEFERRED_FOR_LONG;
    for mail in store.stuck(long_ago)? {
        let what = mail_in_words(config, &mail, day);
        let why = mail.error.as_deref().unwrap_or("");
        let says = match (mail.blocked_since, mail.deferred_since) {
            (Some(at), _) => {
                let since = vietnamese_moment(at);
                sentence("not_composed", context! { what, since, why })
            }
            (None, at) => {
                let since = vietnamese_moment(at.unwrap_or(until));
                let (recipients, tries) = (&mail.recipients, mail.tries);
                sentence("deferred", context! { what, recipients, since, tries, why })
            }
        };
        data.failed.push(Undelivered { says, link: None });
    }
    for rest in store.rests_to_tell((since, until), long_ago)? {
        let Some(mail) = store.outgoing_mail(rest.outbox)? else {
            continue; // the rows stand in one store
        };
        let what = mail_in_words(config, &mail, day);
        let none = context! {};
        let how = match rest.state {
            OutgoingState::Unknown => sentence("fate_unknown", none),
            OutgoingState::Failed => sentence("refused", none),
            OutgoingState::Queued
            | OutgoingState::Sending
            | OutgoingState::Sent
            | OutgoingState::Dropped => sentence("still_tried", none),
        };
        let (address, error) = (rest.address, rest.error);
        data.failed.push(Undelivered {
            says: sentence("rest", context! { what, address, how, error }),
            link: None,
        });
    }
    Ok(())
}

/// Mails that came back.
pub(super) fn bounced(
    config: &Config,
    store: &Store,
    messages: &[Message],
    data: &mut DigestData,
) -> Result<()> {
    for message in messages {
        let Some(bounce) = message.reading.as_ref().and_then(|r| r.bounce.as_ref()) else {
            continue;
        };
        // Only mails of ours; what others forged or misdirected is noise.
        let Some(original) = bounce.original_message_id.as_deref() else {
            continue;
        };
        if let Some(mail) = store.sent_as(original)? {
            let what = mail_in_words(config, &mail, date_of(message.received_at));
            let status = bounce.status.as_deref();
            // What we wrote to is of our register; anything else may be a stranger's link.
            let shown = bounce.recipients.iter();
            let shown =
                shown.map(
                    |a| match mail.recipients.iter().any(|r| r.eq_ignore_ascii_case(a)) {
                        true => a.clone(),
                        false => unlinked(a),
                    },
                );
            let recipients: Vec<String> = shown.collect();
            let believed = message
                .reading
                .as_ref()
                .is_some_and(|r| r.believed_bounce().is_some());
            data.failed.push(Undelivered {
                says: sentence("bounced", context! { what, recipients, status, believed }),
                link: None,
            });
        }
    }
    Ok(())
}

/// Addresses that our mails do not reach, with who is written to instead.
pub(super) fn contacts(
    config: &Config,
    store: &Store,
    links: Option<&Links>,
    now: Timestamp,
) -> Result<Vec<Contact>> {
    let day = date_of(now);
    let dead = store.dead_contacts(Receipts::Until(now), now)?;
    let mut lines = Vec::new();
    for (address, contact) in &store.failed_contacts(now)? {
        let doubtful = contact.standing == Standing::Doubtful;
        let holders = config.register.bearers(address, day);
        let whose: Vec<String> = holders
            .iter()
            .map(|b| config.unit_name(&b.unit, day))
            .collect();
        let instead = holders.first().filter(|_| !doubtful);
        let instead = instead.and_then(|b| standing::addressee(config, &dead, &b.unit, day));
        lines.push(Contact {
            doubtful,
            address: address.clone(),
            whose,
            since: vietnamese_date(date_of(contact.since)),
            status: contact.status.clone(),
            instead: instead.map(|to| to.to.to_owned()),
            link: links.map(|l| l.for_contact(contact.id, address)),
        });
    }
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::domain::obligation::tests::{at, obligation};
    use crate::domain::owed::{Kind, Owed};
    use crate::domain::reminder::{Step, Urgency};
    use crate::store::NewMail;

    #[test]
    fn who_was_reminded_stands_by_report() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("config");
        let config = Config::load(&folder).unwrap();
        let (before, now) = (at("2026-06-16T00:00:00Z"), at("2026-06-16T01:00:00Z"));
        let store = Store::in_memory(before).unwrap();
        let due = "2026-06-15T10:00:00Z";
        let units = ["ldld-dong-hoa", "ldld-tuy-an"];
        for unit in units {
            let expected = obligation(unit, due);
            store.expect(&expected).unwrap();
            let id = store
                .obligation_id(&expected.unit, &expected.report, &expected.period)
                .unwrap();
            let mail = NewMail {
                owed: Owed::Reminder {
                    unit: expected.unit.clone(),
                    day: date_of(now),
                    urgency: Urgency::Late,
                },
                unit: Some(expected.unit.clone()),
                message: None,
            };
            let outbox = store.owe(&mail, now).unwrap().unwrap();
            let step = (id.unwrap(), at(due), Step::Late(1));
            store
                .carry(outbox, Kind::Reminder(Urgency::Late), &[step])
                .unwrap();
            store.start_sending(outbox, unit, None, now).unwrap();
            store
                .end_sending(outbox, OutgoingState::Sent, None, now)
                .unwrap();
        }
        let mut data = DigestData::default();
        let until = at("2026-06-17T00:00:00Z");
        sent(&config, &store, (before, until), None, &mut data).unwrap();
        let [group] = data.reminded.as_slice() else {
            panic!("{:?}", data.reminded)
        };
        assert_eq!(group.what, "Công tác trẻ em, 6 tháng đầu năm 2026");
        assert_eq!(group.units, ["LĐLĐ TX Đông Hòa", "LĐLĐ huyện Tuy An"]);
    }
}
