//! Where the repository and its target folder are.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::command;

/// The repository's root: xtask's own folder is one below. Cargo says where that is when it runs this task; what it was
/// when the task was compiled may be another clone that shares the target folder.
pub fn root() -> Result<PathBuf> {
    let own = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    Ok(Path::new(&own).parent().context("xtask has no parent folder")?.to_path_buf())
}

/// Cargo's target folder, wherever the environment or the user's configuration puts it.
pub fn target() -> Result<PathBuf> {
    let text = command::output(cargo().args(["metadata", "--no-deps", "--format-version", "1"]).current_dir(root()?))?;
    let metadata: serde_json::Value = serde_json::from_str(&text).context("cargo metadata printed no JSON")?;
    let folder = metadata["target_directory"].as_str().context("cargo metadata names no target folder")?;
    Ok(PathBuf::from(folder))
}

/// The cargo that runs this task. What cargo told the task of its own package is taken away again: the build script of `ring` is
/// run anew when it sees other values, and with it all that is built on it, DataFusion too.
pub fn cargo() -> std::process::Command {
    let mut cargo = std::process::Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    let names = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    names
        .filter(|name| {
            ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_CRATE_", "CARGO_BIN_"].iter().any(|p| name.starts_with(p))
        })
        .for_each(|name| {
            cargo.env_remove(name);
        });
    cargo
}
