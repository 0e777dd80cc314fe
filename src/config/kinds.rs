//! `[[kind]]`: what units there are. A reform of the levels changes the configuration, not the program.

use std::sync::Arc;

use super::source::{Document, Faults, Section, suggestion};
use crate::domain::unit::{Kind, Level};
use crate::ground::text::fold;
use crate::words::vi;

const BUILT_IN: &str = include_str!("kinds.toml");
const LEVELS: [(&str, Level); 4] = [
    ("province", Level::Province),
    ("area", Level::Area),
    ("branch", Level::Branch),
    ("grassroots", Level::Grassroots),
];

/// The kinds that need no word of the office.
pub(super) fn built_in() -> Vec<Arc<Kind>> {
    let mut kinds = Vec::new();
    let faults = Faults::default();
    let document = Document::parse("kinds.toml", BUILT_IN, &faults).expect("it was tested");
    add(&mut kinds, &document.root(&faults));
    kinds
}

/// The kinds of an office besides the built-in ones, or in their places; those with faults are named and left out.
pub(super) fn parse(root: &Section<'_>) -> Vec<Arc<Kind>> {
    let mut kinds = built_in();
    add(&mut kinds, root);
    kinds
}

/// The kind of an id.
///
/// # Errors
/// Which there are, and which one was probably meant.
pub(super) fn find(kinds: &[Arc<Kind>], word: &str) -> Result<Arc<Kind>, String> {
    let ids = || kinds.iter().map(|k| k.id.as_str());
    kinds.iter().find(|k| k.id == word).cloned().ok_or_else(|| {
        let known: Vec<&str> = ids().collect();
        let meant = suggestion(word, ids());
        format!(
            "{}, or a [[kind]] of thubaocao.toml{meant}",
            known.join(", ")
        )
    })
}

fn add(kinds: &mut Vec<Arc<Kind>>, root: &Section<'_>) {
    let mut own: Vec<String> = Vec::new();
    for s in root.sections("kind") {
        let (id, name) = (
            s.required("id", "special_zone"),
            s.required("name", "Công đoàn đặc khu"),
        );
        let level = s.choice("level", &LEVELS);
        if s.text("level").is_none() {
            s.fault("`kind.level` is missing; add for example: level = \"area\"");
        }
        let short = s.texts("short").unwrap_or_default();
        let (Some(id), Some(name), Some(level)) = (id, name, level) else {
            s.finish();
            continue;
        };
        let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_".contains(&b);
        if !id.bytes().all(allowed) || id == "grassroots_direct" {
            s.fault_at("id", format!("`kind.id` {id:?} must be small letters without marks, digits, - and _, and not grassroots_direct"));
        }
        if own.contains(&id) {
            s.fault_at(
                "id",
                format!("there is a [[kind]] {id:?} above already; give this one another id"),
            );
        }
        kinds.retain(|k| k.id != id);
        for form in &short {
            if !calls_a_union(&fold(form)) {
                s.fault_at("short", format!("`kind.short`: {form:?} does not begin as unions are called (CĐ, LĐLĐ, CĐCS): with it a place alone would be taken for a unit"));
            }
        }
        let forms = |name: &str, short: &[String]| -> Vec<String> {
            short
                .iter()
                .map(String::as_str)
                .chain([name])
                .map(fold)
                .collect()
        };
        let same = |k: &&Arc<Kind>| {
            let others = forms(&k.name, &k.short);
            forms(&name, &short).iter().any(|f| others.contains(f))
        };
        if let Some(other) = kinds.iter().find(same) {
            s.fault(format!("the kind {id:?} is called like {:?}; two kinds need names and short forms of their own", other.id));
        }
        own.push(id.clone());
        kinds.push(Arc::new(Kind {
            id,
            name,
            level,
            short,
        }));
        s.finish();
    }
}

/// Whether a folded form begins as unions are called.
fn calls_a_union(form: &str) -> bool {
    let begins = |word: &str| form.starts_with(word);
    let mut unions = vi().unions.words();
    unions.any(|w| {
        begins(w)
            || vi()
                .forms
                .get(w)
                .is_some_and(|long| long.iter().any(|l| begins(l)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(text: &str) -> (Vec<Arc<Kind>>, Vec<String>) {
        let faults = Faults::default();
        let document = Document::parse("thubaocao.toml", text, &faults).unwrap();
        let kinds = parse(&document.root(&faults));
        drop(document);
        let faults = faults.into_vec();
        (kinds, faults.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn what_is_built_in_has_no_fault() {
        let (kinds, wrong) = faults("");
        let (again, twice) = faults(BUILT_IN);
        assert_eq!((kinds.len(), wrong.len(), twice), (7, 0, vec![]));
        assert_eq!(kinds, again);
    }

    #[test]
    fn each_fault_of_a_kind_is_named_with_its_line() {
        let (_, wrong) = faults(concat!(
            "[[kind]]\nid = \"zone\"\nname = \"Công đoàn đặc khu\"\nlevel = \"aera\"\n",
            "[[kind]]\nid = \"Đặc khu\"\nname = \"Công đoàn đặc khu\"\nlevel = \"area\"\nshort = [\"đặc khu\"]\n",
            "[[kind]]\nid = \"x\"\nname = \"Công đoàn X\"\nlevel = \"area\"\nshort = [\"CĐ P\"]\nshrot = []\n",
            "[[kind]]\nid = \"y\"\n",
        ));
        insta::assert_snapshot!(wrong.join("\n"), @r#"
        thubaocao.toml:4: `kind.level` is "aera"; it must be one of "province", "area", "branch", "grassroots"; did you mean `area`?
        thubaocao.toml:6: `kind.id` "Đặc khu" must be small letters without marks, digits, - and _, and not grassroots_direct
        thubaocao.toml:9: `kind.short`: "đặc khu" does not begin as unions are called (CĐ, LĐLĐ, CĐCS): with it a place alone would be taken for a unit
        thubaocao.toml:10: the kind "x" is called like "ward"; two kinds need names and short forms of their own
        thubaocao.toml:15: unknown key `kind.shrot`; did you mean `short`?
        thubaocao.toml:16: `kind.name` is missing; add for example: name = "Công đoàn đặc khu"
        thubaocao.toml:16: `kind.level` is missing; add for example: level = "area"
        "#);
    }
}
