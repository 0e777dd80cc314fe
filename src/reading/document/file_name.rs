//! What the name of a file says of the document in it: `57-BC-LDLD ngay 14-6-2026 (sua lan 2).docx`.

use std::sync::LazyLock;

use regex::Regex;

use super::Head;
use super::head::date;
use crate::words::vi;

/// A number with its symbol: `57-BC-LDLD`, `2728.QD.UBND`, `966-LĐLĐ`; or `CV-7432-UBND-XD`, the type first.
static NUMBER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^(?:[Ss][ốôo][\s._-]*)?(\d{1,5})[\s._-]*[-_./ ]\s*(\p{Lu}[\p{L}]{0,5}(?:[\s._-]+\p{Lu}[\p{Lu}Đ]{1,8}){0,3})(?:[^\p{L}]|$)")
        .expect("a valid pattern")
});
static TYPE_FIRST: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^(\p{Lu}[\p{L}]{1,3})[\s._-]+(?:[Ss][ốôo][\s._-]*)?(\d{1,5})[\s._-]+(\p{Lu}{2,8}(?:[\s._-]+\p{Lu}{2,8}){0,2})(?:[^\p{L}]|$)")
        .expect("a valid pattern")
});
static DATE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?:^|[^\d])(\d{1,2})[-._ ](\d{1,2})[-._ ]((?:19|20)\d{2})(?:[^\d]|$)")
        .expect("a valid pattern")
});

/// Number and date in a name. A number counts only with a symbol: in `BC 6 thang.doc` 6 is none.
pub(super) fn parse(name: &str) -> Head {
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let stem = stem.trim_start_matches("Copy of ").trim();
    let mut head = Head::default();
    let parts = |symbol: &str| -> Vec<String> {
        symbol
            .split([' ', '.', '_', '-'])
            .filter(|p| !p.is_empty())
            .map(str::to_owned)
            .collect()
    };
    let is_type = |word: &str| {
        vi().documents
            .iter()
            .flat_map(|d| &d.short)
            .any(|s| s == word)
    };
    if let Some(c) = NUMBER.captures(stem) {
        let symbol = parts(&c[2]);
        // Either a type with a body after it, or the body of an official letter.
        let whole = symbol.len() >= 2 && is_type(&symbol[0]);
        let letter = symbol.len() <= 2 && symbol.iter().all(|p| is_body(p));
        if whole || letter {
            head.number = Some(format!("{}/{}", &c[1], symbol.join("-")));
        }
    } else if let Some(c) = TYPE_FIRST.captures(stem) {
        let mut symbol = parts(&c[3]);
        if is_type(&c[1]) {
            symbol.insert(0, c[1].to_owned());
        }
        if c[1].eq_ignore_ascii_case("cv") || is_type(&c[1]) {
            head.number = Some(format!("{}/{}", &c[2], symbol.join("-")));
        }
    }
    head.dated = DATE.captures(stem).and_then(|c| date(&c[1], &c[2], &c[3]));
    head
}

/// Whether a word is the abbreviation of a body that official letters carry.
fn is_body(word: &str) -> bool {
    matches!(
        word,
        "LĐLĐ" | "LDLD" | "CĐN" | "CDN" | "CĐCS" | "CDCS" | "CĐ" | "CĐKKT" | "UBND" | "TLĐ" | "TLD"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_seen_in_the_wild() {
        for (name, number, dated) in [
            (
                "57-BC-LDLD ngay 14-6-2026 (sua lan 2).docx",
                Some("57/BC-LDLD"),
                Some("2026-06-14"),
            ),
            (
                "2728.QD.UBND.23.06.2026.signed.signed.signed.pdf",
                Some("2728/QD-UBND"),
                Some("2026-06-23"),
            ),
            (
                "CV-7432-UBND-XD-21-7-2026-ve viec.pdf",
                Some("7432/UBND-XD"),
                Some("2026-07-21"),
            ),
            ("966_LĐLĐ.pdf", Some("966/LĐLĐ"), None),
            ("Số 12 BC-LĐLĐ.pdf", Some("12/BC-LĐLĐ"), None),
            ("BC 6 thang.doc", None, None),
            ("Copy of 57-BC-LĐLĐ.docx", Some("57/BC-LĐLĐ"), None),
            ("6 thang dau nam 2026.docx", None, None),
            ("scan0001.pdf", None, None),
            ("Báo cáo 31-13-2026.pdf", None, None),
        ] {
            let head = parse(name);
            assert_eq!(head.number.as_deref(), number, "{name}");
            assert_eq!(head.dated.as_deref(), dated, "{name}");
        }
    }
}
