//! The screen of a plan.

use std::collections::BTreeMap;

use app::impact::Reader;
use pipeline::Plan;
use pipeline::decide::GateKind;
use pipeline::migration::Work;
use pipeline::plan::{Action, MigrationSummary, StageSummary};

use super::number::{bytes, of};
use super::run::asked;
use super::table::{Cell, Column, table_in_full};
use crate::screen::{BAD, BOLD, DIM, GOOD, Screen, WARN};

/// `readers`: by dataset, the places in models that a breaking migration reaches.
pub fn plan(screen: &mut Screen, project: &str, plan: &Plan, readers: &BTreeMap<String, Vec<Reader>>) {
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
    table_in_full(screen, &columns, &rows);
    for stage in &stages {
        match (&stage.migration, stage.asks.first()) {
            (Some(migration), _) => {
                screen.line("");
                migrating(screen, &stage.dataset, migration);
                for one in readers.get(&stage.dataset).into_iter().flatten() {
                    screen.line(format!("  {WARN}›{WARN:#} {}", reader(one)));
                }
            }
            (None, Some(_)) => {
                screen.line("");
                screen.line(format!("{BOLD}{}{BOLD:#} is asked about", stage.dataset));
            }
            (None, None) => {}
        }
        asking(screen, stage);
        let of_migration = stage.asks.iter().filter(|ask| ask.kind == GateKind::DataMigration);
        of_migration.for_each(|ask| screen.line(format!("  {WARN}?{WARN:#} {}", ask.text)));
    }
}

/// What is asked before the result is published, as far as it is known before anything ran. What a migration breaks stands at its steps.
fn asking(screen: &mut Screen, stage: &StageSummary) {
    let Some(first) = stage.asks.first() else { return };
    let of_guards = stage.asks.iter().filter(|ask| ask.kind == GateKind::PipelineIntegrity);
    of_guards.for_each(|ask| asked(screen, "  ", &ask.text));
    screen.line(format!("  {WARN}the result waits at a {} gate before it is published{WARN:#}", first.kind.word()));
}

/// A model that a migration reaches, with its place.
pub(super) fn reader(reader: &Reader) -> String {
    format!("{}:{}:{} {} {}", reader.path, reader.line, reader.column, reader.dataset, reader.reason)
}

/// Versions that are kept beside the newest one.
pub fn previous(screen: &mut Screen, previous: &[engine::Previous]) {
    for kept in previous {
        let shows = match (&kept.stopped, kept.shows) {
            (Some(why), Some(shows)) => format!("; it shows version {shows} and no newer one: {why}"),
            (None, Some(shows)) => format!("; it shows version {shows}"),
            (_, None) => String::new(),
        };
        screen.line(format!(
            "  {DIM}{} {} is deprecated and kept until {} at {}{shows}{DIM:#}",
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
}
