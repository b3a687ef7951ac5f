//! Whether the contracts in force are those that their specs pin.

use std::collections::BTreeMap;

use contract::{Contract, Diagnostic, Span};

use super::digest::sha256;
use crate::codes;
use crate::openspec::{Delta, Pin, SPECS, Spec, Tree, check_spec, pins};

/// A pin in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pinned {
    pub capability: String,
    /// Of the contract's file.
    pub path: String,
    pub pin: Pin,
    pub requirement: String,
    /// Of the requirement in `spec.md`.
    pub line: u32,
}

/// All pins of the specs, by the path of the contract.
pub fn pinned(tree: &Tree) -> (BTreeMap<String, Pinned>, Vec<Diagnostic>) {
    let (mut all, mut found) = (BTreeMap::new(), Vec::new());
    for capability in tree.capabilities() {
        let spec_path = format!("{SPECS}/{capability}/spec.md");
        let Some(text) = tree.text(&spec_path) else { continue };
        let (pins, wrong) = pins(&Spec::parse(text).requirements);
        found.extend(wrong.into_iter().map(|diagnostic| Diagnostic { path: spec_path.clone(), ..diagnostic }));
        for pin in pins {
            let path = format!("{SPECS}/{capability}/{}", pin.pin.file);
            let pinned = Pinned {
                capability: capability.to_owned(),
                path: path.clone(),
                requirement: pin.requirement,
                line: pin.line,
                pin: pin.pin,
            };
            if let Some(other) = all.get(&path) {
                let other: &Pinned = other;
                let message = format!("{} is pinned by requirement `{}` already", pinned.pin.file, other.requirement);
                let help = "a contract has one pin: remove one of them";
                found.push(at(&spec_path, pinned.line, &codes::PIN_BROKEN, message, help.to_owned()));
                continue;
            }
            all.insert(path, pinned);
        }
    }
    (all, found)
}

/// Findings about specs and contracts in force. `tree` may lack the changes; then `archived` is asked for the applied ones only
/// where something does not fit.
pub fn check(tree: &Tree, archived: &mut dyn FnMut() -> Tree) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for capability in tree.capabilities() {
        let path = format!("{SPECS}/{capability}/spec.md");
        match tree.text(&path) {
            Some(text) => found
                .extend(check_spec(text).into_iter().map(|diagnostic| Diagnostic { path: path.clone(), ..diagnostic })),
            None => {
                found.push(at(&path, 1, &codes::FORM, "the spec is not UTF-8 text".into(), "save it as UTF-8".into()))
            }
        }
    }
    let (pins, wrong) = pinned(tree);
    found.extend(wrong);
    for pinned in pins.values() {
        let spec_path = format!("{SPECS}/{}/spec.md", pinned.capability);
        match tree.files.get(&pinned.path) {
            Some(bytes) if sha256(bytes) == pinned.pin.sha256 => found.extend(same_words(pinned, &spec_path, bytes)),
            other => found.push(mismatch(pinned, &spec_path, other.map(Vec::as_slice), &archived())),
        }
    }
    for path in tree.contracts().into_iter().filter(|path| !pins.contains_key(*path)) {
        found.push(unpinned(tree, path, archived));
    }
    place(&mut found, |path| tree.text(path));
    found
}

/// Gives findings that know only their line the whole line as their place.
pub(super) fn place<'t>(found: &mut [Diagnostic], text: impl Fn(&str) -> Option<&'t str>) {
    for diagnostic in found.iter_mut().filter(|diagnostic| diagnostic.code.starts_with("PL4")) {
        let Some(text) = text(&diagnostic.path) else { continue };
        let line = usize::try_from(diagnostic.span.line.max(1)).unwrap_or(1) - 1;
        let start: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
        let length = text.get(start..).and_then(|rest| rest.lines().next()).map_or(0, str::len);
        diagnostic.span.start = start;
        diagnostic.span.end = start + length;
    }
}

fn mismatch(pinned: &Pinned, spec_path: &str, bytes: Option<&[u8]>, archived: &Tree) -> Diagnostic {
    let wanted = short(&pinned.pin.sha256);
    let inside = format!("specs/{}/{}", pinned.capability, pinned.pin.file);
    let holds = |folder: &crate::openspec::Folder| {
        folder.files.get(&inside).is_some_and(|bytes| sha256(bytes) == pinned.pin.sha256)
    };
    let holder = archived.archived().into_iter().rev().find(holds);
    let file = &pinned.pin.file;
    match (holder, bytes) {
        (Some(folder), Some(bytes)) if pinned.pin.supersedes.as_deref() == Some(sha256(bytes).as_str()) => {
            let message = format!(
                "change `{}` was archived, and its {file} {} was never put in the place of the old one",
                folder.id, pinned.pin.version
            );
            at(spec_path, pinned.line, &codes::NOT_PROMOTED, message, format!("plimsoll change apply {}", folder.id))
        }
        (Some(folder), None) => {
            let message = format!("change `{}` was archived, and its {file} was never put in its place", folder.id);
            at(spec_path, pinned.line, &codes::NOT_PROMOTED, message, format!("plimsoll change apply {}", folder.id))
        }
        (None, None) => {
            let message = format!("{file} is pinned, and there is no such file beside the spec");
            let help = "restore the file, or let a change remove the requirement that pins it";
            at(spec_path, pinned.line, &codes::PINNED_FILE_MISSING, message, help.into())
        }
        (holder, Some(bytes)) => {
            let message = format!(
                "{file} was edited without a change: the spec pins {} with sha256 {wanted}…, the file has {}…",
                pinned.pin.version,
                short(&sha256(bytes))
            );
            let restore = match holder {
                Some(folder) => format!("take the file back from {}/{inside}", folder.path),
                None => "take the file back from version control".to_owned(),
            };
            let help = format!(
                "propose it: `plimsoll change new ID --from {}`, after moving the edited file elsewhere; then {restore}",
                pinned.path
            );
            at(&pinned.path, 1, &codes::PIN_MISMATCH, message, help)
        }
    }
}

/// The pin's words for people must be those of the contract.
fn same_words(pinned: &Pinned, spec_path: &str, bytes: &[u8]) -> Option<Diagnostic> {
    let contract = Contract::read(std::str::from_utf8(bytes).ok()?).0?;
    let (id, version) = (contract.document.id.clone().unwrap_or_default(), contract.version_text());
    let (what, pin, file) = match () {
        () if id != pinned.pin.contract => ("id", &pinned.pin.contract, &id),
        () if version != pinned.pin.version => ("version", &pinned.pin.version, &version),
        () => return None,
    };
    let message = format!("the pin says that the contract's {what} is `{pin}`, the contract says `{file}`");
    Some(at(spec_path, pinned.line, &codes::PIN_VERSION, message, format!("write `{file}` into the pin")))
}

fn unpinned(tree: &Tree, path: &str, archived: &mut dyn FnMut() -> Tree) -> Diagnostic {
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let capability = folder.strip_prefix(SPECS).unwrap_or_default().trim_start_matches('/');
    if !tree.files.contains_key(&format!("{folder}/spec.md")) && !capability.is_empty() {
        let delta = format!("specs/{capability}/spec.md");
        let retires = |change: &crate::openspec::Folder| {
            let delta = change.text(&delta).map(|text| Delta::parse(text).0);
            delta.is_some_and(|delta| !delta.removed.is_empty() && delta.added.is_empty() && delta.modified.is_empty())
        };
        let retired = archived().archived().into_iter().rev().find(retires);
        if let Some(change) = retired {
            let message = format!(
                "capability `{capability}` was retired by change `{}`, and its contract stayed behind",
                change.id
            );
            let help = "remove the file, or bring the capability back with a change that pins it";
            return at(path, 1, &codes::CONTRACT_ORPHANED, message, help.into());
        }
    }
    let message = "no spec pins this contract, so anybody can change it unseen".to_owned();
    at(path, 1, &codes::PIN_MISSING, message, "plimsoll init pins the contracts that are there".into())
}

pub(super) fn at(path: &str, line: u32, code: &contract::CodeInfo, message: String, help: String) -> Diagnostic {
    let span = Span { line: line.max(1), column: 1, ..Span::default() };
    Diagnostic { path: path.to_owned(), ..code.at(span, message).with_help(help) }
}

/// The beginning of a digest, enough for people.
pub(super) fn short(digest: &str) -> &str {
    digest.get(..12).unwrap_or(digest)
}
