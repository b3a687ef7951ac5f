//! `[gates]` of `plimsoll.toml`.

use super::codes;
use super::fields::{At, Reader};
use super::settings::APPROVALS_MAX;
use crate::approval::same;
use crate::decide::GateKind;
use crate::project::{GateSettings, KindSettings};

pub(crate) const KEYS: [&str; 11] = [
    "approvers",
    "approvals",
    "allowed_signers",
    "escalate_after",
    "escalate_to",
    "expires_after",
    "schema-migration",
    "contract-update",
    "data-quality",
    "pipeline-integrity",
    "data-migration",
];
pub(crate) const KIND_KEYS: [&str; 5] = ["approvers", "approvals", "escalate_after", "escalate_to", "expires_after"];

pub(super) fn read(reader: &mut Reader<'_>, at: &At<'_>) -> GateSettings {
    let mut gates = GateSettings::default();
    if !reader.map(at, &KEYS) {
        return gates;
    }
    gates.approvers = names(reader, at, "approvers").unwrap_or_default();
    gates.approvals = approvals(reader, at).unwrap_or(1);
    gates.allowed_signers = at.get("allowed_signers").and_then(|at| reader.text(&at));
    let all = Times::read(reader, at, None, &gates);
    if let Some(to) = all.escalate_to {
        gates.escalate_to = to;
    }
    gates.escalate_after_ms = all.escalate_after_ms.unwrap_or(gates.escalate_after_ms);
    gates.expires_after_ms = all.expires_after_ms.unwrap_or(gates.expires_after_ms);
    enough(reader, at, &gates.approvers, gates.approvals);
    for kind in GateKind::ALL {
        let Some(at) = at.get(kind.word()) else { continue };
        if !reader.map(&at, &KIND_KEYS) {
            continue;
        }
        let times = Times::read(reader, &at, Some(kind), &gates);
        let own = KindSettings {
            approvers: names(reader, &at, "approvers"),
            approvals: approvals(reader, &at),
            escalate_after_ms: times.escalate_after_ms,
            escalate_to: times.escalate_to,
            expires_after_ms: times.expires_after_ms,
        };
        enough(
            reader,
            &at,
            own.approvers.as_ref().unwrap_or(&gates.approvers),
            own.approvals.unwrap_or(gates.approvals),
        );
        gates.kinds.insert(kind.word(), own);
    }
    gates
}

/// What the passing of time does, as it stands in one place.
struct Times {
    escalate_after_ms: Option<u64>,
    escalate_to: Option<Vec<String>>,
    expires_after_ms: Option<u64>,
}

impl Times {
    /// `others` hold where this place says nothing.
    fn read(reader: &mut Reader<'_>, at: &At<'_>, kind: Option<GateKind>, others: &GateSettings) -> Self {
        let own = Self {
            escalate_to: names(reader, at, "escalate_to"),
            escalate_after_ms: at.get("escalate_after").and_then(|after| reader.duration(&after)),
            expires_after_ms: at.get("expires_after").and_then(|expires| reader.duration(&expires)),
        };
        let gates = kind.map_or_else(|| "gates".to_owned(), |kind| format!("gates of the kind {}", kind.word()));
        let nobody = own.escalate_to.as_ref().unwrap_or(&others.escalate_to).is_empty();
        if let Some(after) = at.get("escalate_after").filter(|_| nobody) {
            let message = format!("{gates} are escalated to nobody");
            reader.blame(&codes::BAD_VALUE, &after, message, "name those who may decide then with `escalate_to`");
        }
        let after = own.escalate_after_ms.unwrap_or(others.escalate_after_ms);
        if !nobody && after >= own.expires_after_ms.unwrap_or(others.expires_after_ms) {
            let message = format!("{gates} expire before they are escalated");
            reader.blame(&codes::BAD_VALUE, at, message, "let `escalate_after` be shorter than `expires_after`");
        }
        own
    }
}

fn names(reader: &mut Reader<'_>, at: &At<'_>, key: &str) -> Option<Vec<String>> {
    let list = at.get(key)?;
    Some(reader.texts(&list).into_iter().map(|(name, _)| name).collect())
}

fn approvals(reader: &mut Reader<'_>, at: &At<'_>) -> Option<usize> {
    let count = at.get("approvals").and_then(|at| reader.count(&at, 1, APPROVALS_MAX))?;
    usize::try_from(count).ok()
}

/// Names that differ in case or in white space around them are one person's.
pub(crate) fn people(names: &[String]) -> usize {
    let is_first = |(at, name): &(usize, &String)| !names[..*at].iter().any(|earlier| same(earlier, name));
    names.iter().enumerate().filter(is_first).count()
}

fn enough(reader: &mut Reader<'_>, at: &At<'_>, approvers: &[String], needed: usize) {
    let people = people(approvers);
    if people > 0 && needed > people {
        let message = format!("{needed} approvals are asked for, and {people} may approve");
        reader.blame(&codes::BAD_VALUE, at, message, "name more `approvers`, or ask for fewer approvals");
    }
}
