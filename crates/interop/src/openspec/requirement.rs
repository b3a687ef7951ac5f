//! A requirement: its name, what it demands, and its scenarios.

use super::lines::{heading, lines};

/// Two are equal when they say the same; where they stand does not matter.
#[derive(Debug, Clone, Eq)]
pub struct Requirement {
    pub name: String,
    /// All lines below the header, scenarios among them, without blank lines at the end.
    pub body: String,
    /// Of the header, from 1; 0 for one that was not read.
    pub line: u32,
    /// The header line as somebody wrote it; kept while the name stays.
    written: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scenario {
    pub name: String,
    pub body: String,
}

impl PartialEq for Requirement {
    fn eq(&self, other: &Self) -> bool {
        (&self.name, &self.body) == (&other.name, &other.body)
    }
}

impl Requirement {
    pub fn new(name: impl Into<String>, body: impl Into<String>) -> Self {
        Self { name: name.into(), body: body.into(), line: 0, written: String::new() }
    }

    /// As it stands in a file, without a final line end.
    pub fn text(&self) -> String {
        let header = match header(&self.written).as_ref() == Some(&self.name) {
            true => self.written.clone(),
            false => format!("### Requirement: {}", self.name),
        };
        if self.body.is_empty() { header } else { format!("{header}\n{}", self.body) }
    }

    /// What is demanded: the lines above the first heading that are neither fenced nor metadata (`**Key**: value`).
    pub fn statement(&self) -> String {
        let (mut said, mut metadata) = (Vec::new(), Vec::new());
        for line in lines(&self.body) {
            if line.fenced {
                continue;
            }
            if is_heading(line.text) {
                break;
            }
            let text = line.text.trim();
            match text {
                "" => {}
                _ if is_metadata(text) => metadata.push(text),
                _ => said.push(text),
            }
        }
        if said.is_empty() { metadata.join("\n") } else { said.join("\n") }
    }

    /// Any heading of level four begins one; `Scenario:` before its name is only custom.
    pub fn scenarios(&self) -> Vec<Scenario> {
        let mut scenarios: Vec<Scenario> = Vec::new();
        let mut inside = false;
        for line in lines(&self.body) {
            let title = if line.fenced { None } else { heading(line.text, "####") };
            if let Some(title) = title {
                let name = unclosed(title);
                let name = name.strip_prefix("Scenario:").map_or(name.as_str(), str::trim_start).to_owned();
                scenarios.push(Scenario { name, body: String::new() });
                inside = true;
            } else if !line.fenced && is_heading_to(line.text, 3) {
                inside = false;
            } else if inside && let Some(last) = scenarios.last_mut() {
                last.body.push_str(line.text);
                last.body.push('\n');
            }
        }
        for scenario in &mut scenarios {
            scenario.body = scenario.body.trim().to_owned();
        }
        scenarios
    }
}

/// The name in a requirement's header line; `None` for any other line.
pub(super) fn header(line: &str) -> Option<String> {
    let rest = line.strip_prefix("###")?.trim_start();
    let label = rest.get(..12).filter(|label| label.eq_ignore_ascii_case("requirement:"))?;
    let name = unclosed(rest[label.len()..].trim());
    (!name.is_empty()).then_some(name)
}

/// A heading may be closed by a run of `#` behind white space, which is no part of it.
pub(super) fn unclosed(title: &str) -> String {
    let title = title.trim();
    let open = title.trim_end_matches('#');
    let is_closed = open.len() < title.len() && open.ends_with([' ', '\t']);
    (if is_closed { open.trim() } else { title }).to_owned()
}

fn is_heading(line: &str) -> bool {
    is_heading_to(line, 6)
}

/// A heading of this level or above it.
fn is_heading_to(line: &str, level: usize) -> bool {
    let marks = line.chars().take_while(|character| *character == '#').count();
    (1..=level).contains(&marks) && line[marks..].starts_with(char::is_whitespace)
}

fn is_metadata(line: &str) -> bool {
    line.strip_prefix("**")
        .and_then(|rest| rest.split_once("**:"))
        .is_some_and(|(key, _)| !key.is_empty() && !key.contains('*'))
}

/// Collects requirements from the lines of a section; the lines above the first are given back.
pub(super) fn collect<'t>(section: impl Iterator<Item = super::lines::Line<'t>>) -> (String, Vec<Requirement>) {
    let mut above = String::new();
    let mut found: Vec<Requirement> = Vec::new();
    for line in section {
        match header(line.text).filter(|_| !line.fenced) {
            Some(name) => {
                found.push(Requirement { name, body: String::new(), line: line.number, written: line.text.to_owned() })
            }
            None => {
                let text = found.last_mut().map_or(&mut above, |requirement| &mut requirement.body);
                text.push_str(line.text);
                text.push('\n');
            }
        }
    }
    for requirement in &mut found {
        requirement.body = super::lines::tidy_below(&requirement.body);
    }
    (super::lines::tidy(&above), found)
}
