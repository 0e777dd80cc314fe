//! The files of a mail: safe names, true kinds, roles; archives and attached mails opened.

mod kind;
mod name;

use std::io::{Cursor, Read};

use mail_parser::{Message, MessagePart, MimeHeaders, PartType};

pub use name::safe_name;

use super::{Attachment, Keep, Role, header};
use crate::archive::sha256;

/// How many files one mail may bring.
const MOST_FILES: usize = 500;
/// How many bytes all files unpacked from one mail may have.
const MOST_UNPACKED: u64 = 300_000_000;
/// How deep archives and attached mails may lie in one another.
const DEEPEST: usize = 3;

/// Collects the files of a mail.
pub(super) struct Collector<'a, 'k> {
    /// What was found.
    pub found: Vec<Attachment>,
    /// What was met on the way that staff should know.
    pub notes: Vec<String>,
    /// Takes the contents.
    keep: &'a mut Keep<'k>,
    unpacked: u64,
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
    pub(super) fn new(keep: &'a mut Keep<'k>) -> Self {
        Collector {
            found: Vec::new(),
            notes: Vec::new(),
            keep,
            unpacked: 0,
        }
    }

    /// Collects the files of a mail.
    pub(super) fn mail(&mut self, message: &Message<'_>) -> std::io::Result<()> {
        self.parts(message, Place::default())
    }

    fn parts(&mut self, message: &Message<'_>, place: Place<'_>) -> std::io::Result<()> {
        for part in message.attachments() {
            if let PartType::Message(inner) = &part.body {
                let subject = inner.subject().unwrap_or("thư đính kèm");
                let from = within(place.inside, &format!("eml/{}", safe_name(subject, "eml")));
                if place.depth < DEEPEST {
                    let deeper = Place {
                        inside: Some(&from),
                        inline: false,
                        depth: place.depth + 1,
                    };
                    self.parts(inner, deeper)?;
                } else {
                    self.notes
                        .push(format!("{from} lies too deep and was not opened"));
                }
                continue;
            }
            self.part(message, part, place)?;
        }
        Ok(())
    }

    fn part(
        &mut self,
        message: &Message<'_>,
        part: &MessagePart<'_>,
        place: Place<'_>,
    ) -> std::io::Result<()> {
        let inline = part.content_id().is_some()
            || part.content_disposition().is_some_and(|d| d.is_inline());
        let given = header::file_name(message, part);
        let content = part.contents();
        let text_without_name =
            given.is_empty() && matches!(part.body, PartType::Text(_) | PartType::Html(_));
        if text_without_name || (given.is_empty() && content.is_empty()) {
            return Ok(()); // a text part such as a list's footer, not a file
        }
        let declared = part
            .content_type()
            .map(|t| format!("{}/{}", t.ctype(), t.subtype().unwrap_or("")).to_ascii_lowercase())
            .unwrap_or_default();
        self.file(&given, &declared, content, Place { inline, ..place })
    }

    fn file(
        &mut self,
        given: &str,
        declared: &str,
        content: &[u8],
        place: Place<'_>,
    ) -> std::io::Result<()> {
        if self.found.len() >= MOST_FILES {
            let note = format!("it brings more than {MOST_FILES} files; the rest was left out");
            if !self.notes.contains(&note) {
                self.notes.push(note);
            }
            return Ok(());
        }
        let kind = kind::detect(content, given, declared);
        let name = safe_name(given, kind);
        let role = kind::role(kind, &name, content.len(), place.inline);
        (self.keep)(content)?;
        let warning = kind::warning(kind);
        self.found.push(Attachment {
            size: content.len() as u64,
            sha256: sha256(content),
            kind: kind.to_owned(),
            role,
            from: place.inside.map(str::to_owned),
            number: None,
            dated: None,
            title: None,
            warning: warning.map(str::to_owned),
            name: name.clone(),
        });
        if kind == "zip" {
            let index = self.found.len() - 1;
            let from = within(place.inside, &format!("zip/{name}"));
            if place.depth >= DEEPEST {
                self.found[index].warning = Some("nested too deep; not opened".into());
            } else if let Err(why) = self.zip(content, &from, place.depth + 1)? {
                self.found[index].warning = Some(why);
            }
        }
        Ok(())
    }

    /// Opens a zip; the inner error says why it could not be opened, for staff.
    fn zip(
        &mut self,
        content: &[u8],
        from: &str,
        depth: usize,
    ) -> std::io::Result<Result<(), String>> {
        let mut archive = match zip::ZipArchive::new(Cursor::new(content)) {
            Ok(a) => a,
            Err(e) => return Ok(Err(format!("cannot be opened: {e}"))),
        };
        for i in 0..archive.len() {
            let mut entry = match archive.by_index(i) {
                Ok(e) => e,
                Err(zip::result::ZipError::UnsupportedArchive(why))
                    if why == zip::result::ZipError::PASSWORD_REQUIRED =>
                {
                    return Ok(Err("encrypted: it needs a password".into()));
                }
                Err(e) => return Ok(Err(format!("cannot be opened: {e}"))),
            };
            if entry.is_dir() || entry.is_symlink() {
                continue;
            }
            let raw = entry.name_raw().to_vec();
            let entry_name = name::decode_entry(&raw);
            let base = entry_name.rsplit(['/', '\\']).next().unwrap_or("");
            if entry_name.starts_with("__MACOSX/") || base == ".DS_Store" || base == "Thumbs.db" {
                continue;
            }
            let left = MOST_UNPACKED.saturating_sub(self.unpacked);
            let mut bytes = Vec::new();
            if let Err(e) = entry.by_ref().take(left + 1).read_to_end(&mut bytes) {
                return Ok(Err(format!("{base} cannot be unpacked: {e}")));
            }
            self.unpacked += bytes.len() as u64;
            if bytes.len() as u64 > left {
                return Ok(Err(
                    "unpacks to more than a mail may bring; not opened".into()
                ));
            }
            let place = Place {
                inside: Some(from),
                inline: false,
                depth,
            };
            self.file(base, "", &bytes, place)?;
        }
        Ok(Ok(()))
    }
}

fn within(outer: Option<&str>, inner: &str) -> String {
    match outer {
        Some(outer) => format!("{outer}/{inner}"),
        None => inner.to_owned(),
    }
}

/// Whether a role makes a file part of the report's signed or editable form.
pub(super) fn forms_of(role: Role) -> crate::domain::report::Forms {
    crate::domain::report::Forms {
        signed_document: role == Role::SignedDocument,
        soft_file: role == Role::SoftFile,
    }
}
