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
