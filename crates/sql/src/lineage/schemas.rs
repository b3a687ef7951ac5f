//! Tables whose columns are known: those that the caller gives, and those that the script itself makes.

use std::collections::HashMap;

use super::dialect::Dialect;

/// A column's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    pub text: String,
    /// As the dialect compares it.
    pub key: String,
}

/// The columns of a table, in its order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// The table's name as the schemas or the script write it.
    pub text: String,
    pub path: Vec<String>,
    pub columns: Vec<Named>,
}

/// Tables by the last part of their name, because a statement may leave out the parts before.
#[derive(Debug, Clone, Default)]
pub struct Schemas {
    by_name: HashMap<String, Vec<Known>>,
}

impl Schemas {
    /// `{"table": {"column": "type"}}`, `{"table": ["column"]}`, or the same below the names of schemas and catalogs.
    pub fn from_json(text: &str, dialect: Dialect) -> Result<Schemas, String> {
        let value: serde_json::Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let serde_json::Value::Object(tables) = value else {
            return Err("expected an object of tables, as in {\"orders\": [\"id\", \"amount\"]}".to_owned());
        };
        let mut schemas = Schemas::default();
        for (name, columns) in &tables {
            schemas.read(name, columns, dialect, 0)?;
        }
        Ok(schemas)
    }

    fn read(&mut self, name: &str, value: &serde_json::Value, dialect: Dialect, depth: usize) -> Result<(), String> {
        /// Catalog, schema and table, with one to spare.
        const LEVELS_MAX: usize = 4;
        let columns: Vec<String> = match value {
            serde_json::Value::Array(columns) => columns
                .iter()
                .map(|column| match column {
                    serde_json::Value::String(text) => Ok(text.clone()),
                    serde_json::Value::Object(fields) => fields
                        .get("name")
                        .and_then(|name| name.as_str())
                        .map(str::to_owned)
                        .ok_or_else(|| format!("a column of `{name}` has no name")),
                    other => Err(format!("a column of `{name}` is {other}, expected its name")),
                })
                .collect::<Result<_, _>>()?,
            serde_json::Value::Object(inner) if inner.values().any(|v| v.is_object() || v.is_array()) => {
                if depth >= LEVELS_MAX {
                    return Err(format!("`{name}` is nested too deeply"));
                }
                for (part, below) in inner {
                    self.read(&format!("{name}.{part}"), below, dialect, depth + 1)?;
                }
                return Ok(());
            }
            serde_json::Value::Object(columns) => columns.keys().cloned().collect(),
            serde_json::Value::Null => return Ok(()),
            other => return Err(format!("`{name}` is {other}, expected its columns")),
        };
        let path = split_path(name).map(|part| dialect.plain_key(part)).collect();
        let columns = columns.into_iter().map(|text| Named { key: dialect.plain_key(&text), text }).collect();
        self.put(Known { text: name.to_owned(), path, columns });
        Ok(())
    }

    /// The newest definition of a table stands.
    pub fn put(&mut self, known: Known) {
        let Some(last) = known.path.last() else { return };
        let same_name = self.by_name.entry(last.clone()).or_default();
        same_name.retain(|other| other.path != known.path);
        same_name.push(known);
    }

    pub fn remove(&mut self, path: &[String]) {
        if let Some(same_name) = path.last().and_then(|last| self.by_name.get_mut(last)) {
            same_name.retain(|other| other.path != path);
        }
    }

    /// The table of this name: the same path, or else the only one whose path ends alike.
    pub fn find(&self, path: &[String]) -> Option<&Known> {
        let same_name = self.by_name.get(path.last()?)?;
        if let Some(exact) = same_name.iter().find(|known| known.path == path) {
            return Some(exact);
        }
        let mut alike = same_name.iter().filter(|known| ends_alike(&known.path, path));
        let first = alike.next()?;
        alike.next().is_none().then_some(first)
    }
}

/// Whether one of two paths is the end of the other.
pub fn ends_alike(one: &[String], other: &[String]) -> bool {
    one.iter().rev().zip(other.iter().rev()).all(|(a, b)| a == b)
}

/// `"a.b"` is two parts; quotes are left to the caller's SQL.
fn split_path(name: &str) -> impl Iterator<Item = &str> {
    name.split('.').map(|part| part.trim_matches(['"', '`', '[', ']']))
}
