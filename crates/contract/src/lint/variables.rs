//! `${NAME}` and `${NAME:-default}`: values that are put in when the contract is used, so that nothing can be said about them here.

use super::findings::Findings;
use crate::codes;
use crate::syntax::Node;

/// Whether the text holds a variable.
pub(super) fn has(text: &str) -> bool {
    text.match_indices("${").any(|(at, _)| {
        let rest = &text[at + 2..];
        let name = rest.find(|character: char| !(character.is_ascii_alphanumeric() || character == '_')).unwrap_or(0);
        name > 0 && rest[name..].contains('}')
    })
}

/// A text that is a variable and nothing else can stand where a number or a boolean is asked for.
pub(super) fn stands_for_a_value(node: &Node) -> bool {
    node.as_str().is_some_and(|text| {
        let text = text.trim();
        text.starts_with("${") && text.ends_with('}') && text.matches("${").count() == 1 && has(text)
    })
}

/// Says that the value is not looked at.
pub(super) fn tell(node: &Node, element: &str, findings: &mut Findings<'_>) {
    let text = node.as_str().unwrap_or_default();
    findings
        .add(
            codes::VARIABLE,
            element,
            format!("`{text}` is not checked: its value is put in when the contract is used"),
        )
        .help("check the contract again with the variable's value");
}
