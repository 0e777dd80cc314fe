//! When each pass runs: once, or for ever: woken by the server, by timers and by signals.

use std::cell::Cell;
use std::fs::File;
use std::hash::{BuildHasher, RandomState};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use jiff::Timestamp;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::{Instant, sleep, timeout};

use crate::alarm::Alarm;
use crate::app::App;
use crate::clock::{Clock, Watch};
use crate::collect::{self, Reach, Turn};
use crate::config::{Config, Exposed, MailboxKind, Veil, exposed};
use crate::disk::{self, Room};
use crate::mailbox::{Known, Mailbox, MailboxError, patience};
use crate::staff;
use crate::store::Part;
use crate::transport::Transport;
use crate::{audit, backup, clock, correct, identity, manager, plan, retention, send, writing};

/// The service is ready after this, also where the first look takes longer: systemd would give up a start.
const LATEST_READY: Duration = Duration::from_secs(30);
/// How long a round may go on after SIGTERM, to bring a mail that is being sent to its end.
const GRACE: Duration = Duration::from_secs(4);
/// The longest wait between two rounds: the watchdog wants to hear of us.
const LONGEST_WAIT: Duration = Duration::from_secs(240);
/// The shortest time between two connections to the same mailbox, however often the configuration is reloaded.
const RECONNECT: Duration = Duration::from_secs(5);
/// The longest pause between two tries to reach the mailbox, but for chance.
const LONGEST_BACKOFF: Duration = Duration::from_secs(300);
/// From one look at a full disk to the next.
const FULL_DISK_PAUSE: Duration = Duration::from_secs(60);

/// A running installation.
pub struct Service {
    app: App,
    transport: Transport,
    mailbox: Option<Mailbox>,
    /// A trace of how it was last reached.
    way: String,
    /// When it was last connected to.
    connected: Option<Instant>,
    /// Whether every UID of the mailbox is to be compared with the store.
    full: bool,
    /// Whether the server tells dates that cannot be understood.
    without_dates: bool,
    /// How often in a row the mailbox could not be looked through.
    failures: u32,
    /// Rounds in a row that broke for another reason.
    setbacks: u32,
    next_try: Instant,
    /// Whether the last look left something for the next one, which follows at once.
    more: bool,
    /// Whether the last round had no room on the disk.
    no_room: bool,
    alarm: Alarm,
    watch: Watch,
    /// Whether the mailbox is to be asked for the time.
    asks_time: AsksTime,
    _lock: File,
}

/// Whether the mailbox is asked for the time, which leaves a trace there for a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum AsksTime {
    /// It was not yet.
    AtStart,
    /// Where the clock is doubted, until it is not.
    InDoubt,
    /// It does not take the question.
    Never,
}

/// Holds the data folder for one collecting process at a time.
///
/// # Errors
/// When another process holds it.
pub fn lock(data: &Path) -> Result<File> {
    let path = data.join("lock");
    let file = File::create(&path).with_context(|| format!("cannot open {}", path.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(_) => bail!(
            "another thubaocao runs on {}; stop it first (systemctl stop thubaocao)",
            data.display()
        ),
    }
}

impl Service {
    /// Opens an installation and holds its data folder.
    ///
    /// # Errors
    /// When the store cannot be opened or another process collects into it.
    pub fn open(config: Config, program: PathBuf, now: Timestamp) -> Result<Service> {
        let transport = transport(&config)?;
        let data = config.settings.data.clone();
        disk::make_way(&config);
        let app = App::open(config, program, now).map_err(|e| disk::explained(&data, e))?;
        let lock = lock(&app.config.settings.data)?;
        backup::clear_restoring(&app.config.settings.data)?;
        let left = app.archive.clear_incoming()?;
        if left > 0 {
            tracing::info!(
                left,
                "removed what a killed process had left in archive/incoming"
            );
        }
        identity::settle(&app.config, &app.store, now)?;
        let alarm = Alarm::new(Some(&app.config.settings.data));
        let watch = Watch::begin(&app.store, now)?;
        Ok(Service {
            app,
            transport,
            mailbox: None,
            way: String::new(),
            connected: None,
            full: true,
            without_dates: false,
            failures: 0,
            setbacks: 0,
            next_try: Instant::now(),
            more: false,
            no_room: false,
            alarm,
            watch,
            asks_time: AsksTime::AtStart,
            _lock: lock,
        })
    }

    async fn connect(&mut self) -> Result<Mailbox, MailboxError> {
        let settings = &self.app.config.settings.mailbox;
        let known = Known::of(&self.app.store, &settings.address);
        let known = known.map_err(MailboxError::Other)?;
        let kind = &settings.kind;
        let longest = self.app.config.settings.limits.message_bytes;
        let password = match kind {
            MailboxKind::Imap { password, .. } => {
                Some(password.read().map_err(MailboxError::Other)?)
            }
            MailboxKind::Maildir { .. } => None,
        };
        self.way = patience::way(&self.app.store, kind).map_err(MailboxError::Other)?;
        self.connected = Some(Instant::now());
        Mailbox::open(kind, password.as_ref(), known, longest).await
    }

    /// Looks through the mailbox, connecting first where needed.
    async fn collect(&mut self, clock: Clock) -> Result<()> {
        let mut mailbox = match self.mailbox.take() {
            Some(m) => m,
            None => {
                self.full = true;
                let mailbox = self.connect().await?;
                self.app.store.succeeded(Part::Login, clock.now())?;
                mailbox
            }
        };
        if self.without_dates {
            mailbox.ask_for_no_dates();
        }
        let mut turn = Turn::begin(&self.app.config.settings.limits);
        let reach = if self.full { Reach::All } else { Reach::New };
        let passed = collect::pass(
            &mut self.app,
            &mut mailbox,
            reach,
            staff::COMMANDS,
            &mut turn,
            clock,
        )
        .await;
        let unparsable =
            |e: &anyhow::Error| matches!(e.downcast_ref(), Some(MailboxError::Unparsable));
        if passed.as_ref().is_err_and(unparsable) && !self.without_dates {
            tracing::warn!(
                "the server is not asked for the dates of mails any more; the mails tell them"
            );
            self.without_dates = true;
            self.full = true;
            mailbox = self.connect().await?;
            mailbox.ask_for_no_dates();
            collect::pass(
                &mut self.app,
                &mut mailbox,
                Reach::All,
                staff::COMMANDS,
                &mut turn,
                clock,
            )
            .await?;
        } else {
            passed?;
        }
        if self.failures > 0 {
            tracing::info!("the mailbox answers again");
        }
        self.failures = 0;
        self.full = false;
        self.more = turn.goes_on();
        if let Err(e) = self.ask_time(&mut mailbox, clock).await {
            tracing::warn!(error = %format!("{e:#}"), "the mailbox is not asked for the time again");
            self.asks_time = AsksTime::Never;
            return Ok(());
        }
        self.mailbox = Some(mailbox); // not reached after an error: a connection that failed is dropped
        Ok(())
    }

    /// Asks the mailbox for the time where nothing else tells whether the clock is right: at the start, when the last mail
    /// is older than a day, and as long as the clock is doubted.
    async fn ask_time(&mut self, mailbox: &mut Mailbox, clock: Clock) -> Result<()> {
        if clock != Clock::System {
            return Ok(());
        }
        let store = &self.app.store;
        let doubted = store.clock_is_doubted()?;
        let wanted = match self.asks_time {
            AsksTime::AtStart => doubted || !store.dated_within_a_day(clock.now())?,
            AsksTime::InDoubt => doubted,
            AsksTime::Never => return Ok(()),
        };
        self.asks_time = AsksTime::InDoubt;
        if !wanted {
            return Ok(());
        }
        let address = &self.app.config.settings.mailbox.address;
        let question = clock::question(address, clock.now());
        if let Some(said) = mailbox.time(&question).await? {
            tracing::debug!(%said, "the mailbox was asked for the time");
            store.set_server_time(said, clock.now())?;
        }
        Ok(())
    }

    /// That no login is tried now, as the last one was refused shortly before: by this process or one before it.
    fn login_is_refused(&mut self, now: Timestamp) -> Result<Option<anyhow::Error>> {
        let due = self.mailbox.is_none() && Instant::now() >= self.next_try;
        let kind = &self.app.config.settings.mailbox.kind;
        let pause = match due {
            true => patience::pause(&self.app.store, kind, now)?,
            false => None,
        };
        Ok(pause.map(|left| {
            self.next_try = Instant::now() + left.unsigned_abs();
            anyhow!(
                "the mailbox refused the login before; it is tried again at {}, or at once with another server, user or password",
                now + left
            )
        }))
    }

    /// Notes why the mailbox failed and when to try again.
    fn mailbox_failed(&mut self, e: &anyhow::Error, now: Timestamp) -> Result<()> {
        self.failures += 1;
        let login = |c: &MailboxError| matches!(c, MailboxError::Login { .. });
        let pause = if e.chain().any(|c| c.downcast_ref().is_some_and(login)) {
            self.app.store.failed(Part::Login, now, &told(e))?;
            let kind = &self.app.config.settings.mailbox.kind;
            patience::refused(&self.app.store, kind, now)?.unsigned_abs()
        } else {
            backoff(self.failures)
        };
        self.next_try = Instant::now() + pause;
        tracing::warn!(error = %format!("{e:#}"), again_in_s = pause.as_secs(), "the mailbox failed");
        self.app.store.failed(Part::Mailbox, now, &told(e))
    }

    /// All three passes once. Failures of the mailbox are noted, not returned: reminders wait then, the digest does not.
    ///
    /// # Errors
    /// When the store or the archive fails.
    pub async fn round(
        &mut self,
        clock: Clock,
        stop: &Cell<bool>,
    ) -> Result<Option<anyhow::Error>> {
        let mut dropped = false;
        let result = self.passes(clock, stop, &mut dropped).await;
        let result = result.map_err(|e| disk::explained(&self.app.config.settings.data, e));
        if result.is_err() || dropped {
            // Whatever broke, the mailbox is not logged into again at once: servers lock accounts that do.
            self.setbacks += 1;
            self.mailbox = None;
            self.next_try = self.next_try.max(Instant::now() + backoff(self.setbacks));
        } else {
            self.setbacks = 0;
        }
        let (config, store) = (&self.app.config, &self.app.store);
        let error = result.as_ref().err();
        self.alarm.pass(config, store, error, clock.now()).await;
        result
    }

    /// `dropped`: whether the mailbox failed while mails were sent.
    async fn passes(
        &mut self,
        clock: Clock,
        stop: &Cell<bool>,
        dropped: &mut bool,
    ) -> Result<Option<anyhow::Error>> {
        let mut looked_again = false;
        self.look_at_clock(clock)?;
        self.look_at_passwords(clock.now())?;
        let room = disk::look(&self.app.config, &self.app.store, clock.now())?;
        let mut failure = room.trouble().map(anyhow::Error::msg);
        let had_no_room = std::mem::replace(&mut self.no_room, room != Room::Enough);
        if room == Room::Enough {
            if had_no_room {
                self.next_try = Instant::now(); // it waited for that only
            }
            collect::try_reader(&mut self.app, clock.now()).await?;
        } else {
            self.next_try = self.next_try.max(Instant::now() + FULL_DISK_PAUSE);
        }
        self.more = false;
        loop {
            if let Some(refused) = self.login_is_refused(clock.now())? {
                failure = Some(refused);
            }
            if Instant::now() >= self.next_try
                && let Err(e) = self.collect(clock).await
            {
                let e = disk::explained(&self.app.config.settings.data, e);
                self.mailbox_failed(&e, clock.now())?;
                failure = Some(e);
            }
            // What has come may tell of the clock.
            self.look_at_clock(clock)?;
            plan::pass(&self.app, clock.now())?;
            let open = self.mailbox.is_some();
            let (transport, mailbox) = (&mut self.transport, &mut self.mailbox);
            let sent = send::pass(&self.app, transport, mailbox, clock, &|| stop.get()).await?;
            *dropped |= open && self.mailbox.is_none();
            // Where one look takes longer than it counts, no reminder would ever leave; the next round tries again.
            let in_vain = looked_again && sent.mails == 0;
            if !sent.look_first || self.mailbox.is_none() || in_vain || stop.get() {
                break;
            }
            looked_again = true;
        }
        if !self.app.store.clock_is_doubted()? {
            retention::pass(&self.app, clock.now())?;
        }
        audit::pass(&mut self.app, clock.now()).await?;
        Ok(failure)
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
                "the clock was ahead; what was expected, planned and reminded by it is taken back"
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

    /// How long to wait for the next round.
    fn pause(&self, now: Timestamp) -> Duration {
        let settings = &self.app.config.settings;
        let poll = Duration::from_secs(settings.mailbox.poll_minutes * 60);
        let moment = plan::next_moment(&self.app.config, now).duration_since(now);
        let moment = Duration::try_from(moment).unwrap_or_default() + Duration::from_secs(1);
        let mut pause = poll.min(moment).min(LONGEST_WAIT);
        if self.mailbox.is_none() {
            pause = pause.min(self.next_try.saturating_duration_since(Instant::now()));
        }
        if self.setbacks > 0 {
            pause = pause.max(backoff(self.setbacks));
        }
        pause.max(Duration::from_millis(200))
    }
}

/// Why the mailbox failed, for staff.
fn told(e: &anyhow::Error) -> String {
    match e.chain().find_map(|c| c.downcast_ref::<MailboxError>()) {
        Some(e) => e.in_vietnamese(),
        None => format!("lỗi: “{e:#}”"),
    }
}

/// How mails leave. Whatever says why one does not may have been told any of the passwords.
fn transport(config: &Config) -> Result<Transport> {
    let veil = Veil::of_places(config.settings.secrets());
    Transport::new(&config.settings.transport, veil)
}

/// Doubling from five seconds to five minutes, and up to a quarter more by chance, so that many clients do not come in
/// waves.
fn backoff(failures: u32) -> Duration {
    let doubled = Duration::from_secs(5 << failures.saturating_sub(1).min(6));
    let chance = RandomState::new().hash_one(failures) % 1000;
    doubled
        .min(LONGEST_BACKOFF)
        .mul_f64(1.0 + chance as f64 / 4000.0)
}

/// All three passes once, or as often as it takes until all that is there was read; then the end.
///
/// # Errors
/// When the mailbox or the store fails. What is owed all the same (the digest, acknowledgements) has been sent then.
pub async fn once(config: Config, program: PathBuf, clock: Clock) -> Result<()> {
    let mut service = Service::open(config, program, clock.now())?;
    let stop = Cell::new(false);
    let mut failure = service.round(clock, &stop).await?;
    while service.more && failure.is_none() {
        failure = service.round(clock, &stop).await?;
    }
    if let Some(mailbox) = service.mailbox.take() {
        mailbox.close().await;
    }
    failure.map_or(Ok(()), Err)
}

/// What a signal asks for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Asked {
    Stop,
    Reload,
}

struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hangup: Signal,
}

impl Signals {
    fn new() -> Result<Signals> {
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

/// Runs for ever: rounds, woken by the mailbox, by the next moment at which something may be owed, and by polling.
/// SIGTERM and SIGINT end it within five seconds; SIGHUP reads the configuration again, and a faulty one is refused.
///
/// # Errors
/// Only at the start, when the store cannot be opened or is in use.
pub async fn run(config: Config, program: PathBuf) -> Result<()> {
    let mut signals = Signals::new()?;
    let mut service = Service::open(config, program.clone(), Timestamp::now())?;
    let late = tokio::spawn(async {
        sleep(LATEST_READY).await;
        manager::ready();
    });
    tracing::info!("started");
    loop {
        let mut asked = work(&mut service, &mut signals).await;
        if !late.is_finished() {
            late.abort();
            manager::ready();
        }
        manager::step();
        if asked.is_none() && !service.more {
            asked = rest(&mut service, &mut signals).await;
        }
        match asked {
            None => {}
            Some(Asked::Reload) => reload(&mut service, &program),
            Some(Asked::Stop) => break,
        }
    }
    manager::stopping();
    if let Some(mailbox) = service.mailbox.take() {
        mailbox.close().await;
    }
    tracing::info!("stopped");
    Ok(())
}

/// One round; gives what a signal asked for meanwhile.
async fn work(service: &mut Service, signals: &mut Signals) -> Option<Asked> {
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
        Ok(None) if service.mailbox.is_some() => manager::status("the mailbox was looked through"),
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
async fn rest(service: &mut Service, signals: &mut Signals) -> Option<Asked> {
    let now = Timestamp::now();
    let pause = service.pause(now);
    tracing::debug!(at_most_s = pause.as_secs(), "waiting");
    let first = collect::folders(&service.app.config.settings.mailbox.kind)
        .into_iter()
        .next()
        .unwrap_or_default();
    let wait = async {
        match &mut service.mailbox {
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
            // The wait was dropped in the middle of an answer.
            if let Some(mailbox) = service.mailbox.take() && signal == Asked::Stop {
                drop(mailbox);
            }
            return Some(signal);
        }
    };
    if let Err(e) = waited {
        service.mailbox = None;
        if let Err(e) = service.mailbox_failed(&e, now) {
            tracing::error!(error = %format!("{e:#}"), "cannot note that the mailbox failed");
        }
    }
    None
}

/// Reads the configuration again. A faulty one is refused and the old one stays.
fn reload(service: &mut Service, program: &Path) {
    let folder = service.app.config.folder.clone();
    let config = match writing::load(&folder) {
        Ok(config) => config,
        Err(faults) => {
            for fault in &faults {
                tracing::error!(%fault, "faulty configuration");
            }
            tracing::error!("the configuration was not reloaded; the old one stays");
            return;
        }
    };
    let made = transport(&config).and_then(|transport| {
        if config.settings.data != service.app.config.settings.data {
            bail!("another data folder needs a restart");
        }
        let store = &service.app.store;
        let changes = identity::compare(&config.register, &config.reports, store)?;
        let questions = identity::questions(&changes, store)?;
        if !questions.is_empty() {
            bail!("{}", questions.join("; "));
        }
        let now = Timestamp::now();
        let app = App::open(config, program.to_owned(), now)?;
        identity::settle(&app.config, &app.store, now)?;
        Ok((transport, app))
    });
    match made {
        Ok((transport, app)) => {
            service.app = app;
            service.transport = transport;
            let kind = &service.app.config.settings.mailbox.kind;
            service.mailbox = None;
            if patience::way(&service.app.store, kind).is_ok_and(|way| way != service.way) {
                service.failures = 0;
                service.next_try = Instant::now();
            } else if let Some(connected) = service.connected {
                // Servers do not like to be logged into again and again.
                service.next_try = service.next_try.max(connected + RECONNECT);
            }
            tracing::info!("the configuration was reloaded");
        }
        Err(e) => {
            tracing::error!(error = %format!("{e:#}"), "the configuration was not reloaded; the old one stays");
        }
    }
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
}
