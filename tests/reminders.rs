//! When a unit counts as reminded, and of what.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use jiff::Timestamp;
use thubaocao::config::Config;
use thubaocao::domain::owed::Kind;
use thubaocao::domain::reminder::{Step, Urgency};
use thubaocao::domain::unit::UnitId;
use thubaocao::letters::{self, Composed};
use thubaocao::store::{OutgoingState, Store};
use thubaocao::{expected, plan};

use crate::lab::installation::{Installation, LATE, REPORTING};
use crate::lab::outcome::{acknowledged, reminded, report};

pub fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// The sample configuration with one report of one unit.
pub fn config() -> Config {
    let mut config = Config::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("config")).unwrap();
    config.reports.retain(|r| r.id == "tre-em");
    let kept = |id: &UnitId| id.0 == "ldld-tinh" || id.0 == "ldld-tuy-an";
    config.register.units.retain(|u| kept(&u.id));
    config
}

#[test]
fn a_reminder_that_was_not_sent_was_not_given() {
    for end in [OutgoingState::Failed, OutgoingState::Dropped] {
        let config = config();
        let store = Store::in_memory(at("2026-01-01T00:00:00Z")).unwrap();
        let owed = |now: Timestamp| {
            expected::store_expected(&config, &store, now).unwrap();
            plan::owe_reminders(&config, &store, now).unwrap();
            store.queue(now).unwrap()
        };
        let late = at("2026-06-17T02:00:00Z");
        let first = owed(late);
        assert_eq!(first.len(), 1, "the deadline has passed");
        assert_eq!(owed(late + jiff::SignedDuration::from_mins(5)).len(), 1);
        store
            .end_sending(first[0].id, end, Some("550 refused"), late)
            .unwrap();
        let next_day = owed(at("2026-06-18T02:00:00Z"));
        assert_eq!(next_day.len(), 1, "{end:?}: nobody was reminded yet");
        let sent = OutgoingState::Sent;
        let now = at("2026-06-18T02:01:00Z");
        store.end_sending(next_day[0].id, sent, None, now).unwrap();
        assert!(owed(at("2026-06-19T02:00:00Z")).is_empty());
    }
}

/// The queue was paused for days: what left late says what holds when it leaves.
#[test]
fn a_letter_that_waited_over_several_steps_says_the_last_one() {
    let config = config();
    let store = Store::in_memory(at("2026-01-01T00:00:00Z")).unwrap();
    let mut mail = None;
    for day in ["2026-06-08", "2026-06-12", "2026-06-17"] {
        let now = at(&format!("{day}T02:00:00Z"));
        expected::store_expected(&config, &store, now).unwrap();
        plan::owe_reminders(&config, &store, now).unwrap();
        let mut queue = store.queue(now).unwrap();
        assert_eq!(queue.len(), 1, "{day}");
        mail = queue.pop();
    }
    let mail = mail.unwrap();
    assert_eq!(mail.owed.kind(), Kind::Reminder(Urgency::Late));
    let steps = store.steps_of(mail.id).unwrap();
    let steps: Vec<Step> = steps.iter().map(|(_, step)| *step).collect();
    assert_eq!(steps, [Step::Late(1)]);
    let now = at("2026-06-17T02:00:00Z");
    match letters::compose(&config, &store, &mail, now).unwrap() {
        Composed::Ready(draft) => assert!(draft.subject.starts_with("Đề nghị gửi báo cáo")),
        other => panic!("{other:?}"),
    }
}

#[test]
fn of_a_period_that_staff_have_closed_nobody_is_reminded() {
    let config = config();
    let store = Store::in_memory(at("2026-01-01T00:00:00Z")).unwrap();
    let late = at("2026-06-17T02:00:00Z");
    expected::store_expected(&config, &store, late).unwrap();
    plan::owe_reminders(&config, &store, late).unwrap();
    let waiting = store.queue(late).unwrap().remove(0);
    let period = "2026-H1".parse().unwrap();
    assert!(store.close_period("tre-em", &period, late).unwrap());
    // What waits is dropped, and nothing follows.
    let composed = letters::compose(&config, &store, &waiting, late).unwrap();
    assert!(matches!(composed, Composed::Dropped(_)), "{composed:?}");
    store
        .end_sending(waiting.id, OutgoingState::Dropped, None, late)
        .unwrap();
    let later = at("2026-07-01T02:00:00Z");
    plan::owe_reminders(&config, &store, later).unwrap();
    assert!(store.queue(later).unwrap().is_empty());
}

/// The answer of the server was lost, and the mailbox could not be looked at until the day after.
#[test]
fn a_letter_that_is_found_days_later_reminded_when_it_left() {
    let config = config();
    let store = Store::in_memory(at("2026-01-01T00:00:00Z")).unwrap();
    let owed = |now: Timestamp| {
        expected::store_expected(&config, &store, now).unwrap();
        plan::owe_reminders(&config, &store, now).unwrap();
        store.queue(now).unwrap().pop()
    };
    let monday = at("2026-06-15T02:00:00Z");
    let before = owed(monday).unwrap();
    store.start_sending(before.id, "a@b", None, monday).unwrap();
    let tuesday = at("2026-06-16T02:00:00Z");
    store
        .end_sending(before.id, OutgoingState::Sent, None, tuesday)
        .unwrap();
    let late = owed(tuesday).expect("it is late, and was reminded on the day before only");
    assert_eq!(late.owed.kind(), Kind::Reminder(Urgency::Late));
    let (obligation, _) = store.steps_of(before.id).unwrap().remove(0);
    let told = store.reminders_of(obligation).unwrap();
    assert_eq!(told, [(monday, Step::Before(1))]);
    assert!(owed(at("2026-06-15T03:00:00Z")).is_none(), "twice a day");
}

/// A program that takes mails as sendmail does, a second each. While it takes the first reminder, a report is delivered.
const SLOW_SENDMAIL: &str = r#"#!/bin/sh
set -e
mail=$(mktemp OUT/XXXXXX)
cat > "$mail"
case "$*" in *"-- FIRST")
    LD_PRELOAD= sleep 1.2
    mv REPORT MAILDIR/new/1.report
esac
mv "$mail" "$mail.eml"
"#;

#[test]
fn a_report_that_comes_while_reminders_leave_slowly_is_thanked_and_not_reminded() {
    let installation = Installation::on_maildir();
    let dir = installation.maildir().parent().unwrap().to_owned();
    let out = dir.join("outbox");
    std::fs::create_dir_all(&out).unwrap();
    let report_file = dir.join("report.eml");
    std::fs::write(&report_file, report(LATE, "1")).unwrap();
    let script = SLOW_SENDMAIL
        .replace("OUT", out.to_str().unwrap())
        .replace("FIRST", REPORTING)
        .replace("REPORT", report_file.to_str().unwrap())
        .replace("MAILDIR", installation.maildir().to_str().unwrap());
    let program = dir.join("sendmail");
    std::fs::write(&program, script).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    installation.edit(
        "thubaocao.toml",
        "kind = \"file\"\nfolder = \"outbox\"",
        &format!("kind = \"sendmail\"\nprogram = {program:?}"),
    );
    // A second of ours is a minute of its clock.
    let output = std::process::Command::new("faketime")
        .args(["-f", "+0 x60", env!("CARGO_BIN_EXE_thubaocao"), "--config"])
        .arg(installation.config())
        .args(["run", "--once"])
        .env("FAKETIME_DONT_FAKE_MONOTONIC", "1")
        .output()
        .expect("faketime is missing; tests/run installs what the tests need");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert_eq!(reminded(&installation, REPORTING), 1);
    assert_eq!(acknowledged(&installation, LATE), 1);
    assert_eq!(reminded(&installation, LATE), 0);
}
