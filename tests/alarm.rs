//! Silence is told: what the mailbox cannot tell leaves by a second way out, and `health`, `status` and the digest's
//! subject say it too.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Output;

use jiff::{Timestamp, ToSpan};

use crate::lab::imap_fake::FakeImap;
use crate::lab::installation::{Installation, STAFF, succeed, thubaocao};
use crate::lab::smtp_fake::{FakeSmtp, Fault, Step};
use crate::lab::{Lab, MAILBOX, PASSWORD};

/// Where an administrator gets mail that has nothing to do with the mailbox.
const ADMINISTRATOR: &str = "ldld.tuyan@phuyen.example";

/// Adds an alarm that writes into a file, one after the other.
fn with_alarm(installation: &Installation) -> PathBuf {
    let rung = installation.dir.path().join("rung");
    let script = format!("cat >>'{0}'; echo ==== >>'{0}'", rung.display());
    add(
        installation,
        &format!("[alarm]\nhours = 1\ncommand = [\"/bin/sh\", \"-c\", {script:?}]\n"),
    );
    rung
}

fn add(installation: &Installation, section: &str) {
    let file = installation.config().join("thubaocao.toml");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(file, text + section).unwrap();
}

/// The subjects of what was rung.
fn subjects(rung: &Path) -> Vec<String> {
    let text = fs::read_to_string(rung).unwrap_or_default();
    let letters = text.split("====\n").filter(|l| !l.is_empty());
    letters
        .map(|l| l.lines().next().unwrap().to_owned())
        .collect()
}

/// One round so many minutes from a moment.
fn round(installation: &Installation, begin: Timestamp, minutes: i64) -> Output {
    let at = begin + minutes.minutes();
    installation.run(&["--at", &at.to_string(), "run", "--once"])
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn a_refused_login_is_told_once_and_when_it_is_over() {
    let lab = Lab::start();
    let installation = Installation::new(&lab);
    let rung = with_alarm(&installation);
    let file = installation.config().join("thubaocao.toml");
    let good = fs::read_to_string(&file).unwrap();
    fs::write(installation.dir.path().join("wrong"), "wrong").unwrap();
    let ours = "password_file = \"password\"";
    fs::write(&file, good.replacen(ours, "password_file = \"wrong\"", 1)).unwrap();

    let begin = Timestamp::now();
    assert!(!round(&installation, begin, 0).status.success());
    let told = "Thu báo cáo: hộp thư từ chối đăng nhập";
    assert_eq!(subjects(&rung), [told]);
    let letter = fs::read_to_string(&rung).unwrap();
    assert!(letter.contains("systemctl reload thubaocao"), "{letter}");
    round(&installation, begin, 10);
    assert_eq!(subjects(&rung), [told]);

    // Digest, health and status say it, too.
    let digest = &lab.await_mails(STAFF, 1)[0];
    assert!(
        digest.subject.contains("hộp thư từ chối đăng nhập từ"),
        "{}",
        digest.subject
    );
    let health = installation.run(&["health"]);
    assert_eq!(health.status.code(), Some(1));
    assert!(
        text(&health).contains("login: FAILS since"),
        "{}",
        text(&health)
    );
    let status = succeed(installation.run(&["status"]));
    assert!(status.starts_with("SỰ CỐ: hộp thư"), "{status}");

    fs::write(&file, &good).unwrap();
    assert!(round(&installation, begin, 20).status.success());
    assert_eq!(subjects(&rung), [told]);
    round(&installation, begin, 51);
    let over = "Thu báo cáo: đã khắc phục: hộp thư từ chối đăng nhập";
    assert_eq!(subjects(&rung), [told, over]);
}

#[test]
fn a_mailbox_that_nobody_can_look_into_is_told_after_its_hours() {
    let lab = Lab::start();
    let installation = Installation::new(&lab);
    let rung = with_alarm(&installation);
    let begin = Timestamp::now();
    assert!(round(&installation, begin, 0).status.success());
    let health = installation.run(&["--at", &begin.to_string(), "health"]);
    assert_eq!(health.status.code(), Some(0), "{}", text(&health));
    lab.stop_dovecot();
    round(&installation, begin, 59);
    assert_eq!(subjects(&rung), [""; 0]);
    round(&installation, begin, 60);
    round(&installation, begin, 65);
    assert_eq!(
        subjects(&rung),
        ["Thu báo cáo: hộp thư không kiểm tra được"]
    );

    let file = installation.dir.path().join("thubaocao.prom");
    let at = (begin + 70.minutes()).to_string();
    let path = file.to_str().unwrap();
    let health = installation.run(&["--at", &at, "health", "--textfile", path]);
    assert_eq!(health.status.code(), Some(1));
    let metrics = fs::read_to_string(file).unwrap();
    for line in [
        "thubaocao_part_failing{part=\"mailbox\"} 1",
        "thubaocao_part_failing{part=\"transport\"} 0",
        &format!(
            "thubaocao_part_last_success_timestamp_seconds{{part=\"mailbox\"}} {}",
            begin.as_second()
        ),
        "thubaocao_mails_unread 0",
    ] {
        assert!(metrics.lines().any(|l| l == line), "{line}:\n{metrics}");
    }
}

#[test]
fn a_queue_that_waits_and_a_digest_that_does_not_leave_are_told() {
    let (imap, smtp) = (FakeImap::start(), FakeSmtp::start());
    let installation = Installation::between(&imap, &smtp);
    let rung = with_alarm(&installation);
    let limit = "550 5.4.5 Daily user sending limit exceeded";
    smtp.on(Step::Mail, .., Fault::Say(limit));
    let begin = Timestamp::now();
    round(&installation, begin, 0);
    assert_eq!(subjects(&rung), [""; 0]);
    round(&installation, begin, 15);
    let queue = "Thu báo cáo: thư không gửi đi được";
    assert_eq!(subjects(&rung), [queue]);
    let letter = fs::read_to_string(&rung).unwrap();
    assert!(letter.contains(limit), "{letter}");
    round(&installation, begin, 59);
    assert_eq!(subjects(&rung), [queue]);
    round(&installation, begin, 61);
    let digest = "Thu báo cáo: bản tin hằng ngày không gửi được";
    assert_eq!(subjects(&rung), [queue, digest]);
    smtp.mend();
    // The queue is looked at again after its pause; by then the fault is gone, and half an hour later over.
    for minutes in [200, 229] {
        round(&installation, begin, minutes);
        assert_eq!(subjects(&rung), [queue, digest], "after {minutes} minutes");
    }
    round(&installation, begin, 230);
    let letter = fs::read_to_string(&rung).unwrap();
    for over in ["thư không gửi đi được", "bản tin hằng ngày không gửi được"] {
        assert!(
            letter.contains(&format!("Đã khắc phục: {over}.")),
            "{letter}"
        );
    }
    assert_eq!(smtp.taken_for(STAFF).len(), 1);
}

#[test]
fn a_service_that_ended_badly_is_told_once_a_day_also_where_its_configuration_is_the_reason() {
    let lab = Lab::start();
    let installation = Installation::new(&lab);
    let rung = with_alarm(&installation);
    let runtime = installation.dir.path().join("run");
    fs::create_dir(&runtime).unwrap();
    let begin = Timestamp::now();
    let stopped = |result: &str, hours: i64| {
        let at = (begin + hours.hours()).to_string();
        let output = thubaocao(&installation.config())
            .args(["--at", &at, "alarm", "--stopped"])
            .env("SERVICE_RESULT", result)
            .env("EXIT_CODE", "exited")
            .env("EXIT_STATUS", "2")
            .env("RUNTIME_DIRECTORY", &runtime)
            .output()
            .unwrap();
        succeed(output);
    };
    stopped("success", 0);
    assert_eq!(subjects(&rung), [""; 0]);
    fs::write(installation.config().join("units.csv"), "nonsense\n").unwrap();
    stopped("exit-code", 0);
    stopped("exit-code", 1);
    stopped("exit-code", 23);
    let subject = "Thu báo cáo: chương trình dừng do lỗi hoặc không khởi động được";
    assert_eq!(subjects(&rung), [subject]);
    let letter = fs::read_to_string(&rung).unwrap();
    assert!(
        letter.contains("exit-code, exited 2") && letter.contains("units.csv"),
        "{letter}"
    );
    stopped("watchdog", 24);
    assert_eq!(subjects(&rung).len(), 2);
}

#[test]
fn a_trial_leaves_by_every_way_and_a_closed_one_is_named() {
    let lab = Lab::start();
    let installation = Installation::new(&lab);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let called = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = Vec::new();
        let mut part = [0; 4096];
        while !String::from_utf8_lossy(&request).contains("hoạt động") {
            let n = stream.read(&mut part).unwrap();
            assert!(n > 0, "{}", String::from_utf8_lossy(&request));
            request.extend(&part[..n]);
        }
        stream
            .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            .unwrap();
        String::from_utf8(request).unwrap()
    });
    let rung = with_alarm(&installation);
    add(
        &installation,
        &format!(
            r#"from = "{MAILBOX}"
to = ["{ADMINISTRATOR}"]
url = "http://127.0.0.1:{port}/thu?a=1"
[alarm.smtp]
host = "localhost"
port = {}
user = "{MAILBOX}"
password_file = "alarm-password"
ca_file = {:?}
"#,
            lab.smtp,
            lab.ca_file()
        ),
    );
    fs::write(installation.dir.path().join("alarm-password"), PASSWORD).unwrap();
    let said = succeed(installation.run(&["check", "--alarm"]));
    for way in ["smtp", "command", "url"] {
        assert!(said.contains(&format!("alarm by {way}: sent")), "{said}");
    }
    let subject = "Thu báo cáo: thử kênh cảnh báo";
    assert_eq!(subjects(&rung), [subject]);
    assert_eq!(lab.await_mails(ADMINISTRATOR, 1)[0].subject, subject);
    let request = called.join().unwrap();
    assert!(request.starts_with("POST /thu?a=1 HTTP/1.1"), "{request}");

    // Nobody listens there any more.
    let output = installation.run(&["check", "--alarm"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        text(&output).contains("alarm by url: FAILED"),
        "{}",
        text(&output)
    );
}

#[test]
fn without_an_alarm_the_check_says_so() {
    let lab = Lab::start();
    let installation = Installation::new(&lab);
    let warning = "there is no [alarm]";
    let said = succeed(installation.run(&["check", "--offline"]));
    assert!(said.contains(warning), "{said}");
    with_alarm(&installation);
    let said = succeed(installation.run(&["check", "--offline"]));
    assert!(!said.contains(warning), "{said}");
}
