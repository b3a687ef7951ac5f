//! Dead letters.

use app::{DeadLetterSummary, ReplayReport};
use engine::DeadLetter;

use super::number::{clipped, count, of};
use super::table::{Cell, Column, table};
use crate::screen::{BOLD, DIM, GOOD, PLACE, Screen, WARN};

/// Checks named per dataset.
const CHECKS_NAMED: usize = 4;

pub fn dead_letters(screen: &mut Screen, datasets: &[DeadLetterSummary]) {
    if datasets.is_empty() {
        return screen.line(format!("{GOOD}✓{GOOD:#} no dead letters"));
    }
    let columns = [
        Column { title: "dataset", right: false, expendable: 0 },
        Column { title: "dead letters", right: true, expendable: 0 },
        Column { title: "failed checks", right: false, expendable: 0 },
    ];
    let rows: Vec<Vec<Cell>> = datasets
        .iter()
        .map(|dataset| {
            let mut named: Vec<String> = dataset
                .checks
                .iter()
                .take(CHECKS_NAMED)
                .map(|(check, failed)| format!("{check} {}", count(*failed)))
                .collect();
            if dataset.checks.len() > CHECKS_NAMED {
                named.push(format!("and {} more", dataset.checks.len() - CHECKS_NAMED));
            }
            vec![
                Cell::plain(dataset.name.clone()),
                Cell::styled(count(dataset.rows_refused), WARN),
                Cell::plain(named.join(", ")),
            ]
        })
        .collect();
    table(screen, &columns, &rows);
}

pub fn letters(screen: &mut Screen, dataset: &str, letters: &[DeadLetter], total: u64) {
    screen.line(format!("{BOLD}{dataset}{BOLD:#}: {}", of(total, "dead letter")));
    for letter in letters {
        screen.line("");
        let place = match (&letter.file, letter.row) {
            (Some(file), Some(row)) => format!("{file}:{row}"),
            (Some(file), None) => file.clone(),
            _ => String::new(),
        };
        screen.line(format!(
            "  {} {PLACE}{place}{PLACE:#} {DIM}contract {} {}{DIM:#}",
            letter.id, letter.contract_id, letter.contract_version
        ));
        let failures: Vec<serde_json::Value> = serde_json::from_str(&letter.checks).unwrap_or_default();
        for failure in failures {
            let text = format!(
                "{}: {}",
                failure["check"].as_str().unwrap_or_default(),
                failure["reason"].as_str().unwrap_or_default()
            );
            screen.line(format!("    {WARN}·{WARN:#} {}", clipped(&text, screen.width.saturating_sub(7))));
        }
        let raw = letter.raw.clone().unwrap_or_else(|| "(not UTF-8)".into());
        screen.line(format!("    {DIM}{}{DIM:#}", clipped(&raw, screen.width.saturating_sub(5))));
    }
    if total > letters.len() as u64 {
        screen.line("");
        screen.line(format!(
            "{DIM}{} more: --limit N, or plimsoll dlq export {dataset}{DIM:#}",
            count(total - letters.len() as u64)
        ));
    }
}

pub fn replay(screen: &mut Screen, report: &ReplayReport) {
    if report.accepted + report.refused + report.kept == 0 {
        return screen.line(format!("{GOOD}✓{GOOD:#} {}: no dead letters to replay", report.dataset));
    }
    if let Some(gate) = &report.stage.gate {
        screen.line(format!("{WARN}‖{WARN:#} {}: the replay waits at gate {}", report.dataset, gate.id));
        return gate.asks.iter().for_each(|ask| screen.line(format!("  {ask}")));
    }
    screen.line(format!(
        "{GOOD}✓{GOOD:#} {}: {} accepted and published, {} refused again",
        report.dataset,
        of(report.accepted, "row"),
        count(report.refused)
    ));
    if report.kept > 0 {
        screen.line(format!(
            "  {} cannot be read by the present contract: other columns, no text, or no key to open them",
            of(report.kept, "row")
        ));
    }
}
