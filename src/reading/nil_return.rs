//! Whether a mail's own text says that there is nothing to report ("báo cáo không phát sinh").
//!
//! Each clause is looked at by itself: a question, a condition, another period, a wish or another matter in one says
//! nothing, whatever words it has; what did happen outweighs all others.

use std::sync::LazyLock;

use regex::Regex;

use crate::ground::text::{self, fold};
use crate::words::{mail, vi};

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("a valid pattern")
}

/// Ways of typing "không" in haste, before what is denied; "ps" is "phát sinh".
static HASTE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?x) \b (?:k|ko|kg|kh|khg|hok|hong|khong|0) \ (co|ps|phat\ sinh|xay\ ra|de\ xay|ghi\ nhan|thay|phat\ hien|he|bi|tai\ nan|su\ co|tnld|ai\ bi) \b",
    )
});
static SHORT: LazyLock<Regex> = LazyLock::new(|| pattern(r"\bps\b"));

/// "Không có vụ tai nạn lao động nào xảy ra", "chưa ghi nhận trường hợp nào", "số vụ: 0", "tháng này không có ạ".
static NOTHING: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?x) \b (?:khong|chua)\ (?:co\ |de\ |he\ |ghi\ nhan\ |thay\ |phat\ hien\ |bi\ |bat\ ky\ |mot\ )*
            (?: phat\ sinh | xay\ ra | (?:truong\ hop|vu|vu\ viec|ca|tai\ nan|tnld|su\ co) \b
              | (?:ai|nguoi|cong\ nhan|lao\ dong|doan\ vien|can\ bo|nguoi\ lao\ dong|nld) (?:\ nao)? \ bi \ (?:tai\ nan|tnld|nan|thuong) \b
              | gi \ (?:phat\ sinh|xay\ ra|de\ bao\ cao|can\ bao\ cao|bao\ cao) \b )
        | \b khong\ (?:co|de) (?:\ \pL+){1,6} \ (?:phat\ sinh|xay\ ra) \b
        | \b (?:so\ vu|so\ truong\ hop|so\ ca|so\ nguoi\ bi|so\ nguoi|so\ tnld|tnld|tai\ nan|tai\ nan\ lao\ dong)
            (?:\ (?:tai|nan|lao|dong|tnld|bi|trong|thang|quy|ky|nam|nay|xay|ra|phat|sinh|la|la\ bang|bang|t?\d+))* \ (?:0+|khong|khong\ co) (?:\ a|\ nhe)? $
        | \b 0+ \ (?:vu|truong\ hop|ca|tnld|tai\ nan|su\ co) \b
        | \b (?:bang|deu|deu\ la) \ (?:0|khong) (?:\ a|\ nhe)? $
        | \b khong\ co (?:\ (?:a|nhe|nha|chi|anh|em|c|oi))* $
        | \b (?: (?:thang|quy|ky|nam|t) (?:\ (?:nay|\d+|mot|hai|ba|bon|tu|nam|sau|bay|tam|chin|muoi))+ | t\d{1,2}(?:\ \d{4})? ) \ khong (?:\ a)? $",
    )
});

/// "Tháng này không có gì ạ": said of a period or a unit, it is a report; alone it may be the answer to thanks.
static NOTHING_AT_ALL: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?x) \b (?:thang|ky|quy|nam|tuan|don\ vi|cong\ ty|truong|cdcs|co\ so|ben\ em|bao\ cao|bc|tnld|tai\ nan) \b .*
            \b (?:khong|chua)\ (?:co|thay|phat\ hien)\ gi (?:\ ca|\ het|\ a|\ nhe|\ ca\ a)* $",
    )
});

/// Sentences of which none says what is: questions, requests, conditions, and how the report is called.
static ASKS: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?x) \b (?:dien\ tap|tinh\ huong\ gia|co\ phai|co\ can|co\ nen|phai\ lam\ sao|lam\ the\ nao|nhu\ the\ nao|hay\ khong|duoc\ khong|dung\ khong|phai\ khong) \b
        | \b (?:co|da) \ (?:phat\ sinh|xay\ ra|vu|tnld|tai\ nan) \b .* \b khong (?:\ a|\ vay|\ nhi|\ the)* $
        | \b (?:hoi|thac\ mac|huong\ dan|xin\ mau|gui\ mau|cho\ em\ mau|cho\ xin|xin\ phep|(?:de\ nghi|yeu\ cau)\ (?:cac\ )?(?:don\ vi|cdcs|cong\ ty|truong|co\ so|dong\ chi)|chua\ gui|chua\ nop|chua\ lam|chua\ ky
            |(?:cuoi|het|sang)\ (?:thang|ky|quy|tuan)(?:\ \pL+){0,3}\ (?:bao\ cao|bao|gui|nop)) \b",
    )
});
static CONDITION: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?x) \b (?:ke\ ca|neu|truong\ hop|khi|du|hoac|hay)(?:\ (?:truong\ hop|khi|don\ vi|trong\ ky|la|thang\ nay|quy\ nay|thuc\ su|ma))*
            \ (?:khong|chua)\ (?:co\ |de\ )*\pL+(?:\ \pL+)?
        | \b khong\ phat\ sinh (?:\ \pL+){0,2} \ (?:thi|van\ phai|cung\ phai|phai|van\ can|cung\ can) \b",
    )
});

/// Clauses that deny something else: another period, a wish, a double denial, what belongs to the work of reporting.
static ELSEWHERE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?x) \b (?:thang|quy|ky|nam|tuan)\ (?:truoc|ngoai|qua\ roi) \b
        | \b (?:neu|gia\ su|du\ kien|uoc|gia\ dinh) \b
        | \b (?:se|phan\ dau|quyet\ tam|co\ gang|nham|muc\ tieu|dam\ bao|bao\ dam|tranh|yeu\ cau|de\ nghi|nhac\ nho|cam\ ket|ky\ cam\ ket|tiep\ tuc|de)
            (?:\ \pL+){0,4} \ khong\ (?:de\ )?(?:xay\ ra|phat\ sinh|co) \b
        | \b (?:ke\ hoach|muc\ tieu|bien\ phap|phuong\ huong|tuyen\ truyen) \b .* \b khong \b
        | \b khong\ (?:co\ |phat\ sinh\ |xay\ ra\ |ghi\ nhan\ )*(?:truong\ hop\ )?(?:mac\ |bi\ )?benh\ nghe\ nghiep \b
        | \b khong\ (?:phai|the|dam)(?:\ \pL+){0,3} \ (?:khong|chua) \b
        | \b (?:khong|chua)\ .{0,60} \b (?:chet|tu\ vong|nghiem\ trong|nang|chi\ phi|thiet\ hai|them|moi|khac|gi\ khac|thay\ doi
            |duoc\ boi\ thuong|vuong\ mac|kho\ khan|y\ kien|kien\ nghi|de\ xuat|kinh\ phi|so\ lieu) \b
        | \b (?:chet|chet\ nguoi|nghiem\ trong|nang|tu\ vong)\ (?:la\ |bang\ )?(?:0+|khong) \b
        | \b 0+\ (?:vu|truong\ hop|ca|tnld|tai\ nan|su\ co)(?:\ (?:tai\ nan|lao\ dong|tnld))* \ (?:chet|nghiem\ trong|nang|tu\ vong) \b
        | \b (?:file|tep|mau|dau|con\ dau|scan|may\ scan|may\ in|ban\ ky|ban\ mem|ban\ cung|van\ ban|email|mail|link|dia\ chi|danh\ sach|so\ lieu
            |kinh\ phi|ke\ hoach|quy\ che|nguoi\ phu\ trach|y\ kien|vuong\ mac|kho\ khan|kien\ nghi|de\ xuat|thay\ doi) \b .* \b khong\ co (?:\ a|\ nhe|\ nha)? $",
    )
});

/// "3/35 doanh nghiệp không phát sinh", "các đơn vị khác chưa báo": of a part of those who are asked.
static IN_PART: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?x) \b (?:con|cac|so\ con\ lai|mot\ so|nhung) (?:\ \pL+){0,4} \ chua\ (?:bao|gui|nop|co\ so\ lieu|bao\ cao|tong\ hop) \b",
    )
});
static SHARE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:(\pL+) )?(\d+) (\d+) (?:don vi|doanh nghiep|dn|cong ty|cdcs|co so|cong doan|truong)\b",
    )
});

/// Whether a clause speaks of a part of those only who are asked.
fn is_in_part(clause: &str) -> bool {
    let is_share = |c: regex::Captures<'_>| {
        // "Tháng 2/2026 CĐCS …" and "ngày 5/6 đơn vị …" are dates.
        let of_time = c
            .get(1)
            .is_some_and(|word| vi().of_time.contains(word.as_str()));
        let (some, all) = (c[2].parse::<u32>().ok(), c[3].parse::<u32>().ok());
        !of_time && some < all && all.is_some_and(|all| all < 1_900)
    };
    IN_PART.is_match(clause) || SHARE.captures_iter(clause).any(is_share)
}

/// "01 vụ", "xảy ra một vụ", "số vụ: 2", "có người bị ngã": what did happen.
static SOMETHING: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?x) \b (?:0*[1-9]\d*|mot|hai|ba|bon|nam) \ (?:vu|truong\ hop|ca|tnld|tai\ nan|nguoi) \b
        | \b so\ (?:vu|nguoi|truong\ hop) (?:\ \pL+){0,4} \ 0*[1-9]
        | \b ngoai\ (?:vu|truong\ hop) \b",
    )
});
/// The same, where the clause does not deny it.
static HAPPENED: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?x) \b (?:co|da|vua|moi|bi)\ (?:phat\ sinh|xay\ ra|tai\ nan|tnld) \b
        | \b bi\ (?:\pL+\ )?(?:thuong|nga|te|gay|bong|dien\ giat|dut|kep|ngo\ doc|nan) \b | \b (?:nhap\ vien|cap\ cuu|tu\ vong) \b",
    )
});
static DENIES: LazyLock<Regex> = LazyLock::new(|| pattern(r"\b(?:khong|chua|0+)\b"));

/// How many work there: no number of accidents.
static HEADCOUNT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?x) \b (?:tong\ so|hien\ co|quan\ so|so)\ (?:nguoi\ lao\ dong|lao\ dong|nld|cbcnv|cnvcld|cong\ nhan|doan\ vien|nhan\ vien|vien\ chuc|can\ bo|giao\ vien)
            (?:\ (?:la|la\ co|co|hien\ co|toan\ don\ vi|trong\ don\ vi))* \ \d+ (?:\ nguoi)?
        | \b (?:co|hien\ co) \ \d+ \ (?:nguoi\ lao\ dong|lao\ dong|nld|cbcnv|cnvcld|cong\ nhan|doan\ vien|nhan\ vien|vien\ chuc|giao\ vien) $",
    )
});

/// The sentences of a text, each in its folded clauses, with whether it ends as a question. A line that goes on in small
/// letters was broken by a program.
fn sentences(text: &str) -> Vec<(Vec<String>, bool)> {
    let mut whole = String::new();
    for line in text.lines().map(str::trim) {
        let goes_on = line.starts_with(char::is_lowercase);
        whole.push_str(if goes_on { " " } else { "\n" });
        whole.push_str(line);
    }
    let parts = text::sentences(&whole).map(|sentence| {
        let clauses = sentence.split([',', '(', ')']).map(plain);
        let clauses = clauses.filter(|c| !c.is_empty()).collect();
        (clauses, sentence.ends_with('?'))
    });
    parts.collect()
}

/// A clause as it is looked at.
fn plain(clause: &str) -> String {
    let folded = fold(clause);
    let spelt = HASTE.replace_all(&folded, "khong $1");
    SHORT.replace_all(&spelt, "phat sinh").into_owned()
}

/// Whether a subject and what the sender wrote say that nothing happened; anything that did happen outweighs it.
pub(crate) fn says_nothing_happened(subject: &str, body: &str) -> bool {
    let mut nothing = false;
    for (clauses, is_question) in sentences(subject).into_iter().chain(sentences(body)) {
        let sentence = clauses.join(" ");
        if is_question || ASKS.is_match(&sentence) {
            continue;
        }
        for clause in clauses {
            let clause = HEADCOUNT.replace_all(&clause, "");
            let clause = CONDITION.replace_all(&clause, "");
            let happened = HAPPENED.is_match(&clause) && !DENIES.is_match(&clause);
            if happened || SOMETHING.is_match(&clause) || is_in_part(&clause) {
                return false;
            }
            let says = NOTHING.is_match(&clause) || NOTHING_AT_ALL.is_match(&clause);
            nothing |= says && !ELSEWHERE.is_match(&clause);
        }
    }
    nothing
}

/// Words by which a clerk may say that nothing happened, or that something did.
static MAY_SAY: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?x) ^(?:da\ )?0$ | \b (?:khong|ko|k|kg|khg|hok|chua\ (?:co|phat|xay|ghi)) \b | \b (?:binh\ thuong|an\ toan|nhu\ (?:thang|ky|quy)\ truoc) \b
        | \b bi\ (?:\pL+\ )?(?:tai\ nan|tnld|thuong|nga|nan) \b | \b co\ (?:\pL+\ )?(?:\d+\ )?(?:vu|tai\ nan|tnld) \b",
    )
});

/// Whether what a sender wrote may say what happened, or that nothing did, in words that are not known for it: nobody but a
/// person can tell.
pub fn may_say_what_happened(subject: &str, body: &str) -> bool {
    // The subject of an answer is somebody else's.
    let own = match mail().reply.begins(&fold(subject)) {
        true => "",
        false => subject,
    };
    let all = sentences(own).into_iter().chain(sentences(body));
    let told = all.filter(|(clauses, is_question)| {
        let sentence = clauses.join(" ");
        !is_question && !ASKS.is_match(&sentence)
    });
    let mut clauses = told.flat_map(|(clauses, _)| clauses);
    clauses.any(|clause| MAY_SAY.is_match(&clause))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_happened_is_said_in_several_ways() {
        let mut wrong = Vec::new();
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
            // As clerks type in haste.
            "ko phát sinh",
            "Dạ tháng này bên em k có TNLĐ ạ",
            "Em gửi BC: ko ps TNLĐ",
            "đơn vị e kg phát sinh vụ nào nha chị",
            "T6: 0 vụ",
            "TNLĐ tháng 6: 0 vụ, 0 người",
            "Tai nạn lao động tháng 6/2026 : 0",
            "TNLD: ko có",
            "0 có tnlđ ạ",
            "Chi oi thang nay don vi em khong co vu nao a",
            "Đơn vị hok có tai nạn gì hết",
            "không xảy ra",
            "Trong tháng 6 không xảy ra TNLĐ, cháy nổ.",
            "Tháng 6 đơn vị không có gì",
            "Báo cáo tháng 6: không có gì ạ",
            "Không có gì để báo cáo ạ.",
            "không có gì phát sinh trong tháng chị nhé",
            "Từ 15/5 đến 14/6 chưa xảy ra vụ tai nạn nào",
            "Không có người lao động bị tai nạn trong kỳ.",
            "Không ai bị tai nạn cả",
            "không có ca nào",
            "Em báo cáo: đơn vị KHÔNG phát sinh TNLĐ trong tháng.",
            "Công đoàn Trường Mầm non xin báo cáo không phát sinh TNLĐ tháng 6 ạ",
            "Các chỉ tiêu đều bằng 0 ạ",
            "Tổng số lao động: 120 người. Tháng 6 không có TNLĐ.",
            "Trong tháng đơn vị không để\nxảy ra tai nạn lao động nào.",
            "Tháng 6/2026 không có sự cố nào xảy ra tại công ty",
            "Không có vụ nào, số người chết: 0",
            "Số vụ TNLĐ trong tháng: không có",
            "Không phát sinh nên em không gửi file ạ",
            "Không có vụ ngừng việc nào xảy ra",
            "Không có cuộc đình công nào xảy ra tại đơn vị",
            "K có trường hợp nào a ơi",
            "Tình hình ATVSLĐ ổn định, ko xảy ra TNLĐ.",
            "Đơn vị đảm bảo an toàn, không để xảy ra tai nạn",
            "chưa có vụ tnlđ nào từ đầu năm tới giờ",
            "Cty em an toàn, ko tai nạn",
            "Tháng 6: Không",
            "Đơn vị có 45 người lao động, trong tháng không phát sinh TNLĐ",
            "Không phát hiện vụ tai nạn nào",
            "CĐCS Cty TNHH Hải Âm bc tháng 6: 0 TNLĐ",
            "Xin báo cáo 00 vụ.",
            "Anh Bình ơi, tháng này không thấy trường hợp nào.",
            "Kính gửi Ban CSPL,\nCĐCS báo cáo: không phát sinh\n\n--\nNguyễn Thị Hoa\nChủ tịch CĐCS",
        ] {
            if !says_nothing_happened("Báo cáo TNLĐ tháng 6", body) {
                wrong.push(body);
            }
        }
        for subject in [
            "TNLĐ T6 ko phát sinh",
            "BC TNLĐ tháng 6 - không phát sinh",
            "0 vụ TNLĐ tháng 6",
        ] {
            if !says_nothing_happened(subject, "Em gửi ạ") {
                wrong.push(subject);
            }
        }
        assert_eq!(wrong, [""; 0]);
    }

    #[test]
    fn what_did_happen_is_not_overlooked() {
        let mut wrong = Vec::new();
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
            // What clerks type that is none.
            "ko phát sinh thì có cần gửi k ạ",
            "Không phát sinh thì làm báo cáo thế nào ạ?",
            "Đơn vị không phát sinh, có phải báo cáo không chị?",
            "Nếu tháng này ko có TNLĐ thì e ghi sao chị",
            "Anh cho em hỏi báo cáo không phát sinh gửi về đâu ạ",
            "Em chưa gửi báo cáo không phát sinh, mai em gửi",
            "Cho em xin mẫu báo cáo không phát sinh",
            "Không phát sinh thêm vụ nào",
            "Ngoài ra không có vụ nào khác",
            "Có anh Nam bị té gãy tay, không phát sinh gì thêm",
            "Đã xảy ra tai nạn ngày 12/6, hồ sơ kèm theo. Tháng 7 không phát sinh.",
            "Có 1 TNLĐ, 0 vụ chết người",
            "0 vụ chết người",
            "Số vụ chết người: 0",
            "Tháng trước không phát sinh",
            "Quý trước ko có vụ nào, quý này em đang tổng hợp",
            "Phấn đấu không để xảy ra tai nạn lao động",
            "Công ty cam kết không để xảy ra TNLĐ",
            "Đơn vị sẽ không để xảy ra TNLĐ",
            "Không phát sinh vướng mắc gì",
            "Đơn vị không phát sinh kinh phí",
            "So với tháng trước không có gì thay đổi",
            "File mềm bên em không có ạ",
            "Bản ký tháng này không có ạ",
            "Dạ không có gì ạ",
            "Không phải là không có TNLĐ",
            "Tháng này có phát sinh không ạ",
            "Trong tháng có phát sinh TNLĐ",
            "Số vụ: 10",
            "Số người tham gia huấn luyện: 0",
            "Tổng số lao động bị nạn: 2 người, số vụ chết người: 0",
            "Không phát sinh cũng phải báo cáo",
            "Đề nghị các đơn vị không phát sinh TNLĐ gửi báo cáo trước ngày 20",
            "Đề nghị đơn vị rà soát, không để xảy ra tai nạn",
            "Kế hoạch: không để xảy ra TNLĐ trong 6 tháng cuối năm",
            "Không có vụ nào được bồi thường",
            "Không phát sinh bệnh nghề nghiệp",
            "Có 12 người lao động bị ngộ độc, không có TNLĐ",
            "Tháng 6 có hai vụ, tháng 5 không có vụ nào",
            "Vừa xảy ra tai nạn, chưa có số liệu",
        ] {
            if says_nothing_happened("Báo cáo TNLĐ tháng 6", body) {
                wrong.push(body);
            }
        }
        assert_eq!(wrong, [""; 0]);
    }
}
