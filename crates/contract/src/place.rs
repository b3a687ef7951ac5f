//! Where a rule looks: a column, or values inside one.
//!
//! A place is written as a path: `address.zip` is a field of an object, `lines[].price` a field of each item of an array,
//! `labels.key` and `labels.value` are the keys and values of a map. Where a column itself has such a name, the column is
//! meant.

use crate::data_type::DataType;
use crate::dataset::{Column, Dataset};

/// One step from a value to the values inside it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Step {
    /// A field of an object.
    Field(String),
    /// All items of an array.
    Items,
    /// All keys of a map.
    Keys,
    /// All values of a map.
    Values,
}

/// A column, or the values at a place inside it.
#[derive(Debug, Clone, PartialEq)]
pub struct Place<'a> {
    pub column: &'a Column,
    /// Empty for the column itself.
    pub steps: Vec<Step>,
    /// The type of one value at this place.
    pub data_type: &'a DataType,
}

impl Dataset {
    /// The place that a path names; `None` when there is none.
    pub fn place(&self, path: &str) -> Option<Place<'_>> {
        if let Some(column) = self.column(path) {
            return Some(Place { column, steps: Vec::new(), data_type: &column.data_type });
        }
        let names = self.columns.iter().map(|column| (column.name.as_str(), column));
        longest_first(names, path).into_iter().find_map(|(column, rest)| {
            let mut steps = Vec::new();
            let data_type = walk(&column.data_type, rest, &mut steps)?;
            Some(Place { column, steps, data_type })
        })
    }
}

impl Place<'_> {
    /// What a rule calls one value: the name of the column or field, otherwise `value`.
    pub fn name(&self) -> &str {
        match self.steps.last() {
            None => &self.column.name,
            Some(Step::Field(name)) => name,
            Some(Step::Items | Step::Keys | Step::Values) => "value",
        }
    }
}

fn walk<'a>(data_type: &'a DataType, rest: &str, steps: &mut Vec<Step>) -> Option<&'a DataType> {
    if rest.is_empty() {
        return Some(data_type);
    }
    match data_type {
        DataType::List(item) => {
            steps.push(Step::Items);
            walk(item, rest.strip_prefix("[]")?, steps)
        }
        DataType::Struct(fields) => {
            let rest = rest.strip_prefix('.')?;
            let names = fields.iter().map(|field| (field.name.as_str(), field));
            longest_first(names, rest).into_iter().find_map(|(field, rest)| {
                let known = steps.len();
                steps.push(Step::Field(field.name.clone()));
                let found = walk(&field.data_type, rest, steps);
                if found.is_none() {
                    steps.truncate(known);
                }
                found
            })
        }
        DataType::Map(key, value) => {
            let (step, inner, rest) = match (rest.strip_prefix(".key"), rest.strip_prefix(".value")) {
                (Some(rest), _) => (Step::Keys, key, rest),
                (None, Some(rest)) => (Step::Values, value, rest),
                (None, None) => return None,
            };
            steps.push(step);
            walk(inner, rest, steps)
        }
        _ => None,
    }
}

/// The names that the path begins with, the longest first, each with what is left of the path.
fn longest_first<'a, 'p, T>(names: impl Iterator<Item = (&'a str, T)>, path: &'p str) -> Vec<(T, &'p str)> {
    let mut found: Vec<(usize, T, &str)> = names
        .filter_map(|(name, value)| {
            let rest = path.strip_prefix(name)?;
            (rest.is_empty() || rest.starts_with(['.', '['])).then_some((name.len(), value, rest))
        })
        .collect();
    found.sort_by_key(|(length, ..)| std::cmp::Reverse(*length));
    found.into_iter().map(|(_, value, rest)| (value, rest)).collect()
}

#[cfg(test)]
mod tests;
