//! What kind of mail it is, where it is no report of delivery.

use mail_parser::Message;

use super::text::{fold, has_phrase, truncated};
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

/// Beginnings of subjects (folded, without Re:) by which answering machines are known.
const AUTO_SUBJECTS: [&str; 40] = [
    "automatic reply",
    "automated reply",
    "automatic response",
    "automated response",
    "auto reply",
    "autoreply",
    "auto response",
    "auto ",
    "out of office",
    "out of the office",
    "on vacation",
    "on leave",
    "vacation",
    "away from my mail",
    "tra loi tu dong",
    "thu tra loi tu dong",
    "thu tu dong",
    "phan hoi tu dong",
    "thu phan hoi tu dong",
    "tu dong tra loi",
    "tu dong phan hoi",
    "thong bao vang mat",
    "thong bao nghi phep",
    "vang mat",
    "dang nghi phep",
    "ngoai van phong",
    "khong co mat tai van phong",
    "da nhan duoc thu cua ban",
    "automatische antwort",
    "abwesenheit",
    "reponse automatique",
    "reponse auto",
    "absence du bureau",
    "respuesta automatica",
    "risposta automatica",
    "resposta automatica",
    "automatisch antwoord",
    "автоответ",
    "自動応答",
    "自动回复",
];

/// What an answering machine writes (folded), where its headers do not show it.
const AUTO_WORDS: [&str; 24] = [
    "thu tra loi tu dong",
    "thu phan hoi tu dong",
    "email tra loi tu dong",
    "email phan hoi tu dong",
    "tin nhan tu dong",
    "thu nay duoc gui tu dong",
    "email nay duoc gui tu dong",
    "thu duoc tra loi tu dong",
    "toi dang nghi phep",
    "toi hien dang nghi phep",
    "hien toi dang nghi phep",
    "hien toi dang di cong tac",
    "toi hien dang di cong tac",
    "toi se tra loi thu khi quay lai",
    "toi se tra loi khi quay lai",
    "tra loi ngay khi quay lai",
    "this is an automatic reply",
    "this is an automated reply",
    "this is an automated response",
    "i am out of the office",
    "i am currently out of the office",
    "i will be out of the office",
    "i am currently on leave",
    "i am on vacation",
];

/// Whether a mail without a document is an automatic answer by its words. One with a document is for staff to judge.
pub(super) fn is_automatic_by_words(subject: &str, body: &str) -> bool {
    let mut folded = fold(subject);
    while let Some(rest) = ["re ", "tl ", "aw ", "sv "]
        .iter()
        .find_map(|p| folded.strip_prefix(p))
    {
        folded = rest.to_owned();
    }
    // A person may write "auto" of cars; a machine repeats the subject after it.
    let subject_says = AUTO_SUBJECTS
        .iter()
        .any(|s| folded.starts_with(s) && (*s != "auto " || subject.contains("Auto:")));
    let body = fold(truncated(body, 1_500));
    subject_says || AUTO_WORDS.iter().any(|w| has_phrase(&body, w))
}

/// What the headers say of who wrote it: a person, or which kind of machine.
pub(super) fn by_headers(message: &Message<'_>, sender: &str) -> Option<(Class, String)> {
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
        a.is_document()
            || matches!(
                a.kind.as_str(),
                "zip" | "rar" | "7z" | "tnef" | "partial" | "encrypted"
            )
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

    #[test]
    fn nothing_happened_is_said_in_several_ways() {
        assert!(says_nothing_happened(&fold(
            "Đơn vị không phát sinh tai nạn lao động"
        )));
        assert!(!says_nothing_happened(&fold("có phát sinh 01 vụ")));
    }
}
