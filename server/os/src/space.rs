//! How much room there is on a disk.

use std::io;
use std::path::Path;

/// How many bytes this process may still write to the file system that a folder is on.
///
/// # Errors
/// When the system does not tell.
#[cfg(unix)]
pub fn left(folder: &Path) -> io::Result<u64> {
    let about = rustix::fs::statvfs(folder)?;
    Ok(about.f_bavail.saturating_mul(about.f_frsize))
}

/// This system is not asked.
///
/// # Errors
/// Always.
#[cfg(not(unix))]
pub fn left(_: &Path) -> io::Result<u64> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_folder_has_room_and_a_file_system_without_files_has_none() {
        assert!(left(&std::env::temp_dir()).unwrap() > 0);
        #[cfg(target_os = "linux")]
        assert_eq!(left(Path::new("/proc")).unwrap(), 0);
        left(Path::new("/there/is/no/such/folder")).unwrap_err();
    }
}
