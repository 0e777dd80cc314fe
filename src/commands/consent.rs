//! What a reply says to the question whether a command is meant: yes, no, or neither.

use unicode_normalization::UnicodeNormalization;

use super::words;
use crate::ground::text::fold;
use crate::words::{Marked, vi};

/// What a reply says of the command that it was asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Consent {
    /// It is the sender's.
    Yes,
    /// It is not.
    No,
    /// Neither.
    Unclear,
}

/// What the words above what is quoted say of the command. Only an explicit yes is one: its line holds nothing else but
/// courtesy, as an absence note, a question and a forward are no consent, and the command can be sent again.
pub(crate) fn of(own_words: &str) -> Consent {
    let text: String = own_words.nfc().collect::<String>().to_lowercase();
    // A mail of a greeting alone has no such line.
    let first = in_words(words::first_line(&text).unwrap_or_default());
    let (all, folded) = (in_words(&text), fold(&text));
    let asks = text.contains('?');
    let begins = |phrases: &Marked| phrases.after(&first).is_some();
    if !asks && begins(&vi().no) && !begins(&vi().no_answer) || vi().denials.stands_in(&folded) {
        return Consent::No;
    }
    match !asks && !all.iter().any(|word| vi().doubt.contains(word)) && consents(&first) {
        true => Consent::Yes,
        false => Consent::Unclear,
    }
}

/// Whether a line is a yes and nothing but courtesy besides.
fn consents(line: &[&str]) -> bool {
    if vi().asks_whether.after(line).is_some() {
        return false;
    }
    let yes = |rest: &[&str]| Some(vi().yes.after(rest)?.len());
    let begun = match (line, yes(line)) {
        (_, Some(left)) => Some(left),
        ([first, rest @ ..], None) if vi().before_yes.contains(first) => yes(rest),
        _ => None,
    };
    let Some(left) = begun else {
        return false;
    };
    let mut rest = &line[line.len() - left..];
    while let [word, others @ ..] = rest {
        rest = match yes(rest) {
            Some(left) => &rest[rest.len() - left..],
            None if vi().beside_yes.contains(word) => others,
            None => return false,
        };
    }
    true
}

/// The words of a text, with their marks.
fn in_words(text: &str) -> Vec<&str> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|w| !w.is_empty())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_explicit_yes_is_one() {
        use Consent::{No, Unclear, Yes};
        for (words, expected) in [
            ("Đúng", Yes),
            ("Đúng.", Yes),
            ("dung", Yes),
            ("ĐÚNG ạ!", Yes),
            ("Dạ đúng ạ", Yes),
            ("Có", Yes),
            ("co", Yes),
            ("Đồng ý", Yes),
            ("dong y", Yes),
            ("Tôi xác nhận.", Yes),
            ("Xác nhận, tôi đã gửi", Yes),
            ("OK", Yes),
            ("Ok em", Yes),
            ("Vâng", Yes),
            ("vâng, đúng rồi ạ", Yes),
            ("Phải", Yes),
            (
                "Kính gửi Ban,\nĐúng, tôi đã gửi lệnh này.\n\nTrân trọng\nHoàng Huy",
                Yes,
            ),
            ("\u{111}u\u{301}ng", Yes),
            ("Không phải tôi gửi", No),
            ("KHÔNG", No),
            ("Không.", No),
            ("thư này tôi không gửi", No),
            ("Tôi không gửi lệnh này, ai gửi vậy?", No),
            ("Khong phai toi gui", No),
            ("Không đúng, đề nghị không thực hiện", No),
            ("Sai", No),
            ("Hủy", No),
            ("Đừng thực hiện", No),
            ("ko phai e gui a oi", No),
            ("No, I did not send this", No),
            (
                "Kính gửi quản trị viên, đề nghị kiểm tra, có người mạo danh tôi.",
                No,
            ),
            ("Đồng chí quản trị: có người mạo danh tôi.", No),
            ("Đúng\nNhưng tôi không gửi", No),
            ("", Unclear),
            ("Đừng", No),
            ("Dừng", Unclear),
            ("Ai gửi thế này? Tôi có gửi gì đâu.", Unclear),
            ("Chưa rõ, để tôi hỏi lại đồng chí Hoa.", Unclear),
            ("Đúng?", Unclear),
            ("Đúng không", Unclear),
            ("Đúng à", Unclear),
            ("Có phải thư này của anh", Unclear),
            ("Có ai gửi gì đâu", Unclear),
            ("Có việc gì vậy", Unclear),
            ("Đúng là có kẻ gửi", Unclear),
            ("Xác nhận là gì", Unclear),
            ("Không rõ thư gì", Unclear),
            ("Không phải của anh à?", Unclear),
            ("Đúng\nTôi hỏi lại đã", Unclear),
            ("Tôi đang đi công tác, sẽ trả lời sau ngày 20/6.", Unclear),
            ("Cảm ơn bạn đã gửi thư. Tôi đang nghỉ phép.", Unclear),
            ("Anh Nam xem giúp, thư này là gì?", Unclear),
            ("Tôi đã gửi", Unclear),
        ] {
            assert_eq!(of(words), expected, "{words:?}");
        }
    }
}
