//! The programs of the functions.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The functions that run here, as processes.
pub const FUNCTIONS: [&str; 7] = [
    "check-deadlines",
    "dispatch-email",
    "dispatch-webhook",
    "manage-incident",
    "receive-email",
    "record-delivery",
    "submit-escalation",
];

/// The programs in a folder, which have to be there.
///
/// # Errors
///
/// Which are not, and what makes them.
pub fn in_folder(folder: &Path) -> Result<Vec<(&'static str, PathBuf)>, String> {
    let programs = FUNCTIONS.map(|name| (name, folder.join(name)));
    match programs.iter().find(|(_, program)| !program.is_file()) {
        Some((name, _)) => Err(format!(
            "there is no {name} in {}: `cargo build --workspace --bins` makes it, with --release for \
             target/release",
            folder.display()
        )),
        None => Ok(programs.into()),
    }
}

/// The programs of this very build, made anew if what they are made of has changed. Whole, as
/// `cargo test --workspace` makes them, so that nothing is compiled twice.
///
/// # Panics
///
/// When they cannot be built.
#[must_use]
pub fn built(folder: &Path) -> Vec<(&'static str, PathBuf)> {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--workspace", "--bins", "--examples", "--quiet"]);
    let status = cargo.current_dir(env!("CARGO_MANIFEST_DIR")).status();
    assert!(status.is_ok_and(|status| status.success()), "the functions are built");
    in_folder(folder).unwrap_or_else(|missing| panic!("{missing}"))
}
