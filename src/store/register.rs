//! The addresses that the register has had, for mails that were sent before one was replaced.

use std::collections::BTreeSet;

use anyhow::Result;
use jiff::{SignedDuration, Timestamp};
use rusqlite::params;

use super::{Store, instant};
use crate::domain::unit::UnitId;

/// A mail may be under way, or written by somebody who has not heard of the new address, for so long.
const GRACE: SignedDuration = SignedDuration::from_hours(24 * 7);

impl Store {
    /// Remembers the addresses (lower case) that the register has now, and since when others are gone.
    pub(crate) fn remember_addresses(
        &self,
        has: &BTreeSet<(String, UnitId)>,
        now: Timestamp,
    ) -> Result<()> {
        self.transaction(|s| {
            let known: Vec<(i64, (String, UnitId))> = {
                let sql = "SELECT id, address, unit FROM register_address WHERE until IS NULL";
                let mut statement = s.conn.prepare(sql)?;
                let rows =
                    statement.query_map([], |r| Ok((r.get(0)?, (r.get(1)?, UnitId(r.get(2)?)))))?;
                rows.collect::<rusqlite::Result<_>>()?
            };
            for (id, _) in known.iter().filter(|(_, row)| !has.contains(row)) {
                s.conn.execute(
                    "UPDATE register_address SET until = ?2 WHERE id = ?1",
                    params![id, instant(now)],
                )?;
            }
            let known: BTreeSet<&(String, UnitId)> = known.iter().map(|(_, row)| row).collect();
            for (address, unit) in has.iter().filter(|row| !known.contains(row)) {
                s.conn.execute(
                    "INSERT INTO register_address (address, unit, since) VALUES (?1, ?2, ?3)",
                    params![address, unit.0, instant(now)],
                )?;
            }
            Ok(())
        })
    }

    /// The units that the register last had an address (lower case) for, if a mail that was received at a moment may
    /// have been sent before it was gone.
    pub(crate) fn former_units(
        &self,
        address: &str,
        received_at: Timestamp,
    ) -> Result<Vec<UnitId>> {
        let mut statement = self.conn.prepare_cached(
            "SELECT unit FROM register_address
             WHERE address = ?1 AND until >= ?2
               AND until = (SELECT max(coalesce(until, '9999')) FROM register_address WHERE address = ?1)
             ORDER BY id",
        )?;
        let sent_before = instant(received_at - GRACE);
        let rows = statement.query_map([address, &sent_before], |r| r.get(0).map(UnitId))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_was_replaced_is_known_for_what_was_sent_before() {
        let at = |day: u32| -> Timestamp { format!("2026-06-{day:02}T01:00:00Z").parse().unwrap() };
        let store = Store::in_memory(at(1)).unwrap();
        let register = |rows: &[(&str, &str)]| {
            let rows = rows.iter().map(|(a, u)| ((*a).into(), UnitId((*u).into())));
            rows.collect()
        };
        let former = |day| {
            let units = store.former_units("old@x.example", at(day)).unwrap();
            units.into_iter().map(|u| u.0).collect::<Vec<_>>()
        };
        let old = register(&[("old@x.example", "a")]);
        store.remember_addresses(&old, at(1)).unwrap();
        assert!(former(5).is_empty(), "the register itself says it");
        let new = register(&[("new@x.example", "a")]);
        store.remember_addresses(&new, at(10)).unwrap();
        store.remember_addresses(&new, at(11)).unwrap();
        assert_eq!(former(9), ["a"]);
        assert_eq!(former(16), ["a"], "it was perhaps on its way");
        assert!(former(18).is_empty());
        // Somebody else has it now, and then nobody.
        let other = register(&[("old@x.example", "b")]);
        store.remember_addresses(&other, at(20)).unwrap();
        assert!(former(15).is_empty());
        store.remember_addresses(&register(&[]), at(25)).unwrap();
        assert_eq!(former(26), ["b"]);
    }
}
