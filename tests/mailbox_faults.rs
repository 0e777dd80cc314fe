//! What the IMAP server does wrong loses no mail, and no unit that has reported is told that it is late.

use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};

use crate::lab::imap_fake::{FakeImap, Fault, Folder, Step};
use crate::lab::installation::{Installation, LATE, REPORTING, STAFF, by_clock, measured};
use crate::lab::outcome::{acknowledged, ago, logged, reminded, report, round};
use crate::lab::{await_until, written};

/// What `check` says that fails.
fn failure(installation: &Installation) -> String {
    let output = installation.run(&["check"]);
    assert_eq!(output.status.code(), Some(1));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn reports_on_a_server_without_fault_are_logged_and_acknowledged_in_one_login() {
    let server = FakeImap::start();
    let installation = Installation::against(&server);
    server.deliver("INBOX", ago(600), &report(REPORTING, "1"));
    server.deliver("Spam", ago(500), &report(LATE, "2"));
    let output = installation.run(&["run", "--once"]);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    for (address, unit) in [(REPORTING, "ldld-dong-hoa"), (LATE, "ldld-tuy-an")] {
        assert!(logged(&installation, unit), "{unit}");
        assert_eq!(acknowledged(&installation, address), 1, "{address}");
        assert_eq!(reminded(&installation, address), 0, "{address}");
    }
    assert_eq!(server.count(Step::Login), 1);
    assert_eq!(server.count(Step::Bodies), 2);
    let log = server.log();
    let mut opened = log.iter().filter(|(step, _)| *step == Step::Select);
    assert!(opened.all(|(_, c)| c.starts_with("EXAMINE")), "{log:?}");
}

#[test]
fn whatever_command_fails_once_both_reports_are_logged_and_acknowledged_once() {
    let steps = [
        (Step::Greeting, 1),
        (Step::Login, 1),
        (Step::Capability, 1),
        (Step::Select, 1),
        (Step::List, 1),
        (Step::Select, 2),
        (Step::Listing, 1),
        (Step::Bodies, 1),
        (Step::Logout, 1),
    ];
    let faults = [
        Fault::Nothing,
        Fault::No("[OVERQUOTA] no"),
        Fault::Bad("what?"),
        Fault::Bye("good night"),
        Fault::CutAfter(0),
        Fault::CutAfter(40),
        Fault::Garbage(b"* 1 FETCH (BODY[] {99}\r\n\x00\xff"),
    ];
    std::thread::scope(|all| {
        for (step, nth) in steps {
            let faults = &faults;
            all.spawn(move || faults.iter().for_each(|f| survived(step, nth, f)));
        }
    });
}

/// Two reports come through one fault.
fn survived(step: Step, nth: usize, fault: &Fault) {
    let server = FakeImap::start();
    let installation = Installation::against(&server);
    for (unit, mark) in [(REPORTING, "1"), (LATE, "2")] {
        server.deliver("INBOX", ago(600), &report(unit, mark));
    }
    server.on(step, nth..=nth, fault.clone());
    if matches!(fault, Fault::Garbage(_)) {
        // It leaves a client waiting for the rest; what it does then is the same as after a cut.
        server.on(step, nth..=nth, Fault::CutAfter(usize::MAX));
    }
    round(&installation);
    // A refused login is not tried again at once.
    let later = (ago(0) + SignedDuration::from_mins(16)).to_string();
    installation.run(&["--at", &later, "run", "--once"]);
    let log = server.log();
    assert!(server.count(step) >= nth, "it never came to that: {log:?}");
    for address in [REPORTING, LATE] {
        assert_eq!(acknowledged(&installation, address), 1, "{log:?}");
        assert_eq!(reminded(&installation, address), 0, "{log:?}");
    }
}

#[test]
fn a_mail_wakes_the_daemon_out_of_idle() {
    let server = FakeImap::start();
    let installation = Installation::against(&server);
    let daemon = installation.start();
    server.await_step(Step::Idle, 1);
    server.deliver("INBOX", ago(1), &report(REPORTING, "1"));
    await_until("the acknowledgement", || {
        acknowledged(&installation, REPORTING) == 1
    });
    daemon.terminate();
}

#[test]
fn a_server_that_wakes_us_for_nothing_is_not_asked_again_at_once() {
    let server = FakeImap::start();
    let installation = Installation::against(&server);
    server.on(Step::Idle, .., Fault::ExistsAtOnce);
    let daemon = installation.start();
    server.await_step(Step::Idle, 1);
    let begun = Instant::now();
    server.await_step(Step::Idle, 2);
    assert!(
        begun.elapsed() > Duration::from_secs(4),
        "{:?}",
        begun.elapsed()
    );
    daemon.terminate();
}

#[test]
fn a_report_that_comes_while_the_round_connects_is_thanked_and_not_reminded() {
    let server = FakeImap::start();
    let installation = Installation::against(&server);
    let coming = report(REPORTING, "1");
    server.on(
        Step::Capability,
        1..=1,
        Fault::Delay(Duration::from_millis(1100)),
    );
    server.on(
        Step::Select,
        1..=1,
        Fault::before(move |a| {
            a.folder("INBOX").deliver(Timestamp::now(), &coming);
        }),
    );
    round(&installation);
    assert_eq!(acknowledged(&installation, REPORTING), 1);
    assert_eq!(reminded(&installation, REPORTING), 0);
}

#[test]
fn a_report_whose_server_s_clock_is_ahead_is_thanked_and_not_reminded() {
    let server = FakeImap::start();
    let installation = Installation::against(&server);
    server.deliver("INBOX", ago(-180), &report(REPORTING, "1"));
    round(&installation);
    assert_eq!(acknowledged(&installation, REPORTING), 1);
    assert_eq!(reminded(&installation, REPORTING), 0);
    assert_eq!(reminded(&installation, LATE), 1, "the other unit is late");
}

#[test]
fn a_mailbox_that_was_restored_from_a_copy_hides_no_report_under_a_uid_used_before() {
    let server = FakeImap::start();
    let installation = Installation::against(&server);
    let greeting = |mark| written("chao@la.example", mark, "Xin chào", &[]);
    server.deliver("INBOX", ago(900), &greeting("1"));
    let saved = server.account().folder("INBOX").clone();
    server.deliver("INBOX", ago(800), &greeting("2"));
    round(&installation);
    server.change(|a| *a.folder("INBOX") = saved);
    let uid = server.deliver("INBOX", ago(60), &report(REPORTING, "3"));
    assert_eq!(uid, 2);
    round(&installation);
    assert!(logged(&installation, "ldld-dong-hoa"));
    assert_eq!(acknowledged(&installation, REPORTING), 1);
}

#[test]
fn a_mail_that_is_listed_without_its_date_or_size_is_not_passed_over() {
    for (item, instead) in [
        ("INTERNALDATE", None),
        ("INTERNALDATE", Some("\"yesterday\"")),
        ("RFC822.SIZE", None),
    ] {
        let server = FakeImap::start();
        let installation = Installation::against(&server);
        let uid = server.deliver("INBOX", ago(600), &report(REPORTING, "1"));
        server.deliver("INBOX", ago(500), &report(LATE, "2"));
        server.on(Step::Listing, 1..=1, Fault::Item(uid, item, instead));
        round(&installation);
        assert_eq!(reminded(&installation, REPORTING), 0, "{item} {instead:?}");
        server.mend();
        round(&installation);
        assert!(
            logged(&installation, "ldld-dong-hoa"),
            "{item} {instead:?} now given"
        );
        assert_eq!(acknowledged(&installation, REPORTING), 1, "{item}");
        assert_eq!(reminded(&installation, REPORTING), 0, "{item}");
    }
}

#[test]
fn a_unit_whose_mail_is_always_listed_without_its_date_is_not_reminded() {
    let server = FakeImap::start();
    let installation = Installation::against(&server);
    let uid = server.deliver("INBOX", ago(600), &report(REPORTING, "1"));
    server.on(Step::Listing, .., Fault::Item(uid, "INTERNALDATE", None));
    for _ in 0..3 {
        round(&installation);
        assert_eq!(reminded(&installation, REPORTING), 0);
    }
}

#[test]
fn a_server_that_lists_nothing_of_what_is_there_has_not_been_looked_through() {
    let server = FakeImap::start();
    let installation = Installation::against(&server);
    let uid = server.deliver("INBOX", ago(600), &report(REPORTING, "1"));
    server.deliver("INBOX", ago(500), &written("chao@la.example", "2", "", &[]));
    for fault in [Fault::Nothing, Fault::Without(uid)] {
        server.on(Step::Listing, 1..=1, fault);
        round(&installation);
        server.mend();
        assert_eq!(reminded(&installation, REPORTING), 0);
    }
    round(&installation);
    assert_eq!(acknowledged(&installation, REPORTING), 1);
    assert_eq!(reminded(&installation, REPORTING), 0);
    assert_eq!(reminded(&installation, LATE), 1, "the other unit is late");
}

#[test]
fn a_server_that_gives_nothing_of_what_it_listed_has_not_been_looked_through() {
    let server = FakeImap::start();
    let installation = Installation::against(&server);
    let uid = server.deliver("INBOX", ago(600), &report(REPORTING, "1"));
    for fault in [Fault::Nothing, Fault::Without(uid)] {
        server.on(Step::Bodies, 1..=1, fault);
        round(&installation);
        server.mend();
        assert_eq!(reminded(&installation, REPORTING), 0);
    }
    round(&installation);
    assert_eq!(acknowledged(&installation, REPORTING), 1);
    assert_eq!(reminded(&installation, REPORTING), 0);
}

#[test]
fn a_mail_that_comes_cut_short_is_fetched_again() {
    let server = FakeImap::start();
    let installation = Installation::against(&server);
    let uid = server.deliver("INBOX", ago(600), &report(REPORTING, "1"));
    server.on(Step::Bodies, 1..=1, Fault::Truncated(uid, 10));
    round(&installation);
    assert_eq!(reminded(&installation, REPORTING), 0);
    round(&installation);
    assert!(logged(&installation, "ldld-dong-hoa"));
    assert_eq!(acknowledged(&installation, REPORTING), 1);
    assert_eq!(reminded(&installation, REPORTING), 0);
}

#[test]
fn a_mail_of_which_the_server_announces_another_size_each_time_is_taken_once() {
    let server = FakeImap::start();
    let installation = Installation::against(&server);
    let uid = server.deliver("INBOX", ago(600), &report(REPORTING, "1"));
    // Some servers announce how much room a mail takes in their storage.
    server.change(|a| a.folder("INBOX").mails[0].announced = Some(9_999_999));
    round(&installation);
    round(&installation);
    assert!(logged(&installation, "ldld-dong-hoa"));
    assert_eq!(acknowledged(&installation, REPORTING), 1, "UID {uid}");
}

/// Runs rounds until something holds; gives how many it took.
fn rounds_until(installation: &Installation, most: usize, holds: impl Fn() -> bool) -> usize {
    for n in 1..=most {
        round(installation);
        if holds() {
            return n;
        }
    }
    panic!("not within {most} rounds");
}

#[test]
fn a_unit_whose_report_the_line_breaks_in_again_and_again_is_not_reminded() {
    let server = FakeImap::start();
    let installation = Installation::against(&server);
    server.deliver("INBOX", ago(700), &written("chao@la.example", "1", "", &[]));
    let uid = server.deliver("INBOX", ago(600), &report(REPORTING, "1"));
    server.on(
        Step::Bodies,
        ..,
        Fault::Of(uid, Box::new(Fault::CutAfter(100))),
    );
    let waits = || !installation.json(&["inbox", "--json"]).is_empty();
    rounds_until(&installation, 10, waits);
    assert_eq!(
        installation.json(&["inbox", "--json"])[0]["sender"],
        REPORTING
    );
    round(&installation);
    assert_eq!(reminded(&installation, REPORTING), 0);
    assert_eq!(reminded(&installation, LATE), 1, "the other unit is late");
    // The line is good again; what was given up is asked for on the next day.
    server.mend();
    let tomorrow = (ago(0) + SignedDuration::from_hours(25)).to_string();
    installation.run(&["--at", &tomorrow, "run", "--once"]);
    assert!(logged(&installation, "ldld-dong-hoa"));
    assert_eq!(acknowledged(&installation, REPORTING), 1);
    assert_eq!(reminded(&installation, REPORTING), 0);
}

#[test]
fn a_mail_that_the_server_cannot_read_holds_its_unit_s_reminder_and_nobody_else_s() {
    let server = FakeImap::start();
    let installation = Installation::against(&server);
    let uid = server.deliver("INBOX", ago(600), &report(REPORTING, "1"));
    server.deliver("INBOX", ago(500), &report("khac@la.example", "2"));
    server.on(
        Step::Bodies,
        ..,
        Fault::Of(uid, Box::new(Fault::No("[SERVERBUG] cannot be read"))),
    );
    rounds_until(&installation, 10, || reminded(&installation, LATE) == 1);
    assert_eq!(reminded(&installation, REPORTING), 0);
}

#[test]
fn a_mail_that_is_too_large_holds_its_unit_s_reminder() {
    let server = FakeImap::start();
    let installation = Installation::against(&server);
    server.deliver("INBOX", ago(600), &report(REPORTING, "1"));
    server.change(|a| a.folder("INBOX").mails[0].announced = Some(2_000_000_000));
    round(&installation);
    assert_eq!(
        installation.json(&["inbox", "--json"])[0]["sender"],
        REPORTING
    );
    assert_eq!(reminded(&installation, REPORTING), 0);
    assert_eq!(reminded(&installation, LATE), 1, "the other unit is late");
    assert_eq!(server.count(Step::Bodies), 0, "it is not fetched");
}

#[test]
fn a_folder_that_is_gone_keeps_no_other_from_being_read_and_holds_reminders_for_one_working_day() {
    let server = FakeImap::start();
    let installation = Installation::against(&server);
    server.deliver("INBOX", ago(600), &report(REPORTING, "1"));
    server.change(|a| a.folders.retain(|f| f.name != "Spam"));
    server.change(|a| a.folders.push(Folder::new("Thùng rác", None)));
    round(&installation);
    assert!(logged(&installation, "ldld-dong-hoa"));
    assert_eq!(acknowledged(&installation, REPORTING), 1);
    assert_eq!(
        reminded(&installation, LATE),
        0,
        "its report may lie in Spam"
    );
    let outbox = installation.outbox();
    let digest = outbox.iter().find(|l| l.to == STAFF).unwrap();
    assert!(
        digest.text.contains("Spam: hộp thư không có thư mục này"),
        "{}",
        digest.text
    );
    assert!(digest.text.contains("Thùng rác"), "{}", digest.text);
    let later = (ago(0) + SignedDuration::from_hours(24 * 5)).to_string();
    installation.run(&["--at", &later, "run", "--once"]);
    assert_eq!(reminded(&installation, LATE), 1);
}

/// From now on outcomes are shown by keywords.
fn show_by_keyword(installation: &Installation) {
    installation.edit("thubaocao.toml", "\"nothing\"", "\"keyword\"");
}

/// The UIDs that were shown to be logged.
fn shown_as_logged(server: &FakeImap) -> Vec<String> {
    let log = server.log().into_iter();
    let uids = log.filter(|(_, command)| command.contains("+FLAGS.SILENT (Thubaocao-Logged)"));
    uids.map(|(_, command)| command.split(' ').nth(2).unwrap().to_owned())
        .collect()
}

#[test]
fn no_mail_is_shown_as_the_one_whose_uid_it_took_over() {
    let server = FakeImap::start();
    let installation = Installation::against(&server);
    for (unit, mark) in [(REPORTING, "1"), (LATE, "2")] {
        server.deliver("INBOX", ago(600), &report(unit, mark));
    }
    round(&installation);
    // The folder is numbered anew, and other mails come first in it.
    server.change(|a| {
        let folder = a.folder("INBOX");
        let reports = std::mem::take(&mut folder.mails);
        (folder.uidvalidity, folder.uid_next) = (8, 1);
        for (mark, at) in [("3", 400), ("4", 300)] {
            folder.deliver(ago(at), &written("chao@la.example", mark, "", &[]));
        }
        for mail in reports {
            folder.deliver(mail.received_at, &mail.raw);
        }
    });
    show_by_keyword(&installation);
    round(&installation);
    assert_eq!(shown_as_logged(&server), ["3", "4"]);
}

#[test]
fn the_outcome_of_a_mail_that_the_mailbox_does_not_have_keeps_it_from_nothing() {
    let server = FakeImap::start();
    let installation = Installation::against(&server);
    server.deliver("Spam", ago(600), &report(LATE, "1"));
    round(&installation);
    // One lies in a folder that is no longer there or looked into, one was imported, and one is in the mailbox.
    server.change(|a| a.folders.retain(|f| f.name != "Spam"));
    installation.edit("thubaocao.toml", "\"INBOX\", \"Spam\"", "\"INBOX\"");
    let file = installation.dir.path().join("a.eml");
    std::fs::write(&file, report(REPORTING, "2")).unwrap();
    let imported = installation.run(&["import", file.to_str().unwrap()]);
    assert!(imported.status.success());
    show_by_keyword(&installation);
    server.deliver("INBOX", ago(60), &report(REPORTING, "3"));
    for _ in 0..2 {
        let output = installation.run(&["run", "--once"]);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}");
    }
    assert_eq!(shown_as_logged(&server), ["1"]);
}

#[test]
fn a_mail_that_comes_between_listing_and_fetch_is_taken_too() {
    let server = FakeImap::start();
    let installation = Installation::against(&server);
    server.deliver("INBOX", ago(600), &written("chao@la.example", "1", "", &[]));
    let late_comer = report(REPORTING, "2");
    server.on(
        Step::Listing,
        1..=1,
        Fault::after(move |a| {
            a.folder("INBOX").deliver(ago(1), &late_comer);
        }),
    );
    round(&installation);
    round(&installation);
    assert!(logged(&installation, "ldld-dong-hoa"));
    assert_eq!(acknowledged(&installation, REPORTING), 1);
}

#[test]
fn a_folder_that_is_renamed_is_followed_by_what_it_is_for() {
    let server = FakeImap::start();
    let installation = Installation::against(&server);
    round(&installation);
    server.change(|a| a.folder("Spam").name = "[Gmail]/Thư rác".to_owned());
    server.deliver("[Gmail]/Thư rác", ago(60), &report(REPORTING, "1"));
    round(&installation);
    assert_eq!(acknowledged(&installation, REPORTING), 1);

    // And in the middle of a session.
    let daemon = installation.start();
    server.await_step(Step::Idle, 1);
    server.change(|a| {
        a.folder("[Gmail]/Thư rác").name = "Junk".to_owned();
        a.folder("Junk").deliver(ago(1), &report(LATE, "2"));
        a.folder("INBOX")
            .deliver(ago(1), &written("chao@la.example", "x", "", &[])); // wakes the daemon
    });
    await_until("the acknowledgement", || {
        acknowledged(&installation, LATE) == 1
    });
    daemon.terminate();
}

#[test]
fn a_folder_may_be_configured_by_what_it_is_for() {
    let server = FakeImap::start();
    let installation = Installation::against(&server);
    installation.edit("thubaocao.toml", "\"Spam\"", "'\\Junk'");
    server.change(|a| a.folder("Spam").name = "Thư rác".to_owned());
    server.deliver("Thư rác", ago(60), &report(REPORTING, "1"));
    round(&installation);
    assert_eq!(acknowledged(&installation, REPORTING), 1);
}

#[test]
fn a_folder_that_is_not_there_is_named_with_those_that_are() {
    let server = FakeImap::start();
    let installation = Installation::against(&server);
    server.change(|a| {
        a.folders.retain(|f| f.name != "Spam");
        a.folders.push(Folder::new("Đã gửi", Some("\\Sent")));
    });
    let said = failure(&installation);
    assert!(
        said.contains("there is no folder Spam; those that are there: INBOX, Đã gửi"),
        "{said}"
    );
    // All that is wrong is told at once.
    installation.edit("thubaocao.toml", "\"Spam\"", "\"Spam\", '\\All'");
    let said = failure(&installation);
    assert!(said.contains("there is no folder Spam;"), "{said}");
    assert!(said.contains("there is no folder \\All;"), "{said}");
}

#[test]
fn a_login_that_is_refused_for_the_moment_is_not_taken_for_a_wrong_password() {
    for why in [
        "[ALERT] Too many simultaneous connections. (Failure)",
        "[UNAVAILABLE] Temporary authentication failure",
    ] {
        let server = FakeImap::start();
        let installation = Installation::against(&server);
        server.on(Step::Login, .., Fault::No(why));
        let said = failure(&installation);
        assert!(said.contains("takes no login"), "{said}");
        assert!(!said.contains("password"), "{said}");
        assert!(!said.contains("Some("), "{said}");
    }
}

#[test]
fn a_refused_login_is_told_in_the_server_s_words() {
    let server = FakeImap::start();
    let installation = Installation::against(&server);
    let why = "[ALERT] Application-specific password required";
    server.on(Step::Login, .., Fault::No(why));
    let said = failure(&installation);
    assert!(
        said.contains(
            "refuses the login of bancsplpy@gmail.com: Application-specific password required;"
        ),
        "{said}"
    );
}

#[test]
fn what_is_no_imap_is_told_without_the_parser_s_notes() {
    let server = FakeImap::start();
    let installation = Installation::against(&server);
    let garbage = Fault::Garbage(b"* 1 FETCH (UID x BODY[] of a person)\r\n");
    server.on(Step::Select, .., garbage);
    let said = failure(&installation);
    assert!(
        said.contains("the server sent what is no answer of IMAP"),
        "{said}"
    );
    assert!(!said.contains("of a person"), "{said}");
}

#[test]
fn a_mail_that_is_gone_between_listing_and_fetch_keeps_no_other_from_being_taken() {
    let server = FakeImap::start();
    let installation = Installation::against(&server);
    server.deliver("INBOX", ago(700), &written("chao@la.example", "1", "", &[]));
    server.deliver("INBOX", ago(600), &report(REPORTING, "2"));
    let expunge = Fault::after(|a| {
        a.folder("INBOX").mails.remove(0);
    });
    server.on(Step::Listing, 1..=1, expunge);
    round(&installation);
    round(&installation);
    assert!(logged(&installation, "ldld-dong-hoa"));
    assert_eq!(acknowledged(&installation, REPORTING), 1);
    assert_eq!(reminded(&installation, REPORTING), 0);
}

#[test]
fn a_mail_that_gmail_shows_in_several_folders_is_one() {
    let server = FakeImap::start();
    let installation = Installation::against(&server);
    let (received_at, raw) = (ago(600), report(REPORTING, "1"));
    server.change(|a| {
        a.gmail = true;
        for folder in ["INBOX", "Spam"] {
            let uid = a.folder(folder).deliver(received_at, &raw);
            let mut mails = a.folder(folder).mails.iter_mut();
            mails.find(|m| m.uid == uid).unwrap().gm_msgid = Some(17);
        }
    });
    round(&installation);
    assert_eq!(acknowledged(&installation, REPORTING), 1);
    assert_eq!(server.count(Step::Bodies), 1, "it is fetched once");
}

#[test]
fn a_server_that_refuses_idle_is_looked_at_in_its_time() {
    let server = FakeImap::start();
    let installation = Installation::against(&server);
    server.on(Step::Idle, .., Fault::No("not now"));
    let daemon = installation.start();
    server.await_step(Step::Idle, 1);
    daemon.signal(libc::SIGHUP); // a new look, over a new connection
    server.await_step(Step::Idle, 2);
    assert_eq!(server.count(Step::Login), 2, "{:?}", server.log());
    assert!(daemon.terminate() < Duration::from_secs(5));
}

#[test]
fn a_server_that_cannot_do_what_it_says_is_asked_more_simply_for_its_folders() {
    let server = FakeImap::start();
    let installation = Installation::against(&server);
    server.on(Step::List, 1..=1, Fault::Bad("Could not parse command"));
    let output = installation.run(&["check"]);
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        said.contains("mailbox: ok (INBOX: 0 mails; Spam: 0 mails)"),
        "{said}"
    );
}

#[test]
fn what_is_older_than_the_installation_is_left_alone_only_where_the_mail_says_so_too() {
    let server = FakeImap::start();
    let installation = Installation::against(&server);
    installation.reads_mails_of_the_last_days(30);
    let old = ago(3600 * 24 * 50);
    let dated = |when: &str, mark| {
        let raw = String::from_utf8(report(REPORTING, mark)).unwrap();
        let own = raw.lines().find(|l| l.starts_with("Date: ")).unwrap();
        raw.replacen(own, &format!("Date: {when}"), 1).into_bytes()
    };
    // The server dates what staff copy into it like the mail, or like the copying.
    server.deliver("INBOX", old, &dated("Mon, 5 Jan 2026 08:00:00 +0700", "1"));
    server.deliver(
        "INBOX",
        old,
        &written("khac@la.example", "Quảng cáo", "", &[]),
    );
    round(&installation);
    assert_eq!(server.count(Step::Bodies), 0);
    assert!(!logged(&installation, "ldld-dong-hoa"));
    let today = ago(0).strftime("%a, %d %b %Y %H:%M:%S +0000").to_string();
    server.deliver("INBOX", old, &dated(&today, "2"));
    round(&installation);
    assert!(logged(&installation, "ldld-dong-hoa"));
}

#[test]
fn a_date_that_the_parser_cannot_take_stops_nothing_and_the_mail_tells_its_own() {
    for odd in ["NIL", "\"\"", "\"17-Thg-2026 10:00:00 +0700\""] {
        let server = FakeImap::start();
        let installation = Installation::against(&server);
        let received =
            (ago(0) - SignedDuration::from_hours(24 * 20)).strftime("%a, %d %b %Y %H:%M:%S +0000");
        let field = format!("Received: from a by b; {received}\r\n");
        let raw = [field.as_bytes(), &report(REPORTING, "1")].concat();
        let uid = server.deliver("INBOX", ago(600), &raw);
        server.on(
            Step::Listing,
            ..,
            Fault::Item(uid, "INTERNALDATE", Some(odd)),
        );
        round(&installation);
        assert!(logged(&installation, "ldld-dong-hoa"), "{odd}");
        assert_eq!(acknowledged(&installation, REPORTING), 1, "{odd}");
        let status = installation.json(&["status", "--json"]);
        let line = status
            .iter()
            .find(|l| l["unit"] == "ldld-dong-hoa")
            .unwrap();
        assert_eq!(line["on_time"], true, "{odd}: {line}");
    }
}

#[test]
fn nothing_was_received_after_it_was_seen_here() {
    let server = FakeImap::start();
    let installation = Installation::against(&server);
    server.deliver("INBOX", ago(-3600 * 20), &report(REPORTING, "1"));
    round(&installation);
    let status = installation.json(&["status", "--json"]);
    let line = status
        .iter()
        .find(|l| l["unit"] == "ldld-dong-hoa")
        .unwrap();
    let first: Timestamp = line["first_received"].as_str().unwrap().parse().unwrap();
    assert!(first <= Timestamp::now(), "{line}");
}

#[test]
fn a_report_that_comes_while_others_are_fetched_is_thanked_and_not_reminded() {
    let server = FakeImap::start();
    let installation = Installation::against(&server);
    server.deliver("INBOX", ago(600), &report(REPORTING, "1"));
    let coming = report(LATE, "2");
    server.on(
        Step::Bodies,
        1..=1,
        Fault::after(move |a| {
            a.folder("INBOX").deliver(Timestamp::now(), &coming);
        }),
    );
    round(&installation);
    assert_eq!(acknowledged(&installation, LATE), 1);
    assert_eq!(reminded(&installation, LATE), 0);
}

#[test]
fn a_mail_that_comes_cut_short_twice_in_one_round_is_asked_for_in_the_next() {
    let server = FakeImap::start();
    let installation = Installation::against(&server);
    let uid = server.deliver("INBOX", ago(600), &report(REPORTING, "1"));
    server.on(Step::Bodies, 1..=2, Fault::Truncated(uid, 400));
    round(&installation);
    assert_eq!(reminded(&installation, REPORTING), 0);
    round(&installation);
    assert!(logged(&installation, "ldld-dong-hoa"));
    assert_eq!(acknowledged(&installation, REPORTING), 1);
}

#[test]
fn a_day_s_budget_smaller_than_a_batch_is_used_mail_by_mail() {
    let server = FakeImap::start();
    let installation = Installation::against(&server);
    for n in 0..3 {
        let filler = "x".repeat(4_000_000);
        let raw = written("chao@la.example", &n.to_string(), &filler, &[]);
        server.deliver("INBOX", ago(600), &raw);
    }
    installation.edit(
        "thubaocao.toml",
        "[trust]",
        "[limits]\nmessage_mb = 9\ndaily_download_mb = 12\n[trust]",
    );
    round(&installation);
    let taken = |s: &str| s.matches(',').count() + 1;
    let log = server.log();
    let fetched: usize = log
        .iter()
        .filter(|(step, _)| *step == Step::Bodies)
        .map(|(_, c)| taken(c.split(' ').nth(2).unwrap()))
        .sum();
    assert_eq!(fetched, 2, "{log:?}");
}

#[test]
fn a_server_that_falls_silent_is_given_up_after_a_minute() {
    let server = FakeImap::start();
    let installation = Installation::against(&server);
    server.deliver("INBOX", ago(600), &report(REPORTING, "1"));
    server.on(Step::Bodies, 1..=1, Fault::Delay(Duration::from_secs(60)));
    // A minute of its clock is two seconds.
    let mut command = installation.command(&["run", "--once"]);
    let begun = Instant::now();
    let output = by_clock(&mut command, "+0 x30").output().unwrap();
    let (took, said) = (begun.elapsed(), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("the connection is lost"), "{said}");
    assert!(took > Duration::from_secs(1), "{took:?}: {said}");
    assert!(took < Duration::from_secs(30), "{took:?}: {said}");
    assert_eq!(reminded(&installation, REPORTING), 0);
    round(&installation);
    assert_eq!(acknowledged(&installation, REPORTING), 1);
    assert_eq!(reminded(&installation, REPORTING), 0);
}

#[test]
fn a_mail_that_claims_to_be_enormous_stays_within_the_service_s_memory_and_costs_no_other_mail() {
    let server = FakeImap::start();
    let installation = Installation::against(&server);
    server.deliver("INBOX", ago(700), &report(LATE, "1"));
    server.deliver("INBOX", ago(600), &report(REPORTING, "2"));
    let enormous = Fault::Garbage(b"* 1 FETCH (UID 1 BODY[] {500000000}\r\nFrom: ");
    server.on(Step::Bodies, 1..=1, enormous);
    server.on(Step::Bodies, 1..=1, Fault::CutAfter(usize::MAX));
    let (output, used) = measured(&mut installation.command(&["run", "--once"]));
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("more than it may"), "{said}");
    // No room is made for what is announced.
    assert!(used.kilobytes < 150_000, "{used:?}");
    round(&installation);
    for address in [REPORTING, LATE] {
        assert_eq!(acknowledged(&installation, address), 1);
        assert_eq!(reminded(&installation, address), 0);
    }
}
