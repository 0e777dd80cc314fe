//! winmail.dat: how Outlook wraps files when it sends rich text (MS-OXTNEF), and its compressed RTF (MS-OXRTFCP).

use super::super::legacy;

/// A file out of a winmail.dat.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct File {
    /// The name that the sender saw; empty where there is none.
    pub name: String,
    /// The bytes.
    pub content: Vec<u8>,
    /// Whether it is the text of the mail itself (`message.rtf`, `.html`, `.txt`) or a note of the mail program.
    pub is_text: bool,
}

/// The signature at the beginning of the format (MS-OXTNEF 2.1.3.1).
const SIGNATURE: u32 = 0x223E_9F78;

// Attributes (MS-OXTNEF 2.1.3.2)
const ATT_BODY: u32 = 0x0002_800C;
const ATT_MSG_PROPS: u32 = 0x0006_9003;
const ATT_OEM_CODEPAGE: u32 = 0x0006_9007;
const ATT_ATTACH_REND_DATA: u32 = 0x0006_9002;
const ATT_ATTACH_TITLE: u32 = 0x0001_8010;
const ATT_ATTACH_DATA: u32 = 0x0006_800F;
const ATT_ATTACHMENT: u32 = 0x0006_9005;

// Properties (MS-OXPROPS)
const PR_BODY: u16 = 0x1000;
const PR_RTF_COMPRESSED: u16 = 0x1009;
const PR_BODY_HTML: u16 = 0x1013;
const PR_DISPLAY_NAME: u16 = 0x3001;
const PR_ATTACH_DATA: u16 = 0x3701;
const PR_ATTACH_FILENAME: u16 = 0x3704;
const PR_ATTACH_LONG_FILENAME: u16 = 0x3707;

/// How many values one property may have; real ones have a handful.
const MOST_VALUES: u32 = 10_000;

/// The files of a winmail.dat. What is damaged ends the reading; what stands before it is given.
pub fn files(bytes: &[u8]) -> Vec<File> {
    let mut input = Input { rest: bytes };
    let mut attachments: Vec<Parts> = Vec::new();
    let mut message = Parts::default();
    let mut codepage = 1258;
    if input.u32() != Some(SIGNATURE) || input.u16().is_none() {
        return Vec::new();
    }
    while let Some((id, data)) = attribute(&mut input) {
        match id {
            ATT_OEM_CODEPAGE => {
                codepage = Input { rest: data }.u32().unwrap_or(codepage);
            }
            ATT_BODY => message.text = Some(without_end(data).to_vec()),
            ATT_MSG_PROPS => message.properties(data, codepage),
            ATT_ATTACH_REND_DATA => attachments.push(Parts::default()),
            _ => {
                let Some(current) = attachments.last_mut() else {
                    continue;
                };
                match id {
                    ATT_ATTACH_TITLE => current.title = string8(data, codepage),
                    ATT_ATTACH_DATA => current.data = Some(data.to_vec()),
                    ATT_ATTACHMENT => current.properties(data, codepage),
                    _ => {}
                }
            }
        }
    }
    let mut files: Vec<File> = attachments.into_iter().flat_map(Parts::files).collect();
    files.extend(message.body());
    files
}

/// Whether nothing of a winmail.dat is lost: it was read down to its end, but for what fills it up.
pub(crate) fn is_whole(bytes: &[u8]) -> bool {
    let mut input = Input { rest: bytes };
    if input.u32() != Some(SIGNATURE) || input.u16().is_none() {
        return false;
    }
    loop {
        let before = input.rest;
        if attribute(&mut input).is_none() {
            return before.iter().all(|b| matches!(b, 0 | b'\r' | b'\n'));
        }
    }
}

/// The next attribute: its id and data. The checksum is not looked at: many writers have it wrong.
fn attribute<'a>(input: &mut Input<'a>) -> Option<(u32, &'a [u8])> {
    let level = input.u8()?;
    if level != 1 && level != 2 {
        return None; // garbage at the end
    }
    let id = input.u32()?;
    let length = input.u32()?;
    let data = input.take(length as usize)?;
    input.u16();
    Some((id, data))
}

/// What is known of the message or of one attachment.
#[derive(Default)]
struct Parts {
    title: String,
    long_name: String,
    short_name: String,
    display_name: String,
    data: Option<Vec<u8>>,
    object: Option<Vec<u8>>,
    rtf: Option<Vec<u8>>,
    html: Option<Vec<u8>>,
    text: Option<Vec<u8>>,
}

impl Parts {
    /// The file. An embedded message comes with a note for programs that do not know such; both are given.
    fn files(self) -> Vec<File> {
        let name = [
            self.long_name,
            self.short_name,
            self.title,
            self.display_name,
        ];
        let name = name.into_iter().find(|n| !n.is_empty()).unwrap_or_default();
        let is_note = self.object.is_some();
        let file = |content: Option<Vec<u8>>, is_text: bool| {
            content.map(|content| File {
                name: name.clone(),
                content,
                is_text,
            })
        };
        file(self.object, false)
            .into_iter()
            .chain(file(self.data, is_note))
            .collect()
    }

    /// The text of the message, in each of its forms.
    fn body(self) -> Vec<File> {
        let rtf = self.rtf.and_then(|r| decompressed_rtf(&r));
        let forms = [
            (rtf, "message.rtf"),
            (self.html, "message.html"),
            (self.text, "message.txt"),
        ];
        let there = |(content, name): (Option<Vec<u8>>, &str)| {
            Some(File {
                name: name.to_owned(),
                content: content.filter(|c| !c.is_empty())?,
                is_text: true,
            })
        };
        forms.into_iter().filter_map(there).collect()
    }

    /// Takes what is of use from a list of MAPI properties (MS-OXTNEF 2.1.3.4).
    fn properties(&mut self, data: &[u8], codepage: u32) {
        let mut input = Input { rest: data };
        let count = input.u32().unwrap_or(0);
        for _ in 0..count {
            if self.property(&mut input, codepage).is_none() {
                return;
            }
        }
    }

    fn property(&mut self, input: &mut Input<'_>, codepage: u32) -> Option<()> {
        let kind = input.u16()?;
        let id = input.u16()?;
        if id >= 0x8000 {
            input.take(16)?; // the set that the name belongs to
            if input.u32()? == 0 {
                input.u32()?;
            } else {
                let length = input.u32()?;
                input.padded(length)?;
            }
        }
        let several = kind & 0x1000 != 0;
        let kind = kind & !0x1000;
        let variable = matches!(kind, 0x000D | 0x001E | 0x001F | 0x0102);
        let count = if several || variable { input.u32()? } else { 1 };
        if count > MOST_VALUES {
            return None;
        }
        for _ in 0..count {
            let value = match kind {
                0x0002 | 0x0003 | 0x0004 | 0x000A | 0x000B => input.take(4)?,
                0x0005 | 0x0006 | 0x0007 | 0x0014 | 0x0040 => input.take(8)?,
                0x0048 => input.take(16)?,
                _ if variable => {
                    let length = input.u32()?;
                    input.padded(length)?
                }
                _ => return None,
            };
            let text = || match kind {
                0x001F => utf16(value),
                _ => string8(value, codepage),
            };
            match id {
                PR_ATTACH_LONG_FILENAME => self.long_name = text(),
                PR_ATTACH_FILENAME => self.short_name = text(),
                PR_DISPLAY_NAME => self.display_name = text(),
                // An object begins with the id of its interface. A message behind it is opened by what it is; other
                // objects (OLE storages without a name) are kept as they came.
                PR_ATTACH_DATA
                    if kind == 0x000D
                        && value.get(16..20) == Some(&SIGNATURE.to_le_bytes()[..]) =>
                {
                    self.object = Some(value[16..].to_vec());
                }
                PR_ATTACH_DATA => self.object = Some(value.to_vec()),
                PR_RTF_COMPRESSED => self.rtf = Some(value.to_vec()),
                PR_BODY_HTML => self.html = Some(value.to_vec()),
                PR_BODY if self.text.is_none() => self.text = Some(without_end(value).to_vec()),
                _ => {}
            }
        }
        Some(())
    }
}

/// A text without the NUL that ends it.
fn without_end(text: &[u8]) -> &[u8] {
    text.strip_suffix(&[0]).unwrap_or(text)
}

/// A text of 8-bit letters that ends at the first NUL.
fn string8(bytes: &[u8], codepage: u32) -> String {
    let bytes = bytes.split(|b| *b == 0).next().unwrap_or_default();
    if bytes.is_ascii() || std::str::from_utf8(bytes).is_ok() {
        return String::from_utf8_lossy(bytes).into_owned();
    }
    // Windows of Western Europe is what a Vietnamese machine with old fonts declares, too: look at the bytes.
    let declared = match codepage {
        0 | 1252 | 1258 => None,
        other => legacy::decode(&format!("windows-{other}"), bytes),
    };
    declared.unwrap_or_else(|| legacy::guess(bytes))
}

fn utf16(bytes: &[u8]) -> String {
    let units = bytes
        .chunks_exact(2)
        .map(|c| u16::from_le_bytes([c[0], c[1]]));
    let units: Vec<u16> = units.take_while(|u| *u != 0).collect();
    String::from_utf16_lossy(&units)
}

/// RTF out of its compressed form (MS-OXRTFCP 3.1.1): a dictionary of 4,096 bytes that begins with common RTF.
fn decompressed_rtf(bytes: &[u8]) -> Option<Vec<u8>> {
    const COMPRESSED: u32 = 0x7546_5A4C;
    const UNCOMPRESSED: u32 = 0x414C_454D;
    const PRELOADED: &[u8; 207] = b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx";
    let mut input = Input { rest: bytes };
    input.u32()?;
    let size = input.u32()? as usize;
    let kind = input.u32()?;
    input.u32()?;
    if kind == UNCOMPRESSED {
        return Some(input.rest[..size.min(input.rest.len())].to_vec());
    }
    if kind != COMPRESSED {
        return None;
    }
    let mut dictionary = [0_u8; 4096];
    dictionary[..PRELOADED.len()].copy_from_slice(PRELOADED);
    let mut at = PRELOADED.len();
    let mut out = Vec::new();
    'all: while let Some(control) = input.u8() {
        for bit in 0..8 {
            if control & (1 << bit) == 0 {
                let Some(byte) = input.u8() else { break 'all };
                dictionary[at] = byte;
                at = (at + 1) % 4096;
                out.push(byte);
            } else {
                let (Some(high), Some(low)) = (input.u8(), input.u8()) else {
                    break 'all;
                };
                let reference = u16::from_be_bytes([high, low]);
                let offset = usize::from(reference >> 4);
                if offset == at {
                    break 'all; // the mark of the end
                }
                for i in 0..usize::from(reference & 0xF) + 2 {
                    let byte = dictionary[(offset + i) % 4096];
                    dictionary[at] = byte;
                    at = (at + 1) % 4096;
                    out.push(byte);
                }
            }
            if out.len() >= size {
                break 'all;
            }
        }
    }
    out.truncate(size);
    Some(out)
}

/// Little-endian bytes, read from the front.
struct Input<'a> {
    rest: &'a [u8],
}

impl<'a> Input<'a> {
    fn take(&mut self, n: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(n)?;
        self.rest = rest;
        Some(taken)
    }

    /// A value and what fills it up to a multiple of four.
    fn padded(&mut self, length: u32) -> Option<&'a [u8]> {
        let value = self.take(length as usize)?;
        let fill = (4 - length as usize % 4) % 4;
        self.take(fill.min(self.rest.len()));
        Some(value)
    }

    fn u8(&mut self) -> Option<u8> {
        self.take(1).map(|b| b[0])
    }

    fn u16(&mut self) -> Option<u16> {
        self.take(2).map(|b| u16::from_le_bytes([b[0], b[1]]))
    }

    fn u32(&mut self) -> Option<u32> {
        self.take(4)
            .map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An attribute as a writer would write it.
    fn attribute(level: u8, id: u32, data: &[u8]) -> Vec<u8> {
        let mut out = vec![level];
        out.extend(id.to_le_bytes());
        out.extend(u32::try_from(data.len()).unwrap().to_le_bytes());
        out.extend(data);
        let sum: u32 = data.iter().map(|b| u32::from(*b)).sum();
        out.extend(((sum & 0xFFFF) as u16).to_le_bytes());
        out
    }

    #[test]
    fn a_vietnamese_name_is_read_from_the_unicode_property() {
        let name: Vec<u8> = "Báo cáo.docx\0"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        let mut properties = 1_u32.to_le_bytes().to_vec();
        properties.extend(0x001F_u16.to_le_bytes());
        properties.extend(PR_ATTACH_LONG_FILENAME.to_le_bytes());
        properties.extend(1_u32.to_le_bytes());
        properties.extend(u32::try_from(name.len()).unwrap().to_le_bytes());
        properties.extend(&name);
        properties.resize(properties.len().next_multiple_of(4), 0);
        let mut tnef = SIGNATURE.to_le_bytes().to_vec();
        tnef.extend([1, 0]);
        tnef.extend(attribute(2, ATT_ATTACH_REND_DATA, &[0; 14]));
        tnef.extend(attribute(2, ATT_ATTACH_TITLE, b"BOCO~1.DOC\0"));
        tnef.extend(attribute(2, ATT_ATTACH_DATA, b"content"));
        tnef.extend(attribute(2, ATT_ATTACHMENT, &properties));
        let expected = File {
            name: "Báo cáo.docx".into(),
            content: b"content".to_vec(),
            is_text: false,
        };
        assert_eq!(files(&tnef), [expected]);
        assert!(is_whole(&tnef) && is_whole(&[&tnef[..], b"\0\r\n"].concat()));
        assert!(!is_whole(&tnef[..tnef.len() - 20]) && !is_whole(&[&tnef[..], b"x"].concat()));
        // Cut anywhere, it never panics.
        for n in 0..tnef.len() {
            let _ = files(&tnef[..n]);
        }
    }
}
