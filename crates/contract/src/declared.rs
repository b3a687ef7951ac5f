//! What a property declares about its type, and whether data that is stored as some type keeps it.
//!
//! The logical type decides what values there may be; the physical type, where it is understood, decides how they are
//! stored. A stored type whose values all fit the declared one keeps the promise; one that could hold more does not.

mod sql;

use serde::{Deserialize, Serialize};

use crate::compile::data_type;
use crate::data_type::{DataType, Field};
use crate::model::Property;

/// What a property says about its type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Declared {
    pub logical: Option<String>,
    pub physical: Option<String>,
    /// The width is the contract's word, not a default.
    exact: bool,
    /// Whether it says if times have a zone.
    zone: bool,
    data_type: DataType,
    /// By name, for objects; the items, for arrays; key and value, for maps.
    inner: Vec<(String, Declared)>,
}

impl Declared {
    /// `None` for a property that says nothing about its type.
    pub fn of(property: &Property) -> Option<Self> {
        let options = property.logical_type_options.as_deref();
        let physical = property.physical_type.clone().filter(|text| !text.trim().is_empty());
        let logical = property.logical_type.clone();
        let known = physical.as_deref().and_then(crate::compile::physical_type);
        let nested = !property.properties.is_empty() || property.items.is_some() || property.map.is_some();
        if logical.is_none() && known.is_none() && !nested {
            return None;
        }
        let format = options.and_then(|options| options.format.as_deref());
        let resolved = data_type(property).data_type;
        let numeric = matches!(resolved, DataType::Integer { .. } | DataType::Float { .. } | DataType::Decimal { .. });
        let format_says =
            numeric && format.is_some_and(|format| matches!(format.as_bytes(), [b'i' | b'u' | b'f', b'1'..=b'9', ..]));
        let zone = options.is_some_and(|options| options.timezone.is_some() || options.default_timezone.is_some())
            || known.as_ref().is_some_and(|known| matches!(known, DataType::Timestamp { zoned: true }));
        Some(Self {
            exact: format_says || known.as_ref() == Some(&resolved),
            zone,
            data_type: resolved,
            inner: inner(property),
            logical,
            physical,
        })
    }

    /// In the contract's words.
    pub fn words(&self) -> String {
        match (&self.logical, &self.physical) {
            (Some(logical), Some(physical)) if !logical.eq_ignore_ascii_case(physical) => {
                format!("{logical} ({physical})")
            }
            (Some(logical), _) => logical.clone(),
            (None, Some(physical)) => physical.clone(),
            (None, None) => self.data_type.to_string(),
        }
    }

    /// Why data that is stored as this type does not keep the promise; `None` when it does.
    pub fn broken_by(&self, stored: &DataType) -> Option<String> {
        self.check(stored).err()
    }

    fn check(&self, stored: &DataType) -> Result<(), String> {
        use DataType as T;
        let other = || Err(format!("it is stored as {stored}"));
        match (&self.data_type, stored) {
            (T::Boolean, T::Boolean)
            | (T::String, T::String)
            | (T::Binary, T::Binary)
            | (T::Date, T::Date)
            | (T::Time, T::Time) => Ok(()),
            (
                T::Integer { .. } | T::Float { .. } | T::Decimal { .. },
                T::Integer { .. } | T::Float { .. } | T::Decimal { .. },
            ) => self.number(stored),
            (T::Timestamp { zoned }, T::Timestamp { zoned: stored_zoned }) => {
                if !self.zone || zoned == stored_zoned {
                    Ok(())
                } else {
                    other()
                }
            }
            // An object or a collection that does not say what it holds is held as text, whatever it holds.
            (T::String, T::Struct(_) | T::Map(..)) if self.logical.as_deref() == Some("object") => Ok(()),
            (T::List(item), T::List(stored)) => self.items(item, stored),
            (T::Struct(fields), T::Struct(stored)) => self.fields(fields, stored),
            (T::Map(key, value), T::Map(stored_key, stored_value)) => {
                self.entries((key, value), (stored_key, stored_value))
            }
            (T::Struct(_), T::Map(..)) => Ok(()),
            _ => other(),
        }
    }

    fn number(&self, stored: &DataType) -> Result<(), String> {
        let logical = self.logical.as_deref();
        let whole = matches!(stored, DataType::Integer { .. } | DataType::Decimal { scale: 0, .. });
        if logical == Some("integer") && !whole {
            return Err(format!("it is stored as {stored}, which also holds fractions"));
        }
        if !self.exact || holds(&self.data_type, stored) {
            return Ok(());
        }
        Err(format!("it is stored as {stored}, which holds values that {} does not", self.data_type))
    }

    fn items(&self, item: &DataType, stored: &DataType) -> Result<(), String> {
        let Some((_, declared)) = self.inner.first() else {
            // A vector says the width of its elements; an array without items says nothing.
            let vector = self.logical.as_deref() == Some("vector");
            return if !vector || item == stored {
                Ok(())
            } else {
                Err(format!("its elements are stored as {stored}, not {item}"))
            };
        };
        declared.check(stored).map_err(|why| format!("its items: {why}"))
    }

    fn fields(&self, fields: &[Field], stored: &[Field]) -> Result<(), String> {
        for field in fields {
            let found = stored.iter().find(|stored| stored.name.eq_ignore_ascii_case(&field.name));
            let Some(found) = found else { return Err(format!("it has no field {}", field.name)) };
            let declared = self.inner.iter().find(|(name, _)| *name == field.name);
            if let Some((name, declared)) = declared {
                declared.check(&found.data_type).map_err(|why| format!("its field {name}: {why}"))?;
            }
        }
        Ok(())
    }

    fn entries(&self, _declared: (&DataType, &DataType), stored: (&DataType, &DataType)) -> Result<(), String> {
        let part = |name: &str| self.inner.iter().find(|(inner, _)| inner == name).map(|(_, declared)| declared);
        if let Some(key) = part("key") {
            key.check(stored.0).map_err(|why| format!("its keys: {why}"))?;
        }
        match part("value") {
            Some(value) => value.check(stored.1).map_err(|why| format!("its values: {why}")),
            None => Ok(()),
        }
    }
}

fn inner(property: &Property) -> Vec<(String, Declared)> {
    let mut inner = Vec::new();
    for field in &property.properties {
        if let (Some(name), Some(declared)) = (&field.name, Declared::of(field)) {
            inner.push((name.clone(), declared));
        }
    }
    if let Some(declared) = property.items.as_deref().and_then(Declared::of) {
        inner.push(("items".to_owned(), declared));
    }
    if let Some(map) = &property.map {
        let parts = [("key", &map.key), ("value", &map.value)];
        inner.extend(
            parts.into_iter().filter_map(|(name, part)| Some((name.to_owned(), Declared::of(part.as_ref()?)?))),
        );
    }
    inner
}

/// Whether every value of the stored number type is one of the declared.
fn holds(declared: &DataType, stored: &DataType) -> bool {
    use DataType as T;
    match (declared, stored) {
        (T::Integer { bits, signed }, T::Integer { bits: stored, signed: stored_signed }) => {
            match (signed, stored_signed) {
                (true, false) => bits > stored,
                (false, true) => false,
                _ => bits >= stored,
            }
        }
        (T::Float { bits }, T::Float { bits: stored }) => bits >= stored,
        (T::Float { bits: 64 }, T::Integer { bits, .. }) => *bits <= 32,
        (T::Float { .. }, T::Integer { bits, .. }) => *bits <= 16,
        (T::Decimal { precision, scale }, T::Decimal { precision: stored, scale: stored_scale }) => {
            scale >= stored_scale && whole_digits(*precision, *scale) >= whole_digits(*stored, *stored_scale)
        }
        (T::Decimal { precision, scale }, T::Integer { bits, .. }) => {
            let digits = match bits {
                8 => 3,
                16 => 5,
                32 => 10,
                _ => 19,
            };
            whole_digits(*precision, *scale) >= digits
        }
        (T::Integer { bits, signed: true }, T::Decimal { precision, scale: 0 }) => {
            *precision
                <= match bits {
                    8 => 2,
                    16 => 4,
                    32 => 9,
                    _ => 18,
                }
        }
        _ => false,
    }
}

fn whole_digits(precision: u8, scale: i8) -> i32 {
    i32::from(precision) - i32::from(scale)
}

#[cfg(test)]
mod tests;
