use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::*;
use crate::ground::text::{fold, tidy};

/// Lists of what is not looked for in folded texts.
const AS_WRITTEN: [&str; 5] = ["cloud_hosts", "no_answers", "mailers", "short", "name"];

/// Sets of words with their marks.
const MARKED: [&str; 23] = [
    "beside_verb",
    "because",
    "unsure",
    "of_a_report",
    "excepts",
    "beside_day",
    "after_a_unit",
    "joins",
    "conditions",
    "remember",
    "not",
    "therefore",
    "thanks",
    "yes",
    "before_yes",
    "beside_yes",
    "asks_whether",
    "doubt",
    "no",
    "no_answer",
    "verbs",
    "inquiries",
    "before_an_inquiry",
];

/// All lists of words of a file, each with its key.
fn lists(key: &str, value: &toml::Value, found: &mut Vec<(String, Vec<String>)>) {
    match value {
        toml::Value::Table(table) => {
            // What stands in a group of a set is of that set.
            let name = |k: &str| {
                if k == "words" {
                    key.to_owned()
                } else {
                    k.to_owned()
                }
            };
            table.iter().for_each(|(k, v)| lists(&name(k), v, found));
        }
        toml::Value::Array(values) if values.iter().all(toml::Value::is_str) => {
            let words = values.iter().filter_map(|v| v.as_str());
            found.push((key.to_owned(), words.map(str::to_owned).collect()));
        }
        toml::Value::Array(values) => values.iter().for_each(|v| lists(key, v, found)),
        _ => {}
    }
}

fn all_lists() -> Vec<(String, Vec<String>)> {
    let mut found = Vec::new();
    for file in [VI, MAIL] {
        lists("", &file.parse::<toml::Table>().unwrap().into(), &mut found);
    }
    assert!(found.len() > 60, "the sets were not found: {found:?}");
    found
}

/// The code of a folder, without this room.
fn code(folder: &Path, all: &mut String) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.ends_with("words") {
            code(&path, all);
        } else if path.extension().is_some_and(|e| e == "rs") {
            *all += &fs::read_to_string(&path).unwrap();
        }
    }
}

#[test]
fn every_set_is_there_and_used_by_code() {
    // That each set of the types stands in the files, and no other, the types say.
    let (_, _) = (vi(), mail());
    let mut all = String::new();
    code(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut all);
    // The matcher asks for the sets that are open to offices by this list.
    all += include_str!("office.rs");
    let all: String = all.split_whitespace().collect();
    let mut unused = BTreeSet::new();
    for (by, file) in [("vi()", VI), ("mail()", MAIL)] {
        for set in file.parse::<toml::Table>().unwrap().keys() {
            let named = format!("{by}.{set}");
            let ends = |rest: &str| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_');
            let mut places = all.match_indices(&named);
            if !places.any(|(at, _)| ends(&all[at + named.len()..])) {
                unused.insert(set.clone());
            }
        }
    }
    assert!(unused.is_empty(), "no code names these sets: {unused:?}");
}

#[test]
fn the_sets_that_are_open_to_offices_say_so_and_no_other_does() {
    let mut says = BTreeSet::new();
    for file in [VI, MAIL] {
        let lines = file.lines().filter(|l| !l.is_empty());
        let lines: Vec<&str> = lines.collect();
        for pair in lines.windows(2) {
            let is_set = !pair[1].starts_with('#');
            if is_set && pair[0].starts_with("# ") && pair[0].ends_with("An office may add some.") {
                says.insert(pair[1].trim_matches(['[', ']']).split(' ').next().unwrap());
            }
        }
    }
    let lists = OpenSet::LISTS.map(|(name, _)| name);
    assert_eq!(
        says,
        BTreeSet::from_iter(lists.into_iter().chain(["not_yet"]))
    );
}

#[test]
fn ordinary_reports_have_no_word_that_makes_mails_wait() {
    let trial = Trial::new(
        &["Báo cáo công tác trẻ em"],
        ["LĐLĐ huyện Tuy An"].into_iter(),
    );
    let not_yet = vi().not_yet.iter().map(|e| OpenSet::NotYet(&e.what));
    let sets = OpenSet::LISTS
        .map(|(_, set)| set)
        .into_iter()
        .chain(not_yet);
    for set in sets {
        for word in set.built_in().words() {
            assert_eq!(trial.made_wrong(set, word), None, "{set:?}: {word}");
        }
    }
    let wrong = |set, word| trial.made_wrong(set, word);
    assert!(wrong(OpenSet::OtherMatters, "tre em").is_some());
    assert!(wrong(OpenSet::AsksForTime, "xin gui").is_some());
    assert_eq!(
        wrong(OpenSet::UpperBodies, "ldld"),
        Some("LĐLĐ huyện Tuy An")
    );
    assert_eq!(wrong(OpenSet::UpperBodies, "huyen tuy an"), None);
}

#[test]
fn every_set_has_a_comment_on_what_it_is_for() {
    for file in [VI, MAIL] {
        let lines: Vec<&str> = file.lines().collect();
        for set in file.parse::<toml::Table>().unwrap().keys() {
            let begins = [
                format!("{set} = "),
                format!("[{set}]"),
                format!("[[{set}]]"),
            ];
            let is_it = |line: &&str| begins.iter().any(|b| line.starts_with(b));
            let at = lines.iter().position(is_it).unwrap();
            assert!(lines[at - 1].starts_with("# "), "{set} says nothing");
        }
    }
}

#[test]
fn no_set_has_a_word_twice_and_each_word_is_folded_as_it_is_looked_for() {
    for (set, words) in all_lists() {
        let once: BTreeSet<&String> = words.iter().collect();
        assert_eq!(once.len(), words.len(), "{set} has a word twice");
        for word in &words {
            if AS_WRITTEN.contains(&set.as_str()) {
                assert_eq!(tidy(word), *word, "{set}");
                continue;
            }
            if MARKED.contains(&set.as_str()) {
                let words = word.split(' ');
                let words = words.map(|w| w.strip_suffix(marked::WITH_MARKS).unwrap_or(w));
                assert!(words.clone().all(|w| !w.is_empty()), "{set}: {word:?}");
                for word in words {
                    assert_eq!(tidy(word).to_lowercase(), word, "{set}");
                    assert!(word.chars().all(char::is_alphanumeric), "{set}: {word:?}");
                }
                continue;
            }
            let whole = word.strip_suffix(finder::GOES_ON).unwrap_or(word);
            let parts: Vec<String> = whole.split(GAP).map(fold).collect();
            assert_eq!(parts.join(" … "), whole, "{set}");
            assert!(parts.iter().all(|p| !p.is_empty()), "{set}: {word:?}");
        }
    }
}

#[test]
fn a_form_stands_for_one_thing_and_what_it_becomes_stays() {
    let forms = &vi().forms;
    let mut long: Vec<&str> = forms.values().flatten().map(String::as_str).collect();
    long.extend(vi().left_out.words());
    let once: BTreeSet<&&str> = long.iter().collect();
    assert_eq!(
        once.len(),
        long.len(),
        "one of {long:?} stands for two things"
    );
    let finder = Finder::new(&long);
    for short in forms.keys() {
        assert_eq!(fold(short), *short);
        assert_eq!(finder.find(short), [], "{short} becomes something else");
    }
}

#[test]
fn a_set_is_asked_in_several_ways() {
    let set = Set::from(["cam on", "on anh", "anh*"].map(str::to_owned).to_vec());
    assert!(set.make_up("cam on anh") && set.make_up(""));
    assert!(
        !set.make_up("cam on cac anh") && !set.make_up("cam on ai") && !set.make_up("ai cam on")
    );
    assert!(set.begins("cam on ban") && !set.begins("xin cam on"));
    assert!(set.stands_in("xin cam on") && !set.stands_in("xin cam onn"));
    assert!(set.is_part_of("xin cam onn") && set.stands_in("anhh"));
    assert!(set.ends("xin cam on") && !set.ends("cam on") && !set.ends("cam on ai"));
    assert_eq!(set.strip("cam on ai"), Some("ai"));
    assert_eq!(set.strip("cam on"), None);
    assert!(set.contains("cam on") && !set.contains("cam"));
}

#[test]
fn forms_are_replaced_until_none_is_left() {
    let forms = Forms::new([("cong doan", "cd"), ("cd gd", "cd giao duc"), ("cty", "")]);
    assert_eq!(forms.replaced("cty cong doan gd cty"), "cd giao duc");
    assert_eq!(forms.replaced("ban"), "ban");
    // Never an end: it stops all the same.
    assert!(Forms::new([("a", "a a")]).replaced("a").len() > 1);
}
