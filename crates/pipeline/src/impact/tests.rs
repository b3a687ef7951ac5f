//! Tests of `impact`: the cases, and what must hold for every graph.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::sync::Arc;

use contract::{Bound, Check, Column, ContractRef, DataType, Dataset, DriftPolicy, Limits, Literal, Rule, Scope};
use proptest::prelude::*;

use super::*;
use crate::lineage::{Edge, Kind};
use crate::privacy::{Level, PrivacySettings};
use crate::project::{DatasetSpec, FileFormat, Made, ModelSpec, Retry, SourceSpec, Vanished};
use crate::table::{TableSpec, Write};

/// `name` with its columns; a model of `inputs`, or a source without any.
fn spec(name: &str, columns: &[&str], inputs: &[&str]) -> DatasetSpec {
    let column =
        |name: &&str| Column { required: true, ..Column::plain(*name, DataType::Integer { bits: 32, signed: true }) };
    let made = if inputs.is_empty() {
        Made::Source(SourceSpec { files: name.into(), format: FileFormat::Ndjson, vanished: Vanished::Block })
    } else {
        Made::Model(ModelSpec {
            path: format!("models/{name}.sql"),
            sql: "SELECT".into(),
            inputs: inputs.iter().map(|input| (*input).to_owned()).collect(),
            incremental: None,
        })
    };
    DatasetSpec {
        name: name.into(),
        pipeline: "p".into(),
        contract: Arc::new(Dataset {
            name: name.into(),
            contract: ContractRef { id: name.into(), version: "1.0.0".into(), digest: "sha256:0".into() },
            columns: columns.iter().map(column).collect(),
            checks: Vec::new(),
            primary_key: Vec::new(),
            encryption: None,
            drift: DriftPolicy::default(),
        }),
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
    }
}

fn project(specs: Vec<DatasetSpec>) -> Project {
    Project { datasets: specs.into_iter().map(|spec| (spec.name.clone(), spec)).collect(), ..Project::default() }
}

fn checked(mut spec: DatasetSpec, id: &str, element: &str, rule: Rule) -> DatasetSpec {
    let mut dataset = Dataset::clone(&spec.contract);
    dataset.checks.push(Check {
        id: id.into(),
        scope: Scope::Row,
        severity: contract::Severity::Error,
        element: Some(element.into()),
        rule,
        expected: "what it expects".into(),
        threshold: None,
        limits: Limits::default(),
    });
    spec.contract = Arc::new(dataset);
    spec
}

/// `raw(a, b) -> mid(x from a, y decided by b) -> out(z from x)`; `other` refers to `raw.a`; `mid.x` has a range.
fn shop() -> (Project, Graph) {
    let range = Rule::Range {
        column: "x".into(),
        lower: Some(Bound { value: Literal::Number(0.into()), inclusive: true }),
        upper: None,
    };
    let reference =
        Rule::Reference { columns: vec!["k".into()], to_dataset: "raw".into(), to_columns: vec!["a".into()] };
    let project = project(vec![
        spec("raw", &["a", "b", "unused"], &[]),
        checked(spec("mid", &["x", "y"], &["raw"]), "x.range", "x", range),
        spec("out", &["z"], &["mid"]),
        checked(spec("other", &["k"], &[]), "k.known", "k", reference),
    ]);
    let mut graph = Graph::default();
    for spec in project.datasets.values() {
        for column in &spec.contract.columns {
            graph.column(&spec.name, &column.name);
        }
    }
    let of = |dataset: &str, column: &str| graph.find(dataset, Some(column))[0];
    let edges = [
        (of("raw", "a"), of("mid", "x"), Kind::Identity),
        (of("raw", "b"), of("mid", "y"), Kind::Filter),
        (of("mid", "x"), of("out", "z"), Kind::Transformation),
    ];
    for (from, to, kind) in edges {
        graph.edge(Edge { from, to, kind, masking: false });
    }
    (project, graph)
}

fn mention(by: &str, dataset: &str, column: Option<&str>, line: u32) -> Mention {
    Mention {
        by: by.into(),
        check: None,
        dataset: dataset.into(),
        column: column.map(str::to_owned),
        kind: "identity".into(),
        place: Some(Place { path: format!("models/{by}.sql"), line, column: 8 }),
    }
}

/// Each effect in one line.
fn lines(impact: &Impact) -> Vec<String> {
    let line = |effect: &Effect| {
        let subject = [effect.dataset.as_deref(), effect.column.as_deref(), effect.name.as_deref()];
        let subject = subject.into_iter().flatten().collect::<Vec<_>>().join(".");
        let place = effect.place.as_ref().map_or(String::new(), |place| format!(" {}:{}", place.path, place.line));
        format!("{} {} {subject}{place}: {}", effect.severity.word(), effect.what.word(), effect.reason)
    };
    impact.effects.iter().map(line).collect()
}

fn check(change: Change, findings: &[Finding], about: &BTreeMap<String, About>, expected: &[&str]) {
    let (project, graph) = shop();
    let mentions =
        [mention("mid", "raw", None, 9), mention("mid", "raw", Some("a"), 2), mention("mid", "raw", Some("b"), 5)];
    let facts = Facts { before: &project, after: &project, graph: &graph, mentions: &mentions, findings, about };
    assert_eq!(lines(&impact(&facts, &[change])), expected);
}

#[test]
fn a_column_that_goes_takes_with_it_what_names_it() {
    let about = About {
        roles: vec![Role { name: "analyst".into(), access: Some("read".into()), approvers: vec!["ann".into()] }],
        team: Some("delays".into()),
        support: vec!["#delays (slack)".into()],
        schedules: vec![Schedule {
            of: "freshness".into(),
            scheduler: Some("cron".into()),
            schedule: "0 6 * * *".into(),
            ..Schedule::default()
        }],
        ..About::default()
    };
    check(
        Change::of_column("raw", "a", ChangeKind::Removed),
        &[],
        &BTreeMap::from([("out".to_owned(), about)]),
        &[
            "breaks sql mid models/mid.sql:2: names `a` of `raw` (identity), which is removed",
            "breaks check other.k.k.known: expects what it expects, but `raw.a` is removed",
            "stops stage out: needs `mid`, which is no longer brought up to date",
            "stops column mid.x: is computed from `raw.a`, so nothing new comes into it",
            "stops column out.z: is computed from `raw.a`, so nothing new comes into it",
            "stops consumer out.analyst: has access (read): `out` is no longer brought up to date; approved by ann",
            "stops schedule out.freshness: `0 6 * * *` of cron looks at it: `out` is no longer brought up to date",
            "affected owner out.delays: keeps the contract: `out` is no longer brought up to date; tell #delays (slack)",
        ],
    );
    check(Change::of_column("raw", "unused", ChangeKind::Removed), &[], &BTreeMap::new(), &[]);
}

#[test]
fn what_typing_found_is_told_once_and_of_the_right_change() {
    let finding = Finding {
        dataset: Some("mid".into()),
        column: None,
        is_error: true,
        code: "PL300".into(),
        message: "there is no column `a`".into(),
        place: Place { path: "models/mid.sql".into(), line: 2, column: 8 },
    };
    let elsewhere = Finding {
        message: "`b` is string, and the contract says i32".into(),
        place: Place { path: "models/mid.sql".into(), line: 7, column: 1 },
        ..finding.clone()
    };
    let (project, graph) = shop();
    let mentions = [mention("mid", "raw", Some("a"), 2)];
    let about = BTreeMap::new();
    let facts = Facts {
        before: &project,
        after: &project,
        graph: &graph,
        mentions: &mentions,
        findings: &[finding, elsewhere],
        about: &about,
    };
    let changes =
        [Change::of_column("raw", "b", ChangeKind::Rewritten), Change::of_column("raw", "a", ChangeKind::Removed)];
    let impact = impact(&facts, &changes);
    let sql: Vec<&Effect> = impact.effects.iter().filter(|effect| effect.what == What::Sql).collect();
    let told: Vec<(&str, Option<usize>)> = sql.iter().map(|effect| (effect.reason.as_str(), effect.change)).collect();
    let expected = [
        ("names `a` of `raw` (identity), which is removed", Some(1)),
        ("`b` is string, and the contract says i32", Some(0)),
    ];
    assert_eq!(told, expected);
}

#[test]
fn a_loosened_column_puts_checks_downstream_at_risk() {
    check(
        Change::of_column("raw", "a", ChangeKind::Loosened { promises: vec!["required".into()] }),
        &[],
        &BTreeMap::new(),
        &[
            "at_risk check mid.x.x.range: expects what it expects, and `raw.a`, from which it is computed, is no longer required",
            "affected sql mid models/mid.sql:2: names `a` of `raw` (identity)",
            "affected check other.k.k.known: looks at `raw.a`: expects what it expects",
            "affected column mid.x: is computed from `raw.a`",
            "affected column out.z: is computed from `raw.a`",
        ],
    );
}

#[test]
fn a_class_that_flows_into_an_unclassified_column_is_told() {
    check(
        Change::of_column("raw", "a", ChangeKind::Reclassified { from: None, to: Some("personal".into()) }),
        &[],
        &BTreeMap::new(),
        &[
            "at_risk column mid.x: carries `raw.a`, which is personal now, and its own contract has no class",
            "at_risk column out.z: carries `raw.a`, which is personal now, and its own contract has no class",
            "affected sql mid models/mid.sql:2: names `a` of `raw` (identity)",
            "affected check other.k.k.known: looks at `raw.a`: expects what it expects",
        ],
    );
    // What only decides about rows carries nothing.
    check(
        Change::of_column("raw", "b", ChangeKind::Reclassified { from: None, to: Some("personal".into()) }),
        &[],
        &BTreeMap::new(),
        &[
            "affected sql mid models/mid.sql:5: names `b` of `raw` (identity)",
            "affected column mid.y: is decided by `raw.b`",
        ],
    );
}

#[test]
fn a_protected_column_is_read_differently_by_all_that_work_with_it() {
    check(
        Change::of_column("raw", "a", ChangeKind::Protected { from: None, to: Some("hash".into()) }),
        &[],
        &BTreeMap::new(),
        &[
            "at_risk check mid.x.x.range: expects what it expects, and `raw.a`, from which it is computed, is now protected by \
             hash",
            "at_risk check other.k.k.known: looks at `raw.a`, which is protected by hash now: expects what it expects",
            "at_risk column mid.x: is computed from `raw.a`, which is protected by hash now",
            "at_risk column out.z: is computed from `raw.a`, which is protected by hash now",
            "affected sql mid models/mid.sql:2: names `a` of `raw` (identity)",
        ],
    );
}

#[test]
fn a_class_changes_by_tags_settings_and_declassification_too() {
    let (before, _) = shop();
    let told = |change: &dyn Fn(&mut Project, &mut Column)| {
        let mut after = before.clone();
        let mut raw = Dataset::clone(&before.datasets["raw"].contract);
        let mut column = raw.columns.remove(0);
        change(&mut after, &mut column);
        raw.columns.insert(0, column);
        after.datasets["raw"].contract = Arc::new(raw);
        let found = changes(&before, &after, &[]);
        found.iter().map(|change| format!("{} {}", change.subject(), change.kind.sentence())).collect::<Vec<_>>()
    };
    assert_eq!(
        told(&|project, column| {
            PrivacySettings::declare(&mut project.settings.privacy.tags, "gdpr", Level::Personal);
            column.privacy.tags = vec!["gdpr".into(), "other".into()];
        }),
        ["raw.a is gdpr now, from unclassified"]
    );
    assert_eq!(
        told(&|_, column| column.privacy.classes = vec!["internal".into(), "personal".into()]),
        ["raw.a is personal now, from unclassified"]
    );
    assert_eq!(
        told(&|_, column| {
            column.privacy.classes = vec!["personal".into()];
            let because = "rounded".to_owned();
            column.privacy.declassified = Some(contract::privacy::Declassified { to: "internal".into(), because });
        }),
        ["raw.a is internal now, from unclassified"]
    );
    assert_eq!(
        told(&|_, column| column.privacy.protection = contract::privacy::protection(&"partial".into()).ok()),
        ["raw.a is protected by partial (last 4) now"]
    );
    // The word stays, and means more.
    let mut old = before.clone();
    let mut raw = Dataset::clone(&before.datasets["raw"].contract);
    raw.columns[0].classification = Some("pii".into());
    old.datasets["raw"].contract = Arc::new(raw);
    let mut new = old.clone();
    PrivacySettings::declare(&mut old.settings.privacy.classes, "pii", Level::Internal);
    PrivacySettings::declare(&mut new.settings.privacy.classes, "pii", Level::Personal);
    let told = changes(&old, &new, &[]);
    assert_eq!(told[0].kind.sentence(), "is pii (personal) now, from pii (internal)");
}

#[test]
fn a_dataset_that_goes_breaks_its_readers_and_those_who_refer_to_it() {
    let (before, graph) = shop();
    let mut after = before.clone();
    after.datasets.shift_remove("raw");
    let mentions = [mention("mid", "raw", None, 9), mention("mid", "raw", Some("a"), 2)];
    let about = BTreeMap::new();
    let facts =
        Facts { before: &before, after: &after, graph: &graph, mentions: &mentions, findings: &[], about: &about };
    let told = lines(&impact(&facts, &[Change::of_dataset("raw", ChangeKind::Removed)]));
    let expected = [
        "breaks sql mid models/mid.sql:9: reads `raw`, which is removed",
        "breaks check other.k.k.known: expects what it expects, but `raw` is removed",
        "stops stage out: needs `mid`, which is no longer brought up to date",
    ];
    assert_eq!(told[..3], expected);
}

#[test]
fn the_changes_between_two_projects() {
    let (before, _) = shop();
    let mut after = before.clone();
    let mut raw = Dataset::clone(&before.datasets["raw"].contract);
    raw.columns[0].name = "key".into();
    raw.columns[1].data_type = DataType::String;
    raw.columns[1].required = false;
    raw.columns[2].classification = Some("restricted".into());
    after.datasets["raw"].contract = Arc::new(raw);
    if let Made::Model(model) = &mut after.datasets["mid"].made {
        model.sql = "SELECT 1".into();
    }
    after.datasets.shift_remove("other");
    let renamed = [("raw".to_owned(), Some("a".to_owned()), "key".to_owned())];
    let told: Vec<String> = changes(&before, &after, &renamed)
        .iter()
        .map(|change| format!("{} {}", change.subject(), change.kind.sentence()))
        .collect();
    assert_eq!(
        told,
        [
            "raw.a is renamed to `key`",
            "raw.b becomes string, from i32",
            "raw.b is no longer required",
            "raw.unused is restricted now, from unclassified",
            "mid is made by other SQL",
            "other is removed",
        ]
    );
    assert!(changes(&before, &before, &[]).is_empty());
}

prop_compose! {
    /// A project of models that read earlier ones, and a graph of their columns.
    fn any_project()(
        inputs in prop::collection::vec(prop::collection::vec(0usize..8, 0..3), 1..8),
        edges in prop::collection::vec((0usize..8, 0usize..2, 0usize..8, 0usize..2, any::<bool>()), 0..20),
        start in (0usize..8, 0usize..2),
    ) -> (Project, Graph, String, String) {
        let count = inputs.len();
        let names: Vec<String> = (0..count).map(|number| format!("d{number}")).collect();
        // An edge of columns is one of datasets too.
        let edges: Vec<_> = edges.into_iter().filter(|(from, _, to, _, _)| from < to && *to < count).collect();
        let specs = (0..count).map(|number| {
            let own = inputs[number].iter().copied().filter(|input| *input < number);
            let by_edge = edges.iter().filter(|edge| edge.2 == number).map(|edge| edge.0);
            let inputs: BTreeSet<&str> = own.chain(by_edge).map(|input| names[input].as_str()).collect();
            spec(&names[number], &["p", "q"], &inputs.into_iter().collect::<Vec<_>>())
        });
        let mut graph = Graph::default();
        for (name, column) in names.iter().flat_map(|name| [(name, "p"), (name, "q")]) {
            graph.column(name, column);
        }
        for (from, column, to, made, direct) in edges.iter().copied() {
            let (from, to) = (graph.column(&names[from], ["p", "q"][column]), graph.column(&names[to], ["p", "q"][made]));
            let kind = if direct { Kind::Transformation } else { Kind::Join };
            graph.edge(Edge { from, to, kind, masking: false });
        }
        (project(specs.collect()), graph, names[start.0 % count].clone(), ["p", "q"][start.1].to_owned())
    }
}

proptest! {
    #[test]
    fn every_column_that_the_change_reaches_is_told_and_no_other((project, graph, dataset, column) in any_project()) {
        let about = BTreeMap::new();
        let facts = Facts {
            before: &project, after: &project, graph: &graph, mentions: &[], findings: &[], about: &about,
        };
        let told = impact(&facts, &[Change::of_column(&dataset, &column, ChangeKind::Changed)]);
        let reach = crate::lineage::Reach { downstream: true, ..crate::lineage::Reach::default() };
        let part = graph.part(&graph.find(&dataset, Some(&column)), reach);
        let expected: BTreeSet<String> =
            part.columns().map(ToString::to_string).filter(|name| *name != format!("{dataset}.{column}")).collect();
        let columns = told.effects.iter().filter(|effect| effect.what == What::Column);
        let found: Vec<String> =
            columns.clone().map(|effect| format!("{}.{}", effect.dataset.clone().unwrap(), effect.column.clone().unwrap())).collect();
        prop_assert_eq!(found.len(), expected.len());
        prop_assert_eq!(found.into_iter().collect::<BTreeSet<_>>(), expected);
        // Each step is an edge, from the column that changes to the one that is told.
        for effect in columns {
            let numbers: Vec<usize> =
                effect.steps.iter().map(|step| graph.find(&step.column.dataset, Some(&step.column.column))[0]).collect();
            for (pair, step) in numbers.windows(2).zip(&effect.steps[1..]) {
                prop_assert!(graph.sources(pair[1]).any(|edge| edge.from == pair[0] && Some(edge.kind.word()) == step.kind));
            }
            prop_assert_eq!(&effect.steps[0].column.column, &column);
        }
        prop_assert!(!told.breaks());
    }

    #[test]
    fn whatever_needs_a_broken_dataset_stops((project, graph, dataset, column) in any_project()) {
        let (about, broken) = (BTreeMap::new(), mention(&dataset, &dataset, Some(&column), 1));
        let facts = Facts {
            before: &project, after: &project, graph: &graph, mentions: &[broken], findings: &[], about: &about,
        };
        let told = impact(&facts, &[Change::of_column(&dataset, &column, ChangeKind::Removed)]);
        prop_assert!(told.breaks());
        let mut stopped = BTreeSet::from([dataset.clone()]);
        for spec in project.datasets.values() {
            if spec.needs().iter().any(|need| stopped.contains(need)) {
                stopped.insert(spec.name.clone());
            }
        }
        stopped.remove(&dataset);
        let found: BTreeSet<String> =
            told.effects.iter().filter(|effect| effect.what == What::Stage).filter_map(|effect| effect.dataset.clone()).collect();
        prop_assert_eq!(found, stopped);
        // The worst first.
        prop_assert!(told.effects.windows(2).all(|pair| pair[0].severity <= pair[1].severity));
    }
}

#[test]
fn a_value_that_is_masked_on_one_way_and_bare_on_another_is_bare() {
    let (project, mut graph) = shop();
    let of = |dataset: &str, column: &str| graph.find(dataset, Some(column))[0];
    let (a, y, z) = (of("raw", "a"), of("mid", "y"), of("out", "z"));
    graph.edge(Edge { from: a, to: y, kind: Kind::Transformation, masking: true });
    graph.edge(Edge { from: a, to: z, kind: Kind::Transformation, masking: true });
    let about = BTreeMap::new();
    let facts = Facts { before: &project, after: &project, graph: &graph, mentions: &[], findings: &[], about: &about };
    let change = Change::of_column("raw", "a", ChangeKind::Reclassified { from: None, to: Some("personal".into()) });
    let told = impact(&facts, &[change]);
    let severity =
        |column: &str| told.effects.iter().find(|one| one.column.as_deref() == Some(column)).unwrap().severity;
    assert_eq!(severity("y"), Severity::Affected, "only a hash of it");
    assert_eq!(severity("z"), Severity::AtRisk, "by way of mid.x it is bare");
}
