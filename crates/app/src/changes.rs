//! Changes of contracts: written, decided on, put in force, undone. What a change says and means is `interop`'s to know; here are
//! the files, the ledger and the order in which things happen.

mod adopt;
mod apply;
mod decide;
mod delegate;
mod files;
mod force;
mod impact;
mod journal;
mod judge;
mod propose;
mod rollback;
mod watch;

use std::collections::BTreeMap;
use std::sync::Arc;

use contract::Diagnostic;
use engine::{Error, Kind, Result};
use interop::change::{Contracted, Impact, migration};
use interop::openspec::{Folder, Tree};
use pipeline::approval::{Rule, Standing};
use pipeline::change::Shown;
use serde::Serialize;

use crate::App;
use crate::impact::Effect;

pub use adopt::{Adopted, adopt};
pub use decide::{NewDecision, unseen};
pub use files::{Part, load as tree};
pub use force::{unvouched, vouch, vouch_anew};
pub use journal::{is_interrupted, recover};
pub(crate) use judge::levels;
use judge::{Seen, asked_of, is_promoted, state};
pub use propose::{NewFile, ProposeRequest, Written};
pub use rollback::NewRollback;

/// What is said of a contract that nobody approved as it is.
pub(crate) const UNAPPROVED: [&str; 5] = ["PL411", "PL413", "PL414", "PL417", "PL418"];

/// A change and all that there is to say about it.
#[derive(Debug, Clone, Serialize)]
pub struct ChangeReport {
    pub id: String,
    /// From the project's folder.
    pub path: String,
    pub state: ChangeState,
    pub digest: String,
    pub author: Option<String>,
    pub created: Option<String>,
    /// When somebody last stood behind a version of it.
    pub proposed_ms: Option<i64>,
    pub breaking: bool,
    pub contracts: Vec<Contracted>,
    pub impact: Vec<Impact>,
    /// What would not work any more under the new contracts, with file and line; of an applied change, when it is undone. Told of a
    /// change that is looked at by itself.
    pub breaks: Vec<Effect>,
    /// Of what it breaks, wherever the lines are: who approves agrees to exactly that.
    pub breaks_fingerprint: String,
    pub migration: Vec<String>,
    pub findings: Vec<Diagnostic>,
    pub tasks: TaskCount,
    /// When it was put to people, as it is now or before an edit.
    pub asked_ms: Option<i64>,
    #[serde(skip)]
    pub(crate) round_ms: Option<i64>,
    /// When nobody can decide any more, until it is proposed again.
    pub expires_ms: Option<i64>,
    /// When others may decide as well, and whether they can already.
    pub escalates_ms: Option<i64>,
    pub escalated: bool,
    pub escalate_to: Vec<String>,
    pub standing: Standing,
    pub rule: Rule,
    /// The rule when it was asked, where it was another.
    pub rule_before: Option<Rule>,
    /// Of an applied one that somebody wants undone: who agrees, and who is missing.
    pub undoing: Option<Standing>,
    /// Decisions of this project carry a signature.
    pub signed: bool,
    /// Files that applying it writes or removes.
    pub writes: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct TaskCount {
    pub done: usize,
    pub all: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeState {
    /// Something is wrong with it: see the findings.
    Invalid,
    Waiting,
    Approved,
    Rejected,
    /// Nobody decided in time; it has to be proposed again.
    Expired,
    /// Archived by another tool; its contracts are not in their places.
    Archived,
    Applied,
}

impl ChangeState {
    pub fn word(self) -> &'static str {
        match self {
            Self::Invalid => "invalid",
            Self::Waiting => "waiting",
            Self::Approved => "approved",
            Self::Rejected => "rejected",
            Self::Expired => "expired",
            Self::Archived => "archived",
            Self::Applied => "applied",
        }
    }

    /// Whether people can decide it, and have not.
    pub fn waits(self) -> bool {
        matches!(self, Self::Waiting | Self::Archived)
    }
}

impl App {
    /// Open changes, and with `all` the archived ones as well.
    pub async fn changes(&self, all: bool) -> Result<Vec<ChangeReport>> {
        let tree = Arc::new(files::load(&self.workspace.root, Part::All)?);
        let mut folders = tree.changes();
        // What was archived and not promoted waits for somebody too.
        let archived = tree.archived().into_iter();
        let (pins, _) = interop::change::pinned(&tree);
        let archived: Vec<Folder> = archived.filter(|folder| all || !is_promoted(&tree, &pins, folder)).collect();
        folders.extend(archived);
        let ids: Vec<String> = folders.iter().map(|folder| folder.id.clone()).collect();
        let (history, clocks) = self
            .ledger(move |ledger| {
                let clocks = ids.iter().map(|id| ledger.change_clock(id)).collect::<Result<Vec<_>>>()?;
                Ok((ledger.changes()?, clocks))
            })
            .await?;
        let seen = folders.into_iter().zip(clocks).map(|(folder, clock)| {
            let seen = self.seen(tree.clone(), folder, &history, clock)?;
            Ok(self.report(&seen))
        });
        seen.collect()
    }

    /// Changes that only people let go on: those that can be decided, and those that must be asked about anew.
    pub async fn waiting_changes(&self) -> Result<Vec<ChangeReport>> {
        let is_waiting = |change: &ChangeReport| change.state.waits() || change.state == ChangeState::Expired;
        Ok(self.changes(false).await?.into_iter().filter(is_waiting).collect())
    }

    /// Files of contracts that some open change brings anew, or takes away, with the change's id.
    pub(crate) fn in_change(&self) -> Result<BTreeMap<String, String>> {
        let tree = Arc::new(files::load(&self.workspace.root, Part::All)?);
        let (pins, _) = interop::change::pinned(&tree);
        let archived = tree.archived().into_iter().filter(|folder| !is_promoted(&tree, &pins, folder));
        let brought = |folder: Folder| {
            let contracts = interop::change::judge(&tree, &folder).contracts;
            contracts.into_iter().map(move |contracted| (contracted.path, folder.id.clone())).collect::<Vec<_>>()
        };
        Ok(tree.changes().into_iter().chain(archived).flat_map(brought).collect())
    }

    pub async fn change(&self, id: &str) -> Result<ChangeReport> {
        let mut seen = self.see(id).await?;
        self.look_at_breaks(&mut seen)?;
        if seen.is_promoted {
            seen.breaks = Some(impact::breaks_undone(&self.workspace, &seen.folder, &seen.judged.contracts)?);
        }
        Ok(self.report(&seen))
    }

    pub(crate) async fn see(&self, id: &str) -> Result<Seen> {
        let tree = Arc::new(files::load(&self.workspace.root, Part::All)?);
        let folder = find(&tree, id)?;
        let name = folder.id.clone();
        let (history, clock) =
            self.ledger(move |ledger| Ok((ledger.change(&name)?, ledger.change_clock(&name)?))).await?;
        self.seen(tree, folder, &history, clock)
    }

    /// The newest applied change of this id, also where an open one has taken it since.
    async fn see_applied(&self, id: &str) -> Result<Seen> {
        let tree = Arc::new(files::load(&self.workspace.root, Part::All)?);
        let Some(folder) = tree.archived().into_iter().rev().find(|folder| folder.id == id) else {
            return self.see(id).await;
        };
        let name = folder.id.clone();
        let (history, clock) =
            self.ledger(move |ledger| Ok((ledger.change(&name)?, ledger.change_clock(&name)?))).await?;
        self.seen(tree, folder, &history, clock)
    }

    fn report(&self, seen: &Seen) -> ChangeReport {
        let judged = &seen.judged;
        let reports = judged.contracts.iter().filter_map(|contracted| contracted.report.as_ref());
        let (done, all) = seen.folder.tasks().count();
        let state = state(seen);
        let escalation = seen.rule.escalation.as_ref().filter(|_| state.waits());
        let breaks = seen.breaks.clone().unwrap_or_default();
        let before = seen.round.as_ref().and_then(|round| round.asked.as_ref()).map(|asked| asked.rule.clone());
        ChangeReport {
            id: seen.folder.id.clone(),
            path: seen.folder.path.clone(),
            state,
            digest: judged.digest.clone(),
            author: judged.metadata.author.clone(),
            created: judged.metadata.created.clone(),
            proposed_ms: seen.history.proposed_ms(),
            breaking: judged.is_breaking(),
            impact: reports.clone().flat_map(|report| impact::impact(&self.workspace, report)).collect(),
            breaks_fingerprint: Shown::of(&breaks).fingerprint(),
            breaks,
            migration: reports.flat_map(migration).collect(),
            contracts: judged.contracts.clone(),
            findings: judged.findings.clone(),
            tasks: TaskCount { done, all },
            asked_ms: seen.round.as_ref().map(|round| round.opened_ms),
            round_ms: seen.round.as_ref().map(|round| round.asked_ms),
            expires_ms: seen.closes_ms.filter(|_| state.waits() || state == ChangeState::Expired),
            escalates_ms: escalation.map(|escalation| escalation.from_ms),
            escalated: escalation.is_some() && seen.is_escalated(),
            escalate_to: escalation.map(|escalation| escalation.to.clone()).unwrap_or_default(),
            standing: seen.standing.clone(),
            rule_before: before.filter(|before| state.waits() && *before != asked_of(&seen.rule)),
            rule: seen.rule.clone(),
            undoing: self.undoing(seen).map(|(standing, _)| standing),
            signed: self.workspace.project.settings.changes.allowed_signers.is_some(),
            writes: judged.writes.iter().map(|write| write.path.clone()).collect(),
        }
    }
}

/// By its id: the open change of this name, else the newest archived one.
fn find(tree: &Tree, id: &str) -> Result<Folder> {
    let open = tree.changes().into_iter().find(|folder| folder.id == id);
    let found = open.or_else(|| tree.archived().into_iter().rev().find(|folder| folder.id == id));
    found.ok_or_else(|| {
        let known: Vec<String> = tree.changes().into_iter().map(|folder| folder.id).collect();
        let help = match known.is_empty() {
            true => "no change is open; write one with `plimsoll change new ID --from FILE`".to_owned(),
            false => format!("open changes: {}", known.join(", ")),
        };
        Error::new(Kind::Input, format!("there is no change `{id}`")).help(help)
    })
}
