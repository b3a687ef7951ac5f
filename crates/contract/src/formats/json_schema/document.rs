//! A schema document, and what its references lead to.

use std::collections::HashMap;

use serde_json::Value as Json;

/// References that are followed in a row before giving up.
const HOPS_MAX: usize = 64;

/// A document with its named parts.
#[derive(Debug)]
pub(super) struct Document<'a> {
    pub root: &'a Json,
    names: HashMap<&'a str, &'a Json>,
    /// Drafts before 2019-09 ignore what stands beside a reference.
    ignores_siblings: bool,
}

/// A schema within its document.
#[derive(Debug, Clone, Copy)]
pub(super) struct Schema<'d, 'a> {
    pub value: &'a Json,
    pub document: &'d Document<'a>,
}

impl<'a> Document<'a> {
    pub fn new(root: &'a Json) -> Self {
        let mut names = HashMap::new();
        let mut open = vec![root];
        while let Some(value) = open.pop() {
            match value {
                Json::Object(map) => {
                    for key in ["$id", "id", "$anchor", "$dynamicAnchor"] {
                        if let Some(Json::String(name)) = map.get(key) {
                            names.entry(name.as_str()).or_insert(value);
                        }
                    }
                    open.extend(map.values());
                }
                Json::Array(items) => open.extend(items),
                _ => {}
            }
        }
        let draft = root.get("$schema").and_then(Json::as_str).unwrap_or_default();
        let ignores_siblings = ["draft-03", "draft-04", "draft-06", "draft-07"].iter().any(|old| draft.contains(old));
        Self { root, names, ignores_siblings }
    }

    pub fn schema(&self) -> Schema<'_, 'a> {
        Schema { value: self.root, document: self }
    }

    fn find(&self, reference: &str) -> Option<&'a Json> {
        if let Some(found) = self.names.get(reference) {
            return Some(found);
        }
        let (base, fragment) = reference.split_once('#').unwrap_or((reference, ""));
        let base = match base {
            "" => self.root,
            name => *self.names.get(name)?,
        };
        if fragment.is_empty() {
            return Some(base);
        }
        if !fragment.starts_with('/') {
            return self.names.get(fragment).copied();
        }
        base.pointer(fragment).or_else(|| base.pointer(&unescaped(fragment)))
    }
}

/// `%24defs` is `$defs`.
fn unescaped(text: &str) -> String {
    let mut out = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let hex = tail.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()).filter(|_| *first == b'%') {
            Some(byte) => {
                out.push(byte);
                rest = &tail[2..];
            }
            None => {
                out.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// Where a schema's reference leads.
pub(super) enum Target<'d, 'a> {
    None,
    Found(Schema<'d, 'a>),
    /// Outside of the document, or in a circle.
    Unknown,
}

impl<'d, 'a> Schema<'d, 'a> {
    pub fn with(self, value: &'a Json) -> Self {
        Self { value, document: self.document }
    }

    pub fn get(self, key: &str) -> Option<&'a Json> {
        let map = self.value.as_object()?;
        if self.document.ignores_siblings && map.contains_key("$ref") && key != "$ref" {
            return None;
        }
        map.get(key)
    }

    /// A keyword that holds a schema.
    pub fn schema_at(self, key: &str) -> Option<Self> {
        self.get(key).filter(|value| value.is_object() || value.is_boolean()).map(|value| self.with(value))
    }

    /// A keyword that holds a list of schemas.
    pub fn schemas_at(self, key: &str) -> Option<Vec<Self>> {
        Some(self.get(key)?.as_array()?.iter().map(|value| self.with(value)).collect())
    }

    /// A keyword that holds named schemas.
    pub fn named_at(self, key: &str) -> Vec<(&'a str, Self)> {
        let map = self.get(key).and_then(Json::as_object);
        map.into_iter().flatten().map(|(name, value)| (name.as_str(), self.with(value))).collect()
    }

    pub fn number(self, key: &str) -> Option<f64> {
        self.get(key).and_then(Json::as_f64)
    }

    pub fn count(self, key: &str) -> Option<u64> {
        let value = self.get(key)?;
        value.as_u64().or_else(|| value.as_f64().filter(|number| *number >= 0.0).map(|number| number as u64))
    }

    pub fn text(self, key: &str) -> Option<&'a str> {
        self.get(key).and_then(Json::as_str)
    }

    pub fn names(self, key: &str) -> Vec<&'a str> {
        let items = self.get(key).and_then(Json::as_array);
        items.into_iter().flatten().filter_map(Json::as_str).collect()
    }

    /// Follows `$ref` and its later relatives.
    pub fn target(self) -> Target<'d, 'a> {
        let mut at = self;
        for hop in 0..HOPS_MAX {
            let reference = ["$ref", "$dynamicRef", "$recursiveRef"].iter().find_map(|key| at.text(key));
            let Some(reference) = reference else {
                return if hop == 0 { Target::None } else { Target::Found(at) };
            };
            match self.document.find(reference) {
                Some(found) if std::ptr::eq(found, at.value) => return Target::Unknown,
                Some(found) => at = at.with(found),
                None => return Target::Unknown,
            }
            // What stands beside an inner reference counts too, so that one is taken apart again later.
            if at.value.as_object().is_some_and(|map| map.len() > 1) {
                return Target::Found(at);
            }
        }
        Target::Unknown
    }

    /// The same node of the same document.
    pub fn key(self) -> usize {
        std::ptr::from_ref(self.value) as usize
    }
}
