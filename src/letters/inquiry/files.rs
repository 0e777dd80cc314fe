//! Files of units that one of staff asked for: which are meant, and what is said of them. [`crate::prepare`] packs them.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use jiff::Timestamp;
use minijinja::context;
use serde::{Deserialize, Serialize};

use super::{Table, Told, said, there_are};
use crate::commands::inquiry::About;
use crate::config::Config;
use crate::domain::date_of;
use crate::domain::obligation::Obligation;
use crate::domain::period::PeriodId;
use crate::domain::row::MessageId;
use crate::store::{KnownPeriod, Receipts, Store};
use crate::writing::{Enclosure, say};

/// Beside the files: what is said of them.
const SAID: &str = "said.json";

/// What is to be packed.
pub(crate) enum Wanted {
    /// The files that stand for what is expected of a unit.
    OfUnit(Box<Obligation>),
    /// All files of a report and period, with the consolidation draft.
    OfPeriod(String, PeriodId),
}

/// What was packed, as it is said in each mail that brings a part of it.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Packed {
    /// The report and period, and whose it is, where it is of one unit.
    pub(crate) title: String,
    /// In how many mails it leaves.
    pub(crate) parts: u32,
    /// Of how many units.
    pub(crate) units: usize,
    /// How many files go along.
    pub(crate) files: usize,
    /// Whether a consolidation draft is among them.
    pub(crate) draft: bool,
    /// Their names, where they are of one unit.
    pub(crate) names: Vec<String>,
    /// What is too large for any mail.
    pub(crate) left_out: Vec<String>,
}

/// The folder of what was packed for a mail that asks.
pub(crate) fn folder(config: &Config, message: MessageId) -> PathBuf {
    folder_of_all(config).join(message.to_string())
}

/// Where all that is packed lies until it has left.
pub(crate) fn folder_of_all(config: &Config) -> PathBuf {
    config.settings.data.join("prepared")
}

/// The files of a part, under a folder.
pub(crate) fn of_part(folder: &Path, part: u32) -> PathBuf {
    folder.join(part.to_string())
}

impl Packed {
    /// What lies in a folder; `None` where nothing does.
    pub(crate) fn read(folder: &Path) -> Result<Option<Packed>> {
        let path = folder.join(SAID);
        if !path.exists() {
            return Ok(None);
        }
        let text = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        Ok(Some(serde_json::from_slice(&text)?))
    }

    /// Notes it beside its files.
    pub(crate) fn write(&self, folder: &Path) -> Result<()> {
        Ok(fs::write(folder.join(SAID), serde_json::to_vec(self)?)?)
    }
}

/// What is wanted, or what is said where that is not clear.
pub(super) type Clear = std::result::Result<Wanted, Told>;

/// All files of a period that are wanted.
pub(super) fn of_period(
    config: &Config,
    store: &Store,
    about: &About,
    now: Timestamp,
) -> Result<Clear> {
    let known = store.periods()?;
    let fit = about.periods(config, &known, date_of(now));
    Ok(match fit.as_slice() {
        [one] => Ok(Wanted::OfPeriod(one.report.clone(), one.period.clone())),
        [] => Err(there_are(config, known.iter().collect())),
        _ => Err(Told {
            before: vec![say(config, "which_period", context! {})],
            ..there_are(config, fit)
        }),
    })
}

/// The files of a unit that are wanted.
pub(super) fn of_unit(
    config: &Config,
    store: &Store,
    about: &About,
    now: Timestamp,
) -> Result<Clear> {
    let [unit] = about.units.as_slice() else {
        return Ok(Err(Told {
            before: vec![say(config, "which_unit", context! {})],
            ..Told::default()
        }));
    };
    let known = store.periods()?;
    let mut brought = store.obligations_of(unit, Receipts::All)?;
    brought.retain(|o| !o.receipts.is_empty());
    let of = |k: &KnownPeriod| {
        let mut of = brought.iter();
        of.find(|o| o.report == k.report && o.period == k.period)
    };
    let fit = about.periods(config, &known, date_of(now)).into_iter();
    let fit: Vec<(&KnownPeriod, &Obligation)> = fit.filter_map(|k| Some((k, of(k)?))).collect();
    Ok(match fit.as_slice() {
        [(_, one)] => Ok(Wanted::OfUnit(Box::new((*one).clone()))),
        [] => Err(Told {
            before: vec![say(config, "no_files_of_that", context! {})],
            ..there_are(config, known.iter().filter(|k| of(k).is_some()).collect())
        }),
        several => Err(Told {
            before: vec![say(config, "which_period", context! {})],
            ..there_are(config, several.iter().map(|(k, _)| *k).collect())
        }),
    })
}

/// What is said of a part of what was packed, with its files.
pub(super) fn told(config: &Config, folder: &Path, packed: Packed, part: u32) -> Result<Told> {
    let mut enclosures = Vec::new();
    for entry in fs::read_dir(of_part(folder, part))? {
        let entry = entry?;
        enclosures.push(Enclosure {
            name: entry.file_name().to_string_lossy().into_owned(),
            content: fs::read(entry.path())?,
        });
    }
    enclosures.sort_by(|a, b| a.name.cmp(&b.name));
    let Packed {
        title,
        parts,
        units,
        files,
        draft,
        names,
        left_out,
    } = packed;
    let mut before = vec![say(
        config,
        "files_go_along",
        context! { title, parts, units, files, part },
    )];
    if draft && part == 1 {
        before.push(say(config, "draft_is_a_draft", context! {}));
    }
    let list = |title: &str, names: Vec<String>| Table {
        title: title.to_owned(),
        columns: vec![said::FILE_OF],
        rows: names.into_iter().map(|name| vec![name]).collect(),
    };
    let is_told = part == 1 && !left_out.is_empty();
    let mut tables = vec![list(said::ENCLOSED, names), list(said::TOO_LARGE, left_out)];
    tables.retain(|t| part == 1 && !t.rows.is_empty());
    Ok(Told {
        before,
        tables,
        after: match is_told {
            true => vec![say(config, "where_large_files_are", context! {})],
            false => vec![],
        },
        enclosures,
    })
}
