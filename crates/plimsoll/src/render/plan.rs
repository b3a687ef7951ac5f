//! The screen of a plan.

use pipeline::Plan;
use pipeline::migration::Work;
use pipeline::plan::{Action, MigrationSummary};

use super::number::{bytes, of};
use super::table::{Cell, Column, table};
use crate::screen::{BAD, BOLD, DIM, GOOD, Screen, WARN};

pub fn plan(screen: &mut Screen, project: &str, plan: &Plan) {
    let running = plan.stages.iter().filter(|stage| stage.action.moves()).count();
    let total = plan.stages.len();
    let idle = plan.stages.iter().all(|stage| stage.action == Action::Skip);
    screen.line(match idle {
        true => format!(
            "{GOOD}✓{GOOD:#} {BOLD}{project}{BOLD:#}: nothing to do, {} up to date",
            of(total as u64, "dataset")
        ),
        false => format!("{BOLD}{project}{BOLD:#}: {running} of {} to bring up to date", of(total as u64, "dataset")),
    });
    if total == 0 {
        return;
    }
    screen.line("");
    let columns = [
        Column { title: "", right: true, expendable: 2 },
        Column { title: "dataset", right: false, expendable: 0 },
        Column { title: "action", right: false, expendable: 0 },
        Column { title: "why", right: false, expendable: 0 },
    ];
    let stages = plan.summary();
    let rows: Vec<Vec<Cell>> = stages
        .iter()
        .enumerate()
        .map(|(index, stage)| {
            let word = match (stage.action, stage.rebuild, &stage.migration) {
                (Action::Run, true, _) => "build",
                (Action::Run, _, Some(_)) => "migrate",
                (action, ..) => action.word(),
            };
            let style = match stage.action {
                Action::Run | Action::Publish => GOOD,
                Action::Skip => DIM,
                Action::Wait => WARN,
                Action::Blocked => BAD,
            };
            vec![
                Cell::styled((index + 1).to_string(), DIM),
                Cell::plain(stage.dataset.clone()),
                Cell::styled(word, style),
                Cell::plain(stage.why.clone()),
            ]
        })
        .collect();
    table(screen, &columns, &rows);
    for stage in &stages {
        if let Some(migration) = &stage.migration {
            screen.line("");
            migrating(screen, &stage.dataset, migration);
        }
    }
}

/// Versions that are kept beside the newest one.
pub fn previous(screen: &mut Screen, previous: &[engine::Previous]) {
    for kept in previous {
        screen.line(format!(
            "  {DIM}{} {} is deprecated and kept until {} at {}{DIM:#}",
            kept.dataset, kept.version, kept.until, kept.url
        ));
    }
}

/// What becomes of one stored table, and how much of it is touched.
fn migrating(screen: &mut Screen, dataset: &str, migration: &MigrationSummary) {
    let touched = match (migration.work, migration.size) {
        (Work::Metadata, _) => "the log alone, no row".to_owned(),
        (_, None) => String::new(),
        (_, Some(size)) => {
            format!("{}, {} in {}", of(size.rows, "row"), bytes(size.bytes), of(size.files, "file"))
        }
    };
    screen.line(format!("{BOLD}{dataset}{BOLD:#} is migrated, {}: {touched}", migration.work.word()));
    for step in &migration.steps {
        match &step.breaking {
            Some(why) => screen.line(format!("  {WARN}!{WARN:#} {} {DIM}{why}{DIM:#}", step.what)),
            None => screen.line(format!("  {GOOD}·{GOOD:#} {} {DIM}{}{DIM:#}", step.what, step.work.word())),
        }
    }
    if let Some(gate) = migration.gate {
        screen.line(format!("  {WARN}the result waits at a {} gate before it is published{WARN:#}", gate.word()));
    }
}
