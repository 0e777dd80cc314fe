//! The mails on which staff have to decide, in the order in which they are to be seen: a flood hides nothing. Senders whom
//! we know come first, one mail each before anybody's second; strangers stand by sender, and who was not shown yet comes
//! first. Before all of their kind stands for each unit that is not reminded while mails wait the one that holds it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use anyhow::Result;
use jiff::Timestamp;
use jiff::civil::Date;

use crate::config::Config;
use crate::domain::date_of;
use crate::domain::row::MessageId;
use crate::domain::unit::UnitId;
use crate::ground::turns::numbered;
use crate::reading::Trust;
use crate::store::{Claim, Ground, Message, Stands, Store, Strangers};

/// So many strangers of each kind a digest shows, with all their mails.
const SHOWN: usize = 6;

/// The mails that wait.
#[derive(Debug, Default)]
pub struct Waiting {
    /// Of senders whom we know, the surest first; and those whose sender nobody knows.
    pub known: Vec<Message>,
    /// Of strangers, by sender.
    pub strangers: BTreeMap<Strangers, Vec<Sender>>,
}

/// A stranger, and the mails of one kind that wait.
#[derive(Debug)]
pub struct Sender {
    /// At least one; the oldest first, but for those that are to be decided first.
    pub mails: Vec<Message>,
}

/// How sure it is who wrote a mail, the surest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Sureness {
    Verified,
    Unverified,
    /// It was found to be of somebody else, or looks like it.
    Forged,
}

impl Waiting {
    /// What waits at a moment.
    pub fn at(until: Timestamp, config: &Config, store: &Store) -> Result<Waiting> {
        let claims = store.claims()?;
        let forged: BTreeSet<MessageId> = claims
            .iter()
            .filter(|c| c.forged)
            .map(|c| c.message)
            .collect();
        // What only names a unit is nobody's document.
        let of_a_unit = claims
            .iter()
            .filter(|c| c.hold.unit.is_some() && c.hold.ground != Ground::Named);
        let of_a_unit: BTreeSet<MessageId> = of_a_unit.map(|c| c.message).collect();
        let first = first_to_decide(&claims, until);
        let learned: BTreeSet<String> = store.learned()?.into_iter().map(|(a, ..)| a).collect();
        let mut known = Vec::new();
        let mut strangers: BTreeMap<(Strangers, String), Vec<Message>> = BTreeMap::new();
        for mail in store.waiting()? {
            if mail.stored_at > until {
                continue;
            }
            match stranger(config, store, &learned, &mail)? {
                None => {
                    let sureness = match mail.reading.as_ref().map(|r| r.trust) {
                        _ if forged.contains(&mail.id) => Sureness::Forged,
                        Some(Trust::Fail) => Sureness::Forged,
                        Some(Trust::Pass) => Sureness::Verified,
                        Some(Trust::Unknown) | None => Sureness::Unverified,
                    };
                    known.push((sureness, mail));
                }
                Some(address) => {
                    let kind = match of_a_unit.contains(&mail.id) {
                        true => Strangers::WithDocument,
                        false => Strangers::Others,
                    };
                    strangers.entry((kind, address)).or_default().push(mail);
                }
            }
        }
        let times = store.times_listed()?;
        let mut waiting = Waiting {
            known: in_turns(known, &first),
            strangers: BTreeMap::new(),
        };
        for ((kind, _), mails) in strangers {
            let of_kind = waiting.strangers.entry(kind).or_default();
            of_kind.push(Sender { mails });
        }
        for senders in waiting.strangers.values_mut() {
            let holds = |s: &Sender| s.mails.iter().any(|m| first.contains(&m.id));
            senders.sort_by_key(|s| (!holds(s), s.times_listed(&times), s.mails[0].received_at));
            for sender in senders {
                sender.mails.sort_by_key(|m| !first.contains(&m.id));
            }
        }
        Ok(waiting)
    }
}

impl Sender {
    /// How often a digest has shown it: a new mail does not bring it before those that were never seen.
    fn times_listed(&self, times: &HashMap<MessageId, u32>) -> u32 {
        let times = self.mails.iter().map(|m| times.get(&m.id).copied());
        times.flatten().max().unwrap_or(0)
    }
}

/// The address of a mail's sender, where nobody knows it.
fn stranger(
    config: &Config,
    store: &Store,
    learned: &BTreeSet<String>,
    mail: &Message,
) -> Result<Option<String>> {
    let Some(address) = &mail.sender else {
        return Ok(None); // it may be anybody's
    };
    let settings = &config.settings;
    let known = settings.digest_to.contains(address)
        || settings.mailbox.address == *address
        || settings.mailbox.aliases.contains(address)
        || learned.contains(address)
        || !config
            .register
            .bearers(address, date_of(mail.received_at))
            .is_empty()
        || !store.former_units(address, mail.received_at)?.is_empty();
    Ok((!known).then(|| address.clone()))
}

/// Of the mails that hold a unit at a moment the one that is to be decided first; so for each unit that is held. Others
/// that hold the same unit wait their turn: a flood in the name of one unit hides no other.
fn first_to_decide(claims: &[Claim], moment: Timestamp) -> BTreeSet<MessageId> {
    let mut first: BTreeMap<Option<&UnitId>, &Claim> = BTreeMap::new();
    // What is not read yet cannot be shown.
    let holding = claims
        .iter()
        .filter(|c| c.read && c.stored_at <= moment && c.at(moment) == Stands::Holds);
    for claim in holding {
        let of_unit = first.entry(claim.hold.unit.as_ref()).or_insert(claim);
        if claim.place() < of_unit.place() {
            *of_unit = claim;
        }
    }
    first.values().map(|claim| claim.message).collect()
}

/// What is to be decided first so that units are reminded again comes first (`first`). Then the first mail of each sender
/// before anybody's second, whoever sends most, and the surest first; what was found to be forged comes last, as one sender
/// may forge many.
fn in_turns(mails: Vec<(Sureness, Message)>, first: &BTreeSet<MessageId>) -> Vec<Message> {
    let by_sender = mails
        .into_iter()
        .map(|(sureness, mail)| ((sureness, mail.sender.clone()), (sureness, mail)));
    let mut turns = numbered(by_sender);
    turns.sort_by_key(|(nth, (sureness, mail))| {
        let forged = *sureness == Sureness::Forged;
        let others = !first.contains(&mail.id);
        (others, forged, *nth, *sureness, mail.received_at, mail.id)
    });
    turns.into_iter().map(|(_, (_, mail))| mail).collect()
}

/// Chooses the strangers that the digest of a day shows, and remembers which of their mails these are: they can be put
/// aside together.
pub fn list(config: &Config, store: &Store, day: Date, until: Timestamp) -> Result<()> {
    let waiting = Waiting::at(until, config, store)?;
    for (kind, senders) in &waiting.strangers {
        let shown = senders.iter().take(SHOWN).flat_map(|s| &s.mails);
        store.list(day, *kind, shown.map(|m| m.id))?;
    }
    Ok(())
}

/// Of the strangers of a kind those that the digest of a day shows, and how many senders and mails are left. Where none
/// were chosen for the day, those that would be.
pub fn shown(
    store: &Store,
    day: Date,
    kind: Strangers,
    senders: Vec<Sender>,
) -> Result<(Vec<Sender>, usize, usize)> {
    let listed: BTreeSet<MessageId> = store.listed(day, kind)?.into_iter().collect();
    let all: usize = senders.iter().map(|s| s.mails.len()).sum();
    let mut shown = Vec::new();
    let mut hidden = 0;
    for (n, mut sender) in senders.into_iter().enumerate() {
        match listed.is_empty() {
            true if n < SHOWN => {}
            true => sender.mails.clear(),
            false => sender.mails.retain(|m| listed.contains(&m.id)),
        }
        match sender.mails.is_empty() {
            true => hidden += 1,
            false => shown.push(sender),
        }
    }
    let told: usize = shown.iter().map(|s| s.mails.len()).sum();
    Ok((shown, hidden, all - told))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Hold, MessageState};

    #[test]
    fn nobody_s_second_mail_comes_before_another_s_first_and_what_is_forged_comes_last() {
        use Sureness::{Forged, Unverified, Verified};
        let mail = |id: i64, from: &str| Message {
            id: MessageId(id),
            sha256: None,
            size: 1,
            received_at: Timestamp::from_second(id).unwrap(),
            stored_at: Timestamp::from_second(id).unwrap(),
            sender: Some(from.to_owned()),
            subject: None,
            unit: None,
            state: MessageState::Waiting,
            why: vec![],
            candidates: vec![],
            reading: None,
            put_off: None,
        };
        let mails = vec![
            (Forged, mail(1, "b")),
            (Unverified, mail(2, "a")),
            (Unverified, mail(3, "a")),
            (Unverified, mail(4, "a")),
            (Unverified, mail(5, "c")),
            (Verified, mail(6, "a")),
            (Verified, mail(7, "b")),
            (Unverified, mail(8, "c")),
            (Verified, mail(9, "a")),
        ];
        let ids = |first: &[i64]| -> Vec<i64> {
            let first = first.iter().copied().map(MessageId).collect();
            let turns = in_turns(mails.clone(), &first);
            turns.iter().map(|m| m.id.0).collect()
        };
        assert_eq!(ids(&[]), [6, 7, 2, 5, 9, 3, 8, 4, 1]);
        assert_eq!(ids(&[8, 1, 100]), [8, 1, 6, 7, 2, 5, 9, 3, 4]);
    }

    #[test]
    fn for_each_unit_that_is_held_one_mail_is_to_be_decided_first_and_no_more_for_many_that_hold_it()
     {
        let at = |second| Timestamp::from_second(second).unwrap();
        let claim = |message, unit: Option<&str>, until: Option<i64>| Claim {
            message: MessageId(message),
            stored_at: at(message),
            read: true,
            forged: false,
            hold: Hold {
                unit: unit.map(|u| UnitId(u.into())),
                ground: Ground::Address,
                until: until.map(at),
            },
        };
        let (a, b, c) = (Some("a"), Some("b"), Some("c"));
        let claims = [
            // Over, and told.
            claim(1, a, Some(50)),
            claim(2, a, Some(500)),
            Claim {
                forged: true,
                ..claim(3, b, None)
            },
            claim(4, b, Some(500)),
            claim(5, b, Some(500)),
            claim(6, b, None),
            claim(7, a, Some(500)),
            // Not read yet; came later.
            Claim {
                read: false,
                ..claim(8, c, None)
            },
            claim(101, c, None),
            claim(9, None, Some(500)),
        ];
        let first = |now| -> Vec<i64> {
            let first = first_to_decide(&claims, at(now));
            first.into_iter().map(|m| m.0).collect()
        };
        assert_eq!(first(100), [2, 6, 9]);
        assert_eq!(first(101), [2, 6, 9, 101]);
        assert_eq!(first(500), [6, 101]);
        let mut named = claims.clone();
        named.iter_mut().for_each(|c| c.hold.ground = Ground::Named);
        assert_eq!(first_to_decide(&named, at(100)), BTreeSet::new());
    }
}
