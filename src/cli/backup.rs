//! `backup`, `restore`, `import`: everything that an installation knows, out, back, and from before it.

use std::path::Path;

use anyhow::{Result, bail};

use super::{Session, say};
use crate::app::{self, App};
use crate::audit::Fault;
use crate::ground::files::make_private_folder;
use crate::{back_fill, backup, daemon};

pub(super) async fn write(session: &Session, file: &Path) -> Result<()> {
    let config = session.config()?;
    let copied = backup::write(&config.settings, file, session.now()).await?;
    let files = copied.files;
    say(format!(
        "{}: {}; keep the configuration folder with it",
        copied.written.display(),
        match &config.settings.archive {
            None => format!("the store and {files} files"),
            Some(s3) => format!("the store; its {files} files stay in {}", s3.url()),
        }
    ))?;
    if copied.faults.is_empty() {
        return Ok(());
    }
    tell(&copied.faults)?;
    if let Some(kept) = &copied.kept {
        say(format!(
            "{}: the earlier backup, which may hold what is missing",
            kept.display()
        ))?;
    }
    if copied.written != file {
        bail!(
            "the store is damaged: its copy cannot be restored and lies in {}; {} was left as it was. Keep an earlier backup safe and restore it",
            copied.written.display(),
            file.display()
        );
    }
    bail!("not everything is sound; the backup holds all that is. `thubaocao verify` tells more")
}

/// A line a fault.
fn tell(faults: &[Fault]) -> Result<()> {
    for fault in faults {
        say(fault)?;
    }
    Ok(())
}

pub(super) async fn restore(session: &Session, file: &Path, keep_going: bool) -> Result<()> {
    let config = session.config()?;
    let data = &config.settings.data;
    make_private_folder(data)?;
    let _lock = daemon::lock(data)?;
    let copied = backup::restore(file, &config.settings, keep_going, session.now()).await?;
    let files = copied.files;
    say(format!(
        "{}: {}",
        data.display(),
        match &config.settings.archive {
            None => format!("the store and {files} files are back"),
            Some(s3) => format!("the store is back; its {files} files are in {}", s3.url()),
        }
    ))?;
    tell(&copied.faults)?;
    say(
        "what came before this moment is logged, not answered: it may have been answered after the backup was made",
    )?;
    Ok(())
}

pub(super) async fn import(session: &Session, path: &Path) -> Result<()> {
    let config = session.config()?;
    let now = session.now();
    let mut app = App::open(config, app::own_program()?, now)?;
    let _lock = daemon::lock(&app.config.settings.data)?;
    let done = back_fill::import(&mut app.tools(), path, now).await?;
    say(format!(
        "{} new mails, {} known already, {} larger than limits.message_mb; nobody was answered",
        done.new, done.known, done.too_large
    ))?;
    if done.passed_over > 0 {
        say(format!(
            "{} links or special files were passed over",
            done.passed_over
        ))?;
    }
    Ok(())
}
