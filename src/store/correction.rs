//! Changes by people: who, when, by which way, what, before and after; and their commands by mail.

use std::collections::BTreeSet;

use anyhow::Result;
use jiff::civil::{Date, Time};
use jiff::{Timestamp, ToSpan};
use rusqlite::{OptionalExtension, Row, params};

use super::{Store, instant, parsed, stored_as_words};
use crate::domain::correction::nod_command;
use crate::domain::reminder::Nod;
use crate::domain::row::{ChangeId, MessageId};
use crate::domain::unit::UnitId;
use crate::reading::Reading;
use rusqlite::types::FromSqlError;

/// A change by a person.
#[derive(Clone, Debug)]
pub struct Correction {
    /// Who made it.
    pub who: String,
    /// By which way: `command`, `mail` or `configuration`.
    pub way: String,
    /// The command.
    pub command: String,
    /// What it was made to: `mail 17`, `submission 5`, `ldld-tuy-an tre-em 2026-H1`.
    pub subject: String,
    /// How it stood before.
    pub before: String,
    /// How it stands after.
    pub after: String,
    /// How to take it back, as JSON.
    pub inverse: Option<String>,
}

/// A change that was made.
#[derive(Clone, Debug)]
pub struct Made {
    /// Row.
    pub id: ChangeId,
    /// When.
    pub at: Timestamp,
    /// The change.
    pub change: Correction,
    /// The change that took it back.
    pub undone_by: Option<ChangeId>,
}

/// How staff are told what became of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// By a mail of its own.
    Alone,
    /// By one mail for all of a day that are above the cap.
    Together,
    /// Not: it was told before.
    Not,
}

stored_as_words!(Told {
    Alone = "alone",
    Together = "together",
    Not = "not",
});

/// What became of a command that staff sent by mail.
#[derive(Clone, Debug)]
pub struct StaffCommand {
    /// The mail that carried it.
    pub message: MessageId,
    /// Who sent it, an address, lower case.
    pub who: String,
    /// The token that it meant, used up or not.
    pub meant: Option<String>,
    /// How staff are told of it.
    pub told: Told,
    /// The token that it used up, if it did.
    pub token: Option<String>,
    /// In words for staff.
    pub outcome: String,
    /// The change that it made.
    pub correction: Option<ChangeId>,
}

fn made(row: &Row<'_>) -> rusqlite::Result<Made> {
    Ok(Made {
        id: row.get("id")?,
        at: parsed(row, "at")?,
        change: Correction {
            who: row.get("who")?,
            way: row.get("way")?,
            command: row.get("command")?,
            subject: row.get("subject")?,
            before: row.get("before")?,
            after: row.get("after")?,
            inverse: row.get("inverse")?,
        },
        undone_by: row.get("undone_by")?,
    })
}

const COMMAND: &str = "message, token, outcome, correction, who, meant, told";

fn command(row: &Row<'_>) -> rusqlite::Result<StaffCommand> {
    Ok(StaffCommand {
        message: row.get("message")?,
        who: row.get::<_, Option<String>>("who")?.unwrap_or_default(),
        meant: row.get("meant")?,
        told: row.get("told")?,
        token: row.get("token")?,
        outcome: row.get("outcome")?,
        correction: row.get("correction")?,
    })
}

impl Store {
    /// Writes a change into the log and gives its row.
    pub(crate) fn log_correction(&self, c: &Correction, now: Timestamp) -> Result<ChangeId> {
        self.conn.execute(
            "INSERT INTO correction (at, who, way, command, subject, before, after, inverse)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            params![
                instant(now),
                c.who,
                c.way,
                c.command,
                c.subject,
                c.before,
                c.after,
                c.inverse
            ],
        )?;
        Ok(ChangeId(self.conn.last_insert_rowid()))
    }

    /// A change by its row.
    pub fn correction(&self, id: ChangeId) -> Result<Option<Made>> {
        Ok(self
            .conn
            .query_row("SELECT * FROM correction WHERE id = ?1", [id], made)
            .optional()?)
    }

    /// Notes that a change was taken back by another.
    pub(crate) fn set_undone(&self, id: ChangeId, by: ChangeId) -> Result<()> {
        self.conn.execute(
            "UPDATE correction SET undone_by = ?2 WHERE id = ?1",
            [id, by],
        )?;
        Ok(())
    }

    /// A later change of the same thing that still holds.
    pub(crate) fn later_change(&self, id: ChangeId, subject: &str) -> Result<Option<ChangeId>> {
        Ok(self
            .conn
            .query_row(
                "SELECT id FROM correction
                 WHERE id > ?1 AND subject = ?2 AND undone_by IS NULL AND inverse IS NOT NULL
                 ORDER BY id DESC LIMIT 1",
                params![id, subject],
                |r| r.get(0),
            )
            .optional()?)
    }

    /// The last decision of a person on one of these things, by one of these commands, that still holds.
    pub fn last_change(&self, subjects: &[String], commands: &[&str]) -> Result<Option<Made>> {
        let mut statement = self.conn.prepare_cached(
            "SELECT * FROM correction
             WHERE subject IN (SELECT value FROM json_each(?1)) AND command IN (SELECT value FROM json_each(?2))
               AND way IN ('mail', 'command') AND undone_by IS NULL AND inverse IS NOT NULL
             ORDER BY id DESC LIMIT 1",
        )?;
        let texts = [
            serde_json::to_string(subjects)?,
            serde_json::to_string(commands)?,
        ];
        let row = statement.query_row(texts, made);
        Ok(row.optional()?)
    }

    /// The changes whose subject is a text or begins with it and a space, the oldest first.
    pub fn history(&self, subject: &str) -> Result<Vec<Made>> {
        let mut statement = self.conn.prepare_cached(
            "SELECT * FROM correction
             WHERE ?1 = '' OR subject = ?1 OR substr(subject, 1, length(?1) + 1) = ?1 || ' '
                OR subject IN (SELECT 'mail ' || id FROM message WHERE unit = ?1)
                OR subject IN (SELECT 'submission ' || s.id FROM submission s JOIN obligation o ON o.id = s.obligation
                               WHERE o.unit = ?1)
             ORDER BY id",
        )?;
        let rows = statement.query_map([subject], made)?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// The units of which staff decided something on a day (Vietnam): of a mail or a report of theirs, or of what they owe.
    /// That a letter to a leader may leave is no decision that lets it wait.
    pub(crate) fn decided_on(&self, day: Date) -> Result<BTreeSet<UnitId>> {
        let mut statement = self.conn.prepare_cached(
            "SELECT CASE
                 WHEN c.subject GLOB 'mail [0-9]*'
                     THEN (SELECT unit FROM message WHERE id = CAST(substr(c.subject, 6) AS INTEGER))
                 WHEN c.subject GLOB 'submission [0-9]*'
                     THEN (SELECT o.unit FROM submission s JOIN obligation o ON o.id = s.obligation
                           WHERE s.id = CAST(substr(c.subject, 12) AS INTEGER))
                 ELSE substr(c.subject, 1, instr(c.subject, ' ') - 1)
             END AS unit
             FROM correction c WHERE c.at >= ?1 AND c.at < ?2 AND c.way <> 'configuration'
               AND c.command <> ?3",
        )?;
        let of = |day: Date| instant(crate::domain::instant(day, Time::midnight()));
        let nod = nod_command(Nod::Send).to_owned();
        let span = [of(day), of(day.saturating_add(1.day())), nod];
        let rows = statement.query_map(span, |r| r.get::<_, Option<String>>(0))?;
        let units = rows.collect::<rusqlite::Result<Vec<_>>>()?;
        Ok(units.into_iter().flatten().map(UnitId).collect())
    }

    /// Whether a token was used up.
    pub(crate) fn token_is_used(&self, token: &str) -> Result<bool> {
        Ok(self.conn.query_row(
            "SELECT EXISTS (SELECT 1 FROM staff_command WHERE token = ?1)",
            [token],
            |r| r.get(0),
        )?)
    }

    /// Whether it was told, in answer to the same text, that a token is used up: whoever sends a mail again gets no second
    /// answer, and whoever asks for something else gets his.
    pub(crate) fn told_that_it_is_used(&self, token: &str, text: &str) -> Result<bool> {
        Ok(self.conn.query_row(
            "SELECT EXISTS (SELECT 1 FROM staff_command c JOIN message m ON m.id = c.message
                            WHERE c.meant = ?1 AND c.token IS NULL AND json_extract(m.reading, '$.body') = ?2
                              AND c.message > (SELECT message FROM staff_command WHERE token = ?1))",
            [token, text],
            |r| r.get(0),
        )?)
    }

    /// Whether something was told of a command that meant a token.
    pub(crate) fn was_answered(&self, token: &str) -> Result<bool> {
        Ok(self.conn.query_row(
            "SELECT EXISTS (SELECT 1 FROM staff_command WHERE meant = ?1 AND told <> 'not')",
            [token],
            |r| r.get(0),
        )?)
    }

    /// An earlier mail with the same Message-ID from the same sender whose command was looked at.
    pub(crate) fn same_command(
        &self,
        message: MessageId,
        reading: &Reading,
    ) -> Result<Option<MessageId>> {
        let sender = reading.sender.as_ref().map(|s| &s.address);
        Ok(self
            .conn
            .query_row(
                "SELECT m.id FROM message m JOIN staff_command c ON c.message = m.id
                 WHERE m.message_id = ?1 AND m.sender = ?2 AND m.id <> ?3 ORDER BY m.id LIMIT 1",
                params![reading.message_id, sender, message],
                |r| r.get(0),
            )
            .optional()?)
    }

    /// Notes what became of a command.
    pub(crate) fn record_command(&self, c: &StaffCommand, now: Timestamp) -> Result<()> {
        self.conn.execute(
            "INSERT INTO staff_command (message, token, at, outcome, correction, who, meant, told)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            params![
                c.message,
                c.token,
                instant(now),
                c.outcome,
                c.correction,
                c.who,
                c.meant,
                c.told
            ],
        )?;
        Ok(())
    }

    /// How many commands of an address were told alone since a moment.
    pub(crate) fn told_alone_since(&self, who: &str, since: Timestamp) -> Result<u32> {
        Ok(self.conn.query_row(
            "SELECT count(*) FROM staff_command WHERE who = ?1 AND told = 'alone' AND at >= ?2",
            [who, &instant(since)],
            |r| r.get(0),
        )?)
    }

    /// How many mails in the name of an address, of which nobody tells whether it sent them, were answered since a moment
    /// by why nothing was done.
    pub(crate) fn refused_unverified_since(&self, who: &str, since: Timestamp) -> Result<u32> {
        Ok(self.conn.query_row(
            "SELECT count(*) FROM staff_command c JOIN message m ON m.id = c.message
             WHERE c.who = ?1 AND c.told = 'alone' AND c.token IS NULL AND c.at >= ?2 AND m.trust = 'unknown'",
            [who, &instant(since)],
            |r| r.get(0),
        )?)
    }

    /// The commands of an address in a span of time that are told together, the oldest first.
    pub(crate) fn told_together(
        &self,
        who: &str,
        (from, before): (Timestamp, Timestamp),
    ) -> Result<Vec<StaffCommand>> {
        let sql = format!(
            "SELECT {COMMAND} FROM staff_command
             WHERE who = ?1 AND told = 'together' AND at >= ?2 AND at < ?3 ORDER BY message"
        );
        let mut statement = self.conn.prepare_cached(&sql)?;
        let span = [who, &instant(from), &instant(before)];
        let rows = statement.query_map(span, command)?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// What became of the command in a mail.
    pub(crate) fn command_in(&self, message: MessageId) -> Result<Option<StaffCommand>> {
        Ok(self
            .conn
            .query_row(
                &format!("SELECT {COMMAND} FROM staff_command WHERE message = ?1"),
                [message],
                command,
            )
            .optional()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::obligation::tests::{at, obligation};
    use crate::domain::report::Forms;
    use crate::store::{Arrived, MessageState, NewSubmission, Verdict};
    use jiff::civil::date;

    #[test]
    fn what_staff_decided_on_a_day_names_the_unit_by_its_mail_its_report_or_itself() {
        let now = at("2026-06-18T01:00:00Z");
        let store = Store::in_memory(now).unwrap();
        let mail = store
            .record_arrival(&Arrived::example(0, now), now)
            .unwrap();
        let verdict = Verdict {
            state: MessageState::Waiting,
            unit: Some(UnitId("a".into())),
            candidates: vec![],
            why: vec![],
        };
        store.set_verdict(mail, &verdict).unwrap();
        store
            .expect(&obligation("b", "2026-06-15T10:00:00Z"))
            .unwrap();
        let period = "2026-H1".parse().unwrap();
        let b = UnitId("b".into());
        let obligation = store.obligation_id(&b, "tre-em", &period).unwrap().unwrap();
        let logged = NewSubmission {
            obligation,
            message: None,
            received_at: now,
            forms: Forms::default(),
            nil_return: false,
            number: None,
            files: vec![],
        };
        let submission = store.log_submission(&logged, now).unwrap();
        for (subject, way, at) in [
            (format!("mail {mail}"), "mail", now),
            (format!("submission {submission}"), "command", now),
            ("c tre-em 2026-H1".to_owned(), "mail", now),
            ("d tre-em 2026-H1".to_owned(), "configuration", now),
            (
                "e tre-em 2026-H1".to_owned(),
                "mail",
                at("2026-06-17T16:59:59Z"),
            ),
        ] {
            let change = Correction {
                who: "x".into(),
                way: way.into(),
                command: "x".into(),
                subject,
                before: String::new(),
                after: String::new(),
                inverse: None,
            };
            store.log_correction(&change, at).unwrap();
        }
        let units = |day| -> Vec<String> {
            let units = store.decided_on(day).unwrap();
            units.into_iter().map(|u| u.0).collect()
        };
        assert_eq!(units(date(2026, 6, 18)), ["a", "b", "c"]);
        assert_eq!(units(date(2026, 6, 17)), ["e"]);
        assert!(units(date(2026, 6, 19)).is_empty());
    }
}
