//! What keeps mails from coming in, in words.

use crate::mailbox::MailboxError;

/// So many addresses are named whose mails are fetched tomorrow.
const MOST_TOLD: usize = 3;

/// Why a folder cannot be opened, in words for staff, where that is no fault of the mailbox as a whole.
pub(super) fn cannot_be_opened(e: &MailboxError) -> Option<String> {
    match e {
        MailboxError::NoFolder { there, .. } => Some(format!(
            "hộp thư không có thư mục này; các thư mục hiện có: {}",
            there.join(", ")
        )),
        MailboxError::Refused { command, answer }
            if ["SELECT", "EXAMINE"].contains(&command.as_str()) =>
        {
            Some(format!("máy chủ không cho mở thư mục: “{answer}”"))
        }
        _ => None,
    }
}

/// Why mails stay unread, for staff.
pub(super) fn reader_says(why: &str) -> String {
    format!("tiến trình đọc thư báo lỗi: “{why}”; thư đã nhận vẫn được giữ và sẽ được đọc sau")
}

/// That the reading process is not kept from everything that it does not need.
pub(super) fn not_confined(lack: &str) -> String {
    format!(
        "tiến trình đọc thư thiếu lớp bảo vệ: “{lack}”; đề nghị quản trị viên đối chiếu tệp dịch vụ với deploy/thubaocao.service"
    )
}

/// That the mailbox was set back.
pub(super) fn rewound(folder: &str) -> String {
    format!(
        "hộp thư (thư mục {folder}) đã được khôi phục về trạng thái trước đó; các thư được đối chiếu lại theo nội dung"
    )
}

/// That no more is downloaded today of some addresses of the register, or of strangers.
pub(super) fn used_up(of: &[&str], bytes: u64) -> String {
    let of_whom = match of.len() {
        0 => "người gửi ngoài danh bạ".to_owned(),
        n => {
            let some = of[..n.min(MOST_TOLD)].join(", ");
            let more = if n > MOST_TOLD { ", …" } else { "" };
            format!("{n} địa chỉ trong danh bạ ({some}{more})")
        }
    };
    format!(
        "đã tải hết hạn mức trong ngày dành cho {of_whom} ({} MB); phần còn lại sẽ tải ngày mai",
        bytes / 1_000_000
    )
}
