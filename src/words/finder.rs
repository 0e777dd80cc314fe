//! Where phrases stand in a folded text: the one way of looking for them.

use aho_corasick::{AhoCorasick, AhoCorasickKind, Match};

/// Stands within a phrase for a few words, whichever: `sơ kết … kế hoạch 40`.
pub const GAP: char = '…';

/// How many words [`GAP`] stands for at most.
const GAP_WORDS: usize = 8;

/// Stands at the end of a phrase whose last word may go on: `undeliver*`.
pub(super) const GOES_ON: char = '*';

/// Where a phrase stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    /// Which one, by its place among the finder's.
    pub phrase: usize,
    /// Its first byte.
    pub from: usize,
    /// The byte after its last.
    pub to: usize,
}

/// What stands between gaps of a phrase.
#[derive(Debug)]
struct Part {
    phrase: usize,
    /// The parts of the phrase before it.
    before: usize,
    /// Whether the phrase ends with it.
    is_last: bool,
    goes_on: bool,
}

/// Looks for many phrases (folded) in one pass over a text (folded).
#[derive(Debug)]
pub struct Finder {
    automaton: AhoCorasick,
    parts: Vec<Part>,
}

impl Finder {
    /// Of phrases in the form of `text::fold`, with [`GAP`] for a few words between; an empty one is never found.
    pub fn new<P: AsRef<str>>(phrases: impl IntoIterator<Item = P>) -> Finder {
        let (mut patterns, mut parts) = (Vec::new(), Vec::new());
        for (phrase, text) in phrases.into_iter().enumerate() {
            let text = text.as_ref();
            let whole = text.strip_suffix(GOES_ON).unwrap_or(text);
            let pieces: Vec<&str> = whole
                .split(GAP)
                .map(str::trim)
                .filter(|p| !p.is_empty())
                .collect();
            for (before, piece) in pieces.iter().enumerate() {
                let is_last = before + 1 == pieces.len();
                patterns.push((*piece).to_owned());
                parts.push(Part {
                    phrase,
                    before,
                    is_last,
                    goes_on: is_last && whole.len() < text.len(),
                });
            }
        }
        // Small, and made at once: the process that reads a mail is a new one now and then.
        let automaton = AhoCorasick::builder()
            .kind(Some(AhoCorasickKind::ContiguousNFA))
            .build(patterns)
            .expect("there are not so many phrases");
        Finder { automaton, parts }
    }

    /// Where each phrase stands at word bounds, overlapping or not, from left to right; at one place in their own order.
    pub fn find(&self, text: &str) -> Vec<Found> {
        let hits = self.automaton.find_overlapping_iter(text);
        let hits: Vec<Match> = hits.filter(|m| self.is_bounded(m, text)).collect();
        let mut found: Vec<Found> = hits
            .iter()
            .filter_map(|first| self.whole(first, &hits, text))
            .collect();
        found.sort_by_key(|f| (f.from, f.phrase));
        found
    }

    /// Where phrases stand side by side: of those that begin first the longest, then what follows it.
    pub fn longest(&self, text: &str) -> Vec<Found> {
        let mut found = self.find(text);
        found.sort_by_key(|f| (f.from, usize::MAX - f.to));
        let mut end = 0;
        found.retain(|f| {
            let is_free = f.from >= end;
            if is_free {
                end = f.to;
            }
            is_free
        });
        found
    }

    /// Where phrases stand that are no part of a longer one, from left to right.
    pub(crate) fn outermost(&self, text: &str) -> Vec<Found> {
        let all = self.find(text);
        let length = |f: &Found| f.to - f.from;
        let is_within =
            |a: &Found, b: &Found| b.from <= a.from && a.to <= b.to && length(b) > length(a);
        let is_outer = |found: &&Found| !all.iter().any(|other| is_within(found, other));
        all.iter().filter(is_outer).copied().collect()
    }

    /// Whether a phrase stands in a text at all, within a word, too.
    pub(crate) fn is_part_of(&self, text: &str) -> bool {
        self.automaton.is_match(text)
    }

    fn is_bounded(&self, hit: &Match, text: &str) -> bool {
        let bytes = text.as_bytes();
        let begins = hit.start() == 0 || bytes[hit.start() - 1] == b' ';
        let ends = hit.end() == bytes.len() || bytes[hit.end()] == b' ';
        begins && (ends || self.parts[hit.pattern().as_usize()].goes_on)
    }

    /// The phrase that begins with a part, each further part as near to the one before as it stands.
    fn whole(&self, first: &Match, hits: &[Match], text: &str) -> Option<Found> {
        let mut part = &self.parts[first.pattern().as_usize()];
        if part.before > 0 {
            return None;
        }
        let mut to = first.end();
        while !part.is_last {
            let is_next = |m: &&Match| {
                let other = &self.parts[m.pattern().as_usize()];
                (other.phrase, other.before) == (part.phrase, part.before + 1) && m.start() > to
            };
            let next = hits.iter().filter(is_next).min_by_key(|m| m.start())?;
            if text[to..next.start()].matches(' ').count() > GAP_WORDS + 1 {
                return None;
            }
            to = next.end();
            part = &self.parts[next.pattern().as_usize()];
        }
        Some(Found {
            phrase: part.phrase,
            from: first.start(),
            to,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Which phrases stand in a text, and what of it they are.
    fn found<'t>(phrases: &[&str], text: &'t str) -> Vec<(usize, &'t str)> {
        let found = Finder::new(phrases).find(text).into_iter();
        found.map(|f| (f.phrase, &text[f.from..f.to])).collect()
    }

    #[test]
    fn a_phrase_is_found_at_word_bounds_only() {
        let both = found(&["nu cong", "cong"], "bao cao nu cong 6 thang");
        assert_eq!(both, [(0, "nu cong"), (1, "cong")]);
        assert_eq!(found(&["nu cong"], "bao cao nu congx"), []);
        assert_eq!(found(&["nu cong"], "xnu cong nu con"), []);
        assert_eq!(found(&["bc"], "bc a bc bcx"), [(0, "bc"), (0, "bc")]);
        assert_eq!(found(&["", " "], "a  b"), []);
        assert_eq!(found(&["自動応答"], "自動応答"), [(0, "自動応答")]);
    }

    #[test]
    fn the_last_word_goes_on_where_the_phrase_says_so() {
        assert_eq!(found(&["undeliver*"], "undeliverable"), [(0, "undeliver")]);
        assert_eq!(found(&["undeliver*"], "notundeliverable"), []);
        assert!(Finder::new(["spam"]).is_part_of("antispam filter"));
    }

    #[test]
    fn a_gap_stands_for_eight_words_at_most() {
        let phrases = ["so ket … ke hoach 40"];
        for (between, is_found) in [
            ("", true),
            ("a ", true),
            ("a b c d e f g h ", true),
            ("a b c d e f g h i ", false),
        ] {
            let text = format!("x so ket {between}ke hoach 40 y");
            let whole = text.trim_start_matches("x ").trim_end_matches(" y");
            let expected: &[(usize, &str)] = if is_found { &[(0, whole)] } else { &[] };
            assert_eq!(found(&phrases, &text), expected, "{text}");
        }
        assert_eq!(found(&phrases, "ke hoach 40 so ket"), []);
    }

    #[test]
    fn of_phrases_within_each_other_the_longest_counts() {
        let finder = Finder::new(["cong doan", "cong doan co so", "co so 2"]);
        let text = "cong doan co so 2 cong doan";
        let found = finder.longest(text).into_iter();
        let found: Vec<&str> = found.map(|f| &text[f.from..f.to]).collect();
        assert_eq!(found, ["cong doan co so", "cong doan"]);
    }
}
