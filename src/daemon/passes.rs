//! One round: the passes in their order, and what is looked at around them.

use std::cell::Cell;

use anyhow::Result;
use jiff::{SignedDuration, Timestamp};

use super::Service;
use super::link::backoff;
use crate::clock::Clock;
use crate::config::{Exposed, exposed};
use crate::disk;
use crate::store::Part;
use crate::{audit, collect, correct, find, health, plan, prepare, retention, send};

/// How often the storage of the archive is tried where nothing fails: a key may have run out before a mail comes.
const ARCHIVE_TRIED_EVERY: SignedDuration = SignedDuration::from_hours(1);

/// What became of the passes of a round.
struct Passed {
    /// Why the mailbox was not looked through, or what else is the matter.
    failure: Option<anyhow::Error>,
    /// Whether the mailbox failed while mails were sent.
    dropped: bool,
}

impl Service {
    /// All three passes once. Failures of the mailbox are noted, not returned: reminders wait then, the digest does not.
    ///
    /// # Errors
    /// When the store or the archive fails.
    pub async fn round(
        &mut self,
        clock: Clock,
        stop: &Cell<bool>,
    ) -> Result<Option<anyhow::Error>> {
        let passed = self.passes(clock, stop).await;
        let passed = passed.map_err(|e| disk::explained(&self.app.config.settings.data, e));
        if passed.as_ref().map_or(true, |passed| passed.dropped) {
            // Whatever broke, the mailbox is not logged into again at once: servers lock accounts that do.
            self.setbacks += 1;
            self.line.drop_for(backoff(self.setbacks));
        } else {
            self.setbacks = 0;
        }
        let (config, store) = (&self.app.config, &self.app.store);
        let error = passed.as_ref().err();
        if let Some(e) = error {
            health::note_unreachable(store, e, clock.now())?;
        }
        self.alarm.pass(config, store, error, clock.now()).await;
        passed.map(|passed| passed.failure)
    }

    async fn passes(&mut self, clock: Clock, stop: &Cell<bool>) -> Result<Passed> {
        self.look_at_clock(clock)?;
        self.look_at_passwords(clock.now())?;
        let mut passed = Passed {
            failure: self.look_at_room(clock.now()).await?,
            dropped: false,
        };
        self.more = false;
        let mut looked_again = false;
        loop {
            if let Some(e) = self.look_through(clock).await? {
                passed.failure = Some(e);
            }
            // What has come may tell of the clock.
            self.look_at_clock(clock)?;
            plan::pass(&self.app.config, &self.app.store, clock.now())?;
            prepare::pass(
                &self.app.config,
                &self.app.store,
                &self.app.archive,
                &mut self.app.reader,
                clock.now(),
            )
            .await?;
            let was_up = self.line.is_up();
            let sent = self.send(clock, stop).await?;
            passed.dropped |= was_up && !self.line.is_up();
            // Where one look takes longer than it counts, no reminder would ever leave; the next round tries again.
            let in_vain = looked_again && sent.mails == 0;
            if !sent.look_first || !self.line.is_up() || in_vain || stop.get() {
                break;
            }
            looked_again = true;
        }
        if self.app.store.health(Part::Archive)?.failing().is_some() {
            return Ok(passed); // of what lies there nothing is known
        }
        find::take_in(&self.app.store, &self.app.archive, &mut self.app.reader).await?;
        if !self.app.store.clock_is_doubted()? {
            retention::pass(
                &self.app.config,
                &self.app.store,
                &self.app.archive,
                clock.now(),
            )
            .await?;
        }
        audit::pass(
            &self.app.store,
            &self.app.archive,
            &mut self.app.reader,
            clock.now(),
        )
        .await?;
        Ok(passed)
    }

    /// Looks through the mailbox where that is due; gives why it was not.
    async fn look_through(&mut self, clock: Clock) -> Result<Option<anyhow::Error>> {
        if self.no_room {
            return Ok(None);
        }
        if let Some(refused) =
            self.line
                .refused_before(&self.app.config, &self.app.store, clock.now())?
        {
            return Ok(Some(refused));
        }
        if !self.line.is_due() {
            return Ok(None);
        }
        match self.line.look_through(&mut self.app.tools(), clock).await {
            Ok(more) => {
                self.more = more;
                Ok(None)
            }
            Err(e) => {
                let e = disk::explained(&self.app.config.settings.data, e);
                health::note_unreachable(&self.app.store, &e, clock.now())?;
                self.line
                    .failed(&self.app.config, &self.app.store, &e, clock.now())?;
                Ok(Some(e))
            }
        }
    }

    /// Sends what is owed. A mailbox that fails meanwhile is dropped.
    async fn send(&mut self, clock: Clock, stop: &Cell<bool>) -> Result<send::Sent> {
        let mut mailbox = self.line.take();
        let ends = || stop.get();
        let sent = send::pass(
            self.app.outbox(),
            &mut self.transport,
            &mut mailbox,
            clock,
            &ends,
        )
        .await?;
        self.line.give_back(mailbox);
        Ok(sent)
    }

    /// Looks whether there is room on the disk and in the archive; gives what is the matter. Without it no mail is taken
    /// in.
    async fn look_at_room(&mut self, now: Timestamp) -> Result<Option<anyhow::Error>> {
        let room = disk::look(&self.app.config, &self.app.store, now)?;
        let trouble = match room.trouble() {
            Some(trouble) => Some(anyhow::Error::msg(trouble)),
            None => self.try_archive(now).await?,
        };
        let had_no_room = std::mem::replace(&mut self.no_room, trouble.is_some());
        if !self.no_room {
            if had_no_room {
                self.line.try_now(); // it waited for that only
            }
            collect::try_reader(&self.app.store, &mut self.app.reader, now).await?;
        }
        Ok(trouble)
    }

    /// Tries the storage of the archive where it failed last, and from time to time; gives what is the matter with it.
    async fn try_archive(&self, now: Timestamp) -> Result<Option<anyhow::Error>> {
        let store = &self.app.store;
        let health = store.health(Part::Archive)?;
        let fails = health.failing().is_some();
        let Some(s3) = self.app.archive.s3() else {
            if fails {
                store.succeeded(Part::Archive, now)?; // it lies in a folder since
            }
            return Ok(None);
        };
        let recent = |at: Timestamp| now.duration_since(at).abs() < ARCHIVE_TRIED_EVERY;
        if !fails && health.success_at.is_some_and(recent) {
            return Ok(None);
        }
        let Err(e) = s3.trial().await else {
            store.succeeded(Part::Archive, now)?;
            return Ok(None);
        };
        let e = e.into();
        health::note_unreachable(store, &e, now)?;
        Ok(Some(e))
    }

    /// Notes whether the clock is to be trusted; what is decided by date stops while it is not. A clock that is trusted
    /// takes back what it has left when it was ahead. Whoever gives the moment says that it is right.
    fn look_at_clock(&mut self, clock: Clock) -> Result<()> {
        let (store, now) = (&self.app.store, clock.now());
        if clock != Clock::System {
            return store.succeeded(Part::Clock, now);
        }
        if let Some(evidence) = self.watch.look(store, now)? {
            tracing::error!(
                ?evidence,
                "the clock is wrong; nothing is decided by date until it is mended or `thubaocao clock accept` says that it is right"
            );
        } else if let Some(mails) = correct::undo_moments_ahead(store, now)? {
            tracing::warn!(
                mails,
                "the clock is a day and more before what it said earlier; what was expected, planned and reminded by moments still to come is taken back"
            );
        }
        Ok(())
    }

    /// Notes whether others can read the files with passwords. The service goes on: what they hold may be known by now,
    /// and reports that are not collected would not make that undone.
    fn look_at_passwords(&self, now: Timestamp) -> Result<()> {
        let (config, store) = (&self.app.config, &self.app.store);
        let exposed = exposed(&config.settings, &config.folder);
        if exposed.is_empty() {
            let health = store.health(Part::Password)?;
            if health.success_at.is_none() || health.failing().is_some() {
                store.succeeded(Part::Password, now)?;
            }
            return Ok(());
        }
        let told: Vec<String> = exposed.iter().map(Exposed::in_vietnamese).collect();
        exposed
            .iter()
            .for_each(|e| tracing::error!(exposed = %e, "a password is not kept"));
        store.failed(Part::Password, now, &told.join("; "))
    }
}
