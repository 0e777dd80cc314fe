//! Which reports a text is about. That a report's words stand in it is not enough: "Báo cáo nhà ở của nữ công nhân",
//! "Đăng ký tập huấn nữ công" and "Ban Chính sách pháp luật, Quan hệ lao động – Nữ công" are no reports on nữ công.

use std::cell::LazyCell;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use jiff::civil::Date;
use unicode_normalization::UnicodeNormalization;

use super::hints::{Dated, Hint, dated};
use crate::config::Config;
use crate::domain::correction::Taught;
use crate::domain::report::{Frequency, Report};
use crate::domain::row::MessageId;
use crate::domain::submission::SentBefore;
use crate::domain::unit::UnitId;
use crate::ground::text::{fold, fold_marks};
use crate::words::{Additions, Finder, Found, OpenSet, Set, has_phrase, mail, vi};

/// How a report's words stand in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    /// The text is about it.
    Subject,
    /// Beside words that are not understood.
    Likely,
    /// They belong to something else.
    Aside,
}

/// What a text says of its subject: for each report it speaks for it, against it, or is not understood.
pub(super) struct About<'c> {
    /// The reports that it is about.
    pub(super) named: Vec<&'c Report>,
    /// Those whose words stand beside words that are not understood: where something else speaks for one, it is meant.
    pub(super) likely: Vec<&'c Report>,
    /// All whose words stand in it at all.
    pub(super) mentioned: Vec<&'c Report>,
    /// Words of something else that is no report that is asked for, as they were written: "tập huấn".
    pub(super) against: Option<String>,
    /// The first word that is not understood, as it was written, with its neighbours.
    pub(super) strange: Option<String>,
    /// The first word, in the same part, before "báo cáo" that is not understood and sends none: "giải trình về báo cáo".
    pub(super) before: Option<String>,
    /// Likewise the first that may belong to a subject: with none, the text says at most that it is a report, whose, and on
    /// which period.
    pub(super) content: Option<String>,
    /// What a further "báo cáo" of it is about, where that is not understood: "BC Tháng Công nhân và BC …".
    pub(super) further: Option<String>,
    /// Whether it calls itself a report.
    pub(super) calls: bool,
    /// What it says of time and in numbers.
    pub(super) dated: Dated,
    /// The mail by which staff taught that what has this title is the report that is named.
    pub(super) taught_by: Option<MessageId>,
}

impl About<'_> {
    /// Whether it may be a report that its own words do not name: nothing of it speaks of another one or of something else.
    fn leaves_room_for(&self, report: &Report) -> bool {
        self.against.is_none() && self.mentioned.iter().all(|m| m.id == report.id)
    }

    /// Whether words of a report stand in it at all.
    pub(super) fn mentions(&self, report: &Report) -> bool {
        self.mentioned.iter().any(|m| m.id == report.id)
    }

    /// Whether it says nothing of any subject.
    pub(super) fn is_silent(&self) -> bool {
        self.mentioned.is_empty() && self.strange.is_none() && self.against.is_none()
    }
}

/// Words of a report in a text.
struct Hit<'c> {
    report: &'c Report,
    /// The place of the report.
    at: usize,
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
    /// For each report, each two words of its title.
    titles: Vec<Finder>,
    /// Things that no report here is about.
    against: Finder,
    department: Department,
    today: Date,
}

impl Topics {
    pub(super) fn new(config: Arc<Config>, today: Date, office: &Additions) -> Topics {
        let units = config.register.all_on(today).flat_map(|u| {
            let names = [&u.name, &u.short_name].into_iter().chain(&u.aliases);
            names.map(|n| (u.id.clone(), fold(n)))
        });
        let units: Vec<(UnitId, String)> = units.filter(|(_, name)| !name.is_empty()).collect();
        let reports = config.reports.iter().enumerate();
        let (of, words): (Vec<usize>, Vec<&String>) = reports
            .flat_map(|(at, report)| report.words.iter().map(move |word| (at, word)))
            .unzip();
        // What one of the reports is about is nothing else.
        let other = office.both(OpenSet::OtherMatters).flat_map(Set::words);
        let other: Vec<&str> = other.collect();
        let others = Finder::new(&other);
        let titles: Vec<String> = config.reports.iter().map(|r| fold(&r.title)).collect();
        let names = words.iter().map(|w| w.as_str());
        let own: Vec<usize> = names
            .chain(titles.iter().map(String::as_str))
            .flat_map(|text| others.find(text))
            .map(|found| found.phrase)
            .collect();
        let against = other.iter().enumerate().filter(|(at, _)| !own.contains(at));
        let against: Vec<&str> = against.map(|(_, word)| *word).collect();
        Topics {
            against: Finder::new(against),
            names: Finder::new(units.iter().map(|(_, name)| name)),
            words: (Finder::new(words), of),
            excepted: config
                .reports
                .iter()
                .map(|r| Finder::new(&r.except))
                .collect(),
            titles: config.reports.iter().map(|r| pairs(&r.title)).collect(),
            units,
            department: Department::new(&config.settings.department.name),
            config,
            today,
        }
    }

    /// What a text is about. `called`: whether the mail calls itself a report somewhere; `unit`: whose it is, where that is
    /// certain.
    pub(super) fn about(&self, text: &str, called: bool, unit: Option<&UnitId>) -> About<'_> {
        let written = LazyCell::new(|| as_written(text));
        let mut text = Text::new(text);
        text.against = text.places(self.against.find(&text.folded));
        let called = called || !text.reports.is_empty();
        let hits = self.hits(&text);
        let known = self.known(&hits, &text, unit);
        let plain = text.plain();
        let stands = |hit: &Hit<'_>| {
            // The words of its own title are understood beside a report.
            let mut besides = known.clone();
            text.cover(&mut besides, self.titles[hit.at].find(&text.folded));
            match standing(hit, &besides, &plain, &text) {
                Standing::Aside => standing(hit, &known, &plain, &text),
                stands => stands,
            }
        };
        let mut about = About {
            named: Vec::new(),
            likely: Vec::new(),
            mentioned: Vec::new(),
            against: None,
            strange: None,
            before: None,
            content: None,
            further: None,
            calls: !text.reports.is_empty(),
            dated: self.dated(&text, &hits),
            taught_by: None,
        };
        for hit in &hits {
            once(&mut about.mentioned, hit.report);
            let is_report = fold(&hit.report.title).starts_with("bao cao");
            let speaks_up = called || text.is_dated || !is_report;
            match stands(hit) {
                Standing::Subject if speaks_up => once(&mut about.named, hit.report),
                Standing::Subject | Standing::Likely => once(&mut about.likely, hit.report),
                Standing::Aside => {}
            }
        }
        let said = |words: Range<usize>| match written.len() == text.words.len() {
            true => written[words].join(" "),
            false => text.words[words].join(" "), // letters that fold to none
        };
        about.against = text.against_beside(&hits).map(said);
        let plain = self.plain(&text, plain, unit);
        let of_report = |i: &usize| hits.iter().any(|h| (h.from..h.to).contains(i));
        let is_called = |i: &usize| text.reports.iter().any(|(f, t)| (*f..*t).contains(i));
        // One syllable tells a reader little: its neighbours belong to it.
        let told = |at: usize, strange: &dyn Fn(&usize) -> bool| {
            let before = at.checked_sub(1).filter(|_| !text.parted[at]);
            let before = before.filter(|b| !of_report(b) && !is_called(b));
            let to = (at + 1..plain.len()).find(|i| !strange(i));
            let to = to.unwrap_or(plain.len()).clamp(at + 2, at + 4);
            said(before.unwrap_or(at)..to.min(plain.len()))
        };
        let first = |strange: &dyn Fn(&usize) -> bool| {
            let at = (0..plain.len()).find(strange)?;
            Some(told(at, strange))
        };
        about.content = first(&|i| !plain[*i]);
        let strange = |i: &usize| !(plain[*i] || known[*i] || of_report(i));
        let further = text
            .without_a_report(&hits)
            .find_map(|mut words| words.find(strange));
        about.further = further.map(|at| told(at, &strange));
        about.strange = first(&strange);
        let before = text.before_the_report().find(strange);
        about.before = before.map(|at| told(at, &strange));
        narrowed(&mut about.named, &self.config.reports, &text.dated.periods);
        // The narrower one wins wherever it stands: "chăm lo trẻ em dịp Trung thu"; but for a period of the wider one's own.
        let mut with = about.named.clone();
        for report in &about.likely {
            if about.named.iter().any(|w| report.over.contains(&w.id)) {
                once(&mut with, report);
            }
        }
        let count = with.len();
        narrowed(&mut with, &self.config.reports, &text.dated.periods);
        if with.len() < count {
            about.named = with;
        }
        about
    }

    /// What a title or subject is about, which may be one that staff taught: where it names no report by its own words, and
    /// nothing of it speaks of another one or of something else.
    pub(super) fn about_title(
        &self,
        text: &str,
        called: bool,
        unit: Option<&UnitId>,
        taught: &Taught,
    ) -> About<'_> {
        let mut about = self.about(text, called, unit);
        let speaks_up = called || about.calls || !about.dated.periods.is_empty();
        if taught.is_empty() || !speaks_up || !about.named.is_empty() {
            return about;
        }
        let lesson = self.essence(text, unit).and_then(|e| taught.get(&e));
        if let Some(lesson) = lesson
            && let Some(report) = self.config.report(&lesson.report)
            && about.leaves_room_for(report)
        {
            about.named.push(report);
            once(&mut about.mentioned, report);
            about.likely.clear();
            (about.strange, about.content, about.further) = (None, None, None);
            about.taught_by = Some(lesson.mail);
        }
        about
    }

    /// What staff teach of a title or subject by saying which report it is: what is left of it. `None` where that is too
    /// little, where its own words name the report, or where they speak of another one or of something else.
    pub(super) fn lesson(&self, text: &str, unit: &UnitId, report: &Report) -> Option<String> {
        let about = self.about(text, true, Some(unit));
        let teaches = about.named.is_empty() && about.leaves_room_for(report);
        teaches.then(|| self.essence(text, Some(unit))).flatten()
    }

    /// The report that a unit always called so, if it did, whatever the period: by one of some names.
    pub(super) fn habit<'t>(
        &self,
        names: impl Iterator<Item = &'t str>,
        unit: Option<&UnitId>,
        sent: &[SentBefore],
    ) -> Option<String> {
        let mut habits: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
        for before in sent {
            for called in &before.called {
                let reports = habits.entry(self.called(called, unit)).or_default();
                reports.insert(&before.report);
            }
        }
        habits.remove("");
        let only = |name: &str| {
            let reports = habits.get(&self.called(name, unit))?;
            reports.first().filter(|_| reports.len() == 1).copied()
        };
        let mut meant: Vec<&str> = names.filter_map(only).collect();
        meant.dedup();
        match meant.as_slice() {
            [one] => Some((*one).to_owned()),
            _ => None,
        }
    }

    /// What is left of a title or subject without what any report may have: that it is a report, names of units, periods
    /// and numbers, but for those of documents that it speaks of. `None` where less than two words are left that may be a
    /// subject.
    fn essence(&self, text: &str, unit: Option<&UnitId>) -> Option<String> {
        let text = Text::new(text);
        let out = self.of_any_report(&text, unit);
        let plain = text.plain();
        let begins = (0..out.len()).find(|i| !out[*i] && !plain[*i])?;
        let leading = text.covered(&[&vi().leading]);
        // "Phòng" is plain, "phong trào" is not.
        let phrases = text.places(vi().leading.find(&text.folded)).into_iter();
        let phrases = phrases.filter(|(from, to)| (*from..*to).contains(&begins));
        let begins = phrases.map(|(from, _)| from).min().unwrap_or(begins);
        let kept = (begins..out.len()).filter(|i| !out[*i]);
        let is_content = |i: &usize| {
            let letters = text.words[*i].bytes().all(|b| b.is_ascii_lowercase());
            letters && !plain[*i] && !leading[*i]
        };
        let enough = kept.clone().filter(is_content).count() >= 2;
        let words: Vec<&str> = kept.map(|i| text.words[i].as_str()).collect();
        enough.then(|| words.join(" "))
    }

    /// Which words of a text any report may have: that it is a report, names of units, periods and numbers, but for those of
    /// documents that it speaks of.
    fn of_any_report(&self, text: &Text, unit: Option<&UnitId>) -> Vec<bool> {
        let sets = [&vi().report, &vi().of_time, &mail().reply, &mail().forward];
        let mut out = text.covered(&sets);
        self.cover_names(text, unit, &mut out);
        for (at, word) in text.words.iter().enumerate() {
            let numbers_follow = text.words.get(at + 1).is_some_and(|w| is_number(w));
            out[at] |= word == "so" && numbers_follow
                || (is_number(word) || word.bytes().all(|b| b.is_ascii_digit()))
                    && !text.is_number_of_a_document(at);
        }
        for at in (0..out.len().saturating_sub(1)).rev() {
            out[at] |= out[at + 1] && leads_up(&text.words[at]);
        }
        out
    }

    /// What a unit calls something, whatever the period: what is left without the words that any report may have.
    fn called(&self, text: &str, unit: Option<&UnitId>) -> String {
        let text = Text::undated(text);
        let out = self.of_any_report(&text, unit).into_iter();
        let kept = text.words.iter().zip(out).filter(|(_, out)| !out);
        kept.map(|(word, _)| word.as_str())
            .collect::<Vec<_>>()
            .join(" ")
    }

    /// Marks the names of units in a text, those of its own unit also as people write them: "LĐLĐ H. Tuy An".
    fn cover_names(&self, text: &Text, unit: Option<&UnitId>, covered: &mut [bool]) {
        let mut names = text.covered(&[&vi().unions]);
        text.cover(&mut names, self.names.find(&text.folded));
        self.department.cover(text, &mut names);
        let own = self.words_of_names(unit);
        let levels = text.covered(&[&vi().levels]);
        let mut within = false;
        for (at, word) in text.words.iter().enumerate() {
            let is_own = |at: usize| {
                text.words
                    .get(at)
                    .is_some_and(|w| own.contains(&w.as_str()))
            };
            names[at] |= is_symbol(word)
                || within && (levels[at] || is_own(at))
                || levels[at] && is_own(at + 1);
            within = names[at];
            covered[at] |= names[at];
        }
    }

    /// What a text says of time and in numbers; those that belong to names of units and reports are no strange ones.
    fn dated(&self, text: &Text, hits: &[Hit<'_>]) -> Dated {
        let mut dated = text.dated.clone();
        let mut covered = vec![false; text.words.len()];
        text.cover(&mut covered, self.names.find(&text.folded));
        hits.iter().for_each(|h| covered[h.from..h.to].fill(true));
        let is_it = |word: &String| dated.strange.as_ref() == Some(word);
        let free = text
            .words
            .iter()
            .zip(&covered)
            .any(|(w, covered)| is_it(w) && !covered);
        let stands = text.words.iter().any(is_it);
        if stands && !free {
            dated.strange = None;
        }
        dated
    }

    /// The words of the names of a unit, folded.
    fn words_of_names(&self, unit: Option<&UnitId>) -> Vec<&str> {
        let own = self.units.iter().filter(|(id, _)| unit == Some(id));
        own.flat_map(|(_, name)| name.split(' ')).collect()
    }

    /// Which words of a text of a unit name no subject, besides those that name none in any text: that it is a report, whose, and numbers.
    fn plain(&self, text: &Text, mut plain: Vec<bool>, unit: Option<&UnitId>) -> Vec<bool> {
        self.department.cover(text, &mut plain);
        let own = self.words_of_names(unit);
        for (plain, word) in plain.iter_mut().zip(&text.words) {
            let digits = word.contains(|c: char| c.is_ascii_digit());
            *plain |= digits || is_number(word) || own.contains(&word.as_str());
        }
        plain
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
                && !text.is_cut(from, to)
                && !text.is_an_addressee(from)
                && !text.is_of_another_body(to, &report.basis)
                && !text.is_of_another_document((from, to), report)
            {
                hits.push(Hit {
                    report,
                    at,
                    from,
                    to,
                });
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
        !asked && text.dated.periods.iter().any(Hint::is_part_of_a_year)
    }

    /// Words that any report may have beside its subject: leading ones, numbers, names of units, other reports. The words
    /// of its own title come besides.
    fn known(&self, hits: &[Hit<'_>], text: &Text, unit: Option<&UnitId>) -> Vec<bool> {
        let mut known = text.covered(&[&vi().leading, &vi().unions]);
        text.cover(&mut known, self.names.find(&text.folded));
        let own = self.words_of_names(unit);
        for (known, word) in known.iter_mut().zip(&text.words) {
            *known |= own.contains(&word.as_str());
        }
        for other in hits {
            known[other.from..other.to].fill(true);
        }
        for (known, word) in known.iter_mut().zip(&text.words) {
            *known |= is_number(word) || is_symbol(word);
        }
        known
    }
}

/// Adds a report that is not there yet.
pub(super) fn once<'c>(reports: &mut Vec<&'c Report>, report: &'c Report) {
    if !reports.iter().any(|r| r.id == report.id) {
        reports.push(report);
    }
}

/// Leaves out reports that a narrower one stands over, unless the wider one is named with a period of its own: "… và công
/// tác trẻ em 6 tháng".
pub(super) fn narrowed(named: &mut Vec<&Report>, all: &[Report], periods: &[Hint]) {
    let as_well = |narrow: &Report, wide: &str| {
        let wide = all.iter().find(|r| r.id == wide);
        let mut parts = periods.iter().filter(|h| h.is_part_of_a_year());
        !narrow.is_periodic() && wide.is_some_and(|w| parts.any(|h| h.is_of(w)))
    };
    let over: Vec<&str> = named
        .iter()
        .flat_map(|r| r.over.iter().map(|w| (*r, w.as_str())))
        .filter(|(narrow, wide)| !as_well(narrow, wide))
        .map(|(_, wide)| wide)
        .collect();
    named.retain(|r| !over.contains(&r.id.as_str()));
}

/// Each two words that follow each other in a title.
fn pairs(title: &str) -> Finder {
    let title = fold(title);
    let words: Vec<&str> = title.split(' ').collect();
    Finder::new(words.windows(2).map(|pair| pair.join(" ")))
}

/// How a report's words stand: with nothing between them and "báo cáo", or the beginning, that is not understood; beside
/// something else; or beside what speaks of something else.
fn standing(hit: &Hit<'_>, known: &[bool], plain: &[bool], text: &Text) -> Standing {
    // The words of a report may begin with "báo cáo" themselves.
    let marks = text
        .reports
        .iter()
        .map(|(from, end)| match *from == hit.from {
            true => *from,
            false => *end,
        });
    let begin = marks.filter(|end| *end <= hit.from).max().unwrap_or(0);
    let end = (hit.to..text.words.len()).find(|i| text.parted[*i]);
    let end = end.unwrap_or(text.words.len());
    if text.against_within(begin, hit.from) || text.is_part_of_another_matter(hit) {
        return Standing::Aside;
    }
    // A further thing after another subject is none: "phụ nữ, trẻ em".
    let parts = |i: usize| text.parted[i] || is_and(&text.words[i]);
    let strange = |i: &usize| !known[*i] && !is_and(&text.words[*i]);
    let end_of_part = (hit.to..end)
        .find(|i| text.words[*i] == "va")
        .unwrap_or(end);
    if text.against_within(hit.to, end_of_part) {
        return Standing::Aside;
    }
    if let Some(last) = (begin..hit.from).rev().find(strange) {
        // For whom something was done is not what it is about: "quỹ sữa cho trẻ em".
        let is_whom_it_is_for = hit.from > begin && text.words[hit.from - 1] == "cho";
        return match is_whom_it_is_for || (last + 1..=hit.from).any(parts) {
            true => Standing::Aside,
            false => Standing::Likely,
        };
    }
    match is_whole(hit, known, plain, text) {
        true => Standing::Subject,
        false => Standing::Aside,
    }
}

/// "… của LĐLĐ huyện Tuy An", "… từ 15/3 đến 14/6": what stands before a name or a date and says nothing without it.
fn leads_up(word: &str) -> bool {
    matches!(word, "cua" | "tai" | "o" | "trong" | "tu" | "den" | "tinh")
}

fn is_and(word: &str) -> bool {
    matches!(word, "va" | "voi" | "cung")
}

/// Whether nothing narrows it: without a period, "Báo cáo trẻ em mồ côi" is no report on công tác trẻ em.
fn is_whole(hit: &Hit<'_>, known: &[bool], plain: &[bool], text: &Text) -> bool {
    let end = (hit.to..text.words.len()).find(|i| text.parted[*i]);
    text.is_dated
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
    /// Where something else than a report is spoken of.
    against: Vec<(usize, usize)>,
    /// What it says of time.
    dated: Dated,
    /// Whether it speaks of a period at all, perhaps of one that only a reader knows ("tháng Năm").
    is_dated: bool,
}

/// The words of a text with their marks and capitals.
fn as_written(text: &str) -> Vec<String> {
    let text: String = text.nfc().collect();
    let words = text.split(|c: char| !c.is_alphanumeric());
    words.filter(|w| !w.is_empty()).map(str::to_owned).collect()
}

impl Text {
    fn new(text: &str) -> Text {
        let mut words = Text::undated(text);
        words.dated = dated(text);
        words.is_dated = !words.dated.periods.is_empty()
            || words.words.iter().any(|w| w == "thang" || w == "quy");
        words
    }

    /// Without what it says of time, which costs most.
    fn undated(text: &str) -> Text {
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
            against: Vec::new(),
            dated: Dated::default(),
            is_dated: false,
        };
        text.reports = text.places(vi().report.find(&text.folded));
        text
    }

    /// The words before "báo cáo" in the same part; none where that is what is sent.
    fn before_the_report(&self) -> Range<usize> {
        let first = self.reports.first().map_or(0, |(from, _)| *from);
        if first > 0 && matches!(self.words[first - 1].as_str(), "gui" | "nop" | "goi") {
            return first..first;
        }
        let begins = (0..=first)
            .rev()
            .find(|i| self.parted.get(*i) == Some(&true));
        begins.unwrap_or(0)..first
    }

    /// What each "báo cáo" behind the first report speaks of, where no report's words stand in it.
    fn without_a_report(&self, hits: &[Hit<'_>]) -> impl Iterator<Item = Range<usize>> {
        let end = self.words.len();
        let ends = self.reports.iter().skip(1).map(|(from, _)| *from);
        let spans = self.reports.iter().zip(ends.chain([end]));
        let first = hits.iter().map(|h| h.from).min().unwrap_or(end);
        let spans = spans.filter(move |((from, _), _)| *from > first);
        let is_of_none = |words: &Range<usize>| {
            let mut hits = hits.iter();
            !hits.any(|h| h.from < words.end && words.start < h.to)
        };
        spans.map(|((_, from), to)| *from..to).filter(is_of_none)
    }

    /// The first words of what was found and the ones after the last.
    fn places(&self, found: Vec<Found>) -> Vec<(usize, usize)> {
        found
            .into_iter()
            .map(|found| self.words_of(found))
            .collect()
    }

    /// Whether something else is spoken of between two words.
    fn against_within(&self, from: usize, to: usize) -> bool {
        self.against.iter().any(|(f, t)| from <= *f && *t <= to)
    }

    /// Whether the words of a report are only a part of what is called otherwise: the "trẻ em" of "lao động trẻ em".
    fn is_part_of_another_matter(&self, hit: &Hit<'_>) -> bool {
        let mut against = self.against.iter();
        against.any(|(f, t)| *f <= hit.from && hit.to <= *t && t - f > hit.to - hit.from)
    }

    /// What else is spoken of, outside of the words of reports.
    fn against_beside(&self, hits: &[Hit<'_>]) -> Option<Range<usize>> {
        let within = |f: usize, t: usize| hits.iter().any(|h| h.from <= f && t <= h.to);
        let (from, to) = self.against.iter().find(|(f, t)| !within(*f, *t))?;
        Some(*from..*to)
    }

    /// Whether a longer word is cut in two: the "nữ công" of "nữ công đoàn viên".
    fn is_cut(&self, from: usize, to: usize) -> bool {
        let found = vi().compounds.find(&self.folded).into_iter();
        let mut found = found.map(|found| self.words_of(found));
        found.any(|(f, t)| from < f && f < to && to < t || f < from && from < t && t < to)
    }

    /// Whether a board is written to: the "nữ công" of "gửi Ban Nữ công".
    fn is_an_addressee(&self, from: usize) -> bool {
        let word = |at: usize| self.words.get(at).map_or("", String::as_str);
        let board = match (word(from), from.checked_sub(1).map(word)) {
            ("ban", _) => from,
            (_, Some("ban")) => from - 1,
            _ => return false,
        };
        board > 0 && vi().before_a_board.contains(word(board - 1))
    }

    /// Whether the number of a document, which ends before a word, goes on with the symbol of another body than that of
    /// the basis: "Kế hoạch 40/KH-UBND".
    fn is_of_another_body(&self, at: usize, basis: &str) -> bool {
        let is_type = |w: &String| {
            vi().documents
                .iter()
                .any(|d| d.short.iter().any(|s| fold(s) == *w))
        };
        let ends_in_number = at > 0 && self.words[at - 1].bytes().all(|b| b.is_ascii_digit());
        let symbol = self.words.get(at).zip(self.words.get(at + 1));
        let Some((kind, body)) = symbol.filter(|(kind, _)| ends_in_number && is_type(kind)) else {
            return false;
        };
        !has_phrase(&fold(basis), &format!("{kind} {body}"))
    }

    /// Whether the number of another document stands within the words of a report, or beside words that only say when: "sơ
    /// kết Nghị quyết 02 giai đoạn 2024–2026" is no report on Kế hoạch 40.
    fn is_of_another_document(&self, (from, to): (usize, usize), report: &Report) -> bool {
        let says_when = |word: &String| is_number(word) || matches!(word.as_str(), "giai" | "doan");
        let begins = match self.words[from..to].iter().all(says_when) {
            true => 0,
            false => from,
        };
        let own = fold(&format!("{} {}", report.basis, report.title));
        let is_other = |at: &usize| {
            let word = &self.words[*at];
            let digits = word.bytes().all(|b| b.is_ascii_digit());
            digits && self.is_number_of_a_document(*at) && !has_phrase(&own, word)
        };
        (begins..to).any(|at| is_other(&at))
    }

    /// Whether a number is that of a document which is spoken of: "Chỉ thị số 05".
    fn is_number_of_a_document(&self, at: usize) -> bool {
        let before = &self.words[..at];
        let before = before.strip_suffix(&["so".to_owned()]).unwrap_or(before);
        let before = before.join(" ");
        let ends = |name: &String| {
            let name = fold(name);
            let is_it = before == name || before.ends_with(&format!(" {name}"));
            is_it && !vi().report.contains(&name)
        };
        let mut types = vi().documents.iter();
        types.any(|d| ends(&d.name) || d.short.iter().any(ends))
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
        let topics = Topics::new(Arc::new(config), day, &Additions::default());
        let about = topics.about(text, called, None);
        about.named.into_iter().map(|r| r.id.clone()).collect()
    }

    #[test]
    fn what_is_not_understood_is_told_as_it_was_written_with_what_follows_it() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("config");
        let config = Config::load(&folder).unwrap();
        let day = jiff::civil::date(2026, 6, 15);
        let topics = Topics::new(Arc::new(config), day, &Additions::default());
        for (text, content, against) in [
            (
                "Báo cáo phong trào Nhân đạo năm 2026",
                "phong trào Nhân đạo",
                None,
            ),
            ("Báo cáo nhân đạo.", "nhân đạo", None),
            (
                "Báo cáo đời sống, việc làm: thu nhập bình quân",
                "đời sống",
                None,
            ),
            ("Lớp Tập huấn nữ công", "", Some("Tập huấn")),
            (
                "Ba\u{301}o ca\u{301}o đo\u{300}i so\u{302}\u{301}ng",
                "đòi sống",
                None,
            ),
        ] {
            let about = topics.about(text, true, None);
            let said = about.content.unwrap_or_default();
            assert!(said.starts_with(content), "{text}: {said}");
            assert!(said.split(' ').count() <= 5, "{text}: {said}");
            assert_eq!(about.against.as_deref(), against, "{text}");
        }
    }

    #[test]
    fn a_text_is_about_what_follows_its_report_mark() {
        for (text, report) in [
            ("Báo cáo công tác nữ công 6 tháng đầu năm 2026", "nu-cong"),
            ("LĐLĐ Tuy An: nữ công 6 tháng", "nu-cong"),
            ("Bà Lê Thị B gửi báo cáo nữ công", "nu-cong"),
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
    fn what_is_left_of_a_title_is_the_same_of_every_unit_and_period_and_nothing_where_it_says_too_little()
     {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("config");
        let config = Config::load(&folder).unwrap();
        let topics = Topics::new(
            Arc::new(config),
            jiff::civil::date(2026, 6, 12),
            &Additions::default(),
        );
        let tuy_an = UnitId("ldld-tuy-an".into());
        for (text, left) in [
            (
                "Báo cáo kết quả phong trào Giỏi việc nước 6 tháng đầu năm 2026",
                Some("phong trao gioi viec nuoc"),
            ),
            (
                "Re: BC số 57/BC-LĐLĐ phong trào Giỏi việc nước Quý II của LĐLĐ H. Tuy An",
                Some("phong trao gioi viec nuoc"),
            ),
            (
                "Phong trào giỏi việc nước tháng tư 2026 - CĐ ngành Y tế",
                Some("phong trao gioi viec nuoc"),
            ),
            (
                "Báo cáo Nghị quyết số 02-NQ/TU về công nhân lao động",
                Some("nghi quyet 02 nq tu ve cong nhan lao dong"),
            ),
            ("Báo cáo kết quả", None),
            (
                "Báo cáo kết quả thực hiện công tác 6 tháng đầu năm 2026",
                None,
            ),
            ("Báo cáo hoạt động công đoàn huyện Tuy An quý II", None),
            ("Báo cáo hoạt động hè", None),
        ] {
            assert_eq!(
                topics.essence(text, Some(&tuy_an)).as_deref(),
                left,
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
            "BC công tác gia đình, phụ nữ, trẻ em 6 tháng",
            "Báo cáo hoạt động nữ công đoàn viên 6 tháng",
            "Báo cáo thực hiện Kế hoạch 40/KH-UBND 6 tháng",
            "Gửi Ban Nữ công báo cáo 6 tháng",
            "Báo cáo tiêm chủng cho trẻ em 6 tháng đầu năm 2026",
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
