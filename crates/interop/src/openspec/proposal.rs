//! `proposal.md`: why a change is made, for people. A title and sections.

use super::lines::{heading, lines, normalised, tidy};

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Proposal {
    pub title: String,
    /// Heading and text, in their order.
    pub sections: Vec<(String, String)>,
}

impl Proposal {
    pub fn parse(text: &str) -> Self {
        let mut proposal = Self::default();
        for line in lines(&normalised(text)) {
            let at = |marks| if line.fenced { None } else { heading(line.text, marks) };
            if let Some(title) = at("##") {
                proposal.sections.push((title.to_owned(), String::new()));
            } else if let Some((_, text)) = proposal.sections.last_mut() {
                text.push_str(line.text);
                text.push('\n');
            } else if let Some(title) = at("#").filter(|_| proposal.title.is_empty()) {
                title.clone_into(&mut proposal.title);
            }
        }
        for (_, text) in &mut proposal.sections {
            *text = tidy(text);
        }
        proposal
    }

    pub fn write(&self) -> String {
        let mut parts = vec![format!("# {}", self.title)];
        parts.extend(self.sections.iter().map(|(heading, text)| match text.is_empty() {
            true => format!("## {heading}"),
            false => format!("## {heading}\n\n{text}"),
        }));
        format!("{}\n", parts.join("\n\n"))
    }

    pub fn section(&self, heading: &str) -> Option<&str> {
        let found = self.sections.iter().find(|(title, _)| title.eq_ignore_ascii_case(heading));
        found.map(|(_, text)| text.as_str())
    }
}
