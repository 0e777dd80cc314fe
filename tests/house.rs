//! The map of the house in src/lib.rs is true: a floor uses the floors below it, never the other way.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use regex::Regex;

/// Each room with its floor, counted from the top, out of the table in the documentation of the crate.
fn floors(map: &str) -> BTreeMap<String, usize> {
    let room = Regex::new(r"\[`(\w+)`\]").unwrap();
    let rows = map.lines().filter_map(|l| l.strip_prefix("//! | ["));
    let rooms = rows.enumerate().flat_map(|(floor, row)| {
        let (rooms, _) = row.split_once(" | ").unwrap();
        let rooms = format!("[{rooms}");
        let names = room.captures_iter(&rooms).map(|c| c[1].to_owned());
        names.map(|name| (name, floor)).collect::<Vec<_>>()
    });
    rooms.collect()
}

/// What stands in `src`: each file with its room and its lines without tests and comments.
fn files(folder: &Path, room: Option<&str>, all: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let room = room.unwrap_or(&name);
        if path.is_dir() {
            files(&path, Some(room), all);
        } else if path.extension().is_some_and(|e| e == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            let code = text.split("\n#[cfg(test)]\nmod ").next().unwrap();
            let code = code.split("\n#[cfg(test)]\npub(").next().unwrap();
            let lines = code.lines().filter(|l| !l.trim_start().starts_with("//"));
            all.push((room.to_owned(), lines.collect::<Vec<_>>().join("\n")));
        }
    }
}

/// The rooms that a file names, by `crate::room` or `crate::{room, room::…}`.
fn named(code: &str) -> BTreeSet<String> {
    let mut rooms = BTreeSet::new();
    for (at, _) in code.match_indices("crate::") {
        let rest = &code[at + "crate::".len()..];
        let word = |text: &str| -> String {
            let letter = |c: &char| c.is_alphanumeric() || *c == '_';
            text.trim_start().chars().take_while(letter).collect()
        };
        let Some(group) = rest.strip_prefix('{') else {
            rooms.insert(word(rest));
            continue;
        };
        let mut depth = 1;
        let mut begins = 0;
        for (i, c) in group.char_indices() {
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                _ => {}
            }
            if depth == 0 || depth == 1 && c == ',' {
                rooms.insert(word(&group[begins..i]));
                begins = i + 1;
            }
            if depth == 0 {
                break;
            }
        }
    }
    rooms
}

#[test]
fn a_floor_uses_the_floors_below_it_never_the_other_way() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let floors = floors(&fs::read_to_string(src.join("lib.rs")).unwrap());
    let mut all = Vec::new();
    files(&src, None, &mut all);
    let mut upward = BTreeSet::new();
    for (room, code) in &all {
        if room == "lib" || room == "main" {
            continue;
        }
        let own = floors
            .get(room)
            .unwrap_or_else(|| panic!("{room} is not on the map"));
        for used in named(code).into_iter().filter(|used| used != room) {
            if floors.get(&used).is_some_and(|floor| floor <= own) {
                upward.insert((room.clone(), used));
            }
        }
    }
    assert!(upward.is_empty(), "these go up, from and to: {upward:?}");
}

#[test]
fn what_reads_bytes_of_strangers_knows_neither_units_nor_configuration_nor_store() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut all = Vec::new();
    files(&src, None, &mut all);
    let reading = all.iter().filter(|(room, _)| room == "reading");
    let used: BTreeSet<String> = reading.flat_map(|(_, code)| named(code)).collect();
    assert!(
        used.contains("ground"),
        "the imports were not found: {used:?}"
    );
    for room in ["domain", "config", "store", "matching", "app"] {
        assert!(!used.contains(room), "reading uses {room}");
    }
}

#[test]
fn every_room_is_on_the_map_once_and_every_one_on_the_map_is_there() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let map = fs::read_to_string(src.join("lib.rs")).unwrap();
    let declared: BTreeSet<String> = map
        .lines()
        .filter_map(|l| l.strip_prefix("pub mod ")?.strip_suffix(';'))
        .map(str::to_owned)
        .collect();
    let on_the_map: BTreeSet<String> = floors(&map).into_keys().collect();
    assert!(on_the_map.len() > 20, "the table was not found");
    assert_eq!(declared, on_the_map);
}

#[test]
fn rooms_are_found_in_every_way_of_naming_them() {
    let code = "use crate::store::{Part, Store};\nuse crate::{app, plan::{self, pass}, send};\n let x = crate::clock::now();";
    let found = ["app", "clock", "plan", "send", "store"].map(str::to_owned);
    assert_eq!(named(code), BTreeSet::from(found));
}

/// The sentences that staff, clerks and administrators read, the words that are looked for, and the grammar of them,
/// beside the one file of sentences that a room may have: its `said.rs`.
const SPOKEN: [&str; 49] = [
    "cli/demo/documents.rs",
    "cli/demo/mails.rs",
    "cli/units.rs",
    "commands/decided.rs",
    "commands/effect.rs",
    "commands/inquiry.rs",
    "commands/meaning.rs",
    "commands/words.rs",
    "config/figures.rs",
    "config/kinds.rs",
    "config/official.rs",
    "config/reports.rs",
    "config/settings.rs",
    "config/sheet.rs",
    "consolidation/mod.rs",
    "consolidation/sections.rs",
    "consolidation/tables.rs",
    "correct/refusal.rs",
    "domain/correction.rs",
    "domain/mod.rs",
    "domain/owed.rs",
    "domain/period.rs",
    "domain/report.rs",
    "export.rs",
    "export/figures.rs",
    "find.rs",
    "letters/answer.rs",
    "links/mod.rs",
    "mailbox/imap/show.rs",
    "mailbox/told.rs",
    "matching/genre.rs",
    "matching/items.rs",
    "matching/report.rs",
    "overview.rs",
    "overview/annex.rs",
    "overview/year.rs",
    "reading/attachment/name.rs",
    "reading/document/file_name.rs",
    "reading/document/head.rs",
    "reading/document/mod.rs",
    "reading/legacy.rs",
    "reading/worker/reader.rs",
    "transport/trouble.rs",
    "urge.rs",
    "writing/annex.rs",
    "writing/consolidation.rs",
    "writing/because.rs",
    "writing/paper.rs",
    "writing/why.rs",
];

/// Whether a string literal of some code has a letter with a Vietnamese mark: what is said, or looked for, in that
/// language.
fn speaks(code: &str) -> bool {
    let vietnamese =
        |c: char| c.is_alphabetic() && matches!(c, '\u{c0}'..='\u{24f}' | '\u{1e00}'..='\u{1eff}');
    let mut rest = code;
    loop {
        // What comes first of a literal, a character and a comment hides the others.
        let Some(at) = rest.find(['"', '\'', '/']) else {
            return false;
        };
        let (before, from) = rest.split_at(at);
        rest = match from.as_bytes() {
            [b'/', b'/', ..] => from.find('\n').map_or("", |end| &from[end..]),
            [b'/', ..] => &from[1..],
            [b'\'', b'\\', _, b'\'', ..] => &from[4..],
            [b'\'', ..] => {
                let mut letters = from[1..].char_indices();
                match (letters.next(), letters.next()) {
                    (Some(_), Some((end, '\''))) => &from[1 + end + 1..],
                    _ => &from[1..], // a lifetime, or a letter by its number
                }
            }
            _ => {
                let hashes = before.len() - before.trim_end_matches('#').len();
                let raw = before[..before.len() - hashes].ends_with('r');
                let literal = &from[1..];
                let end = if raw {
                    let close = format!("\"{}", "#".repeat(hashes));
                    literal.find(&close)
                } else {
                    let mut escaped = false;
                    literal.find(|c| {
                        let ends = c == '"' && !escaped;
                        escaped = c == '\\' && !escaped;
                        ends
                    })
                };
                let end = end.unwrap_or(literal.len());
                if literal[..end].contains(vietnamese) {
                    return true;
                }
                literal.get(end + 1..).unwrap_or("")
            }
        };
    }
}

#[test]
fn what_is_said_in_vietnamese_stands_in_templates_and_in_files_of_sentences() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut speaking = BTreeSet::new();
    let mut folders = vec![root.join("src")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs")
                && !path.ends_with("tests.rs")
                && !path.ends_with("said.rs")
            {
                let text = fs::read_to_string(&path).unwrap();
                let code = text.split("\n#[cfg(test)]\nmod ").next().unwrap();
                let code = code.split("\n#[cfg(test)]\npub(").next().unwrap();
                if speaks(code) {
                    let name = path.strip_prefix(root.join("src")).unwrap();
                    speaking.insert(name.to_str().unwrap().to_owned());
                }
            }
        }
    }
    let known: BTreeSet<String> = SPOKEN.map(str::to_owned).into();
    assert_eq!(known.len(), SPOKEN.len());
    let new: Vec<_> = speaking.difference(&known).collect();
    assert!(new.is_empty(), "say something in Vietnamese: {new:#?}");
    let silent: Vec<_> = known.difference(&speaking).collect();
    assert!(
        silent.is_empty(),
        "silent, and still in the list: {silent:?}"
    );
}

#[test]
fn what_is_said_is_told_from_comments_and_letters() {
    for (code, said) in [
        (r#"let a = "Báo cáo";"#, true),
        (r#"let a = "x \" y"; // "báo cáo""#, false),
        (r##"let a = r"\"; let b = "đơn";"##, true),
        (r##"let a = r#"a "quoted" đ"#;"##, true),
        (r#"let a = 'đ'; let b = '"'; let c = "x";"#, false),
        (
            r#"fn f<'a>(x: &'a str) { let b = '\''; let c = "ả"; }"#,
            true,
        ),
        (r#"let a = 4 / 2; let b = "“x” …"; /// "Đơn vị""#, false),
    ] {
        assert_eq!(speaks(code), said, "{code}");
    }
}
