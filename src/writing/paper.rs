//! The frame of an official document (thể thức văn bản) in the layout of Nghị định 30/2020/NĐ-CP, annex I: what stands above
//! and below the text of a letter or a report, and above an annex. Number, date and signature are left for those who sign.

use super::word::{Block, Cell, Paragraph, SIZE, Table, WIDTH};
use crate::config::official::Official;

/// What kind of document it is.
pub(super) enum Kind<'k> {
    /// Công văn, with what it is about.
    Letter(&'k str),
    /// A draft of a báo cáo, with what it is about, a line each.
    DraftReport(&'k [String]),
}

/// Points: the size of the letters of issuing body, country and title.
const HEAD_SIZE: f64 = 12.0;
const NUMBER_SIZE: f64 = 13.0;
/// Millimetres: what of the width the issuing body takes.
const LEFT: f64 = 74.0;
/// Lines for a signature and a seal.
const SIGNATURE: usize = 4;

/// What stands above the text.
pub(super) fn head(official: &Official, kind: &Kind<'_>) -> Vec<Block> {
    let capitals = |text: &str| {
        Paragraph::new(text.to_uppercase())
            .size(HEAD_SIZE)
            .centred()
    };
    let superior = official.superior.iter().flat_map(|name| balanced(name));
    let mut left: Vec<Paragraph> = superior.map(|line| capitals(&line)).collect();
    let issuer = balanced(&official.issuer).into_iter();
    left.extend(issuer.map(|line| capitals(&line).bold()));
    left.push(Paragraph::rule(24.0)); // a third to half of the line
    let right = vec![
        capitals("Cộng hòa xã hội chủ nghĩa Việt Nam").bold(),
        Paragraph::new("Độc lập - Tự do - Hạnh phúc")
            .size(13.0)
            .bold()
            .centred(),
        Paragraph::rule(16.5), // as long as the line
    ];
    let symbol = match (kind, &official.symbol) {
        (Kind::Letter(_), Some(symbol)) => symbol,
        (Kind::Letter(_), None) => "……",
        (Kind::DraftReport(_), _) => "BC-……",
    };
    let number = Paragraph::new(format!("Số: ……/{symbol}"))
        .size(NUMBER_SIZE)
        .centred();
    let place = official.place.as_deref().unwrap_or("……");
    let date = Paragraph::new(format!("{place}, ngày … tháng … năm ……"));
    let mut below = vec![number];
    match kind {
        Kind::Letter(about) => below.push(
            Paragraph::new(format!("V/v {about}"))
                .size(NUMBER_SIZE)
                .centred()
                .spaced(6.0, 0.0),
        ),
        Kind::DraftReport(_) => below.push(
            Paragraph::new("DỰ THẢO")
                .size(NUMBER_SIZE)
                .bold()
                .centred()
                .spaced(6.0, 0.0),
        ),
    }
    let date = vec![date.size(NUMBER_SIZE).italic().centred()];
    let mut head = vec![
        columns([LEFT, WIDTH - LEFT], [[left, right], [below, date]]),
        Paragraph::default().into(),
    ];
    if let Kind::DraftReport(about) = kind {
        head.push(Paragraph::new("BÁO CÁO").bold().centred().into());
        let lines = about
            .iter()
            .map(|line| Paragraph::new(line).bold().centred().into());
        head.extend(lines);
        head.push(Paragraph::rule(60.0).into());
        head.push(Paragraph::default().into());
    }
    head
}

/// In so many capitals the name of a body stands on one line.
const ONE_LINE: usize = 27;

/// The name of a body on one line or, where it is too long, on two: the place on the second, else what makes both about as
/// long.
fn balanced(name: &str) -> Vec<String> {
    let letters = name.chars().count();
    if letters <= ONE_LINE {
        return vec![name.to_owned()];
    }
    let spaces = || name.match_indices(' ').map(|(at, _)| at);
    let of_place = |at: &usize| {
        let rest = name[at + 1..].to_lowercase();
        ["tỉnh ", "thành phố ", "việt nam"]
            .iter()
            .any(|word| rest.starts_with(word))
    };
    let uneven = |at: &usize| name[..*at].chars().count().abs_diff(letters / 2);
    let at = spaces()
        .find(of_place)
        .or_else(|| spaces().min_by_key(uneven));
    match at {
        Some(at) => vec![name[..at].to_owned(), name[at + 1..].to_owned()],
        None => vec![name.to_owned()],
    }
}

/// Whom a letter is for.
pub(super) fn addressed_to(whom: &str) -> Block {
    Paragraph::new(format!("Kính gửi: {whom}."))
        .centred()
        .spaced(0.0, 12.0)
        .into()
}

/// What stands below the text; `copies`: who gets it, beside whom it is for.
pub(super) fn foot(official: &Official, copies: &[String]) -> Vec<Block> {
    let small = |text: String| Paragraph::new(text).size(11.0);
    let mut left = vec![Paragraph::new("Nơi nhận:").size(HEAD_SIZE).bold().italic()];
    for (n, whom) in (1..).zip(copies) {
        let end = if n == copies.len() { '.' } else { ';' };
        left.push(small(format!("- {whom}{end}")));
    }
    let right = official.signed_by.iter();
    let mut right: Vec<Paragraph> = right
        .map(|line| Paragraph::new(line).bold().centred())
        .collect();
    right.extend(vec![Paragraph::default(); SIGNATURE]);
    vec![
        Paragraph::default().into(),
        columns([LEFT + 6.0, WIDTH - LEFT - 6.0], [[left, right]]),
    ]
}

/// What stands above an annex: what it is on, and lines that say more.
pub(super) fn annex(what: &str, lines: &[String]) -> Vec<Block> {
    let mut head = vec![
        Paragraph::new("PHỤ LỤC").bold().centred().kept().into(),
        Paragraph::new(what.to_uppercase())
            .bold()
            .centred()
            .kept()
            .into(),
    ];
    let lines = lines
        .iter()
        .map(|line| Paragraph::new(line).italic().centred().kept().into());
    head.extend(lines);
    head.push(Paragraph::default().kept().into());
    head
}

/// A paragraph of the text.
pub(super) fn text(text: impl Into<String>) -> Paragraph {
    Paragraph::new(text).size(SIZE).body()
}

/// Rows of two columns without lines.
fn columns<const N: usize>(widths: [f64; 2], rows: [[Vec<Paragraph>; 2]; N]) -> Block {
    let cell = |paragraphs| Cell {
        paragraphs,
        span: 1,
    };
    let rows = rows.map(|row| row.map(cell).to_vec());
    Block::Table(Table {
        widths: widths.to_vec(),
        head: 0,
        rows: rows.to_vec(),
        ruled: false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_name_is_broken_before_its_place_else_in_the_middle() {
        for (name, lines) in [
            ("Công đoàn Viên chức", &["Công đoàn Viên chức"][..]),
            (
                "Liên đoàn Lao động tỉnh Phú Yên",
                &["Liên đoàn Lao động", "tỉnh Phú Yên"],
            ),
            (
                "Tổng Liên đoàn Lao động Việt Nam",
                &["Tổng Liên đoàn Lao động", "Việt Nam"],
            ),
            (
                "Công đoàn Nông nghiệp và Phát triển nông thôn",
                &["Công đoàn Nông nghiệp", "và Phát triển nông thôn"],
            ),
        ] {
            assert_eq!(balanced(name), lines);
        }
    }
}
