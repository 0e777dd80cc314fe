//! Opening archives: zip here, rar and 7z by bsdtar (Debian: libarchive-tools).

use std::io::{Cursor, Read};

use super::super::program::{Budget, Failure};
use super::name;

/// The largest file that is taken out of an archive, in bytes.
const LARGEST: u64 = 60_000_000;

/// What came out of an archive.
#[derive(Debug, Default)]
pub struct Opened {
    /// Files in their order: name as the archive has it, content.
    pub files: Vec<(String, Vec<u8>)>,
    /// Why it is not everything, in words for staff (they come to see it in the digest).
    pub warning: Option<String>,
}

const ENCRYPTED: &str = "encrypted: it needs a password";
const TOO_LARGE: &str = "unpacks to more than a mail may bring; not opened wholly";
const TOO_MANY: &str = "holds more files than a mail may bring; not opened wholly";

/// Opens an archive of a kind, taking at most so many bytes and files out of it.
///
/// # Errors
/// When the machine fails; what is wrong with the archive is a warning.
pub fn open(
    kind: &str,
    content: &[u8],
    most_bytes: u64,
    most_files: usize,
    budget: &mut Budget,
) -> std::io::Result<Opened> {
    let mut opened = Opened::default();
    let warning = match kind {
        "zip" => match zip(content, most_bytes, most_files, &mut opened.files) {
            // Methods of compression that only bsdtar knows.
            Err(Fault::Unsupported(_)) if opened.files.is_empty() => {
                by_bsdtar(content, most_bytes, most_files, budget, &mut opened.files)?
            }
            Err(Fault::Unsupported(why) | Fault::Broken(why)) => Some(why),
            Ok(()) => None,
        },
        "rar" if rar_is_encrypted(content) => Some(ENCRYPTED.to_owned()),
        _ => by_bsdtar(content, most_bytes, most_files, budget, &mut opened.files)?,
    };
    opened.warning = warning;
    Ok(opened)
}

enum Fault {
    Unsupported(String),
    Broken(String),
}

fn zip(
    content: &[u8],
    most_bytes: u64,
    most_files: usize,
    files: &mut Vec<(String, Vec<u8>)>,
) -> Result<(), Fault> {
    use zip::result::ZipError;
    let broken = |e: ZipError| match e {
        ZipError::UnsupportedArchive(ZipError::PASSWORD_REQUIRED) => {
            Fault::Broken(ENCRYPTED.into())
        }
        ZipError::UnsupportedArchive(why) => Fault::Unsupported(format!("cannot be opened: {why}")),
        e => Fault::Broken(format!("cannot be opened: {e}")),
    };
    let mut archive = zip::ZipArchive::new(Cursor::new(content)).map_err(broken)?;
    let mut left = most_bytes;
    let mut encrypted = false;
    for i in 0..archive.len() {
        let mut entry = match archive.by_index(i) {
            Err(ZipError::UnsupportedArchive(ZipError::PASSWORD_REQUIRED)) => {
                encrypted = true; // others beside it may be open
                continue;
            }
            entry => entry.map_err(broken)?,
        };
        if entry.is_dir() || entry.is_symlink() {
            continue;
        }
        if files.len() >= most_files {
            return Err(Fault::Broken(TOO_MANY.into()));
        }
        let entry_name = name::decode_entry(entry.name_raw());
        let most = left.min(LARGEST);
        // The size that the archive declares is not believed: bombs lie.
        let mut bytes = Vec::new();
        if let Err(e) = entry.by_ref().take(most + 1).read_to_end(&mut bytes) {
            return Err(Fault::Broken(format!(
                "{entry_name} cannot be unpacked: {e}"
            )));
        }
        if bytes.len() as u64 > most {
            return Err(Fault::Broken(TOO_LARGE.into()));
        }
        left -= bytes.len() as u64;
        files.push((entry_name, bytes));
    }
    if encrypted {
        return Err(Fault::Broken(ENCRYPTED.into()));
    }
    Ok(())
}

/// Has bsdtar turn an archive into a stream of tar, so that nothing is written to the disk and no path is followed.
fn by_bsdtar(
    content: &[u8],
    most_bytes: u64,
    most_files: usize,
    budget: &mut Budget,
    files: &mut Vec<(String, Vec<u8>)>,
) -> std::io::Result<Option<String>> {
    let convert = ["-cf", "-", "--format=pax", "@-"];
    let stream = budget.run("bsdtar", &convert, content, most_bytes)?;
    let mut archive = tar::Archive::new(stream.bytes.as_slice());
    for entry in archive.entries()? {
        let Ok(mut entry) = entry else { break };
        let is_again = entry.header().entry_type().is_hard_link();
        if !entry.header().entry_type().is_file() && !is_again {
            continue;
        }
        if files.len() >= most_files {
            return Ok(Some(TOO_MANY.to_owned()));
        }
        let entry_name = name::decode_entry(&entry.path_bytes());
        if is_again {
            // rar stores identical files once.
            let first = entry.link_name_bytes().map(|n| name::decode_entry(&n));
            let first = files.iter().find(|(n, _)| Some(n) == first.as_ref());
            if let Some(content) = first.map(|(_, content)| content.clone()) {
                files.push((entry_name, content));
            }
            continue;
        }
        let mut bytes = Vec::new();
        let size = entry.size();
        if entry.read_to_end(&mut bytes).is_err() || bytes.len() as u64 != size {
            break; // the stream was cut here
        }
        files.push((entry_name, bytes));
    }
    Ok(match stream.failure {
        None => None,
        Some(Failure::Missing) => {
            Some("bsdtar cannot be run here, so it was not opened; open it by hand".to_owned())
        }
        Some(Failure::Slow) => Some("takes too long to open; open it by hand".to_owned()),
        Some(Failure::TooMuch) => Some(TOO_LARGE.to_owned()),
        // bsdtar tells the reason only when it extracts.
        Some(Failure::Failed(said)) => {
            let extracting = budget.run("bsdtar", &["-xOf", "-"], content, 0)?;
            let more = match extracting.failure {
                Some(Failure::Failed(more)) => more,
                _ => String::new(),
            };
            Some(
                if format!("{said} {more}").to_lowercase().contains("encrypt") {
                    ENCRYPTED.to_owned()
                } else if said.contains("(null)") || said.is_empty() {
                    "cannot be opened wholly: damaged, or one part of several".to_owned()
                } else {
                    let said = said.trim_start_matches("bsdtar: ");
                    format!("cannot be opened wholly: {said}; open it by hand")
                },
            )
        }
    })
}

/// Whether a rar of version 5 or 3 has headers or files that need a password: bsdtar does not say so of every one.
fn rar_is_encrypted(bytes: &[u8]) -> bool {
    if let Some(rest) = bytes.strip_prefix(b"Rar!\x1a\x07\x01\x00") {
        rar5_is_encrypted(rest)
    } else if let Some(rest) = bytes.strip_prefix(b"Rar!\x1a\x07\x00") {
        rar3_is_encrypted(rest)
    } else {
        false
    }
}

/// Walks the headers of version 5: a header of type 4 encrypts all others, an extra record of type 1 one file.
fn rar5_is_encrypted(mut rest: &[u8]) -> bool {
    while let Some(header) = rest.get(4..) {
        let mut at = header;
        let Some(size) = variable(&mut at) else { break };
        let Some(mut body) = usize::try_from(size).ok().and_then(|n| at.get(..n)) else {
            break;
        };
        let after = &at[body.len()..];
        let (Some(kind), Some(flags)) = (variable(&mut body), variable(&mut body)) else {
            break;
        };
        if kind == 4 {
            return true;
        }
        let extra = if flags & 1 != 0 {
            variable(&mut body)
        } else {
            Some(0)
        };
        let data = if flags & 2 != 0 {
            variable(&mut body)
        } else {
            Some(0)
        };
        let (Some(extra), Some(data)) = (extra, data) else {
            break;
        };
        if kind == 2 && extra > 0 {
            let extra = usize::try_from(extra).unwrap_or(usize::MAX);
            let mut records = &body[body.len().saturating_sub(extra)..];
            while let Some(length) = variable(&mut records) {
                let Some(mut record) = usize::try_from(length).ok().and_then(|n| records.get(..n))
                else {
                    break;
                };
                records = &records[record.len()..];
                if variable(&mut record) == Some(1) {
                    return true;
                }
            }
        }
        let Some(next) = usize::try_from(data).ok().and_then(|n| after.get(n..)) else {
            break;
        };
        if kind == 5 || next.len() >= rest.len() {
            break;
        }
        rest = next;
    }
    false
}

/// A number of 7 bits a byte, the lowest first.
fn variable(input: &mut &[u8]) -> Option<u64> {
    let mut value = 0_u64;
    for i in 0..10 {
        let (byte, rest) = input.split_first()?;
        *input = rest;
        value |= u64::from(byte & 0x7F).checked_shl(7 * i).unwrap_or(0);
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

/// Walks the headers of version 3: flag 0x80 of the main header encrypts all others, flag 4 one file.
fn rar3_is_encrypted(mut rest: &[u8]) -> bool {
    let u16_at = |b: &[u8], i: usize| Some(u16::from_le_bytes([*b.get(i)?, *b.get(i + 1)?]));
    loop {
        let (Some(kind), Some(flags), Some(size)) =
            (rest.get(2).copied(), u16_at(rest, 3), u16_at(rest, 5))
        else {
            return false;
        };
        if (kind == 0x73 && flags & 0x80 != 0) || (kind == 0x74 && flags & 4 != 0) {
            return true;
        }
        let data = if flags & 0x8000 != 0 || kind == 0x74 {
            let (Some(low), Some(high)) = (u16_at(rest, 7), u16_at(rest, 9)) else {
                return false;
            };
            usize::from(low) | usize::from(high) << 16
        } else {
            0
        };
        match rest.get(usize::from(size).max(7).saturating_add(data)..) {
            Some(next) if kind != 0x7b => rest = next,
            _ => return false,
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use std::io::Write;
    use std::time::Duration;

    fn opened(kind: &str, content: &[u8], most_bytes: u64, most_files: usize) -> Opened {
        let mut budget = Budget::new(Duration::from_secs(5));
        open(kind, content, most_bytes, most_files, &mut budget).unwrap()
    }

    pub(in super::super) fn zip_of(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (name, content) in files {
            let options = zip::write::SimpleFileOptions::default();
            zip.start_file(*name, options).unwrap();
            zip.write_all(content).unwrap();
        }
        zip.finish().unwrap().into_inner()
    }

    #[test]
    fn a_bomb_is_left_when_it_has_filled_what_a_mail_may_bring() {
        let zeros = vec![0_u8; 3_000_000];
        let bomb = zip_of(&[("a", &zeros), ("b", &zeros), ("c", &zeros)]);
        let full = opened("zip", &bomb, 7_000_000, 10);
        assert_eq!(full.files.len(), 2);
        assert_eq!(full.warning.as_deref(), Some(TOO_LARGE));
        let many = opened("zip", &bomb, 70_000_000, 1);
        assert_eq!(many.warning.as_deref(), Some(TOO_MANY));
    }

    #[test]
    fn what_is_no_archive_is_said() {
        for kind in ["zip", "rar", "7z"] {
            let none = opened(kind, b"Rar!\x1a\x07\x01\x00 nothing", 1_000, 10);
            assert!(none.files.is_empty() && none.warning.is_some(), "{kind}");
        }
    }
}
