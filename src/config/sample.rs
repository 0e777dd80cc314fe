//! The sample of `thubaocao.toml` is what people copy from: it has every key that there is, and no other.

use std::collections::BTreeSet;
use std::path::Path;

use super::settings;
use super::source::{Faults, known_keys};

const SAMPLE: &str = include_str!("../../config/thubaocao.toml");

/// The keys of the sample with their sections; what is commented out counts.
fn keys_of_the_sample() -> BTreeSet<String> {
    let (mut keys, mut section) = (BTreeSet::new(), String::new());
    for line in SAMPLE.lines() {
        let line = line.strip_prefix("# ").unwrap_or(line);
        let is_word = |w: &&str| {
            w.bytes()
                .all(|b| b.is_ascii_lowercase() || b"_.".contains(&b))
        };
        if let Some((name, _)) = line.strip_prefix('[').and_then(|l| l.split_once(']')) {
            let name = name.trim_start_matches('['); // of an array of tables
            section = format!("{name}.");
            keys.insert(name.to_owned());
        } else if let Some(key) = line.split_once(" = ").map(|(k, _)| k).filter(is_word) {
            keys.insert(format!("{section}{key}"));
        }
    }
    keys
}

#[test]
fn the_sample_has_every_key_that_is_known_and_no_other() {
    let change = |from: &str, to: &str| {
        assert!(SAMPLE.contains(from), "{from}");
        SAMPLE.replacen(from, to, 1)
    };
    let texts = [
        change(
            "\n# [alarm] ",
            "\n[alarm]\n[alarm.smtp]\nhost = \"x\"\nuser = \"x\"\npassword_file = \"x\"\n#",
        ),
        change("\n# archive = \"s3", "\narchive = \"s3").replace(
            "\n# [s3]",
            "\n[s3]\naccess_key = \"x\"\npassword_file = \"x\"\n#",
        ),
        change("\n# [points]", "\n[points]"),
        change("\n# [retention]", "\n[retention]"),
        change("\n# [[kind]] ", "\n[[kind]]\n#"),
        change("kind = \"maildir\"", "kind = \"imap\""),
        change(
            "kind = \"file\"",
            "kind = \"smtp\"\nuser = \"x\"\npassword_file = \"x\"",
        ),
        change("kind = \"file\"", "kind = \"sendmail\""),
    ];
    let known: BTreeSet<String> = texts
        .iter()
        .flat_map(|text| {
            known_keys(|| {
                settings::parse("thubaocao.toml", text, Path::new("/"), &Faults::default());
            })
        })
        // A password is named in one of three ways, of which a comment speaks; in the file itself it is refused.
        .filter(|key| !key.ends_with(".password"))
        .map(|key| key.replace("password_env", "password_file"))
        .map(|key| key.replace("password_credential", "password_file"))
        .collect();
    assert!(SAMPLE.contains("# or password_env, password_credential"));
    let sample = keys_of_the_sample();
    let only = |a: &BTreeSet<String>, b: &BTreeSet<String>| -> Vec<String> {
        a.difference(b).cloned().collect()
    };
    assert_eq!(only(&known, &sample), [""; 0], "not in the sample");
    assert_eq!(only(&sample, &known), [""; 0], "not known");
    assert!(sample.len() > 60, "{}", sample.len());
}
