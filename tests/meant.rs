//! What a unit may have meant as a report is logged or shown to staff, never only noted.

use serde_json::Value;

use crate::lab::imap_fake::FakeImap;
use crate::lab::installation::{Installation, LATE, REPORTING, STAFF, both_forms, scan, succeed};
use crate::lab::outcome::{acknowledged, ago, logged, reminded, report, round};
use crate::lab::{MAILBOX, written};

/// A mail with further header fields.
fn with_fields(fields: &str, raw: &[u8]) -> Vec<u8> {
    [fields.as_bytes(), b"\r\n", raw].concat()
}

fn inbox(installation: &Installation) -> Vec<Value> {
    installation.json(&["inbox", "--json"])
}

fn versions(installation: &Installation) -> u64 {
    let status = installation.json(&["status", "--json"]);
    let line = status.iter().find(|l| l["unit"] == "ldld-dong-hoa");
    line.unwrap()["versions"].as_u64().unwrap()
}

/// What becomes of one mail in a fresh installation.
fn after(raw: &[u8]) -> Installation {
    let server = FakeImap::start();
    let installation = Installation::against(&server);
    server.deliver("INBOX", ago(600), raw);
    round(&installation);
    installation
}

#[test]
fn a_mail_delivered_twice_is_logged_once_and_sent_again_after_a_mistaken_ignore_it_is_logged() {
    let server = FakeImap::start();
    let installation = Installation::against(&server);
    let mail = with_fields("Message-ID: <hang-so@a.example>", &report(REPORTING, "1"));
    server.deliver("INBOX", ago(600), &mail);
    server.deliver("INBOX", ago(500), &with_fields("X-Way: 2", &mail));
    round(&installation);
    assert_eq!(versions(&installation), 1);
    succeed(installation.run(&["ignore", "1"]));
    assert_eq!(versions(&installation), 0);
    server.deliver("INBOX", ago(400), &with_fields("X-Way: 3", &mail));
    round(&installation);
    assert_eq!(versions(&installation), 1);
    // A device gives the same id to each mail: another subject is another mail.
    let text = String::from_utf8(mail).unwrap();
    let other = text.replacen("Subject: ", "Subject: =?UTF-8?Q?B=E1=BB=95?= sung ", 1);
    assert_ne!(other, text);
    server.deliver("INBOX", ago(300), other.as_bytes());
    round(&installation);
    assert_eq!(versions(&installation), 2);
}

#[test]
fn a_report_whose_document_came_broken_waits_and_its_unit_is_not_reminded() {
    for name in ["BC tre em.docx", "BC tre em.odt", "BC tre em.xlsx"] {
        let files = [
            (name, b"UEsDBBQACAgIAO+Qd10AAAAA".to_vec()),
            ("BC tre em.pdf", scan("1")),
        ];
        let mail = written(LATE, "Báo cáo công tác trẻ em", "Kính gửi Ban", &files);
        let installation = after(&mail);
        let waits = inbox(&installation);
        assert_eq!(waits.len(), 1, "{name}");
        let why = waits[0]["why"].to_string();
        assert!(why.contains(&format!("“{name}” bị hỏng")), "{why}");
        assert_eq!(reminded(&installation, LATE), 0, "{name}");
    }
}

#[test]
fn a_report_whose_encoding_has_a_comment_is_logged() {
    let mail = String::from_utf8(report(REPORTING, "1")).unwrap();
    let plain = "Content-Transfer-Encoding: base64";
    let odd = mail.replace(plain, &format!("{plain} (as it came)"));
    assert_ne!(odd, mail);
    let installation = after(odd.as_bytes());
    assert!(logged(&installation, "ldld-dong-hoa"));
}

#[test]
fn a_report_sent_again_after_it_was_sent_back_counts() {
    let server = FakeImap::start();
    let installation = Installation::against(&server);
    let mail = with_fields("Message-ID: <mot@a.example>", &report(REPORTING, "1"));
    server.deliver("INBOX", ago(600), &mail);
    round(&installation);
    succeed(installation.run(&["return", "1", "--reason", "thiếu số liệu"]));
    assert!(!logged(&installation, "ldld-dong-hoa"));
    server.deliver("INBOX", ago(400), &with_fields("X-Way: 2", &mail));
    round(&installation);
    assert!(logged(&installation, "ldld-dong-hoa"));
}

#[test]
fn a_link_that_comes_through_a_list_or_with_automatic_headers_waits_for_staff() {
    let text = "Báo cáo công tác trẻ em: https://drive.google.com/file/d/1abc/view";
    for field in [
        "List-Id: <cdcs.phuyen.example>",
        "Precedence: bulk",
        "Auto-Submitted: auto-generated",
    ] {
        let raw = written(REPORTING, "Báo cáo công tác trẻ em", text, &[]);
        let installation = after(&with_fields(field, &raw));
        let waiting = inbox(&installation);
        assert_eq!(waiting.len(), 1, "{field}");
        assert_eq!(acknowledged(&installation, REPORTING), 0, "{field}");
    }
}

#[test]
fn a_report_that_the_mailbox_s_own_account_or_staff_pass_on_waits_for_staff() {
    for from in [MAILBOX, STAFF] {
        let raw = written(from, "Fwd: Báo cáo công tác trẻ em", "", &both_forms("1"));
        let installation = after(&raw);
        assert_eq!(inbox(&installation).len(), 1, "{from}");
        let link = "Gửi Ban: https://drive.google.com/file/d/1abc/view";
        let installation = after(&written(from, "Báo cáo công tác trẻ em", link, &[]));
        assert_eq!(inbox(&installation).len(), 1, "{from}, a link");
    }
}

#[test]
fn who_is_staff_and_writes_for_a_unit_too_reports_like_any_unit() {
    let server = FakeImap::start();
    let installation = Installation::against(&server);
    let path = installation.config().join("units.csv");
    let units = std::fs::read_to_string(&path).unwrap();
    std::fs::write(
        &path,
        units.replace(REPORTING, &format!("{REPORTING};{STAFF}")),
    )
    .unwrap();
    server.deliver("INBOX", ago(600), &report(STAFF, "1"));
    round(&installation);
    assert!(logged(&installation, "ldld-dong-hoa"));
    assert_eq!(acknowledged(&installation, STAFF), 1);
}

#[test]
fn what_somebody_passes_on_whom_we_know_holds_the_reminder_of_the_unit_that_is_meant() {
    // A mail that is attached as mere bytes, and one that is quoted.
    let attached = |from: &str| {
        let files = [("mail.eml", report(LATE, "1"))];
        written(from, "Fwd: báo cáo", "", &files)
    };
    let quoted = |from: &str| {
        let text = format!(
            "---------- Forwarded message ---------\nFrom: LĐLĐ Tuy An <{LATE}>\nSubject: Báo cáo\n\nĐơn vị không phát sinh."
        );
        written(from, "Fwd: báo cáo", &text, &[])
    };
    for raw in [
        attached(STAFF),
        attached(MAILBOX),
        quoted(STAFF),
        quoted(MAILBOX),
    ] {
        let installation = after(&raw);
        let waiting = inbox(&installation);
        assert_eq!(waiting.len(), 1, "{}", String::from_utf8_lossy(&raw[..400]));
    }
    for raw in [quoted(STAFF), quoted(MAILBOX)] {
        let installation = after(&raw);
        assert_eq!(
            reminded(&installation, LATE),
            0,
            "{:?}",
            inbox(&installation)
        );
    }
}

#[test]
fn the_same_bytes_received_again_after_a_mistaken_ignore_are_logged() {
    let server = FakeImap::start();
    let installation = Installation::against(&server);
    let mail = report(REPORTING, "1");
    server.deliver("INBOX", ago(600), &mail);
    round(&installation);
    succeed(installation.run(&["ignore", "1"]));
    server.deliver("INBOX", ago(60), &mail);
    round(&installation);
    assert!(logged(&installation, "ldld-dong-hoa"));
}
