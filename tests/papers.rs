//! What staff print and sign: the sheets of Excel and the documents of Word as files, and as LibreOffice prints them.

use std::collections::BTreeSet;
use std::fs;
use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};

use quick_xml::events::Event;

use crate::lab::demo::Demo;

/// The parts of an Office file; each that is XML is well formed.
struct Office {
    parts: Vec<(String, String)>,
}

impl Office {
    fn open(path: &Path) -> Office {
        let mut zip = zip::ZipArchive::new(fs::File::open(path).unwrap()).unwrap();
        let mut parts = Vec::new();
        for n in 0..zip.len() {
            let mut file = zip.by_index(n).unwrap();
            let mut text = String::new();
            file.read_to_string(&mut text).unwrap();
            let name = file.name().unwrap().into_owned();
            let mut reader = quick_xml::Reader::from_str(&text);
            loop {
                match reader.read_event() {
                    Ok(Event::Eof) => break,
                    Ok(_) => {}
                    Err(e) => panic!("{name}: {e}"),
                }
            }
            parts.push((name, text));
        }
        Office { parts }
    }

    fn part(&self, name: &str) -> &str {
        let found = self.parts.iter().find(|(n, _)| n == name);
        &found.unwrap_or_else(|| panic!("no {name}")).1
    }
}

/// The text of a document of Word: a paragraph a line.
fn paragraphs(document: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut reader = quick_xml::Reader::from_str(document);
    loop {
        match reader.read_event().unwrap() {
            Event::Text(text) => *lines.last_mut().unwrap() += &text,
            Event::End(end) if end.name().as_ref() == "w:p" => lines.push(String::new()),
            Event::Eof => break,
            _ => {}
        }
    }
    lines.retain(|line| !line.trim().is_empty());
    lines
}

/// That pages are A4 with the margins of official documents: 20 mm above and below, 30 left, 15 right.
fn is_laid_out(document: &str) {
    let properties: Vec<&str> = document.split("<w:sectPr>").skip(1).collect();
    assert!(!properties.is_empty());
    for section in properties {
        let upright = section.contains(r#"<w:pgSz w:w="11906" w:h="16838"/>"#);
        let across = section.contains(r#"<w:pgSz w:w="16838" w:h="11906" w:orient="landscape"/>"#);
        assert!(upright || across, "{section}");
        let margins = r#"<w:pgMar w:top="1134" w:right="850" w:bottom="1134" w:left="1701""#;
        assert!(section.contains(margins), "{section}");
    }
}

/// The values of an attribute in some XML, each once.
fn values<'x>(xml: &'x str, attribute: &str) -> BTreeSet<&'x str> {
    let mark = format!(" {attribute}=\"");
    let found = xml.split(&mark).skip(1);
    found.map(|rest| rest.split('"').next().unwrap()).collect()
}

/// A document in print.
struct Print {
    /// Width and height of each page, in points.
    sizes: Vec<(f64, f64)>,
    /// The text of each page that has any, [`squeezed`].
    pages: Vec<String>,
}

/// A text without spaces: what is read of a print has some more, within words of two fonts, and breaks lines.
fn squeezed(text: &str) -> String {
    text.split_whitespace().collect()
}

/// What LibreOffice prints of a document; `None`, with a word, where it is not installed: it is too heavy for every machine
/// that runs the tests.
fn printed(path: &Path) -> Option<Print> {
    let folder = tempfile::tempdir().unwrap();
    let run = |program: &str, arguments: &[&str]| {
        let output = Command::new(program)
            .args(arguments)
            .env("HOME", folder.path())
            .stdin(Stdio::null())
            .output();
        let output = match output {
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return None,
            other => other.unwrap(),
        };
        assert!(output.status.success(), "{program}: {output:?}");
        Some(String::from_utf8(output.stdout).unwrap())
    };
    let out = folder.path().to_str().unwrap();
    let convert = [
        "--headless",
        "--convert-to",
        "pdf",
        "--outdir",
        out,
        path.to_str().unwrap(),
    ];
    if run("soffice", &convert).is_none() {
        eprintln!("no LibreOffice here: {} was not printed", path.display());
        return None;
    }
    let pdf = folder.path().join(path.file_stem().unwrap());
    let pdf = format!("{}.pdf", pdf.display());
    let sizes = run("pdfinfo", &["-l", "1000", &pdf])?;
    let sizes = sizes.lines().filter_map(|l| {
        let (_, size) = l.strip_prefix("Page ")?.split_once("size:")?;
        let mut numbers = size.split_whitespace().filter_map(|w| w.parse().ok());
        Some((numbers.next()?, numbers.next()?))
    });
    let text = run("pdftotext", &["-layout", &pdf, "-"])?;
    let pages = text.split('\u{c}').map(squeezed);
    Some(Print {
        sizes: sizes.collect(),
        pages: pages.filter(|page| !page.is_empty()).collect(),
    })
}

#[test]
fn the_sheet_of_a_report_and_period_is_ready_to_be_the_annex_of_a_letter() {
    let demo = Demo::new();
    let path = demo.folder.path().join("bang.xlsx");
    let of = ["status", "--report", "tre-em", "--period", "2026-H1"];
    demo.after(&[&of[..], &["--xlsx", path.to_str().unwrap()]].concat());
    let mut book: calamine::Xlsx<_> = calamine::open_workbook(&path).unwrap();
    let names = calamine::Reader::sheet_names(&book);
    let tab = "Công tác trẻ em đầu 2026";
    assert_eq!(names, ["Tổng hợp", "Theo đơn vị", tab, "Chi tiết"]);
    let range = calamine::Reader::worksheet_range(&mut book, tab).unwrap();
    let rows: Vec<Vec<String>> = range
        .rows()
        .map(|r| r.iter().map(ToString::to_string).collect())
        .collect();
    let above: Vec<&str> = rows[..4].iter().map(|r| r[0].as_str()).collect();
    assert_eq!(
        above,
        [
            "PHỤ LỤC",
            "TÌNH HÌNH GỬI BÁO CÁO KẾT QUẢ CÔNG TÁC CHĂM SÓC, GIÁO DỤC VÀ BẢO VỆ TRẺ EM, 6 THÁNG ĐẦU NĂM 2026",
            "(Kèm theo Công văn số ……/…… ngày … tháng … năm …… của Liên đoàn Lao động tỉnh Phú Yên)",
            "Hạn gửi: 17 giờ 00 ngày 15/6/2026. Tính đến 8 giờ 00 ngày 24/6/2026.",
        ]
    );
    let head = rows.iter().position(|r| r[0] == "STT").unwrap();
    assert_eq!(
        rows[head],
        [
            "STT",
            "Đơn vị",
            "Hạn",
            "Tình trạng",
            "Ngày gửi",
            "Số văn bản",
            "Ghi chú"
        ]
    );
    let units = &rows[head + 1..];
    assert_eq!(units.len(), 28);
    for (n, row) in (1..).zip(units) {
        assert_eq!(row[0], n.to_string(), "the numbers go on");
    }
    let of = |unit: &str| -> Vec<&str> {
        let row = units.iter().find(|r| r[1] == unit);
        let row = row.unwrap_or_else(|| panic!("no {unit}"));
        vec![&row[3], &row[5], &row[6]]
    };
    assert_eq!(
        of("Liên đoàn Lao động thành phố Tuy Hòa"),
        ["Đúng hạn", "102/BC-LĐLĐ", ""]
    );
    assert_eq!(of("Liên đoàn Lao động huyện Tây Hòa"), ["Chưa nộp", "", ""]);
    assert_eq!(
        of("Công đoàn ngành Xây dựng tỉnh Phú Yên"),
        [
            "Đang chờ xử lý",
            "",
            "Thư số 27 ngày 17/6/2026 đang chờ xử lý"
        ]
    );
    assert_eq!(
        of("Liên đoàn Lao động huyện Sơn Hòa"),
        ["Đang xác minh", "", "Thư số 9 ngày 10/6/2026 chưa xác minh"]
    );

    let office = Office::open(&path);
    assert_eq!(
        values(office.part("xl/styles.xml"), "val")
            .into_iter()
            .filter(|v| v.contains(' ') || *v == "Calibri")
            .collect::<Vec<_>>(),
        ["Times New Roman"]
    );
    let sheet = office.part("xl/worksheets/sheet3.xml");
    for set in [
        "paperSize=\"9\"",
        "orientation=\"landscape\"",
        "fitToHeight=\"0\"",
        "<autoFilter ref=\"A6:G34\"/>",
        "state=\"frozen\"",
        "left=\"1.18\" right=\"0.59\" top=\"0.79\" bottom=\"0.79\"",
    ] {
        assert!(sheet.contains(set), "{set}: {}", &sheet[..2000]);
    }
    let repeated = format!("'{tab}'!$6:$6");
    assert!(office.part("xl/workbook.xml").contains(&repeated));

    let Some(Print { sizes, pages }) = printed(&path) else {
        return;
    };
    for (width, height) in sizes {
        assert!((width - 842.0).abs() < 2.0 && (height - 595.0).abs() < 2.0);
    }
    let annex: Vec<&String> = pages
        .iter()
        .skip_while(|p| !p.contains("PHỤLỤC"))
        .take_while(|p| !p.contains("CHITIẾTBÁOCÁO"))
        .collect();
    assert!(annex.len() > 1, "{pages:?}");
    for page in annex {
        assert!(
            page.contains("STTĐơnvịHạnTìnhtrạngNgàygửiSốvănbảnGhichú"),
            "{page}"
        );
    }
}

#[test]
fn the_letter_that_asks_late_units_for_their_reports_can_be_signed_and_calls_nothing_missing_that_waits()
 {
    let demo = Demo::new();
    let path = demo.folder.path().join("cong van.docx");
    let file = path.to_str().unwrap();
    let of = ["urge", "--report", "tre-em", "--period", "2026-H1", file];
    assert_eq!(demo.after(&of), "");
    let office = Office::open(&path);
    let document = office.part("word/document.xml");
    is_laid_out(document);
    assert!(
        office
            .part("word/styles.xml")
            .contains(r#"w:ascii="Times New Roman""#)
    );
    assert!(
        values(document, "w:ascii").is_empty(),
        "letters of another font"
    );
    assert_eq!(
        document.matches("<w:tblHeader/>").count(),
        2,
        "a head for each part"
    );
    let lines = paragraphs(document);
    let mut rest = lines.iter();
    for wanted in [
        "TỔNG LIÊN ĐOÀN LAO ĐỘNG",
        "VIỆT NAM",
        "LIÊN ĐOÀN LAO ĐỘNG",
        "TỈNH PHÚ YÊN",
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
        "Độc lập - Tự do - Hạnh phúc",
        "Số: ……/LĐLĐ-CSPL",
        "V/v đôn đốc gửi báo cáo kết quả công tác chăm sóc, giáo dục và bảo vệ trẻ em 6 tháng đầu năm 2026",
        "Phú Yên, ngày … tháng … năm ……",
        "Kính gửi: Các đơn vị có tên tại mục I của Phụ lục kèm theo.",
        "Theo Kế hoạch số 40/KH-LĐLĐ ngày 23/4/2024, hạn gửi",
        "Các đơn vị có tên tại mục II của Phụ lục đã có thư gửi về và đang được xem xét, không tính là chưa gửi",
        "để được hướng dẫn./.",
        "Nơi nhận:",
        "- Như trên;",
        "TM. BAN THƯỜNG VỤ",
        "PHỤ LỤC",
        "DANH SÁCH ĐƠN VỊ CHƯA GỬI HOẶC GỬI CHƯA ĐỦ BÁO CÁO",
        "(Kèm theo Công văn số ……/…… ngày … tháng … năm …… của Liên đoàn Lao động tỉnh Phú Yên)",
        "Tính đến 8 giờ 00 ngày 24/6/2026",
        "I. ĐƠN VỊ CHƯA GỬI HOẶC GỬI CHƯA ĐỦ",
        "Liên đoàn Lao động huyện Tây Hòa",
        "Chưa nộp",
        "Công đoàn cơ sở Công ty TNHH MTV Xổ số kiến thiết Phú Yên",
        "Thiếu file mềm",
        "II. ĐƠN VỊ CÓ THƯ ĐANG ĐƯỢC XEM XÉT (KHÔNG TÍNH LÀ CHƯA GỬI)",
        "Liên đoàn Lao động huyện Sơn Hòa",
        "Công đoàn ngành Xây dựng tỉnh Phú Yên",
        "Đang chờ xử lý",
    ] {
        assert!(
            rest.any(|line| line.contains(wanted)),
            "{wanted}, in its order: {lines:#?}"
        );
    }
    // Who has sent is not named at all.
    assert!(
        !lines.iter().any(|l| l.contains("thành phố Tuy Hòa")),
        "{lines:#?}"
    );
    let of_units: Vec<&String> = lines.iter().filter(|l| l.contains("Sơn Hòa")).collect();
    assert_eq!(of_units.len(), 1);

    let Some(Print { sizes, pages }) = printed(&path) else {
        return;
    };
    assert!(
        sizes[0].0 < sizes[0].1,
        "the letter stands upright: {sizes:?}"
    );
    assert!(
        sizes[1..].iter().all(|(width, height)| width > height),
        "{sizes:?}"
    );
    assert!(
        pages[0].contains("PHÓCHỦTỊCH"),
        "the letter is one page: {}",
        pages[0]
    );
    for page in &pages[1..] {
        let head = "STTĐơnvịHạnTìnhtrạngNgàygửiSốvănbảnGhichú";
        assert!(page.contains(head), "{page}");
    }
}

#[test]
fn the_letter_on_all_that_is_late_tells_each_report_and_period_and_none_is_written_where_nobody_is_late()
 {
    let demo = Demo::new();
    let path = demo.folder.path().join("tat ca.docx");
    let file = path.to_str().unwrap();
    let early = demo.run(&["--at", "2026-06-08T08:00:00+07:00", "urge", file]);
    assert!(early.contains("no unit is to be asked"), "{early}");
    assert!(!path.exists());
    demo.after(&["urge", file]);
    let office = Office::open(&path);
    let lines = paragraphs(office.part("word/document.xml"));
    let text = lines.join("\n");
    for report in [
        "- Báo cáo công tác nữ công 6 tháng đầu năm 2026, hạn gửi 10/6/2026: 9 đơn vị;",
        "- Báo cáo kết quả công tác chăm sóc, giáo dục và bảo vệ trẻ em 6 tháng đầu năm 2026, hạn gửi 15/6/2026: 12 đơn vị;",
        "\nV/v đôn đốc gửi báo cáo\n",
    ] {
        assert!(text.contains(report), "{report}: {text}");
    }
    // The numbers of the annex go on over its parts.
    let numbers: Vec<usize> = lines.iter().filter_map(|l| l.parse().ok()).collect();
    assert_eq!(numbers, (1..=numbers.len()).collect::<Vec<_>>());
    assert!(numbers.len() > 40, "{numbers:?}");

    let wrong = demo.output(&["urge", "--report", "tre-em", file]);
    assert_eq!(wrong.status.code(), Some(2), "a report without its period");
}

#[test]
fn the_digest_of_the_working_day_after_a_deadline_brings_the_letter_along() {
    let demo = Demo::new();
    let mut with_letter = BTreeSet::new();
    for entry in fs::read_dir(demo.dir().join("outbox")).unwrap() {
        let raw = fs::read(entry.unwrap().path()).unwrap();
        let mail = mail_parser::MessageParser::default().parse(&raw).unwrap();
        let names = mail.attachments().filter_map(|a| {
            let name = mail_parser::MimeHeaders::attachment_name(a)?;
            name.strip_prefix("cong-van-don-doc-")?
                .strip_suffix(".docx")
                .map(str::to_owned)
        });
        with_letter.extend(names);
    }
    // Deadlines were on 10/6, 15/6 and, for Saturday the 20th, on Monday 22/6.
    let days = ["2026-06-11", "2026-06-16", "2026-06-23"].map(str::to_owned);
    assert_eq!(with_letter, BTreeSet::from(days));
}

#[test]
fn the_consolidation_draft_has_the_frame_of_a_report_and_each_paragraph_its_source_at_the_foot_of_the_page()
 {
    let demo = Demo::new();
    let out = demo.folder.path().join("xuat");
    let of = ["export", "--report", "tre-em", "--period", "2026-H1"];
    demo.after(&[&of[..], &[out.to_str().unwrap()]].concat());
    let path = out.join("00 Du thao tong hop.docx");
    let office = Office::open(&path);
    let document = office.part("word/document.xml");
    is_laid_out(document);
    let lines = paragraphs(document);
    let mut rest = lines.iter();
    for wanted in [
        "Độc lập - Tự do - Hạnh phúc",
        "Số: ……/BC-……",
        "DỰ THẢO",
        "BÁO CÁO",
        "Kết quả công tác chăm sóc, giáo dục và bảo vệ trẻ em",
        "6 tháng đầu năm 2026",
        "trên cơ sở báo cáo của 13 đơn vị gửi về",
        "I. Công tác quán triệt, lãnh đạo, chỉ đạo",
        "Đơn vị đã phổ biến kế hoạch đến các công đoàn cơ sở trực thuộc. (12\u{a0}đơn\u{a0}vị)",
        "II. Nguồn lực thực hiện",
        "Kinh phí thực hiện lấy từ nguồn tài chính công đoàn",
        "VII. Chưa đưa được vào bản dự thảo",
        "Nơi nhận:",
        "TM. BAN THƯỜNG VỤ",
    ] {
        assert!(
            rest.any(|line| line.contains(wanted)),
            "{wanted}, in its order: {lines:#?}"
        );
    }
    let once = lines.iter().filter(|l| l.contains("đã phổ biến kế hoạch"));
    assert_eq!(once.count(), 1, "what twelve units wrote alike stands once");
    let notes = paragraphs(office.part("word/footnotes.xml"));
    let referred = document.matches("<w:footnoteReference").count();
    assert_eq!((notes.len(), referred), (3, 3));
    let first = "Liên đoàn Lao động thành phố Tuy Hòa (102/BC-LĐLĐ); Liên đoàn Lao động thị xã Sông Cầu (33/BC-LĐLĐ)";
    assert!(notes.iter().all(|n| n.contains(first)), "{notes:#?}");

    let Some(Print { sizes, pages }) = printed(&path) else {
        return;
    };
    assert!(
        sizes.iter().all(|(width, height)| width < height),
        "{sizes:?}"
    );
    let at = |text: &str| pages[0].find(&squeezed(text)).unwrap();
    assert!(
        at("Đơn vị đã phổ biến kế hoạch") < at(first),
        "{}",
        pages[0]
    );
}
