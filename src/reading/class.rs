//! What kind of mail it is, where it is no report of delivery.

use mail_parser::Message;

use super::text::{fold, has_phrase};
use super::{Attachment, Class};

/// Hosts of cloud drives that people link to instead of attaching a file.
const CLOUD_HOSTS: [&str; 12] = [
    "drive.google.com",
    "docs.google.com",
    "onedrive.live.com",
    "1drv.ms",
    "sharepoint.com",
    "dropbox.com",
    "fshare.vn",
    "mediafire.com",
    "drive.zalo.me",
    "zalo.me",
    "vdrive.vn",
    "drive.viettel.vn",
];

/// Beginnings of subjects (folded) by which answering machines are known.
const AUTO_SUBJECTS: [&str; 12] = [
    "automatic reply",
    "auto reply",
    "autoreply",
    "auto response",
    "out of office",
    "out of the office",
    "tra loi tu dong",
    "thu tra loi tu dong",
    "tu dong tra loi",
    "thong bao vang mat",
    "thong bao nghi phep",
    "vacation",
];

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
    let folded = fold(subject);
    if AUTO_SUBJECTS
        .iter()
        .any(|s| folded == *s || folded.starts_with(&format!("{s} ")))
    {
        return is(
            Class::AutoReply,
            "its subject is that of an automatic answer",
        );
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
    if matches!(
        local,
        "noreply"
            | "no-reply"
            | "no_reply"
            | "donotreply"
            | "do-not-reply"
            | "noreply-dmarc-support"
            | "mailer-daemon"
    ) {
        return is(Class::MachineReport, "its sender takes no answers");
    }
    None
}

/// What a person's mail brings.
pub(super) fn by_content(attachments: &[Attachment], body: &str) -> Class {
    let brings = |a: &Attachment| {
        a.is_document() || matches!(a.kind.as_str(), "zip" | "rar" | "7z" | "tnef")
    };
    if attachments.iter().any(brings) {
        Class::Report
    } else if cloud_link(body).is_some() {
        Class::LinkOnly
    } else {
        Class::NoAttachment
    }
}

/// The host of the first link to a cloud drive.
pub(super) fn cloud_link(body: &str) -> Option<&'static str> {
    let lower = body.to_ascii_lowercase();
    CLOUD_HOSTS
        .into_iter()
        .find(|h| lower.contains(&format!("//{h}")) || lower.contains(&format!(".{h}/")))
}

/// Whether a text says that there is nothing to report ("không phát sinh").
pub(super) fn says_nothing_happened(folded: &str) -> bool {
    [
        "khong phat sinh",
        "khong co phat sinh",
        "chua phat sinh",
        "khong xay ra",
        "khong co tai nan",
        "khong co vu",
    ]
    .iter()
    .any(|p| has_phrase(folded, p))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_to_a_drive_is_not_an_attachment() {
        let body = "Kính gửi Ban, báo cáo tại https://drive.google.com/file/d/abc";
        assert_eq!(by_content(&[], body), Class::LinkOnly);
        assert_eq!(
            by_content(&[], "không có liên kết drive.google.com"),
            Class::NoAttachment
        );
        assert_eq!(
            cloud_link("https://cty.sharepoint.com/x"),
            Some("sharepoint.com")
        );
    }

    #[test]
    fn nothing_happened_is_said_in_several_ways() {
        assert!(says_nothing_happened(&fold(
            "Đơn vị không phát sinh tai nạn lao động"
        )));
        assert!(!says_nothing_happened(&fold("có phát sinh 01 vụ")));
    }
}
