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
    /// The text of each page that has any, one space between words.
    pages: Vec<String>,
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
    let pages = text
        .split('\u{c}')
        .map(|page| page.split_whitespace().collect::<Vec<_>>().join(" "));
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
        .skip_while(|p| !p.contains("PHỤ LỤC"))
        .take_while(|p| !p.contains("CHI TIẾT BÁO CÁO"))
        .collect();
    assert!(annex.len() > 1, "{pages:?}");
    for page in annex {
        assert!(
            page.contains("STT Đơn vị Hạn Tình trạng Ngày gửi Số văn bản Ghi chú"),
            "{page}"
        );
    }
}
