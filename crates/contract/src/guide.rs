//! What each lint code is about, for people: why it matters, a contract that earns it, and the same contract mended.
//! The guide's page is made from it, `plimsoll contract lint --explain` prints it, and a test holds the examples true.

mod page;
mod quality;
mod reading;
mod references;
mod settings;
mod shape;
mod types;

pub use page::{explanation, page, table};

use crate::codes::{CodeInfo, codes};

/// The page of one code.
#[derive(Debug, Clone, Copy)]
pub struct Guide {
    pub code: &'static str,
    pub why: &'static str,
    /// A contract that earns the code. Fields of the head that it leaves out are those of `whole`.
    pub example: &'static str,
    /// The same contract without the mistake; `None` where there is nothing to show.
    pub mended: Option<&'static str>,
}

/// All pages, in the order of the codes.
pub fn guides() -> impl Iterator<Item = (&'static CodeInfo, &'static Guide)> {
    codes().iter().filter_map(|info| Some((info, guide(info.code)?)))
}

/// The page of a code.
pub fn guide(code: &str) -> Option<&'static Guide> {
    let all = [reading::ALL, shape::ALL, types::ALL, quality::ALL, references::ALL, settings::ALL];
    all.into_iter().flatten().find(|guide| guide.code == code)
}

/// An example with the head that every contract has.
pub fn whole(example: &str) -> String {
    if example.contains("apiVersion:")
        || example.contains("dataContractSpecification:")
        || example.starts_with(['{', '[', '-', '"'])
    {
        return example.to_owned();
    }
    let given = |field: &str| example.lines().any(|line| line.starts_with(&format!("{field}:")));
    let head = [
        ("apiVersion", "apiVersion: v3.2.0\n"),
        ("kind", "kind: DataContract\n"),
        ("id", "id: orders\n"),
        ("version", "version: 1.0.0\n"),
        ("status", "status: active\n"),
    ];
    let missing = head.into_iter().filter(|(field, _)| !given(field)).map(|(_, line)| line);
    missing.chain([example]).collect()
}

#[cfg(test)]
mod tests;
