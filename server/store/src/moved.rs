//! The mark of a platform that was copied elsewhere and goes on there: a file in its data
//! directory. It keeps an operator, a script or a machine that comes back from starting it
//! again by mistake. Whoever removes the file on purpose is not stopped by it.

use std::fs;
use std::io;
use std::path::Path;

use crate::error::OpenError;
use crate::files::durable;
use crate::open::Places;

/// The file's name.
pub(crate) const MARK: &str = "moved";

/// Says that what a data directory belongs to goes on elsewhere.
///
/// # Errors
/// When the file cannot be written.
pub fn mark(dir: &Path, to: &str) -> io::Result<()> {
    let text = format!("{to}\n");
    durable::write(&Places::of(dir).temp, &dir.join(MARK), text.as_bytes())
}

/// Refuses a data directory that was moved.
pub(crate) fn refuse(dir: &Path) -> Result<(), OpenError> {
    let mark = dir.join(MARK);
    match fs::read_to_string(&mark) {
        Ok(to) => Err(OpenError::Moved {
            dir: dir.display().to_string(),
            to: to.trim_end().to_owned(),
            mark: mark.display().to_string(),
        }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error.into()),
    }
}
