//! A clock that is wrong: nothing that is decided by date is done by it, and what it left does no lasting harm.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Output;
use std::time::{Duration, SystemTime};

use jiff::{SignedDuration, Timestamp, ToSpan};
use thubaocao::domain::zone;
use thubaocao::letters::{self, Composed};
use thubaocao::store::{OutgoingState, Part, Store};
use thubaocao::{correct, expected, plan};

use crate::lab::imap_fake::{FakeImap, Fault, Folder, Step};
use crate::lab::installation::{
    Installation, LATE, REPORTING, STAFF, by_clock, succeed, thubaocao,
};
use crate::lab::outcome::{acknowledged, ago, reminded, report};
use crate::lab::{Lab, MAILBOX, await_until};
use crate::reminders::{at, config};

/// Plans and sends once an hour of work on each day of a span; gives how many reminders left.
fn days(store: &Store, from: Timestamp, days: i64) -> usize {
    let config = config();
    let mut sent = 0;
    for day in 0..days {
        let now = from + SignedDuration::from_hours(24 * day);
        expected::store_expected(&config, store, now).unwrap();
        plan::owe_reminders(&config, store, now).unwrap();
        for mail in store.queue(now).unwrap() {
            let composed = letters::compose(&config, store, &mail, now).unwrap();
            if matches!(composed, Composed::Ready(_)) {
                sent += 1;
                let state = OutgoingState::Sent;
                store.end_sending(mail.id, state, None, now).unwrap();
            }
        }
    }
    sent
}

#[test]
fn a_clock_a_year_ahead_for_one_round_does_no_lasting_harm() {
    let installed = at("2026-01-01T00:00:00Z");
    let (before, ahead) = (at("2026-06-10T02:00:00Z"), at("2027-06-16T02:00:00Z"));
    let spring = at("2027-05-20T02:00:00Z");
    let right = Store::in_memory(installed).unwrap();
    days(&right, before, 1);
    let wanted = days(&right, spring, 60);
    assert!(wanted > 2, "{wanted}");

    let store = Store::in_memory(installed).unwrap();
    days(&store, before, 1);
    let known = |store: &Store| {
        let all = store.obligations(thubaocao::store::Receipts::All).unwrap();
        let all = all.into_iter().map(|o| (o.unit, o.report, o.period));
        all.collect::<Vec<_>>()
    };
    let expected = known(&store);
    assert_eq!(days(&store, ahead, 1), 1, "a reminder of what is not due");
    assert!(known(&store).len() > expected.len());
    let back = before + SignedDuration::from_hours(1);
    assert!(correct::undo_moments_ahead(&store, back).unwrap().is_some());
    assert_eq!(store.history("clock").unwrap().len(), 1);
    assert_eq!(known(&store), expected);
    assert!(store.undo_moments_ahead(back).unwrap().is_none());
    assert_eq!(days(&store, spring, 60), wanted);
}

#[test]
fn a_look_that_was_dated_ahead_lets_no_reminder_leave_once_the_clock_is_right() {
    let now = at("2026-06-16T02:00:00Z");
    for hours in [1, 20, 24 * 300] {
        let store = Store::in_memory(at("2026-01-01T00:00:00Z")).unwrap();
        let ahead = now + SignedDuration::from_hours(hours);
        store.succeeded(Part::Mailbox, ahead).unwrap();
        correct::undo_moments_ahead(&store, now).unwrap();
        let looked = store.health(Part::Mailbox).unwrap().success_at.unwrap();
        // By the true clock nobody has looked in the last minute.
        let age = now.duration_since(looked);
        assert!(age > SignedDuration::from_mins(10), "{hours} h: {age:#}");
    }
}

/// The sample with a mailbox of files and one late unit, by the real clock, whose working hours are always.
fn installation() -> tempfile::TempDir {
    let dir = crate::lab::demo::sample();
    let config = dir.path().join("config");
    let path = config.join("thubaocao.toml");
    let mut text = fs::read_to_string(&path).unwrap();
    for (from, to) in [
        ("digest_at = \"07:00\"", "digest_at = \"00:00\""),
        ("work_starts = \"07:30\"", "work_starts = \"00:00\""),
        ("work_ends = \"17:00\"", "work_ends = \"23:59\""),
    ] {
        assert!(text.contains(from), "{from}");
        text = text.replace(from, to);
    }
    fs::write(&path, text).unwrap();
    dir
}

fn round(dir: &tempfile::TempDir) -> Output {
    let config = dir.path().join("config");
    thubaocao(&config).args(["run", "--once"]).output().unwrap()
}

/// Puts a mail into the mailbox as if it had been received so long from now.
fn receive(dir: &tempfile::TempDir, name: &str, ahead: Duration) {
    let folder = dir.path().join("data/maildir/new");
    fs::create_dir_all(&folder).unwrap();
    let raw = format!("From: ai-do@x.example\r\nSubject: {name}\r\n\r\nChào Ban\r\n");
    let path = folder.join(format!("1.{name}.lab"));
    fs::write(&path, raw).unwrap();
    let file = fs::File::options().write(true).open(&path).unwrap();
    file.set_modified(SystemTime::now() + ahead).unwrap();
}

#[test]
fn by_a_clock_behind_the_mails_nothing_is_decided_until_it_is_said_to_be_right() {
    let dir = installation();
    // How many mails left, and how many of them are digests.
    let left = |dir: &tempfile::TempDir| {
        let files = fs::read_dir(dir.path().join("data/outbox"));
        let names = files
            .into_iter()
            .flatten()
            .map(|f| f.unwrap().file_name().into_string().unwrap());
        let names: Vec<String> = names.collect();
        let digests = names.iter().filter(|n| n.contains("digest")).count();
        (names.len(), digests)
    };
    let three_days = Duration::from_secs(3 * 86_400);
    receive(&dir, "a", three_days);
    succeed(round(&dir));
    let (all, digests) = left(&dir);
    assert_eq!(digests, 1, "one mail of the future is no evidence");
    let dir = installation();
    receive(&dir, "a", three_days);
    receive(&dir, "b", three_days);
    succeed(round(&dir));
    assert_eq!(left(&dir), (0, 0), "two are");
    let config = dir.path().join("config");
    let run = |arguments: &[&str]| thubaocao(&config).args(arguments).output().unwrap();
    let status = succeed(run(&["status", "--json"]));
    assert!(!status.is_empty());
    let said = succeed(run(&["clock", "accept"]));
    assert!(said.contains("taken for right"), "{said}");
    succeed(round(&dir));
    assert_eq!(left(&dir), (all, 1));
    let history = succeed(run(&["history", "clock"]));
    assert!(history.contains("clock accept"), "{history}");
}

/// A program that runs by the clock of a file, while the time that passes is the machine's own.
const BY_A_CLOCK: &str = r#"#!/bin/sh
export LD_PRELOAD=$(ls /usr/lib/*/faketime/libfaketime.so.1)
export FAKETIME_TIMESTAMP_FILE=CLOCK FAKETIME_NO_CACHE=1 FAKETIME_DONT_FAKE_MONOTONIC=1
exec PROGRAM "$@"
"#;

#[test]
fn a_clock_that_jumps_while_the_daemon_runs_stops_what_goes_by_date_until_it_is_mended() {
    let installation = Installation::on_maildir();
    let dir = installation.maildir().parent().unwrap().to_owned();
    let clock = dir.join("clock");
    let set = |by: &str| {
        fs::write(dir.join("next"), by).unwrap();
        fs::rename(dir.join("next"), &clock).unwrap();
    };
    set("+0");
    let script = BY_A_CLOCK
        .replace("CLOCK", clock.to_str().unwrap())
        .replace("PROGRAM", env!("CARGO_BIN_EXE_thubaocao"));
    let program = dir.join("program");
    fs::write(&program, script).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let daemon = installation.start_program(&program);
    await_until("the digest and two reminders", || {
        installation.outbox().len() == 3
    });
    let health = || installation.run(&["health"]).status.success();
    // A reload begins a round.
    set("+400d");
    daemon.signal(libc::SIGHUP);
    await_until("the round to end that finds it", || {
        let log = daemon.log();
        let after = log.rsplit_once("the clock is wrong");
        after.is_some_and(|(_, after)| after.contains("waiting"))
    });
    await_until("health to say so", || !health());
    set("+0");
    let raw = report(LATE, "1");
    fs::write(installation.maildir().join("new/1.report"), raw).unwrap();
    daemon.signal(libc::SIGHUP);
    await_until("health to say that it is over", health);
    await_until("the answer", || acknowledged(&installation, LATE) == 1);
    assert_eq!(installation.outbox().len(), 4, "nothing else has left");
    daemon.terminate();
}

#[test]
fn a_silent_mailbox_is_asked_for_the_time_before_anything_is_decided_by_a_clock_that_is_ahead() {
    let lab = Lab::start();
    let installation = Installation::new(&lab);
    let mut ahead = installation.command(&["run", "--once"]);
    by_clock(&mut ahead, "+20d").env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
    let output = ahead.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("the clock is wrong"), "{said}");
    assert!(said.contains("Apart"), "{said}");
    lab.await_empty_queue();
    let letters = |address: &str| lab.mails_of(address).len();
    assert_eq!([STAFF, REPORTING, LATE].map(letters), [0, 0, 0], "{said}");
    assert!(!installation.run(&["health"]).status.success());
    // The right clock agrees with the server, and nothing is left there.
    succeed(installation.run(&["run", "--once"]));
    assert_eq!(lab.await_mails(STAFF, 1).len(), 1);
    for unit in [REPORTING, LATE] {
        assert_eq!(lab.await_mails(unit, 1).len(), 1, "its reminder");
    }
    let folders = fs::read_dir(lab.maildir(MAILBOX)).unwrap();
    let names = folders.map(|e| e.unwrap().file_name().into_string().unwrap());
    let names: Vec<String> = names.filter(|n| n.starts_with(".Thubaocao")).collect();
    assert_eq!(names, [""; 0]);
}

/// A mailbox of files tells nothing of the time: what a clock that is off by weeks makes of a deadline is the first word on
/// it that a unit hears, and that is not the letter to its leader.
#[test]
fn no_period_begins_with_the_letter_to_the_leader_whatever_the_clock_says() {
    const LEADER: &str = "chu.tich@phuyen.example";
    let today = Timestamp::now().to_zoned(zone()).date();
    let day = |from_today: i64| today.saturating_add(from_today.days()).to_string();
    // Whether what was due before the installation counts, when it was due, and the clock of the rounds: the first that
    // is to tell of the delay, and one on the next day.
    for (what, backlog, due, before, then) in [
        ("the backlog", true, -10, None, ["+0d", "+1d"]),
        (
            "begun by a clock behind",
            false,
            -10,
            Some("-20d"),
            ["+0d", "+1d"],
        ),
        (
            "begun rightly, and ahead later",
            false,
            3,
            Some("+0d"),
            ["+12d", "+13d"],
        ),
    ] {
        let installation = Installation::on_maildir();
        let last = format!("{LATE},,,,,");
        installation.edit("units.csv", &last, &format!("{LATE},{LEADER},,,,"));
        let edit = |from: &str, to: &str| installation.edit("thubaocao.toml", from, to);
        edit(
            "escalate_after = 200",
            "escalate_after = 2\nescalation = \"automatic\"",
        );
        edit(
            "remind_backlog = true",
            &format!("remind_backlog = {backlog}"),
        );
        installation.edit("reports.toml", &day(-10), &day(due));
        let round = |clock: &str| {
            succeed(
                by_clock(&mut installation.command(&["run", "--once"]), clock)
                    .output()
                    .unwrap(),
            );
            let to_leader = |l: &&crate::lab::Letter| l.to.contains(LEADER);
            let leader = installation.outbox().iter().filter(to_leader).count();
            (reminded(&installation, LATE), leader)
        };
        if let Some(clock) = before {
            assert_eq!(round(clock), (0, 0), "{what}");
        }
        assert_eq!(round(then[0]), (1, 0), "{what}");
        assert_eq!(round(then[1]).1, 1, "{what}");
    }
}

fn written_at(installation: &Installation, name: &str, raw: &[u8], days_ago: u64) {
    let path = installation.maildir().join("new").join(name);
    fs::write(&path, raw).unwrap();
    let file = fs::File::options().write(true).open(&path).unwrap();
    let age = Duration::from_secs(days_ago * 86_400);
    file.set_modified(SystemTime::now() - age).unwrap();
}

/// A Maildir by one right round, then a clock behind, and the right one again.
#[test]
fn a_clock_behind_makes_nothing_owed_from_before_the_installation_and_files_no_report_early() {
    let installation = Installation::on_maildir();
    installation.edit(
        "thubaocao.toml",
        "remind_backlog = true",
        "remind_backlog = false",
    );
    let round = |clock: &str| {
        let mut command = installation.command(&["run", "--once"]);
        succeed(by_clock(&mut command, clock).output().unwrap());
    };
    let hello = b"From: ai-do@x.example\r\nSubject: Hello\r\n\r\nHello\r\n";
    written_at(&installation, "1.a", hello, 1);
    round("+0d");
    // What was due ten days ago was due before the installation; the clock is set to before that.
    written_at(&installation, "2.b", &report(REPORTING, "1"), 0);
    round("-20d");
    assert_eq!(acknowledged(&installation, REPORTING), 0, "by that clock");
    round("-19d");
    round("+0d");
    assert_eq!(acknowledged(&installation, REPORTING), 1);
    assert_eq!(reminded(&installation, LATE), 0);
    let outbox = installation.outbox();
    let answer = outbox.iter().find(|l| l.subject.starts_with("Re: "));
    let text = &answer.unwrap().text;
    assert!(!text.contains("đúng hạn"), "{text}");
    let today = Timestamp::now().to_zoned(zone()).date();
    let day = thubaocao::domain::vietnamese_date(today);
    assert!(text.contains(&format!("ngày {day}")), "{text}");
}

/// A round with a mailbox that nobody has written to for a month.
fn asked(server: &FakeImap) -> Installation {
    let installation = Installation::against(server);
    let month = 30 * 86_400;
    server.deliver("INBOX", ago(month), b"From: ai-do@x.example\r\n\r\n");
    succeed(installation.run(&["run", "--once"]));
    assert_eq!(
        installation.outbox().len(),
        3,
        "the digest and two reminders"
    );
    installation
}

#[test]
fn gmail_is_asked_for_the_time_by_a_mail_in_its_trash_that_is_gone_at_once() {
    let server = FakeImap::start();
    server.change(|a| {
        a.gmail = true;
        let mut trash = Folder::new("[Gmail]/Thùng rác", Some("\\Trash"));
        trash.deliver(ago(86_400), b"From: ai-do@x.example\r\n\r\n");
        a.folders.push(trash);
    });
    let before = server.account().folders.len();
    let installation = asked(&server);
    assert_eq!(server.count(Step::Append), 1, "{:?}", server.log());
    assert_eq!(server.count(Step::Date), 1, "{:?}", server.log());
    assert_eq!(server.count(Step::Create), 0);
    {
        let mut account = server.account();
        assert_eq!(account.folders.len(), before);
        assert_eq!(account.folder("[Gmail]/Thùng rác").mails.len(), 1);
    }
    // A mail of today tells what time it is.
    server.deliver("INBOX", ago(60), b"From: ai-do@x.example\r\n\r\n.");
    succeed(installation.run(&["run", "--once"]));
    assert_eq!(server.count(Step::Append), 1);
}

#[test]
fn a_server_that_does_not_take_the_question_stops_nothing() {
    for step in [Step::Create, Step::Append, Step::Date, Step::Delete] {
        let server = FakeImap::start();
        server.on(step, .., Fault::No("[NOPERM] no"));
        asked(&server);
        assert_eq!(server.count(step), 1, "{step:?}");
    }
    for step in [Step::Create, Step::Append, Step::Search] {
        let server = FakeImap::start();
        server.on(step, .., Fault::CutAfter(0));
        asked(&server);
        assert_eq!(server.count(step), 1, "{step:?}");
    }
}
