//! Passwords: where they are kept, and reading them without ever showing them.

use std::fmt;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::source::Section;

/// Where a password is kept; never in the TOML itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Secret {
    /// A file whose first line is the password.
    File(PathBuf),
    /// An environment variable.
    Environment(String),
    /// A credential of systemd (`LoadCredential=`), by name.
    Credential(String),
}

/// A password that was read. It does not show itself in logs.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(pub String);

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

impl Secret {
    /// Reads `password_file`, `password_env` or `password_credential` of a section; exactly one has to be there.
    pub(crate) fn from_section(section: &Section<'_>, base: &std::path::Path) -> Option<Secret> {
        let given: Vec<Secret> = [
            section
                .text("password_file")
                .map(|f| Secret::File(base.join(f))),
            section.text("password_env").map(Secret::Environment),
            section.text("password_credential").map(Secret::Credential),
        ]
        .into_iter()
        .flatten()
        .collect();
        if section.text("password").is_some() {
            section.fault_at(
                "password",
                "a password does not belong in this file; put it in a file that only the service can read and name it: password_file = \"/etc/thubaocao/password\"",
            );
            return None;
        }
        match <[Secret; 1]>::try_from(given) {
            Ok([one]) => Some(one),
            Err(several) => {
                section.fault(if several.is_empty() {
                    "no password is named; add password_file, password_env or password_credential"
                } else {
                    "several passwords are named; keep one of password_file, password_env and password_credential"
                });
                None
            }
        }
    }

    /// Reads the password.
    ///
    /// # Errors
    /// When the place does not exist, cannot be read or is empty; the message names the place, never the content.
    pub fn read(&self) -> Result<Password> {
        let text = match self {
            Secret::File(path) => std::fs::read_to_string(path)
                .with_context(|| format!("cannot read the password file {}", path.display()))?,
            Secret::Environment(name) => std::env::var(name)
                .ok()
                .with_context(|| format!("the environment variable {name} is not set"))?,
            Secret::Credential(name) => {
                let folder = std::env::var_os("CREDENTIALS_DIRECTORY").with_context(|| {
                    format!("the credential {name} exists only under systemd (LoadCredential=)")
                })?;
                let path = PathBuf::from(folder).join(name);
                std::fs::read_to_string(&path)
                    .with_context(|| format!("cannot read the credential {}", path.display()))?
            }
        };
        let line = text.lines().next().unwrap_or("").trim();
        if line.is_empty() {
            bail!("the password in {self:?} is empty");
        }
        // Gmail shows app passwords in groups of four with spaces that do not belong to it.
        let groups: Vec<&str> = line.split(' ').collect();
        let app_password = groups.len() == 4
            && groups
                .iter()
                .all(|g| g.len() == 4 && g.bytes().all(|b| b.is_ascii_lowercase()));
        Ok(Password(if app_password {
            groups.concat()
        } else {
            line.to_owned()
        }))
    }
}

/// A trace of a way to a server, by which it is seen that the way or its password are others than before; too short to
/// tell anybody the password. `key`: a secret of the installation. A password that cannot be read is none.
pub fn trace(way: &str, password: Option<&Secret>, key: &[u8]) -> String {
    let password = password.and_then(|p| p.read().ok());
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    mac.update(way.as_bytes());
    mac.update(password.map_or(String::new(), |p| p.0).as_bytes());
    crate::ground::hex::hex(&mac.finalize().into_bytes()[..2])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_spaces_of_a_shown_app_password_are_dropped_and_others_kept() {
        let dir = tempfile::tempdir().unwrap();
        let read = |text: &str| {
            let path = dir.path().join("p");
            std::fs::write(&path, text).unwrap();
            Secret::File(path).read().map(|p| p.0)
        };
        assert_eq!(read("abcd efgh ijkl mnop\n").unwrap(), "abcdefghijklmnop");
        assert_eq!(read("two words\n").unwrap(), "two words");
        assert!(read("\n").is_err());
    }

    #[test]
    fn a_password_does_not_show_itself() {
        assert_eq!(format!("{:?}", Password("geheim".into())), "Password(…)");
    }
}
