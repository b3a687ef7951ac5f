//! Tests of `lineage`.

use super::*;

/// `raw.a -> mid.b -> out.c`, and `raw.f` filters both.
fn graph() -> Graph {
    let mut graph = Graph::default();
    let [a, f, b, c] =
        [("raw", "a"), ("raw", "f"), ("mid", "b"), ("out", "c")].map(|(dataset, column)| graph.column(dataset, column));
    graph.edge(Edge { from: a, to: b, kind: Kind::Identity, masking: false });
    graph.edge(Edge { from: f, to: b, kind: Kind::Filter, masking: false });
    graph.edge(Edge { from: b, to: c, kind: Kind::Aggregation, masking: false });
    graph.edge(Edge { from: f, to: c, kind: Kind::Join, masking: false });
    graph
}

fn check(start: (&str, Option<&str>), reach: Reach, expected: &[&str]) {
    let graph = graph();
    let part = graph.part(&graph.find(start.0, start.1), reach);
    let name = |number: usize| part.get(number).map(ColumnRef::to_string).unwrap_or_default();
    let edges: Vec<String> =
        part.edges().map(|edge| format!("{} {} {}", name(edge.from), edge.kind.word(), name(edge.to))).collect();
    assert_eq!(edges, expected);
}

#[test]
fn upstream_and_downstream() {
    let (up, down) = (Reach { upstream: true, ..Reach::default() }, Reach { downstream: true, ..Reach::default() });
    check(
        ("out", Some("c")),
        up,
        &["raw.a identity mid.b", "raw.f filter mid.b", "raw.f join out.c", "mid.b aggregation out.c"],
    );
    check(("out", None), Reach { depth: Some(1), ..up }, &["raw.f join out.c", "mid.b aggregation out.c"]);
    check(("out", None), Reach { direct_only: true, ..up }, &["raw.a identity mid.b", "mid.b aggregation out.c"]);
    check(("raw", Some("a")), down, &["raw.a identity mid.b", "mid.b aggregation out.c"]);
    check(
        ("mid", None),
        Reach { downstream: true, ..up },
        &["raw.a identity mid.b", "raw.f filter mid.b", "mid.b aggregation out.c"],
    );
}

#[test]
fn a_column_alone_is_a_part_of_its_own() {
    let graph = graph();
    let part = graph.part(&graph.find("raw", Some("a")), Reach { upstream: true, ..Reach::default() });
    assert_eq!((part.columns().len(), part.edges().len()), (1, 0));
    assert!(graph.find("raw", Some("nope")).is_empty());
}

#[test]
fn circles_end() {
    let mut graph = graph();
    let (c, a) = (graph.find("out", Some("c"))[0], graph.find("raw", Some("a"))[0]);
    graph.edge(Edge { from: c, to: a, kind: Kind::Identity, masking: false });
    let all = Reach { upstream: true, downstream: true, ..Reach::default() };
    assert_eq!(graph.part(&[a], all).edges().len(), 5);
}
