//! Names and ids of columns and of the fields in them, in a schema as the table's metadata has it.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

const ID: &str = "delta.columnMapping.id";
const NAME: &str = "delta.columnMapping.physicalName";

/// A top-level column of a schema.
pub(super) fn column<'a>(schema: &'a Value, name: &str) -> Option<&'a Value> {
    fields(schema).iter().find(|field| field["name"] == name)
}

/// The column that files know by this name.
pub(super) fn called<'a>(schema: &'a Value, stored: &str) -> Option<&'a str> {
    fields(schema).iter().find(|field| physical_name(field) == Some(stored))?["name"].as_str()
}

pub(super) fn physical_name(field: &Value) -> Option<&str> {
    field["metadata"][NAME].as_str()
}

pub(super) fn id(field: &Value) -> Option<i64> {
    field["metadata"][ID].as_i64()
}

pub(super) fn fields(of: &Value) -> &[Value] {
    of["fields"].as_array().map(Vec::as_slice).unwrap_or_default()
}

/// The types that stand in another one without a name of their own.
const INNER: [&str; 3] = ["elementType", "keyType", "valueType"];

/// The highest id in a schema, or a type in one.
pub(super) fn id_max(of: &Value) -> i64 {
    let own = fields(of).iter().map(|field| id(field).unwrap_or(0).max(id_max(&field["type"]))).max().unwrap_or(0);
    INNER.iter().map(|inner| id_max_of(&of[*inner])).max().unwrap_or(0).max(own)
}

fn id_max_of(inner: &Value) -> i64 {
    if inner.is_object() { id_max(inner) } else { 0 }
}

/// Gives out ids and names.
pub(super) struct Assigning {
    /// Of the table.
    pub seed: String,
    pub id_max: i64,
}

impl Assigning {
    /// A schema whose files know its columns by its own names.
    pub fn as_named(&mut self, schema: &mut Value) {
        self.each(schema, &mut |assigning, field| {
            let name = field["name"].clone();
            let id = assigning.next();
            field["metadata"][ID] = id.into();
            field["metadata"][NAME] = name;
        });
    }

    /// Each column is that of `origin`, or a new one.
    pub fn columns<'a>(&mut self, schema: &mut Value, origin: impl Fn(&str) -> Option<&'a Value>) {
        for field in fields_mut(schema) {
            let name = field["name"].as_str().unwrap_or_default().to_owned();
            self.field(field, origin(&name));
        }
    }

    /// Fields in it that the origin has too are those.
    fn field(&mut self, field: &mut Value, origin: Option<&Value>) {
        match origin.and_then(|origin| Some((id(origin)?, physical_name(origin)?))) {
            Some((id, name)) => {
                field["metadata"][ID] = id.into();
                field["metadata"][NAME] = name.into();
            }
            None => {
                let id = self.next();
                field["metadata"][ID] = id.into();
                field["metadata"][NAME] = self.name_of(id).into();
            }
        }
        self.within(&mut field["type"], origin.map(|origin| &origin["type"]));
    }

    fn within(&mut self, of: &mut Value, origin: Option<&Value>) {
        for field in fields_mut(of) {
            let name = field["name"].as_str().unwrap_or_default().to_owned();
            self.field(field, origin.and_then(|origin| column(origin, &name)));
        }
        for inner in INNER {
            if let Some(of) = of.get_mut(inner).filter(|of| of.is_object()) {
                self.within(of, origin.map(|origin| &origin[inner]));
            }
        }
    }

    fn each(&mut self, of: &mut Value, assign: &mut dyn FnMut(&mut Self, &mut Value)) {
        for field in fields_mut(of) {
            assign(self, field);
            self.each(&mut field["type"], assign);
        }
        for inner in INNER {
            if let Some(of) = of.get_mut(inner).filter(|of| of.is_object()) {
                self.each(of, assign);
            }
        }
    }

    fn next(&mut self) -> i64 {
        self.id_max += 1;
        self.id_max
    }

    /// No other column of any table has it, and an attempt that is made again finds the same.
    fn name_of(&self, id: i64) -> String {
        let digest = Sha256::digest(json!([self.seed, id]).to_string().as_bytes());
        let mut bytes = [0_u8; 16];
        bytes.copy_from_slice(&digest[..16]);
        format!("col-{}", uuid::Builder::from_custom_bytes(bytes).into_uuid())
    }
}

fn fields_mut(of: &mut Value) -> impl Iterator<Item = &mut Value> {
    of.get_mut("fields").and_then(Value::as_array_mut).into_iter().flatten()
}
