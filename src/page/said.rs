//! That the page cannot be written, in words.

use std::io::{Error, ErrorKind};
use std::path::Path;

/// `e`: why not.
pub(super) fn not_written(path: &Path, e: &anyhow::Error) -> String {
    let why = match e.downcast_ref::<Error>().map(Error::kind) {
        Some(ErrorKind::NotFound) => "thư mục chưa có".to_owned(),
        Some(ErrorKind::PermissionDenied) => "dịch vụ không có quyền ghi vào thư mục".to_owned(),
        Some(ErrorKind::ReadOnlyFilesystem) => "dịch vụ chỉ được đọc thư mục".to_owned(),
        _ => format!("“{}”", e.root_cause()),
    };
    format!("không ghi được {}: {why}", path.display())
}
