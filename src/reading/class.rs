//! What kind of mail it is, where it is no report of delivery.

use std::collections::HashSet;
use std::sync::LazyLock;

use mail_parser::Message;
use regex::Regex;

use super::{Attachment, Class};
use crate::ground::domain_name::is_within;
use crate::ground::text::{fold, truncated};
use crate::words::mail;

/// Who quotes a whole digest quotes fewer tokens; a mail made of tokens is no command.
const MOST_TOKENS: usize = 5_000;

/// A token as `links::token` writes it.
static TOKEN: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\bTBC\.[a-z]\d+\.[a-z]+(?::[A-Za-z0-9_-]*)?\.\d{8}\.[0-9a-f]{32}\b")
        .expect("a valid pattern")
});

/// A link: its host and the path after it.
static LINK: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"(?i)\bhttps?://([a-z0-9.-]+)(?::\d+)?(/[^\s<>"')\]]*)?"#)
        .expect("a valid pattern")
});

/// Whether a mail without a document is an automatic answer by its words. One with a document is for staff to judge.
pub(super) fn is_automatic_by_words(subject: &str, body: &str) -> bool {
    let folded = fold(subject);
    let mut answers = folded.as_str();
    while let Some(rest) = mail().reply.strip(answers) {
        answers = rest;
    }
    // A person may write "auto" of cars; a machine repeats the subject after it.
    let subject_says = mail().auto_subjects.begins(answers)
        || answers.starts_with("auto ") && subject.contains("Auto:");
    subject_says || mail().auto_texts.stands_in(&fold(truncated(body, 1_500)))
}

/// What the headers say of who wrote it: a person, or which kind of machine.
pub(super) fn by_headers(
    message: &Message<'_>,
    sender: &str,
    subject: &str,
) -> Option<(Class, String)> {
    let header = |name: &'static str| {
        message
            .header_raw(name)
            .map(|v| v.trim().to_ascii_lowercase())
    };
    let is = |class, why: &str| Some((class, why.to_owned()));
    let auto = header("Auto-Submitted").unwrap_or_default();
    let precedence = header("Precedence").unwrap_or_default();
    let folded = fold(subject);
    let reports_on_mail = folded.starts_with("report domain ")
        || ["failure report", "forensic report", "aggregate report"]
            .iter()
            .any(|r| folded.contains(&format!("dmarc {r}")));
    if reports_on_mail || header("TLS-Report-Domain").is_some() {
        let why = "it is a report on mail of a domain (RFC 7489, RFC 8460)";
        return is(Class::MachineReport, why);
    }
    if auto.starts_with("auto-replied") {
        return is(Class::AutoReply, "it says Auto-Submitted: auto-replied");
    }
    if [
        "X-Autoreply",
        "X-Autorespond",
        "X-Autoresponder",
        "X-Auto-Reply-From",
    ]
    .iter()
    .any(|h| {
        message
            .header_raw(*h)
            .is_some_and(|v| !v.trim().eq_ignore_ascii_case("no"))
    }) || precedence == "auto_reply"
    {
        return is(Class::AutoReply, "its headers say that a machine answered");
    }
    if header("List-Id").is_some() || matches!(precedence.as_str(), "bulk" | "list" | "junk") {
        return is(Class::Bulk, "it was sent to a list (List-Id or Precedence)");
    }
    if header("List-Unsubscribe").is_some() {
        return is(
            Class::Bulk,
            "it can be unsubscribed from (List-Unsubscribe)",
        );
    }
    if auto.starts_with("auto-generated") || auto.starts_with("auto-notified") {
        return is(
            Class::MachineReport,
            "it says Auto-Submitted: auto-generated",
        );
    }
    let local = sender.split('@').next().unwrap_or("");
    if mail()
        .no_answers
        .iter()
        .any(|l| local.starts_with(l.as_str()))
    {
        return is(Class::MachineReport, "its sender takes no answers");
    }
    None
}

/// What a person's mail brings.
pub(super) fn by_content(attachments: &[Attachment], link: Option<&str>) -> Class {
    let brings = |a: &Attachment| a.is_document() || a.kind.may_hold_a_report();
    if attachments.iter().any(brings) {
        Class::Report
    } else if link.is_some() {
        Class::LinkOnly
    } else {
        Class::NoAttachment
    }
}

/// The host of the first link to a file in a cloud drive.
pub(super) fn cloud_link(text: &str) -> Option<String> {
    LINK.captures_iter(text).find_map(|c| {
        let host = c[1].to_ascii_lowercase();
        let path = c.get(2).map_or("", |m| m.as_str());
        let known = mail().cloud_hosts.iter().any(|h| is_within(&host, h));
        // A telephone number or group on Zalo stands in many signatures; a form is no file.
        let first = path.split('/').nth(1).unwrap_or("");
        let is_contact = host.ends_with("zalo.me")
            && (first.is_empty() || first == "g" || first.bytes().all(|b| b.is_ascii_digit()));
        let is_form = host == "docs.google.com" && first == "forms";
        (known && path.len() > 1 && !is_contact && !is_form).then_some(host)
    })
}

/// The tokens of commands in a text, each once, and no more than a digest can hold.
pub(super) fn tokens(text: &str) -> Vec<String> {
    let mut seen = HashSet::new();
    let each = TOKEN.find_iter(text).map(|hit| hit.as_str());
    let new = each.filter(|token| seen.insert(*token));
    new.take(MOST_TOKENS).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_to_a_drive_is_told_from_other_links() {
        for (text, host) in [
            (
                "tại https://drive.google.com/file/d/abc",
                Some("drive.google.com"),
            ),
            (
                "<a href=\"https://cty.sharepoint.com/:x:/x\">tệp</a>",
                Some("cty.sharepoint.com"),
            ),
            (
                "https://www.dropbox.com/s/abc/bc.docx?dl=0",
                Some("www.dropbox.com"),
            ),
            ("https://www.fshare.vn/file/ABC", Some("www.fshare.vn")),
            ("https://drive.zalo.me/d/abc", Some("drive.zalo.me")),
            ("Zalo: https://zalo.me/0905123456", None),
            ("https://zalo.me/g/abcdef", None),
            ("https://docs.google.com/forms/d/abc", None),
            ("không có liên kết drive.google.com", None),
            ("https://drive.google.com.evil.example/x", None),
            ("https://www.google.com", None),
        ] {
            assert_eq!(cloud_link(text).as_deref(), host, "{text}");
        }
        assert_eq!(by_content(&[], Some("1drv.ms")), Class::LinkOnly);
        assert_eq!(by_content(&[], None), Class::NoAttachment);
    }

    #[test]
    fn tokens_are_found_once_each_and_not_without_end() {
        let token = |n: usize| format!("TBC.m{n}.ignore.20260615.{n:032x}");
        let twice = format!("{} {}\n{}", token(1), token(2), token(1));
        assert_eq!(tokens(&twice), [token(1), token(2)]);
        // Whose it is stands in the words.
        let open = format!("TBC.m1.assign:.20260615.{:032x}", 7);
        assert_eq!(tokens(&format!("Mã lệnh: {open}\r\n")), [open]);
        let many: Vec<String> = (0..MOST_TOKENS + 5).map(token).collect();
        assert_eq!(tokens(&many.join(" ")), many[..MOST_TOKENS]);
    }

    #[test]
    fn an_automatic_answer_is_known_by_its_words_in_several_languages() {
        for (subject, body) in [
            ("Trả lời tự động: Đề nghị báo cáo", ""),
            ("RE: Automatic reply: x", ""),
            ("Abwesenheitsnotiz", ""),
            ("Réponse automatique : x", ""),
            (
                "Re: Đôn đốc báo cáo",
                "Hiện tôi đang đi công tác đến hết ngày 20/6, tôi sẽ trả lời khi quay lại.",
            ),
        ] {
            assert!(is_automatic_by_words(subject, body), "{subject}");
        }
        for (subject, body) in [
            (
                "Re: Đề nghị báo cáo",
                "Đơn vị xin gửi báo cáo, đồng chí Lan đang nghỉ phép.",
            ),
            ("Autocad", "bản vẽ"),
        ] {
            assert!(!is_automatic_by_words(subject, body), "{subject}");
        }
    }
}
