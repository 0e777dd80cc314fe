//! When each pass runs: once, or for ever: woken by the server, by timers and by signals.

mod asks_time;
mod link;
mod passes;
mod reload;
mod wait;

use std::cell::Cell;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use jiff::Timestamp;
use tokio::time::sleep;

use self::link::Line;
use self::reload::reload;
use self::wait::{Asked, Signals, rest, work};
use crate::alarm::Alarm;
use crate::app::App;
use crate::clock::{Clock, Watch};
use crate::config::{Config, Veil};
use crate::transport::Transport;
use crate::{backup, disk, identity, manager};

/// The service is ready after this, also where the first look takes longer: systemd would give up a start.
const LATEST_READY: Duration = Duration::from_secs(30);

/// A running installation.
pub struct Service {
    app: App,
    transport: Transport,
    line: Line,
    /// Rounds in a row that broke for another reason than the mailbox.
    setbacks: u32,
    /// Whether the last look left something for the next one, which follows at once.
    more: bool,
    /// Whether the last round had no room on the disk, or an archive that takes nothing.
    no_room: bool,
    alarm: Alarm,
    watch: Watch,
    _lock: File,
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
            line: Line::new(),
            setbacks: 0,
            more: false,
            no_room: false,
            alarm,
            watch,
            _lock: lock,
        })
    }
}

/// How mails leave. Whatever says why one does not may have been told any of the passwords.
fn transport(config: &Config) -> Result<Transport> {
    let veil = Veil::of_places(config.settings.secrets());
    Transport::new(&config.settings.transport, veil)
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
    service.line.close().await;
    failure.map_or(Ok(()), Err)
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
    service.line.close().await;
    tracing::info!("stopped");
    Ok(())
}
