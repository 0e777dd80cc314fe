//! `check --alarm` and `alarm --stopped`: the second way out, tried and used from outside the service.

use anyhow::{Result, bail};

use super::{Session, say};
use crate::alarm;
use crate::config::alarm_of;
use crate::writing;

pub(super) async fn trial(session: &Session) -> Result<()> {
    let config = session.config()?;
    let Some(settings) = &config.settings.alarm else {
        bail!("there is no [alarm] in thubaocao.toml; deploy/INSTALL.md says how to write one");
    };
    let mut failed = false;
    for (way, fate) in alarm::trial(settings, session.now()).await {
        match fate {
            Ok(()) => say(format!("alarm by {way}: sent"))?,
            Err(e) => {
                failed = true;
                say(format!("alarm by {way}: FAILED: {e:#}"))?;
            }
        }
    }
    if failed {
        bail!("not every way of the alarm is open; see above");
    }
    Ok(())
}

pub(super) async fn stopped(session: &Session) -> Result<()> {
    let Some(mut why) = alarm::ended_badly()? else {
        return Ok(());
    };
    // The service may have stopped because of its configuration.
    let data = match writing::load(&session.config) {
        Ok(config) => Some(config.settings.data),
        Err(faults) => {
            for fault in faults {
                why += &format!("; {fault}");
            }
            None
        }
    };
    let Some(settings) = alarm_of(&session.config) else {
        return Ok(());
    };
    alarm::stopped(
        &session.config,
        data.as_deref(),
        &settings,
        why,
        session.now(),
    )
    .await
}
