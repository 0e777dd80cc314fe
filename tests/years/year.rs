//! A year of units, staff and faults, beside what the program makes of it. Everything that is checked rests on the model's
//! own facts: who has sent what, which mails lie where, what was taken of what left.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use anyhow::{Context, Result, ensure};
use jiff::civil::{Date, Time, Weekday, date};
use jiff::{SignedDuration, Timestamp, ToSpan};
use thubaocao::app::{self, App};
use thubaocao::archive::Archive;
use thubaocao::clock::Clock;
use thubaocao::config::Config;
use thubaocao::domain::obligation::{Obligation, State};
use thubaocao::domain::period::PeriodId;
use thubaocao::domain::report::{Forms, Report};
use thubaocao::domain::unit::{Unit, UnitId};
use thubaocao::domain::{date_of, instant, zone};
use thubaocao::reading::BounceKind;
use thubaocao::standing::View;
use thubaocao::store::{
    Arrived, Awaited, Ground, Hold, MessageState, NewSubmission, OutgoingState, Part, Place,
    Receipts, Store, Verdict,
};
use thubaocao::transport::Transport;
use thubaocao::{identity, plan, send};

use super::chance::Chance;
use super::post::{End, Letter, Post};
use super::trial::{Fault, Trial};

pub const UNITS: usize = 30;
/// What is asked for.
const REPORTS: [&str; 3] = ["tre-em", "quan-he-lao-dong", "trung-thu"];
/// A reminder leaves no longer than this after a look into the mailbox.
const FRESH: SignedDuration = SignedDuration::from_secs(60);
/// The queue waits no longer than this once what was in its way is over.
const LONGEST_PAUSE: SignedDuration = SignedDuration::from_hours(5);
/// A period opens with it.
const TRUNG_THU: Date = date(2026, 9, 25);
/// After it a successor stands for a unit that ends.
const LAST_DAY: Date = date(2026, 6, 30);

/// Three reports of thirty units that stand directly under the province.
pub fn config() -> Config {
    let mut config = Config::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("config")).unwrap();
    config.reports.retain(|r| REPORTS.contains(&r.id.as_str()));
    config
        .reports
        .sort_by_key(|r| REPORTS.iter().position(|id| *id == r.id));
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
    config.settings.schedule.digest_at = Time::constant(23, 59, 0, 0);
    config.register.units.retain(|u| u.parent.is_none());
    for n in 0..UNITS {
        let mut unit = district.clone();
        unit.id = UnitId(format!("u{n}"));
        unit.emails = vec![format!("u{n}@a.example"), format!("u{n}@b.example")];
        unit.escalate_to = (n % 3 > 0).then(|| format!("chu-tich{n}@a.example"));
        unit.valid_to = ends(n).then_some(LAST_DAY);
        unit.successors = if n % 20 == 9 {
            vec![UnitId("u0".into())]
        } else {
            vec![]
        };
        config.register.units.push(unit);
    }
    config
}

fn ends(unit: usize) -> bool {
    unit % 10 == 9
}

/// What the model knows of one obligation.
struct Known {
    unit: usize,
    report: usize,
    period: PeriodId,
    /// As mails name it.
    called: String,
    opens: Date,
    wanted: Forms,
    /// The deadline of the calendar, what staff gave instead, and until when it was to be sent again at the latest.
    due: Timestamp,
    extended: Option<Timestamp>,
    again_until: Option<Timestamp>,
    /// What was sent, and counts.
    received: Vec<(usize, Forms)>,
    excused: bool,
    /// Since the deadline that holds now, reminders after it.
    late_mails: u32,
}

impl Known {
    fn settled(&self) -> bool {
        let sent = self
            .received
            .iter()
            .fold(Forms::NONE, |all, (_, f)| all.and(*f));
        self.excused || self.wanted.without(sent).is_empty()
    }

    fn due(&self) -> Timestamp {
        let due = self.extended.unwrap_or(self.due);
        self.again_until.map_or(due, |again| again.max(due))
    }

    /// Changes the deadline; another one begins anew.
    fn more_time(&mut self, change: impl FnOnce(&mut Known)) {
        let before = self.due();
        change(self);
        if self.due() != before {
            self.late_mails = 0;
        }
    }
}

/// How a mail fares that has come.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Reads {
    Well,
    /// Not at all, for some days.
    Badly,
    /// Staff have to say what it is; it names its reports, or none.
    Doubtfully {
        names: bool,
        suspicious: bool,
    },
    /// One of ours came back, for good, from its only address.
    CameBack {
        address: String,
        mail: i64,
        late: Vec<usize>,
    },
}

/// A mail in the mailbox.
struct Mail {
    unit: usize,
    received_at: Timestamp,
    reads: Reads,
    /// Which forms of which obligations.
    brings: Vec<(usize, Forms)>,
    uid: u32,
    row: Option<i64>,
    state: MessageState,
}

/// A change of the configuration that is not finished.
enum Unsettled {
    /// The unit or report is under a new id, and nobody has said so.
    Renamed {
        from: String,
    },
    /// It is not there; it comes back as it was.
    RemovedUnit(Box<Unit>),
    RemovedReport(Box<Report>),
}

/// What an unfinished change is about.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Subject {
    Unit(usize),
    Report(usize),
}

pub struct Year {
    trial: Trial,
    app: App,
    transport: Transport,
    post: Arc<Mutex<Post>>,
    runtime: tokio::runtime::Runtime,
    _folder: tempfile::TempDir,
    people: Vec<Chance>,
    faults: BTreeMap<Fault, Chance>,
    titles: Vec<String>,
    unit_ids: Vec<String>,
    report_ids: Vec<String>,
    known: Vec<Known>,
    places: BTreeMap<(usize, usize, String), usize>,
    mails: Vec<Mail>,
    /// Mails at a place that was not looked at yet.
    unseen: Vec<usize>,
    /// Mails that are not read or wait for staff.
    open: Vec<usize>,
    uidvalidity: u32,
    next_uid: u32,
    /// The last look that saw everything, and everything was read.
    looked: Option<Timestamp>,
    unreachable_until: Timestamp,
    unreadable_until: Timestamp,
    clock_off_until: Timestamp,
    clock_error: SignedDuration,
    change: Option<(Subject, Unsettled, Timestamp)>,
    /// Reports of which nothing was expected yet when another vanished.
    held_reports: BTreeSet<usize>,
    /// Units that were written to on a day of the machine.
    mailed: BTreeSet<(usize, Date)>,
    /// Units whose mail was not taken on a day, is in doubt, or may have been dropped as something changed.
    in_vain: BTreeSet<(usize, Date)>,
    addresses_lost: BTreeSet<String>,
    /// Mails to one address alone: which mail, and of which obligations after their deadline.
    sent_to: BTreeMap<String, (i64, Vec<usize>)>,
    letters: u32,
}

impl Year {
    pub fn new(trial: &Trial, config: &Config) -> Result<Year> {
        let start = instant(date(2026, 1, 1), Time::midnight());
        let mut config = config.clone();
        let lives = |u: &Unit| match u.id.0[1..].parse::<usize>() {
            Ok(n) => n == 0 || trial.units.contains(&n),
            Err(_) => true,
        };
        config.register.units.retain(lives);
        let memory = Path::new("/dev/shm");
        let folder = match memory.is_dir() {
            true => tempfile::tempdir_in(memory)?,
            false => tempfile::tempdir()?,
        };
        let post = Arc::new(Mutex::new(Post::new(trial)));
        let handed_over = Arc::clone(&post);
        Ok(Year {
            people: (0..UNITS)
                .map(|n| Chance::of(trial.seed, n as u64))
                .collect(),
            faults: trial
                .faults
                .iter()
                .map(|f| (*f, Chance::of(trial.seed, 1000 + *f as u64)))
                .collect(),
            titles: config.reports.iter().map(|r| r.title.clone()).collect(),
            unit_ids: (0..UNITS).map(|n| format!("u{n}")).collect(),
            report_ids: REPORTS.map(str::to_owned).to_vec(),
            app: App {
                store: Store::in_memory(start)?,
                archive: Archive::open(folder.path())?,
                reader: app::reader(&config, PathBuf::new(), None),
                verifier: None,
                config,
            },
            transport: Transport::Function(Box::new(move |parcel, begins| {
                handed_over.lock().expect("one thread").take(parcel, begins)
            })),
            post,
            runtime: tokio::runtime::Builder::new_current_thread().build()?,
            _folder: folder,
            trial: trial.clone(),
            known: Vec::new(),
            places: BTreeMap::new(),
            mails: Vec::new(),
            unseen: Vec::new(),
            open: Vec::new(),
            uidvalidity: 1,
            next_uid: 1,
            looked: None,
            unreachable_until: start,
            unreadable_until: start,
            clock_off_until: start,
            clock_error: SignedDuration::ZERO,
            change: None,
            held_reports: BTreeSet::new(),
            mailed: BTreeSet::new(),
            in_vain: BTreeSet::new(),
            addresses_lost: BTreeSet::new(),
            sent_to: BTreeMap::new(),
            letters: 0,
        })
    }

    /// Lives until the last day; gives how many letters reached somebody.
    pub fn live(mut self) -> Result<u32> {
        let mut day = date(2026, 1, 1);
        while day <= self.trial.until {
            for hour in [8, 15] {
                let now = instant(day, Time::constant(hour, 5, 0, 0));
                self.round(now).with_context(|| format!("on {day}"))?;
            }
            day = day.tomorrow()?;
        }
        self.nothing_is_lost()?;
        Ok(self.letters)
    }

    /// One in so many, for a kind of fault that this year has.
    fn strikes(&mut self, fault: Fault, n: u64) -> bool {
        self.faults.get_mut(&fault).is_some_and(|c| c.one_in(n))
    }

    fn lasts(&mut self, fault: Fault, least: i64, most: i64) -> i64 {
        self.faults
            .get_mut(&fault)
            .map_or(least, |c| c.between(least, most))
    }

    // ---- what the model knows ----

    fn works(&self, day: Date) -> bool {
        let weekend = matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday);
        let table = &self.app.config.calendar;
        if weekend {
            table.worked.contains(&day)
        } else {
            !table.days_off.contains(&day)
        }
    }

    fn in_working_hours(&self, at: Timestamp) -> bool {
        let at = at.to_zoned(zone());
        let hours = Time::constant(7, 30, 0, 0)..=Time::constant(17, 0, 0, 0);
        self.works(at.date()) && hours.contains(&at.time())
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
    fn learn(&mut self, now: Timestamp) -> Result<()> {
        plan::expect(&self.app, now)?;
        for o in self.app.store.obligations(Receipts::All)? {
            let unit = self.unit_ids.iter().position(|id| *id == o.unit.0);
            let report = self.report_ids.iter().position(|id| *id == o.report);
            let (Some(unit), Some(report)) = (unit, report) else {
                continue; // under an id that has vanished; it is known
            };
            let place = (unit, report, o.period.to_string());
            if self.places.contains_key(&place) {
                continue;
            }
            self.places.insert(place, self.known.len());
            self.known.push(Known {
                unit,
                report,
                called: format!("- {}, {}\n", self.titles[report], o.period.in_vietnamese()),
                period: o.period,
                opens: o.opens,
                wanted: o.forms,
                due: o.due,
                extended: None,
                again_until: None,
                received: Vec::new(),
                excused: false,
                late_mails: 0,
            });
        }
        Ok(())
    }

    /// The row of an obligation, under the ids that hold now.
    fn row(&self, k: usize, clock: Timestamp) -> Result<i64> {
        let o = &self.known[k];
        let unit = UnitId(self.unit_ids[o.unit].clone());
        let report = &self.report_ids[o.report];
        let row = plan::obligation_for(&self.app, &unit, report, &o.period, clock)?;
        row.with_context(|| format!("{unit} is not asked for {}", o.called.trim()))
    }

    /// Whether nobody has said what became of a unit or a report.
    fn is_unsettled(&self, o: &Known) -> bool {
        let changes = match self.change {
            Some((Subject::Unit(u), ..)) => u == o.unit,
            Some((Subject::Report(r), ..)) => r == o.report,
            None => false,
        };
        changes || self.held_reports.contains(&o.report)
    }

    /// Whether a mail of a unit is somewhere and nobody has looked at it, or decided on it.
    fn is_heard(&self, unit: usize) -> bool {
        let mut mails = self
            .open
            .iter()
            .chain(&self.unseen)
            .map(|m| &self.mails[*m]);
        mails.any(|m| {
            m.unit == unit && m.state != MessageState::Logged && m.state != MessageState::Ignored
        })
    }

    // ---- what people do ----

    fn people_act(&mut self, now: Timestamp, clock: Timestamp) -> Result<()> {
        for k in 0..self.known.len() {
            let o = &self.known[k];
            let unit = o.unit;
            let changing = self.is_unsettled(o);
            let gone = match &self.change {
                Some((_, Unsettled::Renamed { .. }, _)) | None => false,
                Some(_) => changing,
            };
            let (excused, days) = (o.excused, now.duration_since(o.due()).as_hours() / 24);
            // Most send around the deadline, some never do.
            let eager = if (-6..=25).contains(&days) { 18 } else { 600 };
            let sends = self.people[unit].one_in(eager);
            let forms = match self.people[unit].below(4) {
                0 => (true, false),
                1 => (false, true),
                _ => (true, true),
            };
            let how = self.people[unit].below(60);
            if sends && !gone {
                let forms = Forms {
                    signed_document: forms.0,
                    soft_file: forms.1,
                };
                self.report(k, forms, how, now);
            }
            let near = (-10..40).contains(&days);
            let (excuse, extend) = (self.people[unit].one_in(700), self.people[unit].one_in(500));
            if !near || changing {
                continue;
            }
            if excuse || extend {
                self.in_vain.insert((unit, date_of(clock)));
            }
            if excuse {
                self.known[k].excused |=
                    self.app.store.excuse(self.row(k, clock)?, "bão", clock)?;
            } else if extend && !excused {
                let due = now + (24 * self.people[unit].between(2, 13)).hours();
                self.app.store.extend(self.row(k, clock)?, due, clock)?;
                self.known[k].more_time(|o| o.extended = Some(due));
            }
        }
        for unit in self.trial.units.clone() {
            let (writes, suspicious) = (self.people[unit].one_in(150), self.people[unit].one_in(6));
            if writes && self.trial.faults.contains(&Fault::Waiting) {
                let reads = Reads::Doubtfully {
                    names: false,
                    suspicious,
                };
                self.post_to_us(unit, reads, vec![], now);
            }
            if self.strikes(Fault::Bounced, 1_000) {
                let address = format!("u{unit}@a.example");
                if let Some((mail, late)) = self.sent_to.remove(&address) {
                    self.post_to_us(
                        unit,
                        Reads::CameBack {
                            address,
                            mail,
                            late,
                        },
                        vec![],
                        now,
                    );
                }
            }
        }
        for m in self.open.clone() {
            self.decide(m, clock)?;
        }
        Ok(())
    }

    /// A unit sends a report, in a mail that is read well or, of sixty, some that are not.
    fn report(&mut self, k: usize, forms: Forms, how: u64, now: Timestamp) {
        let has = |fault| self.trial.faults.contains(&fault);
        let reads = match how {
            0..4 if has(Fault::Unreadable) => Reads::Badly,
            4..9 if has(Fault::Waiting) => Reads::Doubtfully {
                names: how < 7,
                suspicious: how == 4,
            },
            _ => Reads::Well,
        };
        let m = self.post_to_us(self.known[k].unit, reads, vec![(k, forms)], now);
        self.known[k].received.push((m, forms));
    }

    fn post_to_us(
        &mut self,
        unit: usize,
        reads: Reads,
        brings: Vec<(usize, Forms)>,
        now: Timestamp,
    ) -> usize {
        let m = self.mails.len();
        self.mails.push(Mail {
            unit,
            received_at: now,
            reads,
            brings,
            uid: self.next_uid,
            row: None,
            state: MessageState::Received,
        });
        self.next_uid += 1;
        self.unseen.push(m);
        self.in_vain.insert((unit, date_of(now + self.clock_error)));
        m
    }

    /// Staff decide on a mail after some days, and what could not be read is read at last.
    fn decide(&mut self, m: usize, clock: Timestamp) -> Result<()> {
        let (unit, row) = (
            self.mails[m].unit,
            self.mails[m].row.context("it was stored")?,
        );
        if self.mails[m].state != MessageState::Waiting || !self.people[unit].one_in(5) {
            return Ok(());
        }
        let mistaken = self.people[unit].one_in(10) && self.mails[m].reads != Reads::Badly;
        self.open.retain(|o| *o != m);
        self.in_vain.insert((unit, date_of(clock)));
        if self.mails[m].brings.is_empty() || mistaken {
            self.say(m, row, MessageState::Ignored)?;
            for (k, _) in self.mails[m].brings.clone() {
                self.known[k].received.retain(|(sent, _)| *sent != m);
            }
            return Ok(());
        }
        self.log(m, row, clock)
    }

    // ---- what befalls the machine ----

    fn faults_strike(&mut self, now: Timestamp, clock: Timestamp) -> Result<()> {
        if self.strikes(Fault::Unreachable, 40) {
            let hours = self.lasts(Fault::Unreachable, 1, 120);
            self.unreachable_until = now + hours.hours();
        }
        if self.strikes(Fault::ReadingFails, 60) {
            let hours = self.lasts(Fault::ReadingFails, 1, 72);
            self.unreadable_until = now + hours.hours();
        }
        if self.strikes(Fault::Paused, 50) {
            let hours = self.lasts(Fault::Paused, 1, 120);
            self.post.lock().expect("one thread").closed_until = now + hours.hours();
        }
        if self.strikes(Fault::Clock, 40) {
            let hours = self.lasts(Fault::Clock, 1, 72);
            self.clock_off_until = now + hours.hours();
            let minutes = match self.lasts(Fault::Clock, 0, 2) {
                0 => self.lasts(Fault::Clock, 60 * 25, 60 * 24 * 400),
                1 => self.lasts(Fault::Clock, -60 * 20, 60 * 20),
                _ => self.lasts(Fault::Clock, -50, 50),
            };
            self.clock_error = SignedDuration::from_mins(minutes);
            if self.lasts(Fault::Clock, 0, 1) == 0
                && self.trial.faults.contains(&Fault::Unreachable)
            {
                // The look that was dated ahead is the last one for a while.
                self.unreachable_until = now + 1.minute();
                let hours = self.lasts(Fault::Unreachable, 24, 120);
                self.unreachable_until =
                    self.unreachable_until.max(self.clock_off_until) + hours.hours();
            }
        }
        if self.strikes(Fault::Rewound, 60) {
            self.rewind();
        }
        if self.change.is_none() {
            self.configuration_changes(now, clock)?;
        } else if self
            .change
            .as_ref()
            .is_some_and(|(.., until)| now >= *until)
        {
            self.configuration_is_mended(clock)?;
        }
        Ok(())
    }

    /// The mailbox is restored from a copy: what came last is not there any more, everything else lies under other UIDs
    /// (or under those that others had), and so will what comes.
    fn rewind(&mut self) {
        if self.lasts(Fault::Rewound, 0, 1) == 0 {
            self.uidvalidity += 1;
        }
        let recent = self.mails.len().saturating_sub(30);
        self.next_uid = self.next_uid.saturating_sub(20).max(1);
        for m in recent..self.mails.len() {
            let bounce = matches!(self.mails[m].reads, Reads::CameBack { .. });
            if bounce || self.lasts(Fault::Rewound, 0, 4) == 0 && self.mails[m].row.is_some() {
                continue;
            }
            self.mails[m].uid = self.next_uid;
            self.next_uid += 1;
            if !self.unseen.contains(&m) {
                self.unseen.push(m);
            }
        }
    }

    fn configuration_changes(&mut self, now: Timestamp, clock: Timestamp) -> Result<()> {
        for fault in [Fault::Renamed, Fault::Removed] {
            if !self.strikes(fault, 60) {
                continue;
            }
            let until = now + self.lasts(fault, 10, 400).hours();
            let subject = match self.lasts(fault, 0, 2) {
                0 => Subject::Report(self.lasts(fault, 0, 2) as usize),
                _ => {
                    let units: Vec<usize> = self
                        .trial
                        .units
                        .iter()
                        .copied()
                        .filter(|u| *u > 0)
                        .collect();
                    if units.is_empty() {
                        continue;
                    }
                    Subject::Unit(units[self.lasts(fault, 0, units.len() as i64 - 1) as usize])
                }
            };
            // Nothing is known yet of a report that was never asked for.
            if let Subject::Report(r) = subject
                && !self.known.iter().any(|o| o.report == r)
            {
                continue;
            }
            let change = match (fault, subject) {
                (Fault::Removed, Subject::Unit(u)) => {
                    let units = &mut self.app.config.register.units;
                    let at = units.iter().position(|x| x.id.0 == self.unit_ids[u]);
                    Unsettled::RemovedUnit(Box::new(units.remove(at.context("it is there")?)))
                }
                (Fault::Removed, Subject::Report(r)) => {
                    let reports = &mut self.app.config.reports;
                    let at = reports.iter().position(|x| x.id == self.report_ids[r]);
                    Unsettled::RemovedReport(Box::new(reports.remove(at.context("it is there")?)))
                }
                _ => Unsettled::Renamed {
                    from: self.rename(subject),
                },
            };
            let at_once =
                matches!(change, Unsettled::Renamed { .. }) && self.lasts(fault, 0, 1) == 0;
            if matches!(subject, Subject::Report(_)) && !at_once {
                self.held_reports = (0..REPORTS.len())
                    .filter(|r| !self.known.iter().any(|o| o.report == *r))
                    .collect();
            }
            self.change = Some((subject, change, until));
            if at_once {
                return self.configuration_is_mended(clock);
            }
            identity::settle(&self.app.config, &self.app.store, clock)?;
            return self.learn(clock);
        }
        Ok(())
    }

    /// Gives a unit or a report a new id; gives the old one.
    fn rename(&mut self, subject: Subject) -> String {
        let config = &mut self.app.config;
        let id = match subject {
            Subject::Unit(u) => &mut self.unit_ids[u],
            Subject::Report(r) => &mut self.report_ids[r],
        };
        let old = std::mem::replace(id, format!("{id}x"));
        let units = config.register.units.iter_mut().map(|u| &mut u.id.0);
        let reports = config.reports.iter_mut().map(|r| &mut r.id);
        let configured = match subject {
            Subject::Unit(_) => units.filter(|id| **id == old).last(),
            Subject::Report(_) => reports.filter(|id| **id == old).last(),
        };
        if let Some(configured) = configured {
            configured.clone_from(id);
        }
        old
    }

    fn configuration_is_mended(&mut self, clock: Timestamp) -> Result<()> {
        let Some((subject, change, _)) = self.change.take() else {
            return Ok(());
        };
        self.held_reports.clear();
        let config = &mut self.app.config;
        match (change, subject) {
            (Unsettled::RemovedUnit(unit), _) => config.register.units.push(*unit),
            (Unsettled::RemovedReport(report), _) => config.reports.push(*report),
            (Unsettled::Renamed { from }, Subject::Unit(u)) => {
                let mut units = config.register.units.iter_mut();
                let unit = units.find(|x| x.id.0 == self.unit_ids[u]);
                unit.context("it is there")?.renamed.push(UnitId(from));
            }
            (Unsettled::Renamed { from }, Subject::Report(r)) => {
                let mut reports = config.reports.iter_mut();
                let report = reports.find(|x| x.id == self.report_ids[r]);
                report.context("it is there")?.renamed.push(from);
            }
        }
        identity::settle(&self.app.config, &self.app.store, clock)?;
        self.learn(clock)
    }

    // ---- the three passes ----

    fn round(&mut self, mut now: Timestamp) -> Result<()> {
        if now >= self.clock_off_until {
            self.clock_error = SignedDuration::ZERO;
        }
        self.faults_strike(now, now + self.clock_error)?;
        let mut clock = now + self.clock_error;
        let doubted = self.clock_is_watched(clock)?;
        self.people_act(now, clock)?;
        let reachable = now >= self.unreachable_until;
        if reachable {
            self.settle_doubts(clock)?;
            self.look(now, clock)?;
        }
        self.plan(clock)?;
        let long = self.strikes(Fault::LongRound, 12);
        let seconds = match long {
            true => self.lasts(Fault::LongRound, 61, 900),
            false => 30,
        };
        now += seconds.seconds();
        clock += seconds.seconds();
        if long {
            self.people_act(now, clock)?;
        }
        let sent = self.send(now, clock)?;
        if sent.look_first && reachable {
            self.look(now, clock)?;
            self.plan(clock)?;
            self.send(now, clock)?;
        }
        let looked = self
            .looked
            .is_some_and(|at| now.duration_since(at) <= FRESH);
        let paused = now < self.post.lock().expect("one thread").halted_at + LONGEST_PAUSE;
        // What was put off by a clock that was ahead waits until that hour has come.
        let put_off = now < self.clock_off_until + SignedDuration::from_hours(24);
        if looked && !paused && !doubted && !put_off {
            self.nobody_is_forgotten(clock)?;
        }
        if date_of(clock).weekday() == Weekday::Thursday && self.clock_error.is_zero() {
            self.what_waits_is_not_late(clock)?;
        }
        Ok(())
    }

    /// The second pass. What is expected takes long to tell, and changes on few days only.
    fn plan(&mut self, clock: Timestamp) -> Result<()> {
        let day = date_of(clock);
        if [1, 15, 16].contains(&day.day())
            || day == TRUNG_THU
            || self.app.store.clock_is_doubted()?
        {
            plan::pass(&self.app, clock)?;
            return self.learn(clock);
        }
        plan::owe_reminders(&self.app.config, &self.app.store, clock)
    }

    /// Whether the clock is known to be wrong: where it is more than a day ahead, the mails of the server tell.
    fn clock_is_watched(&self, clock: Timestamp) -> Result<bool> {
        let store = &self.app.store;
        let doubted = self.clock_error > SignedDuration::from_hours(24);
        if doubted {
            store.failed(Part::Clock, clock, "ahead")?;
        } else {
            store.succeeded(Part::Clock, clock)?;
            store.undo_moments_ahead(clock)?;
        }
        Ok(doubted)
    }

    /// Takes what lies in the mailbox, as the first pass does.
    fn look(&mut self, now: Timestamp, clock: Timestamp) -> Result<()> {
        for m in std::mem::take(&mut self.unseen) {
            let mail = &self.mails[m];
            if let Reads::CameBack {
                address,
                mail,
                late,
            } = mail.reads.clone()
            {
                let (hard, at) = (BounceKind::Hard, self.mails[m].received_at);
                let store = &self.app.store;
                store.record_bounce(&address, hard, Some("5.1.1"), mail, at)?;
                self.addresses_lost.insert(address);
                for k in late {
                    let o = &mut self.known[k];
                    o.late_mails = o.late_mails.saturating_sub(1);
                }
                continue;
            }
            let (size, gm) = (100 + m as u64, m as u64);
            let place = Place {
                account: "a".into(),
                folder: "INBOX".into(),
                uidvalidity: self.uidvalidity,
                uid: mail.uid.to_string(),
            };
            // One server tells by a number of its own which mails are the same.
            let known = self
                .app
                .store
                .message_of_gmail(gm, size, mail.received_at)?;
            let row = match known.filter(|_| self.trial.seed.is_multiple_of(2)) {
                Some(row) => {
                    self.app
                        .store
                        .add_location(&place, row, Some(mail.received_at))?;
                    row
                }
                None => {
                    let arrived = Arrived {
                        place,
                        sha256: Some(format!("content {m}")),
                        size,
                        received_at: mail.received_at,
                        gm_msgid: Some(gm),
                    };
                    self.app.store.record_arrival(&arrived, clock)?
                }
            };
            match mail.row {
                Some(before) => {
                    ensure!(
                        before == row,
                        "mail {m} is another one after the mailbox was restored"
                    );
                    let state = self.app.store.message(row)?.context("it is gone")?.state;
                    ensure!(
                        state == mail.state,
                        "mail {m} was {:?} and is {state:?}",
                        mail.state
                    );
                }
                None => {
                    self.mails[m].row = Some(row);
                    self.open.push(m);
                }
            }
        }
        let whole = now >= self.unreadable_until;
        if whole {
            self.read(clock)?;
            ensure!(self.app.store.unread_count()? == 0, "a mail was not read");
        }
        if self.app.store.unread_count()? == 0 {
            self.app.store.succeeded(Part::Mailbox, clock)?;
            self.looked = Some(now);
        }
        Ok(())
    }

    fn read(&mut self, clock: Timestamp) -> Result<()> {
        for m in self.open.clone() {
            let mail = &self.mails[m];
            if mail.state != MessageState::Received {
                continue;
            }
            let row = mail.row.context("it was stored")?;
            match mail.reads.clone() {
                Reads::Well => {
                    self.open.retain(|o| *o != m);
                    self.log(m, row, clock)?;
                }
                Reads::Badly | Reads::CameBack { .. } => self.say(m, row, MessageState::Waiting)?,
                Reads::Doubtfully { names, suspicious } => {
                    let brings = mail.brings.iter().map(|(k, _)| &self.known[*k]);
                    let reports =
                        brings.map(|o| (self.report_ids[o.report].clone(), o.period.clone()));
                    let reports = if names { reports.collect() } else { vec![] };
                    let awaited = Awaited {
                        reports,
                        suspicious,
                    };
                    self.say(m, row, MessageState::Waiting)?;
                    self.app.store.set_awaited(row, &awaited)?;
                }
            }
        }
        Ok(())
    }

    fn say(&mut self, m: usize, row: i64, state: MessageState) -> Result<()> {
        self.mails[m].state = state;
        let unit = UnitId(self.unit_ids[self.mails[m].unit].clone());
        let certain = state == MessageState::Logged;
        let verdict = Verdict {
            state,
            unit: certain.then(|| unit.clone()),
            candidates: if certain { vec![] } else { vec![unit] },
            why: vec![],
        };
        // Of the unit's own address, and verified.
        let hold = Hold {
            unit: Some(UnitId(self.unit_ids[self.mails[m].unit].clone())),
            ground: Ground::Address,
            until: None,
        };
        self.app.store.set_holds(row, &[hold])?;
        self.app.store.set_verdict(row, &verdict)
    }

    fn log(&mut self, m: usize, row: i64, clock: Timestamp) -> Result<()> {
        self.say(m, row, MessageState::Logged)?;
        for (k, forms) in self.mails[m].brings.clone() {
            let submission = NewSubmission {
                obligation: self.row(k, clock)?,
                message: Some(row),
                received_at: self.mails[m].received_at,
                forms,
                nil_return: false,
                number: None,
                files: vec![],
            };
            let submission = self.app.store.log_submission(&submission, clock)?;
            let unit = self.known[k].unit;
            // Sent back at once: it does not count, and there is a new deadline.
            let first = self.known[k].received.iter().all(|(sent, _)| *sent == m);
            if self.people[unit].one_in(12) && first {
                let due = clock + (24 * 7).hours();
                let store = &self.app.store;
                store.send_back(submission, "thiếu số liệu", due, clock)?;
                self.known[k].received.clear();
                self.known[k].more_time(|o| o.again_until = o.again_until.max(Some(due)));
            }
        }
        Ok(())
    }

    /// What became of mails whose answer was lost is found among the sent ones.
    fn settle_doubts(&mut self, clock: Timestamp) -> Result<()> {
        let doubts = std::mem::take(&mut self.post.lock().expect("one thread").in_doubt);
        for (mail, arrived) in doubts {
            let store = &self.app.store;
            match arrived {
                true => store.end_sending(mail, OutgoingState::Sent, None, clock)?,
                false => store.try_again(mail, clock, "it is not among the sent mails")?,
            }
        }
        Ok(())
    }

    fn send(&mut self, now: Timestamp, clock: Timestamp) -> Result<send::Sent> {
        self.post.lock().expect("one thread").now = now;
        let mut mailbox = None;
        let pass = send::pass(
            &self.app,
            &mut self.transport,
            &mut mailbox,
            Clock::Fixed(clock),
            &|| false,
        );
        let sent = self.runtime.block_on(pass)?;
        let letters = std::mem::take(&mut self.post.lock().expect("one thread").letters);
        for letter in letters {
            self.look_at(&letter, now, clock)?;
        }
        Ok(sent)
    }

    // ---- what has to hold ----

    /// A mail was handed over.
    fn look_at(&mut self, letter: &Letter, now: Timestamp, clock: Timestamp) -> Result<()> {
        let (unit, day) = (letter.unit, date_of(clock));
        ensure!(self.in_working_hours(clock), "a mail at {clock}");
        let fresh = self
            .looked
            .is_some_and(|at| now.duration_since(at) <= FRESH);
        ensure!(
            fresh,
            "u{unit} is reminded at {now}; the mailbox was last looked through at {:?}",
            self.looked
        );
        ensure!(
            !self.is_heard(unit),
            "u{unit} is reminded while a mail of it waits"
        );
        for address in &letter.to {
            ensure!(
                !self.addresses_lost.contains(address),
                "u{unit}: {address} does not work"
            );
        }
        let mut named = 0;
        let mut late = Vec::new();
        for (k, o) in self
            .known
            .iter()
            .enumerate()
            .filter(|(_, o)| o.unit == unit)
        {
            if !letter.text.contains(&o.called) {
                continue;
            }
            named += 1;
            let called = o.called.trim();
            ensure!(!o.settled(), "u{unit} is asked for what it sent: {called}");
            ensure!(o.opens <= day, "u{unit}: not open yet: {called}");
            ensure!(!self.is_unsettled(o), "u{unit}: not configured: {called}");
            if clock > o.due() {
                late.push(k);
            }
        }
        ensure!(
            named > 0,
            "a mail to u{unit} about nothing:\n{}",
            letter.text
        );
        match letter.end {
            End::Arrived => {
                ensure!(
                    self.mailed.insert((unit, day)),
                    "u{unit} got two mails on {day}"
                );
                self.letters += 1;
                for k in &late {
                    self.known[*k].late_mails += 1;
                }
                if let [only] = letter.to.as_slice() {
                    self.sent_to.insert(only.clone(), (letter.mail, late));
                }
            }
            End::NotTaken => {
                self.in_vain.insert((unit, day));
            }
            End::NoSuchAddress => {
                self.in_vain.insert((unit, day));
                self.addresses_lost.extend(letter.to.first().cloned());
            }
        }
        Ok(())
    }

    /// After a round in which nothing stood in the way nobody is late and was not told, who could be.
    fn nobody_is_forgotten(&self, clock: Timestamp) -> Result<()> {
        if !self.in_working_hours(clock) {
            return Ok(());
        }
        let day = date_of(clock);
        for o in &self.known {
            let unit = o.unit;
            let gone = ends(unit) && day > LAST_DAY && unit % 20 != 9;
            let today = (unit, day);
            let told = self.mailed.contains(&today) || self.in_vain.contains(&today);
            if o.settled() || gone || told || self.is_heard(unit) || self.is_unsettled(o) {
                continue;
            }
            let late = self.working_day_between(date_of(o.due()), day);
            ensure!(
                !late || o.late_mails > 0,
                "u{unit} is late and was not reminded: {}, due {}",
                o.called.trim(),
                o.due()
            );
        }
        Ok(())
    }

    /// What waits for staff is shown so, and nothing else is; nor is anybody late before his time is over.
    fn what_waits_is_not_late(&self, clock: Timestamp) -> Result<()> {
        let view = View::at(clock, &self.app.config, &self.app.store)?;
        for o in self.app.store.obligations(Receipts::All)? {
            let Some(k) = self.known_as(&o) else {
                continue;
            };
            let known = &self.known[k];
            if self.is_unsettled(known) {
                continue; // what came under one id is not yet known under the other
            }
            let counts = |m: &&(usize, Forms)| self.mails[m.0].state == MessageState::Logged;
            let logged = known.received.iter().filter(counts);
            let logged = logged.fold(Forms::NONE, |all, (_, forms)| all.and(*forms));
            let settled = known.excused || known.wanted.without(logged).is_empty();
            let waits = self.open.iter().map(|m| &self.mails[*m]).any(|m| {
                let speaks = match m.reads {
                    Reads::Badly => true,
                    Reads::Doubtfully { names, .. } => {
                        !names || m.brings.iter().any(|(of, _)| *of == k)
                    }
                    Reads::Well | Reads::CameBack { .. } => false,
                };
                let verified = !matches!(
                    m.reads,
                    Reads::Doubtfully {
                        suspicious: true,
                        ..
                    }
                );
                m.unit == known.unit && m.state == MessageState::Waiting && speaks && verified
            });
            let (state, called) = (view.state(&o), known.called.trim());
            ensure!(
                matches!(state, State::Waiting(_)) == (waits && !settled),
                "u{} is shown as {state:?} at {clock}: {called}",
                known.unit
            );
            let after = matches!(state, State::Overdue | State::Closed);
            ensure!(
                !after || clock > known.due(),
                "{called} has time until {}",
                known.due()
            );
        }
        Ok(())
    }

    /// What the model calls an obligation of the store.
    fn known_as(&self, o: &Obligation) -> Option<usize> {
        let unit = self.unit_ids.iter().position(|id| *id == o.unit.0)?;
        let report = self.report_ids.iter().position(|id| *id == o.report)?;
        self.places
            .get(&(unit, report, o.period.to_string()))
            .copied()
    }

    /// At the end the store knows what was sent, each mail once.
    fn nothing_is_lost(&self) -> Result<()> {
        let store = &self.app.store;
        let came = self.mails.iter().filter(|m| m.row.is_some()).count();
        let stored = store.stored_between(Timestamp::MIN, Timestamp::MAX)?.len();
        ensure!(came == stored, "{came} mails came, {stored} are stored");
        for o in store.obligations(Receipts::All)? {
            let Some(k) = self.known_as(&o) else {
                continue; // under an id that has vanished
            };
            let known = &self.known[k];
            let logged = |m: usize| self.mails[m].state == MessageState::Logged;
            let counted = known.received.iter().filter(|(m, _)| logged(*m));
            let counted = counted.fold(Forms::NONE, |all, (_, f)| all.and(*f));
            let renamed = self.change.is_some();
            ensure!(
                o.received() == counted || renamed,
                "u{}: {} is {:?} in the store and was {counted:?}",
                known.unit,
                known.called.trim(),
                o.received()
            );
        }
        Ok(())
    }
}
