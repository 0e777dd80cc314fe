//! Files as clerks attach them, small and real: Word and Excel files with a head, PDFs with and without text, photographs
//! of pages and of events.

use std::io::{Cursor, Write};
use std::sync::LazyLock;

use super::dice::Dice;

/// What a document says of itself.
#[derive(Clone, Debug, Default)]
pub struct Head {
    pub superior: String,
    pub issuer: String,
    pub number: String,
    pub dated: String,
    /// `BÁO CÁO`; empty: none.
    pub genre: String,
    /// In one or two lines.
    pub title: String,
    pub body: Vec<String>,
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

pub fn zip(files: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in files {
        let stored = zip::write::SimpleFileOptions::default()
            .compression_method(zip::CompressionMethod::Stored);
        writer.start_file(name, stored).unwrap();
        writer.write_all(content).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// A Word file; `table`: its head stands in a table, as in most templates, else behind tabs.
pub fn docx(head: &Head, table: bool, mark: u64) -> Vec<u8> {
    let p = |text: &str| {
        format!(
            "<w:p><w:r><w:t xml:space=\"preserve\">{}</w:t></w:r></w:p>",
            escaped(text)
        )
    };
    let tabbed = |a: &str, b: &str| {
        let (a, b) = (escaped(a), escaped(b));
        format!(
            "<w:p><w:r><w:t>{a}</w:t></w:r><w:r><w:tab/></w:r><w:r><w:tab/></w:r><w:r><w:t>{b}</w:t></w:r></w:p>"
        )
    };
    let motto = [
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
        "Độc lập - Tự do - Hạnh phúc",
    ];
    let left = [head.superior.as_str(), &head.issuer, &head.number];
    let right = [motto[0], motto[1], head.dated.as_str()];
    let mut body = if table {
        let cell = |lines: [&str; 3]| format!("<w:tc>{}</w:tc>", lines.map(p).concat());
        format!("<w:tbl><w:tr>{}{}</w:tr></w:tbl>", cell(left), cell(right))
    } else {
        (0..3).map(|n| tabbed(left[n], right[n])).collect()
    };
    for line in [&head.genre, &head.title]
        .into_iter()
        .filter(|l| !l.is_empty())
    {
        body += &p(line);
    }
    body += &head.body.iter().map(|l| p(l)).collect::<String>();
    let document = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><w:document xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\"><w:body>{body}<!--{mark}--></w:body></w:document>"
    );
    zip(&[
        ("[Content_Types].xml".into(), b"<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"><Default Extension=\"xml\" ContentType=\"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml\"/></Types>".to_vec()),
        ("word/document.xml".into(), document.into_bytes()),
    ])
}

/// An Excel file: its head in the first rows, a table below.
pub fn xlsx(head: &Head, mark: u64) -> Vec<u8> {
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    let head = [&head.issuer, &head.number, &head.genre, &head.title];
    let lines = head.into_iter().filter(|l| !l.is_empty());
    let mut row = 0;
    for line in lines {
        sheet.write(row, 0, line).unwrap();
        row += 1;
    }
    for (n, name) in ["TT", "Nội dung", "Đơn vị tính", "Số lượng"]
        .iter()
        .enumerate()
    {
        sheet.write(row + 1, n as u16, *name).unwrap();
    }
    for n in 1..4_u32 {
        sheet.write(row + 1 + n, 0, n).unwrap();
        sheet
            .write(row + 1 + n, 1, "Số lượt thăm hỏi, tặng quà")
            .unwrap();
        sheet.write(row + 1 + n, 2, "lượt").unwrap();
        sheet.write(row + 1 + n, 3, (mark % 97) as u32 + n).unwrap();
    }
    book.save_to_buffer().unwrap()
}

/// A PDF out of its objects.
fn pdf(objects: &[Vec<u8>]) -> Vec<u8> {
    let mut out = b"%PDF-1.4\n%\xE2\xE3\xCF\xD3\n".to_vec();
    let mut places = Vec::new();
    for (n, object) in objects.iter().enumerate() {
        places.push(out.len());
        out.extend(format!("{} 0 obj\n", n + 1).bytes());
        out.extend(object);
        out.extend(b"\nendobj\n");
    }
    let xref = out.len();
    out.extend(format!("xref\n0 {}\n0000000000 65535 f \n", places.len() + 1).bytes());
    for place in &places {
        out.extend(format!("{place:010} 00000 n \n").bytes());
    }
    let size = places.len() + 1;
    out.extend(format!("trailer\n<</Size {size}/Root 1 0 R>>\nstartxref\n{xref}\n%%EOF\n").bytes());
    out
}

fn stream(dictionary: &str, content: &[u8]) -> Vec<u8> {
    let mut out = format!("<<{dictionary}/Length {}>>\nstream\n", content.len()).into_bytes();
    out.extend(content);
    out.extend(b"\nendstream");
    out
}

/// A PDF with text, as Word saves it, but without its fonts.
pub fn text_pdf(head: &Head, mark: u64) -> Vec<u8> {
    text_pdf_beside(head, mark, &[])
}

/// The same with bytes that nothing points to, as many as fonts and pictures would have.
pub fn text_pdf_beside(head: &Head, mark: u64, beside: &[u8]) -> Vec<u8> {
    let mut content = String::new();
    let mut used: Vec<char> = Vec::new();
    let mut put = |x: u32, y: u32, text: &str| {
        let hex: String = text
            .chars()
            .map(|c| format!("{:04X}", c as u32 & 0xFFFF))
            .collect();
        used.extend(text.chars());
        content.push_str(&format!("BT /F1 11 Tf 1 0 0 1 {x} {y} Tm <{hex}> Tj ET\n"));
    };
    put(300, 780, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM");
    put(320, 764, "Độc lập - Tự do - Hạnh phúc");
    let mut y = 780;
    for left in [&head.superior, &head.issuer, &head.number] {
        for line in wrapped(left, 40) {
            put(50, y, &line);
            y -= 16;
        }
    }
    put(330, y + 16, &head.dated);
    put(250, 690, &head.genre);
    y = 672;
    for line in wrapped(&head.title, 70) {
        put(120, y, &line);
        y -= 16;
    }
    y -= 14;
    for paragraph in &head.body {
        for line in wrapped(paragraph, 85) {
            put(60, y, &line);
            y -= 16;
        }
    }
    used.sort_unstable();
    used.dedup();
    let mut map = "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /X def /CMapType 2 def\n1 begincodespacerange <0000> <FFFF> endcodespacerange\n".to_owned();
    for chunk in used.chunks(100) {
        map += &format!("{} beginbfchar\n", chunk.len());
        for c in chunk {
            map += &format!("<{0:04X}> <{0:04X}>\n", *c as u32 & 0xFFFF);
        }
        map += "endbfchar\n";
    }
    map += "endcmap CMapName currentdict /CMap defineresource pop end end\n";
    let mut objects = vec![
        b"<</Type/Catalog/Pages 2 0 R>>".to_vec(),
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>".to_vec(),
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</Font<</F1 5 0 R>>>>/Contents 4 0 R>>".to_vec(),
        stream("", format!("% {mark}\n{content}").as_bytes()),
        b"<</Type/Font/Subtype/Type0/BaseFont/TimesNewRoman/Encoding/Identity-H/DescendantFonts[6 0 R]/ToUnicode 7 0 R>>".to_vec(),
        b"<</Type/Font/Subtype/CIDFontType2/BaseFont/TimesNewRoman/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>/DW 450/FontDescriptor 8 0 R>>".to_vec(),
        stream("", map.as_bytes()),
        b"<</Type/FontDescriptor/FontName/TimesNewRoman/Flags 4/FontBBox[-568 -216 2000 693]/ItalicAngle 0/Ascent 891/Descent -216/CapHeight 693/StemV 80>>".to_vec(),
    ];
    if !beside.is_empty() {
        objects.push(stream("", beside));
    }
    pdf(&objects)
}

/// Lines of a text with at most so many letters.
fn wrapped(text: &str, most: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let last = lines.last_mut().unwrap();
        if last.chars().count() + word.chars().count() < most {
            if !last.is_empty() {
                last.push(' ');
            }
            last.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}

/// A scanned page without text.
pub fn scan(mark: u64) -> Vec<u8> {
    static PAGE: LazyLock<Vec<u8>> = LazyLock::new(|| jpeg(620, 877, &|x, y| page_at(x, y)));
    scanned(&PAGE, (620, 877), mark)
}

/// A PDF around one JPEG in colours of so many points, as scanners file a page.
pub fn scanned(jpeg: &[u8], (width, height): (u32, u32), mark: u64) -> Vec<u8> {
    pdf(&[
        b"<</Type/Catalog/Pages 2 0 R>>".to_vec(),
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>".to_vec(),
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</XObject<</I 5 0 R>>>>/Contents 4 0 R>>".to_vec(),
        stream("", format!("q 595 0 0 842 0 0 cm /I Do Q % {mark}").as_bytes()),
        stream(&format!("/Type/XObject/Subtype/Image/Width {width}/Height {height}/ColorSpace/DeviceRGB/BitsPerComponent 8/Filter/DCTDecode"), jpeg),
    ])
}

/// A photographed page, upright.
pub fn page_photo(mark: u64) -> Vec<u8> {
    static PHOTO: LazyLock<Vec<u8>> = LazyLock::new(|| jpeg(576, 768, &|x, y| page_at(x, y)));
    marked(&PHOTO, mark)
}

/// A photograph of an event, mostly across.
pub fn event_photo(mark: u64, dice: &mut Dice) -> Vec<u8> {
    static ACROSS: LazyLock<Vec<u8>> = LazyLock::new(|| jpeg(768, 576, &event_at));
    static UPRIGHT: LazyLock<Vec<u8>> = LazyLock::new(|| jpeg(576, 768, &event_at));
    marked(if dice.percent(80) { &ACROSS } else { &UPRIGHT }, mark)
}

/// A logo in a signature.
pub fn logo() -> Vec<u8> {
    static LOGO: LazyLock<Vec<u8>> = LazyLock::new(|| jpeg(160, 64, &event_at));
    LOGO.clone()
}

/// Luminance and the two colours of a block of a page: white, with lines of writing.
fn page_at(x: u32, y: u32) -> [i16; 3] {
    let writing = y % 3 == 1 && x > 12 && (x * 7 + y * 13) % 11 < 8;
    [
        if writing {
            20 + ((x * 31 + y * 17) % 40) as i16
        } else {
            112 - ((x + y) % 4) as i16
        },
        0,
        0,
    ]
}

fn event_at(x: u32, y: u32) -> [i16; 3] {
    let (a, b) = (
        (x / 5 * 37 + y / 7 * 91) % 200,
        (x / 9 * 53 + y / 4 * 29) % 120,
    );
    [
        a as i16 - 100 + (x % 3) as i16,
        b as i16 - 60,
        50 - b as i16,
    ]
}

fn marked(jpeg: &[u8], mark: u64) -> Vec<u8> {
    let comment = format!("{mark:020}");
    let mut out = vec![0xFF, 0xD8, 0xFF, 0xFE, 0, comment.len() as u8 + 2];
    out.extend(comment.bytes());
    out.extend(&jpeg[2..]);
    out
}

/// A baseline JPEG of blocks of one colour each: no frequency but the lowest (ITU-T T.81).
fn jpeg(width: u16, height: u16, at: &dyn Fn(u32, u32) -> [i16; 3]) -> Vec<u8> {
    let mut out = vec![0xFF, 0xD8, 0xFF, 0xE0, 0, 16];
    out.extend(b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0");
    out.extend([0xFF, 0xDB, 0, 67, 0]);
    out.extend([8; 64]);
    out.extend([0xFF, 0xC0, 0, 17, 8]);
    out.extend(height.to_be_bytes());
    out.extend(width.to_be_bytes());
    out.extend([3, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0]);
    // The usual code of differences, and one of a single word for what follows them: nothing.
    out.extend([
        0xFF, 0xC4, 0, 31, 0, 0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0,
    ]);
    out.extend(0..12);
    out.extend([
        0xFF, 0xC4, 0, 20, 0x10, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    ]);
    out.extend([0xFF, 0xDA, 0, 12, 3, 1, 0, 2, 0, 3, 0, 0, 63, 0]);
    const CODES: [(u32, u32); 9] = [
        (0b00, 2),
        (0b010, 3),
        (0b011, 3),
        (0b100, 3),
        (0b101, 3),
        (0b110, 3),
        (0b1110, 4),
        (0b11110, 5),
        (0b11_1110, 6),
    ];
    let (mut bits, mut count) = (0_u32, 0_u32);
    let mut push = |value: u32, length: u32| {
        for n in (0..length).rev() {
            bits = bits << 1 | value >> n & 1;
            count += 1;
            if count == 8 {
                out.push(bits as u8);
                if bits == 0xFF {
                    out.push(0);
                }
                (bits, count) = (0, 0);
            }
        }
    };
    let mut before = [0_i16; 3];
    for y in 0..u32::from(height).div_ceil(8) {
        for x in 0..u32::from(width).div_ceil(8) {
            let now = at(x, y);
            for (now, before) in now.iter().zip(&mut before) {
                let difference = i32::from(now - *before);
                let size = 32 - difference.unsigned_abs().leading_zeros();
                let (code, length) = CODES[size as usize];
                push(code, length);
                let low = if difference < 0 {
                    difference - 1
                } else {
                    difference
                } as u32;
                push(low & ((1 << size) - 1), size);
                push(0, 1);
                *before = *now;
            }
        }
    }
    push(0x7F, 7);
    out.extend([0xFF, 0xD9]);
    out
}
