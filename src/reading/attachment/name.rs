//! Names of files: what a sender wrote becomes a name that is safe on every disk and reads well.

use super::super::legacy;
use crate::ground::text::{is_invisible, tidy, truncated};

/// What a mail without a subject goes by, among the files of another.
pub(super) const OF_A_MAIL: &str = "thư đính kèm";

/// The longest name that file systems take, in bytes; a Vietnamese letter has up to three.
const LONGEST: usize = 255;

/// A safe name: NFC, no path parts, no control or invisible characters, at most 255 bytes, its extension kept.
///
/// A name that is empty is made of the kind.
pub fn safe_name(given: &str, kind: &str) -> String {
    let base = given.rsplit(['/', '\\']).next().unwrap_or("");
    let cleaned: String = base
        .chars()
        .filter(|c| !is_invisible(*c))
        .map(|c| match c {
            '<' | '>' | ':' | '"' | '|' | '?' | '*' => '_',
            c => c,
        })
        .collect();
    let name = tidy(&cleaned);
    let name = trimmed(&name);
    if name.is_empty() {
        return format!("khong-ten.{kind}");
    }
    if name.len() <= LONGEST {
        return name.to_owned();
    }
    match name.rsplit_once('.') {
        Some((stem, extension)) if extension.len() <= 16 => {
            let stem = trimmed(truncated(stem, LONGEST - 1 - extension.len()));
            format!("{stem}.{extension}")
        }
        _ => trimmed(truncated(name, LONGEST)).to_owned(),
    }
}

/// Without dots and white space at the ends: some systems drop them, and `.x` is hidden.
fn trimmed(name: &str) -> &str {
    name.trim_matches(|c: char| c == '.' || c.is_whitespace())
}

/// The name of an archive's entry: UTF-8 where it is that, marked or not; else Vietnamese of an old encoding where the
/// bytes make that; else CP437 as the format says.
pub(super) fn decode_entry(raw: &[u8]) -> String {
    legacy::guess_or(raw, |raw| raw.iter().map(|b| cp437(*b)).collect())
}

/// A byte in the code page of the first PCs.
fn cp437(byte: u8) -> char {
    const HIGH: &str = "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{a0}";
    if byte < 0x80 {
        byte as char
    } else {
        HIGH.chars().nth(usize::from(byte) - 0x80).unwrap_or('_')
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn paths_overrides_and_decomposed_letters_do_not_survive() {
        assert_eq!(safe_name("../../etc/passwd", "txt"), "passwd");
        assert_eq!(safe_name("C:\\Báo cáo\\57.docx", "docx"), "57.docx");
        assert_eq!(safe_name("bao\u{202e}fdp.exe", "program"), "baofdp.exe");
        assert_eq!(
            safe_name("ba\u{301}o ca\u{301}o.docx", "docx"),
            "báo cáo.docx"
        );
        assert_eq!(safe_name("  \n ", "pdf"), "khong-ten.pdf");
        assert_eq!(safe_name("..", "pdf"), "khong-ten.pdf");
    }

    #[test]
    fn a_long_name_keeps_its_extension() {
        let long = format!("{}.docx", "ế".repeat(200));
        let safe = safe_name(&long, "docx");
        assert!(safe.len() <= 255 && safe.ends_with("ế.docx"), "{safe}");
        let dot_at_the_cut = format!("{}.{}", "a".repeat(254), "b".repeat(40));
        assert_eq!(safe_name(&dot_at_the_cut, "pdf"), "a".repeat(254));
    }

    #[test]
    fn entry_names_of_old_archives_are_read() {
        assert_eq!(decode_entry("Báo cáo.docx".as_bytes()), "Báo cáo.docx");
        assert_eq!(decode_entry(b"r\x82sum\x82.doc"), "résumé.doc");
        // "Kế hoạch tháng 6" as Windows set to Vietnamese writes it
        assert_eq!(
            decode_entry(b"K\xea\xec hoa\xf2ch th\xe1ng 6.doc"),
            "Kế hoạch tháng 6.doc"
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
        #[test]
        fn any_name_becomes_a_safe_one(given in "\\PC{0,300}") {
            let safe = safe_name(&given, "pdf");
            prop_assert!(!safe.is_empty() && safe.len() <= 255);
            prop_assert!(!safe.contains(['/', '\\', '\0', '\n']));
            prop_assert!(safe != "." && safe != "..");
            prop_assert_eq!(safe_name(&safe, "pdf"), safe);
        }
    }
}
