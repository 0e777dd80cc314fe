//! What a mail of ours asked for that another mail answers.

use anyhow::Result;

use super::{Store, parsed};
use crate::domain::period::PeriodId;
use crate::domain::submission::Submission;
use crate::reading::Reading;

impl Store {
    /// The reports, each with its period, that a mail answers to: those that the letters of ours asked for, or
    /// acknowledged, that it replies to (RFC 5322, section 3.6.4), and those whose receipt codes its subject names.
    pub fn asked(&self, reading: &Reading) -> Result<Vec<(String, PeriodId)>> {
        let mut letters = self.conn.prepare_cached(
            "SELECT o.report, o.period FROM outbox m
                 JOIN reminder r ON r.outbox = m.id JOIN obligation o ON o.id = r.obligation
                 WHERE m.message_id = ?1
             UNION
             SELECT o.report, o.period FROM outbox m
                 JOIN submission s ON s.message = m.message JOIN obligation o ON o.id = s.obligation
                 WHERE m.message_id = ?1 AND m.kind IN ('acknowledgement', 'returned')",
        )?;
        let pair = |r: &rusqlite::Row<'_>| Ok((r.get(0)?, parsed(r, "period")?));
        // Older readings know the thread only; its last mail is the one that is answered.
        let mut answered: Vec<&String> = reading.in_reply_to.iter().collect();
        if answered.is_empty() {
            answered.extend(reading.references.last());
        }
        let mut asked: Vec<(String, PeriodId)> = Vec::new();
        for id in answered {
            for row in letters.query_map([id], pair)? {
                asked.push(row?);
            }
        }
        for code in Submission::codes_in(&reading.subject) {
            let Some(row) = Submission::row_of(code) else {
                continue;
            };
            let named = self.submission(row)?.filter(|s| s.code() == code);
            asked.extend(named.map(|s| (s.report, s.period)));
        }
        asked.sort();
        asked.dedup();
        Ok(asked)
    }
}

#[cfg(test)]
mod tests {
    use crate::domain::row::{MessageId, ObligationId, OutboxId};
    use jiff::Timestamp;
    use rusqlite::params;

    use super::*;
    use crate::domain::obligation::tests::{at, obligation};
    use crate::domain::owed::{Kind, Owed};
    use crate::domain::reminder::{Step, Urgency};
    use crate::domain::unit::UnitId;
    use crate::reading::Unread;
    use crate::store::{NewMail, NewSubmission};

    fn now() -> Timestamp {
        at("2026-06-10T00:00:00Z")
    }

    /// A mail of ours with a Message-ID.
    fn sent(store: &Store, owed: Owed, message: Option<MessageId>, message_id: &str) -> OutboxId {
        let unit = Some(UnitId("a".into()));
        let mail = NewMail {
            owed,
            unit,
            message,
        };
        let row = store.owe(&mail, now()).unwrap().unwrap();
        let set = "UPDATE outbox SET message_id = ?2 WHERE id = ?1";
        store.conn.execute(set, params![row, message_id]).unwrap();
        row
    }

    #[test]
    fn an_answer_is_to_what_the_letter_asked_for_or_acknowledged_and_a_code_to_its_report() {
        let store = Store::in_memory(now()).unwrap();
        for report in ["tre-em", "nu-cong"] {
            let mut o = obligation("a", "2026-06-15T10:00:00Z");
            o.report = report.into();
            store.expect(&o).unwrap();
        }
        let reminder = Owed::Reminder {
            unit: UnitId("a".into()),
            day: jiff::civil::date(2026, 6, 10),
            urgency: Urgency::Before,
        };
        let row = sent(&store, reminder, None, "remind@ours");
        let due = at("2026-06-15T10:00:00Z");
        let kind = Kind::Reminder(Urgency::Before);
        store
            .carry(row, kind, &[(ObligationId(1), due, Step::Before(5))])
            .unwrap();
        let mail = "INSERT INTO message (id, size, received_at, stored_at, state)
                    VALUES (1, 1, '2026-06-10T00:00:00Z', '2026-06-10T00:00:00Z', 'logged')";
        store.conn.execute(mail, []).unwrap();
        let submission = NewSubmission {
            obligation: ObligationId(2),
            message: Some(MessageId(1)),
            received_at: now(),
            forms: crate::domain::report::Forms::NONE,
            nil_return: false,
            number: None,
            files: vec![],
        };
        store.log_submission(&submission, now()).unwrap();
        sent(
            &store,
            Owed::Acknowledgement(MessageId(1)),
            Some(MessageId(1)),
            "ack@ours",
        );

        let asked = |answers: &[&str], subject: &str| -> Vec<String> {
            let reading = Reading {
                in_reply_to: answers.iter().map(|id| (*id).to_owned()).collect(),
                subject: subject.into(),
                ..Reading::unreadable(Unread::NotFetched)
            };
            let asked = store.asked(&reading).unwrap().into_iter();
            asked
                .map(|(report, period)| format!("{report}/{period}"))
                .collect()
        };
        assert_eq!(asked(&["remind@ours"], ""), ["tre-em/2026-H1"]);
        assert_eq!(asked(&["ack@ours", "other@x"], ""), ["nu-cong/2026-H1"]);
        assert_eq!(
            asked(&[], "Bổ sung BC-2026-00001, gửi Ban"),
            ["nu-cong/2026-H1"]
        );
        for subject in ["BC-2025-00001", "BC-2026-00002", "57-BC-CĐ", "BC-2026", ""] {
            assert_eq!(
                asked(&["other@x"], subject),
                Vec::<String>::new(),
                "{subject}"
            );
        }
    }
}
