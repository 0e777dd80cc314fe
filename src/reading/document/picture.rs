//! A picture of a page made fit to be read: of one size, evenly lit, upright.
//!
//! A page that was photographed is darker on one side and under the telephone's shadow, and lies askew; of such a picture
//! tesseract reads next to nothing. Its ground is what it is divided by: the lightest of each small square, smoothed.

use zune_core::colorspace::ColorSpace;

use super::super::jpeg;

/// How long the longer side is made, in points: A4 at some 200 a inch, whose small letters are 15 high.
pub(super) const SIDE: usize = 3_000;
/// The side of the squares whose lightest part is taken for the ground, in points.
const SQUARE: usize = 16;
/// How far askew a page may lie, in tenths of a degree.
const ASKEW: i32 = 80;
/// What is darker than this part of its ground is ink, of 255.
const INK: u8 = 170;

/// A picture in shades of grey, row by row, 255 for white.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Picture {
    width: usize,
    height: usize,
    points: Vec<u8>,
}

impl Picture {
    fn new(width: usize, height: usize, points: Vec<u8>) -> Option<Picture> {
        let fits = width.min(height) >= SQUARE && points.len() == width.checked_mul(height)?;
        fits.then_some(Picture {
            width,
            height,
            points,
        })
    }

    /// A photograph, turned as its telephone was held. `None` where it is damaged or too large.
    pub(super) fn of_jpeg(jpeg: &[u8]) -> Option<Picture> {
        let made = jpeg::decoded(jpeg, ColorSpace::Luma)?;
        let picture = Picture::new(made.width, made.height, made.bytes)?;
        Some(picture.turned(made.orientation))
    }

    /// A picture as pdftoppm writes it: `P5`, width, height, 255, points.
    pub(super) fn of_pgm(pgm: &[u8]) -> Option<Picture> {
        let mut rest = pgm.strip_prefix(b"P5")?;
        let mut number = || {
            let begins = rest.iter().position(u8::is_ascii_digit)?;
            let digits = &rest[begins..];
            let ends = digits.iter().position(|b| !b.is_ascii_digit())?;
            let number = std::str::from_utf8(&digits[..ends]).ok()?.parse().ok()?;
            rest = &digits[ends..];
            Some(number)
        };
        let (width, height, most): (usize, usize, usize) = (number()?, number()?, number()?);
        let points = rest.get(1..).filter(|_| most == 255)?.to_vec();
        Picture::new(width, height, points)
    }

    /// The rows of a part of it, from the top in hundredths, as tesseract takes them.
    pub(super) fn pgm(&self, from: usize, to: usize) -> Vec<u8> {
        let (top, end) = (self.height * from / 100, self.height * to / 100);
        let mut pgm = format!("P5\n{} {}\n255\n", self.width, end - top).into_bytes();
        pgm.extend_from_slice(&self.points[top * self.width..end * self.width]);
        pgm
    }

    /// The same page as one would scan it.
    pub(super) fn readable(self) -> Picture {
        self.scaled().flattened().straightened()
    }

    /// Turned as Exif has it (orientation, tag 274).
    fn turned(self, orientation: u16) -> Picture {
        let (w, h) = (self.width, self.height);
        let at = |x: usize, y: usize| self.points[y * w + x];
        let build = |width: usize, height: usize, from: &dyn Fn(usize, usize) -> u8| {
            let rows = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
            Picture {
                width,
                height,
                points: rows.map(|(x, y)| from(x, y)).collect(),
            }
        };
        match orientation {
            3 => build(w, h, &|x, y| at(w - 1 - x, h - 1 - y)),
            6 => build(h, w, &|x, y| at(y, h - 1 - x)),
            8 => build(h, w, &|x, y| at(w - 1 - y, x)),
            _ => self,
        }
    }

    /// Its longer side made [`SIDE`].
    fn scaled(self) -> Picture {
        let longer = self.width.max(self.height);
        if longer == SIDE {
            return self;
        }
        let (width, height) = (self.width * SIDE / longer, self.height * SIDE / longer);
        let (width, height) = (width.max(SQUARE), height.max(SQUARE));
        let columns = weights(self.width, width);
        let mut narrow = Vec::with_capacity(width * self.height);
        for row in self.points.chunks_exact(self.width) {
            narrow.extend(columns.iter().map(|(from, weights)| {
                let sum = weights.iter().zip(&row[*from..]);
                sum.map(|(w, p)| w * f32::from(*p)).sum::<f32>() as u8
            }));
        }
        let mut points = Vec::with_capacity(width * height);
        for (from, weights) in weights(self.height, height) {
            let mut row = vec![0.5_f32; width];
            for (i, weight) in weights.iter().enumerate() {
                let source = &narrow[(from + i) * width..][..width];
                row.iter_mut()
                    .zip(source)
                    .for_each(|(sum, p)| *sum += weight * f32::from(*p));
            }
            points.extend(row.iter().map(|sum| *sum as u8));
        }
        Picture {
            width,
            height,
            points,
        }
    }

    /// Each point as a part of the ground around it: shadows go, ink stays.
    fn flattened(mut self) -> Picture {
        let (columns, rows) = (self.width.div_ceil(SQUARE), self.height.div_ceil(SQUARE));
        let mut ground = Vec::with_capacity(columns * rows);
        for top in (0..rows).map(|r| r * SQUARE) {
            for left in (0..columns).map(|c| c * SQUARE) {
                ground.push(self.ground(left, top));
            }
        }
        // Where a square is all ink, its neighbours have the ground.
        let mut ground = spread(&ground, columns, rows, |near| {
            near.iter().copied().fold(0.0, f32::max)
        });
        for _ in 0..3 {
            ground = spread(&ground, columns, rows, |near| {
                near.iter().sum::<f32>() / near.len() as f32
            });
        }
        for y in 0..self.height {
            for x in 0..self.width {
                let here = between(&ground, columns, rows, x, y).max(1.0);
                let point = &mut self.points[y * self.width + x];
                *point = (f32::from(*point) * 255.0 / here).min(255.0) as u8;
            }
        }
        self
    }

    /// How light the lighter part of a square is.
    fn ground(&self, left: usize, top: usize) -> f32 {
        let end = (left + SQUARE).min(self.width);
        let mut counts = [0_u16; 256];
        let mut all = 0_u16;
        for y in top..(top + SQUARE).min(self.height) {
            for point in &self.points[y * self.width + left..y * self.width + end] {
                counts[usize::from(*point)] += 1;
                all += 1;
            }
        }
        let mut lighter = all / 5;
        let level = counts.iter().rposition(|count| {
            let found = *count > lighter;
            lighter = lighter.saturating_sub(*count);
            found
        });
        level.unwrap_or(0) as f32
    }

    /// Turned until its lines of writing lie level.
    fn straightened(self) -> Picture {
        let ink: Vec<(f32, f32)> = (0..self.height)
            .step_by(3)
            .flat_map(|y| (0..self.width).step_by(3).map(move |x| (x, y)))
            .filter(|(x, y)| self.points[y * self.width + x] < INK)
            .map(|(x, y)| (x as f32, y as f32))
            .collect();
        let best = |angles: &mut dyn Iterator<Item = i32>| {
            let scored = angles.map(|a| (self.levelness(&ink, slope(a)), a));
            scored.max_by(|a, b| a.0.total_cmp(&b.0)).map_or(0, |b| b.1)
        };
        let near = best(&mut (-ASKEW..=ASKEW).step_by(5));
        let angle = best(&mut (near - 4..=near + 4));
        if angle == 0 {
            return self;
        }
        let (sin, cos) = (f32::from(angle as i16) / 10.0).to_radians().sin_cos();
        let (mx, my) = (self.width as f32 / 2.0, self.height as f32 / 2.0);
        let mut points = Vec::with_capacity(self.points.len());
        for y in 0..self.height {
            for x in 0..self.width {
                let (dx, dy) = (x as f32 - mx, y as f32 - my);
                points.push(self.at(mx + dx * cos - dy * sin, my + dx * sin + dy * cos));
            }
        }
        Picture { points, ..self }
    }

    /// How sharply lines of ink and gaps between them part, when looked at along a slope.
    fn levelness(&self, ink: &[(f32, f32)], slope: f32) -> f32 {
        let margin = self.width as f32 * slope.abs();
        let mut rows = vec![0.0_f32; (self.height as f32 + 2.0 * margin) as usize / 3 + 2];
        for (x, y) in ink {
            rows[((y - x * slope + margin).max(0.0) / 3.0) as usize] += 1.0;
        }
        rows.windows(2).map(|w| (w[0] - w[1]).powi(2)).sum()
    }

    /// What it shows between its points; white beyond it.
    fn at(&self, x: f32, y: f32) -> u8 {
        if x < 0.0 || y < 0.0 {
            return u8::MAX;
        }
        let (left, top) = (x as usize, y as usize);
        if left + 1 >= self.width || top + 1 >= self.height {
            return u8::MAX;
        }
        let point = |x: usize, y: usize| f32::from(self.points[y * self.width + x]);
        let (fx, fy) = (x - left as f32, y - top as f32);
        let upper = point(left, top) * (1.0 - fx) + point(left + 1, top) * fx;
        let lower = point(left, top + 1) * (1.0 - fx) + point(left + 1, top + 1) * fx;
        (upper * (1.0 - fy) + lower * fy) as u8
    }
}

/// The slope of an angle in tenths of a degree.
fn slope(angle: i32) -> f32 {
    (angle as f32 / 10.0).to_radians().tan()
}

/// What each of so many new points takes of the old ones: the first of them, and the weight of each from there.
fn weights(old: usize, new: usize) -> Vec<(usize, Vec<f32>)> {
    let each = old as f32 / new as f32;
    let reach = each.max(1.0);
    let of = |n: usize| {
        let middle = (n as f32 + 0.5) * each - 0.5;
        let from = (middle - reach).ceil().max(0.0) as usize;
        let to = ((middle + reach).floor() as usize).min(old - 1);
        let raw = (from..=to).map(|i| (1.0 - (i as f32 - middle).abs() / reach).max(0.001));
        let raw: Vec<f32> = raw.collect();
        let sum: f32 = raw.iter().sum();
        (from, raw.iter().map(|w| w / sum).collect())
    };
    (0..new).map(of).collect()
}

/// Each square by itself and those that touch it.
fn spread(squares: &[f32], columns: usize, rows: usize, of: impl Fn(&[f32]) -> f32) -> Vec<f32> {
    let mut made = Vec::with_capacity(squares.len());
    let mut near = Vec::with_capacity(9);
    for row in 0..rows {
        for column in 0..columns {
            near.clear();
            for r in row.saturating_sub(1)..(row + 2).min(rows) {
                let from = r * columns + column.saturating_sub(1);
                near.extend(&squares[from..r * columns + (column + 2).min(columns)]);
            }
            made.push(of(&near));
        }
    }
    made
}

/// The ground at a point, between the middles of the squares around it.
fn between(squares: &[f32], columns: usize, rows: usize, x: usize, y: usize) -> f32 {
    let place = |p: usize, most: usize| {
        let at = ((p as f32 + 0.5) / SQUARE as f32 - 0.5).clamp(0.0, (most - 1) as f32);
        let first = (at as usize).min(most.saturating_sub(2));
        (first, (first + 1).min(most - 1), at - first as f32)
    };
    let (left, right, fx) = place(x, columns);
    let (top, low, fy) = place(y, rows);
    let row =
        |r: usize| squares[r * columns + left] * (1.0 - fx) + squares[r * columns + right] * fx;
    row(top) * (1.0 - fy) + row(low) * fy
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lines of writing on a page, drawn by a rule of where ink and how much light is.
    fn page(ink: impl Fn(usize, usize) -> bool, light: impl Fn(usize, usize) -> f32) -> Picture {
        let (width, height) = (1_200, 800);
        let rows = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
        let shade = |(x, y)| light(x, y) * if ink(x, y) { 0.3 } else { 1.0 };
        Picture::new(width, height, rows.map(|p| shade(p) as u8).collect()).unwrap()
    }

    /// Lines of short words, 40 points apart, along a slope.
    fn lines(slope: f32) -> impl Fn(usize, usize) -> bool {
        move |x, y| {
            let row = (y as f32 - x as f32 * slope).rem_euclid(40.0);
            let inside = (100..1_100).contains(&x) && (100..700).contains(&y);
            inside && row < 12.0 && x % 50 < 40 && x % 5 < 3
        }
    }

    #[test]
    fn shadows_go_and_ink_stays() {
        let shadow = |x: usize, y: usize| 230.0 - x as f32 / 20.0 - (y as f32 / 20.0).min(60.0);
        let flat = page(lines(0.0), shadow).flattened();
        for (x, y) in [(150, 161), (1_050, 161), (150, 601), (1_050, 601)] {
            assert!(flat.points[y * flat.width + x] < INK, "ink at {x} {y}");
            assert!(
                flat.points[(y + 25) * flat.width + x] > 230,
                "paper at {x} {y}"
            );
        }
    }

    #[test]
    fn lines_are_laid_level() {
        for angle in [-35, 0, 60] {
            let level = page(lines(slope(angle)), |_, _| 255.0).straightened();
            let ink: Vec<(f32, f32)> = (0..level.points.len())
                .filter(|i| level.points[*i] < INK)
                .map(|i| ((i % level.width) as f32, (i / level.width) as f32))
                .collect();
            let of = |angle| level.levelness(&ink, slope(angle));
            assert!(of(0) > of(-4) && of(0) > of(4), "{angle}");
        }
    }

    #[test]
    fn a_picture_is_turned_as_its_telephone_was_held() {
        let points: Vec<u8> = (0..16 * 17).map(|n| (n % 256) as u8).collect();
        let picture = Picture::new(16, 17, points).unwrap();
        let quarter = picture.clone().turned(6);
        assert_eq!((quarter.width, quarter.height), (17, 16));
        assert_eq!(quarter.points[16], picture.points[0]); // the upper left corner goes to the right
        assert_eq!(quarter.turned(8), picture);
        assert_eq!(picture.clone().turned(3).turned(3), picture);
    }

    #[test]
    fn what_is_no_picture_is_none_and_any_size_is_made_one() {
        for pgm in [
            &b""[..],
            b"P5",
            b"P5 16 16 255",
            b"P5 16 16 255 short",
            b"P6 1 1 255 x",
        ] {
            assert_eq!(Picture::of_pgm(pgm), None);
        }
        assert_eq!(Picture::of_pgm(b"P5 99999999999 99999999999 255 x"), None);
        assert_eq!(Picture::of_jpeg(b"\xFF\xD8\xFF"), None);
        for (width, height) in [(16, 16), (16, 3_000), (3_000, 17), (700, 500)] {
            let pgm = [
                format!("P5\n{width} {height}\n255\n").into_bytes(),
                vec![200; width * height],
            ];
            let made = Picture::of_pgm(&pgm.concat()).unwrap().readable();
            assert_eq!(made.width.max(made.height), SIDE);
            let (top, end) = (made.pgm(0, 48), made.pgm(48, 100));
            assert!(top.len() + end.len() >= made.points.len());
        }
    }
}
