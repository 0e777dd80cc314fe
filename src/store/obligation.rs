//! What is expected of units, frozen when its period opened.

use std::collections::HashMap;

use anyhow::Result;
use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, ToSql, params};

use super::{Store, instant, parsed};
use crate::domain::obligation::{Obligation, Receipt};
use crate::domain::period::PeriodId;
use crate::domain::reminder::Step;
use crate::domain::report::Forms;
use crate::domain::row::ObligationId;
use crate::domain::unit::UnitId;

/// Which receipts count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Receipts {
    /// Every one that the store knows, whatever the clock says: what is decided rests on this.
    All,
    /// What had been received or logged by a moment: a view of the past.
    Until(Timestamp),
}

impl Receipts {
    /// The last moment that counts.
    pub(super) fn until(self) -> Timestamp {
        match self {
            Receipts::All => Timestamp::MAX,
            Receipts::Until(moment) => moment,
        }
    }
}

fn obligation(row: &Row<'_>) -> rusqlite::Result<Obligation> {
    Ok(Obligation {
        id: row.get("id")?,
        unit: UnitId(row.get("unit")?),
        report: row.get("report")?,
        period: parsed(row, "period")?,
        opens: parsed(row, "opens")?,
        due: parsed(row, "due")?,
        forms: Forms {
            signed_document: row.get("signed")?,
            soft_file: row.get("soft")?,
        },
        returned: None,
        excused: None,
        receipts: Vec::new(),
        waiting: None,
        unverified: None,
        closed: row.get("closed")?,
        reminders_sent: 0,
    })
}

/// A period of which something is or was expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownPeriod {
    /// Of which report.
    pub report: String,
    /// Which.
    pub period: PeriodId,
    /// Its last deadline.
    pub due: Timestamp,
}

/// Obligations of all units or of one, to which the rows of other tables are added.
struct Gathered<'a> {
    store: &'a Store,
    unit: Option<&'a UnitId>,
    as_of: Timestamp,
    all: Vec<Obligation>,
    /// Where each stands, by its row.
    place: HashMap<ObligationId, usize>,
}

impl<'a> Gathered<'a> {
    fn of(store: &'a Store, unit: Option<&'a UnitId>, as_of: Timestamp) -> Result<Gathered<'a>> {
        let those = unit.map_or("", |_| "WHERE unit = :unit");
        let sql = format!(
            "SELECT *, EXISTS (SELECT 1 FROM closing c WHERE c.report = o.report AND c.period = o.period
                               AND c.withdrawn_at IS NULL AND c.at <= :until) AS closed
             FROM obligation o {those} ORDER BY due, report, id"
        );
        let until = instant(as_of);
        let all: Vec<Obligation> = store
            .conn
            .prepare_cached(&sql)?
            .query_map(&*with_unit(unit, &[(":until", &until)]), obligation)?
            .collect::<rusqlite::Result<_>>()?;
        Ok(Gathered {
            store,
            unit,
            as_of,
            place: all.iter().enumerate().map(|(i, o)| (o.id, i)).collect(),
            all,
        })
    }

    /// The condition that a row of another table is of one of these.
    fn these(&self) -> &'static str {
        match self.unit {
            Some(_) => "obligation IN (SELECT id FROM obligation WHERE unit = :unit) AND",
            None => "",
        }
    }

    fn each(
        &mut self,
        sql: &str,
        values: &[(&str, &dyn ToSql)],
        take: impl Fn(&mut Obligation, &Row<'_>) -> Result<()>,
    ) -> Result<()> {
        let mut statement = self.store.conn.prepare_cached(sql)?;
        let mut rows = statement.query(&*with_unit(self.unit, values))?;
        while let Some(row) = rows.next()? {
            let o: ObligationId = row.get("obligation")?;
            take(&mut self.all[self.place[&o]], row)?;
        }
        Ok(())
    }

    fn add_receipts(&mut self) -> Result<()> {
        let as_of = self.as_of;
        let sql = format!(
            "SELECT obligation, received_at, logged_at, signed, soft FROM submission s
             WHERE {} withdrawn_at IS NULL AND NOT EXISTS
                 (SELECT 1 FROM sent_back b WHERE b.submission = s.id AND b.withdrawn_at IS NULL)
             ORDER BY received_at, id",
            self.these()
        );
        self.each(&sql, &[], |o, row| {
            let at: Timestamp = parsed(row, "received_at")?;
            // The clocks of two machines differ: what is logged is there, though it seems to come later.
            if at.min(parsed(row, "logged_at")?) <= as_of {
                o.receipts.push(Receipt {
                    at,
                    forms: Forms {
                        signed_document: row.get("signed")?,
                        soft_file: row.get("soft")?,
                    },
                });
            }
            Ok(())
        })
    }

    /// More time that was given, and that of a report which was sent back.
    fn add_deadlines(&mut self) -> Result<()> {
        let these = self.these();
        let extended =
            format!("SELECT obligation, due FROM extension WHERE {these} withdrawn_at IS NULL");
        self.each(&extended, &[], |o, row| {
            o.due = parsed(row, "due")?;
            Ok(())
        })?;
        let returned = format!(
            "SELECT s.obligation, b.reason, b.due FROM sent_back b JOIN submission s ON s.id = b.submission
             WHERE {these} b.withdrawn_at IS NULL AND s.withdrawn_at IS NULL ORDER BY b.id"
        );
        self.each(&returned, &[], |o, row| {
            o.due = o.due.max(parsed(row, "due")?);
            o.returned = Some(row.get("reason")?);
            Ok(())
        })
    }

    fn add_excuses(&mut self) -> Result<()> {
        let sql = format!(
            "SELECT obligation, reason FROM excuse WHERE {} withdrawn_at IS NULL",
            self.these()
        );
        self.each(&sql, &[], |o, row| {
            o.excused = Some(row.get("reason")?);
            Ok(())
        })
    }

    fn add_reminders(&mut self) -> Result<()> {
        let sql = format!(
            "SELECT r.obligation, count(*) AS n FROM reminder r JOIN outbox m ON m.id = r.outbox
             WHERE {} m.state IN ('sent', 'unknown') AND r.step <> :opening AND m.ended_at <= :until
             GROUP BY r.obligation",
            self.these()
        );
        let (until, opening) = (instant(self.as_of), Step::Opening.to_string());
        self.each(
            &sql,
            &[(":until", &until), (":opening", &opening)],
            |o, row| {
                o.reminders_sent = row.get("n")?;
                Ok(())
            },
        )
    }
}

/// Values of a statement, that of the unit among them where it names one.
fn with_unit<'v>(
    unit: Option<&'v UnitId>,
    values: &[(&'v str, &'v dyn ToSql)],
) -> Vec<(&'v str, &'v dyn ToSql)> {
    let unit = unit.map(|u| (":unit", &u.0 as &dyn ToSql));
    unit.into_iter().chain(values.iter().copied()).collect()
}

impl Store {
    /// Creates an obligation where there is none yet; one that exists stays as it was frozen.
    pub fn expect(&self, o: &Obligation) -> Result<()> {
        self.conn
            .prepare_cached(
                "INSERT INTO obligation (unit, report, period, opens, due, signed, soft)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO NOTHING",
            )?
            .execute(params![
                o.unit.0,
                o.report,
                o.period.to_string(),
                o.opens.to_string(),
                instant(o.due),
                o.forms.signed_document,
                o.forms.soft_file
            ])?;
        Ok(())
    }

    /// The periods of which something is or was expected.
    pub fn periods(&self) -> Result<Vec<KnownPeriod>> {
        let mut statement = self.conn.prepare_cached(
            "SELECT report, period, max(due) AS due FROM obligation GROUP BY report, period",
        )?;
        let rows = statement.query_map([], |row| {
            Ok(KnownPeriod {
                report: row.get("report")?,
                period: parsed(row, "period")?,
                due: parsed(row, "due")?,
            })
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Every obligation with what has come for it, in the order of deadlines.
    pub fn obligations(&self, receipts: Receipts) -> Result<Vec<Obligation>> {
        self.obligations_where(None, receipts)
    }

    /// Those of one unit.
    pub(crate) fn obligations_of(
        &self,
        unit: &UnitId,
        receipts: Receipts,
    ) -> Result<Vec<Obligation>> {
        self.obligations_where(Some(unit), receipts)
    }

    /// What an obligation is: unit, report and period.
    pub fn obligation(&self, id: ObligationId) -> Result<Option<(UnitId, String, PeriodId)>> {
        let mut statement = self
            .conn
            .prepare_cached("SELECT unit, report, period FROM obligation WHERE id = ?1")?;
        let row = statement.query_row([id], |r| {
            Ok((
                UnitId(r.get("unit")?),
                r.get("report")?,
                parsed(r, "period")?,
            ))
        });
        Ok(row.optional()?)
    }

    fn obligations_where(
        &self,
        unit: Option<&UnitId>,
        receipts: Receipts,
    ) -> Result<Vec<Obligation>> {
        let mut gathered = Gathered::of(self, unit, receipts.until())?;
        gathered.add_receipts()?;
        gathered.add_deadlines()?;
        gathered.add_excuses()?;
        gathered.add_reminders()?;
        let moment = match receipts {
            Receipts::All => None,
            Receipts::Until(moment) => Some(moment),
        };
        self.mark_waiting(&mut gathered.all, moment)?;
        Ok(gathered.all)
    }

    /// The row of an obligation.
    pub(crate) fn obligation_id(
        &self,
        unit: &UnitId,
        report: &str,
        period: &PeriodId,
    ) -> Result<Option<ObligationId>> {
        Ok(self
            .conn
            .query_row(
                "SELECT id FROM obligation WHERE unit = ?1 AND report = ?2 AND period = ?3",
                params![unit.0, report, period.to_string()],
                |r| r.get(0),
            )
            .optional()?)
    }

    /// Closes a period of a report: what has not come by now was not sent. `false` if it is closed already.
    pub fn close_period(&self, report: &str, period: &PeriodId, now: Timestamp) -> Result<bool> {
        let n = self.conn.execute(
            "INSERT INTO closing (report, period, at) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
            params![report, period.to_string(), instant(now)],
        )?;
        Ok(n > 0)
    }

    /// Opens a period again; `false` if it was not closed.
    pub(crate) fn open_period(
        &self,
        report: &str,
        period: &PeriodId,
        now: Timestamp,
    ) -> Result<bool> {
        let n = self.conn.execute(
            "UPDATE closing SET withdrawn_at = ?3 WHERE report = ?1 AND period = ?2 AND withdrawn_at IS NULL",
            params![report, period.to_string(), instant(now)],
        )?;
        Ok(n > 0)
    }

    /// Whether a unit was ever excused from an obligation, taken back or not.
    pub(crate) fn was_excused(&self, obligation: ObligationId) -> Result<bool> {
        let sql = "SELECT EXISTS (SELECT 1 FROM excuse WHERE obligation = ?1)";
        Ok(self.conn.query_row(sql, [obligation], |r| r.get(0))?)
    }

    /// The deadlines that hold as they were frozen, by obligation: nobody has given more time or sent a report back.
    pub(crate) fn frozen_deadlines(&self) -> Result<HashMap<ObligationId, Timestamp>> {
        let mut statement = self.conn.prepare_cached(
            "SELECT id, due FROM obligation o
             WHERE NOT EXISTS (SELECT 1 FROM extension WHERE obligation = o.id AND withdrawn_at IS NULL)
               AND NOT EXISTS (SELECT 1 FROM submission s JOIN sent_back b ON b.submission = s.id
                               WHERE s.obligation = o.id AND b.withdrawn_at IS NULL)",
        )?;
        let rows = statement.query_map([], |r| Ok((r.get(0)?, parsed(r, "due")?)))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Gives an obligation another deadline.
    pub(crate) fn set_deadline(&self, obligation: ObligationId, due: Timestamp) -> Result<()> {
        self.conn.execute(
            "UPDATE obligation SET due = ?2 WHERE id = ?1",
            params![obligation, instant(due)],
        )?;
        Ok(())
    }

    /// Excuses a unit from an obligation; `false` if it was excused already.
    pub fn excuse(&self, obligation: ObligationId, reason: &str, now: Timestamp) -> Result<bool> {
        let n = self.conn.execute(
            "INSERT INTO excuse (obligation, reason, at) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
            params![obligation, reason, instant(now)],
        )?;
        Ok(n > 0)
    }

    /// Gives more time; an earlier extension is withdrawn.
    pub fn extend(&self, obligation: ObligationId, due: Timestamp, now: Timestamp) -> Result<()> {
        self.withdraw_extension(obligation, now)?;
        self.conn.execute(
            "INSERT INTO extension (obligation, due, at) VALUES (?1, ?2, ?3)",
            params![obligation, instant(due), instant(now)],
        )?;
        Ok(())
    }

    /// Until when more time was given, if it holds.
    pub fn extension(&self, obligation: ObligationId) -> Result<Option<Timestamp>> {
        let sql = "SELECT due FROM extension WHERE obligation = ?1 AND withdrawn_at IS NULL";
        let due = self.conn.query_row(sql, [obligation], |r| parsed(r, "due"));
        Ok(due.optional()?)
    }

    /// Takes an extension back; `false` if there was none.
    pub(crate) fn withdraw_extension(
        &self,
        obligation: ObligationId,
        now: Timestamp,
    ) -> Result<bool> {
        let n = self.conn.execute(
            "UPDATE extension SET withdrawn_at = ?2 WHERE obligation = ?1 AND withdrawn_at IS NULL",
            params![obligation, instant(now)],
        )?;
        Ok(n > 0)
    }

    /// Takes an excuse back; `false` if there was none.
    pub fn withdraw_excuse(&self, obligation: ObligationId, now: Timestamp) -> Result<bool> {
        let n = self.conn.execute(
            "UPDATE excuse SET withdrawn_at = ?2 WHERE obligation = ?1 AND withdrawn_at IS NULL",
            params![obligation, instant(now)],
        )?;
        Ok(n > 0)
    }
}
