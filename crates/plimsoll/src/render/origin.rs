//! Where published versions come from, for people.

use app::origin::RunLineage;
use pipeline::origin::{Origin, Version};

use super::number::{count, moment, of};
use crate::screen::{BOLD, DIM, Screen, WARN};

/// Files of one version that are named; the JSON has all.
const FILES_TOLD: usize = 12;

pub fn run(screen: &mut Screen, lineage: &RunLineage) {
    screen.line(format!("{BOLD}{}{BOLD:#} {DIM}{}{DIM:#}", lineage.run, moment(lineage.started_ms)));
    if let Some(coverage) = &lineage.coverage {
        let all = of(coverage.columns as u64, "column");
        screen.line(format!("  {DIM}lineage: {} of {all} of models traced to contracts{DIM:#}", coverage.traced));
    }
    if lineage.made.is_empty() {
        screen.line("  nothing was published");
    }
    for version in &lineage.made {
        screen.line("");
        one(screen, version);
    }
}

/// A version, and behind it what it goes back to.
pub fn version(screen: &mut Screen, origin: &Origin) {
    for (number, version) in origin.versions.iter().enumerate() {
        if number > 0 {
            screen.line("");
        }
        one(screen, version);
    }
    for unknown in &origin.unknown {
        screen.line(format!(
            "{WARN}!{WARN:#} of {} up to version {} the ledger knows no publication",
            unknown.dataset, unknown.version
        ));
    }
    let contracts = origin.contracts();
    screen.line("");
    screen.line(format!(
        "{}, {}{}",
        of(origin.files().len() as u64, "file"),
        of(contracts.len() as u64, "contract version"),
        if origin.left_out > 0 {
            format!(", {} left out", of(origin.left_out as u64, "version"))
        } else {
            String::new()
        }
    ));
}

fn one(screen: &mut Screen, version: &Version) {
    let found = if version.repaired { ", found after a crash" } else { "" };
    screen.line(format!(
        "{BOLD}{} version {}{BOLD:#}  {}  {DIM}{}{found}{DIM:#}",
        version.dataset,
        version.version,
        of(version.rows, "row"),
        moment(version.published_ms)
    ));
    screen.line(format!("  {DIM}contract{DIM:#} {} {}", version.contract.id, version.contract.version));
    screen.line(format!("  {DIM}run{DIM:#}      {}", version.run));
    for input in &version.inputs {
        screen.line(format!("  {DIM}from{DIM:#}     {} version {}", input.dataset, input.version));
    }
    for increment in &version.before {
        files(
            screen,
            "before",
            &increment.files,
            &format!(" (version {}, contract {})", increment.version, increment.contract.version),
        );
    }
    files(screen, "files", &version.files, "");
}

fn files(screen: &mut Screen, what: &str, files: &[pipeline::FileRef], behind: &str) {
    for file in files.iter().take(FILES_TOLD) {
        screen.line(format!("  {DIM}{what:<8}{DIM:#} {}{behind}", file.path));
    }
    if files.len() > FILES_TOLD {
        screen.line(format!("  {DIM}{what:<8}{DIM:#} and {} more{behind}", count((files.len() - FILES_TOLD) as u64)));
    }
}
