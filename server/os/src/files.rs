//! Writes small files so that they are there whole or not at all, and secret
//! files so that nobody else may read them.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::{Component, Path, PathBuf};

use zeroize::Zeroizing;

/// Who may read a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readers {
    /// Every account of the machine: mode 0644.
    Everyone,
    /// The owner alone: mode 0600, a directory 0700. For keys, cookies and
    /// unfinished work.
    Owner,
}

/// Makes a directory and those above it. With [`Readers::Owner`] it is closed to
/// other accounts.
///
/// # Errors
/// When the file system fails.
pub fn directory(path: &Path, readers: Readers) -> io::Result<()> {
    fs::create_dir_all(path)?;
    #[cfg(unix)]
    if readers == Readers::Owner {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(path, fs::Permissions::from_mode(0o700))?;
    }
    #[cfg(not(unix))]
    let _ = readers;
    Ok(())
}

/// Makes a directory and those above it durably: the entry of each in the one above it
/// is on the disk, so that what is written into it durably is found after a crash.
///
/// # Errors
/// When the file system fails.
pub fn directory_durably(path: &Path) -> io::Result<()> {
    let above = above(path);
    if !above.exists() {
        directory_durably(above)?;
    }
    match fs::create_dir(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        // Who made it may have been killed before its entry was on the disk.
        _ => File::open(above)?.sync_all(),
    }
}

fn above(path: &Path) -> &Path {
    let parent = path.parent();
    let parent = parent.filter(|parent| !parent.as_os_str().is_empty());
    parent.unwrap_or(Path::new("."))
}

/// Reads a secret file of text.
///
/// # Errors
/// [`io::ErrorKind::PermissionDenied`] when accounts other than the file's owner
/// may read or write it, since what they know is no secret. Other errors are those
/// of the file system.
pub fn read_secret(path: &Path) -> io::Result<Zeroizing<String>> {
    let given = std::env::var_os("CREDENTIALS_DIRECTORY").map(PathBuf::from);
    read_secret_beside(path, given.as_deref())
}

/// The same where the service manager puts what it gives this process into `given`
/// (systemd's `LoadCredential=`): nobody else gets into that folder, and the bits of a
/// file's group are there what its access list gives to the process.
#[cfg_attr(not(unix), expect(unused_variables, reason = "there are no modes"))]
fn read_secret_beside(path: &Path, given: Option<&Path>) -> io::Result<Zeroizing<String>> {
    let mut file = File::open(path)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let is_given = match given {
            Some(folder) => settled(path)?.starts_with(settled(folder)?),
            None => false,
        };
        let others = if is_given { 0o037 } else { 0o077 };
        if file.metadata()?.permissions().mode() & others != 0 {
            return Err(io::Error::new(
                io::ErrorKind::PermissionDenied,
                "其他用户可读，请执行 chmod 600 / others may read it: chmod 600",
            ));
        }
    }
    let mut text = Zeroizing::new(String::new());
    file.read_to_string(&mut text)?;
    Ok(text)
}

/// Writes a file durably: it is written beside its place, flushed to the disk and
/// then renamed into its place. A crash leaves the old file or the new one.
///
/// # Errors
/// When the file system fails; the file is then as it was.
pub fn write(path: &Path, bytes: &[u8], readers: Readers) -> io::Result<()> {
    let staged = beside(path, ".new");
    let written = (|| {
        let mut file = create(&staged, readers)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&staged, path)
    })();
    if written.is_err() {
        let _ = fs::remove_file(&staged);
        return written;
    }
    File::open(above(path))?.sync_all()
}

/// Creates or empties a file, which only `readers` may read from its first
/// moment on.
///
/// # Errors
/// When the file system fails.
pub fn create(path: &Path, readers: Readers) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).read(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(match readers {
            Readers::Everyone => 0o644,
            Readers::Owner => 0o600,
        });
    }
    #[cfg(not(unix))]
    let _ = readers;
    options.open(path)
}

/// Where a path leads in the end: absolute, with every symbolic link followed and every
/// `..` taken back, as far as it exists. Two names of one place give the same.
///
/// # Errors
/// When the file system fails.
pub fn settled(path: &Path) -> io::Result<PathBuf> {
    let absolute = std::path::absolute(path)?;
    let mut place = PathBuf::new();
    for part in absolute.components() {
        match part {
            Component::ParentDir => drop(place.pop()),
            part => place.push(part),
        }
        match fs::canonicalize(&place) {
            Ok(found) => place = found,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(place)
}

/// The path with a suffix appended: `B.kbid` and `.receipt.json` give
/// `B.kbid.receipt.json`.
pub fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_directory_is_made_with_those_above_it_and_again_without_harm() {
        let made = tempfile::tempdir().unwrap();
        let path = made.path().join("projects/one/released");
        for _ in 0..2 {
            directory_durably(&path).unwrap();
            assert!(path.is_dir());
        }
        fs::write(made.path().join("file"), b"").unwrap();
        assert!(directory_durably(&made.path().join("file/below")).is_err());
    }

    #[test]
    fn a_secret_is_its_owners_or_one_that_the_service_manager_gives() {
        use std::os::unix::fs::PermissionsExt as _;
        let made = tempfile::tempdir().unwrap();
        let given = made.path().join("given");
        fs::create_dir(&given).unwrap();
        let (own, root) = (made.path().join("own"), given.join("root"));
        let link = made.path().join("link");
        std::os::unix::fs::symlink(&root, &link).unwrap();
        let put = |path: &Path, mode| {
            fs::write(path, "secret").unwrap();
            fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        };
        let is_read = |path: &Path| read_secret_beside(path, Some(&given)).is_ok();
        put(&own, 0o600);
        put(&root, 0o440);
        assert!(is_read(&own) && is_read(&root) && is_read(&link));
        assert!(read_secret_beside(&root, None).is_err());
        put(&own, 0o440);
        assert!(!is_read(&own));
        for mode in [0o444, 0o460] {
            put(&root, mode);
            assert!(!is_read(&root), "{mode:o}");
        }
    }

    #[test]
    fn every_name_of_a_place_settles_to_the_same_path() {
        let made = tempfile::tempdir().unwrap();
        let root = fs::canonicalize(made.path()).unwrap();
        fs::create_dir_all(root.join("data/inner")).unwrap();
        std::os::unix::fs::symlink(root.join("data"), root.join("link")).unwrap();
        for name in [
            "data/inner/new",
            "link/inner/new",
            "data/../link/inner/./new",
            "data/inner/gone/../new",
        ] {
            let settled = settled(&root.join(name)).unwrap();
            assert_eq!(settled, root.join("data/inner/new"), "{name}");
        }
    }
}
