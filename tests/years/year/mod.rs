//! A year of units, staff and faults, beside what the program makes of it. Everything that is checked rests on the model's
//! own facts: who has sent what, which mails lie where, what was taken of what left.

mod checks;
mod machine;
mod passes;
mod people;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use anyhow::{Context, Result, ensure};
use jiff::civil::{Date, Time, Weekday, date};
use jiff::{SignedDuration, Timestamp, ToSpan};
use thubaocao::app::{self, App};
use thubaocao::archive::{Archive, Folder};
use thubaocao::clock::Clock;
use thubaocao::config::Config;
use thubaocao::domain::obligation::{Obligation, State};
use thubaocao::domain::period::PeriodId;
use thubaocao::domain::reminder::Escalation;
use thubaocao::domain::report::{Forms, Report};
use thubaocao::domain::row::{MessageId, ObligationId, OutboxId};
use thubaocao::domain::unit::{Unit, UnitId};
use thubaocao::domain::{date_of, instant, zone};
use thubaocao::ground::Sha256;
use thubaocao::reading::BounceKind;
use thubaocao::standing::View;
use thubaocao::store::{
    Arrived, Awaited, Ground, Hold, MessageState, NewSubmission, OutgoingState, Part, Place,
    Receipts, Store, Verdict,
};
use thubaocao::transport::Transport;
use thubaocao::{expected, identity, plan, send};

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
/// So long a suspicious mail holds the reminders of the unit that it names.
const PATIENCE: SignedDuration = SignedDuration::from_hours(5 * 24);
/// So long after that no other holds them that nobody has waited for.
const NO_PATIENCE: SignedDuration = SignedDuration::from_hours(30 * 24);
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
        // Nobody of staff says a word in these years.
        report.steps.escalation = Escalation::Automatic;
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
        unit.name = name(n);
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

fn name(unit: usize) -> String {
    format!("Đơn vị {unit}")
}

/// Who reads the letters to a unit on a day: itself and, after its end, its successor.
fn reader(unit: usize, day: Date) -> usize {
    let succeeded = unit % 20 == 9 && day > LAST_DAY;
    if succeeded { 0 } else { unit }
}

/// Who may write for a unit on a day: itself and, after its end, its successor.
fn speakers(unit: usize, clock: Timestamp) -> impl Iterator<Item = usize> {
    let heir = unit % 20 == 9 && date_of(clock) > LAST_DAY;
    [Some(unit), heir.then_some(0)].into_iter().flatten()
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
        mail: OutboxId,
        /// After which deadlines of what.
        late: Vec<(usize, Timestamp)>,
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
    row: Option<MessageId>,
    state: MessageState,
    /// When it came into that state, by the clock of the machine.
    decided_at: Timestamp,
    /// When it was stored, and when it began to wait, by the clock of the machine.
    stored_at: Timestamp,
    waits_since: Timestamp,
}

impl Mail {
    fn is_suspicious_and_waits(&self) -> bool {
        self.state == MessageState::Waiting && self.is_suspicious()
    }

    fn is_suspicious(&self) -> bool {
        let suspicious = Reads::Doubtfully {
            names: false,
            suspicious: true,
        };
        let naming = Reads::Doubtfully {
            names: true,
            suspicious: true,
        };
        self.reads == suspicious || self.reads == naming
    }
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
    /// By whom letters were read, and on which days.
    read: BTreeSet<(usize, Date)>,
    /// On which days letters to an address came back; after two of them it is lost.
    came_back_on: BTreeMap<String, BTreeSet<Date>>,
    addresses_lost: BTreeSet<String>,
    /// Mails to one address alone: which mail, and of which obligations after their deadline.
    sent_to: BTreeMap<String, (OutboxId, Vec<(usize, Timestamp)>)>,
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
        let reader = app::reader(&config, PathBuf::new(), None);
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
            app: App::of(
                config,
                Store::in_memory(start)?,
                Archive::Folder(Folder::open(folder.path())?),
                reader,
                None,
            ),
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
            read: BTreeSet::new(),
            came_back_on: BTreeMap::new(),
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
        expected::expect(&self.app.config, &self.app.store, now)?;
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
    fn row(&self, k: usize, clock: Timestamp) -> Result<ObligationId> {
        let o = &self.known[k];
        self.row_if_any(o, clock)?
            .with_context(|| format!("u{} is not asked for {}", o.unit, o.called.trim()))
    }

    fn row_if_any(&self, o: &Known, clock: Timestamp) -> Result<Option<ObligationId>> {
        let unit = UnitId(self.unit_ids[o.unit].clone());
        let report = &self.report_ids[o.report];
        expected::obligation_for(
            &self.app.config,
            &self.app.store,
            &unit,
            report,
            &o.period,
            clock,
        )
    }

    /// Whether everything that a mail brings is asked for under the ids that hold now. Under an id that is new to it the
    /// program expects nothing while the clock is doubted.
    fn is_asked_for(&self, m: usize, clock: Timestamp) -> Result<bool> {
        for (k, _) in &self.mails[m].brings {
            let o = &self.known[*k];
            if self.is_unsettled(o) && self.row_if_any(o, clock)?.is_none() {
                return Ok(false);
            }
        }
        Ok(true)
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

    /// Whether a mail of a unit, or of the one that stands for it, is somewhere and nobody has looked at it, or decided on
    /// it. What is suspicious is waited for some days only.
    fn is_heard(&self, unit: usize, clock: Timestamp) -> bool {
        speakers(unit, clock).any(|unit| {
            let mails = self.open.iter().chain(&self.unseen);
            let mut mails = mails
                .map(|m| &self.mails[*m])
                .filter(|m| m.unit == unit)
                .filter(|m| !matches!(m.state, MessageState::Logged | MessageState::Ignored));
            mails.any(|m| !m.is_suspicious_and_waits() || clock < self.patience_ends(m))
        })
    }

    /// Whether a suspicious mail of a unit waits.
    fn is_doubted(&self, unit: usize) -> bool {
        let mut open = self.open.iter().map(|m| &self.mails[*m]);
        open.any(|m| m.unit == unit && m.is_suspicious_and_waits())
    }

    /// When a suspicious mail that waits ends to hold the reminders of its unit: with the first of those that came
    /// within a month after the end of one another's first, or while one waited, also where staff have put that aside.
    fn patience_ends(&self, of: &Mail) -> Timestamp {
        let counts = |m: &&Mail| {
            let waits = m.state == MessageState::Waiting;
            m.unit == of.unit && m.is_suspicious() && (waits || m.state == MessageState::Ignored)
        };
        let mut mails: Vec<&Mail> = self.mails.iter().filter(counts).collect();
        mails.sort_by_key(|m| m.waits_since);
        let (mut end, mut waits) = (None::<Timestamp>, false);
        for mail in mails {
            if !waits {
                end = end.filter(|end| mail.stored_at < *end + NO_PATIENCE);
            }
            let end = *end.get_or_insert(mail.waits_since + PATIENCE);
            if std::ptr::eq(mail, of) {
                return end;
            }
            waits |= mail.state == MessageState::Waiting;
        }
        of.waits_since + PATIENCE
    }
}
