//! That the storage of the archive is of no use, in words for staff.

use super::s3::{Lack, Unreachable};

impl Unreachable {
    /// What is the matter, and what it keeps from being done.
    pub(crate) fn in_vietnamese(&self) -> String {
        let place = &self.place;
        let why = match self.lack {
            Lack::Key => format!("chưa có khóa truy cập kho lưu trữ {place}"),
            Lack::Refused => format!("kho lưu trữ {place} từ chối khóa truy cập"),
            Lack::Bucket => format!("không có kho lưu trữ {place}"),
            Lack::Answer => format!("kho lưu trữ {place} không trả lời hoặc báo lỗi"),
        };
        format!(
            "{why}; tạm ngừng nhận thư, xác nhận và nhắc cho đến khi dùng lại được; đề nghị quản trị viên kiểm tra bằng lệnh thubaocao check"
        )
    }
}
