//! What holds for every project: determinism, order, and that a good run leaves nothing to do.

use std::collections::BTreeMap;
use std::time::Instant;

use proptest::prelude::*;

use super::build::*;
use crate::plan;
use crate::project::{DatasetSpec, Project};
use crate::table::Write;

const WRITES: [Write; 4] = [Write::Overwrite, Write::Append, Write::Merge, Write::ReplacePartitions];

/// Per dataset: write mode, whether incremental, and picks among the datasets before it as inputs and as a reference.
type Picks = Vec<(usize, bool, Vec<prop::sample::Index>, Option<prop::sample::Index>)>;

fn picks() -> impl Strategy<Value = Picks> {
    let inputs = prop::collection::vec(any::<prop::sample::Index>(), 0..4);
    let one = (0..WRITES.len(), any::<bool>(), inputs, prop::option::of(any::<prop::sample::Index>()));
    prop::collection::vec(one, 1..50)
}

fn build(picks: &Picks) -> Project {
    let mut specs: Vec<DatasetSpec> = Vec::new();
    for (at, (write, narrowed, inputs, reference)) in picks.iter().enumerate() {
        // Names that do not sort in the order of needs.
        let name = format!("d{:02}", (at * 37) % 100);
        let write = WRITES[*write];
        let inputs: Vec<&str> =
            if at == 0 { Vec::new() } else { inputs.iter().map(|pick| specs[pick.index(at)].name.as_str()).collect() };
        let spec = match inputs.first() {
            None => source(&name, write),
            Some(from) if *narrowed => incremental(&name, &unique(&inputs), from, write),
            Some(_) => model(&name, &unique(&inputs), write),
        };
        let spec = match reference.filter(|_| at > 0) {
            Some(pick) => refer(spec, &specs[pick.index(at)].name),
            None => spec,
        };
        specs.push(spec);
    }
    project(specs)
}

fn unique<'a>(inputs: &[&'a str]) -> Vec<&'a str> {
    let mut inputs = inputs.to_vec();
    inputs.sort_unstable();
    inputs.dedup();
    inputs
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn equal_inputs_give_equal_bytes_whatever_the_order_of_the_files(picks in picks()) {
        let project = build(&picks);
        let state = fresh(&project);
        let mut reversed = project.clone();
        reversed.datasets.reverse();
        let bytes = serde_json::to_string(&plan(&project, &state)).unwrap();
        prop_assert_eq!(&bytes, &serde_json::to_string(&plan(&project, &state)).unwrap());
        prop_assert_eq!(&bytes, &serde_json::to_string(&plan(&reversed, &state)).unwrap());
    }

    #[test]
    fn every_stage_stands_after_those_it_needs_and_has_a_reason(picks in picks()) {
        let project = build(&picks);
        let plan = plan(&project, &fresh(&project));
        prop_assert_eq!(plan.stages.len(), project.datasets.len());
        let place: BTreeMap<&str, usize> =
            plan.stages.iter().enumerate().map(|(at, stage)| (stage.dataset.as_str(), at)).collect();
        for stage in &plan.stages {
            prop_assert!(!stage.reasons.is_empty());
            prop_assert_eq!(&stage.needs, &project.datasets[&stage.dataset].needs());
            prop_assert!(stage.needs.iter().all(|need| place[need.as_str()] < place[stage.dataset.as_str()]));
        }
    }

    #[test]
    fn a_good_run_leaves_nothing_to_do_and_new_files_start_only_what_follows(picks in picks(), grows in any::<prop::sample::Index>()) {
        let project = build(&picks);
        let mut state = fresh(&project);
        for round in 2..5 {
            let first = plan(&project, &state);
            prop_assert!(first.stages.iter().all(|stage| !stage.action.stands()));
            run(&project, &mut state, &first);
            let second = plan(&project, &state);
            prop_assert!(second.is_empty(), "{:#?}", text(&second));
            let sources: Vec<&str> = project
                .datasets
                .values()
                .filter(|spec| matches!(spec.made, crate::Made::Source(_)))
                .map(|spec| spec.name.as_str())
                .collect();
            let source = sources[grows.index(sources.len())];
            arrive(&mut state, source, &format!("{source}/{round}.csv"));
            let third = plan(&project, &state);
            prop_assert!(third.stage(source).is_some_and(|stage| stage.action.moves() && !stage.rebuild));
        }
    }

    #[test]
    fn a_plan_survives_json(picks in picks()) {
        let project = build(&picks);
        let plan = plan(&project, &fresh(&project));
        let text = serde_json::to_string(&plan).unwrap();
        prop_assert_eq!(plan, serde_json::from_str(&text).unwrap());
    }
}

/// A chain is the deepest graph; the bound leaves room for an unoptimised build on a busy machine.
#[test]
fn a_thousand_datasets_are_planned_at_once() {
    let mut specs = vec![source("d0000", Write::Append)];
    for at in 1..1000 {
        let name = format!("d{at:04}");
        let before = format!("d{:04}", at - 1);
        specs.push(incremental(&name, &[&before, "d0000"], &before, Write::Append));
    }
    let (project, mut state) = published(specs);
    arrive(&mut state, "d0000", "d0000/2.csv");
    let started = Instant::now();
    let plan = plan(&project, &state);
    assert!(started.elapsed().as_millis() < 2_000, "{:?}", started.elapsed());
    assert_eq!(plan.stages.iter().filter(|stage| stage.action.moves()).count(), 1000);
}
