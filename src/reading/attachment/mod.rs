//! The files of a mail: safe names, true kinds, roles; archives and attached mails opened.

pub mod archive;
mod content;
mod kind;
mod name;
mod picture;
pub mod tnef;
mod uuencode;

use mail_parser::{Message, MessageParser, MessagePart, MimeHeaders, PartType};

pub use name::safe_name;

use std::collections::BTreeSet;
use std::time::Duration;

use super::document::{self, Document};
use super::program::Budget;
use super::{Attachment, FileKind, Keep, ReadingSettings, Reason, Role, Warning, header};
use crate::ground::Sha256;

/// How many files one mail may bring.
pub(super) const MOST_FILES: usize = 500;
/// How many bytes all files unpacked from one mail may have, whatever its size.
pub(super) const MOST_UNPACKED: u64 = 150_000_000;
/// How many bytes all files unpacked from a mail of a size may have: documents in archives are a few times smaller than
/// alone.
fn most_unpacked(mail: u64) -> u64 {
    (20_000_000 + 20 * mail).min(MOST_UNPACKED)
}
/// How long the programs that open archives and documents may take for one mail.
const PATIENCE: Duration = Duration::from_secs(6);
/// How many photographs of a mail are looked at, whether they show pages; the others are taken for pages.
const MOST_PICTURES: u32 = 12;
/// How deep archives and attached mails may lie in one another.
const DEEPEST: usize = 3;

/// Collects the files of a mail.
pub(super) struct Collector<'a, 'k> {
    pub found: Vec<Attachment>,
    /// What was met on the way.
    pub notes: Vec<Reason>,
    /// Takes the contents.
    keep: &'a mut Keep<'k>,
    unpacked: u64,
    most_unpacked: u64,
    /// The time of the programs that help.
    budget: Budget,
    /// The time for looking at pictures of pages.
    ocr: Option<Budget>,
    /// How many photographs are still looked at.
    pictures: u32,
    /// The mailbox's own addresses, where the mail is not its own: what it sent itself is nobody else's report.
    own: &'a [String],
}

/// Where a file lies and how it was shown.
#[derive(Clone, Copy, Default)]
struct Place<'p> {
    /// The archive or mail that it was in.
    inside: Option<&'p str>,
    /// Whether the mail shows it within its text.
    inline: bool,
    depth: usize,
}

impl<'a, 'k> Collector<'a, 'k> {
    /// `own_mail`: whether the mailbox itself sent the mail.
    pub(super) fn new(
        keep: &'a mut Keep<'k>,
        settings: &'a ReadingSettings,
        own_mail: bool,
    ) -> Self {
        Collector {
            found: Vec::new(),
            notes: Vec::new(),
            keep,
            unpacked: 0,
            most_unpacked: 0,
            budget: Budget::new(if settings.without_programs {
                Duration::ZERO
            } else {
                PATIENCE
            }),
            ocr: settings
                .ocr
                .filter(|_| !settings.without_programs)
                .map(Budget::new),
            pictures: MOST_PICTURES,
            own: if own_mail {
                &[]
            } else {
                &settings.own_addresses
            },
        }
    }

    /// Collects the files of a mail.
    pub(super) fn mail(&mut self, message: &Message<'_>) -> std::io::Result<()> {
        self.most_unpacked = most_unpacked(message.raw_message().len() as u64);
        self.parts(message, Place::default())
    }

    fn parts(&mut self, message: &Message<'_>, place: Place<'_>) -> std::io::Result<()> {
        if is_partial(message) {
            let content = message.raw_message().to_vec();
            return self.file("phan-cua-thu.eml", "message/partial", &content, place);
        }
        for text in message.text_bodies() {
            for (name, content) in uuencode::files(text.text_contents().unwrap_or("")) {
                self.file(&name, "", &content, place)?;
            }
        }
        // A text that is shown is a file all the same where it has the name of one.
        let shown: BTreeSet<u32> = message
            .text_body
            .iter()
            .chain(&message.html_body)
            .copied()
            .filter(|id| !message.attachments.contains(id))
            .collect();
        let shown = shown.iter().filter_map(|id| message.part(*id));
        let named = shown
            .filter(|part| part.is_text() && !header::file_name(message, part).trim().is_empty());
        for part in named {
            self.part(message, part, place)?;
        }
        for part in message.attachments() {
            match &part.body {
                PartType::Message(inner) => self.attached(inner, place)?,
                _ => self.part(message, part, place)?,
            }
        }
        Ok(())
    }

    /// A mail within a mail.
    fn attached(&mut self, inner: &Message<'_>, place: Place<'_>) -> std::io::Result<()> {
        let subject = inner.subject().unwrap_or(name::OF_A_MAIL);
        let from = within(place.inside, &format!("eml/{}", safe_name(subject, "eml")));
        let mut writers = inner.from().into_iter().flat_map(|f| f.iter());
        if writers.any(|w| {
            w.address()
                .is_some_and(|a| self.own.contains(&a.to_lowercase()))
        }) {
            self.notes.push(Reason::Ours { file: from });
            return Ok(());
        }
        if place.depth < DEEPEST {
            let deeper = Place {
                inside: Some(&from),
                inline: false,
                depth: place.depth + 1,
            };
            return self.parts(inner, deeper);
        }
        self.notes.push(Reason::TooDeep { file: from });
        Ok(())
    }

    fn part(
        &mut self,
        message: &Message<'_>,
        part: &MessagePart<'_>,
        place: Place<'_>,
    ) -> std::io::Result<()> {
        let inline = part.content_id().is_some()
            || part
                .content_disposition()
                .is_some_and(mail_parser::ContentType::is_inline);
        let given = header::file_name(message, part);
        let content = content::of(message, part);
        let text_without_name =
            given.is_empty() && matches!(part.body, PartType::Text(_) | PartType::Html(_));
        if text_without_name || (given.is_empty() && content.is_empty()) {
            return Ok(()); // a text part such as a list's footer, not a file
        }
        let declared = part
            .content_type()
            .map(|t| format!("{}/{}", t.ctype(), t.subtype().unwrap_or("")).to_ascii_lowercase())
            .unwrap_or_default();
        // Some programs attach a mail as mere bytes.
        if given.to_lowercase().ends_with(".eml")
            && !super::mail::is_too_deep(&content)
            && let plain = header::with_plain_encodings(&content)
            && let Some(inner) = MessageParser::default().parse(plain.as_ref())
            && (inner.from().is_some() || inner.subject().is_some())
        {
            return self.attached(&inner, place);
        }
        self.file(&given, &declared, &content, Place { inline, ..place })
    }

    fn file(
        &mut self,
        given: &str,
        declared: &str,
        content: &[u8],
        place: Place<'_>,
    ) -> std::io::Result<()> {
        if self.found.len() >= MOST_FILES {
            let note = Reason::TooManyFiles { most: MOST_FILES };
            if !self.notes.contains(&note) {
                self.notes.push(note);
            }
            return Ok(());
        }
        let mut kind = kind::detect(content, given, declared);
        let name = safe_name(given, kind.word());
        let mut role = kind::role(kind, &name, content, place.inline);
        (self.keep)(content)?;
        let mut warning = kind::warning(kind);
        if kind == FileKind::Jpg && role == Role::SignedDocument && self.pictures > 0 {
            self.pictures -= 1;
            let looks = picture::looks(content).filter(|looks| looks.is_no_page());
            if let Some(looks) = looks {
                role = Role::Supporting;
                warning = Some(looks.warning());
            }
        }
        let mut document = Document::default();
        if document::is_readable(kind) && matches!(role, Role::SoftFile | Role::SignedDocument) {
            document = document::read(kind, content, &name, self.ocr.as_mut(), &mut self.budget)?;
            warning = document.note.take();
        }
        if document.locked {
            kind = FileKind::Encrypted;
            role = Role::Supporting;
            warning = kind::warning(kind);
        }
        for signature in &document.signatures {
            self.notes.push(Reason::Signed {
                file: name.clone(),
                by: signature.by.clone(),
                at: signature.at.clone(),
            });
        }
        let head = document.head;
        self.found.push(Attachment {
            size: content.len() as u64,
            sha256: Sha256::of(content),
            kind,
            role,
            from: place.inside.map(str::to_owned),
            number: head.number,
            dated: head.dated,
            title: head.title,
            issuer: head.issuer,
            genre: head.genre,
            cites: head.cites,
            addressee: head.addressee,
            draft: head.draft,
            filled: document.filled,
            signatures: document.signatures,
            warning,
            name: name.clone(),
        });
        if kind.is_archive() || kind == FileKind::Tnef {
            let index = self.found.len() - 1;
            let from = within(place.inside, &format!("{kind}/{name}"));
            self.found[index].warning = if place.depth >= DEEPEST {
                Some(Warning::TooDeep)
            } else if kind == FileKind::Tnef {
                self.tnef(content, &from, place.depth + 1)?
            } else {
                self.archive(kind, &name, content, &from, place.depth + 1)?
            };
        }
        Ok(())
    }

    /// Opens an archive; gives why it is not everything.
    fn archive(
        &mut self,
        kind: FileKind,
        name: &str,
        content: &[u8],
        from: &str,
        depth: usize,
    ) -> std::io::Result<Option<Warning>> {
        let most_bytes = self.most_unpacked.saturating_sub(self.unpacked);
        let most_files = MOST_FILES.saturating_sub(self.found.len());
        let opened = archive::open(
            kind,
            name,
            content,
            most_bytes,
            most_files,
            &mut self.budget,
        )?;
        let place = Place {
            inside: Some(from),
            inline: false,
            depth,
        };
        for (path, bytes) in &opened.files {
            self.unpacked += bytes.len() as u64;
            let base = path.rsplit(['/', '\\']).next().unwrap_or("");
            let of_the_system = path.starts_with("__MACOSX/")
                || matches!(base, ".DS_Store" | "Thumbs.db" | "desktop.ini");
            if !of_the_system {
                self.file(base, "", bytes, place)?;
            }
        }
        Ok(opened.warning)
    }

    /// Opens a winmail.dat.
    fn tnef(
        &mut self,
        content: &[u8],
        from: &str,
        depth: usize,
    ) -> std::io::Result<Option<Warning>> {
        let place = Place {
            inside: Some(from),
            inline: false,
            depth,
        };
        let files = tnef::files(content);
        let outer = self.found.len() - 1;
        for file in &files {
            self.file(&file.name, "", &file.content, place)?;
            if file.is_text
                && let Some(last) = self.found.last_mut()
            {
                last.role = Role::Ignored;
            }
        }
        if files.iter().all(|f| f.is_text) && tnef::is_whole(content) {
            self.found[outer].role = Role::Ignored;
            return Ok(None);
        }
        Ok(files.is_empty().then_some(Warning::NoFile))
    }
}

/// Whether a mail is one part of a mail that its sender's program split (RFC 2046, 5.2.2).
fn is_partial(message: &Message<'_>) -> bool {
    message.root_part().content_type().is_some_and(|t| {
        t.ctype().eq_ignore_ascii_case("message")
            && t.subtype()
                .is_some_and(|s| s.eq_ignore_ascii_case("partial"))
    })
}

fn within(outer: Option<&str>, inner: &str) -> String {
    match outer {
        Some(outer) => format!("{outer}/{inner}"),
        None => inner.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_unpacks_to_a_multiple_of_its_size_and_not_without_end() {
        const MB: u64 = 1_000_000;
        for (mail, most) in [
            (0, 20 * MB),
            (MB / 5, 24 * MB),
            (6 * MB, 140 * MB),
            (60 * MB, 150 * MB),
        ] {
            assert_eq!(most_unpacked(mail), most, "{mail}");
        }
    }
}
