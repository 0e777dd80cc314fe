//! What waits for staff is neither missing nor forgotten: its sender is told that it has arrived, its unit is not late.

use std::fs;

use jiff::Timestamp;
use serde_json::Value;
use thubaocao::domain::date_of;

use crate::lab::demo::Demo;
use crate::lab::installation::{Installation, LATE, REPORTING, both_forms, json_lines, succeed};
use crate::lab::written;
use crate::look::look;

/// The demo's mail of a private address with a document of LĐLĐ huyện Sơn Hòa, as another one sends it.
struct Mail<'m> {
    from: &'m str,
    /// What the mailbox's server says of the sender.
    verdict: &'m str,
    /// Further headers.
    also: &'m str,
    /// What tells it from others.
    mark: &'m str,
}

fn arrives(demo: &Demo, mail: &Mail<'_>, at: &str) {
    let folder = demo.dir().join("maildir/new");
    let texts = fs::read_dir(&folder).unwrap();
    let mut texts = texts.map(|e| fs::read_to_string(e.unwrap().path()).unwrap());
    let model = texts
        .find(|t| t.contains("hoanguyen.sh@thudientu.example"))
        .unwrap();
    let (head, body) = model.split_once("\r\n\r\n").unwrap();
    let own = |line: &&str| {
        let name = line.split(':').next().unwrap().to_lowercase();
        !["from", "message-id", "date", "return-path", "received"].contains(&name.as_str())
    };
    let kept: Vec<&str> = head.split("\r\n").filter(own).collect();
    let Mail {
        from,
        verdict,
        also,
        mark,
    } = mail;
    let (_, domain) = from.split_once('@').unwrap();
    let raw = format!(
        "Authentication-Results: mx.google.com; dmarc={verdict} header.from={domain}\r\n{also}From: {from}\r\n\
         Message-ID: <{mark}@x.example>\r\nX-Mark: {mark}\r\n{}\r\n\r\n{body}",
        kept.join("\r\n")
    );
    let path = folder.join(format!("{mark}.1.x"));
    fs::write(&path, raw).unwrap();
    let received: Timestamp = at.parse().unwrap();
    let file = fs::File::options().append(true).open(&path).unwrap();
    file.set_modified(received.into()).unwrap();
}

/// To whom notices went out that a mail has arrived, in their order.
fn told(demo: &Demo) -> Vec<String> {
    let mut files: Vec<_> = fs::read_dir(demo.dir().join("outbox"))
        .unwrap()
        .map(|e| e.unwrap().path())
        .filter(|p| p.to_string_lossy().contains("-notice"))
        .collect();
    files.sort();
    let of = |path: &std::path::PathBuf| {
        let raw = fs::read(path).unwrap();
        let mail = mail_parser::MessageParser::default().parse(&raw).unwrap();
        let text = mail.body_text(0).unwrap().into_owned();
        let to = mail.to().unwrap().first().unwrap().address().unwrap();
        text.contains("đang xem xét").then(|| to.to_owned())
    };
    files.iter().filter_map(of).collect()
}

fn of(demo: &Demo, unit: &str) -> Value {
    let lines = json_lines(&demo.after(&[
        "status", "--json", "--report", "tre-em", "--period", "2026-H1",
    ]));
    lines.into_iter().find(|l| l["unit"] == unit).unwrap()
}

const STRANGER: Mail<'_> = Mail {
    from: "lan.sh@thudientu.example",
    verdict: "pass",
    also: "",
    mark: "one",
};

#[test]
fn the_sender_of_a_report_that_waits_is_told_once_a_day_that_it_has_arrived_and_nobody_who_is_not_known()
 {
    let demo = Demo::new();
    // Of the demo's four mails that wait one is of a registered address and brings a report; one was told of its link.
    assert_eq!(told(&demo), ["vanphongcd.py@thudientu.example"]);
    let silent = [
        Mail {
            from: "a@thudientu.example",
            verdict: "fail",
            mark: "forged",
            ..STRANGER
        },
        Mail {
            from: "b@thudientu.example",
            verdict: "none",
            mark: "unverified",
            ..STRANGER
        },
        Mail {
            from: "c@thudientu.example",
            also: "List-Id: <x.example>\r\n",
            mark: "list",
            ..STRANGER
        },
        Mail {
            from: "d@thudientu.example",
            also: "Auto-Submitted: auto-generated\r\n",
            mark: "machine",
            ..STRANGER
        },
        Mail {
            from: "e@thudientu.example",
            also: "Return-Path: <>\r\n",
            mark: "null",
            ..STRANGER
        },
        // One letter beside the address of a unit.
        Mail {
            from: "ldld.sonhoaa@phuyen.example",
            mark: "imitation",
            ..STRANGER
        },
    ];
    for mail in &silent {
        arrives(&demo, mail, "2026-06-24T08:00:00+07:00");
    }
    arrives(&demo, &STRANGER, "2026-06-24T08:00:00+07:00");
    arrives(
        &demo,
        &Mail {
            mark: "two",
            ..STRANGER
        },
        "2026-06-24T08:10:00+07:00",
    );
    let once = |at: &str| {
        demo.run(&["--at", at, "run", "--once"]);
        told(&demo).split_off(1)
    };
    assert_eq!(
        once("2026-06-24T09:00:00+07:00"),
        ["lan.sh@thudientu.example"]
    );
    arrives(
        &demo,
        &Mail {
            mark: "three",
            ..STRANGER
        },
        "2026-06-24T16:00:00+07:00",
    );
    assert_eq!(once("2026-06-24T17:00:00+07:00").len(), 1, "once a day");
    arrives(
        &demo,
        &Mail {
            mark: "four",
            ..STRANGER
        },
        "2026-06-25T07:00:00+07:00",
    );
    assert_eq!(once("2026-06-25T08:00:00+07:00").len(), 2, "another day");
    let waiting = json_lines(&demo.run(&["inbox", "--json"])).len();
    assert!(
        waiting >= 8,
        "{waiting} wait: the silent ones were read, too"
    );
}

#[test]
fn the_word_that_a_report_has_arrived_is_dropped_where_staff_decided_before_it_left() {
    let demo = Demo::new();
    let settings = demo.dir().join("config/thubaocao.toml");
    let good = fs::read_to_string(&settings).unwrap();
    let outbox = demo.dir().join("outbox");
    // Nothing can leave: where the folder should be is a file.
    fs::rename(&outbox, demo.dir().join("aside")).unwrap();
    fs::write(&outbox, "").unwrap();
    arrives(&demo, &STRANGER, "2026-06-24T08:00:00+07:00");
    demo.output(&["--at", "2026-06-24T08:05:00+07:00", "run", "--once"]);
    fs::remove_file(&outbox).unwrap();
    fs::rename(demo.dir().join("aside"), &outbox).unwrap();
    assert_eq!(fs::read_to_string(&settings).unwrap(), good);
    let before = told(&demo);
    // The word waits in the queue, beside the digest of the day.
    let digest = demo.run(&[
        "--at",
        "2026-06-24T08:06:00+07:00",
        "digest",
        "--on",
        "2026-06-24",
    ]);
    assert!(!digest.contains("Thư chờ gửi: 0;"), "{digest}");

    let inbox = json_lines(&demo.run(&["inbox", "--json"]));
    let mail = inbox.iter().find(|l| l["sender"] == STRANGER.from).unwrap();
    let number = mail["message"].to_string();
    demo.run(&[
        "--at",
        "2026-06-24T08:10:00+07:00",
        "assign",
        &number,
        "--unit",
        "ldld-son-hoa",
    ]);
    demo.run(&["--at", "2026-06-24T14:00:00+07:00", "run", "--once"]);
    assert_eq!(told(&demo), before);
    let acknowledged = fs::read_dir(&outbox).unwrap().any(|e| {
        let name = e.unwrap().file_name().into_string().unwrap();
        name.ends_with("-acknowledgement-ldld-son-hoa.eml")
    });
    assert!(acknowledged);
}

#[test]
fn a_forged_mail_makes_no_unit_less_late_and_is_shown_beside_it() {
    let demo = Demo::new();
    assert_eq!(of(&demo, "ldld-tay-hoa")["state"], "overdue");
    let forged = Mail {
        from: "ldld.tayhoa@phuyen.example",
        verdict: "fail",
        mark: "forged",
        ..STRANGER
    };
    arrives(&demo, &forged, "2026-06-23T18:30:00+07:00");
    demo.run(&["--at", "2026-06-23T19:00:00+07:00", "run", "--once"]);
    let inbox = json_lines(&demo.run(&["inbox", "--json"]));
    let mail = inbox.iter().find(|l| l["sender"] == forged.from).unwrap();
    let number = &mail["message"];
    let line = of(&demo, "ldld-tay-hoa");
    assert_eq!(
        (&line["state"], &line["unverified"]),
        (&"overdue".into(), number)
    );
    assert!(line.get("message").is_none(), "{line}");
    let digest = demo.digest("2026-06-24", Demo::AFTER);
    let beside = format!("LĐLĐ huyện Tây Hòa (có thư số {number} chưa xác minh)");
    assert!(digest.contains(&beside), "no {beside:?}");
}

#[test]
fn more_mails_than_a_few_that_wait_are_counted_by_what_they_wait_for() {
    let digest_of = |asking: usize| {
        let installation = Installation::on_maildir();
        let new = installation.maildir().join("new");
        for n in 0..asking {
            let text = format!("Ban cho hỏi về báo cáo, lần {n}");
            let mail = written(LATE, "Hỏi", &text, &[]);
            fs::write(new.join(format!("{n}.a")), mail).unwrap();
        }
        let unclear = [("tai lieu.docx", both_forms(REPORTING)[0].1.clone())];
        let mail = written(REPORTING, "Tài liệu", "Gửi Ban", &unclear);
        fs::write(new.join("a.b"), mail).unwrap();
        let stranger = written("la@la.example", "Tài liệu", "Gửi Ban", &both_forms(LATE));
        fs::write(new.join("a.c"), stranger).unwrap();
        succeed(installation.run(&["run", "--once"]));
        let today = date_of(Timestamp::now()).to_string();
        let page = installation.dir.path().join("digest.html");
        let html = page.to_str().unwrap();
        let text = succeed(installation.run(&["digest", "--on", &today, "--html", html]));
        (text, fs::read_to_string(page).unwrap())
    };
    let (text, page) = digest_of(4);
    assert!(!text.contains("Phân theo lý do"), "{text}");
    assert!(!page.contains("Phân theo lý do"));
    let (text, page) = digest_of(5);
    let counts = "Phân theo lý do (6 thư): 5 thư chưa có tệp hoặc có tệp chưa mở được; 1 thư chưa rõ báo cáo hoặc kỳ báo cáo.";
    assert!(text.contains(counts) && page.contains(counts), "{text}");
    look("causes that are counted", &page);
}
