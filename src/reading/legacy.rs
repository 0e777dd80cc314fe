//! Vietnamese text from before Unicode: VISCII (RFC 1456), TCVN3 and VNI, and how to tell them.
//!
//! TCVN3 and VNI are encodings of fonts: to programs their text looks like Western European letters (`®oµn`, `ñoaøn`
//! for `đoàn`), whatever character set the document declares.

use std::collections::HashMap;
use std::sync::LazyLock;

use mail_parser::decoders::charsets::map::charset_decoder;
use regex::Regex;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::ground::text::{fold, fold_marks, nfc};

/// VISCII 1.1 from 0x80.
const VISCII: &str = "ẠẮẰẶẤẦẨẬẼẸẾỀỂỄỆỐỒỔỖỘỢỚỜỞỊỎỌỈỦŨỤỲÕắằặấầẩậẽẹếềểễệốồổỗỠƠộờởịỰỨỪỬơớƯÀÁÂÃẢĂẳẵÈÉÊẺÌÍĨỳĐứÒÓÔạỷừửÙÚỹỵÝỡưàáâãảăữẫèéêẻìíĩỉđựòóôõỏọụùúũủýợỮ";

/// TCVN 5712:1993 from 0xA1, as the fonts of TCVN3 (ABC) show it; `\0` where they show a bare mark.
const TCVN3: &str = "ĂÂÊÔƠƯĐăâêôơưđẶ\0\0\0\0\0àảãáạẲằẳẵắẴẮẦẨẪẤỀặầẩẫấậèỂẻẽéẹềểễếệìỉỄẾỒĩíịòỔỏõóọồổỗốộờởỡớợùỖủũúụừửữứựỳỷỹýỵỐ";

/// VNI: letters that a mark of their own follows, lower case.
const VNI_PAIRS: &str = "aùá aøà aûả aõã aïạ aêă aéắ aèằ aúẳ aüẵ aëặ aââ aáấ aàầ aåẩ aãẫ aäậ eùé eøè eûẻ eõẽ eïẹ eâê eáế eàề eåể eãễ eäệ \
où\u{f3} oøò oûỏ oõõ oïọ oâô oáố oàồ oåổ oãỗ oäộ ôùớ ôøờ ôûở ôõỡ ôïợ uùú uøù uûủ uõũ uïụ öùứ öøừ öûử öõữ öïự yùý yøỳ yûỷ yõỹ";

/// VNI: letters of their own, lower case.
const VNI_SINGLES: &str = "ôơ öư æỉ óĩ òị îỵ ñđ";

/// A syllable of Vietnamese without its marks.
static SYLLABLE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        "^(?:ngh|ng|nh|gh|gi|g|kh|k|ph|qu|q|th|tr|t|ch|c|b|d|h|l|m|n|p|r|s|v|x)?",
        "[aeiouy]{1,3}(?:ch|ng|nh|[cmnpt])?$"
    ))
    .expect("a valid pattern")
});

/// Bytes in a declared character set; `None` where nobody knows the set.
pub fn decode(charset: &str, bytes: &[u8]) -> Option<String> {
    let charset = charset.to_ascii_lowercase();
    match charset.as_str() {
        "viscii" | "csviscii" | "viscii1.1-1" => Some(viscii(bytes)),
        "tcvn" | "tcvn3" | "tcvn-5712" | "tcvn5712-1" | "tcvn5712-1:1993" | "x-viet-tcvn"
        | "x-viet-tcvn5712" => Some(tcvn3(bytes)),
        "us-ascii" | "ascii" | "unknown-8bit" | "x-unknown" | "" => Some(guess(bytes)),
        // A label of UTF-8 that is not true is corrected by a look at the bytes.
        "utf-8" | "utf8" if std::str::from_utf8(bytes).is_err() => Some(guess(bytes)),
        other => charset_decoder(other.as_bytes()).map(|decode| decode(bytes)),
    }
}

/// Bytes whose character set nobody declares: UTF-8 where they are that, else what makes the best Vietnamese, else
/// Western European.
pub fn guess(bytes: &[u8]) -> String {
    guess_or(bytes, windows(b"windows-1252"))
}

/// As [`guess`], with another reading for what is not Vietnamese.
pub(crate) fn guess_or(bytes: &[u8], fallback: impl Fn(&[u8]) -> String) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => return text.to_owned(),
        // Cut within a letter, by a limit on the length.
        Err(e) if e.error_len().is_none() && e.valid_up_to() > 0 => {
            return String::from_utf8_lossy(&bytes[..e.valid_up_to()]).into_owned();
        }
        Err(_) => {}
    }
    let other = fallback(bytes);
    let mut best = (plausible(&other).max(0), other);
    for text in [
        windows(b"windows-1258")(bytes),
        tcvn3(bytes),
        viscii(bytes),
        vni(&windows(b"windows-1252")(bytes)),
    ] {
        let score = plausible(&text);
        if score > best.0 {
            best = (score, text);
        }
    }
    if best.0 == 0
        && let Some(text) = of_two_bytes_a_letter(bytes)
    {
        return text;
    }
    best.1.nfc().collect()
}

/// Chinese or Japanese text, whose letters have two bytes each; `None` where the bytes do not make letters that are in
/// daily use there, and nothing else.
fn of_two_bytes_a_letter(bytes: &[u8]) -> Option<String> {
    /// A set, and whether two bytes are one of its common letters or signs.
    type Set = (&'static [u8], fn(u8, u8) -> bool);
    // The rows that each standard gives to the letters in use: GB 2312 level 1, Big5 level 1, JIS level 1 and kana.
    let sets: [Set; 3] = [
        (b"gb2312", |lead, trail| {
            matches!(lead, 0xA1..=0xA3 | 0xB0..=0xD7) && trail >= 0xA1
        }),
        (b"big5", |lead, trail| {
            matches!(lead, 0xA1..=0xC6) && matches!(trail, 0x40..=0x7E | 0xA1..=0xFE)
        }),
        (b"shift_jis", |lead, trail| {
            matches!(lead, 0x81..=0x83 | 0x88..=0x97) && matches!(trail, 0x40..=0x7E | 0x80..=0xFC)
        }),
    ];
    let all_common = |is_common: fn(u8, u8) -> bool| {
        let (mut rest, mut letters) = (bytes, 0);
        while let [first, after @ ..] = rest {
            rest = match after {
                _ if first.is_ascii() => after,
                [second, after @ ..] if is_common(*first, *second) => {
                    letters += 1;
                    after
                }
                _ => return false,
            };
        }
        letters >= 2
    };
    let (set, _) = sets.iter().find(|(_, is_common)| all_common(*is_common))?;
    let text = windows(set)(bytes);
    (!text.contains('\u{fffd}')).then_some(text)
}

/// The decoder of a character set that mail-parser knows.
fn windows(set: &'static [u8]) -> impl Fn(&[u8]) -> String {
    move |bytes| charset_decoder(set).map_or_else(String::new, |decode| decode(bytes))
}

/// Text of a font of TCVN3 or VNI in Unicode; `None` where it is not such a text.
pub fn converted(text: &str) -> Option<String> {
    let sample: String = text.chars().take(4_000).collect();
    // A name of a foreigner in a Vietnamese text must not turn the whole around.
    const ENOUGH: i32 = 4;
    if most_to_win(&sample) <= ENOUGH {
        return None;
    }
    let as_it_is = plausible(&sample);
    let tcvn = plausible(&from_tcvn3(&sample));
    let vni_score = plausible(&vni(&sample));
    let enough = |score: i32| score > 0 && score > as_it_is + ENOUGH;
    if enough(tcvn) && tcvn >= vni_score {
        Some(from_tcvn3(text))
    } else if enough(vni_score) {
        Some(vni(text))
    } else {
        None
    }
}

/// How much better a text may look at most after a conversion. That changes the letters and signs of Western Europe only
/// and leaves ASCII alone; a piece whose words are Vietnamese already wins nothing, and most texts have no other.
fn most_to_win(text: &str) -> i32 {
    let pieces = text.split(|c: char| c.is_ascii() && !c.is_ascii_alphabetic());
    let changed = pieces.filter(|piece| piece.contains(|c| matches!(c, '\u{a1}'..='\u{ff}')));
    changed
        .map(|piece| {
            let signs = piece.chars().filter(|c| !c.is_ascii() && !is_of_word(*c));
            let words = words(piece).count() + signs.count();
            2 * i32::try_from(words).unwrap_or(i32::MAX / 4) - plausible(piece)
        })
        .sum()
}

fn by_table(byte: u8, table: &str, from: u8) -> Option<char> {
    let at = byte.checked_sub(from)?;
    table.chars().nth(usize::from(at)).filter(|c| *c != '\0')
}

fn viscii(bytes: &[u8]) -> String {
    let letter = |b: &u8| match b {
        0x02 => 'Ẳ',
        0x05 => 'Ẵ',
        0x06 => 'Ẫ',
        0x14 => 'Ỷ',
        0x19 => 'Ỹ',
        0x1e => 'Ỵ',
        b => by_table(*b, VISCII, 0x80).unwrap_or(char::from(*b)),
    };
    bytes.iter().map(letter).collect()
}

fn tcvn3(bytes: &[u8]) -> String {
    let letter = |b: &u8| by_table(*b, TCVN3, 0xa1).unwrap_or(char::from(*b));
    bytes.iter().map(letter).collect()
}

/// TCVN3 in a text whose letters were taken for Western European ones.
fn from_tcvn3(text: &str) -> String {
    let letter = |c: char| {
        u8::try_from(u32::from(c))
            .ok()
            .and_then(|b| by_table(b, TCVN3, 0xa1))
            .unwrap_or(c)
    };
    text.chars().map(letter).collect()
}

/// VNI in a text whose letters were taken for Western European ones.
fn vni(text: &str) -> String {
    static PAIRS: LazyLock<Vec<(char, char, char)>> = LazyLock::new(|| {
        let mut pairs = Vec::new();
        for triple in VNI_PAIRS.split_whitespace() {
            let mut letters = triple.chars();
            if let (Some(base), Some(mark), Some(letter)) =
                (letters.next(), letters.next(), letters.next())
            {
                pairs.push((base, mark, letter));
                let upper = |c: char| c.to_uppercase().next().unwrap_or(c);
                // Capital letters take the mark in either case.
                pairs.push((upper(base), mark, upper(letter)));
                pairs.push((upper(base), upper(mark), upper(letter)));
            }
        }
        pairs
    });
    static SINGLES: LazyLock<Vec<(char, char)>> = LazyLock::new(|| {
        let mut singles = Vec::new();
        for pair in VNI_SINGLES.split_whitespace() {
            let mut letters = pair.chars();
            if let (Some(from), Some(to)) = (letters.next(), letters.next()) {
                singles.push((from, to));
                let upper = |c: char| c.to_uppercase().next().unwrap_or(c);
                singles.push((upper(from), upper(to)));
            }
        }
        singles
    });
    let letters: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let mut i = 0;
    while i < letters.len() {
        let pair = letters
            .get(i + 1)
            .and_then(|mark| PAIRS.iter().find(|p| p.0 == letters[i] && p.1 == *mark));
        if let Some((_, _, letter)) = pair {
            out.push(*letter);
            i += 2;
            continue;
        }
        let single = SINGLES.iter().find(|s| s.0 == letters[i]);
        out.push(single.map_or(letters[i], |s| s.1));
        i += 1;
    }
    out
}

/// How much a text looks like Vietnamese: marked syllables count for it, strange letters and signs against it.
fn plausible(text: &str) -> i32 {
    let text = nfc(text);
    let score: i32 = words(&text).map(worth).sum();
    let signs = text.chars().filter(|c| {
        matches!(c, '\u{80}'..='\u{bf}') && !matches!(c, '\u{a0}' | '«' | '»' | '°' | '·')
            || *c == '\u{fffd}'
    });
    score - 3 * i32::try_from(signs.count()).unwrap_or(i32::MAX / 4)
}

/// The words of a text that are not of ASCII alone.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split(|c: char| !is_of_word(c));
    words.filter(|word| !word.is_ascii())
}

fn is_of_word(c: char) -> bool {
    c.is_alphabetic() || is_combining_mark(c)
}

/// What a word (NFC) counts for or against Vietnamese.
fn worth(word: &str) -> i32 {
    let bare = bare(word);
    if bare.as_deref().is_some_and(|bare| is_syllable(word, bare)) {
        2
    } else if bare.is_none() || fold(word).contains(['a', 'e', 'i', 'o', 'u', 'y']) {
        -3
    } else {
        0 // an abbreviation: LĐLĐ
    }
}

/// Whether a word, whose letters without their marks are `bare`, is one syllable of Vietnamese.
fn is_syllable(word: &str, bare: &str) -> bool {
    // In capital and small letters mixed within a word a wrong table shows.
    let mut rest = word.chars().skip(1);
    let one_case = rest.clone().all(char::is_lowercase) || rest.all(char::is_uppercase);
    let tones = word.chars().filter(|c| letter(*c).is_some_and(|l| l.tone));
    one_case && SYLLABLE.is_match(bare) && tones.count() <= 1
}

/// A word (NFC) in small letters without marks; `None` where not every letter is one of the Vietnamese alphabet.
fn bare(word: &str) -> Option<String> {
    word.chars().map(|c| Some(letter(c)?.bare)).collect()
}

/// A letter of the Vietnamese alphabet.
#[derive(Clone, Copy)]
struct Letter {
    /// Small, without its marks.
    bare: char,
    /// Whether it has a tone.
    tone: bool,
}

/// What a letter (NFC) of the Vietnamese alphabet is, in either case; `None` for any other.
fn letter(c: char) -> Option<Letter> {
    const MARKED: &str = "ăâđêôơưàảãáạằẳẵắặầẩẫấậèẻẽéẹềểễếệìỉĩíịòỏõóọồổỗốộờởỡớợùủũúụừửữứựỳỷỹýỵ";
    static LETTERS: LazyLock<HashMap<char, Letter>> = LazyLock::new(|| {
        let both = MARKED.chars().flat_map(|c| c.to_uppercase().chain([c]));
        let known = both.filter_map(|c| {
            let is_tone =
                |c| matches!(c, '\u{300}' | '\u{301}' | '\u{303}' | '\u{309}' | '\u{323}');
            let tone = std::iter::once(c).nfd().any(is_tone);
            let bare = fold_marks(c.encode_utf8(&mut [0; 4])).chars().next()?;
            Some((c, Letter { bare, tone }))
        });
        known.collect()
    });
    match c {
        c if c.is_ascii_alphabetic() => Some(Letter {
            bare: c.to_ascii_lowercase(),
            tone: false,
        }),
        c => LETTERS.get(&c).copied(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The bytes of a text in an encoding that has one byte for each letter.
    fn encode(text: &str, table: &str, from: u8) -> Vec<u8> {
        text.chars()
            .map(|c| match table.chars().position(|t| t == c) {
                Some(i) => from + u8::try_from(i).unwrap(),
                None => u8::try_from(u32::from(c)).unwrap(),
            })
            .collect()
    }

    #[test]
    fn undeclared_bytes_become_the_vietnamese_that_they_are() {
        let name = "Báo cáo công đoàn 6 tháng đầu năm.doc";
        let viscii = encode(name, VISCII, 0x80);
        let tcvn = encode(name, TCVN3, 0xa1);
        // windows-1258: base letters and combining marks
        let cp1258 = b"B\xe1o c\xe1o c\xf4ng \xf0o\xe0n 6 th\xe1ng \xf0\xe2\xccu n\xe3m.doc";
        assert_eq!(guess(name.as_bytes()), name);
        assert_eq!(guess(&viscii), name);
        assert_eq!(guess(&tcvn), name);
        assert_eq!(guess(cp1258), name);
        assert_eq!(guess(b"r\xe9sum\xe9.doc"), "résumé.doc");
    }

    #[test]
    fn undeclared_bytes_of_two_a_letter_become_chinese_and_japanese() {
        for (bytes, name) in [
            // GB 2312
            (&b"\xb9\xa4\xd7\xf7\xb1\xa8\xb8\xe6.doc"[..], "工作报告.doc"),
            (
                b"2026\xc4\xea6\xd4\xc2\xcd\xb3\xbc\xc6\xb1\xed.xls",
                "2026年6月统计表.xls",
            ),
            (b"\xb9\xa4\xbb\xe1\xd7\xdc\xbd\xe1.pdf", "工会总结.pdf"),
            // Big5
            (b"\xa4u\xa7@\xb3\xf8\xa7i.doc", "工作報告.doc"),
            (
                b"2026\xa6~6\xa4\xeb\xb2\xce\xadp\xaa\xed.xls",
                "2026年6月統計表.xls",
            ),
            // Shift-JIS
            (b"\x95\xf1\x8d\x90\x8f\x91.doc", "報告書.doc"),
            (b"\x83\x8c\x83|\x81[\x83g6\x8c\x8e.pdf", "レポート6月.pdf"),
        ] {
            assert_eq!(guess(bytes), name);
        }
        // Western European and Vietnamese letters side by side are no pairs.
        for (bytes, name) in [
            (&b"na\xefve \xe9t\xe9.doc"[..], "naïve été.doc"),
            (b"\xc4\xd6\xdc.doc", "ÄÖÜ.doc"),
            (b"gr\xf6\xdfe.doc", "größe.doc"),
            (b"L\xd0L\xd0.doc", "LÐLÐ.doc"),
        ] {
            assert_eq!(guess(bytes), name);
        }
    }

    #[test]
    fn declared_sets_are_taken_at_their_word_unless_the_bytes_deny_it() {
        let name = "Kế hoạch.doc";
        assert_eq!(decode("VISCII", &encode(name, VISCII, 0x80)).unwrap(), name);
        assert_eq!(
            decode("x-viet-tcvn", &encode(name, TCVN3, 0xa1)).unwrap(),
            name
        );
        assert_eq!(decode("us-ascii", name.as_bytes()).unwrap(), name);
        assert_eq!(decode("utf-8", &encode(name, TCVN3, 0xa1)).unwrap(), name);
        assert_eq!(decode("no-such-set", b"x"), None);
    }

    #[test]
    fn text_of_old_fonts_is_converted_and_other_text_is_left_alone() {
        assert_eq!(
            converted("C«ng ®oµn ngµnh Gi¸o dôc b¸o c¸o kÕt qu¶ c«ng t¸c trÎ em").unwrap(),
            "Công đoàn ngành Giáo dục báo cáo kết quả công tác trẻ em"
        );
        assert_eq!(
            converted("Coâng ñoaøn ngaønh Giaùo duïc baùo caùo keát quaû coâng taùc treû em, LIEÂN ÑOAØN LAO ÑOÄNG")
                .unwrap(),
            "Công đoàn ngành Giáo dục báo cáo kết quả công tác trẻ em, LIÊN ĐOÀN LAO ĐỘNG"
        );
        for text in [
            "Công đoàn ngành Giáo dục",
            "Résumé für Müller, São Paulo",
            "plain ASCII",
            "Đồng chí Müller gửi báo cáo của Liên đoàn Lao động",
        ] {
            assert_eq!(converted(text), None, "{text}");
        }
    }

    #[test]
    fn only_what_is_not_vietnamese_already_has_anything_to_win_by_a_conversion() {
        for (text, most) in [
            ("plain ASCII", 0),
            ("«nháy»", 2 + 2),
            (
                "Số: 57/BC-LĐLĐ – Đông Hòa, ngày 12 tháng 6 năm 2026: ĐÀO VĂN Á",
                0,
            ),
            ("công/đoàn cơ sở", 0),
            ("cô®ng", 2 * 2 + 3 - 2),
            ("Müller", 2 + 3),
        ] {
            assert_eq!(most_to_win(text), most, "{text}");
        }
        let old = "C«ng ®oµn ngµnh Gi¸o dôc";
        let wins = plausible(&from_tcvn3(old)) - plausible(old);
        assert!(wins > 0 && wins <= most_to_win(old), "{wins}");
    }

    #[test]
    fn every_letter_of_the_alphabet_survives_viscii() {
        let all: String = VISCII.chars().collect();
        assert_eq!(viscii(&encode(&all, VISCII, 0x80)), all);
        assert_eq!(VISCII.chars().count(), 128);
        assert_eq!(TCVN3.chars().count(), 95);
    }
}
