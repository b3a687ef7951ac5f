//! A gate as bots and scripts read it: one JSON object whose fields are only ever added.

use contract::Mask;
use engine::Result;
use ledger::GateStage;
use pipeline::approval::{Decision, Delegated, Rule};
use pipeline::event::StageHeld;
use pipeline::state::Published;
use pipeline::{DatasetSpec, Outcome, Terms, Verdict};
use serde::Serialize;
use serde_json::{Value, json};

use super::impact::{GateImpact, impact, rollback};
use super::{Judged, decide};
use crate::App;

/// Samples and differences that are told of one gate.
const TOLD_MAX: usize = 20;

#[derive(Debug, Clone, Serialize)]
pub struct GateDocument {
    pub id: String,
    pub kind: &'static str,
    pub fingerprint: String,
    pub state: &'static str,
    /// The dataset.
    pub name: String,
    pub run: String,
    pub asks: Vec<String>,
    pub asked_ms: i64,
    pub expires_ms: Option<i64>,
    /// When others may decide as well, and whether they can already.
    pub escalates_ms: Option<i64>,
    pub escalated: bool,
    pub escalate_to: Vec<String>,
    /// Why no decision counts any more.
    pub outdated: Option<String>,
    pub rows_read: u64,
    pub rows_published: u64,
    pub rows_refused: u64,
    /// Held files, and their bytes.
    pub files: usize,
    pub bytes: u64,
    pub checks: Vec<Verdict>,
    pub samples: Vec<Value>,
    pub drift: Vec<Value>,
    pub impact: GateImpact,
    pub rollback: Vec<String>,
    pub rule: Rule,
    /// The rule when the gate opened, where it was another.
    pub rule_before: Option<Rule>,
    /// A decision must carry a signature.
    pub signed: bool,
    pub decisions: Vec<Decision>,
    pub void: Vec<Decision>,
    pub delegations: Vec<Delegated>,
    pub missing: Vec<String>,
    /// The newest decision that counts.
    pub decision: Value,
}

impl App {
    /// Without any value that the present contract classifies, whatever was kept when the gate opened.
    pub async fn gate_document(&self, judged: &Judged) -> Result<GateDocument> {
        let dataset = judged.gate.held.dataset.clone();
        let published =
            self.ledger(move |ledger| Ok(ledger.state()?.remove(&dataset).and_then(|known| known.published))).await?;
        let before = self.migrated(&judged.gate.held, published.as_ref()).await?;
        Ok(self.told(judged, published.map(|published| published.version), before.as_ref()))
    }

    /// What was in force of the table that the held result is a migration of; `None` where it is none.
    async fn migrated(&self, held: &StageHeld, published: Option<&Published>) -> Result<Option<Terms>> {
        let Some(version) = held.staged["commit"]["before"]["version"].as_i64() else { return Ok(None) };
        if let Some(published) = published.filter(|published| published.version == version) {
            return Ok(published.terms.clone());
        }
        let dataset = held.dataset.clone();
        let history = self.ledger(move |ledger| ledger.publications_of(&dataset)).await?;
        let run = &held.staged["commit"]["before"]["run"];
        Ok(history
            .into_iter()
            .rfind(|event| event.version == version && *run == event.run)
            .and_then(|event| event.terms))
    }

    fn told(&self, judged: &Judged, version: Option<i64>, before: Option<&Terms>) -> GateDocument {
        let held = &judged.gate.held;
        let spec = self.workspace.project.datasets.get(&held.dataset);
        // What was kept was masked by the contract of then; another one may classify more.
        let is_same =
            |spec: &&DatasetSpec| held.staged["commit"]["contract"]["digest"] == spec.contract.contract.digest;
        let mask = spec.filter(|spec| !is_same(spec)).map(|spec| Mask::of(&spec.contract)).unwrap_or_default();
        let escalation = judged.rule.escalation.as_ref();
        let now = self.rule_for(&held.dataset, &held.kinds(), held.before.as_ref());
        let was = held.rule.clone().filter(|was| *was != now);
        let is_open = judged.gate.stage.is_open();
        GateDocument {
            id: held.gate.clone(),
            kind: held.kind.word(),
            fingerprint: held.fingerprint.clone(),
            state: judged.state.word(),
            name: held.dataset.clone(),
            run: held.run.clone(),
            asks: held.asks.clone(),
            asked_ms: judged.gate.asked_ms,
            expires_ms: judged.expires_ms,
            escalates_ms: escalation.map(|escalation| escalation.from_ms),
            escalated: judged.is_escalated,
            escalate_to: escalation.map(|escalation| escalation.to.clone()).unwrap_or_default(),
            outdated: judged.outdated.clone(),
            rows_read: held.counts.rows_read,
            rows_published: held.counts.rows_passed,
            rows_refused: held.counts.rows_refused,
            files: held.files.len(),
            bytes: held.files.iter().map(|file| file.bytes).sum(),
            checks: held.verdicts.iter().map(|verdict| shown(verdict, &mask)).collect(),
            samples: held.samples.iter().take(TOLD_MAX).map(|sample| refused_row(sample, &mask)).collect(),
            drift: held.drift.iter().take(TOLD_MAX).cloned().collect(),
            impact: impact(&self.workspace, held, before),
            rollback: if is_open { rollback(held, version) } else { Vec::new() },
            rule: judged.rule.clone(),
            rule_before: was.filter(|_| is_open),
            signed: self.workspace.project.settings.gate_signers().is_some(),
            decisions: judged.standing.decisions.clone(),
            void: judged.standing.void.clone(),
            delegations: judged.standing.delegations.clone(),
            missing: if judged.state == GateStage::Waiting { judged.missing() } else { Vec::new() },
            decision: decision(judged),
        }
    }
}

impl GateDocument {
    /// The checks that have something to say.
    pub fn findings(&self) -> impl Iterator<Item = &Verdict> {
        self.checks.iter().filter(|verdict| verdict.outcome != Outcome::Passed)
    }

    /// The beginning of the fingerprint, to type.
    pub fn short(&self) -> &str {
        decide::short(&self.fingerprint)
    }
}

fn shown(verdict: &Verdict, mask: &Mask) -> Verdict {
    let mut verdict = verdict.clone();
    if !mask.is_empty() {
        verdict.samples.iter_mut().for_each(|row| mask.row(row));
        if verdict.element.as_deref().is_some_and(|element| mask.hides(element)) {
            verdict.samples.clear();
        }
    }
    verdict
}

/// A row as it stood in its file cannot be taken apart without its header, so nothing of it is shown where a column is classified.
fn refused_row(sample: &Value, mask: &Mask) -> Value {
    let mut sample = sample.clone();
    if !mask.is_empty() {
        sample["raw"] = contract::MASKED.into();
        sample["reasons"] = match sample["reasons"].as_array() {
            Some(reasons) => reasons.iter().map(|_| Value::from(contract::MASKED)).collect(),
            None => Value::Null,
        };
    }
    sample
}

fn decision(judged: &Judged) -> Value {
    let told = judged.standing.decisions.iter().rev().find(|decision| decision.not_counted.is_none());
    match (told, &judged.gate.decision) {
        (Some(decision), _) => json!({
            "time_ms": decision.time_ms, "approved": decision.approved, "who": decision.who, "reason": decision.reason,
        }),
        (None, Some(decision)) if !judged.gate.stage.is_open() => json!(decision),
        _ => Value::Null,
    }
}

/// The JSON schema of a gate.
pub fn schema() -> Value {
    let text = || json!({ "type": "string" });
    let texts = || json!({ "type": "array", "items": { "type": "string" } });
    let number = || json!({ "type": "integer", "minimum": 0 });
    let moment = |about: &str| json!({ "type": "integer", "description": format!("{about}, in milliseconds since 1970 in UTC.") });
    let maybe = |of: Value| json!({ "anyOf": [of, { "type": "null" }] });
    let objects = || json!({ "type": "array", "items": { "type": "object" } });
    let decision = json!({
        "type": "object", "required": ["who", "approved", "reason", "time_ms", "digest", "signed"],
        "properties": {
            "who": text(), "approved": { "type": "boolean" }, "reason": text(), "time_ms": moment("When"), "digest": text(),
            "signed": { "type": "boolean" }, "acting_for": texts(), "not_counted": text(),
        },
    });
    let delegation = json!({
        "type": "object", "required": ["from", "to", "reason", "time_ms", "until_ms"],
        "properties": {
            "from": text(), "to": text(), "reason": text(), "time_ms": moment("When"), "until_ms": maybe(moment("Until when")),
            "not_counted": text(),
        },
    });
    let kinds: Vec<&str> = pipeline::decide::GateKind::ALL.into_iter().map(|kind| kind.word()).collect();
    let rule = json!({ "type": "object", "properties": {
        "approvers": texts(), "needed": number(), "also": objects(), "levels": objects(), "authors": texts(), "escalation": { "type": "object" },
        "binds_rejections": { "type": "boolean" },
    }});
    let properties = json!({
        "id": text(), "kind": { "enum": kinds }, "fingerprint": text(),
        "state": { "enum": ["waiting", "approved", "rejected", "published", "superseded", "expired"] },
        "name": { "type": "string", "description": "The dataset." }, "run": text(), "asks": texts(),
        "asked_ms": moment("When the gate opened"), "expires_ms": maybe(moment("When nobody can decide any more")),
        "escalates_ms": maybe(moment("When those of `escalate_to` may decide as well")), "escalated": { "type": "boolean" },
        "escalate_to": texts(), "outdated": maybe(text()), "rows_read": number(), "rows_published": number(),
        "rows_refused": number(), "files": number(), "bytes": number(), "checks": objects(), "samples": objects(),
        "drift": objects(),
        "impact": { "type": "object", "required": ["columns", "datasets", "consumers", "readers"], "properties": {
            "columns": texts(), "consumers": texts(), "readers": objects(),
            "datasets": { "type": "array", "items": { "type": "object", "properties": { "dataset": text(), "columns": texts() } } },
        } },
        "rollback": texts(), "rule": rule, "rule_before": maybe(rule.clone()), "signed": { "type": "boolean" },
        "decisions": { "type": "array", "items": decision }, "void": { "type": "array", "items": decision },
        "delegations": { "type": "array", "items": delegation }, "missing": texts(),
        "decision": maybe(json!({ "type": "object" })),
    });
    let required: Vec<&String> = properties.as_object().map(|map| map.keys().collect()).unwrap_or_default();
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A gate of Plimsoll",
        "type": "object",
        "required": required,
        "properties": properties,
    })
}
