//! Runs, their stages and their events.
#![allow(clippy::unwrap_used)]

use pipeline::Event;
use pipeline::event::RunOutcome;

use crate::StageState;
use crate::fixtures::{held, on_both, open, published, run_ended, run_started};

fn started(run: &str, dataset: &str) -> Event {
    Event::StageStarted { run: run.to_owned(), dataset: dataset.to_owned() }
}

#[test]
fn a_run_and_where_its_stages_stand() {
    on_both(|location| {
        let mut ledger = open(location);
        ledger
            .append(1, &[run_started("run-a"), started("run-a", "x"), started("run-a", "y"), started("run-a", "z")])
            .unwrap();
        let failed = Event::StageFailed {
            run: "run-a".to_owned(),
            dataset: "z".to_owned(),
            kind: "input".to_owned(),
            message: "no".to_owned(),
        };
        let skipped =
            Event::StageSkipped { run: "run-a".to_owned(), dataset: "w".to_owned(), reason: "up_to_date".to_owned() };
        ledger
            .append(2, &[published("run-a", "x", 1, vec![], false), held("run-a", "y", "g", 1), failed, skipped])
            .unwrap();
        ledger
            .append(3, &[run_ended("run-a", RunOutcome::Failed), run_started("run-b"), started("run-b", "x")])
            .unwrap();

        let runs = ledger.runs(10).unwrap();
        assert_eq!(runs.iter().map(|run| run.id.as_str()).collect::<Vec<_>>(), ["run-b", "run-a"]);
        assert_eq!((runs[0].ended_ms, runs[0].outcome), (None, None));
        assert_eq!((runs[1].started_ms, runs[1].ended_ms, runs[1].outcome), (1, Some(3), Some(RunOutcome::Failed)));
        let stages =
            runs[1].stages.iter().map(|stage| (stage.dataset.as_str(), stage.state, stage.started_ms, stage.ended_ms));
        let due = [
            ("x", StageState::Published, Some(1), Some(2)),
            ("y", StageState::Held, Some(1), Some(2)),
            ("z", StageState::Failed, Some(1), Some(2)),
            ("w", StageState::Skipped, None, Some(2)),
        ];
        assert_eq!(stages.collect::<Vec<_>>(), due);
        assert_eq!(ledger.runs(1).unwrap(), runs[..1]);

        let (run, events) = ledger.run("run-a").unwrap();
        assert_eq!((&run, events.len(), events[8].seq), (&runs[1], 9, 9));
        assert_eq!(ledger.run("run-").unwrap_err().message, "`run-` begins several ids of a run: run-a, run-b");
    });
}
