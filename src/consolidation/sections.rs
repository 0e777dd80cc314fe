//! The body of a report, paragraph by paragraph, with the section of the plan that each belongs to.

use std::sync::LazyLock;

use regex::Regex;

use crate::domain::report::PlanSection;
use crate::reading::text::{find_phrase, fold, tidy};

/// `I.`, `1.`, `2.1.`, `a)` at the beginning of a line.
static NUMBERED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^(?:([IVX]{1,4}|[A-Z])|\d{1,2}(?:\.\d{1,2})*|[a-zđ])\s*[.)/]\s")
        .expect("a valid pattern")
});
/// A numbered line that is longer is a paragraph.
const LONGEST_HEADING: usize = 140;

/// The paragraphs of a text without its head, its headings and its foot; each with the place of its section.
pub(super) fn paragraphs(sections: &[PlanSection], text: &str) -> Vec<(Option<usize>, String)> {
    let lines: Vec<String> = text.lines().map(tidy).filter(|l| !l.is_empty()).collect();
    let mut found = Vec::new();
    let mut current = None;
    for line in &lines[body(&lines)..] {
        if ends(line) {
            break;
        }
        let number = NUMBERED.captures(line);
        let heading =
            number.is_some() && line.chars().count() <= LONGEST_HEADING && !line.ends_with('.');
        if heading {
            let highest = number.is_some_and(|n| n.get(1).is_some());
            match section_of(sections, line) {
                Some(place) => current = Some(place),
                None if highest => current = None,
                None => {}
            }
            continue;
        }
        found.push((current.or_else(|| section_of(sections, line)), line.clone()));
    }
    found
}

/// Where the body begins: at the first numbered heading; else below the title; else at the top.
fn body(lines: &[String]) -> usize {
    let title = lines.iter().take(40).position(|l| {
        let l = l.to_uppercase();
        l == "BÁO CÁO" || l == "KẾ HOẠCH"
    });
    let after = title.map_or(0, |at| at + 1);
    let numbered = lines
        .iter()
        .skip(after)
        .take(15)
        .position(|l| NUMBERED.is_match(l));
    match (numbered, title) {
        (Some(n), _) => after + n,
        (None, Some(at)) => (at + 2).min(lines.len()), // one line of what it is about
        (None, None) => 0,
    }
}

/// Whether the foot begins: who gets it, who signs it.
fn ends(line: &str) -> bool {
    let folded = fold(line);
    folded.starts_with("noi nhan") || folded.starts_with("tren day la") || line.starts_with("TM.")
}

/// The section whose words a line names most often; none where two are named as often.
fn section_of(sections: &[PlanSection], line: &str) -> Option<usize> {
    let line = fold(line);
    let hits = |s: &PlanSection| {
        s.words
            .iter()
            .filter(|w| find_phrase(&line, w, 0).is_some())
            .count()
    };
    let counts: Vec<usize> = sections.iter().map(hits).collect();
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
    }
}
