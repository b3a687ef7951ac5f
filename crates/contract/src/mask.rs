//! Classified values never stand in the clear on a screen or in a report: one place that hides them.
//!
//! A column is classified when its contract protects it, or gives it, or anything nested in it, a `classification` other than
//! `public`. In a project, tags, the project's own words and what flows into the column count too.

use std::borrow::Cow;
use std::collections::HashSet;

use serde_json::Value as Json;

use crate::dataset::{Column, Dataset};
use crate::privacy::Care;

/// What stands in place of a classified value.
pub const MASKED: &str = "[classified]";
/// What separates the fields of a delimited record.
const SEPARATORS: [char; 4] = [',', ';', '\t', '|'];

/// Which columns of a dataset are not shown.
#[derive(Debug, Clone, Default)]
pub struct Mask {
    /// By the names of the contract and of the source.
    hidden: HashSet<String>,
}

impl Column {
    /// Whether values of the column must not be shown.
    pub fn is_classified(&self) -> bool {
        self.privacy.protection.is_some()
            || match self.privacy.care {
                Some(care) => care > Care::Shown,
                None => self.classification.as_deref().is_some_and(hides),
            }
    }
}

/// Whether a `classification` asks for hiding.
pub(crate) fn hides(classification: &str) -> bool {
    let word = classification.trim();
    !word.is_empty() && !word.eq_ignore_ascii_case("public")
}

impl Mask {
    pub fn of(dataset: &Dataset) -> Self {
        let classified = dataset.columns.iter().filter(|column| column.is_classified());
        Self { hidden: classified.flat_map(|column| [column.name.clone(), column.source_name.clone()]).collect() }
    }

    /// Whether nothing is hidden.
    pub fn is_empty(&self) -> bool {
        self.hidden.is_empty()
    }

    /// Whether values of this element are hidden; `element` is a column or a path into one.
    pub fn hides(&self, element: &str) -> bool {
        self.hidden.contains(element) || element.split(['.', '[']).next().is_some_and(|root| self.hidden.contains(root))
    }

    /// The value as it may be shown.
    pub fn value<'a>(&self, element: &str, value: &'a str) -> Cow<'a, str> {
        if self.hides(element) { Cow::Borrowed(MASKED) } else { Cow::Borrowed(value) }
    }

    /// Hides the classified fields of a row; NULL stays, because it is not there.
    pub fn row(&self, row: &mut Json) {
        let Json::Object(fields) = row else { return };
        for (name, value) in fields {
            if !value.is_null() && self.hides(name) {
                *value = Json::String(MASKED.to_owned());
            }
        }
    }

    /// A record as its file has it, JSON or delimited under `header`. What cannot be taken apart is hidden as a whole.
    pub fn raw(&self, raw: &str, header: Option<&str>) -> String {
        if self.is_empty() {
            return raw.to_owned();
        }
        if let Ok(mut row @ Json::Object(_)) = serde_json::from_str(raw) {
            self.row(&mut row);
            return row.to_string();
        }
        header.and_then(|header| self.delimited(raw, header)).unwrap_or_else(|| MASKED.to_owned())
    }

    /// Only records without quotes and with the header's number of fields are certain.
    fn delimited(&self, raw: &str, header: &str) -> Option<String> {
        let (raw, header) = (raw.trim_end_matches(['\r', '\n']), header.trim_end_matches(['\r', '\n']));
        if raw.contains(['"', '\'', '\n']) || header.contains(['"', '\'', '\n']) {
            return None;
        }
        let separator = SEPARATORS.into_iter().max_by_key(|separator| header.matches(*separator).count())?;
        let (names, values): (Vec<&str>, Vec<&str>) =
            (header.split(separator).collect(), raw.split(separator).collect());
        let known = self.hidden.iter().any(|hidden| names.iter().any(|name| name.trim() == hidden));
        if names.len() != values.len() || !known {
            return None;
        }
        let shown = names.iter().zip(values).map(|(name, value)| match value.is_empty() {
            true => Cow::Borrowed(""),
            false => self.value(name.trim(), value),
        });
        Some(shown.collect::<Vec<_>>().join(&separator.to_string()))
    }
}

#[cfg(test)]
mod tests;
