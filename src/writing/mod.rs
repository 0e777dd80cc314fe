//! Mails out of templates. Pure: values in, a [`Draft`] out.
//!
//! The defaults lie in `config/templates` and are compiled in; a file of the same name in the configuration
//! folder's `templates` takes their place.

mod alarm;
pub mod annex;
mod because;
pub(crate) mod consolidation;
mod paper;
mod sentences;
pub mod spreadsheet;
mod unlinked;
pub(crate) mod urging;
mod why;
mod word;

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, Result};
use jiff::Timestamp;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Attachment, Body, Mailbox, MultiPart, SinglePart};
use minijinja::{AutoEscape, Environment, State, Value};
use serde::Serialize;

pub use alarm::{AlarmNews, alarm};
pub use because::because_in_english;
pub(crate) use sentences::{Sentence, say, sentence};
pub use unlinked::{of_a_stranger, unlinked};
pub use why::{doubt_in_vietnamese, why_in_vietnamese, whys_in_vietnamese};

use crate::config::Fault;
use crate::config::source::{Faults, suggestion};
use crate::config::{Config, Department};
use crate::domain::owed::Kind;
use sentences::SENTENCES;

/// The templates that are no kind's of their own: each is a part of others, or of no mail of the outbox.
const OTHERS: [(&str, &str); 7] = [
    (SENTENCES, sentences::DEFAULT),
    (
        "alarm.txt",
        include_str!("../../config/templates/alarm.txt"),
    ),
    ("also.txt", include_str!("../../config/templates/also.txt")),
    (
        "letter.html",
        include_str!("../../config/templates/letter.html"),
    ),
    (
        "inquiry_answer.html",
        include_str!("../../config/templates/inquiry_answer.html"),
    ),
    (
        "digest.html",
        include_str!("../../config/templates/digest.html"),
    ),
    (
        "page.html",
        include_str!("../../config/templates/page.html"),
    ),
];

/// Every template with its default: that of each kind of mail, and the others.
fn templates() -> impl Iterator<Item = (String, &'static str)> {
    let kinds = Kind::ALL.map(|kind| (text_template(kind), kind.template()));
    let others = OTHERS.map(|(name, text)| (name.to_owned(), text));
    kinds.into_iter().chain(others)
}

/// The name of the text template of a kind of mail.
fn text_template(kind: Kind) -> String {
    format!("{}.txt", kind.word())
}

/// A mail, ready to become bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// What it is.
    pub kind: Kind,
    /// To whom, addresses.
    pub to: Vec<String>,
    /// With a copy to whom, addresses.
    pub cc: Vec<String>,
    /// Subject.
    pub subject: String,
    /// Plain text.
    pub text: String,
    /// The same as HTML.
    pub html: String,
    /// The thread that it answers, oldest first, without brackets.
    pub thread: Vec<String>,
    /// Files that go along.
    pub enclosures: Vec<Enclosure>,
}

/// A file that goes along with a mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enclosure {
    /// Its name.
    pub name: String,
    /// Its content.
    pub content: Vec<u8>,
}

impl Enclosure {
    fn part(&self) -> Result<SinglePart> {
        let kind = match self.name.rsplit_once('.').map(|(_, e)| e) {
            Some("html") => "text/html; charset=utf-8",
            Some("pdf") => "application/pdf",
            Some("xlsx") => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Some("docx") => {
                "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
            }
            _ => "application/octet-stream",
        };
        let kind = ContentType::parse(kind)?;
        let attachment = Attachment::new(self.name.clone());
        Ok(attachment.body(Body::new(self.content.clone()), kind))
    }
}

impl Draft {
    /// Everybody who gets it.
    pub fn recipients(&self) -> Vec<String> {
        self.to.iter().chain(&self.cc).cloned().collect()
    }

    /// The bytes of the mail (RFC 5322), marked as automatic (RFC 3834).
    ///
    /// # Errors
    /// When an address is none.
    pub(crate) fn to_bytes(
        &self,
        department: &Department,
        from: &str,
        message_id: &str,
        now: Timestamp,
    ) -> Result<Vec<u8>> {
        let mailbox = |address: &str| -> Result<Mailbox> {
            let address = address
                .parse()
                .with_context(|| format!("{address:?} is no mail address"))?;
            Ok(Mailbox::new(None, address))
        };
        let mut from = mailbox(from)?;
        from.name = Some(department.name.clone());
        let mut builder = lettre::Message::builder()
            .from(from)
            .subject(crate::ground::text::tidy(&self.subject))
            .date(now.into())
            .message_id(Some(format!("<{message_id}>")));
        for to in &self.to {
            builder = builder.to(mailbox(to)?);
        }
        for cc in &self.cc {
            builder = builder.cc(mailbox(cc)?);
        }
        if let Some(last) = self.thread.last() {
            let all: Vec<String> = self.thread.iter().map(|id| format!("<{id}>")).collect();
            builder = builder
                .in_reply_to(format!("<{last}>"))
                .references(all.join(" "));
        }
        let auto = if self.kind.is_answer() {
            "auto-replied"
        } else {
            "auto-generated"
        };
        builder = builder
            .raw_header(header("Auto-Submitted", auto))
            .raw_header(header("X-Auto-Response-Suppress", "All"));
        let letter = MultiPart::alternative()
            .singlepart(SinglePart::plain(self.text.clone()))
            .singlepart(SinglePart::html(self.html.clone()));
        let body = if self.enclosures.is_empty() {
            letter
        } else {
            let mut all = MultiPart::mixed().multipart(letter);
            for file in &self.enclosures {
                all = all.singlepart(file.part()?);
            }
            all
        };
        Ok(builder.multipart(body)?.formatted())
    }
}

fn header(name: &'static str, value: &str) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned())
}

/// The templates of a configuration folder over the defaults.
fn environment(folder: &Path) -> Environment<'static> {
    let mut environment = Environment::new();
    let own = folder.join("templates");
    environment.set_loader(move |name| {
        let default = templates().find(|(n, _)| *n == name);
        let default = default.map(|(_, text)| text.to_owned());
        Ok(match std::fs::read_to_string(own.join(name)) {
            // Of sentences an office keeps those only that it changes: the last one of a name counts.
            Ok(own) if name == SENTENCES => Some(sentences::DEFAULT.to_owned() + &own),
            Ok(own) => Some(own),
            Err(_) => default,
        })
    });
    environment.add_function("say", |state: &State<'_, '_>, sentence: Value| {
        sentences::said(state.env(), &sentence)
    });
    environment.set_auto_escape_callback(|name| {
        if name.ends_with(".html") {
            AutoEscape::Html
        } else {
            AutoEscape::None
        }
    });
    environment.set_trim_blocks(false);
    environment
}

/// Reads a configuration folder with its templates.
///
/// # Errors
/// All faults of all files, those of templates last.
pub fn load(folder: &Path) -> Result<Config, Vec<Fault>> {
    Config::load_and(folder, check_templates)
}

/// Notes what is wrong with the templates of a configuration folder.
fn check_templates(folder: &Path, faults: &Faults) {
    let own = folder.join("templates");
    let Ok(entries) = std::fs::read_dir(&own) else {
        return; // no folder: the defaults hold
    };
    let environment = environment(folder);
    let known = known_variables();
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let file = entry.path().display().to_string();
        let names: Vec<String> = templates().map(|(name, _)| name).collect();
        if !names.contains(&name) {
            let hint = suggestion(&name, names.iter().map(String::as_str));
            faults.add(
                &file,
                None,
                format!("there is no template of this name{hint}"),
            );
            continue;
        }
        let Ok(text) = std::fs::read_to_string(entry.path()) else {
            faults.add(&file, None, "the template cannot be read");
            continue;
        };
        if name == SENTENCES {
            sentences::check(&text, |line, what| faults.add(&file, Some(line), what));
        }
        match environment.template_from_named_str(&name, &text) {
            Err(e) => {
                let what = e
                    .detail()
                    .map_or_else(|| e.kind().to_string(), str::to_owned);
                faults.add(&file, e.line(), format!("the template is broken: {what}"));
            }
            Ok(template) => {
                let unknown = template.undeclared_variables(true);
                for name in unknown.iter().filter(|v| !known.contains(*v)) {
                    let hint = suggestion(name, known.iter().map(String::as_str));
                    faults.add(
                        &file,
                        None,
                        format!("the template names {name}, which no mail knows{hint}"),
                    );
                }
            }
        }
    }
}

/// Every variable that the templates of the program name.
fn known_variables() -> BTreeSet<String> {
    let environment = environment(Path::new(""));
    let of = |name: &str| {
        let template = environment.get_template(name);
        template.map_or_else(|_| Default::default(), |t| t.undeclared_variables(true))
    };
    templates().flat_map(|(name, _)| of(&name)).collect()
}

/// Renders the text template of a kind of mail, whose first line is the subject.
pub(crate) fn render_text(
    config: &Config,
    kind: Kind,
    values: impl Serialize,
) -> Result<(String, String)> {
    let text = render(config, &text_template(kind), values)?;
    let (subject, body) = text.split_once('\n').unwrap_or((text.as_str(), ""));
    Ok((subject.trim().to_owned(), body.trim().to_owned() + "\n"))
}

pub(crate) fn render(config: &Config, name: &str, values: impl Serialize) -> Result<String> {
    environment(&config.folder)
        .get_template(name)
        .and_then(|t| t.render(values))
        .with_context(|| format!("cannot render the template {name}"))
}

/// The department as templates see it.
#[derive(Serialize)]
pub(crate) struct DepartmentView<'a> {
    name: &'a str,
    federation: &'a str,
    contact: &'a str,
}

impl<'a> From<&'a Department> for DepartmentView<'a> {
    fn from(d: &'a Department) -> Self {
        DepartmentView {
            name: &d.name,
            federation: &d.federation,
            contact: &d.contact,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn every_kind_of_mail_has_its_template_every_file_is_one_and_every_one_is_used() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let folder = root.join("config/templates");
        let entries = fs::read_dir(&folder).unwrap();
        let files = entries.map(|e| e.unwrap().file_name().into_string().unwrap());
        let files: BTreeSet<String> = files.collect();
        let names: Vec<String> = templates().map(|(name, _)| name).collect();
        let listed: BTreeSet<String> = names.iter().cloned().collect();
        assert_eq!(listed.len(), names.len(), "one of them stands there twice");
        assert_eq!(files, listed);
        // Two words may not be confused: what a kind renders is the file of its own word.
        for (name, text) in templates() {
            assert_eq!(
                text,
                fs::read_to_string(folder.join(&name)).unwrap(),
                "{name}"
            );
        }
        let mut code = Vec::new();
        sources(&root.join("src"), &mut code);
        assert!(code.len() > 100, "the code was not found");
        for (name, _) in OTHERS {
            let quoted = format!("\"{name}\"");
            let included = templates().any(|(_, text)| text.contains(&quoted));
            let rendered = code.iter().any(|text| text.contains(&quoted));
            assert!(included || rendered, "{name} is part of nothing");
        }
    }

    /// The code, but for this file, which lists the names.
    pub(super) fn sources(folder: &Path, all: &mut Vec<String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                sources(&path, all);
            } else if !path.ends_with("writing/mod.rs") {
                all.push(fs::read_to_string(path).unwrap());
            }
        }
    }
}
