//! What became of the commands of a day that were above the cap of answers; when that day is over.

use anyhow::Result;
use jiff::civil::{Date, Time};
use jiff::{Timestamp, ToSpan};
use minijinja::context;
use serde::Serialize;

use super::staff_answer::undo;
use super::{Composed, answer};
use crate::commands::ANSWERS_A_DAY;
use crate::config::Config;
use crate::domain::owed::Kind;
use crate::domain::{date_of, instant, vietnamese_date};
use crate::store::Store;
use crate::writing::{Draft, render_text};

/// More commands are not listed in one mail.
const MOST_COMMANDS: usize = 300;

/// What became of the commands of a day that were above the cap of answers; when that day is over.
pub(super) fn letter(
    config: &Config,
    store: &Store,
    day: Date,
    address: &str,
    now: Timestamp,
) -> Result<Composed> {
    // A day that lies ahead is one of a clock that was wrong.
    if date_of(now) == day {
        return Ok(Composed::Hold);
    }
    if !config.settings.digest_to.iter().any(|s| s == address) {
        return Ok(Composed::Dropped(
            "it is no longer the address of staff".into(),
        ));
    }
    let midnight = |day: Date| instant(day, Time::midnight());
    let span = (midnight(day), midnight(day.saturating_add(1.day())));
    let mut told = Vec::new();
    for command in store.told_together(address, span)? {
        let mail = store.message(command.message)?;
        told.push(CommandTold {
            subject: mail.and_then(|m| m.subject).unwrap_or_default(),
            undo: undo(config, store, &command, address, now)?,
            outcome: command.outcome,
        });
    }
    if told.is_empty() {
        return Ok(Composed::Dropped("no command of that day is left".into()));
    }
    let draft = draft(config, address, day, ANSWERS_A_DAY, told)?;
    Ok(Composed::Ready(draft))
}

/// What became of a command, told together with others.
#[derive(Debug, Serialize)]
struct CommandTold {
    /// The subject of the mail that carried it.
    subject: String,
    /// In words for staff.
    outcome: String,
    /// The token that takes it back.
    undo: Option<String>,
}

/// What one of staff is told of all commands of a day that came after `cap` of them had been answered one by one.
///
/// # Errors
/// When the template fails.
fn draft(
    config: &Config,
    to: &str,
    day: Date,
    cap: u32,
    mut commands: Vec<CommandTold>,
) -> Result<Draft> {
    let more = commands.len().saturating_sub(MOST_COMMANDS);
    commands.truncate(MOST_COMMANDS);
    let values = context! {
        day => vietnamese_date(day),
        cap,
        commands,
        more,
    };
    let (subject, text) = render_text(config, Kind::StaffAnswers, values)?;
    let to = vec![to.to_owned()];
    answer::draft(
        config,
        Kind::StaffAnswers,
        to,
        vec![],
        subject,
        text,
        vec![],
    )
}
