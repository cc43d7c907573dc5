//! Paths on disk.

use std::path::{Path, PathBuf};

/// The root of the workspace.
pub fn root() -> &'static Path {
    const HERE: &str = env!("CARGO_MANIFEST_DIR");
    Path::new(HERE).ancestors().nth(2).unwrap_or_else(|| Path::new(HERE))
}

/// The folder for the files of the local AWS. It is below cargo's target folder, so `cargo clean`
/// removes it.
pub fn folder() -> PathBuf {
    let target = aws::config::setting("CARGO_TARGET_DIR")
        .map_or_else(|_| root().join("target"), PathBuf::from);
    target.join("local")
}
