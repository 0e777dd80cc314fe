//! Why the clock is doubted, in words.

use jiff::Timestamp;

use super::Evidence;
use crate::domain::vietnamese_moment;

impl Evidence {
    /// For staff and the alarm.
    #[must_use]
    pub fn in_vietnamese(&self, now: Timestamp) -> String {
        let said = vietnamese_moment(now);
        let why = match self {
            Evidence::Jumped { expected } => {
                format!(
                    "đã đổi đột ngột (lẽ ra là {})",
                    vietnamese_moment(*expected)
                )
            }
            Evidence::Behind { received } => format!(
                "chậm hơn máy chủ thư (đã có thư nhận lúc {})",
                vietnamese_moment(*received)
            ),
            Evidence::Apart { server, by_us } => format!(
                "khác với máy chủ thư (lúc đồng hồ chỉ {}, máy chủ thư ghi {})",
                vietnamese_moment(*by_us),
                vietnamese_moment(*server)
            ),
            Evidence::Ahead { received, sent } => format!(
                "nhanh hơn máy chủ thư (thư gửi đi lúc {} đã quay lại lúc {})",
                vietnamese_moment(*sent),
                vietnamese_moment(*received)
            ),
        };
        format!(
            "đồng hồ của máy chỉ {said}, {why}. Thư nhắc và bản tin tạm dừng; đề nghị quản trị viên chỉnh lại giờ, hoặc chạy “thubaocao clock accept” nếu giờ đang đúng"
        )
    }
}
