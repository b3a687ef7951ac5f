//! Inclusion of what is known of documents in what a schema allows.

use std::collections::{HashMap, HashSet};

use serde_json::Value as Json;

use super::document::{Schema, Target};
use super::evaluate::satisfies;
use super::known::Known;
use super::types::Types;
use super::{array, number, object, text};
use crate::formats::finding::Finding;

/// Questions asked before giving up.
const QUESTIONS_MAX: usize = 40_000;
/// Questions within questions.
const DEPTH_MAX: usize = 80;
/// Findings that are kept.
const FINDINGS_MAX: usize = 1_000;

type Question<'a> = (Vec<usize>, Vec<usize>, Types, Vec<&'a str>, usize);

/// Asks and remembers.
#[derive(Debug, Default)]
pub(super) struct Checker<'a> {
    pub findings: Vec<Finding<'a>>,
    /// Findings are not entered while alternatives are tried.
    quiet: usize,
    depth: usize,
    asked: usize,
    /// Asked and not yet answered: a recursive schema comes back to its own question, and may assume the answer.
    open: HashSet<Question<'a>>,
    answers: HashMap<Question<'a>, bool>,
}

impl<'a> Checker<'a> {
    /// Whether every document that is known is allowed.
    pub fn included<'d>(&mut self, known: &Known<'d, 'a>, outer: Schema<'d, 'a>) -> bool {
        if outer.value == &Json::Bool(true) || outer.value.as_object().is_some_and(serde_json::Map::is_empty) {
            return true;
        }
        let (schemas, excluded, types, required) = known.key();
        let question = (schemas, excluded, types, required, outer.key());
        if self.open.contains(&question) {
            return true;
        }
        // A finding was entered when the question was asked aloud for the first time.
        if let Some(answer) = self.answers.get(&question)
            && (*answer || self.quiet > 0)
        {
            return *answer;
        }
        self.asked += 1;
        if self.asked > QUESTIONS_MAX || self.depth >= DEPTH_MAX {
            return self.undecided(known, outer);
        }
        self.depth += 1;
        self.open.insert(question.clone());
        let answer = self.answer(known, outer);
        self.open.remove(&question);
        self.depth -= 1;
        if !answer {
            // Others may have assumed that it is true.
            self.answers.retain(|_, answer| !*answer);
        }
        self.answers.insert(question, answer);
        answer
    }

    fn answer<'d>(&mut self, known: &Known<'d, 'a>, outer: Schema<'d, 'a>) -> bool {
        let is_same = known.schemas.iter().any(|schema| is_same(*schema, outer));
        if is_same {
            return true;
        }
        let mut fits = true;
        for case in known.cases() {
            if case.values().is_some() {
                fits &= self.one(&case, outer);
                continue;
            }
            for only in case.types.singles() {
                let single = Known { types: only, ..case.clone() };
                if only == Types::OBJECT && single.has_dependencies() {
                    for case in single.cases() {
                        fits &= self.one(&case, outer);
                    }
                } else {
                    fits &= self.one(&single, outer);
                }
            }
        }
        fits
    }

    /// A case whose values are listed, or are of one type.
    fn one<'d>(&mut self, known: &Known<'d, 'a>, outer: Schema<'d, 'a>) -> bool {
        match listed(known) {
            Some(values) => self.values(known, &values, outer),
            None => self.single(known, outer),
        }
    }

    fn values<'d>(&mut self, known: &Known<'d, 'a>, values: &[&Json], outer: Schema<'d, 'a>) -> bool {
        let refused = values.iter().find(|value| satisfies(value, outer) != Some(true));
        match refused {
            Some(value) => {
                let reason = format!("{value} was allowed");
                let keys = ["enum", "const", "type"];
                let key = keys.into_iter().find(|key| outer.get(key).is_some()).unwrap_or("schema");
                self.fail(known, outer, key, reason)
            }
            None => true,
        }
    }

    /// Documents of one type.
    fn single<'d>(&mut self, known: &Known<'d, 'a>, outer: Schema<'d, 'a>) -> bool {
        if outer.value == &Json::Bool(false) {
            return self.fail(known, outer, "schema", format!("a {} was allowed", known.types.word()));
        }
        if let Some(types) = outer.get("type")
            && !known.types.is_within(Types::of_keyword(types))
        {
            return self.fail(known, outer, "type", format!("a {} was allowed", known.types.word()));
        }
        for key in ["enum", "const"] {
            if outer.get(key).is_some() {
                return self.fail(known, outer, key, "other values were allowed");
            }
        }
        let mut fits = self.combined(known, outer);
        fits &= match known.types {
            Types::INTEGER | Types::FRACTION => self.keywords(known, outer, number::violated(known, outer)),
            Types::STRING => {
                let mut fits = true;
                for (key, reason, is_certain) in text::violated(known, outer) {
                    self.find(
                        known.schemas.first().map(|schema| schema.value),
                        value_at(outer, key),
                        kind(key),
                        reason,
                    );
                    if let Some(last) = self.findings.last_mut().filter(|_| !is_certain && self.quiet == 0) {
                        last.is_certain = false;
                    }
                    fits = false;
                }
                fits
            }
            Types::ARRAY => array::included(self, known, outer),
            Types::OBJECT => object::included(self, known, outer),
            _ => true,
        };
        fits
    }

    fn keywords<'d>(
        &mut self,
        known: &Known<'d, 'a>,
        outer: Schema<'d, 'a>,
        found: Vec<(&'static str, &'static str)>,
    ) -> bool {
        let fits = found.is_empty();
        for (key, reason) in found {
            self.fail(known, outer, key, reason);
        }
        fits
    }

    /// References and the combinations of schemas.
    fn combined<'d>(&mut self, known: &Known<'d, 'a>, outer: Schema<'d, 'a>) -> bool {
        let mut fits = match outer.target() {
            Target::None => true,
            Target::Found(target) => self.included(known, target),
            Target::Unknown => {
                let same = known
                    .schemas
                    .iter()
                    .any(|schema| schema.get("$ref").is_some() && schema.get("$ref") == outer.get("$ref"));
                same || self.undecided(known, outer)
            }
        };
        for inner in outer.schemas_at("allOf").unwrap_or_default() {
            fits &= self.included(known, inner);
        }
        for key in ["anyOf", "oneOf"] {
            if let Some(branches) = outer.schemas_at(key) {
                let any = branches.iter().any(|branch| self.quietly(|checker| checker.included(known, *branch)));
                // With one alternative, what is wrong with it says more than that none fits.
                fits &= match branches.as_slice() {
                    [only] if !any => self.included(known, *only),
                    _ if any => true,
                    _ => {
                        let reason = format!("a {} that is none of the alternatives was allowed", known.types.word());
                        self.fail(known, outer, key, reason)
                    }
                };
            }
        }
        if let Some(inner) = outer.schema_at("not")
            && !self.is_apart(known, inner)
        {
            fits &= self.fail(known, outer, "not", "what is excluded was allowed");
        }
        fits & self.conditional(known, outer)
    }

    fn conditional<'d>(&mut self, known: &Known<'d, 'a>, outer: Schema<'d, 'a>) -> bool {
        let Some(condition) = outer.schema_at("if") else { return true };
        let mut fits = true;
        if let Some(then) = outer.schema_at("then")
            && !self.is_apart(known, condition)
        {
            fits &= self.included(&known.and(condition), then);
        }
        if let Some(otherwise) = outer.schema_at("else")
            && !self.quietly(|checker| checker.included(known, condition))
        {
            fits &= self.included(&known.and_not(condition), otherwise);
        }
        fits
    }

    /// Whether clearly no document that is known satisfies the schema.
    fn is_apart<'d>(&mut self, known: &Known<'d, 'a>, schema: Schema<'d, 'a>) -> bool {
        if self.is_nothing(&known.and(schema)) {
            return true;
        }
        let excluded: Vec<Schema<'d, 'a>> = known.excluded.clone();
        let inner = Known { types: known.types, ..Known::of(schema) };
        excluded.into_iter().any(|excluded| self.quietly(|checker| checker.included(&inner, excluded)))
    }

    /// Whether clearly no document is like this.
    pub fn is_nothing(&mut self, known: &Known<'_, 'a>) -> bool {
        known.cases().is_empty()
    }

    /// Whether the schema says nothing.
    pub fn accepts_all<'d>(&mut self, schema: Schema<'d, 'a>) -> bool {
        self.quietly(|checker| checker.included(&Known::all(Vec::new()), schema))
    }

    pub fn quietly<T>(&mut self, ask: impl FnOnce(&mut Self) -> T) -> T {
        self.quiet += 1;
        let answer = ask(self);
        self.quiet -= 1;
        answer
    }

    /// Enters that a keyword is not satisfied; always false.
    pub fn fail<'d>(
        &mut self,
        known: &Known<'d, 'a>,
        outer: Schema<'d, 'a>,
        key: &'static str,
        reason: impl Into<String>,
    ) -> bool {
        let writer = known.schemas.iter().find_map(|schema| schema.get(key)).or(known.schemas.first().map(|s| s.value));
        self.find(writer, value_at(outer, key), kind(key), reason.into());
        false
    }

    /// Enters that a part of a schema is not satisfied; always false.
    pub fn fail_at<'d>(
        &mut self,
        known: &Known<'d, 'a>,
        _outer: Schema<'d, 'a>,
        part: Schema<'d, 'a>,
        kind: &'static str,
        reason: &str,
    ) -> bool {
        self.find(known.schemas.first().map(|schema| schema.value), part.value, kind, reason.to_owned());
        false
    }

    fn undecided<'d>(&mut self, known: &Known<'d, 'a>, outer: Schema<'d, 'a>) -> bool {
        let reason = "whether every document is allowed cannot be decided".to_owned();
        self.find(known.schemas.first().map(|schema| schema.value), outer.value, "undecided", reason);
        if let Some(last) = self.findings.last_mut().filter(|_| self.quiet == 0) {
            last.is_certain = false;
        }
        false
    }

    pub fn find(&mut self, writer: Option<&'a Json>, reader: &'a Json, kind: &'static str, reason: String) {
        if self.quiet > 0 || self.findings.len() >= FINDINGS_MAX {
            return;
        }
        let is_known = self.findings.iter().any(|found| std::ptr::eq(found.reader, reader) && found.kind == kind);
        if !is_known {
            self.findings.push(Finding { writer, reader, kind, reason, is_certain: true });
        }
    }
}

/// Equal schemas allow the same, unless their references lead to other places.
fn is_same(one: Schema<'_, '_>, other: Schema<'_, '_>) -> bool {
    one.value == other.value
        && (one.document.root == other.document.root || !one.value.to_string().to_lowercase().contains("ref\""))
}

/// All documents of a case, where they can be listed. The case is of one type, or has a list.
fn listed<'a>(case: &Known<'_, 'a>) -> Option<Vec<&'a Json>> {
    static TRUE: Json = Json::Bool(true);
    static FALSE: Json = Json::Bool(false);
    static NULL: Json = Json::Null;
    let values: Vec<&Json> = match (case.values(), case.types) {
        (Some(values), _) => return Some(values),
        (None, Types::NULL) => vec![&NULL],
        (None, Types::BOOLEAN) => vec![&TRUE, &FALSE],
        _ => return None,
    };
    Some(values.into_iter().filter(|value| case.is_possible(value)).collect())
}

fn value_at<'a>(schema: Schema<'_, 'a>, key: &str) -> &'a Json {
    schema.get(key).unwrap_or(schema.value)
}

/// The kind of change that a keyword stands for.
fn kind(key: &str) -> &'static str {
    match key {
        "type" => "type-changed",
        "enum" | "const" => "enum-changed",
        "required" => "required-changed",
        "minLength" | "maxLength" => "length-changed",
        "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum" => "bound-changed",
        "multipleOf" => "multiple-changed",
        "pattern" => "pattern-changed",
        "format" | "contentEncoding" | "contentMediaType" => "format-changed",
        "minItems" | "maxItems" | "uniqueItems" | "contains" => "items-changed",
        "minProperties" | "maxProperties" | "propertyNames" => "properties-changed",
        "dependencies" => "dependencies-changed",
        "anyOf" | "oneOf" | "not" => "alternatives-changed",
        _ => "schema-narrowed",
    }
}
