//! A gate in plain lines, whatever it is about, for those who are told of it elsewhere than at a terminal.

use app::changes::ChangeReport;
use app::gates::GateDocument;
use serde_json::Value;

use super::super::changes::change_asks;
use super::super::number::{bytes, of};
use super::super::plan::reader;
use super::{change_as_gate, finding, handed_over, rule, some};

/// Lines of one kind that are told.
const TOLD: usize = 15;

/// Every text in it may come from data or from a stranger's hand; who shows it must make it harmless.
pub struct GateToTell {
    pub id: String,
    pub kind: String,
    pub state: String,
    pub is_waiting: bool,
    /// `label` and text.
    pub facts: Vec<(&'static str, String)>,
    pub asks: Vec<String>,
    pub evidence: Vec<String>,
    pub impact: Vec<String>,
    pub rollback: Vec<String>,
    /// Who may decide, what is missing, what was decided.
    pub people: Vec<String>,
    /// How to decide.
    pub commands: Vec<String>,
    pub document: Value,
}

impl GateToTell {
    pub fn of_stage(gate: &GateDocument) -> Self {
        let mut evidence: Vec<String> = gate
            .findings()
            .take(TOLD)
            .flat_map(|verdict| {
                let samples = verdict.samples.iter().take(2).map(|sample| {
                    let raw = sample["raw"].as_str().map_or_else(|| sample.to_string(), str::to_owned);
                    format!("    {raw}")
                });
                std::iter::once(format!("{}: {}", verdict.id, finding(verdict))).chain(samples).collect::<Vec<_>>()
            })
            .collect();
        let word = |drift: &Value, key: &str| drift[key].as_str().unwrap_or_default().to_owned();
        evidence.extend(gate.drift.iter().take(TOLD).map(|drift| {
            format!(
                "{} {} {}: {}",
                word(drift, "file"),
                word(drift, "kind"),
                word(drift, "column"),
                word(drift, "detail")
            )
        }));
        evidence.extend(gate.impact.readers.iter().map(reader));
        let mut impact = vec![format!("columns: {}", some(&gate.impact.columns))];
        impact.extend(
            gate.impact.datasets.iter().take(TOLD).map(|hit| format!("{}: {}", hit.dataset, some(&hit.columns))),
        );
        impact.extend(gate.impact.consumers.iter().take(TOLD).cloned());
        let state = match (&gate.outdated, gate.escalated, gate.state) {
            (Some(why), _, "waiting") => format!("outdated: {why}"),
            (None, true, "waiting") => format!("waiting, escalated to {}", gate.escalate_to.join(", ")),
            (.., state) => state.to_owned(),
        };
        let is_waiting = gate.state == "waiting" && gate.outdated.is_none();
        let sign = if gate.signed { " --sign KEY" } else { "" };
        let command = |verb: &str| {
            format!("plimsoll gate {verb} {} --fingerprint {} --reason \"…\"{sign}", gate.id, gate.short())
        };
        let mut people = vec![rule(&gate.rule)];
        people.extend(gate.decisions.iter().take(TOLD).map(|decision| {
            let word = if decision.approved { "approved" } else { "rejected" };
            let counted = decision.not_counted.as_ref().map(|why| format!(" (not counted: {why})")).unwrap_or_default();
            format!("{word} by {}: {}{counted}", decision.who, decision.reason)
        }));
        people.extend(gate.delegations.iter().take(TOLD).map(handed_over));
        people.extend(gate.missing.iter().map(|missing| format!("missing: {missing}")));
        Self {
            id: gate.id.clone(),
            kind: gate.kind.to_owned(),
            state,
            is_waiting,
            facts: vec![
                ("Dataset", gate.name.clone()),
                ("Fingerprint", gate.fingerprint.clone()),
                ("Asked", utc(gate.asked_ms)),
                ("Expires", gate.expires_ms.map_or_else(|| "never".to_owned(), utc)),
                (
                    "Held",
                    format!(
                        "{} to publish, {} refused, {} in {}",
                        of(gate.rows_published, "row"),
                        of(gate.rows_refused, "row"),
                        bytes(gate.bytes),
                        of(gate.files as u64, "file")
                    ),
                ),
            ],
            asks: gate.asks.iter().take(TOLD).cloned().collect(),
            evidence,
            impact,
            rollback: gate.rollback.clone(),
            people,
            commands: if is_waiting { vec![command("approve"), command("reject")] } else { Vec::new() },
            document: serde_json::json!(gate),
        }
    }

    pub fn of_change(change: &ChangeReport) -> Self {
        let is_waiting = change.state.waits();
        let short = change.digest.get(..12).unwrap_or_default();
        let breaks = match change.breaks.len() {
            0 => String::new(),
            count => format!(" --breaks {count}"),
        };
        let sign = if change.signed { " --sign KEY" } else { "" };
        let approve = format!("plimsoll change approve {} --digest {short}{breaks} --reason \"…\"{sign}", change.id);
        let reject = format!("plimsoll change reject {} --reason \"…\"{sign}", change.id);
        let reports = change.contracts.iter().filter_map(|contracted| contracted.report.as_ref());
        let found = reports.flat_map(|report| &report.changes).take(TOLD).map(|found| {
            format!("{}: {} ({} for who reads it): {}", found.element, found.kind, found.consumer.word(), found.reason)
        });
        let mut evidence: Vec<String> = found.collect();
        evidence.extend(change.breaks.iter().filter_map(|effect| {
            let place = effect.place.as_ref()?;
            Some(format!("breaks {}:{}:{}: {}", place.path, place.line, place.column, effect.reason))
        }));
        let impact = change
            .impact
            .iter()
            .take(TOLD)
            .map(|impact| format!("{}: {} {}", impact.changed, impact.model, some(&impact.columns)));
        let mut people = vec![rule(&change.rule)];
        people.extend(change.standing.delegations.iter().map(handed_over));
        people.extend(change.standing.missing.iter().map(|missing| format!("missing: {missing}")));
        let state = match change.escalated {
            true => format!("waiting, escalated to {}", change.escalate_to.join(", ")),
            false => change.state.word().to_owned(),
        };
        let mut facts = vec![
            ("Change", change.path.clone()),
            ("Fingerprint", change.digest.clone()),
            ("Author", change.author.clone().unwrap_or_else(|| "nobody yet".to_owned())),
        ];
        facts.extend(change.asked_ms.map(|at| ("Asked", utc(at))));
        facts.extend(change.expires_ms.map(|at| ("Expires", utc(at))));
        Self {
            id: change.id.clone(),
            kind: "contract-update".to_owned(),
            state,
            is_waiting,
            facts,
            asks: change_asks(change),
            evidence,
            impact: impact.collect(),
            rollback: vec![format!(
                "plimsoll change rollback {} --reason \"…\" puts contract and pin back.",
                change.id
            )],
            people,
            commands: if is_waiting { vec![approve, reject] } else { Vec::new() },
            document: change_as_gate(change),
        }
    }
}

/// The same for everybody, wherever they read it.
fn utc(ms: i64) -> String {
    chrono::DateTime::from_timestamp_millis(ms)
        .map(|time| time.format("%Y-%m-%d %H:%M UTC").to_string())
        .unwrap_or_default()
}
