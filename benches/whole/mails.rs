//! Mails as units send them, of so many bytes, each with the head of its own unit and month.

use std::fmt::Write as _;
use std::fs;
use std::io::{Cursor, Write as _};
use std::path::Path;

use jiff::civil::Date;
use jiff::{ToSpan, Zoned};
use thubaocao::domain::zone;
use thubaocao::reading::{FileKind, ReadingSettings, read};

use crate::composed::dice::Dice;
use crate::composed::files::{Head, text_pdf_beside, xlsx};
use crate::lab::installation::{Installation, VERIFIER};
use crate::lab::written;

/// Units that report each month.
pub const UNITS: usize = 250;
/// Units from which nothing has come yet.
pub const SILENT: usize = 10;
/// Months of which they report.
const MONTHS: usize = 10;

/// The kinds of mails that are read.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Files {
    None,
    Docx,
    Xlsx,
    Pdf,
    /// A PDF and a Word file, 350 kB in all.
    Both,
    /// A file of this kind out of the mails of the tests.
    Of(FileKind),
}

/// What a text of a report is put together from.
const SENTENCES: [&str; 10] = [
    "Công đoàn các cấp đã triển khai kế hoạch chăm sóc, giáo dục và bảo vệ con đoàn viên, người lao động.",
    "Trong tháng đã thăm hỏi, tặng quà 45 cháu có hoàn cảnh khó khăn với tổng số tiền 22.500.000 đồng.",
    "Phối hợp với chính quyền đồng cấp tuyên truyền phòng, chống tai nạn thương tích và đuối nước cho trẻ em.",
    "Ban Chấp hành đã phân công ủy viên phụ trách, theo dõi và đôn đốc các công đoàn cơ sở trực thuộc thực hiện.",
    "Các cháu đạt thành tích cao trong học tập được biểu dương, khen thưởng kịp thời tại nơi làm việc của cha mẹ.",
    "Một số công đoàn cơ sở ở xa chưa bố trí được nơi vui chơi cho con của đoàn viên, người lao động.",
    "Nguồn lực dành cho công tác này còn hạn chế, chủ yếu dựa vào nguồn tài chính công đoàn và xã hội hóa.",
    "Trong thời gian tới tiếp tục đẩy mạnh tuyên truyền, nâng cao nhận thức của đoàn viên về quyền trẻ em.",
    "Kiến nghị Liên đoàn Lao động tỉnh quan tâm hỗ trợ kinh phí tổ chức các hoạt động cho các cháu.",
    "Đã có 12 công đoàn cơ sở tổ chức gặp mặt các cháu vượt khó học giỏi với sự tham gia của lãnh đạo đơn vị.",
];

fn today() -> Date {
    Zoned::now().with_time_zone(zone()).date()
}

/// The month of which the n-th mail reports; all of them are over.
fn month_of(n: usize) -> Date {
    let back = (MONTHS - (n / UNITS) % MONTHS) as i64;
    today().first_of_month().saturating_sub(back.months())
}

/// The address of a unit.
pub fn address(unit: usize) -> String {
    format!("u{unit}@phuyen.example")
}

/// Bytes that no machine compresses.
fn noise(dice: &mut Dice, bytes: usize) -> Vec<u8> {
    (0..bytes).map(|_| dice.next() as u8).collect()
}

fn head(n: usize, dice: &mut Dice) -> Head {
    let (unit, month) = (n % UNITS, month_of(n));
    let written = month.last_of_month();
    let first = "Thực hiện Kế hoạch số 40/KH-LĐLĐ ngày 23/4/2024 của Liên đoàn Lao động tỉnh, đơn vị báo cáo như sau:";
    let paragraph = |_| [(); 2].map(|()| *dice.of_these(&SENTENCES)).join(" ");
    let body = [first.to_owned()]
        .into_iter()
        .chain((0..21).map(paragraph))
        .collect();
    Head {
        superior: "LIÊN ĐOÀN LAO ĐỘNG TỈNH PHÚ YÊN".into(),
        issuer: format!("CÔNG ĐOÀN NGÀNH THỬ NGHIỆM SỐ {unit}"),
        number: format!("Số: {}/BC-CĐN{unit}", n / UNITS + 1),
        dated: format!(
            "Phú Yên, ngày {} tháng {} năm {}",
            written.day(),
            written.month(),
            written.year()
        ),
        genre: "BÁO CÁO".into(),
        title: format!(
            "Kết quả công tác trẻ em tháng {} năm {}",
            month.month(),
            month.year()
        ),
        body,
    }
}

/// A Word file with the markup that Word writes around each run of its text, and so many bytes beside the text: styles,
/// fonts, a theme.
fn word(head: &Head, mark: u64, beside: &[u8]) -> Vec<u8> {
    let format = "<w:rPr><w:rFonts w:ascii=\"Times New Roman\" w:hAnsi=\"Times New Roman\" w:cs=\"Times New Roman\"/>\
         <w:sz w:val=\"28\"/><w:szCs w:val=\"28\"/><w:lang w:val=\"vi-VN\"/></w:rPr>";
    let p = |text: &str| {
        let words: Vec<&str> = text.split(' ').collect();
        let run = |words: &[&str]| {
            let words = words.join(" ");
            format!("<w:r>{format}<w:t xml:space=\"preserve\">{words} </w:t></w:r>")
        };
        let runs: String = words.chunks(7).map(run).collect();
        format!(
            "<w:p><w:pPr><w:spacing w:before=\"120\" w:after=\"120\"/><w:jc w:val=\"both\"/>{format}</w:pPr>{runs}</w:p>"
        )
    };
    let cell = |lines: [&str; 3]| format!("<w:tc>{}</w:tc>", lines.map(p).concat());
    let left = cell([&head.superior, &head.issuer, &head.number]);
    let motto = [
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
        "Độc lập - Tự do - Hạnh phúc",
    ];
    let right = cell([motto[0], motto[1], &head.dated]);
    let body: String = head.body.iter().map(|text| p(text)).collect();
    let document = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><w:document xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\">\
         <w:body><w:tbl><w:tr>{left}{right}</w:tr></w:tbl>{}{}{body}<!--{mark}--></w:body></w:document>",
        p(&head.genre),
        p(&head.title)
    );
    let types = "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"><Default Extension=\"xml\" \
         ContentType=\"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml\"/></Types>";
    let mut file = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in [
        ("[Content_Types].xml", types.as_bytes()),
        ("word/document.xml", document.as_bytes()),
        ("word/theme/theme1.xml", beside),
    ] {
        file.start_file(name, zip::write::SimpleFileOptions::default())
            .unwrap();
        file.write_all(content).unwrap();
    }
    file.finish().unwrap().into_inner()
}

/// The n-th mail.
pub fn mail(n: usize, files: Files) -> Vec<u8> {
    let mut dice = Dice::of(1, n as u64);
    let head = head(n, &mut dice);
    let mark = n as u64;
    let name = |kind: &str| format!("BC-{}.{kind}", n % UNITS);
    let attached = match files {
        Files::None => vec![],
        Files::Docx => {
            // With what one of Word has beside its text: styles, fonts, a theme.
            let beside = noise(&mut dice, 24_000);
            vec![(name("docx"), word(&head, mark, &beside))]
        }
        Files::Xlsx => vec![(name("xlsx"), xlsx(&head, mark))],
        Files::Pdf => vec![(name("pdf"), text_pdf_beside(&head, mark, &[]))],
        Files::Both => {
            let [beside, fonts] = [14_000, 220_000].map(|bytes| noise(&mut dice, bytes));
            vec![
                (name("docx"), word(&head, mark, &beside)),
                (name("pdf"), text_pdf_beside(&head, mark, &fonts)),
            ]
        }
        Files::Of(kind) => vec![(name(&kind.to_string()), of_the_tests(kind))],
    };
    posted(n, &head.title, &attached)
}

/// A mail of so many bytes, most of them in a PDF.
pub fn large(bytes: usize) -> Vec<u8> {
    let mut dice = Dice::of(2, 0);
    let head = head(0, &mut dice);
    let fonts = noise(&mut dice, bytes / 78 * 57);
    let pdf = text_pdf_beside(&head, 0, &fonts);
    posted(0, &head.title, &[("BC.pdf".to_owned(), pdf)])
}

/// A mail of a unit as it lies in the mailbox: its server's word stands on top.
fn posted(n: usize, title: &str, files: &[(String, Vec<u8>)]) -> Vec<u8> {
    let unit = n % UNITS;
    let files: Vec<(&str, Vec<u8>)> = files.iter().map(|(n, f)| (n.as_str(), f.clone())).collect();
    let text = format!(
        "Kính gửi Ban Chính sách pháp luật!\nCông đoàn ngành Thử nghiệm số {unit} xin gửi báo cáo {n} (tệp đính kèm).\nTrân trọng."
    );
    let mut raw = format!(
        "Authentication-Results: {VERIFIER}; dmarc=pass header.from=phuyen.example; spf=pass smtp.mailfrom=phuyen.example\r\n\
         Received: from mail.phuyen.example (mail.phuyen.example [192.0.2.7])\r\n\tby {VERIFIER} with ESMTPS id abc{n}; {}\r\n\
         Message-ID: <{n}.x@phuyen.example>\r\n",
        jiff::fmt::rfc2822::to_string(&Zoned::now()).unwrap()
    )
    .into_bytes();
    raw.extend(written(&address(unit), title, &text, &files));
    raw
}

/// The n-th report of a unit from which nothing has come yet, as it sends it.
pub fn new_report(unit: usize, n: usize) -> Vec<u8> {
    let mut dice = Dice::of(3, n as u64);
    let mut head = head(0, &mut dice);
    head.issuer = format!("CÔNG ĐOÀN NGÀNH THỬ NGHIỆM SỐ {unit}");
    head.number = format!("Số: {}/BC-CĐN{unit}", n + 1);
    let [beside, fonts] = [14_000, 220_000].map(|bytes| noise(&mut dice, bytes));
    let files = [
        ("BC.docx", word(&head, n as u64, &beside)),
        ("BC.pdf", text_pdf_beside(&head, n as u64, &fonts)),
    ];
    written(&address(unit), &head.title, "Kính gửi Ban", &files)
}

/// A mail from before the installation.
pub fn old(n: usize) -> Vec<u8> {
    let text = format!(
        "From: a{n}@cu.example\r\nTo: ban@cu.example\r\nSubject: Thu {n}\r\nMessage-ID: <{n}@cu.example>\r\n\r\nThu cu.\r\n"
    );
    text.into_bytes()
}

/// A file of a kind out of the mails of the tests.
pub fn of_the_tests(kind: FileKind) -> Vec<u8> {
    let mail = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mails/every-format.eml");
    let mut contents = Vec::new();
    let mut keep = |content: &[u8]| {
        contents.push(content.to_vec());
        Ok(())
    };
    let settings = ReadingSettings {
        without_programs: true,
        ..ReadingSettings::default()
    };
    let reading = read(&fs::read(mail).unwrap(), &settings, &mut keep).unwrap();
    let mut files = reading.attachments.iter().zip(contents);
    files.find(|(a, _)| a.kind == kind).unwrap().1
}

/// What the installation knows: so many units, each with a report a month; nothing is late by what was before it.
pub fn expects_reports(installation: &Installation) {
    let since = format!("since = \"{}\"", today().saturating_sub(60.days()));
    let earlier = today().first_of_month().saturating_sub(13.months());
    installation.edit(
        "thubaocao.toml",
        &since,
        &format!("closing_day = 0\nsince = \"{earlier}\""),
    );
    installation.edit(
        "thubaocao.toml",
        "remind_backlog = true",
        "remind_backlog = false",
    );
    let limits = "[limits]\ndaily_mails = 100000\ndaily_mails_per_address = 1000\ndaily_download_mb = 20000\n[trust]";
    installation.edit("thubaocao.toml", "[trust]", limits);
    let config = installation.config();
    let mut units = String::from(
        "id,name,short_name,kind,parent,emails,escalate_to,aliases,valid_from,valid_to,successor\n\
         ldld-tinh,Liên đoàn Lao động tỉnh Phú Yên,LĐLĐ tỉnh,provincial,,,,,,,\n",
    );
    for n in 0..UNITS + SILENT {
        let address = address(n);
        writeln!(
            units,
            "u{n},Công đoàn ngành Thử nghiệm số {n},CĐN TN {n},sector,ldld-tinh,{address},,,,,"
        )
        .unwrap();
    }
    fs::write(config.join("units.csv"), units).unwrap();
    let reports = r#"[[report]]
id = "tre-em"
title = "Báo cáo công tác trẻ em"
basis = "Kế hoạch số 40/KH-LĐLĐ"
frequency = "monthly"
due = { day = 15 }
who = ["sector"]
forms = ["signed_document", "soft_file"]
words = ["trẻ em"]
"#;
    fs::write(config.join("reports.toml"), reports).unwrap();
    let year = today().year();
    let years = (year - 2..=year + 1)
        .map(|y| format!("[[year]]\nyear = {y}\ndays_off = []\nworked = []\n"));
    fs::write(config.join("holidays.toml"), years.collect::<String>()).unwrap();
}
