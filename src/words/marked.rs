//! Words of which the marks tell the meaning: "miễn" is no "Miền", "đúng" no "đừng". What is typed without any is
//! understood all the same.

use serde::Deserialize;

use crate::ground::text::fold;

/// Stands at the end of a word that counts with its marks only, as without them it is another.
pub(super) const WITH_MARKS: char = '!';

/// Phrases in small letters with their marks, in the order in which they are tried.
#[derive(Debug, Deserialize)]
#[serde(from = "Vec<String>")]
pub struct Marked(Vec<Vec<String>>);

impl From<Vec<String>> for Marked {
    fn from(phrases: Vec<String>) -> Marked {
        let words = |phrase: String| phrase.split(' ').map(str::to_owned).collect();
        Marked(phrases.into_iter().map(words).collect())
    }
}

impl Marked {
    /// Whether a word is one of them.
    pub fn contains<W: AsRef<str>>(&self, word: &W) -> bool {
        self.0
            .iter()
            .any(|known| known.len() == 1 && is(word, &known[0]))
    }

    /// Whether one of them ends with a word.
    pub fn end_with<W: AsRef<str>>(&self, word: &W) -> bool {
        let last = |known: &Vec<String>| known.last().is_some_and(|k| is(word, k));
        self.0.iter().any(last)
    }

    /// What follows the first of them with which words begin.
    pub fn after<'w, W: AsRef<str>>(&self, words: &'w [W]) -> Option<&'w [W]> {
        let known = self.0.iter().find(|known| begin(words, known))?;
        Some(&words[known.len()..])
    }

    /// Marks the words that belong to one of them, wherever it stands.
    pub fn mark<W: AsRef<str>>(&self, words: &[W], marked: &mut [bool]) {
        for known in &self.0 {
            for at in (0..words.len()).filter(|at| begin(&words[*at..], known)) {
                marked[at..at + known.len()].fill(true);
            }
        }
    }

    /// For each of them, whether it stands in one of the clauses: what stands before it there.
    pub fn before<'w, W: AsRef<str>>(
        &self,
        clauses: &'w [Vec<W>],
    ) -> impl Iterator<Item = &'w [W]> {
        self.0.iter().filter_map(move |known| {
            let mut before = clauses.iter().filter_map(|clause| {
                let at = (0..clause.len()).find(|at| begin(&clause[*at..], known))?;
                Some(&clause[..at])
            });
            before.next()
        })
    }
}

/// Whether words begin with a phrase.
fn begin<W: AsRef<str>>(words: &[W], phrase: &[String]) -> bool {
    words.len() >= phrase.len()
        && words
            .iter()
            .zip(phrase)
            .all(|(word, known)| is(word, known))
}

/// Whether a word is another, with all of its marks or with none.
fn is<W: AsRef<str>>(word: &W, known: &str) -> bool {
    match known.strip_suffix(WITH_MARKS) {
        Some(known) => word.as_ref() == known,
        None => word.as_ref() == known || word.as_ref() == fold(known),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_known_with_all_of_its_marks_or_with_none() {
        let set = Marked::from(["miễn", "đừng!", "gửi lại"].map(str::to_owned).to_vec());
        assert!(set.contains(&"miễn") && set.contains(&"mien") && !set.contains(&"miền"));
        assert!(set.contains(&"đừng") && !set.contains(&"dung") && !set.contains(&"gửi"));
        assert_eq!(set.after(&["gui", "lại", "đi"]), Some(&["đi"][..]));
        assert_eq!(set.after(&["gửi"]), None);
        let clauses = [vec!["chưa", "gửi", "lại"], vec!["mien"]];
        let before: Vec<&[&str]> = set.before(&clauses).collect();
        assert_eq!(before, [&[][..], &["chưa"][..]]);
    }
}
