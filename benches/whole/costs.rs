//! What commands cost after years, and what a mail costs by its kind.

use std::fs;
use std::process::{Command, Stdio};

use thubaocao::reading::FileKind;

use crate::Scale;
use crate::composed::files::scanned;
use crate::figures::{Figures, Table};
use crate::lab;
use crate::lab::installation::{Installation, succeed};
use crate::lab::weight::weighed;
use crate::mails::{self, Files, expects_reports};

/// The argument with which this program measures growth alone.
pub const GROWTH: &str = "--growth";

/// What grows with the years, as the bench of that measures it: in a process of its own, for its memory's sake.
pub fn growth(table: &mut Table, units: usize) {
    let mut alone = Command::new(std::env::current_exe().unwrap());
    let alone = alone.arg(GROWTH).env("THUBAOCAO_GROWTH", units.to_string());
    let mut said = succeed(alone.output().unwrap());
    if said.contains("written in") {
        // What wrote the store has more memory than what finds it.
        said = succeed(alone.output().unwrap());
    }
    let bars = [
        ("status --json", "≤ 1 s, ≤ 128 MB"),
        ("status --xlsx", "≤ 4 s"),
        ("digest", "≤ 1 s, ≤ 128 MB"),
        ("plan", "≤ 1 s, ≤ 128 MB"),
        ("a round with nothing new", "≤ 0.05 s"),
        ("reminders", "≤ 2 s"),
    ];
    let mut rows = 0;
    for line in said.lines().filter_map(|l| l.strip_prefix("  ")) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let Some((what, [wall, _, _, cpu, _, _, peak, _])) = words.split_last_chunk::<8>() else {
            continue;
        };
        let what = what.join(" ");
        let bar = bars.iter().find(|(begins, _)| what.starts_with(begins));
        // What is no command is done in the process that laid all out, whose memory tells nothing.
        let memory = match what.contains("--") {
            true => format!(", {peak} MB"),
            false => String::new(),
        };
        let text = format!("{wall} s, {cpu} s CPU{memory} (1 run)");
        table.row(
            &format!("{units} units after four years: {what}"),
            &text,
            bar.map_or("", |b| b.1),
        );
        rows += 1;
    }
    assert!(rows > 0, "no row is understood: {said}");
}

/// What reading, matching and telling take, of the processor, by kind of file.
pub fn reading(table: &mut Table, scale: &Scale, mails: usize) {
    let installation = Installation::on_maildir();
    expects_reports(&installation);
    for (files, what, bar) in [
        (Files::None, "without a file", 1.5),
        (Files::Docx, "docx", 4.0),
        (Files::Xlsx, "xlsx", 4.0),
        (Files::Pdf, "pdf", 8.0),
        (Files::Of(FileKind::Doc), "doc", 10.0),
        (Files::Of(FileKind::Rtf), "rtf", 10.0),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let write = |n: usize| {
            fs::write(
                folder.path().join(format!("{n}.eml")),
                mails::mail(n, files),
            )
            .unwrap();
        };
        let explained = || {
            let mut explain = installation.command(&["explain", "--json"]);
            let explain = explain.arg(folder.path()).stdout(Stdio::null());
            weighed(explain, |_| ()).worked.as_secs_f64() * 1e3
        };
        // So many that each reader starts.
        (0..8).for_each(write);
        let mut alone = Figures::default();
        (0..scale.runs).for_each(|_| alone.add(explained()));
        (8..8 + mails).for_each(write);
        let mut each = Figures::default();
        (0..scale.runs).for_each(|_| each.add((explained() - alone.median()) / mails as f64));
        table.row(
            &format!("reading and matching a mail, processor: {what}"),
            &each.told("ms"),
            &format!("≤ {bar} ms"),
        );
    }
    let mut seconds = Figures::default();
    let mail = installation.dir.path().join("scan.eml");
    fs::write(&mail, lab::with_file("57.pdf", a_clean_scan())).unwrap();
    installation.edit(
        "thubaocao.toml",
        "[limits]",
        "[limits]\nocr = true\nocr_seconds = 60",
    );
    for _ in 0..scale.runs {
        let said = tempfile::NamedTempFile::new().unwrap();
        let mut explain = installation.command(&["explain", "--json"]);
        let took = weighed(explain.arg(&mail).stdout(said.reopen().unwrap()), |_| ());
        let said = fs::read_to_string(said).unwrap();
        assert!(said.contains("57/BC-LĐLĐ"), "{said}");
        seconds.took(took.worked);
    }
    table.row(
        "reading a clean scanned page, processor",
        &seconds.told("s"),
        "≤ 4 s",
    );
}

/// A page of a mail of the tests, as a scanner files it.
fn a_clean_scan() -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let pdf = folder.path().join("page.pdf");
    fs::write(&pdf, mails::of_the_tests(FileKind::Pdf)).unwrap();
    let drawn = Command::new("pdftoppm")
        .args(["-jpeg", "-r", "200", "-f", "1", "-l", "1"])
        .arg(&pdf)
        .output()
        .unwrap();
    let size = imagesize::blob_size(&drawn.stdout).unwrap();
    scanned(&drawn.stdout, (size.width as u32, size.height as u32), 1)
}
