//! The graph as a Mermaid flowchart.

use pipeline::lineage::Graph;

use super::links;

pub fn mermaid(graph: &Graph) -> String {
    let mut out = String::from("flowchart LR\n");
    for (number, (dataset, columns)) in graph.by_dataset().into_iter().enumerate() {
        out.push_str(&format!("  subgraph d{number}[\"{}\"]\n", text(dataset)));
        for column in columns {
            let name = graph.get(column).map(|of| of.column.as_str()).unwrap_or_default();
            out.push_str(&format!("    c{column}[\"{}\"]\n", text(name)));
        }
        out.push_str("  end\n");
    }
    for ((from, to), link) in links(graph) {
        let arrow = if link.is_direct() { "-->" } else { "-.->" };
        out.push_str(&format!("  c{from} {arrow}|\"{}\"| c{to}\n", text(&link.words())));
    }
    out
}

/// Mermaid writes what means something to it by number.
fn text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            c if c.is_alphanumeric() || " _-.,()".contains(c) => out.push(c),
            c if c.is_control() => out.push(' '),
            c => out.push_str(&format!("#{};", c as u32)),
        }
    }
    out
}
