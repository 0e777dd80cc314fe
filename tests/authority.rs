//! Whose word counts among staff: his own, in his own mail, with a code that was sent to him, once.

use std::cell::Cell;
use std::fs;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::lab::installation::{Installation, STAFF, VERIFIER, succeed, word};
use crate::lab::{Letter, MAILBOX, dns, percent_decoded, written};

/// The head of the department, who gets a digest too.
const HEAD: &str = "truong.ban@ldldphuyen.example";

/// An office with two of staff whose mailbox is a Maildir; what leaves becomes files.
struct Office {
    installation: Installation,
    begun: Timestamp,
    delivered: Cell<u32>,
}

impl Office {
    /// With so many mails of a stranger that wait for staff, and the digests that list them.
    fn new(waiting: u32) -> Office {
        Office::of(waiting, |_| "lan@phuyen.example".to_owned())
    }

    /// With mails of so many strangers, so that the digests have links for each.
    fn of_many(waiting: u32) -> Office {
        Office::of(waiting, |n| format!("lan{n}@phuyen.example"))
    }

    fn of(waiting: u32, sender: impl Fn(u32) -> String) -> Office {
        dns::answers_for_staff();
        let office = Office {
            installation: Installation::on_maildir(),
            begun: Timestamp::now(),
            delivered: Cell::new(0),
        };
        let both = format!("[\"{STAFF}\", \"{HEAD}\"]");
        office
            .installation
            .edit("thubaocao.toml", &format!("[\"{STAFF}\"]"), &both);
        for n in 0..waiting {
            let subject = format!("Báo cáo trẻ em của LĐLĐ TX Đông Hòa, lần {n}");
            let file = [("a.docx", word(&n.to_string()))];
            let mail = written(&sender(n), &subject, "Gửi Ban", &file);
            office.deliver(&mail, 0);
        }
        office.round(0);
        office
    }

    /// Lays a mail into the mailbox, received so many minutes after the beginning.
    fn deliver(&self, raw: &[u8], minutes: i64) {
        self.delivered.set(self.delivered.get() + 1);
        let name = format!("{:05}.M1.x", self.delivered.get());
        let path = self.installation.maildir().join("new").join(name);
        fs::write(&path, raw).unwrap();
        let at = self.begun + SignedDuration::from_mins(minutes);
        let file = fs::File::options().append(true).open(&path).unwrap();
        file.set_modified(at.into()).unwrap();
    }

    /// All passes once.
    fn round(&self, minutes: i64) {
        self.command(minutes, &["run", "--once"]);
    }

    fn command(&self, minutes: i64, arguments: &[&str]) -> String {
        let at = (self.begun + SignedDuration::from_mins(minutes)).to_string();
        succeed(self.installation.run(&[&["--at", &at], arguments].concat()))
    }

    /// The numbers of the mails that wait for staff.
    fn waiting(&self) -> Vec<i64> {
        let lines = self.installation.json(&["inbox", "--json"]);
        lines.iter().filter_map(|l| l["message"].as_i64()).collect()
    }

    fn letters(&self, address: &str) -> Vec<Letter> {
        let mut letters = self.installation.outbox();
        letters.retain(|l| l.to == address);
        letters
    }

    /// The last mail that somebody was sent, of so many.
    fn last(&self, address: &str, count: usize) -> Letter {
        let mut letters = self.letters(address);
        let texts: Vec<&str> = letters.iter().map(|l| l.text.as_str()).collect();
        assert_eq!(letters.len(), count, "{address}: {texts:#?}");
        letters.pop().unwrap()
    }
}

/// A mail of staff as it comes, signed by their domain. `head`: lines more.
fn mail(from: &str, id: &str, head: &str, body: &str) -> Vec<u8> {
    let raw = format!(
        "Authentication-Results: {VERIFIER}; dmarc=pass header.from=ldldphuyen.example\r\nFrom: {from}\r\nTo: {MAILBOX}\r\nSubject: Re\r\nMessage-ID: <{id}@ldldphuyen.example>\r\n{head}MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{body}\r\n",
    );
    dns::signed_by_staff(raw.as_bytes())
}

/// The bodies of the prepared mails behind the links of a page that have a label.
fn prepared(page: &str, label: &str) -> Vec<String> {
    let mut found = Vec::new();
    for piece in page.split("href=\"").skip(1) {
        let (href, rest) = piece.split_once('"').unwrap();
        let (text, _) = rest.split_once('>').unwrap().1.split_once("</a>").unwrap();
        if text == label {
            let href = href.replace("&amp;", "&").replace("&#x2f;", "/");
            let (_, body) = href.split_once("&body=").unwrap();
            found.push(percent_decoded(body));
        }
    }
    found
}

const IGNORE: &str = "Không phải báo cáo";

/// The code of a prepared mail.
fn code(body: &str) -> &str {
    body.lines()
        .find_map(|l| l.strip_prefix("Mã xử lý: "))
        .unwrap()
        .trim()
}

/// The head of an answer to a mail.
fn answers(id: &str) -> String {
    format!("In-Reply-To: <{id}>\r\nReferences: <{id}>\r\n")
}

#[test]
fn each_of_staff_gets_one_digest_a_day_and_its_codes_are_his_alone() {
    let office = Office::new(1);
    for _ in 0..2 {
        office.round(0);
    }
    let digests = [STAFF, HEAD].map(|address| office.last(address, 1));
    for (digest, other) in digests.iter().zip([HEAD, STAFF]) {
        assert!(!digest.raw.contains(other), "it names the other");
    }
    let [mine, his] = digests.map(|d| prepared(&d.html, IGNORE).remove(0));
    assert_ne!(code(&mine), code(&his));
    office.deliver(&mail(STAFF, "a", "", &his), 1);
    office.round(2);
    assert_eq!(office.waiting(), [1]);
    let answer = office.last(STAFF, 2).text;
    assert!(answer.contains("gửi cho người khác"), "{answer}");
    office.deliver(&mail(HEAD, "b", "", &his), 3);
    office.round(4);
    assert!(office.waiting().is_empty());
    let done = office.last(HEAD, 2).text;
    assert!(done.contains("Thư số 1 không phải báo cáo"), "{done}");
    // The next day brings one to each.
    office.round(24 * 60);
    office.round(24 * 60 + 5);
    assert_eq!(office.letters(STAFF).len(), 3);
    assert_eq!(office.letters(HEAD).len(), 3);
}

#[test]
fn thanks_above_a_quoted_code_do_nothing() {
    let office = Office::new(1);
    let code = code(&prepared(&office.last(STAFF, 1).html, IGNORE)[0]).to_owned();
    let quoted = format!(
        "Vào 08:00, 15/6/2026, X <x@la.example> đã viết:\r\n> Chào chị\r\n> Mã xử lý: {code}"
    );
    // A format of quotations that nobody knows: the code seems to be among the own words.
    let unmarked = format!("[X, hôm qua]\r\nChào chị\r\nMã xử lý: {code}");
    let stranger = answers("1@la.example");
    let cases = [
        (stranger.as_str(), "Cảm ơn anh", &quoted, 1),
        ("", "Cảm ơn anh", &quoted, 1),
        // Words that would be a command, above the code of somebody's mail.
        (&stranger, "Không phải báo cáo", &quoted, 1),
        // It is told, as the code has got into a stranger's mail.
        (&stranger, "Cảm ơn anh", &unmarked, 2),
        // The digest is really answered, without a command.
        (
            &answers(&office.last(STAFF, 1).message_id),
            "Cảm ơn em",
            &quoted,
            2,
        ),
    ];
    for (n, (head, words, quoted, letters)) in cases.into_iter().enumerate() {
        let body = format!("{words}\r\n\r\n{quoted}");
        office.deliver(&mail(STAFF, &n.to_string(), head, &body), 1);
        office.round(2);
        assert_eq!(office.waiting(), [1], "{words} {head} {quoted}");
        let last = office.last(STAFF, letters).text;
        assert!(!last.contains("đã được sử dụng"), "{last}");
    }
}

#[test]
fn an_answer_to_the_digest_says_by_its_words_what_is_meant_for_thirty_days() {
    let office = Office::new(5);
    let digest = office.last(STAFF, 1).message_id;
    let of_the_head = office.last(HEAD, 1).message_id;
    let says = |n: u32, head: &str, words: &str, minutes: i64| {
        office.deliver(&mail(STAFF, &n.to_string(), head, words), minutes);
        office.round(minutes);
    };
    says(1, &answers(&digest), "Thư số 1: không phải báo cáo", 2);
    assert_eq!(office.waiting(), [2, 3, 4, 5]);
    // Later in the thread.
    let head = format!(
        "In-Reply-To: <1@ldldphuyen.example>\r\nReferences: <{digest}> <1@ldldphuyen.example>\r\n"
    );
    says(2, &head, "thu so 2 khong phai bao cao", 3);
    assert_eq!(office.waiting(), [3, 4, 5]);
    office.last(STAFF, 3);
    // What another was sent gives him nothing, nor does a mail that nobody knows.
    says(3, &answers(&of_the_head), "Thư số 3: không phải báo cáo", 4);
    says(
        4,
        &answers("x@y.example"),
        "Thư số 3: không phải báo cáo",
        5,
    );
    says(5, "", "Thư số 3: không phải báo cáo", 6);
    assert_eq!(office.waiting(), [3, 4, 5]);
    // Who answers the digest of another, or nothing at all, is told so.
    let last = office.last(STAFF, 5).text;
    assert!(last.contains("không có mã xử lý"), "{last}");
    // What came after it does not stand in it.
    let late = written(
        "lan@phuyen.example",
        "Báo cáo trẻ em của LĐLĐ TX Đông Hòa",
        "x",
        &[("a.docx", word("muộn"))],
    );
    office.deliver(&late, 7);
    office.round(7);
    let newest = *office.waiting().last().unwrap();
    says(
        6,
        &answers(&digest),
        &format!("Thư số {newest}: không phải báo cáo"),
        8,
    );
    assert!(office.waiting().contains(&newest));
    let last = office.last(STAFF, 6).text;
    assert!(last.contains("không có trong bản tin"), "{last}");
    let days = |n: i64| n * 24 * 60;
    says(
        7,
        &answers(&digest),
        "Thư số 3: không phải báo cáo",
        days(29),
    );
    assert!(!office.waiting().contains(&3));
    says(
        8,
        &answers(&digest),
        "Thư số 4: không phải báo cáo",
        days(32),
    );
    assert!(office.waiting().contains(&4));
    let mut answered = office
        .letters(STAFF)
        .into_iter()
        .filter(|l| l.subject == "Re: Re");
    let last = answered.next_back().unwrap().text;
    assert!(last.contains("quá 30 ngày"), "{last}");
}

#[test]
fn the_name_of_a_unit_selects_what_is_meant_and_two_orders_are_both_asked_about() {
    let office = Office::new(2);
    let head = answers(&office.last(STAFF, 1).message_id);
    let count = Cell::new(1);
    let says = |words: &str| {
        count.set(count.get() + 1);
        let id = count.get().to_string();
        office.deliver(&mail(STAFF, &id, &head, words), 1);
        office.round(2);
        let answers = usize::try_from(count.get()).unwrap();
        let text = office.last(STAFF, answers).text;
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let until =
        office.begun.to_zoned(thubaocao::domain::zone()).date() + jiff::Span::new().days(20);
    let until = format!("{}/{}/{}", until.day(), until.month(), until.year());
    // Another report than the only one that fits.
    let other = format!("Gia hạn báo cáo nữ công cho LĐLĐ huyện Tuy An đến {until}");
    let asked = says(&other);
    assert!(asked.contains("còn ghi thêm lời khác"), "{asked}");
    let done = says(&format!("gia han cho LDLD huyen Tuy An den {until} nhe"));
    assert!(done.contains("Đã gia hạn"), "{done}");
    for (words, expected) in [
        (
            format!("Gia hạn cho LĐLĐ huyện Tuy An và LĐLĐ TX Đông Hòa đến {until}"),
            "nhiều việc",
        ),
        (
            format!("Thư số 1: không phải báo cáo\nGia hạn cho LĐLĐ TX Đông Hòa đến {until}"),
            "nêu thêm một việc",
        ),
        (
            "Thư số 1: gán cho LĐLĐ huyện Tuy An, trả lại luôn".to_owned(),
            "chưa thực hiện lệnh nào",
        ),
        (
            "Duyệt báo cáo của LĐLĐ huyện Tuy An".to_owned(),
            "không có việc nào ứng với lệnh này",
        ),
    ] {
        let asked = says(&words);
        assert!(asked.contains(expected), "{words}: {asked}");
    }
    assert_eq!(office.waiting(), [1, 2]);
    let history = office.command(3, &["history"]);
    assert_eq!(history.lines().count(), 1, "{history}");
    let done = says("Thư số 1: gán cho LĐLĐ TX Đông Hòa, nhớ địa chỉ này giúp chị\n\nLê Văn Duyệt");
    assert!(done.contains("từ nay địa chỉ lan@phuyen.example"), "{done}");
}

#[test]
fn a_code_of_another_item_than_the_words_name_does_nothing_and_it_is_asked() {
    let office = Office::new(2);
    let page = office.last(STAFF, 1).html;
    let bodies = prepared(&page, IGNORE);
    let first = bodies.iter().find(|b| b.contains("Thư số 1 ")).unwrap();
    let assign = prepared(&page, "Ghi nhận cho LĐLĐ TX Đông Hòa");
    let assign = assign.iter().find(|b| b.contains("thư số 1 ")).unwrap();
    let late = prepared(&page, "Miễn");
    let late = late
        .iter()
        .find(|b| b.contains("LĐLĐ huyện Tuy An"))
        .unwrap();
    let late = late.replace("Lý do:", "Lý do: bão");
    for (n, body) in [
        first.replace("Thư số 1 ", "Thư số 2 "),
        first.replace("Thư số 1 ", "Thư số 1 và thư số 2 "),
        first.replace("Thư số 1 không phải báo cáo", "Duyệt BC-2026-00001"),
        assign.replace("LĐLĐ TX Đông Hòa", "LĐLĐ huyện Tuy An"),
        late.replace("LĐLĐ huyện Tuy An", "LĐLĐ TX Đông Hòa"),
    ]
    .iter()
    .enumerate()
    {
        assert!(
            ![first, assign, &late].contains(&body),
            "it was not changed"
        );
        office.deliver(&mail(STAFF, &n.to_string(), "", body), 1);
        office.round(2);
        assert_eq!(office.waiting(), [1, 2], "{body}");
        let answer = office.last(STAFF, 2 + n).text;
        assert!(answer.contains("Mã xử lý là của"), "{answer}");
        assert!(answer.contains("chưa thực hiện"), "{answer}");
    }
    let history = office.command(3, &["history"]);
    assert_eq!(history, "nobody has changed anything\n");
    // The code was not used up.
    office.deliver(&mail(STAFF, "ok", "", first), 4);
    office.round(5);
    assert_eq!(office.waiting(), [2]);
}

#[test]
fn a_command_that_comes_again_is_not_answered_again() {
    let office = Office::new(1);
    let body = prepared(&office.last(STAFF, 1).html, IGNORE).remove(0);
    for n in 0..5 {
        office.deliver(&mail(STAFF, "a", &format!("X-N: {n}\r\n"), &body), 1);
    }
    office.round(2);
    assert!(office.waiting().is_empty());
    office.last(STAFF, 2);
    // Sent anew, it is told once that the code is used up.
    for n in 0..5 {
        office.deliver(&mail(STAFF, &format!("b{n}"), "", &body), 3);
    }
    office.round(4);
    let answer = office.last(STAFF, 3).text;
    assert!(answer.contains("đã được sử dụng"), "{answer}");
}

#[test]
fn above_so_many_answers_a_day_commands_are_done_and_told_together_the_next_morning() {
    let office = Office::new(3);
    let digest = office.last(STAFF, 1).message_id;
    for n in 1..=49 {
        let words = format!("Duyệt BC-2026-{n:05}");
        office.deliver(&mail(STAFF, &n.to_string(), &answers(&digest), &words), 1);
    }
    for n in 1..=3 {
        let words = format!("Thư số {n}: không phải báo cáo");
        let id = format!("ignore{n}");
        office.deliver(&mail(STAFF, &id, &answers(&digest), &words), 1);
    }
    office.round(2);
    assert!(office.waiting().is_empty(), "{:?}", office.waiting());
    // The digest, 49 refusals, and the answer to the first of the three.
    let last = office.last(STAFF, 51).text;
    assert!(last.contains("được báo chung"), "{last}");
    office.round(3);
    office.last(STAFF, 51);
    for minutes in [24 * 60, 24 * 60 + 5] {
        office.round(minutes);
        let letters = office.letters(STAFF);
        assert_eq!(letters.len(), 53, "the next digest, and one answer to two");
        let mut together = letters.iter().filter(|l| l.subject.contains("Kết quả"));
        let (told, None) = (together.next().unwrap(), together.next()) else {
            panic!("two of them");
        };
        for n in 2..=3 {
            let done = format!("Thư số {n} không phải báo cáo");
            assert!(told.text.contains(&done), "{}", told.text);
        }
        assert_eq!(told.text.matches("TBC.c").count(), 2, "{}", told.text);
    }
}

#[test]
fn codes_of_before_a_restore_or_a_renewal_do_nothing() {
    let office = Office::new(3);
    let digest = office.last(STAFF, 1);
    let bodies = prepared(&digest.html, IGNORE);
    let backup = office.installation.dir.path().join("b.tar");
    let backup = backup.to_str().unwrap();
    office.command(1, &["backup", backup]);
    let data = office.installation.dir.path().join("data");
    fs::rename(&data, office.installation.dir.path().join("lost")).unwrap();
    office.command(1, &["restore", backup]);
    office.deliver(&mail(STAFF, "a", "", &bodies[0]), 2);
    let words = "Thư số 2: không phải báo cáo";
    office.deliver(&mail(STAFF, "b", &answers(&digest.message_id), words), 2);
    office.round(3);
    assert_eq!(office.waiting(), [1, 2, 3]);
    let refused = |letters: &[Letter]| {
        let told = letters
            .iter()
            .filter(|l| l.text.contains("không còn hiệu lực"));
        told.count()
    };
    assert_eq!(refused(&office.letters(STAFF)), 2);
    // What left after the backup the store does not know; whoever answers it is told so.
    let lost = "thubaocao.99.0123456789abcdef";
    let (_, domain) = MAILBOX.rsplit_once('@').unwrap();
    let head = answers(&format!("{lost}@{domain}"));
    office.deliver(&mail(STAFF, "lost", &head, words), 4);
    office.deliver(&mail(STAFF, "thanks", &head, "Cảm ơn em"), 4);
    office.deliver(&mail(STAFF, "other", &answers("1@la.example"), words), 4);
    office.round(5);
    assert_eq!(office.waiting(), [1, 2, 3]);
    let letters = office.letters(STAFF);
    let told = letters
        .iter()
        .filter(|l| l.text.contains("khôi phục từ bản sao lưu"));
    assert_eq!(told.filter(|l| l.subject == "Re: Re").count(), 1);

    // The next digest has codes of the new key, until somebody renews it.
    office.round(24 * 60);
    let mut digests = office
        .letters(STAFF)
        .into_iter()
        .filter(|l| !l.html.is_empty() && l.text.contains("CẦN XỬ LÝ"));
    let body = prepared(&digests.next_back().unwrap().html, IGNORE).remove(0);
    let said = office.command(24 * 60 + 1, &["tokens", "renew"]);
    assert!(said.contains("digest"), "{said}");
    office.deliver(&mail(STAFF, "c", "", &body), 24 * 60 + 2);
    office.round(24 * 60 + 3);
    assert_eq!(office.waiting(), [1, 2, 3]);
    assert_eq!(refused(&office.letters(STAFF)), 3);
    let history = office.command(24 * 60 + 4, &["history", "tokens"]);
    assert!(history.contains("tokens renew"), "{history}");
}

#[test]
fn whoever_is_no_longer_staff_gets_no_digest_and_whoever_comes_gets_the_day_s() {
    let office = Office::new(0);
    office.last(STAFF, 1);
    let third = "moi@ldldphuyen.example";
    office.installation.edit("thubaocao.toml", HEAD, third);
    office.round(5);
    office.last(STAFF, 1);
    office.last(HEAD, 1);
    office.last(third, 1);
    office.round(24 * 60);
    office.last(STAFF, 2);
    office.last(HEAD, 1);
    office.last(third, 2);
    let health: Vec<Value> = office.installation.json(&["health", "--json"]);
    assert!(!health.is_empty());
}

/// A mail in the name of staff of which nobody tells who sent it.
fn unsigned(from: &str, id: &str, head: &str, body: &str) -> Vec<u8> {
    format!(
        "Authentication-Results: {VERIFIER}; dmarc=none header.from=ldldphuyen.example\r\nFrom: {from}\r\nTo: {MAILBOX}\r\nSubject: Re\r\nMessage-ID: <{id}@ldldphuyen.example>\r\n{head}MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{body}\r\n",
    )
    .into_bytes()
}

/// The reply to a letter in a few words.
fn reply(letter: &Letter, words: &str) -> (String, String) {
    let quoted: String = letter.text.lines().map(|l| format!("> {l}\r\n")).collect();
    (
        answers(&letter.message_id),
        format!("{words}\r\n\r\n{quoted}"),
    )
}

#[test]
fn whoever_decides_second_is_asked_first_and_told_who_decided_what_and_the_first_is_told_then() {
    let office = Office::of_many(4);
    let [mine, his] = [STAFF, HEAD].map(|a| office.last(a, 1));
    let bodies = |page: &str, label: &str| {
        let mut bodies = prepared(page, label);
        bodies.sort(); // by the number of the mail
        bodies
    };
    let assign = bodies(&mine.html, "Ghi nhận cho LĐLĐ TX Đông Hòa");
    let (ignore, his_ignore) = (bodies(&mine.html, IGNORE), bodies(&his.html, IGNORE));
    let says = |from: &str, id: &str, head: &str, body: &str, minutes: i64| {
        office.deliver(&mail(from, id, head, body), minutes);
        office.round(minutes);
    };
    let stands = |mail: i64| office.command(90, &["history", &mail.to_string()]);
    let in_force = |mail: i64| stands(mail).lines().last().unwrap().to_owned();

    says(STAFF, "a", "", &assign[0], 1);
    says(HEAD, "b", "", &his_ignore[0], 2);
    assert!(in_force(1).contains("assign"), "{}", stands(1));
    let asked = office.last(HEAD, 2);
    let text = &asked.text;
    let decided = format!("Thư số 1 đã được {STAFF} ghi nhận cho LĐLĐ TX Đông Hòa lúc ");
    assert!(text.contains(&decided), "{text}");
    assert!(text.contains("Thư số 1 không phải báo cáo;"), "{text}");
    assert!(text.contains(".confirm."), "{text}");
    // The same once more is not asked again.
    says(HEAD, "b2", "", &his_ignore[0], 3);
    let once = office.last(HEAD, 3).text;
    assert!(once.contains("đang chờ trả lời"), "{once}");
    let (head, body) = reply(&asked, "Đúng");
    says(HEAD, "c", &head, &body, 4);
    assert!(in_force(1).contains("ignore"), "{}", stands(1));
    let done = office.last(HEAD, 4).text;
    assert!(done.contains("Thư số 1 không phải báo cáo"), "{done}");
    let told = office.last(STAFF, 3);
    assert!(
        told.subject.contains("đã được thay đổi"),
        "{}",
        told.subject
    );
    assert!(told.text.contains(HEAD), "{}", told.text);
    // He may take it back, and is asked as well.
    says(STAFF, "c2", &answers(&told.message_id), "hoàn tác", 4);
    let text = office.last(STAFF, 4).text;
    assert!(text.contains(&format!("đã được {HEAD} đánh dấu")), "{text}");
    assert!(in_force(1).contains("ignore"), "{}", stands(1));

    // Who changes his own mind is not asked; who asks for what holds is told so; a no keeps it.
    says(STAFF, "d", "", &ignore[1], 5);
    says(STAFF, "e", "", &assign[1], 6);
    assert!(in_force(2).contains("assign"), "{}", stands(2));
    office.last(STAFF, 6);
    says(HEAD, "f", "", &his_ignore[1], 7);
    let (head, body) = reply(&office.last(HEAD, 5), "Không, giữ nguyên");
    says(HEAD, "g", &head, &body, 8);
    let kept = office.last(HEAD, 6).text;
    assert!(kept.contains("quyết định trước đó giữ nguyên"), "{kept}");
    assert!(in_force(2).contains("assign"), "{}", stands(2));
    says(STAFF, "h", "", &ignore[2], 9);
    says(HEAD, "i", "", &his_ignore[2], 10);
    let same = office.last(HEAD, 7).text;
    assert!(same.contains("không cần thực hiện lại"), "{same}");
    assert!(
        same.contains(&format!("đã được {STAFF} đánh dấu")),
        "{same}"
    );

    // What was decided after the letter left, the letter did not tell.
    says(STAFF, "j", "", &assign[3], 11);
    says(HEAD, "k", "", &his_ignore[3], 12);
    let asked = office.last(HEAD, 8);
    let words = "Thư số 4: gán cho LĐLĐ TX Đông Hòa, báo cáo trẻ em 6 tháng đầu năm";
    says(STAFF, "l", &answers(&mine.message_id), words, 13);
    let (head, body) = reply(&asked, "Đúng");
    says(HEAD, "m", &head, &body, 14);
    let refused = office.last(HEAD, 9).text;
    assert!(
        refused.contains("sau khi thư “Xác nhận” được gửi"),
        "{refused}"
    );
    assert!(in_force(4).contains("assign"), "{}", stands(4));
}

#[test]
fn every_command_gets_one_answer_with_the_true_reason() {
    let office = Office::new(2);
    let [mine, his] = [STAFF, HEAD].map(|a| office.last(a, 1));
    let digest = answers(&mine.message_id);
    let other = prepared(&mine.html, "Ghi nhận cho đơn vị khác").remove(0);
    let to = |unit: &str| other.replacen("Đơn vị:", &format!("Đơn vị: {unit}"), 1);
    let late = |label: &str, said: &str| {
        let body = prepared(&mine.html, label).remove(0);
        body.replacen(":\r\n", &format!(": {said}\r\n"), 1)
    };
    let ignore = prepared(&mine.html, IGNORE);
    let ignore = ignore.iter().find(|b| b.contains("Thư số 1 ")).unwrap();
    let of_his = answers(&his.message_id);
    let close = prepared(&mine.html, "Khóa kỳ").remove(0);
    let cases = [
        (
            digest.as_str(),
            "Thư số 99: không phải báo cáo".to_owned(),
            "không có trong bản tin",
        ),
        (
            &digest,
            "BC-2026-00099: duyệt".to_owned(),
            "không có trong bản tin",
        ),
        (
            &digest,
            "Thư số 1: duyệt".to_owned(),
            "Việc này có thể: “ghi nhận cho đơn vị”",
        ),
        (
            &digest,
            "không phải báo cáo".to_owned(),
            "Chưa rõ lệnh này dành cho việc nào",
        ),
        (&digest, "Đơn vị nào còn nợ?".to_owned(), "Chưa rõ yêu cầu"),
        (
            &of_his,
            "Thư số 1: bỏ qua".to_owned(),
            "bản tin gửi cho người khác",
        ),
        ("", "Thư số 1: bỏ qua".to_owned(), "không có mã xử lý"),
        ("", to(""), "Chưa rõ tên đơn vị"),
        ("", to("LĐLĐ huyện Không Có"), "Chưa rõ tên đơn vị"),
        ("", late("Miễn", ""), "Chưa có lý do"),
        ("", late("Gia hạn", ""), "Chưa có ngày gia hạn"),
        ("", late("Gia hạn", "1/1/2020"), "Ngày gia hạn đã qua"),
        ("", late("Bản giấy", "1/1/2099"), "chưa đến"),
        ("", late("Miễn", "bão"), "Đã miễn báo cáo"),
        ("", late("Miễn", "bão"), "đã được sử dụng"),
        ("", close.clone(), "Đã khóa kỳ"),
        ("", format!("{close}\r\n."), "đã được sử dụng"),
        (
            "",
            ignore.replace("không phải", "gán cho Tuy An, không phải"),
            "nội dung thư lại ghi",
        ),
        ("", ignore.clone(), "Thư số 1 không phải báo cáo"),
    ];
    for (n, (head, body, _)) in cases.iter().enumerate() {
        office.deliver(&mail(STAFF, &n.to_string(), head, body), 1);
    }
    office.round(2);
    office.last(STAFF, cases.len() + 1);
    let told = office.letters(STAFF).into_iter().skip(1);
    for ((_, body, expected), answer) in cases.iter().zip(told) {
        assert!(answer.text.contains(expected), "{body}\n{}", answer.text);
    }
    // What is done is not done again; whose change it is may take it back once.
    let done = office.last(STAFF, cases.len() + 1);
    for (n, expected) in ["Đã hoàn tác", "đã được sử dụng"].iter().enumerate() {
        let (head, body) = reply(&done, "hoàn tác");
        office.deliver(&mail(STAFF, &format!("undo{n}"), &head, &body), 3);
        office.round(4);
        let answer = office.last(STAFF, cases.len() + 2 + n).text;
        assert!(answer.contains(expected), "{answer}");
    }
    assert_eq!(office.letters(HEAD).len(), 1);
}

#[test]
fn in_the_name_of_staff_five_letters_a_day_ask_and_five_tell_why_nothing_is_done() {
    let office = Office::of_many(6);
    let page = office.last(STAFF, 1).html;
    let mut commands = prepared(&page, IGNORE);
    commands.extend(prepared(&page, "Ghi nhận cho LĐLĐ TX Đông Hòa"));
    let other = prepared(&page, "Ghi nhận cho đơn vị khác");
    let asking = || {
        let letters = office.letters(STAFF).into_iter();
        letters.filter(|l| l.text.contains(".confirm.")).count()
    };
    let telling = || {
        let letters = office.letters(STAFF).into_iter();
        letters.filter(|l| l.subject.contains("Kết quả")).count()
    };
    let why = |holds: &str| {
        let lines = office.installation.json(&["inbox", "--json"]);
        lines
            .iter()
            .filter(|l| l["why"].to_string().contains(holds))
            .count()
    };
    // What lacks something, has the code of nobody, or asks for two things.
    let broken = commands[0].replace("ignore", "accept");
    let two = format!("{}\r\n{}", commands[0], commands[1]);
    for n in 0..7 {
        let (body, expected) = match n {
            0 => (broken.clone(), "Mã xử lý không hợp lệ"),
            1 => (two.clone(), "Chưa rõ lệnh này dành cho việc nào"),
            2 => ("Thư số 1: bỏ qua".to_owned(), "không có mã xử lý"),
            n => (other[n - 3].clone(), "Chưa rõ tên đơn vị"),
        };
        office.deliver(&unsigned(STAFF, &format!("no{n}"), "", &body), 1);
        office.round(2);
        assert_eq!(telling(), (n + 1).min(5), "{body}");
        let last = office.letters(STAFF).pop().unwrap().text;
        assert!(n >= 5 || last.contains(expected), "{last}");
        assert!(
            n >= 5 || last.contains("chưa xác thực được người gửi"),
            "{last}"
        );
    }
    // What was not told by a letter stands in the digest, with the reason.
    assert_eq!(why("Chưa rõ tên đơn vị"), 2);
    for (n, command) in commands.iter().take(7).enumerate() {
        office.deliver(&unsigned(STAFF, &format!("yes{n}"), "", command), 3);
        office.round(4);
        assert_eq!(asking(), (n + 1).min(5));
    }
    assert_eq!(why("đã gửi đủ số thư"), 2);
    assert_eq!((asking(), telling()), (5, 5));
    // The next day both have room again.
    let day = 24 * 60;
    office.deliver(&unsigned(STAFF, "next", "", &commands[7]), day + 5);
    office.deliver(&unsigned(STAFF, "none", "", &broken), day + 5);
    office.round(day + 6);
    assert_eq!((asking(), telling()), (6, 6));
}
