//! Which reminders the mails that wait hold, why, and until when.

use anyhow::Result;
use jiff::Timestamp;
use rusqlite::params;
use rusqlite::types::FromSqlError;

use super::{MessageState, Store, parsed, parsed_option, stored_as_words};
use crate::domain::unit::UnitId;

/// Why a mail holds the reminders of a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ground {
    /// It comes from an address of the unit.
    Address,
    /// It comes from an address of the unit and cannot be read.
    Unreadable,
    /// Somebody whom we know passes on what is the unit's.
    PassedOn,
    /// A stranger's document has the head of the unit, and of no other.
    Head,
    /// It may be the unit's and its sender was found to be somebody else, or looks like somebody it is not.
    Forged,
    /// Neither the mail nor its sender could be had: it may be any unit's.
    Nameless,
}

stored_as_words!(Ground {
    Address = "address",
    Unreadable = "unreadable",
    PassedOn = "passed_on",
    Head = "head",
    Forged = "forged",
    Nameless = "nameless",
});

/// That a mail holds the reminders of a unit while it waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    /// Of which; `None`: of every one.
    pub unit: Option<UnitId>,
    /// Why.
    pub ground: Ground,
    /// Until when, and from when on the unit is told of the mail instead; `None`: until staff have decided.
    pub until: Option<Timestamp>,
}

/// What a mail that waits, or is not read yet, says for a unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The mail, by its number.
    pub message: i64,
    /// When it was stored.
    pub stored_at: Timestamp,
    /// Whether it was read: what was not holds in any case.
    pub read: bool,
    /// Whether its sender was found to be somebody else, or looks like somebody it is not.
    pub forged: bool,
    /// Whose reminders it holds, and until when.
    pub hold: Hold,
}

/// How a claim stands at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stands {
    /// The unit is not reminded.
    Holds,
    /// It is reminded, and told that a mail in its name is being looked into.
    Told,
    /// It holds nothing any more.
    Over,
}

impl Claim {
    /// How it stands at a moment. What may be any unit's is told to none.
    pub fn at(&self, moment: Timestamp) -> Stands {
        let holds = !self.read || self.hold.until.is_none_or(|until| moment < until);
        match (holds, &self.hold.unit) {
            (true, _) => Stands::Holds,
            (false, Some(_)) => Stands::Told,
            (false, None) => Stands::Over,
        }
    }
}

impl Store {
    /// Stores which reminders a mail holds while it waits, in place of what was stored of it before.
    pub fn set_holds(&self, message: i64, holds: &[Hold]) -> Result<()> {
        self.conn
            .execute("DELETE FROM hold WHERE message = ?1", [message])?;
        let mut insert = self.conn.prepare_cached(
            "INSERT INTO hold (message, unit, ground, until) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING",
        )?;
        for hold in holds {
            insert.execute(params![
                message,
                hold.unit.as_ref().map(|u| &u.0),
                hold.ground,
                hold.until.map(|t| t.to_string())
            ])?;
        }
        Ok(())
    }

    /// What all mails that wait or are not read yet say for units, the oldest first. The only place that says which
    /// these are. Holds that end by themselves do not follow one another: those on one ground end with the first of them
    /// on which nobody has decided, else a mail a week would keep a unit from being reminded for ever.
    pub fn claims(&self) -> Result<Vec<Claim>> {
        let mut statement = self.conn.prepare_cached(
            "SELECT m.id AS message, m.stored_at, m.state, m.trust IS 'fail' OR m.suspicious AS forged,
                    h.unit, h.ground,
                    CASE WHEN h.until IS NOT NULL THEN min(h.until) OVER (PARTITION BY h.unit, h.ground) END AS until
             FROM message m JOIN hold h ON h.message = m.id
             WHERE m.state IN ('received', 'waiting') ORDER BY m.id, h.id",
        )?;
        let rows = statement.query_map([], |row| {
            Ok(Claim {
                message: row.get("message")?,
                stored_at: parsed(row, "stored_at")?,
                read: row.get::<_, MessageState>("state")? != MessageState::Received,
                forged: row.get("forged")?,
                hold: Hold {
                    unit: row.get::<_, Option<String>>("unit")?.map(UnitId),
                    ground: row.get("ground")?,
                    until: parsed_option(row, "until")?,
                },
            })
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::unit::UnitId;

    fn at(day: i8) -> Timestamp {
        format!("2026-06-{day:02}T01:00:00Z").parse().unwrap()
    }

    fn store() -> Store {
        Store::in_memory(at(1)).unwrap()
    }

    /// A mail of a day that waits; the holds are of units, on grounds, until days.
    fn waits(store: &Store, id: i64, day: i8, holds: &[(&str, Ground, Option<i8>)]) {
        store
            .conn
            .execute(
                "INSERT INTO message (id, size, received_at, stored_at, state) VALUES (?1, 1, ?2, ?2, 'waiting')",
                params![id, at(day).to_string()],
            )
            .unwrap();
        let hold = |(unit, ground, until): &(&str, Ground, Option<i8>)| Hold {
            unit: (!unit.is_empty()).then(|| UnitId((*unit).into())),
            ground: *ground,
            until: until.map(at),
        };
        let holds: Vec<Hold> = holds.iter().map(hold).collect();
        store.set_holds(id, &holds).unwrap();
    }

    fn state(store: &Store, id: i64, state: &str) {
        let sql = "UPDATE message SET state = ?2 WHERE id = ?1";
        store.conn.execute(sql, params![id, state]).unwrap();
    }

    /// How the claims stand on a day, each of its mail.
    fn stand(store: &Store, day: i8) -> Vec<(i64, Stands)> {
        let claims = store.claims().unwrap();
        claims.iter().map(|c| (c.message, c.at(at(day)))).collect()
    }

    #[test]
    fn a_mail_holds_until_its_time_is_over_or_staff_have_decided_and_what_is_unread_until_it_is_read()
     {
        use Stands::{Holds, Over, Told};
        let store = store();
        waits(&store, 1, 2, &[("a", Ground::Address, None)]);
        waits(&store, 2, 2, &[("b", Ground::Head, Some(9))]);
        waits(&store, 3, 2, &[("", Ground::Nameless, Some(3))]);
        waits(&store, 4, 2, &[("c", Ground::Forged, Some(2))]);
        assert_eq!(
            stand(&store, 2),
            [(1, Holds), (2, Holds), (3, Holds), (4, Told)]
        );
        assert_eq!(
            stand(&store, 8),
            [(1, Holds), (2, Holds), (3, Over), (4, Told)]
        );
        assert_eq!(
            stand(&store, 9),
            [(1, Holds), (2, Told), (3, Over), (4, Told)]
        );
        state(&store, 2, "received");
        state(&store, 1, "ignored");
        assert_eq!(stand(&store, 30), [(2, Holds), (3, Over), (4, Told)]);
        for id in 2..=4 {
            state(&store, id, "logged");
        }
        assert_eq!(stand(&store, 2), []);
    }

    #[test]
    fn mails_that_hold_for_a_time_do_not_take_turns() {
        use Stands::{Holds, Told};
        let store = store();
        waits(&store, 1, 1, &[("a", Ground::Head, Some(8))]);
        waits(
            &store,
            2,
            7,
            &[("a", Ground::Head, Some(14)), ("b", Ground::Head, Some(14))],
        );
        // Another ground has its own time, and what is verified holds in any case.
        waits(&store, 3, 7, &[("a", Ground::Address, Some(14))]);
        waits(&store, 4, 7, &[("a", Ground::Address, None)]);
        let on_8 = [(1, Told), (2, Told), (2, Holds), (3, Holds), (4, Holds)];
        assert_eq!(stand(&store, 8), on_8);
        // Once staff have decided on the first, the next one counts for itself.
        state(&store, 1, "ignored");
        assert_eq!(stand(&store, 8)[0], (2, Holds));
        assert_eq!(stand(&store, 14)[0], (2, Told));
    }
}
