//! What a line of staff names: units, reports and periods. A name is no order and no word that is not understood: "mien"
//! of "Duoc Mien Trung" is no "miễn", and "thông qua" of a unit's name agrees to nothing.

use std::ops::Range;

use jiff::civil::Date;
use unicode_normalization::UnicodeNormalization;

use super::meaning::without_numbers;
use super::words;
use crate::config::Config;
use crate::domain::correction::Target;
use crate::domain::period::PeriodId;
use crate::domain::report::Report;
use crate::domain::unit::UnitId;
use crate::ground::text::fold;
use crate::matching::{Called, says_period};
use crate::words::{Finder, Marked, vi};

/// No name has more words.
const MOST_WORDS: usize = 14;

/// Reads names out of lines.
pub(crate) struct Names<'c> {
    pub(super) config: &'c Config,
    /// On which names hold.
    pub(super) day: Date,
    units: Called,
    /// The words of all reports, and whose each is.
    words: Finder,
    of: Vec<&'c Report>,
}

/// What a line names.
pub(super) struct Named {
    /// Units, in the order of their place.
    pub(super) units: Vec<UnitId>,
    /// The line without their names.
    pub(super) rest: String,
}

/// A word of a line.
struct Word {
    at: Range<usize>,
    folded: String,
}

/// The words of a line (NFC).
fn words_of(line: &str) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    for (at, c) in line.char_indices().filter(|(_, c)| c.is_alphanumeric()) {
        let end = at + c.len_utf8();
        match words.last_mut() {
            Some(word) if word.at.end == at => word.at.end = end,
            _ => words.push(Word {
                at: at..end,
                folded: String::new(),
            }),
        }
    }
    for word in &mut words {
        word.folded = fold(&line[word.at.clone()]);
    }
    words
}

/// Whether some words of a line may be a name without its type: at its beginning or behind what cannot be part of it, and
/// before such.
fn stands_free(
    line: &str,
    words: &[Word],
    window: &Range<usize>,
    reports: &[(&Report, Range<usize>)],
) -> bool {
    let of = |at: usize| line[words[at].at.clone()].to_lowercase();
    let of_report = |at: usize| reports.iter().any(|(_, r)| r.contains(&at));
    let parted = |at: usize| {
        !line[words[at - 1].at.end..words[at].at.start]
            .trim()
            .is_empty()
    };
    let (from, to) = (window.start, window.end);
    let rest: Vec<String> = (to..words.len()).map(of).collect();
    let led = from == 0
        || parted(from)
        || of_report(from - 1)
        || vi().levels.contains(&words[from].folded)
        || vi().joins.contains(&of(from - 1))
        || may_lead_up(&of(from - 1))
        || verbs().any(|verb| verb.end_with(&of(from - 1)));
    let ends = to == words.len()
        || parted(to)
        || of_report(to)
        || vi().joins.contains(&of(to))
        || vi().after_a_unit.contains(&of(to))
        || of(to).bytes().all(|b| b.is_ascii_digit())
        || verbs().any(|verb| verb.after(&rest).is_some());
    led && ends && !window.clone().any(of_report)
}

fn verbs() -> impl Iterator<Item = &'static Marked> {
    vi().verbs.iter().map(|verbs| &verbs.words)
}

/// Whether a name may begin behind a word.
fn may_lead_up(word: &String) -> bool {
    let sets = [&vi().thanks, &vi().beside_verb, &vi().beside_day];
    sets.iter().any(|set| set.contains(word))
        || vi().shorthand.iter().any(|s| s.short.contains(word))
}

impl<'c> Names<'c> {
    /// Those of a day (Vietnam).
    pub(crate) fn new(config: &'c Config, day: Date) -> Names<'c> {
        let own = |report: &'c Report| {
            let written = report.words.iter().cloned();
            written
                .chain([fold(&report.short)])
                .map(move |w| (report, w))
        };
        let (of, words): (Vec<&Report>, Vec<String>) = config.reports.iter().flat_map(own).unzip();
        Names {
            units: Called::new(&config.register, day),
            words: Finder::new(words),
            config,
            day,
            of,
        }
    }

    /// The units of a line. Without its type a name counts where no word that is not known stands beside it.
    pub(super) fn units_in(&self, line: &str) -> Named {
        let line: String = line.nfc().collect();
        let words = words_of(&line);
        // "CĐ Y tế" is a name, and part of that of a school of another province.
        let whole = self.units.named_in(&line);
        let text = |r: &Range<usize>| &line[words[r.start].at.start..words[r.end - 1].at.end];
        let reports = self.hits(&words);
        let mut units: Vec<UnitId> = Vec::new();
        let mut rest = String::new();
        let (mut at, mut kept) = (0, 0);
        while at < words.len() {
            let most = words.len().min(at + MOST_WORDS);
            let mut windows = (at + 1..=most).rev().map(|to| at..to);
            let found = windows.find_map(|window| {
                let mut named = self.units.by_name(text(&window));
                named.retain(|unit| whole.contains(unit));
                if named.is_empty() && stands_free(&line, &words, &window, &reports) {
                    named = self.units.by_place(text(&window));
                }
                (!named.is_empty()).then_some((window, named))
            });
            let Some((window, named)) = found else {
                at += 1;
                continue;
            };
            let new = named.into_iter().filter(|u| !units.contains(u));
            let new: Vec<UnitId> = new.collect();
            units.extend(new);
            rest += &line[kept..words[window.start].at.start];
            kept = words[window.end - 1].at.end;
            at = window.end;
        }
        rest += &line[kept..];
        Named { units, rest }
    }

    /// A text without the names of units in it, line by line.
    pub(super) fn without_units(&self, text: &str) -> String {
        let lines: Vec<String> = text.lines().map(|l| self.units_in(l).rest).collect();
        lines.join("\n")
    }

    /// A text without what names the things that it is about, line by line: units, and numbers of mails and reports.
    pub(super) fn said(&self, text: &str) -> String {
        let lines: Vec<String> = text
            .lines()
            .map(|l| without_numbers(&self.units_in(l).rest))
            .collect();
        lines.join("\n")
    }

    /// The command of free words with what it is about: the first line that says more than that, and what stands before it.
    pub(super) fn command(&self, text: &str) -> Option<String> {
        let said = self.said(text);
        let from = text.lines().position(|l| !words::is_greeting(l))?;
        let to = said
            .lines()
            .position(|l| !words::is_greeting(l))
            .unwrap_or(from);
        let lines: Vec<&str> = text.lines().skip(from).take(to + 1 - from).collect();
        Some(lines.join(" "))
    }

    /// The reports of which words stand in a line, the narrower one of two.
    pub(crate) fn reports_in(&self, line: &str) -> Vec<&'c Report> {
        let line: String = line.nfc().collect();
        let mut reports: Vec<&Report> = Vec::new();
        for (report, _) in self.hits(&words_of(&line)) {
            if !reports.iter().any(|r| r.id == report.id) {
                reports.push(report);
            }
        }
        let wider: Vec<&String> = reports.iter().flat_map(|r| &r.over).collect();
        let narrow = |r: &&Report| !wider.contains(&&r.id);
        reports.iter().copied().filter(|r| narrow(r)).collect()
    }

    /// Where words of reports stand, but for those within longer ones.
    fn hits(&self, words: &[Word]) -> Vec<(&'c Report, Range<usize>)> {
        let folded: Vec<&str> = words.iter().map(|w| w.folded.as_str()).collect();
        let folded = folded.join(" ");
        let outer = self.words.outermost(&folded).into_iter();
        let word = |byte: usize| folded[..byte].matches(' ').count();
        let outer = outer.map(|hit| (self.of[hit.phrase], word(hit.from)..word(hit.to) + 1));
        outer.collect()
    }

    /// Whether a line names another report or period than this.
    pub(crate) fn names_another(&self, line: &str, report: &str, period: &PeriodId) -> bool {
        let reports = self.reports_in(line);
        let other = !reports.is_empty() && reports.iter().all(|r| r.id != report);
        let known = self.config.report(report);
        let period = known.and_then(|r| says_period(line, r, period, self.day));
        other || period == Some(false)
    }

    /// What is left of a line without the names of units, and without the report and period that it is of.
    pub(super) fn rest_of(&self, line: &str, of: &Target) -> String {
        let line = self.units_in(line).rest;
        let words = words_of(&line);
        let mut own = vec![false; words.len()];
        for (report, at) in self.hits(&words) {
            let is_it = report.id == of.report;
            let wider = |r: &Report| r.over.contains(&report.id);
            if is_it || self.config.report(&of.report).is_some_and(wider) {
                own[at].fill(true);
            }
        }
        let known = self.config.report(&of.report);
        if known.and_then(|r| says_period(&line, r, &of.period, self.day)) == Some(true) {
            for (own, word) in own.iter_mut().zip(&words) {
                let word = word.folded.as_str();
                let number = word.bytes().all(|b| b.is_ascii_digit());
                let mut of_time = vi().of_time.words().flat_map(|w| w.split(' '));
                *own |= number
                    || ["i", "ii", "iii", "iv"].contains(&word)
                    || of_time.any(|w| w == word);
            }
        }
        let mut rest = String::new();
        let mut from = 0;
        for (word, own) in words.iter().zip(own) {
            rest += &line[from..word.at.start];
            from = word.at.end;
            if !own {
                rest += &line[word.at.clone()];
            }
        }
        rest + &line[from..]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn config() -> Config {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("config");
        Config::load(&folder).unwrap()
    }

    #[test]
    fn units_are_named_with_and_without_their_type_and_their_names_ask_for_nothing() {
        let config = config();
        let names = Names::new(&config, date(2026, 6, 15));
        for (line, units, rest) in [
            (
                "CĐCS Dược Miền Trung, Công tác trẻ em",
                "cdcs-pymepharco",
                ", Công tác trẻ em",
            ),
            (
                "mien cho CDCS Duoc Mien Trung vi bao",
                "cdcs-pymepharco",
                "mien cho  vi bao",
            ),
            (
                "gia hạn cho Tuy An đến 30/6",
                "ldld-tuy-an",
                "gia hạn cho  đến 30/6",
            ),
            (
                "gia han cho huyen tuy an den 30/6",
                "ldld-tuy-an",
                "gia han cho  den 30/6",
            ),
            (
                "Tuy An: gia hạn đến 30/6",
                "ldld-tuy-an",
                ": gia hạn đến 30/6",
            ),
            (
                "thư 11 là của báo phú yên nhé em",
                "cdcs-bao-phu-yen",
                "thư 11 là của  nhé em",
            ),
            ("duyệt bc của ngành y tế", "cd-y-te", "duyệt bc của ngành "),
            (
                "LĐLĐ huyện Tuy An và CĐ ngành Y tế",
                "ldld-tuy-an cd-y-te",
                " và ",
            ),
            (
                "trả lại Phú Hòa vì thiếu bản ký",
                "ldld-phu-hoa",
                "trả lại  vì thiếu bản ký",
            ),
            ("bc trẻ em tuy an ổn rồi", "", "bc trẻ em tuy an ổn rồi"),
            (
                "gh bc trẻ em tuy an tới 30/6",
                "ldld-tuy-an",
                "gh bc trẻ em  tới 30/6",
            ),
            ("Tây Hòa và Sơn Hòa", "ldld-tay-hoa ldld-son-hoa", " và "),
            // What may be part of a longer name is none.
            ("gán cho y tế Đồng Lộc", "", "gán cho y tế Đồng Lộc"),
            ("gán cho phường Tuy Hòa", "", "gán cho phường Tuy Hòa"),
            (
                "báo cáo chăm sóc giáo dục trẻ em",
                "",
                "báo cáo chăm sóc giáo dục trẻ em",
            ),
            ("duyệt báo cáo của báo", "", "duyệt báo cáo của báo"),
        ] {
            let named = names.units_in(line);
            let found: Vec<&str> = named.units.iter().map(|u| u.0.as_str()).collect();
            assert_eq!(found.join(" "), units, "{line}");
            assert_eq!(named.rest, rest, "{line}");
        }
    }

    #[test]
    fn reports_and_periods_are_named_in_the_words_of_clerks() {
        let config = config();
        let names = Names::new(&config, date(2026, 6, 15));
        for (line, reports) in [
            ("gia hạn bc nữ công cho Tuy An", "nu-cong"),
            ("gia han bao cao tre em", "tre-em"),
            ("tháng hành động vì trẻ em", "thang-tre-em"),
            ("sơ kết kế hoạch 40", "so-ket-tre-em"),
            ("nữ công, qhlđ", "nu-cong quan-he-lao-dong"),
            ("gia hạn đến 30/6", ""),
        ] {
            let found: Vec<&str> = names
                .reports_in(line)
                .iter()
                .map(|r| r.id.as_str())
                .collect();
            assert_eq!(found.join(" "), reports, "{line}");
        }
        let half = PeriodId::Half(2026, 1);
        for (line, another) in [
            ("trẻ em 6 tháng đầu năm", false),
            ("gia hạn đến 30/6", false),
            ("trẻ em 6 tháng cuối năm", true),
            ("trẻ em quý 2", true),
            ("nữ công", true),
        ] {
            assert_eq!(
                names.names_another(line, "tre-em", &half),
                another,
                "{line}"
            );
        }
    }
}
