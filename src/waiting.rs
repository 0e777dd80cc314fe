//! The mails on which staff have to decide, in the order in which they are to be seen: a flood hides nothing. Senders whom
//! we know come first, one mail each before anybody's second; strangers stand by sender, and who was not shown yet comes
//! first.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use anyhow::Result;
use jiff::Timestamp;
use jiff::civil::Date;

use crate::config::Config;
use crate::domain::date_of;
use crate::ground::turns::numbered;
use crate::reading::Trust;
use crate::store::{Message, Store, Strangers};

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
    /// The address.
    pub address: String,
    /// At least one, the oldest first.
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
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn at(until: Timestamp, config: &Config, store: &Store) -> Result<Waiting> {
        let claims = store.claims()?;
        let forged: BTreeSet<i64> = claims
            .iter()
            .filter(|c| c.forged)
            .map(|c| c.message)
            .collect();
        let of_a_unit = claims.iter().filter(|c| c.hold.unit.is_some());
        let of_a_unit: BTreeSet<i64> = of_a_unit.map(|c| c.message).collect();
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
            known: in_turns(known),
            strangers: BTreeMap::new(),
        };
        for ((kind, address), mails) in strangers {
            let of_kind = waiting.strangers.entry(kind).or_default();
            of_kind.push(Sender { address, mails });
        }
        for senders in waiting.strangers.values_mut() {
            senders.sort_by_key(|s| (s.times_listed(&times), s.mails[0].received_at));
        }
        Ok(waiting)
    }
}

impl Sender {
    /// How often a digest has shown it: a new mail does not bring it before those that were never seen.
    fn times_listed(&self, times: &HashMap<i64, u32>) -> u32 {
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

/// The first mail of each sender before anybody's second, whoever sends most, and the surest first; what was found to be
/// forged comes last, as one sender may forge many.
fn in_turns(mails: Vec<(Sureness, Message)>) -> Vec<Message> {
    let by_sender = mails
        .into_iter()
        .map(|(sureness, mail)| ((sureness, mail.sender.clone()), (sureness, mail)));
    let mut turns = numbered(by_sender);
    turns.sort_by_key(|(nth, (sureness, mail))| {
        let forged = *sureness == Sureness::Forged;
        (forged, *nth, *sureness, mail.received_at, mail.id)
    });
    turns.into_iter().map(|(_, (_, mail))| mail).collect()
}

/// Chooses the strangers that the digest of a day shows, and remembers which of their mails these are: they can be put
/// aside together.
///
/// # Errors
/// When the store fails.
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
///
/// # Errors
/// When the store cannot be read.
pub fn shown(
    store: &Store,
    day: Date,
    kind: Strangers,
    senders: Vec<Sender>,
) -> Result<(Vec<Sender>, usize, usize)> {
    let listed: BTreeSet<i64> = store.listed(day, kind)?.into_iter().collect();
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
    use crate::store::MessageState;

    #[test]
    fn nobody_s_second_mail_comes_before_another_s_first_and_what_is_forged_comes_last() {
        use Sureness::{Forged, Unverified, Verified};
        let mail = |id: i64, from: &str| Message {
            id,
            sha256: None,
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
        let ids: Vec<i64> = in_turns(mails).iter().map(|m| m.id).collect();
        assert_eq!(ids, [6, 7, 2, 5, 9, 3, 8, 4, 1]);
    }
}
