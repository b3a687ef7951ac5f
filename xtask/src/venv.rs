//! A Python environment under the target folder, for the programs that Plimsoll is compared with.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::{command, workspace};

/// The environment's Python, with these packages (`name` or `name==version`) installed from the package index that pip is configured for.
pub fn python(packages: &[&str]) -> Result<PathBuf> {
    let folder = workspace::target()?.join("venv");
    let python = folder.join("bin/python");
    if !python.exists() {
        command::run(Command::new("python3").args(["-m", "venv"]).arg(&folder))
            .context("python3 with its venv module is needed (Debian: python3-venv)")?;
    }
    let stamp = folder.join("packages.txt");
    let had = std::fs::read_to_string(&stamp).unwrap_or_default();
    let missing: Vec<&str> =
        packages.iter().copied().filter(|package| !had.lines().any(|line| line == *package)).collect();
    if !missing.is_empty() {
        install(&python, &missing)?;
        let all = had.lines().chain(missing.iter().copied()).collect::<Vec<_>>().join("\n");
        std::fs::write(&stamp, all + "\n")?;
    }
    Ok(python)
}

fn install(python: &Path, packages: &[&str]) -> Result<()> {
    let mut pip = pip(python);
    command::run(pip.arg("install").args(packages))
}

/// The environment's pip, quiet.
pub fn pip(python: &Path) -> Command {
    let mut pip = Command::new(python);
    pip.args(["-m", "pip", "--quiet", "--disable-pip-version-check"]);
    pip
}
