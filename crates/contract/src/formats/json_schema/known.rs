//! What is known of the documents that are looked at: they satisfy all of some schemas and none of some others.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::document::{Schema, Target};
use super::evaluate::{equal, satisfies};
use super::types::Types;

/// Alternatives that are looked at one by one; beyond, a union is taken for anything.
const CASES_MAX: usize = 128;
/// Schemas that one case may gather.
const SCHEMAS_MAX: usize = 2_000;

/// A conjunction.
#[derive(Debug, Clone)]
pub(super) struct Known<'d, 'a> {
    pub schemas: Vec<Schema<'d, 'a>>,
    pub excluded: Vec<Schema<'d, 'a>>,
    pub types: Types,
    pub required: BTreeSet<&'a str>,
}

impl<'d, 'a> Known<'d, 'a> {
    pub fn of(schema: Schema<'d, 'a>) -> Self {
        Self::all(vec![schema])
    }

    pub fn all(schemas: Vec<Schema<'d, 'a>>) -> Self {
        Self { schemas, excluded: Vec::new(), types: Types::ALL, required: BTreeSet::new() }
    }

    pub fn and(&self, schema: Schema<'d, 'a>) -> Self {
        let mut more = self.clone();
        more.schemas.push(schema);
        more
    }

    pub fn and_not(&self, schema: Schema<'d, 'a>) -> Self {
        let mut more = self.clone();
        more.excluded.push(schema);
        more
    }

    /// What tells this from others.
    pub fn key(&self) -> (Vec<usize>, Vec<usize>, Types, Vec<&'a str>) {
        let keys = |schemas: &[Schema<'d, 'a>]| {
            let mut keys: Vec<usize> = schemas.iter().map(|schema| schema.key()).collect();
            keys.sort_unstable();
            keys.dedup();
            keys
        };
        (keys(&self.schemas), keys(&self.excluded), self.types, self.required.iter().copied().collect())
    }

    /// The conjunction as a union of simpler ones, without references, `allOf`, `anyOf`, `oneOf` and `if`. None of them is
    /// smaller than what it stands for, and those that hold no document are left out.
    pub fn cases(&self) -> Vec<Self> {
        let mut done = Vec::new();
        let start = Self { schemas: Vec::new(), ..self.clone() };
        let mut open = vec![(start, self.schemas.clone())];
        while let Some((mut case, mut waiting)) = open.pop() {
            let mut split = None;
            while let Some(schema) = waiting.pop() {
                if !case.take(schema, &mut waiting) {
                    continue;
                }
                let alternatives = alternatives(schema);
                let room = done.len() + open.len() + alternatives.len() <= CASES_MAX;
                if !alternatives.is_empty() && room {
                    split = Some(alternatives);
                    break;
                }
            }
            match split {
                Some(alternatives) => {
                    for (is, is_not) in alternatives {
                        let mut case = case.clone();
                        case.excluded.extend(is_not);
                        let mut waiting = waiting.clone();
                        waiting.extend(is);
                        open.push((case, waiting));
                    }
                }
                None if case.activate(&mut waiting) => open.push((case, waiting)),
                None => done.push(case),
            }
        }
        done.retain_mut(|case| !case.is_empty());
        done
    }

    /// Takes a schema in and what it refers to; false when it was there before.
    fn take(&mut self, schema: Schema<'d, 'a>, waiting: &mut Vec<Schema<'d, 'a>>) -> bool {
        let is_known = self.schemas.iter().any(|known| known.key() == schema.key());
        if is_known || self.schemas.len() >= SCHEMAS_MAX {
            return false;
        }
        self.schemas.push(schema);
        if schema.value == &Json::Bool(false) {
            self.types = self.types.without(Types::ALL);
        }
        if let Some(types) = schema.get("type") {
            self.types = self.types.and(Types::of_keyword(types));
        }
        if let Target::Found(target) = schema.target() {
            waiting.push(target);
        }
        waiting.extend(schema.schemas_at("allOf").unwrap_or_default());
        if let Some(inner) = schema.schema_at("not") {
            self.excluded.push(inner);
        }
        self.required.extend(schema.names("required"));
        true
    }

    /// What depends on properties that are there. True when there is more to take in. That a property is required says
    /// something of objects only, so that nothing follows from it while other types are possible.
    fn activate(&mut self, waiting: &mut Vec<Schema<'d, 'a>>) -> bool {
        if !self.types.is_within(Types::OBJECT) {
            return false;
        }
        let mut more = false;
        for schema in self.schemas.clone() {
            for (name, names, inner) in super::object::dependencies(schema) {
                if self.required.contains(name) {
                    for name in names {
                        more |= self.required.insert(name);
                    }
                    if let Some(inner) =
                        inner.filter(|inner| !self.schemas.iter().any(|known| known.key() == inner.key()))
                    {
                        waiting.push(inner);
                        more = true;
                    }
                }
            }
        }
        more
    }

    /// Whether something depends on properties.
    pub fn has_dependencies(&self) -> bool {
        self.schemas.iter().any(|schema| !super::object::dependencies(*schema).is_empty())
    }

    /// Types that an excluded schema rules out as a whole.
    fn ruled_out(&self) -> Types {
        let mut types = self.types;
        for schema in &self.excluded {
            if schema.value == &Json::Bool(true) {
                return types.without(Types::ALL);
            }
            let Some(map) = schema.value.as_object() else { continue };
            let annotations = ["title", "description", "$comment", "examples", "default", "$schema"];
            let says: Vec<&String> = map.keys().filter(|key| !annotations.contains(&key.as_str())).collect();
            match says.as_slice() {
                [] => return types.without(Types::ALL),
                [only] if only.as_str() == "type" => types = types.without(Types::of_keyword(&map["type"])),
                _ => {}
            }
        }
        types
    }

    /// Whether it is clear that no document is like this.
    fn is_empty(&mut self) -> bool {
        self.types = self.ruled_out();
        self.types.is_empty()
            || self.values().is_some_and(|values| values.is_empty())
            || self.types.singles().all(|only| {
                let single = Self { types: only, ..self.clone() };
                super::number::is_empty(&single)
                    || super::text::is_empty(&single)
                    || super::array::is_empty(&single)
                    || super::object::is_empty(&single)
            })
    }

    /// All values that are possible, where they are listed.
    pub fn values(&self) -> Option<Vec<&'a Json>> {
        let mut lists = self.schemas.iter().filter_map(|schema| {
            let only = schema.get("const").map(|only| vec![only]);
            only.or_else(|| schema.get("enum").and_then(Json::as_array).map(|values| values.iter().collect()))
        });
        let mut values: Vec<&Json> = lists.next()?;
        for list in lists {
            values.retain(|value| list.iter().any(|other| equal(value, other)));
        }
        values.retain(|value| self.is_possible(value));
        Some(values)
    }

    /// False when the value clearly is not of this kind.
    pub fn is_possible(&self, value: &Json) -> bool {
        Types::of_value(value).is_within(self.types)
            && self.schemas.iter().all(|schema| satisfies(value, *schema) != Some(false))
            && self.excluded.iter().all(|schema| satisfies(value, *schema) != Some(true))
    }
}

type Alternative<'d, 'a> = (Vec<Schema<'d, 'a>>, Vec<Schema<'d, 'a>>);

/// What must hold and what must not, for each alternative of a schema; empty when it has none.
fn alternatives<'d, 'a>(schema: Schema<'d, 'a>) -> Vec<Alternative<'d, 'a>> {
    let unions: Vec<Vec<Alternative<'d, 'a>>> = ["anyOf", "oneOf"]
        .iter()
        .filter_map(|key| schema.schemas_at(key))
        .map(|branches| branches.into_iter().map(|branch| (vec![branch], Vec::new())).collect())
        .chain(conditional(schema))
        .collect();
    let mut all: Vec<Alternative<'d, 'a>> = Vec::new();
    for union in unions {
        if all.is_empty() {
            all = union;
            continue;
        }
        let mut product = Vec::new();
        for (is, is_not) in &all {
            for (more, more_not) in &union {
                product.push(([is.clone(), more.clone()].concat(), [is_not.clone(), more_not.clone()].concat()));
            }
        }
        all = product;
    }
    all
}

fn conditional<'d, 'a>(schema: Schema<'d, 'a>) -> Option<Vec<Alternative<'d, 'a>>> {
    let condition = schema.schema_at("if")?;
    let branch = |key| schema.schema_at(key).into_iter();
    branch("then").chain(branch("else")).next()?;
    let yes = (std::iter::once(condition).chain(branch("then")).collect(), Vec::new());
    let no = (branch("else").collect(), vec![condition]);
    Some(vec![yes, no])
}
