//! Which edit mends which finding. Only what can mean one thing: another case of a known word, quotes around a text,
//! two numbers in the wrong order, a type that the rest of the rule gives away.

use super::Edit;
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::load::Loaded;
use crate::model::{Contract, Version};
use crate::syntax::{Entry, Kind, Node};

pub(super) fn edits(text: &str, loaded: &Loaded) -> Vec<Edit> {
    let Some(contract) = &loaded.contract else { return Vec::new() };
    loaded.diagnostics.iter().filter_map(|found| edit(text, contract, found)).collect()
}

fn edit(text: &str, contract: &Contract, found: &Diagnostic) -> Option<Edit> {
    let tree = contract.tree();
    let change = |start: usize, end: usize, with: String| Some(Edit { start, end, with, code: found.code });
    match found.code {
        code if code == codes::WRONG_TYPE.code => {
            let node = tree.at(&found.element)?;
            let wants_text = found.message.contains("must be text") || found.message.contains(" text or ");
            let plain = written(text, node)?;
            let quoted = quoted(plain, node)?;
            (wants_text && found.help.as_deref() == Some("put the value in quotes")).then_some(())?;
            change(node.span.start, node.span.end, quoted)
        }
        code if code == codes::UNKNOWN_FIELD.code || code == codes::TYPE_OPTION.code => {
            let near = suggestion(found)?;
            let entry = entry_at(tree, &found.element)?;
            (same_word(&entry.key, near) && parent_lacks(tree, &found.element, near)).then_some(())?;
            let key = text.get(entry.key_span.start..entry.key_span.end)?;
            (key == entry.key).then_some(())?;
            change(entry.key_span.start, entry.key_span.end, near.to_owned())
        }
        code if [
            codes::UNKNOWN_WORD.code,
            codes::RECOMMENDED_WORD.code,
            codes::SLA_WORD.code,
            codes::RULE_UNIT.code,
        ]
        .contains(&code) =>
        {
            let near = suggestion(found)?;
            let node = tree.at(&found.element)?;
            let plain = written(text, node)?;
            (same_word(node.as_str()?, near) && plain == node.as_str()?).then_some(())?;
            change(node.span.start, node.span.end, near.to_owned())
        }
        code if code == codes::DEPRECATED_FIELD.code => {
            let entry = entry_at(tree, &found.element)?;
            let is_metric = entry.key == "rule"
                && contract.version >= Version::V3_1_0
                && ["nullValues", "missingValues", "invalidValues", "duplicateValues", "rowCount"]
                    .contains(&entry.value.as_str()?);
            (is_metric && parent_lacks(tree, &found.element, "metric")).then_some(())?;
            change(entry.key_span.start, entry.key_span.end, "metric".to_owned())
        }
        code if code == codes::EMPTY_BETWEEN.code => {
            let node = tree.at(&found.element)?;
            let [first, second] = node.items() else { return None };
            (first.as_f64()? > second.as_f64()?).then_some(())?;
            let swapped = [written(text, second)?, text.get(first.span.end..second.span.start)?, written(text, first)?];
            change(first.span.start, second.span.end, swapped.concat())
        }
        code if code == codes::RULE_FIELDS.code => {
            let entry = entry_at(tree, &found.element)?;
            (entry.key == "query" && found.help.as_deref() == Some("add `type: sql`")).then_some(())?;
            let line = line_before(text, entry.key_span.start);
            let in_flow = !line.trim_matches([' ', '-']).is_empty();
            let indent = " ".repeat(line.chars().count());
            let with = if in_flow { "type: sql, query".to_owned() } else { format!("type: sql\n{indent}query") };
            change(entry.key_span.start, entry.key_span.end, with)
        }
        _ => None,
    }
}

/// The text of a scalar exactly as it stands in the file.
fn written<'a>(text: &'a str, node: &Node) -> Option<&'a str> {
    matches!(node.kind, Kind::Scalar(_)).then(|| text.get(node.span.start..node.span.end)).flatten()
}

/// A plain scalar in double quotes; `None` where it is quoted already or needs more than quotes.
fn quoted(plain: &str, node: &Node) -> Option<String> {
    let scalar = node.scalar()?;
    let simple = plain == scalar.text && !plain.is_empty() && !plain.contains(['"', '\\', '\n']);
    simple.then(|| format!("\"{plain}\""))
}

/// The word that the help proposes.
fn suggestion(found: &Diagnostic) -> Option<&str> {
    found.help.as_deref()?.strip_prefix("did you mean `")?.strip_suffix("`?")
}

/// Equal but for case, `_` and `-`.
fn same_word(left: &str, right: &str) -> bool {
    let bare = |word: &str| {
        word.chars().filter(|letter| !matches!(letter, '_' | '-' | ' ')).collect::<String>().to_lowercase()
    };
    left != right && bare(left) == bare(right)
}

fn entry_at<'a>(tree: &'a Node, element: &str) -> Option<&'a Entry> {
    let (parent, key) = element.rsplit_once('.').unwrap_or(("", element));
    tree.at(parent)?.entry(key)
}

fn parent_lacks(tree: &Node, element: &str, key: &str) -> bool {
    let (parent, _) = element.rsplit_once('.').unwrap_or(("", element));
    tree.at(parent).is_some_and(|parent| parent.get(key).is_none())
}

/// The text of the line up to an offset.
fn line_before(text: &str, offset: usize) -> &str {
    let before = text.get(..offset).unwrap_or_default();
    &before[before.rfind('\n').map_or(0, |at| at + 1)..]
}
