//! Who sends much buries nobody else: what leaves, what is fetched, stored and read in a day or a pass has budgets, and
//! they are apart.

use std::fs;
use std::io::{Cursor, Write};
use std::path::Path;

use jiff::civil::Time;
use jiff::{SignedDuration, Timestamp};
use thubaocao::domain::{instant, zone};

use crate::lab::imap_fake::FakeImap;
use crate::lab::installation::{
    Installation, LATE, REPORTING, STAFF, VERIFIER, both_forms, succeed,
};
use crate::lab::outcome::{self, acknowledged, ago, logged, reminded, report};
use crate::lab::{Lab, written};

/// Puts a mail into the Maildir.
fn deliver(installation: &Installation, name: &str, raw: &[u8]) {
    fs::write(installation.maildir().join("new").join(name), raw).unwrap();
}

/// All passes once, so many hours after ten o'clock of today.
fn round(installation: &Installation, hours: i64) {
    let today = Timestamp::now().to_zoned(zone()).date();
    let at = instant(today, Time::constant(10, 0, 0, 0)) + SignedDuration::from_hours(hours);
    succeed(installation.run(&["--at", &at.to_string(), "run", "--once"]));
}

#[test]
fn a_flood_of_reports_in_the_name_of_a_unit_is_answered_thrice_a_day_and_stops_no_reminder() {
    let installation = Installation::on_maildir();
    installation.edit(
        "thubaocao.toml",
        "[trust]",
        "[limits]\ndaily_mails = 4\n[trust]",
    );
    for n in 0..20 {
        let forged = report(REPORTING, &format!("bản {n}"));
        deliver(&installation, &format!("{n}.eml"), &forged);
    }
    round(&installation, 0);
    // Two answers are half of four mails.
    assert_eq!(acknowledged(&installation, REPORTING), 2);
    assert_eq!(reminded(&installation, LATE), 1);
    let to_staff = |l: &&crate::lab::Letter| l.to == STAFF;
    assert_eq!(installation.outbox().iter().filter(to_staff).count(), 1);

    installation.edit("thubaocao.toml", "daily_mails = 4", "daily_mails = 300");
    round(&installation, 2);
    assert_eq!(acknowledged(&installation, REPORTING), 3);
    for hours in [24, 25] {
        round(&installation, hours);
    }
    let letters = installation.outbox();
    let mut to_unit: Vec<_> = letters.iter().filter(|l| l.to == REPORTING).collect();
    let together = to_unit.pop().unwrap();
    assert_eq!(to_unit.len(), 3);
    assert_eq!(
        together.subject,
        "Đã tiếp nhận báo cáo của LĐLĐ TX Đông Hòa"
    );
    assert_eq!(together.text.matches("Mã tiếp nhận: ").count(), 17);
    assert_eq!(together.in_reply_to, "");
}

/// What a run logged, a line a read mail or a mail that left.
fn read_and_sent(log: &str) -> Vec<&str> {
    let done = |l: &&str| l.contains(" read a mail") || l.contains(" sent mail=");
    log.lines().filter(done).collect()
}

#[test]
fn units_are_read_first_and_answered_before_what_strangers_sent_is_read() {
    let installation = Installation::on_maildir();
    installation.edit(
        "thubaocao.toml",
        "[trust]",
        "[limits]\npass_mails = 4\n[trust]",
    );
    for n in 0..9 {
        let mail = written("chao@la.example", &format!("chào {n}"), "", &[]);
        deliver(&installation, &format!("1.{n}"), &mail);
    }
    deliver(&installation, "2.z", &report(REPORTING, "1"));
    let output = installation.run(&["run", "--once"]);
    let log = String::from_utf8(output.stderr).unwrap();
    let done = read_and_sent(&log);
    let place = |what: &str| done.iter().position(|l| l.contains(what)).expect(what);
    assert!(done[0].contains("ldld-dong-hoa"), "{log}");
    assert!(place("ack:") < 6, "{log}");
    assert_eq!(acknowledged(&installation, REPORTING), 1);
    // A pass that was cut short has not looked through what remains.
    assert_eq!(reminded(&installation, LATE), 1);
    let last_read = done
        .iter()
        .rposition(|l| l.contains("read a mail"))
        .unwrap();
    assert!(place("reminder_late") > last_read, "{log}");
    let read = done.iter().filter(|l| l.contains("read a mail")).count();
    assert_eq!(read, 10, "{log}");
}

/// An installation that may fetch 10 MB a day, a mailbox with so many mails of 3 MB from an address, and a report after
/// them.
fn with_little_to_fetch(mails: usize, from: &str) -> (FakeImap, Installation) {
    let server = FakeImap::start();
    let installation = Installation::against(&server);
    let limits = "[limits]\nmessage_mb = 8\ndaily_download_mb = 10\n[trust]";
    installation.edit("thubaocao.toml", "[trust]", limits);
    for n in 0..mails {
        let filler = "x".repeat(3_000_000);
        let raw = written(from, &n.to_string(), &filler, &[]);
        server.deliver("INBOX", ago(600), &raw);
    }
    server.deliver("INBOX", ago(300), &report(REPORTING, "1"));
    (server, installation)
}

#[test]
fn what_strangers_send_leaves_two_tenths_of_the_day_s_fetching_to_units() {
    let (_server, installation) = with_little_to_fetch(3, "chao@la.example");
    outcome::round(&installation);
    assert!(logged(&installation, "ldld-dong-hoa"));
    assert_eq!(acknowledged(&installation, REPORTING), 1);
    // What is left is of strangers: nobody's reminder waits for it.
    assert_eq!(reminded(&installation, LATE), 1);
    let listed = installation.json(&["inbox", "--json"]).len();
    assert_eq!(listed, 0);
    let digest = installation.outbox().into_iter().find(|l| l.to == STAFF);
    let said = "hết hạn mức trong ngày dành cho người gửi ngoài danh bạ (8 MB)";
    assert!(digest.unwrap().text.contains(said));
}

#[test]
fn what_comes_in_the_name_of_one_unit_uses_up_the_day_s_fetching_of_no_other() {
    let (_server, installation) = with_little_to_fetch(5, LATE);
    outcome::round(&installation);
    assert!(logged(&installation, "ldld-dong-hoa"));
    assert_eq!(acknowledged(&installation, REPORTING), 1);
}

#[test]
fn what_trickles_in_under_the_names_of_many_leaves_each_unit_its_share_of_the_same_day() {
    let lab = Lab::start();
    let installation = Installation::new(&lab);
    let limits = "[limits]\nmessage_mb = 1\ndaily_download_mb = 2\n[trust]";
    installation.edit("thubaocao.toml", "[trust]", limits);
    let round = || succeed(installation.run(&["run", "--once"]));
    let claim = |from: &str, mark: &str, bytes: usize| {
        let text = "Kinh gui Ban CS\n".repeat(bytes / 16);
        lab.deliver(from, &written(from, mark, &text, &both_forms(mark)));
    };
    // As much as is there, in the name of everybody but one, pass after pass.
    for n in 0..2 {
        claim(LATE, &format!("a{n}"), 600_000);
        claim(STAFF, &format!("b{n}"), 600_000);
    }
    round();
    claim(LATE, "c", 180_000);
    claim(STAFF, "d", 180_000);
    round();
    claim(REPORTING, "Báo cáo trẻ em", 100_000);
    round();
    assert!(logged(&installation, "ldld-dong-hoa"));
    let answers = lab.await_mails(REPORTING, 1);
    assert!(answers[0].subject.starts_with("Re: "), "{answers:?}");
}

/// The bytes of all files in the archive.
fn archived(installation: &Installation) -> u64 {
    fn of(path: &Path) -> u64 {
        let entries = fs::read_dir(path).unwrap().map(|e| e.unwrap());
        let size = |e: fs::DirEntry| match e.file_type().unwrap().is_dir() {
            true => of(&e.path()),
            false => e.metadata().unwrap().len(),
        };
        entries.map(size).sum()
    }
    of(&installation.dir.path().join("data/archive"))
}

/// A zip with a report in both forms that is larger by far when it is unpacked.
fn swelling(mark: &str, unpacked: usize) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, mut content) in both_forms(mark) {
        let options = zip::write::SimpleFileOptions::default();
        zip.start_file(name, options).unwrap();
        if name.ends_with(".pdf") {
            content.resize(unpacked, b' ');
        }
        zip.write_all(&content).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

#[test]
fn what_a_stranger_s_mail_unpacks_to_is_stored_when_staff_say_that_it_is_a_report() {
    let installation = Installation::on_maildir();
    let zip = swelling("1", 5_000_000);
    let mail = written("chao@la.example", "Báo cáo trẻ em", "", &[("bc.zip", zip)]);
    deliver(&installation, "1.eml", &mail);
    outcome::round(&installation);
    let waits = installation.json(&["inbox", "--json"]);
    assert_eq!(waits.len(), 1, "{waits:?}");
    assert!(archived(&installation) < 100_000);
    succeed(installation.run(&["verify"]));

    let (unit, period) = ("ldld-dong-hoa", "dot-1");
    succeed(installation.run(&[
        "assign", "1", "--unit", unit, "--report", "tre-em", "--period", period,
    ]));
    assert!(archived(&installation) > 5_000_000);
    succeed(installation.run(&["verify"]));
    let folder = installation.dir.path().join("tep");
    let said = succeed(installation.run(&[
        "export",
        "--report",
        "tre-em",
        "--period",
        period,
        folder.to_str().unwrap(),
    ]));
    assert!(said.contains("2 files of 1 units"), "{said}");
}

#[test]
fn a_day_stores_so_much_of_what_mails_unpack_to_and_the_next_day_the_rest() {
    let installation = Installation::on_maildir();
    let limits = "[limits]\nmessage_mb = 1\ndaily_download_mb = 2\n[trust]";
    installation.edit("thubaocao.toml", "[trust]", limits);
    for unit in [REPORTING, LATE] {
        let zip = swelling(unit, 1_500_000);
        let mail = written(unit, "Báo cáo trẻ em", "", &[("bc.zip", zip)]);
        deliver(&installation, unit, &mail);
    }
    round(&installation, 0);
    for unit in [REPORTING, LATE] {
        assert_eq!(acknowledged(&installation, unit), 1, "{unit}");
    }
    let stored = archived(&installation);
    assert!((1_500_000..2_000_000).contains(&stored), "{stored}");
    succeed(installation.run(&["verify"]));
    round(&installation, 24);
    assert!(archived(&installation) > 3_000_000);
}

/// A mail whose sender the mailbox's server has verified.
fn verified(mail: Vec<u8>) -> Vec<u8> {
    let mut raw =
        format!("Authentication-Results: {VERIFIER}; dmarc=pass header.from=phuyen.example\r\n")
            .into_bytes();
    raw.extend(mail);
    raw
}

/// Why a mail waits, as staff are told.
fn why(installation: &Installation, mail: i64) -> String {
    let waits = installation.json(&["inbox", "--json"]);
    let found = waits.iter().find(|w| w["message"] == mail);
    found.map_or(String::new(), |w| w["why"].to_string())
}

/// What the files say that an export of the period holds, of one kind.
fn exported(installation: &Installation, name: &str, ending: &str) -> Vec<String> {
    let folder = installation.dir.path().join(name);
    let to = folder.to_str().unwrap();
    succeed(installation.run(&["export", "--report", "tre-em", "--period", "dot-1", to]));
    let mut found = Vec::new();
    for unit in fs::read_dir(&folder).unwrap().map(|e| e.unwrap().path()) {
        let files = fs::read_dir(&unit).into_iter().flatten();
        for file in files.map(|e| e.unwrap().path()) {
            if file.to_string_lossy().ends_with(ending) {
                found.push(fs::read_to_string(&file).unwrap());
            }
        }
    }
    found
}

#[test]
fn a_version_that_is_trusted_less_or_follows_an_accepted_one_replaces_nothing_until_staff_agree() {
    let installation = Installation::on_maildir();
    deliver(&installation, "1", &verified(report(REPORTING, "bản một")));
    outcome::round(&installation);
    deliver(&installation, "2", &report(REPORTING, "bản giả"));
    outcome::round(&installation);
    assert!(why(&installation, 2).contains("kém tin cậy hơn lần gửi trước"));
    let pdf = |name: &str| exported(&installation, name, ".pdf").concat();
    assert!(pdf("a").contains("bản một"));
    let status = installation.json(&["status", "--json"]);
    let line = status
        .iter()
        .find(|l| l["unit"] == "ldld-dong-hoa")
        .unwrap();
    assert_eq!(
        (&line["versions"], &line["missing"]),
        (&1.into(), &serde_json::json!([]))
    );
    // The sender hears that it has arrived, and not that it is logged.
    let letters = installation.outbox();
    let to_unit: Vec<_> = letters.iter().filter(|l| l.to == REPORTING).collect();
    assert_eq!(to_unit.len(), 2);
    assert!(
        !to_unit[1].text.contains("Mã tiếp nhận"),
        "{}",
        to_unit[1].text
    );

    succeed(installation.run(&["assign", "2", "--unit", "ldld-dong-hoa"]));
    assert!(pdf("b").contains("bản giả"));
    succeed(installation.run(&["accept", "1"]));
    deliver(&installation, "3", &verified(report(REPORTING, "bản ba")));
    outcome::round(&installation);
    assert!(why(&installation, 3).contains("đã duyệt báo cáo trước đó"));
    assert!(pdf("c").contains("bản giả"));
}

#[test]
fn a_report_waits_of_which_nothing_is_said_where_its_domain_is_verified_as_a_rule() {
    let installation = Installation::on_maildir();
    for n in 1..=3 {
        let mail = verified(report(REPORTING, &format!("bản {n}")));
        deliver(&installation, &n.to_string(), &mail);
    }
    outcome::round(&installation);
    deliver(&installation, "4", &report(LATE, "bản giả"));
    outcome::round(&installation);
    assert!(why(&installation, 4).contains("thường được xác thực, riêng thư này thì không"));
    assert!(!logged(&installation, "ldld-tuy-an"));
    deliver(&installation, "5", &verified(report(LATE, "bản thật")));
    outcome::round(&installation);
    assert!(logged(&installation, "ldld-tuy-an"));
}

#[test]
fn a_report_that_nobody_vouches_for_and_that_takes_no_answer_waits() {
    let installation = Installation::on_maildir();
    let machine = |mail: Vec<u8>| [b"Return-Path: <>\r\n".to_vec(), mail].concat();
    deliver(&installation, "1", &machine(report(LATE, "bản giả")));
    deliver(
        &installation,
        "2",
        &machine(verified(report(REPORTING, "bản thật"))),
    );
    outcome::round(&installation);
    assert!(why(&installation, 1).contains("Return-Path rỗng"));
    assert!(!logged(&installation, "ldld-tuy-an"));
    assert!(logged(&installation, "ldld-dong-hoa"));
}
