//! Protocol Buffers: files of proto2, proto3 and editions, compared by what is on the wire and by name in JSON.
//!
//! Fields are who they are by their number. The rules are those of the language guide and of schema registries: a number
//! must keep its meaning, and what is removed should be reserved.

mod compare;
mod features;
mod file;
mod parse;
mod tokens;

use super::SchemaText;
use crate::diagnostic::Diagnostic;
use crate::diff::Change;

/// All changes between two files.
pub(super) fn changes(old: SchemaText<'_>, new: SchemaText<'_>) -> Result<Vec<Change>, Box<Diagnostic>> {
    let (old_file, new_file) = (parse::parse(old)?, parse::parse(new)?);
    Ok(compare::compare(old.path, &old_file, new.path, &new_file))
}

#[cfg(test)]
mod tests;
