//! What is wrong with the configuration folder, in words for staff.

use super::exposure::{Exposed, Others, group_name};

impl Exposed {
    /// The same in words for staff and administrator.
    pub fn in_vietnamese(&self) -> String {
        let path = self.path.display();
        let who = match self.by {
            Others::Everybody => "mọi người dùng trên máy chủ".to_owned(),
            Others::Group(gid) => format!("nhóm {}", group_name(gid)),
        };
        format!(
            "{who} đọc được tệp {path}; đề nghị quản trị viên chạy lệnh: {}",
            self.mend
        )
    }
}
