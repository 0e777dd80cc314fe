//! Whose mail it is and what it brings, on labelled cases: `matching.jsonl`, one a line, as clerks really write. Adding
//! a case is adding a line. Nothing may be decided wrongly; what is unsure goes to staff.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Deserialize;
use thubaocao::config::Config;
use thubaocao::domain::correction::{Lesson, Taught};
use thubaocao::domain::date_of;
use thubaocao::domain::obligation::Obligation;
use thubaocao::domain::row::MessageId;
use thubaocao::domain::submission::SentBefore;
use thubaocao::domain::unit::UnitId;
use thubaocao::domain::why::Why;
use thubaocao::expected;
use thubaocao::ground::Sha256;
use thubaocao::matching::{Expectation, Known, Match, Matcher, UnitMatch};
use thubaocao::reading::FileKind;
use thubaocao::reading::{Attachment, Class, Person, Reading, Role, Trust, Unread};
use thubaocao::words::{Added, OpenSet};

/// A mail and what is to be decided of it.
#[derive(Deserialize)]
struct Case {
    group: String,
    at: Timestamp,
    from: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    subject: String,
    #[serde(default)]
    body: String,
    #[serde(default)]
    reply_to: Option<String>,
    #[serde(default)]
    forwarded_from: Option<String>,
    #[serde(default)]
    files: Vec<File>,
    /// Units that staff taught for the address.
    #[serde(default)]
    learned: Vec<UnitId>,
    /// Titles that staff taught: the unit of a mail that they assigned, its title or subject, and which report it is.
    #[serde(default)]
    taught: Vec<(UnitId, String, String)>,
    /// Addresses that the register has besides.
    #[serde(default)]
    addresses: Vec<(UnitId, String)>,
    /// Whose it is, or may well be.
    unit: Option<UnitId>,
    certainty: String,
    /// In their order, where more than the first matter.
    #[serde(default)]
    candidates: Vec<UnitId>,
    /// `report/period`; none: nothing may be logged.
    items: Vec<String>,
    /// The unit is not asked for it.
    #[serde(default)]
    unexpected: bool,
    /// Whether it is known what came before.
    #[serde(default)]
    history_known: bool,
    /// What the unit sent before: which report, and what subject and files were called.
    #[serde(default)]
    sent_before: Vec<(String, Vec<String>)>,
    /// What staff are asked whether it is, `report/period`, where that is told.
    likely: Option<String>,
    /// Whether it shows by itself that it is none, where that is told.
    surely_none: Option<bool>,
}

#[derive(Deserialize)]
struct File {
    name: String,
    number: Option<String>,
    dated: Option<String>,
    issuer: Option<String>,
    genre: Option<String>,
    title: Option<String>,
    #[serde(default)]
    cites: Vec<String>,
    addressee: Option<String>,
    #[serde(default)]
    draft: bool,
}

fn attachment(file: &File) -> Attachment {
    let extension = file.name.rsplit('.').next().unwrap_or("");
    Attachment {
        name: file.name.clone(),
        size: 1,
        sha256: Sha256::of(b""),
        kind: FileKind::of_word(extension),
        role: if extension == "pdf" {
            Role::SignedDocument
        } else {
            Role::SoftFile
        },
        from: None,
        number: file.number.clone(),
        dated: file.dated.clone(),
        title: file.title.clone(),
        issuer: file.issuer.clone(),
        genre: file.genre.clone(),
        cites: file.cites.clone(),
        addressee: file.addressee.clone(),
        draft: file.draft,
        filled: None,
        signatures: vec![],
        warning: None,
    }
}

fn reading(case: &Case) -> Reading {
    Reading {
        class: if case.files.is_empty() {
            Class::NoAttachment
        } else {
            Class::Report
        },
        trust: Trust::Pass,
        sender: Some(Person {
            name: case.name.clone(),
            address: case.from.clone(),
        }),
        reply_to: case.reply_to.clone(),
        forwarded_from: case.forwarded_from.clone(),
        subject: case.subject.clone(),
        body: case.body.clone(),
        attachments: case.files.iter().map(attachment).collect(),
        ..Reading::unreadable(Unread::NotFetched)
    }
}

/// What would be logged: nothing while anything is open.
fn logged(found: &Match) -> Option<(UnitId, Vec<String>)> {
    let unit = found.unit.certain()?;
    let mut items: Vec<String> = found
        .items
        .iter()
        .filter(|i| !i.forms.is_empty())
        .map(|i| format!("{}/{}", i.report, i.period))
        .collect();
    items.sort();
    (found.open.is_empty() && !items.is_empty()).then(|| (unit.clone(), items))
}

/// What a matcher finds in a case.
fn decided(matcher: &Matcher, case: &Case, taught: Taught, obligations: &[Obligation]) -> Match {
    let known = Known {
        received_at: case.at,
        learned: case.learned.clone(),
        taught,
        former: vec![],
        asked: vec![],
        said: None,
        history_known: case.history_known,
        expected: &|unit| Ok(Expectation::among(obligations, unit)),
        sent_before: &|_| {
            let sent = case.sent_before.iter().cloned();
            let sent = sent.map(|(report, called)| SentBefore { report, called });
            Ok(sent.collect())
        },
    };
    matcher.decide(&reading(case), &known).unwrap()
}

/// The sample configuration, whose office has words of its own.
fn with_words(words: &[(OpenSet, &str)]) -> Arc<Config> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut config = Config::load(&root.join("config")).unwrap();
    config.words = words
        .iter()
        .map(|(set, word)| Added {
            set: *set,
            word: (*word).to_owned(),
        })
        .collect();
    Arc::new(config)
}

#[test]
fn whatever_words_an_office_adds_nothing_is_logged_that_waited_without_them() {
    // Words that no configuration may have, in every set: each stands in very many of the cases.
    let words = [
        [
            (OpenSet::OtherMatters, "6 thang"),
            (OpenSet::AsksForTime, "don vi"),
            (OpenSet::UpperBodies, "lien doan"),
        ],
        [
            (OpenSet::OtherMatters, "va"),
            (OpenSet::NotYet("dự thảo"), "so lieu"),
            (OpenSet::NotYet("giấy mời"), "gui"),
        ],
    ];
    let without = with_words(&[]);
    let cases = std::fs::read_to_string("tests/matching.jsonl").unwrap();
    // Every fifth is enough, and quick.
    let cases = cases.lines().step_by(5);
    let cases = cases.map(|l| serde_json::from_str(l).unwrap());
    let cases: Vec<Case> = cases.filter(|c: &Case| c.addresses.is_empty()).collect();
    let mut obligations = BTreeMap::new();
    for case in &cases {
        let of = obligations.entry(case.at);
        of.or_insert_with(|| expected::obligations(&without, case.at));
    }
    let all = |words: &[(OpenSet, &str)]| -> Vec<Match> {
        let config = with_words(words);
        let mut matchers: BTreeMap<Date, Matcher> = BTreeMap::new();
        let decide = |case: &Case| {
            let day = date_of(case.at);
            let new = || Matcher::new(Arc::clone(&config), day);
            let matcher = matchers.entry(day).or_insert_with(new);
            decided(matcher, case, Taught::default(), &obligations[&case.at])
        };
        cases.iter().map(decide).collect()
    };
    let before = all(&[]);
    for words in words {
        let mut fewer = 0;
        for ((case, before), after) in cases.iter().zip(&before).zip(all(&words)) {
            let subject = &case.subject;
            assert_eq!(after.unit, before.unit, "{words:?}: {subject}");
            assert_eq!(after.items, before.items, "{words:?}: {subject}");
            assert!(after.unclear || !before.unclear, "{words:?}: {subject}");
            let kept = before.open.iter().all(|why| after.open.contains(why));
            assert!(kept, "{words:?}: {subject}");
            fewer += u32::from(logged(before) != logged(&after));
        }
        assert!(fewer > 10, "{fewer} more wait by {words:?}");
    }
}

#[test]
fn a_word_of_the_office_makes_an_invitation_wait() {
    let case: Case = serde_json::from_str(
        r#"{"group": "", "at": "2026-06-12T09:00:00+07:00", "from": "ldld.donghoa@phuyen.example", "subject": "Mời tọa đàm: Báo cáo công tác trẻ em 6 tháng đầu năm 2026", "files": [{"name": "Báo cáo.docx"}, {"name": "Báo cáo.pdf"}], "unit": "ldld-dong-hoa", "certainty": "certain", "items": []}"#,
    )
    .unwrap();
    let found = |words: &[(OpenSet, &str)]| {
        let config = with_words(words);
        let obligations = expected::obligations(&config, case.at);
        let matcher = Matcher::new(config, date_of(case.at));
        decided(&matcher, &case, Taught::default(), &obligations)
    };
    assert!(logged(&found(&[])).is_some());
    let waits = found(&[(OpenSet::NotYet("giấy mời"), "moi toa dam")]);
    assert_eq!(logged(&waits), None);
    let genre = |why: &Why| matches!(why, Why::OtherGenre { genre, .. } if genre == "giấy mời");
    assert!(waits.open.iter().any(genre), "{waits:?}");
}

#[test]
fn nothing_is_decided_wrongly_and_hardly_anything_is_left_undecided() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let config = Arc::new(Config::load(&root.join("config")).unwrap());
    let mut matchers: BTreeMap<Date, Matcher> = BTreeMap::new();
    let cases = std::fs::read_to_string(root.join("tests/matching.jsonl")).unwrap();
    let mut wrong = Vec::new();
    let mut missed = Vec::new();
    let mut groups: BTreeMap<String, (u32, u32)> = BTreeMap::new();
    for (n, line) in cases.lines().enumerate() {
        let case: Case =
            serde_json::from_str(line).unwrap_or_else(|e| panic!("line {}: {e}", n + 1));
        let mut own = (*config).clone();
        for (unit, address) in &case.addresses {
            let rows = own.register.units.iter_mut().filter(|u| u.id == *unit);
            rows.for_each(|u| u.emails.push(address.clone()));
        }
        let obligations = expected::obligations(&config, case.at);
        let own = match case.addresses.is_empty() {
            true => Arc::clone(&config),
            false => Arc::new(own),
        };
        let day = date_of(case.at);
        let matcher = match matchers.remove(&day) {
            Some(matcher) if Matcher::serves(&matcher, &own, day) => matcher,
            _ => Matcher::new(own, day),
        };
        let taught = |(unit, title, report): &(UnitId, String, String)| {
            let assigned = Reading {
                subject: title.clone(),
                ..Reading::unreadable(Unread::NotFetched)
            };
            let report = config.report(report).unwrap();
            let lesson = Lesson {
                report: report.id.clone(),
                mail: MessageId(1),
            };
            Some((matcher.lesson(&assigned, unit, report)?, lesson))
        };
        let taught = case.taught.iter().filter_map(taught).collect();
        let found = decided(&matcher, &case, taught, &obligations);
        matchers.insert(day, matcher);
        // What a unit is not asked for is not logged either.
        let expected_of = |unit: &UnitId, item: &String| {
            let (report, period) = item.split_once('/').unwrap();
            obligations
                .iter()
                .any(|o| o.unit == *unit && o.report == report && o.period.to_string() == period)
        };
        let logged = logged(&found)
            .filter(|(unit, items)| !case.unexpected || items.iter().all(|i| expected_of(unit, i)));
        let what = format!("line {}: {line}\n    {found:?}", n + 1);
        let label = case.unit.as_ref();
        let group = groups.entry(case.group.clone()).or_default();
        group.1 += 1;
        let likely = found.likely.as_ref().map(|(r, p)| format!("{r}/{p}"));
        if case
            .surely_none
            .is_some_and(|told| told != found.surely_none)
            || case.likely.is_some() && case.likely != likely
        {
            wrong.push(what);
            continue;
        }
        let right = match (&logged, case.certainty.as_str()) {
            (Some((unit, items)), "certain") if !case.items.is_empty() => {
                if Some(unit) != label || *items != case.items {
                    wrong.push(what);
                    continue;
                }
                true
            }
            (Some(_), _) => {
                wrong.push(what);
                continue;
            }
            (None, "certain") => {
                if found.unit.certain().is_some_and(|u| Some(u) != label) {
                    wrong.push(what);
                    continue;
                }
                found.unit.certain() == label && case.items.is_empty()
            }
            (None, "ambiguous") => {
                let candidates = found.unit.candidates();
                candidates.first() == label && candidates.starts_with(&case.candidates)
            }
            (None, _) => found.unit == UnitMatch::None,
        };
        group.0 += u32::from(right);
        if !right {
            missed.push(what);
        }
    }
    for m in &missed {
        println!("missed {m}");
    }
    let all: u32 = groups.values().map(|g| g.1).sum();
    let right: u32 = groups.values().map(|g| g.0).sum();
    println!("{right} of {all} right, {} wrong; {groups:?}", wrong.len());
    assert!(all >= 700);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(f64::from(right) / f64::from(all) >= 0.97);
}
