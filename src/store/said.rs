//! Why a mail of ours was dropped, and what stands for what was removed, in words.

use jiff::civil::Date;

use crate::domain::vietnamese_date;

/// Why an answer waits for a person.
pub(super) const PERHAPS_SENT: &str =
    "hệ thống đã được khôi phục từ bản sao lưu, có thể thư này đã được gửi trước đó";
pub(super) const BEFORE_THE_BACKUP: &str = "bản tin của ngày trước khi khôi phục";
pub(super) const CLOCK_WAS_WRONG: &str = "đồng hồ của máy đã sai";
/// What stands in place of a text that was past its time.
pub(super) const REMOVED: &str = "(đã xóa theo thời hạn lưu trữ)";

/// That a later digest tells all that this one would.
pub(super) fn told_by_the_digest_of(day: Date) -> String {
    format!(
        "bản tin ngày {} nói cả những việc này",
        vietnamese_date(day)
    )
}
