//! Mails as Vietnamese clerks send them, each with the reading that is expected of it beside it: `NAME.eml`,
//! `NAME.json`. Adding a case is adding two files; `THUBAOCAO_ACCEPT=1` writes the second one, for you to look at.

use std::fs;
use std::path::Path;

use thubaocao::reading::{ReadingSettings, read};

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
