//! `retention`: what is past its time, and removing it.

use anyhow::Result;

use super::{Session, say};
use crate::app::{self, App};
use crate::retention;

pub(super) async fn run(session: &Session, apply: bool) -> Result<()> {
    let config = session.config()?;
    let now = session.now();
    let Some(years) = config.settings.retention_years else {
        return Ok(say(
            "everything is kept; `[retention] years = N` in thubaocao.toml sets a time",
        )?);
    };
    let snapshot = session.snapshot(&config, now)?;
    let Some(expired) = retention::due(&config, &snapshot, now)? else {
        return Ok(());
    };
    say(format!(
        "older than {years} years: {} mails received, {} mails sent, {} files; what people wrote of decisions made before goes too",
        expired.received.len(),
        expired.sent.len(),
        expired.files.len()
    ))?;
    for id in &expired.received {
        if let Some(mail) = snapshot.message(*id)? {
            let day = crate::domain::date_of(mail.received_at);
            say(format!("  mail {id} of {day}: {}", mail.state.word()))?;
        }
    }
    let waiting = snapshot.expiring()?;
    for mail in waiting
        .iter()
        .filter(|m| !expired.undecided.contains(&m.message))
    {
        say(format!(
            "  mail {} waits for a person; the digest says that it goes on {}",
            mail.message,
            mail.ends_on(years)?
        ))?;
    }
    for copy in retention::old_copies(&config.settings.data, now) {
        say(format!(
            "  {}: a copy from before an upgrade",
            copy.display()
        ))?;
    }
    if apply {
        drop(snapshot); // while it looks on, what is removed stays in the store's log
        let app = App::open(config, app::own_program()?, now)?;
        retention::remove(&app.config, &app.store, &app.archive, &expired, now).await?;
        say("removed; what was logged of them stays")?;
    } else {
        say("nothing was removed: the service does it once a day; --apply does it now")?;
    }
    Ok(())
}
