//! What is expected of units, frozen when its period opened.

use std::collections::{HashMap, HashSet};
use std::str::FromStr;

use anyhow::Result;
use jiff::Timestamp;
use jiff::civil::Date;
use rusqlite::{OptionalExtension, Row, ToSql, params};

use super::{Store, instant, parsed, parsed_at, unreadable};
use crate::domain::date_of;
use crate::domain::obligation::{Obligation, Receipt};
use crate::domain::period::PeriodId;
use crate::domain::reminder::Step;
use crate::domain::report::Forms;
use crate::domain::row::{ExtensionId, ObligationId};
use crate::domain::unit::UnitId;

/// The setting that says which obligations are there; the schema's triggers name it, too.
const EXPECTED: &str = "expected_until";

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

impl KnownPeriod {
    /// The year to whose work it belongs; of what has a name of its own, that of its deadline.
    pub(crate) fn year(&self) -> i16 {
        let named = || date_of(self.due).year();
        self.period.year().unwrap_or_else(named)
    }
}

/// What is open of one report and period, with one deadline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Open {
    /// Of which report.
    pub report: String,
    /// Of which period; not one that staff have closed.
    pub period: PeriodId,
    /// From which day it was expected.
    pub opens: Date,
    /// The last moment at which it is on time, with more time given, or for sending it again.
    pub until: Timestamp,
}

/// Which obligations.
#[derive(Clone, Copy)]
enum Which<'a> {
    All,
    Of(&'a UnitId),
    /// A list of rows, as JSON.
    In(&'a String),
    /// Those of a list of reports and periods, as JSON.
    Within(&'a String),
    /// Those that may not have been settled by a moment: what is open, and what something has come for since.
    UnsettledBy(&'a String),
}

impl<'a> Which<'a> {
    /// The condition that a row of `obligation`, or of another table by its `obligation`, is one of these; before others.
    fn condition(self, column: &str) -> String {
        let rows = match self {
            Which::All => return String::new(),
            Which::Of(_) if column == "id" => return "unit = :which AND".into(),
            Which::Of(_) => "SELECT id FROM obligation WHERE unit = :which",
            Which::In(_) => "SELECT value FROM json_each(:which)",
            Which::Within(_) => {
                "SELECT o.id FROM json_each(:which) p CROSS JOIN obligation o
                     ON o.report = p.value ->> 0 AND o.period = p.value ->> 1"
            }
            Which::UnsettledBy(_) => {
                "SELECT id FROM obligation INDEXED BY obligation_open WHERE open
                 UNION ALL SELECT obligation FROM submission WHERE logged_at > :which"
            }
        };
        format!("{column} IN ({rows}) AND")
    }

    /// Values of a statement, its own among them.
    fn with(self, values: &[(&'a str, &'a dyn ToSql)]) -> Vec<(&'a str, &'a dyn ToSql)> {
        let own: Option<&dyn ToSql> = match self {
            Which::All => None,
            Which::Of(unit) => Some(&unit.0),
            Which::In(text) | Which::Within(text) | Which::UnsettledBy(text) => Some(text),
        };
        let own = own.map(|value| (":which", value));
        own.into_iter().chain(values.iter().copied()).collect()
    }
}

/// Obligations, to which the rows of other tables are added.
struct Gathered<'a> {
    store: &'a Store,
    which: Which<'a>,
    as_of: Timestamp,
    all: Vec<Obligation>,
    /// Where each stands, by its row.
    place: HashMap<ObligationId, usize>,
}

/// Texts that were parsed before: of many obligations they are the same.
struct Known<T>(HashMap<String, T>);

impl<T> Known<T>
where
    T: Clone + FromStr,
    T::Err: std::fmt::Display,
{
    fn get(&mut self, row: &Row<'_>, column: usize) -> rusqlite::Result<T> {
        let text = row.get_ref(column)?.as_str()?;
        if let Some(known) = self.0.get(text) {
            return Ok(known.clone());
        }
        let value: T = text
            .parse()
            .map_err(|e: T::Err| unreadable(format!("{e}")))?;
        self.0.insert(text.to_owned(), value.clone());
        Ok(value)
    }
}

impl<'a> Gathered<'a> {
    fn of(store: &'a Store, which: Which<'a>, as_of: Timestamp) -> Result<Gathered<'a>> {
        let closed = store.closed_periods(as_of)?;
        let sql = format!(
            "SELECT id, unit, report, period, opens, due, signed, soft FROM obligation WHERE {} true",
            which.condition("id")
        );
        let mut statement = store.conn.prepare_cached(&sql)?;
        let mut rows = statement.query(&*which.with(&[]))?;
        let (mut periods, mut days) = (Known(HashMap::new()), Known(HashMap::new()));
        let mut moments = Known(HashMap::new());
        let mut all = Vec::new();
        while let Some(row) = rows.next()? {
            let (report, period): (String, PeriodId) = (row.get(2)?, periods.get(row, 3)?);
            all.push(Obligation {
                id: row.get(0)?,
                unit: UnitId(row.get(1)?),
                closed: closed.get(&report).is_some_and(|of| of.contains(&period)),
                report,
                period,
                opens: days.get(row, 4)?,
                due: moments.get(row, 5)?,
                forms: Forms {
                    signed_document: row.get(6)?,
                    soft_file: row.get(7)?,
                },
                returned: None,
                excused: None,
                receipts: Vec::new(),
                waiting: None,
                unverified: None,
                reminders_sent: 0,
            });
        }
        all.sort_unstable_by(|a, b| (a.due, &a.report, a.id).cmp(&(b.due, &b.report, b.id)));
        Ok(Gathered {
            store,
            which,
            as_of,
            place: all.iter().enumerate().map(|(i, o)| (o.id, i)).collect(),
            all,
        })
    }

    /// The condition that a row of another table is of one of these.
    fn these(&self) -> String {
        self.which.condition("obligation")
    }

    /// Takes each row of an answer, whose first column is the obligation.
    fn each(
        &mut self,
        sql: &str,
        values: &[(&str, &dyn ToSql)],
        mut take: impl FnMut(&mut Obligation, &Row<'_>) -> Result<()>,
    ) -> Result<()> {
        let mut statement = self.store.conn.prepare_cached(sql)?;
        let mut rows = statement.query(&*self.which.with(values))?;
        while let Some(row) = rows.next()? {
            let o: ObligationId = row.get(0)?;
            take(&mut self.all[self.place[&o]], row)?;
        }
        Ok(())
    }

    /// Adds what tells whether anything is still to come, and until when.
    fn add_what_settles(&mut self) -> Result<()> {
        self.add_receipts()?;
        self.add_deadlines()?;
        self.add_excuses()
    }

    fn add_receipts(&mut self) -> Result<()> {
        let as_of = self.as_of;
        let sql = format!(
            "SELECT obligation, received_at, logged_at, signed, soft FROM submission s
             WHERE {} withdrawn_at IS NULL AND NOT EXISTS
                 (SELECT 1 FROM sent_back b WHERE b.submission = s.id AND b.withdrawn_at IS NULL)
             ORDER BY id",
            self.these()
        );
        self.each(&sql, &[], |o, row| {
            let at: Timestamp = parsed_at(row, 1)?;
            // The clocks of two machines differ: what is logged is there, though it seems to come later.
            if at.min(parsed_at(row, 2)?) <= as_of {
                o.receipts.reserve_exact(1);
                o.receipts.push(Receipt {
                    at,
                    forms: Forms {
                        signed_document: row.get(3)?,
                        soft_file: row.get(4)?,
                    },
                });
                o.receipts.sort_by_key(|r| r.at);
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
            o.due = parsed_at(row, 1)?;
            Ok(())
        })?;
        let returned = format!(
            "SELECT obligation, b.reason, b.due FROM submission s JOIN sent_back b ON b.submission = s.id
             WHERE {these} b.withdrawn_at IS NULL AND s.withdrawn_at IS NULL ORDER BY b.id"
        );
        self.each(&returned, &[], |o, row| {
            o.due = o.due.max(parsed_at(row, 2)?);
            o.returned = Some(row.get(1)?);
            Ok(())
        })
    }

    fn add_excuses(&mut self) -> Result<()> {
        let sql = format!(
            "SELECT obligation, reason FROM excuse WHERE {} withdrawn_at IS NULL",
            self.these()
        );
        self.each(&sql, &[], |o, row| {
            o.excused = Some(row.get(1)?);
            Ok(())
        })
    }

    fn add_reminders(&mut self) -> Result<()> {
        let sql = format!(
            "SELECT r.obligation, count(*) FROM reminder r CROSS JOIN outbox m ON m.id = r.outbox
             WHERE {} m.state IN ('sent', 'unknown') AND r.step <> :opening AND m.ended_at <= :until
             GROUP BY r.obligation",
            self.these()
        );
        let (until, opening) = (instant(self.as_of), Step::Opening.to_string());
        self.each(
            &sql,
            &[(":until", &until), (":opening", &opening)],
            |o, row| {
                o.reminders_sent = row.get(1)?;
                Ok(())
            },
        )
    }
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

    /// Up to which day what a configuration of this trace expects is stored; `None`: it has to be looked at. A row that
    /// goes, or moves to another unit, report or period, makes it so (see the triggers of the schema).
    pub(crate) fn expected_until(&self, trace: &str) -> Result<Option<Date>> {
        let Some(text) = self.setting(EXPECTED)? else {
            return Ok(None);
        };
        let until = text.split_once(' ').filter(|(of, _)| *of == trace);
        Ok(until.map(|(_, day)| day.parse()).transpose()?)
    }

    /// Notes up to which day what a configuration of this trace expects is stored.
    pub(crate) fn set_expected_until(&self, trace: &str, day: Date) -> Result<()> {
        self.set_setting(EXPECTED, &format!("{trace} {day}"))
    }

    /// The periods of which something is or was expected.
    pub fn periods(&self) -> Result<Vec<KnownPeriod>> {
        // From each to the next one in the index: there are few, with many rows each.
        let mut statement = self.conn.prepare_cached(
            "WITH RECURSIVE known (report, period) AS (
                 SELECT * FROM (SELECT report, period FROM obligation ORDER BY report, period LIMIT 1)
                 UNION ALL
                 SELECT o.report, o.period FROM known k CROSS JOIN obligation o ON o.id = (
                     SELECT n.id FROM obligation n WHERE (n.report, n.period) > (k.report, k.period)
                     ORDER BY n.report, n.period LIMIT 1))
             SELECT report, period, (SELECT max(o.due) FROM obligation o
                                     WHERE o.report = known.report AND o.period = known.period) AS due
             FROM known",
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
        self.obligations_where(Which::All, receipts)
    }

    /// Those of each report and period of which anything is due at a moment or after it; each period is whole.
    pub(crate) fn obligations_due_since(
        &self,
        since: Timestamp,
        receipts: Receipts,
    ) -> Result<Vec<Obligation>> {
        let mut statement = self.conn.prepare_cached(
            "SELECT json_group_array(json_array(report, period))
             FROM (SELECT DISTINCT report, period FROM obligation INDEXED BY obligation_until WHERE until >= ?1)",
        )?;
        let periods: String = statement.query_row([instant(since)], |r| r.get(0))?;
        self.obligations_where(Which::Within(&periods), receipts)
    }

    /// Those of one report and period.
    pub(crate) fn obligations_within(
        &self,
        report: &str,
        period: &PeriodId,
        receipts: Receipts,
    ) -> Result<Vec<Obligation>> {
        let periods = serde_json::to_string(&[(report, period)])?;
        self.obligations_where(Which::Within(&periods), receipts)
    }

    /// Those of some reports and periods.
    pub(crate) fn obligations_of_periods<'p>(
        &self,
        periods: impl IntoIterator<Item = &'p KnownPeriod>,
        receipts: Receipts,
    ) -> Result<Vec<Obligation>> {
        let periods = periods.into_iter().map(|p| (&p.report, &p.period));
        let periods = serde_json::to_string(&periods.collect::<Vec<_>>())?;
        self.obligations_where(Which::Within(&periods), receipts)
    }

    /// Those that are not settled by the receipts that count, and some that are.
    pub(crate) fn obligations_unsettled(&self, receipts: Receipts) -> Result<Vec<Obligation>> {
        let by = instant(receipts.until());
        self.obligations_where(Which::UnsettledBy(&by), receipts)
    }

    /// Those of one unit.
    pub(crate) fn obligations_of(
        &self,
        unit: &UnitId,
        receipts: Receipts,
    ) -> Result<Vec<Obligation>> {
        self.obligations_where(Which::Of(unit), receipts)
    }

    /// Those of one unit with what has come for them, and without what waits or was sent about them: that is looked up among
    /// all mails that wait, and whoever matches a mail does not ask for it.
    pub(crate) fn settled_or_to_come(&self, unit: &UnitId) -> Result<Vec<Obligation>> {
        let mut gathered = Gathered::of(self, Which::Of(unit), Receipts::All.until())?;
        gathered.add_what_settles()?;
        Ok(gathered.all)
    }

    /// The one of a row.
    pub(crate) fn obligation_of_row(&self, id: ObligationId) -> Result<Option<Obligation>> {
        Ok(self.obligations_in(&[id], Receipts::All)?.pop())
    }

    /// Those of some rows.
    pub(crate) fn obligations_in(
        &self,
        rows: &[ObligationId],
        receipts: Receipts,
    ) -> Result<Vec<Obligation>> {
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let rows = serde_json::to_string(rows)?;
        self.obligations_where(Which::In(&rows), receipts)
    }

    /// What is open of periods that staff have not closed, whichever unit owes it.
    pub(crate) fn open_periods(&self) -> Result<Vec<Open>> {
        let mut statement = self.conn.prepare_cached(
            "SELECT DISTINCT report, period, opens, until FROM obligation o
             WHERE open AND NOT EXISTS (SELECT 1 FROM closing c
                 WHERE c.report = o.report AND c.period = o.period AND c.withdrawn_at IS NULL)",
        )?;
        let rows = statement.query_map([], |r| {
            Ok(Open {
                report: r.get("report")?,
                period: parsed(r, "period")?,
                opens: parsed(r, "opens")?,
                until: parsed(r, "until")?,
            })
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// The units that owe something which is expected since a day, and due at a moment or after it.
    pub(crate) fn owing(&self, opens_by: Date, due_from: Timestamp) -> Result<Vec<UnitId>> {
        let mut statement = self.conn.prepare_cached(
            "SELECT DISTINCT unit FROM obligation INDEXED BY obligation_open WHERE open AND opens <= ?1 AND until >= ?2",
        )?;
        let values = params![opens_by.to_string(), instant(due_from)];
        let rows = statement.query_map(values, |r| r.get(0).map(UnitId))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Whether anything is or was expected of a unit.
    pub(crate) fn is_asked(&self, unit: &UnitId) -> Result<bool> {
        let sql = "SELECT EXISTS (SELECT 1 FROM obligation WHERE unit = ?1)";
        let mut statement = self.conn.prepare_cached(sql)?;
        Ok(statement.query_row([&unit.0], |r| r.get(0))?)
    }

    /// The rows of what is open whose unit was not written to by a step, or may not have got that mail.
    pub(crate) fn open_untold(&self, open: &Open, step: Step) -> Result<Vec<ObligationId>> {
        let mut statement = self.conn.prepare_cached(
            "SELECT id FROM obligation o
             WHERE open AND report = ?1 AND period = ?2 AND opens = ?3 AND until = ?4 AND NOT EXISTS (
                 SELECT 1 FROM reminder r
                 WHERE r.obligation = o.id AND r.step = ?5 AND r.due = ?4
                   AND NOT EXISTS (SELECT 1 FROM outbox m INDEXED BY outbox_not_left
                                   WHERE m.id = r.outbox AND m.state IN ('queued', 'failed', 'dropped'))
                   AND NOT EXISTS (SELECT 1 FROM contact_bounce b WHERE b.outbox = r.outbox))",
        )?;
        let values = params![
            open.report,
            open.period.to_string(),
            open.opens.to_string(),
            instant(open.until),
            step.to_string()
        ];
        let rows = statement.query_map(values, |r| r.get(0))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
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

    fn obligations_where(&self, which: Which<'_>, receipts: Receipts) -> Result<Vec<Obligation>> {
        let mut gathered = Gathered::of(self, which, receipts.until())?;
        gathered.add_what_settles()?;
        gathered.add_reminders()?;
        let moment = match receipts {
            Receipts::All => None,
            Receipts::Until(moment) => Some(moment),
        };
        self.mark_waiting(&mut gathered.all, moment)?;
        Ok(gathered.all)
    }

    /// The periods of each report that staff had closed by a moment.
    fn closed_periods(&self, by: Timestamp) -> Result<HashMap<String, HashSet<PeriodId>>> {
        let mut statement = self.conn.prepare_cached(
            "SELECT report, period FROM closing WHERE withdrawn_at IS NULL AND at <= ?1",
        )?;
        let mut rows = statement.query([instant(by)])?;
        let mut closed: HashMap<String, HashSet<PeriodId>> = HashMap::new();
        while let Some(row) = rows.next()? {
            let of_report = closed.entry(row.get("report")?).or_default();
            of_report.insert(parsed(row, "period")?);
        }
        Ok(closed)
    }

    /// The row of an obligation.
    pub fn obligation_id(
        &self,
        unit: &UnitId,
        report: &str,
        period: &PeriodId,
    ) -> Result<Option<ObligationId>> {
        let mut statement = self.conn.prepare_cached(
            "SELECT id FROM obligation WHERE unit = ?1 AND report = ?2 AND period = ?3",
        )?;
        let values = params![unit.0, report, period.to_string()];
        Ok(statement.query_row(values, |r| r.get(0)).optional()?)
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

    /// The deadlines of what is open that hold as they were frozen: nobody has given more time or sent a report back.
    pub(crate) fn frozen_deadlines(&self) -> Result<HashMap<ObligationId, Timestamp>> {
        let mut statement = self.conn.prepare_cached(
            "SELECT id, due FROM obligation o INDEXED BY obligation_open
             WHERE open AND NOT EXISTS (SELECT 1 FROM extension WHERE obligation = o.id AND withdrawn_at IS NULL)
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

    /// Gives more time, and gives the row of that; an earlier extension is withdrawn.
    pub fn extend(
        &self,
        obligation: ObligationId,
        due: Timestamp,
        now: Timestamp,
    ) -> Result<ExtensionId> {
        self.withdraw_extension(obligation, now)?;
        self.conn.execute(
            "INSERT INTO extension (obligation, due, at) VALUES (?1, ?2, ?3)",
            params![obligation, instant(due), instant(now)],
        )?;
        Ok(ExtensionId(self.conn.last_insert_rowid()))
    }

    /// Of what an extension gave more time, and whether it holds still.
    pub(crate) fn extended(&self, id: ExtensionId) -> Result<Option<(ObligationId, bool)>> {
        let sql = "SELECT obligation, withdrawn_at IS NULL FROM extension WHERE id = ?1";
        let row = self
            .conn
            .query_row(sql, [id], |r| Ok((r.get(0)?, r.get(1)?)));
        Ok(row.optional()?)
    }

    /// Until when more time was given, if it holds.
    pub fn extension(&self, obligation: ObligationId) -> Result<Option<Timestamp>> {
        let sql = "SELECT due FROM extension WHERE obligation = ?1 AND withdrawn_at IS NULL";
        let due = self.conn.query_row(sql, [obligation], |r| parsed(r, "due"));
        Ok(due.optional()?)
    }

    /// Takes an extension back and gives its row; `None` if there was none.
    pub(crate) fn withdraw_extension(
        &self,
        obligation: ObligationId,
        now: Timestamp,
    ) -> Result<Option<ExtensionId>> {
        let sql = "UPDATE extension SET withdrawn_at = ?2 WHERE obligation = ?1 AND withdrawn_at IS NULL RETURNING id";
        let values = params![obligation, instant(now)];
        let row = self.conn.query_row(sql, values, |r| r.get(0));
        Ok(row.optional()?)
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::obligation::tests::{at, obligation};
    use crate::domain::row::SubmissionId;
    use crate::store::NewSubmission;

    /// Something that may become of one of three obligations, or of one of their submissions.
    #[derive(Clone, Copy, Debug)]
    enum Event {
        Comes { signed: bool, soft: bool },
        Withdrawn(SubmissionId),
        SentBack(SubmissionId, i8),
        SentBackNoMore(SubmissionId),
        Excused,
        ExcusedNoMore,
        Extended(i8),
        ExtendedNoMore,
        OtherDeadline(i8),
        OfAnother(SubmissionId),
    }

    fn event() -> impl Strategy<Value = Event> {
        use Event::*;
        let (nth, day) = ((1..6_i64).prop_map(SubmissionId), 1..28_i8);
        prop_oneof![
            any::<(bool, bool)>().prop_map(|(signed, soft)| Comes { signed, soft }),
            nth.clone().prop_map(Withdrawn),
            (nth.clone(), day.clone()).prop_map(|(n, day)| SentBack(n, day)),
            nth.clone().prop_map(SentBackNoMore),
            Just(Excused),
            Just(ExcusedNoMore),
            day.clone().prop_map(Extended),
            Just(ExtendedNoMore),
            day.prop_map(OtherDeadline),
            nth.prop_map(OfAnother),
        ]
    }

    fn happens(store: &Store, o: ObligationId, event: Event) -> Result<()> {
        let now = at("2026-06-16T00:00:00Z");
        let day = |day: i8| at(&format!("2026-07-{day:02}T10:00:00Z"));
        match event {
            Event::Comes { signed, soft } => {
                let new = NewSubmission {
                    obligation: o,
                    message: None,
                    received_at: now,
                    forms: Forms {
                        signed_document: signed,
                        soft_file: soft,
                    },
                    nil_return: false,
                    number: None,
                    files: vec![],
                };
                store.log_submission(&new, now)?;
            }
            Event::Withdrawn(n) => drop(store.withdraw_submission(n, now)?),
            Event::SentBack(n, due) if store.submission_logged_at(n)?.is_some() => {
                store.send_back(n, "x", day(due), now)?;
            }
            Event::SentBack(..) => {}
            Event::SentBackNoMore(n) => drop(store.withdraw_sent_back(n, now)?),
            Event::Excused => drop(store.excuse(o, "x", now)?),
            Event::ExcusedNoMore => drop(store.withdraw_excuse(o, now)?),
            Event::Extended(due) => drop(store.extend(o, day(due), now)?),
            Event::ExtendedNoMore => drop(store.withdraw_extension(o, now)?),
            Event::OtherDeadline(due) => store.set_deadline(o, day(due))?,
            // As where two ids turn out to be one.
            Event::OfAnother(n) => {
                let sql = "UPDATE submission SET obligation = ?2, version = (SELECT 1 + max(version) FROM submission)
                     WHERE id = ?1";
                store.conn.execute(sql, [n.0, o.0])?;
            }
        }
        Ok(())
    }

    proptest! {
        #[test]
        fn what_is_open_and_until_when_is_known_of_each_obligation_whatever_becomes_of_it(
            events in prop::collection::vec(((1..4_i64).prop_map(ObligationId), event()), 0..24)
        ) {
            let store = Store::in_memory(at("2026-06-01T00:00:00Z")).unwrap();
            for (unit, forms) in [("a", (true, true)), ("b", (true, false)), ("c", (false, true))] {
                let mut o = obligation(unit, "2026-06-15T10:00:00Z");
                (o.forms.signed_document, o.forms.soft_file) = forms;
                store.expect(&o).unwrap();
            }
            for (o, event) in &events {
                happens(&store, *o, *event).unwrap();
            }
            let told = |some: Vec<Obligation>| some.iter().map(|o| format!("{o:?}")).collect::<Vec<_>>();
            for moment in ["2026-06-15T00:00:00Z", "2026-06-17T00:00:00Z"].map(at) {
                let mut all = store.obligations(Receipts::Until(moment)).unwrap();
                let unsettled = told(store.obligations_unsettled(Receipts::Until(moment)).unwrap());
                let within = store.obligations_due_since(Timestamp::MIN, Receipts::Until(moment));
                prop_assert_eq!(told(within.unwrap()), told(all.clone()));
                prop_assert!(unsettled.iter().all(|o| told(all.clone()).contains(o)));
                all.retain(|o| !o.settled());
                prop_assert!(told(all).iter().all(|o| unsettled.contains(o)));
            }
            for o in store.obligations(Receipts::All).unwrap() {
                let sql = "SELECT open, until FROM obligation WHERE id = ?1";
                let kept = store.conn.query_row(sql, [o.id], |r| Ok((r.get(0)?, parsed(r, "until")?)));
                let (open, until): (bool, Timestamp) = kept.unwrap();
                prop_assert_eq!((open, until), (!o.settled(), o.due), "{:?}", o);
            }
        }
    }

    #[test]
    fn what_a_configuration_expects_is_looked_at_anew_once_an_obligation_is_gone_or_is_anothers() {
        let store = Store::in_memory(at("2026-06-01T00:00:00Z")).unwrap();
        let day = jiff::civil::date(2026, 6, 1);
        let until = |trace| store.expected_until(trace).unwrap();
        assert_eq!(until("a"), None);
        for sql in [
            "DELETE FROM obligation WHERE unit = 'a'",
            "UPDATE obligation SET unit = 'b' WHERE unit = 'a'",
        ] {
            store
                .expect(&obligation("a", "2026-06-15T10:00:00Z"))
                .unwrap();
            store.set_expected_until("a", day).unwrap();
            assert_eq!((until("a"), until("b")), (Some(day), None));
            assert_eq!(store.conn.execute(sql, []).unwrap(), 1);
            assert_eq!(until("a"), None, "{sql}");
        }
    }

    #[test]
    fn a_period_counts_as_long_as_anything_of_it_is_due_and_is_whole() {
        let store = Store::in_memory(at("2024-06-01T00:00:00Z")).unwrap();
        for (unit, period, due) in [
            ("a", "2024-H1", "2024-06-15T10:00:00Z"),
            ("b", "2024-H1", "2024-06-15T10:00:00Z"),
            ("a", "2024-H2", "2024-12-15T10:00:00Z"),
            ("a", "2026-H1", "2026-06-15T10:00:00Z"),
        ] {
            let mut o = obligation(unit, due);
            o.period = period.parse().unwrap();
            store.expect(&o).unwrap();
        }
        let since = || {
            let all = store.obligations_due_since(at("2025-06-20T00:00:00Z"), Receipts::All);
            let all = all.unwrap().into_iter();
            all.map(|o| format!("{} {}", o.unit, o.period))
                .collect::<Vec<_>>()
        };
        assert_eq!(since(), ["a 2026-H1"]);
        store
            .extend(
                ObligationId(2),
                at("2025-06-30T10:00:00Z"),
                at("2025-06-01T00:00:00Z"),
            )
            .unwrap();
        assert_eq!(since(), ["a 2024-H1", "b 2024-H1", "a 2026-H1"]);
        let period: PeriodId = "2024-H1".parse().unwrap();
        let within = store
            .obligations_within("tre-em", &period, Receipts::All)
            .unwrap();
        assert_eq!(within.iter().map(|o| o.id.0).collect::<Vec<_>>(), [1, 2]);
    }
}
