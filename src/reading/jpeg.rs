//! JPEG pictures, decoded within bounds of memory.

use zune_core::bytestream::ZCursor;
use zune_core::colorspace::ColorSpace;
use zune_core::options::DecoderOptions;
use zune_jpeg::JpegDecoder;

/// How many points a picture may have; telephones make no more.
const MOST_POINTS: usize = 13_000_000;
/// The same of one that comes in passes, which takes three times the memory.
const MOST_IN_PASSES: usize = 4_000_000;

/// The points of a picture, row by row.
pub(super) struct Decoded {
    pub width: usize,
    pub height: usize,
    /// As many bytes a point as the colours that were asked for have.
    pub bytes: Vec<u8>,
    /// How it is to be turned, as Exif numbers it; 1: not at all.
    pub orientation: u16,
}

/// The points of a picture; `None` where it is damaged, or there is not enough memory.
pub(super) fn decoded(jpeg: &[u8], colours: ColorSpace) -> Option<Decoded> {
    let options = DecoderOptions::default().jpeg_set_out_colorspace(colours);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(jpeg), options);
    decoder.decode_headers().ok()?;
    let (width, height) = decoder.dimensions()?;
    let points = width.checked_mul(height)?;
    let in_passes = jpeg.windows(2).any(|w| w == [0xFF, 0xC2]);
    let (most, each) = if in_passes {
        (MOST_IN_PASSES, 12)
    } else {
        (MOST_POINTS, 4)
    };
    // Where memory ends, the process does; whether there is enough is asked first.
    let enough = || Vec::<u8>::new().try_reserve_exact(points * each).is_ok();
    if points > most || !enough() {
        return None;
    }
    let bytes = decoder.decode().ok()?;
    Some(Decoded {
        width,
        height,
        bytes,
        orientation: decoder.exif().map_or(1, |exif| orientation(exif)),
    })
}

/// How a picture is to be turned, by what a telephone wrote of it (Exif: TIFF, tag 274 of the first directory).
fn orientation(exif: &[u8]) -> u16 {
    let little = exif.starts_with(b"II");
    let short = |at: usize| -> Option<u16> {
        let two = exif.get(at..at + 2)?.try_into().ok()?;
        Some(if little {
            u16::from_le_bytes(two)
        } else {
            u16::from_be_bytes(two)
        })
    };
    let long = |at: usize| {
        let (a, b) = (short(at)?, short(at + 2)?);
        let (high, low) = if little { (b, a) } else { (a, b) };
        usize::try_from(u32::from(high) << 16 | u32::from(low)).ok()
    };
    let found = || {
        let directory = long(4).filter(|at| *at < exif.len())?;
        let entries = (0..usize::from(short(directory)?)).map(|n| directory + 2 + n * 12);
        entries
            .take_while(|e| *e < exif.len())
            .find_map(|e| match short(e)? {
                274 => short(e + 8),
                _ => None,
            })
    };
    found().unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_a_telephone_was_held_is_told_in_either_order_of_bytes() {
        let little = b"II*\0\x08\0\0\0\x02\0\x0F\x01\x02\0\x01\0\0\0\0\0\0\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0";
        let big = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x08\0\0";
        for (exif, turned) in [
            (&little[..], 6),
            (big, 8),
            (&little[..20], 1),
            (b"II*\0\xFF\xFF\xFF\xFF", 1),
            (b"", 1),
        ] {
            assert_eq!(orientation(exif), turned, "{exif:?}");
        }
    }
}
