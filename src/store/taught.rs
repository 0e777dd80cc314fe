//! The titles that staff taught by assigning mails. Each assignment is a row; a title stands for a report as long as all
//! rows that stand say so, so that a second, different assignment ends what the first one taught, and taking it back
//! brings that back.

use std::collections::BTreeMap;

use anyhow::Result;
use jiff::Timestamp;
use rusqlite::params;

use super::{Store, instant, parsed};
use crate::domain::correction::{Lesson, Taught};
use crate::domain::row::{MessageId, TitleId};

/// The titles on which all that was said agrees and that nobody has forgotten.
const AGREED: &str = "SELECT min(id) AS id, title, min(report) AS report, min(at) AS at FROM taught
     WHERE withdrawn_at IS NULL OR forgotten_at IS NOT NULL GROUP BY title
     HAVING count(DISTINCT coalesce(report, '')) = 1 AND count(report) > 0 AND count(forgotten_at) = 0";

/// A title that stands for a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LearnedTitle {
    /// Its number: the row that said it first.
    pub id: TitleId,
    /// What is left of it, folded.
    pub title: String,
    /// What was said of it, and by the assignment of which mail.
    pub lesson: Lesson,
    /// Since when.
    pub since: Timestamp,
}

impl Store {
    /// Notes that staff said by deciding on a mail which report a title (folded) stands for; `None`: for none.
    pub(crate) fn teach_title(
        &self,
        title: &str,
        report: Option<&str>,
        message: MessageId,
        now: Timestamp,
    ) -> Result<()> {
        self.conn.execute(
            "INSERT INTO taught (title, report, message, at) VALUES (?1, ?2, ?3, ?4)",
            params![title, report, message, instant(now)],
        )?;
        Ok(())
    }

    /// Notes that what has the title which the assignment of a mail taught is no report after all, as another mail shows.
    pub(crate) fn contradict_title(
        &self,
        taught_by: MessageId,
        message: MessageId,
        now: Timestamp,
    ) -> Result<()> {
        self.conn.execute(
            "INSERT INTO taught (title, message, at)
             SELECT DISTINCT title, ?2, ?3 FROM taught WHERE message = ?1 AND withdrawn_at IS NULL",
            params![taught_by, message, instant(now)],
        )?;
        Ok(())
    }

    /// The rows that stand of what decisions on a mail taught.
    pub(crate) fn taught_by(&self, message: MessageId) -> Result<Vec<TitleId>> {
        let sql = "SELECT id FROM taught WHERE message = ?1 AND withdrawn_at IS NULL ORDER BY id";
        let mut statement = self.conn.prepare_cached(sql)?;
        let rows = statement.query_map([message], |r| r.get(0))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Withdraws what decisions on a mail taught of titles.
    pub(crate) fn unteach(&self, message: MessageId, now: Timestamp) -> Result<()> {
        self.conn.execute(
            "UPDATE taught SET withdrawn_at = ?2 WHERE message = ?1 AND withdrawn_at IS NULL",
            params![message, instant(now)],
        )?;
        Ok(())
    }

    /// Lets a row stand again that was withdrawn.
    pub(crate) fn teach_again(&self, row: TitleId) -> Result<()> {
        self.conn
            .execute("UPDATE taught SET withdrawn_at = NULL WHERE id = ?1", [row])?;
        Ok(())
    }

    /// What each title (folded) stands for.
    pub(crate) fn taught_titles(&self) -> Result<Taught> {
        let learned = self.learned_titles()?.into_iter();
        let titles: BTreeMap<String, Lesson> = learned.map(|t| (t.title, t.lesson)).collect();
        Ok(titles)
    }

    /// The titles that stand for a report, the oldest first.
    pub fn learned_titles(&self) -> Result<Vec<LearnedTitle>> {
        let sql = format!(
            "SELECT a.*, t.message FROM ({AGREED}) a JOIN taught t ON t.id = a.id ORDER BY a.id"
        );
        let mut statement = self.conn.prepare_cached(&sql)?;
        let rows = statement.query_map([], |r| {
            Ok(LearnedTitle {
                id: r.get("id")?,
                title: r.get("title")?,
                lesson: Lesson {
                    report: r.get("report")?,
                    mail: r.get("message")?,
                },
                since: parsed(r, "at")?,
            })
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Forgets a title by its number: whatever is said of it after, it stands for nothing. `None` where none of that number
    /// stands for anything.
    pub fn forget_title(&self, id: TitleId, now: Timestamp) -> Result<Option<LearnedTitle>> {
        let mut learned = self.learned_titles()?.into_iter();
        let Some(title) = learned.find(|t| t.id == id) else {
            return Ok(None);
        };
        self.conn.execute(
            "UPDATE taught SET forgotten_at = ?2 WHERE id = ?1",
            params![id, instant(now)],
        )?;
        Ok(Some(title))
    }

    /// Lets a title that was forgotten stand for what was said of it; `false` if it was not forgotten.
    pub(crate) fn remember_title(&self, id: TitleId) -> Result<bool> {
        let sql =
            "UPDATE taught SET forgotten_at = NULL WHERE id = ?1 AND forgotten_at IS NOT NULL";
        Ok(self.conn.execute(sql, [id])? > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Arrived;

    fn at(day: u32) -> Timestamp {
        format!("2026-06-{day:02}T01:00:00Z").parse().unwrap()
    }

    /// A store with so many mails.
    fn store(mails: i64) -> Store {
        let store = Store::in_memory(at(1)).unwrap();
        for n in 1..=mails {
            let mail = Arrived::example(n, at(1));
            assert_eq!(store.record_arrival(&mail, at(1)).unwrap(), MessageId(n));
        }
        store
    }

    /// What a store takes titles for.
    fn learned(store: &Store) -> Vec<(String, String)> {
        let titles = store.taught_titles().unwrap();
        titles.into_iter().map(|(t, l)| (t, l.report)).collect()
    }

    fn pair(title: &str, report: &str) -> (String, String) {
        (title.to_owned(), report.to_owned())
    }

    #[test]
    fn a_title_stands_for_a_report_until_another_one_or_none_is_said_and_again_when_that_is_taken_back()
     {
        for other in [Some("tre-em"), None] {
            let store = store(3);
            store
                .teach_title("gia dinh tre", Some("nu-cong"), MessageId(1), at(2))
                .unwrap();
            store
                .teach_title("gia dinh tre", Some("nu-cong"), MessageId(2), at(3))
                .unwrap();
            assert_eq!(learned(&store), [pair("gia dinh tre", "nu-cong")]);
            match other {
                Some(_) => store
                    .teach_title("gia dinh tre", other, MessageId(3), at(4))
                    .unwrap(),
                None => store
                    .contradict_title(MessageId(1), MessageId(3), at(4))
                    .unwrap(),
            }
            assert!(learned(&store).is_empty(), "{other:?}");
            let rows = store.taught_by(MessageId(3)).unwrap();
            store.unteach(MessageId(3), at(5)).unwrap();
            assert_eq!(learned(&store), [pair("gia dinh tre", "nu-cong")]);
            rows.iter().for_each(|row| store.teach_again(*row).unwrap());
            assert!(learned(&store).is_empty());
        }
    }

    #[test]
    fn a_title_that_was_forgotten_is_not_learned_again_until_that_is_taken_back() {
        let store = store(2);
        store
            .teach_title("gia dinh tre", Some("nu-cong"), MessageId(1), at(2))
            .unwrap();
        let id = store.learned_titles().unwrap()[0].id;
        let forgotten = store.forget_title(id, at(3)).unwrap().unwrap();
        assert_eq!(
            (forgotten.title.as_str(), forgotten.lesson.mail),
            ("gia dinh tre", MessageId(1))
        );
        assert_eq!(store.forget_title(id, at(3)).unwrap(), None);
        store
            .teach_title("gia dinh tre", Some("nu-cong"), MessageId(2), at(4))
            .unwrap();
        assert!(learned(&store).is_empty());
        assert!(store.remember_title(id).unwrap());
        assert_eq!(learned(&store), [pair("gia dinh tre", "nu-cong")]);
        assert!(!store.remember_title(id).unwrap());
    }
}
