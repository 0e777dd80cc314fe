//! What one of staff asked to be told; a file each for what takes more than a list.

pub(crate) mod files;
mod find;
mod help;
mod page;
mod said;
mod standing;
mod urge;

use anyhow::Result;
use jiff::Timestamp;
use minijinja::context;
use serde::Serialize;

use super::{Composed, answer, answered, reply_to};
use crate::commands::inquiry::Inquiry;
use crate::commands::meaning::Meaning;
use crate::commands::meant;
use crate::config::Config;
use crate::domain::owed::{Kind, Owed};
use crate::domain::{date_of, vietnamese_date};
use crate::store::{KnownPeriod, Outgoing, Store};
use crate::writing::{Draft, Enclosure, render, render_text, say};
use files::{Clear, Packed, Wanted};

/// So many reports and periods are listed where none fits.
const MOST_LISTED: usize = 30;

/// What one of staff is told.
#[derive(Debug, Default, Serialize)]
struct Told {
    /// Paragraphs above the tables.
    before: Vec<String>,
    tables: Vec<Table>,
    /// Paragraphs below them.
    after: Vec<String>,
    #[serde(skip)]
    enclosures: Vec<Enclosure>,
}

/// A table of it.
#[derive(Debug, Serialize)]
struct Table {
    title: String,
    /// What its columns are called.
    columns: Vec<&'static str>,
    rows: Vec<Vec<String>>,
}

/// What one of staff asked to be told, as it is when it leaves.
pub(super) fn letter(
    config: &Config,
    store: &Store,
    mail: &Outgoing,
    now: Timestamp,
) -> Result<Composed> {
    let dropped = |why: &str| Ok(Composed::Dropped(why.into()));
    let message = answered(store, mail)?;
    let (Some(reading), Some(reply)) = (&message.reading, reply_to(&message)) else {
        return dropped("the mail was not read");
    };
    if !config.settings.digest_to.iter().any(|a| a == reply.to) {
        return dropped("the address is no longer one of staff");
    }
    let Meaning::Inquiry(inquiry) = meant(config, store, &message, reading)? else {
        return dropped("the mail asks nothing that is known any more");
    };
    let Some(told) = told(config, store, &inquiry, mail, now)? else {
        return Ok(Composed::Hold);
    };
    let values = context! {
        reply => answer::strip_reply_marks(reply.subject),
        ..minijinja::Value::from_serialize(&told)
    };
    let (subject, text) = render_text(config, Kind::InquiryAnswer, &values)?;
    let title = &subject;
    let html = render(config, "inquiry_answer.html", context! { title, ..values })?;
    Ok(Composed::Ready(Draft {
        kind: Kind::InquiryAnswer,
        to: vec![reply.to.to_owned()],
        cc: vec![],
        subject,
        text,
        html,
        thread: reply.thread,
        enclosures: told.enclosures,
    }))
}

/// What is told whoever asks something; `None` where what goes along is not packed yet.
fn told(
    config: &Config,
    store: &Store,
    inquiry: &Inquiry,
    mail: &Outgoing,
    now: Timestamp,
) -> Result<Option<Told>> {
    Ok(Some(match inquiry {
        Inquiry::Help => help::told(config, store, now)?,
        Inquiry::Page => page::told(config, store, now)?,
        Inquiry::Standing(about) => standing::told(config, store, about, now)?,
        Inquiry::Urge(about) => urge::told(config, store, about, now)?,
        Inquiry::Files(about) => {
            let clear = || files::of_unit(config, store, about, now);
            return with_files(config, mail, clear);
        }
        Inquiry::Export(about) => {
            let clear = || files::of_period(config, store, about, now);
            return with_files(config, mail, clear);
        }
        Inquiry::Find(sought) => find::told(config, store, sought, now)?,
    }))
}

/// What is to be packed for a mail that is owed; `None` where it needs nothing.
pub(crate) fn wanted(
    config: &Config,
    store: &Store,
    mail: &Outgoing,
    now: Timestamp,
) -> Result<Option<Wanted>> {
    let message = answered(store, mail)?;
    let Some(reading) = &message.reading else {
        return Ok(None);
    };
    let Meaning::Inquiry(inquiry) = meant(config, store, &message, reading)? else {
        return Ok(None);
    };
    Ok(match inquiry {
        Inquiry::Files(about) => files::of_unit(config, store, &about, now)?.ok(),
        Inquiry::Export(about) => files::of_period(config, store, &about, now)?.ok(),
        Inquiry::Help
        | Inquiry::Page
        | Inquiry::Standing(_)
        | Inquiry::Urge(_)
        | Inquiry::Find(_) => None,
    })
}

/// What is told with the files that were packed for a mail; where none were, why they cannot be.
fn with_files(
    config: &Config,
    mail: &Outgoing,
    clear: impl FnOnce() -> Result<Clear>,
) -> Result<Option<Told>> {
    let Owed::InquiryAnswer { message, part } = mail.owed else {
        return Ok(None);
    };
    let folder = files::folder(config, message);
    match Packed::read(&folder)? {
        Some(packed) => files::told(config, &folder, packed, part).map(Some),
        None => Ok(clear()?.err()),
    }
}

/// What is told where no report and period fits: which there are, the last first.
fn there_are(config: &Config, mut known: Vec<&KnownPeriod>) -> Told {
    known.sort_by_key(|k| std::cmp::Reverse(k.due));
    known.truncate(MOST_LISTED);
    let row = |k: &&KnownPeriod| {
        vec![
            format!(
                "{} {}",
                config.report_name(&k.report),
                k.period.in_vietnamese()
            ),
            vietnamese_date(date_of(k.due)),
        ]
    };
    Told {
        before: vec![say(config, "nothing_of_that", context! {})],
        tables: match known.is_empty() {
            true => vec![],
            false => vec![Table {
                title: said::REPORTS_AND_PERIODS.into(),
                columns: said::OF_A_PERIOD.to_vec(),
                rows: known.iter().map(row).collect(),
            }],
        },
        ..Told::default()
    }
}
