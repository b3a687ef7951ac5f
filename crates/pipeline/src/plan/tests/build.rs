//! Projects and states for tests, and a run that goes well.

use std::collections::BTreeMap;
use std::sync::Arc;

use contract::{Check, Column, ContractRef, DataType, Dataset, DriftPolicy, Rule, Scope, Severity};

use crate::plan::{Plan, PlannedStage, definition, fingerprint};
use crate::position::{FILES, FileRef, Increment, Position};
use crate::project::{DatasetSpec, FileFormat, Incremental, Made, ModelSpec, Project, Retry, SourceSpec, Vanished};
use crate::state::{Available, DatasetState, Published, State};
use crate::table::{TableSpec, Write};

pub fn file(path: &str) -> FileRef {
    FileRef { path: path.into(), size: 10, modified_ms: 1, hash: None }
}

pub fn source(name: &str, write: Write) -> DatasetSpec {
    let files = format!("landing/{name}/*.csv");
    spec(name, Made::Source(SourceSpec { files, format: FileFormat::Ndjson, vanished: Vanished::Block }), write)
}

pub fn model(name: &str, inputs: &[&str], write: Write) -> DatasetSpec {
    let model = ModelSpec {
        path: format!("models/{name}.sql"),
        sql: format!("SELECT * FROM {}", inputs.join(", ")),
        inputs: inputs.iter().map(|input| (*input).to_owned()).collect(),
        incremental: None,
    };
    spec(name, Made::Model(model), write)
}

pub fn incremental(name: &str, inputs: &[&str], from: &str, write: Write) -> DatasetSpec {
    let mut spec = model(name, inputs, write);
    if let Made::Model(model) = &mut spec.made {
        model.incremental = Some(Incremental { from: from.into() });
    }
    spec
}

pub fn refer(mut spec: DatasetSpec, to: &str) -> DatasetSpec {
    let mut dataset = Dataset::clone(&spec.contract);
    dataset.checks.push(Check {
        id: format!("id.reference_{to}"),
        scope: Scope::Row,
        severity: Severity::Error,
        element: Some("id".into()),
        rule: Rule::Reference { columns: vec!["id".into()], to_dataset: to.into(), to_columns: vec!["id".into()] },
        expected: format!("an id of {to}"),
        threshold: None,
        limits: contract::Limits::default(),
    });
    spec.contract = Arc::new(dataset);
    spec
}

fn spec(name: &str, made: Made, write: Write) -> DatasetSpec {
    DatasetSpec {
        name: name.into(),
        pipeline: "p".into(),
        contract: Arc::new(dataset(name)),
        made,
        table: TableSpec {
            write,
            key: Vec::new(),
            partition_by: Vec::new(),
            column_mapping: false,
            keep_previous: None,
        },
        retry: Retry::default(),
        threshold: None,
        then: Default::default(),
    }
}

fn dataset(name: &str) -> Dataset {
    Dataset {
        name: name.into(),
        contract: ContractRef { id: name.into(), version: "1.0.0".into(), digest: "sha256:0".into() },
        columns: vec![Column { required: true, ..Column::plain("id", DataType::String) }],
        checks: Vec::new(),
        primary_key: Vec::new(),
        encryption: None,
        drift: DriftPolicy::IgnoreExtra,
    }
}

pub fn project(specs: impl IntoIterator<Item = DatasetSpec>) -> Project {
    let datasets = specs.into_iter().map(|spec| (spec.name.clone(), spec)).collect();
    Project { datasets, ..Project::default() }
}

/// A state in which one file lies at every source and nothing was published.
pub fn fresh(project: &Project) -> State {
    let mut state = State::default();
    for (name, spec) in &project.datasets {
        if matches!(spec.made, Made::Source(_)) {
            arrive(&mut state, name, &format!("{name}/1.csv"));
        }
    }
    state
}

pub fn arrive(state: &mut State, dataset: &str, path: &str) {
    let available = &mut state.datasets.entry(dataset.into()).or_default().available;
    available.files_new.push(file(path));
    available.files_all.push(file(path));
    available.files_all.sort();
}

/// Publishes every stage of the plan as an engine would.
pub fn run(project: &Project, state: &mut State, plan: &Plan) {
    for stage in plan.stages.iter().filter(|stage| stage.action.moves()) {
        let published = result(project, state, stage);
        let entry = state.datasets.entry(stage.dataset.clone()).or_default();
        entry.published = Some(published);
        entry.gate = None;
        let files_all = entry.available.files_all.clone();
        entry.available = Available { files_all, ..Available::default() };
    }
}

pub fn result(project: &Project, state: &State, stage: &PlannedStage) -> Published {
    let spec = &project.datasets[&stage.dataset];
    let before = state.datasets.get(&stage.dataset).and_then(|state| state.published.as_ref());
    let positions = positions(spec, state, stage, before);
    let definition = definition(spec);
    let version = before.map_or(0, |before| before.version + 1);
    Published {
        run: "r".into(),
        sequence: stage.sequence,
        version,
        version_now: version,
        fingerprint: fingerprint(&definition, &positions),
        definition,
        terms: Some(crate::Terms::of(spec).within(project, &spec.name)),
        positions,
    }
}

fn positions(
    spec: &DatasetSpec,
    state: &State,
    stage: &PlannedStage,
    before: Option<&Published>,
) -> BTreeMap<String, Position> {
    let position = |name: &String, increment: &Increment| match increment {
        Increment::Files { files } => {
            let all = stage.rebuild || spec.table.write == Write::Overwrite;
            let before = before.filter(|_| !all).and_then(|before| before.positions.get(FILES));
            Some(Position::after_files(before, files))
        }
        _ => {
            let version = state.datasets.get(name)?.published.as_ref()?.version;
            Some(Position::Table { version })
        }
    };
    if stage.migration.is_some() {
        return before.map(|before| before.positions.clone()).unwrap_or_default();
    }
    stage.inputs.iter().filter_map(|(name, increment)| Some((name.clone(), position(name, increment)?))).collect()
}

/// The project after one good run over a first file everywhere.
pub fn published(specs: impl IntoIterator<Item = DatasetSpec>) -> (Project, State) {
    let project = project(specs);
    let mut state = fresh(&project);
    let plan = crate::plan(&project, &state);
    run(&project, &mut state, &plan);
    (project, state)
}

pub fn entry<'a>(state: &'a mut State, dataset: &str) -> &'a mut DatasetState {
    state.datasets.entry(dataset.into()).or_default()
}

/// One line per stage: `dataset: action[ rebuild] inputs - reasons`.
pub fn text(plan: &Plan) -> Vec<String> {
    plan.stages.iter().map(line).collect()
}

fn line(stage: &PlannedStage) -> String {
    let inputs: Vec<String> = stage
        .inputs
        .iter()
        .map(|(name, increment)| match increment {
            Increment::Files { files } => {
                format!("{name}={}", files.iter().map(|file| file.path.as_str()).collect::<Vec<_>>().join("+"))
            }
            Increment::Whole => format!("{name}=whole"),
            Increment::Added { from } => format!("{name}=added>{from}"),
            Increment::TouchedPartitions { from } => format!("{name}=touched>{from}"),
        })
        .collect();
    let rebuild = match (stage.rebuild, &stage.migration) {
        (true, _) => " anew",
        (false, Some(_)) => " migrated",
        (false, None) => "",
    };
    let inputs = if inputs.is_empty() { String::new() } else { format!(" [{}]", inputs.join(", ")) };
    format!("{}: {}{rebuild}{inputs} - {}", stage.dataset, stage.action.word(), stage.why())
}
