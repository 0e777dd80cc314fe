//! The mails of the demo: what clerks, machines and strangers send in three weeks.

use anyhow::Result;
use jiff::Timestamp;
use jiff::civil::date;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Attachment, Mailbox, MultiPart, SinglePart};

use super::documents::{Head, docx, scan, zip};
use crate::domain::zone;

/// A private mailbox that two units write from.
pub(super) const SHARED_MAILBOX: &str = "vanphongcd.py@thudientu.example";

/// A file that comes with a mail.
#[derive(Clone, Copy)]
enum File {
    Word(&'static str, Head),
    Scan(&'static str),
    /// A zip with a Word file and a scan of it.
    Zip(&'static str, &'static str, Head),
}

/// A mail of the story.
pub(super) struct Mail {
    /// Its place in the story.
    pub id: usize,
    /// When it is delivered.
    pub at: Timestamp,
    from: (&'static str, &'static str),
    subject: &'static str,
    text: &'static str,
    files: Vec<File>,
    headers: &'static [(&'static str, &'static str)],
}

const GREETING: &str = "Kính gửi: Ban Chính sách pháp luật, Quan hệ lao động – Nữ công\n\nĐơn vị gửi báo cáo theo yêu cầu, đề nghị Ban xem tệp đính kèm.\n\nTrân trọng./.";

const TRE_EM: &str = "Kết quả công tác chăm sóc, giáo dục và bảo vệ trẻ em 6 tháng đầu năm 2026";
const NU_CONG: &str = "Công tác nữ công 6 tháng đầu năm 2026";
const QHLD: &str =
    "Tình hình quan hệ lao động, tranh chấp lao động và ngừng việc tập thể quý II năm 2026";
const TNLD: &str = "Tình hình tai nạn lao động tháng 6 năm 2026";

const fn head(
    body: &'static str,
    number: &'static str,
    dated: &'static str,
    title: &'static str,
) -> Head {
    Head {
        body,
        number,
        dated,
        title,
    }
}

/// All mails in the order of delivery.
#[rustfmt::skip] // a table reads better than a ladder
#[expect(clippy::too_many_lines, reason = "a table of the mails of the demo")]
pub(super) fn all() -> Vec<Mail> {
    use File::{Scan, Word, Zip};
    let mut mails: Vec<Mail> = Vec::new();
    let mut add = |at: (i8, i8, i8),
                   from: (&'static str, &'static str),
                   subject: &'static str,
                   text: &'static str,
                   files: &[File],
                   headers: &'static [(&'static str, &'static str)]| {
        let (day, hour, minute) = at;
        let at = date(2026, 6, day)
            .at(hour, minute, 0, 0)
            .to_zoned(zone())
            .expect("June has no change of clocks")
            .timestamp();
        mails.push(Mail {
            id: mails.len() + 1,
            at,
            from,
            subject,
            text,
            files: files.to_vec(),
            headers,
        });
    };

    add((2, 9, 12), ("LĐLĐ huyện Tuy An", "ldld.tuyan@phuyen.example"),
        "Báo cáo công tác nữ công 6 tháng đầu năm 2026", GREETING,
        &[Word("21-BC-LĐLĐ nữ công 6T đầu năm 2026.docx", head("LIÊN ĐOÀN LAO ĐỘNG HUYỆN TUY AN", "21/BC-LĐLĐ", "Tuy An, ngày 02 tháng 6 năm 2026", NU_CONG))], &[]);
    add((3, 14, 5), ("Công đoàn ngành Y tế", "cdyt@phuyen.example"),
        "CĐ ngành Y tế gửi báo cáo nữ công 6 tháng đầu năm", GREETING,
        &[Word("BC nữ công 6 tháng.docx", head("CÔNG ĐOÀN NGÀNH Y TẾ", "15/BC-CĐYT", "Phú Yên, ngày 03 tháng 6 năm 2026", NU_CONG)), Scan("BC nữ công 6 tháng (bản ký).pdf")], &[]);
    add((4, 8, 40), ("LĐLĐ TX Đông Hòa", "ldld.donghoa@phuyen.example"),
        "Gửi file mềm báo cáo công tác trẻ em 6 tháng đầu năm 2026", "Kính gửi Ban,\nĐơn vị gửi trước file mềm, bản ký sẽ gửi sau.\nTrân trọng.",
        &[Word("57-BC-LDLD ngay 3-6-2026.docx", head("LIÊN ĐOÀN LAO ĐỘNG THỊ XÃ ĐÔNG HÒA", "57/BC-LĐLĐ", "Đông Hòa, ngày 03 tháng 6 năm 2026", TRE_EM))], &[]);
    add((8, 9, 30), ("LĐLĐ TX Sông Cầu", "ldld.songcau@phuyen.example"),
        "Báo cáo kết quả công tác trẻ em 6 tháng đầu năm 2026", GREETING,
        &[Zip("BC tre em 6 thang.zip", "Báo cáo trẻ em 6 tháng đầu năm 2026", head("LIÊN ĐOÀN LAO ĐỘNG THỊ XÃ SÔNG CẦU", "33/BC-LĐLĐ", "Sông Cầu, ngày 05 tháng 6 năm 2026", TRE_EM))], &[]);
    add((9, 10, 2), ("Công đoàn ngành Giáo dục", "cdgd@phuyen.example"),
        "Gửi BC", "Gửi Ban.",
        &[Word("BC nu cong 6 thang dau nam 2026.docx", head("CÔNG ĐOÀN NGÀNH GIÁO DỤC", "19/BC-CĐGD", "Phú Yên, ngày 08 tháng 6 năm 2026", NU_CONG))], &[]);
    add((10, 15, 20), ("LĐLĐ huyện Tây Hòa", "ldld.tayhoa@phuyen.example"),
        "Báo cáo công tác nữ công 6 tháng đầu năm 2026", GREETING,
        &[Word("Bao cao nu cong.docx", head("LIÊN ĐOÀN LAO ĐỘNG HUYỆN TÂY HÒA", "27/BC-LĐLĐ", "Tây Hòa, ngày 10 tháng 6 năm 2026", NU_CONG))], &[]);
    add((10, 20, 47), ("Nguyễn Thị Hoa", "hoanguyen.sh@thudientu.example"),
        "LĐLĐ huyện Sơn Hòa gửi báo cáo công tác trẻ em 6 tháng đầu năm 2026", "Em Hoa, LĐLĐ huyện Sơn Hòa, gửi báo cáo từ hộp thư riêng do thư cơ quan bị lỗi ạ.",
        &[Word("BC tre em 6 thang - Son Hoa.docx", head("LIÊN ĐOÀN LAO ĐỘNG HUYỆN SƠN HÒA", "18/BC-LĐLĐ", "Sơn Hòa, ngày 10 tháng 6 năm 2026", TRE_EM))], &[]);
    add((11, 8, 15), ("Văn phòng công đoàn", SHARED_MAILBOX),
        "CĐCS Báo Phú Yên: báo cáo công tác trẻ em 6 tháng đầu năm 2026", GREETING,
        &[Word("BC tre em 6 thang dau nam.docx", head("CÔNG ĐOÀN CƠ SỞ BÁO PHÚ YÊN", "04/BC-CĐCS", "Phú Yên, ngày 10 tháng 6 năm 2026", TRE_EM)), Scan("BC tre em 6 thang dau nam.pdf")], &[]);
    add((11, 8, 22), ("Văn phòng công đoàn", SHARED_MAILBOX),
        "Báo cáo công tác trẻ em 6 tháng đầu năm 2026", "Gửi Ban báo cáo 6 tháng.",
        &[Word("Bao cao.docx", head("CÔNG ĐOÀN CƠ SỞ", "06/BC-CĐCS", "Phú Yên, ngày 10 tháng 6 năm 2026", TRE_EM))], &[]);
    add((11, 9, 50), ("Công đoàn Trường ĐH Phú Yên", "congdoan@pyu.example"),
        "BC công tác trẻ em 6T đầu năm 2026", GREETING,
        &[Word("12-BC-CĐCS.docx", head("CÔNG ĐOÀN TRƯỜNG ĐẠI HỌC PHÚ YÊN", "12/BC-CĐCS", "Phú Yên, ngày 11 tháng 6 năm 2026", TRE_EM)), Scan("12-BC-CĐCS.signed.pdf")], &[]);
    add((11, 16, 31), ("CĐCS Trường CĐ Y tế", "congdoan@cdytpy.example"),
        "Báo cáo kết quả chăm sóc, giáo dục và bảo vệ trẻ em 6 tháng đầu năm 2026", GREETING,
        &[Word("Báo cáo trẻ em.docx", head("CÔNG ĐOÀN TRƯỜNG CAO ĐẲNG Y TẾ", "09/BC-CĐCS", "Phú Yên, ngày 11 tháng 6 năm 2026", TRE_EM)), Scan("Báo cáo trẻ em.pdf")], &[]);
    add((12, 8, 5), ("LĐLĐ TX Đông Hòa", "ldld.donghoa@phuyen.example"),
        "Gửi bản ký báo cáo công tác trẻ em 6 tháng đầu năm 2026", "Kính gửi Ban,\nĐơn vị gửi bổ sung bản đã ký, đóng dấu.\nTrân trọng.",
        &[Scan("57-BC-LDLD ngay 3-6-2026.signed.pdf")], &[]);
    add((12, 9, 44), ("LĐLĐ TP Tuy Hòa", "ldld.tuyhoa@phuyen.example"),
        "Báo cáo công tác trẻ em 6 tháng đầu năm 2026", GREETING,
        &[Word("102-BC-LĐLĐ trẻ em.docx", head("LIÊN ĐOÀN LAO ĐỘNG THÀNH PHỐ TUY HÒA", "102/BC-LĐLĐ", "Tuy Hòa, ngày 11 tháng 6 năm 2026", TRE_EM)), Scan("102-BC-LĐLĐ trẻ em.pdf")], &[]);
    add((12, 10, 12), ("LĐLĐ TP Tuy Hòa", "ldld.tuyhoa@phuyen.example"),
        "Báo cáo quan hệ lao động quý II/2026", GREETING,
        &[Word("103-BC-LĐLĐ QHLĐ quý II.docx", head("LIÊN ĐOÀN LAO ĐỘNG THÀNH PHỐ TUY HÒA", "103/BC-LĐLĐ", "Tuy Hòa, ngày 11 tháng 6 năm 2026", QHLD)), Scan("103-BC-LĐLĐ QHLĐ quý II.pdf")], &[]);
    add((12, 15, 0), ("CĐ Viên chức tỉnh", "cdvc@phuyen.example"),
        "CĐ Viên chức tỉnh: báo cáo trẻ em 6 tháng đầu năm 2026", GREETING,
        &[Word("BC tre em.docx", head("CÔNG ĐOÀN VIÊN CHỨC TỈNH", "44/BC-CĐVC", "Phú Yên, ngày 12 tháng 6 năm 2026", TRE_EM)), Scan("BC tre em.pdf")], &[]);
    add((13, 21, 10), ("Công đoàn XSKT", "cdcs.xskt@thudientu.example"),
        "báo cáo trẻ em 6 tháng đầu năm", "gửi từ điện thoại",
        &[Scan("Scan_20260613.pdf")], &[]);
    add((15, 9, 0), ("LĐLĐ TP Tuy Hòa", "ldld.tuyhoa@phuyen.example"),
        "Re: Báo cáo công tác trẻ em 6 tháng đầu năm 2026 (sửa lần 2)", "Kính gửi Ban,\nĐơn vị gửi lại báo cáo đã chỉnh số liệu mục II.\nTrân trọng.",
        &[Word("102-BC-LĐLĐ trẻ em (sửa lần 2).docx", head("LIÊN ĐOÀN LAO ĐỘNG THÀNH PHỐ TUY HÒA", "102/BC-LĐLĐ", "Tuy Hòa, ngày 15 tháng 6 năm 2026", TRE_EM)), Scan("102-BC-LĐLĐ trẻ em (sửa lần 2).pdf")], &[]);
    add((15, 10, 25), ("LĐLĐ huyện Tuy An", "congdoantuyan@thudientu.example"),
        "LĐLĐ huyện Tuy An gửi 02 báo cáo", GREETING,
        &[Word("BC trẻ em 6 tháng đầu năm 2026.docx", head("LIÊN ĐOÀN LAO ĐỘNG HUYỆN TUY AN", "25/BC-LĐLĐ", "Tuy An, ngày 15 tháng 6 năm 2026", TRE_EM)), Scan("BC trẻ em 6 tháng đầu năm 2026.pdf"),
          Word("BC quan hệ lao động quý II 2026.docx", head("LIÊN ĐOÀN LAO ĐỘNG HUYỆN TUY AN", "26/BC-LĐLĐ", "Tuy An, ngày 15 tháng 6 năm 2026", QHLD)), Scan("BC quan hệ lao động quý II 2026.pdf")], &[]);
    add((15, 14, 8), ("CĐ ngành NN&PTNT", "cdnn@phuyen.example"),
        "Báo cáo trẻ em 6 tháng đầu năm 2026", GREETING,
        &[Word("BC-CĐNN.docx", head("CÔNG ĐOÀN NGÀNH NN&PTNT", "17/BC-CĐNN", "Phú Yên, ngày 15 tháng 6 năm 2026", TRE_EM)), Scan("BC-CĐNN.pdf")], &[]);
    add((15, 16, 58), ("LĐLĐ huyện Đồng Xuân", "ldld.dongxuan@phuyen.example"),
        "Báo cáo công tác trẻ em 6 tháng đầu năm 2026", GREETING,
        &[Word("BC tre em DX.docx", head("LIÊN ĐOÀN LAO ĐỘNG HUYỆN ĐỒNG XUÂN", "31/BC-LĐLĐ", "Đồng Xuân, ngày 15 tháng 6 năm 2026", TRE_EM)), Scan("BC tre em DX.pdf")], &[]);
    add((15, 17, 31), ("LĐLĐ huyện Phú Hòa", "ldld.phuhoa@phuyen.example"),
        "Báo cáo công tác trẻ em 6 tháng đầu năm 2026", GREETING,
        &[Word("BC tre em PH.docx", head("LIÊN ĐOÀN LAO ĐỘNG HUYỆN PHÚ HÒA", "40/BC-LĐLĐ", "Phú Hòa, ngày 15 tháng 6 năm 2026", TRE_EM)), Scan("BC tre em PH.pdf")], &[]);
    add((16, 9, 15), ("LĐLĐ huyện Sông Hinh", "ldld.songhinh@phuyen.example"),
        "V/v xin gia hạn báo cáo", "Kính gửi Ban,\nDo cán bộ phụ trách đi công tác, đơn vị xin gửi báo cáo trẻ em vào ngày 22/6.\nTrân trọng.", &[], &[]);
    add((17, 10, 40), ("CĐ ngành Công Thương", "cdct@phuyen.example"),
        "Báo cáo công tác trẻ em 6 tháng đầu năm 2026", GREETING,
        &[Word("BC tre em CT.docx", head("CÔNG ĐOÀN NGÀNH CÔNG THƯƠNG", "22/BC-CĐCT", "Phú Yên, ngày 16 tháng 6 năm 2026", TRE_EM)), Scan("BC tre em CT.pdf")], &[]);
    add((17, 14, 22), ("CĐ ngành Xây dựng", "cdxd@phuyen.example"),
        "Gửi báo cáo trẻ em 6 tháng đầu năm 2026", "Kính gửi Ban, tệp lớn nên đơn vị gửi qua liên kết:\nhttps://drive.google.com/file/d/1AbCdEf/view?usp=sharing", &[], &[]);
    add((18, 8, 30), ("Công đoàn KKT Phú Yên", "cdkkt@phuyen.example"),
        "Báo cáo nhanh tình hình TNLĐ tháng 6/2026", "Kính gửi Ban,\nTrong tháng 6/2026, trên địa bàn khu kinh tế không phát sinh tai nạn lao động.\nTrân trọng.", &[], &[]);
    add((18, 9, 10), ("CĐCS Cấp thoát nước", "cdcs@capnuocpy.example"),
        "Báo cáo TNLĐ tháng 6", GREETING,
        &[Word("BC TNLD T6-2026.docx", head("CÔNG ĐOÀN CÔNG TY CP CẤP THOÁT NƯỚC", "11/BC-CĐCS", "Phú Yên, ngày 18 tháng 6 năm 2026", TNLD))], &[]);
    add((19, 10, 0), ("CĐCS Thủy điện VS-SH", "congdoan@vssh.example"),
        "Báo cáo tai nạn lao động", "Đơn vị báo cáo tháng 6: không xảy ra tai nạn lao động.", &[], &[]);

    // Machines, which are never answered.
    add((8, 7, 2), ("Bản tin Kinh tế", "bantin@tintuc.example"),
        "Bản tin kinh tế tuần 23", "Kính gửi quý độc giả …", &[],
        &[("List-Id", "<bantin.tintuc.example>"), ("List-Unsubscribe", "<mailto:huy@tintuc.example>")]);
    add((9, 8, 3), ("LĐLĐ huyện Phú Hòa", "ldld.phuhoa@phuyen.example"),
        "Trả lời tự động: Sắp đến hạn gửi báo cáo", "Tôi đi công tác đến hết ngày 12/6, sẽ trả lời sau.", &[],
        &[("Auto-Submitted", "auto-replied")]);
    add((16, 6, 0), ("Hóa đơn điện tử", "no-reply@hoadon.example"),
        "Hóa đơn điện tử số 0001234", "Quý khách vui lòng xem hóa đơn tại cổng tra cứu.", &[],
        &[("Auto-Submitted", "auto-generated")]);
    mails.sort_by_key(|m| m.at);
    mails
}

impl Mail {
    /// The bytes of the mail, the same on every run.
    pub(super) fn bytes(&self) -> Result<Vec<u8>> {
        let (name, address) = self.from;
        let domain = address.rsplit_once('@').map_or("", |(_, d)| d);
        let received = self
            .at
            .to_zoned(zone())
            .strftime("%a, %d %b %Y %H:%M:%S %z");
        let raw = |name: &'static str, value: String| {
            HeaderValue::new(HeaderName::new_from_ascii_str(name), value)
        };
        let mut message = lettre::Message::builder()
            .raw_header(raw(
                "Received",
                format!(
                    "from mail.{domain} by mx.demo.example with ESMTPS id {:03}; {received}",
                    self.id
                ),
            ))
            .from(Mailbox::new(Some(name.to_owned()), address.parse()?))
            .to("bancsplpy@gmail.com".parse()?)
            .subject(self.subject)
            .date(self.at.into())
            .message_id(Some(format!("<demo.{}@{domain}>", self.id)));
        for (name, value) in self.headers {
            message = message.raw_header(raw(name, (*value).to_owned()));
        }
        let text = SinglePart::plain(self.text.to_owned());
        if self.files.is_empty() {
            return Ok(message.singlepart(text)?.formatted());
        }
        let boundary = format!("demo-{:03}", self.id);
        let mut parts = MultiPart::mixed().boundary(boundary).singlepart(text);
        for file in &self.files {
            let (name, kind, content) = file.content()?;
            parts =
                parts.singlepart(Attachment::new(name).body(content, ContentType::parse(kind)?));
        }
        Ok(message.multipart(parts)?.formatted())
    }
}

impl File {
    fn content(&self) -> Result<(String, &'static str, Vec<u8>)> {
        const WORD: &str =
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
        Ok(match self {
            File::Word(name, head) => ((*name).to_owned(), WORD, docx(*head)?),
            File::Scan(name) => ((*name).to_owned(), "application/pdf", scan(name)),
            File::Zip(name, stem, head) => {
                let (word, scanned) = (docx(*head)?, scan(stem));
                let files = [
                    (format!("{stem}.docx"), word),
                    (format!("{stem}.pdf"), scanned),
                ];
                let listed: Vec<(&str, &[u8])> = files
                    .iter()
                    .map(|(n, c)| (n.as_str(), c.as_slice()))
                    .collect();
                ((*name).to_owned(), "application/zip", zip(&listed)?)
            }
        })
    }
}
