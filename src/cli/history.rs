//! `history`: the changes by people, the oldest first.

use anyhow::Result;

use super::{Session, say};
use crate::domain::zone;

pub(super) fn run(session: &Session, subject: &str) -> Result<()> {
    let config = session.config()?;
    let store = session.snapshot(&config, session.now())?;
    let number = |text: &str| text.parse::<i64>().ok();
    let wanted = match (number(subject), subject.rsplit('-').next().and_then(number)) {
        (Some(mail), _) => format!("mail {mail}"),
        (None, Some(submission)) if subject.starts_with("BC-") => {
            format!("submission {submission}")
        }
        _ => subject.to_owned(),
    };
    let changes = store.history(&wanted)?;
    if changes.is_empty() {
        say(format!("nobody has changed anything of {wanted}"))?;
    }
    for made in changes {
        let at = made.at.to_zoned(zone());
        let c = made.change;
        let undone = made
            .undone_by
            .map_or(String::new(), |by| format!(" (taken back by change {by})"));
        say(format!(
            "{:>4}  {}  {} by {}: {}, {}: {} → {}{undone}",
            made.id,
            at.strftime("%Y-%m-%d %H:%M"),
            c.who,
            c.way,
            c.command,
            c.subject,
            if c.before.is_empty() {
                "–"
            } else {
                &c.before
            },
            c.after,
        ))?;
    }
    Ok(())
}
