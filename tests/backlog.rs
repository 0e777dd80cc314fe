//! Nobody waits for the backlog: who writes now is answered before what others sent earlier is read, and what was listed
//! once is not listed again.

use jiff::SignedDuration;

use crate::lab::imap_fake::{Account, FakeImap, Fault, Step};
use crate::lab::installation::{Installation, LATE, REPORTING, STAFF, succeed};
use crate::lab::outcome::{acknowledged, ago, logged, report, round};
use crate::lab::{Lab, MAILBOX, await_until, written};

/// An installation whose passes take so many mails.
fn with_passes_of(mails: u32, installation: Installation) -> Installation {
    let limits = format!("[limits]\npass_mails = {mails}\n[trust]");
    installation.edit("thubaocao.toml", "[trust]", &limits);
    installation
}

/// A question, which is no report.
fn question(from: &str, mark: usize) -> Vec<u8> {
    written(from, &format!("Hỏi {mark}"), "Kính hỏi Ban", &[])
}

/// The senders of the mails that a run logged as read, or `ack` where an acknowledgement left, in their order.
fn read_and_answered(log: &str) -> Vec<&'static str> {
    let units = [(REPORTING, "ldld-dong-hoa"), (LATE, "ldld-tuy-an")];
    let of = |line: &str| match line {
        l if l.contains(" sent mail=") && l.contains("ack:") => Some("ack"),
        l if l.contains(" read a mail") => {
            let unit = units.iter().find(|(_, unit)| l.contains(unit));
            Some(unit.map_or("else", |(address, _)| *address))
        }
        _ => None,
    };
    log.lines().filter_map(of).collect()
}

#[test]
fn who_writes_now_is_answered_before_what_others_sent_earlier_is_read() {
    let server = FakeImap::start();
    let installation = with_passes_of(8, Installation::against(&server));
    for n in 0..60 {
        let from = if n % 3 == 0 { REPORTING } else { LATE };
        server.deliver("INBOX", ago(9000), &question(from, n));
    }
    // While the first of them are fetched.
    let coming = report(REPORTING, "1");
    server.on(
        Step::Bodies,
        1..=1,
        Fault::after(move |a| {
            a.folder("INBOX").deliver(ago(0), &coming);
        }),
    );
    let output = installation.run(&["run", "--once"]);
    let log = String::from_utf8_lossy(&output.stderr).into_owned();
    let done = read_and_answered(&log);
    let answered = done.iter().position(|l| *l == "ack").expect(&log);
    let of = |who| done[..answered].iter().filter(|l| **l == who).count();
    assert_eq!(
        of(REPORTING),
        21,
        "first comes what it sent before: {done:?}"
    );
    // What the pass took that it came in, and what filled the last one.
    assert!(of(LATE) <= 12, "{done:?}");
    assert_eq!(done.iter().filter(|l| **l != "ack").count(), 61, "{done:?}");
    assert_eq!(acknowledged(&installation, REPORTING), 1);
}

#[test]
fn on_a_mailbox_full_of_unread_mails_a_report_is_acknowledged_while_they_are_read_and_nobody_is_reminded_of_one_among_them()
 {
    const BEFORE: usize = 150;
    let lab = Lab::start();
    let installation = with_passes_of(10, Installation::new(&lab));
    let senders = [LATE, REPORTING, "chao@la.example"];
    let before = (0..BEFORE).map(|n| match n {
        // The one report among them comes last of its sender's.
        n if n + 3 == BEFORE => report(LATE, "x"),
        n => question(senders[n % 3], n),
    });
    lab.fill(MAILBOX, before);
    let daemon = installation.start();
    daemon.await_log("read a mail", 1);
    lab.deliver(REPORTING, &report(REPORTING, "1"));
    lab.await_mails(REPORTING, 1);
    let read = daemon.log().matches("read a mail").count();
    assert!(read < BEFORE * 3 / 4, "{read} were read before it");
    // The digest does not wait either.
    lab.await_mails(STAFF, 1);
    daemon.await_log("read a mail", BEFORE + 1);
    await_until("the other acknowledgement", || {
        lab.mails_of(LATE).len() == 1
    });
    daemon.terminate();
    let letters = lab.letters(LATE);
    assert!(letters[0].subject.starts_with("Re: "), "{letters:?}");
}

/// The commands by which mails were listed.
fn listings(server: &FakeImap) -> Vec<String> {
    let log = server.log().into_iter();
    let listed = log.filter(|(step, _)| *step == Step::Listing);
    let uids = listed.map(|(_, command)| command.split(' ').nth(2).unwrap().to_owned());
    uids.collect()
}

/// A server that tells HIGHESTMODSEQ, with three questions, after a first round.
fn looked_through() -> (FakeImap, Installation) {
    let server = FakeImap::start();
    server.account().folder("INBOX").modseq = Some(40);
    server.account().folder("Spam").modseq = Some(7);
    let installation = Installation::against(&server);
    for n in 0..3 {
        server.deliver("INBOX", ago(900), &question(LATE, n));
    }
    round(&installation);
    assert_eq!(listings(&server), ["1:*"], "the other folder is empty");
    (server, installation)
}

#[test]
fn where_the_server_says_that_nothing_changed_nothing_is_listed_and_else_what_came() {
    let (server, installation) = looked_through();
    round(&installation);
    assert_eq!(listings(&server), ["1:*"]);
    // A change of flags.
    server.change(|a| a.folder("INBOX").modseq = Some(90));
    round(&installation);
    assert_eq!(listings(&server), ["1:*", "4:*"]);
    server.deliver("INBOX", ago(600), &report(REPORTING, "1"));
    round(&installation);
    assert_eq!(listings(&server), ["1:*", "4:*", "4:*"]);
    assert!(logged(&installation, "ldld-dong-hoa"));
    // At least once a day all are.
    let later = (ago(0) + SignedDuration::from_hours(25)).to_string();
    succeed(installation.run(&["--at", &later, "run", "--once"]));
    assert_eq!(listings(&server)[3..], ["1:*"]);
}

#[test]
fn whatever_a_server_says_that_does_not_go_on_from_what_it_said_before_all_is_listed() {
    type Change = fn(&mut Account, Vec<u8>);
    let cases: [(&str, Change); 6] = [
        ("HIGHESTMODSEQ went down", |a, raw| {
            let folder = a.folder("INBOX");
            folder.mails.pop();
            folder.uid_next -= 1;
            folder.deliver(ago(500), &raw);
            folder.modseq = Some(12);
        }),
        ("UIDVALIDITY is another", |a, raw| {
            let folder = a.folder("INBOX");
            folder.uidvalidity = 8;
            folder.deliver(ago(500), &raw);
        }),
        ("EXISTS is less", |a, raw| {
            let folder = a.folder("INBOX");
            folder.mails.drain(..2);
            folder.deliver(ago(500), &raw);
        }),
        ("as many came as went", |a, raw| {
            let folder = a.folder("INBOX");
            folder.mails.remove(0);
            folder.deliver(ago(500), &raw);
        }),
        ("nothing else is less", |a, raw| {
            let folder = a.folder("INBOX");
            folder.deliver(ago(500), &raw);
            folder.modseq = Some(39);
        }),
        ("it does not tell any more", |a, raw| {
            let folder = a.folder("INBOX");
            folder.deliver(ago(500), &raw);
            folder.modseq = None;
        }),
    ];
    std::thread::scope(|all| {
        for (what, change) in cases {
            all.spawn(move || {
                let (server, installation) = looked_through();
                server.change(|a| change(a, report(REPORTING, "1")));
                round(&installation);
                let listings = listings(&server);
                assert!(listings[1..].contains(&"1:*".to_owned()), "{what}");
                assert!(logged(&installation, "ldld-dong-hoa"), "{what}");
            });
        }
    });
}

#[test]
fn a_mail_that_the_archive_has_lost_is_fetched_again_though_nothing_changed_in_the_mailbox() {
    let (server, installation) = looked_through();
    server.deliver("INBOX", ago(600), &report(REPORTING, "1"));
    round(&installation);
    let archive = installation.dir.path().join("data/archive");
    let fetched = server.count(Step::Bodies);
    let mut folders = vec![archive];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().map(|e| e.unwrap()) {
            match entry.file_type().unwrap().is_dir() {
                true => folders.push(entry.path()),
                false => std::fs::remove_file(entry.path()).unwrap(),
            }
        }
    }
    installation.run(&["verify"]);
    round(&installation);
    assert!(server.count(Step::Bodies) > fetched);
}

#[test]
fn what_the_server_did_not_give_is_asked_for_a_day_later_though_nothing_changed_and_once_though_it_is_gone()
 {
    for gone in [false, true] {
        let (server, installation) = looked_through();
        let uid = server.deliver("INBOX", ago(600), &report(REPORTING, "1"));
        let refused = Fault::No("[SERVERBUG] cannot be read");
        server.on(Step::Bodies, .., Fault::Of(uid, Box::new(refused)));
        let told = || {
            installation
                .json(&["inbox", "--json"])
                .iter()
                .any(|l| l["sender"] == REPORTING)
        };
        for _ in 0..8 {
            round(&installation);
        }
        assert!(told(), "it is given up");
        server.mend();
        if gone {
            server.change(|a| a.folder("INBOX").mails.retain(|m| m.uid != uid));
        }
        let later = |hours| {
            let at = (ago(0) + SignedDuration::from_hours(hours)).to_string();
            succeed(installation.run(&["--at", &at, "run", "--once"]));
            listings(&server)
        };
        later(23);
        assert!(!logged(&installation, "ldld-dong-hoa"));
        let listed = later(25);
        assert_eq!(listed.last().unwrap(), "1:*");
        assert_eq!(logged(&installation, "ldld-dong-hoa"), !gone);
        assert_eq!(later(25), listed, "nothing is listed again");
    }
}

#[test]
fn on_a_real_server_what_was_listed_is_not_listed_again_whatever_people_do_with_their_mails() {
    let lab = Lab::start();
    let installation = Installation::new(&lab);
    lab.fill(MAILBOX, (0..150).map(|n| question("chao@la.example", n)));
    let output = |round: usize| {
        succeed(installation.run(&["run", "--once"]));
        // Dovecot says how much it told when the session is over.
        let told = || -> Vec<u64> {
            let logs = lab.logs();
            let ended = logs
                .lines()
                .filter_map(|l| l.split_once(" out="))
                .map(|(_, n)| n);
            let number = |n: &str| n.split(' ').next().unwrap().parse().unwrap();
            ended.map(number).collect()
        };
        await_until("the end of the session", || told().len() == round);
        told()[round - 1]
    };
    let whole = output(1);
    let nothing = output(2);
    assert!(nothing < 4_000 && whole > 12_000, "{whole} {nothing}");
    // Somebody reads a mail, and another one comes.
    let doveadm = |arguments: &[&str]| lab.doveadm(MAILBOX, arguments);
    doveadm(&["flags", "add", "\\Flagged", "mailbox", "INBOX", "uid", "5"]);
    lab.deliver(REPORTING, &report(REPORTING, "1"));
    let one = output(3);
    assert!(one < 8_000, "{one}");
    assert!(logged(&installation, "ldld-dong-hoa"));
    // Mails are thrown away and moved: then all is listed.
    doveadm(&["expunge", "mailbox", "INBOX", "uid", "7"]);
    doveadm(&["mailbox", "create", "Khac"]);
    doveadm(&["move", "Khac", "mailbox", "INBOX", "uid", "9"]);
    lab.deliver(LATE, &report(LATE, "2"));
    let anew = output(4);
    assert!(anew > 12_000, "{anew}");
    assert!(logged(&installation, "ldld-tuy-an"));
    // What is moved back is a mail that was seen before, under another number.
    doveadm(&["move", "INBOX", "mailbox", "Khac", "all"]);
    let moved = output(5);
    assert!(moved < 6_000, "{moved}");
    assert_eq!(installation.json(&["inbox", "--json"]).len(), 0);
}

#[test]
fn mails_from_before_our_time_are_asked_for_their_senders_many_at_a_time_and_noted() {
    let server = FakeImap::start();
    let installation = Installation::against(&server);
    installation.reads_mails_of_the_last_days(30);
    let old = ago(3600 * 24 * 50);
    let raw = question("khac@la.example", 1);
    server.change(|a| {
        for _ in 0..3000 {
            a.folder("INBOX").deliver(old, &raw);
        }
    });
    server.deliver("INBOX", ago(600), &report(REPORTING, "1"));
    round(&installation);
    assert!(logged(&installation, "ldld-dong-hoa"));
    assert_eq!(acknowledged(&installation, REPORTING), 1);
    assert_eq!(installation.json(&["inbox", "--json"]).len(), 0);
    // By their headers, five hundred at a time.
    assert_eq!(server.count(Step::Heads), 6);
    assert_eq!(server.count(Step::Bodies), 1);
}
