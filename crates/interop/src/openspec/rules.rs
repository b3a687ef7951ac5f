//! What OpenSpec asks of its files, `--strict` included, so that what is written here passes there.

use std::collections::BTreeMap;

use contract::{Diagnostic, Span};

use super::delta::{Delta, Part};
use super::lines::{heading, lines, normalised};
use super::requirement::{Requirement, header};
use super::spec::Spec;
use crate::codes;

/// A shorter purpose says too little, in characters.
const PURPOSE_MIN: usize = 50;

/// Findings about a main spec, without its path.
pub fn check_spec(text: &str) -> Vec<Diagnostic> {
    let text = normalised(text);
    let spec = Spec::parse(&text);
    let mut found = Vec::new();
    structure(&text, &mut found);
    let top = Span { line: 1, column: 1, ..Span::default() };
    match spec.purpose() {
        None => found
            .push(codes::FORM.at(top, "the spec has no `## Purpose`").with_help("say in a sentence what it is for")),
        Some(purpose) => {
            if purpose.chars().count() < PURPOSE_MIN {
                let message = format!("the purpose has fewer than {PURPOSE_MIN} characters");
                found.push(codes::STRICT.at(top, message).with_help("say in a sentence what the capability is for"));
            } else if ["TBD", "TODO"].iter().any(|word| purpose.starts_with(word)) {
                let message = "the purpose is still to be written";
                found.push(codes::STRICT.at(top, message).with_help("say in a sentence what the capability is for"));
            }
        }
    }
    if spec.requirements.is_empty() {
        let help = "write `## Requirements` and below it at least one `### Requirement: name`";
        found.push(codes::FORM.at(top, "the spec has no requirement").with_help(help));
    }
    for requirement in &spec.requirements {
        wording(requirement, &mut found);
    }
    unique(&spec.requirements, &mut found);
    found.sort_by_key(|diagnostic| diagnostic.span.line);
    found
}

/// Findings about a delta alone; whether it fits its spec is for `merge` to say.
pub fn check_delta(text: &str) -> (Delta, Vec<Diagnostic>) {
    let (delta, mut found) = Delta::parse(text);
    let top = Span { line: 1, column: 1, ..Span::default() };
    if delta.is_empty() && found.is_empty() {
        let help = "write `## ADDED Requirements`, `## MODIFIED Requirements`, `## REMOVED Requirements` or `## RENAMED Requirements`";
        found.push(codes::FORM.at(top, "the delta changes nothing").with_help(help));
    }
    for requirement in delta.added.iter().chain(&delta.modified) {
        wording(requirement, &mut found);
    }
    unique(&delta.added, &mut found);
    unique(&delta.modified, &mut found);
    clashes(&delta, top, &mut found);
    (delta, found)
}

/// A list without a single box counts as no task at all.
pub fn check_tasks(text: &str) -> Vec<Diagnostic> {
    let (_, all) = super::Tasks::parse(text).count();
    let text = normalised(text);
    let item = |line: &super::lines::Line<'_>| !line.fenced && line.text.trim_start().starts_with(['-', '*', '+']);
    match lines(&text).into_iter().find(item) {
        Some(line) if all == 0 => {
            let message = "no line of the list has a box, so it counts as no task";
            vec![codes::STRICT.at(line.span(), message).with_help("write each task as `- [ ] 1.1 what is done`")]
        }
        _ => Vec::new(),
    }
}

/// Headings that stand where OpenSpec does not look for them.
fn structure(text: &str, found: &mut Vec<Diagnostic>) {
    let mut inside = false;
    for line in lines(text).into_iter().filter(|line| !line.fenced) {
        if let Some(title) = heading(line.text, "##") {
            inside = title.eq_ignore_ascii_case("requirements");
            if Part::of(title).is_some() {
                let message = format!("`## {title}` belongs into a change's delta, not into a spec");
                found.push(codes::FORM.at(line.span(), message).with_help("merge it by applying its change"));
            }
        } else if let Some(name) = header(line.text).filter(|_| !inside) {
            let message =
                format!("requirement `{name}` stands outside of `## Requirements`, where nobody looks for it");
            found.push(codes::FORM.at(line.span(), message).with_help("move it under `## Requirements`"));
        }
    }
}

fn wording(requirement: &Requirement, found: &mut Vec<Diagnostic>) {
    let span = Span { line: requirement.line.max(1), column: 1, ..Span::default() };
    let name = &requirement.name;
    let statement = requirement.statement();
    if requirement.body.trim().is_empty() {
        let help = "say below it what holds, with SHALL or MUST";
        found.push(codes::FORM.at(span, format!("requirement `{name}` is empty")).with_help(help));
        return;
    }
    if !demands(&statement) {
        let message = format!("requirement `{name}` says neither SHALL nor MUST");
        found.push(codes::STRICT.at(span, message).with_help("say in its first sentence what SHALL hold"));
    }
    let scenarios = requirement.scenarios();
    if scenarios.is_empty() {
        let help = "write `#### Scenario: name` and below it - **WHEN** … and - **THEN** …";
        found.push(codes::FORM.at(span, format!("requirement `{name}` has no scenario")).with_help(help));
    }
    for empty in scenarios.iter().filter(|scenario| scenario.body.is_empty()) {
        let message = format!("scenario `{}` of requirement `{name}` is empty", empty.name);
        found.push(codes::FORM.at(span, message).with_help("say when it holds and what then happens"));
    }
}

/// SHALL or MUST as a whole word.
fn demands(text: &str) -> bool {
    text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).any(|word| matches!(word, "SHALL" | "MUST"))
}

fn unique(requirements: &[Requirement], found: &mut Vec<Diagnostic>) {
    let mut first: BTreeMap<&str, u32> = BTreeMap::new();
    for requirement in requirements {
        if let Some(line) = first.insert(&requirement.name, requirement.line) {
            let span = Span { line: requirement.line.max(1), column: 1, ..Span::default() };
            let message = format!("requirement `{}` stands on line {line} already", requirement.name);
            found.push(codes::FORM.at(span, message).with_help("a name is used once: merge the two, or rename one"));
        }
    }
}

/// One requirement in two sections: no order of applying them would be what was meant.
fn clashes(delta: &Delta, top: Span, found: &mut Vec<Diagnostic>) {
    let mut sections: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let named = |requirements: &'_ [Requirement]| requirements.iter().map(|r| r.name.clone()).collect::<Vec<_>>();
    let (added, modified) = (named(&delta.added), named(&delta.modified));
    for (section, names) in [("ADDED", &added), ("MODIFIED", &modified)] {
        names.iter().for_each(|name| sections.entry(name).or_default().push(section));
    }
    delta.removed.iter().for_each(|gone| sections.entry(&gone.name).or_default().push("REMOVED"));
    for (name, sections) in sections {
        let distinct: std::collections::BTreeSet<&str> = sections.into_iter().collect();
        if distinct.len() > 1 {
            let both = distinct.into_iter().collect::<Vec<_>>().join(" and ");
            let message = format!("requirement `{name}` stands under {both}");
            found.push(codes::FORM.at(top, message).with_help("decide for one of them"));
        }
    }
    for rename in &delta.renamed {
        let old = |names: &[String]| names.contains(&rename.from);
        if old(&modified) || delta.removed.iter().any(|gone| gone.name == rename.from) {
            let message =
                format!("requirement `{}` is renamed, so the delta must call it `{}`", rename.from, rename.to);
            found.push(codes::FORM.at(top, message).with_help("use the new name under MODIFIED, and do not remove it"));
        }
        if added.contains(&rename.to) {
            let message = format!("requirement `{}` is both the new name of another and added", rename.to);
            found.push(codes::FORM.at(top, message).with_help("modify it under its new name instead of adding it"));
        }
    }
}
