//! What is wrong with a mailbox, for staff: in Vietnamese, and what the server said in quotation marks, as it said it.

use super::MailboxError;

impl MailboxError {
    /// The error in words for staff, with what the administrator may look at.
    pub fn in_vietnamese(&self) -> String {
        match self {
            MailboxError::Unreachable { host, port, why } => {
                format!("không kết nối được máy chủ {host}:{port}: “{why}”")
            }
            MailboxError::Certificate { host, why } => format!(
                "chứng thư số của máy chủ {host} không đáng tin cậy: “{why}”; đề nghị kiểm tra mailbox.host, mailbox.ca_file"
            ),
            MailboxError::Login { host, user, answer } => format!(
                "máy chủ {host} từ chối đăng nhập của {user}: “{answer}”; đề nghị kiểm tra tên đăng nhập và mật khẩu (Gmail: mật khẩu ứng dụng, phải tạo lại khi đổi mật khẩu tài khoản)"
            ),
            MailboxError::Busy { host, user, answer } => format!(
                "máy chủ {host} tạm thời không nhận đăng nhập của {user}: “{answer}”; sẽ tự thử lại, có thể phải đóng các chương trình khác đang dùng hộp thư này"
            ),
            MailboxError::NoFolder { folder, there } => format!(
                "hộp thư không có thư mục {folder}; các thư mục hiện có: {}",
                there.join(", ")
            ),
            MailboxError::Emptied { path } => format!(
                "thư mục thư {} trước đây có thư, nay không còn thư nào; đề nghị kiểm tra ổ đĩa và mailbox.path",
                path.display()
            ),
            MailboxError::Refused { command, answer } => {
                format!("máy chủ từ chối lệnh {command}: “{answer}”")
            }
            MailboxError::Incomplete { folder } => {
                format!("máy chủ không liệt kê đủ thư của thư mục {folder}; các thư nhắc tạm dừng")
            }
            MailboxError::Unparsable => "máy chủ trả lời không đúng quy cách".to_owned(),
            MailboxError::Lost(why) => format!("mất kết nối với máy chủ: “{why}”"),
            MailboxError::Other(e) => format!("lỗi: “{e:#}”"),
        }
    }
}

/// Why the mailbox failed, for staff.
pub fn told(e: &anyhow::Error) -> String {
    match e.chain().find_map(|c| c.downcast_ref::<MailboxError>()) {
        Some(e) => e.in_vietnamese(),
        None => format!("lỗi: “{e:#}”"),
    }
}
