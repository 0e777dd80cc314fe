//! What a sender wrote himself: the text of a mail without the mails that it quotes or passes on. Our own reminder in a
//! quotation must not be taken for the unit's words.

use std::sync::LazyLock;

use regex::Regex;

use crate::ground::text::fold;
use crate::words::mail;

/// `<an@address.example>:` at the end of a line that also has a date or an hour.
static SAYS: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\d.*<\s?[^<>@\s]+@[^<>\s]+>\s*:\s*$").expect("a valid pattern"));

/// `Từ: …`, `*Sent:* …`: a line of a head.
static HEADER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^[\s*]*(\p{L}[\p{L} ]{0,18}?)\s*\*?\s*:\*?\s*\S").expect("a valid pattern")
});

/// `-----Original Message-----`, `---------- Thư gốc ----------`.
static RULED: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^\s*[-_*]{3,}.*\p{L}.*[-_*]{2,}\s*$").expect("a valid pattern"));

/// The lines that a sender wrote himself, above or below what he quotes with `>`; nothing that stands below a quoted head.
pub fn own_words(body: &str) -> String {
    let lines: Vec<&str> = body.lines().map(str::trim_end).collect();
    let mut own: Vec<&str> = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        if begins_a_mail(&lines[at..]) {
            break;
        }
        if is_quoted(lines[at]) {
            at += 1;
        } else if let Some(length) = says_who_wrote(&lines[at..]) {
            at += length;
            // What follows is quoted with marks, or it is the rest of the mail.
            let follows = lines[at..].iter().find(|l| !l.trim().is_empty());
            if !follows.is_some_and(|l| is_quoted(l)) {
                break;
            }
        } else {
            own.push(lines[at]);
            at += 1;
        }
    }
    // A ruled line above the quotation is no word.
    let end = own.iter().rposition(|l| l.contains(char::is_alphanumeric));
    own.truncate(end.map_or(0, |last| last + 1));
    own.join("\n").trim().to_owned()
}

fn is_quoted(line: &str) -> bool {
    line.trim_start().starts_with('>')
}

/// How many lines say who wrote what follows, if these do.
fn says_who_wrote(lines: &[&str]) -> Option<usize> {
    // Where fewer lines say it, the first is the sender's own.
    (1..=3.min(lines.len())).find(|n| is_said(&lines[..*n]) && !is_said(&lines[1..*n]))
}

fn is_said(lines: &[&str]) -> bool {
    let said = lines.join(" ");
    let folded = fold(&said);
    let has_date = said.chars().filter(char::is_ascii_digit).count() >= 3;
    lines.iter().all(|l| !l.trim().is_empty())
        && (SAYS.is_match(&said)
            || has_date && said.trim_end().ends_with(':') && mail().wrote.ends(&folded))
}

/// Whether a mail that is quoted or passed on as a whole begins here.
fn begins_a_mail(lines: &[&str]) -> bool {
    let line = lines[0];
    let folded = fold(line);
    mail().quoted.begins(&folded)
        || mail().forwarded.begins(&folded)
        || line
            .trim_start()
            .starts_with("________________________________")
        || RULED.is_match(line)
        || is_head(lines)
}

/// `Từ: …` with another line of a head below it.
fn is_head(lines: &[&str]) -> bool {
    let called = |line: &str| HEADER.captures(line).map(|c| fold(&c[1]));
    let from = called(lines[0]).is_some_and(|name| mail().from.contains(&name));
    let below = lines[1..].iter().filter(|l| !l.trim().is_empty()).take(3);
    from && below.filter(|l| called(l).is_some()).count() >= 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_of_earlier_mails_are_not_the_senders_words() {
        for quoted in [
            "Vào Th 2, 15 thg 6, 2026 vào lúc 08:00 Ban CSPL đã viết:\n> Đề nghị …",
            "Vào Th 2, 15 thg 6, 2026 vào lúc 08:00 Ban Chính sách pháp luật <\nban@example.vn> đã viết:\n\n> Đề nghị …",
            "On Mon, Jun 15, 2026 at 8:00 AM Ban CSPL <ban@example.vn> wrote:\n\nĐề nghị …",
            "2026-06-15 8:00 GMT+07:00 Ban CSPL <ban@example.vn>:\n> Đề nghị …",
            "Từ: Ban CSPL <ban@example.vn>\nĐã gửi: Thứ Hai, 15 Tháng Sáu 2026\nTới: LĐLĐ\nChủ đề: Nhắc\n\nĐề nghị …",
            "*From:* Ban CSPL <ban@example.vn>\n*Sent:* Monday, June 15, 2026 8:00 AM\n*To:* LĐLĐ\n\nĐề nghị …",
            "-----Original Message-----\nĐề nghị …",
            "---------- Thư được chuyển tiếp ---------\nĐề nghị …",
        ] {
            let body = format!("Kính gửi Ban,\nĐơn vị gửi báo cáo.\n\n{quoted}");
            assert_eq!(
                own_words(&body),
                "Kính gửi Ban,\nĐơn vị gửi báo cáo.",
                "{quoted}"
            );
        }
    }

    #[test]
    fn words_below_a_marked_quotation_are_the_senders_too() {
        let body =
            "Vào 08:00, 15/6/2026, Ban CSPL đã viết:\n> Đề nghị gửi báo cáo\n\nĐơn vị gửi ạ.";
        assert_eq!(own_words(body), "Đơn vị gửi ạ.");
    }

    #[test]
    fn a_signature_is_no_quoted_head() {
        let body = "Đơn vị gửi báo cáo.\nHọ tên: Lê Thị B\nĐơn vị: LĐLĐ huyện Tuy An\nEmail: b@example.vn\nĐề nghị Ban viết:";
        assert_eq!(own_words(body), body);
    }
}
