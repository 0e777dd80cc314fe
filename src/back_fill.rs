//! Mails from before the installation: out of `.eml` files, a Maildir or an mbox (Google Takeout). They are read, matched
//! and logged like those of the mailbox, and never answered.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use jiff::Timestamp;

use crate::app::App;
use crate::collect;
use crate::reading::worker::Outcome;
use crate::store::{Arrived, Place};

/// The account under which places of imported mails are kept.
const ACCOUNT: &str = "import";

/// What an import did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// Mails that were new.
    pub new: u32,
    /// Mails that were known already.
    pub known: u32,
    /// Mails that are larger than the limit, and were left out.
    pub too_large: u32,
}

/// Takes over the mails of a file or folder.
///
/// # Errors
/// When something cannot be read; what was taken over stays, and the same import goes on from there.
pub async fn import(app: &mut App, path: &Path, now: Timestamp) -> Result<Imported> {
    let mut done = Imported::default();
    for file in files(path)? {
        let opened =
            File::open(&file).with_context(|| format!("cannot read {}", file.display()))?;
        let written = opened.metadata()?.modified()?;
        let written = Timestamp::try_from(written).unwrap_or(now).min(now);
        let limit = app.config.settings.limits.message_bytes as usize;
        let mut mails = Mails::of(BufReader::new(opened), limit)?;
        let mut n = 0;
        while let Some(mail) = mails.next()? {
            n += 1;
            let Some(raw) = mail else {
                tracing::warn!(file = %file.display(), n, "a mail is larger than limits.message_mb");
                done.too_large += 1;
                continue;
            };
            take_over(app, &file, n, &raw, (written, now), &mut done).await?;
        }
    }
    collect::read_received(app, collect::Answers::No, now).await?;
    Ok(done)
}

async fn take_over(
    app: &mut App,
    file: &Path,
    n: u32,
    raw: &[u8],
    (written, now): (Timestamp, Timestamp),
    done: &mut Imported,
) -> Result<()> {
    let sha256 = app.archive.put(raw)?;
    if app.store.knows_content(&sha256)? {
        done.known += 1;
        return Ok(());
    }
    // Only the reading process looks into a mail; what the server noted of it says when it came.
    let said = match app.reader.read(raw).await {
        Outcome::Read(reading) => reading.received,
        Outcome::MailFails(_) => None,
        Outcome::NoRoom(why) | Outcome::MachineFails(why) => {
            bail!("mails cannot be read: {why}; mend that and import again")
        }
    };
    let received_at = said.unwrap_or(written).min(now);
    let arrived = Arrived {
        place: Place {
            account: ACCOUNT.into(),
            folder: file.display().to_string(),
            uidvalidity: 0,
            uid: format!("{n}-{sha256}"),
        },
        sha256: Some(sha256),
        size: raw.len() as u64,
        received_at,
        gm_msgid: None,
    };
    app.store.transaction(|s| s.record_arrival(&arrived, now))?;
    done.new += 1;
    Ok(())
}

/// The files of a path: itself, or those within it, in order. Of a Maildir those that were delivered.
fn files(path: &Path) -> Result<Vec<PathBuf>> {
    let meta = path
        .metadata()
        .with_context(|| format!("cannot read {}", path.display()))?;
    if !meta.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let is_maildir = path.join("cur").is_dir() && path.join("new").is_dir();
    let mut inside = std::fs::read_dir(path)?
        .map(|e| Ok(e?.path()))
        .collect::<Result<Vec<PathBuf>>>()?;
    inside.sort();
    let mut found = Vec::new();
    for entry in inside {
        let name = entry.file_name().unwrap_or_default().to_string_lossy();
        let skipped = is_maildir && name == "tmp" || name.starts_with('.') && entry.is_file();
        if !skipped && (entry.is_dir() || entry.is_file()) {
            found.extend(files(&entry)?);
        }
    }
    Ok(found)
}

/// The mails of a file one by one: of an mbox (RFC 4155), or the one that it is.
struct Mails<R> {
    source: R,
    limit: usize,
    mbox: bool,
    /// The separator of the next mail was read already.
    begun: bool,
}

impl<R: BufRead> Mails<R> {
    fn of(mut source: R, limit: usize) -> Result<Mails<R>> {
        let mbox = source.fill_buf()?.starts_with(b"From ");
        Ok(Mails {
            source,
            limit,
            mbox,
            begun: !mbox,
        })
    }

    /// The next mail; an inner `None` stands for one that is too large.
    fn next(&mut self) -> Result<Option<Option<Vec<u8>>>> {
        let (mut raw, mut line) = (Vec::new(), Vec::new());
        let (mut any, mut fits, mut after_blank) = (false, true, true);
        loop {
            line.clear();
            if self.source.read_until(b'\n', &mut line)? == 0 {
                let mail = fits.then_some(raw);
                return Ok(any.then_some(mail));
            }
            if self.mbox && after_blank && line.starts_with(b"From ") {
                let first = !std::mem::replace(&mut self.begun, true);
                if first || !any {
                    continue;
                }
                // The blank line before a separator belongs to it.
                let end = if raw.ends_with(b"\r\n") { 2 } else { 1 };
                raw.truncate(raw.len().saturating_sub(end));
                return Ok(Some(fits.then_some(raw)));
            }
            after_blank = line == b"\n" || line == b"\r\n";
            any = true;
            let quoted = line.iter().position(|b| *b != b'>').unwrap_or(0);
            let quoted = self.mbox && quoted > 0 && line[quoted..].starts_with(b"From ");
            raw.extend_from_slice(if quoted { &line[1..] } else { &line });
            if raw.len() > self.limit {
                fits = false;
                raw.clear();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(text: &str, limit: usize) -> Vec<Option<String>> {
        let mut mails = Mails::of(text.as_bytes(), limit).unwrap();
        let mut found = Vec::new();
        while let Some(mail) = mails.next().unwrap() {
            found.push(mail.map(|m| String::from_utf8(m).unwrap()));
        }
        found
    }

    #[test]
    fn an_mbox_is_parted_at_its_separators_only() {
        let mbox = "From 1@xxx Mon Jun 15 2026\nSubject: a\n\nFrom here on\n>From quoted\n>>From twice\n\nFrom 2@xxx Mon Jun 15 2026\nSubject: b\n\nx\n";
        let found = split(mbox, 1_000);
        // A line "From …" after a blank line is a separator: writers quote it.
        assert_eq!(found.len(), 3, "{found:?}");
        let quoted = "From 1@x\nSubject: a\n\ntext\n>From quoted\n>>From twice\n\nFrom 2@x\nSubject: b\n\nx\n";
        let found = split(quoted, 1_000);
        assert_eq!(found.len(), 2);
        assert_eq!(
            found[0].as_deref(),
            Some("Subject: a\n\ntext\nFrom quoted\n>From twice\n")
        );
        assert_eq!(found[1].as_deref(), Some("Subject: b\n\nx\n"));
    }

    #[test]
    fn a_single_mail_is_itself_and_a_large_one_is_named() {
        assert_eq!(
            split("Subject: a\n\nFrom x\n", 1_000),
            [Some("Subject: a\n\nFrom x\n".to_owned())]
        );
        let long = format!(
            "From 1@x\nSubject: a\n\n{}\n\nFrom 2@x\nSubject: b\n\nx\n",
            "y".repeat(500)
        );
        assert_eq!(
            split(&long, 100),
            [None, Some("Subject: b\n\nx\n".to_owned())]
        );
        assert!(split("", 100).is_empty());
    }
}
