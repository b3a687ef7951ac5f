//! `cargo xtask codes`: writes the guide's pages about lint codes from the tables of the crate that finds them.

use std::process::ExitCode;

use anyhow::Result;

use crate::{command, workspace};

pub fn run() -> Result<ExitCode> {
    let arguments = ["run", "--quiet", "--package", "contract", "--example", "codes"];
    let code = command::code(workspace::cargo().args(arguments).current_dir(workspace::root()?))?;
    Ok(ExitCode::from(code))
}
