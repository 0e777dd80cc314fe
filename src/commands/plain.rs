//! Whether a command in free words is plain: nothing stands in it that is not understood. Verbs alone tell little: "hôm qua
//! chị đã trả lại rồi", "để duyệt sau", "không phải báo cáo trẻ em, là báo cáo nữ công" have one, and ask for nothing of it.
//! What is not plain is asked back.

use super::words::{ask_for_another, before_reason, in_words, verbs_of};
use crate::links::token::Action;
use crate::words::vi;

/// Whether a line that asks for an action says nothing besides that is not understood. Numbers of mails and reports are
/// left out of it already.
pub(super) fn is_plain(line: &str, action: &Action) -> bool {
    let words = in_words(line);
    let mut is_verb = vec![false; words.len()];
    mark(&words, action, &mut is_verb);
    let Some(verb) = is_verb.iter().position(|v| *v) else {
        return false;
    };
    let rest = |range: std::ops::Range<usize>| -> Vec<&String> {
        range.filter(|i| !is_verb[*i]).map(|i| &words[i]).collect()
    };
    if !rest(0..verb).iter().all(|w| is_beside(w)) {
        return false;
    }
    let reason = reason_of(line, &words, &is_verb).max(verb);
    let (said, reason) = (rest(verb..reason), &words[reason..]);
    let plain = said.iter().all(|w| is_beside(w));
    let doubts = |w: &String| vi().unsure.contains(w);
    match action {
        // Whose it is and which report, until when, of which day and number.
        Action::Assign(_) | Action::Extend | Action::Paper => {
            !said.iter().any(|w| doubts(w)) && !ask_for_another(&words, action)
        }
        Action::Return | Action::Excuse | Action::Refuse => plain && !asks_for_more(reason),
        Action::Ignore => {
            let of_a_report = reason.iter().any(|w| vi().of_a_report.contains(w));
            plain && !of_a_report && !reason.iter().any(doubts) && !asks_for_more(reason)
        }
        Action::Accept
        | Action::Undo
        | Action::Close
        | Action::Escalate
        | Action::Spare
        | Action::Reset
        | Action::Resend
        | Action::Confirm
        | Action::Any => plain && reason.is_empty(),
    }
}

/// What a line says besides the verb, and what may stand beside any.
pub(super) fn besides(line: &str, action: &Action) -> String {
    let words = in_words(line);
    let mut known = vec![false; words.len()];
    mark(&words, action, &mut known);
    let rest = words
        .iter()
        .zip(known)
        .filter(|(w, known)| !known && !is_beside(w));
    let rest: Vec<&str> = rest.map(|(w, _)| w.as_str()).collect();
    rest.join(" ")
}

/// Whether a line holds nothing besides the verb, a reason, and words around a day.
pub(super) fn holds_nothing_else(line: &str, action: &Action) -> bool {
    let words = in_words(line);
    let mut known = vec![false; words.len()];
    mark(&words, action, &mut known);
    let reason = reason_of(line, &words, &known);
    let beside = |w: &String| is_beside(w) || vi().beside_day.contains(w);
    known.contains(&true) && (0..reason).all(|i| known[i] || beside(&words[i]))
}

/// Where among the words of a line its reason begins.
fn reason_of(line: &str, words: &[String], is_verb: &[bool]) -> usize {
    let because = |i: &usize| !is_verb[*i] && vi().because.contains(&words[*i]);
    let reason = (0..words.len()).find(because).unwrap_or(words.len());
    reason.min(in_words(before_reason(line, &str::to_owned)).len())
}

/// Marks where words hold a verb of an action.
fn mark(words: &[String], action: &Action, marked: &mut [bool]) {
    for verbs in verbs_of(action) {
        verbs.mark(words, marked);
    }
}

fn is_beside(word: &String) -> bool {
    vi().thanks.contains(word) || vi().beside_verb.contains(word)
}

/// Whether a reason holds a further order.
fn asks_for_more(reason: &[String]) -> bool {
    let orders = [
        Action::Accept,
        Action::Return,
        Action::Assign(String::new()),
        Action::Ignore,
    ];
    orders.iter().any(|action| {
        let mut marked = vec![false; reason.len()];
        mark(reason, action, &mut marked);
        marked.contains(&true)
    })
}

#[cfg(test)]
mod tests {
    use super::super::meaning::without_numbers;
    use super::super::words::action;
    use super::*;

    fn plain(text: &str) -> Option<Action> {
        let asked = action(text)?;
        is_plain(&without_numbers(text), &asked).then_some(asked)
    }

    #[test]
    fn what_clerks_write_plainly_is_done() {
        for (text, wanted) in [
            ("duyệt", Action::Accept),
            ("Duyệt nhé em", Action::Accept),
            ("BC-2026-00002: duyệt", Action::Accept),
            (
                "BC-2026-00002 đã xem, đạt yêu cầu, duyệt giúp chị",
                Action::Accept,
            ),
            ("đồng ý duyệt báo cáo BC-2026-00002", Action::Accept),
            ("bc 2026 00002 duyet", Action::Accept),
            ("Đề nghị phê duyệt BC-2026-00002", Action::Accept),
            ("BC-2026-00001: trả lại vì thiếu bảng biểu", Action::Return),
            (
                "Trả lại đơn vị vì chưa ký, gửi lại trước 20/6",
                Action::Return,
            ),
            ("tra lai vi thieu so lieu", Action::Return),
            (
                "BC-2026-00001: trả lại, lý do: chưa đóng dấu",
                Action::Return,
            ),
            ("Thư số 5: không phải báo cáo", Action::Ignore),
            ("Thư số 5: đây không phải là báo cáo", Action::Ignore),
            ("Bỏ qua thư này giúp em", Action::Ignore),
            ("bỏ qua thư số 5 vì là quảng cáo", Action::Ignore),
            (
                "thư số 5: gán cho LĐLĐ huyện Tuy An",
                Action::Assign(String::new()),
            ),
            (
                "Thư số 8: gán cho LĐLĐ huyện Sơn Hòa, báo cáo trẻ em 6 tháng đầu năm 2026",
                Action::Assign(String::new()),
            ),
            (
                "Thư này là của CĐ ngành Y tế",
                Action::Assign(String::new()),
            ),
            ("Gia hạn đến 20/6", Action::Extend),
            (
                "Đồng ý gia hạn đến hết ngày 20/6 vì đơn vị chưa xong",
                Action::Extend,
            ),
            ("Cho lùi hạn đến ngày 25 tháng 6", Action::Extend),
            ("Đã nhận bản giấy số 57/BC-LĐLĐ ngày 8/6", Action::Paper),
            ("Đã nhận được bản cứng hôm qua", Action::Paper),
            (
                "Miễn báo cáo kỳ này vì đơn vị mới thành lập",
                Action::Excuse,
            ),
            ("hoàn tác giúp em", Action::Undo),
        ] {
            assert_eq!(plain(text), Some(wanted), "{text}");
        }
    }

    #[test]
    fn what_says_more_than_is_understood_is_asked_back() {
        for text in [
            "BC-2026-00003: duyệt. Còn cái của Phú Hòa thì chưa đạt, trả lại giúp anh.",
            "thư số 8: đây không phải báo cáo QHLĐ mà là báo cáo trẻ em, gán cho LĐLĐ huyện Sơn Hòa nhé",
            "BC-2026-00001 và 00002 duyệt, 00003 trả lại vì thiếu bảng",
            "BC-2026-00004: Phú Hòa hỏi sao bị trả lại, đồng chí Hằng xem giúp",
            "BC-2026-00002: hôm qua chị đã trả lại rồi vì thiếu bảng",
            "BC-2026-00002: bản này đơn vị bảo là gửi lại sau khi bị trả lại, em thấy được rồi",
            "BC-2026-00001: đã trình chị Lan, chị ấy bảo trả lại vì thiếu bảng thì mình làm sao hả anh",
            "BC-2026-00001: nếu Tuy Hòa chưa gửi bản ký thì trả lại vì thiếu bản ký",
            "thư số 5: không phải báo cáo của Tuy An mà là của Tây Hòa",
            "thư số 6: không phải báo cáo trẻ em, là báo cáo nữ công",
            "thư số 5: không phải báo cáo, xin lỗi nhầm, là báo cáo",
            "thư số 5: đã xem, đây là báo cáo chứ không phải báo cáo nhầm",
            "Thư số 5: chị Lan bảo không phải báo cáo nhưng em thấy có số liệu đấy chị ạ",
            "thư số 9: chờ em gọi hỏi lại xem có phải báo cáo hay không phải báo cáo",
            "thư số 9: hình như không phải báo cáo",
            "thư số 9: em nghĩ không phải báo cáo, anh Minh xem giúp rồi hãy bỏ qua",
            "BC-2026-00004: đề nghị lãnh đạo duyệt",
            "BC-2026-00004: trình lãnh đạo xem trước khi duyệt",
            "BC-2026-00004: sau khi đơn vị bổ sung bản ký thì duyệt",
            "BC-2026-00004: để duyệt sau",
            "BC-2026-00004: chờ chị Lan duyệt",
            "BC-2026-00003: trả lại vì thiếu bảng biểu. Những cái khác duyệt.",
            "Thư số 5, 6: không phải báo cáo",
            "thư số 5-9 không phải báo cáo",
            "Cảm ơn. Nếu sai thì hoàn tác sau.",
            "thư số 5: gán cho Tuy An hoặc Tây Hòa",
            "thư số 5: gán cho LĐLĐ huyện Tuy An, duyệt luôn",
            "Gia hạn đến 30/6, miễn báo cáo nữ công",
        ] {
            assert_eq!(plain(text), None, "{text}");
        }
    }
}
