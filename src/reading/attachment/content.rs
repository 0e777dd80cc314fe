//! The bytes of a part, where mail-parser does not give them as they were sent: it turns whatever claims to be text into
//! UTF-8, and loses the tail of base64 without padding.

use std::borrow::Cow;

use mail_parser::{Encoding, Message, MessagePart, MimeHeaders, PartType};

use super::super::header;
use super::uuencode;

/// The bytes of a part as its sender's program read them from the disk.
pub(super) fn of<'m>(message: &'m Message<'_>, part: &'m MessagePart<'_>) -> Cow<'m, [u8]> {
    let is_text = matches!(part.body, PartType::Text(_) | PartType::Html(_));
    let (from, to) = (part.offset_body as usize, part.offset_end as usize);
    let Some(raw) = message.raw_message.get(from..to) else {
        return Cow::Borrowed(part.contents());
    };
    // Where base64 is broken, mail-parser takes the part for one without an encoding.
    let is_base64 = part
        .content_transfer_encoding()
        .is_some_and(|e| e.trim().eq_ignore_ascii_case("base64"));
    // What old programs sent so, which mail-parser does not know (RFC 2045 leaves room for it).
    let is_uuencoded = part.content_transfer_encoding().is_some_and(|e| {
        let names = ["x-uuencode", "uuencode", "x-uue"];
        names.iter().any(|n| e.trim().eq_ignore_ascii_case(n))
    });
    if is_uuencoded && let Some((_, content)) = uuencode::files(&String::from_utf8_lossy(raw)).pop()
    {
        return Cow::Owned(content);
    }
    match part.encoding {
        _ if is_base64 && (is_text || part.is_encoding_problem || !is_padded(raw)) => {
            let mut bytes = Vec::with_capacity(raw.len() / 4 * 3);
            // Some programs encode piece by piece and pad each.
            for piece in raw.split(|b| *b == b'=') {
                let letters: Vec<u8> = piece.iter().copied().filter(|b| is_letter(*b)).collect();
                bytes.extend(header::base64(&letters));
            }
            Cow::Owned(bytes)
        }
        Encoding::QuotedPrintable if is_text => {
            mail_parser::decoders::quoted_printable::quoted_printable_decode(raw)
                .map_or_else(|| Cow::Borrowed(raw), Cow::Owned)
        }
        Encoding::None if is_text => Cow::Borrowed(raw),
        _ => Cow::Borrowed(part.contents()),
    }
}

fn is_letter(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/')
}

fn is_padded(raw: &[u8]) -> bool {
    let letters = raw.iter().filter(|b| is_letter(**b) || **b == b'=');
    letters.count().is_multiple_of(4)
}
