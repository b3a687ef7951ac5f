//! Gates: what is asked, the evidence, and what was decided.

use app::DecisionReport;
use app::changes::{ChangeReport, ChangeState};
use ledger::{Gate, GateStage};
use pipeline::Outcome;

use super::changes::change_asks;
use super::number::{clipped, moment, of, percent};
use super::run::asked;
use super::table::{Cell, Column, table};
use crate::screen::{BAD, BOLD, DIM, GOOD, Screen, WARN};

/// Checks shown as evidence.
const CHECKS_SHOWN: usize = 12;

pub fn gates(screen: &mut Screen, gates: &[Gate], changes: &[ChangeReport]) {
    if gates.is_empty() && changes.is_empty() {
        return screen.line(format!("{GOOD}✓{GOOD:#} no gate waits"));
    }
    let columns = [
        Column { title: "gate", right: false, expendable: 0 },
        Column { title: "kind", right: false, expendable: 3 },
        Column { title: "state", right: false, expendable: 0 },
        Column { title: "asked", right: false, expendable: 2 },
        Column { title: "asks", right: false, expendable: 1 },
    ];
    let rows: Vec<Vec<Cell>> = gates
        .iter()
        .map(|gate| {
            vec![
                Cell::plain(gate.held.gate.clone()),
                Cell::plain(kind(gate)),
                Cell::styled(word(gate.stage), if gate.stage == GateStage::Waiting { WARN } else { DIM }),
                Cell::plain(moment(gate.asked_ms)),
                Cell::plain(gate.held.asks.first().cloned().unwrap_or_default()),
            ]
        })
        .chain(changes.iter().map(|change| {
            vec![
                Cell::plain(change.id.clone()),
                Cell::plain("contract-update"),
                Cell::styled("waiting", WARN),
                Cell::plain(change.proposed_ms.map(moment).unwrap_or_default()),
                Cell::plain(change_asks(change).join("; ")),
            ]
        }))
        .collect();
    table(screen, &columns, &rows);
}

/// In the shape of a gate, for whoever reads them all.
pub fn change_as_gate(change: &ChangeReport) -> serde_json::Value {
    serde_json::json!({
        "id": change.id,
        "kind": "contract-update",
        "fingerprint": change.digest,
        "state": match change.state {
            ChangeState::Waiting | ChangeState::Archived => "waiting",
            other => other.word(),
        },
        "name": change.id,
        "asks": change_asks(change),
        "asked_ms": change.proposed_ms,
        "change": change,
    })
}

pub fn gate(screen: &mut Screen, gate: &Gate) {
    let held = &gate.held;
    screen.line(format!("{BOLD}{}{BOLD:#} {DIM}{} · {}{DIM:#}", held.gate, kind(gate), moment(gate.asked_ms)));
    screen.line(format!("  dataset      {}", held.dataset));
    screen.line(format!("  state        {}", word(gate.stage)));
    screen.line(format!("  fingerprint  {}", held.fingerprint));
    screen.line("");
    for ask in &held.asks {
        asked(screen, "  ", ask);
    }
    screen.line("");
    screen.line(format!(
        "  {} would be published, {} would go to dead letters",
        of(held.counts.rows_passed, "row"),
        of(held.counts.rows_refused, "row")
    ));
    let found = held.verdicts.iter().filter(|verdict| verdict.outcome != Outcome::Passed);
    for verdict in found.take(CHECKS_SHOWN) {
        let style = if verdict.outcome == Outcome::Failed { BAD } else { WARN };
        let text = match verdict.outcome {
            Outcome::NotChecked => format!("not checked: {}", verdict.reason.clone().unwrap_or_default()),
            _ => {
                format!("{} ({}), expected {}", of(verdict.violations, "row"), percent(verdict.ratio), verdict.expected)
            }
        };
        screen.line(format!(
            "  {style}·{style:#} {}: {}",
            verdict.id,
            clipped(&text, screen.width.saturating_sub(verdict.id.len() + 8))
        ));
        for sample in verdict.samples.iter().take(2) {
            let raw = sample["raw"].as_str().map_or_else(|| sample.to_string(), str::to_owned);
            screen.line(format!("      {DIM}{}{DIM:#}", clipped(&raw, screen.width.saturating_sub(8))));
        }
    }
    screen.line("");
    match &gate.decision {
        Some(decision) => {
            let what = if decision.approved { "approved" } else { "rejected" };
            screen.line(format!("  {what} by {} on {}: {}", decision.who, moment(decision.time_ms), decision.reason));
        }
        None if gate.stage == GateStage::Waiting => {
            screen.line(format!("  plimsoll gate approve {} --reason \"…\"   publishes these very files", held.gate));
            screen.line(format!("  plimsoll gate reject {} --reason \"…\"    deletes them", held.gate));
        }
        None => {}
    }
}

pub fn decision(screen: &mut Screen, report: &DecisionReport, who: &str) {
    match report.version {
        Some(version) => {
            screen.line(format!(
                "{GOOD}✓{GOOD:#} {} approved by {who}: {} of {} published as version {version}, {} in dead letters",
                report.gate,
                of(report.rows_published, "row"),
                report.dataset,
                of(report.rows_refused, "row")
            ));
            screen.line("  what depends on it comes with the next `plimsoll run`");
        }
        None => screen.line(format!("{GOOD}✓{GOOD:#} {} rejected by {who}: what it held is deleted", report.gate)),
    }
}

pub fn gate_json(gate: &Gate) -> serde_json::Value {
    serde_json::json!({
        "id": gate.held.gate,
        "kind": kind(gate),
        "fingerprint": gate.held.fingerprint,
        "state": word(gate.stage),
        "name": gate.held.dataset,
        "run": gate.held.run,
        "asks": gate.held.asks,
        "asked_ms": gate.asked_ms,
        "rows_read": gate.held.counts.rows_read,
        "rows_published": gate.held.counts.rows_passed,
        "rows_refused": gate.held.counts.rows_refused,
        "checks": gate.held.verdicts,
        "decision": gate.decision,
    })
}

fn kind(gate: &Gate) -> String {
    serde_json::to_value(gate.held.kind).ok().and_then(|kind| kind.as_str().map(str::to_owned)).unwrap_or_default()
}

fn word(stage: GateStage) -> &'static str {
    match stage {
        GateStage::Waiting => "waiting",
        GateStage::Approved => "approved",
        GateStage::Rejected => "rejected",
        GateStage::Published => "published",
        GateStage::Superseded => "superseded",
    }
}
