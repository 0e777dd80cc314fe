//! Texts of strangers in mails to staff: mail programs make links of bare addresses, and a mail of ours is trusted.

/// Endings of file names that no program takes for a domain; they are left as they are.
const FILES: [&str; 22] = [
    "bmp", "csv", "doc", "docm", "docx", "eml", "gif", "jpeg", "jpg", "msg", "odp", "ods", "odt",
    "pdf", "png", "ppt", "pptx", "rar", "rtf", "txt", "xls", "xlsx",
];

/// What browsers take for a dot in a domain (UTS 46, section 4).
const DOTS: [char; 4] = ['.', '\u{3002}', '\u{ff0e}', '\u{ff61}'];

/// A text in which nothing is taken for a link: `https[:]//a[.]vn`. Names of files and numbers stay what they are.
///
/// ```
/// use thubaocao::writing::unlinked;
/// assert_eq!(unlinked("Xem www.evil.example/a"), "Xem www[.]evil[.]example/a");
/// assert_eq!(unlinked("57-BC ngày 14.6.2026.docx"), "57-BC ngày 14.6.2026.docx");
/// ```
pub fn unlinked(text: &str) -> String {
    let text = text.replace("://", "[:]//");
    let mut out = String::with_capacity(text.len());
    let mut before = ' ';
    for (at, c) in text.char_indices() {
        let joins = DOTS.contains(&c)
            && !before.is_whitespace()
            && !before.is_ascii_punctuation()
            && begins_with_a_label(&text[at + c.len_utf8()..]);
        match joins {
            true => out.push_str("[.]"),
            false => out.push(c),
        }
        before = c;
    }
    out
}

/// A text of a stranger's choice on one line: without links, and not longer than `most` letters.
pub fn of_a_stranger(text: &str, most: usize) -> String {
    let line = |c: char| if c.is_control() { ' ' } else { c };
    let short: String = text.chars().take(most).map(line).collect();
    let dots = if short.len() < text.len() { "…" } else { "" };
    unlinked(&short) + dots
}

/// Whether a text begins with what may be the end of a domain: at least two letters, and not the ending of a file.
fn begins_with_a_label(text: &str) -> bool {
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '-');
    let label = &text[..end.unwrap_or(text.len())];
    let letters = label.chars().take(2).filter(|c| c.is_alphabetic());
    letters.count() == 2 && !FILES.contains(&label.to_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_of_a_stranger_is_one_line_without_links_and_is_cut_off() {
        for (text, wanted) in [
            ("thiếu số liệu", "thiếu số liệu"),
            ("xem evil.vn\r\nhoặc\tgọi", "xem evil[.]vn  hoặc gọi"),
            ("1234567890123456789012345", "1234567890123456789012345"),
            ("12345678901234567890123456", "1234567890123456789012345…"),
        ] {
            assert_eq!(of_a_stranger(text, 25), wanted, "{text:?}");
        }
    }

    #[test]
    fn what_a_mail_program_takes_for_a_link_is_broken_and_the_rest_stays() {
        for (text, wanted) in [
            ("https://evil.example/x", "https[:]//evil[.]example/x"),
            ("HTTP://EVIL.VN", "HTTP[:]//EVIL[.]VN"),
            ("www.evil.example", "www[.]evil[.]example"),
            ("a@evil.example", "a@evil[.]example"),
            ("evil\u{3002}vn, evil\u{ff0e}vn", "evil[.]vn, evil[.]vn"),
            ("công-đoàn.vn", "công-đoàn[.]vn"),
            ("bao-cao.zip", "bao-cao[.]zip"),
            ("evil.docx.vn", "evil.docx[.]vn"),
            (
                "57-BC 14.6.2026 (sua lan 2).docx",
                "57-BC 14.6.2026 (sua lan 2).docx",
            ),
            ("1.234.567 đồng", "1.234.567 đồng"),
            ("Báo cáo. Kính gửi…", "Báo cáo. Kính gửi…"),
            ("", ""),
        ] {
            assert_eq!(unlinked(text), wanted);
        }
    }
}
