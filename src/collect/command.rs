//! Which mails of staff are commands.

use anyhow::Result;

use crate::commands::meaning::Meaning;
use crate::commands::{confirmed, meant};
use crate::config::Config;
use crate::reading::{Class, Reading, Reason};
use crate::store::{Message, Store};

/// Looks whether a mail of staff is a command or asks something, by its codes and by the mail of ours that it answers, and
/// classes it so.
pub(super) fn classify(
    config: &Config,
    store: &Store,
    message: &Message,
    reading: &mut Reading,
) -> Result<()> {
    if !reading.class.is_personal() && reading.class != Class::StaffCommand {
        return Ok(());
    }
    let staff = &config.settings.digest_to;
    let of_staff = reading
        .sender
        .as_ref()
        .is_some_and(|s| staff.contains(&s.address));
    let is_command = of_staff
        && (meant(config, store, message, reading)? != Meaning::Nothing
            || confirmed::confirmed(store, message, reading)?.is_some());
    match (is_command, reading.class == Class::StaffCommand) {
        (true, false) => {
            reading.class = Class::StaffCommand;
            reading.no_answer = true;
            reading.reasons.push(Reason::AnswersWithACommand);
        }
        (false, true) => {
            reading.is_no_command();
            reading.reasons.push(Reason::QuotesACommand);
        }
        (true, true) | (false, false) => {}
    }
    Ok(())
}
