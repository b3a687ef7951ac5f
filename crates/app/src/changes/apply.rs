//! Putting a change in force: contracts, pins and archive together.

use engine::{Error, Kind, Result};
use interop::change::{Write, sha256};
use interop::openspec::ARCHIVE;
use pipeline::approval::State;
use pipeline::change::{Applied, ChangeEvent, ChangeStep, FileChanged};

use super::files::Lock;
use super::force::{APPROVALS, Told};
use super::journal::{Journal, Step};
use super::{ChangeReport, ChangeState, Seen, state};
use crate::App;

impl App {
    /// Does nothing to a change that is applied already. The report says how it stands: a change that is invalid or not approved
    /// stays as it is.
    pub async fn apply_change(&self, id: &str, who: &str) -> Result<ChangeReport> {
        self.settings_hold()?;
        let lock = Lock::take(&self.workspace.root)?;
        self.enter_changes().await?;
        self.trust_ledger().await?;
        let seen = self.see(id).await?;
        if !seen.judged.is_valid() || seen.standing.state != State::Approved || state(&seen) == ChangeState::Applied {
            return Ok(self.report(&seen));
        }
        self.replaces_approved(&seen)?;
        let journal = journal(&seen, who)?;
        self.carry_out(&journal).await?;
        drop(lock);
        let mut report = self.change(id).await?;
        // What it did is told, not what applying it a second time would do.
        report.contracts = seen.judged.contracts;
        report.writes = seen.judged.writes.iter().map(|write| write.path.clone()).collect();
        Ok(report)
    }
}

impl App {
    /// Approvals stand in the ledger; where somebody has changed it, nothing is decided or applied on its word.
    pub(super) async fn trust_ledger(&self) -> Result<()> {
        let report = self.ledger(|ledger| ledger.verify()).await?;
        if report.is_whole() {
            return Ok(());
        }
        let what = match &report.fault {
            Some(fault) => format!("event {}: {}", fault.seq, fault.what),
            None => format!("its folds differ from its events: {}", report.folds_changed.join(", ")),
        };
        Err(Error::new(
            Kind::Refused,
            format!("the ledger was changed by another hand, so its approvals cannot be trusted: {what}"),
        )
        .help("see `plimsoll ledger verify`; where only the folds differ, `plimsoll ledger rebuild` makes them anew"))
    }
}

/// Contracts before the specs that pin them, so that the new pin is never there without its contract; removals last.
fn journal(seen: &Seen, who: &str) -> Result<Journal> {
    let folder = &seen.folder;
    let target = match folder.is_archived {
        true => folder.path.clone(),
        false => format!("{ARCHIVE}/{}-{}", chrono::Utc::now().format("%Y-%m-%d"), folder.id),
    };
    if !folder.is_archived && seen.tree.archived().iter().any(|archived| archived.path == target) {
        return Err(Error::new(Kind::Input, format!("a change `{}` was archived today already", folder.id))
            .at(target)
            .help("give this one another id: rename its folder"));
    }
    let mut writes: Vec<&Write> = seen.judged.writes.iter().collect();
    writes.sort_by_key(|write| (write.bytes.is_none(), write.path.ends_with("/spec.md"), write.path.clone()));
    let mut steps = Vec::new();
    let mut files = Vec::new();
    for write in &writes {
        let before = seen.tree.files.get(&write.path);
        if let Some(before) = before {
            // Needed to undo it: nothing else has the spec as it was.
            steps.push(Step {
                path: format!("{}/before/{}", folder.path, write.path),
                text: Some(text(&write.path, before)?),
            });
        }
        files.push(FileChanged {
            path: write.path.clone(),
            before: before.map(|bytes| sha256(bytes)),
            after: write.bytes.as_ref().map(|bytes| sha256(bytes)),
        });
    }
    let approvals = approvals(seen)?;
    steps.push(Step { path: format!("{}/{APPROVALS}", folder.path), text: Some(approvals) });
    for write in writes {
        let text = write.bytes.as_ref().map(|bytes| text(&write.path, bytes)).transpose()?;
        steps.push(Step { path: write.path.clone(), text });
    }
    let applied = Applied { act: uuid::Uuid::now_v7().to_string(), folder: target.clone(), files };
    let approvers: Vec<&str> = seen
        .standing
        .decisions
        .iter()
        .filter(|decision| decision.approved && decision.not_counted.is_none())
        .map(|decision| decision.who.as_str())
        .collect();
    Ok(Journal {
        event: ChangeEvent {
            reason: format!("approved by {}", approvers.join(", ")),
            ..ChangeEvent::new(&folder.id, &seen.judged.digest, who, ChangeStep::Applied(applied))
        },
        writes: steps,
        moves: (!folder.is_archived).then(|| (folder.path.clone(), target)),
        removes: None,
    })
}

/// The decisions that count, for those who have another ledger.
fn approvals(seen: &Seen) -> Result<String> {
    let decisions = seen.standing.decisions.iter().filter(|one| one.approved && one.not_counted.is_none());
    let event = |one: &pipeline::approval::Decision| {
        let is_it = |(time_ms, event): &&(i64, ChangeEvent)| {
            let is_approved = event.step == ChangeStep::Approved && event.digest == seen.judged.digest;
            is_approved && event.who == one.who && *time_ms == one.time_ms
        };
        let (time_ms, event) = seen.history.steps.iter().rev().find(is_it)?;
        Some(Told { time_ms: *time_ms, event: event.clone() })
    };
    // The question that was answered, and who stands behind it.
    let proposed = seen.history.steps.iter().filter(|(time_ms, event)| {
        let is_it = event.step == ChangeStep::Proposed && event.digest == seen.judged.digest;
        is_it && (event.signature.is_some() || *time_ms == seen.asked_ms())
    });
    let proposed = proposed.map(|(time_ms, event)| Told { time_ms: *time_ms, event: event.clone() });
    told(&proposed.chain(decisions.filter_map(event)).collect::<Vec<_>>())
}

pub(super) fn told(decisions: &[Told]) -> Result<String> {
    let text = serde_json::to_string_pretty(decisions)
        .map_err(|e| Error::new(Kind::Bug, format!("the decisions are not JSON: {e}")))?;
    Ok(text + "\n")
}

pub(super) fn text(path: &str, bytes: &[u8]) -> Result<String> {
    String::from_utf8(bytes.to_vec())
        .map_err(|_| Error::new(Kind::Input, "the file is not UTF-8 text").at(path.to_owned()).help("save it as UTF-8"))
}
