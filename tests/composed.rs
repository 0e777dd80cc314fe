//! Mails that were made, so that what they are is known: units, reports, periods, ways of writing, habits of programs and
//! mistakes thrown together, and mails that bring no report. What is decided of them is held against what they are.
//!
//! A mail is named by seed and number. `THUBAOCAO_COMPOSED=30000` makes so many; `THUBAOCAO_COMPOSED_SEED=8` makes others;
//! `THUBAOCAO_COMPOSED_MAIL=1234` shows one with all that it was made of, what was read and what was decided;
//! `THUBAOCAO_COMPOSED_FINDINGS=FILE` writes the causes of what is wrong and of what waits, the most frequent first.

mod compose;
mod dice;
pub mod files;
mod mail;
mod register;
mod reports;
mod truth;
mod words;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fmt::Write;
use std::fs;
use std::sync::Arc;

use jiff::civil::Date;
use thubaocao::collect;
use thubaocao::domain::correction::Taught;
use thubaocao::domain::date_of;
use thubaocao::domain::period::PeriodId;
use thubaocao::domain::report::Forms;
use thubaocao::domain::row::MessageId;
use thubaocao::domain::unit::UnitId;
use thubaocao::domain::why::Why;
use thubaocao::ground::Sha256;
use thubaocao::matching::{Item, Known, Match, Matcher};
use thubaocao::reading::{Attachment, Reading, ReadingSettings, read};
use thubaocao::store::{MessageState, Store};
use thubaocao::writing::{because_in_english, whys_in_vietnamese};

use crate::lab::installation::{succeed, thubaocao};
use compose::{Composed, World};
use mail::{MAILBOX, VERIFIER};
use reports::CALLED;
use truth::{Brings, Fault, Outcome, Truth};

/// What may be wrong at most, in the order of [`Fault::ALL`], and how many honest reports and mails without one may wait,
/// in thousandths. It only ever goes down. The goal: nothing wrong, 30 and 300.
struct Most {
    faults: [u32; 7],
    honest_wait: u32,
    none_wait: u32,
}

/// Of 2,000 mails of seed 7.
const OF_EACH_RUN: Most = Most {
    faults: [0; 7],
    honest_wait: 15,
    none_wait: 290,
};
/// Of 30,000 mails of seed 7.
const OF_EACH_NIGHT: Most = Most {
    faults: [0; 7],
    honest_wait: 17,
    none_wait: 275,
};
/// Of 200 mails that are imported.
const OF_AN_IMPORT: Most = Most {
    faults: [0; 7],
    honest_wait: 20,
    none_wait: 500,
};

const SEED: u64 = 7;
const IN_EACH_RUN: u64 = 2_000;
/// How many mails are imported, and from which number on.
const IMPORTED: usize = 200;
const FIRST_IMPORTED: u64 = 100_000;

fn number_of(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(
        text.parse()
            .unwrap_or_else(|_| panic!("{variable}={text}: no number")),
    )
}

fn seed() -> u64 {
    number_of("THUBAOCAO_COMPOSED_SEED").unwrap_or(SEED)
}

/// Reads and matches mails as `explain` does, on what had come before each.
struct Judge<'w> {
    world: &'w World,
    settings: ReadingSettings,
    matchers: HashMap<Date, Matcher>,
}

impl<'w> Judge<'w> {
    fn new(world: &'w World) -> Judge<'w> {
        let settings = ReadingSettings {
            own_addresses: vec![MAILBOX.into()],
            authserv_id: Some(VERIFIER.into()),
            ..ReadingSettings::default()
        };
        Judge {
            world,
            settings,
            matchers: HashMap::new(),
        }
    }

    fn decide(&mut self, mail: &Composed) -> (Reading, Match) {
        let reading = read(&mail.raw, &self.settings, &mut |_: &[u8]| Ok(())).unwrap();
        let received_at = reading.received.unwrap();
        assert_eq!(
            received_at,
            mail.draft.at.round(jiff::Unit::Second).unwrap()
        );
        let config = &self.world.config;
        let day = date_of(received_at);
        let matcher = self
            .matchers
            .entry(day)
            .or_insert_with(|| Matcher::new(Arc::clone(config), day));
        let known = Known {
            received_at,
            learned: vec![],
            taught: Taught::new(),
            former: vec![],
            asked: mail.asked.clone(),
            said: None,
            history_known: true,
            expected: &|unit| Ok(self.world.expectations(mail, unit.map(|u| u.0.as_str()))),
            sent_before: &|_| Ok(vec![]),
        };
        let found = matcher.decide(&reading, &known).unwrap();
        (reading, found)
    }
}

/// A cause in one word, with the words of the mail that it names: `not_understood (vui)`.
fn cause(why: &Why) -> String {
    let why = serde_json::to_value(why).unwrap();
    let told = ["word", "matter", "genre", "issuer"]
        .iter()
        .find_map(|k| why[k].as_str());
    let tag = why["why"].as_str().unwrap_or("?");
    let told = told.map_or(String::new(), |t| format!(" ({t})"));
    format!("{tag}{told}").replace(|c: char| c.is_ascii_digit(), "#")
}

/// What becomes of a mail by what was found.
fn outcome(world: &World, reading: &Reading, found: &Match) -> Outcome {
    let asks = |unit: &UnitId, item: &Item| world.asks(&unit.0, &item.report, &item.period);
    let mail = (reading, reading.received.unwrap());
    let verdict = collect::foreseen(&world.config, &world.empty, mail, found, &asks).unwrap();
    let brings = |i: &Item| Brings {
        report: i.report.clone(),
        period: i.period.clone(),
        forms: if i.nil_return { Forms::NONE } else { i.forms },
    };
    let items = found.items.iter();
    let items = items.filter(|i| i.nil_return || !i.forms.is_empty());
    let is_logged = verdict.state == MessageState::Logged;
    Outcome {
        unit: verdict.unit.map(|unit| unit.0),
        logged: items.map(brings).filter(|_| is_logged).collect(),
        waits: verdict.state == MessageState::Waiting,
        causes: verdict.why.iter().map(cause).collect(),
    }
}

/// What was counted of mails of one kind.
#[derive(Clone, Default)]
struct Count {
    mails: u32,
    faults: [u32; 7],
    honest: u32,
    honest_wait: u32,
    doubtful: u32,
    doubtful_wait: u32,
    none: u32,
    none_wait: u32,
}

impl Count {
    fn add(&mut self, truth: &Truth, outcome: &Outcome) {
        self.mails += 1;
        for fault in truth.faults(outcome) {
            self.faults[fault as usize] += 1;
        }
        let (all, wait) = match truth {
            Truth::Reports { .. } => (&mut self.honest, &mut self.honest_wait),
            Truth::Doubtful { .. } | Truth::Waits => (&mut self.doubtful, &mut self.doubtful_wait),
            Truth::Nothing => (&mut self.none, &mut self.none_wait),
        };
        *all += 1;
        // A mail without a report that is logged would at best wait: it is not left in peace either.
        let logged = *truth == Truth::Nothing && !outcome.logged.is_empty();
        *wait += u32::from(outcome.waits || logged);
    }

    fn and(mut self, other: &Count) -> Count {
        let counts = self.faults.iter_mut().zip(other.faults);
        counts.for_each(|(sum, n)| *sum += n);
        self.mails += other.mails;
        self.honest += other.honest;
        self.honest_wait += other.honest_wait;
        self.doubtful += other.doubtful;
        self.doubtful_wait += other.doubtful_wait;
        self.none += other.none;
        self.none_wait += other.none_wait;
        self
    }

    fn wrong(&self) -> u32 {
        self.faults.iter().sum()
    }
}

/// How often something happened, with one mail that shows it.
#[derive(Default)]
struct Causes(BTreeMap<String, (u32, String)>);

impl Causes {
    fn add(&mut self, cause: String, shown: impl FnOnce() -> String) {
        let entry = self.0.entry(cause).or_insert_with(|| (0, shown()));
        entry.0 += 1;
    }

    fn text(&self, title: &str) -> String {
        let mut all: Vec<_> = self.0.iter().collect();
        all.sort_by_key(|(cause, (count, _))| (std::cmp::Reverse(*count), *cause));
        let mut text = format!("\n## {title}\n");
        for (cause, (count, shown)) in all.into_iter().take(40) {
            write!(text, "\n### {count} × {cause}\n{shown}\n").unwrap();
        }
        text
    }
}

/// What was counted of all mails.
#[derive(Default)]
struct Table {
    scenarios: BTreeMap<&'static str, Count>,
    all: Count,
    wrong: Causes,
    waiting: Causes,
    none_waiting: Causes,
}

impl Table {
    fn add(&mut self, mail: &Composed, outcome: &Outcome, shown: &dyn Fn() -> String) {
        self.scenarios
            .entry(mail.scenario)
            .or_default()
            .add(&mail.truth, outcome);
        self.all.add(&mail.truth, outcome);
        let scenario = mail.scenario;
        let causes: BTreeSet<&str> = outcome.causes.iter().map(String::as_str).collect();
        let causes = causes.into_iter().collect::<Vec<_>>().join(" + ");
        for fault in mail.truth.faults(outcome) {
            let word = Fault::ALL[fault as usize].1;
            self.wrong.add(format!("{word} wrong: {scenario}"), shown);
        }
        match mail.truth {
            Truth::Reports { .. } if outcome.waits => {
                self.waiting.add(causes, shown);
            }
            Truth::Nothing if outcome.waits => {
                self.none_waiting
                    .add(format!("{scenario}: {causes}"), shown);
            }
            _ => {}
        }
    }

    fn text(&self) -> String {
        let words = Fault::ALL.map(|(_, word)| format!("{word:>8}")).concat();
        let mut text = format!(
            "{:22}{:>6}{words}{:>16}{:>16}{:>16}\n",
            "", "mails", "honest waits", "doubtful waits", "none waits"
        );
        let of = |wait: u32, all: u32| {
            if all == 0 {
                "-".into()
            } else {
                format!(
                    "{wait}/{all} {:.1} %",
                    f64::from(wait) * 100.0 / f64::from(all)
                )
            }
        };
        for (name, c) in self
            .scenarios
            .iter()
            .map(|(n, c)| (*n, c))
            .chain([("all", &self.all)])
        {
            let faults = c.faults.map(|n| format!("{n:>8}")).concat();
            let (honest, doubtful, none) = (
                of(c.honest_wait, c.honest),
                of(c.doubtful_wait, c.doubtful),
                of(c.none_wait, c.none),
            );
            writeln!(
                text,
                "{name:22}{:>6}{faults}{honest:>18}{doubtful:>18}{none:>18}",
                c.mails
            )
            .unwrap();
        }
        text
    }

    fn findings(&self, seed: u64) -> String {
        let parts = [
            format!("# Composed mails of seed {seed}\n\n{}", self.text()),
            self.wrong.text("Wrong"),
            self.waiting.text("Honest reports that wait"),
            self.none_waiting.text("Mails without a report that wait"),
        ];
        parts.concat()
    }

    /// Holds what was counted against what may be.
    fn hold(&self, most: &Most) {
        let per_mille = |wait: u32, all: u32| u64::from(wait) * 1_000 / u64::from(all.max(1));
        let all = &self.all;
        for ((fault, word), (count, most)) in
            Fault::ALL.iter().zip(all.faults.iter().zip(most.faults))
        {
            assert!(
                *count <= most,
                "{word} ({fault:?}): {count} are wrong, {most} were"
            );
        }
        let (honest, none) = (
            per_mille(all.honest_wait, all.honest),
            per_mille(all.none_wait, all.none),
        );
        assert!(
            honest <= u64::from(most.honest_wait),
            "{honest} of 1,000 honest reports wait, {} did",
            most.honest_wait
        );
        assert!(
            none <= u64::from(most.none_wait),
            "{none} of 1,000 mails without a report wait, {} did",
            most.none_wait
        );
    }
}

/// A mail with all that it was made of, and what came of it.
fn shown(seed: u64, mail: &Composed, outcome: &Outcome, reading: Option<&Reading>) -> String {
    let mut text = format!(
        "seed {seed} mail {}: {}, {} from {} <{}>, {:?}\n  subject {:?}\n",
        mail.number,
        mail.scenario,
        date_of(mail.draft.at),
        mail.draft.name,
        mail.draft.address,
        mail.program,
        mail.draft.subject
    );
    for line in mail.draft.text.lines().filter(|l| !l.is_empty()) {
        writeln!(text, "  | {line}").unwrap();
    }
    for feature in &mail.features {
        writeln!(text, "  {feature}").unwrap();
    }
    let told = |a: &Attachment| {
        format!(
            "  read: {} ({}, {}): {:?} {:?} {:?}\n",
            a.name,
            a.kind,
            a.role.word(),
            a.issuer,
            a.genre,
            a.title
        )
    };
    text += &reading.map_or(String::new(), |r| r.attachments.iter().map(told).collect());
    let unit = format!("of {}", mail.unit);
    write!(
        text,
        "  truth ({unit}): {:?}\n  decided ({:?}): {:?} waits {} {:?}",
        mail.truth, outcome.unit, outcome.logged, outcome.waits, outcome.causes
    )
    .unwrap();
    text
}

#[test]
fn composed_mails_are_decided_as_what_they_are() {
    let seed = seed();
    let world = World::new(seed);
    let mut judge = Judge::new(&world);
    if let Some(number) = number_of("THUBAOCAO_COMPOSED_MAIL") {
        let mail = world.mail(number);
        let (reading, found) = judge.decide(&mail);
        println!(
            "{}\n",
            String::from_utf8_lossy(&mail.raw[..mail.raw.len().min(6_000)])
        );
        println!(
            "{}\n{found:#?}",
            shown(
                seed,
                &mail,
                &outcome(&world, &reading, &found),
                Some(&reading)
            )
        );
        println!(
            "expected: {:#?}",
            world.expectations(&mail, Some(&mail.unit))
        );
        return;
    }
    let count = number_of("THUBAOCAO_COMPOSED").unwrap_or(IN_EACH_RUN);
    let mut table = Table::default();
    for number in 0..count {
        let mail = world.mail(number);
        let (reading, found) = judge.decide(&mail);
        let outcome = outcome(&world, &reading, &found);
        table.add(&mail, &outcome, &|| {
            let reasons = found.reasons.iter().map(because_in_english);
            let reasons = reasons.map(|r| format!("\n  because {r}"));
            let open = whys_in_vietnamese(&found.open)
                .into_iter()
                .map(|w| format!("\n  waits: {w}"));
            shown(seed, &mail, &outcome, Some(&reading)) + &reasons.chain(open).collect::<String>()
        });
    }
    println!("{}", table.text());
    if let Ok(file) = std::env::var("THUBAOCAO_COMPOSED_FINDINGS") {
        fs::write(file, table.findings(seed)).unwrap();
    }
    match (seed, count) {
        (SEED, IN_EACH_RUN) => table.hold(&OF_EACH_RUN),
        (SEED, 30_000) => table.hold(&OF_EACH_NIGHT),
        _ => assert!(u64::from(table.all.mails) == count),
    }
}

/// A rule that is wrong: it spoils what was decided.
type Planted = fn(&World, &Composed, &Reading, &mut Outcome);

/// Whoever sends one form is taken to have sent both.
fn one_form_is_both(_: &World, _: &Composed, _: &Reading, outcome: &mut Outcome) {
    for item in &mut outcome.logged {
        item.forms = Forms {
            signed_document: true,
            soft_file: true,
        };
    }
}

/// The year that stands in a title is believed, whatever the day.
fn the_typed_year_is_believed(
    world: &World,
    _: &Composed,
    reading: &Reading,
    outcome: &mut Outcome,
) {
    let titles: String = reading
        .attachments
        .iter()
        .filter_map(|a| a.title.as_deref())
        .collect();
    let Some(unit) = outcome.unit.clone().filter(|_| titles.contains("2025")) else {
        return;
    };
    let named = CALLED
        .iter()
        .find(|c| c.topics.iter().any(|t| titles.contains(t)));
    let periods = [
        PeriodId::Half(2025, 1),
        PeriodId::Half(2025, 2),
        PeriodId::Quarter(2025, 4),
        PeriodId::Year(2025),
        PeriodId::Month(2025, 12),
    ];
    let of_it = named.and_then(|c| {
        Some((
            c.report.to_owned(),
            periods
                .into_iter()
                .find(|p| world.asks(&unit, c.report, p))?,
        ))
    });
    outcome.logged.extend(of_it.map(|(report, period)| Brings {
        report,
        period,
        forms: Forms::default(),
    }));
}

/// What a unit still owes is what any document of it brings.
fn a_document_is_what_is_open(
    world: &World,
    mail: &Composed,
    reading: &Reading,
    outcome: &mut Outcome,
) {
    if let (true, true, Some(unit)) = (
        outcome.logged.is_empty(),
        reading.has_document(),
        &outcome.unit,
    ) {
        let open = world
            .expectations(mail, Some(unit))
            .into_iter()
            .find(|e| e.open);
        outcome.logged.extend(open.map(|e| Brings {
            report: e.report,
            period: e.period,
            forms: Forms::default(),
        }));
    }
}

/// Names that begin alike are one.
fn names_that_begin_alike_are_one(world: &World, _: &Composed, _: &Reading, outcome: &mut Outcome) {
    let Some(unit) = &mut outcome.unit else {
        return;
    };
    let beginning = |name: &str| {
        name.split(' ')
            .take(5)
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let own = beginning(&world.row(unit).name);
    if own.len() == 5 && own[2] == "xã" {
        let first = world.units.iter().find(|u| beginning(&u.name) == own);
        first.unwrap().id.clone_into(unit);
    }
}

/// The wider of two reports is meant.
fn the_wider_report_is_meant(world: &World, _: &Composed, _: &Reading, outcome: &mut Outcome) {
    for item in &mut outcome.logged {
        if let Some(wider) = world.config.report(&item.report).unwrap().over.first() {
            item.report.clone_from(wider);
        }
    }
}

#[test]
fn each_of_five_wrong_rules_is_found_among_composed_mails() {
    let planted: [(Planted, Fault); 5] = [
        (one_form_is_both, Fault::Form),
        (the_typed_year_is_believed, Fault::Period),
        (a_document_is_what_is_open, Fault::OutOfNothing),
        (names_that_begin_alike_are_one, Fault::Unit),
        (the_wider_report_is_meant, Fault::Report),
    ];
    let world = World::new(SEED);
    let mut judge = Judge::new(&world);
    let mut sound = Count::default();
    let mut spoilt = [const { [0; 7] }; 5];
    for number in 0..400 {
        let mail = world.mail(number);
        let (reading, found) = judge.decide(&mail);
        let decided = outcome(&world, &reading, &found);
        sound.add(&mail.truth, &decided);
        for ((rule, _), counted) in planted.iter().zip(&mut spoilt) {
            let mut decided = decided.clone();
            rule(&world, &mail, &reading, &mut decided);
            for fault in mail.truth.faults(&decided) {
                counted[fault as usize] += 1;
            }
        }
    }
    println!("sound: {:?}, {} in all", sound.faults, sound.wrong());
    for (n, ((_, fault), counted)) in planted.iter().zip(spoilt).enumerate() {
        println!("rule {n}: {counted:?}");
        let (before, after) = (sound.faults[*fault as usize], counted[*fault as usize]);
        assert!(
            after >= before + 3,
            "rule {n} is not found as {fault:?}: {before}, then {after}"
        );
    }
}

#[test]
fn a_mail_of_a_number_is_always_the_same() {
    let (one, other) = (World::new(SEED), World::new(SEED));
    for number in [0, 17, 1_234, 29_999] {
        assert!(one.mail(number).raw == other.mail(number).raw, "{number}");
    }
    let further = World::new(SEED + 1);
    assert!((0..20).any(|n| one.mail(n).raw != further.mail(n).raw));
}

/// What the store holds of a mail that was imported.
fn imported(store: &Store, id: MessageId) -> Outcome {
    let message = store.message(id).unwrap().unwrap();
    let submissions = store.submissions_of(id).unwrap();
    let unit = submissions.first().map(|s| s.unit.clone());
    let brings = submissions.iter().map(|s| Brings {
        report: s.report.clone(),
        period: s.period.clone(),
        forms: if s.nil_return { Forms::NONE } else { s.forms },
    });
    Outcome {
        unit: unit.or(message.unit).map(|unit| unit.0),
        logged: brings.collect(),
        waits: message.state == MessageState::Waiting,
        causes: message.why.iter().map(cause).collect(),
    }
}

#[test]
fn composed_mails_are_imported_as_what_they_are_into_a_store_with_history() {
    let seed = seed();
    let world = World::new(seed);
    // A report of a unit once, so that what one mail brings does not change what another is.
    let mut taken: HashSet<(String, String)> = HashSet::new();
    let mut mails: Vec<Composed> = Vec::new();
    for number in FIRST_IMPORTED.. {
        let mail = world.mail(number);
        let reports = mail.before.iter().map(|(report, ..)| report);
        let keys: HashSet<_> = reports.map(|r| (mail.unit.clone(), r.clone())).collect();
        if taken.is_disjoint(&keys) {
            taken.extend(keys);
            mails.push(mail);
        }
        if mails.len() == IMPORTED {
            break;
        }
    }
    let before: Vec<Composed> = mails.iter().flat_map(|m| world.history(m)).collect();
    let folder = world.folder.path().join("mails");
    fs::create_dir(&folder).unwrap();
    for (n, mail) in before.iter().chain(&mails).enumerate() {
        let name = format!("{:012} {n:05}.eml", mail.draft.at.as_second());
        fs::write(folder.join(name), &mail.raw).unwrap();
    }
    let mut import = thubaocao(&world.folder.path().join("config"));
    import.args(["--at", "2027-01-04T08:00:00+07:00", "import"]);
    let said = succeed(import.arg(&folder).output().unwrap());
    let all = before.len() + mails.len();
    assert!(said.starts_with(&format!("{all} new mails")), "{said}");

    let store = Store::copy_of(&Store::path(&world.folder.path().join("data"))).unwrap();
    let messages = (1..).map_while(|id| store.message(MessageId(id)).unwrap());
    let ids: HashMap<Sha256, MessageId> =
        messages.filter_map(|m| Some((m.sha256?, m.id))).collect();
    let mut table = Table::default();
    for mail in before.iter().chain(&mails) {
        let id = ids[&Sha256::of(&mail.raw)];
        let outcome = imported(&store, id);
        table.add(mail, &outcome, &|| {
            let reading = store.message(id).unwrap().unwrap().reading;
            shown(seed, mail, &outcome, reading.as_ref())
        });
    }
    println!("{}", table.text());
    if let Ok(file) = std::env::var("THUBAOCAO_COMPOSED_FINDINGS") {
        fs::write(format!("{file}.import"), table.findings(seed)).unwrap();
    }
    let history = table.scenarios.remove("history").unwrap();
    assert!(
        history.mails > 100 && history.wrong() == 0,
        "what nobody can misunderstand"
    );
    assert_eq!(history.honest_wait, 0, "what nobody can misunderstand");
    table.all = table.scenarios.values().fold(Count::default(), Count::and);
    if seed == SEED {
        table.hold(&OF_AN_IMPORT);
    }
}
