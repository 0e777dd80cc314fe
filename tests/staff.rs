//! Staff act by mail, and nobody else does: the links of the digest, what is done, the answer, the way back.

use serde_json::Value;

use crate::lab::demo::Demo;
use crate::lab::dns;
use crate::lab::installation::{
    Installation, LATE, REPORTING, STAFF, VERIFIER, both_forms, json_lines, succeed, word,
};
use crate::lab::{Lab, Letter, MAILBOX, browser, percent_decoded, written};
use crate::look::look;

/// A prepared mail: subject and body of a `mailto:` link, as a mail program takes them.
struct Prepared {
    subject: String,
    body: String,
    /// The Message-ID of the mail that it answers; empty for none.
    answers: String,
}

/// The links of a page whose text is a label.
fn links(html: &str, label: &str) -> Vec<Prepared> {
    let mut found = Vec::new();
    for piece in html.split("<a ").skip(1) {
        let (_, href) = piece.split_once("href=\"").unwrap();
        let (href, rest) = href.split_once('"').unwrap();
        let (text, _) = rest.split_once('>').unwrap().1.split_once("</a>").unwrap();
        if text != label {
            continue;
        }
        found.push(prepared(&href.replace("&amp;", "&").replace("&#x2f;", "/")));
    }
    found
}

/// The mail that a mail program makes of a `mailto:` (RFC 6068).
fn prepared(mailto: &str) -> Prepared {
    let (address, query) = mailto
        .strip_prefix("mailto:")
        .unwrap()
        .split_once('?')
        .unwrap();
    assert_eq!(address, MAILBOX);
    let field = |name: &str| {
        let value = query.split('&').find_map(|p| p.strip_prefix(name)).unwrap();
        percent_decoded(value.strip_prefix('=').unwrap())
    };
    Prepared {
        subject: field("subject"),
        body: field("body"),
        answers: String::new(),
    }
}

/// A mail as the mailbox's server hands it over, with its word on who sent it. What passes is signed.
fn mail(from: &str, verdict: &str, prepared: &Prepared) -> Vec<u8> {
    let subject = format!(
        "=?utf-8?Q?{}?=",
        prepared
            .subject
            .bytes()
            .map(|b| format!("={b:02X}"))
            .collect::<String>()
    );
    let raw = format!(
        "Authentication-Results: {VERIFIER}; dmarc={verdict} header.from=ldldphuyen.example\r\nFrom: {from}\r\nTo: {MAILBOX}\r\nSubject: {subject}\r\nMessage-ID: <{}@ldldphuyen.example>\r\n{}MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{}",
        prepared.body.len() * 1_000
            + verdict.len()
            + prepared.body.bytes().map(usize::from).sum::<usize>(),
        match prepared.answers.as_str() {
            "" => String::new(),
            id => format!("In-Reply-To: <{id}>\r\n"),
        },
        prepared.body
    );
    dns::answers_for_staff();
    match verdict {
        "pass" => dns::signed_by_staff(raw.as_bytes()),
        _ => raw.into_bytes(),
    }
}

fn once(installation: &Installation) {
    succeed(installation.run(&["run", "--once"]));
}

fn state(installation: &Installation, unit: &str) -> Value {
    let status = installation.json(&["status", "--json"]);
    let line = status.into_iter().find(|l| l["unit"] == unit).unwrap();
    line["state"].clone()
}

/// The text of the newest mail of staff.
fn answer(lab: &Lab, count: usize, holds: &str) -> String {
    letter(lab, count, holds).text
}

/// The newest mail of staff.
fn letter(lab: &Lab, count: usize, holds: &str) -> Letter {
    let mut letters = lab.await_mails(STAFF, count);
    let found = letters.iter().position(|l| l.text.contains(holds));
    let found = found.unwrap_or_else(|| {
        panic!(
            "no mail with {holds:?}: {:?}",
            letters.iter().map(|l| &l.text).collect::<Vec<_>>()
        )
    });
    letters.swap_remove(found)
}

/// The digest that tomorrow would bring.
fn tomorrow(installation: &Installation) -> String {
    let now = jiff::Zoned::now().with_time_zone(thubaocao::domain::zone());
    let tomorrow = now.date().tomorrow().unwrap().to_string();
    let page = installation.dir.path().join("digest.html");
    let page = page.to_str().unwrap();
    let at = format!("{tomorrow}T08:00:00+07:00");
    let arguments = ["--at", &at, "digest", "--on", &tomorrow, "--html", page];
    succeed(installation.run(&arguments));
    std::fs::read_to_string(page).unwrap()
}

#[test]
fn a_click_in_the_digest_assigns_a_mail_and_two_words_take_it_back() {
    let lab = Lab::start();
    let installation = Installation::new(&lab);
    lab.unit_sends(
        "lan@phuyen.example",
        "Báo cáo trẻ em của LĐLĐ TX Đông Hòa",
        "Gửi Ban",
        &both_forms("1"),
    );
    once(&installation);
    let digest = lab.await_mails(STAFF, 1).remove(0);
    assert!(digest.text.contains("TBC.m1.any."), "{}", digest.text);
    // What Chromium opens, with the escapes of HTML and of the address undone, is what the tests read out of the page.
    let label = "Ghi nhận cho LĐLĐ TX Đông Hòa";
    let clicked = browser::click(&digest.html, label);
    let mut prepared = prepared(&clicked);
    assert_eq!(prepared.body, links(&digest.html, label)[0].body);
    assert!(
        prepared.subject.starts_with("Ghi nhận thư số 1"),
        "{}",
        prepared.subject
    );
    prepared.body = prepared.body.replace("(có/không): không", "(có/không): có");
    lab.deliver(STAFF, &mail(STAFF, "pass", &prepared));
    once(&installation);

    let done = letter(&lab, 2, "Đã ghi nhận thư số 1 cho LĐLĐ TX Đông Hòa");
    let (answered, done) = (done.message_id, done.text);
    assert!(done.contains("từ nay địa chỉ lan@phuyen.example"), "{done}");
    assert_eq!(installation.json(&["inbox", "--json"]).len(), 0);
    assert_eq!(state(&installation, "ldld-dong-hoa"), "late");
    assert_eq!(lab.await_mails("lan@phuyen.example", 1).len(), 1);
    let learned = installation.run(&["units", "learned"]);
    assert!(String::from_utf8_lossy(&learned.stdout).contains("lan@phuyen.example"));

    // The same link again does nothing more.
    prepared.body.push_str("\r\nlần hai\r\n");
    lab.deliver(STAFF, &mail(STAFF, "pass", &prepared));
    once(&installation);
    answer(&lab, 3, "đã được sử dụng");

    // Two words on top of the quoted answer
    let quoted: String = done.lines().map(|l| format!("> {l}\r\n")).collect();
    let undo = Prepared {
        subject: "Re: Gán thư".into(),
        body: format!("hoàn tác\r\n\r\n{quoted}"),
        answers: answered,
    };
    lab.deliver(STAFF, &mail(STAFF, "pass", &undo));
    once(&installation);
    answer(&lab, 4, "Đã hoàn tác");
    assert_eq!(installation.json(&["inbox", "--json"]).len(), 1);
    assert_eq!(state(&installation, "ldld-dong-hoa"), "overdue");
    let learned = installation.run(&["units", "learned"]);
    assert_eq!(String::from_utf8_lossy(&learned.stdout), "");
    let history = installation.run(&["history", "1"]);
    let history = String::from_utf8_lossy(&history.stdout).into_owned();
    assert!(
        history.contains("by mail: assign") && history.contains("undo 1"),
        "{history}"
    );

    // By the link for a unit that the digest has not thought of.
    let mut other = links(&digest.html, "Ghi nhận cho đơn vị khác").remove(0);
    other.body = other.body.replace("Đơn vị:", "Đơn vị: LĐLĐ TX Đông Hòa");
    lab.deliver(STAFF, &mail(STAFF, "pass", &other));
    once(&installation);
    lab.await_mails(STAFF, 5);
    assert_eq!(state(&installation, "ldld-dong-hoa"), "late");
    assert_eq!(installation.json(&["inbox", "--json"]).len(), 0);
}

#[test]
fn a_report_is_sent_back_with_a_reason_and_the_unit_sends_it_again() {
    let lab = Lab::start();
    let installation = Installation::new(&lab);
    once(&installation); // today's digest goes out before, and a reminder
    lab.unit_sends(REPORTING, "Báo cáo trẻ em", "Gửi Ban", &both_forms("1"));
    once(&installation);
    lab.await_mails(REPORTING, 2);
    let mut prepared = links(&tomorrow(&installation), "Trả lại").remove(0);

    lab.deliver(STAFF, &mail(STAFF, "pass", &prepared));
    once(&installation);
    answer(&lab, 2, "Chưa có lý do");
    assert_eq!(state(&installation, "ldld-dong-hoa"), "late");

    prepared.body = prepared
        .body
        .replace("Lý do:", "Lý do: số liệu mục 2 chưa khớp");
    lab.deliver(STAFF, &mail(STAFF, "pass", &prepared));
    once(&installation);
    answer(&lab, 3, "Đã trả lại báo cáo");
    assert_eq!(state(&installation, "ldld-dong-hoa"), "returned");
    let letters = lab.await_mails(REPORTING, 3);
    let letter = letters
        .iter()
        .find(|l| l.text.contains("Lý do: số liệu mục 2 chưa khớp"));
    assert!(
        letter.is_some_and(|l| l.subject.starts_with("Đề nghị hoàn chỉnh báo cáo: ")),
        "{letters:?}"
    );

    lab.unit_sends(
        REPORTING,
        "Báo cáo trẻ em (bổ sung)",
        "Gửi lại",
        &both_forms("2"),
    );
    once(&installation);
    assert_eq!(state(&installation, "ldld-dong-hoa"), "submitted");
}

#[test]
fn the_new_reports_of_a_digest_are_accepted_together_but_for_those_that_staff_strike_out() {
    let lab = Lab::start();
    let installation = Installation::new(&lab);
    once(&installation); // today's digest goes out before, and reminders
    // For the sender of the first nobody vouches: that one is looked at by itself.
    let verified =
        format!("Authentication-Results: {VERIFIER}; dmarc=pass header.from=phuyen.example\r\n");
    for (n, unit) in [LATE, REPORTING, LATE, REPORTING].into_iter().enumerate() {
        let subject = format!("Báo cáo trẻ em, lần {n}");
        let raw = written(unit, &subject, "Gửi Ban", &both_forms(&n.to_string()));
        let head = if n == 0 { "" } else { &verified };
        lab.deliver(unit, &[head.as_bytes(), &raw].concat());
        once(&installation);
    }
    let page = tomorrow(&installation);
    let prepared = links(&page, "Duyệt tất cả 3 báo cáo mới").remove(0);
    let listed = |line: &&str| line.starts_with("BC-");
    let codes: Vec<&str> = prepared
        .body
        .lines()
        .find(listed)
        .unwrap()
        .split(", ")
        .collect();
    let [first, second, third] = codes[..] else {
        panic!("{codes:?}")
    };
    let send = |words: &str, answers: &str, n: usize, holds: &str| {
        let prepared = Prepared {
            subject: prepared.subject.clone(),
            body: words.to_owned(),
            answers: answers.to_owned(),
        };
        lab.deliver(STAFF, &mail(STAFF, "pass", &prepared));
        once(&installation);
        letter(&lab, n, holds)
    };
    // What does not exist stops all of it, and so does a word of exception.
    let unknown = prepared.body.replace(third, "BC-2026-00099");
    send(&unknown, "", 2, "Không có báo cáo mã số BC-2026-00099");
    let but = format!("Duyệt, trừ cái cuối\r\n{}", prepared.body);
    send(&but, "", 3, "nêu điều kiện hoặc ngoại lệ");
    let two = prepared.body.replace(&format!(", {third}"), "");
    let done = send(&two, "", 4, "Đã duyệt 2 báo cáo.");
    let accepted = |code: &str| {
        let history = installation.run(&["history", code]).stdout;
        String::from_utf8(history).unwrap().contains(": accept")
    };
    assert_eq!([first, second, third].map(accepted), [true, true, false]);
    let quoted: String = done.text.lines().map(|l| format!("> {l}\r\n")).collect();
    let undo = format!("hoàn tác\r\n\r\n{quoted}");
    send(&undo, &done.message_id, 5, "Đã hoàn tác");
    // Each is accepted by itself again.
    let one = links(&page, "Duyệt").remove(0);
    lab.deliver(STAFF, &mail(STAFF, "pass", &one));
    once(&installation);
    answer(&lab, 6, "Đã duyệt báo cáo");
}

/// Staff send a prepared mail, which the server receives on a day of 2026; gives the answer.
fn send(demo: &Demo, prepared: &Prepared, day: &str) -> String {
    let outbox = || -> Vec<std::path::PathBuf> {
        let entries = std::fs::read_dir(demo.dir().join("outbox")).unwrap();
        entries.map(|e| e.unwrap().path()).collect()
    };
    let before = outbox();
    let raw = String::from_utf8(mail(STAFF, "pass", prepared)).unwrap();
    let raw = raw.replace(VERIFIER, "mx.google.com");
    let path = demo
        .dir()
        .join("maildir/new")
        .join(format!("{}.1.x", before.len()));
    std::fs::write(&path, raw).unwrap();
    let received: jiff::Timestamp = format!("2026-{day}T08:00:00+07:00").parse().unwrap();
    let file = std::fs::File::options().append(true).open(&path).unwrap();
    file.set_modified(received.into()).unwrap();
    demo.run(&["--at", &received.to_string(), "run", "--once"]);
    let answers = outbox().into_iter().filter(|p| !before.contains(p));
    let mut texts = answers.filter_map(|path| {
        let raw = std::fs::read(path).unwrap();
        let mail = mail_parser::MessageParser::default().parse(&raw)?;
        let to_staff = mail.to()?.first()?.address()? == STAFF;
        let answers = to_staff && mail.subject()?.starts_with("Re:");
        answers.then(|| mail.body_text(0).unwrap().into_owned())
    });
    texts.next().expect("an answer to staff")
}

/// A mail of a unit comes in on the morning after the demo.
fn receive(demo: &Demo, domain: &str, raw: &[u8]) {
    let head =
        format!("Authentication-Results: mx.google.com; dmarc=pass header.from={domain}\r\n");
    let path = demo.dir().join("maildir/new/x.1.x");
    std::fs::write(&path, [head.as_bytes(), raw].concat()).unwrap();
    let at: jiff::Timestamp = "2026-06-24T07:30:00+07:00".parse().unwrap();
    let file = std::fs::File::options().append(true).open(&path).unwrap();
    file.set_modified(at.into()).unwrap();
    demo.after(&["run", "--once"]);
}

/// The letters that went to an address under a subject which begins so, with what they say.
fn letters_to(demo: &Demo, address: &str, subject: &str) -> Vec<String> {
    let entries = std::fs::read_dir(demo.dir().join("outbox")).unwrap();
    let texts = entries.filter_map(|entry| {
        let raw = std::fs::read(entry.unwrap().path()).unwrap();
        let mail = mail_parser::MessageParser::default().parse(&raw)?;
        let is_it =
            mail.to()?.first()?.address()? == address && mail.subject()?.starts_with(subject);
        is_it.then(|| mail.body_text(0).unwrap().into_owned())
    });
    texts.collect()
}

/// How the report on children of the first half of the year stands.
fn state_in(demo: &Demo, unit: &str) -> String {
    let status = json_lines(&demo.after(&["status", "--json"]));
    let line = status
        .into_iter()
        .find(|l| l["unit"] == unit && l["report"] == "tre-em" && l["period"] == "2026-H1");
    line.unwrap()["state"].as_str().unwrap().to_owned()
}

/// A prepared mail with what staff write behind its only label.
fn filled(prepared: Prepared, said: &str) -> Prepared {
    let body = prepared.body;
    assert_eq!(body.matches(":\r\n").count(), 1, "{body}");
    Prepared {
        body: body.replacen(":\r\n", &format!(": {said}\r\n"), 1),
        ..prepared
    }
}

#[test]
fn every_action_of_the_digest_works_by_mail_until_its_link_expires() {
    let demo = Demo::new();
    let html = demo.digest("2026-06-24", Demo::AFTER);
    // Gmail cuts off what is larger.
    assert!(html.len() < 102_000, "{}", html.len());
    let late = |label: &str, unit: &str| {
        let of_unit = |p: &Prepared| p.body.contains(&format!("{unit}, Công tác trẻ em"));
        links(&html, label).into_iter().find(of_unit).unwrap()
    };
    let state = |unit: &str| state_in(&demo, unit);

    // What nobody has filled in is asked for.
    let excuse = || late("Miễn", "LĐLĐ huyện Tây Hòa");
    assert!(send(&demo, &excuse(), "06-24").starts_with("Chưa có lý do"));
    assert_eq!(state("ldld-tay-hoa"), "overdue");
    let said = send(&demo, &filled(excuse(), "bão lụt"), "06-24");
    assert!(
        said.contains("Đã miễn báo cáo") && said.contains("(bão lụt)"),
        "{said}"
    );
    assert_eq!(state("ldld-tay-hoa"), "excused");

    let more = filled(late("Gia hạn", "CĐCS Cấp thoát nước"), "30/6/2026");
    let said = send(&demo, &more, "06-24");
    assert!(
        said.contains("Đã gia hạn") && said.contains("30/6/2026"),
        "{said}"
    );
    assert_eq!(state("cdcs-cap-thoat-nuoc"), "pending");

    let paper = late("Bản giấy", "CĐ ngành Y tế");
    // The day on which the paper came is none of the document's.
    let body = paper.body.replace("hôm nay):", "hôm nay): 23/6/2026");
    let paper = Prepared {
        body: body.replace("Số văn bản:", "Số văn bản: 57/BC-CĐYT ngày 20/6"),
        ..paper
    };
    let said = send(&demo, &paper, "06-24");
    assert!(
        said.contains("Đã ghi nhận bản giấy số 57/BC-CĐYT ngày 23/6/2026"),
        "{said}"
    );
    assert_eq!(state("cd-y-te"), "partial");

    // In free words, with the code below them.
    let prepared = late("Bản giấy", "CĐ ngành Giáo dục");
    let token = prepared.body.lines().find(|l| l.contains("TBC.")).unwrap();
    let words = Prepared {
        subject: "Re: Bản tin".into(),
        body: format!("Chào hệ thống,\r\nĐã nhận bản cứng số 12/BC-CĐGD ngày 22/6\r\n\r\n{token}"),
        answers: String::new(),
    };
    let said = send(&demo, &words, "06-24");
    assert!(
        said.contains("Đã ghi nhận bản giấy số 12/BC-CĐGD ngày 22/6/2026"),
        "{said}"
    );

    let news = demo.digest("2026-06-16", Demo::AFTER);
    let accepted = links(&news, "Duyệt").remove(0);
    let said = send(&demo, &accepted, "06-24");
    assert!(said.contains("Đã duyệt"), "{said}");
    // Of whoever nobody vouches for each report is looked at by itself.
    assert!(!news.contains("Duyệt tất cả"), "{news}");

    // Until staff close the period nobody has failed to send.
    let closed = || {
        let status = json_lines(&demo.after(&["status", "--json", "--report", "tre-em"]));
        let closed = status.iter().filter(|l| l["closed"] == true);
        closed.map(|l| l["unit"].to_string()).collect::<Vec<_>>()
    };
    assert!(closed().is_empty());
    let closes = links(&html, "Khóa kỳ");
    let children = |p: &&Prepared| p.subject.contains("Công tác trẻ em, 6 tháng đầu năm 2026");
    let said = send(&demo, closes.iter().find(children).unwrap(), "06-24");
    assert!(said.contains("Đã khóa kỳ Công tác trẻ em"), "{said}");
    assert!(
        closed().contains(&"\"cd-kkt\"".to_owned()),
        "{:?}",
        closed()
    );
    // What has more time, waits or has come in part is not closed.
    for unit in [
        "cdcs-cap-thoat-nuoc",
        "cd-xay-dung",
        "cd-y-te",
        "ldld-tay-hoa",
    ] {
        assert!(!closed().contains(&format!("{unit:?}")), "{unit}");
    }
    let history = demo.run(&["history"]);
    assert_eq!(history.matches("by mail").count(), 6, "{history}");
    demo.after(&["close", "tre-em", "2026-H1", "--undo"]);
    assert!(closed().is_empty());

    // A link holds for thirty days.
    let returned = links(&news, "Trả lại").remove(0);
    let returned = Prepared {
        body: returned.body.replace("Lý do:", "Lý do: thiếu số liệu"),
        ..returned
    };
    let said = send(&demo, &returned, "07-17");
    assert!(said.contains("đã hết hạn"), "{said}");
}

#[test]
fn the_leader_of_a_unit_is_written_to_on_a_click_in_the_digest_and_never_without() {
    let demo = Demo::new();
    let to_leaders = || {
        let entries = std::fs::read_dir(demo.dir().join("outbox")).unwrap();
        let names = entries.map(|e| e.unwrap().file_name().into_string().unwrap());
        let mut units: Vec<String> = names
            .filter_map(|n| {
                Some(
                    n.strip_suffix(".eml")?
                        .split_once("-escalation-")?
                        .1
                        .to_owned(),
                )
            })
            .collect();
        units.sort();
        units
    };
    let round = |day: &str| {
        let at = format!("2026-{day}T08:30:00+07:00");
        demo.run(&["--at", &at, "run", "--once"]);
    };
    // More than twelve working days after 10/6, nobody has said a word.
    round("07-02");
    assert!(to_leaders().is_empty(), "{:?}", to_leaders());
    let at = "2026-07-03T07:30:00+07:00";
    let html = demo.digest("2026-07-03", at);
    assert!(html.len() < 102_000, "{}", html.len());
    let link = |label: &str, unit: &str| {
        let of_unit = |p: &Prepared| p.subject.contains(unit) && p.subject.contains("Nữ công");
        let mut found = links(&html, label).into_iter();
        found.find(of_unit).unwrap()
    };
    let waits = |unit: &str| {
        let status = json_lines(&demo.run(&["--at", at, "status", "--json"]));
        let of = |l: &&Value| l["unit"] == unit && l["report"] == "nu-cong";
        status.iter().find(of).unwrap()["escalation_waits"] == true
    };
    assert!(waits("cd-cong-thuong"));
    let plan = json_lines(&demo.run(&["--at", at, "plan", "--on", "2026-07-03", "--json"]));
    let asked = plan.iter().filter(|l| l["kind"] == "escalation");
    assert!(asked.clone().count() > 2);
    assert!(asked.clone().all(|l| l["waits_for_staff"] == true));

    let said = send(&demo, &link("Gửi", "CĐ ngành Công Thương"), "07-03");
    assert!(said.contains("Thư đến lãnh đạo đơn vị được gửi"), "{said}");
    assert_eq!(to_leaders(), ["cd-cong-thuong"]);
    assert!(!waits("cd-cong-thuong"));
    let undone = demo.output(&["undo", "1"]);
    assert!(!undone.status.success(), "what has left is not taken back");

    let said = send(&demo, &link("Dừng", "CĐ Viên chức tỉnh"), "07-03");
    assert!(said.contains("Không gửi thư đến lãnh đạo đơn vị"), "{said}");
    assert!(!waits("cd-vien-chuc"));
    demo.run(&["--at", at, "undo", "2"]);
    assert!(waits("cd-vien-chuc"));
    let by_command = ["--at", at, "escalate", "cd-vien-chuc", "nu-cong", "2026-H1"];
    demo.run(&by_command);
    round("07-06");
    assert_eq!(to_leaders(), ["cd-cong-thuong", "cd-vien-chuc"]);
    let stopped = demo.output(&[&by_command[..], &["--stop"]].concat());
    assert!(!stopped.status.success(), "it has left");
}

#[test]
fn what_waits_says_what_it_most_likely_is_and_one_click_does_that_and_nothing_counts_before() {
    let demo = Demo::new();
    // A topic beside words that are not understood.
    let subject = "Báo cáo đời sống nữ công nhân, hoạt động nữ công 6 tháng đầu năm 2026";
    let raw = written(
        "ldld.phuhoa@phuyen.example",
        subject,
        "Gửi Ban",
        &[("BC.docx", word("x"))],
    );
    receive(&demo, "phuyen.example", &raw);
    let state = |unit: &str, report: &str| {
        let status = json_lines(&demo.after(&["status", "--json", "--report", report]));
        let mut lines = status.into_iter();
        let line = lines.find(|l| l["unit"] == unit && l["period"] == "2026-H1");
        line.unwrap()["state"].as_str().unwrap().to_owned()
    };
    let page = demo.digest("2026-06-24", Demo::AFTER);
    for (unit, name, report, what) in [
        (
            "ldld-phu-hoa",
            "LĐLĐ huyện Phú Hòa",
            "nu-cong",
            "<b>Nữ công, kỳ 6 tháng đầu năm 2026</b>",
        ),
        (
            "ldld-son-hoa",
            "LĐLĐ huyện Sơn Hòa",
            "tre-em",
            "<b>LĐLĐ huyện Sơn Hòa: Công tác trẻ em, kỳ 6 tháng đầu năm 2026</b>",
        ),
    ] {
        let label = format!("Ghi nhận cho {name}");
        let line = format!("Có thể là: {what}; đúng thì bấm “{label}”");
        assert!(page.contains(&line), "{line}");
        let before = state(unit, report);
        assert!(
            ["waiting", "overdue"].contains(&before.as_str()),
            "{before}"
        );
        let said = send(&demo, &links(&page, &label).remove(0), "06-24");
        let logged = what
            .replace("kỳ ", "")
            .replace("<b>", "")
            .replace("</b>", "");
        let logged = logged.replace(&format!("{name}: "), "");
        assert!(said.contains(name) && said.contains(&logged), "{said}");
        assert_ne!(state(unit, report), before);
    }
    // Of two units that it may be of none is proposed.
    assert!(
        page.contains("Có thể là: <b>CĐCS Báo Phú Yên; CĐCS Đài PT-TH</b></div>"),
        "of two candidates"
    );
    look("the digest with proposals", &page);
}

#[test]
fn a_unit_that_asks_for_more_time_gets_it_by_one_click_and_a_courteous_letter() {
    const UNIT: &str = "cdcs@capnuocpy.example";
    let demo = Demo::new();
    let body = "Kính gửi Ban,\r\nDo kế toán (0912 345 678) nghỉ, đơn vị xin gửi báo cáo trẻ em đến ngày 30/6.";
    let raw = written(UNIT, "V/v xin gia hạn", body, &[]);
    receive(&demo, "capnuocpy.example", &raw);
    let inbox = || {
        let inbox = json_lines(&demo.after(&["inbox", "--json"]));
        inbox.iter().any(|m| m["subject"] == "V/v xin gia hạn")
    };
    assert!(inbox());
    let page = demo.digest("2026-06-24", Demo::AFTER);
    let shown = page.replace("&#x2f;", "/");
    let (_, own) = shown.split_once("V/v xin gia hạn</div>").unwrap();
    let (own, _) = own.split_once("</table>").unwrap();
    let says = "Nội dung: “Do kế toán (•••) nghỉ, đơn vị xin gửi báo cáo trẻ em đến ngày 30/6.”";
    assert!(own.contains(says), "{own}");
    let labels: Vec<&str> = own
        .split("</a>")
        .filter_map(|a| Some(a.rsplit_once('>')?.1))
        .collect();
    assert_eq!(
        labels[..4],
        [
            "Gia hạn đến 30/6/2026",
            "Không đồng ý",
            "Trả lời",
            "Không phải báo cáo"
        ]
    );
    let by_hand = "mailto:cdcs@capnuocpy.example?subject=Re%3A%20V%2Fv%20xin%20gia%20h%E1%BA%A1n\"";
    assert!(own.contains(by_hand), "{own}");

    let given = links(own, labels[0]).remove(0);
    assert!(
        given
            .body
            .contains("Báo cáo và kỳ: Công tác trẻ em, kỳ 6 tháng đầu năm 2026"),
        "{}",
        given.body
    );
    let said = send(&demo, &given, "06-24");
    let of = "CĐCS Cấp thoát nước: Công tác trẻ em, 6 tháng đầu năm 2026";
    assert!(
        said.contains(&format!("Đã gia hạn đến hết ngày 30/6/2026 cho {of}")),
        "{said}"
    );
    assert!(!inbox());
    assert_eq!(state_in(&demo, "cdcs-cap-thoat-nuoc"), "pending");
    let told = letters_to(&demo, UNIT, "Đồng ý gia hạn báo cáo");
    assert_eq!(told.len(), 1);
    assert!(
        told[0].contains("đồng ý gia hạn cho đơn vị") && told[0].contains("30/6/2026"),
        "{}",
        told[0]
    );

    // What is taken back is taken back whole, and whoever was told is told.
    let undo_the_last = || {
        let history = demo.after(&["history", "cdcs-cap-thoat-nuoc"]);
        let extended = history.lines().rfind(|l| l.contains(": extend,")).unwrap();
        demo.after(&["undo", extended.split_whitespace().next().unwrap()]);
    };
    undo_the_last();
    demo.after(&["run", "--once"]);
    assert!(inbox());
    assert_eq!(state_in(&demo, "cdcs-cap-thoat-nuoc"), "waiting");
    let told = letters_to(&demo, UNIT, "Đính chính thời hạn gửi báo cáo");
    assert_eq!(told.len(), 1);
    assert!(told[0].contains("17 giờ 00 ngày 15/6/2026"), "{}", told[0]);

    // What was not told yet when it is taken back is never told.
    let again = demo.digest("2026-06-24", Demo::AFTER);
    assert!(again.contains("Gia hạn đến 30&#x2f;6&#x2f;2026"));
    demo.after(&[
        "extend",
        "cdcs-cap-thoat-nuoc",
        "tre-em",
        "2026-H1",
        "--due",
        "2026-07-03",
    ]);
    undo_the_last();
    demo.after(&["run", "--once"]);
    assert_eq!(letters_to(&demo, UNIT, "Đồng ý gia hạn báo cáo").len(), 1);
    assert_eq!(
        letters_to(&demo, UNIT, "Đính chính thời hạn gửi báo cáo").len(),
        1
    );
    look("the digest with a unit that asks for more time", &page);
}

#[test]
fn what_staff_decide_of_a_unit_is_told_it_and_so_is_that_it_holds_no_more() {
    const UNIT: &str = "cdcs@capnuocpy.example";
    let demo = Demo::new();
    let body = "Kính gửi Ban,\r\nĐơn vị xin gửi chậm báo cáo trẻ em một tuần.";
    receive(
        &demo,
        "capnuocpy.example",
        &written(UNIT, "Xin lùi hạn", body, &[]),
    );
    let page = demo.digest("2026-06-24", Demo::AFTER);
    // A week from the deadline of 15/6 is over.
    assert!(page.contains(">Gia hạn</a>"), "{page}");
    let refused = links(&page, "Không đồng ý").remove(0);
    assert!(send(&demo, &refused, "06-24").starts_with("Chưa có lý do"));
    let because = "Tổng Liên đoàn yêu cầu tổng hợp trước 25/6";
    let said = send(&demo, &filled(refused, because), "06-24");
    assert!(
        said.contains("chưa đồng ý gia hạn theo thư số 31"),
        "{said}"
    );
    let told = letters_to(&demo, UNIT, "Trả lời đề nghị gia hạn báo cáo");
    assert_eq!(told.len(), 1);
    assert!(
        told[0].contains(&format!("chưa thể đồng ý. Lý do: {because}."))
            && told[0].contains("(thư “Xin lùi hạn”)"),
        "{}",
        told[0]
    );
    let inbox = || json_lines(&demo.after(&["inbox", "--json"])).len();
    let waiting = inbox();
    let undo_the_last = |command: &str| {
        let history = demo.after(&["history"]);
        let last = history
            .lines()
            .rfind(|l| l.contains(&format!(": {command},")));
        let last = last.unwrap_or_else(|| panic!("no {command}: {history}"));
        demo.after(&["undo", last.split_whitespace().next().unwrap()]);
        demo.after(&["run", "--once"]);
    };
    undo_the_last("refuse");
    assert_eq!(inbox(), waiting + 1);
    let told = letters_to(&demo, UNIT, "Đính chính: đang xem xét lại");
    assert_eq!(told.len(), 1);
    // The same by command.
    demo.after(&["refuse", "31", "--reason", "đã quá hạn"]);
    demo.after(&["run", "--once"]);
    assert_eq!(letters_to(&demo, UNIT, "Trả lời đề nghị gia hạn").len(), 2);
    // Taken back by the mail alone, the unit is told the same.
    undo_the_last("ignore");
    assert_eq!(
        letters_to(&demo, UNIT, "Đính chính: đang xem xét lại").len(),
        2
    );

    // A unit that is excused, and then is not.
    let excuse = [
        "excuse",
        "cdcs-cap-thoat-nuoc",
        "tre-em",
        "2026-H1",
        "--reason",
        "mới thành lập",
    ];
    demo.after(&excuse);
    demo.after(&["run", "--once"]);
    let told = letters_to(&demo, UNIT, "Đồng ý miễn báo cáo: ");
    assert_eq!(told.len(), 1);
    assert!(!told[0].contains("mới thành lập"), "{}", told[0]);
    undo_the_last("excuse");
    let told = letters_to(&demo, UNIT, "Đính chính, đề nghị gửi: ");
    assert_eq!(told.len(), 1);
    assert!(
        told[0].contains("Hạn gửi: 17 giờ 00 ngày 15/6/2026"),
        "{}",
        told[0]
    );
    // What is taken back before it was told is never told.
    demo.after(&excuse);
    let history = demo.after(&["history", "cdcs-cap-thoat-nuoc"]);
    let last = history.lines().rfind(|l| l.contains(": excuse,")).unwrap();
    demo.after(&["undo", last.split_whitespace().next().unwrap()]);
    demo.after(&["run", "--once"]);
    assert_eq!(letters_to(&demo, UNIT, "Đồng ý miễn báo cáo: ").len(), 1);
    assert_eq!(
        letters_to(&demo, UNIT, "Đính chính, đề nghị gửi: ").len(),
        1
    );

    // A report that was sent back counts after all.
    let status = json_lines(&demo.after(&["status", "--json", "--report", "tre-em"]));
    let sent = status.iter().find(|l| l["state"] == "submitted").unwrap();
    let code = sent["receipt"]
        .as_str()
        .unwrap_or("BC-2026-00001")
        .to_owned();
    demo.after(&["return", &code, "--reason", "thiếu bảng số liệu"]);
    demo.after(&["run", "--once"]);
    let all = |subject: &str| -> usize {
        let entries = std::fs::read_dir(demo.dir().join("outbox")).unwrap();
        let mails = entries.filter_map(|e| {
            let raw = std::fs::read(e.unwrap().path()).unwrap();
            let mail = mail_parser::MessageParser::default().parse(&raw)?;
            mail.subject()?.starts_with(subject).then_some(())
        });
        mails.count()
    };
    let before = all("Đề nghị hoàn chỉnh báo cáo");
    assert!(before > 0);
    undo_the_last("return");
    assert_eq!(all("Đính chính: báo cáo đã gửi vẫn được ghi nhận"), 1);
}

#[test]
fn who_answers_that_it_was_sent_is_told_that_it_is_looked_into_and_staff_see_what_is_known() {
    let demo = Demo::new();
    let says = "Kính gửi Ban,\r\nĐơn vị đã gửi báo cáo trẻ em ngày 10/6 rồi ạ.";
    let shown = |unit: &str, body: &str| {
        let domain = unit.split_once('@').unwrap().1;
        receive(
            &demo,
            domain,
            &written(unit, "Re: Đề nghị gửi báo cáo", body, &[]),
        );
        let page = demo
            .digest("2026-06-24", Demo::AFTER)
            .replace("&#x2f;", "/");
        let (_, own) = page.split_once("Re: Đề nghị gửi báo cáo</div>").unwrap();
        own.split_once("</table>").unwrap().0.to_owned()
    };
    let nothing = "cdcs@capnuocpy.example";
    let own = shown(nothing, says);
    let found = "Đơn vị cho biết đã gửi ngày 10/6/2026; thư của đơn vị nhận trong ngày đó: không tìm thấy thư nào.";
    assert!(own.contains(found), "{own}");
    let told = letters_to(&demo, nothing, "Re: Đề nghị gửi báo cáo");
    assert_eq!(told.len(), 1);
    assert!(told[0].contains("đang xem xét"), "{}", told[0]);
}

#[test]
fn whoever_answers_a_reminder_is_heard_in_whatever_words() {
    const UNIT: &str = "cdcs@capnuocpy.example";
    let demo = Demo::new();
    let entries = std::fs::read_dir(demo.dir().join("outbox")).unwrap();
    let reminder = entries
        .map(|e| e.unwrap().path())
        .find(|p| {
            p.to_string_lossy()
                .ends_with("reminder_late-cdcs-cap-thoat-nuoc.eml")
        })
        .unwrap();
    let reminder = std::fs::read(reminder).unwrap();
    let reminder = mail_parser::MessageParser::default()
        .parse(&reminder)
        .unwrap();
    let subject = format!("Re: {}", reminder.subject().unwrap());
    let raw = written(UNIT, &subject, "Kỳ này bên em chưa làm kịp chị ơi", &[]);
    let answers = format!("In-Reply-To: <{}>\r\n", reminder.message_id().unwrap());
    receive(
        &demo,
        "capnuocpy.example",
        &[answers.as_bytes(), &raw].concat(),
    );
    let inbox = json_lines(&demo.after(&["inbox", "--json"]));
    assert!(
        inbox.iter().any(|m| m["subject"] == subject.as_str()),
        "{inbox:?}"
    );
    let told = letters_to(&demo, UNIT, &subject);
    assert!(told.iter().any(|l| l.contains("đang xem xét")), "{told:?}");
    let page = demo.digest("2026-06-24", Demo::AFTER);
    assert!(
        page.contains("Nội dung: “Kỳ này bên em chưa làm kịp chị ơi”"),
        "{page}"
    );
    // Nothing is logged of words alone, nor told.
    let refused = filled_assignment(&page, "CĐCS Cấp thoát nước");
    let said = send(&demo, &refused, "06-24");
    assert!(said.contains("không có tệp báo cáo nào"), "{said}");
}

/// The prepared mail that assigns the last of the mails shown to a unit, with the report on children.
fn filled_assignment(page: &str, unit: &str) -> Prepared {
    let prepared = links(page, &format!("Ghi nhận cho {unit}")).pop().unwrap();
    let line = prepared
        .body
        .lines()
        .find(|l| l.starts_with("Báo cáo và kỳ"))
        .unwrap();
    let body = prepared
        .body
        .replace(line, "Báo cáo và kỳ: trẻ em 6 tháng đầu năm 2026");
    Prepared { body, ..prepared }
}

#[test]
fn what_waits_of_the_day_on_which_a_unit_says_that_it_sent_is_named() {
    let demo = Demo::new();
    let raw = written(
        "cdxd@phuyen.example",
        "Hỏi",
        "Bên em gửi rồi mà, gửi ngày 17/6 ạ",
        &[],
    );
    receive(&demo, "phuyen.example", &raw);
    let text = demo.run(&["--at", Demo::AFTER, "digest", "--on", "2026-06-24"]);
    let found =
        "đã gửi ngày 17/6/2026; thư của đơn vị nhận trong ngày đó: thư số 27 (đang chờ xử lý).";
    assert!(text.contains(found), "{text}");
}

#[test]
fn forged_tampered_and_late_commands_do_nothing() {
    let lab = Lab::start();
    let installation = Installation::new(&lab);
    lab.unit_sends(
        "lan@phuyen.example",
        "Báo cáo trẻ em của LĐLĐ TX Đông Hòa",
        "Gửi Ban",
        &[("a.docx", word("1"))],
    );
    once(&installation);
    let digest = lab.await_mails(STAFF, 1).remove(0);
    let good = links(&digest.html, "Không phải báo cáo").remove(0);
    let waiting = |n: usize| {
        let inbox = installation.json(&["inbox", "--json"]);
        assert_eq!(inbox.len(), n, "{inbox:?}");
    };
    waiting(1);
    // Staff's name against the server's word: shown, not done, not answered.
    lab.deliver("x@thucanhan.example", &mail(STAFF, "fail", &good));
    once(&installation);
    waiting(2);
    let unsigned = Prepared {
        subject: good.subject.clone(),
        body: format!("{}\r\n.", good.body),
        answers: String::new(),
    };
    let unsigned = mail(STAFF, "none", &unsigned);
    lab.deliver("x@thucanhan.example", &unsigned);
    once(&installation);
    waiting(3);
    // Nobody tells whether that one is staff's: the registered address is asked.
    answer(&lab, 2, "chưa xác thực được thư có đúng do đồng chí gửi");
    // Another who got hold of the digest
    lab.deliver(
        "x@thucanhan.example",
        &mail("x@thucanhan.example", "pass", &good),
    );
    once(&installation);
    waiting(3);
    // The token of another action
    let tampered = Prepared {
        subject: good.subject.clone(),
        body: good.body.replace(".ignore.", ".accept."),
        answers: String::new(),
    };
    lab.deliver(STAFF, &mail(STAFF, "pass", &tampered));
    once(&installation);
    answer(&lab, 3, "Mã xử lý không hợp lệ");
    waiting(3);
    assert_eq!(installation.json(&["inbox", "--json"])[0]["message"], 1);
    // In time it is done.
    lab.deliver(STAFF, &mail(STAFF, "pass", &good));
    once(&installation);
    answer(&lab, 4, "Thư số 1 không phải báo cáo");
    waiting(2);
}

/// A letter that asks whether staff sent a command, and the reply to it in other words.
fn reply(letter: &Letter, words: &str) -> Prepared {
    let quoted: String = letter.text.lines().map(|l| format!("> {l}\r\n")).collect();
    Prepared {
        subject: "Re: Xác nhận lệnh".into(),
        body: format!("{words}\r\n\r\n{quoted}"),
        answers: letter.message_id.clone(),
    }
}

#[test]
fn a_command_that_nobody_vouches_for_is_carried_out_when_the_registered_address_confirms_it() {
    let lab = Lab::start();
    let installation = Installation::new(&lab);
    for sender in ["lan@phuyen.example", "mai@phuyen.example"] {
        let subject = "Báo cáo trẻ em của LĐLĐ TX Đông Hòa";
        lab.unit_sends(sender, subject, "Gửi Ban", &[("a.docx", word(sender))]);
    }
    once(&installation);
    let waiting = || installation.json(&["inbox", "--json"]).len();
    assert_eq!(waiting(), 2);
    let digest = lab.await_mails(STAFF, 1).remove(0);
    let commands = links(&digest.html, "Không phải báo cáo");
    // Their server signs nothing; that of the mailbox may say pass, but that line may be the sender's.
    let unsigned = |prepared: &Prepared, said: &str| {
        let raw = String::from_utf8(mail(STAFF, "none", prepared)).unwrap();
        raw.replace("dmarc=none", said).into_bytes()
    };
    lab.deliver(STAFF, &unsigned(&commands[0], "dmarc=pass"));
    once(&installation);
    assert_eq!(waiting(), 3);
    // What would be done is told, and no word of a mail that anybody may have written.
    let asked = letter(&lab, 2, "Thư số 1 không phải báo cáo;");
    assert!(!asked.text.contains("Đề nghị giữ nguyên"), "{}", asked.text);
    assert!(
        asked.text.contains("Lúc ") && asked.text.contains("TBC.m3.confirm."),
        "{}",
        asked.text
    );

    // Whoever only knows the address cannot confirm it: not the token of another letter, not from elsewhere.
    let stolen = reply(&asked, "Đúng");
    lab.deliver(
        "x@thucanhan.example",
        &mail("x@thucanhan.example", "none", &stolen),
    );
    once(&installation);
    assert_eq!(waiting(), 3);

    // What is no yes does nothing; the first is told what to answer, and an absence note not for ever.
    let doubtful = [
        "Ai gửi thế này? Tôi có gửi gì đâu.",
        "Chưa rõ, để tôi hỏi lại",
        "",
    ];
    for words in doubtful {
        lab.deliver(STAFF, &unsigned(&reply(&asked, words), "dmarc=none"));
    }
    once(&installation);
    let left = installation.json(&["inbox", "--json"]);
    assert_eq!(left.len(), 6, "{left:?}");
    let unclear = |m: &&Value| m.to_string().contains("chưa rõ đồng ý hay không");
    assert_eq!(left.iter().filter(unclear).count(), 3, "{left:?}");
    answer(&lab, 3, "bằng một chữ: Đúng");

    lab.deliver(STAFF, &unsigned(&stolen, "dmarc=none"));
    once(&installation);
    answer(&lab, 4, "Thư số 1 không phải báo cáo.");
    assert_eq!(
        waiting(),
        4,
        "{:?}",
        installation.json(&["inbox", "--json"])
    );

    // The same reply once more does nothing, and another command is denied.
    lab.deliver(STAFF, &unsigned(&commands[1], "dmarc=none"));
    once(&installation);
    assert_eq!(waiting(), 5);
    let asked = letter(&lab, 5, "Thư số 2 không phải báo cáo");
    let denial = reply(&asked, "Không phải tôi gửi thư này");
    lab.deliver(STAFF, &unsigned(&denial, "dmarc=none"));
    once(&installation);
    answer(&lab, 6, "được hủy bỏ theo trả lời của đồng chí");
    assert_eq!(waiting(), 4);
    let history = installation.run(&["history"]);
    let history = String::from_utf8_lossy(&history.stdout).into_owned();
    assert_eq!(history.matches("by mail: ignore").count(), 1, "{history}");

    // One letter goes out for a code, however often it comes, and none for a mail of two codes or of another's name.
    let send = |body: String| {
        let again = Prepared {
            subject: commands[1].subject.clone(),
            body,
            answers: String::new(),
        };
        lab.deliver(STAFF, &unsigned(&again, "dmarc=none"));
    };
    for n in 0..3 {
        send(format!("{}\r\n{n}", commands[1].body));
    }
    let others = links(&digest.html, "Ghi nhận cho đơn vị khác");
    let assign = |n: usize, name: &str| {
        let field = format!("Đơn vị: {name}");
        others[n].body.replacen("Đơn vị:", &field, 1)
    };
    send(format!(
        "{}\r\n{}",
        commands[1].body,
        assign(1, "LĐLĐ huyện Tuy An")
    ));
    send(commands[1].body.replace("Thư số 2", "Thư số 1"));
    once(&installation);
    let asked = || {
        let letters = lab.letters(STAFF).into_iter();
        letters.filter(|l| l.text.contains(".confirm.")).count()
    };
    // Why those two do nothing is told.
    lab.await_mails(STAFF, 9);
    assert_eq!(asked(), 3);
    assert_eq!(waiting(), 7);
    // A command of another code is asked about still, in the words of this program.
    send(assign(1, "LĐLĐ huyện Tuy An"));
    once(&installation);
    let named = letter(
        &lab,
        10,
        "Ghi nhận thư số 2 (từ mai@phuyen.example) cho đơn vị LĐLĐ huyện Tuy An",
    );
    assert!(named.text.contains("bằng một chữ “Đúng”"), "{}", named.text);
    assert_eq!(asked(), 4);
}
