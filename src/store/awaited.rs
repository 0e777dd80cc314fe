//! What of each unit waits with the mails on which staff have to decide.

use std::collections::HashMap;

use anyhow::Result;
use jiff::Timestamp;
use rusqlite::params;

use super::{Stands, Store, parsed};
use crate::domain::obligation::Obligation;
use crate::domain::period::PeriodId;
use crate::domain::row::MessageId;
use crate::domain::unit::UnitId;

/// What a mail that waits for staff may be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Awaited {
    /// The reports that it names; none: any that is open.
    pub reports: Vec<(String, PeriodId)>,
    /// Whether its sender looks like somebody it is not.
    pub suspicious: bool,
    /// What it most likely is, for staff to say yes.
    pub likely: Option<(String, PeriodId)>,
}

/// What a mail that waits most likely is.
pub(crate) struct Proposal {
    pub(crate) report: String,
    pub(crate) period: PeriodId,
    /// Whether the mail says so clearly, and something else makes it wait.
    pub(crate) clear: bool,
}

impl Store {
    /// Stores what a mail may be that waits for staff.
    pub fn set_awaited(&self, message: MessageId, awaited: &Awaited) -> Result<()> {
        self.conn.execute(
            "UPDATE message SET suspicious = ?2 WHERE id = ?1",
            params![message, awaited.suspicious],
        )?;
        self.conn
            .execute("DELETE FROM awaited WHERE message = ?1", [message])?;
        self.conn
            .execute("DELETE FROM proposed WHERE message = ?1", [message])?;
        if let Some((report, period)) = &awaited.likely {
            self.conn.execute(
                "INSERT INTO proposed (message, report, period) VALUES (?1, ?2, ?3)",
                params![message, report, period.to_string()],
            )?;
        }
        for (report, period) in &awaited.reports {
            self.conn.execute(
                "INSERT INTO awaited (message, report, period) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
                params![message, report, period.to_string()],
            )?;
        }
        Ok(())
    }

    /// What each mail that waits most likely is.
    pub(crate) fn proposals(&self) -> Result<HashMap<MessageId, Proposal>> {
        let mut statement = self.conn.prepare_cached(
            "SELECT p.message, p.report, p.period, EXISTS (SELECT 1 FROM awaited a WHERE a.message = p.message) AS clear
             FROM message m CROSS JOIN proposed p ON p.message = m.id WHERE m.state = 'waiting'",
        )?;
        let rows = statement.query_map([], |r| {
            let proposal = Proposal {
                report: r.get("report")?,
                period: parsed(r, "period")?,
                clear: r.get("clear")?,
            };
            Ok((r.get("message")?, proposal))
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Marks what may be in a mail that waits and was stored by a moment: the reports that it names, or all that are open
    /// where it names none that is expected of the unit. While it holds reminders they wait, then, and of a mail that is
    /// not verified, staff are only told of it. Of several mails the oldest is told. Of all that is known, whatever the
    /// clock says (`None`), what held once holds.
    pub(super) fn mark_waiting(
        &self,
        all: &mut [Obligation],
        as_of: Option<Timestamp>,
    ) -> Result<()> {
        let claims = self.claims()?;
        if claims.is_empty() {
            return Ok(());
        }
        let named = self.reports_named()?;
        let mut own: HashMap<&UnitId, Vec<usize>> = HashMap::new();
        for unit in claims.iter().filter_map(|c| c.hold.unit.as_ref()) {
            own.entry(unit).or_default();
        }
        for (place, o) in all.iter().enumerate() {
            if let Some(of_unit) = own.get_mut(&o.unit) {
                of_unit.push(place);
            }
        }
        for claim in &claims {
            let Some(unit) = &claim.hold.unit else {
                continue; // nobody's more than another's
            };
            if as_of.is_some_and(|as_of| claim.stored_at > as_of) {
                continue;
            }
            let holds = claim.at(as_of.unwrap_or(claim.stored_at)) == Stands::Holds;
            let of_unit = own.get(unit).map_or(&[][..], Vec::as_slice);
            if of_unit.is_empty() {
                continue;
            }
            // What is expected of the unit need not be among these.
            let mut expected = Vec::new();
            for (report, period) in named.get(&claim.message).into_iter().flatten() {
                if self.obligation_id(unit, report, period)?.is_some() {
                    expected.push((report, period));
                }
            }
            let names = |o: &Obligation| expected.contains(&(&o.report, &o.period));
            let any = expected.is_empty();
            for place in of_unit {
                let o = &mut all[*place];
                if !o.settled() && (any || names(o)) {
                    let mark = match holds && !claim.forged {
                        true => &mut o.waiting,
                        false => &mut o.unverified,
                    };
                    mark.get_or_insert(claim.message);
                }
            }
        }
        Ok(())
    }

    /// The reports that mails name which wait.
    fn reports_named(&self) -> Result<HashMap<MessageId, Vec<(String, PeriodId)>>> {
        let mut named: HashMap<MessageId, Vec<(String, PeriodId)>> = HashMap::new();
        let mut statement = self.conn.prepare_cached(
            "SELECT a.message, a.report, a.period FROM message m CROSS JOIN awaited a ON a.message = m.id
             WHERE m.state IN ('received', 'waiting')",
        )?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let report = (row.get("report")?, parsed(row, "period")?);
            named.entry(row.get("message")?).or_default().push(report);
        }
        Ok(named)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::obligation::tests::{at, obligation};
    use crate::domain::row::ObligationId;
    use crate::store::{Arrived, Ground, Hold, MessageState, Receipts, Verdict};

    const NOW: &str = "2026-06-20T00:00:00Z";
    /// When what is not verified ends to hold reminders.
    const ENDS: &str = "2026-06-25T00:00:00Z";

    /// A unit that owes two reports, and another one.
    fn store() -> Store {
        let store = Store::in_memory(at("2026-06-01T00:00:00Z")).unwrap();
        for (unit, report) in [("a", "tre-em"), ("a", "nu-cong"), ("b", "tre-em")] {
            let mut o = obligation(unit, "2026-06-15T10:00:00Z");
            o.report = report.into();
            store.expect(&o).unwrap();
        }
        store
    }

    /// A mail that waits, perhaps of a unit, and names reports.
    fn waits(store: &Store, unit: &str, trust: &str, reports: &[&str]) -> MessageId {
        let before: i64 = store
            .conn
            .query_row("SELECT count(*) FROM message", [], |r| r.get(0))
            .unwrap();
        let mail = Arrived::example(before, at("2026-06-10T00:00:00Z"));
        let id = store
            .record_arrival(&mail, at("2026-06-18T00:00:00Z"))
            .unwrap();
        decide(store, id, unit, MessageState::Waiting);
        store
            .conn
            .execute(
                "UPDATE message SET trust = ?2 WHERE id = ?1",
                params![id, trust],
            )
            .unwrap();
        let period: PeriodId = "2026-H1".parse().unwrap();
        let named = reports.iter().map(|r| ((*r).to_owned(), period.clone()));
        let awaited = Awaited {
            reports: named.collect(),
            ..Awaited::default()
        };
        store.set_awaited(id, &awaited).unwrap();
        let (ground, until) = match trust {
            "pass" => (Ground::Address, None),
            "unknown" => (Ground::Head, Some(at(ENDS))),
            _ => (Ground::Forged, Some(at(ENDS))),
        };
        let hold = Hold {
            unit: Some(UnitId(unit.into())),
            ground,
            until,
        };
        store.set_holds(id, &[hold]).unwrap();
        id
    }

    fn decide(store: &Store, mail: MessageId, unit: &str, state: MessageState) {
        let verdict = Verdict {
            state,
            unit: None,
            candidates: vec![UnitId(unit.into())],
            why: vec![],
        };
        store.set_verdict(mail, &verdict).unwrap();
    }

    /// What waits, and what is not verified, of each obligation in the order in which they are expected.
    fn marks(store: &Store, as_of: &str) -> Vec<(Option<MessageId>, Option<MessageId>)> {
        let mut all = store.obligations(Receipts::Until(at(as_of))).unwrap();
        all.sort_by_key(|o| o.id);
        all.iter().map(|o| (o.waiting, o.unverified)).collect()
    }

    #[test]
    fn the_reports_that_a_mail_names_wait_and_all_of_its_unit_where_it_names_none_that_is_expected()
    {
        for (reports, wanted) in [
            (vec!["tre-em"], [Some(1), None, None]),
            (vec!["nu-cong", "tre-em"], [Some(1), Some(1), None]),
            (vec![], [Some(1), Some(1), None]),
            (vec!["trung-thu"], [Some(1), Some(1), None]),
        ] {
            let store = store();
            waits(&store, "a", "pass", &reports);
            let marks: Vec<_> = marks(&store, NOW)
                .into_iter()
                .map(|(w, _)| w.map(|w| w.0))
                .collect();
            assert_eq!(marks, wanted, "{reports:?}");
            // Whichever of them are asked for.
            for row in 1..=3 {
                let one = store.obligations_in(&[ObligationId(row)], Receipts::All);
                let mark = one.unwrap()[0].waiting.map(|w| w.0);
                assert_eq!(mark, wanted[row as usize - 1], "{reports:?}, {row} alone");
            }
        }
    }

    #[test]
    fn a_mail_whose_sender_proved_false_is_told_and_changes_nothing_whether_it_holds_reminders_or_not()
     {
        let store = store();
        let mail = waits(&store, "a", "fail", &["tre-em"]);
        let none = (None, None);
        for moment in [NOW, ENDS] {
            assert_eq!(marks(&store, moment), [(None, Some(mail)), none, none]);
        }
        // One that looks like somebody it is not is no better.
        let imitation = waits(&store, "b", "pass", &[]);
        let awaited = Awaited {
            suspicious: true,
            ..Awaited::default()
        };
        store.set_awaited(imitation, &awaited).unwrap();
        assert_eq!(marks(&store, NOW)[2], (None, Some(imitation)));
    }

    #[test]
    fn what_a_mail_names_that_is_not_verified_waits_as_long_as_it_holds_reminders_and_is_told_then()
    {
        let store = store();
        let mail = waits(&store, "a", "unknown", &["tre-em"]);
        let none = (None, None);
        assert_eq!(marks(&store, NOW), [(Some(mail), None), none, none]);
        assert_eq!(marks(&store, ENDS), [(None, Some(mail)), none, none]);
        // What is decided rests on all that came, whatever the clock says.
        let all = store.obligations(Receipts::All).unwrap();
        let waiting: Vec<_> = all.iter().filter_map(|o| o.waiting).collect();
        assert_eq!(waiting, [mail]);
    }

    #[test]
    fn a_mail_that_claims_no_unit_marks_nothing() {
        let store = store();
        let mail = waits(&store, "a", "pass", &[]);
        let nameless = Hold {
            unit: None,
            ground: Ground::Nameless,
            until: None,
        };
        for holds in [vec![], vec![nameless]] {
            store.set_holds(mail, &holds).unwrap();
            assert_eq!(marks(&store, NOW), [(None, None); 3]);
        }
    }

    #[test]
    fn what_is_stored_and_not_read_yet_waits_as_well_where_its_unit_is_known() {
        let store = store();
        let mail = waits(&store, "a", "unknown", &[]);
        decide(&store, mail, "a", MessageState::Received);
        assert_eq!(marks(&store, NOW)[0].0, Some(mail));
    }

    #[test]
    fn nothing_waits_before_a_mail_came_and_after_it_was_decided_and_the_oldest_is_told() {
        let store = store();
        let first = waits(&store, "a", "pass", &[]);
        let second = waits(&store, "a", "unknown", &[]);
        assert_eq!(marks(&store, NOW)[0].0, Some(first));
        assert_eq!(marks(&store, "2026-06-17T00:00:00Z")[0].0, None);
        for mail in [first, second] {
            decide(&store, mail, "a", MessageState::Ignored);
        }
        assert_eq!(marks(&store, NOW)[0].0, None);
    }
}
