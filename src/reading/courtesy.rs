//! Whether a mail only thanks or confirms: "Đã nhận được thư, cảm ơn Ban ạ!". Such an answer to an acknowledgement asks
//! nobody to do anything.

use crate::ground::text::fold;
use crate::words::{mail, vi};

/// Whether a sender's own words, down to the signature, are courtesy alone.
pub fn is_mere_courtesy(own_words: &str) -> bool {
    let signature =
        |line: &str| line.trim_start().starts_with("--") || fold(line).starts_with("gui tu ");
    let mut said = false;
    for line in own_words.lines().take_while(|l| !signature(l)) {
        let folded = fold(line);
        if !vi().courtesies.make_up(&folded) {
            return false;
        }
        said |= !folded.is_empty();
    }
    said
}

/// Whether a mail without a file only talks: it neither says that something is sent or was, nor asks for more time, and is
/// no report itself that somebody wrote into the mail. Where it speaks of a report, it has to ask what only somebody asks
/// who has not sent it: where the form is, which day is the last.
pub fn is_mere_talk(subject: &str, own_words: &str) -> bool {
    // The subject of an answer is that of what it answers. "Hạn gửi báo cáo" sends none.
    let subject = Some(fold(subject))
        .filter(|s| !mail().reply.begins(s))
        .unwrap_or_default();
    let text = format!("{subject} {}", fold(own_words));
    // Who asks for the last day, or whether it must be, sends nothing.
    let asked = ["han", "co can", "can", "phai"];
    let text = asked.iter().fold(text, |text, word| {
        let verbs = ["gui", "nop"].map(|verb| format!("{word} {verb} "));
        verbs.iter().fold(text, |text, verb| {
            text.replace(verb.as_str(), &format!("{word} "))
        })
    });
    let sends = vi().was_sent.stands_in(&text) || vi().is_sent.stands_in(&text);
    let is_short = own_words.chars().count() < LONGEST_TALK;
    let is_none = is_something_else(&subject) || vi().questions.stands_in(&subject);
    let of_a_report = !is_none && speaks_of_a_report(&subject, own_words);
    is_short && !sends && !of_a_report && !vi().asks_for_time.stands_in(&text)
}

/// Whether all that somebody writes asks something, or is courtesy.
pub fn only_asks(own_words: &str) -> bool {
    let sentences = own_words.split_inclusive(['.', '?', '!', '\n']);
    let mut sentences = sentences.map(str::trim).filter(|s| !fold(s).is_empty());
    sentences.all(|s| asks(s) || vi().courtesies.make_up(&fold(s)))
}

fn asks(sentence: &str) -> bool {
    sentence.ends_with('?') || vi().questions.stands_in(&fold(sentence))
}

/// Whether subject or text speak of a report otherwise than by asking.
fn speaks_of_a_report(subject: &str, own_words: &str) -> bool {
    let sentences = own_words
        .split_inclusive(['.', '?', '!', '\n'])
        .map(str::trim);
    let told = sentences.clone().filter(|sentence| !asks(sentence));
    let told: Vec<String> = told.map(fold).collect();
    let asked = sentences.clone().any(asks);
    // "BC nữ công" over a question is what it asks about.
    let in_subject = vi().report.stands_in(subject) && !asked;
    in_subject || told.iter().any(|sentence| vi().report.stands_in(sentence))
}

/// Whether a mail of pictures alone brings just these: "Em gửi mấy tấm hình để Ban đăng tin".
pub fn is_mere_pictures(subject: &str, own_words: &str) -> bool {
    let text = format!("{} {}", fold(subject), fold(own_words));
    let may_report = vi().report.stands_in(&text) || vi().asks_for_time.stands_in(&text);
    vi().of_pictures.stands_in(&text) && !may_report
}

/// Whether a subject (folded) says that something else is sent before it speaks of a report: "Góp ý dự thảo báo cáo".
fn is_something_else(subject: &str) -> bool {
    let before = vi().report.before(subject).unwrap_or(subject);
    let mut signs = vi().not_yet.iter().filter(|sign| sign.sure);
    signs.any(|sign| sign.words.stands_in(before))
}

/// What is longer may be a report, in characters.
const LONGEST_TALK: usize = 700;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn talk_sends_nothing() {
        for (subject, text) in [
            ("Hỏi", "Cho em hỏi mẫu báo cáo ở đâu ạ?"),
            (
                "Xin mẫu",
                "Anh gửi lại em cái biểu mẫu với, file hôm trước mở không được.",
            ),
            ("Hạn báo cáo", "Hạn báo cáo nữ công là ngày mấy vậy chị"),
            ("Hỏi", "Hạn gửi báo cáo nữ công là ngày mấy vậy chị"),
            (
                "Re: Báo cáo Trung thu",
                "Đơn vị đã nhận được phản hồi, cảm ơn Ban.",
            ),
            ("Mời họp", "Kính mời chị dự họp lúc 8 giờ thứ sáu."),
            (
                "Re: Đã tiếp nhận",
                "Đơn vị đã nhận được phản hồi, trân trọng cảm ơn Ban.",
            ),
        ] {
            assert!(is_mere_talk(subject, text), "{text}");
        }
        let long = "Tình hình công nhân lao động trong quý ổn định. ".repeat(20);
        for (subject, text) in [
            ("Báo cáo", "Em gửi báo cáo ạ"),
            ("Re: Đề nghị gửi báo cáo", "Đơn vị đã gửi ngày 8/6 rồi ạ"),
            ("Re: Đề nghị gửi báo cáo", "Em đã nộp rồi, sao vẫn nhắc ạ?"),
            ("Hỏi", "Ban cho hỏi về báo cáo"),
            (
                "Hỏi",
                "Báo cáo em gửi Ban nhận được chưa, thiếu thì bổ sung thế nào ạ?",
            ),
            ("Xin gia hạn", "Đơn vị xin gia hạn đến 25/6"),
            ("BC", "Gửi Ban theo file đính kèm"),
            ("Báo cáo quý II", long.as_str()),
        ] {
            assert!(!is_mere_talk(subject, text), "{text}");
        }
    }

    #[test]
    fn thanks_ask_for_nothing() {
        for text in [
            "Cảm ơn Ban ạ!",
            "Dạ em đã nhận được thư, em cảm ơn chị nhiều ạ.",
            "Đơn vị đã nhận được thông tin phản hồi.\nTrân trọng!\n--\nNguyễn Thị Hoa\nĐT 0905123456",
            "OK, thanks",
        ] {
            assert!(is_mere_courtesy(text), "{text}");
        }
        for text in [
            "",
            "Cảm ơn Ban, đơn vị sẽ gửi sau",
            "Đã gửi",
            "Đơn vị không phát sinh ạ",
            "Em xin gia hạn đến 20/6, cảm ơn chị",
            "Đơn vị gửi lại báo cáo",
        ] {
            assert!(!is_mere_courtesy(text), "{text}");
        }
    }
}
