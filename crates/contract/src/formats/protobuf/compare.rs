//! What changed between two files, and who can feel it.

mod features;
mod fields;

use serde_json::Value as Json;

use super::file::{Enum, File, Named, Service};
use crate::diagnostic::Span;
use crate::diff::{Change, Effect, Place, Verdict};

/// Collects changes.
pub(super) struct Differ<'f> {
    pub old_path: &'f str,
    pub new_path: &'f str,
    pub old: &'f File,
    pub new: &'f File,
    pub changes: Vec<Change>,
}

/// A side of a change: what it was, and where.
pub(super) type Side = Option<(String, Span)>;

pub(super) fn compare(old_path: &str, old: &File, new_path: &str, new: &File) -> Vec<Change> {
    let mut differ = Differ { old_path, new_path, old, new, changes: Vec::new() };
    differ.head();
    for message in &old.messages {
        match new.message(&message.name.text) {
            Some(other) => fields::fields(&mut differ, message, other),
            None => {
                let reason = "data of it can no longer be read";
                differ.add(&message.name.text, side(&message.name), None, "message-removed", Effect::Both, reason);
            }
        }
    }
    for message in new.messages.iter().filter(|message| old.message(&message.name.text).is_none()) {
        differ.add(
            &message.name.text,
            None,
            side(&message.name),
            "message-added",
            Effect::Adds,
            "nobody has to use it",
        );
    }
    differ.enums();
    differ.services();
    differ.changes
}

pub(super) fn side(name: &Named) -> Side {
    Some((name.text.clone(), name.span))
}

impl Differ<'_> {
    pub fn add(
        &mut self,
        element: &str,
        old: Side,
        new: Side,
        kind: &'static str,
        effect: Effect,
        reason: impl Into<String>,
    ) {
        let place = |path: &str, side: &Side| side.as_ref().map(|(_, span)| Place::new(path, *span));
        self.changes.push(Change {
            element: element.to_owned(),
            kind,
            old_place: place(self.old_path, &old),
            new_place: place(self.new_path, &new),
            old: old.map(|(text, _)| Json::String(text)),
            new: new.map(|(text, _)| Json::String(text)),
            consumer: effect.consumer(),
            producer: effect.producer(),
            reason: reason.into(),
            rename_of: None,
            since: None,
            effect,
        });
    }

    fn head(&mut self) {
        let (old, new) = (&self.old.package, &self.new.package);
        if old.text != new.text {
            let reason = "the full names of all messages change";
            self.add("package", side(old), side(new), "package-changed", Effect::Both, reason);
        }
        let (old, new) = (&self.old.syntax, &self.new.syntax);
        let name = |syntax: &Named| if syntax.text.is_empty() { "proto2".to_owned() } else { syntax.text.clone() };
        if name(old) != name(new) {
            let effect = Effect::Felt(Verdict::Warning, Verdict::Warning);
            let reason = "presence, packing and unknown enum values follow other rules";
            self.add("syntax", side(old), side(new), "syntax-changed", effect, reason);
        }
        features::file(self);
    }

    fn enums(&mut self) {
        let (old, new) = (self.old, self.new);
        let find = |file: &'_ File, name: &str| file.enums.iter().position(|known| known.name.text == name);
        for one in &old.enums {
            let element = &one.name.text;
            match find(new, element) {
                Some(at) => {
                    features::enums(self, one, &new.enums[at]);
                    self.values(one, &new.enums[at]);
                }
                None => {
                    let effect = Effect::Felt(Verdict::Warning, Verdict::Warning);
                    let reason = "fields of it are judged on their own; code that names it no longer compiles";
                    self.add(element, side(&one.name), None, "enum-removed", effect, reason);
                }
            }
        }
        for one in new.enums.iter().filter(|one| find(old, &one.name.text).is_none()) {
            self.add(&one.name.text, None, side(&one.name), "enum-added", Effect::Adds, "nobody has to use it");
        }
    }

    fn values(&mut self, old: &Enum, new: &Enum) {
        let word = |value: &(Named, i64)| Some((format!("{} = {}", value.0.text, value.1), value.0.span));
        for value in &old.values {
            let element = format!("{}.{}", old.name.text, value.0.text);
            let by_number = new.values.iter().find(|other| other.1 == value.1);
            let by_name = new.values.iter().find(|other| other.0.text == value.0.text);
            match (by_number, by_name) {
                (Some(_), Some(named)) if named.1 == value.1 => {}
                (_, Some(named)) => {
                    let reason = "the number on the wire means another value";
                    self.add(&element, word(value), word(named), "enum-value-renumbered", Effect::Both, reason);
                }
                (Some(renamed), None) => {
                    let effect = Effect::Felt(Verdict::Warning, Verdict::Warning);
                    let reason = "the wire stays the same, JSON and code do not";
                    self.add(&element, word(value), word(renamed), "enum-value-renamed", effect, reason);
                }
                (None, None) => {
                    let is_reserved = new.reserved.has_number(value.1);
                    let reason = match is_reserved {
                        true => "writers of the old version may still send it",
                        false => "writers may still send it, and its number is not reserved",
                    };
                    let effect = Effect::Felt(Verdict::Safe, Verdict::Warning);
                    self.add(&element, word(value), None, "enum-value-removed", effect, reason);
                }
            }
        }
        for value in &new.values {
            let known = |other: &&(Named, i64)| other.1 == value.1 || other.0.text == value.0.text;
            if old.values.iter().find(known).is_some() {
                continue;
            }
            let element = format!("{}.{}", old.name.text, value.0.text);
            if old.reserved.has_number(value.1) || old.reserved.has_name(&value.0.text) {
                let reason = "it was reserved: older data may use it in another meaning";
                self.add(&element, None, word(value), "reserved-used", Effect::Both, reason);
            } else {
                let effect = Effect::Felt(Verdict::Warning, Verdict::Safe);
                let reason = "readers of the old version do not know the value";
                self.add(&element, None, word(value), "enum-value-added", effect, reason);
            }
        }
    }

    fn services(&mut self) {
        let (old, new) = (self.old, self.new);
        let find = |file: &'_ File, name: &str| file.services.iter().position(|known| known.name.text == name);
        for one in &old.services {
            match find(new, &one.name.text) {
                Some(at) => self.methods(one, &new.services[at]),
                None => {
                    let reason = "those who call it are not answered";
                    self.add(&one.name.text, side(&one.name), None, "service-removed", Effect::Loosens, reason);
                }
            }
        }
        for one in new.services.iter().filter(|one| find(old, &one.name.text).is_none()) {
            self.add(&one.name.text, None, side(&one.name), "service-added", Effect::Adds, "nobody has to call it");
        }
    }

    fn methods(&mut self, old: &Service, new: &Service) {
        for method in &old.methods {
            let element = format!("{}.{}", old.name.text, method.name.text);
            let was = Some((method.signature.clone(), method.name.span));
            match new.methods.iter().find(|other| other.name.text == method.name.text) {
                None => {
                    let reason = "those who call it are not answered";
                    self.add(&element, was, None, "method-removed", Effect::Loosens, reason);
                }
                Some(other) if other.signature != method.signature => {
                    let is = Some((other.signature.clone(), other.name.span));
                    let reason = "it takes or gives other messages";
                    self.add(&element, was, is, "method-changed", Effect::Both, reason);
                }
                Some(_) => {}
            }
        }
        for method in &new.methods {
            if old.methods.iter().all(|other| other.name.text != method.name.text) {
                let element = format!("{}.{}", old.name.text, method.name.text);
                let is = Some((method.signature.clone(), method.name.span));
                self.add(&element, None, is, "method-added", Effect::Adds, "nobody has to call it");
            }
        }
    }
}
