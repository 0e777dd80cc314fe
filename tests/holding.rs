//! A mail holds the reminders of the unit that it may be of, and of no other, and not for ever: nobody silences the rest,
//! and no unit that may have reported is told that it has not.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;

use jiff::Timestamp;

use crate::lab::demo::Demo;
use crate::lab::installation::json_lines;
use crate::lab::written;

/// A Word document with the head of a body, as reports have it.
pub fn document(body: &str) -> Vec<u8> {
    let lines = [
        "LIÊN ĐOÀN LAO ĐỘNG TỈNH PHÚ YÊN",
        body,
        "Số: 31/BC-LĐLĐ",
        "Phú Yên, ngày 23 tháng 6 năm 2026",
        "BÁO CÁO",
        "Kết quả công tác trẻ em 6 tháng đầu năm 2026",
    ];
    let text: String = lines
        .iter()
        .map(|l| format!("<w:p><w:r><w:t>{l}</w:t></w:r></w:p>"))
        .collect();
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    zip.start_file(
        "word/document.xml",
        zip::write::SimpleFileOptions::default(),
    )
    .unwrap();
    let xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><w:document xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\">";
    write!(zip, "{xml}<w:body>{text}</w:body></w:document>").unwrap();
    zip.finish().unwrap().into_inner()
}

/// Puts a mail into the demo's mailbox, with what its server says of the sender.
fn arrives(demo: &Demo, mark: &str, verdict: &str, raw: &[u8], at: &str) {
    let text = String::from_utf8_lossy(raw);
    let from = text.lines().find(|l| l.starts_with("From: ")).unwrap();
    let domain = from.rsplit_once('@').unwrap().1.trim_end_matches('>');
    let head = format!(
        "Authentication-Results: mx.google.com; dmarc={verdict} header.from={domain}\r\nMessage-ID: <{mark}@x.example>\r\n"
    );
    let path = demo.dir().join(format!("maildir/new/{mark}.1.x"));
    fs::write(&path, [head.as_bytes(), raw].concat()).unwrap();
    let file = fs::File::options().append(true).open(&path).unwrap();
    let received: Timestamp = at.parse().unwrap();
    file.set_modified(received.into()).unwrap();
}

/// All passes once, on the morning of each of some days of 2026.
fn mornings(demo: &Demo, days: &[&str]) {
    for day in days {
        let at = format!("2026-{day}T08:30:00+07:00");
        demo.run(&["--at", &at, "run", "--once"]);
    }
}

/// Letters to leaders leave without a word of staff: nothing that is held or said here depends on it.
fn write_to_leaders(demo: &Demo) {
    let path = demo.dir().join("config/thubaocao.toml");
    let text = fs::read_to_string(&path).unwrap();
    let automatic = text.replace("escalation = \"ask\"", "escalation = \"automatic\"");
    assert_ne!(automatic, text);
    fs::write(&path, automatic).unwrap();
}

/// The reminders since 24/6/2026, by unit: what they say.
fn reminders(demo: &Demo) -> BTreeMap<String, Vec<String>> {
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for entry in fs::read_dir(demo.dir().join("outbox")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        for kind in ["-reminder_before-", "-reminder_late-", "-escalation-"] {
            if let Some((_, unit)) = name.split_once(kind) {
                let raw = fs::read(&path).unwrap();
                let mail = mail_parser::MessageParser::default().parse(&raw).unwrap();
                let sent = mail.date().unwrap().to_timestamp();
                let first: Timestamp = "2026-06-24T00:00:00+07:00".parse().unwrap();
                if sent >= first.as_second() {
                    let text = format!(
                        "{}\n{}",
                        mail.subject().unwrap(),
                        mail.body_text(0).unwrap()
                    );
                    found.entry(unit.to_owned()).or_default().push(text);
                }
            }
        }
    }
    found
}

fn counts(reminders: &BTreeMap<String, Vec<String>>) -> BTreeMap<&str, usize> {
    let counted = reminders
        .iter()
        .map(|(unit, all)| (unit.as_str(), all.len()));
    counted.collect()
}

/// Every unit of the register but the province: name, first address.
fn units(demo: &Demo) -> Vec<(String, String)> {
    let units = fs::read_to_string(demo.dir().join("config/units.csv")).unwrap();
    let fields = units
        .lines()
        .skip(2)
        .map(|l| l.split(',').collect::<Vec<_>>());
    fields
        .filter(|f| !f[5].is_empty())
        .map(|f| (f[1].to_owned(), f[5].split(';').next().unwrap().to_owned()))
        .collect()
}

const BEFORE: &str = "2026-06-23T18:30:00+07:00";
const VERIFYING: &str =
    "Ban có nhận thư ghi tên đơn vị, đang xác minh; nếu đơn vị đã gửi, đề nghị trả lời thư này";

#[test]
fn a_stranger_who_names_every_unit_and_a_forged_mail_of_each_of_them_keep_no_reminder_back() {
    let week = ["06-24", "06-26", "07-02"];
    let control = Demo::new();
    write_to_leaders(&control);
    mornings(&control, &week);
    let usual = reminders(&control);
    let usual = counts(&usual);
    assert!(usual.values().sum::<usize>() > 20, "{usual:?}");

    let demo = Demo::new();
    write_to_leaders(&demo);
    let names: Vec<String> = units(&demo).into_iter().map(|(name, _)| name).collect();
    let body = format!("Báo cáo của {}", names.join(", "));
    let files = [("bao cao.docx", document("CÔNG TY ABC"))];
    let raw = written("ai@stranger.example", "Báo cáo trẻ em", &body, &files);
    arrives(&demo, "all", "pass", &raw, BEFORE);
    // Two heads in one mail are as little as many names.
    let two = [
        ("1.docx", document("LIÊN ĐOÀN LAO ĐỘNG HUYỆN TÂY HÒA")),
        ("2.docx", document("LIÊN ĐOÀN LAO ĐỘNG HUYỆN SÔNG HINH")),
    ];
    let raw = written("ai@stranger.example", "Báo cáo", "", &two);
    arrives(&demo, "two", "pass", &raw, BEFORE);
    for (n, (_, address)) in units(&demo).iter().enumerate() {
        let raw = written(address, "Báo cáo", "Kính gửi Ban", &[]);
        arrives(&demo, &format!("forged{n}"), "fail", &raw, BEFORE);
    }
    mornings(&demo, &week);
    let now = reminders(&demo);
    assert_eq!(counts(&now), usual);
    // Whose address was forged may have reported by a way on which signatures break.
    for text in now.values().flatten() {
        assert!(text.contains(VERIFYING), "{text}");
        assert!(!text.contains("chưa ghi nhận"), "{text}");
        assert!(!text.contains("chưa gửi báo cáo"), "{text}");
    }
}

#[test]
fn a_unit_that_may_have_reported_is_not_reminded_for_a_while_and_never_told_that_nothing_came() {
    let demo = Demo::new();
    let sends = |mark: &str, from: &str, verdict: &str, body: &str| {
        let files = [("bc.docx", document(body))];
        let raw = written(from, "gửi Ban", "", &files);
        arrives(&demo, mark, verdict, &raw, BEFORE);
    };
    // From a private address, with the unit's own document; the server verified it, or it did not.
    let private = "ba.lan@thudientu.example";
    sends("a", private, "pass", "LIÊN ĐOÀN LAO ĐỘNG HUYỆN TÂY HÒA");
    sends("b", private, "none", "LIÊN ĐOÀN LAO ĐỘNG HUYỆN PHÚ HÒA");
    // From its own address, by a way on which signatures break.
    sends(
        "c",
        "ldld.songcau@phuyen.example",
        "fail",
        "LIÊN ĐOÀN LAO ĐỘNG THỊ XÃ SÔNG CẦU",
    );
    // What the unit asks, too, may be that it has sent its report: verified, and not.
    for (mark, verdict, from) in [
        ("d", "pass", "ldld.donghoa@phuyen.example"),
        ("e", "none", "ldld.dongxuan@phuyen.example"),
    ] {
        let raw = written(from, "Hỏi", "Ban cho hỏi về báo cáo", &[]);
        arrives(&demo, mark, verdict, &raw, BEFORE);
    }
    demo.run(&["--at", "2026-06-23T18:30:00+07:00", "run", "--once"]);
    let those = ["dong-hoa", "dong-xuan", "phu-hoa", "song-cau", "tay-hoa"];
    let reminded = || -> Vec<&str> {
        let all = reminders(&demo);
        let is = |unit: &&&str| all.contains_key(&format!("ldld-{unit}"));
        those.iter().filter(is).copied().collect()
    };
    // For one working day, for five, until staff have decided.
    mornings(&demo, &["06-24"]);
    assert_eq!(reminded(), [""; 0]);
    mornings(&demo, &["06-25"]);
    assert_eq!(reminded(), ["song-cau"]);
    mornings(&demo, &["06-30"]);
    assert_eq!(reminded(), ["song-cau"]);
    mornings(&demo, &["07-01", "07-03"]);
    assert_eq!(reminded(), ["dong-xuan", "phu-hoa", "song-cau", "tay-hoa"]);
    let all = reminders(&demo);
    for text in those[1..].iter().flat_map(|u| &all[&format!("ldld-{u}")]) {
        assert!(text.contains(VERIFYING), "{text}");
        assert!(!text.contains("chưa ghi nhận"), "{text}");
    }
    for text in &all["cdcs-bidv"] {
        assert!(!text.contains(VERIFYING), "no mail names it: {text}");
    }
    let inbox = json_lines(&demo.run(&["inbox", "--json"]));
    let asks = |l: &&serde_json::Value| l["sender"] == "ldld.donghoa@phuyen.example";
    let number = inbox.iter().find(asks).unwrap()["message"].to_string();
    demo.run(&["--at", "2026-07-03T09:00:00+07:00", "ignore", &number]);
    // On the day of a decision nobody is reminded; then comes a weekend.
    demo.run(&["--at", "2026-07-03T09:30:00+07:00", "run", "--once"]);
    assert_eq!(reminded(), ["dong-xuan", "phu-hoa", "song-cau", "tay-hoa"]);
    demo.run(&["--at", "2026-07-06T09:30:00+07:00", "run", "--once"]);
    let of = &reminders(&demo)["ldld-dong-hoa"];
    assert!(!of.is_empty() && !of.iter().any(|t| t.contains(VERIFYING)));
}

#[test]
fn a_nil_return_in_words_from_a_private_address_is_never_called_missing_and_one_that_names_all_changes_no_word()
 {
    let demo = Demo::new();
    write_to_leaders(&demo);
    let private = "thu.quy@thudientu.example";
    let says = |mark: &str, verdict: &str, unit: &str| {
        let body = format!(
            "Kính gửi Ban,\n{unit} không phát sinh trường hợp nào, kỳ này không có gì báo cáo."
        );
        let raw = written(private, "Báo cáo công tác trẻ em", &body, &[]);
        arrives(&demo, mark, verdict, &raw, BEFORE);
    };
    says("a", "pass", "LĐLĐ huyện Tây Hòa");
    says("b", "none", "LĐLĐ huyện Phú Hòa");
    says("c", "fail", "LĐLĐ huyện Đồng Xuân");
    let names: Vec<String> = units(&demo).into_iter().map(|(name, _)| name).collect();
    let body = names.join(", ") + " không có gì báo cáo";
    let raw = written("ai@stranger.example", "Báo cáo trẻ em", &body, &[]);
    arrives(&demo, "all", "pass", &raw, BEFORE);

    mornings(&demo, &["06-24", "07-02"]);
    let now = reminders(&demo);
    let (verifying, others): (Vec<_>, Vec<_>) = now
        .iter()
        .partition(|(_, texts)| texts.iter().any(|t| t.contains(VERIFYING)));
    // A name holds no reminder. Of these mails of the demo wait.
    let waits = [
        "cd-xay-dung",
        "cdcs-bao-phu-yen",
        "cdcs-dai-ptth",
        "ldld-son-hoa",
        "ldld-song-hinh",
    ];
    let units = verifying.iter().map(|(unit, _)| unit.as_str());
    let units: Vec<&str> = units.filter(|u| !waits.contains(u)).collect();
    let named = ["ldld-dong-xuan", "ldld-phu-hoa", "ldld-tay-hoa"];
    assert_eq!(units, named, "one of many names is nobody's");
    for text in verifying.iter().flat_map(|(_, texts)| *texts) {
        assert!(!text.contains("chưa ghi nhận"), "{text}");
        assert!(text.contains(VERIFYING), "{text}");
    }
    assert!(others.len() > 5, "{others:?}");
    // Staff see the mail beside what has not come.
    let digest = demo.digest("2026-07-02", "2026-07-02T09:00:00+07:00");
    assert!(digest.contains("chưa xác minh"), "{digest}");
}
