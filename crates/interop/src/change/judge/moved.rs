//! Contracts that a change takes away in one place and brings in another: compared like one that stays where it is.

use contract::Contract;

use super::{Judge, compare, side};
use crate::openspec::SPECS;

impl Judge<'_> {
    /// Finds them by the contract's id, else by a dataset that both have.
    pub(super) fn moves(&mut self) {
        let gone: Vec<(usize, Contract, Vec<u8>)> = (0..self.judged.contracts.len())
            .filter_map(|at| self.gone(at).map(|(contract, bytes)| (at, contract, bytes)))
            .collect();
        for at in 0..self.judged.contracts.len() {
            let one = &self.judged.contracts[at];
            if one.old.is_some() || one.new.is_none() {
                continue;
            }
            let path = one.path.clone();
            let inside = path.replacen(SPECS, "specs", 1);
            let Some(new) = self.folder.text(&inside).and_then(|text| Contract::read(text).0) else { continue };
            let by_id = gone.iter().find(|(_, old, _)| old.document.id == new.document.id);
            let Some((from, old, bytes)) = by_id.or_else(|| gone.iter().find(|(_, old, _)| share(old, &new))) else {
                continue;
            };
            let report =
                compare(&self.judged.contracts[*from].path, old, &format!("{}/{inside}", self.folder.path), &new);
            // What was applied was judged by what was known then.
            if !self.folder.is_archived {
                let raise = "raise the version in the contract, and bring version and sha256 into its pin".to_owned();
                self.version(&inside, &new, Some(old), Some(&report), raise);
            }
            self.judged.contracts[*from].moved.get_or_insert(path);
            self.judged.contracts[at].old = Some(side(old, bytes));
            self.judged.contracts[at].report = Some(report);
        }
    }

    /// A contract that goes, as it was.
    fn gone(&self, at: usize) -> Option<(Contract, Vec<u8>)> {
        let one = self.judged.contracts.get(at).filter(|one| one.new.is_none())?;
        let bytes = match self.folder.is_archived {
            true => self.folder.files.get(&format!("before/{}", one.path)),
            false => self.tree.files.get(&one.path),
        }?;
        Some((Contract::read(std::str::from_utf8(bytes).ok()?).0?, bytes.clone()))
    }
}

/// Whether both promise a dataset of one name.
fn share(old: &Contract, new: &Contract) -> bool {
    let names = |contract: &Contract| -> Vec<String> {
        contract.document.schema.iter().filter_map(|object| object.name.clone()).collect()
    };
    let known = names(old);
    names(new).iter().any(|name| known.contains(name))
}
