//! Keys that are made once and kept in the folder of `--data`, so that what was signed before a
//! restart still holds after it.

use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

/// Why there are no keys.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// Their file cannot be read or written.
    #[error("the keys cannot be kept in {}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The system has no random bytes.
    #[error("no random key can be made")]
    Random(#[from] getrandom::Error),
}

/// What `written` makes of 32 random bytes, kept as `file`. Without a folder it is new each time.
///
/// # Errors
///
/// [`KeysError`].
pub fn kept(
    data: Option<&Path>,
    file: &str,
    written: impl Fn(&[u8; 32]) -> String,
) -> Result<String, KeysError> {
    let made = || {
        let mut random = [0; 32];
        getrandom::fill(&mut random).map(|()| written(&random))
    };
    let Some(path) = data.map(|data| data.join(file)) else { return Ok(made()?) };
    let failed = |source| KeysError::File { path: path.clone(), source };
    match std::fs::read_to_string(&path) {
        Ok(kept) => Ok(kept),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let keys = made()?;
            write(&path, &keys).map_err(failed)?;
            Ok(keys)
        }
        Err(error) => Err(failed(error)),
    }
}

/// Whole or not at all, and for nobody else on this machine to read.
fn write(path: &Path, keys: &str) -> std::io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt;
    let beside = path.with_extension("new");
    let mut file =
        File::options().write(true).create(true).truncate(true).mode(0o600).open(&beside)?;
    file.write_all(keys.as_bytes())?;
    file.sync_all()?;
    std::fs::rename(beside, path)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn keys_are_made_once_and_kept_for_their_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let keys = |data| kept(data, "keys.json", |random| format!("{random:?}")).unwrap();
        let made = keys(Some(folder.path()));
        assert_eq!(keys(Some(folder.path())), made);
        let mode = std::fs::metadata(folder.path().join("keys.json")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_ne!(keys(None), keys(None), "nothing is kept");
    }
}
