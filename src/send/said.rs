//! Why a mail of ours does not leave, in words.

use crate::domain::row::OutboxId;

pub(super) const NO_MORE_TODAY: &str = "đã hết hạn mức gửi trong ngày";
pub(super) const NO_MORE_TO_IT: &str = "địa chỉ đã nhận đủ số thư trong ngày";
pub(super) const TOGETHER: &str =
    "đơn vị đã nhận đủ thư xác nhận trong ngày; báo chung vào sáng hôm sau";
pub(super) const NEVER_LEFT: &str = "chưa gửi đi lần nào";
pub(super) const NOT_FILED: &str = "không có trong thư mục thư đã gửi";
pub(super) const ANSWERED_BEFORE: &str = "đã được trả lời trước khi khôi phục từ bản sao lưu";
/// Of one that was being handed over when something broke.
pub(super) const BROKEN: &str = "kết nối bị ngắt khi đang gửi";
pub(super) const UNSEARCHED: &str =
    "kết nối bị ngắt khi đang gửi; máy chủ không cho tra cứu thư mục thư đã gửi";

/// That another mail tells what this one would.
pub(super) fn together_in(mail: OutboxId) -> String {
    format!("báo chung trong thư số {mail}")
}

/// An error of ours, which staff pass on to the administrator.
pub(super) fn our_error(e: &anyhow::Error) -> String {
    format!("Lỗi: “{e:#}”")
}
