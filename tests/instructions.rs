//! What reading and matching cost, in instructions of the processor: an exact figure, where times are noise.
//!
//! A few mails of the folder are read and matched under valgrind's callgrind, and each count is held against the one that
//! is kept in `instructions.json`. `THUBAOCAO_ACCEPT=1` keeps what was counted, for you to look at. The counts are those
//! of the profile that `.ci/run` builds, and of the compiler of their day: a new one may want them accepted anew.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use thubaocao::config::Config;
use thubaocao::domain::correction::Taught;
use thubaocao::domain::date_of;
use thubaocao::expected;
use thubaocao::matching::{Expectation, Known, Match, Matcher};
use thubaocao::reading::document::pdf;
use thubaocao::reading::{Reading, ReadingSettings, read};

/// By how many hundredths more each may cost.
const MORE: u64 = 5;
/// The level of optimization of the counts that are kept.
const LEVEL: &str = "1";
/// What is read, of `tests/mails`.
const MAILS: [&str; 6] = [
    "docx-and-signed-pdf",
    "every-format",
    "names-in-every-dress",
    "old-fonts",
    "archives",
    "bounce-in-vietnamese",
];
/// Texts of PDFs are read in a process of their own, where nothing counts: they are counted by themselves, of `tests/pdfs`.
const PDFS: [(&str, &[u8]); 2] = [
    ("stamped", include_bytes!("pdfs/stamped.pdf")),
    ("two-columns", include_bytes!("pdfs/two-columns.pdf")),
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// What is counted of each mail first.
#[inline(never)]
fn counted_reading(raw: &[u8], settings: &ReadingSettings) -> Reading {
    read(raw, settings, &mut |_| Ok(())).unwrap()
}

/// What is counted of each mail then.
#[inline(never)]
fn counted_matching(matcher: &Matcher, reading: &Reading, known: &Known<'_>) -> Match {
    matcher.decide(reading, known).unwrap()
}

/// What is counted of each PDF.
#[inline(never)]
fn counted_pdf(pdf: &'static [u8]) -> Option<String> {
    pdf::text(pdf)
}

#[test]
#[ignore = "is run under valgrind, by the other test"]
fn the_mails_are_read_and_matched() {
    let config = Arc::new(Config::load(&root().join("config")).unwrap());
    // Programs of the system are not ours to count.
    let settings = ReadingSettings {
        without_programs: true,
        ..ReadingSettings::default()
    };
    let at = "2026-06-15T08:00:00+07:00".parse().unwrap();
    let obligations = expected::obligations(&config, at);
    let matcher = Matcher::new(Arc::clone(&config), date_of(at));
    let known = Known {
        received_at: at,
        learned: vec![],
        taught: Taught::default(),
        former: vec![],
        asked: vec![],
        said: None,
        history_known: true,
        expected: &|unit| Ok(Expectation::among(&obligations, unit)),
        sent_before: &|_| Ok(vec![]),
    };
    let mut certain = 0;
    for mail in MAILS {
        let raw = fs::read(root().join(format!("tests/mails/{mail}.eml"))).unwrap();
        // What is made once, for the first mail that wants it, is no part of it.
        let made = read(&raw, &settings, &mut |_| Ok(())).unwrap();
        matcher.decide(&made, &known).unwrap();
        let reading = counted_reading(&raw, &settings);
        let found = counted_matching(&matcher, &reading, &known);
        assert_eq!(
            serde_json::to_string(&reading).unwrap(),
            serde_json::to_string(&made).unwrap()
        );
        certain += usize::from(found.unit.certain().is_some());
    }
    assert!(certain > 2, "{certain}");
    for (name, pdf) in PDFS {
        pdf::text(pdf);
        assert!(
            counted_pdf(pdf).is_some_and(|text| text.len() > 200),
            "{name}"
        );
    }
}

/// The counts that callgrind wrote into a folder, one a call, in their order.
fn counts_in(folder: &Path) -> Vec<u64> {
    let files = fs::read_dir(folder).unwrap().map(|f| f.unwrap().path());
    let number = |path: &PathBuf| path.extension()?.to_str()?.parse::<u32>().ok();
    let mut parts: Vec<(u32, PathBuf)> = files.filter_map(|f| Some((number(&f)?, f))).collect();
    parts.sort();
    let count = |(_, path): (u32, PathBuf)| {
        let text = fs::read_to_string(path).unwrap();
        let total = text.lines().find_map(|l| l.strip_prefix("totals: "));
        total.unwrap().trim().parse().unwrap()
    };
    parts.into_iter().map(count).collect()
}

#[test]
fn reading_and_matching_take_hardly_more_instructions_than_they_did() {
    let level = std::env::var("CARGO_PROFILE_DEV_OPT_LEVEL").unwrap_or_default();
    if level != LEVEL {
        eprintln!(
            "skipped: counts are kept for CARGO_PROFILE_DEV_OPT_LEVEL={LEVEL}, as .ci/run builds"
        );
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let mut valgrind = Command::new("valgrind");
    valgrind.args([
        "--tool=callgrind",
        "--toggle-collect=*::instructions::counted_*",
    ]);
    for counted in ["counted_reading", "counted_matching", "counted_pdf"] {
        valgrind.arg(format!("--dump-after={}::{counted}", module_path!()));
    }
    let run = valgrind
        .arg(format!("--callgrind-out-file={}", out.display()))
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "instructions::the_mails_are_read_and_matched"])
        .args(["--ignored", "--test-threads=1"])
        .output()
        .unwrap_or_else(|e| panic!("valgrind: {e}; tests/run installs it"));
    let said = String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success(), "{said}");
    let counts = counts_in(folder.path());
    let of_mails = MAILS
        .iter()
        .flat_map(|mail| ["reading", "matching"].map(|what| format!("{what} {mail}")));
    let of_pdfs = PDFS.iter().map(|(name, _)| format!("text of {name}.pdf"));
    let steps: Vec<String> = of_mails.chain(of_pdfs).collect();
    assert_eq!(counts.len(), steps.len(), "{counts:?} {said}");
    let counts: BTreeMap<String, u64> = steps.into_iter().zip(counts).collect();

    let kept = root().join("tests/instructions.json");
    if std::env::var_os("THUBAOCAO_ACCEPT").is_some() {
        fs::write(&kept, serde_json::to_string_pretty(&counts).unwrap() + "\n").unwrap();
    }
    let before: BTreeMap<String, u64> =
        serde_json::from_str(&fs::read_to_string(&kept).unwrap()).unwrap();
    let mut grown = Vec::new();
    for (step, count) in &counts {
        let of_before = before.get(step).copied().unwrap_or(0);
        println!("{step}: {count} instructions, {of_before} before");
        assert!(
            *count > 10_000,
            "{step}: {count} instructions: nothing was counted"
        );
        if *count > of_before + of_before * MORE / 100 {
            grown.push(format!("{step}: {count} instructions, {of_before} before"));
        }
    }
    assert!(
        grown.is_empty(),
        "find what costs more, or say why and keep it with THUBAOCAO_ACCEPT=1:\n{}",
        grown.join("\n")
    );
}
