//! Units and reports under a new id: every row that names them moves, nothing else changes.

use std::collections::BTreeSet;

use anyhow::Result;
use jiff::Timestamp;
use rusqlite::params;
use serde_json::Value;

use super::{Store, instant};
use crate::domain::identity::{Thing, Unsettled};
use crate::domain::row::ObligationId;
use crate::domain::unit::UnitId;

/// The columns that hold the id of a unit or report, beside the JSON of `message.candidates` and
/// `correction.inverse`, `correction.subject` and `outbox.key`.
const COLUMNS: [(Thing, &str, &str); 11] = [
    (Thing::Unit, "obligation", "unit"),
    (Thing::Unit, "hold", "unit"),
    (Thing::Unit, "learned", "unit"),
    (Thing::Unit, "message", "unit"),
    (Thing::Unit, "outbox", "unit"),
    (Thing::Unit, "register_address", "unit"),
    (Thing::Report, "obligation", "report"),
    (Thing::Report, "awaited", "report"),
    (Thing::Report, "closing", "report"),
    (Thing::Report, "proposed", "report"),
    (Thing::Report, "taught", "report"),
];
/// The tables whose rows belong to an obligation. `submission` has versions, `decision` is a record, the others
/// have one row that holds.
pub(super) const PARTS: [&str; 6] = [
    "submission",
    "excuse",
    "extension",
    "nod",
    "decision",
    "reminder",
];

impl Store {
    /// The ids that something is remembered of: expected, sent or taught.
    pub(crate) fn known_ids(&self, thing: Thing) -> Result<BTreeSet<String>> {
        let sql = match thing {
            Thing::Unit => {
                "SELECT unit FROM obligation UNION SELECT unit FROM learned WHERE revoked_at IS NULL"
            }
            Thing::Report => "SELECT DISTINCT report FROM obligation",
        };
        let mut statement = self.conn.prepare_cached(sql)?;
        let rows = statement.query_map([], |r| r.get(0))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// How many obligations and submissions an id has.
    pub(crate) fn weight_of(&self, thing: Thing, id: &str) -> Result<(u32, u32)> {
        let column = match thing {
            Thing::Unit => "unit",
            Thing::Report => "report",
        };
        let sql = format!(
            "SELECT count(DISTINCT o.id), count(s.id)
             FROM obligation o LEFT JOIN submission s ON s.obligation = o.id AND s.withdrawn_at IS NULL
             WHERE o.{column} = ?1"
        );
        Ok(self
            .conn
            .query_row(&sql, [id], |r| Ok((r.get(0)?, r.get(1)?)))?)
    }

    /// The ids of which nobody has said yet what became of them.
    pub(crate) fn unsettled(&self) -> Result<Unsettled> {
        Ok(match self.setting("unsettled_ids")? {
            Some(json) => serde_json::from_str(&json)?,
            None => Unsettled::default(),
        })
    }

    /// Remembers them.
    pub(crate) fn set_unsettled(&self, unsettled: &Unsettled) -> Result<()> {
        self.set_setting("unsettled_ids", &serde_json::to_string(unsettled)?)
    }

    /// Moves everything that is remembered of one id to another one. Where both have an obligation for the same period,
    /// the older one stays as it was frozen and takes over what came for the other.
    pub fn rename(&self, thing: Thing, from: &str, to: &str, now: Timestamp) -> Result<()> {
        self.transaction(|s| {
            for (old, new) in s.obligations_of_both(thing, from, to)? {
                s.merge_obligation(old, new, now)?;
            }
            if thing == Thing::Unit {
                // An address that writes for both: once is enough.
                s.conn.execute(
                    "UPDATE learned SET revoked_at = ?3 WHERE unit = ?1 AND revoked_at IS NULL AND address IN
                         (SELECT address FROM learned WHERE unit = ?2 AND revoked_at IS NULL)",
                    params![from, to, instant(now)],
                )?;
                s.conn.execute(
                    "UPDATE message SET candidates = (
                         SELECT json_group_array(CASE value WHEN ?1 THEN ?2 ELSE value END)
                         FROM json_each(candidates))
                     WHERE EXISTS (SELECT 1 FROM json_each(candidates) WHERE value = ?1)",
                    [from, to],
                )?;
                // A mail that speaks for both: once is enough.
                s.conn.execute(
                    "DELETE FROM hold AS a WHERE unit = ?1
                         AND EXISTS (SELECT 1 FROM hold b WHERE b.message = a.message AND b.unit = ?2)",
                    [from, to],
                )?;
                // Keys that make a mail owed once a unit.
                for mail in s.outgoing_to(from)? {
                    let Some(owed) = mail.owed.renamed(&UnitId(to.to_owned())) else {
                        continue;
                    };
                    s.conn.execute(
                        "UPDATE OR IGNORE outbox SET key = ?2 WHERE id = ?1 AND key = ?3",
                        params![mail.id, owed.key(), mail.owed.key()],
                    )?;
                }
            }
            if thing == Thing::Report {
                // A period that is closed under both: once is enough.
                s.conn.execute(
                    "UPDATE closing SET withdrawn_at = ?3 WHERE report = ?1 AND withdrawn_at IS NULL AND period IN
                         (SELECT period FROM closing WHERE report = ?2 AND withdrawn_at IS NULL)",
                    params![from, to, instant(now)],
                )?;
                s.conn.execute(
                    "DELETE FROM awaited AS a WHERE report = ?1 AND EXISTS
                         (SELECT 1 FROM awaited b
                          WHERE b.message = a.message AND b.period = a.period AND b.report = ?2)",
                    [from, to],
                )?;
            }
            for (of, table, column) in COLUMNS {
                if of == thing {
                    let sql = format!("UPDATE {table} SET {column} = ?2 WHERE {column} = ?1");
                    s.conn.execute(&sql, [from, to])?;
                }
            }
            s.rename_in_corrections(thing, from, to)
        })
    }

    /// Pairs of obligations that would be one: of the old id and of the new one.
    fn obligations_of_both(
        &self,
        thing: Thing,
        from: &str,
        to: &str,
    ) -> Result<Vec<(ObligationId, ObligationId)>> {
        let (moved, same) = match thing {
            Thing::Unit => ("unit", "report"),
            Thing::Report => ("report", "unit"),
        };
        let sql = format!(
            "SELECT a.id, b.id FROM obligation a
             JOIN obligation b ON b.{moved} = ?2 AND b.{same} = a.{same} AND b.period = a.period
             WHERE a.{moved} = ?1"
        );
        let mut statement = self.conn.prepare(&sql)?;
        let rows = statement.query_map([from, to], |r| Ok((r.get(0)?, r.get(1)?)))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    fn merge_obligation(&self, old: ObligationId, new: ObligationId, now: Timestamp) -> Result<()> {
        self.conn.execute(
            "UPDATE submission SET obligation = ?1,
                 version = version + (SELECT coalesce(max(version), 0) FROM submission WHERE obligation = ?1)
             WHERE obligation = ?2",
            [old, new],
        )?;
        for table in ["excuse", "extension", "nod"] {
            let sql = format!(
                "UPDATE {table} SET withdrawn_at = ?3 WHERE obligation = ?2 AND withdrawn_at IS NULL
                     AND EXISTS (SELECT 1 FROM {table} WHERE obligation = ?1 AND withdrawn_at IS NULL)"
            );
            self.conn.execute(&sql, params![old, new, instant(now)])?;
        }
        for table in PARTS {
            let sql = format!("UPDATE OR IGNORE {table} SET obligation = ?1 WHERE obligation = ?2");
            self.conn.execute(&sql, [old, new])?;
        }
        // The same step of both was taken by two mails: one row says it.
        self.conn
            .execute("DELETE FROM reminder WHERE obligation = ?1", [new])?;
        self.each_inverse(|inverse| {
            let of = inverse.get_mut("obligation")?;
            (of.as_i64() == Some(new.0)).then(|| *of = old.0.into())
        })?;
        self.conn
            .execute("DELETE FROM obligation WHERE id = ?1", [new])?;
        Ok(())
    }

    /// The log tells of the same things under their new names, so that they are found and can be taken back.
    fn rename_in_corrections(&self, thing: Thing, from: &str, to: &str) -> Result<()> {
        let rows: Vec<(i64, String)> = {
            let mut statement = self.conn.prepare("SELECT id, subject FROM correction")?;
            let rows = statement.query_map([], |r| Ok((r.get(0)?, r.get(1)?)))?;
            rows.collect::<rusqlite::Result<_>>()?
        };
        for (id, subject) in rows {
            let mut words: Vec<&str> = subject.split(' ').collect();
            let place = match (thing, words.as_slice()) {
                (Thing::Unit, [_] | [_, _, _]) | (Thing::Report, [_]) => 0,
                // `unit address` and `report period`
                (Thing::Unit, [_, address]) if address.contains('@') => 0,
                (Thing::Report, [_, period]) if !period.contains('@') => 0,
                (Thing::Report, [_, _, _]) => 1, // `unit report period`
                (Thing::Unit | Thing::Report, _) => continue,
            };
            if words[place] == from {
                words[place] = to;
                self.conn.execute(
                    "UPDATE correction SET subject = ?2 WHERE id = ?1",
                    params![id, words.join(" ")],
                )?;
            }
        }
        self.each_inverse(|inverse| {
            let mut found = None;
            let mut rename = |value: &mut Value| {
                if value == from {
                    *value = to.into();
                    found = Some(());
                }
            };
            let (one, lists): (&str, &[&str]) = match thing {
                Thing::Unit => ("unit", &["candidates", "taught"]),
                Thing::Report => ("report", &[]),
            };
            if let Some(id) = inverse.get_mut(one) {
                rename(id);
            }
            for list in lists {
                let list = inverse.get_mut(list).and_then(Value::as_array_mut);
                list.into_iter().flatten().for_each(&mut rename);
            }
            found
        })
    }

    /// Changes what is noted of how corrections are taken back; `change` gives something where it changed it.
    fn each_inverse(&self, change: impl Fn(&mut Value) -> Option<()>) -> Result<()> {
        let rows: Vec<(i64, String)> = {
            let sql = "SELECT id, inverse FROM correction WHERE inverse IS NOT NULL";
            let mut statement = self.conn.prepare(sql)?;
            let rows = statement.query_map([], |r| Ok((r.get(0)?, r.get(1)?)))?;
            rows.collect::<rusqlite::Result<_>>()?
        };
        for (id, text) in rows {
            let mut inverse: Value = serde_json::from_str(&text)?;
            // {"excuse": {"obligation": 5}}
            let kind = inverse.as_object_mut().and_then(|o| o.values_mut().next());
            if kind.and_then(&change).is_some() {
                self.conn.execute(
                    "UPDATE correction SET inverse = ?2 WHERE id = ?1",
                    params![id, inverse.to_string()],
                )?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whoever adds a column for a unit, a report or an obligation must say here how it is renamed.
    #[test]
    fn every_column_that_names_a_unit_a_report_or_an_obligation_is_renamed() {
        let store = Store::in_memory("2026-01-01T00:00:00Z".parse().unwrap()).unwrap();
        let list = |sql: &str| -> BTreeSet<String> {
            let mut statement = store.conn.prepare(sql).unwrap();
            let rows = statement.query_map([], |r| r.get(0)).unwrap();
            rows.collect::<rusqlite::Result<_>>().unwrap()
        };
        let named = list(
            "SELECT t.name || '.' || c.name FROM sqlite_schema t, pragma_table_info(t.name) c
             WHERE t.type = 'table' AND c.name IN ('unit', 'report')",
        );
        let known = COLUMNS.map(|(_, table, column)| format!("{table}.{column}"));
        assert_eq!(named, BTreeSet::from(known));
        let parts = list(
            "SELECT t.name FROM sqlite_schema t, pragma_foreign_key_list(t.name) f
             WHERE t.type = 'table' AND f.\"table\" = 'obligation'",
        );
        assert_eq!(parts, BTreeSet::from(PARTS.map(str::to_owned)));
    }
}
