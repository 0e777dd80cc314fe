//! What staff decide of an address that mails did not reach.

use anyhow::{Result, bail};
use jiff::Timestamp;

use super::{By, Done, Inverse, Refusal, log, said};
use crate::store::Store;

/// Takes an address (lower case) for one that works again.
///
/// # Errors
/// When no mail to it failed.
pub fn reset_contact(store: &Store, address: &str, by: &By, now: Timestamp) -> Result<Done> {
    let correction = store.transaction(|s| {
        if !s.reset_contact(address, now)? {
            bail!(Refusal::Works(address.to_owned()));
        }
        let inverse = Inverse::Contact {
            address: address.to_owned(),
            at: now,
        };
        let change = (format!("contact {address}"), "does not work", "works again");
        log(s, by, "contacts reset", change, Some(&inverse), now)
    })?;
    Ok(Done {
        said: format!("{address} is written to again"),
        in_vietnamese: said::works_again(address),
        correction,
    })
}
