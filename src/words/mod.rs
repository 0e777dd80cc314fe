//! What people, offices and mail programs call things: the words by which mails are understood, as data.
//!
//! `vi.toml` is the union's own language, `mail.toml` what mail programs and servers say; both are built in, and each set
//! there says what it is for. Grammar – dates, periods, numbers of documents – is code where it is used.

mod finder;
mod marked;
mod office;
mod trial;

use std::collections::BTreeMap;
use std::sync::{LazyLock, OnceLock};

use serde::Deserialize;

pub use finder::{Finder, Found, GAP};
pub use marked::Marked;
pub use office::{Added, Additions, OpenSet};
pub use trial::Trial;

/// Words and phrases (folded) that mean one thing.
#[derive(Debug, Deserialize)]
#[serde(from = "Vec<String>")]
pub struct Set {
    words: Vec<String>,
    finder: OnceLock<Finder>,
}

impl From<Vec<String>> for Set {
    fn from(words: Vec<String>) -> Set {
        Set {
            words,
            finder: OnceLock::new(),
        }
    }
}

impl Set {
    fn finder(&self) -> &Finder {
        self.finder.get_or_init(|| Finder::new(&self.words))
    }

    /// The words, in the order of the file.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        self.words.iter().map(String::as_str)
    }

    /// Where each stands in a folded text; see [`Finder::find`].
    pub fn find(&self, text: &str) -> Vec<Found> {
        self.finder().find(text)
    }

    /// Whether one stands in a folded text, at word bounds.
    pub(crate) fn stands_in(&self, text: &str) -> bool {
        !self.find(text).is_empty()
    }

    /// Whether one is part of a folded text, within a word, too.
    pub(crate) fn is_part_of(&self, text: &str) -> bool {
        self.finder().is_part_of(text)
    }

    /// Whether a folded text begins with one.
    pub fn begins(&self, text: &str) -> bool {
        self.find(text).first().is_some_and(|f| f.from == 0)
    }

    /// What stands in a folded text before the first one; `None` where none stands in it.
    pub fn before<'t>(&self, text: &'t str) -> Option<&'t str> {
        self.find(text).first().map(|found| &text[..found.from])
    }

    /// What follows the one, if any, that a folded text begins with and that is not all of it.
    pub(crate) fn strip<'t>(&self, text: &'t str) -> Option<&'t str> {
        let begins = |f: &Found| (f.from == 0).then(|| text.get(f.to + 1..)).flatten();
        self.finder().longest(text).first().and_then(begins)
    }

    /// Whether a folded text ends in one and is more than that.
    pub fn ends(&self, text: &str) -> bool {
        let ends = |f: &Found| f.from > 0 && f.to == text.len();
        self.find(text).iter().any(ends)
    }

    /// Whether a text is one of them.
    pub fn contains(&self, text: &str) -> bool {
        self.words().any(|w| w == text)
    }

    /// Whether a folded text is made of them alone; an empty one is.
    pub(crate) fn make_up(&self, text: &str) -> bool {
        let mut end = 0;
        let found = self.find(text);
        // Words are parted by one space.
        let is_next = |f: &Found| {
            let follows = f.from <= end + usize::from(end > 0);
            end = end.max(f.to);
            follows
        };
        found.iter().all(is_next) && end == text.len()
    }
}

/// Phrases with what stands in the place of each.
pub struct Forms {
    finder: Finder,
    becomes: Vec<&'static str>,
}

impl Forms {
    /// Of phrases (folded), each with its place; one that becomes nothing is left out.
    pub fn new(phrases: impl IntoIterator<Item = (&'static str, &'static str)>) -> Forms {
        let (phrases, becomes): (Vec<&str>, Vec<&str>) = phrases.into_iter().unzip();
        Forms {
            finder: Finder::new(phrases),
            becomes,
        }
    }

    /// A folded text with the longest phrases replaced, and again as long as what comes of it holds phrases.
    pub fn replaced(&self, text: &str) -> String {
        // No phrase needs more; what would never come to an end does not, either.
        const ROUNDS: usize = 8;
        let mut text = text.to_owned();
        for _ in 0..ROUNDS {
            let found = self.finder.longest(&text);
            if found.is_empty() {
                break;
            }
            let (mut out, mut at) = (String::with_capacity(text.len()), 0);
            for f in found {
                out += &text[at..f.from];
                out += self.becomes[f.phrase];
                at = f.to;
            }
            out += &text[at..];
            let words: Vec<&str> = out.split_whitespace().collect();
            text = words.join(" ");
        }
        text
    }
}

/// Whether a folded phrase that is no set's stands in a folded text, at word bounds.
pub(crate) fn has_phrase(text: &str, phrase: &str) -> bool {
    !Finder::new([phrase]).find(text).is_empty()
}

/// A type of document (NĐ 30/2020/NĐ-CP, article 7, and what spreadsheets are called).
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Document {
    /// In small letters.
    pub name: String,
    /// Its abbreviations in numbers, as people also write them without diacritics.
    pub short: Vec<String>,
}

/// What a mail about a report is that is none itself.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NotYet {
    /// In Vietnamese, for staff.
    pub what: String,
    /// Whether it counts behind "báo cáo", too.
    #[serde(default)]
    pub anywhere: bool,
    /// Whether a document that is called so is surely none.
    #[serde(default)]
    pub sure: bool,
    /// Whether it is a form, which is the report where it was filled in.
    #[serde(default)]
    pub form: bool,
    /// Whether what asks for time says it, too.
    #[serde(default)]
    pub asks_for_time: bool,
    /// Whether a document with number and day is none, though it is called so.
    #[serde(default)]
    pub until_issued: bool,
    /// By what it is known.
    pub words: Set,
}

/// How much a verb says beside a code, which asks for something by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Weight {
    /// It asks for its action.
    Asks,
    /// It may also describe, or only agree with what is asked for: "thư này là của …", "đồng ý".
    Agrees,
    /// It asks for its action only beside a code of that action: "gửi lại trước 25/6" asks nothing of us.
    OfCode,
}

/// What staff write short.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shorthand {
    /// What it means.
    pub word: String,
    /// How it is written.
    pub short: Vec<String>,
}

/// Verbs of staff that mean one action.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Verbs {
    /// Its word in the codes of commands.
    pub action: String,
    /// How much they say.
    pub weight: Weight,
    /// The verbs.
    pub words: Marked,
}

/// What staff say who ask to be told one kind of thing.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Inquiries {
    /// The word of the kind.
    pub asks: String,
    /// With what they ask for it, the longer ones first.
    pub words: Marked,
}

/// The sets of `vi.toml`, which says what each is for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "each set is described where its words stand")]
pub struct Vi {
    pub report: Set,
    pub of_several: Set,
    pub leading: Set,
    pub plain: Set,
    pub of_time: Set,
    pub other_matters: Set,
    pub of_anything: Set,
    pub compounds: Set,
    pub before_a_board: Set,
    pub below: Set,
    pub before_a_body: Set,
    pub once_more: Set,
    pub of_a_copy: Set,
    pub upper_bodies: Set,
    pub before_a_report: Set,
    pub drafts: Set,
    pub before_a_number: Set,
    pub of_pictures: Set,
    pub was_sent: Set,
    pub is_sent: Set,
    pub sent_before: Set,
    pub questions: Set,
    pub unions: Set,
    pub unions_of_a_place: Set,
    pub levels: Set,
    pub left_out: Set,
    pub forms: BTreeMap<String, Vec<String>>,
    pub elsewhere: Set,
    pub leaning: Set,
    pub asks_for_time: Set,
    pub not_yet: Vec<NotYet>,
    pub courtesies: Set,
    pub documents: Vec<Document>,
    pub sure_types: Set,
    pub before_a_type: Set,
    pub bodies: Set,
    pub text_begins: Set,
    pub no_title: Set,
    pub basis: Set,
    pub no_head: Set,
    pub above_a_head: Set,
    pub numbered: Set,
    pub no_answer_column: Set,
    pub figure_column: Set,
    pub under_a_table: Set,
    pub greetings: Set,
    pub denials: Set,
    pub labels: Set,
    pub farewells: Set,
    pub not: Marked,
    pub therefore: Marked,
    pub thanks: Marked,
    pub beside_verb: Marked,
    pub because: Marked,
    pub unsure: Marked,
    pub of_a_report: Marked,
    pub excepts: Marked,
    pub conditions: Marked,
    pub shorthand: Vec<Shorthand>,
    pub beside_day: Marked,
    pub joins: Marked,
    pub after_a_unit: Marked,
    /// Of an order to remember an address.
    pub remember: Marked,
    pub yes: Marked,
    pub before_yes: Marked,
    pub beside_yes: Marked,
    pub asks_whether: Marked,
    pub doubt: Marked,
    pub no: Marked,
    pub no_answer: Marked,
    pub verbs: Vec<Verbs>,
    pub inquiries: Vec<Inquiries>,
    pub before_an_inquiry: Marked,
}

/// The sets of `mail.toml`, which says what each is for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "each set is described where its words stand")]
pub struct Mail {
    pub reply: Set,
    pub forward: Set,
    pub cloud_hosts: Vec<String>,
    pub auto_subjects: Set,
    pub auto_labels: Set,
    pub absent_subjects: Set,
    pub auto_texts: Set,
    pub absent: Set,
    pub answers_later: Set,
    pub until: Set,
    pub ask_instead: Set,
    pub has_arrived: Set,
    pub to_somebody: Set,
    pub reports_on_mail: Set,
    pub no_answers: Vec<String>,
    pub wrote: Set,
    pub from: Set,
    pub quoted: Set,
    pub forwarded: Set,
    pub original_follows: Set,
    pub failure: Set,
    pub failure_subjects: Set,
    pub failure_of_people: Set,
    pub refusal: Set,
    pub late_subjects: Set,
    pub late: Set,
    pub gives_up: Set,
    pub not_failed: Set,
    pub mailers: Vec<String>,
    pub mailer_names: Set,
    pub gateways: Set,
    pub of_the_whole: Set,
    pub suspended: Set,
    pub for_now: Set,
    pub not_the_address: Set,
    pub surely_no_user: Set,
    pub no_user: Set,
    pub no_host: Set,
}

const VI: &str = include_str!("vi.toml");
const MAIL: &str = include_str!("mail.toml");

/// The language of the union and its offices.
pub fn vi() -> &'static Vi {
    static SETS: LazyLock<Vi> =
        LazyLock::new(|| toml::from_str(VI).expect("what is built in was tested"));
    &SETS
}

/// What mail programs and servers say.
pub fn mail() -> &'static Mail {
    static SETS: LazyLock<Mail> =
        LazyLock::new(|| toml::from_str(MAIL).expect("what is built in was tested"));
    &SETS
}

/// Whether one of the two files has a set of this name.
pub(crate) fn is_built_in(set: &str) -> bool {
    let has = |file: &str| {
        file.parse::<toml::Table>()
            .is_ok_and(|t| t.contains_key(set))
    };
    has(VI) || has(MAIL)
}

/// The type of document of this name.
pub fn document(name: &str) -> Option<&'static Document> {
    vi().documents.iter().find(|d| d.name == name)
}

#[cfg(test)]
mod tests;
