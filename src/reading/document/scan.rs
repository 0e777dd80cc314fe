//! The text of a scan or a photographed page, by tesseract.
//!
//! The upper part of the first page is read first: the head stands there. Where it does not, the page is turned upside
//! down, and then the rest is read, too, while time is left. What was found is read again in other sizes: a letter more or
//! less makes another period of it, and tesseract seldom errs twice in the same way.

use super::super::program::{Budget, Failure};
use super::super::{FileKind, Warning};
use super::picture::{Picture, SIDE};
use super::{Head, head};
use crate::ground::text::fold;

/// The upper part of a page, in hundredths of its height.
const UPPER: usize = 48;
/// How many bytes a picture of a page may have.
const LARGEST_PICTURE: u64 = 40_000_000;
/// How many bytes tesseract may say of a page.
const LONGEST: u64 = 1_000_000;
/// How sure tesseract has to be of a word, in percent.
const SURE: f32 = 25.0;
/// The same of a single letter.
const SURE_OF_A_LETTER: f32 = 60.0;

/// In which sizes a page is read, in hundredths, until two readings agree.
const SIZES: [usize; 3] = [100, 130, 80];

/// What could be read of a picture.
#[derive(Debug, Default)]
pub(super) struct Recognised {
    pub text: String,
    pub head: Head,
    /// Why it is nothing, or not everything; that it comes from a picture, where it is something.
    pub note: Option<Warning>,
}

/// Reads a picture of a page, within the time for that.
pub(super) fn recognised(
    kind: FileKind,
    content: &[u8],
    budget: &mut Budget,
) -> std::io::Result<Recognised> {
    let mut failure = None;
    let picture = match kind {
        FileKind::Pdf => {
            let side = SIDE.to_string();
            // As PNG, it would take ten times as long.
            let first = ["-gray", "-scale-to", &side, "-f", "1", "-l", "1", "-"];
            let output = budget.run("pdftoppm", &first, content, LARGEST_PICTURE)?;
            failure = output.failure;
            budget.own(|| Picture::of_pgm(&output.bytes)).flatten()
        }
        FileKind::Jpg => budget.own(|| Picture::of_jpeg(content)).flatten(),
        FileKind::Png => budget.own(|| Picture::of_png(content)).flatten(),
        FileKind::Tiff => budget.own(|| Picture::of_tiff(content)).flatten(),
        _ => None,
    };
    let mut readings: Vec<Lines> = Vec::new();
    if let Some(page) = picture.and_then(|picture| budget.own(|| picture.readable())) {
        failure = read_page(page, budget, &mut readings)?;
    } else if matches!(kind, FileKind::Jpg | FileKind::Png | FileKind::Tiff) {
        let (lines, failed) = lines_of(content, budget)?;
        readings.push(lines);
        failure = failed;
    }
    let text = readings
        .first()
        .map_or_else(String::new, |first| first.text.clone());
    let head = agreed(readings.into_iter().map(|lines| lines.head).collect());
    let note = match failure {
        Some(Failure::Missing) => Some(Warning::NotRead {
            program: "tesseract".to_owned(),
        }),
        Some(Failure::Slow) => Some(Warning::SlowPicture),
        Some(Failure::TooMuch | Failure::Failed(_)) | None if text.trim().is_empty() => None,
        Some(Failure::TooMuch | Failure::Failed(_)) | None => Some(Warning::FromAPicture),
    };
    Ok(Recognised { text, head, note })
}

/// Reads a page as often as it takes to be sure of its head.
fn read_page(
    mut page: Picture,
    budget: &mut Budget,
    readings: &mut Vec<Lines>,
) -> std::io::Result<Option<Failure>> {
    let mut read = |page: &Picture, part: usize, size: usize| {
        let Some(upper) = budget.own(|| page.upper(part, size).pgm()) else {
            return Ok((Lines::default(), Some(Failure::Slow)));
        };
        lines_of(&upper, budget)
    };
    let mut part = UPPER;
    let (mut lines, mut failure) = read(&page, part, SIZES[0])?;
    if failure.is_none() && (lines.head.title.is_none() || !lines.has_a_number()) {
        let overturned = page.clone().overturned();
        let (other, failed) = read(&overturned, part, SIZES[0])?;
        failure = failed;
        if other.sure > lines.sure {
            (lines, page) = (other, overturned);
        }
    }
    if failure.is_none() && lines.head.title.is_none() {
        part = 100;
        let (whole, failed) = read(&page, part, SIZES[0])?;
        failure = failed;
        if whole.sure > lines.sure {
            lines = whole;
        }
    }
    let is_a_head = lines.head.title.is_some() || lines.has_a_number();
    readings.push(lines);
    for size in SIZES[1..].iter().filter(|_| is_a_head) {
        let first = &readings[0].head;
        let are_sure = readings.len() > 1 && say_the_same(first, &readings[1].head);
        if failure.is_some() || are_sure && !first.title.as_deref().is_some_and(has_strokes) {
            break;
        }
        let (lines, failed) = read(&page, part, *size)?;
        failure = failed;
        if failure.is_none() {
            readings.push(lines);
        }
    }
    Ok(failure)
}

/// What several readings of one head agree on. Where they contradict one another, nothing is said: a number, a date or a
/// period that is wrong is worse than none. A single one is taken as it is; that it comes from a picture is told with it.
fn agreed(heads: Vec<Head>) -> Head {
    let values = |of: fn(&Head) -> &Option<String>| -> Vec<String> {
        heads.iter().filter_map(|head| of(head).clone()).collect()
    };
    let number = undisputed(values(|h| &h.number));
    let dated = undisputed(values(|h| &h.dated));
    let issuer = whole(by_words(&values(|h| &h.issuer)), &values(|h| &h.issuer));
    let titles = values(|h| &h.title);
    let of_when = |title: &String| counting_words(title).join(" ");
    let whens: Vec<String> = titles.iter().map(of_when).collect();
    let strokes = titles.iter().any(|title| has_strokes(title));
    let when = undisputed(whens.clone()).filter(|when| !strokes || whens.iter().all(|w| w == when));
    let titles: Vec<String> = titles
        .into_iter()
        .filter(|title| Some(of_when(title)) == when && !lost_a_number(title))
        .collect();
    let title = by_words(&titles);
    let first = heads
        .iter()
        .position(|head| head.title.is_some())
        .unwrap_or(0);
    let head = heads.into_iter().nth(first).unwrap_or_default();
    Head {
        number,
        dated,
        issuer,
        title,
        ..head
    }
}

/// Whether a title counts in strokes, of which one is easily lost: all readings have to say the same of them.
fn has_strokes(title: &str) -> bool {
    let is_strokes = |word: &str| word.len() > 1 && word.chars().all(|c| c == 'I');
    title.split([' ', ',', '/']).any(is_strokes)
}

/// Whether the number of a month or a quarter was lost on the way: "tháng năm 2026" is no May.
fn lost_a_number(title: &str) -> bool {
    let folded = fold(title);
    ["thang nam 20", "quy nam 20"]
        .iter()
        .any(|lost| folded.contains(lost))
}

/// What most say; `None` where as many say something else.
fn undisputed(said: Vec<String>) -> Option<String> {
    let votes = |one: &String| said.iter().filter(|other| *other == one).count();
    let most = said.iter().max_by_key(|one| votes(one))?;
    let other = said.iter().filter(|one| *one != most).map(votes).max();
    (other.unwrap_or(0) < votes(most)).then(|| most.clone())
}

/// The words of a title that count or name a period: "6", "2026", "III".
fn counting_words(title: &str) -> Vec<&str> {
    let counts = |word: &&str| {
        word.contains(|c: char| c.is_ascii_digit())
            || !word.is_empty() && word.chars().all(|c| "IVXl|1".contains(c))
    };
    title.split([' ', ',', '/', '-']).filter(counts).collect()
}

/// Of several readings of one line the one that most agree on, word by word; the first where none do.
fn by_words(said: &[String]) -> Option<String> {
    let words: Vec<Vec<&str>> = said.iter().map(|one| one.split(' ').collect()).collect();
    let alike = |one: &[&str]| {
        words
            .iter()
            .filter(|other| other.len() == one.len())
            .count()
    };
    let most = words.iter().map(|one| alike(one)).max()?;
    let length = words.iter().find(|one| alike(one) == most)?.len();
    let words: Vec<Vec<&str>> = words
        .into_iter()
        .filter(|one| one.len() == length)
        .collect();
    let chosen = (0..length).filter_map(|at| {
        let votes = |word: &str| words.iter().filter(|one| one[at] == word).count();
        // Of those with as many votes, the first.
        words
            .iter()
            .rev()
            .map(|one| one[at])
            .max_by_key(|word| votes(word))
    });
    Some(chosen.collect::<Vec<_>>().join(" "))
}

/// The name of a body, or the reading of it that has a line more above: lines are lost in a picture, and none are added.
fn whole(name: Option<String>, said: &[String]) -> Option<String> {
    let name = name?;
    let end = format!(" {}", fold(&name));
    let longer = said.iter().find(|one| fold(one).ends_with(&end));
    Some(longer.cloned().unwrap_or(name))
}

/// Whether two readings of a head say the same of what matters.
fn say_the_same(one: &Head, other: &Head) -> bool {
    let of = |h: &Head| {
        [
            h.number.clone(),
            h.dated.clone(),
            h.issuer.clone(),
            h.title.clone(),
        ]
    };
    of(one) == of(other)
}

/// The lines of a picture.
#[derive(Debug, Default)]
struct Lines {
    text: String,
    head: Head,
    /// How many letters of words stand there of which tesseract is sure.
    sure: usize,
}

impl Lines {
    fn has_a_number(&self) -> bool {
        self.head.number.is_some() || self.head.dated.is_some()
    }
}

/// Reads the lines of a picture.
fn lines_of(picture: &[u8], budget: &mut Budget) -> std::io::Result<(Lines, Option<Failure>)> {
    let arguments = [
        "stdin",
        "stdout",
        "-l",
        "vie",
        "--psm",
        "3",
        "--dpi",
        "200",
        "-c",
        "tessedit_create_tsv=1",
    ];
    let output = budget.run("tesseract", &arguments, picture, LONGEST)?;
    let said = String::from_utf8_lossy(&output.bytes);
    let mut words: Vec<Word<'_>> = said.lines().filter_map(Word::of).collect();
    // Beyond the edges of the writing lies what the page lies on.
    let writing = || words.iter().filter(|w| w.is_sure && w.letters >= 3);
    let left = writing().map(|w| w.left).fold(f32::MAX, f32::min);
    let right = writing().map(|w| w.right).fold(0.0, f32::max);
    let sure = writing().map(|w| w.letters).sum();
    words.retain(|w| w.right > left && w.left < right);
    let text = laid_out(words);
    let lines = Lines {
        head: head::parse(&text),
        text,
        sure,
    };
    Ok((lines, output.failure))
}

/// A word with its place, in points.
#[derive(Debug)]
struct Word<'t> {
    left: f32,
    right: f32,
    middle: f32,
    height: f32,
    /// Which line it stands in, by tesseract: block, paragraph, line.
    line: [u32; 3],
    text: &'t str,
    letters: usize,
    is_sure: bool,
}

impl Word<'_> {
    /// A word of a line of tesseract's table: level, page, block, paragraph, line, word, left, top, width, height,
    /// confidence, text.
    fn of(line: &str) -> Option<Word<'_>> {
        let cells: Vec<&str> = line.split('\t').collect();
        let &[
            "5",
            _,
            block,
            paragraph,
            line,
            _,
            left,
            top,
            width,
            height,
            sure,
            text,
        ] = &cells[..]
        else {
            return None;
        };
        let number = |cell: &str| cell.parse::<f32>().ok();
        let (left, height) = (number(left)?, number(height)?);
        let (sure, text) = (number(sure)?, text.trim());
        let letters = text.chars().filter(|c| c.is_alphanumeric()).count();
        // What lies around the page looks like signs, and like single letters.
        let is_sign = !text.is_empty() && text.chars().all(|c| "-–/.,:;…_()&".contains(c));
        let needed = match letters {
            0 if !is_sign => return None,
            0 | 1 => SURE_OF_A_LETTER,
            _ => SURE,
        };
        let word = Word {
            left,
            right: left + number(width)?,
            middle: number(top)? + height / 2.0,
            height,
            line: [
                block.parse().ok()?,
                paragraph.parse().ok()?,
                line.parse().ok()?,
            ],
            text,
            letters,
            is_sure: sure >= SURE_OF_A_LETTER,
        };
        (sure >= needed).then_some(word)
    }
}

/// The words as they stand on the page: columns side by side, far gaps kept.
fn laid_out(words: Vec<Word<'_>>) -> String {
    // What tesseract takes for one line stays one; of two columns the lines at one height become one.
    let mut lines: Vec<Vec<Word<'_>>> = words.into_iter().fold(Vec::new(), |mut lines, word| {
        match lines
            .last_mut()
            .filter(|l: &&mut Vec<Word<'_>>| l[0].line == word.line)
        {
            Some(line) => line.push(word),
            None => lines.push(vec![word]),
        }
        lines
    });
    let middle = |line: &[Word<'_>]| line.iter().map(|w| w.middle).sum::<f32>() / line.len() as f32;
    lines.sort_by(|a, b| middle(a).total_cmp(&middle(b)));
    let mut rows: Vec<Vec<Word<'_>>> = Vec::new();
    for line in lines {
        let row = rows
            .iter_mut()
            .rev()
            .take(3)
            .find(|row| is_beside(row, &line));
        match row {
            Some(row) => row.extend(line),
            None => rows.push(line),
        }
    }
    let letters: usize = rows.iter().flatten().map(|w| w.text.chars().count()).sum();
    let wide: f32 = rows.iter().flatten().map(|w| w.right - w.left).sum();
    let letter = (wide / letters.max(1) as f32).max(1.0);
    let mut text = String::new();
    for mut row in rows {
        row.sort_by(|a, b| a.left.total_cmp(&b.left));
        let mut heights: Vec<f32> = row.iter().map(|w| w.height).collect();
        heights.sort_by(f32::total_cmp);
        let far = (1.5 * letter).max(0.9 * heights[heights.len() / 2]);
        let (mut end, mut column) = (0.0, 0_usize);
        for word in row {
            let at = (word.left / letter) as usize;
            let gap = match (column, word.left - end > far) {
                (0, _) => at,
                (_, true) => at.saturating_sub(column).max(3),
                (_, false) => 1,
            };
            text.extend(std::iter::repeat_n(' ', gap));
            // Of one letter with a stroke it makes two.
            let mut read: Vec<char> = word.text.chars().collect();
            read.iter_mut()
                .filter(|c| **c == 'Ð')
                .for_each(|c| *c = 'Đ');
            read.dedup_by(|a, b| *a == 'Đ' && a == b);
            text.extend(&read);
            column += gap + read.len();
            end = word.right;
        }
        text.push('\n');
    }
    text
}

/// Whether two pieces stand side by side at one height: there where they come nearest, as a line may rise or fall.
fn is_beside(one: &[Word<'_>], other: &[Word<'_>]) -> bool {
    let pairs = || one.iter().flat_map(|a| other.iter().map(move |b| (a, b)));
    let gap = |(a, b): &(&Word<'_>, &Word<'_>)| (b.left - a.right).max(a.left - b.right);
    let nearest = pairs().min_by(|a, b| gap(a).total_cmp(&gap(b)));
    nearest.is_some_and(|(a, b)| {
        gap(&(a, b)) >= 0.0 && (a.middle - b.middle).abs() < 0.5 * a.height.max(b.height)
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn word(place: [f32; 4], line: u32, text: &str) -> Word<'_> {
        let [left, top, width, height] = place;
        Word {
            left,
            right: left + width,
            middle: top + height / 2.0,
            height,
            line: [line, 1, 1],
            text,
            letters: text.chars().count(),
            is_sure: true,
        }
    }

    #[test]
    fn columns_stand_side_by_side_and_pieces_of_a_line_that_falls_are_one() {
        let words = vec![
            word([0.0, 0.0, 100.0, 20.0], 1, "CÔNG ĐOÀN"),
            word([0.0, 40.0, 100.0, 20.0], 6, "Số: 5/BC-CĐX"),
            word([200.0, 2.0, 100.0, 20.0], 2, "CỘNG HÒA"),
            word([0.0, 80.0, 40.0, 20.0], 3, "Kết quả"),
            word([50.0, 88.0, 40.0, 20.0], 4, "công tác"),
            word([100.0, 96.0, 40.0, 20.0], 5, "năm"),
        ];
        let text = laid_out(words);
        let lines: Vec<&str> = text.lines().collect();
        assert!(
            lines[0].starts_with("CÔNG ĐOÀN   ") && lines[0].ends_with("CỘNG HÒA"),
            "{text}"
        );
        assert_eq!(
            lines[2].split_whitespace().collect::<Vec<_>>().join(" "),
            "Kết quả công tác năm",
            "{text}"
        );
        assert_eq!(lines.len(), 3, "{text}");
    }

    #[test]
    fn a_word_is_taken_where_tesseract_is_sure_of_it() {
        let taken = |row: &str| Word::of(row).map(|w| w.text.to_owned());
        assert_eq!(
            taken("5\t1\t1\t1\t1\t1\t9\t9\t40\t20\t90.5\tBÁO"),
            Some("BÁO".into())
        );
        assert_eq!(taken("5\t1\t1\t1\t1\t1\t9\t9\t40\t20\t10\tBÁO"), None);
        assert_eq!(taken("5\t1\t1\t1\t1\t1\t9\t9\t40\t20\t40\tB"), None);
        assert_eq!(taken("5\t1\t1\t1\t1\t1\t9\t9\t40\t20\t95\t "), None);
        assert_eq!(taken("4\t1\t1\t1\t1\t0\t9\t9\t40\t20\t-1\t"), None);
        assert_eq!(taken(""), None);
    }

    fn head(number: &str, title: &str) -> Head {
        let said = |text: &str| Some(text.to_owned()).filter(|t| !t.is_empty());
        Head {
            number: said(number),
            issuer: said("CÔNG ĐOÀN XÃ TUY AN BẮC"),
            title: said(title),
            ..Head::default()
        }
    }

    #[test]
    fn what_readings_contradict_is_not_said_and_words_are_chosen_by_most() {
        const II: &str = "Tình hình lao động quý II năm 2026";
        const III: &str = "Tình hình lao động quý III năm 2026";
        for (readings, number, title) in [
            (vec![], None, None),
            (vec![("", III), ("", III)], None, Some(III)),
            (
                vec![
                    ("", "Tai nạn tháng năm 2026"),
                    ("", "Tai nạn tháng năm 2026"),
                ],
                None,
                None,
            ),
            (vec![("57/BC-CĐX", II)], Some("57/BC-CĐX"), Some(II)),
            (vec![("57/BC-CĐX", II), ("51/BC-CĐX", III)], None, None),
            (
                vec![("57/BC-CĐX", II), ("51/BC-CĐX", III), ("51/BC-CĐX", III)],
                Some("51/BC-CĐX"),
                None,
            ),
            (
                vec![("", II), ("57/BC-CĐX", ""), ("", II)],
                Some("57/BC-CĐX"),
                Some(II),
            ),
            (
                vec![
                    ("", "Tỉnh hình lao động quý II năm 2026"),
                    ("", "Tình hình lao đông quý II năm 2026"),
                    ("", "Tình hình lao động quý II năm 2026 ."),
                ],
                None,
                Some("Tỉnh hình lao động quý II năm 2026"),
            ),
            (
                vec![
                    ("", "Tỉnh hình lao động quý II năm 2026"),
                    ("", "Tình hình lao đông quý II năm 2026"),
                    ("", "Tình hình lao động quý II năm 2026"),
                ],
                None,
                Some(II),
            ),
        ] {
            let said = agreed(readings.iter().map(|(n, t)| head(n, t)).collect());
            assert_eq!(said.number.as_deref(), number, "{readings:?}");
            assert_eq!(said.title.as_deref(), title, "{readings:?}");
        }
        let issuers = [
            "CÔNG TY CỔ PHẦN AN HƯNG",
            "CÔNG ĐOÀN CƠ SỞ CÔNG TY CO PHẦN AN HƯNG",
        ];
        let of = |issuer: &&str| Head {
            issuer: Some((*issuer).to_owned()),
            ..Head::default()
        };
        let said = agreed(vec![of(&issuers[0]), of(&issuers[1]), of(&issuers[0])]);
        assert_eq!(said.issuer.as_deref(), Some(issuers[1]));
    }

    #[test]
    fn where_the_time_is_over_that_is_said() {
        for kind in [FileKind::Pdf, FileKind::Jpg, FileKind::Png] {
            let mut none = Budget::new(Duration::ZERO);
            let read = recognised(kind, b"x", &mut none).unwrap();
            assert_eq!(
                (read.text.as_str(), read.note),
                ("", Some(Warning::SlowPicture)),
                "{kind}"
            );
        }
    }
}
