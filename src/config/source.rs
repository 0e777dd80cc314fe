//! Reading TOML key by key, so that every fault is found in one go and is named with file and line.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fmt;
use std::ops::{Range, RangeInclusive};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// One thing that is wrong in the configuration, in words that say what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The file, as the user named its folder.
    pub file: String,
    /// The line, from 1, where one can be named.
    pub line: Option<usize>,
    /// What is wrong and what to do.
    pub what: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{}: {}", self.file, line, self.what),
            None => write!(f, "{}: {}", self.file, self.what),
        }
    }
}

/// The faults found so far in one file.
#[derive(Debug, Default)]
pub struct Faults(RefCell<Vec<Fault>>);

impl Faults {
    /// Notes a fault.
    pub fn add(&self, file: &str, line: Option<usize>, what: impl Into<String>) {
        self.0.borrow_mut().push(Fault {
            file: file.to_owned(),
            line,
            what: what.into(),
        });
    }

    /// All of them, in order.
    pub(crate) fn into_vec(self) -> Vec<Fault> {
        self.0.into_inner()
    }

    /// Whether none was found.
    pub fn is_empty(&self) -> bool {
        self.0.borrow().is_empty()
    }
}

/// A TOML file with its name.
pub struct Document<'t> {
    file: String,
    text: &'t str,
    root: Spanned<DeTable<'t>>,
}

impl<'t> Document<'t> {
    /// Parses a text; a fault of syntax is noted with its line.
    pub fn parse(file: &str, text: &'t str, faults: &Faults) -> Option<Document<'t>> {
        match DeTable::parse(text) {
            Ok(root) => Some(Document {
                file: file.to_owned(),
                text,
                root,
            }),
            Err(e) => {
                let line = e.span().map(|s| line_of(text, s.start));
                faults.add(
                    file,
                    line,
                    format!("this is not valid TOML: {}", e.message()),
                );
                None
            }
        }
    }

    /// The file's top level.
    pub fn root<'a>(&'a self, faults: &'a Faults) -> Section<'a> {
        Section {
            file: &self.file,
            text: self.text,
            name: String::new(),
            table: self.root.get_ref(),
            line: 1,
            seen: RefCell::default(),
            faults,
        }
    }
}

fn line_of(text: &str, offset: usize) -> usize {
    1 + text.as_bytes()[..offset.min(text.len())]
        .iter()
        .filter(|b| **b == b'\n')
        .count()
}

#[cfg(test)]
thread_local! {
    /// The keys that were asked for, with the names of their tables.
    static KNOWN: RefCell<BTreeSet<String>> = RefCell::default();
}

/// The keys that are asked for while something runs, with the names of their tables.
#[cfg(test)]
pub(super) fn known_keys(run: impl FnOnce()) -> BTreeSet<String> {
    KNOWN.take();
    run();
    KNOWN.take()
}

/// A table of a TOML file that remembers which of its keys were asked for.
pub struct Section<'a> {
    file: &'a str,
    text: &'a str,
    name: String,
    table: &'a DeTable<'a>,
    line: usize,
    seen: RefCell<BTreeSet<&'static str>>,
    faults: &'a Faults,
}

impl<'a> Section<'a> {
    /// The line on which this table begins.
    pub fn line(&self) -> usize {
        self.line
    }

    /// Notes a fault at this table's first line.
    pub fn fault(&self, what: impl Into<String>) {
        self.faults.add(self.file, Some(self.line), what);
    }

    /// Notes a fault at a key.
    pub(crate) fn fault_at(&self, key: &'static str, what: impl Into<String>) {
        let line = self
            .table
            .iter()
            .find(|(k, _)| k.get_ref() == key)
            .map_or(self.line, |(_, v)| self.line_at(v.span()));
        self.faults.add(self.file, Some(line), what);
    }

    fn line_at(&self, span: Range<usize>) -> usize {
        line_of(self.text, span.start)
    }

    fn raw(&self, key: &'static str) -> Option<&'a Spanned<DeValue<'a>>> {
        self.seen.borrow_mut().insert(key);
        self.table
            .iter()
            .find(|(k, _)| k.get_ref() == key)
            .map(|(_, v)| v)
    }

    fn full(&self, key: &str) -> String {
        if self.name.is_empty() {
            key.to_owned()
        } else {
            format!("{}.{key}", self.name)
        }
    }

    fn wrong(&self, key: &'static str, wanted: &str) {
        self.fault_at(key, format!("`{}` must be {wanted}", self.full(key)));
    }

    /// A text.
    pub fn text(&self, key: &'static str) -> Option<String> {
        match self.raw(key)?.get_ref() {
            DeValue::String(s) => Some(s.to_string()),
            _ => {
                self.wrong(key, "a text in quotes");
                None
            }
        }
    }

    /// A text that has to be there; `example` is shown where it is not.
    pub fn required(&self, key: &'static str, example: &str) -> Option<String> {
        let there = self.raw(key).is_some();
        let value = self.text(key).filter(|v| !v.trim().is_empty());
        if !there {
            self.fault(format!(
                "`{}` is missing; add for example: {key} = {example:?}",
                self.full(key)
            ));
        } else if value.is_none() {
            self.wrong(
                key,
                &format!("a text that is not empty, such as {example:?}"),
            );
        }
        value
    }

    /// A text that a function turns into a value, or says what is wrong with it.
    pub(crate) fn parsed<T, E: fmt::Display>(
        &self,
        key: &'static str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        let text = self.text(key)?;
        parse(&text)
            .map_err(|e| self.fault_at(key, format!("`{}`: {e}", self.full(key))))
            .ok()
    }

    /// One of several words.
    pub fn choice<T: Copy>(&self, key: &'static str, words: &[(&str, T)]) -> Option<T> {
        let text = self.text(key)?;
        let found = words.iter().find(|(w, _)| *w == text).map(|(_, t)| *t);
        if found.is_none() {
            let all: Vec<String> = words.iter().map(|(w, _)| format!("{w:?}")).collect();
            self.fault_at(
                key,
                format!(
                    "`{}` is {text:?}; it must be one of {}{}",
                    self.full(key),
                    all.join(", "),
                    suggestion(&text, words.iter().map(|(w, _)| *w))
                ),
            );
        }
        found
    }

    /// A whole number within bounds.
    pub fn number(&self, key: &'static str, bounds: RangeInclusive<i64>) -> Option<i64> {
        let value = match self.raw(key)?.get_ref() {
            DeValue::Integer(i) => i64::from_str_radix(i.as_str(), i.radix()).ok(),
            _ => None,
        };
        match value {
            Some(n) if bounds.contains(&n) => Some(n),
            _ => {
                let wanted = format!("a whole number from {} to {}", bounds.start(), bounds.end());
                self.wrong(key, &wanted);
                None
            }
        }
    }

    /// `true` or `false`.
    pub(crate) fn flag(&self, key: &'static str) -> Option<bool> {
        match self.raw(key)?.get_ref() {
            DeValue::Boolean(b) => Some(*b),
            _ => {
                self.wrong(key, "true or false");
                None
            }
        }
    }

    /// One text, or a list of texts.
    pub(crate) fn text_or_texts(&self, key: &'static str) -> Option<Vec<String>> {
        match self.raw(key)?.get_ref() {
            DeValue::String(s) => Some(vec![s.to_string()]),
            _ => self.texts(key),
        }
    }

    /// A list of texts.
    pub fn texts(&self, key: &'static str) -> Option<Vec<String>> {
        let list = self.texts_of_lines(key)?.into_iter();
        Some(list.map(|(_, text)| text).collect())
    }

    /// A list of texts, each with its line.
    pub(crate) fn texts_of_lines(&self, key: &'static str) -> Option<Vec<(usize, String)>> {
        let list = match self.raw(key)?.get_ref() {
            DeValue::Array(items) => items
                .iter()
                .map(|item| match item.get_ref() {
                    DeValue::String(s) => Some((self.line_at(item.span()), s.to_string())),
                    _ => None,
                })
                .collect::<Option<Vec<_>>>(),
            _ => None,
        };
        if list.is_none() {
            self.wrong(key, "a list of texts, such as [\"a\", \"b\"]");
        }
        list
    }

    /// A list of whole numbers within bounds.
    pub fn numbers(&self, key: &'static str, bounds: RangeInclusive<i64>) -> Option<Vec<i64>> {
        let list = match self.raw(key)?.get_ref() {
            DeValue::Array(items) => items
                .iter()
                .map(|item| match item.get_ref() {
                    DeValue::Integer(i) => i64::from_str_radix(i.as_str(), i.radix())
                        .ok()
                        .filter(|n| bounds.contains(n)),
                    _ => None,
                })
                .collect::<Option<Vec<i64>>>(),
            _ => None,
        };
        if list.is_none() {
            let wanted = format!(
                "a list of whole numbers from {} to {}",
                bounds.start(),
                bounds.end()
            );
            self.wrong(key, &wanted);
        }
        list
    }

    /// A table under this one.
    pub fn section(&self, key: &'static str) -> Option<Section<'a>> {
        let value = self.raw(key)?;
        match value.get_ref() {
            DeValue::Table(table) => Some(self.child(key, table, value.span())),
            _ => {
                self.wrong(key, "a table");
                None
            }
        }
    }

    /// A table under this one that has to be there.
    pub(crate) fn required_section(&self, key: &'static str) -> Option<Section<'a>> {
        if self.raw(key).is_none() {
            self.fault(format!("the section [{}] is missing", self.full(key)));
        }
        self.section(key)
    }

    /// The tables of an array of tables (`[[report]]`).
    pub fn sections(&self, key: &'static str) -> Vec<Section<'a>> {
        let Some(value) = self.raw(key) else {
            return Vec::new();
        };
        let tables = match value.get_ref() {
            DeValue::Array(items) => items
                .iter()
                .map(|item| match item.get_ref() {
                    DeValue::Table(t) => Some(self.child(key, t, item.span())),
                    _ => None,
                })
                .collect::<Option<Vec<_>>>(),
            _ => None,
        };
        tables.unwrap_or_else(|| {
            self.wrong(key, &format!("given as [[{key}]] tables"));
            Vec::new()
        })
    }

    fn child(&self, key: &str, table: &'a DeTable<'a>, span: Range<usize>) -> Section<'a> {
        Section {
            file: self.file,
            text: self.text,
            name: self.full(key),
            table,
            line: self.line_at(span),
            seen: RefCell::default(),
            faults: self.faults,
        }
    }

    /// Notes a fault on a line.
    pub(crate) fn fault_on(&self, line: usize, what: impl Into<String>) {
        self.faults.add(self.file, Some(line), what);
    }

    /// The keys that nobody asked for, each with its line.
    pub fn others(&self) -> Vec<(usize, String)> {
        let seen = self.seen.borrow();
        let keys = self.table.iter().map(|(key, _)| key);
        let others = keys.filter(|key| !seen.contains::<str>(key.get_ref()));
        let others = others.map(|key| (self.line_at(key.span()), key.get_ref().to_string()));
        let mut others: Vec<_> = others.collect();
        others.sort();
        others
    }

    /// Names every key that nobody asked for, with the one that was probably meant.
    pub fn finish(self) {
        let seen = self.seen.borrow();
        #[cfg(test)]
        KNOWN.with_borrow_mut(|known| known.extend(seen.iter().map(|key| self.full(key))));
        for (key, _) in self.table {
            let name: &str = key.get_ref();
            if !seen.contains(name) {
                self.faults.add(
                    self.file,
                    Some(self.line_at(key.span())),
                    format!(
                        "unknown key `{}`{}",
                        self.full(name),
                        suggestion(name, seen.iter().copied())
                    ),
                );
            }
        }
    }
}

/// `; did you mean …?` for the nearest word, or nothing.
pub(crate) fn suggestion<'w>(word: &str, known: impl Iterator<Item = &'w str>) -> String {
    known
        .map(|k| (strsim::damerau_levenshtein(word, k), k))
        .filter(|(distance, k)| *distance <= 1 + k.len() / 3)
        .min()
        .map(|(_, k)| format!("; did you mean `{k}`?"))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(text: &str, read: impl Fn(&Section<'_>)) -> Vec<String> {
        let faults = Faults::default();
        if let Some(doc) = Document::parse("x.toml", text, &faults) {
            let root = doc.root(&faults);
            read(&root);
            root.finish();
        }
        faults.into_vec().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn every_fault_is_named_with_its_line_at_once() {
        let found = faults(
            "name = 3\nport = 99999\nfoldres = []\nkind = \"impa\"\n",
            |s| {
                s.required("name", "Ban");
                s.required("user", "a@b");
                s.number("port", 1..=65535);
                s.texts("folders");
                s.choice("kind", &[("imap", 1), ("maildir", 2)]);
            },
        );
        insta::assert_snapshot!(found.join("\n"), @r#"
        x.toml:1: `name` must be a text in quotes
        x.toml:1: `name` must be a text that is not empty, such as "Ban"
        x.toml:1: `user` is missing; add for example: user = "a@b"
        x.toml:2: `port` must be a whole number from 1 to 65535
        x.toml:4: `kind` is "impa"; it must be one of "imap", "maildir"; did you mean `imap`?
        x.toml:3: unknown key `foldres`; did you mean `folders`?
        "#);
    }

    #[test]
    fn a_fault_of_syntax_has_its_line() {
        let found = faults("a = 1\nb = = 2\n", |_| {});
        assert_eq!(found.len(), 1);
        assert!(
            found[0].starts_with("x.toml:2: this is not valid TOML"),
            "{}",
            found[0]
        );
    }
}
