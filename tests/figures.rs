//! Figures that a report asks for: the annex goes out prefilled, and what comes back is read, checked and added up. It is a
//! courtesy: no report is refused or waits for it.

use std::fs;
use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};

use calamine::{Data, Reader};
use mail_parser::{MessageParser, MimeHeaders};
use tempfile::TempDir;

use crate::lab::demo::sample;
use crate::lab::installation::{json_lines, succeed, thubaocao, word};
use crate::lab::{with_file, written};

const TUY_AN: &str = "ldld.tuyan@phuyen.example";

/// What the report on women's work asks for, below its [[report]].
const FIGURES: &str = r#"reminders = { opening = true }
[[report.number]]
label = "Tổng số lao động"
unit = "người"
sum_of = ["Trong đó: nữ", "Trong đó: nam"]
times_last_period = 3
[[report.number]]
label = "Trong đó: nữ"
unit = "người"
[[report.number]]
label = "Trong đó: nam"
unit = "người"
[[report.number]]
label = "Kinh phí chăm lo nữ đoàn viên"
unit = "triệu đồng"
"#;

/// The sample configuration, in which one report asks for figures.
struct Office {
    dir: TempDir,
}

impl Office {
    fn new() -> Office {
        let dir = sample();
        let path = dir.path().join("config/reports.toml");
        let text = fs::read_to_string(&path).unwrap();
        let last = "except = [\"nữ công nhân\", \"nữ công chức\"]\n";
        assert!(text.contains(last));
        fs::write(&path, text.replace(last, &format!("{last}{FIGURES}"))).unwrap();
        Office { dir }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// What a command prints at a moment (Vietnam).
    fn at(&self, at: &str, arguments: &[&str]) -> String {
        let mut command = thubaocao(&self.path("config"));
        let at = format!("{at}:00+07:00");
        succeed(
            command
                .args(["--at", &at])
                .args(arguments)
                .output()
                .unwrap(),
        )
    }

    /// Puts a report of Tuy An on women's work into the mailbox.
    fn arrives(&self, at: &str, files: &[(&str, Vec<u8>)]) {
        self.arrives_from(TUY_AN, at, files);
    }

    fn arrives_from(&self, from: &str, at: &str, files: &[(&str, Vec<u8>)]) {
        let head = format!(
            "Authentication-Results: mx.google.com; dmarc=pass header.from=phuyen.example\r\n\
             Message-ID: <{at}{from}>\r\n"
        );
        let mail = written(from, "Báo cáo công tác nữ công", "Kính gửi Ban.", files);
        let path = self.path(&format!("data/maildir/new/{at}{from}.1.x"));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, [head.into_bytes(), mail].concat()).unwrap();
        let at: jiff::Timestamp = format!("{at}:00+07:00").parse().unwrap();
        let file = fs::File::options().append(true).open(&path).unwrap();
        file.set_modified(at.into()).unwrap();
    }

    /// The mails to Tuy An that have left, in their order.
    fn letters_to_tuy_an(&self) -> Vec<Vec<u8>> {
        let entries = fs::read_dir(self.path("data/outbox")).into_iter().flatten();
        let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        let letters = paths.iter().map(|path| fs::read(path).unwrap());
        let to = format!("To: {TUY_AN}");
        let to_it = |raw: &Vec<u8>| String::from_utf8_lossy(raw).contains(&to);
        letters.filter(to_it).collect()
    }

    /// The annex of Tuy An on a period, as a command writes it.
    fn annex(&self, period: &str) -> Vec<u8> {
        let file = self.path("annex.xlsx");
        let whose = [
            "--report",
            "nu-cong",
            "--period",
            period,
            "--unit",
            "ldld-tuy-an",
        ];
        let to = [file.to_str().unwrap()];
        self.at(
            "2026-06-15T08:00",
            &[&["annex"], &whose[..], &to[..]].concat(),
        );
        fs::read(&file).unwrap()
    }
}

/// The cells of the first sheet of a workbook that have something, by their names.
fn cells(xlsx: &[u8]) -> Vec<(String, String)> {
    let mut book: calamine::Xlsx<_> = calamine::open_workbook_from_rs(Cursor::new(xlsx)).unwrap();
    let range = book.worksheet_range_at(0).unwrap().unwrap();
    let formulas = book.worksheet_formula(&book.sheet_names()[0]).unwrap();
    let (above, left) = range.start().unwrap();
    let name = |row: usize, column: usize| {
        let column = char::from(b'A' + u8::try_from(left as usize + column).unwrap());
        format!("{column}{}", above as usize + row + 1)
    };
    let values = range
        .used_cells()
        .filter(|(.., value)| **value != Data::Empty);
    let values = values.map(|(r, c, value)| (name(r, c), value.to_string()));
    let (above, left) = formulas.start().unwrap_or_default();
    let formulas = formulas.used_cells().map(|(r, c, formula)| {
        let column = char::from(b'A' + u8::try_from(left as usize + c).unwrap());
        (
            format!("{column}{}", above as usize + r + 1),
            format!("={formula}"),
        )
    });
    let values = values.filter(|(_, value)| !value.trim().is_empty());
    values.chain(formulas).collect()
}

fn cell<'c>(cells: &'c [(String, String)], name: &str) -> &'c str {
    cells.iter().find(|(n, _)| n == name).map_or("", |(_, v)| v)
}

#[test]
fn the_letter_that_opens_a_period_brings_the_annex_prefilled_for_its_unit_and_a_command_writes_it()
{
    let office = Office::new();
    let report = [("BC nu cong 6 thang dau nam 2026.docx", word("x"))];
    office.arrives("2026-06-05T08:00", &report);
    office.at("2026-06-12T06:00", &["run", "--once"]);
    office.at("2026-06-15T08:00", &["run", "--once"]);
    let name = "Biểu số liệu - Nữ công - 6 tháng cuối năm 2026.xlsx";
    // Other reports of the unit are near their deadlines: the letter tells of all.
    let letters = office.letters_to_tuy_an();
    let parsed = letters
        .iter()
        .map(|raw| MessageParser::default().parse(raw).unwrap());
    let mail = parsed
        .into_iter()
        .find(|m| m.attachments().any(|a| a.attachment_name() == Some(name)))
        .unwrap();
    let text = mail.body_text(0).unwrap();
    assert!(
        text.contains("Số liệu: đề nghị ghi vào biểu kèm theo thư này"),
        "{text}"
    );
    let annex = mail.attachments().next().unwrap();
    let found = cells(annex.contents());
    for (name, wanted) in [
        ("A1", "Liên đoàn Lao động huyện Tuy An"),
        ("A3", "BIỂU SỐ LIỆU"),
        ("A4", "(Kèm theo Báo cáo công tác nữ công)"),
        ("A5", "Kỳ báo cáo: 6 tháng cuối năm 2026"),
        ("B7", "Chỉ tiêu"),
        ("D7", "Số liệu"),
        ("A8", "1"),
        ("B8", "Tổng số lao động"),
        ("C8", "người"),
        ("D8", "=IF(COUNT(D9,D10)=0,\"\",SUM(D9,D10))"),
        ("B9", "Trong đó: nữ"),
        ("D9", ""),
        ("C11", "triệu đồng"),
        ("A14", "Mã biểu: nu-cong / 2026-H2 / ldld-tuy-an"),
    ] {
        assert_eq!(cell(&found, name), wanted, "{name} of {found:?}");
    }
    assert_eq!(cells(&office.annex("2026-H2")), found);

    // Sent back as it went out, it is a blank form and no report.
    let back = office.path("back.eml");
    fs::write(
        &back,
        with_file("Biểu số liệu.xlsx", annex.contents().to_vec()),
    )
    .unwrap();
    let read = office.at(
        "2026-06-20T08:00",
        &["explain", "--json", back.to_str().unwrap()],
    );
    let read = &json_lines(&read)[0];
    assert_eq!(read["attachments"][0]["filled"], false, "{read}");
}

#[test]
fn an_annex_that_nobody_asks_for_is_not_written_and_why_is_said() {
    let office = Office::new();
    let said = |report: &str, period: &str, unit: &str| {
        let file = office.path("none.xlsx");
        let output = thubaocao(&office.path("config"))
            .args([
                "annex", "--report", report, "--period", period, "--unit", unit,
            ])
            .arg(&file)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        assert!(!Path::new(&file).exists());
        String::from_utf8(output.stderr).unwrap()
    };
    for (report, period, unit, why) in [
        (
            "nu-cog",
            "2026-H1",
            "ldld-tuy-an",
            "did you mean `nu-cong`?",
        ),
        (
            "tre-em",
            "2026-H1",
            "ldld-tuy-an",
            "tre-em has no [[report.number]]",
        ),
        (
            "nu-cong",
            "2026-Q1",
            "ldld-tuy-an",
            "2026-Q1 is no period of nu-cong",
        ),
        (
            "nu-cong",
            "2026-H1",
            "ldld-tuyan",
            "did you mean `ldld-tuy-an`?",
        ),
    ] {
        let said = said(report, period, unit);
        assert!(said.contains(why), "{said}");
    }
}

/// An annex for H2 of 2026 with numbers and words in its column of figures.
fn annex_with(rows: &[(&str, &str)]) -> Vec<u8> {
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    sheet.write_string(0, 1, "Chỉ tiêu").unwrap();
    sheet.write_string(0, 2, "Số liệu").unwrap();
    for (row, (label, told)) in (1..).zip(rows) {
        sheet.write_string(row, 1, *label).unwrap();
        match told.parse::<f64>() {
            Ok(number) => sheet.write_number(row, 2, number).unwrap(),
            Err(_) => sheet.write_string(row, 2, *told).unwrap(),
        };
    }
    book.save_to_buffer().unwrap()
}

#[test]
fn the_receipt_says_which_figure_does_not_add_up_with_a_copy_made_anew_and_the_report_counts_all_the_same()
 {
    let office = Office::new();
    let labels = [
        "Tổng số lao động",
        "Trong đó: nữ",
        "Trong đó: nam",
        "Kinh phí chăm lo nữ đoàn viên",
    ];
    let sends = |at: &str, period: &str, told: [&str; 4]| {
        let rows: Vec<(&str, &str)> = labels.into_iter().zip(told).collect();
        let report = format!("BC nu cong {period} nam 2026.docx");
        let files = [
            (report.as_str(), word(at)),
            ("So lieu kem theo.xlsx", annex_with(&rows)),
        ];
        office.arrives(at, &files);
        let before = office.letters_to_tuy_an().len();
        office.at(at, &["run", "--once"]);
        let letters = office.letters_to_tuy_an().split_off(before);
        let is_receipt = |raw: &Vec<u8>| String::from_utf8_lossy(raw).contains("In-Reply-To");
        letters.into_iter().find(is_receipt).unwrap()
    };
    let read = |raw: &[u8]| {
        let mail = MessageParser::default().parse(raw).unwrap();
        let copy = mail.attachments().next().map(|a| a.contents().to_vec());
        (mail.body_text(0).unwrap().into_owned(), copy)
    };
    // The first period: all is well.
    let (text, copy) = read(&sends(
        "2026-06-05T08:00",
        "6 thang dau",
        ["30", "20", "10", "-"],
    ));
    assert!(text.contains("Tình trạng: đủ thành phần"), "{text}");
    assert!(
        text.contains("Biểu số liệu: đã nhận đủ 4 chỉ tiêu."),
        "{text}"
    );
    assert!(copy.is_none());
    // The next one: a sum, a jump that is none where the sum is wrong, words, a number below nothing.
    let told = ["100", "61", "khoảng 40", "-5"];
    let (text, copy) = read(&sends("2026-11-20T08:00", "6 thang cuoi", told));
    assert!(text.contains("Tình trạng: đủ thành phần"), "{text}");
    assert!(text.contains("đúng hạn"), "{text}");
    for line in [
        "• “Tổng số lao động” (ô C2): ghi 100, kỳ trước là 30",
        "• “Trong đó: nam” (ô C4): “khoảng 40” không phải là số",
        "• “Kinh phí chăm lo nữ đoàn viên” (ô C5): ghi -5, không thể là số âm",
    ] {
        assert!(text.contains(line), "{text}");
    }
    assert!(!text.contains("Trong đó: nữ"), "{text}");
    let copy = cells(&copy.unwrap());
    for (name, wanted) in [
        ("A1", "Liên đoàn Lao động huyện Tuy An"),
        ("D8", "100"),
        ("E8", "ghi 100, kỳ trước là 30"),
        ("D9", "61"),
        ("E9", ""),
        ("D10", ""),
        ("E10", "“khoảng 40” không phải là số"),
        ("A14", "Mã biểu: nu-cong / 2026-H2 / ldld-tuy-an"),
    ] {
        assert_eq!(cell(&copy, name), wanted, "{name} of {copy:?}");
    }
    // Corrected, it is a new version, and what was odd is not told again.
    let told = ["50", "30", "21", "không"];
    let (text, _) = read(&sends("2026-11-21T08:00", "6 thang cuoi", told));
    assert!(
        text.contains("(ô C2): ghi 50, các chỉ tiêu thành phần cộng lại là 51"),
        "{text}"
    );
    let (text, copy) = read(&sends(
        "2026-11-22T08:00",
        "6 thang cuoi",
        ["51", "30", "21", "không"],
    ));
    assert!(text.contains("đã nhận đủ 4 chỉ tiêu"), "{text}");
    assert!(copy.is_none());
}

#[test]
fn a_report_without_its_annex_or_with_that_of_another_period_is_received_and_told_so_once() {
    let office = Office::new();
    let receipt = |at: &str, files: &[(&str, Vec<u8>)]| {
        office.arrives(at, files);
        let before = office.letters_to_tuy_an().len();
        office.at(at, &["run", "--once"]);
        let letters = office.letters_to_tuy_an().split_off(before);
        let is_receipt = |raw: &Vec<u8>| String::from_utf8_lossy(raw).contains("In-Reply-To");
        let raw = letters.into_iter().find(is_receipt).unwrap();
        let mail = MessageParser::default().parse(&raw).unwrap();
        (
            mail.body_text(0).unwrap().into_owned(),
            mail.attachment_count(),
        )
    };
    let report = |mark: &str| ("BC nu cong 6 thang dau nam 2026.docx", word(mark));
    let (text, files) = receipt("2026-06-01T08:00", &[report("a")]);
    assert!(text.contains("Tình trạng: đủ thành phần"), "{text}");
    assert!(
        text.contains("Biểu số liệu: chưa thấy trong các tệp đã nhận"),
        "{text}"
    );
    assert_eq!(files, 1, "the annex to be filled in");
    // That of the second half, which LibreOffice saved.
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/figures/filled.xlsx");
    let annex = || ("So lieu.xlsx", fs::read(&file).unwrap());
    let (text, files) = receipt("2026-06-02T08:00", &[report("b"), annex()]);
    assert!(
        text.contains("biểu ghi mã “nu-cong / 2026-H2 / ldld-tuy-an”"),
        "{text}"
    );
    assert!(text.contains("đủ thành phần"), "{text}");
    assert_eq!(files, 1);
    // With an annex there, a version without one is not asked for it.
    let rows = [
        ("Tổng số lao động", "2"),
        ("Trong đó: nữ", "1"),
        ("Trong đó: nam", "1"),
    ];
    let (text, _) = receipt(
        "2026-06-03T08:00",
        &[report("c"), ("Bieu.xlsx", annex_with(&rows))],
    );
    assert!(
        text.contains("“Kinh phí chăm lo nữ đoàn viên”: chưa có trong biểu"),
        "{text}"
    );
    let (text, files) = receipt("2026-06-04T08:00", &[report("d")]);
    assert!(!text.contains("Biểu số liệu"), "{text}");
    assert_eq!(files, 0);
}

#[test]
fn an_export_adds_up_what_is_sound_and_names_the_rest_also_where_figures_were_asked_for_later() {
    let office = Office::new();
    let path = office.path("config/reports.toml");
    let with_figures = fs::read_to_string(&path).unwrap();
    let sends = |from: &str, at: &str, told: [&str; 4]| {
        let labels = [
            "Tổng số lao động",
            "Trong đó: nữ",
            "Trong đó: nam",
            "Kinh phí chăm lo nữ đoàn viên",
        ];
        let rows: Vec<(&str, &str)> = labels.into_iter().zip(told).collect();
        let report = ("BC nu cong 6 thang dau nam 2026.docx", word(from));
        office.arrives_from(from, at, &[report, ("So lieu.xlsx", annex_with(&rows))]);
    };
    // Nobody had asked for figures when the first unit reported.
    fs::write(&path, with_figures.replace(FIGURES, "")).unwrap();
    sends(TUY_AN, "2026-06-01T08:00", ["30", "20", "10", "1.5"]);
    office.at("2026-06-01T09:00", &["run", "--once"]);
    fs::write(&path, with_figures).unwrap();
    sends(
        "ldld.donghoa@phuyen.example",
        "2026-06-02T08:00",
        ["50", "30", "10", "ba triệu"],
    );
    // That of the period before.
    let report = ("BC nu cong 6 thang dau nam 2026.docx", word("y"));
    let mark = "Mã biểu: nu-cong / 2025-H2 / ldld-song-cau";
    let rows = [("Trong đó: nữ", "1"), ("Trong đó: nam", "1"), (mark, "")];
    let annex = ("So lieu.xlsx", annex_with(&rows));
    office.arrives_from(
        "ldld.songcau@phuyen.example",
        "2026-06-02T08:00",
        &[report, annex],
    );
    office.at("2026-06-02T09:00", &["run", "--once"]);
    let folder = office.path("out");
    let of = ["export", "--report", "nu-cong", "--period", "2026-H1"];
    let to = [folder.to_str().unwrap()];
    office.at("2026-06-12T08:00", &[&of[..], &to].concat());

    let book = folder.join("00 So lieu tong hop.xlsx");
    let mut book: calamine::Xlsx<_> = calamine::open_workbook(&book).unwrap();
    let mut rows = |sheet: &str| -> Vec<Vec<String>> {
        let range = book.worksheet_range(sheet).unwrap();
        let rows = range
            .rows()
            .map(|row| row.iter().map(Data::to_string).collect());
        rows.collect()
    };
    let sums = rows("Tổng hợp");
    let row = |label: &str| sums.iter().find(|r| r[1].contains(label)).unwrap().clone();
    let dong_hoa = "Liên đoàn Lao động thị xã Đông Hòa";
    let total = row("Tổng số lao động");
    assert_eq!(total[2..5], ["người", "30", "1"]);
    assert_eq!(
        total[5],
        format!("{dong_hoa}: ghi 50, các chỉ tiêu thành phần cộng lại là 40")
    );
    assert_eq!(row("Trong đó: nữ")[2..], ["người", "50", "2", ""]);
    let money = row("Kinh phí");
    assert_eq!(money[3..5], ["1.5", "1"]);
    assert_eq!(money[5], format!("{dong_hoa}: “ba triệu” không phải là số"));
    let without = row("Đơn vị chưa có biểu số liệu");
    let song_cau =
        "Liên đoàn Lao động thị xã Sông Cầu (biểu ghi mã “nu-cong / 2025-H2 / ldld-song-cau”)";
    assert!(without[5].contains(song_cau), "{without:?}");
    let units = rows("Theo đơn vị");
    let tuy_an = units.iter().find(|r| r[1].contains("Tuy An")).unwrap();
    assert_eq!(tuy_an[2..], ["30", "20", "10", "1.5"]);
    // The draft has the same table, and not once more by its cells.
    let draft = fs::File::open(folder.join("00 Du thao tong hop.docx")).unwrap();
    let mut draft = zip::ZipArchive::new(draft).unwrap();
    let mut text = String::new();
    let mut document = draft.by_name("word/document.xml").unwrap();
    document.read_to_string(&mut text).unwrap();
    assert_eq!(text.matches("Trong đó: nữ").count(), 1, "{text}");
    assert!(text.contains("Số liệu “Tổng số lao động”: Liên đoàn Lao động thị xã Đông Hòa"));
    // Nothing of it changes who has reported.
    let status = office.at(
        "2026-06-12T08:00",
        &["status", "--report", "nu-cong", "--json"],
    );
    let submitted = json_lines(&status)
        .into_iter()
        .filter(|l| l["state"] == "submitted");
    assert_eq!(submitted.count(), 3);
}
