//! Bytes as text.

use std::fs::File;
use std::io::Read;

use anyhow::{Context, Result};

/// Bytes in hex, lower case.
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(64), |mut s, b| {
        let _ = write!(s, "{b:02x}"); // writing to a String cannot fail
        s
    })
}

/// So many random bytes in hex.
///
/// # Errors
/// When the system gives none.
pub fn random_hex<const BYTES: usize>() -> Result<String> {
    let mut bytes = [0_u8; BYTES];
    let mut source = File::open("/dev/urandom").context("cannot open /dev/urandom")?;
    source.read_exact(&mut bytes)?;
    Ok(hex(&bytes))
}
