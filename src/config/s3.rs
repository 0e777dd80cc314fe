//! `archive` and `[s3]`: S3-compatible storage on which the archive lies.

use std::path::{Path, PathBuf};

use super::secret::Secret;
use super::source::Section;

/// S3-compatible storage for the archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct S3Settings {
    /// The bucket.
    pub bucket: String,
    /// What the names of all objects of this installation begin with, without a slash at its ends; may be empty.
    pub prefix: String,
    /// The address of a storage other than Amazon's.
    pub endpoint: Option<String>,
    /// The region; `None`: that of the environment.
    pub region: Option<String>,
    /// A private certificate authority, beside those of the machine.
    pub ca_file: Option<PathBuf>,
    /// The name of the key; `None`: that of the environment.
    pub access_key: Option<String>,
    /// The secret of that key.
    pub secret: Secret,
}

impl S3Settings {
    /// `s3://bucket/prefix`, as it is configured.
    pub(crate) fn url(&self) -> String {
        let url = format!("s3://{}/{}", self.bucket, self.prefix);
        url.trim_end_matches('/').to_owned()
    }

    /// Whether the endpoint itself says that nothing is encrypted.
    pub(crate) fn in_clear(&self) -> bool {
        let endpoint = self.endpoint.as_deref();
        endpoint.is_some_and(|e| e.starts_with("http://"))
    }
}

/// Reads both; nothing where the archive lies in the data folder.
pub(super) fn parse(root: &Section<'_>, base: &Path) -> Option<S3Settings> {
    let named = root.text("archive").is_some();
    let place = root.parsed("archive", bucket_and_prefix);
    let section = root.section("s3");
    if let (false, Some(section)) = (named, &section) {
        section.fault(
            "[s3] is of no use without the archive that lies there; add for example: archive = \"s3://bucket/thubaocao\"",
        );
    }
    let text = |key| section.as_ref().and_then(|s| s.text(key));
    let (region, ca_file) = (text("region"), text("ca_file"));
    let endpoint = section.as_ref().and_then(|s| s.parsed("endpoint", address));
    let access_key = text("access_key");
    let passwords = ["password_file", "password_env", "password_credential"];
    let secret = match (&section, &access_key) {
        (Some(section), Some(_)) => Secret::from_section(section, base),
        (Some(section), None) if passwords.iter().any(|key| section.text(key).is_some()) => {
            section.fault("`s3.access_key` is missing: a secret alone is no key");
            None
        }
        _ => Some(Secret::Environment("AWS_SECRET_ACCESS_KEY".to_owned())),
    };
    if let Some(section) = section {
        section.finish();
    }
    let (bucket, prefix) = place?;
    Some(S3Settings {
        bucket,
        prefix,
        endpoint,
        region,
        ca_file: ca_file.map(|f| base.join(f)),
        access_key,
        secret: secret?,
    })
}

fn bucket_and_prefix(text: &str) -> Result<(String, String), String> {
    let plain = |part: &str| {
        let letter = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        !part.is_empty() && part.chars().all(letter) && part != "." && part != ".."
    };
    let place = text.strip_prefix("s3://").map(|p| p.trim_end_matches('/'));
    match place {
        Some(place) if place.split('/').all(plain) => {
            let (bucket, prefix) = place.split_once('/').unwrap_or((place, ""));
            Ok((bucket.to_owned(), prefix.to_owned()))
        }
        _ => Err(format!(
            "{text:?} is no place for the archive; write \"s3://bucket/prefix\" in letters, digits, '-', '_' and '.', or leave it out: it lies in the data folder then"
        )),
    }
}

fn address(text: &str) -> Result<String, String> {
    let rest = ["https://", "http://"]
        .iter()
        .find_map(|s| text.strip_prefix(s));
    match rest {
        Some(rest) if !rest.is_empty() && !rest.contains('@') => Ok(text.to_owned()),
        _ => Err(format!(
            "{text:?} is no address of a storage; write for example \"https://s3.example.vn\""
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::source::{Document, Faults};

    fn parsed(text: &str) -> (Option<S3Settings>, Vec<String>) {
        let faults = Faults::default();
        let document = Document::parse("x.toml", text, &faults).unwrap();
        let root = document.root(&faults);
        let settings = parse(&root, Path::new("/base"));
        root.finish();
        let faults = faults.into_vec();
        (settings, faults.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn the_archive_lies_where_it_is_said_and_only_an_endpoint_in_http_is_not_encrypted() {
        assert_eq!(parsed(""), (None, vec![]));
        for (text, url, in_clear) in [
            ("archive = \"s3://kho\"", "s3://kho", false),
            (
                "archive = \"s3://kho/a/b/\"\n[s3]\nregion = \"x\"",
                "s3://kho/a/b",
                false,
            ),
            (
                "archive = \"s3://kho\"\n[s3]\nendpoint = \"https://x\"",
                "s3://kho",
                false,
            ),
            (
                "archive = \"s3://kho\"\n[s3]\nendpoint = \"http://x:1\"",
                "s3://kho",
                true,
            ),
        ] {
            let (settings, faults) = parsed(text);
            assert_eq!(faults, [""; 0], "{text}");
            let settings = settings.unwrap();
            assert_eq!(
                (settings.url().as_str(), settings.in_clear()),
                (url, in_clear)
            );
            assert_eq!(
                settings.secret,
                Secret::Environment("AWS_SECRET_ACCESS_KEY".into())
            );
        }
        let own = "archive = \"s3://kho\"\n[s3]\naccess_key = \"K\"\npassword_file = \"f\"\nca_file = \"ca\"";
        let settings = parsed(own).0.unwrap();
        assert_eq!(settings.secret, Secret::File("/base/f".into()));
        assert_eq!(settings.ca_file, Some("/base/ca".into()));
    }

    #[test]
    fn what_is_wrong_with_a_storage_is_named() {
        for (text, fault) in [
            ("archive = \"/var/lib\"", "is no place for the archive"),
            ("archive = \"s3://\"", "is no place for the archive"),
            ("archive = \"s3://a//b\"", "is no place for the archive"),
            ("[s3]\nregion = \"x\"", "without the archive"),
            (
                "archive = \"s3://a\"\n[s3]\nendpoint = \"x.vn\"",
                "no address of a storage",
            ),
            (
                "archive = \"s3://a\"\n[s3]\npassword_file = \"f\"",
                "a secret alone",
            ),
            (
                "archive = \"s3://a\"\n[s3]\naccess_key = \"f\"",
                "no password is named",
            ),
            (
                "archive = \"s3://a\"\n[s3]\nregoin = \"f\"",
                "did you mean `region`",
            ),
        ] {
            let (_, faults) = parsed(text);
            assert_eq!(faults.len(), 1, "{text}: {faults:?}");
            assert!(faults[0].contains(fault), "{text}: {faults:?}");
        }
    }
}
