//! The type of a property: its logical type, made exact by the options and by the physical type.

use super::physical::{self, Physical};
use crate::data_type::{DataType, Field};
use crate::model::{LogicalTypeOptions, Property};

/// The zone of wall-clock texts when the contract names none, by the standard.
const DEFAULT_TIME_ZONE: &str = "Etc/UTC";
/// Nested types beyond this depth are held as text.
const DEPTH_MAX: usize = 32;
/// An unbounded decimal is held with 20 digits before the point and 18 behind it.
const UNBOUNDED_DECIMAL: DataType = DataType::Decimal { precision: 38, scale: 18 };

/// A type, and what is to be said about how it came about.
#[derive(Debug, Clone, PartialEq)]
pub struct Resolved {
    pub data_type: DataType,
    pub notes: Vec<String>,
}

/// Resolves the type of a property. Where logical and physical type disagree in kind, the logical type wins, except that
/// a `date` may be a timestamp: v3.0 of the standard had no other word for it.
pub fn data_type(property: &Property) -> Resolved {
    let mut notes = Vec::new();
    let data_type = resolve(property, &mut notes, 0);
    Resolved { data_type, notes }
}

/// The type of a name as a contract, a database or Plimsoll itself writes it: `string`, `VARCHAR(10)`, `i32`. `None` for a
/// name that is not known.
pub fn type_named(name: &str) -> Option<DataType> {
    let name = name.trim();
    let lower = name.to_ascii_lowercase();
    let logical = matches!(lower.as_str(), "string" | "integer" | "number" | "boolean" | "date" | "time" | "timestamp");
    if logical {
        return Some(data_type(&Property { logical_type: Some(lower), ..Property::default() }).data_type);
    }
    match (physical::parse(name), lower.as_str()) {
        (Some(Physical::Known(data_type)), _) => Some(data_type),
        (Some(Physical::UnboundedDecimal), _) => Some(UNBOUNDED_DECIMAL),
        (None, "f32") => Some(DataType::Float { bits: 32 }),
        (None, "f64") => Some(DataType::Float { bits: 64 }),
        (None, other) => integer_format(other),
    }
}

fn resolve(property: &Property, notes: &mut Vec<String>, depth: usize) -> DataType {
    let options = property.logical_type_options.as_deref();
    let physical = property.physical_type.as_deref().and_then(physical::parse);
    let name = property.name.as_deref().unwrap_or("the item");
    if depth > DEPTH_MAX {
        notes.push(format!("`{name}` is nested too deeply; it is held as text"));
        return DataType::String;
    }
    match property.logical_type.as_deref() {
        Some("string") => string(options, physical.as_ref()),
        Some("integer") => integer(options, physical.as_ref()),
        Some("number") => number(options, physical.as_ref(), name, notes),
        Some("boolean") => DataType::Boolean,
        Some("date") => date(options, physical.as_ref()),
        Some("time") => DataType::Time,
        Some("timestamp") => DataType::Timestamp { zoned: is_zoned(options, physical.as_ref()) },
        Some("object") => object(property, physical, name, notes, depth),
        Some("array") => array(property, physical, name, notes, depth),
        Some("map") => map(property, physical, name, notes, depth),
        Some("vector") => vector(options, name, notes),
        _ => without_logical_type(property, physical, name, notes, depth),
    }
}

fn string(options: Option<&LogicalTypeOptions>, physical: Option<&Physical>) -> DataType {
    let binary = options.is_some_and(|options| options.format.as_deref() == Some("binary"));
    match physical {
        Some(Physical::Known(DataType::Binary)) => DataType::Binary,
        _ if binary => DataType::Binary,
        _ => DataType::String,
    }
}

/// The standard's default is 32 bits; 64 are stored, because contracts leave the format out for keys of any size.
fn integer(options: Option<&LogicalTypeOptions>, physical: Option<&Physical>) -> DataType {
    if let Some(format) = options.and_then(|options| options.format.as_deref())
        && let Some(data_type) = integer_format(format)
    {
        return data_type;
    }
    match physical {
        Some(Physical::Known(data_type @ DataType::Integer { .. })) => data_type.clone(),
        Some(Physical::Known(data_type @ DataType::Decimal { scale: 0, .. })) => data_type.clone(),
        _ => DataType::Integer { bits: 64, signed: true },
    }
}

fn integer_format(format: &str) -> Option<DataType> {
    let signed = match format.as_bytes().first()? {
        b'i' => true,
        b'u' => false,
        _ => return None,
    };
    match format.get(1..)? {
        "8" => Some(DataType::Integer { bits: 8, signed }),
        "16" => Some(DataType::Integer { bits: 16, signed }),
        "32" => Some(DataType::Integer { bits: 32, signed }),
        "64" => Some(DataType::Integer { bits: 64, signed }),
        "128" => Some(DataType::Decimal { precision: 38, scale: 0 }),
        _ => None,
    }
}

fn number(
    options: Option<&LogicalTypeOptions>,
    physical: Option<&Physical>,
    name: &str,
    notes: &mut Vec<String>,
) -> DataType {
    match options.and_then(|options| options.format.as_deref()) {
        Some("f32") => return DataType::Float { bits: 32 },
        Some("f64") => return DataType::Float { bits: 64 },
        _ => {}
    }
    match physical {
        Some(Physical::Known(
            data_type @ (DataType::Integer { .. } | DataType::Float { .. } | DataType::Decimal { .. }),
        )) => data_type.clone(),
        Some(Physical::UnboundedDecimal) => {
            notes.push(format!("`{name}` has no precision; it is held as {UNBOUNDED_DECIMAL}"));
            UNBOUNDED_DECIMAL
        }
        _ => DataType::Float { bits: 64 },
    }
}

fn date(options: Option<&LogicalTypeOptions>, physical: Option<&Physical>) -> DataType {
    if let Some(Physical::Known(data_type @ (DataType::Timestamp { .. } | DataType::Time))) = physical {
        return match data_type {
            DataType::Timestamp { .. } => DataType::Timestamp { zoned: is_zoned(options, physical) },
            other => other.clone(),
        };
    }
    let format = options.and_then(|options| options.format.as_deref()).unwrap_or_default();
    if physical.is_none() && pattern_has_hours(format) {
        return DataType::Timestamp { zoned: is_zoned(options, physical) };
    }
    DataType::Date
}

/// Whether a DateTimeFormatter pattern speaks of hours, outside of its quoted parts.
fn pattern_has_hours(format: &str) -> bool {
    format.split('\'').step_by(2).any(|part| part.contains(['H', 'h', 'k', 'K']))
}

fn is_zoned(options: Option<&LogicalTypeOptions>, physical: Option<&Physical>) -> bool {
    let declared = options.and_then(|options| options.timezone);
    let named = options.is_some_and(|options| options.default_timezone.is_some());
    declared.unwrap_or_else(|| named || physical == Some(&Physical::Known(DataType::Timestamp { zoned: true })))
}

fn object(
    property: &Property,
    physical: Option<Physical>,
    name: &str,
    notes: &mut Vec<String>,
    depth: usize,
) -> DataType {
    let mut fields: Vec<Field> = Vec::new();
    for inner in &property.properties {
        let Some(inner_name) = inner.name.as_deref() else { continue };
        if fields.iter().all(|field| field.name != inner_name) {
            fields.push(Field {
                name: inner_name.to_owned(),
                data_type: resolve(inner, notes, depth + 1),
                required: inner.required == Some(true),
            });
        }
    }
    if !fields.is_empty() {
        return DataType::Struct(fields);
    }
    match physical {
        Some(Physical::Known(data_type @ DataType::Struct(_))) => data_type,
        _ => {
            notes.push(format!("the object `{name}` does not say its fields; it is held as JSON text"));
            DataType::String
        }
    }
}

fn array(
    property: &Property,
    physical: Option<Physical>,
    name: &str,
    notes: &mut Vec<String>,
    depth: usize,
) -> DataType {
    if let Some(items) = &property.items {
        return DataType::List(Box::new(resolve(items, notes, depth + 1)));
    }
    match physical {
        Some(Physical::Known(data_type @ DataType::List(_))) => data_type,
        _ => {
            notes.push(format!("the array `{name}` does not say what it holds; its items are held as text"));
            DataType::List(Box::new(DataType::String))
        }
    }
}

fn map(property: &Property, physical: Option<Physical>, name: &str, notes: &mut Vec<String>, depth: usize) -> DataType {
    let types = property.map.as_deref();
    if let Some((key, value)) = types.and_then(|types| Some((types.key.as_ref()?, types.value.as_ref()?))) {
        let key = resolve(key, notes, depth + 1);
        return DataType::Map(Box::new(key), Box::new(resolve(value, notes, depth + 1)));
    }
    match physical {
        Some(Physical::Known(data_type @ DataType::Map(..))) => data_type,
        _ => {
            notes.push(format!("the map `{name}` does not say what it holds; keys and values are held as text"));
            DataType::Map(Box::new(DataType::String), Box::new(DataType::String))
        }
    }
}

fn vector(options: Option<&LogicalTypeOptions>, name: &str, notes: &mut Vec<String>) -> DataType {
    let element = match options.and_then(|options| options.element_type.as_deref()) {
        None | Some("float32") => DataType::Float { bits: 32 },
        Some("float64") => DataType::Float { bits: 64 },
        Some("int8") => DataType::Integer { bits: 8, signed: true },
        Some("uint8" | "binary") => DataType::Integer { bits: 8, signed: false },
        Some(other) => {
            notes.push(format!("elements of the vector `{name}` are {other}; they are held as f32"));
            DataType::Float { bits: 32 }
        }
    };
    DataType::List(Box::new(element))
}

fn without_logical_type(
    property: &Property,
    physical: Option<Physical>,
    name: &str,
    notes: &mut Vec<String>,
    depth: usize,
) -> DataType {
    if !property.properties.is_empty() {
        return object(property, physical, name, notes, depth);
    }
    if property.items.is_some() {
        return array(property, physical, name, notes, depth);
    }
    if property.map.is_some() {
        return map(property, physical, name, notes, depth);
    }
    match physical {
        Some(Physical::Known(data_type)) => data_type,
        Some(Physical::UnboundedDecimal) => {
            notes.push(format!("`{name}` has no precision; it is held as {UNBOUNDED_DECIMAL}"));
            UNBOUNDED_DECIMAL
        }
        None => DataType::String,
    }
}

pub(super) fn is_temporal(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Date | DataType::Time | DataType::Timestamp { .. })
}

/// The zone of wall-clock texts, for zoned timestamps.
pub(super) fn time_zone(property: &Property, data_type: &DataType) -> Option<String> {
    if !matches!(data_type, DataType::Timestamp { zoned: true }) {
        return None;
    }
    let named = property.logical_type_options.as_deref().and_then(|options| options.default_timezone.clone());
    Some(named.unwrap_or_else(|| DEFAULT_TIME_ZONE.to_owned()))
}
