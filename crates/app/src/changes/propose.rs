//! Writing a change.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use contract::Diagnostic;
use engine::{Error, Kind, Result};
use interop::change::{self, NewContract, Proposed, Request};
use interop::openspec::{CHANGES, Folder, Proposal, Tree, with_bases};
use pipeline::Event;
use pipeline::change::{ChangeEvent, ChangeStep};

use super::files::{self, Lock, Part, failed};
use super::{ChangeReport, ChangeState, Seen, impact, state};
use crate::identity::{About, Identity, nonce};
use crate::{App, now_ms};

#[derive(Debug, Clone)]
pub struct ProposeRequest {
    pub id: String,
    pub author: String,
    /// The file of the key that the author signs with.
    pub key: Option<PathBuf>,
    pub from: Vec<NewFile>,
    /// Where contracts that are new shall live.
    pub capability: Option<String>,
    pub why: Option<String>,
    /// Write an open change anew.
    pub replace: bool,
}

/// A contract as its author wants it, read by the caller.
#[derive(Debug, Clone)]
pub struct NewFile {
    pub path: String,
    pub text: String,
}

/// What came of it.
pub enum Written {
    Done {
        report: Box<ChangeReport>,
        raised: Vec<(String, String, String)>,
        files: Vec<String>,
    },
    /// Nothing was written.
    Refused(Vec<Diagnostic>),
}

impl App {
    pub async fn propose(&self, request: &ProposeRequest) -> Result<Written> {
        if !change::is_id(&request.id) {
            return Err(Error::new(Kind::Input, format!("`{}` is no id of a change", request.id))
                .help("use lower-case letters, digits and single hyphens, for example add-discount"));
        }
        let root = &self.workspace.root;
        let lock = Lock::take(root)?;
        let tree = files::load(root, Part::All)?;
        let before = tree.changes().into_iter().find(|folder| folder.id == request.id);
        if before.is_some() && !request.replace {
            return Err(Error::new(Kind::Input, format!("there is a change `{}` already", request.id))
                .at(format!("{CHANGES}/{}", request.id))
                .help("give another id, or write it anew with --replace"));
        }
        if let Some(applied) = tree.archived().into_iter().rev().find(|folder| folder.id == request.id) {
            return Err(Error::new(Kind::Input, format!("change `{}` was applied already", request.id))
                .at(applied.path)
                .help("give this one another id: an applied change is undone by its own"));
        }
        let new: Vec<NewContract<'_>> = request
            .from
            .iter()
            .map(|file| NewContract { path: &file.path, text: &file.text, capability: request.capability.as_deref() })
            .collect();
        let proposed = match change::survey(&tree, &new) {
            Ok(proposed) => proposed,
            Err(found) => return Ok(Written::Refused(found)),
        };
        let files = self.draft(&tree, request, &proposed, before.as_ref());
        put(root, &request.id, before.is_some(), &files)?;
        drop(lock);
        self.stand_behind(&request.id, &request.author, request.key.as_deref()).await?;
        let raised = proposed
            .iter()
            .filter_map(|one| Some((one.file.clone(), one.raised_from.clone()?, one.new.version.clone())))
            .collect();
        let names = files.keys().map(|file| format!("{CHANGES}/{}/{file}", request.id)).collect();
        Ok(Written::Done { report: Box::new(self.change(&request.id).await?), raised, files: names })
    }

    /// The files of the change's folder, by their paths in it. What the author wrote himself stays: notes, and why.
    fn draft(
        &self,
        tree: &Tree,
        request: &ProposeRequest,
        proposed: &[Proposed],
        before: Option<&Folder>,
    ) -> BTreeMap<String, Vec<u8>> {
        let mut impacts = BTreeMap::new();
        for one in proposed {
            if let Some(report) = &one.report {
                impacts.insert(one.path(), impact::impact(&self.workspace, report));
            }
        }
        let said = before.and_then(|folder| folder.text("proposal.md")).map(Proposal::parse);
        let said = said.and_then(|proposal| proposal.section("Why").map(str::to_owned));
        let day = chrono::Utc::now().format("%Y-%m-%d").to_string();
        let words = Request {
            id: &request.id,
            author: &request.author,
            day: &day,
            why: request.why.as_deref().or(said.as_deref()),
            impact: impacts,
        };
        let prefix = format!("{CHANGES}/{}/", request.id);
        let written = change::draft(tree, &words, proposed).files.into_iter();
        let mut files: BTreeMap<String, Vec<u8>> =
            written.map(|(path, text)| (path.trim_start_matches(&prefix).to_owned(), text.into_bytes())).collect();
        for (file, bytes) in before.into_iter().flat_map(|folder| &folder.files) {
            if !file.starts_with("specs/") {
                files.entry(file.clone()).or_insert_with(|| bytes.clone());
            }
        }
        files
    }

    /// Enters who stands behind the change as it is now; one that has expired is asked about anew. Signed, it proves who that is.
    pub async fn stand_behind(&self, id: &str, who: &str, key: Option<&Path>) -> Result<ChangeReport> {
        let _lock = Lock::take(&self.workspace.root)?;
        let mut seen = self.see(id).await?;
        if self.note_bases(&seen)? {
            seen = self.see(id).await?;
        }
        let mut event = ChangeEvent::new(&seen.folder.id, &seen.judged.digest, who, ChangeStep::Proposed);
        event.nonce = nonce();
        let mut rule = seen.rule.clone();
        if let Some(key) = key {
            let identity = Identity::of(&self.workspace, About::Change);
            event.signature = Some(identity.sign(&event.signed_text(), key)?);
            if let Some(doubt) = identity.doubt(&event.claim()) {
                return Err(Error::new(
                    Kind::Refused,
                    format!("it would not count that {who} stands behind it: {doubt}"),
                )
                .help("sign with a key that the file of allowed signers has for this name, or leave --sign out"));
            }
            rule.needed = self.workspace.project.settings.change_approvers(seen.judged.is_breaking()).1;
        }
        event.asked = Some(self.asked(&rule));
        event.uptime = crate::clock::uptime();
        let is_known = |known: &ChangeEvent| {
            known.step == ChangeStep::Proposed
                && (&known.digest, &known.who) == (&event.digest, &event.who)
                && known.signature.is_some() >= event.signature.is_some()
        };
        let is_behind = seen.history.steps.iter().any(|(_, known)| is_known(known));
        let is_decided = matches!(state(&seen), ChangeState::Approved | ChangeState::Applied);
        let is_ahead = seen.round.as_ref().is_some_and(|round| round.is_ahead_of(now_ms()));
        if !is_behind || is_ahead || (seen.is_over() && !is_decided) {
            // A question that is older than it is would be escalated too early.
            if let Some(latest) = self.ledger(|ledger| ledger.latest_ms()).await? {
                crate::clock::runs_on(latest)?;
            }
            self.ledger(move |ledger| ledger.append(now_ms(), &[Event::Change(Box::new(event))])).await?;
        }
        self.change(id).await
    }
}

impl App {
    /// Notes in the change what the requirements that it touches are now, where it does not say so or says otherwise. One that was
    /// proposed as it is and has become stale must be edited first.
    fn note_bases(&self, seen: &Seen) -> Result<bool> {
        let bases = change::bases(&seen.tree, &seen.folder);
        let before = &seen.judged.metadata.bases;
        if seen.folder.is_archived || bases.is_empty() || bases.iter().all(|base| before.contains(base)) {
            return Ok(false);
        }
        let is_stale = |found: &&Diagnostic| found.code == interop::codes::CHANGE_STALE.code;
        if let Some(stale) = seen.judged.findings.iter().find(is_stale)
            && seen.history.is_proposed(&seen.judged.digest)
        {
            return Err(Error::new(Kind::Refused, stale.message.clone())
                .at(format!("{}:{}", stale.path, stale.span.line))
                .help(stale.help.clone().unwrap_or_default()));
        }
        let file = format!("{}/.openspec.yaml", seen.folder.path);
        let fresh = || format!("schema: spec-driven\ncreated: {}\n", crate::today());
        let text = seen.folder.text(".openspec.yaml").map_or_else(fresh, str::to_owned);
        files::write(&self.workspace.root.join(file), with_bases(&text, &bases).as_bytes())?;
        Ok(true)
    }
}

/// The folder is made beside its place and moved there, so that a change is there whole or not at all.
fn put(root: &Path, id: &str, replace: bool, files: &BTreeMap<String, Vec<u8>>) -> Result<()> {
    let place = root.join(CHANGES).join(id);
    let scratch = root.join(".plimsoll").join(format!("change-{}", uuid::Uuid::now_v7()));
    let new = scratch.join("new");
    for (file, bytes) in files {
        files::write(&new.join(file), bytes)?;
    }
    let parent = root.join(CHANGES);
    std::fs::create_dir_all(&parent).map_err(|e| failed("make", &parent, e))?;
    if replace {
        std::fs::rename(&place, scratch.join("old")).map_err(|e| failed("move", &place, e))?;
    }
    std::fs::rename(&new, &place).map_err(|e| failed("move", &new, e))?;
    files::sync(&parent);
    std::fs::remove_dir_all(&scratch).map_err(|e| failed("remove", &scratch, e))
}
