//! Submissions: what a mail, or paper, brought for an obligation, version by version.

use anyhow::Result;
use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, params};

use super::{Store, instant, parsed};
use crate::domain::report::Forms;
use crate::domain::row::{MessageId, ObligationId, ReturnId, SubmissionId};
use crate::domain::submission::{Submission, code_of};
use crate::domain::unit::UnitId;
use crate::ground::Sha256;
use crate::reading::{FileKind, Role, Trust};

/// A submission to be logged.
#[derive(Clone, Debug)]
pub struct NewSubmission {
    /// The obligation that it serves.
    pub obligation: ObligationId,
    /// The mail that brought it; `None` for paper.
    pub message: Option<MessageId>,
    /// When the server, or the office, received it.
    pub received_at: Timestamp,
    /// Which forms it brought.
    pub forms: Forms,
    /// Whether it says that there is nothing to report.
    pub nil_return: bool,
    /// Number and symbol of the document.
    pub number: Option<String>,
    /// Positions of its files among the mail's attachments.
    pub files: Vec<usize>,
}

/// A file of a submission, as it lies in the archive.
#[derive(Clone, Debug)]
pub struct StoredFile {
    /// Its safe name.
    pub name: String,
    /// Under which it lies in the archive.
    pub sha256: Sha256,
    /// What its bytes are.
    pub kind: FileKind,
    /// What it is to the report.
    pub role: Role,
}

/// A version of a report that a mail brought and that counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StandingVersion {
    /// Which forms it brought.
    pub forms: Forms,
    /// Whether its mail came from where it said.
    pub trust: Trust,
    /// Whether staff accepted it.
    pub accepted: bool,
}

const SELECT: &str = "SELECT s.id, o.unit, o.report, o.period, o.due, s.version, s.message, s.received_at,
        s.signed, s.soft, s.nil_return, s.number,
        (SELECT json_group_array(a.name) FROM submission_file f JOIN attachment a ON a.id = f.attachment
         WHERE f.submission = s.id) AS files
     FROM submission s JOIN obligation o ON o.id = s.obligation";

fn submission(row: &Row<'_>) -> rusqlite::Result<Submission> {
    Ok(Submission {
        id: row.get("id")?,
        unit: UnitId(row.get("unit")?),
        report: row.get("report")?,
        period: parsed(row, "period")?,
        due: parsed(row, "due")?,
        version: row.get("version")?,
        message: row.get("message")?,
        received_at: parsed(row, "received_at")?,
        forms: Forms {
            signed_document: row.get("signed")?,
            soft_file: row.get("soft")?,
        },
        nil_return: row.get("nil_return")?,
        number: row.get("number")?,
        files: super::json(row, "files")?,
    })
}

impl Store {
    /// Logs a submission as the next version of its obligation and gives its row.
    pub fn log_submission(&self, new: &NewSubmission, now: Timestamp) -> Result<SubmissionId> {
        self.conn.execute(
            "INSERT INTO submission (obligation, version, message, received_at, signed, soft, nil_return, number, logged_at)
             VALUES (?1, (SELECT coalesce(max(version), 0) + 1 FROM submission WHERE obligation = ?1),
                     ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            params![
                new.obligation,
                new.message,
                instant(new.received_at),
                new.forms.signed_document,
                new.forms.soft_file,
                new.nil_return,
                new.number,
                instant(now)
            ],
        )?;
        let id = SubmissionId(self.conn.last_insert_rowid());
        for position in &new.files {
            self.conn.execute(
                "INSERT INTO submission_file (submission, attachment)
                 SELECT ?1, id FROM attachment WHERE message = ?2 AND position = ?3",
                params![id, new.message, *position as i64],
            )?;
        }
        Ok(id)
    }

    /// Withdraws what a mail was logged as; gives how many submissions that were.
    pub(crate) fn withdraw_submissions(&self, message: MessageId, now: Timestamp) -> Result<usize> {
        Ok(self.conn.execute(
            "UPDATE submission SET withdrawn_at = ?2 WHERE message = ?1 AND withdrawn_at IS NULL",
            params![message, instant(now)],
        )?)
    }

    /// Logs a withdrawn submission again, as the next version.
    pub(crate) fn log_again(&self, submission: SubmissionId, now: Timestamp) -> Result<()> {
        self.conn.execute(
            "INSERT INTO submission (obligation, version, message, received_at, signed, soft, nil_return, number, logged_at)
             SELECT obligation, (SELECT max(version) + 1 FROM submission n WHERE n.obligation = s.obligation),
                    message, received_at, signed, soft, nil_return, number, ?2
             FROM submission s WHERE id = ?1",
            params![submission, instant(now)],
        )?;
        let again = SubmissionId(self.conn.last_insert_rowid());
        self.conn.execute(
            "INSERT INTO submission_file (submission, attachment)
             SELECT ?2, attachment FROM submission_file WHERE submission = ?1",
            [submission, again],
        )?;
        Ok(())
    }

    /// The files of a submission, in their order.
    pub fn files_of(&self, submission: SubmissionId) -> Result<Vec<StoredFile>> {
        let mut statement = self.conn.prepare_cached(
            "SELECT a.name, a.sha256, a.kind, a.role FROM submission_file f JOIN attachment a ON a.id = f.attachment
             WHERE f.submission = ?1 ORDER BY a.position",
        )?;
        let rows = statement.query_map([submission], |r| {
            Ok(StoredFile {
                name: r.get("name")?,
                sha256: r.get("sha256")?,
                kind: FileKind::of_word(&r.get::<_, String>("kind")?),
                role: Role::of_word(&r.get::<_, String>("role")?),
            })
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// The submissions of an obligation that count: neither withdrawn nor sent back, the newest first.
    pub(crate) fn standing_submissions(&self, obligation: ObligationId) -> Result<Vec<Submission>> {
        self.submissions(
            "s.obligation = ?1 AND s.withdrawn_at IS NULL AND NOT EXISTS
                 (SELECT 1 FROM sent_back b WHERE b.submission = s.id AND b.withdrawn_at IS NULL)
             ORDER BY s.version DESC",
            [obligation],
        )
    }

    /// The versions of an obligation that mails brought and that count, the newest first.
    pub(crate) fn standing_versions(
        &self,
        obligation: ObligationId,
    ) -> Result<Vec<StandingVersion>> {
        let mut statement = self.conn.prepare_cached(
            "SELECT s.signed, s.soft, m.trust,
                    EXISTS (SELECT 1 FROM acceptance a WHERE a.submission = s.id AND a.withdrawn_at IS NULL) AS accepted
             FROM submission s JOIN message m ON m.id = s.message
             WHERE s.obligation = ?1 AND s.withdrawn_at IS NULL AND NOT EXISTS
                 (SELECT 1 FROM sent_back b WHERE b.submission = s.id AND b.withdrawn_at IS NULL)
             ORDER BY s.version DESC",
        )?;
        let rows = statement.query_map([obligation], |r| {
            Ok(StandingVersion {
                forms: Forms {
                    signed_document: r.get("signed")?,
                    soft_file: r.get("soft")?,
                },
                trust: Trust::from_word(r.get::<_, Option<String>>("trust")?.as_deref()),
                accepted: r.get("accepted")?,
            })
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// A submission that is not withdrawn.
    pub fn submission(&self, id: SubmissionId) -> Result<Option<Submission>> {
        let found = self.submissions("s.id = ?1 AND s.withdrawn_at IS NULL", [id])?;
        Ok(found.into_iter().next())
    }

    /// Sends a submission back until a new deadline and gives the row of that; `None` if it is sent back already.
    pub fn send_back(
        &self,
        submission: SubmissionId,
        reason: &str,
        due: Timestamp,
        now: Timestamp,
    ) -> Result<Option<ReturnId>> {
        let n = self.conn.execute(
            "INSERT INTO sent_back (submission, reason, due, at) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING",
            params![submission, reason, instant(due), instant(now)],
        )?;
        Ok((n > 0).then(|| ReturnId(self.conn.last_insert_rowid())))
    }

    /// Which submission was sent back, why and until when; `None` where that was taken back.
    pub(crate) fn sent_back(
        &self,
        id: ReturnId,
    ) -> Result<Option<(SubmissionId, String, Timestamp)>> {
        Ok(self
            .conn
            .query_row(
                "SELECT submission, reason, due FROM sent_back WHERE id = ?1 AND withdrawn_at IS NULL",
                [id],
                |r| Ok((r.get(0)?, r.get(1)?, parsed(r, "due")?)),
            )
            .optional()?)
    }

    /// Takes it back that a submission was sent back; gives why and until when it was, `None` if it was not.
    pub(crate) fn withdraw_sent_back(
        &self,
        submission: SubmissionId,
        now: Timestamp,
    ) -> Result<Option<(ReturnId, String, Timestamp)>> {
        Ok(self
            .conn
            .query_row(
                "UPDATE sent_back SET withdrawn_at = ?2 WHERE submission = ?1 AND withdrawn_at IS NULL
                 RETURNING id, reason, due",
                params![submission, instant(now)],
                |r| Ok((r.get(0)?, r.get(1)?, parsed(r, "due")?)),
            )
            .optional()?)
    }

    /// Whether a submission counts: neither withdrawn nor sent back.
    pub(crate) fn stands(&self, submission: SubmissionId) -> Result<bool> {
        Ok(self.conn.query_row(
            "SELECT EXISTS (SELECT 1 FROM submission s WHERE s.id = ?1 AND s.withdrawn_at IS NULL AND NOT EXISTS
                 (SELECT 1 FROM sent_back b WHERE b.submission = s.id AND b.withdrawn_at IS NULL))",
            [submission],
            |r| r.get(0),
        )?)
    }

    /// Accepts a submission; `false` if it is accepted already.
    pub fn accept(&self, submission: SubmissionId, now: Timestamp) -> Result<bool> {
        let n = self.conn.execute(
            "INSERT INTO acceptance (submission, at) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
            params![submission, instant(now)],
        )?;
        Ok(n > 0)
    }

    /// Takes an acceptance back; `false` if there was none.
    pub(crate) fn withdraw_acceptance(
        &self,
        submission: SubmissionId,
        now: Timestamp,
    ) -> Result<bool> {
        let n = self.conn.execute(
            "UPDATE acceptance SET withdrawn_at = ?2 WHERE submission = ?1 AND withdrawn_at IS NULL",
            params![submission, instant(now)],
        )?;
        Ok(n > 0)
    }

    /// Withdraws paper that was marked as received; `false` if there was none.
    pub fn withdraw_paper(&self, obligation: ObligationId, now: Timestamp) -> Result<bool> {
        let n = self.conn.execute(
            "UPDATE submission SET withdrawn_at = ?2
             WHERE obligation = ?1 AND message IS NULL AND withdrawn_at IS NULL",
            params![obligation, instant(now)],
        )?;
        Ok(n > 0)
    }

    /// Takes one submission back; `false` if it does not hold.
    pub(crate) fn withdraw_submission(&self, id: SubmissionId, now: Timestamp) -> Result<bool> {
        let n = self.conn.execute(
            "UPDATE submission SET withdrawn_at = ?2 WHERE id = ?1 AND withdrawn_at IS NULL",
            params![id, instant(now)],
        )?;
        Ok(n > 0)
    }

    /// What a mail is logged as.
    pub fn submissions_of(&self, message: MessageId) -> Result<Vec<Submission>> {
        self.submissions(
            "s.message = ?1 AND s.withdrawn_at IS NULL ORDER BY s.id",
            [message],
        )
    }

    /// When a submission was logged, if there is one of this row.
    pub(crate) fn submission_logged_at(&self, id: SubmissionId) -> Result<Option<Timestamp>> {
        let sql = "SELECT logged_at FROM submission WHERE id = ?1";
        let at = self.conn.query_row(sql, [id], |r| parsed(r, "logged_at"));
        Ok(at.optional()?)
    }

    /// What was logged in a span of time.
    pub(crate) fn logged_between(
        &self,
        after: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<Submission>> {
        self.submissions(
            "s.logged_at > ?1 AND s.logged_at <= ?2 AND s.withdrawn_at IS NULL ORDER BY s.received_at, s.id",
            [instant(after), instant(until)],
        )
    }

    /// The number and symbol of each version of an obligation that was logged by a moment, in the order of receipt.
    pub(crate) fn numbers_of(
        &self,
        obligation: ObligationId,
        until: Timestamp,
    ) -> Result<Vec<Option<String>>> {
        let mut statement = self.conn.prepare_cached(
            "SELECT number FROM submission
             WHERE obligation = ?1 AND withdrawn_at IS NULL AND logged_at <= ?2 ORDER BY received_at, id",
        )?;
        let rows = statement.query_map(params![obligation, instant(until)], |r| r.get(0))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// The receipt code of each version of an obligation that is known at a moment, in the order of receipt, and whether it
    /// is sent back.
    pub(crate) fn codes_of(
        &self,
        obligation: ObligationId,
        until: Timestamp,
    ) -> Result<Vec<(String, bool)>> {
        let mut statement = self.conn.prepare_cached(
            "SELECT id, received_at, EXISTS (SELECT 1 FROM sent_back b
                 WHERE b.submission = s.id AND b.withdrawn_at IS NULL) AS is_back
             FROM submission s
             WHERE obligation = ?1 AND withdrawn_at IS NULL AND min(logged_at, received_at) <= ?2 ORDER BY received_at, id",
        )?;
        let rows = statement.query_map(params![obligation, instant(until)], |r| {
            let code = code_of(r.get("id")?, parsed(r, "received_at")?);
            Ok((code, r.get("is_back")?))
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    fn submissions(
        &self,
        condition: &str,
        values: impl rusqlite::Params,
    ) -> Result<Vec<Submission>> {
        let sql = format!("{SELECT} WHERE {condition}");
        let mut statement = self.conn.prepare_cached(&sql)?;
        let rows = statement.query_map(values, submission)?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}
