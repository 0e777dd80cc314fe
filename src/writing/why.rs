//! Why a mail was decided as it was, in words for staff.

use super::because::{because_in_vietnamese, source_in_vietnamese};
use crate::domain::vietnamese_date;
use crate::domain::why::{Closed, Contradiction, Says, Why};
use crate::reading::Doubt;

/// A cause in words for staff: part of a sentence, without a full stop.
#[expect(
    clippy::too_many_lines,
    reason = "a table of causes, and the words for each"
)]
pub fn why_in_vietnamese(why: &Why) -> String {
    match why {
        Why::UnknownSender { address, says } => {
            let known = format!("địa chỉ {address} chưa có trong danh bạ");
            match says {
                Says::Nothing => known,
                Says::NamesAUnit => format!("{known}; thư nêu tên đơn vị"),
                Says::CalledLikeAUnit => {
                    format!("{known}; tên hiển thị là tên đơn vị, đề nghị kiểm tra người gửi")
                }
                Says::IssuedBy { issuer } => format!("{known}; văn bản do “{issuer}” ban hành"),
            }
        }
        Why::SenderContradicted { by } => {
            let by = match by {
                Contradiction::Document => "đơn vị ban hành văn bản",
                Contradiction::ForwardedSender => "người gửi thư gốc",
                Contradiction::Subject => "tên đơn vị nêu trong tiêu đề thư",
            };
            format!("địa chỉ gửi và {by} không khớp nhau")
        }
        Why::StrangeIssuer { issuer } => {
            format!("văn bản do “{issuer}” ban hành, không phải đơn vị của địa chỉ gửi")
        }
        Why::SharedAddress => {
            "địa chỉ gửi dùng chung cho nhiều đơn vị, thư chưa nêu rõ đơn vị nào".into()
        }
        Why::OfAnother { file, issuer } => {
            format!("tệp “{file}” là văn bản do “{issuer}” ban hành")
        }
        Why::OfAnotherUnit { file, issuer } => {
            format!("tệp “{file}” là văn bản của “{issuer}”, là đơn vị khác với đơn vị gửi thư")
        }
        Why::WrittenToOthers { file, to } => {
            format!("{} gửi “{to}”, không gửi Liên đoàn Lao động tỉnh", thing(file.as_deref()))
        }
        Why::OtherGenre { file, genre } => format!("tệp “{file}” là {genre}, không phải báo cáo"),
        Why::AsksForTime { file } => {
            format!("thư xin thêm thời gian; tệp “{file}” không tự nêu là báo cáo")
        }
        Why::SubjectContradicts {
            file,
            document,
            subject,
        } => format!("tệp “{file}” nói về “{document}”, còn tiêu đề thư nói về “{subject}”"),
        Why::SeveralReports { reports } => {
            let names: Vec<String> = reports.iter().map(|r| format!("“{r}”")).collect();
            format!("thư nhắc đến nhiều báo cáo: {}", names.join(", "))
        }
        Why::MentionsReport { file, report } => format!(
            "{} nhắc đến “{report}” nhưng chưa rõ có phải là báo cáo đó không",
            thing(file.as_deref())
        ),
        Why::SpeaksOf { file, matter } => {
            format!("tệp “{file}” nói về việc khác (“{matter}”)")
        }
        Why::NotUnderstood { file, word } => format!(
            "{} có chỗ chưa hiểu (“{word}”) nên chưa rõ thuộc báo cáo, kỳ nào",
            thing(file.as_deref())
        ),
        Why::PlacesContradict {
            file,
            places: [one, other],
            periods: [a, b],
        } => format!(
            "{}: {} nêu {}, còn {} nêu {}",
            thing(file.as_deref()),
            source_in_vietnamese(*one),
            a.in_vietnamese(),
            source_in_vietnamese(*other),
            b.in_vietnamese()
        ),
        Why::LastYears { report, named, due } => format!(
            "“{report}” ghi kỳ {}, trong khi đang đến hạn kỳ {}; đề nghị xem có phải ghi nhầm năm",
            named.in_vietnamese(),
            due.in_vietnamese()
        ),
        Why::Decided { ground } => because_in_vietnamese(ground),
        Why::UnclearReport { file } => {
            format!("{} chưa rõ thuộc báo cáo nào", thing(file.as_deref()))
        }
        Why::NotItsPeriod { report } => {
            format!("kỳ nêu trong thư không phải là kỳ của “{report}”")
        }
        Why::UnclearPeriod { report } => format!("chưa rõ kỳ của “{report}”"),
        Why::BeforeSince {
            report,
            period,
            since,
        } => format!(
            "“{report}”, {}, có hạn gửi trước ngày bắt đầu theo dõi ({})",
            period.in_vietnamese(),
            vietnamese_date(*since)
        ),
        Why::NotExpected {
            unit,
            report,
            period,
        } => format!(
            "{unit} không thuộc diện phải gửi “{report}”, {}",
            period.in_vietnamese()
        ),
        Why::Suspicious { sign } => format!("thư đáng ngờ: {}", why_in_vietnamese(sign)),
        Why::AddressInName { shown, address } => {
            format!("tên hiển thị mang địa chỉ {shown}, nhưng thư gửi từ {address}")
        }
        Why::NearlyAnAddress { address, known } => {
            format!("địa chỉ {address} gần giống {known} nhưng không phải địa chỉ đó")
        }
        Why::StrangeLetters { address, shown } => {
            format!("tên miền của {address} viết bằng chữ lạ: {shown}; đề nghị kiểm tra kỹ")
        }
        Why::NameOfTheDepartment { name, address } => {
            format!("tên hiển thị là “{name}”, nhưng {address} không phải địa chỉ của cán bộ")
        }
        Why::SenderForged => "thư đáng ngờ: không xác thực được người gửi".into(),
        Why::UnusuallyUnverified => {
            "thư từ tên miền này thường được xác thực, riêng thư này thì không; đề nghị xác minh với đơn vị"
                .into()
        }
        Why::NoAnswerPossible => {
            "thư không xác thực được người gửi và không nhận thư trả lời (Return-Path rỗng); đề nghị xác minh với đơn vị"
                .into()
        }
        Why::LessTrusted => {
            "thư này kém tin cậy hơn lần gửi trước nên chưa thay thế lần gửi trước; đề nghị xác minh với đơn vị"
                .into()
        }
        Why::AcceptedBefore => {
            "Ban đã duyệt báo cáo trước đó của đơn vị nên thư này chưa thay thế; đề nghị xem và quyết định"
                .into()
        }
        Why::NotVerifiedYet => {
            "chưa xác thực được người gửi: máy chủ tên miền (DNS) chưa trả lời; sẽ thử lại".into()
        }
        Why::Unreadable => "không đọc được thư; đề nghị mở trong hộp thư".into(),
        Why::TooMuchToRead => "đọc thư tốn quá nhiều thời gian hoặc bộ nhớ".into(),
        Why::ReaderFailed => "tiến trình đọc thư bị lỗi khi đọc thư này".into(),
        Why::MadeToHarm => {
            "thư có dấu hiệu được tạo ra để gây hại; đề nghị thận trọng, báo quản trị viên".into()
        }
        Why::BrokenMail => "cấu trúc thư bị hỏng".into(),
        Why::LostInTheArchive => "bản lưu của thư trên máy bị hỏng".into(),
        Why::NotFetched => "chưa tải được thư về".into(),
        Why::Twin { mail } => format!("cùng một thư với thư số {mail}"),
        Why::MachineBringsReport { class } => {
            format!("thư thuộc loại “{class}” nhưng có tệp hoặc nội dung báo cáo")
        }
        Why::OfClass { class } => format!("thư thuộc loại “{class}”"),
        Why::PassedOnByStaff => "thư do cán bộ Ban chuyển đến, có tệp hoặc thư của đơn vị".into(),
        Why::OfStaff => "thư của cán bộ Ban".into(),
        Why::Strangers => "thư của người ngoài danh bạ, không có báo cáo".into(),
        Why::Courtesy => "thư cảm ơn, xác nhận".into(),
        Why::UnitAbove { above } => format!("công đoàn cơ sở thuộc {above}, gửi thẳng lên tỉnh"),
        Why::OnlyALink => "thư chỉ có liên kết tải tệp, chưa có tệp đính kèm".into(),
        Why::NoReportFile => "thư của đơn vị, không có tệp báo cáo".into(),
        Why::NotWhollyOpened { file, by } => {
            let by = match by {
                None => "hỏng, thiếu phần hoặc đặt mật khẩu",
                Some(Closed::Password) => "đặt mật khẩu",
                Some(Closed::OneOfSeveral) => "tệp chia nhỏ, thiếu các phần khác",
                Some(Closed::TooMuch) => "quá nhiều hoặc quá lớn khi giải nén",
                Some(Closed::TooDeep) => "nén lồng quá nhiều lớp",
                Some(Closed::UnknownKind) => "loại tệp nén không mở được ở đây",
                Some(Closed::Old) => "nén bằng phiên bản WinRAR quá cũ",
                Some(Closed::Solid) => "nén liền khối (solid), không mở được ở đây",
                Some(Closed::Empty) => "không có tệp nào bên trong",
            };
            format!("tệp “{file}” chưa mở được hết ({by}), đề nghị xem trong hộp thư")
        }
        Why::Broken { file } => {
            format!("tệp “{file}” bị hỏng nên không mở được, đề nghị xem trong hộp thư")
        }
        Why::Locked { file } => format!("tệp “{file}” đặt mật khẩu nên không mở được"),
        Why::Program { file } => format!(
            "tệp “{file}” có chứa macro hoặc là chương trình nên không mở; đề nghị thận trọng"
        ),
        Why::NotOpened { file } => format!("tệp “{file}” chưa mở được, đề nghị xem trong hộp thư"),
        Why::NoPage { file } => {
            format!("ảnh “{file}” có vẻ không phải trang văn bản, đề nghị xem trong hộp thư")
        }
        Why::TooLarge { megabytes } => format!(
            "thư quá lớn ({megabytes} MB) nên chưa tải về; đề nghị mở trong hộp thư"
        ),
        Why::BeforeOurTime => "thư nhận trước ngày bắt đầu theo dõi".into(),
        Why::NotGiven { times, folder } => format!(
            "máy chủ không trả được thư này ({times} lần); đề nghị mở trong hộp thư, thư mục {folder}"
        ),
        Why::LoggedBy { who } => format!("{who} đã ghi nhận"),
        Why::IgnoredBy { who } => format!("{who}: không phải báo cáo"),
        Why::RefusedTimeBy { who } => format!("{who} chưa đồng ý gia hạn theo thư này"),
        Why::GivenTimeBy { who } => format!("{who} đã gia hạn theo thư này"),
        Why::Said { words } => words.clone(),
    }
}

/// Why a sender is not trusted, in words for staff: part of a sentence.
pub fn doubt_in_vietnamese(doubt: &Doubt) -> String {
    let or = |domain: &Option<String>| {
        let written = || "địa chỉ ghi trong thư".to_owned();
        domain.clone().unwrap_or_else(written)
    };
    match doubt {
        Doubt::Refused { server, domain } => format!(
            "máy chủ {server} cho biết thư không phải do {} gửi (dmarc=fail)",
            or(domain)
        ),
        Doubt::OfAnother {
            server,
            passed,
            domain,
        } => format!(
            "máy chủ {server} xác nhận thư do {passed} gửi, không phải {}",
            or(domain)
        ),
        Doubt::Garbled { server } => format!(
            "kết quả xác thực mà máy chủ {server} ghi trong thư có chỗ không đọc được; người gửi có thể đã chèn vào"
        ),
        Doubt::Repeated { header, count } => {
            format!("thư có {count} dòng {header} (chỉ được có một)")
        }
        Doubt::SeveralSenders { count } => {
            format!("dòng From của thư có {count} địa chỉ: không rõ ai gửi")
        }
        Doubt::Ambiguous => "dòng From có thể đọc theo nhiều cách".into(),
        Doubt::BadSignature { domain } => format!(
            "chữ ký DKIM của {domain} không đúng: thư đã bị sửa hoặc không phải do {domain} gửi"
        ),
        Doubt::Unsigned { domain } => format!(
            "{domain} yêu cầu không nhận thư thiếu chữ ký của mình (DMARC), và thư này không có chữ ký đó"
        ),
        Doubt::NoAnswer => {
            "máy chủ tên miền (DNS) không trả lời nên chưa xác thực được người gửi".into()
        }
        Doubt::Said(words) => words.clone(),
    }
}

/// Causes in words for staff.
pub fn whys_in_vietnamese(whys: &[Why]) -> Vec<String> {
    whys.iter().map(why_in_vietnamese).collect()
}

fn thing(file: Option<&str>) -> String {
    file.map_or_else(|| "thư".to_owned(), |file| format!("tệp “{file}”"))
}
