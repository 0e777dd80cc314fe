//! What the office reads of how the service fares: in Vietnamese, the cause first, and nothing as certain that is not.

use std::sync::LazyLock;

use jiff::Timestamp;
use regex::Regex;

use crate::lab::Lab;
use crate::lab::imap_fake::{FakeImap, Fault, Step};
use crate::lab::installation::{Installation, LATE, REPORTING, STAFF, both_forms, succeed};
use crate::lab::outcome::ago;
use crate::lab::smtp_fake::{self, FakeSmtp};
use crate::lab::{Letter, written};
use crate::look::look;

/// Words that stand in every English sentence of ours, and in no Vietnamese one.
static ENGLISH: LazyLock<Regex> = LazyLock::new(|| {
    let words = "the|and|of|is|are|not|cannot|refuses|nobody|since|check|password|needs|within|no|with|answers?";
    Regex::new(&format!(r"(?i)\b({words})\b")).unwrap()
});

/// What a text says in English, but for what it quotes.
fn english(text: &str) -> Vec<String> {
    let own = Regex::new("“[^”]*”").unwrap().replace_all(text, "“”");
    let found = ENGLISH.find_iter(&own);
    found.map(|m| m.as_str().to_owned()).collect()
}

/// The last digest that left into the folder.
fn digest(installation: &Installation) -> Letter {
    let letters = installation.outbox();
    let mut to_staff = letters.into_iter().filter(|l| l.to == STAFF);
    to_staff.next_back().expect("a digest")
}

/// The lines on a fault, with what was said of it.
fn faults(text: &str) -> String {
    let lines = text.lines().filter(|l| l.contains("Sự cố"));
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn what_a_mailbox_refuses_is_told_to_staff_in_their_language_with_the_server_s_own_words() {
    type Case = (Step, Fault, &'static str, &'static [&'static str]);
    let cases: [Case; 4] = [
        (
            Step::Login,
            Fault::No("[AUTHENTICATIONFAILED] Invalid credentials"),
            "từ chối đăng nhập",
            &[
                "“[AUTHENTICATIONFAILED] Invalid credentials”",
                "kiểm tra tên đăng nhập và mật khẩu",
            ],
        ),
        (
            Step::Login,
            Fault::No("[UNAVAILABLE] try later"),
            "tạm thời không nhận đăng nhập",
            &["try later”"],
        ),
        (
            Step::Listing,
            Fault::No("the index is gone"),
            "máy chủ từ chối lệnh",
            &["“the index is gone”"],
        ),
        (Step::Listing, Fault::Nothing, "không liệt kê đủ thư", &[]),
    ];
    for (step, fault, says, quotes) in cases {
        let server = FakeImap::start();
        let installation = Installation::against(&server);
        server.deliver("INBOX", ago(60), b"From: a@b.example\r\n\r\n");
        server.on(step, .., fault);
        assert!(!installation.run(&["run", "--once"]).status.success());
        let told = faults(&digest(&installation).text);
        assert!(told.contains(says), "{says}: {told}");
        for quote in quotes {
            assert!(told.contains(quote), "{says}: {told}");
        }
        assert_eq!(english(&told), [""; 0], "{says}: {told}");
        let status = succeed(installation.run(&["status"]));
        let told: Vec<&str> = status.lines().filter(|l| l.contains("SỰ CỐ")).collect();
        let told = told.join("\n");
        assert!(told.contains(says), "{says}: {told}");
        assert_eq!(english(&told), [""; 0], "{says}: {told}");
    }
}

#[test]
fn why_nothing_leaves_is_told_to_staff_in_their_language_and_a_check_says_until_when() {
    let (imap, smtp) = (FakeImap::start(), FakeSmtp::start());
    let installation = Installation::between(&imap, &smtp);
    smtp.on(
        smtp_fake::Step::Mail,
        ..,
        smtp_fake::Fault::Say("550 5.7.0 daily limit of mails exceeded"),
    );
    let begun = Timestamp::now();
    let round = |minutes: i64| {
        let at = begun + jiff::SignedDuration::from_mins(minutes);
        succeed(installation.run(&["--at", &at.to_string(), "run", "--once"]))
    };
    round(0);
    let check = succeed(installation.run(&["check"]));
    let transport: Vec<&str> = check.lines().filter(|l| l.contains("transport")).collect();
    let [line] = transport[..] else {
        panic!("{check}")
    };
    assert!(line.contains("transport: ok"), "{line}");
    assert!(line.contains("nothing is sent until 20"), "{line}");
    assert!(line.contains("daily limit of mails exceeded"), "{line}");
    let tomorrow = begun + jiff::SignedDuration::from_hours(24);
    let day = tomorrow.to_zoned(thubaocao::domain::zone()).date();
    let (at, on) = (tomorrow.to_string(), day.to_string());
    let said = succeed(installation.run(&["--at", &at, "digest", "--on", &on]));
    assert!(
        said.contains("“550 5.7.0 daily limit of mails exceeded”"),
        "{said}"
    );
    let lines = said.lines().filter(|l| l.contains("gửi"));
    let lines: Vec<&str> = lines.collect();
    assert_eq!(english(&lines.join("\n")), [""; 0], "{said}");
    smtp.mend();
    round(61);
    let check = succeed(installation.run(&["check"]));
    assert!(check.contains("transport: ok\n"), "{check}");
}

#[test]
fn what_is_called_missing_while_the_mailbox_is_not_looked_through_is_said_to_be_unsure() {
    let server = FakeImap::start();
    let installation = Installation::against(&server);
    let limits = "[limits]\nmessage_mb = 8\ndaily_download_mb = 10\n[trust]";
    installation.edit("thubaocao.toml", "[trust]", limits);
    const UNSURE: &str = "hộp thư chưa được kiểm tra hết";
    succeed(installation.run(&["run", "--once"]));
    assert!(!digest(&installation).text.contains(UNSURE));
    assert!(!succeed(installation.run(&["status"])).contains(UNSURE));

    for n in 0..5 {
        let filler = "x".repeat(3_000_000);
        let raw = written(LATE, &n.to_string(), &filler, &[]);
        server.deliver("INBOX", ago(30), &raw);
    }
    let tomorrow = (Timestamp::now() + jiff::SignedDuration::from_hours(24)).to_string();
    succeed(installation.run(&["--at", &tomorrow, "run", "--once"]));
    let told = digest(&installation);
    let (_, progress) = told.text.split_once("TIẾN ĐỘ").unwrap();
    let first = progress.trim_start().lines().next().unwrap();
    assert!(first.contains(UNSURE), "{progress}");
    assert!(first.starts_with("Lưu ý: từ "), "{first}");
    assert!(first.contains("hết hạn mức"), "{first}");
    assert!(progress.contains("chưa nộp"), "{progress}");
    let above = told.html.find(UNSURE).unwrap();
    assert!(above < told.html.find("Quá hạn ").unwrap());
    look("what is unsure", &told.html);
    // What a mailbox that fails hides is as unknown.
    server.on(Step::Login, .., Fault::No("no"));
    let after = Timestamp::now() + jiff::SignedDuration::from_hours(48);
    installation.run(&["--at", &after.to_string(), "run", "--once"]);
    let told = digest(&installation);
    assert!(told.text.contains(UNSURE), "{}", told.text);
    let status = succeed(installation.run(&["status"]));
    assert!(status.contains(UNSURE), "{status}");
}

#[test]
fn the_first_line_says_that_many_units_are_held_and_each_is_named_with_a_mail_that_is_shown_first()
{
    let lab = Lab::start();
    let installation = Installation::new(&lab);
    let more = ["phu-hoa", "tay-hoa"].map(|u| {
        format!(
            "ldld-{u},Liên đoàn Lao động huyện {u},LĐLĐ huyện {u},district,ldld-tinh,{u}@phuyen.example,,,,,\n"
        )
    });
    let row = "ldld-tuy-an,";
    installation.edit("units.csv", row, &(more.concat() + row));
    // What holds nothing came first: of strangers, and in the name of nobody.
    for n in 0..8 {
        let from = format!("la{n}@la.example");
        lab.unit_sends(&from, "Tài liệu", "Kính gửi Ban", &both_forms(&from));
    }
    let asking = [LATE, "phu-hoa@phuyen.example", "tay-hoa@phuyen.example"];
    for from in asking {
        lab.unit_sends(from, "Hỏi", "Ban cho hỏi về báo cáo", &[]);
    }
    lab.unit_sends(REPORTING, "Báo cáo trẻ em", "Gửi Ban", &both_forms("1"));
    succeed(installation.run(&["run", "--once"]));
    let digest = &lab.await_mails(STAFF, 1)[0];
    let many = "3 trong số 4 đơn vị tạm chưa được nhắc vì có thư chờ xử lý";
    let first = digest.text.lines().next().unwrap();
    assert!(first.to_lowercase().contains(many), "{}", digest.text);
    let body = digest.html.split_once("<body").unwrap().1;
    let shown = Regex::new("<[^>]*>").unwrap().replace_all(body, "\n");
    let (head, _) = shown.split_once("việc cần xử lý").unwrap();
    assert!(head.contains(many), "{head}");

    look("whom mails hold", &digest.html);

    // Whom mails hold, in both parts, each with the number of a mail that is among the first.
    let inbox = installation.json(&["inbox", "--json"]);
    let number = |from: &str| {
        let mail = inbox.iter().find(|m| m["sender"] == from).unwrap();
        mail["message"].to_string()
    };
    let tasks: Vec<&str> = (digest.text.lines())
        .filter_map(|l| l.strip_prefix("- Thư số ")?.split(',').next())
        .collect();
    for (from, name) in asking
        .iter()
        .zip(["huyện Tuy An", "huyện phu-hoa", "huyện tay-hoa"])
    {
        let number = number(from);
        let line = format!("- TẠM CHƯA NHẮC: LĐLĐ {name}, vì thư số {number} (");
        assert!(digest.text.contains(&line), "{line}: {}", digest.text);
        let place = tasks.iter().position(|t| *t == number);
        assert!(place.is_some_and(|at| at < 3), "{number}: {tasks:?}");
        assert!(shown.contains(&format!("vì thư số {number} (")), "{shown}");
    }
}
