//! The name of a content.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::Digest;

/// The SHA-256 of a content (FIPS 180-4), written as 64 hex digits in lower case.
///
/// Names of files are made of it, also where another process says which: whatever is of this type has no separator, no
/// dot and one length, so that it leads out of no folder.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Sha256([u8; 32]);

/// A text that is no SHA-256.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("it is not 64 hex digits in lower case")]
pub struct NotASha256;

impl Sha256 {
    /// That of a content.
    pub fn of(content: &[u8]) -> Sha256 {
        Sha256(sha2::Sha256::digest(content).into())
    }

    /// That of all that a reader gives, with how many bytes they were. Nothing but a piece is held in memory.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(crate) fn of_all(content: &mut impl std::io::Read) -> std::io::Result<(Sha256, u64)> {
        Sha256::of_copy(content, &mut std::io::sink())
    }

    /// [`Sha256::of_all`] of what is copied at the same time.
    ///
    /// # Errors
    /// When it cannot be read, or not be written.
    pub(crate) fn of_copy(
        content: &mut impl std::io::Read,
        to: &mut impl std::io::Write,
    ) -> std::io::Result<(Sha256, u64)> {
        let (mut digest, mut bytes) = (sha2::Sha256::new(), 0);
        let mut piece = vec![0; 1 << 16];
        loop {
            match content.read(&mut piece) {
                Ok(0) => return Ok((Sha256(digest.finalize().into()), bytes)),
                Ok(n) => {
                    digest.update(&piece[..n]);
                    to.write_all(&piece[..n])?;
                    bytes += n as u64;
                }
                Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
    }
}

impl fmt::Display for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|b| write!(f, "{b:02x}"))
    }
}

impl fmt::Debug for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Sha256 {
    type Err = NotASha256;

    fn from_str(text: &str) -> Result<Sha256, NotASha256> {
        let digits = text.as_bytes();
        let mut bytes = [0; 32];
        if digits.len() != 2 * bytes.len() {
            return Err(NotASha256);
        }
        let value = |digit: u8| match digit {
            b'0'..=b'9' => Ok(digit - b'0'),
            b'a'..=b'f' => Ok(digit - b'a' + 10),
            _ => Err(NotASha256),
        };
        for (byte, two) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = value(two[0])? << 4 | value(two[1])?;
        }
        Ok(Sha256(bytes))
    }
}

impl TryFrom<String> for Sha256 {
    type Error = NotASha256;

    fn try_from(text: String) -> Result<Sha256, NotASha256> {
        text.parse()
    }
}

impl From<Sha256> for String {
    fn from(name: Sha256) -> String {
        name.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    #[test]
    fn a_name_is_written_as_it_is_read() {
        let name = Sha256::of(b"abc");
        assert_eq!(name.to_string(), ABC);
        assert_eq!(ABC.parse(), Ok(name));
        assert_eq!(Sha256::of_all(&mut b"abc".as_slice()).unwrap(), (name, 3));
        let (long, mut copy) = (vec![7; 200_000], Vec::new());
        let of_copy = Sha256::of_copy(&mut long.as_slice(), &mut copy).unwrap();
        assert_eq!(of_copy, (Sha256::of(&long), 200_000));
        assert_eq!(copy, long);
        let json = serde_json::to_string(&name).unwrap();
        assert_eq!(json, format!("\"{ABC}\""));
        assert_eq!(serde_json::from_str::<Sha256>(&json).unwrap(), name);
    }

    #[test]
    fn nothing_else_is_a_name() {
        let slashes = format!("../{}", &ABC[3..]);
        let upper = ABC.to_uppercase();
        let multibyte = format!("{}é", &ABC[..62]);
        for text in [
            "",
            "../../etc/passwd",
            &ABC[1..],
            &slashes,
            &upper,
            &multibyte,
        ] {
            assert_eq!(text.parse::<Sha256>(), Err(NotASha256), "{text}");
            let json = serde_json::to_string(text).unwrap();
            assert!(serde_json::from_str::<Sha256>(&json).is_err(), "{text}");
        }
    }
}
