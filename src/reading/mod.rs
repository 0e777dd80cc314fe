//! Understanding one mail: bytes in, a [`Reading`] out. Pure and deterministic: no network, no database, no clock.
//!
//! It runs in a child process with limits ([`worker`]), because a mail may be made to break its reader.

pub mod attachment;
mod automatic;
mod bounce;
mod class;
pub mod courtesy;
pub mod document;
mod doubt;
mod file_kind;
pub mod header;
mod jpeg;
pub mod legacy;
mod mail;
pub mod nil_return;
pub mod own_words;
pub mod program;
mod reason;
pub mod sandbox;
pub mod trust;
mod unread;
mod warning;
pub mod worker;

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ground::{Sha256, words_of};

pub use bounce::{Bounce, BounceKind};
pub use document::Signature;
pub use doubt::Doubt;
pub use file_kind::FileKind;
pub use mail::read;
pub use reason::Reason;
pub use trust::Evidence;
pub use unread::Unread;
pub use warning::Warning;

/// What kind of mail it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// It carries at least one document.
    Report,
    /// A person's mail without a document.
    NoAttachment,
    /// A link to a cloud drive where the document should be.
    LinkOnly,
    /// An answer that a machine gives to every mail.
    AutoReply,
    /// A mail of ours, or of others, that could not be delivered.
    Bounce,
    /// A delivery that is late and still being tried.
    DelayNotice,
    /// A delivery that succeeded.
    DeliveryNotice,
    /// A complaint about spam (RFC 5965).
    FeedbackReport,
    /// A receipt of having been read or deleted (RFC 8098).
    ReadReceipt,
    /// What a program reports: DMARC, backups, monitoring.
    MachineReport,
    /// Newsletters and mailing lists.
    Bulk,
    /// A command of staff: from one of them, with the token of a prepared mail.
    StaffCommand,
    /// Sent by this mailbox itself.
    OwnMail,
    /// It could not be read.
    Unreadable,
}

words_of!(Class {
    Report = "report",
    NoAttachment = "no_attachment",
    LinkOnly = "link_only",
    AutoReply = "auto_reply",
    Bounce = "bounce",
    DelayNotice = "delay_notice",
    DeliveryNotice = "delivery_notice",
    FeedbackReport = "feedback_report",
    ReadReceipt = "read_receipt",
    MachineReport = "machine_report",
    Bulk = "bulk",
    StaffCommand = "staff_command",
    OwnMail = "own_mail",
    Unreadable = "unreadable",
});

impl Class {
    /// Whether a person wrote it to us.
    pub fn is_personal(self) -> bool {
        matches!(self, Class::Report | Class::NoAttachment | Class::LinkOnly)
    }
}

/// Whether the mail comes from the domain that it says it comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trust {
    /// The mailbox's own server verified it (DMARC).
    Pass,
    /// It was verified and is not so, or the mail contradicts itself.
    Fail,
    /// Nobody verified it.
    Unknown,
}

words_of!(Trust { Pass = "pass", Fail = "fail", Unknown = "unknown" });

impl Trust {
    /// The trust of a word in the store; of none or another one nothing is known.
    pub(crate) fn from_word(word: Option<&str>) -> Trust {
        let all = [Trust::Pass, Trust::Fail];
        let known = all.into_iter().find(|t| Some(t.word()) == word);
        known.unwrap_or(Trust::Unknown)
    }
}

/// What an attachment is to the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The editable file.
    SoftFile,
    /// The signed and stamped document: a PDF or photographed pages.
    SignedDocument,
    /// Something else that belongs to it.
    Supporting,
    /// Nothing that belongs to a report: signature pictures, programs, calendars.
    Ignored,
}

words_of!(Role {
    SoftFile = "soft_file",
    SignedDocument = "signed_document",
    Supporting = "supporting",
    Ignored = "ignored",
});

impl Role {
    /// The role of a word of the store.
    pub fn of_word(word: &str) -> Role {
        let all = [Role::SoftFile, Role::SignedDocument, Role::Supporting];
        let known = all.into_iter().find(|role| role.word() == word);
        known.unwrap_or(Role::Ignored)
    }
}

/// A file that came with a mail, or inside an archive or another mail that came with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// A safe name: NFC, no path, no control characters.
    pub name: String,
    /// Bytes.
    pub size: u64,
    /// SHA-256 of the content.
    pub sha256: Sha256,
    /// What the bytes are: `docx`, `pdf`, `jpg`, `zip`, `program` …
    pub kind: FileKind,
    /// What it is to the report.
    pub role: Role,
    /// Where it was inside: `zip/57.zip`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// Number and symbol of the document: `57/BC-LĐLĐ`.
    pub number: Option<String>,
    /// Date of the document, YYYY-MM-DD.
    pub dated: Option<String>,
    /// Title of the document.
    pub title: Option<String>,
    /// The body that issued the document, as written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// Type of the document: `báo cáo`, `kế hoạch`, `công văn` …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub genre: Option<String>,
    /// Numbers of the documents that it names as its basis.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cites: Vec<String>,
    /// To whom it is written, one a line: what stands behind "Kính gửi".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub addressee: Option<String>,
    /// Whether it calls itself a draft ("DỰ THẢO").
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub draft: bool,
    /// Whether it is filled in: `false` of a blank form; none where its text and tables do not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filled: Option<bool>,
    /// Digital signatures of a PDF. Whether their certificates can be trusted is not checked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub signatures: Vec<Signature>,
    /// What is to be known of it: encrypted, too large, a program.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warning: Option<Warning>,
}

impl Attachment {
    /// Whether it can be a report or a part of one.
    pub(crate) fn is_document(&self) -> bool {
        matches!(self.role, Role::SoftFile | Role::SignedDocument)
    }

    /// Its name without the extension.
    pub fn stem(&self) -> &str {
        stem_of(&self.name)
    }

    /// Whether its head has number and day.
    pub fn is_issued(&self) -> bool {
        self.number.is_some() && self.dated.is_some() && !self.draft
    }
}

/// The name of a file without its extension.
pub(crate) fn stem_of(name: &str) -> &str {
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}

/// A name and address from a header.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// The display name.
    pub name: String,
    /// The address, lower case.
    pub address: String,
}

/// Everything that one mail says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    /// In which form it is written; 0 before forms had numbers.
    #[serde(default)]
    pub v: u32,
    /// What kind of mail it is.
    pub class: Class,
    /// Whether it comes from where it says.
    pub trust: Trust,
    /// Why the sender is not trusted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub doubt: Option<Doubt>,
    /// What was looked at to tell that, from the top of the mail down.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub chain: Vec<Evidence>,
    /// Who wrote it.
    pub sender: Option<Person>,
    /// Where an answer goes, lower case: Reply-To, else From.
    pub reply_to: Option<String>,
    /// The subject, NFC.
    pub subject: String,
    /// The Message-ID without brackets.
    pub message_id: Option<String>,
    /// The Message-IDs of the thread, oldest first.
    pub references: Vec<String>,
    /// The topmost Received header's date, else Date.
    pub received: Option<Timestamp>,
    /// The beginning of the text that the sender wrote, without quotes.
    pub body: String,
    /// Who wrote the mail that this one forwards, an address, lower case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forwarded_from: Option<String>,
    /// Tokens of commands that stand among the sender's own words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tokens: Vec<String>,
    /// Tokens of commands that stand in what it quotes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub quoted_tokens: Vec<String>,
    /// The Message-IDs of the mails that it answers itself (In-Reply-To), as against the rest of their thread.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub in_reply_to: Vec<String>,
    /// Whether a mail of staff goes to others than the mailbox, too.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub to_others: bool,
    /// The cloud drive that it links to, a host name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// Files.
    pub attachments: Vec<Attachment>,
    /// What could not be delivered.
    pub bounce: Option<Bounce>,
    /// Where bounces of it go, lower case, as the topmost Return-Path says, which the mailbox's server wrote: empty for the
    /// null path, which only reports of delivery have (RFC 5321, section 4.5.5).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub return_path: Option<String>,
    /// Whether it must never be answered automatically (RFC 3834).
    pub no_answer: bool,
    /// How class and trust were decided, and what was met on the way.
    pub reasons: Vec<Reason>,
    /// Why it could not be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unread: Option<Unread>,
}

impl Reading {
    /// The form in which readings are written now. All before are read, too: a field that comes has a default, and the
    /// number goes up where the meaning of one changes.
    pub(crate) const VERSION: u32 = 2;

    /// What stands for a mail that could not be read.
    pub fn unreadable(why: Unread) -> Reading {
        Reading {
            v: Reading::VERSION,
            class: Class::Unreadable,
            trust: Trust::Unknown,
            doubt: None,
            chain: Vec::new(),
            sender: None,
            reply_to: None,
            subject: String::new(),
            message_id: None,
            references: Vec::new(),
            received: None,
            body: String::new(),
            forwarded_from: None,
            tokens: Vec::new(),
            quoted_tokens: Vec::new(),
            in_reply_to: Vec::new(),
            to_others: false,
            link: None,
            attachments: Vec::new(),
            bounce: None,
            return_path: None,
            no_answer: true,
            reasons: vec![Reason::Unread(why.clone())],
            unread: Some(why),
        }
    }

    /// What could not be delivered, where that may change what is thought of an address: somebody who forged a sender, or
    /// sent it as an ordinary mail, is no mail server. A server that says neither is believed; most bounces are not
    /// signed.
    pub(crate) fn believed_bounce(&self) -> Option<&Bounce> {
        let of_a_server = self.return_path.as_deref().is_none_or(str::is_empty);
        let bounce = self.bounce.as_ref();
        bounce.filter(|_| of_a_server && self.trust != Trust::Fail)
    }

    /// Whether it may be a command of staff: also one without a code, which is one by the mail of ours that it answers, or
    /// only asks.
    pub(crate) fn may_be_a_command(&self, staff: &[String]) -> bool {
        let of_staff = self
            .sender
            .as_ref()
            .is_some_and(|s| staff.contains(&s.address));
        let asks = self.class == Class::NoAttachment
            || self.class.is_personal() && !self.references.is_empty();
        self.class == Class::StaffCommand || of_staff && asks
    }

    /// Takes a mail of staff, in which a command was seen, for one without.
    pub(crate) fn is_no_command(&mut self) {
        self.class = class::by_content(&self.attachments, self.link.as_deref());
        let from_nobody = self.return_path.as_deref() == Some("");
        self.no_answer = from_nobody || self.sender.is_none() || self.trust == Trust::Fail;
    }

    /// A picture that was taken for none of a page: looks may be wrong, and then it is what the unit reports by.
    pub(crate) fn doubted_page(&self) -> Option<&Attachment> {
        let is_doubted = |a: &&Attachment| matches!(a.warning, Some(Warning::NoPage { .. }));
        self.attachments.iter().find(is_doubted)
    }

    /// Whether it carries a document.
    pub fn has_document(&self) -> bool {
        self.attachments.iter().any(Attachment::is_document)
    }
}

/// What the reader has to know of the place it reads for.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct ReadingSettings {
    /// The mailbox's own addresses, lower case.
    pub own_addresses: Vec<String>,
    /// The addresses of staff, lower case.
    #[serde(default)]
    pub staff: Vec<String>,
    /// The pinned authserv-id of Authentication-Results (RFC 8601).
    pub authserv_id: Option<String>,
    /// Hosts of that server whose names do not show it.
    #[serde(default)]
    pub own_hosts: Vec<String>,
    /// How long pictures of pages may be read by tesseract, of one mail; none: not at all.
    #[serde(default)]
    pub ocr: Option<Duration>,
    /// Whether no program of the system is started: archives and documents that need one stay closed.
    #[serde(default)]
    pub without_programs: bool,
    /// Whether no file is opened: what the mail itself says is all that is asked for.
    #[serde(default)]
    pub without_files: bool,
}

/// Takes the content of a file that was found in a mail, before its place in the [`Reading`] is named.
pub type Keep<'k> = dyn FnMut(&[u8]) -> std::io::Result<()> + 'k;

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    #[test]
    fn readings_of_every_released_form_are_read_and_keep_what_they_say() {
        #[derive(Deserialize)]
        struct Row {
            form: String,
            reading: serde_json::Value,
        }
        let mut count = 0;
        for row in include_str!("../../tests/readings.jsonl").lines() {
            let row: Row = serde_json::from_str(row).unwrap();
            let reading: Reading = serde_json::from_value(row.reading.clone())
                .unwrap_or_else(|e| panic!("{}: {e}", row.form));
            // What it said then, it says now; what came since stands beside it.
            let again = serde_json::to_value(&reading).unwrap();
            for (field, said) in row.reading.as_object().unwrap() {
                assert_eq!(&again[field], said, "{}: {field}", row.form);
            }
            count += 1;
        }
        assert!(count >= 8);
        assert_eq!(Reading::unreadable(Unread::NotFetched).v, Reading::VERSION);
    }

    /// A file of which nothing is known but what it is.
    pub(crate) fn attachment(name: &str, kind: FileKind, size: u64) -> Attachment {
        Attachment {
            name: name.to_owned(),
            size,
            sha256: Sha256::of(b"x"),
            kind,
            role: Role::SoftFile,
            from: None,
            number: None,
            dated: None,
            title: None,
            issuer: None,
            genre: None,
            cites: vec![],
            addressee: None,
            draft: false,
            filled: None,
            signatures: vec![],
            warning: None,
        }
    }
}
