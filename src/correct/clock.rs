//! What staff say of the machine's clock.

use anyhow::Result;
use jiff::Timestamp;

use super::{By, log};
use crate::store::{Part, Store};

/// Takes the clock for right, whatever spoke against it so far.
///
/// # Errors
/// When the store fails.
pub fn accept_clock(store: &Store, by: &By, now: Timestamp) -> Result<()> {
    store.transaction(|s| {
        let health = s.health(Part::Clock)?;
        s.accept_clock()?;
        s.succeeded(Part::Clock, now)?;
        let before = health.failing().unwrap_or("trusted");
        let change = ("clock".to_owned(), before, "right");
        log(s, by, "clock accept", change, None, now)
    })?;
    Ok(())
}
