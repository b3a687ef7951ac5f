//! Whether a change holds: in form, against the specs in force, and against the contracts that it replaces.

mod moved;

use std::collections::BTreeMap;

use contract::diff::{self, Bump, Report, Source};
use contract::{Contract, Diagnostic, Level};

use super::check::{Pinned, at, pinned, place, short};
use super::digest::{digest, sha256};
use super::{Contracted, Side, Write};
use crate::codes;
use crate::openspec::{
    Delta, Folder, Metadata, SPECS, Spec, Tree, check_delta, check_spec, check_tasks, is_contract, merge, pins,
};

/// All that there is to say about a change.
#[derive(Debug, Clone, Default)]
pub struct Judged {
    pub digest: String,
    pub metadata: Metadata,
    pub contracts: Vec<Contracted>,
    /// With paths from the project's folder.
    pub findings: Vec<Diagnostic>,
    /// It tells of each requirement that it touches what that was: then nobody's later words are lost.
    pub has_bases: bool,
    /// What applying it writes; of a change with errors this is not to be used.
    pub writes: Vec<Write>,
}

impl Judged {
    pub fn is_valid(&self) -> bool {
        !self.findings.iter().any(|found| found.level == Level::Error)
    }

    pub fn is_breaking(&self) -> bool {
        self.contracts.iter().any(|contracted| contracted.verdict() == diff::Verdict::Breaking)
    }
}

pub fn judge(tree: &Tree, folder: &Folder) -> Judged {
    let (pins, _) = pinned(tree);
    let mut judge = Judge { tree, folder, pins, judged: Judged { digest: digest(folder), ..Judged::default() } };
    judge.metadata();
    if let Some(text) = folder.text("tasks.md") {
        judge.say("tasks.md", check_tasks(text));
    }
    for (capability, file) in folder.deltas() {
        judge.capability(capability, file);
    }
    let needed = super::base::bases(tree, folder);
    let told = &judge.judged.metadata.bases;
    judge.judged.has_bases = folder.is_archived
        || needed.iter().all(|one| {
            told.iter().any(|base| (&base.capability, &base.requirement) == (&one.capability, &one.requirement))
        });
    judge.retired_before();
    judge.moves();
    judge.loose_contracts();
    if folder.deltas().is_empty() && !judge.judged.metadata.skip_specs {
        let help = format!(
            "write openspec/changes/{}/specs/<capability>/spec.md, or start with `plimsoll change new`",
            folder.id
        );
        judge.judged.findings.push(at(
            &folder.path,
            1,
            &codes::CHANGE_EMPTY,
            "the change has no delta of a spec".into(),
            help,
        ));
    }
    judge.rivals();
    judge.namesake();
    place(&mut judge.judged.findings, |path| {
        let inside = path.strip_prefix(folder.path.as_str()).and_then(|rest| rest.strip_prefix('/'));
        inside.map_or_else(|| tree.text(path), |inside| folder.text(inside))
    });
    judge.judged.findings.sort_by(|one, other| (&one.path, one.span.line).cmp(&(&other.path, other.span.line)));
    judge.judged
}

struct Judge<'a> {
    tree: &'a Tree,
    folder: &'a Folder,
    pins: BTreeMap<String, Pinned>,
    judged: Judged,
}

impl Judge<'_> {
    fn say(&mut self, file: &str, found: Vec<Diagnostic>) {
        let path = format!("{}/{file}", self.folder.path);
        self.judged
            .findings
            .extend(found.into_iter().map(|diagnostic| Diagnostic { path: path.clone(), ..diagnostic }));
    }

    fn blame(&mut self, file: &str, line: u32, code: &contract::CodeInfo, message: String, help: impl Into<String>) {
        let path = format!("{}/{file}", self.folder.path);
        self.judged.findings.push(at(&path, line, code, message, help.into()));
    }

    fn metadata(&mut self) {
        let Some(text) = self.folder.text(".openspec.yaml") else { return };
        let (metadata, wrong) = Metadata::parse(text);
        self.judged.metadata = metadata;
        self.say(".openspec.yaml", wrong);
    }

    /// One delta: what becomes of the spec, and of the contracts that it pins.
    fn capability(&mut self, capability: &str, file: &str) {
        let Some(text) = self.folder.text(file) else {
            return self.blame(file, 1, &codes::FORM, "the delta is not UTF-8 text".into(), "save it as UTF-8");
        };
        let (delta, found) = check_delta(text);
        let is_readable = !found.iter().any(Diagnostic::is_error);
        self.say(file, found);
        let spec_path = format!("{SPECS}/{capability}/spec.md");
        let main = self.tree.text(&spec_path).map(Spec::parse);
        if main.is_some() && delta.purpose.is_some() {
            let message = "the purpose of a capability that exists is not changed by a delta".to_owned();
            self.blame(file, 1, &codes::STRICT, message, format!("edit {spec_path}, and leave it out here"));
        }
        match merge(main.as_ref(), capability, &self.folder.id, &delta) {
            Ok(merged) if is_readable => self.merged(capability, file, main.as_ref(), &merged, &delta),
            Ok(_) => {}
            Err(refused) => self.say(file, refused),
        }
    }

    fn merged(&mut self, capability: &str, file: &str, main: Option<&Spec>, merged: &Spec, delta: &Delta) {
        let spec_path = format!("{SPECS}/{capability}/spec.md");
        let is_retired = merged.requirements.is_empty();
        if is_retired && !self.judged.metadata.retire_capabilities {
            let message = format!("nothing would be left of capability `{capability}`");
            let help = "to retire it, write `retire_capabilities: true` into the change's .openspec.yaml";
            self.blame(file, 1, &codes::DELTA_REFUSED, message, help);
        }
        let text = merged.write();
        if !is_retired {
            let broken = check_spec(&text).into_iter().filter(Diagnostic::is_error);
            // Where the delta itself is at fault it has been told already.
            let broken: Vec<Diagnostic> = broken.filter(|_| self.judged.is_valid()).collect();
            for diagnostic in broken {
                self.blame(
                    file,
                    1,
                    &codes::FORM,
                    format!("the spec would be broken: {}", diagnostic.message),
                    "mend the spec first",
                );
            }
        }
        if is_retired || main != Some(merged) {
            self.judged.writes.push(Write { path: spec_path, bytes: (!is_retired).then(|| text.into_bytes()) });
        }
        self.pins(capability, file, merged, delta);
        if let Some(main) = main {
            self.moved(capability, file, main, delta);
        }
    }

    /// Requirements that somebody changed since: replacing them would take those words away.
    fn moved(&mut self, capability: &str, file: &str, main: &Spec, delta: &Delta) {
        // A contract that is no longer the one that it was written for says the same, and better.
        if self.judged.findings.iter().any(|found| found.code == codes::CHANGE_STALE.code) {
            return;
        }
        let bases = std::mem::take(&mut self.judged.metadata.bases);
        for present in super::base::moved(main, capability, delta, &bases) {
            let line = delta.modified.iter().find(|one| one.name == present.name).map_or(1, |one| one.line);
            let message = format!(
                "requirement `{}` changed since this change was written, and applying it would undo that",
                present.name
            );
            let id = &self.folder.id;
            let inside = self.folder.contracts().into_iter().find(|inside| {
                inside.starts_with(&format!("specs/{capability}/")) && present.body.contains("```yaml contract")
            });
            let help = match inside {
                Some(inside) => format!("plimsoll change new {id} --from {}/{inside} --replace", self.folder.path),
                None => format!("bring what it says now into the delta, then `plimsoll change propose {id}`"),
            };
            self.blame(file, line, &codes::CHANGE_STALE, message, help);
        }
        self.judged.metadata.bases = bases;
    }

    /// Contracts whose pins the delta writes, and those whose pins it takes away.
    fn pins(&mut self, capability: &str, file: &str, merged: &Spec, delta: &Delta) {
        let written: Vec<_> = delta.modified.iter().chain(&delta.added).cloned().collect();
        let (new, wrong) = pins(&written);
        self.say(file, wrong);
        for found in &new {
            self.pin(capability, file, found);
        }
        let (after, _) = pins(&merged.requirements);
        let gone: Vec<Pinned> = self
            .pins
            .values()
            .filter(|old| old.capability == capability && !after.iter().any(|found| found.pin.file == old.pin.file))
            .cloned()
            .collect();
        for old in gone {
            self.retire(&old);
        }
    }

    fn pin(&mut self, capability: &str, file: &str, found: &crate::openspec::Found) {
        let inside = format!("specs/{capability}/{}", found.pin.file);
        let path = format!("{SPECS}/{capability}/{}", found.pin.file);
        let before = self.pins.get(&path).cloned();
        let present = self.tree.files.get(&path).cloned();
        let Some(bytes) = self.folder.files.get(&inside).cloned() else {
            let is_same = before.is_some_and(|before| before.pin.sha256 == found.pin.sha256);
            if !is_same {
                let message = format!("the delta pins {}, and the change does not bring it", found.pin.file);
                self.blame(
                    file,
                    found.line,
                    &codes::CHANGE_DIGEST,
                    message,
                    format!("put the complete new contract at {}/{inside}", self.folder.path),
                );
            }
            return;
        };
        let is = sha256(&bytes);
        if is != found.pin.sha256 {
            let message = format!(
                "the delta pins {} with sha256 {}…, the change brings one with {}…",
                found.pin.file,
                short(&found.pin.sha256),
                short(&is)
            );
            let help = format!(
                "after editing the contract: `plimsoll change new {} --from {}/{inside} --replace`",
                self.folder.id, self.folder.path
            );
            self.blame(file, found.line, &codes::CHANGE_DIGEST, message, help);
        }
        self.stale(file, found, before.as_ref(), present.as_deref(), &is);
        self.contract(capability, file, found, present.as_deref(), bytes);
    }

    /// Two changes that were written against the same contract must not overwrite each other.
    fn stale(
        &mut self,
        file: &str,
        found: &crate::openspec::Found,
        before: Option<&Pinned>,
        present: Option<&[u8]>,
        new: &str,
    ) {
        let on_disk = present.map(sha256);
        let pinned = before.map(|before| before.pin.sha256.clone());
        // After archiving by another hand the pin is the new one already; what would be overwritten is the file that still lies there.
        let in_force = if self.folder.is_archived { on_disk.clone() } else { pinned.or_else(|| on_disk.clone()) };
        let again = format!(
            "bring its edits into the contract of now, then `plimsoll change new {} --from FILE --replace`",
            self.folder.id
        );
        let contract = &found.pin.file;
        match (&found.pin.supersedes, in_force) {
            (_, Some(now)) if now == new => {}
            (old, now) if *old == now => {}
            (Some(old), Some(now)) => {
                let version = before.map(|before| format!(" ({})", before.pin.version)).unwrap_or_default();
                let message = format!(
                    "the change was written against {contract} {}…; now {}…{version} is in force and would be overwritten",
                    short(old),
                    short(&now)
                );
                self.blame(file, found.line, &codes::CHANGE_STALE, message, again);
            }
            (None, Some(now)) => {
                let message =
                    format!("the pin does not say which {contract} it supersedes; {}… is in force", short(&now));
                let help = format!("if it was written against that one, add `supersedes: {now}`; else {again}");
                self.blame(file, found.line, &codes::CHANGE_STALE, message, help);
            }
            (old, None) => {
                let old = old.as_deref().map(short).unwrap_or_default();
                let message = format!("the change supersedes {contract} {old}…, and there is no such contract");
                let help = "leave `supersedes` out for a contract that is new";
                self.blame(file, found.line, &codes::CHANGE_STALE, message, help);
            }
        }
        if let (Some(before), Some(on_disk)) = (before, on_disk)
            && ![on_disk.as_str(), new].contains(&before.pin.sha256.as_str())
        {
            let message = format!(
                "{} was edited without a change, so nobody can say what this change would overwrite",
                before.path
            );
            self.blame(
                file,
                found.line,
                &codes::PIN_MISMATCH,
                message,
                "`plimsoll check` tells the ways out".to_owned(),
            );
        }
    }

    fn contract(
        &mut self,
        capability: &str,
        file: &str,
        found: &crate::openspec::Found,
        present: Option<&[u8]>,
        bytes: Vec<u8>,
    ) {
        let inside = format!("specs/{capability}/{}", found.pin.file);
        let path = format!("{SPECS}/{capability}/{}", found.pin.file);
        let full = format!("{}/{inside}", self.folder.path);
        let text = match std::str::from_utf8(&bytes) {
            Ok(text) => text.to_owned(),
            Err(_) => {
                return self.blame(
                    &inside,
                    1,
                    &codes::CHANGE_DIGEST,
                    "the contract is not UTF-8 text".into(),
                    "save it as UTF-8",
                );
            }
        };
        let loaded = contract::load(&full, &text);
        // Neighbours are not here, so what it refers to is for `check` to judge once it is in force.
        self.judged.findings.extend(
            loaded.diagnostics.iter().filter(|d| d.is_error() && !d.element.contains("relationships")).cloned(),
        );
        let Some(new) = loaded.contract else { return };
        let side = side(&new, &bytes);
        if side.version != found.pin.version || side.id != found.pin.contract {
            let message = format!(
                "the pin says `{}` {}, the contract says `{}` {}",
                found.pin.contract, found.pin.version, side.id, side.version
            );
            self.blame(
                file,
                found.line,
                &codes::PIN_VERSION,
                message,
                "write the contract's own id and version into the pin",
            );
        }
        let old_bytes = before(self.folder, &path, found).or(present.filter(|present| sha256(present) != side.sha256));
        let old = old_bytes.and_then(|bytes| Some((Contract::read(std::str::from_utf8(bytes).ok()?).0?, bytes)));
        let report = old.as_ref().map(|(old, _)| compare(&path, old, &full, &new));
        let help = format!("plimsoll change new {} --from {full} --replace, which raises it", self.folder.id);
        self.version(&inside, &new, old.as_ref().map(|(old, _)| old), report.as_ref(), help);
        let old = old.map(|(contract, bytes)| self::side(&contract, bytes));
        self.judged.contracts.push(Contracted {
            capability: capability.to_owned(),
            path: path.clone(),
            old,
            new: Some(side),
            moved: None,
            report,
        });
        if present != Some(bytes.as_slice()) {
            self.judged.writes.push(Write { path, bytes: Some(bytes) });
        }
    }

    /// Whether the version moves as far as what changed asks.
    fn version(
        &mut self,
        inside: &str,
        new: &Contract,
        old: Option<&Contract>,
        report: Option<&Report>,
        raise: String,
    ) {
        // Against a contract that it was not written for, no version can be right.
        let is_stale = self.judged.findings.iter().any(|found| found.code == codes::CHANGE_STALE.code);
        let compares = |version: &str| diff::raised(version, Bump::Patch).is_some();
        let compared = old.is_none_or(|old| compares(&old.version_text()));
        if compared && !compares(&new.version_text()) {
            let message = format!("`{}` is no version that can be compared with others", new.version_text());
            let line = new.span_of("version").line;
            self.blame(inside, line, &codes::VERSION_NOT_ENOUGH, message, "write it as three numbers, such as 1.1.0");
        } else if let Some(report) = report.filter(|report| !report.version.enough && !is_stale) {
            let (now, needed) = (report.version.new.clone().unwrap_or_default(), report.version.needed.word());
            let old = report.version.old.clone().unwrap_or_default();
            let (message, help) = match report.version.needed {
                Bump::None => (
                    format!("version {now} goes back behind {old}, which is in force"),
                    "write a version that comes after it: a contract is never an older one again".to_owned(),
                ),
                _ => (format!("version {now} is not enough: what changed asks for a {needed} step from {old}"), raise),
            };
            let line = new.span_of("version").line;
            self.blame(inside, line, &codes::VERSION_NOT_ENOUGH, message, help);
        }
    }

    /// The contracts that an applied change took away.
    fn retired_before(&mut self) {
        for (file, bytes) in self.folder.files.iter().filter(|_| self.folder.is_archived) {
            let Some(path) = file.strip_prefix("before/").filter(|path| is_contract(path)) else { continue };
            let inside = path.replacen(SPECS, "specs", 1);
            let Some(delta) = inside.rsplit_once('/').and_then(|(of, _)| self.folder.text(&format!("{of}/spec.md")))
            else {
                continue;
            };
            let is_kept = self.folder.files.contains_key(&inside) || Delta::parse(delta).0.removed.is_empty();
            let read = std::str::from_utf8(bytes).ok().and_then(|text| Contract::read(text).0);
            let Some(old) = read.filter(|_| !is_kept) else { continue };
            let (capability, _) = inside.trim_start_matches("specs/").rsplit_once('/').unwrap_or_default();
            self.judged.contracts.retain(|known| known.path != path);
            self.judged.contracts.push(Contracted {
                capability: capability.to_owned(),
                path: path.to_owned(),
                old: Some(side(&old, bytes)),
                new: None,
                moved: None,
                report: None,
            });
        }
    }

    /// A pin that is gone takes its contract with it; OpenSpec itself would leave the file behind.
    fn retire(&mut self, old: &Pinned) {
        let Some(bytes) = self.tree.files.get(&old.path) else { return };
        let contract = std::str::from_utf8(bytes).ok().and_then(|text| Contract::read(text).0);
        let side = contract.map_or_else(
            || Side { id: old.pin.contract.clone(), version: old.pin.version.clone(), sha256: sha256(bytes) },
            |contract| side(&contract, bytes),
        );
        self.judged.contracts.push(Contracted {
            capability: old.capability.clone(),
            path: old.path.clone(),
            old: Some(side),
            new: None,
            moved: None,
            report: None,
        });
        self.judged.writes.push(Write { path: old.path.clone(), bytes: None });
    }

    /// Contracts that lie in the change and that no delta pins.
    fn loose_contracts(&mut self) {
        let folder = self.folder;
        for inside in folder.contracts() {
            let path = format!("{SPECS}/{}", inside.trim_start_matches("specs/"));
            let is_known = self.judged.contracts.iter().any(|known| known.path == path && known.new.is_some());
            let is_told = self.judged.findings.iter().any(|found| found.is_error());
            let is_same = self.tree.files.get(&path) == folder.files.get(inside);
            if !(is_known || is_told || is_same) {
                let message =
                    "no requirement of the change pins this contract, so it would never be in force".to_owned();
                let help = format!(
                    "write the pin with `plimsoll change new {} --from {}/{inside} --replace`",
                    folder.id, folder.path
                );
                self.blame(inside, 1, &codes::CHANGE_UNPINNED, message, help);
            }
        }
    }

    /// Whoever names a change must mean one.
    fn namesake(&mut self) {
        let id = &self.folder.id;
        let applied = self.tree.archived().into_iter().find(|other| other.id == *id);
        if let Some(applied) = applied.filter(|_| !self.folder.is_archived) {
            let message = format!("the applied change {} has the id `{id}` already", applied.path);
            let help = "rename the folder of this one, and propose it anew: plimsoll change propose NEW-ID";
            self.judged.findings.push(at(&self.folder.path, 1, &codes::CHANGE_ID_TAKEN, message, help.to_owned()));
        }
    }

    fn rivals(&mut self) {
        if self.folder.is_archived {
            return;
        }
        for other in self.tree.changes().into_iter().filter(|other| other.id != self.folder.id) {
            for inside in self.folder.contracts().into_iter().filter(|inside| other.files.contains_key(*inside)) {
                let message = format!(
                    "change `{}` rewrites this contract too; the second of the two to be applied is refused",
                    other.id
                );
                let help = "apply one, then write the other anew against it with --replace";
                self.blame(inside, 1, &codes::CHANGE_RIVAL, message, help);
            }
        }
    }
}

/// What an applied change has replaced: what is in force by now says nothing about it.
fn before<'a>(folder: &'a Folder, path: &str, found: &crate::openspec::Found) -> Option<&'a [u8]> {
    let before = folder.files.get(&format!("before/{path}")).filter(|_| folder.is_archived)?;
    (found.pin.supersedes.as_deref() == Some(sha256(before).as_str())).then_some(before.as_slice())
}

/// Whether going from one text of a contract to another breaks somebody; what cannot be read does.
pub fn breaks(path: &str, from: &str, to: &str) -> bool {
    let (Some(from), Some(to)) = (Contract::read(from).0, Contract::read(to).0) else { return true };
    let verdict = compare(path, &from, path, &to).verdict;
    verdict.consumer.max(verdict.producer) == diff::Verdict::Breaking
}

pub(super) fn compare(old_path: &str, old: &Contract, new_path: &str, new: &Contract) -> Report {
    diff::report(&[Source { path: old_path, contract: old }], Source { path: new_path, contract: new }, None)
}

pub(super) fn side(contract: &Contract, bytes: &[u8]) -> Side {
    Side {
        id: contract.document.id.clone().unwrap_or_default(),
        version: contract.version_text(),
        sha256: sha256(bytes),
    }
}
