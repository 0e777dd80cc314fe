//! What a file is by its bytes, and what it is to a report.

use std::io::{Cursor, Read};

use super::super::{FileKind, Role, Warning};

/// Names by which Windows runs a file or hands it to an interpreter, whatever its bytes are.
const RUN_BY_NAME: [&str; 31] = [
    "exe", "scr", "pif", "bat", "cmd", "ps1", "vb", "vbs", "vbe", "js", "jse", "ws", "wsf", "wsc",
    "sct", "hta", "lnk", "url", "msc", "msi", "msp", "jar", "jnlp", "reg", "cpl", "dll", "apk",
    "iso", "img", "vhd", "chm",
];

/// How files begin whose kind their first bytes say.
const SIGNS: [(&[u8], FileKind); 29] = [
    (b"MZ", FileKind::Program),
    (b"\x7fELF", FileKind::Program),
    (b"#!", FileKind::Program),
    (b"\xCA\xFE\xBA\xBE", FileKind::Program), // Java, and several programs of a Mac in one
    (b"\xFE\xED\xFA\xCE", FileKind::Program),
    (b"\xFE\xED\xFA\xCF", FileKind::Program),
    (b"\xCE\xFA\xED\xFE", FileKind::Program),
    (b"\xCF\xFA\xED\xFE", FileKind::Program),
    (b"L\0\0\0\x01\x14\x02\0", FileKind::Program), // a shortcut of Windows
    (b"ITSF", FileKind::Program),                  // its old help files, which run scripts
    (b"Rar!\x1a\x07", FileKind::Rar),
    (b"7z\xBC\xAF\x27\x1C", FileKind::SevenZip),
    (b"\x1f\x8b\x08", FileKind::Gz),
    (b"BZh", FileKind::Bz2),
    (b"\xFD7zXZ\0", FileKind::Xz),
    (b"\x28\xB5\x2F\xFD", FileKind::Zst),
    (b"MSCF\0\0\0\0", FileKind::Archive),
    (b"\x60\xEA", FileKind::Archive), // ARJ
    (b"**ACE**", FileKind::Archive),
    (b"RE~^", FileKind::Archive), // rar before version 1.5
    (b"xar!", FileKind::Archive),
    (b"\x78\x9f\x3e\x22", FileKind::Tnef),
    (b"{\\rtf", FileKind::Rtf),
    (b"\xFF\xD8\xFF", FileKind::Jpg),
    (b"\x89PNG\r\n\x1a\n", FileKind::Png),
    (b"GIF87a", FileKind::Gif),
    (b"GIF89a", FileKind::Gif),
    (b"II*\0", FileKind::Tiff),
    (b"MM\0*", FileKind::Tiff),
];

/// The kind of a file: by its bytes where they say it, else by its name, else by what the mail declares. What can be run
/// is a program, whatever else it is: a file may be several things at once, and who sends a program as a document means
/// harm.
pub(super) fn detect(content: &[u8], name: &str, declared: &str) -> FileKind {
    let extension = name.rsplit_once('.').map(|(_, e)| e.to_ascii_lowercase());
    let extension = extension.as_deref().unwrap_or("");
    if declared == "message/partial" {
        return FileKind::Partial;
    }
    if RUN_BY_NAME.contains(&extension) {
        return FileKind::Program;
    }
    let starts = |sign: &[u8]| content.starts_with(sign);
    if starts(b"PK\x03\x04") || starts(b"PK\x05\x06") {
        return zip_kind(content, extension);
    }
    if starts(b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1") {
        return compound_kind(content, extension);
    }
    if let Some((_, kind)) = SIGNS.iter().find(|(sign, _)| starts(sign)) {
        return *kind;
    }
    if content.get(257..262) == Some(b"ustar") {
        return FileKind::Tar;
    }
    if is_bitmap(content) {
        return FileKind::Bmp;
    }
    if content.len() > 12 && &content[4..8] == b"ftyp" {
        return match &content[8..12] {
            b"heic" | b"heix" | b"mif1" | b"heim" => FileKind::Heic,
            _ => FileKind::Video,
        };
    }
    if content.len() > 12 && starts(b"RIFF") && &content[8..12] == b"WEBP" {
        return FileKind::Webp;
    }
    // Readers of PDF look for its sign in the first 1,024 bytes (ISO 32000-1, annex H): after all others.
    if contains(&content[..content.len().min(1024)], b"%PDF-") {
        return FileKind::Pdf;
    }
    match extension {
        // Windows runs it only where the bytes are those of a program; it also ends names such as "gui ban.com".
        "com" => FileKind::Program,
        "docm" | "xlsm" | "pptm" | "dotm" | "xltm" => FileKind::Macro,
        "csv" => FileKind::Csv,
        "txt" => FileKind::Txt,
        "htm" | "html" | "mht" => FileKind::Html,
        "ics" => FileKind::Calendar,
        "vcf" => FileKind::Contact,
        "p7s" | "p7m" | "asc" | "sig" => FileKind::Signature,
        "xml" => FileKind::Xml,
        "docx" | "doc" | "xlsx" | "xls" | "odt" | "ods" | "rtf" | "pdf" | "zip" | "rar" | "7z" => {
            FileKind::Damaged
        }
        _ => match declared {
            "text/calendar" => FileKind::Calendar,
            "application/pkcs7-signature"
            | "application/x-pkcs7-signature"
            | "application/pgp-signature" => FileKind::Signature,
            "text/plain" => FileKind::Txt,
            "text/html" => FileKind::Html,
            _ => FileKind::Unknown,
        },
    }
}

/// Whether it is a picture in the format of Windows: two letters alone say nothing, its header has one of a few lengths.
fn is_bitmap(content: &[u8]) -> bool {
    let header = content
        .strip_prefix(b"BM")
        .and_then(|rest| rest.get(4..16)?.first_chunk::<12>());
    header.is_some_and(|h| {
        let length = u32::from_le_bytes([h[8], h[9], h[10], h[11]]);
        h[..4] == [0; 4] && matches!(length, 12 | 40 | 52 | 56 | 64 | 108 | 124)
    })
}

/// What a file in the zip format is by the names of its parts: Office, OpenDocument, or an archive.
fn zip_kind(content: &[u8], extension: &str) -> FileKind {
    let Ok(mut archive) = zip::ZipArchive::new(Cursor::new(content)) else {
        return match extension {
            "docx" | "xlsx" | "pptx" | "odt" | "ods" => FileKind::Damaged,
            _ => FileKind::Zip,
        };
    };
    let names: Vec<String> = archive
        .file_names()
        .take(5_000)
        .filter_map(|n| n.ok().map(std::borrow::Cow::into_owned))
        .collect();
    let has = |part: &str| names.iter().any(|n| n.starts_with(part));
    if names.iter().any(|n| n.ends_with("vbaProject.bin")) {
        return FileKind::Macro;
    }
    let office = [
        ("word/document", FileKind::Docx),
        ("xl/workbook", FileKind::Xlsx),
        ("ppt/presentation", FileKind::Pptx),
    ];
    if let Some((_, kind)) = office.iter().find(|(part, _)| has(part)) {
        return *kind;
    }
    if has("AndroidManifest.xml") || matches!(extension, "apk" | "jar") {
        return FileKind::Program;
    }
    let mut media_type = Vec::new();
    if let Ok(entry) = archive.by_name("mimetype") {
        let _ = entry.take(100).read_to_end(&mut media_type); // what cannot be read says nothing
    }
    match media_type.as_slice() {
        b"application/vnd.oasis.opendocument.text" => FileKind::Odt,
        b"application/vnd.oasis.opendocument.spreadsheet" => FileKind::Ods,
        _ => FileKind::Zip,
    }
}

/// What a file in the format of old Office is, by the names of its streams.
fn compound_kind(content: &[u8], extension: &str) -> FileKind {
    let has = |stream: &str| contains(content, &utf16(stream));
    if has("EncryptedPackage") {
        return FileKind::Encrypted; // a docx or xlsx with a password
    }
    if has("_VBA_PROJECT") {
        return FileKind::Macro;
    }
    match extension {
        "xls" | "xlt" => FileKind::Xls,
        "ppt" | "pps" => FileKind::Ppt,
        "msg" => FileKind::Msg,
        "msi" => FileKind::Program,
        _ if has("Workbook") => FileKind::Xls,
        _ => FileKind::Doc,
    }
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|w| w == needle)
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// What a file is to a report.
pub(super) fn role(kind: FileKind, name: &str, content: &[u8], inline: bool) -> Role {
    match kind {
        FileKind::Docx
        | FileKind::Doc
        | FileKind::Xlsx
        | FileKind::Xls
        | FileKind::Odt
        | FileKind::Ods
        | FileKind::Rtf
        | FileKind::Csv => Role::SoftFile,
        FileKind::Pdf => Role::SignedDocument,
        FileKind::Jpg
        | FileKind::Png
        | FileKind::Tiff
        | FileKind::Heic
        | FileKind::Webp
        | FileKind::Bmp
            if is_page(name, content, inline) =>
        {
            Role::SignedDocument
        }
        FileKind::Partial
        | FileKind::Encrypted
        | FileKind::Pptx
        | FileKind::Ppt
        | FileKind::Zip
        | FileKind::Rar
        | FileKind::SevenZip
        | FileKind::Tar
        | FileKind::Gz
        | FileKind::Bz2
        | FileKind::Xz
        | FileKind::Zst
        | FileKind::Tnef
        | FileKind::Txt
        | FileKind::Video
        | FileKind::Damaged
        | FileKind::Unknown => Role::Supporting,
        _ => Role::Ignored,
    }
}

/// Whether a picture is a photographed or scanned page rather than a logo in a signature.
fn is_page(name: &str, content: &[u8], inline: bool) -> bool {
    let name = name.to_ascii_lowercase();
    // Names that mail programs give to what was pasted into the text.
    let generated = ["image0", "outlook-", "logo", "icon", "banner"];
    let pasted = inline || generated.iter().any(|g| name.starts_with(g));
    // A page that can be read has at least some hundred points each way, and its writing does not compress to nothing.
    let (points, bytes) = if pasted { (700, 60_000) } else { (500, 10_000) };
    let large_enough = match imagesize::blob_size(content) {
        Ok(size) => size.width.min(size.height) >= points,
        Err(_) => content.len() >= 3 * bytes,
    };
    large_enough && content.len() >= bytes
}

/// What is to be known of a kind.
pub(super) fn warning(kind: FileKind) -> Option<Warning> {
    Some(match kind {
        FileKind::Program => Warning::Program,
        FileKind::Macro => Warning::Macro,
        FileKind::Damaged => Warning::NotWhatItIsCalled,
        FileKind::Partial => Warning::PartOfAMail,
        FileKind::Encrypted => Warning::LockedDocument,
        FileKind::Archive => Warning::UnknownArchive,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::super::archive;
    use super::*;

    #[test]
    fn bytes_outweigh_names() {
        assert_eq!(
            detect(b"%PDF-1.4", "x.docx", "application/octet-stream"),
            FileKind::Pdf
        );
        assert_eq!(
            detect(b"MZ\x90", "bao cao.pdf", "application/pdf"),
            FileKind::Program
        );
        assert_eq!(detect(b"hello", "bao cao.docx", ""), FileKind::Damaged);
        assert_eq!(detect(b"hello", "bao cao.odt", ""), FileKind::Damaged);
        // Rubbish before the sign of a PDF is read over, as readers of PDF do.
        assert_eq!(detect(b"\r\n\n%PDF-1.4", "a.pdf", ""), FileKind::Pdf);
        let zip_of = |names: &[&str]| {
            let files: Vec<(&str, &[u8])> = names.iter().map(|n| (*n, &b""[..])).collect();
            archive::tests::zip_of(&files)
        };
        let docx = zip_of(&["word/document.xml"]);
        assert_eq!(detect(&docx, "a.zip", ""), FileKind::Docx);
        let with_macro = zip_of(&["word/document.xml", "word/vbaProject.bin"]);
        assert_eq!(detect(&with_macro, "a.docx", ""), FileKind::Macro);
        assert_eq!(detect(&zip_of(&["word.docx"]), "a.zip", ""), FileKind::Zip);
        assert_eq!(detect(&docx[..40], "a.docx", ""), FileKind::Damaged);
        assert_eq!(detect(b"a;b", "x.csv", ""), FileKind::Csv);
    }

    #[test]
    fn what_can_be_run_is_a_program_whatever_else_it_is() {
        let with_pdf = |sign: &[u8]| [sign, b" ... %PDF-1.4 ..."].concat();
        for (sign, kind) in SIGNS {
            assert_eq!(detect(&with_pdf(sign), "57.pdf", "application/pdf"), kind);
        }
        for name in [
            "BaoCao.exe",
            "BaoCao.pdf.hta",
            "BaoCao.JS",
            "BaoCao.bat",
            "57.pdf.lnk",
        ] {
            assert_eq!(
                detect(b"%PDF-1.4", name, "application/pdf"),
                FileKind::Program,
                "{name}"
            );
        }
        let zip = archive::tests::zip_of(&[("word/document.xml", b"")]);
        assert_eq!(detect(&zip, "BaoCao.jar", ""), FileKind::Program);
        assert_eq!(detect(&zip, "bao cao gui congdoan.com", ""), FileKind::Docx);
        assert_eq!(detect(b"\xB8\0", "a.com", ""), FileKind::Program);
        assert_eq!(
            role(FileKind::Program, "BaoCao.exe", b"MZ", false),
            Role::Ignored
        );
    }

    #[test]
    fn two_letters_make_no_picture() {
        assert_eq!(detect(b"BM 57 ngay 15/6", "a.txt", ""), FileKind::Txt);
        assert_eq!(detect(b"BM", "a.bmp", ""), FileKind::Unknown);
        assert_eq!(
            detect(&[b"BM".as_slice(), &[b'x'; 90_000]].concat(), "57", ""),
            FileKind::Unknown
        );
        let mut bitmap = b"BM\x46\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0".to_vec();
        bitmap.extend([0; 60]);
        assert_eq!(detect(&bitmap, "a.bmp", ""), FileKind::Bmp);
    }

    #[test]
    fn a_logo_is_ignored_and_a_photographed_page_is_not() {
        // The beginning of a PNG of so many points each way, filled up to so many bytes.
        let png = |width: u32, height: u32, bytes: usize| {
            let mut content = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
            content.extend(width.to_be_bytes());
            content.extend(height.to_be_bytes());
            content.resize(bytes, 1);
            content
        };
        let of = |name: &str, content: &[u8], inline| role(FileKind::Png, name, content, inline);
        assert_eq!(
            of("image001.png", &png(300, 100, 9_000), true),
            Role::Ignored
        );
        assert_eq!(
            of("logo.png", &png(1_600, 500, 90_000), false),
            Role::Ignored
        );
        assert_eq!(
            of("scan.png", &png(1_240, 1_754, 90_000), false),
            Role::SignedDocument
        );
        // A scan that was pasted into the text
        assert_eq!(
            of("image002.png", &png(1_240, 1_754, 300_000), true),
            Role::SignedDocument
        );
        assert_eq!(
            role(FileKind::Program, "a.exe", b"MZ", false),
            Role::Ignored
        );
    }
}
