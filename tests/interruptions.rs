//! Whatever breaks in the middle: nothing is lost, nothing is stored or sent twice.

use std::fs;
use std::time::Duration;

use jiff::civil::time;
use jiff::{SignedDuration, Timestamp};
use thubaocao::domain::{date_of, instant};

use crate::lab::imap_fake::{self, FakeImap};
use crate::lab::installation::{
    Installation, LATE, REPORTING, STAFF, Wishes, both_forms, scan, succeed, word,
};
use crate::lab::outcome::report;
use crate::lab::smtp_fake::{self, FakeSmtp};
use crate::lab::{Lab, MAILBOX, await_until, proxy};

#[test]
fn a_server_that_restarts_in_the_middle_of_idle_is_found_again() {
    let lab = Lab::start();
    let installation = Installation::new(&lab);
    let daemon = installation.start();
    daemon.await_log("waiting", 1);
    lab.stop_dovecot();
    daemon.await_log("the mailbox failed", 1);
    lab.start_dovecot();
    daemon.await_log("the mailbox answers again", 1);
    lab.unit_sends(REPORTING, "Báo cáo trẻ em", "Gửi Ban", &both_forms("1"));
    // The first reminder, and the answer.
    let letters = lab.await_mails(REPORTING, 2);
    assert!(letters.iter().any(|l| l.subject == "Re: Báo cáo trẻ em"));
    assert!(daemon.terminate() < Duration::from_secs(5));
}

/// How many versions were logged of all units.
fn versions(installation: &Installation) -> u64 {
    let status = installation.json(&["status", "--json"]);
    status.iter().filter_map(|l| l["versions"].as_u64()).sum()
}

#[test]
fn a_line_cut_in_the_middle_of_a_fetch_loses_nothing_and_stores_nothing_twice() {
    let lab = Lab::start();
    let mails = 6;
    for i in 0..mails {
        // Half a megabyte each, so that every cut lies in the middle of something.
        let noise: String = (0..40_000)
            .map(|n| format!("{} ", n * (i + 7) % 99_991))
            .collect();
        lab.unit_sends(
            [REPORTING, LATE][i % 2],
            &format!("Báo cáo trẻ em lần {i}"),
            "Gửi Ban",
            &[("BC.docx", word(&noise)), ("BC.pdf", scan(&noise))],
        );
    }
    let installation = Installation::new(&lab);
    let mut failures = 0;
    for cut in [3_000, 5_000, 9_000, 60_000, 300_000, 900_000, 1_500_000] {
        let port = proxy::cut_after(cut, lab.imaps);
        installation.configure(
            &lab,
            &Wishes {
                imap_port: port,
                ..Wishes::of(&lab)
            },
        );
        let output = installation.run(&["run", "--once"]);
        let said = String::from_utf8_lossy(&output.stderr);
        if !output.status.success() {
            failures += 1;
            assert!(
                said.contains("the connection is lost") || said.contains("cannot reach"),
                "{said}"
            );
        }
    }
    assert!(failures >= 5, "the cuts must hit: {failures}");
    installation.configure(&lab, &Wishes::of(&lab));
    let output = installation.run(&["run", "--once"]);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert_eq!(versions(&installation), mails as u64);
    // One answer a mail; a reminder may have gone out before the first mail had come through.
    for unit in [REPORTING, LATE] {
        let answers = || {
            let letters = lab.letters(unit).into_iter();
            letters.filter(|l| l.subject.starts_with("Re: ")).count()
        };
        await_until("the answers", || answers() >= mails / 2);
        assert_eq!(answers(), mails / 2);
    }
}

#[test]
fn no_unit_is_reminded_while_the_mailbox_cannot_be_looked_through() {
    let lab = Lab::start();
    let installation = Installation::new(&lab);
    lab.unit_sends(REPORTING, "Báo cáo trẻ em", "Gửi Ban", &both_forms("1"));
    lab.stop_dovecot();
    let output = installation.run(&["run", "--once"]);
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("cannot reach localhost"), "{said}");
    lab.start_dovecot();
    // Postfix asks Dovecot for passwords: it refused too, and is left alone for some minutes.
    let later = (Timestamp::now() + SignedDuration::from_mins(5)).to_string();
    succeed(installation.run(&["--at", &later, "run", "--once"]));
    let letters = lab.await_mails(REPORTING, 1);
    assert!(
        letters[0].subject.starts_with("Re: "),
        "{}",
        letters[0].subject
    );
    let status = installation.json(&["status", "--json"]);
    let line = status
        .iter()
        .find(|l| l["unit"] == "ldld-dong-hoa")
        .unwrap();
    assert_eq!(line["reminders_sent"], 0);
}

#[test]
fn a_mailbox_whose_uidvalidity_changed_is_looked_through_again_and_known_mails_are_recognised() {
    let lab = Lab::start();
    let installation = Installation::new(&lab);
    lab.unit_sends(REPORTING, "Báo cáo trẻ em", "Gửi Ban", &both_forms("1"));
    assert!(installation.run(&["run", "--once"]).status.success());
    lab.await_mails(REPORTING, 1);

    lab.stop_dovecot();
    let maildir = lab.maildir(MAILBOX);
    let list = maildir.join("dovecot-uidlist");
    let text = fs::read_to_string(&list).unwrap();
    let (header, rest) = text.split_once('\n').unwrap();
    let validity = header.split(' ').find(|w| w.starts_with('V')).unwrap();
    let changed: u32 = validity[1..].parse::<u32>().unwrap() + 1000;
    fs::write(
        &list,
        format!(
            "{}\n{rest}",
            header.replace(validity, &format!("V{changed}"))
        ),
    )
    .unwrap();
    for entry in fs::read_dir(&maildir).unwrap() {
        let path = entry.unwrap().path();
        if path
            .file_name()
            .unwrap()
            .to_string_lossy()
            .starts_with("dovecot.index")
        {
            fs::remove_file(path).unwrap();
        }
    }
    lab.start_dovecot();
    lab.unit_sends(
        REPORTING,
        "Báo cáo trẻ em (sửa lần 2)",
        "Gửi Ban",
        &both_forms("2"),
    );
    let output = installation.run(&["run", "--once"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert!(said.contains("UIDVALIDITY changed"), "{said}");
    let letters = lab.await_mails(REPORTING, 2);
    assert_eq!(letters.len(), 2);
    let status = installation.json(&["status", "--json"]);
    let line = status
        .iter()
        .find(|l| l["unit"] == "ldld-dong-hoa")
        .unwrap();
    assert_eq!(line["versions"], 2);
}

#[test]
fn days_without_network_end_in_one_digest_and_no_reminder_of_what_has_come() {
    let (imap, smtp) = (FakeImap::start(), FakeSmtp::start());
    let installation = Installation::between(&imap, &smtp);
    imap.on(imap_fake::Step::Greeting, .., imap_fake::Fault::CutAfter(0));
    smtp.on(smtp_fake::Step::Connect, .., smtp_fake::Fault::Cut);
    // In the morning, so that no further day begins before the last round.
    let begun = instant(date_of(Timestamp::now()), time(8, 0, 0, 0));
    let round = |hours: i64| {
        let at = (begun + SignedDuration::from_hours(hours)).to_string();
        installation.run(&["--at", &at, "run", "--once"])
    };
    for hours in (0..=72).step_by(8) {
        assert_eq!(round(hours).status.code(), Some(1));
        if hours == 24 {
            let at = begun + SignedDuration::from_hours(hours);
            imap.deliver("INBOX", at, &report(REPORTING, "1"));
        }
    }
    assert!(smtp.taken().is_empty());
    imap.mend();
    smtp.mend();
    // The queue waits for an hour at most; what was left then leaves later.
    for hours in [74, 76, 78] {
        succeed(round(hours));
    }
    let letters = smtp.taken_for(REPORTING);
    let subjects: Vec<&str> = letters.iter().map(|l| l.subject.as_str()).collect();
    assert_eq!(subjects, ["Re: Báo cáo công tác trẻ em"]);
    assert_eq!(smtp.taken_for(LATE).len(), 1, "its reminder");
    let digests = smtp.taken_for(STAFF);
    let subjects: Vec<&str> = digests.iter().map(|l| l.subject.as_str()).collect();
    assert_eq!(digests.len(), 1, "{subjects:?}");
}
