//! That the codes which staff were sent hold no more.

use anyhow::Result;
use jiff::Timestamp;

use super::{By, log};
use crate::store::Store;

/// Makes another key for tokens; it cannot be taken back.
pub fn renew_tokens(store: &Store, by: &By, now: Timestamp) -> Result<()> {
    store.transaction(|s| {
        s.renew_command_key(now)?;
        let change = ("tokens".to_owned(), "a key", "another key");
        log(s, by, "tokens renew", change, None, now)
    })?;
    Ok(())
}
