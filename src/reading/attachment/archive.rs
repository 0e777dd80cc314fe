//! Opening archives: zip here, others by bsdtar, what is compressed alone by bsdcat (Debian: libarchive-tools).

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

/// Opens an archive of a kind, taking at most so many bytes and files out of it. Its name is what a file in it is called
/// that was compressed alone.
///
/// # Errors
/// When the machine fails; what is wrong with the archive is a warning.
pub fn open(
    kind: FileKind,
    name: &str,
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
        FileKind::Gz | FileKind::Bz2 | FileKind::Xz | FileKind::Zst => {
            let output = budget.run("bsdcat", &["-"], content, most_bytes.min(LARGEST))?;
            match output.failure {
                None => {
                    opened.files.push((uncompressed_name(name), output.bytes));
                    None
                }
                Some(Failure::Failed(_)) => Some(Warning::NotWhole),
                Some(bound) => bound_of(&bound, "bsdcat"),
            }
        }
        _ => by_bsdtar(content, most_bytes, most_files, budget, &mut opened.files)?,
    };
    let is_empty = || opened.files.is_empty().then_some(Warning::NoFile);
    opened.warning = warning.or_else(is_empty);
    Ok(opened)
}

/// What a file is called when it is compressed no longer: `57.docx.gz` is `57.docx`, `57.tgz` is `57.tar`.
fn uncompressed_name(name: &str) -> String {
    let (stem, ending) = name.rsplit_once('.').unwrap_or((name, ""));
    let is_tar = matches!(
        ending.to_lowercase().as_str(),
        "tgz" | "tbz" | "tbz2" | "txz" | "tzst"
    );
    format!("{stem}{}", if is_tar { ".tar" } else { "" })
}

/// Which bound of ours a program met.
fn bound_of(failure: &Failure, program: &str) -> Option<Warning> {
    match failure {
        Failure::Missing => Some(Warning::NoProgram {
            program: program.to_owned(),
        }),
        Failure::Slow => Some(Warning::TooSlow),
        Failure::TooMuch => Some(Warning::TooLarge),
        Failure::Failed(_) => None,
    }
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
    let begun = files.len();
    let mut taken = Taken::default();
    let failure = budget.stream("bsdtar", &convert, content, most_bytes, |stream| {
        taken = take_out(stream, most_files, files);
    })?;
    let bound = failure.as_ref().and_then(|f| bound_of(f, "bsdtar"));
    if let Some(bound) = taken.bound.or(bound) {
        return Ok(Some(bound));
    }
    // Where a file cannot be unpacked whole, the stream has zeros in its place, and where it declares less than it has, less;
    // nothing is said. Unpacking says it.
    let mut unpack = vec!["-xOf", "-"];
    if content.starts_with(b"Rar!\x1a\x07\x01") {
        // For what has no content there, it unpacks whatever its memory holds, at times without an end.
        unpack.extend(taken.empty.iter().map(String::as_str));
    }
    let unpacking = budget.check("bsdtar", &unpack, content, most_bytes)?;
    let unpacking = unpacking.filter(|failure| !is_of_folders(failure));
    let said = |failure: &Option<Failure>| match failure {
        Some(Failure::Failed(said)) => said.clone(),
        _ => String::new(),
    };
    let (said, more) = (said(&failure), said(&unpacking));
    let mut not_whole = Vec::new();
    if unpacking.is_some() {
        let came = files.split_off(begun);
        let complaints = format!("{said}\n{more}");
        let broken = broken(&came, &taken.paths, &complaints, failure.is_none());
        for (file, broken) in came.into_iter().zip(broken) {
            if broken {
                not_whole.push(file.0);
            } else {
                files.push(file);
            }
        }
    }
    Ok(match (failure, unpacking) {
        (_, Some(Failure::TooMuch)) => Some(Warning::TooLarge),
        (None, None) => None,
        (None, Some(_)) => told(&not_whole).or(Some(Warning::NotWhollyOpened)),
        // bsdtar tells the reason only when it extracts.
        (Some(_), _) => Some(why_not_wholly(&said, &more, &not_whole)),
    })
}

/// What was taken out of a stream of tar.
#[derive(Default)]
struct Taken {
    /// The paths of the files, as they stand there.
    paths: Vec<Vec<u8>>,
    /// How bsdtar is told to leave out what has no content, links among it.
    empty: Vec<String>,
    /// The bound at which it was left.
    bound: Option<Warning>,
}

/// Takes the files out of what bsdtar makes of an archive, as far as it goes.
fn take_out(stream: &mut dyn Read, most_files: usize, files: &mut Vec<(String, Vec<u8>)>) -> Taken {
    let mut taken = Taken::default();
    let mut archive = tar::Archive::new(stream);
    let Ok(entries) = archive.entries() else {
        return taken;
    };
    for entry in entries {
        let Ok(mut entry) = entry else { break };
        let is_again = entry.header().entry_type().is_hard_link();
        if entry.size() == 0 && !entry.header().entry_type().is_dir() {
            if taken.empty.len() >= most_files {
                taken.bound = Some(Warning::TooMany);
                break;
            }
            let path = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
            taken
                .empty
                .push(format!("--exclude=^{}$", as_a_pattern(&path)));
        }
        if !entry.header().entry_type().is_file() && !is_again {
            continue;
        }
        let size = entry.size();
        taken.bound = match () {
            () if files.len() >= most_files => Some(Warning::TooMany),
            () if size > LARGEST => Some(Warning::TooLarge),
            () => None,
        };
        if taken.bound.is_some() {
            break;
        }
        let path = entry.path_bytes().into_owned();
        let entry_name = name::decode_entry(&path);
        if is_again {
            // rar stores identical files once.
            let first = entry.link_name_bytes().map(|n| name::decode_entry(&n));
            let first = files.iter().find(|(n, _)| Some(n) == first.as_ref());
            if let Some(content) = first.map(|(_, content)| content.clone()) {
                files.push((entry_name, content));
                taken.paths.push(path);
            }
            continue;
        }
        let mut bytes = Vec::new();
        if entry.read_to_end(&mut bytes).is_err() || bytes.len() as u64 != size {
            break; // the stream was cut here
        }
        files.push((entry_name, bytes));
        taken.paths.push(path);
    }
    taken
}

/// A path as bsdtar's patterns have it.
fn as_a_pattern(path: &str) -> String {
    let escaped = path.chars().flat_map(|c| {
        let escape = matches!(c, '*' | '?' | '[' | ']' | '\\' | '^' | '$');
        escape.then_some('\\').into_iter().chain([c])
    });
    escaped.collect()
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

/// Which files are not whole, where unpacking failed: those that what it `said` names, and those that end in zeros. Where
/// that is none of those that came, though all came (`all`), it may be any.
fn broken(came: &[(String, Vec<u8>)], paths: &[Vec<u8>], said: &str, all: bool) -> Vec<bool> {
    let named = |path: &[u8]| {
        let start = format!("{}: ", String::from_utf8_lossy(path));
        said.lines().any(|line| line.starts_with(&start))
    };
    let mut broken: Vec<bool> = came
        .iter()
        .zip(paths)
        .map(|((_, content), path)| named(path) || ends_in_zeros(content))
        .collect();
    if all && !said.trim().is_empty() && !broken.contains(&true) {
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
        open(kind, "a", content, most_bytes, most_files, &mut budget).unwrap()
    }

    fn is_there(program: &str) -> bool {
        let missing = super::super::super::program::missing(false);
        missing.iter().all(|(p, _)| *p != program)
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

    #[test]
    fn a_bomb_that_declares_little_ends_quickly_and_what_lies_before_it_is_kept() {
        if !is_there("bsdtar") {
            eprintln!("skipped: there is no bsdtar");
            return;
        }
        // `lon.txt` says that it has ten bytes, and unpacks to ten thousand million.
        let bomb = include_bytes!("../../../tests/archives/declares-little.zip");
        for kind in [FileKind::Zip, FileKind::SevenZip] {
            let mut budget = Budget::new(Duration::from_secs(60));
            let begun = std::time::Instant::now();
            let full = open(kind, "a.zip", bomb, 20_000_000, 10, &mut budget).unwrap();
            let took = begun.elapsed();
            let names: Vec<&str> = full.files.iter().map(|(name, _)| name.as_str()).collect();
            assert_eq!(names, ["57.txt"], "{kind}");
            assert_eq!(full.warning, Some(Warning::TooLarge), "{kind}");
            assert!(took < Duration::from_secs(5), "{kind}: {took:?}");
        }
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
        if !is_there("bsdtar") {
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
        if !is_there("bsdtar") {
            eprintln!("skipped: there is no bsdtar");
            return;
        }
        let zip = include_bytes!("../../../tests/archives/methods.zip");
        let all = opened(FileKind::Zip, zip, 1_000_000, 10);
        assert_eq!(all.warning, None);
        let mut names: Vec<&str> = all.files.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        let methods = ["bzip2", "deflate", "lzma", "ppmd", "xz", "zstd"];
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
    fn a_path_is_a_pattern_of_itself_alone() {
        assert_eq!(
            as_a_pattern("bao cao/57 [2]*.pdf"),
            r"bao cao/57 \[2\]\*.pdf"
        );
        assert_eq!(as_a_pattern(r"a\^b$"), r"a\\\^b\$");
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
        let said = "x/b.pdf: Truncated RAR file data: x\nbsdtar: Error exit";
        assert_eq!(broken(&files, &paths, said, true), [false, true]);
        let other = "bsdtar: damaged";
        assert_eq!(broken(&files, &paths, other, true), [true, true]);
        // The stream was cut at the one that is meant.
        assert_eq!(broken(&files, &paths, other, false), [false, false]);
        assert_eq!(broken(&files, &paths, "\n", true), [false, false]);
        let zeros = vec![
            files[0].clone(),
            ("b.pdf".to_owned(), [[1; 90], [0; 90]].concat()),
        ];
        assert_eq!(broken(&zeros, &paths, "", true), [false, true]);
    }

    #[test]
    fn an_archive_without_a_file_is_said_to_be_empty_and_tar_is_opened() {
        let empty = opened(FileKind::Zip, &zip_of(&[]), 1_000, 10);
        assert_eq!(empty.warning, Some(Warning::NoFile));
        let tar = tar_of("bao cao/57.pdf", b"%PDF-1.4");
        let kind = super::super::kind::detect(&tar, "bao cao", "");
        assert_eq!(kind, FileKind::Tar);
        if is_there("bsdtar") {
            let opened = opened(kind, &tar, 1_000_000, 10);
            assert_eq!(opened.warning, None);
            assert_eq!(
                opened.files,
                [("bao cao/57.pdf".to_owned(), b"%PDF-1.4".to_vec())]
            );
        }
    }

    fn tar_of(path: &str, content: &[u8]) -> Vec<u8> {
        let mut tar = tar::Builder::new(Vec::new());
        let mut header = tar::Header::new_ustar();
        header.set_size(content.len() as u64);
        tar.append_data(&mut header, path, content).unwrap();
        tar.into_inner().unwrap()
    }

    #[test]
    fn what_is_compressed_alone_is_unpacked_and_named_without_the_ending() {
        if !is_there("bsdtar") || !is_there("bsdcat") {
            eprintln!("skipped: there is no bsdtar or no bsdcat");
            return;
        }
        let mut budget = Budget::new(Duration::from_secs(20));
        let tar = tar_of("bao cao/57.pdf", b"%PDF-1.4");
        for (method, name, kind) in [
            ("--gzip", "bao cao.tar.gz", FileKind::Gz),
            ("--gzip", "bao cao.tgz", FileKind::Gz),
            ("--bzip2", "bao cao.tar.bz2", FileKind::Bz2),
            ("--xz", "bao cao.tar.xz", FileKind::Xz),
            ("--zstd", "bao cao.tar.zst", FileKind::Zst),
        ] {
            // What goes to a pipe is filled up with zeros.
            let file = tempfile::NamedTempFile::new().unwrap();
            let path = file.path().to_str().unwrap();
            let convert = ["-cf", path, "--format=ustar", method, "@-"];
            let packing = budget.run("bsdtar", &convert, &tar, 0).unwrap();
            assert_eq!(packing.failure, None, "{name}");
            let packed = std::fs::read(path).unwrap();
            let seen = super::super::kind::detect(&packed, name, "");
            assert_eq!(seen, kind, "{name}");
            let outer = open(kind, name, &packed, 1_000_000, 10, &mut budget).unwrap();
            assert_eq!(outer.warning, None, "{name}");
            let [(inner, content)] = &outer.files[..] else {
                panic!("{name}: {:?}", outer.files);
            };
            assert_eq!(inner, "bao cao.tar", "{name}");
            let seen = super::super::kind::detect(content, inner, "");
            assert_eq!(seen, FileKind::Tar, "{name}");
            let files = opened(FileKind::Tar, content, 1_000_000, 10).files;
            assert_eq!(files[0].1, b"%PDF-1.4", "{name}");
            let cut = &packed[..60];
            let cut = open(kind, name, cut, 1_000_000, 10, &mut budget).unwrap();
            assert_eq!(cut.warning, Some(Warning::NotWhole), "{name}");
            let small = open(kind, name, &packed, 100, 10, &mut budget).unwrap();
            assert_eq!(small.warning, Some(Warning::TooLarge), "{name}");
            assert!(cut.files.is_empty() && small.files.is_empty(), "{name}");
        }
        let one = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\x53\x0d\x70\x71\xd3\x35\xd4\x33\x01\x00\xa2\xba\x59\xe9\x08\x00\x00\x00";
        let opened = open(FileKind::Gz, "57.pdf.gz", one, 100, 10, &mut budget).unwrap();
        assert_eq!(opened.files, [("57.pdf".to_owned(), b"%PDF-1.4".to_vec())]);
    }

    #[test]
    fn what_is_no_archive_is_said() {
        for kind in [FileKind::Zip, FileKind::Rar, FileKind::SevenZip] {
            let none = opened(kind, b"Rar!\x1a\x07\x01\x00 nothing", 1_000, 10);
            assert!(none.files.is_empty() && none.warning.is_some(), "{kind}");
        }
    }
}
