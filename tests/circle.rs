//! The whole circle: a unit sends by SMTP, the daemon logs it, the acknowledgement arrives in the unit's mailbox, a
//! late unit gets its reminder, staff get the digest.

use std::fs;
use std::time::Duration;

use mail_parser::MimeHeaders;

use crate::holding::document;
use crate::lab::installation::{
    Installation, LATE, REPORTING, STAFF, Wishes, both_forms, scan, succeed, word,
};
use crate::lab::{Lab, MAILBOX, await_until};

#[test]
fn a_report_is_logged_and_acknowledged_the_late_are_reminded_and_staff_get_the_digest() {
    let lab = Lab::start();
    let installation = Installation::new(&lab);
    lab.unit_sends(
        REPORTING,
        "Báo cáo công tác trẻ em",
        "Kính gửi Ban",
        &both_forms("1"),
    );
    let daemon = installation.start();

    let letters = lab.await_mails(REPORTING, 1);
    assert_eq!(letters[0].subject, "Re: Báo cáo công tác trẻ em");
    assert!(
        letters[0]
            .text
            .contains("Tình trạng: đủ thành phần (bản ký, đóng dấu và file mềm)"),
        "{}",
        letters[0].text
    );
    assert!(letters[0].raw.contains("Auto-Submitted: auto-replied"));
    assert!(!letters[0].in_reply_to.is_empty());

    let letters = lab.await_mails(LATE, 1);
    assert_eq!(
        letters[0].subject,
        "Đề nghị gửi báo cáo: Báo cáo công tác trẻ em, dot-1"
    );
    assert!(
        letters[0]
            .text
            .contains("cần gửi: bản ký, đóng dấu và file mềm")
    );

    let letters = lab.await_mails(STAFF, 1);
    assert!(
        letters[0].text.contains("LĐLĐ TX Đông Hòa"),
        "{}",
        letters[0].text
    );
    assert!(letters[0].html.contains("cần xử lý"));

    // A second mail wakes the daemon out of IDLE, long before it would look by itself.
    daemon.await_log("waiting", 1);
    lab.unit_sends(
        LATE,
        "Báo cáo trẻ em (file mềm)",
        "Gửi Ban",
        &[("BC.docx", word("2"))],
    );
    let letters = lab.await_mails(LATE, 2);
    let answer = letters
        .iter()
        .find(|l| l.subject.starts_with("Re: "))
        .unwrap();
    assert!(
        answer.text.contains("Còn thiếu: bản ký, đóng dấu"),
        "{}",
        answer.text
    );

    assert!(daemon.terminate() < Duration::from_secs(5));

    let status = installation.json(&["status", "--json"]);
    let state = |unit: &str| {
        let line = status.iter().find(|l| l["unit"] == unit).unwrap();
        line["state"].as_str().unwrap().to_owned()
    };
    assert_eq!(state("ldld-dong-hoa"), "late"); // it was due ten days ago
    assert_eq!(state("ldld-tuy-an"), "partial");
    let late = status.iter().find(|l| l["unit"] == "ldld-tuy-an").unwrap();
    assert_eq!(late["reminders_sent"], 1);
    assert_eq!(late["missing"], serde_json::json!(["signed_document"]));
    assert_eq!(lab.mails_of(STAFF).len(), 1, "one digest a day");
    assert_eq!(
        lab.mails_of(REPORTING).len(),
        1,
        "one acknowledgement a report"
    );

    // Staff read the same mailbox: nothing was marked as read.
    let read: Vec<String> = fs::read_dir(lab.maildir(MAILBOX).join("cur"))
        .unwrap()
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.rsplit(":2,").next().unwrap().contains('S'))
        .collect();
    assert_eq!(read, [""; 0]);
}

#[test]
fn a_second_run_does_nothing_twice_and_implicit_tls_works_too() {
    let lab = Lab::start();
    let installation = Installation::with(
        &lab,
        &Wishes {
            smtp_tls: "tls",
            ..Wishes::of(&lab)
        },
    );
    lab.unit_sends(REPORTING, "Báo cáo trẻ em", "Gửi Ban", &both_forms("1"));
    for _ in 0..3 {
        let output = installation.run(&["run", "--once"]);
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    lab.await_mails(REPORTING, 1);
    lab.await_mails(LATE, 1);
    lab.await_mails(STAFF, 1);
    for address in [REPORTING, LATE, STAFF] {
        assert_eq!(lab.mails_of(address).len(), 1, "{address}");
    }
}

#[test]
fn a_mail_to_an_address_that_does_not_work_comes_back_and_is_told_to_staff() {
    let lab = Lab::start();
    let installation = Installation::new(&lab);
    let units = installation.config().join("units.csv");
    let register = fs::read_to_string(&units).unwrap();
    fs::write(&units, register.replace(LATE, "khong-co@noi-nao.example")).unwrap();
    assert!(installation.run(&["run", "--once"]).status.success());
    // Postfix takes the mail, finds that its domain leads back to itself, and returns it: a real bounce.
    lab.await_mails(MAILBOX, 1);
    assert!(installation.run(&["run", "--once"]).status.success());
    let today = jiff::Zoned::now()
        .with_time_zone(thubaocao::domain::zone())
        .date();
    let tomorrow = today.tomorrow().unwrap().to_string();
    let output = installation.run(&["digest", "--on", &tomorrow]);
    let digest = String::from_utf8(output.stdout).unwrap();
    assert!(digest.contains("KHÔNG CHUYỂN ĐƯỢC"), "{digest}");
    assert!(digest.contains("khong-co@noi-nao.example"), "{digest}");
}

#[test]
fn a_mail_that_the_server_refuses_is_told_to_staff_and_not_tried_again() {
    let lab = Lab::start();
    let installation = Installation::new(&lab);
    let units = installation.config().join("units.csv");
    let register = fs::read_to_string(&units).unwrap();
    fs::write(
        &units,
        register.replace(LATE, "a@khong-co-ten-mien.example"),
    )
    .unwrap();
    for _ in 0..2 {
        let output = installation.run(&["run", "--once"]);
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        let refused = String::from_utf8_lossy(&output.stderr)
            .matches("refused for good")
            .count();
        assert!(refused <= 1);
    }
    let today = jiff::Zoned::now()
        .with_time_zone(thubaocao::domain::zone())
        .date();
    let tomorrow = today.tomorrow().unwrap().to_string();
    let digest =
        String::from_utf8(installation.run(&["digest", "--on", &tomorrow]).stdout).unwrap();
    assert!(digest.contains("máy chủ từ chối"), "{digest}");
    assert!(digest.contains("a@khong-co-ten-mien.example"), "{digest}");
    // The refusal of one mail stopped no other.
    lab.await_mails(STAFF, 1);
    lab.await_mails(REPORTING, 1);
}

#[test]
fn machines_and_strangers_get_no_answer() {
    let lab = Lab::start();
    let installation = Installation::new(&lab);
    lab.unit_sends(
        "la@thudientu.example",
        "Gửi LĐLĐ huyện Tuy An báo cáo trẻ em",
        "x",
        &[("BC.docx", document("LĐLĐ HUYỆN TUY AN"))],
    );
    lab.unit_sends(REPORTING, "Trả lời tự động: vắng mặt", "x", &[]);
    assert!(installation.run(&["run", "--once"]).status.success());
    let waiting = installation.json(&["inbox", "--json"]);
    assert_eq!(waiting.len(), 1);
    assert_eq!(waiting[0]["candidates"], serde_json::json!(["ldld-tuy-an"]));
    lab.await_mails(STAFF, 1);
    assert_eq!(lab.mails_of("la@thudientu.example").len(), 0);
    // The stranger may write for Tuy An, as the head of the document is Tuy An's: no reminder until staff have decided.
    // Đông Hòa is late and is reminded.
    let letters = lab.await_mails(REPORTING, 1);
    assert!(letters.iter().all(|l| !l.subject.starts_with("Re:")));
    assert_eq!(lab.mails_of(LATE).len(), 0);

    // Staff assign it: it is logged, answered, and the address is remembered.
    let id = waiting[0]["message"].to_string();
    let status = installation.json(&["status", "--json"]);
    let line = status.iter().find(|l| l["unit"] == "ldld-tuy-an").unwrap();
    let output = installation.run(&[
        "assign",
        &id,
        "--unit",
        "ldld-tuy-an",
        "--report",
        "tre-em",
        "--period",
        line["period"].as_str().unwrap(),
        "--remember",
        "--by",
        "Lan",
    ]);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(installation.run(&["run", "--once"]).status.success());
    lab.await_mails("la@thudientu.example", 1);
    lab.unit_sends(
        "la@thudientu.example",
        "Bản ký báo cáo trẻ em",
        "x",
        &[("BC.pdf", scan("2"))],
    );
    assert!(installation.run(&["run", "--once"]).status.success());
    let status = installation.json(&["status", "--json"]);
    let line = status.iter().find(|l| l["unit"] == "ldld-tuy-an").unwrap();
    assert_eq!(
        (line["state"].as_str(), line["versions"].as_u64()),
        (Some("late"), Some(2))
    );
}

#[test]
fn a_report_in_the_spam_folder_is_found_and_one_that_lies_in_both_is_logged_once() {
    let lab = Lab::start();
    let installation = Installation::new(&lab);
    lab.unit_sends(REPORTING, "Báo cáo trẻ em", "Gửi Ban", &both_forms("1"));
    lab.unit_sends(LATE, "Báo cáo trẻ em", "Gửi Ban", &both_forms("2"));
    assert!(installation.run(&["check"]).status.success()); // Dovecot makes the folder at the first login
    let maildir = lab.maildir(MAILBOX);
    let inbox: Vec<_> = ["new", "cur"]
        .iter()
        .flat_map(|part| fs::read_dir(maildir.join(part)).unwrap())
        .map(|e| e.unwrap().path())
        .collect();
    assert_eq!(inbox.len(), 2);
    for (i, path) in inbox.iter().enumerate() {
        let spam = maildir.join(format!(".Spam/new/{i}.lab"));
        fs::copy(path, &spam).unwrap();
        let owner = std::os::unix::fs::MetadataExt::uid(&fs::metadata(path).unwrap());
        std::os::unix::fs::chown(&spam, Some(owner), None).unwrap();
    }
    fs::remove_file(&inbox[0]).unwrap(); // this one lies in Spam only
    assert!(installation.run(&["run", "--once"]).status.success());
    for line in installation.json(&["status", "--json"]) {
        assert_eq!(line["versions"], 1, "{line}");
    }
}

#[test]
fn the_outcome_is_shown_in_the_mailbox_by_keyword_or_folder_as_configured() {
    let lab = Lab::start();
    for show in ["keyword", "folder"] {
        let installation = Installation::with(
            &lab,
            &Wishes {
                show,
                ..Wishes::of(&lab)
            },
        );
        lab.unit_sends(REPORTING, "Báo cáo trẻ em", "Gửi Ban", &both_forms(show));
        assert!(installation.run(&["run", "--once"]).status.success());
    }
    let maildir = lab.maildir(MAILBOX);
    let keywords = fs::read_to_string(maildir.join("dovecot-keywords")).unwrap();
    assert!(keywords.contains("Thubaocao-Logged"), "{keywords}");
    let shown = || {
        fs::read_dir(&maildir).unwrap().any(|e| {
            let path = e.unwrap().path();
            let folder = path
                .file_name()
                .unwrap()
                .to_string_lossy()
                .starts_with(".B&AOE-o");
            let count = |part: &str| fs::read_dir(path.join(part)).unwrap().count();
            folder && count("new") + count("cur") == 2
        })
    };
    await_until("copies in the folder of what was logged", shown);
}

#[test]
fn a_unit_that_sends_a_link_is_asked_for_the_file_once_and_not_told_it_is_late() {
    let lab = Lab::start();
    let installation = Installation::new(&lab);
    let link = "Kính gửi Ban, báo cáo tại https://drive.google.com/file/d/1AbC/view";
    lab.unit_sends(LATE, "Báo cáo trẻ em", link, &[]);
    for _ in 0..2 {
        assert!(installation.run(&["run", "--once"]).status.success());
    }
    let letters = lab.await_mails(LATE, 1);
    assert_eq!(letters[0].subject, "Re: Báo cáo trẻ em");
    assert!(
        letters[0]
            .text
            .contains("(drive.google.com), không có tệp đính kèm"),
        "{}",
        letters[0].text
    );
    assert_eq!(lab.mails_of(LATE).len(), 1, "neither twice nor a reminder");
    let inbox = installation.json(&["inbox", "--json"]);
    assert_eq!(inbox.len(), 1, "{inbox:?}");

    lab.unit_sends(LATE, "Báo cáo trẻ em", "Gửi lại Ban", &both_forms("2"));
    assert!(installation.run(&["run", "--once"]).status.success());
    let letters = lab.await_mails(LATE, 2);
    assert!(letters.iter().any(|l| l.text.contains("Mã tiếp nhận")));
}

#[test]
fn a_grassroots_union_under_a_district_is_told_once_whom_it_reports_to() {
    let lab = Lab::start();
    let installation = Installation::new(&lab);
    let register = installation.config().join("units.csv");
    let mut units = fs::read_to_string(&register).unwrap();
    let grassroots = "mn.hoavinh@phuyen.example";
    units += &format!(
        "cdcs-hoa-vinh,Công đoàn cơ sở Trường Mầm non Hòa Vinh,CĐCS MN Hòa Vinh,grassroots,ldld-dong-hoa,{grassroots},,,,,\n"
    );
    fs::write(&register, units).unwrap();
    for mark in ["1", "2"] {
        lab.unit_sends(grassroots, "Báo cáo trẻ em", "Gửi Ban", &both_forms(mark));
        succeed(installation.run(&["run", "--once"]));
    }
    let told = lab.await_mails(grassroots, 1);
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(
        told[0].text.contains("LĐLĐ TX Đông Hòa") || told[0].text.contains("thị xã Đông Hòa"),
        "{}",
        told[0].text
    );
    assert_eq!(told[0].subject, "Re: Báo cáo trẻ em");
    // Staff see both, with the reason; nothing is logged, for nobody.
    let waiting = installation.json(&["inbox", "--json"]);
    assert_eq!(waiting.len(), 2);
    for mail in &waiting {
        assert!(
            mail["why"].to_string().contains("gửi thẳng lên tỉnh"),
            "{mail}"
        );
    }
    let status = installation.json(&["status", "--json"]);
    assert!(status.iter().all(|l| l["state"] == "overdue"), "{status:?}");
}

#[test]
fn an_address_that_does_not_work_gives_way_to_the_next_until_staff_take_it_back() {
    let lab = Lab::start();
    let installation = Installation::new(&lab);
    let config = installation.config();
    let edit = |name: &str, from: &str, to: &str| {
        let text = fs::read_to_string(config.join(name)).unwrap();
        assert!(text.contains(from), "{text}");
        fs::write(config.join(name), text.replace(from, to)).unwrap();
    };
    // Postfix refuses the first address; the unit has another one.
    let wrong = "cu@khong-con.example";
    edit("units.csv", LATE, &format!("{wrong};{LATE}"));
    // The next step is far off: what came back goes out once more.
    edit("holidays.toml", "worked = [\"", "worked = [\"1/1\", \"");
    succeed(installation.run(&["run", "--once"]));
    let contacts = |at: &str| succeed(installation.run(&["--at", at, "contacts", "list"]));
    let now = jiff::Zoned::now().with_time_zone(thubaocao::domain::zone());
    // The next working day; all days but weekends are worked.
    let next = (1..4)
        .map(|n| now.date().saturating_add(jiff::ToSpan::days(n)))
        .find(|d| {
            !matches!(
                d.weekday(),
                jiff::civil::Weekday::Saturday | jiff::civil::Weekday::Sunday
            )
        })
        .unwrap();
    let at = format!("{next}T08:00:00+07:00");
    let dead = contacts(&at);
    assert!(dead.contains(wrong) && dead.contains("5.1.2"), "{dead}");
    assert!(lab.letters(LATE).is_empty());

    succeed(installation.run(&["--at", &at, "run", "--once"]));
    let letters = lab.await_mails(LATE, 1);
    assert!(
        letters[0].subject.starts_with("Đề nghị gửi báo cáo"),
        "{letters:?}"
    );
    let digest = lab.await_mails(STAFF, 2).pop().unwrap();
    assert!(
        digest
            .text
            .contains(&format!("{wrong} (LĐLĐ huyện Tuy An) không nhận được thư"))
            && digest.text.contains(&format!("thư gửi đến {LATE}")),
        "{}",
        digest.text
    );
    assert!(
        digest.html.contains("Dùng lại địa chỉ này"),
        "{}",
        digest.html
    );
    // The Excel file that goes along can be read, and says who is late.
    let mail = mail_parser::MessageParser::default()
        .parse(digest.raw.as_bytes())
        .unwrap();
    let file = mail
        .attachments()
        .find(|a| a.attachment_name().is_some_and(|n| n.ends_with(".xlsx")))
        .unwrap();
    let mut book: calamine::Xlsx<_> =
        calamine::open_workbook_from_rs(std::io::Cursor::new(file.contents())).unwrap();
    let sheet = calamine::Reader::worksheet_range(&mut book, "Theo đơn vị").unwrap();
    let cells: Vec<String> = sheet.used_cells().map(|(_, _, c)| c.to_string()).collect();
    assert!(
        cells.iter().any(|c| c == "Liên đoàn Lao động huyện Tuy An")
            && cells.iter().any(|c| c == "Chưa nộp"),
        "{cells:?}"
    );

    succeed(installation.run(&["--at", &at, "contacts", "reset", wrong]));
    assert_eq!(contacts(&at), "");
    let history = succeed(installation.run(&["history"]));
    assert!(history.contains("contacts reset"), "{history}");
}
