//! Drift: what stands, since when, and what was looked at.

use app::drift::{AcceptReport, DriftReport, Told};
use contract::text::wrapped;
use pipeline::drift::{Severity, Side};

use super::number::of;
use crate::screen::{BAD, DIM, GOOD, Screen, WARN};

pub fn drift(screen: &mut Screen, report: &DriftReport) {
    for failed in &report.failed {
        screen.line(format!("{BAD}✗{BAD:#} {}: {}", failed.dataset, failed.message));
    }
    items(screen, &report.items);
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
        (0, 0) if !report.failed.is_empty() => {
            let failed = of(report.failed.len() as u64, "look");
            screen.line(format!("{BAD}✗{BAD:#} {looked}, {failed} failed; no drift in what was looked at"));
        }
        (0, 0) => screen.line(format!("{GOOD}✓{GOOD:#} {looked}: no drift")),
        (0, _) => screen.line(format!("{WARN}!{WARN:#} {looked}: {}", of(warnings, "warning"))),
        (_, 0) => screen.line(format!("{BAD}✗{BAD:#} {looked}: {}", of(errors, "error"))),
        _ => screen.line(format!("{BAD}✗{BAD:#} {looked}: {}, {}", of(errors, "error"), of(warnings, "warning"))),
    }
}

fn items(screen: &mut Screen, items: &[Told]) {
    for (index, told) in items.iter().enumerate() {
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
        // What ends several differences is told once, below the last.
        if items.get(index + 1).is_some_and(|next| next.ways_out == told.ways_out) {
            continue;
        }
        for way in &told.ways_out {
            // A command is there to be copied, and stays whole.
            let lines = match way.starts_with("plimsoll ") {
                true => vec![way.clone()],
                false => wrapped(way, screen.width.saturating_sub(6)),
            };
            for (index, line) in lines.iter().enumerate() {
                let mark = if index == 0 { "→" } else { " " };
                screen.line(format!("    {DIM}{mark}{DIM:#} {line}"));
            }
        }
    }
}

pub fn drift_accepted(screen: &mut Screen, report: &AcceptReport, who: &str) {
    for open in &report.accepted {
        let side = if open.side == Side::Source { "source" } else { "table" };
        let of = match &open.item.column {
            Some(column) => format!("{}.{column}", open.dataset),
            None => open.dataset.clone(),
        };
        let text = format!("{of}, {side}: taken by {who} for how it is now: {}", open.item.detail);
        for (index, line) in wrapped(&text, screen.width.saturating_sub(4)).iter().enumerate() {
            let mark = if index == 0 { format!("{GOOD}✓{GOOD:#}") } else { " ".to_owned() };
            screen.line(format!("{mark} {line}"));
        }
    }
    items(screen, &report.left);
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
