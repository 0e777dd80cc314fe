//! Which reminders the mails that wait hold, why, and until when.

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap};

use anyhow::Result;
use jiff::{SignedDuration, Timestamp};
use rusqlite::params;
use rusqlite::types::FromSqlError;

use super::{MessageState, Store, instant, parsed, parsed_option, stored_as_words};
use crate::domain::row::MessageId;
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
    /// Its words name the unit, and no other. Anybody can write that: it holds nothing, and the unit is told of the mail.
    Named,
}

stored_as_words!(Ground {
    Address = "address",
    Unreadable = "unreadable",
    PassedOn = "passed_on",
    Head = "head",
    Forged = "forged",
    Nameless = "nameless",
    Named = "named",
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
    pub message: MessageId,
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
    /// Its place among those that hold one unit: what ends by itself comes after what staff have to decide, what was found
    /// to be forged last, else the oldest first.
    pub fn place(&self) -> (bool, bool, MessageId) {
        (self.forged, self.hold.until.is_some(), self.message)
    }

    /// How it stands at a moment. What may be any unit's is told to none.
    pub fn at(&self, moment: Timestamp) -> Stands {
        let holds = self.hold.ground != Ground::Named
            && (!self.read || self.hold.until.is_none_or(|until| moment < until));
        match (holds, &self.hold.unit) {
            (true, _) => Stands::Holds,
            (false, Some(_)) => Stands::Told,
            (false, None) => Stands::Over,
        }
    }
}

/// After the end of a hold, mails on the same ground hold nothing more for so long, though staff put aside the one before.
const REST: SignedDuration = SignedDuration::from_hours(30 * 24);

/// For how long a mail holds reminders by itself.
#[derive(Clone)]
struct Span {
    unit: Option<UnitId>,
    ground: Ground,
    /// When the mail was stored.
    from: Timestamp,
    until: Timestamp,
    /// Which of the claims it is; `None`: staff have ignored the mail.
    claim: Option<usize>,
}

/// Lets holds of one unit on one ground that end by themselves end with the first of them, ignored or not: else a mail a
/// day keeps a unit from being reminded for ever, however soon staff put each aside. One that comes long after that end
/// holds anew, unless staff have left one of the others undecided. `ignored`: those of mails that staff put aside.
fn end_together(claims: &mut [Claim], ignored: &[Span]) {
    /// Holds that end together.
    struct Run {
        end: Timestamp,
        undecided: bool,
    }
    let open = claims.iter().enumerate().filter_map(|(i, claim)| {
        Some(Span {
            unit: claim.hold.unit.clone(),
            ground: claim.hold.ground,
            from: claim.stored_at,
            until: claim.hold.until?,
            claim: Some(i),
        })
    });
    let mut spans: Vec<Span> = open.chain(ignored.iter().cloned()).collect();
    spans.sort_by_key(|s| s.until);
    let mut runs: HashMap<(Option<UnitId>, Ground), Run> = HashMap::new();
    for span in spans {
        let begun = Run {
            end: span.until,
            undecided: false,
        };
        let run = match runs.entry((span.unit, span.ground)) {
            Entry::Vacant(none) => none.insert(begun),
            Entry::Occupied(before) => {
                let run = before.into_mut();
                if !run.undecided && span.from >= run.end + REST {
                    *run = begun;
                }
                run
            }
        };
        if let Some(i) = span.claim {
            run.undecided = true;
            claims[i].hold.until = Some(run.end);
        }
    }
}

impl Store {
    /// Stores which reminders a mail holds while it waits, in place of what was stored of it before.
    pub fn set_holds(&self, message: MessageId, holds: &[Hold]) -> Result<()> {
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
                hold.until.map(instant)
            ])?;
        }
        Ok(())
    }

    /// What all mails that wait or are not read yet say for units, the oldest first. The only place that says which
    /// these are. Holds that end by themselves do not follow one another ([`end_together`]).
    pub fn claims(&self) -> Result<Vec<Claim>> {
        let mut statement = self.conn.prepare_cached(
            "SELECT m.id AS message, m.stored_at, m.state, m.trust IS 'fail' OR m.suspicious AS forged,
                    h.unit, h.ground, h.until
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
        let mut claims = rows.collect::<rusqlite::Result<Vec<_>>>()?;
        let ending = claims.iter().filter(|c| c.hold.until.is_some());
        let units: BTreeSet<&UnitId> = ending.filter_map(|c| c.hold.unit.as_ref()).collect();
        if claims.iter().any(|c| c.hold.until.is_some()) {
            let ignored = self.ignored_spans(&units)?;
            end_together(&mut claims, &ignored);
        }
        Ok(claims)
    }

    /// For how long mails that staff put aside held the reminders of units, where that was for a time.
    fn ignored_spans(&self, units: &BTreeSet<&UnitId>) -> Result<Vec<Span>> {
        let units = serde_json::to_string(units)?;
        // Few holds end by themselves, and many mails are ignored that hold nothing.
        let mut statement = self.conn.prepare_cached(
            "SELECT h.unit, h.ground, m.stored_at, h.until FROM hold h CROSS JOIN message m ON m.id = h.message
             WHERE h.until IS NOT NULL AND h.unit IN (SELECT value FROM json_each(?1)) AND m.state = 'ignored'",
        )?;
        let rows = statement.query_map([units], |row| {
            Ok(Span {
                unit: Some(UnitId(row.get("unit")?)),
                ground: row.get("ground")?,
                from: parsed(row, "stored_at")?,
                until: parsed(row, "until")?,
                claim: None,
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
    fn waits(store: &Store, id: MessageId, day: i8, holds: &[(&str, Ground, Option<i8>)]) {
        store
            .conn
            .execute(
                "INSERT INTO message (id, size, received_at, stored_at, state) VALUES (?1, 1, ?2, ?2, 'waiting')",
                params![id, instant(at(day))],
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

    fn state(store: &Store, id: MessageId, state: &str) {
        let sql = "UPDATE message SET state = ?2 WHERE id = ?1";
        store.conn.execute(sql, params![id, state]).unwrap();
    }

    /// How the claims stand on a day, each of its mail.
    fn stand(store: &Store, day: i8) -> Vec<(i64, Stands)> {
        let claims = store.claims().unwrap();
        claims
            .iter()
            .map(|c| (c.message.0, c.at(at(day))))
            .collect()
    }

    #[test]
    fn a_mail_holds_until_its_time_is_over_or_staff_have_decided_and_what_is_unread_until_it_is_read()
     {
        use Stands::{Holds, Over, Told};
        let store = store();
        waits(&store, MessageId(1), 2, &[("a", Ground::Address, None)]);
        waits(&store, MessageId(2), 2, &[("b", Ground::Head, Some(9))]);
        waits(&store, MessageId(3), 2, &[("", Ground::Nameless, Some(3))]);
        waits(&store, MessageId(4), 2, &[("c", Ground::Forged, Some(2))]);
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
        state(&store, MessageId(2), "received");
        state(&store, MessageId(1), "ignored");
        assert_eq!(stand(&store, 30), [(2, Holds), (3, Over), (4, Told)]);
        for id in 2..=4 {
            state(&store, MessageId(id), "logged");
        }
        assert_eq!(stand(&store, 2), []);
    }

    #[test]
    fn what_only_names_a_unit_holds_nothing_not_even_before_it_is_read_again() {
        let store = store();
        waits(&store, MessageId(1), 2, &[("a", Ground::Named, Some(2))]);
        for state_now in ["waiting", "received"] {
            state(&store, MessageId(1), state_now);
            assert_eq!(stand(&store, 2), [(1, Stands::Told)], "{state_now}");
        }
        state(&store, MessageId(1), "ignored");
        assert_eq!(stand(&store, 2), []);
    }

    #[test]
    fn mails_that_hold_for_a_time_do_not_take_turns() {
        use Stands::{Holds, Told};
        let store = store();
        waits(&store, MessageId(1), 1, &[("a", Ground::Head, Some(8))]);
        waits(
            &store,
            MessageId(2),
            7,
            &[("a", Ground::Head, Some(14)), ("b", Ground::Head, Some(14))],
        );
        // Another ground has its own time, and what is verified holds in any case.
        waits(&store, MessageId(3), 7, &[("a", Ground::Address, Some(14))]);
        waits(&store, MessageId(4), 7, &[("a", Ground::Address, None)]);
        let on_8 = [(1, Told), (2, Told), (2, Holds), (3, Holds), (4, Holds)];
        assert_eq!(stand(&store, 8), on_8);
        // That staff put the first aside gives the next one no time of its own.
        state(&store, MessageId(1), "ignored");
        assert_eq!(stand(&store, 8), on_8[1..]);
        // Of one that was accepted it does.
        state(&store, MessageId(1), "logged");
        assert_eq!(stand(&store, 8)[0], (2, Holds));
        assert_eq!(stand(&store, 14)[0], (2, Told));
    }

    /// Days count from the beginning of a year.
    fn day(n: i64) -> Timestamp {
        let first: Timestamp = "2026-01-01T01:00:00Z".parse().unwrap();
        first + SignedDuration::from_hours(24 * n)
    }

    #[test]
    fn a_mail_a_day_that_staff_put_aside_does_not_hold_anew_before_a_month_is_over() {
        const IGNORED: bool = true;
        const WAITS: bool = false;
        /// When mails were stored and until when each would hold, whether it was ignored, and when the last of them ends.
        type Case = (&'static [(i64, i64, bool)], i64);
        let cases: [Case; 9] = [
            (&[(0, 7, WAITS)], 7),
            (&[(0, 7, IGNORED), (1, 8, WAITS)], 7),
            (
                &[
                    (0, 7, IGNORED),
                    (1, 8, IGNORED),
                    (2, 9, IGNORED),
                    (10, 17, WAITS),
                ],
                7,
            ),
            // Also one that comes after the end of the first.
            (&[(0, 7, IGNORED), (36, 43, WAITS)], 7),
            (&[(0, 7, IGNORED), (37, 44, WAITS)], 44),
            // It is the first that counts: what came in between does not make the month longer.
            (&[(0, 7, IGNORED), (20, 27, IGNORED), (37, 44, WAITS)], 44),
            // The one that holds anew is the first of the next ones.
            (
                &[
                    (0, 7, IGNORED),
                    (37, 44, IGNORED),
                    (38, 45, IGNORED),
                    (60, 67, WAITS),
                ],
                44,
            ),
            // As long as one is undecided none holds anew.
            (&[(0, 7, WAITS), (90, 97, WAITS)], 7),
            (&[(0, 7, IGNORED), (9, 16, WAITS), (90, 97, WAITS)], 7),
        ];
        for (mails, wanted) in cases {
            let store = Store::in_memory(day(0)).unwrap();
            let mut last = 0;
            for (stored, until, ignored) in mails {
                last += 1;
                let sql = "INSERT INTO message (id, size, received_at, stored_at, state) VALUES (?1, 1, ?2, ?2, ?3)";
                let stands = if *ignored { "ignored" } else { "waiting" };
                let stored = instant(day(*stored));
                store
                    .conn
                    .execute(sql, params![last, stored, stands])
                    .unwrap();
                let hold = Hold {
                    unit: Some(UnitId("a".into())),
                    ground: Ground::Head,
                    until: Some(day(*until)),
                };
                store.set_holds(MessageId(last), &[hold]).unwrap();
            }
            let claims = store.claims().unwrap();
            let claim = claims
                .iter()
                .find(|c| c.message == MessageId(last))
                .unwrap();
            assert_eq!(claim.hold.until, Some(day(wanted)), "{mails:?}");
        }
    }

    #[test]
    fn what_was_put_aside_shortens_nothing_of_another_ground_or_unit_or_until_decided_or_nameless()
    {
        use Stands::Holds;
        let store = store();
        waits(
            &store,
            MessageId(1),
            1,
            &[
                ("a", Ground::Head, Some(3)),
                ("", Ground::Nameless, Some(3)),
            ],
        );
        waits(&store, MessageId(2), 1, &[("a", Ground::Address, None)]);
        state(&store, MessageId(1), "ignored");
        state(&store, MessageId(2), "ignored");
        waits(&store, MessageId(3), 4, &[("b", Ground::Head, Some(9))]);
        waits(
            &store,
            MessageId(4),
            4,
            &[("a", Ground::Unreadable, Some(9))],
        );
        waits(&store, MessageId(5), 4, &[("a", Ground::Address, Some(9))]);
        waits(&store, MessageId(6), 4, &[("a", Ground::Head, None)]);
        // Nobody is told of what may be any unit's.
        waits(&store, MessageId(7), 4, &[("", Ground::Nameless, Some(9))]);
        let holding: Vec<_> = (3..=7).map(|id| (id, Holds)).collect();
        assert_eq!(stand(&store, 8), holding);
    }
}
