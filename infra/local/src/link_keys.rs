//! The keys of links on one machine: made once, and kept in the folder of `--data`, so that links in
//! e-mails that were sent before a restart work after it.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

const FILE: &str = "link-keys.json";

/// Why there are no keys.
#[derive(Debug, thiserror::Error)]
pub enum LinkKeysError {
    /// Their file cannot be read or written.
    #[error("the keys of links cannot be kept in {}", path.display())]
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

/// The keys as JSON. Without a folder they are new ones each time.
///
/// # Errors
///
/// [`LinkKeysError`].
pub fn keys(data: Option<&Path>) -> Result<String, LinkKeysError> {
    let Some(data) = data else { return made() };
    let path = data.join(FILE);
    let failed = |source| LinkKeysError::File { path: path.clone(), source };
    match std::fs::read_to_string(&path) {
        Ok(kept) => Ok(kept),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let keys = made()?;
            write(&path, &keys).map_err(failed)?;
            Ok(keys)
        }
        Err(error) => Err(failed(error)),
    }
}

fn made() -> Result<String, LinkKeysError> {
    let mut random = [0_u8; 32];
    getrandom::fill(&mut random)?;
    let key: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(serde_json::json!({ "key_id": "local", "key": key }).to_string())
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

    use shared::links::LinkKeys;

    use super::*;

    #[test]
    fn keys_are_made_once_and_kept_for_their_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let made = keys(Some(folder.path())).unwrap();
        assert!(LinkKeys::read(&made).is_ok());
        assert_eq!(keys(Some(folder.path())).unwrap(), made);
        let mode = std::fs::metadata(folder.path().join(FILE)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_ne!(keys(None).unwrap(), keys(None).unwrap(), "nothing is kept");
    }
}
