//! The configuration folder, read into checked values; every fault is named at once, with file and line.

mod alarm;
mod exposure;
mod figures;
mod holidays;
mod kinds;
pub mod official;
mod reports;
mod s3;
mod said;
#[cfg(test)]
mod sample;
mod secret;
mod settings;
pub mod sheet;
pub mod source;
mod units;
mod veil;
mod words;

use std::path::{Path, PathBuf};

pub use alarm::{AlarmSettings, HOURS, Letter, Way, alarm_of};
pub use exposure::{Exposed, exposed};
pub use s3::S3Settings;
pub use secret::{Password, Secret, trace};
pub use settings::{
    Department, DigestDays, Limits, MailboxKind, MailboxSettings, Schedule, Settings, Show,
    SmtpSettings, SpecialUse, Tls, TransportKind, TrustSettings,
};
pub use source::Fault;
pub use veil::Veil;

use jiff::civil::Date;

use crate::domain::calendar::Calendar;
use crate::domain::report::Report;
use crate::domain::unit::{Register, UnitId};
use crate::words::Added;
use source::Faults;

/// Everything that the administrator decides.
#[derive(Clone, Debug)]
pub struct Config {
    /// The configuration folder.
    pub folder: PathBuf,
    /// `thubaocao.toml`.
    pub settings: Settings,
    /// `units.csv`.
    pub register: Register,
    /// `reports.toml`.
    pub reports: Vec<Report>,
    /// `holidays.toml`.
    pub calendar: Calendar,
    /// `words.toml`, where there is one: words of the office besides those that are built in.
    pub words: Vec<Added>,
    /// What is not wrong but should be looked at.
    pub warnings: Vec<Fault>,
}

impl Config {
    /// The short name of a unit on a day, else its id.
    pub(crate) fn unit_name(&self, unit: &UnitId, day: Date) -> String {
        self.register
            .nearest(unit, day)
            .map_or_else(|| unit.to_string(), |u| u.short_name.clone())
    }

    /// The full name of a unit on a day, as official documents have it, else its id.
    pub(crate) fn official_name(&self, unit: &UnitId, day: Date) -> String {
        self.register
            .nearest(unit, day)
            .map_or_else(|| unit.to_string(), |u| u.name.clone())
    }

    /// The title of a report, else its id.
    pub(crate) fn report_title<'c>(&'c self, report: &'c str) -> &'c str {
        self.report(report).map_or(report, |r| &r.title)
    }

    /// The short name of a report, else its id.
    pub fn report_name(&self, report: &str) -> String {
        self.report(report)
            .map_or_else(|| report.to_owned(), |r| r.short.clone())
    }

    /// Reads a configuration folder, but for its templates, which `writing::load` knows.
    ///
    /// # Errors
    /// All faults of all files, in the order of files and lines.
    pub fn load(folder: &Path) -> Result<Config, Vec<Fault>> {
        Config::load_and(folder, |_, _| {})
    }

    /// Reads a configuration folder, and has somebody look at the rest of it: all faults are told at once.
    ///
    /// # Errors
    /// As [`Config::load`].
    pub(crate) fn load_and(
        folder: &Path,
        look_at_the_rest: impl Fn(&Path, &Faults),
    ) -> Result<Config, Vec<Fault>> {
        let faults = Faults::default();
        let warnings = Faults::default();
        if !folder.is_dir() {
            faults.add(
                &folder.display().to_string(),
                None,
                "there is no such folder; name the configuration folder with --config DIR or THUBAOCAO_CONFIG",
            );
            return Err(faults.into_vec());
        }
        let read = |name: &str| {
            let path = folder.join(name);
            let shown = path.display().to_string();
            let text = match std::fs::read(&path) {
                Ok(bytes) => match String::from_utf8(bytes) {
                    Ok(text) => text.trim_start_matches('\u{feff}').to_owned(),
                    Err(e) => {
                        let good = e.utf8_error().valid_up_to();
                        let line = 1 + e.as_bytes()[..good].iter().filter(|b| **b == b'\n').count();
                        faults.add(&shown, Some(line), "the file is not in UTF-8; save it again as UTF-8 (in Excel: “CSV UTF-8”)");
                        return None;
                    }
                },
                Err(e) => {
                    faults.add(&shown, None, format!("cannot be read: {e}"));
                    return None;
                }
            };
            Some((shown, text))
        };
        let settings = read("thubaocao.toml")
            .and_then(|(file, text)| settings::parse(&file, &text, folder, &faults));
        // Where thubaocao.toml cannot be read, no more is known than what is built in.
        let kinds = settings
            .as_ref()
            .map_or_else(kinds::built_in, |s| s.kinds.clone());
        let register = read("units.csv")
            .map(|(file, text)| units::parse(&file, &text, &kinds, &faults, &warnings));
        let calendar =
            read("holidays.toml").map(|(file, text)| holidays::parse(&file, &text, &faults));
        let reports = read("reports.toml").map(|(file, text)| {
            reports::parse(
                &file,
                &text,
                folder,
                &kinds,
                settings.as_ref().map(|s| &s.schedule),
                &faults,
            )
        });
        let own_words = folder.join("words.toml");
        let own_words = own_words.exists().then(|| read("words.toml")).flatten();
        let words = own_words.map_or_else(Vec::new, |(file, text)| {
            let (reports, register) = (reports.as_deref(), register.as_ref());
            words::parse(&file, &text, reports.unwrap_or(&[]), register, &faults)
        });
        look_at_the_rest(folder, &faults);
        match (settings, register, calendar, reports) {
            (Some(settings), Some(register), Some(calendar), Some(reports))
                if faults.is_empty() =>
            {
                Ok(Config {
                    folder: folder.to_owned(),
                    settings,
                    register,
                    reports,
                    calendar,
                    words,
                    warnings: warnings.into_vec(),
                })
            }
            _ => Err(faults.into_vec()),
        }
    }

    /// The report of an id.
    pub fn report(&self, id: &str) -> Option<&Report> {
        self.reports.iter().find(|r| r.id == id)
    }
}

/// Whether a text can be an address to write to: one `@`, a domain, nothing that could break a header.
pub(crate) fn plausible_address(text: &str) -> bool {
    text.parse::<lettre::Address>().is_ok()
}
