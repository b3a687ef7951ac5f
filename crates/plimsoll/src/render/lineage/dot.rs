//! The graph in Graphviz's language.

use pipeline::lineage::Graph;

use super::links;

/// A box per dataset, an arrow per pair of columns: dashed where no value flows.
pub fn dot(graph: &Graph) -> String {
    let mut out = String::from("digraph lineage {\n  rankdir=LR;\n  node [shape=box, fontname=\"sans-serif\"];\n");
    for (number, (dataset, columns)) in graph.by_dataset().into_iter().enumerate() {
        out.push_str(&format!("  subgraph cluster_{number} {{\n    label={};\n", quoted(dataset)));
        for column in columns {
            let name = graph.get(column).map(|of| of.column.as_str()).unwrap_or_default();
            out.push_str(&format!("    c{column} [label={}];\n", quoted(name)));
        }
        out.push_str("  }\n");
    }
    for ((from, to), link) in links(graph) {
        let style = if link.is_direct() { "solid" } else { "dashed" };
        out.push_str(&format!("  c{from} -> c{to} [label={}, style={style}];\n", quoted(&link.words())));
    }
    out.push_str("}\n");
    out
}

fn quoted(text: &str) -> String {
    let inside: String = text
        .chars()
        .flat_map(|c| match c {
            '"' | '\\' => vec!['\\', c],
            '\n' | '\r' => vec![' '],
            c => vec![c],
        })
        .collect();
    format!("\"{inside}\"")
}
