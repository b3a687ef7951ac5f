//! Undoing a change: contracts, pins and folder as they were before it.

use std::path::PathBuf;

use engine::{Error, Kind, Result};
use interop::change::{Judged, sha256};
use interop::openspec::{CHANGES, Folder, SPECS, Tree};
use pipeline::Event;
use pipeline::approval::{Case, Rights, Rule, Standing, State, weigh};
use pipeline::change::{Applied, ChangeEvent, ChangeStep, History};

use super::apply::{text, told};
use super::files::Lock;
use super::force::{APPROVALS, Told};
use super::journal::{Journal, Step};
use super::{ChangeReport, Seen, impact};
use crate::identity::{About, Identity, nonce};
use crate::{App, Workspace, now_ms};

/// Who wants a change undone, and why.
#[derive(Debug, Clone, Default)]
pub struct NewRollback {
    pub who: String,
    pub reason: String,
    /// The file of the key that they sign with.
    pub key: Option<PathBuf>,
    /// In how many places it breaks something, as whoever asks has seen them.
    pub breaks: Option<usize>,
}

impl App {
    /// A rollback changes the contract as much as the change did, so as many of the same people have to agree; the last of them
    /// undoes it. The change is open again afterwards, and its approvals are void. While somebody is missing it stays applied.
    pub async fn roll_back_change(&self, id: &str, new: &NewRollback) -> Result<ChangeReport> {
        if new.reason.trim().is_empty() {
            return Err(
                Error::new(Kind::Input, "a rollback needs a reason").help("say why with --reason: it is kept for good")
            );
        }
        self.settings_hold()?;
        let lock = Lock::take(&self.workspace.root)?;
        self.enter_changes().await?;
        let seen = self.see_applied(id).await?;
        let Some((event, applied)) = seen.history.applied().filter(|_| seen.folder.is_archived) else {
            return Err(Error::new(Kind::Input, format!("change `{id}` is not applied, so there is nothing to undo")));
        };
        let all = self.ledger(|ledger| ledger.changes()).await?;
        let mut journal = journal(&seen, &all, event, applied)?;
        self.trust_ledger().await?;
        let agreed = self.agreed(&seen, event, applied, new)?;
        self.undoing_breaks(&seen, new)?;
        let (time_ms, vote) = (now_ms(), agreed.clone());
        self.ledger(move |ledger| ledger.append(time_ms, &[Event::Change(Box::new(vote))])).await?;
        let seen = self.see_applied(id).await?;
        let Some((standing, votes)) = self.undoing(&seen) else { return self.change(id).await };
        if standing.state != State::Approved {
            return Ok(self.report(&seen));
        }
        journal.event.who.clone_from(&new.who);
        journal.event.reason.clone_from(&new.reason);
        journal.event.asked = Some(self.asked(&seen.rule));
        journal.event.uptime = crate::clock::uptime();
        journal.writes.insert(0, Step { path: format!("{}/{APPROVALS}", seen.folder.path), text: Some(told(&votes)?) });
        self.carry_out(&journal).await?;
        drop(lock);
        self.change(id).await
    }

    /// Somebody's word that it is to be undone, where that counts.
    fn agreed(&self, seen: &Seen, event: &ChangeEvent, applied: &Applied, new: &NewRollback) -> Result<ChangeEvent> {
        let identity = Identity::of(&self.workspace, About::Change);
        let rule = rule(&self.workspace, &seen.tree, &seen.folder, &seen.judged, &seen.history);
        if let Some(why) = rule.refuses(&new.who, now_ms(), &Rights::default()) {
            return Err(Error::new(Kind::Refused, why)
                .at(seen.folder.path.clone())
                .help("a change is undone by those who may approve it: ask one of them"));
        }
        let step = ChangeStep::Undoing { act: applied.act.clone() };
        let mut agreed = ChangeEvent::new(&seen.folder.id, &event.digest, &new.who, step);
        agreed.reason.clone_from(&new.reason);
        agreed.nonce = nonce();
        if let Some(key) = &new.key {
            agreed.signature = Some(identity.sign(&agreed.signed_text(), key)?);
        }
        match identity.doubt(&agreed.claim()) {
            None => Ok(agreed),
            Some(doubt) => {
                Err(Error::new(Kind::Refused, format!("it would not count that {} undoes it: {doubt}", new.who))
                    .help(identity.help()))
            }
        }
    }

    /// An error where it breaks what whoever asks has not looked at.
    fn undoing_breaks(&self, seen: &Seen, new: &NewRollback) -> Result<()> {
        let breaks = impact::breaks_undone(&self.workspace, &seen.folder, &seen.judged.contracts)?;
        let id = &seen.folder.id;
        let Some(first) = breaks.iter().find_map(|effect| effect.place.as_ref()) else { return Ok(()) };
        if new.breaks == Some(breaks.len()) {
            return Ok(());
        }
        let places = if breaks.len() == 1 { "one place".to_owned() } else { format!("{} places", breaks.len()) };
        let message = format!("undoing change `{id}` breaks {places}, and whoever undoes it must have looked at that");
        let help = format!(
            "look at it with `plimsoll change show {id}`; mend it first, or say `--breaks {}` to undo it all the same",
            breaks.len()
        );
        Err(Error::new(Kind::Refused, message).at(format!("{}:{}:{}", first.path, first.line, first.column)).help(help))
    }

    /// Who agreed that the application that stands is undone, and their words; nothing where nobody asked.
    pub(super) fn undoing(&self, seen: &Seen) -> Option<(Standing, Vec<Told>)> {
        let (event, applied) = seen.history.applied().filter(|_| seen.folder.is_archived)?;
        let votes = seen.history.undoing(Some(&applied.act));
        if votes.is_empty() {
            return None;
        }
        let identity = Identity::of(&self.workspace, About::Change);
        let rule = rule(&self.workspace, &seen.tree, &seen.folder, &seen.judged, &seen.history);
        let case = Case { subject: &event.digest, votes: &votes, ..Case::default() };
        let standing = weigh(&case, &rule, &|claim| identity.doubt(claim));
        // Whoever has another ledger learns from it who stood behind the change, too.
        let is_of = |of: &ChangeEvent| match &of.step {
            ChangeStep::Undoing { act } => *act == applied.act,
            ChangeStep::Proposed => of.digest == event.digest && of.signature.is_some(),
            _ => false,
        };
        let steps = seen.history.steps.iter().filter(|(_, event)| is_of(event));
        let told = steps.map(|(time_ms, event)| Told { time_ms: *time_ms, event: event.clone() }).collect();
        Some((standing, told))
    }
}

/// Who must agree that a change is undone: as for the change itself, and as for a breaking one where the way back breaks.
pub(super) fn rule(workspace: &Workspace, tree: &Tree, folder: &Folder, judged: &Judged, history: &History) -> Rule {
    let back = judged.contracts.iter().any(|contracted| {
        let inside = contracted.path.replacen(SPECS, "specs", 1);
        let before = folder.text(&format!("before/{}", contracted.path)).filter(|_| folder.is_archived);
        let before = before.or_else(|| tree.text(&contracted.path).filter(|_| !folder.is_archived));
        match (before, folder.text(&inside)) {
            (Some(before), Some(after)) => interop::change::breaks(&contracted.path, after, before),
            // What came with the change goes away with it.
            (None, Some(_)) => true,
            (_, None) => false,
        }
    });
    super::judge::rule_for(workspace, tree, folder, judged, history, back || judged.is_breaking())
}

fn journal(seen: &Seen, all: &History, event: &ChangeEvent, applied: &Applied) -> Result<Journal> {
    let id = &seen.folder.id;
    if seen.tree.changes().iter().any(|open| open.id == *id) {
        return Err(Error::new(
            Kind::Refused,
            format!("an open change has the id `{id}` too, and this one would be put there"),
        )
        .at(format!("{CHANGES}/{id}"))
        .help("rename the folder of the open one"));
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
        event: ChangeEvent::new(id, &event.digest, "", ChangeStep::RolledBack),
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
