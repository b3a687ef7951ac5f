//! The graph as one self-contained page that can be searched, followed and folded.

use pipeline::lineage::Graph;
use serde_json::json;

use super::layout::layout;
use super::{escaped, links};

const PAGE: &str = include_str!("page.html");

pub fn page(graph: &Graph, title: &str) -> String {
    let datasets: Vec<_> = layout(graph)
        .into_iter()
        .map(|placed| {
            let name = |column: &usize| graph.get(*column).map(|of| of.column.as_str()).unwrap_or_default();
            let columns: Vec<_> =
                placed.columns.iter().map(|column| json!({"id": column, "name": name(column)})).collect();
            json!({"name": placed.dataset, "layer": placed.layer, "row": placed.row, "columns": columns})
        })
        .collect();
    let edges: Vec<_> = links(graph)
        .into_iter()
        .map(|((from, to), link)| {
            json!({"from": from, "to": to, "direct": link.is_direct(), "masked": link.masking, "words": link.words()})
        })
        .collect();
    // A name may hold anything, also the end of a script.
    let data = json!({"datasets": datasets, "edges": edges}).to_string().replace('<', "\\u003c");
    PAGE.replace("{{title}}", &escaped(title)).replace("{{data}}", &data)
}
