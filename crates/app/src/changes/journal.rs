//! What applying or undoing a change does to the files, written down before it begins, so that whoever comes after a crash ends it.
//!
//! ```text
//!  ledger: begun, with the digest of the journal
//!    └
//!  .plimsoll/change.json        to do: files to write, a folder to move, the event to enter
//!    └ write … write, move
//!  .plimsoll/change-done.json   the files are right; the ledger does not know yet
//!    └ enter the event
//!  (gone)
//! ```
//!
//! Each step can be done again without harm. A journal that the ledger does not know is nobody's: it is not carried out.

use std::path::{Path, PathBuf};

use engine::{Error, Kind, Result, fault};
use interop::change::sha256;
use interop::openspec::{CHANGES, SPECS};
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

/// Whether a process that died may have left something behind.
pub fn is_interrupted(root: &Path) -> bool {
    root.join(TO_DO).exists() || root.join(DONE).exists()
}

/// Ends what a process that died has begun, if the ledger knows that it was begun. Returns the change that was ended.
pub fn recover(root: &Path, ledger: &mut Ledger) -> Result<Option<String>> {
    if !is_interrupted(root) {
        return Ok(None);
    }
    let _lock = Lock::take(root)?;
    // Whoever held the lock may have ended it meanwhile.
    if let Some((journal, digest)) = read(root, TO_DO)? {
        if !ledger.change(&journal.event.change)?.has_begun(&digest) {
            return Err(unknown(root, TO_DO));
        }
        futures::executor::block_on(perform(root, &journal))?;
    }
    let Some(change) = enter(root, ledger)? else { return Ok(None) };
    files::remove(&root.join(DONE), root)?;
    Ok(Some(change))
}

impl App {
    /// Does it all, the caller holding the lock. The ledger knows first, so that nothing but this is ever ended.
    pub(super) async fn carry_out(&self, journal: &Journal) -> Result<()> {
        stays_inside(&self.workspace.root, journal)?;
        let text = serde_json::to_vec_pretty(journal)
            .map_err(|e| Error::new(Kind::Bug, format!("the journal is not JSON: {e}")))?;
        let ChangeEvent { change, digest, who, .. } = &journal.event;
        let begun = ChangeEvent::new(change, digest, who, ChangeStep::Begun { journal: sha256(&text) });
        self.ledger(move |ledger| ledger.append(now_ms(), &[Event::Change(Box::new(begun))])).await?;
        fault::step("change_known").await;
        files::write(&self.workspace.root.join(TO_DO), &text)?;
        fault::step("change_begun").await;
        perform(&self.workspace.root, journal).await?;
        self.enter_changes().await
    }

    /// Enters what the files already are.
    pub async fn enter_changes(&self) -> Result<()> {
        let root = self.workspace.root.clone();
        let entered = self.ledger(move |ledger| enter(&root, ledger)).await?;
        if entered.is_some() {
            fault::step("change_entered").await;
            files::remove(&self.workspace.root.join(DONE), &self.workspace.root)?;
        }
        Ok(())
    }
}

/// Enters what is done with the files, once; returns the change.
fn enter(root: &Path, ledger: &mut Ledger) -> Result<Option<String>> {
    let Some((journal, digest)) = read(root, DONE)? else { return Ok(None) };
    let change = journal.event.change.clone();
    let history = ledger.change(&change)?;
    if !is_entered(&history, &journal.event) {
        if !history.has_begun(&digest) {
            return Err(unknown(root, DONE));
        }
        ledger.append(now_ms(), &[Event::Change(Box::new(journal.event))])?;
    }
    Ok(Some(change))
}

fn is_entered(history: &History, event: &ChangeEvent) -> bool {
    match &event.step {
        ChangeStep::Applied(applied) => history.has_act(&applied.act),
        _ => history.applied().is_none(),
    }
}

fn unknown(root: &Path, name: &str) -> Error {
    let message = "this file tells how to end a change of contracts, and the ledger does not know that it was begun: \
                   nothing of it is carried out";
    Error::new(Kind::Refused, message).at(root.join(name).display().to_string()).help(
        "Plimsoll did not write it, or works with another ledger now: move the file away, and look at what lies in openspec/",
    )
}

/// What a change writes lies in the tree of specs and changes, whatever the journal says.
fn stays_inside(root: &Path, journal: &Journal) -> Result<()> {
    const BOTH: &[&str] = &[SPECS, CHANGES];
    let moved = journal.moves.iter().flat_map(|(from, to)| [from, to]);
    let changes = moved.chain(&journal.removes).map(|path| (path, &BOTH[1..]));
    let writes = journal.writes.iter().map(|step| (&step.path, BOTH));
    for (path, tops) in writes.chain(changes) {
        let is_plain = path.split('/').all(|part| !matches!(part, "" | "." | "..") && !part.contains('\\'));
        let is_inside = tops.iter().any(|top| path.strip_prefix(top).is_some_and(|rest| rest.starts_with('/')));
        let has_link = Path::new(path).ancestors().any(|above| root.join(above).is_symlink());
        if !is_plain || !is_inside || has_link {
            return Err(Error::new(
                Kind::Refused,
                format!("a change writes inside of openspec/ only, and not to {path}"),
            )
            .help("take symbolic links and `..` out of the way that leads there"));
        }
    }
    Ok(())
}

async fn perform(root: &Path, journal: &Journal) -> Result<()> {
    stays_inside(root, journal)?;
    let at = |path: &str| -> PathBuf { root.join(path) };
    let has_moved = journal.moves.as_ref().is_some_and(|(from, _)| !at(from).exists());
    for step in &journal.writes {
        // What goes along with the folder is no longer where it was.
        if has_moved && journal.moves.as_ref().is_some_and(|(from, _)| step.path.starts_with(&format!("{from}/"))) {
            continue;
        }
        match &step.text {
            Some(text) => files::write(&at(&step.path), text.as_bytes())?,
            None => files::remove(&at(&step.path), &at(SPECS))?,
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

/// With the sha256 of the file.
fn read(root: &Path, name: &str) -> Result<Option<(Journal, String)>> {
    let path = root.join(name);
    let bytes = match std::fs::read(&path) {
        Ok(bytes) => bytes,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(failed("read", &path, e)),
    };
    let journal = serde_json::from_slice(&bytes).map_err(|e| {
        Error::new(Kind::Refused, format!("what an interrupted change left behind cannot be read: {e}"))
            .at(path.display().to_string())
            .help("look at it, bring openspec/ into the state that you want, and remove the file")
    })?;
    Ok(Some((journal, sha256(&bytes))))
}
