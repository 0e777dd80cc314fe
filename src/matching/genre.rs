//! What kind of document something is, and whether that can be the report that is asked for: a plan is no report, and
//! a list is only part of one.

use crate::domain::report::Report;
use crate::ground::text::{find_phrase, fold, has_phrase};
use crate::reading::Attachment;
use crate::reading::document::head::{TYPES, Type};

/// What a document is to a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// The report itself.
    Main,
    /// An annex or list that goes with it.
    Supplement,
    /// A document of another type, named in Vietnamese.
    Other(&'static str),
}

/// What a document is to a report: by the type that stands in it, else by its name, else by the subject line.
pub(super) fn part_of(document: &Attachment, subject: &str, report: &Report) -> Part {
    let stem = document.stem();
    if let Some(other) = not_yet_one(stem).or_else(|| not_yet_one(subject)) {
        return Part::Other(other);
    }
    let Some(found) = document
        .genre
        .as_deref()
        .and_then(|g| TYPES.iter().find(|t| t.name == g))
        .or_else(|| named_first(stem))
        .or_else(|| named_first(subject))
    else {
        return Part::Main;
    };
    let wanted = named_first(&report.title).map_or("báo cáo", |t| t.name);
    match found.name {
        name if name == wanted => Part::Main,
        // Reports also come as letters and tables.
        "bảng tổng hợp" | "biểu tổng hợp" => Part::Main,
        "phụ lục" | "danh sách" => Part::Supplement,
        name => Part::Other(name),
    }
}

/// What a mail about a report is that is none itself: it says so before it says "báo cáo".
fn not_yet_one(text: &str) -> Option<&'static str> {
    const SIGNS: [(&str, &str); 11] = [
        ("du thao", "dự thảo"),
        ("gop y", "văn bản góp ý"),
        ("y kien", "văn bản góp ý"),
        ("de cuong", "đề cương"),
        ("mau bao cao", "mẫu"),
        ("gia han", "đề nghị gia hạn"),
        ("lui", "đề nghị gia hạn"),
        ("xin nop cham", "đề nghị gia hạn"),
        ("dang ky", "bản đăng ký"),
        ("giay moi", "giấy mời"),
        ("thu moi", "giấy mời"),
    ];
    let folded = fold(text);
    let begins = ["bao cao", "bc"]
        .iter()
        .filter_map(|w| find_phrase(&folded, w, 0))
        .min();
    let begins = &folded[..begins.unwrap_or(folded.len())];
    SIGNS.iter().find_map(|(sign, what)| {
        let anywhere = *sign == "du thao" || *sign == "mau bao cao";
        has_phrase(if anywhere { &folded } else { begins }, sign).then_some(*what)
    })
}

/// Whether a unit writes that the report is still to come.
pub(super) fn asks_for_time(text: &str) -> bool {
    let folded = fold(text);
    let signs = [
        "gia han",
        "xin lui",
        "xin nop cham",
        "xin nop muon",
        "se gui sau",
        "se nop sau",
        "chua hoan thanh",
    ];
    signs.iter().any(|sign| has_phrase(&folded, sign))
}

/// The type that a name or subject begins with. One that speaks of a report is a report.
fn named_first(text: &str) -> Option<&'static Type> {
    let folded = fold(text);
    let words: Vec<&str> = folded.split(' ').collect();
    let report = &TYPES[0];
    if words.contains(&"bc") || folded.contains("bao cao") {
        return Some(report);
    }
    // A number or "Gửi", "V/v" may stand before it.
    let begins: Vec<&str> = words
        .iter()
        .copied()
        .skip_while(|w| {
            w.parse::<u32>().is_ok()
                || matches!(*w, "gui" | "v" | "ve" | "viec" | "so" | "re" | "fwd" | "fw")
        })
        .collect();
    let begins = begins.join(" ") + " ";
    TYPES.iter().find(|t| {
        let short = t.abbreviation.iter().any(|a| {
            let a = fold(a);
            // "HD", "CT", "DA" are too many things; these are not.
            matches!(a.as_str(), "kh" | "qd" | "nq" | "ttr" | "gm" | "ds" | "pl")
                && begins.starts_with(&format!("{a} "))
        });
        short || begins.starts_with(&format!("{} ", fold(t.name)))
    })
}
