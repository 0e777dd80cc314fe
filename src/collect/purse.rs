//! Whom a day's fetching is for. Who a mail claims to be from costs its sender nothing: what comes in the name of some
//! addresses, or of many, leaves each other address its share of the same day.

use std::collections::HashMap;

use crate::config::Limits;

/// What may still be fetched on a day.
///
/// Most of a day is for whoever comes first. The rest is kept for the addresses that are registered, in equal shares: the
/// share of an address is for nobody else as long as it is not used. Of what is over, an address may take more than its
/// share, up to a cap that lets a mail of the greatest size through.
#[derive(Debug)]
pub(super) struct Purse {
    /// What may be fetched in the day, in bytes.
    day: u64,
    /// What of it is for whoever comes first.
    common: u64,
    /// The share that is kept for an address.
    share: u64,
    /// After so much of one address, no more of it is paid out of what is kept.
    cap: u64,
    /// What was fetched in the day.
    fetched: u64,
    /// The same for each registered address that anything came from.
    of: HashMap<String, u64>,
    /// What is kept for the addresses that have not used their shares.
    kept: u64,
}

impl Purse {
    /// What is left where so much was fetched, and of each registered address so much. `addresses`: how many there are.
    pub(super) fn of(
        limits: &Limits,
        addresses: usize,
        fetched: u64,
        of: HashMap<String, u64>,
    ) -> Purse {
        let day = limits.daily_download_bytes;
        let common = limits.strangers_download_bytes();
        let share = (day - common) / (addresses as u64).max(1);
        let without = addresses.saturating_sub(of.len()) as u64;
        let unused: u64 = of.values().map(|used| share.saturating_sub(*used)).sum();
        Purse {
            day,
            common,
            share,
            cap: share.max(limits.message_bytes),
            fetched,
            of,
            kept: share * without + unused,
        }
    }

    /// Whether a mail of so many bytes is fetched today; it is paid then. `address`: the registered one that it names as
    /// its sender, if it does.
    pub(super) fn pays(&mut self, address: Option<&str>, bytes: u64) -> bool {
        let used = address.map_or(0, |a| self.of.get(a).copied().unwrap_or(0));
        let own = address.map_or(0, |_| self.share.saturating_sub(used));
        let together = self.fetched.saturating_add(bytes);
        let of_the_rest = address.is_some()
            && used.saturating_add(bytes) <= self.cap
            && together.saturating_add(self.kept.saturating_sub(own)) <= self.day;
        if together > self.common && !of_the_rest {
            return false;
        }
        self.fetched = together;
        self.kept = self.kept.saturating_sub(own.min(bytes));
        if let Some(address) = address {
            *self.of.entry(address.to_owned()).or_default() += bytes;
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    /// Of 1,000 a day 800 are for anybody, and 200 for ten addresses; a mail has up to 60.
    fn purse(fetched: u64, of: &[(&str, u64)]) -> Purse {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("config");
        let limits = Limits {
            daily_download_bytes: 1_000,
            message_bytes: 60,
            ..Config::load(&folder).unwrap().settings.limits
        };
        let of = of.iter().map(|(a, used)| ((*a).to_owned(), *used));
        Purse::of(&limits, 10, fetched, of.collect())
    }

    #[test]
    fn what_a_day_pays_of_whom() {
        /// Fetched in all and of addresses, who sends, how much; and whether it is fetched.
        type Case<'a> = (u64, &'a [(&'a str, u64)], Option<&'a str>, u64, bool);
        let (a, b) = (Some("a"), Some("b"));
        let cases: [Case<'_>; 15] = [
            (0, &[], None, 60, true),
            (740, &[], None, 60, true),
            (741, &[], None, 60, false),
            // What is common pays for anybody, however much it was before.
            (700, &[("a", 700)], a, 60, true),
            // A mail of the greatest size is paid out of what is not kept for others.
            (760, &[], a, 60, true),
            (761, &[], a, 60, false),
            (800, &[("b", 60)], a, 20, true),
            (800, &[("b", 60)], a, 40, true),
            (800, &[("b", 60)], a, 41, false),
            // Of one address only so much.
            (800, &[("a", 60), ("b", 60)], a, 1, false),
            (800, &[("a", 40), ("b", 60), ("c", 60)], a, 20, true),
            (800, &[("a", 40), ("b", 60), ("c", 60)], a, 21, false),
            // The share of each is there to the last.
            (820, &[("a", 60)], b, 20, true),
            (820, &[("a", 60)], b, 21, false),
            (1_000, &[], None, 1, false),
        ];
        for (fetched, of, who, bytes, paid) in cases {
            let pays = purse(fetched, of).pays(who, bytes);
            assert_eq!(pays, paid, "{fetched} {of:?}: {bytes} of {who:?}");
        }
    }

    #[test]
    fn whatever_comes_in_the_names_of_others_leaves_each_address_its_share() {
        // Every mail that is paid, in many sizes and names, again and again.
        let names: Vec<String> = (0..9).map(|n| format!("a{n}")).collect();
        let mut senders: Vec<Option<&str>> = names.iter().map(|n| Some(n.as_str())).collect();
        senders.push(None);
        for strangers_first in [false, true] {
            if strangers_first {
                senders.reverse();
            }
            let mut purse = purse(0, &[]);
            let sizes = [60, 59, 37, 20, 13, 5, 1].into_iter().cycle();
            for (size, sender) in sizes.take(7 * 40).flat_map(|size| {
                let of = senders.iter();
                of.map(move |sender| (size, *sender))
            }) {
                purse.pays(sender, size);
            }
            // Nothing more is paid to any of them, but for what each address has of its own.
            assert!(purse.fetched >= 800, "{purse:?}");
            assert!(senders.iter().all(|s| !purse.pays(*s, 1)), "{purse:?}");
            for size in [7, 13] {
                assert!(purse.pays(Some("honest"), size), "{purse:?}");
            }
            assert!(purse.fetched <= 1_000, "{purse:?}");
        }
    }
}
