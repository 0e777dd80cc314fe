//! Moments as the store keeps them.

use jiff::Timestamp;

/// A moment as a text of RFC 3339 in UTC, in one width: nine digits of a second, as many as a [`Timestamp`] tells apart.
/// SQL compares texts, and `…:00.5Z` comes before `…:00Z`; in one width the order of the texts is that of time. Every
/// moment that is written, or that SQL compares, goes through here.
pub(super) fn instant(moment: Timestamp) -> String {
    format!("{moment:.9}")
}

#[cfg(test)]
mod tests {
    use crate::domain::decision::{About, Decision};
    use crate::domain::row::{MessageId, OutboxId};
    use crate::store::Decided;
    use std::collections::BTreeSet;
    use std::path::Path;

    use jiff::SignedDuration;
    use rusqlite::Connection;
    use rusqlite::types::Value;

    use super::*;
    use crate::domain::date_of;
    use crate::domain::obligation::Obligation;
    use crate::domain::obligation::tests::obligation;
    use crate::domain::owed::{Kind, Owed};
    use crate::domain::reminder::Step;
    use crate::domain::report::Forms;
    use crate::domain::unit::UnitId;
    use crate::reading::BounceKind;
    use crate::store::{
        Arrived, Correction, Counted, Cursor, Expired, Ground, Hold, MIGRATIONS, MessageState,
        NewMail, NewSubmission, OutgoingState, Part, Place, StaffCommand, Store, Told, Verdict,
    };

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn what_happened_within_one_second_is_found_in_the_order_of_time() {
        let store = Store::in_memory(at("2026-06-15T00:00:00Z")).unwrap();
        let moments = [
            "2026-06-15T10:00:00Z",
            "2026-06-15T10:00:00.25Z",
            "2026-06-15T10:00:00.5Z",
            "2026-06-15T10:00:00.500001Z",
            "2026-06-15T10:00:00.999999999Z",
            "2026-06-15T10:00:01Z",
        ]
        .map(at);
        let mut rows = Vec::new();
        for (n, moment) in moments.into_iter().enumerate() {
            let mail = Arrived {
                sha256: None,
                ..Arrived::example(n, moment)
            };
            let message = store.record_arrival(&mail, moment).unwrap();
            let owed = NewMail {
                owed: Owed::Acknowledgement(message),
                unit: None,
                message: None,
            };
            let outbox = store.owe(&owed, moment).unwrap().unwrap();
            rows.push((message, outbox));
        }
        // The last of these stays queued.
        for (n, (first, _)) in rows.iter().enumerate() {
            let queued = store.queue(moments[n]).unwrap();
            assert_eq!(queued.len(), n + 1, "at {}, mail {first}", moments[n]);
        }
        for (moment, (_, outbox)) in moments.iter().zip(&rows) {
            let (sent, none) = (OutgoingState::Sent, None);
            store.end_sending(*outbox, sent, none, *moment).unwrap();
        }
        for n in 1..moments.len() {
            let (before, moment) = (moments[n - 1], moments[n]);
            let stored = store.stored_between(before, moment).unwrap();
            let stored: Vec<MessageId> = stored.iter().map(|m| m.id).collect();
            assert_eq!(stored, [rows[n].0], "stored after {before} until {moment}");
            let ended = store.ended_between(before, moment).unwrap();
            let ended: Vec<OutboxId> = ended.iter().map(|m| m.id).collect();
            assert_eq!(ended, [rows[n - 1].1], "ended from {before} to {moment}");
        }
        let received = store
            .stored_between(Timestamp::MIN, Timestamp::MAX)
            .unwrap();
        let received: Vec<Timestamp> = received.iter().map(|m| m.received_at).collect();
        assert_eq!(received, moments, "by when they were received");
    }

    /// The columns that hold moments, by table.
    const MOMENTS: [(&str, &str); 27] = [
        (
            "message",
            "received_at stored_at expired_at damaged_at expiry_told_at put_off",
        ),
        ("location", "received_at"),
        ("cursor", "listed_at"),
        ("fetch_failure", "tried_at given_up_at"),
        ("obligation", "due until"),
        ("excuse", "at withdrawn_at"),
        ("submission", "received_at logged_at withdrawn_at"),
        (
            "outbox",
            "queued_at next_try begun_at ended_at expired_at deferred_since blocked_since",
        ),
        ("outbox_rest", "since next_try ended_at"),
        ("reminder", "due"),
        ("digest_day", "since until"),
        ("learned", "at revoked_at"),
        ("correction", "at"),
        ("health", "success_at failure_at failing_since"),
        ("extension", "due at withdrawn_at"),
        ("nod", "due at withdrawn_at"),
        ("sent_back", "due at withdrawn_at"),
        ("acceptance", "at withdrawn_at"),
        ("staff_command", "at"),
        ("contact_bounce", "at reset_at"),
        ("closing", "at withdrawn_at"),
        ("queue_pause", "since began until ended_at"),
        ("register_address", "since until"),
        ("hold", "until"),
        ("taught", "at withdrawn_at forgotten_at"),
        ("annex", "read_at"),
        ("decision", "at"),
    ];

    /// The other columns that hold texts. `setting.value` is whatever is remembered.
    const TEXTS: [(&str, &str); 33] = [
        ("annex", "figures"),
        ("attachment", "name sha256 kind role"),
        ("awaited", "report period"),
        ("closing", "report period"),
        ("contact_bounce", "address kind status told_by"),
        ("correction", "who command subject before after way inverse"),
        ("cursor", "account folder"),
        ("decision", "what words"),
        ("digest_day", "day"),
        ("digest_mail", "day address"),
        ("excuse", "reason"),
        ("fetch_failure", "account folder uid"),
        ("fetched_of", "day address"),
        ("health", "part failure"),
        ("hold", "unit ground"),
        ("learned", "address unit"),
        ("listed", "day kind"),
        ("location", "account folder uid"),
        (
            "message",
            "sha256 message_id reply_to sender subject class trust unit reading state why candidates shown",
        ),
        ("obligation", "unit report period opens"),
        (
            "outbox",
            "key kind unit state message_id recipients subject raw error put_off",
        ),
        ("outbox_rest", "address state error"),
        ("proposed", "report period"),
        ("queue_pause", "why way"),
        ("register_address", "address unit"),
        ("reminder", "step"),
        ("sent_back", "reason"),
        ("setting", "name value"),
        ("special_use", "account folder word"),
        ("staff_command", "token outcome who meant told"),
        ("submission", "number"),
        ("taught", "title report"),
        ("traffic", "day"),
    ];

    fn columns<'a>(of: &[(&'a str, &'a str)]) -> BTreeSet<(String, String)> {
        let each = of.iter().flat_map(|(table, columns)| {
            let columns = columns.split(' ');
            columns.map(|c| ((*table).to_owned(), c.to_owned()))
        });
        each.collect()
    }

    /// The columns of a store that hold texts.
    fn text_columns(store: &Store) -> BTreeSet<(String, String)> {
        let sql = "SELECT t.name, c.name FROM pragma_table_list t JOIN pragma_table_info(t.name) c
                   WHERE t.schema = 'main' AND t.type = 'table' AND t.name NOT LIKE 'sqlite_%' AND c.type = 'TEXT'";
        let mut statement = store.conn.prepare(sql).unwrap();
        let rows = statement.query_map([], |r| Ok((r.get(0)?, r.get(1)?)));
        rows.unwrap().map(Result::unwrap).collect()
    }

    /// The moments that stand in a store, with their columns.
    fn moments(store: &Store) -> Vec<((String, String), String)> {
        let mut found = Vec::new();
        for (table, column) in text_columns(store) {
            let sql = format!("SELECT {column} FROM {table} WHERE {column} IS NOT NULL");
            let mut statement = store.conn.prepare(&sql).unwrap();
            let texts = statement.query_map([], |r| r.get::<_, String>(0)).unwrap();
            let texts = texts.map(Result::unwrap);
            let of = texts.filter(|text| text.parse::<Timestamp>().is_ok());
            found.extend(of.map(|text| ((table.clone(), column.clone()), text)));
        }
        found
    }

    /// Whoever adds a column says here what it is, and has [`used`] write it if it is a moment.
    #[test]
    fn each_column_of_texts_is_known_as_one_of_moments_or_of_others() {
        let store = Store::in_memory(at("2026-06-15T00:00:00Z")).unwrap();
        let (moments, texts) = (columns(&MOMENTS), columns(&TEXTS));
        assert!(moments.is_disjoint(&texts));
        let known: BTreeSet<_> = moments.union(&texts).cloned().collect();
        assert_eq!(text_columns(&store), known);
    }

    #[test]
    fn each_moment_that_the_store_writes_is_of_one_width() {
        let moment = at("2026-06-15T10:00:00.5Z");
        let store = used(moment);
        let found = moments(&store);
        for (column, text) in &found {
            assert_eq!(*text, instant(text.parse().unwrap()), "{column:?}");
        }
        let met: BTreeSet<_> = found.into_iter().map(|(column, _)| column).collect();
        let setting = ("setting".to_owned(), "value".to_owned());
        let known: BTreeSet<_> = columns(&MOMENTS).into_iter().chain([setting]).collect();
        assert_eq!(met, known, "a column of moments that nothing here writes");
    }

    #[test]
    fn moments_of_an_older_store_are_brought_to_one_width() {
        let this = MIGRATIONS
            .iter()
            .position(|m| m.contains("Moments are texts of one width"))
            .unwrap();
        let path = Path::new(":memory:");
        for old in [
            "2026-06-15T10:00:00Z",
            "2026-06-15T10:00:00.5Z",
            "2026-06-15T10:00:00.123456Z",
            "2026-06-15T10:00:00.123456789Z",
        ] {
            let conn = Connection::open_in_memory().unwrap();
            let store = Store::prepare(conn, path, &MIGRATIONS[..this]).unwrap();
            // One row a table, in which every text is the moment: what the migration changes are the columns of moments.
            let of: BTreeSet<String> = text_columns(&store).into_iter().map(|c| c.0).collect();
            store
                .conn
                .execute_batch("PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON")
                .unwrap();
            for table in of {
                let sql = format!(
                    "SELECT name, iif(type = 'TEXT', ?1, 1) FROM pragma_table_info('{table}')"
                );
                let mut statement = store.conn.prepare(&sql).unwrap();
                let row = statement.query_map([old], |r| Ok((r.get(0)?, r.get(1)?)));
                let row: Vec<(String, Value)> = row.unwrap().map(Result::unwrap).collect();
                let (names, values): (Vec<_>, Vec<_>) = row.into_iter().unzip();
                let marks = vec!["?"; names.len()].join(", ");
                let sql = format!(
                    "INSERT INTO {table} ({}) VALUES ({marks})",
                    names.join(", ")
                );
                store
                    .conn
                    .execute(&sql, rusqlite::params_from_iter(values))
                    .unwrap();
            }
            let store = Store::prepare(store.conn, path, &MIGRATIONS[..=this]).unwrap();
            let wide = instant(at(old));
            let setting = ("setting".to_owned(), "value".to_owned());
            let known: BTreeSet<_> = columns(&MOMENTS).into_iter().chain([setting]).collect();
            for (column, text) in moments(&store) {
                let expected = if known.contains(&column) { &*wide } else { old };
                assert_eq!(text, expected, "{column:?}");
            }
        }
    }

    /// A store in which each column of moments was written.
    #[expect(clippy::too_many_lines, reason = "a row of each table")]
    fn used(moment: Timestamp) -> Store {
        let store = Store::in_memory(moment).unwrap();
        let (unit, report) = (UnitId("a".into()), "tre-em");
        let place = |uid: &str| Place {
            account: "a".into(),
            folder: "INBOX".into(),
            uidvalidity: 1,
            uid: uid.into(),
        };
        let arrive = |uid: &str| {
            let mail = Arrived {
                sha256: None,
                ..Arrived::example(uid, moment)
            };
            store.record_arrival(&mail, moment).unwrap()
        };
        let day = date_of(moment);
        let done = (|| -> anyhow::Result<()> {
            // Mails that came.
            let message = arrive("1");
            store.set_put_off(message, moment)?;
            store.fetch_again(message, moment)?;
            let counted = Counted {
                exist: 1,
                uid_next: 2,
                modseq: Some(3),
                listed_at: moment,
            };
            let cursor = Cursor {
                uidvalidity: 1,
                last_uid: 1,
                counted: Some(counted),
            };
            store.set_cursor("a", "INBOX", cursor)?;
            let hold = Hold {
                unit: Some(unit.clone()),
                ground: Ground::Address,
                until: Some(moment),
            };
            store.set_holds(message, &[hold])?;
            let waits = Verdict {
                state: MessageState::Waiting,
                unit: None,
                candidates: vec![],
                why: vec![],
            };
            let waiting = arrive("2");
            store.set_verdict(waiting, &waits)?;
            store.tell_expiry(moment + SignedDuration::from_secs(1), moment)?;
            store.fetch_failed(&place("3"), true, moment)?;
            store.gave_up_fetching(&place("3"), moment)?;
            // What is expected, and what came of it.
            store.expect(&Obligation {
                due: moment,
                ..obligation("a", "2026-06-15T10:00:00Z")
            })?;
            let period = "2026-H1".parse()?;
            let expected = store.obligation_id(&unit, report, &period)?.unwrap();
            store.excuse(expected, "x", moment)?;
            store.withdraw_excuse(expected, moment)?;
            store.extend(expected, moment, moment)?;
            let decided = Decided {
                what: Decision::Excused,
                of: About::Obligation(expected),
                words: String::new(),
            };
            store.decide(&decided, moment)?;
            store.withdraw_extension(expected, moment)?;
            store.set_nod(expected, moment, crate::domain::reminder::Nod::Send, moment)?;
            store.withdraw_nod(expected, moment)?;
            let new = NewSubmission {
                obligation: expected,
                message: None,
                received_at: moment,
                forms: Forms::default(),
                nil_return: false,
                number: None,
                files: vec![],
            };
            let submission = store.log_submission(&new, moment)?;
            store.keep_annex(submission, None, moment)?;
            store.send_back(submission, "x", moment, moment)?;
            store.withdraw_sent_back(submission, moment)?;
            store.accept(submission, moment)?;
            store.withdraw_acceptance(submission, moment)?;
            store.withdraw_submission(submission, moment)?;
            store.close_period(report, &period, moment)?;
            store.open_period(report, &period, moment)?;
            // Mails that are owed.
            let owe = |of| {
                let owed = NewMail {
                    owed: Owed::Acknowledgement(of),
                    unit: None,
                    message: None,
                };
                store.owe(&owed, moment).map(Option::unwrap)
            };
            let outbox = owe(MessageId(1))?;
            let late = Step::Late(1);
            store.carry(
                outbox,
                Kind::Reminder(late.urgency()),
                &[(expected, moment, late)],
            )?;
            store.block(outbox, moment, "x", moment)?;
            store.start_sending(outbox, "a@b", None, moment)?;
            store.end_sending(outbox, OutgoingState::Sent, None, moment)?;
            let deferred = owe(MessageId(2))?;
            store.defer(deferred, moment, "x", moment)?;
            store.block(deferred, moment, "x", moment)?;
            store.owe_rest(outbox, "a@a.example", moment, "x", moment)?;
            store.drop_rests(outbox, moment)?;
            store.pause_queue(moment, moment, "x", "way")?;
            store.resume_queue(moment)?;
            store.record_digest(day, moment, moment)?;
            store.record_refusal("a@a.example", BounceKind::Hard, None, outbox, moment)?;
            store.reset_contact("a@a.example", moment)?;
            // What people do.
            store.learn("a@a.example", &unit, moment)?;
            store.unlearn("a@a.example", &unit, moment)?;
            store.teach_title("x y", Some("tre-em"), message, moment)?;
            let title = store.learned_titles()?.remove(0).id;
            store.forget_title(title, moment)?;
            store.unteach(message, moment)?;
            let change = Correction {
                who: "x".into(),
                way: "command".into(),
                command: "x".into(),
                subject: "x".into(),
                before: "x".into(),
                after: "x".into(),
                inverse: None,
            };
            store.log_correction(&change, moment)?;
            let command = StaffCommand {
                who: String::new(),
                meant: None,
                told: Told::Alone,
                message,
                token: None,
                outcome: "x".into(),
                correction: None,
            };
            store.record_command(&command, moment)?;
            // The rest.
            store.failed(Part::Mailbox, moment, "x")?;
            store.failed(Part::Clock, moment, "x")?;
            store.succeeded(Part::Mailbox, moment)?;
            let has = BTreeSet::from([("a@a.example".to_owned(), unit.clone())]);
            store.remember_addresses(&has, moment)?;
            store.remember_addresses(&BTreeSet::new(), moment)?;
            let expired = Expired {
                received: vec![message],
                sent: vec![outbox],
                ..Expired::default()
            };
            store.forget_content(&expired, moment)
        })();
        done.unwrap();
        store
    }
}
