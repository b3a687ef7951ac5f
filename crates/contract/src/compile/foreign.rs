//! Rules that other engines' users wrote: what has an exact equal here is translated, the rest says why not.

mod dqx;
mod great_expectations;
mod soda;

use serde_json::{Map, Number, Value as Json};

use super::own::Subject;
use super::quality::identifier;
use crate::check::{Literal, Operator, Rule};
use crate::model::Quality;

/// The rules that an implementation stands for, or why there is none.
pub(super) fn rules(quality: &Quality, engine: &str, subject: Subject<'_>) -> Result<Vec<Rule>, String> {
    let word: String = engine.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    let translate: fn(&Fields<'_>) -> Result<Vec<Rule>, String> = match word.as_str() {
        "greatexpectations" | "gx" => great_expectations::rules,
        "soda" | "sodacl" | "sodacore" => soda::rules,
        "dqx" => dqx::rules,
        _ => return Err(format!("the rule is for the engine {engine}")),
    };
    let implementation = quality.implementation.as_ref().ok_or("the rule has no implementation")?;
    let found = match implementation {
        Json::String(text) => match crate::syntax::parse(text) {
            crate::syntax::Parsed { root: Some(root), diagnostics, .. } if diagnostics.is_empty() => root.to_json(),
            _ => return Err("the implementation is not YAML".to_owned()),
        },
        other => other.clone(),
    };
    let items = match found {
        Json::Array(items) => items,
        one => vec![one],
    };
    let mut rules = Vec::new();
    for item in items {
        let fields = match item {
            Json::Object(fields) => fields,
            // SodaCL may be a single line such as `row_count > 0`.
            Json::String(line) => Map::from_iter([("checks".to_owned(), Json::Array(vec![Json::String(line)]))]),
            _ => return Err("the implementation is not a map".to_owned()),
        };
        rules.extend(translate(&Fields { fields: snake_case(fields), subject })?);
    }
    if rules.is_empty() { Err("the implementation has no check".to_owned()) } else { Ok(rules) }
}

/// The standard's examples write `minValue` where the engines write `min_value`.
fn snake_case(fields: Map<String, Json>) -> Map<String, Json> {
    let name = |name: &str| {
        let mut snake = String::new();
        let mut before = ' ';
        for character in name.chars() {
            if character.is_ascii_uppercase() && before.is_ascii_lowercase() {
                snake.push('_');
                snake.push(character.to_ascii_lowercase());
            } else {
                snake.push(character);
            }
            before = character;
        }
        snake
    };
    // What is an expression, such as `missing_count(aB) = 0`, is no name.
    let plain = |text: &str| text.chars().all(|character| character.is_ascii_alphanumeric() || character == '_');
    fields.into_iter().map(|(key, value)| (if plain(&key) { name(&key) } else { key }, value)).collect()
}

/// The fields of one foreign rule.
struct Fields<'a> {
    fields: Map<String, Json>,
    subject: Subject<'a>,
}

impl Fields<'_> {
    fn inner(&self, key: &str) -> Fields<'_> {
        let fields = self.fields.get(key).and_then(Json::as_object).cloned().unwrap_or_default();
        Fields { fields: snake_case(fields), subject: self.subject }
    }

    fn text(&self, key: &str) -> Option<&str> {
        self.fields.get(key).and_then(Json::as_str)
    }

    fn number(&self, key: &str) -> Option<&Number> {
        self.fields.get(key).and_then(Json::as_number)
    }

    fn is_true(&self, key: &str) -> bool {
        self.fields.get(key).and_then(Json::as_bool) == Some(true)
    }

    fn list(&self, key: &str) -> Result<Vec<Json>, String> {
        self.fields.get(key).and_then(Json::as_array).cloned().ok_or_else(|| format!("`{key}` must be a list"))
    }

    fn names(&self, key: &str) -> Result<Vec<String>, String> {
        let names: Option<Vec<String>> = self.list(key)?.iter().map(|name| name.as_str().map(str::to_owned)).collect();
        names.filter(|names| !names.is_empty()).ok_or_else(|| format!("`{key}` must name columns"))
    }

    fn literals(&self, key: &str) -> Result<Vec<Literal>, String> {
        let values: Option<Vec<Literal>> = self.list(key)?.iter().map(super::options::literal).collect();
        values.ok_or_else(|| format!("`{key}` holds more than plain values"))
    }

    /// The column that the rule names, or else the one that it stands on.
    fn column(&self) -> Result<String, String> {
        let named = self.text("column").or(self.subject.column);
        named.map(str::to_owned).ok_or_else(|| "the rule names no column".to_owned())
    }

    fn refuse(&self, keys: &[&str]) -> Result<(), String> {
        match keys.iter().find(|key| self.fields.get(**key).is_some_and(|value| !value.is_null())) {
            Some(key) => Err(format!("`{key}` has no equal here")),
            None => Ok(()),
        }
    }
}

/// An SQL literal; `None` for NULL and collections.
fn sql_literal(value: &Json) -> Option<String> {
    match value {
        Json::Bool(value) => Some(value.to_string()),
        Json::Number(number) => Some(number.to_string()),
        Json::String(text) => Some(format!("'{}'", text.replace('\'', "''"))),
        _ => None,
    }
}

fn predicate(sql: String) -> Rule {
    Rule::RowPredicate { sql, when: None }
}

fn not_in(column: &str, values: &[Json]) -> Rule {
    let list: Vec<String> = values.iter().filter_map(sql_literal).collect();
    match list.is_empty() {
        true => predicate("true".to_owned()),
        false => predicate(format!("{} NOT IN ({})", identifier(column), list.join(", "))),
    }
}

/// From a lower and an upper limit, of which one may be missing; `strict` makes them exclusive. One operator can say both only
/// when both are inclusive.
fn between(low: Option<f64>, high: Option<f64>, strict: (bool, bool)) -> Result<Vec<Operator>, String> {
    Ok(match (low, high, strict) {
        (Some(low), Some(high), (false, false)) => vec![Operator::MustBeBetween(low, high)],
        (None, None, _) => return Err("it has no limits".to_owned()),
        (low, high, (low_strict, high_strict)) => {
            let above =
                |low| if low_strict { Operator::MustBeGreaterThan(low) } else { Operator::MustBeGreaterOrEqualTo(low) };
            let below =
                |high| if high_strict { Operator::MustBeLessThan(high) } else { Operator::MustBeLessOrEqualTo(high) };
            low.map(above).into_iter().chain(high.map(below)).collect()
        }
    })
}

#[cfg(test)]
mod tests;
