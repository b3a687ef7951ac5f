//! How sensitive a column is, and how its values are protected.

use std::collections::BTreeSet;

use super::change::{Effect, Verdict};
use super::differ::{Differ, join};
use super::pair::{Pair, field};
use super::schema::same_word;
use crate::privacy::{self, Encryption, Protection};
use crate::syntax::Node;

/// How much protection a class asks for. Unknown words cannot be ordered.
fn rank(class: &str) -> Option<u8> {
    let plain: String = class.chars().filter(|c| c.is_alphanumeric()).collect::<String>().to_lowercase();
    Some(match plain.as_str() {
        "public" | "open" | "unrestricted" | "none" | "nonsensitive" => 0,
        "internal" | "internalonly" | "private" => 1,
        "confidential" | "sensitive" => 2,
        "restricted" => 3,
        "pii" | "personal" | "personaldata" | "phi" | "pci" | "pseudonymous" => 4,
        "secret"
        | "highlyconfidential"
        | "highlyrestricted"
        | "strictlyconfidential"
        | "sensitivepii"
        | "topsecret"
        | "specialcategory" => 5,
        _ => return None,
    })
}

/// Judges the class of a column, and where its encrypted value is.
pub(super) fn classes(differ: &mut Differ, element: &str, pair: Pair<'_>) {
    use Verdict::{Breaking, Safe, Warning};
    let class = pair.field("classification");
    if !(class.is_same() || class.old.is_some() && same_word(class.texts())) {
        let (effect, reason) = class_moved(class.texts());
        differ.add(join(element, "classification"), class, "classification-changed", effect, reason);
    }
    let encrypted = pair.field("encryptedName");
    if !encrypted.is_same() {
        let (effect, reason) = match (encrypted.old, encrypted.new) {
            (None, _) => (Effect::Felt(Warning, Safe), "the encrypted value is in a column of its own"),
            _ => (Effect::Felt(Breaking, Warning), "the encrypted value is not where it was"),
        };
        differ.add(join(element, "encryptedName"), encrypted, "encryption-changed", effect, reason);
    }
}

/// A project may take a tag for a class, and a contract does not say which.
pub(super) fn tags(differ: &mut Differ, element: &str, pair: Pair<'_>) {
    let words = |node: Option<&Node>| -> BTreeSet<String> {
        node.map(Node::items).unwrap_or_default().iter().filter_map(Node::as_str).map(str::to_owned).collect()
    };
    if words(pair.old) == words(pair.new) {
        return;
    }
    let effect = Effect::Felt(Verdict::Warning, Verdict::Warning);
    let reason =
        "where the project takes a tag for a class (`[privacy.tags]`), its values are protected in another way";
    differ.add(join(element, "tags"), pair, "tags-changed", effect, reason);
}

fn class_moved((old, new): (Option<&str>, Option<&str>)) -> (Effect, &'static str) {
    use Verdict::{Breaking, Warning};
    let of = |class: Option<&str>| class.map_or(Some(0), rank);
    match (of(old), of(new)) {
        (Some(old), Some(new)) if old < new => {
            let reason = "it asks for more protection: what may be done with it, and who may see it, narrows";
            (Effect::Felt(Breaking, Warning), reason)
        }
        (Some(old), Some(new)) if old > new => {
            (Effect::Felt(Warning, Warning), "it asks for less protection: make sure that this is meant")
        }
        (Some(_), Some(_)) if old.is_none() || new.is_none() => (Effect::Safe, "no protection was or is asked for"),
        _ => (Effect::Felt(Warning, Warning), "which class asks for more protection cannot be told"),
    }
}

/// Judges Plimsoll's own settings that are about privacy; false of any other.
pub(super) fn setting(differ: &mut Differ, element: &str, name: &str, pair: Pair<'_>) -> bool {
    let value = pair.field("value");
    match name {
        "protection" => protection(differ, element, value),
        "declassify" => declassified(differ, element, value),
        "encryption" => encryption(differ, element, value),
        _ => return false,
    }
    true
}

fn protection(differ: &mut Differ, element: &str, value: Pair<'_>) {
    use Verdict::{Breaking, Safe, Warning};
    let parsed = |node: Option<&Node>| node.map(|node| privacy::protection(&node.to_json()).ok());
    let (old, new) = match (parsed(value.old), parsed(value.new)) {
        (None, None) => return,
        // What cannot be read is an error of the lint; here it can only not be compared.
        (Some(None), _) | (_, Some(None)) => {
            if !value.is_same() {
                let reason = "how the values are kept cannot be told";
                let effect = Effect::Felt(Warning, Warning);
                differ.add(element, value, "protection-changed", effect, reason);
            }
            return;
        }
        (old, new) => (old.flatten(), new.flatten()),
    };
    let (effect, reason) = match (&old, &new) {
        (None, Some(new)) => {
            let reads = new.method.stored();
            (Effect::Felt(Breaking, Safe), format!("those who read it find {reads} where the value was"))
        }
        (Some(old), None) => {
            let reads = old.method.stored();
            let reason = format!("its values are stored in the clear, where {reads} was: make sure that this is meant");
            (Effect::Felt(Breaking, Warning), reason)
        }
        (Some(old), Some(new)) => match moved(old, new) {
            Some(moved) => moved,
            None => return,
        },
        (None, None) => return,
    };
    differ.add(element, value, "protection-changed", effect, reason);
}

/// `None` when the same is stored, and it counts as sensitive as before.
fn moved(old: &Protection, new: &Protection) -> Option<(Effect, String)> {
    use Verdict::{Breaking, Safe};
    if old.method != new.method {
        let reason = match old.method.word() == new.method.word() {
            true => "what is left of each value is another".to_owned(),
            false => format!("those who read it find {} where {} was", new.method.stored(), old.method.stored()),
        };
        return Some((Effect::Felt(Breaking, Safe), reason));
    }
    if !old.stores_as(new) {
        let reason = "equal values become other protected values: what is joined or compared with it must change along";
        return Some((Effect::Felt(Breaking, Safe), reason.to_owned()));
    }
    let usual = if new.method.leaves_nothing() { "public" } else { "internal" };
    let left = |protection: &Protection| protection.leaves.clone().unwrap_or_else(|| usual.to_owned());
    let (then, now) = (left(old), left(new));
    if same_word((Some(&then), Some(&now))) {
        return None;
    }
    let (effect, reason) = class_moved((Some(&then), Some(&now)));
    Some((effect, format!("the class of what is left of the value: {reason}")))
}

/// Of a table as a whole.
fn encryption(differ: &mut Differ, element: &str, value: Pair<'_>) {
    use Verdict::{Breaking, Safe, Warning};
    let parsed = |node: Option<&Node>| node.and_then(|node| Encryption::parse(&node.to_json()).ok());
    let (effect, reason) = match (parsed(value.old), parsed(value.new)) {
        (None, Some(_)) => (Effect::Felt(Breaking, Safe), "whoever reads its files needs the key"),
        (Some(_), None) => {
            (Effect::Felt(Warning, Warning), "its files are stored in the clear: make sure that this is meant")
        }
        (Some(old), Some(new)) if old != new => {
            (Effect::Felt(Breaking, Safe), "whoever reads its files needs another key")
        }
        _ => return,
    };
    differ.add(element, value, "encryption-changed", effect, reason);
}

/// What a transformation takes away.
fn declassified(differ: &mut Differ, element: &str, value: Pair<'_>) {
    use Verdict::{Breaking, Safe, Warning};
    let to = Pair::new(field(value.old, "to"), field(value.new, "to"));
    let (effect, reason) = match (value.old, value.new) {
        _ if value.is_same() => return,
        (Some(_), None) => (Effect::Felt(Breaking, Warning), "it counts as sensitive as what it is computed from"),
        (None, _) => (
            Effect::Felt(Warning, Warning),
            "it counts as less sensitive than what it is computed from: make sure that this is meant",
        ),
        _ if to.is_same() => (Effect::Felt(Safe, Safe), "only the reason is another"),
        _ => class_moved(to.texts()),
    };
    differ.add(element, value, "declassification-changed", effect, reason);
}
