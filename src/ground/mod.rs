//! What every floor stands on: values and texts that know nothing of mails, units or the store.

pub mod domain_name;
pub mod files;
pub mod hex;
mod sha256;
pub mod table;
pub mod text;
pub mod turns;
mod words;

pub use sha256::{NotASha256, Sha256};
pub(crate) use words::words_of;
