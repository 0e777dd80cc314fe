//! What was corrected, in words for staff.

use jiff::civil::Date;

use crate::domain::correction::action_in_words;
use crate::domain::row::{ChangeId, MessageId, TitleId};
use crate::domain::unit::UnitId;
use crate::domain::vietnamese_date;

pub(super) const SENT_AGAIN: &str = "Thư được gửi lại, nếu vẫn còn cần gửi";

pub(super) fn works_again(address: &str) -> String {
    format!("Địa chỉ {address} được dùng lại để gửi thư")
}

pub(super) fn forgotten(address: &str, unit: &UnitId) -> String {
    format!("Địa chỉ {address} không còn được hiểu là của {unit}")
}

/// `taught`: the address that is the unit's from now on.
pub(super) fn logged(
    mail: MessageId,
    unit: &str,
    reports: &[String],
    taught: Option<&str>,
) -> String {
    let remembered = taught.map_or(String::new(), |address| {
        format!("; từ nay địa chỉ {address} được hiểu là của đơn vị này")
    });
    let reports = reports.join("; ");
    format!("Đã ghi nhận thư số {mail} cho {unit}: {reports}{remembered}")
}

pub(super) const TITLE_LEARNED: &str = "; từ nay thư của mọi đơn vị có trích yếu hoặc tiêu đề như vậy được hiểu là báo cáo này (nếu không đúng, đề nghị hoàn tác và ghi nhận lại)";
pub(super) const TITLE_ENDED: &str = "; trích yếu này trước đây được ghi nhận cho báo cáo khác, nên từ nay không dùng để tự nhận ra báo cáo nào nữa";

pub(super) fn title_forgotten(id: TitleId, report: &str) -> String {
    format!("Trích yếu số {id} không còn được hiểu là của {report}")
}

pub(super) fn no_report(mail: MessageId, withdrawn: bool) -> String {
    let also = match withdrawn {
        true => "; các ghi nhận trước đó của thư này đã được rút",
        false => "",
    };
    format!("Thư số {mail} không phải báo cáo{also}")
}

pub(super) fn put_aside(mails: usize, listed: Date) -> String {
    format!(
        "Đã bỏ qua {mails} thư của người ngoài danh bạ đã liệt kê trong bản tin ngày {}",
        vietnamese_date(listed)
    )
}

pub(super) fn accepted_together(accepted: usize, asked: usize) -> String {
    let others = match asked - accepted {
        0 => String::new(),
        n => format!("; {n} báo cáo khác đã có quyết định nên giữ nguyên"),
    };
    format!("Đã duyệt {accepted} báo cáo{others}")
}

pub(super) fn time_refused(mail: MessageId, unit: &str, reason: &str) -> String {
    format!(
        "Đã trả lời {unit} là chưa đồng ý gia hạn theo thư số {mail} (lý do: {})",
        reason.trim_end_matches('.')
    )
}

pub(super) fn undone(correction: ChangeId, command: &str) -> String {
    format!(
        "Đã hoàn tác thay đổi số {correction} ({})",
        action_in_words(command)
    )
}

pub(super) fn paper(number: Option<&str>, day: Date, target: &str) -> String {
    let number = number.map_or(String::new(), |n| format!(" số {n}"));
    let day = vietnamese_date(day);
    format!("Đã ghi nhận bản giấy{number} ngày {day} của {target}")
}

pub(super) fn no_paper(target: &str) -> String {
    format!("Đã bỏ ghi nhận bản giấy của {target}")
}

pub(super) fn excused(target: &str, reason: &str) -> String {
    format!("Đã miễn báo cáo cho {target} ({reason})")
}

pub(super) fn not_excused(target: &str) -> String {
    format!("Đã bỏ miễn báo cáo của {target}")
}

pub(super) fn extended(due: Date, target: &str) -> String {
    format!(
        "Đã gia hạn đến hết ngày {} cho {target}",
        vietnamese_date(due)
    )
}

pub(super) fn closed(period: &str) -> String {
    format!("Đã khóa kỳ {period}: đơn vị quá hạn chưa nộp được tính là không nộp")
}

pub(super) fn leader_is_written_to(target: &str) -> String {
    format!(
        "Thư đến lãnh đạo đơn vị được gửi trong giờ làm việc, nếu báo cáo vẫn chưa có: {target}"
    )
}

pub(super) fn leader_is_not_written_to(target: &str) -> String {
    format!("Không gửi thư đến lãnh đạo đơn vị: {target}")
}

pub(super) fn open_again(period: &str) -> String {
    format!("Đã mở lại kỳ {period}")
}

pub(super) fn sent_back(code: &str, target: &str, due: Date, reason: &str) -> String {
    format!(
        "Đã trả lại báo cáo {code} của {target}; hạn gửi lại ngày {}. Lý do: {reason}",
        vietnamese_date(due)
    )
}

pub(super) fn accepted(code: &str, target: &str) -> String {
    format!("Đã duyệt báo cáo {code} của {target}")
}
