//! Small but real files for the demo: Word documents, scanned PDFs, zips.

use std::io::{Cursor, Write};

use anyhow::Result;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// The head of a report in the layout of NĐ 30/2020.
#[derive(Clone, Copy, Debug)]
pub(super) struct Head {
    /// The issuing body, in capitals.
    pub body: &'static str,
    /// Number and symbol.
    pub number: &'static str,
    /// Place and date.
    pub dated: &'static str,
    /// What the report is on.
    pub title: &'static str,
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

/// A Word document (ECMA-376) with the head of a report.
pub(super) fn docx(head: Head) -> Result<Vec<u8>> {
    let paragraphs: String = [
        "LIÊN ĐOÀN LAO ĐỘNG TỈNH PHÚ YÊN",
        head.body,
        &format!("Số: {}", head.number),
        head.dated,
        "BÁO CÁO",
        head.title,
        "Thực hiện Kế hoạch số 40/KH-LĐLĐ ngày 23/4/2024, đơn vị báo cáo kết quả như sau:",
        "I. Công tác quán triệt, chỉ đạo",
        "Đơn vị đã phổ biến kế hoạch đến các công đoàn cơ sở trực thuộc.",
        "II. Kinh phí và nguồn lực",
        "Kinh phí thực hiện lấy từ nguồn tài chính công đoàn và vận động hỗ trợ.",
        "III. Công tác tuyên truyền",
        "Đơn vị đã treo băng rôn, phát tờ rơi nhân Tháng hành động vì trẻ em.",
        "Nơi nhận: như trên.",
    ]
    .iter()
    .map(|p| format!("<w:p><w:r><w:t>{}</w:t></w:r></w:p>", escaped(p)))
    .collect();
    let document = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><w:document xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\"><w:body>{paragraphs}</w:body></w:document>"
    );
    zip(&[
        (
            "[Content_Types].xml",
            br#"<?xml version="1.0" encoding="UTF-8"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>"#,
        ),
        (
            "_rels/.rels",
            br#"<?xml version="1.0" encoding="UTF-8"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>"#,
        ),
        ("word/document.xml", document.as_bytes()),
    ])
}

/// A zip of files.
pub(super) fn zip(files: &[(&str, &[u8])]) -> Result<Vec<u8>> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in files {
        writer.start_file(*name, SimpleFileOptions::default())?;
        writer.write_all(content)?;
    }
    Ok(writer.finish()?.into_inner())
}

/// A PDF of one page without text, as a scanner makes it; `mark` makes each one different.
pub(super) fn scan(mark: &str) -> Vec<u8> {
    let picture = format!("% {mark}\n0.9 g 40 40 515 760 re f");
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R >>".to_owned(),
        format!(
            "<< /Length {} >>\nstream\n{picture}\nendstream",
            picture.len()
        ),
    ];
    let mut pdf = b"%PDF-1.4\n".to_vec();
    let mut offsets = Vec::new();
    for (i, object) in objects.iter().enumerate() {
        offsets.push(pdf.len());
        pdf.extend(format!("{} 0 obj\n{object}\nendobj\n", i + 1).bytes());
    }
    let table = pdf.len();
    pdf.extend(format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1).bytes());
    for offset in offsets {
        pdf.extend(format!("{offset:010} 00000 n \n").bytes());
    }
    pdf.extend(
        format!(
            "trailer\n<< /Size {} /Root 1 0 R >>\nstartxref\n{table}\n%%EOF\n",
            objects.len() + 1
        )
        .bytes(),
    );
    pdf
}
