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
