//! What staff say of letters to leaders.

use anyhow::Result;
use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};

use super::{Store, instant};
use crate::domain::reminder::Nod;
use crate::domain::row::ObligationId;

impl Store {
    /// What staff say of the letter to the leader on an obligation with a deadline; an earlier word is withdrawn.
    pub(crate) fn set_nod(
        &self,
        obligation: ObligationId,
        due: Timestamp,
        nod: Nod,
        now: Timestamp,
    ) -> Result<()> {
        self.withdraw_nod(obligation, now)?;
        self.conn.execute(
            "INSERT INTO nod (obligation, due, sends, at) VALUES (?1, ?2, ?3, ?4)",
            params![obligation, instant(due), nod == Nod::Send, instant(now)],
        )?;
        Ok(())
    }

    /// What staff say of that letter, if anything.
    pub(crate) fn nod(&self, obligation: ObligationId, due: Timestamp) -> Result<Option<Nod>> {
        let mut statement = self.conn.prepare_cached(
            "SELECT sends FROM nod WHERE obligation = ?1 AND due = ?2 AND withdrawn_at IS NULL",
        )?;
        let sends = statement.query_row(params![obligation, instant(due)], |r| r.get(0));
        let sends: Option<bool> = sends.optional()?;
        Ok(sends.map(|sends| if sends { Nod::Send } else { Nod::Stop }))
    }

    /// Takes their word back; `false` if there was none.
    pub(crate) fn withdraw_nod(&self, obligation: ObligationId, now: Timestamp) -> Result<bool> {
        let n = self.conn.execute(
            "UPDATE nod SET withdrawn_at = ?2 WHERE obligation = ?1 AND withdrawn_at IS NULL",
            params![obligation, instant(now)],
        )?;
        Ok(n > 0)
    }
}
