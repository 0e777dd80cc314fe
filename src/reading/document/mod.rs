//! What stands at the head of a document: number, date, issuing body, title; and who signed a PDF.
//!
//! [`text`] gets the text out of each format, [`scan`] out of pictures, [`head`] reads the layout of NĐ 30/2020/NĐ-CP, [`signature`] the digital
//! signatures of a PDF, [`filled`] whether it is filled in, [`file_name`] what a file's name says where the document says nothing.

mod file_name;
mod filled;
pub mod head;
mod layout;
pub mod pdf;
mod picture;
mod scan;
mod signature;
mod table;
mod text;

use serde::{Deserialize, Serialize};

use super::legacy;
use super::program::Budget;
use super::{FileKind, Warning};

pub use signature::Signature;
pub use table::{Table, Value};

/// What the first page of a document says of it (NĐ 30/2020/NĐ-CP, appendix I).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// Number and symbol: `57/BC-LĐLĐ`. `None` where it is blank, as in many signed PDFs.
    pub number: Option<String>,
    /// Date, YYYY-MM-DD.
    pub dated: Option<String>,
    /// The body that issued it, as written: `LIÊN ĐOÀN LAO ĐỘNG THỊ XÃ ĐÔNG HÒA`.
    pub issuer: Option<String>,
    /// Its type in small letters: `báo cáo`, `kế hoạch`; `công văn` where it has "V/v" instead of a type.
    pub genre: Option<String>,
    /// What it is about (trích yếu).
    pub title: Option<String>,
    /// Numbers of other documents that it names as its basis: `40/KH-LĐLĐ`.
    pub cites: Vec<String>,
    /// To whom it is written, one a line: what stands behind "Kính gửi".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub addressee: Option<String>,
    /// Whether it calls itself a draft.
    #[serde(default)]
    pub draft: bool,
}

/// What was understood of a document.
#[derive(Debug, Default)]
pub struct Document {
    /// The head; empty where there is none.
    pub head: Head,
    /// Digital signatures of a PDF.
    pub signatures: Vec<Signature>,
    /// Whether it is filled in, where that can be told; a blank form is not.
    pub filled: Option<bool>,
    /// What is to be known of it: a program that is missing, a number that contradicts the name.
    pub note: Option<Warning>,
    /// Whether it needs a password, so that nobody can read it.
    pub locked: bool,
}

/// What a soft file says, for the consolidation.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Contents {
    /// The paragraphs of a text, line by line.
    pub text: String,
    /// The tables of a spreadsheet.
    pub tables: Vec<Table>,
    /// The tables within a text, whose words stand in [`Contents::text`], too.
    pub in_text: Vec<Table>,
    /// Why it could not be read, in words for staff.
    pub fault: Option<String>,
}

/// Reads what a soft file says.
///
/// # Errors
/// When the machine fails; what is wrong with the file is told in it.
pub fn contents(kind: FileKind, content: &[u8], budget: &mut Budget) -> std::io::Result<Contents> {
    let fault = || Some("không mở được: tệp hỏng hoặc đặt mật khẩu".to_owned());
    Ok(match kind {
        FileKind::Xlsx | FileKind::Xls | FileKind::Ods => match table::read(kind, content) {
            Some(tables) => Contents {
                tables,
                ..Contents::default()
            },
            None => Contents {
                fault: fault(),
                ..Contents::default()
            },
        },
        _ => {
            let extracted = text::whole(kind, content, budget)?;
            let text = legacy::converted(&extracted.text).unwrap_or(extracted.text);
            Contents {
                fault: fault().filter(|_| text.trim().is_empty()),
                text,
                tables: vec![],
                in_text: extracted.tables.iter().map(table::of_text).collect(),
            }
        }
    })
}

/// Whether a kind of file has a head that can be read.
pub fn is_readable(kind: FileKind) -> bool {
    matches!(
        kind,
        FileKind::Docx
            | FileKind::Doc
            | FileKind::Odt
            | FileKind::Rtf
            | FileKind::Xlsx
            | FileKind::Xls
            | FileKind::Ods
            | FileKind::Pdf
            | FileKind::Jpg
            | FileKind::Png
            | FileKind::Tiff
    )
}

/// Reads the head of a document. `ocr`: the time for looking at pictures of pages, where they are looked at.
///
/// # Errors
/// When the machine fails; what is wrong with the document is a note.
pub fn read(
    kind: FileKind,
    content: &[u8],
    name: &str,
    ocr: Option<&mut Budget>,
    budget: &mut Budget,
) -> std::io::Result<Document> {
    let mut document = Document::default();
    let extracted = text::extract(kind, content, budget)?;
    document.note = extracted.note;
    if extracted.locked {
        document.locked = true;
        return Ok(document);
    }
    let mut page = extracted.text;
    let mut of_a_picture = None;
    if let Some(ocr) = ocr.filter(|_| page.trim().is_empty()) {
        let recognised = scan::recognised(kind, content, ocr)?;
        page = recognised.text;
        of_a_picture = Some(recognised.head);
        document.note = recognised.note.or(document.note);
    }
    let page = legacy::converted(&page).unwrap_or(page);
    document.head = of_a_picture.unwrap_or_else(|| head::parse(&page));
    document.filled = filled::is_filled(&page, &extracted.grids);
    if kind == FileKind::Pdf {
        document.signatures = signature::read(content, budget)?;
    }
    let named = file_name::parse(name);
    let digits = |number: &Option<String>| {
        number
            .as_deref()
            .and_then(|n| n.split('/').next())
            .map(|n| n.trim_start_matches('0').to_owned())
    };
    if let (Some(said), Some(written)) = (digits(&named.number), digits(&document.head.number))
        && said != written
    {
        document.note = Some(Warning::OtherNumber {
            document: document.head.number.clone().unwrap_or_default(),
            name: named.number.clone().unwrap_or_default(),
        });
    }
    // The document itself goes before its name.
    document.head.number = document.head.number.take().or(named.number);
    document.head.dated = document.head.dated.take().or(named.dated);
    Ok(document)
}
