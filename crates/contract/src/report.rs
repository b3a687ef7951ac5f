//! Findings in the forms that other tools read: SARIF for code scanning, workflow commands for GitHub.

mod github;
mod sarif;

pub use github::github;
pub use sarif::sarif;

#[cfg(test)]
mod tests;
