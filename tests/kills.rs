//! The power fails again and again, at moments of chance, while reports come in, are read and answered, and late units
//! are reminded. Then the mail servers are asked: they know what came, what left, and when.
//!
//! `THUBAOCAO_KILLS=400` is the long form, `THUBAOCAO_SEED=17` brings the same chances back. Moments of other processes
//! stay their own, so a seed that fails may need some tries to fail again.

use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;
use std::time::{Duration, Instant, SystemTime};

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OpenFlags};
use thubaocao::archive::Folder;
use thubaocao::ground::Sha256;

use crate::lab::installation::{Daemon, Installation, STAFF, both_forms, succeed};
use crate::lab::{Lab, Letter, MAILBOX, written};
use crate::years::chance::Chance;

/// No life is longer than this, whatever it waits for.
const LONGEST_LIFE: Duration = Duration::from_secs(4);
/// A daemon that waits and has been silent for so long has nothing to do.
const QUIET: Duration = Duration::from_millis(200);

fn number(name: &str) -> Option<u64> {
    Some(std::env::var(name).ok()?.parse().unwrap())
}

/// A unit and what it does.
struct Unit {
    address: String,
    /// Its report, and in which life it is sent; before the first one where there is none.
    report: Option<(Vec<u8>, Option<u64>)>,
    /// In which life the same mail is delivered once more.
    again: Option<u64>,
}

impl Unit {
    fn message_id(&self) -> String {
        format!("{}.report", self.address)
    }
}

/// Units of which a third has reported before, a third does so meanwhile, and a third does not.
fn units(kills: u64, chance: &mut Chance) -> Vec<Unit> {
    let count = 12 + kills * 2;
    let unit = |n: u64| {
        let address = format!("dv{n:04}@phuyen.example");
        let life = match n % 3 {
            0 => Some(None),
            1 => Some(Some(chance.below(kills))),
            _ => None,
        };
        let text = written(&address, "Báo cáo trẻ em", "Gửi Ban", &both_forms(&address));
        let id = format!("Message-ID: <{address}.report>\r\n");
        let report = life.map(|life| ([id.into_bytes(), text].concat(), life));
        let again = (report.is_some() && chance.one_in(6)).then(|| chance.below(kills));
        Unit {
            address,
            report,
            again,
        }
    };
    (0..count).map(unit).collect()
}

/// An installation with these units, none of which has another report to send.
fn installation(lab: &Lab, units: &[Unit]) -> Installation {
    let installation = Installation::new(lab);
    let path = installation.config().join("units.csv");
    let text = fs::read_to_string(&path).unwrap();
    let mut lines: Vec<String> = text.lines().take(2).map(str::to_owned).collect();
    for (n, unit) in units.iter().enumerate() {
        let address = &unit.address;
        lines.push(format!(
            "dv-{n:04},Liên đoàn Lao động huyện Số {n:04},LĐLĐ huyện Số {n:04},district,ldld-tinh,{address},,,,,"
        ));
    }
    fs::write(path, lines.join("\n") + "\n").unwrap();
    installation.edit(
        "thubaocao.toml",
        "[reminders]",
        "[limits]\ndaily_mails = 100000\n[reminders]",
    );
    installation
}

/// What a file has grown by since it was so long.
fn grown(path: &Path, from: u64) -> String {
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|mut file| {
        file.seek(SeekFrom::Start(from))?;
        file.read_to_end(&mut bytes)
    });
    read.map_or(String::new(), |_| {
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

fn size(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |m| m.len())
}

/// When the power fails.
#[derive(Debug)]
enum Moment {
    /// So long after the start.
    After(Duration),
    /// When the daemon has logged so many lines,
    Lines(usize),
    /// when Postfix has begun to take so many mails, of whomever,
    Begun(usize),
    /// or when it has just taken so many; each a little later.
    Taken(usize),
}

impl Moment {
    fn by(chance: &mut Chance) -> (Moment, Duration) {
        let number = 1 + chance.below(5) as usize;
        let moment = match chance.below(5) {
            0 => Moment::After(Duration::from_millis(chance.below(1_200))),
            1 => Moment::Lines(1 + chance.below(60) as usize),
            2 => Moment::Begun(number),
            _ => Moment::Taken(number),
        };
        let longest = if chance.one_in(2) { 2_000 } else { 15_000 };
        (moment, Duration::from_micros(chance.below(longest)))
    }

    /// Waits for it, or until the daemon has nothing more to do.
    fn pass(&self, daemon: &Daemon, postfix: (&Path, u64)) {
        let begun = Instant::now();
        let (mut lines, mut grew) = (0, begun);
        let logged = |what: &str| grown(postfix.0, postfix.1).matches(what).count();
        while begun.elapsed() < LONGEST_LIFE && grew.elapsed() < QUIET {
            let log = daemon.log();
            let now = log.lines().count();
            if now > lines || !log.contains("waiting") {
                (lines, grew) = (now, Instant::now());
            }
            let come = match self {
                Moment::After(wanted) => begun.elapsed() >= *wanted,
                Moment::Lines(wanted) => lines >= *wanted,
                Moment::Begun(wanted) => logged(": message-id=<") >= *wanted,
                Moment::Taken(wanted) => logged(": from=<") >= *wanted,
            };
            if come {
                return;
            }
            std::thread::sleep(Duration::from_micros(200));
        }
    }
}

/// The store, looked at from outside.
struct Witness(Connection);

impl Witness {
    fn of(installation: &Installation) -> Option<Witness> {
        let path = installation.dir.path().join("data/thubaocao.sqlite");
        let open = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).ok()?;
        open.busy_timeout(Duration::from_secs(5)).unwrap();
        Some(Witness(open))
    }

    /// A number; 0 where the tables are not made yet.
    fn count(&self, sql: &str) -> u64 {
        let count = self.0.query_row(sql, [], |r| r.get::<_, i64>(0));
        count.map_or(0, |n| n as u64)
    }

    fn sending(&self) -> u64 {
        self.count("SELECT count(*) FROM outbox WHERE state = 'sending'")
    }

    fn unread(&self) -> u64 {
        self.count("SELECT count(*) FROM message WHERE state = 'received'")
    }

    /// How the mail whose key begins so stands.
    fn state(&self, key: &str) -> String {
        let sql = "SELECT state FROM outbox WHERE key = ?1 OR key LIKE ?1 || ':%'";
        self.0.query_row(sql, [key], |r| r.get(0)).unwrap()
    }

    /// The key of the acknowledgement of a mail.
    fn acknowledgement(&self, message_id: &str) -> String {
        let sql = "SELECT 'ack:' || m.id FROM message m JOIN submission s ON s.message = m.id
                   WHERE m.message_id = ?1";
        self.0.query_row(sql, [message_id], |r| r.get(0)).unwrap()
    }
}

/// When a file was delivered into a Maildir, by the name that Dovecot gave it: `1764280000.M123456P7.host`.
fn delivered(name: &str) -> Timestamp {
    let (seconds, rest) = name.split_once(".M").unwrap();
    let micros = rest.split(|c: char| !c.is_ascii_digit()).next().unwrap();
    let at = Timestamp::from_second(seconds.parse().unwrap()).unwrap();
    at + SignedDuration::from_micros(micros.parse().unwrap())
}

/// When mails were delivered into the mailbox, by their Message-IDs.
fn deliveries(lab: &Lab) -> Vec<(String, Timestamp)> {
    let parts = ["new", "cur"].map(|part| lab.maildir(MAILBOX).join(part));
    let files = parts.iter().flat_map(|part| fs::read_dir(part).unwrap());
    let read = |file: std::io::Result<fs::DirEntry>| {
        let file = file.unwrap();
        let raw = fs::read_to_string(file.path()).unwrap();
        let id = raw
            .lines()
            .find_map(|l| l.strip_prefix("Message-ID: "))
            .unwrap();
        let at = delivered(file.file_name().to_str().unwrap());
        (id.trim_matches(['<', '>']).to_owned(), at)
    };
    files.map(read).collect()
}

/// The second in which a letter was written, by its Date.
fn written_at(letter: &Letter) -> Timestamp {
    let date = letter
        .raw
        .lines()
        .find_map(|l| l.strip_prefix("Date: "))
        .unwrap();
    jiff::fmt::rfc2822::parse(date).unwrap().timestamp()
}

/// Kills the daemon at moments of chance; gives when its lives began, and how many of them ended while a mail was being
/// handed over, and while one was stored and not read.
fn kill_again_and_again(
    lab: &Lab,
    installation: &Installation,
    units: &[Unit],
    (kills, chance): (u64, &mut Chance),
) -> (Vec<Timestamp>, [u32; 2]) {
    let postfix = lab.postfix_log();
    let (mut lives, mut caught) = (Vec::new(), [0, 0]);
    for life in 0..kills {
        let (moment, later) = Moment::by(chance);
        let pause = chance.below(300);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                std::thread::sleep(Duration::from_millis(pause)); // units write when they like
                for unit in units {
                    let Some((raw, first)) = &unit.report else {
                        continue;
                    };
                    if *first == Some(life) {
                        lab.hand_over(&unit.address, raw);
                    }
                    if unit.again == Some(life) {
                        lab.hand_over(&unit.address, raw);
                    }
                }
            });
            let before = size(&postfix);
            lives.push(Timestamp::now());
            let daemon = installation.start();
            moment.pass(&daemon, (&postfix, before));
            std::thread::sleep(later);
            daemon.kill();
        });
        if let Some(store) = Witness::of(installation) {
            caught[0] += u32::from(store.sending() > 0);
            caught[1] += u32::from(store.unread() > 0);
        }
    }
    (lives, caught)
}

/// Lets a last daemon do what is left to do.
fn come_to_rest(lab: &Lab, installation: &Installation, expected: usize) {
    let daemon = installation.start();
    daemon.await_log("started", 1);
    let store = Witness::of(installation).unwrap();
    let sql = "SELECT count(*) FROM outbox WHERE state IN ('queued', 'sending')";
    let (mut left, mut begun) = (u64::MAX, Instant::now());
    loop {
        let came = store.count("SELECT count(*) FROM message WHERE state <> 'received'");
        let now = store.count(sql) + (expected as u64).saturating_sub(came);
        if now == 0 && lab.queue_is_empty() {
            break;
        }
        if now < left {
            (left, begun) = (now, Instant::now());
        }
        assert!(
            begun.elapsed() < Duration::from_secs(30),
            "{left} things are not done"
        );
        std::thread::sleep(Duration::from_millis(20));
    }
    daemon.terminate();
}

#[test]
fn a_daemon_killed_at_moments_of_chance_loses_nothing_and_does_nothing_twice() {
    let kills = number("THUBAOCAO_KILLS").unwrap_or(14);
    let seed = number("THUBAOCAO_SEED").unwrap_or_else(|| {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        u64::from(now.unwrap().subsec_nanos())
    });
    eprintln!("THUBAOCAO_SEED={seed} THUBAOCAO_KILLS={kills}");
    let mut chance = Chance::of(seed, 0);
    let units = units(kills, &mut chance);
    let lab = Lab::start();
    let installation = installation(&lab, &units);
    let mut mails = 0;
    for unit in &units {
        let Some((raw, life)) = &unit.report else {
            continue;
        };
        mails += 1 + usize::from(unit.again.is_some());
        if life.is_none() {
            lab.hand_over(&unit.address, raw);
        }
    }
    lab.await_empty_queue();

    let (lives, caught) = kill_again_and_again(&lab, &installation, &units, (kills, &mut chance));
    lab.await_empty_queue();
    let deliveries = deliveries(&lab);
    assert_eq!(deliveries.len(), mails, "what the servers took in");
    come_to_rest(&lab, &installation, mails);

    // Each mail is there once, whole, and each report counts once.
    let said = succeed(installation.run(&["verify"]));
    assert!(said.contains("sound: "), "{said}");
    let incoming = installation.dir.path().join("data/archive/incoming");
    assert_eq!(fs::read_dir(incoming).unwrap().count(), 0);
    let store = Witness::of(&installation).unwrap();
    for table in ["message", "location"] {
        let rows = store.count(&format!("SELECT count(*) FROM {table}"));
        assert_eq!(rows, mails as u64, "{table}");
    }
    let archive = Folder::open(&installation.dir.path().join("data")).unwrap();
    for raw in lab.mails_of(MAILBOX) {
        let sha256 = Sha256::of(raw.replace('\n', "\r\n").as_bytes());
        assert!(archive.path(sha256).exists(), "{raw}");
    }
    assert!(installation.json(&["inbox", "--json"]).is_empty());
    let status = installation.json(&["status", "--json"]);

    // What left is what the units got. That a mail was being handed over when the power failed is told to staff.
    let (mut answers, mut reminders, mut doubts) = (0, 0, [0, 0]);
    let mut at_most_once = |letters: usize, key: &str, what: &str| {
        let state = store.state(key);
        match (letters, state.as_str()) {
            (1, "sent") => {}
            (0 | 1, "unknown") => doubts[letters] += 1,
            _ => panic!("{what} {key} is {state}, and {letters} came"),
        }
        letters
    };
    for (n, unit) in units.iter().enumerate() {
        let letters = lab.letters(&unit.address);
        let id = unit.message_id();
        let line = status
            .iter()
            .find(|l| l["unit"] == format!("dv-{n:04}"))
            .unwrap();
        let reminded: Vec<_> = letters
            .iter()
            .filter(|l| l.subject.starts_with("Đề nghị"))
            .collect();
        let answered = letters.iter().filter(|l| l.in_reply_to == id).count();
        assert_eq!(
            reminded.len() + answered,
            letters.len(),
            "{letters:#?} for {line}"
        );
        let reminder = format!("remind:dv-{n:04}");
        let Some((_, life)) = &unit.report else {
            assert_eq!(line["versions"], 0, "{line}");
            reminders += at_most_once(reminded.len(), &reminder, "the reminder");
            continue;
        };
        assert_eq!(line["versions"], 1, "{line}");
        assert_eq!(line["missing"].as_array().map(Vec::len), Some(0), "{line}");
        answers += at_most_once(answered, &store.acknowledgement(&id), "the answer");
        assert!(
            reminded.len() <= usize::from(life.is_some()),
            "{reminded:#?}"
        );
        // No life that began when the report lay there has reminded its unit.
        let came = deliveries
            .iter()
            .filter(|(i, _)| *i == id)
            .map(|(_, at)| *at);
        let came = came.min().unwrap();
        for letter in reminded {
            reminders += 1;
            let at = written_at(letter);
            let knew = lives.iter().find(|life| came < **life && **life <= at);
            assert!(knew.is_none(), "came {came}, {knew:?}: {letter:#?}");
        }
    }
    let digests = lab.letters(STAFF).len() as u64;
    let made = store.count("SELECT count(*) FROM digest_mail");
    let unsure =
        store.count("SELECT count(*) FROM outbox WHERE state = 'unknown' AND kind = 'digest'");
    assert!(
        digests <= made && digests + unsure >= made,
        "{digests} digests of {made}"
    );
    let in_doubt = doubts[0] + doubts[1];
    assert!(in_doubt <= caught[0], "{in_doubt} mails in doubt");
    eprintln!(
        "{mails} mails, {answers} answers, {reminders} reminders, {digests} digests; of {kills} kills {} came while a mail was handed over, {} while one was not read; {in_doubt} mails in doubt, of which {} had left",
        caught[0], caught[1], doubts[1]
    );
}
