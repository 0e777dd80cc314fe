//! That there is no room, in words.

use super::Room;

impl Room {
    /// The same in words for staff.
    pub(super) fn in_vietnamese(&self) -> Option<String> {
        let (Room::Low { .. } | Room::Refused { .. }) = self else {
            return None;
        };
        let left = match self {
            Room::Low { free, .. } => format!("ổ đĩa gần đầy (còn {} MB)", free / 1_000_000),
            Room::Enough | Room::Refused { .. } => "ổ đĩa đã dùng hết hạn mức".to_owned(),
        };
        Some(format!(
            "{left}; tạm ngừng nhận thư, xác nhận và nhắc cho đến khi có chỗ trống; đề nghị quản trị viên giải phóng ổ đĩa"
        ))
    }
}
