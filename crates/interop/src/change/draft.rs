//! The files of a new change, written from what its contracts change.

use std::collections::BTreeMap;

use contract::diff::{Verdict, in_words, markdown};
use contract::text::one_line;
use serde::Serialize;

use super::migration::migration;
use super::survey::Proposed;
use crate::openspec::{
    CHANGES, Delta, Group, Metadata, Pin, Proposal, Rename, Requirement, SPECS, Spec, Task, Tasks, Tree, with_pin,
};

/// Bullets of a contract's changes in the proposal; the table below them has more.
const BULLETS_MAX: usize = 30;

/// What only the caller knows.
#[derive(Debug, Clone)]
pub struct Request<'a> {
    pub id: &'a str,
    pub author: &'a str,
    /// `YYYY-MM-DD`.
    pub day: &'a str,
    /// Why, in the author's words.
    pub why: Option<&'a str>,
    /// Columns of the project that derive from what changes, by the path of the contract.
    pub impact: BTreeMap<String, Vec<Impact>>,
}

/// A model that reads or makes a column which changes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Impact {
    /// The model makes the column itself, so it must follow.
    pub makes: bool,
    /// The column that changes, `dataset.column`.
    pub changed: String,
    pub dataset: String,
    /// The model's file.
    pub model: String,
    /// Its columns that derive from the changed one; empty where the column only decides, in a join or a filter.
    pub columns: Vec<String>,
}

/// Files by their paths from the project's folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    pub files: BTreeMap<String, String>,
}

/// Lower-case letters, digits and single hyphens between them.
pub fn is_id(text: &str) -> bool {
    text.len() <= 100
        && text != "archive"
        && text
            .split('-')
            .all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()))
}

pub fn draft(tree: &Tree, request: &Request<'_>, contracts: &[Proposed]) -> Draft {
    let folder = format!("{CHANGES}/{}", request.id);
    let mut files = BTreeMap::new();
    files.insert(format!("{folder}/proposal.md"), proposal(tree, request, contracts).write());
    files.insert(format!("{folder}/tasks.md"), tasks(request, contracts).write());
    let mut deltas: BTreeMap<&str, Delta> = BTreeMap::new();
    for contract in contracts {
        files.insert(format!("{folder}/specs/{}/{}", contract.capability, contract.file), contract.text.clone());
        pin(tree, contract, deltas.entry(&contract.capability).or_default());
    }
    let bases = deltas.iter().flat_map(|(capability, delta)| super::base::of(tree, capability, delta)).collect();
    let metadata = Metadata {
        schema: Some("spec-driven".to_owned()),
        created: Some(request.day.to_owned()),
        goal: Some(headline(contracts)),
        author: Some(request.author.to_owned()),
        bases,
        ..Metadata::default()
    };
    files.insert(format!("{folder}/.openspec.yaml"), metadata.write());
    for (capability, delta) in deltas {
        files.insert(format!("{folder}/specs/{capability}/spec.md"), delta.write());
    }
    Draft { files }
}

/// Puts the new pin of a contract into the delta of its capability.
fn pin(tree: &Tree, contract: &Proposed, delta: &mut Delta) {
    let pin = Pin {
        contract: contract.new.id.clone(),
        file: contract.file.clone(),
        version: contract.new.version.clone(),
        sha256: contract.new.sha256.clone(),
        supersedes: contract.old.as_ref().map(|old| old.sha256.clone()),
    };
    let spec = tree.text(&format!("{SPECS}/{}/spec.md", contract.capability)).map(Spec::parse);
    let present = contract.pinned.as_ref().and_then(|pinned| {
        let requirement = spec.as_ref()?.requirement(&pinned.requirement)?;
        Some((pinned, requirement.name.clone(), with_pin(&requirement.body, &pin)?))
    });
    match present {
        Some((pinned, name, body)) => {
            let renamed = renamed(&name, &pinned.pin.version, &pin.version);
            // Two contracts may be pinned by one requirement; the second pin goes into what the first has made of it.
            if let Some(earlier) = delta.modified.iter_mut().find(|earlier| [&name, &renamed].contains(&&earlier.name))
            {
                earlier.body = with_pin(&earlier.body, &pin).unwrap_or(body);
                return;
            }
            if renamed != name {
                delta.renamed.push(Rename { from: name, to: renamed.clone() });
            }
            delta.modified.push(Requirement::new(renamed, body));
        }
        None => {
            if spec.is_none() && delta.purpose.is_none() {
                delta.purpose = Some(purpose(contract));
            }
            delta.added.push(requirement(&contract.file, &contract.datasets, &pin));
        }
    }
}

/// The version at the end of a name moves with the contract's, so that a stale change finds nothing to rename.
fn renamed(name: &str, old: &str, new: &str) -> String {
    match name.strip_suffix(old).filter(|before| before.ends_with(' ')) {
        Some(before) => format!("{before}{new}"),
        None => name.to_owned(),
    }
}

/// The requirement that pins a contract for the first time.
pub(super) fn requirement(file: &str, datasets: &[String], pin: &Pin) -> Requirement {
    let label = file.split(".odcs.").next().unwrap_or(file);
    let rows = match datasets {
        [] => "a row".to_owned(),
        [one] => format!("a row of `{one}`"),
        many => format!("a row of {}", many.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")),
    };
    let body = format!(
        "The pipeline SHALL publish only rows that meet the data contract pinned below.\n\n{}\n\n#### Scenario: A row breaks the contract\n\
         - **WHEN** {rows} violates a check of the contract\n- **THEN** it is written to the dead letters with its reason and not to the table",
        pin.block()
    );
    Requirement::new(format!("Data contract {label} {}", pin.version), body)
}

/// Of a capability that is new; OpenSpec wants at least fifty characters.
fn purpose(contract: &Proposed) -> String {
    let said = contract.contract.document.description.as_ref().and_then(|description| description.purpose.clone());
    let said = said.map(|text| one_line(&text)).filter(|text| text.chars().count() >= 50 && !text.starts_with('#'));
    said.unwrap_or_else(|| {
        format!(
            "{} as its data contract promises them, published only where every check holds.",
            names(&contract.datasets)
        )
    })
}

fn names(datasets: &[String]) -> String {
    match datasets {
        [] => "The datasets of this capability".to_owned(),
        [one] => format!("The rows of `{one}`"),
        many => format!("The rows of {}", many.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")),
    }
}

fn headline(contracts: &[Proposed]) -> String {
    let words: Vec<String> = contracts
        .iter()
        .map(|contract| match &contract.old {
            Some(old) => format!("{} {} -> {}", contract.file, old.version, contract.new.version),
            None => format!("{} {} (new)", contract.file, contract.new.version),
        })
        .collect();
    format!("Data contracts: {}", words.join(", "))
}

fn proposal(tree: &Tree, request: &Request<'_>, contracts: &[Proposed]) -> Proposal {
    let mut sections = vec![
        ("Why".to_owned(), why(request, contracts)),
        ("What Changes".to_owned(), contracts.iter().map(bullets).collect::<Vec<_>>().join("\n")),
        ("Capabilities".to_owned(), capabilities(tree, contracts)),
        ("Impact".to_owned(), impact(request, contracts)),
    ];
    for contract in contracts {
        let Some(report) = &contract.report else { continue };
        sections.push((format!("Verdicts: {}", contract.file), markdown(report).trim().to_owned()));
    }
    let steps: Vec<String> =
        contracts.iter().filter_map(|contract| contract.report.as_ref()).flat_map(migration).collect();
    let steps = match steps.is_empty() {
        true => "Nothing has to be moved: what is in the tables stays as it is.".to_owned(),
        false => (1..).zip(steps).map(|(number, step)| format!("{number}. {step}")).collect::<Vec<_>>().join("\n"),
    };
    sections.push(("Migration".to_owned(), steps));
    let undo = format!(
        "`plimsoll change rollback {}` puts the contracts and their pins back as they were before, as long as no later change builds on them.",
        request.id
    );
    sections.push(("Rollback".to_owned(), undo));
    Proposal { title: format!("Proposal: {}", request.id), sections }
}

/// OpenSpec asks for fifty to a thousand characters.
fn why(request: &Request<'_>, contracts: &[Proposed]) -> String {
    let said = request.why.map(one_line).unwrap_or_default();
    let known = headline(contracts);
    match said.chars().count() {
        0 => format!("{known}. The differences and what follows from them are listed below."),
        1..50 => format!("{said} ({known}; the differences are listed below.)"),
        _ => said.chars().take(1000).collect(),
    }
}

fn bullets(contract: &Proposed) -> String {
    let Some((old, report)) = contract.old.as_ref().zip(contract.report.as_ref()) else {
        return format!(
            "- New data contract `{}` {}: {}.",
            contract.file,
            contract.new.version,
            names(&contract.datasets)
        );
    };
    let breaking =
        if report.verdict.consumer.max(report.verdict.producer) == Verdict::Breaking { "**BREAKING** " } else { "" };
    let mut lines =
        vec![format!("- {breaking}`{}` data contract {} -> {}", contract.file, old.version, contract.new.version)];
    let told = report.changes.iter().filter(|change| change.kind != "version-raised");
    for change in told.take(BULLETS_MAX) {
        let (element, what) = in_words(change);
        let code = |text: &str| format!("`{}`", text.replace('`', "'"));
        lines.push(format!(
            "  - {}: {} (readers: {}, writers: {})",
            code(&element),
            code(&what),
            change.consumer.word(),
            change.producer.word()
        ));
    }
    if report.changes.len() > BULLETS_MAX {
        lines.push(format!("  - and {} more", report.changes.len() - BULLETS_MAX));
    }
    lines.join("\n")
}

fn capabilities(tree: &Tree, contracts: &[Proposed]) -> String {
    let mut known: Vec<&str> = contracts.iter().map(|contract| contract.capability.as_str()).collect();
    known.sort_unstable();
    known.dedup();
    let is_known = |capability: &&str| tree.files.contains_key(&format!("{SPECS}/{capability}/spec.md"));
    let (old, new): (Vec<&str>, Vec<&str>) = known.into_iter().partition(is_known);
    let list = |names: Vec<&str>| match names.is_empty() {
        true => "None.".to_owned(),
        false => {
            names.iter().map(|name| format!("- `{name}`: its pinned data contract")).collect::<Vec<_>>().join("\n")
        }
    };
    format!("### New Capabilities\n\n{}\n\n### Modified Capabilities\n\n{}", list(new), list(old))
}

fn impact(request: &Request<'_>, contracts: &[Proposed]) -> String {
    let mut lines = Vec::new();
    for contract in contracts {
        for impact in request.impact.get(&contract.path()).into_iter().flatten() {
            let columns: Vec<String> = impact.columns.iter().map(|column| format!("`{column}`")).collect();
            let how = match columns.is_empty() {
                true => "joins, filters or orders by it".to_owned(),
                false => format!("makes {} from it", columns.join(", ")),
            };
            lines.push(match impact.makes {
                true => format!("- `{}` is made by `{}`, which must follow", impact.changed, impact.model),
                false => {
                    format!("- `{}` is read by `{}` ({}), which {how}", impact.changed, impact.dataset, impact.model)
                }
            });
        }
    }
    match lines.is_empty() {
        true => "No model of this project reads or makes a column that changes in a way that can be felt.".to_owned(),
        false => lines.join("\n"),
    }
}

fn tasks(request: &Request<'_>, contracts: &[Proposed]) -> Tasks {
    let done = |text: String| Task { text, done: true };
    let open = |text: String| Task { text, done: false };
    let mut first = Vec::new();
    for contract in contracts {
        first.push(done(format!("Write `{}` {} and pin it in the delta", contract.file, contract.new.version)));
    }
    first.push(open(format!("Verify that `plimsoll change validate {}` finds nothing wrong", request.id)));
    let mut models: BTreeMap<(bool, &str), Vec<&str>> = BTreeMap::new();
    for impact in request.impact.values().flatten() {
        models.entry((!impact.makes, &impact.model)).or_default().push(&impact.changed);
    }
    let mut reading: Vec<Task> = models
        .into_iter()
        .map(|((reads, model), mut columns)| {
            columns.sort_unstable();
            columns.dedup();
            let columns = columns.join(", ");
            open(match reads {
                true => format!("Look at `{model}`, which reads {columns}, and verify with `plimsoll check`"),
                false => format!("Change `{model}`, which makes {columns}, and verify with `plimsoll check`"),
            })
        })
        .collect();
    reading.push(open("Tell the consumers outside of this project, and verify that they have answered".to_owned()));
    let steps = contracts.iter().filter_map(|contract| contract.report.as_ref()).flat_map(migration);
    let moving: Vec<Task> =
        steps.map(|step| open(format!("{} Verify with `plimsoll plan`", one_line(&step)))).collect();
    let last = vec![
        open(format!("Obtain the approval and verify it with `plimsoll change show {}`", request.id)),
        open(format!(
            "Put it in force with `plimsoll change apply {}` and verify that `plimsoll check` is clean",
            request.id
        )),
    ];
    let group = |title: &str, tasks: Vec<Task>| Group { title: title.to_owned(), tasks };
    let mut groups = vec![group("Contract", first), group("Models and consumers", reading)];
    if !moving.is_empty() {
        groups.push(group("Migration", moving));
    }
    groups.push(group("Approval", last));
    Tasks { groups }
}
