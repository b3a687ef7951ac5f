//! A main spec: what holds now.

use super::lines::{Line, heading, lines, normalised, tidy};
use super::requirement::{Requirement, collect};

/// `spec.md`. What OpenSpec does not know is kept as it is, above and below the requirements.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spec {
    /// Everything above `## Requirements`: front matter, title, purpose.
    pub before: String,
    /// What stands between `## Requirements` and the first of them.
    pub preamble: String,
    pub requirements: Vec<Requirement>,
    /// Further sections below.
    pub after: String,
}

impl Spec {
    /// A spec without requirements.
    pub fn new(title: &str, purpose: &str) -> Self {
        let before = tidy(&format!("# {title} Specification\n\n## Purpose\n{purpose}"));
        Self { before, preamble: String::new(), requirements: Vec::new(), after: String::new() }
    }

    /// Reads whatever is there; what is wrong with it is for `check_spec` to say.
    pub fn parse(text: &str) -> Self {
        let text = normalised(text);
        let lines = lines(&text);
        let starts = |line: &Line<'_>| title(line).is_some_and(|title| title.eq_ignore_ascii_case("requirements"));
        let start = lines.iter().position(starts).unwrap_or(lines.len());
        let rest = lines.get(start + 1..).unwrap_or_default();
        let end = rest.iter().position(|line| title(line).is_some()).unwrap_or(rest.len());
        let (preamble, requirements) = collect(rest[..end].iter().copied());
        Self { before: joined(&lines[..start]), preamble, requirements, after: joined(&rest[end..]) }
    }

    /// The text of the file. Reading it gives an equal value.
    pub fn write(&self) -> String {
        let requirements = self.requirements.iter().map(Requirement::text);
        let mut parts = vec![self.before.clone(), "## Requirements".to_owned(), self.preamble.clone()];
        parts.extend(requirements);
        parts.push(self.after.clone());
        parts.retain(|part| !part.is_empty());
        format!("{}\n", parts.join("\n\n"))
    }

    /// What stands under `## Purpose`.
    pub fn purpose(&self) -> Option<String> {
        section(&self.before, "Purpose")
    }

    pub fn requirement(&self, name: &str) -> Option<&Requirement> {
        self.requirements.iter().find(|requirement| requirement.name == name)
    }
}

/// The text below the first `## title`, up to the next section.
pub(super) fn section(text: &str, title: &str) -> Option<String> {
    let mut found: Option<String> = None;
    for line in lines(text) {
        if let Some(heading) = heading(line.text, "##").filter(|_| !line.fenced) {
            if found.is_some() {
                break;
            }
            if heading.eq_ignore_ascii_case(title) {
                found = Some(String::new());
            }
        } else if let Some(found) = &mut found {
            found.push_str(line.text);
            found.push('\n');
        }
    }
    found.map(|text| tidy(&text))
}

/// Of the section that the line opens.
fn title<'t>(line: &Line<'t>) -> Option<&'t str> {
    heading(line.text, "##").filter(|_| !line.fenced)
}

fn joined(lines: &[Line<'_>]) -> String {
    tidy(&lines.iter().map(|line| line.text).collect::<Vec<_>>().join("\n"))
}
