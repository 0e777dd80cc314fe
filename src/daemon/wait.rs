//! Waiting for the next round, and the signals that end a wait or a round.

use std::cell::Cell;
use std::time::Duration;

use anyhow::Result;
use jiff::Timestamp;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::{sleep, timeout};

use super::Service;
use super::link::backoff;
use crate::clock::Clock;
use crate::{collect, manager, plan};

/// How long a round may go on after SIGTERM, to bring a mail that is being sent to its end.
const GRACE: Duration = Duration::from_secs(4);
/// The longest wait between two rounds: the watchdog wants to hear of us.
const LONGEST_WAIT: Duration = Duration::from_secs(240);
/// From one look at a full disk, or an archive that takes nothing, to the next.
const FULL_DISK_PAUSE: Duration = Duration::from_secs(60);

/// What a signal asks for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    /// The end.
    Stop,
    /// The configuration is to be read again.
    Reload,
}

/// The signals that the service listens to.
pub(super) struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hangup: Signal,
}

impl Signals {
    /// Listens from now on.
    pub(super) fn new() -> Result<Signals> {
        Ok(Signals {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hangup: signal(SignalKind::hangup())?,
        })
    }

    async fn next(&mut self) -> Asked {
        tokio::select! {
            _ = self.terminate.recv() => Asked::Stop,
            _ = self.interrupt.recv() => Asked::Stop,
            _ = self.hangup.recv() => Asked::Reload,
        }
    }
}

impl Service {
    /// How long to wait for the next round.
    fn pause(&self, now: Timestamp) -> Duration {
        let settings = &self.app.config.settings;
        let poll = Duration::from_secs(settings.mailbox.poll_minutes * 60);
        let moment = plan::next_moment(&self.app.config, now).duration_since(now);
        let moment = Duration::try_from(moment).unwrap_or_default() + Duration::from_secs(1);
        let mut pause = poll.min(moment).min(LONGEST_WAIT);
        if self.no_room {
            pause = pause.min(FULL_DISK_PAUSE);
        } else if let Some(next_try) = self.line.pause() {
            pause = pause.min(next_try);
        }
        if self.setbacks > 0 {
            pause = pause.max(backoff(self.setbacks));
        }
        pause.max(Duration::from_millis(200))
    }
}

/// One round; gives what a signal asked for meanwhile.
pub(super) async fn work(service: &mut Service, signals: &mut Signals) -> Option<Asked> {
    let stop = Cell::new(false);
    let mut asked = None;
    let result = {
        let round = service.round(Clock::System, &stop);
        tokio::pin!(round);
        loop {
            tokio::select! {
                result = &mut round => break result,
                signal = signals.next() => {
                    asked = Some(signal);
                    if signal == Asked::Stop {
                        stop.set(true);
                        // What is not done by then is left in a state that the next start takes up.
                        let _ = timeout(GRACE, &mut round).await;
                        return asked;
                    }
                }
            }
        }
    };
    match result {
        Ok(None) if service.line.is_up() => manager::status("the mailbox was looked through"),
        Ok(None) => {} // it is not tried again yet
        Ok(Some(e)) => manager::status(&format!("the mailbox fails: {e:#}")),
        Err(e) => {
            manager::status(&format!("a round failed: {e:#}"));
            tracing::error!(error = %format!("{e:#}"), "a round failed");
        }
    }
    asked
}

/// Waits for the next round; gives what a signal asked for.
pub(super) async fn rest(service: &mut Service, signals: &mut Signals) -> Option<Asked> {
    let now = Timestamp::now();
    let pause = service.pause(now);
    tracing::debug!(at_most_s = pause.as_secs(), "waiting");
    let first = collect::folders(&service.app.config.settings.mailbox.kind)
        .into_iter()
        .next()
        .unwrap_or_default();
    let wait = async {
        match service.line.mailbox() {
            Some(mailbox) => mailbox
                .wait(&first, pause)
                .await
                .map_err(anyhow::Error::from),
            None => {
                sleep(pause).await;
                Ok(())
            }
        }
    };
    let waited = tokio::select! {
        waited = wait => waited,
        signal = signals.next() => {
            drop(service.line.take()); // the wait ended in the middle of an answer
            return Some(signal);
        }
    };
    if let Err(e) = waited
        && let Err(e) = service
            .line
            .failed(&service.app.config, &service.app.store, &e, now)
    {
        tracing::error!(error = %format!("{e:#}"), "cannot note that the mailbox failed");
    }
    None
}
