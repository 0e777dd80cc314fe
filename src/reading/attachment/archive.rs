//! Opening archives: zip here, rar and 7z by bsdtar (Debian: libarchive-tools).

use std::io::{Cursor, Read};

use super::super::program::{Budget, Failure};
use super::super::{FileKind, Warning};
use super::name;

/// The largest file that is taken out of an archive, in bytes.
const LARGEST: u64 = 60_000_000;

/// What came out of an archive.
#[derive(Debug, Default)]
pub struct Opened {
    /// Files in their order: name as the archive has it, content.
    pub files: Vec<(String, Vec<u8>)>,
    /// Why it is not everything.
    pub warning: Option<Warning>,
}

/// Opens an archive of a kind, taking at most so many bytes and files out of it.
///
/// # Errors
/// When the machine fails; what is wrong with the archive is a warning.
pub fn open(
    kind: FileKind,
    content: &[u8],
    most_bytes: u64,
    most_files: usize,
    budget: &mut Budget,
) -> std::io::Result<Opened> {
    let mut opened = Opened::default();
    let warning = match kind {
        FileKind::Zip => match zip(content, most_bytes, most_files, &mut opened.files) {
            // Methods of compression that only bsdtar knows.
            Err(Fault::Unsupported(_)) if opened.files.is_empty() => {
                by_bsdtar(content, most_bytes, most_files, budget, &mut opened.files)?
            }
            Err(Fault::Unsupported(why) | Fault::Broken(why)) => Some(why),
            Ok(()) => None,
        },
        FileKind::Rar if rar_is_encrypted(content) => Some(Warning::Locked),
        FileKind::Rar => {
            let why = by_bsdtar(content, most_bytes, most_files, budget, &mut opened.files)?;
            // What began in another part is left out without a word.
            why.or_else(|| rar_is_a_volume(content).then_some(Warning::OneOfSeveral))
        }
        _ => by_bsdtar(content, most_bytes, most_files, budget, &mut opened.files)?,
    };
    let is_empty = || opened.files.is_empty().then_some(Warning::NoFile);
    opened.warning = warning.or_else(is_empty);
    Ok(opened)
}

enum Fault {
    Unsupported(Warning),
    Broken(Warning),
}

fn zip(
    content: &[u8],
    most_bytes: u64,
    most_files: usize,
    files: &mut Vec<(String, Vec<u8>)>,
) -> Result<(), Fault> {
    use zip::result::ZipError;
    let broken = |e: ZipError| match e {
        ZipError::UnsupportedArchive(ZipError::PASSWORD_REQUIRED) => Fault::Broken(Warning::Locked),
        ZipError::UnsupportedArchive(why) => Fault::Unsupported(Warning::CannotBeOpened {
            why: why.to_owned(),
        }),
        e => Fault::Broken(Warning::CannotBeOpened { why: e.to_string() }),
    };
    let mut archive = zip::ZipArchive::new(Cursor::new(content)).map_err(broken)?;
    let mut left = most_bytes;
    let mut encrypted = false;
    // Others beside what cannot be unpacked may be sound.
    let mut not_whole: Vec<String> = Vec::new();
    let mut unknown_method = false;
    for i in 0..archive.len() {
        let raw_name = archive.by_index_raw(i).map(|e| e.name_raw().to_vec());
        let mut entry = match archive.by_index(i) {
            Err(ZipError::UnsupportedArchive(ZipError::PASSWORD_REQUIRED)) => {
                encrypted = true;
                continue;
            }
            Err(ZipError::UnsupportedArchive(_)) => {
                unknown_method = true;
                not_whole.push(name::decode_entry(&raw_name.unwrap_or_default()));
                continue;
            }
            entry => entry.map_err(broken)?,
        };
        if entry.is_dir() || entry.is_symlink() {
            continue;
        }
        if files.len() >= most_files {
            return Err(Fault::Broken(Warning::TooMany));
        }
        let entry_name = name::decode_entry(entry.name_raw());
        let most = left.min(LARGEST);
        // The size that the archive declares is not believed: bombs lie.
        let mut bytes = Vec::new();
        if entry
            .by_ref()
            .take(most + 1)
            .read_to_end(&mut bytes)
            .is_err()
        {
            not_whole.push(entry_name);
            continue;
        }
        if bytes.len() as u64 > most {
            return Err(Fault::Broken(Warning::TooLarge));
        }
        left -= bytes.len() as u64;
        files.push((entry_name, bytes));
    }
    if let Some(why) = told(&not_whole) {
        return Err(if unknown_method {
            Fault::Unsupported(why)
        } else {
            Fault::Broken(why)
        });
    }
    if encrypted {
        return Err(Fault::Broken(Warning::Locked));
    }
    Ok(())
}

/// That files of an archive are not whole; `None` where all are.
fn told(not_whole: &[String]) -> Option<Warning> {
    let (first, rest) = not_whole.split_first()?;
    Some(Warning::FilesNotWhole {
        file: first.clone(),
        more: rest.len(),
    })
}

/// Has bsdtar turn an archive into a stream of tar, so that nothing is written to the disk and no path is followed.
fn by_bsdtar(
    content: &[u8],
    most_bytes: u64,
    most_files: usize,
    budget: &mut Budget,
    files: &mut Vec<(String, Vec<u8>)>,
) -> std::io::Result<Option<Warning>> {
    let convert = ["-cf", "-", "--format=pax", "@-"];
    let stream = budget.run("bsdtar", &convert, content, most_bytes)?;
    // Where a file cannot be unpacked whole, the stream has zeros in its place, and nothing is said. Unpacking says it.
    let unpacking = match stream.failure {
        None | Some(Failure::Failed(_)) => budget.check("bsdtar", &["-xOf", "-"], content)?,
        Some(Failure::Missing | Failure::Slow | Failure::TooMuch) => None,
    };
    let begun = files.len();
    let Some(paths) = take_out(&stream.bytes, most_files, files)? else {
        return Ok(Some(Warning::TooMany));
    };
    let mut not_whole = Vec::new();
    if let Some(failure) = &unpacking {
        let came = files.split_off(begun);
        let broken = broken(&came, &paths, failure, stream.failure.is_none());
        for (file, broken) in came.into_iter().zip(broken) {
            if broken {
                not_whole.push(file.0);
            } else {
                files.push(file);
            }
        }
    }
    Ok(match stream.failure {
        None if unpacking.is_some() => {
            let some = told(&not_whole);
            some.or(Some(Warning::NotWhollyOpened))
        }
        None => None,
        Some(Failure::Missing) => Some(Warning::NoProgram {
            program: "bsdtar".to_owned(),
        }),
        Some(Failure::Slow) => Some(Warning::TooSlow),
        Some(Failure::TooMuch) => Some(Warning::TooLarge),
        // bsdtar tells the reason only when it extracts.
        Some(Failure::Failed(said)) => {
            let more = match &unpacking {
                Some(Failure::Failed(more)) => more,
                _ => "",
            };
            Some(why_not_wholly(&said, more, &not_whole))
        }
    })
}

/// Takes the files out of what bsdtar made of an archive, as far as it goes; gives their paths as they stand there, or
/// `None` where there are too many of them.
fn take_out(
    stream: &[u8],
    most_files: usize,
    files: &mut Vec<(String, Vec<u8>)>,
) -> std::io::Result<Option<Vec<Vec<u8>>>> {
    let mut paths: Vec<Vec<u8>> = Vec::new();
    let mut archive = tar::Archive::new(stream);
    for entry in archive.entries()? {
        let Ok(mut entry) = entry else { break };
        let is_again = entry.header().entry_type().is_hard_link();
        if !entry.header().entry_type().is_file() && !is_again {
            continue;
        }
        if files.len() >= most_files {
            return Ok(None);
        }
        let path = entry.path_bytes().into_owned();
        let entry_name = name::decode_entry(&path);
        if is_again {
            // rar stores identical files once.
            let first = entry.link_name_bytes().map(|n| name::decode_entry(&n));
            let first = files.iter().find(|(n, _)| Some(n) == first.as_ref());
            if let Some(content) = first.map(|(_, content)| content.clone()) {
                files.push((entry_name, content));
                paths.push(path);
            }
            continue;
        }
        let mut bytes = Vec::new();
        let size = entry.size();
        if entry.read_to_end(&mut bytes).is_err() || bytes.len() as u64 != size {
            break; // the stream was cut here
        }
        files.push((entry_name, bytes));
        paths.push(path);
    }
    Ok(Some(paths))
}

/// Why an archive could not be opened wholly, by what bsdtar `said` of the archive and what `more` when it unpacked it.
fn why_not_wholly(said: &str, more: &str, not_whole: &[String]) -> Warning {
    let first = said.lines().next().unwrap_or("");
    if format!("{said} {more}").to_lowercase().contains("encrypt") {
        Warning::Locked
    } else if let Some(some) = told(not_whole) {
        some
    } else if first.contains("(null)") || first.is_empty() {
        Warning::NotWhole
    } else {
        let why = first.trim_start_matches("bsdtar: ").to_owned();
        Warning::CannotBeOpened { why }
    }
}

/// Which files are not whole, where unpacking failed: those that it names, and those that end in zeros. Where that is
/// none of those that came, though all came (`all`), it may be any.
fn broken(
    came: &[(String, Vec<u8>)],
    paths: &[Vec<u8>],
    failure: &Failure,
    all: bool,
) -> Vec<bool> {
    let said = match failure {
        Failure::Failed(said) => said.as_str(),
        Failure::Missing | Failure::Slow | Failure::TooMuch => "",
    };
    let named = |path: &[u8]| {
        let start = format!("{}: ", String::from_utf8_lossy(path));
        said.lines().any(|line| line.starts_with(&start))
    };
    let mut broken: Vec<bool> = came
        .iter()
        .zip(paths)
        .map(|((_, content), path)| named(path) || ends_in_zeros(content))
        .collect();
    if all && !said.is_empty() && !broken.contains(&true) {
        broken.fill(true);
    }
    broken
}

/// Whether more zeros stand at the end than formats of documents have there.
fn ends_in_zeros(content: &[u8]) -> bool {
    const MOST: usize = 64;
    let end = &content[content.len().saturating_sub(MOST)..];
    !content.is_empty() && end.iter().all(|b| *b == 0)
}

/// Whether a rar is one part of several, by its main header.
fn rar_is_a_volume(bytes: &[u8]) -> bool {
    if let Some(rest) = bytes.strip_prefix(b"Rar!\x1a\x07\x01\x00") {
        let mut at = rest.get(4..).unwrap_or_default();
        let size = variable(&mut at);
        let (kind, flags) = (variable(&mut at), variable(&mut at));
        let (Some(_), Some(1), Some(flags)) = (size, kind, flags) else {
            return false;
        };
        if flags & 1 != 0 {
            variable(&mut at);
        }
        variable(&mut at).is_some_and(|archive| archive & 1 != 0)
    } else if let Some(rest) = bytes.strip_prefix(b"Rar!\x1a\x07\x00") {
        rest.get(2) == Some(&0x73) && rest.get(3).is_some_and(|flags| flags & 1 != 0)
    } else {
        false
    }
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

    fn opened(kind: FileKind, content: &[u8], most_bytes: u64, most_files: usize) -> Opened {
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
        let full = opened(FileKind::Zip, &bomb, 7_000_000, 10);
        assert_eq!(full.files.len(), 2);
        assert_eq!(full.warning, Some(Warning::TooLarge));
        let many = opened(FileKind::Zip, &bomb, 70_000_000, 1);
        assert_eq!(many.warning, Some(Warning::TooMany));
    }

    /// A zip of three files, of which the second is changed in its headers, as by [`change`].
    fn changed(change: impl Fn(&mut [u8], usize, usize)) -> Vec<u8> {
        let document: Vec<u8> = (0..=255).cycle().take(30_000).collect();
        let mut zip = zip_of(&[
            ("57.pdf", b"%PDF-1.4"),
            ("57.docx", &document),
            ("c.pdf", b"%PDF-1.5"),
        ]);
        let at = |bytes: &[u8], sign: &[u8]| {
            let found = bytes.windows(4).enumerate().filter(|(_, w)| *w == sign);
            found.map(|(i, _)| i).nth(1).unwrap()
        };
        let (local, central) = (at(&zip, b"PK\x03\x04"), at(&zip, b"PK\x01\x02"));
        change(&mut zip, local, central);
        zip
    }

    #[test]
    fn a_file_that_cannot_be_unpacked_whole_is_said_and_never_one_of_zeros() {
        let unknown_method = changed(|zip, local, central| {
            zip[local + 8] = 97;
            zip[central + 10] = 97;
        });
        let other_checksum = changed(|zip, local, central| {
            zip[local + 14] ^= 1;
            zip[central + 16] ^= 1;
        });
        let names = |opened: &Opened| -> Vec<String> {
            opened.files.iter().map(|(name, _)| name.clone()).collect()
        };
        let not_whole = || Warning::FilesNotWhole {
            file: "57.docx".into(),
            more: 0,
        };
        for zip in [&unknown_method, &other_checksum] {
            let here = opened(FileKind::Zip, zip, 1_000_000, 10);
            assert_eq!(names(&here), ["57.pdf", "c.pdf"]);
            assert_eq!(here.warning, Some(not_whole()));
        }
        if super::super::super::program::missing(false)
            .iter()
            .any(|(p, _)| *p == "bsdtar")
        {
            eprintln!("skipped in part: there is no bsdtar");
            return;
        }
        // As bsdtar opens it, which fills up by zeros and says nothing.
        let opened = opened(FileKind::SevenZip, &other_checksum, 1_000_000, 10);
        assert_eq!(names(&opened), ["57.pdf", "c.pdf"]);
        assert_eq!(opened.warning, Some(not_whole()));
    }

    #[test]
    fn what_is_not_whole_is_what_is_named_or_ends_in_zeros_and_else_all() {
        let files: Vec<(String, Vec<u8>)> = [("a.pdf", vec![1; 90]), ("b.pdf", vec![1; 90])]
            .map(|(name, content)| (name.to_owned(), content))
            .into();
        let paths = [b"x/a.pdf".to_vec(), b"x/b.pdf".to_vec()];
        let failed = |said: &str| Failure::Failed(said.to_owned());
        let said = failed("x/b.pdf: Truncated RAR file data: x\nbsdtar: Error exit");
        assert_eq!(broken(&files, &paths, &said, true), [false, true]);
        let other = failed("bsdtar: damaged");
        assert_eq!(broken(&files, &paths, &other, true), [true, true]);
        // The stream was cut at the one that is meant.
        assert_eq!(broken(&files, &paths, &other, false), [false, false]);
        assert_eq!(broken(&files, &paths, &Failure::Slow, true), [false, false]);
        let zeros = vec![
            files[0].clone(),
            ("b.pdf".to_owned(), [[1; 90], [0; 90]].concat()),
        ];
        assert_eq!(broken(&zeros, &paths, &Failure::Slow, true), [false, true]);
    }

    #[test]
    fn an_archive_without_a_file_is_said_to_be_empty_and_tar_is_opened() {
        let empty = opened(FileKind::Zip, &zip_of(&[]), 1_000, 10);
        assert_eq!(empty.warning, Some(Warning::NoFile));
        let mut tar = tar::Builder::new(Vec::new());
        let mut header = tar::Header::new_ustar();
        header.set_size(8);
        tar.append_data(&mut header, "bao cao/57.pdf", &b"%PDF-1.4"[..])
            .unwrap();
        let tar = tar.into_inner().unwrap();
        let kind = super::super::kind::detect(&tar, "bao cao", "");
        assert_eq!(kind, FileKind::Tar);
        let programs = super::super::super::program::missing(false);
        if programs.iter().all(|(p, _)| *p != "bsdtar") {
            let opened = opened(kind, &tar, 1_000_000, 10);
            assert_eq!(opened.warning, None);
            assert_eq!(
                opened.files,
                [("bao cao/57.pdf".to_owned(), b"%PDF-1.4".to_vec())]
            );
        }
    }

    #[test]
    fn what_is_no_archive_is_said() {
        for kind in [FileKind::Zip, FileKind::Rar, FileKind::SevenZip] {
            let none = opened(kind, b"Rar!\x1a\x07\x01\x00 nothing", 1_000, 10);
            assert!(none.files.is_empty() && none.warning.is_some(), "{kind}");
        }
    }
}
