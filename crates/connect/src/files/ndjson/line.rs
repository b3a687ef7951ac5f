//! One line's object as the raw texts of its values, so that numbers keep every digit.

use std::fmt;

use contract::{DataType, Dataset};
use serde::de::{DeserializeSeed, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::Keys;
use crate::files::batch::Tokens;
use crate::files::value::{Field, clip, reads_numbers, reads_strings};

pub struct Line<'a> {
    /// By column.
    values: Vec<Option<&'a str>>,
    /// Keys that no column has.
    pub extra: Vec<String>,
}

impl<'a> Line<'a> {
    /// The error is a sentence about the record.
    pub fn parse(text: &'a str, keys: &Keys) -> Result<Self, String> {
        let mut parser = serde_json::Deserializer::from_str(text);
        let line = Object(keys).deserialize(&mut parser).and_then(|line| parser.end().map(|()| line));
        line.map_err(|error| {
            let text = error.to_string();
            // The line is always the first one here; only the column says something.
            let text = text.replace(" at line 1 column ", " at character ");
            format!("it is not one JSON object: {text}")
        })
    }

    /// Appends the record's fields. `start` is where `record` stands in its chunk.
    pub fn fields(&self, start: usize, record: &str, dataset: &Dataset, tokens: &mut Tokens) {
        let row = tokens.records.len();
        for (index, column) in dataset.columns.iter().enumerate() {
            let raw = self.values.get(index).copied().flatten().unwrap_or("null");
            // The raw text is a part of the record, so its address says where it stands.
            let at = start + (raw.as_ptr() as usize).saturating_sub(record.as_ptr() as usize);
            let field = field(raw, at, &column.data_type, &mut tokens.side);
            tokens.fields.push(field.unwrap_or_else(|| {
                tokens.wrong.push((row, index, format!("{} is not {}", clip(raw), column.data_type)));
                Field::null()
            }));
        }
    }
}

/// `None`: the value's JSON type is not that of the column.
fn field(raw: &str, at: usize, data_type: &DataType, side: &mut String) -> Option<Field> {
    let here = Field::plain(at, at + raw.len()).explicit();
    match raw.as_bytes().first()? {
        b'n' => Some(Field::null()),
        b't' | b'f' => (*data_type == DataType::Boolean).then_some(here),
        b'[' | b'{' => matches!(data_type, DataType::List(_) | DataType::Struct(_) | DataType::Map(..)).then_some(here),
        b'"' if raw.len() == 2 => (*data_type == DataType::String).then_some(Field::plain(at + 1, at + 1).explicit()),
        b'"' if !reads_strings(data_type) => None,
        b'"' if raw.contains('\\') => {
            let start = side.len();
            side.push_str(&serde_json::from_str::<String>(raw).ok()?);
            Some(Field::plain(start, side.len()).explicit().in_side())
        }
        b'"' => Some(Field::plain(at + 1, at + raw.len() - 1).explicit()),
        _ => reads_numbers(data_type).then_some(here),
    }
}

struct Object<'k>(&'k Keys);

impl<'de> DeserializeSeed<'de> for Object<'_> {
    type Value = Line<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Line<'de>, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Object<'_> {
    type Value = Line<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Line<'de>, A::Error> {
        let mut line = Line { values: vec![None; self.0.places.len()], extra: Vec::new() };
        while let Some(key) = map.next_key_seed(Key(self.0))? {
            let raw: &'de RawValue = map.next_value()?;
            let duplicate = match key {
                Found::Column(index) => {
                    self.0.saw(index);
                    match line.values.get_mut(index) {
                        Some(slot) => slot.replace(raw.get()).map(|_| index.to_string()),
                        None => None,
                    }
                }
                Found::Extra(key) if line.extra.contains(&key) => Some(key),
                Found::Extra(key) => {
                    line.extra.push(key);
                    None
                }
            };
            if let Some(key) = duplicate {
                let name = key.parse().ok().and_then(|index: usize| self.0.dataset.columns.get(index));
                let name = name.map_or(key.as_str(), |column| column.source_name.as_str());
                return Err(serde::de::Error::custom(format_args!("the key `{name}` occurs twice")));
            }
        }
        Ok(line)
    }
}

enum Found {
    Column(usize),
    Extra(String),
}

struct Key<'k>(&'k Keys);

impl<'de> DeserializeSeed<'de> for Key<'_> {
    type Value = Found;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Found, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Key<'_> {
    type Value = Found;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<Found, E> {
        Ok(self.0.column(key).map_or_else(|| Found::Extra(key.to_owned()), Found::Column))
    }
}
