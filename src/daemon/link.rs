//! The link to the mailbox: whether it stands, and if not, when it is tried again.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use anyhow::{Result, anyhow};
use jiff::Timestamp;
use tokio::time::Instant;

use super::asks_time::AsksTime;
use crate::clock::Clock;
use crate::collect::{self, Backlog, Books, Tools, Turn};
use crate::config::Config;
use crate::mailbox::{self, Known, Mailbox, MailboxError, patience};
use crate::staff;
use crate::store::{Part, Store};

/// The shortest time between two connections to the same mailbox, however often the configuration is reloaded.
const RECONNECT: Duration = Duration::from_secs(5);
/// The longest pause between two tries to reach the mailbox, but for chance.
const LONGEST_BACKOFF: Duration = Duration::from_secs(300);

/// Whether there is a connection to the mailbox.
enum Link {
    /// There is none.
    Down {
        /// It is not tried before.
        until: Instant,
        /// How often in a row the mailbox could not be looked through.
        failures: u32,
    },
    /// There is one over which every mail was compared with the store, and on which nothing has failed.
    Up(Mailbox),
}

/// The way to the mailbox, with what is known of it from one connection to the next.
pub(super) struct Line {
    link: Link,
    /// A trace of how it was last reached.
    way: String,
    /// When it was last connected to.
    connected: Option<Instant>,
    /// Whether the server tells dates that cannot be understood.
    without_dates: bool,
    /// Whether the mailbox is to be asked for the time.
    asks_time: AsksTime,
    /// What is left to be taken of what was listed over the connection.
    backlog: Backlog,
}

impl Link {
    /// Nothing is connected and nothing stands in the way.
    fn free() -> Link {
        Link::Down {
            until: Instant::now(),
            failures: 0,
        }
    }

    /// Takes the connection out; then there is none.
    fn take(&mut self) -> Option<Mailbox> {
        match std::mem::replace(self, Link::free()) {
            Link::Up(mailbox) => Some(mailbox),
            down @ Link::Down { .. } => {
                *self = down;
                None
            }
        }
    }

    /// Ends the connection; no other is made before a moment.
    fn drop_until(&mut self, earliest: Instant) {
        drop(self.take());
        if let Link::Down { until, .. } = self {
            *until = earliest.max(*until);
        }
    }

    fn failures(&self) -> u32 {
        match self {
            Link::Down { failures, .. } => *failures,
            Link::Up(_) => 0,
        }
    }
}

impl Line {
    /// To a mailbox that was not reached yet.
    pub(super) fn new() -> Line {
        Line {
            link: Link::free(),
            way: String::new(),
            connected: None,
            without_dates: false,
            asks_time: AsksTime::AtStart,
            backlog: Backlog::default(),
        }
    }

    /// Whether there is a connection.
    pub(super) fn is_up(&self) -> bool {
        matches!(self.link, Link::Up(_))
    }

    /// The mailbox, where there is a connection.
    pub(super) fn mailbox(&mut self) -> Option<&mut Mailbox> {
        match &mut self.link {
            Link::Up(mailbox) => Some(mailbox),
            Link::Down { .. } => None,
        }
    }

    /// Lends the connection to whoever may have to drop it, and says so by not giving it back.
    pub(super) fn take(&mut self) -> Option<Mailbox> {
        self.link.take()
    }

    /// Takes a connection back.
    pub(super) fn give_back(&mut self, mailbox: Option<Mailbox>) {
        if let Some(mailbox) = mailbox {
            self.link = Link::Up(mailbox);
        }
    }

    /// Ends the connection, where there is one, and makes no other for so long.
    pub(super) fn drop_for(&mut self, pause: Duration) {
        self.link.drop_until(Instant::now() + pause);
    }

    /// Lets the next try be at once.
    pub(super) fn try_now(&mut self) {
        if let Link::Down { until, .. } = &mut self.link {
            *until = Instant::now();
        }
    }

    /// How long no try is due; nothing where there is a connection.
    pub(super) fn pause(&self) -> Option<Duration> {
        match self.link {
            Link::Down { until, .. } => Some(until.saturating_duration_since(Instant::now())),
            Link::Up(_) => None,
        }
    }

    /// Whether the mailbox may be looked through now.
    pub(super) fn is_due(&self) -> bool {
        self.pause().is_none_or(|pause| pause.is_zero())
    }

    /// Ends the connection in good order.
    pub(super) async fn close(&mut self) {
        if let Some(mailbox) = self.take() {
            mailbox.close().await;
        }
    }

    /// Looks through the mailbox, connecting first where needed; gives whether something was left for the next look. After
    /// an error there is no connection: one on which anything failed is dropped.
    pub(super) async fn look_through(
        &mut self,
        tools: &mut Tools<'_>,
        clock: Clock,
    ) -> Result<bool> {
        let Books { config, store, .. } = tools.books;
        let (mut mailbox, mut backlog) = match self.take() {
            Some(mailbox) => (mailbox, std::mem::take(&mut self.backlog)),
            None => {
                let mailbox = self.connect(config, store).await?;
                store.succeeded(Part::Login, clock.now())?;
                (mailbox, Backlog::default())
            }
        };
        let mut turn = Turn::begin(&config.settings.limits, &mut backlog);
        match collect::pass(tools, &mut mailbox, staff::obey, &mut turn, clock).await {
            Err(e) if is_unparsable(&e) && !self.without_dates => {
                tracing::warn!(
                    "the server is not asked for the dates of mails any more; the mails tell them"
                );
                self.without_dates = true;
                mailbox = self.connect(config, store).await?;
                *turn.backlog = Backlog::default();
                collect::pass(tools, &mut mailbox, staff::obey, &mut turn, clock).await?;
            }
            passed => passed?,
        }
        if self.link.failures() > 0 {
            tracing::info!("the mailbox answers again");
        }
        self.link = match self.asks_time.ask(config, store, &mut mailbox, clock).await {
            Ok(()) => Link::Up(mailbox),
            Err(e) => {
                tracing::warn!(error = %format!("{e:#}"), "the mailbox is not asked for the time again");
                self.asks_time = AsksTime::Never;
                Link::free()
            }
        };
        let goes_on = turn.goes_on();
        self.backlog = backlog;
        Ok(goes_on)
    }

    async fn connect(&mut self, config: &Config, store: &Store) -> Result<Mailbox, MailboxError> {
        let settings = &config.settings.mailbox;
        let known = Known::of(store, &settings.address).map_err(MailboxError::Other)?;
        let kind = &settings.kind;
        let longest = config.settings.limits.message_bytes;
        self.way = patience::way(store, kind).map_err(MailboxError::Other)?;
        self.connected = Some(Instant::now());
        let mut mailbox = Mailbox::open(kind, known, longest).await?;
        if self.without_dates {
            mailbox.ask_for_no_dates();
        }
        Ok(mailbox)
    }

    /// That no login is tried now, as the last one was refused shortly before: by this process or one before it.
    pub(super) fn refused_before(
        &mut self,
        config: &Config,
        store: &Store,
        now: Timestamp,
    ) -> Result<Option<anyhow::Error>> {
        if self.is_up() || !self.is_due() {
            return Ok(None);
        }
        let pause = patience::pause(store, &config.settings.mailbox.kind, now)?;
        Ok(pause.map(|left| {
            self.drop_for(left.unsigned_abs());
            anyhow!(
                "the mailbox refused the login before; it is tried again at {}, or at once with another server, user or password",
                now + left
            )
        }))
    }

    /// Notes why the mailbox failed and when to try again.
    pub(super) fn failed(
        &mut self,
        config: &Config,
        store: &Store,
        e: &anyhow::Error,
        now: Timestamp,
    ) -> Result<()> {
        let failures = self.link.failures() + 1;
        let login = |c: &MailboxError| matches!(c, MailboxError::Login { .. });
        let mut pause = backoff(failures);
        let down = |pause| Link::Down {
            until: Instant::now() + pause,
            failures,
        };
        self.link = down(pause);
        if e.chain().any(|c| c.downcast_ref().is_some_and(login)) {
            store.failed(Part::Login, now, &mailbox::told(e))?;
            let kind = &config.settings.mailbox.kind;
            pause = patience::refused(store, kind, now)?.unsigned_abs();
            self.link = down(pause);
        }
        tracing::warn!(error = %format!("{e:#}"), again_in_s = pause.as_secs(), "the mailbox failed");
        store.failed(Part::Mailbox, now, &mailbox::told(e))
    }

    /// Goes by another configuration. Another mailbox is tried at once; servers do not like to be logged into again and
    /// again.
    pub(super) fn reloaded(&mut self, config: &Config, store: &Store) {
        drop(self.take());
        let way = patience::way(store, &config.settings.mailbox.kind);
        if way.is_ok_and(|way| way != self.way) {
            self.link = Link::free();
        } else if let Some(connected) = self.connected {
            self.link.drop_until(connected + RECONNECT);
        }
    }
}

fn is_unparsable(e: &anyhow::Error) -> bool {
    matches!(e.downcast_ref(), Some(MailboxError::Unparsable))
}

/// Doubling from five seconds to five minutes, and up to a quarter more by chance, so that many clients do not come in
/// waves.
pub(super) fn backoff(failures: u32) -> Duration {
    let doubled = Duration::from_secs(5 << failures.saturating_sub(1).min(6));
    let chance = RandomState::new().hash_one(failures) % 1000;
    doubled
        .min(LONGEST_BACKOFF)
        .mul_f64(1.0 + chance as f64 / 4000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_backoff_grows_and_has_a_cap() {
        assert!(backoff(1) >= Duration::from_secs(5) && backoff(1) <= Duration::from_millis(6250));
        assert!(backoff(3) >= Duration::from_secs(20));
        assert!(backoff(1000) <= LONGEST_BACKOFF.mul_f64(1.25));
    }

    /// A link that is down.
    fn down(until: Instant, failures: u32) -> Link {
        Link::Down { until, failures }
    }

    fn parts(link: &Link) -> (Instant, u32) {
        match link {
            Link::Down { until, failures } => (*until, *failures),
            Link::Up(_) => panic!("there is no connection"),
        }
    }

    #[test]
    fn what_is_down_stays_so_for_the_longer_of_two_pauses_and_forgets_no_failure() {
        let now = Instant::now();
        let after = |seconds| now + Duration::from_secs(seconds);
        for (until, earliest, left) in [(0, 5, 5), (60, 5, 60), (5, 5, 5)] {
            let mut link = down(after(until), 3);
            assert!(link.take().is_none());
            link.drop_until(after(earliest));
            assert_eq!(parts(&link), (after(left), 3), "{until} {earliest}");
        }
    }

    #[test]
    fn a_connection_that_is_taken_out_leaves_a_link_that_may_be_tried_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let maildir = mailbox::Maildir::open(folder.path(), true, false).unwrap();
        let mut line = Line::new();
        line.give_back(Some(Mailbox::Maildir(maildir)));
        assert!(line.is_up() && line.is_due() && line.pause().is_none());
        let mailbox = line.take();
        assert!(mailbox.is_some() && !line.is_up() && line.is_due());
        line.give_back(mailbox);
        line.drop_for(Duration::from_secs(60));
        assert!(!line.is_up() && !line.is_due());
        assert_eq!(parts(&line.link).1, 0);
        line.give_back(None);
        assert!(!line.is_up());
        line.try_now();
        assert!(line.is_due());
    }
}
