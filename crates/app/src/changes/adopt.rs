//! Making an OpenSpec tree, or taking over the one that is there: each contract gets its pin, and nothing is overwritten.

use std::path::Path;

use engine::{Error, Kind, Result};
use interop::change::adopt as pinning;
use interop::openspec::{ARCHIVE, SPECS};
use pipeline::change::History;
use serde::Serialize;

use super::files::{self, Lock, Part};
use super::force::refused;

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Adopted {
    /// Files that were written, from the project's folder.
    pub written: Vec<String>,
    pub capabilities: usize,
    pub contracts: usize,
    /// Contracts that were pinned only now.
    pub pinned: Vec<String>,
    pub changes: Vec<String>,
    /// Capabilities whose contract stands inside of `spec.md`, where Plimsoll does not read it.
    pub embedded: Vec<String>,
}

const CONFIG: &str = "\
schema: spec-driven
context: |
  Data contracts (ODCS) stand beside each spec.md, which pins their version and digest.
  They are changed with `plimsoll change new`, not by hand.
";

/// Safe to call again: the second time there is nothing to do. A contract that is not the one that the ledger knows to be approved
/// is not pinned, and then nothing is.
pub fn adopt(root: &Path, history: &History) -> Result<Adopted> {
    let _lock = Lock::take(root)?;
    let tree = files::load(root, Part::All)?;
    let plan = pinning(&tree);
    let known = history.force();
    if let Some(refused) = plan.pinned.iter().find_map(|path| refused(&tree, &known, path)) {
        return Err(Error::new(Kind::Refused, refused.message).at(refused.path).help(refused.help.unwrap_or_default()));
    }
    let mut adopted = Adopted {
        contracts: tree.contracts().len(),
        changes: tree.changes().into_iter().map(|folder| folder.id).collect(),
        ..Adopted::default()
    };
    let mut write = |path: String, bytes: &[u8]| -> Result<()> {
        files::write(&root.join(&path), bytes)?;
        adopted.written.push(path);
        Ok(())
    };
    if !["openspec/config.yaml", "openspec/config.yml"].iter().any(|path| root.join(path).exists()) {
        write("openspec/config.yaml".to_owned(), CONFIG.as_bytes())?;
    }
    for folder in [SPECS, ARCHIVE] {
        if !root.join(folder).is_dir() {
            write(format!("{folder}/.gitkeep"), b"")?;
        }
    }
    for one in &plan.writes {
        write(one.path.clone(), one.bytes.as_deref().unwrap_or_default())?;
    }
    adopted.pinned = plan.pinned;
    adopted.embedded = plan.embedded;
    adopted.capabilities = files::load(root, Part::Specs)?.capabilities().len();
    Ok(adopted)
}
