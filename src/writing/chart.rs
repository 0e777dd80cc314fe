//! The chart of the digest: reporting rate and timeliness of each report over its periods, as a PNG.

use std::sync::Once;

use anyhow::{Result, anyhow};
use plotters::prelude::*;
use plotters::style::{FontStyle, register_font};

/// One report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Its short name.
    pub label: String,
    /// Its periods, the oldest first.
    pub points: Vec<Point>,
}

/// One period of a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Point {
    /// Its name, short.
    pub label: String,
    /// Complete ÷ expected, in percent.
    pub rate: u32,
    /// Complete on time ÷ expected, in percent.
    pub timeliness: u32,
}

/// Pixels, for screens of twice the usual density.
const WIDTH: u32 = 1_200;
const ROW: u32 = 190;
const HEAD: u32 = 60;
/// The columns of bars begin here: names stand to the left.
const LEFT: i32 = 330;
/// So many periods are shown at most.
pub const MOST_POINTS: usize = 8;

const INK: RGBColor = RGBColor(32, 33, 36);
const FAINT: RGBColor = RGBColor(95, 99, 104);
const LINE: RGBColor = RGBColor(218, 220, 224);
const LATE: RGBColor = RGBColor(242, 153, 0);
const GOOD: RGBColor = RGBColor(19, 115, 51);

/// Draws the chart on a white ground: it looks the same on light and dark pages.
///
/// # Errors
/// When there is nothing to draw.
pub fn png(rows: &[Row]) -> Result<Vec<u8>> {
    static FONT: Once = Once::new();
    FONT.call_once(|| {
        let _ = register_font("sans-serif", FontStyle::Normal, dejavu::sans::regular());
        let _ = register_font("sans-serif", FontStyle::Bold, dejavu::sans::bold());
    });
    let height = HEAD + ROW * rows.len() as u32;
    let mut pixels = vec![0_u8; (WIDTH * height * 3) as usize];
    {
        let area = BitMapBackend::with_buffer(&mut pixels, (WIDTH, height)).into_drawing_area();
        draw(&area, rows).map_err(|e| anyhow!("the chart cannot be drawn: {e}"))?;
    }
    encode(&pixels, height)
}

type Area<'a> = DrawingArea<BitMapBackend<'a>, plotters::coord::Shift>;
type Drawn = Result<(), Box<dyn std::error::Error>>;

fn draw(area: &Area<'_>, rows: &[Row]) -> Drawn {
    area.fill(&WHITE)?;
    let mut x = LEFT;
    for (color, name) in [(GOOD, "đủ, đúng hạn"), (LATE, "đủ, sau hạn")] {
        area.draw(&Rectangle::new([(x, 20), (x + 22, 42)], color.filled()))?;
        area.draw(&Text::new(name.to_owned(), (x + 32, 20), text(22, &FAINT)))?;
        x += 240;
    }
    for (i, row) in rows.iter().enumerate() {
        let top = (HEAD + ROW * i as u32) as i32;
        let base = top + ROW as i32 - 44;
        let full = ROW as i32 - 44 - 44;
        for (n, line) in wrapped(&row.label, 24).iter().take(4).enumerate() {
            let place = (20, top + 40 + 28 * n as i32);
            area.draw(&Text::new(line.clone(), place, text(22, &INK)))?;
        }
        area.draw(&PathElement::new(
            vec![(LEFT, base), (WIDTH as i32 - 20, base)],
            LINE.stroke_width(2),
        ))?;
        let step = (WIDTH as i32 - 20 - LEFT) / MOST_POINTS as i32;
        for (n, point) in row.points.iter().enumerate() {
            let left = LEFT + step * n as i32 + 12;
            let right = left + step - 34;
            let high = |percent: u32| base - full * percent.min(100) as i32 / 100;
            let (complete, timely) = (high(point.rate), high(point.timeliness));
            area.draw(&Rectangle::new(
                [(left, complete), (right, base)],
                LATE.filled(),
            ))?;
            area.draw(&Rectangle::new(
                [(left, timely), (right, base)],
                GOOD.filled(),
            ))?;
            let percent = format!("{}%", point.rate);
            area.draw(&Text::new(percent, (left, complete - 28), text(22, &INK)))?;
            area.draw(&Text::new(
                point.label.clone(),
                (left, base + 8),
                text(19, &FAINT),
            ))?;
        }
    }
    area.present()?;
    Ok(())
}

fn text(size: u32, color: &RGBColor) -> TextStyle<'_> {
    TextStyle::from(("sans-serif", size)).color(color)
}

/// Lines of at most so many letters, broken between words.
fn wrapped(text: &str, letters: usize) -> Vec<String> {
    let mut lines: Vec<String> = vec![String::new()];
    for word in text.split_whitespace() {
        let last = lines.last_mut().expect("there is always a line");
        if !last.is_empty() && last.chars().count() + word.chars().count() >= letters {
            lines.push(word.to_owned());
        } else {
            if !last.is_empty() {
                last.push(' ');
            }
            last.push_str(word);
        }
    }
    lines
}

fn encode(pixels: &[u8], height: u32) -> Result<Vec<u8>> {
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, WIDTH, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_compression(png::Compression::Best);
    encoder.write_header()?.write_image_data(pixels)?;
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_as_high_as_their_rates() {
        let point = |rate, timeliness| Point {
            label: "quý I".into(),
            rate,
            timeliness,
        };
        let rows = [Row {
            label: "Quan hệ lao động".into(),
            points: vec![point(100, 50), point(0, 0)],
        }];
        let bytes = png(&rows).unwrap();
        let mut reader = png::Decoder::new(std::io::Cursor::new(&bytes))
            .read_info()
            .unwrap();
        let mut pixels = vec![0; reader.output_buffer_size()];
        reader.next_frame(&mut pixels).unwrap();
        let column = |x: usize| -> (usize, usize) {
            let at = |y: usize| {
                let i = (y * WIDTH as usize + x) * 3;
                (pixels[i], pixels[i + 1], pixels[i + 2])
            };
            let height = (HEAD + ROW) as usize;
            let count = |c: RGBColor| {
                (HEAD as usize..height)
                    .filter(|y| at(*y) == (c.0, c.1, c.2))
                    .count()
            };
            (count(GOOD), count(LATE))
        };
        let first = LEFT as usize + 40;
        let (good, late) = column(first);
        assert!(good.abs_diff(late) <= 2 && good > 40, "{good} {late}");
        let step = (WIDTH as usize - 20 - LEFT as usize) / MOST_POINTS;
        let (good, late) = column(first + step);
        assert!(good + late <= 2, "{good} {late}");
        // A white ground, ink on it, and nothing outside
        assert_eq!(&pixels[..3], &[255, 255, 255]);
        assert!(bytes.len() < 60_000, "{}", bytes.len());
    }

    #[test]
    fn long_names_are_broken_between_words() {
        let name = "Tháng hành động vì trẻ em và nhiều điều khác";
        assert_eq!(wrapped(name, 24)[0], "Tháng hành động vì trẻ");
        assert_eq!(wrapped(name, 24).join(" "), name);
    }
}
