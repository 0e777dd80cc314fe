//! Mails that are made to break their reader: each ends in time and within the memory, is told as what it is, and the
//! next mail is read as usual.

use std::io::{Cursor, Write};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use thubaocao::reading::FileKind;
use thubaocao::reading::worker::{Outcome, Reader};
use thubaocao::reading::{Class, Reading, ReadingSettings, Reason, Warning};

use crate::lab::with_file;

/// What the sample configuration allows.
const PATIENCE: Duration = Duration::from_secs(10);
const MEMORY: u64 = 256_000_000;

fn reader(incoming: Option<PathBuf>) -> Reader {
    let program = PathBuf::from(env!("CARGO_BIN_EXE_thubaocao"));
    Reader::new(
        program,
        ReadingSettings::default(),
        PATIENCE,
        MEMORY,
        incoming,
        true,
    )
}

fn zip_of(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in files {
        let options = zip::write::SimpleFileOptions::default();
        zip.start_file(*name, options).unwrap();
        zip.write_all(content).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

async fn read(reader: &mut Reader, mail: &[u8]) -> Reading {
    match reader.read(mail).await {
        Outcome::Read(reading) => *reading,
        Outcome::MailFails(why) => Reading::unreadable(why),
        Outcome::NoRoom(why) | Outcome::MachineFails(why) => panic!("{why}"),
    }
}

/// Reads a hostile mail and then an ordinary one by the same reader.
async fn survive(what: &str, mail: Vec<u8>) -> Reading {
    let folder = tempfile::tempdir().unwrap();
    let mut reader = reader(Some(folder.path().to_owned()));
    let begun = Instant::now();
    let reading = read(&mut reader, &mail).await;
    let took = begun.elapsed();
    println!(
        "{what}: {:.2} s, {:?}, {} files, {:?}",
        took.as_secs_f32(),
        reading.class,
        reading.attachments.len(),
        reading.reasons.first()
    );
    assert!(took < PATIENCE, "{what} took {took:?}");
    let pdf = with_file("57.pdf", b"%PDF-1.4 trang 1".to_vec());
    let next = read(&mut reader, &pdf).await;
    assert_eq!(next.class, Class::Report, "after {what}");
    let kept = reader.file(&next.attachments[0]).unwrap().unwrap();
    assert_eq!(kept, b"%PDF-1.4 trang 1");
    reading
}

fn warning(reading: &Reading) -> Option<&Warning> {
    reading.attachments[0].warning.as_ref()
}

#[tokio::test]
async fn bombs_fill_no_more_than_a_mail_may_bring() {
    // Many entries over the same compressed bytes: the directory names one file of 50 MB five hundred times.
    let one = zip_of(&[("a.txt", &vec![b'0'; 50_000_000])]);
    let directory = one.windows(4).rposition(|w| w == b"PK\x01\x02").unwrap();
    let end = one.windows(4).rposition(|w| w == b"PK\x05\x06").unwrap();
    let entry = &one[directory..end];
    let mut overlapping = one[..directory].to_vec();
    for i in 0..500 {
        let mut entry = entry.to_vec();
        entry[46..51].copy_from_slice(format!("{i:05}").as_bytes()); // the name
        overlapping.extend(entry);
    }
    let mut tail = one[end..].to_vec();
    tail[8..10].copy_from_slice(&500_u16.to_le_bytes());
    tail[10..12].copy_from_slice(&500_u16.to_le_bytes());
    let size = u32::try_from(entry.len() * 500).unwrap();
    tail[12..16].copy_from_slice(&size.to_le_bytes());
    overlapping.extend(tail);
    let reading = survive("overlapping entries", with_file("a.zip", overlapping)).await;
    let unpacked: u64 = reading.attachments.iter().skip(1).map(|a| a.size).sum();
    assert!(unpacked <= 150_000_000, "{unpacked}");
    assert_eq!(warning(&reading), Some(&Warning::TooLarge));

    // A mail of some kB brings twenty MB, whatever it unpacks to.
    let names: Vec<String> = (0..60).map(|i| format!("{i}.txt")).collect();
    let zeros = vec![b'0'; 1_000_000];
    let files: Vec<(&str, &[u8])> = names.iter().map(|n| (n.as_str(), &zeros[..])).collect();
    let reading = survive("sixty files of zeros", with_file("a.zip", zip_of(&files))).await;
    let unpacked: u64 = reading.attachments.iter().skip(1).map(|a| a.size).sum();
    assert!((20_000_000..25_000_000).contains(&unpacked), "{unpacked}");
    assert_eq!(warning(&reading), Some(&Warning::TooLarge));

    // Zips within zips, sixteen at each level.
    let mut bomb = zip_of(&[("0.txt", &vec![b'0'; 10_000_000])]);
    for _ in 0..5 {
        let names: Vec<String> = (0..16).map(|i| format!("{i}.zip")).collect();
        let files: Vec<(&str, &[u8])> = names
            .iter()
            .map(|n| (n.as_str(), bomb.as_slice()))
            .collect();
        bomb = zip_of(&files);
    }
    let reading = survive("zips within zips", with_file("42.zip", bomb)).await;
    assert!(reading.attachments.len() <= 500);
    assert!(reading.attachments.iter().any(|a| a.warning.is_some()));
}

#[tokio::test]
async fn paths_lead_nowhere() {
    let slip = zip_of(&[
        ("../../../etc/cron.d/x.docx", b"x"),
        ("/etc/passwd", b"x"),
        ("C:\\Windows\\a.exe", b"MZ"),
        ("..", b"x"),
    ]);
    let reading = survive("zip slip", with_file("a.zip", slip)).await;
    let names: Vec<&str> = reading
        .attachments
        .iter()
        .skip(1)
        .map(|a| a.name.as_str())
        .collect();
    assert_eq!(names, ["x.docx", "passwd", "a.exe", "khong-ten.unknown"]);
}

#[tokio::test]
async fn depth_and_number_have_an_end() {
    let mut nested = b"From: a@b.vn\r\n".to_vec();
    for _ in 0..64_000 {
        nested.extend(b"Content-Type: message/rfc822\r\n\r\n");
    }
    nested.extend(b"Subject: x\r\n\r\nx");
    let reading = survive("64,000 nested mails", nested).await;
    assert_eq!(reading.class, Class::Unreadable);

    let mut parts = b"From: a@b.vn\r\nContent-Type: multipart/mixed; boundary=b0\r\n\r\n".to_vec();
    for i in 0..64_000 {
        write!(
            parts,
            "--b{i}\r\nContent-Type: multipart/mixed; boundary=b{}\r\n\r\n",
            i + 1
        )
        .unwrap();
    }
    survive("64,000 nested parts", parts).await;

    let mut many = b"From: a@b.vn\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n".to_vec();
    for i in 0..10_000 {
        write!(
            many,
            "--b\r\nContent-Disposition: attachment; filename=\"{i}.pdf\"\r\n\r\n%PDF-1.4 {i}\r\n"
        )
        .unwrap();
    }
    many.extend(b"--b--\r\n");
    let reading = survive("10,000 attachments", many).await;
    assert_eq!(reading.attachments.len(), 500);
    assert!(
        reading
            .reasons
            .contains(&Reason::TooManyFiles { most: 500 })
    );
}

#[tokio::test]
async fn size_alone_is_no_harm() {
    let mut content = b"%PDF-1.4\n".to_vec();
    content.resize(30_000_000, b'x');
    let reading = survive("a mail of 40 MB", with_file("lon.pdf", content)).await;
    assert_eq!(reading.class, Class::Report);
    assert_eq!(reading.attachments[0].size, 30_000_000);

    let long = format!(
        "From: a@b.vn\r\nSubject: {}\r\n\r\nx",
        "a".repeat(1_000_000)
    );
    let reading = survive("a header of 1 MB", long.into_bytes()).await;
    assert_eq!(reading.class, Class::NoAttachment);
    let addresses = format!("From: {}\r\n\r\nx", "a@b.vn, ".repeat(200_000));
    survive("200,000 senders", addresses.into_bytes()).await;
    let words = format!(
        "From: a@b.vn\r\nSubject: {}\r\n\r\nx",
        "=?utf-8?Q?=C3?= ".repeat(60_000)
    );
    survive("60,000 encoded words", words.into_bytes()).await;
    let received = "Received: from a by b; Mon, 15 Jun 2026 08:05:00 +0700\r\n".repeat(50_000);
    survive(
        "50,000 Received headers",
        format!("{received}From: a@b.vn\r\n\r\nx").into_bytes(),
    )
    .await;
    let notice = format!(
        "From: mailer-daemon@x.vn\r\nSubject: Undelivered Mail\r\n\r\n{}",
        "<a@b.vn>: 550 user unknown\r\n".repeat(100_000)
    );
    survive("a bounce of 100,000 lines", notice.into_bytes()).await;
    let many = 200_000;
    let ids: String = (0..many).map(|i| format!("<{i}@b.vn>\r\n ")).collect();
    let thread = format!("From: a@b.vn\r\nReferences: {ids}\r\n\r\nx");
    let reading = survive("a thread of 200,000 mails", thread.into_bytes()).await;
    let last: Vec<String> = (many - 20..many).map(|i| format!("{i}@b.vn")).collect();
    assert_eq!(reading.references, last);
    let token = |i: usize| format!("TBC.m{i}.ignore.20260615.{i:032x}\r\n");
    let tokens: String = (0..100_000).map(token).collect();
    let quoted = format!("From: a@b.vn\r\n\r\n{tokens}");
    let reading = survive("100,000 tokens", quoted.into_bytes()).await;
    // Only his own words are looked through, and of those a beginning.
    let found = reading.tokens.len();
    assert!(0 < found && found <= 5_000, "{found}");
    let lines = "begin 644 a.txt\r\n#0V%T\r\n`\r\nend\r\n".repeat(30_000);
    survive(
        "30,000 pasted files",
        format!("From: a@b.vn\r\n\r\n{lines}").into_bytes(),
    )
    .await;
}

#[tokio::test]
async fn nonsense_is_read_as_nonsense() {
    let broken = b"From: a@b.vn\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: application/pdf; name=a.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\nJVBE*R)i0x\0LjQK!!!\r\n--b--\r\n";
    let reading = survive("broken base64", broken.to_vec()).await;
    assert_eq!(reading.attachments[0].kind, FileKind::Pdf);
    let nul = b"From: a@b.vn\0\r\nSubject: \0\0b\0\r\n\r\n\0\0\0".to_vec();
    let reading = survive("NUL bytes", nul).await;
    assert_eq!(reading.subject, "b");
    survive("nothing", Vec::new()).await;
    survive("a megabyte of 0xFF", vec![0xFF; 1_000_000]).await;
    survive("a megabyte of line feeds", vec![b'\n'; 1_000_000]).await;
}

#[tokio::test]
async fn documents_that_turn_in_circles_or_swell_end() {
    let looped = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[2 0 R 2 0 R]/Count 99999999>>endobj\ntrailer<</Root 1 0 R/Prev 0>>\nstartxref\n0\n%%EOF";
    survive(
        "a PDF whose pages hold themselves",
        with_file("a.pdf", looped.to_vec()),
    )
    .await;

    let laughs: String = (0..12)
        .map(|i| format!("<!ENTITY l{} \"{}\">", i + 1, format!("&l{i};").repeat(10)))
        .collect();
    let xml = format!(
        "<?xml version=\"1.0\"?><!DOCTYPE x [<!ENTITY l0 \"ha\">{laughs}]><w:document><w:p><w:t>&l12;</w:t></w:p></w:document>"
    );
    survive(
        "a billion laughs",
        with_file("a.docx", zip_of(&[("word/document.xml", xml.as_bytes())])),
    )
    .await;

    let swollen = vec![b' '; 120_000_000];
    let docx = zip_of(&[("word/document.xml", &swollen)]);
    survive("a docx that unpacks to 120 MB", with_file("a.docx", docx)).await;
    let workbook = br#"<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="a" sheetId="1" r:id="rId1"/></sheets></workbook>"#;
    let relations = br#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>"#;
    let sheet = br#"<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><dimension ref="A1:XFD1048576"/><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>BANG</t></is></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData></worksheet>"#;
    let xlsx = zip_of(&[
        ("xl/workbook.xml", workbook),
        ("xl/_rels/workbook.xml.rels", relations),
        ("xl/worksheets/sheet1.xml", sheet),
        ("xl/sharedStrings.xml", &swollen),
    ]);
    survive("an xlsx that unpacks to 120 MB", with_file("a.xlsx", xlsx)).await;
    let xlsx = zip_of(&[
        ("xl/workbook.xml", workbook),
        ("xl/_rels/workbook.xml.rels", relations),
        ("xl/worksheets/sheet1.xml", sheet),
    ]);
    let reading = survive(
        "an xlsx of seventeen billion cells",
        with_file("a.xlsx", xlsx),
    )
    .await;
    assert_eq!(reading.attachments[0].kind, FileKind::Xlsx);
}
