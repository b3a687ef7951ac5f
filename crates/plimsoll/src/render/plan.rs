//! The screen of a plan.

use pipeline::Plan;
use pipeline::plan::Action;

use super::number::of;
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
    let rows: Vec<Vec<Cell>> = plan
        .summary()
        .into_iter()
        .enumerate()
        .map(|(index, stage)| {
            let word = match (stage.action, stage.rebuild) {
                (Action::Run, true) => "build",
                (action, _) => action.word(),
            };
            let style = match stage.action {
                Action::Run | Action::Publish => GOOD,
                Action::Skip => DIM,
                Action::Wait => WARN,
                Action::Blocked => BAD,
            };
            vec![
                Cell::styled((index + 1).to_string(), DIM),
                Cell::plain(stage.dataset),
                Cell::styled(word, style),
                Cell::plain(stage.why),
            ]
        })
        .collect();
    table(screen, &columns, &rows);
}
