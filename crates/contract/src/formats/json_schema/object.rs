//! Objects: properties by name, by pattern and all others; what must be there, and what that brings with it.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::check::Checker;
use super::document::Schema;
use super::known::Known;
use super::types::Types;
use crate::diff::{Inclusion, includes, meet, occurs};

/// The schemas that a property of this name must satisfy.
pub(super) fn applying<'d, 'a>(schema: Schema<'d, 'a>, name: &str) -> Vec<Schema<'d, 'a>> {
    let mut found: Vec<Schema<'d, 'a>> = Vec::new();
    if let Some(value) = schema.get("properties").and_then(|properties| properties.get(name)) {
        found.push(schema.with(value));
    }
    let patterns = schema.named_at("patternProperties");
    found.extend(patterns.iter().filter(|(pattern, _)| occurs(pattern, name) == Some(true)).map(|(_, inner)| *inner));
    if found.is_empty() {
        found.extend(additional(schema));
    }
    found
}

/// The schema of properties that are not named.
fn additional<'d, 'a>(schema: Schema<'d, 'a>) -> Option<Schema<'d, 'a>> {
    schema.schema_at("additionalProperties").or_else(|| {
        // Without other schemas beside it, it means the same.
        let alone =
            !["allOf", "anyOf", "oneOf", "if", "$ref", "dependentSchemas"].iter().any(|key| schema.get(key).is_some());
        schema.schema_at("unevaluatedProperties").filter(|_| alone)
    })
}

type Dependency<'d, 'a> = (&'a str, Vec<&'a str>, Option<Schema<'d, 'a>>);

/// What a property that is there brings with it: other properties, or a schema of the whole.
pub(super) fn dependencies<'d, 'a>(schema: Schema<'d, 'a>) -> Vec<Dependency<'d, 'a>> {
    let mut found = Vec::new();
    for key in ["dependencies", "dependentRequired", "dependentSchemas"] {
        for (name, inner) in schema.named_at(key) {
            match inner.value {
                Json::Array(names) => found.push((name, names.iter().filter_map(Json::as_str).collect(), None)),
                Json::String(one) => found.push((name, vec![one.as_str()], None)),
                _ => found.push((name, Vec::new(), Some(inner))),
            }
        }
    }
    found
}

fn property<'d, 'a>(known: &Known<'d, 'a>, name: &str) -> Known<'d, 'a> {
    Known::all(known.schemas.iter().flat_map(|schema| applying(*schema, name)).collect())
}

/// Properties that no name and no pattern of any schema speaks of.
fn others<'d, 'a>(known: &Known<'d, 'a>) -> Known<'d, 'a> {
    Known::all(known.schemas.iter().filter_map(|schema| additional(*schema)).collect())
}

fn names<'a>(known: &Known<'_, 'a>) -> BTreeSet<&'a str> {
    known.schemas.iter().flat_map(|schema| schema.named_at("properties")).map(|(name, _)| name).collect()
}

fn patterns<'d, 'a>(known: &Known<'d, 'a>) -> Vec<(&'a str, Schema<'d, 'a>)> {
    known.schemas.iter().flat_map(|schema| schema.named_at("patternProperties")).collect()
}

/// Properties whose name has a pattern, and that no schema names. A schema with patterns of its own may mean these by one
/// of them, so that what it says of all others counts only where it has none.
fn patterned<'d, 'a>(known: &Known<'d, 'a>, pattern: &str) -> Known<'d, 'a> {
    let mut found = Vec::new();
    for schema in &known.schemas {
        let own = schema.named_at("patternProperties");
        if own.is_empty() {
            found.extend(additional(*schema));
        }
        found.extend(own.iter().filter(|(own, _)| includes(own, pattern) == Inclusion::Yes).map(|(_, inner)| *inner));
    }
    Known::all(found)
}

fn forbids(known: &Known<'_, '_>) -> bool {
    known.schemas.iter().any(|schema| schema.value == &Json::Bool(false))
}

fn sizes(known: &Known<'_, '_>) -> (u64, Option<u64>) {
    let least = known.schemas.iter().filter_map(|schema| schema.count("minProperties")).max().unwrap_or(0);
    let most = known.schemas.iter().filter_map(|schema| schema.count("maxProperties")).min();
    let is_closed = forbids(&others(known)) && patterns(known).is_empty();
    let named = is_closed.then(|| names(known).len() as u64);
    (least.max(known.required.len() as u64), [most, named].into_iter().flatten().min())
}

/// Whether no object is left. `known` is of one type.
pub(super) fn is_empty(known: &Known<'_, '_>) -> bool {
    let (least, most) = sizes(known);
    let lacks = || known.required.iter().any(|name| forbids(&property(known, name)));
    known.types.is_within(Types::OBJECT) && (most.is_some_and(|most| least > most) || lacks())
}

/// Enters what `outer` asks of objects and some object of `known` does not give; whether there was nothing.
pub(super) fn included<'d, 'a>(checker: &mut Checker<'a>, known: &Known<'d, 'a>, outer: Schema<'d, 'a>) -> bool {
    let mut fits = required(checker, known, outer);
    let (least, most) = sizes(known);
    if outer.count("minProperties").is_some_and(|wanted| least < wanted) {
        fits &= checker.fail(known, outer, "minProperties", "objects with fewer properties were allowed");
    }
    if outer.count("maxProperties").is_some_and(|wanted| most.is_none_or(|most| most > wanted)) {
        fits &= checker.fail(known, outer, "maxProperties", "objects with more properties were allowed");
    }
    for (name, wanted) in outer.named_at("properties") {
        let given = property(known, name);
        let is_new = given.schemas.is_empty() && !checker.accepts_all(wanted);
        if is_new {
            let reason = "any property of this name was allowed";
            fits &= checker.fail_at(known, outer, wanted, "property-added", reason);
        } else {
            fits &= checker.included(&given, wanted);
        }
    }
    fits &= by_pattern(checker, known, outer);
    fits &= unnamed(checker, known, outer);
    fits &= dependent(checker, known, outer);
    if let Some(wanted) = outer.schema_at("propertyNames") {
        fits &= property_names(checker, known, outer, wanted);
    }
    fits
}

/// A default stands in for a property that is missing, as registries see it.
fn required<'d, 'a>(checker: &mut Checker<'a>, known: &Known<'d, 'a>, outer: Schema<'d, 'a>) -> bool {
    let mut fits = true;
    for name in outer.names("required").into_iter().filter(|name| !known.required.contains(name)) {
        let has_default = applying(outer, name).iter().any(|schema| schema.get("default").is_some());
        if !has_default {
            let reason = format!("objects without `{name}` were allowed");
            fits &= checker.fail(known, outer, "required", reason);
        }
    }
    fits
}

/// Properties that `outer` knows by the pattern of their name.
fn by_pattern<'d, 'a>(checker: &mut Checker<'a>, known: &Known<'d, 'a>, outer: Schema<'d, 'a>) -> bool {
    let given = patterns(known);
    let mut fits = true;
    for (pattern, wanted) in outer.named_at("patternProperties") {
        for name in names(known).into_iter().filter(|name| occurs(pattern, name) != Some(false)) {
            fits &= checker.included(&property(known, name), wanted);
        }
        let covers = |inner: &str| includes(inner, pattern) == Inclusion::Yes;
        let mut covered = false;
        for (inner, _) in &given {
            if covers(inner) {
                covered = true;
                fits &= checker.included(&patterned(known, inner), wanted);
            }
        }
        if covered {
            continue;
        }
        for (inner, _) in &given {
            if meet(pattern, inner) != Some(false) {
                fits &= checker.included(&patterned(known, inner), wanted);
            }
        }
        fits &= checker.included(&others(known), wanted);
    }
    fits
}

/// Properties that `outer` does not name.
fn unnamed<'d, 'a>(checker: &mut Checker<'a>, known: &Known<'d, 'a>, outer: Schema<'d, 'a>) -> bool {
    let Some(wanted) = additional(outer).or_else(|| outer.schema_at("unevaluatedProperties")) else { return true };
    let named = outer.named_at("properties");
    let named_patterns = outer.named_at("patternProperties");
    let is_named = |name: &str| {
        named.iter().any(|(known, _)| *known == name)
            || named_patterns.iter().any(|(pattern, _)| occurs(pattern, name) == Some(true))
    };
    let mut fits = true;
    for name in names(known).into_iter().filter(|name| !is_named(name)) {
        let given = property(known, name);
        if !checker.is_nothing(&given) {
            fits &= checker.included(&given, wanted);
        }
    }
    for (pattern, _) in patterns(known) {
        if !named_patterns.iter().any(|(outer, _)| includes(outer, pattern) == Inclusion::Yes) {
            fits &= checker.included(&patterned(known, pattern), wanted);
        }
    }
    let covers_all = named_patterns.iter().any(|(pattern, _)| includes(pattern, "") == Inclusion::Yes);
    if !covers_all {
        let rest = others(known);
        if rest.schemas.is_empty() && !checker.accepts_all(wanted) {
            let reason = "any further property was allowed";
            fits &= checker.fail_at(known, outer, wanted, "additional-properties-narrowed", reason);
        } else {
            fits &= checker.included(&rest, wanted);
        }
    }
    fits
}

fn dependent<'d, 'a>(checker: &mut Checker<'a>, known: &Known<'d, 'a>, outer: Schema<'d, 'a>) -> bool {
    let mut fits = true;
    for (name, names, inner) in dependencies(outer) {
        if forbids(&property(known, name)) {
            continue;
        }
        let mut present = known.clone();
        present.required.insert(name);
        for case in present.cases() {
            for missing in names.iter().filter(|other| !case.required.contains(*other)) {
                let reason = format!("objects with `{name}` and without `{missing}` were allowed");
                fits &= checker.fail(known, outer, "dependencies", reason);
            }
            if let Some(wanted) = inner {
                fits &= checker.included(&case, wanted);
            }
        }
    }
    fits
}

fn property_names<'d, 'a>(
    checker: &mut Checker<'a>,
    known: &Known<'d, 'a>,
    outer: Schema<'d, 'a>,
    wanted: Schema<'d, 'a>,
) -> bool {
    let given: Vec<Schema<'d, 'a>> =
        known.schemas.iter().filter_map(|schema| schema.schema_at("propertyNames")).collect();
    let is_closed = forbids(&others(known)) && patterns(known).is_empty();
    let named_fit = || {
        let mut all = names(known).into_iter();
        all.all(|name| super::evaluate::satisfies(&Json::String(name.to_owned()), wanted) == Some(true))
    };
    if is_closed && named_fit() {
        return true;
    }
    let mut texts = Known::all(given);
    texts.types = Types::STRING;
    if checker.quietly(|checker| checker.included(&texts, wanted)) {
        return true;
    }
    checker.fail(known, outer, "propertyNames", "other names of properties were allowed")
}
