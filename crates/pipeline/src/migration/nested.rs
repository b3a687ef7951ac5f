//! What became of the fields inside a nested type. Fields are known by their names: they carry no stable id of their own here.

use contract::{DataType, Field};

use super::Rebuild;
use super::types::{self, Relation};

/// How the fields inside a column differ, by their paths.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Fields {
    pub added: Vec<String>,
    pub dropped: Vec<String>,
    pub widened: Vec<String>,
    pub moved: bool,
}

impl Fields {
    /// Whether stored values are what the new type wants already; what is required inside is a matter of checks.
    pub fn is_same(&self) -> bool {
        *self == Self::default()
    }
}

/// What a walk through two types has found.
#[derive(Debug, Default, PartialEq, Eq)]
struct Walk {
    fields: Fields,
    /// A part that has none of the fields that it had.
    replaced: Option<String>,
}

/// `None` where the types are not nested alike.
pub(super) fn fields(path: &str, from: &DataType, to: &DataType) -> Option<Result<Fields, Rebuild>> {
    let walked = walk(path, from, to)?;
    Some(walked.and_then(|walk| match walk.replaced {
        Some(part) => Err(Rebuild(format!("`{part}` has none of the fields that it had"))),
        None => Ok(walk.fields),
    }))
}

/// The same for who reads a table that is built anew: a part may have no field that it had. `None` where more is different than
/// which fields there are.
pub(super) fn replaced(path: &str, from: &DataType, to: &DataType) -> Option<Fields> {
    walk(path, from, to)?.ok().map(|walk| walk.fields)
}

fn walk(path: &str, from: &DataType, to: &DataType) -> Option<Result<Walk, Rebuild>> {
    let mut found = Walk::default();
    match (from, to) {
        (DataType::Struct(_), DataType::Struct(_))
        | (DataType::List(_), DataType::List(_))
        | (DataType::Map(..), DataType::Map(..)) => Some(compare(path, from, to, &mut found).map(|()| found)),
        _ => None,
    }
}

fn compare(path: &str, from: &DataType, to: &DataType, found: &mut Walk) -> Result<(), Rebuild> {
    match (from, to) {
        (DataType::Struct(old), DataType::Struct(new)) => compare_fields(path, old, new, found),
        (DataType::List(old), DataType::List(new)) => compare(&format!("{path}[]"), old, new, found),
        // Keys and values are converted by no engine that we use, so only what is required inside may differ.
        (DataType::Map(old_key, old), DataType::Map(new_key, new)) => {
            let mut inside = Walk::default();
            compare(path, old_key, new_key, &mut inside)?;
            compare(path, old, new, &mut inside)?;
            if inside == Walk::default() { Ok(()) } else { Err(foreign(path, from, to)) }
        }
        (from, to) if from == to => Ok(()),
        (from, to) if types::relation(from, to) == Relation::Wider => {
            found.fields.widened.push(path.to_owned());
            Ok(())
        }
        _ => Err(foreign(path, from, to)),
    }
}

fn compare_fields(path: &str, old: &[Field], new: &[Field], found: &mut Walk) -> Result<(), Rebuild> {
    let inside = |field: &Field| format!("{path}.{}", field.name);
    let mut places = Vec::with_capacity(new.len());
    for field in new {
        match old.iter().position(|old| old.name == field.name) {
            Some(place) => {
                compare(&inside(field), &old[place].data_type, &field.data_type, found)?;
                places.push(place);
            }
            None if field.required => {
                return Err(Rebuild(format!("`{}` is new and required, and stored values have none", inside(field))));
            }
            None => found.fields.added.push(inside(field)),
        }
    }
    if places.is_empty() {
        found.replaced.get_or_insert_with(|| path.to_owned());
    }
    found.fields.moved |= !places.is_sorted();
    found.fields.dropped.extend(old.iter().filter(|old| new.iter().all(|field| field.name != old.name)).map(inside));
    Ok(())
}

fn foreign(path: &str, from: &DataType, to: &DataType) -> Rebuild {
    Rebuild(format!("`{path}` was {from} and is {to}, and no `fill` says how the one is made of the other"))
}
