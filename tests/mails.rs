//! Mails as Vietnamese clerks send them, each with the reading that is expected of it beside it: `NAME.eml`,
//! `NAME.json`. Adding a case is adding two files; `THUBAOCAO_ACCEPT=1` writes the second one, for you to look at.

use std::fs;
use std::path::Path;
use std::time::Duration;

use thubaocao::reading::document;
use thubaocao::reading::program::Budget;
use thubaocao::reading::{Attachment, ReadingSettings, read};

#[test]
fn every_mail_of_the_folder_is_read_as_the_file_beside_it_says() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mails");
    let settings = ReadingSettings {
        own_addresses: vec!["bancsplpy@example.org".into()],
        ..ReadingSettings::default()
    };
    let accept = std::env::var_os("THUBAOCAO_ACCEPT").is_some();
    let mut wrong = Vec::new();
    let mut checked = 0;
    for entry in fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|e| e != "eml") {
            continue;
        }
        checked += 1;
        let reading = read(&fs::read(&path).unwrap(), &settings, &mut |_| Ok(())).unwrap();
        let found = serde_json::to_string_pretty(&reading).unwrap() + "\n";
        let beside = path.with_extension("json");
        let expected = fs::read_to_string(&beside).unwrap_or_default();
        if found != expected {
            if accept {
                fs::write(&beside, found).unwrap();
            } else {
                let line = found
                    .lines()
                    .zip(expected.lines())
                    .find(|(a, b)| a != b)
                    .map_or_else(String::new, |(a, b)| {
                        format!("\n  found    {a}\n  expected {b}")
                    });
                wrong.push(format!("{}{line}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(checked >= 16);
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
        .find(|(a, _)| a.kind == "pdf")
        .unwrap();
    let mut budget = Budget::new(Duration::from_secs(20));
    let page = ["-png", "-r", "200", "-gray", "-f", "1", "-l", "1", "-"];
    let picture = budget
        .run("pdftoppm", &page, &pdf, 10_000_000)
        .unwrap()
        .bytes;
    let blind = document::read("png", &picture, "scan.png", false, &mut budget).unwrap();
    assert_eq!(blind.head.number, None);
    let seen = document::read("png", &picture, "scan.png", true, &mut budget).unwrap();
    assert_eq!(seen.head.number.as_deref(), Some("57/BC-LĐLĐ"));
    assert_eq!(seen.head.genre.as_deref(), Some("báo cáo"));
    assert!(seen.head.title.unwrap().contains("6 tháng đầu năm 2026"));
    assert!(seen.note.unwrap().contains("picture"));
}
