//! How a change stands: its files, its events since it was asked about, and the rule that the project and the contracts give.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use contract::Diagnostic;
use engine::Result;
use interop::change::{Judged, Pinned, judge};
use interop::openspec::{Folder, Tree};
use pipeline::approval::{Case, Delegation, Escalation, Levels, Rights, Rule, Standing, State, weigh};
use pipeline::change::{Asked, ChangeEvent, ChangeStep, History, Round};
use pipeline::decide::GateKind;

use super::{ChangeState, impact};
use crate::clock::{self, Clock};
use crate::identity::{About, Identity};
use crate::impact::Effect;
use crate::{App, Workspace};

/// A change with what was read to judge it.
pub(crate) struct Seen {
    pub tree: Arc<Tree>,
    pub folder: Folder,
    pub judged: Judged,
    pub history: History,
    pub rule: Rule,
    pub standing: Standing,
    pub round: Option<Round>,
    /// When nobody can decide any more.
    pub closes_ms: Option<i64>,
    pub clock: Clock,
    /// Its contracts are in their places.
    pub is_promoted: bool,
    /// What it breaks, where that was looked at.
    pub breaks: Option<Vec<Effect>>,
}

impl Seen {
    /// Whether the time to decide is over.
    pub(super) fn is_over(&self) -> bool {
        // A clock that was put back makes no question younger than this machine knows it to be.
        let at_least = self.round.as_ref().map(|round| clock::later(round.opened_ms, round.uptime.as_ref()));
        let at = self.clock.at().max(at_least.unwrap_or(i64::MIN));
        self.closes_ms.is_some_and(|closes| at > closes)
    }

    /// Whether those whom it is escalated to may decide: it was entered, or is due by a clock that can be believed.
    pub(super) fn is_escalated(&self) -> bool {
        let is_due = self.rule.escalation.as_ref().is_some_and(|escalation| self.clock.at() >= escalation.from_ms);
        let is_told = || self.round.as_ref().is_some_and(|round| self.history.told_escalated(round));
        is_due && (is_told() || (self.clock.right().is_ok() && self.has_passed().is_ok()))
    }

    /// As [`clock::has_passed`].
    pub(super) fn has_passed(&self) -> Result<()> {
        let Some(round) = &self.round else { return Ok(()) };
        clock::has_passed(&format!("change `{}`", self.folder.id), round.opened_ms, round.uptime.as_ref())
    }

    /// What a step on it answers.
    pub fn asked_ms(&self) -> i64 {
        self.round.as_ref().map_or(0, |round| round.asked_ms)
    }

    fn case<'a>(&self, delegations: &'a [Delegation], subject: &'a str) -> Case<'a> {
        let opened_ms = self.round.as_ref().map(|round| round.opened_ms);
        Case { subject, delegations, opened_ms, closes_ms: self.closes_ms, ..Case::default() }
    }

    /// Who holds whose right.
    pub(super) fn rights(&self, identity: &Identity) -> Rights {
        let delegations = self.history.delegations(self.round.as_ref());
        Rights::of(&self.case(&delegations, &self.judged.digest), &self.rule, &|claim| identity.doubt(claim))
    }
}

impl App {
    pub(super) fn seen(
        &self,
        tree: Arc<Tree>,
        folder: Folder,
        history: &History,
        (newest, server_ms): (Option<i64>, Option<i64>),
    ) -> Result<Seen> {
        let history = history.of(&folder.id);
        let mut judged = judge(&tree, &folder);
        if !folder.is_archived && judged.is_valid() {
            // The tree alone does not say which contracts fit together.
            let found = self.workspace.wrong_contracts(&judged.writes);
            judged.findings.extend(found.into_iter().map(|found| in_folder(&folder, found)));
        }
        let expires = self.workspace.project.settings.gate_times(GateKind::ContractUpdate).expires_after_ms;
        let round = history.round(expires);
        let rule = rule(&self.workspace, &tree, &folder, &judged, &history, round.as_ref());
        let (pins, _) = interop::change::pinned(&tree);
        let mut seen = Seen {
            is_promoted: folder.is_archived && is_promoted(&tree, &pins, &folder),
            closes_ms: round.as_ref().and_then(|round| round.closes_ms(expires)),
            clock: Clock { newest_ms: newest.unwrap_or(i64::MIN), server_ms },
            standing: Standing::default(),
            breaks: None,
            tree,
            folder,
            judged,
            history,
            rule,
            round,
        };
        self.weigh(&mut seen)?;
        Ok(seen)
    }

    /// Typing the project under other contracts takes its time, so it is done only where somebody agreed to what it showed then.
    fn weigh(&self, seen: &mut Seen) -> Result<()> {
        let subject = seen.judged.digest.clone();
        let round = seen.round.as_ref();
        let mut votes = seen.history.votes(round, None);
        if votes.iter().any(|vote| vote.approved && !vote.lapsed && vote.subject == subject) {
            self.look_at_breaks(seen)?;
            votes = seen.history.votes(seen.round.as_ref(), seen.breaks.as_deref());
        }
        let identity = Identity::of(&self.workspace, About::Change);
        let delegations = seen.history.delegations(seen.round.as_ref());
        let author_keys = author_keys(&seen.rule, &seen.history);
        let case = Case { votes: &votes, author_keys: &author_keys, ..seen.case(&delegations, &subject) };
        seen.standing = weigh(&case, &seen.rule, &|claim| identity.doubt(claim));
        let needed = self.workspace.project.settings.change_approvers(true).1;
        let is_unproven = seen.judged.is_breaking() && !is_author_proven(&self.workspace, &seen.judged, &seen.history);
        if is_unproven && needed < 2 && !seen.standing.missing.is_empty() {
            seen.standing.missing.push(format!(
                "or the signature of who proposed it, then one approver less: plimsoll change propose {} --sign KEY",
                seen.folder.id
            ));
        }
        Ok(())
    }

    pub(super) fn look_at_breaks(&self, seen: &mut Seen) -> Result<()> {
        if !seen.is_promoted && seen.breaks.is_none() {
            seen.breaks = Some(impact::breaks(&self.workspace, &seen.folder, &seen.judged.contracts)?);
        }
        Ok(())
    }

    /// What is kept with a question, so that a later edit of the rules shows.
    pub(crate) fn asked(&self, rule: &Rule) -> Box<Asked> {
        let times = self.workspace.project.settings.gate_times(GateKind::ContractUpdate);
        Box::new(Asked { expires_after_ms: times.expires_after_ms, rule: asked_of(rule) })
    }
}

/// Those who stand behind a change, and the time since it was asked, are no part of what the project says.
pub(super) fn asked_of(rule: &Rule) -> Rule {
    Rule { authors: BTreeSet::new(), escalation: None, ..rule.clone() }
}

pub(super) fn state(seen: &Seen) -> ChangeState {
    match (seen.is_promoted, seen.judged.is_valid(), seen.folder.is_archived, seen.standing.state) {
        (true, ..) => ChangeState::Applied,
        (false, false, ..) => ChangeState::Invalid,
        (_, _, _, State::Rejected) => ChangeState::Rejected,
        (_, _, _, State::Approved) => ChangeState::Approved,
        (_, _, _, State::Waiting) if seen.is_over() => ChangeState::Expired,
        (_, _, true, State::Waiting) => ChangeState::Archived,
        (_, _, false, State::Waiting) => ChangeState::Waiting,
    }
}

/// Whether every contract that an archived change brought is in force, or was replaced since by a later one: then there is nothing
/// more to do for this change.
pub(super) fn is_promoted(tree: &Tree, pins: &BTreeMap<String, Pinned>, folder: &Folder) -> bool {
    folder.contracts().into_iter().all(|inside| {
        let path = format!("{}/{}", interop::openspec::SPECS, inside.trim_start_matches("specs/"));
        let brought = folder.files.get(inside).map(|bytes| interop::change::sha256(bytes));
        let present = tree.files.get(&path).map(|bytes| interop::change::sha256(bytes));
        let is_pinned = pins.get(&path).is_some_and(|pin| Some(&pin.pin.sha256) == brought.as_ref());
        !is_pinned || present == brought
    })
}

/// Who must agree: as the project says, and as the contracts in force say. A contract that is new speaks for itself.
pub(super) fn rule(
    workspace: &Workspace,
    tree: &Tree,
    folder: &Folder,
    judged: &Judged,
    history: &History,
    round: Option<&Round>,
) -> Rule {
    let times = workspace.project.settings.gate_times(GateKind::ContractUpdate);
    let escalation =
        round.and_then(|round| Escalation::after(round.opened_ms, times.escalate_after_ms, times.escalate_to));
    Rule { escalation, ..rule_for(workspace, tree, folder, judged, history, judged.is_breaking()) }
}

/// Where those who stand behind it may not approve it.
pub(super) fn author_keys(rule: &Rule, history: &History) -> Vec<Vec<u8>> {
    if rule.authors.is_empty() { Vec::new() } else { history.author_keys() }
}

/// Whether it is known who stands behind this version. Where nobody signs, a name is as good as any other.
fn is_author_proven(workspace: &Workspace, judged: &Judged, history: &History) -> bool {
    let identity = Identity::of(workspace, About::Change);
    let is_proven = |event: &ChangeEvent| {
        event.step == ChangeStep::Proposed && event.digest == judged.digest && identity.doubt(&event.claim()).is_none()
    };
    workspace.project.settings.changes.allowed_signers.is_none()
        || history.steps.iter().any(|(_, event)| is_proven(event))
}

/// A finding about a contract that is to be in force, at the file of the change that brings it.
fn in_folder(folder: &Folder, mut found: Diagnostic) -> Diagnostic {
    for inside in folder.contracts() {
        let path = inside.replacen("specs", interop::openspec::SPECS, 1);
        let brought = format!("{}/{inside}", folder.path);
        found.message = found.message.replace(&path, &brought);
        if found.path == path {
            found.path = brought;
        }
    }
    found
}

/// The same of somebody who knows better than the change whether it breaks.
pub(super) fn rule_for(
    workspace: &Workspace,
    tree: &Tree,
    folder: &Folder,
    judged: &Judged,
    history: &History,
    is_breaking: bool,
) -> Rule {
    let settings = &workspace.project.settings;
    let levels = judged.contracts.iter().filter_map(|contracted| {
        let inside = contracted.path.replacen(interop::openspec::SPECS, "specs", 1);
        let before = folder.text(&format!("before/{}", contracted.path)).filter(|_| folder.is_archived);
        let in_force = before.or_else(|| tree.text(&contracted.path)).filter(|_| contracted.old.is_some());
        let text = in_force.or_else(|| folder.text(&inside))?;
        let levels = levels(&contracted.path, text)?;
        (!levels.first.is_empty() || !levels.second.is_empty()).then_some(levels)
    });
    let mut authors = BTreeSet::new();
    let (approvers, mut needed) = settings.change_approvers(is_breaking);
    if is_breaking {
        authors = history.authors();
        authors.extend(judged.metadata.author.clone());
        // Whoever proposed it under another name may be one of those who sign.
        if !is_author_proven(workspace, judged, history) {
            needed = needed.max(2);
        }
    }
    Rule { approvers: approvers.to_vec(), needed, levels: levels.collect(), authors, ..Rule::default() }
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
