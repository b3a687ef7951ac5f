//! Text in, everything out: read, lint and compile one contract file.

use crate::compile::{compile, digest};
use crate::dataset::Dataset;
use crate::diagnostic::Diagnostic;
use crate::lint::lint;
use crate::model::Contract;

/// What one contract file gives.
#[derive(Debug, Clone, Default)]
pub struct Loaded {
    /// `None` when the text is not a contract that Plimsoll can read.
    pub contract: Option<Contract>,
    /// One for each schema object that has a name. Present even when there are errors, for what could be understood.
    pub datasets: Vec<Dataset>,
    /// Of reading, linting and compiling, in the order of the text, each with its path.
    pub diagnostics: Vec<Diagnostic>,
}

impl Loaded {
    pub fn is_valid(&self) -> bool {
        self.contract.is_some() && !self.diagnostics.iter().any(Diagnostic::is_error)
    }
}

/// Reads, lints and compiles the text of a contract; `path` is only named in the diagnostics.
pub fn load(path: &str, text: &str) -> Loaded {
    let (contract, mut diagnostics) = Contract::read(text);
    let mut datasets = Vec::new();
    if let Some(contract) = &contract {
        let findings = lint(contract);
        let (compiled, unchecked) = compile(contract, &digest(text.as_bytes()));
        datasets = compiled;
        diagnostics.extend(findings);
        diagnostics.extend(unchecked);
    }
    diagnostics.sort_by_key(|diagnostic| (diagnostic.span.start, diagnostic.code));
    for diagnostic in &mut diagnostics {
        path.clone_into(&mut diagnostic.path);
    }
    Loaded { contract, datasets, diagnostics }
}

#[cfg(test)]
mod tests;
