//! A year of sixty units that do what they like, against a simple model: no unit that has reported is reminded, no late
//! unit is forgotten, never two mails where one would do.
//!
//! `THUBAOCAO_SEEDS=10000` is the nightly form; a seed that fails is named and can be run alone with `THUBAOCAO_SEED`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use jiff::civil::{Date, Time, Weekday, date};
use jiff::{Timestamp, ToSpan};
use thubaocao::compose::{self, Composed};
use thubaocao::config::Config;
use thubaocao::domain::instant;
use thubaocao::domain::obligation::State;
use thubaocao::domain::report::Forms;
use thubaocao::domain::unit::UnitId;
use thubaocao::plan;
use thubaocao::reading::BounceKind;
use thubaocao::standing::View;
use thubaocao::store::{
    Arrived, Ground, Hold, MessageState, NewSubmission, OutgoingState, Place, Receipts, Store,
    Verdict,
};

const UNITS: usize = 60;

/// SplitMix64: the same year for the same seed, on every machine.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }

    fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }
}

/// Three reports of sixty units that stand directly under the province.
fn config() -> Config {
    let mut config = Config::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("config")).unwrap();
    let kept = ["tre-em", "quan-he-lao-dong", "trung-thu"];
    config.reports.retain(|r| kept.contains(&r.id.as_str()));
    for report in &mut config.reports {
        report.steps.opening = report.id == "trung-thu";
    }
    let district = config
        .register
        .units
        .iter()
        .find(|u| u.id.0 == "ldld-tuy-an")
        .unwrap()
        .clone();
    config.register.units.retain(|u| u.parent.is_none());
    for n in 0..UNITS {
        let mut unit = district.clone();
        unit.id = UnitId(format!("u{n}"));
        unit.emails = vec![format!("u{n}@a.example"), format!("u{n}@b.example")];
        unit.escalate_to = (n % 3 > 0).then(|| format!("chu-tich{n}@a.example"));
        unit.valid_to = (n % 10 == 9).then_some(date(2026, 6, 30));
        unit.successors = if n % 20 == 9 {
            vec![UnitId("u0".into())]
        } else {
            vec![]
        };
        config.register.units.push(unit);
    }
    config
}

/// What the model knows of one obligation.
#[derive(Default)]
struct Known {
    unit: usize,
    /// As mails name it.
    called: String,
    opens: Option<Date>,
    due: Timestamp,
    /// Until when it was to be sent again, at the latest.
    again_until: Option<Timestamp>,
    wanted: (bool, bool),
    received: (bool, bool),
    excused: bool,
    /// Since the deadline that holds now, reminders after it.
    late_mails: u32,
}

impl Known {
    fn settled(&self) -> bool {
        self.excused || (self.received.0 || !self.wanted.0) && (self.received.1 || !self.wanted.1)
    }
}

struct Year {
    seed: u64,
    chance: Chance,
    config: Config,
    store: Store,
    known: BTreeMap<i64, Known>,
    /// Mails that wait for staff, by unit.
    waiting: BTreeMap<usize, i64>,
    /// Units that were written to on a day.
    mailed: BTreeSet<(usize, Date)>,
    /// Addresses that do not work and are known not to.
    addresses_lost: BTreeSet<String>,
    /// Addresses that do not work, of which notices of one day have told: what goes there comes back on the same day.
    addresses_doubted: BTreeMap<String, Date>,
    /// Mails to one address alone: which mail, and of which obligations after their deadline.
    sent_to: BTreeMap<String, (i64, Vec<i64>)>,
    /// Units whose mail came back on the day it went out: the next one follows on the next day.
    came_back: BTreeSet<(usize, Date)>,
    mails: u32,
}

impl Year {
    fn new(seed: u64, config: Config) -> Year {
        let start = instant(date(2026, 1, 1), Time::midnight());
        Year {
            seed,
            chance: Chance(seed),
            store: Store::in_memory(start).unwrap(),
            config,
            known: BTreeMap::new(),
            waiting: BTreeMap::new(),
            mailed: BTreeSet::new(),
            addresses_lost: BTreeSet::new(),
            addresses_doubted: BTreeMap::new(),
            sent_to: BTreeMap::new(),
            came_back: BTreeSet::new(),
            mails: 0,
        }
    }

    fn works(&self, day: Date) -> bool {
        let weekend = matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday);
        let table = &self.config.calendar;
        if weekend {
            table.worked.contains(&day)
        } else {
            !table.days_off.contains(&day)
        }
    }

    /// Whether a working day lies after one day and not after another.
    fn working_day_between(&self, after: Date, to: Date) -> bool {
        let mut day = after;
        while day < to {
            day = day.tomorrow().unwrap();
            if self.works(day) {
                return true;
            }
        }
        false
    }

    /// The periods that open are learnt from the store once, as a clerk would read them off a list.
    fn learn(&mut self, now: Timestamp) {
        plan::store_expected(&self.config, &self.store, now).unwrap();
        for o in self.store.obligations(Receipts::All).unwrap() {
            let title = &self.config.report(&o.report).unwrap().title;
            self.known.entry(o.id).or_insert_with(|| Known {
                unit: o.unit.0[1..].parse().unwrap(),
                called: format!("- {title}, {}\n", o.period.in_vietnamese()),
                opens: Some(o.opens),
                due: o.due,
                wanted: (o.forms.signed_document, o.forms.soft_file),
                ..Known::default()
            });
        }
    }

    /// Whatever units and staff do before a moment.
    fn things_happen(&mut self, now: Timestamp) {
        let open: Vec<i64> = self.known.keys().copied().collect();
        for id in open {
            let o = &self.known[&id];
            let days = now.duration_since(o.due).as_hours() / 24;
            // Most send around the deadline, some never do.
            let eager = if (-6..=25).contains(&days) { 18 } else { 600 };
            if self.chance.one_in(eager) {
                let (signed, soft) = match self.chance.below(4) {
                    0 => (true, false),
                    1 => (false, true),
                    _ => (true, true),
                };
                self.submit(id, signed, soft, now);
            }
            let o = &self.known[&id];
            if (-10..40).contains(&days) && self.chance.one_in(700) {
                if self.store.excuse(id, "bão", now).unwrap() {
                    self.known.get_mut(&id).unwrap().excused = true;
                }
            } else if (-10..40).contains(&days) && !o.excused && self.chance.one_in(500) {
                let due = now + (24 * (2 + self.chance.below(12) as i64)).hours();
                self.store.extend(id, due, now).unwrap();
                let o = self.known.get_mut(&id).unwrap();
                // The later one of two deadlines that staff set holds.
                let due = o.again_until.map_or(due, |again| again.max(due));
                if due != o.due {
                    o.due = due;
                    o.late_mails = 0;
                }
            }
        }
        for unit in 0..UNITS {
            match self.waiting.get(&unit).copied() {
                None if self.chance.one_in(150) => self.somebody_writes(unit, now),
                Some(mail) if self.chance.one_in(5) => {
                    self.decide(mail, unit, MessageState::Ignored);
                    self.waiting.remove(&unit);
                }
                _ => {}
            }
            if self.chance.one_in(1_000) {
                self.lose(unit, now);
            }
        }
    }

    fn submit(&mut self, id: i64, signed: bool, soft: bool, now: Timestamp) {
        let forms = Forms {
            signed_document: signed,
            soft_file: soft,
        };
        let submission = NewSubmission {
            obligation: id,
            message: None,
            received_at: now,
            forms,
            nil_return: false,
            number: None,
            files: vec![],
        };
        let row = self.store.log_submission(&submission, now).unwrap();
        let chance = self.chance.one_in(12);
        let o = self.known.get_mut(&id).unwrap();
        let before = o.received;
        o.received = (o.received.0 || signed, o.received.1 || soft);
        // Sent back at once: it does not count, and there is a new deadline.
        if chance && before == (false, false) {
            let due = now + (24 * 7).hours();
            self.store
                .send_back(row, "thiếu số liệu", due, now)
                .unwrap();
            o.received = before;
            o.again_until = o.again_until.max(Some(due));
            if due > o.due {
                o.due = due;
                o.late_mails = 0;
            }
        }
    }

    /// A mail of a unit comes that staff have to look at.
    fn somebody_writes(&mut self, unit: usize, now: Timestamp) {
        let mail = Arrived {
            place: Place {
                account: "a".into(),
                folder: "INBOX".into(),
                uidvalidity: 1,
                uid: format!("{unit}-{now}"),
            },
            sha256: Some(format!("{unit}-{now}")),
            size: 1,
            received_at: now,
            gm_msgid: None,
        };
        let id = self.store.record_arrival(&mail, now).unwrap();
        self.decide(id, unit, MessageState::Waiting);
        self.waiting.insert(unit, id);
    }

    fn decide(&self, mail: i64, unit: usize, state: MessageState) {
        let verdict = Verdict {
            state,
            unit: None,
            candidates: vec![UnitId(format!("u{unit}"))],
            why: vec![],
        };
        self.store.set_verdict(mail, &verdict).unwrap();
        // Of the unit's own address, and verified.
        let hold = Hold {
            unit: Some(UnitId(format!("u{unit}"))),
            ground: Ground::Address,
            until: None,
        };
        self.store.set_holds(mail, &[hold]).unwrap();
    }

    /// An address stops working: the last mail to it comes back, and has reminded nobody. What the server itself refuses is
    /// known at once; a notice is believed when another day's mail comes back as well.
    fn lose(&mut self, unit: usize, now: Timestamp) {
        let address = format!("u{unit}@a.example");
        let Some((mail, late)) = self.sent_to.remove(&address) else {
            return;
        };
        let (hard, store) = (BounceKind::Hard, &self.store);
        if self.chance.one_in(2) {
            store
                .record_refusal(&address, hard, Some("5.1.1"), mail, now)
                .unwrap();
            self.addresses_lost.insert(address);
        } else {
            store
                .record_bounce(&address, hard, Some("5.1.1"), mail, now)
                .unwrap();
            let day = thubaocao::domain::date_of(now);
            self.addresses_doubted.insert(address, day);
        }
        let day = thubaocao::domain::date_of(now);
        if self.mailed.contains(&(unit, day)) {
            self.came_back.insert((unit, day));
        }
        for id in late {
            let o = self.known.get_mut(&id).unwrap();
            o.late_mails = o.late_mails.saturating_sub(1);
        }
    }

    /// Another mail comes back from an address of which a notice has told: that of another day is believed.
    fn comes_back(&mut self, unit: usize, address: &str, now: Timestamp, day: Date) {
        let (mail, late) = self.sent_to.remove(address).unwrap();
        self.store
            .record_bounce(address, BounceKind::Hard, Some("5.1.1"), mail, now)
            .unwrap();
        if self.addresses_doubted[address] != day {
            self.addresses_doubted.remove(address);
            self.addresses_lost.insert(address.to_owned());
        }
        self.came_back.insert((unit, day));
        for id in late {
            let o = self.known.get_mut(&id).unwrap();
            o.late_mails = o.late_mails.saturating_sub(1);
        }
    }

    /// The second and the third pass.
    fn pass(&mut self, now: Timestamp, day: Date) {
        plan::owe_reminders(&self.config, &self.store, now).unwrap();
        for mail in self.store.queue(now).unwrap() {
            let composed = compose::compose(&self.config, &self.store, &mail, now).unwrap();
            let draft = match composed {
                Composed::Ready(draft) => draft,
                Composed::Hold => continue,
                Composed::Blocked(why) => panic!("seed {}: {why}", self.seed),
                Composed::Dropped(why) => {
                    let end = OutgoingState::Dropped;
                    self.store
                        .end_sending(mail.id, end, Some(&why), now)
                        .unwrap();
                    continue;
                }
            };
            let id = format!("{}@x", mail.id);
            self.store.address(mail.id, &draft).unwrap();
            self.store.start_sending(mail.id, &id, None, now).unwrap();
            self.store
                .end_sending(mail.id, OutgoingState::Sent, None, now)
                .unwrap();
            self.mails += 1;
            let unit: usize = mail.unit.unwrap().0[1..].parse().unwrap();
            let late = self.look_at(unit, &draft, now, day);
            if let ([only], []) = (draft.to.as_slice(), draft.cc.as_slice()) {
                self.sent_to.insert(only.clone(), (mail.id, late));
                if self.addresses_doubted.contains_key(only) {
                    self.comes_back(unit, only, now, day);
                }
            }
        }
    }

    /// A mail has gone out; gives the obligations of which it speaks after their deadline.
    fn look_at(
        &mut self,
        unit: usize,
        draft: &thubaocao::writing::Draft,
        now: Timestamp,
        day: Date,
    ) -> Vec<i64> {
        let seed = self.seed;
        assert!(self.works(day), "seed {seed}: a mail on {day}, a day off");
        assert!(
            !self.waiting.contains_key(&unit),
            "seed {seed}: u{unit} was written to on {day} while a mail of it waits"
        );
        assert!(
            self.mailed.insert((unit, day)),
            "seed {seed}: u{unit} got two mails on {day}"
        );
        for address in draft.to.iter().chain(&draft.cc) {
            assert!(
                !self.addresses_lost.contains(address),
                "seed {seed}: {address} does not work"
            );
        }
        let mut named = 0;
        let mut late = Vec::new();
        for (id, o) in self.known.iter_mut().filter(|(_, o)| o.unit == unit) {
            if !draft.text.contains(&o.called) {
                continue;
            }
            named += 1;
            let called = o.called.trim();
            assert!(
                !o.settled(),
                "seed {seed}: on {day} u{unit} is asked for what it sent: {called}"
            );
            assert!(
                o.opens.is_some_and(|d| d <= day),
                "seed {seed}: {called} is not open on {day}"
            );
            if now > o.due {
                o.late_mails += 1;
                late.push(*id);
            }
        }
        assert!(
            named > 0,
            "seed {seed}: a mail to u{unit} on {day} about nothing:\n{}",
            draft.text
        );
        late
    }

    /// What waits for staff is shown so, and nothing else is.
    fn what_waits_is_not_late(&self, now: Timestamp) {
        let view = View::at(now, &self.config, &self.store).unwrap();
        for o in self.store.obligations(Receipts::Until(now)).unwrap() {
            let known = &self.known[&o.id];
            let mail = self.waiting.get(&known.unit);
            let wanted = mail
                .filter(|_| !known.settled())
                .map(|m| State::Waiting(*m));
            let state = view.state(&o);
            let shown = Some(state).filter(|s| matches!(s, State::Waiting(_)));
            let (seed, called) = (self.seed, known.called.trim());
            assert_eq!(
                shown, wanted,
                "seed {seed}: u{} at {now}: {called}",
                known.unit
            );
            let after = matches!(state, State::Overdue | State::Closed);
            assert!(
                !after || now > known.due,
                "seed {seed}: {called} has time until {}",
                known.due
            );
        }
    }

    /// At the end of a working day nobody is forgotten who could be written to.
    fn nobody_is_forgotten(&self, day: Date) {
        for o in self.known.values() {
            let due_on = thubaocao::domain::date_of(o.due);
            let late = self.working_day_between(due_on, day);
            let gone = o.unit % 10 == 9 && day > date(2026, 6, 30);
            let unreachable = gone && o.unit % 20 != 9;
            let held =
                self.waiting.contains_key(&o.unit) || self.came_back.contains(&(o.unit, day));
            if o.settled() || !late || unreachable || held {
                continue;
            }
            let seed = self.seed;
            let (called, unit) = (o.called.trim(), o.unit);
            assert!(
                o.late_mails > 0,
                "seed {seed}: on {day} u{unit} is late and was not reminded: {called}, due {}",
                o.due
            );
        }
    }

    fn live(mut self) -> u32 {
        let mut day = date(2026, 1, 1);
        while day <= date(2026, 12, 31) {
            let at = |hour: i8| instant(day, Time::constant(hour, 5, 0, 0));
            // Periods open on the 15th by custom, and with Trung thu.
            if day.day_of_year() == 1 || day.day() == 15 || day == date(2026, 9, 25) {
                self.learn(at(6));
            }
            for hour in [8, 15] {
                self.things_happen(at(hour));
                self.pass(at(hour) + 1.minute(), day);
            }
            if self.works(day) {
                self.nobody_is_forgotten(day);
            }
            if day.weekday() == Weekday::Thursday {
                self.what_waits_is_not_late(at(15) + 1.minute());
            }
            day = day.tomorrow().unwrap();
        }
        self.mails
    }
}

#[test]
fn a_year_of_random_units_agrees_with_the_model() {
    let number = |name: &str| std::env::var(name).ok().map(|n| n.parse::<u64>().unwrap());
    let seeds: Vec<u64> = match number("THUBAOCAO_SEED") {
        Some(one) => vec![one],
        None => (0..number("THUBAOCAO_SEEDS").unwrap_or(8)).collect(),
    };
    let config = config();
    let halves: Vec<&[u64]> = seeds.chunks(seeds.len().div_ceil(2)).collect();
    let mails: u32 = std::thread::scope(|s| {
        let threads: Vec<_> = halves
            .into_iter()
            .map(|half| {
                let config = &config;
                s.spawn(move || {
                    half.iter()
                        .map(|seed| Year::new(*seed, config.clone()).live())
                        .sum::<u32>()
                })
            })
            .collect();
        threads.into_iter().map(|t| t.join().unwrap()).sum()
    });
    eprintln!("{} years, {mails} mails", seeds.len());
    assert!(
        mails as usize > seeds.len() * UNITS,
        "only {mails} mails: nothing was tried"
    );
}
