//! What is unsettled of units and reports, in words.

use jiff::civil::Date;

use crate::domain::identity::{Thing, Unsettled};
use crate::domain::unit::Unit;
use crate::domain::vietnamese_date;

/// What the column of former ids is called.
pub(super) const OLD_ID: &str = "Mã cũ";

/// Why a unit that ended on a day is excused.
pub(super) fn inherits(last: Option<Date>, heir: &Unit) -> String {
    format!(
        "đơn vị kết thúc hoạt động ngày {}; {} kế thừa và báo cáo kỳ này",
        last.map(vietnamese_date).unwrap_or_default(),
        heir.short_name
    )
}

/// What is unsettled, for staff.
pub(super) fn unsettled(unsettled: &Unsettled) -> String {
    let ids: Vec<String> = unsettled
        .vanished
        .iter()
        .map(|(thing, id)| match thing {
            Thing::Unit => format!("đơn vị {id}"),
            Thing::Report => format!("báo cáo {id}"),
        })
        .collect();
    format!(
        "cấu hình không còn {}, trong khi sổ theo dõi còn số liệu. Thư nhắc về các mã này và các mã mới tạm dừng; đề nghị quản trị viên cho biết mã đã đổi (renamed) hay đã kết thúc (valid_to, ended)",
        ids.join(", ")
    )
}
