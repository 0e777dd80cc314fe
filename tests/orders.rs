//! What staff write in a hurry in answer to a digest: what is done, what is asked back, what gets no answer.

use std::fs;

use mail_parser::MessageParser;

use crate::lab::demo::Demo;
use crate::lab::installation::STAFF;
use crate::lab::{MAILBOX, dns};

/// The Message-ID of the last digest of staff.
fn digest(demo: &Demo) -> String {
    let entries = fs::read_dir(demo.dir().join("outbox")).unwrap();
    let mut last: Option<(i64, String)> = None;
    for entry in entries {
        let raw = fs::read(entry.unwrap().path()).unwrap();
        let mail = MessageParser::default().parse(&raw).unwrap();
        let to_staff = mail.to().unwrap().first().unwrap().address() == Some(STAFF);
        if to_staff && mail.subject().unwrap().contains("việc cần xử lý") {
            let at = mail.date().unwrap().to_timestamp();
            if last.as_ref().is_none_or(|(before, _)| at > *before) {
                last = Some((at, mail.message_id().unwrap().to_owned()));
            }
        }
    }
    last.expect("a digest").1
}

/// Lays answers of staff to a digest into the mailbox at a moment, and gives what is answered to each.
fn answers(demo: &Demo, digest: &str, at: &str, words: &[&str]) -> Vec<Option<String>> {
    dns::answers_for_staff();
    let day = &at[..10];
    for (n, words) in words.iter().enumerate() {
        let raw = format!(
            "Authentication-Results: mx.google.com; dmarc=pass header.from=ldldphuyen.example\r\nFrom: {STAFF}\r\nTo: {MAILBOX}\r\nSubject: Re: Ban tin\r\nMessage-ID: <order{n}.{day}@ldldphuyen.example>\r\nIn-Reply-To: <{digest}>\r\nReferences: <{digest}>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{}\r\n",
            words.replace('\n', "\r\n")
        );
        let path = demo
            .dir()
            .join("maildir/new")
            .join(format!("order{n:03}{day}.1.x"));
        fs::write(&path, dns::signed_by_staff(raw.as_bytes())).unwrap();
        let received: jiff::Timestamp = at.parse().unwrap();
        let file = fs::File::options().append(true).open(&path).unwrap();
        file.set_modified(received.into()).unwrap();
    }
    demo.run(&["--at", at, "run", "--once"]);
    let mut found = vec![None; words.len()];
    for entry in fs::read_dir(demo.dir().join("outbox")).unwrap() {
        let raw = fs::read(entry.unwrap().path()).unwrap();
        let mail = MessageParser::default().parse(&raw).unwrap();
        let answered = mail.in_reply_to().as_text().unwrap_or_default().to_owned();
        let number = answered
            .strip_prefix("order")
            .and_then(|r| r.split_once(&format!(".{day}@")));
        if let Some((n, _)) = number {
            let text = mail.body_text(0).unwrap();
            let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
            found[n.parse::<usize>().unwrap()] = Some(text);
        }
    }
    found
}

/// What is asked back: nothing has been done, and that is said.
const ASKED: [&str; 3] = [
    "chưa thực hiện lệnh nào",
    "Chưa rõ yêu cầu",
    "Chưa rõ lệnh này dành cho việc nào",
];

#[test]
fn what_staff_write_in_a_hurry_is_done_asked_back_or_left_without_an_answer() {
    let demo = Demo::new();
    // What the answer says; nothing: there is none.
    let first: &[(&str, &str)] = &[
        // The unit's name selects the item, with its report or where only one fits.
        (
            "gh cho Tây Hòa bc trẻ em đến 30/6 nhé",
            "cho LĐLĐ huyện Tây Hòa: Công tác trẻ em",
        ),
        (
            "cho ldld phu hoa them thoi gian nop nu cong den het 5/7",
            "cho LĐLĐ huyện Phú Hòa: Nữ công",
        ),
        (
            "Dược Miền Trung: miễn báo cáo trẻ em vì đơn vị đang giải thể",
            "Đã miễn báo cáo cho CĐCS Dược Miền Trung: Công tác trẻ em",
        ),
        (
            "mien bc tnld thang 6 cho cdcs duoc mien trung vi cty nghi san xuat",
            "Đã miễn báo cáo cho CĐCS Dược Miền Trung: Tai nạn lao động",
        ),
        (
            "đã nhận bản giấy bc trẻ em của ngành Y tế hôm qua",
            "Đã ghi nhận bản giấy",
        ),
        (
            "da nhan ban cung nu cong cua cd kkt ngay 22/6 nha",
            "Đã ghi nhận bản giấy ngày 22/6/2026",
        ),
        ("duyệt bc trẻ em của Sông Cầu", "Đã duyệt"),
        ("ok duyet bc cua truong dh phu yen", "Đã duyệt"),
        (
            "Trả lại Phú Hòa vì thiếu bản ký, gửi lại trước 30/6",
            "Đã trả lại",
        ),
        (
            "tra lai bc nu cong cua tuy an vi so lieu khong khop",
            "Đã trả lại",
        ),
        (
            "thư 11 là của báo phú yên nhé em",
            "Đã ghi nhận thư số 11 cho CĐCS Báo Phú Yên",
        ),
        (
            "thư số 9 gán cho sơn hòa, trẻ em 6 tháng đầu năm, nhớ địa chỉ này luôn",
            "từ nay địa chỉ",
        ),
        ("thư 25 ko phải bc", "Thư số 25 không phải báo cáo"),
        (
            "hoãn đến 10/7 bc tai nạn lđ cho An Hưng",
            "cho CĐCS An Hưng: Tai nạn lao động",
        ),
        (
            "Kính gửi Ban,\nGia hạn cho CĐ Công an tỉnh đến 3/7, báo cáo tai nạn lao động tháng 6\n\nNguyễn Thị Hoa\nPhó ban",
            "cho CĐ Công an tỉnh: Tai nạn lao động",
        ),
        (
            "gia hạn QHLĐ cho thị xã sông cầu tới hết ngày 5 tháng 7",
            "cho LĐLĐ TX Sông Cầu: Quan hệ lao động",
        ),
        (
            "nhận bản giấy của thủy điện vs-sh rồi, bc trẻ em, số 12/BC-CĐCS ngày 20/6",
            "Đã ghi nhận bản giấy số 12/BC-CĐCS ngày 20/6/2026",
        ),
        ("LĐLĐ huyện Đồng Xuân\nduyệt", "Đã duyệt"),
        (
            "Em ơi duyệt cho chị báo cáo trẻ em của CĐ ngành Công Thương với",
            "Đã duyệt",
        ),
        ("phê duyệt nn&ptnt", "Đã duyệt"),
        (
            "Chị đồng ý cho Giáo dục lùi hạn tới 28/6, bc trẻ em",
            "cho CĐ ngành Giáo dục: Công tác trẻ em",
        ),
        ("BC-2026-00012: duyệt nha e", "Đã duyệt"),
        // Several fit, none fits, or more is said than is understood.
        (
            "gia hạn cho Đồng Xuân đến 30/6",
            "có nhiều việc ứng với lệnh này",
        ),
        (
            "gia hạn bc trẻ em cho Tuy An đến 30/6",
            "không có việc nào ứng với lệnh này",
        ),
        ("gia hạn cho Tây Hòa và Sơn Hòa đến 30/6", "nhiều việc"),
        ("mien trung gui chua em?", "?"),
        ("CDCS benh vien dong y da gui roi nha", "Chưa rõ"),
        ("Duyệt hết giúp chị", "Chưa rõ"),
        ("thư 9 với thư 11 bỏ qua hết", "nhiều việc"),
        (
            "thư 27 gán cho ngành xây dựng, báo cáo tai nạn lao động",
            "?",
        ),
        ("gia hạn Tuy Hòa nữ công tới 31/6", "Chưa có ngày gia hạn"),
        ("thư 11: chưa rõ của ai, để chị hỏi lại", "?"),
        ("Cái của Tây Hòa đạt rồi", "?"),
        ("trả lại bc trẻ em Tuy An", "Chưa có lý do"),
        (
            "trả lại Viên chức tỉnh: sai kỳ\ngia hạn cho Tuy Hòa đến 30/6",
            "nêu thêm một việc",
        ),
        (
            "Cho chị xin danh sách đơn vị chưa nộp",
            "Tình hình gửi báo cáo",
        ),
        ("không gia hạn cho Sông Cầu nữa", "?"),
        (
            "Miễn cho CĐCS BIDV Phú Yên",
            "có nhiều việc ứng với lệnh này",
        ),
        ("hoàn tác", "Chưa hoàn tác lệnh nào"),
        ("BC-2026-00002 và BC-2026-00003 duyệt luôn", "nhiều việc"),
        (
            "thư 27: gia hạn đến 30/6",
            "không phải thư xin gia hạn của một đơn vị; chưa thực hiện lệnh nào",
        ),
        (
            "duyệt bc trẻ em quý 1 của Tuy Hòa",
            "không có việc nào ứng với lệnh này",
        ),
        // Thanks and receipts.
        ("ok em", ""),
        ("dạ e cảm ơn c nhiều ạ", ""),
        ("Đã xem, cảm ơn", ""),
        ("👍", ""),
        ("tks e", ""),
        ("nhận đc rồi nha em", ""),
    ];
    let second: &[(&str, &str)] = &[
        (
            "cho Sông Hinh gia hạn bc nữ công đến 5/7",
            "cho LĐLĐ huyện Sông Hinh: Nữ công",
        ),
        (
            "da nhan ban giay cua bidv phu yen bc tre em",
            "Đã ghi nhận bản giấy",
        ),
        (
            "đồng ý cho An Hưng nộp trễ đến 5/7 báo cáo trẻ em",
            "cho CĐCS An Hưng: Công tác trẻ em",
        ),
        (
            "thư 27 gán CĐ Xây dựng",
            "Đã ghi nhận thư số 27 cho CĐ ngành Xây dựng",
        ),
        (
            "gia hạn cho CĐCS Trường CĐ Y tế bc tnld tháng 6 đến 30/6",
            "cho CĐCS Trường CĐ Y tế: Tai nạn lao động, tháng 6/2026",
        ),
        ("nữ công Tây Hòa duyệt", "Đã duyệt"),
        ("Duyệt nữ công y tế", "Đã duyệt"),
        (
            "Gia hạn LĐLĐ huyện Sơn Hòa QHLĐ quý 2 đến 28/6",
            "cho LĐLĐ huyện Sơn Hòa: Quan hệ lao động, quý II/2026",
        ),
        (
            "miễn bc tai nạn lđ tháng 6 cho Đại học Phú Yên do nghỉ hè",
            "cho CĐCS Trường ĐH Phú Yên: Tai nạn lao động, tháng 6/2026",
        ),
        ("Agribank đã nộp bản giấy bc trẻ em ngày 22/6", "?"),
        ("Đã gọi Tây Hòa, hẹn 30/6 gửi, không cần gia hạn", "?"),
        ("Tuy An hỏi có được gia hạn đến 30/6 không", "?"),
        ("gia hạn cho Tây Hòa QHLĐ đến 30/6 nếu có công văn", "?"),
        ("gia hạn tất cả đến 30/6", "Chưa rõ"),
        ("miễn cho CĐ Công an tỉnh bc trẻ em", "Chưa có lý do"),
        ("trả lại hết các bc thiếu chữ ký", "Chưa rõ"),
        (
            "duyệt Giáo dục nữ công, trả lại Tây Hòa nữ công vì thiếu bảng",
            "?",
        ),
        ("gh thêm 5 ngày cho CĐ KKT bc QHLĐ", "?"),
        ("Em kiểm tra giúp chị thư 11 là của Báo hay của Đài", "?"),
        ("Trả BC-2026-00012 lại vì sai mẫu", "Đã trả lại"),
        ("duyệt bc của cđ giáo dục chưa em?", "Chưa rõ yêu cầu"),
        ("gia hạn y tế trường cao đẳng đến 30/6", "Chưa rõ"),
        ("hết hạn Đồng Xuân chưa gửi qhlđ, gia hạn đến 28/6", "?"),
        ("Em xử lý thư 9 giúp chị", "Chưa rõ yêu cầu"),
        ("ok duyệt", "Chưa rõ"),
        (
            "nhắc CĐ KKT gửi bản giấy bc trẻ em trước 30/6",
            "Chưa rõ yêu cầu",
        ),
        ("e xem giup c tay hoa gui chua", "Chưa rõ"),
        (
            "cdcs duoc mien trung: mien bc tnld thang 7 vi cty giai the",
            "CĐCS Dược Miền Trung: Tai nạn lao động, tháng 7/2026 (cty giai the)",
        ),
        ("Chị cảm ơn em nhé", ""),
    ];
    let mut wrong = Vec::new();
    for (at, cases) in [(Demo::AFTER, first), ("2026-06-25T08:00:00+07:00", second)] {
        demo.run(&["--at", at, "run", "--once"]);
        let words: Vec<&str> = cases.iter().map(|(words, _)| *words).collect();
        let found = answers(&demo, &digest(&demo), at, &words);
        for ((words, expected), found) in cases.iter().zip(&found) {
            let agrees = match (found, *expected) {
                (None, expected) => expected.is_empty(),
                (Some(said), "?") => ASKED.iter().any(|asked| said.contains(asked)),
                (Some(said), expected) => !expected.is_empty() && said.contains(expected),
            };
            if !agrees {
                wrong.push(format!("{words:?}: {expected:?}, and not {found:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
}
