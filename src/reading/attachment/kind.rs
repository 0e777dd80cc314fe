//! What a file is by its bytes, and what it is to a report.

use std::io::{Cursor, Read};

use super::super::Role;

/// The kind of a file: by its bytes where they say it, else by its name, else by what the mail declares.
pub(super) fn detect(content: &[u8], name: &str, declared: &str) -> &'static str {
    let extension = name.rsplit_once('.').map(|(_, e)| e.to_ascii_lowercase());
    let extension = extension.as_deref().unwrap_or("");
    if declared == "message/partial" {
        return "partial";
    }
    let starts = |magic: &[u8]| content.starts_with(magic);
    if starts(b"PK\x03\x04") || starts(b"PK\x05\x06") {
        return zip_kind(content, extension);
    }
    if starts(b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1") {
        return compound_kind(content, extension);
    }
    let head = &content[..content.len().min(1024)];
    let by_bytes: &[(&[u8], &str)] = &[
        (b"{\\rtf", "rtf"),
        (b"\xFF\xD8\xFF", "jpg"),
        (b"\x89PNG\r\n\x1a\n", "png"),
        (b"GIF8", "gif"),
        (b"II*\0", "tiff"),
        (b"MM\0*", "tiff"),
        (b"BM", "bmp"),
        (b"Rar!\x1a\x07", "rar"),
        (b"7z\xBC\xAF\x27\x1C", "7z"),
        (b"\x1f\x8b", "gz"),
        (b"MZ", "program"),
        (b"\x7fELF", "program"),
        (b"\x78\x9f\x3e\x22", "tnef"),
    ];
    if contains(head, b"%PDF-") {
        return "pdf";
    }
    if let Some((_, kind)) = by_bytes.iter().find(|(magic, _)| starts(magic)) {
        return kind;
    }
    if content.len() > 12 && &content[4..8] == b"ftyp" {
        return match &content[8..12] {
            b"heic" | b"heix" | b"mif1" | b"heim" => "heic",
            _ => "video",
        };
    }
    if content.len() > 12 && starts(b"RIFF") && &content[8..12] == b"WEBP" {
        return "webp";
    }
    match extension {
        "exe" | "scr" | "com" | "pif" | "bat" | "cmd" | "ps1" | "vbs" | "vbe" | "js" | "jse"
        | "wsf" | "hta" | "lnk" | "msi" | "jar" | "reg" | "cpl" | "dll" | "apk" | "iso" | "img" => {
            "program"
        }
        "docm" | "xlsm" | "pptm" | "dotm" | "xltm" => "macro",
        "csv" => "csv",
        "txt" => "txt",
        "htm" | "html" | "mht" => "html",
        "ics" => "calendar",
        "vcf" => "contact",
        "p7s" | "p7m" | "asc" | "sig" => "signature",
        "xml" => "xml",
        "docx" | "doc" | "xlsx" | "xls" | "pdf" | "zip" | "rar" | "7z" => "damaged",
        _ => match declared {
            "text/calendar" => "calendar",
            "application/pkcs7-signature"
            | "application/x-pkcs7-signature"
            | "application/pgp-signature" => "signature",
            "text/plain" => "txt",
            "text/html" => "html",
            _ => "unknown",
        },
    }
}

/// What a file in the zip format is by the names of its parts: Office, OpenDocument, or an archive.
fn zip_kind(content: &[u8], extension: &str) -> &'static str {
    let Ok(mut archive) = zip::ZipArchive::new(Cursor::new(content)) else {
        return match extension {
            "docx" | "xlsx" | "pptx" | "odt" | "ods" => "damaged",
            _ => "zip",
        };
    };
    let names: Vec<String> = archive
        .file_names()
        .take(5_000)
        .filter_map(|n| n.ok().map(std::borrow::Cow::into_owned))
        .collect();
    let has = |part: &str| names.iter().any(|n| n.starts_with(part));
    if names.iter().any(|n| n.ends_with("vbaProject.bin")) {
        return "macro";
    }
    let office = [
        ("word/document", "docx"),
        ("xl/workbook", "xlsx"),
        ("ppt/presentation", "pptx"),
    ];
    if let Some((_, kind)) = office.iter().find(|(part, _)| has(part)) {
        return kind;
    }
    if has("AndroidManifest.xml") || matches!(extension, "apk" | "jar") {
        return "program";
    }
    let mut media_type = Vec::new();
    if let Ok(entry) = archive.by_name("mimetype") {
        let _ = entry.take(100).read_to_end(&mut media_type); // what cannot be read says nothing
    }
    match media_type.as_slice() {
        b"application/vnd.oasis.opendocument.text" => "odt",
        b"application/vnd.oasis.opendocument.spreadsheet" => "ods",
        _ => "zip",
    }
}

/// What a file in the format of old Office is, by the names of its streams.
fn compound_kind(content: &[u8], extension: &str) -> &'static str {
    let has = |stream: &str| contains(content, &utf16(stream));
    if has("EncryptedPackage") {
        return "encrypted"; // a docx or xlsx with a password
    }
    if has("_VBA_PROJECT") {
        return "macro";
    }
    match extension {
        "xls" | "xlt" => "xls",
        "ppt" | "pps" => "ppt",
        "msg" => "msg",
        "msi" => "program",
        _ if has("Workbook") => "xls",
        _ => "doc",
    }
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|w| w == needle)
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// What a file is to a report.
pub(super) fn role(kind: &str, name: &str, content: &[u8], inline: bool) -> Role {
    match kind {
        "docx" | "doc" | "xlsx" | "xls" | "odt" | "ods" | "rtf" | "csv" => Role::SoftFile,
        "pdf" => Role::SignedDocument,
        "jpg" | "png" | "tiff" | "heic" | "webp" | "bmp" if is_page(name, content, inline) => {
            Role::SignedDocument
        }
        "partial" | "encrypted" | "pptx" | "ppt" | "zip" | "rar" | "7z" | "tnef" | "txt"
        | "video" | "damaged" | "unknown" => Role::Supporting,
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

/// What staff should know of a kind.
pub(super) fn warning(kind: &str) -> Option<&'static str> {
    match kind {
        "program" => Some("a program or script: kept apart, never opened or forwarded"),
        "macro" => Some("a document with macros: kept apart, never opened or forwarded"),
        "damaged" => Some("its content is not what its name says; ask the unit to send it again"),
        "partial" => {
            Some("one part of a mail that the sender's program split; ask for it in one piece")
        }
        "encrypted" => Some("a document with a password; ask the unit to send it without"),
        "gz" => Some("an archive of this kind is not opened here; open it by hand"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::archive;
    use super::*;

    #[test]
    fn bytes_outweigh_names() {
        assert_eq!(
            detect(b"%PDF-1.4", "x.docx", "application/octet-stream"),
            "pdf"
        );
        assert_eq!(
            detect(b"MZ\x90", "bao cao.pdf", "application/pdf"),
            "program"
        );
        assert_eq!(detect(b"hello", "bao cao.docx", ""), "damaged");
        let zip_of = |names: &[&str]| {
            let files: Vec<(&str, &[u8])> = names.iter().map(|n| (*n, &b""[..])).collect();
            archive::tests::zip_of(&files)
        };
        let docx = zip_of(&["word/document.xml"]);
        assert_eq!(detect(&docx, "a.zip", ""), "docx");
        let with_macro = zip_of(&["word/document.xml", "word/vbaProject.bin"]);
        assert_eq!(detect(&with_macro, "a.docx", ""), "macro");
        assert_eq!(detect(&zip_of(&["word.docx"]), "a.zip", ""), "zip");
        assert_eq!(detect(&docx[..40], "a.docx", ""), "damaged");
        assert_eq!(detect(b"a;b", "x.csv", ""), "csv");
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
        let of = |name: &str, content: &[u8], inline| role("png", name, content, inline);
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
        assert_eq!(role("program", "a.exe", b"MZ", false), Role::Ignored);
    }
}
