//! Starting other programs, with errors that name the whole command.

use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

/// What the program prints to standard output; fails when the program does.
pub fn output(command: &mut Command) -> Result<String> {
    let output =
        command.stderr(Stdio::inherit()).output().with_context(|| format!("cannot start {}", line(command)))?;
    if !output.status.success() {
        bail!("{} ended with {}", line(command), output.status);
    }
    String::from_utf8(output.stdout).with_context(|| format!("{} printed something else than text", line(command)))
}

/// Runs it in the foreground; fails when the program does.
pub fn run(command: &mut Command) -> Result<()> {
    match code(command)? {
        0 => Ok(()),
        code => bail!("{} ended with exit code {code}", line(command)),
    }
}

/// Runs it in the foreground; the exit code, 1 when a signal ended it.
pub fn code(command: &mut Command) -> Result<u8> {
    let status = command.status().with_context(|| format!("cannot start {}", line(command)))?;
    Ok(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1))
}

/// The command as one would type it.
pub fn line(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
}
