//! Vietnamese text: one form for comparing, and safe ways to cut and show it.

use std::borrow::Cow;

use unicode_normalization::char::{decompose_canonical, is_combining_mark};
use unicode_normalization::{UnicodeNormalization, is_nfc};

/// Lower case without marks, punctuation kept: `Quý I/2026` → `quy i/2026`.
///
/// Đ, đ and the Icelandic Ð that is often typed for Đ become `d`: NFD does not take them apart.
pub(crate) fn fold_marks(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_ascii() {
            out.push(c.to_ascii_lowercase());
            continue;
        }
        // Letter by letter: NFD of a text only sorts the marks besides, which go.
        decompose_canonical(c, |c| {
            let letters = c.to_lowercase().filter(|_| !is_combining_mark(c));
            out.extend(letters.map(|c| match c {
                'đ' | 'ð' => 'd',
                '–' | '—' | '‐' | '‑' => '-',
                '\u{a0}' => ' ',
                c => c,
            }));
        });
    }
    out
}

/// A text in NFC, which most are.
pub(crate) fn nfc(text: &str) -> Cow<'_, str> {
    match is_nfc(text) {
        true => text.into(),
        false => text.nfc().collect::<String>().into(),
    }
}

/// The form in which texts are compared: lower case, no marks, words parted by single spaces.
///
/// ```
/// use thubaocao::ground::text::fold;
/// assert_eq!(fold("Số: 57/BC-LĐLĐ  Đông Hoà"), "so 57 bc ldld dong hoa");
/// ```
pub fn fold(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in fold_marks(text).chars() {
        if c.is_alphanumeric() {
            out.push(c);
        } else if !out.ends_with(' ') && !out.is_empty() {
            out.push(' ');
        }
    }
    out.truncate(out.trim_end().len());
    out
}

/// The sentences and lines of a text, each with the mark that ends it; "1.2026" is one word.
pub(crate) fn sentences(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    let digit = |c: char| c.is_ascii_digit();
    std::iter::from_fn(move || {
        let ends = |(at, c): &(usize, char)| match c {
            '\n' | ';' | '?' | '!' => true,
            '.' => !rest[at + 1..].starts_with(digit),
            _ => false,
        };
        let to = rest
            .char_indices()
            .find(ends)
            .map_or(rest.len(), |(at, _)| at + 1);
        let (sentence, after) = rest.split_at(to);
        rest = after;
        (!sentence.is_empty()).then_some(sentence)
    })
}

/// A text as a sentence begins.
pub(crate) fn capital(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|c| c.to_uppercase().to_string());
    first.unwrap_or_default() + letters.as_str()
}

/// Percent-encoded, but for what stands for itself everywhere in a URL (RFC 3986, section 2.3).
pub(crate) fn percent_encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out += &format!("%{byte:02X}");
        }
    }
    out
}

/// White space collapsed, NFC, control and bidirectional characters dropped.
pub(crate) fn tidy(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in nfc(text).chars() {
        if c.is_whitespace() || c.is_control() {
            if !out.ends_with(' ') && !out.is_empty() {
                out.push(' ');
            }
        } else if !is_invisible(c) {
            out.push(c);
        }
    }
    out.truncate(out.trim_end().len());
    out
}

/// Characters that change how a text is shown without being seen: bidirectional overrides, zero-width ones, the BOM.
pub(crate) fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{ad}')
}

/// The longest beginning of a text that is no longer than so many bytes.
pub(crate) fn truncated(text: &str, bytes: usize) -> &str {
    if text.len() <= bytes {
        return text;
    }
    let mut end = bytes;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_sentence_ends_at_a_mark_and_not_within_a_number() {
        let of = |text| sentences(text).collect::<Vec<_>>();
        let text = "Tháng 1.2026: không.\nCó gì không? 0";
        assert_eq!(
            of(text),
            ["Tháng 1.2026: không.", "\n", "Có gì không?", " 0"]
        );
        assert!(of("").is_empty());
    }

    #[test]
    fn spellings_that_people_mix_are_one() {
        for (a, b) in [
            ("Hoà Vinh", "Hòa Vinh"),
            ("UỶ BAN", "ủy ban"),
            ("Ðông Hòa", "Đông Hòa"),
            ("LĐLĐ", "LDLD"),
            ("Tuy An", "Tuy  An"),
            ("tre\u{309} em", "trẻ em"),
        ] {
            assert_eq!(fold(a), fold(b));
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
        #[test]
        fn folding_twice_changes_nothing(text in "\\PC{0,60}") {
            let once = fold(&text);
            prop_assert_eq!(fold(&once), once);
        }

        #[test]
        fn letter_by_letter_is_as_the_whole_text_at_once(text in "[\\PC\\p{M}\\p{Lu}İß가]{0,60}") {
            let lower = text.nfd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase);
            let whole: String = lower
                .map(|c| match c {
                    'đ' | 'ð' => 'd',
                    '–' | '—' | '‐' | '‑' => '-',
                    '\u{a0}' => ' ',
                    c => c,
                })
                .collect();
            prop_assert_eq!(fold_marks(&text), whole);
        }

        #[test]
        fn truncation_never_splits_a_letter(text in "\\PC{0,60}", n in 0usize..80) {
            let cut = truncated(&text, n);
            prop_assert!(cut.len() <= n && text.starts_with(cut));
        }
    }
}
