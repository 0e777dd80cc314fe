//! Charts beside a table, drawn from its own cells.

use std::ops::Range;

use anyhow::Result;
use rust_xlsxwriter::{Chart as Drawing, ChartLegendPosition, Color, Worksheet};

/// Shares of a table as columns, by the text of its first column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chart {
    /// What it shows.
    pub title: String,
    /// The columns of the table, counted from 0, that it draws; each a [`super::Cell::Share`].
    pub shares: Range<u16>,
}

/// Width and height of a chart in pixels.
const SIZE: (u32, u32) = (760, 250);
/// Rows of the usual height that a chart covers, with one between two of them.
const ROWS: u32 = 13;
/// Colours that are told apart in print and by those who do not see red and green alike (Okabe and Ito).
const COLORS: [u32; 7] = [
    0x0072B2, 0xE69F00, 0x009E73, 0xCC79A7, 0x56B4E9, 0xD55E00, 0x000000,
];

/// Puts charts below the table that stands between two rows: its heading and its last one.
pub(super) fn put(page: &mut Worksheet, charts: &[Chart], head: u32, last: u32) -> Result<()> {
    let sheet = page.name();
    let mut row = last + 2;
    for chart in charts
        .iter()
        .filter(|c| !c.shares.is_empty() && last > head)
    {
        let mut drawing = Drawing::new_column();
        drawing.title().set_name(&chart.title);
        drawing.set_alt_text(&chart.title);
        drawing.legend().set_position(ChartLegendPosition::Bottom);
        let axis = drawing.y_axis();
        axis.set_min(0).set_max(1).set_num_format("0%");
        drawing.set_width(SIZE.0).set_height(SIZE.1);
        for (column, color) in chart.shares.clone().zip(COLORS.iter().cycle()) {
            let series = drawing.add_series();
            series
                .set_name((sheet.as_str(), head, column))
                .set_categories((sheet.as_str(), head + 1, 0, last, 0))
                .set_values((sheet.as_str(), head + 1, column, last, column))
                .set_format(rust_xlsxwriter::ChartSolidFill::new().set_color(Color::RGB(*color)));
        }
        page.insert_chart(row, 0, &drawing)?;
        row += ROWS;
    }
    Ok(())
}
