//! How each part of the service fares, in words.

use super::{Look, Unseen};
use crate::domain::vietnamese_moment;
use crate::store::Part;

pub(super) const NEVER_RAN: &str = "chương trình chưa chạy lần nào";
pub(super) const PERHAPS_STOPPED: &str = "dịch vụ có thể không chạy";
pub(super) const NOT_LOOKED_SINCE: &str =
    "từ lúc đó hộp thư không được kiểm tra; dịch vụ có đang chạy không?";
pub(super) const NO_DIGEST: &str = "bản tin không được lập";
pub(super) const DIGEST_WAITS: &str = "bản tin vẫn chờ gửi";

/// That another part keeps the mailbox from being looked through.
pub(super) fn not_looked_through(cause: Part) -> String {
    format!("không kiểm tra được vì {}", fault_in_vietnamese(cause))
}

impl Look {
    /// The part's state as a clause: "hộp thư không kiểm tra được từ 2 giờ 10 ngày 15/6/2026"; `None` if it is well.
    pub fn in_vietnamese(&self) -> Option<String> {
        let ill = self.ill.as_ref()?;
        Some(format!(
            "{} từ {}",
            fault_in_vietnamese(self.part),
            vietnamese_moment(ill.since)
        ))
    }

    /// The same as a line with all that is known.
    pub(crate) fn as_a_line(&self) -> Option<String> {
        let (fault, ill) = (self.in_vietnamese()?, self.ill.as_ref()?);
        Some(format!("SỰ CỐ: {fault}. Chi tiết: {}", ill.why))
    }
}

impl Unseen {
    /// What it means for whoever reads what has not come.
    pub fn in_vietnamese(&self) -> String {
        let since = match self.since {
            Some(at) => format!(
                "từ {} hộp thư chưa được kiểm tra hết",
                vietnamese_moment(at)
            ),
            None => "hộp thư chưa được kiểm tra hết lần nào".to_owned(),
        };
        format!(
            "Lưu ý: {since} ({}); đơn vị ghi “chưa nộp” có thể đã gửi báo cáo.",
            self.why
        )
    }
}

/// What a part's failure is called.
pub fn fault_in_vietnamese(part: Part) -> &'static str {
    match part {
        Part::Mailbox => "hộp thư không kiểm tra được",
        Part::Login => "hộp thư từ chối đăng nhập",
        Part::Folder => "có thư mục của hộp thư không đọc được",
        Part::Download => "đã tải hết hạn mức thư trong ngày",
        Part::Rewound => "hộp thư đã bị đưa về trạng thái cũ",
        Part::Reading => "thư đến không đọc được",
        Part::Password => "tệp chứa mật khẩu không được bảo vệ",
        Part::Confinement => "tiến trình đọc thư không được cách ly đầy đủ",
        Part::Transport => "thư không gửi đi được",
        Part::Digest => "bản tin hằng ngày không gửi được",
        Part::Disk => "đĩa gần đầy hoặc không ghi được",
        Part::Archive => "kho lưu trữ không dùng được",
        Part::Clock => "đồng hồ máy chủ có thể sai",
        Part::Damage => "dữ liệu lưu trữ bị hỏng",
        Part::Register => "danh mục đơn vị, báo cáo không khớp với dữ liệu đã lưu",
        Part::Holds => "nhiều đơn vị tạm chưa được nhắc vì có thư chờ xử lý",
        Part::Page => "trang theo dõi không ghi được",
        Part::Alarm => "cảnh báo không gửi đi được",
    }
}
