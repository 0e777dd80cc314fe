//! That the page cannot be written, in words.

use std::path::Path;

/// `e`: why not.
pub(super) fn not_written(path: &Path, e: &anyhow::Error) -> String {
    format!(
        "không ghi được tệp {}: “{}”",
        path.display(),
        e.root_cause()
    )
}
