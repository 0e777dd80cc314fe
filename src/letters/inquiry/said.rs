//! The heads of tables for staff who ask.

use crate::domain::row::MessageId;

pub(super) const REPORTS_AND_PERIODS: &str = "Báo cáo và kỳ";
pub(super) const OF_A_PERIOD: [&str; 2] = ["Báo cáo và kỳ", "Hạn"];
pub(super) const QUESTIONS: &str = "Câu hỏi";
pub(super) const ORDERS: &str = "Lệnh";
pub(super) const OF_AN_EXAMPLE: [&str; 2] = ["Viết", "Để"];
pub(super) const BY_REPORT: &str = "Theo báo cáo và kỳ";
pub(super) const OF_TOTALS: [&str; 5] = [
    "Báo cáo, kỳ (hạn)",
    "Đến hạn",
    "Đã đủ",
    "Còn thiếu",
    "Chưa nộp",
];

/// A number, and how many of them are so.
pub(super) fn of_them(all: u32, so: &str, some: u32) -> String {
    match some {
        0 => all.to_string(),
        some => format!("{all} ({so} {some})"),
    }
}

/// Of what is there, and of what is missing.
pub(super) const LATE: &str = "trễ";
pub(super) const WAITING: &str = "chờ xử lý";
pub(super) const BY_UNIT: &str = "Theo đơn vị";
pub(super) const OF_A_UNIT: [&str; 3] = ["Đơn vị", "Hạn", "Tình trạng"];
pub(super) const OF_REPORTS: [&str; 3] = ["Báo cáo và kỳ", "Hạn", "Tình trạng"];
/// The page that goes along, without its ending.
pub(super) const PAGE: &str = "trang-theo-doi";
/// The file that goes along, without its ending.
pub(super) const FILE: &str = "tinh-hinh-bao-cao";
pub(super) const ENCLOSED: &str = "Tệp gửi kèm";
pub(super) const TOO_LARGE: &str = "Không gửi kèm được vì quá lớn";
pub(super) const FILE_OF: &str = "Tệp";
pub(super) const FOUND: &str = "Thư tìm thấy";
pub(super) const OF_FOUND: [&str; 3] = ["Ngày nhận, đơn vị", "Báo cáo, mã", "Đoạn có chữ cần tìm"];

pub(super) fn mail_number(id: MessageId) -> String {
    format!("thư số {id}")
}
