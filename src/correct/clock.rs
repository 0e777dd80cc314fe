//! What staff say of the machine's clock.

use anyhow::Result;
use jiff::Timestamp;

use super::{By, log};
use crate::store::{Part, Store};

/// Takes the clock for right, whatever spoke against it so far.
pub fn accept_clock(store: &Store, by: &By, now: Timestamp) -> Result<()> {
    store.transaction(|s| {
        let health = s.health(Part::Clock)?;
        s.accept_clock()?;
        s.installed_by_now(now)?;
        s.succeeded(Part::Clock, now)?;
        let before = health.failing().unwrap_or("trusted");
        let change = ("clock".to_owned(), before, "right");
        log(s, by, "clock accept", change, None, now)
    })?;
    Ok(())
}

/// Takes back what a clock that was ahead has left; gives how many mails of ours it concerns, if it left anything. A clock
/// that a mail contradicts takes nothing back: it may be this one that is wrong.
pub fn undo_moments_ahead(store: &Store, now: Timestamp) -> Result<Option<usize>> {
    if store.is_contradicted(now)? {
        return Ok(None);
    }
    store.transaction(|s| {
        let undone = s.undo_moments_ahead(now)?;
        if let Some(mails) = undone {
            let by = By {
                who: "clock".into(),
                way: "configuration",
            };
            let after = format!("moments that lay ahead, of {mails} mails, taken back");
            let change = ("clock".to_owned(), "ahead", after.as_str());
            log(s, &by, "clock", change, None, now)?;
        }
        Ok(undone)
    })
}
