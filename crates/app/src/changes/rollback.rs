//! Undoing a change: contracts, pins and folder as they were before it.

use engine::{Error, Kind, Result};
use interop::change::sha256;
use interop::openspec::CHANGES;
use pipeline::change::{Applied, ChangeEvent, ChangeStep, History};

use super::apply::text;
use super::files::Lock;
use super::journal::{Journal, Step};
use super::{ChangeReport, Seen};
use crate::App;

impl App {
    /// The change is open again afterwards, and its approvals are void.
    pub async fn roll_back_change(&self, id: &str, who: &str, reason: &str) -> Result<ChangeReport> {
        if reason.trim().is_empty() {
            return Err(
                Error::new(Kind::Input, "a rollback needs a reason").help("say why with --reason: it is kept for good")
            );
        }
        let lock = Lock::take(&self.workspace.root)?;
        self.enter_changes().await?;
        let seen = self.see(id).await?;
        let all = self.ledger(|ledger| ledger.changes()).await?;
        let mut journal = journal(&seen, &all, who, reason)?;
        journal.event.asked = Some(self.asked(&seen.rule));
        self.carry_out(&journal).await?;
        drop(lock);
        self.change(id).await
    }
}

fn journal(seen: &Seen, all: &History, who: &str, reason: &str) -> Result<Journal> {
    let id = &seen.folder.id;
    let Some((event, applied)) = seen.history.applied().filter(|_| seen.folder.is_archived) else {
        return Err(Error::new(Kind::Input, format!("change `{id}` is not applied, so there is nothing to undo")));
    };
    let named = seen.rule.named();
    if !named.is_empty() && !named.iter().any(|name| name.eq_ignore_ascii_case(who.trim())) {
        return Err(Error::new(
            Kind::Refused,
            format!("{who} is not among those who may undo it: {}", named.join(", ")),
        ));
    }
    let specs = seen
        .folder
        .deltas()
        .into_iter()
        .map(|(capability, _)| format!("{}/{capability}/spec.md", interop::openspec::SPECS));
    if let Some(unknown) = specs.into_iter().find(|spec| !applied.files.iter().any(|file| file.path == *spec)) {
        return Err(Error::new(
            Kind::Refused,
            format!("{unknown} was merged by another tool, and nobody noted what it was before"),
        )
        .help(
            "take the spec and the contract back from version control, or write a change that brings the old contract",
        ));
    }
    let mut writes = Vec::new();
    for file in &applied.files {
        let now = seen.tree.files.get(&file.path).map(|bytes| sha256(bytes));
        if now != file.after {
            return Err(built_upon(all, id, applied, &file.path));
        }
        let text = match &file.before {
            Some(digest) => Some(before(seen, &file.path, digest)?),
            None => None,
        };
        writes.push(Step { path: file.path.clone(), text });
    }
    writes.sort_by_key(|step| (step.text.is_none(), step.path.ends_with("/spec.md"), step.path.clone()));
    let open = format!("{CHANGES}/{id}");
    Ok(Journal {
        event: ChangeEvent {
            reason: reason.to_owned(),
            ..ChangeEvent::new(id, &event.digest, who, ChangeStep::RolledBack)
        },
        writes,
        moves: Some((seen.folder.path.clone(), open.clone())),
        removes: Some(format!("{open}/before")),
    })
}

/// The text before the change, if it is still what the ledger knows.
fn before(seen: &Seen, path: &str, digest: &str) -> Result<String> {
    let bytes = seen.folder.files.get(&format!("before/{path}")).filter(|bytes| sha256(bytes) == digest);
    match bytes {
        Some(bytes) => text(path, bytes),
        None => Err(Error::new(Kind::Refused, format!("what {path} was before is missing, or was edited"))
            .at(format!("{}/before/{path}", seen.folder.path))
            .help("take it back from version control")),
    }
}

fn built_upon(all: &History, id: &str, applied: &Applied, path: &str) -> Error {
    let later = all.steps.iter().rev().find(|(_, event)| match &event.step {
        ChangeStep::Applied(other) => {
            event.change != id
                && other.act != applied.act
                && other.files.iter().any(|file| file.path == path)
                && all.of(&event.change).applied().is_some()
        }
        _ => false,
    });
    match later {
        Some((_, event)) => Error::new(
            Kind::Refused,
            format!("change `{}` builds on it: {path} is no longer what `{id}` made of it", event.change),
        )
        .help(format!("undo that one first: plimsoll change rollback {}", event.change)),
        None => Error::new(Kind::Refused, format!("{path} is no longer what `{id}` made of it"))
            .help("`plimsoll check` tells what became of it"),
    }
}
