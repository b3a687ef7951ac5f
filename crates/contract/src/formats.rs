//! Schemas of other formats, and their changes: Avro, JSON Schema, Protobuf.
//!
//! Each format answers one question, whether data of one schema can be read with another. Asked both ways it gives the
//! verdicts for those who write and those who read.

mod avro;
mod compare;
mod finding;
mod json_schema;
mod protobuf;
mod tree;

use crate::diagnostic::Diagnostic;
use crate::diff::{Change, Mode, Report};

/// A format of schemas.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Avro,
    JsonSchema,
    Protobuf,
}

/// The text of a schema and what its file is called.
#[derive(Debug, Clone, Copy)]
pub struct SchemaText<'a> {
    pub path: &'a str,
    pub text: &'a str,
}

/// Compares the new version with the last of the older ones, and with all of them where the mode is transitive.
/// `olds` are in their order in time. An error is about the first text that is no schema of the format.
pub fn report(
    format: Format,
    olds: &[SchemaText<'_>],
    new: SchemaText<'_>,
    mode: Option<Mode>,
) -> Result<Report, Box<Diagnostic>> {
    let against = |old: &SchemaText<'_>| changes(format, *old, new);
    let Some((last, earlier)) = olds.split_last() else { return Ok(Report::unversioned(Vec::new(), mode)) };
    let mut all = against(last)?;
    if mode.is_some_and(Mode::is_transitive) {
        for old in earlier {
            let more = against(old)?;
            crate::diff::extend(&mut all, more, old.path);
        }
    }
    Ok(Report::unversioned(all, mode))
}

fn changes(format: Format, old: SchemaText<'_>, new: SchemaText<'_>) -> Result<Vec<Change>, Box<Diagnostic>> {
    match format {
        Format::Avro => {
            let (old, new) = (tree::Tree::read(old)?, tree::Tree::read(new)?);
            avro::check(&old)?;
            avro::check(&new)?;
            Ok(compare::compare(&old, &new, avro::not_readable))
        }
        Format::JsonSchema => {
            let (old, new) = (tree::Tree::read(old)?, tree::Tree::read(new)?);
            json_schema::check(&old)?;
            json_schema::check(&new)?;
            Ok(compare::compare(&old, &new, json_schema::not_included))
        }
        Format::Protobuf => protobuf::changes(old, new),
    }
}

#[cfg(test)]
mod tests;
