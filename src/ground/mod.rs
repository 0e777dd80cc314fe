//! What every floor stands on: values that know nothing of mails, units or the store.

mod sha256;

pub use sha256::{NotASha256, Sha256};
