//! What the requirements that a change touches were when it was written, so that nobody's later words are overwritten unseen.

use super::digest::sha256;
use crate::openspec::{Base, Delta, Folder, Requirement, SPECS, Spec, Tree};

/// Of all requirements in force that the change modifies, renames or removes.
pub fn bases(tree: &Tree, folder: &Folder) -> Vec<Base> {
    let deltas = folder
        .deltas()
        .into_iter()
        .filter_map(|(capability, file)| Some((capability, Delta::parse(folder.text(file)?).0)));
    let mut bases: Vec<Base> = deltas.flat_map(|(capability, delta)| of(tree, capability, &delta)).collect();
    bases.sort();
    bases
}

pub(super) fn of(tree: &Tree, capability: &str, delta: &Delta) -> Vec<Base> {
    let Some(spec) = tree.text(&format!("{SPECS}/{capability}/spec.md")).map(Spec::parse) else { return Vec::new() };
    touched(delta)
        .into_iter()
        .filter_map(|name| spec.requirement(name))
        .map(|present| Base {
            capability: capability.to_owned(),
            requirement: present.name.clone(),
            sha256: sha256(present.body.as_bytes()),
        })
        .collect()
}

/// By the names that they have before.
fn touched(delta: &Delta) -> Vec<&str> {
    let renamed = delta.renamed.iter().map(|rename| rename.from.as_str());
    let removed = delta.removed.iter().map(|gone| gone.name.as_str());
    let is_new_name = |name: &str| delta.renamed.iter().any(|rename| rename.to == name);
    let modified = delta.modified.iter().map(|one| one.name.as_str()).filter(|name| !is_new_name(name));
    renamed.chain(removed).chain(modified).collect()
}

/// The requirements that are no longer what they were when the change was written, as they are now.
pub(super) fn moved<'s>(spec: &'s Spec, capability: &str, delta: &Delta, bases: &[Base]) -> Vec<&'s Requirement> {
    let is_moved = |base: &&Base| base.capability == capability && touched(delta).contains(&base.requirement.as_str());
    let mut moved = Vec::new();
    for base in bases.iter().filter(is_moved) {
        let renamed = delta.renamed.iter().find(|rename| rename.from == base.requirement);
        let present = spec.requirement(&base.requirement);
        let Some(present) = present.or_else(|| spec.requirement(&renamed?.to)) else { continue };
        let is_done = delta.modified.iter().any(|modified| modified.body == present.body);
        if !is_done && sha256(present.body.as_bytes()) != base.sha256 {
            moved.push(present);
        }
    }
    moved
}
