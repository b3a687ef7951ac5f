//! Which contracts the ledger knows to be in force: what applying, undoing and adopting left, file by file.

use std::collections::BTreeMap;

use super::{ChangeStep, FileChanged, History};

/// What is known of one file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Known {
    /// Of its bytes; `None` where there is no such file any more.
    pub sha256: Option<String>,
    /// The change that made it so; empty where the project had it before the ledger knew.
    pub change: String,
    /// What it was before that.
    pub before: Option<String>,
    /// All that it ever was, without what it is.
    pub earlier: Vec<String>,
}

impl History {
    /// Of the steps of all changes: the files, by their paths from the project's folder.
    pub fn force(&self) -> BTreeMap<String, Known> {
        let mut files: BTreeMap<String, Known> = BTreeMap::new();
        let mut applied: BTreeMap<&str, &[FileChanged]> = BTreeMap::new();
        for (_, event) in &self.steps {
            match &event.step {
                ChangeStep::Applied(now) => {
                    applied.insert(&event.change, &now.files);
                    for file in &now.files {
                        note(&mut files, &event.change, file);
                    }
                }
                ChangeStep::Adopted { files: adopted } => {
                    for file in adopted {
                        note(&mut files, &event.change, file);
                    }
                }
                ChangeStep::RolledBack => {
                    for file in applied.remove(event.change.as_str()).unwrap_or_default() {
                        let (before, after) = (file.after.clone(), file.before.clone());
                        note(&mut files, "", &FileChanged { path: file.path.clone(), before, after });
                    }
                }
                ChangeStep::Proposed
                | ChangeStep::Approved
                | ChangeStep::Rejected
                | ChangeStep::Undoing { .. }
                | ChangeStep::Delegated(_)
                | ChangeStep::Escalated { .. }
                | ChangeStep::Expired { .. }
                | ChangeStep::Begun { .. } => {}
            }
        }
        files
    }
}

fn note(files: &mut BTreeMap<String, Known>, change: &str, file: &FileChanged) {
    let known = files.entry(file.path.clone()).or_default();
    known.earlier.extend(known.sha256.take());
    known.earlier.extend(file.before.clone());
    known.earlier.retain(|earlier| Some(earlier) != file.after.as_ref());
    known.earlier.dedup();
    known.sha256.clone_from(&file.after);
    known.before.clone_from(&file.before);
    change.clone_into(&mut known.change);
}
