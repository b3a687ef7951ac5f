//! Texts: lengths, patterns, formats, encodings.

use super::document::Schema;
use super::known::Known;
use super::types::Types;
use crate::diff::{Inclusion, includes};

/// Lengths up to this are also looked for in patterns.
const LENGTH_MAX: u64 = 200;

/// Formats whose texts are all texts of another one.
const NARROWER: &[(&str, &str)] = &[
    ("email", "idn-email"),
    ("hostname", "idn-hostname"),
    ("uri", "uri-reference"),
    ("uri", "iri"),
    ("uri", "iri-reference"),
    ("uri-reference", "iri-reference"),
    ("iri", "iri-reference"),
    ("int32", "int64"),
    ("float", "double"),
];

fn lengths(known: &Known<'_, '_>) -> (u64, Option<u64>) {
    let least = known.schemas.iter().filter_map(|schema| schema.count("minLength")).max().unwrap_or(0);
    (least, known.schemas.iter().filter_map(|schema| schema.count("maxLength")).min())
}

/// Whether no text is left. `known` is of one type.
pub(super) fn is_empty(known: &Known<'_, '_>) -> bool {
    let (least, most) = lengths(known);
    known.types.is_within(Types::STRING) && most.is_some_and(|most| least > most)
}

/// A keyword that is not satisfied, why, and whether that is certain.
pub(super) type Violation = (&'static str, String, bool);

/// The keywords of `outer` that some text of `known` does not satisfy.
pub(super) fn violated(known: &Known<'_, '_>, outer: Schema<'_, '_>) -> Vec<Violation> {
    let (least, most) = lengths(known);
    let patterns: Vec<&str> = known.schemas.iter().filter_map(|schema| schema.text("pattern")).collect();
    let within = |outer: &str| patterns.iter().any(|pattern| includes(outer, pattern) == Inclusion::Yes);
    let mut found = Vec::new();
    if let Some(wanted) = outer.count("minLength").filter(|wanted| least < *wanted)
        && !(wanted <= LENGTH_MAX && within(&format!("^[\\s\\S]{{{wanted},}}$")))
    {
        found.push(("minLength", "shorter texts were allowed".to_owned(), true));
    }
    if let Some(wanted) = outer.count("maxLength").filter(|wanted| most.is_none_or(|most| most > *wanted))
        && !(wanted <= LENGTH_MAX && within(&format!("^[\\s\\S]{{0,{wanted}}}$")))
    {
        found.push(("maxLength", "longer texts were allowed".to_owned(), true));
    }
    found.extend(outer.text("pattern").and_then(|pattern| unmatched(known, pattern, &patterns)));
    for key in ["format", "contentEncoding", "contentMediaType"] {
        let Some(wanted) = outer.text(key) else { continue };
        let narrower = |given: &str| given == wanted || NARROWER.contains(&(given, wanted));
        if !known.schemas.iter().filter_map(|schema| schema.text(key)).any(narrower) {
            found.push((key, format!("texts of another form than `{wanted}` were allowed"), true));
        }
    }
    found
}

fn unmatched(known: &Known<'_, '_>, wanted: &str, patterns: &[&str]) -> Option<Violation> {
    let (least, most) = lengths(known);
    let mut given: Vec<String> = patterns.iter().map(|pattern| (*pattern).to_owned()).collect();
    if least > 0 || most.is_some() {
        let most = most.map(|most| most.to_string()).unwrap_or_default();
        given.push(format!("^[\\s\\S]{{{least},{most}}}$"));
    }
    if given.is_empty() {
        given.push(String::new());
    }
    let mut example = None;
    let mut is_certain = true;
    for inner in given {
        match includes(wanted, &inner) {
            Inclusion::Yes => return None,
            Inclusion::No(text) => example = Some(text),
            Inclusion::Undecided => is_certain = false,
        }
    }
    let reason = match example {
        Some(text) => format!("texts without the pattern were allowed, for example {text:?}"),
        None => "whether all texts have the pattern cannot be decided".to_owned(),
    };
    Some(("pattern", reason, is_certain))
}
