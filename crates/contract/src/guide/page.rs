//! The guide as Markdown, and one page of it for the terminal.

use std::fmt::Write;

use super::{guide, guides};
use crate::codes::{CodeInfo, codes};

/// The table of all codes, each linked to its section.
pub fn table() -> String {
    let mut text = String::from("| code | name | level | means |\n| --- | --- | --- | --- |\n");
    for info in codes() {
        let link = format!("[`{}`](contract-codes.md#{})", info.name, info.code.to_lowercase());
        // Writing to a string cannot fail.
        let _ = writeln!(text, "| {} | {link} | {} | {} |", info.code, info.level.word(), info.about);
    }
    text
}

/// The whole page: for each code what it is, why it matters, what earns it, and how it is mended.
pub fn page() -> String {
    let mut text = String::from(HEAD);
    for (info, guide) in guides() {
        // Writing to a string cannot fail.
        let _ = write!(
            text,
            "\n## {}\n\n**{}** ({}). {} {}\n",
            info.code,
            info.name,
            info.level.word(),
            info.about,
            guide.why
        );
        let _ = write!(text, "\n```yaml\n{}```\n", guide.example);
        if let Some(mended) = guide.mended {
            let _ = write!(text, "\nMended:\n\n```yaml\n{mended}```\n");
        }
    }
    text
}

const HEAD: &str = "\
# Lint codes of contracts

<!-- Made by `cargo xtask codes` from crates/contract/src/guide.rs: change it there. -->

What `plimsoll contract lint` says about contracts, code by code, with a contract that earns the code and the same
contract mended. The head (`apiVersion: v3.2.0`, `kind`, `id`, `version`, `status`) is left out where it does not matter.
A test lints every example. `plimsoll contract lint --explain PL132` prints one of these sections.
";

/// One code for the terminal; `None` when there is no such code.
pub fn explanation(code: &str) -> Option<String> {
    let info: &CodeInfo = codes().iter().find(|info| info.code.eq_ignore_ascii_case(code) || info.name == code)?;
    let mut text = format!("{} {} ({})\n\n{}\n", info.code, info.name, info.level.word(), info.about);
    if let Some(guide) = guide(info.code) {
        let _ = write!(text, "{}\n\nThis earns it:\n\n{}", guide.why, indented(guide.example));
        if let Some(mended) = guide.mended {
            let _ = write!(text, "\nMended:\n\n{}", indented(mended));
        }
    }
    Some(text)
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("    {line}\n")).collect()
}
