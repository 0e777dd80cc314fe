//! The sentences that are no template of their own: macros of one file, each with the values that it is said with.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::LazyLock;

use minijinja::value::{Kwargs, Value};
use minijinja::{Environment, Error};
use regex::Regex;
use serde::Serialize;

use super::environment;
use crate::config::Config;
use crate::config::source::suggestion;

/// The file of them. What an office's own file lacks is said as the default has it.
pub(super) const SENTENCES: &str = "sentences.txt";

pub(super) const DEFAULT: &str = include_str!("../../config/templates/sentences.txt");

/// A sentence by its name, with the values that it is said with. A template says it: `{{ say(sentence) }}`.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Sentence {
    name: &'static str,
    values: Value,
}

/// A sentence, to be said by a template.
pub(crate) fn sentence(name: &'static str, values: Value) -> Sentence {
    Sentence { name, values }
}

/// Says a sentence.
pub(crate) fn say(config: &Config, name: &'static str, values: Value) -> String {
    let sentence = Value::from_serialize(sentence(name, values));
    said(&environment(&config.folder), &sentence)
        .expect("a test compares each sentence that is said with the file")
}

/// A sentence, as the templates of an environment say it. Where the own file of an office cannot, the default does.
pub(super) fn said(own: &Environment<'_>, sentence: &Value) -> Result<String, Error> {
    let values = sentence.get_attr("values")?;
    let named = values.try_iter()?.map(|key| {
        let value = values.get_item(&key)?;
        Ok((key.to_string(), value))
    });
    let named: Kwargs = named.collect::<Result<_, Error>>()?;
    let (name, named) = (sentence.get_attr("name")?.to_string(), [named.into()]);
    let by = |environment: &Environment<'_>| {
        let file = environment.get_template(SENTENCES)?.render_captured(())?;
        file.state().call_macro(&name, &named)
    };
    by(own).or_else(|_| by(&environment(Path::new(""))))
}

/// The names of the sentences of a file with what each is said with, and the lines where they stand.
fn named(text: &str) -> impl Iterator<Item = (&str, &str, usize)> {
    static MACRO: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"\bmacro\s+(\w+)\s*\(([^)]*)\)").expect("it is constant"));
    MACRO.captures_iter(text).map(|found| {
        let (_, [name, values]) = found.extract();
        let at = found.get_match().start();
        (name, values, text[..at].lines().count())
    })
}

/// Notes the sentences of an office's own file that the default does not have, or says with other values.
pub(super) fn check(own: &str, mut fault: impl FnMut(usize, String)) {
    let known: BTreeMap<&str, &str> = named(DEFAULT).map(|(name, with, _)| (name, with)).collect();
    for (name, values, line) in named(own) {
        match known.get(name) {
            Some(with) if *with == values => {}
            Some(with) => fault(line, format!("the sentence {name} is said with ({with})")),
            None => {
                let hint = suggestion(name, known.keys().copied());
                fault(
                    line,
                    format!("there is no sentence of the name {name}{hint}"),
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;

    use minijinja::context;

    use super::*;
    use crate::writing::tests::sources;

    /// The names of values between the braces that a text begins with: `{ a, b => f(c, d) }`.
    fn keys(text: &str) -> Vec<&str> {
        let (mut depth, mut begins, mut keys) = (0, 1, Vec::new());
        for (i, c) in text.char_indices() {
            depth += match c {
                '{' | '(' | '[' => 1,
                '}' | ')' | ']' => -1,
                _ => 0,
            };
            if depth == 0 || depth == 1 && c == ',' {
                let value = text[begins..i].trim();
                keys.extend(
                    value
                        .split("=>")
                        .next()
                        .map(str::trim)
                        .filter(|k| !k.is_empty()),
                );
                begins = i + 1;
            }
            if depth == 0 {
                return keys;
            }
        }
        panic!("braces that do not end: {text}");
    }

    #[test]
    fn every_sentence_is_said_and_whatever_is_said_is_one_with_its_values() {
        let known: BTreeMap<&str, Vec<&str>> = named(DEFAULT)
            .map(|(name, with, _)| {
                (
                    name,
                    with.split(',').map(str::trim).filter(|w| !w.is_empty()),
                )
            })
            .map(|(name, with)| (name, with.collect()))
            .collect();
        assert_eq!(
            named(DEFAULT).count(),
            known.len(),
            "one stands there twice"
        );
        let mut used = BTreeSet::new();
        let mut code = Vec::new();
        sources(
            &Path::new(env!("CARGO_MANIFEST_DIR")).join("src"),
            &mut code,
        );
        let call = Regex::new(r#"\b(?:say|sentence)\(\s*(?:&?[\w.]+,\s*)?"(\w+)",\s*"#).unwrap();
        for text in &code {
            let text = text.split("\n#[cfg(test)]\nmod ").next().unwrap();
            for found in call.captures_iter(text) {
                let (whole, [name]) = found.extract();
                let rest = &text[found.get_match().end()..];
                let mut with = match rest.strip_prefix("context! ") {
                    Some(values) => keys(values),
                    None => vec![],
                };
                let plain = rest.starts_with("context! ") || rest.starts_with("none)");
                assert!(plain, "the values do not stand there: {whole}");
                let mut wanted = known.get(name).unwrap_or_else(|| panic!("{whole}")).clone();
                with.sort_unstable();
                wanted.sort_unstable();
                assert_eq!(with, wanted, "{name}");
                used.insert(name.to_owned());
            }
        }
        assert!(used.len() > 30, "the calls were not found: {used:?}");
        let import = Regex::new(r#"from "sentences.txt" import ([^%]+?) -?%"#).unwrap();
        let inner = Regex::new(r"\{\{[^}]*?\b(\w+)\(").unwrap();
        for (template, text) in super::super::templates() {
            for found in import.captures_iter(text) {
                for name in found[1].split(',').map(str::trim) {
                    let (name, called) = name.split_once(" as ").unwrap_or((name, name));
                    assert!(known.contains_key(name), "{template} imports {name}");
                    assert!(text.contains(&format!("{called}(")), "{template}: {called}");
                    used.insert(name.to_owned());
                }
            }
            if template == SENTENCES {
                let calls = inner.captures_iter(text).map(|c| c[1].to_owned());
                used.extend(calls.filter(|name| known.contains_key(name.as_str())));
            }
        }
        let known: BTreeSet<String> = known.into_keys().map(str::to_owned).collect();
        assert_eq!(used, known);
        // What a sentence names is among the values that it is said with.
        let environment = environment(Path::new(""));
        let free = environment.get_template(SENTENCES).unwrap();
        let free = free.undeclared_variables(true);
        assert_eq!(free.into_iter().collect::<Vec<_>>(), ["say"]);
    }

    #[test]
    fn an_office_changes_one_sentence_and_keeps_the_others() {
        let folder = tempfile::tempdir().unwrap();
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("config");
        let mut config = Config::load(&source).unwrap();
        config.folder = folder.path().to_owned();
        let own = folder.path().join("templates");
        fs::create_dir(&own).unwrap();
        let queue = || say(&config, "queue", context! { queued => 1, unread => 2 });
        let usual = "Thư chờ gửi: 1; thư chờ đọc: 2.";
        for (text, said, faults) in [
            ("", usual, 0),
            (
                "{% macro queue(queued, unread) %}Chờ: {{ queued }}/{{ unread }}{% endmacro %}",
                "Chờ: 1/2",
                0,
            ),
            (
                "{% macro queue(queued, unread) %}{{ queued | nonsense }}{% endmacro %}",
                usual,
                0,
            ),
            ("{% macro queue(queued, unread) %}{% if %}", usual, 1),
            ("\n{% macro queue(queued) %}{% endmacro %}", usual, 1),
            ("{% macro queues(queued, unread) %}{% endmacro %}", usual, 1),
        ] {
            fs::write(own.join(SENTENCES), text).unwrap();
            assert_eq!(queue(), said, "{text}");
            assert_eq!(
                say(&config, "unit_gone", context! {}),
                "đơn vị không còn trong danh bạ"
            );
            let noted = crate::config::source::Faults::default();
            super::super::check_templates(folder.path(), &noted);
            let noted = noted.into_vec();
            assert_eq!(noted.len(), faults, "{text}: {noted:?}");
            assert!(noted.iter().all(|f| f.line.is_some()), "{noted:?}");
        }
    }

    #[test]
    #[expect(clippy::too_many_lines, reason = "a table of sentences")]
    fn sentences_say_what_is_there_and_leave_out_what_is_not() {
        let config = Config::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("config")).unwrap();
        let (none, refused) = (Value::from(()), sentence("refused", context! {}));
        let to = ["a@x.vn", "b@x.vn"];
        for (name, values, said) in [
            (
                "disk",
                context! { gigabytes => 9 },
                "Dung lượng đĩa còn trống: 9 GB.",
            ),
            (
                "disk",
                context! { gigabytes => 10 },
                "Dung lượng đĩa còn trống: hơn 10 GB.",
            ),
            (
                "paused",
                context! { since => "A", ended => "B", again => none, why => "<i>" },
                "Việc gửi thư đã tạm dừng từ A đến B: <i>",
            ),
            (
                "paused",
                context! { since => "A", ended => none, again => "C", why => "x" },
                "Việc gửi thư đang tạm dừng từ A, sẽ thử lại lúc C: x",
            ),
            (
                "paused",
                context! { since => "A", ended => none, again => none, why => "x" },
                "Việc gửi thư đã tạm dừng từ A: x",
            ),
            (
                "undelivered",
                context! { what => "A", recipients => to, how => refused, error => "550" },
                "A (a@x.vn, b@x.vn): máy chủ từ chối: 550",
            ),
            (
                "undelivered",
                context! { what => "A", recipients => Vec::<String>::new(), how => refused, error => none },
                "A: máy chủ từ chối.",
            ),
            (
                "bounced",
                context! { what => "A", recipients => to, status => "5.1.1", believed => true },
                "A: địa chỉ a@x.vn, b@x.vn (mã 5.1.1)",
            ),
            (
                "straggler",
                context! { u => context! { name => "A", returned => true, unverified => 9 } },
                "A (đã trả lại, có thư số 9 chưa xác minh)",
            ),
            (
                "straggler",
                context! { u => context! { name => "A", missing => "file mềm", returned => true } },
                "A (file mềm)",
            ),
            (
                "straggler",
                context! { u => context! { name => "A", mail => 7, unverified => 9 } },
                "A (thư số 7)",
            ),
            (
                "straggler",
                context! { u => context! { name => "A", unverified => 9 } },
                "A (có thư số 9 chưa xác minh)",
            ),
            ("straggler", context! { u => context! { name => "A" } }, "A"),
            (
                "contact",
                context! { c => context! { address => "a@x.vn", since => "1/6/2026", doubtful => true, whose => ["A", "B"] } },
                "a@x.vn (A; B) có thư bị trả lại ngày 1/6/2026; thư vẫn được gửi đến, nếu ngày khác lại bị trả lại thì thôi dùng địa chỉ này",
            ),
            (
                "contact",
                context! { c => context! { address => "a@x.vn", since => "1/6/2026", status => "5.1.1", whose => ["A"] } },
                "a@x.vn (A) không nhận được thư từ 1/6/2026, mã 5.1.1; đơn vị không còn địa chỉ nào để gửi",
            ),
            (
                "other_mails",
                context! { others => context! { automatic => 2, bulk => 0, duplicate => 0, without_report => 1 } },
                "Ngoài ra: 2 thư trả lời tự động, 1 thư khác không có báo cáo.",
            ),
            (
                "other_mails",
                context! { others => context! { bulk => 0 } },
                "",
            ),
        ] {
            assert_eq!(say(&config, name, values), said, "{name}");
        }
    }
}
