//! Text in, everything out: read, lint and compile contract files.

use crate::check::{Check, Rule};
use crate::codes;
use crate::compile::{compile, digest};
use crate::dataset::Dataset;
use crate::diagnostic::Diagnostic;
use crate::lint::{Neighbours, lint};
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

/// One file: its path, which is only named in the diagnostics and where references start from, and its text.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    pub path: &'a str,
    pub text: &'a str,
}

/// Reads, lints and compiles the text of a contract, which stands alone.
pub fn load(path: &str, text: &str) -> Loaded {
    let mut loaded = load_all(&[Source { path, text }], &[], 1);
    loaded.pop().unwrap_or_default()
}

/// Loads contracts that may refer to each other, on several threads. `beside` are contracts that they may refer to as
/// well, and that are not looked at themselves.
pub fn load_all(sources: &[Source<'_>], beside: &[Source<'_>], threads: usize) -> Vec<Loaded> {
    let read = on_threads(sources, threads, |source| Contract::read(source.text));
    let others = on_threads(beside, threads, |source| Contract::read(source.text));
    let both = sources.iter().zip(&read).chain(beside.iter().zip(&others));
    let neighbours = Neighbours::of(both.filter_map(|(source, (contract, _))| Some((source.path, contract.as_ref()?))));
    let pairs: Vec<_> = sources.iter().zip(&read).collect();
    let rest = on_threads(&pairs, threads, |(source, (contract, _))| {
        contract.as_ref().map(|contract| judge(source, contract, &neighbours))
    });
    drop(pairs);
    let whole = sources.iter().zip(read).zip(rest);
    whole.map(|((source, (contract, read)), rest)| gathered(source.path, contract, read, rest)).collect()
}

/// Findings beyond those of reading, and the compiled datasets.
fn judge(source: &Source<'_>, contract: &Contract, neighbours: &Neighbours<'_>) -> (Vec<Diagnostic>, Vec<Dataset>) {
    let mut diagnostics = lint(contract, source.path, neighbours);
    let (datasets, unclear) = compile(contract, &digest(source.text.as_bytes()));
    diagnostics.extend(unclear);
    diagnostics.extend(not_checked(contract, &datasets));
    (diagnostics, datasets)
}

fn gathered(
    path: &str,
    contract: Option<Contract>,
    mut diagnostics: Vec<Diagnostic>,
    rest: Option<(Vec<Diagnostic>, Vec<Dataset>)>,
) -> Loaded {
    let (found, datasets) = rest.unwrap_or_default();
    diagnostics.extend(found);
    diagnostics.sort_by_key(|diagnostic| (diagnostic.span.start, diagnostic.code));
    for diagnostic in &mut diagnostics {
        path.clone_into(&mut diagnostic.path);
    }
    Loaded { contract, datasets, diagnostics }
}

/// What is promised and not checked is said here already, and not only when data are there.
fn not_checked(contract: &Contract, datasets: &[Dataset]) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for dataset in datasets {
        for check in &dataset.checks {
            let Rule::NotChecked { what, reason, .. } = &check.rule else { continue };
            let element = element(contract, &dataset.name, check);
            let message = format!("{what} is not checked: {reason}");
            found.push(codes::NOT_COMPILED.at(contract.span_of(&element), message).with_element(element));
        }
    }
    found
}

/// The path of the property, or of the dataset, that a check is about.
fn element(contract: &Contract, dataset: &str, check: &Check) -> String {
    let objects = &contract.document.schema;
    let Some(index) = objects.iter().position(|object| object.name.as_deref() == Some(dataset)) else {
        return String::new();
    };
    let is_meant = |name: Option<&str>| name.is_some_and(|name| check.is_about(name));
    let property = objects[index].properties.iter().position(|property| is_meant(property.name.as_deref()));
    match property {
        Some(property) => format!("schema[{index}].properties[{property}]"),
        None => format!("schema[{index}]"),
    }
}

/// Results in the order of the items. With one thread, or few items, everything happens on the caller's.
fn on_threads<T: Sync, R: Send>(items: &[T], threads: usize, work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    /// Fewer are done faster than a thread is started.
    const EACH_MIN: usize = 8;
    let each = items.len().div_ceil(threads.max(1)).max(EACH_MIN);
    if items.len() <= each {
        return items.iter().map(work).collect();
    }
    let work = &work;
    std::thread::scope(|scope| {
        let threads: Vec<_> =
            items.chunks(each).map(|chunk| scope.spawn(move || chunk.iter().map(work).collect::<Vec<R>>())).collect();
        let joined =
            threads.into_iter().map(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        joined.flatten().collect()
    })
}

#[cfg(test)]
mod tests;
