//! The body of a report, paragraph by paragraph, with the section of the plan that each belongs to.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use regex::Regex;

use crate::domain::report::PlanSection;
use crate::ground::text::{fold, tidy};
use crate::words::{Finder, vi};

/// `I.`, `II-`, `1/`, `2.1.`, `a)` at the beginning of a line.
static NUMBERED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^(?:([IVX]{1,4}|[A-Z])|\d{1,2}(?:\.\d{1,2})*|[a-zđ])\s*[.)/:–-]\s*(.*)")
        .expect("a valid pattern")
});
/// A numbered line that is longer is a paragraph.
const LONGEST_HEADING: usize = 140;

/// Where the paragraphs under a heading belong.
enum Under {
    /// The heading names no section: each paragraph by its own words.
    Unknown,
    Section(usize),
    /// A part of its own, with its heading.
    Elsewhere(String),
}

/// The paragraphs of a text without its head, its headings and its foot; each with the place of its section.
pub(super) fn paragraphs(sections: &[PlanSection], text: &str) -> Vec<(Option<usize>, String)> {
    let sections: Vec<Finder> = sections.iter().map(|s| Finder::new(&s.words)).collect();
    let lines: Vec<String> = text.lines().map(tidy).filter(|l| !l.is_empty()).collect();
    let mut found = Vec::new();
    let mut under = Under::Unknown;
    for line in &lines[body(&lines)..] {
        if ends(line) {
            break;
        }
        if let Some(heading) = heading(line) {
            let folded = fold(&heading.words);
            let elsewhere = |at_most: usize| {
                let first = vi().elsewhere.find(&folded).first().copied();
                first.is_some_and(|found| found.from <= at_most)
            };
            under = match section_of(&sections, line) {
                // "Nhiệm vụ tuyên truyền sắp tới", but not "Triển khai nhiệm vụ".
                _ if elsewhere(0) => Under::Elsewhere(heading.words),
                Some(place) => Under::Section(place),
                None if elsewhere(folded.len()) => Under::Elsewhere(heading.words),
                None if heading.is_highest => Under::Unknown,
                None => under,
            };
            continue;
        }
        found.push(match &under {
            Under::Unknown => (section_of(&sections, line), line.clone()),
            Under::Section(place) => (Some(*place), line.clone()),
            Under::Elsewhere(part) => (None, format!("{part}: {line}")),
        });
    }
    found
}

struct Heading {
    /// Without its number.
    words: String,
    is_highest: bool,
}

fn heading(line: &str) -> Option<Heading> {
    let found = NUMBERED.captures(line)?;
    let words = found[2].trim_end_matches(':');
    let is_heading = line.chars().count() <= LONGEST_HEADING
        && !line.ends_with(['.', ';'])
        && words.chars().next().is_some_and(char::is_uppercase);
    is_heading.then(|| Heading {
        words: words.to_owned(),
        is_highest: found.get(1).is_some(),
    })
}

/// Where the body begins: after "… báo cáo như sau:", else at the first heading below the title, else below it.
fn body(lines: &[String]) -> usize {
    let title = lines.iter().take(40).position(|l| {
        let l = l.to_uppercase();
        l == "BÁO CÁO" || l == "KẾ HOẠCH"
    });
    let after = title.map_or(0, |at| at + 1);
    let below = || lines.iter().skip(after).take(15);
    let said = below().position(|l| fold(l).ends_with("nhu sau"));
    let numbered = below().position(|l| heading(l).is_some());
    match (said, numbered, title) {
        (Some(n), ..) => after + n + 1,
        (None, Some(n), _) => after + n,
        (None, None, Some(at)) => (at + 2).min(lines.len()), // one line of what it is about
        (None, None, None) => 0,
    }
}

/// Whether the foot begins: who gets it, who signs it.
fn ends(line: &str) -> bool {
    let folded = fold(line);
    let signs = ["TM.", "T/M", "KT.", "TL."];
    folded.starts_with("noi nhan")
        || folded.starts_with("tren day la")
        || signs.iter().any(|s| line.starts_with(s))
}

/// The section whose words a line names most often; none where two are named as often.
fn section_of(sections: &[Finder], line: &str) -> Option<usize> {
    let line = fold(line);
    let counts = sections.iter().map(|section| {
        let found: BTreeSet<usize> = section.find(&line).iter().map(|f| f.phrase).collect();
        found.len()
    });
    let counts: Vec<usize> = counts.collect();
    let most = *counts.iter().max().filter(|n| **n > 0)?;
    let mut best = counts.iter().enumerate().filter(|(_, n)| **n == most);
    match (best.next(), best.next()) {
        (Some((place, _)), None) => Some(place),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paragraphs_stand_under_the_section_that_their_heading_names() {
        let section = |title: &str, words: &[&str]| PlanSection {
            title: title.into(),
            words: words.iter().map(|w| fold(w)).collect(),
        };
        let sections = [
            section("Quán triệt", &["quán triệt", "chỉ đạo"]),
            section("Nguồn lực", &["kinh phí", "nguồn lực"]),
            section("Tuyên truyền", &["tuyên truyền"]),
        ];
        let text = "LIÊN ĐOÀN LAO ĐỘNG\nSố: 57/BC-LĐLĐ\nBÁO CÁO\nKết quả công tác trẻ em\n\
            I. CÔNG TÁC QUÁN TRIỆT\nĐã tổ chức 3 hội nghị.\n1. Văn bản chỉ đạo\nBan hành 2 văn bản về kinh phí.\n\
            II. KẾT QUẢ KHÁC\nThăm 10 gia đình.\nPhát 200 tờ rơi tuyên truyền.\n\
            III. Nguồn lực thực hiện\nKinh phí 50 triệu đồng.\nNơi nhận:\n- Như trên";
        let found = paragraphs(&sections, text);
        let places: Vec<(Option<usize>, &str)> =
            found.iter().map(|(p, t)| (*p, t.as_str())).collect();
        assert_eq!(
            places,
            [
                (Some(0), "Đã tổ chức 3 hội nghị."),
                (Some(0), "Ban hành 2 văn bản về kinh phí."),
                (None, "Thăm 10 gia đình."),
                (Some(2), "Phát 200 tờ rơi tuyên truyền."),
                (Some(1), "Kinh phí 50 triệu đồng."),
            ]
        );

        let text = "BÁO CÁO\nKết quả công tác trẻ em\nThực hiện Kế hoạch 40, đơn vị báo cáo như sau:\n\
            I- Công tác lãnh đạo, chỉ đạo\nTriển khai đến 45 CĐCS.\n\
            1/ Về tuyên truyền:\na) Tổ chức 5 buổi.\n\
            II. KHÓ KHĂN, HẠN CHẾ\nKinh phí còn ít.\nKT. CHỦ TỊCH\nPHÓ CHỦ TỊCH";
        let found = paragraphs(&sections, text);
        let places: Vec<(Option<usize>, &str)> =
            found.iter().map(|(p, t)| (*p, t.as_str())).collect();
        assert_eq!(
            places,
            [
                (Some(0), "Triển khai đến 45 CĐCS."),
                (Some(2), "a) Tổ chức 5 buổi."),
                (None, "KHÓ KHĂN, HẠN CHẾ: Kinh phí còn ít."),
            ]
        );
    }
}
