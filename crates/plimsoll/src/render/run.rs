//! The screen of a run.

use app::{ErrorReport, RunReport, StageReport};
use contract::text::{one_line, wrapped};
use pipeline::{Outcome, Verdict};

use super::number::{clipped, count, of, percent, rate, seconds};
use super::table::{Cell, Column, table_in_full};
use crate::screen::{BAD, BOLD, DIM, GOOD, PLACE, Screen, WARN, plain};

/// Checks that did not hold, checks that nobody can execute, and refused rows told per dataset.
const CHECKS_TOLD: usize = 4;
const UNCHECKED_TOLD: usize = 2;
const ROWS_TOLD: usize = 2;

pub fn run(screen: &mut Screen, project: &str, report: &RunReport) {
    for dataset in &report.repaired {
        screen.line(format!("{WARN}repaired{WARN:#} {dataset}: an interrupted run had published it"));
    }
    if report.run.is_none() {
        return idle(screen, project, report);
    }
    let id = report.run.as_deref().unwrap_or_default();
    screen.line(format!("{BOLD}{project}{BOLD:#} {DIM}run {id}{DIM:#}"));
    screen.line("");
    stages(screen, &report.datasets);
    for stage in &report.datasets {
        details(screen, stage);
    }
    screen.line("");
    screen.line(closing(report));
    super::told(screen, &report.openlineage);
    for gate in report.datasets.iter().filter_map(|stage| stage.gate.as_ref()) {
        screen.line(format!("  {GOOD}next{GOOD:#}: plimsoll gate show {}", gate.id));
    }
}

/// Nothing ran: say so in one line, and what still waits.
fn idle(screen: &mut Screen, project: &str, report: &RunReport) {
    let waiting: Vec<&StageReport> =
        report.datasets.iter().filter(|stage| matches!(stage.action.as_str(), "waiting" | "blocked")).collect();
    if waiting.is_empty() {
        let datasets = of(report.datasets.len() as u64, "dataset");
        screen.line(format!(
            "{GOOD}✓{GOOD:#} {BOLD}{project}{BOLD:#}: nothing to do, {datasets} up to date {DIM}({}){DIM:#}",
            seconds(report.seconds)
        ));
        return;
    }
    screen.line(format!(
        "{WARN}‖{WARN:#} {BOLD}{project}{BOLD:#}: nothing can run now {DIM}({}){DIM:#}",
        seconds(report.seconds)
    ));
    for stage in waiting {
        screen.line(format!("  {}: {}", stage.name, stage.reason));
        if let Some(error) = &stage.error {
            whereabouts(screen, error);
        }
    }
}

/// What a gate asks, over as many lines as it needs.
pub fn asked(screen: &mut Screen, indent: &str, ask: &str) {
    for (index, line) in
        wrapped(&plain(&one_line(ask)), screen.width.saturating_sub(indent.len() + 2)).iter().enumerate()
    {
        let mark = if index == 0 { format!("{WARN}‖{WARN:#}") } else { " ".to_owned() };
        screen.line(format!("{indent}{mark} {line}"));
    }
}

/// Where an error happened, what led to it, and what to do.
fn whereabouts(screen: &mut Screen, error: &ErrorReport) {
    if let Some(place) = &error.place {
        screen.line(format!("     {PLACE}-->{PLACE:#} {place}"));
    }
    for cause in &error.because {
        screen.line(format!("     because: {}", clipped(cause, screen.width.saturating_sub(14))));
    }
    if let Some(help) = &error.help {
        screen.line(format!("     {GOOD}help{GOOD:#}: {help}"));
    }
}

fn stages(screen: &mut Screen, stages: &[StageReport]) {
    let columns = [
        Column { title: "", right: false, expendable: 0 },
        Column { title: "dataset", right: false, expendable: 0 },
        Column { title: "read", right: true, expendable: 1 },
        Column { title: "published", right: true, expendable: 0 },
        Column { title: "refused", right: true, expendable: 0 },
        Column { title: "checks", right: false, expendable: 2 },
        Column { title: "time", right: true, expendable: 3 },
        Column { title: "rows/s", right: true, expendable: 4 },
        Column { title: "", right: false, expendable: 0 },
    ];
    let rows: Vec<Vec<Cell>> = stages.iter().map(row).collect();
    table_in_full(screen, &columns, &rows);
}

fn row(stage: &StageReport) -> Vec<Cell> {
    let ran = matches!(stage.action.as_str(), "published" | "held");
    let number = |value: u64| if ran { Cell::plain(count(value)) } else { Cell::plain("") };
    let (mark, note) = match stage.action.as_str() {
        "published" => (Cell::styled("✓", GOOD), Cell::plain("")),
        "held" => (Cell::styled("‖", WARN), Cell::styled("held at a gate", WARN)),
        "failed" => (Cell::styled("✗", BAD), Cell::styled("failed", BAD)),
        "blocked" => (Cell::styled("✗", BAD), Cell::plain(format!("blocked: {}", stage.reason))),
        "waiting" => (Cell::styled("‖", WARN), Cell::plain(stage.reason.clone())),
        "cancelled" => (Cell::styled("–", DIM), Cell::plain("stopped")),
        _ => (Cell::styled("–", DIM), Cell::styled(stage.reason.clone(), DIM)),
    };
    let refused = match (ran, stage.rows_refused) {
        (true, 0) => Cell::styled("0", DIM),
        (true, refused) => Cell::styled(count(refused), WARN),
        (false, _) => Cell::plain(""),
    };
    let published = match stage.action.as_str() {
        "held" => Cell::styled(format!("({})", count(stage.rows_published)), DIM),
        _ => number(stage.rows_published),
    };
    vec![
        mark,
        Cell::plain(stage.name.clone()),
        number(stage.rows_read),
        published,
        refused,
        if ran { Cell::plain(checks(&stage.checks)) } else { Cell::plain("") },
        if ran { Cell::plain(seconds(stage.seconds)) } else { Cell::plain("") },
        if ran { Cell::styled(rate(stage.rows_read, stage.seconds), DIM) } else { Cell::plain("") },
        note,
    ]
}

/// `14 ok`, or what is not among them: `2 failed, 1 warned of 14`. What was not checked is told below the table.
fn checks(verdicts: &[Verdict]) -> String {
    let tally = |outcome| verdicts.iter().filter(|verdict| verdict.outcome == outcome).count();
    let words = [(tally(Outcome::Failed), "failed"), (tally(Outcome::Warned), "warned")];
    let told: Vec<String> =
        words.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}")).collect();
    let checked = verdicts.len() - tally(Outcome::NotChecked);
    if told.is_empty() { format!("{checked} ok") } else { format!("{} of {checked}", told.join(", ")) }
}

fn details(screen: &mut Screen, stage: &StageReport) {
    let mut found: Vec<&Verdict> = stage
        .checks
        .iter()
        .filter(|verdict| matches!(verdict.outcome, Outcome::Failed | Outcome::Warned | Outcome::NotChecked))
        .collect();
    if found.is_empty() && stage.error.is_none() && stage.gate.is_none() && stage.drift.is_empty() {
        return;
    }
    found.sort_by_key(|verdict| (verdict.outcome != Outcome::Failed, std::cmp::Reverse(verdict.violations)));
    screen.line("");
    screen.line(format!(" {BOLD}{}{BOLD:#}", stage.name));
    if let Some(error) = &stage.error {
        screen.line(format!("   {BAD}error{BAD:#}: {}", error.message));
        whereabouts(screen, error);
    }
    if let Some(gate) = &stage.gate {
        for ask in &gate.asks {
            asked(screen, "   ", ask);
        }
    }
    for drift in &stage.drift {
        let text = |name: &str| drift[name].as_str().unwrap_or_default().to_owned();
        screen.line(format!("   {WARN}drift{WARN:#} {} column {} in {}", text("kind"), text("column"), text("file")));
    }
    let (unchecked, found): (Vec<&Verdict>, Vec<&Verdict>) =
        found.into_iter().partition(|verdict| verdict.outcome == Outcome::NotChecked);
    let shown = found.iter().take(CHECKS_TOLD).chain(unchecked.iter().take(UNCHECKED_TOLD));
    shown.for_each(|verdict| screen.line(told(verdict, screen.width)));
    let more = found.len().saturating_sub(CHECKS_TOLD) + unchecked.len().saturating_sub(UNCHECKED_TOLD);
    if more > 0 {
        screen.line(format!("   {DIM}and {} more: --json has them all{DIM:#}", of(more as u64, "check")));
    }
    samples(screen, stage);
}

fn told(verdict: &Verdict, width: usize) -> String {
    let (word, style) = match verdict.outcome {
        Outcome::Failed => ("failed", BAD),
        Outcome::Warned => ("warned", WARN),
        Outcome::NotChecked | Outcome::Passed => ("not checked", DIM),
    };
    let what = match (verdict.outcome, verdict.value) {
        (Outcome::NotChecked, _) => verdict.reason.clone().unwrap_or_default(),
        (_, Some(_)) => verdict.reason.clone().unwrap_or_default(),
        _ => format!("{} ({}), expected {}", of(verdict.violations, "row"), percent(verdict.ratio), verdict.expected),
    };
    let room = width.saturating_sub(8 + word.len() + verdict.id.len());
    format!("   {style}{word}{style:#} {}: {}", verdict.id, clipped(&what, room))
}

fn samples(screen: &mut Screen, stage: &StageReport) {
    for sample in stage.samples.iter().take(ROWS_TOLD) {
        let file = sample["file"].as_str().unwrap_or_default();
        let place = match (file, sample["row"].as_u64()) {
            ("", _) => String::new(),
            (file, Some(row)) => format!("{PLACE}{file}:{row}{PLACE:#}  "),
            (file, None) => format!("{PLACE}{file}{PLACE:#}  "),
        };
        let reasons: Vec<&str> =
            sample["reasons"].as_array().into_iter().flatten().filter_map(|reason| reason.as_str()).collect();
        screen.line(format!(
            "   {DIM}·{DIM:#} {place}{}",
            clipped(&reasons.join("; "), screen.width.saturating_sub(file.len() + 14))
        ));
        let raw = sample["raw"].as_str().unwrap_or_default();
        screen.line(format!("     {DIM}{}{DIM:#}", clipped(raw, screen.width.saturating_sub(6))));
    }
}

fn closing(report: &RunReport) -> String {
    let tally = |word: &str| report.datasets.iter().filter(|stage| stage.action == word).count() as u64;
    let rows: u64 = report.datasets.iter().map(|stage| stage.rows_read).sum();
    let published: u64 =
        report.datasets.iter().filter(|stage| stage.action == "published").map(|stage| stage.rows_published).sum();
    let refused: u64 =
        report.datasets.iter().filter(|stage| stage.action == "published").map(|stage| stage.rows_refused).sum();
    let mut parts = vec![format!("{} published", of(tally("published"), "dataset"))];
    for (word, text) in [
        ("held", "held"),
        ("waiting", "waiting"),
        ("failed", "failed"),
        ("blocked", "blocked"),
        ("skipped", "skipped"),
        ("cancelled", "stopped"),
    ] {
        if tally(word) > 0 {
            parts.push(format!("{} {text}", tally(word)));
        }
    }
    let mark = match report.outcome.as_str() {
        "done" => format!("{GOOD}✓{GOOD:#}"),
        "waiting" => format!("{WARN}‖{WARN:#}"),
        _ => format!("{BAD}✗{BAD:#}"),
    };
    format!(
        "{mark} {} in {}; {} published, {} in dead letters ({})",
        parts.join(", "),
        seconds(report.seconds),
        of(published, "row"),
        of(refused, "row"),
        rate(rows, report.seconds)
    )
}
