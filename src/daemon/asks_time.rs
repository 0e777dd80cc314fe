//! Whether the clock is right, by what the mailbox says.

use anyhow::Result;

use crate::clock::{self, Clock};
use crate::config::Config;
use crate::mailbox::Mailbox;
use crate::store::Store;

/// Whether the mailbox is asked for the time, which leaves a trace there for a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AsksTime {
    /// It was not yet.
    AtStart,
    /// Where the clock is doubted, until it is not.
    InDoubt,
    /// It does not take the question.
    Never,
}

impl AsksTime {
    /// Asks the mailbox for the time where nothing else tells whether the clock is right: at the start, when the last mail
    /// is older than a day or the installation lies ahead, and as long as the clock is doubted.
    pub(super) async fn ask(
        &mut self,
        config: &Config,
        store: &Store,
        mailbox: &mut Mailbox,
        clock: Clock,
    ) -> Result<()> {
        if clock != Clock::System {
            return Ok(());
        }
        let doubted = store.clock_is_doubted()?;
        let wanted = match *self {
            AsksTime::AtStart => {
                doubted
                    || !store.dated_within_a_day(clock.now())?
                    || store.was_installed_ahead(clock.now())?
            }
            AsksTime::InDoubt => doubted,
            AsksTime::Never => return Ok(()),
        };
        *self = AsksTime::InDoubt;
        if !wanted {
            return Ok(());
        }
        let address = &config.settings.mailbox.address;
        let question = clock::question(address, clock.now());
        if let Some(said) = mailbox.time(&question).await? {
            tracing::debug!(%said, "the mailbox was asked for the time");
            store.set_server_time(said, clock.now())?;
        }
        Ok(())
    }
}
