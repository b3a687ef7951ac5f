//! Changes of contracts: written, decided on, put in force, undone. What a change says and means is `interop`'s to know; here are
//! the files, the ledger and the order in which things happen.

mod adopt;
mod apply;
mod decide;
mod files;
mod impact;
mod journal;
mod propose;
mod rollback;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use contract::Diagnostic;
use engine::{Error, Kind, Result};
use interop::change::{Contracted, Impact, Judged, Pinned, judge, migration};
use interop::openspec::{Folder, Tree};
use pipeline::approval::{Case, Levels, Rule, Standing, State, weigh};
use pipeline::change::History;
use serde::Serialize;

use crate::identity::{About, Identity};
use crate::impact::Effect;
use crate::{App, Workspace};

pub use adopt::{Adopted, adopt};
pub use decide::NewDecision;
pub use files::{Part, load as tree};
pub use journal::{enter_missed, recover};
pub use propose::{NewFile, ProposeRequest, Written};

/// What is said of a contract that nobody approved as it is.
pub(crate) const UNAPPROVED: [&str; 3] = ["PL411", "PL413", "PL414"];

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
    /// What would not work any more under the new contracts, with file and line; told of a change that is looked at by itself.
    pub breaks: Vec<Effect>,
    pub migration: Vec<String>,
    pub findings: Vec<Diagnostic>,
    pub tasks: TaskCount,
    pub standing: Standing,
    pub rule: Rule,
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
            Self::Archived => "archived",
            Self::Applied => "applied",
        }
    }
}

/// A change with what was read to judge it.
pub(crate) struct Seen {
    pub tree: Arc<Tree>,
    pub folder: Folder,
    pub judged: Judged,
    pub history: History,
    pub rule: Rule,
    pub standing: Standing,
}

impl App {
    /// Open changes, and with `all` the archived ones as well.
    pub async fn changes(&self, all: bool) -> Result<Vec<ChangeReport>> {
        let tree = Arc::new(files::load(&self.workspace.root, Part::All)?);
        let history = self.ledger(|ledger| ledger.changes()).await?;
        let mut folders = tree.changes();
        // What was archived and not promoted waits for somebody too.
        let archived = tree.archived().into_iter();
        let (pins, _) = interop::change::pinned(&tree);
        let archived: Vec<Folder> = archived.filter(|folder| all || !is_promoted(&tree, &pins, folder)).collect();
        folders.extend(archived);
        Ok(folders
            .into_iter()
            .map(|folder| {
                let seen = self.seen(tree.clone(), folder, &history);
                self.report(&seen)
            })
            .collect())
    }

    /// Changes that only a person's decision lets go on.
    pub async fn waiting_changes(&self) -> Result<Vec<ChangeReport>> {
        let is_waiting = |change: &ChangeReport| matches!(change.state, ChangeState::Waiting | ChangeState::Archived);
        Ok(self.changes(false).await?.into_iter().filter(is_waiting).collect())
    }

    pub async fn change(&self, id: &str) -> Result<ChangeReport> {
        let seen = self.see(id).await?;
        let breaks = match state(&seen) {
            ChangeState::Applied => Vec::new(),
            _ => impact::breaks(&self.workspace, &seen.folder, &seen.judged.contracts)?,
        };
        Ok(ChangeReport { breaks, ..self.report(&seen) })
    }

    pub(crate) async fn see(&self, id: &str) -> Result<Seen> {
        let tree = Arc::new(files::load(&self.workspace.root, Part::All)?);
        let folder = find(&tree, id)?;
        let name = folder.id.clone();
        let history = self.ledger(move |ledger| ledger.change(&name)).await?;
        Ok(self.seen(tree, folder, &history))
    }

    fn seen(&self, tree: Arc<Tree>, folder: Folder, history: &History) -> Seen {
        let history = history.of(&folder.id);
        let judged = judge(&tree, &folder);
        let rule = rule(&self.workspace, &tree, &folder, &judged, &history);
        let identity = Identity::of(&self.workspace, About::Change);
        let votes = history.votes();
        let case = Case { subject: &judged.digest, votes: &votes, ..Case::default() };
        let standing = weigh(&case, &rule, &|claim| identity.doubt(claim));
        Seen { tree, folder, judged, history, rule, standing }
    }

    fn report(&self, seen: &Seen) -> ChangeReport {
        let judged = &seen.judged;
        let reports = judged.contracts.iter().filter_map(|contracted| contracted.report.as_ref());
        let (done, all) = seen.folder.tasks().count();
        ChangeReport {
            id: seen.folder.id.clone(),
            path: seen.folder.path.clone(),
            state: state(seen),
            digest: judged.digest.clone(),
            author: judged.metadata.author.clone(),
            created: judged.metadata.created.clone(),
            proposed_ms: seen.history.proposed_ms(),
            breaking: judged.is_breaking(),
            impact: judged
                .contracts
                .iter()
                .filter_map(|contracted| contracted.report.as_ref())
                .flat_map(|report| impact::impact(&self.workspace, report))
                .collect(),
            breaks: Vec::new(),
            migration: reports.flat_map(migration).collect(),
            contracts: judged.contracts.clone(),
            findings: judged.findings.clone(),
            tasks: TaskCount { done, all },
            standing: seen.standing.clone(),
            rule: seen.rule.clone(),
            writes: judged.writes.iter().map(|write| write.path.clone()).collect(),
        }
    }
}

fn state(seen: &Seen) -> ChangeState {
    let (pins, _) = interop::change::pinned(&seen.tree);
    let is_promoted = seen.folder.is_archived && is_promoted(&seen.tree, &pins, &seen.folder);
    match (is_promoted, seen.judged.is_valid(), seen.folder.is_archived, seen.standing.state) {
        (true, ..) => ChangeState::Applied,
        (false, false, ..) => ChangeState::Invalid,
        (_, _, _, State::Rejected) => ChangeState::Rejected,
        (_, _, _, State::Approved) => ChangeState::Approved,
        (_, _, true, State::Waiting) => ChangeState::Archived,
        (_, _, false, State::Waiting) => ChangeState::Waiting,
    }
}

/// Whether every contract that an archived change brought is in force, or was replaced since by a later one: then there is nothing
/// more to do for this change.
fn is_promoted(tree: &Tree, pins: &BTreeMap<String, Pinned>, folder: &Folder) -> bool {
    folder.contracts().into_iter().all(|inside| {
        let path = format!("{}/{}", interop::openspec::SPECS, inside.trim_start_matches("specs/"));
        let brought = folder.files.get(inside).map(|bytes| interop::change::sha256(bytes));
        let present = tree.files.get(&path).map(|bytes| interop::change::sha256(bytes));
        let is_pinned = pins.get(&path).is_some_and(|pin| Some(&pin.pin.sha256) == brought.as_ref());
        !is_pinned || present == brought
    })
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

/// Who must agree: as the project says, and as the contracts in force say. A contract that is new speaks for itself.
fn rule(workspace: &Workspace, tree: &Tree, folder: &Folder, judged: &Judged, history: &History) -> Rule {
    let settings = &workspace.project.settings.changes;
    let is_breaking = judged.is_breaking();
    let levels = judged.contracts.iter().filter_map(|contracted| {
        let inside = contracted.path.replacen(interop::openspec::SPECS, "specs", 1);
        let text = tree.text(&contracted.path).filter(|_| contracted.old.is_some()).or_else(|| folder.text(&inside))?;
        let levels = levels(&contracted.path, text)?;
        (!levels.first.is_empty() || !levels.second.is_empty()).then_some(levels)
    });
    let mut authors = BTreeSet::new();
    if is_breaking {
        authors = history.authors();
        authors.extend(judged.metadata.author.clone());
    }
    Rule {
        approvers: settings.approvers.clone(),
        needed: if is_breaking { settings.breaking_approvals } else { settings.approvals },
        levels: levels.collect(),
        authors,
        ..Rule::default()
    }
}

/// Approvers that the roles of a contract name.
pub(crate) fn levels(path: &str, text: &str) -> Option<Levels> {
    let (contract, _) = contract::Contract::read(text);
    let roles = contract?.document.roles;
    let names = |of: &dyn Fn(&contract::model::Role) -> Option<String>| {
        let texts = roles.iter().filter_map(of);
        let all: Vec<String> = texts
            .flat_map(|text| text.split([',', ';', '\n']).map(|name| name.trim().to_owned()).collect::<Vec<_>>())
            .filter(|name| !name.is_empty())
            .collect();
        let mut unique: Vec<String> = Vec::new();
        all.into_iter().for_each(|name| {
            if !unique.contains(&name) {
                unique.push(name)
            }
        });
        unique
    };
    let file = path.rsplit('/').next().unwrap_or(path);
    Some(Levels {
        contract: file.to_owned(),
        first: names(&|role| role.first_level_approvers.clone()),
        second: names(&|role| role.second_level_approvers.clone()),
    })
}
