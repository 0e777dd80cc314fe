//! Why a command is not carried out, in words for whoever sent it.

use jiff::civil::Date;

use super::order::of;
use super::words::Against;
use crate::domain::row::{MessageId, SubmissionId};
use crate::domain::vietnamese_date;
use crate::links::token::{Action, Item};

pub(crate) const INVALID: &str = "Mã xử lý không hợp lệ hoặc không còn hiệu lực; lệnh không được thực hiện. Đề nghị dùng liên kết trong bản tin mới nhất";
pub(crate) const OF_ANOTHER: &str = "Mã xử lý này được gửi cho người khác; lệnh không được thực hiện. Mỗi cán bộ dùng liên kết trong bản tin của mình";
pub(crate) const IN_ANOTHER_MAIL: &str = "Thư có mã xử lý nhưng lại trả lời thư của người khác; chưa thực hiện lệnh nào. Nếu mã xử lý nằm trong thư của người ngoài Ban, đề nghị báo quản trị viên; nếu muốn ra lệnh, đề nghị gửi một thư mới";
pub(crate) const EXPIRED: &str =
    "Mã xử lý đã hết hạn. Đề nghị dùng liên kết trong bản tin mới nhất";
pub(crate) const TOO_OLD: &str = "Bản tin được trả lời đã quá 30 ngày; chưa thực hiện lệnh nào. Đề nghị trả lời bản tin mới nhất";
pub(crate) const NO_LONGER: &str = "Bản tin được trả lời không còn hiệu lực; chưa thực hiện lệnh nào. Đề nghị trả lời bản tin mới nhất";
pub(crate) const QUOTED: &str = "Mã xử lý chỉ nằm trong phần trích dẫn; chưa thực hiện lệnh nào. Đề nghị dùng chức năng trả lời (Reply) bản tin, hoặc bấm liên kết trong bản tin";
pub(crate) const WHICH: &str = "Chưa rõ lệnh này dành cho việc nào. Đề nghị dùng liên kết của từng việc trong bản tin, hoặc ghi rõ “thư số …” hay mã báo cáo “BC-…”";
pub(crate) const OF_ANOTHER_DIGEST: &str = "Bản tin được trả lời là bản tin gửi cho người khác; chưa thực hiện lệnh nào. Đề nghị trả lời bản tin gửi cho chính đồng chí";
pub(crate) const LOST: &str = "Thư được trả lời đã gửi trước khi hệ thống được khôi phục từ bản sao lưu nên hệ thống không còn biết thư đó; chưa thực hiện lệnh nào. Đề nghị trả lời bản tin mới nhất";
pub(crate) const NO_CODE: &str = "Thư không có mã xử lý và không trả lời bản tin nào; chưa thực hiện lệnh nào. Đề nghị dùng chức năng trả lời (Reply) bản tin, hoặc bấm liên kết trong bản tin";
pub(crate) const ONE_AT_A_TIME: &str =
    "Thư nêu nhiều việc; chưa thực hiện lệnh nào. Đề nghị gửi mỗi việc một thư";
pub(crate) const WHICH_TO_UNDO: &str = "Thư này trả lời kết quả của nhiều lệnh nên chưa rõ hoàn tác lệnh nào. Đề nghị gửi một thư mới chỉ ghi mã hoàn tác của lệnh đó";
/// Where words ask for nothing that is known.
pub(crate) const UNCLEAR: &str = "Chưa rõ yêu cầu. Đề nghị viết một trong các lệnh: ghi nhận cho đơn vị …, không phải báo cáo, duyệt, trả lại (nêu lý do), gia hạn đến ngày …, miễn (nêu lý do), đã nhận bản giấy, hoàn tác; hoặc câu hỏi: tình hình …, gửi tệp …, xuất …, tìm …. Gửi thư chỉ ghi “trợ giúp” để xem cách viết";
/// Where words to us alone ask for nothing that is known.
pub(super) const HOW_TO_SAY: &str = "Chưa rõ yêu cầu; chưa thực hiện lệnh nào. Nếu muốn ra lệnh hoặc hỏi, đề nghị dùng chức năng trả lời (Reply) bản tin gần nhất; gửi thư chỉ ghi hai chữ “trợ giúp” để xem cách viết";
/// Where words ask to be told something, in no answer to a letter of ours.
pub(super) const ASK_IN_REPLY: &str = "Thư không trả lời bản tin nào nên câu hỏi chưa được trả lời. Đề nghị dùng chức năng trả lời (Reply) bản tin gần nhất và viết lại câu hỏi; gửi thư chỉ ghi hai chữ “trợ giúp” rồi trả lời thư nhận được cũng được";
pub(crate) const NOTHING_DONE: &str =
    "Thư được trả lời không thực hiện lệnh nào nên không có gì để hoàn tác";
/// Where a mail speaks of taking back, and does not say what, asks or denies it.
pub(crate) const UNDO_UNCLEAR: &str = "Chưa hoàn tác lệnh nào. Lệnh thực hiện qua thư có thể hoàn tác: đề nghị trả lời thư kết quả của lệnh đó bằng hai chữ “hoàn tác”";
pub(crate) const USED: &str = "Mã xử lý này đã được sử dụng; lệnh không được thực hiện lần nữa";
pub(crate) const UNDONE: &str = "Mã hoàn tác này đã được sử dụng; không hoàn tác lần nữa";
pub(crate) const ORDERED: &str = "Theo bản tin này đã có một lệnh cho việc này; lệnh không được thực hiện lần nữa. Nếu cần làm khác, đề nghị hoàn tác lệnh trước rồi dùng bản tin mới hơn";
/// What is said of a letter “Xác nhận” that is settled.
pub(crate) const SETTLED: &str = "Lệnh trong thư “Xác nhận” này đã được giải quyết hoặc đã quá hạn xác nhận; không thực hiện lần nữa. Nếu còn cần, đề nghị gửi lại lệnh từ bản tin mới nhất";
pub(crate) const EXCEPTED: &str = "Liên kết này bỏ qua tất cả các thư đã liệt kê nhưng nội dung thư lại nêu ngoại lệ; chưa thực hiện lệnh nào. Đề nghị xử lý từng thư bằng liên kết của thư đó";
pub(crate) const NO_DAY: &str =
    "Hạn gửi lại không phải là một ngày sắp tới. Đề nghị ghi ngày/tháng/năm và gửi lại";
pub(crate) const NO_REASON: &str = "Chưa có lý do. Đề nghị ghi lý do sau chữ “Lý do:” và gửi lại";
pub(crate) const NO_OBLIGATION: &str = "Việc này không còn trong danh sách báo cáo phải gửi; lệnh không được thực hiện. Đề nghị dùng liên kết trong bản tin mới nhất";
pub(super) const NOTHING_TO_RESET: &str =
    "Không còn lỗi nào của địa chỉ này; không có gì để dùng lại";
pub(super) const NOT_IN_THE_QUEUE: &str = "Không có thư này trong hàng thư gửi đi";
pub(super) const NO_NEW_DAY: &str = "Chưa có ngày gia hạn. Đề nghị ghi ngày/tháng/năm và gửi lại";
pub(super) const PAST: &str = "Ngày gia hạn đã qua. Đề nghị ghi ngày khác và gửi lại";
pub(super) const TOO_FAR: &str = "Ngày gia hạn quá xa. Đề nghị xem lại năm và gửi lại";
pub(super) const NOT_RECEIVED: &str =
    "Dòng “Đã nhận bản giấy” ghi là chưa nhận; chưa thực hiện lệnh nào";
pub(super) const NO_CODES: &str = "Thư không còn mã báo cáo nào; không có gì để duyệt";
pub(super) const NO_UNIT: &str =
    "Chưa rõ tên đơn vị. Đề nghị ghi đủ tên, ví dụ: LĐLĐ huyện Tuy An, CĐ ngành Giáo dục";
pub(super) const SEVERAL_UNITS: &str =
    "Tên ghi trong thư ứng với nhiều đơn vị. Đề nghị ghi rõ một đơn vị";

pub(super) fn mail(id: MessageId) -> String {
    format!("Thư số {id}")
}

/// That a mail does not ask for more time, or not any more, or not clearly in whose name.
pub(super) fn asks_for_no_time(id: MessageId) -> String {
    format!(
        "Thư số {id} không còn chờ xử lý hoặc không phải thư xin gia hạn của một đơn vị; chưa thực hiện lệnh nào. Đề nghị gia hạn bằng tên đơn vị, ví dụ: “gia hạn cho LĐLĐ huyện Tuy An đến …”"
    )
}

pub(super) fn submission(id: SubmissionId) -> String {
    format!("Báo cáo mã số {id:05}")
}

pub(super) fn address(address: &str) -> String {
    format!("địa chỉ {address}")
}

pub(super) fn no_mail(id: MessageId) -> String {
    format!("Không có thư số {id}; lệnh không được thực hiện")
}

pub(super) fn no_submission(number: &str) -> String {
    format!("Không có báo cáo mã số {number}; lệnh không được thực hiện")
}

/// That what a colleague decided is the same.
pub(super) fn not_again(decided: &str) -> String {
    format!("{decided}; không cần thực hiện lại")
}

/// That something was not there yet when the digest was made that a mail answers.
pub(super) fn not_in_the_digest(called: &str, day: Date) -> String {
    let day = vietnamese_date(day);
    format!(
        "{called} không có trong bản tin ngày {day}; chưa thực hiện lệnh nào. Đề nghị trả lời bản tin có việc này"
    )
}

/// That a report is accepted by itself, as nobody vouches for its sender.
pub(super) fn one_by_one(code: &str) -> String {
    format!(
        "Người gửi báo cáo {code} chưa được xác thực nên không duyệt chung được; chưa thực hiện lệnh nào. Đề nghị duyệt riêng báo cáo này"
    )
}

/// That the words of a mail name another thing than its token is of.
pub(crate) fn differs(of_token: &str, named: &str) -> String {
    format!(
        "Mã xử lý là của {of_token} nhưng nội dung thư ghi {named}; chưa thực hiện lệnh nào. Đề nghị bấm lại liên kết của đúng việc cần làm"
    )
}

/// That the words of a mail name another report or period than what its token is of.
pub(super) fn another_report(of_token: &str) -> String {
    format!(
        "Lệnh này là cho {of_token} nhưng nội dung thư ghi báo cáo hoặc kỳ khác; chưa thực hiện lệnh nào. Đề nghị bấm lại liên kết của đúng việc cần làm"
    )
}

/// What has a number by which staff name it.
pub(super) fn in_words(item: Item) -> Option<String> {
    match item {
        Item::Mail(id) => Some(format!("thư số {id}")),
        Item::Submission(id) => Some(format!("báo cáo mã số {id:05}")),
        Item::Obligation(_)
        | Item::Change(_)
        | Item::Contact(_)
        | Item::Outgoing(_)
        | Item::Listed(..)
        | Item::News(_) => None,
    }
}

/// That the words around a verb are not understood.
pub(super) fn not_plain(action: &Action) -> String {
    format!(
        "Nội dung thư có chữ “{}” nhưng còn ghi thêm lời khác nên chưa rõ yêu cầu; chưa thực hiện lệnh nào. Đề nghị gửi mỗi việc một thư, chỉ ghi số thư hoặc mã báo cáo và lệnh, hoặc bấm liên kết trong bản tin",
        called(action)
    )
}

/// That the lines below the command ask for more.
pub(super) fn more_is_asked(line: &str) -> String {
    format!(
        "Thư nêu thêm một việc ở dòng “{line}”; chưa thực hiện lệnh nào. Đề nghị gửi mỗi việc một thư"
    )
}

/// That several things of a unit fit what is asked, or that none does.
pub(super) fn of_unit(unit: &str, fit: &[String]) -> String {
    match fit {
        [] => format!(
            "{unit} không có việc nào ứng với lệnh này; chưa thực hiện lệnh nào. Đề nghị dùng liên kết của từng việc trong bản tin"
        ),
        several => format!(
            "{unit} có nhiều việc ứng với lệnh này: {}; chưa thực hiện lệnh nào. Đề nghị ghi rõ một việc, đúng như tên ở đây",
            several.join("; ")
        ),
    }
}

/// That an item is not one of which this can be asked.
pub(super) fn does_not_fit(item: Item) -> String {
    let fit: Vec<String> = of(item)
        .iter()
        .map(|a| format!("“{}”", called(a)))
        .collect();
    format!(
        "Lệnh này không áp dụng được cho việc đã chọn; chưa thực hiện lệnh nào. Việc này có thể: {}",
        fit.join(", ")
    )
}

/// What an action is called, for staff.
fn called(action: &Action) -> &'static str {
    match action {
        Action::Assign(_) => "ghi nhận cho đơn vị",
        Action::Ignore => "không phải báo cáo",
        Action::Accept => "duyệt",
        Action::Return => "trả lại",
        Action::Extend => "gia hạn",
        Action::Refuse => "không đồng ý gia hạn",
        Action::Excuse => "miễn báo cáo",
        Action::Paper => "đã nhận bản giấy",
        Action::Close => "khóa kỳ",
        Action::Escalate => "gửi thư đến lãnh đạo đơn vị",
        Action::Spare => "dừng thư đến lãnh đạo đơn vị",
        Action::Undo => "hoàn tác",
        Action::Reset => "dùng lại địa chỉ",
        Action::Resend => "gửi lại thư",
        Action::Confirm => "xác nhận lệnh",
        Action::Any => "theo lời ghi trong thư",
    }
}

/// That the words of a mail speak against its code.
pub(super) fn asked_back(action: &Action, said: &Against) -> String {
    let words = match said {
        Against::Other(other) => format!("nội dung thư lại ghi “{}”", called(other)),
        Against::Denied => "nội dung thư lại ghi là không làm việc đó".to_owned(),
        Against::Question => "nội dung thư lại là một câu hỏi".to_owned(),
        Against::Condition => "nội dung thư lại nêu điều kiện hoặc ngoại lệ".to_owned(),
    };
    format!(
        "Mã xử lý trong thư là “{}” nhưng {words}; chưa thực hiện lệnh nào. Đề nghị bấm lại liên kết của đúng việc cần làm và không ghi thêm lời khác",
        called(action)
    )
}
