//! How classes flow, and what is said where they must not.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::sync::Arc;

use contract::privacy::{Declassified, Method, Protection};
use contract::{Column, ContractRef, DataType, Dataset, DriftPolicy, Span};

use super::*;
use crate::lineage::{ColumnRef, Edge, Graph, Kind};
use crate::project::{DatasetSpec, FileFormat, Made, ModelSpec, Project, Retry, SourceSpec, Vanished};
use crate::table::{TableSpec, Write};

/// `dataset.column[ class][ #tag][ !protection][ >declassified]`, one a line; those of `raw` are of a source.
fn project(columns: &str) -> Project {
    let mut project = Project::default();
    for line in columns.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let mut words = line.split_whitespace();
        let (dataset, name) = words.next().unwrap().split_once('.').unwrap();
        let mut column = Column::plain(name, DataType::String);
        for word in words {
            let privacy = &mut column.privacy;
            match word.split_at(1) {
                ("#", tag) => privacy.tags.push(tag.into()),
                ("!", method) => {
                    let method = if method == "null" { Method::Null } else { Method::Hash };
                    privacy.protection = Some(Protection { method, key: None, domain: None, leaves: None });
                }
                (">", to) => privacy.declassified = Some(Declassified { to: to.into(), because: "year only".into() }),
                _ => privacy.classes.push(word.into()),
            }
        }
        let spec = project.datasets.entry(dataset.to_owned()).or_insert_with(|| spec(dataset));
        let mut contract = Dataset::clone(&spec.contract);
        contract.columns.push(column);
        spec.contract = Arc::new(contract);
    }
    project.settings.privacy.keys.insert("k1".into(), KeySource::Environment("K".into()));
    project.settings.privacy.key = Some("k1".into());
    project
}

fn spec(name: &str) -> DatasetSpec {
    let source = SourceSpec { files: String::new(), format: FileFormat::Ndjson, vanished: Vanished::Block };
    let model = ModelSpec { path: String::new(), sql: String::new(), inputs: Vec::new(), incremental: None };
    DatasetSpec {
        name: name.into(),
        pipeline: "p".into(),
        contract: Arc::new(Dataset {
            name: name.into(),
            contract: ContractRef { id: name.into(), version: "1.0.0".into(), digest: "sha256:0".into() },
            columns: Vec::new(),
            checks: Vec::new(),
            primary_key: Vec::new(),
            encryption: None,
            drift: DriftPolicy::IgnoreExtra,
        }),
        made: if name == "raw" { Made::Source(source) } else { Made::Model(model) },
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

/// `raw.a identity mid.b[ masked]`, one a line.
fn graph(project: &Project, edges: &str) -> Graph {
    let mut graph = Graph::default();
    for spec in project.datasets.values() {
        for column in &spec.contract.columns {
            graph.column(&spec.name, &column.name);
        }
    }
    for line in edges.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let kinds = [
            Kind::Identity,
            Kind::Transformation,
            Kind::Aggregation,
            Kind::Join,
            Kind::Filter,
            Kind::GroupBy,
            Kind::Conditional,
        ];
        let kind = kinds.into_iter().find(|kind| kind.word() == words[1]).unwrap();
        let mut number = |name: &str| {
            let (dataset, column) = name.split_once('.').unwrap();
            graph.column(dataset, column)
        };
        let (from, to) = (number(words[0]), number(words[2]));
        graph.edge(Edge { from, to, kind, masking: words.len() > 3 });
    }
    graph
}

/// The findings as `code subject: steps`.
fn check(project: &Project, edges: &str, expected: &[&str]) {
    let judged = judge(project, &graph(project, edges), "2026-11-25");
    let found: Vec<String> = judged
        .findings
        .iter()
        .map(|finding| {
            let steps: Vec<String> = finding.path.iter().map(|step| step.of.to_string()).collect();
            let subject = match &finding.subject {
                Subject::Column(of) => of.to_string(),
                Subject::Dataset(name) => name.clone(),
                Subject::Settings(_) => "settings".to_owned(),
            };
            format!("{} {subject}: {}", finding.code.code, steps.join(" "))
        })
        .collect();
    assert_eq!(found, expected, "{:#?}", judged.findings);
}

#[test]
fn what_is_personal_stays_personal_step_by_step() {
    let project = project("raw.email personal\nmid.mail personal\nout.domain");
    let edges = "raw.email identity mid.mail\nmid.mail transformation out.domain";
    check(&project, edges, &["PL261 out.domain: raw.email mid.mail out.domain"]);
    let judged = judge(&project, &graph(&project, edges), "2026-11-25");
    assert!(judged.findings[0].message.contains("`out.domain` holds personal data unprotected"), "{judged:#?}");
}

#[test]
fn the_path_begins_where_the_class_was_declared() {
    let project = project("raw.email personal\nraw.id\nmid.mail\nout.x");
    let edges = "raw.email identity mid.mail\nmid.mail transformation out.x\nraw.id identity out.x";
    check(&project, edges, &["PL261 mid.mail: raw.email mid.mail", "PL261 out.x: raw.email mid.mail out.x"]);
}

#[test]
fn a_class_as_high_allows_it_and_a_lower_one_does_not() {
    check(&project("raw.a restricted\nout.a personal"), "raw.a identity out.a", &[]);
    check(&project("raw.a personal\nout.a restricted"), "raw.a identity out.a", &["PL261 out.a: raw.a out.a"]);
    check(&project("raw.a internal\nout.a"), "raw.a identity out.a", &[]);
    let mut strict = project("raw.a internal\nout.a");
    strict.settings.privacy.floor = Level::Internal;
    check(&strict, "raw.a identity out.a", &["PL261 out.a: raw.a out.a"]);
}

#[test]
fn a_protection_ends_the_flow() {
    check(&project("raw.a personal !hash\nout.a\nend.a"), "raw.a identity out.a\nout.a identity end.a", &[]);
    check(&project("raw.a personal\nout.a !hash\nend.a"), "raw.a identity out.a\nout.a identity end.a", &[]);
}

#[test]
fn a_declassification_needs_a_transformation() {
    let yes = project("raw.born personal\nout.year >internal\nend.year");
    check(&yes, "raw.born transformation out.year\nout.year identity end.year", &[]);
    let no = project("raw.born personal\nout.year >internal\nend.year");
    let edges = "raw.born identity out.year\nout.year identity end.year";
    check(&no, edges, &["PL265 out.year: raw.born out.year", "PL261 end.year: raw.born out.year end.year"]);
}

#[test]
fn a_count_says_nothing_and_a_plain_hash_says_all() {
    check(&project("raw.a personal\nout.n"), "raw.a aggregation out.n masked", &[]);
    check(&project("raw.a personal\nout.n"), "raw.a aggregation out.n", &["PL261 out.n: raw.a out.n"]);
    check(&project("raw.a personal\nout.n"), "raw.a transformation out.n masked", &["PL261 out.n: raw.a out.n"]);
}

#[test]
fn classes_and_tags_are_declared_by_the_project() {
    check(&project("raw.a pii"), "", &["PL260 raw.a: "]);
    let mut declared = project("raw.a PII\nraw.b #gdpr-9\nout.a\nout.b");
    declared.settings.privacy.classes.insert("pii".into(), Level::Personal);
    declared.settings.privacy.tags.insert("gdpr 9".into(), Level::SpecialCategory);
    let edges = "raw.a identity out.a\nraw.b identity out.b";
    check(&declared, edges, &["PL261 out.a: raw.a out.a", "PL261 out.b: raw.b out.b"]);
    check(&project("raw.b #gdpr\nout.b"), "raw.b identity out.b", &[]);
    assert_eq!(Level::named("Special_Category"), Some(Level::SpecialCategory));
}

#[test]
fn exemptions_end() {
    let exempt = |until: &str, column: &str| {
        let mut project = project("raw.a personal\nout.a\nout.b");
        project.settings.privacy.exemptions.push(Exemption {
            column: ColumnRef { dataset: "out".into(), column: column.into() },
            who: "dpo".into(),
            why: "migration".into(),
            until: until.into(),
            span: Span::default(),
        });
        project
    };
    let edges = "raw.a identity out.a";
    check(&exempt("2026-11-25", "a"), edges, &[]);
    check(&exempt("2026-11-24", "a"), edges, &["PL262 settings: "]);
    check(&exempt("2026-11-25", "z"), edges, &["PL264 settings: ", "PL261 out.a: raw.a out.a"]);
    check(&exempt("2026-11-25", "b"), edges, &["PL261 out.a: raw.a out.a", "PL263 settings: "]);
    let project = exempt("2027-01-01", "a");
    let judged = judge(&project, &graph(&project, edges), "2026-11-25");
    assert_eq!(judged.exempted[0].class, Level::Personal);
    assert_eq!(judged.exempted[0].path.len(), 2);
}

#[test]
fn what_only_decides_is_reported_once() {
    let edges = "raw.a group_by out.n\nraw.a group_by out.m\nraw.a filter out.n\nraw.a join out.n";
    let project = project("raw.a personal\nout.n\nout.m");
    check(&project, edges, &["PL268 out: raw.a", "PL266 out: raw.a"]);
    let with = |then| {
        let mut project = project.clone();
        project.settings.privacy.small_groups.then = then;
        project
    };
    check(&with(Then::Refuse), edges, &["PL268 out: raw.a", "PL267 out: raw.a"]);
    check(&with(Then::Allow), edges, &["PL268 out: raw.a"]);
}

#[test]
fn protections_need_their_keys() {
    let mut none = project("raw.a personal !hash");
    none.settings.privacy.keys.clear();
    check(&none, "", &["PL269 raw.a: "]);
    none.settings.privacy.key = None;
    check(&none, "", &["PL269 raw.a: "]);
}

#[test]
fn circles_and_deep_chains_end() {
    let columns: String = (0..2000).map(|at| format!("d{at}.c personal\n")).collect();
    let edges: String = (0..2000).map(|at| format!("d{at}.c identity d{}.c\n", (at + 1) % 2000)).collect();
    check(&project(&columns), &edges, &[]);
}
