//! The letter that asks late units for their reports (công văn đôn đốc), as a Word document to be signed, with its annex.

use anyhow::Result;

use super::paper::{self, Kind};
use super::word::{self, Cell, Paragraph, Section, Table, WIDTH_ACROSS};
use crate::config::official::Official;

/// What the letter says.
pub(crate) struct Urging {
    /// What it is about, behind "V/v".
    pub about: String,
    /// Whom it is for.
    pub to: String,
    /// Its paragraphs.
    pub text: Vec<String>,
    /// Who gets it, beside.
    pub copies: Vec<String>,
    /// What the annex is on.
    pub annex: String,
    /// Lines below that.
    pub under_annex: Vec<String>,
    /// The heads of its columns.
    pub columns: [&'static str; 7],
    /// Its parts.
    pub parts: Vec<Part>,
}

/// A part of the annex.
pub(crate) struct Part {
    /// Its heading; empty where there is one part alone.
    pub heading: String,
    /// Its rows by what they are on; that is said where it is not empty.
    pub groups: Vec<(String, Vec<[String; 7]>)>,
}

/// Millimetres: the columns of the annex, across the page.
const WIDTHS: [f64; 7] = [13.0, 70.0, 25.0, 36.0, 25.0, 33.0, 50.0];
/// Points.
const TABLE_SIZE: f64 = 13.0;

/// The document.
///
/// # Errors
/// When it cannot be packed.
pub(crate) fn docx(official: &Official, letter: &Urging) -> Result<Vec<u8>> {
    let mut blocks = paper::head(official, &Kind::Letter(&letter.about));
    blocks.push(paper::addressed_to(&letter.to));
    blocks.extend(letter.text.iter().map(|text| paper::text(text).into()));
    blocks.extend(paper::foot(official, &letter.copies));
    let mut annex = paper::annex(&letter.annex, &letter.under_annex);
    for part in &letter.parts {
        if !part.heading.is_empty() {
            let heading = Paragraph::new(&part.heading).bold().kept();
            annex.push(heading.spaced(6.0, 6.0).into());
        }
        annex.push(table(letter.columns, part).into());
    }
    word::docx(&[
        Section {
            is_across: false,
            blocks,
        },
        Section {
            is_across: true,
            blocks: annex,
        },
    ])
}

fn table(columns: [&str; 7], part: &Part) -> Table {
    debug_assert!(WIDTHS.iter().sum::<f64>() <= WIDTH_ACROSS);
    let head =
        columns.map(|name| Cell::from(Paragraph::new(name).bold().centred().size(TABLE_SIZE)));
    let mut rows = vec![head.to_vec()];
    for (of, members) in &part.groups {
        if !of.is_empty() {
            rows.push(vec![Cell {
                paragraphs: vec![Paragraph::new(of).bold().size(TABLE_SIZE).kept()],
                span: WIDTHS.len(),
            }]);
        }
        for member in members {
            let cells = member.iter().enumerate().map(|(n, text)| {
                let shown = Paragraph::new(text).size(TABLE_SIZE);
                // A number, a day.
                Cell::from(if matches!(n, 0 | 2 | 4) {
                    shown.centred()
                } else {
                    shown
                })
            });
            rows.push(cells.collect());
        }
    }
    Table {
        widths: WIDTHS.to_vec(),
        head: 1,
        rows,
        ruled: true,
    }
}
