//! Gates: what is asked, the evidence, what hangs on it, who may decide, and what was decided.

mod comment;
mod slack;
mod tell;

use app::changes::{ChangeReport, ChangeState};
use app::gates::{DecisionReport, DelegationReport, GateDocument};
use contract::text::{one_line, wrapped};
use pipeline::Outcome;
use pipeline::approval::{Decision, Delegated, Rule};

use super::changes::change_asks;
use super::number::{bytes, clipped, moment, of, percent};
use super::run::asked;
use super::table::{Cell, Column, table};
use crate::screen::{BAD, BOLD, DIM, GOOD, Screen, WARN, plain};

pub use comment::{Forge, gate_as_comment};
pub use slack::gate_for_slack;
pub use tell::GateToTell;

/// Checks, samples, and whatever else there is much of, shown as evidence.
const SHOWN: usize = 12;
/// Where the values of the lines about one gate begin.
const LABEL: usize = 13;

pub fn gates(screen: &mut Screen, gates: &[GateDocument], changes: &[ChangeReport]) {
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
            let style = match gate.state {
                "waiting" => WARN,
                "expired" => BAD,
                _ => DIM,
            };
            let is_waiting = gate.state == "waiting";
            let word = match (is_waiting, gate.outdated.is_some(), gate.escalated) {
                (true, true, _) => "outdated".to_owned(),
                (true, false, true) => "escalated".to_owned(),
                _ => gate.state.to_owned(),
            };
            vec![
                Cell::plain(gate.id.clone()),
                Cell::plain(gate.kind),
                Cell::styled(word, style),
                Cell::plain(moment(gate.asked_ms)),
                Cell::plain(gate.asks.first().cloned().unwrap_or_default()),
            ]
        })
        .chain(changes.iter().map(|change| {
            vec![
                Cell::plain(change.id.clone()),
                Cell::plain("contract-update"),
                match (change.state, change.escalated) {
                    (ChangeState::Expired, _) => Cell::styled("expired", BAD),
                    (_, true) => Cell::styled("escalated", WARN),
                    (_, false) => Cell::styled("waiting", WARN),
                },
                Cell::plain(change.asked_ms.map(moment).unwrap_or_default()),
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
        "state": if change.state.waits() { "waiting" } else { change.state.word() },
        "name": change.id,
        "asks": change_asks(change),
        "asked_ms": change.asked_ms,
        "expires_ms": change.expires_ms,
        "escalates_ms": change.escalates_ms,
        "escalated": change.escalated,
        "escalate_to": change.escalate_to,
        "rule": change.rule,
        "rule_before": change.rule_before,
        "signed": change.signed,
        "decisions": change.standing.decisions,
        "void": change.standing.void,
        "delegations": change.standing.delegations,
        "missing": if change.state.waits() { change.standing.missing.as_slice() } else { &[] },
        "change": change,
    })
}

pub fn gate(screen: &mut Screen, gate: &GateDocument) {
    screen.line(format!("{BOLD}{}{BOLD:#} {DIM}{} · {}{DIM:#}", gate.id, gate.kind, moment(gate.asked_ms)));
    labelled(screen, "dataset", &gate.name);
    labelled(screen, "state", &state(gate));
    labelled(screen, "fingerprint", &gate.fingerprint);
    if gate.state == "waiting" {
        times(screen, gate);
    }
    screen.line("");
    for ask in &gate.asks {
        asked(screen, "  ", ask);
    }
    evidence(screen, gate);
    impact(screen, gate);
    let readers: Vec<String> = gate.impact.readers.iter().map(super::plan::reader).collect();
    section(screen, "Models that name what is migrated", &readers);
    section(screen, "The way back", &gate.rollback);
    people(screen, gate);
    screen.line("");
    match (gate.state, &gate.outdated) {
        ("waiting", Some(why)) => said(screen, "  ", &format!("{why}: `plimsoll run` asks anew where it must")),
        ("waiting", None) => {
            let sign = if gate.signed { " --sign KEY" } else { "" };
            screen
                .line(format!("  plimsoll gate approve {} --reason \"…\"{sign}   publishes these very files", gate.id));
            screen.line(format!("  plimsoll gate reject {} --reason \"…\"{sign}    deletes them", gate.id));
        }
        ("expired", _) => {
            screen.line("  nobody can decide it any more: `plimsoll run` discards what it holds and asks anew")
        }
        _ => {}
    }
}

fn state(gate: &GateDocument) -> String {
    match (gate.state, gate.escalated) {
        ("waiting", true) => format!("waiting, escalated to {}", gate.escalate_to.join(", ")),
        (state, _) => state.to_owned(),
    }
}

fn times(screen: &mut Screen, gate: &GateDocument) {
    if let Some(at) = gate.escalates_ms.filter(|_| !gate.escalated) {
        labelled(screen, "escalates", &format!("{} to {}", moment(at), gate.escalate_to.join(", ")));
    }
    if let Some(at) = gate.expires_ms {
        labelled(screen, "expires", &moment(at));
    }
}

fn evidence(screen: &mut Screen, gate: &GateDocument) {
    screen.line("");
    screen.line(format!(
        "  {} would be published, {} would go to dead letters; {} in {} held",
        of(gate.rows_published, "row"),
        of(gate.rows_refused, "row"),
        bytes(gate.bytes),
        of(gate.files as u64, "file")
    ));
    for verdict in gate.findings().take(SHOWN) {
        let style = if verdict.outcome == Outcome::Failed { BAD } else { WARN };
        let text = finding(verdict);
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
    for drift in gate.drift.iter().take(SHOWN) {
        let word = |key: &str| drift[key].as_str().unwrap_or_default();
        let text = format!("{} {} {}: {}", word("file"), word("kind"), word("column"), word("detail"));
        screen.line(format!("  {WARN}·{WARN:#} {}", clipped(&text, screen.width.saturating_sub(6))));
    }
}

fn finding(verdict: &pipeline::Verdict) -> String {
    match (verdict.outcome, &verdict.value, &verdict.reason) {
        (Outcome::NotChecked, ..) => format!("not checked: {}", verdict.reason.clone().unwrap_or_default()),
        // Of a measured value the rows say nothing.
        (_, Some(_), Some(reason)) => reason.clone(),
        _ => format!("{} ({}), expected {}", of(verdict.violations, "row"), percent(verdict.ratio), verdict.expected),
    }
}

fn impact(screen: &mut Screen, gate: &GateDocument) {
    let impact = &gate.impact;
    let is_migration = matches!(gate.kind, "schema-migration" | "data-migration");
    if impact.datasets.is_empty() && impact.consumers.is_empty() && !is_migration {
        return;
    }
    screen.line("");
    screen.line(format!("{BOLD}What hangs on it{BOLD:#}"));
    said(screen, "  columns     ", &some(&impact.columns));
    for hit in impact.datasets.iter().take(SHOWN) {
        said(screen, "  · ", &format!("{}: {}", hit.dataset, some(&hit.columns)));
    }
    more(screen, impact.datasets.len());
    if impact.datasets.is_empty() {
        said(screen, "  · ", "nothing in the project is made of them");
    }
    for consumer in impact.consumers.iter().take(SHOWN) {
        said(screen, "  › ", consumer);
    }
    more(screen, impact.consumers.len());
}

/// The first of them, and how many more there are.
fn some(names: &[String]) -> String {
    let shown = names.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(SHOWN) {
        0 => shown,
        rest => format!("{shown} and {rest} more"),
    }
}

fn more(screen: &mut Screen, count: usize) {
    if count > SHOWN {
        screen.line(format!("    {DIM}and {} more{DIM:#}", count - SHOWN));
    }
}

fn section(screen: &mut Screen, title: &str, lines: &[String]) {
    if lines.is_empty() {
        return;
    }
    screen.line("");
    screen.line(format!("{BOLD}{title}{BOLD:#}"));
    for line in lines {
        said(screen, "  · ", line);
    }
}

fn people(screen: &mut Screen, gate: &GateDocument) {
    screen.line("");
    screen.line(format!("{BOLD}Who decides{BOLD:#}"));
    said(screen, "  ", &rule(&gate.rule));
    if let Some(before) = &gate.rule_before {
        said(screen, "  ! ", &format!("when the gate opened it was: {}", rule(before)));
    }
    for delegated in &gate.delegations {
        said(screen, "  · ", &handed_over(delegated));
    }
    for decision in &gate.decisions {
        decided(screen, decision);
    }
    for void in &gate.void {
        let word = if void.approved { "approval" } else { "rejection" };
        said(screen, "  ! ", &format!("the {word} by {} is void: it was on something else", void.who));
    }
    for missing in &gate.missing {
        said(screen, "  missing  ", missing);
    }
}

pub(super) fn handed_over(delegated: &Delegated) -> String {
    let until = delegated.until_ms.map(|until| format!(" until {}", moment(until))).unwrap_or_default();
    let counted = delegated.not_counted.as_ref().map(|why| format!(" (not counted: {why})")).unwrap_or_default();
    format!("{} hands the right to {}{until}: {}{counted}", delegated.from, delegated.to, delegated.reason)
}

pub(super) fn decided(screen: &mut Screen, decision: &Decision) {
    let (word, style) = if decision.approved { ("approved", GOOD) } else { ("rejected", BAD) };
    let signed = if decision.signed { ", signed" } else { "" };
    let acting = match decision.acting_for.as_slice() {
        [] => String::new(),
        names => format!(" for {}", plain(&names.join(", "))),
    };
    let (who, reason) = (plain(&decision.who), plain(&decision.reason));
    let when = moment(decision.time_ms);
    screen.line(format!("  {style}{word}{style:#} by {who}{acting} on {when}{signed}: {reason}"));
    if let Some(why) = &decision.not_counted {
        said(screen, "           not counted: ", why);
    }
}

/// Who may decide, and how many must, in one sentence.
pub(super) fn rule(rule: &Rule) -> String {
    let anybody = rule.named().is_empty();
    let from = match (anybody, rule.approvers.as_slice()) {
        (true, _) => "anybody".to_owned(),
        (false, []) => String::new(),
        (false, names) => format!("{} of {}", rule.needed, names.join(", ")),
    };
    let levels = rule.levels.iter().flat_map(|levels| {
        [(&levels.first, "first"), (&levels.second, "second")].map(|(names, level)| {
            (!names.is_empty())
                .then(|| format!("one {level} level approver of {}: {}", levels.contract, names.join(", ")))
        })
    });
    let also = rule.also.iter().map(|quorum| {
        let names = if quorum.approvers.is_empty() { "anybody".to_owned() } else { quorum.approvers.join(", ") };
        format!("{} of {names} for {}", quorum.needed, quorum.of)
    });
    let mut parts: Vec<String> =
        std::iter::once(from).filter(|from| !from.is_empty()).chain(also).chain(levels.flatten()).collect();
    if anybody && rule.needed > 1 {
        parts = vec![format!("any {}", rule.needed)];
    }
    let authors: Vec<String> = rule.authors.iter().cloned().collect();
    let except = match authors.is_empty() {
        true => String::new(),
        false => format!("; not {}, who stands behind what is asked", authors.join(", ")),
    };
    format!("{}{except}", parts.join(" and "))
}

fn labelled(screen: &mut Screen, label: &str, value: &str) {
    screen.line(format!("  {label:<LABEL$}{}", plain(value)));
}

/// A sentence, broken at words, its further lines under the first.
fn said(screen: &mut Screen, before: &str, text: &str) {
    let indent = before.chars().count();
    for (index, line) in wrapped(&plain(&one_line(text)), screen.width.saturating_sub(indent)).iter().enumerate() {
        let head = if index == 0 { before.to_owned() } else { " ".repeat(indent) };
        screen.line(format!("{head}{line}"));
    }
}

pub fn decision(screen: &mut Screen, report: &DecisionReport, who: &str) {
    let who = plain(who);
    match (report.version, report.approved) {
        (Some(version), _) => {
            screen.line(format!(
                "{GOOD}✓{GOOD:#} {} approved by {who}: {} of {} published as version {version}, {} in dead letters",
                report.gate,
                of(report.rows_published, "row"),
                report.dataset,
                of(report.rows_refused, "row")
            ));
            screen.line("  what depends on it comes with the next `plimsoll run`");
        }
        (None, true) => {
            screen.line(format!("{GOOD}✓{GOOD:#} {} approved by {who}; it still waits", report.gate));
            for missing in &report.missing {
                said(screen, "  missing  ", missing);
            }
        }
        (None, false) => {
            screen.line(format!("{GOOD}✓{GOOD:#} {} rejected by {who}: what it held is deleted", report.gate))
        }
    }
}

pub fn delegated(screen: &mut Screen, report: &DelegationReport) {
    let until = report.until_ms.map(|until| format!(" until {}", moment(until))).unwrap_or_default();
    match pipeline::approval::same(&report.from, &report.to) {
        true => screen.line(format!("{GOOD}✓{GOOD:#} {} decides on {} again", report.from, report.gate)),
        false => {
            screen.line(format!("{GOOD}✓{GOOD:#} {} decides on {} for {}{until}", report.to, report.gate, report.from))
        }
    }
}
