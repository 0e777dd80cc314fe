//! `backup`, `restore`, `import`: everything that an installation knows, out, back, and from before it.

use std::path::Path;

use anyhow::Result;

use super::{Session, say};
use crate::app::{self, App};
use crate::{back_fill, backup, daemon};

pub(super) fn write(session: &Session, file: &Path) -> Result<()> {
    let config = session.config()?;
    let files = backup::write(&config.settings.data, file)?;
    say(format!(
        "{}: the store and {files} files; keep the configuration folder with it",
        file.display()
    ))?;
    Ok(())
}

pub(super) fn restore(session: &Session, file: &Path) -> Result<()> {
    let config = session.config()?;
    let data = &config.settings.data;
    let files = backup::restore(file, data)?;
    say(format!(
        "{}: the store and {files} files are back",
        data.display()
    ))?;
    Ok(())
}

pub(super) async fn import(session: &Session, path: &Path) -> Result<()> {
    let config = session.config()?;
    let now = session.now();
    let mut app = App::open(config, app::own_program()?, now)?;
    let _lock = daemon::lock(&app.config.settings.data)?;
    let done = back_fill::import(&mut app, path, now).await?;
    say(format!(
        "{} new mails, {} known already, {} larger than limits.message_mb; nobody was answered",
        done.new, done.known, done.too_large
    ))?;
    Ok(())
}
