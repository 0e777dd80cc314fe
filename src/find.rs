//! Mails by their words: subjects, texts, names and heads of files, and what documents say.
//!
//! What is typed without marks finds words with any; what has marks finds those words alone, or the same without any, and
//! where there are none, those with other marks. Words stand in the order and beside each other as they were asked for.

use anyhow::Result;
use jiff::Timestamp;
use jiff::civil::{Time, date};

use crate::archive::{Archive, Unreachable};
use crate::domain::instant;
use crate::domain::row::MessageId;
use crate::ground::text::{fold, nfc, truncated};
use crate::manager;
use crate::reading::document::Value;
use crate::reading::worker::Reader;
use crate::store::{Hit, Store};

/// So many mails are looked at for one question.
const MOST: usize = 2_000;
/// So many mails from before the index are taken in in a round.
const OF_BEFORE: u32 = 500;
/// So many documents are taken in in a round.
const DOCUMENTS: u32 = 50;
/// So much of what a document says is kept, in bytes.
const DOCUMENT_KEPT: usize = 200_000;
/// So many words stand before and behind what was found.
const AROUND: usize = 12;

/// A mail that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) message: MessageId,
    /// What stands around the words, in one line, as a stranger may have written it.
    pub(crate) excerpt: String,
}

/// What was found.
#[derive(Debug, Default)]
pub(crate) struct Search {
    /// The last mail first.
    pub(crate) found: Vec<Found>,
    /// Whether none has the marks of the words that were asked for.
    pub(crate) other_marks: bool,
    /// Whether there are more.
    pub(crate) more: bool,
}

/// Finds mails by words, of a year (Vietnam) or of all.
pub(crate) fn find(store: &Store, words: &str, year: Option<i16>, most: usize) -> Result<Search> {
    let asked = words_of(words);
    let Some(expression) = expression(&asked) else {
        return Ok(Search::default());
    };
    let hits = store.with_words(&expression, span(year), MOST)?;
    let marked = !words.is_ascii();
    let exact = |hit: &Hit| in_words(hit, &asked, are_same);
    let mut found: Vec<Found> = hits.iter().filter_map(exact).collect();
    let other_marks = marked && found.is_empty() && !hits.is_empty();
    if !marked || other_marks {
        let folded = |hit: &Hit| in_words(hit, &asked, are_alike);
        found = hits.iter().filter_map(folded).collect();
    }
    let more = found.len() > most || hits.len() == MOST;
    found.truncate(most);
    Ok(Search {
        found,
        other_marks,
        more,
    })
}

/// The moments of a year.
fn span(year: Option<i16>) -> (Timestamp, Timestamp) {
    let begins = |year: i16| instant(date(year, 1, 1), Time::midnight());
    match year {
        Some(year) if year < 9_999 => (begins(year), begins(year + 1)),
        _ => (Timestamp::MIN, Timestamp::MAX),
    }
}

/// The words of a text, lower case, with their marks.
fn words_of(text: &str) -> Vec<String> {
    let text = nfc(text).to_lowercase();
    let words = text.split(|c: char| !c.is_alphanumeric());
    words.filter(|w| !w.is_empty()).map(str::to_owned).collect()
}

/// The words as FTS5 looks for them, whose tokenizer leaves marks out but takes "đ" for a letter of its own: each word with
/// d is looked for with đ, too, where those are a few.
fn expression(words: &[String]) -> Option<String> {
    const MOST_WITH_D: usize = 5;
    if words.is_empty() {
        return None;
    }
    let mut phrases = vec![String::new()];
    let mut with_d = 0;
    for word in words {
        let plain = fold(word);
        with_d += usize::from(plain.contains('d'));
        let variants = match plain.contains('d') {
            true if with_d <= MOST_WITH_D => vec![plain.replace('d', "đ"), plain],
            true => vec![word.clone()],
            false => vec![plain],
        };
        phrases = phrases
            .iter()
            .flat_map(|before| variants.iter().map(move |v| format!("{before} {v}")))
            .collect();
    }
    let quoted: Vec<String> = phrases
        .iter()
        .map(|p| format!("\"{}\"", p.trim()))
        .collect();
    Some(quoted.join(" OR "))
}

/// Whether words of a text are those that were asked for, with all of their marks or all without any.
fn are_same(of_text: &[(usize, String)], asked: &[String]) -> bool {
    let mut pairs = of_text.iter().map(|(_, word)| word).zip(asked);
    let unmarked = of_text.iter().all(|(_, word)| word.is_ascii());
    pairs.all(|(word, asked)| word == asked || unmarked && *word == fold(asked))
}

/// Likewise, whatever their marks.
fn are_alike(of_text: &[(usize, String)], asked: &[String]) -> bool {
    let mut pairs = of_text.iter().map(|(_, word)| word).zip(asked);
    pairs.all(|(word, asked)| fold(word) == fold(asked))
}

/// Whether words of a text, each with its place, are those that were asked for.
type Same = fn(&[(usize, String)], &[String]) -> bool;

/// Where the words stand in a mail, in its own words before those of its documents.
fn in_words(hit: &Hit, asked: &[String], same: Same) -> Option<Found> {
    let excerpt = [&hit.words, &hit.files]
        .into_iter()
        .find_map(|text| excerpt(text, asked, same))?;
    Some(Found {
        message: hit.message,
        excerpt,
    })
}

/// What stands around words in a text, in one line.
fn excerpt(text: &str, asked: &[String], same: Same) -> Option<String> {
    // Words as they stand between spaces, and which of them each word of letters is of.
    let written: Vec<&str> = text.split_whitespace().collect();
    let words: Vec<(usize, String)> = written
        .iter()
        .enumerate()
        .flat_map(|(n, w)| words_of(w).into_iter().map(move |w| (n, w)))
        .collect();
    let at = words
        .windows(asked.len())
        .position(|window| same(window, asked))?;
    let (first, last) = (words[at].0, words[at + asked.len() - 1].0);
    let (from, to) = (
        first.saturating_sub(AROUND),
        (last + AROUND + 1).min(written.len()),
    );
    let before = if from > 0 { "… " } else { "" };
    let behind = if to < written.len() { " …" } else { "" };
    Some(format!("{before}{}{behind}", written[from..to].join(" ")))
}

/// Takes the words in that are still to come: of mails from before there was an index, and of documents. A document that
/// says nothing has none.
///
/// # Errors
/// When the store fails. A document that cannot be read is told, and stops no other.
pub async fn take_in(store: &Store, archive: &Archive, reader: &mut Reader) -> Result<()> {
    store.set_words_of_before(OF_BEFORE)?;
    for document in store.documents_unsearched(DOCUMENTS)? {
        manager::step();
        let content = match archive.get(document.sha256).await {
            Ok(content) => content,
            Err(e) if e.is::<Unreachable>() => return Ok(()),
            Err(_) => continue, // the audit mends it
        };
        let contents = match reader.contents(&content, document.kind).await {
            Ok(contents) => contents,
            Err(e) => {
                tracing::error!(message = %document.message, error = %format!("{e:#}"), "the words of a document stay out of the index");
                return Ok(());
            }
        };
        let cells = contents.tables.iter().flat_map(|t| &t.cells);
        let texts = cells.filter_map(|(_, _, value)| match value {
            Value::Text(text) => Some(text.as_str()),
            Value::Number(_) => None,
        });
        let cells: Vec<&str> = texts.collect();
        let words = format!("{}\n{}", contents.text, cells.join(" "));
        store.add_words(&document, truncated(&words, DOCUMENT_KEPT))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reading::Reading;
    use crate::reading::{Class, Unread};
    use crate::store::Arrived;

    fn store_of(texts: &[&str]) -> Store {
        let now: Timestamp = "2026-06-01T00:00:00Z".parse().unwrap();
        let store = Store::in_memory(now).unwrap();
        for (n, text) in texts.iter().enumerate() {
            let id = store
                .record_arrival(&Arrived::example(n, now), now)
                .unwrap();
            let reading = Reading {
                class: Class::NoAttachment,
                subject: "Báo cáo".into(),
                body: (*text).to_owned(),
                ..Reading::unreadable(Unread::NotFetched)
            };
            store.set_reading(id, &reading).unwrap();
        }
        store
    }

    #[test]
    fn words_are_found_with_their_marks_or_without_any_in_their_order() {
        let store = store_of(&[
            "Đơn vị có một vụ tai nạn lao động ngày 3/6.",
            "Don vi khong co tai nan lao dong.",
            "Tài nan là gì",
            "Số 57/BC-LĐLĐ của LĐLĐ huyện Tuy An",
            "nạn tai",
        ]);
        let mut wrong = Vec::new();
        for (words, expected, other_marks) in [
            ("tai nạn", &[2, 1][..], false),
            ("TAI NẠN lao động", &[2, 1], false),
            ("tai nan", &[3, 2, 1], false),
            ("tải nạn", &[2], false),
            ("tải nân", &[2], false),
            ("đon vi", &[2], false),
            ("huyên Tuy An", &[4], true),
            ("lao dong", &[2, 1], false),
            ("đơn vị", &[2, 1], false),
            ("ldld", &[4], false),
            ("LĐLĐ", &[4], false),
            ("57/BC-LĐLĐ", &[4], false),
            ("57-bc ldld", &[4], false),
            ("không có gì", &[], false),
            ("\" OR *", &[], false),
            ("NEAR(", &[], false),
            ("", &[], false),
        ] {
            let search = find(&store, words, None, 10).unwrap();
            let mut ids: Vec<i64> = search.found.iter().map(|f| f.message.0).collect();
            ids.sort_by(|a, b| b.cmp(a));
            if (ids.as_slice(), search.other_marks) != (expected, other_marks) {
                wrong.push(format!("{words}: {search:?}"));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        let of = |year| find(&store, "tai nạn", Some(year), 10).unwrap().found.len();
        assert_eq!((of(2025), of(2026), of(2027)), (0, 2, 0));
        let one = find(&store, "tai nạn", None, 1).unwrap();
        assert!(one.more && one.found.len() == 1);
        let excerpt = &find(&store, "ngày 3/6", None, 1).unwrap().found[0].excerpt;
        assert!(
            excerpt.ends_with("vụ tai nạn lao động ngày 3/6."),
            "{excerpt}"
        );
    }
}
