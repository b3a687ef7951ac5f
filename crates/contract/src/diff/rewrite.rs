//! Puts another version into the text of a contract and leaves every other byte as it is.

use crate::model::Contract;
use crate::syntax::Node;

/// The text with the new version, in the quotes of the old one; `None` when the contract has none. `text` is what the
/// contract was read from.
pub fn with_version(text: &str, contract: &Contract, version: &str) -> Option<String> {
    let node = contract.tree().get("version").filter(|node| node.scalar().is_some() && !node.is_null())?;
    let span = node.span;
    let written = text.get(span.start..span.end)?;
    let quoted = match written.chars().next()? {
        '"' => format!("\"{version}\""),
        '\'' => format!("'{version}'"),
        // Plain 2 or 1.1 would be a number; the standard wants a text.
        _ if contract.tree().get("version").and_then(Node::as_str).is_none() => format!("\"{version}\""),
        _ if version.parse::<f64>().is_ok() => format!("\"{version}\""),
        _ => version.to_owned(),
    };
    let mut out = String::with_capacity(text.len() + quoted.len());
    out.push_str(&text[..span.start]);
    out.push_str(&quoted);
    out.push_str(&text[span.end..]);
    // An anchor or a block scalar would need more care than replacing the value: then nothing is better than a broken file.
    let (read, _) = Contract::read(&out);
    read.filter(|read| read.version_text() == version).map(|_| out)
}
