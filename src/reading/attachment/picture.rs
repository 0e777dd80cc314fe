//! Whether a photograph shows a page, or something else: an event, a crowd, a banner.
//!
//! Paper is light, without colour and even; writing is a little dark in much of it. Only what speaks clearly against a
//! page makes a photograph none: a page that nobody takes for one would be asked for again.

use zune_core::colorspace::ColorSpace;

use super::super::{Warning, jpeg};

/// How long the longer side is made, in points, so that writing still shows.
const SIDE: usize = 1_024;
/// The side of the squares that are looked at, in points.
const SQUARE: usize = 16;

/// How a picture looks, in shares of its squares.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Looks {
    /// Like paper: light, even, without colour.
    pub paper: f64,
    /// Like paper with writing.
    pub writing: f64,
    /// Of strong colours.
    pub colour: f64,
    /// Whether it is wider than high.
    pub wide: bool,
}

impl Looks {
    /// Whether it speaks clearly against a page.
    pub(super) fn is_no_page(self) -> bool {
        let bare = self.writing < 0.04 && (self.wide || self.writing < 0.12 * self.paper);
        let scene = bare && self.colour > if self.wide { 0.2 } else { 0.4 };
        self.paper < 0.12 || self.writing < 0.025 && self.colour > 0.1 || scene
    }

    /// What staff should know of one that shows no page.
    pub(super) fn warning(self) -> Warning {
        let percent = |share: f64| (share * 100.0).round() as u8;
        Warning::NoPage {
            paper: percent(self.paper),
            writing: percent(self.writing),
        }
    }
}

/// How a JPEG looks; `None` where it cannot be told within the bounds of memory.
pub(super) fn looks(jpeg: &[u8]) -> Option<Looks> {
    let made = jpeg::decoded(jpeg, ColorSpace::RGB)?;
    let (width, height) = (made.width, made.height);
    if width.min(height) < SQUARE {
        return None;
    }
    let step = (width.max(height) / SIDE).max(1);
    Some(of(&shrunk(&made.bytes, width, height, step)?, width / step))
}

/// A picture made smaller by a whole number; each point its lightest and darkest colour.
fn shrunk(rgb: &[u8], width: usize, height: usize, step: usize) -> Option<Vec<(u8, u8)>> {
    let mut points = Vec::with_capacity((width / step) * (height / step));
    let area = u32::try_from(step * step).ok()?;
    for y in 0..height / step {
        for x in 0..width / step {
            let mut sum = [0_u32; 3];
            for row in y * step..(y + 1) * step {
                let from = (row * width + x * step) * 3;
                for point in rgb.get(from..from + step * 3)?.chunks_exact(3) {
                    sum.iter_mut()
                        .zip(point)
                        .for_each(|(s, p)| *s += u32::from(*p));
                }
            }
            let colours = sum.map(|s| u8::try_from(s / area).unwrap_or(u8::MAX));
            points.push((*colours.iter().max()?, *colours.iter().min()?));
        }
    }
    Some(points)
}

/// How a picture of so many points a row looks, square by square.
fn of(points: &[(u8, u8)], width: usize) -> Looks {
    let height = points.len() / width.max(1);
    let (mut squares, mut paper, mut writing, mut colour) = (0, 0, 0, 0);
    for top in (0..height / SQUARE).map(|n| n * SQUARE) {
        for left in (0..width / SQUARE).map(|n| n * SQUARE) {
            let rows = (top..top + SQUARE).map(|y| &points[y * width + left..][..SQUARE]);
            let mut square: Vec<(u8, u8)> = rows.flatten().copied().collect();
            square.sort_unstable();
            let all = square.len() as f64;
            let share = |count: usize| count as f64 / all;
            // What the lighter part shows is what is written on.
            let ground = f64::from(square[square.len() * 85 / 100].0);
            let light = &square[square.len() * 70 / 100..];
            let strong =
                |(most, least): &(u8, u8)| f64::from(most - least) / f64::from(*most).max(1.0);
            let saturation = light.iter().map(strong).sum::<f64>() / light.len() as f64;
            let ink = share(
                square
                    .iter()
                    .filter(|p| f64::from(p.0) < 0.72 * ground)
                    .count(),
            );
            let even = share(
                square
                    .iter()
                    .filter(|p| (f64::from(p.0) - ground).abs() < 0.1 * ground)
                    .count(),
            );
            let blank = ground >= 90.0 && saturation < 0.33 && ink <= 0.45;
            squares += 1;
            paper += usize::from(blank && even >= 0.4);
            writing += usize::from(blank && even >= 0.35 && ink >= 0.03);
            colour += usize::from(saturation > 0.45);
        }
    }
    let share = |count: usize| count as f64 / f64::from(squares.max(1));
    Looks {
        paper: share(paper),
        writing: share(writing),
        colour: share(colour),
        wide: width * 10 > height * 11,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Drawn and photographed by a program: `page-…` shows a page, the others something else.
    const PICTURES: [(&str, &[u8]); 7] = [
        (
            "page-on-wood",
            include_bytes!("../../../tests/pictures/page-on-wood.jpg"),
        ),
        (
            "page-in-shadow",
            include_bytes!("../../../tests/pictures/page-in-shadow.jpg"),
        ),
        (
            "page-lying-on-wood",
            include_bytes!("../../../tests/pictures/page-lying-on-wood.jpg"),
        ),
        (
            "page-from-afar",
            include_bytes!("../../../tests/pictures/page-from-afar.jpg"),
        ),
        (
            "meeting",
            include_bytes!("../../../tests/pictures/meeting.jpg"),
        ),
        (
            "outdoors",
            include_bytes!("../../../tests/pictures/outdoors.jpg"),
        ),
        (
            "banner",
            include_bytes!("../../../tests/pictures/banner.jpg"),
        ),
    ];

    #[test]
    fn a_photographed_page_is_told_from_a_photograph_of_something_else() {
        for (name, jpeg) in PICTURES {
            let looks = looks(jpeg).unwrap();
            assert_eq!(
                looks.is_no_page(),
                !name.starts_with("page"),
                "{name}: {looks:?}"
            );
        }
    }

    #[test]
    fn what_is_damaged_or_too_large_is_not_told() {
        let (_, jpeg) = PICTURES[0];
        assert_eq!(looks(b"\xFF\xD8\xFF"), None);
        assert_eq!(looks(&jpeg[..200]), None);
        // Its head claims 60,000 points each way.
        let head = jpeg.windows(2).position(|w| w == [0xFF, 0xC0]).unwrap();
        let mut claims = jpeg.to_vec();
        claims[head + 5..head + 9].copy_from_slice(&[0xEA, 0x60, 0xEA, 0x60]);
        assert_eq!(looks(&claims), None);
    }
}
