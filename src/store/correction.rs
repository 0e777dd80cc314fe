//! Changes by people: who, when, by which way, what, before and after; and their commands by mail.

use anyhow::Result;
use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, params};

use super::{Store, parsed};

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
    pub id: i64,
    /// When.
    pub at: Timestamp,
    /// The change.
    pub change: Correction,
    /// The change that took it back.
    pub undone_by: Option<i64>,
}

/// What became of a command that staff sent by mail.
#[derive(Clone, Debug)]
pub struct StaffCommand {
    /// The mail that carried it.
    pub message: i64,
    /// The token that it used up, if it did.
    pub token: Option<String>,
    /// In words for staff.
    pub outcome: String,
    /// The change that it made.
    pub correction: Option<i64>,
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

impl Store {
    /// Writes a change into the log and gives its row.
    pub fn log_correction(&self, c: &Correction, now: Timestamp) -> Result<i64> {
        self.conn.execute(
            "INSERT INTO correction (at, who, way, command, subject, before, after, inverse)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            params![
                now.to_string(),
                c.who,
                c.way,
                c.command,
                c.subject,
                c.before,
                c.after,
                c.inverse
            ],
        )?;
        Ok(self.conn.last_insert_rowid())
    }

    /// A change by its row.
    pub fn correction(&self, id: i64) -> Result<Option<Made>> {
        Ok(self
            .conn
            .query_row("SELECT * FROM correction WHERE id = ?1", [id], made)
            .optional()?)
    }

    /// Notes that a change was taken back by another.
    pub fn set_undone(&self, id: i64, by: i64) -> Result<()> {
        self.conn.execute(
            "UPDATE correction SET undone_by = ?2 WHERE id = ?1",
            [id, by],
        )?;
        Ok(())
    }

    /// A later change of the same thing that still holds.
    pub fn later_change(&self, id: i64, subject: &str) -> Result<Option<i64>> {
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

    /// Whether a token was used up.
    pub fn token_is_used(&self, token: &str) -> Result<bool> {
        Ok(self.conn.query_row(
            "SELECT EXISTS (SELECT 1 FROM staff_command WHERE token = ?1)",
            [token],
            |r| r.get(0),
        )?)
    }

    /// Notes what became of a command.
    pub fn record_command(&self, c: &StaffCommand, now: Timestamp) -> Result<()> {
        self.conn.execute(
            "INSERT INTO staff_command (message, token, at, outcome, correction) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![c.message, c.token, now.to_string(), c.outcome, c.correction],
        )?;
        Ok(())
    }

    /// What became of the command in a mail.
    pub fn command_in(&self, message: i64) -> Result<Option<StaffCommand>> {
        Ok(self
            .conn
            .query_row(
                "SELECT message, token, outcome, correction FROM staff_command WHERE message = ?1",
                [message],
                |r| {
                    Ok(StaffCommand {
                        message: r.get(0)?,
                        token: r.get(1)?,
                        outcome: r.get(2)?,
                        correction: r.get(3)?,
                    })
                },
            )
            .optional()?)
    }
}
