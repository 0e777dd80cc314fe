//! What kind of document something is, and whether that can be the report that is asked for: a plan is no report, and
//! a list is only part of one.

use crate::domain::report::Report;
use crate::ground::text::fold;
use crate::reading::Attachment;
use crate::words::{self, Additions, Document, NotYet, OpenSet, Set, mail, vi};

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
pub(super) fn part_of(
    document: &Attachment,
    subject: &str,
    report: &Report,
    office: &Additions,
) -> Part {
    let stem = document.stem();
    let is_report = document.genre.as_deref() == Some("báo cáo");
    let is_answer = mail().reply.begins(&fold(subject));
    let of_subject = not_yet_one(subject, office).filter(|sign| {
        // The subject of a thread is often that of another matter; what the document calls itself counts more.
        let speaks = document.genre.is_some() || document.title.is_some();
        let counts = !is_report || sign.anywhere || sign.asks_for_time || sign.sure;
        counts && !(is_answer && speaks)
    });
    let of_subject = letters_matter(document).or(of_subject);
    // A form that was filled in is the report; a blank one is none, whatever it is called.
    let is_form = |sign: &&NotYet| sign.form;
    let other = match document.filled {
        Some(false) => vi().not_yet.iter().find(is_form),
        Some(true) => not_yet_one(stem, office)
            .or(of_subject)
            .filter(|sign| !sign.form),
        // What has a number and a day was a draft once.
        None => not_yet_one(stem, office)
            .filter(|sign| !sign.until_issued || !document.is_issued())
            .or(of_subject),
    };
    if let Some(other) = other {
        return Part::Other(&other.what);
    }
    if document.draft {
        return Part::Other("dự thảo");
    }
    if is_letter_of_another_matter(document) {
        return Part::Other("công văn");
    }
    let Some(found) = document
        .genre
        .as_deref()
        .and_then(words::document)
        .or_else(|| named_first(stem))
        .or_else(|| named_first(subject))
    else {
        return Part::Main;
    };
    let wanted = named_first(&report.title).map_or("báo cáo", |t| t.name.as_str());
    match found.name.as_str() {
        name if name == wanted => Part::Main,
        // Reports also come as letters and tables.
        "bảng tổng hợp" | "biểu tổng hợp" => Part::Main,
        "phụ lục" | "danh sách" => Part::Supplement,
        name => Part::Other(name),
    }
}

/// The subject of an official letter, which has that instead of a type.
fn subject_of_letter(document: &Attachment) -> Option<&str> {
    let is_letter = document.genre.as_deref() == Some("công văn");
    document.title.as_deref().filter(|_| is_letter)
}

/// What an official letter says that it is: "V/v đôn đốc báo cáo".
fn letters_matter(document: &Attachment) -> Option<&'static NotYet> {
    not_yet_one(subject_of_letter(document)?, &Additions::default())
}

/// Whether an official letter does something else with a report than to send it: "V/v giải trình số liệu báo cáo".
fn is_letter_of_another_matter(document: &Attachment) -> bool {
    let subject = subject_of_letter(document).map(fold).unwrap_or_default();
    let before = vi().report.before(&subject).unwrap_or_default();
    !vi().before_a_report.make_up(before.trim())
}

/// Whether a document that was read says by its name, or a letter by its subject, what no report is called: "Giấy mời", "Góp ý
/// dự thảo báo cáo".
pub(super) fn is_surely_none(document: &Attachment) -> bool {
    let by_name = not_yet_one(document.stem(), &Additions::default());
    let mut signs = by_name.into_iter().chain(letters_matter(document));
    signs.any(|sign| sign.sure)
}

/// Whether a subject says of a mail what no report is called.
pub(super) fn says_surely_none(subject: &str) -> bool {
    not_yet_one(subject, &Additions::default()).is_some_and(|sign| sign.sure)
}

/// Whether a subject or name says by its first words that something is no report: "Kế hoạch …", "Thư mời".
pub(super) fn is_called_otherwise(text: &str) -> bool {
    let is_none = |d: &Document| d.name != "báo cáo" && !d.name.contains("tổng hợp");
    says_surely_none(text) || named_first(text).is_some_and(is_none)
}

/// What a mail about a report is that is none itself: it says so before it says "báo cáo".
fn not_yet_one(text: &str, office: &Additions) -> Option<&'static NotYet> {
    let folded = fold(text);
    let begins = vi().report.before(&folded).unwrap_or(&folded);
    let says = |sign: &&'static NotYet| {
        let within = if sign.anywhere { &folded } else { begins };
        let says = |set| office.both(set).any(|words: &Set| words.stands_in(within));
        says(OpenSet::NotYet(&sign.what)) || sign.asks_for_time && says(OpenSet::AsksForTime)
    };
    vi().not_yet.iter().find(says)
}

/// Whether a unit writes that the report is still to come.
pub(crate) fn asks_for_time(text: &str, office: &Additions) -> bool {
    let folded = fold(text);
    let mut sets = office.both(OpenSet::AsksForTime);
    sets.any(|words| words.stands_in(&folded))
}

/// The type that a name or subject begins with. One that speaks of a report is a report.
fn named_first(text: &str) -> Option<&'static Document> {
    let folded = fold(text);
    if vi().report.stands_in(&folded) {
        return words::document("báo cáo");
    }
    // A number or "Gửi", "V/v" may stand before it.
    let before = |word: &&str| {
        let sets = [&vi().before_a_type, &mail().reply, &mail().forward];
        word.parse::<u32>().is_ok() || sets.iter().any(|set| set.contains(word))
    };
    let begins: Vec<&str> = folded.split(' ').skip_while(before).collect();
    let begins = begins.join(" ") + " ";
    let is = |name: &str| begins.starts_with(&format!("{} ", fold(name)));
    let is_sure = |short: &&String| vi().sure_types.contains(&fold(short));
    let mut types = vi().documents.iter();
    types.find(|t| is(&t.name) || t.short.iter().filter(is_sure).any(|short| is(short)))
}
