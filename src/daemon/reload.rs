//! SIGHUP: another configuration, while the service goes on.

use std::path::Path;

use anyhow::bail;
use jiff::Timestamp;

use super::{Service, transport};
use crate::app::App;
use crate::{identity, writing};

/// Reads the configuration again. A faulty one is refused and the old one stays.
pub(super) fn reload(service: &mut Service, program: &Path) {
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
            service
                .line
                .reloaded(&service.app.config, &service.app.store);
            tracing::info!("the configuration was reloaded");
        }
        Err(e) => {
            tracing::error!(error = %format!("{e:#}"), "the configuration was not reloaded; the old one stays");
        }
    }
}
