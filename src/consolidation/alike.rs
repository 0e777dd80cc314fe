//! Sentences that several units wrote alike, told once with all of them.

use std::collections::{HashMap, HashSet};

use super::Paragraph;
use crate::ground::text;
use crate::words::vi;

/// Fewer words say too little to stand without what is around them.
const FEWEST_WORDS: usize = 4;

/// The paragraphs of a section, each with its source, in the order of units: a sentence that several sources have stands once,
/// where it first stood; what else is in a paragraph stays together.
pub(super) fn merged(written: Vec<(String, String)>) -> Vec<Paragraph> {
    let cut: Vec<(String, Vec<Sentence>)> = written
        .into_iter()
        .map(|(source, text)| (source, sentences(&text)))
        .collect();
    let mut sources: HashMap<&str, Vec<&str>> = HashMap::new();
    for (source, sentences) in &cut {
        for sentence in sentences.iter().filter(|s| s.stands_alone) {
            let of = sources.entry(&sentence.said).or_default();
            if !of.contains(&source.as_str()) {
                of.push(source);
            }
        }
    }
    sources.retain(|_, of| of.len() > 1);
    let mut told = HashSet::new();
    let mut paragraphs = Vec::new();
    for (source, sentences) in &cut {
        let mut rest = Vec::new();
        for sentence in sentences {
            match sources
                .get(sentence.said.as_str())
                .filter(|_| sentence.stands_alone)
            {
                None => rest.push(sentence.text.as_str()),
                Some(of) if told.insert(&sentence.said) => paragraphs.push(Paragraph {
                    sources: of.iter().map(|s| (*s).to_owned()).collect(),
                    text: sentence.text.clone(),
                }),
                Some(_) => {}
            }
        }
        if !rest.is_empty() {
            paragraphs.push(Paragraph {
                sources: vec![source.clone()],
                text: rest.join(" "),
            });
        }
    }
    paragraphs
}

/// A sentence of a paragraph.
struct Sentence {
    text: String,
    /// Its words, in small letters: what is compared.
    said: String,
    /// Whether it, and what is around it, can be understood without the other.
    stands_alone: bool,
}

fn sentences(paragraph: &str) -> Vec<Sentence> {
    let mut pieces: Vec<String> = Vec::new();
    for piece in text::sentences(paragraph) {
        match pieces.last_mut().filter(|before| !ends(before)) {
            Some(before) => before.push_str(piece),
            None => pieces.push(piece.to_owned()),
        }
    }
    let pieces: Vec<String> = pieces
        .iter()
        .map(|p| p.trim().to_owned())
        .filter(|p| !p.is_empty())
        .collect();
    let alone = pieces.len() == 1;
    let found = pieces.iter().enumerate().map(|(n, piece)| {
        let said = words(piece);
        let carries = pieces.get(n + 1).is_some_and(|next| leans(next));
        let stands_alone = alone
            || said.split(' ').count() >= FEWEST_WORDS
                && !leans(piece)
                && !carries
                && !piece.ends_with(':');
        Sentence {
            text: piece.clone(),
            said,
            stands_alone,
        }
    });
    found.collect()
}

/// Whether a sentence ends with a piece: not behind a semicolon, nor behind what may be short for a word (TP., Th.S.).
fn ends(piece: &str) -> bool {
    let piece = piece.trim_end();
    let Some(before) = piece.strip_suffix('.') else {
        return !piece.ends_with(';');
    };
    let word = before
        .rsplit(|c: char| c.is_whitespace() || c == '(')
        .next()
        .unwrap_or("");
    let vowel = |c: char| "aeiouy".contains(c);
    let is_short = word.chars().next().is_none_or(char::is_uppercase)
        || word.contains('.')
        || !text::fold(word).contains(|c: char| vowel(c) || c.is_ascii_digit());
    !is_short
}

/// Whether a sentence is to be understood by the one before it.
fn leans(sentence: &str) -> bool {
    let folded = text::fold(sentence);
    let begins = vi()
        .leaning
        .find(&folded)
        .first()
        .is_some_and(|found| found.from == 0);
    begins
        || !sentence
            .chars()
            .find(|c| c.is_alphanumeric())
            .is_some_and(char::is_uppercase)
}

/// The words of a sentence, in small letters.
fn words(sentence: &str) -> String {
    let lower = sentence.to_lowercase();
    let words: Vec<&str> = lower
        .split(|c: char| !c.is_alphanumeric())
        .filter(|w| !w.is_empty())
        .collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(written: &[(&str, &str)]) -> Vec<(String, String)> {
        let written = written
            .iter()
            .map(|(source, text)| ((*source).to_owned(), (*text).to_owned()));
        let paragraphs = merged(written.collect()).into_iter();
        paragraphs.map(|p| (p.sources.join("+"), p.text)).collect()
    }

    #[test]
    fn a_sentence_that_several_units_wrote_stands_once_with_all_of_them_and_nothing_is_lost() {
        type Sentences<'s> = &'s [(&'s str, &'s str)];
        let cases: [(Sentences<'_>, Sentences<'_>); 6] = [
            // Paragraphs that say the same, whatever their marks and capitals.
            (
                &[
                    ("A", "Không có phát sinh."),
                    ("B", "- không có phát sinh"),
                    ("C", "Có 2 vụ."),
                ],
                &[("A+B", "Không có phát sinh."), ("C", "Có 2 vụ.")],
            ),
            // Of longer ones what is common; the rest stays together.
            (
                &[
                    (
                        "A",
                        "Đã phổ biến kế hoạch đến cơ sở. Tổ chức 3 hội nghị. Kinh phí 5 triệu đồng.",
                    ),
                    (
                        "B",
                        "Thăm 10 gia đình khó khăn. Đã phổ biến kế hoạch đến cơ sở.",
                    ),
                ],
                &[
                    ("A+B", "Đã phổ biến kế hoạch đến cơ sở."),
                    ("A", "Tổ chức 3 hội nghị. Kinh phí 5 triệu đồng."),
                    ("B", "Thăm 10 gia đình khó khăn."),
                ],
            ),
            // What leans on the sentence before it keeps it.
            (
                &[
                    ("A", "Đã tổ chức hội nghị tại đơn vị. Trong đó có 3 nữ."),
                    ("B", "Đã tổ chức hội nghị tại đơn vị. Trong đó có 5 nữ."),
                ],
                &[
                    ("A", "Đã tổ chức hội nghị tại đơn vị. Trong đó có 3 nữ."),
                    ("B", "Đã tổ chức hội nghị tại đơn vị. Trong đó có 5 nữ."),
                ],
            ),
            // A word that is cut short ends no sentence.
            (
                &[
                    ("A", "Đã tổ chức hội nghị tại TP. Tuy Hòa."),
                    ("B", "Đã tổ chức hội nghị tại TP. Sông Cầu."),
                ],
                &[
                    ("A", "Đã tổ chức hội nghị tại TP. Tuy Hòa."),
                    ("B", "Đã tổ chức hội nghị tại TP. Sông Cầu."),
                ],
            ),
            // Who writes the same twice is one unit.
            (
                &[("A", "Có 2 vụ."), ("A", "Có 2 vụ.")],
                &[("A", "Có 2 vụ."), ("A", "Có 2 vụ.")],
            ),
            // Other numbers are other sentences.
            (
                &[
                    ("A", "Tổ chức 2 lớp tập huấn."),
                    ("B", "Tổ chức 3 lớp tập huấn."),
                ],
                &[
                    ("A", "Tổ chức 2 lớp tập huấn."),
                    ("B", "Tổ chức 3 lớp tập huấn."),
                ],
            ),
        ];
        for (written, wanted) in cases {
            let wanted: Vec<_> = wanted
                .iter()
                .map(|(of, text)| ((*of).to_owned(), (*text).to_owned()))
                .collect();
            assert_eq!(told(written), wanted, "{written:?}");
        }
    }
}
