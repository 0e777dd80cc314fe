//! `history`: the changes by people, the oldest first.

use anyhow::Result;

use super::{Session, say};
use crate::domain::submission::Submission;
use crate::domain::zone;

pub(super) fn run(session: &Session, subject: Option<&str>) -> Result<()> {
    let subject = subject.unwrap_or_default();
    let config = session.config()?;
    let store = session.snapshot(&config, session.now())?;
    let wanted = match (subject.parse::<i64>(), Submission::row_of(subject)) {
        (Ok(mail), _) => format!("mail {mail}"),
        (Err(_), Some(row)) if subject.starts_with("BC-") => format!("submission {row}"),
        _ => subject.to_owned(),
    };
    let changes = store.history(&wanted)?;
    if changes.is_empty() {
        let of = if wanted.is_empty() { "" } else { " of " };
        say(format!("nobody has changed anything{of}{wanted}"))?;
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
