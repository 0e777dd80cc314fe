//! Mails from before the installation: out of `.eml` files, a Maildir or an mbox (Google Takeout). They are read, matched
//! and logged like those of the mailbox, and never answered.
//!
//! Whoever lays the files out need not be whoever imports them, often root: no link is followed, and nothing but files
//! is opened. Where in an mbox one mail ends and the next begins is a line that anybody can write into a mail; what
//! begins there may be the text of another, and its own word on who verified it does not count
//! ([`Imported::Parted`](crate::store::Imported)).

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use jiff::Timestamp;

use crate::clock::Clock;
use crate::collect::{self, Tools};
use crate::reading::worker::Outcome;
use crate::staff;
use crate::store::{Arrived, Place};

/// What an import did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// Mails that were new.
    pub new: u32,
    /// Mails that were known already.
    pub known: u32,
    /// Mails that are larger than the limit, and were left out.
    pub too_large: u32,
    /// Links and special files, which were passed over.
    pub passed_over: u32,
}

/// Takes over the mails of a file or folder.
///
/// # Errors
/// When something cannot be read; what was taken over stays, and the same import goes on from there.
pub async fn import(tools: &mut Tools<'_>, path: &Path, now: Timestamp) -> Result<Imported> {
    let mut done = Imported::default();
    for file in files(path, &mut done.passed_over)? {
        let Some(opened) = open(&file)? else {
            done.passed_over += 1;
            continue;
        };
        let written = opened.metadata()?.modified()?;
        let written = Timestamp::try_from(written).unwrap_or(now).min(now);
        let limit = tools.books.config.settings.limits.message_bytes as usize;
        let mut mails = Mails::of(BufReader::new(opened), limit)?;
        let mut n = 0;
        while let Some(mail) = mails.next()? {
            n += 1;
            let Some(raw) = mail else {
                tracing::warn!(file = %file.display(), n, "a mail is larger than limits.message_mb");
                done.too_large += 1;
                continue;
            };
            take_over(tools, &file, n, &raw, (written, now), &mut done).await?;
        }
    }
    // None of these is answered, wherever it is read; what had come into the mailbox before and is unread still, is.
    collect::read_received(tools, staff::obey, None, Clock::Fixed(now)).await?;
    Ok(done)
}

async fn take_over(
    tools: &mut Tools<'_>,
    file: &Path,
    n: u32,
    raw: &[u8],
    (written, now): (Timestamp, Timestamp),
    done: &mut Imported,
) -> Result<()> {
    let sha256 = tools.archive.put(raw).await?;
    if tools.books.store.knows_content(sha256)? {
        done.known += 1;
        return Ok(());
    }
    // Only the reading process looks into a mail; what the server noted of it says when it came.
    let said = match tools.reader.read(raw).await {
        Outcome::Read(reading) => reading.received,
        Outcome::MailFails(_) => None,
        Outcome::NoRoom(why) | Outcome::MachineFails(why) => {
            bail!("mails cannot be read: {why}; mend that and import again")
        }
    };
    let received_at = said.unwrap_or(written).min(now);
    let arrived = Arrived {
        place: Place::imported(file, n, sha256),
        sha256: Some(sha256),
        size: raw.len() as u64,
        received_at,
        gm_msgid: None,
    };
    tools
        .books
        .store
        .transaction(|s| s.record_arrival(&arrived, now))?;
    done.new += 1;
    Ok(())
}

/// The files of a path: itself, or those within it, in order. Of a Maildir those that were delivered. `passed_over`: how
/// many links and special files there are beside.
fn files(path: &Path, passed_over: &mut u32) -> Result<Vec<PathBuf>> {
    // Without a slash at its end, by which a link would be followed.
    let path: PathBuf = path.components().collect();
    let meta = path
        .symlink_metadata()
        .with_context(|| format!("cannot read {}", path.display()))?;
    if meta.is_symlink() {
        bail!("{} is a link; name what it points to", path.display());
    }
    if !meta.is_dir() {
        return Ok(vec![path]);
    }
    let is_maildir = path.join("cur").is_dir() && path.join("new").is_dir();
    let mut inside = fs::read_dir(path)?.collect::<std::io::Result<Vec<_>>>()?;
    inside.sort_by_key(fs::DirEntry::path);
    let mut found = Vec::new();
    for entry in inside {
        let kind = entry.file_type()?; // of the link itself
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let skipped = is_maildir && name == "tmp" || name.starts_with('.') && kind.is_file();
        if !kind.is_dir() && !kind.is_file() {
            tracing::warn!(path = %entry.path().display(), "neither a file nor a folder; links are not followed");
            *passed_over += 1;
        } else if !skipped {
            found.extend(files(&entry.path(), passed_over)?);
        }
    }
    Ok(found)
}

/// Opens a file; `None` where it is none any more, or never was.
fn open(path: &Path) -> Result<Option<File>> {
    let opened = File::options()
        .read(true)
        // Not the target of a link, and without waiting for somebody who writes into a pipe.
        .custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK)
        .open(path);
    let file = match opened {
        Err(e) if e.raw_os_error() == Some(libc::ELOOP) => return Ok(None),
        other => other.with_context(|| format!("cannot read {}", path.display()))?,
    };
    Ok(file.metadata()?.is_file().then_some(file))
}

/// How the lines look that part the mails of an mbox. Those of one file all look alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Separator {
    /// `From `, an address, and a date with its time (RFC 4155); a line of a text that begins so is rare.
    Dated,
    /// `From `, and anything.
    Any,
}

impl Separator {
    /// How a line looks that begins by `From `.
    fn of(line: &[u8]) -> Separator {
        let line = String::from_utf8_lossy(line);
        let words: Vec<&str> = line.split_whitespace().skip(2).collect();
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        let is_time = |w: &&str| w.split(':').count() >= 2 && w.split(':').all(digits);
        let is_year = |w: &&str| w.len() == 4 && digits(w);
        match words.iter().any(is_time) && words.iter().any(is_year) {
            true => Separator::Dated,
            false => Separator::Any,
        }
    }

    /// Whether a line after an empty one is one.
    fn is(self, line: &[u8]) -> bool {
        line.starts_with(b"From ")
            && match self {
                Separator::Dated => Separator::of(line) == Separator::Dated,
                Separator::Any => true,
            }
    }
}

/// The mails of a file one by one: of an mbox (RFC 4155), or the one that it is.
struct Mails<R> {
    source: R,
    limit: usize,
    /// That of the first line, if it is one: the file is an mbox then.
    separator: Option<Separator>,
    /// The separator of the next mail was read already.
    begun: bool,
}

impl<R: BufRead> Mails<R> {
    fn of(mut source: R, limit: usize) -> Result<Mails<R>> {
        let begin = source.fill_buf()?;
        let line = begin.split(|b| *b == b'\n').next().unwrap_or_default();
        let separator = line.starts_with(b"From ").then(|| Separator::of(line));
        Ok(Mails {
            source,
            limit,
            separator,
            begun: separator.is_none(),
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
            if after_blank && self.separator.is_some_and(|s| s.is(&line)) {
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
            let quoted =
                self.separator.is_some() && quoted > 0 && line[quoted..].starts_with(b"From ");
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
        let date = "Mon Jun 15 00:00:00 +0000 2026";
        let text =
            "Subject: a\n\nFrom here on\n>From quoted\n>>From twice\n\nFrom 10:30 of 2026 on";
        let mbox = format!("From 1@xxx {date}\n{text}\n\nFrom 2@xxx {date}\nSubject: b\n\nx\n");
        let found = split(&mbox, 1_000);
        assert_eq!(found.len(), 2, "{found:?}");
        assert_eq!(found[1].as_deref(), Some("Subject: b\n\nx\n"));
        // Where the first one has no date, any line "From …" after a blank line is one: writers quote the others.
        let mbox = mbox.replace(date, "");
        assert_eq!(split(&mbox, 1_000).len(), 4);
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
