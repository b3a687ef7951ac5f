//! Edits of a contract's text that make it fit what its data became. Every other byte of the file stays as it is.

use contract::Contract;
use contract::syntax::Node;

/// One edit of one dataset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fit {
    /// A further column that may be absent.
    Add { column: String, logical_type: &'static str },
    /// The source calls the column otherwise now; its readers need not know.
    ReadAs { column: String, name: String },
    /// Further values of an enumeration.
    Allow { column: String, values: Vec<String> },
}

/// The text with all edits; `None` when it is written in a way that they cannot be put into without touching more.
pub fn fit(text: &str, dataset: &str, edits: &[Fit]) -> Option<String> {
    let mut text = text.to_owned();
    for edit in edits {
        text = one(&text, dataset, edit)?;
        let (read, found) = Contract::read(&text);
        let read = read.filter(|_| !found.iter().any(contract::Diagnostic::is_error))?;
        if !has(&read, dataset, edit) {
            return None;
        }
    }
    Some(text)
}

fn one(text: &str, dataset: &str, edit: &Fit) -> Option<String> {
    let (contract, _) = Contract::read(text);
    let contract = contract?;
    let properties =
        contract.tree().get("schema")?.items().iter().find(|object| is(object, dataset))?.get("properties")?;
    let property = |name: &str| properties.items().iter().find(|property| is(property, name));
    match edit {
        Fit::Add { column, logical_type } => {
            let item = format!("{{ name: {}, logicalType: {logical_type} }}", quoted(column));
            appended(text, properties, &item)
        }
        Fit::ReadAs { column, name } => {
            let property = property(column)?;
            if let Some(old) = property.get("physicalName") {
                return Some(replaced(text, old.span.start, old.span.end, &quoted(name)));
            }
            let at = property.get("name")?.span.end;
            match is_flow(text, property) {
                true => Some(replaced(text, at, at, &format!(", physicalName: {}", quoted(name)))),
                false => {
                    let indent = " ".repeat(usize::try_from(property.span.column).ok()?.saturating_sub(1));
                    let end = line_end(text, at);
                    Some(replaced(text, end, end, &format!("\n{indent}physicalName: {}", quoted(name))))
                }
            }
        }
        Fit::Allow { column, values } => {
            let mut text = text.to_owned();
            for value in values {
                text = allowed(&text, dataset, column, value)?;
            }
            Some(text)
        }
    }
}

fn allowed(text: &str, dataset: &str, column: &str, value: &str) -> Option<String> {
    let (contract, _) = Contract::read(text);
    let contract = contract?;
    let object = contract.tree().get("schema")?.items().iter().find(|object| is(object, dataset))?;
    let property = object.get("properties")?.items().iter().find(|property| is(property, column))?;
    let list = property.get("enum")?;
    let is_text = property.get("logicalType").and_then(Node::as_str).is_none_or(|word| word == "string");
    let value = if is_text { quoted(value) } else { value.to_owned() };
    let item = if list.items().last()?.is_map() { format!("{{ value: {value} }}") } else { value };
    appended(text, list, &item)
}

/// With a further item behind the last one, in the list's own style.
fn appended(text: &str, list: &Node, item: &str) -> Option<String> {
    let last = list.items().last()?;
    let end = text.get(..last.span.end)?.trim_end().len();
    if is_flow(text, list) {
        return Some(replaced(text, end, end, &format!(", {item}")));
    }
    // The dash of a block list stands two characters before its item.
    let indent = " ".repeat(usize::try_from(last.span.column).ok()?.checked_sub(3)?);
    let end = line_end(text, end);
    Some(replaced(text, end, end, &format!("\n{indent}- {item}")))
}

fn is(node: &Node, name: &str) -> bool {
    node.get("name").and_then(Node::as_str) == Some(name)
}

fn is_flow(text: &str, node: &Node) -> bool {
    text.get(node.span.start..).is_some_and(|rest| rest.starts_with(['{', '[']))
}

fn line_end(text: &str, from: usize) -> usize {
    text.get(from..).and_then(|rest| rest.find('\n')).map_or(text.len(), |more| from + more)
}

fn replaced(text: &str, start: usize, end: usize, with: &str) -> String {
    format!("{}{with}{}", text.get(..start).unwrap_or_default(), text.get(end..).unwrap_or_default())
}

/// Plain where nothing else could be meant, else in double quotes.
fn quoted(text: &str) -> String {
    let is_plain = text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && !["true", "false", "null", "yes", "no", "on", "off", "y", "n"].contains(&text.to_ascii_lowercase().as_str());
    if is_plain { text.to_owned() } else { serde_json::Value::from(text).to_string() }
}

/// Whether the edit is in the contract as it is read.
fn has(contract: &Contract, dataset: &str, edit: &Fit) -> bool {
    let object = contract.document.schema.iter().find(|object| object.name.as_deref() == Some(dataset));
    let property =
        |name: &str| object.and_then(|object| object.properties.iter().find(|p| p.name.as_deref() == Some(name)));
    match edit {
        Fit::Add { column, .. } => property(column).is_some(),
        Fit::ReadAs { column, name } => property(column).is_some_and(|p| p.physical_name.as_ref() == Some(name)),
        Fit::Allow { column, values } => {
            let known = property(column).map(|p| p.allowed.len()).unwrap_or_default();
            known >= values.len()
        }
    }
}
