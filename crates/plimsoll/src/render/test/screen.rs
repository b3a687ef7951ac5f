//! The screen of a test: one line per check, the worst first, with a few of the rows that break it.

use app::test::{TestReport, TestedDataset};
use pipeline::{Outcome, Verdict};

use super::{Tally, measure, sample, title, worst_first};
use crate::render::number::{clipped, count, of, rate, seconds};
use crate::render::table::{Cell, Column, table};
use crate::screen::{BAD, BOLD, DIM, GOOD, Screen, WARN};

const SAMPLES_TOLD: usize = 3;
const EXTRA_TOLD: usize = 8;

pub fn screen(screen: &mut Screen, report: &TestReport) {
    let server = report.server.as_ref().map(|server| format!(" on {server}")).unwrap_or_default();
    screen.line(format!("{BOLD}{}{BOLD:#}{DIM}{server}{DIM:#}", title(report)));
    for dataset in &report.datasets {
        screen.line("");
        tested(screen, dataset);
    }
    screen.line("");
    let tally = Tally::all(report);
    let mark = match (tally.failed, tally.warned + tally.not_checked) {
        (0, 0) => format!("{GOOD}✓{GOOD:#}"),
        (0, _) => format!("{WARN}!{WARN:#}"),
        _ => format!("{BAD}✗{BAD:#}"),
    };
    screen.line(format!("{mark} {} {DIM}({}){DIM:#}", tally.words(), seconds(report.seconds)));
}

fn tested(screen: &mut Screen, dataset: &TestedDataset) {
    let refused = match dataset.rows_refused {
        0 => String::new(),
        refused => format!(", {WARN}{} refused{WARN:#}", count(refused)),
    };
    let speed = match dataset.rows_read >= 100_000 {
        true => format!(", {}", rate(dataset.rows_read, dataset.seconds)),
        false => String::new(),
    };
    screen.line(format!(
        "{BOLD}{}{BOLD:#}  {}{refused} {DIM}in {}{speed}{DIM:#}",
        dataset.name,
        of(dataset.rows_read, "row"),
        seconds(dataset.seconds)
    ));
    let verdicts = worst_first(dataset);
    let columns = [
        Column { title: "", right: false, expendable: 0 },
        Column { title: "check", right: false, expendable: 0 },
        Column { title: "found", right: true, expendable: 0 },
        Column { title: "expected", right: false, expendable: 1 },
    ];
    let rows: Vec<Vec<Cell>> = verdicts.iter().map(|verdict| row(verdict)).collect();
    table(screen, &columns, &rows);
    for verdict in verdicts.iter().filter(|verdict| verdict.outcome != Outcome::Passed) {
        details(screen, verdict);
    }
    extra(screen, dataset);
}

fn row(verdict: &Verdict) -> Vec<Cell> {
    let (mark, style) = match verdict.outcome {
        Outcome::Passed => ("✓", GOOD),
        Outcome::Failed => ("✗", BAD),
        Outcome::Warned => ("!", WARN),
        Outcome::NotChecked => ("–", DIM),
    };
    let name = match verdict.outcome {
        Outcome::Failed => Cell::styled(verdict.id.clone(), BAD),
        Outcome::Warned => Cell::styled(verdict.id.clone(), WARN),
        _ => Cell::plain(verdict.id.clone()),
    };
    vec![Cell::styled(mark, style), name, Cell::plain(measure(verdict)), Cell::styled(verdict.expected.clone(), DIM)]
}

/// Why a check did not pass, and the first rows that break it.
fn details(screen: &mut Screen, verdict: &Verdict) {
    let width = screen.width.saturating_sub(6);
    let style = match verdict.outcome {
        Outcome::Failed => BAD,
        Outcome::Warned => WARN,
        _ => DIM,
    };
    let told = verdict.reason.as_deref().filter(|_| verdict.ratio == 0.0);
    if told.is_none() && verdict.samples.is_empty() {
        return;
    }
    screen.line("");
    let reason = told.map(|reason| format!(": {reason}")).unwrap_or_default();
    let head = clipped(&format!("{}{reason}", verdict.id), width);
    let (id, rest) = head.split_at_checked(verdict.id.len()).unwrap_or((head.as_str(), ""));
    screen.line(format!("  {style}{id}{style:#}{rest}"));
    for value in verdict.samples.iter().take(SAMPLES_TOLD) {
        screen.line(format!("    {DIM}{}{DIM:#}", clipped(&sample(value), width)));
    }
}

fn extra(screen: &mut Screen, dataset: &TestedDataset) {
    if dataset.extra_columns.is_empty() {
        return;
    }
    let mut names: Vec<&str> =
        dataset.extra_columns.iter().take(EXTRA_TOLD).map(|column| column.name.as_str()).collect();
    let more = format!("and {} more", dataset.extra_columns.len().saturating_sub(EXTRA_TOLD));
    if dataset.extra_columns.len() > EXTRA_TOLD {
        names.push(&more);
    }
    screen.line("");
    let text = format!("not in the contract: {}", names.join(", "));
    screen.line(format!("  {DIM}{}{DIM:#}", clipped(&text, screen.width.saturating_sub(4))));
}
