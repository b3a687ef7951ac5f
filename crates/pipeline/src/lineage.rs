//! Which columns of a project come from which: a graph of columns, with the kind of each dependence.

use std::collections::{BTreeSet, VecDeque};

use indexmap::{IndexMap, IndexSet};
use serde::Serialize;

/// How one column depends on another, in OpenLineage's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Identity,
    Transformation,
    Aggregation,
    Join,
    Filter,
    GroupBy,
    Sort,
    Window,
    Conditional,
}

impl Kind {
    /// The value flows; otherwise it only decides.
    pub fn is_direct(self) -> bool {
        matches!(self, Kind::Identity | Kind::Transformation | Kind::Aggregation)
    }

    pub fn word(self) -> &'static str {
        match self {
            Kind::Identity => "identity",
            Kind::Transformation => "transformation",
            Kind::Aggregation => "aggregation",
            Kind::Join => "join",
            Kind::Filter => "filter",
            Kind::GroupBy => "group_by",
            Kind::Sort => "sort",
            Kind::Window => "window",
            Kind::Conditional => "conditional",
        }
    }
}

/// One column of a dataset.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct ColumnRef {
    pub dataset: String,
    pub column: String,
}

impl std::fmt::Display for ColumnRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.dataset, self.column)
    }
}

/// From what is read to what is made; columns by their number in the graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Edge {
    pub from: usize,
    pub to: usize,
    pub kind: Kind,
    /// The value cannot be read from the result.
    pub masking: bool,
}

/// All columns and their dependences.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Graph {
    columns: IndexSet<ColumnRef>,
    edges: BTreeSet<Edge>,
}

/// Which part of a graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Reach {
    pub upstream: bool,
    pub downstream: bool,
    /// Steps from a dataset to the next; `None` is all of them.
    pub depth: Option<usize>,
    /// Follow only what the value flows through.
    pub direct_only: bool,
}

impl Graph {
    pub fn column(&mut self, dataset: &str, column: &str) -> usize {
        self.columns.insert_full(ColumnRef { dataset: dataset.to_owned(), column: column.to_owned() }).0
    }

    pub fn edge(&mut self, edge: Edge) {
        self.edges.insert(edge);
    }

    pub fn columns(&self) -> impl ExactSizeIterator<Item = &ColumnRef> {
        self.columns.iter()
    }

    pub fn edges(&self) -> impl ExactSizeIterator<Item = &Edge> {
        self.edges.iter()
    }

    pub fn get(&self, column: usize) -> Option<&ColumnRef> {
        self.columns.get_index(column)
    }

    /// The column's number, or those of all columns of the dataset.
    pub fn find(&self, dataset: &str, column: Option<&str>) -> Vec<usize> {
        let fits = |of: &ColumnRef| of.dataset == dataset && column.is_none_or(|column| of.column == column);
        self.columns.iter().enumerate().filter(|(_, of)| fits(of)).map(|(number, _)| number).collect()
    }

    /// What a column depends on directly, the value's sources first.
    pub fn sources(&self, column: usize) -> impl Iterator<Item = &Edge> {
        self.edges.iter().filter(move |edge| edge.to == column)
    }

    /// The columns of each dataset, in the order in which they were put in.
    pub fn by_dataset(&self) -> IndexMap<&str, Vec<usize>> {
        let mut datasets: IndexMap<&str, Vec<usize>> = IndexMap::new();
        for (number, column) in self.columns.iter().enumerate() {
            datasets.entry(column.dataset.as_str()).or_default().push(number);
        }
        datasets
    }

    /// The part of the graph that the columns reach, themselves among it.
    pub fn part(&self, columns: &[usize], reach: Reach) -> Graph {
        let mut kept: BTreeSet<Edge> = BTreeSet::new();
        if reach.upstream {
            self.walk(columns, reach, |edge| (edge.to, edge.from), &mut kept);
        }
        if reach.downstream {
            self.walk(columns, reach, |edge| (edge.from, edge.to), &mut kept);
        }
        let mut part = Graph::default();
        let wanted: BTreeSet<usize> =
            columns.iter().copied().chain(kept.iter().flat_map(|edge| [edge.from, edge.to])).collect();
        let mut numbers: IndexMap<usize, usize> = IndexMap::new();
        for number in wanted {
            if let Some(column) = self.columns.get_index(number) {
                numbers.insert(number, part.columns.insert_full(column.clone()).0);
            }
        }
        part.edges = kept
            .into_iter()
            .filter_map(|edge| Some(Edge { from: *numbers.get(&edge.from)?, to: *numbers.get(&edge.to)?, ..edge }))
            .collect();
        part
    }

    fn walk(&self, start: &[usize], reach: Reach, ends: impl Fn(&Edge) -> (usize, usize), kept: &mut BTreeSet<Edge>) {
        let mut next_to: IndexMap<usize, Vec<&Edge>> = IndexMap::new();
        for edge in self.edges.iter().filter(|edge| !reach.direct_only || edge.kind.is_direct()) {
            next_to.entry(ends(edge).0).or_default().push(edge);
        }
        let mut seen: BTreeSet<usize> = start.iter().copied().collect();
        let mut open: VecDeque<(usize, usize)> = start.iter().map(|column| (*column, 0)).collect();
        while let Some((column, depth)) = open.pop_front() {
            if reach.depth.is_some_and(|most| depth >= most) {
                continue;
            }
            for edge in next_to.get(&column).into_iter().flatten() {
                kept.insert(**edge);
                let (_, other) = ends(edge);
                if seen.insert(other) {
                    open.push_back((other, depth + 1));
                }
            }
        }
    }
}

/// How many of the columns that models make are traced to columns of contracts.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Coverage {
    pub columns: usize,
    pub traced: usize,
    pub untraced: Vec<Untraced>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Untraced {
    #[serde(flatten)]
    pub of: ColumnRef,
    pub reason: String,
}

impl Coverage {
    /// From 0 to 1; of nothing, all is traced.
    pub fn share(&self) -> f64 {
        if self.columns == 0 { 1.0 } else { self.traced as f64 / self.columns as f64 }
    }
}

#[cfg(test)]
mod tests;
