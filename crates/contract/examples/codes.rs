//! Writes the guide's pages about lint codes; `cargo xtask codes` runs it.

use std::io::{Error, Result};
use std::path::Path;

use contract::guide::{page, table};

fn main() -> Result<()> {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/src");
    std::fs::write(docs.join("contract-codes.md"), page())?;
    let overview = docs.join("lint-codes.md");
    let text = std::fs::read_to_string(&overview)?;
    std::fs::write(
        overview,
        with_table(&text).ok_or_else(|| Error::other("the overview has no table of contracts' codes"))?,
    )
}

/// The table of the section on contracts, exchanged.
fn with_table(text: &str) -> Option<String> {
    let section = text.find("\n## Contracts\n")?;
    let start = section + text[section..].find("\n| ")? + 1;
    let end = start + text[start..].find("\n\n")? + 1;
    Some(format!("{}{}{}", &text[..start], table(), &text[end..]))
}
