//! What a file is by its bytes.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::ground::words_of;

/// What the bytes of a file are. Kinds of which nothing is asked but their names are there for those who look at them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FileKind {
    /// Word since 2007.
    Docx,
    /// Word before.
    Doc,
    /// Excel since 2007.
    Xlsx,
    /// Excel before.
    Xls,
    /// PowerPoint since 2007.
    Pptx,
    /// PowerPoint before.
    Ppt,
    /// A text of OpenDocument.
    Odt,
    /// A spreadsheet of OpenDocument.
    Ods,
    /// Rich text.
    Rtf,
    /// A PDF.
    Pdf,
    /// A picture.
    Jpg,
    /// A picture.
    Png,
    /// A picture.
    Gif,
    /// A picture, often of a scanner.
    Tiff,
    /// A picture of Windows.
    Bmp,
    /// A picture of a telephone.
    Heic,
    /// A picture.
    Webp,
    /// A film.
    Video,
    /// An archive that is opened.
    Zip,
    /// An archive that is opened.
    Rar,
    /// An archive that is opened.
    #[serde(rename = "7z")]
    SevenZip,
    /// An archive that is opened.
    Tar,
    /// One file compressed, which is opened; often a tar.
    Gz,
    /// The same by another method.
    Bz2,
    /// The same by another method.
    Xz,
    /// The same by another method.
    Zst,
    /// An archive that is not opened.
    Archive,
    /// The winmail.dat of Outlook, which is opened.
    Tnef,
    /// One part of a mail that its sender's program split.
    Partial,
    /// A document that needs a password.
    Encrypted,
    /// A document that brings macros.
    Macro,
    /// What can be run.
    Program,
    /// Its bytes are not what its name says.
    Damaged,
    /// A table as text.
    Csv,
    /// A text.
    Txt,
    /// A page.
    Html,
    /// Data.
    Xml,
    /// A mail of Outlook.
    Msg,
    /// An appointment.
    Calendar,
    /// A card of addresses.
    Contact,
    /// The signature of a mail.
    Signature,
    /// None of these.
    #[serde(other)]
    Unknown,
}

// Also the ending of a file without a name.
words_of!(FileKind {
    Docx = "docx",
    Doc = "doc",
    Xlsx = "xlsx",
    Xls = "xls",
    Pptx = "pptx",
    Ppt = "ppt",
    Odt = "odt",
    Ods = "ods",
    Rtf = "rtf",
    Pdf = "pdf",
    Jpg = "jpg",
    Png = "png",
    Gif = "gif",
    Tiff = "tiff",
    Bmp = "bmp",
    Heic = "heic",
    Webp = "webp",
    Video = "video",
    Zip = "zip",
    Rar = "rar",
    SevenZip = "7z",
    Tar = "tar",
    Gz = "gz",
    Bz2 = "bz2",
    Xz = "xz",
    Zst = "zst",
    Archive = "archive",
    Tnef = "tnef",
    Partial = "partial",
    Encrypted = "encrypted",
    Macro = "macro",
    Program = "program",
    Damaged = "damaged",
    Csv = "csv",
    Txt = "txt",
    Html = "html",
    Xml = "xml",
    Msg = "msg",
    Calendar = "calendar",
    Contact = "contact",
    Signature = "signature",
    Unknown = "unknown",
});

impl FileKind {
    /// The kind of a word of the store.
    pub fn of_word(word: &str) -> FileKind {
        use serde::de::IntoDeserializer;
        use serde::de::value::{Error, StrDeserializer};
        let word: StrDeserializer<'_, Error> = word.into_deserializer();
        FileKind::deserialize(word).unwrap_or(FileKind::Unknown)
    }

    /// Whether it is an archive that is opened.
    pub(crate) fn is_archive(self) -> bool {
        matches!(
            self,
            FileKind::Zip
                | FileKind::Rar
                | FileKind::SevenZip
                | FileKind::Tar
                | FileKind::Gz
                | FileKind::Bz2
                | FileKind::Xz
                | FileKind::Zst
        )
    }

    /// Whether tables are read out of it.
    pub(crate) fn has_tables(self) -> bool {
        matches!(
            self,
            FileKind::Xlsx | FileKind::Xls | FileKind::Ods | FileKind::Docx | FileKind::Odt
        )
    }

    /// Whether it is made to be run, or may bring what is.
    pub(crate) fn is_harmful(self) -> bool {
        matches!(self, FileKind::Program | FileKind::Macro)
    }

    /// Whether a report may lie within it that nobody could look at.
    pub(crate) fn may_hold_a_report(self) -> bool {
        self.is_archive()
            || matches!(
                self,
                FileKind::Tnef | FileKind::Partial | FileKind::Encrypted
            )
    }

    /// Whether its content stayed closed, but for a password: a person can look into it.
    pub(crate) fn stays_closed(self) -> bool {
        self.is_archive()
            || matches!(
                self,
                FileKind::Tnef | FileKind::Partial | FileKind::Damaged | FileKind::Archive
            )
    }
}

impl fmt::Display for FileKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_the_same_in_json_and_in_the_store() {
        for kind in FileKind::ALL {
            let json = serde_json::to_value(kind).unwrap();
            assert_eq!(json, kind.word());
            assert_eq!(FileKind::of_word(kind.word()), kind);
        }
        assert_eq!(FileKind::of_word("something else"), FileKind::Unknown);
    }
}
