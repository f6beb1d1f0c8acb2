//! The folder of `--data`: made when it is not there, and held by one desk at a time.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

const LOCK: &str = "desk.lock";

/// Why the folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// It cannot be made or written.
    #[error("the data folder {} cannot be used", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Two desks would send every e-mail twice.
    #[error(
        "another desk is running on the data folder {}; stop it, or choose another with --data",
        .0.display()
    )]
    InUse(PathBuf),
}

/// Holds the folder. The system lets go of it when the process ends, however it ends.
#[derive(Debug)]
pub struct HeldData(#[expect(dead_code, reason = "the open file is the lock")] File);

/// Makes the folder and takes hold of it.
///
/// # Errors
///
/// [`DataError`].
pub fn hold(path: &Path) -> Result<HeldData, DataError> {
    let failed = |source| DataError::Folder { path: path.to_owned(), source };
    std::fs::create_dir_all(path).map_err(failed)?;
    let lock = File::options()
        .write(true)
        .create(true)
        .truncate(false)
        .open(path.join(LOCK))
        .map_err(failed)?;
    match lock.try_lock() {
        Ok(()) => Ok(HeldData(lock)),
        Err(TryLockError::WouldBlock) => Err(DataError::InUse(path.to_owned())),
        Err(TryLockError::Error(source)) => Err(failed(source)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_desk_at_a_time_holds_a_folder() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("made/on/the/way");
        let held = hold(&path).unwrap();
        assert!(matches!(hold(&path), Err(DataError::InUse(_))));
        drop(held);
        hold(&path).unwrap();
    }

    #[test]
    fn a_file_is_no_folder() {
        let file = tempfile::NamedTempFile::new().unwrap();
        assert!(matches!(hold(file.path()), Err(DataError::Folder { .. })));
    }
}
