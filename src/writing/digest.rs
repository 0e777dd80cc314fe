//! The daily digest for staff: what needs a person first, then news, progress, what is due, what was sent, health.

use anyhow::Result;
use jiff::civil::Date;
use minijinja::context;
use serde::Serialize;

use super::{DepartmentView, Draft, Enclosure, render, render_text};
use crate::config::Config;
use crate::domain::owed::Kind;
use crate::domain::vietnamese_date;

/// A link with a prepared mail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Link {
    /// What it does, in Vietnamese.
    pub label: String,
    /// `mailto:` with subject and body (RFC 6068).
    pub href: String,
}

/// Gmail cuts off pages of more than 102 kB; of the plain text nobody reads more, either.
const LARGEST_PAGE: usize = 100_000;
/// So many lines of a kind are shown at first; fewer, where the page would be too large.
const SHOWN: [usize; 5] = [usize::MAX, 40, 20, 10, 5];

/// Everything that a digest tells, in words.
#[derive(Debug, Default, Serialize)]
pub struct DigestData {
    /// What many units that are not reminded mean, empty where it is few.
    pub many_held: String,
    /// How many mails need a person, without those of strangers that have no unit's document.
    pub tasks: usize,
    /// Mails that wait for a person, of senders whom we know.
    pub waiting: Vec<WaitingMail>,
    /// Mails of strangers that wait, by kind.
    pub strangers: Vec<StrangersData>,
    /// How many mails of strangers wait that have no unit's document.
    pub others_of_strangers: usize,
    /// Units that are not reminded while mails wait.
    pub held: Vec<Held>,
    /// Reports that came in.
    pub news: Vec<News>,
    /// A line on the other mails that came in, empty if there were none.
    pub others: String,
    /// That what has not come may be there, as the mailbox was not looked through; empty where it was.
    pub unseen: String,
    /// How each running report stands.
    pub progress: Vec<Progress>,
    /// Whether anything is left out of the totals because it was due before the installation.
    pub untracked: bool,
    /// What is due soon.
    pub soon: Vec<Soon>,
    /// How many days "soon" is.
    pub soon_days: i64,
    /// Which edition it is, in words: empty on ordinary days.
    pub edition: String,
    /// How every report ended whose deadline has passed; for the weekly and period-end editions.
    pub totals: Vec<Total>,
    /// The chart: each report with the last of its periods whose deadline has passed; for the same editions.
    pub chart: Vec<ChartRow>,
    /// Addresses that our mails do not reach.
    pub contacts: Vec<Contact>,
    /// How many obligations are overdue.
    pub late_count: usize,
    /// Units that were reminded.
    pub reminded: Vec<Reminded>,
    /// Mails that could not be delivered.
    pub failed: Vec<Undelivered>,
    /// How the service fares.
    pub system: Vec<SystemLine>,
    /// The parts of the service that fail, a clause each, for the subject.
    pub failing: Vec<String>,
}

/// A mail that waits for a person.
#[derive(Debug, Serialize)]
pub struct WaitingMail {
    /// Its number, as commands take it.
    pub id: i64,
    /// When it came.
    pub received: String,
    /// From whom.
    pub sender: String,
    /// Its subject.
    pub subject: String,
    /// Why it waits.
    pub why: Vec<String>,
    /// Name of the unit, where that is certain.
    pub unit: Option<String>,
    /// Names of the units that it may come from, where it is not.
    pub candidates: Vec<String>,
    /// Names of its files.
    pub files: Vec<String>,
    /// What other mails its sender sent, empty if none.
    pub also: String,
    /// What may be done, each a prepared mail.
    pub links: Vec<Link>,
    /// The token by which a reply in free words is understood.
    pub token: Option<String>,
    /// What to do where there are no links.
    pub how: String,
}

/// The mails of one kind of strangers.
#[derive(Debug, Serialize)]
pub struct StrangersData {
    /// Which they are.
    pub title: &'static str,
    /// How many mails.
    pub mails: usize,
    /// Of how many senders.
    pub senders: usize,
    /// One mail a sender that is shown.
    pub shown: Vec<WaitingMail>,
    /// How many mails of others there are.
    pub more_mails: usize,
    /// How many others.
    pub more_senders: usize,
    /// By which all mails of the senders shown are put aside.
    pub aside: Option<Link>,
}

/// A unit that is not reminded while mails wait.
#[derive(Debug, Serialize)]
pub struct Held {
    /// Its short name.
    pub unit: String,
    /// Which mails these are, why, and until when.
    pub why: String,
}

/// How one report and period ended, as provincial report systems count it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Total {
    /// Short name of the report.
    pub report: String,
    /// The period in words.
    pub period: String,
    /// The deadline.
    pub due: String,
    /// Đến hạn: obligations that nobody excused.
    pub expected: u32,
    /// Đúng hạn: complete on time.
    pub on_time: u32,
    /// Trễ: complete after the deadline.
    pub late: u32,
    /// Something is there, not everything.
    pub partial: u32,
    /// Đang chờ xử lý: what is missing may be in a mail on which staff have to decide.
    pub waiting: u32,
    /// Chưa nộp: nothing is there, and the period is not closed.
    pub not_yet: u32,
    /// Không nộp: nothing is there, and the period is closed.
    pub not_at_all: u32,
    /// Complete ÷ expected, in percent.
    pub rate: u32,
    /// Complete on time ÷ expected, in percent.
    pub timeliness: u32,
}

/// A mail that could not be delivered.
#[derive(Debug, Serialize)]
pub struct Undelivered {
    /// Which, to whom, and why.
    pub text: String,
    /// By which it is sent again.
    pub link: Option<Link>,
}

/// An address that our mails do not reach.
#[derive(Debug, Serialize)]
pub struct Contact {
    /// Whether it is still written to.
    pub doubtful: bool,
    /// The address, whose it is, and since when.
    pub text: String,
    /// By which it is written to again.
    pub link: Option<Link>,
}

/// A unit that is late, or has sent not everything.
#[derive(Debug, Serialize)]
pub struct Straggler {
    /// Its name, with what is missing.
    pub name: String,
    /// What may be done, in a prepared mail.
    pub link: Option<Link>,
}

/// A report that came in.
#[derive(Debug, Serialize)]
pub struct News {
    /// Short name of the unit.
    pub unit: String,
    /// Short name of the report.
    pub report: String,
    /// The period in words.
    pub period: String,
    /// Which version it is.
    pub version: u32,
    /// When it was received.
    pub received: String,
    /// Whether it was in time.
    pub on_time: bool,
    /// What is still missing.
    pub missing: String,
    /// The receipt code.
    pub code: String,
    /// What may be done, each a prepared mail.
    pub links: Vec<Link>,
}

/// How one report and period stands.
#[derive(Debug, Serialize)]
pub struct Progress {
    /// Short name of the report.
    pub report: String,
    /// The period in words.
    pub period: String,
    /// The deadline.
    pub due: String,
    /// How many units have to report.
    pub expected: u32,
    /// Complete.
    pub complete: u32,
    /// Complete in time.
    pub on_time: u32,
    /// With a form missing.
    pub partial: u32,
    /// With a mail on which staff have to decide.
    pub waiting: u32,
    /// With nothing, after the deadline.
    pub overdue: u32,
    /// With nothing, and the period is closed.
    pub closed: u32,
    /// Complete in percent of expected.
    pub rate: u32,
    /// Widths of the bar in percent.
    pub width_complete: u32,
    /// A form missing, or a mail that waits; see `width_complete`.
    pub width_partial: u32,
    /// Nothing after the deadline; see `width_complete`.
    pub width_overdue: u32,
    /// See `width_complete`.
    pub width_rest: u32,
    /// That the period is to be closed, where something is overdue.
    pub close: Option<Link>,
    /// Short names of units with nothing after the deadline.
    pub late_units: Vec<Straggler>,
    /// Short names of units with nothing when the period was closed.
    pub closed_units: Vec<Straggler>,
    /// Short names of units with a mail on which staff have to decide, with its number.
    pub waiting_units: Vec<Straggler>,
    /// Short names of units with a form missing, with what is missing.
    pub partial_units: Vec<Straggler>,
}

/// A report that is due soon.
#[derive(Debug, Serialize)]
pub struct Soon {
    /// The deadline.
    pub due: String,
    /// Short name of the report.
    pub report: String,
    /// The period in words.
    pub period: String,
    /// How many units have not completed it.
    pub open: usize,
    /// How many have to.
    pub expected: usize,
}

/// A unit that was reminded.
#[derive(Debug, Serialize)]
pub struct Reminded {
    /// What kind of mail it was, in words.
    pub kind: String,
    /// Short name of the unit.
    pub unit: String,
    /// Of what.
    pub what: Vec<String>,
}

/// A line on the service's health.
#[derive(Debug, Serialize)]
pub struct SystemLine {
    /// What there is to say.
    pub text: String,
    /// Whether somebody should act on it.
    pub bad: bool,
}

/// A report in the chart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ChartRow {
    /// Its short name.
    pub report: String,
    /// Its periods, the oldest first.
    pub points: Vec<ChartPoint>,
}

/// One bar of the chart: a period of a report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ChartPoint {
    /// Its name, short.
    pub period: String,
    /// Complete ÷ expected, in percent.
    pub rate: u32,
    /// Complete on time ÷ expected, in percent; no more than the rate.
    pub timeliness: u32,
}

/// The digest of a day; `to`: for whom of staff.
///
/// # Errors
/// When a template fails.
pub fn digest(
    config: &Config,
    to: Vec<String>,
    day: Date,
    data: &DigestData,
    enclosures: Vec<Enclosure>,
) -> Result<Draft> {
    let day = format!("Ngày {}", vietnamese_date(day));
    let values = context! {
        day,
        department => DepartmentView::from(&config.settings.department),
        ..minijinja::Value::from_serialize(data)
    };
    // After an installation hundreds of mails may wait: the first ones, then, and how many more there are.
    let (mut subject, mut text, mut html) = (String::new(), String::new(), String::new());
    for shown in SHOWN.map(|n| n.min(usize::from(u16::MAX))) {
        let values = context! { shown, ..values.clone() };
        if html.is_empty() || html.len() > LARGEST_PAGE {
            html = render(config, "digest.html", &values)?;
        }
        if text.is_empty() || text.len() > LARGEST_PAGE {
            (subject, text) = render_text(config, Kind::Digest, &values)?;
        }
        if html.len().max(text.len()) <= LARGEST_PAGE {
            break;
        }
    }
    Ok(Draft {
        kind: Kind::Digest,
        to,
        cc: vec![],
        subject,
        text,
        html,
        thread: vec![],
        enclosures,
    })
}
