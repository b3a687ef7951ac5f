//! Tests of `openlineage`. That the events are valid by the official schemas is tested where a validator is, in `oracle`.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::sync::Arc;

use contract::{Scope, Severity};
use pipeline::lineage::{Edge, Kind};
use pipeline::project::{FileFormat, ModelSpec, Retry, SourceSpec, Vanished};
use pipeline::verdict::Outcome;
use pipeline::{Counts, FileRef, Position, TableSpec, Verdict, Write};

use super::*;

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
      - { name: id, physicalName: ID, logicalType: integer, required: true }
      - { name: mail, logicalType: string, classification: personal }
      - { name: address, logicalType: object, properties: [{ name: city, logicalType: string }] }
  - name: people
    properties:
      - { name: id, logicalType: integer }
      - { name: mail, logicalType: string }
";
const RUN: &str = "019a7c3e-5b00-7000-8000-000000000001";

fn spec(name: &str, made: Made, write: Write) -> DatasetSpec {
    let contract = contract::load("shop.yaml", CONTRACT).datasets.into_iter().find(|one| one.name == name).unwrap();
    DatasetSpec {
        name: name.into(),
        pipeline: "shop".into(),
        contract: Arc::new(contract),
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

fn project() -> (Project, Graph) {
    let source = SourceSpec { files: "landing/p*/x.csv".into(), format: FileFormat::Ndjson, vanished: Vanished::Block };
    let model = ModelSpec {
        path: "models/people.sql".into(),
        sql: "SELECT id, md5(mail) AS mail FROM raw WHERE id > 1".into(),
        inputs: vec!["raw".into()],
        incremental: None,
    };
    let mut project = Project::default();
    project.settings.name = "shop".into();
    for spec in [spec("raw", Made::Source(source), Write::Append), spec("people", Made::Model(model), Write::Overwrite)]
    {
        project.datasets.insert(spec.name.clone(), spec);
    }
    let mut graph = Graph::default();
    let [id, mail, made_id, made_mail] = [("raw", "id"), ("raw", "mail"), ("people", "id"), ("people", "mail")]
        .map(|(of, column)| graph.column(of, column));
    graph.edge(Edge { from: id, to: made_id, kind: Kind::Identity, masking: false });
    graph.edge(Edge { from: id, to: made_id, kind: Kind::Filter, masking: false });
    graph.edge(Edge { from: mail, to: made_mail, kind: Kind::Transformation, masking: true });
    (project, graph)
}

fn tell(event_told: &Event, held: Option<&StageHeld>, repository: Option<&Repository>) -> Option<Value> {
    let (project, graph) = project();
    let context = Context {
        namespace: "here",
        producer: "urn:plimsoll:0",
        project: &project,
        graph: &graph,
        root_url: "file:///work%20it/",
        warehouse_url: "s3://bucket/warehouse/",
        repository,
    };
    event(&context, 1_763_000_000_123, event_told, held)
}

fn published(dataset: &str, positions: BTreeMap<String, Position>, verdicts: Vec<Verdict>) -> Event {
    Event::StagePublished(Box::new(StagePublished {
        run: RUN.into(),
        dataset: dataset.into(),
        contract: contract::ContractRef { id: "shop".into(), version: "1.2.0".into(), digest: "sha256:0".into() },
        sequence: 1,
        version: 3,
        fingerprint: "f".into(),
        definition: pipeline::state::Definition::default(),
        terms: None,
        before: None,
        positions,
        files: vec![FileRef { path: "landing/p1/x.csv".into(), size: 40, modified_ms: 1, hash: None }],
        files_all: false,
        counts: Counts { rows_read: 9, rows_made: 9, rows_passed: 7, rows_refused: 2, bytes: 100 },
        verdicts,
        seconds: 1.0,
        repaired: false,
    }))
}

fn verdict(id: &str, element: &str, outcome: Outcome) -> Verdict {
    Verdict {
        id: id.into(),
        kind: "required".into(),
        scope: Scope::Row,
        element: Some(element.into()),
        severity: Severity::Error,
        outcome,
        violations: 2,
        value: None,
        ratio: 0.2,
        expected: "not null".into(),
        reason: None,
        threshold: None,
        samples: vec![json!({ "mail": "ann@example.org" })],
    }
}

#[test]
fn a_source_reads_a_place_and_a_model_reads_tables() {
    let files = BTreeMap::from([("files".to_owned(), Position::Files { count: 1, digest: "abc".into() })]);
    let told = tell(&published("raw", files, Vec::new()), None, None).unwrap();
    assert_eq!(told["eventType"], "COMPLETE");
    assert_eq!(told["eventTime"], "2025-11-13T02:13:20.123Z");
    assert_eq!((&told["job"]["namespace"], &told["job"]["name"]), (&json!("here"), &json!("shop.raw")));
    let input = &told["inputs"][0];
    assert_eq!((&input["namespace"], &input["name"]), (&json!("file"), &json!("/work%20it/landing")));
    assert_eq!(input["inputFacets"]["inputStatistics"]["fileCount"], 1);
    assert_eq!(input["facets"]["schema"]["fields"][0]["name"], "ID");
    let output = &told["outputs"][0];
    assert_eq!((&output["namespace"], &output["name"]), (&json!("s3://bucket"), &json!("warehouse/raw")));
    assert_eq!(output["facets"]["version"]["datasetVersion"], "3");
    assert_eq!(output["facets"]["schema"]["fields"][2]["fields"][0]["name"], "city");
    assert_eq!(output["facets"]["columnLineage"]["fields"]["id"]["inputFields"][0]["field"], "ID");
    assert_eq!(output["facets"].get("lifecycleStateChange"), None, "rows were added");
    assert_eq!(output["outputFacets"]["outputStatistics"]["rowCount"], 7);

    let tables = BTreeMap::from([("raw".to_owned(), Position::Table { version: 5 })]);
    let told = tell(&published("people", tables, Vec::new()), None, None).unwrap();
    assert_eq!(told["inputs"][0]["facets"]["version"]["datasetVersion"], "5");
    assert_eq!(told["outputs"][0]["facets"]["lifecycleStateChange"]["lifecycleStateChange"], "OVERWRITE");
    let fields = &told["outputs"][0]["facets"]["columnLineage"]["fields"];
    assert_eq!(
        fields["id"]["inputFields"][0]["transformations"],
        json!([
            { "type": "DIRECT", "subtype": "IDENTITY", "masking": false },
            { "type": "INDIRECT", "subtype": "FILTER", "masking": false },
        ])
    );
    assert_eq!(fields["mail"]["inputFields"][0]["transformations"][0]["masking"], true);
    assert!(told["job"]["facets"]["sql"]["query"].as_str().unwrap().starts_with("SELECT"));
}

#[test]
fn a_stage_has_one_run_and_the_run_above_it_as_parent() {
    let started = tell(&Event::StageStarted { run: RUN.into(), dataset: "people".into() }, None, None).unwrap();
    let ended = tell(&published("people", BTreeMap::new(), Vec::new()), None, None).unwrap();
    assert_eq!(started["run"]["runId"], ended["run"]["runId"]);
    assert_eq!(started["run"]["facets"]["parent"]["run"]["runId"], RUN);
    let parent = tell(&Event::RunStarted { run: RUN.into(), plan: Value::Null, who: None }, None, None).unwrap();
    assert_eq!(parent["run"]["runId"], RUN);
    assert_eq!(parent["run"]["facets"]["nominalTime"]["nominalStartTime"], "2025-11-13T08:04:12.672Z");
    assert_ne!(stage_run(RUN, "people"), stage_run(RUN, "raw"));
}

#[test]
fn what_fails_says_why_and_what_is_held_has_not_ended() {
    let failed = Event::StageFailed {
        run: RUN.into(),
        dataset: "raw".into(),
        kind: "outside".into(),
        message: "no answer".into(),
    };
    let told = tell(&failed, None, None).unwrap();
    assert_eq!(
        (&told["eventType"], &told["run"]["facets"]["errorMessage"]["message"]),
        (&json!("FAIL"), &json!("no answer"))
    );
    let held = StageHeld {
        also: Vec::new(),
        before: None,
        run: RUN.into(),
        dataset: "raw".into(),
        gate: "raw-1".into(),
        kind: pipeline::decide::GateKind::DataQuality,
        asks: Vec::new(),
        fingerprint: "f".into(),
        counts: Counts::default(),
        verdicts: vec![verdict("id.required", "id", Outcome::Failed)],
        seconds: 0.0,
        samples: Vec::new(),
        drift: Vec::new(),
        files: Vec::new(),
        authors: Vec::new(),
        uptime: None,
        rule: None,
        expires_after_ms: None,
        staged: Value::Null,
    };
    let told = tell(&Event::StageHeld(Box::new(held.clone())), None, None).unwrap();
    assert_eq!(told["eventType"], "OTHER");
    assert_eq!(told["outputs"][0].get("outputFacets"), None, "nothing was put out");
    let decided = |approved| Event::GateDecided {
        gate: "raw-1".into(),
        dataset: "raw".into(),
        approved,
        who: "ann".into(),
        reason: "no".into(),
        fingerprint: "f".into(),
        held: None,
        nonce: String::new(),
        signature: None,
    };
    assert_eq!(tell(&decided(false), Some(&held), None).unwrap()["eventType"], "ABORT");
    assert_eq!(tell(&decided(true), Some(&held), None), None, "the publication tells it");
    assert_eq!(
        tell(&Event::RunEnded { run: RUN.into(), outcome: RunOutcome::Failed }, None, None).unwrap()["eventType"],
        "FAIL"
    );
}

#[test]
fn assertions_hold_no_values() {
    let verdicts = vec![
        verdict("id.required", "id", Outcome::Passed),
        verdict("mail.form", "mail", Outcome::Failed),
        verdict("mail.other", "mail", Outcome::NotChecked),
        verdict("inside", "address.city", Outcome::Warned),
    ];
    let told = tell(&published("raw", BTreeMap::new(), verdicts), None, None).unwrap();
    let assertions = told["outputs"][0]["facets"]["dataQualityAssertions"]["assertions"].as_array().unwrap();
    let lines: Vec<String> = assertions
        .iter()
        .map(|one| format!("{} {} {}", one["name"], one["column"], one["success"]).replace('"', ""))
        .collect();
    assert_eq!(lines, ["id.required id true", "mail.form mail false", "inside address false"]);
    assert!(!told.to_string().contains("ann@"));
}

#[test]
fn the_repository_says_where_the_sql_is() {
    let started = Event::StageStarted { run: RUN.into(), dataset: "people".into() };
    let location = |repository: Option<&Repository>| {
        let told = tell(&started, None, repository).unwrap();
        told["job"]["facets"]["sourceCodeLocation"].clone()
    };
    let file = location(None);
    assert_eq!((&file["type"], &file["url"]), (&json!("file"), &json!("file:///work%20it/models/people.sql")));
    let ssh = Repository {
        url: Some("git@host:shop.git".into()),
        commit: Some("c0ffee".into()),
        branch: None,
        folder: "sub/".into(),
    };
    let git = location(Some(&ssh));
    assert_eq!(git["url"], "file:///work%20it/models/people.sql", "an address of ssh is no URI");
    assert_eq!(
        (&git["repoUrl"], &git["version"], &git["path"]),
        (&json!("git@host:shop.git"), &json!("c0ffee"), &json!("sub/models/people.sql"))
    );
}

#[test]
fn places_have_the_names_of_the_standard() {
    for (url, namespace, name) in [
        ("file:///a/b/", "file", "/a/b"),
        ("s3://bucket/a/b/", "s3://bucket", "a/b"),
        ("s3://bucket", "s3://bucket", "/"),
        ("https://ann:secret@host/x", "https://host", "x"),
    ] {
        assert_eq!(ids::place(url), (namespace.to_owned(), name.to_owned()));
    }
    assert_eq!(ids::run("not a uuid").len(), 36);
    assert_eq!(ids::time_ms("x"), None);
}
