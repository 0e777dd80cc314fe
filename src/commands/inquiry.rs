//! What one of staff asks to be told: how reports stand, their files, an export, mails by their words. Pure: the sender's
//! own words in, an [`Inquiry`] out; which periods they name is told against those that there are.
//!
//! An inquiry changes nothing, so that its words need not be as plain as those of a command: courtesy may stand before
//! it, and a question mark behind. A line that asks for an action is a command all the same.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use jiff::civil::Date;
use regex::Regex;
use unicode_normalization::UnicodeNormalization;

use super::named::Names;
use super::words::{self, in_words};
use crate::config::Config;
use crate::domain::period::PeriodId;
use crate::domain::unit::UnitId;
use crate::matching::says_period;
use crate::store::KnownPeriod;
use crate::words::vi;

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Inquiry {
    /// What can be asked and ordered, and how.
    Help,
    /// The page for a browser, who has sent what.
    Page,
    /// How reports stand.
    Standing(About),
    /// The letter that asks late units for their reports.
    Urge(About),
    /// The files that stand for a report of a unit.
    Files(About),
    /// All files of a report and period, with the consolidation draft.
    Export(About),
    /// Mails and files by their words.
    Find(Sought),
}

/// What an inquiry is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct About {
    /// The units that are named.
    pub(crate) units: Vec<UnitId>,
    /// The reports that are named, by id.
    pub(crate) reports: Vec<String>,
    /// The words that may name periods.
    words: String,
}

/// What is looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sought {
    /// The words, as they were written.
    pub(crate) words: String,
    /// The year (Vietnam) in which it was received, where one is named.
    pub(crate) year: Option<i16>,
}

/// What stands between quotation marks, of whichever kind.
static QUOTED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new("[\"“”„«»‘’]\\s*([^\"“”„«»‘’]{1,200}?)\\s*[\"“”„«»‘’]").expect("a valid pattern")
});

/// A year at the end of what is asked.
static YEAR: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)(?:\s+(?:trong|của))?(?:\s+năm|\s+nam)?\s+((?:19|20)\d{2})\s*$")
        .expect("a valid pattern")
});

/// What a text asks to be told, by its first line that is no greeting; `None` where it asks for nothing of that.
pub(crate) fn of(names: &Names<'_>, text: &str) -> Option<Inquiry> {
    let text: String = text.nfc().collect();
    for line in text.lines() {
        // "Gửi tệp …" begins like a greeting.
        match in_line(names, line) {
            None if words::is_greeting(line) => {}
            asked => return asked,
        }
    }
    None
}

fn in_line(names: &Names<'_>, line: &str) -> Option<Inquiry> {
    // What is looked for may be called like an action.
    if words::action(&QUOTED.replace_all(line, " ")).is_some() {
        return None;
    }
    let said = in_words(line);
    let (asks, rest) = (0..said.len()).find_map(|at| {
        let begins = said[..at].iter().all(may_lead_up);
        let asked = vi().inquiries.iter().filter(|_| begins);
        let mut asked = asked.filter_map(|i| Some((i.asks.as_str(), i.words.after(&said[at..])?)));
        asked.next()
    })?;
    let about = || {
        let rest = rest.join(" ");
        let of_units = names.units_in(&rest);
        let reports = names.reports_in(&of_units.rest);
        About {
            units: of_units.units,
            reports: reports.iter().map(|r| r.id.clone()).collect(),
            words: of_units.rest,
        }
    };
    Some(match asks {
        "help" => Inquiry::Help,
        "page" => Inquiry::Page,
        "urge" => Inquiry::Urge(about()),
        "files" => Inquiry::Files(about()),
        "export" => Inquiry::Export(about()),
        "find" => Inquiry::Find(sought(line, said.len() - rest.len())?),
        _ => Inquiry::Standing(about()),
    })
}

fn may_lead_up(word: &String) -> bool {
    let sets = [&vi().thanks, &vi().beside_verb, &vi().before_an_inquiry];
    sets.iter().any(|set| set.contains(word))
}

/// What a line looks for: what it quotes, else what stands behind the words, so many, that ask for it, and courtesy.
fn sought(line: &str, mut asking: usize) -> Option<Sought> {
    let line = line.trim_end_matches(|c: char| !c.is_alphanumeric() && !"\"“”«»’".contains(c));
    let year = YEAR.captures(line).and_then(|c| c[1].parse().ok());
    let words = match QUOTED.captures(line) {
        Some(quoted) => quoted[1].to_owned(),
        None => {
            let without_year = YEAR.replace(line, "");
            let behind = without_year.split_whitespace().skip_while(|word| {
                let words = in_words(word);
                let skipped = asking > 0 || words.iter().all(may_lead_up);
                asking = asking.saturating_sub(words.len());
                skipped
            });
            behind.collect::<Vec<_>>().join(" ")
        }
    };
    words
        .contains(char::is_alphanumeric)
        .then_some(Sought { words, year })
}

impl About {
    /// Whether periods are spoken of.
    pub(crate) fn names_periods(&self, config: &Config, known: &[KnownPeriod], day: Date) -> bool {
        let mut said = known.iter().map(|k| self.says(config, k, day));
        said.any(|said| said.is_some())
    }

    /// Of the reports that are named, or else of all, the periods that the words speak of; all where they speak of none.
    /// Of a period without a year it is the last one. `day`: on which they were written (Vietnam).
    pub(crate) fn periods<'k>(
        &self,
        config: &Config,
        known: &'k [KnownPeriod],
        day: Date,
    ) -> Vec<&'k KnownPeriod> {
        let of_report =
            |k: &&KnownPeriod| self.reports.is_empty() || self.reports.contains(&k.report);
        let of_report: Vec<&KnownPeriod> = known.iter().filter(of_report).collect();
        if !self.names_periods(config, known, day) {
            return of_report;
        }
        let fits = |k: &&KnownPeriod| self.says(config, k, day) == Some(true);
        let fitting: Vec<&KnownPeriod> = of_report.into_iter().filter(fits).collect();
        let all: BTreeSet<(&str, PeriodId)> = fitting
            .iter()
            .map(|k| (k.report.as_str(), k.period.clone()))
            .collect();
        let has_year = YEAR.is_match(&self.words);
        let comes_again = |k: &KnownPeriod| {
            let later = std::iter::successors(k.period.a_year_later(), PeriodId::a_year_later);
            let mut later = later.take(100);
            later.any(|later| all.contains(&(k.report.as_str(), later)))
        };
        let last = fitting.iter().filter(|k| has_year || !comes_again(k));
        last.copied().collect()
    }

    fn says(&self, config: &Config, known: &KnownPeriod, day: Date) -> Option<bool> {
        let report = config.report(&known.report)?;
        says_period(&self.words, report, &known.period, day)
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use jiff::civil::date;
    use serde::Deserialize;

    use super::*;
    use crate::domain::date_of;
    use crate::domain::obligation::groups;
    use crate::expected;

    /// What words ask for. Without `asks` it is nothing.
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Row {
        words: String,
        #[serde(default)]
        asks: String,
        /// Units, parted by spaces.
        #[serde(default)]
        units: String,
        /// Reports with their periods, parted by spaces; `-` where all are meant.
        #[serde(default)]
        periods: String,
        #[serde(default)]
        sought: String,
        #[serde(default)]
        year: Option<i16>,
    }

    #[test]
    fn what_staff_ask_to_be_told_is_understood_from_their_words() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("config");
        let config = Config::load(&folder).unwrap();
        let day = date(2026, 6, 24);
        let now = "2026-06-24T08:00:00+07:00".parse().unwrap();
        let names = Names::new(&config, day);
        let obligations = expected::obligations(&config, now);
        let known: Vec<KnownPeriod> = groups(&obligations)
            .iter()
            .filter(|g| g.members.iter().any(|o| o.opens <= date_of(now)))
            .map(|g| KnownPeriod {
                report: g.report.to_owned(),
                period: g.period.clone(),
                due: g.due,
            })
            .collect();
        assert!(known.len() > 10, "{known:?}");
        let mut wrong = Vec::new();
        let mut rows = 0;
        for line in include_str!("../../tests/inquiries.jsonl").lines() {
            let row: Row = serde_json::from_str(line).unwrap();
            rows += 1;
            let (asks, about) = match of(&names, &row.words) {
                None => ("", None),
                Some(Inquiry::Help) => ("help", None),
                Some(Inquiry::Page) => ("page", None),
                Some(Inquiry::Standing(about)) => ("standing", Some(about)),
                Some(Inquiry::Urge(about)) => ("urge", Some(about)),
                Some(Inquiry::Files(about)) => ("files", Some(about)),
                Some(Inquiry::Export(about)) => ("export", Some(about)),
                Some(Inquiry::Find(sought)) => {
                    if (sought.words.as_str(), sought.year) != (&row.sought, row.year) {
                        wrong.push(format!("{}: {sought:?}", row.words));
                    }
                    ("find", None)
                }
            };
            if asks != row.asks {
                wrong.push(format!("{}: {asks:?}", row.words));
            }
            let Some(about) = about else { continue };
            let units: Vec<&str> = about.units.iter().map(|u| u.0.as_str()).collect();
            let periods = about.periods(&config, &known, day);
            let periods = match periods.len() == known.len() {
                true => "-".to_owned(),
                false => {
                    let each = periods.iter().map(|k| format!("{}:{}", k.report, k.period));
                    each.collect::<Vec<_>>().join(" ")
                }
            };
            if (units.join(" "), &periods) != (row.units, &row.periods) {
                wrong.push(format!("{}: {units:?} {periods:?}", row.words));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        assert!(rows > 40, "{rows}");
    }
}
