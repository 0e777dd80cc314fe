//! A picture of a page made fit to be read: of one size, evenly lit, without what it lies on, upright, its lines level.
//!
//! A page that was photographed is darker on one side and under the telephone's shadow, and lies askew; of such a picture
//! tesseract reads next to nothing. Its ground is what it is divided by: the lightest of each small square, smoothed. How
//! its lines rise is looked for part by part, so that lines that fan out or bend are laid level, too.

use std::io::Cursor;

use zune_core::colorspace::ColorSpace;

use super::super::jpeg;

/// How long the longer side is made, in points: A4 at some 200 a inch, whose small letters are 15 high.
pub(super) const SIDE: usize = 3_000;
/// The side of the squares whose lightest part is taken for the ground, in points.
const SQUARE: usize = 16;
/// How many points a picture may have: A4 at 400 a inch.
const MOST_POINTS: usize = 16_000_000;
/// How far askew a page may lie, in degrees.
const ASKEW: f32 = 15.0;
/// How far the lines of a part of it may lie off the others, in degrees.
const BENT: f32 = 5.0;
/// How many points apart ink is looked for.
const STEP: usize = 3;
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

    /// A picture of a screen, or of a scanner. `None` where it is damaged or too large.
    pub(super) fn of_png(png: &[u8]) -> Option<Picture> {
        let mut decoder = png::Decoder::new(Cursor::new(png));
        decoder.set_transformations(png::Transformations::normalize_to_color8());
        decoder.set_limits(png::Limits {
            bytes: 4 * MOST_POINTS,
        });
        let mut reader = decoder.read_info().ok()?;
        let (width, height) = size(reader.info().width, reader.info().height)?;
        let mut bytes = vec![0; reader.output_buffer_size()?];
        let shown = reader.next_frame(&mut bytes).ok()?;
        bytes.truncate(shown.buffer_size());
        Picture::new(width, height, grey(&bytes, shown.color_type.samples()))
    }

    /// The first page of a scanner's or a fax. `None` where it is damaged, too large, or of rare colours.
    pub(super) fn of_tiff(tiff: &[u8]) -> Option<Picture> {
        use tiff::ColorType;
        use tiff::decoder::{Decoder, DecodingResult, Limits};
        let mut limits = Limits::default();
        limits.decoding_buffer_size = 4 * MOST_POINTS;
        limits.intermediate_buffer_size = 4 * MOST_POINTS;
        let mut decoder = Decoder::new(Cursor::new(tiff)).ok()?.with_limits(limits);
        let (width, height) = decoder.dimensions().ok()?;
        let (width, height) = size(width, height)?;
        let colours = decoder.colortype().ok()?;
        let orientation = decoder.get_tag_u32(tiff::tags::Tag::Orientation);
        let DecodingResult::U8(bytes) = decoder.read_image().ok()? else {
            return None;
        };
        let mut points = match colours {
            ColorType::Gray(1) => {
                let rows = bytes.chunks(width.div_ceil(8));
                let bit = |row: &[u8], x: usize| row[x / 8] >> (7 - x % 8) & 1;
                let row = |row: &'_ [u8]| (0..width).map(|x| bit(row, x) * 255).collect::<Vec<_>>();
                rows.filter(|r| r.len() * 8 >= width)
                    .flat_map(row)
                    .collect()
            }
            ColorType::Gray(8) => bytes,
            ColorType::GrayA(8) => grey(&bytes, 2),
            ColorType::RGB(8) | ColorType::YCbCr(8) => grey(&bytes, 3),
            ColorType::RGBA(8) => grey(&bytes, 4),
            _ => return None,
        };
        // Which of two colours is white is told in two ways; a page has more paper than ink.
        let light = points.iter().filter(|p| **p > 127).count();
        if light * 2 < points.len() {
            points.iter_mut().for_each(|p| *p = u8::MAX - *p);
        }
        let turned = u16::try_from(orientation.unwrap_or(1)).unwrap_or(1);
        Some(Picture::new(width, height, points)?.turned(turned))
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

    /// The upper part of it in hundredths of its height, as large as `size` says in hundredths.
    pub(super) fn upper(&self, part: usize, size: usize) -> Picture {
        let height = self.height * part / 100;
        let upper = Picture {
            width: self.width,
            height,
            points: self.points[..height * self.width].to_vec(),
        };
        match size {
            100 => upper,
            _ => upper.resized(self.width * size / 100, height * size / 100),
        }
    }

    /// As tesseract takes it.
    pub(super) fn pgm(&self) -> Vec<u8> {
        let head = format!("P5\n{} {}\n255\n", self.width, self.height).into_bytes();
        [head, self.points.clone()].concat()
    }

    /// Upside down.
    pub(super) fn overturned(self) -> Picture {
        self.turned(3)
    }

    /// The same page as one would scan it.
    pub(super) fn readable(self) -> Picture {
        self.scaled().flattened().bared().straightened()
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
        self.resized(width.max(SQUARE), height.max(SQUARE))
    }

    fn resized(&self, width: usize, height: usize) -> Picture {
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

    /// Without what the page lies on: the largest even area is the page.
    fn bared(mut self) -> Picture {
        const PART: usize = 24;
        let (columns, rows) = (self.width.div_ceil(PART), self.height.div_ceil(PART));
        let even: Vec<f32> = (0..rows * columns)
            .map(|n| self.evenness(n % columns * PART, n / columns * PART, PART))
            .map(|share| f32::from(u8::from(share > 0.45)))
            .collect();
        // Where the page all but hangs together with what it lies on, it is parted from that.
        let even = spread(&even, columns, rows, |near| {
            near.iter().copied().fold(1.0, f32::min)
        });
        let page = largest(&even, columns);
        if page.len() * 8 < even.len() {
            return self; // no page is seen
        }
        // From edge to edge, a row at a time: what lies within it belongs to it.
        let mut edges = vec![(usize::MAX, 0); rows];
        for part in page {
            let edge = &mut edges[part / columns];
            *edge = (edge.0.min(part % columns), edge.1.max(part % columns + 1));
        }
        for (y, row) in self.points.chunks_exact_mut(self.width).enumerate() {
            let (from, to) = edges[y / PART];
            let (from, to) = (
                (from.min(columns) * PART).min(row.len()),
                (to * PART).min(row.len()),
            );
            row[..from].fill(u8::MAX);
            row[to.max(from)..].fill(u8::MAX);
        }
        self
    }

    /// Which share of a part is as light as its ground.
    fn evenness(&self, left: usize, top: usize, size: usize) -> f32 {
        let end = (left + size).min(self.width);
        let rows = top..(top + size).min(self.height);
        let part = rows.flat_map(|y| &self.points[y * self.width + left..y * self.width + end]);
        let (all, even) = part.fold((0, 0), |(all, even), p| {
            (all + 1, even + u32::from(*p > 225))
        });
        even as f32 / all.max(1) as f32
    }

    /// Its lines of writing laid level: a quarter turn where they run upwards, turned by what they lie askew, and bent by
    /// what is left, as of a page that was not photographed from right above or does not lie flat.
    fn straightened(self) -> Picture {
        let ink = self.ink();
        let upwards: Vec<Point> = ink.iter().map(|p| (p.1, p.0)).collect();
        let (width, height) = (self.width as f32, self.height as f32);
        // An upright line of letters shows itself, too, but less.
        if clearness(&upwards, height, width) > 1.1 * clearness(&ink, width, height) {
            let turned = self.turned(6);
            let ink = turned.ink();
            return turned.laid(&ink);
        }
        self.laid(&ink)
    }

    /// Some of its ink, as places from its middle.
    fn ink(&self) -> Vec<Point> {
        let (mx, my) = self.middle();
        let places = (0..self.height)
            .step_by(STEP)
            .flat_map(|y| (0..self.width).step_by(STEP).map(move |x| (x, y)));
        places
            .filter(|(x, y)| self.points[y * self.width + x] < INK)
            .map(|(x, y)| (x as f32 - mx, y as f32 - my))
            .collect()
    }

    fn middle(&self) -> Point {
        (self.width as f32 / 2.0, self.height as f32 / 2.0)
    }

    fn laid(self, ink: &[Point]) -> Picture {
        let near = most_level(ink, 0.0, ASKEW, 1.0).0;
        let angle = most_level(ink, near, 0.8, 0.2).0;
        let (sin, cos) = angle.to_radians().sin_cos();
        let turned: Vec<Point> = ink
            .iter()
            .map(|(x, y)| (x * cos + y * sin, y * cos - x * sin))
            .collect();
        let left = Slopes::of(&turned, self.width as f32, self.height as f32);
        let (mx, my) = self.middle();
        let mut points = Vec::with_capacity(self.points.len());
        for y in 0..self.height {
            for x in 0..self.width {
                let dx = x as f32 - mx;
                let dy = left.line(dx, y as f32 - my);
                points.push(self.at(mx + dx * cos - dy * sin, my + dx * sin + dy * cos));
            }
        }
        Picture { points, ..self }
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

/// How large a picture is, where it is not too large.
fn size(width: u32, height: u32) -> Option<(usize, usize)> {
    let (width, height) = (usize::try_from(width).ok()?, usize::try_from(height).ok()?);
    (width.checked_mul(height)? <= MOST_POINTS).then_some((width, height))
}

/// Points of so many samples each in shades of grey; with two or four, the last is how much of it shows.
fn grey(bytes: &[u8], samples: usize) -> Vec<u8> {
    let weighed =
        |p: &[u8]| (u32::from(p[0]) * 299 + u32::from(p[1]) * 587 + u32::from(p[2]) * 114) / 1_000;
    let point = |p: &[u8]| match samples {
        1 | 2 => p[0],
        _ => u8::try_from(weighed(p)).unwrap_or(u8::MAX),
    };
    bytes.chunks_exact(samples).map(point).collect()
}

/// A place, from the middle of a picture.
type Point = (f32, f32);

/// How clearly the parts of a picture show lines.
fn clearness(ink: &[Point], width: f32, height: f32) -> f32 {
    let parts = parts(ink, width, height);
    parts
        .iter()
        .map(|part| most_level(part, 0.0, ASKEW, 1.5).1)
        .sum()
}

/// The ink of each part of a picture.
fn parts(ink: &[Point], width: f32, height: f32) -> Vec<Vec<Point>> {
    const COLUMNS: usize = 4;
    const ROWS: usize = 6;
    let mut parts: Vec<Vec<Point>> = vec![Vec::new(); COLUMNS * ROWS];
    for (x, y) in ink {
        let part = |at: f32, size: f32, most: usize| {
            (((at / size + 0.5) * most as f32).max(0.0) as usize).min(most - 1)
        };
        parts[part(*y, height, ROWS) * COLUMNS + part(*x, width, COLUMNS)].push((*x, *y));
    }
    parts
}

/// The angle in degrees around one at which the ink lies most level, with how level that is.
fn most_level(ink: &[Point], around: f32, reach: f32, step: f32) -> (f32, f32) {
    let steps = (reach / step) as i32;
    let angles = (-steps..=steps).map(|n| around + n as f32 * step);
    let scored = angles.map(|a| (a, levelness(ink, a.to_radians().tan())));
    scored
        .max_by(|a, b| a.1.total_cmp(&b.1))
        .unwrap_or((around, 0.0))
}

/// How sharply lines of ink and gaps between them part, when looked at along a slope.
fn levelness(ink: &[Point], slope: f32) -> f32 {
    let row = |p: &Point| ((p.1 - p.0 * slope) / STEP as f32) as i32;
    let rows = ink.iter().map(row);
    let (Some(first), Some(last)) = (rows.clone().min(), rows.clone().max()) else {
        return 0.0;
    };
    let mut counts = vec![0.0_f32; (last - first) as usize + 2];
    for row in rows {
        counts[(row - first) as usize] += 1.0;
    }
    counts.windows(2).map(|w| (w[0] - w[1]).powi(2)).sum()
}

/// How lines of writing rise over a page: at its middle, and how that changes to the right and downwards.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Slopes {
    middle: f32,
    rightwards: f32,
    downwards: f32,
}

impl Slopes {
    /// What fits the slopes of the parts of a page best.
    fn of(ink: &[Point], width: f32, height: f32) -> Slopes {
        let mut seen: Vec<(Point, f32, f32)> = Vec::new();
        for part in parts(ink, width, height)
            .iter()
            .filter(|part| part.len() > 300)
        {
            let count = part.len() as f32;
            let sum = part.iter().fold((0.0, 0.0), |s, p| (s.0 + p.0, s.1 + p.1));
            let middle = (sum.0 / count, sum.1 / count);
            let own: Vec<Point> = part
                .iter()
                .map(|p| (p.0 - middle.0, p.1 - middle.1))
                .collect();
            let near = most_level(&own, 0.0, BENT, 0.5);
            let (angle, best) = most_level(&own, near.0, 0.4, 0.1);
            // What is as level at any angle shows no lines.
            let away = levelness(&own, (angle + 4.0).to_radians().tan())
                .max(levelness(&own, (angle - 4.0).to_radians().tan()));
            let clear = best / away.max(1.0) - 1.0;
            if clear > 0.5 && near.0.abs() < BENT {
                seen.push((
                    middle,
                    angle.to_radians().tan(),
                    clear.min(4.0) * count.sqrt(),
                ));
            }
        }
        let mut slopes = Slopes::default();
        for _ in 0..3 {
            slopes = Slopes::fitting(&seen);
            let off = |(place, slope, _): &(Point, f32, f32)| (slopes.at(*place) - slope).abs();
            // A part that says something else than all others shows a table, a drawing, or what the page lies on.
            let mut offs: Vec<f32> = seen.iter().map(off).collect();
            offs.sort_by(f32::total_cmp);
            let most = 3.0 * offs.get(offs.len() / 2).copied().unwrap_or(0.0) + 0.002;
            seen.retain(|part| off(part) <= most);
        }
        slopes
    }

    /// By weighted least squares; the page is held flat a little, so that few parts bend nothing.
    fn fitting(seen: &[(Point, f32, f32)]) -> Slopes {
        const FAR: f32 = 1_000.0;
        let mut sums = [[0.0_f32; 4]; 3];
        for ((x, y), slope, weight) in seen {
            let row = [1.0, x / FAR, y / FAR];
            for (i, sum) in sums.iter_mut().enumerate() {
                for (j, cell) in row.iter().enumerate() {
                    sum[j] += weight * row[i] * cell;
                }
                sum[3] += weight * row[i] * slope;
            }
        }
        for (i, sum) in sums.iter_mut().enumerate() {
            sum[i] += if i == 0 { 1.0 } else { 10.0 };
        }
        // Elimination by Gauss; the sums are positive on the diagonal.
        for i in 0..3 {
            for j in 0..3 {
                if i != j {
                    let part = sums[j][i] / sums[i][i];
                    let from = sums[i];
                    sums[j]
                        .iter_mut()
                        .zip(from)
                        .for_each(|(a, b)| *a -= part * b);
                }
            }
        }
        let solved = |i: usize| sums[i][3] / sums[i][i];
        Slopes {
            middle: solved(0),
            rightwards: solved(1) / FAR,
            downwards: solved(2) / FAR,
        }
    }

    fn at(self, (x, y): Point) -> f32 {
        self.middle + self.rightwards * x + self.downwards * y
    }

    /// Where the line runs at `x` that is at `y` in the middle.
    fn line(self, x: f32, y: f32) -> f32 {
        let here = self.middle + self.downwards * y;
        y + here * x + (self.rightwards + self.downwards * here) * x * x / 2.0
    }
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

/// The largest of the areas that hang together, as the numbers of its parts.
fn largest(parts: &[f32], columns: usize) -> Vec<usize> {
    let mut seen = vec![false; parts.len()];
    let mut found = Vec::new();
    for first in 0..parts.len() {
        let mut open = vec![first];
        let mut area = Vec::new();
        while let Some(at) = open.pop() {
            if parts[at] == 0.0 || std::mem::replace(&mut seen[at], true) {
                continue;
            }
            area.push(at);
            let column = at % columns;
            let beside = [
                (column > 0).then(|| at - 1),
                (column + 1 < columns).then(|| at + 1),
                at.checked_sub(columns),
                Some(at + columns),
            ];
            open.extend(beside.into_iter().flatten().filter(|n| *n < parts.len()));
        }
        if area.len() > found.len() {
            found = area;
        }
    }
    found
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

    /// Lines of words, 40 points apart, along a slope; no word stands under another.
    fn lines(slope: f32) -> impl Fn(usize, usize) -> bool {
        move |x, y| {
            let height = y as f32 - x as f32 * slope;
            let (line, row) = ((height / 40.0).floor() as i64, height.rem_euclid(40.0));
            let cell = ((x as i64 / 9 * 7919 + line * 104_729) * 2_654_435_761) >> 16;
            let inside = (100..1_100).contains(&x) && (100..700).contains(&y);
            inside && row < 18.0 && cell.rem_euclid(6) > 0
        }
    }

    #[test]
    fn shadows_go_and_ink_stays() {
        let shadow = |x: usize, y: usize| 230.0 - x as f32 / 20.0 - (y as f32 / 20.0).min(60.0);
        let flat = page(lines(0.0), shadow).flattened();
        let places = (161..700)
            .step_by(80)
            .flat_map(|y| (110..1_090).step_by(90).map(move |x| (x, y)));
        for (x, y) in places {
            let shown = flat.points[y * flat.width + x];
            assert_eq!(shown < INK, lines(0.0)(x, y), "ink at {x} {y}: {shown}");
            let paper = flat.points[(y + 25) * flat.width + x];
            assert!(paper > 230, "paper at {x} {y}: {paper}");
        }
    }

    #[test]
    fn lines_are_laid_level() {
        for angle in [-12.0_f32, -3.5, 0.0, 6.0] {
            let level = page(lines(angle.to_radians().tan()), |_, _| 255.0).straightened();
            let ink = level.ink();
            let of = |angle: f32| levelness(&ink, angle.to_radians().tan());
            assert!(of(0.0) > of(-0.4) && of(0.0) > of(0.4), "{angle}");
        }
    }

    #[test]
    fn lines_that_fan_out_and_bend_are_laid_level_and_those_that_run_upwards_are_turned() {
        let bent = Slopes {
            middle: 0.02,
            rightwards: 0.000_06,
            downwards: -0.000_08,
        };
        let straight = lines(0.0);
        let on_a_line = |x: usize, y: usize| {
            // Where it would lie if it were level, found by halving.
            let (dx, dy) = (x as f32 - 600.0, y as f32 - 400.0);
            let (mut low, mut high) = (-700.0_f32, 700.0_f32);
            for _ in 0..20 {
                let middle = f32::midpoint(low, high);
                if bent.line(dx, middle) < dy {
                    low = middle;
                } else {
                    high = middle;
                }
            }
            straight(x, (low + 400.0).max(0.0) as usize)
        };
        let picture = page(on_a_line, |_, _| 255.0);
        let sharp = |picture: &Picture| levelness(&picture.ink(), 0.0);
        let (drawn, as_it_was) = (sharp(&page(lines(0.0), |_, _| 255.0)), sharp(&picture));
        let upwards = picture.clone().turned(8);
        for given in [picture, upwards] {
            let laid = given.straightened();
            assert_eq!((laid.width, laid.height), (1_200, 800));
            assert!(sharp(&laid) > 0.5 * drawn, "{} of {drawn}", sharp(&laid));
        }
        assert!(as_it_was < 0.3 * drawn, "{as_it_was} of {drawn}");
    }

    #[test]
    fn what_a_page_lies_on_is_left_out() {
        let inside = |x: usize, y: usize| (200..1_000).contains(&x) && (100..780).contains(&y);
        let grain = |x: usize, y: usize| {
            if inside(x, y) {
                230.0
            } else {
                [60.0, 75.0, 90.0, 120.0][x / 4 % 4]
            }
        };
        let bare = page(
            |x, y| inside(x, y) && lines(0.0)(x, y) && (300..900).contains(&x),
            grain,
        )
        .flattened()
        .bared();
        let dark = |x: usize, y: usize| bare.points[y * bare.width + x] < INK;
        let outside = (0..bare.points.len()).map(|n| (n % bare.width, n / bare.width));
        assert!(
            outside
                .filter(|(x, y)| !inside(*x, *y))
                .all(|(x, y)| !dark(x, y))
        );
        assert!((300..900).any(|x| dark(x, 161)));
    }

    #[test]
    fn a_png_and_a_tiff_show_what_was_drawn() {
        let drawn = page(lines(0.0), |_, _| 255.0);
        let (width, height) = (drawn.width as u32, drawn.height as u32);
        let mut file = Vec::new();
        let mut encoder = png::Encoder::new(&mut file, width, height);
        encoder.set_color(png::ColorType::Rgb);
        let colours: Vec<u8> = drawn.points.iter().flat_map(|p| [*p; 3]).collect();
        let mut writer = encoder.write_header().unwrap();
        writer.write_image_data(&colours).unwrap();
        writer.finish().unwrap();
        assert_eq!(Picture::of_png(&file), Some(drawn.clone()));
        assert_eq!(Picture::of_png(&file[..file.len() / 2]), None);

        let mut file = Cursor::new(Vec::new());
        let mut encoder = tiff::encoder::TiffEncoder::new(&mut file).unwrap();
        encoder
            .write_image::<tiff::encoder::colortype::Gray8>(width, height, &drawn.points)
            .unwrap();
        let file = file.into_inner();
        assert_eq!(Picture::of_tiff(&file), Some(drawn));
        assert_eq!(Picture::of_tiff(&file[..100]), None);
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
            assert!(made.upper(100, 100).pgm().len() > made.points.len());
            let small = made.upper(48, 80);
            assert!(small.width < made.width && small.height <= made.height / 2);
        }
    }
}
