//! Whose mails they are, by their From fields alone, and in what order they are fetched where there is not room for all.

use std::collections::{HashMap, HashSet, VecDeque};

use anyhow::Result;
use jiff::Timestamp;

use super::{Visit, Wanted};
use crate::collect::facts::units_of_address;
use crate::collect::read::LONGEST_HEAD;
use crate::config::Config;
use crate::domain::unit::UnitId;
use crate::ground::turns::numbered;
use crate::mailbox::Envelope;
use crate::manager;
use crate::reading::Person;
use crate::store::Store;

/// How many addresses in the From fields of one mail are looked up.
const MOST_SENDERS: usize = 20;
/// How many From fields one FETCH asks for.
pub(super) const SENDERS: usize = 500;

/// The addresses of units, registered or taught, and of staff.
pub(super) fn registered(config: &Config, store: &Store) -> Result<HashSet<String>> {
    let units = config.register.units.iter();
    let mut all: HashSet<String> = units
        .flat_map(|u| &u.emails)
        .map(|a| a.to_lowercase())
        .collect();
    all.extend(config.settings.digest_to.iter().cloned());
    all.extend(store.learned()?.into_iter().map(|(address, ..)| address));
    Ok(all)
}

/// The one registered or taught address that the From fields of a header name which cannot be read otherwise.
pub(in crate::collect) fn registered_sender(
    config: &Config,
    store: &Store,
    head: &[u8],
) -> Result<Option<Person>> {
    Ok(the_one_named(head, &registered(config, store)?))
}

pub(super) fn the_one_named(head: &[u8], addresses: &HashSet<String>) -> Option<Person> {
    let mut named = senders_in(head);
    named.retain(|address| addresses.contains(address));
    named.dedup();
    match <[String; 1]>::try_from(named) {
        Ok([address]) => Some(Person {
            name: String::new(),
            address,
        }),
        Err(_) => None, // nobody, or who knows which
    }
}

/// The words of the From fields of a mail, or of a beginning of it, that may be addresses, lower case.
pub(super) fn senders_in(beginning: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(&beginning[..beginning.len().min(LONGEST_HEAD)]);
    let mut words = Vec::new();
    let mut within = false;
    for line in text.lines().take_while(|l| !l.is_empty()) {
        let continues = line.starts_with([' ', '\t']);
        let named = line
            .get(..5)
            .is_some_and(|n| n.eq_ignore_ascii_case("from:"));
        within = named || within && continues;
        if within {
            let parts = line.split(|c: char| c.is_whitespace() || "<>,;:\"'()[]".contains(c));
            words.extend(parts.filter(|w| w.contains('@')).map(str::to_lowercase));
        }
    }
    words
}

impl Visit<'_, '_> {
    /// In what order mails are fetched ([`in_order`]). Where there is room for all and nobody writes while others' mails are
    /// left, it is that of their arrival and nobody is asked.
    pub(super) async fn by_sender<'l>(
        &mut self,
        wanted: Vec<&'l Envelope>,
    ) -> Result<VecDeque<Wanted<'l>>> {
        let bytes: u64 = wanted.iter().map(|e| e.size).sum();
        let room = self.purse()?.pays(None, bytes);
        if room && wanted.len() <= self.turn.left_to_fetch() && self.new.is_empty() {
            let anybody = |envelope| Wanted {
                envelope,
                registered: None,
                hurries: false,
            };
            return Ok(wanted.into_iter().map(anybody).collect());
        }
        self.ask_senders(&wanted).await?;
        let mails = wanted.into_iter().map(|envelope| {
            let named = self.named.get(&envelope.uid).map_or(&[][..], Vec::as_slice);
            let registered = self.registered_of(named);
            let first = named.first().map_or("", String::as_str);
            Sent {
                envelope,
                sender: registered.unwrap_or(first),
                registered: registered.is_some(),
                new: self.turn.may_hurry() && self.new.contains(&envelope.uid),
            }
        });
        let wanted = |(hurries, mail): (bool, Sent<'l, '_>)| Wanted {
            envelope: mail.envelope,
            registered: mail.registered.then(|| mail.sender.to_owned()),
            hurries: hurries && mail.registered,
        };
        Ok(in_order(mails.collect()).into_iter().map(wanted).collect())
    }

    /// Asks whom the From fields of mails name, where that is not known yet.
    async fn ask_senders(&mut self, envelopes: &[&Envelope]) -> Result<()> {
        let mut unknown: Vec<&Envelope> = envelopes.to_vec();
        unknown.retain(|e| !self.named.contains_key(&e.uid));
        let named = self.named(&unknown).await?;
        self.named.extend(named);
        Ok(())
    }

    /// The addresses that the From fields of mails name, by UID.
    pub(super) async fn named(
        &mut self,
        envelopes: &[&Envelope],
    ) -> Result<HashMap<String, Vec<String>>> {
        let uids: Vec<String> = envelopes.iter().map(|e| e.uid.clone()).collect();
        let mut found = HashMap::new();
        for uids in uids.chunks(SENDERS) {
            manager::step();
            let senders = self.open.senders(uids).await?;
            let named = senders.into_iter();
            found.extend(named.map(|(uid, from)| (uid, senders_in(&from))));
        }
        Ok(found)
    }

    /// The UIDs of those whose sender is registered.
    pub(super) async fn of_registered(
        &mut self,
        envelopes: &[&Envelope],
    ) -> Result<HashSet<String>> {
        let named = self.named(envelopes).await?.into_iter();
        Ok(named
            .filter(|(_, addresses)| self.registered_of(addresses).is_some())
            .map(|(uid, _)| uid)
            .collect())
    }

    /// The first registered one of the addresses that a mail names as its senders.
    pub(super) fn registered_of<'a>(&self, named: &'a [String]) -> Option<&'a str> {
        let mut named = named.iter().map(String::as_str);
        named.find(|address| self.registered.contains(*address))
    }

    /// The units that the senders of a mail may write for.
    pub(super) fn units_of(
        &self,
        senders: &[String],
        received_at: Timestamp,
    ) -> Result<Vec<UnitId>> {
        let mut units = Vec::new();
        // Who names more senders than that means nobody.
        for address in senders.iter().take(MOST_SENDERS) {
            units.extend(units_of_address(
                self.books.config,
                self.books.store,
                address,
                received_at,
            )?);
        }
        Ok(units)
    }
}

/// A mail that is to be fetched, and what decides on its place among the others.
struct Sent<'l, 's> {
    envelope: &'l Envelope,
    /// The registered address that it names as its sender, else the first one.
    sender: &'s str,
    registered: bool,
    /// Whether it has come since others were left to be fetched.
    new: bool,
}

/// Mails, given in the order of their arrival, in the order in which they are fetched: those of registered senders first;
/// among them those of senders of whom something new has come, who do not wait for what others sent before. In each kind
/// the senders take turns: the oldest mail of each before anybody's second, and the smaller ones first in each turn. Who
/// sends much, or in whose name much is sent, uses up the time and the day's budget for nobody else. With each mail stands
/// whether something new of its sender has come.
fn in_order<'l, 's>(mails: Vec<Sent<'l, 's>>) -> Vec<(bool, Sent<'l, 's>)> {
    let new = mails.iter().filter(|m| m.new).map(|m| m.sender);
    let with_new: HashSet<&str> = new.collect();
    let by_sender = mails.into_iter().map(|m| ((m.registered, m.sender), m));
    let mut ordered = numbered(by_sender);
    ordered.sort_by_key(|(turn, m)| {
        let waits = !with_new.contains(m.sender);
        (!m.registered, waits, *turn, m.envelope.size)
    });
    let mails = ordered.into_iter().map(|(_, mail)| mail);
    mails.map(|m| (with_new.contains(m.sender), m)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sender_is_found_in_whatever_way_the_field_names_it() {
        let addresses = HashSet::from(["ldld@a.example".to_owned()]);
        for (from, found) in [
            ("From: ldld@a.example", true),
            ("From: =?UTF-8?Q?L=C4=90?= <LDLD@A.example>", true),
            ("From: \"a, b\"\r\n <ldld@a.example>", true),
            ("From: group: ldld@a.example;", true),
            (
                "To: b@a.example\r\nfrom:\r\n\tldld@a.example\r\n\r\nx",
                true,
            ),
            ("From: b@a.example\r\nTo: ldld@a.example\r\n\r\nx", false),
            ("Subject: a\r\n\r\nFrom: ldld@a.example", false),
            ("From: xldld@a.example", false),
            ("From: ldld@a.example.evil.example", false),
            ("", false),
        ] {
            let named = senders_in(from.as_bytes());
            let registered = named.iter().any(|a| addresses.contains(a));
            assert_eq!(registered, found, "{from}");
        }
    }

    #[test]
    fn of_a_header_that_cannot_be_read_the_one_registered_address_in_its_from_field_is_the_sender()
    {
        let addresses = HashSet::from(["ldld@a.example".to_owned(), "cd@b.example".to_owned()]);
        for (head, found) in [
            (
                "To: x\r\nFROM: LĐLĐ\r\n <ldld@a.example>\r\nSubject: y\r\n",
                Some("ldld@a.example"),
            ),
            ("From: x@evil.example\r\nSubject: ldld@a.example\r\n", None),
            ("From: ldld@a.example, cd@b.example\r\n", None),
            (
                "From: \"cd@b.example\" <cd@b.example>\r\n",
                Some("cd@b.example"),
            ),
            ("Reply-To: ldld@a.example\r\n", None),
            ("", None),
        ] {
            let sender = the_one_named(head.as_bytes(), &addresses);
            assert_eq!(sender.as_ref().map(|s| &*s.address), found, "{head}");
        }
    }

    #[test]
    fn units_come_first_then_who_writes_now_senders_take_turns_and_small_mails_come_first_in_each()
    {
        /// Sender (`s…` is a stranger, `…+` is new) and size of mails in the order of arrival; and which of them are fetched
        /// one after another.
        type Case = (&'static [(&'static str, u64)], &'static [usize]);
        let cases: [Case; 10] = [
            (&[], &[]),
            (&[("a", 9), ("a", 1), ("a", 5)], &[0, 1, 2]),
            (&[("a", 2), ("a", 2), ("a", 2), ("b", 3)], &[0, 3, 1, 2]),
            (&[("a", 9), ("a", 9), ("b", 3), ("c", 2)], &[3, 2, 0, 1]),
            (&[("a", 1), ("b", 1), ("a", 2), ("b", 1)], &[0, 1, 3, 2]),
            (&[("s", 1), ("a", 2), ("a", 2)], &[1, 2, 0]),
            // What a sender has sent before comes before what is new of it, and before what others sent.
            (&[("a", 1), ("b", 2), ("b", 2), ("b+", 2)], &[1, 2, 3, 0]),
            (
                &[("a", 1), ("b", 2), ("c", 3), ("c+", 1), ("b+", 2)],
                &[1, 2, 3, 4, 0],
            ),
            (&[("a", 1), ("s", 1), ("s+", 1)], &[0, 1, 2]),
            (&[("s", 1), ("t", 1), ("t+", 1), ("a", 9)], &[3, 1, 2, 0]),
        ];
        for (mails, wanted) in cases {
            let envelopes: Vec<Envelope> = mails
                .iter()
                .enumerate()
                .map(|(n, (_, size))| Envelope {
                    uid: n.to_string(),
                    size: *size,
                    received_at: None,
                    gm_msgid: None,
                })
                .collect();
            let sent = mails
                .iter()
                .zip(&envelopes)
                .map(|((who, _), envelope)| Sent {
                    envelope,
                    sender: who.trim_end_matches('+'),
                    registered: !who.starts_with(['s', 't']),
                    new: who.ends_with('+'),
                });
            let ordered = in_order(sent.collect());
            let order: Vec<u32> = ordered.iter().map(|(_, m)| m.envelope.number()).collect();
            let wanted: Vec<u32> = wanted.iter().map(|n| *n as u32).collect();
            assert_eq!(order, wanted, "{mails:?}");
        }
    }
}
