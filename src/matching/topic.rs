//! Which reports a text is about. That a report's words stand in it is not enough: "Báo cáo nhà ở của nữ công nhân",
//! "Đăng ký tập huấn nữ công" and "Ban Chính sách pháp luật, Quan hệ lao động – Nữ công" are no reports on nữ công.

use std::sync::Arc;

use jiff::civil::Date;

use super::hints::{Hint, hints};
use crate::config::Config;
use crate::domain::report::{Frequency, Report};
use crate::domain::unit::UnitId;
use crate::ground::text::{fold, fold_marks};
use crate::words::{Finder, Found, Set, mail, vi};

/// How a report's words stand in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    /// The text is about it.
    Subject,
    /// They are a further subject, after a comma or "và".
    Further,
    /// They belong to something else.
    Aside,
}

/// Words of a report in a text.
struct Hit<'c> {
    report: &'c Report,
    /// First word and the one after the last.
    from: usize,
    to: usize,
}

impl Hit<'_> {
    /// Whether it lies within a longer one of another report.
    fn is_within(&self, other: &Hit<'_>) -> bool {
        other.from <= self.from
            && self.to <= other.to
            && other.to - other.from > self.to - self.from
            && other.report.id != self.report.id
    }
}

/// Tells which reports texts are about.
pub(super) struct Topics {
    config: Arc<Config>,
    /// Names of units, folded, each with its unit.
    units: Vec<(UnitId, String)>,
    /// Those names.
    names: Finder,
    /// The words of all reports, each with the place of its report.
    words: (Finder, Vec<usize>),
    /// For each report, what its words do not stand in.
    excepted: Vec<Finder>,
    department: Department,
    today: Date,
}

impl Topics {
    pub(super) fn new(config: Arc<Config>, today: Date) -> Topics {
        let units = config.register.all_on(today).flat_map(|u| {
            let names = [&u.name, &u.short_name].into_iter().chain(&u.aliases);
            names.map(|n| (u.id.clone(), fold(n)))
        });
        let units: Vec<(UnitId, String)> = units.filter(|(_, name)| !name.is_empty()).collect();
        let reports = config.reports.iter().enumerate();
        let (of, words): (Vec<usize>, Vec<&String>) = reports
            .flat_map(|(at, report)| report.words.iter().map(move |word| (at, word)))
            .unzip();
        Topics {
            names: Finder::new(units.iter().map(|(_, name)| name)),
            words: (Finder::new(words), of),
            excepted: config
                .reports
                .iter()
                .map(|r| Finder::new(&r.except))
                .collect(),
            units,
            department: Department::new(&config.settings.department.name),
            config,
            today,
        }
    }

    /// The reports that a text is about; one that another stands over does not count.
    ///
    /// `called`: whether the mail calls itself a report somewhere.
    pub(super) fn named(&self, text: &str, called: bool) -> Vec<&Report> {
        let text = Text::new(text);
        let called = called || !text.reports.is_empty();
        let hits = self.hits(&text);
        let known = self.known(&hits, &text);
        let mut named: Vec<&Report> = Vec::new();
        for hit in &hits {
            let counts = match standing(hit, &known, &text) {
                Standing::Subject => {
                    let is_report = fold(&hit.report.title).starts_with("bao cao");
                    (called || text.dated || !is_report) && is_whole(hit, &known, &text)
                }
                Standing::Further => called && text.dated,
                Standing::Aside => false,
            };
            if counts && !named.iter().any(|r| r.id == hit.report.id) {
                named.push(hit.report);
            }
        }
        // "… và công tác trẻ em 6 tháng": the wider one, too, is reported on.
        let as_well = |narrow: &Report, wide: &str| {
            let wide = self.config.reports.iter().find(|r| r.id == wide);
            let mut parts = text.periods.iter().filter(|h| h.is_part_of_a_year());
            !narrow.is_periodic() && wide.is_some_and(|w| parts.any(|h| h.is_of(w)))
        };
        let over: Vec<&str> = named
            .iter()
            .flat_map(|r| r.over.iter().map(|w| (*r, w.as_str())))
            .filter(|(narrow, wide)| !as_well(narrow, wide))
            .map(|(_, wide)| wide)
            .collect();
        named.retain(|r| !over.contains(&r.id.as_str()));
        named
    }

    /// The reports whose words stand in a text at all.
    pub(super) fn mentioned(&self, text: &str) -> Vec<&Report> {
        let mut reports: Vec<&Report> = Vec::new();
        for hit in self.hits(&Text::new(text)) {
            if !reports.iter().any(|r| r.id == hit.report.id) {
                reports.push(hit.report);
            }
        }
        reports
    }

    /// Whether a text of a unit names no subject: nothing but that it is a report, whose, and on which period.
    pub(super) fn is_plain(&self, text: &str, unit: &UnitId) -> bool {
        let text = Text::new(text);
        let mut known = text.plain();
        self.department.cover(&text, &mut known);
        let own = self.units.iter().filter(|(id, _)| id == unit);
        let own: Vec<&str> = own.flat_map(|(_, name)| name.split(' ')).collect();
        text.words
            .iter()
            .zip(&known)
            .all(|(word, known)| *known || is_number(word) || own.contains(&word.as_str()))
    }

    /// Where words of reports stand, without those within longer words of another.
    fn hits(&self, text: &Text) -> Vec<Hit<'_>> {
        let mut departments = vec![false; text.words.len()];
        self.department.cover(text, &mut departments);
        let (words, of) = &self.words;
        let mut hits = Vec::new();
        for found in words.find(&text.folded) {
            let at = of[found.phrase];
            let report = &self.config.reports[at];
            let (from, to) = text.words_of(found);
            let mut excepted = vec![false; text.words.len()];
            text.cover(&mut excepted, self.excepted[at].find(&text.folded));
            if !self.is_too_early(report, text)
                && !departments[from]
                && !excepted[from..to].iter().all(|e| *e)
            {
                hits.push(Hit { report, from, to });
            }
        }
        let within: Vec<bool> = hits
            .iter()
            .map(|h| hits.iter().any(|o| h.is_within(o)))
            .collect();
        let mut within = within.into_iter();
        hits.retain(|_| !within.next().unwrap_or(false));
        hits
    }

    /// "Sơ kết 6 tháng" is not the sơ kết of several years that nobody has asked for yet.
    fn is_too_early(&self, report: &Report, text: &Text) -> bool {
        let asked = match &report.frequency {
            Frequency::Once { opens, .. } => *opens <= self.today,
            _ => true,
        };
        !asked && text.periods.iter().any(Hint::is_part_of_a_year)
    }

    /// Words that any report may have beside its subject: leading ones, numbers, names of units, other reports.
    fn known(&self, hits: &[Hit<'_>], text: &Text) -> Vec<bool> {
        let mut known = text.covered(&[&vi().leading, &vi().unions]);
        text.cover(&mut known, self.names.find(&text.folded));
        for other in hits {
            known[other.from..other.to].fill(true);
        }
        for (known, word) in known.iter_mut().zip(&text.words) {
            *known |= is_number(word) || is_symbol(word);
        }
        known
    }
}

fn standing(hit: &Hit<'_>, known: &[bool], text: &Text) -> Standing {
    let begin = text
        .reports
        .iter()
        .map(|(_, end)| *end)
        .filter(|end| *end <= hit.from)
        .max();
    if (begin.unwrap_or(0)..hit.from).all(|i| known[i]) {
        return Standing::Subject;
    }
    let mut at = hit.from;
    while at > 0 {
        if text.parted[at] || matches!(text.words[at - 1].as_str(), "va" | "voi") {
            return Standing::Further;
        }
        if !known[at - 1] {
            break;
        }
        at -= 1;
    }
    Standing::Aside
}

/// Whether nothing narrows it: without a period, "Báo cáo trẻ em mồ côi" is no report on công tác trẻ em.
fn is_whole(hit: &Hit<'_>, known: &[bool], text: &Text) -> bool {
    let plain = text.plain();
    let end = (hit.to..text.words.len()).find(|i| text.parted[*i]);
    text.dated
        || !hit.report.is_periodic()
        || (hit.to..end.unwrap_or(text.words.len())).all(|i| known[i] || plain[i])
}

/// How the mailbox's own department is addressed: its name as a whole or from its first part on, with the initials of
/// its parts in place of any. That it is called "… Quan hệ lao động – Nữ công" names no report.
struct Department {
    /// The words of its parts and their initials.
    words: Vec<String>,
    /// What its first part begins with.
    first: Vec<String>,
}

impl Department {
    fn new(name: &str) -> Department {
        let marked = fold_marks(name);
        let parts = marked.split([',', '-', ';', '&']).map(fold);
        let parts: Vec<String> = parts.filter(|p| !p.is_empty()).collect();
        let mut words: Vec<String> = vec!["va".into()];
        let mut first = Vec::new();
        for part in &parts {
            let own: Vec<&str> = part
                .split(' ')
                .filter(|w| *w != "ban" && *w != "phong")
                .collect();
            let initials: String = own.iter().filter_map(|w| w.chars().next()).collect();
            if first.is_empty() {
                first.extend(own.first().map(|w| (*w).to_owned()));
                first.push(initials.clone());
            }
            words.extend(own.iter().map(|w| (*w).to_owned()));
            words.push(initials);
        }
        Department { words, first }
    }

    /// Marks the words that name it.
    fn cover(&self, text: &Text, covered: &mut [bool]) {
        let mut at = 0;
        while at < text.words.len() {
            if !self.first.contains(&text.words[at]) {
                at += 1;
                continue;
            }
            while at < text.words.len() && self.words.contains(&text.words[at]) {
                covered[at] = true;
                at += 1;
            }
        }
    }
}

/// A text as words without marks.
struct Text {
    folded: String,
    words: Vec<String>,
    /// The first byte of each.
    begins: Vec<usize>,
    /// Whether a comma, bracket, colon or dash stands before each word.
    parted: Vec<bool>,
    /// Where "báo cáo" stands: its first word and the one after its last.
    reports: Vec<(usize, usize)>,
    /// The periods that it names.
    periods: Vec<Hint>,
    /// Whether it speaks of a period at all, perhaps of one that only a reader knows ("tháng Năm").
    dated: bool,
}

impl Text {
    fn new(text: &str) -> Text {
        let folded = fold(text);
        let words: Vec<String> = folded
            .split(' ')
            .filter(|w| !w.is_empty())
            .map(str::to_owned)
            .collect();
        let mut parted = Vec::with_capacity(words.len());
        let (mut within, mut apart) = (false, false);
        for c in fold_marks(text).chars() {
            if !c.is_alphanumeric() {
                within = false;
                apart |= matches!(
                    c,
                    ',' | ';' | ':' | '(' | '[' | '&' | '+' | '-' | '|' | '\n'
                );
            } else if !within {
                parted.push(apart);
                (within, apart) = (true, false);
            }
        }
        let mut at = 0;
        let begins = words.iter().map(|word| {
            at += word.len() + 1;
            at - word.len() - 1
        });
        let mut text = Text {
            begins: begins.collect(),
            folded,
            words,
            parted,
            reports: Vec::new(),
            periods: hints(text),
            dated: false,
        };
        text.dated =
            !text.periods.is_empty() || text.words.iter().any(|w| w == "thang" || w == "quy");
        let reports = vi().report.find(&text.folded).into_iter();
        text.reports = reports.map(|found| text.words_of(found)).collect();
        text
    }

    /// The first word of what was found and the one after its last.
    fn words_of(&self, found: Found) -> (usize, usize) {
        let before = |byte: usize| self.begins.partition_point(|b| *b < byte);
        (before(found.from), before(found.to))
    }

    /// Marks the words of what was found.
    fn cover(&self, covered: &mut [bool], found: Vec<Found>) {
        for (from, to) in found.into_iter().map(|f| self.words_of(f)) {
            covered[from..to].fill(true);
        }
    }

    /// Which words belong to one of the phrases.
    fn covered(&self, sets: &[&Set]) -> Vec<bool> {
        let mut covered = vec![false; self.words.len()];
        for set in sets {
            self.cover(&mut covered, set.find(&self.folded));
        }
        covered
    }

    /// Which words name no subject.
    fn plain(&self) -> Vec<bool> {
        let sets = [&vi().plain, &vi().report, &vi().unions];
        self.covered(&[&sets[..], &[&mail().reply, &mail().forward]].concat())
    }
}

/// Whether a text calls something a report.
pub(super) fn calls_a_report(text: &str) -> bool {
    !Text::new(text).reports.is_empty()
}

/// `57`, `06`, `2026`, `6t`, `q2`, `ii`, `2a`: parts of periods, dates and numbers of documents.
fn is_number(word: &str) -> bool {
    matches!(word, "i" | "ii" | "iii" | "iv")
        || (word.len() <= 4 && word.contains(|c: char| c.is_ascii_digit()))
}

/// `cdgd`, `ldld`: whose document it is, within its symbol.
fn is_symbol(word: &str) -> bool {
    word.len() <= 6 && (word.starts_with("cd") || word.starts_with("ldld"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The reports that a text of a day is about, in the sample configuration.
    fn named(day: Date, text: &str, called: bool) -> Vec<String> {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("config");
        let config = Config::load(&folder).unwrap();
        let topics = Topics::new(Arc::new(config), day);
        let found = topics.named(text, called);
        found.into_iter().map(|r| r.id.clone()).collect()
    }

    #[test]
    fn a_text_is_about_what_follows_its_report_mark() {
        for (text, report) in [
            ("Báo cáo công tác nữ công 6 tháng đầu năm 2026", "nu-cong"),
            ("LĐLĐ Tuy An: nữ công 6 tháng", "nu-cong"),
            ("Bà Lê Thị B gửi báo cáo nữ công", "nu-cong"),
            (
                "BC việc làm, đời sống, quan hệ lao động quý II",
                "quan-he-lao-dong",
            ),
            (
                "Ban Chính sách pháp luật, Quan hệ lao động – Nữ công: báo cáo trẻ em 6 tháng",
                "tre-em",
            ),
            ("Báo cáo kết quả Tháng hành động vì trẻ em", "thang-tre-em"),
            (
                "Báo cáo sơ kết công tác trẻ em 6 tháng đầu năm 2026",
                "tre-em",
            ),
        ] {
            assert_eq!(
                named(jiff::civil::date(2026, 6, 12), text, false),
                [report],
                "{text}"
            );
        }
    }

    #[test]
    fn words_that_stand_aside_name_no_report() {
        for text in [
            "Báo cáo nhà ở của nữ công nhân 6 tháng",
            "Đăng ký tập huấn nữ công",
            "Báo cáo kết quả Hội nghị tập huấn công tác nữ công",
            "Báo cáo trẻ em mồ côi",
            "Kính gửi: Ban Chính sách pháp luật, Quan hệ lao động - Nữ công; gửi báo cáo",
            "Gửi báo cáo. Trân trọng. Lê Thị B, Trưởng Ban Nữ công",
            "Đề nghị trợ cấp tai nạn lao động",
        ] {
            let found = named(jiff::civil::date(2026, 6, 12), text, true);
            assert!(found.is_empty(), "{text}: {found:?}");
        }
    }

    #[test]
    fn a_gap_in_a_phrase_stands_for_a_few_words() {
        let november = jiff::civil::date(2026, 11, 20);
        let text = "Báo cáo sơ kết 03 năm thực hiện Kế hoạch số 40/KH-LĐLĐ";
        assert_eq!(named(november, text, false), ["so-ket-tre-em"]);
        let both = "Báo cáo Tháng hành động vì trẻ em và công tác trẻ em 6 tháng";
        assert_eq!(named(november, both, false), ["thang-tre-em", "tre-em"]);
    }
}
