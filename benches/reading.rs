//! How fast mails are read on one core, and heads by type of file: `cargo bench`.
//!
//! Mails: the folder of the tests, and a mail of 350 kB as units send them. Where the corpora are
//! (`$THUBAOCAO_CORPORA`, or `../shared/corpora`), their mails, too.
#![allow(clippy::print_stdout, reason = "a measurement is printed")]

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use lettre::message::{Attachment, MultiPart, SinglePart, header::ContentType};
use thubaocao::reading::FileKind;
use thubaocao::reading::program::Budget;
use thubaocao::reading::{ReadingSettings, document, read};

/// How long each figure is measured.
const TIME: Duration = Duration::from_secs(3);

fn mails_in(folder: &Path) -> Vec<Vec<u8>> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|e| e.path()).collect();
    paths.sort();
    paths
        .iter()
        .filter(|p| p.extension().is_some_and(|e| e == "eml"))
        .filter_map(|p| fs::read(p).ok())
        .collect()
}

fn usual_mail() -> Vec<u8> {
    let mut pdf = b"%PDF-1.4\n".to_vec();
    pdf.extend((0..256_000_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8));
    let binary = ContentType::parse("application/octet-stream").expect("a media type");
    let mail = lettre::Message::builder()
        .from("don-vi@example.vn".parse().expect("an address"))
        .to("ban@example.vn".parse().expect("an address"))
        .subject("Báo cáo 6 tháng đầu năm 2026")
        .multipart(
            MultiPart::mixed()
                .singlepart(SinglePart::plain("Kính gửi Ban".to_owned()))
                .singlepart(Attachment::new("57-BC-LĐLĐ.bin".to_owned()).body(pdf, binary)),
        );
    mail.expect("a mail").formatted()
}

fn measure(name: &str, mails: &[Vec<u8>], settings: &ReadingSettings) {
    if mails.is_empty() {
        println!("{name}: skipped, there are none");
        return;
    }
    let (mut bytes, mut count) = (0_usize, 0_u32);
    let begun = Instant::now();
    while begun.elapsed() < TIME {
        for mail in mails {
            read(mail, settings, &mut |_| Ok(())).expect("keeping files cannot fail here");
            bytes += mail.len();
            count += 1;
        }
    }
    let seconds = begun.elapsed().as_secs_f64();
    println!(
        "{name}: {:.1} MB/s, {:.0} mails/s",
        bytes as f64 / 1e6 / seconds,
        f64::from(count) / seconds
    );
}

fn main() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let alone = ReadingSettings {
        without_programs: true,
        without_files: false,
        ..ReadingSettings::default()
    };
    let corpora =
        std::env::var_os("THUBAOCAO_CORPORA").map_or(root.join("../shared/corpora"), PathBuf::from);
    let cases = mails_in(&root.join("tests/mails"));
    measure("a mail of 350 kB", &[usual_mail()], &alone);
    measure(
        "bounces of the corpora",
        &mails_in(&corpora.join("sisimai/bsd")),
        &alone,
    );
    measure("mails of the tests", &cases, &alone);
    measure(
        "mails of the tests, with programs of the system",
        &cases,
        &ReadingSettings::default(),
    );

    let mut files: Vec<(FileKind, Vec<u8>)> = Vec::new();
    for mail in &cases {
        let mut contents = Vec::new();
        let mut keep = |content: &[u8]| {
            contents.push(content.to_vec());
            Ok(())
        };
        let reading = read(mail, &alone, &mut keep).expect("keeping files cannot fail here");
        for (a, content) in reading.attachments.into_iter().zip(contents) {
            if a.kind != FileKind::Png
                && document::is_readable(a.kind)
                && !files.iter().any(|(k, _)| *k == a.kind)
            {
                files.push((a.kind, content));
            }
        }
    }
    files.sort();
    for (kind, content) in files {
        let mut budget = Budget::new(Duration::from_secs(3_600));
        let mut count = 0_u32;
        let begun = Instant::now();
        while begun.elapsed() < TIME / 3 {
            document::read(kind, &content, "x", None, &mut budget).expect("nothing can fail here");
            count += 1;
        }
        let each = begun.elapsed().as_secs_f64() * 1e3 / f64::from(count);
        println!("head of {kind} ({} kB): {each:.2} ms", content.len() / 1000);
    }
}
