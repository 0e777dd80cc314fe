//! Word documents (ECMA-376, part 1, WordprocessingML) on A4 in the letters and margins of official documents: paragraphs,
//! tables whose heads stand on each page, footnotes, page numbers. Pure.

use std::io::{Cursor, Write};

use anyhow::Result;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// Twentieths of a point in a millimetre, the unit of lengths in such documents.
const MM: f64 = 1440.0 / 25.4;
/// Width and height of A4 in millimetres.
const A4: (f64, f64) = (210.0, 297.0);
/// Margins of NĐ 30/2020, annex I, in millimetres: above, below, left, right.
const MARGINS: [f64; 4] = [20.0, 20.0, 30.0, 15.0];
/// The width of a page between its margins, upright, in millimetres.
pub(super) const WIDTH: f64 = A4.0 - MARGINS[2] - MARGINS[3];
/// The same, across.
pub(super) const WIDTH_ACROSS: f64 = A4.1 - MARGINS[2] - MARGINS[3];
/// The size of letters in points where nothing else is said.
pub(super) const SIZE: f64 = 14.0;
/// That of footnotes.
const NOTE_SIZE: f64 = 11.0;

/// How the lines of a paragraph stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Align {
    #[default]
    Left,
    Centre,
    Right,
    Both,
}

/// A piece of text in letters of one look.
#[derive(Clone, Debug, Default)]
struct Run {
    text: String,
    bold: bool,
    italic: bool,
    /// What stands at the foot of the page about it.
    note: Option<String>,
}

/// A paragraph. Lengths are in points, but for indents, in millimetres.
#[derive(Clone, Debug, Default)]
pub(super) struct Paragraph {
    runs: Vec<Run>,
    align: Align,
    size: Option<f64>,
    before: f64,
    after: f64,
    first_line: f64,
    sides: f64,
    keeps_with_next: bool,
    is_rule: bool,
}

impl Paragraph {
    /// A text in plain letters.
    pub(super) fn new(text: impl Into<String>) -> Paragraph {
        Paragraph::default().and(text)
    }

    /// A rule, so many millimetres away from both sides of the column.
    pub(super) fn rule(sides: f64) -> Paragraph {
        Paragraph {
            sides,
            before: 3.0,
            is_rule: true,
            ..Paragraph::default()
        }
    }

    /// A further text in plain letters.
    pub(super) fn and(mut self, text: impl Into<String>) -> Paragraph {
        self.runs.push(Run {
            text: text.into(),
            ..Run::default()
        });
        self
    }

    /// What came last, in bold letters.
    pub(super) fn bold(mut self) -> Paragraph {
        self.runs
            .iter_mut()
            .last()
            .into_iter()
            .for_each(|r| r.bold = true);
        self
    }

    /// What came last, in italics.
    pub(super) fn italic(mut self) -> Paragraph {
        self.runs
            .iter_mut()
            .last()
            .into_iter()
            .for_each(|r| r.italic = true);
        self
    }

    /// A footnote on what came last.
    pub(super) fn note(mut self, note: impl Into<String>) -> Paragraph {
        let note = note.into();
        self.runs
            .iter_mut()
            .last()
            .into_iter()
            .for_each(|r| r.note = Some(note.clone()));
        self
    }

    /// All of it in letters of so many points.
    pub(super) fn size(mut self, points: f64) -> Paragraph {
        self.size = Some(points);
        self
    }

    /// In the middle.
    pub(super) fn centred(mut self) -> Paragraph {
        self.align = Align::Centre;
        self
    }

    /// On the right.
    pub(super) fn right(mut self) -> Paragraph {
        self.align = Align::Right;
        self
    }

    /// As a paragraph of the body: both edges straight, the first line indented, a distance below.
    pub(super) fn body(mut self) -> Paragraph {
        self.align = Align::Both;
        self.first_line = 12.7;
        self.after = 6.0;
        self
    }

    /// With so many points above and below.
    pub(super) fn spaced(mut self, before: f64, after: f64) -> Paragraph {
        (self.before, self.after) = (before, after);
        self
    }

    /// On one page with what follows.
    pub(super) fn kept(mut self) -> Paragraph {
        self.keeps_with_next = true;
        self
    }
}

/// A cell of a table.
#[derive(Clone, Debug, Default)]
pub(super) struct Cell {
    /// What stands in it; nothing is an empty paragraph.
    pub paragraphs: Vec<Paragraph>,
    /// Over so many columns.
    pub span: usize,
}

impl From<Paragraph> for Cell {
    fn from(paragraph: Paragraph) -> Cell {
        Cell {
            paragraphs: vec![paragraph],
            span: 1,
        }
    }
}

/// A table.
#[derive(Clone, Debug)]
pub(super) struct Table {
    /// The width of each column in millimetres.
    pub widths: Vec<f64>,
    /// So many of its first rows stand above it on each page.
    pub head: usize,
    /// Its rows; none is broken over two pages.
    pub rows: Vec<Vec<Cell>>,
    /// Whether it has lines.
    pub ruled: bool,
}

/// What stands below each other on pages.
#[derive(Clone, Debug)]
pub(super) enum Block {
    Paragraph(Paragraph),
    Table(Table),
}

impl From<Paragraph> for Block {
    fn from(paragraph: Paragraph) -> Block {
        Block::Paragraph(paragraph)
    }
}

impl From<Table> for Block {
    fn from(table: Table) -> Block {
        Block::Table(table)
    }
}

/// Pages of one shape, numbered from 1; the first has no number on it.
#[derive(Clone, Debug, Default)]
pub(super) struct Section {
    /// Whether the long side lies below.
    pub is_across: bool,
    /// What stands on them.
    pub blocks: Vec<Block>,
}

/// The document.
///
/// # Errors
/// When it cannot be packed.
pub(super) fn docx(sections: &[Section]) -> Result<Vec<u8>> {
    let mut body = Writer::default();
    for (n, section) in sections.iter().enumerate() {
        for block in &section.blocks {
            body.block(block);
        }
        let properties = section_properties(section.is_across);
        match n + 1 == sections.len() {
            true => body.xml += &properties,
            // A section ends with the paragraph that carries its properties.
            false => {
                body.xml += &format!(
                    "<w:p><w:pPr><w:spacing w:line=\"20\" w:lineRule=\"exact\"/>{properties}</w:pPr></w:p>"
                );
            }
        }
    }
    let document = part("document", &format!("<w:body>{}</w:body>", body.xml));
    let footnotes = part("footnotes", &format!("{SEPARATORS}{}", body.notes));
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in [
        ("[Content_Types].xml", CONTENT_TYPES),
        ("_rels/.rels", RELATIONS),
        ("word/document.xml", &document),
        ("word/_rels/document.xml.rels", DOCUMENT_RELATIONS),
        ("word/styles.xml", &part("styles", &styles())),
        ("word/settings.xml", &part("settings", SETTINGS)),
        ("word/header.xml", &part("hdr", PAGE_NUMBER)),
        ("word/footnotes.xml", &footnotes),
    ] {
        zip.start_file(name, SimpleFileOptions::default())?;
        zip.write_all(content.as_bytes())?;
    }
    Ok(zip.finish()?.into_inner())
}

/// What of a document is written so far.
#[derive(Default)]
struct Writer {
    xml: String,
    notes: String,
    /// How many footnotes there are.
    noted: usize,
}

impl Writer {
    fn block(&mut self, block: &Block) {
        match block {
            Block::Paragraph(paragraph) => self.paragraph(paragraph),
            Block::Table(table) => self.table(table),
        }
    }

    fn paragraph(&mut self, p: &Paragraph) {
        let (mut marks, mut borders) = (String::new(), "");
        if p.keeps_with_next {
            marks += "<w:keepNext/>";
        }
        let mut spacing = format!(
            "w:before=\"{}\" w:after=\"{}\"",
            points(p.before),
            points(p.after)
        );
        if p.is_rule {
            borders = "<w:pBdr><w:top w:val=\"single\" w:sz=\"6\" w:space=\"1\" w:color=\"000000\"/></w:pBdr>";
            spacing += " w:line=\"120\" w:lineRule=\"exact\"";
        }
        let sides = twips(p.sides);
        let first = twips(p.first_line);
        let align = match p.align {
            Align::Left => "left",
            Align::Centre => "center",
            Align::Right => "right",
            Align::Both => "both",
        };
        self.xml += &format!(
            "<w:p><w:pPr>{marks}{borders}<w:spacing {spacing}/>\
             <w:ind w:left=\"{sides}\" w:right=\"{sides}\" w:firstLine=\"{first}\"/><w:jc w:val=\"{align}\"/></w:pPr>"
        );
        for run in &p.runs {
            self.xml += &written(run, p.size);
            if let Some(note) = &run.note {
                self.noted += 1;
                let number = self.noted;
                self.xml += &format!(
                    "<w:r><w:rPr><w:vertAlign w:val=\"superscript\"/></w:rPr><w:footnoteReference w:id=\"{number}\"/></w:r>"
                );
                let text = Run {
                    text: format!(" {note}"),
                    ..Run::default()
                };
                self.notes += &format!(
                    "<w:footnote w:id=\"{number}\"><w:p><w:pPr><w:jc w:val=\"both\"/></w:pPr><w:r><w:rPr>{}<w:vertAlign \
                     w:val=\"superscript\"/></w:rPr><w:footnoteRef/></w:r>{}</w:p></w:footnote>",
                    sized(NOTE_SIZE),
                    written(&text, Some(NOTE_SIZE))
                );
            }
        }
        self.xml += "</w:p>";
    }

    fn table(&mut self, table: &Table) {
        let border = match table.ruled {
            true => "single",
            false => "none",
        };
        let borders = ["top", "left", "bottom", "right", "insideH", "insideV"].map(|side| {
            format!("<w:{side} w:val=\"{border}\" w:sz=\"4\" w:space=\"0\" w:color=\"000000\"/>")
        });
        let beside = match table.ruled {
            true => twips(1.2),
            false => 0,
        };
        let grid: String = table
            .widths
            .iter()
            .map(|width| format!("<w:gridCol w:w=\"{}\"/>", twips(*width)))
            .collect();
        let all: i64 = table.widths.iter().map(|width| twips(*width)).sum();
        self.xml += &format!(
            "<w:tbl><w:tblPr><w:tblW w:w=\"{all}\" w:type=\"dxa\"/><w:jc w:val=\"center\"/><w:tblBorders>{}</w:tblBorders>\
             <w:tblLayout w:type=\"fixed\"/><w:tblCellMar><w:left w:w=\"{beside}\" w:type=\"dxa\"/><w:right w:w=\"{beside}\" \
             w:type=\"dxa\"/></w:tblCellMar></w:tblPr><w:tblGrid>{grid}</w:tblGrid>",
            borders.concat()
        );
        for (n, row) in table.rows.iter().enumerate() {
            let head = match n < table.head {
                true => "<w:tblHeader/>",
                false => "",
            };
            self.xml += &format!("<w:tr><w:trPr><w:cantSplit/>{head}</w:trPr>");
            let mut column = 0;
            for cell in row {
                let to = (column + cell.span.max(1)).min(table.widths.len());
                let width: i64 = table.widths[column.min(to)..to]
                    .iter()
                    .map(|w| twips(*w))
                    .sum();
                let middle = match n < table.head {
                    true => "<w:vAlign w:val=\"center\"/>",
                    false => "",
                };
                self.xml += &format!(
                    "<w:tc><w:tcPr><w:tcW w:w=\"{width}\" w:type=\"dxa\"/><w:gridSpan w:val=\"{}\"/>{middle}</w:tcPr>",
                    cell.span.max(1)
                );
                for paragraph in &cell.paragraphs {
                    self.paragraph(paragraph);
                }
                if cell.paragraphs.is_empty() {
                    self.xml += "<w:p/>"; // a cell ends with a paragraph
                }
                self.xml += "</w:tc>";
                column = to;
            }
            self.xml += "</w:tr>";
        }
        self.xml += "</w:tbl>";
    }
}

/// A run in letters of so many points.
fn written(run: &Run, size: Option<f64>) -> String {
    let bold = if run.bold { "<w:b/>" } else { "" };
    let italic = if run.italic { "<w:i/>" } else { "" };
    let size = size.map_or_else(String::new, sized);
    let text = escaped(&run.text);
    format!(
        "<w:r><w:rPr>{bold}{italic}{size}</w:rPr><w:t xml:space=\"preserve\">{text}</w:t></w:r>"
    )
}

/// The size of letters, which is told in half points.
fn sized(points: f64) -> String {
    let half = (points * 2.0).round() as i64;
    format!("<w:sz w:val=\"{half}\"/><w:szCs w:val=\"{half}\"/>")
}

fn twips(millimetres: f64) -> i64 {
    (millimetres * MM).round() as i64
}

fn points(points: f64) -> i64 {
    (points * 20.0).round() as i64
}

/// A text for XML: without what XML 1.0 has no way of writing (section 2.2), whatever units may have written.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out += "&amp;",
            '<' => out += "&lt;",
            '>' => out += "&gt;",
            '\t' | '\n' | '\r' => out.push(' '),
            '\u{fffe}' | '\u{ffff}' => {}
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out
}

fn section_properties(is_across: bool) -> String {
    let [above, below, left, right] = MARGINS.map(twips);
    let (width, height, turned) = match is_across {
        true => (twips(A4.1), twips(A4.0), " w:orient=\"landscape\""),
        false => (twips(A4.0), twips(A4.1), ""),
    };
    format!(
        "<w:sectPr><w:headerReference w:type=\"default\" r:id=\"rId2\"/><w:type w:val=\"nextPage\"/>\
         <w:pgSz w:w=\"{width}\" w:h=\"{height}\"{turned}/><w:pgMar w:top=\"{above}\" w:right=\"{right}\" \
         w:bottom=\"{below}\" w:left=\"{left}\" w:header=\"{0}\" w:footer=\"{0}\" w:gutter=\"0\"/>\
         <w:pgNumType w:start=\"1\"/><w:titlePg/></w:sectPr>",
        twips(10.0)
    )
}

/// A part of the package with its root.
fn part(root: &str, content: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n<w:{root} \
         xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\" \
         xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\">{content}</w:{root}>"
    )
}

fn styles() -> String {
    format!(
        "<w:docDefaults><w:rPrDefault><w:rPr><w:rFonts w:ascii=\"Times New Roman\" w:hAnsi=\"Times New Roman\" \
         w:eastAsia=\"Times New Roman\" w:cs=\"Times New Roman\"/>{}<w:lang w:val=\"vi-VN\"/></w:rPr></w:rPrDefault>\
         <w:pPrDefault/></w:docDefaults>\
         <w:style w:type=\"paragraph\" w:default=\"1\" w:styleId=\"Normal\"><w:name w:val=\"Normal\"/></w:style>",
        sized(SIZE)
    )
}

/// The line above footnotes; the numbers of notes begin behind these two.
const SEPARATORS: &str = r#"<w:footnote w:type="separator" w:id="-1"><w:p><w:r><w:separator/></w:r></w:p></w:footnote><w:footnote w:type="continuationSeparator" w:id="0"><w:p><w:r><w:continuationSeparator/></w:r></w:p></w:footnote>"#;
const SETTINGS: &str = r#"<w:footnotePr><w:footnote w:id="-1"/><w:footnote w:id="0"/></w:footnotePr><w:compat><w:compatSetting w:name="compatibilityMode" w:uri="http://schemas.microsoft.com/office/word" w:val="15"/></w:compat>"#;
const PAGE_NUMBER: &str = r#"<w:p><w:pPr><w:jc w:val="center"/></w:pPr><w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText xml:space="preserve"> PAGE </w:instrText></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r></w:p>"#;
const CONTENT_TYPES: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/><Override PartName="/word/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.styles+xml"/><Override PartName="/word/settings.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.settings+xml"/><Override PartName="/word/header.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.header+xml"/><Override PartName="/word/footnotes.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.footnotes+xml"/></Types>"#;
const RELATIONS: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>"#;
const DOCUMENT_RELATIONS: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" Target="styles.xml"/><Relationship Id="rId2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/header" Target="header.xml"/><Relationship Id="rId3" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/footnotes" Target="footnotes.xml"/><Relationship Id="rId4" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/settings" Target="settings.xml"/></Relationships>"#;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_has_nothing_that_xml_cannot_write() {
        assert_eq!(
            escaped("a & b <c>\u{b}\u{0}\td\u{ffff}"),
            "a &amp; b &lt;c&gt; d"
        );
    }
}
