//! Whether a mail's own text says that there is nothing to report ("báo cáo không phát sinh").

use std::sync::LazyLock;

use regex::Regex;

use crate::ground::text::fold;

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("a valid pattern")
}

/// "Không có vụ tai nạn lao động nào xảy ra", "chưa ghi nhận trường hợp nào", "số vụ: 0", "tháng này không có ạ".
static NOTHING: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?x) \b (?:khong|chua)\ (?:co\ |de\ |he\ |ghi\ nhan\ |thay\ )*
            (?: phat\ sinh | xay\ ra | (?:truong\ hop|vu|vu\ viec|tai\ nan|tnld|su\ co) \b )
        | \b (?:so\ vu|so\ nguoi|so\ truong\ hop) (?:\ \pL+){0,4} \ (?:0+|khong) \b
        | ^ (?:0+|khong) \ (?:vu|truong\ hop) \b
        | \b khong\ co (?:\ a|\ nhe|\ nha)? $",
    )
});

/// "(kể cả không phát sinh)", "nếu không có vụ nào": how the report is called, and conditions.
static CONDITION: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:ke ca|neu|truong hop|khi|du|hoac|hay)(?: (?:truong hop|khi|don vi|trong ky|la))* (?:khong|chua) (?:co |de )*\pL+(?: \pL+)?",
    )
});

/// "01 vụ", "xảy ra một vụ", "số vụ: 2"; and what is said of accidents that did happen.
static SOMETHING: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?x) \b (?:0*[1-9]\d*|mot|hai|ba|bon|nam) \ (?:vu|truong\ hop|ca|nguoi) \b
        | \b so\ (?:vu|nguoi|truong\ hop) (?:\ \pL+){0,4} \ 0*[1-9]
        | \b khong\ .{0,60} \b (?:chet|tu\ vong|nghiem\ trong|nang|chi\ phi|thiet\ hai|them) \b",
    )
});

/// Whether a subject and what the sender wrote say that nothing happened; anything that did happen outweighs it.
pub fn says_nothing_happened(subject: &str, body: &str) -> bool {
    let said = |text: &str| CONDITION.replace_all(&fold(text), ";").into_owned();
    let lines: Vec<String> = body.lines().chain([subject]).map(said).collect();
    let whole = format!("{} ; {}", said(subject), said(body));
    let nothing = lines.iter().any(|l| NOTHING.is_match(l)) || NOTHING.is_match(&whole);
    nothing && !SOMETHING.is_match(&whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_happened_is_said_in_several_ways() {
        for body in [
            "Đơn vị không phát sinh tai nạn lao động",
            "CĐCS không có phát sinh TNLĐ trong tháng 6",
            "Trong tháng không có vụ tai nạn lao động nào xảy ra.",
            "Đơn vị không để xảy ra tai nạn lao động.",
            "Kính gửi Ban,\nKhông có TNLĐ.\nTrân trọng.",
            "Chưa ghi nhận trường hợp nào bị tai nạn",
            "Số vụ: 0; số người bị nạn: 0",
            "0 vụ",
            "Tháng này không có ạ",
            "Tổng số vụ tai nạn lao động: không",
        ] {
            assert!(
                says_nothing_happened("Báo cáo TNLĐ tháng 6", body),
                "{body}"
            );
        }
    }

    #[test]
    fn what_did_happen_is_not_overlooked() {
        for body in [
            "có phát sinh 01 vụ",
            "Trong tháng xảy ra 01 vụ tai nạn lao động, không có người chết.",
            "Tháng 6 có 1 vụ TNLĐ nhẹ, không phát sinh chi phí.",
            "Không có tai nạn lao động chết người.",
            "Không xảy ra tai nạn lao động nghiêm trọng",
            "Số vụ: 1; số người bị nạn: 1; số người chết: 0",
            "Số vụ: 01, không có người chết",
            "Ngoài vụ đã báo cáo, không phát sinh thêm",
            "Đơn vị không có ý kiến gì",
            "Gửi báo cáo nhanh tình hình tai nạn lao động (kể cả không phát sinh)",
            "Nếu không phát sinh thì đơn vị có phải báo cáo không ạ?",
            "Đề nghị báo cáo, kể cả trường hợp không có vụ nào",
        ] {
            assert!(
                !says_nothing_happened("Báo cáo TNLĐ tháng 6", body),
                "{body}"
            );
        }
    }
}
