//! Letters with their places → lines of text, with the columns of the page as gaps.
//!
//! The order in which a program draws letters tells little: some draw those of one font first, a stamp comes last, an
//! accent may be a letter of its own. So only places count.

use unicode_normalization::char::is_combining_mark;

use crate::ground::text::nfc;

/// From which gap on two pieces of a line stand in columns of their own, in parts of the size of the letters.
const COLUMN: f32 = 1.3;
/// From which gap on two letters are of two words, where no blank is drawn.
const WORD: f32 = 0.16;
/// The same where one is drawn: programs draw some beneath a letter.
const BLANK: f32 = 0.02;
/// How far apart the feet of letters of one line may stand.
const LINE: f32 = 0.5;
/// How far to the right, in letters, a line may begin.
const WIDEST: usize = 300;

/// In which direction a letter is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// From left to right, as on an upright page.
    Upright,
    /// From top to bottom.
    Down,
    /// Upside down.
    Over,
    /// From bottom to top.
    Up,
}

const TURNS: [Turn; 4] = [Turn::Upright, Turn::Down, Turn::Over, Turn::Up];

/// A letter, or several that are drawn as one, on a page whose y grows downwards.
#[derive(Clone, Debug)]
pub(super) struct Letter {
    pub text: String,
    /// Where its foot begins.
    pub x: f32,
    pub y: f32,
    /// How far it moves on, in the direction in which it is read.
    pub width: f32,
    /// The size of its font as drawn.
    pub size: f32,
    pub turn: Turn,
}

impl Letter {
    fn is_blank(&self) -> bool {
        self.text.trim().is_empty()
    }

    fn is_placed(&self) -> bool {
        [self.x, self.y, self.width].iter().all(|f| f.is_finite()) && self.size > 0.0
    }

    /// The page turned until this letter is upright.
    fn upright(self) -> Letter {
        let (x, y) = match self.turn {
            Turn::Upright => (self.x, self.y),
            Turn::Down => (self.y, -self.x),
            Turn::Over => (-self.x, -self.y),
            Turn::Up => (-self.y, self.x),
        };
        Letter { x, y, ..self }
    }

    /// Whether it is drawn over another one, as some make letters bold.
    fn repeats(&self, other: &Letter) -> bool {
        self.text == other.text && (self.x - other.x).abs() < 0.4 * self.width
    }
}

/// The lines of a page, in the direction in which most of it is read; what stands across is left out.
pub(super) fn lines(letters: Vec<Letter>) -> String {
    let count = |turn: Turn| letters.iter().filter(|l| l.turn == turn).count();
    let main = TURNS.into_iter().rev().max_by_key(|turn| count(*turn));
    let mut placed: Vec<Letter> = Vec::with_capacity(letters.len());
    for letter in letters {
        if Some(letter.turn) != main || !letter.is_placed() {
            continue;
        }
        let letter = letter.upright();
        match placed.last_mut() {
            // An accent that is drawn by itself belongs to the letter before it.
            Some(before)
                if letter.text.chars().all(is_combining_mark)
                    && (letter.x - before.x).abs() < 1.5 * before.size =>
            {
                before.text.push_str(&letter.text);
            }
            _ => placed.push(letter),
        }
    }
    let left = placed.iter().map(|l| l.x).fold(f32::INFINITY, f32::min);
    let unit = usual_width(&placed);
    placed.sort_by(|a, b| a.y.total_cmp(&b.y));
    let mut out = String::new();
    let mut rest = placed.as_mut_slice();
    while let Some(first) = rest.first() {
        let (y, size) = (first.y, first.size);
        let of_line = |l: &&Letter| l.y - y < LINE * size.min(l.size);
        let (line, below) = rest.split_at_mut(rest.iter().take_while(of_line).count().max(1));
        rest = below;
        line.sort_by(|a, b| a.x.total_cmp(&b.x));
        set(line, left, unit, &mut out);
    }
    nfc(&out).into_owned()
}

/// How wide a letter is.
fn usual_width(letters: &[Letter]) -> f32 {
    let wide = letters.iter().map(|l| l.width).filter(|w| *w > 0.0);
    let mut widths: Vec<f32> = wide.collect();
    let middle = widths.len() / 2;
    if widths.is_empty() {
        return 1.0;
    }
    widths
        .select_nth_unstable_by(middle, f32::total_cmp)
        .1
        .max(1.0)
}

/// Puts the letters of a line, from left to right, where they stand.
fn set(line: &[Letter], left: f32, unit: f32, out: &mut String) {
    let mut column = 0;
    let mut last: Option<&Letter> = None;
    let mut end = f32::NEG_INFINITY;
    let mut blank = false;
    for letter in line {
        if letter.is_blank() {
            blank = true;
            continue;
        }
        if last.is_some_and(|last| letter.repeats(last)) {
            continue;
        }
        let at = (((letter.x - left) / unit).round() as usize).min(WIDEST);
        let gap = (letter.x - end) / letter.size;
        let spaces = match last {
            None => at,
            Some(_) if gap > COLUMN => at.saturating_sub(column).max(3),
            Some(_) => usize::from(gap > if blank { BLANK } else { WORD }),
        };
        out.extend(std::iter::repeat_n(' ', spaces));
        out.push_str(&letter.text);
        column += spaces + 1;
        end = end.max(letter.x + letter.width);
        (last, blank) = (Some(letter), false);
    }
    if last.is_some() {
        out.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Letters of 10 points, each 5 wide, from a place on.
    fn word(text: &str, x: f32, y: f32) -> Vec<Letter> {
        let letters = text.chars().zip(0_u16..);
        let letter = |(c, i): (char, u16)| Letter {
            text: c.to_string(),
            x: x + 5.0 * f32::from(i),
            y,
            width: 5.0,
            size: 10.0,
            turn: Turn::Upright,
        };
        letters.map(letter).collect()
    }

    fn page(words: &[(&str, f32, f32)]) -> String {
        lines(words.iter().flat_map(|(t, x, y)| word(t, *x, *y)).collect())
    }

    #[test]
    fn columns_stay_apart_in_whatever_order_they_are_drawn() {
        let page = page(&[
            ("Độc lập", 100.0, 20.5),
            ("CỘNG HÒA", 100.0, 10.0),
            ("SỐ: ", 0.0, 20.0),
            ("LIÊN ĐOÀN", 0.0, 10.0),
            ("57", 21.0, 21.0), // of a stamp, a little lower
            ("/BC", 32.0, 20.0),
        ]);
        let expected = "LIÊN ĐOÀN           CỘNG HÒA\nSỐ: 57/BC           Độc lập\n";
        assert_eq!(page, expected);
    }

    #[test]
    fn letters_of_two_fonts_accents_and_letters_drawn_twice_make_words() {
        let ordered = page(&[
            ("T nh", 0.0, 0.0),
            ("ỉ", 5.0, 0.0),
            ("Quy\u{301}", 24.0, 0.0),
        ]);
        assert_eq!(ordered, "Tỉnh Quý\n");
        let twice = page(&[("SỐ 11", 0.0, 0.0), ("SỐ 11", 0.4, 0.0)]);
        assert_eq!(twice, "SỐ 11\n");
    }

    #[test]
    fn a_page_that_lies_on_its_side_is_read_and_what_stands_across_is_not() {
        let text = [("Số: 5", 0.0, 0.0), ("Ngày 1", 50.0, 12.0)];
        for turn in TURNS {
            let mut letters: Vec<Letter> =
                text.iter().flat_map(|(t, x, y)| word(t, *x, *y)).collect();
            for l in &mut letters {
                (l.x, l.y) = match turn {
                    Turn::Upright => (l.x, l.y),
                    Turn::Down => (-l.y, l.x),
                    Turn::Over => (-l.x, -l.y),
                    Turn::Up => (l.y, -l.x),
                };
                l.turn = turn;
            }
            let across = if turn == Turn::Up {
                Turn::Down
            } else {
                Turn::Up
            };
            letters.extend(
                word("x", 3.0, 3.0)
                    .into_iter()
                    .map(|l| Letter { turn: across, ..l }),
            );
            assert_eq!(lines(letters), "Số: 5\n          Ngày 1\n", "{turn:?}");
        }
    }

    #[test]
    fn places_that_are_none_are_no_lines() {
        let mut letters = word("abc", 0.0, 0.0);
        letters[0].x = f32::NAN;
        letters[1].size = f32::INFINITY;
        letters[2].y = f32::MAX;
        letters.extend(word("d", f32::MAX, 5.0));
        assert!(lines(letters).contains('c'));
        assert_eq!(lines(Vec::new()), "");
    }
}
