//! Arrays: items by position and the rest, sizes, uniqueness, what they contain.

use serde_json::Value as Json;

use super::check::Checker;
use super::document::Schema;
use super::known::Known;
use super::types::Types;

/// Positions beyond this are judged like the rest.
const POSITIONS_MAX: usize = 64;

/// The schemas of the first items, and that of the others.
fn items<'d, 'a>(schema: Schema<'d, 'a>) -> (Vec<Schema<'d, 'a>>, Option<Schema<'d, 'a>>) {
    if let Some(first) = schema.schemas_at("prefixItems") {
        return (first, schema.schema_at("items").or_else(|| schema.schema_at("unevaluatedItems")));
    }
    match schema.schemas_at("items") {
        // Before 2020-12 a list was called items, too.
        Some(first) => (first, schema.schema_at("additionalItems").or_else(|| schema.schema_at("unevaluatedItems"))),
        None => (Vec::new(), schema.schema_at("items")),
    }
}

/// The schema that an item must satisfy.
pub(super) fn applying<'d, 'a>(schema: Schema<'d, 'a>, index: usize) -> Option<Schema<'d, 'a>> {
    let (first, rest) = items(schema);
    first.get(index).copied().or(rest)
}

fn item<'d, 'a>(known: &Known<'d, 'a>, index: usize) -> Known<'d, 'a> {
    Known::all(known.schemas.iter().filter_map(|schema| applying(*schema, index)).collect())
}

fn sizes(known: &Known<'_, '_>) -> (u64, Option<u64>) {
    let least = known.schemas.iter().filter_map(|schema| schema.count("minItems")).max().unwrap_or(0);
    let contains =
        known.schemas.iter().any(|schema| schema.get("contains").is_some() && schema.count("minContains") != Some(0));
    let most = known.schemas.iter().filter_map(|schema| schema.count("maxItems")).min();
    (least.max(u64::from(contains)), most)
}

/// Whether no array is left. `known` is of one type.
pub(super) fn is_empty(known: &Known<'_, '_>) -> bool {
    let (least, most) = sizes(known);
    known.types.is_within(Types::ARRAY) && most.is_some_and(|most| least > most)
}

/// Enters what `outer` asks of arrays and some array of `known` does not give; whether there was nothing.
pub(super) fn included<'d, 'a>(checker: &mut Checker<'a>, known: &Known<'d, 'a>, outer: Schema<'d, 'a>) -> bool {
    let mut fits = size(checker, known, outer);
    if outer.get("uniqueItems") == Some(&Json::Bool(true)) {
        let is_unique = known.schemas.iter().any(|schema| schema.get("uniqueItems") == Some(&Json::Bool(true)));
        if !is_unique && sizes(known).1.is_none_or(|most| most > 1) {
            fits &= checker.fail(known, outer, "uniqueItems", "items could occur twice");
        }
    }
    fits &= elements(checker, known, outer);
    if let Some(wanted) = outer.schema_at("contains") {
        fits &= contains(checker, known, outer, wanted);
    }
    fits
}

fn size<'d, 'a>(checker: &mut Checker<'a>, known: &Known<'d, 'a>, outer: Schema<'d, 'a>) -> bool {
    let (least, most) = sizes(known);
    // Where an item can be nothing, no array reaches it.
    let closed = (0..POSITIONS_MAX).find(|index| checker.is_nothing(&item(known, *index))).map(|index| index as u64);
    let most = [most, closed].into_iter().flatten().min();
    let mut fits = true;
    if outer.count("minItems").is_some_and(|wanted| least < wanted) {
        fits &= checker.fail(known, outer, "minItems", "shorter arrays were allowed");
    }
    if outer.count("maxItems").is_some_and(|wanted| most.is_none_or(|most| most > wanted)) {
        fits &= checker.fail(known, outer, "maxItems", "longer arrays were allowed");
    }
    fits
}

fn elements<'d, 'a>(checker: &mut Checker<'a>, known: &Known<'d, 'a>, outer: Schema<'d, 'a>) -> bool {
    let (first, rest) = items(outer);
    let positions = known.schemas.iter().map(|schema| items(*schema).0.len()).max().unwrap_or(0).max(first.len());
    let positions = positions.min(POSITIONS_MAX);
    let most = sizes(known).1;
    let mut fits = true;
    for index in 0..=positions {
        if most.is_some_and(|most| index as u64 >= most) {
            return fits;
        }
        let given = item(known, index);
        if checker.is_nothing(&given) {
            return fits;
        }
        if let Some(wanted) = first.get(index).copied().or(rest) {
            fits &= checker.included(&given, wanted);
        }
    }
    fits
}

fn contains<'d, 'a>(
    checker: &mut Checker<'a>,
    known: &Known<'d, 'a>,
    outer: Schema<'d, 'a>,
    wanted: Schema<'d, 'a>,
) -> bool {
    let least = outer.count("minContains").unwrap_or(1);
    let most = outer.count("maxContains");
    let found = known.schemas.iter().any(|schema| {
        let has = schema.schema_at("contains");
        let enough = schema.count("minContains").unwrap_or(1) >= least;
        let few = most.is_none_or(|most| schema.count("maxContains").is_some_and(|given| given <= most));
        // The upper limit holds for the same description only.
        let same = most.is_none() || has.is_some_and(|has| has.value == wanted.value);
        enough
            && few
            && same
            && has.is_some_and(|has| checker.quietly(|checker| checker.included(&Known::of(has), wanted)))
    });
    if found || (least == 0 && most.is_none()) {
        return true;
    }
    let (size, longest) = sizes(known);
    let all = checker.quietly(|checker| {
        let rest = item(known, POSITIONS_MAX);
        (0..POSITIONS_MAX.min(size.max(1) as usize)).all(|index| checker.included(&item(known, index), wanted))
            && (size as usize <= POSITIONS_MAX || checker.included(&rest, wanted))
    });
    if all && size >= least && most.is_none_or(|most| longest.is_some_and(|longest| longest <= most)) {
        return true;
    }
    checker.fail(known, outer, "contains", "arrays without such an item were allowed")
}
