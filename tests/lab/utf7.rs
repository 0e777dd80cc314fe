//! Names of folders as IMAP writes them (modified UTF-7, RFC 3501, 5.1.3), bit by bit: another way than that of the
//! program that is tested.

const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";

/// A name for the wire.
pub fn encoded(name: &str) -> String {
    let (mut wire, mut shifted) = (String::new(), Vec::new());
    for c in name.chars() {
        match c {
            ' '..='~' => {
                shift(&mut shifted, &mut wire);
                wire.push(c);
                if c == '&' {
                    wire.push('-');
                }
            }
            _ => shifted.extend_from_slice(c.encode_utf16(&mut [0; 2])),
        }
    }
    shift(&mut shifted, &mut wire);
    wire
}

fn shift(shifted: &mut Vec<u16>, wire: &mut String) {
    if shifted.is_empty() {
        return;
    }
    let units = shifted.drain(..);
    let bits: Vec<u16> = units
        .flat_map(|unit| (0..16).rev().map(move |bit| unit >> bit & 1))
        .collect();
    wire.push('&');
    for six in bits.chunks(6) {
        let value = six.iter().fold(0, |value, bit| value << 1 | bit) << (6 - six.len());
        wire.push(char::from(LETTERS[usize::from(value)]));
    }
    wire.push('-');
}

/// A name from the wire.
pub fn decoded(wire: &str) -> String {
    let (mut name, mut rest) = (String::new(), wire);
    while let Some((plain, after)) = rest.split_once('&') {
        name += plain;
        let (shifted, after) = after.split_once('-').expect("a shift ends");
        let place = |letter| LETTERS.iter().position(|l| *l == letter);
        let bits: Vec<u16> = shifted
            .bytes()
            .map(|letter| place(letter).expect("a letter of base64") as u16)
            .flat_map(|value| (0..6).rev().map(move |bit| value >> bit & 1))
            .collect();
        let units: Vec<u16> = bits
            .chunks_exact(16)
            .map(|unit| unit.iter().fold(0, |value, bit| value << 1 | bit))
            .collect();
        match shifted {
            "" => name.push('&'),
            _ => name += &String::from_utf16(&units).expect("whole letters"),
        }
        rest = after;
    }
    name + rest
}

#[test]
fn names_are_written_as_the_standard_does() {
    for (name, wire) in [
        ("INBOX", "INBOX"),
        ("~peter/mail/台北/日本語", "~peter/mail/&U,BTFw-/&ZeVnLIqe-"), // the example of RFC 3501
        ("Báo cáo", "B&AOE-o c&AOE-o"),
        ("R&D", "R&-D"),
        ("&", "&-"),
        ("Thư rác 📁", "Th&AbA- r&AOE-c &2D3cwQ-"),
        ("Đã gửi", "&ARAA4w- g&Hu0-i"),
        ("", ""),
    ] {
        assert_eq!(encoded(name), wire);
        assert_eq!(decoded(wire), name);
    }
}
