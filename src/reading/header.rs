//! Header fields as senders really write them: encoded words that split letters, parameters in three dresses,
//! bare 8-bit text.
//!
//! mail-parser decodes each encoded word on its own, so a letter that is split across two of them is lost.

use std::borrow::Cow;
use std::sync::LazyLock;

use mail_parser::{Message, MessagePart};
use regex::bytes::{Captures, Regex};
use unicode_normalization::UnicodeNormalization;

use super::legacy;

/// An encoded word (RFC 2047, section 2), its language (RFC 2231, section 5) passed over.
static WORD: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?-u)=\?([!-)+->@-~]+?)(?:\*[!->@-~]*)?\?([BbQq])\?([^?]*)\?=")
        .expect("a valid pattern")
});

/// The Content-Transfer-Encoding among the fields of a mail or of one of its parts: what stands before its value, and
/// the value with the lines that continue it.
static TRANSFER_ENCODING: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?mi-u)((?:\A|^--[^\n]+\n)(?:[^\r\n][^\n]*\n)*?Content-Transfer-Encoding[ \t]*:)([^\r\n]*(?:\r?\n[ \t][^\r\n]*)*)",
    )
    .expect("a valid pattern")
});

/// The same wherever it stands, its value alone. What has no repetition before the name is found fast.
static TRANSFER_ENCODING_ANYWHERE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i-u)Content-Transfer-Encoding[ \t]*:([^\r\n]*(?:\r?\n[ \t][^\r\n]*)*)")
        .expect("a valid pattern")
});

/// A mail whose parts declare their transfer encoding plainly. Around the word there may be comments and white space
/// (RFC 2045, 6.1; RFC 5322, 3.2.2), and some programs quote it or end it with a semicolon, while mail-parser knows the
/// bare word only and takes what is encoded for the file itself.
pub(crate) fn with_plain_encodings(raw: &[u8]) -> Cow<'_, [u8]> {
    // Where it is the field of a part is looked for only where some value is odd: hardly ever, and a mail is long.
    let mut named = TRANSFER_ENCODING_ANYWHERE.captures_iter(raw);
    if !named.any(|found| plain_encoding(&found[1]).is_some()) {
        return Cow::Borrowed(raw);
    }
    TRANSFER_ENCODING.replace_all(raw, |found: &Captures<'_>| {
        let plain = plain_encoding(&found[2]);
        match plain {
            Some(plain) => [&found[1], b" ", plain].concat(),
            None => found[0].to_vec(),
        }
    })
}

/// The encoding that a value names in another way than by the word alone.
fn plain_encoding(value: &[u8]) -> Option<&'static [u8]> {
    let mut depth = 0_usize;
    let mut word = Vec::new();
    for byte in value.to_ascii_lowercase() {
        match byte {
            b'(' => depth += 1,
            b')' => depth = depth.saturating_sub(1),
            _ if depth > 0 || byte.is_ascii_whitespace() || matches!(byte, b'"' | b'\'' | b';') => {
            }
            _ => word.push(byte),
        }
    }
    let known: [&[u8]; 2] = [b"base64", b"quoted-printable"];
    let named = known.into_iter().find(|known| **known == *word)?;
    (!value.trim_ascii().eq_ignore_ascii_case(named)).then_some(named)
}

/// The raw value of a part's header, unfolded; `None` where it has no such header.
pub fn raw(message: &Message<'_>, part: &MessagePart<'_>, name: &str) -> Option<Vec<u8>> {
    let header = part
        .headers
        .iter()
        .find(|h| h.name().eq_ignore_ascii_case(name))?;
    let bytes = message
        .raw_message
        .get(header.offset_start as usize..header.offset_end as usize)?;
    Some(unfolded(bytes))
}

/// A value without its line breaks (RFC 5322, 2.2.3).
fn unfolded(value: &[u8]) -> Vec<u8> {
    let kept = value.iter().filter(|b| !matches!(b, b'\r' | b'\n'));
    let value: Vec<u8> = kept.map(|b| if *b == b'\t' { b' ' } else { *b }).collect();
    value.trim_ascii().to_vec()
}

/// A text with encoded words decoded, NFC. Words of one character set that follow each other are put together before
/// they are decoded, as a letter may be split across them.
pub fn text(value: &[u8]) -> String {
    let mut out = String::new();
    let mut pending: Option<(String, Vec<u8>)> = None;
    let mut unfinished: Vec<u8> = Vec::new();
    let mut end = 0;
    let flush = |pending: &mut Option<(String, Vec<u8>)>, out: &mut String| {
        if let Some((charset, bytes)) = pending.take() {
            out.push_str(
                &legacy::decode(&charset, &bytes).unwrap_or_else(|| legacy::guess(&bytes)),
            );
        }
    };
    for word in WORD.captures_iter(value) {
        let whole = word.get(0).expect("a match has a whole");
        let between = &value[end..whole.start()];
        let charset = String::from_utf8_lossy(&word[1]).to_ascii_lowercase();
        // White space between encoded words is not part of the text (RFC 2047, 6.2).
        if pending.is_none() || !between.trim_ascii().is_empty() {
            flush(&mut pending, &mut out);
            unfinished.clear();
            out.push_str(&legacy::guess(between));
        }
        if pending.as_ref().is_some_and(|(set, _)| *set != charset) {
            flush(&mut pending, &mut out);
        }
        let is_base64 = word[2].eq_ignore_ascii_case(b"b");
        let bytes = if is_base64 {
            // Some senders cut the base64 text itself.
            let mut encoded = std::mem::take(&mut unfinished);
            encoded.extend(word[3].iter().filter(|b| !b.is_ascii_whitespace()));
            let padded = encoded.ends_with(b"=");
            let surplus = if padded { 0 } else { encoded.len() % 4 };
            let more = WORD
                .find_at(value, whole.end())
                .is_some_and(|next| value[whole.end()..next.start()].trim_ascii().is_empty());
            if surplus > 0 && more {
                unfinished = encoded.split_off(encoded.len() - surplus);
            }
            base64(&encoded)
        } else {
            quoted(&word[3])
        };
        pending
            .get_or_insert_with(|| (charset, Vec::new()))
            .1
            .extend(bytes);
        end = whole.end();
    }
    flush(&mut pending, &mut out);
    out.push_str(&legacy::guess(&value[end..]));
    out.nfc().collect()
}

/// Base64 with or without its padding.
pub fn base64(encoded: &[u8]) -> Vec<u8> {
    let mut encoded = encoded.to_vec();
    while !encoded.len().is_multiple_of(4) {
        encoded.push(b'=');
    }
    mail_parser::decoders::base64::base64_decode(&encoded).unwrap_or_default()
}

/// The encoding Q (RFC 2047, 4.2).
fn quoted(encoded: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(encoded.len());
    let mut i = 0;
    while i < encoded.len() {
        let hex = encoded.get(i + 1..i + 3).and_then(hex_byte);
        match (encoded[i], hex) {
            (b'=', Some(byte)) => {
                out.push(byte);
                i += 2;
            }
            (b'_', _) => out.push(b' '),
            (byte, _) => out.push(byte),
        }
        i += 1;
    }
    out
}

fn hex_byte(two: &[u8]) -> Option<u8> {
    let digits = std::str::from_utf8(two).ok()?;
    u8::from_str_radix(digits, 16).ok()
}

/// The name of a part's file, as its sender meant it: out of `filename*`, `filename` and `name`, whichever is decoded
/// best. Empty where there is none.
pub fn file_name(message: &Message<'_>, part: &MessagePart<'_>) -> String {
    let mut candidates = Vec::new();
    for (header, parameter) in [
        ("Content-Disposition", "filename"),
        ("Content-Type", "name"),
    ] {
        if let Some(value) = raw(message, part, header) {
            candidates.extend(parameter_values(&value, parameter));
        }
    }
    // Of names for the same file the one with the most letters that are right: some senders write the same name
    // once well and once as `B?o c?o`.
    let faults = |name: &String| {
        let lost = name.chars().filter(|c| *c == '\u{fffd}').count();
        let asked = name.chars().filter(|c| *c == '?').count();
        (lost > 0, asked > 0, name.is_ascii())
    };
    candidates.retain(|n| !n.trim().is_empty());
    candidates
        .into_iter()
        .min_by_key(faults)
        .unwrap_or_default()
}

/// The values that a header gives to a parameter: continued and encoded (RFC 2231), with encoded words (which RFC 2047
/// forbids and everybody writes), bare 8-bit.
pub fn parameter_values(header: &[u8], wanted: &str) -> Vec<String> {
    let mut sections: Vec<(u32, bool, Vec<u8>)> = Vec::new();
    let mut plain: Option<Vec<u8>> = None;
    for (name, value) in parameters(header) {
        let Some(rest) = name.strip_prefix(wanted) else {
            continue;
        };
        if rest.is_empty() {
            plain.get_or_insert(value);
            continue;
        }
        let Some(rest) = rest.strip_prefix('*') else {
            continue; // another parameter
        };
        let (number, encoded) = match rest.strip_suffix('*') {
            Some(number) => (number, true),
            None => (rest, rest.is_empty()),
        };
        if number.is_empty() {
            sections.push((0, true, value));
        } else if let Ok(number) = number.parse() {
            sections.push((number, encoded, value));
        }
    }
    let mut values = Vec::new();
    if !sections.is_empty() {
        sections.sort_by_key(|s| s.0);
        let mut charset = String::new();
        let mut bytes = Vec::new();
        for (i, (_, encoded, value)) in sections.iter().enumerate() {
            let mut value = value.as_slice();
            if *encoded && i == 0 {
                let mut parts = value.splitn(3, |b| *b == b'\'');
                if let (Some(set), Some(_), Some(rest)) = (parts.next(), parts.next(), parts.next())
                {
                    charset = String::from_utf8_lossy(set).into_owned();
                    value = rest;
                }
            }
            bytes.extend(if *encoded {
                percent(value)
            } else {
                value.to_vec()
            });
        }
        // Some senders put encoded words into RFC 2231's dress.
        values.push(if WORD.is_match(&bytes) {
            text(&bytes)
        } else {
            let decoded = legacy::decode(&charset, &bytes);
            let decoded = decoded.unwrap_or_else(|| legacy::guess(&bytes));
            decoded.nfc().collect()
        });
    }
    values.extend(plain.map(|v| text(&v)));
    values
}

fn percent(encoded: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(encoded.len());
    let mut i = 0;
    while i < encoded.len() {
        match encoded.get(i + 1..i + 3).and_then(hex_byte) {
            Some(byte) if encoded[i] == b'%' => {
                out.push(byte);
                i += 3;
            }
            _ => {
                out.push(encoded[i]);
                i += 1;
            }
        }
    }
    out
}

/// The parameters after a header's first `;`, names in lower case.
fn parameters(header: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    let Some(first) = header.iter().position(|b| *b == b';') else {
        return found;
    };
    let mut rest = &header[first + 1..];
    while let Some(equals) = rest.iter().position(|b| *b == b'=') {
        let name = &rest[..equals];
        let name = name.rsplit(|b| *b == b';').next().unwrap_or(name);
        let name = String::from_utf8_lossy(name.trim_ascii()).to_ascii_lowercase();
        rest = rest[equals + 1..].trim_ascii_start();
        let mut value = Vec::new();
        if let Some(quoted) = rest.strip_prefix(b"\"") {
            let mut i = 0;
            while i < quoted.len() && quoted[i] != b'"' {
                // Windows programs write paths with single backslashes; only a quote or backslash is escaped.
                if quoted[i] == b'\\' && matches!(quoted.get(i + 1), Some(b'"' | b'\\')) {
                    i += 1;
                }
                value.push(quoted[i]);
                i += 1;
            }
            rest = quoted.get(i + 1..).unwrap_or_default();
            let next = rest.iter().position(|b| *b == b';');
            rest = next.map_or(&[][..], |n| &rest[n + 1..]);
        } else {
            let end = rest.iter().position(|b| *b == b';').unwrap_or(rest.len());
            value.extend_from_slice(rest[..end].trim_ascii_end());
            rest = rest.get(end + 1..).unwrap_or_default();
        }
        found.push((name, value));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(header: &[u8]) -> Vec<String> {
        parameter_values(header, "filename")
    }

    #[test]
    fn a_transfer_encoding_is_understood_with_whatever_stands_around_it() {
        for (value, plain) in [
            (" base64", None),
            (" BASE64\t", None),
            (" 8bit", None),
            (" x-uuencode", None),
            (" base64, 8bit", None),
            ("", None),
            (" base64 (x)", Some("base64")),
            (" (a (b)) Base64\r\n (folded)", Some("base64")),
            ("base64;", Some("base64")),
            (" \"base64\"", Some("base64")),
            (" 'quoted-printable' ;", Some("quoted-printable")),
        ] {
            let plain: Option<&str> = plain;
            let found = plain_encoding(value.as_bytes());
            assert_eq!(found, plain.map(str::as_bytes), "{value:?}");
        }
        let odd = "Subject: a\r\nContent-transfer-encoding: base64 (x)\r\n\r\n\
            --b\r\nX: y\r\nContent-Transfer-Encoding: \"base64\"\r\nZ: z\r\n\r\n\
            Content-Transfer-Encoding: base64;\r\n";
        let plain = "Subject: a\r\nContent-transfer-encoding: base64\r\n\r\n\
            --b\r\nX: y\r\nContent-Transfer-Encoding: base64\r\nZ: z\r\n\r\n\
            Content-Transfer-Encoding: base64;\r\n";
        let found = with_plain_encodings(odd.as_bytes());
        assert_eq!(String::from_utf8_lossy(&found), plain);
    }

    #[test]
    fn a_letter_split_across_encoded_words_is_whole_again() {
        // "Báo cáo" cut within the bytes of "á", and base64 text cut within its groups of four
        assert_eq!(text(b"=?utf-8?Q?B=C3?= =?utf-8?Q?=A1o?= c"), "Báo c");
        assert_eq!(text(b"=?UTF-8?B?QsM=?=  =?UTF-8?B?oW8=?="), "Báo");
        assert_eq!(
            text(b"=?UTF-8?B?QsOhbyBjw6?= =?UTF-8?B?FvIDU3?="),
            "Báo cáo 57"
        );
        assert_eq!(text(b"=?utf-8*vi?Q?B=C3=A1o_c=C3=A1o?="), "Báo cáo");
        assert_eq!(
            text(b"Re: =?windows-1258?Q?B=E1o_c=E1o?= 57"),
            "Re: Báo cáo 57"
        );
        assert_eq!(text("Báo cáo tháng 5".as_bytes()), "Báo cáo tháng 5");
    }

    #[test]
    fn names_come_out_of_every_dress() {
        assert_eq!(
            names(b"attachment; filename*0*=utf-8''B%C3%A1o%20c%C3; filename*1*=%A1o; filename*2=\".docx\""),
            ["Báo cáo.docx"]
        );
        assert_eq!(
            names(
                b"attachment; filename=\"B?o c?o.docx\"; filename*=UTF-8''B%C3%A1o%20c%C3%A1o.docx"
            ),
            ["Báo cáo.docx", "B?o c?o.docx"]
        );
        assert_eq!(
            names(b"attachment; filename=\"=?utf-8?B?QsOhbyBjw6FvLmRvY3g=?=\""),
            ["Báo cáo.docx"]
        );
        assert_eq!(
            names("attachment; filename=Báo cáo 57.docx; size=3".as_bytes()),
            ["Báo cáo 57.docx"]
        );
        assert_eq!(
            names(b"attachment; filename=\"C:\\Bao cao\\57 \\\"moi\\\".docx\""),
            ["C:\\Bao cao\\57 \"moi\".docx"]
        );
        assert_eq!(
            names(b"attachment; filename*=utf-8''=?utf-8?Q?B=C3=A1o.docx?="),
            ["Báo.docx"]
        );
        assert_eq!(names(b"attachment; xfilename=a; filename"), [""; 0]);
    }

    #[test]
    fn broken_parameters_break_nothing() {
        for header in [
            &b"attachment; filename=\"never ends"[..],
            b"attachment; filename*9999999999999*=x; filename*=''",
            b";;;===;\"\";=\"",
            b"attachment; filename*0*=utf-8'vi",
            b"=?utf-8?B?????=; =?x?Q?=?=",
        ] {
            let _ = parameter_values(header, "filename");
            let _ = text(header);
        }
    }
}
