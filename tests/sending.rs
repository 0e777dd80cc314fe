//! What leaves: every mail once, whatever the mail server says, and what stands in the way is told.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Output;
use std::time::Duration;

use jiff::civil::Time;
use jiff::{SignedDuration, Timestamp, ToSpan};
use rusqlite::Connection;
use thubaocao::domain::{date_of, instant, zone};

use crate::lab::dns;
use crate::lab::imap_fake::{self, FakeImap, Folder};
use crate::lab::installation::{
    Installation, LATE, REPORTING, STAFF, VERIFIER, both_forms, succeed,
};
use crate::lab::smtp_fake::{FakeSmtp, Fault, Step};
use crate::lab::{MAILBOX, await_until, written};

/// Two misbehaving servers with an installation between them. Two units have reported: three mails are owed.
struct Between {
    imap: FakeImap,
    smtp: FakeSmtp,
    installation: Installation,
    begun: Timestamp,
}

const THREE: [&str; 3] = [STAFF, REPORTING, LATE];

impl Between {
    fn new() -> Between {
        Between::beginning(Timestamp::now())
    }

    /// Whose rounds are of one day, whenever the test is run.
    fn at_noon() -> Between {
        let today = date_of(Timestamp::now());
        Between::beginning(instant(today, Time::constant(12, 0, 0, 0)))
    }

    fn beginning(begun: Timestamp) -> Between {
        let (imap, smtp) = (FakeImap::start(), FakeSmtp::start());
        let installation = Installation::between(&imap, &smtp);
        let between = Between {
            imap,
            smtp,
            installation,
            begun,
        };
        between.reports(REPORTING);
        between.reports(LATE);
        between
    }

    fn reports(&self, unit: &str) {
        let mail = written(unit, "Báo cáo trẻ em", "Kính gửi Ban", &both_forms(unit));
        let received = self.begun - SignedDuration::from_mins(10);
        self.imap.deliver("INBOX", received, &mail);
    }

    /// All passes once, so many minutes after the beginning.
    fn round(&self, minutes: i64) -> Output {
        let at = self.begun + SignedDuration::from_mins(minutes);
        let at = at.to_string();
        self.installation.run(&["--at", &at, "run", "--once"])
    }

    fn rows<const N: usize>(&self, sql: &str) -> Vec<[String; N]> {
        let data = self.installation.dir.path().join("data");
        let store = Connection::open(data.join("thubaocao.sqlite")).unwrap();
        let mut statement = store.prepare(sql).unwrap();
        let rows = statement.query_map([], |row| {
            let mut texts = [const { String::new() }; N];
            for (i, text) in texts.iter_mut().enumerate() {
                *text = row.get(i)?;
            }
            Ok(texts)
        });
        rows.unwrap().map(Result::unwrap).collect()
    }

    /// A mail a line: key, state, error.
    fn outbox(&self) -> Vec<[String; 3]> {
        self.rows("SELECT key, state, coalesce(error, '') FROM outbox ORDER BY key")
    }

    /// The addresses that are noted as having failed, and how.
    fn blamed(&self) -> Vec<[String; 2]> {
        self.rows("SELECT address, kind FROM contact_bounce ORDER BY address")
    }

    /// The state of the mail whose key begins so.
    fn state_of(&self, key: &str) -> String {
        let outbox = self.outbox();
        let found = outbox.iter().find(|[k, ..]| k.starts_with(key));
        found.unwrap_or_else(|| panic!("{key}: {outbox:?}"))[1].clone()
    }

    /// The text of the last mail that staff were sent.
    fn digest(&self) -> String {
        self.smtp.taken_for(STAFF).pop().unwrap().text
    }

    fn sent_once(&self, address: &str) {
        let taken = self.smtp.taken_for(address);
        let subjects: Vec<_> = taken.iter().map(|l| &l.subject).collect();
        assert_eq!(subjects.len(), 1, "{address}: {subjects:?}");
    }
}

/// The day's limit of Gmail.
const LIMIT: Fault = Fault::Say("550 5.4.5 Daily user sending limit exceeded");

/// Each fault alone, once: nothing is lost or held against anybody, and after an hour every mail has left once.
fn fail_once(faults: &[(Step, Fault)]) {
    for (step, fault) in faults {
        let b = Between::new();
        b.smtp.on(*step, 1..=1, *fault);
        succeed(b.round(0));
        let outbox = b.outbox();
        let well = |[_, state, _]: &[String; 3]| ["queued", "sent"].contains(&state.as_str());
        assert!(outbox.iter().all(well), "{step:?} {fault:?}: {outbox:?}");
        succeed(b.round(65));
        for address in THREE {
            b.sent_once(address);
        }
        assert!(
            b.blamed().is_empty(),
            "{step:?} {fault:?}: {:?}",
            b.blamed()
        );
    }
}

#[test]
fn a_connection_or_a_login_that_fails_once_loses_no_mail() {
    fail_once(&[
        (Step::Connect, Fault::Cut),
        (Step::Connect, Fault::Say("554 no service")),
        (Step::Ehlo, Fault::Say("421 4.3.2 shutting down")),
        (Step::StartTls, Fault::Say("454 4.7.0 no TLS today")),
        (Step::Auth, Fault::Say("535 5.7.8 not known")),
        (Step::Auth, Fault::Say("454 4.7.0 temporary failure")),
    ]);
}

#[test]
fn an_envelope_that_fails_once_loses_no_mail_and_is_held_against_no_address() {
    fail_once(&[
        (Step::Mail, Fault::Say("451 4.3.0 try later")),
        (Step::Mail, Fault::Say("530 5.7.0 Authentication required")),
        (Step::Mail, LIMIT),
        (Step::Mail, Fault::Say("what?")),
        (Step::Rcpt, Fault::Cut),
        (Step::Rcpt, Fault::Say("421 4.7.0 closing")),
        (Step::Rcpt, LIMIT),
    ]);
}

#[test]
fn a_mail_whose_text_fails_once_leaves_once() {
    fail_once(&[
        (Step::Data, Fault::Cut),
        (Step::Data, Fault::Say("451 4.3.0 try later")),
        (Step::Data, LIMIT),
        (Step::Dot, Fault::Say("421 4.3.0 closing")),
        (Step::Dot, LIMIT),
    ]);
}

#[test]
fn a_daemon_killed_before_a_mail_itself_leaves_sends_it_at_the_next_start() {
    let b = Between::new();
    b.smtp.on(Step::Rcpt, .., Fault::Silence);
    let daemon = b.installation.start();
    b.smtp.await_step(Step::Rcpt, 1);
    daemon.kill();
    let waits = |[_, state, _]: &[String; 3]| state == "queued";
    assert!(b.outbox().iter().all(waits), "{:?}", b.outbox());
    b.smtp.mend();
    succeed(b.round(1));
    for address in THREE {
        b.sent_once(address);
    }
}

#[test]
fn a_mail_whose_answer_was_lost_is_not_sent_again_blindly() {
    let b = Between::at_noon();
    b.smtp.on(Step::Dot, 1..=1, Fault::TakeAndCut);
    for minutes in [0, 65, 130] {
        succeed(b.round(minutes));
    }
    for address in THREE {
        b.sent_once(address);
    }
}

#[test]
fn a_server_that_answers_no_mail_has_one_mail_in_doubt() {
    let b = Between::new();
    b.smtp.on(Step::Dot, .., Fault::TakeAndCut);
    succeed(b.round(0));
    assert_eq!(b.smtp.count(Step::Dot), 1);
    let outbox = b.outbox();
    let waits = outbox.iter().filter(|[_, state, _]| state == "queued");
    assert_eq!(waits.count(), 2, "{outbox:?}");
}

#[test]
fn a_renewed_password_counts_without_a_reload() {
    let b = Between::new();
    let daemon = b.installation.start();
    b.smtp.await_step(Step::Dot, 3);
    daemon.await_log("waiting", 1);
    b.smtp.known().password = "mat-khau-moi".into();
    fs::write(b.installation.dir.path().join("password"), "mat-khau-moi").unwrap();
    b.reports(LATE);
    await_until("another answer", || b.smtp.taken_for(LATE).len() == 2);
    assert!(
        !daemon.log().contains("refuses the login"),
        "{}",
        daemon.log()
    );
    daemon.terminate();
}

#[test]
fn nothing_leaves_in_the_clear() {
    let b = Between::new();
    b.smtp.known().starttls = false;
    succeed(b.round(0));
    assert_eq!(b.smtp.count(Step::Auth), 0);
    assert_eq!(b.smtp.count(Step::Mail), 0);
    let [why] = &b.rows::<1>("SELECT why FROM queue_pause")[0];
    assert!(why.contains("không hỗ trợ STARTTLS"), "{why}");
}

#[test]
fn mails_that_are_refused_one_by_one_need_one_login() {
    let b = Between::new();
    b.smtp
        .on(Step::Dot, .., Fault::Say("550 5.7.1 looks like spam"));
    succeed(b.round(0));
    assert_eq!(b.smtp.count(Step::Dot), 3);
    assert_eq!(b.smtp.count(Step::Auth), 1);
    assert!(b.outbox().iter().all(|[_, state, _]| state == "failed"));
    assert!(b.blamed().is_empty(), "{:?}", b.blamed());
    b.smtp.mend();
    succeed(b.round(24 * 60));
    let digest = b.digest();
    let told = format!("LĐLĐ huyện Tuy An ({LATE}): máy chủ từ chối: “550 5.7.1 looks like spam”");
    assert!(digest.contains(&told), "{digest}");
}

#[test]
fn a_mail_that_is_taken_at_the_third_try_leaves_one_copy_in_the_archive() {
    let b = Between::at_noon();
    b.smtp
        .on_naming(Step::Dot, LATE, 1..=2, Fault::Say("451 4.3.0 try later"));
    for minutes in [0, 65, 130] {
        succeed(b.round(minutes));
    }
    b.sent_once(LATE);
    let said = succeed(b.installation.run(&["verify"]));
    assert!(!said.contains("nothing needs"), "{said}");
}

#[test]
fn what_is_said_of_an_address_counts_against_it_and_never_against_staff() {
    let said = [
        ("550 5.1.1 no such user", Some("hard")),
        ("550 5.2.1 disabled", Some("hard")),
        ("552 5.2.2 mailbox full", Some("soft")),
        ("550 not here", Some("soft")),
        ("550 5.7.1 not liked", Some("soft")),
        ("450 4.2.0 greylisted", None),
    ];
    for (answer, kind) in said {
        let b = Between::new();
        for address in [STAFF, LATE] {
            b.smtp
                .on_naming(Step::Rcpt, address, .., Fault::Say(answer));
        }
        succeed(b.round(0));
        let expected: Vec<[String; 2]> = kind
            .map(|k| [LATE.to_owned(), k.to_owned()])
            .into_iter()
            .collect();
        assert_eq!(b.blamed(), expected, "{answer}");
        b.sent_once(REPORTING);
        let state = if kind.is_some() { "failed" } else { "queued" };
        assert_eq!(b.state_of("digest:"), state, "{answer}");
    }
}

#[test]
fn one_refused_login_makes_the_queue_wait_through_restarts_until_the_password_is_another() {
    let b = Between::at_noon();
    b.smtp.known().password = "mat-khau-moi".into();
    for minutes in [0, 1, 30, 59] {
        succeed(b.round(minutes));
        assert_eq!(b.smtp.count(Step::Auth), 1, "after {minutes} minutes");
    }
    for minutes in [61, 62, 122, 180] {
        succeed(b.round(minutes));
        assert_eq!(b.smtp.count(Step::Auth), 2, "after {minutes} minutes");
    }
    fs::write(b.installation.dir.path().join("password"), "mat-khau-moi").unwrap();
    succeed(b.round(181));
    for address in THREE {
        b.sent_once(address);
    }
    // The next day's digest tells of it.
    succeed(b.round(24 * 60));
    let digest = b.digest();
    assert!(digest.contains("Việc gửi thư đã tạm dừng từ"), "{digest}");
    assert!(digest.contains("từ chối đăng nhập của"), "{digest}");
}

#[test]
fn a_mail_that_cannot_be_written_stops_no_other_and_is_told() {
    let b = Between::new();
    b.smtp.on(Step::Connect, 1..=1, Fault::Cut);
    succeed(b.round(0));
    let units = b.installation.config().join("units.csv");
    let register = fs::read_to_string(&units).unwrap();
    let rows = register.lines().filter(|l| !l.starts_with("ldld-tuy-an"));
    fs::write(&units, rows.map(|l| format!("{l}\n")).collect::<String>()).unwrap();
    for minutes in [5, 10, 15] {
        b.round(minutes);
    }
    b.sent_once(STAFF);
    b.sent_once(REPORTING);
    assert!(b.smtp.taken_for(LATE).is_empty());
    assert_eq!(b.state_of("ack:2"), "queued");
    b.round(24 * 60);
    let digest = b.digest();
    let told = "Thư xác nhận gửi ldld-tuy-an: không soạn được từ";
    assert!(digest.contains(told), "{digest}");
    assert!(
        digest.contains("ldld-tuy-an không có trong danh bạ"),
        "{digest}"
    );
    fs::write(&units, register).unwrap();
    succeed(b.round(26 * 60));
    b.sent_once(LATE);
}

#[test]
fn a_document_that_is_gone_holds_the_letters_that_bring_it_and_no_other_mail() {
    let b = Between::new();
    let config = b.installation.config();
    let (file, aside) = (config.join("cong-van.pdf"), config.join("aside"));
    fs::write(&file, "%PDF-1.4 công văn").unwrap();
    // A second report, whose period opens today.
    let today = b.begun.to_zoned(zone()).date();
    let path = config.join("reports.toml");
    let text = fs::read_to_string(&path).unwrap();
    let second = format!(
        r#"[[report]]
id = "nu-cong"
title = "Báo cáo nữ công"
basis = "Công văn số 12/LĐLĐ"
basis_file = "cong-van.pdf"
frequency = "once"
period = "dot-2"
opens = "{today}"
due = {{ on = "{}" }}
on_day_off = "keep"
who = ["district"]
forms = ["soft_file"]
words = ["nữ công"]
reminders = {{ opening = true }}
"#,
        today.saturating_add(20.days())
    );
    fs::write(&path, text + &second).unwrap();
    let slow = imap_fake::Fault::Delay(Duration::from_millis(500));
    b.imap.on(imap_fake::Step::Login, 1..=1, slow);
    let daemon = b.installation.start();
    b.imap.await_step(imap_fake::Step::Login, 1);
    fs::rename(&file, &aside).unwrap();
    daemon.await_log("waiting", 1);
    for address in THREE {
        b.sent_once(address);
    }
    let outbox = b.outbox();
    let held = |[key, state, error]: &&[String; 3]| {
        key.starts_with("remind:") && state == "queued" && error.contains("cong-van.pdf")
    };
    assert_eq!(outbox.iter().filter(held).count(), 2, "{outbox:?}");
    // They leave in the next round after it is back.
    fs::rename(&aside, &file).unwrap();
    let other = b"From: ai-do@x.example\r\n\r\n";
    b.imap.deliver("INBOX", Timestamp::now(), other);
    await_until("the letters", || {
        [REPORTING, LATE].map(|to| b.smtp.taken_for(to).len()) == [2, 2]
    });
    daemon.terminate();
}

#[test]
fn three_different_mails_in_a_row_that_are_not_taken_make_the_queue_wait() {
    let b = Between::new();
    for mark in ["sửa lần 2", "sửa lần 3"] {
        let mail = written(LATE, mark, "Báo cáo trẻ em", &both_forms(mark));
        b.imap
            .deliver("INBOX", b.begun - SignedDuration::from_mins(9), &mail);
    }
    b.smtp.on(Step::Rcpt, .., Fault::Say("451 4.3.0 try later"));
    succeed(b.round(0));
    assert!(b.outbox().len() >= 4, "{:?}", b.outbox());
    assert_eq!(b.smtp.count(Step::Rcpt), 3);
    succeed(b.round(30));
    assert_eq!(b.smtp.count(Step::Rcpt), 3);
    b.smtp.mend();
    succeed(b.round(65));
    assert!(
        b.outbox().iter().all(|[_, state, _]| state == "sent"),
        "{:?}",
        b.outbox()
    );
}

#[test]
fn one_mail_that_is_not_taken_for_days_lets_the_others_pass_and_is_told_by_name() {
    let b = Between::new();
    b.smtp
        .on_naming(Step::Rcpt, LATE, .., Fault::Say("450 4.2.0 greylisted"));
    let day = 24 * 60;
    for days in 0..=4 {
        succeed(b.round(days * day));
        assert!(!b.digest().contains("máy chủ chưa nhận"), "on day {days}");
    }
    assert_eq!(b.smtp.taken_for(STAFF).len(), 5);
    succeed(b.round(6 * day));
    let digest = b.digest();
    let told = format!("Thư xác nhận gửi LĐLĐ huyện Tuy An ({LATE}): máy chủ chưa nhận từ");
    assert!(digest.contains(&told), "{digest}");
    b.smtp.mend();
    succeed(b.round(7 * day));
    b.sent_once(LATE);
}

#[test]
fn of_several_recipients_only_the_one_for_whom_it_was_not_taken_gets_it_later() {
    let (imap, smtp) = (FakeImap::start(), FakeSmtp::start());
    let b = Between {
        installation: Installation::between(&imap, &smtp),
        imap,
        smtp,
        begun: Timestamp::now(),
    };
    // What is ten days late goes to the leader, with a copy to the unit.
    let leader = "chu.tich@phuyen.example";
    let last = format!("{LATE},,,,,");
    let with_leader = format!("{LATE},{leader},,,,");
    b.installation.edit("units.csv", &last, &with_leader);
    let settings = "thubaocao.toml";
    b.installation.edit(
        settings,
        "escalate_after = 200",
        "escalate_after = 2\nescalation = \"automatic\"",
    );
    // On the day before, the unit alone is told.
    succeed(b.round(0));
    b.sent_once(LATE);
    assert!(b.smtp.taken_for(leader).is_empty());
    b.smtp
        .on_naming(Step::Rcpt, LATE, 1..=2, Fault::Say("450 4.2.0 greylisted"));
    let day = 24 * 60;
    succeed(b.round(day));
    b.sent_once(leader);
    b.sent_once(LATE);
    for minutes in [5, 20] {
        succeed(b.round(day + minutes));
    }
    b.sent_once(leader);
    assert_eq!(b.smtp.taken_for(LATE).len(), 2, "and the copy");
}

#[test]
fn a_digest_that_one_of_staff_does_not_take_leaves_for_the_others_and_later_for_him_once() {
    let b = Between::new();
    let second = "truong.ban@ldldphuyen.example";
    let both = format!("[\"{STAFF}\", \"{second}\"]");
    b.installation
        .edit("thubaocao.toml", &format!("[\"{STAFF}\"]"), &both);
    let later = Fault::Say("450 4.2.0 greylisted");
    b.smtp.on_naming(Step::Rcpt, second, 1..=2, later);
    succeed(b.round(0));
    b.sent_once(STAFF);
    assert!(b.smtp.taken_for(second).is_empty());
    for minutes in [5, 20] {
        succeed(b.round(minutes));
    }
    b.sent_once(STAFF);
    b.sent_once(second);
    // One of them does not get the next one at all: the other is told, and the digest counts as sent.
    let health = |minutes: i64| {
        let at = b.begun + SignedDuration::from_mins(minutes);
        let at = at.to_string();
        let said = b.installation.run(&["--at", &at, "health", "--json"]);
        let lines = crate::lab::installation::json_lines(&String::from_utf8(said.stdout).unwrap());
        let digest = lines.into_iter().find(|l| l["part"] == "digest").unwrap();
        digest["ok"].clone()
    };
    let day = 24 * 60;
    let never = Fault::Say("550 5.7.1 not liked");
    b.smtp.on_naming(Step::Rcpt, second, .., never);
    succeed(b.round(day));
    assert_eq!(health(day + 1), true);
    succeed(b.round(2 * day));
    let digest = b.digest();
    let told = format!("Bản tin ({second}): máy chủ từ chối");
    assert!(digest.contains(&told), "{digest}");
    b.smtp.on_naming(Step::Rcpt, STAFF, .., never);
    succeed(b.round(3 * day));
    assert_eq!(health(3 * day + 1), false);
}

#[test]
fn a_mail_in_doubt_is_looked_up_until_the_server_has_filed_it() {
    let b = Between::new();
    b.imap
        .account()
        .folders
        .push(Folder::new("Sent", Some("\\Sent")));
    b.smtp.on(Step::Dot, 1..=1, Fault::TakeAndCut);
    for minutes in [0, 1, 3, 5] {
        succeed(b.round(minutes));
        assert_eq!(b.state_of("digest:"), "sending");
    }
    b.sent_once(STAFF);
    let filed = b.smtp.taken()[0].raw.clone();
    b.imap.deliver("Sent", b.begun, filed.as_bytes());
    succeed(b.round(11));
    assert_eq!(b.state_of("digest:"), "sent");
    succeed(b.round(65));
    b.sent_once(STAFF);
}

#[test]
fn absence_counts_only_where_the_server_is_known_to_file_what_is_sent() {
    for files in [false, true] {
        let b = Between::new();
        b.imap
            .account()
            .folders
            .push(Folder::new("Sent", Some("\\Sent")));
        succeed(b.round(0));
        if files {
            for taken in b.smtp.taken() {
                b.imap.deliver("Sent", b.begun, taken.raw.as_bytes());
            }
        }
        succeed(b.round(5));
        // The line is cut before the server has taken it.
        b.smtp.on(Step::Dot, 1..=1, Fault::Cut);
        let mail = written(LATE, "sửa", "Báo cáo trẻ em", &both_forms("sửa"));
        b.imap.deliver("INBOX", b.begun, &mail);
        for minutes in [10, 11, 13, 21] {
            succeed(b.round(minutes));
            assert_eq!(b.state_of("ack:3"), "sending", "{minutes}");
        }
        for minutes in [41, 45] {
            succeed(b.round(minutes));
        }
        let (state, mails) = if files { ("sent", 2) } else { ("unknown", 1) };
        assert_eq!(b.state_of("ack:3"), state);
        assert_eq!(b.smtp.taken_for(LATE).len(), mails);
    }
}

#[test]
fn sent_mails_that_cannot_be_searched_stop_nothing_and_staff_send_again() {
    let b = Between::new();
    b.imap
        .account()
        .folders
        .push(Folder::new("Sent", Some("\\Sent")));
    b.imap.on(
        imap_fake::Step::Search,
        ..,
        imap_fake::Fault::No("[LIMIT] not today"),
    );
    // The digest leaves first, then the first answer.
    b.smtp.on(Step::Dot, 2..=2, Fault::Cut);
    for minutes in [0, 1, 3, 11, 31] {
        b.round(minutes);
    }
    b.sent_once(STAFF);
    b.sent_once(LATE);
    assert_eq!(b.state_of("ack:1"), "unknown");
    assert!(b.smtp.taken_for(REPORTING).is_empty());

    succeed(b.round(24 * 60));
    let page = b.smtp.taken_for(STAFF).pop().unwrap().html;
    let begins = page.find("TBC.g").expect("a link");
    let token: String = page[begins..]
        .chars()
        .take_while(|c| c.is_ascii_alphanumeric() || *c == '.')
        .collect();
    let command = format!(
        "Authentication-Results: {VERIFIER}; dmarc=pass header.from=ldldphuyen.example\r\nFrom: {STAFF}\r\nTo: {MAILBOX}\r\nSubject: Gui lai\r\nMessage-ID: <1@ldldphuyen.example>\r\n\r\nGui lai\r\n{token}\r\n"
    );
    let at = b.begun + SignedDuration::from_mins(24 * 60 + 5);
    let command = dns::signed_by_staff(command.as_bytes());
    b.imap.deliver("INBOX", at, &command);
    succeed(b.round(24 * 60 + 10));
    b.sent_once(REPORTING);
    let answer = b.smtp.taken_for(STAFF).pop().unwrap().text;
    assert!(answer.contains("Thư được gửi lại"), "{answer}");
}

#[test]
fn a_program_that_sends_says_by_its_exit_code_what_becomes_of_a_mail() {
    for (code, answered, digest) in [
        (75, "queued", "queued"),
        (65, "failed", "failed"),
        (78, "queued", "queued"),
    ] {
        let imap = FakeImap::start();
        let dir = tempfile::tempdir().unwrap();
        let program = dir.path().join("sendmail");
        let text = format!(
            "#!/bin/sh\ncat >/dev/null\necho x >>{}/calls\nexit {code}\n",
            dir.path().display()
        );
        fs::write(&program, text).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        let section = format!("kind = \"sendmail\"\nprogram = {program:?}");
        let b = Between {
            installation: Installation::leaving(&imap, &section),
            imap,
            smtp: FakeSmtp::start(),
            begun: Timestamp::now(),
        };
        b.reports(REPORTING);
        succeed(b.round(0));
        assert_eq!(b.state_of("ack:"), answered, "{code}");
        assert_eq!(b.state_of("digest:"), digest, "{code}");
        let calls = fs::read_to_string(dir.path().join("calls")).unwrap();
        // A fault of its configuration is not tried with the next mail.
        let expected = if code == 78 { 1 } else { 3 };
        assert_eq!(calls.lines().count(), expected, "{code}");
    }
}

/// A relay that has lost its way says of everybody that there is no such user.
#[test]
fn three_units_refused_in_a_row_make_the_queue_wait_and_cost_no_other_its_address() {
    let dir = crate::lab::demo::sample();
    let config = dir.path().join("config");
    let program = dir.path().join("sendmail");
    fs::write(&program, "#!/bin/sh\ncat >/dev/null\nexit 67\n").unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let path = config.join("thubaocao.toml");
    let text = fs::read_to_string(&path).unwrap();
    let way = "kind = \"file\"\nfolder = \"data/outbox\"";
    assert!(text.contains(way), "{text}");
    let text = text.replace(way, &format!("kind = \"sendmail\"\nprogram = {program:?}"));
    fs::write(&path, text).unwrap();
    fs::create_dir_all(dir.path().join("data/maildir/new")).unwrap();
    let run = |at: &str, what: &[&str]| {
        let mut command = crate::lab::installation::thubaocao(&config);
        command.args(["--at", at]).args(what).output().unwrap()
    };
    for day in ["05", "08"] {
        let at = format!("2026-06-{day}T08:00:00+07:00");
        succeed(run(&at, &["run", "--once"]));
    }
    let contacts = succeed(run("2026-06-08T08:01:00+07:00", &["contacts", "list"]));
    assert!(!contacts.contains("out of use"), "{contacts}");
    let health = run("2026-06-08T08:01:00+07:00", &["health"]);
    let told = String::from_utf8_lossy(&health.stdout).into_owned();
    assert!(told.contains("transport: FAILS"), "{told}");
}

/// What a server writes of a mail of ours that an address does not take; `head`: lines above it.
fn notice(head: &str, address: &str, original: &str) -> Vec<u8> {
    let (original, _) = original.split_once("\r\n\r\n").unwrap();
    format!(
        "{head}From: MAILER-DAEMON@lab.example\r\nTo: {MAILBOX}\r\nSubject: Undelivered Mail Returned to Sender\r\nMessage-ID: <{address}.{}>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\n\r\nno such user\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; lab.example\r\n\r\nFinal-Recipient: rfc822; {address}\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n--b\r\nContent-Type: text/rfc822-headers\r\n\r\n{original}\r\n\r\n--b--\r\n",
        head.len()
    )
    .into_bytes()
}

#[test]
fn a_mail_to_staff_that_comes_back_is_told_and_its_address_stays_in_use() {
    let b = Between::new();
    succeed(b.round(0));
    for address in [STAFF, LATE] {
        let original = b.smtp.taken_for(address).remove(0).raw;
        b.imap
            .deliver("INBOX", b.begun, &notice("", address, &original));
    }
    succeed(b.round(24 * 60));
    assert_eq!(b.blamed(), [[LATE, "hard"]]);
    let digest = b.digest();
    assert!(
        digest.contains(&format!("Bản tin: địa chỉ {STAFF}")),
        "{digest}"
    );
}

#[test]
fn a_notice_that_anybody_may_have_written_changes_no_contact_and_is_told_as_such() {
    let failed =
        format!("Authentication-Results: {VERIFIER}; dmarc=fail header.from=lab.example\r\n");
    let b = Between::new();
    succeed(b.round(0));
    let original = b.smtp.taken_for(LATE).remove(0).raw;
    for head in [
        &format!("Return-Path: <>\r\n{failed}"),
        "Return-Path: <mailer-daemon@x.example>\r\n",
        // The topmost line is the server's own.
        "Return-Path: <mailer-daemon@x.example>\r\nReturn-Path: <>\r\n",
    ] {
        b.imap
            .deliver("INBOX", b.begun, &notice(head, LATE, &original));
    }
    succeed(b.round(24 * 60));
    assert_eq!(b.blamed(), [[""; 2]; 0]);
    let digest = b.digest();
    assert_eq!(
        digest.matches("không tính vào địa chỉ").count(),
        3,
        "{digest}"
    );
    assert!(!digest.contains("ĐỊA CHỈ"), "{digest}");
}

#[test]
fn an_address_is_out_of_use_after_notices_of_two_days_and_in_doubt_after_one() {
    let b = Between::new();
    for (day, told) in [(0, "in doubt"), (1, "out of use")] {
        let minutes = day * 24 * 60;
        if day > 0 {
            let of =
                "SELECT CAST(s.id AS TEXT) FROM submission s JOIN message m ON m.id = s.message";
            let [id] = &b.rows::<1>(&format!("{of} WHERE m.sender = '{LATE}'"))[0];
            succeed(
                b.installation
                    .run(&["return", id, "--reason", "thiếu số liệu"]),
            );
        }
        succeed(b.round(minutes));
        let original = b.smtp.taken_for(LATE).pop().unwrap().raw;
        let at = b.begun + SignedDuration::from_mins(minutes);
        for head in ["Return-Path: <>\r\n", "Return-Path: <MAILER-DAEMON>\r\n"] {
            b.imap.deliver("INBOX", at, &notice(head, LATE, &original));
        }
        succeed(b.round(minutes + 5));
        let at = (b.begun + SignedDuration::from_mins(minutes + 6)).to_string();
        let listed = succeed(b.installation.run(&["--at", &at, "contacts", "list"]));
        assert_eq!(listed.lines().count(), 1, "{listed}");
        assert!(listed.contains(LATE) && listed.contains(told), "{listed}");
    }
    succeed(b.round(2 * 24 * 60));
    let digest = b.digest();
    assert!(digest.contains("ĐỊA CHỈ HỎNG: "), "{digest}");
}

#[test]
fn a_message_id_of_ours_cannot_be_guessed() {
    let b = Between::new();
    succeed(b.round(0));
    let ids = b.rows::<1>("SELECT message_id FROM outbox WHERE state = 'sent'");
    assert_eq!(ids.len(), 3, "{ids:?}");
    let secrets: std::collections::BTreeSet<&str> = ids
        .iter()
        .map(|[id]| id.split('@').next().unwrap().rsplit('.').next().unwrap())
        .collect();
    assert_eq!(secrets.len(), 3, "{ids:?}");
    for secret in secrets {
        assert_eq!(secret.len(), 16, "64 bits in hex: {ids:?}");
        assert!(secret.bytes().all(|b| b.is_ascii_hexdigit()), "{ids:?}");
    }
}
