//! Addresses that our mails do not reach.

use std::collections::BTreeMap;

use anyhow::Result;
use jiff::{SignedDuration, Timestamp};
use rusqlite::params;

use super::{Store, parsed};
use crate::reading::BounceKind;

/// So many mails that failed for a time make an address one that does not work.
pub const MOST_SOFT: u32 = 3;
/// Within this time.
const SOFT_WITHIN: SignedDuration = SignedDuration::from_hours(24 * 14);

/// An address that does not work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadContact {
    /// Row of its last failure.
    pub id: i64,
    /// When that was.
    pub since: Timestamp,
    /// The status code (RFC 3463), where it was said.
    pub status: Option<String>,
    /// Whether it failed for good, or too often for a time.
    pub hard: bool,
}

/// The addresses that do not work at a moment.
pub type DeadContacts = BTreeMap<String, DeadContact>;

impl Store {
    /// Notes that a mail of ours did not reach an address (lower case); the same failure is noted once.
    pub fn record_bounce(
        &self,
        address: &str,
        kind: BounceKind,
        status: Option<&str>,
        outbox: i64,
        at: Timestamp,
    ) -> Result<()> {
        let kind = match kind {
            BounceKind::Hard => "hard",
            BounceKind::Soft => "soft",
        };
        self.conn.execute(
            "INSERT INTO contact_bounce (address, kind, status, outbox, at) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (address, outbox) DO UPDATE SET kind = excluded.kind, status = excluded.status
                 WHERE excluded.kind = 'hard'",
            params![address, kind, status, outbox, at.to_string()],
        )?;
        Ok(())
    }

    /// The addresses that do not work: after one failure for good, or several for a time, since they last wrote to us.
    pub fn dead_contacts(&self, now: Timestamp) -> Result<DeadContacts> {
        let mut statement = self.conn.prepare_cached(
            "SELECT address, max(id) AS id, max(at) AS at, max(kind = 'hard') AS hard, max(status) AS status
             FROM contact_bounce b
             WHERE reset_at IS NULL AND at <= ?1 AND (kind = 'hard' OR at > ?2)
               AND NOT EXISTS (
                   SELECT 1 FROM message m
                   WHERE m.sender = b.address AND m.received_at > b.at
                     AND m.class IN ('report', 'no_attachment', 'link_only', 'staff_command'))
             GROUP BY address HAVING max(kind = 'hard') OR count(*) >= ?3",
        )?;
        let since = (now - SOFT_WITHIN).to_string();
        let rows = statement.query_map(params![now.to_string(), since, MOST_SOFT], |r| {
            let dead = DeadContact {
                id: r.get("id")?,
                since: parsed(r, "at")?,
                status: r.get("status")?,
                hard: r.get("hard")?,
            };
            Ok((r.get("address")?, dead))
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// The address of a failure.
    pub fn bounced_address(&self, id: i64) -> Result<Option<String>> {
        use rusqlite::OptionalExtension;
        let sql = "SELECT address FROM contact_bounce WHERE id = ?1";
        Ok(self.conn.query_row(sql, [id], |r| r.get(0)).optional()?)
    }

    /// Takes an address for one that works again; `false` if it was not known as another.
    pub fn reset_contact(&self, address: &str, now: Timestamp) -> Result<bool> {
        let n = self.conn.execute(
            "UPDATE contact_bounce SET reset_at = ?2 WHERE address = ?1 AND reset_at IS NULL",
            params![address, now.to_string()],
        )?;
        Ok(n > 0)
    }

    /// Takes back that an address was taken for one that works again at a moment.
    pub fn unreset_contact(&self, address: &str, at: Timestamp) -> Result<bool> {
        let n = self.conn.execute(
            "UPDATE contact_bounce SET reset_at = NULL WHERE address = ?1 AND reset_at = ?2",
            params![address, at.to_string()],
        )?;
        Ok(n > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reading::{Class, Person, Reading};
    use crate::store::{Arrived, NewMail, Place};
    use crate::writing::Kind;

    fn at(day: u32) -> Timestamp {
        format!("2026-06-{day:02}T01:00:00Z").parse().unwrap()
    }

    fn mail(store: &Store, n: u32) -> i64 {
        let mail = NewMail {
            key: format!("m{n}"),
            kind: Kind::ReminderLate,
            unit: None,
            message: None,
        };
        store.owe(&mail, at(1)).unwrap().unwrap()
    }

    fn dead(store: &Store, day: u32) -> Vec<String> {
        store.dead_contacts(at(day)).unwrap().into_keys().collect()
    }

    #[test]
    fn one_failure_for_good_counts_and_three_for_a_time() {
        let store = Store::in_memory(at(1)).unwrap();
        let fail = |address: &str, kind, n: u32| {
            let outbox = mail(&store, n);
            store
                .record_bounce(address, kind, None, outbox, at(n))
                .unwrap();
            // The same mail comes back twice.
            store
                .record_bounce(address, kind, None, outbox, at(n))
                .unwrap();
        };
        fail("soft@a.example", BounceKind::Soft, 2);
        fail("soft@a.example", BounceKind::Soft, 3);
        assert!(dead(&store, 10).is_empty());
        fail("hard@a.example", BounceKind::Hard, 4);
        assert_eq!(
            dead(&store, 3),
            Vec::<String>::new(),
            "not before it failed"
        );
        assert_eq!(dead(&store, 10), ["hard@a.example"]);
        fail("soft@a.example", BounceKind::Soft, 5);
        assert_eq!(dead(&store, 10), ["hard@a.example", "soft@a.example"]);
        // What failed for a time is forgotten after a while, what failed for good is not.
        assert_eq!(dead(&store, 25), ["hard@a.example"]);
        assert!(store.reset_contact("hard@a.example", at(26)).unwrap());
        assert!(!store.reset_contact("hard@a.example", at(26)).unwrap());
        assert!(dead(&store, 27).is_empty());
        assert!(store.unreset_contact("hard@a.example", at(26)).unwrap());
        assert_eq!(dead(&store, 27), ["hard@a.example"]);
    }

    #[test]
    fn an_address_that_writes_to_us_works() {
        let store = Store::in_memory(at(1)).unwrap();
        let address = "a@a.example";
        let outbox = mail(&store, 1);
        store
            .record_bounce(address, BounceKind::Hard, Some("5.1.1"), outbox, at(5))
            .unwrap();
        let arrive = |day: u32, class: Class| {
            let arrived = Arrived {
                place: Place {
                    account: "a".into(),
                    folder: "INBOX".into(),
                    uidvalidity: 1,
                    uid: day.to_string(),
                },
                sha256: Some(day.to_string()),
                size: 1,
                received_at: at(day),
                gm_msgid: None,
            };
            let id = store.record_arrival(&arrived, at(day)).unwrap();
            let mut reading = Reading::unreadable("");
            reading.class = class;
            reading.sender = Some(Person {
                name: String::new(),
                address: address.into(),
            });
            store.set_reading(id, &reading).unwrap();
        };
        arrive(4, Class::Report);
        arrive(6, Class::AutoReply);
        assert_eq!(
            dead(&store, 10),
            [address],
            "an earlier mail and a machine say nothing"
        );
        arrive(7, Class::NoAttachment);
        assert!(dead(&store, 10).is_empty());
    }
}
