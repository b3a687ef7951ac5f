//! `contract bump`: raises a contract's version as far as its changes ask, and touches nothing else in the file.

use std::path::Path;

use contract::diff::{Bump, Report, Source, raised, report};
use engine::{Error, Kind, Result};

use super::diff::contract_of;
use super::read;
use crate::screen::{GOOD, Screen};
use crate::verbs::{DONE, FAILED};

pub fn bump(screen: &mut Screen, path: &Path, against: &Path, write: bool) -> Result<u8> {
    let name = path.display().to_string();
    let old = contract_of(screen, against)?;
    let new = contract_of(screen, path)?;
    let old_name = against.display().to_string();
    numbered(&new, &name)?;
    let report = report(&[Source { path: &old_name, contract: &old }], Source { path: &name, contract: &new }, None);
    let version = match report.version.enough {
        true => report.version.new.clone().unwrap_or_default(),
        false => wanted(&report, &name)?,
    };
    let written = write && !report.version.enough;
    if written {
        let text = read(path)?;
        let changed = contract::diff::with_version(&text, &new, &version)
            .ok_or_else(|| Error::new(Kind::Input, "the contract has no version to raise").at(name.clone()))?;
        std::fs::write(path, changed)
            .map_err(|e| Error::new(Kind::Outside, format!("cannot write the contract: {e}")).at(name.clone()))?;
    }
    if screen.json {
        screen.document(&serde_json::json!({
            "path": name,
            "needed": report.version.needed,
            "old": report.version.old,
            "new": report.version.new,
            "version": version,
            "written": written,
        }));
    } else {
        screen.line(words(&report, &name, &version, written));
    }
    Ok(if report.version.enough || written { DONE } else { FAILED })
}

/// What is no semantic version says nothing about how far it moved.
fn numbered(contract: &contract::Contract, name: &str) -> Result<()> {
    let version = contract.version_text();
    if contract::diff::is_comparable(&version) {
        return Ok(());
    }
    let code = contract::codes::VERSION_NOT_SEMANTIC.code;
    let message = match version.as_str() {
        "" => "the contract has no version".to_owned(),
        version => format!("`{version}` is no semantic version ({code})"),
    };
    let span = contract.span_of("version");
    Err(Error::new(Kind::Input, message)
        .at(format!("{name}:{}:{}", span.line, span.column))
        .help("give the contract a version like 1.0.0"))
}

/// The lowest version that is enough.
fn wanted(report: &Report, name: &str) -> Result<String> {
    let old = report.version.old.as_deref().unwrap_or_default();
    // A version that went back is at least brought back.
    let needed = report.version.needed;
    let lowest = if needed == Bump::None { Some(old.to_owned()) } else { raised(old, needed) };
    lowest.ok_or_else(|| {
        Error::new(Kind::Input, format!("the old version `{old}` is no semantic version, it cannot be raised"))
            .at(name.to_owned())
            .help("give the contract a version like 1.0.0")
    })
}

fn words(report: &Report, name: &str, version: &str, written: bool) -> String {
    let needed = report.version.needed.word();
    let now = report.version.new.as_deref().unwrap_or_default();
    match (report.version.enough, written) {
        (true, _) => format!("{GOOD}✓{GOOD:#} {name}: version {now} is enough ({needed})"),
        (false, true) => format!("{GOOD}✓{GOOD:#} {name}: version {now} → {version} ({needed})"),
        (false, false) => format!("{name}: version {now} should be {version} ({needed}); --write changes it"),
    }
}
