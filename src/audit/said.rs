//! What is damaged, in words.

use super::Fault;
use crate::store::Owner;

/// Several damages, and how many there are more.
pub(super) fn damages(named: &[String], more: usize) -> String {
    let more = match more {
        0 => String::new(),
        n => format!(" và {n} lỗi khác"),
    };
    format!("{}{more}", named.join("; "))
}

/// One of them.
pub(super) fn damage(fault: &Fault) -> String {
    let whose = || {
        let words = fault.owners().iter().map(|o| match o {
            Owner::Mail(id) => format!("thư số {id} (sẽ tải lại từ hộp thư)"),
            Owner::File(id) => format!("tệp của thư số {id}"),
            Owner::Sent(id) => format!("bản lưu thư đã gửi số {id}"),
        });
        words.collect::<Vec<_>>().join(", ")
    };
    match fault {
        Fault::Database { says } => format!("cơ sở dữ liệu bị hỏng: {says}"),
        Fault::Missing { .. } => format!("mất {}", whose()),
        Fault::Damaged { .. } => format!("hỏng {}", whose()),
        Fault::Unreadable { says, .. } => format!("không đọc được {}: {says}", whose()),
    }
}
