//! The figures that versions of reports brought (an [`Annex`] each), as they were read.

use anyhow::Result;
use jiff::Timestamp;
use rusqlite::types::ValueRef;
use rusqlite::{OptionalExtension, params};

use super::{Store, instant, json};
use crate::domain::figure::Annex;
use crate::domain::row::{ObligationId, SubmissionId};

/// A version of a report, as far as its figures were looked for.
#[derive(Clone, Debug, PartialEq)]
pub enum Looked {
    /// They were not.
    NotYet,
    /// None of its files has them, or they are past their time.
    None,
    /// They are there.
    Found(Annex),
}

impl Store {
    /// The versions of some reports that were logged after a moment, whose files lie in the archive and in which figures
    /// were not looked for yet: each with its report, the oldest first.
    pub(crate) fn without_annex<'r>(
        &self,
        reports: impl IntoIterator<Item = &'r str>,
        after: Timestamp,
    ) -> Result<Vec<(SubmissionId, String)>> {
        let mut statement = self.conn.prepare_cached(
            "SELECT s.id, o.report FROM submission s CROSS JOIN obligation o ON o.id = s.obligation
             WHERE s.logged_at > ?2 AND s.soft AND s.withdrawn_at IS NULL
               AND o.report IN (SELECT value FROM json_each(?1))
               AND NOT EXISTS (SELECT 1 FROM annex a WHERE a.submission = s.id)
               AND NOT EXISTS (SELECT 1 FROM submission_file f CROSS JOIN attachment a ON a.id = f.attachment
                               WHERE f.submission = s.id AND a.kept = 0)
             ORDER BY s.logged_at, s.id",
        )?;
        let reports = serde_json::to_string(&reports.into_iter().collect::<Vec<_>>())?;
        let rows = statement.query_map(params![reports, instant(after)], |r| {
            Ok((r.get("id")?, r.get("report")?))
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Keeps what was found where figures were looked for in a version.
    pub(crate) fn keep_annex(
        &self,
        submission: SubmissionId,
        annex: Option<&Annex>,
        now: Timestamp,
    ) -> Result<()> {
        let figures = annex.map(serde_json::to_string).transpose()?;
        self.conn.execute(
            "INSERT INTO annex (submission, read_at, figures) VALUES (?1, ?2, ?3)
             ON CONFLICT (submission) DO UPDATE SET read_at = excluded.read_at, figures = excluded.figures",
            params![submission, instant(now), figures],
        )?;
        Ok(())
    }

    /// The figures of a version.
    pub(crate) fn annex_of(&self, submission: SubmissionId) -> Result<Looked> {
        let sql = "SELECT figures FROM annex WHERE submission = ?1";
        let figures = |r: &rusqlite::Row<'_>| match r.get_ref("figures")? {
            ValueRef::Null => Ok(None),
            _ => json(r, "figures").map(Some),
        };
        let found = self.conn.query_row(sql, [submission], figures);
        Ok(match found.optional()? {
            None => Looked::NotYet,
            Some(None) => Looked::None,
            Some(Some(annex)) => Looked::Found(annex),
        })
    }

    /// The figures of the latest version of an obligation that counts and has any.
    pub(crate) fn annex_for(&self, obligation: ObligationId) -> Result<Option<Annex>> {
        let found = self.conn.query_row(
            "SELECT a.figures FROM submission s CROSS JOIN annex a ON a.submission = s.id
             WHERE s.obligation = ?1 AND s.withdrawn_at IS NULL AND a.figures IS NOT NULL AND NOT EXISTS
                 (SELECT 1 FROM sent_back b WHERE b.submission = s.id AND b.withdrawn_at IS NULL)
             ORDER BY s.version DESC LIMIT 1",
            [obligation],
            |r| json(r, "figures"),
        );
        Ok(found.optional()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::figure::{Entry, Told};
    use crate::domain::row::MessageId;
    use crate::store::Expired;

    #[test]
    fn figures_are_kept_with_their_version_and_forgotten_with_its_mail() {
        let now: Timestamp = "2026-06-02T00:00:00Z".parse().unwrap();
        let store = Store::in_memory(now).unwrap();
        let sql = "INSERT INTO obligation (id, unit, report, period, opens, due, signed, soft)
                 VALUES (1, 'a', 'nu-cong', '2026-H1', '2025-12-15', '2026-06-10T10:00:00Z', 0, 1);
             INSERT INTO message (id, size, received_at, stored_at, state)
                 VALUES (1, 1, '2026-06-01T00:00:00Z', '2026-06-01T00:00:00Z', 'logged');
             INSERT INTO submission (id, obligation, version, message, received_at, signed, soft, nil_return, logged_at)
                 VALUES (1, 1, 1, 1, '2026-06-01T00:00:00Z', 0, 1, 0, '2026-06-01T00:00:00Z'),
                        (2, 1, 2, NULL, '2026-06-01T00:00:00Z', 0, 1, 0, '2026-06-01T01:00:00Z');";
        store.conn.execute_batch(sql).unwrap();
        let waiting = || {
            let found = store.without_annex(["nu-cong"], Timestamp::MIN).unwrap();
            found.into_iter().map(|(id, _)| id.0).collect::<Vec<_>>()
        };
        assert_eq!(waiting(), [1, 2]);
        assert!(
            store
                .without_annex(["tre-em"], Timestamp::MIN)
                .unwrap()
                .is_empty()
        );
        assert!(store.without_annex(["nu-cong"], now).unwrap().is_empty());
        let entry = |told| Entry {
            label: "Nữ".into(),
            at: Some("D7".into()),
            told,
        };
        let annex = Annex {
            file: "a.xlsx".into(),
            mark: None,
            entries: vec![
                entry(Told::Number(0.1)),
                entry(Told::Text("khoảng 20".into())),
                entry(Told::Empty),
            ],
        };
        let (first, second) = (SubmissionId(1), SubmissionId(2));
        store.keep_annex(first, Some(&annex), now).unwrap();
        store.keep_annex(second, None, now).unwrap();
        assert!(waiting().is_empty());
        assert_eq!(store.annex_of(first).unwrap(), Looked::Found(annex.clone()));
        assert_eq!(store.annex_of(second).unwrap(), Looked::None);
        assert_eq!(store.annex_of(SubmissionId(3)).unwrap(), Looked::NotYet);
        // A later version without figures takes nothing away.
        assert_eq!(store.annex_for(ObligationId(1)).unwrap(), Some(annex));
        let expired = Expired {
            received: vec![MessageId(1)],
            ..Expired::default()
        };
        store.forget_content(&expired, now).unwrap();
        assert_eq!(store.annex_of(first).unwrap(), Looked::None);
        assert_eq!(store.annex_for(ObligationId(1)).unwrap(), None);
    }
}
