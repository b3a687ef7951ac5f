//! Lineage as a person or a drawing tool reads it: trees, graphs, a drawing, a page.

mod dot;
mod layout;
mod mermaid;
mod page;
mod script;
mod svg;
mod tree;

pub use dot::dot;
pub use mermaid::mermaid;
pub use page::page;
pub use script::script;
pub use svg::svg;
pub use tree::{Grows, tree};

use std::collections::BTreeMap;

use pipeline::lineage::{Graph, Kind};

/// What connects two columns: all kinds of dependence between them at once.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Link {
    pub kinds: Vec<Kind>,
    /// On every way the value is hidden.
    pub masking: bool,
}

impl Link {
    pub fn is_direct(&self) -> bool {
        self.kinds.iter().any(|kind| kind.is_direct())
    }

    pub fn words(&self) -> String {
        let mut words: Vec<String> = self.kinds.iter().map(|kind| kind.word().replace('_', " ")).collect();
        if self.masking {
            words.push("masked".to_owned());
        }
        words.join(", ")
    }
}

/// The links of a graph by the numbers of their ends.
pub fn links(graph: &Graph) -> BTreeMap<(usize, usize), Link> {
    let mut links: BTreeMap<(usize, usize), Link> = BTreeMap::new();
    for edge in graph.edges() {
        let link = links.entry((edge.from, edge.to)).or_insert_with(|| Link { kinds: Vec::new(), masking: true });
        link.kinds.push(edge.kind);
        link.masking &= edge.masking;
    }
    links
}

/// Text between tags or in an attribute.
fn escaped(text: &str) -> String {
    // XML has no way to write control characters.
    super::markup::escaped(&text.replace(char::is_control, " "))
}

#[cfg(test)]
mod tests;
