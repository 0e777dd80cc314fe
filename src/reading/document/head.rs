//! The head of a document by its layout (NĐ 30/2020/NĐ-CP, appendix I): on the left the superior and the issuing body
//! and the number, on the right the motto and the date; below, in the middle, the type and the subject (trích yếu).

use std::sync::LazyLock;

use regex::Regex;

use super::Head;
use crate::ground::text::{fold, tidy, truncated};
use crate::words::{Document, vi};

/// How many lines a head has at most.
const LINES: usize = 45;
/// With what a line begins that its format places in the middle, without saying where that is.
pub(super) const CENTRED: &str = "         ";
/// How far from each other the middles of two lines may be that both stand in the middle of a page, in letters.
const ASIDE: usize = 10;
/// More of a line is not looked at, in bytes: a head has short ones, and a file may be one line without an end.
const LONGEST_LINE: usize = 2_000;

/// The names of the types, folded, with and without the spaces between their words.
static FOLDED: LazyLock<Vec<(String, String)>> = LazyLock::new(|| {
    let folded = vi().documents.iter().map(|d| fold(&d.name));
    folded
        .map(|name| (name.clone(), name.replace(' ', "")))
        .collect()
});

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("a valid pattern")
}

/// `Số: 57/BC-LĐLĐ`; the number may be blank, with a year (`57/2026/QĐ-…`), and broken across lines.
static NUMBER: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"(?i)\bs[ốôo]\s*[:.]?[\s.…_]*(?P<n>\d{1,5}[a-zđ]?)?[\s.…_]*(?:/\s*(?P<y>(?:19|20)\d{2}))?\s*[/\-–]\s*",
        r"(?P<k>\p{L}[\p{L}\d]*(?:\s?&\s?\p{L}+)?(?:\s*[-–/]\s*\p{L}[\p{L}\d&]*){0,4})"
    ))
});
static DATE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"(?i)ng[àa]y\s*(?P<d>\d{1,2})?[\s.…_]*",
        r"(?:th[áa]ng\s*(?P<m>\d{1,2})?[\s.…_]*n[ăa]m\s*(?P<y>(?:19|20)\d{2})|[/.-]\s*(?P<m2>\d{1,2})\s*[/.-]\s*(?P<y2>(?:19|20)\d{2}))"
    ))
});
/// The number of another document within a sentence.
static CITED: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"(?i)\bs[ốo]\s*(\d{1,5}(?:/(?:19|20)\d{2})?/\p{L}[\p{L}\d]*(?:-\p{L}[\p{L}\d]*){0,3})")
});
/// The first heading of a text.
static HEADING: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^(?:[IA1]\s*[.)/-]|(?i:phần\s+(?:thứ\s+)?(?:i\b|1\b|nhất|một)))"));
static MOTTO: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?i)c[ộô]ng\s+h[òo]a\s+x[ãa]\s+h[ộô]i|đ[ộô]c\s+l[ậâ]p\s*[-–]"));
static GAP: LazyLock<Regex> = LazyLock::new(|| pattern(r"\t+|[ \u{a0}]{3,}"));

/// A piece of a line that stands by itself.
#[derive(Debug)]
struct Segment {
    line: usize,
    /// In letters from the left.
    start: usize,
    text: String,
    folded: String,
}

/// Reads the head out of a document's text.
pub fn parse(page: &str) -> Head {
    let segments = segments(page);
    let mut head = Head::default();
    let title_at = segments.iter().position(|s| genre(s).is_some());
    let letter_at = segments.iter().position(|s| s.folded.starts_with("v v "));
    let addressed_at = segments
        .iter()
        .position(|s| s.folded.starts_with("kinh gui"));
    let end = title_at.or(addressed_at).unwrap_or(segments.len());
    let above = &segments[..end];
    let split = right_column(above);
    let (right, left): (Vec<&Segment>, Vec<&Segment>) = above
        .iter()
        .partition(|s| is_motto(s) || split.is_some_and(|b| s.start + 6 >= b));
    let joined = |segments: &[&Segment]| {
        let texts: Vec<&str> = segments.iter().map(|s| s.text.as_str()).collect();
        texts.join(" ")
    };
    let (left_text, right_text) = (joined(&left), joined(&right));
    head.number = [&left_text, &right_text]
        .into_iter()
        .find_map(|t| NUMBER.captures(t))
        .and_then(|c| number(&c));
    head.dated = [&right_text, &left_text]
        .into_iter()
        .find_map(|t| DATE.captures(t))
        .and_then(|c| {
            let part = |a: &str, b: &str| c.name(a).or(c.name(b)).map(|m| m.as_str());
            date(part("d", "d")?, part("m", "m2")?, part("y", "y2")?)
        });
    head.issuer = issuer(&left);
    match (title_at, letter_at) {
        (at, Some(letter)) if at.is_none_or(|t| letter < t) => {
            head.genre = Some("công văn".to_owned());
            head.title = subject_of_letter(&segments[letter..], &left, addressed_at.unwrap_or(end));
        }
        (Some(at), _) => {
            if let Some((kind, rest)) = genre(&segments[at]) {
                head.genre = Some(kind.name.clone());
                head.title = title(rest, &segments[at], &segments[at + 1..]);
            }
        }
        _ => {}
    }
    // A line of its own: above the head, beside or under the title, or at its end.
    let is_draft = |s: &Segment| {
        let own = s.folded.starts_with("du thao") && s.text.chars().count() <= 40;
        own && (is_upper(&s.text) || s.text.starts_with('(') || s.folded.split(' ').count() <= 4)
    };
    let last = title_at.map_or(end, |at| at + 6).min(segments.len());
    head.draft = segments[..last].iter().any(is_draft);
    head.addressee = addressed_at.and_then(|at| addressee(&segments[at..]));
    let below: Vec<&Segment> = segments[end..].iter().collect();
    for c in CITED.captures_iter(truncated(&joined(&below), 4_000)) {
        let cited = c[1].to_owned();
        if head.cites.len() < 10
            && !head.cites.contains(&cited)
            && head.number.as_ref() != Some(&cited)
        {
            head.cites.push(cited);
        }
    }
    head
}

/// To whom a document is written, one a line: what stands behind "Kính gửi", on its line or each on one of its own, behind
/// a dash.
fn addressee(from: &[Segment]) -> Option<String> {
    let first = from.first()?;
    let mut words = first.text.splitn(3, [' ', ':']).skip(2);
    let rest = words
        .next()
        .unwrap_or("")
        .trim_start_matches([':', ' ', '-']);
    let mut to = vec![rest.trim_end_matches([';', '.', ' '])];
    let line = |s: &&Segment| {
        s.text.starts_with(['-', '–', '+', '•']) || rest.is_empty() && s.line == first.line + 1
    };
    let more = from[1..].iter().take_while(line).take(8);
    to.extend(more.map(|s| {
        s.text
            .trim_start_matches(['-', '–', '+', '•', ' '])
            .trim_end_matches([';', '.', ' '])
    }));
    to.retain(|one| !one.is_empty());
    (!to.is_empty()).then(|| truncated(&to.join("\n"), 300).to_owned())
}

/// The number that a subject line gives to what it brings: `Báo cáo số 57/BC-LĐLĐ`. Not that of a document which it
/// names as its basis.
pub(crate) fn number_in_subject(subject: &str) -> Option<String> {
    let found = CITED.captures(subject)?;
    let before = fold(&subject[..found.get(0)?.start()]);
    let is_basis = vi().basis.stands_in(&before);
    let symbol = found[1].rsplit_once('/').map_or("", |(_, symbol)| symbol);
    (!is_basis && symbol.starts_with("BC")).then(|| found[1].to_owned())
}

/// A date of day, month and year, YYYY-MM-DD, if there is such a day.
pub(super) fn date(day: &str, month: &str, year: &str) -> Option<String> {
    let date = jiff::civil::Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?);
    date.ok().map(|d| d.to_string())
}

fn segments(page: &str) -> Vec<Segment> {
    let mut found: Vec<Segment> = Vec::new();
    let lines = page.lines().filter(|l| !l.trim().is_empty());
    for (line, raw) in lines.take(LINES).enumerate() {
        let raw = truncated(raw, LONGEST_LINE);
        let mut at = 0;
        // Two columns may all but touch; the motto begins the right one.
        let motto = MOTTO.find_iter(raw).map(|m| (m.start(), m.start()));
        let mut gaps: Vec<_> = GAP.find_iter(raw).map(|g| (g.start(), g.end())).collect();
        gaps.extend(motto.filter(|m| m.0 > 0));
        gaps.sort_unstable();
        for (start, end) in gaps.into_iter().chain([(raw.len(), raw.len())]) {
            let piece = &raw[at..start];
            let text = tidy(piece);
            if !text.is_empty() {
                match found.last_mut().filter(|s| s.line == line) {
                    Some(before) if is_one(&before.text, &text) => {
                        before.text = format!("{} {text}", before.text);
                        before.folded = fold(&before.text);
                    }
                    _ => found.push(Segment {
                        line,
                        start: raw[..at].chars().count()
                            + piece.chars().take_while(|c| c.is_whitespace()).count(),
                        folded: fold(&text),
                        text,
                    }),
                }
            }
            at = end;
        }
    }
    found
}

/// Whether a gap between two pieces of a line is only a blank to be filled in: `Số:     /BC-LĐLĐ`, `ngày     tháng 6`.
fn is_one(before: &str, after: &str) -> bool {
    let (before, after) = (fold(before), after.to_lowercase());
    let last = before.rsplit(' ').next().unwrap_or("");
    let digit = after.starts_with(|c: char| c.is_ascii_digit());
    (last == "so" && (digit || after.starts_with(['/', '-'])))
        || (matches!(last, "ngay" | "thang") && digit)
        || after.starts_with("tháng ")
        || after.starts_with("năm 2")
}

/// The motto of the state, and the party's, wherever it wraps.
fn is_motto(s: &Segment) -> bool {
    s.folded.contains("cong hoa xa hoi")
        || s.folded.contains("doc lap tu do")
        || s.folded.contains("dang cong san viet nam")
        || matches!(
            s.folded.as_str(),
            "nam" | "viet nam" | "nghia viet nam" | "hanh phuc"
        )
}

/// Where the right column begins, in letters, where the text shows columns.
fn right_column(above: &[Segment]) -> Option<usize> {
    above
        .iter()
        .filter(|s| is_motto(s) || DATE.is_match(&s.text))
        .map(|s| s.start)
        .min()
        .filter(|start| *start > 12)
}

/// The number out of a match: `57/BC-LĐLĐ`. `None` where the number itself is blank.
fn number(c: &regex::Captures<'_>) -> Option<String> {
    let n = c.name("n")?.as_str();
    let year = c
        .name("y")
        .map_or(String::new(), |y| format!("/{}", y.as_str()));
    let symbol: String = c["k"].chars().filter(|c| !c.is_whitespace()).collect();
    Some(format!("{n}{year}/{}", symbol.replace('–', "-")))
}

/// The type that a line names, with what follows it on the line.
fn genre(s: &Segment) -> Option<(&'static Document, &str)> {
    let is_upper = is_upper(&s.text);
    let letters = s.folded.replace(' ', "");
    let mut types = vi().documents.iter().zip(&*FOLDED);
    types.find_map(|(t, (name, of_name))| {
        // Some put a space between all letters of the type.
        if s.folded == *name || (is_upper && letters == *of_name) {
            return Some((t, ""));
        }
        let rest = s.folded.strip_prefix(name)?;
        if !is_upper || !rest.starts_with(' ') {
            return None;
        }
        // "BẢNG TỔNG HỢP SỐ LIỆU": the name of a table is its title as a whole.
        if t.short.is_empty() {
            return Some((t, s.text.as_str()));
        }
        let words = t.name.split(' ').count();
        let mut rest = s.text.as_str();
        for _ in 0..words {
            rest = rest.split_once(' ').map_or("", |(_, r)| r);
        }
        Some((t, rest))
    })
}

fn is_upper(text: &str) -> bool {
    text.chars().any(char::is_uppercase) && !text.chars().any(char::is_lowercase)
}

/// The body that issued the document: the last of those above the number, its lines put together.
fn issuer(left: &[&Segment]) -> Option<String> {
    let mut bodies: Vec<String> = Vec::new();
    let mut above: Option<&Segment> = None;
    for (at, s) in left.iter().enumerate() {
        // A row of a table, and what is no head any more, name no body that issued it.
        let row = left[at..]
            .iter()
            .take_while(|other| other.line == s.line)
            .count();
        if row > 2 || vi().no_head.begins(&s.folded) || vi().numbered.contains(&s.folded) {
            break;
        }
        if vi().above_a_head.begins(&s.folded) {
            continue;
        }
        if s.folded.starts_with("so ") && s.text.contains([':', '/']) || NUMBER.is_match(&s.text) {
            break;
        }
        // "Số" over a column is no department (Sở), and a word alone names none, but may be the end of a name.
        let ends = |above: &Segment| is_upper(&s.text) && is_under(s, above);
        let counts = s.text.to_lowercase().starts_with("số")
            || !s.folded.contains(' ') && !above.is_some_and(ends);
        let begins = !counts && vi().bodies.begins(&s.folded);
        if counts || !(is_upper(&s.text) || begins) || s.text.len() > 200 || s.folded.is_empty() {
            continue;
        }
        above = Some(s);
        // "CÔNG ĐOÀN" alone goes on in the next line: "TRƯỜNG THPT …".
        let unfinished = bodies
            .last()
            .is_some_and(|b| matches!(fold(b).as_str(), "cong doan" | "cong doan co so" | "cdcs"));
        match bodies.last_mut() {
            Some(last) if !begins || unfinished => {
                last.push(' ');
                last.push_str(&s.text);
            }
            _ => bodies.push(s.text.clone()),
        }
    }
    let own = bodies.pop()?;
    // "BAN CHẤP HÀNH CĐCS" under the name of the company: whose it is stands above.
    let is_bare = matches!(
        fold(&own)
            .trim_start_matches("ban chap hanh")
            .trim_start_matches("ban thuong vu")
            .trim_start_matches("bch")
            .trim_start(),
        "" | "cdcs" | "cong doan co so" | "cong doan"
    );
    Some(match bodies.pop() {
        Some(above) if is_bare => format!("{own} {above}"),
        _ => own,
    })
}

/// Whether a piece stands right under another one, where a name goes on that was too long for its line.
fn is_under(s: &Segment, above: &Segment) -> bool {
    let end = above.start + above.text.chars().count();
    s.line > above.line && s.line <= above.line + 2 && s.start + 2 >= above.start && s.start < end
}

/// The subject under the type, up to the first line of the text itself.
fn title(rest: &str, type_line: &Segment, below: &[Segment]) -> Option<String> {
    let mut words: Vec<&str> = Vec::new();
    // "BÁO CÁO NHANH" is a way of reporting, not a subject.
    if !rest.is_empty() && fold(rest) != "nhanh" {
        words.push(rest);
    }
    let mut last_line = type_line.line;
    let first = below.first().filter(|_| words.is_empty());
    let middle = Middle::of(type_line, first);
    for s in below {
        let first = words.is_empty();
        if middle.is_some_and(|middle| !middle.holds(s)) && !is_time(&s.folded) {
            break;
        }
        let starts_text =
            vi().no_title.begins(&s.folded) || HEADING.is_match(&s.text) || s.folded.is_empty(); // a ruled line
        let sentence = !first
            && s.text.chars().next().is_some_and(char::is_uppercase)
            && !is_upper(&s.text)
            && vi().text_begins.begins(&s.folded)
            && s.text.chars().count() > 45;
        let ends_sentence = s.text.ends_with([':', ';']) || s.text.chars().count() > 220;
        if starts_text || sentence || ends_sentence || s.line > last_line + 2 || words.len() >= 5 {
            break;
        }
        // A second cell beside it belongs to a table, not to a title.
        if s.line == last_line && !first {
            words.pop();
            break;
        }
        last_line = s.line;
        words.push(&s.text);
    }
    without_regarding(&words.join(" "))
}

/// Whether a line says nothing but when: "6 tháng đầu năm 2026".
fn is_time(folded: &str) -> bool {
    let is_number = |w: &&str| w.starts_with(|c: char| c.is_ascii_digit() || c == 'i');
    let words: Vec<&str> = folded.split(' ').filter(|w| !is_number(w)).collect();
    vi().of_time.make_up(&words.join(" "))
}

/// Where type and subject stand in the middle: the text below does not.
#[derive(Clone, Copy)]
enum Middle {
    /// Of what width is not known.
    Marked,
    /// So many letters from the left, and where the first line of the subject begins.
    At(usize, Option<usize>),
}

impl Middle {
    /// That of a type and, where the subject begins there, the first line under it, if they stand in the middle.
    fn of(type_line: &Segment, first: Option<&Segment>) -> Option<Middle> {
        if type_line.is_marked() && first.is_none_or(Segment::is_marked) {
            return Some(Middle::Marked);
        }
        let middle = Middle::At(type_line.middle(), first.map(|first| first.start));
        let holds = first.is_none_or(|first| {
            first.start > 0 && first.middle().abs_diff(type_line.middle()) <= ASIDE
        });
        (type_line.start > 0 && holds).then_some(middle)
    }

    fn holds(self, s: &Segment) -> bool {
        match self {
            Middle::Marked => s.is_marked(),
            // Some begin each line of a subject under the first, wherever its middle is.
            Middle::At(middle, begins) => {
                s.middle().abs_diff(middle) <= ASIDE
                    || begins.is_some_and(|begins| begins.abs_diff(s.start) <= 2)
            }
        }
    }
}

impl Segment {
    fn is_marked(&self) -> bool {
        self.start == CENTRED.len()
    }

    fn middle(&self) -> usize {
        self.start + self.text.chars().count() / 2
    }
}

/// A subject without the "V/v" before it; `None` where nothing is left.
fn without_regarding(subject: &str) -> Option<String> {
    let subject = tidy(subject);
    let bare = ["V/v", "V/V", "v/v"]
        .iter()
        .find_map(|mark| subject.strip_prefix(mark))
        .map(|rest| rest.trim_start_matches([':', '.', ' ']));
    let bare = bare.unwrap_or(&subject);
    (!bare.is_empty()).then(|| bare.to_owned())
}

/// What an official letter is about: `V/v …` under the number.
fn subject_of_letter(from: &[Segment], left: &[&Segment], end: usize) -> Option<String> {
    let first = from.first()?;
    let is_left = |s: &Segment| left.iter().any(|l| l.line == s.line && l.start == s.start);
    let mut words = vec![first.text.clone()];
    for s in from.iter().skip(1).take(end) {
        if s.folded.starts_with("kinh gui") || words.len() >= 5 {
            break;
        }
        if is_left(s) && !is_motto(s) && !DATE.is_match(&s.text) {
            words.push(s.text.clone());
        }
    }
    without_regarding(&words.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_columns_as_a_pdf_shows_them() {
        let page = "  LIÊN ĐOÀN LAO ĐỘNG TỈNH\n                                  CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT\n           PHÚ YÊN\n                                                  NAM\n    LIÊN ĐOÀN LAO ĐỘNG\n                                      Độc lập - Tự do - Hạnh phúc\n      THỊ XÃ ĐÔNG HÒA\n                                   Đông Hòa, ngày 14 tháng 6 năm 2026\n        Số: 57/BC-LĐLĐ\n                                BÁO CÁO\n    Kết quả công tác trẻ em trong công nhân, viên chức, lao động\n                       6 tháng đầu năm 2026\nKính gửi: Ban Chính sách pháp luật\nThực hiện Kế hoạch số 40/KH-LĐLĐ ngày 23/4/2024\n";
        let head = parse(page);
        assert_eq!(head.number.as_deref(), Some("57/BC-LĐLĐ"));
        assert_eq!(head.dated.as_deref(), Some("2026-06-14"));
        assert_eq!(
            head.issuer.as_deref(),
            Some("LIÊN ĐOÀN LAO ĐỘNG THỊ XÃ ĐÔNG HÒA")
        );
        assert_eq!(head.genre.as_deref(), Some("báo cáo"));
        assert_eq!(
            head.title.as_deref(),
            Some(
                "Kết quả công tác trẻ em trong công nhân, viên chức, lao động 6 tháng đầu năm 2026"
            )
        );
        assert_eq!(head.cites, ["40/KH-LĐLĐ"]);
    }

    #[test]
    fn a_subject_ends_where_the_text_leaves_the_middle() {
        let marked = |lines: &[&str]| {
            lines
                .iter()
                .map(|l| format!("{CENTRED}{l}\n"))
                .collect::<String>()
        };
        let text = "Thăm 45 công nhân khó khăn, tặng 210 phần quà\nCHỦ TỊCH\n";
        let page = marked(&["BÁO CÁO", "Kết quả Tháng Công nhân", "năm 2026"]) + text;
        assert_eq!(
            parse(&page).title.as_deref(),
            Some("Kết quả Tháng Công nhân năm 2026")
        );
        let page = format!(
            "{0:43}BÁO CÁO\n{0:23}Kết quả thực hiện công tác nữ công 6 tháng\n{0:40}đầu năm 2026\n{0:8}{text}",
            ""
        );
        let title = "Kết quả thực hiện công tác nữ công 6 tháng đầu năm 2026";
        assert_eq!(parse(&page).title.as_deref(), Some(title));
        // Where they stand on the left, nothing tells.
        let page = format!("BÁO CÁO\nKết quả Tháng Công nhân\nnăm 2026\nThực hiện {text}");
        assert_eq!(
            parse(&page).title.as_deref(),
            Some("Kết quả Tháng Công nhân năm 2026")
        );
    }

    #[test]
    fn the_last_word_of_a_name_that_wraps_belongs_to_it() {
        let page = "    CÔNG ĐOÀN PHƯỜNG TÂN          CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM\n            AN                      Độc lập - Tự do - Hạnh phúc\n      Số: 7/BC-CĐP\n             BÁO CÁO\n";
        assert_eq!(
            parse(page).issuer.as_deref(),
            Some("CÔNG ĐOÀN PHƯỜNG TÂN AN")
        );
    }

    #[test]
    fn of_a_line_without_an_end_its_beginning_is_read() {
        for piece in [
            "a   ",
            "tháng x   ",
            "năm 2\t",
            "BÁO CÁO   ",
            "BÁO CÁO ",
            "Số: 57/BC-LĐLĐ   ",
            "Số 57/BC-LĐLĐ ",
            "ngày 1 tháng 6 năm 2026   ",
            "V/v a   ",
            "CÔNG ĐOÀN   ",
        ] {
            let page = piece.repeat(1_000_000 / piece.len());
            let pieces = segments(&page).len();
            assert!(pieces < LONGEST_LINE / 2, "{piece:?}: {pieces}");
            assert_eq!(
                parse(&page),
                parse(truncated(&page, LONGEST_LINE)),
                "{piece:?}"
            );
        }
    }

    #[test]
    fn an_official_letter_with_blank_number_and_day() {
        let page = "LIÊN ĐOÀN LAO ĐỘNG TỈNH PHÚ\n                YÊN                   CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT\nCÔNG ĐOÀN NGÀNH GIÁO DỤC                               NAM\n           Số:    /CĐN                     Độc lập - Tự do - Hạnh phúc\n V/v báo cáo công tác nữ công quý       Tuy Hòa, ngày     tháng 6 năm 2026\n              II/2026\n                   Kính gửi: Liên đoàn Lao động tỉnh Phú Yên\n";
        let head = parse(page);
        assert_eq!(head.number, None);
        assert_eq!(head.dated, None);
        assert_eq!(head.issuer.as_deref(), Some("CÔNG ĐOÀN NGÀNH GIÁO DỤC"));
        assert_eq!(head.genre.as_deref(), Some("công văn"));
        assert_eq!(
            head.title.as_deref(),
            Some("báo cáo công tác nữ công quý II/2026")
        );
    }

    #[test]
    fn cells_one_after_another_as_in_word_files() {
        let page = "LĐLĐ THÀNH PHỐ TUY HÒA\nCÔNG ĐOÀN\nTRƯỜNG THPT LÊ LỢI\nSố: 12/BC-\nCĐCS\nCỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM\nĐộc lập - Tự do - Hạnh phúc\nTuy Hòa, ngày 2 tháng 3 năm 2026\nBÁO CÁO KẾT QUẢ CÔNG TÁC NỮ CÔNG\nQuý I năm 2026\nThực hiện Công văn số 15/LĐLĐ ngày 1/3/2026 về việc báo cáo, công đoàn báo cáo như sau\n";
        let head = parse(page);
        assert_eq!(head.number.as_deref(), Some("12/BC-CĐCS"));
        assert_eq!(head.dated.as_deref(), Some("2026-03-02"));
        assert_eq!(head.issuer.as_deref(), Some("CÔNG ĐOÀN TRƯỜNG THPT LÊ LỢI"));
        assert_eq!(
            head.title.as_deref(),
            Some("KẾT QUẢ CÔNG TÁC NỮ CÔNG Quý I năm 2026")
        );
        assert_eq!(head.cites, ["15/LĐLĐ"]);
    }

    #[test]
    fn a_grassroots_union_may_stand_under_its_company() {
        let page = "CÔNG TY CỔ PHẦN AN HƯNG\nBAN CHẤP HÀNH CĐCS\nSố 07/BC-CĐCS\nPhú Yên, ngày 11/6/2026\nBÁO CÁO NHANH\nV/v tai nạn lao động tháng 5 năm 2026\nKính gửi: Ban";
        let head = parse(page);
        assert_eq!(
            head.issuer.as_deref(),
            Some("BAN CHẤP HÀNH CĐCS CÔNG TY CỔ PHẦN AN HƯNG")
        );
        assert_eq!(
            head.title.as_deref(),
            Some("tai nạn lao động tháng 5 năm 2026")
        );
    }

    #[test]
    fn the_last_word_of_a_name_may_stand_on_a_line_of_its_own() {
        let issuer = |left: &str| {
            let page = format!("LĐLĐ TỈNH PHÚ YÊN   CỘNG HÒA XÃ HỘI\n{left}\nBÁO CÁO\n");
            parse(&page).issuer
        };
        for (left, whole) in [
            (
                "CÔNG ĐOÀN CÁC KHU CÔNG   Độc lập\n      NGHIỆP\nSố: 5/BC-CĐ",
                "CÔNG ĐOÀN CÁC KHU CÔNG NGHIỆP",
            ),
            ("CÔNG ĐOÀN XÃ\nTuy\nSố: 5/BC-CĐ", "CÔNG ĐOÀN XÃ"),
            (
                "CÔNG ĐOÀN XÃ\n                  MẬT\nSố: 5/BC-CĐ",
                "CÔNG ĐOÀN XÃ",
            ),
        ] {
            assert_eq!(issuer(left).as_deref(), Some(whole), "{left}");
        }
    }

    #[test]
    fn a_subject_gives_a_number_to_what_it_brings_and_not_to_its_basis() {
        let number = |subject: &str| number_in_subject(subject);
        assert_eq!(
            number("Gửi báo cáo số 57/BC-LĐLĐ").as_deref(),
            Some("57/BC-LĐLĐ")
        );
        assert_eq!(number("Báo cáo theo KH số 40/KH-LĐLĐ"), None);
        assert_eq!(number("Thực hiện BC số 12/BC-TLĐ"), None);
        assert_eq!(number("Báo cáo 6 tháng"), None);
    }

    #[test]
    fn a_table_and_a_text_without_a_head() {
        let head = parse(
            "LIÊN ĐOÀN LAO ĐỘNG TỈNH PHÚ YÊN\nCÔNG ĐOÀN CÁC KHU CÔNG NGHIỆP\nBẢNG TỔNG HỢP SỐ LIỆU\nCông tác an toàn vệ sinh lao động quý I năm 2026\nSTT\tNội dung\tSố lượng\n1\tSố vụ tai nạn\t2\n",
        );
        assert_eq!(
            head.title.as_deref(),
            Some("BẢNG TỔNG HỢP SỐ LIỆU Công tác an toàn vệ sinh lao động quý I năm 2026")
        );
        assert_eq!(
            head.issuer.as_deref(),
            Some("CÔNG ĐOÀN CÁC KHU CÔNG NGHIỆP")
        );
        assert_eq!(parse("Hello\nworld"), Head::default());
        assert_eq!(parse(""), Head::default());
    }
}
