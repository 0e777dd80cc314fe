//! `words.toml`: words of an office besides those that are built in, in the sets that are open to it. They can make a mail
//! wait, and are tried on what units ordinarily write: that must not wait.

use std::collections::BTreeMap;

use super::source::{Document, Faults, Section, suggestion};
use crate::domain::report::Report;
use crate::domain::unit::Register;
use crate::ground::text::fold;
use crate::words::{Added, GAP, OpenSet, Trial, is_built_in, vi};

/// The words of a file, with all that is wrong with them.
pub(super) fn parse(
    file: &str,
    text: &str,
    reports: &[Report],
    register: Option<&Register>,
    faults: &Faults,
) -> Vec<Added> {
    let Some(document) = Document::parse(file, text, faults) else {
        return Vec::new();
    };
    let titles: Vec<&str> = reports.iter().map(|r| r.title.as_str()).collect();
    let units = register.iter().flat_map(|r| &r.units);
    let names = units.flat_map(|u| [&u.name, &u.short_name].into_iter().chain(&u.aliases));
    let mut words = Words {
        trial: Trial::new(&titles, names.map(String::as_str)),
        added: Vec::new(),
        lines: BTreeMap::new(),
    };
    let root = document.root(faults);
    for (name, set) in OpenSet::LISTS {
        words.add(&root, name, name, set);
    }
    let entries: Vec<(&str, OpenSet)> = vi()
        .not_yet
        .iter()
        .map(|e| (e.what.as_str(), OpenSet::NotYet(&e.what)))
        .collect();
    for entry in root.sections("not_yet") {
        let there = entry.required("what", &vi().not_yet[0].what).is_some();
        match entry.choice("what", &entries).filter(|_| there) {
            Some(set) => words.add(&entry, "words", "not_yet", set),
            None => drop(entry.texts("words")),
        }
        entry.finish();
    }
    for (line, key) in root.others() {
        let open: Vec<&str> = OpenSet::LISTS.map(|(name, _)| name).to_vec();
        let open = [open.as_slice(), &["not_yet"]].concat();
        let why = match is_built_in(&key) {
            true => "is not open to offices: a word more in it could make a mail be logged or be put aside".to_owned(),
            false => format!("is no set{}", suggestion(&key, open.iter().copied())),
        };
        let open = open.join(", ");
        root.fault_on(line, format!("`{key}` {why} (open are {open})"));
    }
    words.added
}

struct Words {
    trial: Trial,
    added: Vec<Added>,
    /// On which line each stands.
    lines: BTreeMap<String, usize>,
}

impl Words {
    /// Adds the words of a list without faults.
    fn add(&mut self, section: &Section<'_>, key: &'static str, name: &str, set: OpenSet) {
        for (line, written) in section.texts_of_lines(key).unwrap_or_default() {
            let parts: Vec<String> = written.split(GAP).map(fold).collect();
            let word = parts.join(&format!(" {GAP} "));
            let added = Added { set, word };
            let place = format!("{added:?}");
            let wrong = if parts.iter().any(String::is_empty) {
                Some("has no letters; write a word or a phrase".to_owned())
            } else if set.built_in().contains(&added.word) {
                Some("is built in; take it out".to_owned())
            } else if let Some(first) = self.lines.get(&place) {
                Some(format!("stands on line {first} already; take it out"))
            } else {
                let case = self.trial.made_wrong(set, &added.word);
                case.map(|case| {
                    format!("would make an ordinary report wait: {case:?}; take a longer phrase")
                })
            };
            match wrong {
                Some(what) => section.fault_on(line, format!("`{name}`: {written:?} {what}")),
                None => {
                    self.lines.insert(place, line);
                    self.added.push(added);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    /// The words of a text for the office of the sample, and its faults.
    fn read(text: &str) -> (Vec<Added>, String) {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("config");
        let config = Config::load(&folder).unwrap();
        let faults = Faults::default();
        let register = Some(&config.register);
        let added = parse("words.toml", text, &config.reports, register, &faults);
        let faults: Vec<String> = faults.into_vec().iter().map(ToString::to_string).collect();
        (added, faults.join("\n"))
    }

    #[test]
    fn words_are_added_to_the_sets_that_are_open() {
        let (added, faults) = read(concat!(
            "other_matters = [\"Phòng cháy\"]\nasks_for_time = [\"đang chờ … ký\"]\nupper_bodies = [\"Đảng ủy khối\"]\n",
            "[[not_yet]]\nwhat = \"dự thảo\"\nwords = [\"bản thô\"]\n",
        ));
        let words: Vec<&str> = added.iter().map(|a| a.word.as_str()).collect();
        assert_eq!(
            words,
            ["phong chay", "dang cho … ky", "dang uy khoi", "ban tho"]
        );
        assert_eq!(
            (added[3].set, faults),
            (OpenSet::NotYet("dự thảo"), String::new())
        );
    }

    #[test]
    fn a_configuration_with_a_wrong_word_is_refused() {
        let sample = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("config");
        let folder = tempfile::tempdir().unwrap();
        for file in [
            "thubaocao.toml",
            "units.csv",
            "reports.toml",
            "holidays.toml",
            "words.toml",
        ] {
            std::fs::copy(sample.join(file), folder.path().join(file)).unwrap();
        }
        assert_eq!(Config::load(folder.path()).unwrap().words, []);
        let path = folder.path().join("words.toml");
        std::fs::write(&path, "\nother_matters = [\"nữ công\"]\n").unwrap();
        let faults = Config::load(folder.path()).unwrap_err();
        let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
        assert_eq!(faults.len(), 1, "{faults:?}");
        assert!(
            faults[0].contains("words.toml:2: `other_matters`: \"nữ công\" would make"),
            "{faults:?}"
        );
    }

    #[test]
    fn each_fault_of_a_word_is_named_with_its_line() {
        let (added, faults) = read(concat!(
            "other_matters = [\n    \"trẻ em\",\n    \"tập huấn\",\n    \"--\",\n    \"phòng cháy\",\n    \"Phòng  cháy\",\n]\n",
            "upper_bodies = [\"liên đoàn lao động\"]\nasks_for_time = [\"xin gửi\"]\n",
            "left_out = [\"tổ\"]\nother_maters = []\ncloud_hosts = []\n",
            "[[not_yet]]\nwhat = \"nháp\"\n[[not_yet]]\nwords = [\"x\"]\n[[not_yet]]\nwhat = \"mẫu\"\nwords = [\"báo cáo\"]\nword = []\n",
        ));
        assert_eq!(added.len(), 1, "{added:?}");
        insta::assert_snapshot!(faults, @r#"
        words.toml:2: `other_matters`: "trẻ em" would make an ordinary report wait: "Báo cáo kết quả công tác chăm sóc, giáo dục và bảo vệ trẻ em"; take a longer phrase
        words.toml:3: `other_matters`: "tập huấn" is built in; take it out
        words.toml:4: `other_matters`: "--" has no letters; write a word or a phrase
        words.toml:6: `other_matters`: "Phòng  cháy" stands on line 5 already; take it out
        words.toml:9: `asks_for_time`: "xin gửi" would make an ordinary report wait: "Kính gửi: Ban Chính sách pháp luật; đơn vị xin gửi báo cáo, file mềm và văn bản ký, đóng dấu."; take a longer phrase
        words.toml:8: `upper_bodies`: "liên đoàn lao động" would make an ordinary report wait: "Liên đoàn Lao động huyện"; take a longer phrase
        words.toml:14: `not_yet.what` is "nháp"; it must be one of "dự thảo", "văn bản góp ý", "đề cương", "mẫu", "đề nghị gia hạn", "văn bản đôn đốc", "bản đăng ký", "giấy mời", "tài liệu hội nghị"
        words.toml:15: `not_yet.what` is missing; add for example: what = "dự thảo"
        words.toml:19: `not_yet`: "báo cáo" would make an ordinary report wait: "Báo cáo kết quả công tác chăm sóc, giáo dục và bảo vệ trẻ em"; take a longer phrase
        words.toml:20: unknown key `not_yet.word`; did you mean `words`?
        words.toml:10: `left_out` is not open to offices: a word more in it could make a mail be logged or be put aside (open are other_matters, asks_for_time, upper_bodies, not_yet)
        words.toml:11: `other_maters` is no set; did you mean `other_matters`? (open are other_matters, asks_for_time, upper_bodies, not_yet)
        words.toml:12: `cloud_hosts` is not open to offices: a word more in it could make a mail be logged or be put aside (open are other_matters, asks_for_time, upper_bodies, not_yet)
        "#);
    }
}
