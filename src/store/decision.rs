//! What staff decided of which a unit is told.

use anyhow::{Context, Result};
use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};

use super::{Store, instant, parsed};
use crate::domain::decision::{About, Decision};
use crate::domain::row::DecisionId;

/// A decision as it was written down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Decided {
    pub(crate) what: Decision,
    pub(crate) of: About,
    /// The reason that the unit is told.
    pub(crate) words: String,
}

impl Store {
    /// Writes a decision down and gives its row.
    pub(crate) fn decide(&self, decided: &Decided, now: Timestamp) -> Result<DecisionId> {
        let (obligation, submission, message) = match decided.of {
            About::Obligation(id) => (Some(id), None, None),
            About::Submission(id) => (None, Some(id), None),
            About::Mail(id) => (None, None, Some(id)),
        };
        self.conn.execute(
            "INSERT INTO decision (what, obligation, submission, message, words, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![decided.what.word(), obligation, submission, message, decided.words, instant(now)],
        )?;
        Ok(DecisionId(self.conn.last_insert_rowid()))
    }

    /// A decision by its row.
    pub(crate) fn decision(&self, id: DecisionId) -> Result<Option<Decided>> {
        let sql = "SELECT what, obligation, submission, message, words FROM decision WHERE id = ?1";
        let row = self.conn.query_row(sql, [id], |r| {
            let obligation = r.get::<_, Option<_>>("obligation")?.map(About::Obligation);
            let submission = r.get::<_, Option<_>>("submission")?.map(About::Submission);
            let mail = r.get::<_, Option<_>>("message")?.map(About::Mail);
            let of = obligation.or(submission).or(mail);
            Ok((parsed(r, "what")?, of, r.get("words")?))
        });
        let Some((what, of, words)) = row.optional()? else {
            return Ok(None);
        };
        let of = of.context("a decision of nothing")?;
        Ok(Some(Decided { what, of, words }))
    }

    /// The last decision of a kind on something.
    pub(crate) fn last_decision(&self, what: Decision, of: About) -> Result<Option<DecisionId>> {
        let (column, id) = match of {
            About::Obligation(id) => ("obligation", id.0),
            About::Submission(id) => ("submission", id.0),
            About::Mail(id) => ("message", id.0),
        };
        let sql = format!("SELECT max(id) FROM decision WHERE {column} = ?1 AND what = ?2");
        let last = self
            .conn
            .query_row(&sql, params![id, what.word()], |r| r.get(0));
        Ok(last?)
    }
}
