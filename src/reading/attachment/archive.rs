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
            Ok(left) if !left.unknown.is_empty() => {
                // Methods of compression that only bsdtar knows.
                let mut theirs = Vec::new();
                let why = by_bsdtar(content, most_bytes, most_files, budget, &mut theirs)?;
                left.taken_from(theirs, most_files, why, &mut opened.files)
            }
            Ok(left) => left.warning(),
            Err(Fault::Unsupported) => {
                by_bsdtar(content, most_bytes, most_files, budget, &mut opened.files)?
            }
            Err(Fault::Broken(why)) => Some(why),
        },
        FileKind::Rar if rar_is_encrypted(content) => Some(Warning::Locked),
        FileKind::Rar => {
            let why = by_bsdtar(content, most_bytes, most_files, budget, &mut opened.files)?;
            RarTraits::of(content).explain(why)
        }
        _ => by_bsdtar(content, most_bytes, most_files, budget, &mut opened.files)?,
    };
    let is_empty = || opened.files.is_empty().then_some(Warning::NoFile);
    opened.warning = warning.or_else(is_empty);
    Ok(opened)
}

enum Fault {
    Unsupported,
    Broken(Warning),
}

/// What was left in a zip.
#[derive(Default)]
struct Left {
    /// How many bytes may still be taken out of it.
    bytes: u64,
    /// Files packed by a method that is not known here.
    unknown: Vec<String>,
    /// Files that are not whole.
    broken: Vec<String>,
    encrypted: bool,
}

impl Left {
    fn warning(&self) -> Option<Warning> {
        let not_whole = [self.unknown.as_slice(), &self.broken].concat();
        told(&not_whole).or(self.encrypted.then_some(Warning::Locked))
    }

    /// Adds what bsdtar made of the files of unknown methods, as far as they may be taken; gives why it is not everything,
    /// where bsdtar may have met a bound of its own.
    fn taken_from(
        mut self,
        theirs: Vec<(String, Vec<u8>)>,
        most_files: usize,
        why: Option<Warning>,
        files: &mut Vec<(String, Vec<u8>)>,
    ) -> Option<Warning> {
        for (name, bytes) in theirs {
            let Some(at) = self.unknown.iter().position(|unknown| *unknown == name) else {
                continue;
            };
            if files.len() >= most_files {
                return Some(Warning::TooMany);
            }
            let Some(left) = self.bytes.checked_sub(bytes.len() as u64) else {
                return Some(Warning::TooLarge);
            };
            self.bytes = left;
            self.unknown.swap_remove(at);
            files.push((name, bytes));
        }
        match why {
            Some(why) if why.is_a_bound() && !self.unknown.is_empty() => Some(why),
            _ => self.warning(),
        }
    }
}

fn zip(
    content: &[u8],
    most_bytes: u64,
    most_files: usize,
    files: &mut Vec<(String, Vec<u8>)>,
) -> Result<Left, Fault> {
    use zip::CompressionMethod;
    use zip::result::ZipError;
    let broken = |e: ZipError| match e {
        ZipError::UnsupportedArchive(ZipError::PASSWORD_REQUIRED) => Fault::Broken(Warning::Locked),
        ZipError::UnsupportedArchive(_) => Fault::Unsupported,
        e => Fault::Broken(Warning::CannotBeOpened { why: e.to_string() }),
    };
    let mut archive = zip::ZipArchive::new(Cursor::new(content)).map_err(broken)?;
    // Others beside what cannot be unpacked may be sound.
    let mut left = Left {
        bytes: most_bytes,
        ..Left::default()
    };
    for i in 0..archive.len() {
        let raw_name = archive.by_index_raw(i).map(|e| e.name_raw().to_vec());
        let mut entry = match archive.by_index(i) {
            Err(ZipError::UnsupportedArchive(ZipError::PASSWORD_REQUIRED)) => {
                left.encrypted = true;
                continue;
            }
            Err(ZipError::UnsupportedArchive(_)) => {
                let entry_name = name::decode_entry(&raw_name.unwrap_or_default());
                left.unknown.push(entry_name);
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
        // Of most methods the reader says only when it reads that it does not know them.
        if !matches!(
            entry.compression(),
            CompressionMethod::Stored | CompressionMethod::Deflated
        ) {
            left.unknown.push(entry_name);
            continue;
        }
        let most = left.bytes.min(LARGEST);
        // The size that the archive declares is not believed: bombs lie.
        let mut bytes = Vec::new();
        if entry
            .by_ref()
            .take(most + 1)
            .read_to_end(&mut bytes)
            .is_err()
        {
            left.broken.push(entry_name);
            continue;
        }
        if bytes.len() as u64 > most {
            return Err(Fault::Broken(Warning::TooLarge));
        }
        left.bytes -= bytes.len() as u64;
        files.push((entry_name, bytes));
    }
    Ok(left)
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
    let unpacking = unpacking.filter(|failure| !is_of_folders(failure));
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

/// Whether nothing failed but the unpacking of folders, as of every rar of version 5 that lists them: there is nothing in
/// them to unpack.
fn is_of_folders(failure: &Failure) -> bool {
    let Failure::Failed(said) = failure else {
        return false;
    };
    let is_the_end = |line: &&str| line.starts_with("bsdtar: Error exit delayed");
    let mut lines = said.lines().filter(|line| !is_the_end(line)).peekable();
    lines.peek().is_some()
        && lines.all(|line| line.contains(": Can't decompress an entry marked as a directory"))
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

/// What the headers of a rar say of how it was packed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct RarTraits {
    /// It is one part of several.
    volume: bool,
    /// Its files were packed as one.
    solid: bool,
    /// A file was packed as before version 2.9, of 2002.
    old: bool,
}

impl RarTraits {
    fn of(bytes: &[u8]) -> RarTraits {
        let mut traits = RarTraits::default();
        if let Some(rest) = bytes.strip_prefix(b"Rar!\x1a\x07\x01\x00") {
            let flags = rar5_flags(rest).unwrap_or(0);
            traits.volume = flags & 1 != 0;
            traits.solid = flags & 4 != 0;
        } else if let Some(rest) = bytes.strip_prefix(b"Rar!\x1a\x07\x00") {
            for (kind, flags, header) in Rar3Headers(rest) {
                match (kind, header.get(24..26)) {
                    (0x73, _) => {
                        traits.volume = flags & 1 != 0;
                        traits.solid = flags & 8 != 0;
                    }
                    // The version that is needed to unpack, and the method, of which 0x30 is none.
                    (0x74, Some([version, method])) => {
                        traits.old |= *version < 29 && *method != 0x30;
                    }
                    _ => {}
                }
            }
        }
        traits
    }

    /// What is to be said of a rar, by what was said when it was opened: what began in another part is left out without a
    /// word, and of what cannot be unpacked bsdtar tells the place, not the cause.
    fn explain(self, why: Option<Warning>) -> Option<Warning> {
        match why {
            Some(why) if why.is_a_bound() || why == Warning::Locked => Some(why),
            _ if self.volume => Some(Warning::OneOfSeveral),
            Some(_) if self.old => Some(Warning::OldArchive),
            Some(_) if self.solid => Some(Warning::SolidArchive),
            why => why,
        }
    }
}

/// The flags of an archive of version 5, out of its main header.
fn rar5_flags(rest: &[u8]) -> Option<u64> {
    let mut at = rest.get(4..)?;
    variable(&mut at)?;
    if variable(&mut at)? != 1 {
        return None;
    }
    if variable(&mut at)? & 1 != 0 {
        variable(&mut at)?;
    }
    variable(&mut at)
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

/// Flag 0x80 of the main header of version 3 encrypts all others, flag 4 one file.
fn rar3_is_encrypted(rest: &[u8]) -> bool {
    Rar3Headers(rest).any(|(kind, flags, _)| {
        (kind == 0x73 && flags & 0x80 != 0) || (kind == 0x74 && flags & 4 != 0)
    })
}

/// The headers of version 3, which begin here: the kind of each, its flags, and its bytes with all that follow.
struct Rar3Headers<'b>(&'b [u8]);

impl<'b> Iterator for Rar3Headers<'b> {
    type Item = (u8, u16, &'b [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let header = self.0;
        let u16_at = |i: usize| Some(u16::from_le_bytes([*header.get(i)?, *header.get(i + 1)?]));
        let (kind, flags, size) = (*header.get(2)?, u16_at(3)?, u16_at(5)?);
        let data = if flags & 0x8000 != 0 || kind == 0x74 {
            // Where there is no room for the size, nothing follows.
            u16_at(7).zip(u16_at(9)).map_or(usize::MAX, |(low, high)| {
                usize::from(low) | usize::from(high) << 16
            })
        } else {
            0
        };
        let next = usize::from(size).max(7).saturating_add(data);
        let more = header.get(next..).filter(|_| kind != 0x7b);
        self.0 = more.unwrap_or_default();
        Some((kind, flags, header))
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
    fn methods_that_only_bsdtar_knows_are_read_beside_the_others() {
        if super::super::super::program::missing(false)
            .iter()
            .any(|(p, _)| *p == "bsdtar")
        {
            eprintln!("skipped: there is no bsdtar");
            return;
        }
        let zip = include_bytes!("../../../tests/archives/methods.zip");
        let all = opened(FileKind::Zip, zip, 1_000_000, 10);
        assert_eq!(all.warning, None);
        let mut names: Vec<&str> = all.files.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        let methods = ["bzip2", "deflate", "lzma", "xz", "zstd"];
        assert_eq!(names, methods.map(|m| format!("đã nén/{m}.txt")));
        for (name, content) in &all.files {
            let text = std::str::from_utf8(content).unwrap();
            assert!(text.starts_with("Công đoàn phường "), "{name}: {text}");
            assert_eq!(text.lines().count(), 3, "{name}");
        }
        // The bounds hold for both readers together.
        let few = opened(FileKind::Zip, zip, 1_000_000, 2);
        assert!(few.files.len() <= 2);
        assert_eq!(few.warning, Some(Warning::TooMany));
        let small = opened(FileKind::Zip, zip, 700, 10);
        let bytes: usize = small.files.iter().map(|(_, content)| content.len()).sum();
        assert!(bytes <= 700, "{bytes}");
        assert_eq!(small.warning, Some(Warning::TooLarge));
    }

    /// A rar of version 3 with the flags of its archive, and one file that a version packed by a method.
    fn rar3(flags: u16, version: u8, method: u8) -> Vec<u8> {
        let mut rar = b"Rar!\x1a\x07\x00\0\0\x73".to_vec();
        rar.extend(flags.to_le_bytes());
        rar.extend([13, 0, 0, 0, 0, 0, 0, 0]);
        let mut file = vec![0; 32];
        file[2] = 0x74;
        file[5] = 32;
        file[24..26].copy_from_slice(&[version, method]);
        rar.extend(file);
        rar
    }

    #[test]
    fn a_rar_that_is_old_solid_or_one_of_several_is_said_to_be_that() {
        let rar5 = |flags: u8| [b"Rar!\x1a\x07\x01\x00\0\0\0\0\x04\x01\x00", &[flags][..]].concat();
        let damaged = || Some(Warning::NotWhole);
        for (rar, why, said) in [
            (rar3(0, 29, 0x33), damaged(), damaged()),
            (rar3(0, 29, 0x33), None, None),
            (rar3(8, 29, 0x33), damaged(), Some(Warning::SolidArchive)),
            (rar3(8, 29, 0x33), None, None),
            (rar3(0, 20, 0x33), damaged(), Some(Warning::OldArchive)),
            (rar3(8, 15, 0x33), damaged(), Some(Warning::OldArchive)),
            // What is only stored needs no version.
            (rar3(0, 20, 0x30), damaged(), damaged()),
            (rar3(1, 29, 0x33), None, Some(Warning::OneOfSeveral)),
            (rar3(9, 20, 0x33), damaged(), Some(Warning::OneOfSeveral)),
            (
                rar3(9, 20, 0x33),
                Some(Warning::Locked),
                Some(Warning::Locked),
            ),
            (
                rar3(9, 20, 0x33),
                Some(Warning::TooLarge),
                Some(Warning::TooLarge),
            ),
            (rar5(0), damaged(), damaged()),
            (rar5(1), None, Some(Warning::OneOfSeveral)),
            (rar5(4), damaged(), Some(Warning::SolidArchive)),
            (b"Rar!".to_vec(), damaged(), damaged()),
        ] {
            assert_eq!(
                RarTraits::of(&rar).explain(why.clone()),
                said,
                "{rar:?}, {why:?}"
            );
        }
    }

    #[test]
    fn complaints_of_folders_alone_are_none_of_files() {
        const FOLDER: &str =
            "x/y: Can't decompress an entry marked as a directory: Invalid character";
        const FILE: &str = "x/a.pdf: Truncated RAR file data: Invalid character";
        const END: &str = "bsdtar: Error exit delayed from previous errors.";
        for (said, of_folders) in [
            (vec![FOLDER, END], true),
            (vec![FOLDER, FOLDER, END], true),
            (vec![FOLDER, FILE, END], false),
            (vec![FILE, END], false),
            (vec![END], false),
            (vec![], false),
        ] {
            let failure = Failure::Failed(said.join("\n"));
            assert_eq!(is_of_folders(&failure), of_folders, "{said:?}");
        }
        assert!(!is_of_folders(&Failure::Slow));
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
