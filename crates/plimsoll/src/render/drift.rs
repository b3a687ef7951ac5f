//! Drift: what stands, since when, and what was looked at.

use app::drift::{DriftReport, Told};
use contract::text::wrapped;
use pipeline::drift::{Severity, Side};

use super::number::of;
use crate::screen::{BAD, DIM, GOOD, Screen, WARN};

pub fn drift(screen: &mut Screen, report: &DriftReport) {
    for failed in &report.failed {
        screen.line(format!("{BAD}✗{BAD:#} {}: {}", failed.dataset, failed.message));
    }
    for told in &report.items {
        let (style, mark) = match told.severity {
            Severity::Error => (BAD, "✗"),
            Severity::Warning => (WARN, "!"),
            Severity::Note => (DIM, "·"),
        };
        let side = if told.open.side == Side::Source { "source" } else { "table" };
        let (dataset, kind, age) = (&told.open.dataset, told.open.item.kind.word(), age(told.age_ms));
        screen.line(format!(
            "{style}{mark}{style:#} {dataset} {DIM}{side}{DIM:#} {style}{kind}{style:#} {DIM}{age}{DIM:#}"
        ));
        for line in wrapped(&detail(told), screen.width.saturating_sub(4)) {
            screen.line(format!("    {line}"));
        }
    }
    if !report.items.is_empty() {
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
        screen.line(format!("  plimsoll change new ID --from-drift {}", told.open.dataset));
    }
}

/// One line about what stands, for other screens; notes are nothing to act on.
pub fn drift_that_stands(screen: &mut Screen, drift: &[Told]) {
    let stands = drift.iter().filter(|told| told.severity != Severity::Note);
    let (count, oldest) = stands.fold((0, 0), |(count, oldest), told| (count + 1, told.age_ms.max(oldest)));
    if count == 0 {
        return;
    }
    let is_bad = drift.iter().any(|told| told.severity == Severity::Error);
    let (style, mark) = if is_bad { (BAD, "✗") } else { (WARN, "!") };
    let since = if age(oldest) == "new" { String::new() } else { format!(" for up to {}", age(oldest)) };
    let stand = if count == 1 { "stands" } else { "stand" };
    screen.line("");
    screen.line(format!(
        "{style}{mark}{style:#} {} from the contracts {stand}{since}: plimsoll drift",
        of(count, "difference")
    ));
}

/// The column first, where the words do not begin with it.
fn detail(told: &Told) -> String {
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
