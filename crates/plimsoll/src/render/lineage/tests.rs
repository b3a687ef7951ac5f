//! Tests of `lineage`: names that mean something to the formats do no harm.

use pipeline::lineage::{Edge, Graph, Kind};

use super::*;

fn graph(column: &str) -> Graph {
    let mut graph = Graph::default();
    let [a, b] = [graph.column("raw", column), graph.column("out", "b")];
    graph.edge(Edge { from: a, to: b, kind: Kind::Identity, masking: false });
    graph.edge(Edge { from: a, to: b, kind: Kind::Filter, masking: false });
    graph
}

#[test]
fn names_are_escaped() {
    let hostile = "a\"]</script><b>&\\\n%%";
    let graph = graph(hostile);
    assert!(!svg(&graph).contains("<b>"));
    assert_eq!(page(&graph, "x").matches("</script>").count(), 2);
    assert!(dot(&graph).contains("label=\"a\\\"]</script><b>&\\\\ %%\""));
    assert!(mermaid(&graph).contains("c0[\"a#34;#93;#60;#47;script#62;"));
}

#[test]
fn several_kinds_are_one_arrow() {
    let graph = graph("a");
    assert!(dot(&graph).contains("c0 -> c1 [label=\"identity, filter\", style=solid];"), "{}", dot(&graph));
    assert!(mermaid(&graph).contains("c0 -->|\"identity, filter\"| c1"), "{}", mermaid(&graph));
    assert_eq!(svg(&graph).matches("<path").count(), 1);
    assert_eq!(tree(&graph, &[1], tree::Grows::Up), "out.b\n├─ raw.a  identity\n└┄ filter: raw.a\n");
    assert_eq!(tree(&graph, &[0], tree::Grows::Down), "raw.a\n├─ out.b  identity\n└┄ filter: out.b\n");
}

#[test]
fn layers_go_from_left_to_right_and_circles_end() {
    let mut graph = graph("a");
    let layers = |graph: &Graph| layout::layout(graph).iter().map(|placed| placed.layer).collect::<Vec<_>>();
    assert_eq!(layers(&graph), [0, 1]);
    graph.edge(Edge { from: 1, to: 0, kind: Kind::Identity, masking: false });
    assert_eq!(layers(&graph).len(), 2);
    assert_eq!(svg(&Graph::default()).matches("<path").count(), 0);
}
