//! `[gates]` of `plimsoll.toml`.

use super::codes;
use super::fields::{At, Reader};
use super::settings::APPROVALS_MAX;
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
pub(crate) const KIND_KEYS: [&str; 2] = ["approvers", "approvals"];

pub(super) fn read(reader: &mut Reader<'_>, at: &At<'_>) -> GateSettings {
    let mut gates = GateSettings::default();
    if !reader.map(at, &KEYS) {
        return gates;
    }
    gates.approvers = names(reader, at, "approvers").unwrap_or_default();
    gates.approvals = approvals(reader, at).unwrap_or(1);
    gates.allowed_signers = at.get("allowed_signers").and_then(|at| reader.text(&at));
    gates.escalate_to = names(reader, at, "escalate_to").unwrap_or_default();
    if let Some(after) = at.get("escalate_after") {
        if gates.escalate_to.is_empty() {
            let message = "gates are escalated to nobody".to_owned();
            reader.blame(&codes::BAD_VALUE, &after, message, "name those who may decide then with `escalate_to`");
        }
        gates.escalate_after_ms = reader.duration(&after).unwrap_or(gates.escalate_after_ms);
    }
    if let Some(expires) = at.get("expires_after") {
        gates.expires_after_ms = reader.duration(&expires).unwrap_or(gates.expires_after_ms);
    }
    if !gates.escalate_to.is_empty() && gates.escalate_after_ms >= gates.expires_after_ms {
        let message = "gates expire before they are escalated".to_owned();
        reader.blame(&codes::BAD_VALUE, at, message, "let `escalate_after` be shorter than `expires_after`");
    }
    enough(reader, at, &gates.approvers, gates.approvals);
    for kind in GateKind::ALL {
        let Some(at) = at.get(kind.word()) else { continue };
        if !reader.map(&at, &KIND_KEYS) {
            continue;
        }
        let own = KindSettings { approvers: names(reader, &at, "approvers"), approvals: approvals(reader, &at) };
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

fn names(reader: &mut Reader<'_>, at: &At<'_>, key: &str) -> Option<Vec<String>> {
    let list = at.get(key)?;
    Some(reader.texts(&list).into_iter().map(|(name, _)| name).collect())
}

fn approvals(reader: &mut Reader<'_>, at: &At<'_>) -> Option<usize> {
    let count = at.get("approvals").and_then(|at| reader.count(&at, 1, APPROVALS_MAX))?;
    usize::try_from(count).ok()
}

fn enough(reader: &mut Reader<'_>, at: &At<'_>, approvers: &[String], needed: usize) {
    if !approvers.is_empty() && needed > approvers.len() {
        let message = format!("{needed} approvals are asked for, and {} may approve", approvers.len());
        reader.blame(&codes::BAD_VALUE, at, message, "name more `approvers`, or ask for fewer approvals");
    }
}
