//! What applying or undoing a change does to the files, written down before it begins, so that whoever comes after a crash ends it.
//!
//! ```text
//!  .plimsoll/change.json        to do: files to write, a folder to move, the event to enter
//!    └ write … write, move
//!  .plimsoll/change-done.json   the files are right; the ledger does not know yet
//!    └ enter the event
//!  (gone)
//! ```
//!
//! Each step can be done again without harm.

use std::path::{Path, PathBuf};

use engine::{Error, Kind, Result, fault};
use ledger::Ledger;
use pipeline::Event;
use pipeline::change::{ChangeEvent, ChangeStep, History};
use serde::{Deserialize, Serialize};

use super::files::{self, Lock, failed};
use crate::{App, now_ms};

const TO_DO: &str = ".plimsoll/change.json";
const DONE: &str = ".plimsoll/change-done.json";

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Journal {
    pub event: ChangeEvent,
    pub writes: Vec<Step>,
    /// The change's folder, from and to.
    pub moves: Option<(String, String)>,
    /// A folder that is taken away at the end.
    pub removes: Option<String>,
}

/// A file with its new text; `None` takes it away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Step {
    pub path: String,
    pub text: Option<String>,
}

/// Ends what a process that died has begun with the files. What the ledger has to learn of it is entered by the next verb that
/// opens the ledger.
pub fn recover(root: &Path) -> Result<()> {
    if !root.join(TO_DO).exists() {
        return Ok(());
    }
    let _lock = Lock::take(root)?;
    // Whoever held the lock may have ended it meanwhile.
    match read(root, TO_DO)? {
        Some(journal) => futures::executor::block_on(perform(root, &journal)),
        None => Ok(()),
    }
}

impl App {
    /// Does it all, the caller holding the lock.
    pub(super) async fn carry_out(&self, journal: &Journal) -> Result<()> {
        let text = serde_json::to_vec_pretty(journal)
            .map_err(|e| Error::new(Kind::Bug, format!("the journal is not JSON: {e}")))?;
        files::write(&self.workspace.root.join(TO_DO), &text)?;
        fault::step("change_begun").await;
        perform(&self.workspace.root, journal).await?;
        self.enter_changes().await
    }

    /// Enters what the files already are.
    pub async fn enter_changes(&self) -> Result<()> {
        let root = self.workspace.root.clone();
        let has_entered = self.ledger(move |ledger| enter(&root, ledger)).await?;
        if has_entered {
            fault::step("change_entered").await;
            files::remove(&self.workspace.root.join(DONE), &self.workspace.root)?;
        }
        Ok(())
    }
}

/// For whoever opens the ledger: enters what an interrupted change did to the files.
pub fn enter_missed(root: &Path, ledger: &mut Ledger) -> Result<()> {
    if !root.join(DONE).exists() {
        return Ok(());
    }
    let _lock = Lock::take(root)?;
    enter(root, ledger)?;
    files::remove(&root.join(DONE), root)
}

fn enter(root: &Path, ledger: &mut Ledger) -> Result<bool> {
    let Some(journal) = read(root, DONE)? else { return Ok(false) };
    let history = ledger.change(&journal.event.change)?;
    if !is_entered(&history, &journal.event) {
        ledger.append(now_ms(), &[Event::Change(Box::new(journal.event))])?;
    }
    Ok(true)
}

fn is_entered(history: &History, event: &ChangeEvent) -> bool {
    match &event.step {
        ChangeStep::Applied(applied) => history.has_act(&applied.act),
        _ => history.applied().is_none(),
    }
}

async fn perform(root: &Path, journal: &Journal) -> Result<()> {
    let at = |path: &str| -> PathBuf { root.join(path) };
    let has_moved = journal.moves.as_ref().is_some_and(|(from, _)| !at(from).exists());
    for step in &journal.writes {
        // What goes along with the folder is no longer where it was.
        if has_moved && journal.moves.as_ref().is_some_and(|(from, _)| step.path.starts_with(&format!("{from}/"))) {
            continue;
        }
        match &step.text {
            Some(text) => files::write(&at(&step.path), text.as_bytes())?,
            None => files::remove(&at(&step.path), &at(interop::openspec::SPECS))?,
        }
        fault::step("change_written").await;
    }
    if let Some((from, to)) = journal.moves.as_ref().filter(|_| !has_moved) {
        let (from, to) = (at(from), at(to));
        let folder = to.parent().unwrap_or(root);
        std::fs::create_dir_all(folder).map_err(|e| failed("make", folder, e))?;
        std::fs::rename(&from, &to).map_err(|e| failed("move", &from, e))?;
        files::sync(folder);
        fault::step("change_moved").await;
    }
    if let Some(folder) = &journal.removes {
        match std::fs::remove_dir_all(at(folder)) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(failed("remove", &at(folder), e)),
            _ => {}
        }
    }
    std::fs::rename(at(TO_DO), at(DONE)).map_err(|e| failed("move", &at(TO_DO), e))?;
    files::sync(&at(".plimsoll"));
    fault::step("change_done").await;
    Ok(())
}

fn read(root: &Path, name: &str) -> Result<Option<Journal>> {
    let path = root.join(name);
    let bytes = match std::fs::read(&path) {
        Ok(bytes) => bytes,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(failed("read", &path, e)),
    };
    serde_json::from_slice(&bytes).map(Some).map_err(|e| {
        Error::new(Kind::Refused, format!("what an interrupted change left behind cannot be read: {e}"))
            .at(path.display().to_string())
            .help("look at it, bring openspec/ into the state that you want, and remove the file")
    })
}
