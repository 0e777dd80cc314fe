//! What commands and rounds cost after years, by the number of units: `cargo bench --bench growth`.
//!
//! `THUBAOCAO_GROWTH="50 500 5000"` names the numbers of units. The store holds four years in which nearly every unit
//! reported, each report with its mail, its acknowledgement and its reminders; it is written once, by the functions that
//! write it in use, into the target folder. Processor seconds are the firm figures; memory is the peak of the process.
//! Where the store was written by the same run, no peak of a command is less than that of the writing: ask once more.
#![allow(clippy::print_stdout, reason = "a measurement is printed")]

use std::cell::Cell;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use jiff::civil::date;
use jiff::{SignedDuration, Timestamp, ToSpan};
use thubaocao::clock::Clock;
use thubaocao::config::Config;
use thubaocao::daemon::Service;
use thubaocao::domain::obligation::Obligation;
use thubaocao::domain::owed::{Kind, Owed};
use thubaocao::domain::reminder::Urgency;
use thubaocao::domain::row::{MessageId, ObligationId, OutboxId};
use thubaocao::domain::{date_of, instant};
use thubaocao::ground::Sha256;
use thubaocao::reading::{Reading, ReadingSettings, read};
use thubaocao::store::{
    Arrived, MessageState, NewMail, NewSubmission, OutgoingState, Part, Place, Store, Verdict,
};
use thubaocao::writing::Draft;
use thubaocao::{expected, plan};

/// Up to then everything has come that came.
const UNTIL: &str = "2027-12-02T12:00:00+07:00";
/// Nothing is owed but a digest.
const QUIET: &str = "2027-12-02T12:10:00+07:00";
/// A morning on which every unit is reminded, five working days before a deadline of all.
const BUSY: &str = "2027-12-03T07:40:00+07:00";

fn days(n: i64) -> SignedDuration {
    SignedDuration::from_hours(24 * n)
}

fn at(text: &str) -> Timestamp {
    text.parse().expect("a moment")
}

/// An installation with so many units, as it is after four years.
struct Grown {
    folder: PathBuf,
}

impl Grown {
    fn config(&self) -> PathBuf {
        self.folder.join("config")
    }

    fn loaded(&self) -> Config {
        Config::load(&self.config()).unwrap_or_else(|faults| panic!("{faults:?}"))
    }

    /// The installation, written where it is not there yet.
    fn with(units: u32) -> Grown {
        let name = format!("growth-{units}");
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let whole = folder.join("whole");
        let grown = Grown { folder };
        if !whole.exists() {
            let begun = Instant::now();
            fs::remove_dir_all(&grown.folder).ok();
            grown.write_config(units);
            grown.live();
            fs::write(&whole, "").expect("a file");
            println!("{units} units: written in {:.0?}", begun.elapsed());
        }
        // As a newer program finds it after its first round.
        let (config, until) = (grown.loaded(), at(UNTIL));
        let store = Store::open(&config.settings.data, until).expect("a store");
        expected::expect(&config, &store, until).expect("the store takes it");
        grown
    }

    fn write_config(&self, units: u32) {
        let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("config");
        fs::create_dir_all(self.config()).expect("a folder");
        for file in ["reports.toml", "holidays.toml", "words.toml"] {
            fs::copy(sample.join(file), self.config().join(file)).expect("the sample");
        }
        let settings = fs::read_to_string(sample.join("thubaocao.toml")).expect("the sample");
        let settings = settings
            .replace("since = \"2026-01-01\"", "since = \"2024-01-01\"")
            .replace("daily_mails = 300 ", "daily_mails = 100000 ");
        fs::write(self.config().join("thubaocao.toml"), settings).expect("a file");
        let mut rows = String::from(
            "id,name,short_name,kind,parent,emails,escalate_to,aliases,valid_from,valid_to,successor\n\
             tinh,Liên đoàn Lao động tỉnh,LĐLĐ tỉnh,provincial,,tinh@lon.example,,,2020-01-01,,\n",
        );
        for n in 0..units {
            writeln!(
                rows,
                "don-vi-{n},Liên đoàn Lao động huyện số {n},LĐLĐ huyện {n},district,tinh,dv{n}@lon.example,ct{n}@lon.example,,2020-01-01,,"
            )
            .expect("a text takes all");
        }
        fs::write(self.config().join("units.csv"), rows).expect("a file");
    }

    /// Lives through the years.
    fn live(&self) {
        let config = self.loaded();
        let from = instant(date(2024, 1, 1), config.settings.schedule.work_hours.0);
        let store = Store::open(&config.settings.data, from).expect("a store");
        let until = at(UNTIL);
        let reading = usual_reading();
        let by_unit = {
            let mut all = expected::obligations(&config, until);
            all.sort_by(|a, b| a.unit.cmp(&b.unit));
            all
        };
        for (n, of_unit) in by_unit.chunk_by(|a, b| a.unit == b.unit).enumerate() {
            store
                .transaction(|s| {
                    for (k, o) in of_unit.iter().enumerate() {
                        s.expect(o)?;
                        if o.due < until {
                            let row = Row {
                                s,
                                o,
                                reading: &reading,
                                apart: days(k as i64 % 7),
                            };
                            row.happens((n * 7 + k * 13) % 100)?;
                        }
                    }
                    Ok(())
                })
                .expect("the store takes it");
        }
        for day in (0..).map(|n| date(2024, 1, 2).saturating_add(n.days())) {
            let morning = instant(day, config.settings.schedule.digest_at);
            if morning > until {
                break;
            }
            let since = morning - days(1);
            store.record_digest(day, since, morning).expect("a digest");
        }
        for part in [Part::Mailbox, Part::Damage, Part::Reading] {
            store.succeeded(part, until).expect("a row");
        }
    }
}

/// What a usual mail with a document and its signed form is read as.
fn usual_reading() -> Reading {
    let mail = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mails/docx-and-signed-pdf.eml");
    let settings = ReadingSettings {
        without_programs: true,
        ..ReadingSettings::default()
    };
    let mail = fs::read(mail).expect("a mail of the tests");
    read(&mail, &settings, &mut |_| Ok(())).expect("nothing is kept")
}

/// An obligation in the store, of which something is to become.
struct Row<'a> {
    s: &'a Store,
    o: &'a Obligation,
    reading: &'a Reading,
    /// By so much its reminders are later than their days, so that each is a mail of its own.
    apart: SignedDuration,
}

impl Row<'_> {
    /// Of a hundred: eighty-five come in time, six late, five in part, four never.
    fn happens(&self, lot: usize) -> anyhow::Result<()> {
        let due = self.o.due;
        match lot {
            0..85 => self.comes(due - days(1 + lot as i64 % 9), true),
            85..91 => {
                self.is_reminded(Urgency::Late, 1, due + days(1))?;
                self.comes(due + days(3), true)
            }
            _ => {
                if lot < 96 {
                    self.comes(due - days(2), false)?;
                }
                for n in 1..=3 {
                    self.is_reminded(Urgency::Late, n, due + days(7 * n - 6))?;
                }
                self.is_reminded(Urgency::Escalation, 0, due + days(22))
            }
        }
    }

    fn id(&self) -> anyhow::Result<ObligationId> {
        let id = self
            .s
            .obligation_id(&self.o.unit, &self.o.report, &self.o.period)?;
        Ok(id.expect("it was just stored"))
    }

    fn comes(&self, at: Timestamp, whole: bool) -> anyhow::Result<()> {
        let (s, o) = (self.s, self.o);
        let name = format!("{}-{}-{}", o.unit, o.report, o.period);
        let sha256 = Sha256::of(name.as_bytes());
        let place = Place {
            account: "ban@lon.example".into(),
            folder: "INBOX".into(),
            uidvalidity: 1,
            uid: name.clone(),
        };
        let arrived = Arrived {
            place,
            sha256: Some(sha256),
            size: 380_000,
            received_at: at,
            gm_msgid: None,
        };
        let id = s.record_arrival(&arrived, at)?;
        let mut reading = self.reading.clone();
        reading.message_id = Some(format!("{name}@lon.example"));
        s.set_reading(id, &reading)?;
        s.set_kept(id)?;
        s.set_verdict(
            id,
            &Verdict {
                state: MessageState::Logged,
                unit: Some(o.unit.clone()),
                candidates: vec![],
                why: vec![],
            },
        )?;
        let mut forms = o.forms;
        forms.signed_document &= whole || !forms.soft_file;
        let new = NewSubmission {
            obligation: self.id()?,
            message: Some(id),
            received_at: at,
            forms,
            nil_return: false,
            number: Some("57/BC-LĐLĐ".into()),
            files: vec![0],
        };
        s.log_submission(&new, at)?;
        let owed = Owed::Acknowledgement(id);
        self.leaves(owed, Some(id), at + SignedDuration::from_secs(60))
            .map(|_| ())
    }

    /// Is reminded for the n-th time.
    fn is_reminded(&self, urgency: Urgency, n: i64, at: Timestamp) -> anyhow::Result<()> {
        let (unit, at) = (self.o.unit.clone(), at + self.apart);
        let day = date_of(at);
        let owed = Owed::Reminder { unit, day, urgency };
        let Some(mail) = self.leaves(owed, None, at)? else {
            return Ok(());
        };
        let step = match urgency {
            Urgency::Escalation => "escalation".to_owned(),
            _ => format!("late-{n}"),
        };
        let step = step.parse().expect("a step");
        let steps = [(self.id()?, self.o.due, step)];
        self.s.carry(mail, Kind::Reminder(urgency), &steps)
    }

    /// A mail of ours that was sent; its row, if it is new.
    fn leaves(
        &self,
        owed: Owed,
        message: Option<MessageId>,
        at: Timestamp,
    ) -> anyhow::Result<Option<OutboxId>> {
        let kind = owed.kind();
        let unit = Some(self.o.unit.clone());
        let Some(mail) = self.s.owe(
            &NewMail {
                owed,
                unit,
                message,
            },
            at,
        )?
        else {
            return Ok(None);
        };
        let draft = Draft {
            kind,
            to: vec![format!("{}@lon.example", self.o.unit)],
            cc: vec![],
            subject: "Đã nhận báo cáo".into(),
            text: String::new(),
            html: String::new(),
            thread: vec![],
            enclosures: vec![],
        };
        self.s.address(mail, &draft)?;
        let message_id = format!("thubaocao.{mail}@lon.example");
        self.s.start_sending(mail, &message_id, None, at)?;
        self.s.end_sending(mail, OutgoingState::Sent, None, at)?;
        Ok(Some(mail))
    }
}

/// What something took.
struct Cost {
    wall: Duration,
    processor: Duration,
    /// Bytes.
    peak: i64,
}

impl Cost {
    fn tell(&self, what: &str) {
        let (wall, processor) = (self.wall.as_secs_f64(), self.processor.as_secs_f64());
        let peak = self.peak / 1_000_000;
        println!("  {what:<34} {wall:>8.3} s wall {processor:>8.3} s CPU {peak:>6} MB");
    }
}

fn span(time: libc::timeval) -> Duration {
    Duration::new(time.tv_sec as u64, time.tv_usec as u32 * 1000)
}

/// What a command of the program took.
#[expect(clippy::zombie_processes, reason = "it is waited for by wait4")]
fn command(config: &Path, arguments: &[&str]) -> Cost {
    let begun = Instant::now();
    let mut command = Command::new(env!("CARGO_BIN_EXE_thubaocao"));
    let command = command.arg("--config").arg(config).args(arguments);
    let child = command.stdout(Stdio::null()).spawn().expect("the program");
    let mut status = 0;
    // SAFETY: an rusage of zeroes is one, and the process is a child of ours that nobody else waits for.
    let usage = unsafe {
        let mut usage: libc::rusage = std::mem::zeroed();
        let ended = libc::wait4(child.id() as i32, &raw mut status, 0, &raw mut usage);
        assert_eq!(ended, child.id() as i32);
        usage
    };
    assert_eq!(status, 0, "{arguments:?}");
    Cost {
        wall: begun.elapsed(),
        processor: span(usage.ru_utime) + span(usage.ru_stime),
        peak: usage.ru_maxrss * 1024,
    }
}

/// Something in this process that is measured; its peak is that of all that was done in it so far.
struct Begun(Instant, libc::rusage);

impl Begun {
    fn usage() -> libc::rusage {
        // SAFETY: an rusage of zeroes is one, and the call only fills it.
        unsafe {
            let mut usage: libc::rusage = std::mem::zeroed();
            libc::getrusage(libc::RUSAGE_SELF, &raw mut usage);
            usage
        }
    }

    fn now() -> Begun {
        Begun(Instant::now(), Begun::usage())
    }

    fn ended(self, what: &str) {
        let (wall, after) = (self.0.elapsed(), Begun::usage());
        let time = |u: &libc::rusage| span(u.ru_utime) + span(u.ru_stime);
        let cost = Cost {
            wall,
            processor: time(&after).saturating_sub(time(&self.1)),
            peak: after.ru_maxrss * 1024,
        };
        cost.tell(what);
    }
}

/// Prints what is measured.
pub fn main() {
    let numbers = std::env::var("THUBAOCAO_GROWTH").unwrap_or_else(|_| "50 500 5000".to_owned());
    for units in numbers
        .split_whitespace()
        .map(|n| n.parse().expect("a number"))
    {
        let grown = Grown::with(units);
        println!("{units} units");
        let config = grown.config();
        let xlsx = grown.folder.join("x.xlsx");
        let xlsx = xlsx.to_str().expect("a path in UTF-8");
        let quiet = |arguments: &[&str]| {
            let all = [&["--at", QUIET], arguments].concat();
            command(&config, &all).tell(&arguments.join(" ").replace(xlsx, "FILE"));
        };
        quiet(&["status", "--json"]);
        // Excel takes a million rows.
        if units < 20_000 {
            quiet(&["status", "--xlsx", xlsx]);
        }
        quiet(&["digest", "--on", "2027-12-02"]);
        quiet(&["plan", "--on", "2027-12-02", "--json"]);
        quiet(&["plan", "--on", "2027-12-03", "--json"]);
        rounds(&grown, units);
    }
}

/// Rounds of the service, on a copy.
fn rounds(grown: &Grown, units: u32) {
    let copy = tempfile::tempdir().expect("a folder");
    let mut config = grown.loaded();
    let from = Store::path(&config.settings.data);
    config.settings.data = copy.path().to_owned();
    fs::copy(from, Store::path(copy.path())).expect("a copy");
    let program = PathBuf::from(env!("CARGO_BIN_EXE_thubaocao"));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let expected = config.clone();
    runtime.block_on(async {
        let begun = Begun::now();
        let mut service = Service::open(config, program, at(QUIET)).expect("a service");
        begun.ended("start");
        let stop = Cell::new(false);
        for what in ["a round with a digest", "a round with nothing new"] {
            let begun = Begun::now();
            let failure = service.round(Clock::Fixed(at(QUIET)), &stop).await;
            assert!(failure.expect("a round").is_none(), "{what}");
            begun.ended(what);
        }
    });
    let store = Store::open(copy.path(), at(BUSY)).expect("the copy");
    let begun = Begun::now();
    plan::pass(&expected, &store, at(BUSY)).expect("a plan");
    begun.ended("reminders to all, queued");
    let queued = store.queue_length(Some(Kind::Digest)).expect("a queue");
    assert_eq!(queued, units, "each unit is reminded");
}
