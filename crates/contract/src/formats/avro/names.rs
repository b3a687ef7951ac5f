//! The types of a schema, and the names that they have.

use std::collections::HashMap;

use serde_json::Value as Json;

const PRIMITIVES: [&str; 8] = ["null", "boolean", "int", "long", "float", "double", "bytes", "string"];
const NAMED: [&str; 4] = ["record", "error", "enum", "fixed"];
/// Types nested deeper are refused.
const DEPTH_MAX: usize = 200;

/// All named types of a schema by their full names, and the namespace that each part stands in.
#[derive(Debug)]
pub(super) struct Names<'a> {
    root: &'a Json,
    types: HashMap<String, &'a Json>,
    spaces: HashMap<usize, String>,
}

/// A part of a schema that is a type, or a field.
#[derive(Debug, Clone, Copy)]
pub(super) struct Type<'n, 'a> {
    pub value: &'a Json,
    names: &'n Names<'a>,
}

impl<'a> Names<'a> {
    pub fn of(root: &'a Json) -> Self {
        let mut names = Self { root, types: HashMap::new(), spaces: HashMap::new() };
        let mut open = vec![(root, String::new())];
        while let Some((value, space)) = open.pop() {
            names.spaces.insert(address(value), space.clone());
            let mut inner_space = space.clone();
            if let Some(map) = value.as_object() {
                let kind = map.get("type").and_then(Json::as_str).unwrap_or_default();
                if let Some(name) = map.get("name").and_then(Json::as_str).filter(|_| NAMED.contains(&kind)) {
                    let full = full_name(name, map.get("namespace").and_then(Json::as_str), &space);
                    inner_space = full.rsplit_once('.').map(|(space, _)| space.to_owned()).unwrap_or_default();
                    names.types.entry(full).or_insert(value);
                }
            }
            open.extend(parts(value).into_iter().map(|part| (part, inner_space.clone())));
        }
        names
    }

    pub fn root(&self) -> Type<'_, 'a> {
        Type { value: self.root, names: self }
    }

    fn find(&self, name: &str, at: &Json) -> Option<&'a Json> {
        let space = self.spaces.get(&address(at)).map(String::as_str).unwrap_or_default();
        let full = full_name(name, None, space);
        self.types.get(&full).or_else(|| self.types.get(name)).copied()
    }
}

/// The parts of a value that can hold types.
fn parts(value: &Json) -> Vec<&Json> {
    match value {
        Json::Array(items) => items.iter().collect(),
        Json::Object(map) => ["type", "items", "values", "fields"].iter().filter_map(|key| map.get(*key)).collect(),
        _ => Vec::new(),
    }
}

fn full_name(name: &str, namespace: Option<&str>, space: &str) -> String {
    let space = namespace.unwrap_or(space);
    if name.contains('.') || space.is_empty() { name.to_owned() } else { format!("{space}.{name}") }
}

fn address(value: &Json) -> usize {
    std::ptr::from_ref(value) as usize
}

/// The texts of a list.
pub(super) fn texts(value: Option<&Json>) -> Vec<&str> {
    value.and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_str).collect()
}

impl<'n, 'a> Type<'n, 'a> {
    fn with(self, value: &'a Json) -> Self {
        Self { value, names: self.names }
    }

    /// A part; the type itself where it lacks it.
    pub fn at(self, key: &str) -> Self {
        self.value.get(key).map_or(self, |value| self.with(value))
    }

    /// Follows names, and `{"type": "int"}` as well as `{"type": {…}}`.
    pub fn resolved(self) -> Self {
        let mut at = self;
        for _ in 0..DEPTH_MAX {
            at = match at.value {
                Json::String(name) if !PRIMITIVES.contains(&name.as_str()) => match self.names.find(name, at.value) {
                    Some(found) => at.with(found),
                    None => return at,
                },
                Json::Object(map) => match map.get("type") {
                    Some(inner) if inner.is_object() || inner.is_array() => at.with(inner),
                    Some(Json::String(name)) if !is_kind(name) => match self.names.find(name, at.value) {
                        Some(found) => at.with(found),
                        None => return at,
                    },
                    _ => return at,
                },
                _ => return at,
            };
        }
        at
    }

    /// `int`, `record`, and so on. Called on what is resolved.
    pub fn kind(self) -> &'a str {
        match self.value {
            Json::String(name) => name,
            Json::Array(_) => "union",
            value => value.get("type").and_then(Json::as_str).unwrap_or("unknown type"),
        }
    }

    pub fn name(self) -> Option<&'a str> {
        self.value.get("name").and_then(Json::as_str).filter(|_| NAMED.contains(&self.kind()))
    }

    pub fn branches(self) -> Option<Vec<Self>> {
        self.value.as_array().map(|branches| branches.iter().map(|branch| self.with(branch)).collect())
    }

    /// The fields of a record with their names.
    pub fn fields(self) -> Vec<(&'a str, Self)> {
        let fields = self.value.get("fields").and_then(Json::as_array);
        let named = |field: &'a Json| Some((field.get("name")?.as_str()?, self.with(field)));
        fields.into_iter().flatten().filter_map(named).collect()
    }

    pub fn key(self) -> usize {
        address(self.value)
    }
}

fn is_kind(name: &str) -> bool {
    PRIMITIVES.contains(&name) || NAMED.contains(&name) || ["array", "map"].contains(&name)
}

/// Why a value is no schema; `None` when it is one.
pub(super) fn problem(root: &Json) -> Option<String> {
    let names = Names::of(root);
    let mut open = vec![(root, 0)];
    while let Some((value, depth)) = open.pop() {
        if depth > DEPTH_MAX {
            return Some("it is nested too deeply".to_owned());
        }
        let found = match value {
            Json::String(name) if is_kind(name) && PRIMITIVES.contains(&name.as_str()) => None,
            Json::String(name) => names.find(name, value).is_none().then(|| format!("there is no type `{name}`")),
            Json::Array(branches) => {
                open.extend(branches.iter().map(|branch| (branch, depth + 1)));
                None
            }
            Json::Object(map) => of_map(map, &names, value, depth, &mut open),
            other => Some(format!("{other} is no type")),
        };
        if found.is_some() {
            return found;
        }
    }
    None
}

fn of_map<'a>(
    map: &'a serde_json::Map<String, Json>,
    names: &Names<'a>,
    value: &'a Json,
    depth: usize,
    open: &mut Vec<(&'a Json, usize)>,
) -> Option<String> {
    let Some(kind) = map.get("type") else { return Some("a type has no `type`".to_owned()) };
    let Some(kind) = kind.as_str() else {
        open.push((kind, depth + 1));
        return None;
    };
    let part = |key: &str| map.get(key);
    match kind {
        "array" | "map" => {
            let key = if kind == "array" { "items" } else { "values" };
            match part(key) {
                Some(inner) => open.push((inner, depth + 1)),
                None => return Some(format!("{kind} without `{key}`")),
            }
        }
        "record" | "error" => {
            let Some(fields) = part("fields").and_then(Json::as_array) else {
                return Some("a record without `fields`".to_owned());
            };
            for field in fields {
                match (field.get("name").and_then(Json::as_str), field.get("type")) {
                    (Some(_), Some(inner)) => open.push((inner, depth + 1)),
                    (None, _) => return Some("a field without a name".to_owned()),
                    (Some(name), None) => return Some(format!("the field `{name}` has no type")),
                }
            }
        }
        "enum" if part("symbols").and_then(Json::as_array).is_none() => {
            return Some("an enum without `symbols`".to_owned());
        }
        "fixed" if part("size").and_then(Json::as_u64).is_none() => return Some("a fixed without `size`".to_owned()),
        name if !is_kind(name) && names.find(name, value).is_none() => {
            return Some(format!("there is no type `{name}`"));
        }
        _ => {}
    }
    let is_nameless = NAMED.contains(&kind) && part("name").and_then(Json::as_str).is_none();
    is_nameless.then(|| format!("{kind} without a name"))
}
