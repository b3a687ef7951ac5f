//! Whether the contracts in force are those that were last approved, as far as this ledger knows. A pin alone proves nothing: whoever
//! edits a contract can edit its pin along.
//!
//! ```text
//!  the ledger's newest word on a file: applied, undone or adopted
//!    = the file in force          fine
//!    ≠ the file in force          somebody else applied or undid a change, and what lies in openspec/ proves it; else an error
//!  the ledger has no word on it   the pin counts, and the next run adopts it
//! ```

use std::collections::{BTreeMap, BTreeSet};

use contract::{CodeInfo, Diagnostic, Level, Span};
use engine::{Error, Kind, Result};
use interop::change::{Pinned, judge, pinned, sha256};
use interop::codes;
use interop::openspec::{Delta, Folder, SPECS, Tree, is_contract, pins};
use ledger::Ledger;
use pipeline::Event;
use pipeline::approval::{Case, State, Vote, weigh};
use pipeline::change::{ChangeEvent, ChangeStep, FileChanged, History, Known};
use pipeline::decide::GateKind;
use pipeline::project::Unapproved;
use serde::{Deserialize, Serialize};

use super::files::{self, Part};
use super::judge::{author_keys, rule};
use super::rollback;
use crate::identity::{About, Identity};
use crate::{App, Workspace, now_ms};

/// Beside a change that was applied or undone: the decisions that let it, for whoever has another ledger.
pub(super) const APPROVALS: &str = "approvals.json";

/// A decision as the ledger of whoever applied the change has it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Told {
    pub time_ms: i64,
    #[serde(flatten)]
    pub event: ChangeEvent,
}

/// What came of comparing.
#[derive(Default)]
struct Vouched {
    findings: Vec<Diagnostic>,
    /// What others applied or undid, by the change.
    proven: Vec<(String, FileChanged)>,
    /// Contracts that are what an approved change made of them, also by being undone.
    approved: BTreeSet<String>,
}

/// Adds what the ledger says about the contracts in force to what is wrong with the project.
pub fn vouch(workspace: &mut Workspace, ledger: &mut Ledger) -> Result<()> {
    let history = ledger.changes()?;
    vouch_by(workspace, &history)
}

/// The same where there is no ledger yet.
pub fn vouch_anew(workspace: &mut Workspace) -> Result<()> {
    vouch_by(workspace, &History::default())
}

fn vouch_by(workspace: &mut Workspace, history: &History) -> Result<()> {
    let Vouched { findings, approved, .. } = compare(workspace, history)?;
    workspace.found(findings);
    workspace.vouch(&approved);
    Ok(())
}

/// The ledger could not be asked.
pub fn unvouched(workspace: &mut Workspace, error: &engine::Error) {
    let message = format!("nobody can tell whether the contracts in force are the approved ones: {}", error.message);
    let help = error.help.clone().unwrap_or_else(|| "see `ledger` in the settings".to_owned());
    workspace.found(vec![at(crate::workspace::SETTINGS, 1, &codes::LEDGER_SILENT, message, help)]);
}

/// What pinning anew would take for approved although it is not what the ledger knows.
pub(super) fn refused(tree: &Tree, known: &BTreeMap<String, Known>, path: &str) -> Option<Diagnostic> {
    let known = known.get(path)?;
    let now = sha256(tree.files.get(path)?);
    (known.sha256.as_ref() != Some(&now)).then(|| edited(path, known, Some(&now)))
}

impl App {
    /// An error where a change replaces a contract that nobody approved: what it does to the approved one cannot be told.
    pub(super) fn replaces_approved(&self, seen: &super::Seen) -> Result<()> {
        let codes = [codes::NOT_APPROVED.code, codes::PIN_VANISHED.code];
        let is_of = |found: &&Diagnostic| {
            let contracted = &seen.judged.contracts;
            let is_it = contracted.iter().any(|one| [one.path.clone(), beside(&one.path)].contains(&found.path));
            found.is_error() && codes.contains(&found.code) && is_it
        };
        match self.workspace.diagnostics.iter().find(is_of) {
            None => Ok(()),
            Some(found) => Err(Error::new(Kind::Refused, found.message.clone())
                .at(found.path.clone())
                .help(found.help.clone().unwrap_or_default())),
        }
    }

    /// Enters which contracts are in force without an application of this ledger, so that an edit of them is found out from here on.
    pub(crate) async fn adopt_in_force(&self, who: &str) -> Result<()> {
        let history = self.ledger(|ledger| ledger.changes()).await?;
        let tree = &self.workspace.specs;
        let (pins, _) = pinned(tree);
        let known = history.force();
        let mut by_change: BTreeMap<String, Vec<FileChanged>> = BTreeMap::new();
        let proven = compare(&self.workspace, &history)?.proven;
        let is_proven = |path: &String| proven.iter().any(|(_, file)| file.path == *path);
        let adopted: Vec<&Pinned> =
            pins.values().filter(|pinned| !known.contains_key(&pinned.path) && !is_proven(&pinned.path)).collect();
        for pinned in adopted {
            let now = tree.files.get(&pinned.path).map(|bytes| sha256(bytes));
            if now.as_ref() == Some(&pinned.pin.sha256) {
                let file = FileChanged { path: pinned.path.clone(), before: None, after: now };
                by_change.entry(String::new()).or_default().push(file);
            }
        }
        for (change, file) in proven {
            by_change.entry(change).or_default().push(file);
        }
        if by_change.is_empty() {
            return Ok(());
        }
        let adopted = |(change, files): (String, Vec<FileChanged>)| {
            Event::Change(Box::new(ChangeEvent::new(&change, "", who, ChangeStep::Adopted { files })))
        };
        let events: Vec<Event> = by_change.into_iter().map(adopted).collect();
        self.ledger(move |ledger| ledger.append(now_ms(), &events)).await.map(drop)
    }
}

fn compare(workspace: &Workspace, history: &History) -> Result<Vouched> {
    let tree = &workspace.specs;
    let (pins, _) = pinned(tree);
    let mut vouched = Vouched::default();
    let mut all: Option<Tree> = None;
    let force = history.force();
    // Of what this ledger has never seen the pin counts, and an archived change can tell that it was approved.
    for pinned in pins.values().filter(|pinned| !force.contains_key(&pinned.path)) {
        let now = tree.files.get(&pinned.path).map(|bytes| sha256(bytes));
        if now.as_ref() != Some(&pinned.pin.sha256) {
            continue;
        }
        if all.is_none() {
            all = Some(files::load(&workspace.root, Part::All)?);
        }
        let Some(tree) = &all else { continue };
        let (path, known) = (&pinned.path, Known::default());
        let evidence = Evidence { workspace, history, tree, path, known: &known, now: now.as_deref() };
        let made = evidence.made();
        if let Some(change) = made {
            vouched.approved.insert(path.clone());
            vouched.proven.push((change, FileChanged { path: path.clone(), before: None, after: now }));
        }
    }
    for (path, known) in force.into_iter().filter(|(path, _)| is_contract(path)) {
        let now = tree.files.get(&path).map(|bytes| sha256(bytes));
        let pin = pins.get(&path).map(|pinned| &pinned.pin.sha256);
        if now == known.sha256 {
            if now.is_some() && pin.is_none() {
                vouched.findings.push(vanished(&path, &known));
            } else if !known.change.is_empty() || known.before.is_some() {
                vouched.approved.insert(path);
            }
            continue;
        }
        // That contract and pin differ is told already.
        if pin.is_some() && pin != now.as_ref() {
            continue;
        }
        if all.is_none() {
            all = Some(files::load(&workspace.root, Part::All)?);
        }
        let Some(tree) = &all else { continue };
        let evidence = Evidence { workspace, history, tree, path: &path, known: &known, now: now.as_deref() };
        match evidence.find() {
            Some(change) => {
                if !change.is_empty() {
                    vouched.approved.insert(path.clone());
                }
                let file = FileChanged { path: path.clone(), before: known.sha256.clone(), after: now };
                vouched.proven.push((change, file));
            }
            None => vouched.findings.push(edited(&path, &known, now.as_deref())),
        }
    }
    let is_lenient = workspace.project.settings.changes.unapproved == Unapproved::Warn;
    for found in vouched.findings.iter_mut().filter(|_| is_lenient) {
        found.level = Level::Warning;
    }
    Ok(vouched)
}

/// What could prove that somebody else did it rightly.
struct Evidence<'a> {
    workspace: &'a Workspace,
    history: &'a History,
    /// Specs and changes.
    tree: &'a Tree,
    path: &'a str,
    known: &'a Known,
    now: Option<&'a str>,
}

impl Evidence<'_> {
    /// The change that made the file what it is; empty where it only moved.
    fn find(&self) -> Option<String> {
        self.moved().or_else(|| self.applied()).or_else(|| self.undone())
    }

    /// The same bytes lie elsewhere among the specs.
    fn moved(&self) -> Option<String> {
        let is_gone = self.now.is_none();
        let is_it = |path: &&str| self.tree.files.get(*path).map(|bytes| sha256(bytes)) == self.known.sha256;
        let (pins, _) = pinned(self.tree);
        let is_elsewhere = self.tree.contracts().iter().filter(|path| pins.contains_key(**path)).any(is_it);
        (is_gone && is_elsewhere).then(String::new)
    }

    /// Archived changes that this ledger has not seen, which lead from what it knows to what is there now. One whose contract was in
    /// force before is a step back, which needs more.
    fn applied(&self) -> Option<String> {
        if self.now.is_some_and(|now| self.known.earlier.iter().any(|earlier| earlier == now)) {
            return None;
        }
        let inside = self.path.replacen(SPECS, "specs", 1);
        let is_new = |folder: &Folder| !self.history.of(&folder.id).steps.iter().any(|(_, event)| ends(event));
        let mut now = self.now.map(str::to_owned);
        let mut newest = None;
        for folder in self.tree.archived().into_iter().rev() {
            let makes = match &now {
                Some(now) => folder.files.get(&inside).is_some_and(|bytes| sha256(bytes) == *now),
                None => self.retires(&folder, &inside),
            };
            if !makes {
                continue;
            }
            if !is_new(&folder) || !self.is_proven(&folder, false) {
                return None;
            }
            // It was weighed by what it says was in force before.
            now = folder.files.get(&format!("before/{}", self.path)).map(|bytes| sha256(bytes));
            newest.get_or_insert_with(|| folder.id.clone());
            if now == self.known.sha256 {
                return newest;
            }
        }
        None
    }

    /// The archived change that has exactly this file, for whoever knows nothing of what was before.
    fn made(&self) -> Option<String> {
        let inside = self.path.replacen(SPECS, "specs", 1);
        let makes =
            |folder: &Folder| folder.files.get(&inside).is_some_and(|bytes| Some(sha256(bytes).as_str()) == self.now);
        let newest = self.tree.archived().into_iter().rev().find(makes)?;
        self.is_proven(&newest, false).then(|| newest.id.clone())
    }

    fn retires(&self, folder: &Folder, inside: &str) -> bool {
        let before = folder.files.get(&format!("before/{}", self.path)).map(|bytes| sha256(bytes));
        let delta = inside.rsplit_once('/').and_then(|(folder_of, _)| folder.text(&format!("{folder_of}/spec.md")));
        let takes = delta.is_some_and(|text| !Delta::parse(text).0.removed.is_empty());
        takes && before.is_some() && !folder.files.contains_key(inside)
    }

    /// The change that made it what the ledger knows is open again.
    fn undone(&self) -> Option<String> {
        let id = &self.known.change;
        if id.is_empty() || self.known.before.as_deref() != self.now {
            return None;
        }
        let is_archived = self.tree.archived().iter().any(|folder| folder.id == *id);
        let open = self.tree.changes().into_iter().find(|folder| folder.id == *id).filter(|_| !is_archived)?;
        self.is_proven(&open, true).then(|| id.clone())
    }

    /// Where signers are named, enough of them have signed. Else nothing proves a name, and the folder has to do.
    fn is_proven(&self, folder: &Folder, is_undone: bool) -> bool {
        let settings = &self.workspace.project.settings;
        if settings.changes.allowed_signers.is_none() {
            return true;
        }
        let Some(told) = folder.text(APPROVALS).and_then(|text| serde_json::from_str::<Vec<Told>>(text).ok()) else {
            return false;
        };
        let judged = judge(self.tree, folder);
        let known = self.history.of(&folder.id);
        let is_known = |told: &Told| {
            let mut events = known.steps.iter().map(|(_, event)| event);
            events.any(|event| {
                *event == told.event || (event.signature.is_some() && event.signature == told.event.signature)
            })
        };
        // What this ledger knows, it knows better: also what became of it.
        let is_news = |told: &Told| told.event.step == ChangeStep::Proposed || !is_known(told);
        let news = told.into_iter().filter(|told| told.event.change == folder.id && is_news(told));
        let told = History { steps: news.map(|told| (told.time_ms, told.event)).collect() };
        let both = History { steps: told.steps.iter().chain(&known.steps).cloned().collect() };
        let votes: Vec<Vote> = match is_undone {
            true => both.undoing(known.applied().map(|(_, applied)| applied.act.as_str())),
            false => [&told, &known].into_iter().flat_map(|history| self.said(history)).collect(),
        };
        let mut rule = match is_undone {
            true => rollback::rule(self.workspace, self.tree, folder, &judged, &both),
            false => rule(self.workspace, self.tree, folder, &judged, &both, None),
        };
        if is_blind(folder, &judged.contracts) {
            rule.needed = rule.needed.max(settings.changes.breaking_approvals);
        }
        let identity = Identity::of(self.workspace, About::Change);
        let author_keys = author_keys(&rule, &both);
        let case = Case { subject: &judged.digest, votes: &votes, author_keys: &author_keys, ..Case::default() };
        weigh(&case, &rule, &|claim| identity.doubt(claim)).state == State::Approved
    }

    /// The votes of one ledger. What came after its question had expired has lapsed.
    fn said(&self, history: &History) -> Vec<Vote> {
        let expires = self.workspace.project.settings.gate_times(GateKind::ContractUpdate).expires_after_ms;
        let round = history.round(expires);
        let closes = round.as_ref().and_then(|round| round.closes_ms(expires));
        let mut votes = history.votes(round.as_ref(), None);
        for vote in votes.iter_mut().filter(|vote| vote.approved) {
            vote.lapsed |= closes.is_some_and(|closes| vote.time_ms > closes);
        }
        votes
    }
}

/// Whether nobody can tell any more what the change did to a contract that it replaced.
fn is_blind(folder: &Folder, contracts: &[interop::change::Contracted]) -> bool {
    let text = |file: &str| folder.text(file).map(str::to_owned).unwrap_or_default();
    folder.deltas().into_iter().any(|(capability, file)| {
        let (delta, _) = Delta::parse(&text(file));
        let written: Vec<_> = delta.modified.iter().chain(&delta.added).cloned().collect();
        pins(&written).0.into_iter().filter(|found| found.pin.supersedes.is_some()).any(|found| {
            let path = format!("{SPECS}/{capability}/{}", found.pin.file);
            !contracts.iter().any(|contracted| contracted.path == path && contracted.old.is_some())
        })
    })
}

/// Whether this ledger knows what became of the change.
fn ends(event: &ChangeEvent) -> bool {
    matches!(event.step, ChangeStep::Applied(_) | ChangeStep::RolledBack | ChangeStep::Adopted { .. })
}

fn known_as(known: &Known) -> String {
    let digest = known.sha256.as_deref().map(|digest| digest.get(..12).unwrap_or(digest));
    match (digest, known.change.as_str()) {
        (Some(digest), "") => format!("the one with sha256 {digest}…"),
        (Some(digest), change) => format!("the one with sha256 {digest}… of change `{change}`"),
        (None, change) => format!("none: change `{change}` took it away"),
    }
}

fn edited(path: &str, known: &Known, now: Option<&str>) -> Diagnostic {
    let file = path.rsplit('/').next().unwrap_or(path);
    let approved = known_as(known);
    let message = match now {
        Some(now) => format!(
            "{file} is in force without an approval: the last that the ledger knows is {approved}, this one has {}…",
            now.get(..12).unwrap_or(now)
        ),
        None => format!("{file} was taken away without a change: the last that the ledger knows is {approved}"),
    };
    let help = match now {
        Some(_) => format!(
            "keep the file elsewhere, take contract and spec back from version control, then `plimsoll change new ID --from FILE`; \
             what somebody else applied comes with its folder in openspec/changes/archive{}",
            if known.sha256.is_some() { "" } else { "; or remove it" }
        ),
        None => "take contract and spec back from version control; a change that removes its requirement retires it"
            .to_owned(),
    };
    let path = if now.is_some() { path.to_owned() } else { beside(path) };
    at(&path, 1, &codes::NOT_APPROVED, message, help)
}

fn vanished(path: &str, known: &Known) -> Diagnostic {
    let file = path.rsplit('/').next().unwrap_or(path);
    let message = format!("no spec pins {file} any more, although it was approved: {}", known_as(known));
    let help = "take the spec back from version control; `plimsoll init` writes the pin anew".to_owned();
    at(path, 1, &codes::PIN_VANISHED, message, help)
}

fn beside(path: &str) -> String {
    path.rsplit_once('/').map_or_else(|| path.to_owned(), |(folder, _)| format!("{folder}/spec.md"))
}

fn at(path: &str, line: u32, code: &CodeInfo, message: String, help: String) -> Diagnostic {
    let span = Span { line, column: 1, ..Span::default() };
    Diagnostic { path: path.to_owned(), ..code.at(span, message).with_help(help) }
}
