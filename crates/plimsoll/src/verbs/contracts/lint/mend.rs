//! `--fix`: files are mended in place, and each changed line is shown.

use std::collections::BTreeMap;
use std::path::Path;

use contract::fix::{diff, fix};
use engine::{Error, Kind, Result};

use super::folder;
use crate::screen::{BAD, BOLD, DIM, GOOD, Screen};

pub struct Mended {
    path: String,
    before: String,
    after: String,
    codes: Vec<&'static str>,
}

/// Mends all texts and writes those that changed.
pub fn all(texts: &mut BTreeMap<String, String>) -> Result<Vec<Mended>> {
    let mut done = Vec::new();
    for (path, text) in texts.iter_mut() {
        let Some(fixed) = fix(path, text) else { continue };
        write(Path::new(path), &fixed.text)?;
        let before = std::mem::replace(text, fixed.text.clone());
        done.push(Mended { path: path.clone(), before, after: fixed.text, codes: fixed.mended });
    }
    Ok(done)
}

/// Through a second file, so that a full disk or a crash leaves the old one whole.
fn write(path: &Path, text: &str) -> Result<()> {
    let failed = |e: std::io::Error| {
        Error::new(Kind::Input, format!("cannot write the mended contract: {e}")).at(path.display().to_string())
    };
    let target = path.canonicalize().map_err(failed)?;
    let name = target.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let beside = folder(&target).join(format!(".{name}.{}.tmp", std::process::id()));
    let written = std::fs::write(&beside, text)
        .and_then(|()| std::fs::set_permissions(&beside, std::fs::metadata(&target)?.permissions()))
        .and_then(|()| std::fs::rename(&beside, &target));
    written.map_err(|e| {
        let _ = std::fs::remove_file(&beside);
        failed(e)
    })
}

pub fn show(screen: &mut Screen, mended: &[Mended]) {
    for file in mended {
        let codes = file.codes.join(", ");
        screen.line(format!("{GOOD}mended{GOOD:#} {BOLD}{}{BOLD:#} {DIM}{codes}{DIM:#}", file.path));
        for (sign, line, text) in diff(&file.before, &file.after) {
            let style = if sign == '-' { BAD } else { GOOD };
            // Control characters of a file must not reach a terminal.
            let text = text.replace(char::is_control, " ");
            screen.line(format!("{line:>6} {style}{sign} {text}{style:#}"));
        }
        screen.line("");
    }
}

pub fn json(mended: &[Mended]) -> Vec<serde_json::Value> {
    let lines = |file: &Mended| -> Vec<serde_json::Value> {
        let line =
            |(sign, line, text): (char, usize, String)| serde_json::json!({ "sign": sign, "line": line, "text": text });
        diff(&file.before, &file.after).into_iter().map(line).collect()
    };
    mended
        .iter()
        .map(|file| serde_json::json!({ "path": file.path, "codes": file.codes, "lines": lines(file) }))
        .collect()
}
