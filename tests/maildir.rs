//! A Maildir keeps the promises that a server keeps, whoever writes it.

use std::fs::{self, File};
use std::io::Write;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use crate::lab::installation::{Installation, LATE, REPORTING};
use crate::lab::outcome::{acknowledged, logged, reminded, report, round};
use crate::lab::written;

const HOUR: Duration = Duration::from_secs(3600);

/// Puts a file where it is read from, as a server does: written elsewhere, then moved.
fn deliver(installation: &Installation, name: &str, raw: &[u8]) -> PathBuf {
    let written = installation.maildir().join("tmp").join(name);
    fs::write(&written, raw).unwrap();
    let path = installation.maildir().join("new").join(name);
    fs::rename(written, &path).unwrap();
    path
}

fn set_written(path: &PathBuf, at: SystemTime) {
    let file = File::options().append(true).open(path).unwrap();
    file.set_modified(at).unwrap();
}

/// What is said of a round that fails, ten minutes after the last one: what was seen then does not count any more.
fn failure(installation: &Installation) -> String {
    let at = jiff::Timestamp::now() + jiff::SignedDuration::from_mins(10);
    let output = installation.run(&["--at", &at.to_string(), "run", "--once"]);
    assert_eq!(output.status.code(), Some(1));
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Has one mail that is no report collected, and gives its file.
fn lived(installation: &Installation) -> PathBuf {
    let path = deliver(
        installation,
        "1.eml",
        &written("chao@la.example", "1", "", &[]),
    );
    assert!(installation.run(&["check"]).status.success());
    installation.edit(
        "thubaocao.toml",
        "remind_backlog = true",
        "remind_backlog = false",
    );
    round(installation);
    installation.edit(
        "thubaocao.toml",
        "remind_backlog = false",
        "remind_backlog = true",
    );
    assert_eq!(reminded(installation, LATE), 0);
    path
}

#[test]
fn a_maildir_that_had_mails_and_has_none_is_a_failure_and_nobody_is_reminded() {
    let installation = Installation::on_maildir();
    let mail = lived(&installation);
    fs::remove_file(mail).unwrap();
    let said = failure(&installation);
    assert!(
        said.contains("had mails and now has none; is its disk mounted"),
        "{said}"
    );
    assert_eq!(reminded(&installation, LATE), 0);
}

#[test]
fn a_maildir_that_had_mails_and_is_gone_is_not_made_anew() {
    let installation = Installation::on_maildir();
    lived(&installation);
    fs::remove_dir_all(installation.maildir()).unwrap();
    let said = failure(&installation);
    assert!(
        said.contains("had mails and now has no folder cur"),
        "{said}"
    );
    assert!(!installation.maildir().exists());
    assert_eq!(reminded(&installation, LATE), 0);
}

#[test]
fn another_mail_under_a_name_used_before_is_another_mail() {
    let installation = Installation::on_maildir();
    let path = lived(&installation);
    fs::remove_file(path).unwrap();
    let path = deliver(&installation, "1.eml", &report(REPORTING, "1"));
    set_written(&path, SystemTime::now() - HOUR);
    round(&installation);
    assert!(logged(&installation, "ldld-dong-hoa"));
    assert_eq!(acknowledged(&installation, REPORTING), 1);
    assert_eq!(reminded(&installation, REPORTING), 0);

    // And one of the same length.
    let same = String::from_utf8(report(REPORTING, "1")).unwrap();
    let stranger = format!(
        "{:x<1$}@la.example",
        "",
        REPORTING.len() - "@la.example".len()
    );
    let path = deliver(
        &installation,
        "1.eml",
        same.replace(REPORTING, &stranger).as_bytes(),
    );
    set_written(&path, SystemTime::now() - HOUR * 2);
    round(&installation);
    let waiting = installation.json(&["inbox", "--json"]);
    assert_eq!(waiting.len(), 1, "{waiting:?}");
}

#[test]
fn the_same_mail_under_another_name_or_with_another_moment_is_no_other_mail() {
    let installation = Installation::on_maildir();
    let path = deliver(&installation, "1.eml", &report(REPORTING, "1"));
    round(&installation);
    set_written(&path, SystemTime::now() + HOUR);
    fs::copy(&path, installation.maildir().join("cur/2.eml:2,S")).unwrap();
    fs::rename(&path, installation.maildir().join("cur/1.eml:2,S")).unwrap();
    round(&installation);
    assert_eq!(acknowledged(&installation, REPORTING), 1);
    assert_eq!(installation.json(&["inbox", "--json"]).len(), 0);
}

#[test]
fn a_file_that_was_empty_or_half_written_is_read_when_it_is_whole() {
    let installation = Installation::on_maildir();
    let raw = report(REPORTING, "1");
    // Half of a mail by a writer that rested for an hour, and a file that is only a name yet.
    let half = installation.maildir().join("new/1.eml");
    fs::write(&half, &raw[..raw.len() / 2]).unwrap();
    set_written(&half, SystemTime::now() - HOUR);
    let empty = installation.maildir().join("new/2.eml");
    File::create(&empty).unwrap();
    round(&installation);
    fs::write(&half, &raw).unwrap();
    fs::write(&empty, report(LATE, "2")).unwrap();
    round(&installation);
    for (address, unit) in [(REPORTING, "ldld-dong-hoa"), (LATE, "ldld-tuy-an")] {
        assert!(logged(&installation, unit), "{unit}");
        assert!(acknowledged(&installation, address) >= 1, "{address}");
    }
}

#[test]
fn a_file_that_is_being_written_is_left_until_it_is_whole() {
    let installation = Installation::on_maildir();
    let raw = report(REPORTING, "1");
    let path = installation.maildir().join("new/1.eml");
    let mut file = File::create(&path).unwrap();
    file.write_all(&raw[..raw.len() / 2]).unwrap();
    let writer = std::thread::spawn(move || {
        for part in raw[raw.len() / 2..].chunks(100) {
            file.write_all(part).unwrap();
            std::thread::sleep(Duration::from_millis(100)); // as a slow line does
        }
    });
    round(&installation);
    let half = installation.json(&["inbox", "--json"]);
    assert_eq!(half.len(), 0, "half of a mail was read: {half:?}");
    writer.join().unwrap();
    round(&installation);
    assert!(logged(&installation, "ldld-dong-hoa"));
    assert_eq!(acknowledged(&installation, REPORTING), 1);
}

#[test]
fn a_report_in_a_maildir_that_was_copied_is_dated_by_its_name_or_by_the_server_that_received_it() {
    let installation = Installation::on_maildir();
    let received = jiff::Timestamp::now() - jiff::SignedDuration::from_hours(24 * 12);
    // Both came two days before the deadline; the copy made them files of today.
    let named = format!("{}.M1P2.host", received.as_second());
    deliver(&installation, &named, &report(REPORTING, "1"));
    let date = jiff::fmt::rfc2822::to_string(&received.to_zoned(jiff::tz::TimeZone::UTC)).unwrap();
    let mut raw =
        format!("Received: from x by mx.phuyen.example with ESMTP id 1; {date}\r\n").into_bytes();
    raw.extend(report(LATE, "2"));
    deliver(&installation, "b.eml", &raw);
    round(&installation);
    let status = installation.json(&["status", "--json"]);
    for unit in ["ldld-dong-hoa", "ldld-tuy-an"] {
        let line = status.iter().find(|l| l["unit"] == unit).unwrap();
        assert_eq!(line["state"], "submitted", "{unit} was in time: {line}");
    }
}
