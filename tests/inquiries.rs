//! Staff ask by mail and are told: nothing changes by it, and nobody else is told anything.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use mail_parser::{Message, MessageParser, MimeHeaders};

use crate::lab::demo::Demo;
use crate::lab::installation::{STAFF, scan, word};
use crate::lab::{MAILBOX, dns, written};
use crate::look::look;
use crate::shown::faults;

/// A mail of ours to staff.
struct Told {
    id: String,
    subject: String,
    text: String,
    html: String,
    files: Vec<(String, Vec<u8>)>,
}

impl Told {
    fn of(mail: &Message<'_>) -> Told {
        let file = |part: &mail_parser::MessagePart<'_>| {
            let name = part.attachment_name().unwrap().to_owned();
            (name, part.contents().to_vec())
        };
        Told {
            id: mail.message_id().unwrap().to_owned(),
            subject: mail.subject().unwrap().to_owned(),
            text: mail.body_text(0).unwrap().replace("\r\n", "\n"),
            html: mail.body_html(0).unwrap().into_owned(),
            files: mail.attachments().map(file).collect(),
        }
    }

    fn names(&self) -> Vec<&str> {
        self.files.iter().map(|(name, _)| name.as_str()).collect()
    }
}

/// The demo, with staff who write.
struct Office {
    demo: Demo,
    sent: Cell<u32>,
}

/// A mail of staff.
#[derive(Clone, Copy)]
struct Asks<'a> {
    words: &'a str,
    subject: &'a str,
    answers: &'a str,
    cc: &'a str,
    verdict: &'a str,
}

impl Default for Asks<'_> {
    fn default() -> Self {
        Asks {
            words: "",
            subject: "Re: Ban tin",
            answers: "",
            cc: "",
            verdict: "pass",
        }
    }
}

impl Office {
    fn new() -> Office {
        dns::answers_for_staff();
        let demo = Demo::new();
        demo.after(&["run", "--once"]);
        Office {
            demo,
            sent: Cell::new(0),
        }
    }

    fn outbox(&self) -> BTreeSet<PathBuf> {
        let entries = fs::read_dir(self.demo.dir().join("outbox")).unwrap();
        entries.map(|e| e.unwrap().path()).collect()
    }

    /// The mails of ours to staff among some files.
    fn to_staff(files: impl Iterator<Item = PathBuf>) -> Vec<Told> {
        let told = files.filter_map(|path| {
            let raw = fs::read(path).unwrap();
            let mail = MessageParser::default().parse(&raw).unwrap();
            let to_staff = mail.to()?.first()?.address()? == STAFF;
            to_staff.then(|| Told::of(&mail))
        });
        told.collect()
    }

    fn digest(&self) -> String {
        let mut digests = Office::to_staff(self.outbox().into_iter());
        digests.retain(|m| m.subject.contains("việc cần xử lý"));
        digests.pop().expect("a digest").id
    }

    /// What staff are told when the mail has come, and what it is that was written.
    fn ask(&self, asks: Asks<'_>) -> Vec<Told> {
        self.sent.set(self.sent.get() + 1);
        let raw = self.raw(asks, self.sent.get());
        self.deliver(&raw)
    }

    fn raw(&self, asks: Asks<'_>, n: u32) -> Vec<u8> {
        let Asks {
            words,
            subject,
            answers,
            cc,
            verdict,
        } = asks;
        let thread = match answers {
            "" => String::new(),
            id => format!("In-Reply-To: <{id}>\r\nReferences: <{id}>\r\n"),
        };
        let cc = match cc {
            "" => String::new(),
            cc => format!("Cc: {cc}\r\n"),
        };
        let raw = format!(
            "Authentication-Results: mx.google.com; dmarc={verdict} header.from=ldldphuyen.example\r\nFrom: {STAFF}\r\nTo: {MAILBOX}\r\n{cc}Subject: {subject}\r\nMessage-ID: <asks{n}@ldldphuyen.example>\r\n{thread}MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{}\r\n",
            words.replace('\n', "\r\n")
        );
        match verdict {
            "pass" => dns::signed_by_staff(raw.as_bytes()),
            _ => raw.into_bytes(),
        }
    }

    fn deliver(&self, raw: &[u8]) -> Vec<Told> {
        let before = self.outbox();
        let name = format!("asks{:04}{}.1.x", self.sent.get(), before.len());
        let path = self.demo.dir().join("maildir/new").join(name);
        fs::write(&path, raw).unwrap();
        let received: jiff::Timestamp = Demo::AFTER.parse().unwrap();
        let file = fs::File::options().append(true).open(&path).unwrap();
        file.set_modified(received.into()).unwrap();
        self.demo.after(&["run", "--once"]);
        Office::to_staff(self.outbox().difference(&before).cloned())
    }

    /// The one mail that answers.
    fn answer(&self, asks: Asks<'_>) -> Told {
        let mut told = self.ask(asks);
        assert_eq!(told.len(), 1, "{:?}", asks.words);
        told.pop().unwrap()
    }

    /// What is told in answer to words in a reply to a mail of ours.
    fn reply(&self, answers: &str, words: &str) -> Told {
        self.answer(Asks {
            words,
            answers,
            ..Asks::default()
        })
    }

    /// What nobody may change by asking.
    fn status(&self) -> String {
        self.demo.after(&["status", "--json"]) + &self.demo.after(&["history"])
    }
}

/// The examples of a table in the letter that says how to ask.
fn examples(help: &Told, title: &str) -> Vec<String> {
    let (_, from) = help.text.split_once(&format!("\n{title}\n")).unwrap();
    let lines = from.lines().skip_while(|l| l.is_empty());
    let lines = lines.take_while(|l| !l.is_empty());
    let examples = lines
        .filter_map(|l| l.strip_prefix("- "))
        .map(str::to_owned);
    let examples: Vec<String> = examples.collect();
    assert!(examples.len() >= 3, "{}", help.text);
    examples
}

/// The examples of the guide for staff: what stands first in each row of its table.
fn guide() -> Vec<String> {
    let (_, from) = include_str!("../deploy/HUONG-DAN.md")
        .split_once("## Hỏi bằng thư\n")
        .unwrap();
    let (section, _) = from.split_once("\n## ").unwrap();
    let rows = section.lines().filter_map(|l| l.strip_prefix("| “"));
    let examples = rows.map(|row| row.split_once('”').unwrap().0.to_owned());
    let examples: Vec<String> = examples.collect();
    assert!(examples.len() >= 5, "{section}");
    examples
}

#[test]
fn whoever_asks_how_to_ask_is_given_examples_each_of_which_is_answered_and_changes_nothing() {
    let office = Office::new();
    let before = office.status();
    let help = office.answer(Asks {
        words: "trợ giúp",
        subject: "Hoi",
        ..Asks::default()
    });
    assert!(help.files.is_empty());
    look("the letter that says how to ask", &help.html);
    for example in examples(&help, "Câu hỏi") {
        let told = office.reply(&help.id, &example);
        for refusal in ["Chưa rõ", "chưa thực hiện", "Không có báo cáo hoặc kỳ"] {
            assert!(!told.text.contains(refusal), "{example}: {}", told.text);
        }
    }
    // And each of the guide.
    let digest = office.digest();
    for example in guide() {
        let told = office.reply(&digest, &example);
        for refusal in ["Chưa rõ", "chưa thực hiện", "Không có báo cáo hoặc kỳ"] {
            assert!(!told.text.contains(refusal), "{example}: {}", told.text);
        }
    }
    assert_eq!(office.status(), before);
    // In the subject alone, and with a greeting around it.
    let alone = Asks {
        subject: "tro giup",
        ..Asks::default()
    };
    assert_eq!(office.answer(alone).text, help.text);
    let polite = "Chào em,\nEm cho chị xin hướng dẫn với\n\nHoa";
    assert_eq!(office.reply(&help.id, polite).text, help.text);
    // Each order does something, or says of which one thing it cannot be done.
    for example in examples(&help, "Lệnh") {
        let told = office.reply(&digest, &example);
        let understood = !told.text.contains("Chưa rõ yêu cầu");
        assert!(understood, "{example}: {}", told.text);
    }
}

#[test]
fn how_reports_stand_is_told_in_a_table_and_a_file() {
    let office = Office::new();
    let digest = office.digest();
    let whole = office.reply(&digest, "Em cho chị xem tình hình");
    assert!(whole.text.contains("Nữ công, 6 tháng đầu năm 2026"));
    assert_eq!(whole.names(), ["tinh-hinh-bao-cao-2026-06-24.xlsx"]);
    look("how all reports stand", &whole.html);
    assert_eq!(faults("standing", &whole.html, &whole.subject), [""; 0]);

    let one = office.reply(&digest, "tình hình trẻ em 6 tháng đầu năm");
    let says = "Tình hình gửi báo cáo: Công tác trẻ em, 6 tháng đầu năm 2026, tính đến 8 giờ 00 ngày 24/6/2026.";
    assert!(one.text.contains(says), "{}", one.text);
    assert!(one.text.contains("- LĐLĐ huyện Tây Hòa"), "{}", one.text);
    assert!(one.html.contains("<th scope=\"row\""), "{}", one.html);
    assert!(one.files[0].1.len() < whole.files[0].1.len());
    look("how one report stands", &one.html);

    let unit = office.reply(&digest, "Tình hình của Tuy An");
    assert!(unit.text.contains("của LĐLĐ huyện Tuy An"));
    assert!(!unit.text.contains("Tây Hòa"), "{}", unit.text);

    let none = office.reply(&digest, "tình hình trẻ em quý 1");
    assert!(none.text.contains("Không có báo cáo hoặc kỳ"));
    let listed = "- Công tác trẻ em 6 tháng đầu năm 2026";
    assert!(none.text.contains(listed), "{}", none.text);
}

#[test]
fn whoever_asks_for_the_page_gets_it_as_the_service_writes_it() {
    let office = Office::new();
    let told = office.reply(&office.digest(), "Em cho chị xin trang theo dõi ạ");
    assert_eq!(told.names(), ["trang-theo-doi-2026-06-24.html"]);
    let page = String::from_utf8(told.files[0].1.clone()).unwrap();
    let written = office.demo.after(&["page"]);
    assert_eq!(page.replace("\r\n", "\n").trim_end(), written.trim_end());
    assert!(
        told.text.contains("tính đến 8 giờ 00 ngày 24/6/2026"),
        "{}",
        told.text
    );
}

#[test]
fn whoever_asks_for_the_letter_to_late_units_gets_a_draft_of_it() {
    let office = Office::new();
    let digest = office.digest();
    let told = office.reply(&digest, "đôn đốc báo cáo trẻ em 6 tháng đầu năm 2026");
    assert_eq!(told.names(), ["cong-van-don-doc-2026-06-24.docx"]);
    assert!(
        told.text.contains("số, ngày và chữ ký để trống"),
        "{}",
        told.text
    );
    let mut document = String::new();
    let zip = std::io::Cursor::new(told.files[0].1.clone());
    let mut zip = zip::ZipArchive::new(zip).unwrap();
    let mut part = zip.by_name("word/document.xml").unwrap();
    std::io::Read::read_to_string(&mut part, &mut document).unwrap();
    assert!(
        document.contains("Tây Hòa") && !document.contains("Tuy An"),
        "{document}"
    );
    // A unit that has sent all of it need not be asked.
    let none = office.reply(
        &digest,
        "công văn đôn đốc báo cáo trẻ em 6 tháng đầu năm 2026 của Tuy An",
    );
    assert!(
        none.names().is_empty() && none.text.contains("không có đơn vị nào cần đôn đốc"),
        "{}",
        none.text
    );
}

#[test]
fn only_staff_are_told_and_by_the_same_right_as_they_order() {
    let office = Office::new();
    let digest = office.digest();
    let words = "tình hình trẻ em 6 tháng đầu năm";
    let anew = Asks {
        words,
        ..Asks::default()
    };
    // In no answer to us, it is said how to ask; whoever talks with others is not disturbed.
    let told = office.answer(anew);
    assert!(
        told.text.contains("câu hỏi chưa được trả lời"),
        "{}",
        told.text
    );
    let unclear = Asks {
        words: "Chiều nay họp lúc 14 giờ nhé",
        subject: "Hop",
        ..Asks::default()
    };
    let told = office.answer(unclear);
    assert!(told.text.contains("“trợ giúp”"), "{}", told.text);
    for silent in [
        Asks {
            cc: "ldld.tuyan@phuyen.example",
            ..unclear
        },
        Asks {
            answers: "cua-nguoi-khac@x.example",
            ..unclear
        },
        Asks {
            words: "Cảm ơn em nhé",
            ..unclear
        },
        Asks {
            verdict: "none",
            ..unclear
        },
        Asks {
            verdict: "fail",
            answers: &digest,
            ..anew
        },
    ] {
        assert_eq!(office.ask(silent).len(), 0, "{:?}", silent.words);
    }
    // The same mail again is not answered again.
    let asks = Asks {
        answers: &digest,
        ..anew
    };
    office.sent.set(900);
    assert_eq!(office.ask(asks).len(), 1);
    let again = office.raw(asks, 901);
    assert_eq!(
        office
            .deliver(&[b"X-Way: 2\r\n".as_slice(), &again].concat())
            .len(),
        0
    );
    // Where nobody tells who sent it, the address is asked.
    let letter = office.answer(Asks {
        verdict: "none",
        ..asks
    });
    let effect = "Gửi đến địa chỉ này bảng tình hình gửi báo cáo (Công tác trẻ em)";
    assert!(letter.text.contains(effect), "{}", letter.text);
    let code = letter.text.lines().find(|l| l.starts_with("Mã xử lý: "));
    let yes = format!("Đúng\n\n{}", code.unwrap());
    let told = office.answer(Asks {
        words: &yes,
        answers: &letter.id,
        verdict: "none",
        ..Asks::default()
    });
    assert!(told.text.contains("Công tác trẻ em, 6 tháng đầu năm 2026"));
    assert_eq!(told.names(), ["tinh-hinh-bao-cao-2026-06-24.xlsx"]);
}

/// The names of what a zip holds.
fn in_zip(zip: &[u8]) -> Vec<String> {
    let zip = zip::ZipArchive::new(std::io::Cursor::new(zip)).unwrap();
    zip.file_names().map(|n| n.unwrap().into_owned()).collect()
}

#[test]
fn the_files_of_a_unit_and_of_a_period_go_along_and_nothing_of_them_stays() {
    let office = Office::new();
    let digest = office.digest();
    let files = office.reply(&digest, "gửi tệp Tuy An trẻ em 6 tháng đầu năm");
    let name = "LĐLĐ huyện Tuy An - Công tác trẻ em - 6 tháng đầu năm 2026.zip";
    assert_eq!(files.names(), [name], "{}", files.text);
    let held = in_zip(&files.files[0].1);
    assert!(held.iter().any(|n| n.ends_with(".docx")), "{held:?}");
    assert!(
        held.iter().all(|n| files.text.contains(n)),
        "{}",
        files.text
    );

    let whole = office.reply(&digest, "xuất trẻ em 6 tháng đầu năm");
    let expected = [
        "00 Du thao tong hop.docx",
        "00 Muc luc.xlsx",
        "Công tác trẻ em - 6 tháng đầu năm 2026.zip",
    ];
    assert_eq!(whole.names(), expected, "{}", whole.text);
    let all = in_zip(&whole.files[2].1);
    assert!(all.len() > held.len() && all.iter().any(|n| n.contains("LĐLĐ huyện Tuy An/")));
    assert!(whole.text.contains("cần cán bộ đọc lại"), "{}", whole.text);
    // The same by command.
    let to = office.demo.folder.path().join("files");
    let command = [
        "files",
        "--unit",
        "ldld-tuy-an",
        "--report",
        "tre-em",
        "--period",
        "2026-H1",
        "--json",
    ];
    let lines = office
        .demo
        .after(&[&command[..], &[to.to_str().unwrap()]].concat());
    assert_eq!(lines.lines().count(), held.len(), "{lines}");
    assert_eq!(fs::read_dir(&to).unwrap().count(), held.len());

    // What is not clear is asked back with what there is.
    let which = office.reply(&digest, "xuất trẻ em");
    assert!(which.files.is_empty() && which.text.contains("Chưa rõ kỳ"));
    let whose = office.reply(&digest, "gửi tệp trẻ em");
    assert!(whose.text.contains("Chưa rõ tệp của đơn vị nào"));
    let none = office.reply(&digest, "gửi tệp Tây Hòa trẻ em 6 tháng đầu năm");
    assert!(none.text.contains("Không có tệp nào"), "{}", none.text);
    // What was packed has left, and lies nowhere any more.
    let prepared = office.demo.dir().join("data/prepared");
    assert_eq!(fs::read_dir(prepared).unwrap().count(), 0);
}

#[test]
fn what_is_too_much_for_one_mail_leaves_in_several_and_what_is_too_large_is_named() {
    let office = Office::new();
    let scan = |mark: &str, size: usize| {
        let mut pdf = scan(mark);
        pdf.resize(size, b' ');
        pdf
    };
    let files = [
        ("BC tre em.docx", word("1")),
        ("trang 1.pdf", scan("1", 8_000_000)),
        ("trang 2.pdf", scan("2", 8_000_000)),
        ("trang 3.pdf", scan("3", 15_000_000)),
    ];
    let report = written(
        "ldld.tayhoa@phuyen.example",
        "Báo cáo công tác trẻ em 6 tháng đầu năm 2026",
        "Gửi Ban",
        &files,
    );
    let head = "Authentication-Results: mx.google.com; dmarc=pass header.from=phuyen.example\r\n";
    office.deliver(&[head.as_bytes(), &report].concat());
    let asks = Asks {
        words: "gửi tệp Tây Hòa trẻ em 6 tháng đầu năm",
        answers: &office.digest(),
        ..Asks::default()
    };
    let told = office.ask(asks);
    assert_eq!(
        told.len(),
        2,
        "{:?}",
        told.iter().map(|t| &t.text).collect::<Vec<_>>()
    );
    let mut held: Vec<String> = told.iter().flat_map(|t| in_zip(&t.files[0].1)).collect();
    held.sort();
    assert_eq!(held, ["BC tre em.docx", "trang 1.pdf", "trang 2.pdf"]);
    let first = told
        .iter()
        .find(|t| t.text.contains("đây là thư 1/2"))
        .unwrap();
    assert!(first.text.contains("- trang 3.pdf"), "{}", first.text);
    assert!(told.iter().any(|t| t.text.contains("đây là thư 2/2")));
}

#[test]
fn mails_are_found_by_the_words_of_their_documents_until_these_are_forgotten() {
    let office = Office::new();
    let digest = office.digest();
    // What stands in a document and in no mail.
    let words = "phát tờ rơi";
    let found = office.reply(&digest, &format!("tìm \"{words}\" 2026"));
    assert!(found.text.contains("BC-2026-000"), "{}", found.text);
    assert!(found.text.contains(words), "{}", found.text);
    look("mails that were found", &found.html);
    let without_marks = office.reply(&digest, "tim phat to roi");
    assert!(without_marks.text.contains(words), "{}", without_marks.text);
    let none = office.reply(&digest, &format!("tìm \"{words}\" 2025"));
    assert!(none.text.contains("Không có thư nào"), "{}", none.text);
    let count = |demo: &Demo, at: &str| {
        let command = ["--at", at, "find", words, "--json"];
        demo.run(&command).lines().count()
    };
    assert!(count(&office.demo, Demo::AFTER) > 0);

    let settings = office.demo.dir().join("config/thubaocao.toml");
    let text = fs::read_to_string(&settings).unwrap();
    fs::write(&settings, text + "\n[retention]\nyears = 1\n").unwrap();
    let later = "2028-06-24T08:00:00+07:00";
    office.demo.run(&["--at", later, "retention", "--apply"]);
    assert_eq!(count(&office.demo, later), 0);
    let store = fs::read(office.demo.dir().join("data/thubaocao.sqlite")).unwrap();
    let left = |text: &str| store.windows(text.len()).any(|w| w == text.as_bytes());
    assert!(!left(words), "the words lie on in the store");
}
