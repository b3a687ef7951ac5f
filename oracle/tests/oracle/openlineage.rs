//! Our OpenLineage events beside the official schemas: each event, and each of its facets by the schema that it names.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use interop::openlineage::{Context, Repository, event};
use jsonschema::{Retrieve, Uri, Validator};
use pipeline::event::{RunOutcome, StageHeld, StagePublished};
use pipeline::lineage::{Edge, Graph, Kind};
use pipeline::project::{DatasetSpec, FileFormat, Made, ModelSpec, Project, Retry, SourceSpec, Vanished};
use pipeline::verdict::{Counts, Outcome, Verdict};
use pipeline::{Event, FileRef, Position, TableSpec, Write};
use serde_json::{Value as Json, json};

use crate::suite;

const SITE: &str = "https://openlineage.io/spec/";
const RUN: &str = "019a7c3e-5b00-7000-8000-000000000001";
const CONTRACT: &str = "
apiVersion: v3.1.0
kind: DataContract
id: shop
name: Shop
version: 1.2.0
status: active
schema:
  - name: raw
    properties:
      - { name: id, logicalType: integer, required: true, primaryKey: true }
      - { name: n, logicalType: number, quality: [{ id: few, type: library, metric: nullValues, mustBeLessThan: 5 }] }
      - { name: address, logicalType: object, properties: [{ name: city, logicalType: string }] }
  - name: made
    properties:
      - { name: id, logicalType: integer }
      - { name: n, logicalType: number }
";

/// The official schemas, by their addresses; the version in an address must be that of the file.
struct Folder(PathBuf);

impl Retrieve for Folder {
    fn retrieve(&self, uri: &Uri<String>) -> Result<Json, Box<dyn std::error::Error + Send + Sync>> {
        let address = uri.as_str().split('#').next().unwrap_or_default();
        let inside = address.strip_prefix(SITE).ok_or("not of OpenLineage")?;
        let name = inside.rsplit('/').next().unwrap_or_default();
        let path = if inside.starts_with("facets/") { self.0.join("facets").join(name) } else { self.0.join(name) };
        let schema: Json = serde_json::from_str(&std::fs::read_to_string(path)?)?;
        if schema["$id"].as_str() != Some(address) {
            return Err(format!("{address} is not the version at hand, {}", schema["$id"]).into());
        }
        Ok(schema)
    }
}

fn validator(folder: &PathBuf, address: &str) -> Validator {
    let schema = json!({ "$schema": "https://json-schema.org/draft/2020-12/schema", "$ref": address });
    jsonschema::options().should_validate_formats(true).with_retriever(Folder(folder.clone())).build(&schema).unwrap()
}

/// What the official schemas say against an event.
fn complaints(folder: &PathBuf, event: &Json) -> Vec<String> {
    let mut found = Vec::new();
    let mut check = |address: &str, value: &Json, place: &str| {
        for error in validator(folder, address).iter_errors(value) {
            found.push(format!("{place}{}: {error}", error.instance_path()));
        }
    };
    check(&format!("{SITE}2-0-2/OpenLineage.json#/$defs/RunEvent"), event, "");
    for (place, facet) in facets(event) {
        match facet["_schemaURL"].as_str().filter(|address| address.starts_with(SITE)) {
            Some(address) => check(address, facet, &place),
            None => check("https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/BaseFacet", facet, &place),
        }
    }
    found
}

fn facets(event: &Json) -> Vec<(String, &Json)> {
    let mut found = Vec::new();
    let holders = ["inputs", "outputs"].into_iter().flat_map(|side| event[side].as_array().into_iter().flatten());
    let all = [&event["run"], &event["job"]].into_iter().chain(holders);
    for holder in all {
        for key in ["facets", "inputFacets", "outputFacets"] {
            for (name, facet) in holder[key].as_object().into_iter().flatten() {
                found.push((name.clone(), facet));
            }
        }
    }
    found
}

fn project() -> (Project, Graph) {
    let datasets = contract::load("shop.yaml", CONTRACT).datasets;
    let spec = |name: &str, made: Made| DatasetSpec {
        name: name.into(),
        pipeline: "shop".into(),
        contract: Arc::new(datasets.iter().find(|dataset| dataset.name == name).unwrap().clone()),
        made,
        table: TableSpec {
            write: Write::Overwrite,
            key: Vec::new(),
            partition_by: Vec::new(),
            column_mapping: false,
            keep_previous: None,
        },
        retry: Retry::default(),
        threshold: None,
        then: Default::default(),
    };
    let source =
        SourceSpec { files: "s3://bucket/landing/*.csv".into(), format: FileFormat::Ndjson, vanished: Vanished::Block };
    let model = ModelSpec {
        path: "models/made.sql".into(),
        sql: "SELECT id, n FROM raw".into(),
        inputs: vec!["raw".into()],
        incremental: None,
    };
    let mut project = Project::default();
    project.settings.name = "shop".into();
    for spec in [spec("raw", Made::Source(source)), spec("made", Made::Model(model))] {
        project.datasets.insert(spec.name.clone(), spec);
    }
    let mut graph = Graph::default();
    let [from, to] = [("raw", "n"), ("made", "n")].map(|(dataset, column)| graph.column(dataset, column));
    for kind in [Kind::Aggregation, Kind::GroupBy] {
        graph.edge(Edge { from, to, kind, masking: true });
    }
    (project, graph)
}

fn verdicts(project: &Project, dataset: &str) -> Vec<Verdict> {
    let checks = &project.datasets[dataset].contract.checks;
    let outcomes = [Outcome::Passed, Outcome::Failed, Outcome::Warned, Outcome::NotChecked].into_iter().cycle();
    let verdict = |(check, outcome): (&contract::Check, Outcome)| Verdict {
        id: check.id.clone(),
        kind: check.rule.kind().to_owned(),
        scope: check.scope,
        element: check.element.clone(),
        severity: check.severity,
        outcome,
        violations: 1,
        value: Some(0.5),
        ratio: 0.1,
        expected: check.expected.clone(),
        reason: None,
        threshold: None,
        samples: Vec::new(),
    };
    checks.iter().zip(outcomes).map(verdict).collect()
}

/// Every event of the ledger that is told.
fn events(project: &Project) -> Vec<(Event, Option<StageHeld>)> {
    let (run, positions) = (RUN.to_owned(), BTreeMap::from([("raw".to_owned(), Position::Table { version: 2 })]));
    let counts = Counts { rows_read: 3, rows_made: 3, rows_passed: 2, rows_refused: 1, bytes: 10 };
    let published = |dataset: &str, version: i64, positions: BTreeMap<String, Position>| {
        Event::StagePublished(Box::new(StagePublished {
            run: RUN.into(),
            dataset: dataset.into(),
            contract: contract::ContractRef { id: "shop".into(), version: "1".into(), digest: "sha256:0".into() },
            sequence: 1,
            version,
            fingerprint: "f".into(),
            definition: pipeline::state::Definition::default(),
            positions,
            files: vec![FileRef { path: "s3://bucket/landing/a.csv".into(), size: 1, modified_ms: 1, hash: None }],
            files_all: false,
            counts,
            verdicts: verdicts(project, dataset),
            seconds: 1.0,
            repaired: false,
            terms: None,
            before: None,
        }))
    };
    // As a ledger of any version has it: what it does not say has its default.
    let held: StageHeld = serde_json::from_value(json!({
        "run": run, "dataset": "raw", "gate": "raw-1", "kind": pipeline::decide::GateKind::DataQuality, "asks": [],
        "fingerprint": "f", "counts": counts, "verdicts": verdicts(project, "raw"), "seconds": 0.0, "staged": null,
    }))
    .unwrap();
    let files = BTreeMap::from([("files".to_owned(), Position::Files { count: 1, digest: "abc".into() })]);
    let stage = |dataset: &str| Event::StageStarted { run: RUN.into(), dataset: dataset.into() };
    let failed =
        Event::StageFailed { run: run.clone(), dataset: "made".into(), kind: "bug".into(), message: "no".into() };
    let superseded = Event::GateSuperseded { gate: "raw-1".into(), dataset: "raw".into() };
    let mut told = vec![(Event::RunStarted { run: run.clone(), plan: Json::Null, who: None }, None)];
    told.extend(
        [stage("raw"), stage("made"), published("raw", 0, files), published("made", 4, positions), failed]
            .map(|event| (event, None)),
    );
    told.extend([(Event::StageHeld(Box::new(held.clone())), None), (superseded, Some(held))]);
    for outcome in [RunOutcome::Done, RunOutcome::Failed, RunOutcome::Waiting, RunOutcome::Cancelled] {
        told.push((Event::RunEnded { run: run.clone(), outcome }, None));
    }
    told
}

#[test]
fn our_events_are_valid() {
    let Some(folder) = suite("openlineage/spec") else { return };
    let (project, graph) = project();
    let git = Repository {
        url: Some("https://host/shop.git".into()),
        commit: Some("c0ffee".into()),
        branch: Some("main".into()),
        folder: String::new(),
    };
    let mut names = BTreeSet::new();
    for repository in [None, Some(&git)] {
        let context = Context {
            namespace: "here",
            producer: "urn:plimsoll:0",
            project: &project,
            graph: &graph,
            root_url: "file:///work%20it/",
            warehouse_url: "file:///work%20it/warehouse/",
            repository,
        };
        for (ledger_event, held) in events(&project) {
            let told = event(&context, 1_763_000_000_123, &ledger_event, held.as_ref()).unwrap();
            assert_eq!(complaints(&folder, &told), Vec::<String>::new(), "{told:#}");
            names.extend(facets(&told).into_iter().map(|(name, _)| name));
        }
    }
    let expected = [
        "columnLineage",
        "dataQualityAssertions",
        "dataQualityMetrics",
        "dataSource",
        "errorMessage",
        "inputStatistics",
        "jobType",
        "lifecycleStateChange",
        "nominalTime",
        "outputStatistics",
        "parent",
        "processing_engine",
        "schema",
        "sourceCodeLocation",
        "sql",
        "version",
    ];
    assert_eq!(names.iter().map(String::as_str).collect::<Vec<_>>(), expected);
}

/// The validator does find what is wrong: it agrees with the answers that come with the cases.
#[test]
fn the_schemas_refuse_what_is_wrong() {
    let Some(path) = suite("openlineage/event_validity.jsonl") else { return };
    let folder = suite("openlineage/spec").unwrap();
    let (mut agreed, mut cases, mut refused) = (0, 0, 0);
    for line in std::fs::read_to_string(path).unwrap().lines() {
        let case: Json = serde_json::from_str(line).unwrap();
        let core = format!("{SITE}2-0-2/OpenLineage.json#/$defs/RunEvent");
        let valid = validator(&folder, &core).is_valid(&case["event"]);
        let expected = case["core_valid"].as_bool().unwrap();
        cases += 1;
        refused += usize::from(!valid);
        agreed += usize::from(valid == expected);
    }
    eprintln!("openlineage events: {agreed} of {cases} judged as expected, {refused} refused");
    assert!(agreed * 100 >= cases * 95, "{agreed} of {cases}");
    let (project, graph) = project();
    let context = Context {
        namespace: "here",
        producer: "urn:plimsoll:0",
        project: &project,
        graph: &graph,
        root_url: "file:///w/",
        warehouse_url: "file:///w/warehouse/",
        repository: None,
    };
    let (started, _) = &events(&project)[2];
    let good = event(&context, 0, started, None).unwrap();
    for (pointer, bad) in [
        ("/eventTime", json!("yesterday")),
        ("/run/runId", json!("1")),
        ("/eventType", json!("BEGIN")),
        ("/run/facets/parent/job", json!({})),
        ("/job/facets/sql/query", json!(1)),
        ("/outputs/0/facets/columnLineage/fields/n/inputFields/0/field", json!(null)),
    ] {
        let mut event = good.clone();
        *event.pointer_mut(pointer).unwrap() = bad;
        assert!(!complaints(&folder, &event).is_empty(), "{pointer}");
    }
}
