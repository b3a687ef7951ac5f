//! Fields of a message: number, type, label, oneof.

use std::collections::HashMap;

use super::{Differ, Side};
use crate::diff::{Effect, Verdict};
use crate::formats::protobuf::file::{Field, Label, Message};

const WARN: Effect = Effect::Felt(Verdict::Warning, Verdict::Warning);

pub(super) fn fields(differ: &mut Differ<'_>, old: &Message, new: &Message) {
    let by_number: HashMap<i64, &Field> = new.fields.iter().map(|field| (field.number, field)).collect();
    for field in &old.fields {
        match by_number.get(&field.number) {
            Some(other) => changed(differ, old, new, field, other),
            None => removed(differ, new, field),
        }
    }
    for field in &new.fields {
        if old.fields.iter().all(|other| other.number != field.number) {
            added(differ, old, field);
        }
    }
    oneofs(differ, old, new);
}

fn shown(field: &Field) -> Side {
    let label = if field.label == Label::Singular { String::new() } else { format!("{} ", field.label.word()) };
    Some((format!("{label}{} {} = {}", field.type_name, field.name.text, field.number), field.name.span))
}

fn yes_or_no(flag: bool) -> &'static str {
    if flag { "true" } else { "false" }
}

/// With the options that differ.
fn with(field: &Field, options: &[(&str, Option<&str>)]) -> Side {
    let options: Vec<String> =
        options.iter().filter_map(|(name, value)| Some(format!("{name} = {}", (*value)?))).collect();
    shown(field).map(|(text, span)| match options.is_empty() {
        true => (text, span),
        false => (format!("{text} [{}]", options.join(", ")), span),
    })
}

fn element(message: &Message, field: &Field) -> String {
    format!("{}.{}", message.name.text, field.name.text)
}

fn removed(differ: &mut Differ<'_>, new: &Message, field: &Field) {
    let element = element(new, field);
    if let Some(moved) = new.fields.iter().find(|other| other.name.text == field.name.text) {
        let reason = "under its number nobody finds it any more: data that was written before loses it";
        differ.add(&element, shown(field), shown(moved), "field-renumbered", Effect::Both, reason);
        return;
    }
    let (effect, reason) = match (field.label, &field.oneof) {
        (Label::Required, _) => (Effect::Loosens, "readers of the old version refuse data without it"),
        (_, Some(_)) => (Effect::Both, "of the oneof nothing is set where it was: the case is lost"),
        _ if new.reserved.has_number(field.number) => {
            (Effect::Felt(Verdict::Warning, Verdict::Safe), "readers of the old version get its default")
        }
        _ => {
            let reason =
                "readers of the old version get its default; reserve its number so that it is never used again";
            (Effect::Felt(Verdict::Warning, Verdict::Warning), reason)
        }
    };
    differ.add(&element, shown(field), None, "field-removed", effect, reason);
}

fn added(differ: &mut Differ<'_>, old: &Message, field: &Field) {
    let element = element(old, field);
    // One that has another number is told where it was.
    if old.fields.iter().any(|other| other.name.text == field.name.text) {
        return;
    }
    let (kind, effect, reason) = if old.reserved.has_number(field.number) || old.reserved.has_name(&field.name.text) {
        ("reserved-used", Effect::Both, "it was reserved: older data may use it in another meaning")
    } else if field.label == Label::Required {
        ("field-added", Effect::Tightens, "data that was written before lacks it, and is refused")
    } else {
        ("field-added", Effect::Adds, "old data gives its default, old readers pass over it")
    };
    differ.add(&element, None, shown(field), kind, effect, reason);
}

fn changed(differ: &mut Differ<'_>, old_message: &Message, new_message: &Message, old: &Field, new: &Field) {
    let element = element(new_message, new);
    if old.name.text != new.name.text {
        let reason = "the wire stays the same, JSON and code do not";
        differ.add(&element, shown(old), shown(new), "field-renamed", WARN, reason);
        if let Some(change) = differ.changes.last_mut() {
            change.rename_of = Some(old.name.text.clone());
        }
    } else if old.json_name != new.json_name {
        let named = |field: &Field| with(field, &[("json_name", field.json_name.as_deref())]);
        differ.add(&element, named(old), named(new), "field-renamed", WARN, "its name in JSON changed");
    }
    let scope = (old_message.name.text.as_str(), new_message.name.text.as_str());
    let types = (full_type(differ, old, scope.0, true), full_type(differ, new, scope.1, false));
    if types.0 != types.1 {
        let (kind, effect, reason) = between(&types.0, &types.1);
        differ.add(&element, shown(old), shown(new), kind, effect, reason);
    }
    if old.label != new.label {
        let (effect, reason) = label(old, new);
        differ.add(&element, shown(old), shown(new), "label-changed", effect, reason);
    }
    if old.default != new.default {
        let reason = "where it is absent, readers get another value";
        let filled = |field: &Field| with(field, &[("default", field.default.as_deref())]);
        differ.add(&element, filled(old), filled(new), "default-changed", WARN, reason);
    }
    if old.is_packed != new.is_packed {
        let reason = "parsers read both ways of packing";
        let packed = |field: &Field| with(field, &[("packed", field.is_packed.map(yes_or_no))]);
        differ.add(&element, packed(old), packed(new), "packing-changed", Effect::Safe, reason);
    }
    if !old.is_deprecated && new.is_deprecated {
        let effect = Effect::Felt(Verdict::Warning, Verdict::Safe);
        let reason = "those who read it should stop doing so";
        let marked = with(new, &[("deprecated", Some("true"))]);
        differ.add(&element, shown(old), marked, "deprecation-changed", effect, reason);
    }
    super::features::fields(differ, &element, old, new, (&types.0, &types.1));
}

/// A type by its full name, and whether it is an enum: `map<string, a.B>`.
fn full_type(differ: &Differ<'_>, field: &Field, scope: &str, is_old: bool) -> String {
    let file = if is_old { differ.old } else { differ.new };
    let resolve = |name: &str| {
        if group(name).is_some() {
            return name.to_owned();
        }
        let full = file.resolve(name, scope);
        if file.is_enum(&full) { format!("enum {full}") } else { full }
    };
    match field.type_name.strip_prefix("map<").and_then(|inner| inner.strip_suffix('>')?.split_once(", ")) {
        Some((key, value)) => format!("map<{}, {}>", resolve(key), resolve(value)),
        None => resolve(&field.type_name),
    }
}

/// Types of one group are read as each other from the wire.
fn group(name: &str) -> Option<u8> {
    Some(match name {
        "int32" | "int64" | "uint32" | "uint64" | "bool" => 0,
        "sint32" | "sint64" => 1,
        "fixed32" | "sfixed32" => 2,
        "fixed64" | "sfixed64" => 3,
        "string" | "bytes" => 4,
        "float" => 5,
        "double" => 6,
        _ => return None,
    })
}

fn between(old: &str, new: &str) -> (&'static str, Effect, &'static str) {
    let is_enum = |name: &str| name.starts_with("enum ");
    let wide = |name: &str| name.ends_with("64");
    match (group(old), group(new)) {
        (Some(4), Some(4)) => ("type-changed", WARN, "the wire stays the same; a text must be UTF-8, bytes need not"),
        (Some(one), Some(other)) if one == other && wide(new) && !wide(old) => {
            let effect = Effect::Felt(Verdict::Warning, Verdict::Safe);
            ("type-widened", effect, "every old value can be read; old readers cut off what is too large for them")
        }
        (Some(one), Some(other)) if one == other && wide(old) && !wide(new) => {
            let effect = Effect::Felt(Verdict::Safe, Verdict::Warning);
            ("type-narrowed", effect, "values that are too large are cut off")
        }
        (Some(one), Some(other)) if one == other => {
            ("type-changed", WARN, "the wire stays the same; the sign or range of values is read in another way")
        }
        (Some(0), None) if is_enum(new) => {
            ("type-changed", WARN, "the wire stays the same; unknown values are kept or lost")
        }
        (None, Some(0)) if is_enum(old) => ("type-changed", WARN, "the wire stays the same, as a number"),
        _ => ("type-changed", Effect::Both, "the bytes mean something else, or nothing"),
    }
}

fn label(old: &Field, new: &Field) -> (Effect, &'static str) {
    use Label::{Repeated, Required};
    let is_scalar = |field: &Field| group(&field.type_name).is_some_and(|group| group != 4);
    match (old.label, new.label) {
        (Required, Repeated) | (Repeated, Required) => {
            (Effect::Both, "a list and one required value do not mean the same")
        }
        (_, Required) => (Effect::Tightens, "data that was written before may lack it, and is refused"),
        (Required, _) => (Effect::Loosens, "readers of the old version refuse data without it"),
        (Repeated, _) | (_, Repeated) if is_scalar(old) || is_scalar(new) => {
            (Effect::Both, "packed numbers cannot be read as one, nor one as packed numbers")
        }
        (Repeated, _) | (_, Repeated) => (WARN, "of several values only the last is read as one"),
        _ => (WARN, "whether it was set can be told in one version only"),
    }
}

/// Fields that came into a oneof: setting one clears the others.
fn oneofs(differ: &mut Differ<'_>, old: &Message, new: &Message) {
    let mut moved: HashMap<&str, Vec<(&Field, &Field)>> = HashMap::new();
    for field in &new.fields {
        let Some(group) = field.oneof.as_deref() else { continue };
        if let Some(before) = old.fields.iter().find(|other| other.number == field.number)
            && before.oneof.as_deref() != Some(group)
        {
            moved.entry(group).or_default().push((before, field));
        }
    }
    let mut groups: Vec<_> = moved.into_iter().collect();
    groups.sort_by_key(|(group, _)| *group);
    for (group, fields) in groups {
        let existed = old.fields.iter().any(|field| field.oneof.as_deref() == Some(group));
        // A oneof that only has another name holds the same fields.
        let same_group = fields.iter().all(|(before, _)| before.oneof.is_some() && before.oneof == fields[0].0.oneof);
        let (effect, reason) = match (existed, fields.len()) {
            _ if same_group && !existed => (Effect::Safe, "the oneof has another name, which is not on the wire"),
            (true, _) => (Effect::Both, "setting it clears the others of the oneof, and the other way round"),
            (false, 1) => (Effect::Safe, "a oneof of one field is on the wire what the field was"),
            _ => (Effect::Both, "old data may have several of them set, of which only the last is kept"),
        };
        for (before, field) in fields {
            let element = format!("{}.{}", new.name.text, field.name.text);
            differ.add(&element, shown(before), shown(field), "oneof-changed", effect, reason);
        }
    }
    for field in &new.fields {
        if let Some(before) = old.fields.iter().find(|other| other.number == field.number)
            && before.oneof.is_some()
            && field.oneof.is_none()
        {
            let element = format!("{}.{}", new.name.text, field.name.text);
            let effect = Effect::Felt(Verdict::Warning, Verdict::Safe);
            let reason = "several may be set now; readers of the old version keep the last";
            differ.add(&element, shown(before), shown(field), "oneof-changed", effect, reason);
        }
    }
}
