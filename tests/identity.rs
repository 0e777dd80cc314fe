//! Ids that change or vanish: nobody is reminded of what he has sent under another name.

use std::fs;

use jiff::Timestamp;
use thubaocao::domain::identity::Thing;
use thubaocao::letters::{self, Composed};
use thubaocao::store::{OutgoingState, Store};
use thubaocao::{expected, identity, plan};

use crate::lab::Lab;
use crate::lab::installation::{Installation, REPORTING, both_forms, succeed};
use crate::reminders::{at, config};

fn change(installation: &Installation, file: &str, from: &str, to: &str) {
    let path = installation.config().join(file);
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{text}");
    fs::write(path, text.replace(from, to)).unwrap();
}

/// What `check` says of a configuration that it refuses.
fn refused(installation: &Installation) -> String {
    let output = installation.run(&["check", "--offline"]);
    assert_eq!(output.status.code(), Some(1));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_unit_that_has_reported_is_not_reminded_under_a_new_id() {
    let lab = Lab::start();
    let installation = Installation::new(&lab);
    let round = || succeed(installation.run(&["run", "--once"]));
    lab.unit_sends(REPORTING, "Báo cáo trẻ em", "Gửi Ban", &both_forms("1"));
    round();
    lab.await_mails(REPORTING, 1);

    change(
        &installation,
        "units.csv",
        "ldld-dong-hoa,",
        "ldld-dong-hoa-moi,",
    );
    let said = refused(&installation);
    for word in [
        "the unit ldld-dong-hoa is in the store (1 obligations, 1 submissions)",
        "did you mean `ldld-dong-hoa-moi`?",
        "`renamed`",
        "valid_to",
    ] {
        assert!(said.contains(word), "{said}");
    }
    round();
    round();
    assert_eq!(
        lab.mails_of(REPORTING).len(),
        1,
        "its acknowledgement alone"
    );
    // What comes is logged and answered all the same.
    lab.unit_sends(REPORTING, "Báo cáo trẻ em", "Gửi lại", &both_forms("2"));
    round();
    let letters = lab.await_mails(REPORTING, 2);
    assert!(letters.iter().all(|l| l.subject.starts_with("Re: ")));

    change(
        &installation,
        "units.csv",
        "valid_to,successor",
        "valid_to,successor,renamed",
    );
    let row = format!("{REPORTING},,,,,");
    let renamed = format!("{row},ldld-dong-hoa");
    change(&installation, "units.csv", &row, &renamed);
    let said = succeed(installation.run(&["check", "--offline"]));
    assert!(
        said.contains("ldld-dong-hoa will be renamed to ldld-dong-hoa-moi"),
        "{said}"
    );
    round();
    assert_eq!(lab.mails_of(REPORTING).len(), 2);
    let rows = installation.json(&["status", "--json"]);
    let of_it: Vec<_> = rows
        .iter()
        .filter(|l| l["unit"].as_str().unwrap().starts_with("ldld-dong-hoa"))
        .collect();
    assert_eq!(of_it.len(), 1, "{of_it:?}");
    assert_eq!(of_it[0]["unit"], "ldld-dong-hoa-moi");
    assert_eq!(of_it[0]["versions"], 2, "what came meanwhile is with it");
    let log = succeed(installation.run(&["history", "ldld-dong-hoa-moi"]));
    assert!(log.contains("ldld-dong-hoa → ldld-dong-hoa-moi"), "{log}");
}

#[test]
fn a_reload_that_loses_a_report_is_refused_until_it_says_what_became_of_it() {
    let lab = Lab::start();
    let installation = Installation::new(&lab);
    lab.unit_sends(REPORTING, "Báo cáo trẻ em", "Gửi Ban", &both_forms("1"));
    let daemon = installation.start();
    lab.await_mails(REPORTING, 1);
    change(
        &installation,
        "reports.toml",
        "\"tre-em\"",
        "\"tre-em-moi\"",
    );
    daemon.signal(libc::SIGHUP);
    daemon.await_log("the configuration was not reloaded; the old one stays", 1);
    assert!(
        daemon.log().contains("the report tre-em is in the store"),
        "{}",
        daemon.log()
    );
    let id = "id = \"tre-em-moi\"\n";
    let renamed = format!("{id}renamed = \"tre-em\"\n");
    change(&installation, "reports.toml", id, &renamed);
    daemon.signal(libc::SIGHUP);
    daemon.await_log("the configuration was reloaded", 1);
    daemon.terminate();
    succeed(installation.run(&["run", "--once"]));
    assert_eq!(lab.mails_of(REPORTING).len(), 1, "it has reported");
    let rows = installation.json(&["status", "--json"]);
    assert!(rows.iter().all(|l| l["report"] == "tre-em-moi"), "{rows:?}");
}

/// A store in which a reminder of a unit about a report waits to be sent.
fn with_a_queued_reminder(now: Timestamp) -> Store {
    let store = Store::in_memory(at("2026-01-01T00:00:00Z")).unwrap();
    expected::store_expected(&config(), &store, now).unwrap();
    plan::owe_reminders(&config(), &store, now).unwrap();
    assert_eq!(store.queue(now).unwrap().len(), 1);
    store
}

#[test]
fn nothing_is_sent_about_what_is_not_configured_and_staff_are_told() {
    let now = at("2026-06-17T02:00:00Z");
    for removed in [Thing::Unit, Thing::Report] {
        let store = with_a_queued_reminder(now);
        let mut config = config();
        match removed {
            Thing::Unit => config.register.units.retain(|u| u.parent.is_none()),
            Thing::Report => config.reports.clear(),
        }
        let mail = store.queue(now).unwrap().remove(0);
        let composed = letters::compose(&config, &store, &mail, now).unwrap();
        let Composed::Dropped(why) = composed else {
            panic!("{composed:?}");
        };
        let state = OutgoingState::Dropped;
        store.end_sending(mail.id, state, Some(&why), now).unwrap();
        let digest = letters::digest(
            &config,
            &store,
            jiff::civil::date(2026, 6, 17),
            None,
            now + jiff::SignedDuration::from_secs(1),
        );
        let text = digest.unwrap().text;
        assert!(text.contains(&why), "{why}: {text}");
    }
}

#[test]
fn what_waits_for_the_administrators_word_is_held_and_leaves_after_it() {
    let now = at("2026-06-17T02:00:00Z");
    let store = with_a_queued_reminder(now);
    let mut renamed = config();
    renamed.register.units[1].id.0 = "ldld-tuy-an-moi".into();
    identity::settle(&renamed, &store, now).unwrap();
    expected::store_expected(&renamed, &store, now).unwrap();
    plan::owe_reminders(&renamed, &store, now).unwrap();
    let queue = store.queue(now).unwrap();
    assert_eq!(queue.len(), 1, "none under the new id");
    let composed = letters::compose(&renamed, &store, &queue[0], now).unwrap();
    assert!(matches!(composed, Composed::Hold), "{composed:?}");
    let digest = letters::digest(&renamed, &store, jiff::civil::date(2026, 6, 17), None, now);
    assert!(
        digest
            .unwrap()
            .text
            .contains("không còn đơn vị ldld-tuy-an")
    );

    let old = thubaocao::domain::unit::UnitId("ldld-tuy-an".into());
    renamed.register.units[1].renamed = vec![old];
    identity::settle(&renamed, &store, now).unwrap();
    let queue = store.queue(now).unwrap();
    assert_eq!(queue.len(), 1);
    let composed = letters::compose(&renamed, &store, &queue[0], now).unwrap();
    assert!(matches!(composed, Composed::Ready(_)), "{composed:?}");
}
