//! The bars on the corpora of real mails. Where the corpora are absent (`$THUBAOCAO_CORPORA`, or `../shared/corpora`),
//! these tests say that they were skipped.

use std::fs;
use std::path::{Path, PathBuf};

use thubaocao::ground::Sha256;
use thubaocao::reading::attachment::tnef;
use thubaocao::reading::own_words::own_words;
use thubaocao::reading::{BounceKind, Class, Reading, ReadingSettings, Warning, read};

use crate::lab::with_file;

/// Where the corpora lie, if they do.
pub fn corpora() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpora");
    let folder = std::env::var_os("THUBAOCAO_CORPORA").map_or(beside, PathBuf::from);
    if folder.join("labels.tsv").is_file() {
        Some(folder)
    } else {
        eprintln!("skipped: there are no corpora in {}", folder.display());
        None
    }
}

/// A labelled mail.
struct Labelled {
    path: String,
    class: String,
    detail: String,
    confidence: String,
    reading: Reading,
}

fn understand(path: &Path) -> Reading {
    let raw = fs::read(path).unwrap();
    read(&raw, &ReadingSettings::default(), &mut |_| Ok(())).unwrap()
}

/// Every mail of the corpora whose class can be scored.
fn mails(folder: &Path) -> Vec<Labelled> {
    let labels = fs::read_to_string(folder.join("labels.tsv")).unwrap();
    let scored = [
        "bounce",
        "delivery_success",
        "mdn",
        "feedback_report",
        "auto_reply",
        "machine_report",
        "reply",
        "spam_or_newsletter",
        "ordinary",
        "ordinary_inline_image",
        "ordinary_with_attachment",
        "tnef",
    ];
    labels
        .lines()
        .skip(1)
        .filter_map(|line| {
            let cells: Vec<&str> = line.split('\t').collect();
            let [path, class, detail, _, confidence] = cells[..] else {
                panic!("{line}");
            };
            // Bodies without headers are no mails.
            let mail = scored.contains(&class) && !path.starts_with("email_reply_trimmer");
            mail.then(|| Labelled {
                path: path.to_owned(),
                class: class.to_owned(),
                detail: detail.to_owned(),
                confidence: confidence.to_owned(),
                reading: understand(&folder.join(path)),
            })
        })
        .collect()
}

fn share(good: usize, all: usize) -> f64 {
    good as f64 / all.max(1) as f64
}

#[test]
fn bounces_are_told_from_automatic_answers_and_from_ordinary_mail() {
    let Some(folder) = corpora() else { return };
    let mails = mails(&folder);
    let bounces: Vec<&Labelled> = mails.iter().filter(|m| m.class == "bounce").collect();
    // Some labels call a warning a bounce; what a mail says of itself in so many words weighs more.
    let late = |m: &Labelled| {
        let raw = fs::read(folder.join(&m.path)).unwrap();
        let raw = String::from_utf8_lossy(&raw).to_lowercase();
        raw.contains("action: delayed")
            || raw.contains("warning only")
            || raw.contains("warning message only")
    };
    let found = |m: &&&Labelled| {
        m.reading.class == Class::Bounce || (late(m) && m.reading.class == Class::DelayNotice)
    };
    let recall = share(bounces.iter().filter(found).count(), bounces.len());
    for m in bounces.iter().filter(|m| !found(m)) {
        println!(
            "missed: {} ({}) is {:?}",
            m.path, m.confidence, m.reading.class
        );
    }
    println!("bounce recall {:.2} % of {}", recall * 100.0, bounces.len());
    assert!(recall >= 0.99);
    for m in &bounces {
        assert_ne!(m.reading.class, Class::AutoReply, "{}", m.path);
    }
    let innocent = [
        "reply",
        "spam_or_newsletter",
        "ordinary",
        "ordinary_inline_image",
        "ordinary_with_attachment",
        "tnef",
        "machine_report",
    ];
    let accused: Vec<&str> = mails
        .iter()
        .filter(|m| innocent.contains(&m.class.as_str()) && m.reading.class == Class::Bounce)
        .map(|m| m.path.as_str())
        .collect();
    assert_eq!(accused, [""; 0]);
    for m in mails
        .iter()
        .filter(|m| m.class != "bounce" && m.confidence == "certain")
    {
        let wanted = match m.class.as_str() {
            "auto_reply" => Class::AutoReply,
            "feedback_report" => Class::FeedbackReport,
            "mdn" => Class::ReadReceipt,
            "delivery_success" => Class::DeliveryNotice,
            // Reports on forged mail come as complaints, too (RFC 6591).
            "machine_report" if m.reading.class != Class::FeedbackReport => Class::MachineReport,
            _ => continue,
        };
        assert_eq!(m.reading.class, wanted, "{}", m.path);
    }
}

#[test]
fn failed_recipients_and_hard_or_soft_are_read_right() {
    let Some(folder) = corpora() else { return };
    let mails = mails(&folder);
    let mut right = 0;
    let mut all = 0;
    for m in mails
        .iter()
        .filter(|m| m.class == "bounce" && m.detail.contains("hard="))
    {
        if m.detail.contains("maybe_delayed_warning") || m.reading.class == Class::DelayNotice {
            continue; // not given up
        }
        // "filtered" is not what a mail says but what the corpus makes of "user unknown" where no command is named.
        if m.detail.contains("filtered") {
            continue;
        }
        all += 1;
        let field = |name: &str| {
            let part = m.detail.split(';').find_map(|p| p.strip_prefix(name));
            part.unwrap_or_default()
        };
        let count: usize = field("recipients=").parse().unwrap();
        let hard = field("hard=").contains("true");
        let Some(bounce) = &m.reading.bounce else {
            println!("{}: no bounce", m.path);
            continue;
        };
        let good = bounce.recipients.len() == count && (bounce.kind == BounceKind::Hard) == hard;
        if good {
            right += 1;
        } else {
            println!("{}: {:?} for {}", m.path, bounce, m.detail);
        }
    }
    println!(
        "recipients and kind right on {:.2} % of {all}",
        share(right, all) * 100.0
    );
    assert!(share(right, all) >= 0.97);
}

#[test]
fn delay_warnings_are_never_failures_and_line_ends_change_nothing() {
    let Some(folder) = corpora() else { return };
    for m in mails(&folder) {
        if m.detail.contains("delayed_warning") && !m.detail.contains("maybe") {
            assert_eq!(m.reading.class, Class::DelayNotice, "{}", m.path);
        }
    }
    for kind in ["dos", "mac"] {
        for entry in fs::read_dir(folder.join("sisimai").join(kind)).unwrap() {
            let path = entry.unwrap().path();
            let unix = folder.join("sisimai/bsd").join(path.file_name().unwrap());
            if !unix.exists() {
                continue;
            }
            let (a, b) = (understand(&path), understand(&unix));
            assert_eq!(
                (a.class, a.bounce),
                (b.class, b.bounce),
                "{}",
                path.display()
            );
        }
    }
}

#[test]
fn every_file_of_every_winmail_dat_comes_out_exactly() {
    let Some(folder) = corpora() else { return };
    let folder = folder.join("mimekit/tnef");
    let expected = fs::read_to_string(folder.join("expected.tsv")).unwrap();
    let mut checked = 0;
    for entry in fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|e| e != "tnef") {
            continue;
        }
        let file = path.file_name().unwrap().to_str().unwrap();
        // The list numbers files of the same name.
        let unnumbered = |name: &str| match name.rsplit_once('.') {
            Some((stem, n)) if n.parse::<u8>().is_ok() => stem.to_owned(),
            _ => name.to_owned(),
        };
        let mut wanted: Vec<String> = expected
            .lines()
            .filter_map(|l| l.strip_prefix(&format!("{file}\t")))
            .map(|l| {
                let (name, rest) = l.split_once('\t').unwrap();
                format!("{}\t{rest}", unnumbered(name))
            })
            .collect();
        let mut found: Vec<String> = tnef::files(&fs::read(&path).unwrap())
            .iter()
            .map(|f| {
                let line = |content: &[u8]| {
                    let sum = Sha256::of(content);
                    format!("{}\t{}\t{sum}", f.name, content.len())
                };
                // The list was made of copies whose text files had lost their carriage returns.
                let text = f.content.iter().copied().filter(|b| *b != b'\r');
                let as_listed = line(&text.collect::<Vec<u8>>());
                let is_text = !f.content.contains(&0);
                if is_text && wanted.contains(&as_listed) {
                    as_listed
                } else {
                    line(&f.content)
                }
            })
            .collect();
        wanted.sort();
        found.sort();
        assert_eq!(found, wanted, "{file}");
        checked += found.len();
    }
    assert!(checked >= 48, "only {checked} files");
}

/// The reading of a mail that brings one file.
fn reading_of_file(name: &str, content: Vec<u8>) -> Reading {
    let mail = with_file(name, content);
    read(&mail, &ReadingSettings::default(), &mut |_| Ok(())).unwrap()
}

#[test]
fn rar_archives_are_opened_or_it_is_said_why_not() {
    let Some(folder) = corpora() else { return };
    if std::process::Command::new("bsdtar")
        .arg("--version")
        .output()
        .is_err()
    {
        eprintln!("skipped: bsdtar is not installed");
        return;
    }
    let mut whole = 0;
    for entry in fs::read_dir(folder.join("rarfile")).unwrap() {
        let path = entry.unwrap().path();
        let listing = PathBuf::from(format!("{}.exp", path.display()));
        if path.extension().is_none_or(|e| e != "rar") || !listing.exists() {
            continue;
        }
        let file = path.file_name().unwrap().to_str().unwrap();
        let listing = fs::read_to_string(&listing).unwrap();
        let reading = reading_of_file(file, fs::read(&path).unwrap());
        let (archive, members) = reading.attachments.split_first().unwrap();
        let warning = archive.warning.as_ref();
        if listing.contains("PASSWORD") || file.contains("hpsw") {
            assert_eq!(warning, Some(&Warning::Locked), "{file}");
            continue;
        }
        // The later parts of a split archive list no file of their own.
        if warning.is_some() || file.contains("part2") || file.contains("part3") {
            println!("{file}: {warning:?}");
            continue;
        }
        whole += 1;
        let mut wanted: Vec<&str> = listing
            .split("FILE:")
            .skip(1)
            .filter(|f| f.contains(" is=F"))
            .filter_map(|f| f.lines().find_map(|l| l.trim().strip_prefix("name=")))
            .map(|n| n.rsplit('/').next().unwrap())
            .collect();
        let mut found: Vec<&str> = members.iter().map(|a| a.name.as_str()).collect();
        // Older versions of a file, which the listing leaves out.
        found.retain(|n| !n.contains(';'));
        wanted.retain(|n| !n.contains(';'));
        wanted.sort_unstable();
        found.sort_unstable();
        assert_eq!(found, wanted, "{file}");
    }
    println!("{whole} rar archives opened wholly");
    assert!(whole >= 29);
}

#[test]
fn hostile_and_broken_archives_do_no_harm() {
    let Some(folder) = corpora() else { return };
    let mut opened = 0;
    for part in ["libzip", "go-fuzz/zip", "rarfile"] {
        for entry in fs::read_dir(folder.join(part)).unwrap() {
            let path = entry.unwrap().path();
            let content = fs::read(&path).unwrap();
            let begun = std::time::Instant::now();
            let reading = reading_of_file("bao cao.zip", content);
            assert!(begun.elapsed().as_secs() < 10, "{}", path.display());
            assert!(!reading.attachments.is_empty(), "{}", path.display());
            for a in &reading.attachments {
                assert!(!a.name.contains(['/', '\\', '\0']), "{}", path.display());
            }
            opened += usize::from(reading.attachments.len() > 1);
        }
    }
    println!("{opened} archives gave files");
    assert!(opened >= 60);
}

/// Its languages are not those of our users, and signatures are evidence that we keep: a share is enough to see that
/// nothing breaks, and no mail may lose what its sender wrote.
#[test]
fn quoted_mails_are_left_out_and_own_words_are_kept() {
    let Some(folder) = corpora() else { return };
    let folder = folder.join("email_reply_trimmer");
    let plain = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let (mut same, mut all) = (0, 0);
    let mut short: Vec<String> = Vec::new();
    for entry in fs::read_dir(folder.join("emails")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let read = |path: &Path| String::from_utf8_lossy(&fs::read(path).unwrap()).into_owned();
        let wanted = plain(&read(&folder.join("trimmed").join(&name)));
        let own = plain(&own_words(&read(&path)));
        all += 1;
        same += u32::from(own == wanted);
        println!(
            "{name}: {} of {} letters{}",
            own.len(),
            wanted.len(),
            if own == wanted { "" } else { " differ" }
        );
        if own.len() < wanted.len() {
            short.push(name);
        }
    }
    println!("{same} of {all} the same; {short:?} shorter");
    assert!(all >= 60);
    assert!(same * 100 >= all * 60, "{same} of {all}");
    // Six quote above their own words, without a mark or as all that there is.
    assert!(short.len() <= 6, "{short:?}");
}
