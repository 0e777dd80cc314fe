//! What the store knows of the machine's clock: whether it is doubted, what mails say of it, and what a clock that was
//! ahead has left.

use anyhow::Result;
use jiff::{SignedDuration, Timestamp};
use rusqlite::{OptionalExtension, params};
use serde::{Deserialize, Serialize};

use super::rename::PARTS;
use super::said;
use super::{Message, Part, Store, instant, kinds_where, parsed};
use crate::domain::date_of;
use crate::domain::owed::Kind;
use crate::domain::row::MessageId;

/// The clock left the time that has passed.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct ClockDoubt {
    /// What it said when that was noticed.
    pub said: Timestamp,
    /// What it should have said.
    pub expected: Timestamp,
    /// The last mail that had come then.
    pub after_mail: i64,
}

/// When the mailbox was looked through by a clock that was ahead, nobody knows: so long ago that no reminder rests on it.
const LONG_AGO: SignedDuration = SignedDuration::from_hours(1);

/// What a mail server said of the time when it was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ServerTime {
    pub said: Timestamp,
    /// What this machine's clock said then.
    pub by_us: Timestamp,
    /// Whether somebody has said since that this machine's clock is right.
    pub accepted: bool,
}

/// By so much the clock and a mail server may differ, and what lies ahead may lie ahead.
pub const APART: SignedDuration = SignedDuration::from_hours(24);

const DOUBT: &str = "clock_doubt";
/// The last mail that was not read when it came, as the clock was behind it.
const HELD: &str = "clock_held_mail";
const SERVER_TIME: &str = "server_time";
/// Mails up to this one say nothing of the clock: somebody has said that it is right.
const ACCEPTED: &str = "clock_accepted_after_mail";

impl Store {
    /// Whether the clock is not to be trusted at present; nothing that is decided by date is done then.
    pub fn clock_is_doubted(&self) -> Result<bool> {
        Ok(self.health(Part::Clock)?.failing().is_some())
    }

    /// The jump of the clock that is not settled.
    pub(crate) fn clock_doubt(&self) -> Result<Option<ClockDoubt>> {
        let doubt = self.setting(DOUBT)?.filter(|json| !json.is_empty());
        Ok(doubt.map(|json| serde_json::from_str(&json)).transpose()?)
    }

    /// Notes what the clock says and should say, or that nothing is to be said of it any more.
    pub(crate) fn set_clock_doubt(&self, doubt: Option<(Timestamp, Timestamp)>) -> Result<()> {
        match doubt {
            Some((said, expected)) => {
                let after_mail = self.last_mail()?;
                let doubt = ClockDoubt {
                    said,
                    expected,
                    after_mail,
                };
                self.set_setting(DOUBT, &serde_json::to_string(&doubt)?)
            }
            None if self.clock_doubt()?.is_some() => self.set_setting(DOUBT, ""),
            None => Ok(()),
        }
    }

    /// Notes that somebody says that the clock is right, whatever speaks against it so far.
    pub fn accept_clock(&self) -> Result<()> {
        self.set_clock_doubt(None)?;
        if let Some(told) = self.server_time()? {
            let time = ServerTime {
                accepted: true,
                ..told
            };
            self.set_setting(SERVER_TIME, &serde_json::to_string(&time)?)?;
        }
        self.set_setting(ACCEPTED, &self.last_mail()?.to_string())
    }

    /// Whether a mail server dated a mail within a day of a moment: nothing more has to be asked then.
    pub(crate) fn dated_within_a_day(&self, of: Timestamp) -> Result<bool> {
        let day = SignedDuration::from_hours(24);
        let sql = "SELECT EXISTS (SELECT 1 FROM location WHERE received_at BETWEEN ?1 AND ?2)";
        let (from, to) = (instant(of - day), instant(of + day));
        Ok(self.conn.query_row(sql, [from, to], |r| r.get(0))?)
    }

    /// What a mail server said when it was asked last.
    pub(crate) fn server_time(&self) -> Result<Option<ServerTime>> {
        let told = self.setting(SERVER_TIME)?.filter(|json| !json.is_empty());
        Ok(told.map(|json| serde_json::from_str(&json)).transpose()?)
    }

    /// Notes what a mail server says. What somebody has accepted of it before stays accepted.
    pub(crate) fn set_server_time(&self, said: Timestamp, by_us: Timestamp) -> Result<()> {
        let apart = by_us.duration_since(said);
        let accepted = self.server_time()?.is_some_and(|before| {
            let known = before.by_us.duration_since(before.said);
            before.accepted && (apart - known).abs() < SignedDuration::from_hours(24)
        });
        let time = ServerTime {
            said,
            by_us,
            accepted,
        };
        self.set_setting(SERVER_TIME, &serde_json::to_string(&time)?)
    }

    fn last_mail(&self) -> Result<i64> {
        let sql = "SELECT coalesce(max(id), 0) FROM message";
        Ok(self.conn.query_row(sql, [], |r| r.get(0))?)
    }

    fn accepted_mail(&self) -> Result<i64> {
        Ok(self.setting(ACCEPTED)?.map_or(Ok(0), |text| text.parse())?)
    }

    /// The last mail that was stored within an hour of when the server received it: the clock was right then.
    fn proof(&self) -> Result<i64> {
        let row = self
            .conn
            .prepare_cached(
                "SELECT id FROM message WHERE abs(julianday(received_at) - julianday(stored_at)) < 1 / 24.0
                 ORDER BY id DESC LIMIT 1",
            )?
            .query_row([], |r| r.get(0));
        Ok(row.optional()?.unwrap_or(0))
    }

    /// Whether a mail that came after another one shows that the clock was right then.
    pub(crate) fn mail_proves_clock(&self, after_mail: i64) -> Result<bool> {
        Ok(self.proof()? > after_mail)
    }

    /// When the server received the latest mail but one, if that was after a moment. A mail that was dated ahead when it
    /// came, and others rightly after it, says nothing: some servers take the sender's word.
    pub(crate) fn latest_receipt_but_one(&self, after: Timestamp) -> Result<Option<Timestamp>> {
        self.latest_receipt(after, 1)
    }

    /// When the server received the latest mail but so many, if that was after a moment.
    fn latest_receipt(&self, after: Timestamp, but: u32) -> Result<Option<Timestamp>> {
        Ok(self
            .conn
            .prepare_cached(
                "SELECT received_at FROM message
                 WHERE received_at > ?1 AND id > ?2
                   AND (id > ?3 OR julianday(received_at) < julianday(stored_at) + 1)
                 ORDER BY received_at DESC LIMIT 1 OFFSET ?4",
            )?
            .query_row(
                params![instant(after), self.accepted_mail()?, self.proof()?, but],
                |r| parsed(r, "received_at"),
            )
            .optional()?)
    }

    /// Whether even one mail was received more than a day later than it is. That is too little to doubt the clock, and
    /// enough not to call an earlier one wrong.
    pub(crate) fn is_contradicted(&self, now: Timestamp) -> Result<bool> {
        Ok(self.latest_receipt(now + APART, 0)?.is_some())
    }

    /// Notes of a mail that it is not read yet, as the clock is behind it.
    pub(crate) fn hold_for_clock(&self, message: MessageId) -> Result<()> {
        let before = self.held_for_clock()?;
        match message > before {
            true => self.set_setting(HELD, &message.to_string()),
            false => Ok(()),
        }
    }

    fn held_for_clock(&self) -> Result<MessageId> {
        Ok(self
            .setting(HELD)?
            .map_or(Ok(MessageId(0)), |text| text.parse())?)
    }

    /// Whether a mail that was not read, as the clock was behind it, had come by now: what was noted as the moment of
    /// storing it was wrong then. A clock that staff have said to be right is still before it.
    pub(crate) fn was_stored_by_a_clock_behind(
        &self,
        message: &Message,
        now: Timestamp,
    ) -> Result<bool> {
        let (received, stored) = (message.received_at, message.stored_at);
        Ok(received.duration_since(stored) > APART
            && received <= now
            && message.id <= self.held_for_clock()?)
    }

    /// Whether the moment of the installation lies more than a day ahead: either that clock was wrong, or this one is.
    pub(crate) fn was_installed_ahead(&self, now: Timestamp) -> Result<bool> {
        Ok(self.first_opened()? > now + APART)
    }

    /// Moves a moment of the installation that lies ahead to now. Only for who knows that it is now: what was due before
    /// the installation is not asked for, and a clock that is behind would have it asked for.
    pub(crate) fn installed_by_now(&self, now: Timestamp) -> Result<()> {
        match self.was_installed_ahead(now)? {
            true => self.set_setting("first_opened", &instant(now)),
            false => Ok(()),
        }
    }

    /// Whether a mail server has said within the last day that the clock is right.
    fn is_told_right(&self, now: Timestamp) -> Result<bool> {
        Ok(self.server_time()?.is_some_and(|t| {
            let apart = t.by_us.duration_since(t.said).abs();
            let since = now.duration_since(t.by_us);
            apart <= APART && !since.is_negative() && since <= APART
        }))
    }

    /// When a mail of ours was sent that came back, or a bounce of it, a day earlier than that; and when that was. What
    /// came before a mail that shows the clock to be right says nothing.
    pub(crate) fn came_back_too_early(&self) -> Result<Option<(Timestamp, Timestamp)>> {
        let after = self.accepted_mail()?.max(self.proof()?);
        Ok(self
            .conn
            .prepare_cached(
                "SELECT o.ended_at, m.received_at FROM message m JOIN outbox o
                     ON o.message_id IN (m.message_id, json_extract(m.reading, '$.bounce.original_message_id'))
                 WHERE m.id > ?1 AND julianday(m.received_at) < julianday(o.ended_at) - 1
                 ORDER BY m.id DESC LIMIT 1",
            )?
            .query_row([after], |r| {
                Ok((parsed(r, "ended_at")?, parsed(r, "received_at")?))
            })
            .optional()?)
    }

    /// Takes back what a clock that was ahead has left: moments that lie more than a day ahead become now, the steps
    /// that were taken and the digests that were made then were none, and what was expected too early is expected when
    /// its time comes. Gives how many mails of ours it concerns, if it left anything. A look into the mailbox that lies
    /// ahead by however little becomes an old one. The moment of the installation stays, unless a mail server says that
    /// it is now: where this clock is the wrong one, a step too many is taken, and nobody is told a false word.
    pub fn undo_moments_ahead(&self, now: Timestamp) -> Result<Option<usize>> {
        if self.is_told_right(now)? {
            self.installed_by_now(now)?;
        }
        self.conn.execute(
            "UPDATE health SET success_at = ?1 WHERE part = ?2 AND success_at > ?3",
            params![instant(now - LONG_AGO), Part::Mailbox.word(), instant(now)],
        )?;
        let bound = instant(now + APART);
        let today = date_of(now).to_string();
        let parts = PARTS.map(|table| {
            format!("AND NOT EXISTS (SELECT 1 FROM {table} WHERE obligation = obligation.id)")
        });
        let too_early = format!("FROM obligation WHERE opens > ?1 {}", parts.join(" "));
        let left: bool = self.conn.query_row(
            &format!(
                "SELECT EXISTS (SELECT 1 FROM outbox WHERE queued_at > ?2)
                     OR EXISTS (SELECT 1 FROM outbox WHERE state = 'queued' AND put_off IS NULL AND next_try > ?2)
                     OR EXISTS (SELECT 1 FROM message WHERE stored_at > ?2) OR EXISTS (SELECT 1 {too_early})"
            ),
            [&today, &bound],
            |r| r.get(0),
        )?;
        if !left {
            return Ok(None);
        }
        self.transaction(|s| {
            let (moment, now) = (now, instant(now));
            let run = |sql: &str| s.conn.execute(sql, [&bound, &now]);
            let one = |sql: &str| s.conn.execute(sql, [&bound]);
            one("DELETE FROM reminder WHERE outbox IN (SELECT id FROM outbox WHERE queued_at > ?1)")?;
            one("DELETE FROM digest_mail WHERE day IN (SELECT day FROM digest_day WHERE until > ?1)")?;
            one("DELETE FROM digest_day WHERE until > ?1")?;
            s.conn
                .execute(&format!("DELETE {too_early}"), [&today])?;
            let of_a_day = kinds_where(|k| k.is_reminder() || k == Kind::Digest);
            s.conn.execute(
                "UPDATE outbox SET state = 'dropped', ended_at = ?2, error = ?4
                 WHERE queued_at > ?1 AND state = 'queued' AND kind IN (SELECT value FROM json_each(?3))",
                params![bound, now, of_a_day, said::CLOCK_WAS_WRONG],
            )?;
            let mails = s.conn.execute(
                // The key is free again for the day that it names.
                "UPDATE outbox SET queued_at = ?2,
                     key = CASE WHEN kind IN (SELECT value FROM json_each(?3)) THEN key || '~' || id ELSE key END
                 WHERE queued_at > ?1",
                [&bound, &now, &of_a_day],
            )?;
            s.move_holds(&bound, moment)?;
            for (table, column) in [
                ("outbox", "ended_at"),
                ("outbox", "next_try"),
                ("outbox", "begun_at"),
                ("outbox", "deferred_since"),
                ("outbox", "blocked_since"),
                ("outbox_rest", "since"),
                ("outbox_rest", "next_try"),
                ("outbox_rest", "ended_at"),
                ("queue_pause", "since"),
                ("queue_pause", "began"),
                ("queue_pause", "until"),
                ("message", "stored_at"),
                ("submission", "logged_at"),
                ("contact_bounce", "at"),
                ("staff_command", "at"),
                ("health", "success_at"),
                ("health", "failure_at"),
                ("health", "failing_since"),
            ] {
                run(&format!(
                    "UPDATE {table} SET {column} = ?2 WHERE {column} > ?1"
                ))?;
            }
            Ok(Some(mails))
        })
    }

    /// Has the holds of mails that were stored after a moment end so long after another one, as they were to end after
    /// their mails were stored.
    fn move_holds(&self, stored_after: &str, to: Timestamp) -> Result<()> {
        let mut statement = self.conn.prepare_cached(
            "SELECT h.id, h.until, m.stored_at FROM hold h JOIN message m ON m.id = h.message
             WHERE h.until IS NOT NULL AND m.stored_at > ?1",
        )?;
        let rows = statement.query_map([stored_after], |r| {
            let (until, stored): (Timestamp, Timestamp) =
                (parsed(r, "until")?, parsed(r, "stored_at")?);
            Ok((r.get("id")?, until.duration_since(stored)))
        })?;
        let holds: Vec<(i64, SignedDuration)> = rows.collect::<rusqlite::Result<_>>()?;
        let mut update = self
            .conn
            .prepare_cached("UPDATE hold SET until = ?2 WHERE id = ?1")?;
        for (id, lasts) in holds {
            update.execute(params![id, instant(to.checked_add(lasts)?)])?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::owed::Owed;
    use crate::domain::row::MessageId;
    use crate::store::NewMail;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    /// Rows of mails with when the server and when we had them; the fourth column is the Message-ID that bounced.
    fn store(mails: &[(i64, &str, &str, &str)]) -> Store {
        let store = Store::in_memory(at("2026-01-01T00:00:00Z")).unwrap();
        for (id, received, stored, bounced) in mails {
            let reading = serde_json::json!({"bounce": {"original_message_id": bounced}});
            store
                .conn
                .execute(
                    "INSERT INTO message (id, size, received_at, stored_at, state, reading)
                     VALUES (?1, 1, ?2, ?3, 'noted', ?4)",
                    params![id, received, stored, reading.to_string()],
                )
                .unwrap();
        }
        store
    }

    #[test]
    fn a_mail_that_is_to_be_tried_again_at_an_hour_of_a_wrong_clock_is_tried_now() {
        let (now, ahead) = (at("2026-06-15T08:00:00Z"), at("2026-08-01T08:00:00Z"));
        let store = Store::in_memory(at("2026-01-01T00:00:00Z")).unwrap();
        let mail = NewMail {
            owed: Owed::Arrived(MessageId(1)),
            unit: None,
            message: None,
        };
        let id = store.owe(&mail, now).unwrap().unwrap();
        store
            .try_again(id, ahead, "it is not among the sent mails")
            .unwrap();
        assert!(store.queue(now).unwrap().is_empty());
        assert!(store.undo_moments_ahead(now).unwrap().is_some());
        assert_eq!(store.queue(now).unwrap().len(), 1);
    }

    #[test]
    fn two_mails_of_the_future_count_unless_they_were_dated_so_when_they_came() {
        let now = at("2026-06-15T08:00:00Z");
        let (june, august) = ("2026-06-15T07:00:00Z", "2026-08-01T07:00:00Z");
        let counts = |mails: &[(i64, &str, &str, &str)]| {
            store(mails).latest_receipt_but_one(now).unwrap().is_some()
        };
        assert!(!counts(&[(1, august, august, "")]), "one");
        assert!(counts(&[(1, august, august, ""), (2, august, august, "")]));
        assert!(counts(&[(1, august, june, ""), (2, august, june, "")]));
        assert!(!counts(&[
            (1, august, june, ""),
            (2, august, june, ""),
            (3, june, june, "")
        ]));
    }

    #[test]
    fn a_mail_of_ours_that_came_back_before_it_was_sent_counts_until_another_mail_shows_the_clock_right()
     {
        let (really, ahead) = ("2026-06-15T07:00:00Z", "2027-06-15T07:00:00Z");
        let counts = |mails: &[(i64, &str, &str, &str)]| {
            let store = store(mails);
            store
                .conn
                .execute(
                    "INSERT INTO outbox (key, kind, priority, state, queued_at, next_try, message_id, ended_at)
                     VALUES ('x', 'digest', 1, 'sent', ?1, ?1, 'a@b', ?1)",
                    [ahead],
                )
                .unwrap();
            store.came_back_too_early().unwrap().is_some()
        };
        assert!(counts(&[(1, really, ahead, "a@b")]));
        assert!(!counts(&[(1, really, ahead, "c@d")]), "not ours");
        assert!(!counts(&[
            (1, really, ahead, "a@b"),
            (2, really, really, "")
        ]));
    }

    #[test]
    fn the_installation_moves_back_only_where_a_server_says_that_it_is_now() {
        let (installed, now) = (at("2026-06-01T01:00:00Z"), at("2026-05-15T10:00:00Z"));
        let hours = SignedDuration::from_hours;
        for (what, told, moved) in [
            ("nobody says so", None, false),
            (
                "a server says another time",
                Some((hours(48), hours(0))),
                false,
            ),
            (
                "a server said so two days ago",
                Some((hours(0), hours(48))),
                false,
            ),
            ("a server says so", Some((hours(0), hours(0))), true),
        ] {
            let store = Store::in_memory(installed).unwrap();
            if let Some((apart, ago)) = told {
                store.set_server_time(now - ago + apart, now - ago).unwrap();
            }
            store.undo_moments_ahead(now).unwrap();
            let wanted = if moved { now } else { installed };
            assert_eq!(store.first_opened().unwrap(), wanted, "{what}");
        }
        let store = Store::in_memory(installed).unwrap();
        store.installed_by_now(now).unwrap();
        assert_eq!(store.first_opened().unwrap(), now, "staff say so");
    }

    #[test]
    fn one_mail_of_the_future_keeps_a_clock_from_calling_an_earlier_one_wrong() {
        let now = at("2026-05-15T10:00:00Z");
        let (june, may) = ("2026-06-08T02:00:00Z", "2026-05-15T09:30:00Z");
        let contradicted =
            |mails: &[(i64, &str, &str, &str)]| store(mails).is_contradicted(now).unwrap();
        assert!(contradicted(&[(1, june, june, "")]));
        assert!(!contradicted(&[(1, june, may, ""), (2, may, may, "")]));
        assert!(!contradicted(&[(1, may, june, "")]));
    }
}
