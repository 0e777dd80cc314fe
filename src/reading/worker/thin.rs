//! A mail without most of what its files are encoded as, for the process that reads what a mail says.
//!
//! That process opens no file, but its parser would decode each: a mail of 45 MB would be there twice more.

use std::borrow::Cow;

/// How much of a run of lines in base64 is left, in bytes: more than of any text is looked at.
const LEFT: usize = 256_000;

/// The mail, with at most so much of each run of base64. Headers, boundaries and whatever else are as they were.
pub(super) fn thinned(mail: &[u8]) -> Cow<'_, [u8]> {
    if mail.len() <= LEFT {
        return mail.into();
    }
    let mut thin = Vec::new();
    let mut run = 0;
    // What stands from here on is kept and has not been copied yet.
    let mut from = 0;
    let mut at = 0;
    for line in mail.split_inclusive(|b| *b == b'\n') {
        let next = at + line.len();
        run = if is_base64(line) { run + line.len() } else { 0 };
        if run > LEFT {
            // Of a line without an end its beginning is left, in whole groups of four.
            let left = LEFT.saturating_sub(run - line.len()) / 4 * 4;
            thin.extend_from_slice(&mail[from..at + left]);
            if left > 0 {
                thin.push(b'\n');
            }
            from = next;
        }
        at = next;
    }
    if from == 0 {
        return mail.into();
    }
    thin.extend_from_slice(&mail[from..]);
    thin.into()
}

/// Whether a line is of a body in base64 (RFC 2045, section 6.8): it has no end or nearly the usual length.
fn is_base64(line: &[u8]) -> bool {
    const SHORTEST: usize = 40;
    let line = line.trim_ascii_end();
    let letter = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=');
    line.len() >= SHORTEST && line.iter().all(letter)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mail(file: &str) -> Vec<u8> {
        let head = "From: a@b.vn\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nKính gửi\r\n";
        let part =
            "--b\r\nContent-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n";
        format!("{head}{part}{file}\r\n{part}TWVv\r\n--b--\r\n").into_bytes()
    }

    #[test]
    fn of_a_file_the_beginning_is_left_and_of_the_rest_all() {
        let line = format!("{}\r\n", "QUJD".repeat(19));
        for file in [line.repeat(50_000), "QUJD".repeat(1_000_000)] {
            let whole = mail(&file);
            let thin = thinned(&whole);
            assert!(thin.len() < LEFT + 1_000 && thin.len() > LEFT - 1_000);
            let parser = mail_parser::MessageParser::default();
            let [whole, thin] = [&whole[..], &thin].map(|m| parser.parse(m).unwrap());
            assert_eq!(whole.headers(), thin.headers());
            assert_eq!(whole.body_text(0), thin.body_text(0));
            assert_eq!(whole.attachment_count(), thin.attachment_count());
            let [file, cut] = [&whole, &thin].map(|m| m.attachment(0).unwrap().contents());
            assert!(file.starts_with(cut) && cut.len() > LEFT / 2);
            assert_eq!(thin.attachment(1).unwrap().contents(), b"Meo");
        }
    }

    #[test]
    fn mails_that_are_short_or_not_of_base64_stay_as_they_are() {
        let long = "Báo cáo, 57. ".repeat(8) + "\r\n";
        for mail in [mail("QUJD"), mail(&long.repeat(10_000)), Vec::new()] {
            assert!(matches!(thinned(&mail), Cow::Borrowed(same) if same == mail));
        }
    }
}
