//! A delta: what a change does to one spec.

use contract::Diagnostic;

use super::lines::{Line, heading, lines, normalised, tidy};
use super::requirement::{Requirement, collect, header, unclosed};
use super::spec::section;
use crate::codes;

/// `changes/<id>/specs/<capability>/spec.md`. Applied in the order of its fields.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Delta {
    /// Of a capability that is new: becomes the new spec's.
    pub purpose: Option<String>,
    pub renamed: Vec<Rename>,
    pub removed: Vec<Removed>,
    /// Whole new texts of requirements that exist, by their new names.
    pub modified: Vec<Requirement>,
    pub added: Vec<Requirement>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rename {
    pub from: String,
    pub to: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Removed {
    pub name: String,
    /// Reason and migration, for people.
    pub body: String,
}

/// The section that a line opens, as far as a delta has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Added,
    Modified,
    Removed,
    Renamed,
}

impl Part {
    pub(super) const ALL: [Self; 4] = [Self::Renamed, Self::Modified, Self::Removed, Self::Added];

    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Added => "ADDED Requirements",
            Self::Modified => "MODIFIED Requirements",
            Self::Removed => "REMOVED Requirements",
            Self::Renamed => "RENAMED Requirements",
        }
    }

    pub(super) fn of(title: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|part| part.title().eq_ignore_ascii_case(title))
    }
}

impl Delta {
    pub fn is_empty(&self) -> bool {
        self.renamed.is_empty() && self.removed.is_empty() && self.modified.is_empty() && self.added.is_empty()
    }

    /// Reads what can be understood, and says what cannot be.
    pub fn parse(text: &str) -> (Self, Vec<Diagnostic>) {
        let text = normalised(text);
        let mut delta = Self { purpose: section(&text, "Purpose").filter(|text| !text.is_empty()), ..Self::default() };
        let mut found = Vec::new();
        for (part, lines) in parts(&lines(&text), &mut found) {
            let before = found.len();
            let count = match part {
                Part::Added => extend(&mut delta.added, collect(lines.iter().copied()).1),
                Part::Modified => extend(&mut delta.modified, collect(lines.iter().copied()).1),
                Part::Removed => extend(&mut delta.removed, removed(&lines)),
                Part::Renamed => extend(&mut delta.renamed, renamed(&lines, &mut found)),
            };
            if count == 0 && found.len() == before {
                let span = lines.first().map(Line::span).unwrap_or_default();
                let message = format!("there is nothing under `## {}`", part.title());
                found.push(codes::FORM.at(span, message).with_help("remove the section, or write its requirements"));
            }
        }
        (delta, found)
    }

    /// The text of the file. Reading it gives an equal value.
    pub fn write(&self) -> String {
        let mut parts = vec!["# Spec Delta".to_owned()];
        if let Some(purpose) = &self.purpose {
            parts.push(format!("## Purpose\n\n{purpose}"));
        }
        if !self.renamed.is_empty() {
            let lines: Vec<String> = self
                .renamed
                .iter()
                .map(|rename| {
                    format!("- FROM: `### Requirement: {}`\n- TO: `### Requirement: {}`", rename.from, rename.to)
                })
                .collect();
            parts.push(format!("## {}\n\n{}", Part::Renamed.title(), lines.join("\n")));
        }
        let removed = self.removed.iter().map(|gone| Requirement::new(&gone.name, &gone.body).text()).collect();
        let texts = |requirements: &[Requirement]| requirements.iter().map(Requirement::text).collect();
        for (part, texts) in
            [(Part::Modified, texts(&self.modified)), (Part::Removed, removed), (Part::Added, texts(&self.added))]
        {
            let texts: Vec<String> = texts;
            if !texts.is_empty() {
                parts.push(format!("## {}\n\n{}", part.title(), texts.join("\n\n")));
            }
        }
        format!("{}\n", parts.join("\n\n"))
    }
}

fn extend<T>(all: &mut Vec<T>, more: Vec<T>) -> usize {
    let count = more.len();
    all.extend(more);
    count
}

/// The delta's sections in the order of the file; a requirement outside of them is applied by nobody.
fn parts<'l, 't>(lines: &'l [Line<'t>], found: &mut Vec<Diagnostic>) -> Vec<(Part, Vec<Line<'t>>)> {
    let mut parts: Vec<(Part, Vec<Line<'t>>)> = Vec::new();
    let mut inside = false;
    for line in lines {
        if let Some(title) = heading(line.text, "##").filter(|_| !line.fenced) {
            let part = Part::of(title);
            inside = part.is_some();
            parts.extend(part.map(|part| (part, Vec::new())));
        } else if inside && let Some((_, lines)) = parts.last_mut() {
            lines.push(*line);
        } else if let Some(name) = header(line.text).filter(|_| !line.fenced) {
            let message =
                format!("requirement `{name}` stands outside of the delta's sections, so nothing becomes of it");
            let help = "move it under `## ADDED Requirements` or `## MODIFIED Requirements`";
            found.push(codes::FORM.at(line.span(), message).with_help(help));
        }
    }
    parts
}

/// `### Requirement: name` or a list item with it.
fn removed(lines: &[Line<'_>]) -> Vec<Removed> {
    let mut found: Vec<Removed> = Vec::new();
    for line in lines {
        let name = if line.fenced { None } else { header(line.text).or_else(|| listed(line.text, "")) };
        match (name, found.last_mut()) {
            (Some(name), _) => found.push(Removed { name, body: String::new() }),
            (None, Some(last)) => {
                last.body.push_str(line.text);
                last.body.push('\n');
            }
            (None, None) => {}
        }
    }
    for gone in &mut found {
        gone.body = tidy(&gone.body);
    }
    found
}

fn renamed(lines: &[Line<'_>], found: &mut Vec<Diagnostic>) -> Vec<Rename> {
    let mut pairs = Vec::new();
    let mut pending: Option<(String, Line<'_>)> = None;
    let mut alone = |name: &str, line: &Line<'_>, has: &str, lacks: &str| {
        let message = format!("`{has}: {name}` has no `{lacks}:` beside it");
        let help = "write each rename as a FROM: line and, below it, its TO: line";
        found.push(codes::FORM.at(line.span(), message).with_help(help));
    };
    for line in lines.iter().filter(|line| !line.fenced) {
        if let Some(from) = listed(line.text, "FROM:") {
            if let Some((name, line)) = pending.replace((from, *line)) {
                alone(&name, &line, "FROM", "TO");
            }
        } else if let Some(to) = listed(line.text, "TO:") {
            match pending.take() {
                Some((from, _)) => pairs.push(Rename { from, to }),
                None => alone(&to, line, "TO", "FROM"),
            }
        }
    }
    if let Some((name, line)) = pending {
        alone(&name, &line, "FROM", "TO");
    }
    pairs
}

/// The name in `- FROM: `### Requirement: name``; without a label the line must be a list item.
fn listed(line: &str, label: &str) -> Option<String> {
    let text = line.trim();
    let item = text.strip_prefix(['-', '*', '+']).map(str::trim_start);
    let text = item.or(Some(text).filter(|_| !label.is_empty()))?;
    let text = text.strip_prefix(label)?.trim_start();
    let text = text.strip_prefix('`').unwrap_or(text);
    let text = text.strip_prefix("###")?.trim_start().strip_prefix("Requirement:")?.trim();
    let name = unclosed(text.strip_suffix('`').unwrap_or(text));
    (!name.is_empty()).then_some(name)
}
