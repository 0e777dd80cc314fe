//! `thubaocao.toml`: mailbox, transport, schedule, staff, limits.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use jiff::civil::{Date, Time, Weekday};

use super::alarm::{self, AlarmSettings, Way};
use super::kinds;
use super::official::{self, Official};
use super::s3::{self, S3Settings};
use super::secret::Secret;
use super::source::{Document, Faults, Section};
use crate::domain::calendar::Calendar;
use crate::domain::period::Closing;
use crate::domain::reminder::{Escalation, Steps};
use crate::domain::unit::Kind;
use crate::domain::year::Points;
use crate::ground::words_of;

/// The content of `thubaocao.toml`.
#[derive(Clone, Debug)]
pub struct Settings {
    /// What kinds of units there are.
    pub kinds: Vec<Arc<Kind>>,
    /// Where store and archive lie.
    pub data: PathBuf,
    /// The storage on which the archive lies; `None`: in the data folder.
    pub archive: Option<S3Settings>,
    /// The file of the page that shows how all stands, for a browser; `None`: there is none.
    pub report_page: Option<PathBuf>,
    /// Who asks for the reports.
    pub department: Department,
    /// How official documents begin and end.
    pub official: Official,
    /// The mailbox that units write to.
    pub mailbox: MailboxSettings,
    /// How mails leave.
    pub transport: TransportKind,
    /// Days and hours.
    pub schedule: Schedule,
    /// Who gets the digest.
    pub digest_to: Vec<String>,
    /// What a report earns in the year of its unit.
    pub points: Points,
    /// Bounds on size, number and time.
    pub limits: Limits,
    /// How senders are verified.
    pub trust: TrustSettings,
    /// After how many years the content of mails is removed; `None`: never.
    pub retention_years: Option<u16>,
    /// The second way out, by which the service tells what it cannot tell by the mailbox.
    pub alarm: Option<AlarmSettings>,
}

impl Settings {
    /// Where the passwords are kept that the service uses.
    pub fn secrets(&self) -> Vec<Secret> {
        let mut secrets = Vec::new();
        match &self.mailbox.kind {
            MailboxKind::Imap { password, .. } => secrets.push(password.clone()),
            MailboxKind::Maildir { .. } => {}
        }
        let mut of_server =
            |server: &SmtpSettings| secrets.extend(server.login.iter().map(|(_, s)| s.clone()));
        match &self.transport {
            TransportKind::Smtp(server) => of_server(server),
            TransportKind::Sendmail { .. } | TransportKind::File { .. } => {}
        }
        for way in self.alarm.iter().flat_map(|alarm| &alarm.ways) {
            match way {
                Way::Smtp { server, .. } => of_server(server),
                Way::Sendmail { .. } | Way::Command(_) | Way::Url(_) => {}
            }
        }
        secrets.extend(self.archive.iter().map(|s3| s3.secret.clone()));
        secrets.dedup();
        secrets
    }
}

/// How senders are verified.
#[derive(Clone, Debug, Default)]
pub struct TrustSettings {
    /// The name under which the mailbox's own server writes Authentication-Results (RFC 8601), if it does.
    pub authserv_id: Option<String>,
    /// Hosts of that server whose names do not show it: its word below a trace of theirs still counts.
    pub hosts: Vec<String>,
    /// Whether the signatures of reports are verified here where that server says nothing. Those of commands always are.
    pub dkim: bool,
    /// The DNS server that is asked then, in place of the machine's own.
    pub resolver: Option<SocketAddr>,
}

/// Who asks for the reports, as mails name it.
#[derive(Clone, Debug)]
pub struct Department {
    /// The department's name in full.
    pub name: String,
    /// The federation it belongs to.
    pub federation: String,
    /// Whom to ask, as a sentence's end: "đồng chí …, điện thoại …".
    pub contact: String,
}

/// The mailbox and what is done with it.
#[derive(Clone, Debug)]
pub struct MailboxSettings {
    /// Its own address, lower case: where units write to and what mails come from.
    pub address: String,
    /// Other addresses that deliver into it, lower case.
    pub aliases: Vec<String>,
    /// How it is reached.
    pub kind: MailboxKind,
    /// Mails received before this day are left alone.
    pub since: Option<Date>,
    /// How staff see in the mailbox what became of a mail.
    pub show: Show,
    /// Minutes between two looks, even where the server tells of new mail by itself.
    pub poll_minutes: u64,
}

/// How the mailbox is reached.
#[derive(Clone, Debug)]
pub enum MailboxKind {
    /// An IMAP server over TLS.
    Imap {
        /// Host name, which the certificate has to carry.
        host: String,
        /// Port, 993 by default.
        port: u16,
        /// Login name.
        user: String,
        /// Its password.
        password: Secret,
        /// A private certificate authority, beside those of the machine.
        ca_file: Option<PathBuf>,
        /// The folders to look into, as the server names them, or by what they are for, such as `\Junk`.
        folders: Vec<String>,
    },
    /// A Maildir on this machine.
    Maildir {
        /// The folder that holds `cur`, `new` and `tmp`.
        path: PathBuf,
        /// Whether it is made where it is missing.
        create: bool,
    },
}

/// What a folder is for (RFC 6154): its name changes with the account's language, this does not. Of those that exist,
/// the ones in which reports arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpecialUse {
    /// Every mail of the account.
    All,
    /// Mails that were put away.
    Archive,
    /// What is taken for spam.
    Junk,
}

// The attributes by which the server says it.
words_of!(SpecialUse { All = "\\All", Archive = "\\Archive", Junk = "\\Junk" });

impl SpecialUse {
    /// What an attribute says, if it is one of these.
    pub(crate) fn from_word(word: &str) -> Option<SpecialUse> {
        let mut every = SpecialUse::ALL.into_iter();
        every.find(|u| u.word().eq_ignore_ascii_case(word))
    }
}

/// How staff see in the mailbox what became of a mail. Nothing is ever deleted or marked as read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Show {
    /// Not at all: the mailbox is opened read-only.
    Nothing,
    /// A keyword (flag) per outcome.
    Keyword,
    /// A copy in a folder per outcome.
    Folder,
    /// A Gmail label per outcome.
    Label,
}

/// How mails leave.
#[derive(Clone, Debug)]
pub enum TransportKind {
    /// An SMTP server over TLS.
    Smtp(SmtpSettings),
    /// A program that takes a mail on standard input, as sendmail does.
    Sendmail {
        /// Its path.
        program: PathBuf,
    },
    /// One `.eml` a mail in a folder.
    File {
        /// The folder.
        folder: PathBuf,
    },
}

/// An SMTP server.
#[derive(Clone, Debug)]
pub struct SmtpSettings {
    /// Host name, which the certificate has to carry.
    pub host: String,
    /// Port.
    pub port: u16,
    /// How the connection is encrypted; plain text is not offered.
    pub tls: Tls,
    /// Login name and password, where the server asks for them.
    pub login: Option<(String, Secret)>,
    /// A private certificate authority, beside those of the machine.
    pub ca_file: Option<PathBuf>,
}

/// How an SMTP connection is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tls {
    /// STARTTLS, required (RFC 3207), usually port 587.
    StartTls,
    /// TLS from the first byte (RFC 8314), usually port 465.
    Implicit,
}

/// On which days the digest goes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DigestDays {
    /// Every day.
    Every,
    /// On working days, and on others where something needs a person.
    Working,
}

impl Schedule {
    /// Whether a day has a digest whatever it has to tell.
    pub(crate) fn has_digest(&self, calendar: &Calendar, day: Date) -> bool {
        match self.digest_days {
            DigestDays::Every => true,
            DigestDays::Working => calendar.is_working_day(day),
        }
    }
}

/// Days and hours.
#[derive(Clone, Debug)]
pub struct Schedule {
    /// What was due before this day is not expected.
    pub since: Date,
    /// When periods close.
    pub closing: Closing,
    /// The hour of a deadline where a report names none.
    pub due_time: Time,
    /// From when to when reminders go out.
    pub work_hours: (Time, Time),
    /// When the digest goes out.
    pub digest_at: Time,
    /// On which days it does.
    pub digest_days: DigestDays,
    /// On which day the digest has the weekly table and the chart.
    pub weekly_on: Weekday,
    /// Whether deadlines that passed before the store was first opened are reminded of.
    pub remind_backlog: bool,
    /// So many working days after its deadline what has not come counts as not sent at all ("không nộp").
    pub closed_after: u16,
    /// So many working days a mail that is not verified holds the reminders of the unit that it may be of.
    pub hold_days: u16,
    /// The ladder of reminders where a report names none.
    pub steps: Steps,
}

/// What the reading process takes in memory before it has a mail, in MB: measured 64 to 81, most in a build with what finds faults.
const READING_MB: u64 = 90;
/// What it takes for each MB of a mail, in MB: the mail, and its files out of base64 (measured 1.6).
const READING_MB_PER_MESSAGE_MB: u64 = 2;

/// Bounds on size, number and time.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Larger mails are not fetched but shown to staff.
    pub message_bytes: u64,
    /// What may be fetched in a day.
    pub daily_download_bytes: u64,
    /// How many mails may go out in a day.
    pub daily_mails: u32,
    /// How many acknowledgements and notices one address may get in a day.
    pub daily_mails_per_address: u32,
    /// After so many mails, or …
    pub pass_mails: u32,
    /// … so many seconds, reading is interrupted and what is owed is sent.
    pub pass_seconds: u64,
    /// How long reading one mail may take, in seconds.
    pub reading_seconds: u64,
    /// How much memory reading one mail may take.
    pub reading_bytes: u64,
    /// Whether mails wait unread where the process that reads them is confined less than the kernel offers.
    pub require_sandbox: bool,
    /// Whether scans without text are read by tesseract: some seconds a page.
    pub ocr: bool,
    /// How long that may take for one mail, beside `reading_seconds`.
    pub ocr_seconds: u64,
}

impl Limits {
    /// How long the pictures of one mail may be read, where they are read.
    pub(crate) fn ocr_time(&self) -> Option<Duration> {
        self.ocr.then(|| Duration::from_secs(self.ocr_seconds))
    }

    /// What of a day's fetching senders outside the register may take: two tenths stay for the others.
    pub(crate) fn strangers_download_bytes(&self) -> u64 {
        self.daily_download_bytes - self.daily_download_bytes / 5
    }
}

/// Where the relative paths of a configuration folder start: the folder that holds it.
pub(super) fn base(folder: &Path) -> PathBuf {
    let base = match folder.parent() {
        Some(p) if !p.as_os_str().is_empty() => p,
        _ => Path::new("."),
    };
    // `config` given as `.` or as `a/..` still has a parent on disk.
    match folder.canonicalize() {
        Ok(real) => real.parent().unwrap_or(base).to_owned(),
        Err(_) => base.to_owned(),
    }
}

/// Reads `thubaocao.toml`. `folder` is the configuration folder; relative paths start from the folder that holds it.
pub(super) fn parse(file: &str, text: &str, folder: &Path, faults: &Faults) -> Option<Settings> {
    let document = Document::parse(file, text, faults)?;
    let base = base(folder);
    let root = document.root(faults);
    let kinds = kinds::parse(&root);
    let data = root.text("data").unwrap_or_else(|| "data".into());
    let archive = s3::parse(&root, &base);
    let report_page = root.text("report_page").map(|file| base.join(file));
    let department = root.required_section("department").and_then(department);
    let document = root.section("document");
    let official = department.as_ref().map(|d| official::parse(document, d));
    let mailbox = root
        .required_section("mailbox")
        .and_then(|s| mailbox(s, &base));
    let transport = root
        .required_section("transport")
        .and_then(|s| transport(s, &base));
    let steps = root
        .section("reminders")
        .map(|s| {
            let given = steps(&s, &Steps::default());
            s.finish();
            given
        })
        .unwrap_or_default();
    let schedule = root
        .required_section("schedule")
        .and_then(|s| schedule(s, steps));
    let digest_to = root.required_section("staff").and_then(|s| {
        let list = addresses(&s, "digest_to");
        if list.as_ref().is_some_and(Vec::is_empty) {
            s.fault("`staff.digest_to` is empty; name at least one address that gets the digest");
        }
        s.finish();
        list
    });
    let points = root.section("points").map_or_else(Points::default, points);
    let limits = limits(root.section("limits"));
    let trust = root.section("trust").map(trust).unwrap_or(TrustSettings {
        dkim: true,
        ..TrustSettings::default()
    });
    let retention_years = root.section("retention").and_then(|s| {
        let years = s.number("years", 1..=100);
        s.finish();
        years.map(|y| y as u16)
    });
    let alarm = root.section("alarm").and_then(|s| alarm::parse(s, &base));
    root.finish();
    Some(Settings {
        kinds,
        data: base.join(data),
        archive,
        report_page,
        department: department?,
        official: official?,
        mailbox: mailbox?,
        transport: transport?,
        schedule: schedule?,
        digest_to: digest_to?,
        points,
        limits,
        trust,
        retention_years,
        alarm,
    })
}

fn trust(s: Section<'_>) -> TrustSettings {
    let authserv_id = s.text("authserv_id");
    let settings = TrustSettings {
        dkim: s.flag("dkim").unwrap_or(authserv_id.is_none()),
        hosts: s.texts("hosts").unwrap_or_default(),
        authserv_id,
        resolver: s.parsed("resolver", |text| {
            let plain = text.parse::<IpAddr>().map(|ip| SocketAddr::new(ip, 53));
            plain.or_else(|_| text.parse()).map_err(|_| {
                format!("{text:?} is no address of a DNS server; write for example \"192.168.1.1\" or \"127.0.0.1:5353\"")
            })
        }),
    };
    s.finish();
    settings
}

fn department(s: Section<'_>) -> Option<Department> {
    let name = s.required("name", "Ban Chính sách pháp luật");
    let federation = s.required("federation", "Liên đoàn Lao động tỉnh Phú Yên");
    let contact = s.required(
        "contact",
        "đồng chí Nguyễn Văn A, điện thoại 0257 3 000 000",
    );
    s.finish();
    Some(Department {
        name: name?,
        federation: federation?,
        contact: contact?,
    })
}

fn mailbox(s: Section<'_>, base: &Path) -> Option<MailboxSettings> {
    let address = s.required("address", "bancsplpy@gmail.com").and_then(|a| {
        let good = super::plausible_address(&a);
        if !good {
            s.fault_at(
                "address",
                format!("`mailbox.address`: {a:?} is no mail address"),
            );
        }
        good.then(|| a.to_lowercase())
    });
    let aliases = addresses(&s, "aliases").unwrap_or_default();
    let since = s.parsed("since", parse_date);
    let show = s
        .choice(
            "show",
            &[
                ("nothing", Show::Nothing),
                ("keyword", Show::Keyword),
                ("folder", Show::Folder),
                ("label", Show::Label),
            ],
        )
        .unwrap_or(Show::Nothing);
    let poll_minutes = s.number("poll_minutes", 1..=1440).unwrap_or(5) as u64;
    let kind = match s.required("kind", "imap").as_deref() {
        Some("imap") => imap(&s, base),
        Some("maildir") => {
            let create = s.flag("create").unwrap_or(false);
            s.required("path", "data/maildir")
                .map(|p| MailboxKind::Maildir {
                    path: base.join(p),
                    create,
                })
        }
        Some(_) => {
            s.choice("kind", &[("imap", ()), ("maildir", ())]);
            return None;
        }
        None => None,
    };
    if matches!(kind, Some(MailboxKind::Maildir { .. })) && show != Show::Nothing {
        s.fault_at(
            "show",
            "`mailbox.show` works with IMAP only; leave it out for a Maildir",
        );
    }
    s.finish();
    Some(MailboxSettings {
        address: address?,
        aliases,
        kind: kind?,
        since,
        show,
        poll_minutes,
    })
}

fn imap(s: &Section<'_>, base: &Path) -> Option<MailboxKind> {
    let host = s.required("host", "imap.gmail.com");
    let port = s.number("port", 1..=65535).unwrap_or(993) as u16;
    let user = s.required("user", "bancsplpy@gmail.com");
    let password = Secret::from_section(s, base);
    let ca_file = s.text("ca_file").map(|f| base.join(f));
    let folders = s.texts("folders").unwrap_or_else(|| vec!["INBOX".into()]);
    if folders.is_empty() {
        s.fault_at(
            "folders",
            "`mailbox.folders` is empty; name at least \"INBOX\"",
        );
    }
    for folder in folders.iter().filter(|f| f.starts_with('\\')) {
        if SpecialUse::from_word(folder).is_none() {
            let words = SpecialUse::ALL.map(|u| format!("'{}'", u.word()));
            s.fault_at(
                "folders",
                format!("'{folder}' is nothing that a folder is read for; it must be one of {}, or a folder's name", words.join(", ")),
            );
        }
    }
    Some(MailboxKind::Imap {
        host: host?,
        port,
        user: user?,
        password: password?,
        ca_file,
        folders,
    })
}

fn transport(s: Section<'_>, base: &Path) -> Option<TransportKind> {
    let kind = match s.required("kind", "smtp").as_deref() {
        Some("smtp") => smtp(&s, base).map(TransportKind::Smtp),
        Some("sendmail") => Some(TransportKind::Sendmail {
            program: PathBuf::from(
                s.text("program")
                    .unwrap_or_else(|| "/usr/sbin/sendmail".into()),
            ),
        }),
        Some("file") => s
            .required("folder", "data/outbox")
            .map(|f| TransportKind::File {
                folder: base.join(f),
            }),
        Some(_) => {
            s.choice("kind", &[("smtp", ()), ("sendmail", ()), ("file", ())]);
            return None;
        }
        None => None,
    };
    s.finish();
    kind
}

pub(super) fn smtp(s: &Section<'_>, base: &Path) -> Option<SmtpSettings> {
    let host = s.required("host", "smtp.gmail.com");
    let tls = s
        .choice(
            "tls",
            &[("starttls", Tls::StartTls), ("tls", Tls::Implicit)],
        )
        .unwrap_or(Tls::StartTls);
    let usual = if tls == Tls::StartTls { 587 } else { 465 };
    let port = s.number("port", 1..=65535).unwrap_or(usual) as u16;
    let login = match s.text("user") {
        Some(user) => Some((user, Secret::from_section(s, base)?)),
        None => None,
    };
    let ca_file = s.text("ca_file").map(|f| base.join(f));
    Some(SmtpSettings {
        host: host?,
        port,
        tls,
        login,
        ca_file,
    })
}

fn schedule(s: Section<'_>, steps: Steps) -> Option<Schedule> {
    if s.text("since").is_none() {
        s.fault("`schedule.since` is missing; add for example: since = \"2026-01-01\"");
    }
    let since = s.parsed("since", parse_date);
    let closing = match s.number("closing_day", 0..=28) {
        Some(0) | None => Closing::EndOfMonth,
        Some(day) => Closing::Day(day as i8),
    };
    let time = |key, usual| s.parsed(key, parse_time).unwrap_or(usual);
    let due_time = time("due_time", Time::constant(17, 0, 0, 0));
    let digest_at = time("digest_at", Time::constant(7, 0, 0, 0));
    let work_hours = (
        time("work_starts", Time::constant(7, 30, 0, 0)),
        time("work_ends", Time::constant(17, 0, 0, 0)),
    );
    if work_hours.0 >= work_hours.1 {
        s.fault("`schedule.work_starts` must be before `schedule.work_ends`");
    }
    let days = [
        ("monday", Weekday::Monday),
        ("tuesday", Weekday::Tuesday),
        ("wednesday", Weekday::Wednesday),
        ("thursday", Weekday::Thursday),
        ("friday", Weekday::Friday),
    ];
    let digest_days = [
        ("every", DigestDays::Every),
        ("working", DigestDays::Working),
    ];
    let digest_days = s.choice("digest_days", &digest_days);
    let weekly_on = s.choice("weekly_on", &days).unwrap_or(Weekday::Monday);
    let remind_backlog = s.flag("remind_backlog").unwrap_or(false);
    let closed_after = s.number("closed_after", 1..=250).unwrap_or(20) as u16;
    let hold_days = s.number("hold_days", 1..=60).unwrap_or(5) as u16;
    s.finish();
    Some(Schedule {
        since: since?,
        closing,
        due_time,
        work_hours,
        digest_at,
        digest_days: digest_days.unwrap_or(DigestDays::Every),
        weekly_on,
        remind_backlog,
        closed_after,
        hold_days,
        steps,
    })
}

/// The ladder of reminders in a section, over the one that holds elsewhere.
pub(super) fn steps(s: &Section<'_>, usual: &Steps) -> Steps {
    let days = |key, usual: u16| s.number(key, 1..=250).map_or(usual, |n| n as u16);
    let escalations = [
        ("ask", Escalation::Ask),
        ("announce", Escalation::Announce),
        ("automatic", Escalation::Automatic),
        ("never", Escalation::Never),
    ];
    let steps = Steps {
        opening: s.flag("opening").unwrap_or(usual.opening),
        before: s.numbers("before", 0..=250).map_or_else(
            || usual.before.clone(),
            |list| list.into_iter().map(|n| n as u16).collect(),
        ),
        late_after: days("late_after", usual.late_after),
        late_every: days("late_every", usual.late_every),
        escalate_after: days("escalate_after", usual.escalate_after),
        escalation: s
            .choice("escalation", &escalations)
            .unwrap_or(usual.escalation),
    };
    if steps.escalate_after <= steps.late_after {
        s.fault("`escalate_after` must be more working days than `late_after`");
    }
    steps
}

fn points(s: Section<'_>) -> Points {
    let usual = Points::default();
    let number = |key, bounds, usual| s.number(key, bounds).map_or(usual, |n| n as i32);
    let points = Points {
        on_time: number("on_time", 1..=1000, usual.on_time),
        late_per_day: number("late_per_day", 0..=1000, usual.late_per_day),
        late_least: number("late_least", 0..=1000, usual.late_least),
        not_sent: number("not_sent", -1000..=0, usual.not_sent),
    };
    if points.late_least > points.on_time {
        s.fault("`points.late_least` must be no more than `points.on_time`");
    }
    s.finish();
    points
}

fn limits(section: Option<Section<'_>>) -> Limits {
    const MB: u64 = 1_000_000;
    let number = |key, bounds, usual: u64| {
        section
            .as_ref()
            .and_then(|s| s.number(key, bounds))
            .map_or(usual, |n| n as u64)
    };
    let limits = Limits {
        message_bytes: number("message_mb", 1..=500, 60) * MB,
        daily_download_bytes: number("daily_download_mb", 1..=1_000_000, 2_000) * MB,
        daily_mails: number("daily_mails", 1..=100_000, 300) as u32,
        daily_mails_per_address: number("daily_mails_per_address", 1..=1000, 20) as u32,
        pass_mails: number("pass_mails", 1..=100_000, 500) as u32,
        pass_seconds: number("pass_seconds", 1..=3600, 3),
        // The programs that help to read a file may take six of them.
        reading_seconds: number("reading_seconds", 8..=600, 10),
        reading_bytes: number("reading_mb", 64..=65_536, 256) * MB,
        require_sandbox: section
            .as_ref()
            .and_then(|s| s.flag("require_sandbox"))
            .unwrap_or(true),
        ocr: section
            .as_ref()
            .and_then(|s| s.flag("ocr"))
            .unwrap_or(false),
        ocr_seconds: number("ocr_seconds", 1..=600, 20),
    };
    if let Some(s) = section {
        let message_mb = limits.message_bytes / MB;
        let needed = READING_MB + READING_MB_PER_MESSAGE_MB * message_mb;
        if limits.reading_bytes < needed * MB {
            s.fault_at(
                "reading_mb",
                format!(
                    "reading a mail of {message_mb} MB (`limits.message_mb`) takes {needed} MB; raise `limits.reading_mb` or lower `limits.message_mb`"
                ),
            );
        }
        if limits.strangers_download_bytes() < limits.message_bytes {
            s.fault_at(
                "daily_download_mb",
                format!(
                    "a mail of {message_mb} MB (`limits.message_mb`) would never be fetched from a sender outside the register, as two tenths of `limits.daily_download_mb` are kept for the others; raise it to {} at least",
                    (message_mb * 5).div_ceil(4)
                ),
            );
        }
        s.finish();
    }
    limits
}

pub(super) fn addresses(s: &Section<'_>, key: &'static str) -> Option<Vec<String>> {
    let list = s.texts(key)?;
    for address in list.iter().filter(|a| !super::plausible_address(a)) {
        s.fault_at(key, format!("{address:?} is no mail address"));
    }
    Some(list.into_iter().map(|a| a.to_lowercase()).collect())
}

pub(super) fn parse_date(text: &str) -> Result<Date, String> {
    text.parse()
        .map_err(|_| format!("{text:?} is no date; write year-month-day, such as \"2026-01-31\""))
}

pub(super) fn parse_time(text: &str) -> Result<Time, String> {
    Time::strptime("%H:%M", text).map_err(|_| {
        format!("{text:?} is no time of day; write hours and minutes, such as \"17:00\"")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_tenths_of_a_day_s_fetching_stay_for_registered_senders() {
        for (day, strangers) in [(2_000_000_000, 1_600_000_000), (12, 10), (1, 1), (0, 0)] {
            let limits = Limits {
                daily_download_bytes: day,
                ..limits(None)
            };
            assert_eq!(limits.strangers_download_bytes(), strangers, "{day}");
        }
    }
}
