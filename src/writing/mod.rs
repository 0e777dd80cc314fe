//! Mails out of templates. Pure: values in, a [`Draft`] out.
//!
//! The defaults lie in `config/templates` and are compiled in; a file of the same name in the configuration
//! folder's `templates` takes their place.

mod alarm;
pub mod consolidation;
pub mod spreadsheet;
mod unlinked;
mod why;

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, Result};
use jiff::Timestamp;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Attachment, Body, Mailbox, MultiPart, SinglePart};
use minijinja::{AutoEscape, Environment};
use serde::Serialize;

pub use alarm::{AlarmNews, alarm};
pub use unlinked::{of_a_stranger, unlinked};
pub use why::{why_in_vietnamese, whys_in_vietnamese};

use crate::config::Fault;
use crate::config::source::{Faults, suggestion};
use crate::config::{Config, Department};
use crate::domain::owed::Kind;

/// Every template with its default.
const TEMPLATES: [(&str, &str); 18] = [
    (
        "alarm.txt",
        include_str!("../../config/templates/alarm.txt"),
    ),
    (
        "acknowledgement.txt",
        include_str!("../../config/templates/acknowledgement.txt"),
    ),
    (
        "arrived.txt",
        include_str!("../../config/templates/arrived.txt"),
    ),
    (
        "link_only.txt",
        include_str!("../../config/templates/link_only.txt"),
    ),
    (
        "grassroots.txt",
        include_str!("../../config/templates/grassroots.txt"),
    ),
    (
        "returned.txt",
        include_str!("../../config/templates/returned.txt"),
    ),
    (
        "staff_answer.txt",
        include_str!("../../config/templates/staff_answer.txt"),
    ),
    (
        "decided_anew.txt",
        include_str!("../../config/templates/decided_anew.txt"),
    ),
    (
        "confirm.txt",
        include_str!("../../config/templates/confirm.txt"),
    ),
    (
        "staff_answers.txt",
        include_str!("../../config/templates/staff_answers.txt"),
    ),
    (
        "opening.txt",
        include_str!("../../config/templates/opening.txt"),
    ),
    ("also.txt", include_str!("../../config/templates/also.txt")),
    (
        "reminder_before.txt",
        include_str!("../../config/templates/reminder_before.txt"),
    ),
    (
        "reminder_late.txt",
        include_str!("../../config/templates/reminder_late.txt"),
    ),
    (
        "escalation.txt",
        include_str!("../../config/templates/escalation.txt"),
    ),
    (
        "letter.html",
        include_str!("../../config/templates/letter.html"),
    ),
    (
        "digest.txt",
        include_str!("../../config/templates/digest.txt"),
    ),
    (
        "digest.html",
        include_str!("../../config/templates/digest.html"),
    ),
];

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
    pub fn to_bytes(
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
        if let Ok(text) = std::fs::read_to_string(own.join(name)) {
            return Ok(Some(text));
        }
        Ok(TEMPLATES
            .iter()
            .find(|(n, _)| *n == name)
            .map(|(_, text)| (*text).to_owned()))
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
        if !TEMPLATES.iter().any(|(n, _)| *n == name) {
            let hint = suggestion(&name, TEMPLATES.iter().map(|(n, _)| *n));
            faults.add(
                &file,
                None,
                format!("there is no template of this name{hint}"),
            );
            continue;
        }
        match environment.get_template(&name) {
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
    TEMPLATES.iter().flat_map(|(name, _)| of(name)).collect()
}

/// Renders the text template of a kind of mail, whose first line is the subject.
pub(crate) fn render_text(
    config: &Config,
    kind: Kind,
    values: impl Serialize,
) -> Result<(String, String)> {
    let text = render(config, &format!("{}.txt", kind.word()), values)?;
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
