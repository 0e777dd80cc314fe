//! Answers that machines give to every mail: what speaks for and against one, added up.

use mail_parser::Message;

use super::{Reason, class};
use crate::ground::text::{fold, truncated};
use crate::words::{mail, vi};

/// One sign of an automatic answer, or against it.
///
/// | sign | weight |
/// |---|---|
/// | a header says that a machine answered: `Auto-Submitted: auto-replied`, `X-Autoreply` … | 4 |
/// | `Auto-Submitted: auto-generated`, as Exchange writes | 2 |
/// | the null return path | 2 |
/// | `Precedence: bulk`, `list` or `junk` | 1 |
/// | `X-Auto-Response-Suppress` | 1 |
/// | the subject begins as those of answering machines do | 4 |
/// | it begins with what people write, too ("Vắng mặt") | 1 |
/// | the text says that it is automatic | 3 |
/// | it says that somebody is away | 2 |
/// | it says that an answer comes after the return | 2 |
/// | it says until when | 1 |
/// | it says whom else to ask | 1 |
/// | it says that the mail has arrived | 1 |
/// | it speaks of a report, or of what will be sent | −3 |
/// | it speaks to somebody ("em", "nhé", "xin phép") | −2 |
/// | it was sent to a list | −4 |
///
/// At [`ENOUGH`] it is one. So absence alone is none: who is away says so himself, too. A mail with a document is none, but
/// for a header that says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sign {
    Answered,
    Generated,
    NullPath,
    Precedence,
    Suppress,
    Subject,
    SubjectOfPeople,
    Says,
    Away,
    Later,
    Until,
    Instead,
    Arrived,
    OfAReport,
    ToSomebody,
    List,
}

/// The weight from which on a mail is an automatic answer.
const ENOUGH: i32 = 4;

impl Sign {
    fn weight(self) -> i32 {
        match self {
            Sign::Answered | Sign::Subject => 4,
            Sign::Says => 3,
            Sign::Generated | Sign::NullPath | Sign::Away | Sign::Later => 2,
            Sign::Precedence
            | Sign::Suppress
            | Sign::SubjectOfPeople
            | Sign::Until
            | Sign::Instead
            | Sign::Arrived => 1,
            Sign::ToSomebody => -2,
            Sign::OfAReport => -3,
            Sign::List => -4,
        }
    }
}

/// Whether signs, each counted once, add up to an automatic answer.
fn suffice(signs: &[Sign]) -> bool {
    signs.iter().map(|s| s.weight()).sum::<i32>() >= ENOUGH
}

/// Why a mail is an automatic answer, if headers say so, or say a part of it and the text the rest.
pub(super) fn by_headers(message: &Message<'_>, subject: &str, body: &str) -> Option<Reason> {
    let mut signs = of_headers(message);
    if signs.contains(&Sign::Answered) {
        return Some(Reason::MachineAnswered);
    }
    let speaks_for = signs.iter().any(|s| s.weight() > 0);
    if !speaks_for || class::brings_a_document(message) {
        return None;
    }
    signs.extend(of_words(subject, body));
    suffice(&signs).then_some(Reason::AutomaticWords)
}

/// Whether a mail without a document is an automatic answer by its words. One with a document is for staff to judge.
pub(super) fn by_words(subject: &str, body: &str) -> bool {
    suffice(&of_words(subject, body))
}

fn of_headers(message: &Message<'_>) -> Vec<Sign> {
    let header = |name: &'static str| {
        message
            .header_raw(name)
            .map(|v| v.trim().to_ascii_lowercase())
    };
    let auto = header("Auto-Submitted").unwrap_or_default();
    let precedence = header("Precedence").unwrap_or_default();
    let answered = [
        "X-Autoreply",
        "X-Autorespond",
        "X-Autoresponder",
        "X-Auto-Reply-From",
    ];
    let answered = answered.into_iter().filter_map(header).any(|v| v != "no");
    let path = header("Return-Path").unwrap_or_default();
    let suppress = header("X-Auto-Response-Suppress").is_some_and(|v| v != "none");
    let met = [
        (
            answered || auto.starts_with("auto-replied") || precedence == "auto_reply",
            Sign::Answered,
        ),
        (
            auto.starts_with("auto-generated") || auto.starts_with("auto-notified"),
            Sign::Generated,
        ),
        (path == "<>", Sign::NullPath),
        (
            matches!(precedence.as_str(), "bulk" | "list" | "junk"),
            Sign::Precedence,
        ),
        (suppress, Sign::Suppress),
        (
            header("List-Id").is_some() || header("List-Unsubscribe").is_some(),
            Sign::List,
        ),
    ];
    those_met(met)
}

fn of_words(subject: &str, body: &str) -> Vec<Sign> {
    let folded = fold(subject);
    let mut answers = folded.as_str();
    while let Some(rest) = mail().reply.strip(answers) {
        answers = rest;
    }
    // "Auto: …": a person may write "auto" of cars, or "tự động hóa"; a machine repeats the subject after it.
    let labelled = subject.rsplit_once(':').is_some_and(|(before, _)| {
        let mut labels = before.split(':');
        labels.any(|label| mail().auto_labels.contains(&fold(label)))
    });
    let by_subject = labelled || mail().auto_subjects.begins(answers);
    let said = fold(truncated(body, 1_500));
    those_met([
        (by_subject, Sign::Subject),
        (
            !by_subject && mail().absent_subjects.begins(answers),
            Sign::SubjectOfPeople,
        ),
        (mail().auto_texts.stands_in(&said), Sign::Says),
        (mail().absent.stands_in(&said), Sign::Away),
        (mail().answers_later.stands_in(&said), Sign::Later),
        (mail().until.stands_in(&said), Sign::Until),
        (mail().ask_instead.stands_in(&said), Sign::Instead),
        (mail().has_arrived.stands_in(&said), Sign::Arrived),
        (
            vi().report.stands_in(&said) || vi().asks_for_time.stands_in(&said),
            Sign::OfAReport,
        ),
        (mail().to_somebody.stands_in(&said), Sign::ToSomebody),
    ])
}

fn those_met<const N: usize>(signs: [(bool, Sign); N]) -> Vec<Sign> {
    let met = signs.into_iter().filter(|(is, _)| *is);
    met.map(|(_, sign)| sign).collect()
}

#[cfg(test)]
mod tests {
    use super::Sign::*;
    use super::*;

    #[test]
    fn what_adds_up_to_an_automatic_answer_is_one() {
        for (signs, is) in [
            (&[Answered][..], true),
            (&[Subject], true),
            (&[Generated, Away], true),
            (&[Precedence, Suppress, Away], true),
            (&[NullPath, Precedence, Arrived], true),
            (&[Away, Later], true),
            (&[Away, Until, Instead], true),
            (&[Says, Arrived], true),
            (&[SubjectOfPeople, Away, Until], true),
            (&[Away], false),
            (&[SubjectOfPeople, Away], false),
            (&[Says], false),
            (&[Away, Until, OfAReport], false),
            (&[Away, Until, Instead, ToSomebody], false),
            (&[SubjectOfPeople, ToSomebody], false),
            (&[Generated, Precedence, List, Away], false),
            (&[NullPath, Precedence], false),
        ] {
            assert_eq!(suffice(signs), is, "{signs:?}");
        }
    }

    #[test]
    fn an_automatic_answer_is_known_by_its_words_in_several_languages() {
        for (subject, body) in [
            ("Trả lời tự động: Đề nghị báo cáo", ""),
            ("Tự động: Đề nghị báo cáo", ""),
            ("RE: Automatic reply: x", ""),
            ("Auto: Lê Văn A is away", ""),
            ("[Automatyczna odpowiedź] x", ""),
            ("Abwesenheitsnotiz", ""),
            ("Réponse automatique : x", ""),
            (
                "Re: Đôn đốc báo cáo",
                "Hiện tôi đang đi công tác đến hết ngày 20/6, tôi sẽ trả lời khi quay lại.",
            ),
            (
                "Re: x",
                "Tôi hiện đi công tác nước ngoài từ ngày 1/6 đến ngày 10/6. Việc gấp xin liên hệ đồng chí B.",
            ),
        ] {
            assert!(
                by_words(subject, body),
                "{subject}: {:?}",
                of_words(subject, body)
            );
        }
        for (subject, body) in [
            (
                "Re: Đề nghị báo cáo",
                "Đơn vị xin gửi báo cáo, đồng chí Lan đang nghỉ phép.",
            ),
            ("Autocad", "bản vẽ"),
            ("Tự động hóa: kế hoạch tập huấn", ""),
            (
                "Vắng mặt họp giao ban",
                "Em xin phép vắng mặt buổi họp chiều nay.",
            ),
            (
                "Re: x",
                "Em đang đi công tác đến hết ngày 20/6, em gửi báo cáo sau ạ.",
            ),
            (
                "Re: x",
                "Chị ơi em đang nghỉ phép đến hết ngày 20, có gì chị liên hệ anh Nam giúp em nhé.",
            ),
        ] {
            assert!(
                !by_words(subject, body),
                "{subject}: {:?}",
                of_words(subject, body)
            );
        }
    }
}
