//! Features of editions, of a whole file, of enums and of fields.

use super::Differ;
use crate::diff::{Effect, Verdict};
use crate::formats::protobuf::features::{ENCODING, ENUM_TYPE, Features, JSON, PACKING, PRESENCE, UTF8, by_syntax};
use crate::formats::protobuf::file::{Enum, Field, File, Label, Named};

/// What a file says for all that does not say otherwise. Where the syntax changes, that is told.
pub(super) fn file(differ: &mut Differ<'_>) {
    let (old, new) = (differ.old, differ.new);
    if old.syntax.text != new.syntax.text {
        return;
    }
    let none = Features::new();
    for feature in [PRESENCE, ENUM_TYPE, PACKING, UTF8, ENCODING, JSON] {
        compare(differ, &format!("features.{feature}"), feature, (&none, &old.features), (&none, &new.features));
    }
}

pub(super) fn enums(differ: &mut Differ<'_>, old: &Enum, new: &Enum) {
    for feature in [ENUM_TYPE, JSON] {
        own(differ, &old.name.text, feature, &old.features, &new.features);
    }
}

/// `types` are the full names of the field's types.
pub(super) fn fields(differ: &mut Differ<'_>, element: &str, old: &Field, new: &Field, types: (&str, &str)) {
    for feature in [PRESENCE, PACKING, UTF8, ENCODING] {
        // A required field is told by its label.
        let is_told = feature == PRESENCE && [old.label, new.label].contains(&Label::Required);
        // Another type on the wire is told already.
        if !is_told && (types.0 == types.1 || feature != ENCODING) {
            own(differ, element, feature, &old.features, &new.features);
        }
    }
}

/// What an element says itself; what both take over from their file is told of the file.
fn own(differ: &mut Differ<'_>, element: &str, feature: &str, old: &Features, new: &Features) {
    if !old.contains_key(feature) && !new.contains_key(feature) {
        return;
    }
    let (old_file, new_file) = (differ.old, differ.new);
    let element = format!("{element}.features.{feature}");
    compare(differ, &element, feature, (old, &old_file.features), (new, &new_file.features));
}

fn compare(
    differ: &mut Differ<'_>,
    element: &str,
    feature: &str,
    old: (&Features, &Features),
    new: (&Features, &Features),
) {
    let said = |(own, whole): (&Features, &Features)| own.get(feature).or_else(|| whole.get(feature)).cloned();
    let (old, new) = (said(old), said(new));
    // What no option says, the syntax says.
    let value = |found: Option<Named>, file: &File| {
        let by_syntax = || (by_syntax(&file.syntax.text, feature).to_owned(), file.syntax.span);
        found.map_or_else(by_syntax, |found| (found.text, found.span))
    };
    let (was, is) = (value(old, differ.old), value(new, differ.new));
    if was.0 != is.0 {
        let (effect, reason) = felt(feature);
        differ.add(element, Some(was), Some(is), "feature-changed", effect, reason);
    }
}

fn felt(feature: &str) -> (Effect, &'static str) {
    let warn = Effect::Felt(Verdict::Warning, Verdict::Warning);
    match feature {
        PRESENCE => (warn, "whether it was set can be told in one version only"),
        ENUM_TYPE => (warn, "values that are not known are kept by one version, and not by the other"),
        UTF8 => (warn, "texts that are not UTF-8 are refused by one version only"),
        ENCODING => (Effect::Both, "messages are written in another way, which the other version cannot read"),
        JSON => (warn, "one version only promises that all of it can be written as JSON"),
        _ => (Effect::Safe, "parsers read both ways of packing"),
    }
}
