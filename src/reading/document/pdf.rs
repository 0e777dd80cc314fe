//! The text of the first pages of a PDF.
//!
//! The letters come from hayro, an interpreter of PDF in safe Rust, in a process of its own that is forked for it: what
//! makes it fail, loop or grow ends that process alone. pdftotext is asked where it gives nothing; starting that takes
//! ten times as long as reading.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use hayro_interpret::font::{Glyph, GlyphRun, PositionedGlyph};
use hayro_interpret::hayro_cmap::BfString;
use hayro_interpret::hayro_syntax::object::{self, Dict};
use hayro_interpret::hayro_syntax::{Pdf, page::Page};
use hayro_interpret::kurbo::{Affine, BezPath, Point, Rect};
use hayro_interpret::{
    BlendMode, ClipPath, Context, Device, DrawMode, DrawProps, Image, ImageDrawProps,
    InterpreterCache, InterpreterSettings, InterpreterWarning, SoftMask, TransformExt,
    WarningSinkFn, interpret_page,
};

use super::layout::{self, Letter, Turn};

/// How long reading may take; a usual file takes some thousandths of a second.
pub(super) const TIME: Duration = Duration::from_secs(2);
/// How many pages are read.
pub(super) const PAGES: usize = 2;
/// How many letters of a page are looked at.
const MOST_LETTERS: usize = 50_000;
/// Units of a font's own size (ISO 32000-1, 9.2.4).
const UNITS: f64 = 1_000.0;

/// The text of the first pages. Empty where they are pictures and nothing else; `None` where another reader may see more:
/// the file is damaged or locked, or does not tell which letters it shows.
pub fn text(pdf: &'static [u8]) -> Option<String> {
    let pdf = Pdf::new(Arc::new(pdf)).ok()?;
    let cache = InterpreterCache::new();
    let odd_font = Arc::new(AtomicBool::new(false));
    let settings = InterpreterSettings {
        warning_sink: warnings(&odd_font),
        ..InterpreterSettings::default()
    };
    let mut out = String::new();
    let mut only_pictures = true;
    for page in pdf.pages().iter().take(PAGES) {
        let drawn = drawn(page, &pdf, &cache, &settings);
        if drawn.letters.len() < 3 * drawn.unknown || odd_font.load(Ordering::Relaxed) {
            return None;
        }
        only_pictures &= drawn.pictures > 0;
        out += &layout::lines(drawn.letters);
        out.push('\n');
    }
    (only_pictures || !out.trim().is_empty()).then_some(out)
}

/// Notes where a font cannot be read, whose letters are left out then.
fn warnings(odd_font: &Arc<AtomicBool>) -> WarningSinkFn {
    let odd_font = Arc::clone(odd_font);
    Arc::new(move |warning| {
        if let InterpreterWarning::UnsupportedFont = warning {
            odd_font.store(true, Ordering::Relaxed);
        }
    })
}

/// What a page shows, with the notes upon it.
fn drawn<'a>(
    page: &Page<'a>,
    pdf: &'a Pdf,
    cache: &InterpreterCache<'a>,
    settings: &InterpreterSettings,
) -> Drawn {
    let (width, height) = page.render_dimensions();
    let mut context = Context::new(
        page.initial_transform(true).to_kurbo(),
        Rect::new(0.0, 0.0, width.into(), height.into()),
        cache,
        pdf.xref(),
        settings.clone(),
    );
    let mut drawn = Drawn::default();
    interpret_page(page, &mut context, &mut drawn);
    drawn
}

/// What is drawn on a page, as far as it may be text.
#[derive(Default)]
struct Drawn {
    letters: Vec<Letter>,
    /// How many letters are shown of which nobody knows which they are.
    unknown: usize,
    pictures: usize,
    /// What the parts that are being drawn say they are (ISO 32000-1, 14.9.4). It stands where their first letter stands.
    instead: Vec<Option<String>>,
}

impl Drawn {
    fn put(&mut self, glyph: &PositionedGlyph<'_>, page: Affine) {
        let place = page * glyph.transform();
        let foot = place * Point::ZERO;
        let [a, b, c, d, ..] = place.as_coeffs();
        let Some(turn) = turn(a, b) else {
            return;
        };
        let advance = match &**glyph {
            Glyph::Outline(outline) => outline.advance_width(),
            Glyph::Type3(drawing) => drawing.advance_width(),
        };
        let instead = self.instead.iter_mut().rev().flatten().next();
        let text = match (instead, glyph.as_unicode()) {
            (Some(instead), _) => std::mem::take(instead),
            (None, Some(BfString::Char(letter))) => letter.to_string(),
            (None, Some(BfString::String(letters))) => letters,
            (None, None) => {
                self.unknown += 1;
                String::new()
            }
        };
        let width = f64::from(advance.unwrap_or(500.0)) * a.hypot(b);
        self.letters.push(Letter {
            text,
            x: foot.x as f32,
            y: foot.y as f32,
            width: width as f32,
            size: (UNITS * c.hypot(d)) as f32,
            turn,
        });
    }
}

impl Device<'_> for Drawn {
    fn draw_glyph_run(&mut self, run: &GlyphRun<'_, '_>, props: DrawProps<'_>, _: &DrawMode) {
        let room = MOST_LETTERS.saturating_sub(self.letters.len());
        for glyph in run.glyphs().iter().take(room) {
            self.put(glyph, props.transform);
        }
    }

    fn draw_image(&mut self, _: Image<'_, '_>, _: ImageDrawProps<'_>) {
        self.pictures += 1;
    }

    fn begin_marked_content(&mut self, _: &[u8], properties: Option<&Dict<'_>>) {
        let text = properties.and_then(|p| p.get::<object::String<'_>>("ActualText"));
        self.instead.push(text.map(|t| text_string(t.as_bytes())));
    }

    fn end_marked_content(&mut self) {
        self.instead.pop();
    }

    fn draw_path(&mut self, _: &BezPath, _: DrawProps<'_>, _: &DrawMode) {}
    fn push_clip_path(&mut self, _: &ClipPath) {}
    fn push_transparency_group(&mut self, _: f32, _: Option<SoftMask<'_>>, _: BlendMode) {}
    fn pop_clip(&mut self) {}
    fn pop_transparency_group(&mut self) {}
}

/// The direction of a line of writing; `None` where it lies askew, as the word across a draft.
fn turn(a: f64, b: f64) -> Option<Turn> {
    let level = b.abs() < 0.3 * a.abs();
    let steep = a.abs() < 0.3 * b.abs();
    match (level, steep) {
        (true, _) if a > 0.0 => Some(Turn::Upright),
        (true, _) => Some(Turn::Over),
        (_, true) if b > 0.0 => Some(Turn::Down),
        (_, true) => Some(Turn::Up),
        _ => None,
    }
}

/// A text as PDF writes it outside of pages (ISO 32000-1, 7.9.2.2): UTF-16 with a mark, else Western European.
fn text_string(bytes: &[u8]) -> String {
    let Some(units) = bytes.strip_prefix(&[0xFE, 0xFF]) else {
        return bytes.iter().copied().map(char::from).collect();
    };
    let units = units.chunks_exact(2);
    let units: Vec<u16> = units.map(|u| u16::from_be_bytes([u[0], u[1]])).collect();
    String::from_utf16_lossy(&units)
}

#[cfg(test)]
mod tests {
    use super::super::super::FileKind;
    use super::super::super::program::Budget;
    use super::super::{Document, read};
    use super::*;

    const TWO_COLUMNS: &[u8] = include_bytes!("../../../tests/pdfs/two-columns.pdf");

    /// Files of one head: the number, date and so on are the same.
    const ONE_HEAD: [(&str, &[u8]); 4] = [
        ("two columns, of LibreOffice", TWO_COLUMNS),
        (
            "letters as base and accent",
            include_bytes!("../../../tests/pdfs/decomposed.pdf"),
        ),
        (
            "the number on two lines, and letters of two fonts",
            include_bytes!("../../../tests/pdfs/broken-number.pdf"),
        ),
        (
            "the number in a stamp",
            include_bytes!("../../../tests/pdfs/stamped.pdf"),
        ),
    ];

    fn document(pdf: &[u8]) -> Document {
        let mut budget = Budget::new(Duration::from_secs(60));
        read(FileKind::Pdf, pdf, "x.pdf", None, &mut budget).unwrap()
    }

    fn is_the_head(document: &Document, of: &str) {
        let head = &document.head;
        assert_eq!(head.number.as_deref(), Some("57/BC-LĐLĐ"), "{of}");
        assert_eq!(head.dated.as_deref(), Some("2026-06-14"), "{of}");
        let issuer = "LIÊN ĐOÀN LAO ĐỘNG THỊ XÃ ĐÔNG HÒA";
        assert_eq!(head.issuer.as_deref(), Some(issuer), "{of}");
        assert_eq!(head.genre.as_deref(), Some("báo cáo"), "{of}");
        let title = "Kết quả công tác trẻ em 6 tháng đầu năm 2026";
        assert_eq!(head.title.as_deref(), Some(title), "{of}");
        assert_eq!(head.cites, ["40/KH-LĐLĐ"], "{of}");
        assert_eq!(document.note, None, "{of}");
    }

    #[test]
    fn heads_are_read_however_their_letters_are_drawn() {
        for (of, pdf) in ONE_HEAD {
            assert!(text(pdf).is_some(), "{of}: by our own reader");
            is_the_head(&document(pdf), of);
        }
    }

    /// A PDF in which each of some bytes stands for as many others.
    fn changed(pdf: &[u8], from: &str, to: &str) -> &'static [u8] {
        assert_eq!(from.len(), to.len());
        let mut pdf = pdf.to_vec();
        let places: Vec<usize> = pdf
            .windows(from.len())
            .enumerate()
            .filter_map(|(at, w)| (w == from.as_bytes()).then_some(at))
            .collect();
        assert!(!places.is_empty());
        for at in places {
            pdf[at..at + to.len()].copy_from_slice(to.as_bytes());
        }
        pdf.leak()
    }

    #[test]
    fn where_our_own_reader_fails_pdftotext_is_asked() {
        let endless = changed(TWO_COLUMNS, "endstream", "endstreem");
        assert_eq!(text(endless), None);
        is_the_head(&document(endless), "streams without an end");
    }
}
