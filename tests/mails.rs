//! Mails as Vietnamese clerks send them, each with the reading that is expected of it beside it: `NAME.eml`,
//! `NAME.json`. Adding a case is adding two files; `THUBAOCAO_ACCEPT=1` writes the second one, for you to look at.

use std::fs;
use std::path::Path;
use std::time::Duration;

use thubaocao::reading::FileKind;
use thubaocao::reading::document;
use thubaocao::reading::program::Budget;
use thubaocao::reading::{Attachment, ReadingSettings, Warning, read};

use crate::composed::files::scanned;
use crate::lab::installation::{Installation, REPORTING, json_lines};
use crate::lab::weight::weighed;
use crate::lab::written;

#[test]
fn every_mail_of_the_folder_is_read_as_the_file_beside_it_says() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mails");
    let settings = ReadingSettings {
        own_addresses: vec!["bancsplpy@example.org".into()],
        ..ReadingSettings::default()
    };
    let accept = std::env::var_os("THUBAOCAO_ACCEPT").is_some();
    let found = |raw: &[u8]| {
        let mut contents = Vec::new();
        let mut keep = |content: &[u8]| {
            contents.push(line_ends(content)[0].clone());
            Ok(())
        };
        let reading = read(raw, &settings, &mut keep).unwrap();
        let json = serde_json::to_string_pretty(&reading).unwrap() + "\n";
        (json, contents)
    };
    let mut wrong = Vec::new();
    let mut checked = 0;
    for entry in fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|e| e != "eml") {
            continue;
        }
        checked += 1;
        let raw = fs::read(&path).unwrap();
        let beside = path.with_extension("json");
        let (found_as_it_is, contents) = found(&raw);
        if accept {
            fs::write(&beside, &found_as_it_is).unwrap();
        }
        let expected = fs::read_to_string(&beside).unwrap_or_default();
        if let Some(line) = difference(&found_as_it_is, &expected) {
            wrong.push(format!("{}{line}", path.display()));
        }
        // Mails lie in files with either line end. A file that is not encoded has those of its mail, and no others.
        for (form, raw) in ["LF", "CRLF"].iter().zip(line_ends(&raw)) {
            let (found, same_contents) = found(&raw);
            if let Some(line) = difference(&without_sums(&found), &without_sums(&expected)) {
                wrong.push(format!("{} with {form}{line}", path.display()));
            }
            assert!(same_contents == contents, "{} with {form}", path.display());
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(checked >= 16);
}

/// The first line in which a reading differs from the expected one.
fn difference(found: &str, expected: &str) -> Option<String> {
    let mut lines = found.lines().zip(expected.lines());
    (found != expected).then(|| {
        lines
            .find(|(a, b)| a != b)
            .map_or_else(String::new, |(a, b)| {
                format!("\n  found    {a}\n  expected {b}")
            })
    })
}

/// A reading without sizes and names of contents.
fn without_sums(reading: &str) -> String {
    let of_content = |l: &&str| {
        ["\"size\":", "\"sha256\":"]
            .iter()
            .any(|k| l.trim_start().starts_with(k))
    };
    reading
        .lines()
        .filter(|l| !of_content(l))
        .fold(String::new(), |all, l| all + l + "\n")
}

/// A mail with every line ended by LF, and with every line ended by CRLF.
fn line_ends(raw: &[u8]) -> [Vec<u8>; 2] {
    let (mut bare, mut whole) = (Vec::new(), Vec::new());
    for line in raw.split_inclusive(|b| *b == b'\n') {
        let text = line.strip_suffix(b"\n");
        let text = text.map(|t| t.strip_suffix(b"\r").unwrap_or(t));
        bare.extend_from_slice(text.unwrap_or(line));
        whole.extend_from_slice(text.unwrap_or(line));
        if text.is_some() {
            bare.push(b'\n');
            whole.extend_from_slice(b"\r\n");
        }
    }
    [bare, whole]
}

/// The files of a mail of the folder.
fn files_of(name: &str) -> Vec<(Attachment, Vec<u8>)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/mails")
        .join(name);
    let mut contents = Vec::new();
    let mut keep = |content: &[u8]| {
        contents.push(content.to_vec());
        Ok(())
    };
    let reading = read(
        &fs::read(path).unwrap(),
        &ReadingSettings::default(),
        &mut keep,
    )
    .unwrap();
    reading.attachments.into_iter().zip(contents).collect()
}

#[test]
fn a_scan_is_read_by_tesseract_where_it_is_installed_and_allowed() {
    let languages = std::process::Command::new("tesseract")
        .arg("--list-langs")
        .output();
    if !languages.is_ok_and(|o| String::from_utf8_lossy(&o.stdout).contains("vie")) {
        eprintln!("skipped: tesseract with Vietnamese is not installed");
        return;
    }
    let (_, pdf) = files_of("every-format.eml")
        .into_iter()
        .find(|(a, _)| a.kind == FileKind::Pdf)
        .unwrap();
    let mut budget = Budget::new(Duration::from_secs(20));
    let page = ["-png", "-r", "200", "-gray", "-f", "1", "-l", "1", "-"];
    let picture = budget
        .run("pdftoppm", &page, &pdf, 10_000_000)
        .unwrap()
        .bytes;
    let blind = document::read(FileKind::Png, &picture, "scan.png", None, &mut budget).unwrap();
    assert_eq!(blind.head.number, None);
    let mut ocr = Budget::new(Duration::from_secs(20));
    let ocr = Some(&mut ocr);
    let seen = document::read(FileKind::Png, &picture, "scan.png", ocr, &mut budget).unwrap();
    assert_eq!(seen.head.number.as_deref(), Some("57/BC-LĐLĐ"));
    assert_eq!(seen.head.genre.as_deref(), Some("báo cáo"));
    assert!(seen.head.title.unwrap().contains("6 tháng đầu năm 2026"));
    assert_eq!(seen.note, Some(Warning::FromAPicture));
}

/// The page of the mail with every format as a scanner files it, without a speck.
fn a_clean_scan() -> Vec<u8> {
    let of_text = files_of("every-format.eml").into_iter();
    let (_, pdf) = of_text
        .into_iter()
        .find(|(a, _)| a.kind == FileKind::Pdf)
        .unwrap();
    let mut budget = Budget::new(Duration::from_secs(20));
    let page = ["-jpeg", "-r", "200", "-f", "1", "-l", "1", "-"];
    let output = budget.run("pdftoppm", &page, &pdf, 10_000_000).unwrap();
    let size = imagesize::blob_size(&output.bytes).unwrap();
    let size = (size.width as u32, size.height as u32);
    scanned(&output.bytes, size, 1)
}

#[test]
fn a_clean_scan_is_read_in_four_seconds_of_one_core_and_where_the_time_is_over_that_is_told() {
    let scan = a_clean_scan();
    let installation = Installation::on_maildir();
    let mail = installation.dir.path().join("mail.eml");
    let explained = |seconds: u32, pages: usize| {
        let limits = format!("[limits]\nocr = true\nocr_seconds = {seconds}\n[trust]");
        let names = ["57.pdf", "58.pdf", "59.pdf", "60.pdf"];
        let files = names[..pages].iter().map(|name| (*name, scan.clone()));
        let raw = written(
            REPORTING,
            "Báo cáo",
            "Kính gửi Ban",
            &files.collect::<Vec<_>>(),
        );
        fs::write(&mail, raw).unwrap();
        installation.edit("thubaocao.toml", "[trust]", &limits);
        let said = tempfile::NamedTempFile::new().unwrap();
        let mut explain = installation.command(&["explain", "--json"]);
        let took = weighed(explain.arg(&mail).stdout(said.reopen().unwrap()), |_| ());
        installation.edit("thubaocao.toml", &limits, "[trust]");
        let line = json_lines(&fs::read_to_string(said).unwrap()).remove(0);
        (line["attachments"].clone(), took.worked)
    };
    let (files, worked) = explained(60, 1);
    eprintln!("a clean scan: {worked:?}");
    assert_eq!(files[0]["number"], "57/BC-LĐLĐ");
    assert!(worked < Duration::from_secs(4), "{worked:?}");
    // No machine reads so many in a second.
    let (files, _) = explained(1, 4);
    assert_eq!(files[3]["warning"]["what"], "slow_picture", "{files:#}");
}

/// Drawn by a program, photographed by another: the page lies askew under the shadow of a telephone; or on wood, seen from
/// below and from the side, by a telephone that did not know how it was held.
#[test]
fn the_head_of_a_photographed_page_is_read_though_it_is_askew_and_in_shadow() {
    let languages = std::process::Command::new("tesseract")
        .arg("--list-langs")
        .output();
    if !languages.is_ok_and(|o| String::from_utf8_lossy(&o.stdout).contains("vie")) {
        eprintln!("skipped: tesseract with Vietnamese is not installed");
        return;
    }
    for (photograph, wanted) in [
        (
            &include_bytes!("pictures/head-in-shadow.jpg")[..],
            [
                "40/BC-LĐLĐ",
                "2026-09-27",
                "LIÊN ĐOÀN LAO ĐỘNG THỊ XÃ ĐÔNG HÒA",
                "Tình hình tai nạn lao động tháng 9 năm 2026",
            ],
        ),
        (
            include_bytes!("pictures/head-sideways.jpg"),
            [
                "388/BC-CĐX",
                "2025-01-23",
                "CÔNG ĐOÀN XÃ SÔNG CẦU",
                "Kết quả thực hiện Tháng hành động vì trẻ em năm 2026",
            ],
        ),
    ] {
        let mut budget = Budget::new(Duration::from_secs(20));
        let mut ocr = Budget::new(Duration::from_secs(60));
        let ocr = Some(&mut ocr);
        let seen = document::read(FileKind::Jpg, photograph, "IMG.jpg", ocr, &mut budget).unwrap();
        let head = seen.head;
        let said = [head.number, head.dated, head.issuer, head.title];
        assert_eq!(said.each_ref().map(Option::as_deref), wanted.map(Some));
        assert_eq!(seen.note, Some(Warning::FromAPicture));
    }
}
