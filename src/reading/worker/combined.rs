//! One reading out of two: what a mail says, by the process that opens no file, and what its files are, by the one that
//! does nothing else.

use super::super::{Class, FileKind, Reading, Trust};

/// Puts together what was read of one mail. Of what comes from the process that opens files only the files count, what
/// was met in them, and whether they make a person's mail a report or an automatic answer.
pub(super) fn combined(words: Reading, files: Reading) -> Reading {
    let class = class(words.class, files.class);
    let mut reasons = words.reasons;
    for reason in files.reasons {
        if !reasons.contains(&reason) {
            reasons.push(reason);
        }
    }
    Reading {
        class,
        no_answer: words.no_answer || !class.is_personal(),
        attachments: files.attachments,
        reasons,
        ..words
    }
}

/// The class of a mail, by its words and by its files.
fn class(words: Class, files: Class) -> Class {
    match words {
        Class::NoAttachment | Class::LinkOnly => match files {
            Class::Report | Class::NoAttachment | Class::LinkOnly | Class::AutoReply => files,
            // None of these is for files to say.
            Class::Bounce
            | Class::DelayNotice
            | Class::DeliveryNotice
            | Class::FeedbackReport
            | Class::ReadReceipt
            | Class::MachineReport
            | Class::Bulk
            | Class::StaffCommand
            | Class::OwnMail
            | Class::Unreadable => words,
        },
        // The words of an automatic answer make no command; a mail that brings a document is looked at more closely.
        Class::StaffCommand if files == Class::AutoReply => files,
        Class::Report
        | Class::AutoReply
        | Class::Bounce
        | Class::DelayNotice
        | Class::DeliveryNotice
        | Class::FeedbackReport
        | Class::ReadReceipt
        | Class::MachineReport
        | Class::Bulk
        | Class::StaffCommand
        | Class::OwnMail
        | Class::Unreadable => words,
    }
}

/// Whether a mail is one after which its readers are not kept: it is not from where it says, or brings what is made to
/// harm.
pub(super) fn is_suspicious(reading: &Reading) -> bool {
    let harmful = |kind: FileKind| kind.is_harmful() || kind == FileKind::Damaged;
    reading.trust == Trust::Fail
        || reading.doubt.is_some()
        || reading.class == Class::Unreadable
        || reading.attachments.iter().any(|a| harmful(a.kind))
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::attachment;
    use super::super::super::{Attachment, Doubt, Person, Unread};
    use super::*;

    fn reading(class: Class, address: &str, tokens: &[&str]) -> Reading {
        Reading {
            class,
            sender: Some(Person {
                name: String::new(),
                address: address.to_owned(),
            }),
            reply_to: Some(address.to_owned()),
            tokens: tokens.iter().map(ToString::to_string).collect(),
            no_answer: !class.is_personal(),
            ..Reading::unreadable(Unread::NotFetched)
        }
    }

    fn file(kind: FileKind) -> Attachment {
        attachment(&format!("a.{kind}"), kind, 1)
    }

    #[test]
    fn who_opens_files_neither_says_who_wrote_nor_orders_anything() {
        let words = reading(Class::NoAttachment, "don.vi@example", &[]);
        let lies = Reading {
            trust: Trust::Pass,
            attachments: vec![file(FileKind::Docx)],
            subject: "khác".into(),
            body: "khác".into(),
            references: vec!["khac@example".into()],
            message_id: Some("khac@example".into()),
            ..reading(Class::StaffCommand, "can.bo@example", &["TBC.m1.ignore"])
        };
        let both = combined(words.clone(), lies);
        let expected = Reading {
            attachments: vec![file(FileKind::Docx)],
            ..words
        };
        assert_eq!(both, expected);
    }

    #[test]
    fn a_class_is_what_words_and_files_say_together() {
        use Class::{
            AutoReply, Bounce, Bulk, LinkOnly, NoAttachment, OwnMail, Report, StaffCommand,
        };
        for (words, files, both) in [
            (NoAttachment, Report, Report),
            (LinkOnly, Report, Report),
            (LinkOnly, LinkOnly, LinkOnly),
            (NoAttachment, AutoReply, AutoReply),
            (NoAttachment, StaffCommand, NoAttachment),
            (NoAttachment, Bounce, NoAttachment),
            (NoAttachment, OwnMail, NoAttachment),
            (StaffCommand, StaffCommand, StaffCommand),
            (StaffCommand, Report, StaffCommand),
            (StaffCommand, AutoReply, AutoReply),
            (AutoReply, Report, AutoReply),
            (Bulk, Report, Bulk),
            (Bounce, Report, Bounce),
            (OwnMail, Report, OwnMail),
        ] {
            assert_eq!(class(words, files), both, "{words:?} and {files:?}");
            let reading = combined(
                reading(words, "a@example", &[]),
                reading(files, "b@example", &[]),
            );
            assert_eq!(
                reading.no_answer,
                !both.is_personal(),
                "{words:?} and {files:?}"
            );
        }
    }

    #[test]
    fn after_forged_mails_and_programs_readers_are_not_kept() {
        let sound = Reading {
            attachments: vec![file(FileKind::Docx), file(FileKind::Zip)],
            ..reading(Class::Report, "a@example", &[])
        };
        assert!(!is_suspicious(&sound));
        let with = |kind: FileKind| Reading {
            attachments: vec![file(FileKind::Docx), file(kind)],
            ..sound.clone()
        };
        for kind in [FileKind::Program, FileKind::Macro, FileKind::Damaged] {
            assert!(is_suspicious(&with(kind)), "{kind}");
        }
        assert!(is_suspicious(&Reading {
            trust: Trust::Fail,
            ..sound.clone()
        }));
        assert!(is_suspicious(&Reading {
            doubt: Some(Doubt::Ambiguous),
            ..sound
        }));
    }
}
