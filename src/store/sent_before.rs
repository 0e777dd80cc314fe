//! What a unit called its reports so far.

use anyhow::Result;

use super::Store;
use crate::domain::submission::SentBefore;
use crate::domain::unit::UnitId;
use crate::reading::stem_of;

/// How many of the last submissions tell what a unit calls its reports.
const LAST: u32 = 60;

impl Store {
    /// What the last mails of a unit were called that brought one report, the newest first; of a mail with several, only
    /// the names of the files, which are without their extensions.
    pub fn sent_before(&self, unit: &UnitId) -> Result<Vec<SentBefore>> {
        let mut statement = self.conn.prepare_cached(
            "SELECT o.report AS report, m.subject AS subject,
                    (SELECT COUNT(*) FROM submission t WHERE t.message = m.id AND t.withdrawn_at IS NULL) AS brought,
                    (SELECT json_group_array(a.name) FROM submission_file f JOIN attachment a ON a.id = f.attachment
                     WHERE f.submission = s.id) AS names
             FROM obligation o JOIN submission s ON s.obligation = o.id JOIN message m ON m.id = s.message
             WHERE o.unit = ?1 AND s.withdrawn_at IS NULL ORDER BY s.id DESC LIMIT ?2",
        )?;
        let rows = statement.query_map((&unit.0, LAST), |r| {
            let names: String = r.get("names")?;
            let names: Vec<String> = serde_json::from_str(&names).unwrap_or_default();
            let names = names.iter().map(|name| stem_of(name).to_owned());
            let subject: Option<String> = r.get("subject")?;
            let alone = r.get::<_, u32>("brought")? == 1;
            Ok(SentBefore {
                report: r.get("report")?,
                called: subject.filter(|_| alone).into_iter().chain(names).collect(),
            })
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::obligation::tests::{at, obligation};
    use crate::domain::report::Forms;
    use crate::domain::row::{MessageId, ObligationId};
    use crate::store::NewSubmission;

    #[test]
    fn a_submission_was_called_like_its_files_and_like_its_mail_where_that_brought_nothing_else() {
        let now = at("2026-06-10T00:00:00Z");
        let store = Store::in_memory(now).unwrap();
        for report in ["tre-em", "nu-cong"] {
            let mut o = obligation("a", "2026-06-15T10:00:00Z");
            o.report = report.into();
            store.expect(&o).unwrap();
        }
        // The first mail brings one report, the second both.
        let mails = "INSERT INTO message (id, size, received_at, stored_at, state, subject) VALUES
                (1, 1, '2026-06-10', '2026-06-10', 'logged', 'BC'), (2, 1, '2026-06-11', '2026-06-11', 'logged', 'Cả hai');
            INSERT INTO attachment (message, position, name, size, sha256, kind, role) VALUES
                (1, 0, 'TE.docx', 1, '', 'docx', 'soft_file'), (2, 0, 'TE 2.docx', 1, '', 'docx', 'soft_file'),
                (2, 1, 'NC.docx', 1, '', 'docx', 'soft_file')";
        store.conn.execute_batch(mails).unwrap();
        for (obligation, mail, file) in [(1, 1, 0), (1, 2, 0), (2, 2, 1)] {
            let submission = NewSubmission {
                obligation: ObligationId(obligation),
                message: Some(MessageId(mail)),
                received_at: now,
                forms: Forms::NONE,
                nil_return: false,
                number: None,
                files: vec![file],
            };
            store.log_submission(&submission, now).unwrap();
        }
        let sent = store.sent_before(&UnitId("a".into())).unwrap().into_iter();
        let sent: Vec<(String, Vec<String>)> = sent.map(|s| (s.report, s.called)).collect();
        let is = |report: &str, called: &[&str]| {
            let called = called.iter().map(|c| (*c).to_owned()).collect();
            (report.to_owned(), called)
        };
        let tre_em = is("tre-em", &["BC", "TE"]);
        assert_eq!(
            sent,
            [is("nu-cong", &["NC"]), is("tre-em", &["TE 2"]), tre_em]
        );
        assert!(store.sent_before(&UnitId("b".into())).unwrap().is_empty());
    }
}
