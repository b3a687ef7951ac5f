//! Drift: what stands, since when, and what was looked at.

use app::drift::DriftReport;
use pipeline::drift::{Severity, Side};

use super::number::{clipped, of};
use super::table::{Cell, Column, table};
use crate::screen::{BAD, DIM, GOOD, Screen, WARN};

pub fn drift(screen: &mut Screen, report: &DriftReport) {
    for failed in &report.failed {
        screen.line(format!("{BAD}✗{BAD:#} {}: {}", failed.dataset, failed.message));
    }
    let columns = [
        Column { title: "dataset", right: false, expendable: 0 },
        Column { title: "side", right: false, expendable: 2 },
        Column { title: "drift", right: false, expendable: 0 },
        Column { title: "age", right: true, expendable: 1 },
        Column { title: "", right: false, expendable: 0 },
    ];
    let rows: Vec<Vec<Cell>> = report
        .items
        .iter()
        .map(|told| {
            let style = match told.severity {
                Severity::Error => BAD,
                Severity::Warning => WARN,
                Severity::Note => DIM,
            };
            vec![
                Cell::plain(told.open.dataset.clone()),
                Cell::plain(if told.open.side == Side::Source { "source" } else { "table" }),
                Cell::styled(told.open.item.kind.word(), style),
                Cell::plain(age(told.age_ms)),
                Cell::plain(detail(told)),
            ]
        })
        .collect();
    if !rows.is_empty() {
        table(screen, &columns, &rows);
        screen.line("");
    }
    let count = |severity: Severity| report.items.iter().filter(|told| told.severity == severity).count() as u64;
    let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
    let looked = format!(
        "{} and {} looked at",
        of(report.looked.iter().filter(|looked| looked.side == Side::Source).count() as u64, "source"),
        of(report.looked.iter().filter(|looked| looked.side == Side::Table).count() as u64, "table")
    );
    match (errors, warnings) {
        (0, 0) => screen.line(format!("{GOOD}✓{GOOD:#} {looked}: no drift")),
        (0, _) => screen.line(format!("{WARN}!{WARN:#} {looked}: {}", of(warnings, "warning"))),
        (_, 0) => screen.line(format!("{BAD}✗{BAD:#} {looked}: {}", of(errors, "error"))),
        _ => screen.line(format!("{BAD}✗{BAD:#} {looked}: {}, {}", of(errors, "error"), of(warnings, "warning"))),
    }
    let source = report.items.iter().find(|told| told.open.side == Side::Source && told.severity != Severity::Note);
    if let Some(told) = source {
        screen.line(clipped(
            &format!("  plimsoll change new ID --from-drift {}   proposes a contract that fits", told.open.dataset),
            screen.width,
        ));
    }
}

/// The column first, where the words do not begin with it.
fn detail(told: &app::drift::Told) -> String {
    match &told.open.item.column {
        Some(column) if !told.open.item.detail.contains(column.as_str()) => {
            format!("{column}: {}", told.open.item.detail)
        }
        _ => told.open.item.detail.clone(),
    }
}

fn age(ms: i64) -> String {
    let minutes = ms.max(0) / 60_000;
    match minutes {
        0 => "new".to_owned(),
        1..60 => format!("{minutes} min"),
        60..2880 => format!("{} h", minutes / 60),
        _ => format!("{} d", minutes / 1440),
    }
}
