//! A flood of strangers hides nothing: who is known comes first, strangers are counted and put aside together, and nothing
//! of theirs is a link.

use std::fs;

use jiff::Timestamp;

use crate::lab::demo::Demo;
use crate::lab::installation::{STAFF, json_lines};
use crate::lab::{dns, percent_decoded, written};
use crate::look::look;

/// Puts a mail into the demo's mailbox, with what its server says of the sender.
fn arrives(demo: &Demo, mark: &str, from: &str, subject: &str, text: &str, at: &str) {
    let (_, domain) = from.rsplit_once('@').unwrap();
    let head = format!(
        "Authentication-Results: mx.google.com; dmarc=pass header.from={domain}\r\nMessage-ID: <{mark}@x.example>\r\n"
    );
    let path = demo.dir().join(format!("maildir/new/{mark}.1.x"));
    let files: &[(&str, Vec<u8>)] = match text.starts_with("Bỏ qua") {
        true => &[],
        false => &[(
            "www.evil.example.docx",
            crate::lab::installation::word(mark),
        )],
    };
    let raw = [head.as_bytes(), &written(from, subject, text, files)].concat();
    let raw = match from {
        STAFF => {
            dns::answers_for_staff();
            dns::signed_by_staff(&raw)
        }
        _ => raw,
    };
    fs::write(&path, raw).unwrap();
    let received: Timestamp = at.parse().unwrap();
    let file = fs::File::options().append(true).open(&path).unwrap();
    file.set_modified(received.into()).unwrap();
}

/// The last digest that left: its text and its page.
fn last_digest(demo: &Demo) -> (String, String) {
    let files = fs::read_dir(demo.dir().join("outbox")).unwrap();
    let digests = files.map(|e| e.unwrap().path());
    let digests = digests.filter(|p| p.to_string_lossy().contains("-digest"));
    let raw = fs::read(digests.max().unwrap()).unwrap();
    let mail = mail_parser::MessageParser::default().parse(&raw).unwrap();
    let text = mail.body_text(0).unwrap().into_owned();
    (text, mail.body_html(0).unwrap().into_owned())
}

fn waits(demo: &Demo, sender: &str) -> usize {
    let inbox = json_lines(&demo.run(&["inbox", "--json"]));
    inbox.iter().filter(|l| l["sender"] == sender).count()
}

#[test]
fn a_flood_of_strangers_hides_nobody_is_put_aside_by_one_link_and_brings_no_link_of_its_own() {
    const STRANGERS: usize = 20;
    let demo = Demo::new();
    let before = "2026-06-23T18:30:00+07:00";
    let address = |n: usize| format!("ai{n}@stranger{n}.example");
    for n in 0..3 * STRANGERS {
        let subject = "Xem ngay https://evil.example/login hoặc www.evil.example";
        let text = "Báo cáo của LĐLĐ huyện Tây Hòa, LĐLĐ huyện Sông Hinh";
        arrives(
            &demo,
            &format!("s{n}"),
            &address(n % STRANGERS),
            subject,
            text,
            before,
        );
    }
    // One unit floods, and another writes once, last of all.
    for n in 0..30 {
        let from = "ldld.tayhoa@phuyen.example";
        arrives(&demo, &format!("t{n}"), from, "Hỏi nhiều", "Hỏi", before);
    }
    let from = "ldld.songhinh@phuyen.example";
    arrives(&demo, "u", from, "Hỏi một lần", "Hỏi", before);
    let morning = "2026-06-24T07:00:00+07:00";
    demo.run(&["--at", morning, "run", "--once"]);
    let (text, html) = last_digest(&demo);
    if let Ok(folder) = std::env::var("FLOOD_PAGE") {
        fs::write(folder, &html).unwrap();
    }

    assert!(
        html.len() < 100_000 && text.len() < 100_000,
        "{} {}",
        html.len(),
        text.len()
    );
    let strangers = format!(
        "Người gửi ngoài danh bạ khác: {} thư của {STRANGERS} địa chỉ",
        3 * STRANGERS
    );
    for told in [&text, &html.replace("&#x2f;", "/")] {
        let known = told
            .find("Hỏi một lần")
            .expect("who writes once is not hidden");
        let flood = told.find(&strangers).expect(&strangers);
        assert!(known < flood);
        assert!(told.contains("https[:]//evil[.]example/login hoặc www[.]evil[.]example"));
        assert!(
            !told.contains("https://evil") && !told.contains("www.evil"),
            "{told}"
        );
    }
    look("the digest of a flood", &html);

    // One click puts aside what is listed, and nothing else.
    let (_, href) = html
        .rsplit_once("Bỏ qua cả")
        .map(|(before, _)| before.rsplit_once("href=\"").unwrap())
        .unwrap();
    let href = href
        .split_once('"')
        .unwrap()
        .0
        .replace("&amp;", "&")
        .replace("&#x2f;", "/");
    let body = percent_decoded(href.split_once("&body=").unwrap().1);
    arrives(
        &demo,
        "command",
        STAFF,
        "Bỏ qua",
        &body,
        "2026-06-24T09:00:00+07:00",
    );
    // Meanwhile one of them writes again.
    let again = (0..STRANGERS)
        .map(address)
        .find(|a| html.contains(a.as_str()))
        .unwrap();
    arrives(
        &demo,
        "again",
        &again,
        "Xem lại",
        "Báo cáo",
        "2026-06-24T09:00:00+07:00",
    );
    demo.run(&["--at", "2026-06-24T09:05:00+07:00", "run", "--once"]);
    let left: Vec<usize> = (0..STRANGERS).map(|n| waits(&demo, &address(n))).collect();
    let listed = (0..STRANGERS)
        .filter(|n| html.contains(&format!("{} ·", address(*n))))
        .count();
    assert!(listed > 4, "{listed} are listed");
    assert_eq!(
        left.iter().filter(|n| **n == 0).count(),
        listed - 1,
        "{left:?}"
    );
    assert_eq!(
        left.iter().filter(|n| **n == 1).count(),
        1,
        "what came since waits: {left:?}"
    );
    assert_eq!(
        left.iter().filter(|n| **n == 3).count(),
        STRANGERS - listed,
        "{left:?}"
    );
    assert!(waits(&demo, "ldld.tayhoa@phuyen.example") > 0);

    // The next day shows others, and who wrote again.
    demo.run(&["--at", "2026-06-25T07:00:00+07:00", "run", "--once"]);
    let (_, next) = last_digest(&demo);
    let shown_before = |n: &usize| html.contains(&format!("{} ·", address(*n)));
    let both = (0..STRANGERS)
        .filter(shown_before)
        .filter(|n| next.contains(&format!("{} ·", address(*n))));
    assert!(both.count() <= 1);

    // And it can be taken back.
    let history = demo.run(&["history"]);
    let change = history.lines().find(|l| l.contains("put aside")).unwrap();
    let number = change.split_whitespace().next().unwrap();
    demo.run(&["--at", "2026-06-25T08:00:00+07:00", "undo", number]);
    let left: usize = (0..STRANGERS).map(|n| waits(&demo, &address(n))).sum();
    assert_eq!(left, 3 * STRANGERS + 1);
}
