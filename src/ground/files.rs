//! Files and folders that only their owner can open, and the room for them.

use std::path::Path;

use anyhow::{Context, Result};

/// Makes a folder that only its owner can enter: the mails name children and workers.
///
/// # Errors
/// When the system refuses.
pub(crate) fn make_private_folder(folder: &Path) -> Result<()> {
    use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
    if !folder.is_dir() {
        std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)
            .with_context(|| format!("cannot make the folder {}", folder.display()))?;
    }
    let mode = std::fs::metadata(folder)?.permissions().mode();
    if mode & 0o077 != 0 {
        std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700)).with_context(
            || format!("cannot keep others out of the folder {}", folder.display()),
        )?;
    }
    Ok(())
}

/// Makes a file one that only its owner can read.
///
/// # Errors
/// When the system refuses.
pub(crate) fn make_private_file(path: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))
        .with_context(|| format!("cannot keep others from reading {}", path.display()))
}

/// Bytes that are free for us on the disk that holds a folder; `None` where the system does not tell.
pub(crate) fn free_bytes(folder: &Path) -> Option<u64> {
    use std::os::unix::ffi::OsStrExt;
    let path = std::ffi::CString::new(folder.as_os_str().as_bytes()).ok()?;
    let mut found = std::mem::MaybeUninit::<libc::statvfs>::uninit();
    // SAFETY: the path ends by NUL and lives as long as the call, which fills the struct where it gives 0.
    let found = unsafe {
        (libc::statvfs(path.as_ptr(), found.as_mut_ptr()) == 0).then(|| found.assume_init())?
    };
    Some(found.f_bavail * found.f_frsize)
}
