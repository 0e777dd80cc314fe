//! `[alarm]`: the second way out, by which the service tells that it cannot do its work.

use std::path::{Path, PathBuf};

use super::settings::{self, SmtpSettings};
use super::source::{Document, Faults, Section};

/// The second way out. It shares neither the mailbox's account nor its server, where the administrator can help it.
#[derive(Clone, Debug)]
pub struct AlarmSettings {
    /// Hours without a look into the mailbox, or with a digest that does not leave, before that is told.
    pub hours: u16,
    /// Every way is gone: one may be closed by what is told.
    pub ways: Vec<Way>,
}

/// One way by which an alarm leaves.
#[derive(Clone, Debug)]
pub enum Way {
    /// A mail through another SMTP account.
    Smtp {
        /// The account.
        server: SmtpSettings,
        /// Who gets it.
        letter: Letter,
    },
    /// A mail through a program such as sendmail.
    Sendmail {
        /// Its path.
        program: PathBuf,
        /// Who gets it.
        letter: Letter,
    },
    /// A program with its arguments; the text comes on standard input.
    Command(Vec<String>),
    /// A URL that the text is posted to, by curl.
    Url(String),
}

/// From whom to whom an alarm goes by mail.
#[derive(Clone, Debug)]
pub struct Letter {
    /// The sender.
    pub from: String,
    /// The recipients, at least one.
    pub to: Vec<String>,
}

/// Hours where none are named.
pub const HOURS: u16 = 2;

/// Reads `[alarm]`.
pub(super) fn parse(s: Section<'_>, base: &Path) -> Option<AlarmSettings> {
    let hours = s.number("hours", 1..=168).map_or(HOURS, |n| n as u16);
    let mut ways = Vec::new();
    let to = settings::addresses(&s, "to").unwrap_or_default();
    let from = s.text("from");
    let by_mail = |from: &str| Letter {
        from: from.to_owned(),
        to: to.clone(),
    };
    let sendmail = s.text("sendmail").map(PathBuf::from);
    let smtp = s.section("smtp");
    if (smtp.is_some() || sendmail.is_some()) && (to.is_empty() || from.is_none()) {
        s.fault("an alarm by mail needs `alarm.from`, an address of that account, and `alarm.to`, who gets it");
    }
    if let Some(server) = smtp {
        let found = settings::smtp(&server, base);
        server.finish();
        if let (Some(server), Some(from)) = (found, &from) {
            let letter = by_mail(from);
            ways.push(Way::Smtp { server, letter });
        }
    }
    if let (Some(program), Some(from)) = (sendmail, &from) {
        let letter = by_mail(from);
        ways.push(Way::Sendmail { program, letter });
    }
    match s.texts("command") {
        Some(command) if command.is_empty() => {
            s.fault_at("command", "`alarm.command` is empty; name a program and its arguments: command = [\"/usr/local/bin/nhan-tin\", \"0900000000\"]");
        }
        Some(command) => ways.push(Way::Command(command)),
        None => {}
    }
    match s.text("url") {
        Some(url) if url.starts_with("https://") || url.starts_with("http://") => {
            ways.push(Way::Url(url));
        }
        Some(_) => s.fault_at("url", "`alarm.url` must begin with https:// or http://"),
        None => {}
    }
    if ways.is_empty() {
        s.fault("`[alarm]` names no way out; add [alarm.smtp], sendmail, command or url");
    }
    s.finish();
    (!ways.is_empty()).then_some(AlarmSettings { hours, ways })
}

/// The `[alarm]` of a configuration folder, whatever else is wrong there: an alarm tells of a service that did not
/// start because of that.
pub fn alarm_of(folder: &Path) -> Option<AlarmSettings> {
    let text = std::fs::read_to_string(folder.join("thubaocao.toml")).ok()?;
    let faults = Faults::default();
    let document = Document::parse("thubaocao.toml", &text, &faults)?;
    let section = document.root(&faults).section("alarm")?;
    parse(section, &settings::base(folder))
}
