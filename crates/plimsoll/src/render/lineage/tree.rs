//! The lineage of columns as a tree: below each column what its value comes from, and what decides about it.

use std::collections::BTreeMap;

use pipeline::lineage::{Edge, Graph, Kind};

/// The direction in which a tree grows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grows {
    /// To what a column comes from.
    Up,
    /// To what is made of it.
    Down,
}

/// One tree per column; `graph` is the part that the columns reach.
pub fn tree(graph: &Graph, columns: &[usize], grows: Grows) -> String {
    let mut edges: BTreeMap<usize, Vec<&Edge>> = BTreeMap::new();
    for edge in graph.edges() {
        edges.entry(if grows == Grows::Up { edge.to } else { edge.from }).or_default().push(edge);
    }
    let mut tree = Tree { graph, grows, edges, out: String::new(), above: Vec::new() };
    for column in columns {
        tree.out.push_str(&format!("{}\n", tree.name(*column)));
        tree.branches(*column, "");
    }
    tree.out
}

struct Tree<'g> {
    graph: &'g Graph,
    grows: Grows,
    edges: BTreeMap<usize, Vec<&'g Edge>>,
    out: String,
    /// The columns between the root and here; a circle would have no end.
    above: Vec<usize>,
}

impl Tree<'_> {
    fn name(&self, column: usize) -> String {
        self.graph.get(column).map(ToString::to_string).unwrap_or_default()
    }

    fn branches(&mut self, column: usize, indent: &str) {
        let edges = self.edges.get(&column).cloned().unwrap_or_default();
        let mut values: BTreeMap<usize, Vec<&Edge>> = BTreeMap::new();
        let mut decides: BTreeMap<Kind, Vec<usize>> = BTreeMap::new();
        for edge in edges {
            let other = if self.grows == Grows::Up { edge.from } else { edge.to };
            if edge.kind.is_direct() {
                values.entry(other).or_default().push(edge);
            } else {
                decides.entry(edge.kind).or_default().push(other);
            }
        }
        let count = values.len() + decides.len();
        self.above.push(column);
        let mut index = 0;
        for (other, edges) in values {
            index += 1;
            let last = index == count;
            let words: Vec<&str> = edges.iter().map(|edge| edge.kind.word()).collect();
            let masked = if edges.iter().all(|edge| edge.masking) { ", masked" } else { "" };
            let circle = self.above.contains(&other);
            let again = if circle { " (as above)" } else { "" };
            let branch = if last { "└─" } else { "├─" };
            self.out.push_str(&format!("{indent}{branch} {}  {}{masked}{again}\n", self.name(other), words.join(", ")));
            if !circle {
                self.branches(other, &format!("{indent}{}", if last { "   " } else { "│  " }));
            }
        }
        for (kind, others) in decides {
            index += 1;
            let branch = if index == count { "└┄" } else { "├┄" };
            let names: Vec<String> = others.iter().map(|other| self.name(*other)).collect();
            self.out.push_str(&format!("{indent}{branch} {}: {}\n", kind.word().replace('_', " "), names.join(", ")));
        }
        self.above.pop();
    }
}
