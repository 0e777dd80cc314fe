//! `reports`: the titles that staff taught by assigning mails.

use anyhow::Result;
use clap::Subcommand;

use super::corrections::by;
use super::{Session, say};
use crate::domain::date_of;
use crate::domain::row::TitleId;
use crate::{correct, home};

#[derive(Debug, Subcommand)]
pub(super) enum Reports {
    /// List the titles that staff taught: what is left of each, and which report it stands for
    Learned,
    /// Forget a title; it is not learned again
    Forget {
        /// Its number, as `learned` shows it
        number: TitleId,
    },
}

pub(super) fn run(session: &Session, command: &Reports) -> Result<()> {
    let now = session.now();
    let config = session.config()?;
    match command {
        Reports::Learned => {
            for learned in session.snapshot(&config, now)?.learned_titles()? {
                let (lesson, day) = (&learned.lesson, date_of(learned.since));
                say(format!(
                    "{:<4} {:<24} since {day} (mail {}): {}",
                    learned.id, lesson.report, lesson.mail, learned.title
                ))?;
            }
        }
        Reports::Forget { number } => {
            let store = home::open_store(&config, now)?;
            say(correct::forget_title(&store, *number, &by(), now)?.said)?;
        }
    }
    Ok(())
}
