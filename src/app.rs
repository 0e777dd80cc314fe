//! What a running installation has open, and what of it the passes take.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use jiff::Timestamp;

use crate::archive::Archive;
use crate::collect::{Books, Tools};
use crate::config::Config;
use crate::home;
use crate::matching::Matchers;
use crate::reading::ReadingSettings;
use crate::reading::worker::Reader;
use crate::send::Outbox;
use crate::store::Store;
use crate::verify::Verifier;

/// Configuration, store, archive and reader of one installation.
pub struct App {
    /// What the administrator decided.
    pub config: Arc<Config>,
    /// The store.
    pub store: Store,
    /// The archive.
    pub archive: Archive,
    /// The child process that reads mails.
    pub reader: Reader,
    /// Who asks for signatures of senders, if anybody.
    pub verifier: Option<Verifier>,
    matchers: Matchers,
}

impl App {
    /// Opens the store and the archive of a configuration. `program` is this program's own binary.
    ///
    /// # Errors
    /// When the data folder cannot be used; see [`home::open_store`].
    pub fn open(config: Config, program: PathBuf, now: Timestamp) -> Result<App> {
        let store = home::open_store(&config, now)?;
        let archive = Archive::open(&config.settings)?;
        let reader = reader(&config, program, Some(archive.incoming()));
        let verifier = verifier(&config);
        Ok(App::of(config, store, archive, reader, verifier))
    }

    /// Puts together what is open.
    pub fn of(
        config: Config,
        store: Store,
        archive: Archive,
        reader: Reader,
        verifier: Option<Verifier>,
    ) -> App {
        App {
            config: Arc::new(config),
            store,
            archive,
            reader,
            verifier,
            matchers: Matchers::default(),
        }
    }

    /// Where it is looked up what a mail is.
    pub(crate) fn books(&self) -> Books<'_> {
        Books {
            config: &self.config,
            store: &self.store,
            matchers: &self.matchers,
        }
    }

    /// What mails are taken in with.
    pub(crate) fn tools(&mut self) -> Tools<'_> {
        Tools {
            books: Books {
                config: &self.config,
                store: &self.store,
                matchers: &self.matchers,
            },
            archive: &self.archive,
            reader: &mut self.reader,
            verifier: self.verifier.as_ref(),
        }
    }

    /// What leaves, and what it is made of.
    pub fn outbox(&self) -> Outbox<'_> {
        Outbox {
            config: &self.config,
            store: &self.store,
            archive: &self.archive,
        }
    }
}

fn verifier(config: &Config) -> Option<Verifier> {
    // Reports come in without it; only commands by mail need it, and are confirmed by a reply then.
    Verifier::new(config.settings.trust.resolver)
        .inspect_err(|e| tracing::warn!(error = %format!("{e:#}"), "senders are not verified"))
        .ok()
}

/// The reader that a configuration asks for. The files of mails go into `incoming`, if anywhere.
pub fn reader(config: &Config, program: PathBuf, incoming: Option<PathBuf>) -> Reader {
    let mailbox = &config.settings.mailbox;
    let mut own_addresses = vec![mailbox.address.clone()];
    own_addresses.extend(mailbox.aliases.iter().cloned());
    let limits = &config.settings.limits;
    Reader::new(
        program,
        ReadingSettings {
            own_addresses,
            staff: config.settings.digest_to.clone(),
            authserv_id: config.settings.trust.authserv_id.clone(),
            own_hosts: config.settings.trust.hosts.clone(),
            ocr: limits.ocr_time(),
            without_programs: false,
            without_files: false,
        },
        Duration::from_secs(limits.reading_seconds) + limits.ocr_time().unwrap_or_default(),
        limits.reading_bytes,
        incoming,
        limits.require_sandbox,
    )
}

/// This program's own binary.
///
/// # Errors
/// When the system does not tell.
pub(crate) fn own_program() -> Result<PathBuf> {
    std::env::current_exe().context("cannot find this program's own file")
}
