//! Files that old programs paste into the text of a mail (uuencode, POSIX).

/// A file out of a text: its name and bytes.
pub(super) type Pasted = (String, Vec<u8>);

/// The files in a text, between `begin MODE NAME` and `end`. What is cut off in the middle is given up to there.
pub(super) fn files(text: &str) -> Vec<Pasted> {
    let mut found = Vec::new();
    let mut open: Option<Pasted> = None;
    for line in text.lines() {
        match &mut open {
            None => open = beginning(line).map(|name| (name.to_owned(), Vec::new())),
            Some((_, content)) => match decoded(line) {
                Some(bytes) if !bytes.is_empty() => content.extend(bytes),
                _ => found.extend(open.take()),
            },
        }
    }
    found.extend(open);
    found.retain(|(_, content)| !content.is_empty());
    found
}

/// The name in a line that begins a file.
fn beginning(line: &str) -> Option<&str> {
    let (mode, name) = line.strip_prefix("begin ")?.split_once(' ')?;
    let is_mode = matches!(mode.len(), 3 | 4) && mode.bytes().all(|b| (b'0'..=b'7').contains(&b));
    (is_mode && !name.trim().is_empty()).then(|| name.trim())
}

/// The bytes of a line: its first letter counts them, each four letters hold three.
fn decoded(line: &str) -> Option<Vec<u8>> {
    let six_bits = |b: u8| {
        (0x20..=0x60)
            .contains(&b)
            .then(|| b.wrapping_sub(0x20) & 0x3F)
    };
    let (first, rest) = line.as_bytes().split_first()?;
    let count = usize::from(six_bits(*first)?);
    let mut bytes = Vec::with_capacity(count + 2);
    for group in rest.chunks(4) {
        if bytes.len() >= count {
            break;
        }
        // Spaces at the end of a line get lost on the way.
        let mut bits = [0_u8; 4];
        for (bit, letter) in bits.iter_mut().zip(group) {
            *bit = six_bits(*letter)?;
        }
        bytes.push(bits[0] << 2 | bits[1] >> 4);
        bytes.push(bits[1] << 4 | bits[2] >> 2);
        bytes.push(bits[2] << 6 | bits[3]);
    }
    if bytes.len() + 3 < count {
        return None;
    }
    bytes.resize(count, 0);
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pasted_file_is_taken_out_of_the_text() {
        let text = "Kính gửi Ban\n\nbegin 644 cat.txt\n#0V%T\n`\nend\n\nTrân trọng";
        assert_eq!(files(text), [("cat.txt".to_owned(), b"Cat".to_vec())]);
        let cut = "begin 644 cat.txt\n#0V%T";
        assert_eq!(files(cut), [("cat.txt".to_owned(), b"Cat".to_vec())]);
    }

    #[test]
    fn ordinary_text_has_no_file() {
        for text in [
            "begin the day well\nend",
            "begin 644 a",
            "begin 999 a\n#0V%T\nend",
        ] {
            assert!(files(text).is_empty(), "{text}");
        }
    }

    #[test]
    fn a_part_whose_transfer_encoding_it_is_comes_out() {
        let mail = b"From: a@b\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\nhi\r\n--x\r\nContent-Type: application/octet-stream; name=a.pdf\r\nContent-Disposition: attachment; filename=a.pdf\r\nContent-Transfer-Encoding: X-UUENCODE\r\n\r\nbegin 644 a.pdf\r\n()5!$1BTQ+C0 \r\n`\r\nend\r\n--x--\r\n";
        let mut contents = Vec::new();
        let mut keep = |content: &[u8]| {
            contents.push(content.to_vec());
            Ok(())
        };
        let settings = crate::reading::ReadingSettings::default();
        let reading = crate::reading::read(mail, &settings, &mut keep).unwrap();
        assert_eq!(reading.attachments.len(), 1);
        assert_eq!(reading.attachments[0].kind, crate::reading::FileKind::Pdf);
        assert_eq!(contents, [b"%PDF-1.4"]);
    }
}
