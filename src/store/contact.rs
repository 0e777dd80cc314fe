//! Addresses that our mails do not reach, and which of them are written to all the same.

use std::collections::BTreeMap;

use anyhow::Result;
use jiff::{SignedDuration, Timestamp};
use rusqlite::params;
use rusqlite::types::FromSqlError;

use super::{Receipts, Store, instant, parsed, stored_as_words};
use crate::domain::row::{FailureId, OutboxId};
use crate::reading::BounceKind;

/// So many mails that failed for a time make an address one that does not work.
const MOST_SOFT: u32 = 3;
/// Within this time.
const SOFT_WITHIN: SignedDuration = SignedDuration::from_hours(24 * 14);
/// Notices of so many different days (Vietnam) that an address fails for good are believed. A single one may be forged,
/// or be about a server that was set up wrongly for an hour.
const NOTICED_DAYS: u32 = 2;

/// Who told that a mail did not reach an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ToldBy {
    /// A notice that came by mail.
    Notice,
    /// The server, while the mail was handed over.
    Refusal,
}

stored_as_words!(ToldBy {
    Notice = "notice",
    Refusal = "refusal",
});

/// How an address stands that mails did not reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It is written to; a notice said that it does not work.
    Doubtful,
    /// It is not written to any more.
    Dead,
}

/// An address that mails did not reach.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailedContact {
    /// Row of its last failure.
    pub id: FailureId,
    /// When that was.
    pub since: Timestamp,
    /// The status code (RFC 3463), where it was said.
    pub status: Option<String>,
    /// Whether it is still written to.
    pub standing: Standing,
}

/// The addresses that are not written to any more.
pub type DeadContacts = BTreeMap<String, FailedContact>;

/// What failed of one address since it last wrote to us.
#[derive(Clone, Copy, Debug, Default)]
struct Failures {
    /// The server refused it for good while a mail was handed over: no stranger can make it say so.
    refused: bool,
    /// On how many days it failed for good.
    hard_days: u32,
    /// How often it failed lately: each refusal counts, notices count once a day.
    lately: u32,
}

fn standing(f: Failures) -> Option<Standing> {
    if f.refused || f.hard_days >= NOTICED_DAYS || f.lately >= MOST_SOFT {
        Some(Standing::Dead)
    } else if f.hard_days > 0 {
        Some(Standing::Doubtful)
    } else {
        None
    }
}

impl Store {
    /// Notes that a mail of ours did not reach an address (lower case), as a notice says that came by mail. The same
    /// failure is noted once.
    pub fn record_bounce(
        &self,
        address: &str,
        kind: BounceKind,
        status: Option<&str>,
        outbox: OutboxId,
        at: Timestamp,
    ) -> Result<()> {
        self.record_failure(address, kind, ToldBy::Notice, status, outbox, at)
    }

    /// Notes that the server did not take a mail of ours for an address (lower case) while it was handed over.
    pub(crate) fn record_refusal(
        &self,
        address: &str,
        kind: BounceKind,
        status: Option<&str>,
        outbox: OutboxId,
        at: Timestamp,
    ) -> Result<()> {
        self.record_failure(address, kind, ToldBy::Refusal, status, outbox, at)
    }

    fn record_failure(
        &self,
        address: &str,
        kind: BounceKind,
        told_by: ToldBy,
        status: Option<&str>,
        outbox: OutboxId,
        at: Timestamp,
    ) -> Result<()> {
        let kind = match kind {
            BounceKind::Hard => "hard",
            BounceKind::Soft => "soft",
        };
        self.conn.execute(
            "INSERT INTO contact_bounce (address, kind, told_by, status, outbox, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT (address, outbox) DO UPDATE
                 SET kind = excluded.kind, told_by = excluded.told_by, status = excluded.status
                 WHERE excluded.kind = 'hard' AND (kind = 'soft' OR told_by = 'notice')",
            params![address, kind, told_by, status, outbox, instant(at)],
        )?;
        Ok(())
    }

    /// The addresses that mails do not reach, and those of which that is in doubt. What an address wrote to us since
    /// speaks for it, unless it is forged.
    pub(crate) fn failed_contacts(
        &self,
        now: Timestamp,
    ) -> Result<BTreeMap<String, FailedContact>> {
        self.contacts_known(Receipts::Until(now), now)
    }

    fn contacts_known(
        &self,
        known: Receipts,
        now: Timestamp,
    ) -> Result<BTreeMap<String, FailedContact>> {
        let mut statement = self.conn.prepare_cached(
            "SELECT address, max(id) AS id, max(at) AS at, max(status) AS status,
                    max(kind = 'hard' AND told_by = 'refusal') AS refused,
                    count(DISTINCT CASE WHEN kind = 'hard' THEN date(at, '+7 hours') END) AS hard_days,
                    sum(told_by = 'refusal' AND at > ?2)
                        + count(DISTINCT CASE WHEN told_by = 'notice' AND at > ?2 THEN date(at, '+7 hours') END) AS lately
             FROM contact_bounce b
             WHERE reset_at IS NULL AND at <= ?1
               AND NOT EXISTS (
                   SELECT 1 FROM message m
                   WHERE m.sender = b.address AND m.received_at > b.at AND m.trust <> 'fail'
                     AND m.class IN ('report', 'no_attachment', 'link_only', 'staff_command'))
             GROUP BY address",
        )?;
        let since = instant(now - SOFT_WITHIN);
        let until = instant(known.until());
        let rows = statement.query_map([until, since], |r| {
            let failures = Failures {
                refused: r.get("refused")?,
                hard_days: r.get("hard_days")?,
                lately: r.get("lately")?,
            };
            let Some(standing) = standing(failures) else {
                return Ok(None);
            };
            let failed = FailedContact {
                id: r.get("id")?,
                since: parsed(r, "at")?,
                status: r.get("status")?,
                standing,
            };
            Ok(Some((r.get("address")?, failed)))
        })?;
        let rows = rows.filter_map(Result::transpose);
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// The addresses that do not work: refused for good, or noticed so on two days, or failing too often for a time.
    /// Of a failure that the server dates after `now` the clock knows nothing, and who decides does all the same.
    pub(crate) fn dead_contacts(&self, known: Receipts, now: Timestamp) -> Result<DeadContacts> {
        let mut failed = self.contacts_known(known, now)?;
        failed.retain(|_, contact| contact.standing == Standing::Dead);
        Ok(failed)
    }

    /// The address of a failure.
    pub(crate) fn bounced_address(&self, id: FailureId) -> Result<Option<String>> {
        use rusqlite::OptionalExtension;
        let sql = "SELECT address FROM contact_bounce WHERE id = ?1";
        Ok(self.conn.query_row(sql, [id], |r| r.get(0)).optional()?)
    }

    /// Takes an address for one that works again; `false` if it was not known as another.
    pub fn reset_contact(&self, address: &str, now: Timestamp) -> Result<bool> {
        let n = self.conn.execute(
            "UPDATE contact_bounce SET reset_at = ?2 WHERE address = ?1 AND reset_at IS NULL",
            params![address, instant(now)],
        )?;
        Ok(n > 0)
    }

    /// Takes back that an address was taken for one that works again at a moment.
    pub(crate) fn unreset_contact(&self, address: &str, at: Timestamp) -> Result<bool> {
        let n = self.conn.execute(
            "UPDATE contact_bounce SET reset_at = NULL WHERE address = ?1 AND reset_at = ?2",
            params![address, instant(at)],
        )?;
        Ok(n > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::owed::Owed;
    use crate::domain::row::MessageId;
    use crate::reading::{Class, Person, Reading, Trust, Unread};
    use crate::store::{Arrived, NewMail};

    fn at(day: u32) -> Timestamp {
        format!("2026-06-{day:02}T01:00:00Z").parse().unwrap()
    }

    fn mail(store: &Store, n: u32) -> OutboxId {
        let mail = NewMail {
            owed: Owed::Acknowledgement(MessageId(n.into())),
            unit: None,
            message: None,
        };
        store.owe(&mail, at(1)).unwrap().unwrap()
    }

    fn dead(store: &Store, day: u32) -> Vec<String> {
        store
            .dead_contacts(Receipts::Until(at(day)), at(day))
            .unwrap()
            .into_keys()
            .collect()
    }

    #[test]
    fn an_address_is_dead_after_a_refusal_or_notices_of_two_days_and_doubtful_after_one() {
        let of = |refused, hard_days, lately| {
            standing(Failures {
                refused,
                hard_days,
                lately,
            })
        };
        for (refused, hard_days, lately, expected) in [
            (false, 0, 0, None),
            (false, 0, 2, None),
            (false, 0, 3, Some(Standing::Dead)),
            (false, 1, 1, Some(Standing::Doubtful)),
            (false, 1, 2, Some(Standing::Doubtful)),
            (false, 1, 3, Some(Standing::Dead)),
            (false, 2, 0, Some(Standing::Dead)),
            (true, 1, 1, Some(Standing::Dead)),
        ] {
            assert_eq!(
                of(refused, hard_days, lately),
                expected,
                "{refused} {hard_days} {lately}"
            );
        }
    }

    #[test]
    fn failures_for_good_are_kept_and_those_for_a_time_forgotten() {
        let store = Store::in_memory(at(1)).unwrap();
        let refuse = |address: &str, kind, n: u32| {
            let outbox = mail(&store, n);
            // The same mail twice.
            for _ in 0..2 {
                store
                    .record_refusal(address, kind, None, outbox, at(n))
                    .unwrap();
            }
        };
        refuse("soft@a.example", BounceKind::Soft, 2);
        refuse("soft@a.example", BounceKind::Soft, 3);
        assert!(dead(&store, 10).is_empty());
        refuse("hard@a.example", BounceKind::Hard, 4);
        assert_eq!(
            dead(&store, 3),
            Vec::<String>::new(),
            "not before it failed"
        );
        assert_eq!(dead(&store, 10), ["hard@a.example"]);
        refuse("soft@a.example", BounceKind::Soft, 5);
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
    fn notices_of_one_day_count_as_one_and_the_word_of_the_server_counts_more() {
        let store = Store::in_memory(at(1)).unwrap();
        let notice = |address: &str, kind, n: u32, at: Timestamp| {
            let outbox = mail(&store, n);
            store
                .record_bounce(address, kind, None, outbox, at)
                .unwrap();
            outbox
        };
        let doubtful = |address: &str| {
            let failed = store.failed_contacts(at(20)).unwrap();
            failed.get(address).map(|c| c.standing)
        };
        for (n, minute) in [(1, 0), (2, 10), (3, 20)] {
            let at = at(5) + SignedDuration::from_mins(minute);
            notice("hard@a.example", BounceKind::Hard, n, at);
            notice("soft@a.example", BounceKind::Soft, 10 + n, at);
        }
        assert_eq!(doubtful("hard@a.example"), Some(Standing::Doubtful));
        assert_eq!(doubtful("soft@a.example"), None);
        // It is another day in Vietnam, though not in Greenwich.
        let night = "2026-06-05T17:30:00Z".parse().unwrap();
        let outbox = notice("hard@a.example", BounceKind::Hard, 4, night);
        assert_eq!(doubtful("hard@a.example"), Some(Standing::Dead));
        // A notice of the same mail on another day says nothing new; that the server refused it does.
        let other = "other@a.example";
        for day in [5, 6] {
            store
                .record_bounce(other, BounceKind::Hard, None, outbox, at(day))
                .unwrap();
        }
        assert_eq!(doubtful(other), Some(Standing::Doubtful));
        store
            .record_refusal(other, BounceKind::Hard, None, outbox, at(7))
            .unwrap();
        assert_eq!(doubtful(other), Some(Standing::Dead));
        store
            .record_bounce(other, BounceKind::Hard, None, outbox, at(8))
            .unwrap();
        assert_eq!(doubtful(other), Some(Standing::Dead), "a later notice");
    }

    #[test]
    fn who_decides_knows_of_failures_that_a_clock_behind_has_not_reached() {
        let store = Store::in_memory(at(1)).unwrap();
        let hard = BounceKind::Hard;
        store
            .record_refusal("a@a.example", hard, None, mail(&store, 1), at(5))
            .unwrap();
        assert!(dead(&store, 4).is_empty(), "a view of the past");
        let known = store.dead_contacts(Receipts::All, at(4)).unwrap();
        assert_eq!(known.len(), 1);
    }

    #[test]
    fn an_address_that_writes_to_us_works() {
        let store = Store::in_memory(at(1)).unwrap();
        let address = "a@a.example";
        let outbox = mail(&store, 1);
        store
            .record_refusal(address, BounceKind::Hard, Some("5.1.1"), outbox, at(5))
            .unwrap();
        let arrive = |day: u32, class: Class, trust: Trust| {
            let arrived = Arrived::example(day, at(day));
            let id = store.record_arrival(&arrived, at(day)).unwrap();
            let mut reading = Reading::unreadable(Unread::NotFetched);
            reading.class = class;
            reading.trust = trust;
            reading.sender = Some(Person {
                name: String::new(),
                address: address.into(),
            });
            store.set_reading(id, &reading).unwrap();
        };
        arrive(4, Class::Report, Trust::Pass);
        arrive(6, Class::AutoReply, Trust::Pass);
        arrive(8, Class::Report, Trust::Fail);
        assert_eq!(
            dead(&store, 10),
            [address],
            "an earlier mail, a machine and a forged one say nothing"
        );
        arrive(7, Class::NoAttachment, Trust::Unknown);
        assert!(dead(&store, 10).is_empty());
    }
}
